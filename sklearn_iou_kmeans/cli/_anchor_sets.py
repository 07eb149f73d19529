"""Sets of anchors that a user names, and how they are brought to the scale of a comparison."""

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple, get_args

import numpy as np

from ..datasets import load_published_anchors
from ..datasets._published_anchors import PUBLISHED
from ..preprocessing import Unit, check_size
from ._labels import is_known
from ._scale import FloatArray, Scale

LAYOUT = "write pairs of width and height, as in `10,13, 16,30, 33,23`"
NUMBER = re.compile(r"\d+\.?\d*|\.\d+")
COMMENT = re.compile(r"[#%].*")


@dataclass(frozen=True)
class AnchorSet:
    """Anchors in the pixels of their own scale; without one in unknown pixels."""

    name: str
    anchors: FloatArray
    scale: Scale | None = None


class Brought(NamedTuple):
    """Anchors in the pixels of the comparison."""

    anchors: FloatArray
    note: str
    """What was done to bring them there."""
    factors: tuple[float, float] | None
    """What widths and heights were multiplied by, if they were."""


def load_anchor_set(name: str) -> AnchorSet:
    """Take a published name, a JSON file, a text file or a text."""
    if name in PUBLISHED:
        published = load_published_anchors(name)
        scale = Scale(published.unit, published.input_size, "letterbox", published.strides[0])
        return AnchorSet(name, scale.read(published.anchors), scale)
    if Path(name).is_file():
        text = Path(name).read_bytes().decode("utf-8-sig", errors="replace")
    elif re.fullmatch(r"[\d.,;\s]+", name):
        text = name
    else:
        raise ValueError(
            f"--anchors {name}: there is no such file, and no anchors are published under that "
            f"name. Known are {', '.join(PUBLISHED)}."
        )
    try:
        return _of_json(name, text) if text.lstrip()[:1] in ("{", "[") else _of_text(name, text)
    except ValueError as error:
        raise ValueError(f"--anchors {name}: {error}") from None


def _of_json(name: str, text: str) -> AnchorSet:
    """Take what `fit --json` or an export as JSON has written."""
    try:
        document: Any = json.loads(text)
        scale = _scale_of(document.get("scale", document))
        sides = [[anchor["width"], anchor["height"]] for anchor in document["anchors"]]
    except (AttributeError, KeyError, TypeError, RecursionError, ValueError):
        raise ValueError(
            "this is not JSON that `iou-kmeans fit --json` or `--export json` has written."
        ) from None
    return AnchorSet(name, scale.read(_checked(sides)), scale)


def _scale_of(where: dict[str, Any]) -> Scale:
    """Take the unit and the input size of anchors."""
    if where["unit"] not in get_args(Unit):
        raise ValueError(where["unit"])
    if where["input_size"] is None:
        return Scale(where["unit"])
    width, height = check_size(where["input_size"], "input_size").tolist()
    return Scale(where["unit"], (width, height), "letterbox", where.get("stride"))


def _of_text(name: str, text: str) -> AnchorSet:
    """Take pairs of numbers with commas or blanks between."""
    words = [word for word in re.split(r"[\s,;]+", COMMENT.sub("", text)) if word]
    wrong = [word for word in words if not NUMBER.fullmatch(word)]
    if wrong:
        raise ValueError(f"{wrong[0][:40]!r} is not a number > 0; {LAYOUT}.")
    if len(words) % 2 or not words:
        raise ValueError(f"{len(words)} numbers are no pairs; {LAYOUT}.")
    return AnchorSet(name, _checked([words[i : i + 2] for i in range(0, len(words), 2)]))


def _checked(sides: Any) -> FloatArray:
    anchors = np.array(sides, dtype=np.float64)
    if anchors.ndim != 2 or not (np.isfinite(anchors) & (anchors > 0)).all():
        raise ValueError("the sides of an anchor are finite and > 0.")
    return anchors


def common_scale(scale: Scale, sets: list[AnchorSet]) -> tuple[Scale, str]:
    """Return the scale to compare at, and the set whose input size it has if none was given."""
    if scale.input_size is None and scale.unit == "pixel":
        for own in sets:
            if own.scale is not None and own.scale.input_size is not None:
                return Scale("pixel", own.scale.input_size, "letterbox"), own.name
    return scale, ""


def bring(own: AnchorSet, scale: Scale, image_sizes: FloatArray, as_written: bool) -> Brought:
    """Bring anchors to a scale, and say what was done.

    Anchors of another input size are scaled as boxes are: by what their images are scaled with to
    the one size and to the other, the median over the boxes.
    """
    here = scale.input_name
    if own.scale is None:
        return Brought(own.anchors, f"of no known input size: taken as pixels of {here}", None)
    there = own.scale.input_name
    if there == here:
        return Brought(own.anchors, f"made for {there}: as they are", None)
    of_input = own.scale.input_size is not None
    if of_input and as_written:
        return Brought(
            own.anchors, f"made for {there}, not rescaled: taken as pixels of {here}", None
        )
    if of_input and scale.input_size is not None and scale.resize == "none":
        note = f"made for {there}, not rescaled, since images are not: taken as pixels of {here}"
        return Brought(own.anchors, note, None)
    ratios = _ratios(own, scale, image_sizes)
    width, height = np.median(ratios, axis=0).tolist()
    factors = (
        f"x {width:.4g}" if width == height else f"widths x {width:.4g}, heights x {height:.4g}"
    )
    median = "" if np.allclose(ratios, ratios[0], rtol=1e-6) else ", the median over the boxes"
    note = f"made for {there}, rescaled to {here}: {factors}{median}"
    return Brought(own.anchors * [width, height], note, (width, height))


def _ratios(own: AnchorSet, scale: Scale, image_sizes: FloatArray) -> FloatArray:
    """For each box, how much larger it is at the scale than at that of the anchors."""
    there = own.scale or scale
    if there.input_size is not None:
        there = replace(there, resize="letterbox" if scale.resize == "none" else scale.resize)
    if there.needs_image_sizes and not is_known(image_sizes).all():
        raise ValueError(
            f"--anchors {own.name} are {there}: to compare them, the size of every image is "
            "needed, and the labels do not say it. Add --image-size WxH, if all have one size."
        )
    ones = np.ones_like(image_sizes)
    return scale.bring(ones, image_sizes) / there.bring(ones, image_sizes)
