"""Digests of the files that were read, so that results can be traced to them."""

import hashlib
import os
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def describe_inputs(files: Mapping[str, Sequence[Path]]) -> list[dict[str, Any]]:
    """Describe each input that a user names: the path, the number of files read, their SHA-256.

    The digest of several files is that of the list that ``sha256sum`` prints of them, with paths
    relative to the input, or to the folder that it is in, in the order of these paths.
    """
    return [
        {"path": path, "n_files": len(read), "sha256": _digest(Path(path), read)}
        for path, read in files.items()
    ]


def _digest(path: Path, files: Sequence[Path]) -> str | None:
    """Return the digest of the files read for a path; None if one can be read only once."""
    if not all(stat.S_ISREG(os.stat(file).st_mode) for file in files):
        return None
    if list(files) == [path]:
        return _file_digest(path)
    folder = path if path.is_dir() else path.parent
    named = sorted((Path(os.path.relpath(file, folder)).as_posix(), file) for file in files)
    listing = "".join(f"{_file_digest(file)}  {name}\n" for name, file in named)
    return hashlib.sha256(os.fsencode(listing)).hexdigest()


def _file_digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
