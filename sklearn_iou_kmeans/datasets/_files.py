"""Files as the readers take them: bytes, lines, folders and numbers, with errors that name them."""

import codecs
import errno
import gzip
import importlib
import math
import os
import reprlib
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from io import BufferedIOBase
from pathlib import Path

PathLike = str | os.PathLike[str]

DISTRIBUTIONS = {"yaml": "PyYAML"}

REPR = reprlib.Repr()
REPR.maxstring = REPR.maxother = 60
REPR.maxlevel = 1


def require(reader: str, *modules: str) -> None:
    """Raise, naming the extra, unless the libraries that a reader needs are installed."""
    for module in modules:
        try:
            importlib.import_module(module)
        except ImportError as error:
            raise ImportError(
                f"{reader} needs {DISTRIBUTIONS.get(module, module)}: "
                'pip install "sklearn-iou-kmeans[io]"'
            ) from error


def quoted(value: object) -> str:
    """Quote a value in an error, but not more than fits there."""
    return REPR.repr(value)


@contextmanager
def _opened(path: PathLike) -> Iterator[BufferedIOBase]:
    """Open a file, unpacked if it is gzip, whatever it is called."""
    if os.path.isdir(path):
        raise ValueError(f"{path} is a folder: name the annotation file in it.")
    try:
        with open(path, "rb") as file:
            packed = file.peek(2)[:2] == b"\x1f\x8b"
            yield gzip.GzipFile(fileobj=file) if packed else file
    except FileNotFoundError:
        raise FileNotFoundError(f"{path} does not exist: check the path.") from None
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(
            f"{path} is truncated or damaged gzip ({error}): copy or download it again."
        ) from None
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
        raise ValueError(
            f"{path} is a symbolic link that leads back to itself: check the path."
        ) from None


def _empty(path: PathLike) -> ValueError:
    return ValueError(f"{path} is empty: copy or download it again.")


def read_bytes(path: PathLike) -> bytes:
    """Return what a file holds, without a byte order mark of UTF-8."""
    with _opened(path) as file:
        content = file.read()
    content = content.removeprefix(codecs.BOM_UTF8)  # some editors put one there
    if not content or content.isspace():
        raise _empty(path)
    return content


def read_start(path: PathLike, n_bytes: int = 65536) -> bytes:
    """Return the first bytes of a file, without a byte order mark of UTF-8."""
    with _opened(path) as file:
        return file.read(n_bytes).removeprefix(codecs.BOM_UTF8)


def read_lines(path: PathLike, *, may_be_empty: bool = False) -> Iterator[str]:
    """Yield the lines of a UTF-8 text file without their ends, which may be of any system."""
    blank = True
    with _opened(path) as file:
        for number, raw in enumerate(file, 1):
            if number == 1:
                raw = raw.removeprefix(codecs.BOM_UTF8)
            line = _decode(raw, path, number).rstrip("\r\n")
            blank = blank and not line.strip()
            yield from line.split("\r")
    if blank and not may_be_empty:
        raise _empty(path)


def _decode(raw: bytes, path: PathLike, number: int) -> str:
    if number == 1 and raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise ValueError(f"{path} is text in UTF-16: save it as UTF-8.")
    if b"\0" in raw:
        raise ValueError(
            f"{path}, line {number}: a zero byte, so this is no text file. Name the annotation "
            "file, and if it is damaged, copy it again."
        )
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        around = raw[max(0, error.start - 20) : error.start + 20]
        raise ValueError(
            f"{path}, line {number} is not UTF-8, near {quoted(around)}: if it is text in another "
            "encoding, say Latin-1, save it as UTF-8."
        ) from None


def files_under(folder: PathLike, suffixes: Iterable[str]) -> list[Path]:
    """List the files of a folder and the folders in it by suffix, sorted; hidden ones are left out.

    Links to folders are followed, each folder once, so one that leads back does no harm.
    """
    suffixes = tuple(suffixes)
    found: list[Path] = []
    seen: set[str] = set()
    pending = [Path(folder)]
    while pending:
        here = pending.pop()
        real = os.path.realpath(here)
        if real in seen:
            continue
        seen.add(real)
        with os.scandir(here) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if os.path.isdir(entry.path):
                    pending.append(Path(entry.path))
                elif entry.name.lower().endswith(suffixes):
                    found.append(Path(entry.path))
    return sorted(found)


def named_under(path: PathLike, suffix: str) -> list[tuple[Path, str]]:
    """List the files of a folder, or the one file, each with a name that is unique in the folder.

    A name is the path relative to the folder, without the suffix.
    """
    if not os.path.isdir(path):
        return [(Path(path), Path(path).stem)]
    files = files_under(path, [suffix])
    if not files:
        raise ValueError(f"{path} has no {suffix} file in it: name the folder that has them.")
    return [(file, file.relative_to(path).with_suffix("").as_posix()) for file in files]


def numbers(texts: Sequence[str], where: str, layout: str) -> list[float]:
    """Convert texts to finite numbers; `where` and `layout` are for errors."""
    try:
        values = [float(text) for text in texts]
    except ValueError:
        values = []
    if len(values) == len(texts) and all(map(math.isfinite, values)) and "_" not in "".join(texts):
        return values
    wrong = next(text for text in texts if not is_number(text))
    comma = " It has a decimal comma: write a point." if "," in wrong else ""
    raise ValueError(f"{where}: {quoted(wrong)} is not a finite number.{comma} {layout}")


def is_number(text: str) -> bool:
    """Say whether a text is a finite number."""
    try:
        return math.isfinite(float(text)) and "_" not in text
    except ValueError:
        return False
