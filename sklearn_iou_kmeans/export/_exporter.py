"""The record of an exporter, and the text that it returns.

An exporter is one public function ``export_<name>(anchors, *, input_size, ..., X=None)`` in its own
file, which ends with its `Exporter` record. `EXPORTERS` lists the records; all other code finds the
exporters there. The contract:

- The function returns an `Exported` text that ends with a line break, and writes no file.
- It calls `lay_out` to check, sort, split and round the anchors, and only converts the `Layout` to
  the order and syntax of its target.
- Heads are counted from the one with the smallest anchors, regardless of their order in the text.
- The text contains the `notes` of the layout, as comments if the target supports comments.

Listing and checking exporters only needs this module, so scikit-learn is not imported until anchors
are written.
"""

from collections.abc import Callable, Iterable, Sequence
from inspect import signature
from operator import index
from typing import Any, NamedTuple, Self

Heads = int | Sequence[int] | None
InputSize = float | tuple[float, float]

MAX_DECIMALS = 15
"""Of the sides that are written."""


class AverageIoU(NamedTuple):
    """Average IoU of boxes with the anchors passed, and with the anchors that the target reads."""

    n_boxes: int
    before: float
    after: float


class Lost(NamedTuple):
    """Anchors that rounding made equal to others or gave a side of 0."""

    anchors: str
    """Each of them, and what became of it."""
    decimals: int | None = None
    """How many decimals would keep all anchors; None if no number of them would."""


class Exported(str):
    """A text for a framework."""

    average_iou: AverageIoU | None
    """None if the anchors were not compared."""
    lost: Lost | None
    """None if rounding kept all anchors."""

    def __new__(
        cls, text: str, average_iou: AverageIoU | None = None, lost: Lost | None = None
    ) -> Self:
        exported = super().__new__(cls, text)
        exported.average_iou = average_iou
        exported.lost = lost
        return exported


class Exporter(NamedTuple):
    """The record of an export target."""

    name: str
    summary: str
    """One line for a list of targets."""
    export: Callable[..., Exported]
    check: Callable[..., list[int]]
    """``check(n_anchors)`` returns how many anchors each head takes, or raises `HeadsError`.

    It takes the options that determine this: `heads` and `model`.
    """
    models: tuple[str, ...] = ()
    """The values of the option `model`."""

    @property
    def options(self) -> list[str]:
        """Names of the options that are specific to the target."""
        everywhere = ("anchors", "input_size", "X")
        return [name for name in signature(self.export).parameters if name not in everywhere]


class HeadsError(ValueError):
    """A target cannot split that many anchors into these heads.

    The `reason` does not name the parameter, so that the command can name its option instead.
    """

    def __init__(self, heads: Heads, reason: str) -> None:
        super().__init__(heads, reason)
        self.heads = heads
        self.reason = reason

    def __str__(self) -> str:
        return f"heads={self.heads!r}: {self.reason}"


def split_into_heads(n_anchors: int, heads: Heads = None, *, may_differ: bool = True) -> list[int]:
    """Return how many anchors each head takes, starting with the head for the smallest.

    The default is three anchors per head for up to five heads, and three heads for other numbers.
    Whether heads `may_differ` in their number of anchors depends on the target.
    """
    wanted = heads
    if wanted is None:
        wanted = n_anchors // 3 if n_anchors in (3, 6, 9, 12, 15) else 3
    counts = whole_numbers(wanted if isinstance(wanted, Iterable) else [wanted])
    if not counts or min(counts) < 1:
        raise HeadsError(
            heads, "pass the number of heads, or how many anchors each head takes; all >= 1."
        )
    if not isinstance(wanted, Iterable):
        return _divide(n_anchors, counts[0], heads, may_differ)
    if sum(counts) != n_anchors:
        raise HeadsError(
            heads,
            f"these heads take {sum(counts)} anchors, but the number of anchors is {n_anchors}.",
        )
    if not may_differ and len(set(counts)) > 1:
        raise HeadsError(
            heads,
            "the models take the same number of anchors on every head: pass the number of heads.",
        )
    return counts


def whole_numbers(values: Any) -> list[int]:
    """Return integers of any type as a list, which is empty if these are something else."""
    try:
        return [*map(index, values)]
    except TypeError:
        return []


def split_into_equal_heads(n_anchors: int, heads: Heads = None) -> list[int]:
    """Return how many anchors each head takes, for models that take as many on every head."""
    return split_into_heads(n_anchors, heads, may_differ=False)


def _divide(n_anchors: int, n_heads: int, heads: Heads, may_differ: bool) -> list[int]:
    if n_heads > n_anchors:
        raise HeadsError(
            heads, f"{n_anchors} anchors are too few for {n_heads} heads: use fewer heads."
        )
    each, rest = divmod(n_anchors, n_heads)
    if rest:
        sizes = ",".join(map(str, (each + 1,) * rest + (each,) * (n_heads - rest)))
        uneven = (
            f", or heads of different sizes, say {sizes}, starting with the one for the smallest "
            "anchors"
        )
        raise HeadsError(
            heads,
            f"{n_anchors} anchors cannot be split evenly into {n_heads} heads: use "
            f"{each * n_heads} or {(each + 1) * n_heads} anchors, or another number of heads"
            f"{uneven if may_differ else ''}.",
        )
    return [each] * n_heads


def one_head(n_anchors: int) -> list[int]:
    """Return the split of a target that has no heads."""
    return [n_anchors]
