import json
import re
import runpy
import subprocess
import sys
import sysconfig
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from sklearn_iou_kmeans import IoUKMeans, MostFrequentShapes, __version__
from sklearn_iou_kmeans.cli import build_app
from sklearn_iou_kmeans.cli._messages import printable
from sklearn_iou_kmeans.datasets import load_bdd100k
from sklearn_iou_kmeans.metrics import average_iou_score
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
    assert "mAP" not in words
    assert result.stderr == ""


def test_fit_prints_the_anchors_with_boxes_share_and_mean_iou(labels):
    report = run_json(labels, "-k", 4)
    lines = [line.split() for line in run(labels, "-k", 4).stdout.splitlines()]
    assert ["width", "height", "boxes", "share", "IoU"] in lines
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
    baseline = MostFrequentShapes(5).fit(sizes.round())
    score = average_iou_score(sizes, baseline.cluster_centers_)
    anchors = [[anchor["width"], anchor["height"]] for anchor in report["anchors"]]
    assert anchors == kmeans.cluster_centers_.tolist()
    assert report["average_iou"] == kmeans.average_iou_
    assert report["baseline"]["average_iou"] == score
    assert report["baseline"]["n_boxes"] == baseline.counts_.sum()
    assert report["baseline"]["ratio"] is None
    assert sum(anchor["n_boxes"] for anchor in report["anchors"]) == report["n_boxes"] == 60
    assert report["parameters"] == {
        "n_clusters": 5,
        "seed": 7,
        "categories": ["car"],
        "truncate": False,
        "inclusive": False,
        "keep_flagged": False,
        "image_size": None,
        "images": None,
        "clip": True,
        "min_size": 0,
        "names": None,
        "split": None,
        "sides": None,
        "columns": None,
        "category_column": None,
        "image_column": None,
        "box_format": None,
        "delimiter": None,
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


def write_labels(path, *labels):
    path.write_text(json.dumps([{"name": "a.jpg", "labels": list(labels)}]))
    return path


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ([9] * 5, "-k 3 is too many for 5 boxes of 1 size: ask for at most 1."),
        ([9, 9, 8], "-k 3 is too many for 3 boxes of 2 different sizes: ask for at most 2."),
        ([9], "-k 3 is too many for 1 box: ask for at most 1."),
    ],
)
@pytest.mark.parametrize("command", ["fit", "compare", "sweep"])
def test_more_anchors_than_sizes_are_refused(tmp_path, command, sizes, message):
    labels = [label_of("car", 0, 0, 9, height) for height in sizes]
    path = write_labels(tmp_path / "labels.json", *labels)
    result = CliRunner().invoke(build_app(), [command, str(path), "-k", "3"])
    assert result.exit_code == 2
    assert result.stderr.replace("--k", "-k") == f"iou-kmeans: {message}\n"


# The baseline


def baseline_of(path, sizes, *options):
    """The baseline of boxes of these sizes."""
    labels = [label_of("car", 0, 0, width, height) for width, height in sizes]
    write_labels(path, *labels)
    return run_json(path, *options)["baseline"]


def test_noise_of_a_format_does_not_change_the_most_frequent_shapes(tmp_path):
    rng = np.random.RandomState(0)
    whole = rng.randint(5, 60, size=(300, 2))
    exact, noisy = (
        baseline_of(tmp_path / "labels.json", (whole + noise).tolist())
        for noise in (0, rng.uniform(-2e-4, 2e-4, size=whole.shape))
    )
    assert noisy["shapes"] == exact["shapes"]
    assert noisy["n_boxes"] == exact["n_boxes"]
    assert noisy["average_iou"] == pytest.approx(exact["average_iou"], abs=1e-4)


@pytest.mark.parametrize(("n_repeats", "has_ratio"), [(9, False), (10, True)])
def test_a_ratio_to_shapes_that_are_frequent_by_chance_is_left_out(tmp_path, n_repeats, has_ratio):
    path, sizes = tmp_path / "labels.json", [(20, 10)] * n_repeats + [(i, 9) for i in range(30, 60)]
    assert (baseline_of(path, sizes)["ratio"] is not None) == has_ratio
    output = run(path).stdout
    assert "of the 9 most frequent whole-pixel shapes" in " ".join(output.split())
    assert ("average IoU of the anchors / baseline" in output) == has_ratio


def test_slivers_and_few_shapes_have_a_baseline_too(tmp_path):
    sizes = [(0.3, 5 + i / 100) for i in range(30)]
    baseline = baseline_of(tmp_path / "labels.json", sizes, "-k", 4)
    assert baseline["shapes"] == [[1, 5]]
    assert baseline["n_boxes"] == 30


def test_shares_of_images_are_no_pixels_and_have_no_baseline(labels):
    options = ("--unit", "relative", "--image-size", "1280x720")
    assert run_json(labels, *options)["baseline"] is None
    assert "baseline" not in run(labels, *options).stdout


