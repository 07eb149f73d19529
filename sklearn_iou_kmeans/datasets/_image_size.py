"""Image sizes: passed by the user, or read from the headers of the files."""

import os
from collections.abc import Sequence
from pathlib import Path

from ._errors import AnnotationError
from ._files import PathLike, files_under, quoted, require, with_slashes

IMAGE_SUFFIXES = (
    ".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp", ".gif", ".jp2", ".pnm", ".ppm",
    ".pgm", ".heic", ".heif", ".avif", ".jpe", ".jfif", ".mpo", ".dng", ".tga", ".svg",
)  # fmt: skip

FARTHEST = 2
"""Relative coordinates may be slightly outside the image; larger ones must be in pixels."""

Size = tuple[float, float]


def is_image(name: str) -> bool:
    """Whether a name has the suffix of an image."""
    return name.strip().lower().endswith(IMAGE_SUFFIXES)


class ImageFolders:
    """Images by folder and by name without suffix; every folder is listed once."""

    def __init__(self) -> None:
        self._listed: dict[Path, dict[str, list[Path]]] = {}

    def find(self, place: Path) -> Sequence[Path]:
        """Return the image at a path, or those with the same name and another image suffix."""
        if place.suffix.lower() in IMAGE_SUFFIXES and os.path.isfile(place):
            return [place]
        folder = place.parent
        if folder not in self._listed:
            files = sorted(folder.iterdir()) if folder.is_dir() else []
            images = [
                file
                for file in files
                if file.suffix.lower() in IMAGE_SUFFIXES and os.path.isfile(file)
            ]
            self._listed[folder] = _by_part(images, 0)
        return self._listed[folder].get(without_suffix(place).name, [])


class NamedImages:
    """The images in the folder that the user passes, found by their names in the labels.

    Images of one name are told apart by the folders above them, from the last to the first. They
    are grouped by one folder more when a name first needs it, so that many sequences of frames
    with the same names take no longer than as many images with names of their own.
    """

    def __init__(self, folder: PathLike) -> None:
        if not os.path.isdir(folder):
            raise AnnotationError(
                f"{quoted(str(folder))} is not a folder.",
                "Name the folder of the images: {images}.",
            )
        self.root = Path(folder)
        files = files_under(folder, IMAGE_SUFFIXES).files
        self._groups: dict[tuple[str, ...], dict[str, list[Path]]] = {(): _by_part(files, 0)}

    def find(self, name: str) -> Sequence[Path]:
        """Return the image whose path has the longest end in common with `name`.

        There may be several that differ in their suffixes, none of which is that of `name`.
        """
        name = with_slashes(name)
        files = self._ending_most_like(without_suffix(Path(name)).parts[::-1])
        if len(files) > 1:
            files = [file for file in files if file.name == Path(name).name] or files
        if len({file.parent for file in files}) > 1:
            raise AnnotationError(
                f"The image {quoted(name)} can be {files[0]} or {files[1]}.",
                "Name the folder that has only the images of these labels: {images}.",
            )
        return files

    def _ending_most_like(self, parts: tuple[str, ...]) -> list[Path]:
        """Return the images that have the most trailing parts of a path in common."""
        files: list[Path] = []
        for n_shared, part in enumerate(parts):
            if n_shared and len(files) < 2:
                break
            shared = parts[:n_shared]
            if shared not in self._groups:
                self._groups[shared] = _by_part(files, n_shared)
            closer = self._groups[shared].get(part, [])
            if not closer:
                break
            files = closer
        return files


def without_suffix(path: Path) -> Path:
    """Remove an image suffix, if there is one; `a.b` has none."""
    return path.with_suffix("") if path.suffix.lower() in IMAGE_SUFFIXES else path


def _by_part(files: Sequence[Path], place: int) -> dict[str, list[Path]]:
    """Group images by the part of their paths at a place counted from the end."""
    groups: dict[str, list[Path]] = {}
    for file in files:
        parts = without_suffix(file).parts
        if place < len(parts):
            groups.setdefault(parts[-1 - place], []).append(file)
    return groups


def checked_size(image_size: Sequence[float]) -> Size:
    """Return the size that the user passes for all images."""
    try:
        width, height = (float(side) for side in image_size)
    except (TypeError, ValueError):
        width = height = 0.0
    if not (0 < width < float("inf") and 0 < height < float("inf")):
        raise AnnotationError(
            f"image_size is {quoted(image_size)}: give (width, height) in pixels, both positive."
        )
    return width, height


def header_size(file: PathLike) -> Size:
    """Return the width and height in pixels from the header of an image, with its rotation applied.

    Raises
    ------
    ValueError
        If the file is no image, or is damaged.
    """
    require("the sizes of images", "imagesize")
    import imagesize

    width, height = imagesize.get(Path(file))
    if width <= 0 or height <= 0:
        raise AnnotationError(
            f"{file}: the header names no size, so it is damaged or not an image. Copy it again,",
            "or give {image_size} if all images have the same size.",
        )
    return width, height


def check_relative(values: Sequence[float], where: str, layout: str) -> None:
    """Raise for coordinates that cannot be relative to the size of an image."""
    wrong = max(values, key=abs)
    if abs(wrong) > FARTHEST:
        raise AnnotationError(
            f"{where}: {wrong:g} is not relative to the image, from 0 to 1: is it in "
            f"pixels? {layout}"
        )
