"""IoU of shapes.

Boxes that share a corner overlap in a box whose sides are the smaller of theirs, so a shape is
all that counts: its sides, one a column. Nothing is checked here. Products of sides neither
overflow nor vanish once the sides were multiplied by `common_scale`.
"""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]

# Shapes worked on at once, and shapes x centers: working arrays that stay in the processor's cache.
BLOCK, TABLE, LEAST_BLOCK = 16_384, 65_536, 16

# Elements of NumPy's buffer: of operands that are repeated over rows, of which several fit into it,
# it makes copies, and they take longer than the work.
BUFFER = 512

# Keeps 0 / 0 away: a shape without volume has IoU 0 with every shape, itself included.
TINY = np.finfo(np.float64).tiny


def common_scale(*arrays: NDArray[np.floating]) -> FloatArray:
    """Powers of two, one a side, that let products of sides use the whole range of float64.

    IoU stays the same when a side of all shapes is multiplied by a number, and a power of two
    changes no digit. The largest volume comes near 2**960; one 1e-580 times as large is still more
    than 0.
    """
    # Side by side, as the largest of many short rows is slow to find.
    sides = zip(*(array.T for array in arrays), strict=True)
    largest = [max(float(side.max(initial=0.0)) for side in parts) for parts in sides]
    exponents = 960 // len(largest) - np.frexp(largest)[1]
    return np.asarray(np.ldexp(1.0, np.clip(exponents, -1022, 1022)))


def volumes(X: FloatArray) -> FloatArray:
    """Product of the sides of each row; side by side, as a product over short rows is slow."""
    volume = X[:, 0].copy()
    for side in X.T[1:]:
        volume *= side
    return volume


def pairwise(X: FloatArray, Y: FloatArray) -> FloatArray:
    """IoU of every row of `X`, (n, n_dims), with every row of `Y`, (m, n_dims)."""
    return overlaps(Y, np.ascontiguousarray(X.T)).T


def overlaps(
    centers: FloatArray, sides: FloatArray, tables: FloatArray | None = None
) -> FloatArray:
    """IoU of every row of `centers`, (m, n_dims), with every column of `sides`, (n_dims, n).

    Two `tables` to work in, of the shape of the result, can be passed: it lies in the first.
    """
    if tables is None:
        tables = np.empty((2, len(centers), sides.shape[1]))
    intersection: FloatArray
    intersection, table = tables
    with np.errstate():
        np.setbufsize(BUFFER)
        # The minimum, as no side is < 0; NumPy has a quicker loop to clip an array by one number.
        sides[0].clip(0.0, centers[:, :1], out=intersection)
        for side in range(1, len(sides)):
            intersection *= sides[side].clip(0.0, centers[:, side, None], out=table)
        center_volumes = np.maximum(volumes(centers), TINY)
        union = np.add(np.multiply.reduce(sides), center_volumes[:, None], out=table)
        union -= intersection
        intersection /= union
    return intersection


def aligned(X: FloatArray, Y: FloatArray) -> FloatArray:
    """IoU of each row of `X` with the same row of `Y`, or with its only one."""
    intersection: FloatArray = np.minimum(X[:, 0], Y[:, 0])
    for side in range(1, X.shape[1]):
        intersection *= np.minimum(X[:, side], Y[:, side])
    union = volumes(X)
    union += np.maximum(volumes(Y), TINY)
    union -= intersection
    intersection /= union
    return intersection


def nearest(
    X: NDArray[np.floating], centers: NDArray[np.floating], scale: FloatArray | None = None
) -> tuple[IntArray, FloatArray]:
    """For every shape the index of the center with the largest IoU, and that IoU.

    Both are multiplied by `scale` first. Of equally good centers the first is taken. Memory is that
    of the result and of one block.
    """
    scale = np.ones(X.shape[1]) if scale is None else scale
    centers = centers * scale
    n, n_centers = len(X), len(centers)
    labels, iou = np.empty(n, dtype=np.int32), np.empty(n)
    # The first of equals has the highest rank; small integers are quick to compare.
    ranks = np.arange(n_centers, 0, -1, dtype=np.min_scalar_type(n_centers))[:, None]
    size = max(TABLE // n_centers, LEAST_BLOCK)
    tables = np.empty((2, n_centers, min(size, n)))
    for start in range(0, n, size):
        block = np.array(X[start : start + size].T, dtype=np.float64, order="C")
        block *= scale[:, None]
        table = overlaps(centers, block, tables[:, :, : block.shape[1]])
        rows = slice(start, start + size)
        best = np.maximum.reduce(table, axis=0, out=iou[rows])
        rank = np.maximum.reduce((table == best) * ranks, axis=0)
        np.subtract(n_centers, rank, out=labels[rows], casting="unsafe")
    return labels, iou
