import gzip

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_iou_kmeans.datasets import load_annotations, load_csv


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
        ("bbox_x1,bbox_y1,bbox_x2,bbox_y2", [10, 20, 40, 60]),
        ("bbox_x,bbox_y,bbox_w,bbox_h", [10, 20, 50, 80]),
        ("cx,cy,w,h", [-10, -10, 30, 50]),
        ("x_center,y_center,width,height", [-10, -10, 30, 50]),
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
    "bare decimal comma": (
        "a,1,5,2,3,4",
        r"line 3: 6 cells, .* row has 5.*decimal commas",
    ),
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
        ("a;b;c;d;e", {"delimiter": ","}, r"has a single column, 'a;b;c;d;e', and"),
        (
            HEADER,
            {"columns": ["x", "y", "right", "h"]},
            r"has no column 'right', only the 5 colu",
        ),
        (
            HEADER,
            {"columns": ["x", "y", "w"]},
            r"\['x', 'y', 'w'\] are not the columns of a box: name four",
        ),
        (HEADER, {"columns": "xywh"}, r"'xywh' are not the columns of a box: name four"),
        (
            HEADER,
            {"columns": ["x", "y", "w", "h"], "box_format": "whxy"},
            "'whxy' is not a box format",
        ),
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


WHEAT = "image_id,width,height,bbox,source"


def test_a_column_of_boxes_beside_the_size_of_the_image(write):
    path = write(
        WHEAT,
        'b6,1024,1024,"[834.0, 222.0, 56.0, 36.0]",usask_1',
        'b6,1024,1024,"[226.0, 548.0, 130.0, 58.0]",usask_1',
        "c7,1024,1024,,usask_1",
    )
    for load in (load_csv, load_annotations):
        boxes = load(path)
        assert_array_equal(boxes.data, [[834, 222, 890, 258], [226, 548, 356, 606]])
        assert_array_equal(boxes.image_size, [[1024, 1024]] * 2)
        assert boxes.skipped == {"no box": 1}


@pytest.mark.parametrize(
    ("size", "boxes", "expected"),
    [
        ("100,100", ["[10, 20, 5, 40]", "[1, 2, 30, 40]"], [[10, 20, 15, 60], [1, 2, 31, 42]]),
        ("100,100", ["(60 20 90 40)", "(1 2 30 40)"], [[60, 20, 90, 40], [1, 2, 30, 40]]),
        (",", ["[10, 20, 5, 40]"], [[10, 20, 15, 60]]),
    ],
)
def test_what_a_column_of_boxes_means_is_told_by_what_is_possible(write, size, boxes, expected):
    rows = [f'a,{size},"{box}",x' for box in boxes]
    assert_array_equal(load_csv(write(WHEAT, *rows)).data, expected)


def test_a_column_of_boxes_that_can_mean_two_things_is_an_error_that_names_both(write):
    path = write(WHEAT, 'a,1024,1024,"[1, 2, 30, 40]",x')
    with pytest.raises(ValueError, match=r"1, 2, 30, 40 can be two corners, or a corner and the"):
        load_csv(path)
    assert_array_equal(load_csv(path, box_format="xyxy").data, [[1, 2, 30, 40]])
    assert_array_equal(load_csv(path, box_format="xywh").data, [[1, 2, 31, 42]])


