"""The kernels in NumPy, for machines without a compiler, with the docstrings of all kernels."""

from collections.abc import Iterator
from functools import reduce

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]

# Raise it when a kernel changes what it takes or returns: compiled kernels with another number are
# refused.
CONTRACT = 8

# Number of shapes in a block; the arrays of a block stay in the cache of the processor.
BLOCK = 2**14

# Products of sides may overflow or vanish; the results are right all the same.
at_any_scale = np.errstate(over="ignore", under="ignore", divide="ignore", invalid="ignore")


@at_any_scale
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
    table = np.empty((len(X), len(Y)))
    for rows in _blocks(len(X)):
        for number, iou in enumerate(_iou_with_each(X[rows], Y)):
            table[rows, number] = np.fmax(iou, 0.0)
    return table


def _blocks(n: int) -> Iterator[slice]:
    """Cut `n` shapes into blocks that stay in the cache."""
    return (slice(start, start + BLOCK) for start in range(0, n, BLOCK))


def _iou_with_each(X: NDArray[np.floating], centers: FloatArray) -> Iterator[FloatArray]:
    """Compute the IoU of all shapes with one center after the other; NaN for 0 / 0."""
    columns = [np.ascontiguousarray(side, dtype=np.float64) for side in X.T]
    all_scales = np.ldexp(1.0, np.minimum(-np.frexp(centers)[1], 1022))
    for center, scales in zip(centers * all_scales, all_scales, strict=True):
        sides = [side * scale for side, scale in zip(columns, scales, strict=True)]
        shared = reduce(np.multiply, map(np.minimum, sides, center))
        union = reduce(np.multiply, sides) + reduce(np.multiply, center) - shared
        yield shared / union


@at_any_scale
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
    labels, iou = np.zeros(len(X), dtype=np.int32), np.zeros(len(X))
    for rows in _blocks(len(X)):
        for number, value in enumerate(_iou_with_each(X[rows], centers)):
            np.copyto(labels[rows], number, where=value > iou[rows])
            np.fmax(iou[rows], value, out=iou[rows])
    return labels, iou


@at_any_scale
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
    for rows in _blocks(len(X)):
        for number, value in enumerate(_iou_with_each(X[rows], centers)):
            np.copyto(labels[rows], number, where=value > iou[rows])
            np.fmax(second_iou[rows], np.minimum(value, iou[rows]), out=second_iou[rows])
            np.fmax(iou[rows], value, out=iou[rows])
    return labels, iou, second_iou


@at_any_scale
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
    for i, new in enumerate(_iou_with_each(X, candidates)):
        is_better = new > iou
        rise = sample_weight * np.where(is_better, new - iou, 0.0)
        fall = sample_weight * np.where(is_better, 0.0, np.fmax(new, second_iou) - iou)
        gains[i] = np.bincount(labels, fall, minlength=n_clusters) + np.cumsum(rise)[-1]
    return gains


@at_any_scale
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
    volume = np.multiply.reduce(X.T * scales.T[:, labels])
    above = weight * (volume / (volume + center_volume))
    above[iou == 0] = 0.0
    return above, weight - above


