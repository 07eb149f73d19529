"""The search for anchors on summaries of the boxes: from coarse to fine.

The objective has many local optima, and telling them apart does not take every box. A coarse
summary is searched widely, since a run on it takes a few milliseconds; the best few finds are
searched around on a finer one, and the best of all is refined level by level. What remains to be
done on the boxes themselves is a few iterations.
"""

from collections.abc import Iterable
from typing import NamedTuple, Self

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray

from ._centers import pulls, sorting_rows
from ._histogram import COARSEST, ShapeHistogram
from ._iou import BLOCK, FloatArray, IntArray, nearest, pairwise, volumes
from ._lloyd import lloyd
from ._seeding import draw_far_shapes, most_helpful

# Shapes of the levels that are searched widely and narrowly; more where there are many clusters.
N_COARSE, N_MIDDLE = 2_500, 8_192
SHAPES_PER_CLUSTER = 16

# Swaps from each start on the coarse level, and how many of the finds are searched around.
N_COARSE_SWAPS, N_FINDS = 3, 5

# Swaps around the best find: the cube of the number of clusters over this, up to a limit.
CUBE_PER_SWAP, MOST_SWAPS = 24, 150

# How much smaller an average IoU the first swap may come to; for later ones this goes down to 0.
SLACK = 3e-4

# Steps after a seeding, the most after a swap, and those on each finer level.
N_FRESH, N_AFTER_SWAP, N_REFINE = 6, 10, 15

# Cells an octave for polishing on all boxes, and the largest table of centers and cells.
SAMPLE_RESOLUTION, TABLE_SIZE = 1024, 2**18

# Draws among which a swapped center takes its place.
N_DRAWS = 4

# Centers go further than the update rule says, by this factor in their logarithm: neighbours push
# each other along over many steps, and this about halves the number of steps.
OVERSHOOT = 1.8


class Level(NamedTuple):
    """Weighted shapes, and where each of their sides lies on a grid of equal steps in log2.

    `cells` has a row a side. They count from 0, at the grid line `lowest`; there are `resolution`
    of them in an octave and `extent` in all.
    """

    shapes: FloatArray
    weights: FloatArray
    volumes: FloatArray
    cells: NDArray[np.intp]
    lowest: FloatArray
    extent: NDArray[np.intp]
    resolution: float

    @classmethod
    def of(cls, shapes: FloatArray, weights: FloatArray, resolution: float) -> Self:
        """Place the shapes with positive sides on a grid."""
        is_box = (shapes.T > 0).all(axis=0)
        if not is_box.all():
            shapes, weights = shapes[is_box], weights[is_box]
        cells = np.log2(shapes.T, order="C")
        cells *= resolution
        np.floor(cells, out=cells)
        lowest = cells.min(axis=1)
        cells -= lowest[:, None]
        extent = cells.max(axis=1).astype(np.intp) + 1
        return cls(
            shapes, weights, volumes(shapes), cells.astype(np.intp), lowest, extent, resolution
        )

    def blocks(self) -> Iterable["Level"]:
        """The level in parts that stay in the processor's cache."""
        for start in range(0, len(self.weights), BLOCK):
            rows = slice(start, start + BLOCK)
            yield self._replace(
                shapes=self.shapes[rows],
                weights=self.weights[rows],
                volumes=self.volumes[rows],
                cells=self.cells[:, rows],
            )


def pyramid(histogram: ShapeHistogram, scale: FloatArray, n_clusters: int) -> list[Level]:
    """The histogram's shapes, times `scale`, in levels from coarse to fine.

    Each level has cells half as wide as the one before. The first is coarse enough to be searched
    widely.
    """
    most = max(N_COARSE, SHAPES_PER_CLUSTER * n_clusters)
    levels = [level_of(histogram, scale)]
    while len(levels[0].weights) > most and histogram.resolution > COARSEST:
        histogram = histogram.coarsened(2)
        levels.insert(0, level_of(histogram, scale))
    return levels


def level_of_samples(X: FloatArray, weights: FloatArray, n_clusters: int) -> Level:
    """All boxes as a level, on the finest grid whose tables stay small for so many clusters."""
    octaves = max(float(np.log2(side.max()) - np.log2(side.min())) for side in X.T)
    resolution = SAMPLE_RESOLUTION
    while resolution > 1 and n_clusters * octaves * resolution > TABLE_SIZE:
        resolution //= 2
    return Level.of(X, weights, resolution)


