"""Find the labels of a YOLO data set: a folder, a list of images, or a data file."""

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ._class_names import Names, class_names
from ._errors import AnnotationError
from ._files import (
    PathLike,
    first_lines,
    is_pipe,
    quoted,
    read_bytes,
    read_lines,
    require,
    with_slashes,
)
from ._image_size import IMAGE_SUFFIXES
from ._splits import Split, choose_splits, named_under, wanted_splits

LIST_LAYOUT = (
    "A list has the path of one image per line; a file of labels has lines of numbers, `class cx "
    "cy w h`."
)
YAML_LAYOUT = (
    "A YOLO data file has path, train and val (a folder, a list file, or a list of them) and names."
)
YAML_SUFFIXES = (".yaml", ".yml")
DATA_SUFFIXES = (*YAML_SUFFIXES, ".data")
LARGEST_YAML = 256_000
# Of each, a data file has one at least.
PARTS, CLASSES = {"train", "val", "valid"}, {"names", "nc", "classes"}
# What may be too much at the start of a path: Roboflow writes "../", CVAT "data/".
PREFIXES = ("", "../", "data/")
ALL_PARTS = ("train", "val", "valid", "test")
NAMES_FILE = "classes.txt"


class Item(NamedTuple):
    """An image of a data set and the file with its labels."""

    name: str
    labels: Path
    image: Path | None
    """None if it has not been searched yet, by the name of the labels."""
    is_quotable: bool = True
    """Whether errors may quote the labels: not where a data file led out of its folder."""


class Source(NamedTuple):
    """The labels and images that the path of the user refers to."""

    items: list[Item]
    names: Names = None
    keypoint_columns: int | None = None
    """Number of columns of keypoints after each box; None if nothing says it."""
    splits: Sequence[str] = ()
    splits_read: Sequence[str] = ()
    not_followed: Sequence[Path] = ()
    files: Sequence[Path] = ()
    """Files that were read to find the labels: data files, lists of images, class names."""


def find_labels(path: PathLike, split: Split) -> Source:
    """Determine the kind of the path, and list its images and labels."""
    path = Path(path)
    if not os.path.isdir(path):
        return _of_file(path, split)
    data_file = find_data_file(path)
    if data_file is not None:
        return _of_file(data_file, split)
    source = _of_folder(path, split)
    if len(source.items) != 1 or not _is_list(source.items[0].labels):
        return source
    listed = _of_file(source.items[0].labels, split)
    items = [item._replace(is_quotable=_is_inside(item.labels, path)) for item in listed.items]
    return listed._replace(items=items)


def _of_file(path: Path, split: Split) -> Source:
    """List the images and labels of a data file, of a list of images, or of a file of labels."""
    if path.suffix.lower() in DATA_SUFFIXES:
        return _of_data_file(path, wanted_splits(split))
    choose_splits(path, wanted_splits(split), [])
    if is_pipe(path):
        raise AnnotationError(f"{path} is a pipe, which cannot be a YOLO data set: name a file.")
    if _begins_with_label(first_lines(path, 1)):
        return Source([Item(path.stem, path, None)])
    return Source(_each_once(_of_list(path, [*path.parents, Path()])), files=[path])


def find_data_file(folder: Path) -> Path | None:
    """Find the data file in the folder of a data set; raise if it is ambiguous."""
    names = sorted(name for name in os.listdir(folder) if not name.startswith("."))
    files = (folder / name for name in names if name.lower().endswith(DATA_SUFFIXES))
    found = list(filter(_is_data_file, files))
    if not found:
        return None
    texts = (folder / name for name in names if name.lower().endswith(".txt"))
    other = found[1] if len(found) > 1 else next(filter(_is_label_file, texts), None)
    if other:
        raise AnnotationError(
            f"{folder} has {found[0].name} and {other.name}, and either could be meant: name the "
            "data file to read, or read labels from a folder without one."
        )
    return found[0]


def _is_data_file(file: Path) -> bool:
    data = _load(file) if os.path.isfile(file) else None
    return isinstance(data, dict) and bool(data.keys() & PARTS) and bool(data.keys() & CLASSES)


def _is_label_file(file: Path) -> bool:
    if file.name == NAMES_FILE or not os.path.isfile(file):
        return False
    return _begins_with_label(first_lines(file, 1, may_be_empty=True))


def _is_list(file: Path) -> bool:
    """Whether a file begins with the path of an image."""
    lines = first_lines(file, 1, may_be_empty=True)
    return any(line.strip().lower().endswith(IMAGE_SUFFIXES) for line in lines)


def _begins_with_label(lines: Iterable[str]) -> bool:
    try:
        return len([float(text) for line in lines for text in line.split()]) > 1
    except ValueError:
        return False


