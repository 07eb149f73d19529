"""Anchors for keras-yolo3."""

from numpy.typing import ArrayLike

from ._exporter import Exported, Exporter, InputSize, one_head
from ._layout import comments, lay_out


def export_keras(
    anchors: ArrayLike,
    *,
    input_size: InputSize,
    decimals: int = 0,
    X: ArrayLike | None = None,
) -> Exported:
    """Write the anchors file of keras-yolo3, `yolo_anchors.txt`.

    Parameters
    ----------
    anchors : array-like of shape (n_anchors, 2)
        (width, height) in pixels of the network input, in any order. keras-yolo3 needs nine, or
        six for its tiny model, whose masks never use the smallest one; other numbers require
        changes to its code.
    input_size : int or (width, height)
        Size of the network input in pixels.
    decimals : int, default=0
        Number of decimals of the written sides, at most 15. keras-yolo3 can read fractions.
    X : array-like of shape (n_boxes, 2), default=None
        (width, height) of boxes in the same pixels. If passed, the text reports the average IoU on
        them before and after rounding.

    Returns
    -------
    text : str
        The anchors on one line, the smallest first, followed by comments: keras-yolo3 reads only
        the first line.

    Raises
    ------
    ValueError
        If an anchor is not a pair of finite numbers > 0.

    Warns
    -----
    UserWarning
        If rounding makes two anchors equal or a side 0, if an anchor is larger than the input, or
        if none is larger than a pixel.

    Examples
    --------
    >>> from sklearn_iou_kmeans.export import export_keras
    >>> print(export_keras([[33, 23], [10, 13], [16, 30]], input_size=416))
    10,13,  16,30,  33,23
    # anchors are (width, height) in pixels at a network input of 416 x 416 pixels
    <BLANKLINE>
    """
    layout = lay_out(anchors, input_size, split=one_head, X=X, decimals=decimals)
    line = ",  ".join(f"{width},{height}" for width, height in layout.pairs)
    return Exported(f"{line}\n{comments(layout.notes)}", layout.average_iou, layout.lost)


KERAS = Exporter(
    name="keras",
    summary="yolo_anchors.txt of keras-yolo3, on one line",
    export=export_keras,
    check=one_head,
)
