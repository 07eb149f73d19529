"""Print records as text, and write them as JSON."""

import json
import math
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from ._anchors import IOU, FitRecord
from ._console import grid, make_table, show
from ._labels import LabelsRecord
from ._messages import count, number, printable, unlike_count
from ._outputs import STDOUT, write_whole
from ._scale import Scale

N_NAMES = 3  # images named for each reason to skip a label
MAX_CATEGORIES = 12  # listed


def write_results(
    record: Any, outputs: Mapping[str, str | None], picture: bytes | None, console: Console
) -> None:
    """Write the requested outputs: the anchors for a framework, the record and the picture.

    Without --output, the export is printed after the text.
    """
    export = getattr(record, "export", None)
    if export is not None and outputs["--output"] is None:
        console.file.write(f"\nFor {export['target']}:\n\n{export['text']}")
    contents = {"--output": export and export["text"].encode(), "--plot": picture}
    if outputs["--json"] is not None:
        text = json.dumps(asdict(record), indent=2, allow_nan=False)
        contents["--json"] = f"{text}\n".encode()
    for option, file in outputs.items():
        content = contents.get(option)
        if file is None or content is None:
            continue
        if file == STDOUT:
            sys.stdout.write(content.decode())
        else:
            write_whole(option, file, content)
            console.file.write(f"Wrote {printable(file)}\n")


def print_labels(record: LabelsRecord, console: Console) -> None:
    """Print what was read, what was skipped and why, and the unit."""
    categories = Counter(record.categories).most_common()
    skipped = [(reason + some_images(record, reason), n) for reason, n in record.skipped.items()]
    truncated = ", corners truncated to integers" if record.parameters["truncate"] else ""
    labels = count(record.n_labels, "label", "labels")
    images = (
        ", images not named"
        if record.n_images is None
        else f" in {count(record.n_images, 'image', 'images')}"
    )
    show(
        grid(
            ("read", record.file),
            ("", f"{labels}{images}, as {record.format}"),
            *([("split", splits(record))] if record.splits else []),
            ("skipped", counted(skipped) or "nothing"),
            ("used", count(record.n_boxes, "box", "boxes")),
            ("", counted([(unlike_count(name), n) for name, n in categories])),
            *([("notes", counted([*record.notes.items()]))] if record.notes else []),
            ("unit", record.unit + truncated),
        ),
        console,
    )


def splits(record: LabelsRecord) -> str:
    """Return the splits that were read, and the others that exist."""
    others = [name for name in record.splits if name not in record.splits_read]
    there = f" (also there: {', '.join(others)}; --split reads them)" if others else ""
    return ", ".join(record.splits_read) + there


def print_anchors(record: FitRecord, scale: Scale, console: Console) -> None:
    """Print the anchors, their scores, and the baseline."""
    console.file.write("\n")
    show(anchor_table(record.anchors, scale), console)
    console.file.write("\n")
    rows = [("average IoU", f"{record.average_iou:.4f}", "of these anchors")]
    if record.upper_bound is not None:
        rows.append(bound_row(record, record.upper_bound))
    if record.export is not None:
        export = record.export
        rows.append(("written", f"{export['average_iou']:.4f}", f"as in {export['target']}"))
    rows += baseline_rows(record)
    recall = f"share of boxes with IoU >= {IOU} to their best anchor"
    rows.append(("recall", f"{record.best_possible_recall['score']:.4f}", recall))
    rows += [(name, f"{seconds:.1f} s", "") for name, seconds in record.seconds.items()]
    show(grid(*rows), console)


def bound_row(record: FitRecord, upper_bound: float) -> tuple[str, str, str]:
    """Compare the anchors with the best possible."""
    anchors = count(len(record.anchors), "anchor", "anchors")
    gap = rounded_up(upper_bound - record.average_iou)
    what = f"by any {anchors}: these are within {gap} of the best possible"
    return "at most", rounded_up(upper_bound), what


def rounded_up(bound: float) -> str:
    """Format an upper bound, rounded up so that it remains one."""
    return f"{math.ceil(bound * 1e4) / 1e4:.4f}"


def baseline_rows(record: FitRecord) -> list[tuple[str, str, str]]:
    """Compare the anchors with the most frequent shapes."""
    baseline = record.baseline
    if baseline is None:
        return []
    n_shapes, boxes = len(baseline["shapes"]), count(baseline["n_boxes"], "box", "boxes")
    shapes = "whole-pixel shape" if n_shapes == 1 else "whole-pixel shapes"
    how_many = "" if n_shapes == 1 else f"{n_shapes} "
    what = f"of the {how_many}most frequent {shapes} ({boxes})"
    rows = [("baseline", f"{baseline['average_iou']:.4f}", what)]
    if baseline["ratio"] is not None:
        rows.append(("ratio", f"{baseline['ratio']:.2f}", "average IoU of the anchors / baseline"))
    return rows


def anchor_table(anchors: list[dict[str, Any]], scale: Scale) -> Table:
    """Make a table of anchors, with one anchor per row."""
    rows = [
        (
            f"{anchor['width']:.{scale.decimals}f}",
            f"{anchor['height']:.{scale.decimals}f}",
            number(anchor["n_boxes"]),
            f"{anchor['share']:.1%}",
            "-" if anchor["mean_iou"] is None else f"{anchor['mean_iou']:.4f}",
        )
        for anchor in anchors
    ]
    return make_table(("width", "height", "boxes", "share", "mean\nIoU"), rows)


def some_images(record: LabelsRecord, reason: str) -> str:
    """Name the first few images whose labels were skipped for a reason."""
    names = record.skipped_images.get(reason, [])
    if not names:
        return ""
    n_more = len(names) - N_NAMES
    more = f" and {count(n_more, 'more image', 'more images')}" if n_more > 0 else ""
    return f": {', '.join(names[:N_NAMES])}{more}"


def counted(counts: Sequence[tuple[str, int]]) -> list[str]:
    """List counts with names, one per line, and at most MAX_CATEGORIES of them."""
    digits = max((len(number(n)) for _, n in counts), default=0)
    listed = [f"{number(n):>{digits}} {name}" for name, n in counts]
    if len(listed) > MAX_CATEGORIES:
        listed[MAX_CATEGORIES:] = [f"and {len(listed) - MAX_CATEGORIES} more"]
    return listed
