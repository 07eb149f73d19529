"""Shapes as the bound needs them: logarithms near 0, weights that add up to 1, what they stand for.

IoU depends on the ratios of sides alone, so each side is scaled by a power of two, which changes no
digit. Shapes are in the order of the Morton curve, so that neighbours lie near each other.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._distinct import merge_equal_rows
from .._histogram import ShapeHistogram
from .._kernels import FloatArray, nearest
from .._merged_cells import morton_code
from .._weights import rescaled

# Beyond so many octaves between the least and the largest side, ratios of sides overflow.
WIDEST = 1_000

# The most cells of a histogram that are taken; more are merged into wider ones.
MANY_CELLS = 100_000

# Bins per octave by which shapes are brought in order.
ORDER_BINS = 16

EPS: float = float(np.finfo(np.float64).eps)


class Problem(NamedTuple):
    """Weighted shapes, each of which stands for one box or for those of a cell.

    Attributes
    ----------
    sides : ndarray of shape (n_dims, n)
        Scaled by powers of two.
    sample_weight : ndarray of shape (n,)
        The share of each in the weight of all boxes; boxes with a side of 0 count among these.
    variances : ndarray of shape (n,)
        The variance of the logarithms of the sides of the boxes, added up over the sides.
    reach : float
        The largest ratio of the IoU of a box and that of the shape it belongs to, with any center.
    log_error : float
        By how much the recorded logarithms of a box, added up over its sides, may be wrong.
    scale : ndarray of shape (n_dims,)
        The exponents of the powers of two.
    """

    sides: FloatArray
    sample_weight: FloatArray
    variances: FloatArray
    reach: float
    log_error: float
    scale: NDArray[np.intp]

    def scaled(self, centers: FloatArray) -> FloatArray:
        """Bring centers to the scale of the sides, and within their range, where none is worse."""
        with np.errstate(over="ignore", under="ignore"):
            scaled = np.ldexp(centers, self.scale)
        return np.clip(scaled, self.sides.min(axis=1), self.sides.max(axis=1))

    def unscaled(self, centers: FloatArray) -> FloatArray:
        """Bring centers back to the unit of the boxes."""
        with np.errstate(under="ignore"):
            return np.asarray(np.ldexp(centers, -self.scale))

    def average_iou(self, centers: FloatArray) -> float:
        """Average the IoU of each shape with the best of some centers in the unit of the boxes."""
        _, iou = nearest(self.sides.T, self.scaled(centers))
        return float(iou @ self.sample_weight)

    def attainable(self) -> float:
        """The average IoU if every box with positive sides had an IoU of 1, rounded up."""
        share = float(self.sample_weight.sum())
        return min(share * (1.0 + (len(self.sample_weight) + 2) * EPS), 1.0)

    def is_too_wide(self) -> bool:
        """Whether ratios of sides overflow."""
        return is_too_wide(np.frexp(self.sides)[1])


def is_too_wide(exponents: NDArray[np.signedinteger]) -> bool:
    """Whether ratios of sides with these exponents (n_dims, n) overflow."""
    return bool((np.ptp(exponents, axis=1) > WIDEST).any())


def problem_of_boxes(X: FloatArray, sample_weight: FloatArray) -> Problem:
    """Take every distinct box as it is.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_dims)
    sample_weight : ndarray of shape (n_samples,)
        At least one is positive.
    """
    weights = rescaled(sample_weight)
    total = weights.sum()
    is_used = (weights > 0) & (X > 0).all(axis=1)
    shapes, merged = X[is_used], weights[is_used]
    if not len(shapes):
        return Problem(shapes.T, merged, merged, 1.0, 0.0, np.zeros(X.shape[1], dtype=int))
    shapes, merged = merge_equal_rows(shapes, merged)
    exponents = np.frexp(shapes.T)[1]
    if is_too_wide(exponents):
        none = np.zeros(len(merged))
        return Problem(shapes.T, merged / total, none, 1.0, 0.0, np.zeros_like(exponents[:, 0]))
    scale = -((exponents.min(axis=1) + exponents.max(axis=1)) // 2)
    sides = np.ldexp(shapes.T, scale[:, None])
    return along_morton_curve(
        Problem(sides, merged / total, np.zeros(len(merged)), 1.0, 0.0, scale)
    )


def problem_of_histogram(histogram: ShapeHistogram, precision: float) -> Problem:
    """Take the cells of a histogram, for all the boxes in them.

    Parameters
    ----------
    histogram : ShapeHistogram
        Of positive weight.
    precision : float
        The relative error of the logarithms of the boxes.
    """
    while len(histogram.weights) > MANY_CELLS:
        histogram = histogram._halved()
    shapes, weights = histogram.shapes, rescaled(histogram.weights)
    is_used = (shapes > 0).all(axis=1) & (weights > 0)
    n_dims, total = shapes.shape[1], weights.sum()
    if not is_used.any():
        return problem_of_boxes(shapes, weights)
    log2 = histogram._positive_cells()[2][:-1]
    if is_too_wide(np.frexp(shapes[is_used].T)[1]):
        return problem_of_boxes(shapes, weights)
    largest = max(1.0, float(np.abs(log2).max()) + 1.0)
    # The sums over the boxes are rounded at every addition.
    rounding = (histogram.n_samples + 64) * EPS
    scale = -np.rint((log2.min(axis=1) + log2.max(axis=1)) / 2).astype(int)
    ln2 = np.log(2.0)
    variances = histogram.log2_variances[is_used] + 4 * n_dims * rounding * largest**2
    problem = Problem(
        np.exp2(log2 + scale[:, None]),
        weights[is_used] / total,
        variances * ln2**2,
        float(np.exp2(1.01 * n_dims / histogram.resolution)),
        n_dims * ln2 * largest * (4 * precision + 2 * rounding),
        scale,
    )
    return along_morton_curve(problem)


def along_morton_curve(problem: Problem) -> Problem:
    """Sort shapes along the Morton curve."""
    bins = np.floor(ORDER_BINS * np.log2(problem.sides)).astype(np.int32)
    order = np.argsort(morton_code(bins), kind="stable")
    return problem._replace(
        sides=np.ascontiguousarray(problem.sides[:, order]),
        sample_weight=problem.sample_weight[order],
        variances=problem.variances[order],
    )
