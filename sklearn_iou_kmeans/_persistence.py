"""Store the version of the package with objects, and refuse objects of newer versions."""

from importlib.metadata import version
from typing import Any, cast

from ._sklearn import parse_version

INSTALLED = version("sklearn-iou-kmeans")

WRITTEN_BY = "_sklearn_iou_kmeans_version"
"""Key of the version in a stored state."""


class VersionedState:
    """Mixin for objects that pickle, joblib and skops can store.

    scikit-learn stores its version with its own estimators in the same way, and warns of any other.
    An older version of this package is no reason to: what it wrote is loaded.
    """

    def __getstate__(self) -> dict[str, Any]:
        return cast("dict[str, Any]", super().__getstate__()) | {WRITTEN_BY: INSTALLED}

    def __setstate__(self, state: dict[str, Any]) -> None:
        writer = state.get(WRITTEN_BY, INSTALLED)
        if parse_version(writer) > parse_version(INSTALLED):
            raise ValueError(
                f"This {type(self).__name__} was stored by sklearn-iou-kmeans {writer}, which is "
                f"newer than {INSTALLED}, which is installed: pip install --upgrade "
                "sklearn-iou-kmeans."
            )
        self.__dict__.update((name, value) for name, value in state.items() if name != WRITTEN_BY)
