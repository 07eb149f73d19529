"""Plots: the curve of a sweep, and anchors with their boxes."""

import textwrap
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._messages import count, printable, unlike_count

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from .._kernels import FloatArray
    from ._anchors import FitRecord
    from ._curve import SweepRecord
    from ._labels import LabelsRecord
    from ._scale import Scale

DRAWN = (".png", ".svg", ".pdf")
N_IN_TITLE = 3  # categories named
BOUND = "upper bound for any anchors"
TITLE_WIDTH, TITLE_LINES = 70, 4  # characters, and lines of each part


def check_drawable(file: str | None) -> None:
    """Raise before the fit if the plot cannot be drawn after it."""
    if file is None:
        return
    if Path(file).suffix.lower() not in DRAWN:
        raise ValueError(f"--plot is {file!r}: end the name in .png, .svg or .pdf.")
    if find_spec("matplotlib") is None:
        raise ImportError(
            f'--plot {file} requires matplotlib: pip install "sklearn-iou-kmeans[plot]"'
        )


def draw_curve(sweep: Any, record: "SweepRecord", file: str) -> bytes:
    """Draw the curve of a fitted sweep, and the upper bounds if there are any."""
    import numpy as np

    from .. import IoUCurveDisplay

    figure, axes = new_figure(7, 4.5)
    IoUCurveDisplay.from_estimator(sweep, ax=axes)
    if record.upper_bound is not None:
        IoUCurveDisplay(
            n_clusters=[row.n_clusters for row in record.curve],
            score=np.array([row.upper_bound for row in record.curve], dtype=float),
        ).plot(axes, name=BOUND, line_kw={"color": "0.3", "linestyle": ":", "marker": ""})
    set_title(axes, title_of(record))
    return saved(figure, file)


def draw_anchors(record: "FitRecord", sizes: "FloatArray", scale: "Scale", file: str) -> bytes:
    """Draw the anchors of a fit and the boxes, in the unit of the scale."""
    from .. import AnchorsDisplay

    figure, axes = new_figure(7, 5.5)
    anchors = [[anchor["width"], anchor["height"]] for anchor in record.anchors]
    AnchorsDisplay(anchors=anchors, X=scale.express(sizes), unit=scale.units).plot(axes)
    n_anchors = count(len(anchors), "anchor", "anchors")
    at = f", at a network input of {scale.input_name}" if scale.input_size else ""
    set_title(axes, f"{title_of(record)}\n{n_anchors}, average IoU {record.average_iou:.3f}{at}")
    return saved(figure, file)


def new_figure(width: float, height: float) -> "tuple[Figure, Axes]":
    """Make a figure without pyplot, so that no window is opened."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots()


def title_of(record: "LabelsRecord") -> str:
    """Describe the labels: their name, the categories if there are few, and the number of boxes."""
    path = Path(record.file)
    read = path.resolve().name if path.exists() else record.file
    names = [unlike_count(name) for name in record.categories if name]
    if len(names) > N_IN_TITLE:
        names = [count(len(names), "category", "categories")]
    boxes = count(record.n_boxes, "box", "boxes")
    return f"{read}: {', '.join([*names, boxes])}"


def set_title(axes: "Axes", title: str) -> None:
    """Set a title; long lines are wrapped, and surplus lines are cut."""
    lines = [
        textwrap.fill(printable(line), TITLE_WIDTH, max_lines=TITLE_LINES, placeholder=" ...")
        for line in title.split("\n")
    ]
    axes.set_title("\n".join(lines), fontsize="medium", parse_math=False)


def saved(figure: "Figure", file: str) -> bytes:
    """Return a figure in the format given by the suffix of its file."""
    content = BytesIO()
    figure.savefig(content, format=Path(file).suffix[1:].lower(), dpi=200)
    return content.getvalue()
