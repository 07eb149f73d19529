"""What is stored says which version wrote it, and what a newer version wrote is refused."""

from typing import Any, cast

from ._sklearn import parse_version

WRITTEN_BY = "_sklearn_iou_kmeans_version"
"""The key of the version in a stored state."""


class VersionedState:
    """Estimators and histograms as pickle, joblib and skops store them.

    scikit-learn stores its version with its own estimators in the same way, and warns of any other.
    An older version of this package is no reason to: what it wrote is loaded.
    """

    def __getstate__(self) -> dict[str, Any]:
        from . import __version__

        return cast("dict[str, Any]", super().__getstate__()) | {WRITTEN_BY: __version__}

    def __setstate__(self, state: dict[str, Any]) -> None:
        from . import __version__

        version = state.get(WRITTEN_BY, __version__)
        if parse_version(version) > parse_version(__version__):
            raise ValueError(
                f"This {type(self).__name__} was stored by sklearn-iou-kmeans {version}, which is "
                f"newer than {__version__}, which is installed: pip install --upgrade "
                "sklearn-iou-kmeans."
            )
        self.__dict__.update((name, value) for name, value in state.items() if name != WRITTEN_BY)
