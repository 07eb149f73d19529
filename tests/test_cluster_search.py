"""The search on summaries of the boxes."""

import itertools

import numpy as np
import pytest
from cases import cases
from hypothesis import given
from hypothesis import strategies as st
from oracle import best_partition

from sklearn_iou_kmeans import IoUKMeans
from sklearn_iou_kmeans._cluster._search import (
    are_on_a_grid,
    best_of,
    climb,
    distinct_values,
    move_single_sides,
    random_swaps,
    search,
    swap,
    towards_medians,
    with_next_values,
)
from sklearn_iou_kmeans._cluster._solution import Solution, evaluate
from sklearn_iou_kmeans._cluster._summary import Summary, summarize
from sklearn_iou_kmeans._kernels import ascent_step, nearest, pairwise
from sklearn_iou_kmeans.datasets import make_boxes
from sklearn_iou_kmeans.metrics import average_iou_score
from sklearn_iou_kmeans.preprocessing import box_sizes


@pytest.fixture(scope="module")
def sizes():
    return box_sizes(make_boxes(20_000, random_state=0).data)


@pytest.mark.parametrize("n_clusters", [1, 2, 5, 9])
def test_at_least_as_good_as_lloyd_on_all_boxes(sizes, n_clusters):
    found = IoUKMeans(n_clusters, random_state=0).fit(sizes)
    lloyd = IoUKMeans(n_clusters, algorithm="lloyd", n_init=5, random_state=0).fit(sizes)
    assert found.average_iou_ >= lloyd.average_iou_ - 5e-5


def test_every_seed_finds_about_the_same_optimum(sizes):
    found = [IoUKMeans(6, random_state=seed).fit(sizes).average_iou_ for seed in range(5)]
    assert max(found) - min(found) < 2e-4


def test_the_attributes_are_those_of_all_boxes(sizes):
    kmeans = IoUKMeans(5, random_state=0).fit(sizes)
    labels, iou = nearest(sizes, kmeans.cluster_centers_)
    np.testing.assert_array_equal(kmeans.labels_, labels)
    assert kmeans.average_iou_ == pytest.approx(iou.mean())
    assert kmeans.inertia_ == pytest.approx((1 - iou).sum())


def test_a_shuffle_changes_nothing_but_rounding(sizes):
    shuffled = sizes[np.random.RandomState(0).permutation(len(sizes))]
    first, second = (IoUKMeans(5, random_state=0).fit(X) for X in (sizes, shuffled))
    np.testing.assert_allclose(first.cluster_centers_, second.cluster_centers_, rtol=1e-9)


@pytest.mark.parametrize("n_dims", [1, 3])
def test_segments_and_3d_boxes(n_dims):
    X = np.random.RandomState(0).lognormal(2, 0.8, size=(5000, n_dims))
    found = IoUKMeans(4, random_state=0).fit(X)
    lloyd = IoUKMeans(4, algorithm="lloyd", n_init=3, random_state=0).fit(X)
    assert found.average_iou_ >= lloyd.average_iou_ - 1e-4


def test_more_sides_than_any_summary_can_tell_apart():
    """Two cells a side make more cells than boxes, so no summary is small; it ends all the same."""
    X = np.random.RandomState(0).lognormal(0, 0.3, size=(3000, 14))
    kmeans = IoUKMeans(2, n_init=1, random_state=0).fit(X)
    assert len(np.unique(kmeans.labels_)) == 2


def test_many_clusters(sizes):
    kmeans = IoUKMeans(80, n_init=2, random_state=0).fit(sizes)
    assert len(np.unique(kmeans.labels_)) == 80
    lloyd = IoUKMeans(80, algorithm="lloyd", n_init=1, random_state=0).fit(sizes)
    assert kmeans.average_iou_ >= lloyd.average_iou_


def test_sides_over_many_orders_of_magnitude():
    X = 10.0 ** np.random.RandomState(0).uniform(-30, 30, size=(3000, 2))
    kmeans = IoUKMeans(8, random_state=0).fit(X)
    assert np.isfinite(kmeans.cluster_centers_).all()
    assert (kmeans.cluster_centers_ > 0).all()
    assert 0 < kmeans.average_iou_ < 1


def test_update_rules_as_published_run_on_all_boxes(sizes):
    with pytest.raises(ValueError, match="update='mean' runs as published, on all boxes"):
        IoUKMeans(3, update="mean", algorithm="random_swap").fit(sizes)


