"""From the labels of files to boxes: sizes of images, units, filters and counts.

A reader takes a file apart into `Labels`, one row for every label. `boxes_bunch` does the rest for
all formats alike:

1. It completes the sizes of the images, as given or from the headers of the images.
2. It scales coordinates that are relative to the image to pixels.
3. It clips boxes that reach outside their image.
4. It sets aside what is not to be used, and counts it.

A label counts under the first of these that applies: it has no box; it is of another category than
those asked for; the reason that the reader gave; the size of its image is needed and not known; its
width or height is infinite; is not positive; the box lies outside the image, as a whole; a side is
below `min_size`.
"""

from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import Bunch

from ._errors import AnnotationError
from ._files import PathLike, quoted
from ._image_size import FARTHEST, ImageFolders, NamedImages, Size, checked_size, header_size
from ._shapes import ENCLOSING, OWN_SIDES, Sides, polygon_box

NO_BOX = (np.nan, np.nan, np.nan, np.nan)
UNKNOWN_SIZE = (np.nan, np.nan)

OTHER_CATEGORY = "other category"
NO_IMAGE = "no image file"
INFINITE = "infinite size"
NO_AREA = "zero or negative size"
OUTSIDE = "outside the image"

UNKNOWN_IMAGE = "unknown image"
UNKNOWN_CATEGORY = "unknown category"

CLIPPED = "clipped to the image"
REACHING_OUT = "reaching outside the image, not clipped"
NOT_FOLLOWED = "link to a folder outside, not followed"

HOW_LARGE = "Give {images}, or {image_size} if all images have the same size."

OVERHANG = 0.1
"""Pixels by which a box may reach outside its image through rounding, without being counted."""

FloatArray = NDArray[np.float64]


class Common(TypedDict, total=False):
    """The options that all readers take, as `load_annotations` describes them."""

    categories: str | Iterable[str] | None
    image_size: Sequence[float] | None
    images: PathLike | None
    clip: bool
    min_size: float


