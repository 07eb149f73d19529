"""The arguments of a sweep, validated before the first fit."""

from collections.abc import Iterable
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn import get_config
from sklearn.model_selection import GroupKFold, check_cv
from sklearn.pipeline import Pipeline
from sklearn.utils import check_array, get_tags, indexable
from sklearn.utils.metadata_routing import process_routing
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import has_fit_parameter

from .._kernels import FloatArray
from .._sklearn import rows_of
from .._validation import check_weights
from .._warnings import warn

Rows = NDArray[np.intp]


class Boxes(NamedTuple):
    """Boxes, and the weights for fitting and scoring, if any.

    `weight_name` is the keyword for the weights in `fit`.
    """

    X: Any
    fit_weight: FloatArray | None
    score_weight: FloatArray | None
    weight_name: str

    def of(self, rows: Rows) -> "Boxes":
        """Select some of the boxes."""
        return Boxes(
            rows_of(self.X, rows),
            None if self.fit_weight is None else self.fit_weight[rows],
            None if self.score_weight is None else self.score_weight[rows],
            self.weight_name,
        )

    @property
    def fit_params(self) -> dict[str, FloatArray]:
        """The keyword arguments for `fit`."""
        return {} if self.fit_weight is None else {self.weight_name: self.fit_weight}

    @property
    def score_params(self) -> dict[str, FloatArray]:
        """The keyword arguments for `score`."""
        return {} if self.score_weight is None else {"sample_weight": self.score_weight}


class Part(NamedTuple):
    """Boxes, the rows to fit (all if None), and the rows to hold out (none if None)."""

    boxes: Boxes
    train: Rows | None = None
    test: Rows | None = None
    prepared: Any = None

    @property
    def n_samples(self) -> int:
        """The number of boxes to fit."""
        return int(self.boxes.X.shape[0]) if self.train is None else len(self.train)

    def boxes_to_fit(self) -> Boxes:
        """The boxes to fit, with their weights."""
        return self.boxes if self.train is None else self.boxes.of(self.train)

    def held_out_boxes(self) -> Boxes | None:
        """The held-out boxes, with their weights."""
        return None if self.test is None else self.boxes.of(self.test)


def check_request(
    sweep: Any, X: ArrayLike, y: Any, sample_weight: Any, groups: ArrayLike | None
) -> tuple[list[Part], list[int]]:
    """Return the parts to fit, all boxes first and then each fold, and the numbers of clusters."""
    n_clusters = check_n_clusters(sweep.estimator, sweep.n_clusters)
    if sweep.rule == "one_standard_error" and sweep.cv is None:
        raise ValueError(
            "rule='one_standard_error' needs the spread of held-out scores, and cv=None holds no "
            "boxes out: pass cv=5, or a splitter."
        )
    rows = check_rows(sweep, X)
    y = check_length(y, "y", rows)
    groups = check_length(groups, "groups", rows)
    weights = route_weights(sweep, rows, sample_weight, groups)
    # The estimator gets a data frame unchanged, because of its column names.
    boxes = Boxes(X if hasattr(X, "columns") else rows, *weights)
    parts = [Part(boxes)]
    for fold, (train, test) in enumerate(split(sweep.cv, rows, y, groups)):
        check_held_out(boxes.score_weight, y, train, test, fold)
        parts.append(Part(boxes, train, test))
    if not isinstance(sweep.estimator, Pipeline):
        check_n_distinct(rows, parts, n_clusters[-1])
    return parts, n_clusters


def check_rows(sweep: Any, X: Any) -> Any:
    """Return `X` as rows that can be selected: an array, unless a Pipeline makes boxes of it."""
    if isinstance(sweep.estimator, Pipeline):
        return indexable(X if hasattr(X, "shape") else np.asarray(X))[0]
    sparse = get_tags(sweep.estimator).input_tags.sparse
    return check_array(
        X, accept_sparse=sparse, ensure_all_finite=False, estimator=sweep, input_name="X"
    )


def clusterer_of(estimator: Any) -> tuple[str, Any]:
    """Return the clusterer, the last step of a Pipeline, and the prefix of its parameters."""
    prefix = ""
    while isinstance(estimator, Pipeline):
        name, estimator = estimator.steps[-1]
        prefix += f"{name}__"
    return prefix, estimator


