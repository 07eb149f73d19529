"""Find the columns of the box, the category, the image and its size."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ._errors import AnnotationError
from ._files import PathLike, is_number, quoted

BOX_COLUMNS = {
    ("xmin", "ymin", "xmax", "ymax"): "xyxy",
    ("x_min", "y_min", "x_max", "y_max"): "xyxy",
    ("bbox_xmin", "bbox_ymin", "bbox_xmax", "bbox_ymax"): "xyxy",
    ("bbox_x1", "bbox_y1", "bbox_x2", "bbox_y2"): "xyxy",
    ("x1", "y1", "x2", "y2"): "xyxy",
    ("left", "top", "right", "bottom"): "xyxy",
    ("bbox_x", "bbox_y", "bbox_width", "bbox_height"): "xywh",
    ("bbox_x", "bbox_y", "bbox_w", "bbox_h"): "xywh",
    ("bbox_left", "bbox_top", "bbox_width", "bbox_height"): "xywh",
    ("left", "top", "width", "height"): "xywh",
    ("x", "y", "w", "h"): "xywh",
    ("x", "y", "width", "height"): "xywh",
    ("cx", "cy", "w", "h"): "cxcywh",
    ("cx", "cy", "width", "height"): "cxcywh",
    ("x_center", "y_center", "w", "h"): "cxcywh",
    ("x_center", "y_center", "width", "height"): "cxcywh",
    ("bbox",): None,
    ("box",): None,
    ("bounding_box",): None,
    ("bbox_width", "bbox_height"): "wh",
    ("w", "h"): "wh",
    ("width", "height"): "wh",
}
"""Common names of the columns of a box; with w and h, width and height are those of the image."""

CATEGORY_COLUMNS = (
    "class", "category", "label", "class_name", "category_name", "label_name", "labelname", "name",
)  # fmt: skip
IMAGE_COLUMNS = (
    "filename", "file_name", "image", "image_name", "image_path", "image_id", "imageid", "img",
    "img_name", "img_path", "img_id", "path", "file_path", "filepath", "file", "fname", "patientid",
)  # fmt: skip
PLAIN_SIZE = ("width", "height")
IMAGE_SIZE_COLUMNS = (
    *(
        (f"{image}_{width}", f"{image}_{height}")
        for image in ("image", "img", "im")
        for width, height in (PLAIN_SIZE, ("w", "h"))
    ),
    PLAIN_SIZE,
)

NO_VALUE = {"", "nan", "na", "n/a", "null", "none"}


class Columns(NamedTuple):
    """Positions of the fields in a row; None or () for missing ones."""

    box: tuple[int, ...]
    names: tuple[str, ...]
    named: bool
    """Whether the user named the columns of the box."""
    box_format: str | None
    """The one that the names mean; None if they do not say it."""
    category: int | None
    image: int | None
    image_size: tuple[int, ...]
    plain_size: bool
    """Whether the size of the image is only called width and height."""
    has_header: bool


def has_box_columns(header: Sequence[str]) -> bool:
    """Whether a header has columns for boxes with common names."""
    return _usual_box(header) is not None


def find_columns(
    first: Sequence[str],
    path: PathLike,
    columns: Sequence[str | int] | None,
    category_column: str | int | None,
    image_column: str | int | None,
    layout: str,
) -> Columns:
    """Find the columns, by the names passed or by common names, in the first row of a table."""
    if columns is None:
        usual = _usual_box(first)
        if usual is None:
            raise _no_box_columns(first, path, layout)
        lower = _lower(first)
        for name in usual:
            _check_once(lower, name, path)
        box, names = tuple(map(lower.index, usual)), usual
    else:
        if isinstance(columns, str) or len(columns) not in (1, 2, 4):
            raise AnnotationError(
                f"{quoted(columns)} are not the columns of a box: name four, the two of its size, "
                "or the one that holds the box.",
                "Give {columns} or {size_columns}.",
            )
        box = tuple(_column(first, name, path) for name in columns)
        names = tuple(str(name) for name in columns)
    sizes = [(_usual(first, pair, box), pair) for pair in IMAGE_SIZE_COLUMNS]
    image_size, pair = next((found for found in sizes if len(found[0]) == 2), ((), ()))
    return Columns(
        box,
        names,
        columns is not None,
        BOX_COLUMNS.get(tuple(name.lower() for name in names)),
        _one(first, category_column, CATEGORY_COLUMNS, path),
        _one(first, image_column, IMAGE_COLUMNS, path),
        image_size,
        pair == PLAIN_SIZE,
        _is_header(first, box),
    )


def box_texts(cells: Sequence[str]) -> list[str]:
    """Return the texts of the numbers of a box, which may be in a single cell."""
    if len(cells) > 1:
        return list(cells)
    return [text for text in re.split(r"[\s,;]+", cells[0].strip("[](){} ")) if text]


def _is_header(first: Sequence[str], box: Sequence[int]) -> bool:
    """Whether the first row is no box, but names columns, even if only by their numbers.

    That is how pandas writes a table without names, with or without a column for its index.
    """
    numbers = [str(number) for number in range(len(first))]
    if list(first) in (numbers, ["", *numbers[:-1]]):
        return True
    return not all(map(_is_of_box, box_texts([first[column] for column in box])))


def _is_of_box(text: str) -> bool:
    return is_number(text) or text.lower() in NO_VALUE


def _usual_box(header: Sequence[str]) -> tuple[str, ...] | None:
    """Return the first set of common names of box columns that are all in the header."""
    lower = set(_lower(header))
    return next((names for names in BOX_COLUMNS if lower.issuperset(names)), None)


def _no_box_columns(first: Sequence[str], path: PathLike, layout: str) -> AnnotationError:
    if len(first) == 1:
        return AnnotationError(
            f"{path} has a single column, {quoted(first[0])}, and that is not the box. {layout}",
            "If another character separates the columns, name it, for example {delimiter}':'.",
        )
    if sum(map(is_number, first)) > 1:
        return AnnotationError(
            f"{path} has no header: it begins with the row {quoted(list(first))}.",
            "Name the columns of the box by their positions, counted from 1; "
            "if they are the second to the fifth, {positions}.",
        )
    return AnnotationError(
        f"{path} has the columns {', '.join(map(quoted, first[:20]))}: which are those of the box? "
        f"{layout}",
        "Name them: {columns}.",
    )


def _column(first: Sequence[str], name: str | int, path: PathLike) -> int:
    """Find a column by its position, counted from 1, or else by its name.

    A number is a position even if a cell holds it: without a header, the first row is data.
    """
    if re.fullmatch("[0-9]{1,9}", str(name)):
        if 1 <= int(name) <= len(first):
            return int(name) - 1
    elif name in first:
        _check_once(first, str(name), path)
        return list(first).index(str(name))
    there = ", ".join(map(quoted, first[:20]))
    raise AnnotationError(
        f"{path} has no column {quoted(name)}, only the {len(first)} columns {there}."
    )


def _check_once(header: Sequence[str], name: str, path: PathLike) -> None:
    """Raise if several columns have a name, as after a join of two tables."""
    if list(header).count(name) > 1:
        raise AnnotationError(
            f"{path} has {list(header).count(name)} columns called {quoted(name)}.",
            "Rename them, or name the columns of the box by their positions, counted from 1; if "
            "they are the second to the fifth, {positions}.",
        )


def _one(
    first: Sequence[str], name: str | int | None, usual: Sequence[str], path: PathLike
) -> int | None:
    """Find a column by the name passed, or else the first one with a common name, if any."""
    if name is not None:
        return _column(first, name, path)
    return next(iter(_usual(first, usual)), None)


def _usual(
    first: Sequence[str], names: Iterable[str], taken: Sequence[int] = ()
) -> tuple[int, ...]:
    """Find the columns with common names that are not used yet."""
    lower = _lower(first)
    there = (lower.index(name) for name in names if name in lower)
    return tuple(column for column in there if column not in taken)


def _lower(header: Sequence[str]) -> list[str]:
    return [name.strip().lower() for name in header]
