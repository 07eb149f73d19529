"""Pictures of curves and anchors."""

import sys
from itertools import combinations

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sklearn_iou_kmeans import IoUKMeans, MostFrequentShapes
from sklearn_iou_kmeans._display import AnchorsDisplay, IoUCurveDisplay
from sklearn_iou_kmeans.datasets import make_boxes
from sklearn_iou_kmeans.metrics import average_iou_score, pairwise_iou
from sklearn_iou_kmeans.model_selection import NClustersSweep
from sklearn_iou_kmeans.preprocessing import box_sizes

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")
plt = pytest.importorskip("matplotlib.pyplot")

X = box_sizes(make_boxes(1500, random_state=0).data)

WIDE_RANGE = np.array(
    [
        *[(8, 7), (13, 20), (22, 14), (30, 41), (45, 30), (60, 85)],
        *[(90, 60), (105, 140), (160, 95), (190, 230), (310, 170), (400, 300)],
    ]
)


@pytest.fixture(autouse=True)
def _figures_are_closed():
    yield
    plt.close("all")


class RandomShapes(BaseEstimator):
    """A clusterer that makes no restarts itself, so that the sweep makes them."""

    def __init__(self, n_clusters=2, random_state=None):
        self.n_clusters = n_clusters
        self.random_state = random_state

    def fit(self, X, y=None):
        rows = np.random.RandomState(self.random_state).choice(len(X), self.n_clusters)
        self.cluster_centers_ = X[rows]
        return self

    def score(self, X, y=None):
        return average_iou_score(X, self.cluster_centers_)


def fitted_sweep(estimator=None, n_clusters=range(2, 7), **options):
    options = {"n_init": 3, "random_state": 0, **options}
    return NClustersSweep(estimator or IoUKMeans(), n_clusters, **options).fit(X)


@pytest.fixture(scope="module")
def sweep():
    return fitted_sweep()


@pytest.fixture(scope="module")
def sweep_with_cv():
    return fitted_sweep(RandomShapes(), cv=4, rule="one_standard_error")


@pytest.fixture(scope="module")
def sweeps_of_rules():
    sweeps = {rule: fitted_sweep(IoUKMeans(update=rule)) for rule in ("iou", "median", "mean")}
    return sweeps | {"most frequent": fitted_sweep(MostFrequentShapes(), n_clusters=range(4, 10))}


def draw_all(sweeps):
    displays = []
    for name, sweep in sweeps.items():
        ax = displays[0].ax_ if displays else None
        displays.append(IoUCurveDisplay.from_estimator(sweep, ax=ax, name=name))
    return displays


def curve(n_clusters, score, **options):
    return IoUCurveDisplay(n_clusters=np.array(n_clusters), score=np.array(score), **options)


def seen_tick_labels(axis):
    low, high = axis.get_view_interval()
    ticks = zip(axis.get_majorticklocs(), axis.get_majorticklabels(), strict=True)
    return [label for place, label in ticks if low <= place <= high]


def text_boxes(ax):
    """Where the texts are drawn that can be seen: labels and tick labels."""
    ax.figure.canvas.draw()
    note = [
        text
        for text in ax.findobj(matplotlib.text.Text)
        if text.get_text() == ax.get_title(loc="right")
    ]
    texts = [*ax.texts, ax.xaxis.label, ax.yaxis.label, *note]
    if ax.axison:
        texts += seen_tick_labels(ax.xaxis) + seen_tick_labels(ax.yaxis)
    # A leader line is part of an annotation, but not of its text.
    return [matplotlib.text.Text.get_window_extent(text) for text in texts if text.get_text()]


def assert_readable(display):
    figure = display.figure_
    for a, b in combinations(text_boxes(display.ax_), 2):
        assert not a.overlaps(b)
    drawn = figure.get_tightbbox()
    assert figure.bbox_inches.padded(1e-6).count_contains(drawn.corners()) == 4


def assert_labels_are_clear(display):
    """No label is on a curve or a band, or outside the axes."""
    display.figure_.canvas.draw()
    drawn = [line.get_transform().transform_path(line.get_path()) for line in display.ax_.lines]
    for band in display.ax_.collections:
        drawn += map(band.get_transform().transform_path, band.get_paths())
    for label in display.labels_:
        box = matplotlib.text.Text.get_window_extent(label)
        assert display.ax_.bbox.padded(1).count_contains(box.corners()) == 4
        assert not any(path.intersects_bbox(box, filled=False) for path in drawn)


