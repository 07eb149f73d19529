"""The sweep over the number of clusters."""

import io
import os
import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
import sklearn
from hypothesis import given, settings
from hypothesis import strategies as st
from joblib import parallel_config
from sklearn.base import BaseEstimator, clone
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    StratifiedKFold,
    cross_val_score,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from sklearn_iou_kmeans import IoUKMeans, MostFrequentShapes, NClustersSweep
from sklearn_iou_kmeans.datasets import make_boxes
from sklearn_iou_kmeans.metrics import average_iou_score
from sklearn_iou_kmeans.preprocessing import box_sizes


@pytest.fixture(scope="module")
def boxes():
    return make_boxes(4000, random_state=0)


@pytest.fixture(scope="module")
def sizes(boxes):
    return box_sizes(boxes.data)


@pytest.fixture(scope="module")
def sweep(sizes):
    return NClustersSweep(IoUKMeans(), random_state=0).fit(sizes)


@pytest.fixture(scope="module")
def grouped(boxes, sizes):
    sweep = NClustersSweep(IoUKMeans(), [2, 4, 6], n_init=3, cv=GroupKFold(4), random_state=0)
    return sweep.fit(sizes, groups=boxes.image)


@pytest.fixture
def routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


def assert_same_results(sweep, other):
    """Equal to the bit, apart from times."""
    assert sweep.cv_results_.keys() == other.cv_results_.keys()
    for name, values in sweep.cv_results_.items():
        if not name.endswith("time"):
            np.testing.assert_array_equal(values, other.cv_results_[name], err_msg=name)
    assert sweep.best_n_clusters_ == other.best_n_clusters_
    for estimator, its in zip(sweep.estimators_, other.estimators_, strict=True):
        np.testing.assert_array_equal(estimator.cluster_centers_, its.cluster_centers_)


# The curve


def test_the_curve_is_that_of_the_best_fit_of_each_number(sweep, sizes):
    np.testing.assert_array_equal(sweep.cv_results_["param_n_clusters"], np.arange(3, 11))
    for estimator, score in zip(sweep.estimators_, sweep.cv_results_["train_score"], strict=True):
        assert score == estimator.average_iou_
        assert score == pytest.approx(average_iou_score(sizes, estimator.cluster_centers_))


def test_more_anchors_raise_the_curve_by_less_and_less(sweep):
    gains = np.diff(sweep.cv_results_["train_score"])
    assert (gains > 0).all()
    assert (np.diff(gains) < 0).all()


def test_the_same_seed_gives_what_the_estimator_finds_alone_and_another_seed_others(sizes):
    n_clusters, found = [3, 9], []
    for seed in (0, 7):
        sweep = NClustersSweep(IoUKMeans(), n_clusters, random_state=seed).fit(sizes)
        for k, estimator in zip(n_clusters, sweep.estimators_, strict=True):
            alone = IoUKMeans(k, random_state=seed).fit(sizes)
            np.testing.assert_array_equal(estimator.cluster_centers_, alone.cluster_centers_)
            assert estimator.average_iou_ == alone.average_iou_
        found.append(sweep.estimators_[1].cluster_centers_)
    assert (found[0] != found[1]).any()


def test_the_chosen_estimator_is_the_one_that_is_delegated_to(sweep, sizes):
    best = sweep.best_estimator_
    assert sweep.estimators_[sweep.best_index_] is best
    assert best.n_clusters == sweep.best_n_clusters_ == len(best.cluster_centers_)
    assert sweep.best_score_ == sweep.cv_results_["train_score"][sweep.best_index_]
    np.testing.assert_array_equal(sweep.predict(sizes), best.predict(sizes))
    np.testing.assert_array_equal(sweep.transform(sizes), best.transform(sizes))
    np.testing.assert_array_equal(sweep.labels_, best.labels_)
    assert sweep.score(sizes) == best.score(sizes)


def test_one_number_does_not_depend_on_the_others(sweep, sizes):
    alone = NClustersSweep(IoUKMeans(), 5, random_state=0).fit(sizes)
    np.testing.assert_array_equal(
        alone.best_estimator_.cluster_centers_, sweep.estimators_[2].cluster_centers_
    )


