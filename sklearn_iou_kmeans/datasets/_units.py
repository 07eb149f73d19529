"""Convert the coordinates of a file to pixels, with the sizes of its images."""

from array import array
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ._box_format import FloatArray
from ._errors import AnnotationError
from ._files import PathLike, quoted
from ._image_size import FARTHEST, ImageFolders, NamedImages, Size, header_size
from ._labels import Labels

NO_IMAGE = "no image file"
HOW_LARGE = "Give {images}, or {image_size} if all images have the same size."


def to_pixels(labels: Labels, path: PathLike, given: Size | None, named: NamedImages | None) -> str:
    """Complete the sizes of the images, and scale to pixels if possible; return the unit."""
    corners = np.array(labels.corners, dtype=np.float64).reshape(-1, 4)
    rows = np.array(labels.image, dtype=np.int64)
    labelled = np.zeros(len(labels.image_names), dtype=bool)
    labelled[rows] = True
    sizes = _complete_sizes(labels, path, np.flatnonzero(labelled), given, named)
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
    """Return the size of every image, NaN if unknown; search for images with labels."""
    size: FloatArray = np.array(labels.image_size, dtype=np.float64).reshape(-1, 2)
    size[~((size > 0) & np.isfinite(size)).all(axis=1)] = np.nan
    unknown = np.isnan(size[:, 0])
    if given is not None:
        if len(size) and not unknown.any() and (size != given).any():
            raise AnnotationError(
                f"{path} contains the sizes of all images, and not all are "
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
        files = named.find(labels.image_names[row]) if named else ()
        files = files or next(filter(None, map(folders.find, labels.places.get(row, ()))), ())
        if files:
            size[row] = _one_size(files)
            labels.image_files += files
    if named and wanted and np.isnan(size[wanted]).all():
        raise _none_found([labels.image_names[row] for row in wanted], path, named)
    return size


def _one_size(files: Sequence[Path]) -> Size:
    """Return the size of an image; raise if files that differ in their suffixes differ in it."""
    sizes = {header_size(file): file for file in files}
    if len(sizes) > 1:
        (one, file), (two, other) = list(sizes.items())[:2]
        raise AnnotationError(
            f"{file} is {one[0]:g} x {one[1]:g} pixels and {other} is {two[0]:g} x {two[1]:g}: "
            "labels are found by the name without the suffix, so they can be those of either. "
            "Remove or rename one of the images."
        )
    return next(iter(sizes))


def _none_found(names: Sequence[str], path: PathLike, named: NamedImages) -> AnnotationError:
    """Return an error: none of the required images is in the folder of the images, and why."""
    if not any(names):
        return AnnotationError(
            f"{path}: the labels do not name their images, so no size can be looked up in "
            f"{named.root}.",
            "Give {image_size} if all images have the same size; in a CSV file, name the column of "
            "the image with {image_column}.",
        )
    first = quoted(names[0])
    which = (
        f"the image {first}, whose size it does not say, is not in {named.root}"
        if len(names) == 1
        else f"none of the {len(names)} images whose size it does not say, the first of them "
        f"{first}, is in {named.root}"
    )
    return AnnotationError(f"{path}: {which}.", "Check the folder: {images}.")


def _missing(labels: Labels) -> str:
    """Return an error: image sizes are required, and where they were searched."""
    row = labels.image[0]
    folders = list(dict.fromkeys(str(place.parent) for place in labels.places.get(row, ())))
    looked = (
        f": the first, {quoted(labels.image_names[row])}, is not in {' or '.join(folders)}"
        if folders
        else ""
    )
    return f"the boxes are relative to their images, and the size of no image is known{looked}."


def _looks_relative(corners: FloatArray, path: PathLike) -> bool:
    """Whether coordinates are relative to the image: fractions, and none far from 0 to 1.

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
            f"relative to the image, but {np.count_nonzero(far)} are in pixels, such as "
            f"{quoted(other)}. Convert all to the same unit."
        )
    return True


def one_unit(units: Mapping[PathLike, str]) -> str:
    """Return the unit of all files; raise if they differ."""
    by_unit = {unit: path for path, unit in units.items()}
    if len(by_unit) > 1:
        raise AnnotationError(
            f"The boxes of {by_unit['relative']} are relative to their images, and those of "
            f"{by_unit['pixel']} are in pixels.",
            HOW_LARGE,
        )
    return next(iter(by_unit))
