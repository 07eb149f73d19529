"""Boxes around COCO masks: polygons and run lengths."""

from typing import Any

import numpy as np

from ._errors import AnnotationError
from ._files import quoted
from ._shapes import Box, polygon_box

LAYOUT = (
    "A segmentation is a list of polygons [x1, y1, x2, y2, ...], or an object with size = [height, "
    "width] and counts, the lengths of runs."
)


def mask_box(segmentation: Any, where: str) -> Box | None:
    """Return the corners of the box around a mask; None if there is no mask or it is empty."""
    try:
        if isinstance(segmentation, dict):
            height, width = segmentation["size"]
            counts = segmentation["counts"]
            runs = _decoded(counts) if isinstance(counts, str) else counts
            return _runs_box(np.array(runs, dtype=np.int64), int(height), int(width))
        points = [np.reshape(np.asarray(part, dtype=float), (-1, 2)) for part in segmentation or ()]
        if not all(np.isfinite(part).all() for part in points):
            raise ValueError("a coordinate is missing")
        return polygon_box(np.concatenate(points).ravel().tolist()) if points else None
    except (KeyError, TypeError, ValueError, IndexError, OverflowError):
        raise AnnotationError(f"{where}: {quoted(segmentation)} is not a mask. {LAYOUT}") from None


def _runs_box(runs: "np.ndarray[Any, np.dtype[np.int64]]", height: int, width: int) -> Box | None:
    """Return the box around the pixels of every second run, counted down the columns."""
    if (runs < 0).any() or runs.sum() != height * width:
        raise ValueError("the runs do not fill the mask")
    ends = np.cumsum(runs)
    there = runs[1::2] > 0
    first, last = ends[:-1:2][: len(there)][there], ends[1::2][there] - 1
    if not len(first):
        return None
    columns, rows = np.array([first // height, last // height]), np.array([first, last]) % height
    # A run that continues in the next column touches the top and bottom of the mask.
    tall = (columns[0] != columns[1]).any()
    top, bottom = (0, height) if tall else (rows.min(), rows.max() + 1)
    return float(columns.min()), float(top), float(columns.max() + 1), float(bottom)


def _decoded(text: str) -> list[int]:
    """Decode the run lengths that COCO writes as text, with 5 bits per character.

    From the fourth on, a number is the difference from the one two before.
    """
    runs: list[int] = []
    value = shift = 0
    for character in text.encode():
        bits = character - 48
        value |= (bits & 0x1F) << shift
        shift += 5
        if bits & 0x20:
            if shift > 60:
                raise ValueError("a run is too long")
            continue
        if bits & 0x10:
            value -= 1 << shift
        runs.append(value + (runs[-2] if len(runs) > 2 else 0))
        value = shift = 0
    return runs
