"""`iou-kmeans fit` from any format, at a network's input, to a framework."""

import json
import re

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
import yaml
from typer.testing import CliRunner

from sklearn_iou_kmeans import IoUKMeans
from sklearn_iou_kmeans.cli import build_app
from sklearn_iou_kmeans.datasets import load_coco
from sklearn_iou_kmeans.metrics import average_iou_score
from sklearn_iou_kmeans.preprocessing import box_sizes, letterbox, stretch

SIZE = (1280, 720)


def draw_sizes(n=60):
    return (16 * 2 ** np.random.RandomState(0).uniform(0, 5, size=(n, 2))).round(1)


@pytest.fixture
def coco(tmp_path):
    """Boxes in images of 1280 x 720, and a crowd in one of 640 x 480."""
    boxes = [
        {"image_id": 1, "category_id": 1, "bbox": [0, 0, w, h]} for w, h in draw_sizes().tolist()
    ]
    crowd = {"image_id": 2, "category_id": 1, "bbox": [0, 0, 600, 400], "iscrowd": 1}
    document = {
        "images": [
            {"id": 1, "file_name": "a.jpg", "width": 1280, "height": 720},
            {"id": 2, "file_name": "b.jpg", "width": 640, "height": 480},
        ],
        "categories": [{"id": 1, "name": "car"}],
        "annotations": [{"id": i, **box} for i, box in enumerate([*boxes, crowd])],
    }
    path = tmp_path / "instances.json"
    path.write_text(json.dumps(document))
    return path


@pytest.fixture
def kitti(tmp_path):
    """The same boxes in a format that does not know how large images are."""
    folder = tmp_path / "label_2"
    folder.mkdir()
    lines = [f"Car 0 0 0 0 0 {w} {h} 0 0 0 0 0 0 0\n" for w, h in draw_sizes().tolist()]
    (folder / "000000.txt").write_text("".join(lines))
    return folder


def voc_file(folder, corners, difficult=0, size=SIZE):
    sides = zip(("xmin", "ymin", "xmax", "ymax"), corners, strict=True)
    box = "".join(f"<{side}>{value}</{side}>" for side, value in sides)
    path = folder / "a.xml"
    path.write_text(
        f"<annotation><size><width>{size[0]}</width><height>{size[1]}</height></size><object>"
        f"<name>dog</name><difficult>{difficult}</difficult><bndbox>{box}</bndbox></object>"
        "</annotation>"
    )
    return path


def invoke(*arguments):
    return CliRunner().invoke(build_app(), [*map(str, arguments)])


def run(*arguments):
    return invoke("fit", *arguments)


def run_json(*arguments):
    result = run(*arguments, "--json", "-")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def words(text):
    return " ".join(text.split())


def sides(anchors):
    return np.array([[anchor["width"], anchor["height"]] for anchor in anchors])


def test_the_format_is_told_by_content_and_said(coco, kitti):
    assert "as coco" in run(coco, "-k", 2).stdout
    assert run_json(kitti, "-k", 2)["format"] == "kitti"
    assert run_json(kitti, "--format", "kitti", "-k", 2)["n_boxes"] == 60


def test_flagged_boxes_are_counted_apart_and_can_be_kept(coco):
    assert run_json(coco, "-k", 2)["skipped"] == {"crowd": 1}
    assert run_json(coco, "-k", 2, "--keep-flagged")["n_boxes"] == 61


def test_inclusive_corners_make_a_box_one_pixel_larger(tmp_path):
    path = voc_file(tmp_path, (11, 21, 50, 40))
    assert sides(run_json(path, "-k", 1)["anchors"]).tolist() == [[39, 19]]
    assert sides(run_json(path, "-k", 1, "--inclusive")["anchors"]).tolist() == [[40, 20]]


