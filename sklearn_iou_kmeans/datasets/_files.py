"""Read files for the readers: bytes, lines, folders and numbers, with errors that name the file.

What is read is bounded by the size of the file: a packed file may unpack to `MOST_UNPACKED` times
its size unless the user allows more, a line has at most `LONGEST_LINE` bytes, a folder at most
`MOST_ENTRIES` entries. Links to folders outside the folder that the user names are not followed,
and devices are not read.
"""

import codecs
import errno
import gzip
import importlib
import io
import math
import os
import reprlib
import stat
import zlib
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from contextvars import ContextVar
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from ._binary import advice_on, binary_kind
from ._errors import AnnotationError, escaped

PathLike = str | os.PathLike[str]

DISTRIBUTIONS = {"yaml": "PyYAML"}

MOST_UNPACKED, FREELY_UNPACKED = 100, 4_000_000
LONGEST_LINE = 16_000_000
MOST_BLANK_LINES = 1_000_000
MOST_ENTRIES = 5_000_000

allowed_times: ContextVar[float] = ContextVar("allowed_times", default=MOST_UNPACKED)
"""Maximum ratio of unpacked to packed size, if the user set it."""

REPR = reprlib.Repr()
REPR.maxstring = REPR.maxother = 60
REPR.maxlevel = 1


def require(what: str, *modules: str, extra: str = "io") -> None:
    """Raise an error that names the extra if a library to read something is not installed."""
    for module in modules:
        try:
            importlib.import_module(module)
        except ImportError as error:
            raise ImportError(
                f"Reading {what} needs {DISTRIBUTIONS.get(module, module)}: "
                f'pip install "sklearn-iou-kmeans[{extra}]"'
            ) from error


def quoted(value: object) -> str:
    """Quote a value in an error, shortened if it is long."""
    return REPR.repr(value)


@contextmanager
def _opened(path: PathLike) -> Iterator[io.BufferedReader]:
    """Open a file, and unpack it if it is gzip, regardless of its name."""
    try:
        mode = os.stat(path).st_mode
        if stat.S_ISDIR(mode):
            raise AnnotationError(f"{path} is a folder: name the annotation file in it.")
        if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode)):
            raise AnnotationError(f"{path} is a device or a socket: name a file.")
        with open(path, "rb") as file:
            packed = file.peek(2)[:2] == b"\x1f\x8b"
            yield io.BufferedReader(_Unpacked(file, path)) if packed else file
    except FileNotFoundError:
        name = os.fspath(path) or "''"
        raise FileNotFoundError(escaped(f"{name} does not exist: check the path.")) from None
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise AnnotationError(
            f"{path} is truncated or damaged gzip ({error}): copy or download it again."
        ) from None
    except OSError as error:
        if error.errno != errno.ELOOP:
            error.filename = error.filename or os.fspath(path)  # reading names none
            raise
        raise AnnotationError(
            f"{path} is a symbolic link that leads back to itself: check the path."
        ) from None


@contextmanager
def unpacking_to(times: float) -> Iterator[None]:
    """Set the maximum ratio of unpacked to packed size."""
    try:
        allowed = float(times)
    except (TypeError, ValueError):
        allowed = 0.0
    if not allowed >= 1:
        raise AnnotationError(
            f"A packed file cannot be allowed to unpack to {quoted(times)} times its size: give a "
            "number of at least 1."
        )
    token = allowed_times.set(allowed)
    try:
        yield
    finally:
        allowed_times.reset(token)


def check_unpacked(n_bytes: int, n_packed: int, path: PathLike) -> None:
    """Raise if a file unpacks to far more than its size, which could fill the memory."""
    times = allowed_times.get()
    if n_bytes > max(FREELY_UNPACKED, times * n_packed):
        raise AnnotationError(
            f"{path} unpacks to more than {times:g} times its size, which can fill the memory.",
            "If you trust it, allow more: {max_unpacked}.",
        )


class _Packed(io.RawIOBase):
    """A file whose bytes are counted as they are read, because a pipe has no position to tell."""

    def __init__(self, file: io.BufferedReader) -> None:
        self._file, self.n_bytes = file, 0

    def readable(self) -> bool:
        """Return True, because this can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read the next bytes."""
        n_bytes = self._file.readinto(buffer)
        self.n_bytes += n_bytes
        return n_bytes


class _Unpacked(io.RawIOBase):
    """The content of a gzip file, as long as it is in proportion to the size of the file."""

    def __init__(self, file: io.BufferedReader, path: PathLike) -> None:
        self._packed, self._path, self._n_bytes = _Packed(file), path, 0
        self._unpacked = gzip.GzipFile(fileobj=self._packed, mode="rb")

    def readable(self) -> bool:
        """Return True, because this can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Unpack the next bytes."""
        chunk = self._unpacked.read1(len(buffer))
        self._n_bytes += len(chunk)
        check_unpacked(self._n_bytes, self._packed.n_bytes, self._path)
        buffer[: len(chunk)] = chunk
        return len(chunk)


def _empty(path: PathLike) -> AnnotationError:
    return AnnotationError(f"{path} is empty: copy or download it again.")


def read_bytes(path: PathLike, at_most: int | None = None) -> bytes:
    """Return the content of a file, without a byte order mark of UTF-8."""
    with _opened(path) as file:
        kind = binary_kind(file.peek(512)[:512])
        if kind:
            raise AnnotationError(f"{path} is {kind}. {advice_on(kind)}")
        content = file.read(-1 if at_most is None else at_most + 1)
    if at_most is not None and len(content) > at_most:
        raise AnnotationError(f"{path} is larger than {at_most} bytes, so it is no such file.")
    content = content.removeprefix(codecs.BOM_UTF8)  # some editors put one there
    if not content or content.isspace():
        raise _empty(path)
    return content


