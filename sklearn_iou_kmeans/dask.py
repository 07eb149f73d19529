"""A ShapeHistogram of the boxes in a Dask collection."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._histogram import ShapeHistogram

if TYPE_CHECKING:
    import dask.array as da
    import dask.dataframe as dd
    from dask.delayed import Delayed

# Histograms merged by one task: enough to keep the tree flat, few enough for any worker.
FAN_IN = 8


def shape_histogram(
    X: "da.Array | dd.DataFrame",
    *,
    sample_weight: "da.Array | dd.Series | None" = None,
    resolution: int = 64,
) -> ShapeHistogram:
    """Summarise the boxes of a Dask array or dataframe, without ever collecting them.

    Each partition becomes a histogram where it is read, and the histograms are merged in a tree.
    ``IoUKMeans().fit(histogram.shapes, sample_weight=histogram.weights)`` then finds the anchors.
    It computes at once, with the scheduler that is set: a ``distributed.Client``,
    ``dask.config.set(scheduler=...)``, else threads.

    Parameters
    ----------
    X : dask.array.Array or dask.dataframe.DataFrame, of shape (n_samples, n_dims)
        Side lengths in one unit, finite and >= 0. Of a dataframe choose the sides beforehand, as
        in ``frame[["width", "height"]]``. Row chunks may be of unknown size or empty. Chunks along
        the columns are put together on the worker.
    sample_weight : dask.array.Array or dask.dataframe.Series, of shape (n_samples,), default=None
        Weights of the shapes; all 1 by default. An array for an array, a series for a dataframe,
        with the same partitions as `X`: they are paired partition by partition and row by row,
        whatever the index says.
    resolution : int, default=64
        Number of bins per octave, as in :class:`~sklearn_iou_kmeans.ShapeHistogram`.

    Returns
    -------
    histogram : ShapeHistogram
        What ``ShapeHistogram(resolution).add(X, sample_weight)`` would hold, up to rounding.

    Raises
    ------
    TypeError
        If `X` or `sample_weight` is not such a Dask collection.
    ValueError
        If `X` does not have two dimensions or has a column that is not numeric, or if
        `sample_weight` has another number of partitions. Also if a partition holds a side that is
        negative or not finite or does not have one weight a row; the message then begins with its
        number, as in ``X.partitions[number]`` of a dataframe and ``X.blocks[number]`` of an array.
    ImportError
        If Dask is not installed; the extra `dask` brings it.

    Notes
    -----
    Each thread of a worker needs memory for one partition and some 100 MB to count it or to merge 8
    histograms. These hold at most 262 144 cells each, 8 MB for two sides, however many boxes went
    in. Only the last histogram travels to the caller.

    Each partition is read once, also where `X` and `sample_weight` come from the same source. The
    exception is a worker that dies: Distributed then computes the histograms that were lost with it
    again on another worker, and reads their partitions again. A histogram is lost or kept as a
    whole, so the result is the same. A partition that takes several workers down, which mostly
    means that it does not fit in their memory, ends in ``distributed.KilledWorker``: make the
    partitions smaller.

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
    """Histogram of each partition, to be computed where the partition is read."""
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


# X and sample_weight enter one collection, whose blocks are histograms: Dask sees where they have a
# source in common and reads it once. Two collections would each read it.


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
    # Tuning would join small Parquet partitions of X and not those of sample_weight.
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
    """Merge into an empty histogram: Dask may use its tasks' results again."""
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
