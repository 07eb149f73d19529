"""The labels and images that a reader extracts from a file, as columns."""

from array import array
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypedDict

import numpy as np

from ._box_format import FloatArray
from ._files import PathLike
from ._shapes import ENCLOSING, OWN_SIDES, Box, Sides, polygon_box, turned

NO_BOX = (np.nan, np.nan, np.nan, np.nan)
UNKNOWN_SIZE = (np.nan, np.nan)

UNKNOWN_IMAGE = "unknown image"
UNKNOWN_CATEGORY = "unknown category"


class Common(TypedDict, total=False):
    """The options of all readers, as described in `load_annotations`."""

    categories: str | Iterable[str] | None
    image_size: Sequence[float] | None
    images: PathLike | None
    clip: bool
    min_size: float
    max_unpacked: float


class Labels:
    """The labels and the images of a file, as columns.

    Attributes
    ----------
    corners : array of float, of length 4 * n_labels
        The corners (x1, y1, x2, y2) of one label after another, as written: x2 - x1 is the width.
    category : list of str or None, of length n_labels
        None for a label without a category: an ignored region, or an undefined category.
    image : array of int, of length n_labels
        The row of the image.
    reason : list of str, of length n_labels
        The reason why a label is skipped, or "" for a box to be used.
    note : dict of int to str
        How the box was derived from another shape, for example a polygon, by the row of the label.
    rotated : dict of int to tuple of 8 float
        The corners of oriented boxes whose own sides are wanted, by the row of the label.
    image_names : list of str, of length n_images
        Repeated names refer to the same image.
    image_size : array of float, of length 2 * n_images
        Width and height. Some files write 0 for an unknown size.
    places : dict of int to list of Path
        Possible paths of an image, with or without suffix, by the row of the image.
    unlisted : set of str
        Names of images that labels refer to, but that are not in the file.
    relative : bool
        Whether the coordinates are relative to the image by definition of the format.
    splits, splits_read : list of str
        The splits of the data set, and those that were read.
    not_followed : list of Path
        Links to folders that were not followed.
    files : list of Path
        The files that were read, including lists of classes or images.
    image_files : list of Path
        The images whose headers were read.
    """

    def __init__(self, *, relative: bool = False) -> None:
        self.corners = array("d")
        self.category: list[str | None] = []
        self.image = array("q")
        self.reason: list[str] = []
        self.note: dict[int, str] = {}
        self.rotated: dict[int, tuple[float, ...]] = {}
        self.image_names: list[str] = []
        self.image_size = array("d")
        self.places: dict[int, list[Path]] = {}
        self.unlisted: set[str] = set()
        self.relative = relative
        self.splits: list[str] = []
        self.splits_read: list[str] = []
        self.not_followed: list[Path] = []
        self.files: list[Path] = []
        self.image_files: list[Path] = []

    def add_image(
        self, name: str, size: Iterable[float] = UNKNOWN_SIZE, places: Sequence[Path] = ()
    ) -> int:
        """Add an image; return its row."""
        self.image_names.append(name)
        self.image_size.extend(size)
        if places:
            self.places[len(self.image_names) - 1] = list(places)
        return len(self.image_names) - 1

    def add_unlisted_image(self, name: str) -> int:
        """Add an image that is not in the file; return its row."""
        self.unlisted.add(name)
        return self.add_image(name)

    def add_oriented(
        self,
        image: int,
        category: str | None,
        quad: Sequence[float],
        sides: Sides,
        reason: str = "",
    ) -> None:
        """Add a label with an oriented box, given by its corners x1, y1, ..., x4, y4."""
        if sides == "rotated":
            self.rotated[len(self.reason)] = tuple(quad)
        note = OWN_SIDES if sides == "rotated" else ENCLOSING
        self.add(image, category, polygon_box(quad) or NO_BOX, reason, note)

    def add_turned(
        self,
        image: int,
        category: str | None,
        corners: Box,
        degrees: float,
        pivot: tuple[float, float],
        sides: Sides,
        reason: str = "",
    ) -> None:
        """Add a label with a box that is rotated clockwise around a point."""
        if degrees:
            self.add_oriented(image, category, turned(corners, degrees, pivot), sides, reason)
        else:
            self.add(image, category, corners, reason)

    def add(
        self,
        image: int,
        category: str | None,
        corners: Iterable[float],
        reason: str = "",
        note: str = "",
    ) -> None:
        """Add a label."""
        if note:
            self.note[len(self.reason)] = note
        self.image.append(image)
        self.category.append(category)
        self.corners.extend(corners)
        self.reason.append(reason)

    def extend(
        self,
        images: Sequence[int],
        categories: Sequence[str | None],
        corners: FloatArray,
        reasons: Sequence[str],
    ) -> None:
        """Add many labels, the corners as an array of shape (n_labels, 4)."""
        self.image.extend(images)
        self.category += categories
        self.corners.frombytes(corners.tobytes())
        self.reason += reasons


def joined_labels(parts: Sequence[tuple[PathLike, Labels]]) -> Labels:
    """Concatenate the labels of several files, whose images are distinct."""
    joined = Labels()
    for path, labels in parts:
        n_images, n_labels = len(joined.image_names), len(joined.reason)
        joined.image_names += [f"{path}: {name}" for name in labels.image_names]
        joined.unlisted |= {f"{path}: {name}" for name in labels.unlisted}
        joined.image_size += labels.image_size
        joined.image.extend(n_images + row for row in labels.image)
        joined.corners += labels.corners
        joined.category += labels.category
        joined.reason += labels.reason
        joined.note |= {n_labels + row: note for row, note in labels.note.items()}
        joined.rotated |= {n_labels + row: quad for row, quad in labels.rotated.items()}
        joined.splits = list(dict.fromkeys(joined.splits + labels.splits))
        joined.splits_read = list(dict.fromkeys(joined.splits_read + labels.splits_read))
        joined.not_followed += labels.not_followed
        joined.image_files += labels.image_files
    return joined