def read_start(path: PathLike, n_bytes: int = 65536) -> bytes:
    """Return the first bytes of a file, without a byte order mark of UTF-8."""
    with _opened(path) as file:
        return file.read(n_bytes).removeprefix(codecs.BOM_UTF8)


def is_pipe(path: PathLike) -> bool:
    """Whether a path is a pipe, which can only be read once."""
    return os.path.exists(path) and stat.S_ISFIFO(os.stat(path).st_mode)


def read_lines(path: PathLike, *, may_be_empty: bool = False) -> Generator[str, None, None]:
    """Yield the lines of a UTF-8 text file, without line ends of any system."""
    n_blank, blank = 0, True
    with _opened(path) as file:
        for number, raw in enumerate(iter(partial(file.readline, LONGEST_LINE), b""), 1):
            if number == 1:
                raw = raw.removeprefix(codecs.BOM_UTF8)
            if len(raw) == LONGEST_LINE:
                raise AnnotationError(
                    f"{path}, line {number} is longer than {LONGEST_LINE} bytes, so this is no "
                    "list of labels. Name the annotation file."
                )
            line = _decode(raw, path, number).rstrip("\r\n")
            if line and not line.isspace():
                n_blank, blank = 0, False
            elif (n_blank := n_blank + 1) > MOST_BLANK_LINES:
                raise AnnotationError(
                    f"{path}, line {number}: more than {MOST_BLANK_LINES} blank lines, so the file "
                    "is damaged: copy or download it again."
                )
            yield from line.split("\r")
    if blank and not may_be_empty:
        raise _empty(path)


def first_lines(path: PathLike, n: int, *, may_be_empty: bool = False) -> list[str]:
    """Return the first lines that are not blank, and close the file."""
    with closing(read_lines(path, may_be_empty=may_be_empty)) as lines:
        return list(islice(filter(str.strip, lines), n))


def _decode(raw: bytes, path: PathLike, number: int) -> str:
    if number == 1 and raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise AnnotationError(f"{path} is text in UTF-16: save it as UTF-8.")
    kind = number == 1 and binary_kind(raw)
    if kind:
        raise AnnotationError(f"{path} is {kind}. {advice_on(kind)}")
    if b"\0" in raw:
        raise AnnotationError(
            f"{path}, line {number}: a zero byte, so this is not a text file. Name the annotation "
            "file, and if it is damaged, copy it again."
        )
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        around = raw[max(0, error.start - 20) : error.start + 20]
        raise AnnotationError(
            f"{path}, line {number} is not UTF-8, near {quoted(around)}: if it is text in another "
            "encoding, say Latin-1, save it as UTF-8."
        ) from None


class Folder(NamedTuple):
    """The files of a folder and its subfolders."""

    files: list[Path]
    not_followed: list[Path]
    """Links to folders outside of it."""


def files_under(folder: PathLike, suffixes: Iterable[str]) -> Folder:
    """List the files of a folder and its subfolders by suffix, sorted.

    Hidden ones and READMEs are left out, and so are pipes and devices. Files can be packed: those
    of ``.json`` include ``.json.gz``. A link to a folder is followed if it stays inside, and each
    folder is listed once, so that a link back does no harm.
    """
    suffixes = tuple(suffixes)
    found: list[Path] = []
    not_followed: list[Path] = []
    seen: set[str] = set()
    root = os.path.realpath(folder)
    pending = [Path(folder)]
    n_entries = 0
    while pending:
        here = pending.pop()
        real = os.path.realpath(here)
        if real in seen:
            continue
        if os.path.commonpath([root, real]) != root:
            not_followed.append(here)
            continue
        seen.add(real)
        with os.scandir(here) as entries:
            for entry in entries:
                n_entries += 1
                if entry.name.startswith("."):
                    continue
                if os.path.isdir(entry.path):
                    pending.append(Path(entry.path))
                elif _is_one(entry, suffixes):
                    found.append(Path(entry.path))
        if n_entries > MOST_ENTRIES:
            raise AnnotationError(
                f"{folder} has more than {MOST_ENTRIES} entries: name the folder of the labels."
            )
    return Folder(sorted(found), sorted(not_followed))


def _is_one(entry: os.DirEntry[str], suffixes: tuple[str, ...]) -> bool:
    """Whether a file has one of the suffixes, is no README, and opening it cannot block.

    True for a broken link, so that reading it fails.
    """
    name = entry.name.lower().removesuffix(".gz")
    if not name.endswith(suffixes) or name.partition(".")[0] == "readme":
        return False
    return os.path.isfile(entry.path) or not os.path.exists(entry.path)


def without_gz(file: Path) -> Path:
    """Remove the suffix of gzip, if there is one."""
    return file.with_suffix("") if file.suffix.lower() == ".gz" else file


def with_slashes(path: str) -> str:
    """Write the path of another file, which may have been written on Windows, with slashes."""
    return path.replace("\\", "/")


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
    raise AnnotationError(f"{where}: {quoted(wrong)} is not a finite number.{comma} {layout}")


def is_number(text: str) -> bool:
    """Whether a text is a finite number."""
    try:
        return math.isfinite(float(text)) and "_" not in text
    except ValueError:
        return False
