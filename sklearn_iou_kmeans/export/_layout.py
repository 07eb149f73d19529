"""Anchors as they will be written: checked, sorted, split into heads and rounded."""

import warnings
from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._exporter import MAX_DECIMALS, AverageIoU, InputSize, Lost, whole_numbers


class Layout(NamedTuple):
    """Anchors as they will be written."""

    pairs: list[tuple[float, float]]
    """(width, height) of each anchor as written; int if rounded to whole pixels."""
    counts: list[int]
    """How many of them each head takes, starting with the head for the smallest anchors."""
    notes: list[str]
    """Comments for the reader of the text."""
    average_iou: AverageIoU | None
    """None if there are no boxes to compare on."""
    lost: Lost | None
    """None if rounding kept all anchors."""

    @property
    def masks(self) -> list[list[int]]:
        """The anchors of each head, as indices."""
        ends = np.cumsum([0, *self.counts]).tolist()
        return [list(range(start, end)) for start, end in pairwise(ends)]

    @property
    def heads(self) -> list[list[tuple[float, float]]]:
        """The anchors of each head, as they are written."""
        return [[self.pairs[i] for i in mask] for mask in self.masks]


def lay_out(
    anchors: ArrayLike,
    input_size: InputSize,
    *,
    split: Callable[[int], list[int]],
    X: ArrayLike | None,
    decimals: int | None = 0,
    cell: int = 1,
) -> Layout:
    """Check, sort and round anchors, and split them into heads.

    Parameters
    ----------
    anchors : array-like of shape (n_anchors, 2)
        (width, height) in pixels of the network input.
    input_size : int or (width, height)
        Size of the network input in pixels.
    split : callable
        Returns how many anchors each head takes, from their number.
    X : array-like of shape (n_boxes, 2) or None
        (width, height) of boxes in the same pixels, to report the average IoU on.
    decimals : int or None
        Number of decimals to round to, in the unit that is written; None to not round.
    cell : int
        Size of the written unit in pixels.

    Returns
    -------
    layout : Layout
        The anchors as they will be written.
    """
    checked, boxes = check_anchors(anchors, input_size), check_boxes(X)
    counts = split(len(checked))
    whole = whole_numbers([decimals])
    if decimals is not None and not (whole and 0 <= whole[0] <= MAX_DECIMALS):
        raise ValueError(
            f"decimals must be a whole number from 0 to {MAX_DECIMALS}, got {decimals!r}."
        )
    written = checked / cell if decimals is None else np.round(checked / cell, decimals)
    built = written * cell
    lost = warn_if_lost(checked, built, "rounding")
    if lost:
        lost = lost._replace(decimals=enough_decimals(checked / cell))
    number = int if decimals == 0 else float
    pairs = [(number(width), number(height)) for width, height in written.tolist()]
    unit = "pixels" if cell == 1 else f"grid cells of {cell} pixels"
    notes = [unit_note(f"anchors are (width, height) in {unit}", input_size), *split_notes(counts)]
    score = None if boxes is None else compare(boxes, checked, built)
    if score is not None:
        notes.append(
            f"average IoU with {score.n_boxes} boxes: {score.before:.4f} before rounding, "
            f"{score.after:.4f} as written"
        )
    return Layout(pairs, counts, notes, score, lost)


def check_anchors(anchors: ArrayLike, input_size: InputSize) -> NDArray[np.float64]:
    """Return the anchors sorted by area; warn if they do not look like pixels of the input."""
    from sklearn.utils import check_array

    from ..preprocessing import check_size

    checked: NDArray[np.float64] = check_array(
        anchors, dtype=np.float64, ensure_all_finite=False, input_name="anchors"
    )
    if checked.shape[1] != 2:
        raise ValueError(
            f"anchors has {checked.shape[1]} columns: pass (width, height), in pixels of the "
            "network input."
        )
    valid = (np.isfinite(checked) & (checked > 0)).all(axis=1)
    if not valid.all():
        row = np.flatnonzero(~valid)[0]
        raise ValueError(
            f"anchors[{row}] is {checked[row].tolist()}: the sides of an anchor must be finite and "
            "> 0."
        )
    size = check_size(input_size, "input_size")
    large = (checked > size).any(axis=1)
    if large.any():
        warnings.warn(
            f"Larger than the network input of {size[0]:g} x {size[1]:g} pixels: anchors "
            f"{as_text(checked[large])}. Were the boxes clustered in pixels of the original "
            "images? Rescale them to the network input first.",
            UserWarning,
            stacklevel=4,
        )
    if (checked <= 1).all():
        warnings.warn(
            f"No anchor is larger than a pixel: {as_text(checked)}. Are they relative to the "
            "image? Convert them to pixels of the network input first: "
            "convert_units(anchors, 'relative', 'pixel', image_size=input_size).",
            UserWarning,
            stacklevel=4,
        )
    return checked[np.lexsort((checked[:, 0], checked.prod(axis=1)))]


