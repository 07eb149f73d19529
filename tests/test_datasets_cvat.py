import json

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_iou_kmeans.datasets import load_annotations, load_cvat

META = (
    "<version>1.1</version><meta><task><id>3</id><name>cars</name><mode>interpolation</mode>"
    "<original_size><width>1920</width><height>1080</height></original_size></task></meta>"
)
ATTRIBUTES = 'source="manual" occluded="0" z_order="0"'


@pytest.fixture
def write(tmp_path):
    """Write a file of the true layout; return its path."""

    def _write(*elements):
        path = tmp_path / "annotations.xml"
        head = '<?xml version="1.0" encoding="utf-8"?>\n<annotations>'
        path.write_text("\n".join([head, META, *elements, "</annotations>"]))
        return path

    return _write


def image(*shapes):
    inside = "\n".join(shapes)
    return f'<image id="0" name="a/b.jpg" width="640" height="480">{inside}</image>'


def box(xtl=10, ytl=20, xbr=50, ybr=40, more=""):
    return (
        f'<box label="car" {ATTRIBUTES} xtl="{xtl}" ytl="{ytl}" xbr="{xbr}" ybr="{ybr}" {more}>'
        '<attribute name="color">red</attribute></box>'
    )


def test_images_have_sizes_and_shapes(write):
    shapes = [
        box(),
        f'<polygon label="bus" {ATTRIBUTES} points="10.5,20;50,30.5;30,60"/>',
        f'<ellipse label="bus" {ATTRIBUTES} cx="100" cy="50" rx="30" ry="20"/>',
        f'<mask label="bus" {ATTRIBUTES} rle="1,2" left="5" top="6" width="7" height="8"/>',
        f'<polyline label="lane" {ATTRIBUTES} points="10,20;50,30"/>',
        '<tag label="night" source="manual"/>',
    ]
    empty = '<image id="1" name="c.jpg" width="64" height="48"/>'
    boxes = load_annotations(write(image(*shapes), empty))
    assert boxes.format == "cvat"
    expected = [[10, 20, 50, 40], [10.5, 20, 50, 60], [70, 30, 130, 70], [5, 6, 12, 14]]
    assert_array_equal(boxes.data, expected)
    assert boxes.target_names == ["bus", "car"]
    assert_array_equal(boxes.image_size, [[640, 480]] * 4)
    assert boxes.image_names == ["a/b.jpg", "c.jpg"]
    assert boxes.skipped == {"no box (polyline)": 1, "no box (tag)": 1}
    assert boxes.notes == {
        "around a polygon": 1,
        "around an ellipse": 1,
        "around a mask": 1,
    }


def test_a_track_has_a_box_for_each_frame_until_it_leaves_the_view(write):
    frames = [
        f'<box frame="{frame}" keyframe="1" outside="{outside}" occluded="0" xtl="{frame}" ytl="2"'
        ' xbr="99" ybr="50" z_order="0"/>'
        for frame, outside in ((0, 0), (1, 0), (12, 1))
    ]
    track = f'<track id="0" label="car" source="manual">{"".join(frames)}</track>'
    other = track.replace('label="car"', 'label="bus"').replace('id="0"', 'id="1"')
    boxes = load_cvat(write(track, other))
    assert_array_equal(boxes.data[:2], [[0, 2, 99, 50], [1, 2, 99, 50]])
    assert boxes.image_names == ["000000", "000001", "000012"]
    assert_array_equal(boxes.image, [0, 1, 0, 1])
    assert_array_equal(boxes.image_size, [[1920, 1080]] * 4)
    assert boxes.skipped == {"marked as outside the frame": 2}


