"""Read YOLO labels: the text files of darknet and Ultralytics."""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Unpack

from ._class_names import class_name, class_names, names_files
from ._errors import AnnotationError
from ._files import PathLike, is_number, is_pipe, numbers, quoted, read_lines, without_gz
from ._image_size import check_relative
from ._labels import Common, Labels
from ._reader import Look, Reader
from ._shapes import POLYGON, Sides, check_sides, polygon_box
from ._splits import Split
from ._yolo_keypoints import PolygonCheck
from ._yolo_sources import DATA_SUFFIXES, Item, find_data_file, find_labels, sibling

if TYPE_CHECKING:
    from sklearn.utils import Bunch

LAYOUT = (
    "A YOLO label is a line `class cx cy w h`, or `class x1 y1 x2 y2 x3 y3 ...` for a polygon, "
    "with coordinates relative to the image."
)


def load_yolo(
    path: PathLike,
    *,
    names: Iterable[str] | PathLike | None = None,
    split: Split = None,
    sides: Sides = "enclosing",
    **common: Unpack[Common],
) -> "Bunch":
    """Read the boxes of YOLO labels, one text file per image.

    Parameters
    ----------
    path : str or path-like
        One of the following: a ``data.yaml`` (of any name) or the ``obj.data`` of darknet, or the
        folder that contains it; a folder of text files, which may have subfolders, or the folder of
        their images; a list file with one image per line; or one text file of labels. As usual for
        YOLO, the labels of ``images/train/a.jpg`` are in ``labels/train/a.txt`` or next to the
        image, and an image without a text file has no boxes.
    names : list of str, path-like or None, default=None
        The names of the classes, or a file with one name per line; by default those of
        ``data.yaml`` or of a ``classes.txt`` in the folder, or else the numbers of the classes.
    split : str, iterable of str or None, default=None
        Splits of the data set to read: those in ``data.yaml``, or folders called train, valid, test
        or similar. By default the train split, because anchors are fitted to the training set.
    sides : {"enclosing", "rotated"}, default="enclosing"
        Size of an oriented box (a polygon with 4 corners): that of the upright box around it
        ("enclosing"), or its own sides ("rotated"), the first one from its first to its second
        corner.
    **common : dict
        `categories`, `image_size`, `images`, `clip`, `min_size` and `max_unpacked`, as for
        :func:`load_annotations`. By default the size of an image is read from its header: the
        labels are relative to it.

    Returns
    -------
    boxes : :class:`~sklearn.utils.Bunch`
        The fields are those of :func:`load_annotations`. `data`, of shape (n_boxes, 4), contains
        corners in pixels, computed from the relative center and size; for a polygon, the box around
        it is used, and `notes` counts these. Images are named as in the list, or after their label
        files, relative to the folder and without the suffix; with a ``data.yaml``, the name begins
        with the entry of the folder. The reasons in `skipped` are "other category", "unknown
        category" (a number without a name), "no image file" (so its size is not known), "zero or
        negative size" and "outside the image"; the boxes and these counts add up to the lines of
        the files.

    Raises
    ------
    FileNotFoundError
        If there is no such file or folder.
    ValueError
        If a line is not a label; if a file is damaged; if many polygons might be keypoints; if an
        image with labels is not found or has no size; if no image of a list has labels; if there
        are no boxes of one of the `categories`; or if a folder contains two ``data.yaml``, or one
        and labels next to it.
    ImportError
        If imagesize, or for a ``data.yaml`` PyYAML, is not installed; install the `io` extra.

    See Also
    --------
    load_annotations : Read annotations in any format.

    Notes
    -----
    A line with 6 columns is a box and its confidence. Oriented boxes are polygons with 4 corners.
    Labels with keypoints are distinguished from polygons by `kpt_shape` in ``data.yaml``, so read
    them with this file. Without `kpt_shape`, polygons are refused if they can be keypoints: if
    there are many, and all have the same number of points.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from sklearn_iou_kmeans.datasets import load_yolo
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = pathlib.Path(folder, "a.txt").write_text("0 0.5 0.5 0.25 0.125")
    ...     load_yolo(folder, image_size=(640, 480)).data
    array([[240., 210., 400., 270.]])
    """
    return YOLO.load(path, {"names": names, "split": split, "sides": sides}, common)


