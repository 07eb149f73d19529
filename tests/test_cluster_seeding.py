"""The centers that a run starts from."""

import numpy as np
import pytest

from sklearn_iou_kmeans._cluster._seeding import (
    best_candidate,
    draw_far_shapes,
    kmeans_plusplus,
    random_shapes,
)
from sklearn_iou_kmeans._kernels import pairwise

SHAPES = np.array([[1.0, 1.0], [1.1, 1.0], [30.0, 30.0], [33.0, 30.0], [900.0, 20.0]])
ONES = np.ones(len(SHAPES))


@pytest.mark.parametrize("seed", range(20))
def test_kmeans_plusplus_spreads_over_shapes_that_are_far_apart(seed):
    centers = kmeans_plusplus(SHAPES, ONES, 3, np.random.RandomState(seed))
    assert len(np.unique(centers[:, 0] // 20)) == 3


def test_draws_are_in_proportion_to_weight_times_distance_not_its_square():
    """With one draw a center, the second of two follows the distance to the first exactly."""
    X = np.array([[1.0], [1.25], [4.0]])
    weights = np.array([1e6, 3.0, 1.0])  # the first draw is the first row, all but always
    rng = np.random.RandomState(0)
    distance = weights * (1 - pairwise(X, X[:1])[:, 0])
    draws = draw_far_shapes(weights, pairwise(X, X[:1])[:, 0], rng.uniform(size=20_000))
    observed = np.bincount(draws, minlength=3) / 20_000
    np.testing.assert_allclose(observed, distance / distance.sum(), atol=0.02)


def test_the_first_draw_is_by_weight_alone():
    """However well a shape would serve the others."""
    X, weights = np.array([[1.0], [2.0], [4.0]]), np.array([3.0, 1.0, 2.0])
    rng = np.random.RandomState(0)
    first = [kmeans_plusplus(X, weights, 1, rng)[0, 0] for _ in range(5000)]
    shares = [np.mean(np.array(first) == side) for side in X[:, 0]]
    np.testing.assert_allclose(shares, weights / weights.sum(), atol=0.03)


@pytest.mark.parametrize("seeding", [kmeans_plusplus, random_shapes])
def test_a_shape_of_weight_zero_is_never_a_seed(seeding):
    weights = np.array([1.0, 0.0, 1.0, 0.0, 1.0])
    for seed in range(20):
        centers = seeding(SHAPES, weights, 3, np.random.RandomState(seed))
        assert {1.0, 30.0, 900.0} == set(centers[:, 0])


@pytest.mark.parametrize("seeding", [kmeans_plusplus, random_shapes])
def test_seeds_are_distinct_shapes_of_the_data(seeding):
    X = np.random.RandomState(1).uniform(1, 50, size=(300, 2))
    centers = seeding(X, np.ones(300), 40, np.random.RandomState(2))
    assert len(np.unique(centers, axis=0)) == 40
    assert {tuple(center) for center in centers} <= {tuple(row) for row in X}


def test_the_ends_of_the_loss_are_the_first_and_the_last_shape_that_have_any():
    iou, weights = np.array([1.0, 0.5, 0.75, 0.5]), np.ones(4)
    np.testing.assert_array_equal(draw_far_shapes(weights, iou, np.array([0.0, 1.0])), [1, 3])


def test_where_no_shape_is_far_draws_are_by_weight():
    weights = np.array([1.0, 2.0, 5.0])
    quantiles = (np.arange(8) + 0.5) / 8
    draws = draw_far_shapes(weights, np.ones(3), quantiles)
    np.testing.assert_array_equal(draws, [0, 1, 1, 2, 2, 2, 2, 2])


@pytest.mark.parametrize("n_candidates", [1, 2, 5])
def test_the_best_candidate_is_the_one_with_which_the_shapes_fit_best(n_candidates):
    rng = np.random.RandomState(0)
    for _ in range(20):
        X, weights = rng.lognormal(3, 1, size=(30, 2)), rng.uniform(size=30)
        iou = pairwise(X, X[:1])[:, 0]
        candidates = rng.choice(30, size=n_candidates, replace=False)
        sums = [weights @ pairwise(X, X[[0, row]]).max(axis=1) for row in candidates]
        assert best_candidate(X, weights, iou, candidates) == candidates[np.argmax(sums)]
