"""BDD100K and Scalabel labels."""

from typing import TYPE_CHECKING, Any, Unpack

from ._files import PathLike, require
from ._json import read_json
from ._labels import NO_BOX, UNKNOWN_SIZE, Common, Labels
from ._reader import Look, Reader
from ._splits import Split, labels_of, single_file

if TYPE_CHECKING:
    from sklearn.utils import Bunch

LAYOUT = (
    "BDD100K labels are a list of frames, or an object with frames; a frame has a name and labels; "
    "a label has a category and, if it is a box, box2d with the numbers x1, y1, x2, y2."
)


def load_bdd100k(
    path: PathLike,
    *,
    keep_flagged: bool = False,
    split: Split = None,
    **common: Unpack[Common],
) -> "Bunch":
    """Read the boxes of a BDD100K or Scalabel label file.

    Both layouts are read, the original list of frames and Scalabel's object with `frames`, `groups`
    and `config`, plain or compressed with gzip.

    Parameters
    ----------
    path : str or path-like
        The JSON file, say ``bdd100k_labels_images_val.json``; or a folder that has one such file,
        or one for each part of the data set.
    keep_flagged : bool, default=False
        Whether to keep the boxes that the file flags as a crowd or as ignored. A detector is not
        trained on them.
    split : str, iterable of str or None, default=None
        Which parts of a data set to read that has a file for each of train, valid and test; by
        default the train part.
    **common : dict
        `categories`, `image_size`, `images`, `clip`, `min_size` and `max_unpacked`, as for
        :func:`load_annotations`.

    Returns
    -------
    boxes : :class:`~sklearn.utils.Bunch`
        data : ndarray of shape (n_boxes, 4)
            Corners (x1, y1, x2, y2) in `unit`; x2 - x1 is the width.
        unit : {"pixel", "relative"}
            Pixels of the original image; or, if the file has coordinates from 0 to 1 and the sizes
            of the images are not known, shares of the width and height of the image.
        target : ndarray of shape (n_boxes,)
            Category of each box: an index into `target_names`.
        target_names : list of str
            Names of the categories, sorted.
        image : ndarray of shape (n_boxes,)
            Image of each box: an index into `image_names`. As `groups` it keeps the boxes of an
            image together in cross-validation.
        image_names : list of str
            Names of all images, those without boxes too.
        image_size : ndarray of shape (n_boxes, 2)
            Width and height in pixels of the image of each box, NaN where it is not known: the
            original files do not say, and all their images are 1280 x 720.
        skipped : dict of str to int
            How many labels are not in `data`, by reason: "no box2d" (lanes and drivable areas, of
            whatever category), "other category", "crowd", "ignored", "no image file" (needed for
            its size), "infinite size", "zero or negative size", "outside the image" (all of the
            box, where the size of the image is known) and "side below" `min_size`. A label counts
            under the first that applies, so the boxes and these counts add up to the labels of the
            file.
        skipped_images : dict of str to list of str
            By reason the name of the image of each skipped label, except for "other category".
        notes : dict of str to int
            How many boxes are in `data` other than as written, by what was done: "clipped to the
            image", "around a polygon" and the like; or, with ``clip=False``, reach outside their
            image. Also how many links to folders outside the data set were not followed.
        splits, splits_read : list of str
            The parts of the data set, say train and valid, and those that were read. Empty if the
            data set has no parts.
        files : dict of str to list of Path
            By the path that was passed, the files that were read.
        image_files : list of Path
            The images whose headers were read for their sizes.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is empty, damaged or not such a file, with the place inside that is wrong; or if
        a category has no box in it.
    ImportError
        If msgspec is not installed; the extra `io` brings it.

    Notes
    -----
    The width of a box is x2 - x1. Scalabel's own tools take the second corner to be the last pixel
    inside: ``box_sizes(boxes.data, inclusive=True)`` follows them.

    Examples
    --------
    >>> import json, pathlib, tempfile
    >>> from sklearn_iou_kmeans.datasets import load_bdd100k
    >>> box, flat = {"x1": 10, "y1": 20, "x2": 50, "y2": 40}, {"x1": 7, "y1": 9, "x2": 30, "y2": 9}
    >>> labels = [{"category": "car", "box2d": box}, {"category": "car", "box2d": flat}]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "labels.json")
    ...     _ = file.write_text(json.dumps([{"name": "a.jpg", "labels": labels}]))
    ...     boxes = load_bdd100k(file, categories="car")
    >>> boxes.data, boxes.skipped
    (array([[10., 20., 50., 40.]]), {'zero or negative size': 1})
    """
    return BDD100K.load(path, {"keep_flagged": keep_flagged, "split": split}, common)


def _read(path: PathLike, *, keep_flagged: bool = False, split: Split = None) -> Labels:
    require("load_bdd100k", "msgspec")
    found = single_file(path, ".json", split)
    labels = labels_of(found)
    for file, name in found.files:
        _add(labels, read_json(file, _record(), LAYOUT), found.prefix(name), keep_flagged)
    return labels


def _record() -> Any:
    """Describe the part of the file that is read, for msgspec: either layout."""
    import msgspec

    class Box(msgspec.Struct, gc=False):
        x1: float
        y1: float
        x2: float
        y2: float

    class Attributes(msgspec.Struct, gc=False):
        crowd: bool | int | None = None
        ignored: bool | int | None = None

    class Label(msgspec.Struct, gc=False):
        category: str | None = None
        box2d: Box | None = None
        attributes: Attributes | None = None

    class Size(msgspec.Struct, gc=False):
        width: float
        height: float

    class Frame(msgspec.Struct, gc=False):
        name: str
        labels: list[Label] | None = None
        size: Size | None = None

    class Config(msgspec.Struct, gc=False):
        imageSize: Size | None = None

    class Dataset(msgspec.Struct, gc=False):
        frames: list[Frame]
        config: Config | None = None

    return list[Frame] | Dataset


def _add(labels: Labels, document: Any, prefix: str, keep_flagged: bool) -> None:
    """Lay the records out as columns."""
    frames = document if isinstance(document, list) else document.frames
    config = None if isinstance(document, list) else document.config
    usual_size = config and config.imageSize
    for frame in frames:
        size = frame.size or usual_size
        image = labels.add_image(
            prefix + frame.name, (size.width, size.height) if size else UNKNOWN_SIZE
        )
        for label in frame.labels or ():
            box = label.box2d
            corners = (box.x1, box.y1, box.x2, box.y2) if box else NO_BOX
            reason = "no box2d" if not box else "" if keep_flagged else _flag(label.attributes)
            labels.add(image, label.category or "", corners, reason)


def _flag(attributes: Any) -> str:
    """Say how the file flags a box as not to be used; "" for a box to be used."""
    if attributes is None:
        return ""
    return "crowd" if attributes.crowd else "ignored" if attributes.ignored else ""


def _recognises(look: Look) -> bool:
    if look.is_list:
        return "name" in look.keys and "bbox" not in look.keys
    return "frames" in look.keys


BDD100K = Reader(
    name="bdd100k",
    summary="JSON file of BDD100K or Scalabel, or a folder with one; crowds and ignored objects "
    "are flagged; BDD100K does not say that its images are 1280 x 720",
    read=_read,
    recognises=_recognises,
    suffixes=(".json",),
)
