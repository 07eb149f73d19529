"""What holds for the readers of all formats."""

import gzip
import json
import random
import sys
import tarfile
from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sklearn_iou_kmeans import datasets
from sklearn_iou_kmeans.datasets import READERS, load_annotations, load_coco

COLUMNS = {
    "data", "target", "target_names", "image", "image_names", "image_size", "skipped",
    "skipped_images", "unit", "notes", "splits", "splits_read", "files", "image_files",
}  # fmt: skip
SIZE = (640, 480)


class Format(NamedTuple):
    """A tiny file of a format: two boxes of two images, one of them "Bär", and an empty one."""

    name: str
    content: str
    options: Mapping = MappingProxyType({})
    category: str = "Bär"
    n_boxes: int = 2
    n_skipped: int = 1


COCO = {
    "images": [{"id": id, "file_name": f"{id}.jpg", "width": 640, "height": 480} for id in (1, 2)],
    "annotations": [
        {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 20, 40, 20]},
        {"id": 2, "image_id": 2, "category_id": 2, "bbox": [10, 20, 0, 20]},
        {"id": 3, "image_id": 2, "category_id": 2, "bbox": [1.5, 2.5, 30, 40]},
    ],
    "categories": [{"id": 1, "name": "Bär"}, {"id": 2, "name": "car"}],
}
CORNERS = [(10, 20, 50, 40), (10, 20, 10, 40), (1.5, 2.5, 31.5, 42.5)]
BDD100K = [
    {"name": "1.jpg", "labels": [{"category": "Bär", "box2d": None}]},
    {"name": "2.jpg", "labels": [{"category": "car", "box2d": None} for _ in range(2)]},
]
for _label, _corners in zip(BDD100K[0]["labels"] + BDD100K[1]["labels"], CORNERS, strict=True):
    _label["box2d"] = dict(zip(("x1", "y1", "x2", "y2"), _corners, strict=True))
VOC = "<annotation>{}</annotation>".format(
    "\n".join(
        f"<object><name>{name}</name><bndbox><xmin>{x1}</xmin><ymin>{y1}</ymin><xmax>{x2}</xmax>"
        f"<ymax>{y2}</ymax></bndbox></object>"
        for name, (x1, y1, x2, y2) in zip(["Bär", "car", "car"], CORNERS, strict=True)
    )
)
CVAT = "<annotations><version>1.1</version>{}</annotations>".format(
    "".join(
        f'<image id="{i}" name="{i}.jpg" width="640" height="480">\n{boxes}\n</image>'
        for i, boxes in enumerate(
            "\n".join(
                f'<box label="{name}" xtl="{x1}" ytl="{y1}" xbr="{x2}" ybr="{y2}"/>'
                for name, (x1, y1, x2, y2) in found
            )
            for found in ([("Bär", CORNERS[0])], [("car", CORNERS[1]), ("car", CORNERS[2])])
        )
    )
)
LABELME = {
    "version": "5.4.1",
    "shapes": [
        {"label": name, "points": [[x2, y1], [x1, y2]], "shape_type": "rectangle"}
        for name, (x1, y1, x2, y2) in zip(["Bär", "car", "car"], CORNERS, strict=True)
    ],
    "imagePath": "1.jpg",
    "imageHeight": 480,
    "imageWidth": 640,
}
SIZES = [(x, y, x2 - x, y2 - y) for x, y, x2, y2 in CORNERS]
LABEL_STUDIO = [
    {
        "id": number,
        "data": {"image": f"/data/upload/{number}.jpg"},
        "annotations": [
            {
                "result": [
                    {
                        "id": f"r{x}{w}",
                        "type": "rectanglelabels",
                        "original_width": 640,
                        "original_height": 480,
                        "value": {
                            "x": x / 6.4,
                            "y": y / 4.8,
                            "width": w / 6.4,
                            "height": h / 4.8,
                            "rotation": 0,
                            "rectanglelabels": [name],
                        },
                    }
                    for name, (x, y, w, h) in found
                ]
            }
        ],
    }
    for number, found in enumerate(([("Bär", SIZES[0])], [("car", SIZES[1]), ("car", SIZES[2])]), 1)
]
VIA = {
    f"{number}.jpg123": {
        "filename": f"{number}.jpg",
        "size": 123,
        "regions": [
            {
                "shape_attributes": {"name": "rect", "x": x, "y": y, "width": w, "height": h},
                "region_attributes": {"class": name},
            }
            for name, (x, y, w, h) in found
        ],
        "file_attributes": {},
    }
    for number, found in enumerate(([("Bär", SIZES[0])], [("car", SIZES[1]), ("car", SIZES[2])]), 1)
}
DOTA = "imagesource:GoogleEarth\ngsd:0.5\n" + "\n".join(
    f"{x1} {y1} {x2} {y1} {x2} {y2} {x1} {y2} {name} 0"
    for name, (x1, y1, x2, y2) in zip(["Bär", "car", "car"], CORNERS, strict=True)
)
KITTI_REST = "1.89 0.48 1.20 1.84 1.47 8.41 0.01"
OPEN_IMAGES_HEADER = "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded"

