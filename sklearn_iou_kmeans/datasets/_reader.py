"""The record of a format, and the first look at a file."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ._boxes import boxes_bunch
from ._files import MOST_UNPACKED, PathLike, unpacking_to
from ._image_size import is_image
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
        The kind of file.
    seen : str
        Description for messages, including how the file begins.
    lines : list of str
        For a text, the first lines that are not blank.
    keys : frozenset of str
        For JSON, the keys of the top-level object, or of the first item of a list.
    inner_keys : frozenset of str
        For JSON, the keys of the first object inside that object.
    is_list : bool
        For JSON, whether the top level is a list.
    root : str
        For XML, the name of the root element.
    start : bytes
        For a binary file, its first bytes.
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

    @property
    def is_list_of_images(self) -> bool:
        """Whether all lines looked at are names of images."""
        return bool(self.lines) and all(map(is_image, self.lines))


@dataclass(frozen=True)
class Reader:
    """The record of a format.

    A format is one module with one such record and one documented public function `load_<name>`.
    `load_annotations`, `recognise_format` and the command only use the records in `READERS`. To add
    a format, add a module and a line there.

    Attributes
    ----------
    name : str
        The name of the format.
    summary : str
        One line: the files, the flags, and whether image sizes are known.
    read : callable
        ``read(path, *, option=default, ...)`` parses a file into `Labels`; its keyword parameters
        are the options of the format. The contract:

        - Every label of the file becomes a row, in the order of the file. No label is dropped or
          repaired: skipped labels get a reason, so that all labels are accounted for.
        - A label without a box gets the corners `NO_BOX` and a reason. A box that the format flags
          (a crowd, an ignored region) keeps its corners, and gets a reason unless `keep_flagged` is
          set. A format without flags has no `keep_flagged`.
        - A box around another shape, for example a polygon, gets a note.
        - A label that refers to an undefined image or category is skipped as well: its image is
          added as unlisted, and its category is None.
        - Every image is added, including those without labels. If its size is unknown, it is
          `UNKNOWN_SIZE`, and `places` are the paths where the image may be.
        - A file that is not valid raises `AnnotationError` with the path, the line, record or
          object, the wrong value, and what to do.
    recognises : callable
        ``recognises(look)`` returns whether a file with this first look has this format. For a
        folder, it is called for the folder itself, then for the first file with one of `suffixes`.
    suffixes : tuple of str
        The suffixes of the files to read in a folder.
    """

    name: str
    summary: str
    read: Callable[..., Labels]
    recognises: Callable[[Look], bool]
    suffixes: tuple[str, ...]

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
