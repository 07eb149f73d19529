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

from ._centers import pulls
from ._distinct import nothing_to_cluster
from ._histogram import COARSEST, ShapeHistogram
from ._iou import BLOCK, FloatArray, IntArray, nearest, volumes
from ._seeding import draw_far_shapes, most_helpful

# Cells an octave of the finest level.
RESOLUTION = 64

# Shapes of the levels that are searched widely and narrowly, and of the one on which restarts of a
# sweep are compared; more where there are many clusters.
N_COARSE, N_MIDDLE, N_FINE = 2_500, 8_192, 16_384
SHAPES_PER_CLUSTER = 16

# Swaps from each start on the coarse level, how many of the finds are searched around, and in how
# many rounds at least: a sweep leaves a single find.
N_COARSE_SWAPS, N_FINDS, LEAST_ROUNDS = 3, 6, 3

# Swaps around a find in each round: the cube of the number of clusters over this, up to a limit.
CUBE_PER_SWAP, MOST_SWAPS = 100, 25

# How much smaller an average IoU the first swap may come to; for later ones this goes down to 0.
SLACK = 2e-4

# Steps after a seeding, the most after a swap, and those on each finer level.
N_FRESH, N_AFTER_SWAP, N_REFINE = 6, 10, 6

# Draws among which a swapped center takes its place.
N_DRAWS = 4

# Centers go further than the update rule says, by this factor in their logarithm: neighbours push
# each other along over many steps, and this about halves the number of steps.
OVERSHOOT = 1.8