def _read(
    path: PathLike,
    *,
    names: Iterable[str] | PathLike | None = None,
    split: Split = None,
    sides: Sides = "enclosing",
) -> Labels:
    check_sides(sides)
    source = find_labels(path, split)
    known = class_names(names) or source.names
    labels = Labels(relative=True)
    labels.splits, labels.splits_read = list(source.splits), list(source.splits_read)
    labels.not_followed = list(source.not_followed)
    labels.files = [*source.files, *names_files(names)]
    polygons = PolygonCheck()
    for item in source.items:
        image = labels.add_image(item.name, places=_places(item))
        if not os.path.lexists(item.labels):
            continue  # an image without objects may have no file
        if is_pipe(item.labels):
            raise AnnotationError(f"{item.labels} is a pipe, which is not waited for: remove it.")
        labels.files.append(item.labels)
        for row in _rows(item, source.keypoint_columns):
            category, reason = class_name(row.number, known, row.where, LAYOUT)
            if row.polygon and source.keypoint_columns is None:
                polygons.add(row.polygon)
            if len(row.polygon) == 8:
                labels.add_oriented(image, category, row.polygon, sides, reason)
            else:
                note = POLYGON if row.polygon else ""
                labels.add(image, category, row.corners, reason, note)
    polygons.refuse_keypoints(path)
    return labels


class Row(NamedTuple):
    """A line of a file of labels."""

    where: str
    number: float
    corners: Sequence[float]
    polygon: Sequence[float] = ()


def _rows(item: Item, keypoint_columns: int | None) -> Iterator[Row]:
    """Yield the labels of an image, relative to it."""
    for number, line in enumerate(read_lines(item.labels, may_be_empty=True), 1):
        if not line.strip():
            continue
        where = f"{item.labels}, line {number}"
        try:
            yield _row(line, where, keypoint_columns)
        except AnnotationError:
            if item.is_quotable:
                raise
            raise AnnotationError(f"{where}: this is not a label. {LAYOUT}") from None


def _row(line: str, where: str, keypoint_columns: int | None) -> Row:
    """Read the label in a line."""
    texts = line.split()
    if not any(map(is_number, texts)):
        raise AnnotationError(
            f"{where}: {quoted(line)} is not a label. {LAYOUT} If this is not a file of labels, "
            "name the one that is, or the list of images, or the folder of the labels."
        )
    values = numbers(texts, where, LAYOUT)
    n = len(values)
    check_relative(values[1:5] or [0], where, LAYOUT)
    if n in (5, 6) or (keypoint_columns and n == 5 + keypoint_columns):
        cx, cy, w, h = values[1:5]
        return Row(where, values[0], (cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2))
    if n > 6 and n % 2:
        polygon = values[1:]
        check_relative(polygon, where, LAYOUT)
        return Row(where, values[0], polygon_box(polygon) or (), polygon)
    advice = " If there are keypoints, read a data.yaml with kpt_shape." if n > 6 else ""
    raise AnnotationError(f"{where}: {n} columns, {quoted(line)}. {LAYOUT}{advice}")


def _places(item: Item) -> list[Path]:
    """Return where the image of labels may be: in the folder for images, or next to them."""
    here = without_gz(item.labels).with_suffix("")
    listed = [] if item.image is None else [item.image]
    return [*listed, sibling(here, "labels", "images"), here]


def _recognises(look: Look) -> bool:
    """Check for a data file, for labels that consist of numbers, or for a list of images."""
    if look.kind == "folder":
        labels = sibling(look.path, "images", "labels")
        apart = labels != look.path and os.path.isdir(labels)
        return apart or find_data_file(look.path) is not None
    if look.kind != "text":
        return False
    if look.path.suffix.lower() in DATA_SUFFIXES:
        return True
    if look.is_list_of_images:
        return True
    try:
        row = [float(text) for text in look.lines[0].split()]
    except ValueError:
        return False
    return len(row) > 4


YOLO = Reader(
    name="yolo",
    summary="data.yaml, obj.data or list of images, or a folder with one; folder of labels, or one "
    "text file; relative to the images, whose sizes are read from their headers",
    read=_read,
    recognises=_recognises,
    suffixes=(".txt",),
)
