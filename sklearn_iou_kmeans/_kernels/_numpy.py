"""The kernels in NumPy, for machines without a compiler; what each computes is said here."""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]

# Counts the changes of what the kernels compute: kernels compiled for another one are refused.
CONTRACT = 1

# Numbers in a table of shapes x centers that is worked on at once.
TABLE_SIZE = 2**16


def pairwise(X: NDArray[np.floating], Y: FloatArray) -> FloatArray:
    """Compute the IoU of every shape with every other.

    Each side is scaled by the power of two that brings that of `Y` to [0.5, 1). This changes no
    digit, and no product of sides overflows or vanishes unless the IoU does.

    Parameters
    ----------
    X : ndarray of shape (n, n_dims), float32 or float64
        Sides >= 0.
    Y : ndarray of shape (m, n_dims)
        Sides >= 0.

    Returns
    -------
    iou : ndarray of shape (n, m)
        In [0, 1]; 0 where a side is 0.
    """
    return np.ascontiguousarray(_table(X, Y).T)


def _table(X: NDArray[np.floating], Y: FloatArray) -> FloatArray:
    """Compute the IoU of every row of `Y` (m, n_dims) with every row of `X` (n, n_dims)."""
    scales = np.ldexp(1.0, np.minimum(-np.frexp(Y)[1], 1022))
    shared = np.ones((len(Y), len(X)))
    volume = np.ones((len(Y), len(X)))
    center_volume = np.ones((len(Y), 1))
    with np.errstate(over="ignore", under="ignore", divide="ignore", invalid="ignore"):
        for side, center_side, scale in zip(
            X.T, Y.T[:, :, None], scales.T[:, :, None], strict=True
        ):
            scaled = side.astype(np.float64, copy=False) * scale
            shared *= np.minimum(scaled, center_side * scale)
            volume *= scaled
            center_volume *= center_side * scale
        volume += center_volume
        volume -= shared
        shared /= volume
    return np.fmax(shared, 0.0, out=shared)  # 0 / 0 is 0


def nearest(X: NDArray[np.floating], centers: FloatArray) -> tuple[IntArray, FloatArray]:
    """Find the center with the largest IoU for each shape.

    Parameters
    ----------
    X : ndarray of shape (n, n_dims), float32 or float64
    centers : ndarray of shape (n_centers, n_dims)

    Returns
    -------
    labels : ndarray of shape (n,)
        Index of the center; of equally good ones the first.
    iou : ndarray of shape (n,)
        IoU with it.
    """
    labels, iou, _ = two_nearest(X, centers)
    return labels, iou


