"""The search: restarts on a summary of the boxes, refined on finer ones; swaps if they are few.

The objective has many local optima. About a thousand weighted shapes are enough to compare them, so
most of the work is done on such a summary, and only a few iterations on all boxes.
"""

from collections.abc import Callable, Iterable

import numpy as np
from numpy.random import RandomState

from .._kernels import FloatArray, IntArray, ascent_step, median_step, swap_gains, two_nearest
from ._seeding import N_CANDIDATES, draw_far_shapes
from ._solution import Solution, by_score, evaluate
from ._summary import FEW, Levels, Summary

# Score of some centers, and how far to move each of their sides in the natural logarithm.
Proposal = tuple[float, FloatArray]

# `benchmarks/search.py` measures what each of these constants gains and what it costs.

# Evaluations in a climb, and its momentum: the share of the last step that is added to the next.
# From a seeding the way is long, and shallow optima lie on it. From centers that are nearly good,
# after a swap or on a finer summary, less momentum settles sooner.
FROM_SEEDING, REFINE = (32, 0.8), (8, 0.5)

# How far to step along the gradient, as a multiple of the estimated distance.
OVERSHOOT = 1.5

# How many of the restarts are refined, the best ones.
N_KEPT = 3

# Swaps after each restart: this number times sqrt(n_clusters / n_shapes). The fewer the shapes, the
# more local optima are met, and the less time a swap takes.
SWAPS = 115

# Up to this number of shapes, sides are moved to those of all shapes and not only to the next; the
# time grows with its square.
VERY_FEW = 300

# The relative difference of sides that are the same up to rounding.
SAME = 1e-6

# How much lower the average IoU may be after the first swaps; later this decreases to 0.
SLACK = 1e-3


def search(
    levels: Levels, starts: Iterable[FloatArray], random_state: RandomState
) -> list[FloatArray]:
    """Find the best centers that a few restarts lead to.

    Parameters
    ----------
    levels : list of Summary
        Summaries of the boxes, from coarse to fine.
    starts : iterable of ndarray of shape (n_clusters, n_dims)
        The centers that the restarts begin with.
    random_state : RandomState

    Returns
    -------
    found : list of ndarray of shape (n_clusters, n_dims)
        What is worth a run on all boxes: several centers if the boxes are few.
    """
    coarsest, *finer = levels
    finest = levels[-1]
    if len(finest.weights) <= FEW:
        return search_few(finest, starts, random_state)
    on_a_grid = are_on_a_grid(finest)
    found = best_of((climb(coarsest, start, *FROM_SEEDING) for start in starts), N_KEPT)
    for level in finer:
        climbs = (climb(level, kept.centers, *REFINE) for kept in found)
        found = best_of(climbs, N_KEPT if on_a_grid else 1)
    if on_a_grid:
        found = best_of((move_single_sides(finest, kept) for kept in found), 1)
    return [found[0].centers]


def search_few(
    level: Summary, starts: Iterable[FloatArray], random_state: RandomState
) -> list[FloatArray]:
    """Search on a single level, the boxes themselves, with much effort from each start."""
    found = [climb(level, start, *FROM_SEEDING, towards_medians) for start in starts]
    n_clusters, n_shapes = len(found[0].centers), len(level.weights)
    # No more than there are ways to put a center in the place of a shape.
    n_swaps = min(int(SWAPS * np.sqrt(n_clusters / n_shapes)), n_clusters * n_shapes)
    found = [random_swaps(level, solution, n_swaps, random_state) for solution in found]
    if n_shapes <= VERY_FEW or are_on_a_grid(level):
        found = [move_single_sides(level, solution) for solution in found]
    return [solution.centers for solution in found]


def best_of(solutions: Iterable[Solution], n: int) -> list[Solution]:
    """Return the `n` best solutions, the best first."""
    return sorted(solutions, key=by_score, reverse=True)[:n]


def along_gradient(level: Summary, centers: FloatArray) -> Proposal:
    """Propose steps for shapes that stand for boxes around them, whose exact sides mean little."""
    score, step = ascent_step(*level, centers)
    return score, OVERSHOOT * step


def towards_medians(level: Summary, centers: FloatArray) -> Proposal:
    """Propose steps for shapes that are the boxes themselves, where the best sides are theirs."""
    score, ratios = median_step(level.shapes, level.weights, centers)
    return score, np.log(ratios)


@np.errstate(over="ignore")
def climb(
    level: Summary,
    centers: FloatArray,
    n_evaluations: int,
    momentum: float,
    propose: Callable[[Summary, FloatArray], Proposal] = along_gradient,
    target: float = -np.inf,
) -> Solution:
    """Step uphill with momentum, and return the best solution met on the way.

    Neighbouring centers push each other along over many small steps, so momentum saves two thirds
    of them, and it carries the centers through shallow local optima. The climb ends early if it
    would not reach `target` even if the score went on to rise as much with each evaluation as it
    did on average so far.

    References
    ----------
    Polyak, "Some methods of speeding up the convergence of iteration methods", USSR Computational
    Mathematics and Mathematical Physics 4, 1964.
    """
    # One for each center, because NumPy is slower where it has to repeat them.
    smallest = np.full_like(centers, level.shapes.min(axis=0))
    largest = np.full_like(centers, level.shapes.max(axis=0))
    score, step = propose(level, centers)
    first, best, velocity = score, Solution(centers, score), step
    for n in range(1, n_evaluations):
        centers = np.minimum(np.maximum(centers * np.exp(velocity), smallest), largest)
        score, step = propose(level, centers)
        if score > best.score:
            best = Solution(centers, score)
        if best.score + (best.score - first) * (n_evaluations - 1 - n) / n < target:
            break
        velocity = momentum * velocity + step
    return best


