"""Metrics of shapes and anchors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sklearn_iou_kmeans.metrics import (
    anchor_statistics,
    average_iou_score,
    best_possible_recall_score,
    pairwise_iou,
)


def shapes(n_rows, n_dims, low=1e-3, high=1e3):
    return arrays(np.float64, (n_rows, n_dims), elements=st.floats(low, high))


def brute_force_iou(a, c):
    overlap = np.prod(np.minimum(a, c))
    return overlap / (np.prod(a) + np.prod(c) - overlap)


@given(st.integers(1, 4).flatmap(lambda d: st.tuples(shapes(5, d), shapes(3, d))))
def test_pairwise_iou_is_overlap_over_union(pair):
    X, Y = pair
    expected = [[brute_force_iou(x, y) for y in Y] for x in X]
    np.testing.assert_allclose(pairwise_iou(X, Y), expected, rtol=1e-12)


@given(st.integers(1, 3).flatmap(lambda d: shapes(3, d)))
def test_iou_distance_is_a_metric(X):
    distance = 1 - pairwise_iou(X, X)
    np.testing.assert_array_equal(np.diag(distance), 0)
    np.testing.assert_allclose(distance, distance.T, atol=1e-12)
    assert distance[0, 2] <= distance[0, 1] + distance[1, 2] + 1e-12


@given(shapes(4, 2), shapes(3, 2), st.floats(1e-3, 1e3), st.floats(1e-3, 1e3))
def test_iou_does_not_depend_on_the_unit(X, Y, width, height):
    unit = [width, height]
    np.testing.assert_allclose(pairwise_iou(X * unit, Y * unit), pairwise_iou(X, Y), rtol=1e-9)


@pytest.mark.parametrize("factor", [1e-307, 1e-160, 1e150, 1e305])
def test_iou_near_the_limits_of_float64(factor):
    X = np.array([[1.0, 2.0], [3.0, 3.0]])
    np.testing.assert_allclose(pairwise_iou(X * factor, X * factor), pairwise_iou(X, X), rtol=1e-12)


def test_a_side_of_zero_has_iou_zero_even_with_itself():
    X = [[0, 5], [0, 0], [4, 5]]
    np.testing.assert_array_equal(pairwise_iou(X, X), [[0, 0, 0], [0, 0, 0], [0, 0, 1]])


def test_average_iou_is_the_weighted_mean_of_the_best():
    X, anchors = [[10, 10], [20, 10], [5, 10]], [[10, 10], [40, 10]]
    assert average_iou_score(X, anchors) == pytest.approx((1 + 0.5 + 0.5) / 3)
    assert average_iou_score(X, anchors, sample_weight=[2, 0, 1]) == pytest.approx(2.5 / 3)


@given(st.integers(1, 3).flatmap(lambda d: st.tuples(shapes(20, d), shapes(4, d))))
def test_every_metric_agrees_with_the_matrix_of_iou(pair):
    X, anchors = pair
    iou = pairwise_iou(X, anchors)
    statistics = anchor_statistics(X, anchors)
    best = iou.argmax(axis=1)
    assert average_iou_score(X, anchors) == pytest.approx(iou.max(axis=1).mean())
    assert best_possible_recall_score(X, anchors) == np.mean(iou.max(axis=1) >= 0.5 * (1 - 1e-12))
    np.testing.assert_array_equal(statistics.n_boxes, np.bincount(best, minlength=4))
    np.testing.assert_allclose(statistics.share.sum(), 1)
    total = np.nansum(statistics.mean_iou * statistics.n_boxes)
    assert total == pytest.approx(iou.max(axis=1).sum())


def test_many_boxes_are_worked_on_in_blocks():
    X = np.random.RandomState(0).uniform(1, 100, size=(50_001, 2))
    anchors = X[:7]
    assert average_iou_score(X, anchors) == pytest.approx(pairwise_iou(X, anchors).max(1).mean())


def test_ratio_recall_is_that_of_yolov5():
    """r = side / anchor side; the smallest over the sides of min(r, 1/r) exceeds 1/4."""
    anchors = [[10, 10], [100, 50]]
    X = [[39, 10], [40, 10], [41, 10], [25, 200], [26, 199]]
    ratio = np.array(X)[:, None] / np.array(anchors)
    expected = np.minimum(ratio, 1 / ratio).min(axis=2).max(axis=1)
    assert best_possible_recall_score(X, anchors, measure="ratio") == np.mean(expected > 0.25)
    for threshold in (0.1, 0.3, 0.9):
        recall = best_possible_recall_score(X, anchors, measure="ratio", threshold=threshold)
        assert recall == np.mean(expected > threshold)


def test_recall_counts_weights_and_both_edges():
    """An IoU equal to the threshold is enough, a ratio equal to it is not."""
    X, anchors = [[10, 10], [20, 10], [40, 10]], [[10, 10]]
    assert best_possible_recall_score(X, anchors, threshold=0.5) == pytest.approx(2 / 3)
    assert best_possible_recall_score(X, anchors, sample_weight=[0, 1, 3]) == 0.25
    assert best_possible_recall_score(X, anchors, measure="ratio") == pytest.approx(2 / 3)


@pytest.mark.parametrize("measure", ["iou", "ratio"])
def test_recall_is_the_same_in_every_unit(measure):
    """The measure of a box at the threshold rounds up in one unit, and down in another."""
    anchors = np.array([[33, 42], [510, 900]])
    X = np.vstack([anchors * (5, 1), anchors * (1, 5), anchors])
    recall = best_possible_recall_score(X, anchors, measure=measure, threshold=0.2)
    assert recall == pytest.approx(1 if measure == "iou" else 1 / 3)
    for factor in (1 / 416, 1 / 32, 416 / 500, 640 / 1280, 1 / 3):
        scaled = X * factor, anchors * factor
        assert best_possible_recall_score(*scaled, measure=measure, threshold=0.2) == recall


@pytest.mark.parametrize("measure", ["iou", "ratio"])
def test_thresholds_are_shares(measure):
    X, anchors = [[0.1, 0.2], [0.3, 0.9]], [[0.1, 0.2]]
    recall = [
        best_possible_recall_score(X, anchors, measure=measure, threshold=threshold)
        for threshold in (0, 0.1, 0.2, 0.9)
    ]
    assert recall == ([1, 0.5, 0.5, 0.5] if measure == "iou" else [1, 1, 1, 0.5])
    assert best_possible_recall_score(X, anchors, threshold=1) == 0.5
    for threshold in (-0.1, 1.1, 2):
        with pytest.raises(ValueError, match=f"threshold must lie in .* got {threshold}"):
            best_possible_recall_score(X, anchors, measure=measure, threshold=threshold)


def test_a_side_of_zero_fits_no_anchor_by_its_ratio():
    X, anchors = [[0, 0], [0, 5], [5, 5]], [[0, 5], [5, 0], [5, 5]]
    assert best_possible_recall_score(X, anchors, measure="ratio") == pytest.approx(1 / 3)


def test_an_anchor_without_boxes_has_no_mean():
    statistics = anchor_statistics([[10, 10]], [[10, 10], [90, 90]])
    assert statistics.n_boxes.tolist() == [1, 0]
    assert np.isnan(statistics.mean_iou[1])
    statistics = anchor_statistics([[10, 10], [90, 80]], [[10, 10], [90, 90]], sample_weight=[1, 0])
    assert statistics.n_boxes.tolist() == [1, 1]
    assert np.isnan(statistics.mean_iou[1])


@pytest.mark.parametrize(
    ("X", "anchors", "options", "message"),
    [
        ([[1, np.nan]], [[1, 1]], {}, r"Input X contains NaN: X\[0, 1\] is nan"),
        ([[1, 1]], [[1, 1], [1, np.inf]], {}, r"anchors contains infinity: anchors\[1, 1\]"),
        ([[1, -2]], [[1, 1]], {}, r"X\[0, 1\] is -2.0. Sides of boxes are >= 0"),
        ([[1, 2]], [[1, 2, 3]], {}, "anchors has 3 sides a shape and X has 2"),
        ([[1, 2]], [[1, 2]], {"sample_weight": [0.0]}, "(?i)sample.weight"),
        ([[1, 2]], [[1, 2]], {"sample_weight": [-1.0]}, "Negative values in data passed"),
        ([[1, 2]], [[1, 2]], {"threshold": 4}, r"threshold must lie in \[0, 1\], got 4"),
        ([[1, 2]], [[1, 2]], {"measure": "giou"}, "measure must be 'iou' or 'ratio', got 'giou'"),
    ],
)
def test_bad_input_is_named(X, anchors, options, message):
    with pytest.raises(ValueError, match=message):
        best_possible_recall_score(X, anchors, **options)
