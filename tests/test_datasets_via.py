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
    with pytest.raises(ValueError, match=r"'color', 'size'\. Choose one with category_column="):
        load_via(path)
    assert load_via(path, category_column="size").target_names == ["big"]
    with pytest.raises(ValueError, match="the category can be any of these attributes"):
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
    with pytest.raises(ValueError, match=r"'a\.jpg1', region 2: a \w+ lacks some of its numbers"):
        load_via(path)


HEADER = "filename,file_size,file_attributes,region_count,region_id,region_shape_attributes,"
HEADER += "region_attributes"


def cell(value):
    return '"' + json.dumps(value).replace('"', '""') + '"'


def write_csv(path, rows, header=HEADER):
    lines = [f"{name},123,{{}},1,0,{cell(shape)},{cell(of)}" for name, shape, of in rows]
    path.write_text("\n".join([header, *lines]) + "\n")
    return path


@pytest.mark.parametrize("header", [HEADER, f"#{HEADER}"])
@pytest.mark.parametrize("named", ["file", "folder"])
def test_the_csv_holds_what_the_json_does(tmp_path, header, named):
    rows = [("a.jpg", rect(), {"class": "car"}), ("b.jpg", {}, {})]
    rows += [("a.jpg", {"name": "circle", "cx": 9, "cy": 9, "r": 4.5}, {"class": "bus"})]
    path = write_csv(tmp_path / "via.csv", rows, header)
    boxes = load_annotations(path if named == "file" else tmp_path)
    assert boxes.format == "via"
    assert_array_equal(boxes.data, [[10, 20, 50, 40], [4.5, 4.5, 13.5, 13.5]])
    assert [boxes.target_names[code] for code in boxes.target] == ["car", "bus"]
    assert boxes.image_names == ["a.jpg", "b.jpg"]


def test_a_broken_cell_of_the_csv_is_named(tmp_path):
    path = tmp_path / "via.csv"
    path.write_text(f'{HEADER}\na.jpg,1,{{}},1,0,"{{broken",{{}}\n')
    with pytest.raises(ValueError, match=r"via\.csv, line 2: '{broken' is not a JSON object"):
        load_via(path)
    with pytest.raises(
        ValueError, match=r"'a\.jpg123', region 1: a rect lacks some of its numbers"
    ):
        load_via(write_csv(path, [("a.jpg", {"name": "rect", "x": 1}, {})]))
    with pytest.raises(ValueError, match=r"via\.csv: .*shape_attributes.x"):
        load_via(write_csv(path, [("a.jpg", {"name": "rect", "x": "1"}, {})]))


def version_3(*metadata, fid_list=(1,)):
    """A project as VIA 3 saves it: two pictures and the class of a region as a choice."""
    options = {"0": "car", "1": "bus"}
    attribute = {"aname": "class", "anchor_id": "FILE1_Z0_XY1", "type": 4, "options": options}
    return {
        "project": {"pid": "__VIA_PROJECT_ID__", "data_format_version": "3.1.1"},
        "config": {"file": {"loc_prefix": {"1": ""}}, "ui": {}},
        "attribute": {"1": attribute | {"desc": "", "default_option_id": ""}},
        "file": {
            "1": {"fid": "1", "fname": "a.jpg", "type": 2, "loc": 1, "src": ""},
            "2": {"fid": "2", "fname": "b.mp4", "type": 4, "loc": 1, "src": ""},
        },
        "metadata": {f"{one['vid']}_{n}": {"flg": 0, **one} for n, one in enumerate(metadata)},
        "view": {"1": {"fid_list": list(fid_list)}, "2": {"fid_list": ["2"]}},
    }


