"""
======================================
How far from the best possible anchors
======================================

K-means finds good anchors, but no proof that there are none better. An upper bound is one: no
anchors of that number exceed it. Between it and the average IoU of the fitted anchors lies all that
more searching could gain.
"""

import matplotlib.pyplot as plt
import numpy as np

from sklearn_iou_kmeans import IoUKMeans, NClustersSweep
from sklearn_iou_kmeans.datasets import load_bccd
from sklearn_iou_kmeans.metrics import average_iou_upper_bound, pairwise_iou
from sklearn_iou_kmeans.preprocessing import box_sizes

X = box_sizes(load_bccd().data)
numbers = [2, 3, 4, 6]
sweep = NClustersSweep(IoUKMeans(), numbers, random_state=0).fit(X)

# %%
# The bounds, computed for at most two seconds each.
print(" k  average IoU  at most     gap")
bounds = []
for k, kmeans in zip(numbers, sweep.estimators_, strict=True):
    bounds.append(average_iou_upper_bound(X, k, centers=kmeans.cluster_centers_, max_time=2))
    gap = bounds[-1] - kmeans.average_iou_
    print(f"{k:2}{kmeans.average_iou_:13.4f}{bounds[-1]:9.4f}{gap:8.4f}")

_, ax = plt.subplots(layout="constrained")
ax.plot(numbers, bounds, color="0.5", label="no anchors exceed this")
ax.plot(numbers, sweep.cv_results_["train_score"], "o-", label="IoUKMeans")
ax.set(xlabel="Number of anchors", ylabel="Average IoU", xticks=numbers)
ax.legend()

# %%
# Where the bound comes from. Each box pays a price :math:`\mu`; here midway between its IoU with
# the best of three anchors and with the second-best. A center anywhere in the plane can gain at
# most :math:`\rho`: the sum of what boxes give it above their price. Three anchors together cannot
# reach more than all prices plus three times the highest peak. The guide derives this in
# :doc:`/guide/upper_bound`.
three = sweep.estimators_[1]
best = np.sort(pairwise_iou(X, three.cluster_centers_), axis=1)
prices = best[:, -2:].mean(axis=1)
width = np.geomspace(X[:, 0].min(), X[:, 0].max(), 60)
height = np.geomspace(X[:, 1].min(), X[:, 1].max(), 60)
centers = np.stack(np.meshgrid(width, height), axis=-1).reshape(-1, 2)
rho = np.maximum(pairwise_iou(X, centers) - prices[:, None], 0).mean(axis=0)
print(f"sum of the prices {prices.mean():.4f}, highest rho on this grid {rho.max():.4f}")
print(f"the bound with these prices {prices.mean() + 3 * rho.max():.4f}")

# %%
# There are peaks at the anchors, and one at the white cells, around 200 x 200 pixels, which none of
# the three anchors serves. The highest sets the bound. Prices that make the peaks equally high make
# it smaller: the bounds in the table come from such prices.
_, ax = plt.subplots(figsize=(6.4, 5.2), layout="constrained")
mesh = ax.pcolormesh(width, height, rho.reshape(60, 60), cmap="viridis", rasterized=True)
ax.contour(width, height, rho.reshape(60, 60), colors="white", linewidths=0.5, levels=10)
ax.plot(*three.cluster_centers_.T, "X", color="tab:red", markersize=11, markeredgecolor="white")
ax.set(xscale="log", yscale="log", xlabel="Width of a center (pixels)", aspect="equal")
ax.set_ylabel("Height of a center (pixels)")
ax.minorticks_off()
ax.set_xticks([20, 50, 100, 200], [20, 50, 100, 200])
ax.set_yticks([20, 50, 100, 200], [20, 50, 100, 200])
plt.colorbar(mesh, label="rho: what a center there gains", shrink=0.8)

plt.show()
