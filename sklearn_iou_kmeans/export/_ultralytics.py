"""Anchors for YOLOv5 and YOLOv7."""

from collections.abc import Sequence
from functools import partial
from math import log2

from numpy.typing import ArrayLike

from ._exporter import Exported, Exporter, Heads, InputSize, split_into_equal_heads
from ._layout import comments, lay_out, strides_of


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
        (width, height) in pixels of the network input, in any order.
    input_size : int or (width, height)
        Size of the network input in pixels: `--img` of the training.
    heads : int or sequence of int, default=None
        Number of heads, or how many anchors each head takes, which must be the same for all. By
        default three anchors per head, for up to five heads.
    strides : sequence of int, default=None
        The strides of the heads, the smallest first, for the comments. By default 8, 16, 32 and so
        on; 16 and 32 for two heads and 32 for one.
    decimals : int, default=0
        Number of decimals of the written sides, at most 15. The models can read fractions.
    X : array-like of shape (n_boxes, 2), default=None
        (width, height) of boxes in the same pixels. If passed, the text reports the average IoU on
        them before and after rounding.

    Returns
    -------
    text : str
        YAML with one line per head, the smallest stride first: the order in which the models read
        them.

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
    >>> from sklearn_iou_kmeans.export import export_ultralytics
    >>> anchors = [[10, 14], [23, 27], [37, 58], [81, 82], [135, 169], [344, 319]]
    >>> print(export_ultralytics(anchors, input_size=640))
    # anchors are (width, height) in pixels at a network input of 640 x 640 pixels
    anchors:
      - [10,14, 23,27, 37,58]  # P4/16
      - [81,82, 135,169, 344,319]  # P5/32
    <BLANKLINE>
    """
    split = partial(split_into_equal_heads, heads=heads)
    layout = lay_out(anchors, input_size, split=split, X=X, decimals=decimals)
    text = comments(layout.notes) + "anchors:\n"
    for head, stride in zip(layout.heads, strides_of(len(layout.counts), strides), strict=True):
        row = ", ".join(f"{width},{height}" for width, height in head)
        text += f"  - [{row}]  # P{log2(stride):g}/{stride}\n"
    return Exported(text, layout.average_iou, layout.lost)


ULTRALYTICS = Exporter(
    name="ultralytics",
    summary="YAML of YOLOv5 and YOLOv7, the smallest first; YOLOv8 and later have no anchors",
    export=export_ultralytics,
    check=split_into_equal_heads,
)
