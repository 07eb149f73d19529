"""How well anchors fit boxes.

All functions take side lengths, with one box or anchor in each row, all in the same unit. Boxes and
anchors are compared with one corner aligned.
"""

from numbers import Integral, Real
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import Bunch, check_scalar

from ._bound import problem_of_boxes, problem_of_histogram, upper_bound
from ._histogram import ShapeHistogram
from ._kernels import FloatArray, IntArray, nearest, pairwise
from ._validation import check_centers, check_shapes, check_weights
from ._weights import rescaled, weighted_mean

__all__ = [
    "anchor_statistics",
    "average_iou_score",
    "average_iou_upper_bound",
    "best_possible_recall_score",
    "pairwise_iou",
]

# Measures that differ by less than this share are equal up to rounding.
ROUNDING = 1e-12

# The upper bound summarises more boxes than this, with so many bins per octave.
SUMMARISE_ABOVE, SUMMARY_RESOLUTION = 20_000, 128


def pairwise_iou(X: ArrayLike, Y: ArrayLike) -> FloatArray:
    """Compute the IoU of every shape of `X` with every shape of `Y`.

    Parameters
    ----------
    X : array-like of shape (n_samples_X, n_features)
        Side lengths.
    Y : array-like of shape (n_samples_Y, n_features)
        Side lengths in the same unit.

    Returns
    -------
    iou : ndarray of shape (n_samples_X, n_samples_Y)
        In [0, 1]; 0 where a shape has a side of 0. ``1 - iou`` is a metric, the Jaccard distance.

    Examples
    --------
    >>> from sklearn_iou_kmeans.metrics import pairwise_iou
    >>> pairwise_iou([[10, 10], [20, 5]], [[10, 10], [20, 10]])
    array([[1.        , 0.5       ],
           [0.33333333, 0.5       ]])
    """
    X = check_shapes(X, "X")
    Y = check_shapes(Y, "Y", n_dims=X.shape[1])
    return pairwise(X, Y.astype(np.float64))


def average_iou_score(
    X: ArrayLike, anchors: ArrayLike, *, sample_weight: ArrayLike | None = None
) -> float:
    """Compute the average IoU of boxes with their best anchors.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
        Side lengths of the boxes.
    anchors : array-like of shape (n_anchors, n_features)
        Side lengths of the anchors in the same unit.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the boxes; all 1 by default.

    Returns
    -------
    score : float
        In [0, 1]; higher is better. darknet reports it in percent.

    Examples
    --------
    >>> from sklearn_iou_kmeans.metrics import average_iou_score
    >>> average_iou_score([[10, 10], [20, 10]], [[10, 10]])
    0.75
    """
    X, _, iou = _assign(X, anchors)
    return weighted_mean(iou, check_weights(sample_weight, X))


def best_possible_recall_score(
    X: ArrayLike,
    anchors: ArrayLike,
    *,
    threshold: float | None = None,
    measure: Literal["iou", "ratio"] = "iou",
    sample_weight: ArrayLike | None = None,
) -> float:
    """Compute the share of boxes that match at least one anchor.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
        Side lengths of the boxes.
    anchors : array-like of shape (n_anchors, n_features)
        Side lengths of the anchors in the same unit.
    threshold : float, default=None
        Smallest value of the measure that counts as a match, in [0, 1]. By default 0.5 for "iou"
        and 0.25 for "ratio", which is 1 / `anchor_t` for the usual `anchor_t` of 4.
    measure : {"iou", "ratio"}, default="iou"
        With "iou", the IoU must be at least the threshold, as in Faster R-CNN and RetinaNet.
        "ratio" is the rule of YOLOv5: with the ratio r of each side of the box to that of the
        anchor, the minimum of min(r, 1 / r) over the sides must exceed the threshold. Both are
        compared up to rounding, so the score does not depend on the unit.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the boxes; all 1 by default.

    Returns
    -------
    score : float
        In [0, 1]; higher is better.

    Examples
    --------
    >>> from sklearn_iou_kmeans.metrics import best_possible_recall_score
    >>> best_possible_recall_score([[10, 10], [35, 35]], [[10, 10]])
    0.5
    >>> best_possible_recall_score([[10, 10], [35, 35]], [[10, 10]], measure="ratio")
    1.0
    """
    if measure not in ("iou", "ratio"):
        raise ValueError(f"measure must be 'iou' or 'ratio', got {measure!r}.")
    if threshold is not None and not 0 <= threshold <= 1:
        raise ValueError(f"threshold must lie in [0, 1], got {threshold!r}.")
    if measure == "iou":
        X, _, iou = _assign(X, anchors)
        fits = iou >= (0.5 if threshold is None else threshold) * (1 - ROUNDING)
    else:
        X = check_shapes(X, "X")
        anchors = check_shapes(anchors, "anchors", n_dims=X.shape[1])
        fits = _best_ratio(X, anchors) > (0.25 if threshold is None else threshold) * (1 + ROUNDING)
    return weighted_mean(fits, check_weights(sample_weight, X))


