"""The upper bound: nothing exceeds it, and each inequality that it rests on."""

from itertools import combinations, product

import numpy as np
import pytest
from cases import cases
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, eye, hstack, kron

from sklearn_iou_kmeans import IoUKMeans, ShapeHistogram
from sklearn_iou_kmeans._bound import _rectangles, problem_of_boxes
from sklearn_iou_kmeans._bound._branching import children
from sklearn_iou_kmeans._bound._certify import everywhere
from sklearn_iou_kmeans._bound._goal import Goal
from sklearn_iou_kmeans._bound._problem import problem_of_histogram
from sklearn_iou_kmeans._kernels import _numpy, rho_terms
from sklearn_iou_kmeans.datasets import make_boxes
from sklearn_iou_kmeans.metrics import average_iou_score, average_iou_upper_bound, pairwise_iou
from sklearn_iou_kmeans.preprocessing import box_sizes

SIDES = st.one_of(st.floats(0.1, 100.0), st.integers(1, 6).map(float))


@st.composite
def weighted_boxes(draw, most=14, sides=SIDES):
    """A few boxes of 1 to 3 sides, some of them equal, some with a side of 0, and weights."""
    n, n_dims = draw(st.integers(2, most)), draw(st.integers(1, 3))
    X = draw(arrays(np.float64, (n, n_dims), elements=st.one_of(sides, st.just(0.0))))
    X[0] = draw(arrays(np.float64, n_dims, elements=sides))
    some = st.floats(0.0, 9.0, allow_subnormal=False)  # half of the least number would be 0
    weights = draw(arrays(np.float64, n, elements=st.one_of(st.just(1.0), some)))
    weights[0] = 1.0
    return X, weights


def positive(X):
    return X[(X > 0).all(axis=1)]


# Nothing exceeds it


# Weights so different that the first steps of the multipliers are larger than 1e16.
SEVEN_TINY_WEIGHTS = (
    np.array([[4.0, 8], [1, 8], [8, 8], [8, 8], [4, 4], [8, 0], [0, 0], [8, 8]]),
    np.array([1.0] + [1e-139] * 7),
)


@cases(0.6)
@given(boxes=weighted_boxes(), n_clusters=st.integers(1, 4), seed=st.integers(0, 9))
@example(boxes=SEVEN_TINY_WEIGHTS, n_clusters=3, seed=0)
def test_no_anchors_exceed_the_bound(boxes, n_clusters, seed):
    X, weights = boxes
    rng = np.random.RandomState(seed)
    shapes = positive(X)
    centers = rng.permutation(np.resize(shapes, (max(len(shapes), n_clusters), X.shape[1])))
    bound = average_iou_upper_bound(
        X, n_clusters, sample_weight=weights, centers=centers[:n_clusters], max_time=0.2
    )
    assert 0 <= bound <= 1
    for _ in range(40):
        rows = rng.randint(len(shapes), size=(n_clusters, X.shape[1]))
        anchors = np.take_along_axis(shapes, rows, axis=0)
        anchors *= rng.choice([1.0, 0.9, 1.05], size=anchors.shape)
        assert average_iou_score(X, anchors, sample_weight=weights) <= bound


@cases(0.4)
@given(boxes=weighted_boxes(), n_clusters=st.integers(1, 4))
def test_no_fit_exceeds_the_bound(boxes, n_clusters):
    X, weights = boxes
    n_clusters = min(n_clusters, len(np.unique(positive(X[weights > 0]), axis=0)))
    bound = average_iou_upper_bound(X, n_clusters, sample_weight=weights, max_time=0.2)
    for seed in range(4):
        kmeans = IoUKMeans(n_clusters, random_state=seed).fit(X, sample_weight=weights)
        assert kmeans.average_iou_ <= bound


