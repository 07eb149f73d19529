"""`iou-kmeans formats`: what is read and what is written."""

from ..datasets import READERS, Reader
from ..datasets._published_anchors import PUBLISHED
from ._printing import grid, make_console, say, show
from ._scale import size_name
from ._spellings import SPELLINGS

WRITTEN = {
    "darknet": "[yolo] or [region] sections; order and masks as --model has them, v2 in grid "
    "cells; --classes",
    "ultralytics": "YAML of YOLOv5 and YOLOv7, the smallest first; YOLOv8 and later have no "
    "anchors",
    "keras": "yolo_anchors.txt of keras-yolo3, one line",
    "mmdetection": "MMDetection's YOLOv3, the largest first; --model yolov5 for MMYOLO, the "
    "smallest first",
    "paddle": "YOLOv3Head, anchors and masks, the largest mask first",
    "tao": "big_, mid_ and small_anchor_shape",
    "torchvision": "AnchorGenerator of sizes and ratios: not exact, IoU before and after",
    "detectron2": "ANCHOR_GENERATOR of sizes and ratios: not exact, IoU before and after",
    "tf_model_garden": "RetinaNet YAML of sizes and ratios, --model ssd for the Object Detection "
    "API: not exact, IoU before and after",
    "matlab": "rows of [height width] for yolov2",
    "json": "pixels and input size, not rounded",
}


def formats() -> None:
    """List what is read and what is written."""
    console = make_console(False, [])
    published = {
        name: f"{len(model.anchors.split())} anchors at {size_name((model.input_size,) * 2)}"
        for name, model in PUBLISHED.items()
    }
    read = {name: read_by(reader) for name, reader in READERS.items()}
    for title, rows in (
        ("Read (--format, told by content), plain or gzip", read),
        ("Written (--export), in pixels at --input-size unless said", WRITTEN),
        ("Published anchors (compare --anchors)", published),
    ):
        console.file.write(f"{title}:\n\n")
        show(grid(*(("", *row) for row in rows.items())), console)
        console.file.write("\n")
    say("Flagged boxes are left out and counted; --keep-flagged uses them.", console)


def read_by(reader: Reader) -> str:
    """Say what a reader reads, and which options are its own."""
    options = [SPELLINGS[name].split()[0] for name in reader.options if name in SPELLINGS]
    return "; ".join([reader.summary, *filter(None, [", ".join(options)])])
