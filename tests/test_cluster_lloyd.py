"""One run from one seeding."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sklearn_iou_kmeans._cluster._centers import UPDATE_RULES, iou_centers
from sklearn_iou_kmeans._cluster._lloyd import lloyd, shorten_steps, without_empty_clusters
from sklearn_iou_kmeans._cluster._solution import evaluate
from sklearn_iou_kmeans._kernels import nearest


def run(X, weights, centers, max_iter, update="iou", tol=0.0):
    """Return the centers, their average IoU and the number of iterations of a run."""
    solution, n_iter = lloyd(X, weights, centers, update=update, max_iter=max_iter, tol=tol)
    return solution.centers, solution.score / weights.sum(), n_iter


@st.composite
def runs(draw):
    """Distinct shapes over three orders of magnitude, weights, and centers to start from."""
    n_dims = draw(st.integers(1, 3))
    n = draw(st.integers(6, 60))
    logs = draw(arrays(np.float64, (n, n_dims), elements=st.floats(-3, 7, width=16)))
    X = np.unique(np.exp(logs), axis=0)
    weights = draw(arrays(np.float64, len(X), elements=st.floats(0.25, 50)))
    starts = draw(arrays(np.float64, (3, n_dims), elements=st.floats(-4, 8, width=16)))
    return X, weights, np.exp(starts)


@given(runs())
def test_the_average_iou_never_falls_within_a_run(problem):
    X, weights, start = problem
    averages = [run(X, weights, start, max_iter)[1] for max_iter in range(1, 12)]
    first = np.average(nearest(X, start)[1], weights=weights)
    assert averages[0] >= first - 1e-12
    assert (np.diff(averages) >= -1e-12).all()


@given(runs())
def test_a_run_reports_the_average_iou_of_its_centers(problem):
    X, weights, start = problem
    centers, average, _ = run(X, weights, start, 20)
    expected = np.average(nearest(X, centers)[1], weights=weights)
    assert average == pytest.approx(expected)


@given(runs())
def test_no_center_moves_to_where_its_own_shapes_fit_worse(problem):
    X, weights, start = problem
    labels, iou = nearest(X, start)
    moved = iou_centers(X, weights, labels, iou, start)
    moved = shorten_steps(X, weights, evaluate(X, weights, start), moved)
    for i in np.unique(labels):
        mine = labels == i
        after = nearest(X[mine], moved[[i]])[1]
        assert weights[mine] @ after >= weights[mine] @ iou[mine] * (1 - 1e-12)


@given(runs())
def test_no_cluster_stays_empty(problem):
    X, weights, start = problem
    if len(X) > len(start):
        far = np.vstack([start[:1], start[1:] * 1e9])
        before = evaluate(X, weights, far)
        after = without_empty_clusters(X, weights, before)
        assert len(np.unique(after.labels)) == len(start)
        assert after.score >= before.score - 1e-12
        np.testing.assert_array_equal(nearest(X, after.centers)[0], after.labels)


def test_an_empty_cluster_goes_where_it_helps_most():
    """Two thirds of the weight lie far from the only useful center: the second one goes there."""
    X = np.array([[10.0, 10.0], [11.0, 10.0], [100.0, 90.0], [90.0, 90.0], [1.0, 400.0]])
    weights = np.array([1.0, 1.0, 2.0, 2.0, 0.5])
    start = evaluate(X, weights, np.array([[10.0, 10.0], [10.0, 10.0]]))
    solution = without_empty_clusters(X, weights, start)
    assert solution.centers[1, 1] == 90.0
    np.testing.assert_array_equal(solution.labels[:4], [0, 0, 1, 1])


def test_a_run_ends_at_the_first_step_that_gains_no_more_than_the_tolerance():
    X = np.random.RandomState(0).lognormal(3, 1, size=(300, 2))
    weights = np.ones(len(X))
    averages = [run(X, weights, X[:4], n_iter)[1] for n_iter in range(1, 30)]
    gains = np.diff([np.average(nearest(X, X[:4])[1]), *averages])
    for tol in (1e-2, 1e-3, 1e-4):
        expected = 1 + int(np.argmax(gains <= tol))
        assert run(X, weights, X[:4], 300, tol=tol)[2] == expected


def test_a_shortened_step_is_halved_in_the_logarithm_until_its_shapes_gain():
    """One of two centers is moved much too far, the other not at all."""
    X = np.array([[10.0, 10.0], [11.0, 11.0], [100.0, 100.0]])
    weights = np.ones(3)
    last = evaluate(X, weights, np.array([[9.0, 9.0], [100.0, 100.0]]))
    moved = np.array([[9.0 * 2.0**4] * 2, [100.0, 100.0]])
    shortened = shorten_steps(X, weights, last, moved)
    np.testing.assert_allclose(np.log2(shortened[0] / 9.0), [0.25, 0.25])
    np.testing.assert_array_equal(shortened[1], moved[1])


def test_a_center_stays_if_no_part_of_its_step_gains():
    X, weights = np.array([[10.0, 10.0], [90.0, 90.0]]), np.ones(2)
    last = evaluate(X, weights, X)
    shortened = shorten_steps(X, weights, last, np.array([[20.0, 20.0], [90.0, 90.0]]))
    np.testing.assert_array_equal(shortened, X)


def test_a_step_to_where_the_shapes_fit_as_well_is_not_shortened():
    """Of two segments either is as good a center, and any in between is worse."""
    X, weights = np.array([[1.0], [2.0]]), np.ones(2)
    last = evaluate(X, weights, np.array([[1.0]]))
    np.testing.assert_array_equal(shorten_steps(X, weights, last, np.array([[2.0]])), [[2.0]])


@pytest.mark.parametrize("update", ["mean", "median"])
def test_published_rules_end_at_their_own_fixed_point(update):
    X = np.unique(np.random.RandomState(3).lognormal(3, 1, size=(500, 2)), axis=0)
    weights = np.ones(len(X))
    centers, _, n_iter = run(X, weights, X[::100], 300, update)
    again, _, _ = run(X, weights, centers, 1, update)
    assert n_iter < 300
    np.testing.assert_allclose(again, centers)


def test_the_mean_can_lower_the_average_iou_and_the_default_does_not():
    """A single large box drags the mean away from the many."""
    X = np.array([[10.0, 10.0], [11.0, 10.0], [12.0, 11.0], [300.0, 200.0]])
    weights = np.array([5.0, 9.0, 5.0, 1.0])
    start = np.array([[11.0, 10.0]])
    at_start = np.average(nearest(X, start)[1], weights=weights)
    assert run(X, weights, start, 10, "mean")[1] < at_start - 0.3
    assert run(X, weights, start, 10, "iou")[1] >= at_start


@pytest.mark.parametrize("update", ["iou", "mean", "median"])
def test_max_iter_is_the_number_of_steps(update):
    X = np.random.RandomState(0).lognormal(3, 1, size=(300, 2))
    weights = np.ones(len(X))
    first = evaluate(X, weights, X[:4])
    stepped = UPDATE_RULES[update](X, weights, first.labels, first.iou, first.centers)
    centers, _, n_iter = run(X, weights, X[:4], 1, update)
    assert n_iter == 1
    np.testing.assert_array_equal(centers, stepped)
    assert run(X, weights, X[:4], 2, update)[2] == 2


def test_without_a_tolerance_a_run_ends_where_nothing_moves_any_more():
    X = np.random.RandomState(0).lognormal(3, 1, size=(300, 2))
    centers, average, n_iter = run(X, np.ones(len(X)), X[:4], 300, tol=0.0)
    assert n_iter < 300
    assert run(X, np.ones(len(X)), centers, 300, tol=0.0)[1:] == (average, 1)


def test_a_run_goes_on_with_a_part_of_a_step_that_goes_too_far():
    n_too_far = 0
    for seed in range(200):
        X = np.random.RandomState(seed).lognormal(1, 1, size=(4, 2))
        weights = np.ones(len(X))
        start = evaluate(X, weights, X.mean(axis=0, keepdims=True))
        full = iou_centers(X, weights, start.labels, start.iou, start.centers)
        part = shorten_steps(X, weights, start, full)
        if evaluate(X, weights, full).score < start.score and (part != start.centers).any():
            n_too_far += 1
            assert run(X, weights, start.centers, 1)[1] > start.score / len(X)
    assert n_too_far > 0


def test_the_step_that_ends_a_run_counts_if_it_gains():
    X = np.random.RandomState(0).lognormal(3, 1, size=(300, 2))
    average, n_iter = run(X, np.ones(300), X[:4], 300, tol=1.0)[1:]
    assert (average, n_iter) == run(X, np.ones(300), X[:4], 1)[1:]
    assert average > nearest(X, X[:4])[1].mean()


def test_no_center_moves_where_every_shape_is_one():
    X = np.array([[10.0, 10.0], [90.0, 20.0]])
    solution = evaluate(X, np.ones(2), np.array([[10.0, 10.0], [500.0, 1.0], [90.0, 20.0]]))
    same = without_empty_clusters(X, np.ones(2), solution)
    np.testing.assert_array_equal(same.centers, solution.centers)