def test_a_rotated_box_has_its_own_sides_or_those_of_the_box_around_it(write):
    path = write(image(box(100, 100, 200, 120, 'rotation="90.0"')))
    boxes = load_cvat(path)
    assert_allclose(boxes.data, [[140, 60, 160, 160]])
    assert boxes.notes == {"around an oriented box": 1}
    boxes = load_cvat(path, sides="rotated")
    assert_allclose(boxes.data, [[100, 100, 200, 120]])
    assert boxes.notes == {"with the sides of an oriented box": 1}
    with pytest.raises(ValueError, match=r"'upright' is not a choice .*sides=rotated, its own"):
        load_cvat(path, sides="upright")


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        (box(xtl="left"), r"image 'a/b\.jpg', shape 2, box: 'left' is not a finite number"),
        ('<box label="car" xtl="1"/>', r"shape 2, box: '' is not a finite number"),
        ('<polygon label="car" points="1,2;3"/>', "'1,2;3' is not a polygon"),
        ('<polygon label="car" points=""/>', "'' is not a finite number"),
        (box(more='outside="true"'), "shape 2: outside is 'true': write 0 or 1"),
    ],
)
def test_a_broken_shape_is_named(write, shape, message):
    path = write(image(box(), shape))
    with pytest.raises(ValueError, match=message) as error:
        load_cvat(path)
    assert str(path) in str(error.value)


@pytest.mark.parametrize("frame", ["", "1.5", "-1", "first"])
def test_a_frame_has_a_whole_number(write, frame):
    path = write(f'<track id="0" label="car"><box frame="{frame}" outside="0"/></track>')
    with pytest.raises(ValueError, match=f"track 1 .'car'.: frame is '{frame}': write its number"):
        load_cvat(path)


def test_boxes_that_labelformat_writes_come_back(tmp_path):
    cvat = pytest.importorskip("labelformat.formats.cvat")
    coco = pytest.importorskip("labelformat.formats.coco")
    corners = [[10.25, 20.5, 50.125, 40], [0, 0, 640, 480], [3, 4, 5, 6.0625]]
    document = {
        "images": [{"id": 1, "file_name": "a.jpg", "width": 640, "height": 480}],
        "annotations": [
            {"id": i, "image_id": 1, "category_id": 0, "bbox": [x1, y1, x2 - x1, y2 - y1]}
            for i, (x1, y1, x2, y2) in enumerate(corners)
        ],
        "categories": [{"id": 0, "name": "car"}],
    }
    (tmp_path / "coco.json").write_text(json.dumps(document))
    labels = coco.COCOObjectDetectionInput(input_file=tmp_path / "coco.json")
    cvat.CVATObjectDetectionOutput(output_folder=tmp_path / "cvat").save(label_input=labels)
    boxes = load_annotations(tmp_path / "cvat")
    assert boxes.format == "cvat"
    assert_allclose(boxes.data, corners)
    assert boxes.target_names == ["car"]


def test_each_track_of_a_project_is_in_the_video_of_its_task(tmp_path):
    videos = {3: (1920, 1080), 4: (320, 240)}
    tasks, tracks = "", ""
    for task, (width, height) in videos.items():
        size = f"<width>{width}</width><height>{height}</height>"
        tasks += f"<task><id>{task}</id><original_size>{size}</original_size></task>"
        shape = f'<box frame="0" outside="0" xtl="300" ytl="200" xbr="{width + 9}" ybr="220"/>'
        tracks += f'<track id="0" label="car" task_id="{task}" subset="default">{shape}</track>'
    path = tmp_path / "annotations.xml"
    meta = f"<meta><project><id>1</id><tasks>{tasks}</tasks></project></meta>"
    path.write_text(f"<annotations>{meta}{tracks}</annotations>")
    boxes = load_cvat(path)
    assert_array_equal(boxes.image_size, list(videos.values()))
    assert_array_equal(boxes.data, [[300, 200, 1920, 220], [300, 200, 320, 220]])
    assert boxes.image_names == ["3/000000", "4/000000"]
    path.write_text(path.read_text().replace('task_id="', 'old_id="'))
    assert_array_equal(load_cvat(path).image_size, np.full((2, 2), np.nan))
