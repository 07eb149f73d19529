"""Read Parquet tables of objects, as in data sets on Hugging Face."""

import io
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from ._box_format import BoxFormat, check_box_format, corners_of, likely_format
from ._errors import AnnotationError
from ._files import PathLike, check_unpacked, quoted, require
from ._labels import UNKNOWN_SIZE, Common, Labels
from ._reader import Look, Reader
from ._splits import Split, labels_of, named_under

if TYPE_CHECKING:
    from sklearn.utils import Bunch

LAYOUT = (
    "Such a table has an image a row, and a column objects with the lists bbox and category, or "
    "with a list of bbox and category."
)
BOX_FIELDS = ("bbox", "bboxes", "boxes")
CATEGORY_FIELDS = ("category", "categories", "category_id", "label", "labels", "class")
ID_COLUMNS = ("file_name", "filename", "image_path", "path", "image_id", "id")


def load_parquet(
    path: PathLike,
    *,
    box_format: BoxFormat | None = None,
    split: Split = None,
    **common: Unpack[Common],
) -> "Bunch":
    """Read the boxes of Parquet tables of objects, as in data sets on Hugging Face.

    Parameters
    ----------
    path : str or path-like
        The Parquet file, or a folder of such files. Pictures in it are not decoded.
    box_format : {"xyxy", "xywh", "cxcywh"} or None, default=None
        Meaning of the four numbers of a box: two corners, a corner and the size, or the center and
        the size. By default detected from the numbers; if they could be either of the first two,
        an error says so.
    split : str, iterable of str or None, default=None
        Splits of the data set to read, according to the names of folders or of files such as
        ``train-00000-of-00002.parquet``. By default the train split.
    **common : dict
        `categories`, `image_size`, `images`, `clip`, `min_size` and `max_unpacked`, as for
        :func:`load_annotations`.

    Returns
    -------
    boxes : :class:`~sklearn.utils.Bunch`
        The fields are those of :func:`load_annotations`. Images are named after a column file_name,
        image_id or the like, or else by the number of their row. Their sizes come from the columns
        width and height, or else from the headers of the pictures in the table. Categories have the
        names that the table has for their numbers. The reasons in `skipped` are "other category",
        "unknown category" (a number without a name), "zero or negative size" and "outside the
        image"; the boxes and these counts add up to the objects of the table.

    Raises
    ------
    FileNotFoundError
        If there is no such file or folder.
    ValueError
        If a file is damaged or has no column of objects; if its boxes can be read in two ways; or
        if there are no boxes of one of the `categories`.
    ImportError
        If pyarrow is not installed; install the `parquet` extra.

    See Also
    --------
    load_annotations : Read annotations in any format.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import pyarrow, pyarrow.parquet
    >>> from sklearn_iou_kmeans.datasets import load_parquet
    >>> objects = {"bbox": [[10.0, 20.0, 40.0, 10.0]], "category": [0]}
    >>> table = pyarrow.table({"image_id": [7], "objects": [objects]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "train.parquet")
    ...     pyarrow.parquet.write_table(table, file)
    ...     load_parquet(file).data
    array([[10., 20., 50., 30.]])
    """
    return PARQUET.load(path, {"box_format": box_format, "split": split}, common)


def _read(path: PathLike, *, box_format: BoxFormat | None = None, split: Split = None) -> Labels:
    require("parquet", "pyarrow", extra="parquet")
    check_box_format(box_format)
    found = named_under(path, ".parquet", split, by_name=True)
    labels = labels_of(found)
    for file, name in found.files:
        _add(labels, file, name, found.prefix(name), box_format)
    return labels


