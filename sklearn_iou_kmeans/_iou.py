"""IoU of shapes.

Boxes that share a corner overlap in a box whose sides are the smaller of theirs, so a shape is
all that counts: its sides, one a column. Nothing is checked here. Products of sides neither
overflow nor vanish once the sides were multiplied by `common_scale`.
"""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]

# Shapes worked on at once: the working arrays of a block, 0.6 MB, stay in the processor's cache.
BLOCK = 16_384

# Keeps 0 / 0 away: a shape without volume has IoU 0 with every shape, itself included.
TINY = np.finfo(np.float64).tiny


def common_scale(*arrays: NDArray[np.floating]) -> FloatArray:
    """Powers of two, one a side, that let products of sides use the whole range of float64.

    IoU stays the same when a side of all shapes is multiplied by a number, and a power of two
    changes no digit. The largest volume comes near 2**960; one 1e-580 times as large is still more
    than 0.
    """
    largest = np.max([np.max(array, axis=0, initial=0.0) for array in arrays], axis=0)
    exponents = 960 // len(largest) - np.frexp(np.asarray(largest, dtype=np.float64))[1]
    return np.asarray(np.ldexp(1.0, np.clip(exponents, -1022, 1022)))


def volumes(X: FloatArray) -> FloatArray:
    """Product of the sides of each row; side by side, as a product over short rows is slow."""
    volume = X[:, 0].copy()
    for side in X.T[1:]:
        volume *= side
    return volume


def pairwise(X: FloatArray, Y: FloatArray) -> FloatArray:
    """IoU of every row of `X`, (n, n_dims), with every row of `Y`, (m, n_dims)."""
    intersection: FloatArray = np.minimum(X[:, :1], Y[:, 0])
    for side in range(1, X.shape[1]):
        intersection *= np.minimum(X[:, side, None], Y[:, side])
    union = volumes(X)[:, None] + np.maximum(volumes(Y), TINY)
    union -= intersection
    intersection /= union
    return intersection


def aligned(X: FloatArray, Y: FloatArray) -> FloatArray:
    """IoU of each row of `X` with the same row of `Y`, or with its only one."""
    intersection = volumes(np.minimum(X, Y))
    union = volumes(X) + np.maximum(volumes(Y), TINY) - intersection
    return intersection / union


def nearest(X: NDArray[np.floating], centers: FloatArray) -> tuple[IntArray, FloatArray]:
    """For every shape the index of the center with the largest IoU, and that IoU.

    Of equally good centers the first is taken. Memory is that of the result and of one block,
    whatever the number of centers.
    """
    n, n_dims = X.shape
    labels = np.zeros(n, dtype=np.int32)
    iou = np.zeros(n)
    center_volumes = np.maximum(volumes(centers), TINY)
    size = min(n, BLOCK)
    floats, is_better, index = np.empty((3, size)), np.empty(size, bool), np.empty(size, np.int32)
    for start in range(0, n, BLOCK):
        block = np.array(X[start : start + BLOCK].T, dtype=np.float64, order="C")
        width = block.shape[1]
        volume = np.multiply.reduce(block)
        overlap, smaller, union = floats[:, :width]
        better, candidate = is_better[:width], index[:width]
        best, label = iou[start : start + width], labels[start : start + width]
        for i, center in enumerate(centers):
            np.minimum(block[0], center[0], out=overlap)
            for side in range(1, n_dims):
                np.minimum(block[side], center[side], out=smaller)
                np.multiply(overlap, smaller, out=overlap)
            np.add(volume, center_volumes[i], out=union)
            np.subtract(union, overlap, out=union)
            np.divide(overlap, union, out=overlap)
            # Indices ascend, so the largest index that was ever better is the last that was.
            np.greater(overlap, best, out=better)
            np.maximum(best, overlap, out=best)
            np.multiply(better, np.int32(i), out=candidate)
            np.maximum(label, candidate, out=label)
    return labels, iou
