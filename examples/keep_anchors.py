"""
==========================
Keep fitted anchors
==========================

A fitted estimator is kept with joblib or pickle, and brings its unit along if it is part of a
pipeline that makes the sizes. A detector needs the numbers only: JSON keeps them with the unit and
the network's input.
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
    """Sizes in pixels of the network's input, to which images of 640 x 480 are letterboxed."""
    return letterbox(box_sizes(corners), (640, 480), INPUT_SIZE)


pipeline = make_pipeline(FunctionTransformer(sizes_at_input), IoUKMeans(9, random_state=0))
pipeline.fit(boxes.data)

# %%
# joblib keeps the whole pipeline. Load such a file only if you trust where it comes from, and with
# the versions of the packages that wrote it.
with TemporaryDirectory() as folder:
    file = Path(folder, "anchors.joblib")
    joblib.dump(pipeline, file)
    loaded = joblib.load(file)

corners = np.array([[100, 200, 180, 260], [30, 40, 70, 72]])
print("anchor of each new box:", loaded.predict(corners))
print("IoU with it:", (1 - loaded.transform(corners).min(axis=1)).round(2))

# %%
# JSON keeps the numbers, their unit and how good they are, for any program.
anchors = loaded[-1].cluster_centers_
text = export_json(anchors, input_size=INPUT_SIZE, X=sizes_at_input(boxes.data))
kept = json.loads(text)
unit, input_size, after = kept["unit"], kept["input_size"], kept["average_iou"]["after"]
print(f"{len(anchors)} anchors, {unit}s at {input_size}, average IoU {after:.3f}")
assert np.allclose([[anchor["width"], anchor["height"]] for anchor in kept["anchors"]], anchors)
