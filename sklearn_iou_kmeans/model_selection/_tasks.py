"""The tasks of a sweep, and running them in parallel.

A task fits a clone of the estimator to one part of the boxes and scores it. All that it needs is
passed as arguments, so the result is the same in any thread or process.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import Any, NamedTuple, Protocol, Self, TypeGuard

import numpy as np
from joblib.parallel import get_active_backend
from sklearn.utils.parallel import Parallel, delayed

from .._sklearn import one_thread
from ._request import Boxes, Part


class FitsPrepared(Protocol):
    """Protocol of a clusterer that prepares boxes once for any number of clusters.

    A sweep then calls `_prepare` once for each part of the boxes, and `_fit_prepared` in each task.
    Its `fit` returns ``self._fit_prepared(self._prepare(X, sample_weight))``.
    """

    def _prepare(self, X: Any, sample_weight: Any = None) -> Any:
        """Validate boxes and return them in the form for `_fit_prepared`, for any `n_clusters`."""

    def _fit_prepared(self, boxes: Any) -> Self:
        """Fit to prepared boxes."""


def fits_prepared(estimator: Any) -> TypeGuard[FitsPrepared]:
    """Whether the class that defines `fit` offers its two halves, too.

    A subclass with a `fit` of its own that inherits them does not: its `fit` may do more.
    """
    definer = next((base for base in type(estimator).__mro__ if "fit" in vars(base)), object)
    return "_fit_prepared" in vars(definer)


class Task(NamedTuple):
    """An estimator to fit to a part, and its place: part, row of the table and restart.

    ``with notify(estimator):`` notifies the callbacks of the sweep when its fit begins and ends.
    """

    place: tuple[int, int, int]
    n_clusters: int
    estimator: Any
    part: Part
    notify: Callable[[Any], AbstractContextManager[Any]] = nullcontext

    def size(self) -> int:
        """Return a number that grows with the run time of the task."""
        return self.n_clusters * self.part.n_samples


class Fit(NamedTuple):
    """A fit, its scores on the training boxes and on the held-out boxes, and its time.

    The estimator is only kept if it was fitted to all boxes.
    """

    estimator: Any
    train_score: float
    test_score: float
    seconds: float


def prepare(estimator: Any, part: Part) -> Part:
    """Prepare the boxes to fit on one core, if the estimator supports it."""
    if not fits_prepared(estimator):
        return part
    train = part.boxes_to_fit()
    with one_thread():
        return part._replace(prepared=estimator._prepare(train.X, train.fit_weight))


def run_task(task: Task) -> tuple[tuple[int, int, int], Fit]:
    """Fit and score on one core."""
    with one_thread():
        start = time.perf_counter()
        train, test = task.part.boxes_to_fit(), task.part.held_out_boxes()
        with task.notify(task.estimator):
            if task.part.prepared is None:
                fitted = task.estimator.fit(train.X, **train.fit_params)
            else:
                fitted = task.estimator._fit_prepared(task.part.prepared)
        seconds = time.perf_counter() - start
        train_score = score_of(fitted, train)
        if test is None:
            return task.place, Fit(fitted, train_score, np.nan, seconds)
        return task.place, Fit(None, train_score, score_of(fitted, test), seconds)


def score_of(estimator: Any, boxes: Boxes) -> float:
    """Return the score of the estimator, and check that it is finite."""
    score = float(estimator.score(boxes.X, **boxes.score_params))
    if not np.isfinite(score):
        raise ValueError(f"The score of {estimator} is {score}: a sweep compares finite scores.")
    return score


def run(tasks: list[Task], n_jobs: int | None) -> Iterator[tuple[tuple[int, int, int], Fit]]:
    """Run tasks, the longest first; yield the place and the result of each as it ends.

    The default is threads, because they start quickly and the kernels release the GIL. A backend
    that cannot return results as they come returns all of them at the end.
    """
    backend, _ = get_active_backend(prefer="threads")
    streams = getattr(backend, "supports_return_generator", False)
    return_as = "generator_unordered" if streams else "list"
    if n_jobs is not None:
        n_jobs = min(n_jobs, len(tasks))  # joblib starts all threads that it is asked for
    parallel = Parallel(n_jobs=n_jobs, return_as=return_as, prefer="threads")
    ordered = sorted(tasks, key=Task.size, reverse=True)
    with one_thread():
        results = parallel(delayed(run_task)(task) for task in ordered)
        try:
            # `yield from` would close the results itself.
            for result in results:  # noqa: UP028
                yield result
        except GeneratorExit:  # the caller stops, as on Ctrl-C
            if streams:
                with suppress(KeyboardInterrupt):  # to close them would warn of unused results
                    results.throw(KeyboardInterrupt)
            raise
