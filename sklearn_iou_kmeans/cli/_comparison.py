"""The comparison of sets of anchors."""

import time
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console

from ._anchor_sets import AnchorSet, CommonScale, RescaledAnchors, rescale
from ._anchors import (
    IOU,
    RATIO,
    bound_average_iou,
    collected_warnings,
    fit_anchors,
    score_anchors,
)
from ._console import grid, make_table, say, show
from ._labels import LabelsRecord, Sizes
from ._options import CompareOptions
from ._printing import anchor_table, print_labels, rounded_up
from ._scale import Scale


@dataclass(frozen=True)
class CompareRecord(LabelsRecord):
    """The result of `compare`; the fields are those of the JSON. Sizes are in `unit`.

    Each of `sets` has its name, a note on how it was rescaled, its scores and an `upper_bound` on
    the average IoU of any anchors of the same number, which is None without --certify.
    """

    sets: list[dict[str, Any]]
    seconds: dict[str, float]
    warnings: list[str]


def compute_comparison(
    boxes: Sizes, sets: list[AnchorSet], scale: Scale, wanted: CompareOptions
) -> CompareRecord:
    """Score every set on the boxes, and return the result as a record."""
    seconds = {"reading": boxes.seconds}
    rows = [(own.name, rescale(own, scale, boxes.image_sizes, wanted.as_written)) for own in sets]
    with collected_warnings() as messages:
        if wanted.k is not None:
            start = time.perf_counter()
            anchors = fit_anchors(boxes.sizes, wanted.k, wanted.seed)
            seconds["clustering"] = time.perf_counter() - start
            rows.append(
                (f"fitted, k = {wanted.k}", RescaledAnchors(anchors, "fitted to these boxes", None))
            )
        start = time.perf_counter()
        bounds = {
            k: wanted.certify and bound_average_iou(boxes.sizes, k, None, wanted.certify)
            for k in {len(rescaled.anchors) for _, rescaled in rows}
        }
        if wanted.certify:
            seconds["certifying"] = time.perf_counter() - start
    labels = boxes.record.with_parameters(
        n_clusters=wanted.k, seed=wanted.seed, as_written=wanted.as_written
    )
    return CompareRecord(
        **vars(labels),
        sets=[
            {"name": name, "note": rescaled.note, "factors": rescaled.factors}
            | asdict(score_anchors(boxes.sizes, rescaled.anchors, scale))
            | {"upper_bound": bounds[len(rescaled.anchors)]}
            for name, rescaled in rows
        ],
        seconds=seconds,
        warnings=messages,
    )


def print_comparison(
    record: CompareRecord, common: CommonScale, wanted: CompareOptions, console: Console
) -> None:
    """Print what was read, the boxes of each anchor, and the scores of the sets."""
    print_labels(record, console)
    for row in record.sets:
        console.file.write("\n")
        say(row["name"], console)
        show(grid(("", record.unit), ("", row["note"])), console)
        console.file.write("\n")
        show(anchor_table(row["anchors"], common.scale), console)
    rows = []
    for row in record.sets:
        cells = [f"{row['average_iou']:.4f}"]
        if row["upper_bound"] is not None:
            cells.append(rounded_up(row["upper_bound"]))
        cells.append(f"{row['best_possible_recall_by_ratio']['score']:.4f}")
        cells.append(f"{row['best_possible_recall']['score']:.4f}")
        rows.append((row["name"], str(len(row["anchors"])), *cells))
    headings = (
        "anchors",
        "k",
        "average\nIoU",
        *(["at\nmost"] if wanted.certify else []),
        f"recall by\nratio {RATIO}",
        f"recall by\nIoU {IOU}",
    )
    console.file.write("\n")
    show(make_table(headings, rows, n_text=1), console)
    console.file.write("\n")
    for sentence in remarks(record, common, wanted):
        say(sentence, console)


def remarks(record: CompareRecord, common: CommonScale, wanted: CompareOptions) -> list[str]:
    """Explain the figures and their limits."""
    sentences = [
        f"Recall is the share of boxes with an anchor whose sides are within a factor of {RATIO} "
        f"(YOLOv5), or whose IoU is >= {IOU} (Faster R-CNN, RetinaNet)."
    ]
    if wanted.certify:
        sentences.append(
            "At most: no anchors of that number have a higher average IoU on these boxes."
        )
    if common.taken_from:
        sentences.append(
            f"The input size is that of {common.taken_from}; use --input-size to choose another."
        )
    if any(row["factors"] for row in record.sets):
        sentences.append(
            "Frameworks do not rescale anchors to another input size: use --as-written to compare "
            "the anchors that they would train with."
        )
    if len({len(row["anchors"]) for row in record.sets}) > 1:
        sentences.append("Larger sets have an advantage: compare sets of the same size.")
    if wanted.k is not None:
        sentences.append(
            "The fitted anchors are scored on the same boxes that they were fitted to."
        )
    return [
        *sentences,
        "A higher average IoU makes the task of the detector easier, but does not guarantee a "
        "higher mAP.",
    ]
