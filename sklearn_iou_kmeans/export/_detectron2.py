"""Anchors for Detectron2."""

from numpy.typing import ArrayLike

from ._exporter import Exported, Exporter, Heads, InputSize
from ._layout import comments
from ._sizes_and_ratios import fit_grids, split_into_levels


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
        (width, height) in pixels of the network input, in any order.
    input_size : int or (width, height)
        Size of the network input in pixels. Detectron2 resizes images to `MIN_SIZE_TRAIN` and
        `MAX_SIZE_TRAIN`: pass the size that your images have then.
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
        YAML. Comments list the resulting anchors and their average IoU.

    Raises
    ------
    ValueError
        If an anchor is not a pair of finite numbers > 0, or if the anchors cannot be split into
        the heads.

    Warns
    -----
    UserWarning
        If two anchors come out equal, if an anchor is larger than the input, or if none is larger
        than a pixel.

    See Also
    --------
    export_torchvision : The same for torchvision.

    Notes
    -----
    A feature map has one anchor for each combination of its sizes and ratios (height / width). This
    format cannot represent arbitrary anchors, so sizes and ratios are chosen to maximise the
    average IoU. With one anchor per feature map the result is exact.

    Examples
    --------
    >>> from sklearn_iou_kmeans.export import export_detectron2
    >>> print(export_detectron2([[64, 64], [16, 25]], input_size=800, heads=2))
    # sizes are in pixels, ratios are height / width, at a network input of 800 x 800 pixels
    # built: (16, 25)
    # built: (64, 64)
    # average IoU with the 2 original anchors: 1.0000 before, 0.99... as built
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
    return Exported(text, fit.average_iou, fit.lost)


DETECTRON2 = Exporter(
    name="detectron2",
    summary="ANCHOR_GENERATOR with sizes and ratios: approximate, with the average IoU before and "
    "after",
    export=export_detectron2,
    check=split_into_levels,
)
