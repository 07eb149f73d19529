"""
========================
Make a random label file
========================

If you have no data set at hand, ``python examples/draw_annotations.py labels.json`` writes random
boxes to a label file in the original format of BDD100K. As in a real file, one label is a lane,
which has no box, and one box has a height of 0.
"""

import json
import sys
from pathlib import Path

from sklearn_iou_kmeans.datasets import make_boxes

LANE = {
    "category": "lane",
    "poly2d": [{"vertices": [[640, 360], [220, 720]], "types": "LL", "closed": False}],
}
FLAT_BOX = {"category": "car", "box2d": {"x1": 600, "y1": 380, "x2": 640, "y2": 380}}


def frames_of(boxes):
    """Convert the boxes to the format of BDD100K: a list of frames, each with its labels."""
    frames = [{"name": name, "labels": []} for name in boxes.image_names]
    corners = boxes.data.round().tolist()  # annotators click on whole pixels
    for image, category, box in zip(boxes.image, boxes.target, corners, strict=True):
        box2d = dict(zip(("x1", "y1", "x2", "y2"), box, strict=True))
        label = {"category": boxes.target_names[category], "box2d": box2d}
        frames[image]["labels"].append(label)
    return frames


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: python draw_annotations.py FILE")
    frames = frames_of(make_boxes(n_samples=20_000, random_state=0))
    frames[0]["labels"] += [LANE, FLAT_BOX]
    Path(sys.argv[1]).write_text(json.dumps(frames))
    n_labels = sum(len(frame["labels"]) for frame in frames)
    print(f"Wrote {n_labels} labels in {len(frames)} images to {sys.argv[1]}")


if __name__ == "__main__":
    main()
