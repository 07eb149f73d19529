"""The list of all exporters: their records and public functions."""

import re
from typing import Any

from numpy.typing import ArrayLike

from ._darknet import DARKNET, export_darknet
from ._detectron2 import DETECTRON2, export_detectron2
from ._exporter import Exported
from ._json import JSON, export_json
from ._keras import KERAS, export_keras
from ._matlab import MATLAB, export_matlab
from ._mmdetection import MMDETECTION, export_mmdetection
from ._paddle import PADDLE, export_paddle
from ._tao import TAO, export_tao
from ._tf_model_garden import TF_MODEL_GARDEN, export_tf_model_garden
from ._torchvision import TORCHVISION, export_torchvision
from ._ultralytics import ULTRALYTICS, export_ultralytics

__all__ = [
    "EXPORTERS",
    "export_anchors",
    "export_darknet",
    "export_detectron2",
    "export_json",
    "export_keras",
    "export_matlab",
    "export_mmdetection",
    "export_paddle",
    "export_tao",
    "export_tf_model_garden",
    "export_torchvision",
    "export_ultralytics",
]

EXPORTERS = {
    exporter.name: exporter
    for exporter in (
        DARKNET,
        DETECTRON2,
        JSON,
        KERAS,
        MATLAB,
        MMDETECTION,
        PADDLE,
        TAO,
        TF_MODEL_GARDEN,
        TORCHVISION,
        ULTRALYTICS,
    )
}
"""The record of each target."""

# YOLOv8, YOLOv9, YOLOv10, YOLO11 and so on.
WITHOUT_ANCHORS = re.compile(r"yolo[-_ ]?v?([89]|[1-9]\d)", re.IGNORECASE)


def export_anchors(anchors: ArrayLike, format: str, **options: Any) -> Exported:
    """Write anchors for a framework, chosen by name.

    Parameters
    ----------
    anchors : array-like of shape (n_anchors, 2)
        (width, height) in pixels of the network input, in any order.
    format : str
        Name of the exporter, for example "darknet" or "ultralytics". `iou-kmeans formats` lists all
        of them.
    **options : dict
        Passed to the function `export_<format>`. `input_size` is always required.

    Returns
    -------
    text : str
        Text to paste into the configuration of the framework. If boxes were passed as `X`, its
        attribute `average_iou` has the fields `n_boxes`, `before` and `after`.

    Raises
    ------
    ValueError
        If there is no such format, or if the exporter raises it.

    Examples
    --------
    >>> from sklearn_iou_kmeans.export import export_anchors
    >>> print(export_anchors([[81, 82], [10, 14]], "keras", input_size=416))
    10,14,  81,82
    # anchors are (width, height) in pixels at a network input of 416 x 416 pixels
    <BLANKLINE>
    """
    if format not in EXPORTERS:
        raise ValueError(f"format={format!r}: {why_unknown(format)}")
    return EXPORTERS[format].export(anchors, **options)


def why_unknown(format: str) -> str:
    """Return a message: why there is no exporter of that name, and which ones there are."""
    if WITHOUT_ANCHORS.match(str(format)):
        return (
            "YOLOv8 and later models predict boxes without anchors, so there is nothing to export. "
            "For YOLOv5 and YOLOv7 choose ultralytics."
        )
    return f"there is no such exporter. Choose from {', '.join(EXPORTERS)}."
