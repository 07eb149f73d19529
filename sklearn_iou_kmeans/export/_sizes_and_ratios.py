"""Find the sizes and aspect ratios that give a detector the best anchors."""

from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._exporter import AverageIoU, Heads, InputSize, Lost, split_into_equal_heads
from ._layout import (
    as_text,
    check_anchors,
    check_boxes,
    compare,
    unit_note,
    warn_if_lost,
)

# Sizes and ratios are fitted to a sample of at most this many boxes, and reported on all boxes.
MAX_BOXES = 2000

N_LEVELS = 5  # feature maps of a feature pyramid

# Steps and random shifts of the logarithm of a size or ratio.
FIRST_STEP, LAST_STEP = 0.4, 0.004
SPREAD, N_STARTS = 0.4, 12

Build = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""Compute the anchors that a framework builds from exact (width, height), e.g. by rounding."""


class Shapes(Protocol):
    """Sizes and ratios as they are written."""

    @property
    def anchors(self) -> NDArray[np.float64]:
        """(width, height) of each anchor, of shape (n_anchors, 2)."""


S = TypeVar("S", bound=Shapes)
Way = tuple[list[float], Callable[[NDArray[np.float64]], S]]
"""Initial logarithms, and a function that converts logarithms to sizes and ratios."""


class Grid(NamedTuple):
    """The anchors of a head: all combinations of sizes and aspect ratios."""

    sizes: list[float]
    """Square roots of areas."""
    ratios: list[float]
    """height / width."""

    @property
    def anchors(self) -> NDArray[np.float64]:
        """(width, height) of each anchor, of shape (n_sizes * n_ratios, 2)."""
        root = np.sqrt(self.ratios)[:, None]
        return np.stack([self.sizes / root, self.sizes * root], axis=-1).reshape(-1, 2)


class Fit(NamedTuple):
    """Sizes and ratios of heads that have a grid each."""

    grids: list[Grid]
    """One per head, starting with the head for the smallest anchors."""
    notes: list[str]
    """Comments."""
    average_iou: AverageIoU
    """On the boxes, or on the anchors passed if there are no boxes."""
    lost: Lost | None
    """None if the framework's rounding keeps all anchors."""


def fit_grids(
    anchors: ArrayLike, input_size: InputSize, heads: Heads, X: ArrayLike | None, build: Build
) -> Fit:
    """Fit a grid to the anchors of each head, or to the boxes that these anchors fit best."""
    checked, boxes = check_anchors(anchors, input_size), check_boxes(X)
    counts = split_into_levels(len(checked), heads)
    given = np.split(checked, np.cumsum(counts)[:-1])
    targets = given if boxes is None else _boxes_of_heads(sample(boxes), given)
    grids = [
        best_shapes(_ways(head), target if len(target) else head, build)
        for head, target in zip(given, targets, strict=True)
    ]
    built = [build(grid.anchors) for grid in grids]
    lost = warn_if_lost(
        np.vstack([grid.anchors for grid in grids]), np.vstack(built), "rounding in the framework"
    )
    unit = unit_note("sizes are in pixels, ratios are height / width,", input_size)
    notes, average_iou = report(checked, boxes, built)
    return Fit(grids, [unit, *pyramid_notes(counts, heads), *notes], average_iou, lost)


def split_into_levels(n_anchors: int, heads: Heads = None) -> list[int]:
    """Return how many anchors each feature map takes; the default is five maps where possible."""
    if heads is None and n_anchors % N_LEVELS == 0:
        heads = N_LEVELS
    return split_into_equal_heads(n_anchors, heads)


def pyramid_notes(counts: list[int], heads: Heads) -> list[str]:
    """Point out a number of feature maps that nobody asked for and a feature pyramid lacks."""
    if heads is not None or len(counts) == N_LEVELS:
        return []
    return [
        f"{len(counts)} feature maps: if the model has five, as in a feature pyramid, use a "
        "multiple of five anchors"
    ]


