import gzip

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sklearn_iou_kmeans.datasets import load_csv


@pytest.fixture
def write(tmp_path):
    """Write a table; return its path."""

    def _write(*lines, end="\n"):
        path = tmp_path / "boxes.csv"
        lines = [line if isinstance(line, bytes) else line.encode() for line in lines]
        path.write_bytes(end.encode().join(lines))
        return path

    return _write


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_corners_beside_the_size_of_the_image(write, end):
    path = write(
        "filename,width,height,class,xmin,ymin,xmax,ymax",
        "b.jpg,640,480,car,10,20,50.5,40",
        '"a, 1.jpg",500,375,bus,0,0,10,30',
        "b.jpg,640,480,car,1,2,3,4",
        end=end,
    )
    boxes = load_csv(path)
    assert_array_equal(boxes.data, [[10, 20, 50.5, 40], [0, 0, 10, 30], [1, 2, 3, 4]])
    assert boxes.target_names == ["bus", "car"]
    assert_array_equal(boxes.target, [1, 0, 1])
    assert boxes.image_names == ["b.jpg", "a, 1.jpg"]
    assert_array_equal(boxes.image, [0, 1, 0])
    assert_array_equal(boxes.image_size, [[640, 480], [500, 375], [640, 480]])


@pytest.mark.parametrize(
    ("header", "corners"),
    [
        ("x1,y1,x2,y2", [10, 20, 40, 60]),
        ("Xmin,Ymin,Xmax,Ymax", [10, 20, 40, 60]),
        ("left,top,right,bottom", [10, 20, 40, 60]),
        ("xmin,xmax,ymin,ymax", [10, 40, 20, 60]),
        ("x,y,width,height", [10, 20, 50, 80]),
        ("bbox_x,bbox_y,bbox_width,bbox_height", [10, 20, 50, 80]),
        ("cx,cy,w,h", [-10, -10, 30, 50]),
        ("width,height,color,depth", [0, 0, 10, 20]),
        ("h,w,color,depth", [0, 0, 20, 10]),
    ],
)
def test_usual_names_of_columns_are_recognised(write, header, corners):
    row = ",".join(str(value) for value in (10, 20, 40, 60))
    values = dict(zip(header.split(","), (10, 20, 40, 60), strict=True))
    boxes = load_csv(write(header, row))
    expected = corners
    if header == "xmin,xmax,ymin,ymax":
        expected = [values[name] for name in ("xmin", "ymin", "xmax", "ymax")]
    assert_array_equal(boxes.data, [expected])
    assert boxes.target_names == boxes.image_names == [""]
    assert np.isnan(boxes.image_size).all()


@pytest.mark.parametrize(
    ("options", "corners"),
    [
        ({"columns": ["a", "b", "c", "d"], "box_format": "xyxy"}, [1, 2, 30, 40]),
        ({"columns": ["a", "b", "c", "d"], "box_format": "xywh"}, [1, 2, 31, 42]),
        ({"columns": ["c", "d", "a", "b"], "box_format": "cxcywh"}, [29.5, 39, 30.5, 41]),
        ({"columns": ["c", "d"]}, [0, 0, 30, 40]),
    ],
)
def test_columns_can_be_named(write, options, corners):
    path = write("a;b;c;d;kind;page", "1;2;30;40;car;p1")
    boxes = load_csv(path, delimiter=";", category_column="kind", image_column="page", **options)
    assert_array_equal(boxes.data, [corners])
    assert boxes.target_names == ["car"]
    assert boxes.image_names == ["p1"]


def test_rows_without_a_box_are_counted(write):
    rows = ["1,,,,,0", "2,264.0,152.0,213.0,379.0,1", "3,nan,nan,nan,nan,0", "4,5,6,7,0,1"]
    path = write("patientId,x,y,width,height,Target", *rows, "", ",,,,,")
    boxes = load_csv(path)
    assert_array_equal(boxes.data, [[264, 152, 477, 531]])
    assert boxes.skipped_images == {"no box": ["1", "3"], "zero or negative size": ["4"]}
    assert len(boxes.image_names) == 4


def test_every_row_is_a_box_or_counted(write):
    rows = ["a,9,9,1,1,x,100,100", "a,1,1,9,9,y,100,100", "a,1,1,9,9,x,100,100"]
    rows += ["a,200,1,209,9,x,100,100", "b,-5,1,9,9,x,0,0", "a,,,,,x,100,100"]
    path = write("image,x1,y1,x2,y2,label,image_width,image_height", *rows)
    boxes = load_csv(path, categories="x")
    assert boxes.skipped == {
        "zero or negative size": 1,
        "other category": 1,
        "outside the image": 1,
        "no box": 1,
    }
    assert len(boxes.data) + sum(boxes.skipped.values()) == len(rows)
    assert_array_equal(boxes.image_size, [[100, 100], [np.nan, np.nan]])


HEADER = "image,x,y,w,h"
BAD_LINES = {
    "decimal comma": ('a,"1,5",2,3,4', r"line 3: '1,5' is not .*It has a decimal comma"),
    "bare decimal comma": ("a,1,5,2,3,4", r"line 3: 6 cells, .* the header has 5.*decimal commas"),
    "a cell too few": ("a,1,2,3", r"line 3: 4 cells"),
    "a missing value": ("a,1,2,3,", r"line 3: '' is not a finite number"),
    "a word": ("a,1,2,3,high", r"line 3: 'high' is not a finite number"),
    "infinity": ("a,1,2,3,inf", r"line 3: 'inf' is not a finite number"),
    "an open quote": ('"a,1,2,3,4', r"line 3: unexpected end of data"),
    "Latin-1": (b"\xe9,1,2,3,4", r"line 3 is not UTF-8"),
}


@pytest.mark.parametrize(("line", "message"), BAD_LINES.values(), ids=BAD_LINES.keys())
def test_a_bad_line_is_named(write, line, message):
    path = write(HEADER, "a,1,2,3,4", line)
    with pytest.raises(ValueError, match=message) as error:
        load_csv(path)
    assert str(path) in str(error.value)


@pytest.mark.parametrize(
    ("header", "options", "message"),
    [
        (
            "a.jpg,837,346,981,456,cow",
            {},
            r"has no header: .*'a\.jpg'.* columns=\[2, 3",
        ),
        ("a;b;c;d;e", {"delimiter": ","}, r"has the columns 'a;b;c;d;e': which"),
        (
            HEADER,
            {"columns": ["x", "y", "right", "h"]},
            r"has no column 'right', only the 5 colu",
        ),
        (HEADER, {"columns": ["x", "y", "w"]}, r"columns is \['x', 'y', 'w'\]: name the four"),
        (HEADER, {"columns": "xywh"}, r"columns is 'xywh': name the four"),
        (HEADER, {"columns": ["x", "y", "w", "h"], "box_format": "whxy"}, "got 'whxy'"),
        (HEADER, {"category_column": "kind"}, "has no column 'kind'"),
    ],
)
def test_columns_that_are_not_there_are_an_error(write, header, options, message):
    with pytest.raises(ValueError, match=message):
        load_csv(write(header, "a,1,2,3,4"), **options)


def test_a_byte_order_mark_and_gzip_do_no_harm(write):
    path = write(b"\xef\xbb\xbf" + HEADER.encode(), "a,1,2,3,4")
    path.write_bytes(gzip.compress(path.read_bytes()))
    assert_array_equal(load_csv(path).data, [[1, 2, 4, 6]])


def test_a_header_alone_is_a_table_without_boxes(write):
    assert load_csv(write(HEADER)).data.shape == (0, 4)
