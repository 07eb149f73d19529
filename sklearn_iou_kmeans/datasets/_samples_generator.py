"""Random boxes of a street scene."""

from numbers import Integral
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from numpy.random import RandomState
    from sklearn.utils import Bunch


class Kind(NamedTuple):
    """A category of objects, in meters."""

    name: str
    share: float
    width: float
    length: float
    height: float
    clearance: float  # between the road and the lower edge
    spread: float  # standard deviation of the logarithm of the sides
    crossing: float  # share of those that are seen from the side
    distance: float  # median


KINDS = (
    Kind("bus", 0.03, 2.5, 10.0, 3.1, 0.0, 0.10, 0.25, 40.0),
    Kind("car", 0.58, 1.7, 4.4, 1.5, 0.0, 0.10, 0.20, 40.0),
    Kind("person", 0.09, 0.6, 0.4, 1.7, 0.0, 0.12, 0.50, 35.0),
    Kind("traffic light", 0.14, 0.4, 0.4, 0.9, 4.0, 0.25, 0.00, 50.0),
    Kind("traffic sign", 0.16, 0.9, 0.1, 0.7, 2.5, 0.40, 0.10, 45.0),
)

CAMERA_HEIGHT = 1.4
FOCAL_LENGTH = 0.8  # in widths of the image: a view of 64 degrees
TURN = 6.0  # standard deviation in degrees
DISTANCE_SPREAD = 0.8  # standard deviation of the logarithm of the distance
NEAREST = 4.0  # in meters
SMALLEST_SIDE = 1 / 180  # in heights of the image: 4 of 720 pixels
BOXES_PER_IMAGE = 15
LARGEST_IMAGE = 1_000_000


def make_boxes(
    n_samples: int = 1000,
    *,
    image_size: tuple[float, float] = (1280, 720),
    random_state: "int | RandomState | None" = None,
) -> "Bunch":
    """Generate random boxes of a street scene, as seen by a camera in a car.

    Parameters
    ----------
    n_samples : int, default=1000
        The number of boxes.
    image_size : (width, height), default=(1280, 720)
        The size of the images in pixels.
    random_state : int, RandomState instance or None, default=None
        Seed of the boxes. Pass an int to get the same boxes on every call.

    Returns
    -------
    boxes : :class:`~sklearn.utils.Bunch`
        The same fields as those of the readers of annotation files.

        data : ndarray of shape (n_samples, 4)
            Corners (x1, y1, x2, y2) in pixels, inside the image and of positive area.
        target : ndarray of shape (n_samples,)
            Category of each box: an index into `target_names`.
        target_names : list of str
            Names of the categories, sorted.
        image : ndarray of shape (n_samples,)
            Image of each box: an index into `image_names`.
        image_names : list of str
            Names of the images; an image has about 15 boxes.
        image_size : ndarray of shape (n_samples, 2)
            `image_size`, repeated.
        skipped : dict
            Empty.
        skipped_images : dict
            Empty.

    Notes
    -----
    An object is a car, a bus, a person, a traffic light or a traffic sign, of log-normal size in
    meters. Its distance is log-normal as well, truncated to where its center is in view and where
    it would only be a few pixels large. Cars and buses are seen from behind or from the front,
    turned by a few degrees, or from the side. A pinhole camera projects the object to a random
    place across the image, and the box is clipped to the image. Objects do not occlude each other,
    and the boxes of an image are independent.

    Examples
    --------
    >>> from sklearn_iou_kmeans.datasets import make_boxes
    >>> boxes = make_boxes(n_samples=200, random_state=0)
    >>> boxes.data.shape, len(boxes.image_names)
    ((200, 4), 14)
    >>> boxes.target_names
    ['bus', 'car', 'person', 'traffic light', 'traffic sign']
    """
    from sklearn.utils import Bunch, check_random_state, check_scalar

    check_scalar(n_samples, "n_samples", Integral, min_val=1)
    size = _check_image_size(image_size)
    random_state = check_random_state(random_state)
    target = random_state.choice(len(KINDS), size=n_samples, p=[kind.share for kind in KINDS])
    n_images = (n_samples - 1) // BOXES_PER_IMAGE + 1
    return Bunch(
        data=_project(target, size, random_state),
        target=target,
        target_names=[kind.name for kind in KINDS],
        image=np.sort(random_state.randint(n_images, size=n_samples)),
        image_names=[f"{code:06d}.jpg" for code in range(n_images)],
        image_size=np.tile(size, (n_samples, 1)),
        unit="pixel",
        skipped={},
        skipped_images={},
        notes={},
        splits=[],
        splits_read=[],
    )


def _check_image_size(image_size: tuple[float, float]) -> NDArray[np.float64]:
    if np.shape(image_size) != (2,) or not all(1 <= side <= LARGEST_IMAGE for side in image_size):
        raise ValueError(
            f"image_size must be (width, height) in pixels, each from 1 to {LARGEST_IMAGE}, got "
            f"{image_size!r}."
        )
    return np.array(image_size, dtype=np.float64)


def _project(
    target: NDArray[np.int64], size: NDArray[np.float64], random_state: "RandomState"
) -> NDArray[np.float64]:
    """Place an object of each category in `target` in front of the camera; return the boxes."""
    image_width, image_height = size
    focal = FOCAL_LENGTH * image_width
    width, height = _silhouettes(target, random_state)
    above_camera = _of_kind("clearance", target) + height / 2 - CAMERA_HEIGHT

    nearest = np.maximum(NEAREST, focal * np.abs(above_camera) / (image_height / 2))
    farthest = focal * np.minimum(width, height) / (SMALLEST_SIDE * image_height)
    median = _of_kind("distance", target)
    scale = focal / _distances(median, nearest, np.maximum(farthest, 2 * nearest), random_state)

    x = random_state.uniform(0, image_width, size=len(target))
    y = image_height / 2 - scale * above_camera
    half_width, half_height = scale * width / 2, scale * height / 2
    corners = np.stack([x - half_width, y - half_height, x + half_width, y + half_height], axis=1)
    np.clip(corners, 0, np.tile(size, 2), out=corners)
    return corners


def _silhouettes(
    target: NDArray[np.int64], random_state: "RandomState"
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the width and height in meters of the objects as seen by the camera."""
    n = len(target)
    width, length, height = np.exp(
        _of_kind("spread", target) * random_state.standard_normal((3, n))
    )
    angle = np.radians(TURN) * random_state.standard_normal(n)
    angle += np.pi / 2 * (random_state.uniform(size=n) < _of_kind("crossing", target))
    across = width * _of_kind("width", target) * np.abs(np.cos(angle))
    across += length * _of_kind("length", target) * np.abs(np.sin(angle))
    return across, height * _of_kind("height", target)


def _distances(
    median: NDArray[np.float64],
    nearest: NDArray[np.float64],
    farthest: NDArray[np.float64],
    random_state: "RandomState",
) -> NDArray[np.float64]:
    """Draw log-normal distances between `nearest` and `farthest` by inverse transform sampling."""
    from scipy.special import ndtr, ndtri

    low = ndtr(np.log(nearest / median) / DISTANCE_SPREAD)
    high = ndtr(np.log(farthest / median) / DISTANCE_SPREAD)
    quantile = low + (high - low) * random_state.uniform(size=len(median))
    distance = median * np.exp(DISTANCE_SPREAD * ndtri(quantile))
    # Far out in a tail the quantile has no digits left.
    return np.asarray(np.clip(distance, nearest, farthest))


def _of_kind(field: str, target: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.array([getattr(kind, field) for kind in KINDS])[target]
