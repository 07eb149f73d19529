"""Read CVAT XML, for images and videos."""

from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from ._errors import AnnotationError
from ._files import PathLike, numbers, quoted, require
from ._labels import NO_BOX, UNKNOWN_SIZE, Common, Labels
from ._reader import Reader
from ._shapes import ELLIPSE, MASK, POLYGON, Sides, check_sides, ellipse_box, polygon_box
from ._splits import Split, labels_of, named_under
from ._xml import read_xml

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from sklearn.utils import Bunch

LAYOUT = (
    "CVAT XML has images with boxes, or tracks with a box for each frame; a box has the numbers "
    "xtl, ytl, xbr, ybr."
)
CORNERS = ("xtl", "ytl", "xbr", "ybr")
NOT_IN_VIEW = "marked as outside the frame"


def load_cvat(
    path: PathLike,
    *,
    sides: Sides = "enclosing",
    split: Split = None,
    **common: Unpack[Common],
) -> "Bunch":
    """Read the boxes of CVAT XML, exported "for images" or "for video".

    Parameters
    ----------
    path : str or path-like
        The XML file, for example ``annotations.xml``; or a folder of such files.
    sides : {"enclosing", "rotated"}, default="enclosing"
        Size of a rotated box: that of the upright box around it ("enclosing"), or its own sides
        ("rotated").
    split : str, iterable of str or None, default=None
        Splits of the data set to read, if it has folders called train, valid, test or similar. By
        default the train split, because anchors are fitted to the training set.
    **common : dict
        `categories`, `image_size`, `images`, `clip`, `min_size` and `max_unpacked`, as for
        :func:`load_annotations`.

    Returns
    -------
    boxes : :class:`~sklearn.utils.Bunch`
        The fields are those of :func:`load_annotations`. For a polygon, an ellipse or a mask, the
        box around it is used. Frames of a video are named by their number, as in "000017", and in a
        project by the task as well, as in "3/000017". The reasons in `skipped` are "no box" with
        the type of shape, for example "no box (polyline)", "marked as outside the frame", "other
        category", "zero or negative size" and "outside the image"; the boxes and these counts add
        up to the shapes of the file.

    Raises
    ------
    FileNotFoundError
        If there is no such file or folder.
    ValueError
        If a file is empty, damaged or not valid (the message names the shape); or if there are no
        boxes of one of the `categories`.
    ImportError
        If defusedxml is not installed; install the `io` extra.

    See Also
    --------
    load_annotations : Read annotations in any format.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from sklearn_iou_kmeans.datasets import load_cvat
    >>> box = '<box label="car" xtl="10" ytl="20" xbr="50" ybr="40"/>'
    >>> image = f'<image id="0" name="a.jpg" width="640" height="480">{box}</image>'
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "annotations.xml")
    ...     _ = file.write_text(f"<annotations>{image}</annotations>")
    ...     load_cvat(file).data
    array([[10., 20., 50., 40.]])
    """
    return CVAT.load(path, {"sides": sides, "split": split}, common)


def _read(path: PathLike, *, sides: Sides = "enclosing", split: Split = None) -> Labels:
    require("cvat", "defusedxml")
    check_sides(sides)
    found = named_under(path, ".xml", split)
    labels = labels_of(found)
    for file, name in found.files:
        root = read_xml(file, "annotations", LAYOUT)
        prefix = found.prefix(name)
        for image in root.iterfind("image"):
            where = f"{file}, image {quoted(image.get('name', ''))}"
            size = _size(image, "width", "height", where)
            row = labels.add_image(prefix + image.get("name", ""), size)
            for number, shape in enumerate(image, 1):
                _add(labels, row, shape, shape.get("label"), sides, f"{where}, shape {number}")
        _add_tracks(labels, root, file, prefix, sides)
    return labels


