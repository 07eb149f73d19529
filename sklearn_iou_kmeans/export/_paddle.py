"""Anchors for PaddleDetection."""

from functools import partial

from numpy.typing import ArrayLike

from ._exporter import Exported, Exporter, Heads, InputSize, split_into_heads
from ._layout import comments, lay_out


def export_paddle(
    anchors: ArrayLike,
    *,
    input_size: InputSize,
    heads: Heads = None,
    X: ArrayLike | None = None,
) -> Exported:
    """Write the `YOLOv3Head` of a PaddleDetection configuration, also used by PP-YOLO.

    Parameters
    ----------
    anchors : array-like of shape (n_anchors, 2)
        (width, height) in pixels of the network input, in any order. They are rounded to whole
        pixels, because PaddleDetection's operators take integers.
    input_size : int or (width, height)
        Size of the network input in pixels.
    heads : int or sequence of int, default=None
        Number of heads, or how many anchors each head takes, starting with the head for the
        smallest anchors. By default three anchors per head, for up to five heads.
    X : array-like of shape (n_boxes, 2), default=None
        (width, height) of boxes in the same pixels. If passed, the text reports the average IoU on
        them before and after rounding.

    Returns
    -------
    text : str
        YAML: the anchors, the smallest first, and their masks, the head of the largest first.

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
    >>> from sklearn_iou_kmeans.export import export_paddle
    >>> print(export_paddle([[81, 82], [10, 14]], input_size=608, heads=2))
    # anchors are (width, height) in pixels at a network input of 608 x 608 pixels
    YOLOv3Head:
      anchors: [[10, 14], [81, 82]]
      anchor_masks: [[1], [0]]
    <BLANKLINE>
    """
    layout = lay_out(anchors, input_size, split=partial(split_into_heads, heads=heads), X=X)
    text = (
        f"{comments(layout.notes)}YOLOv3Head:\n"
        f"  anchors: {[list(pair) for pair in layout.pairs]}\n"
        f"  anchor_masks: {layout.masks[::-1]}\n"
    )
    return Exported(text, layout.average_iou, layout.lost)


PADDLE = Exporter(
    name="paddle",
    summary="YOLOv3Head with anchors and masks, the largest mask first",
    export=export_paddle,
    check=split_into_heads,
)
