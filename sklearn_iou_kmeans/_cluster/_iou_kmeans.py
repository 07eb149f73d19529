"""K-means clustering of shapes under the IoU distance."""

from collections.abc import Callable, Iterable, Iterator
from copy import copy
from numbers import Integral, Real
from typing import Any, ClassVar, Literal, NamedTuple, Self

import numpy as np
from numpy.random import RandomState
from numpy.typing import ArrayLike, NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from .._atomic import atomic
from .._bound import Problem, problem_of_boxes
from .._distinct import distinct_shapes, used_shapes
from .._histogram import ShapeHistogram
from .._kernels import FloatArray
from .._sklearn import (
    CallbackSupportMixin,
    Interval,
    StrOptions,
    available_if,
    fit_and_its_runs,
    validates_parameters,
)
from .._validation import check_centers, check_weights
from .._warnings import warn
from .._weights import is_moderate, rescaled
from ._base import BaseShapeClusterer
from ._exact import check_provable, find_best
from ._lloyd import lloyd
from ._search import search
from ._seeding import kmeans_plusplus, random_shapes
from ._summary import (
    SORTED,
    Levels,
    Summary,
    WeightedShapes,
    levels_for,
    levels_of,
    summarize,
)

SEEDINGS = {"k-means++": kmeans_plusplus, "random": random_shapes}

Init = Literal["k-means++", "random"] | ArrayLike | Callable[..., ArrayLike]


class PreparedBoxes(NamedTuple):
    """Validated boxes, those that influence the centers, and their summaries, coarse to fine.

    With ``algorithm="exact"`` also the problem of which centers are better than all others.
    """

    X: NDArray[np.floating]
    sample_weight: FloatArray
    used: WeightedShapes
    levels: Levels
    feature_names: NDArray[np.object_] | None = None
    problem: Problem | None = None


class Found(NamedTuple):
    """Centers, the iterations on all boxes that led to them, and a bound that no centers exceed."""

    centers: FloatArray
    n_iter: int
    bound: float | None = None


def takes_chunks(kmeans: "IoUKMeans") -> bool:
    """Whether an estimator can search on a summary of boxes that are not kept."""
    if kmeans.algorithm == "exact" or not kmeans._searches_summary():
        raise AttributeError(
            "partial_fit searches on a summary of the boxes, which requires update='iou', and "
            "algorithm='random_swap' or, if init is 'k-means++' or 'random', 'auto'; got "
            f"update={kmeans.update!r}, algorithm={kmeans.algorithm!r} and init={kmeans.init!r}."
        )
    return True


