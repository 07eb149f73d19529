"""The kernels: what each computes, and that the compiled ones return the bits of those in NumPy."""

import os
import subprocess
import sys
from fractions import Fraction
from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from twins import COMPILED, KERNELS

from sklearn_iou_kmeans import _kernels
from sklearn_iou_kmeans._cluster._centers import iou_centers
from sklearn_iou_kmeans._kernels import _numpy

needs_compiler = pytest.mark.skipif(not COMPILED, reason="there are no compiled kernels")
every_kernels = pytest.mark.parametrize("name", KERNELS)

ORDINARY = st.floats(0.125, 1000.0, width=32)
EXTREME = st.sampled_from([0.0, 5e-324, 1e-310, 1e-160, 1e-30, 1.0, 3.0, 1e30, 1e160, 1e300])


@pytest.fixture(params=KERNELS)
def kernels(request):
    return KERNELS[request.param]


@st.composite
def problems(draw, sides=ORDINARY):
    """Shapes and centers of 1 to 4 sides, weights, and candidates."""
    n_dims, n = draw(st.integers(1, 4)), draw(st.integers(1, 40))
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    X = draw(arrays(np.float64, (n, n_dims), elements=sides))
    centers = draw(arrays(np.float64, (draw(st.integers(1, 6)), n_dims), elements=sides))
    weights = draw(arrays(np.float64, n, elements=st.floats(0.25, 4.0)))
    with np.errstate(over="ignore"):
        X = X.astype(dtype) if np.isfinite(X.astype(dtype)).all() else X
    return X, centers, weights


def exact_iou(a, c):
    """IoU in fractions."""
    a, c = [Fraction(float(x)) for x in a], [Fraction(float(x)) for x in c]
    shared = prod(map(min, a, c))
    union = prod(a) + prod(c) - shared
    return shared / union if union else Fraction(0)


def assert_same_bits(first, second):
    for a, b in zip(first, second, strict=True):
        assert a.dtype == b.dtype
        assert a.shape == b.shape
        assert np.ascontiguousarray(a).tobytes() == np.ascontiguousarray(b).tobytes()


# What each computes


@given(problem=problems(st.one_of(ORDINARY, EXTREME)))
@every_kernels
def test_pairwise_is_the_iou_in_fractions(name, problem):
    kernels = KERNELS[name]
    X, centers, _ = problem
    table = kernels.pairwise(X, centers)
    for i, row in enumerate(table):
        for j, value in enumerate(row):
            exact = exact_iou(X[i], centers[j])
            assert value == pytest.approx(float(exact), rel=1e-12, abs=1e-100)


@pytest.mark.parametrize(
    "shape", [[1e-320, 2e-320], [1e200, 1e200, 1e200], [1e-200] * 3, [1e300, 1e-300, 5e-324]]
)
def test_a_shape_has_iou_1_with_itself_at_every_scale(kernels, shape):
    X = np.array([shape])
    assert kernels.pairwise(X, X) == 1.0


def test_a_side_of_0_has_iou_0_with_everything(kernels):
    X = np.array([[0.0, 1e300], [0.0, 0.0], [1e300, 1e300]])
    np.testing.assert_array_equal(kernels.pairwise(X, X), np.diag([0.0, 0.0, 1.0]))


@given(problem=problems())
@every_kernels
def test_the_nearest_are_the_largest_of_the_table(name, problem):
    kernels = KERNELS[name]
    X, centers, _ = problem
    table = kernels.pairwise(X, centers)
    labels, iou, second_iou = kernels.two_nearest(X, centers)
    np.testing.assert_array_equal(labels, table.argmax(axis=1))
    np.testing.assert_array_equal(iou, table.max(axis=1))
    runners_up = np.sort(np.hstack([table, np.zeros((len(X), 1))]), axis=1)[:, -2]
    np.testing.assert_array_equal(second_iou, runners_up)
    assert_same_bits(kernels.nearest(X, centers), (labels, iou))


