import json
import subprocess
import sys
import sysconfig
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from sklearn_iou_kmeans import IoUKMeans, MostFrequentShapes, __version__
from sklearn_iou_kmeans.cli import build_app, main
from sklearn_iou_kmeans.datasets import load_bdd100k
from sklearn_iou_kmeans.preprocessing import box_sizes

DRAW = Path(__file__).resolve().parents[1] / "examples" / "draw_annotations.py"


def label_of(category, x1, y1, x2, y2):
    return {"category": category, "box2d": {"x1": x1, "y1": y1, "x2": x2, "y2": y2}}


def frames_of(n_cars=60):
    """Cars of many sizes in images of four, two people, a lane, and a car without height."""
    rng = np.random.RandomState(0)
    sizes = (8 * 2 ** rng.uniform(0, 6, size=(n_cars, 2))).round(1)
    cars = [
        label_of("car", 3.7, 5.2, 3.7 + width, 5.2 + height) for width, height in sizes.tolist()
    ]
    frames = [{"name": f"{i:03d}.jpg", "labels": cars[i : i + 4]} for i in range(0, n_cars, 4)]
    people = [label_of("person", 0, 0, 20, 60), label_of("person", 0, 0, 21, 63)]
    odd = [{"category": "lane", "poly2d": []}, label_of("car", 1, 9, 8, 9)]
    return [*frames, {"name": "odd.jpg", "labels": people + odd}]


@pytest.fixture
def labels(tmp_path):
    path = tmp_path / "labels.json"
    path.write_text(json.dumps(frames_of()))
    return path


def run(*arguments):
    return CliRunner().invoke(build_app(), ["fit", *map(str, arguments)])


def run_json(*arguments):
    result = run(*arguments, "--json", "-")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_fit_says_what_it_read_and_what_it_skipped_and_why(labels):
    result = run(labels, "--category", "car", "-k", 3)
    assert result.exit_code == 0
    words = " ".join(result.stdout.split())
    assert "64 labels in 16 images" in words
    assert "2 other category" in words
    assert "1 no box2d: odd.jpg" in words
    assert "1 zero or negative size: odd.jpg" in words
    assert "used 60 boxes 60 car" in words
    assert "pixels of the original images" in words
    assert "it does not promise a higher mAP" in words
    assert result.stderr == ""


def test_fit_prints_the_anchors_with_boxes_share_and_mean_iou(labels):
    report = run_json(labels, "-k", 4)
    lines = [line.split() for line in run(labels, "-k", 4).stdout.splitlines()]
    assert ["width", "height", "boxes", "share", "mean", "IoU"] in lines
    for anchor in report["anchors"]:
        assert [
            f"{anchor['width']:.1f}",
            f"{anchor['height']:.1f}",
            f"{anchor['n_boxes']}",
            f"{100 * anchor['share']:.1f}%",
            f"{anchor['mean_iou']:.4f}",
        ] in lines


def test_output_fits_80_columns_and_has_no_colour_codes_when_piped(labels):
    output = run(labels, "-k", 3).stdout
    lines = [line for line in output.splitlines() if str(labels.parent) not in line]
    assert "\x1b" not in output
    assert max(map(len, lines)) <= 80
    assert all(line == line.rstrip() for line in lines)


def test_json_holds_what_the_estimators_say(labels):
    report = run_json(labels, "--category", "car", "-k", 5, "--seed", 7)
    sizes = box_sizes(load_bdd100k(labels, categories="car").data)
    kmeans = IoUKMeans(5, random_state=7).fit(sizes)
    baseline = MostFrequentShapes(5).fit(sizes)
    anchors = [[anchor["width"], anchor["height"]] for anchor in report["anchors"]]
    assert anchors == kmeans.cluster_centers_.tolist()
    assert report["average_iou"] == kmeans.average_iou_
    assert report["baseline"]["average_iou"] == baseline.average_iou_
    assert report["baseline"]["n_boxes"] == baseline.counts_.sum()
    assert report["baseline"]["ratio"] == kmeans.average_iou_ / baseline.average_iou_
    assert sum(anchor["n_boxes"] for anchor in report["anchors"]) == report["n_boxes"] == 60
    assert report["parameters"] == {
        "n_clusters": 5,
        "seed": 7,
        "categories": ["car"],
        "truncate": False,
        "inclusive": False,
        "keep_flagged": False,
        "image_size": None,
        "clip": True,
        "min_size": 0,
    }
    assert report["version"] == __version__
    assert report["unit"] == "pixels of the original images"
    assert report["export"] is None
    assert report["warnings"] == []