def boxes_all_over(n=100):
    """Relative centers and sizes of boxes of which many touch the edges of their image."""
    x, y = np.meshgrid(np.linspace(0.05, 0.95, n // 10), np.linspace(0.05, 0.95, 10))
    size = np.full(n, 0.1)
    return np.column_stack([x.ravel(), y.ravel(), size, size])


@pytest.mark.parametrize("scale", [1, (640, 480) * 2], ids=["relative", "pixels"])
@pytest.mark.parametrize("meaning", ["xyxy", "xywh", "cxcywh"])
def test_the_meaning_of_many_boxes_is_told_by_the_edges_of_their_images(write, meaning, scale):
    centers, size = np.hsplit(boxes_all_over(), 2)
    second = centers + size / 2 if meaning == "xyxy" else size
    first = centers if meaning == "cxcywh" else centers - size / 2
    values = (np.hstack([first, second]) * scale).round(3).tolist()
    boxes = load_csv(write(WHEAT, *(f'{i},640,480,"{box}",x' for i, box in enumerate(values))))
    assert_allclose(boxes.data[:, 2:] - boxes.data[:, :2], [[64, 48]] * 100, rtol=0.02)
    assert boxes.skipped == boxes.notes == {}


def test_columns_called_x_and_y_that_are_clearly_the_center_are_refused(write):
    values = boxes_all_over().round(3).tolist()
    path = write("image,x,y,w,h", *(f"{i},{str(box)[1:-1]}" for i, box in enumerate(values)))
    with pytest.raises(ValueError, match=r"19 of 100 boxes extend beyond.*box_format=cxcywh if"):
        load_csv(path)
    for box_format, n_clipped in (("cxcywh", 0), ("xywh", 19)):
        boxes = load_csv(path, box_format=box_format)
        assert boxes.notes.get("clipped to the image", 0) == n_clipped


def test_the_format_that_the_user_names_counts_more_than_the_names_of_the_columns(write):
    path = write("image,x,y,w,h", "a,30,40,20,10")
    assert_array_equal(load_csv(path, box_format="cxcywh").data, [[20, 35, 40, 45]])
    path = write("image,x1,y1,x2,y2", "a,30,40,20,10")
    assert_array_equal(load_csv(path, box_format="xywh").data, [[30, 40, 50, 50]])


@pytest.mark.parametrize("cell", ["[1, 2, 3]", "[1, 2, 3, 4, 5]", "[1, 2, 3, b]", "1;2;3"])
def test_a_cell_that_is_no_box_is_named(write, cell):
    with pytest.raises(ValueError, match=r"line 3: .* is not (4 numbers|a finite number)"):
        load_csv(write(WHEAT, 'a,99,99,"[9, 9, 3, 4]",x', f'a,99,99,"{cell}",x'))


def test_width_and_height_that_can_be_those_of_the_images_are_refused(write):
    header = "filename,width,height,class"
    path = write(header, "a.jpg,640,480,car", "a.jpg,640,480,bus", "b.jpg,500,375,car")
    with pytest.raises(ValueError, match=r"width and height can be the size of the boxes or of"):
        load_csv(path)
    boxes = load_csv(path, columns=["width", "height"])
    assert_array_equal(boxes.data, [[0, 0, 640, 480]] * 2 + [[0, 0, 500, 375]])
    boxes = load_csv(write(header, "a.jpg,64,48,car", "a.jpg,65,48,bus"))
    assert_array_equal(boxes.data, [[0, 0, 64, 48], [0, 0, 65, 48]])


@pytest.mark.parametrize("name", ["x1", "X1", "x1 "])
def test_two_columns_of_the_box_with_one_name_are_refused(write, name):
    path = write(f"image,x1,y1,x2,y2,{name}", "a,1,2,30,40,29")
    with pytest.raises(ValueError, match="has 2 columns called 'x1'"):
        load_csv(path)
    assert_array_equal(
        load_csv(path, columns=[2, 3, 4, 5], box_format="xyxy").data, [[1, 2, 30, 40]]
    )
    with pytest.raises(ValueError, match="has 2 columns called 'image'"):
        load_csv(write("image,image,x1,y1,x2,y2", "a,b,1,2,30,40"), image_column="image")


POINTS = ["a,100,200,640,480", "a,10,20,640,480", "b,400,30,500,375"]


@pytest.mark.parametrize(("x", "y"), [("x", "y"), ("cx", "cy")])
def test_points_in_images_of_a_width_and_height_are_not_taken_for_boxes(write, x, y):
    """That is how keypoints and centers are written, of which no anchors can be computed."""
    path = write(f"image,{x},{y},width,height", *POINTS)
    with pytest.raises(ValueError, match=rf"{x}, {y}, width, height can be boxes, or points in"):
        load_csv(path)
    boxes = load_csv(path, box_format="xywh")
    assert_array_equal(boxes.data[1], [10, 20, 650, 500])
    with pytest.raises(ValueError, match="can be boxes, or points"):
        load_csv(write(f"{x},{y},width,height", *(row[2:] for row in POINTS[:2])))


@pytest.mark.parametrize(
    "row", ["a,640.5,20,640,480", "a,-1,20,640,480", "a,10,20,639,480", "c,10,20,640,480"]
)
def test_boxes_that_cannot_be_points_in_images_are_read(write, row):
    path = write("image,x,y,width,height", POINTS[0], row, POINTS[2])
    assert_array_equal(load_csv(path).data[0], [100, 200, 740, 680])


def test_width_and_height_beside_columns_that_can_be_the_box_are_refused(write):
    header = "frame,bb_x1,bb_y1,bb_x2,bb_y2,width,height"
    path = write(header, "a,1,2,30,40,640,480", "b,10,20,60,50,500,375")
    with pytest.raises(ValueError, match=r"images, because 4 other columns hold numbers, and can"):
        load_csv(path)
    boxes = load_csv(path, columns=["bb_x1", "bb_y1", "bb_x2", "bb_y2"], box_format="xyxy")
    assert_array_equal(boxes.data, [[1, 2, 30, 40], [10, 20, 60, 50]])
    assert_array_equal(load_csv(path, columns=["width", "height"]).data[:, 2:], boxes.image_size)


SIZES_OF_IMAGES = ["image_width,image_height", "img_w,IMG_H", "im_height,im_width"]


@pytest.mark.parametrize("names", SIZES_OF_IMAGES)
def test_the_size_of_the_image_has_usual_names(write, names):
    size = "480,640" if names.startswith("im_height") else "640,480"
    path = write(f"image,{names},width,height,x,y", f"a,{size},30,40,600,5", f"b,{size},30,40,9,9")
    boxes = load_csv(path)
    assert_array_equal(boxes.data, [[600, 5, 630, 45], [9, 9, 39, 49]])
    assert_array_equal(boxes.image_size, [[640, 480]] * 2)
    assert boxes.notes == {}


@pytest.mark.parametrize("names", ["image_w,image_h", "img_width,img_height"])
def test_beside_the_size_of_the_image_width_and_height_are_those_of_the_boxes(write, names):
    header = f"image,width,height,{names}"
    boxes = load_csv(write(header, "a,30,40,640,480", "b,50,20,640,480"))
    assert_array_equal(boxes.data, [[0, 0, 30, 40], [0, 0, 50, 20]])
    assert_array_equal(boxes.image_size, [[640, 480]] * 2)
    with pytest.raises(ValueError, match=r"width and height can be the size of the boxes or of"):
        load_csv(write(header, "a,640,480,640,480", "b,500,375,500,375"))


def test_width_and_height_of_the_boxes_are_not_taken_for_those_of_the_image(write):
    path = write("file,x1,y1,x2,y2,width,height", "a,60,70,90,110,30,40", "a,5,5,15,25,10,20")
    boxes = load_csv(path)
    assert_array_equal(boxes.data, [[60, 70, 90, 110], [5, 5, 15, 25]])
    assert np.isnan(boxes.image_size).all()
    assert boxes.notes == {}


@pytest.mark.parametrize("columns", [[2, 3, 4, 5], ["2", "3", "4", "5"]])
def test_columns_of_a_table_without_a_header_are_called_by_position(write, columns):
    path = write("a.jpg,1,6,81,56,cow", "b.jpg,7,6,981,456,dog")
    options = {"box_format": "xyxy", "category_column": 6, "image_column": "1"}
    boxes = load_csv(path, columns=columns, **options)
    assert_array_equal(boxes.data, [[1, 6, 81, 56], [7, 6, 981, 456]])
    assert boxes.target_names == ["cow", "dog"]
    assert boxes.image_names == ["a.jpg", "b.jpg"]
    assert_array_equal(load_annotations(path, columns=columns, **options).data, boxes.data)
    with pytest.raises(ValueError, match="has no column 7, only the 6 columns"):
        load_csv(path, columns=[7, 3, 4, 5])


def test_the_numbers_of_columns_that_pandas_writes_are_no_box(write):
    options = {"box_format": "xyxy", "image_column": 1}
    for lines, columns in (
        (["0,1,2,3,4", "a,1,2,30,40", "b,1,2,30,40"], [2, 3, 4, 5]),
        ([",0,1,2,3,4", "0,a,1,2,30,40", "1,b,1,2,30,40"], [3, 4, 5, 6]),
    ):
        boxes = load_csv(write(*lines), columns=columns, **options)
        assert_array_equal(boxes.data, [[1, 2, 30, 40]] * 2)
    boxes = load_csv(write("0,1,2,30,40", "1,1,2,30,40"), columns=[2, 3, 4, 5], **options)
    assert len(boxes.data) == 2


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_what_separates_the_cells_is_recognised(write, delimiter):
    lines = [line.replace(",", delimiter) for line in (HEADER, "a,1,2,3,4")]
    path = write(*lines)
    for load in (load_csv, load_annotations):
        assert_array_equal(load(path).data, [[1, 2, 4, 6]])
        assert_array_equal(load(path, delimiter=delimiter).data, [[1, 2, 4, 6]])


@pytest.mark.parametrize("options", [{}, {"delimiter": ","}, {"box_format": "xyxy"}])
@pytest.mark.parametrize("content", ["a,b,c,d\n1,2,3,4", "a.jpg,1,2,3,4\nb.jpg,1,2,3,4"])
def test_a_table_whose_columns_are_unknown_is_the_same_error_whatever_the_options(
    write, options, content
):
    path = write(content)
    with pytest.raises(ValueError, match=r"which are those of the box|has no header") as plain:
        load_csv(path)
    with pytest.raises(ValueError, match=r"columns=\[") as error:
        load_annotations(path, **options)
    assert str(error.value) == str(plain.value)


def test_a_folder_with_one_table_is_read(write, tmp_path):
    path = write(HEADER, "a,1,2,3,4")
    for load in (load_csv, load_annotations):
        assert_array_equal(load(tmp_path).data, [[1, 2, 4, 6]])
    (tmp_path / "other.csv").write_bytes(path.read_bytes())
    with pytest.raises(ValueError, match=r"has 2 \.csv files, .*boxes\.csv, .*other\.csv: name th"):
        load_csv(tmp_path)


@pytest.mark.parametrize(
    ("names", "corners"),
    [
        ("x,y,w,h", [10, 20, 40, 60]),
        ("cx,cy,w,h", [-5, 0, 25, 40]),
        ("x_center,y_center,w,h", [-5, 0, 25, 40]),
    ],
)
def test_beside_w_and_h_width_and_height_are_those_of_the_image(write, names, corners):
    path = write(f"filename,width,height,{names}", "a.jpg,640,480,10,20,30,40")
    boxes = load_csv(path, clip=False)
    assert_array_equal(boxes.data, [corners])
    assert_array_equal(boxes.image_size, [[640, 480]])


@pytest.mark.parametrize(
    ("first", "columns"),
    [
        ('"[1, 2, 3, 4]",car', [1]),
        (",car", [1]),
        (",,,,car", [1, 2, 3, 4]),
        ("nan,nan,nan,nan,car", [1, 2, 3, 4]),
    ],
)
def test_the_first_row_of_a_table_without_a_header_is_not_lost(write, first, columns):
    second = '"[1, 2, 3, 9]",car' if len(columns) == 1 else "1,2,3,9,car"
    boxes = load_csv(write(first, second), columns=columns, box_format="xywh")
    assert len(boxes.data) + boxes.skipped.get("no box", 0) == 2


def test_without_a_column_of_the_image_each_row_has_its_own_size(write):
    rows = ["10,20,50,40,640,480", "10,20,50,40,320,240", "1,2,3,4,,"]
    boxes = load_csv(write("x1,y1,x2,y2,image_width,image_height", *rows))
    assert_array_equal(boxes.image_size, [[640, 480], [320, 240], [np.nan, np.nan]])
    assert boxes.image_names == [""]


def test_a_row_without_the_size_of_its_image_has_that_of_the_other_rows(write):
    rows = ["a,10,20,50,40,,", "a,1,2,3,4,320,240", "b,1,2,3,4,,"]
    boxes = load_csv(write("image,x1,y1,x2,y2,image_width,image_height", *rows))
    assert_array_equal(boxes.image_size, [[320, 240], [320, 240], [np.nan, np.nan]])


@pytest.mark.parametrize("names", ["image_width,image_height", "width,height"])
def test_an_image_of_two_sizes_is_refused(write, names):
    rows = ["a,10,20,50,40,640,480", "b,10,20,50,40,10,10", "a,1,2,3,4,320,240"]
    with pytest.raises(ValueError, match="image 'a' is 640x480 in one row and 320x240 in another"):
        load_csv(write(f"image,x1,y1,x2,y2,{names}", *rows))


@pytest.mark.parametrize("row", ['1,2,3,4,"{}', "1,2,3,4,{}"])
def test_a_cell_of_a_size_that_csv_does_not_take_is_named_as_such(write, row):
    path = write("x1,y1,x2,y2,mask", "1,2,3,4,", row.format("7" * 200_000))
    with pytest.raises(ValueError, match="line 3: a cell has more than 131072 characters"):
        load_csv(path)


def test_a_relative_box_that_is_clipped_by_more_than_rounding_is_counted(write):
    path = write("image,x1,y1,x2,y2", "a,0.5,0.5,1.0004,1", "a,0.5,0.5,1.05,1", "a,-0.02,0,0.5,1")
    boxes = load_csv(path)
    assert_array_equal(boxes.data, [[0.5, 0.5, 1, 1], [0.5, 0.5, 1, 1], [0, 0, 0.5, 1]])
    assert boxes.notes == {"clipped to the image": 2}
