"""`iou-kmeans compare` and `iou-kmeans formats`."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from sklearn_iou_kmeans import IoUKMeans
from sklearn_iou_kmeans.cli import build_app
from sklearn_iou_kmeans.datasets import READERS, load_published_anchors
from sklearn_iou_kmeans.export import EXPORTERS
from sklearn_iou_kmeans.metrics import (
    anchor_statistics,
    average_iou_score,
    best_possible_recall_score,
)

SIZES = (16 * 2 ** np.random.RandomState(0).uniform(0, 5, size=(60, 2))).round(1)


def frames_of(sizes):
    boxes = [{"x1": 0, "y1": 0, "x2": w, "y2": h} for w, h in sizes.tolist()]
    return [{"name": "a.jpg", "labels": [{"category": "car", "box2d": box} for box in boxes]}]


@pytest.fixture
def labels(tmp_path):
    """Boxes in a format that does not know how large images are."""
    path = tmp_path / "labels.json"
    path.write_text(json.dumps(frames_of(SIZES)))
    return path


@pytest.fixture
def mixed(tmp_path):
    """Boxes in images of two shapes, most of them wide."""
    path = tmp_path / "instances.json"
    box = {"category_id": 1, "bbox": [0, 0, 100, 50]}
    document = {
        "images": [
            {"id": 1, "file_name": "wide.jpg", "width": 1280, "height": 720},
            {"id": 2, "file_name": "tall.jpg", "width": 720, "height": 1280},
        ],
        "categories": [{"id": 1, "name": "car"}],
        "annotations": [{"id": i, "image_id": 1 + (i > 2), **box} for i in range(4)],
    }
    path.write_text(json.dumps(document))
    return path


def invoke(*arguments):
    return CliRunner().invoke(build_app(), [*map(str, arguments)])


def run_json(*arguments):
    result = invoke("compare", *arguments, "--json", "-")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def words(text):
    return " ".join(text.split())


def sides(anchors):
    return np.array([[anchor["width"], anchor["height"]] for anchor in anchors])


def test_scores_of_each_set_are_those_of_the_metrics(labels):
    report = run_json(
        labels, "--image-size", "416x416", "--no-clip", "--anchors", "yolov3", "-k", 9, "--seed", 2
    )
    published = load_published_anchors("yolov3").anchors
    fitted = IoUKMeans(9, random_state=2).fit(SIZES).cluster_centers_
    for row, anchors in zip(report["sets"], (published, fitted), strict=True):
        np.testing.assert_allclose(sides(row["anchors"]), anchors)
        assert row["average_iou"] == pytest.approx(average_iou_score(SIZES, anchors))
        assert row["best_possible_recall"]["score"] == best_possible_recall_score(SIZES, anchors)
        assert row["best_possible_recall_by_ratio"]["score"] == best_possible_recall_score(
            SIZES, anchors, measure="ratio"
        )
        n_boxes = [anchor["n_boxes"] for anchor in row["anchors"]]
        assert n_boxes == anchor_statistics(SIZES, anchors).n_boxes.tolist()


def test_the_text_has_unit_boxes_per_anchor_scores_and_what_they_do_not_say(labels):
    options = (labels, "--image-size", "1280x720", "--anchors", "yolov3", "-k", 9)
    result = invoke("compare", *options)
    text = words(result.stdout)
    assert text.count("pixels at a network input of 416 x 416, letterboxed") == 3
    assert "The input size is that of yolov3" in text
    assert "does not guarantee a higher mAP" in text
    assert "scored on the same boxes that they were fitted to" in text
    for row in run_json(*options)["sets"]:
        scores = (
            row["average_iou"],
            row["best_possible_recall_by_ratio"]["score"],
            row["best_possible_recall"]["score"],
        )
        assert f"{row['name']} 9 " + " ".join(f"{score:.4f}" for score in scores) in text
    assert result.stderr == ""


def test_output_fits_80_columns(labels):
    output = invoke("compare", labels, "--image-size", 416, "--anchors", "yolov5", "-k", 3).stdout
    lines = [line for line in output.splitlines() if str(labels.parent) not in line]
    assert max(map(len, lines)) <= 80
    assert all(line == line.rstrip() for line in lines)


def test_anchors_of_another_input_size_are_rescaled_and_it_is_said(labels):
    options = (labels, "--image-size", "1280x720", "--input-size", "640x384")
    row = run_json(*options, "--anchors", "yolov3")["sets"][0]
    # 1280 x 720 becomes 416 x 234 in the one and 640 x 360 in the other.
    published = load_published_anchors("yolov3").anchors
    np.testing.assert_allclose(sides(row["anchors"]), published * 640 / 416)
    assert row["note"] == "made for 416 x 416, rescaled to 640 x 384: x 1.538"
    stretched = run_json(*options, "--resize", "stretch", "--anchors", "yolov3")["sets"][0]
    np.testing.assert_allclose(sides(stretched["anchors"]), published * (640 / 416, 384 / 416))
    assert "widths x 1.538, heights x 0.9231" in stretched["note"]


def test_as_written_takes_the_pixels_of_another_input_size_as_they_are(labels):
    options = (labels, "--image-size", "1280x720", "--input-size", 640, "--as-written")
    row = run_json(*options, "--anchors", "yolov3")["sets"][0]
    assert sides(row["anchors"]).tolist() == load_published_anchors("yolov3").anchors.tolist()
    assert row["note"] == "made for 416 x 416, not rescaled: used as pixels of 640 x 640"


def test_without_resizing_of_images_anchors_are_not_rescaled_either(labels):
    options = (labels, "--input-size", 640, "--resize", "none")
    row = run_json(*options, "--anchors", "yolov3")["sets"][0]
    assert sides(row["anchors"]).tolist() == load_published_anchors("yolov3").anchors.tolist()
    assert "not rescaled, as images are not" in row["note"]


def test_for_images_of_several_shapes_the_median_is_said(mixed):
    row = run_json(mixed, "--input-size", "640x384", "--anchors", "yolov3")["sets"][0]
    assert row["note"].endswith("x 1.538, the median over the boxes")


def test_anchors_in_grid_cells_become_pixels(labels):
    row = run_json(labels, "--image-size", 416, "--anchors", "yolov2-voc")["sets"][0]
    np.testing.assert_allclose(sides(row["anchors"])[0], [42.3072, 55.4064])


@pytest.mark.parametrize(
    ("options", "factor"),
    [
        ("--input-size 416", 1),
        ("--input-size 416 --unit relative", 416),
        ("--input-size 416 --unit grid --stride 32", 32),
        ("--input-size 832x832", 0.5),
        ("--unit pixel", 0.325),
        ("--unit relative", (1280 * 0.325, 720 * 0.325)),
    ],
)
def test_what_fit_writes_is_brought_to_the_input_size(labels, tmp_path, options, factor):
    file, common = tmp_path / "mine.json", (labels, "--image-size", "1280x720")
    invoke("fit", *common, "-k", 3, "--json", file, *options.split())
    mine, fresh = run_json(*common, "--input-size", 416, "--anchors", file, "-k", 3)["sets"]
    fitted = sides(json.loads(file.read_text())["anchors"])
    np.testing.assert_allclose(sides(mine["anchors"]), fitted * factor)
    assert mine["average_iou"] == pytest.approx(fresh["average_iou"], abs=1e-2)


def test_an_export_as_json_or_as_text_comes_back(labels, tmp_path):
    common = (labels, "--image-size", "1280x720", "--input-size", 416)
    json_file, text_file = tmp_path / "anchors.json", tmp_path / "anchors.txt"
    for target, file in (("json", json_file), ("keras", text_file)):
        invoke("fit", *common, "-k", 6, "--export", target, "--output", file)
    exact, rounded, fresh = run_json(
        *common, "--anchors", json_file, "--anchors", text_file, "-k", 6
    )["sets"]
    assert exact["anchors"] == fresh["anchors"]
    np.testing.assert_array_equal(sides(rounded["anchors"]), sides(fresh["anchors"]).round())
    assert "used as they are" in exact["note"]
    assert "input size unknown" in rounded["note"]


def test_a_text_of_pairs_is_compared_in_pixels_of_the_images(labels):
    report = run_json(labels, "--anchors", "10,13, 16,30, 33,23")
    assert report["unit"] == "pixels of the original images"
    assert sides(report["sets"][0]["anchors"]).tolist() == [[10, 13], [16, 30], [33, 23]]


def test_a_text_may_be_longer_than_the_name_of_a_file(labels):
    report = run_json(labels, "--anchors", "10,13, 16,30, " * 50)
    assert len(report["sets"][0]["anchors"]) == 100


def test_json_goes_to_a_file_beside_the_text(labels, tmp_path):
    file = tmp_path / "comparison.json"
    result = invoke("compare", labels, "-k", 2, "--json", file)
    assert f"Wrote {file}" in result.stdout
    assert json.loads(file.read_text())["n_boxes"] == 60


@pytest.mark.parametrize(
    ("anchors", "message"),
    [
        ("yolov8", "no published anchors have that name. Published are yolov2-coco"),
        ("10,13, 16", "3 numbers do not make pairs; write pairs of width and height"),
        ("10,0", "finite and > 0"),
        ("1.2.3,4", "'1.2.3' is not a number"),
        (b"10,13 ten,8", "'ten' is not a number"),
        (b"\xff\xfe\x00", "is not a number"),
        (b"", "0 numbers do not make pairs"),
        (b" " * 64_000_001, "this has more than 64 MB, and no anchors do"),
        (b"[10, 13]", "this is not the JSON of `iou-kmeans fit --json` or of the export json"),
        (b'{"anchors": [[10, 13]]}', "layout is None, not the number of a layout"),
        (b'{"anchors": [{"width": 1', "this is not valid JSON"),
        (
            b'{"layout": 2, "anchors": []}',
            "it was written by a newer version of sklearn-iou-kmeans",
        ),
    ],
    ids=lambda value: str(value)[:30],
)
def test_anchors_that_are_none_are_one_line_that_names_them(labels, tmp_path, anchors, message):
    if isinstance(anchors, bytes):
        path = tmp_path / "anchors.txt"
        path.write_bytes(anchors)
        anchors = path
    result = invoke("compare", labels, "--anchors", anchors, "--image-size", 416)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"iou-kmeans: --anchors {anchors}: ")
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "Nothing to compare: add --anchors, for example --anchors yolov3, or -k 9"),
        (["--anchors", "yolov3"], "--image-size WxH"),
        (["-k", 9, "--json", "none/a.json"], "there is no such folder"),
    ],
)
def test_what_is_missing_is_named(labels, options, message):
    result = invoke("compare", labels, *options)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


def test_anchors_relative_to_images_need_their_sizes(labels, tmp_path):
    file = tmp_path / "mine.json"
    options = ("--unit", "relative", "--image-size", "1280x720", "--json", file)
    invoke("fit", labels, "-k", 3, *options)
    result = invoke("compare", labels, "--anchors", file)
    assert result.exit_code == 2
    assert "--image-size WxH" in result.stderr


def test_formats_lists_all_that_is_read_and_written():
    result = invoke("formats")
    assert result.exit_code == 0
    for name in (*READERS, *EXPORTERS, "yolov4-tiny"):
        assert f"  {name} " in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80


@pytest.mark.parametrize("command", ["fit", "compare", "formats"])
def test_help_fits_80_columns(command):
    output = invoke(command, "--help").stdout
    assert max(map(len, output.splitlines())) <= 80


def test_published_anchors_fit_the_cars_of_bdd100k_worse_than_fitted_ones(shared_data):
    file = shared_data / "bdd100k" / "bdd100k_labels_images_val.json.gz"
    options = ("--category", "car", "--image-size", "1280x720", "--input-size", "640x384")
    published, fitted = run_json(file, *options, "--anchors", "yolov3", "-k", 9)["sets"]
    assert round(fitted["average_iou"], 3) == 0.725
    assert published["average_iou"] < 0.6
    assert published["best_possible_recall"]["score"] < fitted["best_possible_recall"]["score"]


def test_bounds_say_what_each_set_leaves_on_the_table(labels):
    options = (labels, "--image-size", "1280x720", "--anchors", "yolov3", "-k", 9, "--certify", 20)
    report = run_json(*options)
    published, fitted = report["sets"]
    assert published["average_iou"] < published["upper_bound"] == fitted["upper_bound"]
    assert fitted["average_iou"] <= fitted["upper_bound"] <= fitted["average_iou"] + 2e-3
    text = words(invoke("compare", *options).stdout)
    assert "At most: no anchors of that number have a higher average IoU on these boxes." in text
    assert [row["upper_bound"] for row in run_json(*options[:-2])["sets"]] == [None, None]
