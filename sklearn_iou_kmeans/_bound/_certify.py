"""The recipe: multipliers on summaries, then on what the bound has to hold for, then branching."""

import time
from collections.abc import Callable

import numpy as np

from .._cluster._summary import merge_cells
from .._kernels import FloatArray, nearest
from ._branching import branch_and_bound
from ._problem import EPS, Problem, in_order
from ._rectangles import Regions
from ._search import State, carried, explore, improve, start

# So many shapes need no summary, and cuts of the plane are tried.
FEW = 3_000

# A cell of a summary is split while its share of the weight times its width in octaves is larger.
BINS, THRESHOLDS = 64, (1e-4, 3e-5)

# Iterations between new candidates, for few shapes and for many.
MAX_ITER, MAX_ITER_MANY = 500, 100

# How far from those that matter candidates are tried on the summaries, in logarithms of sides.
DISTANCES = (0.12, 0.06, 0.04, 0.025, 0.015), (0.02, 0.01)

# Share of the time for summaries that prove nothing.
FIRST = 0.3

# Rounds of new candidates on the finer summary and on the finest shapes, at the most.
MAX_ROUNDS = 40


def upper_bound(
    problems: list[Problem],
    n_clusters: int,
    centers: FloatArray,
    tol: float,
    max_time: float | None,
) -> float:
    """Bound the average IoU of any centers.

    Parameters
    ----------
    problems : list of Problem
        Of the same boxes, the finest last; the bound of each holds.
    n_clusters : int
        Less than there are shapes.
    centers : ndarray of shape (n_clusters, n_dims)
        Good ones, in the unit of the boxes.
    tol : float
        The bound may be so much larger than the average IoU of these.
    max_time : float or None
        Seconds after which no more is improved.

    Returns
    -------
    bound : float
    """
    finest = problems[-1]
    bound = finest.attainable()
    if finest.is_too_wide():
        return bound
    began = time.monotonic()
    state, last = prepare(problems[0], n_clusters, centers, tol, clock(began, max_time, FIRST))
    goes_on = clock(began, max_time, 1.0)
    _, iou = nearest(finest.sides.T, finest.scaled(centers))
    score = float(iou @ finest.sample_weight)
    for problem in problems:
        if problem is not problems[0] and (bound <= score + tol or not goes_on()):
            break
        n_rounds = MAX_ROUNDS if problem is finest else 1
        state = carried(state, last, problem, centers) if problem is not last else state
        found, state = certify(problem, state, n_clusters, score, tol, n_rounds, goes_on)
        bound, last = min(bound, found), problem
    return bound


def prepare(
    problem: Problem,
    n_clusters: int,
    centers: FloatArray,
    tol: float,
    goes_on: Callable[[], bool],
) -> tuple[State, Problem]:
    """Find multipliers and candidates on small summaries, if the shapes are many.

    The bound that belongs to them is one for the summary and proves nothing.
    """
    if len(problem.sample_weight) <= FEW:
        return start(problem, centers), problem
    coarse, fine = summaries(problem)
    regions, state = everywhere(problem, n_clusters), start(coarse, centers)
    state = explore(coarse, state, regions, DISTANCES[0], tol, goes_on)
    state = carried(state, coarse, fine, centers)
    state = explore(fine, state, regions, DISTANCES[1], tol, goes_on)
    return improve(fine, state, regions, 0.0, tol, MAX_ITER_MANY, False, MAX_ROUNDS, goes_on), fine


def certify(
    problem: Problem,
    state: State,
    n_clusters: int,
    score: float,
    tol: float,
    n_rounds: int,
    goes_on: Callable[[], bool],
) -> tuple[float, State]:
    """Prove a bound for the boxes of a problem."""
    regions = everywhere(problem, n_clusters)
    is_few = len(problem.sample_weight) <= FEW
    n_iter = MAX_ITER if is_few else MAX_ITER_MANY
    state = improve(problem, state, regions, score, tol, n_iter, is_few, n_rounds, goes_on)
    bound = state.bound
    if is_few and bound > score + tol:
        bound = branch_and_bound(problem, state, regions, score, tol, goes_on)
    # The error of the recorded logarithms changes every IoU by this factor at the most.
    return bound * float(np.exp(problem.log_error)) * (1 + 4 * EPS), state


def clock(began: float, max_time: float | None, share: float) -> Callable[[], bool]:
    """Return a function that says whether any of a share of the time is left."""
    if max_time is None:
        return lambda: True
    end = began + share * max_time
    return lambda: time.monotonic() < end


def everywhere(problem: Problem, n_clusters: int) -> Regions:
    """The rectangle around the shapes: outside no center is better than the nearest one within."""
    low, high = problem.sides.min(axis=1), problem.sides.max(axis=1)
    return Regions(low[None], high[None], np.array([float(n_clusters)]))


def summaries(problem: Problem) -> list[Problem]:
    """A coarse and a finer summary."""
    log2 = np.log2(problem.sides)
    cells = np.floor(BINS * log2).astype(np.int32)
    thresholds = [BINS * threshold for threshold in THRESHOLDS]
    levels = []
    for shapes, weights in merge_cells(cells, problem.sample_weight, log2, thresholds):
        none = np.zeros(len(weights))
        summary = problem._replace(sides=shapes.T, sample_weight=weights, variances=none, reach=1.0)
        levels.append(in_order(summary))
    return levels