def _of_folder(folder: Path, split: Split = None) -> Source:
    """List the labels in a folder; for a folder of images, in the folder of their labels."""
    other = sibling(folder, "images", "labels")
    folder = other if os.path.isdir(other) else folder
    found = named_under(folder, ".txt", split, but=NAMES_FILE)
    items = [Item(name, file, None) for file, name in found.files]
    named = [file for file in (folder / NAMES_FILE,) if os.path.isfile(file)]
    return Source(
        items,
        class_names(named[0]) if named else None,
        files=named,
        splits=found.splits,
        splits_read=found.splits_read,
        not_followed=found.not_followed,
    )


def _of_list(file: Path, bases: Sequence[Path], *, quote: bool = True) -> list[Item]:
    """List the images in a list file, relative to the first of `bases` in which they exist."""
    listed: dict[str, None] = {}
    for number, line in enumerate(read_lines(file), 1):
        name = with_slashes(line.strip())
        if name and not name.lower().endswith(IMAGE_SUFFIXES):
            raise AnnotationError(
                f"{file}, line {number}: {quoted(name) if quote else 'this'} is neither a label "
                f"nor the path of an image. {LIST_LAYOUT}"
            )
        listed.update({name: None} if name else {})
    first = next(iter(listed))
    starts = [(base, prefix) for base in bases for prefix in PREFIXES]
    there = (start for start in starts if _is_there(start[0] / first.removeprefix(start[1])))
    base, prefix = next(there, starts[0])
    images = {name: base / name.removeprefix(prefix) for name in listed}
    items = [Item(name, _labels_of(image), image) for name, image in images.items()]
    if not any(os.path.isfile(item.labels) for item in items):
        raise AnnotationError(
            f"{file}: none of the {len(items)} listed images has labels; those of the first, "
            f"{quoted(first)}, should be in {items[0].labels}. List one image per line, relative "
            "to the list, or name the folder of the labels."
        )
    return items


def _each_once(items: Iterable[Item]) -> list[Item]:
    """Leave out labels that are listed again, by another spelling or in another part."""
    unique: dict[str, Item] = {}
    for item in items:
        unique.setdefault(os.path.abspath(item.labels), item)
    return list(unique.values())


def _is_there(image: Path) -> bool:
    return os.path.isfile(image) or os.path.isfile(_labels_of(image))


def _labels_of(image: Path) -> Path:
    """Return the labels of an image: in the folder for labels, or else next to it."""
    beside = image.with_suffix(".txt")
    apart = sibling(beside, "images", "labels")
    return apart if os.path.isfile(apart) or not os.path.isfile(beside) else beside


def sibling(path: Path, old: str, new: str) -> Path:
    """Replace the last folder called `old` in a path."""
    parts = list(path.parts)
    if old in parts:
        parts[len(parts) - 1 - parts[::-1].index(old)] = new
    return Path(*parts)


def _of_data_file(file: Path, wanted: list[str]) -> Source:
    """List the splits of a data set in a ``data.yaml`` or ``obj.data``."""
    data = _load(file)
    if not isinstance(data, dict):
        raise AnnotationError(f"{file} is YAML of {quoted(data)}. {YAML_LAYOUT}")
    is_yaml = file.suffix.lower() in YAML_SUFFIXES
    root = with_slashes(_text(data.get("path") or ".", f"{file}, path"))
    bases = [file.parent / root, Path(root), file.parent]
    bases += [] if is_yaml else file.parents  # darknet runs in a folder above
    there = [name for name in ALL_PARTS if data.get(name)]
    wanted = choose_splits(file, wanted or ["train"], there)
    splits = [name for name in there if name in wanted or _has_place(data[name], bases)]
    items: list[Item] = []
    not_followed: list[Path] = []
    files = [file]
    for split in wanted:
        entries = data[split]
        for entry in entries if isinstance(entries, list) else [entries]:
            part = _of_entry(_text(entry, f"{file}, {split}"), bases, file, split)
            items.extend(part.items)
            not_followed.extend(part.not_followed)
            files.extend(part.files)
    names = data.get("names")
    names_file = None if is_yaml else _darknet_names_file(names, bases, file)
    files += [] if names_file is None else [names_file]
    return Source(
        _each_once(items),
        _yaml_names(names, file) if is_yaml else class_names(names_file),
        _keypoint_columns(data.get("kpt_shape"), file),
        splits,
        wanted,
        not_followed,
        files,
    )


