"""Few weighted shapes that stand for many boxes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sklearn_iou_kmeans import ShapeHistogram
from sklearn_iou_kmeans._cluster._summary import (
    levels_for,
    levels_of,
    merge_cells,
    morton_code,
    summarize,
)
from sklearn_iou_kmeans.metrics import average_iou_score


def many_boxes(n=20_000, n_dims=2, seed=0):
    return np.random.RandomState(seed).lognormal(3, 1, size=(n, n_dims))


def test_few_boxes_are_their_own_summary():
    X = many_boxes(300)
    ((shapes, weights),) = summarize(np.vstack([X, X[:100]]), np.ones(400))
    np.testing.assert_array_equal(shapes, np.unique(X, axis=0))
    assert weights.sum() == 400


@pytest.mark.parametrize("n_dims", [1, 2, 3, 4])
def test_levels_hold_the_same_weight_and_get_finer(n_dims):
    X = many_boxes(n_dims=n_dims)
    levels = summarize(X, np.ones(len(X)))
    sizes = [len(level.weights) for level in levels]
    assert sizes == sorted(sizes)
    for level in levels:
        assert level.weights.sum() == pytest.approx(levels[-1].weights.sum())
        assert (level.shapes > 0).all()


def test_finer_levels_follow_the_boxes_more_closely():
    X = many_boxes(50_000)
    anchors = X[:9]
    errors = [
        abs(
            average_iou_score(shapes, anchors, sample_weight=weights)
            - average_iou_score(X, anchors)
        )
        for shapes, weights in summarize(X, np.ones(len(X)))
    ]
    assert errors[0] < 2e-3
    assert errors[1] < 5e-4
    assert errors[2] < 5e-5


def test_levels_too_coarse_for_the_number_of_clusters_are_left_out():
    levels = summarize(many_boxes(), np.ones(20_000))
    assert levels_for(levels, 3) == levels
    assert levels_for(levels, len(levels[0].weights) // 16 + 1) == levels[1:]
    assert levels_for(levels, 20_000) == levels[-1:]


@st.composite
def cell_contents(draw):
    n_dims, n = draw(st.integers(1, 3)), draw(st.integers(2, 60))
    cells = draw(arrays(np.int32, (n, n_dims), elements=st.integers(-20, 20)))
    cells = np.unique(cells, axis=0).T
    weights = draw(arrays(np.float64, cells.shape[1], elements=st.floats(0.5, 100.0)))
    return cells, weights


@given(cell_contents(), st.floats(0.0, 20.0))
def test_cells_are_merged_as_long_as_share_times_width_is_small(content, threshold):
    """Compared with the definition: the widest dyadic cells that are not too large."""
    cells, weights = content
    means = cells + 0.5
    ((shapes, merged),) = merge_cells(cells, weights, means, [threshold])
    numbers = cells - cells.min(axis=1, keepdims=True)
    leaves = set()
    for cell in numbers.T:
        depth = 0
        for candidate in range(1, 7):
            inside = (numbers >> candidate == (cell >> candidate)[:, None]).all(axis=0)
            if weights[inside].sum() / weights.sum() * 2**candidate <= threshold:
                depth = candidate
        leaves.add((depth, *(cell >> depth)))
    assert len(merged) == len(leaves)
    assert merged.sum() == pytest.approx(weights.sum())
    np.testing.assert_allclose(merged @ np.log2(shapes), weights @ means.T, rtol=1e-9, atol=1e-9)


def test_neighbours_on_the_curve_share_their_leading_bits():
    cells = np.stack(np.meshgrid(np.arange(8), np.arange(8)), axis=0).reshape(2, -1)
    order = np.argsort(morton_code(cells))
    first_quarter = cells[:, order[:16]]
    assert first_quarter.max() == 3


def test_shapes_of_many_sides_are_cut_to_what_a_number_holds():
    cells = np.random.RandomState(0).randint(0, 2**9, size=(70, 50)).astype(np.int32)
    assert (morton_code(cells) == 0).all()


def test_a_histogram_without_positive_shapes_has_nothing_to_cluster():
    with pytest.raises(ValueError, match="None of the boxes"):
        levels_of(ShapeHistogram().add([[0.0, 3.0]]))


@pytest.mark.parametrize("n_distinct", [2000, 2001])
def test_two_thousand_shapes_are_searched_as_they_are_and_more_in_a_summary(n_distinct):
    """However often they occur, up to five times each on average."""
    X = np.resize(many_boxes(n_distinct), (10_000, 2))
    finest = summarize(X, np.ones(len(X)))[-1]
    is_whole = np.array_equal(finest.shapes, np.unique(X, axis=0))
    assert is_whole == (n_distinct == 2000)


@pytest.mark.parametrize("n_dims", [1, 2, 3])
def test_a_curve_through_cells_far_apart_keeps_their_leading_bits(n_dims):
    """Cells whose numbers differ only beyond the bits that are kept share a code, others do not."""
    cells = np.zeros((n_dims, 3), dtype=np.int32)
    cells[:, 1], cells[:, 2] = 1, 2**30
    code = morton_code(cells)
    assert code[0] == 0
    assert (code[1] > 0) == (n_dims <= 2)
    assert code[2] > code[1]
    kept = min(31, 62 // n_dims)
    assert code[2] == sum(2 ** (n_dims * (kept - 1) + side) for side in range(n_dims))


def test_cells_that_share_a_code_are_merged_in_the_finest_summary_too():
    cells = np.array([[0, 1, 2**30]] * 3, dtype=np.int32)
    ((_, weights),) = merge_cells(cells, np.array([1.0, 2.0, 4.0]), cells * 1e-9, [0.0])
    np.testing.assert_array_equal(weights, [3.0, 4.0])


def test_more_than_a_million_boxes_are_summarised_twice_as_finely():
    X = many_boxes(1_000_001)
    fine, finer = (summarize(boxes, np.ones(len(boxes)))[-1] for boxes in (X[1:], X))
    assert len(finer.weights) > 1.5 * len(fine.weights)
