"""The package against `oracle.py`, and what must not change its answers.

``make test-long`` runs thousands of cases, with the kernels compiled and in NumPy.
"""

import numpy as np
import pytest
from cases import N_CASES, cases
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from oracle import best_partition, exact_iou, exact_score

from sklearn_iou_kmeans import IoUKMeans, MostFrequentShapes, NClustersSweep, ShapeHistogram
from sklearn_iou_kmeans.datasets import make_boxes
from sklearn_iou_kmeans.metrics import (
    anchor_statistics,
    average_iou_score,
    average_iou_upper_bound,
    best_possible_recall_score,
    pairwise_iou,
)
from sklearn_iou_kmeans.preprocessing import box_sizes

fits = cases(0.25)  # a fit takes longer than a metric


@st.composite
def few_shapes(draw, least=3, most=8, n_dims=(1, 2)):
    """Few shapes of whole sides, so that many are equal or tied, with whole weights."""
    n, n_dims = draw(st.integers(least, most)), draw(st.sampled_from(n_dims))
    X = draw(arrays(np.float64, (n, n_dims), elements=st.integers(1, 12)))
    weights = draw(arrays(np.float64, n, elements=st.integers(1, 4)))
    return X, weights


@st.composite
def few_shapes_and_a_number_of_clusters(draw, **options):
    X, weights = draw(few_shapes(**options))
    return X, weights, draw(st.integers(1, min(3, len(np.unique(X, axis=0)))))


SETTINGS = [
    {},
    {"init": "random"},
    {"algorithm": "exact"},
    {"algorithm": "lloyd"},
    {"algorithm": "lloyd", "update": "mean"},
    {"algorithm": "lloyd", "update": "median"},
]
each_setting = pytest.mark.parametrize("parameters", SETTINGS, ids=str)


def kmeans_of(n_clusters, parameters):
    return IoUKMeans(n_clusters, n_init=2, random_state=0, **parameters)


# Exact values


@given(few_shapes(n_dims=(1, 2, 3, 4)), st.data())
def test_metrics_are_those_of_fractions(shapes, data):
    """Products of whole sides are exact, so the one division gives the nearest float."""
    X, weights = shapes
    elements = st.integers(0, 12)
    anchors = data.draw(arrays(np.float64, (3, X.shape[1]), elements=elements))
    exact = [[exact_iou(a, c) for c in anchors] for a in X]
    np.testing.assert_array_equal(pairwise_iou(X, anchors), np.array(exact, dtype=float))
    score = average_iou_score(X, anchors, sample_weight=weights)
    assert score == pytest.approx(float(exact_score(X, weights, anchors)), rel=1e-14)
    statistics = anchor_statistics(X, anchors, sample_weight=weights)
    labels = [row.index(max(row)) for row in exact]
    np.testing.assert_array_equal(statistics.n_boxes, np.bincount(labels, minlength=3))
    for numerator, denominator in ((1, 2), (1, 4), (3, 4), (1, 1)):
        reach = [denominator * max(row) >= numerator for row in exact]
        recall = best_possible_recall_score(
            X, anchors, threshold=numerator / denominator, sample_weight=weights
        )
        assert recall == pytest.approx(np.average(reach, weights=weights))


@each_setting
@fits
@given(few_shapes_and_a_number_of_clusters())
def test_a_fit_reports_what_its_anchors_reach(parameters, problem):
    X, weights, n_clusters = problem
    kmeans = kmeans_of(n_clusters, parameters).fit(X, sample_weight=weights)
    exact = float(exact_score(X, weights, kmeans.cluster_centers_))
    assert kmeans.average_iou_ == pytest.approx(exact, rel=1e-12)
    assert kmeans.score(X, sample_weight=weights) == kmeans.average_iou_
    assert kmeans.inertia_ == pytest.approx(weights.sum() * (1 - exact), abs=1e-12)
    for shape, label in zip(X, kmeans.labels_, strict=True):
        iou = [float(exact_iou(shape, center)) for center in kmeans.cluster_centers_]
        assert iou[label] == pytest.approx(max(iou), rel=1e-14)


