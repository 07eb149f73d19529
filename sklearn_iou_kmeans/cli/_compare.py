"""`iou-kmeans compare`: how well sets of anchors fit the boxes of labels."""

import time
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from rich.console import Console

from ._anchor_sets import AnchorSet, Brought, bring, common_scale, load_anchor_set
from ._anchors import IOU, RATIO, collected_warnings, fit_anchors, score_anchors
from ._labels import LabelsRecord, Sizes, read_sizes
from ._options import CompareOptions, LabelOptions, NetworkOptions
from ._printing import (
    HONESTLY,
    anchor_table,
    check_writable,
    grid,
    make_console,
    make_table,
    print_labels,
    say,
    show,
    write_json,
)
from ._scale import Scale, make_scale


class Common(NamedTuple):
    """What all anchors are brought to."""

    scale: Scale
    taken_from: str
    """The set whose input size it has, if none was given."""


@dataclass(frozen=True)
class CompareRecord(LabelsRecord):
    """What `compare` found; the fields are those of the JSON. Sizes are in `unit`.

    Each of `sets` has its name, what was done to bring it to the unit and the input, and scores.
    """

    sets: list[dict[str, Any]]
    seconds: dict[str, float]
    warnings: list[str]


def compare(labels: LabelOptions, network: NetworkOptions, wanted: CompareOptions) -> None:
    """Compare anchors on the boxes of labels: published ones, your own and freshly fitted ones.

    All are brought to one input size: --input-size, or that of the first anchors that have one.
    """
    check_writable(json=wanted.json_file)
    if not wanted.anchors and wanted.k is None:
        raise ValueError("Nothing to compare: add --anchors, say --anchors yolov3, or -k 9.")
    sets = [load_anchor_set(name) for name in wanted.anchors or []]
    common = Common(*common_scale(make_scale(network), sets))
    boxes = read_sizes(labels, common.scale)
    if boxes.scale != common.scale:
        raise ValueError(
            "The boxes are relative to their images, and the anchors are in pixels. Add --images "
            "DIR, or --image-size WxH if all images have one size."
        )
    record = compute_comparison(boxes, sets, common.scale, wanted)
    console = make_console(wanted.json_file == "-", record.warnings)
    print_comparison(record, common, wanted, console)
    write_json(record, wanted.json_file, console)


def compute_comparison(
    boxes: Sizes, sets: list[AnchorSet], scale: Scale, wanted: CompareOptions
) -> CompareRecord:
    """Score every set on the boxes, and put what is to be said into a record."""
    seconds = {"reading": boxes.seconds}
    rows = [(own.name, bring(own, scale, boxes.image_sizes, wanted.as_written)) for own in sets]
    with collected_warnings() as messages:
        if wanted.k is not None:
            start = time.perf_counter()
            anchors = fit_anchors(boxes.sizes, wanted.k, wanted.seed)
            seconds["clustering"] = time.perf_counter() - start
            rows.append(
                (f"fitted, k = {wanted.k}", Brought(anchors, "fitted to these boxes", None))
            )
    parameters = {"n_clusters": wanted.k, "seed": wanted.seed, "as_written": wanted.as_written}
    return CompareRecord(
        **vars(boxes.record) | {"parameters": parameters | boxes.record.parameters},
        sets=[
            {"name": name, "note": brought.note, "factors": brought.factors}
            | asdict(score_anchors(boxes.sizes, brought.anchors, scale))
            for name, brought in rows
        ],
        seconds=seconds,
        warnings=messages,
    )


def print_comparison(
    record: CompareRecord, common: Common, wanted: CompareOptions, console: Console
) -> None:
    """Say what was read, the boxes of each anchor, and how good the sets are."""
    print_labels(record, console)
    for row in record.sets:
        console.file.write("\n")
        show(grid((row["name"], record.unit), ("", row["note"])), console)
        console.file.write("\n")
        show(anchor_table(row["anchors"], common.scale), console)
    table = make_table(
        "anchors",
        "k",
        "average\nIoU",
        f"recall by\nratio {RATIO}",
        f"recall by\nIoU {IOU}",
        n_text=1,
    )
    for row in record.sets:
        scores = (
            row["average_iou"],
            row["best_possible_recall_by_ratio"]["score"],
            row["best_possible_recall"]["score"],
        )
        table.add_row(row["name"], str(len(row["anchors"])), *(f"{score:.4f}" for score in scores))
    console.file.write("\n")
    show(table, console)
    console.file.write("\n")
    for sentence in remarks(record, common, wanted):
        say(sentence, console)


def remarks(record: CompareRecord, common: Common, wanted: CompareOptions) -> list[str]:
    """Say what the figures mean, and what they do not say."""
    sentences = [
        "Recall is the share of the boxes that an anchor fits: each side within a factor of "
        f"{RATIO} (YOLOv5), or with an IoU of {IOU} (Faster R-CNN, RetinaNet)."
    ]
    if common.taken_from:
        sentences.append(
            f"The input size is that of {common.taken_from}; --input-size chooses another."
        )
    if any(row["factors"] for row in record.sets):
        sentences.append(
            "A framework does not rescale anchors for another input size; --as-written compares "
            "what it would train with."
        )
    if len({len(row["anchors"]) for row in record.sets}) > 1:
        sentences.append("More anchors fit better in any case: compare sets of one size.")
    if wanted.k is not None:
        sentences.append("The fitted anchors are scored on the boxes that they were fitted to.")
    return [*sentences, HONESTLY]
