"""Plots of anchors and boxes."""

from collections.abc import Iterator
from itertools import cycle, pairwise
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linear_sum_assignment
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from .._kernels import FloatArray
from .._kernels import pairwise as pairwise_iou
from .._validation import check_shapes, check_weights
from .._weights import is_moderate
from ._axes import COLORS, axes_or_new, laid_out

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.collections import QuadMesh
    from matplotlib.colorbar import Colorbar
    from matplotlib.colors import Colormap
    from matplotlib.contour import QuadContourSet
    from matplotlib.figure import FigureBase
    from matplotlib.lines import Line2D
    from matplotlib.patches import Rectangle
    from matplotlib.text import Annotation
    from matplotlib.ticker import Locator

# Number of cells along the longer side of a density, and of empty cells at each end. With more
# cells, sizes in whole pixels would show stripes.
CELLS = 60
MARGIN = 2

# Number of points per side of the grid on which the borders between anchors are computed.
GRID = 200

# Marker size in points, and positions of a label next to a marker in multiples of it.
MARKER_SIZE = 8
LABEL_PLACES = (
    (0.9, 0, "left", "center"),
    (-0.9, 0, "right", "center"),
    (0, 0.9, "center", "bottom"),
    (0, -0.9, "center", "top"),
)

# Line height of a column of sizes, in multiples of the font size.
LINE_HEIGHT = 1.5


