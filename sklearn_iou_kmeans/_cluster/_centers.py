"""Update rules: the center of the shapes of a cluster.

Each rule takes the shapes, their weights, their clusters, their IoU with the center of their
cluster, and those centers; each returns the new centers, of shape (n_clusters, n_dims).
"""

from collections.abc import Callable

import numpy as np

from .._kernels import FloatArray, IntArray, gradient_weights, weighted_medians

UpdateRule = Callable[[FloatArray, FloatArray, IntArray, FloatArray, FloatArray], FloatArray]


def iou_centers(
    X: FloatArray,
    sample_weight: FloatArray,
    labels: IntArray,
    iou: FloatArray,
    centers: FloatArray,
) -> FloatArray:
    r"""Take one step of the fixed-point iteration that maximises the average IoU.

    Notes
    -----
    Write :math:`a_j` for the sides of a shape and :math:`c_j` for those of its center, and

    .. math:: A = \prod a_j, \quad V = \prod c_j, \quad P = \prod \min(a_j, c_j),
              \quad U = A + V - P, \quad \mathrm{IoU} = P / U.

    Multiply one side of the center by :math:`e^t`. If :math:`c_j < a_j`, both :math:`P` and
    :math:`V` are proportional to :math:`e^t`, so the derivatives of :math:`\log P` and
    :math:`\log U` with respect to :math:`t` are :math:`1` and :math:`(V - P) / U`, and that of
    :math:`\log \mathrm{IoU}` is :math:`(U - V + P) / U = A / U`. If :math:`c_j > a_j`, the overlap
    does not change and :math:`V` grows, so the derivative is :math:`-V / U`. With weights
    :math:`s_i`, the weighted sum of the IoU is therefore stationary in :math:`c_j` if

    .. math:: \sum_{a_{ij} > c_j} s_i \mathrm{IoU}_i \frac{A_i}{U_i}
              = \sum_{a_{ij} < c_j} s_i \mathrm{IoU}_i \frac{V}{U_i} ,

    that is, if :math:`c_j` is a weighted median of the :math:`a_{ij}` with these weights. One step
    computes the weights at the last center, and updates all sides at once. The rule holds for any
    number of sides.
    """
    above, below = gradient_weights(X, sample_weight, labels, iou, centers)
    return weighted_medians(X, above, below, labels, centers)


def median_centers(
    X: FloatArray,
    sample_weight: FloatArray,
    labels: IntArray,
    iou: FloatArray,
    centers: FloatArray,
) -> FloatArray:
    """Return the weighted median of each side."""
    return weighted_medians(X, sample_weight, sample_weight, labels, centers)


def mean_centers(
    X: FloatArray,
    sample_weight: FloatArray,
    labels: IntArray,
    iou: FloatArray,
    centers: FloatArray,
) -> FloatArray:
    """Return the weighted mean of each side, the rule of YOLO9000."""
    n_clusters = len(centers)
    share = sample_weight / np.bincount(labels, sample_weight, minlength=n_clusters)[labels]
    means = [np.bincount(labels, share * side, minlength=n_clusters) for side in X.T]
    return np.stack(means, axis=1)


UPDATE_RULES: dict[str, UpdateRule] = {
    "iou": iou_centers,
    "median": median_centers,
    "mean": mean_centers,
}
