"""A proven upper bound on the average IoU of any centers."""

from ._branching import Proof
from ._certify import MAX_EXACT_SHAPES, close_gap, upper_bound
from ._problem import Problem, problem_of_boxes, problem_of_histogram

__all__ = [
    "MAX_EXACT_SHAPES",
    "Problem",
    "Proof",
    "close_gap",
    "problem_of_boxes",
    "problem_of_histogram",
    "upper_bound",
]
