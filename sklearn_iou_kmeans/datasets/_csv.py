"""Read tables of boxes in comma-separated values."""

from array import array
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple, Unpack

import numpy as np
from numpy.typing import NDArray

from ._box_format import (
    BoxFormat,
    check_box_format,
    corners_of,
    likely_format,
    refuse_centers,
)
from ._csv_columns import NO_VALUE, PLAIN_SIZE, Columns, box_texts, find_columns, has_box_columns
from ._errors import AnnotationError
from ._files import PathLike, is_number, numbers, quoted
from ._keras_yolo3 import KERAS_YOLO3
from ._labels import NO_BOX, UNKNOWN_SIZE, Common, Labels
from ._open_images import COLUMNS as OPEN_IMAGES_COLUMNS
from ._open_images import OPEN_IMAGES
from ._reader import Look, Reader
from ._splits import Split, labels_of, single_file
from ._table import cells_of, likely_delimiter, read_table
from ._via import VIA

if TYPE_CHECKING:
    from sklearn.utils import Bunch

LAYOUT = (
    "Such a file has columns for two corners, for a corner and the size, for the center and the "
    "size, for the size only, or one column for a box as [x, y, w, h]."
)


MANY = 4
"""How many numbers in columns of unknown meaning can be a box."""


class Table(NamedTuple):
    """The cells of a table that are read."""

    values: NDArray[np.float64]
    """The 4 numbers of each box, or NaN if it has none; or the 2 of its size."""
    category: list[str]
    image: list[str]
    image_size: NDArray[np.float64]
    n_other_numbers: int
    """How many other cells of the first row are numbers."""


def load_csv(
    path: PathLike,
    *,
    columns: Sequence[str | int] | None = None,
    box_format: BoxFormat | None = None,
    category_column: str | int | None = None,
    image_column: str | int | None = None,
    delimiter: str | None = None,
    split: Split = None,
    **common: Unpack[Common],
) -> "Bunch":
    r"""Read the boxes of a plain CSV file, one box per row.

    If the columns can be interpreted in two ways, an error names both, and the option that decides.

    Parameters
    ----------
    path : str or path-like
        The CSV file, plain or compressed with gzip; or a folder with one such file, or with one in
        each of the folders train, valid and test.
    columns : sequence of 4, 2 or 1 str or int, or None, default=None
        The four columns of the box, in the order of `box_format`; the two columns of width and
        height; or one column with boxes such as "[10, 20, 40, 20]". A column is given by its name,
        or by its position counted from 1, which also works without a header. By default, columns
        are found by common names, in upper or lower case: xmin, ymin, xmax, ymax; x1, y1, x2, y2;
        left, top, right, bottom; x, y, width, height; x, y, w, h; cx, cy, w, h; bbox; width,
        height; w, h; and some more.
    box_format : {"xyxy", "xywh", "cxcywh"} or None, default=None
        Meaning of the four numbers of a box: two corners, a corner and the size, or the center and
        the size. By default detected from the names of the columns or from the numbers.
    category_column : str, int or None, default=None
        The column of the category; by default one called class, category, label, class_name or the
        like. Without one, all boxes are of the category "".
    image_column : str, int or None, default=None
        The column of the image; by default one called filename, image, image_id, path or the like.
        Without one, all boxes are of one image, called "".
    delimiter : str or None, default=None
        Separator of the cells; by default the comma, semicolon, tab or vertical bar, whichever is
        most frequent in the first line.
    split : str, iterable of str or None, default=None
        Splits to read from a folder with a file in each of train, valid and test. By default the
        train split.
    **common : dict
        `categories`, `image_size`, `images`, `clip`, `min_size` and `max_unpacked`, as for
        :func:`load_annotations`.

    Returns
    -------
    boxes : :class:`~sklearn.utils.Bunch`
        The fields are those of :func:`load_annotations`. Coordinates that are all from 0 to 1 are
        relative to the image: they are scaled to pixels where the sizes of the images are known, or
        else `unit` is "relative". Boxes of which only the size is known are (0, 0, width, height).
        `image_size` comes from the columns image_width and image_height, img_w and img_h or the
        like, or from width and height if they are not those of the box. The reasons in `skipped`
        are "no box" (all its cells are empty), "other category", "zero or negative size" and
        "outside the image"; the boxes and these counts add up to the rows of the table.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is empty or damaged; if there are no columns for boxes, or they can be read in
        two ways; if a cell is not a number, with its line; if rows of one image differ in its
        size; or if there are no boxes of one of the `categories`.

    See Also
    --------
    load_annotations : Read annotations in any format.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from sklearn_iou_kmeans.datasets import load_csv
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "boxes.csv")
    ...     _ = file.write_text("image,x,y,w,h,label\na.jpg,10,20,40,20,car")
    ...     load_csv(file).data
    array([[10., 20., 50., 40.]])
    """
    options = {
        "columns": columns,
        "box_format": box_format,
        "category_column": category_column,
        "image_column": image_column,
        "delimiter": delimiter,
        "split": split,
    }
    return CSV.load(path, options, common)


