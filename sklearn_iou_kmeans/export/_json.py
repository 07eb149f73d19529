"""Anchors for any program."""

import json
from typing import Any

from numpy.typing import ArrayLike

from ..preprocessing import check_size
from ._layout import Exported, Heads, InputSize, lay_out


def export_json(
    anchors: ArrayLike,
    *,
    input_size: InputSize,
    heads: Heads = 1,
    decimals: int | None = None,
    X: ArrayLike | None = None,
) -> Exported:
    """Write the anchors as JSON.

    Parameters
    ----------
    anchors : array-like of shape (n_anchors, 2)
        (width, height) in pixels at the network's input, in any order.
    input_size : int or (width, height)
        The size of the network's input in pixels.
    heads : int or sequence of int, default=1
        The number of heads, or how many anchors each takes, from the head of the smallest on.
    decimals : int, default=None
        What the anchors are rounded to; by default they are written as they are.
    X : array-like of shape (n_boxes, 2), default=None
        Sizes of boxes in the same pixels, to add the average IoU before and after rounding.

    Returns
    -------
    text : str
        An object of `unit` ("pixel"), `input_size` ([width, height]), `anchors` (objects of
        `width`, `height` and `head`, the smallest first) and, with `X`, `average_iou` (`n_boxes`,
        `before`, `after`).

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
    >>> import json
    >>> from sklearn_iou_kmeans.export import export_json
    >>> document = json.loads(export_json([[81, 82], [10.5, 14]], input_size=416, heads=2))
    >>> document["unit"], document["input_size"]
    ('pixel', [416, 416])
    >>> document["anchors"][0]
    {'width': 10.5, 'height': 14.0, 'head': 0}
    """
    layout = lay_out(anchors, input_size, heads=heads, X=X, decimals=decimals)
    size = check_size(input_size, "input_size").tolist()
    document: dict[str, Any] = {
        "unit": "pixel",
        "input_size": [int(side) if side.is_integer() else side for side in size],
        "anchors": [
            {"width": width, "height": height, "head": head}
            for head, pairs in enumerate(layout.heads)
            for width, height in pairs
        ],
    }
    if layout.average_iou is not None:
        document["average_iou"] = layout.average_iou._asdict()
    return Exported(json.dumps(document, indent=2) + "\n", layout.average_iou)
