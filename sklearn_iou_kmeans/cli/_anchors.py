"""Fit anchors, and measure how well they fit."""

import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from .. import IoUKMeans, MostFrequentShapes
from .._kernels import FloatArray
from ..metrics import (
    anchor_statistics,
    average_iou_score,
    average_iou_upper_bound,
    best_possible_recall_score,
)
from ._export import Export
from ._labels import LabelsRecord, Sizes
from ._messages import count
from ._options import FitOptions
from ._scale import Scale

IOU, RATIO = 0.5, 4

# A bound that is so near is good enough: a larger average IoU would make no difference.
CERTIFIED = 1e-4

# A shape held by fewer boxes than this is frequent by chance.
FREQUENT = 10


@dataclass(frozen=True)
class Scores:
    """Anchors in the unit of the record, and how well they fit the boxes."""

    anchors: list[dict[str, Any]]
    average_iou: float
    best_possible_recall: dict[str, float]
    best_possible_recall_by_ratio: dict[str, float]


@dataclass(frozen=True)
class FitRecord(Scores, LabelsRecord):
    """The result of `fit`; the fields are those of the JSON. Sizes are in `unit`.

    `baseline` is None if the boxes are not in pixels, and its `ratio` is None if no shape is
    frequent. No anchors of this number have an average IoU above `upper_bound`, which is None
    without --certify.
    """

    upper_bound: float | None
    baseline: dict[str, Any] | None
    export: dict[str, Any] | None
    seconds: dict[str, float]
    warnings: list[str]


def fit_anchors(sizes: FloatArray, k: int, seed: int) -> FloatArray:
    """Find the k anchors that fit the boxes best."""
    check_enough(sizes, k)
    return np.asarray(IoUKMeans(k, random_state=seed).fit(sizes).cluster_centers_)


def score_anchors(sizes: FloatArray, anchors: FloatArray, scale: Scale) -> Scores:
    """Measure how well each anchor, and all anchors together, fit the boxes."""
    recall = best_possible_recall_score(sizes, anchors, threshold=IOU)
    by_ratio = best_possible_recall_score(sizes, anchors, threshold=1 / RATIO, measure="ratio")
    return Scores(
        anchors=describe_anchors(sizes, anchors, scale),
        average_iou=average_iou_score(sizes, anchors),
        best_possible_recall={"iou": IOU, "score": recall},
        best_possible_recall_by_ratio={"ratio": RATIO, "score": by_ratio},
    )


def describe_anchors(sizes: FloatArray, anchors: FloatArray, scale: Scale) -> list[dict[str, Any]]:
    """Describe each anchor: its size, the boxes it is the best anchor of, and their mean IoU."""
    statistics = anchor_statistics(sizes, anchors)
    columns = (statistics.n_boxes, statistics.share, statistics.mean_iou)
    return [
        {
            "width": float(width),
            "height": float(height),
            "n_boxes": int(n_boxes),
            "share": float(share),
            "mean_iou": None if np.isnan(mean_iou) else float(mean_iou),
        }
        for (width, height), n_boxes, share, mean_iou in zip(
            scale.express(anchors), *columns, strict=True
        )
    ]


def compute_fit(boxes: Sizes, scale: Scale, search: FitOptions, export: Export | None) -> FitRecord:
    """Compute the anchors and the baseline, and return them as a record."""
    labels = boxes.record.with_parameters(n_clusters=search.k, seed=search.seed)
    with collected_warnings() as messages:
        start = time.perf_counter()
        anchors = fit_anchors(boxes.sizes, search.k, search.seed)
        seconds = {"reading": boxes.seconds, "clustering": time.perf_counter() - start}
        found = describe_fit(boxes.sizes, anchors, scale, export, labels)
        upper_bound = None
        if search.certify is not None:
            start = time.perf_counter()
            upper_bound = bound_average_iou(boxes.sizes, search.k, anchors, search.certify)
            seconds["certifying"] = time.perf_counter() - start
    return FitRecord(
        **vars(labels),
        **found,
        upper_bound=upper_bound,
        seconds=seconds,
        warnings=messages,
    )


def bound_average_iou(
    sizes: FloatArray, k: int, anchors: FloatArray | None, seconds: float
) -> float:
    """Bound the average IoU of any k anchors; good `anchors` help to find the bound."""
    return average_iou_upper_bound(sizes, k, centers=anchors, tol=CERTIFIED, max_time=seconds)


def describe_fit(
    sizes: FloatArray,
    anchors: FloatArray,
    scale: Scale,
    export: Export | None,
    labels: LabelsRecord,
) -> dict[str, Any]:
    """Score anchors, the baseline and the export: fields of a `FitRecord`."""
    scores = score_anchors(sizes, anchors, scale)
    return vars(scores) | {
        "baseline": describe_baseline(sizes, len(anchors), scores.average_iou, scale),
        "export": export and export.write(anchors, sizes, vars(labels)),
    }


def describe_baseline(
    sizes: FloatArray, k: int, average_iou: float, scale: Scale
) -> dict[str, Any] | None:
    """Score the most frequent shapes in whole pixels, as many as there are anchors.

    Whole pixels make the count the same for labels that differ by the rounding of a file format.
    """
    if scale.input_size is None and scale.unit == "relative":
        return None
    with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
        baseline = MostFrequentShapes(k).fit(np.maximum(np.rint(sizes), 1))
    shapes = np.asarray(baseline.cluster_centers_, dtype=np.float64)
    score = average_iou_score(sizes, shapes)
    return {
        "method": "most frequent shapes in whole pixels",
        "shapes": scale.express(shapes).tolist(),
        "average_iou": score,
        "n_boxes": int(baseline.counts_.sum()),
        "ratio": average_iou / score if baseline.counts_[0] >= FREQUENT else None,
    }


def check_enough(sizes: FloatArray, k: int, option: str = "-k") -> None:
    """Raise if there are fewer distinct sizes than anchors."""
    for some in (sizes[: 100 * k], sizes):  # to sort all takes long, and is seldom needed
        n_distinct = len(np.unique(some, axis=0))
        if n_distinct >= k:
            return
    of_sizes = f" of {count(n_distinct, 'size', 'different sizes')}"
    raise ValueError(
        f"{option} {k} is too many for {count(len(sizes), 'box', 'boxes')}"
        f"{of_sizes if n_distinct < len(sizes) else ''}: ask for at most {n_distinct}."
    )


@contextmanager
def collected_warnings() -> Iterator[list[str]]:
    """Collect the warnings of a block; the list is filled when the block ends."""
    messages: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        yield messages
    messages += dict.fromkeys(str(warning.message) for warning in caught)
