"""IoUKMeans with algorithm="exact": no anchors are better by more than `tol`."""

import re

import numpy as np
import pytest
from cases import cases
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from oracle import best_partition
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from sklearn_iou_kmeans import IoUKMeans, NClustersSweep
from sklearn_iou_kmeans.datasets import load_annotations
from sklearn_iou_kmeans.preprocessing import box_sizes

X = np.random.RandomState(0).lognormal(3, 0.8, size=(30, 2))


def exact(n_clusters, **parameters):
    return IoUKMeans(n_clusters, algorithm="exact", random_state=0, **parameters)


def gap(kmeans):
    return kmeans.average_iou_upper_bound_ - kmeans.average_iou_


# The guarantee


@st.composite
def few_shapes(draw):
    """Few shapes of whole sides, so that many are equal or tied, with whole weights."""
    n, n_dims = draw(st.integers(3, 8)), draw(st.integers(1, 2))
    shapes = draw(arrays(np.float64, (n, n_dims), elements=st.integers(1, 12)))
    weights = draw(arrays(np.float64, n, elements=st.integers(1, 4)))
    return shapes, weights, draw(st.integers(1, min(3, len(np.unique(shapes, axis=0)))))


@cases(0.2)
@given(few_shapes(), st.sampled_from([1e-3, 1e-6]))
def test_no_partition_is_better_by_more_than_tol(problem, tol):
    shapes, weights, n_clusters = problem
    reached, _ = best_partition(shapes, weights, n_clusters, gap=1e-5)
    kmeans = exact(n_clusters, tol=tol).fit(shapes, sample_weight=weights)
    assert kmeans.average_iou_ >= reached - tol
    assert kmeans.average_iou_upper_bound_ >= reached


SIDES = st.one_of(st.floats(0.1, 100.0), st.integers(1, 6).map(float))


@st.composite
def weighted_boxes(draw):
    """Boxes of 1 to 3 sides, some of them equal, some of weight 0 or with a side of 0."""
    n, n_dims = draw(st.integers(4, 9)), draw(st.integers(1, 3))
    boxes = draw(arrays(np.float64, (n, n_dims), elements=st.one_of(SIDES, st.just(0.0))))
    boxes[0] = draw(arrays(np.float64, n_dims, elements=SIDES))
    weights = draw(arrays(np.float64, n, elements=st.one_of(st.just(1.0), st.floats(0.0, 9.0))))
    weights[0] = 1.0
    return boxes, weights


@pytest.mark.filterwarnings("ignore:Number of distinct shapes")
@cases(0.25)
@given(weighted_boxes(), st.integers(1, 4), st.sampled_from([np.float64, np.float32]))
def test_the_bound_is_close_to_anchors_no_worse_than_the_default(drawn, n_clusters, dtype):
    boxes, weights = drawn[0].astype(dtype), drawn[1]
    kmeans = exact(n_clusters, tol=1e-4).fit(boxes, sample_weight=weights)
    default = clone(kmeans).set_params(algorithm="auto").fit(boxes, sample_weight=weights)
    rounding = 1e-6 if dtype == np.float32 else 1e-12
    assert kmeans.average_iou_ >= default.average_iou_ - rounding
    assert 0 <= gap(kmeans) <= 1e-4 + rounding
    assert kmeans.cluster_centers_.dtype == dtype


# Twenty boxes, and five anchors at which Lloyd's iteration is stuck.
WIDTHS = 5, 16, 24, 51, 29, 26, 53, 2, 4, 56, 21, 4, 23, 49, 10, 45, 51, 37, 33, 48
HEIGHTS = 27, 55, 45, 9, 5, 32, 6, 40, 25, 4, 46, 2, 32, 48, 17, 46, 22, 10, 11, 43
STUCK_ON = np.column_stack([WIDTHS, HEIGHTS])
STUCK_AT = [(4, 2), (5, 27), (37, 10), (23, 45), (48, 46)]


def test_it_leaves_a_local_optimum():
    stuck = IoUKMeans(5, init=STUCK_AT).fit(STUCK_ON)
    kmeans = exact(5, init=STUCK_AT, tol=1e-4).fit(STUCK_ON)
    assert stuck.average_iou_ == pytest.approx(0.71229, abs=1e-5)
    assert kmeans.average_iou_ > stuck.average_iou_ + 1e-3
    assert 0 <= gap(kmeans) <= 1e-4


def test_fifty_boxes_of_voc_on_which_runs_of_lloyd_fall_short(shared_data):
    sizes = box_sizes(load_annotations(shared_data / "voc2007/voc2007_trainval.txt").data)
    sizes = sizes[np.random.RandomState(3).choice(len(sizes), 50, replace=False)]
    runs = IoUKMeans(9, algorithm="lloyd", n_init=20, random_state=0).fit(sizes)
    kmeans = exact(9).fit(sizes)
    assert kmeans.average_iou_ > runs.average_iou_ + 1e-4
    assert 0 <= gap(kmeans) <= 1e-6


# Where it ends without a proof


def test_it_says_how_much_better_others_might_be_if_the_nodes_do_not_suffice():
    kmeans = exact(5, max_iter=1)
    with pytest.warns(ConvergenceWarning, match="max_iter=1 is not enough") as caught:
        kmeans.fit(STUCK_ON)
    [said] = re.findall(r"by up to (\S+)\. Raise max_iter or tol", str(caught[0].message))
    assert float(said) == pytest.approx(gap(kmeans), rel=0.1)
    assert gap(kmeans) > kmeans.tol
    further = clone(kmeans).set_params(max_iter=300).fit(STUCK_ON)
    assert further.average_iou_ >= kmeans.average_iou_
    assert gap(further) <= kmeans.tol


