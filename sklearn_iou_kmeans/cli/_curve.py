"""The sweep over the number of anchors: running it, and its record and table."""

import time
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from .. import IoUKMeans, NClustersSweep
from .._kernels import FloatArray
from .._sklearn import HAS_CALLBACKS
from ..model_selection import knee, one_standard_error
from ._anchors import (
    FitRecord,
    bound_average_iou,
    check_enough,
    collected_warnings,
    describe_fit,
)
from ._console import grid, make_table, say, show
from ._export import Export
from ._labels import Sizes
from ._messages import count
from ._options import SweepOptions
from ._printing import rounded_up
from ._progress import SweepBar
from ._rule import CHOICES
from ._scale import Scale

ARROW = "->"  # works without colour and in any encoding


@dataclass(frozen=True)
class HeldOut:
    """Average IoU on images that the anchors were not fitted to: the mean over the folds."""

    average_iou: float
    standard_error: float
    fold_scores: list[float]


@dataclass(frozen=True)
class Row:
    """The anchors for one k, and their scores.

    `gain` is the difference to the previous row, None in the first row. `upper_bound` bounds the
    average IoU of any anchors of this number; it is None without --certify. `held_out` is None
    without --cv.
    """

    n_clusters: int
    average_iou: float
    gain: float | None
    upper_bound: float | None
    held_out: HeldOut | None
    seconds: float
    anchors: list[list[float]]


@dataclass(frozen=True)
class SweepRecord(FitRecord):
    """The result of `sweep`; the fields are those of the JSON. Sizes are in `unit`.

    `curve` has a row for each number of anchors. `rule` is one of `n_clusters_by_rule`, and chose
    `n_clusters`; `anchors` and their scores are for this number.
    """

    n_clusters: int
    rule: str
    n_clusters_by_rule: dict[str, int]
    curve: list[Row]


def make_sweep(numbers: list[int], rule: str | float, wanted: SweepOptions) -> NClustersSweep:
    """Make a sweep according to the options."""
    return NClustersSweep(
        IoUKMeans(),
        numbers,
        n_init=wanted.restarts,
        cv=wanted.cv,
        rule=rule,  # type: ignore[arg-type]
        n_jobs=wanted.jobs,
        random_state=wanted.seed,
    )


def compute_sweep(
    found: NClustersSweep,
    numbers: list[int],
    boxes: Sizes,
    scale: Scale,
    export: Export | None,
    certify: float | None,
) -> SweepRecord:
    """Run the sweep, and return the result as a record."""
    check_enough(boxes.sizes, numbers[-1], "--k")
    check_folds(found.cv, boxes)
    labels = boxes.record.with_parameters(
        n_clusters=numbers,
        n_init=found.n_init,
        cv=found.cv,
        rule=str(found.rule),
        seed=found.random_state,
    )
    with collected_warnings() as messages:
        start = time.perf_counter()
        run(found, boxes)
        seconds = {"reading": boxes.seconds, "sweep": time.perf_counter() - start}
        anchors = np.asarray(found.best_estimator_.cluster_centers_)
        fitted = describe_fit(boxes.sizes, anchors, scale, export, labels)
        start = time.perf_counter()
        bounds = bound_curve(found, boxes.sizes, certify)
        if certify:
            seconds["certifying"] = time.perf_counter() - start
    return SweepRecord(
        **vars(labels),
        **fitted,
        upper_bound=bounds[found.best_index_],
        seconds=seconds,
        warnings=messages,
        n_clusters=found.best_n_clusters_,
        rule=str(found.rule),
        n_clusters_by_rule=choices_by_rule(found),
        curve=describe_curve(found, scale, bounds),
    )


def check_folds(cv: int | None, boxes: Sizes) -> None:
    """Raise if there are fewer images than folds."""
    n_images = len(np.unique(boxes.images))
    if cv is not None and boxes.record.n_images is None:
        raise ValueError(
            f"--cv {cv}: a fold holds whole images, and the labels do not say which box is in "
            "which image. Name the column of the image with --image-column, or leave --cv out."
        )
    if cv is not None and cv > n_images:
        raise ValueError(
            f"--cv {cv} is too many: a fold holds whole images, and only "
            f"{count(n_images, 'image has', 'images have')} boxes. Ask for fewer folds."
        )


