"""From the labels that a user names to sizes, and to what the record says of them."""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import Bunch

from .. import __version__
from .._kernels import FloatArray, kernels_in_use
from ..datasets import AnnotationError, load_annotations
from ..datasets._boxes import NOT_FOUND
from ..datasets._units import NO_IMAGE
from ..export import LAYOUT_VERSION
from ..preprocessing import box_sizes
from ._digests import describe_inputs
from ._export import Export
from ._messages import count, number
from ._options import LabelOptions
from ._outputs import check_not_read
from ._scale import Scale, parse_size
from ._spellings import SPELLINGS

RELATIVE = "relative to the image; --images DIR or --image-size WxH brings it to pixels"
STDIN = Path("/dev/stdin")
NO_AREA_LEFT = "no size left after truncation"


@dataclass(frozen=True)
class LabelsRecord:
    """What was read.

    `layout` is the version of the layout of the JSON, `version` that of the package. `inputs` are
    the files or folders named, each with the SHA-256 of what was read of it; they are empty where
    nothing but a table is asked for. `n_images` is None if the labels name no images, as a table
    without a column for them. `skipped` counts labels; `skipped_images` names each of their
    images once. `notes` counts boxes that are used other than as written. Anchors are shown as
    `unit` says in words and `scale` for programs.
    """

    layout: int
    version: str
    kernels: str
    file: str
    inputs: list[dict[str, Any]]
    format: str
    parameters: dict[str, Any]
    n_images: int | None
    n_labels: int
    n_boxes: int
    categories: dict[str, int]
    skipped: dict[str, int]
    skipped_images: dict[str, list[str]]
    notes: dict[str, int]
    splits: list[str]
    splits_read: list[str]
    unit: str
    scale: dict[str, Any]

    def with_parameters(self, **parameters: Any) -> "LabelsRecord":
        """Return a record with the parameters of what is computed from the labels too."""
        return replace(self, parameters=parameters | self.parameters)


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
    scale: Scale
    """Where the sizes are: as asked for, or relative if the labels allow nothing else."""
    record: LabelsRecord
    seconds: float
    """That reading took."""


def read_sizes(
    options: LabelOptions,
    scale: Scale,
    outputs: Mapping[str, str | None],
    export: Export | None = None,
) -> Sizes:
    """Read the labels, and bring the sizes of the boxes to the unit and the input.

    None of the outputs may be a file that is read. Where the results are written for programs, the
    record has the digests of what was read.
    """
    start = time.perf_counter()
    boxes = read_boxes(options)
    check_not_read(outputs, chain(*boxes.files.values(), boxes.image_files))
    scale = possible_scale(scale, boxes, options)
    if options.truncate:
        boxes = truncate_corners(boxes)
    if scale.needs_image_sizes and boxes.unit == "pixel":
        boxes = with_known_images(boxes, scale, options)
    if len(boxes.data) == 0:
        skipped = ", ".join(f"{number(n)} {reason}" for reason, n in boxes.skipped.items())
        raise ValueError(
            f"{label_names(options)}, read as {boxes.format}, has no box to use. "
            + (f"Skipped: {skipped}." if skipped else "It has no labels.")
        )
    image_sizes = np.array(boxes.image_size, dtype=np.float64)
    if boxes.unit == "relative":
        image_sizes = np.ones_like(image_sizes)
    for_programs = outputs["--json"] is not None or (export is not None and export.takes_provenance)
    inputs = describe_inputs(boxes.files) if for_programs else []
    return Sizes(
        sizes=scale.rescale(box_sizes(boxes.data), image_sizes),
        image_sizes=image_sizes,
        images=boxes.image,
        categories=np.asarray(boxes.target_names, dtype=str)[boxes.target],
        scale=scale,
        record=describe(boxes, options, scale, inputs),
        seconds=time.perf_counter() - start,
    )


def read_boxes(options: LabelOptions) -> Bunch:
    """Hand to the reader of the format the options that were given."""
    given: dict[str, Any] = {
        "inclusive": options.inclusive,
        "names": options.names,
        "split": comma_separated(options.split),
        "sides": options.sides,
        "columns": comma_separated(None if options.columns is None else [options.columns]),
        "box_format": options.box_format,
        "category_column": options.category_column,
        "image_column": options.image_column,
        "delimiter": options.delimiter,
    }
    image_size = options.image_size
    try:
        return load_annotations(
            [STDIN if str(path) == "-" else path for path in options.labels],
            options.format,
            categories=options.category or None,
            image_size=None if image_size is None else parse_size(image_size, "--image-size"),
            images=options.images,
            clip=not options.no_clip,
            min_size=options.min_size,
            max_unpacked=options.max_unpacked,
            keep_flagged=options.keep_flagged,
            **{name: value for name, value in given.items() if value not in (None, False, [])},
        )
    except AnnotationError as error:
        raise ValueError(error.spelled(SPELLINGS)) from None


