"""How many anchors: the sweep over their number."""

from ._sweep import NClustersSweep

__all__ = ["NClustersSweep"]
