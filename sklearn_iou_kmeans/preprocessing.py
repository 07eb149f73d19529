"""Convert boxes to the sizes to cluster.

To use these functions in a pipeline, wrap them in
:class:`~sklearn.preprocessing.FunctionTransformer`.
"""

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_array

from ._validation import FLOATS, check_shapes

__all__ = ["box_sizes", "convert_units", "letterbox", "stretch"]

Unit = Literal["pixel", "relative", "grid"]


def box_sizes(
    boxes: Any,
    box_format: Literal["xyxy", "xywh", "cxcywh"] = "xyxy",
    *,
    inclusive: bool = False,
) -> Any:
    """Compute the widths and heights of boxes.

    Parameters
    ----------
    boxes : array-like or DataFrame of shape (n_boxes, 4)
        One box in each row, in any unit. May have no rows.
    box_format : {"xyxy", "xywh", "cxcywh"}, default="xyxy"
        What the columns mean: two corners (x1, y1, x2, y2), as in Pascal VOC, KITTI and BDD100K; a
        corner and the size, as in COCO; or the center and the size, as in YOLO.
    inclusive : bool, default=False
        Whether the second corner is the last pixel inside the box, so that the width is
        x2 - x1 + 1. This is the case in the original Pascal VOC files; most tools write and read
        VOC files without the + 1. Only for "xyxy".

    Returns
    -------
    sizes : ndarray or DataFrame of shape (n_boxes, 2)
        (width, height) in the unit of `boxes`; 0 is allowed. For a pandas DataFrame, a DataFrame
        with the same index and the columns "width" and "height".

    Raises
    ------
    ValueError
        If `boxes` does not have four columns, a value is not finite, or a size is negative or
        larger than a float can hold.

    Examples
    --------
    >>> from sklearn_iou_kmeans.preprocessing import box_sizes
    >>> box_sizes([[10, 20, 50, 40], [0, 0, 32, 64]])
    array([[40., 20.],
           [32., 64.]])
    """
    if box_format not in ("xyxy", "xywh", "cxcywh"):
        raise ValueError(f"box_format must be 'xyxy', 'xywh' or 'cxcywh', got {box_format!r}.")
    if inclusive and box_format != "xyxy":
        raise ValueError(
            f"inclusive=True is about corners: it goes with 'xyxy', not {box_format!r}."
        )
    corners = check_array(boxes, dtype=FLOATS, ensure_min_samples=0, input_name="boxes")
    if corners.shape[1] != 4:
        raise ValueError(
            f"boxes has {corners.shape[1]} columns: a box has four, here {box_format!r}. If these "
            "are sizes already, cluster them as they are."
        )
    sizes = corners[:, 2:].copy()
    if box_format == "xyxy":
        with np.errstate(over="ignore"):
            sizes -= corners[:, :2]
        sizes += int(inclusive)
    is_size = ((sizes >= 0) & np.isfinite(sizes)).all(axis=1)
    if not is_size.all():
        row = is_size.argmin()
        raise ValueError(
            f"boxes[{row}] is {corners[row].tolist()}, of size {sizes[row].tolist()}: were corners "
            f"swapped, or is it not {box_format!r}?"
        )
    if hasattr(boxes, "iloc"):
        return type(boxes)(sizes, index=boxes.index, columns=["width", "height"])
    return sizes


def letterbox(sizes: Any, image_sizes: ArrayLike, input_size: float | tuple[float, float]) -> Any:
    """Rescale sizes for letterbox (aspect-preserving) resizing.

    Parameters
    ----------
    sizes : array-like or DataFrame of shape (n_boxes, 2)
        (width, height) in pixels of the original image. May have no rows.
    image_sizes : array-like of shape (n_boxes, 2) or (2,)
        (width, height) of the image of each box, or of all images, in pixels.
    input_size : int or (width, height)
        The size of the network input in pixels; an int for a square.

    Returns
    -------
    sizes : ndarray or DataFrame of shape (n_boxes, 2)
        (width, height) in pixels of the network input: both sides times
        min(input width / image width, input height / image height). For a pandas
        DataFrame, a DataFrame with the same index and columns.

    Raises
    ------
    ValueError
        If `sizes` does not have two columns, or contains a negative or missing value, if an image
        size is missing or not positive, or if a result is larger than a float can hold.

    See Also
    --------
    stretch : For networks that stretch images.

    Notes
    -----
    Letterbox scales the image until it fits into the network input, and pads the rest. YOLOv5 and
    YOLOv7 do this; they round the size of the scaled image to whole pixels, this function does not.

    Examples
    --------
    An image of 1280 x 720 pixels becomes 416 x 234 pixels, with bars above and below.

    >>> from sklearn_iou_kmeans.preprocessing import letterbox
    >>> letterbox([[1280, 720], [64, 128]], (1280, 720), 416)
    array([[416. , 234. ],
           [ 20.8,  41.6]])
    """
    image, target = _check_image_sizes(image_sizes, sizes), check_size(input_size, "input_size")
    return _scaled(sizes, (target[0], image[:, :1]), (target[1], image[:, 1:]))


