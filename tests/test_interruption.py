"""Ctrl-C at any line, a kill at any time, several threads and processes.

An interrupted call leaves what was there before or what it was to leave, never a mixture.
"""

import copy
import gzip
import json
import linecache
import multiprocessing
import os
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fuzz_inputs import LAYOUTS
from sessions import needs_proc, press_ctrl_c, start_session, wait_for_the_end_of_all
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from sklearn_iou_kmeans import (
    IoUKMeans,
    MostFrequentShapes,
    NClustersSweep,
    ShapeHistogram,
    datasets,
)
from sklearn_iou_kmeans.cli import _outputs
from sklearn_iou_kmeans.datasets import load_annotations

RNG = np.random.RandomState(0)
OLD = pd.DataFrame(RNG.lognormal(1, 1, size=(12, 3)), columns=["l", "w", "h"])
NEW = pd.DataFrame(RNG.lognormal(4, 1, size=(9, 2)), columns=["w", "h"])
KMEANS = IoUKMeans(2, n_init=1, random_state=0)
CALLS = {
    "fit": (KMEANS, "fit"),
    "lloyd": (IoUKMeans(2, n_init=1, algorithm="lloyd", random_state=0), "fit"),
    "exact": (IoUKMeans(2, n_init=1, algorithm="exact", random_state=0), "fit"),
    "fit_predict": (KMEANS, "fit_predict"),
    "fit_transform": (KMEANS, "fit_transform"),
    "most frequent": (MostFrequentShapes(2), "fit"),
    "sweep": (NClustersSweep(KMEANS, [1, 2], n_init=1, random_state=0), "fit"),
}
each_call = pytest.mark.parametrize(("estimator", "method"), CALLS.values(), ids=CALLS)


def interrupted(is_traced, call, n):
    """Call, with Ctrl-C at the n-th line of some functions; whether it came to that."""
    n_lines, last_lines = 0, {}

    def on_line(frame, event, argument):
        nonlocal n_lines
        if event != "line":
            return on_line
        last, last_lines[id(frame)] = last_lines.get(id(frame), 0), frame.f_lineno
        # A block of `with` ends on its first line, where Python handles no signal.
        line = linecache.getline(frame.f_code.co_filename, frame.f_lineno)
        if line.lstrip().startswith("with ") and last > frame.f_lineno:
            return on_line
        n_lines += 1
        if n_lines == n:
            raise KeyboardInterrupt
        return on_line

    before = sys.gettrace()
    sys.settrace(lambda frame, event, argument: on_line if is_traced(frame) else None)
    try:
        call()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return False


def state(owner):
    """All that is remembered, to compare."""
    return {name: pickle.dumps(value) for name, value in vars(owner).items()}


def every_interruption(fresh, call):
    """What is left of a fresh object after Ctrl-C at the first, second, ... line of its methods."""
    kind = type(fresh())

    def is_method(frame):
        is_ours = "sklearn_iou_kmeans" in frame.f_code.co_filename
        return is_ours and isinstance(frame.f_locals.get("self"), kind)

    for n in range(1, 10_000):
        owner = fresh()
        if not interrupted(is_method, lambda owner=owner: call(owner), n):
            assert n > 5  # there were lines to interrupt
            return
        yield owner


@each_call
def test_a_refit_at_ctrl_c_leaves_one_fit_or_the_other(estimator, method):
    old, new = copy.deepcopy(estimator).fit(OLD), copy.deepcopy(estimator).fit(OLD)
    getattr(new, method)(NEW)
    whole = [comparable(old), comparable(new)]
    for left in every_interruption(
        lambda: copy.deepcopy(old), lambda owner: getattr(owner, method)(NEW)
    ):
        assert comparable(left) in whole


@each_call
def test_a_first_fit_at_ctrl_c_is_whole_or_not_fitted(estimator, method):
    whole = copy.deepcopy(estimator)
    getattr(whole, method)(NEW)
    for left in every_interruption(
        lambda: copy.deepcopy(estimator), lambda owner: getattr(owner, method)(NEW)
    ):
        if comparable(left) != comparable(whole):
            with pytest.raises(NotFittedError):
                check_is_fitted(left)
            with pytest.raises(NotFittedError):
                left.predict(NEW)


def comparable(estimator):
    """The state without what differs between two runs: the times of a sweep."""
    values = state(estimator)
    results = getattr(estimator, "cv_results_", None)
    if results is not None:
        values["cv_results_"] = {
            key: pickle.dumps(np.asarray(value))
            for key, value in results.items()
            if not key.endswith("time")
        }
    return values


