"""Plain tables of boxes, as comma-separated values with named columns."""

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from sklearn.utils import Bunch

from ._boxes import NO_BOX, UNKNOWN_SIZE, Labels, boxes_bunch
from ._files import PathLike, numbers, quoted
from ._table import read_table

LAYOUT = (
    "Such a file has a header, and columns for two corners, for a corner and the size, for the "
    "center and the size, or for the size only."
)

BOX_COLUMNS = {
    ("xmin", "ymin", "xmax", "ymax"): "xyxy",
    ("x_min", "y_min", "x_max", "y_max"): "xyxy",
    ("bbox_xmin", "bbox_ymin", "bbox_xmax", "bbox_ymax"): "xyxy",
    ("x1", "y1", "x2", "y2"): "xyxy",
    ("left", "top", "right", "bottom"): "xyxy",
    ("bbox_x", "bbox_y", "bbox_width", "bbox_height"): "xywh",
    ("bbox_left", "bbox_top", "bbox_width", "bbox_height"): "xywh",
    ("left", "top", "width", "height"): "xywh",
    ("x", "y", "width", "height"): "xywh",
    ("x", "y", "w", "h"): "xywh",
    ("cx", "cy", "width", "height"): "cxcywh",
    ("cx", "cy", "w", "h"): "cxcywh",
    ("bbox_width", "bbox_height"): "wh",
    ("width", "height"): "wh",
    ("w", "h"): "wh",
}
CATEGORY_COLUMNS = (
    "class", "category", "label", "class_name", "category_name", "label_name", "labelname", "name",
)  # fmt: skip
IMAGE_COLUMNS = (
    "filename", "file_name", "image", "image_name", "image_path", "image_id", "imageid", "path",
    "file", "patientid",
)  # fmt: skip
IMAGE_SIZE_COLUMNS = (
    ("image_width", "image_height"),
    ("img_width", "img_height"),
    ("width", "height"),
)

RELATIVE_COLUMNS = {"ImageID", "LabelName", "XMin", "XMax", "YMin", "YMax"}

NO_VALUE = {"", "nan", "na", "n/a", "null", "none"}


class Columns(NamedTuple):
    """Where in a row the fields are; None or () for those that the table does not have."""

    box: tuple[int, ...]
    box_format: str
    category: int | None
    image: int | None
    image_size: tuple[int, ...]


