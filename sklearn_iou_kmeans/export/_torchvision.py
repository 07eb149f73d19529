"""Anchors for torchvision."""

import numpy as np
from numpy.typing import ArrayLike

from ._layout import Exported, Heads, InputSize, comments
from ._sizes_and_ratios import fit_grids


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
        (width, height) in pixels at the network's input, in any order.
    input_size : int or (width, height)
        The size of the network's input in pixels. torchvision scales an image to `min_size` and
        `max_size` by itself: pass the size that your images then have.
    heads : int or sequence of int, default=None
        The number of feature maps, or how many anchors each takes, from the finest on. By default
        five, as its feature pyramids have; else one for three anchors. The models themselves want
        as many anchors on every feature map.
    X : array-like of shape (n_boxes, 2), default=None
        Sizes of boxes in the same pixels. The sizes and ratios are then chosen for them, and not
        for the anchors.

    Returns
    -------
    text : str
        Python. Comments give the anchors that come out, and the average IoU.

    Raises
    ------
    ValueError
        If the anchors are not positive and finite pairs, or do not go into the heads.

    Warns
    -----
    UserWarning
        If torchvision's rounding makes anchors equal or a side 0, or if an anchor is larger than
        the input.

    See Also
    --------
    export_detectron2 : The same for Detectron2, which does not round.

    Notes
    -----
    A feature map has the anchors of every one of its sizes with every one of its ratios (height /
    width), and torchvision rounds half of each side to whole pixels. That cannot hold any three
    anchors, so sizes and ratios are chosen by a search for the largest average IoU. One anchor a
    feature map is met up to the rounding.

    Examples
    --------
    >>> from sklearn_iou_kmeans.export import export_torchvision
    >>> print(export_torchvision([[64, 64], [16, 24], [24, 16]], input_size=416, heads=(2, 1)))
    # sizes are in pixels, ratios are height / width, at a network input of 416 x 416 pixels
    # uneven split: 2, 1 anchors, from the head of the smallest on
    # built: (24, 16), (16, 24)
    # built: (64, 64)
    # average IoU with the 3 anchors given: 1.0000 before, 1.0000 as built
    AnchorGenerator(
        sizes=((19.6,), (64.0,)),
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
    return Exported(text, fit.average_iou)
