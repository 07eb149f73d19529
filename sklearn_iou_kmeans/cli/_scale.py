"""The unit and the network input to which sizes are converted."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from ._options import NetworkOptions

if TYPE_CHECKING:
    from .._kernels import FloatArray
    from ..preprocessing import Unit

UNITS = ("pixel", "relative", "grid")
Resize = Literal["letterbox", "stretch", "none"]
WidthHeight = tuple[float, float]

RESIZED = {"letterbox": "letterboxed", "stretch": "stretched", "none": "images not resized"}


@dataclass(frozen=True)
class Scale:
    """The scale at which sizes are clustered, and the unit in which they are printed.

    Whatever the unit, sizes are clustered and compared in pixels of the network input, so the
    anchors do not depend on it. Without a network input they are in pixels of the original images,
    or with the unit "relative" in shares of the image.
    """

    unit: "Unit" = "pixel"
    input_size: WidthHeight | None = None
    resize: Resize = "none"
    stride: float | None = None

    @property
    def needs_image_sizes(self) -> bool:
        """Whether rescaling sizes requires the size of every image."""
        return self.resize != "none" or (self.input_size is None and self.unit == "relative")

    def rescale(self, sizes: "FloatArray", image_sizes: "FloatArray") -> "FloatArray":
        """Rescale sizes in pixels of the original images to this scale."""
        if not self.needs_image_sizes:
            return sizes
        from ..preprocessing import letterbox, stretch

        resized = letterbox if self.resize == "letterbox" else stretch
        return np.asarray(resized(sizes, image_sizes, self.input_size or (1, 1)))

    def express(self, sizes: "FloatArray") -> "FloatArray":
        """Convert sizes to the unit."""
        return self._convert(sizes, "pixel", self.unit)

    def read(self, sizes: "FloatArray") -> "FloatArray":
        """Convert sizes from the unit."""
        return self._convert(sizes, self.unit, "pixel")

    def _convert(self, sizes: "FloatArray", source: "Unit", target: "Unit") -> "FloatArray":
        if self.input_size is None:
            return sizes
        from ..preprocessing import convert_units

        converted = convert_units(
            sizes, source, target, image_size=self.input_size, stride=self.stride
        )
        return np.asarray(converted)

    def __str__(self) -> str:
        if self.input_size is None:
            return f"{self.units} of {self.input_name}"
        at = "of" if self.unit == "relative" else "at"
        return f"{self.units} {at} a network input of {self.input_name}, {RESIZED[self.resize]}"

    @property
    def units(self) -> str:
        """Name the unit."""
        if self.unit == "grid":
            return f"grid cells of {self.stride:g} pixels"
        return {"pixel": "pixels", "relative": "shares"}[self.unit]

    @property
    def input_name(self) -> str:
        """The size of the network input or, without one, what the sizes are relative to."""
        if self.input_size is not None:
            return size_name(self.input_size)
        return "the original images" if self.unit == "pixel" else "each original image"

    @property
    def decimals(self) -> int:
        """Number of decimals to print."""
        return {"pixel": 1, "relative": 4, "grid": 3}[self.unit]


def make_scale(options: NetworkOptions) -> Scale:
    """Validate the options and their combination."""
    usual = "none" if options.input_size is None else "letterbox"
    resize = usual if options.resize is None else options.resize
    for option, value, values in (
        ("--resize", resize, get_args(Resize)),
        ("--unit", options.unit, UNITS),
    ):
        if value not in values:
            raise ValueError(f"{option} is {value!r}: choose from {', '.join(values)}.")
    if options.input_size is None and resize != "none":
        raise ValueError(
            f"--resize {resize} requires the size of the network input: add --input-size, for "
            "example 416 or 640x384."
        )
    if options.input_size is None and options.unit == "grid":
        raise ValueError("--unit grid requires --input-size, for example 416.")
    if (options.unit == "grid") != (options.stride is not None):
        raise ValueError(
            "--unit grid requires the size of a cell in pixels: add --stride, for example 32."
            if options.stride is None
            else "--stride is the size of a grid cell, so it requires --unit grid."
        )
    size = None if options.input_size is None else parse_size(options.input_size, "--input-size")
    if options.stride is not None and size is not None and options.stride > min(size):
        raise ValueError(
            f"--stride is {options.stride:g}: a grid cell is no larger than the network input of "
            f"{size_name(size)}; for example 32."
        )
    return Scale(options.unit, size, resize, options.stride)  # type: ignore[arg-type]


def parse_size(text: str, option: str) -> WidthHeight:
    """Read a size: one number for a square, or WIDTHxHEIGHT."""
    match = re.fullmatch("([0-9]{1,6})(?:[xX]([0-9]{1,6}))?", text.strip())
    sides = [int(side) for side in match.groups() if side] if match else []
    if not sides or 0 in sides:
        raise ValueError(f"{option} is {text!r}: write 416, or 640x384 for width x height, > 0.")
    return sides[0], sides[-1]


def size_name(size: Any) -> str:
    """Format a size for text output."""
    width, height = size
    return f"{width:g} x {height:g}"