def stretch(sizes: Any, image_sizes: ArrayLike, input_size: float | tuple[float, float]) -> Any:
    """Rescale sizes for images that are stretched to the network input.

    Parameters
    ----------
    sizes : array-like or DataFrame of shape (n_boxes, 2)
        (width, height) in pixels of the original image. May have no rows.
    image_sizes : array-like of shape (n_boxes, 2) or (2,)
        (width, height) of the image of each box, or of all images, in pixels.
    input_size : int or (width, height)
        The size of the network input in pixels; an int for a square.

    Returns
    -------
    sizes : ndarray or DataFrame of shape (n_boxes, 2)
        (width, height) in pixels of the network input: the width times input width / image width,
        the height times input height / image height. For a pandas DataFrame, a DataFrame with the
        same index and columns.

    Raises
    ------
    ValueError
        If `sizes` does not have two columns, or contains a negative or missing value, if an image
        size is missing or not positive, or if a result is larger than a float can hold.

    See Also
    --------
    letterbox : For networks that keep the aspect ratio.

    Notes
    -----
    Stretching scales width and height independently, as darknet does. It changes the aspect ratio
    of boxes: if an image of 1280 x 720 pixels is stretched to a square, a square box becomes taller
    than wide.

    Examples
    --------
    >>> from sklearn_iou_kmeans.preprocessing import stretch
    >>> stretch([[1280, 720], [64, 72]], (1280, 720), 416)
    array([[416. , 416. ],
           [ 20.8,  41.6]])
    """
    image, target = _check_image_sizes(image_sizes, sizes), check_size(input_size, "input_size")
    return _scaled(sizes, (target, image))


def convert_units(
    sizes: Any,
    source: Unit,
    target: Unit,
    *,
    image_size: float | tuple[float, float] | None = None,
    stride: float | None = None,
) -> Any:
    """Convert sizes between pixels, image-relative units and grid cells.

    Parameters
    ----------
    sizes : array-like or DataFrame of shape (n_boxes, 2)
        (width, height) in `source`. May have no rows.
    source : {"pixel", "relative", "grid"}
        The unit of `sizes`: pixels; fractions of the width and height of an image, as in YOLO
        labels; or cells of the output grid of a detector, as in the anchors of YOLOv2.
    target : {"pixel", "relative", "grid"}
        The unit to convert to.
    image_size : int or (width, height), default=None
        The size in pixels that "relative" refers to; an int for a square. Required if a unit is
        "relative". For anchors, use the size of the network input; for labels, that of the image.
    stride : float, default=None
        The side of a grid cell in pixels, for example 32. Required if a unit is "grid".

    Returns
    -------
    sizes : ndarray or DataFrame of shape (n_boxes, 2)
        (width, height) in `target`. For a pandas DataFrame, a DataFrame with the same index and
        columns.

    Raises
    ------
    ValueError
        If a unit is unknown, if `image_size` or `stride` is required and missing or not positive,
        if `sizes` does not have two columns or contains a negative or missing value, or if a
        result is larger than a float can hold.

    Examples
    --------
    With an input of 416 x 416 pixels and a grid of 13 x 13 cells, a cell is 32 pixels wide.

    >>> from sklearn_iou_kmeans.preprocessing import convert_units
    >>> convert_units([[32, 64]], "pixel", "grid", stride=32)
    array([[1., 2.]])
    >>> convert_units([[1, 2]], "grid", "relative", image_size=416, stride=32).round(3)
    array([[0.077, 0.154]])
    """
    units = {"pixel": ("", 1.0), "relative": ("image_size", image_size), "grid": ("stride", stride)}
    for role, unit in (("source", source), ("target", target)):
        if unit not in units:
            raise ValueError(f"{role} must be 'pixel', 'relative' or 'grid', got {unit!r}.")
    if source == target:
        return _scaled(sizes, (1, 1))
    pixels = []
    for name, value in (units[source], units[target]):
        if value is None:
            example = {"image_size": "416 or (640, 384)", "stride": "32"}[name]
            raise ValueError(f"{source!r} to {target!r} needs {name}: in pixels, say {example}.")
        pixels.append(check_size(value, name))
    return _scaled(sizes, (pixels[0], pixels[1]))


