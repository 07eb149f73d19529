import json
import math

import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_iou_kmeans.datasets import load_annotations, load_labelme


@pytest.fixture
def write(tmp_path):
    """Write a file of the true layout; return its folder."""

    def _write(*shapes, name="a", **fields):
        document = {
            "version": "5.4.1",
            "flags": {},
            "shapes": list(shapes),
            "imagePath": f"{name}.jpg",
            "imageData": "aGVsbG8=" * 99,
            "imageHeight": 480,
            "imageWidth": 640,
        }
        (tmp_path / f"{name}.json").write_text(json.dumps(document | fields))
        return tmp_path

    return _write


def shape(kind, *points, label="car"):
    return {
        "label": label,
        "points": [list(point) for point in points],
        "group_id": None,
        "description": "",
        "shape_type": kind,
        "flags": {},
        "mask": None,
    }


def test_each_type_of_shape_is_a_box_or_counted(write):
    folder = write(
        shape("rectangle", (50, 40), (10.5, 20)),
        shape("polygon", (10, 20), (50, 30), (30, 60.5)),
        shape("circle", (100, 100), (103, 104)),
        shape("mask", (5, 6), (20, 30)),
        shape("line", (10, 20), (50, 30)),
        shape("point", (10, 20)),
        shape("polygon"),
    )
    boxes = load_annotations(folder)
    assert boxes.format == "labelme"
    expected = [[10.5, 20, 50, 40], [10, 20, 50, 60.5], [95, 95, 105, 105], [5, 6, 20, 30]]
    assert_allclose(boxes.data, expected)
    assert_array_equal(boxes.image_size, [[640, 480]] * 4)
    assert boxes.skipped == {"no box (line)": 1, "no box (point)": 1, "no box (polygon)": 1}
    assert boxes.notes == {
        "around a polygon": 1,
        "around an ellipse": 1,
        "around a mask": 1,
    }


def test_a_folder_has_a_file_for_each_image(write, tmp_path):
    write(shape("rectangle", (1, 2), (30, 40), label="bus"), name="b")
    write(name="c")
    boxes = load_labelme(write(shape("rectangle", (1, 2), (30, 40))))
    assert boxes.image_names == ["a", "b", "c"]
    assert_array_equal(boxes.image, [0, 1])
    assert boxes.target_names == ["bus", "car"]
    assert len(load_annotations(tmp_path / "b.json").data) == 1


@pytest.mark.parametrize("kind", ["oriented_rectangle", "rotation"])
def test_an_oriented_box_has_its_own_sides_or_those_of_the_box_around_it(write, kind):
    half = 100 / math.sqrt(2)
    corners = [(300, 200 - half), (300 + half, 200), (300, 200 + half), (300 - half, 200)]
    folder = write(shape(kind, *corners))
    around = [[300 - half, 200 - half, 300 + half, 200 + half]]
    assert_allclose(load_labelme(folder).data, around)
    assert_allclose(load_labelme(folder, sides="rotated").data, [[250, 150, 350, 250]])


def test_old_files_without_a_type_of_shape_have_polygons(write):
    old = {"label": "car", "points": [[10, 20], [50, 30], [30, 60]], "line_color": None}
    assert_array_equal(load_labelme(write(old)).data, [[10, 20, 50, 60]])


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (shape("circle", (1, 2)), r"\$\.shapes\[1\]: \[1.0, 2.0\] is not 2 points"),
        (shape("rotation", (1, 2), (3, 4)), r"\$\.shapes\[1\]: .* is not 4 points"),
        (shape("polygon", (1, 2, 3)), r"at \$\.shapes\[1\]\.points\[0\]"),
        (shape("polygon", ("x", 2)), r"at \$\.shapes\[1\]\.points\[0\]\[0\]"),
    ],
)
def test_a_broken_shape_is_named(write, broken, message):
    folder = write(shape("rectangle", (1, 2), (30, 40)), broken)
    with pytest.raises(ValueError, match=message) as error:
        load_labelme(folder)
    assert str(folder / "a.json") in str(error.value)
