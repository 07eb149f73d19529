"""Warnings point at the line of the caller, whatever it calls."""

import warnings

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sklearn_iou_kmeans import IoUKMeans, MostFrequentShapes, NClustersSweep

X = np.repeat([[10.0, 20.0], [30.0, 40.0]], 3, axis=0)


@pytest.mark.parametrize(
    "call",
    [
        lambda: IoUKMeans(3, random_state=0).fit(X),
        lambda: IoUKMeans(3, algorithm="lloyd", random_state=0).fit(X),
        lambda: IoUKMeans(3, random_state=0).fit_predict(X),
        lambda: IoUKMeans(3, random_state=0).fit_transform(X),
        lambda: IoUKMeans(3, random_state=0).partial_fit(X),
        lambda: MostFrequentShapes(3).fit(X),
        lambda: make_pipeline(FunctionTransformer(), IoUKMeans(3, random_state=0)).fit(X),
        lambda: NClustersSweep(IoUKMeans(), [1, 2], rule=1.5, random_state=0).fit(X),
    ],
    ids=[
        "fit",
        "lloyd",
        "fit_predict",
        "fit_transform",
        "partial_fit",
        "frequent",
        "pipeline",
        "sweep",
    ],
)
def test_a_warning_points_at_the_line_that_calls(call):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    assert [warning.filename for warning in caught] == [__file__]
