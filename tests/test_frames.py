"""Tables of pandas, polars and pyarrow mean what arrays mean, and keep the names of columns."""

import numpy as np
import pytest

from sklearn_iou_kmeans import IoUKMeans, MostFrequentShapes, NClustersSweep, ShapeHistogram
from sklearn_iou_kmeans.metrics import average_iou_score
from sklearn_iou_kmeans.preprocessing import box_sizes

SIDES = np.random.RandomState(0).lognormal(4, 0.7, size=(400, 2)).round(1)
NAMES = ["width", "height"]
WEIGHTS = np.arange(1.0, 401.0)


def pandas_table(X, names):
    return pytest.importorskip("pandas").DataFrame(X, columns=names)


def polars_table(X, names):
    return pytest.importorskip("polars").DataFrame(X, schema=names)


def arrow_table(X, names):
    return pytest.importorskip("pyarrow").table(dict(zip(names, X.T, strict=True)))


TABLES = pytest.mark.parametrize("table", [pandas_table, polars_table, arrow_table])


@TABLES
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64])
@pytest.mark.parametrize(
    "estimator", [IoUKMeans(4, n_init=2, random_state=0), MostFrequentShapes(4)]
)
def test_estimators_fit_a_table_as_they_fit_an_array(estimator, table, dtype):
    X = SIDES.astype(dtype)
    expected = estimator.fit(X).cluster_centers_.copy()
    fitted = estimator.fit(table(X, NAMES))
    np.testing.assert_array_equal(fitted.cluster_centers_, expected)
    assert fitted.feature_names_in_.tolist() == NAMES
    np.testing.assert_array_equal(fitted.predict(table(X, NAMES)), fitted.labels_)
    with pytest.raises(ValueError, match="feature names should match"):
        fitted.predict(table(X, ["height", "width"]))


@TABLES
def test_a_sweep_fits_and_holds_out_rows_of_a_table(table):
    def swept(X):
        return NClustersSweep(IoUKMeans(), range(2, 5), n_init=2, cv=3, random_state=0).fit(X)

    expected, found = swept(SIDES), swept(table(SIDES, NAMES))
    for name in ("train_score", "mean_test_score"):
        np.testing.assert_array_equal(found.cv_results_[name], expected.cv_results_[name])
    assert found.feature_names_in_.tolist() == NAMES


@TABLES
def test_rows_of_a_table_are_held_out_by_masks_or_by_numbers(table):
    """Non-regression test for a table of pyarrow, which takes no masks."""
    rows = np.arange(400)
    sweep = NClustersSweep(IoUKMeans(), [2, 3], n_init=2, random_state=0)
    scores = [
        sweep.set_params(cv=[split]).fit(table(SIDES, NAMES)).cv_results_["split0_test_score"]
        for split in ((rows < 200, rows >= 200), (rows[:200], rows[200:]))
    ]
    np.testing.assert_array_equal(*scores)


@TABLES
def test_summaries_and_scores_take_tables(table):
    expected = ShapeHistogram().add(SIDES, WEIGHTS)
    found = ShapeHistogram().add(table(SIDES, NAMES), WEIGHTS)
    np.testing.assert_array_equal(found.shapes, expected.shapes)
    anchors = [[30, 30], [100, 90]]
    assert average_iou_score(table(SIDES, NAMES), anchors) == average_iou_score(SIDES, anchors)
    corners = np.hstack([SIDES, 3 * SIDES])
    sizes = box_sizes(table(corners, ["x1", "y1", "x2", "y2"]))
    np.testing.assert_array_equal(np.asarray(sizes), 3 * SIDES - SIDES)


@TABLES
def test_weights_may_be_a_column(table):
    weights = table(WEIGHTS[:, np.newaxis], ["weight"])["weight"]
    expected = IoUKMeans(4, n_init=2, random_state=0).fit(SIDES, sample_weight=WEIGHTS)
    fitted = IoUKMeans(4, n_init=2, random_state=0).fit(table(SIDES, NAMES), sample_weight=weights)
    np.testing.assert_array_equal(fitted.cluster_centers_, expected.cluster_centers_)


@pytest.mark.parametrize("container", ["pandas", "polars"])
def test_transform_returns_the_table_that_is_asked_for(container):
    library = pytest.importorskip(container)
    kmeans = IoUKMeans(3, random_state=0).set_output(transform=container).fit(SIDES)
    distances = kmeans.transform(SIDES)
    assert isinstance(distances, library.DataFrame)
    assert list(distances.columns) == ["ioukmeans0", "ioukmeans1", "ioukmeans2"]