@given(problem=problems())
@every_kernels
def test_the_gain_of_a_swap_is_that_of_the_swapped_centers(name, problem):
    kernels = KERNELS[name]
    X, centers, weights = problem
    X, candidates = X.astype(np.float64), X[:3].astype(np.float64)
    labels, iou, second_iou = kernels.two_nearest(X, centers)
    gains = kernels.swap_gains(X, weights, labels, iou, second_iou, candidates, len(centers))
    for i, candidate in enumerate(candidates):
        for out in range(len(centers)):
            swapped = np.vstack([np.delete(centers, out, axis=0), candidate])
            expected = weights @ kernels.nearest(X, swapped)[1] - weights @ iou
            assert gains[i, out] == pytest.approx(expected, abs=1e-12)


def test_gradient_weights_are_the_derivatives_of_iou_by_the_logarithm_of_a_side(kernels):
    X = np.random.RandomState(0).uniform(1, 10, (50, 2))
    center, weights = np.array([[4.0, 5.0]]), np.linspace(1, 2, 50)
    labels, iou = kernels.nearest(X, center)
    above, below = kernels.gradient_weights(X, weights, labels, iou, center)
    for side in range(2):
        step = np.where(np.arange(2) == side, 1e-6, 0.0)
        ends = [kernels.nearest(X, center * np.exp(sign * step))[1] for sign in (1, -1)]
        numeric = weights * (ends[0] - ends[1]) / 2e-6
        expected = np.where(X[:, side] > center[0, side], above, -below)
        np.testing.assert_allclose(expected, numeric, rtol=1e-4, atol=1e-6)


@every_kernels
@given(problem=problems())
def test_an_ascent_step_scores_the_centers_and_points_uphill(name, problem):
    kernels = KERNELS[name]
    X, centers, weights = problem
    X = X.astype(np.float64)
    score, step = kernels.ascent_step(X, weights, np.zeros(len(X)), centers)
    labels, iou = kernels.nearest(X, centers)
    assert score == pytest.approx(weights @ iou)
    above, below = kernels.gradient_weights(X, weights, labels, iou, centers)
    for side in range(X.shape[1]):
        draws = np.where(X[:, side] > centers[labels, side], above, -below)
        slopes = np.bincount(labels, draws, minlength=len(centers))
        is_clear = np.abs(slopes) > 1e-12 * weights.sum()
        uphill = np.sign(step[:, side]) == np.sign(slopes)
        is_lost = np.bincount(labels, weights * (1 - iou), minlength=len(centers)) > 1e-12
        assert uphill[is_clear & is_lost].all()


def test_an_ascent_step_leads_to_the_middle_of_evenly_spread_shapes(kernels):
    X = np.exp(np.linspace(-0.1, 0.1, 2001))[:, None]
    for offset in (-0.05, -0.01, 0.0, 0.02):
        center = np.array([[np.exp(offset)]])
        _, step = kernels.ascent_step(X, np.ones(len(X)), np.zeros(len(X)), center)
        assert step[0, 0] == pytest.approx(-offset, rel=0.3, abs=1e-3)


@pytest.mark.parametrize("offsets", [(0.0, 0.0), (0.006, -0.002), (-0.009, 0.004), (0.3, 0.008)])
def test_an_ascent_step_takes_a_shape_with_a_width_for_the_boxes_around_it(kernels, offsets):
    """Compared with many boxes, for a center in their middle, among them or beside them."""
    center, width = np.array([[30.0, 70.0]]), 0.02
    shape = center * np.exp(offsets)
    boxes = shape * np.exp(width * (np.indices((200, 200)).reshape(2, -1).T / 199 - 0.5))
    weights = np.full(len(boxes), 1 / len(boxes))
    expected, uphill = kernels.ascent_step(boxes, weights, np.zeros(len(boxes)), center)
    score, step = kernels.ascent_step(shape, np.ones(1), np.full(1, width), center)
    of_shape, _ = kernels.ascent_step(shape, np.ones(1), np.zeros(1), center)
    assert score == pytest.approx(expected, abs=1e-4)
    assert abs(score - expected) < abs(of_shape - expected)
    np.testing.assert_allclose(step / (1 - score), uphill / (1 - expected), atol=0.02)


