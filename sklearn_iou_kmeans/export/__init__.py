"""From anchors to the text that a framework's configuration takes."""

from ._darknet import export_darknet
from ._formats import export_anchors
from ._json import export_json
from ._keras import export_keras
from ._matlab import export_matlab
from ._mmdetection import export_mmdetection
from ._paddle import export_paddle
from ._sizes_and_ratios import export_detectron2, export_torchvision
from ._tao import export_tao
from ._ultralytics import export_ultralytics

__all__ = [
    "export_anchors",
    "export_darknet",
    "export_detectron2",
    "export_json",
    "export_keras",
    "export_matlab",
    "export_mmdetection",
    "export_paddle",
    "export_tao",
    "export_torchvision",
    "export_ultralytics",
]
