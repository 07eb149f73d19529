import json

import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_iou_kmeans.datasets import load_annotations, load_label_studio

SIZE = {"original_width": 640, "original_height": 480, "image_rotation": 0}
RECTANGLE = {"x": 10, "y": 20, "width": 50, "height": 25, "rotation": 0}
CORNERS = [64, 96, 384, 216]


@pytest.fixture
def write(tmp_path):
    """Write tasks; return the path."""

    def _write(*tasks):
        path = tmp_path / "project-1-at-2026-11-24.json"
        path.write_text(json.dumps(tasks))
        return path

    return _write


def result(kind="rectanglelabels", value=RECTANGLE, label="car", id="r1"):
    labels = {kind: [label]} if kind.endswith("labels") else {}
    return {
        "id": id,
        "type": kind,
        "value": value | labels,
        "to_name": "image",
        "from_name": "label",
        "origin": "manual",
        **SIZE,
    }


def task(*results, name="a.jpg", **annotation):
    return {
        "id": 1,
        "annotations": [{"id": 1, "was_cancelled": False, "result": results, **annotation}],
        "predictions": [{"result": [result(id="p")]}],
        "data": {"image": f"/data/upload/1/{name}"},
        "project": 1,
    }


def test_each_region_is_a_box_or_counted(write):
    polygon = {"points": [[10, 20], [50, 30], [30, 60]], "closed": True}
    ellipse = {"x": 50, "y": 50, "radiusX": 10, "radiusY": 20, "rotation": 0}
    path = write(
        task(
            result(),
            result("polygonlabels", polygon, "bus", "r2"),
            result("ellipselabels", ellipse, "bus", "r3"),
            result("keypointlabels", {"x": 1, "y": 2, "width": 0.3}, id="r4"),
            result("brushlabels", {"format": "rle", "rle": [1, 2]}, id="r5"),
            {"type": "choices", "value": {"choices": ["day"]}, "from_name": "x", "to_name": "y"},
        ),
        task(name="b.jpg"),
    )
    boxes = load_annotations(path)
    assert boxes.format == "label_studio"
    assert_allclose(boxes.data, [CORNERS, [64, 96, 320, 288], [256, 144, 384, 336]])
    assert_array_equal(boxes.image_size, [[640, 480]] * 3)
    assert boxes.image_names == ["/data/upload/1/a.jpg", "/data/upload/1/b.jpg"]
    assert boxes.target_names == ["bus", "car"]
    assert boxes.skipped == {"no box (keypointlabels)": 1, "no box (brushlabels)": 1}
    assert boxes.notes == {"around a polygon": 1, "around an ellipse": 1}


def test_the_short_export_holds_the_same_boxes(write):
    short = {
        "image": "/data/upload/1/a.jpg",
        "id": 1,
        "label": [RECTANGLE | {"rectanglelabels": ["car"]} | SIZE],
        "annotator": 1,
        "annotation_id": 1,
        "created_at": "2026-11-24T09:00:00Z",
        "lead_time": 9.5,
    }
    boxes = load_annotations(write(short, short | {"image": "/data/upload/1/b.jpg", "label": []}))
    expected = load_annotations(write(task(result()), task(name="b.jpg")))
    for field in ("data", "target", "target_names", "image", "image_names", "image_size"):
        assert_array_equal(boxes[field], expected[field])


def test_a_shape_and_its_labels_may_be_two_results(write):
    path = write(task(result("rectangle"), result("labels", RECTANGLE, "bus")))
    boxes = load_label_studio(path)
    assert_allclose(boxes.data, [CORNERS])
    assert boxes.target_names == ["bus"]


def test_all_annotations_of_a_task_are_read_but_cancelled_ones(write):
    both = task(result())
    both["annotations"] += task(result(), was_cancelled=True)["annotations"]
    both["annotations"] += task(result())["annotations"]
    boxes = load_label_studio(write(both))
    assert_allclose(boxes.data, [CORNERS] * 2)
    assert boxes.skipped == {"cancelled annotation": 1}


