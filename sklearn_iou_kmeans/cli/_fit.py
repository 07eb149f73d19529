"""`iou-kmeans fit`: the anchors that fit the boxes of labels best."""

import time

from ._anchors import FitRecord, collected_warnings, describe_fit, fit_anchors
from ._export import Exporter, make_exporter
from ._labels import Sizes, read_sizes
from ._options import ExportOptions, FitOptions, LabelOptions, NetworkOptions
from ._printing import check_writable, make_console, print_anchors, print_labels, write_results
from ._scale import Scale, make_scale


def fit(
    labels: LabelOptions, network: NetworkOptions, search: FitOptions, export: ExportOptions
) -> None:
    """Find the k anchors that fit the boxes of labels best."""
    check_writable(json=search.json_file, output=export.output)
    scale = make_scale(network)
    exporter = make_exporter(export, scale, search.k)
    boxes = read_sizes(labels, scale)
    scale = boxes.scale
    record = compute_fit(boxes, scale, search, exporter)
    # With a result for a program on stdout the text goes to stderr.
    console = make_console("-" in (search.json_file, export.output), record.warnings)
    print_labels(record, console)
    print_anchors(record, scale, console)
    write_results(record, search.json_file, export.output, console)


def compute_fit(
    boxes: Sizes, scale: Scale, search: FitOptions, exporter: Exporter | None
) -> FitRecord:
    """Find the anchors and the baseline, and put what is to be said into a record."""
    parameters = {"n_clusters": search.k, "seed": search.seed}
    with collected_warnings() as messages:
        start = time.perf_counter()
        anchors = fit_anchors(boxes.sizes, search.k, search.seed)
        seconds = {"reading": boxes.seconds, "clustering": time.perf_counter() - start}
        found = describe_fit(boxes.sizes, anchors, scale, exporter)
    return FitRecord(
        **vars(boxes.record) | {"parameters": parameters | boxes.record.parameters},
        **found,
        seconds=seconds,
        warnings=messages,
    )
