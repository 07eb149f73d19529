"""Where the labels of a YOLO data set are: a folder, a list of images, or a ``data.yaml``."""

import math
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ._class_names import Names, class_names
from ._files import PathLike, named_under, quoted, read_bytes, read_lines, require
from ._image_size import IMAGE_SUFFIXES

LIST_LAYOUT = (
    "A list has the path of an image a line; a file of labels has lines of numbers, `class cx cy w "
    "h`."
)
YAML_LAYOUT = (
    "A YOLO data file has path, train and val (a folder, a list file, or a list of them) and names."
)
YAML_SUFFIXES = (".yaml", ".yml")
PARTS, CLASSES = {"train", "val"}, {"names", "nc"}  # of each, a data file has one at least
NAMES_FILE = "classes.txt"


class Item(NamedTuple):
    """An image of a data set and the file with its labels."""

    name: str
    labels: Path
    image: Path | None
    """None if it is still to be found, by the name of the labels."""


class Source(NamedTuple):
    """What the path that the user gives stands for."""

    items: list[Item]
    names: Names = None
    keypoint_columns: int = 0
    """How many columns of keypoints follow each box."""


def find_labels(path: PathLike, split: str | Iterable[str]) -> Source:
    """Find out what the path is, and list the images and labels that it stands for."""
    path = Path(path)
    splits = [split] if isinstance(split, str) else list(split)
    if os.path.isdir(path):
        data_file = find_data_file(path)
        return _of_yaml(data_file, splits) if data_file else Source(*_of_folder(path))
    if path.suffix.lower() in YAML_SUFFIXES:
        return _of_yaml(path, splits)
    if _begins_with_label(read_lines(path)):
        return Source([Item(path.stem, path, None)])
    return Source(_of_list(path, [*path.parents, Path()]))


def find_data_file(folder: Path) -> Path | None:
    """Find the data file in the folder of a data set; raise if something else could be meant."""
    names = sorted(name for name in os.listdir(folder) if not name.startswith("."))
    yamls = (folder / name for name in names if name.lower().endswith(YAML_SUFFIXES))
    found = list(filter(_is_data_file, yamls))
    if not found:
        return None
    texts = (folder / name for name in names if name.lower().endswith(".txt"))
    other = found[1] if len(found) > 1 else next(filter(_is_label_file, texts), None)
    if other:
        raise ValueError(
            f"{folder} has {found[0].name} and {other.name}, and either could be meant: name the "
            "data file to read, or read labels from a folder without one."
        )
    return found[0]


def _is_data_file(file: Path) -> bool:
    data = _load_yaml(file) if os.path.isfile(file) else None
    return isinstance(data, dict) and bool(data.keys() & PARTS) and bool(data.keys() & CLASSES)


def _is_label_file(file: Path) -> bool:
    if file.name == NAMES_FILE or not os.path.isfile(file):
        return False
    return _begins_with_label(read_lines(file, may_be_empty=True))


def _begins_with_label(lines: Iterable[str]) -> bool:
    first = next((line for line in lines if line.strip()), "")
    try:
        return len([float(text) for text in first.split()]) > 1
    except ValueError:
        return False


def _of_folder(folder: Path) -> tuple[list[Item], Names]:
    """List the labels in a folder, or for one of images in that of its labels."""
    other = sibling(folder, "images", "labels")
    folder = other if os.path.isdir(other) else folder
    named = named_under(folder, ".txt")
    items = [Item(name, file, None) for file, name in named if file.name != NAMES_FILE]
    names = class_names(folder / NAMES_FILE) if os.path.isfile(folder / NAMES_FILE) else None
    return items, names


def _of_list(file: Path, bases: Sequence[Path]) -> list[Item]:
    """List the images that a file names, relative to the first of `bases` where there is one."""
    listed: dict[str, None] = {}
    for number, line in enumerate(read_lines(file), 1):
        name = line.strip()
        if name and not name.lower().endswith(IMAGE_SUFFIXES):
            raise ValueError(
                f"{file}, line {number}: {quoted(name)} is neither a label nor the path of an "
                f"image. {LIST_LAYOUT}"
            )
        listed.update({name: None} if name else {})
    first = next(iter(listed))
    base = next((base for base in bases if _is_there(base / first)), bases[0])
    items = [Item(name, _labels_of(base / name), base / name) for name in listed]
    if not any(os.path.isfile(item.labels) for item in items):
        raise ValueError(
            f"{file}: none of the {len(items)} images listed has labels; those of the first, "
            f"{quoted(first)}, should be in {items[0].labels}. List an image a line, relative "
            "to the list, or read the folder of labels."
        )
    return items


