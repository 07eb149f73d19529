import gzip
import importlib
import json
import pickle
import traceback

import pytest
from numpy.testing import assert_array_equal

from sklearn_iou_kmeans.datasets import load_annotations, recognise_format

KITTI = "Car 0 0 0 10 20 50 40 1.89 0.48 1.20 1.84 1.47 8.41 0.01"
YOLO = "0 0.5 0.5 0.25 0.125"
VOC = (
    "<annotation><object><name>car</name><difficult>1</difficult><bndbox><xmin>1</xmin>"
    "<ymin>2</ymin><xmax>3</xmax><ymax>4</ymax></bndbox></object></annotation>"
)


@pytest.fixture
def write(tmp_path):
    """Write files by name; return their folder."""

    def _write(files):
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        return tmp_path

    return _write


FOLDERS = {
    "voc": {"a.xml": VOC, "notes.json": "{}"},
    "kitti": {"0.txt": "", "1.txt": f"\n{KITTI}\n"},
    "yolo": {"labels/a.txt": "", "labels/b.txt": YOLO, "classes.txt": "car\n2\n"},
    "keras_yolo3": {"train.txt": "a.jpg 1,2,3,4,0\n"},
    "wider_face": {"wider_face_train_bbx_gt.txt": "a.jpg\n1\n1 2 3 4 0 0 0 0 0 0\n"},
}


def test_a_list_of_images_beside_labels_does_not_hide_their_format(write):
    """The folder of WIDER FACE lists the images of the test set, which have no labels."""
    faces = FOLDERS["wider_face"]["wider_face_train_bbx_gt.txt"]
    files = {"wider_face_test_filelist.txt": "a.jpg\n", "wider_face_train_bbx_gt.txt": faces}
    boxes = load_annotations(write(files))
    assert (boxes.format, boxes.splits_read) == ("wider_face", ["train"])
    assert_array_equal(boxes.data, [[1, 2, 4, 6]])


@pytest.mark.parametrize("name", FOLDERS)
def test_a_folder_is_told_by_its_files(write, name):
    options = {"image_size": (640, 480)} if name == "yolo" else {}
    folder = write(FOLDERS[name])
    assert recognise_format(folder) == name
    assert load_annotations(folder, **options).format == name


def test_a_folder_of_several_files_is_an_error_that_names_them_unless_each_is_a_split(write):
    boxes = "a.jpg 1,2,3,4,0\n"
    folder = write({"2007.txt": boxes, "2012.txt": boxes})
    with pytest.raises(ValueError, match=r"2 \.txt files, .*2007\.txt, .*2012\.txt: name the one"):
        load_annotations(folder)
    assert len(load_annotations([folder / "2007.txt", folder / "2012.txt"]).data) == 2


FILES = {
    "a list of images": ("yolo", "train.txt", "a.jpg\nb.jpg\n"),
    "a data file": ("yolo", "data.yaml", "train: .\nnames: [car]\n"),
    "tracking": ("kitti", "0004.txt", f"0 2 {KITTI}"),
    "Scalabel": ("bdd100k", "labels.json", json.dumps({"frames": [], "config": None})),
    "frames without labels": ("bdd100k", "labels.json", json.dumps([{"name": "a.jpg"}])),
    "a list with images without boxes": ("keras_yolo3", "l.txt", "b.jpg\na.jpg 1,2,3,4,0\n"),
    "tasks whose image has another key": (
        "label_studio",
        "min.json",
        json.dumps([{"photo": "a.jpg", "id": 1, "annotator": 1, "annotation_id": 1}]),
    ),
    "sizes": ("csv", "sizes.csv", "Width,Height\n3,4\n"),
    "faces after none": ("wider_face", "gt.txt", "a.jpg\n0\nb.jpg\n1\n1 2 3 4 0 0 0 0 0 0\n"),
    "confidences": ("yolo", "b.txt", f"{YOLO} 0.5"),
    "polygons": ("yolo", "b.txt", "0 0 0 1 0 1 1"),
}


@pytest.mark.parametrize(("name", "file", "content"), FILES.values(), ids=FILES.keys())
def test_variants_of_a_format_are_told_too(write, name, file, content):
    folder = write({"a.txt": YOLO, file: content})
    options = {"image_size": (640, 480)} if name == "yolo" else {}
    assert load_annotations(folder / file, **options).format == name


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("a.json", '{"forms": [], "version": 1}', r"object with the keys \['forms', 'version'\]"),
        ("a.json", '[{"image": "a.jpg", "annotations": []}]', "That is the layout of CreateML"),
        (
            "a.json",
            '[{"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "score": 0.5}]',
            "That is the layout of COCO's detections, which are results and not annotations",
        ),
        (
            "a.json",
            '{"name": "b1", "attributes": {}, "frames": [{"timestamp": 10000, "objects": []}]}',
            "layout of BDD100K's first release, one file per image: bdd100k_labels_images_train",
        ),
        ("a.json", "[]", "JSON of an empty list"),
        ("a.json", "[[1, 2], [3]]", r"JSON of a list that begins with '\[1, 2\]'"),
        (
            "a.json",
            '[{"name": 1, "bbox": []}]',
            r"objects with the keys \['name', 'bbox'\]",
        ),
        (
            "a.json",
            '[{"name": "a.jpg", "task_id": "1", "response": {}}]',
            r"objects with the keys \['name', 'task_id', 'response'\]",
        ),
        ("a.txt", "10 20\n30 40\n", "begins with '10 20'"),
        ("a.csv", "a" * 200_000, r"begins with 'a+\.\.\.a+'"),
    ],
)
def test_an_unknown_format_is_an_error_that_says_what_was_seen(write, file, content, message):
    with pytest.raises(ValueError, match=message) as error:
        load_annotations(write({file: content}) / file)
    assert "is not in a known format" in str(error.value)
    assert "Convert it to COCO JSON" in str(error.value)
    assert "format=" not in str(error.value)