def test_numbers_in_any_order_give_ascending_rows(sizes):
    shuffled = NClustersSweep(IoUKMeans(), [6, 2, 4], n_init=2, random_state=0).fit(sizes)
    ascending = NClustersSweep(IoUKMeans(), (2, 4, 6), n_init=2, random_state=0).fit(sizes)
    assert_same_results(shuffled, ascending)


@pytest.mark.parametrize("update", ["mean", "median"])
def test_published_rules(sizes, update):
    kmeans = IoUKMeans(update=update)
    sweep = NClustersSweep(kmeans, [3, 5], n_init=3, random_state=0).fit(sizes)
    alone = IoUKMeans(5, update=update, n_init=3, random_state=0).fit(sizes)
    assert sweep.cv_results_["train_score"][1] == alone.average_iou_


@pytest.mark.parametrize("estimator", [MostFrequentShapes(), KMeans()])
def test_any_clusterer_with_a_score(sizes, estimator):
    sweep = NClustersSweep(estimator, [2, 4], n_init=2, random_state=0).fit(sizes)
    for best, score in zip(sweep.estimators_, sweep.cv_results_["train_score"], strict=True):
        assert type(best) is type(estimator)
        assert score == pytest.approx(best.score(sizes))


def test_kmeans_makes_its_own_restarts(sizes):
    sweep = NClustersSweep(KMeans(), 4, n_init=5, random_state=0).fit(sizes)
    alone = KMeans(4, n_init=5, random_state=0).fit(sizes)
    assert sweep.best_estimator_.inertia_ == pytest.approx(alone.inertia_)
    assert "restart0_score" not in sweep.cv_results_


class RandomShapes(BaseEstimator):
    """A clusterer that makes no restarts itself: it takes shapes at random."""

    def __init__(self, n_clusters=2, random_state=None):
        self.n_clusters = n_clusters
        self.random_state = random_state

    def fit(self, X, y=None):
        rows = check_random_state(self.random_state).choice(len(X), self.n_clusters)
        self.cluster_centers_ = X[rows]
        return self

    def score(self, X, y=None):
        return average_iou_score(X, self.cluster_centers_)


def test_the_curve_is_the_best_of_the_restarts_that_the_sweep_makes(sizes):
    sweep = NClustersSweep(RandomShapes(), [2, 4], n_init=5, random_state=0).fit(sizes)
    restarts = np.array([sweep.cv_results_[f"restart{i}_score"] for i in range(5)])
    assert (restarts.std(axis=0) > 0).all()
    np.testing.assert_array_equal(sweep.cv_results_["train_score"], restarts.max(axis=0))
    np.testing.assert_allclose(sweep.cv_results_["mean_restart_score"], restarts.mean(axis=0))
    np.testing.assert_allclose(sweep.cv_results_["std_restart_score"], restarts.std(axis=0))
    assert sweep.best_estimator_.score(sizes) == sweep.best_score_


def test_an_estimator_that_draws_nothing_is_fitted_once(sizes, capsys):
    sweep = NClustersSweep(MostFrequentShapes(), [2, 4], verbose=1).fit(sizes)
    assert capsys.readouterr().out.endswith("2 of 2 tasks done.\n")
    assert "restart0_score" not in sweep.cv_results_


class Counting(BaseEstimator):
    """A clusterer that prepares boxes once for any number of clusters."""

    prepared: list = []  # noqa: RUF012

    def __init__(self, n_clusters=2, random_state=None):
        self.n_clusters = n_clusters
        self.random_state = random_state

    def fit(self, X, y=None):
        raise AssertionError("the boxes are prepared")

    def score(self, X, y=None):
        return self.score_

    def _prepare(self, X, sample_weight=None):
        self.prepared.append(len(X))
        return "prepared"

    def _fit_prepared(self, boxes):
        assert boxes == "prepared"
        self.score_ = 1 - 1 / self.n_clusters
        return self


def test_boxes_are_prepared_once_for_any_estimator_that_offers_it(sizes):
    Counting.prepared.clear()
    sweep = NClustersSweep(Counting(), [2, 3, 4], n_init=7, cv=4, random_state=0).fit(sizes)
    assert Counting.prepared == [4000, 3000, 3000, 3000, 3000]
    np.testing.assert_allclose(sweep.cv_results_["mean_test_score"], [1 / 2, 2 / 3, 3 / 4])


