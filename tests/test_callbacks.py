"""Callbacks of scikit-learn are told of a fit, of its runs and, in a sweep, of its parts."""

from importlib.util import find_spec

import numpy as np
import pytest
from joblib import parallel_config
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sklearn_iou_kmeans import IoUKMeans, NClustersSweep

HAS_CALLBACKS = find_spec("sklearn.callback") is not None
pytestmark = pytest.mark.skipif(not HAS_CALLBACKS, reason="needs scikit-learn 1.9 or later")

X = np.random.RandomState(0).lognormal(4, 0.7, size=(300, 2))


class Recorder:
    """Keeps what it is told, and stops the runs of a fit after `n_runs`."""

    def __init__(self, n_runs=None):
        self.n_runs = n_runs
        self.told = []

    def setup(self, estimator, context):
        self.told.append("setup")

    def teardown(self, estimator, context):
        self.told.append("teardown")

    def on_fit_task_begin(self, estimator, context):
        self.told.append(("begin", type(estimator).__name__, context.task_name, context.task_id))

    def on_fit_task_end(self, estimator, context):
        self.told.append(("end", type(estimator).__name__, context.task_name, context.task_id))
        return context.task_name == "run" and context.task_id + 1 == self.n_runs


class Propagated(Recorder):
    """A recorder that a meta-estimator passes on to the estimators in it."""

    max_propagation_depth = None


def begin_and_end(*task):
    return [("begin", *task), ("end", *task)]


def told_of_fit(n_runs, number=0):
    fit = begin_and_end("IoUKMeans", "fit", number)
    runs = [told for run in range(n_runs) for told in begin_and_end("IoUKMeans", "run", run)]
    return [fit[0], *runs, fit[1]]


@pytest.mark.parametrize(
    "kmeans",
    [
        IoUKMeans(3, n_init=4, random_state=0),
        IoUKMeans(3, n_init=4, random_state=0, algorithm="lloyd"),
        IoUKMeans(3, n_init=4, random_state=0, update="mean"),
        IoUKMeans(3, n_init=4, random_state=0, algorithm="exact", tol=1e-3),
    ],
)
def test_a_fit_tells_of_its_runs_in_order_and_finds_the_same(kmeans):
    expected = clone(kmeans).fit(X)
    recorder = Recorder()
    kmeans.set_callbacks(recorder).fit(X)
    assert recorder.told == ["setup", *told_of_fit(4), "teardown"]
    np.testing.assert_array_equal(kmeans.cluster_centers_, expected.cluster_centers_)
    assert not {"_callback_fit_ctx", "_skl_callbacks_to_teardown"} & vars(kmeans).keys()


def test_a_run_from_given_centers_is_one():
    recorder = Recorder()
    IoUKMeans(3, init=X[:3]).set_callbacks(recorder).fit(X)
    assert recorder.told == ["setup", *told_of_fit(1), "teardown"]


def test_a_fit_without_runs_is_told_too():
    recorder = Recorder()
    with pytest.warns(ConvergenceWarning):
        IoUKMeans(3).set_callbacks(recorder).fit([[1, 2], [3, 4], [3, 4]])
    assert recorder.told == ["setup", *told_of_fit(0), "teardown"]


def test_partial_fit_tells_of_its_runs():
    recorder = Recorder()
    IoUKMeans(3, n_init=2, random_state=0).set_callbacks(recorder).partial_fit(X).partial_fit(X)
    assert recorder.told == ["setup", *told_of_fit(2), "teardown"] * 2


@pytest.mark.parametrize("algorithm", ["lloyd", "random_swap"])
def test_a_callback_can_stop_the_runs(algorithm):
    recorder = Recorder(n_runs=2)
    kmeans = IoUKMeans(3, algorithm=algorithm, random_state=0)
    stopped = clone(kmeans).set_callbacks(recorder).fit(X)
    assert recorder.told == ["setup", *told_of_fit(2), "teardown"]
    assert stopped.average_iou_ <= kmeans.fit(X).average_iou_


def test_callbacks_are_torn_down_if_a_fit_fails():
    def fails(X, n_clusters, random_state):
        raise RuntimeError("no centers")

    recorder = Recorder()
    kmeans = IoUKMeans(3, init=fails).set_callbacks(recorder)
    with pytest.raises(RuntimeError, match="no centers"):
        kmeans.fit(X)
    assert recorder.told == ["setup", ("begin", "IoUKMeans", "fit", 0), "teardown"]


