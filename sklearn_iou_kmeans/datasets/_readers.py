"""The list of all formats: their records and public functions."""

from ._bdd100k import BDD100K, load_bdd100k
from ._coco import COCO, load_coco
from ._csv import CSV, load_csv
from ._cvat import CVAT, load_cvat
from ._dota import DOTA, load_dota
from ._keras_yolo3 import KERAS_YOLO3, load_keras_yolo3
from ._kitti import KITTI, load_kitti
from ._label_studio import LABEL_STUDIO, load_label_studio
from ._labelme import LABELME, load_labelme
from ._open_images import OPEN_IMAGES, load_open_images
from ._parquet import PARQUET, load_parquet
from ._reader import Reader
from ._via import VIA, load_via
from ._voc import VOC, load_voc
from ._wider_face import WIDER_FACE, load_wider_face
from ._yolo import YOLO, load_yolo

__all__ = [
    "READERS",
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
    "load_via",
    "load_voc",
    "load_wider_face",
    "load_yolo",
]

READERS: dict[str, Reader] = {
    reader.name: reader
    for reader in (
        COCO,
        YOLO,
        VOC,
        KITTI,
        CVAT,
        LABELME,
        LABEL_STUDIO,
        VIA,
        PARQUET,
        BDD100K,
        OPEN_IMAGES,
        WIDER_FACE,
        KERAS_YOLO3,
        DOTA,
        CSV,
    )
}
"""The records of all formats by name, the most common ones first."""
