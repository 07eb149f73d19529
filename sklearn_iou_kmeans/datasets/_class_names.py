"""Class names, for formats that number their classes."""

import os
from collections.abc import Iterable
from pathlib import Path

from ._errors import AnnotationError
from ._files import PathLike, quoted, read_lines
from ._labels import UNKNOWN_CATEGORY

Names = dict[int, str] | None


def class_names(names: Iterable[str] | PathLike | None) -> Names:
    """Number the names that the user passes, as a list or as a file with one name per line."""
    if names is None:
        return None
    if isinstance(names, str | os.PathLike):
        lines = [line.strip() for line in read_lines(names)]
        while not lines[-1]:
            lines.pop()
        names = lines
    return dict(enumerate(map(str, names)))


def names_files(names: object) -> list[Path]:
    """Return the path of the names if the user passed a file."""
    return [Path(names)] if isinstance(names, str | os.PathLike) else []


def class_name(number: float, names: Names, where: str, layout: str) -> tuple[str | None, str]:
    """Return the name of a class, and the reason if it has none; without names, its number."""
    if number != int(number) or number < 0:
        raise AnnotationError(f"{where}: {quoted(number)} is not the number of a class. {layout}")
    if names is None:
        return str(int(number)), ""
    name = names.get(int(number))
    return name, UNKNOWN_CATEGORY if name is None else ""
