"""Seeding: the initial centers of a run."""

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray

from .._kernels import FloatArray, pairwise, swap_gains

# A center that moves elsewhere takes the best of this many places, at shapes far from all centers.
N_CANDIDATES = 32


def kmeans_plusplus(
    X: FloatArray, sample_weight: FloatArray, n_clusters: int, random_state: RandomState
) -> FloatArray:
    """Greedy k-means++ for a sum of IoU distances.

    Each further center is drawn from the shapes with a probability proportional to the weight times
    the distance to the nearest center so far. Ordinary k-means uses the squared distance, because
    it minimises a sum of squares; here the objective is the sum of the distances. As in
    scikit-learn, several candidates are drawn, and the one with the smallest resulting sum is kept.

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
    iou = np.zeros(len(X))
    for i in range(n_clusters):
        n_draws = n_trials if i else 1  # the first center is drawn by weight alone
        candidates = draw_far_shapes(sample_weight, iou, random_state.uniform(size=n_draws))
        reached = pairwise(X, X[candidates])
        np.maximum(reached, iou[:, None], out=reached)
        best = (sample_weight @ reached).argmax()
        centers[i], iou = X[candidates[best]], reached[:, best].copy()
    return centers


def random_shapes(
    X: FloatArray, sample_weight: FloatArray, n_clusters: int, random_state: RandomState
) -> FloatArray:
    """Draw distinct rows by weight; if there are too few, return all rows and repeat some."""
    n_distinct = min(n_clusters, len(X))
    probability = sample_weight / sample_weight.sum()
    rows = random_state.choice(len(X), size=n_distinct, replace=False, p=probability)
    return X[np.resize(rows, n_clusters)]


def draw_far_shapes(
    sample_weight: FloatArray, iou: FloatArray, quantiles: FloatArray
) -> NDArray[np.intp]:
    """Return the rows at `quantiles` of the cumulative loss, which is weight times IoU distance.

    If all distances are zero, the quantiles of the cumulative weight are used instead.
    """
    loss = np.cumsum(sample_weight * (1.0 - iou))
    if loss[-1] <= 0:
        loss = np.cumsum(sample_weight)
    rows = np.searchsorted(loss, quantiles * loss[-1], side="right")
    return np.asarray(np.minimum(rows, len(loss) - 1))


def best_candidate(
    X: FloatArray, sample_weight: FloatArray, iou: FloatArray, candidates: NDArray[np.intp]
) -> int:
    """Return the candidate row that raises the average IoU most as an additional center."""
    nobody = np.zeros(len(X), dtype=np.int32)  # no center is removed: no second-best IoU
    gains = swap_gains(X, sample_weight, nobody, iou, iou, X[candidates], 1)
    return int(candidates[gains[:, 0].argmax()])