def test_json_counts_add_up(labels):
    report = run_json(labels, "-k", 3)
    assert report["n_labels"] == report["n_boxes"] + sum(report["skipped"].values()) == 64
    assert report["categories"] == {"car": 60, "person": 2}
    assert report["skipped_images"]["no box2d"] == ["odd.jpg"]


def test_json_goes_to_a_file_beside_the_text(labels, tmp_path):
    file = tmp_path / "anchors.json"
    result = run(labels, "-k", 3, "--json", file)
    assert "average IoU" in result.stdout
    assert len(json.loads(file.read_text())["anchors"]) == 3


def test_json_on_stdout_leaves_the_text_to_stderr(labels):
    result = run(labels, "-k", 3, "--json", "-")
    assert json.loads(result.stdout)
    assert "average IoU" in result.stderr


def test_the_seed_makes_the_anchors_repeatable(labels):
    first, second = (run_json(labels, "-k", 6, "--seed", 3)["anchors"] for _ in range(2))
    assert first == second


def test_categories_can_be_repeated_and_are_all_by_default(labels):
    both = run_json(labels, "--category", "person", "--category", "car", "-k", 3)
    assert both["categories"] == run_json(labels, "-k", 3)["categories"] == {"car": 60, "person": 2}


def test_truncate_takes_sizes_of_integer_corners_and_counts_what_vanishes(tmp_path):
    labels = [label_of("car", 0.9, 0.9, 11.2, 21.8), label_of("car", 3.1, 0, 3.9, 9)]
    path = tmp_path / "labels.json"
    path.write_text(json.dumps([{"name": "a.jpg", "labels": labels}]))
    report = run_json(path, "-k", 1, "--truncate")
    assert (report["anchors"][0]["width"], report["anchors"][0]["height"]) == (11, 21)
    assert report["skipped"] == {"no size left after truncation": 1}
    assert report["skipped_images"] == {"no size left after truncation": ["a.jpg"]}
    assert report["n_labels"] == 2
    assert "corners truncated to integers" in run(path, "-k", 1, "--truncate").stdout


def test_truncate_without_a_loss_reports_none(labels):
    assert "no size left after truncation" not in run_json(labels, "--truncate")["skipped"]


def test_fewer_shapes_than_anchors_is_a_warning_of_one_line(tmp_path):
    path = tmp_path / "labels.json"
    path.write_text(json.dumps([{"name": "a.jpg", "labels": [label_of("car", 0, 0, 9, 9)] * 5}]))
    result = run(path, "-k", 3)
    assert result.exit_code == 0
    warnings = result.stderr.splitlines()
    assert all(line.startswith("iou-kmeans: warning: ") for line in warnings)
    assert "distinct shapes" in warnings[0]
    report = run_json(path, "-k", 3)
    assert [anchor["mean_iou"] for anchor in report["anchors"]] == [1.0, None, None]
    assert len(report["warnings"]) == len(warnings)


def test_names_in_the_file_are_printed_as_they_are(tmp_path):
    """Square brackets and colons in names are neither markup nor emoji."""
    labels = [label_of("[red]:car:", 0, 0, 9, 9), label_of("[red]:car:", 0, 0, 9, 0)]
    path = tmp_path / "labels.json"
    path.write_text(json.dumps([{"name": "[/bold]:bus:.jpg", "labels": labels}]))
    output = run(path, "-k", 1).stdout
    assert "1 [red]:car:\n" in output
    assert "zero or negative size: [/bold]:bus:.jpg\n" in output


