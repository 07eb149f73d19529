"""COCO annotations."""

from collections.abc import Sequence
from itertools import chain, compress
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from ._box_format import CLEARLY, FloatArray
from ._errors import AnnotationError
from ._files import PathLike, quoted, read_bytes, require
from ._json import decode_json
from ._labels import NO_BOX, UNKNOWN_CATEGORY, UNKNOWN_IMAGE, Common, Labels
from ._masks import mask_box
from ._reader import Reader
from ._shapes import MASK, Box
from ._splits import Split, labels_of, single_file

if TYPE_CHECKING:
    from sklearn.utils import Bunch

LAYOUT = (
    "COCO annotations are an object with the lists images, annotations and categories; an "
    "annotation has an image_id, a category_id and, if it is a box, bbox = [x, y, width, height]."
)

UNLISTED = -1

MANY = 10
"""How many boxes make it unlikely that something holds for most of them by chance."""


def load_coco(
    path: PathLike,
    *,
    keep_flagged: bool = False,
    split: Split = None,
    **common: Unpack[Common],
) -> "Bunch":
    """Read the boxes of a COCO annotation file.

    Only the fields that boxes need are decoded. If an annotation has no bbox, the box around its
    mask is used.

    Parameters
    ----------
    path : str or path-like
        The JSON file, for example ``instances_train2017.json``, plain or compressed with gzip; or a
        folder with one such file, or with one for each split of the data set, in folders called
        train, valid and test or with such names.
    keep_flagged : bool, default=False
        Whether to keep the boxes flagged with `iscrowd`, which are around many objects, or with
        `ignore`. Detectors are not trained on them.
    split : str, iterable of str or None, default=None
        Splits of the data set to read, if it has a file in each of the folders train, valid, test
        or similar. By default the train split, because anchors are fitted to the training set.
    **common : dict
        `categories`, `image_size`, `images`, `clip`, `min_size` and `max_unpacked`, as for
        :func:`load_annotations`.

    Returns
    -------
    boxes : :class:`~sklearn.utils.Bunch`
        The fields are those of :func:`load_annotations`. `data`, of shape (n_boxes, 4), contains
        (x, y, x + width, y + height) in pixels. Images are named after `file_name`. The reasons in
        `skipped` are "no bbox" (and no mask), "other category", "unknown category" and "unknown
        image" (an id that the file does not define), "crowd", "ignored", "infinite size", "zero or
        negative size" and "outside the image"; the boxes and these counts add up to the annotations
        of the file.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is empty, damaged or not valid (the message names the place); if two different
        images or categories have the same id; if the bboxes are clearly two corners each; or if
        there are no boxes of one of the `categories`.
    ImportError
        If msgspec is not installed; install the `io` extra.

    See Also
    --------
    load_annotations : Read annotations in any format.

    Examples
    --------
    >>> import json, pathlib, tempfile
    >>> from sklearn_iou_kmeans.datasets import load_coco
    >>> annotation = {"image_id": 7, "category_id": 1, "bbox": [10, 20, 40, 20]}
    >>> coco = {"images": [{"id": 7, "file_name": "a.jpg", "width": 640, "height": 480}],
    ...         "annotations": [annotation], "categories": [{"id": 1, "name": "car"}]}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "instances.json")
    ...     _ = file.write_text(json.dumps(coco))
    ...     load_coco(file).data
    array([[10., 20., 50., 40.]])
    """
    return COCO.load(path, {"keep_flagged": keep_flagged, "split": split}, common)


def _read(path: PathLike, *, keep_flagged: bool = False, split: Split = None) -> Labels:
    require("coco", "msgspec")
    found = single_file(path, ".json", split)
    labels = labels_of(found)
    for file, name in found.files:
        content = read_bytes(file)
        document = decode_json(content, file, _record(), LAYOUT)
        masks = _masks(content, document.annotations, file)
        _add(labels, document, masks, file, found.prefix(name), keep_flagged)
    return labels


def _masks(content: bytes, annotations: Sequence[Any], path: PathLike) -> list[Any]:
    """Return the mask of each annotation, or nothing if all have boxes, as in most files."""
    if all(annotation.bbox for annotation in annotations):
        return []
    import msgspec

    class Mask(msgspec.Struct):
        segmentation: msgspec.Raw = msgspec.Raw()

    class Masks(msgspec.Struct):
        annotations: list[Mask]

    masks: list[Any] = decode_json(content, path, Masks, LAYOUT).annotations
    return masks


def _record() -> Any:
    """Describe the parts of the file to decode, for msgspec."""
    import msgspec

    class Image(msgspec.Struct, gc=False):
        id: int | str
        file_name: str | None = None
        width: float | None = None
        height: float | None = None

    class Annotation(msgspec.Struct, gc=False):
        image_id: int | str
        category_id: int | str | None = None
        bbox: tuple[float, float, float, float] | None = None
        iscrowd: bool | int | None = None
        ignore: bool | int | None = None

    class Category(msgspec.Struct, gc=False):
        id: int | str
        name: str

    class Dataset(msgspec.Struct, gc=False):
        images: list[Image]
        annotations: list[Annotation]
        categories: list[Category]

    return Dataset


