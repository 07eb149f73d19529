"""Read DOTA labels: oriented boxes in pixels."""

import re
from typing import TYPE_CHECKING, Unpack

from ._errors import AnnotationError
from ._files import PathLike, is_number, numbers, quoted, read_lines
from ._labels import Common, Labels
from ._reader import Look, Reader
from ._shapes import Sides, check_sides
from ._splits import Split, labels_of, named_under

if TYPE_CHECKING:
    from sklearn.utils import Bunch

LAYOUT = (
    "A DOTA label is a line `x1 y1 x2 y2 x3 y3 x4 y4 category difficult`; the lines imagesource: "
    "and gsd: may go before."
)


def load_dota(
    path: PathLike,
    *,
    sides: Sides = "enclosing",
    keep_flagged: bool = False,
    split: Split = None,
    **common: Unpack[Common],
) -> "Bunch":
    """Read the oriented boxes of DOTA labels, one text file per image.

    Parameters
    ----------
    path : str or path-like
        A folder, for example ``labelTxt``, whose text files are read, including those in its
        subfolders; or one text file.
    sides : {"enclosing", "rotated"}, default="enclosing"
        Size of a box: that of the upright box around it ("enclosing"), or its own sides
        ("rotated"), the first one from its first to its second corner.
    keep_flagged : bool, default=False
        Whether to keep the boxes flagged as difficult.
    split : str, iterable of str or None, default=None
        Splits of the data set to read, if it has folders called train, valid, test or similar. By
        default the train split, because anchors are fitted to the training set.
    **common : dict
        `categories`, `image_size`, `images`, `clip`, `min_size` and `max_unpacked`, as for
        :func:`load_annotations`.

    Returns
    -------
    boxes : :class:`~sklearn.utils.Bunch`
        The fields are those of :func:`load_annotations`. With ``sides="rotated"`` the corners in
        `data` are those of an upright box with the same center. Images are named after their text
        file, relative to the folder and without the suffix. The files do not contain the sizes of
        the images. The reasons in `skipped` are "difficult", "other category" and "zero or negative
        size"; the boxes and these counts add up to the labels of the files.

    Raises
    ------
    FileNotFoundError
        If there is no such file or folder.
    ValueError
        If a file is damaged or a line is not a label; if the folder has no text file; or if there
        are no boxes of one of the `categories`.

    See Also
    --------
    load_annotations : Read annotations in any format.
    load_yolo : Read YOLO labels, including oriented boxes.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from sklearn_iou_kmeans.datasets import load_dota
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "P0000.txt")
    ...     _ = file.write_text("10 30 30 10 70 50 50 70 ship 0")
    ...     load_dota(folder).data, load_dota(folder, sides="rotated").data.round(1)
    (array([[10., 10., 70., 70.]]), array([[25.9, 11.7, 54.1, 68.3]]))
    """
    options = {"sides": sides, "keep_flagged": keep_flagged, "split": split}
    return DOTA.load(path, options, common)


def _read(
    path: PathLike,
    *,
    sides: Sides = "enclosing",
    keep_flagged: bool = False,
    split: Split = None,
) -> Labels:
    check_sides(sides)
    found = named_under(path, ".txt", split)
    labels = labels_of(found)
    for file, name in found.files:
        image = labels.add_image(name)
        for number, line in enumerate(read_lines(file, may_be_empty=True), 1):
            columns = line.split()
            if not columns or _is_heading(line):
                continue
            where = f"{file}, line {number}"
            if len(columns) not in (9, 10) or is_number(columns[8]):
                raise AnnotationError(f"{where}: {quoted(line)} is not a label. {LAYOUT}")
            quad = numbers(columns[:8], where, LAYOUT)
            (difficult,) = numbers(columns[9:] or ["0"], where, LAYOUT)
            reason = "difficult" if difficult and not keep_flagged else ""
            labels.add_oriented(image, columns[8], quad, sides, reason)
    return labels


def _is_heading(line: str) -> bool:
    return re.match(r"\s*(imagesource|gsd)\s*:", line, re.IGNORECASE) is not None


def _recognises(look: Look) -> bool:
    lines = [line.split() for line in look.lines if not _is_heading(line)]
    if not lines:
        return bool(look.lines)
    first = lines[0]
    return len(first) in (9, 10) and all(map(is_number, first[:8])) and not is_number(first[8])


DOTA = Reader(
    name="dota",
    summary="folder of text files, or one file; oriented boxes; difficult ones are flagged; no "
    "image sizes",
    read=_read,
    recognises=_recognises,
    suffixes=(".txt",),
)
