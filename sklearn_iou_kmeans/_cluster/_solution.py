"""Centers and their scores."""

from typing import NamedTuple

from .._kernels import FloatArray, IntArray, nearest


class Solution(NamedTuple):
    """Centers, and the weighted sum of the IoU of each shape with the best of them."""

    centers: FloatArray
    score: float


class Assignment(NamedTuple):
    """Centers, the best of them for each shape, the IoU with it, and its weighted sum."""

    centers: FloatArray
    labels: IntArray
    iou: FloatArray
    score: float


def evaluate(X: FloatArray, sample_weight: FloatArray, centers: FloatArray) -> Assignment:
    """Assign every shape to its best center."""
    labels, iou = nearest(X, centers)
    return Assignment(centers, labels, iou, float(iou @ sample_weight))


def by_score(solution: Solution | Assignment) -> float:
    """Return the score, as a key to sort by."""
    return solution.score
