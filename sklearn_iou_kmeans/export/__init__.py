"""Export anchors as text for the configuration of a framework."""

from ._darknet import export_darknet
from ._detectron2 import export_detectron2
from ._formats import EXPORTERS, export_anchors
from ._json import LAYOUT_VERSION, export_json
from ._keras import export_keras
from ._load_json import load_json
from ._matlab import export_matlab
from ._mmdetection import export_mmdetection
from ._paddle import export_paddle
from ._tao import export_tao
from ._tf_model_garden import export_tf_model_garden
from ._torchvision import export_torchvision
from ._ultralytics import export_ultralytics

__all__ = [
    "EXPORTERS",
    "LAYOUT_VERSION",
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
    "load_json",
]