class Clipped(IoUKMeans):
    """A subclass that changes the boxes before they are fitted."""

    def fit(self, X, y=None, sample_weight=None):
        return super().fit(np.minimum(X, 20), sample_weight=sample_weight)


def test_a_subclass_is_fitted_by_its_own_fit(sizes):
    """Non-regression test for subclasses that inherit the preparation of boxes."""
    sweep = NClustersSweep(Clipped(), [2, 3], n_init=2, random_state=0).fit(sizes)
    alone = Clipped(3, n_init=2, random_state=0).fit(sizes)
    np.testing.assert_array_equal(sweep.estimators_[1].cluster_centers_, alone.cluster_centers_)


@pytest.mark.parametrize("weighted", [False, True])
def test_a_pipeline_that_ends_in_the_clusterer(boxes, sizes, weighted):
    """Corners go in; the number of clusters is a parameter of the last step."""
    weights = np.random.RandomState(0).uniform(size=len(sizes)) if weighted else None
    pipeline = make_pipeline(FunctionTransformer(box_sizes), IoUKMeans())
    sweep = NClustersSweep(pipeline, [2, 4], cv=2, random_state=0)
    sweep.fit(boxes.data, sample_weight=weights)
    direct = NClustersSweep(IoUKMeans(), [2, 4], cv=2, random_state=0)
    direct.fit(sizes, sample_weight=weights)
    np.testing.assert_array_equal(sweep.labels_, direct.labels_)
    for name in ("train_score", "mean_test_score"):
        np.testing.assert_array_equal(sweep.cv_results_[name], direct.cv_results_[name])
    assert [len(best[-1].cluster_centers_) for best in sweep.estimators_] == [2, 4]


@pytest.mark.parametrize("weighted", [False, True])
def test_a_pipeline_that_selects_the_columns_of_a_table(sizes, weighted):
    """Non-regression test: the sweep itself took all columns for sides."""
    weights = np.random.RandomState(0).uniform(size=len(sizes)) if weighted else None
    table = pd.DataFrame({"category": "car", "w": sizes[:, 0], "h": sizes[:, 1]})
    pipeline = make_pipeline(FunctionTransformer(lambda X: X[["w", "h"]]), IoUKMeans())
    sweep = NClustersSweep(pipeline, [2, 4], n_init=2, cv=2, random_state=0)
    sweep.fit(table, sample_weight=weights)
    direct = NClustersSweep(IoUKMeans(), [2, 4], n_init=2, cv=2, random_state=0)
    direct.fit(table[["w", "h"]], sample_weight=weights)
    np.testing.assert_array_equal(sweep.predict(table), direct.labels_)
    for name in ("train_score", "mean_test_score"):
        np.testing.assert_array_equal(sweep.cv_results_[name], direct.cv_results_[name])


def test_a_pipeline_that_makes_boxes_of_anything():
    """Here of strings in a list."""
    sizes = np.random.RandomState(0).randint(10, 100, size=(60, 2))
    written = [f"{width}x{height}" for width, height in sizes]
    pipeline = make_pipeline(FunctionTransformer(read_sizes), IoUKMeans())
    sweep = NClustersSweep(pipeline, [2, 3], n_init=2, cv=2, random_state=0).fit(written)
    direct = NClustersSweep(IoUKMeans(), [2, 3], n_init=2, cv=2, random_state=0).fit(sizes)
    np.testing.assert_array_equal(sweep.labels_, direct.labels_)


def read_sizes(written):
    return np.array([size.split("x") for size in written], dtype=float)


# Held-out boxes


def test_held_out_boxes_are_scored_by_anchors_that_never_saw_them(grouped, boxes, sizes):
    for fold, (train, test) in enumerate(GroupKFold(4).split(sizes, groups=boxes.image)):
        kmeans = NClustersSweep(IoUKMeans(), 4, n_init=3, random_state=0).fit(sizes[train])
        held_out = grouped.cv_results_[f"split{fold}_test_score"]
        assert held_out[1] == kmeans.score(sizes[test])
    assert grouped.n_splits_ == 4


