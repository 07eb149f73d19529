"""Cells merged along the Morton curve."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sklearn_iou_kmeans._merged_cells import merge_cells, morton_code


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
    ((merged, moments),) = merge_cells(cells, weights, means, [threshold])
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
    np.testing.assert_allclose(moments @ merged, means @ weights, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(("threshold", "n_merged"), [(0.5, 4), (1.0, 2), (8.0, 1)])
def test_two_cells_of_half_the_weight_are_as_large_as_one_cell_of_all(threshold, n_merged):
    """Half the weight in a cell that is two wide: 1; all of it in one that is eight wide: 8."""
    cells = np.array([[0, 1, 6, 7]])
    ((weights, _),) = merge_cells(cells, np.ones(4), cells + 0.5, [threshold])
    assert len(weights) == n_merged


def test_neighbours_on_the_curve_share_their_leading_bits():
    cells = np.stack(np.meshgrid(np.arange(8), np.arange(8)), axis=0).reshape(2, -1)
    order = np.argsort(morton_code(cells))
    first_quarter = cells[:, order[:16]]
    assert first_quarter.max() == 3


def test_shapes_of_many_sides_are_cut_to_what_a_number_holds():
    cells = np.random.RandomState(0).randint(0, 2**9, size=(70, 50)).astype(np.int32)
    assert (morton_code(cells) == 0).all()


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
    ((weights, _),) = merge_cells(cells, np.array([1.0, 2.0, 4.0]), cells * 1e-9, [0.0])
    np.testing.assert_array_equal(weights, [3.0, 4.0])
