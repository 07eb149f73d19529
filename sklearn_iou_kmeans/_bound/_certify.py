"""The recipe: multipliers on summaries, then on what the bound has to hold for, then branching."""

import time
from collections.abc import Callable

import numpy as np

from .._kernels import FloatArray
from .._merged_cells import merge_cells
from ._branching import Proof, branch_and_bound
from ._goal import Goal
from ._problem import EPS, Problem, along_morton_curve
from ._rectangles import Regions
from ._search import State, explore, improve, start, transfer_state

# Up to this number of shapes no summary is needed, and the plane is divided.
MAX_EXACT_SHAPES = 3_000

# Maximum number of nodes of the search tree to bound the average IoU of given centers.
MAX_NODES = 500

# How many steps of all computations a node stands for, about those of a node with 200 boxes.
STEPS_PER_NODE = 200

# A cell of a summary is split while its share of the weight times its width in octaves is larger.
BINS, THRESHOLDS = 64, (1e-4, 3e-5)

# How far from those that matter new candidates are tried on the summaries, in logarithms of sides.
DISTANCES = (0.12, 0.06, 0.04, 0.025, 0.015), (0.02, 0.01)

# Share of the time for the summaries, which prove nothing.
SUMMARY_SHARE = 0.35


def upper_bound(
    problem: Problem,
    n_clusters: int,
    centers: FloatArray,
    tol: float,
    max_time: float | None,
) -> float:
    """Bound the average IoU of any centers.

    Parameters
    ----------
    problem : Problem
    n_clusters : int
        Smaller than the number of shapes.
    centers : ndarray of shape (n_clusters, n_dims)
        Good ones, in the unit of the boxes.
    tol : float
        The bound may exceed their average IoU by this much.
    max_time : float or None
        Seconds after which the computation stops.

    Returns
    -------
    bound : float
    """
    if problem.is_too_wide():
        return problem.attainable()
    end = np.inf if max_time is None else time.monotonic() + max_time
    is_few = len(problem.sample_weight) <= MAX_EXACT_SHAPES
    goal = Goal(problem.average_iou(centers), tol, is_few, end)
    regions = everywhere(problem, n_clusters)
    if is_few:
        state = start(problem, centers)
    else:
        no_score = goal._replace(score=0.0)  # the summaries have others
        state = prepare(problem, regions, centers, no_score.with_share_of_time(SUMMARY_SHARE))
    state = improve(problem, state, regions, goal)
    bound = state.bound
    if is_few:
        proof = branch_and_bound(
            problem, state, regions, goal, centers, max_nodes=MAX_NODES, polish=as_they_are
        )
        bound = proof.bound
    # The error of the recorded logarithms changes every IoU by this factor at the most.
    bound *= float(np.exp(problem.log_error)) * (1 + 4 * EPS)
    return min(bound, problem.attainable())


def close_gap(
    problem: Problem,
    centers: FloatArray,
    tol: float,
    max_nodes: int,
    polish: Callable[[FloatArray], FloatArray],
) -> Proof:
    """Find centers of few shapes that none exceed by more than `tol`, and prove it.

    Parameters
    ----------
    problem : Problem
        Of boxes: more distinct ones than centers, and at most `MAX_EXACT_SHAPES`.
    centers : ndarray of shape (n_clusters, n_dims)
        Good ones, in the unit of the boxes.
    tol : float
    max_nodes : int
        Maximum number of nodes of the search tree; also limits the steps of all computations.
    polish : callable
        Improves centers, in the unit of the boxes, if it can.

    Returns
    -------
    proof : Proof
        Its bound exceeds its score by more than `tol` if `max_nodes` was too small.
    """
    score = problem.average_iou(centers)
    if problem.is_too_wide():
        return Proof(centers, score, problem.attainable())
    goal = Goal(score, tol, stop_to_branch=True).with_steps(STEPS_PER_NODE * max_nodes)
    regions = everywhere(problem, len(centers))
    state = improve(problem, start(problem, centers), regions, goal)
    proof = branch_and_bound(
        problem, state, regions, goal, centers, max_nodes=max_nodes, polish=polish
    )
    return proof._replace(bound=min(proof.bound, problem.attainable()))


def as_they_are(centers: FloatArray) -> FloatArray:
    """Return centers unchanged."""
    return centers


def prepare(problem: Problem, regions: Regions, centers: FloatArray, goal: Goal) -> State:
    """Find multipliers and candidates on small summaries of many shapes.

    Bounds for the summaries prove nothing for the shapes.
    """
    coarse, fine = summaries(problem)
    state = explore(coarse, start(coarse, centers), regions, DISTANCES[0], goal)
    state = transfer_state(state, coarse, fine, centers)
    state = explore(fine, state, regions, DISTANCES[1], goal)
    state = improve(fine, state, regions, goal)
    return transfer_state(state, fine, problem, centers)


def everywhere(problem: Problem, n_clusters: int) -> Regions:
    """Return the rectangle around the shapes: centers outside of it are never better."""
    low, high = problem.sides.min(axis=1), problem.sides.max(axis=1)
    return Regions(low[None], high[None], np.array([float(n_clusters)]))


def summaries(problem: Problem) -> list[Problem]:
    """Return a coarse and a finer summary."""
    log2 = np.log2(problem.sides)
    cells = np.floor(BINS * log2).astype(np.int32)
    thresholds = [BINS * threshold for threshold in THRESHOLDS]
    levels = []
    for weights, means in merge_cells(cells, problem.sample_weight, log2, thresholds):
        none = np.zeros(len(weights))
        summary = problem._replace(
            sides=np.exp2(means), sample_weight=weights, variances=none, reach=1.0
        )
        levels.append(along_morton_curve(summary))
    return levels
