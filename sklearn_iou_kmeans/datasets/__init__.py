"""Readers of annotation files, a small data set, a generator of boxes and published anchors.

scikit-learn is imported when boxes are read, so that listing the formats is quick.
"""

from ._annotations import load_annotations, recognise_format
from ._bccd import load_bccd
from ._bdd100k import load_bdd100k
from ._coco import load_coco
from ._csv import load_csv
from ._cvat import load_cvat
from ._dota import load_dota
from ._errors import AnnotationError
from ._keras_yolo3 import load_keras_yolo3
from ._kitti import load_kitti
from ._label_studio import load_label_studio
from ._labelme import load_labelme
from ._open_images import load_open_images
from ._parquet import load_parquet
from ._published_anchors import load_published_anchors
from ._reader import Reader
from ._readers import READERS
from ._samples_generator import make_boxes
from ._via import load_via
from ._voc import load_voc
from ._wider_face import load_wider_face
from ._yolo import load_yolo

__all__ = [
    "READERS",
    "AnnotationError",
    "Reader",
    "load_annotations",
    "load_bccd",
    "load_bdd100k",
    "load_coco",
    "load_csv",
    "load_cvat",
    "load_dota",
    "load_keras_yolo3",
    "load_kitti",
    "load_label_studio",
    "load_labelme",
    "load_open_images",
    "load_parquet",
    "load_published_anchors",
    "load_via",
    "load_voc",
    "load_wider_face",
    "load_yolo",
    "make_boxes",
    "recognise_format",
]
