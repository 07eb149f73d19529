"""VIA's CSV of versions 1 and 2, as the images of its JSON."""

import json
from typing import Any

from ._errors import AnnotationError
from ._files import PathLike, quoted
from ._reader import Look
from ._table import read_table

CSV_COLUMNS = ("filename", "file_size", "region_shape_attributes", "region_attributes")
CSV_LAYOUT = (
    "VIA writes a CSV row for each region, with region_shape_attributes and region_attributes as "
    "JSON."
)


def is_csv(look: Look) -> bool:
    """Check for the header of VIA's CSV."""
    return bool(look.lines) and set(CSV_COLUMNS) <= set(_columns(look.lines[0].split(",")))


def _columns(header: list[str]) -> list[str]:
    """Return the names of the columns: version 1 has a # before the first."""
    return [name.strip().removeprefix("#") for name in header]


def images_of_csv(path: PathLike) -> dict[str, Any]:
    """Read the images of VIA's CSV; an image without regions has a row with an empty shape."""
    header, rows = read_table(path, CSV_LAYOUT)
    columns = _columns(header)
    missing = [name for name in CSV_COLUMNS if name not in columns]
    if missing:
        raise AnnotationError(f"{path} has no column {', '.join(missing)}. {CSV_LAYOUT}")
    fields = [columns.index(name) for name in CSV_COLUMNS]
    images: dict[str, Any] = {}
    for where, row in rows:
        name, size, shape, attributes = (row[field] for field in fields)
        image = images.setdefault(name + size, {"filename": name, "regions": []})
        region = {
            "shape_attributes": _object(shape, where),
            "region_attributes": _object(attributes, where),
        }
        if region["shape_attributes"]:
            image["regions"].append(region)
    return images


def _object(text: str, where: str) -> dict[str, Any]:
    """Parse the JSON object of a cell."""
    try:
        value = json.loads(text or "{}")
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise AnnotationError(f"{where}: {quoted(text)} is not a JSON object. {CSV_LAYOUT}")
    return value
