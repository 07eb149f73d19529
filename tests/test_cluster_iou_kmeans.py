"""IoUKMeans as its users meet it."""

import io
import pickle
import tracemalloc
import warnings

import joblib
import numpy as np
import pytest
from cases import cases
from hypothesis import given
from hypothesis import strategies as st
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import get_tags

from sklearn_iou_kmeans import IoUKMeans, ShapeHistogram
from sklearn_iou_kmeans._cluster._summary import RESOLUTION
from sklearn_iou_kmeans.datasets import make_boxes
from sklearn_iou_kmeans.metrics import average_iou_score, pairwise_iou
from sklearn_iou_kmeans.preprocessing import box_sizes


def lognormal_sizes(n_samples=600, n_dims=2, seed=0):
    return np.random.RandomState(seed).lognormal(3.5, 0.9, size=(n_samples, n_dims))


X = lognormal_sizes()


@pytest.mark.parametrize("update", ["iou", "median", "mean"])
@pytest.mark.parametrize("init", ["k-means++", "random"])
@pytest.mark.parametrize("n_dims", [1, 2, 3])
def test_attributes_are_those_of_the_samples(n_dims, init, update):
    sizes = lognormal_sizes(n_dims=n_dims)
    weights = np.random.RandomState(1).uniform(size=len(sizes))
    kmeans = IoUKMeans(n_clusters=4, init=init, n_init=2, update=update, random_state=0)
    kmeans.fit(sizes, sample_weight=weights)
    iou = pairwise_iou(sizes, kmeans.cluster_centers_)
    np.testing.assert_array_equal(kmeans.labels_, iou.argmax(axis=1))
    np.testing.assert_array_equal(kmeans.labels_, kmeans.predict(sizes))
    np.testing.assert_allclose(kmeans.transform(sizes), 1 - iou, atol=1e-12)
    assert kmeans.inertia_ == pytest.approx(weights @ (1 - iou.max(axis=1)))
    assert kmeans.average_iou_ == pytest.approx(np.average(iou.max(axis=1), weights=weights))
    assert kmeans.score(sizes, sample_weight=weights) == pytest.approx(kmeans.average_iou_)
    assert (np.diff(kmeans.cluster_centers_.prod(axis=1)) >= 0).all()
    assert len(np.unique(kmeans.labels_)) == 4


def test_the_same_seed_gives_the_same_anchors_and_no_global_seed_is_touched():
    np.random.seed(7)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    first, second = (IoUKMeans(n_clusters=5, random_state=3).fit(X) for _ in range(2))
    np.testing.assert_array_equal(first.cluster_centers_, second.cluster_centers_)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_the_order_of_the_boxes_does_not_matter():
    shuffled = X[np.random.RandomState(0).permutation(len(X))]
    first, second = (IoUKMeans(n_clusters=5, random_state=3).fit(sizes) for sizes in (X, shuffled))
    np.testing.assert_allclose(first.cluster_centers_, second.cluster_centers_)


@cases(0.4)
@given(st.integers(0, 1000))
def test_an_integer_weight_is_as_many_repeats(seed):
    rng = np.random.RandomState(seed)
    sizes, weights = rng.lognormal(3, 1, size=(40, 2)), rng.randint(0, 4, size=40)
    weights[:5] = 1
    kmeans = IoUKMeans(n_clusters=3, n_init=2, random_state=seed)
    weighted = clone(kmeans).fit(sizes, sample_weight=weights)
    repeated = clone(kmeans).fit(np.repeat(sizes, weights, axis=0))
    np.testing.assert_allclose(weighted.cluster_centers_, repeated.cluster_centers_)
    assert weighted.inertia_ == pytest.approx(repeated.inertia_)


@pytest.mark.parametrize("algorithm", ["random_swap", "lloyd"])
@pytest.mark.parametrize("factor", [2.0**-600, 2.0**600])
def test_only_the_ratios_of_weights_count(algorithm, factor):
    kmeans = IoUKMeans(n_clusters=4, algorithm=algorithm, n_init=2, random_state=0)
    weights = np.random.RandomState(0).randint(1, 4, size=len(X)).astype(float)
    centers = kmeans.fit(X, sample_weight=weights).cluster_centers_
    again = clone(kmeans).fit(X, sample_weight=weights * factor)
    np.testing.assert_array_equal(again.cluster_centers_, centers)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_precision_is_kept(dtype):
    kmeans = IoUKMeans(n_clusters=3, random_state=0).fit(X.astype(dtype))
    assert kmeans.cluster_centers_.dtype == dtype
    assert kmeans.transform(X.astype(dtype)).dtype == dtype
    np.testing.assert_array_equal(kmeans.labels_, kmeans.predict(X.astype(dtype)))
    assert kmeans.average_iou_ == pytest.approx(
        IoUKMeans(n_clusters=3, random_state=0).fit(X).average_iou_, abs=1e-5
    )


