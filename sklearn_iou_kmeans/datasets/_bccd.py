"""BCCD: a small real data set that is included in the package."""

import csv
from collections.abc import Iterable
from importlib.resources import files
from itertools import islice
from typing import TYPE_CHECKING

from ._boxes import boxes_bunch
from ._labels import Labels

if TYPE_CHECKING:
    from sklearn.utils import Bunch

IMAGE_SIZE = (640, 480)


def load_bccd(*, categories: str | Iterable[str] | None = None) -> "Bunch":
    """Return the boxes of BCCD, blood cells under a microscope.

    This small real data set is included in the package, for examples and first steps.

    Parameters
    ----------
    categories : {"Platelets", "RBC", "WBC"}, iterable of them or None, default=None
        The categories to keep; all by default.

    Returns
    -------
    boxes : :class:`~sklearn.utils.Bunch`
        The fields are those of :func:`load_annotations`: 4 886 boxes in 364 images of 640 x 480
        pixels, as :func:`load_voc` reads them from the original files. Two more labels have a width
        or height of 0, and count in `skipped`.

    Raises
    ------
    ValueError
        If a category does not exist.

    See Also
    --------
    make_boxes : Generate any number of random boxes of a street scene.

    Notes
    -----
    The boxes are those of the `BCCD Dataset <https://github.com/Shenggan/BCCD_Dataset>`_, under the
    MIT licence, Copyright (c) 2017 shenggan.

    Examples
    --------
    >>> from sklearn_iou_kmeans.datasets import load_bccd
    >>> boxes = load_bccd()
    >>> boxes.data.shape, boxes.target_names
    ((4886, 4), ['Platelets', 'RBC', 'WBC'])
    >>> boxes.skipped
    {'zero or negative size': 2}
    """
    labels = Labels()
    images: dict[str, int] = {}
    text = files(__package__).joinpath("data", "bccd.csv").read_text(encoding="utf-8")
    for image, category, *corners in islice(csv.reader(text.splitlines()), 1, None):
        if image not in images:
            images[image] = labels.add_image(f"BloodImage_{int(image):05d}", IMAGE_SIZE)
        labels.add(images[image], category, map(float, corners))
    return boxes_bunch([("BCCD", labels)], categories=categories)
