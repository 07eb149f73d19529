"""The meaning of the four numbers of a box."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ._errors import AnnotationError
from ._files import PathLike, quoted
from ._image_size import FARTHEST

BoxFormat = Literal["xyxy", "xywh", "cxcywh"]
"""Two corners; a corner and the size; the center and the size."""

FloatArray = NDArray[np.float64]

CLEARLY = 0.99
"""The share of boxes that must be valid under an interpretation of their numbers."""

MANY = 10
"""How many boxes outside of their images are no single mistakes."""


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
    """Decide what the numbers of boxes mean by what is possible; raise if that does not decide.

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
    box_format : {"xyxy", "xywh", "cxcywh"}
        Either two corners or a corner and the size, if nearly all boxes have a size and are inside
        their image in only one of these; the center and the size, if in neither of them.
    """
    there = ~np.isnan(values[:, 0])
    if not there.any():
        return "xyxy"
    possible = _possible(values[there], image_size[there])
    likely = [name for name, rows in possible.items() if np.mean(rows) >= CLEARLY]
    if likely == ["cxcywh"] or ("xyxy" in likely) != ("xywh" in likely):
        return likely[0]
    four = ", ".join(f"{value:g}" for value in values[there][0])
    raise AnnotationError(
        f"{path}: the box {four} can be two corners, or a corner and the size, and the other boxes "
        "do not decide it.",
        "Choose {box_format}xyxy or {box_format}xywh; or {box_format}cxcywh for the center and the "
        "size.",
    )


def refuse_centers(values: FloatArray, image_size: FloatArray, path: PathLike) -> None:
    """Raise if what is called the corner of boxes, such as x and y, is clearly their center.

    Then the boxes on the right and at the bottom of their images, taken for a corner and the size,
    extend beyond it. The parameters are those of `likely_format`.
    """
    there = ~np.isnan(values[:, 0])
    possible = _possible(values[there], image_size[there])
    n_outside = np.count_nonzero(~possible["xywh"])
    if n_outside < max(MANY, (1 - CLEARLY) * len(possible["xywh"])):
        return
    if np.mean(possible["cxcywh"]) >= CLEARLY:
        raise AnnotationError(
            f"{path}: {n_outside} of {np.count_nonzero(there)} boxes extend beyond their image, "
            "and hardly any would if their first two numbers were the center.",
            "Choose {box_format}cxcywh if they are, or {box_format}xywh if they are the corner.",
        )


def _possible(values: FloatArray, image_size: FloatArray) -> dict[str, NDArray[np.bool_]]:
    """Return in which boxes the numbers can have each meaning; an unknown size allows all."""
    first, second = values[:, :2], values[:, 2:]
    is_relative = bool((abs(values) <= FARTHEST).all())
    end = 1 + 0.01 if is_relative else image_size + 1
    start = -0.01 if is_relative else -1
    with np.errstate(over="ignore", invalid="ignore"):
        possible = {
            "xyxy": second >= first,
            "xywh": ~(first + second > end),
            "cxcywh": ~((first + second / 2 > end) | (first - second / 2 < start)),
        }
    return {name: np.all(sides, axis=1) for name, sides in possible.items()}
