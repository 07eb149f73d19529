"""Exports: the options are validated before the fit, the anchors after it."""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..export import EXPORTERS
from ..export._exporter import Exporter, HeadsError, Lost
from ..export._formats import why_unknown
from ._options import ExportOptions
from ._scale import Scale


class Export(NamedTuple):
    """An exporter with its options."""

    exporter: Exporter
    options: dict[str, Any]

    @property
    def takes_provenance(self) -> bool:
        """Whether the target can record the origin of the anchors."""
        return "provenance" in self.exporter.options

    def write(
        self,
        anchors: NDArray[np.float64],
        sizes: NDArray[np.float64],
        provenance: dict[str, Any],
    ) -> dict[str, Any]:
        """Write anchors in pixels of the network input; raise if rounding loses some of them.

        Returns
        -------
        export : dict
            The `export` of a `FitRecord`.
        """
        origin = {"provenance": provenance} if self.takes_provenance else {}
        text = self.exporter.export(anchors, X=sizes, **self.options, **origin)
        if text.lost:
            raise ValueError(
                f"--export {self.exporter.name}: rounding loses anchors, so nothing was written: "
                f"{text.lost.anchors}. {self._remedy(text.lost)}"
            )
        average_iou = None if text.average_iou is None else text.average_iou.after
        return {"target": self.exporter.name, "average_iou": average_iou, "text": str(text)}

    def _remedy(self, lost: Lost) -> str:
        """Suggest options with which no anchor is lost."""
        fewer = "ask for fewer anchors with -k"
        if "decimals" not in self.exporter.options:
            return f"Use a larger --input-size, or {fewer}."
        if lost.decimals is None:
            return f"Please {fewer}."
        return f"Add --decimals {lost.decimals}, or {fewer}."


def make_export(options: ExportOptions, scale: Scale, numbers: Sequence[int]) -> Export | None:
    """Validate the options of an export for all numbers of anchors that may occur."""
    name = options.export
    given: dict[str, Any] = {
        "heads": options.heads,
        "model": options.model,
        "classes": options.classes,
        "decimals": options.decimals,
    }
    given = {option: value for option, value in given.items() if value is not None}
    if name is None:
        for option in (*given, *(["output"] if options.output else [])):
            raise ValueError(f"--{option} requires --export, for example --export darknet.")
        return None
    if name not in EXPORTERS:
        raise ValueError(f"--export {name}: {why_unknown(name)}")
    if scale.input_size is None:
        raise ValueError(
            f"--export {name} requires the size of the network input: add --input-size, for "
            "example 416 or 640x384."
        )
    exporter = EXPORTERS[name]
    check_accepted(exporter, given)
    if "classes" in given:
        given["n_classes"] = given.pop("classes")
    if options.heads is not None:
        given["heads"] = parse_heads(options.heads)
    export = Export(exporter, {"input_size": scale.input_size, **given})
    check_numbers(export, options, numbers)
    return export


def check_accepted(exporter: Exporter, given: dict[str, Any]) -> None:
    """Raise if the exporter does not accept an option, or does not know the model."""
    accepted = {"classes" if name == "n_classes" else name for name in exporter.options}
    for option in given:
        if option not in accepted:
            raise ValueError(f"--export {exporter.name} does not accept --{option}.")
    model = given.get("model")
    if model is not None and model not in exporter.models:
        raise ValueError(
            f"--model is {model!r}: for --export {exporter.name} choose from "
            f"{', '.join(exporter.models)}."
        )


def parse_heads(text: str) -> int | tuple[int, ...]:
    """Read a number of heads, or the number of anchors of each head."""
    counts = text.split(",")
    if not all(re.fullmatch("[0-9]{1,6}", count.strip()) for count in counts):
        raise ValueError(
            f"--heads is {text!r}: write the number of heads, for example 3, or how many anchors "
            "each head takes, starting with the one for the smallest anchors, for example 4,3,2."
        )
    heads = tuple(map(int, counts))
    return heads if len(heads) > 1 else heads[0]


def check_numbers(export: Export, options: ExportOptions, numbers: Sequence[int]) -> None:
    """Raise if the anchors of some of these numbers cannot be split into the heads."""
    deciding = {name: export.options[name] for name in ("heads", "model") if name in export.options}
    accepted, refused = [], []
    for k in numbers:
        try:
            export.exporter.check(k, **deciding)
            accepted.append(str(k))
        except HeadsError as error:
            refused.append(error.reason)
    if not refused:
        return
    whose = f"--export {export.exporter.name}" if options.heads is None else "--heads"
    if accepted:
        raise ValueError(
            f"{whose} does not work for every --k: write --k {','.join(accepted)}, or change this: "
            f"{refused[0]}"
        )
    heads = "" if options.heads is None else f" {options.heads}"
    raise ValueError(f"{whose}{heads}: {refused[0]}")
