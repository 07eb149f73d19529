import struct
import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_iou_kmeans.datasets import load_annotations, load_yolo

SIZE = (640, 480)
BOX = "0 0.5 0.5 0.25 0.125"
CORNERS = [240, 210, 400, 270]


def png(width=640, height=480):
    """The header of a picture, which is all that a reader may ask for."""
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sIIBBBBBI", 13, b"IHDR", width, height, *[0] * 6)


@pytest.fixture
def write(tmp_path):
    """Write a data set of files by name; return its folder."""

    def _write(**files):
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return tmp_path

    return _write


def test_relative_center_and_size_become_corners_in_pixels(write):
    folder = write(**{"a.txt": f"{BOX}\n3 0.25 0.75 0.5 0.5\n", "b.txt": f"{BOX}\r\n"})
    boxes = load_yolo(folder, image_size=SIZE)
    assert_array_equal(boxes.data, [CORNERS, [0, 240, 320, 480], CORNERS])
    assert boxes.target_names == ["0", "3"]
    assert_array_equal(boxes.target, [0, 1, 0])
    assert boxes.image_names == ["a", "b"]
    assert_array_equal(boxes.image, [0, 0, 1])
    assert_array_equal(boxes.image_size, [SIZE] * 3)
    assert boxes.skipped == {}


@pytest.mark.parametrize(
    ("labels", "image"),
    [
        ("a.txt", "a.png"),
        ("labels/a.txt", "images/a.png"),
        ("labels/train/x/a.txt", "images/train/x/a.PNG"),
        ("labels/a.b.txt", "images/a.b.jpeg"),
    ],
)
def test_the_image_is_beside_the_labels_or_in_the_folder_for_images(write, labels, image):
    boxes = load_yolo(write(**{labels: BOX, image: png(320, 240)}))
    assert_array_equal(boxes.data, [[120, 105, 200, 135]])
    assert_array_equal(boxes.image_size, [[320, 240]])


def test_a_folder_of_images_stands_for_that_of_its_labels(write):
    folder = write(**{"labels/train/a.txt": BOX, "images/train/a.png": png(*SIZE)})
    assert_array_equal(load_yolo(folder / "images" / "train").data, [CORNERS])
    assert_array_equal(load_annotations(folder / "images").data, [CORNERS])
    assert_array_equal(load_yolo(str(folder / "labels")).data, [CORNERS])


def test_images_without_labels_are_named_and_their_size_is_not_asked_for(write):
    boxes = load_yolo(write(**{f"{number:04}.txt": "" for number in range(1000)}))
    assert len(boxes.image_names) == 1000
    assert boxes.data.shape == (0, 4)


def test_a_sixth_column_is_the_confidence(write):
    boxes = load_yolo(write(**{"a.txt": f"{BOX} 0.9"}), image_size=SIZE)
    assert_array_equal(boxes.data, [CORNERS])


def test_a_polygon_gives_its_bounding_box(write):
    labels = "0 0.25 0.25 0.5 0.125 0.5 0.5\n1 0.5 0.5 0.75 0.5 0.75 0.75 0.5 0.75\n"
    boxes = load_yolo(write(**{"a.txt": labels}), image_size=SIZE)
    assert_array_equal(boxes.data, [[160, 60, 320, 240], [320, 240, 480, 360]])


def test_keypoints_are_told_from_polygons_by_the_data_file(write):
    labels = f"{BOX} 0.1 0.1 0.9 0.9\n"
    yaml = "train: labels\nkpt_shape: [2, 2]\n"
    folder = write(**{"labels/a.txt": labels, "data.yaml": yaml})
    assert_array_equal(load_yolo(folder / "data.yaml", image_size=SIZE).data, [CORNERS])


