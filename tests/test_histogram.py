"""ShapeHistogram: any number of shapes in a small summary."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sklearn_iou_kmeans import ShapeHistogram
from sklearn_iou_kmeans.metrics import average_iou_score, pairwise_iou


@st.composite
def weighted_shapes(draw, n_dims=None):
    """Sides over four orders of magnitude, some of them 0, and weights."""
    n_dims = n_dims or draw(st.integers(1, 3))
    n = draw(st.integers(1, 40))
    sides = st.one_of(st.floats(0.1, 1e3), st.just(0.0))
    X = draw(arrays(np.float64, (n, n_dims), elements=sides))
    weights = draw(arrays(np.float64, n, elements=st.floats(0.125, 16)))
    return X, weights


def assert_same(first, second):
    assert first.n_samples == second.n_samples
    np.testing.assert_allclose(first.weights, second.weights)
    np.testing.assert_allclose(first.shapes, second.shapes, rtol=1e-9)
    np.testing.assert_allclose(first.log2_variances, second.log2_variances, atol=1e-9)


@given(weighted_shapes(), st.sampled_from([1, 4, 16, 64]))
def test_every_shape_is_in_a_cell_that_is_narrow_enough(shapes, resolution):
    """The mean of a cell has an IoU of at least 2 ** (-n_dims / resolution) with each of them."""
    X, weights = shapes
    histogram = ShapeHistogram(resolution).add(X, weights)
    assert histogram.n_samples == len(X)
    assert histogram.weights.sum() == pytest.approx(weights.sum())
    boxes = X[(X > 0).all(axis=1)]
    if len(boxes):
        best = pairwise_iou(boxes, histogram.shapes).max(axis=1)
        assert (best >= 2 ** (-X.shape[1] / resolution) - 1e-9).all()


@given(weighted_shapes(), st.sampled_from([1, 4, 16, 64]), st.integers(0, 100))
def test_the_average_iou_changes_by_no_more_than_the_bound(shapes, resolution, seed):
    X, weights = shapes
    anchors = np.random.RandomState(seed).lognormal(2, 2, size=(3, X.shape[1]))
    histogram = ShapeHistogram(resolution).add(X, weights)
    exact = average_iou_score(X, anchors, sample_weight=weights)
    summary = average_iou_score(histogram.shapes, anchors, sample_weight=histogram.weights)
    assert abs(summary - exact) <= 1 - 2 ** (-X.shape[1] / resolution) + 1e-9


def test_in_practice_the_error_is_far_below_the_bound():
    X = np.random.RandomState(0).lognormal(3.5, 0.9, size=(100_000, 2))
    anchors = X[:9]
    errors = []
    for resolution in (8, 16, 32, 64):
        histogram = ShapeHistogram(resolution).add(X)
        summary = average_iou_score(histogram.shapes, anchors, sample_weight=histogram.weights)
        errors.append(abs(summary - average_iou_score(X, anchors)))
    assert errors[0] < 2e-3
    assert errors[1] < 5e-4
    assert errors[3] < 5e-5


@given(weighted_shapes(2), weighted_shapes(2), weighted_shapes(2))
def test_merging_is_associative_and_commutative(a, b, c):
    def build(*parts):
        histogram = ShapeHistogram(16)
        for X, weights in parts:
            histogram.add(X, weights)
        return histogram

    whole = build(a, b, c)
    assert_same(whole, build(c, a, b))
    assert_same(whole, build(a).merge(build(b, c)))
    assert_same(whole, build(c).merge(build(b)).merge(build(a)))
    assert_same(whole, build(a, b).merge(build(c)).merge(ShapeHistogram(16)))


def test_merging_leaves_the_other_one_as_it_is():
    first, second = ShapeHistogram().add([[1, 2]]), ShapeHistogram().add([[3, 4]])
    first.merge(second).add([[3, 4]])
    assert second.n_samples == 1
    np.testing.assert_array_equal(second.weights, [1])


@given(weighted_shapes(2), weighted_shapes(2), weighted_shapes(2))
def test_a_histogram_of_half_the_resolution_is_the_coarse_one_whatever_is_added(a, b, c):
    histogram = ShapeHistogram(48).add(*a)
    coarse = ShapeHistogram(24).add(*a)
    assert_same(histogram._halved(), coarse)
    assert_same(histogram, ShapeHistogram(48).add(*a))
    half = histogram._halved().add(*b).merge(ShapeHistogram(48).add(*c))
    assert half.resolution == 24
    assert_same(half, coarse.add(*b).add(*c))
    quarter = histogram._halved().merge(ShapeHistogram(48).add(*b)._halved()._halved())
    assert quarter.resolution == 12
    assert_same(quarter, ShapeHistogram(12).add(*a).add(*b))


@pytest.mark.parametrize("spread", [1.0, 2.0**400], ids=["dense", "sparse"])
def test_variances_are_those_of_the_logarithms_in_a_cell(spread):
    """Two groups of shapes, each in a cell of its own."""
    rng = np.random.RandomState(0)
    groups = rng.uniform(1.1, 1.9, size=(2, 30, 2)) * [[[4.0, 8.0]], [[16.0, 32.0 * spread]]]
    weights = rng.uniform(1, 2, size=(2, 30))
    histogram = ShapeHistogram(1).add(groups.reshape(-1, 2), weights.ravel())
    for group, weight, variance in zip(groups, weights, histogram.log2_variances, strict=True):
        logs = np.log2(group)
        mean = np.average(logs, axis=0, weights=weight)
        expected = np.average(np.square(logs - mean).sum(axis=1), weights=weight)
        assert variance == pytest.approx(expected)


def test_a_cell_of_equal_shapes_has_no_variance():
    """Nor less than none, whatever rounding leaves."""
    rng = np.random.RandomState(0)
    X, weights = rng.lognormal(20, 5, size=(300, 3)), rng.uniform(size=(3, 300))
    variances = ShapeHistogram().add(np.tile(X, (3, 1)), weights.ravel()).log2_variances
    assert (variances >= 0).all()
    np.testing.assert_allclose(variances, 0, atol=1e-10)


def test_shapes_without_area_share_a_cell_and_keep_their_weight():
    X = [[0, 5], [0, 0], [7, 0], [4, 5]]
    histogram = ShapeHistogram().add(X, [1, 2, 4, 8])
    np.testing.assert_array_equal(histogram.shapes.round(6), [[0, 0], [4, 5]])
    np.testing.assert_array_equal(histogram.weights, [7, 8])
    assert histogram.n_samples == 4


def test_weight_zero_is_counted_and_takes_no_cell():
    histogram = ShapeHistogram().add([[1, 1], [50, 50]], [0, 1])
    assert histogram.n_samples == 2
    assert len(histogram.weights) == 1


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
def test_precision_of_a_chunk_does_not_matter(dtype):
    X = np.array([[3, 4], [100, 30], [100, 31]])
    histogram = ShapeHistogram(16).add(X[:1]).add(X[1:].astype(dtype))
    np.testing.assert_allclose(histogram.shapes, ShapeHistogram(16).add(X).shapes, rtol=1e-6)


def test_weight_zero_takes_no_cell_among_neighbours():
    X = np.linspace(1, 2, 200)[:, None].repeat(2, axis=1)
    weights = np.where(X[:, 0] < 1.5, 0.0, 1.0)
    expected = ShapeHistogram().add(X[weights > 0])
    histogram = ShapeHistogram().add(X, weights)
    np.testing.assert_array_equal(histogram.weights, expected.weights)
    np.testing.assert_array_equal(histogram.shapes, expected.shapes)


def test_no_weight_at_all_leaves_no_cell_of_as_many_sides():
    histogram = ShapeHistogram().add([[3, 4]], [0])
    assert histogram.shapes.shape == (0, 2)
    assert histogram.n_dims == 2


def test_cells_of_shapes_with_area_are_given_without_the_others():
    cells, weights, moments = ShapeHistogram(1).add([[0, 4], [3, 5]], [2, 4])._positive_cells()
    np.testing.assert_array_equal(cells, [[1], [2]])
    np.testing.assert_array_equal(weights, [0.5])
    np.testing.assert_allclose(2 ** moments[:-1], [[3], [5]])
    np.testing.assert_allclose(moments[-1], np.square(np.log2([3, 5])).sum())


def test_an_empty_chunk_adds_nothing():
    histogram = ShapeHistogram().add([[3, 4]]).add(np.empty((0, 2)))
    assert histogram.n_samples == 1


def test_a_stored_histogram_goes_on_where_it_was():
    histogram = ShapeHistogram(16).add([[3, 4], [30, 40], [0, 5]], [1, 2, 4])
    stored = pickle.loads(pickle.dumps(histogram))
    assert stored.resolution == 16
    assert_same(stored, histogram)
    assert_same(stored.add([[5, 6]]), histogram.add([[5, 6]]))


def test_a_chunk_of_weight_zero_is_counted():
    histogram = ShapeHistogram().add([[3, 4], [5, 6]], [0, 0]).add([[3, 4]])
    assert histogram.n_samples == 3
    np.testing.assert_array_equal(histogram.weights, [1])


def test_a_refused_first_chunk_leaves_no_trace():
    histogram = ShapeHistogram()
    with pytest.raises(ValueError, match=r"sample_weight.shape == \(2,\), expected \(1,\)"):
        histogram.add([[1, 2, 3]], [1, 1])
    assert histogram.add([[1, 2]]).n_dims == 2


def test_many_orders_of_magnitude_halve_the_resolution_in_any_order():
    """Memory stays bounded, and the result does not depend on what came first."""
    X = 10.0 ** np.random.RandomState(0).uniform(-15, 15, size=(400_000, 2))
    chunks = np.array_split(X, 3)
    forward, backward, whole = ShapeHistogram(), ShapeHistogram(), ShapeHistogram().add(X)
    for chunk in chunks:
        forward.add(chunk)
    for chunk in reversed(chunks):
        backward.merge(ShapeHistogram().add(chunk))
    assert len(whole.weights) <= 2**18
    assert whole.resolution < 64
    assert whole.resolution == forward.resolution == backward.resolution
    assert_same(whole, forward)
    assert_same(whole, backward)


@pytest.mark.parametrize(("n_rows", "resolution"), [(512, 1), (513, 0.5)])
def test_the_resolution_is_halved_beyond_262144_cells(n_rows, resolution):
    sides = np.meshgrid(2.0 ** np.arange(n_rows), 2.0 ** -np.arange(512))
    histogram = ShapeHistogram(1).add(np.stack(sides, axis=-1).reshape(-1, 2))
    assert histogram.resolution == resolution


def test_the_resolution_is_no_less_than_a_quarter():
    sides = np.meshgrid(*[2.0 ** (4 * np.arange(65))] * 3)
    histogram = ShapeHistogram(1).add(np.stack(sides, axis=-1).reshape(-1, 3))
    assert histogram.resolution == 0.25
    assert len(histogram.weights) == 65**3


def test_thirty_orders_of_magnitude_are_no_harm_as_they_are():
    X = 10.0 ** np.random.RandomState(0).uniform(-15, 15, size=(3000, 2))
    histogram = ShapeHistogram().add(X)
    assert len(histogram.weights) <= len(X)
    assert histogram.resolution == 64


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ([[1, 2, 3]], "shapes to add have 3 sides and those before have 2"),
        ([[1, np.nan]], r"X contains NaN: X\[0, 1\]"),
        ([[1, -1]], r"X\[0, 1\] is -1.0"),
    ],
)
def test_a_refused_chunk_loses_nothing_of_what_was_added(X, message):
    histogram = ShapeHistogram().add([[10, 20], [30, 10]])
    shapes, weights = histogram.shapes, histogram.weights
    with pytest.raises(ValueError, match=message):
        histogram.add(X)
    assert histogram.n_samples == 2
    np.testing.assert_array_equal(histogram.shapes, shapes)
    np.testing.assert_array_equal(histogram.weights, weights)


def test_histograms_of_another_kind_are_refused():
    histogram = ShapeHistogram(16).add([[10, 20]])
    with pytest.raises(
        ValueError, match="resolution 32 cannot be merged into one of resolution 16"
    ):
        histogram.merge(ShapeHistogram(32).add([[10, 20]]))
    with pytest.raises(ValueError, match="shapes to add have 1 sides and those before have 2"):
        histogram.merge(ShapeHistogram(16).add([[10]]))
    with pytest.raises(ValueError, match="resolution == 0, must be >= 1"):
        ShapeHistogram(0)
    with pytest.raises(ValueError, match="resolution == 1048577, must be <= 1048576"):
        ShapeHistogram(2**20 + 1)
    assert histogram.n_samples == 1


def test_shapes_added_at_once_or_a_few_at_a_time_are_in_the_same_cells():
    """Many are counted in a grid, and few are sorted."""
    X = np.random.RandomState(0).lognormal(3, 1, size=(3000, 2))
    at_once, bit_by_bit = ShapeHistogram(4).add(X), ShapeHistogram(4)
    for few in np.array_split(X, 600):
        bit_by_bit.add(few)
    weights = at_once.weights
    np.testing.assert_allclose(at_once.merge(bit_by_bit).weights, 2 * weights)


def test_three_sides_that_span_all_that_a_float_holds_in_the_narrowest_cells():
    """There are more cells than 64 bits can number."""
    X = [[1e300, 1e-300, 1e300], [1e-300, 1e300, 1e-300], [1e300, 1e-300, 1e300]]
    histogram = ShapeHistogram(2**20).add(X)
    np.testing.assert_allclose(histogram.shapes, [X[1], X[0]], rtol=1e-9)
    np.testing.assert_array_equal(histogram.weights, [1, 2])


@pytest.mark.parametrize("resolution", [2**10, 2**11, 2**20])
def test_narrow_cells_tell_shapes_of_float32_apart(resolution):
    X = (1000 + np.arange(4000, dtype=np.float32)[:, None] * np.float32(1e-3)).repeat(2, axis=1)
    histogram = ShapeHistogram(resolution).add(X)
    assert histogram.weights.sum() == 4000
    expected = ShapeHistogram(resolution).add(X.astype(np.float64))
    assert len(histogram.weights) == pytest.approx(len(expected.weights), rel=0.01)
    if resolution > 2**10:
        np.testing.assert_array_equal(histogram.shapes, expected.shapes)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_largest_sides_of_all_stay_finite(dtype):
    """Non-regression test for a logarithm that is rounded up, to that of infinity."""
    X = np.full((5, 2), np.finfo(dtype).max, dtype=dtype)
    np.testing.assert_allclose(ShapeHistogram().add(X).shapes, X[:1], rtol=1e-5)


def test_what_is_done_to_the_weights_is_not_done_to_the_histogram():
    """Non-regression test for weights that were those of two histograms."""
    histogram = ShapeHistogram().add([[3, 4]])
    merged = ShapeHistogram().merge(histogram)
    weights = histogram.weights
    weights /= 2
    assert histogram.weights == merged.weights == 1
