"""Read the ground truth of WIDER FACE."""

import re
from typing import TYPE_CHECKING, Unpack

from ._errors import AnnotationError
from ._files import PathLike, numbers, quoted, read_lines
from ._image_size import IMAGE_SUFFIXES
from ._labels import Common, Labels
from ._reader import Look, Reader
from ._splits import Split, labels_of, single_file

if TYPE_CHECKING:
    from sklearn.utils import Bunch

LAYOUT = (
    "WIDER FACE has a line with the path of an image, one with the number of its faces, and one "
    "line per face: `x y w h blur expression illumination invalid occlusion pose`."
)
FACE = "face"
N_COLUMNS = 10
INVALID = 7


def load_wider_face(
    path: PathLike,
    *,
    keep_flagged: bool = False,
    split: Split = None,
    **common: Unpack[Common],
) -> "Bunch":
    r"""Read the boxes of WIDER FACE ground truth.

    Parameters
    ----------
    path : str or path-like
        The text file, for example ``wider_face_train_bbx_gt.txt``, plain or compressed with gzip;
        or a folder with one such file, or with one for each split of the data set.
    keep_flagged : bool, default=False
        Whether to keep the faces flagged as invalid, which are too small or unclear to count.
    split : str, iterable of str or None, default=None
        Splits of the data set to read, if it has a file for each, with the split in its name. By
        default the train split, because anchors are fitted to the training set.
    **common : dict
        `categories`, `image_size`, `images`, `clip`, `min_size` and `max_unpacked`, as for
        :func:`load_annotations`.

    Returns
    -------
    boxes : :class:`~sklearn.utils.Bunch`
        The fields are those of :func:`load_annotations`. `data`, of shape (n_boxes, 4), contains
        (x, y, x + w, y + h) in pixels. The file does not contain the sizes of the images. The
        reasons in `skipped` are "invalid" and "zero or negative size"; the boxes and these counts
        add up to the counts in the file. The row of zeros after a count of 0 is not a face.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is empty, cut short or not valid (the message names the line); or if there are
        no boxes of one of the `categories`.

    See Also
    --------
    load_annotations : Read annotations in any format.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from sklearn_iou_kmeans.datasets import load_wider_face
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "wider_face_val_bbx_gt.txt")
    ...     _ = file.write_text("0--Parade/a.jpg\n1\n10 20 40 20 0 0 0 0 0 0 \n")
    ...     load_wider_face(file).data
    array([[10., 20., 50., 40.]])
    """
    return WIDER_FACE.load(path, {"keep_flagged": keep_flagged, "split": split}, common)


def _read(path: PathLike, *, keep_flagged: bool = False, split: Split = None) -> Labels:
    found = single_file(path, ".txt", split)
    labels = labels_of(found)
    for file, name in found.files:
        _add(labels, file, found.prefix(name), keep_flagged)
    return labels


def _add(labels: Labels, path: PathLike, prefix: str, keep_flagged: bool) -> None:
    """Add the faces of a file."""
    lines = [(n, line.strip()) for n, line in enumerate(read_lines(path), 1) if line.strip()]
    at = 0
    while at < len(lines):
        number, name = lines[at]
        where = f"{path}, line {number}, {quoted(name)}"
        count = _count(lines[at + 1 : at + 2], where)
        rows = lines[at + 2 : at + 2 + count]
        if len(rows) < count:
            raise AnnotationError(
                f"{where}: {count} faces are announced, but only {len(rows)} follow, so the file "
                "was cut short: copy it again."
            )
        image = labels.add_image(prefix + name)
        for number, line in rows:
            corners, invalid = _face(line, f"{path}, line {number}")
            labels.add(image, FACE, corners, "invalid" if invalid and not keep_flagged else "")
        at += 2 + (count or _is_filler(lines[at + 2 : at + 3]))


def _count(lines: list[tuple[int, str]], where: str) -> int:
    """Read the number of faces from the line after that of the image."""
    text = lines[0][1] if lines else ""
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise AnnotationError(
            f"{where}: the next line is {quoted(text)}, not the number of faces. {LAYOUT}"
        )
    return int(text)


def _face(line: str, where: str) -> tuple[tuple[float, float, float, float], bool]:
    """Return the corners of a face, and whether it is flagged as invalid."""
    values = numbers(line.split(), where, LAYOUT)
    if len(values) != N_COLUMNS:
        raise AnnotationError(f"{where}: {len(values)} columns, {quoted(line)}. {LAYOUT}")
    x, y, w, h = values[:4]
    return (x, y, x + w, y + h), values[INVALID] != 0


def _is_filler(lines: list[tuple[int, str]]) -> bool:
    """Whether a line is the row of zeros that stands for no face."""
    return bool(lines) and lines[0][1].split() == ["0"] * N_COLUMNS


def _recognises(look: Look) -> bool:
    image, count = [*(line.strip() for line in look.lines[:2]), "", ""][:2]
    return count.isdecimal() and image.lower().endswith(IMAGE_SUFFIXES)


WIDER_FACE = Reader(
    name="wider_face",
    summary="text file, or a folder with one; invalid faces are flagged; no image sizes",
    read=_read,
    recognises=_recognises,
    suffixes=(".txt",),
)