def two_nearest(
    X: NDArray[np.floating], centers: FloatArray
) -> tuple[IntArray, FloatArray, FloatArray]:
    """Find the best center for each shape, and how good the second-best is.

    Parameters
    ----------
    X : ndarray of shape (n, n_dims), float32 or float64
    centers : ndarray of shape (n_centers, n_dims)

    Returns
    -------
    labels : ndarray of shape (n,)
        Index of the center; of equally good ones the first.
    iou : ndarray of shape (n,)
        IoU with it.
    second_iou : ndarray of shape (n,)
        The largest IoU with another center; 0 if there is none.
    """
    labels = np.zeros(len(X), dtype=np.int32)
    iou, second_iou = np.zeros((2, len(X)))
    size = max(TABLE_SIZE // len(centers), 16)
    for start in range(0, len(X), size):
        rows = slice(start, start + size)
        for number, value in enumerate(_table(X[rows], centers)):
            labels[rows][value > iou[rows]] = number
            np.maximum(second_iou[rows], np.minimum(value, iou[rows]), out=second_iou[rows])
            np.maximum(iou[rows], value, out=iou[rows])
    return labels, iou, second_iou


def swap_gains(
    X: FloatArray,
    sample_weight: FloatArray,
    labels: IntArray,
    iou: FloatArray,
    second_iou: FloatArray,
    candidates: FloatArray,
    n_clusters: int,
) -> FloatArray:
    """Compute by how much the weighted sum of IoU rises if a candidate replaces a center.

    Parameters
    ----------
    X : ndarray of shape (n, n_dims)
    sample_weight : ndarray of shape (n,)
    labels, iou, second_iou : ndarray of shape (n,)
        As `two_nearest` returns them.
    candidates : ndarray of shape (n_candidates, n_dims)
    n_clusters : int

    Returns
    -------
    gains : ndarray of shape (n_candidates, n_clusters)
        Negative where the sum falls.

    References
    ----------
    Schubert and Rousseeuw, "Fast and eager k-medoids clustering", Information Systems 101, 2021.
    """
    gains = np.empty((len(candidates), n_clusters))
    for i, candidate in enumerate(candidates):
        new = _table(X, candidate[None])[0]
        is_better = new > iou
        rise = sample_weight * np.where(is_better, new - iou, 0.0)
        fall = sample_weight * np.where(is_better, 0.0, np.maximum(new, second_iou) - iou)
        gains[i] = np.bincount(labels, fall, minlength=n_clusters) + np.cumsum(rise)[-1]
    return gains


def gradient_weights(
    X: FloatArray,
    sample_weight: FloatArray,
    labels: IntArray,
    iou: FloatArray,
    centers: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Compute how strongly each shape draws its center, if it is larger and if it is smaller.

    These are s IoU A / U and s IoU V / U, with the volumes A of the shape and V of its center and
    the volume U of their union.

    Parameters
    ----------
    X : ndarray of shape (n, n_dims)
    sample_weight : ndarray of shape (n,)
    labels, iou : ndarray of shape (n,)
        As `nearest` returns them.
    centers : ndarray of shape (n_centers, n_dims)

    Returns
    -------
    above, below : ndarray of shape (n,)
        The weight on sides larger, and on sides smaller, than those of the center.
    """
    scales = np.ldexp(1.0, np.minimum(-np.frexp(centers)[1], 1022))
    center_volume = np.multiply.reduce(centers * scales, axis=1)[labels]
    # They add up to s IoU (1 + IoU), because A + V = U + P and P = U IoU.
    weight = sample_weight * (iou * (1.0 + iou))
    with np.errstate(over="ignore", under="ignore", divide="ignore", invalid="ignore"):
        volume = np.multiply.reduce(X.T * scales.T[:, labels])
        above = np.where(iou > 0, weight * (volume / (volume + center_volume)), 0.0)
    return above, np.where(iou > 0, weight - above, 0.0)


def weighted_medians(
    X: FloatArray,
    above: FloatArray,
    below: FloatArray,
    labels: IntArray,
    centers: FloatArray,
) -> FloatArray:
    """Compute the weighted median of each side in each cluster.

    The weights of a cluster are rounded to multiples of a power of two such that their sums are
    exact. So the medians do not depend on the order of the shapes.

    Parameters
    ----------
    X : ndarray of shape (n, n_dims)
        Positive sides.
    above, below : ndarray of shape (n,)
        The weight of a side that is larger than that of the center, and of one that is not.
    labels : ndarray of shape (n,)
        The cluster of each shape.
    centers : ndarray of shape (n_clusters, n_dims)

    Returns
    -------
    medians : ndarray of shape (n_clusters, n_dims)
        Midway where two values halve the weight; the center of a cluster without weight stays.
    """
    n_clusters = len(centers)
    largest = np.zeros(n_clusters)
    np.maximum.at(largest, labels, np.maximum(above, below))
    exponents = np.frexp(largest * len(X))[1]
    units = np.ldexp(1.0, np.minimum(51 - exponents, 1000))[labels]
    starts = np.append(0, np.cumsum(np.bincount(labels, minlength=n_clusters)))
    medians = np.array(centers)
    for j, side in enumerate(X.T):
        weights = np.rint(np.where(side > centers[labels, j], above, below) * units)
        order = np.lexsort((side, labels))
        for c in range(n_clusters):
            rows = order[starts[c] : starts[c + 1]]
            cumulated = np.cumsum(weights[rows])
            if len(rows) and cumulated[-1] > 0:
                half = cumulated[-1] / 2.0
                lower = side[rows[np.searchsorted(cumulated, half, side="left")]]
                upper = side[rows[np.searchsorted(cumulated, half, side="right")]]
                medians[c, j] = lower + 0.5 * (upper - lower)
    return medians


def add_up(cells: IntArray, weights: FloatArray, values: FloatArray) -> tuple[IntArray, FloatArray]:
    """Add up weights and weighted values in each occupied cell.

    Parameters
    ----------
    cells : ndarray of shape (n_dims, n)
        The cell of each column of values.
    weights : ndarray of shape (n,)
    values : ndarray of shape (n_values, n)

    Returns
    -------
    occupied : ndarray of shape (n_dims, n_cells)
        The distinct cells in lexicographic order.
    sums : ndarray of shape (1 + n_values, n_cells)
        The sum of the weights in each of them, and of the weighted values, in the order in which
        they come.
    """
    order = lexicographic_order(cells)
    ordered = cells[:, order]
    is_first = np.ones(len(order), dtype=bool)
    is_first[1:] = (ordered[:, 1:] != ordered[:, :-1]).any(axis=0)
    numbers = np.empty(len(order), dtype=np.intp)
    numbers[order] = np.cumsum(is_first) - 1
    rows = [weights, *(weights * row for row in values)]
    sums = [np.bincount(numbers, row, minlength=int(is_first.sum())) for row in rows]
    return ordered[:, is_first], np.array(sums)


def lexicographic_order(cells: IntArray) -> NDArray[np.intp]:
    """Return the order that sorts the columns, by the first row and then by the next."""
    offsets = cells - cells.min(axis=1, keepdims=True, initial=0).astype(np.int64)
    extents = offsets.max(axis=1, initial=0) + 1
    if np.prod(extents.astype(float)) < 2.0**62:  # one key a column sorts much faster
        return np.argsort(np.ravel_multi_index(tuple(offsets), tuple(extents)))
    return np.lexsort(cells[::-1])
