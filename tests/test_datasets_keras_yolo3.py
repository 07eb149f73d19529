import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sklearn_iou_kmeans.datasets import load_annotations, load_keras_yolo3


@pytest.fixture
def write(tmp_path):
    """Write a list; return its path."""

    def _write(content):
        path = tmp_path / "train.txt"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return _write


LIST = "VOC/a.jpg 263,211,324,339,8 165,264,253.5,372,8\nVOC/empty.jpg\n\nVOC/b.jpg 1,2,3,4,11\n"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_boxes_of_an_image_are_on_its_line(write, end):
    boxes = load_keras_yolo3(write(LIST.replace("\n", end)))
    assert_array_equal(boxes.data, [[263, 211, 324, 339], [165, 264, 253.5, 372], [1, 2, 3, 4]])
    assert boxes.target_names == ["11", "8"]
    assert_array_equal(boxes.target, [1, 1, 0])
    assert boxes.image_names == ["VOC/a.jpg", "VOC/empty.jpg", "VOC/b.jpg"]
    assert_array_equal(boxes.image, [0, 0, 2])
    assert np.isnan(boxes.image_size).all()


def test_classes_can_be_named_by_a_list_or_a_file(write, tmp_path):
    names = [f"class {number}" for number in range(12)]
    assert load_keras_yolo3(write(LIST), names=names).target_names == ["class 11", "class 8"]
    (tmp_path / "classes.txt").write_text("\n".join(names[:11]) + "\n")
    boxes = load_keras_yolo3(write(LIST), names=tmp_path / "classes.txt", categories="class 8")
    assert len(boxes.data) == 2
    assert boxes.skipped_images == {"unknown category": ["VOC/b.jpg"]}


def test_the_export_of_roboflow_has_the_names_of_the_classes_next_to_each_list(tmp_path):
    for part, x in (("train", 1), ("valid", 2)):
        (tmp_path / part).mkdir()
        (tmp_path / part / "_annotations.txt").write_text(f"a.jpg {x},2,13,14,1\n")
        (tmp_path / part / "_classes.txt").write_text("bus\ncar\n")
    boxes = load_annotations(tmp_path)
    assert_array_equal(boxes.data, [[1, 2, 13, 14]])
    assert boxes.target_names == ["car"]
    assert boxes.files[str(tmp_path)][-1] == tmp_path / "train" / "_classes.txt"
    file = tmp_path / "valid" / "_annotations.txt"
    assert load_keras_yolo3(file, names=["x", "y"]).target_names == ["y"]


def test_every_box_is_read_or_counted(write):
    boxes = load_keras_yolo3(write("a.jpg 1,2,1,4,0 9,2,3,4,0 1,2,3,4,0 1,2,3,4,1"), categories="0")
    assert len(boxes.data) == 1
    assert boxes.skipped == {"zero or negative size": 2, "other category": 1}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("b.jpg 1,2,3,4", r"line 2: '1,2,3,4' is not five numbers\. A keras-yolo3 list has"),
        ("my b.jpg 1,2,3,4,0", r"'b\.jpg' is not five numbers.*no spaces in the path"),
        ("b.jpg 1,5,2,5,3,5,4,5,0", r"is not five numbers"),
        ("b.jpg 1,2,x,4,0", r"line 2: 'x' is not a finite number"),
        ("b.jpg 1,2,inf,4,0", r"line 2: 'inf' is not a finite number"),
        ("b.jpg 1,2,3,4,car", r"line 2: 'car' is not a finite number"),
        ("b.jpg 1,2,3,4,0.5", r"line 2: 0\.5 is not the number of a class"),
        (b"caf\xe9.jpg 1,2,3,4,0", r"line 2 is not UTF-8, near b'caf\\xe9"),
    ],
)
def test_a_bad_line_is_quoted(write, line, message):
    line = line if isinstance(line, bytes) else line.encode()
    path = write(b"a.jpg 1,2,3,4,0\n" + line)
    with pytest.raises(ValueError, match=message) as error:
        load_keras_yolo3(path)
    assert str(path) in str(error.value)


def test_a_path_with_a_space_is_refused_and_not_taken_for_a_table(write):
    with pytest.raises(
        ValueError, match=r"'image\.jpg' is not five numbers.*no spaces in the path"
    ):
        load_annotations(write("my image.jpg 1,2,30,40,0\nmy other.jpg 1,2,30,40,0\n"))


def test_a_table_whose_names_have_a_space_is_not_taken_for_a_list(write):
    with pytest.raises(ValueError, match="has no header"):
        load_annotations(write("frame 1,10,20,50,40\nframe 2,10,20,50,40\n"))


def test_voc_2007_holds_12_608_boxes(shared_data):
    boxes = load_keras_yolo3(shared_data / "voc2007" / "voc2007_trainval.txt")
    assert len(boxes.data) == 12_608
    assert len(boxes.image_names) == 5_011
    assert len(boxes.target_names) == 20
    assert boxes.skipped == {}
