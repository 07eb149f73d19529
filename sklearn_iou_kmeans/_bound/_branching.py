"""Branch and bound on the number of centers in each region.

The linear program allows fractions of centers, which can do better than whole ones. So its bound
may stay above what any centers reach. If a cut divides the plane, with j of the centers on one side
and the others on the other side, rho can be bounded on each side separately: B = s . mu + sum of
k_t max rho over the regions t with k_t centers each. The bound of a problem is the largest over j.
"""

import heapq
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from typing import NamedTuple

import numpy as np

from .._kernels import FloatArray
from ._goal import Goal
from ._multipliers import Candidates
from ._problem import Problem
from ._rectangles import Regions
from ._search import State, improve


class Proof(NamedTuple):
    """Centers in the unit of the boxes, their average IoU, and an average IoU that none exceed."""

    centers: FloatArray
    score: float
    bound: float


class Nodes:
    """The nodes of the search tree that may have to be divided, and the bound of all others."""

    def __init__(self) -> None:
        self._open = list[tuple[float, int, Regions, State]]()
        self._closed = 0.0
        self._number = count()

    def push_or_close(self, regions: Regions, state: State, goal: Goal) -> None:
        """Keep a node, unless its bound is low enough."""
        if state.bound > goal.score + goal.tol:
            heapq.heappush(self._open, (-state.bound, next(self._number), regions, state))
        else:
            self._closed = max(self._closed, state.bound)

    def pop(self) -> tuple[Regions, State]:
        """Take out the node with the highest bound."""
        _, _, regions, state = heapq.heappop(self._open)
        return regions, state

    def bound(self) -> float:
        """Return the bound over all nodes."""
        return max([self._closed, *(-node[0] for node in self._open)])


def branch_and_bound(
    problem: Problem,
    state: State,
    regions: Regions,
    goal: Goal,
    centers: FloatArray,
    *,
    max_nodes: int,
    polish: Callable[[FloatArray], FloatArray],
) -> Proof:
    """Lower a bound by dividing regions, until it is low enough.

    Parameters
    ----------
    problem : Problem
    state : State
        The result of `improve` for these regions.
    regions : Regions
    goal : Goal
    centers : ndarray of shape (n_clusters, n_dims)
        In the unit of the boxes; they reach the score of the goal.
    max_nodes : int
        Maximum number of nodes of the search tree; at each of them a region is divided.
    polish : callable
        Improves centers, in the unit of the boxes, if it can.

    Returns
    -------
    proof : Proof
        With the best centers found on the way.
    """
    nodes, n_nodes = Nodes(), 0
    found: Iterable[tuple[Regions, State]] = [(regions, state)]
    while True:
        for child, child_state in found:
            polished = polish(problem.unscaled(largest_fractions(child, child_state.candidates)))
            score = problem.average_iou(polished)
            if score > goal.score:
                goal, centers = goal._replace(score=score), polished
            nodes.push_or_close(child, child_state, goal)
        bound = nodes.bound()
        if bound <= goal.score + goal.tol or n_nodes == max_nodes or not goal.take_step():
            return Proof(centers, goal.score, bound)
        n_nodes += 1
        found = divided(problem, *nodes.pop(), goal)


def divided(
    problem: Problem, regions: Regions, state: State, goal: Goal
) -> Iterator[tuple[Regions, State]]:
    """Divide a region in two, and bound the score for each number of centers on either side."""
    cut = best_cut(regions, state.candidates) or middle_cut(regions)
    for child in children(regions, *cut):
        yield child, improve(problem, within(state, child), child, goal)


def best_cut(regions: Regions, candidates: Candidates) -> tuple[int, int, float] | None:
    """Find the region, the side and the value of the cut that costs a solution in fractions most.

    The fractions on either side of a cut have to add up to a whole number. The cost is estimated by
    what has to move, times the distance between the half center next below the cut and that next
    above.
    """
    best, cut = 0.0, None
    for i in range(len(regions.counts)):
        mine = (candidates.region == i) & (candidates.fraction > 0)
        for side, values in enumerate(candidates.centers[mine].T):
            order = np.argsort(values, kind="stable")
            values, fraction = values[order], candidates.fraction[mine][order]
            reached = np.append(0.0, np.cumsum(fraction))
            moment = np.append(0.0, np.cumsum(fraction * np.log(values)))
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
    """Divide a region at a cut, and its centers between the two parts in every way."""
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
    centers, fraction, region = [], [], []
    for i, (low, high) in enumerate(zip(regions.low, regions.high, strict=True)):
        mine = ((state.candidates.centers >= low) & (state.candidates.centers <= high)).all(axis=1)
        centers += [middles[i : i + 1], state.candidates.centers[mine]]
        fraction += [np.zeros(1), state.candidates.fraction[mine]]
        region.append(np.full(1 + mine.sum(), i))
    candidates = Candidates(np.vstack(centers), np.concatenate(fraction), np.concatenate(region))
    return State(state.multipliers, candidates, state.bound)


def largest_fractions(regions: Regions, candidates: Candidates) -> FloatArray:
    """Return as many candidates as each region has centers, those of the largest fractions.

    If there are too few, they are repeated.
    """
    chosen = list[FloatArray]()
    for i, n_centers in enumerate(regions.counts):
        mine = candidates.region == i
        order = np.argsort(-candidates.fraction[mine], kind="stable")
        chosen.append(candidates.centers[mine][order[: int(n_centers)]])
    n_clusters, n_dims = int(regions.counts.sum()), regions.low.shape[1]
    return np.resize(np.vstack(chosen), (n_clusters, n_dims))