@cases(0.3)
@given(boxes=weighted_boxes(most=8), n_clusters=st.integers(1, 3))
def test_no_partition_exceeds_the_bound(boxes, n_clusters):
    """Every choice of centers whose sides are sides of boxes or lie midway between two."""
    X, weights = boxes
    shapes = positive(X)
    centers = np.resize(shapes, (n_clusters, X.shape[1]))
    bound = average_iou_upper_bound(
        X, n_clusters, sample_weight=weights, centers=centers, max_time=0.2
    )
    values = [np.unique(side) for side in shapes.T]
    grid = np.array(list(product(*values)))
    between = np.sqrt(grid[:-1] * grid[1:])
    candidates = np.vstack([grid, between])[:40]
    iou = pairwise_iou(X, candidates)
    n_chosen = min(n_clusters, len(candidates))
    for chosen in combinations(range(len(candidates)), n_chosen):
        assert np.average(iou[:, chosen].max(axis=1), weights=weights) <= bound + 1e-15


@given(
    shapes=arrays(np.float64, (4, 2), elements=SIDES),
    labels=st.lists(st.integers(0, 3), min_size=1, max_size=20),
)
def test_anchors_without_loss_leave_a_bound_of_1(shapes, labels):
    X = shapes[labels]
    n_distinct = len(np.unique(X, axis=0))
    assert average_iou_upper_bound(X, n_distinct) == 1.0
    assert average_iou_upper_bound(X, n_distinct + 1) == 1.0


def test_a_side_of_0_leaves_less():
    X = [[1, 1], [5, 5], [0, 3], [2, 0]]
    assert average_iou_upper_bound(X, 2) == pytest.approx(0.5, abs=1e-12)
    assert average_iou_upper_bound(X, 2, sample_weight=[1, 1, 0, 0]) == 1.0
    assert average_iou_upper_bound([[0, 1], [0, 0]], 1) == 0.0


@pytest.mark.parametrize("n_dims", [1, 2, 3])
@pytest.mark.parametrize("n_clusters", [1, 2, 5])
def test_close_to_what_a_fit_reaches(n_clusters, n_dims):
    X = np.random.RandomState(0).lognormal(3, 0.7, size=(60, n_dims))
    kmeans = IoUKMeans(n_clusters, random_state=0).fit(X)
    bound = average_iou_upper_bound(
        X, n_clusters, centers=kmeans.cluster_centers_, tol=0.015, max_time=60.0
    )
    assert kmeans.average_iou_ <= bound <= kmeans.average_iou_ + 0.02


def test_at_least_the_optimum_of_the_boxes_as_candidates():
    """The p-median problem, which a solver of mixed-integer programs solves."""
    n, n_clusters = 100, 4
    rng = np.random.RandomState(3)
    X, weights = rng.lognormal(3, 0.8, size=(n, 2)), rng.uniform(0.5, 3, n)
    iou = weights[:, None] * pairwise_iou(X, X)
    nothing, each, is_center = csr_array((n, n)), eye(n), np.append(np.zeros(n * n), np.ones(n))
    taken = hstack([kron(each, np.ones(n)), nothing])  # each box has one center
    opened = hstack([eye(n * n), -kron(np.ones((n, 1)), each)])  # which has to be there
    result = milp(
        -np.append(iou.ravel(), np.zeros(n)),
        integrality=is_center,
        bounds=Bounds(0, 1),
        constraints=[
            LinearConstraint(taken, 1, 1),
            LinearConstraint(opened, -np.inf, 0),
            LinearConstraint(is_center, n_clusters, n_clusters),
        ],
    )
    assert result.success
    bound = average_iou_upper_bound(X, n_clusters, sample_weight=weights)
    assert -result.fun / weights.sum() <= bound