def test_held_out_scores_are_averaged_over_the_folds(grouped):
    splits = np.array([grouped.cv_results_[f"split{i}_test_score"] for i in range(4)])
    np.testing.assert_allclose(grouped.cv_results_["mean_test_score"], splits.mean(axis=0))
    np.testing.assert_allclose(grouped.cv_results_["std_test_score"], splits.std(axis=0))
    np.testing.assert_array_equal(grouped.cv_results_["rank_test_score"], [3, 2, 1])
    mean = grouped.cv_results_["mean_test_score"]
    assert grouped.best_score_ == mean[grouped.best_index_]


def test_the_estimators_are_fitted_to_all_boxes(grouped, sizes):
    without = NClustersSweep(IoUKMeans(), [2, 4, 6], n_init=3, random_state=0).fit(sizes)
    for estimator, its in zip(grouped.estimators_, without.estimators_, strict=True):
        np.testing.assert_array_equal(estimator.cluster_centers_, its.cluster_centers_)
        assert len(estimator.labels_) == len(sizes)


def test_a_number_of_folds_keeps_groups_together(grouped, boxes, sizes):
    sweep = clone(grouped).set_params(cv=4).fit(sizes, groups=boxes.image)
    assert_same_results(sweep, grouped)


def test_a_splitter_may_stratify_by_category(boxes, sizes):
    sweep = NClustersSweep(IoUKMeans(), [2, 4], n_init=2, cv=StratifiedKFold(3), random_state=0)
    assert sweep.fit(sizes, boxes.target).n_splits_ == 3
    np.testing.assert_array_equal(sweep.fit_predict(sizes, boxes.target), sweep.predict(sizes))
    distances = sweep.fit_transform(sizes, boxes.target)
    np.testing.assert_array_equal(distances, sweep.transform(sizes))


# Weights


@settings(max_examples=10)
@given(st.integers(0, 1000))
def test_an_integer_weight_means_so_many_boxes(seed):
    rng = np.random.RandomState(seed)
    X = rng.lognormal(3, 1, size=(60, 2))
    weights = rng.randint(0, 4, size=60)
    folds = [(np.arange(30), np.arange(30, 60)), (np.arange(30, 60), np.arange(30))]
    repeated = np.repeat(np.arange(60), weights)
    repeated_folds = [
        tuple(np.flatnonzero(np.isin(repeated, rows)) for rows in fold) for fold in folds
    ]
    sweep = NClustersSweep(IoUKMeans(), [2, 3], n_init=2, random_state=seed)
    weighted = clone(sweep).set_params(cv=folds).fit(X, sample_weight=weights)
    counted = clone(sweep).set_params(cv=repeated_folds).fit(X[repeated])
    for name in ("train_score", "mean_test_score", "split1_test_score"):
        np.testing.assert_allclose(weighted.cv_results_[name], counted.cv_results_[name])


def test_weights_reach_the_score_of_held_out_boxes(boxes, sizes):
    small = sizes.prod(axis=1) < np.median(sizes.prod(axis=1))
    sweep = NClustersSweep(IoUKMeans(), [2, 4], n_init=2, cv=2, random_state=0)
    sweep.fit(sizes, sample_weight=small.astype(float))
    only_small = NClustersSweep(IoUKMeans(), 4, n_init=2, random_state=0)
    train, test = next(KFold(2).split(sizes))
    only_small.fit(sizes[train][small[train]])
    expected = only_small.score(sizes[test][small[test]])
    assert sweep.cv_results_["split0_test_score"][1] == pytest.approx(expected, abs=1e-3)


# The same everywhere


@pytest.mark.parametrize(
    ("backend", "n_jobs"),
    [("loky", 2), ("loky", -1), ("threading", 2), ("threading", -1), ("multiprocessing", 2)],
)
@pytest.mark.parametrize("estimator", [IoUKMeans(), KMeans()])
def test_the_same_bits_wherever_the_tasks_run(boxes, sizes, estimator, backend, n_jobs):
    """The multiprocessing backend cannot stream results; it gives them at the end."""
    sweep = NClustersSweep(estimator, [2, 4], n_init=3, cv=2, random_state=0)
    alone = clone(sweep).fit(sizes, groups=boxes.image)
    with parallel_config(backend=backend):
        parallel = sweep.set_params(n_jobs=n_jobs).fit(sizes, groups=boxes.image)
    assert_same_results(parallel, alone)


