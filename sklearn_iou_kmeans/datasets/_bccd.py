"""BCCD: real boxes that come with the package."""

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

    A small real data set to try things on, which comes with the package.

    Parameters
    ----------
    categories : {"Platelets", "RBC", "WBC"}, iterable of them or None, default=None
        The categories to keep; all by default.

    Returns
    -------
    boxes : :class:`~sklearn.utils.Bunch`
        With the fields that :func:`load_bdd100k` describes: 4 886 boxes in 364 images of
        640 x 480 pixels, as :func:`load_voc` reads them from the original files. Two more labels
        have no width or no height, and count in `skipped`.

    Raises
    ------
    ValueError
        If a category is none of the three.

    See Also
    --------
    make_boxes : Draws as many boxes of a road scene as wanted.

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