def label_texts(display):
    """The labels, with the line breaks of the text, but not those of its width."""
    lines = [label.get_text().replace("\n", " ") for label in display.labels_]
    return [" ".join(line.split()) for line in lines]


# Average IoU against the number of anchors


def test_the_curve_is_that_of_the_sweep_and_its_axes_are_named(sweep):
    display = IoUCurveDisplay.from_estimator(sweep, name="boxes")
    np.testing.assert_array_equal(display.line_.get_xdata(), [2, 3, 4, 5, 6])
    np.testing.assert_array_equal(display.line_.get_ydata(), sweep.cv_results_["train_score"])
    assert display.ax_.get_xlabel() == "Number of anchors, k"
    assert display.ax_.get_ylabel() == "Average IoU (fraction, 0 to 1)"
    assert display.ax_.get_xticks().tolist() == [2, 3, 4, 5, 6]
    assert display.ax_.get_title() == ""
    assert display.test_line_ is display.errorbar_ is None


def test_the_band_reaches_from_the_worst_restart_to_the_best():
    sweep = fitted_sweep(RandomShapes())
    display = IoUCurveDisplay.from_estimator(sweep)
    edge = display.band_.get_paths()[0].vertices
    for row, n_clusters in enumerate([2, 3, 4, 5, 6]):
        restarts = [sweep.cv_results_[f"restart{i}_score"][row] for i in range(3)]
        at_k = edge[edge[:, 0] == n_clusters, 1]
        assert (at_k.min(), at_k.max()) == (min(restarts), max(restarts))
    assert "worst to best of 3 restarts" in label_texts(display)
    upper = [edge[edge[:, 0] == n_clusters, 1].max() for n_clusters in range(2, 7)]
    np.testing.assert_array_equal(display.line_.get_ydata(), upper)
    again = IoUCurveDisplay.from_estimator(sweep, ax=display.ax_)
    assert label_texts(again).count("worst to best of 3 restarts") == 1


def test_one_restart_has_no_spread():
    display = curve([2, 3], [0.5, 0.6], restart_scores=[[0.5], [0.6]]).plot()
    assert display.band_ is None


def test_held_out_boxes_have_a_curve_with_standard_errors(sweep_with_cv):
    display = IoUCurveDisplay.from_estimator(sweep_with_cv)
    results = sweep_with_cv.cv_results_
    splits = np.array([results[f"split{i}_test_score"] for i in range(4)])
    np.testing.assert_allclose(display.test_line_.get_ydata(), results["mean_test_score"])
    bars = np.array(display.errorbar_.lines[2][0].get_segments())
    half = splits.std(axis=0) / 2
    np.testing.assert_allclose(bars[:, 0, 1], splits.mean(axis=0) - half)
    np.testing.assert_allclose(bars[:, 1, 1], splits.mean(axis=0) + half)
    assert display.test_line_.get_linestyle() != display.line_.get_linestyle()
    [label] = [label for label in label_texts(display) if label.startswith("held-out boxes")]
    assert "± standard error of 4 splits" in label


def brightness(artist):
    """How bright the colour of an artist is on a print in grey, from 0 to 1, on white."""
    color = artist.get_facecolor()[0] if hasattr(artist, "get_facecolor") else artist.get_color()
    *rgb, alpha = matplotlib.colors.to_rgba(color)
    return 1 - alpha + alpha * np.dot(rgb, [0.299, 0.587, 0.114])


def test_fitted_curve_held_out_curve_and_band_can_be_told_apart_in_colour_and_in_grey(
    sweep_with_cv,
):
    display = IoUCurveDisplay.from_estimator(sweep_with_cv)
    fitted, held_out, band = display.line_, display.test_line_, display.band_
    colors = [line.get_color() for line in (fitted, held_out)]
    assert len({*map(matplotlib.colors.to_hex, (*colors, band.get_facecolor()[0]))}) == 3
    assert held_out.get_linestyle() != fitted.get_linestyle()
    assert held_out.get_marker() != fitted.get_marker()
    assert held_out.get_markerfacecolor() == "white"
    assert brightness(band) > brightness(fitted) + 0.3
    assert brightness(band) > brightness(held_out) + 0.3


