"""Estimators and histograms that are stored and loaded, by this version, older and newer ones."""

import io
import pickle
import re
from pathlib import Path

import joblib
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sklearn_iou_kmeans import (
    IoUKMeans,
    MostFrequentShapes,
    NClustersSweep,
    ShapeHistogram,
    __version__,
)
from sklearn_iou_kmeans.preprocessing import box_sizes

X = (2 ** np.random.RandomState(0).uniform(3, 9, size=(120, 2))).round(1)
CORNERS = np.hstack([np.zeros_like(X), X])
WEIGHTS = np.random.RandomState(1).randint(1, 9, size=120)

# What skops asks to be trusted: classes of this package, and the function of a pipeline.
MODEL = "sklearn_iou_kmeans._cluster._iou_kmeans.IoUKMeans"
BASELINE = "sklearn_iou_kmeans._cluster._most_frequent.MostFrequentShapes"
SWEEP = "sklearn_iou_kmeans.model_selection._sweep.NClustersSweep"
HISTOGRAM = "sklearn_iou_kmeans._histogram.ShapeHistogram"
SIZES = "sklearn_iou_kmeans.preprocessing.box_sizes"


def sizes_and(estimator):
    return make_pipeline(FunctionTransformer(box_sizes), estimator)


def small_sweep(estimator, **options):
    return NClustersSweep(estimator, n_clusters=[2, 3, 4], random_state=0, **options)


CASES = {
    "IoUKMeans": ([MODEL], lambda: IoUKMeans(4, random_state=0).fit(X, sample_weight=WEIGHTS)),
    "IoUKMeans of a stream": (
        [MODEL, HISTOGRAM],
        lambda: IoUKMeans(4, random_state=0).partial_fit(X[:60]).partial_fit(X[60:]),
    ),
    "IoUKMeans before a fit": ([MODEL], lambda: IoUKMeans(4, update="median")),
    "MostFrequentShapes": ([BASELINE], lambda: MostFrequentShapes(4).fit(X)),
    "NClustersSweep": ([MODEL, SWEEP], lambda: small_sweep(IoUKMeans(), rule=0.4).fit(X)),
    "NClustersSweep with folds": ([MODEL, SWEEP], lambda: small_sweep(IoUKMeans(), cv=3).fit(X)),
    "a pipeline": (
        [MODEL, SIZES],
        lambda: sizes_and(IoUKMeans(4, random_state=0)).fit(CORNERS),
    ),
    "a sweep over a pipeline": (
        [MODEL, SWEEP, SIZES],
        lambda: small_sweep(sizes_and(IoUKMeans())).fit(CORNERS),
    ),
    "a pipeline of a sweep": (
        [MODEL, SWEEP, SIZES],
        lambda: sizes_and(small_sweep(IoUKMeans())).fit(CORNERS),
    ),
    "ShapeHistogram": ([HISTOGRAM], lambda: ShapeHistogram(16).add(X, WEIGHTS)),
    "an empty ShapeHistogram": ([HISTOGRAM], ShapeHistogram),
}


@pytest.fixture(scope="module", params=CASES.values(), ids=CASES.keys())
def case(request):
    trusted, make = request.param
    return trusted, make()


def assert_same(one, other):
    """Compare two objects with all that they hold."""
    assert type(one) is type(other)
    if isinstance(one, np.ndarray):
        assert_array_equal(one, other, strict=True)
    elif isinstance(one, dict):
        assert one.keys() == other.keys()
        for key in one:
            assert_same(one[key], other[key])
    elif isinstance(one, list | tuple):
        assert len(one) == len(other)
        for item, its_other in zip(one, other, strict=True):
            assert_same(item, its_other)
    elif hasattr(one, "__dict__") and not callable(one):
        assert_same(vars(one), vars(other))
    else:
        assert one == other


@pytest.mark.parametrize("protocol", [2, pickle.HIGHEST_PROTOCOL])
def test_pickle_gives_back_what_was_stored(case, protocol):
    _, stored = case
    assert_same(pickle.loads(pickle.dumps(stored, protocol)), stored)


