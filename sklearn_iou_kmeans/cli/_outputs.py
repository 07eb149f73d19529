"""The files that the command writes: never one of its inputs, each written whole or not at all."""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import combinations
from pathlib import Path
from typing import BinaryIO

from ._options import LabelOptions

STDOUT = "-"


def check_outputs(
    outputs: Mapping[str, str | None], labels: LabelOptions, *anchors: str | Path
) -> None:
    """Raise before anything is read if an output cannot be written or would destroy an input.

    Parameters
    ----------
    outputs : mapping
        The file that each option names, by option; None if it was not given.
    labels : LabelOptions
        The labels to read.
    *anchors : str or path
        Names of anchor sets, some of which are files to read too.
    """
    given = {option: file for option, file in outputs.items() if file is not None}
    if list(given.values()).count(STDOUT) > 1:
        raise ValueError(f"Only one of {', '.join(given)} can be stdout.")
    files = {option: file for option, file in given.items() if file != STDOUT}
    inputs = [*labels.labels, *filter(None, (labels.names, labels.images)), *anchors]
    for option, file in files.items():
        _check_no_input(option, file, inputs)
        _check_writable(option, file)
    for (option, file), (other, its_file) in combinations(files.items(), 2):
        if _is_same(file, its_file):
            raise ValueError(f"{option} {file} and {other} {its_file} are one file: name two.")


def check_not_read(outputs: Mapping[str, str | None], files: Iterable[Path]) -> None:
    """Raise if an output is one of the files that were read.

    What a data file or a list of images names is known only after reading.
    """
    there = {
        option: os.stat(file)
        for option, file in outputs.items()
        if file is not None and file != STDOUT and os.path.isfile(file)
    }
    for path in files if there else ():
        for option, status in there.items():
            if os.path.exists(path) and os.path.samestat(os.stat(path), status):
                raise ValueError(
                    f"{option} {outputs[option]}: this file was read as {path}, and would be "
                    "replaced, so nothing was written. Name another file."
                )


def write_whole(option: str, file: str, content: bytes) -> None:
    """Replace a file by new content, in one step: if that fails, the file stays as it was."""
    try:
        if _is_device(file):
            Path(file).write_bytes(content)
            return
        target = Path(os.path.realpath(file))  # a link stays, and what it points to is replaced
        with _temporary_file(target.parent) as temporary:
            temporary.write(content)
            temporary.flush()
            os.fsync(temporary.fileno())
            temporary.close()
            if target.exists():
                _copy_permissions(target, temporary.name)
            os.replace(temporary.name, target)
    except OSError as error:
        kept = "" if _is_device(file) else ", and the file was left as it was"
        raise ValueError(f"{option} {file}: writing failed ({error.strerror}){kept}.") from None


@contextmanager
def _temporary_file(folder: Path) -> Iterator[BinaryIO]:
    """Open a file beside the target, which is removed at the end unless it was renamed.

    The umask and the folder decide about its permissions, as about those of any new file.
    """
    path = folder / f".iou-kmeans-{os.urandom(8).hex()}.tmp"
    try:
        with path.open("xb") as file:
            yield file
    finally:
        with suppress(FileNotFoundError):
            path.unlink()


def _copy_permissions(source: Path, file: str) -> None:
    """Give a file the mode of another and, as far as this user may, its group and owner."""
    status = source.stat()
    if hasattr(os, "chown"):
        for owner, group in ((-1, status.st_gid), (status.st_uid, -1)):
            with suppress(OSError):
                os.chown(file, owner, group)
    os.chmod(file, status.st_mode & 0o7777)


def _check_no_input(option: str, file: str, inputs: Iterable[str | Path]) -> None:
    """Raise if a file is an input, or lies in a folder of inputs."""
    for path in inputs:
        if _is_same(file, path):
            raise ValueError(
                f"{option} {file}: this is an input, and would be replaced. Name another file."
            )
        folder = os.path.realpath(path)
        is_inside = Path(os.path.realpath(file)).is_relative_to(folder)
        if is_inside and os.path.isdir(folder) and os.path.isfile(file):
            raise ValueError(
                f"{option} {file}: this file is in {path}, which is read, and would be "
                "replaced. Name a new file, or one in another folder."
            )


def _check_writable(option: str, file: str) -> None:
    """Raise if a file cannot be written, by making and removing one beside it."""
    if not file:
        raise ValueError(f"{option} is empty: name a file, or - for stdout.")
    target = Path(os.path.realpath(file))
    if os.path.isdir(file) or not os.path.basename(file):
        raise ValueError(f"{option} {file}: this names a folder. Name a file in it.")
    if os.path.exists(target.parent) and not os.path.isdir(target.parent):
        raise ValueError(f"{option} {file}: {target.parent} is a file. Name a file in a folder.")
    if not os.path.isdir(target.parent):
        raise ValueError(f"{option} {file}: there is no such folder. Make it first.")
    try:
        if _is_device(file):
            return
        if target.exists() and not os.access(target, os.W_OK):
            raise PermissionError(0, "the file is read-only")
        with _temporary_file(target.parent):
            pass
    except OSError as error:
        raise ValueError(
            f"{option} {file}: nothing can be written there ({error.strerror}). Name another place."
        ) from None


def _is_device(file: str) -> bool:
    """Whether a file is there that cannot be replaced: a terminal, a pipe, /dev/null."""
    path = Path(file)
    return path.exists() and not path.is_file() and not path.is_dir()


def _is_same(file: str | Path, other: str | Path) -> bool:
    """Whether two names, of files that may not be there yet, are those of one file."""
    try:
        return os.path.samefile(file, other)
    except OSError:
        return _real_name(file) == _real_name(other)


def _real_name(file: str | Path) -> str:
    return os.path.normcase(os.path.realpath(file))
