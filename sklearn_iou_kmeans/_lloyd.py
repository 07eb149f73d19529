"""Lloyd's iteration: one run from one seeding."""

import numpy as np

from ._centers import RULES
from ._iou import FloatArray, IntArray, aligned, nearest
from ._seeding import draw_far_shapes, most_helpful

# An empty cluster chooses among this many shapes, spread evenly over the loss.
N_CANDIDATES = 32

# After so many halvings of a step in log c the center stays where it is.
MAX_HALVINGS = 8


def lloyd(
    X: FloatArray,
    sample_weight: FloatArray,
    centers: FloatArray,
    *,
    update: str,
    max_iter: int,
    tol: float,
) -> tuple[FloatArray, float, int]:
    """Assign and update in turn until the average IoU or the clusters stay as they are.

    With ``update="iou"`` no step lowers the average IoU, and the run ends once a step raises it by
    `tol` or less. The other rules do not climb it; they run as published, until no shape changes
    its cluster.

    Parameters
    ----------
    X : ndarray of shape (n_shapes, n_dims)
        Shapes with positive sides, equal ones merged or not.
    sample_weight : ndarray of shape (n_shapes,)
    centers : ndarray of shape (n_clusters, n_dims)
        Where to start.
    update : {"iou", "median", "mean"}
    max_iter : int
    tol : float

    Returns
    -------
    centers : ndarray of shape (n_clusters, n_dims)
    average_iou : float
    n_iter : int
    """
    climbs = update == "iou"
    centers, labels, iou = assign(X, sample_weight, centers)
    average = float(np.average(iou, weights=sample_weight))
    for n_iter in range(1, max_iter + 1):
        last_labels, last_average = labels, average
        moved = RULES[update](X, sample_weight, labels, iou, centers)
        step = assign(X, sample_weight, moved)
        average = float(np.average(step[2], weights=sample_weight))
        if climbs and average < last_average:
            moved = shorten_steps(X, sample_weight, labels, iou, centers, moved)
            step = assign(X, sample_weight, moved)
            average = float(np.average(step[2], weights=sample_weight))
        centers, labels, iou = step
        if average - last_average <= tol if climbs else np.array_equal(labels, last_labels):
            return centers, average, n_iter
    return centers, average, max_iter


def assign(
    X: FloatArray, sample_weight: FloatArray, centers: FloatArray
) -> tuple[FloatArray, IntArray, FloatArray]:
    """Give every shape its nearest center, and every center a shape.

    The center of an empty cluster goes to the shape where it raises the average IoU most, of a few
    that are spread evenly over the loss. Only when every shape is a center already, because there
    are fewer distinct shapes than clusters, does a cluster stay empty.
    """
    labels, iou = nearest(X, centers)
    empty = np.bincount(labels, minlength=len(centers)) == 0
    while empty.any() and (iou < 1.0).any():
        quantiles = (np.arange(N_CANDIDATES) + 0.5) / N_CANDIDATES
        candidates = draw_far_shapes(sample_weight, iou, quantiles)
        chosen, _ = most_helpful(X, sample_weight, iou, candidates)
        centers = centers.copy()
        centers[np.flatnonzero(empty)[0]] = X[chosen]
        labels, iou = nearest(X, centers)
        empty = np.bincount(labels, minlength=len(centers)) == 0
    return centers, labels, iou


def shorten_steps(
    X: FloatArray,
    sample_weight: FloatArray,
    labels: IntArray,
    iou: FloatArray,
    centers: FloatArray,
    moved: FloatArray,
) -> FloatArray:
    """Halve, in log c, each center's step from `centers` to `moved` until its shapes gain by it."""
    n_clusters = len(centers)
    before = np.bincount(labels, sample_weight * iou, minlength=n_clusters)
    for _ in range(MAX_HALVINGS):
        after = np.bincount(labels, sample_weight * aligned(X, moved[labels]), minlength=n_clusters)
        worse = after < before
        if not worse.any():
            return moved
        moved[worse] = np.sqrt(moved[worse] * centers[worse])
    moved[worse] = centers[worse]
    return moved
