"""`iou-kmeans fit`: fit anchors to the boxes of labels."""

from ._export import make_export
from ._interrupt import ends_at_ctrl_c
from ._options import (
    ExportOptions,
    FitOptions,
    LabelOptions,
    NetworkOptions,
)
from ._outputs import check_outputs
from ._plot import check_drawable
from ._scale import make_scale


def fit(
    labels: LabelOptions, network: NetworkOptions, search: FitOptions, export: ExportOptions
) -> None:
    """Find the k anchors with the highest average IoU with your boxes."""
    check_drawable(search.plot)
    outputs = {"--json": search.json_file, "--output": export.output, "--plot": search.plot}
    check_outputs(outputs, labels)
    scale = make_scale(network)
    wanted = make_export(export, scale, [search.k])
    with ends_at_ctrl_c():
        from ._anchors import collected_warnings, compute_fit
        from ._console import make_console
        from ._labels import read_sizes
        from ._plot import draw_anchors
        from ._printing import print_anchors, print_labels, write_results
    boxes = read_sizes(labels, scale, outputs, wanted)
    scale = boxes.scale
    record = compute_fit(boxes, scale, search, wanted)
    with collected_warnings() as messages:
        file = search.plot
        picture = None if file is None else draw_anchors(record, boxes.sizes, scale, file)
    console = make_console(outputs, [*record.warnings, *messages])
    print_labels(record, console)
    print_anchors(record, scale, console)
    write_results(record, outputs, picture, console)
