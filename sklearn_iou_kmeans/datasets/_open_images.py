"""Open Images boxes."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from sklearn.utils import Bunch

from ._boxes import NO_BOX, UNKNOWN_SIZE, Labels, boxes_bunch
from ._files import PathLike, files_under, numbers, quoted, read_lines, require
from ._image_size import IMAGE_SUFFIXES, check_relative, checked_size, header_size
from ._table import read_table

LAYOUT = (
    "Open Images boxes are comma-separated values with the columns ImageID, LabelName, XMin, XMax, "
    "YMin, YMax and more, with decimal points, relative to the image."
)
COLUMNS = ("ImageID", "LabelName", "XMin", "YMin", "XMax", "YMax")
FLAGS = {"IsGroupOf": "group", "IsDepiction": "depiction"}
NO_IMAGE = "no image file"


def load_open_images(
    path: PathLike,
    *,
    image_size: Sequence[float] | None = None,
    images: PathLike | None = None,
    names: Mapping[str, str] | PathLike | None = None,
    categories: str | Iterable[str] | None = None,
    keep_flagged: bool = False,
) -> Bunch:
    r"""Read the boxes of an Open Images CSV file.

    Boxes are relative to their image, so either `image_size` or `images` is needed.

    Parameters
    ----------
    path : str or path-like
        The CSV file, say ``validation-annotations-bbox.csv``, plain or compressed with gzip.
    image_size : (width, height) or None, default=None
        The size of all images in pixels.
    images : path-like or None, default=None
        The folder of the images, called by their ImageID; sizes are read from their headers.
        Folders in it are searched too. It need not have all the images.
    names : dict of str to str, path-like or None, default=None
        Names for the labels, or the file that has them, ``class-descriptions-boxable.csv``; by
        default categories are called by their LabelName, say "/m/01g317".
    categories : str, iterable of str or None, default=None
        The categories to keep; all by default.
    keep_flagged : bool, default=False
        Whether to keep boxes around a group of objects (IsGroupOf) and around depictions such as
        drawings (IsDepiction).

    Returns
    -------
    boxes : :class:`~sklearn.utils.Bunch`
        With the fields that :func:`load_bdd100k` describes. `data`, of shape (n_boxes, 4), holds
        corners in pixels. Images are named by their ImageID. The reasons in `skipped` are "no image
        file" (not in `images`, so its size is not known), "other category", "group", "depiction",
        "zero or negative size" and "outside the image"; they and the boxes add up to the rows of
        the file.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If there is neither `image_size` nor `images` or both; if the file is empty, damaged or not
        such a file, with the line that is wrong; if none of its images is in `images`; or if a
        category has no box in it.
    ImportError
        If `images` is given and imagesize is not installed; the extra `io` brings it.

    See Also
    --------
    load_annotations : Reads any of the formats.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from sklearn_iou_kmeans.datasets import load_open_images
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "boxes.csv")
    ...     _ = file.write_text("ImageID,LabelName,XMin,XMax,YMin,YMax\n1a,/m/01,0,0.5,0.25,1")
    ...     load_open_images(file, image_size=(640, 480)).data
    array([[  0., 120., 320., 480.]])
    """
    sizes = _Sizes(image_size, images)
    header, rows = read_table(path, LAYOUT)
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        raise ValueError(
            f"{path} has no column {', '.join(missing)}; its header is {quoted(header)}. {LAYOUT} "
            "Other tables are for load_csv."
        )
    fields = [header.index(name) for name in COLUMNS]
    flags = {header.index(name): reason for name, reason in FLAGS.items() if name in header}
    known = _names(names)
    labels = Labels()
    seen: dict[str, tuple[int, tuple[float, float]]] = {}
    for where, row in rows:
        name, label, *relative = (row[field] for field in fields)
        if name not in seen:
            size = sizes.of(name)
            seen[name] = labels.add_image(name, size), size
        image, size = seen[name]
        corners = _pixels(numbers(relative, where, LAYOUT), size, where)
        reason = "" if size is not UNKNOWN_SIZE else NO_IMAGE
        if not (reason or keep_flagged):
            reason = next((flags[flag] for flag in flags if row[flag] == "1"), "")
        labels.add(image, known.get(label, label), corners, reason)
    if seen and all(size is UNKNOWN_SIZE for _, size in seen.values()):
        raise ValueError(
            f"{path}: none of its {len(seen)} images is in {images}: check the folder."
        )
    return boxes_bunch(labels, path, categories)


class _Sizes:
    """The size of an image by its id."""

    def __init__(self, image_size: Sequence[float] | None, images: PathLike | None) -> None:
        if (image_size is None) == (images is None):
            raise ValueError(
                "Open Images boxes are relative to their image: give either image_size=(width, "
                "height) or images=folder."
            )
        self._size = checked_size(image_size)
        self._files: dict[str, Path] = {}
        if images is not None:
            require("load_open_images", "imagesize")
            if not Path(images).is_dir():
                raise ValueError(f"images is {quoted(str(images))}: there is no such folder.")
            self._files = {file.stem: file for file in files_under(images, IMAGE_SUFFIXES)}

    def of(self, name: str) -> tuple[float, float]:
        if self._size is not None:
            return self._size
        return header_size(self._files[name]) if name in self._files else UNKNOWN_SIZE


def _names(names: Mapping[str, str] | PathLike | None) -> Mapping[str, str]:
    if names is None or isinstance(names, Mapping):
        return names or {}
    pairs = (line.partition(",") for line in read_lines(names))
    return {label.strip(): name.strip().strip('"') for label, _, name in pairs}


def _pixels(
    relative: Sequence[float], size: tuple[float, float], where: str
) -> tuple[float, float, float, float]:
    check_relative(relative, where, LAYOUT)
    if size is UNKNOWN_SIZE:
        return NO_BOX
    x1, y1, x2, y2 = relative
    width, height = size
    return x1 * width, y1 * height, x2 * width, y2 * height
