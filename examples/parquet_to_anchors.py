"""
============================================
From a directory of Parquet files to anchors
============================================

If the boxes do not fit in memory, or are spread over several machines, Dask computes a
ShapeHistogram of each partition and merges them. IoUKMeans is then fitted to the merged histogram.
"""

import tempfile
from pathlib import Path

import dask.dataframe as dd
import matplotlib.pyplot as plt
import pandas as pd

from sklearn_iou_kmeans import AnchorsDisplay, IoUKMeans
from sklearn_iou_kmeans.dask import shape_histogram
from sklearn_iou_kmeans.datasets import make_boxes

# %%
# A directory of random boxes, with one file for each day.
folder = tempfile.TemporaryDirectory()
for day in range(8):
    boxes = make_boxes(25_000, random_state=day)
    table = pd.DataFrame(boxes.data, columns=["x1", "y1", "x2", "y2"])
    table.to_parquet(Path(folder.name, f"day-{day}.parquet"))

# %%
# Dask reads the files with the threads of one machine; with a ``distributed.Client`` the same code
# runs on a cluster.
corners = dd.read_parquet(folder.name)
sizes = corners.assign(width=corners["x2"] - corners["x1"], height=corners["y2"] - corners["y1"])
sizes = sizes[["width", "height"]]
histogram = shape_histogram(sizes)
print(f"{histogram.n_samples} boxes are summarised by {len(histogram.weights)} shapes.")

# %%
# The anchors fitted to the histogram are as good as those fitted to all boxes.
kmeans = IoUKMeans(n_clusters=9, random_state=0)
kmeans.fit(histogram.shapes, sample_weight=histogram.weights)
all_sizes = sizes.compute().to_numpy()
on_all = IoUKMeans(n_clusters=9, random_state=0).fit(all_sizes)
print(f"Average IoU of these anchors on all boxes: {kmeans.score(all_sizes):.5f}")
print(f"Average IoU of anchors fitted to all boxes: {on_all.average_iou_:.5f}")

# %%
# The plots take the histogram, too.
AnchorsDisplay.from_estimator(kmeans, histogram.shapes, sample_weight=histogram.weights)
folder.cleanup()

plt.show()