@every_kernels
@given(problem=problems(), width=st.floats(0.001, 0.1), nearness=st.sampled_from([1.0, 0.1, 0.01]))
def test_an_ascent_step_for_boxes_around_the_shapes_follows_the_slope_of_the_score(
    name, problem, width, nearness
):
    """For shapes all over the place, and for those whose boxes are around the center."""
    kernels = KERNELS[name]
    X, centers, weights = problem
    center, widths = centers[:1], np.full(len(X), width)
    X = center * (X / center) ** nearness
    _, step = kernels.ascent_step(X, weights, widths, center)
    # For each side a width takes up to width / 8 iou (1 + iou) off the IoU of a shape. The step
    # leaves out that iou (1 + iou) changes with the center too, by up to 3 times as much.
    least = 0.4 * X.shape[1] * width * weights.sum()
    for side in range(X.shape[1]):
        change = np.zeros(X.shape[1])
        change[side] = 1e-6
        ends = [center * np.exp(-change), center * np.exp(change)]
        lower, upper = (kernels.ascent_step(X, weights, widths, end)[0] for end in ends)
        slope = (upper - lower) / 2e-6
        if abs(slope) > least:
            assert np.sign(step[0, side]) == np.sign(slope)


@st.composite
def groups(draw):
    """Values, some far apart and some that differ in their last digits, with integer weights."""
    values = st.one_of(
        st.floats(1e-150, 1e150), st.integers(1, 9).map(float), st.floats(1.0, 1.0 + 1e-14)
    )
    n, n_dims = draw(st.integers(3, 60)), draw(st.integers(1, 3))
    X = draw(arrays(np.float64, (n, n_dims), elements=values))
    weights = draw(arrays(np.float64, n, elements=st.integers(1, 5)))
    labels = draw(arrays(np.int32, n, elements=st.integers(0, 2)))
    labels[:3] = range(3)
    centers = draw(arrays(np.float64, (3, n_dims), elements=values))
    return X, weights, labels, centers


@given(problem=groups())
@every_kernels
def test_weighted_medians_are_the_medians_of_the_repeated_values(name, problem):
    kernels = KERNELS[name]
    X, weights, labels, centers = problem
    medians = kernels.weighted_medians(X, weights, weights, labels, centers)
    for i in range(3):
        for side in range(X.shape[1]):
            mine = labels == i
            repeated = np.repeat(X[mine, side], weights[mine].astype(int))
            assert medians[i, side] == pytest.approx(np.median(repeated), rel=1e-15)


@every_kernels
@given(problem=problems())
def test_a_median_step_scores_the_centers_and_leads_to_the_medians_of_their_shapes(name, problem):
    kernels = KERNELS[name]
    X, centers, weights = problem
    X = X.astype(np.float64)
    score, ratios = kernels.median_step(X, weights, centers)
    labels, iou = kernels.nearest(X, centers)
    assert score == pytest.approx(weights @ iou)
    medians = iou_centers(X, weights, labels, iou, centers)
    np.testing.assert_array_equal(ratios, medians / centers)


@pytest.mark.parametrize("n", [1_000, 50_000])
def test_weighted_medians_of_many_values(kernels, n):
    rng = np.random.RandomState(0)
    X, labels = rng.lognormal(0, 3, size=(n, 2)), rng.randint(0, 4, size=n).astype(np.int32)
    medians = kernels.weighted_medians(X, np.ones(n), np.ones(n), labels, np.ones((4, 2)))
    expected = [np.median(X[labels == i], axis=0) for i in range(4)]
    np.testing.assert_allclose(medians, expected, rtol=1e-15)


