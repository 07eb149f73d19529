"""What the readers of annotation files share.

A reader is one public function ``load_<format>(path, *, categories=None, keep_flagged=False)`` in a
module of its own. It knows one grammar, and nothing else: it takes the file apart into `Labels`,
one row for every label of the file, and hands them to `boxes_bunch`, which filters, counts and
returns the same :class:`~sklearn.utils.Bunch` for every format. Its part of the contract:

- Every label of the file becomes a row, in the order of the file. None is dropped or repaired:
  what is not used is counted, so that rows and counts add up to what the file holds.
- Corners are (x1, y1, x2, y2) in pixels of the original image, as written, and x2 - x1 is the
  width. A grammar with other coordinates converts them, and its reader says how.
- A label that has no box gets `NO_BOX` for corners and a reason; a box that the format itself flags
  as not to be used (a crowd, an ignored region) keeps its corners and gets a reason, or none with
  `keep_flagged`. A format without such flags has no `keep_flagged`.
- A label that points at an image or a category that the file does not define is set aside too:
  its image is added as not listed, its category is None.
- Every image is named, those without labels too; where the file does not say how large one is, its
  size is `UNKNOWN_SIZE`.
- A broken file is a ValueError with the path and the line, record or object, the value that is
  wrong, and what to do; a missing library is an ImportError that names the extra.

A label counts under the first of these that applies: it has no box; it is of another category than
those asked for; the reason that the reader gave; its width or height is infinite; is not positive;
the box lies outside the image, as a whole. A box that is partly outside is used as written.
"""

from array import array
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import Bunch

from ._files import PathLike

NO_BOX = (np.nan, np.nan, np.nan, np.nan)
UNKNOWN_SIZE = (np.nan, np.nan)

OTHER_CATEGORY = "other category"
INFINITE = "infinite size"
NO_AREA = "zero or negative size"
OUTSIDE = "outside the image"

UNKNOWN_IMAGE = "unknown image"
UNKNOWN_CATEGORY = "unknown category"


class Labels:
    """The labels and the images of a file, as columns.

    Attributes
    ----------
    corners : array of float, of length 4 * n_labels
        The corners of one label after another.
    category : list of str or None, of length n_labels
        None for a label that is of no category: an ignored region, or one of an undefined category.
    image : array of int, of length n_labels
        The row of the image.
    reason : list of str, of length n_labels
        Why a label is set aside, or "" for a box to be used.
    image_names : list of str, of length n_images
        A name that comes twice is one image.
    image_size : array of float, of length 2 * n_images
        Width and height. Some files write 0 for an unknown one.
    unlisted : set of str
        The names of images that labels point at although the file does not have them.
    """

    def __init__(self) -> None:
        self.corners = array("d")
        self.category: list[str | None] = []
        self.image = array("q")
        self.reason: list[str] = []
        self.image_names: list[str] = []
        self.image_size = array("d")
        self.unlisted: set[str] = set()

    def add_image(self, name: str, size: Iterable[float] = UNKNOWN_SIZE) -> int:
        """Add an image; return its row."""
        self.image_names.append(name)
        self.image_size.extend(size)
        return len(self.image_names) - 1

    def add_unlisted_image(self, name: str) -> int:
        """Add an image that the file does not have; return its row."""
        self.unlisted.add(name)
        return self.add_image(name)

    def add(
        self, image: int, category: str | None, corners: Iterable[float], reason: str = ""
    ) -> None:
        """Add a label."""
        self.image.append(image)
        self.category.append(category)
        self.corners.extend(corners)
        self.reason.append(reason)


def boxes_bunch(labels: Labels, path: PathLike, categories: str | Iterable[str] | None) -> Bunch:
    """Keep the boxes of the wanted categories, and count the other labels by reason.

    Parameters
    ----------
    labels : Labels
        Everything that the file holds.
    path : path-like
        The file, for errors.
    categories : str, iterable of str or None
        The wanted categories; None for all.

    Returns
    -------
    boxes : :class:`~sklearn.utils.Bunch`
        As the public readers describe it.
    """
    corners = np.array(labels.corners, dtype=np.float64).reshape(-1, 4)
    category = np.array(labels.category, dtype=object)
    has_category = ~np.isnan(corners[:, 0]) & (category != None)  # noqa: E711 (elementwise)
    target_names = _wanted(categories, Counter(category[has_category].tolist()), path)
    codes: dict[str | None, int] = {name: code for code, name in enumerate(target_names)}
    target = np.array([codes.get(name, -1) for name in labels.category], dtype=np.int64)

    image_codes = _image_codes(labels)
    rows = np.array(labels.image, dtype=np.int64)
    image = np.array([image_codes[name] for name in labels.image_names], dtype=np.int64)[rows]
    size = np.array(labels.image_size, dtype=np.float64).reshape(-1, 2)
    size = np.where((size > 0).all(axis=1, keepdims=True), size, np.nan)[rows]

    reason = np.array(labels.reason, dtype=object)
    reason[has_category & (target < 0)] = OTHER_CATEGORY
    for defect, found in _defects(corners, size).items():
        reason[found & (reason == "")] = defect
    kept = reason == ""
    names = list(image_codes)
    skipped, skipped_images = _count(reason[~kept].tolist(), image[~kept].tolist(), names)
    return Bunch(
        data=corners[kept],
        target=target[kept],
        target_names=target_names,
        image=image[kept],
        image_names=names[: len(names) - len(labels.unlisted)],
        image_size=size[kept],
        skipped=skipped,
        skipped_images=skipped_images,
    )


def _wanted(
    categories: str | Iterable[str] | None, counts: Counter[str], path: PathLike
) -> list[str]:
    """Return the names of the wanted categories, sorted; raise for one that has no box."""
    if categories is None:
        return sorted(counts)
    wanted = sorted({categories} if isinstance(categories, str) else set(categories))
    if not wanted:
        raise ValueError("categories is empty: name at least one, or pass None for all.")
    missing = [name for name in wanted if name not in counts]
    if missing:
        there = ", ".join(f"{name!r} ({count})" for name, count in counts.most_common())
        raise ValueError(
            f"{path} has no box of category {', '.join(map(repr, missing))}. "
            + (f"Choose from those it has: {there}." if there else "It has no boxes at all.")
        )
    return wanted


def _image_codes(labels: Labels) -> dict[str, int]:
    """Number the names of the images, in the order of the file, the unlisted ones last."""
    listed = (name for name in labels.image_names if name not in labels.unlisted)
    unlisted = (name for name in labels.image_names if name in labels.unlisted)
    names = dict.fromkeys(listed) | dict.fromkeys(unlisted)
    return {name: code for code, name in enumerate(names)}


def _defects(
    corners: NDArray[np.float64], image_size: NDArray[np.float64]
) -> dict[str, NDArray[np.bool_]]:
    """Find the boxes that no anchor can be for; comparing with NaN, the unknown, is False."""
    with np.errstate(over="ignore", invalid="ignore"):
        size = corners[:, 2:] - corners[:, :2]
    outside = (corners[:, 2:] <= 0) | (corners[:, :2] >= image_size)
    found = {
        INFINITE: ~np.isfinite(size) & ~np.isnan(corners[:, :2]),
        NO_AREA: size <= 0,
        OUTSIDE: outside & ~np.isnan(image_size),
    }
    return {defect: np.any(sides, axis=1) for defect, sides in found.items()}


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
