"""Anchors for MATLAB."""

from numpy.typing import ArrayLike

from ._exporter import Exported, Exporter, InputSize, one_head
from ._layout import comments, lay_out


def export_matlab(
    anchors: ArrayLike,
    *,
    input_size: InputSize,
    decimals: int = 0,
    X: ArrayLike | None = None,
) -> Exported:
    """Write the anchor boxes of MATLAB's YOLOv2, whose rows are [height width].

    Parameters
    ----------
    anchors : array-like of shape (n_anchors, 2)
        (width, height) in pixels of the network input, in any order.
    input_size : int or (width, height)
        Size of the network input in pixels.
    decimals : int, default=0
        Number of decimals of the written sides, at most 15.
    X : array-like of shape (n_boxes, 2), default=None
        (width, height) of boxes in the same pixels. If passed, the text reports the average IoU on
        them before and after rounding.

    Returns
    -------
    text : str
        An assignment to `anchorBoxes`, the smallest first, in rows of [height width].

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
    >>> from sklearn_iou_kmeans.export import export_matlab
    >>> print(export_matlab([[10, 14], [81, 82]], input_size=(228, 128)))
    % anchors are (width, height) in pixels at a network input of 228 x 128 pixels
    % rows are [height width]
    anchorBoxes = [14 10; 82 81];
    <BLANKLINE>
    """
    layout = lay_out(anchors, input_size, split=one_head, X=X, decimals=decimals)
    rows = "; ".join(f"{height} {width}" for width, height in layout.pairs)
    notes = [*layout.notes, "rows are [height width]"]
    text = f"{comments(notes, '%')}anchorBoxes = [{rows}];\n"
    return Exported(text, layout.average_iou, layout.lost)


MATLAB = Exporter(
    name="matlab",
    summary="rows of [height width] for yolov2ObjectDetector",
    export=export_matlab,
    check=one_head,
)