def level_of(histogram: ShapeHistogram, scale: FloatArray) -> Level:
    """The shapes of a histogram as a level."""
    return Level.of(histogram.shapes * scale, histogram.weights, histogram.resolution)


def explore(
    levels: list[Level], starts: Iterable[FloatArray], random_state: RandomState, verbose: int = 0
) -> FloatArray:
    """Search from every start on the coarsest level; narrow down and refine on the finer ones."""
    slacks = np.linspace(SLACK, 0.0, N_COARSE_SWAPS)
    finds = [search(levels[0], start, slacks, random_state) for start in starts]
    if verbose:
        for i, (_, average) in enumerate(finds):
            print(f"Run {i}: average IoU {average:.6f} on {len(levels[0].weights)} shapes.")
    n_clusters = len(finds[0][0])
    most = max(N_MIDDLE, SHAPES_PER_CLUSTER * n_clusters)
    middle = max(i for i, level in enumerate(levels) if i == 0 or len(level.weights) <= most)
    slacks = np.linspace(SLACK, 0.0, min(n_clusters**3 // CUBE_PER_SWAP, MOST_SWAPS))
    # In each round one find fewer is searched around: the better it is, the longer.
    for n_kept, part in zip(range(N_FINDS, 0, -1), np.array_split(slacks, N_FINDS), strict=True):
        best = sorted(finds, key=average_of, reverse=True)[:n_kept]
        finds = [search(levels[middle], centers, part, random_state) for centers, _ in best]
    centers, _ = finds[0]
    for level in levels[middle:]:
        centers, _ = climb(level, centers, N_REFINE)
    return centers


def average_of(find: tuple[FloatArray, float]) -> float:
    """The average IoU of what a search found."""
    return find[1]


def search(
    level: Level, start: FloatArray, slacks: FloatArray, random_state: RandomState
) -> tuple[FloatArray, float]:
    """Climb from `start`; then take one center out and put it elsewhere, again and again.

    A swap leaves local optima that no number of small steps leaves. There is one for each of
    `slacks`, and it is kept if it comes to an average IoU that is larger, or smaller by less than
    the slack: some optima take two swaps to leave. Returns the best centers that were met, with
    their average IoU.

    References
    ----------
    Fränti, "Efficiency of random swap clustering", Journal of Big Data 5, 2018.
    Dueck and Scheuer, "Threshold accepting", Journal of Computational Physics 90, 1990.
    """
    best = centers, average = climb(level, start, N_FRESH)
    iou = pairwise(centers, level.shapes)
    for slack in slacks:
        found = overtake(level, *swap(level, centers, iou, random_state), average - slack)
        if found is not None:
            centers, average = found
            iou = pairwise(centers, level.shapes)
            best = max(best, found, key=average_of)
    return best


def swap(
    level: Level, centers: FloatArray, iou: FloatArray, random_state: RandomState
) -> tuple[FloatArray, IntArray, FloatArray]:
    """Put one center, drawn at random, where it helps most of a few shapes far from the others.

    `iou` has a row a center. Returns the centers, and the best center of each shape with its IoU.
    """
    out = random_state.randint(len(centers))
    others, iou = np.delete(centers, out, axis=0), np.delete(iou, out, axis=0)
    best_iou = iou.max(axis=0, initial=0.0)
    candidates = draw_far_shapes(level.weights, best_iou, random_state.uniform(size=N_DRAWS))
    chosen, new_iou = most_helpful(level.shapes, level.weights, best_iou, candidates)
    is_moved = new_iou > best_iou
    labels = np.where(is_moved, len(others), iou.argmax(axis=0) if len(others) else 0)
    return np.vstack([others, level.shapes[chosen]]), labels.astype(np.int32), new_iou


def overtake(
    level: Level, centers: FloatArray, labels: IntArray, iou: FloatArray, average: float
) -> tuple[FloatArray, float] | None:
    """Climb until the average IoU exceeds `average`, for as long as that looks possible.

    Steps gain less and less, so it is given up once a step gains less than is still missing.
    """
    last = -np.inf
    for _ in range(N_AFTER_SWAP):
        current = float(iou @ level.weights / level.weights.sum())
        if current > average:
            return centers, current
        if current - last < average - current:
            return None
        tables = pull_tables(level, labels, iou, centers)
        centers, last = move(level, tables, centers, OVERSHOOT), current
        labels, iou = nearest(level.shapes, centers)
    return None


def climb(level: Level, centers: FloatArray, n_iter: int) -> tuple[FloatArray, float]:
    """Step `n_iter` times; return the centers with the average IoU that they give."""
    for _ in range(n_iter):
        _, tables = assess(level, centers)
        centers = move(level, tables, centers, OVERSHOOT)
    return centers, assess(level, centers)[0]


def polish(
    level: Level, centers: FloatArray, max_iter: int, tol: float
) -> tuple[FloatArray, float, int]:
    """Step for as long as the average IoU rises by more than `tol`.

    It never falls: the centers from before a step that lowers it are kept. Should one of them be
    the best of no shape, which takes hardly more shapes than centers, `lloyd` finds it some.
    Returns the centers, the average IoU and the number of steps.
    """
    average, tables = assess(level, centers)
    n_iter, gain = 0, np.inf
    while gain > tol and n_iter < max_iter:
        n_iter += 1
        moved = move(level, tables, centers, overshoot=1.0)
        moved_average, tables = assess(level, moved)
        gain = moved_average - average
        if gain > 0:
            centers, average = moved, moved_average
    if len(np.unique(nearest(level.shapes, centers)[0])) == len(centers):
        return centers, average, n_iter
    order = sorting_rows(level.shapes)
    return lloyd(
        level.shapes, level.weights, order, centers, update="iou", max_iter=max_iter, tol=tol
    )


def assess(level: Level, centers: FloatArray) -> tuple[float, list[FloatArray]]:
    """The average IoU, and the pulls on the centers, in one pass over the shapes."""
    total, tables = 0.0, [np.zeros((len(centers), extent)) for extent in level.extent]
    for block in level.blocks():
        labels, iou = nearest(block.shapes, centers)
        total += float(iou @ block.weights)
        for table, part in zip(tables, pull_tables(block, labels, iou, centers), strict=True):
            table += part
    return total / float(level.weights.sum()), tables


def pull_tables(
    level: Level, labels: IntArray, iou: FloatArray, centers: FloatArray
) -> list[FloatArray]:
    """The pulls of `iou_centers`, added up for each center and cell, a table a side.

    The pull of a shape in the cell of its own center is that of one spread evenly over the cell.
    """
    outward, inward = pulls(level.volumes, level.weights, labels, iou, centers)
    inward -= outward
    tables: list[FloatArray] = []
    for side, (cells, extent) in enumerate(zip(level.cells, level.extent, strict=True)):
        position = np.log2(centers[:, side]) * level.resolution - level.lowest[side]
        pull = position[labels] - cells  # at first the part of the cell below the center
        np.clip(pull, 0.0, 1.0, out=pull)
        pull *= inward
        pull += outward
        keys = labels * extent + cells
        table = np.bincount(keys, pull, minlength=len(centers) * int(extent))
        tables.append(table.reshape(len(centers), -1).astype(np.float64, copy=False))
    return tables


def move(
    level: Level, tables: list[FloatArray], centers: FloatArray, overshoot: float
) -> FloatArray:
    """The update rule of `iou_centers`: to where the pulls on each side halve.

    With the pull of a cell spread evenly over it, a center moves freely between the few values that
    a side takes on a coarse level. A center without shapes stays where it is.
    """
    moved = np.log2(centers)
    for side, table in enumerate(tables):
        half, has_pull = halving_positions(table)
        target = (half + level.lowest[side]) / level.resolution
        moved[has_pull, side] += overshoot * (target - moved[:, side])[has_pull]
    return np.exp2(moved)


def halving_positions(table: FloatArray) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Where each row's sum is halved, in cells, and whether there is anything to halve."""
    cumulated = table.cumsum(axis=1)
    half = cumulated[:, -1] / 2.0
    cell = (cumulated < half[:, None]).sum(axis=1)
    rows = np.arange(len(table))
    inside = table[rows, cell]
    has_pull = inside > 0
    missing = half - (cumulated[rows, cell] - inside)
    return cell + np.divide(missing, inside, out=np.zeros(len(table)), where=has_pull), has_pull
