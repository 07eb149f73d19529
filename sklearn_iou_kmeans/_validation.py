"""Validation of arguments, with errors that name the place and the remedy."""

from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn import config_context
from sklearn.utils import check_array

FLOATS = (np.float64, np.float32)


Number = TypeVar("Number", bound=np.floating)


def aligned(values: NDArray[Number]) -> NDArray[Number]:
    """Return `values`, copied if they are not aligned, as compiled kernels require."""
    return np.require(values, requirements="A")


def check_sides(X: NDArray[np.floating], name: str = "X", caller: str = "") -> None:
    """Raise unless every side is finite and >= 0."""
    if X.size == 0 or (np.min(X) >= 0 and np.max(X) < np.inf):
        return
    row, column = np.argwhere(~((X >= 0) & np.isfinite(X)))[0]
    value = X[row, column]
    place = f"{name}[{row}, {column}] is {value}"
    if np.isnan(value):
        raise ValueError(
            f"Input {name} contains NaN: {place}. Drop the boxes without a size before clustering."
        )
    if np.isinf(value) and value > 0:
        raise ValueError(f"Input {name} contains infinity: {place}. Sides of boxes are finite.")
    raise ValueError(
        f"Negative values in data passed to {caller or 'a function of shapes'}: {place}. Sides of "
        "boxes are >= 0: were corners swapped, or was a position passed for a size?"
    )


def check_shapes(
    X: ArrayLike, name: str, n_dims: int | None = None, ensure_min_samples: int = 1
) -> NDArray[np.floating]:
    """Return `X` as a 2-D array of floats >= 0, with `n_dims` columns if this is given."""
    shapes: NDArray[np.floating] = check_array(
        X,
        dtype=FLOATS,
        ensure_all_finite=False,
        ensure_min_samples=ensure_min_samples,
        input_name=name,
    )
    shapes = aligned(shapes)
    check_sides(shapes, name)
    if n_dims is not None and shapes.shape[1] != n_dims:
        raise ValueError(
            f"{name} has {shapes.shape[1]} sides a shape and X has {n_dims}: both need the same "
            "sides in the same order, say (width, height)."
        )
    return shapes


def check_centers(
    centers: ArrayLike, name: str, n_clusters: int, n_dims: int
) -> NDArray[np.floating]:
    """Return given centers as a 2-D array of floats >= 0, with one row per cluster."""
    checked = check_shapes(centers, name, n_dims)
    if len(checked) != n_clusters:
        raise ValueError(
            f"{name} has {len(checked)} rows and n_clusters={n_clusters}: give one row per cluster."
        )
    return checked


def check_weights(
    sample_weight: Any, X: NDArray[np.floating], allow_all_zero: bool = False
) -> NDArray[np.float64]:
    """Return the weights of the rows of `X`: finite, >= 0 and, by default, not all zero."""
    if sample_weight is None:
        return np.ones(X.shape[0])
    if np.isscalar(sample_weight):
        sample_weight = np.full(X.shape[0], sample_weight)
    with config_context(assume_finite=False):  # others would lead kernels out of their arrays
        weights: NDArray[np.float64] = check_array(
            sample_weight,
            dtype=np.float64,
            ensure_2d=False,
            ensure_min_samples=0,
            input_name="sample_weight",
        )
    if weights.shape != X.shape[:1]:
        raise ValueError(
            f"sample_weight.shape == {weights.shape}, expected {X.shape[:1]}: give one weight per "
            "row."
        )
    if (weights < 0).any():
        row = np.flatnonzero(weights < 0)[0]
        raise ValueError(
            f"Negative values in data passed to `sample_weight`: sample_weight[{row}] is "
            f"{weights[row]}. Leave a box out with a weight of 0."
        )
    if not allow_all_zero and not weights.any():
        raise ValueError(
            "sample_weight is zero for every sample: give at least one sample a weight > 0."
        )
    return np.require(weights, requirements=("C", "A"))  # as compiled kernels require
