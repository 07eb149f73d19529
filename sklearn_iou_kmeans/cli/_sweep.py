"""`iou-kmeans sweep`: choose the number of anchors from the curve of average IoU."""

import re

from ._export import make_export
from ._interrupt import ends_at_ctrl_c
from ._options import (
    ExportOptions,
    LabelOptions,
    NetworkOptions,
    SweepOptions,
)
from ._outputs import check_outputs
from ._plot import check_drawable
from ._rule import parse_rule
from ._scale import make_scale


def sweep(
    labels: LabelOptions, network: NetworkOptions, wanted: SweepOptions, export: ExportOptions
) -> None:
    """Fit several numbers of anchors to your boxes, and choose one.

    Prints the curve of average IoU against the number of anchors, the number that each rule
    chooses, and the anchors.
    """
    check_drawable(wanted.plot)
    outputs = {"--json": wanted.json_file, "--output": export.output, "--plot": wanted.plot}
    check_outputs(outputs, labels)
    scale = make_scale(network)
    numbers = parse_numbers(wanted.k)
    rule = parse_rule(wanted.rule, wanted.cv)
    if wanted.jobs == 0:
        raise ValueError("--jobs is 0: give the number of processes, or -1 for one per core.")
    wanted_export = make_export(export, scale, numbers)
    with ends_at_ctrl_c():
        from ._anchors import collected_warnings
        from ._console import make_console
        from ._curve import compute_sweep, make_sweep, print_curve
        from ._labels import read_sizes
        from ._plot import draw_curve
        from ._printing import print_anchors, print_labels, write_results
    boxes = read_sizes(labels, scale, outputs, wanted_export)
    scale = boxes.scale
    found = make_sweep(numbers, rule, wanted)
    record = compute_sweep(found, numbers, boxes, scale, wanted_export, wanted.certify)
    with collected_warnings() as messages:
        file = wanted.plot
        picture = None if file is None else draw_curve(found, record, file)
    console = make_console(outputs, [*record.warnings, *messages])
    print_labels(record, console)
    print_curve(record, console)
    print_anchors(record, scale, console)
    write_results(record, outputs, picture, console)


def parse_numbers(text: str) -> list[int]:
    """Read numbers of anchors: a range, a list or a single number."""
    ends = re.fullmatch("([0-9]{1,6})-([0-9]{1,6})", text.strip())
    if ends:
        numbers = list(range(int(ends[1]), int(ends[2]) + 1))
    elif re.fullmatch("[0-9]{1,6}(,[0-9]{1,6})*", text.strip()):
        numbers = sorted(map(int, text.split(",")))
    else:
        numbers = []
    if not numbers or numbers[0] < 1 or len(set(numbers)) < len(numbers):
        raise ValueError(
            f"--k is {text!r}: write an ascending range such as 3-10, a list without repeats such "
            "as 3,6,9, or a single number; all > 0 and below a million."
        )
    return numbers
