"""The order of the examples in the gallery."""

from pathlib import Path

# First steps come first, and examples that are not listed last.
ORDER = [
    "plot_article",
    "plot_kmeans",
    "plot_letterbox",
    "plot_weights",
    "plot_held_out_images",
    "plot_upper_bound",
    "plot_yolo9000",
    "plot_partial_fit",
    "parquet_to_anchors",
    "keep_anchors",
]


def position(path: str) -> int:
    """Return the position of an example in the gallery."""
    name = Path(path).stem
    return ORDER.index(name) if name in ORDER else len(ORDER)
