"""A ShapeHistogram of the boxes in a Dask collection."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._histogram import ShapeHistogram

if TYPE_CHECKING:
    import dask.array as da
    import dask.dataframe as dd
    from dask.delayed import Delayed

# Number of histograms that one task merges: more make the tree flatter, and need more memory.
FAN_IN = 8


def shape_histogram(
    X: "da.Array | dd.DataFrame",
    *,
    sample_weight: "da.Array | dd.Series | None" = None,
    resolution: int = 64,
) -> ShapeHistogram:
    """Summarise the boxes of a Dask array or DataFrame, without collecting them on one machine.

    The worker that reads a partition computes its histogram, and the histograms are merged in a
    tree. Fit anchors to the result with
    ``IoUKMeans().fit(histogram.shapes, sample_weight=histogram.weights)``.

    The histogram is computed immediately, with the current scheduler: that of a
    ``distributed.Client`` or of ``dask.config.set(scheduler=...)``, otherwise threads.

    Parameters
    ----------
    X : dask.array.Array or dask.dataframe.DataFrame, of shape (n_samples, n_dims)
        Side lengths in one unit, finite and >= 0. Select the columns of a DataFrame first, for
        example ``frame[["width", "height"]]``. Row chunks may be empty or of unknown size. Column
        chunks are concatenated on the worker.
    sample_weight : dask.array.Array or dask.dataframe.Series, of shape (n_samples,), default=None
        Weights of the shapes; all 1 by default. An array if `X` is an array, a Series if `X` is a
        DataFrame, with the same partitions as `X`. Rows are matched by their position in the
        partition; the index is ignored.
    resolution : int, default=64
        Number of bins per octave, as in :class:`~sklearn_iou_kmeans.ShapeHistogram`.

    Returns
    -------
    histogram : ShapeHistogram
        Up to rounding, the same as ``ShapeHistogram(resolution).add(X, sample_weight)``.

    Raises
    ------
    TypeError
        If `X` or `sample_weight` is not a Dask collection of these types.
    ValueError
        If `X` does not have two dimensions or has a non-numeric column, or if `sample_weight` has
        a different number of partitions. Also if a partition contains a negative or non-finite
        side, or does not have one weight for each row; the message then begins with the number of
        the partition: ``X.partitions[number]`` of a DataFrame, ``X.blocks[number]`` of an array.
    ImportError
        If Dask is not installed; install the `dask` extra.

    Notes
    -----
    Each thread of a worker needs memory for one partition, and about 100 MB to count it or to merge
    8 histograms. A histogram has at most 262 144 cells, or 8 MB for two sides, for any number of
    boxes. Only the final histogram is sent to the caller.

    Each partition is read once, even if `X` and `sample_weight` come from the same source. If a
    worker dies, Distributed recomputes its histograms on another worker, which reads the partitions
    again; the result is the same. If a partition kills several workers, usually because it does not
    fit in their memory, ``distributed.KilledWorker`` is raised: use smaller partitions.

    Examples
    --------
    >>> import dask.array as da
    >>> from sklearn_iou_kmeans.dask import shape_histogram
    >>> X = da.array([[10, 20], [10.01, 20.01], [300, 200], [40, 30]]).rechunk((2, 2))
    >>> histogram = shape_histogram(X)
    >>> histogram
    <ShapeHistogram of 4 shapes in 3 cells, 64 bins per octave>
    >>> histogram.weights
    array([2., 1., 1.])
    """
    _require_dask()
    from dask.delayed import delayed

    ShapeHistogram(resolution)  # refuses a bad resolution before anything is read
    histograms = _of_partitions(X, sample_weight, resolution)
    merge = delayed(_merge)
    while len(histograms) > 1:
        histograms = [
            merge(resolution, *histograms[start : start + FAN_IN])
            for start in range(0, len(histograms), FAN_IN)
        ]
    histogram: ShapeHistogram = histograms[0].compute()
    return histogram


def _require_dask() -> None:
    try:
        import dask.array
        import dask.dataframe  # noqa: F401
    except ImportError as error:
        raise ImportError(
            'shape_histogram needs Dask: pip install "sklearn-iou-kmeans[dask]"'
        ) from error


def _of_partitions(X: Any, sample_weight: Any, resolution: int) -> "list[Delayed]":
    """Make a delayed histogram of each partition."""
    import dask.array as da
    import dask.dataframe as dd

    if isinstance(X, da.Array):
        _check_array(X)
        _check_weights(sample_weight, da.Array, X.numblocks[0])
        return _of_chunks(X, sample_weight, resolution)
    if isinstance(X, dd.DataFrame):
        _check_frame(X)
        _check_weights(sample_weight, dd.Series, X.npartitions)
        return _of_frames(X, sample_weight, resolution)
    raise TypeError(
        f"X must be a Dask array or a Dask dataframe, got {type(X).__name__}: use "
        "ShapeHistogram().add for boxes in memory."
    )


# X and sample_weight are combined into one collection of histograms, so that Dask reads a common
# source of the two only once.


def _of_chunks(X: "da.Array", sample_weight: Any, resolution: int) -> "list[Delayed]":
    import dask.array as da

    histograms = da.blockwise(
        _summarise_chunk,
        "i",
        da.arange(X.numblocks[0], chunks=1),
        "i",
        X,
        "ij",
        sample_weight,
        None if sample_weight is None else "i",
        resolution=resolution,
        concatenate=True,
        align_arrays=False,
        meta=np.empty(0, dtype=object),
    )
    return list(histograms.to_delayed())


def _of_frames(X: "dd.DataFrame", sample_weight: Any, resolution: int) -> "list[Delayed]":
    import dask
    import dask.dataframe as dd

    histograms = dd.map_partitions(
        _summarise_frame,
        X,
        sample_weight,
        resolution=resolution,
        meta=(None, object),
        enforce_metadata=False,
    )
    # Tuning would merge small Parquet partitions of X, but not those of sample_weight.
    with dask.config.set({"optimization.tune.active": False}):
        return list(histograms.to_delayed())


def _summarise_chunk(
    number: NDArray[np.int64], X: ArrayLike, sample_weight: ArrayLike | None, *, resolution: int
) -> ShapeHistogram:
    return _summarise(number.item(), X, sample_weight, resolution)


def _summarise_frame(
    X: ArrayLike,
    sample_weight: ArrayLike | None,
    *,
    resolution: int,
    partition_info: dict[str, Any],
) -> ShapeHistogram:
    return _summarise(partition_info["number"], X, sample_weight, resolution)


def _summarise(
    number: int, X: ArrayLike, sample_weight: ArrayLike | None, resolution: int
) -> ShapeHistogram:
    try:
        return ShapeHistogram(resolution).add(X, sample_weight)
    except ValueError as error:
        raise ValueError(f"Partition {number}: {error}") from error


def _merge(resolution: int, *histograms: ShapeHistogram) -> ShapeHistogram:
    """Merge into a new histogram, because Dask may use the results of its tasks again."""
    merged = ShapeHistogram(resolution)
    for histogram in histograms:
        merged.merge(histogram)
    return merged


def _check_array(X: "da.Array") -> None:
    if X.ndim != 2:
        raise ValueError(
            f"X must be of shape (n_samples, n_dims), got {X.ndim} dimension(s): a single side is "
            "X[:, None]."
        )


def _check_frame(X: "dd.DataFrame") -> None:
    others = list(X.select_dtypes(exclude="number").columns)
    if others:
        raise ValueError(
            f"Columns {others} of X are not numeric: choose the sides, as in "
            'X[["width", "height"]].'
        )


def _check_weights(sample_weight: Any, kind: Any, n_partitions: int) -> None:
    if sample_weight is None:
        return
    if not isinstance(sample_weight, kind):
        raise TypeError(
            f"sample_weight must be a Dask {kind.__name__.lower()} as X is, got "
            f"{type(sample_weight).__name__}."
        )
    if sample_weight.ndim != 1:
        raise ValueError(
            f"sample_weight must be of shape (n_samples,), got {sample_weight.ndim} dimensions."
        )
    if sample_weight.npartitions != n_partitions:
        raise ValueError(
            f"sample_weight has {sample_weight.npartitions} partitions and X has {n_partitions}: "
            "give both the same, as they are paired one by one."
        )