@pytest.mark.parametrize(
    ("keypoints", "shape"),
    [
        ("0.45 0.45 0.55 0.45 0 0 0.46 0.53 0.54 0.53", "[5, 2]"),
        ("0.45 0.45 2 0.55 0.45 1 0 0 0 0.46 0.53 2", "[4, 3]"),
    ],
)
def test_labels_that_can_be_keypoints_or_polygons_are_refused(write, keypoints, shape):
    labels = f"{BOX} {keypoints}\n" * 12
    folder = write(**{"labels/a.txt": labels, "data.yaml": "train: labels\nnames: [face]\n"})
    with pytest.raises(ValueError, match="12 labels") as error:
        load_yolo(folder, image_size=SIZE)
    assert f"kpt_shape: {shape} for keypoints" in str(error.value)
    (folder / "data.yaml").write_text(f"train: labels\nnames: [face]\nkpt_shape: {shape}\n")
    assert_array_equal(load_yolo(folder, image_size=SIZE).data, [CORNERS] * 12)


def test_polygons_that_cannot_be_keypoints_are_read(write):
    """They differ in their number of points, are oriented boxes, are closed, or are wide."""
    triangle, square = ".5 .5 .6 .5 .6 .6", ".5 .5 .6 .5 .6 .6 .5 .6"
    wide = ".1 .1 .2 .9 .9 .9 .8 .8 .9 .1"
    for polygons in ([triangle, square], [square], [f"{square} .5 .5"], [wide]):
        labels = "".join(f"0 {polygon}\n" for polygon in polygons) * 20
        boxes = load_yolo(write(**{"a.txt": labels}), image_size=SIZE)
        assert len(boxes.data) == 20 * len(polygons)


def test_a_data_file_can_say_that_polygons_are_no_keypoints(write):
    labels = "0 .5 .5 .6 .5 .6 .6\n" * 20
    yaml = "train: labels\nnames: [x]\nkpt_shape: [0, 2]\n"
    folder = write(**{"labels/a.txt": labels, "data.yaml": yaml})
    assert load_yolo(folder, image_size=SIZE).notes == {"around a polygon": 20}
    (folder / "data.yaml").unlink()
    with pytest.raises(ValueError, match=r"kpt_shape: \[0, 2\] for none"):
        load_yolo(folder / "labels", image_size=SIZE)


def test_every_line_is_a_box_or_counted(write):
    lines = [BOX, "0 .5 .5 0 .1", "1 .5 .5 .1 -.1", "0 1.6 .5 .1 .1", "1 .5 .5 .1 .1"]
    lines += ["2 .5 .5 .1 .1", "0 .1 .1 .2 .2 .3 .3"]
    folder = write(**{"a.txt": "\n\n".join(lines)})
    boxes = load_yolo(folder, image_size=SIZE, names=["car", "bus"], categories="car")
    assert boxes.target_names == ["car"]
    assert boxes.skipped == {
        "zero or negative size": 1,
        "outside the image": 1,
        "other category": 2,
        "unknown category": 1,
    }
    assert len(boxes.data) + sum(boxes.skipped.values()) == len(lines)


def test_a_file_of_names_in_the_folder_is_no_label_file(write):
    folder = write(**{"a.txt": BOX, "classes.txt": "dog\ncat\n\n"})
    assert load_yolo(folder, image_size=SIZE).target_names == ["dog"]
    names = write(**{"my.names": "Hund\nKatze"}) / "my.names"
    assert load_yolo(folder, image_size=SIZE, names=names).target_names == ["Hund"]


def test_a_folder_with_a_list_of_images_only_is_that_list(write):
    folder = write(**{"lists/train.txt": "../images/a.jpg\n", "labels/a.txt": BOX})
    boxes = load_annotations(folder / "lists", image_size=SIZE)
    assert_array_equal(boxes.data, load_yolo(folder / "labels" / "a.txt", image_size=SIZE).data)
    assert boxes.image_names == ["../images/a.jpg"]


