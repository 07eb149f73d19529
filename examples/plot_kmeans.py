"""
========================================
K-means under IoU and Euclidean distance
========================================

Ordinary k-means on widths and heights minimises squared differences in pixels. Ten pixels are a
small difference for a large box and a large one for a small box, so too many anchors go to the
large boxes. On the logarithms of the sizes, differences are relative, as they are for the IoU. But
only k-means under the IoU distance maximises the average IoU.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.cluster import KMeans

from sklearn_iou_kmeans import IoUKMeans
from sklearn_iou_kmeans.datasets import load_bccd
from sklearn_iou_kmeans.metrics import average_iou_score
from sklearn_iou_kmeans.preprocessing import box_sizes

X = box_sizes(load_bccd().data)
K = 6

anchors = {
    "IoUKMeans": IoUKMeans(K, random_state=0).fit(X).cluster_centers_,
    "KMeans on sizes": KMeans(K, n_init=10, random_state=0).fit(X).cluster_centers_,
    "KMeans on logarithms": np.exp(
        KMeans(K, n_init=10, random_state=0).fit(np.log(X)).cluster_centers_
    ),
}

# %%
# The average IoU of all boxes, and of the smallest tenth of them. ``IoUKMeans`` maximises the
# former, so other anchors can be better for a part of the boxes.
area = X.prod(axis=1)
small = X[area <= np.quantile(area, 0.1)]
print(f"{'':22}all boxes  smallest tenth")
for name, centers in anchors.items():
    print(f"{name:22}{average_iou_score(X, centers):9.4f}{average_iou_score(small, centers):16.4f}")

# %%
# Each dot is a box, each cross an anchor. The axes are logarithmic.
TICKS = [20, 50, 100, 200]
figure, axes = plt.subplots(ncols=3, figsize=(12, 4.2), sharex=True, sharey=True)
for ax, (name, centers) in zip(axes, anchors.items(), strict=True):
    ax.loglog(*X.T, ".", markersize=2, alpha=0.3, color="tab:blue")
    ax.loglog(*centers.T, "X", markersize=12, color="black", markeredgecolor="white")
    ax.set(title=name, xlabel="Width (pixels)", aspect="equal")
    ax.minorticks_off()
    ax.set_xticks(TICKS, TICKS)
    ax.set_yticks(TICKS, TICKS)
axes[0].set_ylabel("Height (pixels)")
figure.tight_layout()

plt.show()
