"""What the package computes, in so few lines that it can be seen to be right.

IoU and scores are exact, in fractions. The best centers are enclosed: a lower bound that centers
reach, and an upper bound that follows from one inequality.
"""

from fractions import Fraction
from functools import cache
from itertools import pairwise, product
from math import prod

import numpy as np


def exact_iou(a, c):
    """Overlap over union of two shapes that share a corner; 0 / 0 is 0."""
    a, c = [Fraction(float(side)) for side in a], [Fraction(float(side)) for side in c]
    shared = prod(map(min, a, c))
    union = prod(a) + prod(c) - shared
    return shared / union if union else Fraction(0)


def exact_score(X, weights, centers):
    """The weighted average of the IoU with the best center."""
    weights = [Fraction(float(weight)) for weight in weights]
    best = [max(exact_iou(a, c) for c in centers) for a in X]
    return sum(map(prod, zip(weights, best, strict=True))) / sum(weights)


def best_center(X, weights, gap):
    """Enclose the largest weighted sum of the IoU with a single center, to within `gap`.

    In each side IoU falls the further the center is from the shape, above or below. So within a
    rectangle of centers none has a larger IoU with a shape than the one whose sides are nearest to
    those of the shape. No best center is smaller than the smallest or larger than the largest
    side.
    """
    sides = [np.unique(side) for side in X.T]
    corners = np.array(list(product(*sides)))
    best = sums_of_iou(X, weights, corners).max()
    cells = [list(pairwise(s)) or [(s[0], s[0])] for s in sides]
    low, high = np.moveaxis(np.array(list(product(*cells))), 2, 0)
    while True:
        bounds = sums_of_iou(X, weights, np.clip(X[:, None], low, high))
        left = bounds > best + gap
        if not left.any():
            return best, best + gap
        low, high = low[left], high[left]
        middle = (low + high) / 2
        best = max(best, sums_of_iou(X, weights, middle).max())
        halves = list(product(*[[(0, 1), (1, 2)]] * X.shape[1]))
        ends = np.stack([low, middle, high])
        low = np.concatenate([pick(ends, [first for first, _ in half]) for half in halves])
        high = np.concatenate([pick(ends, [second for _, second in half]) for half in halves])


def pick(ends, numbers):
    """One of the three ends for each side."""
    return np.stack([ends[number, :, j] for j, number in enumerate(numbers)], axis=1)


def sums_of_iou(X, weights, centers):
    """The weighted sum of IoU for each of `centers` (m, d), or for one a shape (n, m, d)."""
    X = X[:, None]
    shared = np.minimum(X, centers).prod(axis=2)
    return weights @ (shared / (X.prod(axis=2) + centers.prod(axis=-1) - shared))


def best_partition(X, weights, n_clusters, gap):
    """Enclose the largest average IoU of `n_clusters` centers: the best of all partitions."""
    n, total = len(X), weights.sum()

    @cache
    def of_one_cluster(rows):
        chosen = [i for i in range(n) if rows >> i & 1]
        return best_center(X[chosen], weights[chosen], gap * total / n_clusters)[0]

    @cache
    def of_clusters(rows, n_left):
        if n_left == 1 or rows == 0:
            return of_one_cluster(rows) if rows else 0.0
        first, best, part = rows & -rows, 0.0, rows
        while part:  # every part of the rows that has the first
            if part & first:
                best = max(best, of_one_cluster(part) + of_clusters(rows ^ part, n_left - 1))
            part = (part - 1) & rows
        return best

    best = of_clusters(2**n - 1, n_clusters) / total
    return best, best + gap