class AnchorsDisplay:
    """Plot of anchors and of the boxes that they were fitted to.

    Use :meth:`from_estimator` to create one.

    Parameters
    ----------
    anchors : array-like of shape (n_anchors, 2)
        (width, height) of the anchors.
    X : array-like of shape (n_samples, 2)
        (width, height) of the boxes in the same unit.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the boxes; all 1 by default.
    unit : str, default="pixels"
        The unit of the sides, for the axis labels.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes with the anchors.
    figure_ : matplotlib Figure
        The figure of `ax_`.
    texts_ : list of matplotlib Annotation
        The labels with the sizes of the anchors.
    mesh_ : matplotlib QuadMesh
        The number of boxes per cell; only for `kind="density"`.
    colorbar_ : matplotlib Colorbar
        The colour scale; only for `kind="density"`.
    borders_ : list of matplotlib QuadContourSet
        The border of the region of each anchor; only for `kind="density"`.
    markers_ : matplotlib Line2D
        The anchors; only for `kind="density"`.
    rectangles_ : list of matplotlib Rectangle
        The anchors, the largest first; only for `kind="rectangles"`.

    See Also
    --------
    IoUCurveDisplay : Average IoU against the number of anchors.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from sklearn_iou_kmeans import AnchorsDisplay, IoUKMeans
    >>> X = [[10, 8], [12, 8], [11, 9], [40, 30], [44, 31], [42, 33], [90, 60], [80, 64]]
    >>> kmeans = IoUKMeans(n_clusters=3, random_state=0).fit(X)
    >>> display = AnchorsDisplay.from_estimator(kmeans, X)
    >>> display.ax_.get_xlabel(), display.ax_.get_ylabel()
    ('Width (pixels)', 'Height (pixels)')
    >>> plt.close(display.figure_)
    """

    ax_: "Axes"
    figure_: "FigureBase"
    texts_: "list[Annotation]"
    mesh_: "QuadMesh"
    colorbar_: "Colorbar"
    borders_: "list[QuadContourSet]"
    markers_: "Line2D"
    rectangles_: "list[Rectangle]"

    def __init__(
        self,
        *,
        anchors: ArrayLike,
        X: ArrayLike,
        sample_weight: ArrayLike | None = None,
        unit: str = "pixels",
    ) -> None:
        self.anchors = anchors
        self.X = X
        self.sample_weight = sample_weight
        self.unit = unit

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        unit: str = "pixels",
        ax: "Axes | None" = None,
        kind: Literal["density", "rectangles"] = "density",
        cmap: "str | Colormap" = "Blues",
    ) -> Self:
        """Draw the anchors of a fitted estimator and the boxes.

        Parameters
        ----------
        estimator : estimator
            A fitted estimator with `cluster_centers_`, a search or sweep over such estimators, or a
            Pipeline that ends in one.
        X : array-like of shape (n_samples, 2)
            (width, height) of the boxes, in the unit of the anchors: the first steps of a
            Pipeline are not applied to them.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the boxes; all 1 by default.
        unit : str, default="pixels"
            The unit of the sides, for the axis labels.
        ax : matplotlib Axes, default=None
            See :meth:`plot`.
        kind : {"density", "rectangles"}, default="density"
            See :meth:`plot`.
        cmap : str or matplotlib Colormap, default="Blues"
            See :meth:`plot`.

        Returns
        -------
        display : AnchorsDisplay
            The display, after drawing.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If `estimator` is not fitted.
        """
        clusterer = _clusterer_in(estimator)
        check_is_fitted(clusterer, "cluster_centers_")
        display = cls(
            anchors=clusterer.cluster_centers_, X=X, sample_weight=sample_weight, unit=unit
        )
        return display.plot(ax, kind=kind, cmap=cmap)

    def plot(
        self,
        ax: "Axes | None" = None,
        *,
        kind: Literal["density", "rectangles"] = "density",
        cmap: "str | Colormap" = "Blues",
    ) -> Self:
        """Draw the anchors.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on; those of a new figure by default.
        kind : {"density", "rectangles"}, default="density"
            "density" shows how many boxes there are of each size, on logarithmic axes. Dots are the
            anchors, and lines separate the regions in which each anchor is the best. Use it to find
            boxes that are far from all anchors. An anchor is labelled with its size if there is
            room. Logarithmic axes cannot show boxes or anchors with a side of 0; a title gives
            their number. "rectangles" shows the anchors to scale, with a common center, and their
            sizes.
        cmap : str or matplotlib Colormap, default="Blues"
            Colours of the density. The lightest and darkest colours are not used, so that cells
            with one box differ from the background, and cells with many boxes from the lines.

        Returns
        -------
        display : AnchorsDisplay
            The display itself.

        Raises
        ------
        ValueError
            If `kind` is unknown, if the boxes or the anchors do not have two sides, if all boxes or
            all anchors have a side of 0, or if a positive weight is not from 1e-100 to 1e100.
        ImportError
            If matplotlib is not installed: install the `plot` extra.
        """
        if kind not in ("density", "rectangles"):
            raise ValueError(f"kind must be 'density' or 'rectangles', got {kind!r}.")
        X, anchors = _check_pairs(self.X, "X"), _check_pairs(self.anchors, "anchors")
        weights = check_weights(self.sample_weight, X)
        X, weights = X[weights > 0], weights[weights > 0]
        if not is_moderate(weights):
            raise ValueError(
                f"sample_weight reaches from {weights.min()} to {weights.max()}: colours show sums "
                "of weights from 1e-100 to 1e100. Divide them by the largest, and set those that "
                "are tiny to 0."
            )
        for pairs, name in ((X, "X"), (anchors, "anchors")):
            if not _has_area(pairs).any():
                raise ValueError(f"{name} has no row with two sides > 0: there is nothing to draw.")
        self.ax_ = axes_or_new(ax)
        self.figure_ = self.ax_.figure
        if kind == "density":
            self._draw_density(X, weights, anchors, cmap)
        else:
            self._draw_rectangles(anchors)
        return self

    def _draw_density(
        self, X: FloatArray, weights: FloatArray, anchors: FloatArray, cmap: "str | Colormap"
    ) -> None:
        ax, boxes, shown = self.ax_, _has_area(X), _has_area(anchors)
        distinct = np.unique(anchors[shown], axis=0)
        self._draw_cells(X[boxes], weights[boxes], distinct, cmap)
        ax.set(xlabel=f"Width ({self.unit})", ylabel=f"Height ({self.unit})")
        if not (boxes.all() and shown.all()):
            note = _left_out(len(X) - boxes.sum(), len(anchors) - shown.sum())
            ax.set_title(note, loc="right", fontsize="small")
        _set_log_axes(ax)
        self.borders_ = _draw_borders(ax, distinct)
        (self.markers_,) = ax.plot(
            *distinct.T,
            linestyle="none",
            marker="o",
            markersize=MARKER_SIZE,
            markeredgewidth=1.5,
            markeredgecolor="white",
            color=COLORS[1],
        )
        self.texts_ = _label_beside(ax, distinct)

    def _draw_cells(
        self, X: FloatArray, weights: FloatArray, anchors: FloatArray, cmap: "str | Colormap"
    ) -> None:
        from matplotlib import colormaps
        from matplotlib.colors import ListedColormap, LogNorm

        x, y, sums = _log_cells(X, weights, anchors)
        least, most = sums[sums > 0].min(), sums.max()
        self.mesh_ = self.ax_.pcolormesh(
            x,
            y,
            np.ma.masked_equal(sums.T, 0),
            cmap=ListedColormap(colormaps.get_cmap(cmap)(np.linspace(0.2, 0.9, 256))),
            norm=LogNorm(least, max(most, 10 * least)),
            rasterized=True,
        )
        self.colorbar_ = self.figure_.colorbar(
            self.mesh_,
            ax=self.ax_,
            label="boxes per cell" if self.sample_weight is None else "weighted boxes per cell",
            format="{x:g}",
            aspect=30,
            pad=0.02,
        )

    def _draw_rectangles(self, anchors: FloatArray) -> None:
        from matplotlib.patches import Rectangle

        largest_first = anchors[np.argsort(-anchors.prod(axis=1), kind="stable")]
        self.rectangles_ = [
            Rectangle((-w / 2, -h / 2), w, h, fill=False, linewidth=1.5, edgecolor=color)
            for (w, h), color in zip(largest_first, cycle(COLORS), strict=False)
        ]
        for rectangle in self.rectangles_:
            self.ax_.add_patch(rectangle)
        self.ax_.set_axis_off()
        self.texts_ = _label_in_column(self.ax_, largest_first, self.unit)