# Streams


def fit_in_chunks(chunks, **parameters):
    kmeans = IoUKMeans(random_state=0, **parameters)
    for chunk in chunks:
        kmeans.partial_fit(chunk)
    return kmeans


def test_chunks_in_any_order_give_the_anchors_of_all_boxes(sizes):
    """Even sorted ones, of which the first have nothing in common with the last."""
    by_area = np.array_split(sizes[np.argsort(sizes.prod(axis=1))], 7)
    whole = IoUKMeans(6, random_state=0).fit(sizes)
    forward = fit_in_chunks(by_area, n_clusters=6)
    backward = fit_in_chunks(by_area[::-1], n_clusters=6)
    assert abs(forward.score(sizes) - whole.average_iou_) < 1e-4
    np.testing.assert_allclose(forward.cluster_centers_, backward.cluster_centers_, rtol=1e-6)
    assert forward.histogram_.n_samples == len(sizes)


def test_chunks_keep_weights(sizes):
    weights = np.random.RandomState(0).randint(0, 3, size=len(sizes))
    weighted = IoUKMeans(4, random_state=0).partial_fit(sizes, sample_weight=weights)
    repeated = IoUKMeans(4, random_state=0).partial_fit(np.repeat(sizes, weights, axis=0))
    np.testing.assert_allclose(weighted.cluster_centers_, repeated.cluster_centers_, rtol=1e-6)


@pytest.mark.parametrize("side", [1e-200, 1e200, np.finfo(np.float64).max])
def test_chunks_may_be_in_different_precisions(side):
    """Non-regression test for centers of earlier chunks that became 0 or infinite."""
    kmeans = IoUKMeans(2, random_state=0).partial_fit([[side, side], [3, 4]])
    kmeans.partial_fit(np.array([[3, 4]], dtype=np.float32))
    assert kmeans.score([[side, side], [3, 4]]) == pytest.approx(1)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_chunks_may_hold_the_largest_boxes_of_all(dtype):
    largest = np.full((5, 2), np.finfo(dtype).max, dtype=dtype)
    assert IoUKMeans(1, random_state=0).partial_fit(largest).score(largest) == pytest.approx(1)


def test_fit_forgets_what_was_added(sizes):
    kmeans = IoUKMeans(3, random_state=0).partial_fit(sizes * 10)
    assert not hasattr(kmeans, "labels_")
    kmeans.fit(sizes)
    assert not hasattr(kmeans, "histogram_")
    kmeans.partial_fit(sizes)
    assert kmeans.histogram_.n_samples == len(sizes)
    assert not hasattr(kmeans, "average_iou_")


@pytest.mark.parametrize(
    ("chunk", "message"),
    [
        (np.ones((4, 3)), "X has 3 features, but IoUKMeans is expecting 2"),
        (np.array([[1.0, np.nan]]), r"X\[0, 1\] is nan"),
        (np.array([[1.0, -4.0]]), r"X\[0, 1\] is -4.0"),
        (np.empty((0, 2)), "0 sample"),
    ],
)
def test_a_refused_chunk_loses_nothing(sizes, chunk, message):
    kmeans = IoUKMeans(4, random_state=0).partial_fit(sizes)
    centers = kmeans.cluster_centers_
    with pytest.raises(ValueError, match=message):
        kmeans.partial_fit(chunk)
    np.testing.assert_array_equal(kmeans.cluster_centers_, centers)
    assert kmeans.histogram_.n_samples == len(sizes)
    kmeans.partial_fit(sizes)
    assert kmeans.histogram_.n_samples == 2 * len(sizes)


def test_a_chunk_of_boxes_without_area(sizes):
    """After others it counts; with nothing before there is nothing to cluster."""
    zeros = np.zeros((10, 2))
    with pytest.raises(ValueError, match="has positive sides"):
        IoUKMeans(2).partial_fit(zeros)
    kmeans = IoUKMeans(2, random_state=0).partial_fit(sizes).partial_fit(zeros)
    assert kmeans.histogram_.n_samples == len(sizes) + 10
    assert (kmeans.cluster_centers_ > 0).all()


def test_chunks_of_other_precision(sizes):
    kmeans = fit_in_chunks([sizes[:5000].astype(np.float32), sizes[5000:]], n_clusters=3)
    whole = IoUKMeans(3, random_state=0).fit(sizes)
    assert abs(kmeans.score(sizes) - whole.average_iou_) < 1e-4


