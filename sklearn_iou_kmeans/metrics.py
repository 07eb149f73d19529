"""How well anchors fit boxes.

All functions take side lengths, one shape a row: boxes and anchors in the same unit, compared as if
they shared a corner.
"""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import Bunch

from ._kernels import FloatArray, IntArray, nearest, pairwise
from ._validation import check_shapes, check_weights
from ._weights import weighted_mean

__all__ = [
    "anchor_statistics",
    "average_iou_score",
    "best_possible_recall_score",
    "pairwise_iou",
]


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
    """Average over the boxes of the IoU with the best anchor.

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
        In [0, 1]; higher is better. darknet prints it in percent.

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
    """Share of the boxes that some anchor fits well enough to be trained on.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
        Side lengths of the boxes.
    anchors : array-like of shape (n_anchors, n_features)
        Side lengths of the anchors in the same unit.
    threshold : float, default=None
        What the best anchor has to reach, in [0, 1]. By default 0.5 for "iou" and 0.25 for "ratio",
        which is 1 / `anchor_t` for the usual `anchor_t` of 4.
    measure : {"iou", "ratio"}, default="iou"
        "iou" asks for an IoU of at least the threshold, as Faster R-CNN and RetinaNet do: a box
        below it trains as background. "ratio" is YOLOv5's: with r = side / side of the anchor, the
        smallest over the sides of min(r, 1 / r) has to exceed the threshold.
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
        fits = iou >= (0.5 if threshold is None else threshold)
    else:
        X = check_shapes(X, "X")
        anchors = check_shapes(anchors, "anchors", n_dims=X.shape[1])
        fits = _best_ratio(X, anchors) > (0.25 if threshold is None else threshold)
    return weighted_mean(fits, check_weights(sample_weight, X))


def anchor_statistics(
    X: ArrayLike, anchors: ArrayLike, *, sample_weight: ArrayLike | None = None
) -> Bunch:
    """Say for each anchor how many boxes it is the best one for, and how well it fits them.

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
            Number of boxes, of whatever weight, whose best anchor it is.
        share : ndarray of shape (n_anchors,)
            Their share of the weight of all boxes.
        mean_iou : ndarray of shape (n_anchors,)
            Their weighted mean IoU with it; NaN for an anchor without boxes.

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
    weights = check_weights(sample_weight, X)
    n_anchors = len(np.asarray(anchors))
    weight = np.bincount(labels, weights, minlength=n_anchors)
    sums = np.bincount(labels, weights * iou, minlength=n_anchors)
    return Bunch(
        n_boxes=np.bincount(labels, minlength=n_anchors),
        share=weight / weight.sum(),
        mean_iou=np.divide(sums, weight, out=np.full(n_anchors, np.nan), where=weight > 0),
    )


def _assign(X: ArrayLike, anchors: ArrayLike) -> tuple[NDArray[np.floating], IntArray, FloatArray]:
    """Check the shapes; return those of the boxes, their best anchors and the IoU with them."""
    X = check_shapes(X, "X")
    anchors = check_shapes(anchors, "anchors", n_dims=X.shape[1])
    return X, *nearest(X, anchors.astype(np.float64))


def _best_ratio(X: NDArray[np.floating], anchors: NDArray[np.floating]) -> FloatArray:
    """For each box the largest over the anchors of the smallest ratio of its sides to theirs."""
    X, best = X.astype(np.float64), np.zeros(len(X))
    for anchor in anchors.astype(np.float64):
        larger = np.maximum(X, anchor)
        ratio = np.divide(np.minimum(X, anchor), larger, out=np.zeros_like(X), where=larger > 0)
        np.maximum(best, ratio.min(axis=1), out=best)
    return best
