"""The search for the sizes and aspect ratios from which a detector builds the best anchors."""

from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._iou import pairwise
from ._layout import (
    AverageIoU,
    FloatArray,
    Heads,
    InputSize,
    as_text,
    check_anchors,
    check_boxes,
    compare,
    deal_out,
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


class Shapes(Protocol):
    """Sizes and ratios as they are written."""

    @property
    def anchors(self) -> FloatArray:
        """(width, height) of each anchor, of shape (n_anchors, 2)."""


S = TypeVar("S", bound=Shapes)
Way = tuple[list[float], Callable[[FloatArray], S]]
"""Logarithms to start from, and what turns logarithms into sizes and ratios."""


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
    """What is written of heads that each have a grid of their own."""

    grids: list[Grid]
    """One a head, from that of the smallest anchors."""
    notes: list[str]
    """Comments."""
    average_iou: AverageIoU
    """With the boxes, or else with the anchors given."""


def fit_grids(
    anchors: ArrayLike, input_size: InputSize, heads: Heads, X: ArrayLike | None, build: Build
) -> Fit:
    """Fit a grid to each head, for its own anchors or for the boxes that they are the best for."""
    checked, boxes = check_anchors(anchors, input_size), check_boxes(X)
    counts = deal_out_to_levels(len(checked), heads)
    given = np.split(checked, np.cumsum(counts)[:-1])
    targets = given if boxes is None else _boxes_of_heads(sample(boxes), given)
    grids = [
        best_shapes(_ways(head), target if len(target) else head, build)
        for head, target in zip(given, targets, strict=True)
    ]
    built = [build(grid.anchors) for grid in grids]
    warn_if_rounded_away(
        np.vstack([grid.anchors for grid in grids]), np.vstack(built), "rounding in the framework"
    )
    unit = unit_note("sizes are in pixels, ratios are height / width,", input_size)
    notes, average_iou = report(checked, boxes, built)
    return Fit(grids, [unit, *split_notes(counts), *notes], average_iou)


def deal_out_to_levels(n_anchors: int, heads: Heads) -> list[int]:
    """Return how many anchors each feature map takes, by default of those of a feature pyramid."""
    return deal_out(n_anchors, N_LEVELS if heads is None and n_anchors % N_LEVELS == 0 else heads)


def report(
    anchors: FloatArray, boxes: NDArray[np.floating] | None, built: list[FloatArray]
) -> tuple[list[str], AverageIoU]:
    """Say which anchors come out on each head, and how good they are."""
    scored, whom = (
        (anchors, f"the {len(anchors)} anchors given")
        if boxes is None
        else (boxes, f"{len(boxes)} boxes")
    )
    score = compare(scored, anchors, np.vstack(built))
    return [
        *(f"built: {as_text(np.round(head, 1))}" for head in built),
        f"average IoU with {whom}: {score.before:.4f} before, {score.after:.4f} as built",
    ], score


def sample(boxes: NDArray[np.floating]) -> FloatArray:
    """Every so many of the boxes, in the order of their areas."""
    every = -(-len(boxes) // MAX_BOXES)
    order = np.argsort(boxes.prod(axis=1), kind="stable")
    return boxes[order[::every]].astype(np.float64)


def _boxes_of_heads(boxes: FloatArray, heads: list[FloatArray]) -> list[FloatArray]:
    """Give each box to the head that has the best anchor for it."""
    best = np.stack([pairwise(boxes, head).max(axis=1) for head in heads]).argmax(axis=0)
    return [boxes[best == i] for i in range(len(heads))]


def _ways(anchors: FloatArray) -> Iterable[Way[Grid]]:
    """Yield every way to make as many anchors as these of sizes and ratios."""
    for n_sizes, n_ratios in factors(len(anchors)):
        sizes = group_means(np.sqrt(anchors.prod(axis=1)), n_sizes)
        ratios = group_means(anchors[:, 1] / anchors[:, 0], n_ratios)

        def write(logs: FloatArray, n_sizes: int = n_sizes) -> Grid:
            return Grid(sorted(four_digits(logs[:n_sizes])), sorted(four_digits(logs[n_sizes:])))

        yield sizes + ratios, write


def factors(n: int) -> list[tuple[int, int]]:
    """Return the pairs of numbers whose product is `n`."""
    return [(i, n // i) for i in range(1, n + 1) if n % i == 0]


def group_means(values: FloatArray, n_groups: int) -> list[float]:
    """Mean logarithms of groups of about equal size, of sorted values."""
    return [float(group.mean()) for group in np.array_split(np.log(np.sort(values)), n_groups)]


def four_digits(logs: FloatArray) -> list[float]:
    """Turn logarithms into the numbers that are written."""
    return [float(f"{value:.4g}") for value in np.exp(logs)]


def best_shapes(ways: Iterable[Way[S]], targets: FloatArray, build: Build) -> S:
    """Return the sizes and ratios that fit the targets best, of all ways from several starts."""
    random_state = np.random.RandomState(0)
    tops = []
    for start, write in ways:
        shifts = random_state.normal(scale=SPREAD, size=(N_STARTS, len(start)))
        shifts[0] = 0
        tops += [_climb(start + shift, write, targets, build) for shift in shifts]
    return max(tops, key=lambda top: top[1])[0]


def _climb(
    logs: FloatArray, write: Callable[[FloatArray], S], targets: FloatArray, build: Build
) -> tuple[S, float]:
    """Improve the average IoU of the targets with the anchors that are built; return both.

    One size or ratio at a time is multiplied or divided by a factor for as long as that helps; then
    the factor comes closer to 1. What is compared is what is written, after rounding.
    """

    def score(logs: FloatArray) -> float:
        return float(pairwise(targets, build(write(logs).anchors)).max(axis=1).mean())

    best, step = score(logs), FIRST_STEP
    while step > LAST_STEP:
        before = best
        for move in step * np.vstack([np.eye(len(logs)), -np.eye(len(logs))]):
            if (candidate := score(logs + move)) > best:
                logs, best = logs + move, candidate
        if best == before:
            step /= 2
    return write(logs), best