def test_a_partial_fit_at_ctrl_c_counts_a_chunk_or_does_not():
    old = copy.deepcopy(KMEANS).partial_fit(OLD)
    new = copy.deepcopy(old).partial_fit(OLD * 3)
    whole = [state(old), state(new)]
    for left in every_interruption(
        lambda: copy.deepcopy(old), lambda owner: owner.partial_fit(OLD * 3)
    ):
        assert state(left) in whole


def test_a_partial_fit_after_a_fit_at_ctrl_c_leaves_one_or_the_other():
    old = copy.deepcopy(KMEANS).fit(OLD)
    whole = [state(old), state(copy.deepcopy(old).partial_fit(OLD))]
    for left in every_interruption(
        lambda: copy.deepcopy(old), lambda owner: owner.partial_fit(OLD)
    ):
        assert state(left) in whole


@pytest.mark.parametrize("call", ["add", "merge"])
def test_a_histogram_at_ctrl_c_holds_a_chunk_or_does_not(call):
    chunk = OLD.to_numpy() if call == "add" else ShapeHistogram().add(OLD)
    old = ShapeHistogram().add(OLD * 3)
    new = copy.deepcopy(old)
    getattr(new, call)(chunk)
    for left in every_interruption(
        lambda: copy.deepcopy(old), lambda owner: getattr(owner, call)(chunk)
    ):
        assert state(left) in [state(old), state(new)]


@pytest.mark.parametrize(
    ("method", "X", "message"),
    [
        ("fit", NEW[:1], "n_samples=1 should be >= n_clusters=2"),
        ("fit", -NEW, "Negative values"),
        ("partial_fit", -OLD, "Negative values"),
        ("partial_fit", NEW, "feature names"),
    ],
)
def test_a_call_that_fails_changes_nothing(method, X, message):
    kmeans = copy.deepcopy(KMEANS).partial_fit(OLD)
    before = state(kmeans)
    with pytest.raises(ValueError, match=message):
        getattr(kmeans, method)(X)
    assert state(kmeans) == before


def test_a_write_at_ctrl_c_leaves_one_whole_file_and_nothing_else(tmp_path):
    file = tmp_path / "anchors.json"

    def is_writing(frame):
        return frame.f_code.co_filename == _outputs.__file__

    for n in range(1, 1000):
        file.write_bytes(b"old" * 1000)
        is_cut_short = interrupted(
            is_writing, lambda: _outputs.write_whole("--json", str(file), b"new" * 1000), n
        )
        assert file.read_bytes() in (b"old" * 1000, b"new" * 1000)
        assert list(tmp_path.iterdir()) == [file]
        if not is_cut_short:
            assert n > 5
            return


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_a_read_at_ctrl_c_leaves_nothing_behind_and_the_next_is_whole(layout, tmp_path):
    seed = layout.seeds[0]
    text = seed if isinstance(seed, str) else json.dumps(seed)
    file = tmp_path / f"labels{layout.suffix}.gz"
    content = gzip.compress(text.encode())
    file.write_bytes(content)

    def read():
        return load_annotations(file, layout.name, **layout.options)

    def is_reading(frame):
        return Path(frame.f_code.co_filename).parent == Path(datasets.__file__).parent

    expected = pickle.dumps(read())
    n, step = 1, 1
    while interrupted(is_reading, read, n):
        assert list(tmp_path.iterdir()) == [file]
        assert file.read_bytes() == content
        with nothing_open_in(tmp_path):
            assert pickle.dumps(read()) == expected
        n, step = n + step, step + 1
    assert n > 50


@contextmanager
def nothing_open_in(folder):
    """No file of a folder is open before and after."""
    folders = [Path("/proc/self/fd"), Path("/dev/fd")]
    numbers = next((listed for listed in folders if listed.is_dir()), None)

    def check():
        for link in numbers.iterdir() if numbers else ():
            with suppress(OSError):
                assert not Path(os.readlink(link)).is_relative_to(folder)

    check()
    yield
    check()


@pytest.mark.parametrize("method", ["fit", "partial_fit", "fit_predict"])
@pytest.mark.parametrize("is_fitted", [False, True])
def test_boxes_whose_reading_is_interrupted_change_no_estimator(method, is_fitted):
    class OnSlowDisk:
        """Boxes that are read when they are asked for."""

        def __array__(self, dtype=None, copy=None):
            raise KeyboardInterrupt

    kmeans = copy.deepcopy(KMEANS)
    if is_fitted:
        kmeans.partial_fit(OLD.to_numpy())
    before = state(kmeans)
    with pytest.raises(KeyboardInterrupt):
        getattr(kmeans, method)(OnSlowDisk())
    assert state(kmeans) == before


