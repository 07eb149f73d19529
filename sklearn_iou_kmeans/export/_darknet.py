"""Anchors for darknet."""

from functools import partial
from numbers import Integral
from typing import Literal, NamedTuple

from numpy.typing import ArrayLike

from ._exporter import Exported, Exporter, Heads, HeadsError, InputSize, split_into_heads
from ._layout import Layout, comments, lay_out


class Model(NamedTuple):
    """How a model of darknet reads its anchors."""

    n_heads: int
    smallest_first: bool = False
    cell: int = 1
    decimals: int = 0


MODELS = {
    "v2": Model(1, cell=32, decimals=6),
    "v3": Model(3),
    "v3-tiny": Model(2),
    "v4": Model(3, smallest_first=True),
    "v4-csp": Model(3, smallest_first=True),
    "v4-tiny": Model(2),
    "v4-tiny-3l": Model(3),
    "v7": Model(3, smallest_first=True),
}


def export_darknet(
    anchors: ArrayLike,
    *,
    input_size: InputSize,
    model: Literal["v2", "v3", "v3-tiny", "v4", "v4-csp", "v4-tiny", "v4-tiny-3l", "v7"] = "v3",
    heads: Heads = None,
    n_classes: int | None = None,
    decimals: int | None = None,
    X: ArrayLike | None = None,
) -> Exported:
    """Write the `[yolo]` or `[region]` sections of a darknet cfg.

    Parameters
    ----------
    anchors : array-like of shape (n_anchors, 2)
        (width, height) in pixels of the network input, in any order.
    input_size : int or (width, height)
        Size of the network input in pixels: `width` and `height` of the cfg.
    model : {"v2", "v3", "v3-tiny", "v4", "v4-csp", "v4-tiny", "v4-tiny-3l", "v7"}, default="v3"
        The YOLO model. "v2" has one head and anchors in grid cells of 32 pixels; the others have
        anchors in pixels. The first head of the cfg takes the smallest anchors in "v4", "v4-csp"
        and "v7", and the largest in the others.
    heads : int or sequence of int, default=None
        Number of heads, or how many anchors each head takes, starting with the head for the
        smallest anchors. By default as in the published cfg: 1, 2 or 3 heads.
    n_classes : int, default=None
        Number of classes, which determines the number of filters before each head.
    decimals : int, default=None
        Number of decimals of the written sides, at most 15: by default 0, and 6 for "v2".
    X : array-like of shape (n_boxes, 2), default=None
        (width, height) of boxes in the same pixels. If passed, the text reports the average IoU on
        them before and after rounding.

    Returns
    -------
    text : str
        One section per head, in the order of the cfg. Comments give the `filters` that the
        `[convolutional]` section before each one needs.

    Raises
    ------
    ValueError
        If an anchor is not a pair of finite numbers > 0, if the anchors cannot be split into the
        heads, or if `n_classes` is not positive.

    Warns
    -----
    UserWarning
        If rounding makes two anchors equal or a side 0, if an anchor is larger than the input, or
        if none is larger than a pixel.

    Notes
    -----
    The published yolov4-tiny.cfg has ``mask = 1,2,3`` for its second head, so its smallest anchor
    is never used. Here every anchor belongs to a head.

    Examples
    --------
    >>> from sklearn_iou_kmeans.export import export_darknet
    >>> print(export_darknet([[81, 82], [10, 14]], input_size=416, model="v4-tiny", n_classes=20))
    # anchors are (width, height) in pixels at a network input of 416 x 416 pixels
    # filters=25 in the [convolutional] section before
    [yolo]
    mask = 1
    anchors = 10,14,  81,82
    classes=20
    num=2
    <BLANKLINE>
    # filters=25 in the [convolutional] section before
    [yolo]
    mask = 0
    anchors = 10,14,  81,82
    classes=20
    num=2
    <BLANKLINE>
    """
    from sklearn.utils import check_scalar

    if model not in MODELS:
        raise ValueError(f"model must be one of {[*MODELS]}, got {model!r}.")
    if n_classes is not None:
        check_scalar(n_classes, "n_classes", Integral, min_val=1)
        n_classes = int(n_classes)
    known = MODELS[model]
    layout = lay_out(
        anchors,
        input_size,
        split=partial(split_for_darknet, heads=heads, model=model),
        X=X,
        decimals=known.decimals if decimals is None else decimals,
        cell=known.cell,
    )
    masks = layout.masks if known.smallest_first else layout.masks[::-1]
    sections = "\n".join(
        _filters(len(mask), n_classes)
        + (_region(layout) if model == "v2" else _yolo(layout, mask))
        + ("" if n_classes is None else f"classes={n_classes}\n")
        + f"num={len(layout.pairs)}\n"
        for mask in masks
    )
    return Exported(comments(layout.notes) + sections, layout.average_iou, layout.lost)


def split_for_darknet(n_anchors: int, heads: Heads = None, model: str = "v3") -> list[int]:
    """Return how many anchors each head of a model takes."""
    counts = split_into_heads(n_anchors, MODELS[model].n_heads if heads is None else heads)
    if model == "v2" and len(counts) > 1:
        raise HeadsError(heads, "darknet's v2 has one head, which takes all anchors.")
    return counts


def _filters(n_anchors: int, n_classes: int | None) -> str:
    """Write how many filters the section before a head needs."""
    filters = f"(classes + 5) * {n_anchors}" if n_classes is None else (n_classes + 5) * n_anchors
    return comments([f"filters={filters} in the [convolutional] section before"])


def _region(layout: Layout) -> str:
    anchors = ", ".join(f"{width}, {height}" for width, height in layout.pairs)
    return f"[region]\nanchors = {anchors}\n"


def _yolo(layout: Layout, mask: list[int]) -> str:
    anchors = ",  ".join(f"{width},{height}" for width, height in layout.pairs)
    return f"[yolo]\nmask = {','.join(map(str, mask))}\nanchors = {anchors}\n"


DARKNET = Exporter(
    name="darknet",
    summary="[yolo] or [region] sections of a cfg, in the order of the model; v2 in grid cells",
    export=export_darknet,
    check=split_for_darknet,
    models=tuple(MODELS),
)
