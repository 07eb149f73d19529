"""Rules to choose the number of clusters from the results of a sweep.

A rule takes `cv_results_` and returns the index of a row.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .._kernels import FloatArray
from .._warnings import warn

CVResults = Mapping[str, Any]
Rule = Callable[[CVResults], int]


def scores_of(cv_results: CVResults) -> FloatArray:
    """Return the score of each number of clusters: on held-out boxes if there are any."""
    key = "mean_test_score" if "mean_test_score" in cv_results else "train_score"
    return np.asarray(cv_results[key], dtype=np.float64)


def knee(cv_results: CVResults) -> int:
    """Choose the point furthest above the straight line from the first point to the last.

    The result depends on the range: on the same boxes, the knee of 3 to 10 clusters is not that of
    3 to 40. With one or two points, the first is chosen.

    Parameters
    ----------
    cv_results : mapping
        As `NClustersSweep.cv_results_`; a `GridSearchCV` over `n_clusters` takes the rule as
        `refit`.

    Returns
    -------
    index : int
        The chosen row; that of the fewest clusters if several are equally good.

    Examples
    --------
    The same curve has different knees on different ranges:

    >>> import numpy as np
    >>> from sklearn_iou_kmeans.model_selection import knee
    >>> for last in (10, 40):
    ...     n_clusters = np.arange(3, last + 1)
    ...     score = 1 - 0.9 * n_clusters**-0.5
    ...     index = knee({"param_n_clusters": n_clusters, "train_score": score})
    ...     print(n_clusters[index])
    6
    12
    """
    n_clusters = np.asarray(cv_results["param_n_clusters"], dtype=np.float64)
    scores = scores_of(cv_results)
    order = np.argsort(n_clusters)  # a grid may have any
    ends = order[[0, -1]]
    above = scores - np.interp(n_clusters, n_clusters[ends], scores[ends])
    return int(order[np.argmax(above[order])])


def one_standard_error(cv_results: CVResults) -> int:
    """Choose the fewest clusters whose held-out score is within one standard error of the best.

    Parameters
    ----------
    cv_results : mapping
        As `NClustersSweep.cv_results_`, of a sweep with cross-validation; a `GridSearchCV` over
        `n_clusters` takes the rule as `refit`.

    Returns
    -------
    index : int
        The chosen row.

    References
    ----------
    Hastie, Tibshirani and Friedman, "The Elements of Statistical Learning", 2nd edition, section
    7.10.
    """
    n_splits = sum(key.startswith("split") and key.endswith("_test_score") for key in cv_results)
    scores = scores_of(cv_results)
    best = int(np.argmax(scores))
    error = cv_results["std_test_score"][best] / np.sqrt(n_splits)
    order = np.argsort(cv_results["param_n_clusters"])
    return int(order[np.argmax(scores[order] >= scores[best] - error)])


def reaching(target: float) -> Rule:
    """Choose the fewest clusters whose score reaches `target`.

    If none does, the largest number of clusters is chosen, with a warning.

    Parameters
    ----------
    target : float
        The score to reach.

    Returns
    -------
    rule : callable
        The rule.
    """

    def rule(cv_results: CVResults) -> int:
        scores, n_clusters = scores_of(cv_results), cv_results["param_n_clusters"]
        reaches = scores >= target
        if reaches.any():
            return int(np.argmax(reaches))
        best = int(np.argmax(scores))
        warn(
            f"The target of the rule, {target}, is reached by no number of clusters from "
            f"{n_clusters[0]} to {n_clusters[-1]}; the best score is {scores[best]:.4f}, with "
            f"{n_clusters[best]}. Took {n_clusters[-1]}: try more clusters, or a lower target."
        )
        return len(scores) - 1

    return rule


NAMED_RULES: dict[str, Rule] = {"knee": knee, "one_standard_error": one_standard_error}


def choose(cv_results: CVResults, rule: str | float | Rule) -> int:
    """Return the index that a rule chooses; validate it if the rule is a callable."""
    if isinstance(rule, str):
        return NAMED_RULES[rule](cv_results)
    if not callable(rule):
        return reaching(rule)(cv_results)
    index, n_rows = rule(cv_results), len(cv_results["param_n_clusters"])
    if not isinstance(index, int | np.integer) or not 0 <= index < n_rows:
        raise ValueError(
            f"rule={rule!r} returned {index!r}: it has to return the index of a row of "
            f"cv_results_, from 0 to {n_rows - 1}."
        )
    return int(index)
