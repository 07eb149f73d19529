"""Anchors for the TensorFlow Model Garden."""

from collections.abc import Iterable
from math import log
from numbers import Integral
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import check_scalar

from ._layout import (
    AverageIoU,
    Exported,
    FloatArray,
    Heads,
    InputSize,
    check_anchors,
    check_boxes,
    comments,
    unit_note,
)
from ._sizes_and_ratios import (
    Way,
    best_shapes,
    deal_out_to_levels,
    factors,
    four_digits,
    group_means,
    report,
    sample,
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
    """The anchors of a feature pyramid: those of the first level, and twice as large on each next.

    The sizes of all levels are in equal steps, and go with every aspect ratio.
    """

    min_level: int
    n_levels: int
    n_scales: int
    """How many sizes a level has."""
    size: float
    """The smallest, as the square root of an area, in strides of its level: 2**min_level pixels."""
    ratios: list[float]
    """width / height."""

    @property
    def anchors(self) -> FloatArray:
        """(width, height) of each, level after level, of shape (n_anchors, 2)."""
        steps = np.arange(self.n_levels * self.n_scales) / self.n_scales
        sizes, root = self.size * 2 ** (self.min_level + steps), np.sqrt(self.ratios)
        return np.stack([np.outer(sizes, root), np.outer(sizes, 1 / root)], axis=-1).reshape(-1, 2)

    @property
    def levels(self) -> list[FloatArray]:
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
        (width, height) in pixels at the network's input, in any order.
    input_size : int or (width, height)
        The size of the network's input in pixels: that of `input_size` or of `image_resizer` in the
        configuration, which have the height first.
    model : {"retinanet", "ssd"}, default="retinanet"
        "retinanet" writes YAML of an experiment of the vision models; "ssd" writes the
        `anchor_generator` of a pipeline of the Object Detection API, for an SSD with a feature
        pyramid.
    heads : int or sequence of int, default=None
        The number of levels of the feature pyramid, or how many anchors each takes, which has to be
        the same number. By default five levels, as the published models have; else one for three
        anchors.
    min_level : int, default=3
        The finest level, whose stride is 2**min_level pixels.
    X : array-like of shape (n_boxes, 2), default=None
        Sizes of boxes in the same pixels. The sizes and ratios are then chosen for them, and not
        for the anchors.

    Returns
    -------
    text : str
        YAML, or text of a protocol buffer. Comments give the anchors that come out, and the average
        IoU.

    Raises
    ------
    ValueError
        If the anchors are not positive and finite pairs, or do not go evenly into the levels.

    Warns
    -----
    UserWarning
        If an anchor is larger than the input.

    See Also
    --------
    export_detectron2 : Sizes and ratios that differ from level to level.

    Notes
    -----
    A level has the anchors of every one of its sizes with every aspect ratio, which here is width /
    height, and the next level has the same ones twice as large. That can hold few sets of anchors,
    so size, ratios and the number of sizes on a level are chosen by a search for the largest
    average IoU.

    Examples
    --------
    >>> from sklearn_iou_kmeans.export import export_tf_model_garden
    >>> anchors = [[32, 16], [16, 32], [64, 32], [32, 64]]
    >>> print(export_tf_model_garden(anchors, input_size=640, heads=2))
    # sizes are in strides, ratios are width / height, at a network input of 640 x 640 pixels
    # built: (16, 32), (32, 16)
    # built: (32, 64), (64, 32)
    # average IoU with the 4 anchors given: 1.0000 before, 0.99... as built
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
    if model not in TEXTS:
        raise ValueError(f"model must be 'retinanet' or 'ssd', got {model!r}.")
    check_scalar(min_level, "min_level", Integral, min_val=0)
    pyramid, notes, average_iou = _fit(anchors, input_size, heads, min_level, X)
    text = TEXTS[model].format(
        **pyramid._asdict(), max_level=pyramid.min_level + pyramid.n_levels - 1
    )
    return Exported(comments(notes) + text, average_iou)


def _fit(
    anchors: ArrayLike,
    input_size: InputSize,
    heads: Heads,
    min_level: int,
    X: ArrayLike | None,
) -> tuple[Pyramid, list[str], AverageIoU]:
    """Fit a pyramid to the anchors, or to boxes."""
    checked, boxes = check_anchors(anchors, input_size), check_boxes(X)
    counts = deal_out_to_levels(len(checked), heads)
    if len(set(counts)) > 1:
        raise ValueError(
            f"heads={heads!r}: the levels of the pyramid have as many anchors each; pass their "
            "number."
        )
    ways = _ways(checked, len(counts), min_level)
    pyramid = best_shapes(ways, checked if boxes is None else sample(boxes), lambda sides: sides)
    unit = unit_note("sizes are in strides, ratios are width / height,", input_size)
    notes, average_iou = report(checked, boxes, pyramid.levels)
    return pyramid, [unit, *notes], average_iou


def _ways(anchors: FloatArray, n_levels: int, min_level: int) -> Iterable[Way[Pyramid]]:
    """Yield every way to make as many anchors as these of sizes and ratios."""
    for n_scales, n_ratios in factors(len(anchors) // n_levels):
        middle = min_level + (n_levels - 1 / n_scales) / 2
        size = float(np.log(anchors).mean()) - middle * log(2)
        ratios = group_means(anchors[:, 0] / anchors[:, 1], n_ratios)

        def write(logs: FloatArray, n_scales: int = n_scales) -> Pyramid:
            size, *ratios = four_digits(logs)
            return Pyramid(min_level, n_levels, n_scales, size, sorted(ratios))

        yield [size, *ratios], write
