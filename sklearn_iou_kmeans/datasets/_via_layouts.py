"""VIA's other layouts, CSV and version 3, as the images of version 2."""

import json
from pathlib import Path
from typing import Any

from ._errors import AnnotationError
from ._files import PathLike, quoted
from ._json import decode_json
from ._reader import Look
from ._table import read_table

CSV_COLUMNS = ("filename", "file_size", "region_shape_attributes", "region_attributes")
CSV_LAYOUT = (
    "VIA writes a CSV row for each region, with region_shape_attributes and region_attributes as "
    "JSON."
)
LAYOUT_3 = (
    "A project of VIA 3 has the objects attribute, file, view and metadata; a region in metadata "
    "has the vid of its view, xy = [shape, coordinates] and av, the values of attributes."
)
SHAPES_3 = {
    1: "point", 2: "rect", 3: "circle", 4: "ellipse", 5: "line", 6: "polyline", 7: "polygon",
    8: "extreme_rect", 9: "extreme_circle",
}  # fmt: skip
COORDINATES = {
    "rect": ("x", "y", "width", "height"),
    "circle": ("cx", "cy", "r"),
    "ellipse": ("cx", "cy", "rx", "ry"),
}


def is_csv(look: Look) -> bool:
    """Say whether a text is VIA's CSV, from its header."""
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
        raise AnnotationError(f"{where}: {quoted(text)} is no JSON object. {CSV_LAYOUT}")
    return value


def images_of_version_3(content: bytes, path: Path) -> dict[str, Any]:
    """Read the images of a project of VIA 3: the files, and the frames of videos with regions.

    What has no place, as metadata of a whole file or of a time segment, is not a region.
    """
    import msgspec

    class Attribute(msgspec.Struct):
        aname: str
        options: dict[str, str] = {}

    class File(msgspec.Struct):
        fname: str

    class View(msgspec.Struct):
        fid_list: list[str | int]

    class Metadata(msgspec.Struct):
        vid: str
        xy: list[float] = []
        z: list[float] = []
        av: dict[str, Any] = {}

    class Project(msgspec.Struct):
        attribute: dict[str, Attribute]
        file: dict[str, File]
        view: dict[str, View]
        metadata: dict[str, Metadata]

    project = decode_json(content, path, Project, LAYOUT_3)
    images = {fid: {"filename": file.fname, "regions": []} for fid, file in project.file.items()}
    for key, region in project.metadata.items():
        if not region.xy:
            continue
        where = f"{path}, metadata {quoted(key)}"
        view = project.view.get(region.vid)
        fid = str(view.fid_list[0]) if view and len(view.fid_list) == 1 else None
        if fid not in project.file:
            raise AnnotationError(
                f"{where}: the view {quoted(region.vid)} is not one of a single file. {LAYOUT_3}"
            )
        image = f"{fid} {region.z}" if region.z else fid
        name = project.file[fid].fname
        if region.z:
            frame = {"filename": f"{name}, {region.z[0]:g} s", "regions": []}
            images.setdefault(image, frame)
        images[image]["regions"].append(
            {
                "shape_attributes": _shape(region.xy, where),
                "region_attributes": _attributes(region.av, project.attribute),
            }
        )
    return images


def _shape(xy: list[float], where: str) -> dict[str, Any]:
    """Write a shape as version 2 does: by the names of its coordinates."""
    kind, *values = xy
    if kind not in SHAPES_3:
        raise AnnotationError(f"{where}: xy is {quoted(xy)}, of no known shape. {LAYOUT_3}")
    name = SHAPES_3[int(kind)]
    if name in COORDINATES:
        return {"name": name, **dict(zip(COORDINATES[name], values, strict=False))}
    if name in ("polygon", "extreme_rect"):
        return {"name": name, "all_points_x": values[::2], "all_points_y": values[1::2]}
    return {"name": name}


def _attributes(values: dict[str, Any], attributes: dict[str, Any]) -> dict[str, str]:
    """Name the attributes of a region and, where they are chosen from options, the values."""
    named: dict[str, str] = {}
    for number, value in values.items():
        if number in attributes:
            options = attributes[number].options
            chosen = str(value).split(",") if options else [str(value)]
            named[attributes[number].aname] = ", ".join(options.get(one, one) for one in chosen)
    return named
