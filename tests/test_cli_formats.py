"""Every label format through the command: the same boxes give the same anchors in all of them."""

import csv
import io
import json
import math
import struct

import pytest
from typer.testing import CliRunner

from sklearn_iou_kmeans.cli import build_app
from sklearn_iou_kmeans.datasets import READERS

WIDTH, HEIGHT = 640, 480
BOXES = [("car", 100, 100, 40, 20), ("bus", 200, 100, 100, 50), ("car", 300, 200, 32, 60)]
CORNERS = [(name, x, y, x + w, y + h) for name, x, y, w, h in BOXES]
CODES = {"bus": 0, "car": 1}
PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sIIBBBBBI", 13, b"IHDR", WIDTH, HEIGHT, *[0] * 6)


def table(*rows):
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def coco():
    annotations = [
        {
            "id": number,
            "image_id": 7,
            "category_id": 1 + CODES[name],
            "bbox": box,
            "area": box[2] * box[3],
            "iscrowd": 0,
            "segmentation": [],
        }
        for number, (name, *box) in enumerate(BOXES, 1)
    ]
    return {
        "info": {"year": 2026},
        "licenses": [],
        "images": [{"id": 7, "file_name": "a.jpg", "width": WIDTH, "height": HEIGHT}],
        "annotations": annotations,
        "categories": [{"id": 1 + code, "name": name} for name, code in CODES.items()],
    }


def yolo():
    rows = [
        (CODES[name], (x + w / 2) / WIDTH, (y + h / 2) / HEIGHT, w / WIDTH, h / HEIGHT)
        for name, x, y, w, h in BOXES
    ]
    return {
        "data.yaml": "path: .\ntrain: images/train\nval: images/train\nnames: {0: bus, 1: car}\n",
        "labels/train/a.txt": "".join(" ".join(map(repr, row)) + "\n" for row in rows),
        "images/train/a.png": PNG,
    }


def quads(degrees):
    """The corners of the boxes, turned around their centers."""
    turn = complex(math.cos(math.radians(degrees)), math.sin(math.radians(degrees)))
    for name, x, y, w, h in BOXES:
        center = complex(x + w / 2, y + h / 2)
        corners = [complex(-w, -h), complex(w, -h), complex(w, h), complex(-w, h)]
        points = [center + turn * corner / 2 for corner in corners]
        yield name, [side for point in points for side in (point.real, point.imag)]


def yolo_obb(degrees):
    rows = [
        (CODES[name], *(side / (HEIGHT if i % 2 else WIDTH) for i, side in enumerate(quad)))
        for name, quad in quads(degrees)
    ]
    label = "".join(" ".join(map(repr, row)) + "\n" for row in rows)
    return yolo() | {"labels/train/a.txt": label}


def dota(degrees):
    lines = [f"{' '.join(map(repr, quad))} {name} 0\n" for name, quad in quads(degrees)]
    return {"labelTxt/a.txt": "".join(["imagesource:GoogleEarth\n", "gsd:0.15\n", *lines])}


def voc():
    objects = "".join(
        f"<object><name>{name}</name><pose>Unspecified</pose><truncated>0</truncated>"
        f"<difficult>0</difficult><bndbox><xmin>{x1}</xmin><ymin>{y1}</ymin><xmax>{x2}</xmax>"
        f"<ymax>{y2}</ymax></bndbox></object>"
        for name, x1, y1, x2, y2 in CORNERS
    )
    size = f"<size><width>{WIDTH}</width><height>{HEIGHT}</height><depth>3</depth></size>"
    return f"<annotation><filename>a.jpg</filename>{size}{objects}</annotation>"


def kitti():
    return "".join(
        f"{name} 0.00 0 1.55 {x1:.2f} {y1:.2f} {x2:.2f} {y2:.2f} 1.6 1.6 3.7 -16.5 2.4 42.0 1.2\n"
        for name, x1, y1, x2, y2 in CORNERS
    )


def cvat(*inside):
    meta = (
        "<meta><task><id>3</id><name>cars</name><mode>annotation</mode><original_size>"
        f"<width>{WIDTH}</width><height>{HEIGHT}</height></original_size></task></meta>"
    )
    head = '<?xml version="1.0" encoding="utf-8"?>\n<annotations><version>1.1</version>'
    return "".join([head, meta, *inside, "</annotations>"])


def cvat_images():
    shapes = [
        f'<box label="{name}" source="manual" occluded="0" xtl="{x1:.2f}" ytl="{y1:.2f}" '
        f'xbr="{x2:.2f}" ybr="{y2:.2f}" z_order="0"></box>'
        for name, x1, y1, x2, y2 in CORNERS
    ]
    image = f'<image id="0" name="a.jpg" width="{WIDTH}" height="{HEIGHT}">'
    return cvat(image, *shapes, "</image>")