def test_of_many_images_the_first_few_are_named(tmp_path):
    flat = label_of("car", 0, 0, 9, 0)
    frames = [{"name": f"{i}.jpg", "labels": [flat, flat]} for i in range(2000)]
    frames[5]["labels"].append(label_of("car", 0, 0, 9, 9))
    path = tmp_path / "labels.json"
    path.write_text(json.dumps(frames))
    output = " ".join(run(path, "-k", 1).stdout.split())
    assert "4 000 zero or negative size: 0.jpg, 1.jpg, 2.jpg and 1 997 more images" in output


def test_of_very_many_categories_the_largest_are_listed(tmp_path):
    labels = [label_of(f"thing {i}", 0, 0, 9, 9 + i) for i in range(40)]
    path = tmp_path / "labels.json"
    path.write_text(json.dumps([{"name": "a.jpg", "labels": [*labels, labels[7]]}]))
    output = run(path, "-k", 1).stdout
    assert "2 thing 7\n" in output
    assert "and 28 more\n" in output


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        (None, [], "labels.json does not exist"),
        ("", [], "is empty"),
        ('[{"name": "a.jpg"', [], "is not valid JSON"),
        ('{"frames": 7}', [], "Expected array, got int"),
        ('{"licenses": []}', [], "is of no known format"),
        ('[{"name": 7}]', [], "at $[0].name: Expected str, got int; found 7"),
        ('[{"name": "a.jpg"}]', [], "has no box to use. Skipped: nothing"),
        (json.dumps(frames_of()), ["--category", "cat"], "no box of category 'cat'"),
        (json.dumps(frames_of()), ["-k", "63"], "n_samples=62 should be >= n_clusters=63"),
        (json.dumps(frames_of()), ["--json", "none/x.json"], "there is no such folder"),
        (json.dumps(frames_of()), ["--json", "."], "irectory"),
        (json.dumps(frames_of()), ["--seed", str(2**40)], "random_state"),
    ],
)
def test_a_mistake_is_one_line_on_stderr_and_exit_code_2(
    tmp_path, monkeypatch, content, options, message
):
    monkeypatch.chdir(tmp_path)
    path = Path("labels.json")
    if content is not None:
        path.write_text(content)
    result = run(path, *options)
    assert result.exit_code == 2
    assert result.stderr.startswith("iou-kmeans: ")
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("options", [["-k", "0"], ["-k", "many"], ["--seed", "-1"], ["--nonsense"]])
def test_a_wrong_option_is_exit_code_2(labels, options):
    assert run(labels, *options).exit_code == 2


def test_without_a_subcommand_the_help_is_shown():
    assert "fit" in CliRunner().invoke(build_app(), []).output


@pytest.mark.parametrize("package", ["typer", "rich"])
def test_without_typer_or_rich_the_extra_is_named(monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(SystemExit, match=rf'iou-kmeans needs {package}: .*-kmeans\[cli\]"$'):
        main()


def test_the_demo_draws_a_file_and_the_installed_command_reads_it(tmp_path):
    """The lane and the flat box that the demo adds are reported."""
    labels, anchors = tmp_path / "labels.json", tmp_path / "anchors.json"
    subprocess.run([sys.executable, DRAW, labels], check=True, capture_output=True)
    command = Path(sysconfig.get_path("scripts"), "iou-kmeans")
    result = subprocess.run(
        [command, "fit", labels, "--category", "car", "-k", "8", "--json", anchors],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    report = json.loads(anchors.read_text())
    assert result.stderr == ""
    assert f"{report['average_iou']:.4f}" in result.stdout
    assert report["skipped"]["no box2d"] == report["skipped"]["zero or negative size"] == 1
    assert report["n_labels"] == 20_002
    assert report["baseline"]["ratio"] > 1.5


def test_the_story_of_the_article_on_bdd100k_cars(shared_data):
    """The 8 most frequent shapes reach an average IoU of 28 %, clusters far more."""
    file = shared_data / "bdd100k" / "bdd100k_labels_images_val.json.gz"
    report = run_json(file, "--category", "car", "-k", 8, "--truncate")
    assert report["n_images"] == 10_000
    assert report["categories"] == {"car": 102_506}
    assert report["skipped"] == {"other category": 83_020, "no box2d": 23}
    assert report["baseline"]["n_boxes"] == 1_577
    assert round(report["baseline"]["average_iou"], 4) == 0.2811
    assert report["baseline"]["ratio"] > 2.5
