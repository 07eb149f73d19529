"""Anchors for Detectron2."""

from numpy.typing import ArrayLike

from ._layout import Exported, Heads, InputSize, comments
from ._sizes_and_ratios import fit_grids


def export_detectron2(
    anchors: ArrayLike,
    *,
    input_size: InputSize,
    heads: Heads = None,
    X: ArrayLike | None = None,
) -> Exported:
    """Write the `ANCHOR_GENERATOR` of a Detectron2 configuration.

    Parameters
    ----------
    anchors : array-like of shape (n_anchors, 2)
        (width, height) in pixels at the network's input, in any order.
    input_size : int or (width, height)
        The size of the network's input in pixels. Detectron2 scales an image to `MIN_SIZE_TRAIN`
        and `MAX_SIZE_TRAIN` by itself: pass the size that your images then have.
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
        YAML. Comments give the anchors that come out, and the average IoU.

    Raises
    ------
    ValueError
        If the anchors are not positive and finite pairs, or do not go into the heads.

    Warns
    -----
    UserWarning
        If an anchor is larger than the input.

    See Also
    --------
    export_torchvision : The same for torchvision.

    Notes
    -----
    A feature map has the anchors of every one of its sizes with every one of its ratios (height /
    width). That cannot hold any three anchors, so sizes and ratios are chosen by a search for the
    largest average IoU. One anchor a feature map is met.

    Examples
    --------
    >>> from sklearn_iou_kmeans.export import export_detectron2
    >>> print(export_detectron2([[64, 64], [16, 25]], input_size=800, heads=2))
    # sizes are in pixels, ratios are height / width, at a network input of 800 x 800 pixels
    # built: (16, 25)
    # built: (64, 64)
    # average IoU with the 2 anchors given: 1.0000 before, 0.99... as built
    MODEL:
      ANCHOR_GENERATOR:
        SIZES: [[20.0], [64.0]]
        ASPECT_RATIOS: [[1.562], [1.0]]
    <BLANKLINE>
    """
    fit = fit_grids(anchors, input_size, heads, X, lambda sides: sides)
    text = (
        f"{comments(fit.notes)}MODEL:\n  ANCHOR_GENERATOR:\n"
        f"    SIZES: {[grid.sizes for grid in fit.grids]}\n"
        f"    ASPECT_RATIOS: {[grid.ratios for grid in fit.grids]}\n"
    )
    return Exported(text, fit.average_iou)
