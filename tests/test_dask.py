import contextlib
import logging
import os
import signal
import sys
import uuid
from collections import Counter

import numpy as np
import pytest
from joblib import parallel_config
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from test_model_selection_sweep import assert_same_results

from sklearn_iou_kmeans import IoUKMeans, NClustersSweep, ShapeHistogram
from sklearn_iou_kmeans.dask import FAN_IN, shape_histogram
from sklearn_iou_kmeans.datasets import make_boxes
from sklearn_iou_kmeans.preprocessing import box_sizes

pd = pytest.importorskip("pandas")
pytest.importorskip("pyarrow")
dask = pytest.importorskip("dask")
da = pytest.importorskip("dask.array")
dd = pytest.importorskip("dask.dataframe")
distributed = pytest.importorskip("distributed")
psutil = pytest.importorskip("psutil")

N_SAMPLES = 1000
N_PARTS = 24
ROWS = ((300, 0, 250, 450),)  # of the chunks; one is empty
SIDES = ["width", "height", "length"]


def sides(n_dims):
    """Sides over a few octaves, some of them 0, in tenths so that some are equal."""
    X = np.random.RandomState(0).lognormal(3, 1, size=(N_SAMPLES, n_dims)).round(1)
    X[::50, 0] = 0
    return X


def some_weights():
    return np.random.RandomState(1).uniform(0.5, 2, size=N_SAMPLES)


def dask_array(X):
    """A Dask array of known row chunks."""
    return da.from_array(X, chunks=ROWS + tuple((n,) for n in X.shape[1:]))


def unknown_array(X):
    """A Dask array that does not know the sizes of its chunks."""
    array = dask_array(X)
    return array[da.from_array(np.ones(len(X), dtype=bool), chunks=ROWS)]


def dask_frame(X):
    """A Dask dataframe or series, one of its partitions without a row."""
    columns = SIDES[: X.shape[1]] if X.ndim == 2 else None
    data = pd.DataFrame(X, columns=columns) if columns else pd.Series(X, name="weight")
    edges = np.concatenate([[0], np.cumsum(ROWS[0])])
    return dd.from_map(
        lambda start, stop: data.iloc[start:stop], edges[:-1], edges[1:], meta=data.iloc[:0]
    )


def assert_same_histogram(histogram, expected):
    assert histogram.n_samples == expected.n_samples
    assert histogram.n_dims == expected.n_dims
    assert histogram.resolution == expected.resolution
    assert_allclose(histogram.weights, expected.weights, rtol=1e-12)
    assert_allclose(histogram.shapes, expected.shapes, rtol=1e-12)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n_dims", [1, 2, 3])
@pytest.mark.parametrize("collect", [dask_array, unknown_array, dask_frame])
def test_histogram_is_that_of_all_the_boxes(collect, n_dims, weighted):
    X, weights = sides(n_dims), some_weights() if weighted else None
    histogram = shape_histogram(
        collect(X), sample_weight=collect(weights) if weighted else None, resolution=16
    )
    assert_same_histogram(histogram, ShapeHistogram(16).add(X, weights))


@pytest.mark.parametrize("collect", [dask_array, dask_frame])
def test_a_partition_of_weight_zero_is_counted(collect):
    X, weights = sides(2), some_weights()
    weights[: sum(ROWS[0][:2])] = 0
    histogram = shape_histogram(collect(X), sample_weight=collect(weights))
    assert_same_histogram(histogram, ShapeHistogram().add(X, weights))


def test_a_series_of_another_index_is_paired_row_by_row():
    X, weights = sides(2), some_weights()
    series = dd.from_pandas(pd.Series(weights, index=np.arange(N_SAMPLES) + 7), npartitions=5)
    frame = dd.from_pandas(pd.DataFrame(X), npartitions=5)
    histogram = shape_histogram(frame, sample_weight=series)
    assert_same_histogram(histogram, ShapeHistogram().add(X, weights))


@pytest.mark.parametrize("collect", [dask_array, unknown_array])
def test_chunks_along_the_columns_are_put_together(collect):
    X = sides(3)
    assert_same_histogram(shape_histogram(collect(X).rechunk({1: 1})), ShapeHistogram().add(X))


@pytest.mark.parametrize("dtype", ["int64", "float32", "Int64", "Float32", "double[pyarrow]"])
def test_any_numeric_dtype_of_a_frame(dtype):
    X = sides(2).round()
    frame = dd.from_pandas(pd.DataFrame(X, columns=SIDES[:2]).astype(dtype), npartitions=3)
    plain = X.astype(np.float32) if dtype == "float32" else X
    histogram, expected = shape_histogram(frame), ShapeHistogram().add(plain)
    assert_array_equal(histogram.weights, expected.weights)
    assert_allclose(histogram.shapes, expected.shapes, rtol=1e-6)


def test_boxes_are_merged_in_a_tree():
    X = sides(2)
    array, graphs = da.from_array(X, chunks=(10, 2)), []
    with dask.config.set(scheduler="synchronous"), dask.callbacks.Callback(start=graphs.append):
        histogram = shape_histogram(array)
    n_inputs = [len(inputs) for inputs in dask.core.get_deps(graphs[0])[0].values()]
    assert array.npartitions > FAN_IN**2
    assert max(n_inputs) == FAN_IN
    assert_same_histogram(histogram, ShapeHistogram().add(X))


