"""What the constants of the search trade: misses against time, with each of them changed.

``python benchmarks/search.py`` runs this where the folder ``../shared/data`` lies beside the
checkout. Each line is a fit of every seed and data set with one constant set to another value: how
many of the fits are lower than the best that is known by more than 2e-4, by how much the lowest is,
and the mean time of a fit. The constants of the search on few boxes are shown on random subsets of
50 to 1 000 boxes, with the best of all the lines for the best that is known.
"""

import argparse
import os
import time

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[threads] = "1"

import numpy as np
from few_boxes import subsets
from quality import DATA, KNOWN, N_CLUSTERS, SETS, load

from sklearn_iou_kmeans import IoUKMeans
from sklearn_iou_kmeans._cluster import _search, _summary

ON_MANY = {
    "COARSE": (6e-4, 2e-4),
    "MIDDLE": (1e-4, 2e-5),
    "RESOLUTION": (16, 64),
    "FROM_SEEDING": ((24, 0.8), (40, 0.8), (32, 0.7), (32, 0.85)),
    "REFINE": ((5, 0.5), (12, 0.5), (8, 0.4), (8, 0.6)),
    "OVERSHOOT": (1.0, 2.0),
    "N_KEPT": (1, 6),
}
ON_FEW = {
    "FROM_SEEDING": ((24, 0.8), (40, 0.8)),
    "REFINE": ((5, 0.5), (12, 0.5), (8, 0.4), (8, 0.7)),
    "SWAPS": (0, 60, 240),
    "N_CANDIDATES": (2, 8),
    "SLACK": (0.0, 3e-3, 1e-2),
    "VERY_FEW": (0, 100),
}


def changed(name, value):
    """Set a constant, and return how to set it back."""
    module = _search if hasattr(_search, name) else _summary
    before = getattr(module, name)
    setattr(module, name, value)
    return lambda: setattr(module, name, before)


def fit_all(problems, seeds):
    """Average IoU and seconds of every fit."""
    found, seconds = [], []
    for X, k in problems:
        for seed in seeds:
            start = time.perf_counter()
            found.append(IoUKMeans(k, random_state=seed).fit(X).average_iou_)
            seconds.append(time.perf_counter() - start)
    return np.array(found), 1e3 * np.mean(seconds)


def compare(constants, problems, seeds, known=None):
    """Print a line for the constants as they are, and one for each change."""
    lines = [("as it is", *fit_all(problems, seeds))]
    for name, values in constants.items():
        for value in values:
            restore = changed(name, value)
            lines.append((f"{name} = {value}", *fit_all(problems, seeds)))
            restore()
    if known is None:
        known = np.max([found for _, found, _ in lines], axis=0)
    tolerance = 2e-4 if len(problems[0][0]) > 1000 else 2e-5
    print(f"{'':<28}{'fits':>6}{'misses':>8}{'lowest':>10}{'ms':>7}")
    for name, found, ms in lines:
        gaps = found - known
        n_misses = (gaps < -tolerance).sum()
        print(f"{name:<28}{len(gaps):>6}{n_misses:>8}{gaps.min():>+10.5f}{ms:>7.0f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20)
    arguments = parser.parse_args()
    if not DATA.is_dir():
        print(f"The annotations are not there: {DATA}")
        return
    seeds = range(1000, 1000 + arguments.seeds)
    problems, known = [], []
    for name in SETS:
        X = load(name)
        for k in (6, 9, 12):
            problems.append((X, k))
            known += [KNOWN[name][N_CLUSTERS.index(k)]] * len(seeds)
    compare(ON_MANY, problems, seeds, np.array(known))
    print()
    problems = [(X, k) for n in (50, 200, 1000) for X in subsets(n, 5) for k in (3, 9)]
    compare(ON_FEW, problems, seeds[:2])


if __name__ == "__main__":
    main()
