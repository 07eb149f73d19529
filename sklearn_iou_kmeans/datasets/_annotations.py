"""Read annotations of any format, which is detected from the file content."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._binary import CONVERT, TO_WHAT, advice_on
from ._boxes import boxes_bunch
from ._errors import OPTIONS, AnnotationError
from ._files import MOST_UNPACKED, PathLike, files_under, quoted, unpacking_to, without_gz
from ._look import NO_FILES, describe_folder, look_at
from ._reader import Look, Reader
from ._readers import READERS

if TYPE_CHECKING:
    from sklearn.utils import Bunch

N_FILES = 20
"""How many non-empty files of each suffix are inspected in a folder."""

FOREIGN = {
    "BDD100K's first release, one file per image: bdd100k_labels_images_train.json, which is read, "
    "has the same labels": {"name", "attributes", "frames"},
    "CreateML": {"image", "annotations"},
    "Supervisely": {"tags", "objects", "size"},
    "VoTT": {"asset", "regions"},
    "Datumaro": {"items", "categories"},
    "Cityscapes": {"imgHeight", "imgWidth", "objects"},
    "SuperAnnotate": {"metadata", "instances"},
    "V7 Darwin": {"item", "annotations"},
    "COCO's detections, which are results and not annotations": {"image_id", "bbox", "score"},
}
"""JSON formats that are not supported, by the keys that identify them."""


def load_annotations(
    path: PathLike | Sequence[PathLike],
    format: str = "auto",
    *,
    categories: str | Iterable[str] | None = None,
    image_size: Sequence[float] | None = None,
    images: PathLike | None = None,
    clip: bool = True,
    min_size: float = 0,
    max_unpacked: float = MOST_UNPACKED,
    keep_flagged: bool = False,
    **options: Any,
) -> "Bunch":
    """Read the boxes of annotations in any supported format.

    Parameters
    ----------
    path : str or path-like, or a sequence of them
        A file or folder; or several, whose boxes are combined.
    format : str, default="auto"
        One of the formats below, or "auto" to detect it from the content of the files.
    categories : str, iterable of str or None, default=None
        The categories to keep; all by default. All categories share the anchors of a detector, so
        keep those that it will be trained on.
    image_size : (width, height) or None, default=None
        The size in pixels of all images whose size is not in the annotations.
    images : path-like or None, default=None
        The folder of the images whose size is not in the annotations: it is read from the headers
        of the image files. Subfolders are searched as well, and images may have any suffix. Images
        may be missing.
    clip : bool, default=True
        Whether to clip boxes that extend beyond their image, if its size is known. Detectors are
        trained on clipped boxes.
    min_size : float, default=0
        Leave out boxes with a side below this number of pixels in the original image.
    max_unpacked : float, default=100
        Maximum ratio of the unpacked to the packed size of a gzip or Parquet file. Larger ones are
        refused, because a small malicious file could fill the memory. Genuine annotations are
        below 100.
    keep_flagged : bool, default=False
        Whether to keep boxes that the format flags: crowds, difficult objects, regions to ignore
        and so on. Detectors are not trained on them. No effect for formats without such flags.
    **options : dict
        Further options of the reader of the format, such as `inclusive` for VOC or `split` for
        YOLO.

    Returns
    -------
    boxes : :class:`~sklearn.utils.Bunch`
        data : ndarray of shape (n_boxes, 4)
            Corners (x1, y1, x2, y2) in `unit`; x2 - x1 is the width.
        unit : {"pixel", "relative"}
            Pixels of the original image; "relative" (to the width and height of the image) if the
            coordinates in the file are from 0 to 1 and the sizes of the images are not known.
        target : ndarray of shape (n_boxes,)
            Category of each box: an index into `target_names`.
        target_names : list of str
            Names of the categories, sorted.
        image : ndarray of shape (n_boxes,)
            Image of each box: an index into `image_names`. Pass it as `groups` to keep the boxes of
            an image together in cross-validation.
        image_names : list of str
            Names of all images, including those without boxes. If several paths are passed, the
            names begin with the path.
        image_size : ndarray of shape (n_boxes, 2)
            Width and height in pixels of the image of each box; NaN if unknown.
        skipped : dict of str to int
            Number of labels that are not in `data`, by reason, for example "other category", "no
            image file" (needed for its size), "zero or negative size", "outside the image" (the
            whole box, if the size of the image is known) or "side below" `min_size`. A label counts
            for the first reason that applies, so the boxes and these counts add up to the labels of
            the files.
        skipped_images : dict of str to list of str
            The names of the images of the skipped labels, by reason, except for "other category".
        notes : dict of str to int
            Number of boxes that were changed, by what was done: "clipped to the image", "around a
            polygon" and so on; with ``clip=False``, the number of boxes that extend beyond their
            image. Also the number of links to folders outside the data set, which are not followed.
        splits, splits_read : list of str
            The splits of the data set, such as train and valid, and those that were read. Empty if
            there are none.
        files : dict of str to list of Path
            The files that were read, by the path that was passed.
        image_files : list of Path
            The images whose headers were read.
        format : str
            The name of the format; only set by this function.

    Raises
    ------
    FileNotFoundError
        If there is no such file or folder.
    ValueError
        If the format is unknown or cannot be detected, or does not accept one of the options; if
        boxes are relative to images of unknown size; or if the reader of the format raises it.
    ImportError
        If a library that the format needs is not installed; install the `io` extra.

    Notes
    -----
    The formats:

    {formats}

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from sklearn_iou_kmeans.datasets import load_annotations
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = pathlib.Path(folder, "a.txt").write_text("0 0.5 0.5 0.25 0.125")
    ...     boxes = load_annotations(folder, image_size=(640, 480))
    >>> boxes.format, boxes.data
    ('yolo', array([[240., 210., 400., 270.]]))
    """
    if format != "auto" and format not in READERS:
        raise AnnotationError(
            f"{quoted(format)} is not a format.",
            "Choose {format}auto to detect it, or name one of " + _known() + ".",
        )
    paths = [path] if isinstance(path, str | os.PathLike) else list(path)
    if not paths:
        raise AnnotationError("path is empty: name at least one file or folder.")
    _check_no_overlap(paths)
    parts = []
    with unpacking_to(max_unpacked):
        names = [recognise_format(path) if format == "auto" else format for path in paths]
        for one, name in zip(paths, names, strict=True):
            reader = READERS[name]
            _check_options(one, reader, options)
            flagged = {"keep_flagged": keep_flagged} if "keep_flagged" in reader.options else {}
            parts.append((one, reader.read(one, **options, **flagged)))
    boxes = boxes_bunch(
        parts,
        categories=categories,
        image_size=image_size,
        images=images,
        clip=clip,
        min_size=min_size,
    )
    boxes.format = ", ".join(dict.fromkeys(names))
    return boxes


if load_annotations.__doc__:
    load_annotations.__doc__ = load_annotations.__doc__.replace(
        "{formats}",
        "\n    ".join(f"- {reader.name!r}: {reader.summary}." for reader in READERS.values()),
    )


def _check_no_overlap(paths: Sequence[PathLike]) -> None:
    """Raise if boxes would count twice, because a path is repeated or inside another one."""
    real = [Path(os.path.realpath(path)) for path in paths]
    named = dict(zip(real, paths, strict=True))
    seen: set[object] = set()
    for one, place in zip(paths, real, strict=True):
        file = _identity(place)
        if file in seen:
            raise AnnotationError(f"{one} is named twice: its boxes would count twice.")
        seen.add(file)
        folder = next((parent for parent in place.parents if parent in named), None)
        if folder is not None:
            raise AnnotationError(
                f"{one} lies in {named[folder]}, which is named too: its boxes would count twice."
            )


def _identity(path: Path) -> object:
    """Return what all names of a file have in common, such as hard links, or other cases."""
    try:
        status = os.stat(path)
    except OSError:
        return path
    # Some file systems do not number their files.
    return (status.st_dev, status.st_ino) if status.st_ino else path


def _check_options(path: PathLike, reader: Reader, options: dict[str, Any]) -> None:
    for option in options:
        if option not in reader.options:
            known = option in OPTIONS
            raise AnnotationError(
                f"{path} is read as {quoted(reader.name)}, which does not accept"
                + ("" if known else f" {quoted(option)}."),
                f"{{{option}}}: leave it out." if known else "",
            )


def _known() -> str:
    return ", ".join(READERS)


def recognise_format(path: PathLike) -> str:
    """Detect the format of annotations from the content of a file or folder.

    Parameters
    ----------
    path : str or path-like
        The file or folder.

    Returns
    -------
    format : str
        The name of the format, for `load_annotations`.

    Raises
    ------
    FileNotFoundError
        If there is no such file or folder.
    ValueError
        If the format cannot be detected; the message says what was found.

    See Also
    --------
    load_annotations : Read annotations in any format.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from sklearn_iou_kmeans.datasets import recognise_format
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = pathlib.Path(folder, "a.txt").write_text("0 0.5 0.5 0.25 0.125")
    ...     recognise_format(folder)
    'yolo'
    """
    look = look_at(path)
    formats = [name for name, reader in READERS.items() if reader.recognises(look)]
    if look.kind == "folder" and not formats:
        formats, look = _of_folder(look.path)
    if len(formats) == 1:
        return formats[0]
    if formats:
        raise AnnotationError(
            f"{path} could be {' or '.join(map(quoted, formats))}: {look.seen}.",
            "Name the format: {format}" + formats[0] + ".",
        )
    raise AnnotationError(_unread(path, look))


def _of_folder(folder: Path) -> tuple[list[str], Look]:
    """Return the formats that the files of a folder may have, and a description of the files."""
    suffixes = tuple(dict.fromkeys(s for reader in READERS.values() for s in reader.suffixes))
    files, not_followed = files_under(folder, suffixes)
    formats: list[str] = []
    seen = describe_folder(files, suffixes)
    if not_followed:
        seen += f" and a link out of it, {not_followed[0]}, which is not followed"
    for suffix in suffixes:
        readers = [reader for reader in READERS.values() if suffix in reader.suffixes]
        there = [file for file in files if without_gz(file).suffix.lower() == suffix]
        n_looks, all_empty, first = 0, bool(there), ""
        found: list[str] = []
        of_list: list[str] = []
        for look in map(look_at, there):
            if look.kind == "empty":
                continue
            all_empty, first, n_looks = False, first or _seen(look), n_looks + 1
            found = [reader.name for reader in readers if reader.recognises(look)]
            if look.is_list_of_images:  # beside labels it only says which images there are
                of_list, found = found, []
            if found or n_looks == N_FILES:
                break
        formats += found or of_list
        if all_empty:
            formats += [reader.name for reader in readers]
        if there:
            seen += f"; {suffix}: {'all empty' if all_empty else first}"
    return list(dict.fromkeys(formats)), Look(folder, "folder", seen)


def _unread(path: PathLike, look: Look) -> str:
    """Return what a file of unknown format contains, and advice."""
    if look.kind == "empty":
        return f"{path} is empty: copy or download it again."
    if look.kind == "binary":
        return f"{path} is {look.seen}, which is not read. {advice_on(look.seen)}"
    if look.kind == "folder":
        name = "name the folder or file of the labels"
        if look.seen.startswith(NO_FILES):
            return f"{path} is {look.seen}: {name}."
        return (
            f"{path} is not in a known format: {look.seen}. {name.capitalize()}; if these are the "
            f"labels, convert them {TO_WHAT}"
        )
    return f"{path} is not in a known format: {_seen(look)}. {CONVERT}"


def _seen(look: Look) -> str:
    """Describe a file of unknown format, with the name of the format if it is a usual one."""
    foreign = next((name for name, keys in FOREIGN.items() if keys <= look.keys), "")
    return look.seen + (f". That is the layout of {foreign}" if foreign else "")