@pytest.mark.parametrize("factor", [1e-306, 1e-100, 1 / 1280, 1e100, 1e303])
def test_the_unit_does_not_matter(factor):
    """Relative sizes, pixels and the limits of float64 give the same anchors."""
    factor = 2.0 ** np.round(np.log2(factor))
    pixels = IoUKMeans(n_clusters=4, random_state=0).fit(X)
    other = IoUKMeans(n_clusters=4, random_state=0).fit(X * factor)
    np.testing.assert_allclose(other.cluster_centers_, pixels.cluster_centers_ * factor)
    assert other.average_iou_ == pytest.approx(pixels.average_iou_)


def test_better_than_the_published_rules():
    scores = {
        update: IoUKMeans(n_clusters=6, update=update, random_state=0).fit(X).average_iou_
        for update in ("iou", "median", "mean")
    }
    assert scores["iou"] >= scores["median"] >= scores["mean"]


def test_more_anchors_fit_better():
    scores = [IoUKMeans(k, random_state=0).fit(X).average_iou_ for k in range(1, 8)]
    assert (np.diff(scores) > 0).all()


def test_init_takes_the_anchors_in_use_today():
    today = np.array([[10, 13], [30, 61], [116, 90]])
    kmeans = IoUKMeans(n_clusters=3, init=today).fit(X)
    assert kmeans.average_iou_ > average_iou_score(X, today)
    again = IoUKMeans(n_clusters=3, init=kmeans.cluster_centers_).fit(X)
    assert again.average_iou_ >= kmeans.average_iou_


@pytest.mark.parametrize("update", ["iou", "median", "mean"])
def test_init_is_in_any_layout(update):
    """Non-regression test for anchors in columns, as in a DataFrame, which no kernel took."""
    today = np.array([[10.0, 13.0], [30.0, 61.0], [116.0, 90.0]])
    expected = IoUKMeans(n_clusters=3, init=today, update=update).fit(X)
    kmeans = IoUKMeans(n_clusters=3, init=np.asfortranarray(today), update=update).fit(X)
    np.testing.assert_array_equal(kmeans.cluster_centers_, expected.cluster_centers_)


def test_init_takes_a_callable():
    def largest(X, n_clusters, random_state):
        return X[np.argsort(X.prod(axis=1))[-n_clusters:]] * random_state.uniform(0.9, 1.1)

    kmeans = IoUKMeans(n_clusters=3, init=largest, n_init=3, random_state=0).fit(X)
    assert kmeans.average_iou_ > average_iou_score(X, largest(X, 3, np.random.RandomState(0)))


@pytest.mark.parametrize("algorithm", ["lloyd", "random_swap"])
def test_verbose_prints_a_line_for_each_run_on_all_boxes(algorithm, capsys):
    IoUKMeans(3, n_init=2, algorithm=algorithm, verbose=1, random_state=0).fit(X)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert all("average IoU 0." in line for line in lines)


def test_grid_search_and_cross_validation_work_as_they_are():
    search = GridSearchCV(IoUKMeans(n_init=2, random_state=0), {"n_clusters": [2, 4, 6]}, cv=3)
    search.fit(X)
    assert search.best_params_ == {"n_clusters": 6}
    held_out = cross_val_score(IoUKMeans(6, n_init=2, random_state=0), X, cv=3)
    assert held_out.mean() == pytest.approx(search.best_score_)


@pytest.fixture
def corners():
    pd = pytest.importorskip("pandas")
    start = np.random.RandomState(5).uniform(0, 500, size=X.shape)
    return pd.DataFrame(np.hstack([start, start + X]), columns=["x1", "y1", "x2", "y2"])