SWEEP = """
import sys
import numpy as np
from joblib import parallel_config
from sklearn_iou_kmeans import IoUKMeans, NClustersSweep

backend, options = sys.argv[1], {"max_nbytes": 1000} if sys.argv[1] == "loky" else {}
X = np.random.RandomState(0).lognormal(3, 1, size=(2_000, 2))
sweep = NClustersSweep(IoUKMeans(), range(2, 400), n_init=1, n_jobs=2, verbose=1)
try:
    with parallel_config(backend, **options):
        sweep.fit(X)
except KeyboardInterrupt:
    print(f"fitted: {[name for name in vars(sweep) if name.endswith('_')]}")
"""


@needs_proc
@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_ctrl_c_in_a_sweep_leaves_no_process_no_file_and_no_half_fit(backend, tmp_path):
    """In processes, the boxes lie in a file that all of them read.

    The processes may have been doing anything, and what loky then says of it on stderr is its own.
    """
    environment = os.environ | {"JOBLIB_TEMP_FOLDER": str(tmp_path)}
    with start_session(
        [sys.executable, "-c", SWEEP, backend],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    ) as process:
        assert process.stdout.readline() == b"1 of 398 tasks done.\n"
        assert bool(list(tmp_path.iterdir())) == (backend == "loky")
        press_ctrl_c(process)
        output, errors = process.communicate()
    assert output.splitlines()[-1] == b"fitted: []"
    assert errors == b"" or backend == "loky"
    wait_for_the_end_of_all(process)
    assert list(tmp_path.iterdir()) == []


# Threads and processes

MANY = np.random.RandomState(1).lognormal(3, 1, size=(20_000, 2))


def fitted_state(estimator):
    return comparable(copy.deepcopy(estimator).fit(MANY))


ESTIMATORS = [
    IoUKMeans(4, n_init=3, random_state=0),
    IoUKMeans(4, n_init=1, max_iter=5, algorithm="lloyd", random_state=0),
    NClustersSweep(IoUKMeans(), [2, 3], n_init=2, random_state=0),
]
each_estimator = pytest.mark.parametrize("estimator", ESTIMATORS, ids=["swaps", "lloyd", "sweep"])


@each_estimator
def test_fits_at_once_are_those_one_after_the_other(estimator):
    before = MANY.tobytes()
    expected = fitted_state(estimator)
    with ThreadPoolExecutor(4) as threads:
        states = list(threads.map(fitted_state, [estimator] * 4))
    assert states == [expected] * 4
    assert MANY.tobytes() == before


def test_predictions_at_once_are_those_one_after_the_other():
    kmeans = IoUKMeans(4, n_init=1, random_state=0).fit(MANY)
    expected = kmeans.predict(MANY).tobytes()
    with ThreadPoolExecutor(4) as threads:
        assert set(threads.map(lambda _: kmeans.predict(MANY).tobytes(), range(8))) == {expected}


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_a_fit_in_another_process_is_the_one_here(method):
    kmeans = ESTIMATORS[0]
    with multiprocessing.get_context(method).Pool(1) as pool:
        there = pool.apply(kmeans.fit, (MANY,))
    assert fitted_state(kmeans) == comparable(there)


class ChunkInTheMeantime:
    """Boxes to add. When they are first looked at, another thread adds boxes."""

    def __init__(self, call):
        self.calls = [call]

    def __array__(self, dtype=None, copy=None):
        while self.calls:
            with ThreadPoolExecutor(1) as thread:
                thread.submit(self.calls.pop()).result()
        return OLD.to_numpy(dtype)


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_a_chunk_from_another_thread_is_not_lost_in_silence(method):
    kmeans = copy.deepcopy(KMEANS).partial_fit(OLD.to_numpy())
    chunk = ChunkInTheMeantime(lambda: kmeans.partial_fit(OLD.to_numpy() * 2))
    with pytest.raises(RuntimeError, match=f"{method} was called on one IoUKMeans from two thr"):
        getattr(kmeans, method)(chunk)
    assert kmeans.histogram_.n_samples == 2 * len(OLD)


def test_many_threads_add_all_that_they_do_not_refuse():
    kmeans = IoUKMeans(2, n_init=1, random_state=0)

    def add(_):
        try:
            kmeans.partial_fit(MANY[:500])
        except RuntimeError:
            return 0
        return 500

    with ThreadPoolExecutor(8) as threads:
        n_added = sum(threads.map(add, range(24)))
    assert kmeans.histogram_.n_samples == n_added > 0
