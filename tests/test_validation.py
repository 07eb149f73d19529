"""What callers pass is checked, and an error names the place that is wrong."""

import numpy as np
import pytest
from sklearn import config_context

from sklearn_iou_kmeans import IoUKMeans, ShapeHistogram
from sklearn_iou_kmeans.metrics import average_iou_score, pairwise_iou

X = np.array([[4.0, 2.0], [0.0, 7.0], [9.0, 9.0]])


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.nan, r"Input X contains NaN: X\[1, 1\] is nan"),
        (np.inf, r"Input X contains infinity: X\[1, 1\] is inf"),
        (-np.inf, r"Negative values in data passed to a function of shapes: X\[1, 1\] is -inf"),
        (-1.0, r"Negative values in data passed to a function of shapes: X\[1, 1\] is -1.0"),
    ],
)
def test_the_first_side_that_is_none_is_named(value, message):
    """A side of 0 before it is fine, and what is wrong after it waits."""
    sides = np.array([[4.0, 2.0], [0.0, value], [value, 9.0]])
    with pytest.raises(ValueError, match=message):
        pairwise_iou(sides, X)


def test_an_error_names_the_estimator_and_the_argument():
    with pytest.raises(ValueError, match=r"passed to IoUKMeans: X\[0, 0\] is -4.0"):
        IoUKMeans(2).fit(-X)
    with pytest.raises(ValueError, match="Input Y contains NaN"):
        pairwise_iou(X, [[np.nan, 1.0]])


def test_no_boxes_are_refused_and_no_boxes_to_add_are_not():
    with pytest.raises(ValueError, match="Found array with 0 sample"):
        pairwise_iou(np.empty((0, 2)), X)
    assert ShapeHistogram().add(np.empty((0, 2))).n_samples == 0
    assert ShapeHistogram().add(np.empty((0, 2)), sample_weight=[]).n_samples == 0
    assert len(pairwise_iou(X[:1], X)) == 1


def test_anchors_of_another_number_of_sides_are_refused():
    with pytest.raises(ValueError, match="has 3 sides a shape and X has 2"):
        pairwise_iou(X, np.ones((2, 3)))


def test_as_many_centers_are_given_as_there_are_clusters():
    assert IoUKMeans(2, init=X[::2]).fit(X).cluster_centers_.shape == (2, 2)
    for n_clusters in (1, 3):
        with pytest.raises(ValueError, match=f"init has 2 rows and n_clusters={n_clusters}: give"):
            IoUKMeans(n_clusters, init=X[::2]).fit(X)


def test_the_first_negative_weight_is_named():
    message = r"passed to `sample_weight`: sample_weight\[1\] is -2.0"
    with pytest.raises(ValueError, match=message):
        average_iou_score(X, X, sample_weight=[0.0, -2.0, -3.0])


@pytest.mark.parametrize("weight", [np.nan, np.inf])
@pytest.mark.parametrize("assume_finite", [False, True])
def test_weights_are_finite_whatever_is_assumed(weight, assume_finite):
    """Non-regression test for a crash of the interpreter."""
    with config_context(assume_finite=assume_finite):
        with pytest.raises(ValueError, match="Input sample_weight contains"):
            IoUKMeans(2, random_state=0).fit(X, sample_weight=[1.0, 2.0, weight])
        with pytest.raises(ValueError, match="Input X contains"):
            IoUKMeans(2, random_state=0).fit([[1.0, 2.0], [3.0, weight]])


@pytest.mark.parametrize("weight", [None, 1, 2.5])
def test_one_weight_is_that_of_every_box(weight):
    kmeans = IoUKMeans(1, random_state=0).fit(X, sample_weight=weight)
    iou = pairwise_iou(X, kmeans.cluster_centers_)[:, 0]
    assert kmeans.inertia_ == pytest.approx((weight or 1.0) * (1 - iou).sum())
    assert kmeans.average_iou_ == pytest.approx(iou.mean())


@pytest.mark.parametrize("weights", [[1.0, 1.0], [1.0, 1.0, 1.0, 1.0], [[1.0], [1.0], [1.0]]])
def test_a_weight_is_given_for_each_box(weights):
    with pytest.raises(ValueError, match=r"sample_weight.shape == .*, expected \(3,\)"):
        average_iou_score(X, X, sample_weight=weights)


def test_weights_of_0_leave_boxes_out_and_one_is_left():
    assert average_iou_score(X, X, sample_weight=[0, 1, 0]) == 0.0
    assert average_iou_score(X, X, sample_weight=[0, 1, 1]) == 0.5
    for weights in ([0, 0, 0], 0):
        with pytest.raises(ValueError, match="sample_weight is zero for every sample"):
            average_iou_score(X, X, sample_weight=weights)


def test_a_chunk_without_weight_adds_nothing_to_a_histogram():
    histogram = ShapeHistogram().add(X).add(X * 2, sample_weight=[0, 0, 0])
    assert histogram.weights.sum() == 3