def test_a_value_weighs_as_its_side_of_the_center_says(kernels):
    X = np.array([[1.0], [2.0], [3.0]])
    above, below = np.array([9.0, 9.0, 1.0]), np.array([3.0, 1.0, 9.0])
    labels, center = np.zeros(3, dtype=np.int32), np.array([[2.0]])
    assert kernels.weighted_medians(X, above, below, labels, center) == 1.0  # weights 3, 1, 1


def test_a_center_without_weight_stays(kernels):
    X, labels = np.array([[1.0, 2.0], [3.0, 4.0]]), np.zeros(2, dtype=np.int32)
    centers = np.array([[5.0, 6.0], [7.0, 8.0]])
    for weights in (np.zeros(2), np.full(2, 0.0)):
        medians = kernels.weighted_medians(X, weights, weights, labels, centers)
        np.testing.assert_array_equal(medians, centers)
    medians = kernels.weighted_medians(X, np.ones(2), np.ones(2), labels, centers)
    np.testing.assert_array_equal(medians, [[2.0, 3.0], [7.0, 8.0]])


def test_medians_do_not_depend_on_the_order_of_the_shapes(kernels):
    rng = np.random.RandomState(0)
    X, weights = rng.lognormal(3, 1, size=(5000, 2)), rng.uniform(size=5000)
    labels, order = rng.randint(0, 5, size=5000).astype(np.int32), rng.permutation(5000)
    centers = X[:5]
    first = kernels.weighted_medians(X, weights, 1 - weights, labels, centers)
    shuffled = X[order], weights[order], 1 - weights[order], labels[order]
    assert_same_bits([first], [kernels.weighted_medians(*shuffled, centers)])


@pytest.mark.parametrize("n_clusters", [1, 60])
def test_two_values_that_halve_the_weight_exactly_have_the_median_midway(kernels, n_clusters):
    """The same weights in whatever order add up to the same."""
    rng = np.random.RandomState(0)
    weights = rng.uniform(0.5, 1, size=(n_clusters, 1, 200)).repeat(2, axis=1).ravel()
    X = np.tile(np.repeat([[1.0], [2.0]], 200, axis=0), (n_clusters, 1))
    labels = np.repeat(np.arange(n_clusters, dtype=np.int32), 400)
    order = rng.permutation(len(X))
    X, weights, labels = X[order], weights[order], labels[order]
    centers = np.ones((n_clusters, 1))
    medians = kernels.weighted_medians(X, weights, weights, labels, centers)
    np.testing.assert_array_equal(medians, 1.5)


@given(problem=problems())
@every_kernels
def test_a_grid_holds_the_moments_of_the_shapes_in_each_cell(name, problem):
    kernels = KERNELS[name]
    X, _, weights = problem
    logs, resolution = np.log2(X.T), 1
    cells = np.floor(logs * logs.dtype.type(resolution)).astype(np.int64)
    lowest = cells.min() - 1
    extent = cells.max() - lowest + 2
    grid = np.zeros((extent ** len(logs), len(logs) + 2))
    half = len(X) // 2
    for rows in (slice(half), slice(half, None)):
        side_by_side = np.ascontiguousarray(logs[:, rows])
        kernels.count_cells(grid, side_by_side, weights[rows], lowest, extent, resolution)
    own = np.ravel_multi_index(tuple(cells - lowest), (extent,) * len(cells))
    np.testing.assert_array_equal(np.flatnonzero(grid[:, 0]), np.unique(own))
    logs, rows = logs.astype(np.float64), grid[np.unique(own)]
    for key, (weight, *sums, squares) in zip(np.unique(own), rows, strict=True):
        mine = own == key
        assert weight == pytest.approx(weights[mine].sum())
        np.testing.assert_allclose(sums, (weights * logs)[:, mine].sum(axis=1), atol=1e-9)
        assert squares == pytest.approx((weights * logs**2)[:, mine].sum(), abs=1e-9)
    assert grid[:, 0].sum() == pytest.approx(weights.sum())