def _read(
    path: PathLike,
    *,
    columns: Sequence[str | int] | None = None,
    box_format: BoxFormat | None = None,
    category_column: str | int | None = None,
    image_column: str | int | None = None,
    delimiter: str | None = None,
    split: Split = None,
) -> Labels:
    check_box_format(box_format)
    found = single_file(path, ".csv", split)
    labels = labels_of(found)
    for file, name in found.files:
        first, rows = read_table(file, LAYOUT, delimiter)
        there = find_columns(first, file, columns, category_column, image_column, LAYOUT)
        if columns is None and set(first) >= set(OPEN_IMAGES_COLUMNS):
            raise AnnotationError(
                f"{file} has the columns of Open Images, {', '.join(OPEN_IMAGES_COLUMNS)}, whose "
                "boxes are relative to the image.",
                "Read it as {format}open_images, or name the columns with {columns}.",
            )
        if not there.has_header:
            rows = iter([(f"{file}, line 1", first), *rows])
        _add(labels, _table(rows, there), there, file, found.prefix(name), box_format)
    return labels


def _table(rows: Iterable[tuple[str, list[str]]], columns: Columns) -> Table:
    """Extract the columns that are read from the rows."""
    values, image_size = array("d"), array("d")
    category: list[str] = []
    image: list[str] = []
    n_values = 2 if len(columns.box) == 2 else 4
    read = {*columns.box, *columns.image_size, columns.category, columns.image}
    n_other_numbers = 0
    for where, row in rows:
        if not category:
            others = (cell for column, cell in enumerate(row) if column not in read)
            n_other_numbers = sum(map(is_number, others))
        texts = box_texts([row[column] for column in columns.box])
        if len(columns.box) == 1 and len(texts) not in (0, 4) and not _is_blank(texts):
            raise AnnotationError(f"{where}: {quoted(texts)} is not 4 numbers. {LAYOUT}")
        blank = _is_blank(texts)
        values.extend([np.nan] * n_values if blank else numbers(texts, where, LAYOUT))
        sizes = [row[column] for column in columns.image_size]
        known = sizes and not any(cell.lower() in NO_VALUE for cell in sizes)
        image_size.extend(numbers(sizes, where, LAYOUT) if known else UNKNOWN_SIZE)
        category.append("" if columns.category is None else row[columns.category])
        image.append("" if columns.image is None else row[columns.image])
    return Table(
        np.array(values).reshape(-1, n_values),
        category,
        image,
        np.array(image_size).reshape(-1, 2),
        n_other_numbers,
    )


def _is_blank(texts: Sequence[str]) -> bool:
    return all(text.lower() in NO_VALUE for text in texts)


def _add(
    labels: Labels,
    table: Table,
    columns: Columns,
    path: PathLike,
    prefix: str,
    box_format: str | None,
) -> None:
    """Add the rows of a table as labels."""
    size = table.image_size
    corners = _corners(table, columns, path, box_format)
    if columns.plain_size and _are_sizes_of_boxes(corners, size):
        size = np.full_like(size, np.nan)
    sizes: list[tuple[float, ...]] = [
        (width, height) if width > 0 and height > 0 else UNKNOWN_SIZE
        for width, height in size.tolist()
    ]
    if columns.image is None:  # then rows of one size may be of one image, and others are not
        keys: Sequence[object] = sizes
    else:
        keys, sizes = table.image, _sizes_by_image(table.image, sizes, columns, path)
    images: dict[object, int] = {}
    for key, box, name, one_size, category in zip(
        keys, corners.tolist(), table.image, sizes, table.category, strict=True
    ):
        if key not in images:
            images[key] = labels.add_image(prefix + name, one_size)
        labels.add(images[key], category, box, "no box" if np.isnan(box[0]) else "")


def _corners(
    table: Table, columns: Columns, path: PathLike, box_format: str | None
) -> NDArray[np.float64]:
    """Return the corners of the boxes, in the format that the user or the names of columns say."""
    if table.values.shape[1] == 2:
        _refuse_sizes_of_images(table, columns, path)
        corners = np.hstack([np.zeros_like(table.values), table.values])
        corners[np.isnan(table.values[:, 0])] = NO_BOX
        return corners
    if box_format is None:
        _refuse_points(table, columns, path)
    if box_format is None and columns.box_format == "xywh":
        refuse_centers(table.values, table.image_size, path)
    box_format = box_format or columns.box_format
    box_format = box_format or likely_format(table.values, table.image_size, path)
    return corners_of(table.values, box_format)


