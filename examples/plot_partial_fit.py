"""
========================
Boxes that come in parts
========================

``partial_fit`` takes boxes chunk by chunk, say one file after another, and keeps a summary of them
whose size does not grow with their number. After each chunk the anchors are those of all boxes so
far.
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
# The average IoU over all boxes, as more of them are seen.
kmeans = IoUKMeans(6, random_state=0)
scores = []
for chunk in chunks:
    kmeans.partial_fit(chunk)
    scores.append(kmeans.score(X))
at_once = IoUKMeans(6, random_state=0).fit(X)
print(f"after the last chunk {scores[-1]:.5f}, fitted at once {at_once.average_iou_:.5f}")
print(f"the summary: {len(kmeans.histogram_.weights)} weighted shapes")

_, ax = plt.subplots(layout="constrained")
ax.plot(np.arange(1, len(chunks) + 1), scores, "o-", label="partial_fit")
ax.axhline(at_once.average_iou_, color="0.5", linestyle="--", label="fit on all boxes")
ax.set(xlabel="Chunks seen", ylabel="Average IoU over all boxes")
ax.legend()

plt.show()
