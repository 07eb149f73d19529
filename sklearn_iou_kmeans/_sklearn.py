"""The names of scikit-learn that are not public, or not typed, in one place."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from typing import Any, TypeVar

from sklearn.base import _fit_context
from sklearn.utils import _safe_indexing, metaestimators
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils._set_output import _safe_set_output as set_output
from sklearn.utils.fixes import parse_version
from sklearn.utils.parallel import _get_threadpool_controller

try:  # experimental, from scikit-learn 1.9 on
    from sklearn.callback import CallbackSupportMixin

    HAS_CALLBACKS = True
except ImportError:
    HAS_CALLBACKS = False

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Before scikit-learn 1.9 no estimator has callbacks."""


__all__ = [
    "HAS_CALLBACKS",
    "CallbackSupportMixin",
    "HasMethods",
    "Interval",
    "StrOptions",
    "available_if",
    "fit_and_its_parts",
    "fit_and_its_runs",
    "one_thread",
    "parse_version",
    "rows_of",
    "set_output",
    "validates_parameters",
]

Method = TypeVar("Method", bound=Callable[..., object])
Start = TypeVar("Start")


def rows_of(X: Any, rows: Any) -> Any:
    """Take rows of an array or a table."""
    if type(X).__module__.startswith("pyarrow."):  # of which scikit-learn 1.6 knows no rows
        return X.take(rows)
    return _safe_indexing(X, rows)


def validates_parameters(method: Method) -> Method:
    """Check the estimator's parameters against its `_parameter_constraints` before `method`."""
    decorated: Method = _fit_context(prefer_skip_nested_validation=True)(method)
    return decorated


def available_if(check: Callable[[Any], bool]) -> Callable[[Method], Method]:
    """Let an estimator have a method only if `check` of the estimator holds."""
    decorator: Callable[[Method], Method] = metaestimators.available_if(check)
    return decorator


def one_thread() -> AbstractContextManager[Any]:
    """Keep the libraries below NumPy, SciPy and scikit-learn to one thread each."""
    limited: AbstractContextManager[Any] = _get_threadpool_controller().limit(limits=1)
    return limited


def has_callbacks(estimator: Any) -> bool:
    """Whether an estimator, or what it is fitted in, was given callbacks."""
    return hasattr(estimator, "_skl_callbacks") or hasattr(estimator, "_parent_callback_ctx")


@contextmanager
def fit_and_its_runs(
    estimator: Any, most: int
) -> Iterator[Callable[[Iterable[Start]], Iterable[Start]]]:
    """Tell the callbacks of an estimator that a fit begins, and at the end that it ends.

    The function that it gives passes on at most so many starts, and tells of a run from each: the
    run ends when the next start is asked for. A callback that returns True ends them early.
    """
    if not has_callbacks(estimator):
        yield iter
        return
    fit = estimator._init_callback_context(max_subtasks=most)
    fit.call_on_fit_task_begin(estimator=estimator)

    def runs_from(starts: Iterable[Start]) -> Iterator[Start]:
        for start in starts:
            run = fit.subcontext("run").call_on_fit_task_begin(estimator=estimator)
            yield start
            if run.call_on_fit_task_end(estimator=estimator):
                return

    yield runs_from
    fit.call_on_fit_task_end(estimator=estimator)


@contextmanager
def fit_and_its_parts(
    estimator: Any, n_parts: int
) -> Iterator[list[Callable[[Any], AbstractContextManager[Any]]]]:
    """Tell the callbacks of a meta-estimator that a fit begins, and at the end that it ends.

    It gives a function for each fit of a clone of `estimator.estimator`, wherever that runs:
    ``with part(clone):`` around it tells of it, and lets the clone tell of its own parts.
    """
    if not has_callbacks(estimator) and not has_callbacks(estimator.estimator):
        yield [nullcontext] * n_parts
        return
    fit = estimator._init_callback_context(max_subtasks=n_parts, sequential_subtasks=False)
    fit.call_on_fit_task_begin(estimator=estimator)
    yield [partial(part, estimator, fit.subcontext("part", task_id=i)) for i in range(n_parts)]
    fit.call_on_fit_task_end(estimator=estimator)


@contextmanager
def part(estimator: Any, context: Any, clone: Any) -> Iterator[None]:
    """Tell the callbacks that the fit of a clone begins and ends."""
    with context.propagate_callback_context(clone):
        context.call_on_fit_task_begin(estimator=estimator)
        yield
    context.call_on_fit_task_end(estimator=estimator)