@pytest.mark.parametrize(("n", "n_clusters"), [(50, 3), (50, 9), (200, 5)])
def test_few_boxes_are_settled(n, n_clusters):
    """Cuts of the plane close the gap that centers taken in part leave."""
    X = np.random.RandomState(1).lognormal(3, 0.8, size=(n, 2))
    best = IoUKMeans(n_clusters, n_init=50, random_state=0).fit(X)
    bound = average_iou_upper_bound(
        X, n_clusters, centers=best.cluster_centers_, tol=2e-4, max_time=None
    )
    assert best.average_iou_ <= bound <= best.average_iou_ + 4e-4


def test_the_parts_of_a_cut_hold_every_choice_of_centers():
    X = np.random.RandomState(0).lognormal(3, 0.8, size=(40, 2))
    regions = everywhere(problem_of_boxes(X, np.ones(40)), 4)
    cuts = [(0, 0, float(np.sqrt(regions.low[0, 0] * regions.high[0, 0]))), (0, 1, 1.0)]
    parts = [part for child in children(regions, *cuts[0]) for part in children(child, *cuts[1])]
    rng = np.random.RandomState(1)
    for _ in range(200):
        low, high = regions.low[0], regions.high[0]
        centers = low * (high / low) ** rng.uniform(size=(4, 2))
        homes = 0
        for part in parts:
            is_in = (centers[:, None] >= part.low) & (centers[:, None] <= part.high)
            homes += bool((is_in.all(axis=2).sum(axis=0) == part.counts).all())
        assert homes >= 1


# Units, repeats, limits


@pytest.mark.parametrize("exponent", [-1060, -500, 500, 1000])
def test_the_bound_does_not_depend_on_the_unit(exponent):
    X = np.random.RandomState(0).randint(1, 50, size=(30, 2)).astype(float)
    scaled = np.ldexp(X, [exponent, 0])
    expected = average_iou_upper_bound(X, 3, centers=X[:3], max_time=None)
    assert average_iou_upper_bound(scaled, 3, centers=scaled[:3], max_time=None) == expected


def test_sides_too_far_apart_for_their_ratios():
    X = np.array([[5e-324, 1e-200], [1e300, 1e308], [1e-300, 1.0], [1.0, 1.0]])
    bound = average_iou_upper_bound(X, 2)
    assert average_iou_score(X, X[:2]) <= bound <= 1


@pytest.mark.parametrize("factor", [1e-200, 1e-30, 1e250])
def test_weights_of_any_magnitude(factor):
    X, weights = np.random.RandomState(0).uniform(1, 50, size=(30, 2)), np.arange(1.0, 31.0)
    bounds = [
        average_iou_upper_bound(X, 3, sample_weight=weights * scale, centers=X[:3], max_time=None)
        for scale in (1.0, factor)
    ]
    assert bounds[0] == pytest.approx(bounds[1], abs=1e-3)


def test_the_same_bits_without_a_limit_of_time():
    X = np.random.RandomState(0).uniform(1, 50, size=(100, 2))
    first, second = (average_iou_upper_bound(X, 4, max_time=None) for _ in range(2))
    assert first == second


def test_steps_of_a_part_of_the_computation_count_for_the_whole():
    whole = Goal(0.5, 1e-3, stop_to_branch=True).with_steps(3)
    part = whole.with_steps(2)
    assert [part.take_step() for _ in range(3)] == [True, True, False]
    assert [whole.take_step() for _ in range(2)] == [True, False]
    assert not whole.with_steps(2).take_step()


def test_it_holds_however_early_it_stops():
    X = np.random.RandomState(0).lognormal(3, 1, size=(4_000, 2))
    kmeans = IoUKMeans(7, random_state=0).fit(X)
    for max_time in (1e-9, 0.01, 0.1, 0.5):
        bound = average_iou_upper_bound(X, 7, centers=kmeans.cluster_centers_, max_time=max_time)
        assert kmeans.average_iou_ <= bound <= 1


# Many boxes