def test_version_3_has_views_of_files_and_values_of_choices(write):
    shapes = [[2, 10, 20, 40, 20], [3, 9, 9, 4.5], [4, 100, 50, 30, 20]]
    shapes += [[7, 10, 20, 50, 30, 30, 60], [8, 10, 30, 20, 20, 50, 30, 30, 60], [1, 5, 5]]
    regions = [{"vid": "1", "z": [], "xy": xy, "av": {"1": "0"}} for xy in shapes]
    frame = {"vid": "2", "z": [0.25], "xy": [2, 1, 2, 3, 4], "av": {"1": "1"}}
    segment = {"vid": "2", "z": [1, 2.5], "xy": [], "av": {"1": "1"}}
    boxes = load_annotations(write(version_3(*regions, frame, segment)))
    assert boxes.format == "via"
    expected = [[10, 20, 50, 40], [4.5, 4.5, 13.5, 13.5], [70, 30, 130, 70], [10, 20, 50, 60]]
    assert_allclose(boxes.data, [*expected, [10, 20, 50, 60], [1, 2, 4, 6]])
    assert boxes.image_names == ["a.jpg", "b.mp4", "b.mp4, 0.25 s"]
    assert [boxes.target_names[code] for code in boxes.target] == ["car"] * 5 + ["bus"]
    assert boxes.skipped == {"no box (point)": 1}
    assert boxes.notes == {"around a polygon": 1, "around an ellipse": 2}


@pytest.mark.parametrize(
    ("region", "message"),
    [
        ({"vid": "1", "xy": [2, 1, 2]}, "region 1: a rect lacks some of its numbers"),
        ({"vid": "1", "xy": [12, 1, 2]}, r"metadata '1_0': xy is \[12.*which is not a known shape"),
        ({"vid": "7", "xy": [2, 1, 2, 3, 4]}, "the view '7' does not show exactly one file"),
        ({"vid": "1", "xy": [2, "1", 2, 3, 4]}, r"metadata\[...\]\.xy"),
    ],
)
def test_a_wrong_region_of_version_3_is_named(write, region, message):
    with pytest.raises(ValueError, match=message):
        load_via(write(version_3(region)))


def test_a_view_of_two_files_is_refused(write):
    region = {"vid": "1", "xy": [2, 1, 2, 3, 4]}
    with pytest.raises(ValueError, match="the view '1' does not show exactly one file"):
        load_via(write(version_3(region, fid_list=(1, 2))))


COMMENTS_3 = (
    "# Exported using VGG Image Annotator (http://www.robots.ox.ac.uk/~vgg/software/via)\n"
    '# SHAPE_ID = {"POINT":1,"RECTANGLE":2,"CIRCLE":3}\n'
    '# FLAG_ID = {"RESERVED_FOR_FUTURE":1}\n'
)
COLUMNS_3 = "metadata_id,file_list,flags,temporal_coordinates,spatial_coordinates,metadata"
ATTRIBUTE_3 = {"1": {"aname": "class", "type": 4, "options": {"0": "car", "1": "bus"}}}


def write_csv_3(path, *regions, attributes=None, header=f"# CSV_HEADER = {COLUMNS_3}"):
    """Regions (files, z, xy, av) as VIA 3 exports them, with the comments that it puts on top."""
    comment = "" if attributes is None else f"# ATTRIBUTE = {json.dumps(attributes)}\n"
    rows = [
        ",".join([f'"1_{number}"', cell(files), "0", cell(z), cell(xy), cell(av)])
        for number, (files, z, xy, av) in enumerate(regions)
    ]
    path.write_text("\n".join([f"{COMMENTS_3}{comment}{header}", *rows]))
    return path


