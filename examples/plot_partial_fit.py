"""
======================
Fit in several chunks
======================

``partial_fit`` takes the boxes in chunks, for example one file after another. It keeps a summary of
them, whose size hardly grows with their number. After each chunk, the anchors are those for all
boxes so far.
"""

import matplotlib.pyplot as plt
import numpy as np

from sklearn_iou_kmeans import IoUKMeans
from sklearn_iou_kmeans.datasets import load_bccd
from sklearn_iou_kmeans.preprocessing import box_sizes

boxes = load_bccd()
X = box_sizes(boxes.data)
by_image = np.split(X, np.flatnonzero(np.diff(boxes.image)) + 1)
chunks = [np.concatenate(by_image[start : start + 28]) for start in range(0, len(by_image), 28)]
print(f"{len(X)} boxes in {len(chunks)} chunks of 28 images")

# %%
# The average IoU of all boxes, after each chunk. At first, the anchors only fit the boxes seen so
# far, and those of some chunks differ from the rest. After the last chunk, they are as good as
# anchors fitted to all boxes at once.
kmeans = IoUKMeans(6, random_state=0)
scores = []
for chunk in chunks:
    kmeans.partial_fit(chunk)
    scores.append(kmeans.score(X))
at_once = IoUKMeans(6, random_state=0).fit(X)
print(f"Average IoU after the last chunk: {scores[-1]:.5f}, of one fit: {at_once.average_iou_:.5f}")
print(f"The summary has {len(kmeans.histogram_.weights)} weighted shapes.")

_, ax = plt.subplots(layout="constrained")
ax.plot(np.arange(1, len(chunks) + 1), scores, "o-", label="partial_fit")
ax.axhline(at_once.average_iou_, color="0.5", linestyle="--", label="fit with all boxes at once")
ax.set(xlabel="Number of chunks", ylabel="Average IoU of all boxes")
ax.legend()

plt.show()
