"""What a sweep costs: beside one k-means, and on two cores.

``make bench`` runs this. The boxes are the cars of BDD100K val if a folder ``../shared/data`` lies
beside the checkout, else drawn ones. The two sides of each ratio take turns; medians are shown.
"""

import argparse
import os
import time

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[threads] = "1"

import numpy as np
from peers import load_sizes
from sklearn.cluster import KMeans

from sklearn_iou_kmeans import IoUKMeans, NClustersSweep


def short_sweep(n_jobs, X, seed):
    """The sweep of the article."""
    NClustersSweep(IoUKMeans(), n_jobs=n_jobs, random_state=seed).fit(X)


def long_sweep(n_jobs, X, seed):
    """More numbers, each restart longer: ten seconds and more of one core."""
    sweep = NClustersSweep(IoUKMeans(), range(3, 31), n_init=30, n_jobs=n_jobs, random_state=seed)
    sweep.fit(X)


def kmeans(n_jobs, X, seed):
    KMeans(10, n_init=10, random_state=seed).fit(np.log(X))


def interleaved(sides, X, rounds):
    """Seconds of each side, in turns."""
    seconds = np.empty((rounds, len(sides)))
    for i in range(rounds):
        for j, (function, n_jobs) in enumerate(sides):
            start = time.perf_counter()
            function(n_jobs, X, i)
            seconds[i, j] = time.perf_counter() - start
    return seconds


def report(name, seconds):
    ratio = np.median(seconds[:, 0] / seconds[:, 1])
    first, second = np.median(seconds, axis=0)
    print(f"{name:<52}{first:>8.2f} s{second:>8.2f} s{ratio:>8.2f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    name, X = load_sizes()
    print(f"{name}: {len(X)} boxes, {rounds} rounds, one thread for each task\n")
    sides = [(short_sweep, 1), (kmeans, None)]
    report("sweep of 3 to 10, KMeans(10, n_init=10) on logs", interleaved(sides, X, rounds))
    sides = [(long_sweep, 2), (long_sweep, 1)]
    report("sweep of 3 to 30, n_jobs=2 and 1", interleaved(sides, X, max(3, rounds // 2)))


if __name__ == "__main__":
    main()
