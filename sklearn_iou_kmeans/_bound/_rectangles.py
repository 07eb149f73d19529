"""The largest rho(c) = sum of s max(IoU - mu, 0), for centers c anywhere in a rectangle.

In logarithms d of the ratios of sides, IoU is g(d) = 1 / (e^p + e^q - 1), with p the sum of the
falls max(-d_j, 0) and q that of the rises max(d_j, 0). It falls with the distance from 0 in each
d_j whatever the others are. So over a rectangle of centers it is largest with the shape clipped
into the rectangle; it is at least what the largest p and the largest q give. That bounds rho from
above to first order in the size of the rectangle.

To second order: within an orthant, with E = e^p and F = e^q, D = E + F - 1 = 1 / g, n falls and m
rises, the Hessian of g is 2 g^3 v v' - g^2 diag(E, ..., F, ...), v holding E for each fall and -F
for each rise. Where there are falls alone it is g times a matrix of ones, of eigenvalue n g; the
same with rises. Otherwise the largest eigenvalue is at most 2 g^3 (n E^2 + m F^2) - g^2; E and F
are at least 1 and E + F = D + 1, so n E^2 + m F^2 <= (n_dims - 1) D^2 + 1. Hence it is at most

    L(g) = max(n_dims g, 2 (n_dims - 1) g - g^2 + 2 g^3),

which increases with g. Where a d_j passes 0 the slope falls. So with e = c - c0

    g(c) <= g(c0) + grad g(c0) . e + L(max g) |e|^2 / 2,

where at d_j = 0 any slope between the two on its sides will do. Over a rectangle around c0 the
right-hand side is largest in a corner. With f = IoU - mu between its least value l and its largest
u > 0 over the rectangle, max(f, 0) is convex in f and so at most r (f - min(l, 0)), r being
u / (u - min(l, 0)), a share in (0, 1]. This is added up over the shapes with u > 0, but where the
bound of first order is lower it is taken as a constant.

For a shape that stands for the boxes of a cell, with the mean of their logarithms and their
variance v, the same inequality says that the mean of g over the boxes is at most g + L v / 2, and
the variance of g is at most that of a function of slope at most sqrt(n_dims) g. With m the
bound on the mean of g - mu, the mean of max(g - mu, 0) is at most
(m + sqrt(m^2 + n_dims g^2 v)) / 2, because max(f, 0) = (f + |f|) / 2 and the mean of |f| is at most
the root of that of f^2 (Scarf).
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._kernels import FloatArray, rho_terms
from ._problem import EPS, Problem

# Rectangles worked on between two looks at the clock.
BATCH = 256

# The half width, in the logarithm of a side, of rectangles that are not split any further.
SMALLEST = 1e-12


class Regions(NamedTuple):
    """Rectangles of centers, with least and largest sides (n_regions, n_dims), that do not overlap.

    Of the centers `counts` lie in each, and nowhere else.
    """

    low: FloatArray
    high: FloatArray
    counts: FloatArray


class Peaks(NamedTuple):
    """An upper bound of rho over each region, and centers where it is larger than was known."""

    bounds: FloatArray
    centers: FloatArray
    values: FloatArray
    region: NDArray[np.intp]

    def above(self, value: float) -> "Peaks":
        """Those of a larger rho."""
        higher = self.values > value
        return Peaks(self.bounds, self.centers[higher], self.values[higher], self.region[higher])


def largest_rho(
    problem: Problem,
    multipliers: FloatArray,
    regions: Regions,
    known: FloatArray,
    slack: float,
    take_step: Callable[[], bool],
) -> Peaks:
    """Bound rho over regions by splitting them, the parts of the largest bound first.

    Parameters
    ----------
    problem : Problem
    multipliers : ndarray of shape (n,)
    regions : Regions
    known : ndarray of shape (n_regions,)
        What rho is known to reach in each, up to rounding.
    slack : float
        A bound may be so much larger than the largest rho.
    take_step : callable
        Takes a step after each batch, and returns whether there was one left; if there was none,
        the bounds are those of what was split so far.

    Returns
    -------
    peaks : Peaks
    """
    lows, highs, owner = regions.low, regions.high, np.arange(len(known))
    bounds = np.full(len(known), np.inf)
    reached, closed = known.copy(), np.zeros(len(known))
    found = []
    while len(bounds):
        order = np.argsort(reached[owner] - bounds, kind="stable")
        lows, highs, owner, bounds = lows[order], highs[order], owner[order], bounds[order]
        now, later = slice(0, BATCH), slice(BATCH, None)
        middle, value, local, upper, halves = bound_rectangles(
            problem, multipliers, lows[now], highs[now]
        )
        upper, whose = np.minimum(upper, bounds[now]), owner[now]
        is_higher = value > known[whose]
        found.append((middle[is_higher], value[is_higher], whose[is_higher]))
        np.maximum.at(reached, whose, local)
        is_open = (upper > reached[whose] + slack) & (halves.max(axis=1) > SMALLEST)
        is_left = bounds[later] > reached[owner[later]] + slack
        np.maximum.at(closed, whose[~is_open], upper[~is_open])
        np.maximum.at(closed, owner[later][~is_left], bounds[later][~is_left])
        low, high = split(lows[now][is_open], highs[now][is_open], middle[is_open], halves[is_open])
        lows = np.concatenate([low, lows[later][is_left]])
        highs = np.concatenate([high, highs[later][is_left]])
        bounds = np.concatenate([np.tile(upper[is_open], 2), bounds[later][is_left]])
        owner = np.concatenate([np.tile(whose[is_open], 2), owner[later][is_left]])
        if not take_step():
            break
    np.maximum.at(closed, owner, bounds)
    return Peaks(closed, *(np.concatenate(columns) for columns in zip(*found, strict=True)))


def bound_rectangles(
    problem: Problem, multipliers: FloatArray, low: FloatArray, high: FloatArray
) -> tuple[FloatArray, ...]:
    """Return middles, rho and its bound there, the bounds over the rectangles, half widths."""
    middle = np.clip(np.sqrt(low * high), low, high)
    terms = rho_terms(
        problem.sides,
        problem.sample_weight,
        multipliers,
        problem.variances,
        problem.reach,
        low,
        middle,
        high,
    )
    value, first, constant, curvature = terms[:, :4].T
    halves = np.log(np.maximum(high / middle, middle / low)) * (1 + 8 * EPS) + 8 * EPS
    slopes = (np.abs(terms[:, 5:]) * halves).sum(axis=1)
    squares = np.square(halves).sum(axis=1)
    second = constant + slopes + 0.5 * curvature * squares
    error = rounding_error(problem)
    sizes = 1.0 + halves.sum(axis=1) + squares
    bound = np.minimum(first + error, second + error * sizes)
    return middle, value, terms[:, 4], bound, halves


def rho_of(problem: Problem, multipliers: FloatArray, centers: FloatArray) -> FloatArray:
    """Compute rho of single centers."""
    none, at = np.zeros(len(multipliers)), np.ascontiguousarray(centers)
    arguments = problem.sides, problem.sample_weight, multipliers, none, 1.0
    return rho_terms(*arguments, at, at, at)[:, 0]


def rounding_error(problem: Problem) -> float:
    """By how much rounding may lower the sum over the shapes of the terms of a bound.

    With u = `EPS` / 2 a product of ratios has a relative error of 3 n_dims u, so D, whose two terms
    are at least 1 each, has one of less than (6 n_dims + 4) u. So IoU has, and the curvature, whose
    derivative is at most 2 n_dims + 4, and the slopes, which are at most 1, have errors of less
    than (2 n_dims + 4) (6 n_dims + 8) u in all. Each term is at most 2 n_dims (1 + v) times the
    weight of its shape. The weights, which add up to 1, have errors of n u, and so has adding up.

    The share r = u / (u - l) of a shape with l < 0 < u loses digits where u - l is small: its error
    is at most some (12 n_dims + 16) EPS / 2 times U / (u - l), U being the largest IoU. What it
    multiplies is as small. With half widths h_j, from any center of the rectangle one corner is
    h_j or more farther from the shape in each side; there D is larger by S or more, the sum of
    E h_j over the falls and F h_j over the rises. So u - l is at least S / (D (D + S)). From the
    middle, slopes times half widths are S / D^2, at most 1 + sum of h_j times that. From the
    nearest center, where D = 1 / U, L <= 2 n_dims U and S is at least the sum of h_j, U L |h|^2 / 2
    is at most n_dims (max h + |h|^2) times that. The terms' margin times the size covers both.
    """
    n_dims, n = problem.sides.shape
    of_terms = (2 * n_dims + 4) * (6 * n_dims + 8) + 2 * n + 8
    largest = 2 * n_dims * (1.0 + float(problem.variances.max(initial=0.0)))
    error: float = EPS * of_terms * largest
    return error


def split(
    low: FloatArray, high: FloatArray, middle: FloatArray, halves: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Halve each rectangle across its longest side."""
    rows, side = np.arange(len(low)), halves.argmax(axis=1)
    cut_high, cut_low = high.copy(), low.copy()
    cut_high[rows, side] = cut_low[rows, side] = middle[rows, side]
    return np.concatenate([low, cut_low]), np.concatenate([cut_high, high])