def check_boxes(X: ArrayLike | None) -> NDArray[np.floating] | None:
    """Validate the sizes of boxes, of shape (n_boxes, 2)."""
    from .._validation import check_shapes

    if X is None:
        return None
    boxes = check_shapes(X, "X")
    if boxes.shape[1] != 2:
        raise ValueError(
            f"X has {boxes.shape[1]} columns: pass the (width, height) of boxes, in the unit of "
            "the anchors. box_sizes computes them from boxes."
        )
    return boxes


def strides_of(n_heads: int, strides: Sequence[int] | None) -> list[int]:
    """Return the strides of the heads, the smallest first; 8, 16, 32 and so on by default."""
    if strides is None:
        finest = max(8, 32 >> (n_heads - 1))
        return [finest << i for i in range(n_heads)]
    checked = whole_numbers(strides)
    if len(checked) != n_heads or not all(a < b for a, b in pairwise([0, *checked])):
        raise ValueError(
            f"strides must be those of the {n_heads} heads, whole numbers, the smallest first, got "
            f"{strides!r}."
        )
    return checked


def enough_decimals(anchors: NDArray[np.float64]) -> int | None:
    """Return the smallest number of decimals that keeps anchors apart and their sides above 0."""
    for decimals in range(MAX_DECIMALS + 1):
        if not lost_groups(np.round(anchors, decimals)):
            return decimals
    return None


def lost_groups(anchors: NDArray[np.float64]) -> list[list[int]]:
    """Return the rows of anchors that are equal, and of those with a side of 0."""
    equal = defaultdict(list)
    for i, sides in enumerate(anchors.tolist()):
        equal[tuple(sides)].append(i)
    return [rows for sides, rows in equal.items() if len(rows) > 1 or 0 in sides]


def warn_if_lost(exact: NDArray[np.float64], built: NDArray[np.float64], what: str) -> Lost | None:
    """Warn about anchors that `what` made equal to others or gave a side of 0, and return them."""
    lost = "; ".join(
        f"{as_text(exact[rows])} became {as_text(built[rows[:1]])}" for rows in lost_groups(built)
    )
    if not lost:
        return None
    warnings.warn(
        f"Anchors lost by {what}: {lost}. Use fewer anchors, or more decimals if the format takes "
        "them.",
        UserWarning,
        stacklevel=4,
    )
    return Lost(lost)


def unit_note(sentence: str, input_size: InputSize) -> str:
    """Add the size of the network input to a sentence about the unit."""
    from ..preprocessing import check_size

    width, height = check_size(input_size, "input_size")
    return f"{sentence} at a network input of {width:g} x {height:g} pixels"


def split_notes(counts: list[int]) -> list[str]:
    """Point out an uneven split."""
    if len(set(counts)) == 1:
        return []
    return [f"uneven split: {', '.join(map(str, counts))} anchors per head, smallest anchors first"]


def compare(
    X: NDArray[np.floating], before: NDArray[np.float64], after: NDArray[np.float64]
) -> AverageIoU:
    """Compute the average IoU with the anchors passed and with those that the target reads."""
    from ..metrics import average_iou_score

    return AverageIoU(len(X), average_iou_score(X, before), average_iou_score(X, after))


def comments(notes: list[str], sign: str = "#") -> str:
    """Write notes as lines of comment."""
    return "".join(f"{sign} {note}\n" for note in notes)


def as_text(anchors: NDArray[np.float64]) -> str:
    """List anchors for a message."""
    return ", ".join(f"({width:g}, {height:g})" for width, height in anchors)
