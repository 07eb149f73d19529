"""Look into a file or folder to detect its format."""

import codecs
import os
import re
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any

from ._binary import binary_kind
from ._errors import AnnotationError
from ._files import PathLike, first_lines, is_pipe, quoted, read_start, require, without_gz
from ._json import read_json
from ._reader import Look

NO_FILES = "a folder without annotation files"

N_LINES = 1000
"""Number of lines of a text to look at."""


def look_at(path: PathLike) -> Look:
    """Look at a file, or at a folder itself."""
    if os.path.isdir(path):
        return Look(Path(path), "folder", "a folder")
    if is_pipe(path):
        raise AnnotationError(
            f"{path} is a pipe, which can be read only once: recognising the format would use it "
            "up.",
            "Name the format, for example {format}coco.",
        )
    start = read_start(path)
    if not start.strip():
        return _look_at_lines(path, start)
    kind = binary_kind(start)
    if kind:
        return Look(Path(path), "binary", kind, start=start[:16])
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        start = start.decode("utf-16", errors="replace").encode()
    first = start.lstrip()[:1]
    if first in (b"{", b"["):
        return _look_at_json(path)
    if first == b"<":
        return Look(Path(path), "xml", f"XML of <{_root(start)}>", root=_root(start))
    return _look_at_lines(path, start)


def _look_at_lines(path: PathLike, start: bytes) -> Look:
    if not start:
        return Look(Path(path), "empty", "it is empty")
    lines = first_lines(path, N_LINES, may_be_empty=True)
    if not lines:
        return Look(Path(path), "empty", "it is empty")
    return Look(Path(path), "text", f"text that begins with {quoted(lines[0])}", lines=lines)


def _root(start: bytes) -> str:
    """Return the name of the first XML element, after the declaration and comments."""
    text = re.sub(r"<!--.*?-->", "", start.decode(errors="replace"), flags=re.DOTALL)
    element = re.search(r"<([^\s<>/?!][^\s<>/]*)", text)
    return element[1] if element else ""


def _look_at_json(path: PathLike) -> Look:
    """Return the top-level keys of a JSON file, or those of the first item of a list."""
    require("JSON", "msgspec")
    import msgspec

    document = read_json(path, dict[str, msgspec.Raw] | list[msgspec.Raw], "")
    if isinstance(document, dict):
        keys = list(document)
        inner = next((keys for keys in map(_keys, islice(document.values(), 9)) if keys), [])
        return Look(
            Path(path),
            "json",
            f"JSON of an object with the keys {quoted(keys)}",
            keys=frozenset(keys),
            inner_keys=frozenset(inner),
        )
    if not document:
        return Look(Path(path), "json", "JSON of an empty list", is_list=True)
    keys = _keys(document[0])
    seen = (
        f"of objects with the keys {quoted(keys)}"
        if keys
        else f"that begins with {quoted(bytes(document[0]).decode(errors='replace'))}"
    )
    return Look(Path(path), "json", f"JSON of a list {seen}", keys=frozenset(keys), is_list=True)


def _keys(raw: Any) -> list[str]:
    """Return the keys of a JSON object, if it is one."""
    import msgspec

    try:
        return list(msgspec.json.decode(raw, type=dict[str, msgspec.Raw]))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []


def describe_folder(files: list[Path], suffixes: tuple[str, ...]) -> str:
    """Describe the files of a folder."""
    there = Counter(without_gz(file).suffix.lower() for file in files)
    counts = ", ".join(f"{there[suffix]} {suffix}" for suffix in suffixes if there[suffix])
    if not counts:
        return NO_FILES
    one = sum(there[suffix] for suffix in suffixes) == 1
    return f"a folder with {counts} {'file' if one else 'files'}"
