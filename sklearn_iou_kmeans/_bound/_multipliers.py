"""Multipliers that make the bound small, for candidate centers: a linear program.

The smallest bound over candidates c, min over mu of s . mu + k max_c rho_c(mu), is the optimum of
the linear relaxation of the p-median problem, in which a fraction y_c of each candidate is chosen,
and the fractions add up to k. The primal-dual hybrid gradient method finds both. None of this has
to be exact, because the bound holds for any multipliers.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._kernels import FloatArray, pairwise, proximal_multipliers
from ._goal import Goal
from ._problem import Problem

# The smallest multiplier, so that boxes with a lower IoU can be left out.
FLOOR = 1e-9

# The step of the fractions divided by that of the multipliers, about the ratio of their distances
# to the optimum.
BALANCE = 100.0

# How many candidates are kept for each shape, the best, so that memory stays bounded: those with a
# lower IoU than its multiplier do not matter.
KEPT = 128

# For how many shapes candidates are sorted at once.
ROWS = 512

# How many shapes the size of a step is estimated from.
ENOUGH = 4_000

# Iterations between two restarts from the average; iterations times shapes, and the least and the
# most iterations.
PERIOD, WORK, LEAST, MOST = 50, 500_000, 50, 500


class Candidates(NamedTuple):
    """Candidate centers (m, n_dims), the fraction of each that is chosen, and its region."""

    centers: FloatArray
    fraction: FloatArray
    region: NDArray[np.intp]


class Solved(NamedTuple):
    """Multipliers, rho of the candidates with these, the bound that follows, and a primal solution.

    No multipliers have a bound lower than `value` over these candidates.
    """

    multipliers: FloatArray
    rho: FloatArray
    bound: float
    fraction: FloatArray
    value: float


class Ranking(NamedTuple):
    """For each shape the best candidates, the best first, and their IoU with it."""

    order: NDArray[np.int16]
    iou: NDArray[np.float32]


def rank(sides: FloatArray, centers: FloatArray) -> Ranking:
    """Sort the candidates of each shape, and keep the best."""
    n, n_kept = sides.shape[1], min(len(centers), KEPT)
    order = np.empty((n, n_kept), dtype=np.int16)
    iou = np.empty((n, n_kept), dtype=np.float32)
    for start in range(0, n, ROWS):
        rows = slice(start, start + ROWS)
        table = pairwise(sides[:, rows].T, centers)
        best_first = np.argsort(-table, axis=1)[:, :n_kept]
        order[rows] = best_first
        iou[rows] = np.take_along_axis(table, best_first, axis=1)
    return Ranking(order, iou)


def solve(
    problem: Problem,
    candidates: Candidates,
    counts: FloatArray,
    multipliers: FloatArray,
    goal: Goal,
) -> Solved:
    """Find multipliers with a small bound over the candidates.

    Parameters
    ----------
    problem : Problem
    candidates : Candidates
    counts : ndarray of shape (n_regions,)
        How many centers lie in each region.
    multipliers : ndarray of shape (n,)
        Where to start from.
    goal : Goal

    Returns
    -------
    solved : Solved

    References
    ----------
    Chambolle and Pock, "A first-order primal-dual algorithm for convex problems with applications
    to imaging", Journal of Mathematical Imaging and Vision 40, 2011.
    Applegate et al., "Practical large-scale linear programming using primal-dual hybrid gradient",
    NeurIPS 2021.
    """
    weights, region = problem.sample_weight, candidates.region
    order, iou = rank(problem.sides, candidates.centers)

    def move(
        fraction: FloatArray, mu: FloatArray, step: float
    ) -> tuple[FloatArray, FloatArray, float]:
        moved, rho = proximal_multipliers(order, iou, weights, fraction, mu, step, FLOOR)
        return moved, rho, float(weights @ moved + counts @ highest(rho, region, len(counts)))

    target, accuracy = goal.score + 0.75 * goal.tol, goal.tol / 16
    branching_threshold = goal.score + goal.tol if goal.stop_to_branch else np.inf
    max_iter = min(max(WORK // len(weights), LEAST), MOST)
    step = 1.0 / coupling(order, iou, weights, multipliers, len(region))
    fraction = project_onto_simplices(candidates.fraction, region, counts)
    mu, rho, bound = move(fraction, multipliers, 0.0)
    best, last_rho, value, best_fraction = (mu, rho, bound), rho, -np.inf, fraction
    for _ in range(0, max_iter, PERIOD):
        mean_mu, mean_fraction = np.zeros_like(mu), np.zeros_like(fraction)
        for _ in range(PERIOD):
            fraction = project_onto_simplices(
                fraction + BALANCE * step * (2.0 * rho - last_rho), region, counts
            )
            last_rho = rho
            mu, rho, bound = move(fraction, mu, step / BALANCE)
            if bound < best[2]:
                best = mu, rho, bound
            mean_mu += mu / PERIOD
            mean_fraction += fraction / PERIOD
            if not goal.has_time():
                return Solved(*best, best_fraction, value)
        mean = move(mean_fraction, mean_mu, 0.0)
        if mean[2] < bound:
            mu, rho, _ = mean
            fraction, last_rho = mean_fraction, rho
        best = min(best, mean, key=lambda found: found[2])
        # With the best multipliers for these fractions, the Lagrangian is their value.
        free, free_rho, _ = move(mean_fraction, mean_mu, 1e6)
        now = float(weights @ free + mean_fraction @ free_rho)
        if now > value:
            value, best_fraction = now, mean_fraction
        is_done = best[2] < max(target, value + accuracy) or value > branching_threshold
        if is_done or not goal.take_step():
            break
    return Solved(*best, best_fraction, value)


def highest(rho: FloatArray, region: NDArray[np.intp], n_regions: int) -> FloatArray:
    """The largest rho of the candidates of each region."""
    largest = np.zeros(n_regions)
    np.maximum.at(largest, region, rho)
    return largest


def coupling(
    order: NDArray[np.int16],
    iou: NDArray[np.float32],
    sample_weight: FloatArray,
    multipliers: FloatArray,
    n_candidates: int,
) -> float:
    """Estimate by power iteration how much rho changes with the multipliers at most."""
    vector, size = np.ones(n_candidates), 1.0
    some = slice(None, None, max(1, len(order) // ENOUGH))
    order, iou, multipliers = order[some], iou[some], multipliers[some]
    sample_weight = sample_weight[some] * (sample_weight.sum() / sample_weight[some].sum())
    counts = (iou > multipliers[:, None]).sum(axis=1)
    rows = np.repeat(np.arange(len(order)), counts)
    columns = order[iou > multipliers[:, None]]
    for _ in range(12):
        sums = np.bincount(rows, vector[columns], minlength=len(order)) * sample_weight
        vector = np.bincount(columns, sums[rows], minlength=n_candidates).astype(np.float64)
        size = float(np.linalg.norm(vector))
        if not size:
            return 1.0
        vector /= size
    return float(np.sqrt(size))


def project_onto_simplices(
    values: FloatArray, region: NDArray[np.intp], counts: FloatArray
) -> FloatArray:
    """Return the nearest values >= 0 that add up to the count of each region."""
    if len(counts) == 1:
        return project_onto_simplex(values, counts[0])
    nearest = np.empty_like(values)
    for i, count in enumerate(counts):
        nearest[region == i] = project_onto_simplex(values[region == i], count)
    return nearest


def project_onto_simplex(values: FloatArray, total: float) -> FloatArray:
    """Return the nearest values >= 0 that add up to `total`."""
    values = (
        values - values.max()
    )  # the same number for all changes nothing, and large ones are lost
    falling = np.sort(values)[::-1]
    excess = (np.cumsum(falling) - total) / np.arange(1, len(values) + 1)
    last = np.flatnonzero(falling > excess)[-1]
    nearest: FloatArray = np.maximum(values - excess[last], 0.0)
    return nearest
