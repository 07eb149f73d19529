"""KITTI labels, of detection and of tracking."""

import re
from itertools import takewhile
from typing import TYPE_CHECKING, Unpack

from ._errors import AnnotationError
from ._files import PathLike, is_number, numbers, quoted, read_lines
from ._labels import Common, Labels
from ._reader import Look, Reader
from ._splits import Split, labels_of, named_under

if TYPE_CHECKING:
    from sklearn.utils import Bunch

LAYOUT = (
    "A KITTI label has 15 columns: type, truncated, occluded, alpha, left, top, right, bottom and "
    "7 more; a score may follow, and in the tracking variant frame and track go before."
)
DONT_CARE = "DontCare"


def load_kitti(
    path: PathLike,
    *,
    keep_flagged: bool = False,
    split: Split = None,
    **common: Unpack[Common],
) -> "Bunch":
    """Read the boxes of KITTI labels, one text file per image or video.

    Parameters
    ----------
    path : str or path-like
        A folder, for example ``label_2``, whose text files are read, including those in its
        subfolders; or one text file. Both variants are read, detection and tracking, with or
        without scores.
    keep_flagged : bool, default=False
        Whether to keep the regions of type DontCare, in which objects are not labelled.
    split : str, iterable of str or None, default=None
        Splits of the data set to read, if it has folders called train, valid, test or similar. By
        default the train split, because anchors are fitted to the training set.
    **common : dict
        `categories`, `image_size`, `images`, `clip`, `min_size` and `max_unpacked`, as for
        :func:`load_annotations`.

    Returns
    -------
    boxes : :class:`~sklearn.utils.Bunch`
        The fields are those of :func:`load_annotations`. `data`, of shape (n_boxes, 4), contains
        (left, top, right, bottom) in pixels as written. Images are named after their text file,
        relative to the folder and without the suffix, and in the tracking variant by the frame as
        well, as in "0004/000017". The files do not contain the sizes of the images. The reasons in
        `skipped` are "DontCare", "other category" and "zero or negative size"; the boxes and these
        counts add up to the lines of the files.

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

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from sklearn_iou_kmeans.datasets import load_kitti
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "000000.txt")
    ...     _ = file.write_text("Car 0.00 0 1.55 10.5 20 50.5 40 1.6 1.6 3.7 -16 2 42 1.2")
    ...     load_kitti(folder).data
    array([[10.5, 20. , 50.5, 40. ]])
    """
    return KITTI.load(path, {"keep_flagged": keep_flagged, "split": split}, common)


def _read(path: PathLike, *, keep_flagged: bool = False, split: Split = None) -> Labels:
    found = named_under(path, ".txt", split)
    labels = labels_of(found)
    for file, name in found.files:
        rows: dict[str, int] = {}
        for number, line in enumerate(read_lines(file, may_be_empty=True), 1):
            columns = line.split()
            if not columns:
                continue
            where = f"{file}, line {number}"
            frame, columns = split_frame(columns, where)
            image = f"{name}/{frame}" if frame else name
            if image not in rows:
                rows[image] = labels.add_image(image)
            corners = numbers(columns[4:8], where, LAYOUT)
            _add(labels, rows[image], columns[0], corners, keep_flagged)
        if not rows:
            labels.add_image(name)
    return labels


def split_frame(columns: list[str], where: str) -> tuple[str, list[str]]:
    """Return the frame of the tracking variant, "" in the detection variant, and the 15 columns.

    The type may have spaces, as in "traffic light": it ends before the first number.
    """
    is_tracking = re.fullmatch("[0-9]{1,9}", columns[0])
    frame = f"{int(columns[0]):06}" if is_tracking else ""
    label = columns[2:] if is_tracking else columns
    words = list(takewhile(lambda text: not is_number(text), label))
    rest = label[len(words) :]
    if words and len(rest) in (14, 15):
        return frame, [" ".join(words), *rest]
    line = quoted(" ".join(columns))
    raise AnnotationError(
        f"{where}: {len(columns)} columns, {line}. {LAYOUT} If these are not labels, name the "
        "folder that has them, say label_2."
    )


def _add(
    labels: Labels, image: int, category: str, corners: list[float], keep_flagged: bool
) -> None:
    """Add a label; a region to ignore has no category."""
    flagged = category == DONT_CARE and not keep_flagged
    labels.add(image, None if flagged else category, corners, DONT_CARE if flagged else "")


def _recognises(look: Look) -> bool:
    try:
        split_frame(look.lines[0].split() if look.lines else [], "")
    except (AnnotationError, IndexError):
        return False
    return True


KITTI = Reader(
    name="kitti",
    summary="folder of text files, or one file; DontCare regions are flagged; no image sizes",
    read=_read,
    recognises=_recognises,
    suffixes=(".txt",),
)