@pytest.mark.parametrize("compress", [0, 3])
def test_joblib_gives_back_what_was_stored(case, compress):
    _, stored = case
    file = io.BytesIO()
    joblib.dump(stored, file, compress=compress)
    file.seek(0)
    assert_same(joblib.load(file), stored)


def test_skops_gives_back_what_was_stored_and_asks_for_these_types(case):
    skops = pytest.importorskip("skops.io")
    trusted, stored = case
    content = skops.dumps(stored)
    assert sorted(skops.get_untrusted_types(data=content)) == sorted(trusted)
    assert_same(skops.loads(content, trusted=trusted), stored)


def test_the_page_on_security_names_the_types_to_trust():
    page = (Path(__file__).parents[1] / "SECURITY.md").read_text()
    assert all(f'"{name}",' in page for name in (MODEL, BASELINE, SWEEP, HISTOGRAM, SIZES))


def test_a_stream_goes_on_after_it_was_stored():
    halfway = pickle.loads(pickle.dumps(IoUKMeans(4, random_state=0).partial_fit(X[:60])))
    whole = IoUKMeans(4, random_state=0).partial_fit(X[:60]).partial_fit(X[60:])
    assert_same(halfway.partial_fit(X[60:]), whole)


def newer(content):
    """Let a pickle be one that the next version wrote."""
    major, rest = __version__.split(".", 1)
    version = f"{int(major) + 1}.{rest}".encode()
    assert __version__.encode() in content
    assert len(version) == len(__version__)
    return content.replace(__version__.encode(), version), version.decode()


def test_what_a_newer_version_stored_is_refused(case):
    content, version = newer(pickle.dumps(case[1]))
    message = (
        rf"stored by sklearn-iou-kmeans {re.escape(version)}, which is newer than "
        rf"{re.escape(__version__)}, which is installed: pip install --upgrade"
    )
    with pytest.raises(ValueError, match=message):
        pickle.loads(content)


def test_a_newer_skops_file_is_refused():
    skops = pytest.importorskip("skops.io")
    model = IoUKMeans(4)
    state = model.__getstate__() | {"_sklearn_iou_kmeans_version": "99.0"}
    model.__getstate__ = lambda: state
    with pytest.raises(ValueError, match=r"IoUKMeans was stored by sklearn-iou-kmeans 99\.0"):
        skops.loads(skops.dumps(model), trusted=[MODEL])


@pytest.mark.parametrize("version", ["0.0.1", "0.0.9.dev3+g1234567"])
def test_what_an_older_version_stored_is_loaded(version):
    model = IoUKMeans()
    model.__setstate__(model.__getstate__() | {"_sklearn_iou_kmeans_version": version, "tol": 1e-3})
    assert model.tol == 1e-3
    assert "_sklearn_iou_kmeans_version" not in vars(model)


# ---- What earlier versions stored, in tests/data. The shapes are those of store_objects.py.

STORED = sorted((Path(__file__).parent / "data").rglob("*.*"))
SHAPES = 2 ** np.random.RandomState(0).uniform(3, 9, size=(40, 2))


def load(path):
    if path.suffix == ".pickle":
        return pickle.loads(path.read_bytes())
    if path.suffix == ".joblib":
        return joblib.load(path)
    return pytest.importorskip("skops.io").load(path, trusted=[MODEL, HISTOGRAM])


def stored(kind):
    paths = [path for path in STORED if path.stem == kind]
    return pytest.mark.parametrize("path", paths, ids=lambda p: f"{p.parent.name}{p.suffix}")


@stored("IoUKMeans")
def test_a_model_of_an_earlier_version_predicts_what_it_did(path):
    model = load(path)
    assert_array_equal(model.predict(SHAPES), model.labels_)
    assert model.score(SHAPES) == pytest.approx(model.average_iou_, abs=1e-12)


@stored("ShapeHistogram")
def test_a_histogram_of_an_earlier_version_can_be_added_to(path):
    histogram = load(path)
    assert histogram.n_samples == 40
    shapes, weights = histogram.shapes, histogram.weights
    fresh = ShapeHistogram(16).add(SHAPES)
    np.testing.assert_allclose(shapes, fresh.shapes, rtol=1e-12)
    assert_array_equal(weights, fresh.weights)
    assert_array_equal(histogram.merge(fresh).weights, 2 * weights)
