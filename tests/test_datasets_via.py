import json
import math

import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_iou_kmeans.datasets import load_annotations, load_via


@pytest.fixture
def write(tmp_path):
    """Write images, as a project saves or exports them; return the path."""

    def _write(images, *, project=False):
        path = tmp_path / "via.json"
        if project:
            images = {
                "_via_settings": {"ui": {}, "core": {"buffer_size": 18}, "project": {"name": "x"}},
                "_via_img_metadata": images,
                "_via_attributes": {"region": {"class": {"type": "text"}}, "file": {}},
                "_via_data_format_version": "2.0.10",
                "_via_image_id_list": list(images),
            }
        path.write_text(json.dumps(images))
        return path

    return _write


def region(shape, **attributes):
    return {"shape_attributes": shape, "region_attributes": attributes}


def rect(x=10, y=20, width=40, height=20):
    return {"name": "rect", "x": x, "y": y, "width": width, "height": height}


def image(*regions, name="a.jpg"):
    return {f"{name}1": {"filename": name, "size": 1, "regions": regions, "file_attributes": {}}}


@pytest.mark.parametrize("project", [False, True])
def test_each_shape_is_a_box_or_counted(write, project):
    ellipse = {"name": "ellipse", "cx": 100, "cy": 50, "rx": 30, "ry": 20, "theta": math.pi / 2}
    polygon = {"name": "polygon", "all_points_x": [10, 50, 30], "all_points_y": [20, 30, 60]}
    shapes = [rect(), polygon, {"name": "circle", "cx": 9, "cy": 9, "r": 4.5}, ellipse]
    shapes += [{"name": "point", "cx": 1, "cy": 2}]
    images = image(*(region(shape, **{"class": "car"}) for shape in shapes))
    boxes = load_annotations(write(images | image(name="b.jpg"), project=project))
    assert boxes.format == "via"
    expected = [[10, 20, 50, 40], [10, 20, 50, 60], [4.5, 4.5, 13.5, 13.5], [80, 20, 120, 80]]
    assert_allclose(boxes.data, expected)
    assert boxes.image_names == ["a.jpg", "b.jpg"]
    assert boxes.skipped == {"no box (point)": 1}
    assert boxes.notes == {"around a polygon": 1, "around an ellipse": 2}


def test_version_1_numbers_the_regions(write):
    images = image()
    images["a.jpg1"]["regions"] = {"0": region(rect(), name="car"), "1": region(rect(), name="bus")}
    boxes = load_annotations(write(images))
    assert_array_equal(boxes.data, [[10, 20, 50, 40]] * 2)
    assert boxes.target_names == ["bus", "car"]


@pytest.mark.parametrize(
    ("attributes", "names"),
    [
        ([{"vehicle": "car"}, {}], ["", "car"]),
        ([{"color": "red", "class": "car"}], ["car"]),
        ([{"kind": {"car": True, "bus": False, "van": True}}], ["car, van"]),
        ([{}], [""]),
    ],
)
def test_the_category_is_the_only_attribute_or_one_called_so(write, attributes, names):
    regions = [region(rect(), **one) for one in attributes]
    assert load_via(write(image(*regions))).target_names == names


def test_of_several_attributes_one_is_named(write):
    path = write(image(region(rect(), color="red", size="big")))
    with pytest.raises(ValueError, match=r"There are 'color', 'size'\. Name it with category_col"):
        load_via(path)
    assert load_via(path, category_column="size").target_names == ["big"]
    with pytest.raises(ValueError, match="which attribute of the regions is the category"):
        load_via(path, category_column="shape")


@pytest.mark.parametrize(
    "shape",
    [
        {"name": "rect", "x": 1, "y": 2, "width": 3},
        {"name": "polygon", "all_points_x": [1, 2], "all_points_y": [1]},
        {"name": "polygon"},
        {"name": "circle", "cx": 1, "cy": 2},
    ],
)
def test_a_shape_without_all_its_numbers_is_named(write, shape):
    path = write(image(region(rect()), region(shape)))
    with pytest.raises(ValueError, match=r"'a\.jpg1', region 2: a \w+ without all its numbers"):
        load_via(path)