def _sizes_by_image(
    names: Sequence[str], sizes: Sequence[tuple[float, ...]], columns: Columns, path: PathLike
) -> list[tuple[float, ...]]:
    """Return the size of the image of each row, which may be given in another row of the image."""
    known: dict[str, tuple[float, ...]] = {}
    for name, size in zip(names, sizes, strict=True):
        if size is UNKNOWN_SIZE:
            continue
        if known.setdefault(name, size) != size:
            one, other = ("x".join(f"{side:g}" for side in two) for two in (known[name], size))
            called = ", which are only called width and height" * columns.plain_size
            raise AnnotationError(
                f"{path}: the image {quoted(name)} is {one} in one row and {other} in another. "
                f"Correct the rows; or rename the columns of the size{called}, if they are not "
                "those of the image."
            )
    return [known.get(name, UNKNOWN_SIZE) for name in names]


def _are_sizes_of_boxes(corners: NDArray[np.float64], size: NDArray[np.float64]) -> bool:
    """Whether width and height, in addition to corners, are those of the boxes."""
    there = ~np.isnan(corners[:, 0]) & ~np.isnan(size[:, 0])
    with np.errstate(over="ignore", invalid="ignore"):
        sides = corners[there, 2:] - corners[there, :2]
    return bool(there.any()) and bool((abs(sides - size[there]) <= 1).all())


def _refuse_sizes_of_images(table: Table, columns: Columns, path: PathLike) -> None:
    """Raise if width and height, found by name, may be those of the images."""
    if columns.named:
        return
    if not columns.plain_size and (abs(table.values - table.image_size) > 0).any():
        return  # the size of the image is in columns of its own
    if columns.image is None:
        may_be_of_images = table.n_other_numbers >= MANY
        why = f"{table.n_other_numbers} other columns hold numbers, and can be the box"
    else:
        may_be_of_images = _is_one_per_image(table.values, table.image)
        why = "they are the same in all rows of an image"
    if may_be_of_images:
        names = " and ".join(columns.names)
        raise AnnotationError(
            f"{path}: {names} can be the size of the boxes or of the images, because {why}.",
            "If they are the size of the boxes, choose {size_columns}. Otherwise name the columns "
            "of the box: {columns}.",
        )


def _refuse_points(table: Table, columns: Columns, path: PathLike) -> None:
    """Raise if the boxes, found by the names of columns, may be points in images of that size."""
    if columns.named or columns.image_size or columns.names[2:] != PLAIN_SIZE:
        return
    there = ~np.isnan(table.values[:, 0])
    points, sizes = table.values[there, :2], table.values[there, 2:]
    images = [name for name, is_there in zip(table.image, there, strict=True) if is_there]
    if (
        ((points >= 0) & (points <= sizes)).all()
        and _is_one_per_image(sizes, images)
        and len(np.unique(points, axis=0)) > len(set(images))
    ):
        names = ", ".join(columns.names)
        raise AnnotationError(
            f"{path}: {names} can be boxes, or points in images of that width and height, because "
            "they are the same in all rows of an image and no point is outside.",
            "If they are boxes, choose {box_format}" + f"{columns.box_format}. Points have no "
            "size, so there are no anchors for them.",
        )


def _is_one_per_image(sizes: NDArray[np.float64], images: Sequence[str]) -> bool:
    """Whether all rows of an image have the same size."""
    known: dict[str, list[float]] = {}
    rows = zip(images, sizes.tolist(), strict=True)
    return all(known.setdefault(name, size) == size for name, size in rows)


def _recognises(look: Look) -> bool:
    """Check for columns of boxes, or at least for rows of the same length as the first."""
    others = (OPEN_IMAGES, KERAS_YOLO3, VIA)
    if look.kind != "text" or any(reader.recognises(look) for reader in others):
        return False
    delimiter = likely_delimiter(look.lines[0])
    first = cells_of(look.lines[0], delimiter)
    if has_box_columns(first):
        return True
    return len(first) > 1 and all(
        len(cells_of(line, delimiter)) == len(first) for line in look.lines
    )


CSV = Reader(
    name="csv",
    summary="any other CSV file with or without a header, or a folder with one; columns are "
    "found by their usual names, or given",
    read=_read,
    recognises=_recognises,
    suffixes=(".csv",),
)