def test_relative_labels_without_images_take_the_image_size_as_given(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("0 0.5 0.5 0.25 0.125\n")
    result = run(path, "-k", 1)
    assert result.exit_code == 2
    assert "--image-size WxH" in result.stderr
    report = run_json(path, "-k", 1, "--image-size", "640x480")
    assert sides(report["anchors"]).tolist() == [[160, 60]]


def test_a_file_names_the_classes_of_a_list(tmp_path):
    labels, names = tmp_path / "train.txt", tmp_path / "classes.txt"
    labels.write_text("a.jpg 10,20,50,40,0 7,9,30,60,1\n")
    names.write_text("car\nbus\n")
    report = run_json(labels, "--names", names, "--category", "bus", "-k", 1)
    assert report["categories"] == {"bus": 1}


def test_a_table_with_columns_of_its_own_is_read(tmp_path):
    path = tmp_path / "boxes.csv"
    path.write_text("L;T;B;H\n10;20;30;40\n")
    options = ("--format", "csv", "--columns", "L,T,B,H", "--box-format", "xywh")
    assert sides(run_json(path, *options, "--delimiter", ";", "-k", 1)["anchors"]).tolist() == [
        [30, 40]
    ]


@pytest.mark.parametrize(
    ("options", "resize", "input_size"),
    [
        (["--input-size", "416"], letterbox, (416, 416)),
        (["--input-size", "640x384"], letterbox, (640, 384)),
        (["--input-size", "640x384", "--resize", "stretch"], stretch, (640, 384)),
        (["--input-size", "640x384", "--resize", "none"], lambda sizes, *_: sizes, (640, 384)),
    ],
)
def test_anchors_are_found_at_the_size_that_the_network_sees(coco, options, resize, input_size):
    report = run_json(coco, "-k", 3, *options)
    sizes = resize(box_sizes(load_coco(coco).data), SIZE, input_size)
    anchors = IoUKMeans(3, random_state=0).fit(sizes).cluster_centers_
    np.testing.assert_array_equal(sides(report["anchors"]), anchors)
    assert report["scale"]["input_size"] == list(input_size)
    assert f"at a network input of {input_size[0]} x {input_size[1]}, " in report["unit"]


def test_boxes_of_hundreds_of_orders_of_magnitude(tmp_path):
    sizes = [(1e200, 1e200), (1e200, 2e200), (2, 3), (3, 9)]
    boxes = [{"image_id": 1, "category_id": 1, "bbox": [0, 0, w, h]} for w, h in sizes]
    path = tmp_path / "instances.json"
    path.write_text(
        json.dumps(
            {
                "images": [{"id": 1, "file_name": "a.jpg"}],
                "categories": [{"id": 1, "name": "car"}],
                "annotations": [{"id": i, **box} for i, box in enumerate(boxes)],
            }
        )
    )
    report = run_json(path, "-k", 3)
    assert 3 / 4 < report["average_iou"] <= 1
    assert np.isfinite(sides(report["anchors"])).all()


def test_the_unit_is_said_above_the_anchors_and_does_not_change_them(coco):
    options = (coco, "-k", 3, "--input-size", "640x384")
    pixels = sides(run_json(*options)["anchors"])
    relative = run_json(*options, "--unit", "relative")
    grid = run_json(*options, "--unit", "grid", "--stride", 32)
    assert relative["unit"] == "shares of a network input of 640 x 384, letterboxed"
    np.testing.assert_allclose(sides(relative["anchors"]) * (640, 384), pixels)
    assert grid["unit"] == "grid cells of 32 pixels at a network input of 640 x 384, letterboxed"
    np.testing.assert_allclose(sides(grid["anchors"]) * 32, pixels)
    assert relative["average_iou"] == grid["average_iou"]
    assert f"unit {grid['unit']}" in words(run(*options, "--unit", "grid", "--stride", 32).stdout)


def test_relative_to_images_of_known_size_needs_no_input(coco):
    report = run_json(coco, "-k", 2, "--unit", "relative")
    assert report["unit"] == "shares of each original image"
    sizes = box_sizes(load_coco(coco).data) / SIZE
    assert report["average_iou"] == average_iou_score(sizes, sides(report["anchors"]))


def test_image_sizes_that_the_labels_do_not_know_are_given_or_asked_for(kitti, coco):
    result = run(kitti, "--input-size", 416)
    assert result.exit_code == 2
    assert "--image-size WxH" in result.stderr
    given = run_json(kitti, "--input-size", 416, "--image-size", "1280x720")
    assert given["anchors"] == run_json(coco, "--input-size", 416)["anchors"]


def test_an_image_size_of_zero_in_a_file_is_an_unknown_one(tmp_path):
    path = voc_file(tmp_path, (0, 0, 128, 72), size=(0, 0))
    message = run(path, "-k", 1, "--input-size", 416).stderr
    assert "416 x 416 needs the sizes of the images, and the labels contain none" in message
    report = run_json(path, "-k", 1, "--input-size", 640, "--image-size", "1280x720")
    assert sides(report["anchors"]).tolist() == [[64, 36]]


def test_an_export_comes_after_the_table_with_its_average_iou(coco):
    result = run(coco, "--input-size", 640, "--export", "ultralytics")
    table, text = result.stdout.split("For ultralytics:\n\n")
    report = run_json(coco, "--input-size", 640, "--export", "ultralytics")
    assert report["export"]["text"] == text
    assert "at a network input of 640 x 640 pixels" in text
    heads = yaml.safe_load(text)["anchors"]
    assert [len(head) for head in heads] == [6, 6, 6]
    sizes = letterbox(box_sizes(load_coco(coco).data), SIZE, 640)
    written = average_iou_score(sizes, np.reshape(heads, (-1, 2)))
    assert report["export"]["average_iou"] == written
    assert f"written {written:.4f} as in ultralytics" in words(table)


@pytest.mark.parametrize(
    "target",
    [
        "darknet", "detectron2", "json", "keras", "matlab", "mmdetection", "paddle", "tao",
        "tf_model_garden", "torchvision", "ultralytics",
    ],
)  # fmt: skip
def test_every_target_is_written_with_the_input_size_and_the_average_iou(coco, target):
    report = run_json(coco, "--input-size", "640x384", "--export", target)
    export = report["export"]
    assert 0.3 < export["average_iou"] <= report["average_iou"] + 0.05
    numbers = re.findall(r"\d+", export["text"])
    assert "640" in numbers
    assert "384" in numbers


def test_heads_are_a_number_or_how_many_anchors_each_takes(coco):
    options = (coco, "--input-size", 416, "--export", "paddle", "--heads")
    for heads, lengths in (("1", [9]), ("3", [3, 3, 3]), ("4,3,2", [4, 3, 2])):
        text = run_json(*options, heads)["export"]["text"]
        masks = yaml.safe_load(text)["YOLOv3Head"]["anchor_masks"]
        assert [len(mask) for mask in masks[::-1]] == lengths


def test_the_models_of_darknet_differ_in_order_and_unit(coco):
    options = (coco, "--input-size", 416, "--export", "darknet", "--classes", 20)
    masks = {
        model: re.findall("mask = (.*)", run_json(*options, "--model", model)["export"]["text"])
        for model in ("v2", "v3", "v4")
    }
    assert masks == {"v2": [], "v3": ["6,7,8", "3,4,5", "0,1,2"], "v4": ["0,1,2", "3,4,5", "6,7,8"]}
    assert "filters=75 in" in run(*options).stdout
    assert "grid cells of 32 pixels" in run(*options, "--model", "v2").stdout


def test_an_export_goes_to_a_file_that_is_named(coco, tmp_path):
    file = tmp_path / "anchors.txt"
    result = run(coco, "--input-size", 416, "--export", "keras", "--output", file)
    assert f"Wrote {file}\n" in result.stdout
    assert "For keras" not in result.stdout
    assert re.match(r"(\d+,\d+,  ){8}\d+,\d+\n", file.read_text())


def test_an_export_on_stdout_leaves_the_text_to_stderr(coco):
    result = run(coco, "--input-size", 416, "--export", "keras", "--output", "-")
    assert re.match(r"(\d+,\d+,  ){8}\d+,\d+\n# anchors are", result.stdout)
    assert "average IoU" in result.stderr


def write_small_boxes(path, n_repeats=9):
    path.write_text("width,height\n" + "4.1,4.2\n4.2,4.1\n8,8\n" * n_repeats)
    return path


@pytest.mark.parametrize(
    ("target", "remedy"),
    [
        ("keras", "Add --decimals 1, or ask for fewer anchors with -k"),
        ("darknet", "Add --decimals 1, or ask for fewer anchors with -k"),
        ("paddle", "Use a larger --input-size, or ask for fewer anchors with -k"),
        ("torchvision", "Use a larger --input-size, or ask for fewer anchors with -k"),
    ],
)
@pytest.mark.parametrize("command", ["fit", "sweep"])
def test_an_export_whose_rounding_loses_anchors_is_refused(tmp_path, command, target, remedy):
    path, output, report = (tmp_path / name for name in ("sizes.csv", "anchors.txt", "a.json"))
    write_small_boxes(path)
    options = (path, "-k", 3, "--input-size", 416, "--resize", "none", "--export", target)
    result = invoke(command, *options, "--output", output, "--json", report)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith(f"iou-kmeans: --export {target}: rounding loses anchors, so ")
    assert result.stderr.count("\n") == 1
    assert remedy in result.stderr
    assert not output.exists()
    assert not report.exists()


def test_a_side_that_rounding_makes_zero_is_refused_too(tmp_path):
    path = tmp_path / "sizes.csv"
    path.write_text("width,height\n" + "0.3,4\n8,8\n" * 9)
    options = (path, "-k", 2, "--input-size", 416, "--resize", "none", "--export", "keras")
    result = run(*options)
    assert result.exit_code == 2
    assert "(0.3, 4) became (0, 4). Add --decimals 1" in result.stderr


def test_decimals_keep_the_anchors_apart(tmp_path):
    path = write_small_boxes(tmp_path / "sizes.csv")
    options = (path, "-k", 3, "--input-size", 416, "--resize", "none", "--export", "keras")
    result = run(*options, "--decimals", 1, "--output", "-")
    assert result.exit_code == 0
    assert result.stdout.startswith("4.1,4.2,  4.2,4.1,  8.0,8.0\n")


def test_anchors_larger_than_the_input_are_a_warning_without_names_of_functions(tmp_path):
    path = tmp_path / "sizes.csv"
    path.write_text("width,height\n" + "500,300\n90,80\n" * 9)
    options = (path, "-k", 2, "--input-size", 416, "--resize", "none", "--export", "keras")
    result = run(*options)
    assert result.exit_code == 0
    assert result.stderr == (
        "iou-kmeans: warning: Larger than the network input of 416 x 416 pixels: anchors "
        "(500, 300). Were the boxes clustered in pixels of the original images? Rescale them to "
        "the network input first.\n"
    )


@pytest.mark.parametrize(
    ("suffix", "start"), [("png", b"\x89PNG\r\n\x1a\n"), ("svg", b"<?xml"), ("pdf", b"%PDF-")]
)
def test_the_anchors_are_drawn_in_the_format_of_the_suffix(coco, tmp_path, suffix, start):
    file = tmp_path / f"anchors.{suffix}"
    result = run(coco, "-k", 3, "--plot", file)
    assert result.exit_code == 0
    assert result.stdout.endswith(f"Wrote {file}\n")
    assert file.read_bytes().startswith(start)
    assert plt.get_fignums() == []


@pytest.mark.parametrize(
    ("options", "at", "unit"),
    [
        ([], "", "pixels"),
        (["--input-size", "640x384"], ", at a network input of 640 x 384", "pixels"),
        (
            ["--input-size", "640", "--unit", "grid", "--stride", "32"],
            ", at a network input of 640 x 640",
            "grid cells of 32 pixels",
        ),
    ],
)
def test_the_picture_says_what_it_shows(coco, tmp_path, options, at, unit):
    file = tmp_path / "anchors.svg"
    with matplotlib.rc_context({"svg.fonttype": "none"}):  # texts as texts
        report = run_json(coco, "-k", 3, "--plot", file, *options)
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", file.read_text())
    assert "instances.json: car, 60 boxes" in texts
    assert f"3 anchors, average IoU {report['average_iou']:.3f}{at}" in texts
    assert f"Width ({unit})" in texts


@pytest.mark.parametrize(
    ("names", "title"),
    [
        ([""], "boxes.csv: 2 boxes"),
        (["1", "bus"], "boxes.csv: category 1, bus, 4 boxes"),
        (["a", "b", "c", "d"], "boxes.csv: 4 categories, 8 boxes"),
    ],
)
def test_the_title_names_a_few_categories(tmp_path, names, title):
    path, file = tmp_path / "boxes.csv", tmp_path / "anchors.svg"
    rows = [f"{i},9,{name}\n" for name in names for i in (5, 6)]
    path.write_text("width,height,label\n" + "".join(rows))
    with matplotlib.rc_context({"svg.fonttype": "none"}):
        assert run(path, "-k", 1, "--plot", file).exit_code == 0
    assert f">{title}<" in file.read_text()


def test_a_title_keeps_dollar_signs_and_escapes_control_characters(tmp_path):
    path = tmp_path / "boxes.csv"
    path.write_text("width,height,label\n" + "".join(f"{i},9,$x$ \x07\n" for i in range(1, 9)))
    file = tmp_path / "anchors.svg"
    with matplotlib.rc_context({"svg.fonttype": "none"}):
        result = run(path, "-k", 1, "--plot", file)
    assert result.stderr == ""
    assert r"boxes.csv: $x$ \x07, 8 boxes" in file.read_text()
    assert "1 anchor, average IoU" in file.read_text()


def test_a_title_of_a_name_without_end_is_cut(tmp_path):
    path, file = tmp_path / "boxes.csv", tmp_path / "anchors.svg"
    path.write_text("width,height,label\n" + "".join(f"{i},9,{'n' * 100_000}\n" for i in (5, 6)))
    with matplotlib.rc_context({"svg.fonttype": "none"}):
        assert run(path, "-k", 1, "--plot", file).exit_code == 0
    assert len(re.findall(r"n{70}", file.read_text())) <= 4


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            "--format yolov3",
            "'yolov3' is not a format. Choose --format auto to detect it, or name one of coco",
        ),
        ("--inclusive", "is read as 'coco', which does not accept --inclusive"),
        ("--columns 1,2", "does not accept --columns"),
        ("--input-size 640*384", "--input-size is '640*384': write 416, or 640x384"),
        ("--input-size 0", "--input-size is '0'"),
        (
            "--image-size 640x480 --input-size 416",
            "and not all are 640 x 480. Leave --image-size",
        ),
        ("--resize stretch", "--resize stretch requires the size"),
        ("--input-size 416 --resize crop", "--resize is 'crop': choose from letterbox, stretch"),
        ("--unit inch", "--unit is 'inch': choose from pixel, relative, grid"),
        ("--unit grid --stride 32", "--unit grid requires --input-size"),
        ("--input-size 416 --unit grid", "add --stride, for example 32"),
        ("--input-size 416 --stride 32", "so it requires --unit grid"),
        (
            "--input-size 640x384 --unit grid --stride 1e308",
            "is no larger than the network input of 640 x 384",
        ),
        ("--export darknet", "add --input-size, for example 416 or 640x384"),
        ("--heads 3", "--heads requires --export, for example --export darknet"),
        ("--output anchors.txt", "--output requires --export"),
        (
            "--input-size 416 --export caffe",
            "--export caffe: there is no such exporter. Choose from",
        ),
        (
            "--export yolo11",
            "--export yolo11: YOLOv8 and later models predict boxes without anchors",
        ),
        ("--input-size 416 --export keras --heads 3", "--export keras does not accept --heads"),
        ("--input-size 416 --export paddle --model v4", "does not accept --model"),
        ("--input-size 416 --export paddle --decimals 1", "does not accept --decimals"),
        ("--input-size 416 --export darknet --model v5", "--model is 'v5': for --export darknet"),
        ("--input-size 416 --export tf_model_garden --model v3", "choose from retinanet, ssd"),
        (
            "--input-size 416 --export tf_model_garden --heads 4,3,2",
            "--heads 4,3,2: the models take",
        ),
        ("--input-size 416 --export paddle --heads many", "--heads is 'many'"),
        ("--input-size 416 --export paddle --heads 0", "--heads 0: pass the number of heads, or"),
        ("--input-size 416 --export paddle --heads 3,3", "--heads 3,3: these heads take 6 anchors"),
        ("--input-size 416 --export paddle -k 8 --heads 3", "--heads 3: 8 anchors cannot be split"),
        ("--input-size 416 --export paddle -k 8", "--export paddle: 8 anchors cannot be split"),
        ("--input-size 416 --export json --output - --json -", "Only one of --json, --output"),
        ("--input-size 416 --export json --output none/a.json", "--output none/a.json: there is"),
    ],
)
def test_a_mistake_is_one_line_that_names_the_option(coco, options, message):
    result = run(coco, *options.split())
    assert result.exit_code == 2
    assert result.stderr.startswith("iou-kmeans: ")
    assert result.stderr.count("\n") == 1
    assert message in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    "option",
    [
        *("format", "split", "sides", "columns", "category-column", "image-column", "box-format"),
        *("delimiter", "names", "images", "image-size", "input-size", "resize", "unit", "export"),
        *("heads", "model", "output", "json", "plot"),
    ],
)
def test_an_empty_value_as_of_an_unset_variable_is_not_taken_for_none(tmp_path, option):
    (tmp_path / "a.csv").write_text("image,x1,y1,x2,y2\na.jpg,1,2,30,40\n")
    result = run(tmp_path / "a.csv", "-k", 1, f"--{option}", "")
    assert result.exit_code == 2
    assert f"--{option}" in result.stderr or "''" in result.stderr