def _add(labels: Labels, file: Path, name: str, prefix: str, box_format: str | None) -> None:
    """Add the objects of a file, in which each row is an image."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(file)
        schema = table.schema_arrow
        box, category = _object_fields(schema, file)
        names = _category_names(schema, category)
        images: list[int] = []
        boxes: list[list[float]] = []
        categories: list[Any] = []
        for row, record in enumerate(_records(table, schema, file)):
            try:
                image_name, size = _image(record)
                objects = list(_objects(record["objects"] or (), box, category))
                unique = prefix + image_name if image_name else f"{name}, row {row}"
                image = labels.add_image(unique, size)
            except (AttributeError, KeyError, TypeError, ValueError):
                raise AnnotationError(
                    f"{file}, row {row}: {quoted(record)} is not an image with objects. {LAYOUT}"
                ) from None
            for one, code in objects:
                images.append(image)
                boxes.append(one)
                categories.append(code)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise AnnotationError(
            f"{file} is damaged or not a Parquet file: {str(error).rstrip('.')}. Copy it again."
        ) from None
    values = _numbers(boxes, file)
    sizes = np.reshape(labels.image_size, (-1, 2))[images] if images else np.empty((0, 2))
    corners = corners_of(values, box_format or likely_format(values, sizes, file))
    for image, code, box_corners in zip(images, categories, corners.tolist(), strict=True):
        known = names.get(code, None) if names else "" if code is None else str(code)
        labels.add(image, known, box_corners, "unknown category" if known is None else "")


def _object_fields(schema: Any, file: Path) -> tuple[str, str | None]:
    """Find the fields of the box and of the category in the column of objects."""
    import pyarrow as pa

    there = ", ".join(map(quoted, schema.names[:20]))
    if "objects" not in schema.names:
        raise AnnotationError(f"{file} has no column 'objects', only {there}. {LAYOUT}")
    kind = schema.field("objects").type
    kind = kind.value_type if pa.types.is_list(kind) or pa.types.is_large_list(kind) else kind
    fields = [kind.field(i).name for i in range(kind.num_fields)]
    box = next((name for name in BOX_FIELDS if name in fields), None)
    if box is None:
        raise AnnotationError(f"{file}: objects has no bbox, only {quoted(fields)}. {LAYOUT}")
    return box, next((name for name in CATEGORY_FIELDS if name in fields), None)


def _category_names(schema: Any, category: str | None) -> dict[Any, str]:
    """Return the names of the categories by number, from the metadata of the table."""
    try:
        features = json.loads(schema.metadata[b"huggingface"])["info"]["features"]
        objects = features["objects"]
        objects = objects[0] if isinstance(objects, list) else objects
        feature = objects.get("feature", objects)[category]
        return dict(enumerate(map(str, feature.get("feature", feature)["names"])))
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError):
        return {}


def _records(table: Any, schema: Any, file: Path) -> Iterator[dict[str, Any]]:
    """Yield what is read of each image: its objects, its name and its size or its picture.

    Values that repeat take next to no place in a file, so what it says of its size is not enough.
    """
    id_column = next((name for name in ID_COLUMNS if name in schema.names), None)
    has_size = {"width", "height"} <= set(schema.names)
    has_picture = "image" in schema.names and not has_size
    columns = {"objects": "objects", "image": "image"} if has_picture else {"objects": "objects"}
    columns |= {id_column: "name"} if id_column else {}
    columns |= {"width": "width", "height": "height"} if has_size else {}
    n_bytes = 0
    for batch in table.iter_batches(64, columns=list(columns)):
        n_bytes += batch.nbytes
        check_unpacked(n_bytes, os.path.getsize(file), file)
        for record in batch.to_pylist():
            yield {columns[name]: value for name, value in record.items()}


def _image(record: dict[str, Any]) -> tuple[str, tuple[float, float]]:
    """Return the name and the size of an image."""
    picture = record.get("image") or {}
    name = record["name"] if "name" in record else picture.get("path")
    if "width" in record:
        size = (float(record["width"] or 0), float(record["height"] or 0))
    else:
        size = _picture_size(picture)
    return "" if name is None else str(name), size


def _picture_size(picture: dict[str, Any]) -> tuple[float, float]:
    """Return the size of a picture in a table from its header."""
    content = picture.get("bytes")
    if not content:
        return UNKNOWN_SIZE
    require("parquet", "imagesize")
    import imagesize

    width, height = imagesize.get(io.BytesIO(content))
    return (width, height) if width > 0 and height > 0 else UNKNOWN_SIZE


def _objects(objects: Any, box: str, category: str | None) -> Iterator[tuple[list[float], Any]]:
    """Yield the box and the category of each object, from lists or from a list of objects."""
    if isinstance(objects, dict):
        boxes = list(objects[box] or ())
        codes = (objects[category] if category else None) or [None] * len(boxes)
        yield from zip(boxes, codes, strict=True)
    else:
        yield from ((one[box], one[category] if category else None) for one in objects)


def _numbers(boxes: list[Any], file: Path) -> Any:
    """Return the boxes as an array; raise for one that is not four numbers."""
    for number, box in enumerate(boxes, 1):
        if not (isinstance(box, list) and len(box) == 4 and all(map(_is_real, box))):
            raise AnnotationError(f"{file}, object {number}: {quoted(box)} is not 4 numbers.")
    values = np.array(boxes, dtype=np.float64).reshape(-1, 4)
    if not np.isfinite(values).all():
        number = int(np.flatnonzero(~np.isfinite(values).all(axis=1))[0])
        raise AnnotationError(
            f"{file}, object {number + 1}: {quoted(boxes[number])} is not finite."
        )
    return values


def _is_real(value: Any) -> bool:
    return isinstance(value, int | float)


def _recognises(look: Look) -> bool:
    return look.start.startswith(b"PAR1")


PARQUET = Reader(
    name="parquet",
    summary="Parquet file with the column objects of Hugging Face data sets, or a folder of them",
    read=_read,
    recognises=_recognises,
    suffixes=(".parquet",),
)
