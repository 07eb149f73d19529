"""What the command says of the labels that it reads."""

import gzip
import json
import os
import struct
from contextlib import contextmanager

import pytest
from typer.testing import CliRunner

from sklearn_iou_kmeans.cli import build_app
from sklearn_iou_kmeans.datasets._errors import OPTIONS


def png(width=640, height=480):
    """The header of a picture, which is all that a reader may ask for."""
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sIIBBBBBI", 13, b"IHDR", width, height, *[0] * 6)


@pytest.fixture
def write(tmp_path):
    """Write files by name; return their folder."""

    def _write(files):
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return tmp_path

    return _write


def run(*arguments):
    return CliRunner().invoke(build_app(), ["fit", "-k", "2", *map(str, arguments)])


def words(*arguments):
    result = run(*arguments)
    assert result.exit_code == 0, result.stderr
    return " ".join(result.stdout.split())


def error(*arguments):
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    return result.stderr


def json_of(*arguments):
    return json.loads(run(*arguments, "--json", "-").stdout)


LABELS = "0 .5 .5 .1 .1\n0 .5 .5 .2 .1\n0 .5 .5 .2 .3\n"
ROBOFLOW = {
    "data.yaml": "train: ../train/images\nval: ../valid/images\ntest: ../test/images\nnames: [car]",
    **{f"{part}/labels/a.txt": LABELS for part in ("train", "valid", "test")},
    **{f"{part}/images/a.jpg": png() for part in ("train", "valid", "test")},
}


def test_the_parts_of_a_data_set_are_said(write):
    folder = write(ROBOFLOW)
    assert "split train (also there: val, test; --split reads them) skipped" in words(folder)
    assert "6 labels in 2 images, as yolo split train, val (also" in words(
        folder, "--split", "train,val"
    )
    one_by_one, at_once = (
        words(folder, *options).partition(" reading ")[0]  # and how long that took
        for options in (["--split", "train", "--split", "val"], ["--split", "train,val"])
    )
    assert one_by_one == at_once
    report = json_of(folder)
    assert (report["splits"], report["splits_read"]) == (["train", "val", "test"], ["train"])
    assert "only 'train', 'val', 'test'. Choose with --split" in error(folder, "--split", "dev")


def test_what_became_of_boxes_is_counted(write):
    lines = "0 .1 .1 .4 .1 .4 .3 .1 .3\n0 .1 .1 .2 .1 .2 .3\n0 .5 .5 .1 .1\n0 .9 .5 .4 .2\n"
    folder = write({"a.txt": lines})
    options = [folder, "--image-size", "100x100"]
    said = words(*options)
    assert "notes 1 around an oriented box 1 around a polygon 1 clipped to the image" in said
    said = words(*options, "--no-clip", "--sides", "rotated", "--min-size", 15)
    assert "skipped 2 side below 15 pixels: a used 2 boxes" in said
    assert "1 reaching outside the image, not clipped" in said
    report = json_of(*options)
    assert report["notes"]["clipped to the image"] == 1
    assert report["parameters"]["clip"] is True
    assert "notes" not in words(write({"b/a.txt": LABELS}) / "b", "--image-size", "100x100")


RELATIVE = "image,x1,y1,x2,y2\na.jpg,0.25,0.5,0.5,1\nb.jpg,0,0,1,0.125\nc.jpg,0,0,1,0.25\n"


def test_boxes_relative_to_images_of_unknown_size_are_called_so(write):
    folder = write({"a.csv": RELATIVE})
    assert "unit relative to the image; --images DIR or --image-size" in words(folder / "a.csv")
    for options in (["--input-size", "416"], ["--truncate"]):
        assert "relative to their images" in error(folder / "a.csv", *options)
    pixels = words(folder / "a.csv", "--input-size", "416", "--resize", "stretch")
    assert "unit pixels at a network input of 416 x 416, stretched" in pixels
    scaled = words(folder / "a.csv", "--image-size", "640x480")
    assert "unit pixels of the original images" in scaled
    compare = ["compare", str(folder / "a.csv"), "--anchors", "10,20, 30,40"]
    result = CliRunner().invoke(build_app(), compare)
    assert result.exit_code == 2
    assert "are relative to their images" in result.stderr