def test_a_rotated_box_turns_around_its_first_corner(write):
    value = {"x": 50, "y": 50, "width": 10, "height": 5, "rotation": 90}
    path = write(task(result(value=value)))
    assert_allclose(load_label_studio(path).data, [[296, 240, 320, 304]])
    assert_allclose(load_label_studio(path, sides="rotated").data, [[276, 260, 340, 284]])


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            {"x": "left", "y": 1, "width": 2, "height": 3},
            r"\$\[1\], region 1: .* is not a valid rectangle",
        ),
        ({"points": [[1]]}, r"\$\[1\], region 1"),
    ],
)
def test_a_broken_region_is_named(write, value, message):
    with pytest.raises(ValueError, match=message):
        load_label_studio(write(task(result()), task(result(value=value), name="b.jpg")))


@pytest.mark.parametrize("broken", [{"data": 3}, {"data": {}, "annotations": [{"result": [{}]}]}])
def test_a_broken_task_is_named(write, broken):
    with pytest.raises(ValueError, match=r"at \$\[1\]: .* is not a task"):
        load_label_studio(write(task(result()), broken))


def test_percent_of_an_unknown_size_are_refused(write):
    unsized = result()
    del unsized["original_width"]
    with pytest.raises(ValueError, match="is not a valid rectanglelabels"):
        load_label_studio(write(task(unsized)))


@pytest.mark.parametrize("width", [10**400, "inf", "nan", "wide", [640], None])
def test_an_image_without_a_finite_width_is_refused(write, width):
    region = result() | {"original_width": width}
    small = RECTANGLE | {"rectanglelabels": ["car"], "original_width": width}
    for tasks in ([task(region)], [{"id": 1, "image": "a.jpg", "label": [small]}]):
        with pytest.raises(ValueError, match=r"at \$\[0\]: .* is not a task"):
            load_label_studio(write(*tasks))


@pytest.mark.parametrize("side", [10**400, "10", [10], None])
def test_a_side_that_is_no_number_is_refused(write, side):
    with pytest.raises(ValueError, match=r"region 1: .* is not a valid rectanglelabels"):
        load_label_studio(write(task(result(value=RECTANGLE | {"width": side}))))


def test_the_first_of_several_labels_counts_and_is_noted(write):
    several = {"rectanglelabels": ["car", "van"]}
    polygon = {"points": [[10, 20], [50, 30], [30, 60]], "polygonlabels": ["bus", "van"]}
    path = write(
        task(
            {**result(), "value": RECTANGLE | several},
            {**result("polygonlabels", id="r2"), "value": polygon},
            result(id="r3"),
        )
    )
    boxes = load_annotations(path)
    assert [boxes.target_names[code] for code in boxes.target] == ["car", "bus", "car"]
    first = "first of several labels"
    assert boxes.notes == {first: 1, f"around a polygon, {first}": 1}


@pytest.mark.parametrize(
    "data", [{"photo": "https://host/{}?signed"}, {"pages": ["a", "b"]}, {"image": "a.jpg"}]
)
def test_images_without_names_or_with_one_name_keep_their_own_sizes(write, data):
    small, large = result(), result(id="r2") | {"original_width": 6400, "original_height": 4800}
    for tasks in ([task(small), task(large)], [task(small, large)]):
        boxes = load_label_studio(write(*(one | {"data": data} for one in tasks)))
        assert_allclose(boxes.data, [CORNERS, [10 * side for side in CORNERS]])
        assert_array_equal(boxes.image_size, [[640, 480], [6400, 4800]])


def test_an_image_without_a_name_is_named_after_its_task(write):
    tasks = [task(result()) | {"id": id, "data": {"pages": ["a"]}} for id in (7, 8, 7)]
    boxes = load_label_studio(write(*tasks))
    assert boxes.image_names == ["task 7", "task 8"]
    assert_array_equal(boxes.image, [0, 1, 0])