def test_a_sweep_tells_of_its_parts_and_they_of_their_runs():
    recorder = Propagated()
    sweep = NClustersSweep(IoUKMeans(), range(2, 4), n_init=2, random_state=0)
    expected = clone(sweep).fit(X)
    sweep.set_callbacks(recorder).fit(X)
    begin, end = begin_and_end("NClustersSweep", "fit", 0)
    # The longest is the first. A part of the sweep and the fit of the clone in it are one task.
    parts = [*told_of_fit(2, number=1), *told_of_fit(2, number=0)]
    assert recorder.told == ["setup", begin, *parts, end, "teardown"]
    np.testing.assert_array_equal(
        sweep.cv_results_["train_score"], expected.cv_results_["train_score"]
    )
    assert all(not hasattr(kmeans, "_parent_callback_ctx") for kmeans in sweep.estimators_)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_sweep_with_folds_tells_of_all_its_parts(n_jobs):
    recorder = Recorder()
    sweep = NClustersSweep(IoUKMeans(), range(2, 4), n_init=2, cv=3, n_jobs=n_jobs, random_state=0)
    sweep.set_callbacks(recorder).fit(X)
    ends = [told for told in recorder.told if told[:3] == ("end", "NClustersSweep", "part")]
    assert sorted(number for *_, number in ends) == list(range(8))


def test_what_tells_of_runs_is_set_on_the_sweep_not_in_it():
    sweep = NClustersSweep(IoUKMeans().set_callbacks(Propagated()), range(2, 4), random_state=0)
    with pytest.raises(TypeError, match="Register them directly on the meta-estimator"):
        sweep.fit(X)


def test_callbacks_of_the_estimator_in_a_sweep_are_told_of_each_fit():
    recorder = Recorder()
    sweep = NClustersSweep(IoUKMeans().set_callbacks(recorder), range(2, 5), random_state=0)
    sweep.fit(X)
    assert recorder.told.count("setup") == recorder.told.count("teardown") == 3


SWEEP = NClustersSweep(IoUKMeans(), range(2, 5), n_init=2, random_state=0)


@pytest.mark.parametrize(
    ("estimator", "whole"),
    [
        (IoUKMeans(3, random_state=0), "IoUKMeans - fit"),
        (SWEEP, "NClustersSweep - fit"),
        (
            NClustersSweep(
                make_pipeline(FunctionTransformer(), IoUKMeans()), range(2, 5), random_state=0
            ),
            "NClustersSweep - fit",
        ),
        (make_pipeline(FunctionTransformer(), IoUKMeans(3)), "Pipeline - fit"),
        (GridSearchCV(IoUKMeans(random_state=0), {"n_clusters": [2, 3]}), "GridSearchCV - fit"),
    ],
)
@pytest.mark.filterwarnings("ignore:The estimator FunctionTransformer does not support callbacks")
def test_the_progress_bar_of_scikit_learn_is_full_at_the_end(estimator, whole, capsys):
    pytest.importorskip("rich")
    from sklearn.callback import ProgressBar

    clone(estimator).set_callbacks(ProgressBar()).fit(X)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(whole)
    assert all("100%" in line for line in lines)


@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_the_progress_bar_shows_what_workers_do(backend, capsys):
    pytest.importorskip("rich")
    from sklearn.callback import ProgressBar

    sweep = clone(SWEEP).set_params(n_jobs=2).set_callbacks(ProgressBar())
    with parallel_config(backend):
        sweep.fit(X)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1 + 3
    assert all("100%" in line for line in lines)


def test_a_clusterer_without_callbacks_can_be_swept_with_a_progress_bar(capsys):
    pytest.importorskip("rich")
    from sklearn.callback import ProgressBar

    sweep = NClustersSweep(KMeans(), range(2, 5), random_state=0)
    sweep.set_callbacks(ProgressBar(max_propagation_depth=0)).fit(X)
    [line] = capsys.readouterr().out.splitlines()
    assert line.startswith("NClustersSweep - fit")
    assert "100%" in line
