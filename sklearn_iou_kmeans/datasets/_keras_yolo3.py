"""Read the lists of keras-yolo3 and of projects derived from it."""

import re
from collections.abc import Iterable
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from ._class_names import Names, class_name, class_names, names_files
from ._errors import AnnotationError
from ._files import PathLike, numbers, quoted, read_lines
from ._image_size import IMAGE_SUFFIXES
from ._labels import Common, Labels
from ._reader import Look, Reader
from ._splits import Split, labels_of, single_file

if TYPE_CHECKING:
    from sklearn.utils import Bunch

LAYOUT = (
    "A keras-yolo3 list has one image per line: `path x1,y1,x2,y2,class x1,y1,x2,y2,class ...`, "
    "with no spaces in the path or in a box, and no commas in the path."
)
NAMES_FILE = "_classes.txt"


def load_keras_yolo3(
    path: PathLike,
    *,
    names: Iterable[str] | PathLike | None = None,
    split: Split = None,
    **common: Unpack[Common],
) -> "Bunch":
    """Read the boxes of a keras-yolo3 list.

    Parameters
    ----------
    path : str or path-like
        The text file, with one image and its boxes per line, plain or compressed with gzip; or a
        folder with one such file, or with one for each split of the data set.
    names : list of str, path-like or None, default=None
        The names of the classes, or a file with one name per line, for example ``voc_classes.txt``;
        by default those of a ``_classes.txt`` next to the list, as Roboflow exports it, or else the
        numbers of the classes.
    split : str, iterable of str or None, default=None
        Splits of the data set to read, if it has a file for each, with the split in its name. By
        default the train split, because anchors are fitted to the training set.
    **common : dict
        `categories`, `image_size`, `images`, `clip`, `min_size` and `max_unpacked`, as for
        :func:`load_annotations`.

    Returns
    -------
    boxes : :class:`~sklearn.utils.Bunch`
        The fields are those of :func:`load_annotations`. `data`, of shape (n_boxes, 4), contains
        the corners in pixels. The list does not contain the sizes of the images. The reasons in
        `skipped` are "other category", "unknown category" (a number without a name) and "zero or
        negative size"; the boxes and these counts add up to the boxes of the list.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is empty or not valid (the message names the line); or if there are no boxes of
        one of the `categories`.

    See Also
    --------
    load_annotations : Read annotations in any format.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from sklearn_iou_kmeans.datasets import load_keras_yolo3
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "train.txt")
    ...     _ = file.write_text("a.jpg 10,20,50,40,0 7,9,30,60,2")
    ...     load_keras_yolo3(file, names=["car", "bus", "dog"]).target_names
    ['car', 'dog']
    """
    return KERAS_YOLO3.load(path, {"names": names, "split": split}, common)


def _read(
    path: PathLike, *, names: Iterable[str] | PathLike | None = None, split: Split = None
) -> Labels:
    known = class_names(names)
    found = single_file(path, ".txt", split, but=NAMES_FILE)
    labels = labels_of(found)
    labels.files += names_files(names)
    for file, name in found.files:
        beside = _names_beside(file) if known is None else None
        labels.files += names_files(beside)
        _add(labels, file, found.prefix(name), known or class_names(beside))
    return labels


def _names_beside(file: Path) -> Path | None:
    """Return the file with the names of the classes next to a list, if there is one."""
    beside = file.with_name(NAMES_FILE)
    return beside if beside.is_file() else None


def _add(labels: Labels, path: PathLike, prefix: str, known: Names) -> None:
    """Add the boxes of a list."""
    for number, line in enumerate(read_lines(path), 1):
        name, *boxes = line.split() or [""]
        if not name:
            continue
        where = f"{path}, line {number}"
        if "," in name or not (boxes or name.lower().endswith(IMAGE_SUFFIXES)):
            raise AnnotationError(f"{where}: {quoted(name)} is not the path of an image. {LAYOUT}")
        image = labels.add_image(prefix + name)
        for box in boxes:
            texts = box.split(",")
            if len(texts) != 5:
                raise AnnotationError(f"{where}: {quoted(box)} is not five numbers. {LAYOUT}")
            *corners, code = numbers(texts, where, LAYOUT)
            category, reason = class_name(code, known, where, LAYOUT)
            labels.add(image, category, corners, reason)


def _recognises(look: Look) -> bool:
    """Check for paths of images, in which a space is an error, followed by boxes."""
    n_boxes = 0
    for line in look.lines:
        texts = line.split()
        path = list(takewhile(lambda text: "," not in text, texts))
        boxes = texts[len(path) :]
        n_boxes += len(boxes)
        is_image = bool(path) and path[-1].lower().endswith(IMAGE_SUFFIXES)
        if not is_image or not all(re.fullmatch(r"[^,]+(,[^,]+){4}", box) for box in boxes):
            return False
    return n_boxes > 0


KERAS_YOLO3 = Reader(
    name="keras_yolo3",
    summary="text file of lines `path x1,y1,x2,y2,class ...`, or a folder with one; no image sizes",
    read=_read,
    recognises=_recognises,
    suffixes=(".txt",),
)