SQUARE = {"x1": 0, "y1": 0, "x2": 100, "y2": 100}
KITTI = "Car 0 0 0 0 0 100 100 1.89 0.48 1.20 1.84 1.47 8.41 0.01\n"
SQUARES = {
    "keras_yolo3": {"list.txt": "a.jpg 0,0,100,100,0\nb.jpg 0,0,100,100,0\n"},
    "kitti": {"label_2/a.txt": KITTI, "label_2/b.txt": KITTI},
    "wider_face": {"gt.txt": "".join(f"{i}.jpg\n1\n0 0 100 100 0 0 0 0 0 0\n" for i in "ab")},
    "csv": {"boxes.csv": "image,x1,y1,x2,y2\na.jpg,0,0,100,100\nb.jpg,0,0,100,100\n"},
    "bdd100k": {
        "labels.json": json.dumps(
            [{"name": f"{i}.jpg", "labels": [{"category": "car", "box2d": SQUARE}]} for i in "ab"]
        )
    },
}


@pytest.mark.parametrize("name", SQUARES)
def test_images_of_mixed_sizes_are_measured(write, name):
    folder = write(SQUARES[name] | {"i/a.png": png(200, 100), "i/b.png": png(400, 400)})
    labels = folder / next(iter(SQUARES[name])).split("/")[0]
    report = json_of(labels, "--images", folder / "i", "--input-size", 400)
    assert report["format"] == name
    assert [anchor["width"] for anchor in report["anchors"]] == [100, 200]
    message = error(labels, "--input-size", 400)
    assert "Add --images DIR" in message
    assert "--image-size WxH" in message


@pytest.mark.parametrize("name", SQUARES)
def test_boxes_of_missing_images_are_left_out_where_sizes_are_needed_and_counted(write, name):
    folder = write(SQUARES[name] | {"i/a.png": png(200, 100)})
    labels = folder / next(iter(SQUARES[name])).split("/")[0]
    options = (labels, "--images", folder / "i", "-k", 1)
    said = words(*options, "--input-size", 400)
    assert "skipped 1 no image file: b" in said
    assert "used 1 box " in said
    assert "not found" not in said
    pixels = words(*options)
    assert "used 2 boxes" in pixels
    assert "notes 1 in an image that was not found" in pixels


def test_images_that_are_missing_for_several_reasons_are_counted_together(write):
    """Relative boxes always need the sizes of their images, boxes in pixels for an input size."""
    rows = "a.jpg,0,0,0.5,0.5\nb.jpg,0,0,0.5,0.5\n"
    folder = write(SQUARES["csv"] | {"relative.csv": f"image,x1,y1,x2,y2\n{rows}"})
    write({"i/a.png": png(200, 200)})
    files = (folder / "boxes.csv", folder / "relative.csv")
    report = json_of(*files, "--images", folder / "i", "--input-size", 400, "-k", 1)
    assert report["skipped"] == {"no image file": 2}
    assert len(report["skipped_images"]["no image file"]) == 2
    assert report["n_boxes"] == 2


def test_several_files_are_read_together(write):
    folder = write({"a.csv": "x1,y1,x2,y2\n1,2,30,40\n", "b.csv": "x1,y1,x2,y2\n1,2,50,90\n"})
    said = words(folder / "a.csv", folder / "b.csv")
    assert "2 labels in 2 images, as csv" in said
    assert f"{folder / 'a.csv'}, {folder / 'b.csv'}" == json_of(*folder.iterdir())["file"]


def test_columns_are_named_by_position(write):
    path = write({"a.csv": "a.jpg,1,2,30,40,car\nb.jpg,1,2,50,90,bus\n"}) / "a.csv"
    assert "if they are the second to the fifth, --columns 2,3,4,5" in error(path)
    assert "--box-format xyxy or --box-format xywh" in error(path, "--columns", "2,3,4,5")
    options = ["--box-format", "xyxy", "--category-column", "6", "--image-column", "1"]
    said = words(path, "--columns", "2,3,4,5", *options)
    assert "2 labels in 2 images, as csv skipped nothing used 2 boxes 1 bus 1 car" in said


PYTHON = (*(f"{option}=" for option in OPTIONS), "box_format", "max_unpacked", "load_")


