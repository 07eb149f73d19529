"""The anchors of published models."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from sklearn.utils import Bunch

THREE_HEADS = ((0, 1, 2), (3, 4, 5), (6, 7, 8))
FOUR_HEADS = (*THREE_HEADS, (9, 10, 11))

# Anchors that several models share.
YOLOV3 = "10,13 16,30 33,23 30,61 62,45 59,119 116,90 156,198 373,326"
YOLOV3_TINY = "10,14 23,27 37,58 81,82 135,169 344,319"
YOLOV4 = "12,16 19,36 40,28 36,75 76,55 72,146 142,110 192,243 459,401"
P6 = "19,27 44,40 38,94 96,68 86,152 180,137 140,301 303,264 238,542 436,615 739,380 925,792"


class Published(NamedTuple):
    """The anchors of a model, as its configuration has them."""

    anchors: str
    input_size: int
    strides: tuple[int, ...]
    heads: tuple[tuple[int, ...], ...]
    source: str
    unit: str = "pixel"


PUBLISHED = {
    "yolov2-coco": Published(
        "0.57273,0.677385 1.87446,2.06253 3.33843,5.47434 7.88282,3.52778 9.77052,9.16828",
        416,
        (32,),
        ((0, 1, 2, 3, 4),),
        "darknet, cfg/yolov2.cfg; J. Redmon and A. Farhadi, YOLO9000 (2016)",
        "grid",
    ),
    "yolov2-voc": Published(
        "1.3221,1.73145 3.19275,4.00944 5.05587,8.09892 9.47112,4.84053 11.2364,10.0071",
        416,
        (32,),
        ((0, 1, 2, 3, 4),),
        "darknet, cfg/yolov2-voc.cfg; J. Redmon and A. Farhadi, YOLO9000 (2016)",
        "grid",
    ),
    "yolov3": Published(
        YOLOV3,
        416,
        (8, 16, 32),
        THREE_HEADS,
        "darknet, cfg/yolov3.cfg; J. Redmon and A. Farhadi, YOLOv3 (2018)",
    ),
    "yolov3-tiny": Published(
        YOLOV3_TINY, 416, (16, 32), THREE_HEADS[:2], "darknet, cfg/yolov3-tiny.cfg"
    ),
    "yolov4": Published(
        YOLOV4,
        608,
        (8, 16, 32),
        THREE_HEADS,
        "darknet, cfg/yolov4.cfg; A. Bochkovskiy, C.-Y. Wang and H.-Y. M. Liao, YOLOv4 (2020)",
    ),
    "yolov4-tiny": Published(
        YOLOV3_TINY, 416, (16, 32), ((1, 2, 3), (3, 4, 5)), "darknet, cfg/yolov4-tiny.cfg"
    ),
    "yolov5": Published(
        YOLOV3, 640, (8, 16, 32), THREE_HEADS, "ultralytics/yolov5, models/yolov5s.yaml"
    ),
    "yolov5-p6": Published(
        P6, 1280, (8, 16, 32, 64), FOUR_HEADS, "ultralytics/yolov5, models/hub/yolov5s6.yaml"
    ),
    "yolov7": Published(
        YOLOV4, 640, (8, 16, 32), THREE_HEADS, "WongKinYiu/yolov7, cfg/training/yolov7.yaml"
    ),
    "yolov7-tiny": Published(
        YOLOV3, 640, (8, 16, 32), THREE_HEADS, "WongKinYiu/yolov7, cfg/deploy/yolov7-tiny.yaml"
    ),
    "yolov7-w6": Published(
        P6, 1280, (8, 16, 32, 64), FOUR_HEADS, "WongKinYiu/yolov7, cfg/training/yolov7-w6.yaml"
    ),
}


def load_published_anchors(name: str) -> "Bunch":
    """Return the anchors of a published model.

    These are the default anchors of the model. Compare them to your own anchors on your boxes, at
    the same input size and in the same unit.

    Parameters
    ----------
    name : str
        "yolov2-coco", "yolov2-voc", "yolov3", "yolov3-tiny", "yolov4", "yolov4-tiny", "yolov5",
        "yolov5-p6", "yolov7", "yolov7-tiny" or "yolov7-w6". Except for "yolov2-voc", they were
        computed on COCO.

    Returns
    -------
    published : :class:`~sklearn.utils.Bunch`
        anchors : ndarray of shape (n_anchors, 2)
            (width, height) as published, in the order of the configuration.
        unit : {"pixel", "grid"}
            Pixels of the network input, or grid cells of the only head.
        input_size : tuple of int
            (width, height) of the network input in pixels.
        strides : tuple of int
            Stride of each head in pixels, the smallest first.
        heads : tuple of tuple of int
            The anchors of each head, as rows of `anchors`. Both heads of "yolov4-tiny" use row 3,
            and no head uses row 0.
        source : str
            Where the anchors were published.

    Raises
    ------
    ValueError
        If the name is unknown.

    Examples
    --------
    The anchors of YOLOv2 are in grid cells.

    >>> from sklearn_iou_kmeans.datasets import load_published_anchors
    >>> from sklearn_iou_kmeans.preprocessing import convert_units
    >>> voc = load_published_anchors("yolov2-voc")
    >>> convert_units(voc.anchors, voc.unit, "pixel", stride=voc.strides[0])[0].round(2)
    array([42.31, 55.41])
    """
    from sklearn.utils import Bunch

    if name not in PUBLISHED:
        raise ValueError(f"name must be one of {', '.join(map(repr, PUBLISHED))}, got {name!r}.")
    model = PUBLISHED[name]
    return Bunch(
        anchors=np.array([pair.split(",") for pair in model.anchors.split()], dtype=np.float64),
        unit=model.unit,
        input_size=(model.input_size, model.input_size),
        strides=model.strides,
        heads=model.heads,
        source=model.source,
    )
