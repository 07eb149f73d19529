"""The options of the sub-commands, in groups.

Options are strings and flags as typed; they are checked where they are used.
"""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

about_labels = partial(typer.Option, rich_help_panel="Labels")
about_network = partial(typer.Option, rich_help_panel="Unit and network input")
about_export = partial(typer.Option, rich_help_panel="Export")


@dataclass(frozen=True)
class LabelOptions:
    """Which boxes are read, and how."""

    labels: Annotated[
        list[Path],
        typer.Argument(
            metavar="LABELS",
            help="Annotations: files or folders, as `iou-kmeans formats` lists; - is stdin.",
        ),
    ]
    format: Annotated[
        str,
        about_labels(metavar="NAME", help="Format of the labels; detected from the file content."),
    ] = "auto"
    category: Annotated[
        list[str] | None,
        about_labels(metavar="NAME", help="Category to use, repeatable; all by default."),
    ] = None
    keep_flagged: Annotated[
        bool, about_labels("--keep-flagged", help="Use crowds, difficult objects and the like too.")
    ] = False
    inclusive: Annotated[
        bool,
        about_labels("--inclusive", help="VOC: the pixel xmax is inside, so width is + 1."),
    ] = False
    truncate: Annotated[
        bool, about_labels("--truncate", help="Truncate corners to integers first.")
    ] = False
    image_size: Annotated[
        str | None,
        about_labels(metavar="WxH", help="Size of the images whose size is not known."),
    ] = None
    images: Annotated[
        str | None,
        about_labels(
            metavar="DIR", help="Folder of the images: sizes are read from their headers."
        ),
    ] = None
    no_clip: Annotated[
        bool, about_labels("--no-clip", help="Keep boxes that reach outside their image whole.")
    ] = False
    min_size: Annotated[
        float,
        about_labels(
            min=0, metavar="PX", help="Leave out boxes with a side below, in the original image."
        ),
    ] = 0
    max_unpacked: Annotated[
        float,
        about_labels(
            min=1, metavar="N", help="How many times its size a packed file may unpack to."
        ),
    ] = 100
    names: Annotated[
        str | None,
        about_labels(metavar="FILE", help="YOLO, keras-yolo3, Open Images: names of the classes."),
    ] = None
    split: Annotated[
        list[str] | None,
        about_labels(metavar="A,B", help="Parts of the data set to read, by default train."),
    ] = None
    sides: Annotated[
        str | None,
        about_labels(
            metavar="enclosing|rotated", help="Oriented boxes: the box around, or its own sides."
        ),
    ] = None
    columns: Annotated[
        str | None,
        about_labels(
            metavar="A,B,C,D",
            help="CSV: columns of the box, or of width and height, by name or position from 1.",
        ),
    ] = None
    category_column: Annotated[
        str | None, about_labels(metavar="A", help="CSV, VIA: column or attribute of the category.")
    ] = None
    image_column: Annotated[
        str | None, about_labels(metavar="A", help="CSV: column of the image.")
    ] = None
    box_format: Annotated[
        str | None,
        about_labels(metavar="xyxy|xywh|cxcywh", help="CSV, Parquet: what the four numbers are."),
    ] = None
    delimiter: Annotated[
        str | None, about_labels(metavar="CHAR", help="CSV: what is between the columns.")
    ] = None


@dataclass(frozen=True)
class NetworkOptions:
    """The unit and the network input that sizes are converted to."""

    input_size: Annotated[
        str | None,
        about_network(metavar="S|WxH", help="Size of the network input: 416 or 640x384."),
    ] = None
    resize: Annotated[
        str | None,
        about_network(
            metavar="letterbox|stretch|none",
            help="How images are resized to it: keeping the aspect ratio (the default), each side "
            "on its own, or not at all.",
        ),
    ] = None
    unit: Annotated[
        str, about_network(metavar="pixel|relative|grid", help="Unit of the anchors shown.")
    ] = "pixel"
    stride: Annotated[
        float | None,
        about_network(metavar="PIXELS", help="Size of a grid cell, for --unit grid."),
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
        min=0,
        max=2**32 - 1,
        metavar="N",
        help="Seed of the search; repeated runs give the same result.",
    ),
]


Certify = Annotated[
    float | None,
    typer.Option(
        metavar="SECONDS",
        help="Also compute, for at most about so many seconds for each number of anchors, an "
        "average IoU that no anchors of that number exceed.",
    ),
]


@dataclass(frozen=True)
class FitOptions:
    """How many anchors to find."""

    k: Annotated[int, typer.Option("-k", min=1, metavar="K", help="Number of anchors.")] = 9
    plot: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="Draw the anchors among the boxes: a .png, .svg or .pdf file."
        ),
    ] = None
    certify: Certify = None
    json_file: JsonFile = None
    seed: Seed = 0


@dataclass(frozen=True)
class SweepOptions:
    """Which numbers of anchors to try, and how to choose one of them."""

    k: Annotated[
        str,
        typer.Option(
            "-k",
            "--k",
            metavar="A-B|K,K,...",
            help="Numbers of anchors to try: a range, a list or a single one.",
        ),
    ] = "3-10"
    restarts: Annotated[
        int, typer.Option(min=1, metavar="N", help="Restarts per k; the best ones are refined.")
    ] = 10
    rule: Annotated[
        str,
        typer.Option(
            metavar="RULE",
            help="How to choose k: knee, where the curve bends; one-standard-error, the fewest "
            "anchors as good as the best on held-out images (requires --cv); or a number, the "
            "fewest anchors that reach this average IoU, for example 0.7.",
        ),
    ] = "knee"
    cv: Annotated[
        int | None,
        typer.Option(
            min=2, metavar="FOLDS", help="Also score held-out images, in this number of folds."
        ),
    ] = None
    jobs: Annotated[
        int, typer.Option(metavar="N", help="Number of tasks to run at once; -1 is one per core.")
    ] = -1
    plot: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Draw the curve: a .png, .svg or .pdf file."),
    ] = None
    certify: Certify = None
    json_file: JsonFile = None
    seed: Seed = 0


@dataclass(frozen=True)
class ExportOptions:
    """What to write for a framework."""

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
            help="Number of heads, or how many anchors each head takes, smallest anchors first: "
            "4,3,2.",
        ),
    ] = None
    model: Annotated[
        str | None,
        about_export(
            metavar="NAME",
            help="darknet, mmdetection, tf_model_garden: the model, as `iou-kmeans formats` lists.",
        ),
    ] = None
    classes: Annotated[
        int | None,
        about_export(min=1, metavar="N", help="darknet: number of classes, for the filters."),
    ] = None
    decimals: Annotated[
        int | None,
        about_export(
            min=0, max=15, metavar="N", help="Number of decimals to round the anchors to."
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
        typer.Option("-k", min=1, metavar="K", help="Also fit this number of anchors."),
    ] = None
    as_written: Annotated[
        bool,
        typer.Option(
            "--as-written",
            help="Do not rescale anchors of another input size, as a framework would not.",
        ),
    ] = False
    certify: Certify = None
    json_file: JsonFile = None
    seed: Seed = 0


def check_certify(seconds: float | None) -> None:
    """Raise unless the time for a bound is positive, if there is one."""
    if seconds is not None and not seconds > 0:
        raise ValueError(f"--certify is {seconds:g}: give a number of seconds > 0.")
