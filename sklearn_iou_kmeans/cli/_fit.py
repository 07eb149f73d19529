"""`iou-kmeans fit`: the anchors that fit the boxes of labels best."""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from rich.console import Console

from .. import MostFrequentShapes
from ._anchors import IOU, Scores, collected_warnings, fit_anchors, score_anchors
from ._export import Exporter, make_exporter
from ._labels import LabelsRecord, Sizes, read_sizes
from ._options import ExportOptions, FitOptions, LabelOptions, NetworkOptions
from ._printing import (
    HONESTLY,
    anchor_table,
    check_writable,
    grid,
    make_console,
    number,
    print_labels,
    say,
    show,
    write,
    write_json,
)
from ._scale import Scale, make_scale


@dataclass(frozen=True)
class FitRecord(Scores, LabelsRecord):
    """What `fit` found; the fields are those of the JSON. Sizes are in `unit`."""

    baseline: dict[str, Any]
    export: dict[str, Any] | None
    seconds: dict[str, float]
    warnings: list[str]


def fit(
    labels: LabelOptions, network: NetworkOptions, search: FitOptions, export: ExportOptions
) -> None:
    """Find the k anchors that fit the boxes of labels best."""
    check_writable(json=search.json_file, output=export.output)
    scale = make_scale(network)
    exporter = make_exporter(export, scale, search.k)
    boxes = read_sizes(labels, scale)
    record = compute_fit(boxes, scale, search, exporter)
    # With a result for a program on stdout the text goes to stderr.
    console = make_console("-" in (search.json_file, export.output), record.warnings)
    print_fit(record, scale, console)
    if record.export is not None:
        if export.output is None:
            console.file.write(f"\nFor {record.export['target']}:\n\n{record.export['text']}")
        write(record.export["text"], export.output, console)
    write_json(record, search.json_file, console)


def compute_fit(
    boxes: Sizes, scale: Scale, search: FitOptions, exporter: Exporter | None
) -> FitRecord:
    """Find the anchors and the baseline, and put what is to be said into a record."""
    sizes, parameters = boxes.sizes, {"n_clusters": search.k, "seed": search.seed}
    with collected_warnings() as messages:
        start = time.perf_counter()
        anchors = fit_anchors(sizes, search.k, search.seed)
        seconds = {"reading": boxes.seconds, "clustering": time.perf_counter() - start}
        baseline = MostFrequentShapes(search.k).fit(sizes)
        export = exporter and exporter.write(anchors, sizes)
    scores = score_anchors(sizes, anchors, scale)
    return FitRecord(
        **vars(boxes.record) | {"parameters": parameters | boxes.record.parameters},
        **vars(scores),
        baseline={
            "method": "most frequent shapes",
            "shapes": scale.express(
                np.asarray(baseline.cluster_centers_, dtype=np.float64)
            ).tolist(),
            "average_iou": baseline.average_iou_,
            "n_boxes": int(baseline.counts_.sum()),
            "ratio": scores.average_iou / baseline.average_iou_,
        },
        export=export,
        seconds=seconds,
        warnings=messages,
    )


def print_fit(record: FitRecord, scale: Scale, console: Console) -> None:
    """Say what was read, the anchors, and how good they are beside the baseline."""
    print_labels(record, console)
    console.file.write("\n")
    show(anchor_table(record.anchors, scale), console)
    console.file.write("\n")
    baseline, export = record.baseline, record.export
    n_shapes, held = len(baseline["shapes"]), number(baseline["n_boxes"])
    rows = [
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
        ("reading", f"{record.seconds['reading']:.1f} s"),
        ("clustering", f"{record.seconds['clustering']:.1f} s"),
    ]
    if export is not None:
        written = ("written", f"{export['average_iou']:.4f}", f"as {export['target']} has them")
        rows.insert(1, written)
    show(grid(*rows), console)
    console.file.write("\n")
    say(HONESTLY, console)
