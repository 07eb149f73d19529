"""Anchors for the TensorFlow Model Garden."""

from collections.abc import Iterable
from math import log
from numbers import Integral
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._exporter import AverageIoU, Exported, Exporter, Heads, InputSize, Lost
from ._layout import check_anchors, check_boxes, comments, unit_note, warn_if_lost
from ._sizes_and_ratios import (
    Way,
    best_shapes,
    factors,
    four_digits,
    group_means,
    report,
    sample,
    split_into_levels,
)

TEXTS = {
    "retinanet": """\
task:
  model:
    anchor:
      anchor_size: {size}
      aspect_ratios: {ratios}
      num_scales: {n_scales}
    max_level: {max_level}
    min_level: {min_level}
""",
    "ssd": """\
anchor_generator {{
  multiscale_anchor_generator {{
    min_level: {min_level}
    max_level: {max_level}
    anchor_scale: {size}
    aspect_ratios: {ratios}
    scales_per_octave: {n_scales}
  }}
}}
""",
}


class Pyramid(NamedTuple):
    """The anchors of a feature pyramid: each level has those of the level before, twice as large.

    Sizes are evenly spaced on a logarithmic scale, and each is combined with every aspect ratio.
    """

    min_level: int
    n_levels: int
    n_scales: int
    """Number of sizes per level."""
    size: float
    """Square root of the smallest area, in strides of the first level: 2**min_level pixels."""
    ratios: list[float]
    """width / height."""

    @property
    def anchors(self) -> NDArray[np.float64]:
        """(width, height) of each anchor, level by level, of shape (n_anchors, 2)."""
        steps = np.arange(self.n_levels * self.n_scales) / self.n_scales
        sizes, root = self.size * 2 ** (self.min_level + steps), np.sqrt(self.ratios)
        return np.stack([np.outer(sizes, root), np.outer(sizes, 1 / root)], axis=-1).reshape(-1, 2)

    @property
    def levels(self) -> list[NDArray[np.float64]]:
        """The anchors of each level."""
        return np.split(self.anchors, self.n_levels)


def export_tf_model_garden(
    anchors: ArrayLike,
    *,
    input_size: InputSize,
    model: Literal["retinanet", "ssd"] = "retinanet",
    heads: Heads = None,
    min_level: int = 3,
    X: ArrayLike | None = None,
) -> Exported:
    """Write the anchors of a configuration of the TensorFlow Model Garden.

    Parameters
    ----------
    anchors : array-like of shape (n_anchors, 2)
        (width, height) in pixels of the network input, in any order.
    input_size : int or (width, height)
        Size of the network input in pixels: `input_size` or `image_resizer` in the
        configuration, where the height comes first.
    model : {"retinanet", "ssd"}, default="retinanet"
        "retinanet" writes YAML for an experiment of the vision models; "ssd" writes the
        `anchor_generator` of an Object Detection API pipeline, for an SSD with a feature pyramid.
    heads : int or sequence of int, default=None
        Number of levels of the feature pyramid, or how many anchors each level takes, which must be
        the same for all. By default five levels, as in the published models, if the anchors can be
        split into five, or else three anchors per level.
    min_level : int, default=3
        The finest level, whose stride is 2**min_level pixels.
    X : array-like of shape (n_boxes, 2), default=None
        (width, height) of boxes in the same pixels. If passed, sizes and ratios are fitted to them
        instead of to the anchors.

    Returns
    -------
    text : str
        YAML, or a protocol buffer in text format. Comments list the resulting anchors and their
        average IoU.

    Raises
    ------
    ValueError
        If an anchor is not a pair of finite numbers > 0, or if the anchors cannot be split evenly
        into the levels.

    Warns
    -----
    UserWarning
        If two anchors come out equal, if an anchor is larger than the input, or if none is larger
        than a pixel.

    See Also
    --------
    export_detectron2 : Sizes and ratios that differ from level to level.

    Notes
    -----
    A level has one anchor per combination of its sizes and aspect ratios (width / height here),
    and the next level has the same ones twice as large. This format cannot represent arbitrary
    anchors, so size, ratios and the number of sizes per level are chosen to maximise the average
    IoU.

    Examples
    --------
    >>> from sklearn_iou_kmeans.export import export_tf_model_garden
    >>> anchors = [[32, 16], [16, 32], [64, 32], [32, 64]]
    >>> print(export_tf_model_garden(anchors, input_size=640, heads=2))
    # sizes are in strides, ratios are width / height, at a network input of 640 x 640 pixels
    # built: (16, 32), (32, 16)
    # built: (32, 64), (64, 32)
    # average IoU with the 4 original anchors: 1.0000 before, 0.99... as built
    task:
      model:
        anchor:
          anchor_size: 2.828
          aspect_ratios: [0.5, 2.0]
          num_scales: 1
        max_level: 4
        min_level: 3
    <BLANKLINE>
    """
    from sklearn.utils import check_scalar

    if model not in TEXTS:
        raise ValueError(f"model must be 'retinanet' or 'ssd', got {model!r}.")
    check_scalar(min_level, "min_level", Integral, min_val=0)
    pyramid, notes, average_iou, lost = _fit(anchors, input_size, heads, min_level, X)
    text = TEXTS[model].format(
        **pyramid._asdict(), max_level=pyramid.min_level + pyramid.n_levels - 1
    )
    return Exported(comments(notes) + text, average_iou, lost)


def split_for_tf_model_garden(n_anchors: int, heads: Heads = None, model: str = "") -> list[int]:
    """Return how many anchors each level takes, which the model does not affect."""
    return split_into_levels(n_anchors, heads)


def _fit(
    anchors: ArrayLike,
    input_size: InputSize,
    heads: Heads,
    min_level: int,
    X: ArrayLike | None,
) -> tuple[Pyramid, list[str], AverageIoU, Lost | None]:
    """Fit a pyramid to the anchors, or to boxes."""
    checked, boxes = check_anchors(anchors, input_size), check_boxes(X)
    counts = split_for_tf_model_garden(len(checked), heads)
    ways = _ways(checked, len(counts), min_level)
    pyramid = best_shapes(ways, checked if boxes is None else sample(boxes), lambda sides: sides)
    unit = unit_note("sizes are in strides, ratios are width / height,", input_size)
    notes, average_iou = report(checked, boxes, pyramid.levels)
    lost = warn_if_lost(pyramid.anchors, pyramid.anchors, "rounding to four digits")
    return pyramid, [unit, *notes], average_iou, lost


def _ways(anchors: NDArray[np.float64], n_levels: int, min_level: int) -> Iterable[Way[Pyramid]]:
    """Yield every combination of numbers of sizes and ratios that makes this many anchors."""
    for n_scales, n_ratios in factors(len(anchors) // n_levels):
        middle = min_level + (n_levels - 1 / n_scales) / 2
        size = float(np.log(anchors).mean()) - middle * log(2)
        ratios = group_means(anchors[:, 0] / anchors[:, 1], n_ratios)

        def write(logs: NDArray[np.float64], n_scales: int = n_scales) -> Pyramid:
            size, *ratios = four_digits(logs)
            return Pyramid(min_level, n_levels, n_scales, size, sorted(ratios))

        yield [size, *ratios], write


TF_MODEL_GARDEN = Exporter(
    name="tf_model_garden",
    summary="RetinaNet YAML with sizes and ratios; --model ssd for the Object Detection API: "
    "approximate, with the average IoU before and after",
    export=export_tf_model_garden,
    check=split_for_tf_model_garden,
    models=tuple(TEXTS),
)