FORMATS = [
    Format("bdd100k", json.dumps(BDD100K, ensure_ascii=False)),
    Format("coco", json.dumps(COCO, ensure_ascii=False)),
    Format(
        "csv",
        "image,label,x1,y1,x2,y2\n1.jpg,Bär,10,20,50,40\n2.jpg,car,10,20,10,40\n"
        "2.jpg,car,1.5,2.5,31.5,42.5",
    ),
    Format(
        "keras_yolo3",
        "Bär.jpg 10,20,50,40,0\n2.jpg 10,20,10,40,1 1.5,2.5,31.5,42.5,1",
        category="0",
    ),
    Format(
        "kitti",
        f"Bär 0 0 0 10 20 50 40 {KITTI_REST}\ncar 0 0 0 10 20 10 40 {KITTI_REST}\n"
        f"car 0 0 0 1.5 2.5 31.5 42.5 {KITTI_REST}",
    ),
    Format(
        "open_images",
        f"{OPEN_IMAGES_HEADER}\n1,x,Bär,1,0.015625,0.078125,0.041666667,0.083333333,0\n"
        "2,x,car,1,0.1,0.1,0.2,0.4,0\n2,x,car,1,0.2,0.5,0.2,0.5,0",
        {"image_size": SIZE},
    ),
    Format("voc", VOC),
    Format("cvat", CVAT),
    Format("dota", DOTA),
    Format("labelme", json.dumps(LABELME, ensure_ascii=False)),
    Format("label_studio", json.dumps(LABEL_STUDIO, ensure_ascii=False)),
    Format("via", json.dumps(VIA, ensure_ascii=False)),
    Format(
        "wider_face",
        "Bär.jpg\n1\n10 20 40 20 0 0 0 0 0 0\n2.jpg\n2\n10 20 0 20 0 0 0 0 0 0\n"
        "1.5 2.5 30 40 0 0 0 0 0 0",
        category="face",
    ),
    Format(
        "yolo",
        "0 .046875 .0625 .0625 .041666667\n1 .1 .1 0 .1\n1 .1 .1 .1 .1",
        {"image_size": SIZE},
        category="0",
    ),
]
FLAGGED = {"bdd100k", "coco", "dota", "kitti", "open_images", "voc", "wider_face"}
MAY_BE_EMPTY = {"dota", "kitti"}
"""Where a file is an image, which may have no objects."""
OF_FOLDERS = {
    "cvat": ".xml", "dota": ".txt", "kitti": ".txt", "labelme": ".json", "voc": ".xml",
    "yolo": ".txt",
}  # fmt: skip


@pytest.fixture(params=FORMATS, ids=lambda format: format.name)
def format(request):
    return request.param


def reader(format):
    return partial(getattr(datasets, f"load_{format.name}"), **format.options)


@pytest.fixture
def write(tmp_path):
    """Write content of a format; return the path."""

    def _write(format, content=None, name="labels"):
        path = tmp_path / f"{name}{OF_FOLDERS.get(format.name, '.any')}"
        content = format.content if content is None else content
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return _write


def assert_same_boxes(boxes, expected):
    for name in COLUMNS:
        assert_array_equal(boxes[name], expected[name])


def test_every_reader_returns_the_same_columns(format, write):
    boxes = reader(format)(write(format))
    assert set(boxes) == COLUMNS
    assert boxes.data.shape == (format.n_boxes, 4)
    assert boxes.data.dtype == boxes.image_size.dtype == np.float64
    assert boxes.target.shape == boxes.image.shape == (format.n_boxes,)
    assert boxes.image_size.shape == (format.n_boxes, 2)
    assert boxes.target_names == sorted(boxes.target_names)
    assert boxes.skipped == {"zero or negative size": format.n_skipped}
    assert {len(names) for names in boxes.skipped_images.values()} == {format.n_skipped}
    np.testing.assert_allclose(boxes.data[0], CORNERS[0], rtol=1e-6)


@pytest.mark.parametrize("size", [-1, np.nan, np.inf])
def test_a_smallest_size_that_is_none_is_refused(format, write, size):
    with pytest.raises(ValueError, match=f"smallest size of a box is {size}"):
        reader(format)(write(format), min_size=size)


