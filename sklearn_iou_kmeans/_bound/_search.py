"""The search for multipliers and candidates, on finer and finer summaries."""

from itertools import product
from typing import NamedTuple

import numpy as np
from scipy.spatial import cKDTree

from .._kernels import FloatArray, two_nearest
from ._goal import Goal
from ._multipliers import FLOOR, Candidates, highest, solve
from ._problem import EPS, Problem
from ._rectangles import Peaks, Regions, largest_rho, rho_of, rounding_error

# Maximum number of candidates to begin with, and of those that are added at once.
N_FIRST_CANDIDATES, N_ADDED = 400, 64

# Minimum distance between candidates that are added at once, in the logarithm of a side, and the
# factor by which it decreases each time.
APART, CLOSER = 0.05, 0.7

# Candidates with less than this share of the largest rho are dropped.
LOW = 0.997

# A smaller fraction of a candidate counts as none.
SMALLEST_FRACTION = 1e-3

# Tolerance of the first bound of rho, relative to rho.
ROUGH = 2e-3

# New candidates are tried around those with at least this share of the largest rho.
NEARLY = 0.99

# Maximum number of linear programs that are solved, and, if regions can be divided after that, of
# steps of all computations.
MAX_ROUNDS, MAX_STEPS = 40, 300

# From how many neighbours in another summary a multiplier is interpolated.
N_NEAR = 4


class State(NamedTuple):
    """Multipliers, the candidates they were found with, and the bound that is proven."""

    multipliers: FloatArray
    candidates: Candidates
    bound: float


def start(problem: Problem, centers: FloatArray) -> State:
    """Begin midway between the IoU with the best and with the second-best center."""
    _, first, second = two_nearest(problem.sides.T, problem.scaled(centers))
    multipliers = np.maximum((first + second) / 2, FLOOR)
    return State(multipliers, first_candidates(problem, problem.scaled(centers)), np.inf)


def transfer_state(state: State, coarse: Problem, fine: Problem, centers: FloatArray) -> State:
    """Transfer a state to another summary of the same boxes.

    The difference between the IoU with the best center and the multiplier is interpolated, by the
    inverse distance to the nearest shapes.
    """
    _, best, _ = two_nearest(coarse.sides.T, coarse.scaled(centers))
    numbers = range(1, min(N_NEAR, len(best)) + 1)
    distance, near = cKDTree(np.log(coarse.sides.T)).query(np.log(fine.sides.T), numbers)
    nearness = 1.0 / (distance + 1e-9)
    below = (nearness * (best - state.multipliers)[near]).sum(axis=1) / nearness.sum(axis=1)
    _, best, _ = two_nearest(fine.sides.T, fine.scaled(centers))
    return State(np.clip(best - below, FLOOR, 1.0), state.candidates, np.inf)


def explore(
    problem: Problem,
    state: State,
    regions: Regions,
    distances: tuple[float, ...],
    goal: Goal,
) -> State:
    """Solve and add candidates ever closer around those that matter, without proving anything.

    Unlike `improve`, it computes rho at single centers and does not bound it over rectangles.
    """
    multipliers, candidates, _ = state
    for distance in distances:
        solved = solve(problem, candidates, regions.counts, multipliers, goal)
        multipliers = solved.multipliers
        reached = float(solved.rho.max())
        matters = (solved.fraction > SMALLEST_FRACTION) | (solved.rho > NEARLY * reached)
        peaks = around(problem, multipliers, regions, candidates.centers[matters], distance)
        peaks = peaks.above(reached)
        candidates = with_peaks(
            candidates, solved.fraction, solved.rho, regions, peaks, distance / 2
        )
        if not goal.take_step():
            break
    return State(multipliers, candidates, np.inf)


def around(
    problem: Problem,
    multipliers: FloatArray,
    regions: Regions,
    centers: FloatArray,
    distance: float,
) -> Peaks:
    """Compute rho at the neighbours of given centers, a step away in one or more sides."""
    n_dims = centers.shape[1]
    axes = np.vstack([np.eye(n_dims), -np.eye(n_dims)])
    steps = np.array(list(product((-1, 0, 1), repeat=n_dims))) if n_dims <= 3 else axes
    points = (centers[:, None] * np.exp(distance * steps)).reshape(-1, n_dims)
    points = np.unique(np.clip(points, regions.low[0], regions.high[0]), axis=0)
    values = rho_of(problem, multipliers, points)
    return Peaks(np.zeros(1), points, values, np.zeros(len(points), dtype=np.intp))