@pytest.mark.parametrize(("resolution", "max_time"), [(2, 1.0), (16, 60.0), (64, 60.0)])
def test_the_bound_of_a_histogram_holds_for_its_boxes(resolution, max_time):
    """Wide cells prove little; with narrow ones, the tolerance is reached long before the time."""
    X = box_sizes(make_boxes(5_000, random_state=0).data).astype(np.float32)
    kmeans = IoUKMeans(4, random_state=0).fit(X)
    histogram = ShapeHistogram(resolution).add(X[:2_000]).add(X[2_000:])
    bound = average_iou_upper_bound(histogram, 4, tol=0.005, max_time=max_time)
    assert kmeans.average_iou_ <= bound
    if resolution >= 16:
        assert bound <= kmeans.average_iou_ + 0.01


def test_many_boxes_are_summarised():
    X = box_sizes(make_boxes(30_000, random_state=1).data)
    kmeans = IoUKMeans(3, random_state=0).fit(X)
    centers = kmeans.cluster_centers_
    bound = average_iou_upper_bound(X, 3, centers=centers, tol=0.005, max_time=60.0)
    assert kmeans.average_iou_ <= bound <= kmeans.average_iou_ + 0.005


def test_many_boxes_in_one_cell():
    X = np.random.RandomState(0).uniform(10.01, 10.02, size=(4_000, 2))
    kmeans = IoUKMeans(3, random_state=0).fit(X)
    centers = kmeans.cluster_centers_
    bound = average_iou_upper_bound(X, 3, centers=centers, tol=5e-4, max_time=60.0)
    assert kmeans.average_iou_ <= bound <= kmeans.average_iou_ + 5e-4


# The inequalities


LOGS = st.floats(-3.0, 3.0)


def g(d):
    """IoU of two shapes whose sides have ratios of these logarithms; any leading shape."""
    p, q = np.maximum(-d, 0).sum(axis=-1), np.maximum(d, 0).sum(axis=-1)
    return 1 / (np.exp(p) + np.exp(q) - 1)


def slope(d):
    """The gradient of g; 0, which lies between the slopes on both sides, where d is 0."""
    p, q = np.maximum(-d, 0).sum(), np.maximum(d, 0).sum()
    return np.where(d < 0, np.exp(p), np.where(d > 0, -np.exp(q), 0.0)) * g(d) ** 2


def steepest(iou, n_dims):
    return np.maximum(n_dims * iou, 2 * (n_dims - 1) * iou - iou**2 + 2 * iou**3)


def vectors(*more):
    """Vectors of one length between 1 and 4, with some entries of 0."""
    entries = st.one_of(LOGS, st.just(0.0))
    return st.integers(1, 4).flatmap(
        lambda d: st.tuples(*(arrays(np.float64, (*shape, d), elements=entries) for shape in more))
    )


@given(vectors((), ()))
def test_iou_is_a_function_of_the_differences_of_logarithms(pair):
    a, c = pair
    assert pairwise_iou([np.exp(a)], [np.exp(c)]) == pytest.approx(g(c - a), rel=1e-12)


@given(vectors((), ()), st.floats(0, 1))
def test_iou_falls_with_the_distance_in_each_side(pair, part):
    d, other = pair
    for j in range(len(d)):
        nearer = d.copy()
        nearer[j] *= part
        assert g(nearer) >= g(d) * (1 - 1e-14)
    assert g(d + other) >= g(d) * np.exp(-np.abs(other).sum()) * (1 - 1e-14)


@given(vectors((), ()))
def test_second_order(pair):
    """Along the whole way, whatever d_j pass 0."""
    d, e = pair
    way = d + np.linspace(0, 1, 101)[:, None] * e
    largest = g(way).max()
    bound = g(d) + slope(d) @ e + steepest(largest, len(d)) * (e @ e) / 2
    assert g(d + e) <= bound + 1e-12


