"""Pascal VOC annotations."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from sklearn.utils import Bunch

from ._boxes import NO_BOX, UNKNOWN_SIZE, Labels, boxes_bunch
from ._files import PathLike, named_under, numbers, quoted, read_bytes, require

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

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
    categories: str | Iterable[str] | None = None,
    keep_flagged: bool = False,
) -> Bunch:
    """Read the boxes of Pascal VOC annotations, one XML file an image.

    Parameters
    ----------
    path : str or path-like
        A folder, in which all XML files are read, those in its folders too; or one XML file.
    inclusive : bool, default=False
        How the corners are meant. By default xmax is where the box ends, so that its width is
        xmax - xmin, and `data` holds the corners as written: most tools write VOC files like that.
        With True, as in the original VOC files, pixels are counted from 1 and the pixel xmax is the
        last one inside, so that the width is xmax - xmin + 1, and `data` holds
        (xmin - 1, ymin - 1, xmax, ymax): either way x2 - x1 is the width.
    categories : str, iterable of str or None, default=None
        The names of the objects to keep; all by default. An object without a name is of the
        category "".
    keep_flagged : bool, default=False
        Whether to keep the objects flagged as difficult. They do not count in VOC's evaluation.

    Returns
    -------
    boxes : :class:`~sklearn.utils.Bunch`
        With the fields that :func:`load_bdd100k` describes. `data`, of shape (n_boxes, 4), is in
        pixels. Images are named by their XML file, relative to the folder and without the suffix,
        since what the files themselves say is often copied from elsewhere. The reasons in `skipped`
        are "no bndbox", "other category", "difficult", "zero or negative size" and "outside the
        image"; they and the boxes add up to the objects of the files.

    Raises
    ------
    FileNotFoundError
        If there is no such file or folder.
    ValueError
        If a file is empty, damaged or not an annotation, or has entities, with the object that is
        wrong; if the folder has no XML file; or if a category has no box.
    ImportError
        If defusedxml is not installed; the extra `io` brings it.

    See Also
    --------
    load_annotations : Reads any of the formats.

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
    require("load_voc", "defusedxml")
    labels = Labels()
    for file, name in named_under(path, ".xml"):
        root = _root(file)
        image = labels.add_image(name, _size(root, file))
        for number, thing in enumerate(root.iterfind("object"), 1):
            category = _text(thing, "name")
            where = f"{file}, object {number} ({quoted(category)})"
            corners = _corners(thing, inclusive, where)
            reason = "no bndbox" if corners is None else ""
            if corners and not keep_flagged and _is_difficult(thing, where):
                reason = "difficult"
            labels.add(image, category, corners or NO_BOX, reason)
    return boxes_bunch(labels, path, categories)


def _root(file: Path) -> "Element":
    """Parse a file, refusing what an annotation never has and an attack needs: entities."""
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    content = read_bytes(file)
    try:
        root: Element = fromstring(content)
    except DefusedXmlException as error:
        raise ValueError(
            f"{file} is refused: XML entities or external references ({error}) can fill the memory "
            "or reach other files, and annotations have none. Remove them from the file."
        ) from None
    except (ParseError, LookupError, ValueError) as error:
        raise ValueError(
            f"{file} is not valid XML: {error}. If it was cut short or damaged, copy it again; if "
            "its text is not UTF-8, its first line must name the encoding; if it is another kind "
            "of file, use the reader of that kind."
        ) from None
    if root.tag != "annotation":
        raise ValueError(
            f"{file}: the root is {quoted(root.tag)}, not 'annotation'. {LAYOUT} Read it with the "
            "reader of its own format, or move it out of the folder."
        )
    return root


def _size(root: "Element", file: Path) -> tuple[float, ...]:
    texts = [_text(root, f"size/{side}") for side in ("width", "height")]
    return tuple(numbers(texts, f"{file}, size", LAYOUT)) if all(texts) else UNKNOWN_SIZE


def _corners(thing: "Element", inclusive: bool, where: str) -> tuple[float, ...] | None:
    if thing.find("bndbox") is None:
        return None
    texts = [_text(thing, f"bndbox/{side}") for side in SIDES]
    x1, y1, x2, y2 = numbers(texts, f"{where}, bndbox", LAYOUT)
    return (x1 - inclusive, y1 - inclusive, x2, y2)


def _is_difficult(thing: "Element", where: str) -> bool:
    flag = _text(thing, "difficult").lower()
    if flag not in YES | NO:
        raise ValueError(f"{where}: difficult is {quoted(flag)}: write 0 or 1.")
    return flag in YES


def _text(element: "Element", path: str) -> str:
    return (element.findtext(path) or "").strip()
