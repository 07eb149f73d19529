"""Average IoU against the number of anchors."""

import textwrap
from collections.abc import Callable, Mapping
from itertools import count, takewhile
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.isotonic import isotonic_regression
from sklearn.utils.validation import check_is_fitted

from ._axes import COLORS, axes_or_new, laid_out

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PolyCollection
    from matplotlib.container import ErrorbarContainer
    from matplotlib.figure import FigureBase
    from matplotlib.lines import Line2D
    from matplotlib.text import Annotation

# Line styles and markers distinguish curves in print without colour. "--" is for held-out boxes.
LINE_STYLES = ("-", "-.", ":")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")

# A band has a neutral colour; it belongs to the curve above it.
BAND_COLOR = "gray"

# Prefixes of the gid of the artists of this display.
CURVE, BAND, LABEL = "iou-curve-", "iou-band", "iou-label"

# Labels at the ends of curves: characters per line, and maximum share of the width.
LABEL_WIDTH = 28
MAX_SHARE = 0.6

# Maximum number of ticks on the x axis.
MAX_TICKS = 12

# Minimum range of the y axis, so that tiny differences of the average IoU do not look large.
MIN_HEIGHT = 0.01


class IoUCurveDisplay:
    r"""Average IoU against the number of anchors.

    Use :meth:`from_estimator` to create one. To compare several curves, pass the `ax_` of the first
    display to the others, and a `name` to each. Every curve has its own colour, marker and line
    style, and a label at its end.

    Parameters
    ----------
    n_clusters : ndarray of shape (n_ks,)
        The numbers of anchors, in ascending order.
    score : ndarray of shape (n_ks,)
        Average IoU on the fitted boxes.
    restart_scores : ndarray of shape (n_ks, n_restarts), default=None
        Average IoU of every restart. With several restarts, a band shows the range from the worst
        to the best.
    test_scores : ndarray of shape (n_ks, n_splits), default=None
        Average IoU on the held-out boxes of each split. A second curve shows the mean with its
        standard error.
    best_n_clusters : int, default=None
        The chosen number of anchors. Its marker is outlined, on the curve of the held-out boxes if
        there is one.
    rule : str, float or callable, default=None
        The rule that chose it, for the label: the parameter `rule` of the sweep.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes with the curve.
    figure_ : matplotlib Figure
        The figure of `ax_`.
    line_ : matplotlib Line2D
        The curve of the fitted boxes.
    band_ : matplotlib PolyCollection or None
        The range of the restarts.
    test_line_ : matplotlib Line2D or None
        The curve of the held-out boxes.
    errorbar_ : matplotlib ErrorbarContainer or None
        The standard errors of the held-out boxes.
    choice_ : matplotlib Line2D or None
        The outline of the chosen number of anchors.
    labels_ : list of matplotlib Annotation
        The labels at the ends of all curves on `ax_`, from the lowest to the highest. They contain
        the chosen number of anchors, the rule and the average IoU.

    See Also
    --------
    AnchorsDisplay : Plot of anchors and boxes.
    sklearn.model_selection.ValidationCurveDisplay : Plot of a score against any parameter.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from sklearn_iou_kmeans import IoUCurveDisplay, IoUKMeans, NClustersSweep
    >>> X = [[10, 8], [12, 8], [11, 9], [40, 30], [44, 31], [42, 33], [90, 60], [80, 64]]
    >>> sweep = NClustersSweep(IoUKMeans(), n_clusters=[1, 2, 3, 4], random_state=0).fit(X)
    >>> display = IoUCurveDisplay.from_estimator(sweep, name="IoU k-means")
    >>> display.line_.get_label()
    'IoU k-means\nchosen: k = 3 (knee), 0.921'
    >>> plt.close(display.figure_)
    """

    ax_: "Axes"
    figure_: "FigureBase"
    line_: "Line2D"
    band_: "PolyCollection | None"
    test_line_: "Line2D | None"
    errorbar_: "ErrorbarContainer | None"
    choice_: "Line2D | None"
    labels_: "list[Annotation]"

    def __init__(
        self,
        *,
        n_clusters: ArrayLike,
        score: ArrayLike,
        restart_scores: ArrayLike | None = None,
        test_scores: ArrayLike | None = None,
        best_n_clusters: int | None = None,
        rule: str | float | Callable[..., Any] | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.score = score
        self.restart_scores = restart_scores
        self.test_scores = test_scores
        self.best_n_clusters = best_n_clusters
        self.rule = rule

    @classmethod
    def from_estimator(
        cls, sweep: Any, *, ax: "Axes | None" = None, name: str | None = None, **plot_options: Any
    ) -> Self:
        """Draw the curve of a fitted sweep.

        Parameters
        ----------
        sweep : NClustersSweep
            A fitted sweep.
        ax : matplotlib Axes, default=None
            See :meth:`plot`.
        name : str, default=None
            See :meth:`plot`.
        **plot_options : dict
            The other parameters of :meth:`plot`.

        Returns
        -------
        display : IoUCurveDisplay
            The display, after drawing.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If `sweep` is not fitted.
        """
        check_is_fitted(sweep, "cv_results_")
        results = sweep.cv_results_
        display = cls(
            n_clusters=np.asarray(results["param_n_clusters"], dtype=int),
            score=results["train_score"],
            restart_scores=_columns(results, "restart{}_score"),
            test_scores=_columns(results, "split{}_test_score"),
            best_n_clusters=sweep.best_n_clusters_,
            rule=sweep.rule,
        )
        return display.plot(ax, name=name, **plot_options)

    def plot(
        self,
        ax: "Axes | None" = None,
        *,
        name: str | None = None,
        score_name: str = "Average IoU (fraction, 0 to 1)",
        line_kw: Mapping[str, Any] | None = None,
        fill_kw: Mapping[str, Any] | None = None,
    ) -> Self:
        """Draw the curve, in addition to those already on the axes.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on; those of a new figure by default.
        name : str, default=None
            Name of the curve in its label.
        score_name : str, default="Average IoU (fraction, 0 to 1)"
            Label of the y axis. Change it if the score of the estimator is not the average IoU.
        line_kw : dict, default=None
            Passed to :meth:`matplotlib.axes.Axes.plot`.
        fill_kw : dict, default=None
            Passed to :meth:`matplotlib.axes.Axes.fill_between`.

        Returns
        -------
        display : IoUCurveDisplay
            The display itself.

        Raises
        ------
        ImportError
            If matplotlib is not installed: install the `plot` extra.
        ValueError
            If `best_n_clusters` is not in `n_clusters`, or if `restart_scores` or `test_scores`
            does not have one row for each number in `n_clusters`.
        """
        self.ax_ = axes_or_new(ax)
        self.figure_ = self.ax_.figure
        self._draw_fitted(name or "fitted boxes", line_kw or {})
        self._draw_restarts(fill_kw or {})
        self._draw_held_out(f"{name}, held-out boxes" if name else "held-out boxes", line_kw or {})
        self._outline_choice(self.test_line_ or self.line_)
        self.ax_.set(xlabel="Number of anchors, k", ylabel=score_name)
        _set_ticks(self.ax_)
        _set_height(self.ax_)
        self.labels_ = _label_ends(self.ax_)
        return self

    def _draw_fitted(self, label: str, line_kw: Mapping[str, Any]) -> None:
        style = _next_style(self.ax_) | {"label": label} | _normalized(line_kw)
        (self.line_,) = self.ax_.plot(self.n_clusters, self.score, **style)

    def _draw_restarts(self, fill_kw: Mapping[str, Any]) -> None:
        self.band_ = None
        if self.restart_scores is None:
            return
        scores = self._one_row_each(self.restart_scores, "restart_scores")
        if scores.shape[1] == 1:
            return
        fill: dict[str, Any] = {
            "color": BAND_COLOR,
            "alpha": 0.25,
            "linewidth": 0,
            "label": f"worst to best of {scores.shape[1]} restarts",
            "gid": BAND,
        }
        self.band_ = self.ax_.fill_between(
            self.n_clusters, scores.min(axis=1), scores.max(axis=1), **fill | dict(fill_kw)
        )

    def _draw_held_out(self, label: str, line_kw: Mapping[str, Any]) -> None:
        self.test_line_ = self.errorbar_ = None
        if self.test_scores is None:
            return
        scores = self._one_row_each(self.test_scores, "test_scores")
        n_splits = scores.shape[1]
        shared = {
            key: value
            for key, value in _normalized(line_kw).items()
            if key not in ("color", "linestyle", "marker", "label")
        }
        style = _next_style(self.ax_) | shared
        style |= {"linestyle": "--", "markerfacecolor": "white"}
        label = f"{label}\n± standard error of {n_splits} splits"
        (self.test_line_,) = self.ax_.plot(
            self.n_clusters, scores.mean(axis=1), label=label, **style
        )
        self.errorbar_ = self.ax_.errorbar(
            self.n_clusters,
            scores.mean(axis=1),
            yerr=scores.std(axis=1) / np.sqrt(n_splits),
            fmt="none",
            ecolor=self.test_line_.get_color(),
            capsize=3,
        )

    def _one_row_each(self, scores: ArrayLike, name: str) -> NDArray[Any]:
        """Return scores as an array, after checking that there is a row for each `n_clusters`."""
        scores, n_rows = np.asarray(scores), np.size(self.n_clusters)
        if scores.ndim != 2 or len(scores) != n_rows:
            raise ValueError(
                f"{name} has the shape {scores.shape}: give {n_rows} rows, one for each number in "
                "n_clusters."
            )
        return scores

    def _outline_choice(self, line: "Line2D") -> None:
        """Outline the chosen marker of a curve, and add the choice to the label of the curve."""
        self.choice_ = None
        if self.best_n_clusters is None:
            return
        n_clusters, score = np.asarray(line.get_data())
        chosen = n_clusters == self.best_n_clusters
        if not chosen.any():
            raise ValueError(
                f"best_n_clusters={self.best_n_clusters!r} is not in n_clusters="
                f"{np.asarray(self.n_clusters).tolist()}: pass one of them, or None."
            )
        choice = f"chosen: k = {self.best_n_clusters}{_by_rule(self.rule)}, {score[chosen][0]:.3f}"
        line.set_label(f"{line.get_label()}\n{choice}")
        (self.choice_,) = self.ax_.plot(
            n_clusters[chosen],
            score[chosen],
            linestyle="none",
            marker=line.get_marker(),
            markersize=2.4 * line.get_markersize(),
            markerfacecolor="none",
            markeredgewidth=1.5,
            color=line.get_color(),
        )


def _columns(results: Mapping[str, Any], pattern: str) -> NDArray[Any] | None:
    """Stack the columns named ``pattern.format(0)``, ``pattern.format(1)`` and so on."""
    names = takewhile(results.__contains__, map(pattern.format, count()))
    columns = [results[name] for name in names]
    return np.column_stack(columns) if columns else None


def _by_rule(rule: Any) -> str:
    if rule is None:
        return ""
    if isinstance(rule, str):
        return f" ({rule.replace('_', ' ')})"
    return " (own rule)" if callable(rule) else f" (target {rule:g})"


def _curves(ax: "Axes") -> "list[Line2D]":
    return [line for line in ax.lines if str(line.get_gid()).startswith(CURVE)]


def _normalized(line_kw: Mapping[str, Any]) -> dict[str, Any]:
    """Spell out the abbreviations of the properties of a line."""
    from matplotlib.cbook import normalize_kwargs
    from matplotlib.lines import Line2D

    return normalize_kwargs(dict(line_kw), Line2D)


def _next_style(ax: "Axes") -> dict[str, Any]:
    """Return the colour, marker and line style that no curve on the axes has yet."""
    n_curves = len(_curves(ax))
    return {
        "color": COLORS[n_curves % len(COLORS)],
        "linestyle": LINE_STYLES[n_curves % len(LINE_STYLES)],
        "marker": MARKERS[n_curves % len(MARKERS)],
        "markersize": 5,
        "gid": f"{CURVE}{n_curves}",
    }


def _set_ticks(ax: "Axes") -> None:
    """Put ticks at the numbers of anchors of all curves, or at round ones where they are many."""
    from matplotlib.ticker import MaxNLocator

    ticks = np.unique(np.concatenate([line.get_xdata() for line in _curves(ax)]))
    smallest, largest = ticks[0], ticks[-1]
    if largest - smallest > MAX_TICKS * min(np.diff(ticks), default=1):
        locator = MaxNLocator(MAX_TICKS, integer=True, steps=[1, 2, 5, 10])
        ticks = locator.tick_values(smallest, largest)
    ax.set_xticks(ticks[(ticks >= smallest) & (ticks <= largest)])


def _set_height(ax: "Axes") -> None:
    """Fit the y axis to the curves, but do not magnify tiny differences."""
    ax.autoscale(axis="y")
    low, high = ax.get_ylim()
    missing = max(MIN_HEIGHT - (high - low), 0)
    ax.set_ylim(low - missing / 2, high + missing / 2)


class End(NamedTuple):
    """Where a curve or band ends, and what it is called."""

    x: float
    y: float
    label: str
    color: Any


def _ends(ax: "Axes") -> list[End]:
    """Return the ends of all curves, and of the first of several bands with one label."""
    ends = []
    for line in _curves(ax):
        x, y = np.asarray(line.get_xydata())[-1].tolist()
        ends.append(End(x, y, str(line.get_label()), line.get_color()))
    bands = [band for band in ax.collections if band.get_gid() == BAND]
    for label, band in {str(band.get_label()): band for band in reversed(bands)}.items():
        edge = np.asarray(band.get_paths()[0].vertices)
        x = edge[:, 0].max()
        ends.append(End(x, edge[edge[:, 0] == x, 1].mean(), label, band.get_facecolor()[0]))
    return ends


def _label_ends(ax: "Axes") -> "list[Annotation]":
    """Write the label of each curve in a column on the right, with a line to its end."""
    from matplotlib.colors import to_rgb

    for text in [text for text in ax.texts if text.get_gid() == LABEL]:
        text.remove()
    labels = [
        ax.annotate(
            "\n".join(textwrap.fill(line, LABEL_WIDTH) for line in end.label.split("\n")),
            (end.x, end.y),
            xytext=(0, 0),
            textcoords="axes fraction",
            va="center",
            fontsize="small",
            color=0.75 * np.array(to_rgb(end.color)),
            gid=LABEL,
            arrowprops={
                "arrowstyle": "-",
                "color": end.color,
                "linewidth": 0.8,
                "shrinkA": 1,
                "shrinkB": 5,
                "relpos": (0, 0.5),
            },
        )
        for end in _ends(ax)
    ]
    labels.sort(key=lambda label: float(label.xy[1]))
    column = _make_room(ax, labels)
    places = _spread(ax, labels)
    for label, place in zip(labels, places, strict=True):
        label.set_position((column, place))
    return labels


def _make_room(ax: "Axes", labels: "list[Annotation]") -> float:
    """Widen the x axis to the right for a column of labels; return where it starts."""
    width = laid_out(ax).bbox.width
    gap = float(labels[0].get_fontsize()) * ax.figure.dpi / 72
    needed = max(float(_text_box(label).width) for label in labels) + gap
    share = min(needed / width, MAX_SHARE)
    ax.autoscale(axis="x")
    low, high = ax.get_xlim()
    ax.set_xlim(low, high + (high - low) * share / (1 - share))
    return float(1 - share + gap / 2 / width)


def _spread(ax: "Axes", labels: "list[Annotation]") -> "NDArray[np.float64]":
    """Place labels as close to their ends as they can be without overlaps, in axes fractions."""
    bounds = laid_out(ax).bbox
    heights = np.array([1.2 * _text_box(label).height for label in labels]) / bounds.height
    ends = ax.transAxes.inverted().transform(ax.transData.transform([x.xy for x in labels]))[:, 1]
    # Labels that touch are at these distances from the lowest.
    touching = np.concatenate([[0], np.cumsum((heights[:-1] + heights[1:]) / 2)])
    lowest, highest = heights[0] / 2, 1 - heights[-1] / 2 - touching[-1]
    shifts = isotonic_regression(ends - touching, y_min=lowest, y_max=max(lowest, highest))
    return np.asarray(shifts + touching)


def _text_box(label: "Annotation") -> Any:
    """Return the extent of a label without its line."""
    from matplotlib.text import Text

    return Text.get_window_extent(label)