@given(vectors((), (), ()), st.floats(0, 1))
def test_over_a_rectangle_iou_is_largest_nearest_to_the_shape_and_smallest_in_a_corner(drawn, part):
    shape, one, other = drawn
    low, high = np.minimum(one, other), np.maximum(one, other)
    within = g(low + part * (high - low) - shape)
    assert within <= g(np.clip(shape, low, high) - shape) * (1 + 1e-14)
    corners = np.array(list(product(*zip(low, high, strict=True))))
    assert within >= g(corners - shape).min() * (1 - 1e-14)


@given(st.integers(1, 3).flatmap(lambda d: arrays(np.float64, (6, d), elements=LOGS)))
def test_no_center_outside_the_shapes_is_better_than_the_nearest_within(logs):
    *shapes, center = logs
    nearest = np.clip(center, np.min(shapes, axis=0), np.max(shapes, axis=0))
    for shape in shapes:
        assert g(center - shape) <= g(nearest - shape) * (1 + 1e-14)


@given(vectors((), ()))
def test_no_second_derivative_exceeds_the_curvature(pair):
    d, direction = pair
    d = d + np.where(d < 0, -0.01, 0.01)  # away from the changes of sign
    falls = d < 0
    size = np.where(falls, np.exp(-d[falls].sum()), np.exp(d[~falls].sum()))
    first = np.where(falls, -size, size)  # derivatives of 1 / g
    second = np.where(falls[:, None] == falls, size, 0.0)
    hessian = 2 * g(d) ** 3 * np.outer(first, first) - g(d) ** 2 * second
    step = 1e-5 * direction
    change = (slope(d + step) - slope(d - step)) / 2
    np.testing.assert_allclose(change, hessian @ step, atol=1e-9)
    assert np.linalg.eigvalsh(hessian).max() <= steepest(g(d), len(d)) + 1e-12


@given(vectors((20,), ()), st.sampled_from([0.01, 0.1, 1.0]))
def test_the_mean_and_the_variance_of_iou_over_a_cell(drawn, width):
    """They follow from the variance of the logarithms in the cell."""
    spread, d = drawn
    shapes = d + width * (spread - spread.mean(axis=0)) / 6
    largest = g(shapes[:, None] + np.linspace(0, 1, 21)[:, None] * (d - shapes)[:, None]).max()
    variance, n_dims = np.square(shapes - d).sum(axis=1).mean(), len(d)
    iou = g(shapes)
    assert iou.mean() <= g(d) + steepest(largest, n_dims) * variance / 2 + 1e-12
    assert iou.var() <= n_dims * largest**2 * variance + 1e-12


@given(st.floats(0.001, 1.0), st.floats(0.0, 1.0), st.integers(1, 5))
def test_the_curvature_increases_with_the_iou(iou, part, n_dims):
    assert steepest(part * iou, n_dims) <= steepest(iou, n_dims)


@given(
    arrays(np.float64, 30, elements=st.floats(-1, 1)),
    arrays(np.float64, 30, elements=st.floats(0.1, 3)),
    st.floats(0, 1),
)
def test_scarf(values, weights, more):
    mean = np.average(values, weights=weights)
    variance = np.average((values - mean) ** 2, weights=weights)
    positive_part = np.average(np.maximum(values, 0), weights=weights)
    higher = mean + more
    assert positive_part <= (higher + np.hypot(higher, np.sqrt(variance))) / 2 + 1e-12


@given(st.floats(-1, 1), st.floats(1e-9, 1), st.floats(0, 1))
def test_the_chord_is_above_the_positive_part(lowest, width, part):
    highest = max(lowest, 0.0) + width
    value = lowest + part * (highest - lowest)
    lowest = min(lowest, 0.0)
    share = highest / (highest - lowest)
    assert max(value, 0.0) <= share * (value - lowest) + 1e-12


@given(
    arrays(np.float64, (6, 4), elements=st.floats(0, 1)),
    arrays(np.float64, 6, elements=st.floats(0, 1)),
    st.integers(1, 4),
)
def test_duality(iou, multipliers, n_clusters):
    rho = np.maximum(iou - multipliers[:, None], 0).sum(axis=0)
    for chosen in combinations(range(4), n_clusters):
        best = iou[:, chosen].max(axis=1).sum()
        assert best <= multipliers.sum() + n_clusters * rho.max() + 1e-12