def check_size(size: Any, name: str) -> NDArray[np.float64]:
    """Return (width, height) for a size that is one number or a pair; raise unless it is > 0."""
    try:
        sides = np.array(np.broadcast_to(np.asarray(size, dtype=np.float64), 2))
    except (TypeError, ValueError):
        sides = np.zeros(2)
    if not (np.isfinite(sides) & (sides > 0)).all():
        raise ValueError(
            f"{name} must be a number of pixels or (width, height), finite and > 0, got {size!r}."
        )
    return sides


def _scaled(sizes: Any, *scales: tuple[ArrayLike, ArrayLike]) -> Any:
    """Check `sizes`; return them times the smallest scale, a quotient, in the type of `sizes`."""
    checked = check_shapes(sizes, "sizes", ensure_min_samples=0)
    if checked.shape[1] != 2:
        raise ValueError(
            f"sizes has {checked.shape[1]} columns: a size is (width, height). If these are boxes, "
            "box_sizes takes their sizes."
        )
    with np.errstate(over="ignore"):
        each = [_times_quotient(checked, *scale) for scale in scales]
        scaled = np.min(each, axis=0).astype(checked.dtype)
    if np.isinf(scaled).any():
        row, column = np.argwhere(np.isinf(scaled))[0]
        raise ValueError(
            f"sizes[{row}, {column}] is {checked[row, column]}, and rescaled it is larger than "
            f"{scaled.dtype} can hold: are the sizes, and those of images and input, in pixels?"
        )
    if hasattr(sizes, "iloc"):
        return type(sizes)(scaled, index=sizes.index, columns=sizes.columns)
    return scaled


def _times_quotient(
    sizes: NDArray[np.floating], numerator: ArrayLike, denominator: ArrayLike
) -> NDArray[np.float64]:
    """Return ``sizes * numerator / denominator``, where only the result can be too large."""
    factors, exponents = zip(*map(np.frexp, (sizes, numerator, denominator)), strict=True)
    quotient = factors[0] * factors[1] / factors[2]
    scaled: NDArray[np.float64] = np.ldexp(quotient, exponents[0] + exponents[1] - exponents[2])
    return scaled


def _check_image_sizes(image_sizes: ArrayLike, sizes: Any) -> NDArray[np.float64]:
    """Return the image size of each box, of shape (n_boxes, 2), or (1, 2) if it is the same."""
    image: NDArray[np.float64] = check_array(
        image_sizes,
        dtype=np.float64,
        ensure_2d=False,
        ensure_all_finite=False,
        ensure_min_samples=0,
        input_name="image_sizes",
    )
    n_boxes = np.shape(sizes)[:1]
    if image.shape not in ((2,), (*n_boxes, 2)):
        raise ValueError(
            f"image_sizes has the shape {image.shape}, and sizes {np.shape(sizes)}: give one "
            "(width, height) for all boxes, or one row per box."
        )
    image = np.atleast_2d(image)
    known = (np.isfinite(image) & (image > 0)).all(axis=1)
    if not known.all():
        row = np.flatnonzero(~known)[0]
        raise ValueError(
            f"image_sizes[{row}] is {image[row].tolist()}: without the size of the image its boxes "
            "cannot be scaled. If all images have one size, pass it, say image_sizes=(1280, 720); "
            "else drop the boxes of images of unknown size."
        )
    return image