def comma_separated(texts: list[str] | None) -> list[str]:
    """Take the names in texts of one or several names, with commas between."""
    return [name for text in texts or () for name in text.split(",")]


def label_names(options: LabelOptions) -> str:
    """Name what is read."""
    return ", ".join(map(str, options.labels))


def possible_scale(scale: Scale, boxes: Bunch, options: LabelOptions) -> Scale:
    """Return the scale, or for boxes relative to images of unknown size the one that is left."""
    if boxes.unit == "pixel":
        return scale
    if options.truncate or (scale.input_size is not None and scale.resize != "stretch"):
        wanted = "--truncate" if options.truncate else f"--input-size with --resize {scale.resize}"
        raise ValueError(
            f"{label_names(options)}: the boxes are relative to their images, so {wanted} needs "
            "the sizes of the images. Add --images DIR, or --image-size WxH if they all have the "
            "same size."
        )
    return scale if scale.input_size is not None else Scale("relative")


def truncate_corners(boxes: Bunch) -> Bunch:
    """Truncate the corners to integers, and skip the boxes that have no area any more."""
    data = np.trunc(boxes.data)
    kept = (data[:, 2:] > data[:, :2]).all(axis=1)
    return select(Bunch(**boxes | {"data": data}), kept, NO_AREA_LEFT)


def with_known_images(boxes: Bunch, scale: Scale, options: LabelOptions) -> Bunch:
    """Skip the boxes of images that are missing; raise if no images were named."""
    known = is_known(boxes.image_size)
    if known.all():
        return boxes
    if options.images:
        notes = {note: n for note, n in boxes.notes.items() if note != NOT_FOUND}
        return select(Bunch(**boxes | {"notes": notes}), known, NO_IMAGE)
    names = list(dict.fromkeys(boxes.image_names[code] for code in boxes.image[~known]))
    some = f"lack those of {count(len(names), 'image', 'images')}, the first of them {names[0]}"
    lacking = some if known.any() else "contain none"
    if scale.input_size is None:
        what, otherwise = "--unit relative", ""
    else:
        what = f"resizing to a network input of {scale.input_name}"
        otherwise = ", or --resize none if the boxes are in pixels of the network input already"
    raise ValueError(
        f"{label_names(options)}: {what} needs the sizes of the images, and the labels {lacking}. "
        "Add --images DIR if you have the images, or --image-size WxH, for example 1280x720, if "
        f"they all have the same size{otherwise}."
    )


def select(boxes: Bunch, kept: NDArray[np.bool_], reason: str) -> Bunch:
    """Skip some of the boxes for a reason."""
    lost = [boxes.image_names[code] for code in boxes.image[~kept]]
    if not lost:
        return boxes
    columns = {name: boxes[name][kept] for name in ("data", "target", "image", "image_size")}
    names = boxes.skipped_images.get(reason, []) + lost
    skipped = {
        "skipped": boxes.skipped | {reason: len(names)},
        "skipped_images": boxes.skipped_images | {reason: names},
    }
    return Bunch(**boxes | columns | skipped)


def is_known(image_sizes: FloatArray) -> NDArray[np.bool_]:
    """Say of which boxes the size of the image is known."""
    return np.asarray(np.isfinite(image_sizes).all(axis=1))


def describe(
    boxes: Bunch, options: LabelOptions, scale: Scale, inputs: list[dict[str, Any]]
) -> LabelsRecord:
    """Put what was read into a record."""
    counts = np.bincount(boxes.target, minlength=len(boxes.target_names)).tolist()
    parameters = {
        "categories": options.category or None,
        "truncate": options.truncate,
        "inclusive": options.inclusive,
        "keep_flagged": options.keep_flagged,
        "image_size": options.image_size,
        "images": options.images,
        "clip": not options.no_clip,
        "min_size": options.min_size,
        "names": options.names,
        "split": comma_separated(options.split) or None,
        "sides": options.sides,
        "columns": options.columns,
        "category_column": options.category_column,
        "image_column": options.image_column,
        "box_format": options.box_format,
        "delimiter": options.delimiter,
    }
    return LabelsRecord(
        layout=LAYOUT_VERSION,
        version=__version__,
        kernels=kernels_in_use,
        file=label_names(options),
        inputs=inputs,
        format=boxes.format,
        parameters=parameters,
        n_images=None if boxes.image_names == [""] else len(boxes.image_names),
        n_labels=len(boxes.data) + sum(boxes.skipped.values()),
        n_boxes=len(boxes.data),
        categories=dict(zip(boxes.target_names, counts, strict=True)),
        skipped=boxes.skipped,
        skipped_images={
            reason: list(dict.fromkeys(names)) for reason, names in boxes.skipped_images.items()
        },
        notes=boxes.notes,
        splits=boxes.splits,
        splits_read=boxes.splits_read,
        unit=str(scale) if boxes.unit == "pixel" or scale.input_size else RELATIVE,
        scale=asdict(scale),
    )
