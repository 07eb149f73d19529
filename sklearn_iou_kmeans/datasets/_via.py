"""The JSON and the CSV of the VGG Image Annotator."""

import math
import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from ._errors import AnnotationError
from ._files import PathLike, files_under, first_lines, quoted, read_bytes, require
from ._json import decode_json
from ._labels import NO_BOX, Common, Labels
from ._reader import Look, Reader
from ._shapes import ELLIPSE, POLYGON, Box, ellipse_box, polygon_box
from ._splits import Split, labels_of, single_file
from ._via_3 import (
    N_COMMENTS,
    images_of_csv_of_version_3,
    images_of_version_3,
    is_csv_of_version_3,
)
from ._via_csv import images_of_csv, is_csv

if TYPE_CHECKING:
    from sklearn.utils import Bunch

LAYOUT = (
    "VIA writes an object of images, or a project with them in _via_img_metadata; an image has a "
    "filename and regions; a region has shape_attributes and region_attributes."
)
CATEGORY_ATTRIBUTES = ("class", "category", "label", "name", "type")


def load_via(
    path: PathLike,
    *,
    category_column: str | None = None,
    split: Split = None,
    **common: Unpack[Common],
) -> "Bunch":
    """Read the boxes of annotations of the VGG Image Annotator, versions 1 to 3.

    Parameters
    ----------
    path : str or path-like
        The JSON file of a project, or annotations exported as JSON or CSV; or a folder with one
        such file, or with one for each split of the data set.
    category_column : str or None, default=None
        The attribute of the regions to use as the category. By default the only attribute, or the
        one called class, category, label, name or type.
    split : str, iterable of str or None, default=None
        Splits of the data set to read, if it has a file for each of train, valid and test. By
        default the train split.
    **common : dict
        `categories`, `image_size`, `images`, `clip`, `min_size` and `max_unpacked`, as for
        :func:`load_annotations`.

    Returns
    -------
    boxes : :class:`~sklearn.utils.Bunch`
        The fields are those of :func:`load_annotations`. For a polygon, a circle or an ellipse, the
        box around it is used. A frame of a video is named after its time in seconds. A region
        without the attribute has the category "". The file does not contain the sizes of the
        images. The reasons in `skipped` are "no box" with the shape, for example "no box (point)",
        "other category" and "zero or negative size"; the boxes and these counts add up to the
        regions of the file.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is empty or not valid (the message names the region); if several attributes can
        be the category; or if there are no boxes of one of the `categories`.
    ImportError
        If msgspec is not installed; install the `io` extra.

    See Also
    --------
    load_annotations : Read annotations in any format.

    Examples
    --------
    >>> import json, pathlib, tempfile
    >>> from sklearn_iou_kmeans.datasets import load_via
    >>> shape = {"name": "rect", "x": 10, "y": 20, "width": 40, "height": 20}
    >>> region = {"shape_attributes": shape, "region_attributes": {"class": "car"}}
    >>> images = {"a.jpg123": {"filename": "a.jpg", "size": 123, "regions": [region]}}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "via.json")
    ...     _ = file.write_text(json.dumps(images))
    ...     load_via(file).data
    array([[10., 20., 50., 40.]])
    """
    return VIA.load(path, {"category_column": category_column, "split": split}, common)


def _read(path: PathLike, *, category_column: str | None = None, split: Split = None) -> Labels:
    require("via", "msgspec")
    has_json = not os.path.isdir(path) or files_under(path, [".json"]).files
    found = single_file(path, ".json" if has_json else ".csv", split)
    labels = labels_of(found)
    for file, name in found.files:
        _add(labels, file, found.prefix(name), category_column)
    return labels


def _add(labels: Labels, path: Path, prefix: str, category_column: str | None) -> None:
    """Add the regions of a file as labels."""
    entries = _entries(path)
    attribute = _category_attribute(entries, category_column, path)
    for key, entry in entries.items():
        image = labels.add_image(prefix + entry.filename)
        for number, region in enumerate(_regions(entry), 1):
            shape = region.shape_attributes
            where = f"{path}, {quoted(key)}, region {number}"
            corners, note = _corners(shape, where)
            category = _category(region.region_attributes.get(attribute))
            reason = "" if corners else f"no box ({shape.name})"
            labels.add(image, category, corners or NO_BOX, reason, note)


