"""`iou-kmeans sweep`: how many anchors, from the curve of average IoU over their number."""

import re
import signal
import textwrap
import time
from dataclasses import dataclass
from multiprocessing import active_children
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from .. import IoUCurveDisplay, IoUKMeans, NClustersSweep
from ._anchors import FitRecord, collected_warnings, describe_fit
from ._export import Exporter, make_exporter
from ._labels import LabelsRecord, Sizes, read_sizes
from ._options import ExportOptions, LabelOptions, NetworkOptions, SweepOptions
from ._printing import (
    check_writable,
    grid,
    make_console,
    make_table,
    number,
    print_anchors,
    print_labels,
    say,
    show,
    write_results,
)
from ._scale import FloatArray, Scale, make_scale

DRAWN = (".png", ".svg", ".pdf")
N_IN_TITLE = 3  # categories named
ARROW = "->"  # where there is no colour, and in any encoding

RULES = {
    "knee": "furthest above the chord; moves with the range of k",
    "one_standard_error": "fewest within one standard error of the best",
}


class CountedSweep(NClustersSweep):
    """A sweep that shows on a bar how many of its tasks have ended."""

    bar: Progress

    def _on_task_end(self, n_done: int, n_tasks: int) -> None:
        self.bar.update(self.bar.task_ids[0], completed=n_done, total=n_tasks)


@dataclass(frozen=True)
class HeldOut:
    """How well anchors fit images that they were not fitted to: the mean over the folds."""

    average_iou: float
    standard_error: float
    fold_scores: list[float]


@dataclass(frozen=True)
class Row:
    """How good a number of anchors is, and which these are.

    `gain` is the difference to the row before, if there is one, and `spread` the standard deviation
    of `restart_scores`, if there is more than one. `held_out` is there with --cv.
    """

    n_clusters: int
    average_iou: float
    gain: float | None
    spread: float | None
    restart_scores: list[float]
    held_out: HeldOut | None
    seconds: float
    anchors: list[list[float]]


@dataclass(frozen=True)
class SweepRecord(FitRecord):
    """What `sweep` found; the fields are those of the JSON. Sizes are in `unit`.

    `curve` has a row for each number of anchors. The `rule`, one of `n_clusters_by_rule`, chose
    `n_clusters`; `anchors` and all that is said of them are those.
    """

    n_clusters: int
    rule: str
    n_clusters_by_rule: dict[str, int]
    curve: list[Row]


def sweep(
    labels: LabelOptions, network: NetworkOptions, wanted: SweepOptions, export: ExportOptions
) -> None:
    """Find how many anchors fit the boxes of labels well, and which.

    Fits each number of anchors, and chooses one from the curve of their average IoU.
    """
    check_writable(json=wanted.json_file, output=export.output, plot=wanted.plot)
    check_drawable(wanted.plot)
    scale = make_scale(network)
    numbers = parse_numbers(wanted.k)
    found = make_sweep(numbers, wanted)
    exporter = make_exporter_for_each(export, scale, numbers)
    boxes = read_sizes(labels, scale)
    scale = boxes.scale
    record = compute_sweep(found, boxes, scale, exporter, wanted)
    console = make_console("-" in (wanted.json_file, export.output), record.warnings)
    print_labels(record, console)
    print_curve(record, console)
    print_anchors(record, scale, console)
    write_results(record, wanted.json_file, export.output, console)
    if wanted.plot is not None:
        console.file.write(f"Wrote {wanted.plot}\n")


def check_drawable(file: str | None) -> None:
    """Raise before the work is done if a picture cannot be drawn after it."""
    if file is None:
        return
    if Path(file).suffix.lower() not in DRAWN:
        raise ValueError(f"--plot is {file!r}: end the name in .png, .svg or .pdf.")
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError:
        raise ImportError(
            f'--plot {file} needs matplotlib: pip install "sklearn-iou-kmeans[plot]"'
        ) from None


def make_sweep(numbers: list[int], wanted: SweepOptions) -> CountedSweep:
    """Take the options, and raise before the work is done if one is no good."""
    if wanted.jobs == 0:
        raise ValueError("--jobs is 0: give a number of processes, or -1 for one for each core.")
    return CountedSweep(
        IoUKMeans(),
        numbers,
        n_init=wanted.restarts,
        cv=wanted.cv,
        rule=parse_rule(wanted.rule, wanted.cv),
        n_jobs=wanted.jobs,
        random_state=wanted.seed,
    )