def test_a_rectangle_of_any_size_has_finite_bounds(kernels):
    """Seen from its middle the shape is out of sight, and it is in the rectangle."""
    sides, middle, one = np.full((2, 1), 1e-200), np.ones((1, 2)), np.ones(1)
    arguments = one, one / 2, one * 0, 1.0, middle * 1e-300, middle, middle * 1e300
    terms = kernels.rho_terms(sides, *arguments)
    np.testing.assert_array_equal(terms, [[0, 0.5, 0, 1.5, 0, 0, 0]])


def test_no_iou_exceeds_a_multiplier_of_1(kernels):
    sides, middle, one = np.full((2, 1), 10.0), np.full((1, 2), 10.0), np.ones(1)
    arguments = one, one, one / 1000, 1.2, middle / 1.01, middle, middle * 1.01
    np.testing.assert_array_equal(kernels.rho_terms(sides, *arguments), 0.0)


# The same bits


def all_kernels(kernels, X, centers, weights):
    """What every kernel returns for one problem."""
    labels, iou, second_iou = kernels.two_nearest(X, centers)
    yield labels, iou, second_iou
    yield kernels.nearest(X, centers)
    yield (kernels.pairwise(X, centers),)
    X = X.astype(np.float64)
    arguments = X, weights, labels, iou, second_iou, X[:4], len(centers)
    yield (kernels.swap_gains(*arguments),)
    above, below = kernels.gradient_weights(X, weights, labels, iou, centers)
    yield above, below
    for widths in (np.zeros(len(X)), np.resize([0.0, 0.01, 0.5, 2.0], len(X))):
        score, step = kernels.ascent_step(X, weights, widths, centers)
        yield np.float64(score), step
    if (X > 0).all() and (centers > 0).all():
        yield (kernels.weighted_medians(X, above, below, labels, centers),)
        score, ratios = kernels.median_step(X, weights, centers)
        yield np.float64(score), ratios


@pytest.mark.parametrize("name", COMPILED)
@given(problem=problems(st.one_of(ORDINARY, EXTREME)))
def test_the_twins_return_the_same_bits(name, problem):
    for first, second in zip(
        all_kernels(_numpy, *problem), all_kernels(KERNELS[name], *problem), strict=True
    ):
        assert_same_bits(first, second)


@pytest.mark.parametrize("name", COMPILED)
@pytest.mark.parametrize("n_dims", [1, 2, 3, 4])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_twins_return_the_same_bits_on_many_shapes(name, n_dims, dtype):
    """More than a block, and more than the buckets for few values."""
    rng = np.random.RandomState(n_dims)
    X = rng.lognormal(3, 1, size=(20_000, n_dims)).astype(dtype)
    centers, weights = X[:7].astype(np.float64), rng.uniform(size=len(X))
    for first, second in zip(
        all_kernels(_numpy, X, centers, weights),
        all_kernels(KERNELS[name], X, centers, weights),
        strict=True,
    ):
        assert_same_bits(first, second)
    logs = np.log2(np.ascontiguousarray(X.T))
    lowest = int(np.floor(2 * logs.min())) - 1
    extent = int(np.floor(2 * logs.max())) - lowest + 2
    grids = np.zeros((2, extent**n_dims, n_dims + 2))
    for twin, grid in zip((_numpy, KERNELS[name]), grids, strict=True):
        twin.count_cells(grid, logs, weights, lowest, extent, 2)
    assert_same_bits(grids[:1], grids[1:])