def test_an_empty_path_is_not_the_current_folder(coco, monkeypatch):
    monkeypatch.chdir(coco.parent)
    for paths in ([""], [coco, ""]):
        result = run(*paths, "-k", 1)
        assert result.exit_code == 2
        assert "'LABELS': it is empty: name a file or folder." in result.stderr


def test_real_annotations_are_read_and_what_is_skipped_is_named(shared_data):
    cells = words(run(shared_data / "bccd", "-k", 3, "--input-size", 416).stdout)
    assert "4 888 labels in 364 images, as voc" in cells
    assert "2 zero or negative size" in cells
    assert "BloodImage_00338, Annotations/BloodImage_00343" in cells
    things = run_json(shared_data / "coco" / "tiny_coco.json", "--input-size", 416)
    assert things["n_labels"] == 288
    assert things["skipped"] == {"crowd": 4}
    voc = run_json(shared_data / "voc2007" / "voc2007_trainval.txt", "-k", 5)
    assert (voc["format"], voc["n_boxes"]) == ("keras_yolo3", 12_608)
    assert round(voc["average_iou"], 3) == 0.623


def test_a_bound_says_how_far_the_anchors_are_from_the_best_possible(coco):
    report = run_json(coco, "-k", 3, "--certify", 20)
    assert report["average_iou"] <= report["upper_bound"] <= report["average_iou"] + 1e-3
    assert report["seconds"]["certifying"] > 0
    assert run_json(coco, "-k", 3)["upper_bound"] is None
    said = re.search(
        r"at most (0\.\d{4}) by any 3 anchors: these are within (0\.\d{4}) of the best possible",
        words(run(coco, "-k", 3, "--certify", 20).stdout),
    )
    assert float(said[1]) >= report["upper_bound"]
    assert float(said[2]) >= report["upper_bound"] - report["average_iou"]
    assert float(said[2]) <= 1.1e-3


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "banana"])
def test_a_bound_takes_a_positive_time(coco, seconds):
    result = run(coco, "--certify", seconds)
    assert result.exit_code == 2
    message = f"Invalid value for '--certify': {seconds!r} is not a number of seconds above 0."
    assert message in result.stderr