def parse_numbers(text: str) -> list[int]:
    """Take numbers of anchors that are written as a range, a list or a single one."""
    ends = re.fullmatch(r"([0-9]+)-([0-9]+)", text.strip())
    if ends:
        numbers = list(range(int(ends[1]), int(ends[2]) + 1))
    elif re.fullmatch(r"[0-9]+(,[0-9]+)*", text.strip()):
        numbers = sorted(map(int, text.split(",")))
    else:
        numbers = []
    if not numbers or numbers[0] < 1 or len(set(numbers)) < len(numbers):
        raise ValueError(
            f"--k is {text!r}: write a range that ascends, say 3-10, a list without repeats, say "
            "3,6,9, or a single number; all > 0."
        )
    return numbers


def parse_rule(text: str, cv: int | None) -> Any:
    """Take the name of a rule, or a target for the average IoU."""
    name = text.strip().replace("-", "_")
    if name == "one_standard_error" and cv is None:
        raise ValueError(f"--rule {text} is about scores of held-out images: add --cv, say --cv 5.")
    if name in RULES:
        return name
    target = float(text) if re.fullmatch(r"[0-9]*\.?[0-9]+", text.strip()) else 0.0
    if not 0 < target <= 1:
        raise ValueError(
            f"--rule is {text!r}: choose knee, one-standard-error, or a target for the average "
            "IoU, > 0 and at most 1, say 0.7."
        )
    return target


def make_exporter_for_each(
    options: ExportOptions, scale: Scale, numbers: list[int]
) -> Exporter | None:
    """Take the options, and raise if not every number of anchors that may be chosen can be written.

    An option that suits no number raises as it does in `fit`.
    """
    exporter, refused, accepted = None, [], []
    for k in numbers:
        try:
            exporter = make_exporter(options, scale, k)
            accepted.append(str(k))
        except ValueError as error:
            refused.append(error)
    if not refused:
        return exporter
    if not accepted:
        raise refused[0]
    raise ValueError(
        f"--export {options.export} does not take every --k: write --k {','.join(accepted)}, or "
        f"change this: {refused[0]}"
    )


def compute_sweep(
    found: CountedSweep,
    boxes: Sizes,
    scale: Scale,
    exporter: Exporter | None,
    wanted: SweepOptions,
) -> SweepRecord:
    """Run the sweep, draw it, and put what is to be said into a record."""
    with collected_warnings() as messages:
        start = time.perf_counter()
        run(found, boxes)
        seconds = {"reading": boxes.seconds, "sweep": time.perf_counter() - start}
        anchors = np.asarray(found.best_estimator_.cluster_centers_)
        fitted = describe_fit(boxes.sizes, anchors, scale, exporter)
        if wanted.plot is not None:
            draw(found, boxes.record, wanted.plot)
    parameters = {
        "n_clusters": found.n_clusters,
        "n_init": wanted.restarts,
        "cv": wanted.cv,
        "seed": wanted.seed,
    }
    return SweepRecord(
        **vars(boxes.record) | {"parameters": parameters | boxes.record.parameters},
        **fitted,
        seconds=seconds,
        warnings=messages,
        n_clusters=found.best_n_clusters_,
        rule=str(found.rule),
        n_clusters_by_rule=found.n_clusters_by_rule_,
        curve=describe_curve(found, scale),
    )


