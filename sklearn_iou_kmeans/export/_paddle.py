"""Anchors for PaddleDetection."""

from numpy.typing import ArrayLike

from ._layout import Exported, Heads, InputSize, comments, lay_out


def export_paddle(
    anchors: ArrayLike,
    *,
    input_size: InputSize,
    heads: Heads = None,
    X: ArrayLike | None = None,
) -> Exported:
    """Write the `YOLOv3Head` of a PaddleDetection configuration, which PP-YOLO has too.

    Parameters
    ----------
    anchors : array-like of shape (n_anchors, 2)
        (width, height) in pixels at the network's input, in any order. They are rounded to whole
        pixels, as PaddleDetection's operators take them.
    input_size : int or (width, height)
        The size of the network's input in pixels.
    heads : int or sequence of int, default=None
        The number of heads, or how many anchors each takes, from the head of the smallest on. By
        default one head for three anchors, up to five heads.
    X : array-like of shape (n_boxes, 2), default=None
        Sizes of boxes in the same pixels, to add the average IoU before and after rounding.

    Returns
    -------
    text : str
        YAML: the anchors, the smallest first, and their masks, the head of the largest first.

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
    >>> from sklearn_iou_kmeans.export import export_paddle
    >>> print(export_paddle([[81, 82], [10, 14]], input_size=608, heads=2))
    # anchors are (width, height) in pixels at a network input of 608 x 608 pixels
    YOLOv3Head:
      anchors: [[10, 14], [81, 82]]
      anchor_masks: [[1], [0]]
    <BLANKLINE>
    """
    layout = lay_out(anchors, input_size, heads=heads, X=X)
    text = (
        f"{comments(layout.notes)}YOLOv3Head:\n"
        f"  anchors: {[list(pair) for pair in layout.pairs]}\n"
        f"  anchor_masks: {layout.masks[::-1]}\n"
    )
    return Exported(text, layout.average_iou)