class Labels:
    """The labels and the images of a file, as columns.

    Attributes
    ----------
    corners : array of float, of length 4 * n_labels
        The corners (x1, y1, x2, y2) of one label after another, as written: x2 - x1 is the width.
    category : list of str or None, of length n_labels
        None for a label that is of no category: an ignored region, or one of an undefined category.
    image : array of int, of length n_labels
        The row of the image.
    reason : list of str, of length n_labels
        Why a label is set aside, or "" for a box to be used.
    note : dict of int to str
        By the row of a label, how its box was made of something else, say a polygon.
    rotated : dict of int to tuple of 8 float
        By the row of a label, the corners of an oriented box whose own sides are wanted.
    image_names : list of str, of length n_images
        A name that comes twice is one image.
    image_size : array of float, of length 2 * n_images
        Width and height. Some files write 0 for an unknown one.
    places : dict of int to list of Path
        By the row of an image, where its file may be, with or without a suffix.
    unlisted : set of str
        The names of images that labels point at although the file does not have them.
    relative : bool
        Whether the coordinates are relative to the image by definition of the format.
    splits, splits_read : list of str
        The parts of the data set that there are, and those that were read.
    not_followed : list of Path
        Links to folders that were not followed.
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
        """Add an image that the file does not have; return its row."""
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
        """Add a label whose box is oriented, by its corners x1, y1, ..., x4, y4."""
        if sides == "rotated":
            self.rotated[len(self.reason)] = tuple(quad)
        note = OWN_SIDES if sides == "rotated" else ENCLOSING
        self.add(image, category, polygon_box(quad) or NO_BOX, reason, note)

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


def boxes_bunch(
    parts: Sequence[tuple[PathLike, Labels]],
    *,
    categories: str | Iterable[str] | None = None,
    image_size: Sequence[float] | None = None,
    images: PathLike | None = None,
    clip: bool = True,
    min_size: float = 0,
) -> Bunch:
    """Keep the boxes to be used, and count the other labels by reason.

    Parameters
    ----------
    parts : sequence of tuple of (path-like, Labels)
        Everything that each file holds.
    categories, image_size, images, clip, min_size
        As `load_annotations` describes them.

    Returns
    -------
    boxes : :class:`~sklearn.utils.Bunch`
        As the public readers describe it.
    """
    if image_size is not None and images is not None:
        raise AnnotationError(
            "The sizes of the images come from one place:", "give {image_size} or {images}."
        )
    given = None if image_size is None else checked_size(image_size)
    named = None if images is None else NamedImages(images)
    units = {path: _place(labels, path, given, named) for path, labels in parts}
    unit = _one_unit(units)
    if min_size and unit == "relative":
        raise AnnotationError(
            f"{parts[0][0]}: the boxes are relative to their images, so a smallest size in pixels "
            "needs the sizes of the images.",
            HOW_LARGE,
        )
    path = ", ".join(str(path) for path, _ in parts)
    labels = parts[0][1] if len(parts) == 1 else _joined(parts)
    return _select(labels, path, unit, categories, clip, min_size)


def _select(
    labels: Labels,
    path: PathLike,
    unit: str,
    categories: str | Iterable[str] | None,
    clip: bool,
    min_size: float,
) -> Bunch:
    """Set aside what is not to be used, and lay the rest out as a Bunch."""
    corners = np.array(labels.corners, dtype=np.float64).reshape(-1, 4)
    rows = np.array(labels.image, dtype=np.int64)
    size = np.array(labels.image_size, dtype=np.float64).reshape(-1, 2)[rows]
    reason = np.array(labels.reason, dtype=object)
    category = np.array(labels.category, dtype=object)
    has_category = ~np.isnan(corners[:, 0]) & (category != None)  # noqa: E711 (elementwise)
    target_names = _wanted(categories, Counter(category[has_category].tolist()), path)
    codes: dict[str | None, int] = {name: code for code, name in enumerate(target_names)}
    target = np.array([codes.get(name, -1) for name in labels.category], dtype=np.int64)
    reason[has_category & (target < 0)] = OTHER_CATEGORY

    bounds = size if unit == "pixel" else np.ones_like(size)
    for defect, found in _defects(corners, bounds).items():
        reason[found & (reason == "")] = defect
    upright = bounds.copy()
    upright[list(labels.rotated)] = np.nan
    reaching = _clip(corners, upright, clip)
    if min_size:
        with np.errstate(over="ignore", invalid="ignore"):
            too_small = ((corners[:, 2:] - corners[:, :2]) < min_size).any(axis=1)
        reason[too_small & (reason == "")] = f"side below {min_size:g} pixels"

    image_codes = _image_codes(labels)
    image = np.array([image_codes[name] for name in labels.image_names], dtype=np.int64)[rows]
    kept = reason == ""
    names = list(image_codes)
    skipped, skipped_images = _count(reason[~kept].tolist(), image[~kept].tolist(), names)
    notes = Counter(labels.note[row] for row in sorted(labels.note) if kept[row])
    notes[CLIPPED if clip else REACHING_OUT] = int(np.count_nonzero(reaching & kept))
    notes[NOT_FOLLOWED] = len(labels.not_followed)
    return Bunch(
        data=corners[kept],
        unit=unit,
        target=target[kept],
        target_names=target_names,
        image=image[kept],
        image_names=names[: len(names) - len(labels.unlisted)],
        image_size=size[kept],
        skipped=skipped,
        skipped_images=skipped_images,
        notes=dict(+notes),
        splits=labels.splits,
        splits_read=labels.splits_read,
    )


def _place(labels: Labels, path: PathLike, given: Size | None, named: NamedImages | None) -> str:
    """Complete the sizes of the images, and scale to pixels if possible; return the unit."""
    corners = np.array(labels.corners, dtype=np.float64).reshape(-1, 4)
    rows = np.array(labels.image, dtype=np.int64)
    sizes = _complete_sizes(labels, path, np.unique(rows), given, named)
    labels.image_size = array("d", sizes.tobytes())
    relative = labels.relative or _looks_relative(corners, path)
    if not (relative or labels.rotated):
        return "pixel"
    scale = sizes[rows] if relative else np.ones((len(rows), 2))
    lacking = np.isnan(scale[:, 0])
    unit = "pixel"
    if len(rows) and lacking.all():
        if labels.relative:
            raise AnnotationError(f"{path}: {_missing(labels)}", HOW_LARGE)
        scale, unit = np.ones_like(scale), "relative"
    else:
        for row in np.flatnonzero(lacking).tolist():
            labels.reason[row] = labels.reason[row] or NO_IMAGE
    corners *= np.tile(scale, 2)
    for row, points in labels.rotated.items():
        corners[row] = _own_sides(np.reshape(points, (4, 2)) * scale[row])
    labels.corners = array("d", corners.tobytes())
    return unit


def _own_sides(quad: FloatArray) -> FloatArray:
    """Return an upright box with the sides and the center of an oriented one."""
    edges = np.linalg.norm(np.roll(quad, -1, axis=0) - quad, axis=1)
    center, sides = quad.mean(axis=0), (edges[:2] + edges[2:]) / 2
    return np.concatenate([center - sides / 2, center + sides / 2])


def _complete_sizes(
    labels: Labels,
    path: PathLike,
    labelled: NDArray[np.int64],
    given: Size | None,
    named: NamedImages | None,
) -> FloatArray:
    """Return the size of every image, NaN where it is not known; look for those with labels."""
    size: FloatArray = np.array(labels.image_size, dtype=np.float64).reshape(-1, 2)
    size[~((size > 0) & np.isfinite(size)).all(axis=1)] = np.nan
    unknown = np.isnan(size[:, 0])
    if given is not None:
        if len(size) and not unknown.any() and (size != given).any():
            raise AnnotationError(
                f"{path} says how large every image is, and not all are "
                f"{given[0]:g} x {given[1]:g}.",
                "Leave {image_size} out.",
            )
        size[unknown] = given
        return size
    if named is None and not labels.places:
        return size
    folders = ImageFolders()
    wanted = labelled[unknown[labelled]].tolist()
    for row in wanted:
        file = named and named.find(labels.image_names[row])
        file = file or next(filter(None, map(folders.find, labels.places.get(row, ()))), None)
        if file:
            size[row] = header_size(file)
    if named and wanted and np.isnan(size[wanted]).all():
        first = quoted(labels.image_names[wanted[0]])
        raise AnnotationError(
            f"{path}: none of the {len(wanted)} images whose size it does not say, the first of "
            f"them {first}, is in {named.root}.",
            "Check the folder: {images}.",
        )
    return size


def _missing(labels: Labels) -> str:
    """Say that the sizes of images are needed, and where they were looked for."""
    row = labels.image[0]
    folders = list(dict.fromkeys(str(place.parent) for place in labels.places.get(row, ())))
    looked = (
        f": the first, {quoted(labels.image_names[row])}, is not in {' or '.join(folders)}"
        if folders
        else ""
    )
    return f"the boxes are relative to their images, and the size of no image is known{looked}."


def _looks_relative(corners: FloatArray, path: PathLike) -> bool:
    """Say whether coordinates are shares of the image: fractions, and none is far from 0 to 1.

    Raises
    ------
    ValueError
        If those of most boxes are, and those of others are not.
    """
    there = ~np.isnan(corners[:, 0])
    far = there & (abs(corners) > FARTHEST).any(axis=1)
    if far.sum() > there.sum() / 2:
        return False
    near = there & ~far & (corners[:, 2:] > corners[:, :2]).all(axis=1)
    near &= (corners != np.trunc(corners)).any(axis=1)
    if not near.any() or near.sum() < there.sum() / 2:
        return False
    if far.any():
        one, other = (corners[np.flatnonzero(rows)[0]].tolist() for rows in (near, far))
        raise AnnotationError(
            f"{path}: most boxes have corners from 0 to 1, such as {quoted(one)}, so they are "
            f"relative to the image, and {np.count_nonzero(far)} have not, such as "
            f"{quoted(other)}, so they are in pixels. Bring them to one unit."
        )
    return True


def _one_unit(units: dict[PathLike, str]) -> str:
    """Return the unit of all files; raise if they differ."""
    by_unit = {unit: path for path, unit in units.items()}
    if len(by_unit) > 1:
        raise AnnotationError(
            f"The boxes of {by_unit['relative']} are relative to their images, and those of "
            f"{by_unit['pixel']} are in pixels.",
            HOW_LARGE,
        )
    return next(iter(by_unit))


def _joined(parts: Sequence[tuple[PathLike, Labels]]) -> Labels:
    """Put the labels of several files one after another; an image belongs to one file."""
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
    return joined


def _wanted(
    categories: str | Iterable[str] | None, counts: Counter[str], path: PathLike
) -> list[str]:
    """Return the names of the wanted categories, sorted; raise for one that has no box."""
    if categories is None:
        return sorted(counts)
    wanted = sorted({categories} if isinstance(categories, str) else set(categories))
    if not wanted:
        raise AnnotationError("categories is empty: name at least one, or pass None for all.")
    missing = [name for name in wanted if name not in counts]
    if missing:
        there = ", ".join(f"{name!r} ({count})" for name, count in counts.most_common(20))
        more = f" and {len(counts) - 20} more" if len(counts) > 20 else ""
        raise AnnotationError(
            f"{path} has no box of category {', '.join(map(repr, missing))}. "
            + (f"Choose from those it has: {there}{more}." if there else "It has no boxes at all.")
        )
    return wanted


def _image_codes(labels: Labels) -> dict[str, int]:
    """Number the names of the images, in the order of the file, the unlisted ones last."""
    listed = (name for name in labels.image_names if name not in labels.unlisted)
    unlisted = (name for name in labels.image_names if name in labels.unlisted)
    names = dict.fromkeys(listed) | dict.fromkeys(unlisted)
    return {name: code for code, name in enumerate(names)}


def _defects(corners: FloatArray, bounds: FloatArray) -> dict[str, NDArray[np.bool_]]:
    """Find the boxes that no anchor can be for; comparing with NaN, the unknown, is False."""
    with np.errstate(over="ignore", invalid="ignore"):
        size = corners[:, 2:] - corners[:, :2]
    outside = (corners[:, 2:] <= 0) | (corners[:, :2] >= bounds)
    found = {
        INFINITE: ~np.isfinite(size) & ~np.isnan(corners[:, :2]),
        NO_AREA: size <= 0,
        OUTSIDE: outside & ~np.isnan(bounds),
    }
    return {defect: np.any(sides, axis=1) for defect, sides in found.items()}


def _clip(corners: FloatArray, bounds: FloatArray, clip: bool) -> NDArray[np.bool_]:
    """Say which boxes reach outside images of known size; clip them in place if wanted."""
    low, high, known = corners[:, :2], corners[:, 2:], ~np.isnan(bounds)
    reaching = ((low < -OVERHANG) | (high > bounds + OVERHANG)) & known
    if clip:
        np.copyto(low, np.maximum(low, 0), where=known)
        np.copyto(high, np.minimum(high, bounds), where=known)
    return np.asarray(reaching.any(axis=1))


def _count(
    reasons: Sequence[str], image: Sequence[int], names: Sequence[str]
) -> tuple[dict[str, int], dict[str, list[str]]]:
    """Count the skipped labels by reason, and list their images where they tell something."""
    images: dict[str, list[str]] = {
        reason: [] for reason in dict.fromkeys(reasons) if reason != OTHER_CATEGORY
    }
    for reason, code in zip(reasons, image, strict=True):
        if reason in images:
            images[reason].append(names[code])
    return dict(Counter(reasons)), images