def test_a_list_in_a_folder_does_not_show_what_labels_elsewhere_hold(write):
    folder = write(**{"lists/train.txt": "../secret.jpg\n", "secret.txt": "my password\n"})
    with pytest.raises(ValueError, match=r"secret\.txt, line 1: this is not a label") as error:
        load_annotations(folder / "lists", image_size=SIZE)
    assert "password" not in str(error.value)


@pytest.mark.parametrize("line", ["images/a.jpg", "Labels of the cars."])
def test_a_file_among_labels_that_holds_none_is_named(write, line):
    folder = write(**{"labels/a.txt": BOX, "other.txt": f"{line}\n"})
    message = rf"other\.txt, line 1: '{line}' is not a label.* If this is not a file of lab"
    with pytest.raises(ValueError, match=message):
        load_annotations(folder, image_size=SIZE)


def test_a_single_file_of_labels_is_read(write):
    folder = write(**{"a.txt": BOX, "a.png": png(*SIZE)})
    assert_array_equal(load_yolo(folder / "a.txt").data, [CORNERS])


@pytest.mark.parametrize("where", ["train.txt", "data/train.txt", "data/lists/train.txt"])
def test_a_list_names_images_relative_to_itself_or_a_folder_above(write, where):
    listed = "./data/images/a.png\ndata/images/none.png\r\n\ndata/obj/c d.png\n"
    folder = write(
        **{
            where: listed,
            "data/images/a.png": png(*SIZE),
            "data/labels/a.txt": BOX,
            "data/images/none.png": b"not asked for",
            "data/obj/c d.png": png(320, 240),
            "data/obj/c d.txt": BOX,
            "data/labels/unlisted.txt": BOX,
        }
    )
    boxes = load_yolo(folder / where)
    assert_array_equal(boxes.data, [CORNERS, [120, 105, 200, 135]])
    assert boxes.image_names == ["./data/images/a.png", "data/images/none.png", "data/obj/c d.png"]


def test_paths_that_were_written_on_windows_are_followed(write):
    folder = write(
        **{
            "labels/train/a b.txt": BOX,
            "lists/train.txt": "images\\train\\a b.jpg\r\n",
            "data.yaml": "path: .\\\ntrain: images\\train\nval: lists\\train.txt\nnames: [x]\n",
        }
    )
    for path, split in (("data.yaml", "train"), ("data.yaml", "val"), ("lists/train.txt", None)):
        boxes = load_yolo(folder / path, split=split, image_size=SIZE)
        assert_array_equal(boxes.data, [CORNERS])


def test_an_image_listed_twice_is_read_once(write):
    folder = write(**{"list.txt": "a.png\na.png\n", "a.png": png(), "a.txt": BOX})
    assert len(load_yolo(folder / "list.txt").data) == 1


def test_a_list_whose_labels_are_nowhere_is_an_error(write):
    folder = write(**{"list.txt": "images/a.png\nimages/b.png\n", "images/a.png": png()})
    with pytest.raises(ValueError, match=r"none of the 2 listed images has labels.*labels.a\.txt"):
        load_yolo(folder / "list.txt")


DATA = {
    "labels/train/a.txt": BOX,
    "images/train/a.png": png(*SIZE),
    "labels/val/b.txt": f"{BOX}\n1 0.5 0.5 0.5 0.5",
    "images/val/b.png": png(*SIZE),
}


def test_images_of_two_parts_may_have_the_same_name(write):
    files = {"labels/train/a.txt": BOX, "labels/val/a.txt": BOX}
    folder = write(**files, **{"data.yaml": "train: images/train\nval: images/val"})
    boxes = load_yolo(folder / "data.yaml", split=("train", "val"), image_size=SIZE)
    assert boxes.image_names == ["images/train/a", "images/val/a"]
    assert_array_equal(boxes.image, [0, 1])


