"""Anchors for MMDetection and MMYOLO."""

from collections.abc import Sequence
from typing import Literal

from numpy.typing import ArrayLike

from ._layout import Exported, Heads, InputSize, comments, lay_out, strides_of


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
        (width, height) in pixels at the network's input, in any order.
    input_size : int or (width, height)
        The size of the network's input in pixels.
    model : {"yolov3", "yolov5"}, default="yolov3"
        "yolov3" writes arguments of MMDetection's `YOLOAnchorGenerator`, the largest anchors first;
        "yolov5" writes the variables of MMYOLO's YOLOv5 and YOLOv7 files, the smallest first.
    heads : int or sequence of int, default=None
        The number of heads, or how many anchors each takes, from the head of the smallest on. By
        default one head for three anchors, up to five heads.
    strides : sequence of int, default=None
        The strides of the heads, the smallest first. By default 8, 16, 32 and so on; 16 and 32 for
        two heads and 32 for one.
    decimals : int, default=0
        What the anchors are rounded to. Both libraries read fractions too.
    X : array-like of shape (n_boxes, 2), default=None
        Sizes of boxes in the same pixels, to add the average IoU before and after rounding.

    Returns
    -------
    text : str
        Python, with the strides in the order of the anchors.

    Raises
    ------
    ValueError
        If the anchors are not positive and finite pairs, or do not go into the heads.

    Warns
    -----
    UserWarning
        If rounding makes anchors equal or a side 0, or if an anchor is larger than the input.

    Examples
    --------
    >>> from sklearn_iou_kmeans.export import export_mmdetection
    >>> print(export_mmdetection([[10, 14], [81, 82]], input_size=(640, 384), heads=2))
    # anchors are (width, height) in pixels at a network input of 640 x 384 pixels
    base_sizes=[[(81, 82)], [(10, 14)]], strides=[32, 16]
    <BLANKLINE>
    """
    if model not in ("yolov3", "yolov5"):
        raise ValueError(f"model must be 'yolov3' or 'yolov5', got {model!r}.")
    layout = lay_out(anchors, input_size, heads=heads, X=X, decimals=decimals)
    steps = strides_of(len(layout.counts), strides)
    text = f"base_sizes={layout.heads[::-1]}, strides={steps[::-1]}\n"
    if model == "yolov5":
        text = f"anchors = {layout.heads}\nstrides = {steps}\n"
    return Exported(comments(layout.notes) + text, layout.average_iou)
