"""How close every seed comes to what a long search finds.

``make bench`` runs this where the folder ``../shared/data`` lies beside the checkout: the cars of
BDD100K val and the boxes of VOC 2007 trainval, ten seeds for each number of anchors. The numbers
are differences in average IoU from the best that is known.
"""

from pathlib import Path

import numpy as np

from sklearn_iou_kmeans import IoUKMeans
from sklearn_iou_kmeans.datasets import load_annotations
from sklearn_iou_kmeans.preprocessing import box_sizes

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
SETS = {
    "BDD100K val, cars": ("bdd100k/bdd100k_labels_images_val.json.gz", "car"),
    "VOC 2007 trainval": ("voc2007/voc2007_trainval.txt", None),
}
N_CLUSTERS = (3, 4, 5, 6, 7, 8, 9, 10, 12)
KNOWN = {
    "BDD100K val, cars": (
        (0.57226, 0.62296, 0.65772, 0.68292, 0.70046, 0.71437, 0.72534, 0.73503, 0.75126)
    ),
    "VOC 2007 trainval": (
        (0.55928, 0.59872, 0.62297, 0.64267, 0.66044, 0.67704, 0.69047, 0.70216, 0.72241)
    ),
}
N_SEEDS = 10


def main():
    if not DATA.is_dir():
        print(f"The annotations are not there: {DATA}")
        return
    for name, (file, category) in SETS.items():
        X = box_sizes(load_annotations(DATA / file, categories=category).data)
        print(f"\n{name}: {len(X)} boxes, {N_SEEDS} seeds")
        print(f"{'k':>3}{'known':>10}{'lowest':>11}{'median':>11}{'highest':>11}")
        for k, known in zip(N_CLUSTERS, KNOWN[name], strict=True):
            found = [IoUKMeans(k, random_state=s).fit(X).average_iou_ for s in range(N_SEEDS)]
            gaps = np.quantile(np.array(found) - known, [0, 0.5, 1])
            print(f"{k:>3}{known:>10.5f}" + "".join(f"{gap:>+11.5f}" for gap in gaps), flush=True)


if __name__ == "__main__":
    main()