def test_every_series_is_labelled_beside_its_end(sweep_with_cv):
    display = IoUCurveDisplay.from_estimator(sweep_with_cv)
    display.figure_.canvas.draw()
    ends = {"fitted boxes": display.line_, "held-out boxes": display.test_line_}
    assert len(display.labels_) == 3
    for start, line in ends.items():
        [label] = [label for label in display.labels_ if label.get_text().startswith(start)]
        assert list(label.xy) == list(line.get_xydata()[-1])
        end = display.ax_.transData.transform(label.xy)
        box = matplotlib.text.Text.get_window_extent(label)
        assert 0 < box.x0 - end[0] < 60
        assert abs((box.y0 + box.y1) / 2 - end[1]) < 60
    heights = [label.get_position()[1] for label in display.labels_]
    assert heights == sorted(heights)


def test_the_choice_is_outlined_and_told(sweep):
    display = IoUCurveDisplay.from_estimator(sweep, name="boxes")
    ((k,), (score,)) = display.choice_.get_data()
    assert (k, score) == (sweep.best_n_clusters_, sweep.best_score_)
    assert f"boxes chosen: k = {k:g} (knee), {score:.3f}" in label_texts(display)


def test_the_choice_is_on_the_curve_that_it_was_made_from(sweep_with_cv):
    display = IoUCurveDisplay.from_estimator(sweep_with_cv)
    ((k,), (score,)) = display.choice_.get_data()
    assert k == sweep_with_cv.best_n_clusters_
    assert score == pytest.approx(sweep_with_cv.best_score_)
    choice = f"chosen: k = {k:g} (one standard error), {score:.3f}"
    held_out = f"held-out boxes ± standard error of 4 splits {choice}"
    assert held_out in label_texts(display)


@pytest.mark.parametrize(
    ("rule", "words"), [(0.6, " (target 0.6)"), (lambda results: 1, " (own rule)"), (None, "")]
)
def test_every_rule_has_words(rule, words):
    display = curve([3, 6], [0.5, 0.6834], best_n_clusters=6, rule=rule).plot()
    assert label_texts(display) == [f"fitted boxes chosen: k = 6{words}, 0.683"]


def test_a_choice_that_is_not_on_the_curve_is_refused():
    with pytest.raises(ValueError, match=r"best_n_clusters=7 is not in n_clusters=\[3, 6\]"):
        curve([3, 6], [0.5, 0.6], best_n_clusters=7).plot()


@pytest.mark.parametrize("name", ["restart_scores", "test_scores"])
@pytest.mark.parametrize("scores", [[0.4, 0.5], [[0.4, 0.5]], [[0.4], [0.5], [0.6]]])
def test_scores_that_are_not_those_of_each_number_of_anchors_are_refused(name, scores):
    """Non-regression test for a band that repeated the restarts of one number for all others."""
    with pytest.raises(ValueError, match=f"{name} has the shape .*: give 2 rows, one for each"):
        curve([3, 6], [0.5, 0.6], **{name: scores}).plot()


def test_curves_on_one_axes_can_be_told_apart(sweeps_of_rules):
    displays = draw_all(sweeps_of_rules)
    lines = [display.line_ for display in displays]
    assert {display.ax_ for display in displays} == {displays[0].ax_}
    assert len({line.get_color() for line in lines}) == 4
    assert len({line.get_marker() for line in lines}) == 4, "also without colour"
    assert displays[0].ax_.get_xticks().tolist() == list(range(2, 10)), "those of all curves"
    texts = label_texts(displays[-1])
    for name in sweeps_of_rules:
        assert sum(text.startswith(f"{name} chosen: k = ") for text in texts) == 1


def test_labels_cover_no_curve_and_no_other_label(sweep, sweep_with_cv, sweeps_of_rules):
    for one in (sweep, sweep_with_cv, fitted_sweep(n_clusters=[3], rule=0.1)):
        display = IoUCurveDisplay.from_estimator(one)
        assert_labels_are_clear(display)
        assert_readable(display)
    display = draw_all(sweeps_of_rules)[-1]
    assert_labels_are_clear(display)
    assert_readable(display)


