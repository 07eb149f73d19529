"""The record of a format, and the first look at a file."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ._boxes import boxes_bunch
from ._files import MOST_UNPACKED, PathLike, unpacking_to
from ._labels import Common, Labels

if TYPE_CHECKING:
    from sklearn.utils import Bunch


@dataclass(frozen=True)
class Look:
    """A first look at a file or a folder, without reading all of it.

    Attributes
    ----------
    path : Path
        The file or folder.
    kind : {"folder", "json", "xml", "text", "binary", "empty"}
        What it is.
    seen : str
        The same for people, with what it begins with.
    lines : list of str
        Of a text: the first lines that are not blank.
    keys : frozenset of str
        Of JSON: the keys of the object at the top, or of the first item of a list.
    inner_keys : frozenset of str
        Of JSON: the keys of the first object in that object.
    is_list : bool
        Of JSON: whether a list is at the top.
    root : str
        Of XML: the name of the root.
    start : bytes
        Of a binary file: its first bytes.
    """

    path: Path
    kind: Literal["folder", "json", "xml", "text", "binary", "empty"]
    seen: str = ""
    lines: Sequence[str] = ()
    keys: frozenset[str] = frozenset()
    inner_keys: frozenset[str] = frozenset()
    is_list: bool = False
    root: str = ""
    start: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class Reader:
    """The record of a format.

    A format is one module with one grammar, one such record and one public function `load_<name>`,
    which has its documentation. `load_annotations`, `recognise_format` and the command derive
    everything from the records that `READERS` lists. A new format is a new module and a line there.

    Attributes
    ----------
    name : str
        The name of the format.
    summary : str
        One line: which files it reads, what it flags, whether it knows the sizes of images.
    read : callable
        ``read(path, *, option=default, ...)`` takes a file apart into `Labels`; its keyword
        parameters are the options of the format. Its part of the contract:

        - Every label of the file becomes a row, in the order of the file. None is dropped or
          repaired: what is not used is counted, so that rows and counts add up to what the file
          holds.
        - A label that has no box gets `NO_BOX` for corners and a reason; a box that the format
          itself flags as not to be used (a crowd, an ignored region) keeps its corners and gets a
          reason, or none with `keep_flagged`. A format without such flags has no `keep_flagged`.
        - A box that is made of another shape, say a polygon, gets a note.
        - A label that points at an image or a category that the file does not define is set aside
          too: its image is added as not listed, its category is None.
        - Every image is named, those without labels too. Where the file does not say how large one
          is, its size is `UNKNOWN_SIZE`; where the image would be is told as its places.
        - A broken file is an `AnnotationError` with the path and the line, record or object, the
          value that is wrong, and what to do.
    recognises : callable
        ``recognises(look)`` says whether a file that looks like that is of this format. Of a folder
        the first file with one of `suffixes` is asked about, after the folder itself.
    suffixes : tuple of str, default=()
        The suffixes of the files that it reads in a folder; none if it reads single files.
    """

    name: str
    summary: str
    read: Callable[..., Labels]
    recognises: Callable[[Look], bool]
    suffixes: tuple[str, ...] = ()

    @property
    def options(self) -> tuple[str, ...]:
        """The options of the format, in addition to those of all formats."""
        parameters = inspect.signature(self.read).parameters.values()
        return tuple(p.name for p in parameters if p.kind is p.KEYWORD_ONLY)

    def load(self, path: PathLike, options: dict[str, Any], common: Common) -> "Bunch":
        """Read a file or folder, and keep the boxes to be used."""
        filters: dict[str, Any] = dict(common)
        with unpacking_to(filters.pop("max_unpacked", MOST_UNPACKED)):
            return boxes_bunch([(path, self.read(path, **options))], **filters)
