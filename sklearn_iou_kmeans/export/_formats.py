"""All exporters under one name."""

import re
from collections.abc import Callable
from typing import Any

from numpy.typing import ArrayLike

from ._darknet import export_darknet
from ._detectron2 import export_detectron2
from ._json import export_json
from ._keras import export_keras
from ._layout import Exported
from ._matlab import export_matlab
from ._mmdetection import export_mmdetection
from ._paddle import export_paddle
from ._tao import export_tao
from ._tf_model_garden import export_tf_model_garden
from ._torchvision import export_torchvision
from ._ultralytics import export_ultralytics

EXPORTERS: dict[str, Callable[..., Exported]] = {
    "darknet": export_darknet,
    "detectron2": export_detectron2,
    "json": export_json,
    "keras": export_keras,
    "matlab": export_matlab,
    "mmdetection": export_mmdetection,
    "paddle": export_paddle,
    "tao": export_tao,
    "tf_model_garden": export_tf_model_garden,
    "torchvision": export_torchvision,
    "ultralytics": export_ultralytics,
}
"""The exporter of each format."""

# YOLOv8, YOLOv9, YOLOv10, YOLO11 and so on.
WITHOUT_ANCHORS = re.compile(r"yolo[-_ ]?v?([89]|[1-9]\d)", re.IGNORECASE)


def export_anchors(anchors: ArrayLike, format: str, **options: Any) -> Exported:
    """Write anchors for a framework that is given by name.

    Parameters
    ----------
    anchors : array-like of shape (n_anchors, 2)
        (width, height) in pixels at the network's input, in any order.
    format : str
        "darknet", "detectron2", "json", "keras", "matlab", "mmdetection", "paddle", "tao",
        "tf_model_garden", "torchvision" or "ultralytics".
    **options : dict
        What the function `export_<format>` takes: all need `input_size`.

    Returns
    -------
    text : str
        What to paste into the framework's configuration. If the anchors were compared, `n_boxes`,
        `before` and `after` of its attribute `average_iou` are what the text says about that.

    Raises
    ------
    ValueError
        If there is no such format, or as the exporter says.

    Examples
    --------
    >>> from sklearn_iou_kmeans.export import export_anchors
    >>> print(export_anchors([[81, 82], [10, 14]], "keras", input_size=416))
    10,14,  81,82
    # anchors are (width, height) in pixels at a network input of 416 x 416 pixels
    <BLANKLINE>
    """
    if format in EXPORTERS:
        return EXPORTERS[format](anchors, **options)
    if WITHOUT_ANCHORS.match(str(format)):
        raise ValueError(
            f"format={format!r}: YOLOv8 and later models predict boxes without anchors, so there "
            "is nothing to export. 'ultralytics' writes those of YOLOv5 and YOLOv7."
        )
    raise ValueError(f"format must be one of {', '.join(map(repr, EXPORTERS))}, got {format!r}.")