@at_any_scale
def ascent_step(
    X: FloatArray, sample_weight: FloatArray, widths: FloatArray, centers: FloatArray
) -> tuple[float, FloatArray]:
    """Estimate how far each center is from where the average IoU of its shapes is largest.

    Where the gradient vanishes, the larger sides draw a center as strongly as the smaller ones. If
    they do not, and the logarithms of a side are spread evenly over [-h, h] around that of the
    center, the balance is at h (up - down) / (up + down). The loss 1 - IoU is about the sum of the
    absolute differences of the logarithms, whose mean is h / 2 for each side.

    A shape may stand for many boxes around it. The logarithms of each of their sides are taken to
    be spread evenly over an interval, with the side of the shape in its middle. If a side of the
    center lies in this interval, some of the boxes are larger and the others smaller, and their
    average IoU is lower than that of the shape. Without this, centers would be drawn to the sides
    of the shapes, which mean nothing.

    Parameters
    ----------
    X : ndarray of shape (n, n_dims)
    sample_weight : ndarray of shape (n,)
    widths : ndarray of shape (n,)
        The width of the interval, in the natural logarithm; 0 if the shape is the box itself.
    centers : ndarray of shape (n_centers, n_dims)

    Returns
    -------
    score : float
        Weighted sum of the IoU of the boxes with the best center of the shapes.
    step : ndarray of shape (n_centers, n_dims)
        2 loss / n_dims (up - down) / (up + down), in the natural logarithm of each side, with the
        average loss of each center's shapes and the sums of their `gradient_weights`. A center
        without weight stays.
    """
    n_centers, n_dims = centers.shape
    labels, iou = nearest(X, centers)
    above, below = gradient_weights(X, sample_weight, labels, iou, centers)
    slopes = sample_weight * (iou * (1.0 + iou))
    reached = sample_weight * iou
    balance = np.empty(centers.shape)
    for j, side in enumerate(X.T):
        center = centers[labels, j]
        distance, width = side - center, widths * (0.5 * side + 0.5 * center)
        is_within = np.abs(distance) < 0.5 * width
        larger = np.where(is_within, 0.5 + distance / width, distance > 0)
        minority = np.minimum(larger, 1.0 - larger)
        reached -= 0.5 * slopes * widths * (minority * minority)
        up = np.bincount(labels, above * larger, minlength=n_centers)
        down = np.bincount(labels, below * (1.0 - larger), minlength=n_centers)
        balance[:, j] = (up - down) / (up + down)
    weights = np.bincount(labels, sample_weight, minlength=n_centers)
    scores = np.bincount(labels, reached, minlength=n_centers)
    spread = 2.0 * (1.0 - scores / weights) / n_dims
    step = spread[:, None] * balance
    return float(np.cumsum(scores)[-1]), np.where(np.isfinite(step), step, 0.0)


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
    exponents = np.frexp(largest * len(X) * n_clusters)[1]
    units = np.ldexp(1.0, np.minimum(51 - exponents, 1000))[labels]
    small_labels = labels.astype(np.min_scalar_type(n_clusters))  # sorted by radix
    ends = np.cumsum(np.bincount(labels, minlength=n_clusters))
    medians = np.array(centers)
    for j, side in enumerate(X.T):
        weights = np.rint(np.where(side > centers[labels, j], above, below) * units)
        order = np.argsort(side)
        order = order[np.argsort(small_labels[order], kind="stable")]
        cumulated = np.append(0.0, np.cumsum(weights[order]))
        before = cumulated[np.append(0, ends[:-1])]
        half = (cumulated[ends] - before) / 2.0
        has_weight = half > 0
        halves = (before + half)[has_weight]
        lower = side[order[np.searchsorted(cumulated[1:], halves, side="left")]]
        upper = side[order[np.searchsorted(cumulated[1:], halves, side="right")]]
        medians[has_weight, j] = lower + 0.5 * (upper - lower)
    return medians


def median_step(
    X: FloatArray, sample_weight: FloatArray, centers: FloatArray
) -> tuple[float, FloatArray]:
    """Find by how much the centers would change with the rule of the largest average IoU.

    Parameters
    ----------
    X : ndarray of shape (n, n_dims)
        Positive sides.
    sample_weight : ndarray of shape (n,)
    centers : ndarray of shape (n_centers, n_dims)

    Returns
    -------
    score : float
        Weighted sum of the IoU with the best center.
    ratios : ndarray of shape (n_centers, n_dims)
        The `weighted_medians` with the `gradient_weights` of the shapes of each center, divided by
        the centers. The same, digit by digit, in any unit that is a power of two of another.
    """
    labels, iou = nearest(X, centers)
    above, below = gradient_weights(X, sample_weight, labels, iou, centers)
    medians = weighted_medians(X, above, below, labels, centers)
    return float(np.cumsum(sample_weight * iou)[-1]), medians / centers


def count_cells(
    grid: FloatArray,
    logs: NDArray[np.floating],
    sample_weight: FloatArray,
    lowest: int,
    extent: int,
    resolution: int,
) -> None:
    """Add shapes to a grid of cells of equal width in the logarithm of each side.

    Parameters
    ----------
    grid : ndarray of shape (extent ** n_dims, n_dims + 2)
        For each cell the sum of the weights, of the weighted logs of each side, and of their
        weighted squares over all sides. Added to in place.
    logs : ndarray of shape (n_dims, n), float32 or float64, C-contiguous
        Logarithms of the sides. All lie in cells of the grid, whose numbers fit into 32 bits.
    sample_weight : ndarray of shape (n,)
        Weights >= 0; a cell of weight 0 counts as empty.
    lowest, extent : int
        The number of the first cell on each side, and how many there are.
    resolution : int
        Number of cells in a unit of the logarithm.
    """
    cells = np.floor(logs * logs.dtype.type(resolution)).astype(np.int64) - lowest
    keys = np.ravel_multi_index(tuple(cells), (extent,) * len(cells))
    logs = logs.astype(np.float64)
    squares = np.zeros(logs.shape[1])
    for log in logs:
        squares += log * log
    for column, values in enumerate([np.ones_like(squares), *logs, squares]):
        np.add.at(grid[:, column], keys, sample_weight * values)


