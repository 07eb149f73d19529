"""Open Images boxes."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from ._class_names import names_files
from ._errors import AnnotationError
from ._files import PathLike, numbers, quoted, read_lines
from ._image_size import check_relative
from ._labels import Common, Labels
from ._reader import Look, Reader
from ._splits import Split, labels_of, single_file
from ._table import read_table

if TYPE_CHECKING:
    from sklearn.utils import Bunch

LAYOUT = (
    "Open Images boxes are comma-separated values with the columns ImageID, LabelName, XMin, XMax, "
    "YMin, YMax and more, with decimal points, relative to the image."
)
COLUMNS = ("ImageID", "LabelName", "XMin", "YMin", "XMax", "YMax")
FLAGS = {"IsGroupOf": "group", "IsDepiction": "depiction"}


def load_open_images(
    path: PathLike,
    *,
    names: Mapping[str, str] | PathLike | None = None,
    keep_flagged: bool = False,
    split: Split = None,
    **common: Unpack[Common],
) -> "Bunch":
    r"""Read the boxes of an Open Images CSV file.

    Boxes are relative to their image, so either `image_size` or `images` is needed.

    Parameters
    ----------
    path : str or path-like
        The CSV file, for example ``validation-annotations-bbox.csv``, plain or compressed with
        gzip; or a folder with one such file, or with one for each split of the data set.
    names : dict of str to str, path-like or None, default=None
        Names for the labels, or a file with them, ``class-descriptions-boxable.csv``; by default
        the LabelName is the name of the category, for example "/m/01g317".
    keep_flagged : bool, default=False
        Whether to keep boxes around a group of objects (IsGroupOf) and around depictions such as
        drawings (IsDepiction).
    split : str, iterable of str or None, default=None
        Splits of the data set to read, if it has a file for each of train, valid and test. By
        default the train split.
    **common : dict
        `categories`, `image_size`, `images`, `clip`, `min_size` and `max_unpacked`, as for
        :func:`load_annotations`.

    Returns
    -------
    boxes : :class:`~sklearn.utils.Bunch`
        The fields are those of :func:`load_annotations`. `data`, of shape (n_boxes, 4), contains
        corners in pixels. Images are named after their ImageID. The reasons in `skipped` are "no
        image file" (not in `images`, so its size is not known), "other category", "group",
        "depiction", "zero or negative size" and "outside the image"; the boxes and these counts add
        up to the rows of the file.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If neither or both of `image_size` and `images` are given; if the file is empty, damaged or
        not valid (the message names the line); if none of its images is in `images`; or if there
        are no boxes of one of the `categories`.
    ImportError
        If `images` is given and imagesize is not installed; install the `io` extra.

    See Also
    --------
    load_annotations : Read annotations in any format.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from sklearn_iou_kmeans.datasets import load_open_images
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "boxes.csv")
    ...     _ = file.write_text("ImageID,LabelName,XMin,XMax,YMin,YMax\n1a,/m/01,0,0.5,0.25,1")
    ...     load_open_images(file, image_size=(640, 480)).data
    array([[  0., 120., 320., 480.]])
    """
    options = {"names": names, "keep_flagged": keep_flagged, "split": split}
    return OPEN_IMAGES.load(path, options, common)


def _read(
    path: PathLike,
    *,
    names: Mapping[str, str] | PathLike | None = None,
    keep_flagged: bool = False,
    split: Split = None,
) -> Labels:
    found = single_file(path, ".csv", split)
    labels = labels_of(found)
    labels.relative = True
    labels.files += names_files(names)
    known = _names(names)
    for file, name in found.files:
        _add(labels, file, found.prefix(name), known, keep_flagged)
    return labels


def _add(
    labels: Labels, path: Path, prefix: str, names: Mapping[str, str], keep_flagged: bool
) -> None:
    """Add the rows of a file as labels."""
    header, rows = read_table(path, LAYOUT)
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        raise AnnotationError(
            f"{path} has no column {', '.join(missing)}; its header is {quoted(header)}. {LAYOUT}",
            "Other tables are of the format csv: {format}csv.",
        )
    fields = [header.index(name) for name in COLUMNS]
    flags = {header.index(name): reason for name, reason in FLAGS.items() if name in header}
    images: dict[str, int] = {}
    for where, row in rows:
        name, label, *texts = (row[field] for field in fields)
        if name not in images:
            images[name] = labels.add_image(prefix + name)
        corners = numbers(texts, where, LAYOUT)
        check_relative(corners, where, LAYOUT)
        reason = "" if keep_flagged else next((flags[i] for i in flags if row[i] == "1"), "")
        labels.add(images[name], names.get(label, label), corners, reason)


def _names(names: Mapping[str, str] | PathLike | None) -> Mapping[str, str]:
    if names is None or isinstance(names, Mapping):
        return names or {}
    pairs = (line.partition(",") for line in read_lines(names))
    return {label.strip(): name.strip().strip('"') for label, _, name in pairs}


def _recognises(look: Look) -> bool:
    return bool(look.lines) and set(COLUMNS) <= set(look.lines[0].split(","))


OPEN_IMAGES = Reader(
    name="open_images",
    summary="CSV file of Open Images, or a folder with one; groups and depictions are flagged; "
    "relative to the images, so their sizes are needed",
    read=_read,
    recognises=_recognises,
    suffixes=(".csv",),
)