def test_a_first_chunk_with_few_shapes_warns_and_goes_on(sizes):
    kmeans = IoUKMeans(5, random_state=0)
    with pytest.warns(UserWarning, match=r"distinct shapes \(1\) found smaller"):
        kmeans.partial_fit(np.full((20, 2), 7.0))
    assert kmeans.cluster_centers_.shape == (5, 2)
    assert len(np.unique(kmeans.partial_fit(sizes).cluster_centers_, axis=0)) == 5


@pytest.mark.parametrize(
    "parameters",
    [
        {"update": "median"},
        {"algorithm": "lloyd"},
        {"algorithm": "exact"},
        {"init": np.ones((3, 2))},
    ],
)
def test_streams_need_the_search_on_summaries(sizes, parameters):
    kmeans = IoUKMeans(3, **parameters)
    assert not hasattr(kmeans, "partial_fit")
    with pytest.raises(AttributeError, match="no attribute 'partial_fit'") as refused:
        kmeans.partial_fit(sizes)
    reason = str(refused.value.__cause__)
    assert "partial_fit searches on a summary" in reason
    assert all(f"{name}={value!r}" in reason for name, value in parameters.items())


def test_every_call_of_a_stream_checks_the_parameters(sizes):
    kmeans = IoUKMeans(3, random_state=0).partial_fit(sizes)
    with pytest.raises(ValueError, match="'n_clusters' parameter of IoUKMeans must be an int"):
        kmeans.set_params(n_clusters=0).partial_fit(sizes)


# No empty cluster


@cases(0.3)
@given(st.integers(0, 10_000), st.booleans())
def test_no_cluster_is_empty_however_few_shapes_there_are(seed, streaming):
    rng = np.random.RandomState(seed)
    X = rng.randint(1, 40, size=(60, 2)) * 8.0
    weights = 10.0 ** rng.randint(0, 5, size=60)
    n_clusters = rng.randint(1, len(np.unique(X, axis=0)))
    kmeans = IoUKMeans(n_clusters, n_init=1, random_state=seed)
    fit = kmeans.partial_fit if streaming else kmeans.fit
    fit(X, sample_weight=weights)
    assert len(np.unique(kmeans.predict(X))) == n_clusters


def test_many_boxes_are_polished_as_well_as_few():
    """Past some hundred thousand boxes the medians come from tables."""
    X = box_sizes(make_boxes(300_000, random_state=1).data)
    few = IoUKMeans(5, random_state=0).fit(X[:100_000])
    many = IoUKMeans(5, random_state=0).fit(X)
    assert many.average_iou_ >= few.score(X)
    start = few.cluster_centers_
    lloyd = IoUKMeans(5, init=start).fit(X)
    assert many.average_iou_ >= lloyd.average_iou_ - 2e-5


# Momentum, swaps and single sides


@pytest.fixture(scope="module")
def few():
    return np.random.RandomState(1).lognormal(3, 1, size=(80, 2))


def test_a_climb_returns_the_best_that_it_met(few):
    level = Summary.of_boxes(few, np.ones(80))
    start = evaluate(few, np.ones(80), few[:5])
    scores = [climb(level, few[:5], n, 0.8).score for n in range(1, 20)]
    assert scores[0] == start.score
    assert (np.diff(scores) >= 0).all()


def test_a_climb_stays_where_no_center_is_drawn_anywhere():
    level = Summary.of_boxes(np.array([[10.0, 20.0], [100.0, 200.0]]), np.ones(2))
    met = []

    def propose(level, centers):
        met.append(centers)
        return towards_medians(level, centers)

    climb(level, level.shapes, 5, 0.8, propose)
    np.testing.assert_array_equal(met, [level.shapes] * 5)


def test_the_best_solutions_come_first():
    solutions = [Solution(np.ones((1, 2)), score) for score in (2.0, 5.0, 1.0, 4.0)]
    assert [solution.score for solution in best_of(solutions, 3)] == [5.0, 4.0, 2.0]


def test_what_is_found_on_summaries_is_an_optimum_of_the_finest(sizes):
    """On the coarser ones a climb ends some 1e-5 below."""
    levels = summarize(sizes, np.ones(len(sizes)))
    starts = [sizes[seed : seed + 5] for seed in range(3)]
    [found] = search(levels, starts, np.random.RandomState(0))
    before, _ = ascent_step(*levels[-1], found)
    after = climb(levels[-1], found, 50, 0.5).score
    assert after - before < 1e-6 * levels[-1].weights.sum()