def _clusterer_in(estimator: Any) -> Any:
    """Return the last step of a Pipeline, the best of a search, and so on inside of these."""
    while True:
        if isinstance(estimator, Pipeline):
            estimator = estimator[-1]
        elif hasattr(estimator, "best_estimator_"):
            estimator = estimator.best_estimator_
        else:
            return estimator


def _check_pairs(pairs: ArrayLike, name: str) -> FloatArray:
    checked = check_shapes(pairs, name)
    if checked.shape[1] != 2:
        raise ValueError(
            f"{name} has the shape {checked.shape}: a picture shows two sides, (width, height). "
            "Choose two columns; if these are boxes, box_sizes computes their sizes."
        )
    return checked.astype(np.float64)


def _has_area(pairs: FloatArray) -> NDArray[np.bool_]:
    return np.asarray((pairs > 0).all(axis=1))


def _left_out(n_boxes: int, n_anchors: int) -> str:
    counts = ((n_boxes, "box", "boxes"), (n_anchors, "anchor", "anchors"))
    parts = [f"{n} {one if n == 1 else many}" for n, one, many in counts if n]
    return f"{' and '.join(parts)} with a side of 0 not shown"


def _set_log_axes(ax: "Axes") -> None:
    """Make both axes logarithmic, with as many ticks in plain numbers as there is room for."""
    from matplotlib.ticker import NullFormatter, StrMethodFormatter

    ax.set(xscale="log", yscale="log")
    axes = ax.yaxis, ax.xaxis  # the width of the y labels decides the room for the x labels
    coarser = {axis: _log_locators(axis) for axis in axes}
    for axis in axes:
        axis.set_major_locator(next(coarser[axis]))
        axis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axis.set_minor_formatter(NullFormatter())
    laid_out(ax)
    for axis in axes:
        while _is_crowded(axis) and (locator := next(coarser[axis], None)):
            axis.set_major_locator(locator)
            laid_out(ax)


def _log_locators(axis: "Axis") -> "Iterator[Locator]":
    """Return tick locators, the one with the most ticks first."""
    from matplotlib.ticker import LogLocator, MaxNLocator

    low, high = axis.get_view_interval()
    if high <= 10 * low:
        return map(MaxNLocator, (8, 4))
    return (LogLocator(subs=subs) for subs in ((1, 2, 5), (1, 3), (1,)))


def _is_crowded(axis: "Axis") -> bool:
    boxes = [label.get_window_extent() for label in axis.get_majorticklabels()]
    return any(box.overlaps(following) for box, following in pairwise(boxes))


