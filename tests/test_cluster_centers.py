"""Where the center of the shapes of a cluster lies."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sklearn_iou_kmeans import IoUKMeans
from sklearn_iou_kmeans._cluster._centers import iou_centers, mean_centers, median_centers
from sklearn_iou_kmeans.metrics import pairwise_iou


def rowwise_iou(X, centers):
    """IoU of each row with the same row of the centers, or with their only one."""
    return pairwise_iou(X, centers)[np.arange(len(X)), np.arange(len(X)) % len(centers)]


@st.composite
def clusters(draw):
    """Shapes on a coarse grid, so that many are equal, with integer weights and labels."""
    n_dims = draw(st.integers(1, 3))
    n = draw(st.integers(4, 40))
    X = draw(arrays(np.float64, (n, n_dims), elements=st.integers(1, 9)))
    weights = draw(arrays(np.float64, n, elements=st.integers(1, 4)))
    labels = draw(arrays(np.int32, n, elements=st.integers(0, 2)))
    labels[:3] = range(3)
    return X, weights, labels


@given(clusters())
def test_median_and_mean_are_those_of_numpy_on_repeated_rows(cluster):
    X, weights, labels = cluster
    iou, centers = np.ones(len(X)), np.ones((3, X.shape[1]))
    medians = median_centers(X, weights, labels, iou, centers)
    means = mean_centers(X, weights, labels, iou, centers)
    for i in range(3):
        repeated = np.repeat(X[labels == i], weights[labels == i].astype(int), axis=0)
        np.testing.assert_allclose(medians[i], np.median(repeated, axis=0))
        np.testing.assert_allclose(means[i], repeated.mean(axis=0))


@given(clusters())
def test_iou_rule_halves_the_weights_of_the_stationary_condition(cluster):
    """Sum of IoU A/U over the larger shapes against that of IoU V/U over the smaller ones."""
    X, weights, labels = cluster
    centers = np.stack([X[labels == i].mean(axis=0) + 0.25 for i in range(3)])
    iou = rowwise_iou(X, centers[labels])
    new = iou_centers(X, weights, labels, iou, centers)
    volume, center_volume = X.prod(axis=1), centers.prod(axis=1)[labels]
    union = volume + center_volume - np.minimum(X, centers[labels]).prod(axis=1)
    for side in range(X.shape[1]):
        larger = X[:, side] > centers[labels, side]
        pull = weights * iou * np.where(larger, volume, center_volume) / union
        for i in range(3):
            mine = labels == i
            above = pull[mine & (X[:, side] > new[i, side])].sum()
            below = pull[mine & (X[:, side] < new[i, side])].sum()
            assert max(above, below) <= pull[mine].sum() / 2 + 1e-9


@pytest.mark.parametrize("n_dims", [1, 2, 3])
def test_derivative_of_the_average_iou(n_dims):
    """The weights of the rule are the derivatives of IoU by the logarithm of a side."""
    rng = np.random.RandomState(n_dims)
    X, center = rng.uniform(1, 10, (50, n_dims)), rng.uniform(2, 8, n_dims)
    iou = rowwise_iou(X, center[None])
    volume, center_volume = X.prod(axis=1), center.prod()
    union = volume + center_volume - np.minimum(X, center).prod(axis=1)
    for side in range(n_dims):
        step = np.ones(n_dims)
        step[side] += 1e-6
        numeric = (
            rowwise_iou(X, (center * step)[None]) - rowwise_iou(X, (center / step)[None])
        ) / 2e-6
        formula = iou * np.where(X[:, side] > center[side], volume, -center_volume) / union
        np.testing.assert_allclose(numeric, formula, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("n_dims", [1, 2])
def test_one_cluster_reaches_the_optimum_of_a_fine_grid(n_dims):
    rng = np.random.RandomState(0)
    X = np.exp(rng.normal(3.0, 0.8, size=(400, n_dims)))
    weights = rng.randint(1, 4, size=400)
    axes = [np.geomspace(*np.quantile(X[:, side], [0.2, 0.9]), 150) for side in range(n_dims)]
    grid = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, n_dims)
    reached = np.average(pairwise_iou(X, grid), axis=0, weights=weights).max()
    kmeans = IoUKMeans(n_clusters=1, random_state=0).fit(X, sample_weight=weights)
    assert kmeans.average_iou_ >= reached - 1e-4
