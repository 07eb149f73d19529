"""Few weighted shapes that stand for many boxes."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._distinct import distinct_shapes
from .._histogram import ShapeHistogram
from .._kernels import FloatArray, IntArray

# Bins per octave of the finest summary. Twice as many for more than a million boxes save a pass or
# two over all of them, which then take longer than the summary (`benchmarks/growth.py`).
RESOLUTION, MANY = 32, 1_000_000

# A cell of the coarse and of the middle summary is split while its share of the weight times its
# width in octaves is larger: some 2 000 and 6 500 shapes for the cars of BDD100K and for VOC 2007.
# More shapes rank local optima better and take longer (`benchmarks/search.py`).
COARSE, MIDDLE = 1.5e-4, 2e-5

# At most so many distinct shapes are searched as they are.
FEW = 2_000

# A summary of fewer shapes for each cluster is too coarse to search on.
SHAPES_PER_CLUSTER = 16


class WeightedShapes(NamedTuple):
    """Shapes of shape (n, n_dims) with positive sides, and their weights."""

    shapes: FloatArray
    weights: FloatArray


Levels = list[WeightedShapes]


def summarize(X: FloatArray, sample_weight: FloatArray) -> Levels:
    """Summarise boxes for the search: from coarse to fine, or all at once if they are few.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_dims)
        Boxes with positive sides.
    sample_weight : ndarray of shape (n_samples,)
        Positive weights.

    Returns
    -------
    levels : list of WeightedShapes
    """
    if len(X) <= 5 * FEW:
        distinct = WeightedShapes(*distinct_shapes(X, sample_weight))
        if len(distinct.weights) <= FEW:
            return [distinct]
    resolution = RESOLUTION if len(X) <= MANY else 2 * RESOLUTION
    return levels_of(ShapeHistogram(resolution).add(X, sample_weight))


def levels_of(histogram: ShapeHistogram) -> Levels:
    """Draw summaries from a histogram of shapes with positive sides, from coarse to fine."""
    cells, weights, means = histogram.positive_cells()
    if len(weights) <= FEW:
        return [WeightedShapes(np.exp2(means).T, weights)]
    thresholds = [width * histogram.resolution for width in (COARSE, MIDDLE, 0.0)]
    return merge_cells(cells, weights, means, thresholds)


def levels_for(levels: Levels, n_clusters: int) -> Levels:
    """Leave out the levels that are too coarse for so many clusters."""
    least = SHAPES_PER_CLUSTER * n_clusters
    return [level for level in levels[:-1] if len(level.weights) >= least] + levels[-1:]


def merge_cells(
    cells: IntArray, weights: FloatArray, means: FloatArray, thresholds: list[float]
) -> Levels:
    """Merge cells two by two on each side, and again, as long as that leaves them small.

    The cells are sorted along the Morton curve, on which those that merge are neighbours.

    Parameters
    ----------
    cells : ndarray of shape (n_dims, n_cells)
    weights : ndarray of shape (n_cells,)
    means : ndarray of shape (n_dims, n_cells)
        The mean of log2 of the shapes in each cell.
    thresholds : list of float
        The largest share of the weight times width, in cells, that merged cells may have.

    Returns
    -------
    levels : list of WeightedShapes
        One for each threshold.

    References
    ----------
    Morton, "A computer oriented geodetic data base and a new technique in file sequencing", IBM,
    1966.
    """
    code = morton_code(cells)
    order = np.argsort(code, kind="stable")
    code, weights = code[order], weights[order]
    sums = means[:, order] * weights
    sizes = meeting_sizes(code, weights / weights.sum(), len(cells))
    levels = []
    for threshold in thresholds:
        first = np.flatnonzero(np.append(True, sizes > threshold))
        merged = np.add.reduceat(weights, first)
        logs = np.add.reduceat(sums, first, axis=1) / merged
        levels.append(WeightedShapes(np.exp2(logs).T, merged))
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
