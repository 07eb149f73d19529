"""How close the upper bound comes to what the default fit reaches.

``make bench`` runs this where the folder ``../shared/data`` lies beside the checkout: the cars of
BDD100K val and the boxes of VOC 2007 trainval. The table shows, for numbers of anchors and seconds,
the bound minus the average IoU of the default fit, which is handed over as a start. It takes up to
two minutes.

``--minute`` adds the column of 60 seconds, which takes up to eight minutes more. ``--subsets``
takes 20 random subsets of VOC each instead: how many bounds come within 1e-4 of the best centers
that a longer search finds, in which time, and by how much the longer search is above the default
fit; in all about four and a half minutes. ``--exact`` takes ten random subsets of each data set,
and shows for ``algorithm="exact"`` how many fits end with a proof, in which time, how many are
better than the default fit by more than 1e-5, and by how much at the most; in all about seven
minutes. Everything runs on one thread.
"""

import argparse
import resource
import time
import warnings

import numpy as np
from quality import DATA, SETS, load
from sklearn.exceptions import ConvergenceWarning

from sklearn_iou_kmeans import IoUKMeans
from sklearn_iou_kmeans.metrics import average_iou_upper_bound

N_CLUSTERS = (3, 5, 9, 12)
SECONDS = (2, 10)
SUBSETS = ((50, 3), (50, 5), (50, 9), (200, 3), (200, 5), (200, 9), (1_000, 5), (1_000, 9))
N_SUBSETS = 20
EXACT, TOLERANCES, N_EXACT = tuple((n, k) for n in (50, 200) for k in (3, 5, 9)), (1e-4, 1e-6), 10


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


def exact(X):
    heads = ("boxes", 6), ("k", 4), ("tol", 7), ("median s", 10), ("longest", 9)
    heads += ("proven", 8), ("better", 8), ("gain", 10)
    print("".join(f"{head:>{width}}" for head, width in heads), flush=True)
    warnings.simplefilter("ignore", ConvergenceWarning)
    for n, k in EXACT:
        for tol in TOLERANCES:
            took, gaps, gains = [], [], []
            for seed in range(N_EXACT):
                drawn = X[np.random.RandomState(seed).choice(len(X), n, replace=False)]
                default = IoUKMeans(k, random_state=0).fit(drawn)
                start = time.perf_counter()
                kmeans = IoUKMeans(k, algorithm="exact", tol=tol, random_state=0).fit(drawn)
                took.append(time.perf_counter() - start)
                gaps.append(kmeans.average_iou_upper_bound_ - kmeans.average_iou_)
                gains.append(kmeans.average_iou_ - default.average_iou_)
            proven = np.mean(np.array(gaps) <= tol + 1e-12)
            better = np.count_nonzero(np.array(gains) > 1e-5)
            line = f"{n:>6}{k:>4}{tol:>7.0e}{np.median(took):>10.2f}{max(took):>9.2f}"
            print(f"{line}{proven:>8.0%}{better:>8}{max(gains):>10.1e}", flush=True)


def main():
    parser = argparse.ArgumentParser(description="How close the upper bound comes to the fit.")
    parser.add_argument("--minute", action="store_true", help="add the column of 60 seconds")
    parser.add_argument("--subsets", action="store_true", help="random subsets of VOC 2007 instead")
    parser.add_argument("--exact", action="store_true", help="fits of subsets with a proof instead")
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
        if options.exact:
            exact(X)
            continue
        gaps(X, (*SECONDS, 60) if options.minute else SECONDS)


if __name__ == "__main__":
    main()