class IoUKMeans(CallbackSupportMixin, BaseShapeClusterer):
    r"""K-means clustering of box shapes under the IoU distance.

    Finds the `n_clusters` shapes with the highest average IoU: the mean, over all boxes, of the
    IoU with the best shape, with one corner aligned. In object detection these shapes are called
    anchor boxes or priors.

    Parameters
    ----------
    n_clusters : int, default=9
        Number of anchors, usually a multiple of the number of heads of the detector. Common values
        are 9 (3 for each of 3 heads), 6 and 5. Each further anchor raises the average IoU by less,
        and makes the detector larger.

    init : {"k-means++", "random"}, callable or array-like, default="k-means++"
        Method to choose the initial centers. "k-means++" draws shapes that are far from each other,
        "random" draws shapes by weight. Or an array of shape (n_clusters, n_features) of initial
        centers, for example your current anchors, or a callable
        ``init(X, n_clusters, random_state)`` that returns one.

    n_init : int, default=10
        Number of runs with different initial centers. If `init` is an array there is only one run,
        because all would be the same.

    update : {"iou", "median", "mean"}, default="iou"
        Rule to update the center of a cluster. "iou" maximises the average IoU; use it unless you
        need to reproduce published results. "mean" is the rule of YOLO9000 and darknet, "median"
        that of several published scripts. With these two the average IoU can fall from one
        iteration to the next.

    algorithm : {"auto", "lloyd", "random_swap", "exact"}, default="auto"
        "lloyd" makes `n_init` runs, with every iteration on all boxes. "random_swap" makes them on
        a small summary of the boxes, and refines the best on finer ones and on all boxes. Up to
        2 000 distinct shapes are searched without a summary, and each run tries to improve its
        result by moving single centers elsewhere. "random_swap" finds better anchors in a fraction
        of the time, and requires ``update="iou"``. "auto" chooses "random_swap" where it can, and
        "lloyd" for the other update rules, or if `init` is an array or a callable, so that the runs
        start from these centers. "exact" continues from the result of "auto" until it is proven
        that no anchors are better by more than `tol`. It requires ``update="iou"`` and few boxes,
        at most 3 000 distinct shapes: for two sides and 9 anchors, 50 boxes take some tenths of a
        second, and 200 usually a second, sometimes a minute. More than three sides take much
        longer.

    max_iter : int, default=300
        Maximum number of iterations on all boxes for each run; with ``algorithm="exact"`` also of
        branch-and-bound nodes: if these are not enough, a warning says how much better other
        anchors might be.

    tol : float, default=1e-6
        A run ends when an iteration on all boxes raises the average IoU by at most `tol`. With the
        rules "median" and "mean", a run ends when no box changes its cluster. With
        ``algorithm="exact"``, other anchors can be better by at most `tol`, which must be at least
        1e-9; for a hundred boxes or more, 1e-4 takes much less time.

    verbose : int, default=0
        If positive, print a line for each run, and one for the proof of ``algorithm="exact"``.

    random_state : int, RandomState instance or None, default=None
        Seed of the initial centers and of the random swaps. Pass an int to get the same anchors on
        every call.

    Attributes
    ----------
    cluster_centers_ : ndarray of shape (n_clusters, n_features)
        The anchors in the unit of `X`, sorted by volume in ascending order (ties by the first
        side, then the next).
    labels_ : ndarray of shape (n_samples,)
        Index of the best anchor of each box.
    inertia_ : float
        Sum over the boxes of weight x (1 - IoU with the best anchor).
    average_iou_ : float
        Weighted mean over the boxes of the IoU with the best anchor, in [0, 1].
    average_iou_upper_bound_ : float
        An average IoU that no `n_clusters` anchors exceed; only set by ``algorithm="exact"``.
    n_iter_ : int
        Number of iterations on all boxes in the run that found the anchors.
    histogram_ : ShapeHistogram
        Summary of the boxes; only set by `partial_fit`.
    n_features_in_ : int
        Number of sides.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns of `X`, if it has names.

    See Also
    --------
    MostFrequentShapes : A naive baseline.
    ShapeHistogram : A summary of boxes, for data on several machines.
    sklearn.cluster.KMeans : K-means under the Euclidean distance, in which small boxes hardly
        count.

    Notes
    -----
    For a box with sides :math:`a_j` and a center with sides :math:`c_j`, the IoU is :math:`P / U`,
    where :math:`P = \prod \min(a_j, c_j)` and :math:`U = \prod a_j + \prod c_j - P`. The distance
    1 - IoU is a metric, the Jaccard distance of two sets. A run alternates two steps: it assigns
    each box to the center with the largest IoU, and updates each center. The rule "iou" follows
    from setting the derivative of the average IoU to zero: each side of the center is a weighted
    median of the boxes, with weights IoU A / U for boxes that are larger in this side, and
    IoU V / U for boxes that are smaller, where A and V are the volumes of the box and of the
    center. A step that would lower the average IoU is shortened, so within a run the average IoU
    never falls. The mean and the median do not have this property.

    A box with a side of 0 has IoU 0 with every center: it does not influence the centers, but it
    counts in `average_iou_`. Up to rounding, an integer weight is equivalent to repeating the box,
    and the order of the boxes does not matter.

    A higher average IoU makes the task of the detector easier, but does not guarantee a higher mAP.

    References
    ----------
    Redmon and Farhadi, "YOLO9000: better, faster, stronger", CVPR 2017, section 2.

    Examples
    --------
    >>> from sklearn_iou_kmeans import IoUKMeans
    >>> X = [[10, 8], [12, 8], [11, 9], [40, 30], [44, 31], [42, 33], [90, 60], [80, 64], [84, 62]]
    >>> kmeans = IoUKMeans(n_clusters=3, random_state=0).fit(X)
    >>> kmeans.cluster_centers_
    array([[11.,  8.],
           [42., 31.],
           [84., 62.]])
    >>> kmeans.predict([[13, 9], [100, 50]])
    array([0, 2], dtype=int32)
    """

    n_iter_: int
    average_iou_upper_bound_: float
    histogram_: ShapeHistogram

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_clusters": [Interval(Integral, 1, None, closed="left")],
        "init": [StrOptions(set(SEEDINGS)), callable, "array-like"],
        "n_init": [Interval(Integral, 1, None, closed="left")],
        "update": [StrOptions({"iou", "median", "mean"})],
        "algorithm": [StrOptions({"auto", "lloyd", "random_swap", "exact"})],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "verbose": ["verbose"],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        n_clusters: int = 9,
        *,
        init: Init = "k-means++",
        n_init: int = 10,
        update: Literal["iou", "median", "mean"] = "iou",
        algorithm: Literal["auto", "lloyd", "random_swap", "exact"] = "auto",
        max_iter: int = 300,
        tol: float = 1e-6,
        verbose: int = 0,
        random_state: int | RandomState | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.init = init
        self.n_init = n_init
        self.update = update
        self.algorithm = algorithm
        self.max_iter = max_iter
        self.tol = tol
        self.verbose = verbose
        self.random_state = random_state

    @validates_parameters
    @atomic
    def fit(self, X: ArrayLike, y: Any = None, sample_weight: ArrayLike | None = None) -> Self:
        """Fit the anchors to boxes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Side lengths of the boxes in one unit, finite and >= 0. Usually two columns, width and
            height; one column for the lengths of segments, and three for 3-D boxes, work as well.
        y : Ignored
            Present by convention.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the boxes; all 1 by default.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If a side is negative or not finite, if no box has positive sides and a positive
            weight, if there are fewer boxes than clusters, if the shape of `init` does not match
            `X` and `n_clusters`, or if there are too many distinct shapes for
            ``algorithm="exact"``.

        Warns
        -----
        ConvergenceWarning
            If there are fewer distinct shapes than clusters: some anchors are then repeated. Or if
            ``algorithm="exact"`` ends without a proof: the warning says how much better other
            anchors might be.
        """
        return self._fit_prepared(self._prepare(X, sample_weight))

    @available_if(takes_chunks)
    @atomic
    def partial_fit(
        self, X: ArrayLike, y: Any = None, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Add boxes, and fit the anchors to all boxes added so far.

        Use it for boxes that do not fit in memory: pass them in chunks, in any order. Only a
        :class:`ShapeHistogram` of the boxes is kept, whose size is bounded, and the anchors are
        fitted to it. `labels_`, `inertia_` and `average_iou_` are not set, because the boxes are
        not stored: use `predict` and `score`.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Side lengths of the boxes to add, in the same unit as the earlier ones.
        y : Ignored
            Present by convention.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the boxes; all 1 by default.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            As for `fit`. The estimator is then unchanged.
        AttributeError
            If `update` or `algorithm` do not allow a search on a histogram.
        RuntimeError
            If another thread has added boxes in the meantime. Its boxes are kept, and those in `X`
            are not added.

        Warns
        -----
        ConvergenceWarning
            If the boxes so far have fewer distinct shapes than there are clusters.

        Notes
        -----
        Every call searches for anchors, which takes about the same time for any number of boxes:
        use few large chunks rather than many small ones. `fit` discards the boxes added before, and
        the first call after it starts anew, without the boxes of `fit`. Do not call this method
        from several threads: give each thread a :class:`ShapeHistogram`, and merge them.
        """
        is_first = not hasattr(self, "histogram_")
        X = self._check_shapes(X, reset=is_first)
        histogram = ShapeHistogram() if is_first else copy(self.histogram_)
        histogram._add(X, check_weights(sample_weight, X))
        levels = levels_of(histogram)
        finest = levels[-1]
        used = WeightedShapes(finest.shapes, finest.weights)
        found = self._run(PreparedBoxes(*used, used, levels))
        self._forget("labels_", "inertia_", "average_iou_", "average_iou_upper_bound_")
        self.histogram_, self.n_iter_ = histogram, found.n_iter
        self.cluster_centers_ = in_order(found.centers)
        return self

    # A sweep over the number of clusters prepares the boxes once, and fits each number to them.

    @validates_parameters
    def _prepare(self, X: ArrayLike, sample_weight: ArrayLike | None = None) -> PreparedBoxes:
        """Validate and summarise boxes for fits with any number of clusters."""
        X = self._check_shapes(X, reset=True)
        weights = check_weights(sample_weight, X)
        scaled = weights if is_moderate(weights) else rescaled(weights)
        used = WeightedShapes(*used_shapes(X.astype(np.float64, copy=False), scaled))
        searches_summary = self._searches_summary()
        if len(used.weights) <= SORTED or not searches_summary:
            used = WeightedShapes(*distinct_shapes(*used))
        levels = summarize(*used) if searches_summary else [Summary.of_boxes(*used)]
        names, problem = getattr(self, "feature_names_in_", None), None
        if self.algorithm == "exact":
            problem = problem_of_boxes(X.astype(np.float64, copy=False), weights)
            check_provable(problem, self.tol)
        return PreparedBoxes(X, weights, used, levels, names, problem)

    @validates_parameters
    def _fit_prepared(self, boxes: PreparedBoxes) -> Self:
        """Fit the anchors to prepared boxes."""
        if len(boxes.X) < self.n_clusters:
            raise ValueError(
                f"n_samples={len(boxes.X)} should be >= n_clusters={self.n_clusters}: pass more "
                "boxes or ask for fewer clusters."
            )
        if not isinstance(self.init, str) and not callable(self.init):
            self._check_init(self.init, boxes.X)
        centers, n_iter, bound = self._run(boxes)
        attributes = {"n_iter_": n_iter, "n_features_in_": boxes.X.shape[1]}
        if boxes.feature_names is not None:
            attributes["feature_names_in_"] = boxes.feature_names
        if bound is not None:
            attributes["average_iou_upper_bound_"] = bound
        self._forget("histogram_", "feature_names_in_", "average_iou_upper_bound_")
        return self._store(boxes.X, boxes.sample_weight, in_order(centers), **attributes)

    @validates_parameters  # for `partial_fit`, which scikit-learn checks in its first call only
    def _run(self, boxes: PreparedBoxes) -> Found:
        """Find the best centers."""
        with fit_and_its_runs(self, self.n_init) as runs_from:
            levels = levels_for(boxes.levels, self.n_clusters)
            if len(levels[0].weights) <= self.n_clusters:
                distinct = WeightedShapes(*distinct_shapes(*boxes.used))
                if len(distinct.weights) <= self.n_clusters:
                    bound = None if boxes.problem is None else boxes.problem.attainable()
                    return Found(self._take_every_shape(distinct.shapes), 1, bound)
                levels = [Summary.of_boxes(*distinct)]
            random_state = check_random_state(self.random_state)
            starts = runs_from(self._starts(boxes.X, levels[0], random_state))
            if self._searches_summary():
                starts = search(levels, starts, random_state)
            found = self._best_run(boxes.used, starts)
            if boxes.problem is None:
                return found
            return self._close_gap(boxes.problem, found)

    def _close_gap(self, problem: Problem, found: Found) -> Found:
        """Bound how much better others can be, and take them if they are."""
        proof = find_best(problem, found.centers, max_iter=self.max_iter, tol=self.tol)
        if self.verbose:
            print(f"Proof: average IoU {proof.score:.6f}, and none is above {proof.bound:.6f}.")
        return Found(proof.centers, found.n_iter, proof.bound)

    def _searches_summary(self) -> bool:
        """Whether the parameters ask for a search on summaries of the boxes."""
        if self.algorithm in ("random_swap", "exact") and self.update != "iou":
            raise ValueError(
                f"update={self.update!r} runs as published, on all boxes, which requires "
                f"algorithm='lloyd' or 'auto', not {self.algorithm!r}."
            )
        if self.algorithm in ("auto", "exact"):
            return self.update == "iou" and isinstance(self.init, str)
        return self.algorithm == "random_swap"

    def _best_run(self, level: WeightedShapes, starts: Iterable[FloatArray]) -> Found:
        """Run Lloyd's iteration from each start; return the best centers and their iterations."""
        runs = []
        for i, start in enumerate(starts):
            solution, n_iter = lloyd(
                *level, start, update=self.update, max_iter=self.max_iter, tol=self.tol
            )
            runs.append((solution, n_iter))
            if self.verbose:
                average = solution.score / level.weights.sum()
                print(f"Run {i}: average IoU {average:.6f} after {n_iter} iterations.")
        solution, n_iter = max(runs, key=lambda run: run[0].score)
        return Found(solution.centers, n_iter)

    def _starts(
        self, X: NDArray[np.floating], level: Summary, random_state: RandomState
    ) -> Iterator[FloatArray]:
        """Yield the initial centers of each run."""
        if callable(self.init):
            for _ in range(self.n_init):
                centers = self.init(X, self.n_clusters, random_state=random_state)
                yield self._check_init(centers, X)
        elif isinstance(self.init, str):
            for _ in range(self.n_init):
                yield SEEDINGS[self.init](
                    level.shapes, level.weights, self.n_clusters, random_state
                )
        else:
            yield self._check_init(self.init, X)

    def _check_init(self, init: ArrayLike, X: NDArray[np.floating]) -> FloatArray:
        """Validate `init` and return it as centers."""
        centers = check_centers(init, "init", self.n_clusters, X.shape[1])
        if not centers.all():
            row = np.flatnonzero((centers == 0).any(axis=1))[0]
            raise ValueError(
                f"init[{row}] is {centers[row].tolist()}: an anchor with a side of 0 has IoU 0 "
                "with every box. Give it positive sides."
            )
        return centers.astype(np.float64, order="C")

    def _take_every_shape(self, shapes: FloatArray) -> FloatArray:
        """Return every distinct shape as a center, some repeated if there are too few."""
        if len(shapes) < self.n_clusters:
            warn(
                f"Number of distinct shapes ({len(shapes)}) found smaller than n_clusters "
                f"({self.n_clusters}): some anchors are repeated. Ask for at most {len(shapes)} "
                "clusters.",
                ConvergenceWarning,
            )
        return np.resize(shapes, (self.n_clusters, shapes.shape[1]))

    def _forget(self, *names: str) -> None:
        """Delete attributes of an earlier fit that this one does not set."""
        for name in names:
            if hasattr(self, name):
                delattr(self, name)


def in_order(centers: FloatArray) -> FloatArray:
    """Sort centers by volume in ascending order, ties by the first side, then the next."""
    # Mantissas and exponents are multiplied separately, so that no volume over- or underflows.
    mantissas, exponents = np.frexp(centers)
    mantissa, exponent = np.frexp(mantissas.prod(axis=1))
    return centers[np.lexsort((*centers.T[::-1], mantissa, exponent + exponents.sum(axis=1)))]
