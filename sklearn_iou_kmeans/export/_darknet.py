"""Anchors for darknet."""

from typing import Literal, NamedTuple

from numpy.typing import ArrayLike

from ._layout import Exported, Heads, InputSize, Layout, comments, lay_out


class Version(NamedTuple):
    """How a generation of darknet's models takes its anchors."""

    n_heads: int
    smallest_first: bool = False
    cell: int = 1
    decimals: int = 0


VERSIONS = {
    "v2": Version(1, cell=32, decimals=6),
    "v3": Version(3),
    "v3-tiny": Version(2),
    "v4": Version(3, smallest_first=True),
    "v4-csp": Version(3, smallest_first=True),
    "v4-tiny": Version(2),
    "v4-tiny-3l": Version(3),
    "v7": Version(3, smallest_first=True),
}


def export_darknet(
    anchors: ArrayLike,
    *,
    input_size: InputSize,
    version: Literal["v2", "v3", "v3-tiny", "v4", "v4-csp", "v4-tiny", "v4-tiny-3l", "v7"] = "v3",
    heads: Heads = None,
    n_classes: int | None = None,
    decimals: int | None = None,
    X: ArrayLike | None = None,
) -> Exported:
    """Write the `[yolo]` or `[region]` sections of a darknet cfg.

    Parameters
    ----------
    anchors : array-like of shape (n_anchors, 2)
        (width, height) in pixels at the network's input, in any order.
    input_size : int or (width, height)
        The size of the network's input in pixels: `width` and `height` of the cfg.
    version : {"v2", "v3", "v3-tiny", "v4", "v4-csp", "v4-tiny", "v4-tiny-3l", "v7"}, default="v3"
        The model. "v2" has one head and counts in grid cells of 32 pixels, the others in pixels.
        The first head of the cfg takes the smallest anchors in "v4", "v4-csp" and "v7", and the
        largest in the others.
    heads : int or sequence of int, default=None
        The number of heads, or how many anchors each takes, from the head of the smallest on. By
        default those of the published cfg: 1, 2 or 3.
    n_classes : int, default=None
        The number of classes; it decides about the filters before each head.
    decimals : int, default=None
        What the anchors are rounded to: by default 0, and 6 for "v2".
    X : array-like of shape (n_boxes, 2), default=None
        Sizes of boxes in the same pixels, to add the average IoU before and after rounding.

    Returns
    -------
    text : str
        One section a head, in the order of the cfg. Comments name the `filters` that the
        `[convolutional]` section before each needs.

    Raises
    ------
    ValueError
        If the anchors are not positive and finite pairs, or do not go into the heads.

    Warns
    -----
    UserWarning
        If rounding makes anchors equal or a side 0, or if an anchor is larger than the input.

    Notes
    -----
    The published yolov4-tiny.cfg has ``mask = 1,2,3`` for its second head, which leaves the
    smallest anchor out. Here the heads take all anchors.

    Examples
    --------
    >>> from sklearn_iou_kmeans.export import export_darknet
    >>> print(export_darknet([[81, 82], [10, 14]], input_size=416, version="v4-tiny", n_classes=20))
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
    if version not in VERSIONS:
        raise ValueError(f"version must be one of {[*VERSIONS]}, got {version!r}.")
    model = VERSIONS[version]
    layout = lay_out(
        anchors,
        input_size,
        heads=model.n_heads if heads is None else heads,
        X=X,
        decimals=model.decimals if decimals is None else decimals,
        cell=model.cell,
    )
    if version == "v2" and len(layout.counts) > 1:
        raise ValueError(f"heads={heads!r}: 'v2' has one head, which takes all anchors.")
    masks = layout.masks if model.smallest_first else layout.masks[::-1]
    sections = "\n".join(
        _filters(len(mask), n_classes)
        + (_region(layout) if version == "v2" else _yolo(layout, mask))
        + ("" if n_classes is None else f"classes={n_classes}\n")
        + f"num={len(layout.pairs)}\n"
        for mask in masks
    )
    return Exported(comments(layout.notes) + sections, layout.average_iou)


def _filters(n_anchors: int, n_classes: int | None) -> str:
    """Say what the section before a head needs."""
    filters = f"(classes + 5) * {n_anchors}" if n_classes is None else (n_classes + 5) * n_anchors
    return comments([f"filters={filters} in the [convolutional] section before"])


def _region(layout: Layout) -> str:
    anchors = ", ".join(f"{width}, {height}" for width, height in layout.pairs)
    return f"[region]\nanchors = {anchors}\n"


def _yolo(layout: Layout, mask: list[int]) -> str:
    anchors = ",  ".join(f"{width},{height}" for width, height in layout.pairs)
    return f"[yolo]\nmask = {','.join(map(str, mask))}\nanchors = {anchors}\n"
