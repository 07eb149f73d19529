"""Anchors and time of every peer that the package registry holds, side by side.

``make bench`` installs the peers and runs this. Each tool fits the same sizes, in turn with the
others, on one thread; the table shows the median time of the rounds as a ratio to the first row,
and the median average IoU over the seeds. The boxes are the cars of BDD100K val if a folder
``../shared/data`` lies beside the checkout, else drawn ones. With ``--shrink 4`` they are those of
images of a quarter of the size, in whole pixels: small boxes, of which many are equal.
"""

import argparse
import os
import time
from pathlib import Path

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS"):
    os.environ[threads] = "1"

import kmedoids
import numpy as np
from scipy.cluster.vq import kmeans2
from sklearn.cluster import KMeans

from sklearn_iou_kmeans import IoUKMeans
from sklearn_iou_kmeans._kernels import kernels_in_use
from sklearn_iou_kmeans.datasets import load_bdd100k, make_boxes
from sklearn_iou_kmeans.metrics import average_iou_score, pairwise_iou
from sklearn_iou_kmeans.preprocessing import box_sizes

DATA = Path(__file__).resolve().parents[2] / "shared/data/bdd100k"


def load_sizes():
    """Sizes of real cars, or of drawn boxes."""
    file = DATA / "bdd100k_labels_images_val.json.gz"
    if file.exists():
        return "BDD100K val, cars", box_sizes(load_bdd100k(file, categories="car").data)
    return "make_boxes", box_sizes(make_boxes(100_000, random_state=0).data)


def ours(**parameters):
    def fit(X, k, seed):
        return IoUKMeans(k, random_state=seed, **parameters).fit(X).cluster_centers_

    return fit


def kmeans_on_logs(n_init):
    def fit(X, k, seed):
        kmeans = KMeans(k, n_init=n_init, random_state=seed).fit(np.log(X))
        return np.exp(kmeans.cluster_centers_)

    return fit


def kmeans_on_sizes(n_init):
    def fit(X, k, seed):
        return KMeans(k, n_init=n_init, random_state=seed).fit(X).cluster_centers_

    return fit


def scipy_on_logs(X, k, seed):
    centers, _ = kmeans2(np.log(X), k, minit="++", rng=seed)
    return np.exp(centers)


def faster_pam(n_sample):
    def fit(X, k, seed):
        sample = X[np.random.default_rng(seed).choice(len(X), n_sample, replace=False)]
        distance = 1 - pairwise_iou(sample, sample)
        return sample[kmedoids.fasterpam(distance, k, random_state=seed).medoids]

    return fit


PEERS = {
    "IoUKMeans": ours(),
    "IoUKMeans, n_init=1": ours(n_init=1),
    "IoUKMeans, lloyd, n_init=1": ours(algorithm="lloyd", n_init=1),
    "KMeans on logs, n_init=1": kmeans_on_logs(1),
    "KMeans on logs, n_init=10": kmeans_on_logs(10),
    "KMeans on sizes, n_init=1": kmeans_on_sizes(1),
    "KMeans on sizes, n_init=10": kmeans_on_sizes(10),
    "scipy kmeans2 on logs": scipy_on_logs,
    "FasterPAM, sample of 3 000": faster_pam(3_000),
    "FasterPAM, sample of 10 000": faster_pam(10_000),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-k", type=int, default=9)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--shrink", type=int, help="factor, for boxes in whole pixels")
    arguments = parser.parse_args()
    name, X = load_sizes()
    if arguments.shrink:
        name, X = f"{name}, shrunk by {arguments.shrink}", np.ceil(X / arguments.shrink)
    k = arguments.k
    seconds = {peer: [] for peer in PEERS}
    scores = {peer: [] for peer in PEERS}
    passes = []
    for seed in range(arguments.rounds):
        for peer, fit in PEERS.items():
            start = time.perf_counter()
            centers = fit(X, k, seed)
            seconds[peer].append(time.perf_counter() - start)
            scores[peer].append(average_iou_score(X, centers))
        kmeans = IoUKMeans(k, init=centers, max_iter=1).fit(X)
        start = time.perf_counter()
        kmeans.predict(X)
        passes.append(time.perf_counter() - start)

    own = np.array(seconds["IoUKMeans"])
    print(f"{name}: {len(X)} boxes, k={k}, {arguments.rounds} rounds, one thread, ", end="")
    print(f"kernels: {kernels_in_use}\n")
    print(f"{'tool':<30}{'seconds':>9}{'ours / its':>12}{'average IoU':>13}{'lowest':>9}")
    for peer in PEERS:
        ratio = np.median(own / np.array(seconds[peer]))
        print(
            f"{peer:<30}{np.median(seconds[peer]):>9.3f}{ratio:>12.2f}"
            f"{np.median(scores[peer]):>13.5f}{min(scores[peer]):>9.5f}"
        )
    print(f"\none call of predict: {np.median(passes):.4f} s, ", end="")
    print(f"the fit takes {np.median(own / np.array(passes)):.0f} of them")


if __name__ == "__main__":
    main()