def improve(problem: Problem, state: State, regions: Regions, goal: Goal) -> State:
    """Alternate between solving for the multipliers and adding the peaks of rho to the candidates.

    It ends once the bound is low enough, or if it cannot become so without dividing regions.

    Parameters
    ----------
    problem : Problem
    state : State
    regions : Regions
    goal : Goal

    Returns
    -------
    state : State
    """
    multipliers, candidates, bound = state
    if goal.stop_to_branch:
        goal = goal.with_steps(MAX_STEPS)
    n_clusters, apart, slack = regions.counts.sum(), APART, 0.0
    least = goal.tol / (16 * n_clusters)
    for _ in range(MAX_ROUNDS):
        half_time = goal.with_share_of_time(0.5)
        solved = solve(problem, candidates, regions.counts, multipliers, half_time)
        reached = highest(solved.rho, candidates.region, len(regions.counts))
        if goal.stop_to_branch and solved.value > goal.score + goal.tol and bound < np.inf:
            candidates = candidates._replace(fraction=solved.fraction)
            break
        # How closely rho has to be known: a share of what the bound exceeds the score by, or may.
        to_go = (solved.bound - goal.score) / n_clusters
        to_spare = goal.tol / n_clusters - to_go
        slack = slack or min(ROUGH * float(reached.max()), 0.3 * to_go)
        slack = max(slack, least, to_spare / 2)
        peaks = largest_rho(problem, solved.multipliers, regions, reached, slack, goal.take_step)
        proven = total(problem, solved.multipliers, regions.counts, peaks.bounds)
        excess = float(regions.counts @ (peaks.bounds - reached))
        if proven < bound:
            bound, multipliers = proven, solved.multipliers
        candidates = with_peaks(candidates, solved.fraction, solved.rho, regions, peaks, apart)
        if bound <= goal.score + goal.tol or excess <= goal.tol / 4 or not goal.take_step():
            break
        multipliers = solved.multipliers
        apart *= CLOSER
        slack = 0.2 * excess / n_clusters
    return State(multipliers, candidates, bound)


def total(problem: Problem, multipliers: FloatArray, counts: FloatArray, rho: FloatArray) -> float:
    """Return the bound for these multipliers, rounded up."""
    bound = float(problem.sample_weight @ multipliers) + float(counts @ rho)
    return bound * (1.0 + 4 * len(counts) * EPS) + rounding_error(problem)


def first_candidates(problem: Problem, centers: FloatArray) -> Candidates:
    """Return the centers, each chosen as a whole, and the middles of cells."""
    logs, resolution = np.log2(problem.sides), 64.0
    cells = np.unique(np.floor(logs * resolution), axis=1)
    while cells.shape[1] > N_FIRST_CANDIDATES:
        resolution /= 2
        cells = np.unique(np.floor(logs * resolution), axis=1)
    middles = np.exp2((cells.T + 0.5) / resolution)
    middles = np.clip(middles, problem.sides.min(axis=1), problem.sides.max(axis=1))
    fraction = np.append(np.ones(len(centers)), np.zeros(len(middles)))
    return Candidates(
        np.vstack([centers, middles]), fraction, np.zeros(len(fraction), dtype=np.intp)
    )


def with_peaks(
    candidates: Candidates,
    fraction: FloatArray,
    rho: FloatArray,
    regions: Regions,
    peaks: Peaks,
    apart: float,
) -> Candidates:
    """Add the highest peaks that are not too close together; drop candidates far below them."""
    kept = (fraction > SMALLEST_FRACTION) | (
        rho > LOW * highest(rho, candidates.region, len(regions.counts))[candidates.region]
    )
    logs, values, chosen = np.log(peaks.centers), peaks.values.copy(), list[int]()
    while len(chosen) < N_ADDED and len(values) and values.max() > 0:
        chosen.append(int(values.argmax()))
        values[np.abs(logs - logs[chosen[-1]]).max(axis=1) < apart] = 0.0
    return Candidates(
        np.vstack([candidates.centers[kept], peaks.centers[chosen]]),
        np.append(fraction[kept], np.zeros(len(chosen))),
        np.append(candidates.region[kept], peaks.region[chosen]),
    )