@pytest.mark.parametrize("filesystem", ["fsspec", "arrow"])
def test_parquet_partitions_stay_as_they_are(tmp_path, filesystem):
    """Dask joins partitions of which few columns are needed: pairs and numbers must not move."""
    wide = pd.DataFrame(sides(2), columns=SIDES[:2])
    wide[[f"unused {i}" for i in range(20)]] = 0.0
    for number in range(10):
        wide[100 * number : 100 * (number + 1)].to_parquet(tmp_path / f"{number}.parquet")
    X = dd.read_parquet(tmp_path, filesystem=filesystem)[SIDES[:2]]
    parts = [X.partitions[number].compute() for number in range(10)]
    weights = np.repeat(np.arange(1.0, 11.0), 100)
    histogram = shape_histogram(X, sample_weight=dd.from_pandas(pd.Series(weights), npartitions=10))
    assert_same_histogram(histogram, ShapeHistogram().add(np.concatenate(parts), weights))

    widest = wide["width"].max()
    number = [part["width"].max() for part in parts].index(widest)
    with pytest.raises(ValueError, match=rf"^Partition {number}: Negative values"):
        shape_histogram(X.assign(width=X["width"].replace(widest, -1)))


def test_a_persisted_collection_can_be_summarised_again():
    X = sides(2)
    array = dask_array(X).persist()
    first, second = shape_histogram(array), shape_histogram(array)
    assert_array_equal(first.weights, second.weights)
    assert_same_histogram(first.merge(second), ShapeHistogram().add(np.concatenate([X, X])))


@pytest.mark.parametrize("collect", [dask_array, unknown_array, dask_frame])
@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (np.nan, r"^Partition 2: Input X contains NaN: X\[5, 1\] is nan"),
        (np.inf, r"^Partition 2: Input X contains infinity: X\[5, 1\] is inf"),
        (-3.0, r"^Partition 2: Negative values .* X\[5, 1\] is -3.0"),
    ],
)
def test_a_bad_side_is_reported_with_its_partition(collect, bad, message):
    X = sides(2)
    X[305, 1] = bad
    with pytest.raises(ValueError, match=message):
        shape_histogram(collect(X))


def test_a_bad_weight_is_reported_with_its_partition():
    X, weights = sides(2), some_weights()
    weights[305] = -1
    with pytest.raises(ValueError, match=r"^Partition 2: Negative values .* `sample_weight`"):
        shape_histogram(dask_array(X), sample_weight=dask_array(weights))


def test_weights_of_other_rows_are_refused():
    X, weights = sides(2), some_weights()
    with pytest.raises(ValueError, match="sample_weight has 5 partitions and X has 4"):
        shape_histogram(dask_array(X), sample_weight=da.from_array(weights, chunks=200))
    series = dd.from_pandas(pd.Series(weights), npartitions=5)
    with pytest.raises(ValueError, match="sample_weight has 5 partitions and X has 4"):
        shape_histogram(dask_frame(X), sample_weight=series)
    with (
        dask.config.set(scheduler="synchronous"),  # else three partitions race to be the first
        pytest.raises(ValueError, match=r"^Partition [03]: sample_weight.shape == \(250,\)"),
    ):
        shape_histogram(dask_array(X), sample_weight=da.from_array(weights, chunks=250))


def test_weights_of_another_kind_are_refused():
    X, weights = sides(2), some_weights()
    with pytest.raises(TypeError, match="must be a Dask array as X is, got ndarray"):
        shape_histogram(dask_array(X), sample_weight=weights)
    with pytest.raises(TypeError, match="must be a Dask array as X is, got Series"):
        shape_histogram(dask_array(X), sample_weight=dask_frame(weights))
    with pytest.raises(TypeError, match="must be a Dask series as X is, got Array"):
        shape_histogram(dask_frame(X), sample_weight=dask_array(weights))
    with pytest.raises(ValueError, match=r"of shape \(n_samples,\), got 2 dimensions"):
        shape_histogram(dask_array(X), sample_weight=dask_array(X))


@pytest.mark.parametrize(
    "X", [sides(2), pd.DataFrame(sides(2)), [[1, 2]], dask_frame(sides(2))["width"]]
)
def test_what_is_not_a_collection_of_boxes_is_refused(X):
    with pytest.raises(TypeError, match=rf"got {type(X).__name__}: use ShapeHistogram\(\)\.add"):
        shape_histogram(X)


def test_one_dimension_is_refused():
    with pytest.raises(ValueError, match=r"got 1 dimension.* X\[:, None\]"):
        shape_histogram(dask_array(some_weights()))


def test_columns_that_are_not_sides_are_named():
    frame = dask_frame(sides(2)).assign(category="car")
    with pytest.raises(ValueError, match=r"Columns \['category'\] of X are not numeric"):
        shape_histogram(frame)


