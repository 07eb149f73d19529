"""
============================================
From a directory of Parquet files to anchors
============================================

Boxes that do not fit in memory, or that lie on several machines, are summarised where they are: a
ShapeHistogram is all that leaves a partition, and IoUKMeans finds the anchors from it. Here Dask
reads a directory of Parquet files with the threads of one machine; with a ``distributed.Client``
the same lines run on a cluster.
"""

import tempfile
from pathlib import Path

import dask.dataframe as dd
import pandas as pd

from sklearn_iou_kmeans import IoUKMeans
from sklearn_iou_kmeans.dask import shape_histogram
from sklearn_iou_kmeans.datasets import make_boxes

N_FILES = 8
BOXES_PER_FILE = 25_000
CORNERS = ["x1", "y1", "x2", "y2"]


def write_boxes(folder):
    """Write a directory as a labelling pipeline would: a row for each box, a file for each day."""
    for day in range(N_FILES):
        boxes = make_boxes(BOXES_PER_FILE, random_state=day)
        table = pd.DataFrame(boxes.data, columns=CORNERS)
        table["category"] = pd.Categorical.from_codes(boxes.target, boxes.target_names)
        table.to_parquet(folder / f"day-{day}.parquet")


def read_sizes(folder):
    """Return width and height of the boxes as a Dask dataframe, of which nothing is read yet."""
    boxes = dd.read_parquet(folder)
    boxes["width"] = boxes["x2"] - boxes["x1"]
    boxes["height"] = boxes["y2"] - boxes["y1"]
    return boxes[["width", "height"]]


def main():
    """Find the anchors from the histogram and, to compare, from all the boxes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_boxes(folder)
        sizes = read_sizes(folder)
        histogram = shape_histogram(sizes)
        all_sizes = sizes.compute().to_numpy()

    kmeans = IoUKMeans(n_clusters=9, random_state=0)
    kmeans.fit(histogram.shapes, sample_weight=histogram.weights)
    on_all = IoUKMeans(n_clusters=9, random_state=0).fit(all_sizes)

    print(f"{histogram.n_samples} boxes in {N_FILES} files became {len(histogram.weights)} shapes.")
    print("width  height")
    for width, height in kmeans.cluster_centers_:
        print(f"{width:5.1f}  {height:6.1f}")
    print(f"Average IoU of these anchors over all boxes: {kmeans.score(all_sizes):.5f}")
    print(f"Average IoU of the anchors found from all boxes: {on_all.average_iou_:.5f}")


if __name__ == "__main__":
    main()
