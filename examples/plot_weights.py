"""
===================================
Rare categories, and weighted boxes
===================================

By default every box counts the same. In BCCD most boxes are red blood cells (RBC), so most anchors
fit these. With weights that give each category the same total weight, more anchors fit the
platelets and the white blood cells (WBC), and fewer the red blood cells.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.utils.class_weight import compute_sample_weight

from sklearn_iou_kmeans import IoUKMeans
from sklearn_iou_kmeans.datasets import load_bccd
from sklearn_iou_kmeans.metrics import average_iou_score
from sklearn_iou_kmeans.preprocessing import box_sizes

boxes = load_bccd()
X = box_sizes(boxes.data)
for name, count in zip(boxes.target_names, np.bincount(boxes.target), strict=True):
    print(f"{name:10}{count:6} boxes")

# %%
# scikit-learn computes such weights. If the detector is trained with a sampler, use weights that
# match the sampler instead.
weights = compute_sample_weight("balanced", boxes.target)
fitted = {
    "without weights": IoUKMeans(6, random_state=0).fit(X),
    "balanced categories": IoUKMeans(6, random_state=0).fit(X, sample_weight=weights),
}

# %%
# The average IoU of each category.
print(f"{'':24}", *(f"{name:>10}" for name in boxes.target_names), f"{'all boxes':>10}")
for name, kmeans in fitted.items():
    scores = [
        average_iou_score(X[boxes.target == code], kmeans.cluster_centers_)
        for code in range(len(boxes.target_names))
    ]
    scores.append(kmeans.score(X))
    print(f"{name:24}", *(f"{score:10.4f}" for score in scores))

# %%
# The boxes of each category, and the anchors (crosses).
TICKS = [20, 50, 100, 200]
STYLES = {
    "Platelets": {"marker": "v", "color": "#0072b2"},
    "RBC": {"marker": ".", "color": "#e69f00"},
    "WBC": {"marker": "+", "color": "#006048"},
}
figure, axes = plt.subplots(ncols=2, figsize=(10, 4.9), sharex=True, sharey=True)
for ax, (name, kmeans) in zip(axes, fitted.items(), strict=True):
    for code, category in enumerate(boxes.target_names):
        style = {"linestyle": "", "markersize": 4, "alpha": 0.5, **STYLES[category]}
        ax.loglog(*X[boxes.target == code].T, label=category, **style)
    ax.loglog(*kmeans.cluster_centers_.T, "kX", markersize=12, markeredgecolor="white")
    ax.set(title=name, xlabel="Width (pixels)", aspect="equal")
    ax.minorticks_off()
    ax.set_xticks(TICKS, TICKS)
    ax.set_yticks(TICKS, TICKS)
axes[0].set_ylabel("Height (pixels)")
axes[0].legend(markerscale=2)
figure.tight_layout()

plt.show()
