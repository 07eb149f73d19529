"""`iou-kmeans compare`: compare sets of anchors on the boxes of labels."""

from ._interrupt import ends_at_ctrl_c
from ._options import CompareOptions, LabelOptions, NetworkOptions
from ._outputs import check_outputs
from ._scale import make_scale


def compare(labels: LabelOptions, network: NetworkOptions, wanted: CompareOptions) -> None:
    """Compare published, own and newly fitted anchors on your boxes.

    All sets are rescaled to the same input size: --input-size or, by default, that of the first set
    with a known input size.

    A higher average IoU makes the task of the detector easier, but does not guarantee a higher mAP.
    """
    outputs = {"--json": wanted.json_file}
    check_outputs(outputs, labels, *(wanted.anchors or []))
    if not wanted.anchors and wanted.k is None:
        raise ValueError(
            "Nothing to compare: add --anchors, for example --anchors yolov3, or -k 9."
        )
    scale = make_scale(network)
    with ends_at_ctrl_c():
        from ._anchor_sets import common_scale, load_anchor_set
        from ._comparison import compute_comparison, print_comparison
        from ._console import make_console
        from ._labels import read_sizes
        from ._printing import write_results
    sets = [load_anchor_set(name) for name in wanted.anchors or []]
    common = common_scale(scale, sets)
    boxes = read_sizes(labels, common.scale, outputs)
    if boxes.scale != common.scale:
        raise ValueError(
            "The boxes are relative to their images, and the anchors are in pixels. Add --images "
            "DIR, or --image-size WxH if all images have the same size."
        )
    record = compute_comparison(boxes, sets, common.scale, wanted)
    console = make_console(outputs, record.warnings)
    print_comparison(record, common, wanted, console)
    write_results(record, outputs, None, console)
