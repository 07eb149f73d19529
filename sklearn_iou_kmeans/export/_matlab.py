"""Anchors for MATLAB."""

from numpy.typing import ArrayLike

from ._layout import Exported, InputSize, comments, lay_out


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
        (width, height) in pixels at the network's input, in any order.
    input_size : int or (width, height)
        The size of the network's input in pixels.
    decimals : int, default=0
        What the anchors are rounded to.
    X : array-like of shape (n_boxes, 2), default=None
        Sizes of boxes in the same pixels, to add the average IoU before and after rounding.

    Returns
    -------
    text : str
        An assignment to `anchorBoxes`, the smallest first, each turned to [height width].

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
    >>> from sklearn_iou_kmeans.export import export_matlab
    >>> print(export_matlab([[10, 14], [81, 82]], input_size=(228, 128)))
    % anchors are (width, height) in pixels at a network input of 228 x 128 pixels
    % the rows are turned: [height width]
    anchorBoxes = [14 10; 82 81];
    <BLANKLINE>
    """
    layout = lay_out(anchors, input_size, heads=1, X=X, decimals=decimals)
    rows = "; ".join(f"{height} {width}" for width, height in layout.pairs)
    notes = [*layout.notes, "the rows are turned: [height width]"]
    text = f"{comments(notes, '%')}anchorBoxes = [{rows}];\n"
    return Exported(text, layout.average_iou)
