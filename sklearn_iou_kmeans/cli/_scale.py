"""The unit and the network's input that sizes are brought to."""

import re
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ..preprocessing import Unit, convert_units, letterbox, stretch
from ._options import NetworkOptions

Resize = Literal["letterbox", "stretch", "none"]
Size = tuple[float, float]
FloatArray = NDArray[np.float64]

RESIZED = {"letterbox": "letterboxed", "stretch": "stretched", "none": "images not resized"}


@dataclass(frozen=True)
class Scale:
    """Where sizes are, and how they are shown.

    Sizes are clustered and compared in pixels at the network's input, whatever the unit, so the
    anchors do not depend on it. Without a network's input they are in pixels of the original
    images, or with the unit "relative" in shares of them.
    """

    unit: Unit = "pixel"
    input_size: Size | None = None
    resize: Resize = "none"
    stride: float | None = None

    @property
    def needs_image_sizes(self) -> bool:
        """Whether sizes can be brought here only from images of known size."""
        return self.resize != "none" or (self.input_size is None and self.unit == "relative")

    def bring(self, sizes: FloatArray, image_sizes: FloatArray) -> FloatArray:
        """Bring sizes in pixels of the original images here."""
        if not self.needs_image_sizes:
            return sizes
        resized = letterbox if self.resize == "letterbox" else stretch
        return np.asarray(resized(sizes, image_sizes, self.input_size or (1, 1)))

    def express(self, sizes: FloatArray) -> FloatArray:
        """Express sizes in the unit."""
        return self._convert(sizes, "pixel", self.unit)

    def read(self, sizes: FloatArray) -> FloatArray:
        """Take sizes that are expressed in the unit."""
        return self._convert(sizes, self.unit, "pixel")

    def _convert(self, sizes: FloatArray, source: Unit, target: Unit) -> FloatArray:
        if self.input_size is None:
            return sizes
        converted = convert_units(
            sizes, source, target, image_size=self.input_size, stride=self.stride
        )
        return np.asarray(converted)

    def __str__(self) -> str:
        if self.input_size is None:
            return f"{self._units} of {self.input_name}"
        at = "of" if self.unit == "relative" else "at"
        return f"{self._units} {at} a network input of {self.input_name}, {RESIZED[self.resize]}"

    @property
    def _units(self) -> str:
        if self.unit == "grid":
            return f"grid cells of {self.stride:g} pixels"
        return {"pixel": "pixels", "relative": "shares"}[self.unit]

    @property
    def input_name(self) -> str:
        """The size of the network's input, or what sizes are of without one."""
        if self.input_size is not None:
            return size_name(self.input_size)
        return "the original images" if self.unit == "pixel" else "each original image"

    @property
    def decimals(self) -> int:
        """How many decimals anchors need in the unit."""
        return {"pixel": 1, "relative": 4, "grid": 3}[self.unit]


def make_scale(options: NetworkOptions) -> Scale:
    """Take the options, and check that they go together."""
    resize = options.resize or ("none" if options.input_size is None else "letterbox")
    for option, value, values in (
        ("--resize", resize, get_args(Resize)),
        ("--unit", options.unit, get_args(Unit)),
    ):
        if value not in values:
            raise ValueError(f"{option} is {value!r}: choose from {', '.join(values)}.")
    if options.input_size is None and resize != "none":
        raise ValueError(
            f"--resize {resize} needs the size that images are brought to: add --input-size, say "
            "416 or 640x384."
        )
    if options.input_size is None and options.unit == "grid":
        raise ValueError("--unit grid is about a network's input: add --input-size, say 416.")
    if (options.unit == "grid") != (options.stride is not None):
        raise ValueError(
            "--unit grid needs the side of a cell in pixels: add --stride, say 32."
            if options.stride is None
            else "--stride is the side of a grid cell: it goes with --unit grid."
        )
    if options.stride is not None and not 0 < options.stride < np.inf:
        raise ValueError(f"--stride is {options.stride:g}: it must be > 0, say 32.")
    size = None if options.input_size is None else parse_size(options.input_size, "--input-size")
    return Scale(options.unit, size, resize, options.stride)  # type: ignore[arg-type]


def parse_size(text: str, option: str) -> Size:
    """Take a size that is written as one number for a square, or as width x height."""
    match = re.fullmatch(r"(\d+)(?:[xX](\d+))?", text.strip())
    sides = [int(side) for side in match.groups() if side] if match else []
    if not sides or 0 in sides:
        raise ValueError(f"{option} is {text!r}: write 416, or 640x384 for width x height, > 0.")
    return sides[0], sides[-1]


def size_name(size: Any) -> str:
    """Write a size for people."""
    width, height = size
    return f"{width:g} x {height:g}"
