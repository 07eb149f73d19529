"""
===============================================
Choose the number of anchors on held-out images
===============================================

More anchors always fit the training boxes better. Do they also fit other images better? Boxes in
the same image are similar, so whole images are held out: the image of each box is its group. In
this example there are only ten images, and the average IoU on held-out boxes is clearly lower.
"""

import matplotlib.pyplot as plt
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sklearn_iou_kmeans import IoUCurveDisplay, IoUKMeans, NClustersSweep
from sklearn_iou_kmeans.datasets import load_bccd
from sklearn_iou_kmeans.model_selection import knee, one_standard_error
from sklearn_iou_kmeans.preprocessing import box_sizes

every = load_bccd()
few = every.image < 10
corners, image = every.data[few], every.image[few]
print(f"{len(corners)} boxes in 10 images")

# %%
# The pipeline takes the corners of the boxes and computes their sizes. Its last step is the sweep.
folds = GroupKFold(n_splits=5)
sweep = NClustersSweep(IoUKMeans(), range(2, 17), n_init=3, cv=folds, random_state=0)
pipeline = make_pipeline(FunctionTransformer(box_sizes), sweep)
pipeline.fit(corners, nclusterssweep__groups=image)

# %%
# The rules use the scores on held-out boxes. These still rise for nearly every further anchor, so
# the rule of one standard error chooses a large number; the knee chooses fewer.
for rule in (knee, one_standard_error):
    n_clusters = sweep.cv_results_["param_n_clusters"][rule(sweep.cv_results_)]
    print(f"{rule.__name__:<20}{n_clusters:>3} anchors")
IoUCurveDisplay.from_estimator(sweep)

# %%
# The chosen estimator is fitted to all boxes. The pipeline predicts and scores with it.
print(sweep.best_estimator_.cluster_centers_.round(1))
print(f"average IoU with all boxes {pipeline.score(corners):.3f}, ", end="")
print(f"with held-out boxes {sweep.best_score_:.3f}")

plt.show()
