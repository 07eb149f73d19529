"""From labels to pasted anchors, as a user goes."""

import json

import numpy as np

from sklearn_iou_kmeans import IoUKMeans, MostFrequentShapes, NClustersSweep
from sklearn_iou_kmeans.datasets import load_annotations, make_boxes
from sklearn_iou_kmeans.export import export_ultralytics
from sklearn_iou_kmeans.metrics import anchor_statistics, average_iou_score
from sklearn_iou_kmeans.preprocessing import box_sizes, letterbox


def test_from_labels_to_a_configuration(tmp_path):
    drawn = make_boxes(3000, random_state=0)
    frames = [{"name": name, "labels": []} for name in drawn.image_names]
    for (x1, y1, x2, y2), image in zip(drawn.data.tolist(), drawn.image, strict=True):
        box = {"x1": x1, "y1": y1, "x2": x2, "y2": y2}
        frames[image]["labels"].append({"category": "car", "box2d": box})
    file = tmp_path / "labels.json"
    file.write_text(json.dumps(frames))

    boxes = load_annotations(file, categories="car")
    sizes = letterbox(box_sizes(boxes.data), (1280, 720), (640, 640))
    baseline = MostFrequentShapes(9).fit(sizes)
    sweep = NClustersSweep(IoUKMeans(), [3, 6, 9], cv=3, rule=0.6, random_state=0)
    sweep.fit(sizes, groups=boxes.image)
    anchors = IoUKMeans(9, random_state=0).fit(sizes).cluster_centers_
    text = export_ultralytics(anchors, input_size=640)

    assert sweep.best_n_clusters_ in (3, 6, 9)
    np.testing.assert_array_equal(anchors, sweep.estimators_[-1].cluster_centers_)
    assert average_iou_score(sizes, anchors) > baseline.average_iou_
    assert anchor_statistics(sizes, anchors).n_boxes.sum() == len(boxes.data) == 3000
    assert "anchors:" in text
    assert text.count("# P") == 3