def _is_there(image: Path) -> bool:
    return os.path.isfile(image) or os.path.isfile(_labels_of(image))


def _labels_of(image: Path) -> Path:
    """Say where the labels of an image are: in the folder for labels, or else beside it."""
    beside = image.with_suffix(".txt")
    apart = sibling(beside, "images", "labels")
    return apart if os.path.isfile(apart) or not os.path.isfile(beside) else beside


def sibling(path: Path, old: str, new: str) -> Path:
    """Replace the last folder called `old` in a path."""
    parts = list(path.parts)
    if old in parts:
        parts[len(parts) - 1 - parts[::-1].index(old)] = new
    return Path(*parts)


def _of_yaml(file: Path, splits: list[str]) -> Source:
    """List the parts of a data set that a ``data.yaml`` describes."""
    data = _read_yaml(file)
    root = _text(data.get("path") or ".", f"{file}, path")
    bases = [file.parent / root, Path(root), file.parent]
    items: list[Item] = []
    for split in splits:
        entries = data.get(split)
        if not entries:
            there = ", ".join(map(quoted, data))
            raise ValueError(f"{file} has no {quoted(split)}, only {there}. {YAML_LAYOUT}")
        for entry in entries if isinstance(entries, list) else [entries]:
            where = f"{file}, {split}"
            items.extend(_of_entry(_text(entry, where), bases, where))
    names = _yaml_names(data.get("names"), file)
    return Source(list(dict.fromkeys(items)), names, _keypoint_columns(data.get("kpt_shape"), file))


def _of_entry(entry: str, bases: Sequence[Path], where: str) -> list[Item]:
    """List a part of a data set; images of two folders can have the same name."""
    place = _place(entry, bases, where)
    if os.path.isfile(place):
        return _of_list(place, [place.parent, *bases])
    return [item._replace(name=f"{entry}/{item.name}") for item in _of_folder(place)[0]]


def _read_yaml(file: Path) -> dict[str, Any]:
    data = _load_yaml(file)
    if not isinstance(data, dict):
        raise ValueError(f"{file} is YAML of {quoted(data)}. {YAML_LAYOUT}")
    return data


def _load_yaml(file: Path) -> Any:
    require("load_yolo", "yaml")
    import yaml

    content = read_bytes(file)
    try:
        return yaml.safe_load(content)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise ValueError(
            f"{file} is not valid YAML: {' '.join(str(error).split())}. {YAML_LAYOUT}"
        ) from None


def _yaml_names(names: Any, file: Path) -> Names:
    if names is None:
        return None
    try:
        pairs = enumerate(names) if isinstance(names, list) else names.items()
        return {int(number): _text(name, f"{file}, names") for number, name in pairs}
    except (AttributeError, TypeError, ValueError):
        raise ValueError(
            f"{file}: names is {quoted(names)}: write a list, or a number and a name a line."
        ) from None


def _text(value: Any, where: str) -> str:
    """Take a single value: through aliases a short YAML file can hold endless lists."""
    if isinstance(value, str | int | float):
        return str(value)
    raise ValueError(f"{where}: {quoted(value)} is not a text. {YAML_LAYOUT}")


def _keypoint_columns(shape: Any, file: Path) -> int:
    if shape is None:
        return 0
    if isinstance(shape, list) and all(isinstance(side, int) for side in shape):
        return math.prod(shape)
    raise ValueError(f"{file}: kpt_shape is {quoted(shape)}: write [number of keypoints, 2 or 3].")


def _place(entry: str, bases: Sequence[Path], where: str) -> Path:
    """Find a folder or list file; Roboflow writes one ``../`` too many."""
    places = [base / text for base in bases for text in (entry, entry.removeprefix("../"))]
    for place in places:
        if os.path.exists(place) or os.path.isdir(sibling(place, "images", "labels")):
            return place
    raise ValueError(
        f"{where}: {quoted(entry)} is not there; looked for {places[0]}. Correct path or the entry."
    )
