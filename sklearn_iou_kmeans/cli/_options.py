"""The options of the sub-commands, in groups, and what makes a sub-command of a function of groups.

Options are texts and flags as they are typed; what reads them checks them.
"""

import inspect
import re
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from functools import partial
from pathlib import Path
from typing import Annotated, Any, get_type_hints

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
            help="Annotations: files or folders, as `iou-kmeans formats` lists.",
        ),
    ]
    format: Annotated[
        str, about_labels(metavar="NAME", help="The format, if it is not to be told by content.")
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
    """What the sizes of the boxes are brought to."""

    input_size: Annotated[
        str | None,
        about_network(metavar="S|WxH", help="Size of the network's input: 416 or 640x384."),
    ] = None
    resize: Annotated[
        str | None,
        about_network(
            metavar="letterbox|stretch|none",
            help="How an image is brought there: keeping its shape (the default), each side by "
            "itself, or not at all.",
        ),
    ] = None
    unit: Annotated[
        str, about_network(metavar="pixel|relative|grid", help="Unit in which anchors are shown.")
    ] = "pixel"
    stride: Annotated[
        float | None,
        about_network(metavar="PIXELS", help="Side of a grid cell, for --unit grid."),
    ] = None


JsonFile = Annotated[
    str | None,
    typer.Option("--json", metavar="FILE", help="Write the result as JSON; - is stdout."),
]
Seed = Annotated[int, typer.Option(min=0, help="The same seed, the same anchors.")]


@dataclass(frozen=True)
class FitOptions:
    """What is searched for."""

    k: Annotated[int, typer.Option("-k", min=1, help="Number of anchors.")] = 9
    json_file: JsonFile = None
    seed: Seed = 0


@dataclass(frozen=True)
class SweepOptions:
    """Which numbers of anchors are tried, and how one of them is chosen."""

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
        int, typer.Option(min=1, metavar="N", help="Restarts for each k; the best is kept.")
    ] = 10
    rule: Annotated[
        str,
        typer.Option(
            metavar="RULE",
            help="How k is chosen: knee, where the curve bends; one-standard-error, the fewest "
            "that are as good as the best on held-out images (needs --cv); or a number, the "
            "fewest that reach that average IoU, say 0.7.",
        ),
    ] = "knee"
    cv: Annotated[
        int | None,
        typer.Option(min=2, metavar="FOLDS", help="Score held-out images too, in that many folds."),
    ] = None
    jobs: Annotated[
        int, typer.Option(metavar="N", help="Tasks that run at once; -1 is one for each core.")
    ] = 1
    plot: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Draw the curve: a .png, .svg or .pdf file."),
    ] = None
    json_file: JsonFile = None
    seed: Seed = 0


@dataclass(frozen=True)
class ExportOptions:
    """What is written for a framework."""

    export: Annotated[
        str | None,
        about_export(metavar="TARGET", help="Framework, as `iou-kmeans formats` lists."),
    ] = None
    heads: Annotated[
        str | None,
        about_export(
            metavar="N|N,N,...",
            help="Number of heads, or anchors of each, from that of the smallest on: 4,3,2.",
        ),
    ] = None
    model: Annotated[
        str | None,
        about_export(
            metavar="NAME",
            help="darknet: v2, v3, v3-tiny, v4, v4-csp, v4-tiny, v4-tiny-3l, v7; "
            "mmdetection: yolov3, yolov5; tf_model_garden: retinanet, ssd.",
        ),
    ] = None
    classes: Annotated[
        int | None,
        about_export(min=1, metavar="N", help="darknet: number of classes, for the filters."),
    ] = None
    output: Annotated[
        str | None,
        about_export(metavar="FILE", help="Write it there, not after the table; - is only it."),
    ] = None


@dataclass(frozen=True)
class CompareOptions:
    """Which anchors are compared."""

    anchors: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SET",
            help="Anchors, repeatable: a published name such as yolov3, a JSON file of "
            '`fit --json` or `--export json`, or a text file or text of "w,h, w,h, ...".',
        ),
    ] = None
    k: Annotated[
        int | None, typer.Option("-k", min=1, help="Fit that many anchors, and compare them too.")
    ] = None
    as_written: Annotated[
        bool,
        typer.Option(
            "--as-written",
            help="Take anchors of another input size as they are, as a framework does.",
        ),
    ] = False
    json_file: JsonFile = None
    seed: Seed = 0


def sub_command(function: Callable[..., None]) -> Callable[..., None]:
    """Make a sub-command of a function of groups of options.

    Its parameters are the options of all groups, and its errors are one line.
    """
    groups = {name: kind for name, kind in get_type_hints(function).items() if name != "return"}

    def command(**given: Any) -> None:
        filled = {
            name: group(**{field.name: given[field.name] for field in fields(group)})
            for name, group in groups.items()
        }
        try:
            function(**filled)
        except KeyboardInterrupt as interrupt:
            done = f": {interrupt}" if interrupt.args else ""
            typer.echo(f"iou-kmeans: interrupted{done}.", err=True)
            raise typer.Exit(130) from None
        except BrokenPipeError:
            raise  # the reader of a pipe has seen enough; Typer ends the command quietly
        except (ImportError, OSError, ValueError) as error:
            typer.echo(f"iou-kmeans: {as_options(str(error))}", err=True)
            raise typer.Exit(2) from None

    command.__name__, command.__doc__ = function.__name__, function.__doc__
    parameters = [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=field.default if field.default is not MISSING else inspect.Parameter.empty,
            annotation=field.type,
        )
        for group in groups.values()
        for field in fields(group)
    ]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return command


SPELLINGS = {
    r"pass another number as heads": "pass another number to --heads",
    r"\bheads=(\d+)": r"--heads \1",
    r"\bn_clusters holds (\d+), and X\b": r"--k holds \1, and LABELS",
    r"\brule=(\S+): no n_clusters": r"--rule \1: no k",
    r"Cannot have number of splits n_splits=(\d+) greater than the number of groups": (
        r"--cv \1 is more folds than there are images with boxes"
    ),
    r"Take fewer folds, or StratifiedGroupKFold": "Take fewer folds",
}
"""What errors of the library call what is an option here."""


def as_options(message: str) -> str:
    """Put a message on one line, and name the options where it names parameters."""
    message = " ".join(message.split())
    message = re.sub(
        r"\bheads=[\[(]([\d, ]+?),?[\])]", lambda m: "--heads " + m[1].replace(" ", ""), message
    )
    for parameter, option in SPELLINGS.items():
        message = re.sub(parameter, option, message)
    return message
