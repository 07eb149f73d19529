"""Average IoU against the number of anchors."""

from collections.abc import Callable, Mapping
from itertools import count, takewhile
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted

from ._axes import COLORS, axes_or_new, laid_out

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PolyCollection
    from matplotlib.container import ErrorbarContainer
    from matplotlib.figure import FigureBase
    from matplotlib.legend import Legend
    from matplotlib.lines import Line2D

# With the markers, what tells curves apart in print without colour. "--" is for held-out boxes.
LINE_STYLES = ("-", "-.", ":")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")

# Curves on an axes are known by the first part of their gid.
CURVE = "iou-curve-"

# A curve that rises ever more slowly leaves the lower right free.
LEGEND_PLACES = ("lower right", "upper left", "center right", "upper right", "lower left")

# As many ticks in a row are easy to read.
MAX_TICKS = 12

# A smaller difference of the average IoU is not to fill a picture.
MIN_HEIGHT = 0.01


class IoUCurveDisplay:
    """Average IoU against the number of anchors.

    :meth:`from_estimator` is the usual way to get one. Several curves go on one axes, each with its
    own colour, marker and line: pass the `ax_` of the first to the others, and a `name` to each.

    Parameters
    ----------
    n_clusters : ndarray of shape (n_ks,)
        The numbers of anchors, ascending.
    score : ndarray of shape (n_ks,)
        The average IoU of each on the boxes that were fitted.
    restart_scores : ndarray of shape (n_ks, n_restarts), default=None
        That of every restart, drawn as a band from the worst to the best if there are several. It
        ends below the curve where the best restart was polished.
    test_scores : ndarray of shape (n_ks, n_splits), default=None
        The average IoU on the held-out boxes of each split, drawn as a curve of its own: the mean
        with its standard error.
    best_n_clusters : int, default=None
        The one of `n_clusters` that was chosen. It is outlined on the curve that one chooses from,
        that of the held-out boxes if there is one.
    rule : str, float or callable, default=None
        What chose it, for the legend: the parameter of that name of the sweep.

    Attributes
    ----------
    ax_ : matplotlib Axes
        What was drawn on.
    figure_ : matplotlib Figure
        The figure of `ax_`.
    line_ : matplotlib Line2D
        The curve of the fitted boxes.
    band_ : matplotlib PolyCollection or None
        The spread of the restarts.
    test_line_ : matplotlib Line2D or None
        The curve of the held-out boxes.
    errorbar_ : matplotlib ErrorbarContainer or None
        Its standard errors.
    choice_ : matplotlib Line2D or None
        The outline of the chosen marker.
    legend_ : matplotlib Legend
        The legend of all curves on `ax_`. It says which number of anchors was chosen, by which
        rule, and the average IoU there.

    See Also
    --------
    AnchorsDisplay : The anchors among the boxes.
    sklearn.model_selection.ValidationCurveDisplay : The same for any parameter and score.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from sklearn_iou_kmeans import IoUCurveDisplay, IoUKMeans, NClustersSweep
    >>> X = [[10, 8], [12, 8], [11, 9], [40, 30], [44, 31], [42, 33], [90, 60], [80, 64]]
    >>> sweep = NClustersSweep(IoUKMeans(), n_clusters=[1, 2, 3, 4], random_state=0).fit(X)
    >>> display = IoUCurveDisplay.from_estimator(sweep, name="IoU k-means")
    >>> display.line_.get_label()
    'IoU k-means: k = 3 (knee), 0.921'
    >>> plt.close(display.figure_)
    """

    ax_: "Axes"
    figure_: "FigureBase"
    line_: "Line2D"
    band_: "PolyCollection | None"
    test_line_: "Line2D | None"
    errorbar_: "ErrorbarContainer | None"
    choice_: "Line2D | None"
    legend_: "Legend"

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
            The display, drawn.

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
        """Draw the curve, beside those that are on the axes already.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on; those of a new figure by default.
        name : str, default=None
            What the legend calls the curve.
        score_name : str, default="Average IoU (fraction, 0 to 1)"
            Label of the y axis; give another one for an estimator with another score.
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
            If matplotlib is not installed; the extra `plot` brings it.
        ValueError
            If `best_n_clusters` is none of `n_clusters`.
        """
        self.ax_ = axes_or_new(ax)
        self.figure_ = self.ax_.figure
        style = _next_style(self.ax_, line_kw or {})
        self._draw_fitted(style, name or "fitted boxes")
        self._draw_restarts(fill_kw or {})
        self._draw_held_out(style, f"{name}, held-out boxes" if name else "held-out boxes")
        self._outline_choice(self.test_line_ or self.line_)
        self.ax_.set(xlabel="Number of anchors, k", ylabel=score_name)
        _set_ticks(self.ax_)
        self.legend_ = _draw_legend(self.ax_)
        return self

    def _draw_fitted(self, style: dict[str, Any], label: str) -> None:
        (self.line_,) = self.ax_.plot(self.n_clusters, self.score, **{"label": label} | style)

    def _draw_restarts(self, fill_kw: Mapping[str, Any]) -> None:
        self.band_ = None
        if self.restart_scores is None or np.shape(self.restart_scores)[1] == 1:
            return
        scores = np.asarray(self.restart_scores)
        fill = {
            "color": self.line_.get_color(),
            "alpha": 0.2,
            "label": f"worst to best of {scores.shape[1]} restarts",
        }
        self.band_ = self.ax_.fill_between(
            self.n_clusters, scores.min(axis=1), scores.max(axis=1), **fill | dict(fill_kw)
        )

    def _draw_held_out(self, style: dict[str, Any], label: str) -> None:
        self.test_line_ = self.errorbar_ = None
        if self.test_scores is None:
            return
        scores = np.asarray(self.test_scores)
        n_splits = scores.shape[1]
        style = style | {"label": label, "linestyle": "--", "markerfacecolor": "white", "gid": None}
        (self.test_line_,) = self.ax_.plot(self.n_clusters, scores.mean(axis=1), **style)
        self.errorbar_ = self.ax_.errorbar(
            self.n_clusters,
            scores.mean(axis=1),
            yerr=scores.std(axis=1) / np.sqrt(n_splits),
            fmt="none",
            ecolor=self.test_line_.get_color(),
            capsize=3,
            label=f"standard error of {n_splits} splits",
        )

    def _outline_choice(self, line: "Line2D") -> None:
        """Outline the chosen marker of a curve, and tell the choice in the label of the curve."""
        self.choice_ = None
        if self.best_n_clusters is None:
            return
        n_clusters, score = np.asarray(line.get_data())
        chosen = n_clusters == self.best_n_clusters
        if not chosen.any():
            raise ValueError(
                f"best_n_clusters={self.best_n_clusters!r} is none of n_clusters="
                f"{np.asarray(self.n_clusters).tolist()}: give one of them, or None."
            )
        choice = f"k = {self.best_n_clusters}{_by_rule(self.rule)}, {score[chosen][0]:.3f}"
        line.set_label(f"{line.get_label()}: {choice}")
        (self.choice_,) = self.ax_.plot(
            n_clusters[chosen],
            score[chosen],
            linestyle="none",
            marker=line.get_marker(),
            markersize=2.4 * line.get_markersize(),
            markerfacecolor="none",
            markeredgewidth=1.5,
            color=line.get_color(),
            label=line.get_label(),
        )