def test_swaps_never_lose_what_was_found(few):
    level = Summary.of_boxes(few, np.ones(80))
    start = climb(level, few[:5], 20, 0.8)
    for seed in range(5):
        found = random_swaps(level, start, 6, np.random.RandomState(seed))
        assert found.score >= start.score


def test_a_swapped_center_takes_the_sides_of_shapes_and_the_others_stay(few):
    level, start = Summary.of_boxes(few, np.ones(80)), evaluate(few, np.ones(80), few[:5])
    centers = swap(level, start, np.random.RandomState(0))
    changed = (centers != start.centers).any(axis=1)
    assert changed.sum() == 1
    assert (few == centers[changed]).any(axis=0).all()


def test_a_swap_reaches_a_best_center_that_mixes_the_sides_of_shapes():
    """It has the width of one of five boxes and the height of another."""
    boxes = [[2.43, 2.06], [3.87, 2.93], [1.76, 2.47], [2.51, 1.42], [2.84, 3.72]]
    X, weights = np.array(boxes), np.array([2.0, 2.0, 1.0, 1.0, 2.0])
    table = pairwise(X, np.array(list(itertools.product(*X.T))))
    kmeans = IoUKMeans(1, random_state=0).fit(X, sample_weight=weights)
    assert kmeans.average_iou_ >= (weights @ table).max() / weights.sum() - 1e-12


def test_a_swapped_center_goes_where_it_helps_most():
    """To the one of several frequent sizes that no other center is near."""
    X, weights = 10.0 ** np.arange(1, 5)[:, None], np.array([1.0, 2.0, 3.0, 50.0])
    start = evaluate(X, weights, X[:2])
    for seed in range(5):
        centers = swap(Summary.of_boxes(X, weights), start, np.random.RandomState(seed))
        assert (centers == X[3]).sum() == 1


@pytest.mark.parametrize("seed", range(3))
def test_swaps_make_up_for_a_bad_start(few, seed):
    """They lead to within 0.005 of ten good starts, a climb alone stays 0.018 below."""
    smallest = few[np.argsort(few.prod(axis=1))[:12]]
    swaps = IoUKMeans(12, init=smallest, algorithm="random_swap", random_state=seed).fit(few)
    default = IoUKMeans(12, random_state=0).fit(few)
    assert swaps.average_iou_ >= default.average_iou_ - 5e-3


# Sixteen boxes, and two anchors that no single swap improves.
WIDTHS = 1, 4, 27, 9, 17, 1, 23, 19, 24, 14, 1, 10, 6, 17, 7, 3
HEIGHTS = 9, 29, 5, 5, 22, 15, 16, 5, 6, 15, 28, 10, 26, 21, 21, 7


def test_two_swaps_in_a_row_leave_a_local_optimum_that_none_alone_leaves():
    level = Summary.of_boxes(np.column_stack([WIDTHS, HEIGHTS]).astype(float), np.ones(16))
    start = climb(level, np.array([[17.0, 21.0], [19.0, 5.0]]), 24, 0.8, towards_medians)
    for seed in range(20):
        found = random_swaps(level, start, 1, np.random.RandomState(seed))
        assert found.score == start.score
    many = [random_swaps(level, start, 20, np.random.RandomState(seed)) for seed in range(5)]
    assert max(found.score for found in many) > start.score + 0.05


@pytest.mark.parametrize("factor", [2.0**-20, 2.0**20])
def test_the_unit_of_weights_changes_no_swap(few, factor):
    weights = np.linspace(1, 2, len(few))
    centers = [
        random_swaps(
            Summary.of_boxes(few, weights * by),
            evaluate(few, weights * by, few[:5]),
            8,
            np.random.RandomState(0),
        ).centers
        for by in (1.0, factor)
    ]
    np.testing.assert_array_equal(*centers)