def _entries(path: Path) -> dict[str, Any]:
    """Read the images of a project, or of what it exported."""
    import msgspec

    class Shape(msgspec.Struct, gc=False):
        name: str
        x: float | None = None
        y: float | None = None
        width: float | None = None
        height: float | None = None
        cx: float | None = None
        cy: float | None = None
        r: float | None = None
        rx: float | None = None
        ry: float | None = None
        theta: float | None = None
        all_points_x: list[float] | None = None
        all_points_y: list[float] | None = None

    class Region(msgspec.Struct):
        shape_attributes: Shape
        region_attributes: dict[str, Any] = {}

    class Image(msgspec.Struct):
        filename: str
        regions: list[Region] | dict[str, Region] = []

    class Project(msgspec.Struct):
        images: dict[str, Image] = msgspec.field(name="_via_img_metadata")

    content = read_bytes(path)
    if content.lstrip()[:1] not in (b"{", b"["):
        is_3 = is_csv_of_version_3(first_lines(path, N_COMMENTS))
        images = images_of_csv_of_version_3(path) if is_3 else images_of_csv(path)
        return _converted(images, dict[str, Image], path)
    keys = decode_json(content, path, dict[str, msgspec.Raw], LAYOUT).keys()
    if {"metadata", "view"} <= keys:
        return _converted(images_of_version_3(content, path), dict[str, Image], path)
    if "_via_img_metadata" in keys:
        return dict(decode_json(content, path, Project, LAYOUT).images)
    return dict(decode_json(content, path, dict[str, Image], LAYOUT))


def _converted(images: dict[str, Any], record: Any, path: PathLike) -> dict[str, Any]:
    """Convert images that another layout had to the records of version 2."""
    import msgspec

    try:
        return dict(msgspec.convert(images, record))
    except msgspec.ValidationError as error:
        raise AnnotationError(f"{path}: {error}. {LAYOUT}") from None


def _regions(entry: Any) -> list[Any]:
    """Return the regions of an image: version 1 numbers them in an object."""
    return list(entry.regions.values()) if isinstance(entry.regions, dict) else entry.regions


def _category_attribute(entries: dict[str, Any], wanted: str | None, path: PathLike) -> str:
    """Find the attribute that is the category of the regions."""
    names = Counter(
        name
        for entry in entries.values()
        for region in _regions(entry)
        for name in region.region_attributes
    )
    if wanted is not None and (wanted in names or not names):
        return wanted
    usual = [name for name in CATEGORY_ATTRIBUTES if name in names]
    if wanted is None and (len(names) < 2 or usual):
        return next(iter(usual or names), "")
    has = ", ".join(map(quoted, list(names)[:20]))
    raise AnnotationError(
        f"{path}: the category can be any of these attributes of the regions: {has}.",
        "Choose one with {category_column}.",
    )


def _category(value: Any) -> str:
    """Return the text of an attribute; of boxes to tick, those that are."""
    if isinstance(value, dict):
        return ", ".join(name for name, ticked in value.items() if ticked)
    return "" if value is None else str(value)


def _corners(shape: Any, where: str) -> tuple[Box | None, str]:
    """Return the corners of the box of a shape, if it has one, and a note."""
    try:
        if shape.name == "rect":
            x, y, width, height = shape.x, shape.y, shape.width, shape.height
            return (x, y, x + width, y + height), ""
        if shape.name == "circle":
            return ellipse_box(shape.cx, shape.cy, shape.r, shape.r), ELLIPSE
        if shape.name == "ellipse":
            degrees = math.degrees(shape.theta or 0)
            return ellipse_box(shape.cx, shape.cy, shape.rx, shape.ry, degrees), ELLIPSE
        if shape.name in ("polygon", "extreme_rect"):
            pairs = zip(shape.all_points_x, shape.all_points_y, strict=True)
            box = polygon_box([side for point in pairs for side in point])
            return box, POLYGON if shape.name == "polygon" else ""
    except (TypeError, ValueError):
        raise AnnotationError(
            f"{where}: a {shape.name} lacks some of its numbers. {LAYOUT}"
        ) from None
    return None, ""


def _recognises(look: Look) -> bool:
    if look.kind == "text":
        return is_csv(look) or is_csv_of_version_3(look.lines)
    return not look.is_list and (
        "_via_img_metadata" in look.keys
        or {"metadata", "view", "attribute"} <= look.keys
        or {"filename", "regions"} <= look.inner_keys
    )


VIA = Reader(
    name="via",
    summary="JSON file of the VGG Image Annotator, or the CSV that it exports, or a folder with "
    "one; for polygons, circles and ellipses, the box around them is used; no image sizes",
    read=_read,
    recognises=_recognises,
    suffixes=(".json", ".csv"),
)
