"""Boxes around other shapes."""

import math
from collections.abc import Sequence
from typing import Literal

from ._errors import AnnotationError
from ._files import quoted

Box = tuple[float, float, float, float]
Sides = Literal["enclosing", "rotated"]
"""Size of an oriented box: that of the upright box around it, or its own sides."""

POLYGON = "around a polygon"
ELLIPSE = "around an ellipse"
MASK = "around a mask"
ENCLOSING = "around an oriented box"
OWN_SIDES = "with the sides of an oriented box"


def check_sides(sides: str) -> None:
    """Raise unless `sides` is one of `Sides`."""
    if sides not in ("enclosing", "rotated"):
        raise AnnotationError(
            f"{quoted(sides)} is not a choice of sides for oriented boxes.",
            "Choose {sides}enclosing, the box around each, or {sides}rotated, its own sides.",
        )


def polygon_box(points: Sequence[float]) -> Box | None:
    """Return the corners of the box around the points x1, y1, x2, y2, ...; None without points."""
    x, y = points[::2], points[1::2]
    return (min(x), min(y), max(x), max(y)) if x else None


def ellipse_box(cx: float, cy: float, rx: float, ry: float, degrees: float = 0) -> Box:
    """Return the corners of the box around a rotated ellipse."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    half_width, half_height = math.hypot(rx * cos, ry * sin), math.hypot(rx * sin, ry * cos)
    return cx - half_width, cy - half_height, cx + half_width, cy + half_height


def turned(corners: Sequence[float], degrees: float, around: Sequence[float]) -> list[float]:
    """Rotate a box clockwise around a point; return its corners x1, y1, ..., x4, y4."""
    x1, y1, x2, y2 = corners
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    quad: list[float] = []
    for x, y in ((x1, y1), (x2, y1), (x2, y2), (x1, y2)):
        dx, dy = x - around[0], y - around[1]
        quad += around[0] + dx * cos - dy * sin, around[1] + dx * sin + dy * cos
    return quad
