"""Anchors as a framework takes them."""

import inspect
import re
import warnings
from typing import Any, NamedTuple

import numpy as np

from ..export import EXPORTERS, export_anchors
from ._options import ExportOptions
from ._scale import FloatArray, Scale


class Exporter(NamedTuple):
    """A target with its options."""

    target: str
    options: dict[str, Any]

    def write(self, anchors: FloatArray, sizes: FloatArray) -> dict[str, Any]:
        """Write anchors in pixels at the network's input, and say how good they are as written."""
        text = export_anchors(anchors, self.target, X=sizes, **self.options)
        return {
            "target": self.target,
            "average_iou": text.average_iou and text.average_iou.after,
            "text": str(text),
        }


def make_exporter(options: ExportOptions, scale: Scale, k: int) -> Exporter | None:
    """Take the options, and raise before the work is done if they do not go together."""
    given: dict[str, Any] = {
        "heads": options.heads,
        "model": options.model,
        "classes": options.classes,
    }
    given = {name: value for name, value in given.items() if value is not None}
    if options.export is None:
        for name in (*given, *(["output"] if options.output else [])):
            raise ValueError(f"--{name} is about an export: add --export, say --export darknet.")
        return None
    if scale.input_size is None:
        raise ValueError(
            f"--export {options.export} is for a network's input, and the sizes are in pixels of "
            "the original images: add --input-size, say 416 or 640x384."
        )
    takes = inspect.signature(EXPORTERS.get(options.export, export_anchors)).parameters
    names = {"model": "version" if "version" in takes else "model", "classes": "n_classes"}
    for name in given:
        if options.export in EXPORTERS and names.get(name, name) not in takes:
            raise ValueError(f"--export {options.export} has no use for --{name}.")
    renamed = {names.get(name, name): value for name, value in given.items()}
    if options.heads is not None:
        renamed["heads"] = parse_heads(options.heads)
    exporter = Exporter(options.export, {"input_size": scale.input_size, **renamed})
    try_out(exporter, k)
    return exporter


def parse_heads(text: str) -> int | tuple[int, ...]:
    """Take a number of heads, or the numbers of anchors of each."""
    counts = text.split(",")
    if not all(count.strip().isdecimal() for count in counts):
        raise ValueError(
            f"--heads is {text!r}: write a number of heads, say 3, or how many anchors each takes, "
            "from that of the smallest on, say 4,3,2."
        )
    heads = tuple(map(int, counts))
    return heads if len(heads) > 1 else heads[0]


def try_out(exporter: Exporter, k: int) -> None:
    """Export as many anchors as there will be, for the errors."""
    anchors = np.arange(1.0, k + 1)[:, None] * [1, 1]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            export_anchors(anchors, exporter.target, **exporter.options)
    except ValueError as error:
        raise ValueError(
            re.sub(r"^format\b", "--export", re.sub(r"^(version|model)\b", "--model", str(error)))
        ) from None
