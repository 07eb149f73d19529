"""Anchors for MMDetection and MMYOLO."""

from collections.abc import Sequence
from functools import partial
from typing import Literal

from numpy.typing import ArrayLike

from ._exporter import Exported, Exporter, Heads, InputSize, split_into_equal_heads
from ._layout import comments, lay_out, strides_of


def export_mmdetection(
    anchors: ArrayLike,
    *,
    input_size: InputSize,
    model: Literal["yolov3", "yolov5"] = "yolov3",
    heads: Heads = None,
    strides: Sequence[int] | None = None,
    decimals: int = 0,
    X: ArrayLike | None = None,
) -> Exported:
    """Write the anchors of a configuration of MMDetection (YOLOv3) or MMYOLO (YOLOv5, YOLOv7).

    Parameters
    ----------
    anchors : array-like of shape (n_anchors, 2)
        (width, height) in pixels of the network input, in any order.
    input_size : int or (width, height)
        Size of the network input in pixels.
    model : {"yolov3", "yolov5"}, default="yolov3"
        "yolov3" writes the arguments of MMDetection's `YOLOAnchorGenerator`, the largest anchors
        first; "yolov5" writes the variables of MMYOLO's YOLOv5 and YOLOv7 files, the smallest
        first.
    heads : int or sequence of int, default=None
        Number of heads, or how many anchors each head takes, which must be the same for all. By
        default three anchors per head, for up to five heads.
    strides : sequence of int, default=None
        The strides of the heads, the smallest first. By default 8, 16, 32 and so on; 16 and 32 for
        two heads and 32 for one.
    decimals : int, default=0
        Number of decimals of the written sides, at most 15. Both libraries can read fractions.
    X : array-like of shape (n_boxes, 2), default=None
        (width, height) of boxes in the same pixels. If passed, the text reports the average IoU on
        them before and after rounding.

    Returns
    -------
    text : str
        Python, with the strides in the order of the anchors.

    Raises
    ------
    ValueError
        If an anchor is not a pair of finite numbers > 0, or if the anchors cannot be split into
        the heads.

    Warns
    -----
    UserWarning
        If rounding makes two anchors equal or a side 0, if an anchor is larger than the input, or
        if none is larger than a pixel.

    Examples
    --------
    >>> from sklearn_iou_kmeans.export import export_mmdetection
    >>> print(export_mmdetection([[10, 14], [81, 82]], input_size=(640, 384), heads=2))
    # anchors are (width, height) in pixels at a network input of 640 x 384 pixels
    base_sizes=[[(81, 82)],
                [(10, 14)]],
    strides=[32, 16]
    <BLANKLINE>
    """
    if model not in MMDETECTION.models:
        raise ValueError(f"model must be 'yolov3' or 'yolov5', got {model!r}.")
    split = partial(split_for_mmdetection, heads=heads)
    layout = lay_out(anchors, input_size, split=split, X=X, decimals=decimals)
    steps = strides_of(len(layout.counts), strides)
    text = f"{_rows('base_sizes=', layout.heads[::-1])},\nstrides={steps[::-1]}\n"
    if model == "yolov5":
        text = f"{_rows('anchors = ', layout.heads)}\nstrides = {steps}\n"
    return Exported(comments(layout.notes) + text, layout.average_iou, layout.lost)


def _rows(start: str, heads: list[list[tuple[float, float]]]) -> str:
    """Write a list with a line for each head."""
    line_break = ",\n" + " " * len(f"{start}[")
    return f"{start}[{line_break.join(map(str, heads))}]"


def split_for_mmdetection(n_anchors: int, heads: Heads = None, model: str = "") -> list[int]:
    """Return how many anchors each head takes, which the model does not affect."""
    return split_into_equal_heads(n_anchors, heads)


MMDETECTION = Exporter(
    name="mmdetection",
    summary="YOLOv3 of MMDetection, the largest first; --model yolov5 for MMYOLO, the smallest "
    "first",
    export=export_mmdetection,
    check=split_for_mmdetection,
    models=("yolov3", "yolov5"),
)
