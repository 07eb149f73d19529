"""`iou-kmeans formats`: list the supported formats.

Lines are wrapped without rich, which takes long to import.
"""

from shutil import get_terminal_size
from textwrap import TextWrapper, fill
from typing import TYPE_CHECKING

from ._interrupt import ends_at_ctrl_c
from ._spellings import SPELLINGS

if TYPE_CHECKING:
    from ..datasets import Reader

NARROWEST = 40  # columns of a terminal that lines are wrapped to


def formats() -> None:
    """List label formats, export formats and published anchors."""
    with ends_at_ctrl_c():
        from ..datasets import READERS
        from ..datasets._published_anchors import PUBLISHED
        from ..export import EXPORTERS
        from ._scale import size_name
    written = {
        exporter.name: exporter.summary
        + "; models " * bool(exporter.models)
        + ", ".join(exporter.models)
        for exporter in EXPORTERS.values()
    }
    published = {
        name: f"{len(model.anchors.split())} anchors at {size_name((model.input_size,) * 2)}"
        for name, model in PUBLISHED.items()
    }
    read = {name: read_by(reader) for name, reader in READERS.items()}
    width = max(get_terminal_size().columns, NARROWEST)
    for title, rows in (
        ("Label formats (--format; detected from the file content), plain or gzip", read),
        ("Export formats (--export), in pixels at --input-size unless stated", written),
        ("Published anchors (compare --anchors)", published),
    ):
        print(f"{title}:\n")
        indent = max(map(len, rows)) + 4
        for name, text in rows.items():
            lines = TextWrapper(
                width,
                f"  {name}".ljust(indent),
                " " * indent,
                break_on_hyphens=False,
                break_long_words=False,
            )
            print(lines.fill(text))
        print()
    print(fill("Flagged boxes are left out and counted; --keep-flagged keeps them.", width))


def read_by(reader: "Reader") -> str:
    """Describe what a reader reads, and its own options."""
    options = [SPELLINGS[name].split()[0] for name in reader.options if name in SPELLINGS]
    return "; ".join([reader.summary, *filter(None, [", ".join(options)])])
