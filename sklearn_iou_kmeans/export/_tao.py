"""Anchors for NVIDIA TAO."""

from numpy.typing import ArrayLike

from ._layout import Exported, Heads, InputSize, comments, lay_out

FIELDS = {
    2: ("mid_anchor_shape", "big_anchor_shape"),
    3: ("small_anchor_shape", "mid_anchor_shape", "big_anchor_shape"),
}


def export_tao(
    anchors: ArrayLike,
    *,
    input_size: InputSize,
    heads: Heads = 3,
    decimals: int = 2,
    X: ArrayLike | None = None,
) -> Exported:
    """Write the anchor shapes of a YOLO specification file of NVIDIA TAO.

    Parameters
    ----------
    anchors : array-like of shape (n_anchors, 2)
        (width, height) in pixels at the network's input, in any order.
    input_size : int or (width, height)
        The size of the network's input in pixels: `output_width` and `output_height` of the file.
    heads : int or sequence of int, default=3
        The number of heads, or how many anchors each takes, from the head of the smallest on: three
        heads for yolo_v3 and yolo_v4, two for yolo_v4_tiny. A head may take any number of anchors.
    decimals : int, default=2
        What the anchors are rounded to.
    X : array-like of shape (n_boxes, 2), default=None
        Sizes of boxes in the same pixels, to add the average IoU before and after rounding.

    Returns
    -------
    text : str
        Lines for `yolov3_config` or `yolov4_config`, the head of the largest anchors first.

    Raises
    ------
    ValueError
        If the anchors are not positive and finite pairs, or do not go into two or three heads.

    Warns
    -----
    UserWarning
        If rounding makes anchors equal or a side 0, or if an anchor is larger than the input.

    Examples
    --------
    >>> from sklearn_iou_kmeans.export import export_tao
    >>> anchors = [[15.6, 13.88], [56.8, 56.93], [114.94, 60.67]]
    >>> print(export_tao(anchors, input_size=(1248, 384)))
    # anchors are (width, height) in pixels at a network input of 1248 x 384 pixels
    big_anchor_shape: "[(114.94, 60.67)]"
    mid_anchor_shape: "[(56.80, 56.93)]"
    small_anchor_shape: "[(15.60, 13.88)]"
    <BLANKLINE>
    """
    layout = lay_out(anchors, input_size, heads=heads, X=X, decimals=decimals)
    if len(layout.heads) not in FIELDS:
        raise ValueError(
            f"heads={heads!r}: TAO has three heads, or two in yolo_v4_tiny, not "
            f"{len(layout.heads)}."
        )
    lines = [
        f'{field}: "[{", ".join(f"({w:.{decimals}f}, {h:.{decimals}f})" for w, h in head)}]"\n'
        for field, head in zip(FIELDS[len(layout.heads)], layout.heads, strict=True)
    ]
    return Exported(comments(layout.notes) + "".join(lines[::-1]), layout.average_iou)
