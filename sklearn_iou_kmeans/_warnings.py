"""Warnings that point to the line of the caller."""

import sys
import warnings

# Callers in these packages are skipped, because users call `fit` through them.
PASSED_OVER = ("sklearn_iou_kmeans", "sklearn", "joblib")


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Issue a warning at the innermost line outside this package and scikit-learn.

    Parameters
    ----------
    message : str
    category : type of Warning, default=UserWarning
    """
    level, frame = 2, sys._getframe()
    while frame.f_back is not None and _package_of(frame.f_back) in PASSED_OVER:
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)


def _package_of(frame: object) -> str:
    name: str = frame.f_globals.get("__name__", "")  # type: ignore[attr-defined]
    return name.partition(".")[0]
