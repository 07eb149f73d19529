"""Anchors for torchvision."""

import numpy as np
from numpy.typing import ArrayLike

from ._exporter import Exported, Exporter, Heads, InputSize
from ._layout import comments
from ._sizes_and_ratios import fit_grids, split_into_levels


def export_torchvision(
    anchors: ArrayLike,
    *,
    input_size: InputSize,
    heads: Heads = None,
    X: ArrayLike | None = None,
) -> Exported:
    """Write an `AnchorGenerator` for torchvision's Faster R-CNN, Mask R-CNN or RetinaNet.

    Parameters
    ----------
    anchors : array-like of shape (n_anchors, 2)
        (width, height) in pixels of the network input, in any order.
    input_size : int or (width, height)
        Size of the network input in pixels. torchvision resizes images to `min_size` and
        `max_size`: pass the size that your images have then.
    heads : int or sequence of int, default=None
        Number of feature maps, or how many anchors each one takes, which must be the same for all.
        By default five, as in a feature pyramid, if the anchors can be split into five, or else
        three anchors per feature map.
    X : array-like of shape (n_boxes, 2), default=None
        (width, height) of boxes in the same pixels. If passed, sizes and ratios are fitted to them
        instead of to the anchors.

    Returns
    -------
    text : str
        Python. Comments list the resulting anchors and their average IoU.

    Raises
    ------
    ValueError
        If an anchor is not a pair of finite numbers > 0, or if the anchors cannot be split into
        the heads.

    Warns
    -----
    UserWarning
        If torchvision's rounding makes two anchors equal or a side 0, if an anchor is larger than
        the input, or if none is larger than a pixel.

    See Also
    --------
    export_detectron2 : The same for Detectron2, which does not round.

    Notes
    -----
    A feature map has one anchor for each combination of its sizes and ratios (height / width), and
    torchvision rounds half of each side to whole pixels. This format cannot represent arbitrary
    anchors, so sizes and ratios are chosen to maximise the average IoU. One anchor per feature map
    is reproduced up to rounding.

    Examples
    --------
    >>> from sklearn_iou_kmeans.export import export_torchvision
    >>> print(export_torchvision([[64, 64], [16, 24], [24, 16], [80, 80]], input_size=416, heads=2))
    # sizes are in pixels, ratios are height / width, at a network input of 416 x 416 pixels
    # built: (24, 16), (16, 24)
    # built: (64, 64), (80, 80)
    # average IoU with the 4 original anchors: 1.0000 before, 1.0000 as built
    AnchorGenerator(
        sizes=((19.6,), (64.0, 80.0)),
        aspect_ratios=((0.6667, 1.5), (1.0,)),
    )
    <BLANKLINE>
    """
    fit = fit_grids(anchors, input_size, heads, X, lambda sides: 2 * np.round(sides / 2))
    sizes = tuple(tuple(grid.sizes) for grid in fit.grids)
    ratios = tuple(tuple(grid.ratios) for grid in fit.grids)
    text = (
        f"{comments(fit.notes)}AnchorGenerator(\n"
        f"    sizes={sizes},\n    aspect_ratios={ratios},\n)\n"
    )
    return Exported(text, fit.average_iou, fit.lost)


TORCHVISION = Exporter(
    name="torchvision",
    summary="AnchorGenerator with sizes and ratios: approximate, with the average IoU before and "
    "after",
    export=export_torchvision,
    check=split_into_levels,
)
