"""
================================
From labels to anchors, by hand
================================

Read the boxes, look at the most frequent shapes, cluster with 3 to 10 anchors, plot the curve,
choose, and convert the units. The boxes are those of BCCD. Followed by the name of the labels of
BDD100K, ``python plot_article.py bdd100k_labels_images_val.json.gz`` takes the cars of that file.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

from sklearn_iou_kmeans import (
    AnchorsDisplay,
    IoUCurveDisplay,
    IoUKMeans,
    MostFrequentShapes,
    NClustersSweep,
)
from sklearn_iou_kmeans.datasets import load_bccd, load_bdd100k
from sklearn_iou_kmeans.preprocessing import box_sizes, convert_units, stretch

labels = sys.argv[1:]
boxes = load_bdd100k(labels[0], categories="car", image_size=(1280, 720)) if labels else load_bccd()
X = box_sizes(np.trunc(boxes.data))  # whole pixels, as labels of this data set are often read
print(f"{len(X)} boxes, {len(np.unique(X, axis=0))} distinct shapes")

# %%
# The naive approach: the most frequent shapes. They are much alike, here red blood cells of about
# 100 x 100 pixels, and serve the other boxes badly.
baseline = MostFrequentShapes(n_clusters=8).fit(X)
print(f"{baseline.counts_.sum():.0f} boxes have one of the 8 most frequent shapes:")
print(baseline.cluster_centers_)
print(f"average IoU {baseline.average_iou_:.3f}")

# %%
# The curve: more anchors raise the average IoU by less and less.
sweep = NClustersSweep(IoUKMeans(), n_clusters=range(3, 11), random_state=0).fit(X)
print(" k  average IoU")
for k, score in zip(range(3, 11), sweep.cv_results_["train_score"], strict=True):
    print(f"{k:2}  {score:.4f}")
print(f"The knee of the curve is at {sweep.best_n_clusters_} anchors.")
IoUCurveDisplay.from_estimator(sweep)

# %%
# No number is the right one; it depends on the detector and on what it may cost. Take eight.
kmeans = sweep.estimators_[list(range(3, 11)).index(8)]
anchors = kmeans.cluster_centers_
ratio = kmeans.average_iou_ / baseline.average_iou_
print(f"average IoU {kmeans.average_iou_:.4f}, {ratio:.2f} times that of the baseline")
figure, axes = plt.subplots(ncols=2, figsize=(12, 4.8), layout="constrained")
AnchorsDisplay.from_estimator(kmeans, X, kind="density", ax=axes[0])
AnchorsDisplay.from_estimator(kmeans, X, kind="rectangles", ax=axes[1])

# %%
# The same anchors in the units that detectors ask for: pixels of a network input of 416 x 416, to
# which the images are stretched, fractions of the image, and cells of a 13 x 13 grid.
pixels = stretch(anchors, boxes.image_size[0], input_size=416)
relative = convert_units(pixels, "pixel", "relative", image_size=(416, 416))
grid = convert_units(pixels, "pixel", "grid", stride=32)
print("original pixels  input pixels       relative          grid cells")
for row in np.hstack([anchors, pixels, relative, grid]):
    print("{:6.0f} x {:<6.0f}{:6.1f} x {:<8.1f}{:.3f} x {:<8.3f}{:5.2f} x {:.2f}".format(*row))

plt.show()
