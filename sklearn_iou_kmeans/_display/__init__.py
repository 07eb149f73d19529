"""Pictures: average IoU against the number of anchors, and the anchors among their boxes."""

from ._anchors import AnchorsDisplay
from ._iou_curve import IoUCurveDisplay

__all__ = ["AnchorsDisplay", "IoUCurveDisplay"]
