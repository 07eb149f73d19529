"""The rules that choose the number of clusters."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import GridSearchCV

from sklearn_iou_kmeans import IoUKMeans, NClustersSweep
from sklearn_iou_kmeans.datasets import make_boxes
from sklearn_iou_kmeans.model_selection import knee, one_standard_error
from sklearn_iou_kmeans.model_selection._rules import choose, reaching
from sklearn_iou_kmeans.preprocessing import box_sizes


def results(scores, first=3, **others):
    return {
        "param_n_clusters": np.arange(first, first + len(scores)),
        "train_score": np.asarray(scores, dtype=float),
        **others,
    }


def held_out(means, stds, n_splits):
    splits = {f"split{i}_test_score": np.asarray(means) for i in range(n_splits)}
    means, stds = np.asarray(means, dtype=float), np.asarray(stds, dtype=float)
    return results(np.ones(len(means)), mean_test_score=means, std_test_score=stds, **splits)


@pytest.fixture(scope="module")
def sizes():
    return box_sizes(make_boxes(2000, random_state=0).data)


def test_the_knee_of_two_straight_lines_is_where_they_meet():
    assert knee(results([0.1, 0.3, 0.5, 0.7, 0.71, 0.72, 0.73])) == 3


def test_the_knee_heeds_gaps_between_the_numbers():
    gaps = {"param_n_clusters": np.array([3, 6, 9, 30]), "train_score": np.array([0, 3, 6, 7])}
    assert knee(gaps) == 2


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_no_point_lies_further_above_the_straight_line_than_the_knee(scores):
    line = np.linspace(scores[0], scores[-1], len(scores))
    above = np.array(scores) - line
    assert above[knee(results(scores))] == pytest.approx(above.max(), abs=1e-12)


def test_a_straight_line_has_no_knee_and_the_fewest_are_taken():
    assert knee(results([0.5, 0.5, 0.5, 0.5])) == 0


@pytest.mark.parametrize("scores", [[0.5], [0.5, 0.6]])
def test_a_knee_needs_three_points_and_else_the_fewest_are_taken(scores):
    assert knee(results(scores)) == 0


def test_one_standard_error():
    """The best is 0.70, with an error of 0.06 / sqrt(9) = 0.02: 0.69 is within it, 0.67 not."""
    cv_results = held_out([0.60, 0.67, 0.69, 0.70, 0.695], [0.3, 0.3, 0.3, 0.06, 0.3], 9)
    assert one_standard_error(cv_results) == 2


def test_one_standard_error_of_zero_takes_the_best():
    assert one_standard_error(held_out([0.6, 0.7, 0.7], [0, 0, 0], 4)) == 1


def test_a_target_takes_the_fewest_that_reach_it():
    assert reaching(0.65)(results([0.5, 0.6, 0.65, 0.7])) == 2


def test_a_target_that_is_not_reached():
    with pytest.warns(
        UserWarning,
        match=r"rule, 0\.9, is reached by no .* 3 to 5; the best .* 0\.6500, with 5\. Took 5:",
    ):
        assert choose(results([0.5, 0.6, 0.65]), 0.9) == 2


def test_rules_look_at_held_out_boxes_where_there_are_such():
    cv_results = held_out([0.1, 0.5, 0.51, 0.52], [0.1] * 4, 3)
    assert knee(cv_results) == 1
    assert choose(cv_results, 0.515) == 3


def test_a_callable_gets_the_results_and_returns_a_row(sizes):
    def most(cv_results):
        return np.argmax(cv_results["param_n_clusters"])

    sweep = NClustersSweep(IoUKMeans(), [2, 3, 4], n_init=2, rule=most).fit(sizes)
    assert sweep.best_n_clusters_ == 4


@pytest.mark.parametrize("index", [0, 1, np.int64(2)])
def test_a_callable_may_return_any_row(index):
    assert choose(results([0.1, 0.2, 0.3]), lambda cv_results: index) == index


def test_a_callable_with_the_name_of_another_rule_is_the_one_that_chooses():
    def knee(cv_results):
        return 2

    assert choose(results([0.1, 0.5, 0.6]), knee) == 2


@pytest.mark.parametrize("index", [3, -1, 1.0, None, "knee"])
def test_a_callable_that_returns_no_row(index):
    with pytest.raises(ValueError, match="from 0 to 2"):
        choose(results([0.1, 0.2, 0.3]), lambda cv_results: index)


@pytest.mark.parametrize("rule", ["elbow", [0.5], None])
def test_a_rule_that_is_none(sizes, rule):
    with pytest.raises(ValueError, match="The 'rule' parameter"):
        NClustersSweep(IoUKMeans(), rule=rule).fit(sizes)


@pytest.mark.parametrize("rule", [knee, one_standard_error])
def test_the_named_rules_are_functions_of_the_results_of_any_sweep(sizes, rule):
    sweep = NClustersSweep(IoUKMeans(), n_init=2, cv=3, rule=rule.__name__, random_state=0)
    chosen = sweep.fit(sizes).best_index_
    other = sweep.set_params(rule=0.5).fit(sizes)
    assert rule(other.cv_results_) == chosen != other.best_index_


@pytest.mark.parametrize("rule", [knee, one_standard_error])
def test_a_grid_search_takes_a_rule_in_any_order_of_its_grid(sizes, rule):
    sweep = NClustersSweep(IoUKMeans(n_init=2), range(2, 9), n_init=1, cv=3, random_state=0)
    sweep.set_params(rule=rule.__name__).fit(sizes)
    for n_clusters in (range(2, 9), [5, 8, 3, 2, 7, 4, 6]):
        search = GridSearchCV(
            IoUKMeans(n_init=2, random_state=0),
            {"n_clusters": n_clusters},
            cv=3,
            refit=rule,
        )
        assert search.fit(sizes).best_params_["n_clusters"] == sweep.best_n_clusters_


def test_train_scores_of_splits_do_not_count_as_splits():
    cv_results = held_out([0.60, 0.685, 0.70], [0.3, 0.3, 0.06], 9)
    assert one_standard_error(cv_results) == 1
    cv_results |= {f"split{i}_train_score": np.ones(3) for i in range(9)}
    assert one_standard_error(cv_results) == 1


def test_the_knee_moves_with_the_range(sizes):
    """A heuristic, as its documentation says."""
    short = NClustersSweep(IoUKMeans(), range(2, 6), n_init=2, random_state=0).fit(sizes)
    long = NClustersSweep(IoUKMeans(), range(2, 24, 3), n_init=2, random_state=0).fit(sizes)
    assert short.best_n_clusters_ < long.best_n_clusters_
