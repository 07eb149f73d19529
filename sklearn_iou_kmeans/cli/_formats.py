"""`iou-kmeans formats`: what is read and what is written."""

from ._interrupt import ends_at_ctrl_c

READ = {
    "coco": "JSON file; crowds and ignored objects are flagged",
    "yolo": "data.yaml or its folder, folder of labels, list of images or text file; image sizes "
    "from the images' headers or --image-size",
    "voc": "folder or XML file; difficult objects are flagged; --inclusive if corners count from 1",
    "kitti": "folder or text file; DontCare regions are flagged; no image sizes",
    "bdd100k": "JSON file, BDD100K or Scalabel; crowds and ignored objects are flagged; "
    "BDD100K has no image sizes: --image-size 1280x720",
    "open_images": "CSV file; groups and depictions are flagged; --images or --image-size",
    "wider_face": "text file; invalid faces are flagged; no image sizes",
    "keras_yolo3": "text file, `path x1,y1,x2,y2,class ...`; no image sizes",
    "csv": "any other CSV file with a header; --columns, --box-format, --delimiter",
}


def formats() -> None:
    """List the formats that are read and written, and the published anchors."""
    with ends_at_ctrl_c():
        from ..datasets._published_anchors import PUBLISHED
        from ..export import EXPORTERS
        from ._printing import grid, make_console, say, show
        from ._scale import size_name
    console = make_console({}, [])
    written = {
        exporter.name: exporter.summary
        + "; models " * bool(exporter.models)
        + ", ".join(exporter.models)
        for exporter in EXPORTERS.values()
    }
    published = {
        name: f"{len(model.anchors.split())} anchors at {size_name((model.input_size,) * 2)}"
        for name, model in PUBLISHED.items()
    }
    for title, rows in (
        ("Read (--format, told by content), plain or gzip", READ),
        ("Written (--export), in pixels at --input-size unless said", written),
        ("Published anchors (compare --anchors)", published),
    ):
        console.file.write(f"{title}:\n\n")
        show(grid(*(("", *row) for row in rows.items())), console)
        console.file.write("\n")
    say("Flagged boxes are left out and counted; --keep-flagged uses them.", console)