def test_pipeline_from_corners(corners):
    pipeline = make_pipeline(FunctionTransformer(box_sizes), IoUKMeans(4, random_state=0))
    pipeline.fit(corners)
    assert pipeline.score(corners) == pytest.approx(pipeline[-1].average_iou_)
    np.testing.assert_array_equal(pipeline.predict(corners), pipeline[-1].labels_)
    np.testing.assert_array_equal(clone(pipeline).fit_predict(corners), pipeline[-1].labels_)
    distances = pipeline.set_output(transform="pandas").transform(corners)
    assert list(distances.columns) == [f"ioukmeans{i}" for i in range(4)]
    np.testing.assert_array_equal(distances.to_numpy().argmin(axis=1), pipeline[-1].labels_)


@pytest.mark.parametrize("module", [pickle, joblib])
def test_predictions_survive_storage_bit_for_bit(module, corners):
    pipeline = make_pipeline(FunctionTransformer(box_sizes), IoUKMeans(4, random_state=0))
    pipeline.fit(corners)
    stored = io.BytesIO()
    module.dump(pipeline, stored)
    stored.seek(0)
    loaded = module.load(stored)
    np.testing.assert_array_equal(loaded.predict(corners), pipeline.predict(corners))
    np.testing.assert_array_equal(loaded.transform(corners), pipeline.transform(corners))


def test_column_names_are_kept_and_checked():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X, columns=["width", "height"])
    kmeans = IoUKMeans(3, random_state=0).fit(frame)
    assert list(kmeans.feature_names_in_) == ["width", "height"]
    with pytest.raises(ValueError, match="feature names"):
        kmeans.predict(frame[["height", "width"]])


def test_sample_weight_is_routed():
    with config_context(enable_metadata_routing=True):
        kmeans = IoUKMeans(2, n_init=1, random_state=0)
        kmeans.set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        weights = np.r_[np.ones(300), np.zeros(300)]
        scores = cross_val_score(kmeans, X, cv=3, params={"sample_weight": weights + 1e-9})
    assert scores.shape == (3,)


@pytest.mark.parametrize("algorithm", ["lloyd", "random_swap"])
@pytest.mark.parametrize("n_clusters", [4, 200])
def test_memory_is_a_few_times_that_of_the_boxes(n_clusters, algorithm):
    """No array of n_samples x n_clusters, which would be 100 times the boxes for 200 anchors."""
    sizes = lognormal_sizes(200_000)
    kmeans = IoUKMeans(n_clusters, n_init=1, max_iter=1, algorithm=algorithm, random_state=0)
    tracemalloc.start()
    kmeans.fit(sizes)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak <= 12 * sizes.nbytes


# Bad input


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ([[1, 2], [np.nan, 3]], r"Input X contains NaN: X\[1, 0\] is nan. Drop"),
        ([[1, 2], [4, np.inf]], r"Input X contains infinity: X\[1, 1\]"),
        ([[1, 2], [4, -3]], r"X\[1, 1\] is -3.0. Sides of boxes are >= 0: were corners swapped"),
        ([[1, 2]], r"n_samples=1 should be >= n_clusters=2: pass more boxes or ask for fewer"),
        ([[0, 0], [0, 0]], r"None of the boxes of X \(n_samples=2\) has positive sides"),
        ([[0, 4], [5, 0]], r"None of the boxes of X \(n_samples=2\) has positive sides"),
        ([1, 2, 3], "(?i)expected 2D array, got 1D"),
        ([["a", "b"], ["c", "d"]], "could not convert"),
    ],
)
def test_bad_sizes_are_named(sizes, message):
    with pytest.raises(ValueError, match=message):
        IoUKMeans(n_clusters=2).fit(sizes)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.zeros(600), "(?i)sample.weight"),
        (np.r_[-1.0, np.ones(599)], "Negative values in data passed to `sample_weight`"),
        (np.ones(599), r"sample_weight.shape == \(599,\), expected \(600,\)"),
        (np.full(600, np.nan), "sample_weight contains NaN"),
    ],
)
def test_bad_weights_are_named(weights, message):
    with pytest.raises(ValueError, match=message):
        IoUKMeans(n_clusters=2).fit(X, sample_weight=weights)


@pytest.mark.parametrize(
    ("init", "message"),
    [
        (np.ones((3, 2)), "init has 3 rows and n_clusters=2"),
        (np.ones((2, 3)), "init has 3 sides a shape and X has 2"),
        ([[1, 1], [0, 4]], r"init\[1\] is \[0.0, 4.0\]: an anchor with a side of 0"),
        ([[1, 1], [np.nan, 4]], r"Input init contains NaN: init\[1, 0\]"),
        ("kmeans", "The 'init' parameter of IoUKMeans"),
        (lambda X, n_clusters, random_state: np.ones((1, 2)), "init has 1 rows"),
    ],
)
def test_bad_init_is_named(init, message):
    with pytest.raises(ValueError, match=message):
        IoUKMeans(n_clusters=2, init=init).fit(X)