def test_a_bad_resolution_is_refused_before_anything_is_read():
    with pytest.raises(ValueError, match="resolution == 0, must be >= 1"):
        shape_histogram(dask_array(sides(2)), resolution=0)


def test_dask_is_named_where_it_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "dask", None)
    with pytest.raises(ImportError, match=r'pip install "sklearn-iou-kmeans\[dask\]"'):
        shape_histogram(None)


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    """A cluster of two worker processes of one thread, of which none stays behind."""
    # A worker that was killed is not waited for half a minute.
    with (
        dask.config.set({"distributed.comm.timeouts.connect": "3s"}),
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            memory_limit=0,  # other processes of a busy machine are no reason to pause
            dashboard_address=":0",
            silence_logs=logging.CRITICAL,
            local_directory=tmp_path_factory.mktemp("workers"),
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client
        workers = [psutil.Process(pid) for pid in client.run(os.getpid).values()]
    _, alive = psutil.wait_procs(workers, timeout=10)
    assert not alive


class Parts:
    """Boxes with weights in N_PARTS files, and a log of who read them."""

    def __init__(self, folder):
        self.files, self.log, self.killed = folder / "files", folder / "log", folder / "killed"
        self.files.mkdir()
        self.log.mkdir()
        self.X, self.weights = sides(2), some_weights()
        rows = np.column_stack([self.X, self.weights])
        for number, part in enumerate(np.array_split(rows, N_PARTS)):
            np.save(self.files / f"{number}.npy", part)

    def read(self, number, deadly_after=None):
        """Read a file; kill the first process that has read `deadly_after` before."""
        pid = os.getpid()
        n_before = len(list(self.log.glob(f"*-{pid}-*")))
        (self.log / f"{number}-{pid}-{uuid.uuid4().hex}").touch()
        if n_before == deadly_after:
            with contextlib.suppress(FileExistsError):
                self.killed.touch(exist_ok=False)
                os.kill(pid, signal.SIGKILL)
        return np.load(self.files / f"{number}.npy")

    def reads(self):
        """How often each file was read."""
        return Counter(int(path.name.split("-")[0]) for path in self.log.iterdir())

    def array(self, **kwargs):
        """Sides and weights as two arrays of one source."""
        read = dask.delayed(self.read)
        parts = [
            da.from_delayed(read(number, **kwargs), shape=(np.nan, 3), dtype=float)
            for number in range(N_PARTS)
        ]
        rows = da.concatenate(parts, allow_unknown_chunksizes=True)
        return rows[:, :2], rows[:, 2]

    def frame(self):
        """Sides and weights as a dataframe and a series of one source."""
        columns = [*SIDES[:2], "weight"]

        def read(number):
            return pd.DataFrame(self.read(number), columns=columns)

        frame = dd.from_map(read, range(N_PARTS), meta=pd.DataFrame(columns=columns, dtype=float))
        return frame[SIDES[:2]], frame["weight"]


@pytest.mark.parametrize("collect", [Parts.array, Parts.frame])
def test_workers_read_each_partition_once(client, tmp_path, collect):
    parts = Parts(tmp_path)
    X, weights = collect(parts)
    histogram = shape_histogram(X, sample_weight=weights)
    assert parts.reads() == dict.fromkeys(range(N_PARTS), 1)
    assert_same_histogram(histogram, ShapeHistogram().add(parts.X, parts.weights))


def test_a_sweep_on_the_workers_is_that_of_one_process(client):
    X = box_sizes(make_boxes(4000, random_state=0).data)
    sweep = NClustersSweep(IoUKMeans(), [2, 4], n_init=3, cv=2, random_state=0)
    alone = clone(sweep).fit(X)
    with parallel_config(backend="dask"):
        on_workers = sweep.fit(X)
    assert_same_results(on_workers, alone)


def test_result_is_right_when_a_worker_is_killed(client, tmp_path):
    parts = Parts(tmp_path)
    X, weights = parts.array(deadly_after=5)
    workers = set(client.run(os.getpid).values())
    histogram = shape_histogram(X, sample_weight=weights)
    client.wait_for_workers(2, timeout=60)
    assert len(workers & set(client.run(os.getpid).values())) == 1
    reads = parts.reads()
    assert reads.keys() == set(range(N_PARTS))
    assert reads.total() > N_PARTS
    assert_same_histogram(histogram, ShapeHistogram().add(parts.X, parts.weights))


def test_a_bad_side_on_a_worker_is_reported_to_the_caller(client):
    X = sides(2)
    X[305, 1] = np.nan
    with pytest.raises(ValueError, match=r"^Partition 2: Input X contains NaN"):
        shape_histogram(dask_array(X))


def test_anchors_are_as_good_as_those_of_all_the_boxes(client):
    X = box_sizes(make_boxes(60_000, random_state=0).data)
    histogram = shape_histogram(da.from_array(X, chunks=(5000, 2)))
    kmeans = IoUKMeans(9, random_state=0)
    expected = kmeans.fit(X).average_iou_
    kmeans.fit(histogram.shapes, sample_weight=histogram.weights)
    assert kmeans.score(X) == pytest.approx(expected, abs=1e-4)