def run(found: NClustersSweep, boxes: Sizes) -> None:
    """Run the sweep; where scikit-learn has callbacks, with a progress bar on a terminal."""
    folds = {} if found.cv is None else {"y": boxes.categories, "groups": boxes.images}
    if not HAS_CALLBACKS:
        found.fit(boxes.sizes, **folds)
        return
    bar = SweepBar()
    try:
        found.set_callbacks(bar).fit(boxes.sizes, **folds)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(*filter(None, [str(bar)])) from None


def bound_curve(found: NClustersSweep, sizes: FloatArray, certify: float | None) -> list[Any]:
    """Bound the average IoU for each number of anchors, or return Nones without `certify`.

    Fewer anchors cannot do better than more, so the bound of a larger number holds for them too.
    """
    fitted = [(kmeans.n_clusters, kmeans.cluster_centers_) for kmeans in found.estimators_]
    if certify is None:
        return [None] * len(fitted)
    bounds = [bound_average_iou(sizes, k, anchors, certify) for k, anchors in fitted]
    return list(accumulate(reversed(bounds), min))[::-1]


def choices_by_rule(found: NClustersSweep) -> dict[str, int]:
    """Return the number of anchors that each rule chooses, that of the sweep first."""
    rules = [knee] if found.cv is None else [knee, one_standard_error]
    numbers, results = found.cv_results_["param_n_clusters"], found.cv_results_
    choices = {rule.__name__: int(numbers[rule(results)]) for rule in rules}
    return {str(found.rule): found.best_n_clusters_} | choices


def describe_curve(found: NClustersSweep, scale: Scale, bounds: list[Any]) -> list[Row]:
    """Collect the results for each number of anchors."""
    results = found.cv_results_
    scores = results["train_score"].tolist()
    folds = np.transpose([results[f"split{i}_test_score"] for i in range(found.n_splits_)])
    return [
        Row(
            n_clusters=int(results["param_n_clusters"][i]),
            average_iou=scores[i],
            gain=scores[i] - scores[i - 1] if i else None,
            upper_bound=bounds[i],
            held_out=describe_folds(folds[i]) if found.n_splits_ else None,
            seconds=float(results["total_time"][i]),
            anchors=scale.express(estimator.cluster_centers_).tolist(),
        )
        for i, estimator in enumerate(found.estimators_)
    ]


def describe_folds(scores: FloatArray) -> HeldOut:
    """Summarise the scores of the folds."""
    error = scores.std() / np.sqrt(len(scores))
    return HeldOut(float(scores.mean()), float(error), scores.tolist())


def print_curve(record: SweepRecord, console: Console) -> None:
    """Print the scores of each number of anchors, and the number that each rule chooses."""
    console.file.write("\n")
    show(curve_table(record), console)
    at_most = "" if record.upper_bound is None else " At most: no k anchors have a higher IoU."
    say(f"Gain: difference to the row above.{at_most}", console)
    console.file.write("\nThe k that each rule chooses:\n\n")
    rows = [
        (ARROW * (name == record.rule), name.replace("_", "-"), f"{k:>3}", meaning(name, record))
        for name, k in record.n_clusters_by_rule.items()
    ]
    show(grid(*rows), console)


def curve_table(record: SweepRecord) -> Table:
    """Make a table of the curve, with an arrow at the chosen number of anchors."""
    held_out = ("held-out\nIoU", "standard\nerror") if record.curve[0].held_out else ()
    at_most = ("at\nmost",) if record.curve[0].upper_bound else ()
    headings = ("", "k", "average\nIoU", *at_most, "gain", *held_out, "seconds")
    rows = []
    for row in record.curve:
        cells = [f"{row.average_iou:.4f}"]
        if row.upper_bound is not None:
            cells.append(rounded_up(row.upper_bound))
        cells.append("-" if row.gain is None else f"{row.gain:.4f}")
        if row.held_out is not None:
            cells.append(f"{row.held_out.average_iou:.4f}")
            cells.append(f"{row.held_out.standard_error:.4f}")
        arrow = ARROW * (row.n_clusters == record.n_clusters)
        rows.append((arrow, str(row.n_clusters), *cells, f"{row.seconds:.2f}"))
    return make_table(headings, rows, n_text=1)


def meaning(name: str, record: SweepRecord) -> str:
    """Describe in a few words how a rule chooses."""
    if name in CHOICES:
        return CHOICES[name]
    held_out = [row.held_out.average_iou for row in record.curve if row.held_out]
    score = "held-out IoU" if held_out else "average IoU"
    if max(held_out or [row.average_iou for row in record.curve]) < float(name):
        return f"the most, because no {score} reaches {name}"
    return f"fewest whose {score} reaches {name}"