def check_n_clusters(estimator: Any, n_clusters: Any) -> list[int]:
    """Return the numbers of clusters in ascending order."""
    _, clusterer = clusterer_of(estimator)
    if not hasattr(clusterer, "get_params") or "n_clusters" not in clusterer.get_params():
        raise TypeError(
            f"estimator has no parameter n_clusters: {clusterer}. Pass a clusterer, say "
            "IoUKMeans(), or a Pipeline that ends in one."
        )
    numbers, asked = np.atleast_1d(n_clusters), f"n_clusters={n_clusters!r}"
    if numbers.size == 0:
        raise ValueError(f"{asked} is empty: give at least one number, as range(3, 11) does.")
    if numbers.ndim != 1 or numbers.dtype.kind not in "iu":
        raise ValueError(f"{asked} has to be a list of integers, as range(3, 11) is.")
    if numbers.min() < 1:
        raise ValueError(f"{asked} holds {numbers.min()}: a number of clusters is at least 1.")
    distinct, counts = np.unique(numbers, return_counts=True)
    if counts.max() > 1:
        repeated = distinct[counts.argmax()]
        raise ValueError(f"{asked} holds {repeated} more than once: give each number once.")
    return [int(number) for number in distinct]


def check_length(values: Any, name: str, X: Any) -> Any:
    """Return the values as an array, after checking that there is one for each box."""
    if values is None:
        return None
    values = np.asarray(values)
    if values.shape != (X.shape[0],):
        raise ValueError(
            f"{name} has shape {values.shape} and X has {X.shape[0]} boxes: give one value per box."
        )
    return values


def route_weights(
    sweep: Any, X: Any, sample_weight: Any, groups: Any
) -> tuple[FloatArray | None, FloatArray | None, str]:
    """Return the weights for `fit` and for `score`, and the keyword for those in `fit`."""
    metadata = {"groups": groups}
    if sample_weight is not None:
        metadata["sample_weight"] = sample_weight = check_weights(sample_weight, X)
    if get_config()["enable_metadata_routing"]:
        metadata = {name: values for name, values in metadata.items() if values is not None}
        routed = process_routing(sweep, "fit", **metadata).estimator
        return routed.fit.get("sample_weight"), routed.score.get("sample_weight"), "sample_weight"
    prefix, clusterer = clusterer_of(sweep.estimator)
    if sample_weight is not None and not has_fit_parameter(clusterer, "sample_weight"):
        raise TypeError(
            f"sample_weight was given, and {sweep.estimator} takes none: leave it out, or pass a "
            "clusterer that takes weights."
        )
    return sample_weight, sample_weight, f"{prefix}sample_weight"


def split(cv: Any, X: Any, y: Any, groups: Any) -> Iterable[tuple[Rows, Rows]]:
    """Return the rows to fit and the rows to hold out for each fold."""
    if cv is not None:
        if isinstance(cv, Integral) and groups is not None:
            cv = GroupKFold(int(cv))
        numbers = np.arange(X.shape[0])  # a splitter may return masks
        folds = [
            (numbers[train], numbers[test]) for train, test in check_cv(cv, y).split(X, y, groups)
        ]
        if not folds:
            raise ValueError(
                f"cv={cv!r} yields no splits: pass a list of them, which an earlier fit does not "
                "use up, or cv=None to hold no boxes out."
            )
        return folds
    if groups is not None:
        raise ValueError(
            "groups were given, and cv=None holds no boxes out: pass cv=5 to hold out whole "
            "groups, or leave groups out."
        )
    return []


def check_n_distinct(X: Any, parts: list[Part], most: int) -> None:
    """Raise if a part has fewer distinct boxes to fit than clusters."""
    for fold, part in enumerate(parts, -1):
        boxes, where = X, "all boxes"
        if part.train is not None:
            boxes, where = X[part.train], f"those outside fold {fold}"
        n_distinct = count_distinct(boxes, most)
        if n_distinct < most:
            raise ValueError(
                f"{most} clusters are asked for, and there are only {n_distinct} distinct boxes "
                f"among {where} (n_samples={boxes.shape[0]}): ask for at most {n_distinct} "
                "clusters, or use more boxes."
            )


def count_distinct(X: Any, enough: int) -> int:
    """Count distinct rows until there are enough."""
    if not isinstance(X, np.ndarray):
        return int(X.shape[0])
    n_rows = 4 * enough
    n_distinct = len(np.unique(X[:n_rows], axis=0))
    while n_distinct < enough and n_rows < len(X):
        n_rows *= 4
        n_distinct = len(np.unique(X[:n_rows], axis=0))
    return n_distinct


def check_held_out(
    sample_weight: FloatArray | None, y: Any, train: Rows, test: Rows, fold: int
) -> None:
    """Raise if held-out boxes have no weight; warn if they are all boxes of a category."""
    if sample_weight is not None and not sample_weight[test].any():
        raise ValueError(
            f"sample_weight is zero for all boxes of fold {fold}, so they have no score: leave the "
            "boxes without weight out, or take fewer folds."
        )
    if y is None or type_of_target(y) not in ("binary", "multiclass"):
        return
    lost = np.setdiff1d(y[test], y[train])
    if len(lost):
        warn(
            f"Fold {fold} holds all boxes of category {lost[0]}, so none is left to fit, and its "
            "score says little on that category. Take fewer folds, or stratify them."
        )
