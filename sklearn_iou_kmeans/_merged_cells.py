"""Cells of shapes merged into larger ones, the smaller the more weight they hold."""

import numpy as np
from numpy.typing import NDArray

from ._kernels import FloatArray, IntArray


def merge_cells(
    cells: IntArray, weights: FloatArray, moments: FloatArray, thresholds: list[float]
) -> list[tuple[FloatArray, FloatArray]]:
    """Merge cells two by two on each side, and again, as long as that leaves them small.

    The cells are sorted along the Morton curve, on which those that merge are neighbours.

    Parameters
    ----------
    cells : ndarray of shape (n_dims, n_cells)
    weights : ndarray of shape (n_cells,)
    moments : ndarray of shape (n_moments, n_cells)
        Weighted means over the shapes in each cell.
    thresholds : list of float
        The largest share of the weight times width, in cells, that merged cells may have.

    Returns
    -------
    levels : list of (ndarray of shape (n_merged,), ndarray of shape (n_moments, n_merged))
        For each threshold the weights and moments of the merged cells.

    References
    ----------
    Morton, "A computer oriented geodetic data base and a new technique in file sequencing", IBM,
    1966.
    """
    code = morton_code(cells)
    order = np.argsort(code, kind="stable")
    code, weights = code[order], weights[order]
    sums = moments[:, order] * weights
    sizes = meeting_sizes(code, weights / weights.sum(), len(cells))
    levels = []
    for threshold in thresholds:
        first = np.flatnonzero(np.append(True, sizes > threshold))
        merged = np.add.reduceat(weights, first)
        levels.append((merged, np.add.reduceat(sums, first, axis=1) / merged))
    return levels


def morton_code(cells: IntArray) -> NDArray[np.int64]:
    """Interleave the bits of the numbers of each cell; the lowest are dropped beyond 62 in all."""
    n_dims = len(cells)
    numbers = cells - cells.min(axis=1, keepdims=True).astype(np.int64)
    n_bits = int(numbers.max()).bit_length()
    n_kept = min(n_bits, 62 // n_dims)
    code = np.zeros(cells.shape[1], dtype=np.int64)
    for bit in range(n_kept):
        for side, number in enumerate(numbers):
            code |= (number >> (n_bits - n_kept + bit) & 1) << (bit * n_dims + side)
    return code


def meeting_sizes(code: NDArray[np.int64], share: FloatArray, n_dims: int) -> FloatArray:
    """Return, for neighbours on the curve, the size of the smallest cell that holds both.

    The size of a cell is its share of the weight times its width.
    """
    cumulated = np.append(0.0, np.cumsum(share))
    difference = code[1:] ^ code[:-1]
    sizes, depth = np.zeros(len(difference)), 0
    is_met = difference == 0
    while not is_met.all():
        depth += 1
        meets = ~is_met & (difference >> (n_dims * depth) == 0)
        is_met |= meets
        ends = np.append(np.flatnonzero(~is_met) + 1, len(code))
        firsts = np.append(0, ends[:-1])
        holder = np.searchsorted(ends, np.flatnonzero(meets), side="right")
        sizes[meets] = (cumulated[ends] - cumulated[firsts])[holder] * 2.0**depth
    return sizes