def _add(
    labels: Labels,
    document: Any,
    masks: Sequence[Any],
    path: PathLike,
    prefix: str,
    keep_flagged: bool,
) -> None:
    """Convert the records to columns."""
    annotations = document.annotations
    categories = _by_id(document.categories, "categories", path)
    names = {
        id: category.name for text, category in categories.items() for id in (text, category.id)
    }
    category = [names.get(annotation.category_id) for annotation in annotations]
    image, is_unlisted = _add_images(labels, document, path, prefix)
    corners = _corners(annotations)
    sizes = np.array(labels.image_size, dtype=np.float64).reshape(-1, 2)[image]
    _refuse_two_corners(corners, sizes, path)
    for index in np.flatnonzero(np.isnan(corners[:, 0])).tolist():
        corners[index] = _around_mask(masks[index], f"{path}, at $.annotations[{index}]") or NO_BOX
        labels.note[len(labels.reason) + index] = MASK
    columns = (annotations, np.isnan(corners[:, 0]).tolist(), category, is_unlisted)
    reason = [
        _reason(annotation, has_no_box, name is None, has_no_image, keep_flagged)
        for annotation, has_no_box, name, has_no_image in zip(*columns, strict=True)
    ]
    labels.extend(image, category, corners, reason)


def _add_images(
    labels: Labels, document: Any, path: PathLike, prefix: str
) -> tuple[list[int], list[bool]]:
    """Add the images; return for each annotation the row of its image, and if it is not listed."""
    rows: dict[int | str, int] = {}
    for text, image in _by_id(document.images, "images", path).items():
        size = (image.width or 0, image.height or 0)
        rows[image.id] = rows[text] = labels.add_image(prefix + (image.file_name or text), size)
    annotations = document.annotations
    found = [rows.get(annotation.image_id, UNLISTED) for annotation in annotations]
    is_unlisted = [row == UNLISTED for row in found]
    for index in compress(range(len(found)), is_unlisted):
        found[index] = labels.add_unlisted_image(f"image_id {annotations[index].image_id}")
    return found, is_unlisted


def _corners(annotations: Sequence[Any]) -> FloatArray:
    """Return the corners of the boxes, NaN for those without one."""
    sides = chain.from_iterable(annotation.bbox or NO_BOX for annotation in annotations)
    corners = np.fromiter(sides, np.float64).reshape(-1, 4)
    with np.errstate(over="ignore"):
        corners[:, 2:] += corners[:, :2]
    return corners


def _refuse_two_corners(corners: FloatArray, sizes: FloatArray, path: PathLike) -> None:
    """Raise if bbox is two corners in most of many boxes, as some tools write it.

    Then, taken for a corner and the size, the boxes right of the middle of their images or below it
    reach outside, and all are larger than their distance from the left and the top.
    """
    outside = (sizes > 0).all(axis=1) & (corners[:, 2:] > sizes + 1).any(axis=1)
    if np.count_nonzero(outside) < max(MANY, len(corners) / 2):
        return
    first, second = corners[:, :2], corners[:, 2:] - corners[:, :2]
    as_corners = (second >= first).all(axis=1) & (second <= sizes + 1).all(axis=1)
    if np.count_nonzero(as_corners) >= CLEARLY * np.count_nonzero(~np.isnan(first[:, 0])):
        index = int(np.flatnonzero(outside)[0])
        four = [*first[index].tolist(), *second[index].tolist()]
        raise AnnotationError(
            f"{path}: {np.count_nonzero(outside)} of {len(corners)} boxes extend beyond "
            f"their image, the first of them $.annotations[{index}] with the bbox {quoted(four)}, "
            "and none would if bbox were two corners. COCO's bbox is [x, y, width, height]: "
            "convert it."
        )


def _around_mask(mask: Any, where: str) -> Box | None:
    """Return the corners of the box around the mask of an annotation, if it has one."""
    content = bytes(mask.segmentation)
    return mask_box(decode_json(content, where, Any, LAYOUT), where) if content else None


def _by_id(records: list[Any], field: str, path: PathLike) -> dict[str, Any]:
    """Index images or categories by id as text; identical duplicates are allowed.

    Annotations may refer to the number 7 by the text "7", as VIA writes it.
    """
    by_id: dict[str, Any] = {}
    for index, record in enumerate(records):
        if by_id.setdefault(str(record.id), record) != record:
            raise AnnotationError(
                f"{path}, at $.{field}[{index}]: the id {quoted(record.id)} is used by another "
                "entry too, so annotations cannot tell the two apart. Give one of them a new id, "
                "there and in its annotations."
            )
    return by_id


def _reason(
    annotation: Any, has_no_box: bool, has_no_category: bool, has_no_image: bool, keep_flagged: bool
) -> str:
    """Return the reason why an annotation is skipped, or an empty string."""
    if has_no_box:
        return "no bbox"
    if has_no_category:
        return UNKNOWN_CATEGORY
    if has_no_image:
        return UNKNOWN_IMAGE
    if keep_flagged:
        return ""
    return "crowd" if annotation.iscrowd else "ignored" if annotation.ignore else ""


COCO = Reader(
    name="coco",
    summary="JSON file, or a folder with one, or with one in each of train, valid, test; crowds "
    "and ignored objects are flagged; for masks without a bbox, the box around them is used",
    read=_read,
    recognises=lambda look: {"images", "annotations"} <= look.keys and not look.is_list,
    suffixes=(".json",),
)