def test_labels_of_curves_that_end_together_or_are_long_are_readable():
    ax = None
    for last in (0.9, 0.9, 0.901, 0.1, 0.899):
        display = curve([3, 4], [0.5, last]).plot(ax, name=f"a name that is long enough, {last}")
        ax = display.ax_
    assert_labels_are_clear(display)
    assert_readable(display)


def test_the_y_axis_is_fitted_to_all_curves():
    first = curve([3, 4], [0.5, 0.6]).plot(name="first")
    curve([3, 4], [0.1, 0.2]).plot(first.ax_, name="second")
    low, high = first.ax_.get_ylim()
    assert 0 < low < 0.1 < 0.6 < high < 0.7


def test_many_numbers_of_anchors_are_ticked_by_round_ones():
    display = curve(range(1, 31), 1 - 1 / np.arange(2, 32)).plot()
    assert display.ax_.get_xticks().tolist() == [5, 10, 15, 20, 25, 30]
    assert_readable(display)


def test_tiny_differences_do_not_fill_the_picture():
    display = curve([6], [0.7]).plot()
    low, high = curve([6, 7], [0.7, 0.7001]).plot().ax_.get_ylim()
    assert high - low == pytest.approx(0.01)
    assert display.ax_.get_xticks().tolist() == [6]


def test_options_reach_the_artists():
    sweep = fitted_sweep(RandomShapes())
    display = IoUCurveDisplay.from_estimator(
        sweep, line_kw={"lw": 3, "color": "black"}, fill_kw={"alpha": 0.5}, score_name="Score"
    )
    assert display.line_.get_linewidth() == 3
    assert display.line_.get_color() == display.choice_.get_color() == "black"
    assert display.band_.get_alpha() == 0.5
    assert display.ax_.get_ylabel() == "Score"


def test_a_sweep_has_to_be_fitted():
    with pytest.raises(NotFittedError, match="NClustersSweep"):
        IoUCurveDisplay.from_estimator(NClustersSweep(IoUKMeans()))


# Anchors


@pytest.mark.parametrize("n_clusters", [1, 3, 9, 20])
@pytest.mark.parametrize("kind", ["density", "rectangles"])
def test_texts_neither_overlap_nor_leave_the_figure(n_clusters, kind):
    kmeans = IoUKMeans(n_clusters, algorithm="lloyd", n_init=1, random_state=0).fit(X)
    display = AnchorsDisplay.from_estimator(kmeans, X, kind=kind)
    assert display.figure_.get_size_inches().tolist() == [6.4, 4.8]
    assert_readable(display)


@pytest.mark.parametrize("kind", ["density", "rectangles"])
@pytest.mark.parametrize(
    ("anchors", "boxes"),
    [
        ([[30, 30]], [[30, 30]]),
        ([[50, 50], [50.5, 50], [51, 50.2], [50, 50]], [[50, 50], [51, 50], [52, 51]]),
        (WIDE_RANGE, X),
        (WIDE_RANGE * [1, 0.1], X),
        (WIDE_RANGE * [0.1, 1], X),
        (WIDE_RANGE / 500, X / 500),
        ([[12, 9], [40, 30], [0, 0]], [[10, 8], [12, 8], [0, 4], [40, 30], [44, 31]]),
    ],
)
def test_extreme_anchors_are_readable(anchors, boxes, kind):
    assert_readable(AnchorsDisplay(anchors=anchors, X=boxes).plot(kind=kind))


def test_axes_are_named_and_ticked_in_plain_numbers():
    display = AnchorsDisplay(anchors=[[10, 10], [100, 80]], X=X, unit="grid cells").plot()
    ax = display.ax_
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Width (grid cells)", "Height (grid cells)")
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    ticks = [label.get_text() for label in ax.get_xticklabels()]
    assert {"10", "20", "50", "100"} <= set(ticks)
    assert display.colorbar_.ax.get_ylabel() == "boxes per cell"