def rho_terms(
    sides: FloatArray,
    sample_weight: FloatArray,
    multipliers: FloatArray,
    variances: FloatArray,
    reach: float,
    low: FloatArray,
    middle: FloatArray,
    high: FloatArray,
) -> FloatArray:
    """Compute what bounds rho(c) = sum of s max(IoU - mu, 0) for the centers c of rectangles.

    Parameters
    ----------
    sides : ndarray of shape (n_dims, n)
        Positive sides. Neighbours should lie near each other: the compiled kernel passes over
        those far from a rectangle together.
    sample_weight, multipliers : ndarray of shape (n,)
        s and mu of each shape.
    variances : ndarray of shape (n,)
        If a shape stands for several, the variance of the logarithms of their sides, added up over
        the sides; otherwise 0.
    reach : float
        At least 1: the IoU of each of these with any center is at most so many times that of the
        shape, and the other way round.
    low, middle, high : ndarray of shape (n_rectangles, n_dims)
        The least and the largest sides of the centers, and some in between.

    Returns
    -------
    terms : ndarray of shape (n_rectangles, 5 + n_dims)
        A row holds rho(middle), without regard to the variances; the bound of first order; the
        constant and the curvature of that of second order; what the bound comes to if the rectangle
        shrinks to its middle; and the slope of that of second order in the logarithm of each side.
    """
    n_dims = len(sides)
    terms = np.zeros((len(low), 5 + n_dims))
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        for row, lo, mid, hi in zip(terms, low, middle, high, strict=True):
            near = 1.0 / _inverse_iou(sides, hi, lo)[0]
            union, p, q = _inverse_iou(sides, mid, mid)
            largest = np.minimum(near * reach, 1.0)
            is_active = largest > multipliers
            smallest = 1.0 / (_inverse_iou(sides, lo, hi)[0] * reach)
            curvature = np.maximum(
                n_dims * largest,
                (2.0 * (n_dims - 1.0) - largest + 2.0 * largest * largest) * largest,
            )
            shift = 0.5 * curvature * variances
            mean = near + shift - multipliers
            spread = n_dims * variances * largest * largest
            first = 0.5 * sample_weight * (mean + np.sqrt(mean * mean + spread))
            at = 1.0 / union
            excess = at - multipliers
            lowest = np.minimum(smallest - multipliers, 0.0)
            highest = largest - multipliers
            part = sample_weight * (highest / (highest - lowest))
            row[0] = _sum(sample_weight * np.maximum(excess, 0.0), is_active)
            row[1] = _sum(first, is_active)
            constant = part * (excess + shift - lowest)
            is_second = is_active & (constant < first)
            row[2] = _sum(np.where(is_second, constant, first), is_active)
            row[3] = _sum(part * curvature, is_second)
            pull = part * at * at
            local = excess + shift
            local = 0.5 * sample_weight * (local + np.sqrt(local * local + spread))
            row[4] = _sum(local, is_active)
            for j, side in enumerate(sides):
                slope = np.where(side > mid[j], pull * p, np.where(side < mid[j], -(pull * q), 0.0))
                row[5 + j] = _sum(slope, is_second & (pull > 0))
    return terms


def _inverse_iou(
    sides: FloatArray, high: FloatArray, low: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Compute p + q - 1, p and q: the products of max(side / high, 1) and of max(low / side, 1)."""
    p, q = np.ones((2, sides.shape[1]))
    for side, h, lo in zip(sides, high, low, strict=True):
        p *= np.maximum(side * (1.0 / h), 1.0)
        q *= np.maximum(lo * (1.0 / side), 1.0)
    return p + q - 1.0, p, q


def _sum(values: FloatArray, chosen: NDArray[np.bool_]) -> float:
    """Add up the chosen values one after the other."""
    return float(np.cumsum(np.where(chosen, values, 0.0))[-1])


def proximal_multipliers(
    order: NDArray[np.int16],
    iou: NDArray[np.float32],
    sample_weight: FloatArray,
    mass: FloatArray,
    multipliers: FloatArray,
    step: float,
    floor: float,
) -> tuple[FloatArray, FloatArray]:
    """Move the multipliers to where they and the mass of the candidates balance.

    The new mu of a shape minimises mu + sum of y_c max(IoU_c - mu, 0) + (mu - old mu)^2 / (2 step)
    over the candidates c, of mass y_c.

    Parameters
    ----------
    order : ndarray of shape (n, n_kept)
        For each shape the candidates in question, from the best to the worst.
    iou : ndarray of shape (n, n_kept)
        Their IoU with it.
    sample_weight : ndarray of shape (n,)
    mass : ndarray of shape (n_candidates,)
    multipliers : ndarray of shape (n,)
        The old mu of each shape.
    step : float
    floor : float
        The least new mu.

    Returns
    -------
    moved : ndarray of shape (n,)
        The new multipliers.
    rho : ndarray of shape (n_candidates,)
        The sum of s max(IoU - mu, 0) of each candidate with these.
    """
    iou = iou.astype(np.float64)
    reached = np.minimum(iou, multipliers[:, None] - step * (1.0 - mass[order].cumsum(axis=1)))
    moved = np.maximum(np.maximum(reached.max(axis=1), multipliers - step), floor)
    gains = sample_weight[:, None] * np.maximum(iou - moved[:, None], 0.0)
    rho: FloatArray = np.bincount(order.ravel(), gains.ravel(), minlength=len(mass)).astype(float)
    return moved, rho