def test_init_is_checked_even_if_every_shape_becomes_an_anchor():
    with pytest.raises(ValueError, match="init has 3 sides a shape and X has 2"):
        IoUKMeans(3, init=np.ones((3, 3))).fit([[1, 2], [3, 4], [5, 6]])


@pytest.mark.parametrize(
    ("parameter", "value"),
    [("n_clusters", 0), ("n_init", 0), ("update", "mode"), ("max_iter", 0), ("tol", -1.0)],
)
def test_bad_parameters_are_named(parameter, value):
    with pytest.raises(ValueError, match=f"The '{parameter}' parameter of IoUKMeans"):
        IoUKMeans(**{parameter: value}).fit(X)


def test_fewer_distinct_shapes_than_clusters():
    """A warning, as in KMeans, and the distinct shapes are all there."""
    sizes = np.repeat([[4.0, 5.0], [40.0, 30.0]], 8, axis=0)
    with pytest.warns(ConvergenceWarning, match=r"distinct shapes \(2\) found smaller .* \(3\)"):
        kmeans = IoUKMeans(n_clusters=3).fit(sizes)
    assert kmeans.cluster_centers_.shape == (3, 2)
    assert kmeans.average_iou_ == 1.0
    np.testing.assert_array_equal(np.unique(kmeans.cluster_centers_, axis=0), [[4, 5], [40, 30]])


def test_as_many_distinct_shapes_as_clusters():
    sizes = np.repeat([[4.0, 5.0], [40.0, 30.0]], 8, axis=0)
    kmeans = IoUKMeans(n_clusters=2).fit(sizes)
    np.testing.assert_array_equal(kmeans.cluster_centers_, [[4, 5], [40, 30]])


# What the scripts in use fall into


def test_trap_empty_clusters_on_a_coarse_grid():
    """Sizes rounded to a 32-pixel grid: no NaN, no endless loop, no empty cluster."""
    grid = np.ceil(lognormal_sizes(164) / 32) * 32
    n_distinct = len(np.unique(grid, axis=0))
    for n_clusters in (*range(1, n_distinct, 4), n_distinct):
        kmeans = IoUKMeans(n_clusters, n_init=2, random_state=0).fit(grid)
        assert np.isfinite(kmeans.cluster_centers_).all()
        assert len(np.unique(kmeans.labels_)) == n_clusters


def test_trap_one_cluster_is_fitted_too():
    kmeans = IoUKMeans(n_clusters=1, random_state=0).fit(X)
    assert kmeans.average_iou_ >= max(average_iou_score(X, [row]) for row in X) - 1e-9


def test_trap_boxes_without_area_make_no_anchor():
    sizes = np.vstack([X, np.zeros((len(X), 2))])
    kmeans = IoUKMeans(n_clusters=5, random_state=0).fit(sizes)
    alone = IoUKMeans(n_clusters=5, random_state=0).fit(X)
    np.testing.assert_array_equal(kmeans.cluster_centers_, alone.cluster_centers_)
    assert kmeans.average_iou_ == pytest.approx(alone.average_iou_ / 2)


def test_trap_widths_stay_with_their_heights():
    """Wide and tall boxes give wide and tall anchors, not two squares."""
    rng = np.random.RandomState(0)
    wide, tall = rng.uniform(0.9, 1.1, (2, 100, 2)) * [[[90, 20]], [[20, 90]]]
    centers = IoUKMeans(n_clusters=2, random_state=0).fit(np.vstack([wide, tall])).cluster_centers_
    ratios = np.sort(centers[:, 0] / centers[:, 1])
    np.testing.assert_allclose(ratios, [20 / 90, 90 / 20], rtol=0.1)


def test_trap_one_outlier_costs_nothing():
    """At most its own share of the average, from the same start."""
    clean = IoUKMeans(n_clusters=5, random_state=0).fit(X)
    dirty = IoUKMeans(n_clusters=5, init=clean.cluster_centers_)
    dirty.fit(np.vstack([X, [[1e5, 1e5]]]))
    assert dirty.score(X) > clean.average_iou_ - 1 / len(X)


