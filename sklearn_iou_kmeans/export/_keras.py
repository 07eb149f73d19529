"""Anchors for keras-yolo3."""

from numpy.typing import ArrayLike

from ._layout import Exported, InputSize, comments, lay_out


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
        (width, height) in pixels at the network's input, in any order. keras-yolo3 takes nine, or
        six for its tiny model, whose masks leave the smallest out; for another number they have to
        be changed in its code.
    input_size : int or (width, height)
        The size of the network's input in pixels.
    decimals : int, default=0
        What the anchors are rounded to. keras-yolo3 reads fractions too.
    X : array-like of shape (n_boxes, 2), default=None
        Sizes of boxes in the same pixels, to add the average IoU before and after rounding.

    Returns
    -------
    text : str
        The anchors in one line, the smallest first. The lines after it are comments: keras-yolo3
        reads the first line only.

    Raises
    ------
    ValueError
        If the anchors are not positive and finite pairs.

    Warns
    -----
    UserWarning
        If rounding makes anchors equal or a side 0, or if an anchor is larger than the input.

    Examples
    --------
    >>> from sklearn_iou_kmeans.export import export_keras
    >>> print(export_keras([[33, 23], [10, 13], [16, 30]], input_size=416))
    10,13,  16,30,  33,23
    # anchors are (width, height) in pixels at a network input of 416 x 416 pixels
    <BLANKLINE>
    """
    layout = lay_out(anchors, input_size, heads=1, X=X, decimals=decimals)
    line = ",  ".join(f"{width},{height}" for width, height in layout.pairs)
    return Exported(f"{line}\n{comments(layout.notes)}", layout.average_iou)
