import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_iou_kmeans.datasets import load_annotations, load_dota, load_yolo

HEAD = "imagesource:GoogleEarth\ngsd:0.146343590398\n"
SHIP = "10 30 30 10 70 50 50 70 ship 0"


@pytest.fixture
def write(tmp_path):
    """Write a file of the true layout; return its folder."""

    def _write(*lines, head=HEAD, name="P0000.txt"):
        (tmp_path / name).write_text(head + "\n".join(lines))
        return tmp_path

    return _write


def test_boxes_have_the_size_of_the_box_around_them_or_their_own_sides(write):
    folder = write(SHIP, "1.0 1.0 5.0 1.0 5.0 9.0 1.0 9.0 small-vehicle 1")
    boxes = load_annotations(folder)
    assert boxes.format == "dota"
    assert_array_equal(boxes.data, [[10, 10, 70, 70]])
    assert boxes.skipped == {"difficult": 1}
    assert boxes.notes == {"around an oriented box": 1}
    boxes = load_dota(folder, sides="rotated", keep_flagged=True)
    sizes = boxes.data[:, 2:] - boxes.data[:, :2]
    assert_allclose(sizes, [[20 * 2**0.5, 40 * 2**0.5], [4, 8]])
    assert_allclose((boxes.data[0, 2:] + boxes.data[0, :2]) / 2, [40, 40])
    assert boxes.notes == {"with the sides of an oriented box": 2}


@pytest.mark.parametrize("head", [HEAD, ""])
@pytest.mark.parametrize("line", [SHIP, SHIP.removesuffix(" 0")])
def test_the_heading_and_the_last_column_may_be_missing(write, head, line):
    assert load_annotations(write(line, head=head)).format == "dota"


@pytest.mark.parametrize("line", ["1 2 3 4 5 6 7 8", "1 2 3 4 5 6 7 8 9 0", "x 2 3 4 5 6 7 8 a 0"])
def test_a_bad_line_is_named(write, line):
    with pytest.raises(ValueError, match=r"P0000\.txt, line 4"):
        load_dota(write(SHIP, line))


@given(st.floats(1, 40), st.floats(1, 40), st.floats(0, 360), st.integers(100, 900), st.booleans())
def test_own_sides_do_not_depend_on_the_angle(
    tmp_path_factory, width, height, degrees, side, is_yolo
):
    """Relative coordinates shrink an oriented box askew; its sides are those in pixels."""
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    corners = np.array([[-width, -height], [width, -height], [width, height], [-width, height]]) / 2
    quad = corners @ turn.T + [50, 50]
    folder = tmp_path_factory.mktemp("labels")
    if is_yolo:
        quad = quad / [side, 2 * side]
        row = "0 " + " ".join(map(repr, quad.ravel().tolist()))
        (folder / "a.txt").write_text(row)
        boxes = load_yolo(folder, image_size=(side, 2 * side), sides="rotated")
    else:
        (folder / "a.txt").write_text(" ".join(map(repr, quad.ravel().tolist())) + " ship 0")
        boxes = load_dota(folder, sides="rotated")
    assert_allclose(boxes.data[:, 2:] - boxes.data[:, :2], [[width, height]])
    assert boxes.notes == {"with the sides of an oriented box": 1}


def test_oriented_boxes_and_polygons_of_yolo_are_counted(tmp_path):
    lines = ["0 .1 .1 .2 .1 .2 .3 .1 .3", "0 .1 .1 .2 .1 .2 .3", "0 .5 .5 .1 .1"]
    (tmp_path / "a.txt").write_text("\n".join(lines))
    boxes = load_yolo(tmp_path, image_size=(100, 100))
    assert boxes.notes == {"around an oriented box": 1, "around a polygon": 1}
