"""How close the upper bound comes to what the default fit reaches.

``make bench`` runs this where the folder ``../shared/data`` lies beside the checkout: the cars of
BDD100K val and the boxes of VOC 2007 trainval. The table shows, for numbers of anchors and seconds,
the bound minus the average IoU of the default fit, which is handed over as a start. It takes up to
two minutes.

``--minute`` adds the column of 60 seconds, which takes up to eight minutes more. ``--subsets``
takes 20 random subsets of VOC each instead: how many bounds come within 1e-4 of the best centers
that a longer search finds, in which time, and by how much the longer search is above the default
fit; in all about four and a half minutes. Everything runs on one thread.
"""

import argparse
import resource
import time

import numpy as np
from quality import DATA, SETS, load

from sklearn_iou_kmeans import IoUKMeans
from sklearn_iou_kmeans.metrics import average_iou_upper_bound

N_CLUSTERS = (3, 5, 9, 12)
SECONDS = (2, 10)
SUBSETS = ((50, 3), (50, 5), (50, 9), (200, 3), (200, 5), (200, 9), (1_000, 5), (1_000, 9))
N_SUBSETS = 20


def gaps(X, limits):
    print(f"{'k':>3}" + "".join(f"{f'{seconds} s':>11}" for seconds in limits), flush=True)
    for k in N_CLUSTERS:
        kmeans = IoUKMeans(k, random_state=0).fit(X)
        line = f"{k:>3}"
        for seconds in limits:
            bound = average_iou_upper_bound(
                X, k, centers=kmeans.cluster_centers_, tol=1e-5, max_time=seconds
            )
            line += f"{bound - kmeans.average_iou_:>11.1e}"
        print(line, flush=True)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def subsets(X):
    heads = ("boxes", 6), ("k", 4), ("median s", 10), ("longest", 9), ("settled", 9), ("gain", 10)
    print("".join(f"{head:>{width}}" for head, width in heads), flush=True)
    for n, k in SUBSETS:
        took, above, gains = [], [], []
        for seed in range(N_SUBSETS):
            drawn = X[np.random.RandomState(seed).choice(len(X), n, replace=False)]
            kmeans = IoUKMeans(k, random_state=0).fit(drawn)
            longer = [IoUKMeans(k, n_init=50, random_state=seed).fit(drawn) for seed in range(4)]
            best = max([kmeans, *longer], key=lambda fitted: fitted.average_iou_)
            start = time.perf_counter()
            bound = average_iou_upper_bound(
                drawn, k, centers=kmeans.cluster_centers_, tol=1e-4, max_time=20
            )
            took.append(time.perf_counter() - start)
            above.append(bound - best.average_iou_)
            gains.append(best.average_iou_ - kmeans.average_iou_)
        settled = np.mean(np.array(above) <= 1e-4 + 1e-9)
        times = f"{np.median(took):>10.2f}{max(took):>9.2f}"
        print(f"{n:>6}{k:>4}{times}{settled:>9.0%}{max(gains):>10.1e}", flush=True)


def main():
    parser = argparse.ArgumentParser(description="How close the upper bound comes to the fit.")
    parser.add_argument("--minute", action="store_true", help="add the column of 60 seconds")
    parser.add_argument("--subsets", action="store_true", help="random subsets of VOC 2007 instead")
    options = parser.parse_args()
    if not DATA.is_dir():
        print(f"The annotations are not there: {DATA}")
        return
    if options.subsets:
        subsets(load("VOC 2007 trainval"))
        return
    for name in SETS:
        X = load(name)
        print(f"\n{name}: {len(X)} boxes")
        gaps(X, (*SECONDS, 60) if options.minute else SECONDS)


if __name__ == "__main__":
    main()