@pytest.mark.parametrize(
    ("wanted", "meant"),
    [("trafic light", "Traffic Light"), ("TREE", "tree"), ("bycicle", "bicycle")],
)
def test_close_names_come_first_if_a_category_is_misspelt(tmp_path, wanted, meant):
    """Also if they are so rare that many others would be listed before them."""
    path = tmp_path / "boxes.csv"
    names = [f"object {i:02}" for i in range(30)] * 2 + ["Traffic Light", "tree", "bicycle"]
    path.write_text("xmin,ymin,xmax,ymax,class\n" + "".join(f"0,0,5,5,{name}\n" for name in names))
    with pytest.raises(ValueError, match=rf"'{wanted}'\. Choose .* has: '{meant}' \(1\), 'object"):
        load_annotations(path, categories=wanted)


def test_every_reader_filters_by_category(format, write):
    path = write(format)
    boxes = reader(format)(path, categories=format.category)
    assert boxes.target_names == [format.category]
    assert len(boxes.data) + sum(boxes.skipped.values()) == format.n_boxes + format.n_skipped
    with pytest.raises(ValueError, match=rf"has no box of category 'bus'.*'{format.category}' \("):
        reader(format)(path, categories=["bus"])


def test_keep_flagged_is_there_where_there_are_flags(format, write):
    path = write(format)
    if format.name in FLAGGED:
        assert_same_boxes(reader(format)(path, keep_flagged=True), reader(format)(path))
    else:
        with pytest.raises(TypeError, match="keep_flagged"):
            reader(format)(path, keep_flagged=True)


def test_formats_are_told_apart_by_what_the_files_hold(format, write):
    path = write(format)
    boxes = load_annotations(path, **format.options)
    assert boxes.format == format.name
    assert_same_boxes(boxes, reader(format)(str(path)))


def test_a_path_may_have_characters_of_any_language(format, write):
    assert len(reader(format)(write(format, name="étiquettes 标签")).data) == format.n_boxes


@pytest.mark.parametrize("change", [
    lambda content: b"\xef\xbb\xbf" + content,
    lambda content: content.replace(b"\n", b"\r\n") + b"\r\n",
    lambda content: content + b"\n\n",
    gzip.compress,
], ids=["byte order mark", "CRLF", "blank lines at the end", "gzip"])  # fmt: skip
def test_these_do_no_harm(format, write, change):
    expected = reader(format)(write(format))
    path = write(format, change(format.content.encode()))
    assert_same_boxes(reader(format)(path), expected)
    assert load_annotations(path, **format.options).format == format.name


def test_a_packed_file_in_a_folder_is_read(format, write, tmp_path):
    path = write(format)
    suffix = READERS[format.name].suffixes[0]
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / f"labels{suffix}.gz").write_bytes(gzip.compress(path.read_bytes()))
    boxes = load_annotations(folder, **format.options)
    assert boxes.format == format.name
    assert_array_equal(boxes.data, reader(format)(path).data)
    assert boxes.image_names == reader(format)(path).image_names