@cases(0.4)
@given(st.integers(0, 10_000))
def test_single_sides_are_moved_until_none_gains(seed):
    """Compared with every side of every shape, for the center of its cluster."""
    rng = np.random.RandomState(seed)
    X = rng.randint(1, 12, size=(rng.randint(2, 15), 2)).astype(float)
    level = Summary.of_boxes(X, rng.uniform(0.5, 2, size=len(X)))
    start = evaluate(*level[:2], X[: rng.randint(1, 5)])
    moved = move_single_sides(level, start)
    assert moved.score >= start.score
    labels = evaluate(*level[:2], moved.centers).labels
    for (i, label), side in itertools.product(enumerate(labels), range(2)):
        centers = moved.centers.copy()
        centers[label, side] = X[i, side]
        assert evaluate(*level[:2], centers).score <= moved.score + 1e-9


def test_single_sides_leave_a_local_optimum_of_the_update_rule():
    """The rule stays at (2.35, 1.1), the best center is (2.35, 1.4)."""
    X = np.array([[1.44, 1.4], [2.69, 1.79], [2.35, 1.1]])
    level = Summary.of_boxes(X, np.ones(3))
    stuck = climb(level, np.array([[2.35, 1.1]]), 20, 0.8)
    np.testing.assert_array_equal(stuck.centers, [[2.35, 1.1]])
    moved = move_single_sides(level, stuck)
    np.testing.assert_array_equal(moved.centers, [[2.35, 1.4]])
    kmeans = IoUKMeans(1, random_state=0).fit(X)
    np.testing.assert_array_equal(kmeans.cluster_centers_, [[2.35, 1.4]])


def test_of_two_moves_that_hinder_each_other_one_is_made():
    """Each center gains by moving between the other two lengths, and both together lose."""
    X = np.array([[10.0], [19.9], [20.1], [40.0]])
    level = Summary.of_boxes(X, np.array([1.0, 0.8, 0.8, 1.0]))
    start = evaluate(*level[:2], X[[0, 3]])
    one, both = (evaluate(*level[:2], X[rows]) for rows in ([1, 3], [1, 2]))
    assert both.score < start.score < one.score
    assert move_single_sides(level, start).score >= one.score


@given(
    st.lists(st.lists(st.integers(1, 30), min_size=1, unique=True), min_size=1, max_size=3),
    st.integers(1, 4),
    st.integers(0, 100),
)
def test_a_side_of_a_center_moves_to_the_next_value_below_and_above(values, n_clusters, seed):
    """And stays at the first or last value where there is none."""
    values = [np.sort(np.array(of_side, dtype=float)) for of_side in values]
    centers = np.random.RandomState(seed).randint(1, 31, size=(n_clusters, len(values))) * 1.0
    candidates, owners = with_next_values(values, centers)
    expected = []
    for owner, center in enumerate(centers):
        for j, of_side in enumerate(values):
            below, above = of_side[of_side < center[j]], of_side[of_side > center[j]]
            for nearest_value in (below.max(initial=of_side[0]), above.min(initial=of_side[-1])):
                moved = center.copy()
                moved[j] = nearest_value
                expected.append((owner, *moved))
    assert sorted(zip(owners, *candidates.T, strict=True)) == sorted(expected)


def test_values_that_are_the_same_up_to_rounding_count_once():
    values = distinct_values(np.array([3.0, 1.0, 3.0 * (1 + 1e-9), 2.0, 1.0]))
    np.testing.assert_array_equal(values, [1.0, 2.0, 3.0])


@pytest.mark.parametrize("share", [0.4, 0.6])
def test_most_boxes_on_a_grid_means_more_than_half_of_their_weight(share):
    X = np.random.RandomState(0).randint(1, 9, size=(100, 2)) * 1.0
    level = Summary(X, np.ones(100), np.where(np.arange(100) < 100 * share, 0.0, 0.1))
    assert are_on_a_grid(level) == (share > 0.5)


def test_boxes_that_share_no_sides_are_on_no_grid(few):
    assert not are_on_a_grid(Summary.of_boxes(few, np.ones(80)))
    assert are_on_a_grid(Summary.of_boxes(np.ceil(few / 8), np.ones(80)))


@pytest.mark.parametrize("n_dims", [2, 3])
@pytest.mark.parametrize("n_boxes", [1000, 60_000])
def test_no_anchor_for_small_boxes_in_whole_pixels_gains_by_a_pixel(n_boxes, n_dims):
    """Between two pixels the average IoU falls, so the update rule stays on the first it meets."""
    X = np.ceil(np.random.RandomState(0).lognormal(2, 0.7, size=(n_boxes, n_dims)))
    kmeans = IoUKMeans(5, random_state=0).fit(X)
    for i, side in np.ndindex(kmeans.cluster_centers_.shape):
        for pixels in (-1, 1):
            anchors = kmeans.cluster_centers_.copy()
            anchors[i, side] += pixels
            assert average_iou_score(X, anchors) <= kmeans.average_iou_


