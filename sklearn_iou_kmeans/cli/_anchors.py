"""Anchors: how they are found and how good they are."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import IoUKMeans, MostFrequentShapes
from ..metrics import anchor_statistics, average_iou_score, best_possible_recall_score
from ._export import Export
from ._labels import LabelsRecord
from ._scale import FloatArray, Scale

IOU, RATIO = 0.5, 4


@dataclass(frozen=True)
class Scores:
    """Anchors in the unit of the record, and how well they fit the boxes."""

    anchors: list[dict[str, Any]]
    average_iou: float
    best_possible_recall: dict[str, float]
    best_possible_recall_by_ratio: dict[str, float]


@dataclass(frozen=True)
class FitRecord(Scores, LabelsRecord):
    """What `fit` found; the fields are those of the JSON. Sizes are in `unit`."""

    baseline: dict[str, Any]
    export: dict[str, Any] | None
    seconds: dict[str, float]
    warnings: list[str]


def fit_anchors(sizes: FloatArray, k: int, seed: int) -> FloatArray:
    """Find the k anchors that fit the boxes best."""
    return np.asarray(IoUKMeans(k, random_state=seed).fit(sizes).cluster_centers_)


def score_anchors(sizes: FloatArray, anchors: FloatArray, scale: Scale) -> Scores:
    """Say how well anchors fit the boxes, each and together."""
    recall = best_possible_recall_score(sizes, anchors, threshold=IOU)
    by_ratio = best_possible_recall_score(sizes, anchors, threshold=1 / RATIO, measure="ratio")
    return Scores(
        anchors=describe_anchors(sizes, anchors, scale),
        average_iou=average_iou_score(sizes, anchors),
        best_possible_recall={"iou": IOU, "score": recall},
        best_possible_recall_by_ratio={"ratio": RATIO, "score": by_ratio},
    )


def describe_anchors(sizes: FloatArray, anchors: FloatArray, scale: Scale) -> list[dict[str, Any]]:
    """Say of each anchor how large it is, how many boxes have it as their best, and how well."""
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


def describe_fit(
    sizes: FloatArray, anchors: FloatArray, scale: Scale, export: Export | None
) -> dict[str, Any]:
    """Score anchors, beside the baseline and as they are written: fields of a `FitRecord`."""
    scores = score_anchors(sizes, anchors, scale)
    baseline = MostFrequentShapes(len(anchors)).fit(sizes)
    return vars(scores) | {
        "baseline": {
            "method": "most frequent shapes",
            "shapes": scale.express(
                np.asarray(baseline.cluster_centers_, dtype=np.float64)
            ).tolist(),
            "average_iou": baseline.average_iou_,
            "n_boxes": int(baseline.counts_.sum()),
            "ratio": scores.average_iou / baseline.average_iou_,
        },
        "export": export and export.write(anchors, sizes),
    }


@contextmanager
def collected_warnings() -> Iterator[list[str]]:
    """Collect what is warned of, to be said with the result; it is there after the block."""
    messages: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        yield messages
    messages += dict.fromkeys(str(warning.message) for warning in caught)
