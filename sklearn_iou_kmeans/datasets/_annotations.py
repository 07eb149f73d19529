"""Annotations of any format, told apart by what the files hold."""

import codecs
import csv
import inspect
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from sklearn.utils import Bunch

from ._bdd100k import load_bdd100k
from ._coco import load_coco
from ._csv import load_csv, usual_box_columns
from ._files import PathLike, files_under, quoted, read_lines, read_start, require
from ._image_size import IMAGE_SUFFIXES
from ._json import read_json
from ._keras_yolo3 import load_keras_yolo3
from ._kitti import load_kitti, split_frame
from ._open_images import COLUMNS, load_open_images
from ._voc import load_voc
from ._wider_face import load_wider_face
from ._yolo import load_yolo
from ._yolo_sources import NAMES_FILE, find_data_file

READERS: dict[str, Callable[..., Bunch]] = {
    "bdd100k": load_bdd100k,
    "coco": load_coco,
    "csv": load_csv,
    "keras_yolo3": load_keras_yolo3,
    "kitti": load_kitti,
    "open_images": load_open_images,
    "voc": load_voc,
    "wider_face": load_wider_face,
    "yolo": load_yolo,
}
"""The reader of each format."""

SUFFIXES = (".xml", ".txt", ".json", ".csv", ".yaml", ".yml")

N_LINES = 1000
"""How many lines of a text are looked at."""


def load_annotations(
    path: PathLike,
    format: str = "auto",
    *,
    categories: str | Iterable[str] | None = None,
    keep_flagged: bool = False,
    **options: Any,
) -> Bunch:
    """Read the boxes of annotations of any format.

    Parameters
    ----------
    path : str or path-like
        The file or folder.
    format : str, default="auto"
        "bdd100k", "coco", "csv", "keras_yolo3", "kitti", "open_images", "voc", "wider_face" or
        "yolo"; or "auto", to tell it from what the file or the files of the folder hold.
    categories : str, iterable of str or None, default=None
        The categories to keep; all by default.
    keep_flagged : bool, default=False
        Whether to keep what the format flags as not to be used: crowds, difficult objects, regions
        to ignore and the like. It makes no difference to formats without such flags.
    **options : dict
        What else the reader of the format takes, say `inclusive` for VOC, or `image_size` for YOLO
        and Open Images.

    Returns
    -------
    boxes : :class:`~sklearn.utils.Bunch`
        With the fields that :func:`load_bdd100k` describes, and `format`: what the annotations were
        taken for.

    Raises
    ------
    FileNotFoundError
        If there is no such file or folder.
    ValueError
        If the format is unknown, or cannot be told; and what the reader of the format raises.
    TypeError
        If the reader of the format does not take one of the options.
    ImportError
        If a library that the format needs is not installed; the extra `io` brings it.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from sklearn_iou_kmeans.datasets import load_annotations
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = pathlib.Path(folder, "a.txt").write_text("0 0.5 0.5 0.25 0.125")
    ...     boxes = load_annotations(folder, image_size=(640, 480))
    >>> boxes.format, boxes.data
    ('yolo', array([[240., 210., 400., 270.]]))
    """
    if format != "auto" and format not in READERS:
        raise ValueError(f"format must be 'auto' or one of {_known()}, got {quoted(format)}.")
    name = recognise_format(path) if format == "auto" else format
    reader = READERS[name]
    takes = inspect.signature(reader).parameters
    foreign = [option for option in options if option not in takes]
    if foreign:
        raise TypeError(
            f"{path} is read as {quoted(name)}, and {reader.__name__} takes no {foreign[0]}; "
            f"it takes {', '.join(list(takes)[1:])}."
        )
    if "keep_flagged" in takes:
        options["keep_flagged"] = keep_flagged
    boxes = reader(path, categories=categories, **options)
    boxes.format = name
    return boxes


def _known() -> str:
    return ", ".join(map(quoted, READERS))


def recognise_format(path: PathLike) -> str:
    """Tell the format of annotations from what the file or the files of the folder hold.

    Parameters
    ----------
    path : str or path-like
        The file or folder.

    Returns
    -------
    format : str
        A key of `READERS`.

    Raises
    ------
    FileNotFoundError
        If there is no such file or folder.
    ValueError
        If the format cannot be told, with what was seen.

    See Also
    --------
    load_annotations : Reads annotations of any format.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from sklearn_iou_kmeans.datasets import recognise_format
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = pathlib.Path(folder, "a.txt").write_text("0 0.5 0.5 0.25 0.125")
    ...     recognise_format(folder)
    'yolo'
    """
    formats, seen = _of_folder(Path(path)) if os.path.isdir(path) else _of_file(path)
    if len(formats) == 1:
        return formats[0]
    what = f"could be {' or '.join(map(quoted, formats))}" if formats else "is of no known format"
    raise ValueError(
        f"{path} {what}: {seen}. Name its format with format=, one of {_known()}; or check the "
        "path."
    )