def anchor_statistics(
    X: ArrayLike, anchors: ArrayLike, *, sample_weight: ArrayLike | None = None
) -> Bunch:
    """Compute the number of boxes, their share and their mean IoU for each anchor.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
        Side lengths of the boxes.
    anchors : array-like of shape (n_anchors, n_features)
        Side lengths of the anchors in the same unit.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the boxes; all 1 by default.

    Returns
    -------
    statistics : :class:`~sklearn.utils.Bunch`
        n_boxes : ndarray of shape (n_anchors,)
            Number of boxes whose best anchor it is, regardless of their weights.
        share : ndarray of shape (n_anchors,)
            Share of the total weight of all boxes.
        mean_iou : ndarray of shape (n_anchors,)
            Weighted mean IoU of the anchor with these boxes; NaN if they have no weight.

    Examples
    --------
    >>> from sklearn_iou_kmeans.metrics import anchor_statistics
    >>> statistics = anchor_statistics([[10, 10], [20, 10], [90, 80]], [[10, 10], [90, 90]])
    >>> statistics.n_boxes
    array([2, 1])
    >>> statistics.mean_iou.round(3)
    array([0.75 , 0.889])
    """
    X, labels, iou = _assign(X, anchors)
    weights = rescaled(check_weights(sample_weight, X))
    n_anchors = len(np.asarray(anchors))
    weight = np.bincount(labels, weights, minlength=n_anchors)
    sums = np.bincount(labels, weights * iou, minlength=n_anchors)
    return Bunch(
        n_boxes=np.bincount(labels, minlength=n_anchors),
        share=weight / weight.sum(),
        mean_iou=np.divide(sums, weight, out=np.full(n_anchors, np.nan), where=weight > 0),
    )


