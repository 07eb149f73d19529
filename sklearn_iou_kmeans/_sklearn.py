"""All names of scikit-learn that are private or untyped, in one place."""

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
        """Stand-in for older versions, in which estimators have no callbacks."""


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
    if type(X).__module__.startswith("pyarrow."):  # scikit-learn 1.6 cannot index it
        return X.take(rows)
    return _safe_indexing(X, rows)


def validates_parameters(method: Method) -> Method:
    """Check the estimator's parameters against its `_parameter_constraints` before `method`."""
    decorated: Method = _fit_context(prefer_skip_nested_validation=True)(method)
    return decorated


def available_if(check: Callable[[Any], bool]) -> Callable[[Method], Method]:
    """Make a method available only if `check(estimator)` is true."""
    decorator: Callable[[Method], Method] = metaestimators.available_if(check)
    return decorator


def one_thread() -> AbstractContextManager[Any]:
    """Limit the native libraries of NumPy, SciPy and scikit-learn to one thread each."""
    limited: AbstractContextManager[Any] = _get_threadpool_controller().limit(limits=1)
    return limited


def has_callbacks(estimator: Any) -> bool:
    """Whether callbacks were set on an estimator or on the meta-estimator that fits it."""
    return hasattr(estimator, "_skl_callbacks") or hasattr(estimator, "_parent_callback_ctx")


@contextmanager
def fit_and_its_runs(
    estimator: Any, most: int
) -> Iterator[Callable[[Iterable[Start]], Iterable[Start]]]:
    """Notify the callbacks of an estimator when a fit and each of its runs begin and end.

    Yields a function that passes on the starts, at most `most` of them, and notifies the callbacks
    of a run from each: a run ends when the next start is requested. If a callback returns True, no
    further start is passed on.
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
    """Notify the callbacks of a meta-estimator when a fit and each of its parts begin and end.

    Yields one function for each fit of a clone of `estimator.estimator`. ``with part(clone):``
    around this fit, in any thread or process, notifies the callbacks, and lets the clone notify
    them of its own runs.
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
    """Notify the callbacks when the fit of a clone begins and ends."""
    with context.propagate_callback_context(clone):
        context.call_on_fit_task_begin(estimator=estimator)
        yield
    context.call_on_fit_task_end(estimator=estimator)