@pytest.mark.parametrize("name", COMPILED)
@given(
    seed=st.integers(0, 10**6),
    n_dims=st.integers(1, 4),
    width=st.sampled_from([0.0, 1e-6, 1e-2, 0.1, 1.0]),
    variance=st.sampled_from([0.0, 1e-3]),
    reach=st.sampled_from([1.0, 1.1]),
)
def test_the_twins_bound_rho_with_the_same_bits(name, seed, n_dims, width, variance, reach):
    rng = np.random.RandomState(seed)
    n = rng.randint(1, 300)
    X = np.exp(rng.normal(size=(n, n_dims)))
    low = X[rng.randint(n, size=5)] * np.exp(rng.normal(size=(5, n_dims)) / 4)
    high = low * np.exp(width * rng.exponential(size=low.shape))
    X[:5] = np.sqrt(low * high)[: len(X)]  # the middles themselves
    arguments = np.ascontiguousarray(X.T), rng.uniform(0.2, 5, n), rng.uniform(0, 1.2, n)
    rest = np.full(n, variance), reach, low, np.sqrt(low * high), high
    first, second = (twin.rho_terms(*arguments, *rest) for twin in (_numpy, KERNELS[name]))
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("name", COMPILED)
@given(seed=st.integers(0, 10**6), step=st.sampled_from([0.0, 0.1, 1.0, 1e6]))
def test_the_twins_move_multipliers_to_the_same_bits(name, seed, step):
    rng = np.random.RandomState(seed)
    iou = -np.sort(-rng.randint(0, 20, size=(30, 12)) / 20.0, axis=1).astype(np.float32)
    order = rng.uniform(size=(30, 12)).argsort(axis=1).astype(np.int16)
    arguments = rng.uniform(size=30), rng.uniform(0, 0.6, 12), rng.uniform(size=30), step, 1e-9
    both = (twin.proximal_multipliers(order, iou, *arguments) for twin in (_numpy, KERNELS[name]))
    for first, second in zip(*both, strict=True):
        np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "laid_out",
    [
        np.asfortranarray,
        lambda X: np.repeat(X, 2, axis=0)[::2],
        lambda X: np.flipud(X.copy()[::-1]),
        lambda X: np.fliplr(X.copy()[:, ::-1]),
    ],
    ids=["columns", "every-other-row", "rows-backwards", "columns-backwards"],
)
def test_any_layout_gives_the_same(kernels, laid_out, dtype):
    X = np.random.RandomState(0).lognormal(3, 1, size=(700, 2)).astype(dtype)
    centers = X[:5].astype(np.float64)
    same = laid_out(X)
    same.setflags(write=False)
    assert_same_bits(kernels.two_nearest(same, centers), kernels.two_nearest(X, centers))
    assert_same_bits([kernels.pairwise(same, centers)], [kernels.pairwise(X, centers)])


# Which are at work


def run_python(code, **environment):
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=os.environ | environment,
        check=False,
    )


def test_the_variable_decides():
    code = "from sklearn_iou_kmeans import _kernels; print(_kernels.kernels_in_use)"
    for name in ["numpy", "compiled"] if COMPILED else ["numpy"]:
        done = run_python(code, SKLEARN_IOU_KMEANS_KERNELS=name)
        assert done.stdout == f"{name}\n", done.stderr


def test_another_value_of_the_variable_is_refused():
    done = run_python("import sklearn_iou_kmeans._kernels", SKLEARN_IOU_KMEANS_KERNELS="cython")
    message = "SKLEARN_IOU_KMEANS_KERNELS='cython': set it to 'compiled' or 'numpy', or unset it."
    assert message in done.stderr


def test_compiled_kernels_that_are_missing_are_said_to_be(monkeypatch):
    for name in ("_compiled", "_compiled_avx2"):
        monkeypatch.setitem(sys.modules, f"sklearn_iou_kmeans._kernels.{name}", None)
    with pytest.raises(ImportError, match="was installed without compiled kernels"):
        _kernels.choose_kernels("compiled")
    assert _kernels.choose_kernels(None)[0] == "numpy"


@needs_compiler
def test_compiled_kernels_of_another_version_are_refused_by_name(monkeypatch):
    assert _kernels.choose_kernels(None)[0] == "compiled"
    monkeypatch.setattr(_numpy, "CONTRACT", _numpy.CONTRACT + 1)
    with pytest.raises(ImportError, match=r"_compiled.* belong to another version"):
        _kernels.choose_kernels(None)
    assert _kernels.choose_kernels("numpy")[0] == "numpy"