def _of_folder(folder: Path) -> tuple[list[str], str]:
    """Tell the formats that the files of a folder can be of, and describe them."""
    if find_data_file(folder):
        return ["yolo"], ""
    files = [file for file in files_under(folder, SUFFIXES) if file.name != NAMES_FILE]
    there = Counter(file.suffix.lower() for file in files)
    seen = "a folder with " + (
        ", ".join(f"{there[suffix]} {suffix} files" for suffix in SUFFIXES if there[suffix])
        or "no annotation files"
    )
    formats = ["voc"] if there[".xml"] else []
    if there[".txt"]:
        texts = (_first_lines(file) for file in files if file.suffix.lower() == ".txt")
        lines = next(filter(None, texts), [])
        formats += [name for name in ("kitti", "yolo") if not lines or LINES[name](lines)]
        seen += f", that begin with {quoted(lines[0])}" if lines else ", all empty"
    return formats, seen


def _first_lines(file: PathLike) -> list[str]:
    lines = islice(read_lines(file, may_be_empty=True), N_LINES)
    return [line for line in lines if line.strip()]


def _of_file(path: PathLike) -> tuple[list[str], str]:
    """Tell the formats that a file can be of, and describe it."""
    start = read_start(path)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        start = start.decode("utf-16", errors="replace").encode()
    first = start.lstrip()[:1]
    if first in (b"{", b"["):
        return _of_json(path)
    if first == b"<":
        return ["voc"], ""
    if Path(path).suffix.lower() in (".yaml", ".yml"):
        return ["yolo"], ""
    lines = _first_lines(path)
    if not lines:
        return [], "it is empty"
    return [name for name, fits in LINES.items() if fits(lines)], f"begins with {quoted(lines[0])}"


def _of_json(path: PathLike) -> tuple[list[str], str]:
    """Tell the formats of a JSON file by the keys at its top, or of the first item of a list."""
    require("load_annotations", "msgspec")
    import msgspec

    document = read_json(path, dict[str, msgspec.Raw] | list[msgspec.Raw], "")
    if isinstance(document, dict):
        keys = list(document)
        formats = {"coco": {"images", "annotations"}, "bdd100k": {"frames"}}
        seen = f"JSON of an object with the keys {quoted(keys)}"
        return [name for name, needed in formats.items() if needed <= set(keys)], seen
    if not document:
        return [], "JSON of an empty list"
    try:
        keys = list(msgspec.json.decode(document[0], type=dict[str, msgspec.Raw]))
    except (msgspec.DecodeError, UnicodeDecodeError):
        first = bytes(document[0]).decode(errors="replace")
        return [], f"JSON of a list that begins with {quoted(first)}"
    seen = f"JSON of a list of objects with the keys {quoted(keys)}"
    return ["bdd100k"] if "name" in keys and "bbox" not in keys else [], seen


def _header(line: str) -> list[str]:
    try:
        return next(csv.reader([line]))
    except csv.Error:
        return []


def _is_open_images(lines: Sequence[str]) -> bool:
    return set(COLUMNS) <= set(_header(lines[0]))


def _is_table(lines: Sequence[str]) -> bool:
    return usual_box_columns(_header(lines[0])) is not None and not _is_open_images(lines)


def _is_keras_yolo3(lines: Sequence[str]) -> bool:
    """Look for five values with commas between, after a path."""
    rows = [line.split()[1:] for line in lines]
    boxes = [box for row in rows for box in row]
    return bool(boxes) and all(re.fullmatch(r"[^,]+(,[^,]+){4}", box) for box in boxes)


def _is_kitti(lines: Sequence[str]) -> bool:
    try:
        split_frame(lines[0].split(), "")
    except ValueError:
        return False
    return True


def _is_wider_face(lines: Sequence[str]) -> bool:
    return len(lines) > 1 and lines[1].strip().isdecimal() and not lines[0].strip().isdecimal()


def _is_yolo(lines: Sequence[str]) -> bool:
    """Look for labels of numbers only, or for a list of images."""
    if all(line.strip().lower().endswith(IMAGE_SUFFIXES) for line in lines):
        return True
    try:
        row = [float(text) for text in lines[0].split()]
    except ValueError:
        return False
    return len(row) in (5, 6) or len(row) > 6


LINES: dict[str, Callable[[Sequence[str]], bool]] = {
    "csv": _is_table,
    "keras_yolo3": _is_keras_yolo3,
    "kitti": _is_kitti,
    "open_images": _is_open_images,
    "wider_face": _is_wider_face,
    "yolo": _is_yolo,
}
"""What the first lines of a text file of a format look like."""
