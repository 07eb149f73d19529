"""Methods that leave the estimator unchanged if they fail or are interrupted."""

from collections.abc import Callable
from copy import copy
from functools import wraps
from typing import Any, TypeVar

Method = TypeVar("Method", bound=Callable[..., Any])


def atomic(method: Method) -> Method:
    """Make a method work on a copy of the estimator, and take over the result in one step.

    Parameters
    ----------
    method : callable
        A method that changes attributes of the estimator, but nothing that they refer to. What it
        returns is not used.

    Returns
    -------
    method : callable
        The same, returning the estimator. It raises a RuntimeError if another thread has changed
        the estimator in such a method since it was called, as one of the two results would be lost.
    """

    @wraps(method)
    def on_a_copy(self: Any, *args: Any, **kwargs: Any) -> Any:
        before, changed = self.__dict__, copy(self)
        method(changed, *args, **kwargs)
        if self.__dict__ is not before:
            raise RuntimeError(
                f"{method.__name__} was called on one {type(self).__name__} from two threads at "
                "once, and this call has changed nothing: give each thread an object of its own, "
                "and for partial_fit a ShapeHistogram, and merge these."
            )
        self.__dict__ = changed.__dict__
        return self

    decorated: Method = on_a_copy  # type: ignore[assignment]
    return decorated
