"""K-means clustering of shapes under the IoU distance."""

import warnings
from collections.abc import Callable, Iterable, Iterator
from copy import copy
from numbers import Integral, Real
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.random import RandomState
from numpy.typing import ArrayLike, NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from ._base import BaseShapeClusterer
from ._distinct import distinct_shapes, used_shapes
from ._histogram import ShapeHistogram
from ._iou import FloatArray, common_scale, volumes
from ._lloyd import lloyd
from ._multiresolution import (
    RESOLUTION,
    Find,
    Level,
    Summary,
    average_iou,
    coarse_level,
    narrow_down,
    pyramid,
    search_widely,
    summarize,
)
from ._seeding import kmeans_plusplus, random_shapes
from ._sklearn import Interval, StrOptions, validates_parameters
from ._validation import check_shapes, check_weights

SEEDINGS = {"k-means++": kmeans_plusplus, "random": random_shapes}

Init = Literal["k-means++", "random"] | ArrayLike | Callable[..., ArrayLike]


class IoUKMeans(BaseShapeClusterer):
    r"""K-means clustering of box shapes under the IoU distance.

    Finds the `n_clusters` shapes, called anchor boxes or priors by those who train detectors, whose
    average IoU with the boxes is largest: each box counts with its IoU with the best of them, both
    placed on the same corner.

    Parameters
    ----------
    n_clusters : int, default=9
        The number of anchors. More of them raise the average IoU by less and less and make the
        detector larger; usual are 9 (3 for each of 3 heads), 6 or 5. It is mostly a multiple of
        the number of heads.

    init : {"k-means++", "random"}, callable or array-like, default="k-means++"
        Where a run starts from. "k-means++" draws shapes that are far from each other, "random"
        draws shapes by weight. An array of shape (n_clusters, n_features), say the anchors in use
        today, or a callable ``init(X, n_clusters, random_state)`` that returns one, gives the
        centers to start from.

    n_init : int, default=10
        The number of runs, each from another seeding; the one with the largest average IoU is
        kept. With an array for `init` there is one run, as all would be the same.

    update : {"iou", "median", "mean"}, default="iou"
        Where the center of a cluster lies. "iou" climbs the average IoU and is the one to use.
        "mean" is the rule of YOLO9000 and of darknet, "median" that of several published scripts.
        They are there to reproduce what those publish: they run as published, to their own fixed
        point, and the average IoU can fall on the way.

    algorithm : {"auto", "lloyd", "multiresolution"}, default="auto"
        "lloyd" makes `n_init` runs, with every iteration on all boxes. "multiresolution" makes them
        on a small summary of the boxes, tries to better them by moving single centers elsewhere,
        and polishes the best on all boxes: it finds better anchors in a fraction of the time, and
        is for ``update="iou"`` alone. "auto" takes "multiresolution" where it can, and "lloyd" for
        the other rules, and where `init` is an array or a callable and so asks for runs from just
        there.

    max_iter : int, default=300
        The largest number of iterations of a run, or of polishing.

    tol : float, default=1e-6
        A run, or polishing, ends once an iteration raises the average IoU by `tol` or less. The
        rules "median" and "mean" have no use for it: they end when no box changes its cluster.

    verbose : int, default=0
        If positive, print a line for each run.

    random_state : int, RandomState instance or None, default=None
        Determines the seedings. Pass an int to get the same anchors each time.

    Attributes
    ----------
    cluster_centers_ : ndarray of shape (n_clusters, n_features)
        The anchors in the unit of `X`, by ascending volume (ties by the first side).
    labels_ : ndarray of shape (n_samples,)
        The anchor of each box: a row of `cluster_centers_`.
    inertia_ : float
        Sum over the boxes of weight x (1 - IoU with the best anchor).
    average_iou_ : float
        Weighted average over the boxes of the IoU with the best anchor, in [0, 1].
    n_iter_ : int
        Number of iterations on all boxes that led to the anchors.
    histogram_ : ShapeHistogram
        Summary of the boxes, after `partial_fit` only.
    n_features_in_ : int
        Number of sides.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns of `X`, where it has any.

    See Also
    --------
    MostFrequentShapes : The naive baseline.
    ShapeHistogram : The summary, for boxes on many machines.
    sklearn.cluster.KMeans : K-means under the Euclidean distance, whose error grows with the size
        of the box, so that small boxes hardly count.

    Notes
    -----
    With sides :math:`a_j` of a box and :math:`c_j` of a center the IoU is :math:`P / U`, where
    :math:`P = \prod \min(a_j, c_j)` and :math:`U = \prod a_j + \prod c_j - P`. 1 - IoU is the
    Jaccard distance of two sets, a metric. A run assigns each box to the center with the largest
    IoU and then moves each center, in turn. The rule "iou" follows from setting the derivative of
    the average IoU to zero: in each side the center is a weighted median of the boxes, with weights
    IoU A / U for the larger and IoU V / U for the smaller boxes, where A and V are the volumes of
    the box and of the center. A step that would lower the average IoU is shortened, so that it
    never falls within a run. The mean does not have this property and neither has the median.

    A box with a side of 0 has IoU 0 with everything. It has no influence on the centers, and it
    counts in `average_iou_`. Only sums of weights enter, so an integer weight means the same as
    that many repeats, and the order of the boxes has no influence, both up to rounding.

    A larger average IoU makes the detector's task easier; it does not promise a higher mAP.

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
    histogram_: ShapeHistogram

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_clusters": [Interval(Integral, 1, None, closed="left")],
        "init": [StrOptions(set(SEEDINGS)), callable, "array-like"],
        "n_init": [Interval(Integral, 1, None, closed="left")],
        "update": [StrOptions({"iou", "median", "mean"})],
        "algorithm": [StrOptions({"auto", "lloyd", "multiresolution"})],
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
        algorithm: Literal["auto", "lloyd", "multiresolution"] = "auto",
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
    def fit(self, X: ArrayLike, y: Any = None, sample_weight: ArrayLike | None = None) -> Self:
        """Find the anchors.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Side lengths of boxes in one unit, finite and >= 0: two columns are (width, height), one
            column is the length of segments, three are (length, width, height) of 3-D boxes.
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
            If a side is negative or not finite, if no box has positive sides and weight, if there
            are fewer boxes than clusters, or if `init` does not fit `X` and `n_clusters`.

        Warns
        -----
        ConvergenceWarning
            If there are fewer distinct shapes than clusters. Anchors are repeated then.
        """
        X = self._check_shapes(X, reset=True)
        weights = check_weights(sample_weight, X)
        self._check_n_samples(len(X))
        self._forget("histogram_")
        init = self._check_init(self.init, X)
        scale = common_scale(X, init) if isinstance(init, np.ndarray) else common_scale(X)
        run = self._run_coarse_to_fine if self._is_multiresolution() else self._run_lloyd
        centers, self.n_iter_ = run(X, weights, scale)
        return self._store(X, weights, in_order(centers) / scale)

    @validates_parameters
    def partial_fit(
        self, X: ArrayLike, y: Any = None, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Add boxes, and find the anchors of all that were added so far.

        For boxes that do not fit in memory, in as many chunks as there are, in any order. They are
        kept as a :class:`ShapeHistogram`, whose size does not grow with their number, and the
        anchors are those of its shapes. `labels_`, `inertia_` and `average_iou_` are not there, as
        the boxes are not: use `predict` and `score` on them.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Side lengths of further boxes, in the unit of those before.
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
            As `fit` does, or if the parameters do not allow a search on summaries. What was added
            before is kept then, and nothing of `X` is.

        Warns
        -----
        ConvergenceWarning
            If the boxes so far have fewer distinct shapes than there are clusters.

        Notes
        -----
        A call adds `X` at the rate of a pass over it and then searches anew, which takes a time
        that does not depend on the number of boxes: prefer few large chunks. `fit` forgets what
        was added.
        """
        if not self._is_multiresolution():
            raise ValueError(
                "partial_fit searches on a summary of the boxes, which goes with update='iou' and "
                f"algorithm='auto' or 'multiresolution'; got update={self.update!r} and "
                f"algorithm={self.algorithm!r}."
            )
        is_first = not hasattr(self, "histogram_")
        X = self._check_shapes(X, reset=is_first)
        histogram = ShapeHistogram(RESOLUTION) if is_first else copy(self.histogram_)
        histogram.add(X, check_weights(sample_weight, X))
        scale = common_scale(histogram.shapes)
        levels = pyramid(histogram, scale)
        finest = levels[-1]
        if self._has_enough(finest.shapes):
            centers = self._search(levels, finest.shapes / scale, scale)
            shapes, weights = finest.shapes, finest.weights
            centers, self.n_iter_ = self._best_run(shapes, weights, [centers], name="Polishing")
        else:
            centers, self.n_iter_ = np.resize(finest.shapes, (self.n_clusters, X.shape[1])), 1
        self._forget("labels_", "inertia_", "average_iou_")
        self.histogram_ = histogram
        self.cluster_centers_ = (in_order(centers) / scale).astype(X.dtype)
        return self

    def _forget(self, *names: str) -> None:
        """Drop what an earlier fit left that this one does not renew."""
        for name in names:
            if hasattr(self, name):
                delattr(self, name)

    def _is_multiresolution(self) -> bool:
        """Whether to search on summaries of the boxes, as far as the parameters decide it."""
        if self.algorithm == "multiresolution" and self.update != "iou":
            raise ValueError(
                f"update={self.update!r} runs as published, on all boxes: it goes with "
                "algorithm='lloyd' or 'auto', not with 'multiresolution'."
            )
        if self.algorithm == "auto":
            return self.update == "iou" and isinstance(self.init, str)
        return self.algorithm == "multiresolution"

    # These three are the protocol `model_selection.RestartsOnSummary`.

    @validates_parameters
    def _summarize(self, X: ArrayLike, sample_weight: ArrayLike | None = None) -> Summary | None:
        if not (self._is_multiresolution() and isinstance(self.init, str)):
            return None
        X = self._check_shapes(X, reset=True)
        self._check_n_samples(len(X))
        summary = summarize(X, check_weights(sample_weight, X), common_scale(X))
        return summary if self._is_searchable(summary) else None

    def _restart(self, summary: Summary) -> tuple[Find, float]:
        random_state = check_random_state(self.random_state)
        coarse = coarse_level(summary.levels, self.n_clusters)
        shapes, weights = coarse.shapes, coarse.weights
        start = next(self._starts(shapes, shapes, weights, summary.scale, random_state))
        find = search_widely(coarse, start, random_state)
        return find, average_iou(summary.levels, find.centers)

    def _finish(
        self, X: ArrayLike, sample_weight: ArrayLike | None, summary: Summary, find: Find
    ) -> Self:
        X = self._check_shapes(X, reset=True)
        weights = check_weights(sample_weight, X)
        random_state = check_random_state(self.random_state)
        centers = narrow_down(summary.levels, [find], random_state)
        centers, self.n_iter_ = self._polish(X, weights, summary, centers)
        return self._store(X, weights, in_order(centers) / summary.scale)

    def _run_coarse_to_fine(
        self, X: NDArray[np.floating], weights: FloatArray, scale: FloatArray
    ) -> tuple[FloatArray, int]:
        """Search on summaries and polish on the boxes."""
        summary = summarize(X, weights, scale)
        if not self._is_searchable(summary):
            return self._run_lloyd(X, weights, scale)
        return self._polish(X, weights, summary, self._search(summary.levels, X, scale))

    def _is_searchable(self, summary: Summary) -> bool:
        """Whether the summary has more shapes than there are clusters."""
        return len(summary.levels[-1].weights) > self.n_clusters

    def _search(
        self, levels: list[Level], X: NDArray[np.floating], scale: FloatArray
    ) -> FloatArray:
        """Search on summaries of `X`: widely from each start, then around the best finds."""
        random_state = check_random_state(self.random_state)
        coarse = coarse_level(levels, self.n_clusters)
        finds: list[Find] = []
        for start in self._starts(X, coarse.shapes, coarse.weights, scale, random_state):
            finds.append(search_widely(coarse, start, random_state))
            if self.verbose:
                average, n_shapes = finds[-1].average_iou, len(coarse.weights)
                print(f"Run {len(finds) - 1}: average IoU {average:.6f} on {n_shapes} shapes.")
        return narrow_down(levels, finds, random_state)

    def _polish(
        self,
        X: NDArray[np.floating],
        weights: FloatArray,
        summary: Summary,
        centers: FloatArray,
    ) -> tuple[FloatArray, int]:
        """Refine on all boxes what was found on a summary of them."""
        shapes, weights = used_shapes(np.multiply(X, summary.scale, order="F"), weights)
        return self._best_run(shapes, weights, [centers], name="Polishing")

    def _run_lloyd(
        self, X: NDArray[np.floating], weights: FloatArray, scale: FloatArray
    ) -> tuple[FloatArray, int]:
        """Run from each start on the distinct shapes."""
        shapes, weights = distinct_shapes(X * scale, weights)
        if not self._has_enough(shapes):
            return np.resize(shapes, (self.n_clusters, X.shape[1])), 1
        random_state = check_random_state(self.random_state)
        starts = self._starts(X, shapes, weights, scale, random_state)
        return self._best_run(shapes, weights, starts)

    def _best_run(
        self,
        shapes: FloatArray,
        weights: FloatArray,
        starts: Iterable[FloatArray],
        name: str = "Run",
    ) -> tuple[FloatArray, int]:
        """Run from each start; return the best centers and the iterations that they took."""
        best_average, best = -1.0, (np.empty(0), 0)
        for i, start in enumerate(starts):
            centers, average, n_iter = lloyd(
                shapes,
                weights,
                start,
                update=self.update,
                max_iter=self.max_iter,
                tol=self.tol,
            )
            if self.verbose:
                print(f"{name} {i}: average IoU {average:.6f} after {n_iter} iterations.")
            if average > best_average:
                best_average, best = average, (centers, n_iter)
        return best

    def _starts(
        self,
        X: NDArray[np.floating],
        shapes: FloatArray,
        weights: FloatArray,
        scale: FloatArray,
        random_state: RandomState,
    ) -> Iterator[FloatArray]:
        """Yield the centers that each run starts from, times `scale` as `shapes` are."""
        if callable(self.init):
            for _ in range(self.n_init):
                centers = self.init(X, self.n_clusters, random_state=random_state)
                yield self._check_init(centers, X) * scale
        elif isinstance(self.init, str):
            seed = SEEDINGS[self.init]
            for _ in range(self.n_init):
                yield seed(shapes, weights, self.n_clusters, random_state)
        else:
            yield self._check_init(self.init, X) * scale

    def _check_init(self, init: Init, X: NDArray[np.floating]) -> Any:
        """Return `init`, an array of centers as checked floats."""
        if isinstance(init, str) or callable(init):
            return init
        centers = check_shapes(init, "init", n_dims=X.shape[1])
        if len(centers) != self.n_clusters:
            raise ValueError(
                f"init has {len(centers)} rows and n_clusters={self.n_clusters}: give one row a "
                "cluster."
            )
        if not centers.all():
            row = np.flatnonzero((centers == 0).any(axis=1))[0]
            raise ValueError(
                f"init[{row}] is {centers[row].tolist()}: an anchor with a side of 0 has IoU 0 "
                "with every box. Give it positive sides."
            )
        return centers

    def _check_n_samples(self, n_samples: int) -> None:
        if n_samples < self.n_clusters:
            raise ValueError(
                f"n_samples={n_samples} should be >= n_clusters={self.n_clusters}: pass more boxes "
                "or ask for fewer clusters."
            )

    def _has_enough(self, shapes: FloatArray) -> bool:
        """Whether there are shapes for the clusters to choose from; warn if some must repeat."""
        if len(shapes) < self.n_clusters:
            warnings.warn(
                f"Number of distinct shapes ({len(shapes)}) found smaller than n_clusters "
                f"({self.n_clusters}): some anchors are repeated. Ask for at most {len(shapes)} "
                "clusters.",
                ConvergenceWarning,
                stacklevel=4,
            )
        return len(shapes) > self.n_clusters


def in_order(centers: FloatArray) -> FloatArray:
    """The centers by ascending volume, ties by the first side."""
    return centers[np.lexsort((centers[:, 0], volumes(centers)))]
