"""The sizes of images: given, or read from the headers of the files without decoding a picture."""

from collections.abc import Sequence
from pathlib import Path

from ._files import PathLike, quoted

IMAGE_SUFFIXES = (
    ".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp", ".gif", ".jp2", ".pnm", ".ppm",
    ".pgm", ".heic", ".heif", ".avif", ".jpe", ".jfif", ".mpo", ".dng", ".tga", ".svg",
)  # fmt: skip

FARTHEST = 2
"""A relative coordinate may lie outside the image a little, but one beyond this is in pixels."""

Size = tuple[float, float]


class ImageFolders:
    """Images by folder and by name without the suffix; every folder is listed once."""

    def __init__(self) -> None:
        self._listed: dict[Path, dict[str, Path]] = {}

    def find(self, folder: Path, stem: str) -> Path | None:
        """Return the image of that name in a folder, if there is one."""
        if folder not in self._listed:
            self._listed[folder] = {
                file.stem: file
                for file in (sorted(folder.iterdir()) if folder.is_dir() else ())
                if file.suffix.lower() in IMAGE_SUFFIXES
            }
        return self._listed[folder].get(stem)


def checked_size(image_size: Sequence[float] | None) -> Size | None:
    """Return the size that a user gives for all images, as numbers."""
    if image_size is None:
        return None
    try:
        width, height = (float(side) for side in image_size)
    except (TypeError, ValueError):
        width = height = 0.0
    if not (0 < width < float("inf") and 0 < height < float("inf")):
        raise ValueError(
            f"image_size is {quoted(image_size)}: give (width, height) in pixels, both positive."
        )
    return width, height


def header_size(file: PathLike) -> Size:
    """Return the width and height in pixels as the header of an image says, turned as it is shown.

    Raises
    ------
    ValueError
        If the file is no image, or is damaged.
    """
    import imagesize

    width, height = imagesize.get(Path(file))
    if width <= 0 or height <= 0:
        raise ValueError(
            f"{file}: the header names no size, so it is damaged or not an image. Copy it again, "
            "or give image_size=(width, height) if all images have the same size."
        )
    return width, height


def check_relative(values: Sequence[float], where: str, layout: str) -> None:
    """Raise for coordinates that cannot be relative to the size of an image."""
    wrong = max(values, key=abs)
    if abs(wrong) > FARTHEST:
        raise ValueError(
            f"{where}: {wrong:g} is no coordinate relative to the image, from 0 to 1: is it in "
            f"pixels? {layout}"
        )