def _of_entry(entry: str, bases: Sequence[Path], file: Path, split: str) -> Source:
    """List a split of a data set; images in different folders can have the same name."""
    where = f"{file}, {split}"
    place = _place(entry, bases, where)
    _refuse_above(place, file.parent, entry, where)
    is_inside = _is_inside(place, file.parent)
    if os.path.isdir(place) or not os.path.exists(place):
        part = _of_folder(place)
        items = [
            item._replace(name=f"{entry}/{item.name}", is_quotable=is_inside) for item in part.items
        ]
        return Source(items, not_followed=part.not_followed, files=part.files)
    if place.suffix.lower() != ".txt" or not os.path.isfile(place):
        raise AnnotationError(
            f"{where}: {quoted(entry)} is neither a folder nor a .txt file. {YAML_LAYOUT}"
        )
    listed = _of_list(place, [place.parent, *bases], quote=is_inside)
    items = [item._replace(is_quotable=_is_inside(item.labels, file.parent)) for item in listed]
    return Source(items, files=[place])


def _load(file: Path) -> Any:
    """Return the content of a data file, with all values as texts, in lists and dicts."""
    if file.suffix.lower() not in YAML_SUFFIXES:
        pairs = (line.partition("=") for line in read_lines(file, may_be_empty=True))
        return {key.strip(): value.strip() for key, equals, value in pairs if equals}
    require("yolo", "yaml")
    import yaml

    content = read_bytes(file, at_most=LARGEST_YAML)
    try:
        # Without tags and merges nothing is computed, so that a short file cannot take long. The
        # faster parser in C overflows the stack where lists are nested deeply, in PyYAML 6.0.1.
        return yaml.load(content, Loader=yaml.BaseLoader)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise AnnotationError(
            f"{file} is not valid YAML: {' '.join(str(error).split())}. {YAML_LAYOUT}"
        ) from None


def _darknet_names_file(names: Any, bases: Sequence[Path], file: Path) -> Path | None:
    """Find the file with the class names of an ``obj.data``."""
    if not names:
        return None
    place = _place(names, bases, f"{file}, names")
    if place.suffix.lower() not in (".names", ".txt") or not os.path.isfile(place):
        raise AnnotationError(f"{file}, names: {quoted(names)} is not a .names or .txt file.")
    return place


def _yaml_names(names: Any, file: Path) -> Names:
    if not names:
        return None
    try:
        pairs = enumerate(names) if isinstance(names, list) else names.items()
        return {int(number): _text(name, f"{file}, names") for number, name in pairs}
    except (AttributeError, TypeError, ValueError):
        raise AnnotationError(
            f"{file}: names is {quoted(names)}: write a list, or a number and a name per line."
        ) from None


def _text(value: Any, where: str) -> str:
    """Return a single value; through aliases, a short YAML file can contain huge lists."""
    if isinstance(value, str):
        return value
    raise AnnotationError(f"{where}: {quoted(value)} is not text. {YAML_LAYOUT}")


def _keypoint_columns(shape: Any, file: Path) -> int | None:
    if not shape:
        return None
    sides = [str(side) for side in shape] if isinstance(shape, list) and len(shape) == 2 else []
    if len(sides) == 2 and all(re.fullmatch("[0-9]{1,4}", side) for side in sides):
        return int(sides[0]) * int(sides[1])
    raise AnnotationError(
        f"{file}: kpt_shape is {quoted(shape)}: write [number of keypoints, 2 or 3]."
    )


def _place(entry: str, bases: Sequence[Path], where: str) -> Path:
    """Find a folder or list file."""
    places = _places(entry, bases)
    place = next(filter(_is_place, places), None)
    if place is None:
        raise AnnotationError(
            f"{where}: {quoted(entry)} does not exist; looked for {places[0]}. Correct the entry, "
            "or `path` in the data file if it has one."
        )
    return place


def _places(entry: str, bases: Sequence[Path]) -> list[Path]:
    entry = with_slashes(entry)
    return [base / entry.removeprefix(prefix) for base in bases for prefix in PREFIXES]


def _is_place(place: Path) -> bool:
    return os.path.exists(place) or os.path.isdir(sibling(place, "images", "labels"))


def _has_place(entries: Any, bases: Sequence[Path]) -> bool:
    """Whether a part of a data set exists: Roboflow names a test part that may be missing."""
    texts = entries if isinstance(entries, list) else [entries]
    return any(
        _is_place(place)
        for text in texts
        if isinstance(text, str)
        for place in _places(text, bases)
    )


def _refuse_above(place: Path, folder: Path, entry: str, where: str) -> None:
    """Raise if a split is above the data file, such as `/`, which would search too many files."""
    if _is_inside(folder, place) and not _is_inside(place, folder):
        raise AnnotationError(
            f"{where}: {quoted(entry)} is {os.path.realpath(place)}, which contains the data file "
            "itself: name the folder of the images or labels."
        )


def _is_inside(path: Path, folder: Path) -> bool:
    """Whether a path is in a folder, or is the folder, once all links are followed."""
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))
