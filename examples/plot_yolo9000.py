"""
================================
Figure 2 and Table 1 of YOLO9000
================================

YOLO9000 (Redmon and Farhadi, CVPR 2017) chose 5 anchors from the curve of average IoU against the
number of anchors (Figure 2), and compared several ways to compute anchors (Table 1). This example
makes both for the boxes of BCCD. To use the data of the paper, pass the list of Pascal VOC 2007 in
the format of keras-yolo3: ``python plot_yolo9000.py trainval.txt``. The paper updates an anchor to
the mean of its cluster (``update="mean"``); the default finds better anchors.
"""

import sys

import matplotlib.pyplot as plt
from sklearn.cluster import KMeans

from sklearn_iou_kmeans import IoUCurveDisplay, IoUKMeans, MostFrequentShapes, NClustersSweep
from sklearn_iou_kmeans.datasets import load_bccd, load_keras_yolo3
from sklearn_iou_kmeans.metrics import average_iou_score
from sklearn_iou_kmeans.preprocessing import box_sizes

labels = sys.argv[1:]
boxes = load_keras_yolo3(labels[0]) if labels else load_bccd()
X = box_sizes(boxes.data)

# %%
# Figure 2: the curve for the default, for the update rule of the paper, and for the most frequent
# shapes. The larger symbol marks the knee of each curve.
estimators = {
    "default": IoUKMeans(),
    "mean, as in the paper": IoUKMeans(update="mean"),
    "most frequent shapes": MostFrequentShapes(),
}
_, ax = plt.subplots(layout="constrained")
for name, estimator in estimators.items():
    sweep = NClustersSweep(estimator, range(1, 13), n_init=2, random_state=0)
    IoUCurveDisplay.from_estimator(sweep.fit(X), ax=ax, name=name)

# %%
# Table 1: average IoU in percent. For VOC 2007, the paper reports 58.7, 61.0 and 67.2 in the first
# three rows. Ordinary k-means minimises an error in pixels, in which small boxes hardly count.
euclidean = KMeans(5, random_state=0).fit(X).cluster_centers_
table = {
    "KMeans, 5": euclidean,
    "IoU and mean, 5": IoUKMeans(5, update="mean", random_state=0).fit(X).cluster_centers_,
    "IoU and mean, 9": IoUKMeans(9, update="mean", random_state=0).fit(X).cluster_centers_,
    "default, 5": IoUKMeans(5, random_state=0).fit(X).cluster_centers_,
    "default, 9": IoUKMeans(9, random_state=0).fit(X).cluster_centers_,
}
for name, anchors in table.items():
    print(f"{name:<18}{100 * average_iou_score(X, anchors):.1f}")

plt.show()
