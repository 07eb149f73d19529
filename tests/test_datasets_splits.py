"""Folders of a data set called train, valid and test."""

import gzip

import pytest
from numpy.testing import assert_array_equal

from sklearn_iou_kmeans.datasets import load_annotations

KITTI = "Car 0 0 0 {x} 20 500 40 1.89 0.48 1.20 1.84 1.47 8.41 0.01"
VOC = (
    "<annotation><object><name>car</name><bndbox><xmin>{x}</xmin><ymin>2</ymin><xmax>300</xmax>"
    "<ymax>4</ymax></bndbox></object></annotation>"
)
FORMATS = {
    "bdd100k": (
        "det_{part}.json",
        '[{{"name": "a.jpg", "labels": [{{"category": "car", "box2d": {{"x1": {x}, "y1": 2, '
        '"x2": 300, "y2": 4}}}}]}}]',
    ),
    "via": (
        "{part}/via.json",
        '{{"a.jpg1": {{"filename": "a.jpg", "regions": [{{"shape_attributes": {{"name": "rect", '
        '"x": {x}, "y": 2, "width": 30, "height": 4}}, "region_attributes": {{}}}}]}}}}',
    ),
    "label_studio": (
        "{part}.json",
        '[{{"image": "a.jpg", "annotation_id": 1, "label": [{{"x": {x}, "y": 2, "width": 30, '
        '"height": 4, "original_width": 1000, "original_height": 1000}}]}}]',
    ),
    "open_images": (
        "{part}-annotations-bbox.csv",
        "ImageID,LabelName,XMin,XMax,YMin,YMax\na,car,0.{x},0.5,0.25,0.5",
    ),
    "voc": ("{part}/{name}.xml", VOC),
    "kitti": ("{part}/label_2/{name}.txt", KITTI),
    "yolo": ("labels/{part}/{name}.txt", "0 0.5 0.5 0.{x} 0.5"),
    "keras_yolo3": ("{part}.txt", "a.jpg {x},2,300,400,0"),
    "wider_face": (
        "wider_face_{part}_bbx_gt.txt",
        "0--Parade/a.jpg\n1\n{x} 20 40 20 0 0 0 0 0 0",
    ),
    "csv": ("{part}/_annotations.csv", "image,x1,y1,x2,y2\na.jpg,{x},2,300,400"),
}


@pytest.fixture(params=FORMATS)
def folder(request, tmp_path):
    """A data set of three parts, with boxes that tell them apart."""
    place, content = FORMATS[request.param]
    for part, x in (("train", 1), ("valid", 2), ("test", 3)):
        path = tmp_path / place.format(part=part, name="a")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content.format(x=x))
    return tmp_path


OPTIONS = {"image_size": (1000, 1000)}


def test_by_default_the_train_part_is_read_and_said(folder):
    boxes = load_annotations(folder, **OPTIONS)
    assert boxes.splits == ["test", "train", "valid"]
    assert boxes.splits_read == ["train"]
    assert_array_equal(boxes.data, load_annotations(folder, split="train", **OPTIONS).data)
    assert len(boxes.data) == 1


def test_several_parts_are_read_in_the_order_named(folder):
    both = load_annotations(folder, split=["valid", "train"], **OPTIONS)
    each = [load_annotations(folder, split=part, **OPTIONS).data[0] for part in ("valid", "train")]
    assert_array_equal(both.data, each)
    assert both.splits_read == ["valid", "train"]
    assert len(set(both.image_names)) == len(both.image_names) == 2
    assert len(set(map(tuple, both.data.tolist()))) == 2


@pytest.mark.parametrize("name", ["val", "valid", "validation", "VALID"])
def test_a_part_may_be_called_by_another_usual_name(folder, name):
    boxes = load_annotations(folder, split=["test", name], **OPTIONS)
    assert boxes.splits_read == ["test", "valid"]
    expected = load_annotations(folder, split=["test", "valid"], **OPTIONS)
    assert_array_equal(boxes.data, expected.data)


def test_a_part_that_is_not_there_is_an_error_that_names_those_there(folder):
    with pytest.raises(ValueError, match="has no split 'dev', only 'test', 'train', 'valid'"):
        load_annotations(folder, split="dev", **OPTIONS)


def test_a_folder_without_parts_is_read_whole(tmp_path):
    for name in ("a", "b/a", "b/c"):
        path = tmp_path / f"{name}.xml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(VOC.format(x=1))
    boxes = load_annotations(tmp_path)
    assert len(boxes.data) == 3
    assert boxes.splits == boxes.splits_read == []
    with pytest.raises(ValueError, match="has no split 'train', because it has no splits"):
        load_annotations(tmp_path, split="train")


def test_a_file_and_its_packed_copy_do_not_count_twice(tmp_path):
    (tmp_path / "a.xml").write_text(VOC.format(x=1))
    (tmp_path / "a.xml.gz").write_bytes(gzip.compress(VOC.format(x=1).encode()))
    with pytest.raises(ValueError, match=r"a\.xml and .*a\.xml\.gz have the same name"):
        load_annotations(tmp_path)


def test_parts_may_have_a_year(tmp_path):
    for part in ("train2017", "val2017"):
        path = tmp_path / "labels" / part / "a.txt"
        path.parent.mkdir(parents=True)
        path.write_text("0 .5 .5 .1 .1")
    boxes = load_annotations(tmp_path, **OPTIONS)
    assert boxes.splits == ["train2017", "val2017"]
    assert boxes.splits_read == ["train2017"]
    assert load_annotations(tmp_path, split="valid", **OPTIONS).splits_read == ["val2017"]
    with pytest.raises(ValueError, match="has no split 'val2014', only 'train2017', 'val2017'"):
        load_annotations(tmp_path, split="val2014", **OPTIONS)