def test_more_jobs_than_tasks_start_no_threads_for_them(sizes):
    alone = NClustersSweep(IoUKMeans(), [1, 2], n_init=1, random_state=0).fit(sizes)
    many = clone(alone).set_params(n_jobs=1_000_000).fit(sizes)
    assert_same_results(many, alone)


def test_the_same_result_at_every_fit(sweep, sizes):
    assert_same_results(clone(sweep).fit(sizes), sweep)


def test_the_random_seed_of_the_caller_is_left_alone(sizes):
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    NClustersSweep(IoUKMeans(), [2, 3], n_init=2, random_state=0).fit(sizes)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_the_order_of_the_boxes_has_no_influence(sweep, sizes):
    shuffled = clone(sweep).fit(np.random.RandomState(0).permutation(sizes))
    np.testing.assert_allclose(
        shuffled.cv_results_["train_score"], sweep.cv_results_["train_score"], rtol=1e-9
    )


class ThreadsInUse(BaseEstimator):
    """Its score is the number of threads that a library may use."""

    def __init__(self, n_clusters=1):
        self.n_clusters = n_clusters

    def fit(self, X, y=None):
        return self

    def score(self, X, y=None):
        return threads_in_use()


def threads_in_use():
    from threadpoolctl import threadpool_info

    return max(library["num_threads"] for library in threadpool_info())


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_a_task_keeps_to_one_thread(sizes, backend):
    with parallel_config(backend=backend):
        sweep = NClustersSweep(ThreadsInUse(), [1, 2], n_jobs=2).fit(sizes)
    np.testing.assert_array_equal(sweep.cv_results_["train_score"], [1, 1])


class ThreadsOfPreparation(Counting):
    """Its score is the number of threads that the preparation may use."""

    def _prepare(self, X, sample_weight=None):
        return threads_in_use()

    def _fit_prepared(self, boxes):
        self.score_ = boxes
        return self

    def fit(self, X, y=None):
        return self._fit_prepared(self._prepare(X))


def test_the_preparation_keeps_to_one_thread(sizes):
    sweep = NClustersSweep(ThreadsOfPreparation(), [1, 2], n_init=1).fit(sizes)
    np.testing.assert_array_equal(sweep.cv_results_["train_score"], [1, 1])


class MappedBoxes(ThreadsInUse):
    """Its score is 1 if the boxes are in a file that all processes share."""

    def score(self, X, y=None):
        return float(isinstance(X, np.memmap))


def test_workers_share_one_copy_of_many_boxes():
    X = np.random.RandomState(0).lognormal(3, 1, size=(100_000, 2))
    with parallel_config(backend="loky"):
        sweep = NClustersSweep(MappedBoxes(), [1, 2, 3], n_jobs=2).fit(X)
    np.testing.assert_array_equal(sweep.cv_results_["train_score"], [1, 1, 1])


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_ctrl_c_while_a_line_is_printed_ends_the_sweep_without_a_warning(
    sizes, backend, monkeypatch
):
    class Interrupted(io.StringIO):
        """A screen at which Ctrl-C is pressed as soon as something is written."""

        def write(self, text):
            raise KeyboardInterrupt

    sweep = NClustersSweep(IoUKMeans(), range(2, 30), n_init=1, n_jobs=2, verbose=1)
    with parallel_config(backend), warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        monkeypatch.setattr("sys.stdout", Interrupted())
        with pytest.raises(KeyboardInterrupt):
            sweep.fit(sizes[:500])
        monkeypatch.undo()
    assert not seen


def test_verbose_counts_the_tasks_that_ended(sizes, capsys):
    NClustersSweep(IoUKMeans(), [2, 3], n_init=2, verbose=1).fit(sizes)
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["1 of 2 tasks done.", "2 of 2 tasks done."]


# A citizen of scikit-learn


def test_it_reads_like_scikit_learn(sweep, sizes):
    assert repr(clone(sweep)) == "NClustersSweep(estimator=IoUKMeans(), random_state=0)"
    assert isinstance(sweep.best_estimator_, IoUKMeans)
    again = clone(sweep.best_estimator_).fit(sizes)
    assert again.average_iou_ == pytest.approx(sweep.best_score_, abs=1e-3)


def test_html_shows_the_estimator(sweep):
    assert "IoUKMeans" in sweep._repr_html_()


