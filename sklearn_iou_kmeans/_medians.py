"""Weighted medians of groups, exact and without sorting all the values."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ._iou import BLOCK, FloatArray, IntArray

# The largest table of groups and cells: it stays in the processor's cache beside a block.
TABLE = 2**14

# Takes rows, as a slice or by their numbers, and returns a weight for each column of each of them,
# of shape (n_columns, n_rows).
Weigh = Callable[[slice | NDArray[np.intp]], FloatArray]


def weighted_medians(X: FloatArray, weigh: Weigh, labels: IntArray, n_groups: int) -> FloatArray:
    """Weighted median of each column in each group; midway where two values halve the weight.

    The weights are first added up in cells, which tells where each median lies to within a cell.
    Only the few values in those cells are then sorted.

    Parameters
    ----------
    X : ndarray of shape (n, n_columns)
        Positive values.
    weigh : callable
        The weights, which are positive.
    labels : ndarray of shape (n,)
        The group of each row. No group is empty.
    n_groups : int

    Returns
    -------
    medians : ndarray of shape (n_groups, n_columns)
    """
    medians = np.empty((n_groups, X.shape[1]))
    keys, tables = add_up(X, weigh, labels, n_groups)
    for column, (key, table) in enumerate(zip(keys, tables, strict=True)):
        cumulated = np.pad(table.cumsum(axis=1), ((0, 0), (1, 0)))
        half = cumulated[:, -1:] / 2.0
        is_near = (cumulated[:, :-1] <= half) & (half <= cumulated[:, 1:])
        rows = np.flatnonzero(is_near.ravel()[key])
        rows = rows[np.lexsort((X[rows, column], labels[rows]))]
        ends = np.cumsum(np.bincount(labels[rows], minlength=n_groups))
        starts = np.append(0, ends[:-1])
        below = cumulated[range(n_groups), is_near.argmax(axis=1)]
        cumulated = np.append(0.0, np.cumsum(weigh(rows)[column]))
        halves = half[:, 0] - below + cumulated[starts]
        lower = np.searchsorted(cumulated, halves, side="left") - 1
        upper = np.searchsorted(cumulated, halves, side="right") - 1
        lower, upper = rows[np.clip((lower, upper), starts, ends - 1)]
        medians[:, column] = (X[lower, column] + X[upper, column]) / 2.0
    return medians


def add_up(
    X: FloatArray, weigh: Weigh, labels: IntArray, n_groups: int
) -> tuple[NDArray[np.int32], FloatArray]:
    """The key of each value, which stands for its group and its cell, and the weight of each key.

    Read as integers, the bits of positive numbers are in the order of the numbers, and equal steps
    in them are about equal steps in the logarithm: without their last digits they are the cells.

    Returns
    -------
    keys : ndarray of shape (n_columns, n)
    tables : ndarray of shape (n_columns, n_groups, n_cells)
    """
    n, n_columns = X.shape
    bits = X.T.view(np.int64)
    lowest = [int(column.min()) for column in bits]
    spans = [int(column.max()) - low for column, low in zip(bits, lowest, strict=True)]
    shifts = [(span * n_groups // TABLE).bit_length() for span in spans]
    n_cells = 1 + max(span >> shift for span, shift in zip(spans, shifts, strict=True))
    first_keys = np.arange(n_groups) * n_cells
    keys = np.empty((n_columns, n), dtype=np.int32)
    tables = np.zeros((n_columns, n_groups * n_cells))
    for start in range(0, n, BLOCK):
        rows = slice(start, start + BLOCK)
        first_key = first_keys[labels[rows]]
        for column, weights in enumerate(weigh(rows)):
            key = bits[column, rows] - lowest[column]
            key >>= shifts[column]
            key += first_key
            keys[column, rows] = key
            tables[column] += np.bincount(key, weights, minlength=n_groups * n_cells)
    return keys, tables.reshape(n_columns, n_groups, n_cells)
