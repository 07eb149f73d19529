"""Seeding: the centers that a run starts from."""

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray

from ._iou import BLOCK, FloatArray, aligned, overlaps


def kmeans_plusplus(
    X: FloatArray, sample_weight: FloatArray, n_clusters: int, random_state: RandomState
) -> FloatArray:
    """Greedy k-means++ for a sum of IoU distances.

    Each further center is drawn among the shapes with a probability in proportion to weight times
    distance from the centers so far. k-means draws by the *square* of the distance because it
    minimises a sum of squares; the objective here is the sum of the distances themselves. Of a few
    draws the one that leaves the smallest sum is kept, as in scikit-learn.

    Parameters
    ----------
    X : ndarray of shape (n_shapes, n_dims)
    sample_weight : ndarray of shape (n_shapes,)
    n_clusters : int
    random_state : RandomState

    Returns
    -------
    centers : ndarray of shape (n_clusters, n_dims)

    References
    ----------
    Arthur and Vassilvitskii, "k-means++: the advantages of careful seeding", SODA 2007.
    """
    n_trials = 2 + int(np.log(n_clusters))
    centers = np.empty((n_clusters, X.shape[1]))
    best_iou = np.zeros(len(X))
    for i in range(n_clusters):
        n_draws = n_trials if i else 1  # the first by weight alone, as no center is near yet
        candidates = draw_far_shapes(sample_weight, best_iou, random_state.uniform(size=n_draws))
        chosen, best_iou = most_helpful(X, sample_weight, best_iou, candidates)
        centers[i] = X[chosen]
    return centers


def random_shapes(
    X: FloatArray, sample_weight: FloatArray, n_clusters: int, random_state: RandomState
) -> FloatArray:
    """Draw distinct rows by weight; all of them, some repeated, where there are too few."""
    n_distinct = min(n_clusters, len(X))
    probability = sample_weight / sample_weight.sum()
    rows = random_state.choice(len(X), size=n_distinct, replace=False, p=probability)
    return X[np.resize(rows, n_clusters)]


def draw_far_shapes(
    sample_weight: FloatArray, best_iou: FloatArray, quantiles: FloatArray
) -> NDArray[np.intp]:
    """Rows at `quantiles` of the cumulative sum of weight times distance from the nearest center.

    Where every distance is zero the weight alone counts.
    """
    loss = np.cumsum(sample_weight * (1.0 - best_iou))
    if loss[-1] <= 0:
        loss = np.cumsum(sample_weight)
    rows = np.searchsorted(loss, quantiles * loss[-1], side="right")
    return np.asarray(np.minimum(rows, len(loss) - 1))


def most_helpful(
    X: FloatArray, sample_weight: FloatArray, best_iou: FloatArray, candidates: NDArray[np.intp]
) -> tuple[int, FloatArray]:
    """The candidate row that as a further center raises the average IoU most.

    Returns it with the IoU of every shape with its best center once that one is added.
    """
    shapes, totals = X[candidates], np.zeros(len(candidates))
    for start in range(0, len(X), BLOCK):
        rows = slice(start, start + BLOCK)
        table = overlaps(shapes, np.ascontiguousarray(X[rows].T))
        np.maximum(table, best_iou[rows], out=table)
        totals += table @ sample_weight[rows]
    winner = int(candidates[totals.argmax()])
    return winner, np.maximum(best_iou, aligned(X, X[[winner]]))
