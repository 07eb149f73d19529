"""Anchors for detectors that build them from sizes and aspect ratios."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._iou import pairwise
from ._layout import (
    FloatArray,
    Heads,
    InputSize,
    as_text,
    check_anchors,
    check_boxes,
    comments,
    deal_out,
    iou_note,
    split_notes,
    unit_note,
    warn_if_rounded_away,
)

# Of more boxes a sample decides about sizes and ratios; the average IoU is that of all boxes.
MAX_BOXES = 2000

N_LEVELS = 5  # feature maps of a feature pyramid

# Of the logarithm of a size or a ratio.
FIRST_STEP, LAST_STEP = 0.4, 0.004
SPREAD, N_STARTS = 0.4, 12

Build = Callable[[FloatArray], FloatArray]
"""How a framework makes (width, height) out of the exact product of sizes and ratios."""


class Grid(NamedTuple):
    """The anchors of a head: every size with every aspect ratio."""

    sizes: list[float]
    """Square roots of areas."""
    ratios: list[float]
    """height / width."""

    @property
    def anchors(self) -> FloatArray:
        """(width, height) of each, of shape (n_sizes * n_ratios, 2)."""
        root = np.sqrt(self.ratios)[:, None]
        return np.stack([self.sizes / root, self.sizes * root], axis=-1).reshape(-1, 2)


class Fit(NamedTuple):
    """What the two exporters write."""

    grids: list[Grid]
    """One a head, from that of the smallest anchors."""
    notes: list[str]
    """Comments."""


def export_torchvision(
    anchors: ArrayLike,
    *,
    input_size: InputSize,
    heads: Heads = None,
    X: ArrayLike | None = None,
) -> str:
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
    fit = _fit(anchors, input_size, heads, X, lambda sides: 2 * np.round(sides / 2))
    sizes = tuple(tuple(grid.sizes) for grid in fit.grids)
    ratios = tuple(tuple(grid.ratios) for grid in fit.grids)
    return (
        f"{comments(fit.notes)}AnchorGenerator(\n"
        f"    sizes={sizes},\n    aspect_ratios={ratios},\n)\n"
    )


def export_detectron2(
    anchors: ArrayLike,
    *,
    input_size: InputSize,
    heads: Heads = None,
    X: ArrayLike | None = None,
) -> str:
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
    fit = _fit(anchors, input_size, heads, X, lambda sides: sides)
    return (
        f"{comments(fit.notes)}MODEL:\n  ANCHOR_GENERATOR:\n"
        f"    SIZES: {[grid.sizes for grid in fit.grids]}\n"
        f"    ASPECT_RATIOS: {[grid.ratios for grid in fit.grids]}\n"
    )


def _fit(
    anchors: ArrayLike, input_size: InputSize, heads: Heads, X: ArrayLike | None, build: Build
) -> Fit:
    """Fit a grid to each head, for its own anchors or for the boxes that they are the best for."""
    checked, boxes = check_anchors(anchors, input_size), check_boxes(X)
    if heads is None and len(checked) % N_LEVELS == 0:
        heads = N_LEVELS
    counts = deal_out(len(checked), heads)
    given = np.split(checked, np.cumsum(counts)[:-1])
    targets = given if boxes is None else _boxes_of_heads(_sample(boxes), given)
    grids = [
        _fit_head(head, target if len(target) else head, build)
        for head, target in zip(given, targets, strict=True)
    ]
    exact = np.vstack([grid.anchors for grid in grids])
    warn_if_rounded_away(exact, build(exact), "rounding in the framework")
    scored, whom = (
        (checked, f"the {len(checked)} anchors given")
        if boxes is None
        else (boxes, f"{len(boxes)} boxes")
    )
    notes = [
        unit_note("sizes are in pixels, ratios are height / width,", input_size),
        *split_notes(counts),
        *(f"built: {as_text(np.round(build(grid.anchors), 1))}" for grid in grids),
        iou_note(scored, checked, build(exact), whom, "before, {} as built"),
    ]
    return Fit(grids, notes)


def _sample(boxes: NDArray[np.floating]) -> FloatArray:
    """Every so many of the boxes, in the order of their areas."""
    every = -(-len(boxes) // MAX_BOXES)
    order = np.argsort(boxes.prod(axis=1), kind="stable")
    return boxes[order[::every]].astype(np.float64)


def _boxes_of_heads(boxes: FloatArray, heads: list[FloatArray]) -> list[FloatArray]:
    """Give each box to the head that has the best anchor for it."""
    best = np.stack([pairwise(boxes, head).max(axis=1) for head in heads]).argmax(axis=0)
    return [boxes[best == i] for i in range(len(heads))]


def _fit_head(anchors: FloatArray, targets: FloatArray, build: Build) -> Grid:
    """Choose the grid of as many anchors as these that fits the targets best.

    Every way to make that many of sizes and ratios is tried, from several starts.
    """
    n_anchors = len(anchors)
    random_state = np.random.RandomState(0)
    tops = []
    for n_sizes in (n for n in range(1, n_anchors + 1) if n_anchors % n == 0):
        sizes = _group_means(np.sqrt(anchors.prod(axis=1)), n_sizes)
        ratios = _group_means(anchors[:, 1] / anchors[:, 0], n_anchors // n_sizes)
        shifts = random_state.normal(scale=SPREAD, size=(N_STARTS, n_sizes + len(ratios)))
        shifts[0] = 0
        tops += [_climb(sizes + ratios + shift, n_sizes, targets, build) for shift in shifts]
    return max(tops, key=lambda top: top[1])[0]


def _climb(logs: FloatArray, n_sizes: int, targets: FloatArray, build: Build) -> tuple[Grid, float]:
    """Improve the average IoU of the targets with the anchors built from a grid; return both.

    One size or ratio at a time is multiplied or divided by a factor for as long as that helps; then
    the factor comes closer to 1. What is compared is what is written, after rounding.
    """

    def score(logs: FloatArray) -> float:
        return float(pairwise(targets, build(_grid(logs, n_sizes).anchors)).max(axis=1).mean())

    best, step = score(logs), FIRST_STEP
    while step > LAST_STEP:
        before = best
        for move in step * np.vstack([np.eye(len(logs)), -np.eye(len(logs))]):
            if (candidate := score(logs + move)) > best:
                logs, best = logs + move, candidate
        if best == before:
            step /= 2
    return _grid(logs, n_sizes), best


def _grid(logs: FloatArray, n_sizes: int) -> Grid:
    """Turn logarithms into the sizes and ratios that are written, of four digits."""
    values = [float(f"{value:.4g}") for value in np.exp(logs)]
    return Grid(sorted(values[:n_sizes]), sorted(values[n_sizes:]))


def _group_means(values: FloatArray, n_groups: int) -> list[float]:
    """Mean logarithms of groups of about equal size, of sorted values."""
    return [float(group.mean()) for group in np.array_split(np.log(np.sort(values)), n_groups)]