def test_the_csv_of_version_3_holds_the_regions_of_the_project(write, tmp_path):
    shapes = [[2, 10, 20, 40, 20], [3, 9, 9, 4.5], [7, 10, 20, 50, 30, 30, 60], [1, 5, 5]]
    metadata = [{"vid": "1", "z": [], "xy": xy, "av": {"1": "0"}} for xy in shapes]
    metadata += [{"vid": "2", "z": [0.25], "xy": [2, 1, 2, 3, 4], "av": {"1": "1"}}]
    metadata += [{"vid": "2", "z": [1, 2.5], "xy": [], "av": {"1": "1"}}]
    names = {"1": ["a.jpg"], "2": ["b.mp4"]}
    regions = [(names[one["vid"]], one["z"], one["xy"], one["av"]) for one in metadata]
    project = load_annotations(write(version_3(*metadata)))
    exported = load_annotations(write_csv_3(tmp_path / "a.csv", *regions, attributes=ATTRIBUTE_3))
    assert exported.format == "via"
    assert exported.image_names == ["a.jpg", "b.mp4, 0.25 s"]
    assert_array_equal(exported.data, project.data)
    for field in ("target_names", "skipped", "notes"):
        assert exported[field] == project[field]
    assert_array_equal(exported.target, project.target)


@pytest.mark.parametrize(
    ("attributes", "names"), [({"1": "class"}, ["bus", "car"]), (None, ["bus", "car"])]
)
def test_the_csv_of_version_3_may_name_attributes_only_or_not_at_all(tmp_path, attributes, names):
    regions = [(["a.jpg"], [], [2, 1, 2, 30, 40], {"1": one}) for one in ("car", "bus")]
    path = write_csv_3(tmp_path / "via.csv", *regions, attributes=attributes)
    assert load_via(path).target_names == names
    assert load_via(path, category_column="class" if attributes else "1").target_names == names


@pytest.mark.parametrize("header", [COLUMNS_3, f"# CSV_HEADER = {COLUMNS_3},,"])
def test_the_csv_of_version_3_may_have_been_saved_by_another_program(tmp_path, header):
    region = (["a.jpg"], [], [2, 1, 2, 30, 40], {"1": "0"})
    path = write_csv_3(tmp_path / "via.csv", region, attributes=ATTRIBUTE_3, header=header)
    assert_array_equal(load_annotations(path).data, [[1, 2, 31, 42]])


@pytest.mark.parametrize(
    ("region", "message"),
    [
        ((["a.jpg"], [], [2, 1, 2], {}), "region 1: a rect lacks some of its numbers"),
        ((["a.jpg"], [], [12, 1, 2], {}), r"line 6: xy is \[12.*which is not a known shape"),
        ((["a", "b"], [], [2, 1, 2, 3, 4], {}), r"line 6: \['a', 'b'\] is not a list of one file"),
        (
            (["a.jpg"], [], [2, "1", 2, 3, 4], {}),
            r"spatial_coordinates, at \$\[1\]: Expected float",
        ),
        (("a.jpg", [], [2, 1, 2, 3, 4], {}), "line 6, file_list, at .*Expected array"),
    ],
)
def test_a_wrong_row_of_the_csv_of_version_3_is_named(tmp_path, region, message):
    path = write_csv_3(tmp_path / "via.csv", region, attributes=ATTRIBUTE_3)
    with pytest.raises(ValueError, match=message):
        load_via(path)


def test_a_row_above_the_columns_of_the_csv_of_version_3_is_named(tmp_path):
    path = write_csv_3(tmp_path / "via.csv", (["a.jpg"], [], [2, 1, 2, 30, 40], {}))
    *comments, columns, row = path.read_text().splitlines()
    quoted = [f'"{comment.replace(chr(34), 2 * chr(34))}"' for comment in comments]
    path.write_text("\n".join([*quoted, columns, row]))
    assert_array_equal(load_via(path).data, [[1, 2, 31, 42]])
    path.write_text("\n".join([*comments, row, columns, row]))
    with pytest.raises(ValueError, match=r"line 4: '\"1_0\",.* is above the names of the columns"):
        load_via(path)


def test_time_segments_of_version_3_are_no_boxes(tmp_path):
    path = tmp_path / "via.csv"
    columns = "metadata_id,file_list,temporal_segment_start,temporal_segment_end,metadata"
    path.write_text(f'{COMMENTS_3}# CSV_HEADER = {columns}\n"1_a","[""a.mp4""]",1.5,2.5,"{{}}"')
    with pytest.raises(ValueError, match=r"via\.csv is not in a known format"):
        load_annotations(path)
