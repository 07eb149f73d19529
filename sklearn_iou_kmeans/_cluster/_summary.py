"""Few weighted shapes that stand for many boxes."""

from typing import NamedTuple, Self

import numpy as np

from .._histogram import ShapeHistogram, sides_of
from .._kernels import FloatArray
from .._merged_cells import merge_cells

# Bins per octave of the finest summary. With twice as many for more than a million boxes, one or
# two iterations on all of them are enough (`benchmarks/growth.py`).
RESOLUTION, MANY = 32, 1_000_000

# A cell of the coarse and of the middle summary is split while its share of the weight times its
# width in octaves is larger: some 1 200 and 3 600 shapes for the cars of BDD100K and for VOC 2007.
# More shapes rank local optima better and take longer (`benchmarks/search.py`).
COARSE, MIDDLE = 3e-4, 5e-5

# The largest number of boxes among which equal ones are merged, and of distinct shapes that are
# searched without a summary.
SORTED, FEW = 10_000, 2_000

# A summary of fewer shapes for each cluster is too coarse to search on.
SHAPES_PER_CLUSTER = 16


class WeightedShapes(NamedTuple):
    """Shapes of shape (n, n_dims) with positive sides, and their weights."""

    shapes: FloatArray
    weights: FloatArray


class Summary(NamedTuple):
    """Weighted shapes that each stand for the boxes around it.

    The natural logarithms of each side of these boxes are taken to be spread evenly over an
    interval of this width, with the side of the shape in its middle.
    """

    shapes: FloatArray
    weights: FloatArray
    widths: FloatArray

    @classmethod
    def of_boxes(cls, X: FloatArray, sample_weight: FloatArray) -> Self:
        """Let every box stand for itself."""
        return cls(X, sample_weight, np.zeros(len(X)))

    @classmethod
    def of_cells(cls, weights: FloatArray, moments: FloatArray) -> Self:
        """Let the mean of each cell stand for it, with the width that the variance tells."""
        means, squares = moments[:-1], moments[-1]
        variances = (squares - np.square(means).sum(axis=0)).clip(min=0.0) / len(means)
        return cls(sides_of(means).T, weights, np.log(2.0) * np.sqrt(12.0 * variances))


Levels = list[Summary]


def summarize(X: FloatArray, sample_weight: FloatArray) -> Levels:
    """Summarise boxes for the search: from coarse to fine, or all at once if they are few.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_dims)
        Boxes with positive sides; if they are few, distinct.
    sample_weight : ndarray of shape (n_samples,)
        Positive weights.

    Returns
    -------
    levels : list of Summary
    """
    if len(X) <= FEW:
        return [Summary.of_boxes(X, sample_weight)]
    resolution = RESOLUTION if len(X) <= MANY else 2 * RESOLUTION
    return levels_of(ShapeHistogram(resolution)._add(X, sample_weight))


def levels_of(histogram: ShapeHistogram) -> Levels:
    """Draw summaries from a histogram of shapes with positive sides, from coarse to fine."""
    cells, weights, moments = histogram._positive_cells()
    if len(weights) <= FEW:
        return [Summary.of_cells(weights, moments)]
    thresholds = [width * histogram.resolution for width in (COARSE, MIDDLE, 0)]
    return [Summary.of_cells(*level) for level in merge_cells(cells, weights, moments, thresholds)]


def levels_for(levels: Levels, n_clusters: int) -> Levels:
    """Leave out the levels that are too coarse for so many clusters."""
    least = SHAPES_PER_CLUSTER * int(n_clusters)  # a small integer of NumPy would wrap around
    return [level for level in levels[:-1] if len(level.weights) >= least] + levels[-1:]
