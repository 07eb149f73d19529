"""The exception of all readers."""

import re

from .._text import shortened

OPTIONS = {
    "format": "format=",
    "image_size": "image_size=(width, height)",
    "images": "images=folder",
    "names": "names=",
    "split": "split=",
    "inclusive": "inclusive=",
    "sides": "sides=",
    "columns": "columns=[...]",
    "size_columns": "columns=['width', 'height']",
    "positions": "columns=[2, 3, 4, 5]",
    "box_format": "box_format=",
    "category_column": "category_column=",
    "image_column": "image_column=",
    "delimiter": "delimiter=",
    "max_unpacked": "max_unpacked=1000",
}
"""How options are written in Python, in error messages."""

LONGEST = 1500


class AnnotationError(ValueError):
    """Exception for annotations that cannot be read.

    The message is a single line of limited length without control characters, for any content of
    the file.

    Parameters
    ----------
    problem : str
        What is wrong, and where; it may quote the file.
    advice : str, default=""
        What to do. ``{image_size}`` stands for the option `image_size`, and so on for the others,
        so that the command can write ``--image-size WxH`` instead.
    """

    __module__ = "sklearn_iou_kmeans.datasets"

    def __init__(self, problem: str, advice: str = "") -> None:
        self.problem = shortened(escaped(problem), LONGEST)
        self.advice = advice
        super().__init__(self.spelled(OPTIONS))

    def spelled(self, options: dict[str, str]) -> str:
        """Return the message, with options written as in `options`."""
        return f"{self.problem} {self.advice.format_map(options)}".rstrip()

    def __reduce__(self) -> tuple[type["AnnotationError"], tuple[str, str]]:
        return type(self), (self.problem, self.advice)


def escaped(text: str) -> str:
    r"""Escape control characters, so that a name cannot control a terminal: \x1b."""
    return re.sub(
        r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]",
        lambda match: match[0].encode("unicode_escape", "surrogatepass").decode(),
        text,
    )