def test_pickle(sweep, sizes):
    loaded = pickle.loads(pickle.dumps(sweep))
    assert_same_results(loaded, sweep)
    np.testing.assert_array_equal(loaded.predict(sizes), sweep.predict(sizes))


def test_parameters_of_the_estimator_are_reached():
    sweep = NClustersSweep(IoUKMeans()).set_params(estimator__update="mean", n_init=3)
    assert sweep.get_params()["estimator__update"] == "mean"


def test_the_estimator_that_was_passed_stays_as_it_was(sizes):
    kmeans = IoUKMeans(7, n_init=4, random_state=1)
    NClustersSweep(kmeans, [2, 3], n_init=2).fit(sizes)
    assert kmeans.get_params() == IoUKMeans(7, n_init=4, random_state=1).get_params()
    with pytest.raises(NotFittedError):
        check_is_fitted(kmeans)


def test_not_fitted(sizes):
    with pytest.raises(NotFittedError):
        NClustersSweep(IoUKMeans()).predict(sizes)


def test_names_of_columns(sizes):
    X = pd.DataFrame(sizes, columns=["width", "height"])
    sweep = NClustersSweep(IoUKMeans(), [2, 3], n_init=2, random_state=0).fit(X)
    assert sweep.feature_names_in_.tolist() == ["width", "height"]
    assert sweep.n_features_in_ == 2
    sweep.set_output(transform="pandas")
    distances = sweep.transform(X)
    assert distances.columns.tolist() == sweep.get_feature_names_out().tolist()
    assert len(sweep.best_estimator_.predict(X)) == len(X)  # without a warning about names


def test_only_a_transformer_transforms():
    class Clusterer(ThreadsInUse):
        pass

    assert not hasattr(NClustersSweep(Clusterer()), "transform")
    assert hasattr(NClustersSweep(KMeans()), "transform")


def test_in_a_pipeline_with_groups(boxes):
    """Corners go in; the folds keep images together."""
    sweep = NClustersSweep(IoUKMeans(), [2, 4], n_init=2, cv=3, random_state=0)
    pipeline = make_pipeline(FunctionTransformer(box_sizes), sweep)
    pipeline.fit(boxes.data, nclusterssweep__groups=boxes.image)
    direct = clone(sweep).fit(box_sizes(boxes.data), groups=boxes.image)
    assert_same_results(pipeline[-1], direct)
    assert pipeline.score(boxes.data) == direct.score(box_sizes(boxes.data))


@pytest.mark.usefixtures("routing")
def test_routed_metadata(boxes, sizes):
    weights = np.random.RandomState(0).uniform(size=len(sizes))
    kmeans = IoUKMeans().set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
    sweep = NClustersSweep(kmeans, [2, 4], n_init=2, cv=GroupKFold(3), random_state=0)
    pipeline = make_pipeline(FunctionTransformer(box_sizes), sweep)
    pipeline.fit(boxes.data, sample_weight=weights, groups=boxes.image)
    with sklearn.config_context(enable_metadata_routing=False):
        direct = NClustersSweep(IoUKMeans(), [2, 4], n_init=2, cv=GroupKFold(3), random_state=0)
        direct.fit(sizes, sample_weight=weights, groups=boxes.image)
    assert_same_results(pipeline[-1], direct)


@pytest.mark.usefixtures("routing")
def test_weights_are_routed_through_a_pipeline(boxes, sizes):
    """Non-regression test: with routing, the keyword is not prefixed by the name of the step."""
    weights = np.random.RandomState(0).uniform(size=len(sizes))
    kmeans = IoUKMeans().set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
    pipeline = make_pipeline(FunctionTransformer(box_sizes), kmeans)
    sweep = NClustersSweep(pipeline, [2, 4], n_init=2, cv=2, random_state=0)
    sweep.fit(boxes.data, sample_weight=weights)
    direct = NClustersSweep(kmeans, [2, 4], n_init=2, cv=2, random_state=0)
    direct.fit(sizes, sample_weight=weights)
    for name in ("train_score", "mean_test_score"):
        np.testing.assert_array_equal(sweep.cv_results_[name], direct.cv_results_[name])