@st.composite
def rectangles(draw):
    """Boxes, multipliers, and rectangles of log centers near them, large and small."""
    n, n_dims = draw(st.integers(1, 30)), draw(st.integers(1, 4))
    rng = np.random.RandomState(draw(st.integers(0, 10**6)))
    X = np.exp(rng.normal(size=(n, n_dims)))
    low = X[rng.randint(n, size=5)] * np.exp(rng.normal(size=(5, n_dims)) / 4)
    high = low * np.exp(rng.exponential(draw(st.sampled_from([1e-6, 1e-2, 0.1, 1.0])), low.shape))
    return X, rng.uniform(0.2, 5, n), low, high, rng


def posed(X, weights, low, high, rng):
    """The problem of the boxes, multipliers, and the rectangles in its scale."""
    problem = problem_of_boxes(X, weights)
    mu = np.maximum(rng.uniform(-0.2, 1, problem.sides.shape[1]), 1e-9)
    return problem, mu, np.ldexp(low, problem.scale), np.ldexp(high, problem.scale), rng


@cases(3)
@given(rectangles())
def test_no_center_in_a_rectangle_exceeds_its_bound(drawn):
    problem, mu, low, high, rng = posed(*drawn)
    middle, value, _, bound, _ = _rectangles.bound_rectangles(problem, mu, low, high)
    for i in range(len(low)):
        within = low[i] * (high[i] / low[i]) ** rng.choice([0, 0.5, 1, rng.uniform()], (60, 1))
        within = np.vstack([within, low[i] * (high[i] / low[i]) ** rng.uniform(size=low[i].shape)])
        iou = pairwise_iou(problem.sides.T, np.clip(within, low[i], high[i]))
        rho = problem.sample_weight @ np.maximum(iou - mu[:, None], 0)
        assert rho.max() <= bound[i]
        at = problem.sample_weight @ np.maximum(
            pairwise_iou(problem.sides.T, middle[i : i + 1])[:, 0] - mu, 0
        )
        assert value[i] == pytest.approx(at, abs=1e-12)


@given(rectangles())
def test_no_center_in_a_region_exceeds_what_splitting_it_leaves(drawn):
    problem, mu, low, high, rng = posed(*drawn)
    regions = _rectangles.Regions(low, high, np.ones(len(low)))
    steps = iter(range(rng.randint(1, 40)))
    peaks = _rectangles.largest_rho(
        problem, mu, regions, np.zeros(len(low)), 1e-4, lambda: next(steps, None) is not None
    )
    for i in range(len(low)):
        within = low[i] * (high[i] / low[i]) ** rng.uniform(size=(200, low.shape[1]))
        iou = pairwise_iou(problem.sides.T, within)
        rho = problem.sample_weight @ np.maximum(iou - mu[:, None], 0)
        assert rho.max() <= peaks.bounds[i]


@cases(2)
@given(rectangles(), st.sampled_from([1, 4, 16, 64]))
def test_no_center_in_a_rectangle_exceeds_the_bound_of_a_histogram(drawn, resolution):
    X, weights, low, high, rng = drawn
    X = np.vstack([X * np.exp(rng.normal(size=X.shape) * 0.02) for _ in range(5)])
    weights = np.tile(weights, 5)
    histogram = ShapeHistogram(resolution).add(X, weights)
    problem = problem_of_histogram(histogram, np.finfo(np.float64).eps)
    mu = np.maximum(rng.uniform(-0.2, 1.2, problem.sides.shape[1]), 1e-9)
    low, high = np.ldexp(low, problem.scale), np.ldexp(high, problem.scale)
    *_, bound, _ = _rectangles.bound_rectangles(problem, mu, low, high)
    # The cell of each box.
    cells = np.floor(np.log2(X) * resolution)
    means = np.log2(problem.sides.T / np.ldexp(1.0, problem.scale))
    mine = np.floor(means * resolution + 1e-9)
    of_box = [int(np.flatnonzero((mine == cell).all(axis=1))[0]) for cell in cells]
    for i in range(len(low)):
        within = low[i] * (high[i] / low[i]) ** rng.uniform(size=(60, X.shape[1]))
        iou = pairwise_iou(np.ldexp(X, problem.scale), within)
        rho = weights @ np.maximum(iou - mu[of_box, None], 0) / weights.sum()
        assert rho.max() <= bound[i]


