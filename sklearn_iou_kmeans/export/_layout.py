"""What the exporters share.

An exporter is one public function ``export_<target>(anchors, *, input_size, ..., X=None)``. It
knows one target, and nothing else: it has `lay_out` check the anchors, sort them by area, deal them
out to the heads and round them, and writes the `Layout` down in the order and the syntax of its
target. Its part of the contract:

- It returns a text that ends with a line break, and writes no file. The text is `Exported`: it
  knows how good the anchors in it are.
- Heads are counted from the one of the smallest anchors, which sees the finest grid, whatever the
  order in which the target writes them.
- The `notes` of the layout go into the text: as comments where the target has them.
"""

import warnings
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from operator import index
from typing import NamedTuple, Self, SupportsIndex

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_array

from .._validation import check_shapes
from ..metrics import average_iou_score
from ..preprocessing import check_size

FloatArray = NDArray[np.float64]
Heads = int | Sequence[int] | None
InputSize = float | tuple[float, float]


class AverageIoU(NamedTuple):
    """The average IoU of boxes with the anchors given, and with those that the framework reads."""

    n_boxes: int
    before: float
    after: float


class Exported(str):
    """A text for a framework."""

    average_iou: AverageIoU | None
    """None if the anchors were not compared."""

    def __new__(cls, text: str, average_iou: AverageIoU | None = None) -> Self:
        exported = super().__new__(cls, text)
        exported.average_iou = average_iou
        return exported


class Layout(NamedTuple):
    """Anchors as they will be written."""

    pairs: list[tuple[float, float]]
    """(width, height) of each anchor as it is written; int where it is a whole number of pixels."""
    counts: list[int]
    """How many of them each head takes, from the head of the smallest anchors."""
    notes: list[str]
    """What whoever reads the text has to know."""
    average_iou: AverageIoU | None
    """With `X`, if there is one."""

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
    heads: Heads,
    X: ArrayLike | None,
    decimals: int | None = 0,
    cell: int = 1,
) -> Layout:
    """Check, sort and round anchors, and deal them out to heads.

    Parameters
    ----------
    anchors : array-like of shape (n_anchors, 2)
        In pixels at the network's input.
    input_size : int or (width, height)
        The size of that input.
    heads : int, sequence of int or None
        The number of heads, or how many anchors each takes; None for what `deal_out` chooses.
    X : array-like of shape (n_boxes, 2) or None
        Sizes of boxes to report the average IoU with.
    decimals : int or None
        What to round to, in the unit that is written; None for not at all.
    cell : int
        How many pixels the unit has that is written.

    Returns
    -------
    layout : Layout
        What is to be written.
    """
    checked, boxes = check_anchors(anchors, input_size), check_boxes(X)
    counts = deal_out(len(checked), heads)
    written = checked / cell if decimals is None else np.round(checked / cell, decimals)
    built = written * cell
    warn_if_rounded_away(checked, built, "rounding")
    rows = (written.astype(int) if decimals == 0 else written).tolist()
    unit = "pixels" if cell == 1 else f"grid cells of {cell} pixels"
    notes = [unit_note(f"anchors are (width, height) in {unit}", input_size), *split_notes(counts)]
    score = None if boxes is None else compare(boxes, checked, built)
    if score is not None:
        notes.append(
            f"average IoU with {score.n_boxes} boxes: {score.before:.4f} before rounding, "
            f"{score.after:.4f} as written"
        )
    return Layout([(w, h) for w, h in rows], counts, notes, score)


def check_anchors(anchors: ArrayLike, input_size: InputSize) -> FloatArray:
    """Return the anchors, the smallest area first; warn of those that are larger than the input."""
    checked: FloatArray = check_array(
        anchors, dtype=np.float64, ensure_all_finite=False, input_name="anchors"
    )
    if checked.shape[1] != 2:
        raise ValueError(
            f"anchors has {checked.shape[1]} columns: an anchor is (width, height), in pixels at "
            "the network's input."
        )
    valid = (np.isfinite(checked) & (checked > 0)).all(axis=1)
    if not valid.all():
        row = np.flatnonzero(~valid)[0]
        raise ValueError(
            f"anchors[{row}] is {checked[row].tolist()}: the sides of an anchor are finite and > 0."
        )
    size = check_size(input_size, "input_size")
    large = (checked > size).any(axis=1)
    if large.any():
        warnings.warn(
            f"Larger than the network's input of {size[0]:g} x {size[1]:g} pixels: anchors "
            f"{as_text(checked[large])}. Were sizes clustered in pixels of the original images? "
            "letterbox or stretch brings them to the input.",
            UserWarning,
            stacklevel=4,
        )
    return checked[np.lexsort((checked[:, 0], checked.prod(axis=1)))]