def load_csv(
    path: PathLike,
    *,
    columns: Sequence[str] | None = None,
    box_format: Literal["xyxy", "xywh", "cxcywh"] = "xyxy",
    category_column: str | None = None,
    image_column: str | None = None,
    delimiter: str = ",",
    categories: str | Iterable[str] | None = None,
) -> Bunch:
    r"""Read the boxes of a plain CSV file with named columns, one box a row.

    Parameters
    ----------
    path : str or path-like
        The CSV file, plain or compressed with gzip. Its first line names the columns.
    columns : sequence of 4 or 2 str, or None, default=None
        The columns of the box, in the order of `box_format`; or those of the width and the height.
        By default the usual names are looked for, whatever their case: xmin, ymin, xmax, ymax; x1,
        y1, x2, y2; left, top, right, bottom; x, y, width, height; x, y, w, h; cx, cy, w, h; width,
        height; w, h; and some more. Corners go first, so that a width beside them is taken for that
        of the image.
    box_format : {"xyxy", "xywh", "cxcywh"}, default="xyxy"
        What four `columns` are: two corners, a corner and the size, or the center and the size.
    category_column : str or None, default=None
        The column of the category; by default one called class, category, label, class_name or the
        like. Without one, all boxes are of the category "".
    image_column : str or None, default=None
        The column of the image; by default one called filename, image, image_id, path or the like.
        Without one, all boxes are of one image, called "".
    delimiter : str, default=","
        What separates the cells: ";" in the files of some spreadsheets, "\t" for tabs.
    categories : str, iterable of str or None, default=None
        The categories to keep; all by default.

    Returns
    -------
    boxes : :class:`~sklearn.utils.Bunch`
        With the fields that :func:`load_bdd100k` describes. `data`, of shape (n_boxes, 4), holds
        the corners in the unit of the file, which should be pixels; of boxes that only have a size,
        (0, 0, width, height). `image_size` comes from the columns image_width and image_height, or
        from width and height if they are not those of the box. The reasons in `skipped` are "no
        box" (all its cells are empty), "other category", "zero or negative size" and "outside the
        image"; they and the boxes add up to the rows of the table.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is empty or damaged; if there are no columns for boxes; if a cell is not a
        number, with its line; or if a category has no box in it.

    See Also
    --------
    load_annotations : Reads any of the formats.

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
    header, rows = read_table(path, LAYOUT, delimiter)
    found = _columns(header, path, columns, box_format, category_column, image_column)
    if columns is None and set(header) >= RELATIVE_COLUMNS:
        raise ValueError(
            f"{path} has the columns of Open Images, {', '.join(sorted(RELATIVE_COLUMNS))}, whose "
            "boxes are relative to the image: read it with load_open_images, or name columns=."
        )
    labels = Labels()
    images: dict[str, int] = {}
    for where, row in rows:
        name = "" if found.image is None else row[found.image]
        if name not in images:
            images[name] = labels.add_image(name, _image_size(row, found, where))
        cells = [row[column] for column in found.box]
        has_box = not all(cell.lower() in NO_VALUE for cell in cells)
        corners = _corners(numbers(cells, where, LAYOUT), found.box_format) if has_box else NO_BOX
        category = "" if found.category is None else row[found.category]
        labels.add(images[name], category, corners, "" if has_box else "no box")
    return boxes_bunch(labels, path, categories)


def usual_box_columns(header: Sequence[str]) -> tuple[str, ...] | None:
    """Return the first of the usual names of columns for boxes that are all in a header."""
    lower = {name.strip().lower() for name in header}
    return next((names for names in BOX_COLUMNS if lower.issuperset(names)), None)


def _columns(
    header: Sequence[str],
    path: PathLike,
    columns: Sequence[str] | None,
    box_format: str,
    category_column: str | None,
    image_column: str | None,
) -> Columns:
    """Find the columns that are named, or else usual ones."""
    if columns is None:
        usual = usual_box_columns(header)
        if usual is None:
            raise ValueError(
                f"{path} has the columns {', '.join(map(quoted, header[:20]))}: which are those of "
                f"the box? Name them with columns=. {LAYOUT}"
            )
        lower = [name.lower() for name in header]
        box, box_format = tuple(map(lower.index, usual)), BOX_COLUMNS[usual]
    else:
        if len(columns) not in (2, 4) or isinstance(columns, str):
            raise ValueError(f"columns is {quoted(columns)}: name the four of a box or two sizes.")
        if box_format not in ("xyxy", "xywh", "cxcywh"):
            raise ValueError(
                f"box_format must be 'xyxy', 'xywh' or 'cxcywh', got {quoted(box_format)}."
            )
        box = tuple(_column(header, name, path) for name in columns)
        box_format = box_format if len(box) == 4 else "wh"
    sizes = (_usual(header, names, box) for names in IMAGE_SIZE_COLUMNS)
    return Columns(
        box,
        box_format,
        _one(header, category_column, CATEGORY_COLUMNS, path),
        _one(header, image_column, IMAGE_COLUMNS, path),
        next((pair for pair in sizes if len(pair) == 2), ()),
    )


def _column(header: Sequence[str], name: str, path: PathLike) -> int:
    if name in header:
        return header.index(name)
    there = ", ".join(map(quoted, header[:20]))
    raise ValueError(f"{path} has no column {quoted(name)}, only {there}.")


def _one(
    header: Sequence[str], name: str | None, usual: Sequence[str], path: PathLike
) -> int | None:
    """Find a column that is named, or else the first of the usual ones, if there is one."""
    if name is not None:
        return _column(header, name, path)
    return next(iter(_usual(header, usual)), None)


def _usual(
    header: Sequence[str], names: Iterable[str], taken: Sequence[int] = ()
) -> tuple[int, ...]:
    """Find those of the usual columns that are there and not taken."""
    lower = [name.lower() for name in header]
    there = (lower.index(name) for name in names if name in lower)
    return tuple(column for column in there if column not in taken)


def _corners(values: Sequence[float], box_format: str) -> tuple[float, float, float, float]:
    if box_format == "wh":
        return 0.0, 0.0, values[0], values[1]
    x, y, right, bottom = values
    if box_format == "xywh":
        return x, y, x + right, y + bottom
    if box_format == "cxcywh":
        return x - right / 2, y - bottom / 2, x + right / 2, y + bottom / 2
    return x, y, right, bottom


def _image_size(row: Sequence[str], columns: Columns, where: str) -> Iterable[float]:
    cells = [row[column] for column in columns.image_size]
    if not cells or any(cell.lower() in NO_VALUE for cell in cells):
        return UNKNOWN_SIZE
    return numbers(cells, where, LAYOUT)