def _columns(results: Mapping[str, Any], pattern: str) -> NDArray[Any] | None:
    """Put side by side what is called ``pattern.format(0)``, ``pattern.format(1)``, ..."""
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


def _next_style(ax: "Axes", line_kw: Mapping[str, Any]) -> dict[str, Any]:
    from matplotlib.cbook import normalize_kwargs
    from matplotlib.lines import Line2D

    n_curves = len(_curves(ax))
    return {
        "color": COLORS[n_curves % len(COLORS)],
        "linestyle": LINE_STYLES[n_curves % len(LINE_STYLES)],
        "marker": MARKERS[n_curves % len(MARKERS)],
        "markersize": 5,
        "gid": f"{CURVE}{n_curves}",
        **normalize_kwargs(dict(line_kw), Line2D),
    }


def _set_ticks(ax: "Axes") -> None:
    """Tick the numbers of anchors of all curves or, where they are many, round ones."""
    from matplotlib.ticker import MaxNLocator

    ticks = np.unique(np.concatenate([line.get_xdata() for line in _curves(ax)]))
    smallest, largest = ticks[0], ticks[-1]
    if largest - smallest > MAX_TICKS * min(np.diff(ticks), default=1):
        locator = MaxNLocator(MAX_TICKS, integer=True, steps=[1, 2, 5, 10])
        ticks = locator.tick_values(smallest, largest)
    ax.set_xticks(ticks[(ticks >= smallest) & (ticks <= largest)])


def _draw_legend(ax: "Axes") -> "Legend":
    """Draw a legend of all curves that covers none of them, on higher axes if need be."""
    from matplotlib.lines import Line2D

    entries: dict[str, list[Any]] = {}
    for handle, label in zip(*ax.get_legend_handles_labels(), strict=True):
        entries.setdefault(label, []).append(handle)
    labels = sorted(entries, key=lambda label: not isinstance(entries[label][0], Line2D))
    handles = [tuple(entries[label]) for label in labels]
    legend = ax.legend(handles, labels, fontsize="small", labelspacing=0.6)

    ax.autoscale(axis="y")
    low, high = ax.get_ylim()
    missing = max(MIN_HEIGHT - (high - low), 0)
    low, high = low - missing / 2, high + missing / 2
    step = (high - low) / 10
    for _ in range(20):
        ax.set_ylim(low, high)
        laid_out(ax)
        for place in LEGEND_PLACES:
            legend.set(loc=place)
            if not _covers_a_curve(legend, ax):
                return legend
        if 0 <= low < step:
            high += step
        else:
            low -= step
    return legend


def _covers_a_curve(legend: "Legend", ax: "Axes") -> bool:
    box = legend.get_window_extent().padded(8)
    drawn = [line.get_transform().transform_path(line.get_path()) for line in ax.lines]
    for collection in ax.collections:
        drawn += map(collection.get_transform().transform_path, collection.get_paths())
    return any(path.intersects_bbox(box, filled=False) for path in drawn)