def assert_refused(load, path, match="."):
    """Check that a bad file is a ValueError of one line that names it."""
    with pytest.raises(ValueError, match=match) as error:
        load(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_utf_16_is_refused_or_read(format, write):
    path = write(format, format.content.encode("utf-16"))
    for load in (reader(format), partial(load_annotations, **format.options)):
        if format.name in ("cvat", "voc"):
            assert len(load(path).data) == format.n_boxes
        else:
            assert_refused(load, path, "UTF-16: save it as UTF-8")


@pytest.mark.parametrize("name", [f.name for f in FORMATS if "Bär" in f.content])
def test_latin_1_is_refused_with_the_place(write, name):
    (format,) = (format for format in FORMATS if format.name == name)
    path = write(format, format.content.encode("latin-1"))
    assert_refused(reader(format), path, "not UTF-8|not valid JSON|not valid XML")


NONSENSE = {
    "blank": b"\n\n  \n",
    "zip": b"PK\x03\x04\x14\x00\xff\xfe",
    "picture": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "noise": random.Random(0).randbytes(5000),
    "words": b"These are not the boxes you are looking for.\n",
    "a number": b"3",
    "truncated gzip": gzip.compress(b"a.jpg" * 99)[:-9],
    "nested lists": b"[" * 1_000_000,
    "nested objects": b'{"frames":' * 1_000_000,
    "a nested list inside": b'{"frames":[],"images":[],"annotations":[],"x":' + b"[" * 1_000_000,
    "a web page": b"<!DOCTYPE html><html><body>404</body></html>",
}


@pytest.mark.parametrize("content", NONSENSE.values(), ids=NONSENSE.keys())
def test_nonsense_is_refused(format, write, content):
    path = write(format, content)
    if content.isspace() and format.name in MAY_BE_EMPTY:
        assert reader(format)(path).data.shape == (0, 4)  # an image without objects
    else:
        assert_refused(reader(format), path)
    assert_refused(load_annotations, path)


def test_an_empty_file_is_refused_unless_it_can_be_an_image_without_objects(format, write):
    path = write(format, b"")
    if format.name in MAY_BE_EMPTY:
        assert reader(format)(path).image_names == ["labels"]
    else:
        assert_refused(reader(format), path, "is empty")
    assert_refused(load_annotations, path, r"labels\.\w+ is empty: copy")


def test_a_file_that_was_cut_short_is_refused(format, write):
    cut = 8 if format.name != "yolo" else 4
    assert_refused(reader(format), write(format, format.content.encode()[:-cut]))


@pytest.mark.parametrize("other", FORMATS, ids=lambda other: other.name)
def test_a_file_of_another_format_is_refused(format, other, write):
    if other is not format:
        assert_refused(reader(format), write(format, other.content))


def test_a_damaged_file_is_refused_or_read_but_never_breaks_the_reader(format, write):
    rng = random.Random(0)
    content = format.content.encode()
    for _ in range(100):
        damaged = bytearray(content)
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(len(damaged))
            damaged[at : at + rng.choice([0, 1, 9])] = rng.choice(
                [b"", b"\0", b"-", b"9" * 5000, b"e999", b'"', b",", b" ", b"\n", b"\xff", b"nan"]
            )
        path = write(format, bytes(damaged))
        try:
            boxes = reader(format)(path)
        except ValueError as error:
            assert str(path) in str(error)  # noqa: PT017 (either outcome is right)
        else:
            assert np.isfinite(boxes.data).all()
            assert (boxes.data[:, 2:] > boxes.data[:, :2]).all()


def test_a_missing_file_is_named(format, tmp_path):
    path = tmp_path / "none.json"
    for load in (reader(format), load_annotations):
        with pytest.raises(FileNotFoundError, match=r"none\.json does not exist: check the path"):
            load(path)


def test_a_link_that_leads_back_to_itself_is_refused(format, tmp_path):
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    assert_refused(reader(format), tmp_path / "a", "symbolic link that leads back to itself")
    assert_refused(load_annotations, tmp_path / "a", "symbolic link that leads back to itself")


def test_an_empty_folder_is_refused(format, tmp_path):
    assert_refused(reader(format), tmp_path, r"is a folder: name|has no \.(txt|xml|json|csv) file")
    assert_refused(load_annotations, tmp_path, "is a folder without annotation files: name")


@pytest.fixture(params=[f for f in FORMATS if f.name in OF_FOLDERS], ids=lambda f: f.name)
def format_of_folders(request):
    return request.param


def test_links_in_a_folder_are_followed_once(format_of_folders, write, tmp_path):
    path = write(format_of_folders, name="folder")
    outer = tmp_path / "outer"
    inner = outer / ".inner"
    inner.mkdir(parents=True)
    path.rename(inner / path.name)
    (outer / "link").symlink_to(inner, target_is_directory=True)
    (inner / "back").symlink_to(outer, target_is_directory=True)
    (outer / "itself").symlink_to(outer / "itself")
    boxes = reader(format_of_folders)(outer)
    expected = ["0.jpg", "1.jpg"] if format_of_folders.name == "cvat" else ["link/folder"]
    assert boxes.image_names == expected
    assert load_annotations(outer, **format_of_folders.options).format == format_of_folders.name


def test_a_link_in_a_folder_that_leads_back_to_itself_is_refused(format_of_folders, tmp_path):
    path = tmp_path / f"itself{OF_FOLDERS[format_of_folders.name]}"
    path.symlink_to(path)
    with pytest.raises(ValueError, match=r"itself\.\w+ is a symbolic link that leads back"):
        reader(format_of_folders)(tmp_path)


LIBRARIES = {
    "bdd100k": "msgspec", "coco": "msgspec", "cvat": "defusedxml", "label_studio": "msgspec",
    "labelme": "msgspec", "via": "msgspec", "voc": "defusedxml",
}  # fmt: skip


@pytest.mark.parametrize(("name", "library"), LIBRARIES.items())
def test_without_its_library_a_reader_names_the_extra(write, monkeypatch, name, library):
    (format,) = (format for format in FORMATS if format.name == name)
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(
        ImportError, match=rf'Reading {name} needs {library}: .*"sklearn-iou-.*\[io\]"'
    ):
        reader(format)(write(format))


def test_an_archive_is_named_as_one(tmp_path):
    (tmp_path / "a.json").write_text("{}")
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        archive.add(tmp_path / "a.json", "a folder of long name/annotations.json")
    with pytest.raises(ValueError, match=r"a\.tar is a tar archive\. Unpack it"):
        load_coco(tmp_path / "a.tar")
