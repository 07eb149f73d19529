"""Colours and matplotlib axes for both displays."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# The colour-blind safe palette of Okabe and Ito, without yellow, which is too light for lines.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")


def axes_or_new(ax: "Axes | None") -> "Axes":
    """Return `ax`, or the axes of a new figure."""
    if ax is not None:
        return ax
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(
            'Drawing requires matplotlib: pip install "sklearn-iou-kmeans[plot]".'
        ) from error
    return plt.subplots(layout="constrained")[1]


def laid_out(ax: "Axes") -> "Axes":
    """Return `ax` after computing the layout of its figure."""
    ax.figure.canvas.figure.draw_without_rendering()
    return ax