@pytest.mark.parametrize("largest", [1.01, 20, 1e6])
@pytest.mark.parametrize("smallest", [0.0101, 30])
def test_any_range_of_sizes_has_ticks(smallest, largest):
    boxes = np.array([[smallest, smallest], [largest * smallest, 2 * largest * smallest]])
    display = AnchorsDisplay(anchors=boxes.mean(axis=0, keepdims=True), X=boxes).plot()
    assert_readable(display)
    for axis in (display.ax_.xaxis, display.ax_.yaxis):
        assert len(seen_tick_labels(axis)) >= 2


def test_every_box_is_counted_in_its_cell():
    boxes = [[10, 20]] * 30 + [[100, 50]] * 5 + [[40, 40]]
    display = AnchorsDisplay(anchors=[[20, 20]], X=boxes).plot()
    edges, counts = display.mesh_.get_coordinates(), display.mesh_.get_array()
    assert counts.sum() == 36
    for width, height, n_boxes in ((10, 20, 30), (100, 50, 5), (40, 40, 1)):
        column = np.searchsorted(edges[0, :, 0], width) - 1
        row = np.searchsorted(edges[:, 0, 1], height) - 1
        assert counts[row, column] == n_boxes


def test_weights_count_as_repeats():
    boxes, weights = X[:100], np.arange(100) % 3
    weighted = AnchorsDisplay(anchors=[[20, 20]], X=boxes, sample_weight=weights).plot()
    repeated = AnchorsDisplay(anchors=[[20, 20]], X=np.repeat(boxes, weights, axis=0)).plot()
    np.testing.assert_array_equal(weighted.mesh_.get_array(), repeated.mesh_.get_array())
    assert weighted.colorbar_.ax.get_ylabel() == "weighted boxes per cell"


def test_a_box_without_weight_is_not_there():
    display = AnchorsDisplay(
        anchors=[[9, 9]], X=[[10, 8], [900, 800], [0, 0]], sample_weight=[1, 0, 0]
    ).plot()
    assert display.ax_.get_xlim()[1] < 100
    assert display.ax_.get_title(loc="right") == ""


@pytest.mark.parametrize(
    ("boxes", "anchors", "note"),
    [
        ([[10, 8], [0, 4], [0, 0], [5, 0]], [[9, 9]], "3 boxes with a side of 0 not shown"),
        ([[10, 8]], [[9, 9], [0, 9]], "1 anchor with a side of 0 not shown"),
        ([[10, 8], [0, 4]], [[9, 0], [9, 9]], "1 box and 1 anchor with a side of 0 not shown"),
        ([[10, 8]], [[9, 9]], ""),
    ],
)
def test_what_has_no_place_on_log_axes_is_reported(boxes, anchors, note):
    display = AnchorsDisplay(anchors=anchors, X=boxes).plot()
    assert display.ax_.get_title(loc="right") == note
    assert display.mesh_.get_array().sum() == 1
    np.testing.assert_array_equal(display.markers_.get_xydata(), [[9, 9]])


def test_borders_part_the_boxes_of_different_anchors():
    anchors = IoUKMeans(6, random_state=0).fit(X).cluster_centers_
    display = AnchorsDisplay(anchors=anchors, X=X).plot()
    border = np.vstack([path.vertices for line in display.borders_ for path in line.get_paths()])
    second, best = np.sort(pairwise_iou(border, anchors), axis=1)[:, -2:].T
    np.testing.assert_allclose(second, best, atol=0.01)

    (left, right), height = display.ax_.get_xlim(), np.median(X[:, 1])
    across = np.column_stack([np.geomspace(left, right, 5000), np.full(5000, height)])
    labels = pairwise_iou(across, anchors).argmax(axis=1)
    changes = across[1:][np.diff(labels) != 0]
    assert len(changes) > 0
    for change in changes:
        assert np.abs(np.log(border / change)).max(axis=1).min() < 0.05


def test_one_anchor_has_no_border_and_equal_anchors_have_none_between_them():
    assert AnchorsDisplay(anchors=[[20, 20]], X=X).plot().borders_ == []
    assert AnchorsDisplay(anchors=[[20, 20], [20, 20]], X=X).plot().borders_ == []


def test_dots_are_the_anchors_and_their_sizes_stand_beside_them():
    anchors = [[10.4, 12.2], [40, 30], [160, 100]]
    display = AnchorsDisplay(anchors=anchors, X=X).plot()
    np.testing.assert_array_equal(display.markers_.get_xydata(), anchors)
    sizes = [label.get_text() for label in display.texts_]
    assert sizes == ["10 × 12", "40 × 30", "160 × 100"]  # noqa: RUF001
    assert [list(label.xy) for label in display.texts_] == anchors


