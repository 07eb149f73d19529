"""Load the sets of anchors to compare, and rescale them."""

import os
import re
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from .._kernels import FloatArray
from ..datasets import load_published_anchors
from ..datasets._published_anchors import PUBLISHED
from ..export import load_json
from ..export._load_json import content_of
from ._labels import is_known
from ._scale import Scale

PAIRS = "write pairs of width and height, as in `10,13, 16,30, 33,23`"
NUMBER = re.compile(r"\d+\.?\d*|\.\d+")
COMMENT = re.compile(r"[#%].*")


@dataclass(frozen=True)
class AnchorSet:
    """Anchors in pixels of their own scale, if it is known."""

    name: str
    anchors: FloatArray
    scale: Scale | None = None


class RescaledAnchors(NamedTuple):
    """Anchors in pixels of the comparison."""

    anchors: FloatArray
    note: str
    """How they were rescaled."""
    factors: tuple[float, float] | None
    """Factors of widths and heights; None if the anchors were not rescaled."""


class CommonScale(NamedTuple):
    """The scale of a comparison."""

    scale: Scale
    taken_from: str
    """Name of the set that determined the input size; empty if the options did."""


def load_anchor_set(name: str) -> AnchorSet:
    """Load anchors from a published name, a JSON file, a text file or a text."""
    if name in PUBLISHED:
        published = load_published_anchors(name)
        scale = Scale(published.unit, published.input_size, "letterbox", published.strides[0])
        return AnchorSet(name, scale.read(published.anchors), scale)
    if os.path.isfile(name):  # False for a text too long to be a name
        try:
            text = content_of(name).decode("utf-8-sig", errors="replace")
            if text.lstrip()[:1] in ("{", "["):
                return _of_json(name)
        except ValueError as error:
            raise ValueError(f"--anchors {error}") from None
    elif re.fullmatch(r"[\d.,;\s]+", name):
        text = name
    else:
        raise ValueError(
            f"--anchors {name}: there is no such file, and no published anchors have that name. "
            f"Published are {', '.join(PUBLISHED)}."
        )
    try:
        return _of_text(name, text)
    except ValueError as error:
        raise ValueError(f"--anchors {name}: {error}") from None


def _of_json(name: str) -> AnchorSet:
    """Read the JSON of `fit --json` or `--export json`."""
    own = load_json(name)
    resize = "none" if own.input_size is None else "letterbox"
    scale = Scale(own.unit, own.input_size, resize, own.stride)  # type: ignore[arg-type]
    return AnchorSet(name, scale.read(own.anchors), scale)


def _of_text(name: str, text: str) -> AnchorSet:
    """Read pairs of numbers separated by commas or blanks."""
    words = [word for word in re.split(r"[\s,;]+", COMMENT.sub("", text)) if word]
    wrong = [word for word in words if not NUMBER.fullmatch(word)]
    if wrong:
        raise ValueError(f"{wrong[0][:40]!r} is not a number > 0; {PAIRS}.")
    if len(words) % 2 or not words:
        raise ValueError(f"{len(words)} numbers do not make pairs; {PAIRS}.")
    return AnchorSet(name, _checked([words[i : i + 2] for i in range(0, len(words), 2)]))


def _checked(sides: Any) -> FloatArray:
    anchors = np.array(sides, dtype=np.float64)
    if anchors.ndim != 2 or not (np.isfinite(anchors) & (anchors > 0)).all():
        raise ValueError("the sides of an anchor must be finite and > 0.")
    return anchors


def common_scale(scale: Scale, sets: list[AnchorSet]) -> CommonScale:
    """Choose the scale of the comparison: that of the options or of the first set with one."""
    if scale.input_size is None and scale.unit == "pixel":
        for own in sets:
            if own.scale is not None and own.scale.input_size is not None:
                return CommonScale(Scale("pixel", own.scale.input_size, "letterbox"), own.name)
    return CommonScale(scale, "")


def rescale(
    own: AnchorSet, scale: Scale, image_sizes: FloatArray, as_written: bool
) -> RescaledAnchors:
    """Rescale anchors for a comparison.

    Anchors for another input size are rescaled like boxes: by the ratio of the factors with which
    images are resized to the two input sizes, the median over the boxes.
    """
    here = scale.input_name
    if own.scale is None:
        return RescaledAnchors(own.anchors, f"input size unknown: used as pixels of {here}", None)
    there = own.scale.input_name
    if there == here:
        return RescaledAnchors(own.anchors, f"made for {there}: used as they are", None)
    of_input = own.scale.input_size is not None
    if of_input and as_written:
        return RescaledAnchors(
            own.anchors, f"made for {there}, not rescaled: used as pixels of {here}", None
        )
    if of_input and scale.input_size is not None and scale.resize == "none":
        note = f"made for {there}, not rescaled, as images are not: used as pixels of {here}"
        return RescaledAnchors(own.anchors, note, None)
    ratios = _ratios(own, scale, image_sizes)
    width, height = np.median(ratios, axis=0).tolist()
    factors = (
        f"x {width:.4g}" if width == height else f"widths x {width:.4g}, heights x {height:.4g}"
    )
    median = "" if np.allclose(ratios, ratios[0], rtol=1e-6) else ", the median over the boxes"
    note = f"made for {there}, rescaled to {here}: {factors}{median}"
    return RescaledAnchors(own.anchors * [width, height], note, (width, height))


def _ratios(own: AnchorSet, scale: Scale, image_sizes: FloatArray) -> FloatArray:
    """Compute by which factor each box is larger at `scale` than at the scale of the anchors."""
    there = own.scale or scale
    if there.input_size is not None:
        there = replace(there, resize="letterbox" if scale.resize == "none" else scale.resize)
    if there.needs_image_sizes and not is_known(image_sizes).all():
        raise ValueError(
            f"--anchors {own.name} are {there}: comparing them needs the size of every image, "
            "which the labels do not contain. Add --images DIR if you have the images, or "
            "--image-size WxH if they all have the same size."
        )
    ones = np.ones_like(image_sizes)
    return scale.rescale(ones, image_sizes) / there.rescale(ones, image_sizes)
