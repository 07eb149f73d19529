"""Centers, and how well they do."""

from typing import NamedTuple

from .._kernels import FloatArray, IntArray, nearest


class Solution(NamedTuple):
    """Centers, the best of them for each shape, the IoU with it, and its weighted sum."""

    centers: FloatArray
    labels: IntArray
    iou: FloatArray
    score: float

    def quality(self) -> float:
        """The weighted sum of the IoU, to sort by."""
        return self.score


def evaluate(X: FloatArray, sample_weight: FloatArray, centers: FloatArray) -> Solution:
    """Assign every shape to its best center."""
    labels, iou = nearest(X, centers)
    return Solution(centers, labels, iou, float(iou @ sample_weight))
