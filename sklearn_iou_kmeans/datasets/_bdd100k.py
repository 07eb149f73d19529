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
WITHOUT_LABELS = {
    "name", "url", "videoName", "frameIndex", "timestamp", "attributes", "size", "intrinsics",
    "extrinsics",
}  # fmt: skip
"""The keys of a frame, except for the labels: a frame may have none."""


def load_bdd100k(
    path: PathLike,
    *,
    keep_flagged: bool = False,
    split: Split = None,
    **common: Unpack[Common],
) -> "Bunch":
    """Read the boxes of a BDD100K or Scalabel label file.

    Both layouts are supported: the original list of frames, and the object with `frames`, `groups`
    and `config` of Scalabel. The file may be compressed with gzip.

    Parameters
    ----------
    path : str or path-like
        The JSON file, for example ``bdd100k_labels_images_val.json``; or a folder with one such
        file, or with one for each split of the data set.
    keep_flagged : bool, default=False
        Whether to keep boxes that are flagged as a crowd or as ignored. Detectors are not
        trained on them.
    split : str, iterable of str or None, default=None
        Splits of the data set to read, if it has a file for each of train, valid and test. By
        default the train split.
    **common : dict
        `categories`, `image_size`, `images`, `clip`, `min_size` and `max_unpacked`, as for
        :func:`load_annotations`.

    Returns
    -------
    boxes : :class:`~sklearn.utils.Bunch`
        The fields are those of :func:`load_annotations`. `data`, of shape (n_boxes, 4), is in
        pixels. The original files do not contain the sizes of the images, which are all 1280 x 720.
        The reasons in `skipped` are "no box2d" (lanes and drivable areas), "other category",
        "crowd", "ignored", "infinite size", "zero or negative size" and "outside the image"; the
        boxes and these counts add up to the labels of the file.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is empty, damaged or not valid (the message names the place); or if there are no
        boxes of one of the `categories`.
    ImportError
        If msgspec is not installed; install the `io` extra.

    Notes
    -----
    The width of a box is x2 - x1. The tools of Scalabel treat the second corner as the last pixel
    inside the box: use ``box_sizes(boxes.data, inclusive=True)`` to reproduce their sizes.

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
    require("bdd100k", "msgspec")
    found = single_file(path, ".json", split)
    labels = labels_of(found)
    for file, name in found.files:
        _add(labels, read_json(file, _record(), LAYOUT), found.prefix(name), keep_flagged)
    return labels


def _record() -> Any:
    """Describe the parts of the file to decode, for msgspec, in both layouts."""
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
    """Convert the records to columns."""
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
    """Return the reason why a box is flagged as not to be used, or an empty string."""
    if attributes is None:
        return ""
    return "crowd" if attributes.crowd else "ignored" if attributes.ignored else ""


def _recognises(look: Look) -> bool:
    if look.is_list:
        return "name" in look.keys and ("labels" in look.keys or look.keys <= WITHOUT_LABELS)
    return "frames" in look.keys and "name" not in look.keys


BDD100K = Reader(
    name="bdd100k",
    summary="JSON file of BDD100K or Scalabel, or a folder with one; crowds and ignored objects "
    "are flagged; BDD100K files do not contain the image size, 1280 x 720",
    read=_read,
    recognises=_recognises,
    suffixes=(".json",),
)