def test_a_stream_of_boxes_of_which_none_are_alone_in_a_cell_or_equal():
    logs = np.random.RandomState(0).uniform(size=(5_000, 2)) / 8
    kmeans = IoUKMeans(3, random_state=0).partial_fit(np.exp2(3 + logs))
    assert kmeans.score(np.exp2(3 + logs)) > 0.9


@pytest.mark.parametrize("seed", range(3))
def test_small_boxes_in_whole_pixels_get_better_anchors_than_from_many_runs_on_all(seed):
    X = np.ceil(np.random.RandomState(seed).lognormal(2, 0.7, size=(20_000, 2)))
    found = IoUKMeans(6, random_state=seed).fit(X)
    lloyd = IoUKMeans(6, algorithm="lloyd", n_init=30, random_state=seed).fit(X)
    assert found.average_iou_ >= lloyd.average_iou_


@pytest.mark.parametrize("seed", range(8))
def test_few_boxes_reach_the_best_of_all_partitions(seed):
    rng = np.random.RandomState(seed)
    n, n_clusters = rng.randint(3, 6), rng.randint(1, 4)
    X = np.round(rng.lognormal(1, 0.5, size=(n, 2)), 2)
    n_clusters = min(n_clusters, n - 1)
    reached, _ = best_partition(X, np.ones(n), n_clusters, gap=1e-7)
    assert IoUKMeans(n_clusters, random_state=0).fit(X).average_iou_ >= reached - 1e-6


@pytest.mark.parametrize("n", [20, 50, 100, 200, 300])
def test_a_few_dozen_boxes_are_as_good_as_the_best_of_many_lloyd_runs(n):
    """Where local optima are many."""
    for n_clusters in (3, 6):
        X = np.random.RandomState(n).lognormal(3, 1, size=(n, 2)).round(1)
        many = IoUKMeans(n_clusters, algorithm="lloyd", n_init=100, random_state=1).fit(X)
        found = IoUKMeans(n_clusters, random_state=0).fit(X)
        assert found.average_iou_ >= many.average_iou_ - 1e-4


# Extremes


# Two shapes that are alike, and two others. Of the last ones the sum is no float.
PAIRS = [
    [[600, 400], [500, 400], [1e-320, 1e-320], [1e-320, 2e-320]],
    [[1e200, 1e200], [1e200, 2e200], [1e-200, 1e-200], [1e-200, 2e-200]],
    [[1.7e308, 1e308], [1e308, 1.7e308], [2e-308, 3e-308], [3e-308, 9e-308]],
]
EXTREMES = [
    [[600, 400], [30, 40], [1e-320, 1e-320], [1e-310, 2e-320]],
    [[1e200] * 3, [1e-200] * 3, [1] * 3, [2] * 3],
    *PAIRS[1:],
]


@pytest.mark.filterwarnings("ignore:The sides of X are too far apart for a proof")
@pytest.mark.parametrize("algorithm", ["lloyd", "random_swap", "exact"])
@pytest.mark.parametrize("X", EXTREMES)
def test_sides_at_the_ends_of_what_a_float_holds(X, algorithm):
    """Three of the four shapes are anchors, or two of them share one."""
    kmeans = IoUKMeans(3, algorithm=algorithm, random_state=0).fit(X)
    assert kmeans.average_iou_ > 3 / 4
    assert len(np.unique(kmeans.labels_)) == 3
    volumes = np.log(kmeans.cluster_centers_).sum(axis=1)
    assert (np.diff(volumes) > 0).all()


@pytest.mark.parametrize("update", ["mean", "median"])
@pytest.mark.parametrize("weight", [5e-324, 1.0, 1e308])
@pytest.mark.parametrize("X", PAIRS)
def test_published_rules_at_the_ends_of_what_a_float_holds(X, weight, update):
    """The middle of two shapes, which is both their mean and their median."""
    kmeans = IoUKMeans(2, update=update, random_state=0).fit(X, sample_weight=np.full(4, weight))
    middles = np.array(X)[[2, 0]] / 2 + np.array(X)[[3, 1]] / 2
    np.testing.assert_allclose(kmeans.cluster_centers_, middles, rtol=1e-12, atol=1e-323)
