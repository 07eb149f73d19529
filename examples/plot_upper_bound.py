"""
======================================
How far from the best possible anchors
======================================

K-means finds good anchors, but it cannot prove that there are no better ones. An upper bound can:
no anchors have an average IoU above it. A longer search can gain at most the gap between the bound
and the average IoU of the fitted anchors.
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
# The bounds, with about two seconds for each. The left plot shows that the curves nearly coincide;
# the right one shows the most that a longer search could gain.
print(" k  average IoU  at most     gap")
bounds = []
for k, kmeans in zip(numbers, sweep.estimators_, strict=True):
    bounds.append(average_iou_upper_bound(X, k, centers=kmeans.cluster_centers_, max_time=2))
    gap = bounds[-1] - kmeans.average_iou_
    print(f"{k:2}{kmeans.average_iou_:13.4f}{bounds[-1]:9.4f}{gap:8.4f}")

scores = sweep.cv_results_["train_score"]
_, (ax, gap_ax) = plt.subplots(ncols=2, figsize=(10, 4.2), layout="constrained")
ax.plot(numbers, bounds, "v--", color="black", markerfacecolor="white", label="upper bound")
ax.plot(numbers, scores, "o-", label="IoUKMeans")
ax.set(xlabel="Number of anchors", ylabel="Average IoU", xticks=numbers)
ax.legend()
gap_ax.bar(numbers, bounds - scores)
gap_ax.set(xlabel="Number of anchors", ylabel="Upper bound - average IoU", xticks=numbers)

# %%
# Where does the bound come from? Give each box a price :math:`\mu`; here it is midway between the
# IoU with the best of three anchors and with the second best. For a center anywhere in the plane,
# let :math:`\rho` be the average amount by which its IoU with the boxes exceeds their prices. Then
# the average IoU of any three anchors is at most the average price plus three times the maximum of
# :math:`\rho`. The guide derives this in :doc:`/guide/upper_bound`.
three = sweep.estimators_[1]
best = np.sort(pairwise_iou(X, three.cluster_centers_), axis=1)
prices = best[:, -2:].mean(axis=1)
width = np.geomspace(X[:, 0].min(), X[:, 0].max(), 60)
height = np.geomspace(X[:, 1].min(), X[:, 1].max(), 60)
centers = np.stack(np.meshgrid(width, height), axis=-1).reshape(-1, 2)
rho = np.maximum(pairwise_iou(X, centers) - prices[:, None], 0).mean(axis=0)
print(f"Average price {prices.mean():.4f}, maximum of rho on this grid {rho.max():.4f}")
print(f"The bound with these prices is {prices.mean() + 3 * rho.max():.4f}.")

# %%
# :math:`\rho` has peaks at the three anchors (crosses), and one more near 200 x 200 pixels, the
# size of the white blood cells, which none of the three anchors fits. The highest peak determines
# the bound. Prices that make the peaks equally high give a smaller bound, as in the table above.
_, ax = plt.subplots(figsize=(6.4, 4.8), layout="constrained")
mesh = ax.pcolormesh(width, height, rho.reshape(60, 60), cmap="viridis", rasterized=True)
levels = np.linspace(0, rho.max(), 11)[1:]
ax.contour(width, height, rho.reshape(60, 60), colors="white", linewidths=0.5, levels=levels)
ax.plot(*three.cluster_centers_.T, "X", color="black", markersize=12, markeredgecolor="white")
ax.set(xscale="log", yscale="log", xlabel="Width of a center (pixels)", aspect="equal")
ax.set_ylabel("Height of a center (pixels)")
ax.minorticks_off()
ax.set_xticks([20, 50, 100, 200], [20, 50, 100, 200])
ax.set_yticks([50, 100, 200], [50, 100, 200])
plt.colorbar(mesh, label=r"$\rho$", shrink=0.8)

plt.show()
# sphinx_gallery_thumbnail_number = 2