def _log_cells(
    X: FloatArray, weights: FloatArray, anchors: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Sum weights in square cells on logarithmic axes that contain all boxes and anchors.

    Returns the edges of the cells in width and in height, and the sums, (n_widths, n_heights).
    """
    logs = np.log(X)
    ends = np.vstack([logs.min(axis=0), logs.max(axis=0), np.log(anchors)])
    side = max(np.ptp(ends, axis=0).max() / CELLS, 0.01)
    start = ends.min(axis=0) - (MARGIN + 0.5) * side
    n_cells = np.ceil((ends.max(axis=0) - start) / side).astype(int) + MARGIN
    column, row = ((logs - start) / side).astype(int).T
    sums = np.bincount(column * n_cells[1] + row, weights, minlength=n_cells.prod())
    x, y = (np.exp(start[i] + side * np.arange(n_cells[i] + 1)) for i in (0, 1))
    return x, y, sums.reshape(n_cells)


def _draw_borders(ax: "Axes", anchors: FloatArray) -> "list[QuadContourSet]":
    """Draw the border of the region where each anchor is the best."""
    if len(anchors) == 1:
        return []
    x, y = np.geomspace(*ax.get_xlim(), GRID), np.geomspace(*ax.get_ylim(), GRID)
    iou = pairwise_iou(np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2), anchors)
    second, best = np.partition(iou, -2)[:, -2:].T
    leads = [own - np.where(own == best, second, best) for own in iou.T]
    return [
        ax.contour(x, y, lead.reshape(GRID, GRID), levels=[0], colors="black", linewidths=0.7)
        for lead in leads
        if lead.min() < 0 < lead.max()
    ]


def _written(anchors: FloatArray) -> list[str]:
    """Format sizes with enough decimals for two digits of the smallest side."""
    decimals = 0
    if (anchors != anchors.round()).any():
        decimals = max(0, 1 - int(np.floor(np.log10(anchors[anchors > 0].min()))))
    return [
        f"{width:.{decimals}f} \N{MULTIPLICATION SIGN} {height:.{decimals}f}"
        for width, height in anchors
    ]


def _label_beside(ax: "Axes", anchors: FloatArray) -> "list[Annotation]":
    """Write the size beside each anchor where there is room."""
    from matplotlib.patheffects import withStroke
    from matplotlib.transforms import Bbox

    points = laid_out(ax).transData.transform(anchors)
    radius = MARKER_SIZE / 2 * ax.figure.dpi / 72
    taken = [Bbox([point, point]).padded(1.5 * radius) for point in points]
    labels = []
    for anchor, size in zip(anchors, _written(anchors), strict=True):
        label = ax.annotate(
            size,
            anchor,
            xytext=(0, 0),
            textcoords="offset points",
            color="black",
            fontsize="small",
            path_effects=[withStroke(linewidth=2.5, foreground="white")],
        )
        for x, y, ha, va in LABEL_PLACES:
            label.set(position=(x * MARKER_SIZE, y * MARKER_SIZE), ha=ha, va=va)
            box = label.get_window_extent()
            inside = ax.bbox.contains(*box.min) and ax.bbox.contains(*box.max)
            if inside and not box.count_overlaps(taken):
                taken.append(box)
                labels.append(label)
                break
        else:
            label.remove()
    return labels


def _label_in_column(ax: "Axes", anchors: FloatArray, unit: str) -> "list[Annotation]":
    """Scale the axes to the anchors, and write their sizes in a column on the right.

    The column has more places than sizes. Sizes are assigned to places so that the total length of
    the lines is minimal, hence no two lines cross.
    """
    sizes, header = _written(anchors), f"width \N{MULTIPLICATION SIGN} height\n({unit})"
    pixels = ax.figure.dpi / 72
    axes_size = np.array(laid_out(ax).get_window_extent().size)
    font_size = min(9.0, axes_size[1] / pixels / LINE_HEIGHT / (len(anchors) + 3))
    line = LINE_HEIGHT * font_size * pixels
    heading = ax.text(0, 1, "\n".join([header, *sizes]), va="top", fontsize=font_size)
    text_width = heading.get_window_extent().width

    room = np.maximum(axes_size - [text_width + 3 * line, line], axes_size / 4)
    scale = (anchors.max(axis=0) / room).max()
    largest = anchors.max(axis=0) / scale
    center = np.array([axes_size[0] - text_width - 2 * line, axes_size[1]]) / 2
    column = center[0] + largest[0] / 2 + 2 * line
    low, high = -center * scale, (axes_size - center) * scale
    ax.set(aspect="equal", xlim=(low[0], high[0]), ylim=(low[1], high[1]))
    heading.set(text=header, x=column / axes_size[0], transform=ax.transAxes)

    places = np.arange(axes_size[1] - 3 * line, 0, -line)
    corners = center + anchors / scale / 2
    _, taken = linear_sum_assignment(np.hypot(column - corners[:, :1], places - corners[:, 1:]))
    return [
        ax.annotate(
            size,
            anchor / 2,
            xytext=(column / axes_size[0], place / axes_size[1]),
            textcoords="axes fraction",
            va="center",
            fontsize=font_size,
            arrowprops={
                "arrowstyle": "-",
                "color": color,
                "linewidth": 0.8,
                "shrinkA": 2,
                "shrinkB": 0,
                "relpos": (0, 0.5),
            },
        )
        for size, anchor, place, color in zip(
            sizes, anchors, places[taken], cycle(COLORS), strict=False
        )
    ]
