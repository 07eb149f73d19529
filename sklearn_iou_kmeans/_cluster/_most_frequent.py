"""A naive baseline: the shapes that occur most often."""

from numbers import Integral
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.exceptions import ConvergenceWarning

from .._atomic import atomic
from .._distinct import distinct_shapes
from .._kernels import FloatArray
from .._sklearn import Interval, validates_parameters
from .._validation import check_weights
from .._warnings import warn
from .._weights import rescaled_and_exponent
from ._base import BaseShapeClusterer


class MostFrequentShapes(BaseShapeClusterer):
    """Use the most frequent distinct shapes as cluster centers.

    A baseline to compare anchors to. On a pixel grid small shapes are repeated most, so the most
    frequent shapes are small and similar to each other, and fit large boxes badly.

    Parameters
    ----------
    n_clusters : int, default=8
        Number of shapes.

    Attributes
    ----------
    cluster_centers_ : ndarray of shape (n_centers, n_features)
        The shapes, the most frequent first (ties by the first side): `n_clusters`, or as many as
        are distinct, with a warning, if these are fewer.
    counts_ : ndarray of shape (n_centers,)
        Number of boxes of each shape: the sum of their weights.
    labels_ : ndarray of shape (n_samples,)
        Index of the best center of each box.
    inertia_ : float
        Sum of weight x (1 - IoU with the best center).
    average_iou_ : float
        Weighted mean over the boxes of the IoU with the best center, in [0, 1].
    n_features_in_ : int
        Number of sides.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns of `X`, if it has names.

    See Also
    --------
    IoUKMeans : Centers that maximise the average IoU.

    Examples
    --------
    >>> from sklearn_iou_kmeans import MostFrequentShapes
    >>> X = [[10, 8], [10, 8], [10, 8], [40, 30], [40, 30], [90, 60]]
    >>> baseline = MostFrequentShapes(n_clusters=2).fit(X)
    >>> baseline.cluster_centers_
    array([[10.,  8.], [40., 30.]])
    >>> round(baseline.average_iou_, 3)
    0.87
    """

    counts_: FloatArray

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_clusters": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(self, n_clusters: int = 8) -> None:
        self.n_clusters = n_clusters

    @validates_parameters
    @atomic
    def fit(self, X: ArrayLike, y: Any = None, sample_weight: ArrayLike | None = None) -> Self:
        """Count the distinct shapes and keep the most frequent ones.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Side lengths of boxes in one unit, finite and >= 0.
        y : Ignored
            Present by convention.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the boxes; all 1 by default.

        Returns
        -------
        self : object
            The fitted estimator.
        """
        X = self._check_shapes(X, reset=True)
        weights = check_weights(sample_weight, X)
        scaled, exponent = rescaled_and_exponent(weights)
        shapes, counts = distinct_shapes(X.astype(np.float64), scaled)
        if len(shapes) < self.n_clusters:
            warn(
                f"X has {len(shapes)} distinct shapes, fewer than n_clusters={self.n_clusters}: "
                f"only {len(shapes)} centers are kept.",
                ConvergenceWarning,
            )
        most_frequent = np.argsort(-counts, kind="stable")[: self.n_clusters]
        with np.errstate(over="ignore"):
            counts = np.ldexp(counts[most_frequent], exponent)
        return self._store(X, weights, shapes[most_frequent], counts_=counts)