def average_iou_upper_bound(
    X: ArrayLike | ShapeHistogram,
    n_clusters: int,
    *,
    sample_weight: ArrayLike | None = None,
    centers: ArrayLike | None = None,
    tol: float = 1e-3,
    max_time: float | None = 10.0,
) -> float:
    r"""Compute an upper bound on the average IoU of any `n_clusters` anchors.

    The gap between this bound and the average IoU of fitted anchors is the most that a better
    search could gain. The bound is proven: it holds for anchors of any size and includes rounding
    errors, no matter when the computation stops.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features) or ShapeHistogram
        Side lengths of the boxes, or a histogram of them; the bound then holds for the boxes that
        were added to the histogram, not only for its shapes.
    n_clusters : int
        Number of anchors.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the boxes; all 1 by default. Must be None for a histogram, which has weights.
    centers : array-like of shape (n_clusters, n_features), default=None
        Good anchors, such as the `cluster_centers_` of a fitted estimator. By default, those of
        ``IoUKMeans(n_clusters, random_state=0)``.
    tol : float, default=1e-3
        The computation ends when the bound is within `tol` of the average IoU of `centers`, or of
        better ones found on the way.
    max_time : float or None, default=10.0
        Maximum time in seconds. With None, the computation ends when it no longer improves the
        bound, which can take minutes; the result then does not depend on the speed of the machine.

    Returns
    -------
    bound : float
        In [0, 1], and at least the average IoU of any `n_clusters` anchors.

    Raises
    ------
    ValueError
        If the boxes, weights or centers are not valid, or if `tol` or `max_time` is not positive.

    See Also
    --------
    average_iou_score : The average IoU of given anchors.

    Notes
    -----
    Let the weights :math:`s_i` add up to 1. For any :math:`\mu_i \ge 0` and any centers,

    .. math::

        \sum_i s_i \max_c \mathrm{IoU}(a_i, c)
        \le \sum_i s_i \mu_i + k \max_c \rho(c), \qquad
        \rho(c) = \sum_i s_i \max(\mathrm{IoU}(a_i, c) - \mu_i, 0),

    because the IoU of a box with its best center is at most :math:`\mu_i` plus the amounts by which
    the centers exceed it. This is the Lagrangian dual of the continuous k-median problem. The
    multipliers :math:`\mu` come from a linear program over candidate centers. The bound is valid
    for any multipliers; good ones make it tight.

    With :math:`d_j = \ln\,c_j - \ln\,a_j`, :math:`E = \exp \sum_j \max(-d_j, 0)` and
    :math:`F = \exp \sum_j \max(d_j, 0)`,

    .. math:: \mathrm{IoU}(a, c) = g(d) = 1 / (E + F - 1) .

    So the IoU decreases in each :math:`|d_j|`: over a rectangle of log centers it is largest for
    the box clipped to the rectangle, which bounds :math:`\rho` to first order. Where no
    :math:`d_j` changes its sign, the second derivative of :math:`g` in any direction is, for
    :math:`n` sides, at most

    .. math:: L(g) = \max(n g, \; 2 (n - 1) g - g^2 + 2 g^3),

    and at a change of sign the slope decreases. So, with :math:`L` at the largest :math:`g` along
    the way,

    .. math:: g(d + e) \le g(d) + \nabla g \cdot e + L |e|^2 / 2 .

    The sum of the right-hand sides over the boxes is largest at a corner of the rectangle. Branch
    and bound splits the rectangles with the largest bounds until the maximum of :math:`\rho` is
    known closely enough. Margins account for rounding errors. The proof holds for any number of
    sides, but with more sides more rectangles are needed, so that the bound is looser after a given
    time.

    A gap can remain because this bound also covers fractions of centers. For up to 3 000 distinct
    boxes, a second branch and bound closes it: it splits the plane in two, and bounds every way to
    divide the centers between the two parts. For 100 000 boxes and 3 to 12 anchors, the gap is
    3e-5 to 3e-3 after two seconds and 1e-5 to 1e-3 after ten; it grows with the number of anchors.

    More than 20 000 boxes are summarised in a :class:`ShapeHistogram` with 128 bins per octave, or
    with fewer bins if there would be more than 100 000 cells. By the second inequality, the mean of
    :math:`g` over the boxes of a cell with variance :math:`v` of the logarithms is at most
    :math:`g` at their mean plus :math:`L v / 2`. The variance of :math:`g` is at most
    :math:`n g^2 v`, which also bounds the mean of the positive part (Scarf). This loosens the bound
    by about 1e-5 with 128 bins per octave, and by 1e-5 to 1e-4 with 64. A histogram does not record
    whether its shapes were float32; allowing for that adds a few 1e-6.

    References
    ----------
    Scarf, "A min-max solution of an inventory problem", Studies in the Mathematical Theory of
    Inventory and Production, Stanford University Press, 1958.

    Examples
    --------
    >>> from sklearn_iou_kmeans.metrics import average_iou_upper_bound
    >>> X = [[10, 8], [12, 8], [11, 9], [40, 30], [44, 31], [42, 33], [90, 60], [80, 64], [84, 62]]
    >>> average_iou_upper_bound(X, 9)
    1.0
    >>> bound = average_iou_upper_bound(X, 3)
    >>> round(bound, 3)
    0.929
    """
    check_scalar(n_clusters, "n_clusters", Integral, min_val=1)
    _check_positive(tol, "tol")
    if max_time is not None:
        _check_positive(max_time, "max_time")
    if isinstance(X, ShapeHistogram):
        if sample_weight is not None:
            raise ValueError("sample_weight must be None with a histogram, which holds weights.")
        shapes, weights = check_shapes(X.shapes, "X"), check_weights(X.weights, X.shapes)
        problem = problem_of_histogram(X, float(np.finfo(np.float32).eps))
    else:
        shapes = check_shapes(X, "X").astype(np.float64)
        weights = check_weights(sample_weight, shapes)
        if len(shapes) <= SUMMARISE_ABOVE:
            problem = problem_of_boxes(shapes, weights)
        else:
            histogram = ShapeHistogram(SUMMARY_RESOLUTION).add(shapes, weights)
            problem = problem_of_histogram(histogram, float(np.finfo(np.float64).eps))
    if centers is not None:
        centers = check_centers(centers, "centers", n_clusters, shapes.shape[1])
    if len(problem.sample_weight) <= n_clusters:
        return problem.attainable()
    if centers is None:
        from ._cluster import IoUKMeans  # the other metrics do not need the estimators

        kmeans = IoUKMeans(n_clusters, random_state=0).fit(shapes, sample_weight=weights)
        centers = kmeans.cluster_centers_
    return upper_bound(problem, n_clusters, centers.astype(np.float64), tol, max_time)


def _check_positive(value: float, name: str) -> None:
    check_scalar(value, name, Real)
    if not value > 0:
        raise ValueError(f"{name} == {value}, must be > 0.")


def _assign(X: ArrayLike, anchors: ArrayLike) -> tuple[NDArray[np.floating], IntArray, FloatArray]:
    """Check the shapes; return the boxes, their best anchors and the IoU with these."""
    X = check_shapes(X, "X")
    anchors = check_shapes(anchors, "anchors", n_dims=X.shape[1])
    return X, *nearest(X, anchors.astype(np.float64))


def _best_ratio(X: NDArray[np.floating], anchors: NDArray[np.floating]) -> FloatArray:
    """Compute, for the best anchor of each box, the minimum over the sides of min(r, 1 / r)."""
    X, best = X.astype(np.float64), np.zeros(len(X))
    for anchor in anchors.astype(np.float64):
        larger = np.maximum(X, anchor)
        ratio = np.divide(np.minimum(X, anchor), larger, out=np.zeros_like(X), where=larger > 0)
        np.maximum(best, ratio.min(axis=1), out=best)
    return best
