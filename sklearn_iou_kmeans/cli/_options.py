"""The options of the sub-commands, in groups.

Options are flags, numbers in a range, and strings as typed, which are validated where they are
used.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from sys import float_info
from typing import Annotated, Any

import typer

from ..export._exporter import MAX_DECIMALS

N_QUOTED = 40  # characters of a value in an error
MOST = float_info.max


about_labels = partial(typer.Option, rich_help_panel="Labels")
about_network = partial(typer.Option, rich_help_panel="Unit and network input")
about_export = partial(typer.Option, rich_help_panel="Export")


def number_parser(
    kind: type[int] | type[float], least: float, most: float, wanted: str
) -> Callable[[Any], Any]:
    """Return a parser of numbers from `least` to `most`, which errors call `wanted`."""

    def parse(text: Any) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = math.nan
        if not least <= value <= most:
            raise typer.BadParameter(f"{str(text)[:N_QUOTED]!r} is not {wanted}.")
        return value

    return parse


def label_path(text: str) -> Path:
    """Parse the path of labels; an empty one, of an unset variable, would be the current folder."""
    if not text:
        raise typer.BadParameter("it is empty: name a file or folder.")
    return Path(text)


at_least_1 = number_parser(int, 1, MOST, "a whole number of at least 1")


@dataclass(frozen=True)
class LabelOptions:
    """Which boxes to read, and how."""

    labels: Annotated[
        list[Path],
        typer.Argument(
            parser=label_path,
            metavar="LABELS",
            help="Label files or folders, see `iou-kmeans formats`; - is stdin.",
        ),
    ]
    format: Annotated[
        str,
        about_labels(
            metavar="NAME", help="Format of the labels; by default detected from the file content."
        ),
    ] = "auto"
    category: Annotated[
        list[str] | None,
        about_labels(metavar="NAME", help="Category to use; repeat for several. All by default."),
    ] = None
    keep_flagged: Annotated[
        bool,
        about_labels("--keep-flagged", help="Also use crowds, difficult objects and the like."),
    ] = False
    inclusive: Annotated[
        bool,
        about_labels("--inclusive", help="VOC: xmax is the last pixel inside the box."),
    ] = False
    truncate: Annotated[bool, about_labels("--truncate", help="Truncate corners to integers.")] = (
        False
    )
    image_size: Annotated[
        str | None,
        about_labels(metavar="WxH", help="Size of all images whose size is not in the labels."),
    ] = None
    images: Annotated[
        str | None,
        about_labels(
            metavar="DIR", help="Folder of the images, to read their sizes from the headers."
        ),
    ] = None
    no_clip: Annotated[
        bool, about_labels("--no-clip", help="Do not clip boxes that extend beyond their image.")
    ] = False
    min_size: Annotated[
        float,
        about_labels(
            parser=number_parser(float, 0, MOST, "a number of pixels, 0 or more"),
            metavar="PX",
            help="Leave out boxes with a side below PX pixels in the original image.",
        ),
    ] = 0
    max_unpacked: Annotated[
        float,
        about_labels(
            parser=number_parser(float, 1, MOST, "a ratio of at least 1"),
            metavar="N",
            help="Maximum ratio of unpacked to packed size of a compressed file.",
        ),
    ] = 100
    names: Annotated[
        str | None,
        about_labels(
            metavar="FILE", help="YOLO, keras-yolo3, Open Images: file with the class names."
        ),
    ] = None
    split: Annotated[
        list[str] | None,
        about_labels(metavar="A,B", help="Splits of the data set to read; by default train."),
    ] = None
    sides: Annotated[
        str | None,
        about_labels(
            metavar="enclosing|rotated",
            help="Oriented boxes: use the upright box around each one, or its own sides.",
        ),
    ] = None
    columns: Annotated[
        str | None,
        about_labels(
            metavar="A,B,C,D",
            help="CSV: columns of the box, or of width and height, by name or by position from 1.",
        ),
    ] = None
    category_column: Annotated[
        str | None,
        about_labels(metavar="A", help="CSV, VIA: column or attribute with the category."),
    ] = None
    image_column: Annotated[
        str | None, about_labels(metavar="A", help="CSV: column with the image.")
    ] = None
    box_format: Annotated[
        str | None,
        about_labels(metavar="xyxy|xywh|cxcywh", help="CSV, Parquet: meaning of the four numbers."),
    ] = None
    delimiter: Annotated[
        str | None, about_labels(metavar="CHAR", help="CSV: separator of the columns.")
    ] = None


@dataclass(frozen=True)
class NetworkOptions:
    """The unit and the network input to convert sizes to."""

    input_size: Annotated[
        str | None,
        about_network(metavar="S|WxH", help="Size of the network input: 416 or 640x384."),
    ] = None
    resize: Annotated[
        str | None,
        about_network(
            metavar="letterbox|stretch|none",
            help="How images are resized to it: keeping the aspect ratio (the default), "
            "stretched, or not at all.",
        ),
    ] = None
    unit: Annotated[
        str, about_network(metavar="pixel|relative|grid", help="Unit of the printed anchors.")
    ] = "pixel"
    stride: Annotated[
        float | None,
        about_network(
            parser=number_parser(float, 1, MOST, "a number of pixels, at least 1"),
            metavar="PIXELS",
            help="Size of a grid cell, for --unit grid.",
        ),
    ] = None


JsonFile = Annotated[
    str | None,
    typer.Option(
        "--json", metavar="FILE", help="Also write the result as JSON to this file; - is stdout."
    ),
]
Seed = Annotated[
    int,
    typer.Option(
        parser=number_parser(int, 0, 2**32 - 1, "a whole number from 0 to 4294967295"),
        metavar="N",
        help="Random seed. The same seed gives the same anchors.",
    ),
]


Certify = Annotated[
    float | None,
    typer.Option(
        parser=number_parser(float, float_info.min, MOST, "a number of seconds above 0"),
        metavar="SECONDS",
        help="Also compute an upper bound on the average IoU of any anchors, for about this many "
        "seconds for each number of anchors.",
    ),
]


@dataclass(frozen=True)
class FitOptions:
    """How many anchors to fit."""

    k: Annotated[
        int, typer.Option("-k", parser=at_least_1, metavar="K", help="Number of anchors.")
    ] = 9
    plot: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Plot anchors and boxes: a .png, .svg or .pdf file."),
    ] = None
    certify: Certify = None
    json_file: JsonFile = None
    seed: Seed = 0


@dataclass(frozen=True)
class SweepOptions:
    """Which numbers of anchors to try, and how to choose one."""

    k: Annotated[
        str,
        typer.Option(
            "-k",
            "--k",
            metavar="A-B|K,K,...",
            help="Numbers of anchors to try: a range, a list or a single number.",
        ),
    ] = "3-10"
    restarts: Annotated[
        int, typer.Option(parser=at_least_1, metavar="N", help="Number of restarts for each k.")
    ] = 10
    rule: Annotated[
        str,
        typer.Option(
            metavar="RULE",
            help="How to choose k: knee, where the curve bends; one-standard-error, the fewest "
            "anchors within one standard error of the best on held-out images (requires --cv); "
            "or a number, the fewest anchors with at least this average IoU, for example 0.7.",
        ),
    ] = "knee"
    cv: Annotated[
        int | None,
        typer.Option(
            parser=number_parser(int, 2, MOST, "a whole number of at least 2"),
            metavar="FOLDS",
            help="Cross-validate: also score held-out images, with this many folds.",
        ),
    ] = None
    jobs: Annotated[
        int,
        typer.Option(
            parser=number_parser(int, -MOST, MOST, "a whole number, for example 2, or -1"),
            metavar="N",
            help="Number of tasks to run in parallel; -1 means one per core.",
        ),
    ] = -1
    plot: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Plot the curve: a .png, .svg or .pdf file."),
    ] = None
    certify: Certify = None
    json_file: JsonFile = None
    seed: Seed = 0


@dataclass(frozen=True)
class ExportOptions:
    """How to write the anchors for a framework."""

    export: Annotated[
        str | None,
        about_export(
            metavar="TARGET", help="Framework to write the anchors for: see `iou-kmeans formats`."
        ),
    ] = None
    heads: Annotated[
        str | None,
        about_export(
            metavar="N|N,N,...",
            help="Number of heads, or the number of anchors of each head, smallest anchors first, "
            "for example 4,3,2.",
        ),
    ] = None
    model: Annotated[
        str | None,
        about_export(
            metavar="NAME",
            help="darknet, mmdetection, tf_model_garden: model, see `iou-kmeans formats`.",
        ),
    ] = None
    classes: Annotated[
        int | None,
        about_export(
            parser=at_least_1,
            metavar="N",
            help="darknet: number of classes, to compute the filters.",
        ),
    ] = None
    decimals: Annotated[
        int | None,
        about_export(
            parser=number_parser(int, 0, MAX_DECIMALS, f"a whole number from 0 to {MAX_DECIMALS}"),
            metavar="N",
            help="Number of decimals of the written anchors.",
        ),
    ] = None
    output: Annotated[
        str | None,
        about_export(
            metavar="FILE",
            help="Write the export to this file instead of the terminal; - is stdout.",
        ),
    ] = None


@dataclass(frozen=True)
class CompareOptions:
    """Which anchors to compare."""

    anchors: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SET",
            help="Anchors to compare, repeatable: a published name such as yolov3; a JSON file "
            'from `fit --json` or `--export json`; or a text file or text with "w,h, w,h, ...".',
        ),
    ] = None
    k: Annotated[
        int | None,
        typer.Option("-k", parser=at_least_1, metavar="K", help="Also fit this number of anchors."),
    ] = None
    as_written: Annotated[
        bool,
        typer.Option(
            "--as-written",
            help="Do not rescale anchors that were made for another input size: frameworks do "
            "not rescale them either.",
        ),
    ] = False
    certify: Certify = None
    json_file: JsonFile = None
    seed: Seed = 0
