"""Pascal VOC annotations."""

from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from ._errors import AnnotationError
from ._files import PathLike, numbers, quoted, require
from ._labels import NO_BOX, UNKNOWN_SIZE, Common
from ._reader import Reader
from ._splits import Split, labels_of, named_under
from ._xml import read_xml

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from sklearn.utils import Bunch

    from ._labels import Labels

LAYOUT = (
    "A Pascal VOC annotation has objects with a name and, if it is a box, bndbox with the numbers "
    "xmin, ymin, xmax, ymax."
)
SIDES = ("xmin", "ymin", "xmax", "ymax")
YES, NO = {"1", "true", "yes"}, {"", "0", "false", "no", "unspecified"}


def load_voc(
    path: PathLike,
    *,
    inclusive: bool = False,
    keep_flagged: bool = False,
    split: Split = None,
    **common: Unpack[Common],
) -> "Bunch":
    """Read the boxes of Pascal VOC annotations, one XML file per image.

    Parameters
    ----------
    path : str or path-like
        A folder, whose XML files are read, including those in its subfolders; or one XML file.
    inclusive : bool, default=False
        Meaning of the corners. By default xmax is the right edge of the box, as most tools write
        it: the width is xmax - xmin, and `data` contains the corners as written. With True, xmax is
        the last pixel inside the box and pixels are counted from 1, as in the original VOC files:
        the width is xmax - xmin + 1, and `data` contains (xmin - 1, ymin - 1, xmax, ymax), so that
        x2 - x1 is the width.
    keep_flagged : bool, default=False
        Whether to keep objects flagged as difficult, which the evaluation of VOC ignores.
    split : str, iterable of str or None, default=None
        Splits of the data set to read, if it has folders called train, valid, test or similar. By
        default the train split, because anchors are fitted to the training set.
    **common : dict
        `categories`, `image_size`, `images`, `clip`, `min_size` and `max_unpacked`, as for
        :func:`load_annotations`.

    Returns
    -------
    boxes : :class:`~sklearn.utils.Bunch`
        The fields are those of :func:`load_annotations`. `data`, of shape (n_boxes, 4), is in
        pixels. Images are named after their XML file, relative to the folder and without the
        suffix, because the name inside the file is often a copy of another one. The reasons in
        `skipped` are "no bndbox", "other category", "difficult", "zero or negative size" and
        "outside the image"; the boxes and these counts add up to the objects of the files.

    Raises
    ------
    FileNotFoundError
        If there is no such file or folder.
    ValueError
        If a file is empty, damaged or not valid, or has entities (the message names the object); if
        the folder has no XML file; or if there are no boxes of one of the `categories`.
    ImportError
        If defusedxml is not installed; install the `io` extra.

    See Also
    --------
    load_annotations : Read annotations in any format.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from sklearn_iou_kmeans.datasets import load_voc
    >>> box = "<xmin>11</xmin><ymin>21</ymin><xmax>50</xmax><ymax>40</ymax>"
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = pathlib.Path(folder, "a.xml").write_text("<annotation><object><name>car</name>"
    ...         f"<bndbox>{box}</bndbox></object></annotation>")
    ...     load_voc(folder).data, load_voc(folder, inclusive=True).data
    (array([[11., 21., 50., 40.]]), array([[10., 20., 50., 40.]]))
    """
    options = {"inclusive": inclusive, "keep_flagged": keep_flagged, "split": split}
    return VOC.load(path, options, common)


def _read(
    path: PathLike, *, inclusive: bool = False, keep_flagged: bool = False, split: Split = None
) -> "Labels":
    require("voc", "defusedxml")
    found = named_under(path, ".xml", split)
    labels = labels_of(found)
    for file, name in found.files:
        root = read_xml(file, "annotation", LAYOUT)
        image = labels.add_image(name, _size(root, file))
        for number, thing in enumerate(root.iterfind("object"), 1):
            category = _text(thing, "name")
            where = f"{file}, object {number} ({quoted(category)})"
            corners = _corners(thing, inclusive, where)
            reason = "no bndbox" if corners is None else ""
            if corners and not keep_flagged and _is_difficult(thing, where):
                reason = "difficult"
            labels.add(image, category, corners or NO_BOX, reason)
    return labels


def _size(root: "Element", file: Path) -> tuple[float, ...]:
    texts = [_text(root, f"size/{side}") for side in ("width", "height")]
    return tuple(numbers(texts, f"{file}, size", LAYOUT)) if all(texts) else UNKNOWN_SIZE


def _corners(thing: "Element", inclusive: bool, where: str) -> tuple[float, ...] | None:
    n_boxes = len(thing.findall("bndbox"))
    if n_boxes == 0:
        return None
    if n_boxes > 1:
        raise AnnotationError(f"{where}: {n_boxes} bndbox. Write an object for each.")
    texts = [_text(thing, f"bndbox/{side}") for side in SIDES]
    x1, y1, x2, y2 = numbers(texts, f"{where}, bndbox", LAYOUT)
    return (x1 - inclusive, y1 - inclusive, x2, y2)


def _is_difficult(thing: "Element", where: str) -> bool:
    flag = _text(thing, "difficult").lower()
    if flag not in YES | NO:
        raise AnnotationError(f"{where}: difficult is {quoted(flag)}: write 0 or 1.")
    return flag in YES


def _text(element: "Element", path: str) -> str:
    return (element.findtext(path) or "").strip()


VOC = Reader(
    name="voc",
    summary="folder of XML files, or one file; difficult objects are flagged; the corners of the "
    "original VOC count pixels from 1 and include the last",
    read=_read,
    recognises=lambda look: look.root == "annotation",
    suffixes=(".xml",),
)
