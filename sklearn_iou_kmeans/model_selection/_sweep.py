"""NClustersSweep: fit several numbers of clusters and choose one."""

from collections.abc import Callable, Sequence
from copy import deepcopy
from numbers import Integral, Real
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.random import RandomState
from numpy.typing import ArrayLike, NDArray
from sklearn import get_config
from sklearn.base import BaseEstimator, ClusterMixin, MetaEstimatorMixin, clone
from sklearn.model_selection import GroupKFold
from sklearn.utils import Tags, check_random_state, get_tags
from sklearn.utils.metadata_routing import UNUSED, MetadataRouter, MethodMapping, process_routing
from sklearn.utils.validation import check_is_fitted

from .._atomic import atomic
from .._documentation import DocumentationLink
from .._kernels import IntArray
from .._persistence import VersionedState
from .._sklearn import (
    CallbackSupportMixin,
    HasMethods,
    Interval,
    StrOptions,
    available_if,
    fit_and_its_parts,
    set_output,
    validates_parameters,
)
from ._request import Part, check_request, clusterer_of
from ._results import Results
from ._rules import Rule, choose, scores_of
from ._tasks import Task, prepare, run


def estimator_has(name: str) -> Callable[["NClustersSweep"], bool]:
    """Check that the estimator, or the fitted one if there is one, has an attribute."""

    def check(sweep: "NClustersSweep") -> bool:
        getattr(getattr(sweep, "best_estimator_", sweep.estimator), name)
        return True

    return check