def run(found: CountedSweep, boxes: Sizes) -> None:
    """Run the sweep beneath a bar, which only a terminal shows; end at once if interrupted."""
    folds = {} if found.cv is None else {"y": boxes.categories, "groups": boxes.images}
    console = Console(stderr=True)
    console.quiet = not console.is_terminal
    found.bar = Progress(
        TextColumn("sweep"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("tasks"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )
    found.bar.add_task("", total=None)
    try:
        with found.bar:
            start_workers(found.n_jobs)
            found.fit(boxes.sizes, **folds)
    except KeyboardInterrupt:
        for worker in active_children():  # joblib ends them only where there is psutil or pgrep
            worker.terminate()
        [task] = found.bar.tasks
        done = [] if task.total is None else [f"{task.completed} of {task.total} tasks were done"]
        raise KeyboardInterrupt(*done) from None


def start_workers(n_jobs: int | None) -> None:
    """Start the processes that joblib keeps for the sweep, deaf to Ctrl-C.

    A terminal sends it to them too, and each would print where it was. This process ends them.
    """
    if effective_n_jobs(n_jobs) == 1:
        return
    heard = signal.signal(signal.SIGINT, signal.SIG_IGN)  # what starts meanwhile inherits it
    try:
        started = Parallel(n_jobs, return_as="generator_unordered")([delayed(int)()])
    finally:
        signal.signal(signal.SIGINT, heard)
    list(started)


def draw(found: NClustersSweep, record: LabelsRecord, file: str) -> None:
    """Draw the curve, without the windows and the state of pyplot."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    IoUCurveDisplay.from_estimator(found, ax=axes)
    few = len(record.categories) <= N_IN_TITLE
    names = ", ".join(record.categories) if few else f"{len(record.categories)} categories"
    title = f"{Path(record.file).resolve().name}: {names}, {number(record.n_boxes)} boxes"
    axes.set_title(textwrap.fill(title, 70), fontsize="medium", parse_math=False)
    figure.savefig(file, dpi=200)


def describe_curve(found: NClustersSweep, scale: Scale) -> list[Row]:
    """Take what the sweep found for each number of anchors."""
    results = found.cv_results_
    scores = results["train_score"].tolist()
    restarts = np.transpose([results[f"restart{i}_score"] for i in range(found.n_init)])
    folds = np.transpose([results[f"split{i}_test_score"] for i in range(found.n_splits_)])
    return [
        Row(
            n_clusters=int(results["param_n_clusters"][i]),
            average_iou=scores[i],
            gain=scores[i] - scores[i - 1] if i else None,
            spread=float(restarts[i].std()) if found.n_init > 1 else None,
            restart_scores=restarts[i].tolist(),
            held_out=describe_folds(folds[i]) if found.n_splits_ else None,
            seconds=float(results["total_time"][i]),
            anchors=scale.express(estimator.cluster_centers_).tolist(),
        )
        for i, estimator in enumerate(found.estimators_)
    ]


def describe_folds(scores: FloatArray) -> HeldOut:
    """Take the scores of the folds."""
    error = scores.std() / np.sqrt(len(scores))
    return HeldOut(float(scores.mean()), float(error), scores.tolist())


def print_curve(record: SweepRecord, console: Console) -> None:
    """Say how good each number of anchors is, and which of them each rule chooses."""
    console.file.write("\n")
    show(curve_table(record), console)
    restarts = f"; spread: standard deviation over {len(record.curve[0].restart_scores)} restarts"
    say(f"Gain: over the row before{restarts if record.curve[0].spread else ''}.", console)
    console.file.write("\nThe k that each rule chooses:\n\n")
    rows = [
        (ARROW * (name == record.rule), name.replace("_", "-"), f"{k:>3}", meaning(name, record))
        for name, k in record.n_clusters_by_rule.items()
    ]
    show(grid(*rows), console)


def curve_table(record: SweepRecord) -> Table:
    """Lay out the curve, one number of anchors a row, with an arrow at the chosen one."""
    held_out = ("held-out\nIoU", "standard\nerror") if record.curve[0].held_out else ()
    table = make_table("", "k", "average\nIoU", "gain", "spread", *held_out, "seconds", n_text=1)
    for row in record.curve:
        scores = [row.average_iou, row.gain, row.spread]
        if row.held_out is not None:
            scores += [row.held_out.average_iou, row.held_out.standard_error]
        table.add_row(
            ARROW * (row.n_clusters == record.n_clusters),
            str(row.n_clusters),
            *("-" if score is None else f"{score:.4f}" for score in scores),
            f"{row.seconds:.2f}",
        )
    return table


def meaning(name: str, record: SweepRecord) -> str:
    """Say in a few words how a rule chooses."""
    if name in RULES:
        return RULES[name]
    held_out = [row.held_out.average_iou for row in record.curve if row.held_out]
    score = "held-out IoU" if held_out else "average IoU"
    if max(held_out or [row.average_iou for row in record.curve]) < float(name):
        return f"the most, since no {score} reaches {name}"
    return f"fewest whose {score} reaches {name}"