# Words and widths


def test_one_of_a_thing_is_singular(tmp_path):
    path = write_labels(tmp_path / "labels.json", label_of("car", 0, 0, 9, 7))
    output = " ".join(run(path, "-k", 1).stdout.split())
    assert "1 label in 1 image, as bdd100k" in output
    assert "used 1 box 1 car" in output
    assert "of the most frequent whole-pixel shape (1 box)" in output


def test_a_category_that_is_a_number_is_not_taken_for_a_count(tmp_path):
    labels = [label_of("7", 0, 0, 9, 7), label_of("7", 0, 0, 9, 8), label_of("", 0, 0, 7, 7)]
    output = run(write_labels(tmp_path / "labels.json", *labels), "-k", 1).stdout
    assert "2 category 7\n" in output
    assert "1 without a category\n" in output


SECONDS = re.compile(r"\d+\.\d{1,2}")


@pytest.mark.parametrize(
    "arguments",
    [
        ("fit", "labels.json", "-k", "4"),
        ("compare", "labels.json", "-k", "4", "--anchors", "yolov3-tiny", "--image-size", "640"),
        ("sweep", "labels.json", "--k", "3-5", "--cv", "3"),
        ("fit", "--help"),
        ("sweep", "--help"),
        ("compare", "--help"),
        ("--help",),
        ("formats",),
    ],
)
def test_words_and_numbers_are_whole_at_any_width(labels, monkeypatch, capsys, arguments):
    monkeypatch.chdir(labels.parent)
    texts = []
    for columns in ("40", "200"):
        monkeypatch.setenv("COLUMNS", columns)
        monkeypatch.setenv("TERMINAL_WIDTH", columns)
        with pytest.raises(SystemExit, match="0"):
            build_app()([*arguments])  # Typer's runner sets a width of its own for the help
        words = set(re.findall(r"[\w.,:/-]*\w", capsys.readouterr().out))
        texts.append({word for word in words if not SECONDS.fullmatch(word)})
    narrow, wide = texts
    assert narrow <= wide
    assert {word for word in narrow if "." in word} == {word for word in wide if "." in word}


@pytest.mark.parametrize("command", [[], ["fit"], ["sweep"], ["compare"], ["formats"]])
def test_no_type_of_python_is_in_the_help(command):
    output = CliRunner().invoke(build_app(), [*command, "--help"]).stdout
    assert "Usage:" in output
    assert not re.search(r"<[a-z]+|\[Path\]", output)


def test_flags_have_no_value_in_the_help():
    for command in ("fit", "sweep", "compare"):
        output = CliRunner().invoke(build_app(), [command, "--help"]).stdout
        assert "bool" not in output
        assert "<int" not in output


# Names are data


HOSTILE = "\x1b]0;title\x07\x9b31m\u202e\r[red]\n"
ESCAPED = r"\x1b]0;title\x07\x9b31m\u202e\r[red]\n"


def assert_harmless(result):
    for text in (result.stdout, result.stderr):
        assert all(char.isprintable() for char in text.replace("\n", ""))