class NClustersSweep(
    CallbackSupportMixin,
    DocumentationLink,
    VersionedState,
    ClusterMixin,
    MetaEstimatorMixin,
    BaseEstimator,
):
    """Fit a clusterer for several numbers of clusters, and choose one of them.

    For :class:`IoUKMeans`, this computes the curve of average IoU against the number of anchors:
    each further anchor raises the average IoU by less, and makes the detector larger.

    Parameters
    ----------
    estimator : estimator object
        A clusterer with a parameter `n_clusters` and the methods `fit` and `score` (higher is
        better), or a Pipeline that ends in one. It is cloned, and its `n_init` and `random_state`
        are replaced by those of the sweep.

    n_clusters : int or array-like of int, default=range(3, 11)
        Numbers of clusters to try, in any order. Common choices are multiples of the number of
        heads of the detector, for example ``range(3, 16, 3)`` for three heads.

    n_init : int, default=10
        Number of restarts for each number of clusters; the best one is kept. If the estimator has a
        parameter `n_init`, as `IoUKMeans` and `KMeans` do, it is fitted once with this value.
        Otherwise it is fitted `n_init` times, or once if it has no `random_state`.

    cv : int, cross-validation generator or iterable, default=None
        With None, only the boxes that were fitted are scored, as in published curves. With a
        splitter or a number of folds, held-out boxes are scored, too, which shows how well the
        anchors fit other images. With `groups` and an int, whole groups are held out. Use it if
        you have few boxes.

    rule : {"knee", "one_standard_error"}, float or callable, default="knee"
        How to choose from the curve; with `cv`, from the curve of held-out scores.

        - "knee" chooses the point furthest above the straight line from the first point of the
          curve to the last. This is a heuristic, and depends on the range: the knee of 3 to 10 is
          not that of 3 to 20 (see Examples).
        - "one_standard_error" chooses the fewest clusters whose held-out score is within one
          standard error (over the folds) of the best. It requires `cv`, and folds that are
          independent, that is, of whole images. With many boxes the standard error is tiny, and
          it chooses nearly the largest number.
        - A float chooses the fewest clusters with at least this score, or the largest number, with
          a warning, if none reaches it. Use it if you have a target, for example the average IoU
          that the default anchors reach on the data that they were made for.
        - A callable ``rule(cv_results_)`` returns the index of the chosen row. The first two are
          also such functions, :func:`~sklearn_iou_kmeans.model_selection.knee` and
          :func:`~sklearn_iou_kmeans.model_selection.one_standard_error`, to apply to the
          `cv_results_` of any sweep.

    n_jobs : int, default=None
        Number of tasks to run in parallel, in threads unless a :func:`joblib.parallel_config`
        context sets another backend, such as "loky" or "dask". None means 1 unless in such a
        context. The results are bitwise identical for every number and backend. If the process is
        killed, joblib's "loky" workers live on for some minutes.

    verbose : int, default=0
        If positive, print a line for each finished task.

    random_state : int, RandomState instance or None, default=None
        Seed of all fits. Pass an int to get the same result on every call. An estimator with a
        parameter `n_init` gets this int as its `random_state`, so that a single fit with the same
        int finds the same clusters.

    Attributes
    ----------
    cv_results_ : dict of str to ndarray
        One row for each number of clusters, in ascending order.

        - `param_n_clusters`, `params`: the number of clusters, and the same as a dict.
        - `train_score`: the score of the best fit to all boxes, on these boxes.
        - `mean_fit_time`, `std_fit_time`: mean and standard deviation of the time of a fit, in
          seconds, without the preparation of the boxes, which all fits share.
        - `total_time`: the total time of all fits of a row, in seconds.
        - `restart0_score` and so on, `mean_restart_score`, `std_restart_score`: the scores of all
          restarts, if the estimator has no `n_init`; `train_score` is the highest of them.
        - `split0_test_score` and so on, `mean_test_score`, `std_test_score`, `rank_test_score`:
          with `cv`, the scores of the best fit of each fold on the held-out boxes.
    best_index_ : int
        The chosen row.
    best_n_clusters_ : int
        The chosen number of clusters.
    best_score_ : float
        The score of the chosen row: on held-out boxes with `cv`, otherwise on the fitted boxes.
    best_estimator_ : estimator
        The best fit to all boxes with the chosen number of clusters.
    estimators_ : list of estimators
        The best fit to all boxes for each number of clusters.
    n_splits_ : int
        Number of folds; 0 without `cv`.
    labels_ : ndarray of shape (n_samples,)
        The labels of `best_estimator_`.
    n_features_in_ : int
        Number of columns.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns of `X`, if it has names.

    See Also
    --------
    IoUKMeans : The estimator that is usually swept.
    IoUCurveDisplay : A plot of the curve.
    sklearn.model_selection.GridSearchCV : Search over any parameters.

    Notes
    -----
    There is one task for each number of clusters, restart and fold. The longest tasks start first,
    so that the workers finish at about the same time. Each task uses one core.

    All numbers of clusters use the same seeds, so the result for one number does not depend on the
    others.

    Callbacks, which are experimental in scikit-learn 1.9, are supported: after
    ``sweep.set_callbacks(sklearn.callback.ProgressBar())``, `fit` shows its progress.

    References
    ----------
    Redmon and Farhadi, "YOLO9000: better, faster, stronger", CVPR 2017, figure 2.

    Examples
    --------
    >>> from sklearn_iou_kmeans import IoUKMeans, NClustersSweep
    >>> from sklearn_iou_kmeans.datasets import make_boxes
    >>> from sklearn_iou_kmeans.preprocessing import box_sizes
    >>> X = box_sizes(make_boxes(1000, random_state=0).data)
    >>> sweep = NClustersSweep(IoUKMeans(), random_state=0).fit(X)
    >>> sweep.best_n_clusters_, sweep.best_estimator_.cluster_centers_.shape
    (6, (6, 2))
    >>> NClustersSweep(IoUKMeans(), range(3, 21), n_init=3, random_state=0).fit(X).best_n_clusters_
    8
    """

    cv_results_: dict[str, Any]
    best_index_: int
    best_n_clusters_: int
    best_score_: float
    best_estimator_: Any
    estimators_: list[Any]
    n_splits_: int

    # Routed to the estimator and to the splitter; the sweep does not use them itself.
    __metadata_request__fit: ClassVar[dict[str, str]] = {"sample_weight": UNUSED, "groups": UNUSED}
    __metadata_request__score: ClassVar[dict[str, str]] = {"sample_weight": UNUSED}

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "estimator": [HasMethods(["fit", "score", "get_params", "set_params"])],
        "n_clusters": ["array-like", Integral],
        "n_init": [Interval(Integral, 1, None, closed="left")],
        "cv": ["cv_object"],
        "rule": [
            StrOptions({"knee", "one_standard_error"}),
            Interval(Real, None, None, closed="neither"),
            callable,
        ],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        estimator: Any,
        n_clusters: int | Sequence[int] | NDArray[np.integer] = range(3, 11),
        *,
        n_init: int = 10,
        cv: Any = None,
        rule: Literal["knee", "one_standard_error"] | float | Rule = "knee",
        n_jobs: int | None = None,
        verbose: int = 0,
        random_state: int | RandomState | None = None,
    ) -> None:
        self.estimator = estimator
        self.n_clusters = n_clusters
        self.n_init = n_init
        self.cv = cv
        self.rule = rule
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.random_state = random_state

    @validates_parameters
    @atomic
    def fit(
        self,
        X: ArrayLike,
        y: Any = None,
        sample_weight: ArrayLike | None = None,
        groups: ArrayLike | None = None,
    ) -> Self:
        """Fit all numbers of clusters, and choose one.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The boxes, in the form that the estimator takes.
        y : array-like of shape (n_samples,), default=None
            The categories of the boxes, for splitters that stratify. They are not passed to the
            estimator.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the boxes, for fitting and scoring; all 1 by default.
        groups : array-like of shape (n_samples,), default=None
            The image of each box. A splitter then keeps the boxes of an image together.

        Returns
        -------
        self : object
            The fitted sweep.

        Raises
        ------
        TypeError
            If the estimator has no parameter `n_clusters`, or if `sample_weight` is given and the
            estimator does not support it.
        ValueError
            If `n_clusters` is empty or repeats a number, if `cv` yields no splits, if there are
            fewer distinct boxes than clusters, in `X` or in the training part of a fold, or if
            `rule` is "one_standard_error" without `cv`. This is checked before the first fit,
            except that the boxes are not if the estimator is a Pipeline, which may make them of
            other rows.

        Warns
        -----
        UserWarning
            If no number of clusters reaches the target, or if a fold holds out all boxes of a
            category of `y`.
        """
        parts, n_clusters = check_request(self, X, y, sample_weight, groups)
        seeds = self._draw_seeds()
        parts = [prepare(self._clone(n_clusters[-1], seeds[0]), part) for part in parts]
        results = self._run(parts, n_clusters, seeds)
        self.cv_results_ = results.table(n_clusters)
        self.estimators_ = results.estimators()
        self.n_splits_ = len(parts) - 1
        self.best_index_ = choose(self.cv_results_, self.rule)
        self.best_n_clusters_ = n_clusters[self.best_index_]
        self.best_score_ = float(scores_of(self.cv_results_)[self.best_index_])
        self.best_estimator_ = self.estimators_[self.best_index_]
        return self

    def fit_predict(
        self,
        X: ArrayLike,
        y: Any = None,
        sample_weight: ArrayLike | None = None,
        groups: ArrayLike | None = None,
    ) -> IntArray:
        """Fit, and return the cluster of each box.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The boxes, in the form that the estimator takes.
        y : array-like of shape (n_samples,), default=None
            As in `fit`.
        sample_weight : array-like of shape (n_samples,), default=None
            As in `fit`.
        groups : array-like of shape (n_samples,), default=None
            As in `fit`.

        Returns
        -------
        labels : ndarray of shape (n_samples,)
            The labels of the best estimator.
        """
        return self.fit(X, y, sample_weight, groups).labels_

    def predict(self, X: ArrayLike) -> IntArray:
        """Predict the cluster of each box with the best estimator.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The boxes, in the form that the estimator takes.

        Returns
        -------
        labels : ndarray of shape (n_samples,)
            As returned by `predict` of the estimator.
        """
        check_is_fitted(self)
        labels: IntArray = self.best_estimator_.predict(X)
        return labels

    @available_if(estimator_has("transform"))
    def transform(self, X: ArrayLike) -> Any:
        """Compute the distance of each box to each center of the best estimator.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The boxes, in the form that the estimator takes.

        Returns
        -------
        distances : ndarray of shape (n_samples, best_n_clusters_)
            As returned by `transform` of the estimator.
        """
        check_is_fitted(self)
        return self.best_estimator_.transform(X)

    @available_if(estimator_has("transform"))
    def fit_transform(
        self,
        X: ArrayLike,
        y: Any = None,
        sample_weight: ArrayLike | None = None,
        groups: ArrayLike | None = None,
    ) -> Any:
        """Fit, and compute the distance of each box to each center of the best estimator.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The boxes, in the form that the estimator takes.
        y : array-like of shape (n_samples,), default=None
            As in `fit`.
        sample_weight : array-like of shape (n_samples,), default=None
            As in `fit`.
        groups : array-like of shape (n_samples,), default=None
            As in `fit`.

        Returns
        -------
        distances : ndarray of shape (n_samples, best_n_clusters_)
            As returned by `transform` of the estimator.
        """
        return self.fit(X, y, sample_weight, groups).transform(X)

    def score(self, X: ArrayLike, y: Any = None, sample_weight: ArrayLike | None = None) -> float:
        """Score boxes with the best estimator.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The boxes, in the form that the estimator takes.
        y : Ignored
            Present by convention.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the boxes; all 1 by default.

        Returns
        -------
        score : float
            As returned by `score` of the estimator: for :class:`IoUKMeans`, the average IoU.
        """
        check_is_fitted(self)
        metadata = {} if sample_weight is None else {"sample_weight": sample_weight}
        if get_config()["enable_metadata_routing"]:
            metadata = process_routing(self, "score", **metadata).estimator.score
        return float(self.best_estimator_.score(X, **metadata))

    @available_if(estimator_has("get_feature_names_out"))
    def get_feature_names_out(self, input_features: Any = None) -> NDArray[Any]:
        """Get the names of the columns that `transform` returns.

        Parameters
        ----------
        input_features : Ignored
            Present by convention.

        Returns
        -------
        names : ndarray of str
            As returned by the estimator.
        """
        check_is_fitted(self)
        names: NDArray[Any] = self.best_estimator_.get_feature_names_out(input_features)
        return names

    @available_if(estimator_has("set_output"))
    def set_output(
        self, *, transform: Literal["default", "pandas", "polars"] | None = None
    ) -> Self:
        """Set the container that `transform` returns.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"}, default=None
            As in `set_output` of the estimator; None changes nothing.

        Returns
        -------
        self : object
            The sweep itself.
        """
        set_output(self.estimator, transform=transform)
        if hasattr(self, "best_estimator_"):
            set_output(self.best_estimator_, transform=transform)
        return self

    @property
    def labels_(self) -> IntArray:
        """The labels of the best estimator."""
        labels: IntArray = clusterer_of(self.best_estimator_)[1].labels_
        return labels

    @property
    def n_features_in_(self) -> int:
        """The number of columns that were fitted."""
        n_features: int = self.best_estimator_.n_features_in_
        return n_features

    @property
    def feature_names_in_(self) -> NDArray[Any]:
        """The names of the columns that were fitted."""
        names: NDArray[Any] = self.best_estimator_.feature_names_in_
        return names

    def get_metadata_routing(self) -> MetadataRouter:
        """Get the routing of weights to the estimator and of groups to the splitter.

        Returns
        -------
        routing : MetadataRouter
            The routing.
        """
        fit_and_score = MethodMapping().add(caller="fit", callee="fit")
        fit_and_score.add(caller="fit", callee="score").add(caller="score", callee="score")
        splitter = GroupKFold() if isinstance(self.cv, Integral) else self.cv
        return (
            MetadataRouter(owner=self)
            .add(estimator=self.estimator, method_mapping=fit_and_score)
            .add(
                splitter=splitter, method_mapping=MethodMapping().add(caller="fit", callee="split")
            )
        )

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "best_estimator_")

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        estimator_tags = deepcopy(get_tags(self.estimator))
        tags.input_tags = estimator_tags.input_tags
        tags.transformer_tags = estimator_tags.transformer_tags
        return tags

    def _draw_seeds(self) -> list[int]:
        """Draw a seed for each restart that the sweep makes."""
        _, clusterer = clusterer_of(self.estimator)
        names = clusterer.get_params(deep=False)
        is_one_fit = "n_init" in names or "random_state" not in names
        if is_one_fit and isinstance(self.random_state, int | np.integer):
            return [int(self.random_state)]
        random_state = check_random_state(self.random_state)
        n_fits = 1 if is_one_fit else self.n_init
        return [random_state.randint(2**31 - 1) for _ in range(n_fits)]

    def _clone(self, n_clusters: int, seed: int) -> Any:
        """Clone the estimator for one fit."""
        prefix, clusterer = clusterer_of(self.estimator)
        values = {"n_clusters": n_clusters, "n_init": self.n_init, "random_state": seed}
        names = clusterer.get_params(deep=False)
        known = {f"{prefix}{name}": value for name, value in values.items() if name in names}
        return clone(self.estimator).set_params(**known)

    def _run(self, parts: list[Part], n_clusters: list[int], seeds: list[int]) -> Results:
        """Fit each number of clusters to each part from each seed."""
        results = Results(len(parts), len(n_clusters), len(seeds))
        tasks = [
            Task(
                place,
                n_clusters[place[1]],
                self._clone(n_clusters[place[1]], seeds[place[2]]),
                parts[place[0]],
            )
            for place in np.ndindex(*results.train.shape)
        ]
        with fit_and_its_parts(self, len(tasks)) as notifiers:
            tasks = [
                task._replace(notify=notify) for task, notify in zip(tasks, notifiers, strict=True)
            ]
            for n_done, (place, fit) in enumerate(run(tasks, self.n_jobs), 1):
                results.include(place, fit)
                if self.verbose:
                    print(f"{n_done} of {len(tasks)} tasks done.", flush=True)
        return results
