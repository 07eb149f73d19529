"""Weights of any magnitude."""

import numpy as np
import pytest

from sklearn_iou_kmeans import IoUKMeans, MostFrequentShapes, ShapeHistogram
from sklearn_iou_kmeans._distinct import distinct_shapes, used_shapes
from sklearn_iou_kmeans._weights import is_moderate, rescaled, weighted_mean
from sklearn_iou_kmeans.metrics import anchor_statistics, average_iou_score

X = np.random.RandomState(0).lognormal(3, 1, size=(20, 2))
MAGNITUDES = [1e308, 1e150, 1e-150, 5e-324]


@pytest.mark.parametrize("weight", MAGNITUDES)
def test_scores_are_those_of_equal_weights(weight):
    expected = average_iou_score(X, X[:3])
    score = average_iou_score(X, X[:3], sample_weight=np.full(20, weight))
    assert score == pytest.approx(expected)


@pytest.mark.parametrize("weight", MAGNITUDES)
def test_statistics_of_anchors_are_those_of_equal_weights(weight):
    """Non-regression test for weights whose sum overflows."""
    expected = anchor_statistics(X, X[:3])
    statistics = anchor_statistics(X, X[:3], sample_weight=np.full(20, weight))
    np.testing.assert_allclose(statistics.share, expected.share)
    np.testing.assert_allclose(statistics.mean_iou, expected.mean_iou)


@pytest.mark.parametrize("weight", MAGNITUDES)
def test_the_most_frequent_shapes_are_those_of_equal_weights(weight):
    """Non-regression test for counts that overflow, which all were infinite."""
    repeated = np.repeat(X[:4], [2, 4, 5, 3], axis=0)
    expected = MostFrequentShapes(4).fit(repeated)
    found = MostFrequentShapes(4).fit(repeated, sample_weight=np.full(14, weight))
    np.testing.assert_array_equal(found.cluster_centers_, expected.cluster_centers_)
    with np.errstate(over="ignore"):
        np.testing.assert_array_equal(found.counts_, expected.counts_ * weight)


@pytest.mark.parametrize("weight", MAGNITUDES)
@pytest.mark.parametrize(
    ("algorithm", "update"),
    [("random_swap", "iou"), ("lloyd", "iou"), ("lloyd", "mean"), ("lloyd", "median")],
)
def test_anchors_are_those_of_equal_weights(weight, algorithm, update):
    kmeans = IoUKMeans(3, algorithm=algorithm, update=update, random_state=0)
    expected = kmeans.fit(X).cluster_centers_
    found = kmeans.fit(X, sample_weight=np.full(20, weight)).cluster_centers_
    np.testing.assert_allclose(found, expected)
    assert 0 < kmeans.average_iou_ < 1


@pytest.mark.parametrize("weight", MAGNITUDES[1:])
def test_shapes_of_a_histogram_are_those_of_equal_weights(weight):
    expected = ShapeHistogram(4).add(X)
    histogram = ShapeHistogram(4).add(X, np.full(20, weight))
    np.testing.assert_allclose(histogram.shapes, expected.shapes)
    np.testing.assert_allclose(histogram.weights / weight, expected.weights)


@pytest.mark.parametrize("weight", MAGNITUDES)
def test_a_dense_histogram_holds_weights_of_any_magnitude(weight):
    """So many shapes near each other are counted in a grid."""
    near = np.random.RandomState(0).uniform(1, 2, size=(500, 2))
    weights = np.linspace(0.1, 1, 500)
    expected = ShapeHistogram(4).add(near, weights)
    if weight > 1:
        scaled = weights / 500 * weight
    else:
        weights = np.ones(500)
        expected, scaled = ShapeHistogram(4).add(near), np.full(500, weight)
    histogram = ShapeHistogram(4).add(near, scaled)
    np.testing.assert_allclose(histogram.shapes, expected.shapes, rtol=1e-12)
    np.testing.assert_allclose(
        histogram.weights / scaled[0], expected.weights / weights[0], rtol=1e-12
    )


def test_a_weight_too_small_beside_another_takes_no_cell():
    for first, second in (([[1, 1]], [[50, 50]]), ([[50, 50]], [[1, 1]])):
        histogram = ShapeHistogram().add(first, [1e300]).add(second, [1e-300])
        np.testing.assert_allclose(histogram.shapes, first)
        np.testing.assert_allclose(histogram.weights, [1e300])
        assert histogram.n_samples == 2
    histogram = ShapeHistogram().add([[3, 4], [50, 50]], [1e-300, 1e-299])
    assert len(histogram.merge(ShapeHistogram().add([[9, 9]], [1e-298])).weights) == 3


def test_moderate_weights():
    assert is_moderate(np.array([1e-99, 1e99]))
    for weights in ([0.0, 1.0], [1e-101, 1.0], [1.0, 1e101], [1e-101, 1e101], [1e101, 1e102]):
        assert not is_moderate(np.array(weights))


def test_weights_that_add_up_to_infinity_are_refused():
    histogram = ShapeHistogram().add(X)
    with pytest.raises(ValueError, match="divide sample_weight by its sum"):
        histogram.add(X, np.full(20, 1e308))
    assert histogram.n_samples == 20
    assert histogram.weights.sum() == pytest.approx(20)


def test_scaling_by_a_power_of_two_changes_no_digit():
    weights = np.array([3.0, 0.1, 0.0])
    np.testing.assert_array_equal(rescaled(weights * 2.0**900), rescaled(weights))
    assert 0.5 <= rescaled(weights).max() < 1
    assert weighted_mean(np.array([1.0, 2.0, 9.0]), weights * 2.0**900) == pytest.approx(3.2 / 3.1)


# Shapes that bear on the centers


def test_rows_without_weight_or_without_a_side_are_left_out():
    rows = np.array([[1.0, 2.0], [0.0, 2.0], [3.0, 0.0], [4.0, 5.0]])
    shapes, weights = used_shapes(rows, np.array([1.0, 1.0, 1.0, 0.0]))
    np.testing.assert_array_equal(shapes, [[1.0, 2.0]])
    np.testing.assert_array_equal(weights, [1.0])


def test_equal_rows_are_merged_into_one_with_the_weight_of_all():
    rows = np.array([[3.0, 4.0], [1.0, 2.0], [3.0, 4.0], [1.0, 5.0]])
    shapes, weights = distinct_shapes(rows, np.array([1.0, 2.0, 4.0, 8.0]))
    np.testing.assert_array_equal(shapes, [[1.0, 2.0], [1.0, 5.0], [3.0, 4.0]])
    np.testing.assert_array_equal(weights, [2.0, 8.0, 5.0])


def test_nothing_to_cluster_is_said():
    with pytest.raises(ValueError, match=r"None of the boxes of X \(n_samples=1\)"):
        used_shapes(np.array([[0.0, 2.0]]), np.ones(1))
