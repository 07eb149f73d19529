"""The tasks of a sweep, and how they are run.

A restart is a fit from one seed to one part of the boxes; the best restart of each number of
clusters and part is then finished. A task is a call with arguments of its own, so it gives the
same result wherever it runs.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, Protocol, Self, runtime_checkable

import numpy as np
from joblib.parallel import get_active_backend
from sklearn.utils.parallel import Parallel, delayed

from ._sklearn import one_thread
from ._sweep_input import Boxes, Part


@runtime_checkable
class RestartsOnSummary(Protocol):
    """What a clusterer offers whose restarts need only a summary of the boxes.

    A sweep then has the boxes summarised once for all restarts and numbers of clusters, and only
    the best restart of each number of clusters sees all boxes. Each method is called on a clone
    with the parameters of the task.
    """

    def _summarize(self, X: Any, sample_weight: Any) -> Any | None:
        """Return the summary, or None if the parameters ask for runs on all boxes.

        It is called with the largest number of clusters of the sweep.
        """

    def _restart(self, summary: Any) -> tuple[Any, float]:
        """Search from one start; return what was found, and its score on the summary."""

    def _finish(self, X: Any, sample_weight: Any, summary: Any, found: Any) -> Self:
        """Fit on all boxes, from what the best restart found."""


class Task(NamedTuple):
    """A call with an estimator, a part and more, and the key that tells its result from others."""

    key: Any
    function: Callable[..., Any]
    arguments: tuple[Any, ...]


def duration(task: Task) -> int:
    """What the time that a task takes grows with."""
    estimator, part = task.arguments[:2]
    return int(estimator.n_clusters * part.n_samples)


class Restart(NamedTuple):
    """What a restart found, as `finish` takes it, and how good it is."""

    found: Any
    score: float
    seconds: float


class Finish(NamedTuple):
    """The scores of a finished restart, and the estimator if it was fitted to all boxes."""

    estimator: Any
    train_score: float
    test_score: float
    seconds: float


def summarize(estimator: Any, part: Part) -> Part:
    """Add a summary of the boxes to fit, if the estimator restarts on such."""
    if not isinstance(estimator, RestartsOnSummary):
        return part
    train = part.boxes_to_fit()
    return part._replace(summary=estimator._summarize(train.X, train.fit_weight))


def restart(estimator: Any, part: Part) -> Restart:
    """Fit once, on the summary if there is one."""
    start = time.perf_counter()
    if part.summary is not None:
        found, score = estimator._restart(part.summary)
    else:
        train = part.boxes_to_fit()
        found = estimator.fit(train.X, **train.fit_params)
        score = score_of(found, train)
    return Restart(found, score, time.perf_counter() - start)


def finish(estimator: Any, part: Part, best: Restart) -> Finish:
    """Complete the best restart, and score it on the boxes that it fits and on those held out."""
    start = time.perf_counter()
    fitted, train_score = best.found, best.score
    if part.summary is not None:
        train = part.boxes_to_fit()
        fitted = estimator._finish(train.X, train.fit_weight, part.summary, best.found)
        train_score = score_of(fitted, train)
    test = part.held_out_boxes()
    if test is None:
        return Finish(fitted, train_score, np.nan, time.perf_counter() - start)
    return Finish(None, train_score, score_of(fitted, test), time.perf_counter() - start)


def score_of(estimator: Any, boxes: Boxes) -> float:
    """The estimator's score, which has to be a number."""
    score = float(estimator.score(boxes.X, **boxes.score_params))
    if not np.isfinite(score):
        raise ValueError(f"The score of {estimator} is {score}: a sweep compares finite scores.")
    return score


def run(tasks: list[Task], n_jobs: int | None) -> Iterator[tuple[Any, Any]]:
    """Run tasks; yield the key and the result of each as it ends.

    Each keeps to one thread, since the tasks are what is parallel. A backend that cannot stream
    gives all results at the end.
    """
    backend, _ = get_active_backend()
    streams = getattr(backend, "supports_return_generator", False)
    parallel = Parallel(n_jobs=n_jobs, return_as="generator_unordered" if streams else "list")
    with one_thread():
        yield from parallel(
            delayed(run_task)(task.key, task.function, *task.arguments) for task in tasks
        )


def run_task(key: Any, function: Callable[..., Any], *arguments: Any) -> tuple[Any, Any]:
    """Run a task in whatever process and thread it came to."""
    with one_thread():
        return key, function(*arguments)
