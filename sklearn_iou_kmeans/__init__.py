"""Anchor boxes for object detectors: k-means under the IoU distance, for scikit-learn.

Public names are imported when they are first used, so that the command starts quickly.
"""

from typing import TYPE_CHECKING

__all__ = [
    "AnchorsDisplay",
    "IoUCurveDisplay",
    "IoUKMeans",
    "MostFrequentShapes",
    "NClustersSweep",
    "ShapeHistogram",
    "show_versions",
]

MODULES = {
    "AnchorsDisplay": "_display",
    "IoUCurveDisplay": "_display",
    "IoUKMeans": "_cluster",
    "MostFrequentShapes": "_cluster",
    "NClustersSweep": "model_selection",
    "ShapeHistogram": "_histogram",
    "show_versions": "_versions",
}
"""The module of each public name."""

SUBMODULES = ("dask", "datasets", "export", "metrics", "model_selection", "preprocessing")

if TYPE_CHECKING:
    from ._cluster import IoUKMeans, MostFrequentShapes
    from ._display import AnchorsDisplay, IoUCurveDisplay
    from ._histogram import ShapeHistogram
    from ._versions import show_versions
    from .model_selection import NClustersSweep

    __version__: str
else:  # with __getattr__, a type checker would accept any name

    def __getattr__(name):
        from importlib import import_module

        if name in SUBMODULES:
            return import_module(f".{name}", __name__)
        if name in MODULES:
            value = getattr(import_module(f".{MODULES[name]}", __name__), name)
        elif name == "__version__":
            value = import_module("importlib.metadata").version("sklearn-iou-kmeans")
        else:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    special = [name for name in globals() if name.startswith("__")]
    return sorted({*special, *__all__, *SUBMODULES, "__version__"})