def test_the_closest_proof_is_to_within_a_thousand_millionth():
    assert 0 <= gap(exact(2, tol=1e-9).fit(X[:8])) <= 1e-9


def test_sides_too_far_apart_for_a_proof():
    boxes = [[5e-324, 1e-200], [1e300, 1e308], [1e-300, 1.0], [1.0, 1.0]]
    kmeans = exact(2)
    with pytest.warns(ConvergenceWarning, match=r"more than 2\*\*1000 times as long"):
        kmeans.fit(boxes)
    assert kmeans.average_iou_ == pytest.approx(0.5)
    assert kmeans.average_iou_upper_bound_ == 1.0


# Bad input


def test_too_many_distinct_shapes_are_refused_and_repeats_are_not():
    many = np.random.RandomState(0).lognormal(3, 0.8, size=(3_001, 2))
    with pytest.raises(ValueError, match=r"3001 distinct shapes.* at most 3000: use algorithm="):
        exact(3).fit(many)
    assert len(exact(3)._prepare(many[:3_000]).problem.sample_weight) == 3_000
    kmeans = exact(3).fit(np.repeat(X, 200, axis=0))
    assert kmeans.average_iou_ == pytest.approx(exact(3).fit(X).average_iou_)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"tol": 0}, "tol=0 with algorithm='exact': .* closer than 1e-09"),
        ({"tol": 1e-10}, "tol=1e-10 with algorithm='exact'"),
        ({"update": "median"}, "update='median' .* not 'exact'"),
        ({"init": X[:2]}, "init has 2 rows and n_clusters=3"),
    ],
)
def test_what_has_no_proof_is_refused(parameters, message):
    with pytest.raises(ValueError, match=message):
        exact(3, **parameters).fit(X)


# As the other algorithms


@pytest.mark.parametrize("init", ["random", X[:3], lambda X, n_clusters, random_state: X[-3:]])
def test_it_ends_with_the_same_wherever_it_starts(init):
    kmeans, other = exact(3).fit(X), exact(3, init=init).fit(X)
    assert other.average_iou_ == pytest.approx(kmeans.average_iou_, abs=1e-6)


def test_the_same_bits_for_the_same_seed():
    first, second = exact(4).fit(X), exact(4).fit(X)
    np.testing.assert_array_equal(first.cluster_centers_, second.cluster_centers_)
    assert first.average_iou_upper_bound_ == second.average_iou_upper_bound_


@pytest.mark.parametrize("factor", [2.0**-1030, 2.0**-300, 2.0**1000])
def test_the_unit_does_not_matter(factor):
    whole = np.round(X)  # so that no digit is lost among the smallest floats
    pixels, other = exact(3).fit(whole), exact(3).fit(whole * factor)
    assert other.average_iou_ == pytest.approx(pixels.average_iou_, abs=1e-6)
    assert gap(other) <= 1e-6


@pytest.mark.parametrize("factor", [2.0**-600, 2.0**600])
def test_only_the_ratios_of_weights_count(factor):
    weights = np.random.RandomState(0).randint(1, 4, size=len(X)).astype(float)
    kmeans, other = (exact(3).fit(X, sample_weight=weights * by) for by in (1.0, factor))
    np.testing.assert_array_equal(kmeans.cluster_centers_, other.cluster_centers_)
    assert kmeans.average_iou_upper_bound_ == other.average_iou_upper_bound_


def test_as_many_anchors_as_shapes_reach_what_is_attainable():
    boxes = np.array([[1.0, 1.0], [5.0, 5.0], [0.0, 3.0], [2.0, 0.0]])
    kmeans = exact(2).fit(boxes)
    assert kmeans.average_iou_ == 0.5
    assert kmeans.average_iou_upper_bound_ == pytest.approx(0.5, abs=1e-12)
    with pytest.warns(ConvergenceWarning, match="Number of distinct shapes"):
        kmeans = exact(3).fit(boxes)
    assert kmeans.average_iou_upper_bound_ == pytest.approx(0.5, abs=1e-12)


def test_a_fit_without_a_proof_forgets_the_bound():
    kmeans = exact(3).fit(X)
    assert not hasattr(kmeans.set_params(algorithm="auto").fit(X), "average_iou_upper_bound_")
    kmeans.set_params(algorithm="exact").fit(X).set_params(algorithm="auto").partial_fit(X)
    assert not hasattr(kmeans, "average_iou_upper_bound_")


def test_verbose_prints_what_is_proven(capsys):
    kmeans = exact(3, verbose=1).fit(X)
    *runs, proof = capsys.readouterr().out.splitlines()
    assert all(line.startswith("Run ") for line in runs)
    reached, bound = re.fullmatch(
        r"Proof: average IoU (\S+), and none is above (\S+)\.", proof
    ).groups()
    assert float(reached) == pytest.approx(kmeans.average_iou_, abs=1e-6)
    assert float(bound) == pytest.approx(kmeans.average_iou_upper_bound_, abs=1e-6)


def test_a_sweep_proves_each_number_of_anchors():
    sweep = NClustersSweep(exact(1, tol=1e-4), [1, 2, 4], random_state=0).fit(X)
    for kmeans in sweep.estimators_:
        assert 0 <= gap(kmeans) <= 1e-4
        alone = exact(kmeans.n_clusters, tol=1e-4).fit(X)
        assert kmeans.average_iou_ == pytest.approx(alone.average_iou_, abs=1e-4)
