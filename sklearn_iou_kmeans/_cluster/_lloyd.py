"""Lloyd's iteration: one run from one seeding."""

import numpy as np

from .._kernels import FloatArray, IntArray, pairwise
from ._centers import UPDATE_RULES
from ._seeding import N_CANDIDATES, best_candidate, draw_far_shapes
from ._solution import Assignment, by_score, evaluate

# If a step still lowers the score after this many halvings, the center stays where it is.
MAX_HALVINGS = 8


def lloyd(
    X: FloatArray,
    sample_weight: FloatArray,
    centers: FloatArray,
    *,
    update: str,
    max_iter: int,
    tol: float,
) -> tuple[Assignment, int]:
    """Assign and update in turn until the average IoU or the clusters stay as they are.

    With ``update="iou"`` no step lowers the average IoU, and the run ends once a step raises it by
    `tol` or less. The other rules do not maximise it; they run as published, until no shape changes
    its cluster.

    Parameters
    ----------
    X : ndarray of shape (n_shapes, n_dims)
        Shapes with positive sides, equal ones merged or not.
    sample_weight : ndarray of shape (n_shapes,)
        Positive weights.
    centers : ndarray of shape (n_clusters, n_dims)
        Where to start.
    update : {"iou", "median", "mean"}
    max_iter : int
    tol : float

    Returns
    -------
    solution : Assignment
    n_iter : int
    """
    is_monotone = update == "iou"
    least_rise = tol * sample_weight.sum()
    solution = without_empty_clusters(X, sample_weight, evaluate(X, sample_weight, centers))
    for n_iter in range(1, max_iter + 1):
        last = solution
        moved = UPDATE_RULES[update](X, sample_weight, last.labels, last.iou, last.centers)
        solution = evaluate(X, sample_weight, moved)
        if is_monotone and solution.score < last.score:
            moved = shorten_steps(X, sample_weight, last, moved)
            solution = evaluate(X, sample_weight, moved)
        solution = without_empty_clusters(X, sample_weight, solution)
        if is_monotone and solution.score - last.score <= least_rise:
            return max(last, solution, key=by_score), n_iter
        if not is_monotone and np.array_equal(solution.labels, last.labels):
            return solution, n_iter
    return solution, max_iter


def without_empty_clusters(
    X: FloatArray, sample_weight: FloatArray, solution: Assignment
) -> Assignment:
    """Give every center a shape.

    The center of an empty cluster moves to the shape where it raises the average IoU most, of a
    few that are spread evenly over the loss. A cluster stays empty only where every shape is a
    center already.
    """
    n_clusters = len(solution.centers)
    if np.bincount(solution.labels[: 2**16], minlength=n_clusters).all():
        return solution  # a part of the shapes mostly tells, and is counted in no time
    for _ in range(n_clusters):
        sizes = np.bincount(solution.labels, minlength=n_clusters)
        if sizes.all() or (solution.iou == 1.0).all():
            break
        quantiles = (np.arange(N_CANDIDATES) + 0.5) / N_CANDIDATES
        candidates = draw_far_shapes(sample_weight, solution.iou, quantiles)
        centers = solution.centers.copy()
        centers[sizes.argmin()] = X[best_candidate(X, sample_weight, solution.iou, candidates)]
        solution = evaluate(X, sample_weight, centers)
    return solution


def shorten_steps(
    X: FloatArray, sample_weight: FloatArray, last: Assignment, moved: FloatArray
) -> FloatArray:
    """Halve, in log c, each center's step to `moved` until the shapes of its cluster gain by it."""
    moved = moved.copy()
    before = score_clusters(X, sample_weight, last.labels, last.centers)
    for _ in range(MAX_HALVINGS):
        is_worse = score_clusters(X, sample_weight, last.labels, moved) < before
        if not is_worse.any():
            return moved
        moved[is_worse] = np.sqrt(moved[is_worse]) * np.sqrt(last.centers[is_worse])
    moved[is_worse] = last.centers[is_worse]
    return moved


def score_clusters(
    X: FloatArray, sample_weight: FloatArray, labels: IntArray, centers: FloatArray
) -> FloatArray:
    """Return the weighted sum of the IoU of the shapes of each cluster with its center."""
    scores = np.zeros(len(centers))
    for c, center in enumerate(centers):
        rows = labels == c
        scores[c] = sample_weight[rows] @ pairwise(X[rows], center[None])[:, 0]
    return scores