@pytest.mark.usefixtures("routing")
def test_weights_that_only_the_fit_asks_for(sizes):
    weights = np.random.RandomState(0).uniform(size=len(sizes))
    kmeans = IoUKMeans().set_fit_request(sample_weight=True).set_score_request(sample_weight=False)
    sweep = NClustersSweep(kmeans, 3, n_init=2, random_state=0).fit(sizes, sample_weight=weights)
    assert sweep.best_score_ == sweep.best_estimator_.score(sizes)
    assert sweep.best_score_ != sweep.best_estimator_.average_iou_


@pytest.mark.usefixtures("routing")
def test_weights_of_a_score_are_routed(sizes):
    """Non-regression test: the score of a sweep ignored what its estimator asks for."""
    weights = np.random.RandomState(0).uniform(size=len(sizes))
    kmeans = IoUKMeans().set_score_request(sample_weight=True)
    sweep = NClustersSweep(kmeans, 3, n_init=2, random_state=0).fit(sizes)
    expected = sweep.best_estimator_.score(sizes, sample_weight=weights)
    assert sweep.score(sizes, sample_weight=weights) == expected
    assert sweep.score(sizes) == sweep.best_score_
    kmeans.set_score_request(sample_weight=False)
    with pytest.raises(TypeError, match="sample_weight"):
        sweep.score(sizes, sample_weight=weights)


@pytest.mark.usefixtures("routing")
def test_weights_that_nobody_asks_for(sizes):
    with pytest.raises(sklearn.exceptions.UnsetMetadataPassedError, match="sample_weight"):
        NClustersSweep(IoUKMeans(), 3).fit(sizes, sample_weight=np.ones(len(sizes)))
    sweep = NClustersSweep(IoUKMeans(), 3, n_init=1, random_state=0).fit(sizes)
    with pytest.raises(sklearn.exceptions.UnsetMetadataPassedError, match="sample_weight"):
        sweep.score(sizes, sample_weight=np.ones(len(sizes)))


def test_inside_cross_validation(sizes):
    sweep = NClustersSweep(IoUKMeans(), [3, 4], n_init=2, rule=1.0 - 0.9, random_state=0)
    scores = cross_val_score(sweep, sizes, cv=3)
    assert ((scores > 0.4) & (scores < 0.7)).all()


def test_inside_a_parallel_grid_search(sizes):
    """Both are parallel; the tasks of the inner one are the same."""
    sweep = NClustersSweep(IoUKMeans(), [2, 3], n_init=2, n_jobs=2, random_state=0)
    grid = GridSearchCV(sweep, {"estimator__update": ["iou", "mean"]}, cv=2, n_jobs=2).fit(sizes)
    assert grid.best_params_ == {"estimator__update": "iou"}


def test_results_make_a_table(sweep):
    table = pd.DataFrame(sweep.cv_results_)
    assert len(table) == 8
    assert table["total_time"].ge(table["mean_fit_time"]).all()


# Bad input


@pytest.mark.parametrize(
    ("n_clusters", "message"),
    [
        ([], r"n_clusters=\[\] is empty"),
        (range(5, 3), r"n_clusters=range\(5, 3\) is empty"),
        ([3, 0], "holds 0: a number of clusters is at least 1"),
        ([3, -2], "holds -2"),
        ([3, 4, 3], "holds 3 more than once"),
        ([3.5, 4], "has to be a list of integers"),
        ([[3, 4]], "has to be a list of integers"),
        ([True, False], "has to be a list of integers"),
        ("3-10", "must be an array-like"),
    ],
)
def test_bad_numbers(sizes, n_clusters, message):
    with pytest.raises(ValueError, match=message):
        NClustersSweep(IoUKMeans(), n_clusters).fit(sizes)


def test_more_clusters_than_distinct_boxes_are_refused_before_anything_runs():
    X = np.repeat([[10.0, 20.0], [30.0, 10.0], [50.0, 60.0]], 100, axis=0)
    message = "4 clusters are asked for, and there are only 3 distinct boxes .* ask for at most 3"
    with pytest.raises(ValueError, match=message):
        NClustersSweep(Counting(), [2, 4]).fit(X)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert NClustersSweep(IoUKMeans(), [2, 3]).fit(X).best_score_ > 0


