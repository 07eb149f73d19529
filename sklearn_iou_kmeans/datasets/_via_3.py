"""VIA 3: its projects and the CSV that it exports, as the images of version 2."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ._errors import AnnotationError
from ._files import quoted, read_lines
from ._json import decode_json
from ._table import rows_of

LAYOUT = (
    "A project of VIA 3 has the objects attribute, file, view and metadata; a region in metadata "
    "has the vid of its view, xy = [shape, coordinates] and av, the values of attributes."
)
CSV_LAYOUT = (
    "VIA 3 writes a CSV row for each region, with file_list, temporal_coordinates, "
    "spatial_coordinates = [shape, coordinates] and metadata, the values of attributes, as JSON."
)
CSV_COLUMNS = {
    "file_list": list[str],
    "temporal_coordinates": list[float],
    "spatial_coordinates": list[float],
    "metadata": dict[str, Any],
}
N_COMMENTS = 100
HEADER, ATTRIBUTES = "# CSV_HEADER = ", ("# ATTRIBUTE = ", "# ATTRIBUTES = ")
SHAPES = {
    1: "point", 2: "rect", 3: "circle", 4: "ellipse", 5: "line", 6: "polyline", 7: "polygon",
    8: "extreme_rect", 9: "extreme_circle",
}  # fmt: skip
COORDINATES = {
    "rect": ("x", "y", "width", "height"),
    "circle": ("cx", "cy", "r"),
    "ellipse": ("cx", "cy", "rx", "ry"),
}

Images = dict[str, dict[str, Any]]
Attributes = dict[str, tuple[str, dict[str, str]]]


def is_csv_of_version_3(lines: Sequence[str]) -> bool:
    """Check for the CSV of VIA 3, which names its columns in a comment."""
    return any(map(_columns, lines[:N_COMMENTS]))


def images_of_version_3(content: bytes, path: Path) -> Images:
    """Read the images of a project: the files, and the frames of videos with regions.

    Metadata without coordinates, of a whole file or of a time segment, are not regions.
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

    project = decode_json(content, path, Project, LAYOUT)
    attributes = {
        number: (attribute.aname, attribute.options)
        for number, attribute in project.attribute.items()
    }
    images: Images = {
        fid: {"filename": file.fname, "regions": []} for fid, file in project.file.items()
    }
    for key, region in project.metadata.items():
        if not region.xy:
            continue
        where = f"{path}, metadata {quoted(key)}"
        view = project.view.get(region.vid)
        fid = str(view.fid_list[0]) if view and len(view.fid_list) == 1 else None
        if fid is None or fid not in project.file:
            raise AnnotationError(
                f"{where}: the view {quoted(region.vid)} does not show exactly one file. {LAYOUT}"
            )
        values = _named(region.av, attributes)
        _add(images, fid, project.file[fid].fname, region.z, _shape(region.xy, where), values)
    return images


def images_of_csv_of_version_3(path: Path) -> Images:
    """Read the images of the CSV that VIA 3 exports, in which only those with regions are.

    Comments on top name the attributes and the columns; in a table without the names of attributes
    their numbers stand for them.
    """
    attributes: Attributes = {}
    columns: list[str] = []

    def without_comments() -> Iterator[str]:
        for number, line in enumerate(read_lines(path), 1):
            columns.extend([] if columns else _columns(line))
            if line.startswith(ATTRIBUTES):
                attributes.update(_attributes(line, f"{path}, line {number}"))
            is_comment = line.lstrip('"').startswith("#") or not line.strip()
            if not (columns or is_comment):
                raise AnnotationError(
                    f"{path}, line {number}: {quoted(line)} is above the names of the columns. "
                    f"{CSV_LAYOUT}"
                )
            is_row = columns and not line.startswith("#") and not _columns(line)
            yield line if is_row else ""

    images: Images = {}
    for where, row in rows_of(without_comments(), path, CSV_LAYOUT, ","):
        cells = dict(zip(columns, row, strict=False))
        names, z, xy, values = (
            decode_json(cells.get(name, "").encode(), f"{where}, {name}", kind, CSV_LAYOUT)
            for name, kind in CSV_COLUMNS.items()
        )
        if not xy:
            continue
        if len(names) != 1:
            raise AnnotationError(
                f"{where}: {quoted(names)} is not a list of one file. {CSV_LAYOUT}"
            )
        _add(images, names[0], names[0], z, _shape(xy, where), _named(values, attributes))
    if not columns:
        raise AnnotationError(f"{path} does not name its columns. {CSV_LAYOUT}")
    return images


def _columns(line: str) -> list[str]:
    """Return the columns that a line names, if it is the one that does."""
    columns = [name.strip() for name in line.removeprefix(HEADER).split(",")]
    return columns if set(CSV_COLUMNS) <= set(columns) else []


def _attributes(line: str, where: str) -> Attributes:
    """Read the names and options of attributes; early releases wrote the names alone."""
    import msgspec

    class Attribute(msgspec.Struct):
        aname: str
        options: dict[str, str] = {}

    text = line.partition("=")[2].encode()
    found = decode_json(text, where, dict[str, str | Attribute], CSV_LAYOUT)
    return {
        number: (one, {}) if isinstance(one, str) else (one.aname, one.options)
        for number, one in found.items()
    }


def _add(
    images: Images,
    image: str,
    name: str,
    z: Sequence[float],
    shape: dict[str, Any],
    values: dict[str, str],
) -> None:
    """Add a region to its image; a frame of a video, which has a time, is one of its own."""
    if z:
        image, name = f"{image} {z}", f"{name}, {z[0]:g} s"
    entry = images.setdefault(image, {"filename": name, "regions": []})
    entry["regions"].append({"shape_attributes": shape, "region_attributes": values})


def _shape(xy: list[float], where: str) -> dict[str, Any]:
    """Write a shape as version 2 does: by the names of its coordinates."""
    kind, *values = xy
    if kind not in SHAPES:
        raise AnnotationError(f"{where}: xy is {quoted(xy)}, which is not a known shape. {LAYOUT}")
    name = SHAPES[int(kind)]
    if name in COORDINATES:
        return {"name": name, **dict(zip(COORDINATES[name], values, strict=False))}
    if name in ("polygon", "extreme_rect"):
        return {"name": name, "all_points_x": values[::2], "all_points_y": values[1::2]}
    return {"name": name}


def _named(values: dict[str, Any], attributes: Attributes) -> dict[str, str]:
    """Name the attributes of a region and, where they are chosen from options, the values."""
    named: dict[str, str] = {}
    for number, value in values.items():
        if number in attributes or not attributes:
            name, options = attributes.get(number, (number, {}))
            chosen = str(value).split(",") if options else [str(value)]
            named[name] = ", ".join(options.get(one, one) for one in chosen)
    return named