def report(
    anchors: NDArray[np.float64],
    boxes: NDArray[np.floating] | None,
    built: list[NDArray[np.float64]],
) -> tuple[list[str], AverageIoU]:
    """List the resulting anchors of each head, and compare them with the anchors passed."""
    scored, whom = (
        (anchors, f"the {len(anchors)} original anchors")
        if boxes is None
        else (boxes, f"{len(boxes)} boxes")
    )
    score = compare(scored, anchors, np.vstack(built))
    return [
        *(f"built: {as_text(np.round(head, 1))}" for head in built),
        f"average IoU with {whom}: {score.before:.4f} before, {score.after:.4f} as built",
    ], score


def sample(boxes: NDArray[np.floating]) -> NDArray[np.float64]:
    """Take at most `MAX_BOXES` boxes, evenly spaced in the order of their areas."""
    every = -(-len(boxes) // MAX_BOXES)
    order = np.argsort(boxes.prod(axis=1), kind="stable")
    return boxes[order[::every]].astype(np.float64)


def _boxes_of_heads(
    boxes: NDArray[np.float64], heads: list[NDArray[np.float64]]
) -> list[NDArray[np.float64]]:
    """Assign each box to the head with the best anchor for it."""
    from .._kernels import pairwise

    best = np.stack([pairwise(boxes, head).max(axis=1) for head in heads]).argmax(axis=0)
    return [boxes[best == i] for i in range(len(heads))]


def _ways(anchors: NDArray[np.float64]) -> Iterable[Way[Grid]]:
    """Yield every combination of numbers of sizes and ratios that makes this many anchors."""
    for n_sizes, n_ratios in factors(len(anchors)):
        sizes = group_means(np.sqrt(anchors.prod(axis=1)), n_sizes)
        ratios = group_means(anchors[:, 1] / anchors[:, 0], n_ratios)

        def write(logs: NDArray[np.float64], n_sizes: int = n_sizes) -> Grid:
            return Grid(sorted(four_digits(logs[:n_sizes])), sorted(four_digits(logs[n_sizes:])))

        yield sizes + ratios, write


def factors(n: int) -> list[tuple[int, int]]:
    """Return all pairs of integers whose product is `n`."""
    return [(i, n // i) for i in range(1, n + 1) if n % i == 0]


def group_means(values: NDArray[np.float64], n_groups: int) -> list[float]:
    """Average the logarithms of values in each of several groups of about equal size."""
    return [float(group.mean()) for group in np.array_split(np.log(np.sort(values)), n_groups)]


def four_digits(logs: NDArray[np.float64]) -> list[float]:
    """Round the exponentials to the four digits that are written."""
    return [float(f"{value:.4g}") for value in np.exp(logs)]


def best_shapes(ways: Iterable[Way[S]], targets: NDArray[np.float64], build: Build) -> S:
    """Search from several starting points in each way; return the best sizes and ratios."""
    random_state = np.random.RandomState(0)
    tops = []
    for start, write in ways:
        shifts = random_state.normal(scale=SPREAD, size=(N_STARTS, len(start)))
        shifts[0] = 0
        tops += [_climb(start + shift, write, targets, build) for shift in shifts]
    return max(tops, key=lambda top: top[1])[0]


def _climb(
    logs: NDArray[np.float64],
    write: Callable[[NDArray[np.float64]], S],
    targets: NDArray[np.float64],
    build: Build,
) -> tuple[S, float]:
    """Improve the average IoU of the targets with the resulting anchors; return both.

    Coordinate ascent: multiply or divide one size or ratio at a time by a factor as long as the
    score improves, then move the factor closer to 1. The score is that of the rounded anchors.
    """
    from .._kernels import pairwise

    def score(logs: NDArray[np.float64]) -> float:
        return float(pairwise(targets, build(write(logs).anchors)).max(axis=1).mean())

    best, step = score(logs), FIRST_STEP
    while step > LAST_STEP:
        before = best
        for shift in step * np.vstack([np.eye(len(logs)), -np.eye(len(logs))]):
            if (candidate := score(logs + shift)) > best:
                logs, best = logs + shift, candidate
        if best == before:
            step /= 2
    return write(logs), best
