import struct

import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_iou_kmeans.datasets import load_open_images

HEADER = (
    "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsTruncated,IsGroupOf,"
    "IsDepiction,IsInside"
)
SIZE = (640, 480)
NAMES = "/m/01g317,Person\n/m/0k4j,Car\n"


def row(image="000a", label="/m/01g317", box="0.25,0.5,0.125,0.75", flags="0,0,0,0,0"):
    return f"{image},xclick,{label},1,{box},{flags}"


def png(width, height):
    """The header of a picture, which is all that a reader may ask for."""
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sIIBBBBBI", 13, b"IHDR", width, height, *[0] * 6)


@pytest.fixture
def write(tmp_path):
    """Write a table; return its path."""

    def _write(*rows, header=HEADER):
        path = tmp_path / "validation-annotations-bbox.csv"
        path.write_text("\n".join([header, *rows]) + "\n")
        return path

    return _write


def test_both_x_go_before_both_y_and_become_pixels(write):
    path = write(row(), row("000b", "/m/0k4j", "0,1,0,1"), row(box="0.5,0.75,0,0.5"))
    boxes = load_open_images(path, image_size=SIZE)
    assert_array_equal(boxes.data, [[160, 60, 320, 360], [0, 0, 640, 480], [320, 0, 480, 240]])
    assert boxes.target_names == ["/m/01g317", "/m/0k4j"]
    assert boxes.image_names == ["000a", "000b"]
    assert_array_equal(boxes.image, [0, 1, 0])
    assert_array_equal(boxes.image_size, [SIZE] * 3)


def test_sizes_come_from_the_headers_of_the_images_that_are_there(write, tmp_path):
    images = tmp_path / "images" / "part"
    images.mkdir(parents=True)
    (images / "000a.png").write_bytes(png(320, 240))
    path = write(row(), row("000b"), row("000b"))
    boxes = load_open_images(path, images=tmp_path / "images")
    assert_array_equal(boxes.data, [[80, 30, 160, 180]])
    assert_array_equal(boxes.image_size, [[320, 240]])
    assert boxes.skipped_images == {"no image file": ["000b", "000b"]}


def test_groups_and_depictions_are_counted_apart_or_kept(write):
    flags = ["0,0,0,0,0", "1,1,0,0,1", "0,0,1,0,0", "0,0,0,1,0", "0,0,1,1,0", "-1,-1,-1,-1,-1"]
    path = write(*(row(flags=flag) for flag in flags))
    boxes = load_open_images(path, image_size=SIZE)
    assert len(boxes.data) == 3
    assert boxes.skipped == {"group": 2, "depiction": 1}
    assert len(load_open_images(path, image_size=SIZE, keep_flagged=True).data) == 6


def test_labels_can_be_given_their_names(write, tmp_path):
    path = write(row(), row(label="/m/0k4j"), row(label="/m/unknown"))
    file = tmp_path / "class-descriptions-boxable.csv"
    file.write_text(NAMES)
    for names in (file, {"/m/01g317": "Person", "/m/0k4j": "Car"}):
        boxes = load_open_images(path, image_size=SIZE, names=names)
        assert boxes.target_names == ["/m/unknown", "Car", "Person"]


def test_every_row_is_a_box_or_counted(write):
    rows = [row(), row(label="x"), row(box="0.5,0.25,0,1"), row(box="1.5,1.75,0,1")]
    path = write(*rows, row(flags="0,0,1,0,0"))
    boxes = load_open_images(path, image_size=SIZE, categories="/m/01g317")
    assert boxes.skipped == {
        "other category": 1,
        "zero or negative size": 1,
        "outside the image": 1,
        "group": 1,
    }
    assert len(boxes.data) == 1


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (row(box='"0,3580246914",0.5,0.1,0.2'), r"line 3: '0,3580246914' is .*a decimal comma"),
        (row(box="0,35,0,5,0,1,0,2"), r"line 3: 17 cells, .* the first row has 13.*decimal commas"),
        (row(box="160,320,60,360"), r"line 3: 360 is not relative to the image"),
        (row(box="nan,0.5,0.1,0.2"), r"line 3: 'nan' is not a finite number"),
        ("000a,xclick,/m/01", r"line 3: 3 cells"),
    ],
)
def test_a_bad_line_is_named(write, line, message):
    path = write(row(), line)
    with pytest.raises(ValueError, match=message) as error:
        load_open_images(path, image_size=SIZE)
    assert str(path) in str(error.value)


@pytest.mark.parametrize("header", [HEADER.replace(",", ";"), "filename,xmin,xmax,ymin,ymax,class"])
def test_another_header_is_quoted(write, header):
    with pytest.raises(ValueError, match=r"has no column ImageID, LabelName, .*its header is \["):
        load_open_images(write(header=header), image_size=SIZE)


def test_the_size_of_the_images_is_needed_once(write, tmp_path):
    with pytest.raises(ValueError, match=r"relative to their .* Give images=folder, or image_size"):
        load_open_images(write(row()))
    with pytest.raises(ValueError, match=r"given twice. Give image_size=.* or images=folder"):
        load_open_images(write(row()), image_size=SIZE, images=tmp_path)
    with pytest.raises(
        ValueError, match=r"the image '000a', whose size it does not say, is not in"
    ):
        load_open_images(write(row()), images=tmp_path)
    with pytest.raises(ValueError, match=r"nowhere' is not a folder\. Name the folder of the im"):
        load_open_images(write(row()), images=tmp_path / "nowhere")


def test_boxes_that_globox_writes_come_back(tmp_path):
    globox = pytest.importorskip("globox")
    corners = [[10.25, 20.5, 50.125, 40], [0, 0, 640, 480], [3, 4, 5, 6.0625]]
    found = [
        globox.BoundingBox(label="car", xmin=x1, ymin=y1, xmax=x2, ymax=y2)
        for x1, y1, x2, y2 in corners
    ]
    images = globox.AnnotationSet([globox.Annotation("a.jpg", SIZE, found)])
    images.save_openimage(tmp_path / "boxes.csv")
    boxes = load_open_images(tmp_path / "boxes.csv", image_size=SIZE)
    assert_allclose(boxes.data, corners, atol=1e-9)