def test_trap_integers_are_not_truncated():
    sizes = np.array([[10, 10], [11, 13], [40, 40], [43, 47]])
    kmeans = IoUKMeans(n_clusters=2, random_state=0, update="mean").fit(sizes)
    np.testing.assert_array_equal(kmeans.cluster_centers_, [[10.5, 11.5], [41.5, 43.5]])


def test_trap_identical_boxes_are_no_random_anchors():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        kmeans = IoUKMeans(n_clusters=3).fit(np.full((16, 2), [12.0, 7.0]))
    np.testing.assert_array_equal(kmeans.cluster_centers_, np.full((3, 2), [12.0, 7.0]))


@pytest.mark.parametrize("method", ["fit", "partial_fit", "fit_predict"])
def test_corners_passed_for_sizes_are_warned_of(method):
    corners = make_boxes(50, random_state=0).data
    with pytest.warns(UserWarning, match=r"look like corners .*\s.*box_sizes\(X\)"):
        getattr(IoUKMeans(2, random_state=0), method)(corners)


def test_sides_of_4d_shapes_are_not_taken_for_corners():
    X = np.random.RandomState(0).lognormal(3, 1, size=(50, 4))
    assert IoUKMeans(2, random_state=0).fit(X).cluster_centers_.shape == (2, 4)


def test_few_rows_that_look_like_corners_by_chance_and_cubes_are_no_corners():
    corners = make_boxes(8, random_state=0).data
    with pytest.warns(UserWarning, match="look like corners"):
        IoUKMeans(2, n_init=1, random_state=0).fit(corners)
    cubes = np.repeat(np.arange(1.0, 21.0)[:, None], 4, axis=1)
    doubled = 1.0 + np.eye(20, 1)  # the first row alone
    for sides in (
        corners[:7],
        cubes,
        cubes * np.hstack([np.ones((20, 2)), doubled, np.full((20, 1), 2.0)]),
        cubes * np.hstack([np.ones((20, 2)), np.full((20, 1), 2.0), doubled]),
    ):
        IoUKMeans(2, n_init=1, random_state=0).fit(sides)


def test_scikit_learn_is_told_that_sides_are_positive_and_that_precision_is_kept():
    tags = get_tags(IoUKMeans())
    assert tags.input_tags.positive_only
    assert tags.transformer_tags.preserves_dtype == ["float64", "float32"]


@pytest.mark.parametrize("method", ["predict", "transform", "score"])
def test_before_a_fit_there_is_nothing_to_ask_for(method):
    with pytest.raises(NotFittedError, match="This IoUKMeans instance is not fitted yet"):
        getattr(IoUKMeans(), method)(X)


def test_the_best_of_several_runs_is_kept():
    """Each run stays where it starts; the second has the more frequent sizes."""
    starts = iter([[[10, 10], [1000, 1000]], [[10, 10], [100, 100]], [[100, 100], [1000, 1000]]])

    def init(X, n_clusters, random_state):
        return next(starts)

    sizes = np.repeat([[10, 10], [100, 100], [1000, 1000]], [10, 8, 3], axis=0)
    kmeans = IoUKMeans(2, init=init, n_init=3).fit(sizes)
    np.testing.assert_array_equal(kmeans.cluster_centers_, [[10, 10], [100, 100]])


def largest(X, n_clusters, random_state):
    return X[np.argsort(X.prod(axis=1))[-n_clusters:]]


@pytest.mark.parametrize(
    ("parameters", "algorithm"),
    [
        ({}, "random_swap"),
        ({"init": "random"}, "random_swap"),
        ({"init": X[:9]}, "lloyd"),
        ({"init": largest}, "lloyd"),
        ({"update": "mean"}, "lloyd"),
        ({"update": "median", "init": "random"}, "lloyd"),
    ],
)
def test_auto_swaps_centers_unless_the_update_rule_or_the_start_is_given(parameters, algorithm):
    other = {"lloyd": "random_swap", "random_swap": "lloyd"}[algorithm]
    kmeans = IoUKMeans(9, n_init=1, random_state=0, **parameters)
    centers = kmeans.fit(X).cluster_centers_
    same = clone(kmeans).set_params(algorithm=algorithm).fit(X)
    np.testing.assert_array_equal(same.cluster_centers_, centers)
    if kmeans.update == "iou":
        differs = clone(kmeans).set_params(algorithm=other).fit(X)
        assert not np.array_equal(differs.cluster_centers_, centers)


