"""The record for people, in 80 columns, and for programs."""

import json
import os
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from ._anchors import IOU, FitRecord
from ._labels import LabelsRecord
from ._options import as_options
from ._scale import Scale

N_NAMES = 3  # images named for each reason to skip a label
N_LINES = 12  # categories listed

HONESTLY = "A higher average IoU makes the task easier; it does not promise a higher mAP."


def make_console(to_stderr: bool, messages: Sequence[str]) -> Console:
    """Make what the text is printed with, and print the warnings."""
    for message in messages:
        print(f"iou-kmeans: warning: {as_options(message)}", file=sys.stderr)
    # Names from files are printed as they are: nothing in them is markup or an emoji.
    return Console(stderr=to_stderr, highlight=False, markup=False, emoji=False)


def check_writable(**files: str | None) -> None:
    """Raise before the work is done, not after it, if a result cannot be written."""
    for option, file in files.items():
        if file in (None, "-"):
            continue
        path = Path(str(file)).absolute()
        if not path.parent.is_dir():
            raise ValueError(f"--{option} {file}: there is no such folder. Make it first.")
        if path.is_dir():
            raise ValueError(f"--{option} {file}: this is a directory. Name a file in it.")
        if not os.access(path if path.exists() else path.parent, os.W_OK):
            raise ValueError(f"--{option} {file}: writing there is not allowed. Choose another.")
    if list(files.values()).count("-") > 1:
        raise ValueError(f"Only one of {', '.join(f'--{name}' for name in files)} can be stdout.")


def write(text: str, file: str | None, console: Console) -> None:
    """Write a result for a program: to stdout or to a file, which is then named."""
    if file == "-":
        sys.stdout.write(text)
    elif file is not None:
        Path(file).write_text(text, encoding="utf-8")
        console.file.write(f"Wrote {file}\n")


def write_json(record: Any, file: str | None, console: Console) -> None:
    """Write the record for a program."""
    if file is not None:
        write(json.dumps(asdict(record), indent=2, allow_nan=False) + "\n", file, console)


def write_results(
    record: FitRecord, json_file: str | None, output: str | None, console: Console
) -> None:
    """Write the anchors for a framework, after the text if nowhere else, and the record."""
    if record.export is not None:
        if output is None:
            console.file.write(f"\nFor {record.export['target']}:\n\n{record.export['text']}")
        write(record.export["text"], output, console)
    write_json(record, json_file, console)


def print_labels(record: LabelsRecord, console: Console) -> None:
    """Say what was read, what was not used and why, and the unit."""
    categories = {name or "(none)": n for name, n in Counter(record.categories).most_common()}
    skipped = {
        reason + some_images(record, reason): count for reason, count in record.skipped.items()
    }
    truncated = ", corners truncated to integers" if record.parameters["truncate"] else ""
    labels, images = number(record.n_labels), number(record.n_images)
    show(
        grid(
            ("read", record.file),
            ("", f"{labels} labels in {images} images, as {record.format}"),
            *([("split", splits(record))] if record.splits else []),
            ("skipped", counted(skipped) or "nothing"),
            ("used", f"{number(record.n_boxes)} boxes"),
            ("", counted(categories)),
            *([("notes", counted(record.notes))] if record.notes else []),
            ("unit", record.unit + truncated),
        ),
        console,
    )


def splits(record: LabelsRecord) -> str:
    """Say which parts of the data set were read, and which there are."""
    others = [name for name in record.splits if name not in record.splits_read]
    there = f" (also there: {', '.join(others)}; --split reads them)" if others else ""
    return ", ".join(record.splits_read) + there


def print_anchors(record: FitRecord, scale: Scale, console: Console) -> None:
    """Say what the anchors are, and how good they are beside the baseline."""
    console.file.write("\n")
    show(anchor_table(record.anchors, scale), console)
    console.file.write("\n")
    baseline, export = record.baseline, record.export
    n_shapes, held = len(baseline["shapes"]), number(baseline["n_boxes"])
    rows: list[tuple[str, ...]] = [
        ("average IoU", f"{record.average_iou:.4f}", "of these anchors"),
        (
            "baseline",
            f"{baseline['average_iou']:.4f}",
            f"of the {n_shapes} most frequent shapes, which hold {held} boxes",
        ),
        ("ratio", f"{baseline['ratio']:.2f}", "average IoU of the anchors / of the baseline"),
        (
            "recall",
            f"{record.best_possible_recall['score']:.4f}",
            f"share of the boxes that an anchor fits with an IoU of {IOU}",
        ),
        *((name, f"{seconds:.1f} s") for name, seconds in record.seconds.items()),
    ]
    if export is not None:
        written = ("written", f"{export['average_iou']:.4f}", f"as {export['target']} has them")
        rows.insert(1, written)
    show(grid(*rows), console)
    console.file.write("\n")
    say(HONESTLY, console)


def anchor_table(anchors: list[dict[str, Any]], scale: Scale) -> Table:
    """Lay out anchors, one a row."""
    table = make_table("width", "height", "boxes", "share", "mean IoU")
    for anchor in anchors:
        table.add_row(
            f"{anchor['width']:.{scale.decimals}f}",
            f"{anchor['height']:.{scale.decimals}f}",
            number(anchor["n_boxes"]),
            f"{anchor['share']:.1%}",
            "-" if anchor["mean_iou"] is None else f"{anchor['mean_iou']:.4f}",
        )
    return table


def make_table(*headings: str, n_text: int = 0) -> Table:
    """Make a table of numbers, with columns of text at its left."""
    table = Table(box=box.SIMPLE_HEAD)
    for i, heading in enumerate(headings):
        table.add_column(
            heading, justify="left" if i < n_text else "right", overflow="fold", vertical="bottom"
        )
    return table


def grid(*rows: tuple[str, ...]) -> Table:
    """Align rows of text; what is too long for the last column goes on below it."""
    table = Table.grid(padding=(0, 2))
    for _ in range(max(map(len, rows))):
        table.add_column(overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def show(table: Table, console: Console) -> None:
    """Print a table without the blanks that fill its lines up and the empty lines around it."""
    with console.capture() as capture:
        console.print(table)
    lines = [line.rstrip() for line in capture.get().splitlines()]
    console.file.write("\n".join(lines).strip("\n") + "\n")


def say(sentence: str, console: Console) -> None:
    """Print a sentence, on several lines if it is long."""
    show(grid((sentence,)), console)


def some_images(record: LabelsRecord, reason: str) -> str:
    """Name the first few images whose labels were skipped for a reason."""
    names = record.skipped_images.get(reason, [])
    if not names:
        return ""
    n_more = len(names) - N_NAMES
    more = f" and {number(n_more)} more image{'s' * (n_more > 1)}" if n_more > 0 else ""
    return f": {', '.join(names[:N_NAMES])}{more}"


def counted(counts: dict[str, int]) -> str:
    """List what was counted, one a line; of very many things the first few."""
    digits = max(map(len, map(number, counts.values())), default=0)
    lines = [f"{number(count):>{digits}} {name}" for name, count in counts.items()]
    if len(lines) > N_LINES:
        lines[N_LINES:] = [f"and {len(lines) - N_LINES} more"]
    return "\n".join(lines)


def number(count: int) -> str:
    """Write a count with a space between thousands."""
    return f"{count:,}".replace(",", " ")
