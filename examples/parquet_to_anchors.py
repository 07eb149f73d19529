"""
============================================
From a directory of Parquet files to anchors
============================================

If the boxes do not fit in memory, or are spread over several machines, Dask computes a
ShapeHistogram of each partition and merges them. IoUKMeans is then fitted to the merged histogram.
In this example, Dask reads a directory of Parquet files with the threads of one machine; with a
``distributed.Client`` the same code runs on a cluster.
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
    """Write one file of boxes for each day, as a labelling pipeline would."""
    for day in range(N_FILES):
        boxes = make_boxes(BOXES_PER_FILE, random_state=day)
        table = pd.DataFrame(boxes.data, columns=CORNERS)
        table["category"] = pd.Categorical.from_codes(boxes.target, boxes.target_names)
        table.to_parquet(folder / f"day-{day}.parquet")


def read_sizes(folder):
    """Return a Dask DataFrame of the widths and heights; it is read when it is needed."""
    boxes = dd.read_parquet(folder)
    boxes["width"] = boxes["x2"] - boxes["x1"]
    boxes["height"] = boxes["y2"] - boxes["y1"]
    return boxes[["width", "height"]]


def main():
    """Fit anchors to the histogram and, for comparison, to all boxes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_boxes(folder)
        sizes = read_sizes(folder)
        histogram = shape_histogram(sizes)
        all_sizes = sizes.compute().to_numpy()

    kmeans = IoUKMeans(n_clusters=9, random_state=0)
    kmeans.fit(histogram.shapes, sample_weight=histogram.weights)
    on_all = IoUKMeans(n_clusters=9, random_state=0).fit(all_sizes)

    n_shapes = len(histogram.weights)
    print(f"{histogram.n_samples} boxes in {N_FILES} files are summarised by {n_shapes} shapes.")
    print("width  height")
    for width, height in kmeans.cluster_centers_:
        print(f"{width:5.1f}  {height:6.1f}")
    print(f"Average IoU of these anchors on all boxes: {kmeans.score(all_sizes):.5f}")
    print(f"Average IoU of anchors fitted to all boxes: {on_all.average_iou_:.5f}")


if __name__ == "__main__":
    main()
