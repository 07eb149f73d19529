"""Few boxes: the default fit beside the best of many runs of Lloyd's iteration.

``make bench`` runs this where the folder ``../shared/data`` lies beside the checkout. Random
subsets of the cars of BDD100K val and of VOC 2007 trainval are fitted once, and with 1 000 runs of
``algorithm="lloyd"``. A line for each number of boxes and of anchors shows how many of the fits
are lower by more than 2e-5 in average IoU, the lowest and the highest difference, and the median
and the longest time of a fit.
"""

import argparse
import os
import time

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[threads] = "1"

import numpy as np
from quality import DATA, SETS, load

from sklearn_iou_kmeans import IoUKMeans


def subsets(n_boxes, n_subsets):
    """Random boxes of each data set."""
    for name in SETS:
        X = load(name)
        for seed in range(n_subsets):
            rows = np.random.default_rng(seed).choice(len(X), n_boxes, replace=False)
            yield X[rows]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--subsets", type=int, default=20, help="of each data set")
    parser.add_argument("--runs", type=int, default=1000, help="of Lloyd's iteration")
    arguments = parser.parse_args()
    if not DATA.is_dir():
        print(f"The annotations are not there: {DATA}")
        return
    heads = ("boxes", 6), ("k", 4), ("fits", 6), ("misses", 8), ("lowest", 11), ("highest", 11)
    print("".join(f"{head:>{width}}" for head, width in heads) + f"{'ms':>7}{'longest':>9}")
    for n_boxes in (50, 200, 1000):
        boxes = list(subsets(n_boxes, arguments.subsets))
        for k in (3, 5, 9):
            gaps, seconds = [], []
            for X in boxes:
                start = time.perf_counter()
                found = IoUKMeans(k, random_state=0).fit(X)
                seconds.append(1e3 * (time.perf_counter() - start))
                lloyd = IoUKMeans(k, algorithm="lloyd", n_init=arguments.runs, random_state=0)
                gaps.append(found.average_iou_ - lloyd.fit(X).average_iou_)
            n_misses = sum(gap < -2e-5 for gap in gaps)
            line = f"{n_boxes:>6}{k:>4}{len(gaps):>6}{n_misses:>8}{min(gaps):>+11.6f}"
            line += f"{max(gaps):>+11.6f}{np.median(seconds):>7.0f}{max(seconds):>9.0f}"
            print(line, flush=True)


if __name__ == "__main__":
    main()
