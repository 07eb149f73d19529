"""Update rules: where the center of the shapes of a cluster lies.

Each rule takes the shapes, their weights, their clusters, their IoU with the center of their
cluster, those centers, and the rows that sort each side; each returns the new centers, of shape
(n_clusters, n_dims). Every cluster must have a shape of positive weight.
"""

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from ._iou import FloatArray, IntArray, volumes

Order = NDArray[
    np.intp
]  # of shape (n_shapes, n_dims): column j holds the rows in ascending order of j
Rule = Callable[[FloatArray, FloatArray, IntArray, FloatArray, FloatArray, Order], FloatArray]


def iou_centers(
    X: FloatArray,
    sample_weight: FloatArray,
    labels: IntArray,
    iou: FloatArray,
    centers: FloatArray,
    order: Order,
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
    outward, inward = pulls(volumes(X), sample_weight, labels, iou, centers)
    weights = (
        np.where(X[:, side] > centers[labels, side], outward, inward) for side in range(X.shape[1])
    )
    return weighted_medians(X, weights, labels, len(centers), order)


def pulls(
    volume: FloatArray,
    sample_weight: FloatArray,
    labels: IntArray,
    iou: FloatArray,
    centers: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """What each shape weighs where it is larger, and where it is smaller, than its center."""
    center_volume = volumes(centers)[labels]
    # U = (A + V) / (1 + IoU), because U + P = A + V and P = U IoU.
    pull = 1.0 + iou
    pull *= iou
    pull *= sample_weight
    pull /= volume + center_volume
    return pull * volume, pull * center_volume


def median_centers(
    X: FloatArray,
    sample_weight: FloatArray,
    labels: IntArray,
    iou: FloatArray,
    centers: FloatArray,
    order: Order,
) -> FloatArray:
    """Median of each side."""
    weights = (sample_weight for _ in range(X.shape[1]))
    return weighted_medians(X, weights, labels, len(centers), order)


def mean_centers(
    X: FloatArray,
    sample_weight: FloatArray,
    labels: IntArray,
    iou: FloatArray,
    centers: FloatArray,
    order: Order,
) -> FloatArray:
    """Mean of each side, the rule of YOLO9000."""
    n_clusters = len(centers)
    sums = [np.bincount(labels, sample_weight * side, minlength=n_clusters) for side in X.T]
    totals = np.bincount(labels, sample_weight, minlength=n_clusters)
    return np.stack(sums, axis=1) / totals[:, None]


def sorting_rows(X: FloatArray) -> Order:
    """The rows that sort each side, as the rules take them."""
    return np.argsort(np.ascontiguousarray(X.T), axis=1).T


RULES: dict[str, Rule] = {"iou": iou_centers, "median": median_centers, "mean": mean_centers}


def weighted_medians(
    X: FloatArray, weights: Iterable[FloatArray], labels: IntArray, n_clusters: int, order: Order
) -> FloatArray:
    """Weighted median of each side in each cluster; midway where two values halve the weight.

    `weights` yields those for one side after the other. The rows are sorted already, so a stable
    sort by label groups them, and one cumulative sum over the groups serves all the clusters.
    """
    medians = np.empty((n_clusters, X.shape[1]))
    small_labels = labels.astype(np.min_scalar_type(n_clusters))  # sorted by counting, if small
    ends = np.cumsum(np.bincount(labels, minlength=n_clusters))
    starts = np.append(0, ends[:-1])
    for side, weight in enumerate(weights):
        rows = order[:, side]
        rows = rows[np.argsort(small_labels[rows], kind="stable")]
        cumulated = np.append(0.0, np.cumsum(weight[rows]))
        halves = (cumulated[starts] + cumulated[ends]) / 2.0
        lower = np.searchsorted(cumulated, halves, side="left") - 1
        upper = np.searchsorted(cumulated, halves, side="right") - 1
        lower, upper = np.clip((lower, upper), starts, ends - 1)
        medians[:, side] = (X[rows[lower], side] + X[rows[upper], side]) / 2.0
    return medians
