"""The methods that all estimators share: predict, transform and score."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    ClusterMixin,
    TransformerMixin,
)
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted, validate_data

from .._documentation import DocumentationLink
from .._kernels import FloatArray, IntArray, nearest, pairwise
from .._persistence import VersionedState
from .._validation import FLOATS, aligned, check_sides, check_weights
from .._warnings import warn
from .._weights import weighted_mean

# This many rows of random numbers look like corners by chance once in 4**FEWEST_CORNERS times.
FEWEST_CORNERS = 8


def are_corners(X: NDArray[np.floating]) -> bool:
    """Whether rows look like corners of boxes rather than like sides of shapes."""
    if X.shape[1] != 4 or len(X) < FEWEST_CORNERS:
        return False
    return bool((X[:, 2] > X[:, 0]).all() and (X[:, 3] > X[:, 1]).all())


class BaseShapeClusterer(
    DocumentationLink,
    VersionedState,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    ClusterMixin,
    BaseEstimator,
):
    """Base class of the clusterers of shapes; subclasses fit `cluster_centers_`."""

    cluster_centers_: NDArray[np.floating]
    labels_: IntArray
    inertia_: float
    average_iou_: float

    def predict(self, X: ArrayLike) -> IntArray:
        """Find the center with the largest IoU for each box.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Side lengths, in the same unit as the fitted boxes.

        Returns
        -------
        labels : ndarray of shape (n_samples,)
            Index of a row of `cluster_centers_`; the first one if several are equally good.
        """
        labels, _ = self._nearest(self._check_shapes(X))
        return labels

    def transform(self, X: ArrayLike) -> NDArray[np.floating]:
        """Compute the IoU distance of each box to each center.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Side lengths, in the same unit as the fitted boxes.

        Returns
        -------
        distances : ndarray of shape (n_samples, n_clusters)
            1 - IoU.
        """
        X = self._check_shapes(X)
        distances = 1.0 - pairwise(X, self.cluster_centers_.astype(np.float64))
        return distances.astype(X.dtype, copy=False)

    def score(self, X: ArrayLike, y: Any = None, sample_weight: ArrayLike | None = None) -> float:
        """Compute the average IoU of the boxes with their best centers.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Side lengths, in the same unit as the fitted boxes.
        y : Ignored
            Present by convention.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the boxes; all 1 by default.

        Returns
        -------
        score : float
            In [0, 1]; higher is better.
        """
        X = self._check_shapes(X)
        weights = check_weights(sample_weight, X)
        return weighted_mean(self._nearest(X)[1], weights)

    def _check_shapes(self, X: ArrayLike, reset: bool = False) -> NDArray[np.floating]:
        if not reset:
            check_is_fitted(self, "cluster_centers_")
        shapes: NDArray[np.floating] = validate_data(
            self, X, reset=reset, dtype=FLOATS, ensure_all_finite=False
        )
        shapes = aligned(shapes)
        check_sides(shapes, caller=type(self).__name__)
        if reset and are_corners(shapes):
            warn(
                "X has four columns, of which the third is always above the first and the fourth "
                "above the second, so these look like corners (x1, y1, x2, y2). They are taken for "
                "the sides of 4-D shapes; for sizes pass "
                "sklearn_iou_kmeans.preprocessing.box_sizes(X)."
            )
        return shapes

    def _nearest(self, X: NDArray[np.floating]) -> tuple[IntArray, FloatArray]:
        return nearest(X, self.cluster_centers_.astype(np.float64))

    def _store(
        self,
        X: NDArray[np.floating],
        sample_weight: FloatArray,
        centers: FloatArray,
        **attributes: Any,
    ) -> Self:
        """Store the centers in the precision of `X`, their scores on it, and other attributes."""
        centers = centers.astype(X.dtype)
        labels, iou = nearest(X, centers.astype(np.float64))
        with np.errstate(over="ignore"):
            inertia = float(np.sum(sample_weight * (1.0 - iou)))
        self.__dict__.update(
            attributes,
            cluster_centers_=centers,
            labels_=labels,
            inertia_=inertia,
            average_iou_=weighted_mean(iou, sample_weight),
        )
        return self

    @property
    def _n_features_out(self) -> int:
        return int(self.cluster_centers_.shape[0])

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.positive_only = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
