"""
============================================
The number of anchors, on held-out images
============================================

On the boxes that they are fitted to, more anchors are always better. Do they serve other images
better too? Boxes of one image are alike, so whole images have to be held out: the image of a box
is its group. Here are few images, and the curve of held-out boxes lies two to three points below.
"""

import matplotlib.pyplot as plt
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sklearn_iou_kmeans import IoUCurveDisplay, IoUKMeans, NClustersSweep
from sklearn_iou_kmeans.datasets import load_bccd
from sklearn_iou_kmeans.preprocessing import box_sizes

every = load_bccd()
few = every.image < 10
corners, image = every.data[few], every.image[few]
print(f"{len(corners)} boxes in 10 images")

# %%
# Corners go in, so that the pipeline can be used on labels as they are. Its last step is the sweep.
folds = GroupKFold(n_splits=5)
sweep = NClustersSweep(IoUKMeans(), range(2, 17), n_init=3, cv=folds, random_state=0)
pipeline = make_pipeline(FunctionTransformer(box_sizes), sweep)
pipeline.fit(corners, nclusterssweep__groups=image)

# %%
# The rules look at held-out boxes. One standard error takes nearly as many anchors as there are to
# choose from: 10 images support them, so what they cost the detector decides. The knee takes fewer.
for rule, n_clusters in sweep.n_clusters_by_rule_.items():
    print(f"{rule:<20}{n_clusters:>3} anchors")
IoUCurveDisplay.from_estimator(sweep)

# %%
# The best estimator was fitted to all boxes; the pipeline predicts and scores with it.
print(sweep.best_estimator_.cluster_centers_.round(1))
print(f"average IoU with all boxes {pipeline.score(corners):.3f}, ", end="")
print(f"with held-out boxes {sweep.best_score_:.3f}")

plt.show()