def test_a_size_stays_within_the_axes():
    display = AnchorsDisplay(anchors=[[X[:, 0].max(), 30], [X[:, 0].min(), 30]], X=X).plot()
    display.figure_.canvas.draw()
    assert len(display.texts_) == 2
    for label in display.texts_:
        assert display.ax_.bbox.count_contains(label.get_window_extent().corners()) == 4


def test_no_size_is_written_over_a_dot():
    kmeans = IoUKMeans(20, algorithm="lloyd", n_init=1, random_state=0).fit(X)
    display = AnchorsDisplay.from_estimator(kmeans, X)
    display.figure_.canvas.draw()
    dots = display.ax_.transData.transform(kmeans.cluster_centers_)
    assert len(display.texts_) >= 5
    for label in display.texts_:
        assert label.get_window_extent().padded(3).count_contains(dots) == 0


def test_rectangles_are_the_anchors_to_scale_around_one_center():
    display = AnchorsDisplay(anchors=WIDE_RANGE, X=X).plot(kind="rectangles")
    sizes = [(r.get_width(), r.get_height()) for r in display.rectangles_]
    assert sorted(sizes) == sorted(map(tuple, WIDE_RANGE))
    for rectangle in display.rectangles_:
        assert rectangle.get_center().tolist() == [0, 0]
    for size in ((6.4, 4.8), (5, 8)):
        display.figure_.set_size_inches(size)
        display.figure_.canvas.draw()
        (x, y), (right, top) = display.ax_.transData.transform([[0, 0], [100, 100]])
        assert right - x == pytest.approx(top - y)
    for rectangle in display.rectangles_:
        assert display.ax_.bbox.count_contains(rectangle.get_window_extent().corners()) == 4


@pytest.mark.parametrize("scale", [[1, 1], [1, 0.1], [0.1, 1]])
def test_every_rectangle_has_its_size_at_the_end_of_a_line_that_crosses_no_other(scale):
    display = AnchorsDisplay(anchors=WIDE_RANGE * scale, X=X).plot(kind="rectangles")
    display.figure_.canvas.draw()
    lines = []
    for label, rectangle in zip(display.texts_, display.rectangles_, strict=True):
        width, height = map(float, label.get_text().split(" × "))  # noqa: RUF001
        assert (width, height) == pytest.approx((rectangle.get_width(), rectangle.get_height()))
        assert label.xy == pytest.approx(rectangle.get_corners()[2])
        start = display.ax_.transData.transform(label.xy)
        end = display.ax_.transAxes.transform(label.xyann)
        lines.append(matplotlib.path.Path([start, end]))
    for a, b in combinations(lines, 2):
        assert not a.intersects_path(b, filled=False)


def test_small_sides_keep_their_digits():
    display = AnchorsDisplay(anchors=[[0.012, 0.034], [0.5, 0.25]], X=X).plot(kind="rectangles")
    sizes = [label.get_text() for label in display.texts_]
    assert sizes == ["0.500 × 0.250", "0.012 × 0.034"]  # noqa: RUF001


def test_a_search_shows_the_anchors_of_its_best(sweep):
    search = GridSearchCV(IoUKMeans(random_state=0), {"n_clusters": [2, 4]}, cv=3).fit(X)
    for fitted in (search, sweep):
        display = AnchorsDisplay.from_estimator(fitted, X)
        np.testing.assert_array_equal(display.anchors, fitted.best_estimator_.cluster_centers_)


def test_a_pipeline_shows_the_anchors_of_its_last_step():
    """Non-regression test, also for a sweep over a Pipeline, and for a sweep in one."""
    kmeans = make_pipeline(FunctionTransformer(), IoUKMeans(2, random_state=0)).fit(X)
    outside = NClustersSweep(kmeans, [2, 3], random_state=0).fit(X)
    inside = make_pipeline(FunctionTransformer(), fitted_sweep()).fit(X)
    for fitted, clusterer in (
        (kmeans, kmeans[-1]),
        (outside, outside.best_estimator_[-1]),
        (inside, inside[-1].best_estimator_),
    ):
        display = AnchorsDisplay.from_estimator(fitted, X)
        np.testing.assert_array_equal(display.anchors, clusterer.cluster_centers_)


