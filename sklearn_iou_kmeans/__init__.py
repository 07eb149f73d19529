"""Anchor boxes for object detectors: k-means under the IoU distance, for scikit-learn."""

from importlib.metadata import version

from ._display import AnchorsDisplay, IoUCurveDisplay
from ._histogram import ShapeHistogram
from ._iou_kmeans import IoUKMeans
from ._most_frequent import MostFrequentShapes
from .model_selection import NClustersSweep

__version__ = version("sklearn-iou-kmeans")

__all__ = [
    "AnchorsDisplay",
    "IoUCurveDisplay",
    "IoUKMeans",
    "MostFrequentShapes",
    "NClustersSweep",
    "ShapeHistogram",
]