@pytest.mark.parametrize("algorithm", ["lloyd", "random_swap", "exact"])
def test_nothing_is_searched_if_every_shape_is_an_anchor(algorithm):
    def init(X, n_clusters, random_state):
        raise AssertionError("a start was asked for")

    sizes = np.repeat([[40.0, 30.0], [4.0, 5.0]], 10_000, axis=0)
    kmeans = IoUKMeans(2, init=init, algorithm=algorithm).fit(sizes)
    np.testing.assert_array_equal(kmeans.cluster_centers_, [[4, 5], [40, 30]])
    assert kmeans.n_iter_ == 1


def test_many_boxes_in_two_cells_of_a_summary_are_searched_as_they_are():
    """Two anchors among the many are better than one of them for a single box far away."""
    many = np.random.RandomState(0).uniform(98.8, 100.8, size=(3_000, 2))
    sizes = np.vstack([many, [[1_000.0, 1_000.0]]])
    assert len(ShapeHistogram(RESOLUTION).add(sizes).weights) == 2
    kmeans = IoUKMeans(2, random_state=0).fit(sizes)
    assert kmeans.cluster_centers_.max() < 101


def test_anchors_of_chunks_are_a_local_optimum_on_the_histogram():
    sizes = lognormal_sizes(20_000)
    kmeans = IoUKMeans(5, n_init=1, random_state=0).partial_fit(sizes)
    histogram = kmeans.histogram_
    further = IoUKMeans(5, init=kmeans.cluster_centers_)
    further.fit(histogram.shapes, sample_weight=histogram.weights)
    assert further.n_iter_ == 1


def test_a_start_for_chunks_is_chosen_among_the_shapes_of_the_histogram():
    n_shapes = []

    def init(X, n_clusters, random_state):
        n_shapes.append(len(X))
        return largest(X, n_clusters, random_state)

    kmeans = IoUKMeans(3, init=init, n_init=1, algorithm="random_swap", random_state=0)
    kmeans.partial_fit(lognormal_sizes(20_000))
    assert n_shapes == [len(kmeans.histogram_.weights)]


def test_of_anchors_of_one_volume_the_narrower_comes_first():
    """Also where the volumes are beyond what a float holds."""
    for scale in (1.0, 1e-200, 1e200):
        sizes = np.array([[8.0, 2.0], [2.0, 8.0], [1.0, 1.0], [4.0, 4.0]]) * scale
        centers = IoUKMeans(4).fit(sizes).cluster_centers_
        np.testing.assert_array_equal(centers, sizes[[2, 1, 3, 0]])


def test_of_anchors_of_one_volume_and_width_the_one_with_the_smaller_next_side_comes_first():
    boxes = [[2.0, 4.0, 3.0], [2.0, 3.0, 4.0], [30.0, 40.0, 50.0], [31.0, 40.0, 50.0]]
    kmeans = IoUKMeans(3, init=np.array(boxes[:3]), tol=0).fit(boxes)
    np.testing.assert_array_equal(kmeans.cluster_centers_[:2], [boxes[1], boxes[0]])


def test_the_smaller_anchor_comes_first_whatever_its_binary_digits():
    sizes = np.array([[2.0, 2.0], [1.8, 1.8]])
    np.testing.assert_array_equal(IoUKMeans(2).fit(sizes).cluster_centers_, sizes[::-1])


@pytest.mark.parametrize("algorithm", ["lloyd", "random_swap", "exact"])
def test_a_fit_that_is_interrupted_leaves_the_one_before(algorithm):
    """Ctrl-C comes in the second run of a refit."""
    n_calls = 0

    def init(X, n_clusters, random_state):
        nonlocal n_calls
        n_calls += 1
        if n_calls == 4:
            raise KeyboardInterrupt
        return X[:n_clusters]

    kmeans = IoUKMeans(3, init=init, n_init=2, algorithm=algorithm, random_state=0).fit(X)
    before = {name: value for name, value in vars(kmeans).items() if name.endswith("_")}
    with pytest.raises(KeyboardInterrupt):
        kmeans.fit(X[::2] * 7)
    assert vars(kmeans).keys() >= before.keys()
    for name, value in before.items():
        np.testing.assert_array_equal(getattr(kmeans, name), value)
