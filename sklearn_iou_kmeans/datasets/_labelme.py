"""Read the JSON of labelme and of tools derived from it."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Unpack

from ._errors import AnnotationError
from ._files import PathLike, quoted, require
from ._json import read_json
from ._labels import NO_BOX, Common, Labels
from ._reader import Reader
from ._shapes import ELLIPSE, MASK, POLYGON, Sides, check_sides, ellipse_box, polygon_box
from ._splits import Split, labels_of, named_under

if TYPE_CHECKING:
    from sklearn.utils import Bunch

LAYOUT = (
    "labelme writes an object an image, with shapes, imageWidth and imageHeight; a shape has a "
    "label, a shape_type and points [[x, y], ...]."
)
AROUND = {"rectangle": "", "polygon": POLYGON, "mask": MASK}
"""Shapes whose box is the box around their points, and the note for each."""
ORIENTED = ("oriented_rectangle", "rotation")


def load_labelme(
    path: PathLike,
    *,
    sides: Sides = "enclosing",
    split: Split = None,
    **common: Unpack[Common],
) -> "Bunch":
    """Read the boxes of labelme annotations, one JSON file per image.

    Parameters
    ----------
    path : str or path-like
        A folder, whose JSON files are read, including those in its subfolders; or one JSON file.
    sides : {"enclosing", "rotated"}, default="enclosing"
        Size of an oriented box, "oriented_rectangle" in labelme and "rotation" in X-AnyLabeling:
        that of the upright box around it ("enclosing"), or its own sides ("rotated").
    split : str, iterable of str or None, default=None
        Splits of the data set to read, if it has folders called train, valid, test or similar. By
        default the train split, because anchors are fitted to the training set.
    **common : dict
        `categories`, `image_size`, `images`, `clip`, `min_size` and `max_unpacked`, as for
        :func:`load_annotations`.

    Returns
    -------
    boxes : :class:`~sklearn.utils.Bunch`
        The fields are those of :func:`load_annotations`. For a polygon, a circle or a mask, the box
        around it is used. Images are named after their JSON file, relative to the folder and
        without the suffix. The reasons in `skipped` are "no box" with the type of shape, for
        example "no box (line)", "other category", "zero or negative size" and "outside the image";
        the boxes and these counts add up to the shapes of the files.

    Raises
    ------
    FileNotFoundError
        If there is no such file or folder.
    ValueError
        If a file is empty, damaged or not valid (the message names the shape); if the folder has no
        JSON file; or if there are no boxes of one of the `categories`.
    ImportError
        If msgspec is not installed; install the `io` extra.

    See Also
    --------
    load_annotations : Read annotations in any format.

    Examples
    --------
    >>> import json, pathlib, tempfile
    >>> from sklearn_iou_kmeans.datasets import load_labelme
    >>> shape = {"label": "car", "shape_type": "rectangle", "points": [[50, 20], [10, 40]]}
    >>> image = {"shapes": [shape], "imageWidth": 640, "imageHeight": 480, "imagePath": "a.jpg"}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = pathlib.Path(folder, "a.json").write_text(json.dumps(image))
    ...     load_labelme(folder).data
    array([[10., 20., 50., 40.]])
    """
    return LABELME.load(path, {"sides": sides, "split": split}, common)


def _read(path: PathLike, *, sides: Sides = "enclosing", split: Split = None) -> Labels:
    require("labelme", "msgspec")
    check_sides(sides)
    found = named_under(path, ".json", split)
    labels = labels_of(found)
    for file, name in found.files:
        document = read_json(file, _record(), LAYOUT)
        size = (document.imageWidth or 0, document.imageHeight or 0)
        image = labels.add_image(name, size)
        for index, shape in enumerate(document.shapes):
            _add(labels, image, shape, sides, f"{file}, at $.shapes[{index}]")
    return labels


def _record() -> Any:
    """Describe the parts of the file to decode, for msgspec."""
    import msgspec

    class Shape(msgspec.Struct, gc=False):
        points: list[tuple[float, float]]
        label: str | None = None
        shape_type: str | None = None

    class Image(msgspec.Struct, gc=False):
        shapes: list[Shape]
        imageWidth: float | None = None
        imageHeight: float | None = None

    return Image


def _add(labels: Labels, image: int, shape: Any, sides: Sides, where: str) -> None:
    """Add a shape as a label; files without shape types only contain polygons."""
    kind = shape.shape_type or "polygon"
    points = [coordinate for point in shape.points for coordinate in point]
    if kind == "circle":
        _check_count(points, 2, where)
        cx, cy, x, y = points
        radius = math.hypot(x - cx, y - cy)
        labels.add(image, shape.label, ellipse_box(cx, cy, radius, radius), note=ELLIPSE)
    elif kind in ORIENTED:
        _check_count(points, 4, where)
        labels.add_oriented(image, shape.label, points, sides)
    elif kind in AROUND and points:
        labels.add(image, shape.label, polygon_box(points) or NO_BOX, note=AROUND[kind])
    else:
        labels.add(image, shape.label, NO_BOX, f"no box ({kind})")


def _check_count(points: Sequence[float], n_points: int, where: str) -> None:
    if len(points) != 2 * n_points:
        raise AnnotationError(f"{where}: {quoted(points)} is not {n_points} points. {LAYOUT}")


LABELME = Reader(
    name="labelme",
    summary="folder of JSON files of labelme, X-AnyLabeling and the like, or one file; for "
    "polygons, circles and masks, the box around them is used",
    read=_read,
    recognises=lambda look: "shapes" in look.keys and not look.is_list,
    suffixes=(".json",),
)