def test_a_multiplier_above_1_takes_nothing_away():
    """No IoU exceeds 1, so the other boxes' part of rho is the whole of it."""
    sides, middle = np.full((2, 1), 10.0), np.full((1, 2), 10.0)
    arguments = np.ones(1), np.array([1.05]), np.zeros(1), 1.2
    terms = rho_terms(sides, *arguments, middle / 1.01, middle, middle * 1.01)
    np.testing.assert_array_equal(terms, 0.0)


@given(st.integers(0, 10**6), st.sampled_from([0.01, 0.3, 5.0]))
def test_moved_multipliers_are_the_smallest_of_what_they_minimise(seed, step):
    rng = np.random.RandomState(seed)
    iou = -np.sort(-rng.uniform(size=(5, 8)).astype(np.float32), axis=1)
    order = rng.uniform(size=(5, 8)).argsort(axis=1).astype(np.int16)
    weights, mass, mu = rng.uniform(size=5), rng.uniform(0, 0.6, 8), rng.uniform(size=5)
    moved, _ = _numpy.proximal_multipliers(order, iou, weights, mass, mu, step, 0.0)
    tried = np.linspace(0, 1, 1001)
    for i in range(5):

        def cost(x, i=i):
            gains = np.maximum(iou[i] - x[:, None], 0) @ mass[order[i]]
            return x + gains + (x - mu[i]) ** 2 / (2 * step)

        assert cost(moved[i : i + 1])[0] <= cost(tried).min() + 1e-12


# Bad input


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_clusters": 0}, "n_clusters == 0, must be >= 1"),
        ({"tol": 0}, "tol == 0, must be > 0"),
        ({"tol": -1.0}, "tol == -1.0, must be > 0"),
        ({"tol": np.nan}, "tol == nan, must be > 0"),
        ({"max_time": np.nan}, "max_time == nan, must be > 0"),
        ({"max_time": 0}, "max_time == 0, must be > 0"),
        ({"max_time": -1.0}, "max_time == -1.0, must be > 0"),
        ({"centers": [[1, 2, 3]]}, "centers has 3 sides a shape and X has 2"),
        ({"centers": [[1, 2], [1, 3]]}, "centers has 2 rows and n_clusters=1"),
        ({"centers": [[1, -2]]}, r"centers\[0, 1\] is -2"),
        ({"sample_weight": [0.0, 0.0]}, "sample_weight is zero for every sample"),
        ({"sample_weight": [1.0]}, "sample_weight.shape"),
        ({"X": [[1, np.nan]]}, r"X\[0, 1\] is nan"),
        ({"X": ShapeHistogram()}, "(?i)0 sample"),
        ({"X": ShapeHistogram().add([[1, 2]]), "sample_weight": [1]}, "None with a histogram"),
    ],
)
def test_bad_input_is_named(options, message):
    with pytest.raises(ValueError, match=message):
        average_iou_upper_bound(**{"X": [[1, 2], [3, 4]], "n_clusters": 1} | options)


@pytest.mark.parametrize("name", ["tol", "max_time"])
def test_a_text_is_no_number(name):
    with pytest.raises(TypeError, match=f"{name} must be an instance of"):
        average_iou_upper_bound([[1, 2], [3, 4]], 1, **{name: "0.1"})
