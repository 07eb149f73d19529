"""The naive baseline."""

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from sklearn_iou_kmeans import MostFrequentShapes

X = np.array([[4, 2]] * 3 + [[9, 9]] * 5 + [[2, 4]] * 3 + [[0, 7]] * 9 + [[70, 50]])


def test_the_most_frequent_shapes_come_first():
    """Of equally frequent ones the narrower; boxes without area are no shape to take."""
    baseline = MostFrequentShapes(n_clusters=3).fit(X)
    np.testing.assert_array_equal(baseline.cluster_centers_, [[9, 9], [2, 4], [4, 2]])
    np.testing.assert_array_equal(baseline.counts_, [5, 3, 3])


def test_weights_count_as_repeats():
    shapes, counts = np.unique(X, axis=0, return_counts=True)
    weighted = MostFrequentShapes(n_clusters=3).fit(shapes, sample_weight=counts)
    repeated = MostFrequentShapes(n_clusters=3).fit(X)
    np.testing.assert_array_equal(weighted.cluster_centers_, repeated.cluster_centers_)
    np.testing.assert_array_equal(weighted.counts_, repeated.counts_)
    assert weighted.average_iou_ == pytest.approx(repeated.average_iou_)


def test_fewer_distinct_shapes_than_asked_for():
    with pytest.warns(ConvergenceWarning, match="X has 4 distinct shapes, fewer than n_clusters=8"):
        baseline = MostFrequentShapes().fit(X)
    assert baseline.transform(X).shape == (len(X), 4)
    assert list(baseline.get_feature_names_out()) == [f"mostfrequentshapes{i}" for i in range(4)]


def test_a_single_shape_and_as_many_as_there_are():
    """Without a warning, as nothing is missing."""
    single = MostFrequentShapes(n_clusters=1).fit(X)
    np.testing.assert_array_equal(single.cluster_centers_, [[9, 9]])
    assert len(MostFrequentShapes(n_clusters=4).fit(X).cluster_centers_) == 4


def test_no_shape_at_all_is_no_number_of_clusters():
    with pytest.raises(ValueError, match="'n_clusters' parameter of MostFrequentShapes must be"):
        MostFrequentShapes(n_clusters=0).fit(X)