@pytest.mark.parametrize(
    ("content", "options"),
    [
        ("ImageID,LabelName,XMin,XMax,YMin,YMax\na,b,0,1,0,1\n", []),
        ("ImageID,LabelName,XMin,XMax,YMin,YMax\na,b,0,1,0,1\n", ["--format", "csv"]),
        ("a,b,c,d\n1,2,3,4\n", []),
        ("a.jpg,1,2,3,4\nb.jpg,1,2,3,4\n", []),
        ("filename,width,height\na.jpg,1,2\n", []),
        ('image,bbox\na,"1,2,30,40"\n', []),
        ("no boxes at all", []),
        ("x1,y1,x2,y2\n1,2,3,4\n", ["--format", "voc8"]),
        ("x1,y1,x2,y2\n1,2,3,4\n", ["--split", "train"]),
        ("x1,y1,x2,y2\n1,2,3,4\n", ["--delimiter", ";;"]),
        ("x1,y1,x2,y2\n1,2,3,4\n", ["--delimiter", ";"]),
        ("x1,y1,x2,y2\n1,2,3,4\n", ["--columns", "x1,y1,x2"]),
        ("x1,y1,x2,y2\n1,2,3,4\n", ["--box-format", "xyrb"]),
        ('<annotations><image name="a"/></annotations>', ["--sides", "upright"]),
        ('[{"name": "a.jpg"}]', ["--box-format", "xyxy"]),
        ("x1,y1,x2,y2\n1,2,3,4\n", ["--images", "nowhere"]),
        ("x1,y1,x2,y2\n1,2,3,4\n", ["--images", ".", "--image-size", "9x9"]),
        ("x1,y1,x2,y2\n1,2,3,4\n", ["--sides", "rotated"]),
    ],
)
def test_errors_name_options_of_the_command(write, content, options):
    message = error(write({"a.csv": content}) / "a.csv", *options)
    assert not [name for name in PYTHON if name in message]


def test_the_remedy_for_sizes_in_two_columns_is_one_that_helps(write):
    path = write({"a.csv": "filename,width,height\na.jpg,10,20\nb.jpg,30,40\n"}) / "a.csv"
    assert "If they are the size of the boxes, choose --columns width,height." in error(path)
    assert "used 2 boxes" in words(path, "--columns", "width,height")


def test_a_table_of_one_column_is_said_to_be_one(write):
    path = write({"a.csv": "filename,xmin,ymin,xmax,ymax\na.jpg,10,20,30,50\n"}) / "a.csv"
    message = error(path, "--delimiter", ";")
    assert "has a single column, 'filename,xmin,ymin,xmax,ymax'" in message
    assert message.endswith("separates the columns, name it, for example --delimiter ':'.\n")


def test_control_characters_in_a_file_name_are_escaped(write):
    path = write({"a\x1b[31mb.csv": "no boxes"}) / "a\x1b[31mb.csv"
    assert "\x1b" not in error(path)
    assert r"a\x1b[31mb.csv" in error(path)


@contextmanager
def stdin_from(source):
    """An open file or pipe is the standard input, and closed in the end."""
    before = os.dup(0)
    os.dup2(source, 0)
    os.close(source)
    try:
        yield
    finally:
        os.dup2(before, 0)
        os.close(before)


@pytest.mark.parametrize("is_packed", [False, True])
@pytest.mark.parametrize("given", ["pipe", "file"])
def test_a_dash_is_standard_input(write, given, is_packed):
    path = write({"a.csv": "image,x1,y1,x2,y2\na.jpg,1,2,30,40\nb.jpg,1,2,50,90\n"}) / "a.csv"
    if is_packed:
        path.write_bytes(gzip.compress(path.read_bytes()))
    if given == "pipe":
        source, end = os.pipe()
        os.write(end, path.read_bytes())
        os.close(end)
    else:
        source = os.open(path, os.O_RDONLY)
    with stdin_from(source):
        assert "2 labels in 2 images, as csv" in words("-", "--format", "csv")


def test_what_a_file_may_unpack_to_is_an_option(write):
    """This one unpacks to some 200 times its size."""
    rows = b"%b.jpg,1,2,30,40\n%b.jpg,1,2,50,90\n" % (b"a" * 200, b"b" * 200) * 10_000
    path = write({"a.csv.gz": gzip.compress(b"image,x1,y1,x2,y2\n" + rows)}) / "a.csv.gz"
    assert "more than 100 times its size" in error(path)
    assert "If you trust it, allow more: --max-unpacked 1000." in error(path)
    assert "20 000 labels in 2 images" in words(path, "--max-unpacked", "1000")


def test_images_that_no_label_names_are_not_counted(tmp_path):
    path, report = tmp_path / "sizes.csv", tmp_path / "fit.json"
    path.write_text("width,height\n" + "".join(f"{i},{2 * i}\n" for i in range(1, 9)))
    result = CliRunner().invoke(build_app(), ["fit", str(path), "-k", "2", "--json", str(report)])
    assert "8 labels, images not named, as csv" in " ".join(result.stdout.split())
    assert json.loads(report.read_text())["n_images"] is None
