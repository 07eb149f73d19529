"""Anchors for NVIDIA TAO."""

from functools import partial

from numpy.typing import ArrayLike

from ._exporter import Exported, Exporter, Heads, HeadsError, InputSize, split_into_heads
from ._layout import comments, lay_out

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
        (width, height) in pixels of the network input, in any order.
    input_size : int or (width, height)
        Size of the network input in pixels: `output_width` and `output_height` of the file.
    heads : int or sequence of int, default=3
        Number of heads, or how many anchors each head takes, starting with the head for the
        smallest anchors: three heads for yolo_v3 and yolo_v4, two for yolo_v4_tiny. A head may take
        any number of anchors.
    decimals : int, default=2
        Number of decimals of the written sides, at most 15.
    X : array-like of shape (n_boxes, 2), default=None
        (width, height) of boxes in the same pixels. If passed, the text reports the average IoU on
        them before and after rounding.

    Returns
    -------
    text : str
        Lines for `yolov3_config` or `yolov4_config`, the head of the largest anchors first.

    Raises
    ------
    ValueError
        If an anchor is not a pair of finite numbers > 0, or if the anchors cannot be split into the
        heads, of which there must be two or three.

    Warns
    -----
    UserWarning
        If rounding makes two anchors equal or a side 0, if an anchor is larger than the input, or
        if none is larger than a pixel.

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
    split = partial(split_for_tao, heads=heads)
    layout = lay_out(anchors, input_size, split=split, X=X, decimals=decimals)
    lines = [
        f'{field}: "[{", ".join(f"({w:.{decimals}f}, {h:.{decimals}f})" for w, h in head)}]"\n'
        for field, head in zip(FIELDS[len(layout.heads)], layout.heads, strict=True)
    ]
    return Exported(comments(layout.notes) + "".join(lines[::-1]), layout.average_iou, layout.lost)


def split_for_tao(n_anchors: int, heads: Heads = 3) -> list[int]:
    """Return how many anchors each of the two or three heads takes."""
    counts = split_into_heads(n_anchors, heads)
    if len(counts) not in FIELDS:
        raise HeadsError(heads, f"TAO has 3 heads, or 2 in yolo_v4_tiny, not {len(counts)}.")
    return counts


TAO = Exporter(
    name="tao",
    summary="big_, mid_ and small_anchor_shape of NVIDIA TAO",
    export=export_tao,
    check=split_for_tao,
)
