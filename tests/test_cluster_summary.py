"""Few weighted shapes that stand for many boxes."""

import numpy as np
import pytest

from sklearn_iou_kmeans import IoUKMeans, ShapeHistogram
from sklearn_iou_kmeans._cluster._summary import (
    RESOLUTION,
    Summary,
    levels_for,
    levels_of,
    summarize,
)
from sklearn_iou_kmeans.metrics import average_iou_score


def many_boxes(n=20_000, n_dims=2, seed=0):
    return np.random.RandomState(seed).lognormal(3, 1, size=(n, n_dims))


def test_few_boxes_are_their_own_summary():
    X = many_boxes(300)
    (level,) = summarize(X, np.arange(300.0))
    np.testing.assert_array_equal(level.shapes, X)
    np.testing.assert_array_equal(level.weights, np.arange(300.0))
    assert not level.widths.any()


@pytest.mark.parametrize("n_dims", [1, 2, 3, 4])
def test_levels_hold_the_same_weight_and_get_finer(n_dims):
    X = many_boxes(n_dims=n_dims)
    levels = summarize(X, np.ones(len(X)))
    sizes = [len(level.weights) for level in levels]
    assert sizes == sorted(sizes)
    for level in levels:
        assert level.weights.sum() == pytest.approx(levels[-1].weights.sum())
        assert (level.shapes > 0).all()


def test_finer_levels_follow_the_boxes_more_closely():
    X = many_boxes(50_000)
    anchors = X[:9]
    errors = [
        abs(
            average_iou_score(shapes, anchors, sample_weight=weights)
            - average_iou_score(X, anchors)
        )
        for shapes, weights, _ in summarize(X, np.ones(len(X)))
    ]
    assert errors[0] < 2e-3
    assert errors[1] < 5e-4
    assert errors[2] < 5e-5


def test_finer_cells_leave_the_coarse_and_the_middle_level_as_they_are():
    X = many_boxes()
    coarse, middle, finest = levels_of(ShapeHistogram(RESOLUTION).add(X))
    levels = levels_of(ShapeHistogram(4 * RESOLUTION).add(X))
    assert len(levels[0].weights) == pytest.approx(len(coarse.weights), rel=0.05)
    assert len(levels[1].weights) == pytest.approx(len(middle.weights), rel=0.05)
    assert len(levels[2].weights) > 1.2 * len(finest.weights)


def test_a_shape_is_as_wide_as_the_boxes_that_it_stands_for():
    """Those of a cell without structure fill it; those that are equal take no space."""
    logs = np.random.RandomState(0).uniform(0, 2, size=(200_000, 2))
    finest = summarize(np.exp2(logs), np.ones(len(logs)))[-1]
    assert np.average(finest.widths, weights=finest.weights) == pytest.approx(
        np.log(2) / RESOLUTION, rel=0.02
    )
    equal = summarize(np.repeat(many_boxes(3000), 4, axis=0), np.ones(12_000))[-1]
    is_single = equal.weights == equal.weights.min()
    assert (equal.widths[is_single] < 1e-6).all()


def test_levels_too_coarse_for_the_number_of_clusters_are_left_out():
    levels = summarize(many_boxes(), np.ones(20_000))
    assert levels_for(levels, 3) == levels
    assert levels_for(levels, 20_000) == levels[-1:]


def test_a_level_has_sixteen_shapes_for_each_cluster_or_is_left_out():
    levels = [Summary.of_boxes(np.ones((n, 2)), np.ones(n)) for n in (31, 32, 100)]
    assert levels_for(levels, 1) == levels
    assert levels_for(levels, 2) == levels[1:]
    assert levels_for(levels, 3) == levels[2:]


@pytest.mark.parametrize("integer", [np.int8, np.uint8])
def test_sixteen_times_the_clusters_may_be_more_than_their_type_holds(integer):
    """Non-regression test for a product that wrapped around."""
    levels = [Summary.of_boxes(np.ones((n, 2)), np.ones(n)) for n in (1599, 1600, 9999)]
    assert levels_for(levels, integer(100)) == levels[1:]


def test_a_histogram_without_positive_shapes_has_nothing_to_cluster():
    with pytest.raises(ValueError, match="None of the boxes"):
        levels_of(ShapeHistogram().add([[0.0, 3.0]]))


@pytest.mark.parametrize("n_distinct", [2000, 2001])
def test_two_thousand_shapes_are_searched_as_they_are_and_more_in_a_summary(n_distinct):
    """However often they occur, up to five times each on average."""
    X = np.resize(many_boxes(n_distinct), (10_000, 2))
    finest = IoUKMeans()._prepare(X).levels[-1]
    is_whole = np.array_equal(finest.shapes, np.unique(X, axis=0))
    assert is_whole == (n_distinct == 2000)


def test_more_than_a_million_boxes_are_summarised_twice_as_finely():
    X = many_boxes(1_000_001)
    for boxes, resolution in ((X[1:], RESOLUTION), (X, 2 * RESOLUTION)):
        finest = summarize(boxes, np.ones(len(boxes)))[-1]
        assert len(finest.weights) == len(ShapeHistogram(resolution).add(boxes).weights)
