"""The meaning of the four numbers of a box."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ._errors import AnnotationError
from ._files import PathLike, quoted

BoxFormat = Literal["xyxy", "xywh", "cxcywh"]
"""Two corners; a corner and the size; the center and the size."""

FloatArray = NDArray[np.float64]

CLEARLY = 0.99
"""The share of boxes that must be valid under an interpretation of their numbers."""


def check_box_format(box_format: str | None) -> None:
    """Raise unless `box_format` is None or one of `BoxFormat`."""
    if box_format not in (None, "xyxy", "xywh", "cxcywh"):
        raise AnnotationError(
            f"{quoted(box_format)} is not a box format.",
            "Choose {box_format}xyxy, two corners, {box_format}xywh, a corner and the size, or "
            "{box_format}cxcywh, the center and the size.",
        )


def corners_of(values: FloatArray, box_format: str) -> FloatArray:
    """Convert boxes to corners."""
    first, second = values[:, :2], values[:, 2:]
    with np.errstate(over="ignore", invalid="ignore"):
        if box_format == "xywh":
            return np.hstack([first, first + second])
        if box_format == "cxcywh":
            return np.hstack([first - second / 2, first + second / 2])
    return values


def likely_format(values: FloatArray, image_size: FloatArray, path: PathLike) -> str:
    """Decide between corners, and corner and size, by which is valid; raise if both are.

    Parameters
    ----------
    values : ndarray of shape (n_boxes, 4)
        The boxes; NaN for none.
    image_size : ndarray of shape (n_boxes, 2)
        The width and height of the image of each; NaN where they are not known.
    path : path-like
        The file, for the error.

    Returns
    -------
    box_format : {"xyxy", "xywh"}
        The only reading in which nearly all boxes have a size and are inside their image.
    """
    there = ~np.isnan(values[:, 0])
    values, image_size = values[there], image_size[there]
    if not len(values):
        return "xyxy"
    first, second = values[:, :2], values[:, 2:]
    with np.errstate(over="ignore", invalid="ignore"):
        outside = first + second > image_size + 1
    as_corners = np.mean((second >= first).all(axis=1)) >= CLEARLY
    as_size = np.mean(~outside.any(axis=1)) >= CLEARLY
    if as_corners != as_size:
        return "xyxy" if as_corners else "xywh"
    four = ", ".join(f"{value:g}" for value in values[0])
    raise AnnotationError(
        f"{path}: the box {four} can be two corners, or a corner and the size, and the other boxes "
        "do not decide it.",
        "Choose {box_format}xyxy or {box_format}xywh.",
    )