@pytest.mark.parametrize(
    "yaml",
    [
        "path: .\ntrain: images/train\nval: images/val\nnames:\n  0: person\n  1: car\n",
        "train: ../images/train\nval: ../images/val\nnc: 2\nnames: ['person', 'car']\n",
        "train: train.txt\nval: [images/val]\nnames: [person, car]\n",
        "path: ..\ntrain: DATA/images/train\nval:\n- DATA/images/val\nnames: {0: person, 1: car}\n",
    ],
)
def test_a_data_file_names_folders_lists_and_classes(write, tmp_path, yaml):
    yaml = yaml.replace("DATA", tmp_path.name)
    folder = write(**DATA, **{"data.yaml": yaml, "train.txt": "./images/train/a.png\n"})
    boxes = load_yolo(folder / "data.yaml")
    assert_array_equal(boxes.data, [CORNERS])
    assert boxes.target_names == ["person"]
    boxes = load_yolo(folder / "data.yaml", split=["train", "val"])
    assert len(boxes.data) == 3
    assert boxes.target_names == ["car", "person"]


@pytest.mark.parametrize("name", ["data.yaml", "dataset.YML"])
def test_the_folder_of_a_data_file_stands_for_it(write, name):
    yaml = "train: ../images/train\nval: ../images/val\nnc: 2\nnames: ['person', 'car']\n"
    others = {
        "README.dataset.txt": "# Cars\n", "classes.txt": "a\n", "train.txt": "images/train/a.png\n",
        "empty.txt": "", "hyp.yaml": "lr0: 0.01\n", "list.yaml": "- train\n", ".data.yaml": "[",
    }  # fmt: skip
    folder = write(**DATA, **others, **{name: yaml})
    for load in (load_yolo, load_annotations):
        boxes = load(folder)
        assert_array_equal(boxes.data, [CORNERS])
        assert boxes.target_names == ["person"]
        assert len(load(str(folder), split=["train", "val"]).data) == 3


@pytest.mark.parametrize("other", ["coco.yml", "b.txt"])
def test_a_data_file_beside_another_or_beside_labels_is_an_error(write, other):
    yaml = "train: images/train\nnames: [person, car]\n"
    folder = write(**DATA, **{"a.yaml": yaml, other: BOX if other == "b.txt" else yaml})
    for load in (load_yolo, load_annotations):
        with pytest.raises(ValueError, match=f" has a.yaml and {other}, .*: name the data file"):
            load(folder)
    assert_array_equal(load_yolo(folder / "a.yaml").data, [CORNERS])
    assert len(load_yolo(folder / "labels", split=["train", "val"]).data) == 3


BOMB = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{f'*a{n - 1},' * 9}]\n" for n in range(1, 40))
BOMB += "names: *a39\n"


@pytest.mark.parametrize(
    ("yaml", "message"),
    [
        ("val: images/val", r"has no split 'train', only 'val'\. Choose with split="),
        ("train: images/nowhere", r"train: 'images/nowhere' does not exist; looked for"),
        ("train: images/train\nnames: 5", "names is '5': write a list"),
        ("train: images/train\nkpt_shape: many", "kpt_shape is 'many'"),
        ("train: [images/train", "is not valid YAML: while parsing a flow sequence"),
        ("- a\n- b\n", r"is YAML of \['a', 'b'\]"),
        ("[" * 2_000, "is not valid YAML"),
        ("!!python/object/apply:os.getcwd []", r"is YAML of \[\]"),
        ("train: images/train\n" + BOMB, r"names is \[\[\.\.\.\], "),
        ("train:\n- [images/train]", r"train: \['images/train'\] is not text"),
        ("", "is empty"),
    ],
)
def test_a_bad_data_file_is_an_error(write, yaml, message):
    folder = write(**DATA, **{"data.yaml": yaml})
    with pytest.raises(ValueError, match=message) as error:
        load_yolo(folder / "data.yaml")
    assert str(folder / "data.yaml") in str(error.value)


