"""Branch and bound on how many centers lie where.

Taken in part, centers can do better than whole ones, so the bound of the linear program may stay
above what any centers reach. If a cut divides the plane and j of the centers lie on one side and
the others on the other, rho has to be bounded over each side apart: B = s . mu + sum of
k_t max rho over the regions t with k_t centers each. The bound of a problem is the largest over j.
"""

import heapq
from collections.abc import Iterator
from itertools import count

import numpy as np

from .._kernels import FloatArray, nearest
from ._multipliers import Candidates, Goal
from ._problem import Problem
from ._rectangles import Regions
from ._search import State, improve

# Problems that are branched on, at the most.
MAX_NODES = 500


def branch_and_bound(problem: Problem, state: State, regions: Regions, goal: Goal) -> float:
    """Lower a bound until it is low enough.

    Parameters
    ----------
    problem : Problem
    state : State
        What is known of the regions.
    regions : Regions
    goal : Goal

    Returns
    -------
    bound : float
    """
    number = count()
    nodes = [(-state.bound, next(number), regions, state)]
    closed = 0.0
    for _ in range(MAX_NODES):
        if not nodes or -nodes[0][0] <= goal.score + goal.tol or not goal.goes_on():
            break
        _, _, regions, state = heapq.heappop(nodes)
        cut = best_cut(regions, state.candidates) or middle_cut(regions)
        for child in children(regions, *cut):
            found = improve(problem, within(state, child), child, goal)
            score = score_of(problem, child, found.candidates)
            goal = goal._replace(score=max(goal.score, score))
            if found.bound > goal.score + goal.tol:
                heapq.heappush(nodes, (-found.bound, next(number), child, found))
            else:
                closed = max(closed, found.bound)
    return max([closed, *(-node[0] for node in nodes)])


def best_cut(regions: Regions, candidates: Candidates) -> tuple[int, int, float] | None:
    """Find the region, the side and the value there that cut most through masses taken in part.

    On either side of a cut the half center next to it is looked at: the farther apart their means
    are, the more it takes to do without a part on either side.
    """
    best, cut = 0.0, None
    for i in range(len(regions.counts)):
        mine = (candidates.region == i) & (candidates.mass > 0)
        for side, values in enumerate(candidates.centers[mine].T):
            order = np.argsort(values, kind="stable")
            values, mass = values[order], candidates.mass[mine][order]
            reached = np.append(0.0, np.cumsum(mass))
            moment = np.append(0.0, np.cumsum(mass * np.log(values)))
            at = reached[1:-1]
            above = np.interp(at + 0.5, reached, moment) - moment[1:-1]
            below = moment[1:-1] - np.interp(at - 0.5, reached, moment)
            part = np.minimum(at % 1.0, -at % 1.0)
            gain = np.where(values[1:] > values[:-1], part * (above - below), 0.0)
            # Near the ends there is less than half a center.
            gain = np.where((at > 0.02) & (at < reached[-1] - 0.02), gain, 0.0)
            if len(gain) and gain.max() > best:
                last = int(gain.argmax())
                best, cut = (
                    float(gain[last]),
                    (i, side, float(np.sqrt(values[last] * values[last + 1]))),
                )
    return cut


def middle_cut(regions: Regions) -> tuple[int, int, float]:
    """Halve the widest region."""
    widths = np.log(regions.high / regions.low)
    region, side = np.unravel_index(widths.argmax(), widths.shape)
    middle = np.sqrt(regions.low[region, side] * regions.high[region, side])
    return int(region), int(side), float(middle)


def children(regions: Regions, region: int, side: int, value: float) -> Iterator[Regions]:
    """Divide the centers of a region among the two sides of a cut, in every way."""
    low, high, counts = regions
    middle_high, middle_low = high[region].copy(), low[region].copy()
    middle_high[side] = middle_low[side] = value
    for n_below in range(int(counts[region]) + 1):
        child = Regions(
            np.vstack([low, middle_low]),
            np.vstack([high, middle_high[None]]),
            np.append(counts, counts[region] - n_below),
        )
        child.high[-1], child.high[region] = high[region], middle_high
        child.counts[region] = n_below
        used = child.counts > 0
        yield Regions(child.low[used], child.high[used], child.counts[used])


def within(state: State, regions: Regions) -> State:
    """Keep the candidates that lie in the regions; add the middle of each."""
    middles = np.clip(np.sqrt(regions.low * regions.high), regions.low, regions.high)
    centers, mass, region = [], [], []
    for i, (low, high) in enumerate(zip(regions.low, regions.high, strict=True)):
        mine = ((state.candidates.centers >= low) & (state.candidates.centers <= high)).all(axis=1)
        centers += [middles[i : i + 1], state.candidates.centers[mine]]
        mass += [np.zeros(1), state.candidates.mass[mine]]
        region.append(np.full(1 + mine.sum(), i))
    candidates = Candidates(np.vstack(centers), np.concatenate(mass), np.concatenate(region))
    return State(state.multipliers, candidates, state.bound)


def score_of(problem: Problem, regions: Regions, candidates: Candidates) -> float:
    """The average IoU of the centers of which most is taken in each region."""
    chosen = list[FloatArray]()
    for i, n_centers in enumerate(regions.counts):
        mine = candidates.region == i
        order = np.argsort(-candidates.mass[mine], kind="stable")
        chosen.append(candidates.centers[mine][order[: int(n_centers)]])
    _, iou = nearest(problem.sides.T, np.vstack(chosen))
    return float(iou @ problem.sample_weight)
