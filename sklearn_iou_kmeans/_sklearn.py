"""The names of scikit-learn that are not public, or not typed, in one place."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, TypeVar

from sklearn.base import _fit_context
from sklearn.utils import _safe_indexing as rows_of
from sklearn.utils import metaestimators
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils._set_output import _safe_set_output as set_output
from sklearn.utils.fixes import parse_version
from sklearn.utils.parallel import _get_threadpool_controller

__all__ = [
    "HasMethods",
    "Interval",
    "StrOptions",
    "available_if",
    "one_thread",
    "parse_version",
    "rows_of",
    "set_output",
    "validates_parameters",
]

Method = TypeVar("Method", bound=Callable[..., object])


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