class Level(NamedTuple):
    """Weighted shapes, and where each of their sides lies on a grid of equal steps in log2.

    `cells` has a row a side. They count from 0, at the grid line `lowest`; there are `resolution`
    of them in an octave, and `extent` in all on the side that spans most.
    """

    shapes: FloatArray
    weights: FloatArray
    volumes: FloatArray
    cells: NDArray[np.intp]
    lowest: FloatArray
    extent: int
    resolution: float

    @classmethod
    def of(cls, histogram: ShapeHistogram, scale: FloatArray) -> Self:
        """Place a histogram's shapes with positive sides, times `scale`, on a grid of its cells."""
        shapes, weights = histogram.shapes * scale, histogram.weights
        is_box = (shapes.T > 0).all(axis=0)
        if not is_box.any():
            raise nothing_to_cluster(histogram.n_samples)
        if not is_box.all():
            shapes, weights = shapes[is_box], weights[is_box]
        cells = np.log2(shapes.T, order="C")
        cells *= histogram.resolution
        np.floor(cells, out=cells)
        lowest = cells.min(axis=1)
        cells -= lowest[:, None]
        extent = int(cells.max()) + 1
        return cls(
            np.asfortranarray(shapes),
            weights,
            volumes(shapes),
            cells.astype(np.intp),
            lowest,
            extent,
            histogram.resolution,
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


class Find(NamedTuple):
    """Centers, the best of them for each shape of a level, its IoU with it, and their average."""

    centers: FloatArray
    labels: IntArray
    iou: FloatArray
    average_iou: float

    @classmethod
    def of(cls, level: Level, centers: FloatArray, labels: IntArray, iou: FloatArray) -> Self:
        """Add up how well the centers do."""
        return cls(centers, labels, iou, float(iou @ level.weights / level.weights.sum()))


class Summary(NamedTuple):
    """What a search takes from the boxes, for any number of clusters.

    `levels` summarise the boxes from coarse to fine, with their sides multiplied by `scale`.
    """

    scale: FloatArray
    levels: list[Level]


def summarize(X: NDArray[np.floating], weights: FloatArray, scale: FloatArray) -> Summary:
    """Make boxes ready for the search."""
    return Summary(scale, pyramid(ShapeHistogram(RESOLUTION).add(X, weights), scale))


def pyramid(histogram: ShapeHistogram, scale: FloatArray) -> list[Level]:
    """The histogram's shapes, times `scale`, in levels from coarse to fine.

    Each level has cells half as wide as the one before. The first is coarse enough to be searched
    widely.
    """
    levels = [Level.of(histogram, scale)]
    while len(levels[0].weights) > N_COARSE and histogram.resolution > COARSEST:
        histogram = histogram.coarsened(2)
        levels.insert(0, Level.of(histogram, scale))
    return levels


def coarse_level(levels: list[Level], n_clusters: int) -> Level:
    """The level that is searched widely."""
    return levels[finest_within(levels, N_COARSE, n_clusters)]


def finest_within(levels: list[Level], n_shapes: int, n_clusters: int) -> int:
    """The finest level of at most `n_shapes` shapes, or of as many as so many clusters need."""
    most = max(n_shapes, SHAPES_PER_CLUSTER * n_clusters)
    return max(i for i, level in enumerate(levels) if i == 0 or len(level.weights) <= most)


def search_widely(level: Level, start: FloatArray, random_state: RandomState) -> Find:
    """Search from one start on the coarse level."""
    slacks = np.linspace(SLACK, 0.0, N_COARSE_SWAPS)
    return search(level, climb(level, start, N_FRESH), slacks, random_state)


def narrow_down(levels: list[Level], finds: list[Find], random_state: RandomState) -> FloatArray:
    """Search around the best of the `finds` of wide searches, and refine the best of all.

    In each round one find fewer is searched around: the better it is, the longer.
    """
    n_clusters = len(finds[0].centers)
    middle = finest_within(levels, N_MIDDLE, n_clusters)
    n_rounds = max(min(N_FINDS, len(finds)), LEAST_ROUNDS)
    n_swaps = min(1 + n_clusters**3 // CUBE_PER_SWAP, MOST_SWAPS)
    slacks = np.linspace(SLACK, 0.0, n_rounds * n_swaps).reshape(n_rounds, n_swaps)
    best = sorted(finds, key=average_of, reverse=True)[:n_rounds]
    finds = [climb(levels[middle], find.centers, N_FRESH) for find in best]
    for i in range(n_rounds):
        best = sorted(finds, key=average_of, reverse=True)[: n_rounds - i]
        finds = [search(levels[middle], find, slacks[i], random_state) for find in best]
    centers = finds[0].centers
    for level in levels[middle:]:
        centers = steps(level, centers, N_REFINE)
    return centers


def average_of(find: Find) -> float:
    """The average IoU of what a search found."""
    return find.average_iou


def search(level: Level, start: Find, slacks: FloatArray, random_state: RandomState) -> Find:
    """Take one center out, put it elsewhere, and climb from there, again and again.

    A swap leaves local optima that no number of small steps leaves. There is one for each of
    `slacks`, and it is kept if it comes to an average IoU that is larger, or smaller by less than
    the slack: some optima take two swaps to leave. Returns the best centers that were met.

    References
    ----------
    Fränti, "Efficiency of random swap clustering", Journal of Big Data 5, 2018.
    Dueck and Scheuer, "Threshold accepting", Journal of Computational Physics 90, 1990.
    """
    best = now = start
    for slack in slacks:
        found = overtake(level, swap(level, now, random_state), now.average_iou - slack)
        if found is not None:
            now = found
            best = max(best, now, key=average_of)
    return best


def swap(level: Level, now: Find, random_state: RandomState) -> Find:
    """Put one center, drawn at random, where it helps most of a few shapes far from the others."""
    centers, labels, iou = now.centers.copy(), now.labels.copy(), now.iou.copy()
    out = random_state.randint(len(centers))
    left = np.flatnonzero(labels == out)
    centers[out] = 0.0  # the best center of no shape
    labels[left], iou[left] = nearest(level.shapes[left], centers)
    candidates = draw_far_shapes(level.weights, iou, random_state.uniform(size=N_DRAWS))
    chosen, new_iou = most_helpful(level.shapes, level.weights, iou, candidates)
    labels[new_iou > iou] = out
    centers[out] = level.shapes[chosen]
    return Find.of(level, centers, labels, new_iou)


def overtake(level: Level, now: Find, average: float) -> Find | None:
    """Climb until the average IoU exceeds `average`, for as long as that looks possible.

    Steps gain less and less, so it is given up once a step gains less than is still missing.
    """
    last = -np.inf
    for _ in range(N_AFTER_SWAP):
        if now.average_iou > average:
            return now
        if now.average_iou - last < average - now.average_iou:
            return None
        last = now.average_iou
        centers = move(level, pull_tables(level, now.labels, now.iou, now.centers), now.centers)
        now = assign(level, centers)
    return None


def climb(level: Level, centers: FloatArray, n_iter: int) -> Find:
    """Step `n_iter` times, and see what came of it."""
    return assign(level, steps(level, centers, n_iter))


def assign(level: Level, centers: FloatArray) -> Find:
    """Give every shape of a level the best of the centers."""
    return Find.of(level, centers, *nearest(level.shapes, centers))


def average_iou(levels: list[Level], centers: FloatArray) -> float:
    """The average IoU that centers give, by a level on which it is quickly found."""
    return assign(levels[finest_within(levels, N_FINE, len(centers))], centers).average_iou


def steps(level: Level, centers: FloatArray, n_iter: int) -> FloatArray:
    """Move the centers `n_iter` times, each in one pass over the shapes."""
    for _ in range(n_iter):
        tables = np.zeros((centers.shape[1], len(centers), level.extent))
        for block in level.blocks():
            tables += pull_tables(block, *nearest(block.shapes, centers), centers)
        centers = move(level, tables, centers)
    return centers


def pull_tables(level: Level, labels: IntArray, iou: FloatArray, centers: FloatArray) -> FloatArray:
    """The pulls of `iou_centers`, added up for each (side, center, cell).

    The pull of a shape in the cell of its own center is that of one spread evenly over the cell.
    """
    outward, inward = pulls(level.volumes, level.weights, labels, iou, centers)
    inward -= outward
    positions = np.log2(centers.T) * level.resolution - level.lowest[:, None]
    pull = positions.take(labels, axis=1)
    pull -= level.cells
    pull.clip(0.0, 1.0, out=pull)  # the part of the cell below the center
    pull *= inward
    pull += outward
    n_dims, n_centers = positions.shape
    table = n_centers * level.extent
    keys = level.cells + labels * level.extent
    keys += np.arange(0, n_dims * table, table)[:, None]
    sums = np.bincount(keys.ravel(), pull.ravel(), minlength=n_dims * table)
    return sums.astype(np.float64, copy=False).reshape(n_dims, n_centers, level.extent)


def move(level: Level, tables: FloatArray, centers: FloatArray) -> FloatArray:
    """The update rule of `iou_centers`: to where the pulls on each side halve, and beyond.

    With the pull of a cell spread evenly over it, a center moves freely between the few values that
    a side takes on a coarse level. A center without shapes stays where it is.
    """
    half, has_pull = halving_positions(tables)
    gap = (half + level.lowest[:, None]) / level.resolution
    moved = np.log2(centers.T)
    gap -= moved
    moved += np.where(has_pull, OVERSHOOT * gap, 0.0)
    return np.ascontiguousarray(np.exp2(moved).T)


def halving_positions(tables: FloatArray) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Where the sum over the cells is halved, in cells, and whether there is anything to halve."""
    n_cells = tables.shape[-1]
    cumulated = tables.cumsum(axis=-1)
    half = cumulated[..., -1] / 2.0
    cell = (cumulated < half[..., None]).sum(axis=-1)
    flat = cell + np.arange(0, tables.size, n_cells).reshape(cell.shape)
    inside = tables.take(flat)
    has_pull = inside > 0
    missing = half - cumulated.take(flat) + inside
    return cell + np.divide(missing, inside, out=np.zeros(half.shape), where=has_pull), has_pull