def test_trainval_is_a_part_to_train_on(tmp_path):
    for part in ("trainval", "test"):
        (tmp_path / part).mkdir()
        (tmp_path / part / "a.xml").write_text(VOC.format(x=1))
    boxes = load_annotations(tmp_path)
    assert (boxes.splits, boxes.splits_read) == (["test", "trainval"], ["trainval"])
    assert len(boxes.data) == 1


def test_the_parts_of_a_data_file_are_said(tmp_path):
    for part in ("train", "val"):
        (tmp_path / "labels" / part).mkdir(parents=True)
        (tmp_path / "labels" / part / "a.txt").write_text("0 .5 .5 .1 .1")
    (tmp_path / "data.yaml").write_text("train: images/train\nval: images/val\ntest:\nnames: [a]")
    boxes = load_annotations(tmp_path, **OPTIONS)
    assert (boxes.splits, boxes.splits_read) == (["train", "val"], ["train"])
    assert len(load_annotations(tmp_path, split=["train", "val"], **OPTIONS).data) == 2
    assert load_annotations(tmp_path, split="valid", **OPTIONS).splits_read == ["val"]
    with pytest.raises(ValueError, match="has no split 'testing', only 'train', 'val'"):
        load_annotations(tmp_path, split="testing", **OPTIONS)


def test_a_part_that_a_data_file_names_is_said_to_be_there_if_it_is(tmp_path):
    for part in ("train", "valid"):
        (tmp_path / part / "labels").mkdir(parents=True)
        (tmp_path / part / "labels" / "a.txt").write_text("0 .5 .5 .1 .1")
    names = "train: ../train/images\nval: ../valid/images\ntest: ../test/images\nnames: [x]\n"
    (tmp_path / "data.yaml").write_text(names)
    boxes = load_annotations(tmp_path, **OPTIONS)
    assert (boxes.splits, boxes.splits_read) == (["train", "val"], ["train"])
    with pytest.raises(ValueError, match=r"test: '\.\./test/images' does not exist; looked for"):
        load_annotations(tmp_path, split="test", **OPTIONS)


def test_labels_in_two_parts_count_once(tmp_path):
    (tmp_path / "labels").mkdir()
    for name in "ab":
        (tmp_path / "labels" / f"{name}.txt").write_text("0 .5 .5 .1 .1")
    (tmp_path / "train.txt").write_text("./images/a.jpg\n")
    (tmp_path / "val.txt").write_text("images/a.jpg\n./images/b.jpg\n")
    (tmp_path / "data.yaml").write_text("train: train.txt\nval: val.txt\nnames: [x]\n")
    boxes = load_annotations(tmp_path, split=["train", "val"], **OPTIONS)
    assert boxes.image_names == ["./images/a.jpg", "./images/b.jpg"]
    assert len(boxes.data) == 2


def test_darknet_names_the_lists_of_the_parts_and_the_classes(tmp_path):
    data = tmp_path / "data"
    (data / "obj").mkdir(parents=True)
    for name, x in (("a", 1), ("b", 2)):
        (data / "obj" / f"{name}.txt").write_text(f"1 .5 .5 .{x} .1")
        (data / f"{name}.list.txt").write_text(f"data/obj/{name}.jpg\n")
    (data / "obj.names").write_text("car\nbus\n")
    lines = ["classes= 2", "train  = data/a.list.txt", "valid  = data/b.list.txt"]
    (data / "obj.data").write_text("\n".join([*lines, "names = data/obj.names", "backup = b/"]))
    for path in (data / "obj.data", data):
        boxes = load_annotations(path, image_size=(100, 100))
        assert_array_equal(boxes.data.round(9), [[45, 45, 55, 55]])
        assert boxes.target_names == ["bus"]
        assert (boxes.splits, boxes.splits_read) == (["train", "valid"], ["train"])


def test_cvat_writes_paths_from_a_folder_called_data_wherever_they_are(tmp_path):
    (tmp_path / "obj_train_data").mkdir()
    (tmp_path / "obj_train_data" / "a.txt").write_text("0 .5 .5 .1 .1")
    (tmp_path / "obj.names").write_text("car\n")
    (tmp_path / "train.txt").write_text("data/obj_train_data/a.jpg\n")
    lines = ["classes = 1", "train = data/train.txt", "names = data/obj.names", "backup = backup/"]
    (tmp_path / "obj.data").write_text("\n".join(lines))
    for path in (tmp_path, tmp_path / "obj.data", tmp_path / "train.txt"):
        boxes = load_annotations(path, image_size=(100, 100))
        assert_array_equal(boxes.data.round(9), [[45, 45, 55, 55]])
    assert load_annotations(tmp_path, image_size=(100, 100)).target_names == ["car"]


def test_a_readme_in_a_folder_is_not_read(folder):
    one = load_annotations(folder, **OPTIONS)
    for name in ("README.dataset.txt", "README.roboflow.txt", "readme.json", "Readme.xml"):
        (folder / name).write_text("# cars\n\nhttps://universe.roboflow.com")
    (folder / "README.csv").write_text("about,this\n")
    assert_array_equal(load_annotations(folder, **OPTIONS).data, one.data)
