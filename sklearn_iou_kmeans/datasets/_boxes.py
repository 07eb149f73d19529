"""Convert the labels of files to boxes: sizes of images, units, filters and counts.

A reader parses a file into `Labels`, with one row for every label. `boxes_bunch` does the rest, in
the same way for all formats:

1. It completes the sizes of the images, from the options or from the headers of the images.
2. It scales relative coordinates to pixels.
3. It clips boxes that extend beyond their image.
4. It filters the labels, and counts those that are skipped.

A skipped label counts for the first reason that applies: it has no box, or its box is relative to
an image of unknown size; its category is not wanted; the reason that the reader gave; its width or
height is infinite, or not positive; the whole box is outside the image; a side is below `min_size`.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ._box_format import FloatArray
from ._errors import AnnotationError
from ._files import PathLike
from ._image_size import NamedImages, checked_size
from ._labels import Labels, joined_labels
from ._units import HOW_LARGE, one_unit, to_pixels

if TYPE_CHECKING:
    from sklearn.utils import Bunch

OTHER_CATEGORY = "other category"
INFINITE = "infinite size"
NO_AREA = "zero or negative size"
OUTSIDE = "outside the image"

CLIPPED = "clipped to the image"
REACHING_OUT = "reaching outside the image, not clipped"
NOT_FOUND = "in an image that was not found"
NOT_FOLLOWED = "link to a folder outside, not followed"

OVERHANG = {"pixel": 0.1, "relative": 0.001}
"""How far a box may extend beyond its image due to rounding, without being counted."""


def boxes_bunch(
    parts: Sequence[tuple[PathLike, Labels]],
    *,
    categories: str | Iterable[str] | None = None,
    image_size: Sequence[float] | None = None,
    images: PathLike | None = None,
    clip: bool = True,
    min_size: float = 0,
) -> "Bunch":
    """Keep the boxes to be used, and count the other labels by reason.

    Parameters
    ----------
    parts : sequence of tuple of (path-like, Labels)
        The labels of each file.
    categories, image_size, images, clip, min_size
        As `load_annotations` describes them.

    Returns
    -------
    boxes : :class:`~sklearn.utils.Bunch`
        As the public readers describe it.
    """
    if image_size is not None and images is not None:
        raise AnnotationError(
            "The sizes of the images were given twice.", "Give {image_size} or {images}, not both."
        )
    if not 0 <= min_size < np.inf:
        raise AnnotationError(
            f"The smallest size of a box is {min_size}: give the pixels of a side, 0 or more."
        )
    given = None if image_size is None else checked_size(image_size)
    named = None if images is None else NamedImages(images)
    units = {path: to_pixels(labels, path, given, named) for path, labels in parts}
    unit = one_unit(units)
    if min_size and unit == "relative":
        raise AnnotationError(
            f"{parts[0][0]}: the boxes are relative to their images, so a smallest size in pixels "
            "needs the sizes of the images.",
            HOW_LARGE,
        )
    path = ", ".join(str(path) for path, _ in parts)
    labels = parts[0][1] if len(parts) == 1 else joined_labels(parts)
    boxes = _select(labels, path, unit, categories, clip, min_size)
    if named is not None and (n_unknown := int(np.isnan(boxes.image_size[:, 0]).sum())):
        boxes.notes[NOT_FOUND] = n_unknown
    boxes.files = {str(path): list(dict.fromkeys(part.files)) for path, part in parts}
    boxes.image_files = labels.image_files
    return boxes


def _select(
    labels: Labels,
    path: PathLike,
    unit: str,
    categories: str | Iterable[str] | None,
    clip: bool,
    min_size: float,
) -> "Bunch":
    """Filter the labels, and return the boxes as a Bunch."""
    from sklearn.utils import Bunch

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
    negative = (corners[:, :2] < -OVERHANG[unit]).any(axis=1) & np.isnan(bounds[:, 0])
    negative[list(labels.rotated)] = False
    reaching = _clip(corners, upright, clip, OVERHANG[unit])
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
    notes[CLIPPED if clip else REACHING_OUT] += int(np.count_nonzero(reaching & kept))
    notes[REACHING_OUT] += int(np.count_nonzero(negative & kept))
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


def _wanted(
    categories: str | Iterable[str] | None, counts: Counter[str], path: PathLike
) -> list[str]:
    """Return the names of the wanted categories, sorted; raise if one has no boxes."""
    if categories is None:
        return sorted(counts)
    wanted = sorted({categories} if isinstance(categories, str) else set(categories))
    if not wanted:
        raise AnnotationError("categories is empty: name at least one, or pass None for all.")
    missing = [name for name in wanted if name not in counts]
    if missing:
        names = [*_close_names(missing, counts), *(name for name, _ in counts.most_common())]
        there = ", ".join(f"{name!r} ({counts[name]})" for name in list(dict.fromkeys(names))[:20])
        more = f" and {len(counts) - 20} more" if len(counts) > 20 else ""
        raise AnnotationError(
            f"{path} has no box of category {', '.join(map(repr, missing))}. "
            + (f"Choose from those it has: {there}{more}." if there else "It has no boxes at all.")
        )
    return wanted


def _close_names(missing: Iterable[str], names: Iterable[str]) -> list[str]:
    """Return the names that someone who wrote a missing one probably meant, whatever the case."""
    folded: dict[str, list[str]] = {}
    for name in names:
        folded.setdefault(name.casefold(), []).append(name)
    close = (get_close_matches(name.casefold(), folded) for name in missing)
    return [name for match in chain.from_iterable(close) for name in folded[match]]


def _image_codes(labels: Labels) -> dict[str, int]:
    """Number the names of the images in the order of the file, with unlisted ones last."""
    listed = (name for name in labels.image_names if name not in labels.unlisted)
    unlisted = (name for name in labels.image_names if name in labels.unlisted)
    names = dict.fromkeys(listed) | dict.fromkeys(unlisted)
    return {name: code for code, name in enumerate(names)}


def _defects(corners: FloatArray, bounds: FloatArray) -> dict[str, NDArray[np.bool_]]:
    """Find the boxes without a valid size; comparisons with NaN, for unknown, are False."""
    with np.errstate(over="ignore", invalid="ignore"):
        size = corners[:, 2:] - corners[:, :2]
    outside = (corners[:, 2:] <= 0) | (corners[:, :2] >= bounds)
    found = {
        INFINITE: ~np.isfinite(size),
        NO_AREA: size <= 0,
        OUTSIDE: outside & ~np.isnan(bounds),
    }
    return {defect: np.any(sides, axis=1) for defect, sides in found.items()}


def _clip(
    corners: FloatArray, bounds: FloatArray, clip: bool, overhang: float
) -> NDArray[np.bool_]:
    """Find the boxes that extend beyond images of known size; clip them in place if wanted."""
    low, high, known = corners[:, :2], corners[:, 2:], ~np.isnan(bounds)
    reaching = ((low < -overhang) | (high > bounds + overhang)) & known
    if clip:
        np.copyto(low, np.maximum(low, 0), where=known)
        np.copyto(high, np.minimum(high, bounds), where=known)
    return np.asarray(reaching.any(axis=1))


def _count(
    reasons: Sequence[str], image: Sequence[int], names: Sequence[str]
) -> tuple[dict[str, int], dict[str, list[str]]]:
    """Count the skipped labels by reason, and list their images for reasons other than a filter."""
    images: dict[str, list[str]] = {
        reason: [] for reason in dict.fromkeys(reasons) if reason != OTHER_CATEGORY
    }
    for reason, code in zip(reasons, image, strict=True):
        if reason in images:
            images[reason].append(names[code])
    return dict(Counter(reasons)), images
