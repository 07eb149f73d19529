"""Store a model and a histogram for later versions: python tests/store_objects.py, at a release.

They go to a folder of tests/data that is called as the version, and every later version loads them.
"""

import pickle
from pathlib import Path

import joblib
import numpy as np
import skops.io

from sklearn_iou_kmeans import IoUKMeans, ShapeHistogram, __version__

DATA = Path(__file__).parent / "data"


def shapes():
    """The shapes that were fitted."""
    return 2 ** np.random.RandomState(0).uniform(3, 9, size=(40, 2))


def store(folder):
    """Write both, in each of the formats."""
    model = IoUKMeans(3, random_state=0).fit(shapes())
    for stored in (model, ShapeHistogram(16).add(shapes())):
        path = folder / type(stored).__name__
        path.with_suffix(".pickle").write_bytes(pickle.dumps(stored))
        joblib.dump(stored, path.with_suffix(".joblib"))
        skops.io.dump(stored, path.with_suffix(".skops"))


if __name__ == "__main__":
    folder = DATA / __version__
    folder.mkdir(parents=True)
    store(folder)