@pytest.mark.parametrize(
    "estimator",
    [
        IoUKMeans(),
        GridSearchCV(IoUKMeans(), {}),
        make_pipeline(FunctionTransformer(), IoUKMeans()),
        NClustersSweep(IoUKMeans()),
    ],
)
def test_an_estimator_has_to_be_fitted(estimator):
    with pytest.raises(NotFittedError):
        AnchorsDisplay.from_estimator(estimator, X)


@pytest.mark.parametrize(
    ("anchors", "boxes", "options", "message"),
    [
        ([[9, 9]], [[1, 2, 3]], {}, r"X has the shape \(1, 3\): .* \(width, height\)"),
        ([[9], [8]], [[1, 2]], {}, r"anchors has the shape \(2, 1\)"),
        ([[9, 9]], [[1, 2]], {"kind": "dots"}, "'density' or 'rectangles', got 'dots'"),
        ([[9, 9]], [[0, 2], [3, 0]], {}, "X has no row with two sides > 0"),
        ([[9, 0]], [[1, 2]], {}, "anchors has no row with two sides > 0"),
        ([[9, 9]], [[-1, 2]], {}, r"X\[0, 0\] is -1.0. Sides of boxes are >= 0"),
    ],
)
def test_bad_input_is_named_before_a_figure_is_made(anchors, boxes, options, message):
    with pytest.raises(ValueError, match=message):
        AnchorsDisplay(anchors=anchors, X=boxes).plot(**options)
    assert plt.get_fignums() == []


def test_weights_have_to_be_one_a_box():
    with pytest.raises(ValueError, match="give one weight per row"):
        AnchorsDisplay(anchors=[[9, 9]], X=X, sample_weight=[1.0]).plot()


@pytest.mark.parametrize(("weight", "written"), [(1e308, r"1e\+308"), (5e-324, "5e-324")])
def test_weights_whose_sums_no_colour_shows_are_named(weight, written):
    """Non-regression test: matplotlib refused them as "Invalid vmin or vmax"."""
    with pytest.raises(ValueError, match=f"sample_weight reaches from {written} to {written}"):
        AnchorsDisplay(anchors=[[9, 9]], X=X, sample_weight=np.full(len(X), weight)).plot()
    assert plt.get_fignums() == []


# Both


def displays():
    return [
        (curve([3, 6], [0.5, 0.6], best_n_clusters=6), {}),
        (AnchorsDisplay(anchors=WIDE_RANGE, X=X), {}),
        (AnchorsDisplay(anchors=WIDE_RANGE, X=X), {"kind": "rectangles"}),
    ]


@pytest.mark.parametrize(("display", "options"), displays())
def test_a_display_draws_on_the_axes_that_it_is_given_and_returns_itself(display, options):
    figure, axes = plt.subplots(1, 2)
    assert display.plot(axes[1], **options) is display
    assert display.ax_ is axes[1]
    assert display.figure_ is figure
    assert len(plt.get_fignums()) == 1
    assert not axes[0].has_data()


@pytest.mark.parametrize(("display", "options"), displays())
def test_a_display_works_in_a_subfigure(display, options):
    _, subfigure = plt.figure(figsize=(12.8, 4.8), layout="constrained").subfigures(1, 2)
    assert display.plot(subfigure.subplots(), **options).figure_ is subfigure


@pytest.mark.parametrize(("display", "options"), displays())
def test_large_fonts_fit(display, options):
    with matplotlib.rc_context({"font.size": 16}):
        assert_readable(display.plot(**options))


@pytest.mark.parametrize(("display", "options"), displays())
def test_settings_of_matplotlib_stay_as_they_are(display, options):
    before = matplotlib.rcParams.copy()
    display.plot(**options)
    assert matplotlib.rcParams == before


def test_matplotlib_is_needed_to_draw_and_for_nothing_else(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    display = IoUCurveDisplay(n_clusters=[1], score=[0.5])
    with pytest.raises(ImportError, match=r'pip install "sklearn-iou-kmeans\[plot\]"\.$'):
        display.plot()
