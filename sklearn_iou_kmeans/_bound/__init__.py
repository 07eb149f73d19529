"""A proven upper bound on the average IoU of any centers."""

from ._certify import upper_bound
from ._problem import problem_of_boxes, problem_of_histogram

__all__ = ["problem_of_boxes", "problem_of_histogram", "upper_bound"]