@each_setting
@fits
@given(few_shapes_and_a_number_of_clusters(most=6))
def test_no_fit_exceeds_the_best_partition(parameters, problem):
    X, weights, n_clusters = problem
    _, highest = best_partition(X, weights, n_clusters, gap=1e-5)
    kmeans = kmeans_of(n_clusters, parameters).fit(X, sample_weight=weights)
    assert kmeans.average_iou_ <= highest + 1e-12


@fits
@given(few_shapes_and_a_number_of_clusters())
def test_the_upper_bound_is_no_less_than_the_best_partition(problem):
    X, weights, n_clusters = problem
    lowest, _ = best_partition(X, weights, n_clusters, gap=1e-5)
    assert average_iou_upper_bound(X, n_clusters, sample_weight=weights) >= lowest - 1e-12


@pytest.mark.hypothesis  # as many cases as for a property, but a claim about all of them
def test_few_shapes_reach_the_best_partition():
    """All but 1 in 50 to 1e-5, and those to 1e-3."""
    missed = []
    for seed in range(N_CASES // 2):
        rng = np.random.RandomState(seed)
        n = rng.choice([3, 4, 5, 5, 5, 6, 6, 8])
        n_dims, n_clusters = rng.randint(1, 3), rng.randint(1, 4)
        X = np.round(rng.lognormal(1, rng.choice([0.3, 0.5, 1.0]), size=(n, n_dims)), 2) + 0.01
        weights = rng.randint(1, 4, size=n).astype(float)
        if len(np.unique(X, axis=0)) >= n_clusters:
            kmeans = IoUKMeans(n_clusters, random_state=0).fit(X, sample_weight=weights)
            lowest, _ = best_partition(X, weights, n_clusters, gap=1e-5)
            missed.append(lowest - kmeans.average_iou_)
    assert np.mean(np.array(missed) > 1e-5) <= 0.02
    assert max(missed) < 1e-3


# What changes nothing


def assert_same_anchors(first, second):
    """The same bits; or, as the last runs add up all boxes as they come, equally good anchors."""
    assert second.average_iou_ == pytest.approx(first.average_iou_, rel=1e-12)
    if first.algorithm == "lloyd":
        np.testing.assert_array_equal(second.cluster_centers_, first.cluster_centers_)


@each_setting
@fits
@given(few_shapes_and_a_number_of_clusters())
def test_whole_weights_are_as_many_repeats(parameters, problem):
    X, weights, n_clusters = problem
    weighted, repeated = kmeans_of(n_clusters, parameters), kmeans_of(n_clusters, parameters)
    weighted.fit(X, sample_weight=weights)
    repeated.fit(np.repeat(X, weights.astype(int), axis=0))
    assert_same_anchors(weighted, repeated)
    assert repeated.inertia_ == pytest.approx(weighted.inertia_, abs=1e-12)


@each_setting
@fits
@given(few_shapes_and_a_number_of_clusters(), st.randoms(use_true_random=False))
def test_the_order_of_few_boxes_does_not_matter(parameters, problem, random):
    X, weights, n_clusters = problem
    order = random.sample(range(len(X)), len(X))
    first, shuffled = kmeans_of(n_clusters, parameters), kmeans_of(n_clusters, parameters)
    first.fit(X, sample_weight=weights)
    shuffled.fit(X[order], sample_weight=weights[order])
    assert_same_anchors(first, shuffled)
    np.testing.assert_array_equal(shuffled.labels_, shuffled.predict(X)[order])


# Two of these anchors are equally good, so a last digit would decide between them.
TIED = np.array([[5.0, 5.0], [1.0, 8.0], [3.0, 1.0], [1.0, 12.0], [5.0, 5.0], [4.0, 4.0]])


@each_setting
@fits
@given(few_shapes_and_a_number_of_clusters(n_dims=(2, 3)), st.integers(-40, 40))
@example((TIED, np.ones(6), 2), 1)
def test_a_side_in_another_unit_gives_anchors_in_that_unit(parameters, problem, exponent):
    """Powers of two leave every digit as it is."""
    X, weights, n_clusters = problem
    unit = np.ldexp(1.0, np.arange(X.shape[1]) * exponent)
    kmeans = kmeans_of(n_clusters, parameters)
    first = kmeans.fit(X, sample_weight=weights)
    centers, labels, average = first.cluster_centers_, first.labels_, first.average_iou_
    scaled = kmeans.fit(X * unit, sample_weight=weights)
    np.testing.assert_array_equal(scaled.cluster_centers_, centers * unit)
    np.testing.assert_array_equal(scaled.labels_, labels)
    assert scaled.average_iou_ == average


# Of these anchors, too, several are equally good: rounding led a search from two starts elsewhere.
ALSO_TIED = np.array([[4.0, 3.0], [4.0, 2.0], [2.0, 3.0], [3.0, 3.0], [3.0, 3.0]])


@fits
@given(few_shapes_and_a_number_of_clusters(), st.floats(1e-6, 1e6))
@example((ALSO_TIED, np.array([4.0, 3.0, 4.0, 1.0, 3.0]), 2), 161799.2578125)
def test_any_unit_gives_anchors_as_good(problem, unit):
    """With as many restarts as by default: rounding may send a single one to another optimum."""
    X, weights, n_clusters = problem
    kmeans = IoUKMeans(n_clusters, random_state=0)
    average = kmeans.fit(X, sample_weight=weights).average_iou_
    scaled = kmeans.fit(X * unit, sample_weight=weights)
    assert scaled.average_iou_ == pytest.approx(average, rel=1e-9)
    assert average_iou_score(X, scaled.cluster_centers_ / unit, sample_weight=weights) == (
        pytest.approx(average, rel=1e-9)
    )


@pytest.mark.parametrize("update", ["iou", "mean", "median"])
@fits
@given(few_shapes_and_a_number_of_clusters(n_dims=(2,)))
def test_swapped_columns_give_anchors_with_swapped_columns(update, problem):
    X, weights, n_clusters = problem
    init = np.unique(X, axis=0)[:n_clusters]
    kmeans = IoUKMeans(n_clusters, init=init, update=update).fit(X, sample_weight=weights)
    swapped = IoUKMeans(n_clusters, init=init[:, ::-1], update=update)
    swapped.fit(X[:, ::-1], sample_weight=weights)
    assert swapped.average_iou_ == pytest.approx(kmeans.average_iou_, rel=1e-12)
    expected = {tuple(center) for center in kmeans.cluster_centers_[:, ::-1].round(9)}
    assert {tuple(center) for center in swapped.cluster_centers_.round(9)} == expected


@pytest.fixture(scope="module")
def many():
    return box_sizes(make_boxes(20_000, random_state=0).data)


@pytest.mark.parametrize(
    "change",
    [
        lambda X: X[::-1],
        lambda X: X[np.random.RandomState(0).permutation(len(X))],
        lambda X: X[:, ::-1],
        lambda X: X * [3.7, 1.0],
        lambda X: X / 1280,
    ],
    ids=["backwards", "shuffled", "swapped", "stretched", "relative"],
)
def test_many_boxes_give_anchors_as_good(many, change):
    average = IoUKMeans(5, random_state=0).fit(many).average_iou_
    assert IoUKMeans(5, random_state=0).fit(change(many)).average_iou_ == (
        pytest.approx(average, abs=2e-4)
    )


# Any container


def unaligned(X):
    """A copy that starts at an odd address."""
    copy = np.empty(X.nbytes + 1, dtype=np.uint8)[1:].view(X.dtype).reshape(X.shape)
    copy[:] = X
    return copy


def read_only(X):
    copy = X.copy()
    copy.setflags(write=False)
    return copy


LAYOUTS = {
    "columns": np.asfortranarray,
    "every other row": lambda X: np.repeat(X, 2, axis=0)[::2],
    "between other columns": lambda X: np.repeat(X, 3, axis=1)[:, 1::3],
    "rows backwards": lambda X: X[::-1].copy()[::-1],
    "columns backwards": lambda X: X[:, ::-1].copy()[:, ::-1],
    "unaligned": unaligned,
    "read only": read_only,
    "list": np.ndarray.tolist,
    "swapped bytes": lambda X: X.astype(X.dtype.newbyteorder()),
    "float32": lambda X: X.astype(np.float32),
    "float16": lambda X: X.astype(np.float16),
    "int64": lambda X: X.astype(np.int64),
    "uint16": lambda X: X.astype(np.uint16),
    "objects": lambda X: X.astype(object),
}


def pandas_frame(X):
    return pytest.importorskip("pandas").DataFrame(X, columns=["w", "h"])


def polars_frame(X):
    return pytest.importorskip("polars").DataFrame(X, schema=["w", "h"])


def pyarrow_table(X):
    return pytest.importorskip("pyarrow").table({"w": X[:, 0], "h": X[:, 1]})


FRAMES = {
    "pandas": pandas_frame,
    "pandas with dtypes of its own": lambda X: pandas_frame(X).astype("Int64"),
    "polars": polars_frame,
    "pyarrow": pyarrow_table,
}
each_container = pytest.mark.parametrize(
    "container", [*LAYOUTS.values(), *FRAMES.values()], ids=[*LAYOUTS, *FRAMES]
)


@pytest.fixture(scope="module")
def whole():
    """Sides that every type holds exactly."""
    return np.random.RandomState(0).lognormal(3, 0.8, size=(400, 2)).round().clip(1, 2000)


@each_container
@pytest.mark.parametrize(
    "estimator",
    [
        IoUKMeans(4, n_init=2, random_state=0),
        IoUKMeans(4, n_init=2, random_state=0, algorithm="lloyd"),
        MostFrequentShapes(4),
        NClustersSweep(IoUKMeans(), [2, 4], n_init=1, rule=0.5, random_state=0),
    ],
    ids=["random swaps", "lloyd", "most frequent", "sweep"],
)
def test_any_container_gives_the_same_fit(whole, container, estimator):
    centers = centers_of(estimator.fit(whole))
    expected = estimator.labels_, estimator.transform(whole), estimator.score(whole)
    X = container(whole)
    found = centers_of(estimator.fit(X))
    np.testing.assert_array_equal(found, centers.astype(found.dtype))
    np.testing.assert_array_equal(estimator.labels_, expected[0])
    np.testing.assert_array_equal(estimator.predict(X), expected[0])
    np.testing.assert_allclose(estimator.transform(X), expected[1], rtol=1e-6, atol=1e-7)
    assert estimator.score(X) == pytest.approx(expected[2], rel=1e-6)


def centers_of(estimator):
    return getattr(estimator, "best_estimator_", estimator).cluster_centers_


@each_container
def test_any_container_gives_the_same_histogram_and_metrics(whole, container):
    X, anchors = container(whole), whole[:3]
    np.testing.assert_array_equal(pairwise_iou(X, anchors), pairwise_iou(whole, anchors))
    first, second = ShapeHistogram().add(whole), ShapeHistogram().add(X)
    np.testing.assert_allclose(second.shapes, first.shapes, rtol=1e-5)
    np.testing.assert_array_equal(second.weights, first.weights)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_weights_at_an_odd_address(whole, dtype):
    weights = np.arange(1, 401, dtype=dtype)
    kmeans = IoUKMeans(3, n_init=1, random_state=0)
    centers = kmeans.fit(whole, sample_weight=weights).cluster_centers_
    X = unaligned(whole.astype(dtype))
    again = kmeans.fit(X, sample_weight=unaligned(weights)).cluster_centers_
    np.testing.assert_array_equal(again, centers)


@pytest.mark.parametrize(
    "estimator",
    [
        IoUKMeans(3, n_init=1, random_state=0),
        NClustersSweep(IoUKMeans(), [3], n_init=1, random_state=0),
    ],
    ids=["random swaps", "sweep"],
)
def test_weights_of_many_boxes_may_be_a_column_of_a_table(estimator):
    """Non-regression test for more boxes than are sorted: the kernels refused the column."""
    X, table = np.random.RandomState(0).uniform(1, 100, size=(2, 20_000, 2))
    expected = centers_of(estimator.fit(X, sample_weight=table[:, 0].copy()))
    np.testing.assert_array_equal(centers_of(estimator.fit(X, sample_weight=table[:, 0])), expected)


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
def test_names_of_columns_are_kept_by_each_library(whole, frame):
    kmeans = IoUKMeans(2, n_init=1, random_state=0).fit(frame(whole))
    assert list(kmeans.feature_names_in_) == ["w", "h"]


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_distances_come_as_a_frame_of_the_library_asked_for(whole, library):
    frame = pytest.importorskip(library).DataFrame
    kmeans = IoUKMeans(2, n_init=1, random_state=0).set_output(transform=library)
    distances = kmeans.fit_transform(whole)
    assert isinstance(distances, frame)
    assert list(distances.columns) == ["ioukmeans0", "ioukmeans1"]