def test_control_characters_in_names_are_printed_escaped(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    labels = [label_of(f"car{HOSTILE}", 0, 0, 9, 7 + i) for i in range(4)]
    flat = label_of(f"car{HOSTILE}", 0, 0, 9, 0)
    frames = [{"name": f"{HOSTILE}.jpg", "labels": [*labels, flat]}]
    path = Path(f"labels{HOSTILE}.json")
    path.write_text(json.dumps(frames))
    result = run(path, "-k", 2, "--json", f"out{HOSTILE}.json", "--plot", f"out{HOSTILE}.png")
    assert result.exit_code == 0
    assert_harmless(result)
    text = result.stdout.replace("\n         ", "")
    assert f"labels{ESCAPED}.json" in text
    assert f"4 car{ESCAPED}" in text
    assert f"zero or negative size: {ESCAPED}.jpg" in text
    assert f"Wrote out{ESCAPED}.png" in text
    report = json.loads(Path(f"out{HOSTILE}.json").read_text())
    assert list(report["categories"]) == [f"car{HOSTILE}"], "programs get the name itself"


def test_names_without_end_do_not_flood_the_terminal(tmp_path):
    name = "n" * 1_000_000
    path = tmp_path / "labels.json"
    labels = [label_of(name, 0, 0, 9, 7), label_of(name, 0, 0, 9, 0)]
    path.write_text(json.dumps([{"name": name, "labels": labels}]))
    result = run(path, "-k", 1)
    assert result.exit_code == 0
    assert len(result.stdout) < 20_000


@pytest.mark.parametrize(
    "arguments",
    [
        ("fit", HOSTILE),
        ("fit", "labels.json", "--category", HOSTILE),
        ("fit", "labels.json", "--format", HOSTILE),
        ("fit", "labels.json", "--json", f"none/{HOSTILE}"),
        ("fit", "labels.json", "--export", HOSTILE),
        ("compare", "labels.json", "--anchors", HOSTILE),
        ("fit", "labels.json", HOSTILE),
        ("fit", "labels.json", f"--{HOSTILE}"),
        ("fit", "labels.json", "-k", HOSTILE),
        (HOSTILE,),
    ],
)
def test_control_characters_in_errors_are_printed_escaped(labels, monkeypatch, arguments):
    monkeypatch.chdir(labels.parent)
    result = CliRunner().invoke(build_app(), [*arguments])
    assert result.exit_code == 2
    assert_harmless(result)


def test_letters_of_all_scripts_are_printed_as_they_are(tmp_path):
    name = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 \u8eca\u3000\u00e9 \U0001f697"
    path = write_labels(tmp_path / "labels.json", label_of(name, 0, 0, 9, 7))
    assert f"1 {name}\n" in run(path, "-k", 1).stdout


def test_a_name_that_is_no_unicode_is_printed_escaped():
    assert printable("caf\udce9") == r"caf\udce9"


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


def test_an_error_quotes_a_name_with_all_its_spaces(tmp_path):
    path = tmp_path / "labels.json"
    labels = [label_of("traffic  light ", 0, 0, 9, 9)]
    path.write_text(json.dumps([{"name": "a.jpg", "labels": labels}]))
    result = run(path, "--category", "traffic light")
    assert result.exit_code == 2
    assert "Choose from those it has: 'traffic  light ' (1)." in result.stderr


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
        ('{"licenses": []}', [], "is not in a known format"),
        ('[{"name": 7}]', [], "at $[0].name: Expected str, got int; found 7"),
        ('[{"name": "a.jpg"}]', [], ", read as bdd100k, has no box to use. It has no labels."),
        (
            '[{"name": "a.jpg", "labels": [{"category": "lane"}, {"category": "lane"}]}]',
            [],
            "has no box to use. Skipped: 2 no box2d.",
        ),
        (json.dumps(frames_of()), ["--category", "cat"], "no box of category 'cat'"),
        (
            json.dumps(frames_of()),
            ["-k", "63"],
            "-k 63 is too many for 62 boxes: ask for at most 62",
        ),
        (json.dumps(frames_of()), ["--json", "none/x.json"], "there is no such folder"),
        (json.dumps(frames_of()), ["-k", "1000"], "-k 1000 is too many for 62 boxes"),
        (json.dumps(frames_of()), ["--json", "."], "this names a folder"),
        (json.dumps(frames_of()), ["--input-size", "9" * 400], "write 416, or 640x384"),
        (json.dumps(frames_of()), ["--image-size", "1x" + "9" * 5000], "write 416, or 640x384"),
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


@pytest.mark.parametrize(
    ("command", "option", "value", "wanted"),
    [
        ("fit", "-k", "0", "a whole number of at least 1"),
        ("fit", "-k", "many", "a whole number of at least 1"),
        ("fit", "-k", "1.5", "a whole number of at least 1"),
        ("fit", "--seed", "-1", "a whole number from 0 to 4294967295"),
        ("fit", "--seed", str(2**32), "a whole number from 0 to 4294967295"),
        ("fit", "--decimals", "400", "a whole number from 0 to 15"),
        ("fit", "--max-unpacked", "nan", "a ratio of at least 1"),
        ("fit", "--min-size", "nan", "a number of pixels, 0 or more"),
        ("fit", "--stride", "0.5", "a number of pixels, at least 1"),
        ("fit", "--stride", "nan", "a number of pixels, at least 1"),
        ("fit", "--classes", "0", "a whole number of at least 1"),
        ("sweep", "--cv", "1", "a whole number of at least 2"),
        ("sweep", "--restarts", "0", "a whole number of at least 1"),
        ("sweep", "--jobs", "two", "a whole number, for example 2, or -1"),
        ("compare", "-k", "0", "a whole number of at least 1"),
    ],
)
def test_a_value_that_is_no_number_in_range_is_quoted_and_the_range_is_named(
    labels, command, option, value, wanted
):
    result = CliRunner().invoke(build_app(), [command, str(labels), option, value])
    assert result.exit_code == 2
    assert f"Error: Invalid value for '{option}': {value!r} is not {wanted}.\n" in result.stderr


def test_an_option_that_does_not_exist_is_exit_code_2(labels):
    assert run(labels, "--nonsense").exit_code == 2


def test_without_a_subcommand_the_help_is_shown():
    assert "fit" in CliRunner().invoke(build_app(), []).output


def test_the_demo_draws_a_file_and_the_installed_command_reads_it(tmp_path, monkeypatch):
    """The lane and the flat box that the demo adds are reported."""
    labels, anchors = tmp_path / "labels.json", tmp_path / "anchors.json"
    monkeypatch.setattr(sys, "argv", [str(DRAW), str(labels)])
    runpy.run_path(str(DRAW), run_name="__main__")
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
