"""How many anchors: the sweep over their number, and the rules to choose from its results."""

from ._rules import knee, one_standard_error
from ._sweep import NClustersSweep

__all__ = ["NClustersSweep", "knee", "one_standard_error"]