def random_swaps(
    level: Summary, start: Solution, n_swaps: int, random_state: RandomState
) -> Solution:
    """Take a center out, put it elsewhere and climb from there, again and again.

    A swap is kept if it leads to a higher average IoU, or to one that is lower by less than a
    slack: some local optima take two swaps to leave.

    References
    ----------
    Fränti, "Efficiency of random swap clustering", Journal of Big Data 5, 2018.
    Dueck and Scheuer, "Threshold accepting", Journal of Computational Physics 90, 1990.
    """
    best = now = start
    for slack in np.linspace(SLACK, 0.0, n_swaps) * level.weights.sum():
        swapped, target = swap(level, now, random_state), now.score - slack
        found = climb(level, swapped, *REFINE, towards_medians, target)
        if found.score > target:
            now = found
            best = max(best, now, key=by_score)
    return best


def swap(level: Summary, now: Solution, random_state: RandomState) -> FloatArray:
    """Move one center, drawn at random, to where it helps most of a few places.

    Each side of a place is that of a shape far from all centers, not all of the same shape.
    """
    X, weights, _ = level
    labels, iou, second_iou = two_nearest(X, now.centers)
    rows = draw_far_shapes(weights, iou, random_state.uniform(size=N_CANDIDATES))
    places = X[rows]
    for j in range(X.shape[1]):
        places[:, j] = random_state.permutation(places[:, j])
    gains = swap_gains(X, weights, labels, iou, second_iou, places, len(now.centers))
    out = random_state.randint(len(now.centers))
    centers = now.centers.copy()
    centers[out] = places[gains[:, out].argmax()]
    return centers


def move_single_sides(level: Summary, start: Solution) -> Solution:
    """Move single sides of centers to sides of boxes, as long as that helps.

    The update rule can be stuck where a side would have to jump: on very few shapes, and where many
    boxes have the same sides, between which the average IoU falls.
    """
    X, weights, widths = level
    values = [distinct_values(side[widths < SAME]) for side in X.T]
    solution = evaluate(X, weights, start.centers)
    for _ in range(len(X)):  # mostly it ends after a few
        labels, iou, second_iou = two_nearest(X, solution.centers)
        if len(X) <= VERY_FEW:
            candidates, owners = with_sides_of_shapes(X, labels, solution.centers)
        else:
            candidates, owners = with_next_values(values, solution.centers)
        gains = swap_gains(X, weights, labels, iou, second_iou, candidates, len(solution.centers))
        gains = gains[np.arange(len(candidates)), owners]
        # The best move of each center; if they hinder each other, the better half of the moves.
        order = np.argsort(gains, kind="stable")
        order = order[gains[order] > 0]
        moved = solution
        while len(order) and moved.score <= solution.score:
            centers = solution.centers.copy()
            centers[owners[order]] = candidates[order]
            moved = evaluate(X, weights, centers)
            order = order[(len(order) + 1) // 2 :]
        if moved.score <= solution.score:
            break
        solution = moved
    return Solution(solution.centers, solution.score)


def with_sides_of_shapes(
    X: FloatArray, labels: IntArray, centers: FloatArray
) -> tuple[FloatArray, IntArray]:
    """Give centers one side of each shape of their clusters; return these and their numbers."""
    n_dims = X.shape[1]
    owners = np.repeat(labels, n_dims)
    candidates = centers[owners]
    rows = np.arange(len(candidates))
    candidates[rows, rows % n_dims] = X.ravel()
    return candidates, owners


def with_next_values(values: list[FloatArray], centers: FloatArray) -> tuple[FloatArray, IntArray]:
    """Move one side of centers to the next value below or above; return these and their numbers."""
    n_clusters, n_dims = centers.shape
    candidates = np.repeat(centers, 2 * n_dims, axis=0)
    for j, of_side in enumerate(values):
        below = np.searchsorted(of_side, centers[:, j] * (1 - SAME)) - 1
        above = np.searchsorted(of_side, centers[:, j] * (1 + SAME), side="right")
        candidates[2 * j :: 2 * n_dims, j] = of_side[below.clip(min=0)]
        candidates[2 * j + 1 :: 2 * n_dims, j] = of_side[above.clip(max=len(of_side) - 1)]
    return candidates, np.repeat(np.arange(n_clusters, dtype=np.int32), 2 * n_dims)


def are_on_a_grid(level: Summary) -> bool:
    """Whether most of the boxes share their sides with many others, as small ones in pixels do."""
    is_box = level.widths < SAME
    if 2 * is_box @ level.weights <= level.weights.sum():
        return False
    n_values = sum(len(distinct_values(side[is_box])) for side in level.shapes.T)
    return bool(n_values < is_box.sum())


def distinct_values(values: FloatArray) -> FloatArray:
    """Sort values, and leave out those that are the same up to rounding."""
    values = np.sort(values)
    distinct: FloatArray = values[np.diff(values, prepend=-np.inf) > SAME * values]
    return distinct