def test_more_clusters_than_the_boxes_to_fit_of_a_fold():
    X = np.random.RandomState(0).lognormal(3, 1, size=(9, 2))
    message = "8 clusters are asked for, and there are only 6 distinct .* those outside fold 0"
    with pytest.raises(ValueError, match=message):
        NClustersSweep(IoUKMeans(), [2, 8], cv=3).fit(X)


def test_an_estimator_without_n_clusters(sizes):
    with pytest.raises(TypeError, match=r"no parameter n_clusters: PCA\(\)"):
        NClustersSweep(PCA()).fit(sizes)


def test_an_estimator_without_a_score(sizes):
    class NoScore(BaseEstimator):
        def __init__(self, n_clusters=2):
            self.n_clusters = n_clusters

        def fit(self, X, y=None):
            return self

    with pytest.raises(ValueError, match="'score'"):
        NClustersSweep(NoScore()).fit(sizes)


class NotANumber(ThreadsInUse):
    def score(self, X, y=None):
        return np.nan


def test_a_score_that_is_not_a_number(sizes):
    with pytest.raises(ValueError, match=r"The score of NotANumber\(n_clusters=3\) is nan"):
        NClustersSweep(NotANumber(), [3, 3 - 2]).fit(sizes)


def test_weights_for_an_estimator_that_takes_none(sizes):
    with pytest.raises(TypeError, match=r"sample_weight was given, and ThreadsInUse\(\) takes"):
        NClustersSweep(ThreadsInUse(), 1).fit(sizes, sample_weight=np.ones(len(sizes)))


def test_splits_that_are_used_up_are_refused(sizes):
    """Non-regression test for scores on the fitted boxes where held-out boxes were asked for."""
    halves = iter([(np.arange(2000), np.arange(2000, 4000))])
    sweep = NClustersSweep(IoUKMeans(), [2, 3], n_init=1, cv=halves, random_state=0).fit(sizes)
    assert sweep.n_splits_ == 1
    with pytest.raises(ValueError, match=r"cv=<list_iterator .* yields no splits: pass a list"):
        sweep.fit(sizes)


def test_one_standard_error_without_held_out_boxes(sizes):
    with pytest.raises(ValueError, match=r"'one_standard_error' needs .* pass cv=5"):
        NClustersSweep(IoUKMeans(), rule="one_standard_error").fit(sizes)


@pytest.mark.parametrize("name", ["y", "groups"])
def test_values_of_the_wrong_length(sizes, name):
    with pytest.raises(ValueError, match=rf"{name} has shape \(3,\) and X has 4000 boxes"):
        NClustersSweep(IoUKMeans(), cv=2).fit(sizes, **{name: [1, 2, 3]})


def test_groups_without_folds(sizes, boxes):
    with pytest.raises(ValueError, match="groups were given, and cv=None"):
        NClustersSweep(IoUKMeans()).fit(sizes, groups=boxes.image)


def test_a_category_that_a_fold_holds_out_entirely(sizes):
    categories = np.repeat(["bus", "car"], [100, len(sizes) - 100])
    sweep = NClustersSweep(IoUKMeans(), [2, 3], n_init=1, cv=KFold(4))
    with pytest.warns(UserWarning, match="Fold 0 holds all boxes of category bus"):
        sweep.fit(sizes, categories)


def test_a_fold_without_weight(sizes):
    weights = np.repeat([0.0, 1.0], len(sizes) // 2)
    with pytest.raises(ValueError, match="sample_weight is zero for all boxes of fold 0"):
        NClustersSweep(IoUKMeans(), cv=2).fit(sizes, sample_weight=weights)


def test_bad_boxes_are_named_as_the_estimator_names_them(sizes):
    X = sizes.copy()
    X[7, 1] = np.nan
    with pytest.raises(ValueError, match=r"X\[7, 1\] is nan"):
        NClustersSweep(IoUKMeans(), [2, 3]).fit(X)


def test_parallel_workers_are_other_processes(sizes):
    """Or the test of equal bits would say nothing."""
    with parallel_config(backend="loky"):
        sweep = NClustersSweep(ProcessId(), [1, 2, 3, 4], n_jobs=2).fit(sizes)
    assert not np.isin(sweep.cv_results_["train_score"], os.getpid()).any()


class ProcessId(ThreadsInUse):
    def score(self, X, y=None):
        return os.getpid()
