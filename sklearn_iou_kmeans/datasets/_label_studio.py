"""Read the JSON of Label Studio, and its short form JSON_MIN."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Unpack

from ._errors import AnnotationError
from ._files import PathLike, quoted, require
from ._image_size import IMAGE_SUFFIXES
from ._json import read_json
from ._labels import NO_BOX, UNKNOWN_SIZE, Common, Labels
from ._reader import Look, Reader
from ._shapes import ELLIPSE, POLYGON, Sides, check_sides, ellipse_box, polygon_box
from ._splits import Split, labels_of, single_file

if TYPE_CHECKING:
    from sklearn.utils import Bunch

LAYOUT = (
    "Label Studio writes a list of tasks; a task has data and annotations, or in JSON_MIN the "
    "image and the lists of its regions; a region has x, y, width and height in percent of "
    "original_width and original_height."
)
CANCELLED = "cancelled annotation"
FIRST_LABEL = "first of several labels"


class Region(NamedTuple):
    """A region that an annotator marked."""

    id: str
    kind: str
    value: dict[str, Any]
    width: float
    height: float
    where: str


def load_label_studio(
    path: PathLike,
    *,
    sides: Sides = "enclosing",
    split: Split = None,
    **common: Unpack[Common],
) -> "Bunch":
    """Read the boxes of Label Studio, exported as JSON or JSON_MIN.

    Parameters
    ----------
    path : str or path-like
        The JSON file; or a folder with one such file, or with one for each split of the data set.
    sides : {"enclosing", "rotated"}, default="enclosing"
        Size of a rotated box: that of the upright box around it ("enclosing"), or its own sides
        ("rotated").
    split : str, iterable of str or None, default=None
        Splits of the data set to read, if it has a file for each of train, valid and test. By
        default the train split.
    **common : dict
        `categories`, `image_size`, `images`, `clip`, `min_size` and `max_unpacked`, as for
        :func:`load_annotations`.

    Returns
    -------
    boxes : :class:`~sklearn.utils.Bunch`
        The fields are those of :func:`load_annotations`. For a polygon or an ellipse, the box
        around it is used. The boxes of all annotations of a task are read; predictions are not. An
        image without a name is named after its task, as in "task 7". The first label of a region is
        its category; `notes` counts regions with several. A region without a label has the category
        "". The reasons in `skipped` are "no box" with the type of shape, for example "no box
        (brushlabels)", "cancelled annotation", "other category", "zero or negative size" and
        "outside the image"; the boxes and these counts add up to the regions of the file.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is empty, damaged or not valid (the message names the region); or if there are
        no boxes of one of the `categories`.
    ImportError
        If msgspec is not installed; install the `io` extra.

    See Also
    --------
    load_annotations : Read annotations in any format.

    Examples
    --------
    >>> import json, pathlib, tempfile
    >>> from sklearn_iou_kmeans.datasets import load_label_studio
    >>> region = {"x": 10, "y": 20, "width": 50, "height": 25, "rectanglelabels": ["car"],
    ...           "original_width": 640, "original_height": 480}
    >>> task = {"image": "/data/upload/a.jpg", "id": 1, "label": [region], "annotation_id": 1}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "min.json")
    ...     _ = file.write_text(json.dumps([task]))
    ...     load_label_studio(file).data
    array([[ 64.,  96., 384., 216.]])
    """
    return LABEL_STUDIO.load(path, {"sides": sides, "split": split}, common)


def _read(path: PathLike, *, sides: Sides = "enclosing", split: Split = None) -> Labels:
    require("label_studio", "msgspec")
    check_sides(sides)
    found = single_file(path, ".json", split)
    labels = labels_of(found)
    for file, name in found.files:
        _add_tasks(labels, file, found.prefix(name), sides)
    return labels


def _add_tasks(labels: Labels, path: Path, prefix: str, sides: Sides) -> None:
    """Add the regions of all tasks of a file as labels.

    A task can have several images, which may differ in size.
    """
    tasks = read_json(path, list[dict[str, Any]], LAYOUT)
    images: dict[tuple[str, float, float], int] = {}
    for index, task in enumerate(tasks):
        where = f"{path}, at $[{index}]"
        try:
            name = prefix + (_image_name(task.get("data", task)) or f"task {task.get('id', index)}")
            regions = list(_regions(task, where))
        except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
            raise AnnotationError(f"{where}: {quoted(task)} is not a task. {LAYOUT}") from None
        if not regions:
            labels.add_image(name)
        for region, reason in regions:
            image = name, region.width, region.height
            if image not in images:
                images[image] = labels.add_image(name, image[1:] if region.width else UNKNOWN_SIZE)
            try:
                _add(labels, images[image], region, reason, sides)
            except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
                raise AnnotationError(
                    f"{region.where}: {quoted(region.value)} is not a valid {region.kind}. {LAYOUT}"
                ) from None


def _image_name(data: dict[str, Any]) -> str:
    """Find the image in the data of a task, by its name or else by its value."""
    texts = {key: value for key, value in data.items() if isinstance(value, str)}
    paths = (text for text in texts.values() if text.lower().endswith(IMAGE_SUFFIXES))
    return texts.get("image") or next(paths, "")


def _regions(task: dict[str, Any], where: str) -> Iterator[tuple[Region, str]]:
    """Yield the regions of a task, with the reason for each one that is skipped."""
    if "data" in task:
        for annotation in task.get("annotations") or task.get("completions") or ():
            reason = CANCELLED if annotation.get("was_cancelled") else ""
            for region in _distinct(annotation.get("result") or (), where):
                yield region, reason
        return
    for key, items in task.items():
        if isinstance(items, list) and all(isinstance(item, dict) for item in items):
            for number, item in enumerate(items, 1):
                kind = next((key for key in item if key.endswith("labels")), "rectangle")
                yield (
                    Region(
                        "", kind, item, *_size(item), f"{where}, {quoted(key)}, region {number}"
                    ),
                    "",
                )


def _distinct(results: Any, where: str) -> list[Region]:
    """Return the regions of an annotation; a shape and its labels may be two results."""
    regions: dict[str, Region] = {}
    for number, item in enumerate(results, 1):
        if item.get("type") in ("relation", "choices", "textarea", "rating", "taxonomy", "number"):
            continue  # these say something of a region or of the image
        id, kind, value = str(item.get("id", number)), item["type"], item["value"]
        if id in regions:
            kind = regions[id].kind if kind == "labels" else kind
            regions[id].value.update(value)
            value = regions[id].value
        regions[id] = Region(id, kind, value, *_size(item), f"{where}, region {number}")
    return list(regions.values())


def _size(item: dict[str, Any]) -> tuple[float, float]:
    """Return the size of the image of a region; 0 if it is missing."""
    width, height = float(item.get("original_width", 0)), float(item.get("original_height", 0))
    if not (math.isfinite(width) and math.isfinite(height)):
        raise ValueError("an image of infinite size")
    return width, height


def _add(labels: Labels, image: int, region: Region, reason: str, sides: Sides) -> None:
    """Add a region as a label."""
    value, kind = region.value, region.kind
    if not region.width and region.kind.startswith(("rectangle", "polygon", "ellipse", "labels")):
        raise ValueError("percent of what?")
    across, down = region.width / 100, region.height / 100
    names = value.get(kind) or value.get("labels") or [""]
    category = str(names[0])
    row = len(labels.reason)
    degrees = value.get("rotation") or 0
    if {"x", "y", "width", "height"} <= value.keys():
        x, y = value["x"] * across, value["y"] * down
        corners = (x, y, x + value["width"] * across, y + value["height"] * down)
        labels.add_turned(image, category, corners, degrees, (x, y), sides, reason)
    elif "points" in value:
        points = [side for x, y in value["points"] for side in (x * across, y * down)]
        labels.add(image, category, polygon_box(points) or NO_BOX, reason, POLYGON)
    elif {"radiusX", "radiusY"} <= value.keys():
        center = (value["x"] * across, value["y"] * down)
        radii = (value["radiusX"] * across, value["radiusY"] * down)
        labels.add(image, category, ellipse_box(*center, *radii, degrees), reason, ELLIPSE)
    else:
        labels.add(image, category, NO_BOX, f"no box ({kind})")
    if len(names) > 1:
        labels.note[row] = ", ".join(filter(None, [labels.note.get(row), FIRST_LABEL]))


def _recognises(look: Look) -> bool:
    of_tasks = "data" in look.keys and look.keys & {"annotations", "completions", "predictions"}
    return look.is_list and bool(of_tasks or "annotation_id" in look.keys)


LABEL_STUDIO = Reader(
    name="label_studio",
    summary="JSON file of Label Studio, JSON or JSON_MIN, or a folder with one; for polygons and "
    "ellipses, the box around them is used",
    read=_read,
    recognises=_recognises,
    suffixes=(".json",),
)
