"""Update rules: where the center of the shapes of a cluster lies.

Each rule takes the shapes, their weights, their clusters, their IoU with the center of their
cluster, and those centers; each returns the new centers, of shape (n_clusters, n_dims). Every
cluster must have a shape of positive weight.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ._iou import FloatArray, IntArray, volumes
from ._medians import weighted_medians

Rule = Callable[[FloatArray, FloatArray, IntArray, FloatArray, FloatArray], FloatArray]


def iou_centers(
    X: FloatArray,
    sample_weight: FloatArray,
    labels: IntArray,
    iou: FloatArray,
    centers: FloatArray,
) -> FloatArray:
    r"""One step of the fixed-point iteration that climbs the average IoU.

    Notes
    -----
    Write :math:`a_j` for the sides of a shape and :math:`c_j` for those of its center, and

    .. math:: A = \prod a_j, \quad V = \prod c_j, \quad P = \prod \min(a_j, c_j),
              \quad U = A + V - P, \quad \mathrm{IoU} = P / U.

    Move one side of the center by the factor :math:`e^t`. Where :math:`c_j < a_j` both :math:`P`
    and :math:`V` grow at the rate of themselves, so the derivatives of :math:`\log P` and of
    :math:`\log U` by :math:`t` are :math:`1` and :math:`(V - P) / U`, and that of
    :math:`\log \mathrm{IoU}` is :math:`(U - V + P) / U = A / U`. Where :math:`c_j > a_j` the
    overlap stays and only :math:`V` grows: it is :math:`-V / U`. With weights :math:`s_i` the
    weighted sum of the IoU is therefore stationary in :math:`c_j` when

    .. math:: \sum_{a_{ij} > c_j} s_i \mathrm{IoU}_i \frac{A_i}{U_i}
              = \sum_{a_{ij} < c_j} s_i \mathrm{IoU}_i \frac{V}{U_i} ,

    which says that :math:`c_j` halves the sum of these weights: it is a weighted median of the
    :math:`a_{ij}`. The weights are taken at the last center, all sides step at once, and the caller
    shortens a step that went too far. The number of sides does not matter.
    """

    def weigh(rows: slice | NDArray[np.intp]) -> FloatArray:
        shapes, own = X[rows], labels[rows]
        outward, inward = pulls(volumes(shapes), sample_weight[rows], own, iou[rows], centers)
        return np.where(centers.T.take(own, axis=1) < shapes.T, outward, inward)

    return weighted_medians(X, weigh, labels, len(centers))


def pulls(
    volume: FloatArray,
    sample_weight: FloatArray,
    labels: IntArray,
    iou: FloatArray,
    centers: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """What each shape weighs where it is larger, and where it is smaller, than its center."""
    # IoU A / U and IoU V / U add up to IoU (1 + IoU), because A + V = U + P and P = U IoU.
    pull = 1.0 + iou
    pull *= iou
    pull *= sample_weight
    outward = volume / (volume + volumes(centers)[labels])
    outward *= pull
    pull -= outward
    return outward, pull


def median_centers(
    X: FloatArray,
    sample_weight: FloatArray,
    labels: IntArray,
    iou: FloatArray,
    centers: FloatArray,
) -> FloatArray:
    """Median of each side."""

    def weigh(rows: slice | NDArray[np.intp]) -> FloatArray:
        return np.stack([sample_weight[rows]] * X.shape[1])

    return weighted_medians(X, weigh, labels, len(centers))


def mean_centers(
    X: FloatArray,
    sample_weight: FloatArray,
    labels: IntArray,
    iou: FloatArray,
    centers: FloatArray,
) -> FloatArray:
    """Mean of each side, the rule of YOLO9000."""
    n_clusters = len(centers)
    sums = [np.bincount(labels, sample_weight * side, minlength=n_clusters) for side in X.T]
    totals = np.bincount(labels, sample_weight, minlength=n_clusters)
    return np.stack(sums, axis=1) / totals[:, None]


RULES: dict[str, Rule] = {"iou": iou_centers, "median": median_centers, "mean": mean_centers}
