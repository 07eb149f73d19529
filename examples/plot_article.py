"""
====================================
From labels to anchors, step by step
====================================

This example reads the boxes of BCCD, looks at their most frequent shapes, fits 3 to 10 anchors,
plots the curve, chooses a number of anchors, and converts them to other units. To run it on the
cars of BDD100K, pass the label file:
``python plot_article.py bdd100k_labels_images_val.json.gz``.
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
X = box_sizes(np.trunc(boxes.data))  # labels of BDD100K are often truncated to whole pixels
print(f"{len(X)} boxes, {len(np.unique(X, axis=0))} distinct shapes")

# %%
# A naive baseline is to use the most frequent shapes as anchors. They are similar to each other:
# here, all are red blood cells of about 100 x 100 pixels. So they fit the other boxes badly.
baseline = MostFrequentShapes(n_clusters=8).fit(X)
print(f"{baseline.counts_.sum():.0f} boxes have one of the 8 most frequent shapes:")
print(baseline.cluster_centers_)
print(f"average IoU {baseline.average_iou_:.3f}")

# %%
# The curve of average IoU: each further anchor adds less.
sweep = NClustersSweep(IoUKMeans(), n_clusters=range(3, 11), random_state=0).fit(X)
print(" k  average IoU")
for k, score in zip(range(3, 11), sweep.cv_results_["train_score"], strict=True):
    print(f"{k:2}  {score:.4f}")
print(f"The knee of the curve is at {sweep.best_n_clusters_} anchors.")
IoUCurveDisplay.from_estimator(sweep)

# %%
# The right number depends on the detector. This example continues with eight anchors. The left plot
# shows how many boxes there are of each size, and the regions in which each anchor is the best one;
# the right plot shows the anchors to scale.
kmeans = sweep.estimators_[list(range(3, 11)).index(8)]
anchors = kmeans.cluster_centers_
ratio = kmeans.average_iou_ / baseline.average_iou_
print(f"average IoU {kmeans.average_iou_:.4f}, {ratio:.2f} times that of the baseline")
figure, axes = plt.subplots(ncols=2, figsize=(12, 4.8), layout="constrained")
AnchorsDisplay.from_estimator(kmeans, X, kind="density", ax=axes[0])
AnchorsDisplay.from_estimator(kmeans, X, kind="rectangles", ax=axes[1])

# %%
# Detectors use different units. These are the same anchors in pixels of a network input of 416 x
# 416 (images are stretched to it), relative to the image, and in cells of a 13 x 13 grid.
pixels = stretch(anchors, boxes.image_size[0], input_size=416)
relative = convert_units(pixels, "pixel", "relative", image_size=(416, 416))
grid = convert_units(pixels, "pixel", "grid", stride=32)
print("original pixels  input pixels       relative          grid cells")
for row in np.hstack([anchors, pixels, relative, grid]):
    print("{:6.0f} x {:<6.0f}{:6.1f} x {:<8.1f}{:.3f} x {:<8.3f}{:5.2f} x {:.2f}".format(*row))

plt.show()
# sphinx_gallery_thumbnail_number = 2
