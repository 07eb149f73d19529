"""The names of scikit-learn that are not public, in one place for the day they move."""

from collections.abc import Callable
from typing import TypeVar

from sklearn.base import _fit_context
from sklearn.utils._param_validation import Interval, StrOptions

__all__ = ["Interval", "StrOptions", "validates_parameters"]

Method = TypeVar("Method", bound=Callable[..., object])


def validates_parameters(method: Method) -> Method:
    """Check the estimator's parameters against its `_parameter_constraints` before `method`."""
    decorated: Method = _fit_context(prefer_skip_nested_validation=True)(method)
    return decorated