def cvat_video():
    """A track ends in a frame in which it is outside, where its box is not one."""
    return cvat(
        *(
            f'<track id="{number}" label="{name}" source="manual">'
            + "".join(
                f'<box frame="{frame}" keyframe="1" outside="{frame}" occluded="0" '
                f'xtl="{x1:.2f}" ytl="{y1:.2f}" xbr="{x2:.2f}" ybr="{y2:.2f}" z_order="0"></box>'
                for frame in range(2)
            )
            + "</track>"
            for number, (name, x1, y1, x2, y2) in enumerate(CORNERS)
        )
    )


def labelme():
    shapes = [
        {
            "label": name,
            "points": [[x1, y1], [x2, y2]],
            "group_id": None,
            "description": "",
            "shape_type": "rectangle",
            "flags": {},
            "mask": None,
        }
        for name, x1, y1, x2, y2 in CORNERS
    ]
    return {
        "version": "5.4.1",
        "flags": {},
        "shapes": shapes,
        "imagePath": "a.jpg",
        "imageData": None,
        "imageHeight": HEIGHT,
        "imageWidth": WIDTH,
    }


def percent():
    for name, x, y, w, h in BOXES:
        box = {"x": x / WIDTH, "y": y / HEIGHT, "width": w / WIDTH, "height": h / HEIGHT}
        value = {side: 100 * share for side, share in box.items()}
        yield value | {"rotation": 0, "rectanglelabels": [name]}


def label_studio():
    results = [
        {
            "id": f"r{number}",
            "type": "rectanglelabels",
            "value": value,
            "from_name": "label",
            "to_name": "image",
            "origin": "manual",
            "original_width": WIDTH,
            "original_height": HEIGHT,
            "image_rotation": 0,
        }
        for number, value in enumerate(percent())
    ]
    annotation = {"id": 1, "was_cancelled": False, "result": results}
    data = {"image": "/data/upload/1/0a1b-a.jpg"}
    return [{"id": 1, "annotations": [annotation], "predictions": [], "data": data, "project": 1}]


def label_studio_min():
    size = {"original_width": WIDTH, "original_height": HEIGHT}
    task = {"image": "/data/upload/1/0a1b-a.jpg", "id": 1, "annotator": 1, "annotation_id": 1}
    return [task | {"label": [value | size for value in percent()], "lead_time": 9.5}]


def via_regions():
    for name, x, y, w, h in BOXES:
        shape = {"name": "rect", "x": x, "y": y, "width": w, "height": h}
        yield {"shape_attributes": shape, "region_attributes": {"type": name}}


def via_2():
    entry = {"filename": "a.jpg", "size": 12345, "regions": [*via_regions()], "file_attributes": {}}
    return {
        "_via_settings": {"project": {"name": "cars"}},
        "_via_img_metadata": {"a.jpg12345": entry},
        "_via_attributes": {"region": {"type": {"type": "text"}}, "file": {}},
        "_via_data_format_version": "2.0.10",
        "_via_image_id_list": ["a.jpg12345"],
    }


def via_2_csv():
    region = ("region_count", "region_id", "region_shape_attributes", "region_attributes")
    rows = [
        ("a.jpg", 12345, "{}", len(BOXES), number, *map(json.dumps, region.values()))
        for number, region in enumerate(via_regions())
    ]
    return table(("filename", "file_size", "file_attributes", *region), *rows)


def via_3():
    regions = {
        f"1_{number}": {"vid": "1", "flg": 0, "z": [], "xy": [2, *box], "av": {"1": name}}
        for number, (name, *box) in enumerate(BOXES)
    }
    attribute = {"aname": "type", "anchor_id": "FILE1_Z0_XY1", "type": 4}
    return {
        "project": {"pid": "__VIA_PROJECT_ID__", "pname": "cars", "vid_list": ["1"]},
        "config": {"file": {"loc_prefix": {"1": "", "2": ""}}},
        "attribute": {"1": attribute | {"options": {"car": "car", "bus": "bus"}}},
        "file": {"1": {"fid": "1", "fname": "a.jpg", "type": 2, "loc": 1, "src": "a.jpg"}},
        "metadata": regions,
        "view": {"1": {"fid_list": ["1"]}},
    }


def via_3_csv():
    head = (
        "# Exported using VGG Image Annotator (http://www.robots.ox.ac.uk/~vgg/software/via)\n"
        "# CSV_HEADER = metadata_id,file_list,flags,temporal_coordinates,spatial_coordinates,"
        "metadata\n"
    )
    rows = [
        (f"1_{number}", '["a.jpg"]', 0, "[]", json.dumps([2, *box]), json.dumps({"1": name}))
        for number, (name, *box) in enumerate(BOXES)
    ]
    return head + table(*rows)


def parquet():
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    objects = {
        "id": list(range(len(BOXES))),
        "area": [w * h for _, _, _, w, h in BOXES],
        "bbox": [box for _, *box in BOXES],
        "category": [CODES[name] for name, *_ in BOXES],
    }
    image = {"bytes": PNG, "path": "a.png"}
    columns = {"image_id": [7], "image": [image], "width": [WIDTH], "height": [HEIGHT]}
    content = io.BytesIO()
    pq.write_table(pa.table(columns | {"objects": [objects]}), content)
    return content.getvalue()


