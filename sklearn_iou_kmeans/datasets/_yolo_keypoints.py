"""Tell YOLO labels with keypoints from polygons, which have the same layout.

After the class, a polygon is x1 y1 x2 y2 ..., and a label with keypoints is cx cy w h, followed by
x and y, and perhaps the visibility, of each keypoint.
"""

from collections import Counter
from collections.abc import Sequence

from ._errors import AnnotationError
from ._files import PathLike

MANY = 10
"""How many polygons make it unlikely that all have the same number of points by chance."""

ORIENTED_BOX = 8
"""Number of coordinates of an oriented box: a polygon that has four points in every label."""

VISIBILITY = {0, 1, 2}

MARGIN = 0.1
"""Share of the sides of a box by which keypoints may extend beyond it."""


class PolygonCheck:
    """Counts of the polygons of a data set that may be keypoints."""

    def __init__(self) -> None:
        self._n_by_length: Counter[int] = Counter()
        self._n_like_keypoints = 0
        self._shape = (0, 2)

    def add(self, polygon: Sequence[float]) -> None:
        """Count a polygon, given by x1, y1, x2, y2, ..."""
        self._n_by_length[len(polygon)] += 1
        if len(self._n_by_length) == 1 and len(polygon) != ORIENTED_BOX:
            self._shape = _keypoint_shape(polygon)
            self._n_like_keypoints += _are_around_keypoints(polygon, self._shape[1])

    def refuse_keypoints(self, path: PathLike) -> None:
        """Raise if the polygons can also be boxes with keypoints: all of one length, most around.

        Polygons drawn around objects have different numbers of points.
        """
        n_polygons = self._n_by_length.total()
        if len(self._n_by_length) > 1 or self._n_like_keypoints < max(MANY, n_polygons / 2):
            return
        (length,) = self._n_by_length
        n_keypoints, n_values = self._shape
        raise AnnotationError(
            f"{path}: the {n_polygons} labels with {length + 1} columns can be polygons of "
            f"{length // 2} points each, or boxes with keypoints ({n_keypoints} each). Say which "
            f"in data.yaml, and read that file: kpt_shape: [{n_keypoints}, {n_values}] for "
            "keypoints, or kpt_shape: [0, 2] for none."
        )


def _keypoint_shape(polygon: Sequence[float]) -> tuple[int, int]:
    """Return the likely number of keypoints, and of values of each: 3 with the visibility."""
    rest = polygon[4:]
    has_visibility = len(rest) % 3 == 0 and VISIBILITY.issuperset(rest[2::3])
    n_values = 3 if has_visibility else 2
    return len(rest) // n_values, n_values


def _are_around_keypoints(polygon: Sequence[float], n_values: int) -> bool:
    """Whether the first four numbers can be a box around the points that follow.

    A keypoint that is not labelled has the coordinates 0 or -1. A closed polygon ends where it
    begins.
    """
    cx, cy, w, h, *rest = polygon
    places = zip(rest[::n_values], rest[1::n_values], strict=True)
    points = [(x, y) for x, y in places if x > 0 or y > 0]
    if not points or points[-1] == (cx, cy):
        return False
    reach = 0.5 + MARGIN
    return all(abs(x - cx) <= reach * w and abs(y - cy) <= reach * h for x, y in points)
