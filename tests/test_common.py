"""The contract of scikit-learn, as its own checks state it."""

import numpy as np
import pytest
from sklearn.datasets import make_blobs
from sklearn.metrics import adjusted_rand_score
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_iou_kmeans import IoUKMeans, MostFrequentShapes, NClustersSweep

STANDARDISES = "it clusters standardised blobs, whose negative values are no side lengths"
EXPECTED_FAILURES = {
    "IoUKMeans": {"check_clustering": STANDARDISES},
    "MostFrequentShapes": {"check_clustering": STANDARDISES},
    "NClustersSweep": {
        "check_clustering": STANDARDISES,
        "check_parameters_default_constructible": "it knows no range as a default value",
    },
}


@pytest.mark.filterwarnings("ignore:.*distinct shapes:sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore:max_iter=:sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks(
    [
        IoUKMeans(n_clusters=3, n_init=2),
        IoUKMeans(n_clusters=3, n_init=2, algorithm="exact", tol=1e-3, max_iter=1),
        MostFrequentShapes(),
        NClustersSweep(IoUKMeans(), n_clusters=[2, 3], n_init=2),
    ],
    expected_failed_checks=lambda estimator: EXPECTED_FAILURES[type(estimator).__name__],
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_clustering_of_shifted_blobs(dtype):
    """What check_clustering asks for, on blobs that are moved to positive sides."""
    X, y = make_blobs(n_samples=50, centers=[[20, 20], [25, 45], [60, 30]], random_state=1)
    X = X.astype(dtype)
    estimator = IoUKMeans(n_clusters=3, random_state=1)
    labels = estimator.fit(X).labels_
    assert labels.dtype.kind == "i"
    assert adjusted_rand_score(labels, y) > 0.9
    np.testing.assert_array_equal(estimator.fit_predict(X), labels)
    np.testing.assert_array_equal(np.unique(labels), np.arange(3))
