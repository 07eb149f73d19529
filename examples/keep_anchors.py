"""
=======================
Save anchors and models
=======================

Save a fitted estimator with joblib or pickle. If it is part of a pipeline that computes the sizes,
the conversion to the right unit is saved with it. A detector only needs the numbers: JSON stores
them with their unit and the input size of the network.
"""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import joblib
import numpy as np
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sklearn_iou_kmeans import IoUKMeans
from sklearn_iou_kmeans.datasets import load_bccd
from sklearn_iou_kmeans.export import export_json
from sklearn_iou_kmeans.preprocessing import box_sizes, letterbox

INPUT_SIZE = 416

boxes = load_bccd()


def sizes_at_input(corners):
    """Return sizes in pixels of the network input, after letterbox from 640 x 480."""
    return letterbox(box_sizes(corners), (640, 480), INPUT_SIZE)


pipeline = make_pipeline(FunctionTransformer(sizes_at_input), IoUKMeans(9, random_state=0))
pipeline.fit(boxes.data)

# %%
# joblib saves the whole pipeline. Only load such a file if you trust its source, and use the
# package versions that it was saved with.
with TemporaryDirectory() as folder:
    file = Path(folder, "anchors.joblib")
    joblib.dump(pipeline, file)
    loaded = joblib.load(file)

corners = np.array([[100, 200, 180, 260], [30, 40, 70, 72]])
print("index of the best anchor of each new box:", loaded.predict(corners))
print("IoU with this anchor:", (1 - loaded.transform(corners).min(axis=1)).round(2))

# %%
# JSON stores the numbers, their unit and their average IoU in a form that any program can read.
anchors = loaded[-1].cluster_centers_
text = export_json(anchors, input_size=INPUT_SIZE, X=sizes_at_input(boxes.data))
kept = json.loads(text)
unit, input_size, after = kept["unit"], kept["input_size"], kept["average_iou"]["after"]
print(f"{len(anchors)} anchors, {unit}s at {input_size}, average IoU {after:.3f}")
assert np.allclose([[anchor["width"], anchor["height"]] for anchor in kept["anchors"]], anchors)
