"""Anchors for YOLOv5 and YOLOv7."""

from collections.abc import Sequence
from math import log2

from numpy.typing import ArrayLike

from ._layout import Exported, Heads, InputSize, comments, lay_out, strides_of


def export_ultralytics(
    anchors: ArrayLike,
    *,
    input_size: InputSize,
    heads: Heads = None,
    strides: Sequence[int] | None = None,
    decimals: int = 0,
    X: ArrayLike | None = None,
) -> Exported:
    """Write the `anchors` of a model's YAML for YOLOv5 (Ultralytics) or YOLOv7.

    YOLOv8 and later have no anchors.

    Parameters
    ----------
    anchors : array-like of shape (n_anchors, 2)
        (width, height) in pixels at the network's input, in any order.
    input_size : int or (width, height)
        The size of the network's input in pixels: `--img` of the training.
    heads : int or sequence of int, default=None
        The number of heads, or how many anchors each takes, from the head of the smallest on. By
        default one head for three anchors, up to five heads. The models themselves want as many
        anchors on every head.
    strides : sequence of int, default=None
        The strides of the heads, the smallest first, for the comments. By default 8, 16, 32 and so
        on; 16 and 32 for two heads and 32 for one.
    decimals : int, default=0
        What the anchors are rounded to. The models read fractions too.
    X : array-like of shape (n_boxes, 2), default=None
        Sizes of boxes in the same pixels, to add the average IoU before and after rounding.

    Returns
    -------
    text : str
        YAML, one line a head, the smallest stride first: the order in which the models take them.

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
    >>> from sklearn_iou_kmeans.export import export_ultralytics
    >>> anchors = [[10, 14], [23, 27], [37, 58], [81, 82], [135, 169], [344, 319]]
    >>> print(export_ultralytics(anchors, input_size=640))
    # anchors are (width, height) in pixels at a network input of 640 x 640 pixels
    anchors:
      - [10,14, 23,27, 37,58]  # P4/16
      - [81,82, 135,169, 344,319]  # P5/32
    <BLANKLINE>
    """
    layout = lay_out(anchors, input_size, heads=heads, X=X, decimals=decimals)
    text = comments(layout.notes) + "anchors:\n"
    for head, stride in zip(layout.heads, strides_of(len(layout.counts), strides), strict=True):
        row = ", ".join(f"{width},{height}" for width, height in head)
        text += f"  - [{row}]  # P{log2(stride):g}/{stride}\n"
    return Exported(text, layout.average_iou)