BAD_LABELS = {
    "too few columns": ("0 .5 .5 .1", "4 columns, '0 .5 .5 .1'. A YOLO label is a line"),
    "a point too few": ("0 .5 .5 .1 .1 .2 .2 .3", "8 columns"),
    "decimal comma": ("0 0,5 .5 .1 .1", "'0,5' is not a finite number. It has a decimal comma"),
    "NaN": ("0 nan .5 .1 .1", "'nan' is not a finite number"),
    "a name": ("car .5 .5 .1 .1", "'car' is not a finite number"),
    "pixels": ("0 320 240 160 60", "320 is not relative to the image"),
    "half a class": ("0.5 .5 .5 .1 .1", "0.5 is not the number of a class"),
    "a negative class": ("-1 .5 .5 .1 .1", "-1.0 is not the number of a class"),
    "Latin-1": ("# caf\xe9".encode("latin-1"), "is not UTF-8"),
    "binary": (b"\x7fELF\0\0", "a zero byte, so this is not a text file"),
}


@pytest.mark.parametrize(("line", "message"), BAD_LABELS.values(), ids=BAD_LABELS.keys())
def test_a_bad_label_is_named_by_file_and_line(write, line, message):
    line = line if isinstance(line, bytes) else line.encode()
    folder = write(**{"a.txt": BOX, "b.txt": BOX.encode() + b"\n\n" + line + b"\n"})
    with pytest.raises(ValueError, match="line 3") as error:
        load_yolo(folder, image_size=SIZE)
    assert message in str(error.value)
    assert f"{folder / 'b.txt'}, line 3" in str(error.value)


@pytest.mark.parametrize("content", [b"", b"no picture", png()[:12], png(0, 480)])
def test_an_image_without_a_size_is_an_error(write, content):
    folder = write(**{"a.txt": BOX, "a.png": content})
    with pytest.raises(ValueError, match=r"a\.png: the header names no size.*give image_size"):
        load_yolo(folder)


def test_labels_without_an_image_are_an_error(write):
    folder = write(**{"labels/a.txt": BOX})
    with pytest.raises(ValueError, match=r"the first, 'labels/a', is not in .*images or .*labels"):
        load_yolo(folder)


@pytest.mark.parametrize("image_size", [(0, 480), (640,), 640, ("a", "b"), (float("nan"), 1)])
def test_a_bad_image_size_is_quoted(write, image_size):
    with pytest.raises(ValueError, match=r"image_size is .*: give"):
        load_yolo(write(**{"a.txt": BOX}), image_size=image_size)


def test_without_a_library_the_extra_is_named(write, monkeypatch):
    folder = write(**DATA, **{"data.yaml": "train: images/train"})
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(ImportError, match=r"Reading yolo needs PyYAML: .*\[io\]"):
        load_yolo(folder / "data.yaml")
    monkeypatch.setitem(sys.modules, "imagesize", None)
    assert len(load_yolo(folder / "labels", split=["train", "val"], image_size=SIZE).data) == 3
    with pytest.raises(ImportError, match=r"Reading the sizes of images needs imagesize: .*\[io\]"):
        load_yolo(folder / "labels")


def test_boxes_that_globox_writes_come_back(tmp_path):
    globox = pytest.importorskip("globox")
    corners = np.array([[10.25, 20.5, 50.125, 40], [0, 0, 640, 480], [3, 4, 5, 6.0625]])
    found = [
        globox.BoundingBox(label="car", xmin=x1, ymin=y1, xmax=x2, ymax=y2)
        for x1, y1, x2, y2 in corners.tolist()
    ]
    images = globox.AnnotationSet([globox.Annotation("a.jpg", SIZE, found)])
    images.save_yolo_darknet(tmp_path, label_to_id={"car": 0})
    boxes = load_yolo(tmp_path, image_size=SIZE)
    assert_allclose(boxes.data, corners, atol=1e-9)
