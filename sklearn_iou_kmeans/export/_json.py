"""Anchors for any program."""

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from numpy.typing import ArrayLike

from ._exporter import Exported, Exporter, Heads, InputSize, split_into_heads
from ._layout import lay_out

LAYOUT_VERSION = 1
"""Version of the layout of the JSON; raised for changes that readers have to support."""


def export_json(
    anchors: ArrayLike,
    *,
    input_size: InputSize,
    heads: Heads = 1,
    decimals: int | None = None,
    X: ArrayLike | None = None,
    provenance: Mapping[str, Any] | None = None,
) -> Exported:
    """Write the anchors as JSON.

    Parameters
    ----------
    anchors : array-like of shape (n_anchors, 2)
        (width, height) in pixels of the network input, in any order.
    input_size : int or (width, height)
        Size of the network input in pixels.
    heads : int or sequence of int, default=1
        Number of heads, or how many anchors each head takes, starting with the head for the
        smallest anchors.
    decimals : int, default=None
        Number of decimals of the written sides, at most 15; not rounded by default.
    X : array-like of shape (n_boxes, 2), default=None
        (width, height) of boxes in the same pixels. If passed, the text reports the average IoU on
        them before and after rounding.
    provenance : mapping, default=None
        The origin of the anchors, written unchanged. `iou-kmeans` records the inputs with their
        SHA-256, the categories, counts, options, the seed, the version and the kernels.

    Returns
    -------
    text : str
        An object with the keys `layout` (the version of this layout), `unit` ("pixel"),
        `input_size` ([width, height]), `anchors` (objects with `width`, `height` and `head`, the
        smallest first) and, if passed, `average_iou` (`n_boxes`, `before`, `after`) and
        `provenance`.

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

    See Also
    --------
    load_json : Read the anchors from the JSON.

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
    from ..preprocessing import check_size

    split = partial(split_for_json, heads=heads)
    layout = lay_out(anchors, input_size, split=split, X=X, decimals=decimals)
    size = check_size(input_size, "input_size").tolist()
    document: dict[str, Any] = {
        "layout": LAYOUT_VERSION,
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
    if provenance is not None:
        document["provenance"] = dict(provenance)
    return Exported(
        json.dumps(document, indent=2, allow_nan=False) + "\n", layout.average_iou, layout.lost
    )


def split_for_json(n_anchors: int, heads: Heads = 1) -> list[int]:
    """Return how many anchors each head takes: by default one head takes all."""
    return split_into_heads(n_anchors, heads)


JSON = Exporter(
    name="json",
    summary="pixels and input size, not rounded; compare --anchors reads it",
    export=export_json,
    check=split_for_json,
)