def check_boxes(X: ArrayLike | None) -> NDArray[np.floating] | None:
    """Return the sizes of boxes, (n_boxes, 2)."""
    if X is None:
        return None
    boxes = check_shapes(X, "X")
    if boxes.shape[1] != 2:
        raise ValueError(
            f"X has {boxes.shape[1]} columns: sizes of boxes are (width, height), in the unit of "
            "the anchors. box_sizes takes them from boxes."
        )
    return boxes


def deal_out(n_anchors: int, heads: Heads) -> list[int]:
    """Return how many anchors each head takes, from the head of the smallest.

    By default one head for three anchors, up to five heads, and three heads for other numbers.
    """
    if heads is None:
        heads = n_anchors // 3 if n_anchors in (3, 6, 9, 12, 15) else 3
    try:
        counts = [index(heads)] if isinstance(heads, SupportsIndex) else [*map(index, heads)]
    except TypeError:
        counts = []
    if not counts or min(counts) < 1:
        raise ValueError(
            f"heads must be a number of heads or the number of anchors of each, got {heads!r}."
        )
    if isinstance(heads, SupportsIndex):
        return _deal_out_evenly(n_anchors, counts[0])
    if sum(counts) != n_anchors:
        raise ValueError(
            f"heads={heads!r} deals out {sum(counts)} anchors, and there are {n_anchors}."
        )
    return counts


def _deal_out_evenly(n_anchors: int, n_heads: int) -> list[int]:
    if n_heads > n_anchors:
        raise ValueError(
            f"{n_heads} heads are more than the {n_anchors} anchors: pass a smaller number."
        )
    each, rest = divmod(n_anchors, n_heads)
    if rest:
        uneven = (each + 1,) * rest + (each,) * (n_heads - rest)
        raise ValueError(
            f"{n_anchors} anchors do not go evenly into {n_heads} heads: cluster into "
            f"{each * n_heads} or {(each + 1) * n_heads}, pass another number as heads, or say how "
            f"many anchors each takes, from the head of the smallest on: heads={uneven}."
        )
    return [each] * n_heads


def strides_of(n_heads: int, strides: Sequence[int] | None) -> list[int]:
    """Strides of the heads, the finest first: those given, or 8, 16, 32 and so on."""
    if strides is None:
        finest = max(8, 32 >> (n_heads - 1))
        return [finest << i for i in range(n_heads)]
    if len(strides) != n_heads or not all(a < b for a, b in pairwise([0, *strides])):
        raise ValueError(
            f"strides must be those of the {n_heads} heads, the smallest first, got {strides!r}."
        )
    return list(strides)


def warn_if_rounded_away(exact: FloatArray, built: FloatArray, what: str) -> None:
    """Warn of anchors that `what` made equal to one another or left without area."""
    merged = defaultdict(list)
    for i, sides in enumerate(built.tolist()):
        merged[tuple(sides)].append(i)
    losses = [
        f"{as_text(exact[same])} became {as_text(built[same[:1]])}"
        for sides, same in merged.items()
        if len(same) > 1 or 0 in sides
    ]
    if losses:
        warnings.warn(
            f"Anchors lost by {what}: {'; '.join(losses)}. Use fewer anchors, or more `decimals` "
            "where the exporter has them. If all are this small, are they in pixels at the "
            "network's input? convert_units brings them there.",
            UserWarning,
            stacklevel=4,
        )


def unit_note(sentence: str, input_size: InputSize) -> str:
    """Add the size of the network's input to a sentence about the unit."""
    width, height = check_size(input_size, "input_size")
    return f"{sentence} at a network input of {width:g} x {height:g} pixels"


def split_notes(counts: list[int]) -> list[str]:
    """Name an uneven split."""
    if len(set(counts)) == 1:
        return []
    return [
        f"uneven split: {', '.join(map(str, counts))} anchors, from the head of the smallest on"
    ]


def compare(X: NDArray[np.floating], before: FloatArray, after: FloatArray) -> AverageIoU:
    """Return the average IoU with the anchors given and with those that are built."""
    return AverageIoU(len(X), average_iou_score(X, before), average_iou_score(X, after))


def comments(notes: list[str], sign: str = "#") -> str:
    """Write notes as lines of comment."""
    return "".join(f"{sign} {note}\n" for note in notes)


def as_text(anchors: FloatArray) -> str:
    """List anchors for a message."""
    return ", ".join(f"({width:g}, {height:g})" for width, height in anchors)
