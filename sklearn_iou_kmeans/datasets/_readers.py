"""The list of all readers."""

from ._bdd100k import BDD100K
from ._coco import COCO
from ._csv import CSV
from ._cvat import CVAT
from ._dota import DOTA
from ._keras_yolo3 import KERAS_YOLO3
from ._kitti import KITTI
from ._label_studio import LABEL_STUDIO
from ._labelme import LABELME
from ._open_images import OPEN_IMAGES
from ._parquet import PARQUET
from ._reader import Reader
from ._via import VIA
from ._voc import VOC
from ._wider_face import WIDER_FACE
from ._yolo import YOLO

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