def _add_tracks(labels: Labels, root: "Element", file: Path, prefix: str, sides: Sides) -> None:
    """Add the shapes of the tracks of videos; each is in one frame.

    A project has a video for each task, and a track names its task.
    """
    sizes = _sizes_by_task(root, file)
    frames: dict[str, int] = {}
    for number, track in enumerate(root.iterfind("track"), 1):
        label, task = track.get("label"), track.get("task_id", "")
        for shape in track:
            where, frame = f"{file}, track {number} ({quoted(label)})", shape.get("frame", "")
            if not frame.isdecimal():
                raise AnnotationError(
                    f"{where}: frame is {quoted(frame)}: write its number, a whole one from 0 on."
                )
            name = f"{prefix}{task}/{frame:0>6}" if task else f"{prefix}{frame:0>6}"
            if name not in frames:
                frames[name] = labels.add_image(name, sizes.get(task, UNKNOWN_SIZE))
            where = f"{where}, frame {quoted(frame)}"
            _add(labels, frames[name], shape, label, sides, where)


def _sizes_by_task(root: "Element", file: Path) -> dict[str, tuple[float, ...]]:
    """Return the size of the video of each task; a single one is also that of "", no task."""
    sizes = {
        task.findtext("id", ""): _size(video, "width", "height", f"{file}, meta")
        for task in root.iterfind("meta//original_size/..")
        for video in task.iterfind("original_size")
    }
    if len(sizes) == 1:
        (sizes[""],) = sizes.values()
    return sizes


def _size(element: "Element", width: str, height: str, where: str) -> tuple[float, ...]:
    texts = [element.get(side) or element.findtext(side) or "" for side in (width, height)]
    return tuple(numbers(texts, f"{where}, size", LAYOUT)) if all(texts) else UNKNOWN_SIZE


def _add(
    labels: Labels, image: int, shape: "Element", label: str | None, sides: Sides, where: str
) -> None:
    """Add a shape as a label."""
    outside = shape.get("outside", "0")
    if outside not in ("0", "1"):
        raise AnnotationError(f"{where}: outside is {quoted(outside)}: write 0 or 1.")
    reason = NOT_IN_VIEW if outside == "1" else ""
    if shape.tag == "box":
        x1, y1, x2, y2 = _numbers(shape, CORNERS, where)
        center = (x1 + x2) / 2, (y1 + y2) / 2
        degrees = _rotation(shape, where)
        labels.add_turned(image, label, (x1, y1, x2, y2), degrees, center, sides, reason)
    elif shape.tag == "polygon":
        points = shape.get("points", "").replace(";", ",").split(",")
        values = numbers(points, where, LAYOUT)
        if len(values) % 2:
            raise AnnotationError(
                f"{where}: {quoted(shape.get('points'))} is not a polygon. {LAYOUT}"
            )
        labels.add(image, label, polygon_box(values) or NO_BOX, reason, POLYGON)
    elif shape.tag == "ellipse":
        cx, cy, rx, ry = _numbers(shape, ("cx", "cy", "rx", "ry"), where)
        box = ellipse_box(cx, cy, rx, ry, _rotation(shape, where))
        labels.add(image, label, box, reason, ELLIPSE)
    elif shape.tag == "mask":
        left, top, width, height = _numbers(shape, ("left", "top", "width", "height"), where)
        labels.add(image, label, (left, top, left + width, top + height), reason, MASK)
    else:
        labels.add(image, label, NO_BOX, f"no box ({shape.tag})")


def _rotation(shape: "Element", where: str) -> float:
    """Return the rotation of a shape in degrees."""
    return _numbers(shape, ("rotation",), where)[0] if shape.get("rotation") else 0


def _numbers(shape: "Element", names: tuple[str, ...], where: str) -> list[float]:
    return numbers([shape.get(name, "") for name in names], f"{where}, {shape.tag}", LAYOUT)


CVAT = Reader(
    name="cvat",
    summary="XML file of CVAT, of images or of a video, or a folder of them; for polygons, "
    "ellipses and masks, the box around them is used",
    read=_read,
    recognises=lambda look: look.root == "annotations",
    suffixes=(".xml",),
)
