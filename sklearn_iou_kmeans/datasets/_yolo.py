"""YOLO labels: darknet's and Ultralytics' text files."""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from sklearn.utils import Bunch

from ._boxes import UNKNOWN_SIZE, Labels, boxes_bunch
from ._class_names import class_name, class_names
from ._files import PathLike, numbers, quoted, read_lines, require
from ._image_size import ImageFolders, Size, check_relative, checked_size, header_size
from ._yolo_sources import Item, find_labels, sibling

LAYOUT = (
    "A YOLO label is a line `class cx cy w h`, or `class x1 y1 x2 y2 x3 y3 ...` for a polygon, "
    "with coordinates relative to the image."
)


def load_yolo(
    path: PathLike,
    *,
    image_size: Sequence[float] | None = None,
    names: Iterable[str] | PathLike | None = None,
    split: str | Iterable[str] = "train",
    categories: str | Iterable[str] | None = None,
) -> Bunch:
    """Read the boxes of YOLO labels, one text file an image.

    Parameters
    ----------
    path : str or path-like
        A ``data.yaml``, whatever its name, or the folder that it is in; another folder, in which
        all text files are read, those in its folders too (for a folder of images that of its labels
        is taken); a list file that names an image a line; or one text file of labels. As usual with
        YOLO, the labels of ``images/train/a.jpg`` are in ``labels/train/a.txt`` or beside the
        image, and an image without a text file has none.
    image_size : (width, height) or None, default=None
        The size of all images in pixels. By default it is read from the header of each image that
        has labels: the labels are relative to it.
    names : list of str, path-like or None, default=None
        The names of the classes, or a file with a name a line; by default those of ``data.yaml``
        or of a ``classes.txt`` in the folder, or else the numbers of the classes.
    split : str or iterable of str, default="train"
        For a ``data.yaml``, which of its parts to read. Anchors are found for the training set.
    categories : str, iterable of str or None, default=None
        The names of the classes to keep; all by default.

    Returns
    -------
    boxes : :class:`~sklearn.utils.Bunch`
        With the fields that :func:`load_bdd100k` describes. `data`, of shape (n_boxes, 4), holds
        corners in pixels, computed from the relative center and size; a polygon gives its bounding
        box. Images are named as the list does, or by their labels, relative to the folder and
        without the suffix; in a ``data.yaml``, with the entry for the folder before. The reasons in
        `skipped` are "other category", "unknown category" (a number without a name), "zero or
        negative size" and "outside the image"; they and the boxes add up to the lines of the files.

    Raises
    ------
    FileNotFoundError
        If there is no such file or folder.
    ValueError
        If a line is not a label, a file is damaged, an image with labels is not found or has no
        size, no image of a list has labels, or a category has no box; or if a folder has a
        ``data.yaml`` and another one or labels beside it.
    ImportError
        If imagesize, or for a ``data.yaml`` PyYAML, is not installed; the extra `io` brings them.

    See Also
    --------
    load_annotations : Reads any of the formats.

    Notes
    -----
    A line of 6 columns is a box and its confidence. Oriented boxes are polygons of 4 corners. The
    labels of keypoints are told from polygons by `kpt_shape` in ``data.yaml``: read them with it.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from sklearn_iou_kmeans.datasets import load_yolo
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = pathlib.Path(folder, "a.txt").write_text("0 0.5 0.5 0.25 0.125")
    ...     load_yolo(folder, image_size=(640, 480)).data
    array([[240., 210., 400., 270.]])
    """
    size = checked_size(image_size)
    if size is None:
        require("load_yolo", "imagesize")
    source = find_labels(path, split)
    known = class_names(names) or source.names
    folders = ImageFolders()
    labels = Labels()
    for item in source.items:
        rows = list(_rows(item.labels, source.keypoint_columns))
        item_size = (size or _header_size(item, folders)) if rows else UNKNOWN_SIZE
        image = labels.add_image(item.name, item_size)
        for where, number, relative in rows:
            category, reason = class_name(number, known, where, LAYOUT)
            labels.add(image, category, _pixels(relative, item_size), reason)
    return boxes_bunch(labels, path, categories)


def _rows(file: Path, keypoint_columns: int) -> Iterator[tuple[str, float, Sequence[float]]]:
    """Yield the place, the class and the relative center and size of each label of an image."""
    if not os.path.lexists(file):
        return
    for number, line in enumerate(read_lines(file, may_be_empty=True), 1):
        texts = line.split()
        if not texts:
            continue
        where = f"{file}, line {number}"
        values = numbers(texts, where, LAYOUT)
        n = len(values)
        if n in (5, 6) or (keypoint_columns and n == 5 + keypoint_columns):
            relative = values[1:5]
        elif n > 6 and n % 2:
            relative = _bounds(values[1:])
        else:
            raise ValueError(f"{where}: {n} columns, {quoted(line)}. {LAYOUT}")
        check_relative(relative, where, LAYOUT)
        yield where, values[0], relative


def _bounds(polygon: Sequence[float]) -> tuple[float, float, float, float]:
    """Return the center and the size of the bounding box of a polygon."""
    x, y = polygon[::2], polygon[1::2]
    left, top, right, bottom = min(x), min(y), max(x), max(y)
    return (left + right) / 2, (top + bottom) / 2, right - left, bottom - top


def _header_size(item: Item, folders: ImageFolders) -> Size:
    """Read the size of an image, looked for beside its labels and in the folder for images."""
    stem, here = item.labels.stem, item.labels.parent
    there = sibling(here, "labels", "images")
    image = item.image if item.image and os.path.isfile(item.image) else None
    image = image or folders.find(there, stem) or folders.find(here, stem)
    if image is None:
        raise ValueError(
            f"{item.labels} has labels relative to an image that is neither in {there} nor in "
            f"{here}: put it there, or give image_size=(width, height) if all have the same size."
        )
    return header_size(image)


def _pixels(relative: Sequence[float], size: Size) -> tuple[float, float, float, float]:
    cx, cy, w, h = relative
    width, height = size
    left, top = (cx - w / 2) * width, (cy - h / 2) * height
    return left, top, left + w * width, top + h * height