def test_a_folder_of_a_foreign_format_is_called_by_its_name(write):
    content = '{"description": "", "tags": [], "size": {}, "objects": []}'
    folder = write({"ds/ann/a.jpg.json": content, "meta.json": '{"classes": []}'})
    with pytest.raises(ValueError, match=r"That is the layout of Supervisely\. Name the folder"):
        load_annotations(folder)


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        (
            "a.json",
            "PK\x03\x04\0",
            r"a zip archive, which is not read\. Unpack it, and name the file",
        ),
        (
            "a.rec",
            "\x10\1" + "\0" * 6 + "abcd\n\x0d\2\n\7picture",
            r"a TFRecord, which is not read\. Convert it to COCO JSON",
        ),
        ("a.json", "", r"empty: copy or download it again"),
        ("a.csv", " \n", r"empty: copy or download it again"),
        ("a.odgt", '{"ID": 1}\n{"ID": 2}\n', "JSON Lines.*convert it to COCO JSON"),
    ],
)
def test_a_file_that_can_hold_no_labels_is_called_what_it_is(write, file, content, message):
    path = write({file: content}) / file
    with pytest.raises(ValueError, match=message) as error:
        load_annotations(path)
    assert str(error.value).startswith(f"{path} ")
    assert "no known format" not in str(error.value)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (
            {"a.xml": VOC, "a.txt": YOLO},
            r"'yolo' or 'voc': a folder with 1 \.txt, 1 .*=yolo",
        ),
        ({"a.txt": "", "b.txt": " \n"}, r"'yolo' or 'kitti' or .* or 'dota': .*; \.txt: all empty"),
        ({"a.json": '{"frames": [], "images": [], "annotations": []}'}, "'coco' or 'bdd100k'"),
    ],
)
def test_an_ambiguous_format_is_an_error_that_names_the_possible_ones(write, files, message):
    folder = write(files)
    path = folder / "a.json" if "a.json" in files else folder
    with pytest.raises(ValueError, match=f"could be {message}"):
        load_annotations(path)


def test_the_format_can_be_named(write):
    folder = write({"a.xml": VOC, "a.txt": KITTI})
    assert load_annotations(folder, "kitti").format == "kitti"
    assert load_annotations(folder, format="voc").skipped == {"difficult": 1}
    with pytest.raises(
        ValueError, match=r"'yolov8' is not a format\. Choose format=auto to detect"
    ):
        load_annotations(folder, "yolov8")


def test_options_go_to_the_reader(write):
    folder = write({"a.xml": VOC})
    boxes = load_annotations(folder, keep_flagged=True, categories="car", inclusive=True)
    assert_array_equal(boxes.data, [[0, 1, 3, 4]])
    with pytest.raises(ValueError, match=r"'voc', which does not accept columns=.*: leave it out"):
        load_annotations(folder, columns=["x"])
    with pytest.raises(ValueError, match="read as 'voc', which does not accept 'colour'"):
        load_annotations(folder, colour="red")


def test_real_files_are_told_apart(shared_data):
    files = {
        "bdd100k": "bdd100k/bdd100k_labels_images_val.json.gz",
        "coco": "coco/tiny_coco.json",
        "keras_yolo3": "voc2007/voc2007_trainval.txt",
        "voc": "bccd/Annotations",
    }
    for name, file in files.items():
        assert load_annotations(shared_data / file).format == name


@pytest.mark.parametrize(("names", "seen"), [("a", "1 \\.txt file;"), ("ab", "2 \\.txt files;")])
def test_the_files_of_a_folder_of_no_format_are_counted(tmp_path, names, seen):
    for name, suffix in zip(names, (".txt", ".txt.gz"), strict=False):
        content = b"0 0.5 0.5 0.2 x\n"
        is_packed = suffix.endswith("gz")
        path = tmp_path / f"{name}{suffix}"
        path.write_bytes(gzip.compress(content) if is_packed else content)
    with pytest.raises(
        ValueError, match=f"not in a known format: a folder with {seen}.* convert them"
    ):
        load_annotations(tmp_path)


def test_a_traceback_names_the_error_as_it_is_imported(tmp_path):
    with pytest.raises(ValueError, match="is empty") as caught:
        load_annotations((tmp_path / "a.json").write_text("") or tmp_path / "a.json")
    last_line = traceback.format_exception_only(caught.value)[-1]
    module, _, name = last_line.partition(":")[0].rpartition(".")
    assert module == "sklearn_iou_kmeans.datasets"
    assert getattr(importlib.import_module(module), name) is caught.type
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
