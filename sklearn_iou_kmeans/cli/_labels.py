"""From the labels that a user names to sizes, and to what the record says of them."""

import inspect
import time
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import Bunch

from .. import __version__
from ..datasets import READERS, load_annotations, recognise_format
from ..preprocessing import box_sizes
from ._options import LabelOptions
from ._scale import FloatArray, Scale, parse_size

NO_AREA_LEFT = "no size left after truncation"


@dataclass(frozen=True)
class LabelsRecord:
    """What was read.

    `skipped` counts labels; `skipped_images` names each of their images once. Anchors are shown as
    `unit` says in words and `scale` for programs.
    """

    version: str
    file: str
    format: str
    parameters: dict[str, Any]
    n_images: int
    n_labels: int
    n_boxes: int
    categories: dict[str, int]
    skipped: dict[str, int]
    skipped_images: dict[str, list[str]]
    unit: str
    scale: dict[str, Any]


class Sizes(NamedTuple):
    """The sizes of the boxes, and what else is known of them."""

    sizes: FloatArray
    """Where the scale brings them."""
    image_sizes: FloatArray
    """Of the image of each box; NaN if it is not known and not needed."""
    images: NDArray[np.integer]
    """A code of the image of each box."""
    categories: NDArray[np.str_]
    """The category of each box."""
    record: LabelsRecord
    seconds: float
    """That reading took."""


def read_sizes(options: LabelOptions, scale: Scale) -> Sizes:
    """Read the labels, and bring the sizes of the boxes to the unit and the input."""
    start = time.perf_counter()
    boxes = read_boxes(options)
    if options.truncate:
        boxes = truncate_corners(boxes)
    if len(boxes.data) == 0:
        raise ValueError(
            f"{options.labels} has no box to use. Skipped: {boxes.skipped or 'nothing'}."
        )
    image_sizes = complete_image_sizes(boxes, options)
    if scale.needs_image_sizes:
        check_known(image_sizes, boxes, scale)
    return Sizes(
        sizes=scale.rescale(box_sizes(boxes.data), image_sizes),
        image_sizes=image_sizes,
        images=boxes.image,
        categories=np.asarray(boxes.target_names, dtype=str)[boxes.target],
        record=describe(boxes, options, scale),
        seconds=time.perf_counter() - start,
    )


def read_boxes(options: LabelOptions) -> Bunch:
    """Hand to the reader of the format the options that were given."""
    given: dict[str, Any] = {
        "inclusive": options.inclusive,
        "images": options.images,
        "names": options.names,
        "split": options.split,
        "columns": options.columns and options.columns.split(","),
        "box_format": options.box_format,
        "delimiter": options.delimiter,
    }
    given = {name: value for name, value in given.items() if value}
    if options.format != "auto" and options.format not in READERS:
        known = ", ".join(READERS)
        raise ValueError(f"--format is {options.format!r}: choose from auto, {known}.")
    name = recognise_format(options.labels) if options.format == "auto" else options.format
    takes = inspect.signature(READERS[name]).parameters
    for option in (option for option in given if option not in takes):
        raise ValueError(
            f"{options.labels} is read as {name!r}, which has no use for "
            f"--{option.replace('_', '-')}."
        )
    # To other formats the size is not needed for reading, and it is filled in afterwards.
    if options.image_size and "image_size" in takes:
        given["image_size"] = parse_size(options.image_size, "--image-size")
    return load_annotations(
        options.labels,
        name,
        categories=options.category or None,
        keep_flagged=options.keep_flagged,
        **given,
    )


def truncate_corners(boxes: Bunch) -> Bunch:
    """Truncate the corners to integers, and skip the boxes that have no area any more."""
    data = np.trunc(boxes.data)
    kept = (data[:, 2:] > data[:, :2]).all(axis=1)
    columns = {name: boxes[name][kept] for name in ("target", "image", "image_size")}
    lost = [boxes.image_names[code] for code in boxes.image[~kept]]
    skipped = {NO_AREA_LEFT: len(lost)} if lost else {}
    skipped_images = {NO_AREA_LEFT: lost} if lost else {}
    return Bunch(
        data=data[kept],
        **columns,
        target_names=boxes.target_names,
        image_names=boxes.image_names,
        skipped=boxes.skipped | skipped,
        skipped_images=boxes.skipped_images | skipped_images,
        format=boxes.format,
    )


def complete_image_sizes(boxes: Bunch, options: LabelOptions) -> FloatArray:
    """Take the size of the image of each box from the file, or else as given."""
    image_sizes: FloatArray = np.array(boxes.image_size, dtype=np.float64)
    if options.image_size is None:
        return image_sizes
    given = parse_size(options.image_size, "--image-size")
    unknown = ~is_known(image_sizes)
    if not unknown.any() and (image_sizes != given).any():
        raise ValueError(
            f"--image-size {options.image_size}: the labels say how large every image is, and "
            "not all are that large. Leave the option out."
        )
    image_sizes[unknown] = given
    return image_sizes


def is_known(image_sizes: FloatArray) -> Any:
    """Say which sizes are known: some files write 0 for those that are not."""
    return (np.isfinite(image_sizes) & (image_sizes > 0)).all(axis=1)


def check_known(image_sizes: FloatArray, boxes: Bunch, scale: Scale) -> None:
    """Raise if sizes cannot be brought to the scale for want of the size of an image."""
    unknown = ~is_known(image_sizes)
    if not unknown.any():
        return
    images = (
        "the images are" if unknown.all() else f"{boxes.image_names[boxes.image[unknown][0]]} is"
    )
    otherwise = (
        ", or --resize none if the boxes are in pixels of the network's input already"
        if scale.input_size
        else ""
    )
    raise ValueError(
        f"{scale}: for that the size of every image is needed, and the labels do not say how "
        f"large {images}. Add --image-size WxH, say 1280x720, if all such images have one "
        f"size{otherwise}."
    )


def describe(boxes: Bunch, options: LabelOptions, scale: Scale) -> LabelsRecord:
    """Put what was read into a record."""
    counts = np.bincount(boxes.target, minlength=len(boxes.target_names)).tolist()
    parameters = {
        "categories": options.category or None,
        "truncate": options.truncate,
        "inclusive": options.inclusive,
        "keep_flagged": options.keep_flagged,
        "image_size": options.image_size,
    }
    return LabelsRecord(
        version=__version__,
        file=str(options.labels),
        format=boxes.format,
        parameters=parameters,
        n_images=len(boxes.image_names),
        n_labels=len(boxes.data) + sum(boxes.skipped.values()),
        n_boxes=len(boxes.data),
        categories=dict(zip(boxes.target_names, counts, strict=True)),
        skipped=boxes.skipped,
        skipped_images={
            reason: list(dict.fromkeys(names)) for reason, names in boxes.skipped_images.items()
        },
        unit=str(scale),
        scale=asdict(scale),
    )