def bdd100k():
    labels = [
        {"category": name, "box2d": dict(zip(("x1", "y1", "x2", "y2"), corners, strict=True))}
        for name, *corners in CORNERS
    ]
    return [{"name": "a.jpg", "timestamp": 10000, "labels": labels}]


def open_images():
    head = (
        "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsTruncated,IsGroupOf,"
        "IsDepiction,IsInside"
    )
    rows = [
        ("a", "xclick", name, 1, x1 / WIDTH, x2 / WIDTH, y1 / HEIGHT, y2 / HEIGHT, 0, 0, 0, 0, 0)
        for name, x1, y1, x2, y2 in CORNERS
    ]
    return table(head.split(","), *rows)


def wider_face():
    lines = [f"{x} {y} {w} {h} 0 0 0 0 0 0 \n" for _, x, y, w, h in BOXES]
    return "".join(["0--Parade/a.jpg\n", f"{len(BOXES)}\n", *lines])


def keras_yolo3():
    boxes = [f"{x1},{y1},{x2},{y2},{CODES[name]}" for name, x1, y1, x2, y2 in CORNERS]
    return f"VOCdevkit/a.jpg {' '.join(boxes)}\n"


def csv_of_corners():
    head = ("filename", "width", "height", "class", "xmin", "ymin", "xmax", "ymax")
    return table(head, *(("a.jpg", WIDTH, HEIGHT, *row) for row in CORNERS))


LAYOUTS = {
    ("coco", "a.json"): coco,
    ("yolo", "."): yolo,
    ("voc", "a.xml"): voc,
    ("kitti", "a.txt"): kitti,
    ("cvat", "annotations.xml"): cvat_images,
    ("cvat", "video.xml"): cvat_video,
    ("labelme", "a.json"): labelme,
    ("label_studio", "project.json"): label_studio,
    ("label_studio", "min.json"): label_studio_min,
    ("via", "2.json"): via_2,
    ("via", "2.csv"): via_2_csv,
    ("via", "3.json"): via_3,
    ("via", "3.csv"): via_3_csv,
    ("parquet", "train.parquet"): parquet,
    ("bdd100k", "a.json"): bdd100k,
    ("open_images", "train.csv"): open_images,
    ("wider_face", "gt.txt"): wider_face,
    ("keras_yolo3", "train.txt"): keras_yolo3,
    ("dota", "."): lambda: dota(0),
    ("csv", "labels.csv"): csv_of_corners,
}
"""A file of the true layout for each format and name."""


def write(folder, name, content):
    """Write a file, or a folder of files; return the path."""
    files = content if name == "." else {name: content}
    for file, inside in files.items():
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(inside, dict | list):
            inside = json.dumps(inside)
        path.write_bytes(inside if isinstance(inside, bytes) else inside.encode())
    return folder / name


def fit(path, *options):
    arguments = ["fit", path, "-k", len(BOXES), *options, "--json", "-"]
    result = CliRunner().invoke(build_app(), [*map(str, arguments)])
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def sides(report):
    return sorted((anchor["width"], anchor["height"]) for anchor in report["anchors"])


def test_every_format_has_a_file_here():
    assert {name for name, _ in LAYOUTS} == set(READERS)


@pytest.mark.parametrize(("name", "file"), LAYOUTS)
def test_the_same_boxes_give_the_same_anchors_in_every_format(tmp_path, name, file):
    path = write(tmp_path, file, LAYOUTS[name, file]())
    sized = ["--image-size", f"{WIDTH}x{HEIGHT}"] if name == "open_images" else []
    report = fit(path, *sized)
    assert report["format"] == name
    assert report["n_boxes"] == len(BOXES)
    expected = sorted((w, h) for *_, w, h in BOXES)
    assert sides(report) == [pytest.approx(size) for size in expected]


@pytest.mark.parametrize("layout", [yolo_obb, dota])
@pytest.mark.parametrize("degrees", [0, 30, 90])
def test_oriented_boxes_have_their_own_sides_or_those_of_the_box_around_them(
    tmp_path, layout, degrees
):
    path = write(tmp_path, ".", layout(degrees))
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    around = sorted((w * cos + h * sin, w * sin + h * cos) for *_, w, h in BOXES)
    for options in ([], ["--sides", "enclosing"]):
        report = fit(path, *options)
        assert sides(report) == [pytest.approx(size) for size in around]
        assert report["notes"] == {"around an oriented box": len(BOXES)}
    report = fit(path, "--sides", "rotated")
    assert sides(report) == [pytest.approx((w, h)) for w, h in sorted(b[3:] for b in BOXES)]
    assert report["notes"] == {"with the sides of an oriented box": len(BOXES)}
