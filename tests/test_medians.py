"""Weighted medians of groups."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sklearn_iou_kmeans._medians import weighted_medians

# Values far apart, and values that differ in their last digits only.
values = st.one_of(
    st.floats(1e-150, 1e150), st.integers(1, 9).map(float), st.floats(1.0, 1.0 + 1e-14)
)


@st.composite
def groups(draw):
    n, n_columns = draw(st.integers(3, 60)), draw(st.integers(1, 3))
    X = draw(arrays(np.float64, (n, n_columns), elements=values))
    weights = draw(arrays(np.float64, (n_columns, n), elements=st.integers(1, 5)))
    labels = draw(arrays(np.int32, n, elements=st.integers(0, 2)))
    labels[:3] = range(3)
    return X, weights, labels


@given(groups())
def test_they_are_the_medians_of_the_repeated_values(problem):
    X, weights, labels = problem
    medians = weighted_medians(X, lambda rows: weights[:, rows], labels, 3)
    for i in range(3):
        for column in range(X.shape[1]):
            mine = X[labels == i, column], weights[column, labels == i].astype(int)
            assert medians[i, column] == np.median(np.repeat(*mine))


def test_more_values_than_fit_in_a_block():
    rng = np.random.RandomState(0)
    X, labels = rng.lognormal(0, 3, size=(50_000, 2)), rng.randint(0, 4, size=50_000)
    medians = weighted_medians(X, lambda rows: np.ones_like(X[rows].T), labels, 4)
    expected = [np.median(X[labels == i], axis=0) for i in range(4)]
    np.testing.assert_array_equal(medians, expected)
