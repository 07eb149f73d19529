"""The estimators and their algorithms."""

from ._iou_kmeans import IoUKMeans
from ._most_frequent import MostFrequentShapes

__all__ = ["IoUKMeans", "MostFrequentShapes"]
