"""ShapeHistogram: a small, mergeable summary of any number of shapes."""

from copy import copy
from numbers import Integral
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_scalar

from ._distinct import merge_equal_rows, nothing_to_cluster
from ._kernels import FloatArray, IntArray, count_cells
from ._persistence import VersionedState
from ._validation import check_shapes, check_weights
from ._weights import is_moderate, rescaled, rescaled_and_exponent

# Rows that are counted at once, and the maximum number of cells: both bound the memory.
CHUNK = 2**14
MAX_CELLS = 2**18

# Shapes are counted in a dense grid if it has at most this many cells per shape and in total.
CELLS_PER_SHAPE, MAX_GRID = 16, 2**21

# Largest and smallest number of bins per octave. At the largest, 32 bits can still number the bins
# of sides of any magnitude.
FINEST, COARSEST = 2**20, 0.25

# Up to this many bins per octave, logarithms in float32 are accurate enough.
FINEST_FLOAT32 = 2**10

# The cell of a side of 0, which has no logarithm.
ZERO = np.iinfo(np.int32).min


class ShapeHistogram(VersionedState):
    r"""Weighted histogram of shapes over cells of equal width in the logarithm of each side.

    Use it for boxes that do not fit in memory, or that are spread over several machines: add them
    in chunks, merge histograms, and fit anchors with
    ``IoUKMeans().fit(histogram.shapes, sample_weight=histogram.weights)``. The order of chunks and
    merges does not matter, up to rounding.

    Parameters
    ----------
    resolution : int, default=64
        Number of bins per octave (doubling of a side length), at most 1 048 576. More bins are
        more accurate, and take more memory and time. With the default, the average IoU of anchors
        fitted to the histogram is within about 1e-5 of that of anchors fitted to all boxes; 16 is
        enough for a first look.

    Attributes
    ----------
    shapes : ndarray of shape (n_cells, n_dims)
        The weighted geometric mean of the shapes in each occupied cell; 0 for a side of 0.
    weights : ndarray of shape (n_cells,)
        The total weight of the shapes in each occupied cell.
    log2_variances : ndarray of shape (n_cells,)
        The weighted variance of log2 of the sides in each occupied cell, summed over the sides.
    n_samples : int
        The number of shapes added.
    n_dims : int or None
        The number of sides; None for an empty histogram.
    resolution : float
        Current number of bins per octave. It is halved, down to 0.25, as long as more than 262 144
        cells would be occupied, which happens if the shapes spread over many orders of magnitude.
        This bounds the memory, for two sides of any range and for three sides that span sixty
        orders of magnitude. The result does not depend on the order of the shapes.

    Notes
    -----
    With `r` bins per octave, each of the `d` sides of two shapes in the same cell differs by a
    factor of at most :math:`2^{1/r}`, so their IoU is at least :math:`2^{-d/r}`. The IoU distance
    is a metric. So replacing a shape by the mean of its cell changes its distance to any center,
    and the average IoU of any centers, by at most

    .. math:: 1 - 2^{-d/r} .

    This is 0.021 for two sides and 64 bins per octave. In practice most of the changes cancel: on
    the 102 506 cars of BDD100K val, the average IoU of nine anchors changes by 1.8e-4 with 16 bins
    per octave, and by 2e-6 with 64 (``benchmarks/quality.py``).

    Examples
    --------
    >>> from sklearn_iou_kmeans import ShapeHistogram
    >>> histogram = ShapeHistogram(resolution=16)
    >>> for chunk in ([[10, 20], [10.1, 20.1]], [[300, 200]]):
    ...     histogram = histogram.add(chunk)
    >>> histogram.n_samples
    3
    >>> histogram.shapes.round(2)
    array([[ 10.05,  20.05],
           [300.  , 200.  ]])
    >>> histogram.weights
    array([2., 1.])
    """

    def __init__(self, resolution: int = 64) -> None:
        check_scalar(resolution, "resolution", Integral, min_val=1, max_val=FINEST)
        self.resolution: float = resolution
        self.n_samples: int = 0
        self.n_dims: int | None = None
        self._asked: int = int(resolution)
        self._content = Content.empty(0)

    def __repr__(self) -> str:
        return (
            f"<ShapeHistogram of {self.n_samples} shapes in {len(self.weights)} cells, "
            f"{self.resolution:g} bins per octave>"
        )

    @property
    def shapes(self) -> FloatArray:
        """The weighted geometric mean of the shapes in each occupied cell."""
        return np.where(self._content.cells == ZERO, 0.0, sides_of(self._content.moments[:-1])).T

    @property
    def weights(self) -> FloatArray:
        """The total weight of the shapes in each occupied cell."""
        return self._content.weights.copy()

    @property
    def log2_variances(self) -> FloatArray:
        """The weighted variance of log2 of the sides in each cell, summed over the sides."""
        moments = self._content.moments
        variances: FloatArray = moments[-1] - np.square(moments[:-1]).sum(axis=0)
        return variances.clip(min=0.0)

    def _positive_cells(self) -> tuple[IntArray, FloatArray, FloatArray]:
        """Return the cells with positive sides only.

        Returns
        -------
        cells : ndarray of shape (n_dims, n_cells)
            Bin number of each side.
        weights : ndarray of shape (n_cells,)
            Weight of each cell, scaled by a power of two so that it is at most 1.
        moments : ndarray of shape (n_dims + 1, n_cells)
            Weighted means of log2 of the sides, and of the sum of their squares.

        Raises
        ------
        ValueError
            If there are none.
        """
        cells, weights, moments = self._content
        is_positive = (cells > ZERO).all(axis=0)
        if not is_positive.any():
            raise nothing_to_cluster(self.n_samples)
        weights = rescaled(weights[is_positive])
        return cells[:, is_positive], weights, moments[:, is_positive]

    def add(self, X: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Add shapes to the histogram.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_dims)
            Side lengths in one unit, finite and >= 0. May have no rows.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the shapes; all 1 by default.

        Returns
        -------
        self : ShapeHistogram
            The histogram itself.

        Raises
        ------
        ValueError
            If a side is negative or not finite, if the number of sides differs from that of
            earlier shapes, or if the sum of the weights overflows. The histogram is then
            unchanged.
        """
        X = check_shapes(X, "X", ensure_min_samples=0)
        return self._add(X, check_weights(sample_weight, X, allow_all_zero=True))

    def merge(self, other: "ShapeHistogram") -> Self:
        """Add the content of another histogram.

        Parameters
        ----------
        other : ShapeHistogram
            A histogram built with the same resolution, of shapes with the same number of sides.
            It is not changed.

        Returns
        -------
        self : ShapeHistogram
            The histogram itself.

        Raises
        ------
        ValueError
            If the resolutions or the numbers of sides differ.
        """
        if other._asked != self._asked:
            raise ValueError(
                f"A histogram of resolution {other._asked} cannot be merged into one of resolution "
                f"{self._asked}: build both with the same."
            )
        if other.n_dims is not None:
            self._check_n_dims(other.n_dims)
            shape = other.n_samples, other.n_dims
            self._include(other._content, other.resolution, shape)
        return self

    def _halved(self) -> Self:
        """Return a histogram of the same shapes with half the resolution."""
        coarse = copy(self)
        coarse.resolution, coarse._content = self.resolution / 2, self._content.coarsened(2)
        return coarse

    def __getstate__(self) -> dict[str, Any]:
        return super().__getstate__() | {"_content": tuple(self._content)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state | {"_content": Content(*state["_content"])})

    def _check_n_dims(self, n_dims: int) -> None:
        if self.n_dims not in (None, n_dims):
            raise ValueError(
                f"The shapes to add have {n_dims} sides and those before have {self.n_dims}: a "
                "histogram holds shapes of one kind."
            )

    def _add(self, X: NDArray[np.floating], sample_weight: FloatArray) -> Self:
        """Add shapes that are validated already."""
        self._check_n_dims(X.shape[1])
        self._include(count(X, sample_weight, self._asked), self._asked, X.shape)
        return self

    def _include(self, content: "Content", resolution: float, shape: tuple[int, ...]) -> None:
        """Add the content of `shape[0]` shapes of `shape[1]` sides."""
        content, resolution = combine((self._content, self.resolution), (content, resolution))
        with np.errstate(over="ignore"):
            total = content.weights.sum()
        if not np.isfinite(total):
            raise ValueError(
                "The weights add up to more than a float can hold: divide sample_weight by its sum."
            )
        n_samples = self.n_samples + shape[0]
        # In one call, so that an interruption cannot leave a mixture of old and new values.
        self.__dict__.update(
            _content=content, resolution=resolution, n_samples=n_samples, n_dims=shape[1]
        )


class Content(NamedTuple):
    """Occupied cells (n_dims, n_cells), and moments of log2 of the shapes in each.

    The moments, of shape (n_dims + 1, n_cells), are the weighted means of the logarithms and of
    the sum of their squares. Unlike sums, means do not lose precision with very large or very small
    weights.
    """

    cells: IntArray
    weights: FloatArray
    moments: FloatArray

    @classmethod
    def empty(cls, n_dims: int) -> Self:
        """Return the content of an empty histogram."""
        return cls(np.empty((n_dims, 0), dtype=np.int32), np.empty(0), np.empty((n_dims + 1, 0)))

    @classmethod
    def of(cls, cells: IntArray, weights: FloatArray, moments: FloatArray) -> Self:
        """Merge entries of the same cell."""
        weights, exponent = rescaled_and_exponent(weights)
        cells, merged, *sums = merge_equal_rows(cells.T, weights, *(weights * moments))
        cells, sums = cells.T, np.stack(sums)
        if not merged.all():  # weights that are too small relative to the largest one
            is_counted = merged > 0
            cells, merged, sums = cells[:, is_counted], merged[is_counted], sums[:, is_counted]
        with np.errstate(over="ignore"):
            return cls(cells, np.ldexp(merged, exponent), sums / merged)

    def coarsened(self, factor: int) -> Self:
        """Merge into cells that are `factor` times as wide."""
        if factor == 1:
            return self
        cells = np.where(self.cells == ZERO, ZERO, self.cells // factor).astype(np.int32)
        return self.of(cells, self.weights, self.moments)


def sides_of(log2: FloatArray) -> FloatArray:
    """Return the sides whose logarithms these are; that of the largest float is rounded up."""
    with np.errstate(over="ignore"):
        return np.exp2(log2).clip(max=np.finfo(np.float64).max)


def combine(*parts: tuple[Content, float]) -> tuple[Content, float]:
    """Merge contents; halve the resolution as long as too many cells are occupied."""
    common = min(resolution for _, resolution in parts)
    filled = [
        content.coarsened(int(resolution / common))
        for content, resolution in parts
        if len(content.weights)
    ]
    if not filled:
        return parts[-1][0], common
    content = filled[0]
    if len(filled) > 1:
        arrays = (np.concatenate(columns, axis=-1) for columns in zip(*filled, strict=True))
        content = Content.of(*arrays)
    while len(content.weights) > MAX_CELLS and common > COARSEST:
        common /= 2
        content = content.coarsened(2)
    return content, common


def count(X: NDArray[np.floating], weights: FloatArray, resolution: int) -> Content:
    """Find the occupied cells, and the moments of log2 of the shapes in each.

    All shapes with a side of 0 share one cell, because their IoU is 0 with any other shape.
    """
    weight_of_zero, exponent = 0.0, 0
    if len(X) and (X.min() <= 0 or not is_moderate(weights)):
        is_positive = np.logical_and.reduce([side > 0 for side in X.T])
        with np.errstate(over="ignore"):
            weight_of_zero = weights.sum(where=~is_positive)
        X = X[is_positive]
        weights, exponent = rescaled_and_exponent(weights[is_positive])
    content = count_positive(X, weights, resolution)
    with np.errstate(over="ignore"):
        content = content._replace(weights=np.ldexp(content.weights, exponent))
    if not weight_of_zero:
        return content
    n_dims = X.shape[1]
    return Content(
        np.hstack([np.full((n_dims, 1), ZERO, dtype=np.int32), content.cells]),
        np.append(weight_of_zero, content.weights),
        np.hstack([np.zeros((n_dims + 1, 1)), content.moments]),
    )


def count_positive(X: NDArray[np.floating], weights: FloatArray, resolution: int) -> Content:
    """Count shapes with positive sides, in a dense grid or, if that would be large, by sorting."""
    n, n_dims = X.shape
    if n == 0:
        return Content.empty(n_dims)
    if resolution > FINEST_FLOAT32:
        X = X.astype(np.float64, copy=False)
    # One more cell at each end, because logarithms of an array may differ in the last digit.
    first, last = np.floor(np.log2([X.min(), X.max()]) * resolution).astype(int)
    lowest, shape = first - 1, (last - first + 3,) * n_dims
    if np.prod(shape, dtype=float) > min(CELLS_PER_SHAPE * n, MAX_GRID):
        logs = np.log2(X.T)
        cells = np.floor(logs * X.dtype.type(resolution)).astype(np.int32)
        logs = logs.astype(np.float64)
        return Content.of(cells, weights, np.vstack([logs, np.square(logs).sum(axis=0)]))
    grid = np.zeros((np.prod(shape), n_dims + 2))
    for start in range(0, n, CHUNK):
        rows = slice(start, start + CHUNK)
        logs = np.log2(np.ascontiguousarray(X[rows].T))
        count_cells(grid, logs, weights[rows], lowest, shape[0], resolution)
    occupied = np.flatnonzero(grid[:, 0])
    cells = np.stack(np.unravel_index(occupied, shape)) + lowest
    sums = grid[occupied]
    moments = (sums[:, 1:] / sums[:, :1]).T
    return Content(cells.astype(np.int32), sums[:, 0], moments)
