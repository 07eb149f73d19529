"""Distinct shapes: merge equal rows, and add up their weights."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._kernels import FloatArray


def distinct_shapes(X: FloatArray, sample_weight: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Merge equal rows, and leave out rows that do not influence the centers.

    Rows with a side of 0 (whose IoU with every shape is 0) and rows with a weight of 0 do not
    influence the centers.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_dims)
    sample_weight : ndarray of shape (n_samples,)

    Returns
    -------
    shapes : ndarray of shape (n_distinct, n_dims)
        In lexicographic order, so the order of the rows of `X` does not matter.
    weights : ndarray of shape (n_distinct,)

    Raises
    ------
    ValueError
        If no row is left.
    """
    shapes, weights = merge_equal_rows(*used_shapes(X, sample_weight))
    return shapes, weights


def used_shapes(X: FloatArray, sample_weight: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the rows that influence the centers, and their weights."""
    is_used = sample_weight > 0
    for side in X.T:
        is_used &= side > 0
    if is_used.all():
        return X, sample_weight
    if not is_used.any():
        raise nothing_to_cluster(len(X))
    return X[is_used], sample_weight[is_used]


def nothing_to_cluster(n_samples: int) -> ValueError:
    """Return the error for boxes without positive sides and weight."""
    return ValueError(
        f"None of the boxes of X (n_samples={n_samples}) has positive sides and a positive weight, "
        "so there is nothing to cluster: check the columns of X, and sample_weight."
    )


def merge_equal_rows(rows: Any, *values: FloatArray) -> tuple[Any, ...]:
    """Return the distinct rows in lexicographic order, and the sums of each of `values`."""
    order = lexicographic_order(rows)
    columns = [column[order] for column in rows.T]
    is_first = np.ones(len(rows), dtype=bool)
    is_first[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in columns])
    numbers = np.empty(len(rows), dtype=np.intp)
    numbers[order] = np.cumsum(is_first) - 1
    distinct = np.stack([column[is_first] for column in columns], axis=1)
    return distinct, *(np.bincount(numbers, value) for value in values)


def lexicographic_order(rows: Any) -> NDArray[np.intp]:
    """Return the stable order that sorts rows, by the first column and then by the next."""
    if rows.dtype.kind == "i" and len(rows):
        offsets = rows.T - rows.min(axis=0)[:, None].astype(np.int64)
        extents = offsets.max(axis=1) + 1
        if np.prod(extents.astype(float)) < 2.0**62:  # one key a row sorts faster
            keys = np.ravel_multi_index(tuple(offsets), tuple(extents))
            return np.argsort(keys, kind="stable")
    return np.lexsort(rows.T[::-1])
