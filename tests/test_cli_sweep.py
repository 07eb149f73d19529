"""`iou-kmeans sweep`: the curve, the choice, the picture, and an end at Ctrl-C."""

import json
import os
import re
import select
import subprocess
import sys
import sysconfig
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
import yaml
from sessions import needs_proc, press_ctrl_c, start_session, wait_for_the_end_of_all
from typer.testing import CliRunner

from sklearn_iou_kmeans import IoUKMeans, MostFrequentShapes, NClustersSweep
from sklearn_iou_kmeans._sklearn import HAS_CALLBACKS
from sklearn_iou_kmeans.cli import build_app
from sklearn_iou_kmeans.cli._sweep import parse_numbers
from sklearn_iou_kmeans.datasets import load_csv
from sklearn_iou_kmeans.metrics import average_iou_score
from sklearn_iou_kmeans.preprocessing import box_sizes, letterbox


def write_boxes(path, n):
    """Boxes of many sizes, four an image; all people are in one image."""
    sizes = (16 * 2 ** np.random.RandomState(0).uniform(0, 5, size=(n, 2))).round(1)
    rows = [
        f"{i // 4}.jpg,{'person' if i < 2 else 'car'},0,0,{width},{height}\n"
        for i, (width, height) in enumerate(sizes.tolist())
    ]
    path.write_text("image,label,x1,y1,x2,y2\n" + "".join(rows))
    return path


@pytest.fixture
def labels(tmp_path):
    return write_boxes(tmp_path / "boxes.csv", 60)


def run(command, *arguments):
    return CliRunner().invoke(build_app(), [command, *map(str, arguments)])


def run_json(command, *arguments):
    result = run(command, *arguments, "--json", "-")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def sweep(*arguments):
    return run("sweep", *arguments)


def sweep_json(*arguments):
    return run_json("sweep", *arguments)


def rows_of(output):
    """The rows of the first table: the mark and the cells."""
    lines = output.split("─\n")[1].split("Gain")[0].splitlines()
    return [("->" in line, line.replace("->", "").split()) for line in lines]


def test_a_row_for_each_k_says_how_good_it_is(labels):
    result = sweep(labels, "--k", "3-6", "--category", "car")
    curve = sweep_json(labels, "--k", "3-6", "--category", "car")["curve"]
    assert result.stderr == ""
    assert [row["n_clusters"] for row in curve] == [3, 4, 5, 6]
    for (_, cells), row in zip(rows_of(result.stdout), curve, strict=True):
        gain = "-" if row["gain"] is None else f"{row['gain']:.4f}"
        assert cells[:-1] == [str(row["n_clusters"]), f"{row['average_iou']:.4f}", gain]


def test_the_chosen_k_is_marked_and_its_anchors_follow(labels):
    result = sweep(labels, "--k", "3-6", "--rule", "0.55")
    report = sweep_json(labels, "--k", "3-6", "--rule", "0.55")
    marked = [int(cells[0]) for is_marked, cells in rows_of(result.stdout) if is_marked]
    assert marked == [report["n_clusters"]] == [5]
    table = result.stdout.split("share     IoU\n")[1].split("\n\n")[0]
    assert [line.split()[:2] for line in table.splitlines()[1:]] == [
        [f"{anchor['width']:.1f}", f"{anchor['height']:.1f}"] for anchor in report["anchors"]
    ]
    assert "of the 5 most frequent whole-pixel shapes" in result.stdout
    assert "mAP" not in result.stdout


def test_every_rule_says_which_k_it_would_choose(labels):
    options = (labels, "--k", "3-5", "--category", "car", "--cv", 2, "--restarts", 2)
    answers = sweep_json(*options, "--rule", "one-standard-error")["n_clusters_by_rule"]
    output = sweep(*options, "--rule", "one-standard-error").stdout
    assert set(answers) == {"one_standard_error", "knee"}
    assert re.search(
        rf"^-> +one-standard-error +{answers['one_standard_error']} +few", output, re.M
    )
    assert re.search(
        rf"^ +knee +{answers['knee']} +furthest above the line from the first k to", output, re.M
    )
    held_out = sweep(*options, "--rule", "0.4").stdout
    assert re.search(r"^-> +0\.4 +\d +fewest whose held-out IoU reaches 0\.4$", held_out, re.M)


def test_output_fits_80_columns_and_has_neither_colour_codes_nor_a_bar_when_piped(labels):
    result = sweep(labels, "--k", "3-5", "--category", "car", "--cv", 2)
    lines = [line for line in result.stdout.splitlines() if str(labels.parent) not in line]
    assert "\x1b" not in result.stdout
    assert max(map(len, lines)) <= 80
    assert all(line == line.rstrip() for line in lines)
    assert result.stderr == ""


def test_json_holds_what_the_sweep_says(labels):
    report = sweep_json(labels, "--k", "3-6", "--restarts", 4, "--seed", 7)
    sizes = box_sizes(load_csv(labels).data)
    found = NClustersSweep(IoUKMeans(), range(3, 7), n_init=4, random_state=7).fit(sizes)
    results = found.cv_results_
    assert report["n_clusters"] == found.best_n_clusters_
    assert report["rule"] == "knee"
    assert report["n_clusters_by_rule"] == {"knee": found.best_n_clusters_}
    scores = [row["average_iou"] for row in report["curve"]]
    assert scores == results["train_score"].tolist()
    assert [row["gain"] for row in report["curve"]] == [None, *np.diff(scores)]
    for i, row in enumerate(report["curve"]):
        assert row["held_out"] is None
        assert row["seconds"] > 0
        assert row["anchors"] == found.estimators_[i].cluster_centers_.tolist()
    parameters = {"n_clusters": [3, 4, 5, 6], "n_init": 4, "cv": None, "seed": 7}
    assert report["parameters"].items() >= parameters.items()


def test_json_says_of_the_chosen_anchors_what_fit_says(labels):
    report = sweep_json(labels, "--k", "3-6")
    fitted = run_json("fit", labels, "-k", 3)
    [row] = [row for row in report["curve"] if row["n_clusters"] == report["n_clusters"]]
    sizes = box_sizes(load_csv(labels).data)
    baseline = MostFrequentShapes(report["n_clusters"]).fit(sizes.round()).cluster_centers_
    assert set(report) - set(fitted) == {"n_clusters", "rule", "n_clusters_by_rule", "curve"}
    assert set(fitted) <= set(report)
    assert [[a["width"], a["height"]] for a in report["anchors"]] == row["anchors"]
    assert report["average_iou"] == row["average_iou"]
    assert sum(anchor["n_boxes"] for anchor in report["anchors"]) == report["n_boxes"] == 60
    assert report["baseline"]["average_iou"] == average_iou_score(sizes, baseline)
    assert set(report["seconds"]) == {"reading", "sweep"}


def test_json_goes_to_a_file_that_compare_reads(labels, tmp_path):
    file = tmp_path / "sweep.json"
    assert f"Wrote {file}\n" in sweep(labels, "--k", "3-5", "--json", file).stdout
    [compared] = run_json("compare", labels, "--anchors", file)["sets"]
    assert compared["average_iou"] == json.loads(file.read_text())["average_iou"]


def test_the_same_seed_gives_the_anchors_of_fit_and_another_seed_others(tmp_path):
    """The boxes are so many that no two searches end with the same anchors."""
    labels = write_boxes(tmp_path / "many.csv", 5_000)
    anchors = []
    for seed in (0, 1):
        swept = sweep_json(labels, "--k", "15", "--seed", seed)
        fitted = run_json("fit", labels, "-k", 15, "--seed", seed)
        assert swept["anchors"] == fitted["anchors"]
        assert swept["average_iou"] == fitted["average_iou"]
        anchors.append(fitted["anchors"])
    assert anchors[0] != anchors[1]


def test_cv_holds_out_whole_images(labels):
    options = (labels, "--k", "3-5", "--cv", 3, "--restarts", 2, "--rule", "one-standard-error")
    report, boxes = sweep_json(*options), load_csv(labels)
    found = NClustersSweep(
        IoUKMeans(), [3, 4, 5], n_init=2, cv=3, rule="one_standard_error", random_state=0
    ).fit(box_sizes(boxes.data), groups=boxes.image)
    for i, row in enumerate(report["curve"]):
        scores = [found.cv_results_[f"split{fold}_test_score"][i] for fold in range(3)]
        assert row["held_out"]["fold_scores"] == scores
        assert row["held_out"]["average_iou"] == pytest.approx(np.mean(scores))
        assert row["held_out"]["standard_error"] == pytest.approx(np.std(scores) / np.sqrt(3))
    assert report["n_clusters"] == found.best_n_clusters_
    cells = rows_of(sweep(*options).stdout)[0][1]
    held_out = report["curve"][0]["held_out"]
    assert cells[3:5] == [f"{held_out[key]:.4f}" for key in ("average_iou", "standard_error")]


def test_cv_and_truncate_agree_on_the_boxes(tmp_path):
    path = write_boxes(tmp_path / "boxes.csv", 60)
    path.write_text(path.read_text() + "flat.jpg,car,0.1,0,0.9,50\n")
    report = sweep_json(path, "--k", "3-5", "--cv", 2, "--truncate")
    assert report["skipped"] == {"no size left after truncation": 1}


def test_a_category_in_one_fold_only_is_a_warning_that_names_it(labels):
    options = (labels, "--k", "3,4", "--cv", 2, "--restarts", 1)
    result = sweep(*options)
    assert re.fullmatch(
        r"iou-kmeans: warning: Fold \d holds all boxes of category person, .*\n", result.stderr
    )
    assert sweep(*options, "--category", "car").stderr == ""


def test_a_target_that_is_not_reached_is_a_warning_and_takes_the_most(labels):
    result = sweep(labels, "--k", "3-5", "--rule", "0.9")
    assert result.exit_code == 0
    assert result.stderr.startswith(
        "iou-kmeans: warning: The target of the rule, 0.9, is reached by no number of clusters"
    )
    assert result.stderr.count("\n") == 1
    assert re.search(
        r"^-> +0\.9 +5 +the most, because no average IoU reaches 0\.9$", result.stdout, re.M
    )
    assert len(sweep_json(labels, "--k", "3-5", "--rule", "0.9")["warnings"]) == 1


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("3-10", [3, 4, 5, 6, 7, 8, 9, 10]),
        ("5-5", [5]),
        ("9", [9]),
        ("3,6,9", [3, 6, 9]),
        ("9,3", [3, 9]),
    ],
)
def test_k_is_a_range_a_list_or_a_number(text, numbers):
    assert parse_numbers(text) == numbers


def test_a_single_k_is_chosen_and_drawn(labels, tmp_path):
    assert sweep_json(labels, "-k", 4, "--plot", tmp_path / "a.png")["n_clusters"] == 4


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "0-3",
        "5-3",
        "3-",
        "-3",
        "a",
        "3,3",
        "3,6-9",
        "3;6",
        "²",
        "1-99999999999",
        "9" * 5000,
    ],
)
def test_a_k_that_is_none_of_these_is_refused_with_the_grammar(labels, text):
    result = sweep(labels, f"--k={text}")
    assert result.exit_code == 2
    assert result.stderr.startswith(f"iou-kmeans: --k is '{text[:1000]}")
    assert "': write an ascending range such as" in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--k 3-80", "--k 80 is too many for 60 boxes: ask for at most 60"),
        (
            "--k 3-50 --cv 3",
            "50 clusters are asked for, and there are only 40 distinct boxes among those outside",
        ),
        (
            "--cv 30",
            "--cv 30 is too many: a fold holds whole images, and only 15 images have boxes",
        ),
        ("--rule elbow", "--rule is 'elbow': choose knee, one-standard-error, or a target"),
        ("--rule 70", "--rule is '70'"),
        ("--rule 0", "--rule is '0'"),
        ("--rule nan", "--rule is 'nan'"),
        ("--rule one-standard-error", "add --cv, for example --cv 5"),
        ("--jobs 0", "--jobs is 0"),
        ("--plot none/a.png", "--plot none/a.png: there is no such folder"),
        ("--plot -", "--plot is '-': end the name in .png, .svg or .pdf"),
        ("--json .", "--json .: this names a folder. Name a file in it."),
        ("--export ultralytics", "add --input-size"),
        ("--heads 3", "--heads requires --export"),
    ],
)
def test_a_mistake_is_one_line_that_names_the_option(labels, options, message):
    result = sweep(labels, *options.split())
    assert result.exit_code == 2
    assert result.stderr.startswith("iou-kmeans: ")
    assert result.stderr.count("\n") == 1
    assert message in result.stderr
    assert result.stdout == ""


def test_folds_of_labels_that_name_no_images_are_refused(tmp_path):
    file = tmp_path / "boxes.csv"
    file.write_text("x1,y1,x2,y2\n1,2,30,40\n1,2,40,50\n4,5,60,70\n")
    result = sweep(file, "--k", "1-2", "--cv", 2)
    assert result.exit_code == 2
    assert "the labels do not say which box is in which image" in result.stderr


@pytest.mark.parametrize(
    ("suffix", "start"), [("png", b"\x89PNG\r\n\x1a\n"), ("svg", b"<?xml"), ("pdf", b"%PDF-")]
)
def test_the_curve_is_drawn_in_the_format_of_the_suffix(labels, tmp_path, suffix, start):
    file = tmp_path / f"curve $k$.{suffix}"
    result = sweep(labels, "--k", "3-5", "--plot", file)
    assert result.exit_code == 0
    assert result.stdout.endswith(f"Wrote {file}\n")
    assert file.read_bytes().startswith(start)
    assert plt.get_fignums() == []


def test_a_picture_that_cannot_be_drawn_is_refused_before_labels_are_read(tmp_path, monkeypatch):
    missing = tmp_path / "missing.json"
    assert "--plot is 'a.gif'" in sweep(missing, "--plot", "a.gif").stderr
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    message = '--plot a.png requires matplotlib: pip install "sklearn-iou-kmeans[plot]"\n'
    assert sweep(missing, "--plot", "a.png").stderr.endswith(message)


def test_any_format_at_a_network_input_goes_to_a_framework(tmp_path):
    """Here a folder of YOLO labels, whose images are not there."""
    folder = tmp_path / "labels"
    folder.mkdir()
    sides = np.random.RandomState(1).uniform(0.05, 0.9, size=(10, 5, 2))
    for i, boxes in enumerate(sides):
        lines = [f"0 0.5 0.5 {width:.6f} {height:.6f}\n" for width, height in boxes]
        (folder / f"{i}.txt").write_text("".join(lines))
    options = ("--image-size", "1280x720", "--input-size", "640x384", "--export", "ultralytics")
    report = sweep_json(folder, *options, "--k", "3,6", "--rule", "0.6")
    sizes = letterbox(sides.reshape(-1, 2).round(6) * (1280, 720), (1280, 720), (640, 384))
    found = NClustersSweep(IoUKMeans(), [3, 6], rule=0.6, random_state=0).fit(sizes)
    anchors = [[anchor["width"], anchor["height"]] for anchor in report["anchors"]]
    assert report["n_clusters"] == 6
    np.testing.assert_allclose(anchors, found.best_estimator_.cluster_centers_)
    assert np.size(yaml.safe_load(report["export"]["text"])["anchors"]) == 12
    text = sweep(folder, *options, "--k", "3,6", "--rule", "0.6").stdout
    assert text.endswith(f"For ultralytics:\n\n{report['export']['text']}")


def test_if_an_export_cannot_take_every_k_those_that_it_takes_are_named(labels):
    options = ("--image-size", "640x640", "--input-size", "640", "--export", "ultralytics")
    result = sweep(labels, *options, "--k", "3-10")
    assert result.exit_code == 2
    assert "--export ultralytics does not work for every --k: write --k 3,6,9, or" in result.stderr
    assert sweep(labels, *options, "--k", "3,6,9").exit_code == 0
    assert "4 anchors cannot be split" in sweep(labels, *options, "--k", "4,5").stderr


def test_more_jobs_find_the_same(labels):
    options = (labels, "--k", "3-5", "--category", "car", "--cv", 2)
    one, two = (sweep_json(*options, "--jobs", jobs) for jobs in (1, 2))
    for report in (one, two):
        del report["seconds"]
        for row in report["curve"]:
            del row["seconds"]
    assert one == two


def plain(text):
    """The lines on a terminal that are no bar, and the counts of the bar."""
    lines = re.split(r"[\r\n]+", re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text))
    counts = [int(n) for n in re.findall(r" (\d+)/\d+ tasks", "\n".join(lines))]
    return [line for line in lines if line and not line.startswith("sweep ")], counts


def read_terminal(screen, is_enough):
    """Read what is written on a terminal until it is enough, or nobody can write any more."""
    text = ""
    while not is_enough(text):
        assert select.select([screen], [], [], 300)[0], f"silence after {text!r}"
        try:
            text += os.read(screen, 4096).decode()
        except OSError:
            break
    return text


def sweep_on_terminal(path, *options):
    """Start a sweep whose stderr is a terminal; return the process and the screen."""
    command = [Path(sysconfig.get_path("scripts"), "iou-kmeans"), "sweep", path, *options]
    screen, terminal = os.openpty()
    process = start_session(
        command, stdout=subprocess.PIPE, stderr=terminal, env=os.environ | {"TERM": "xterm"}
    )
    os.close(terminal)
    return process, screen


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_a_terminal_shows_a_bar_while_the_sweep_runs_and_stdout_has_the_result_alone(labels):
    process, screen = sweep_on_terminal(labels, "--k", "3-10")
    with process:
        lines, counts = plain(read_terminal(screen, lambda _: False))
        output, _ = process.communicate(timeout=60)
    os.close(screen)
    assert lines == []
    # The bar is a callback, which scikit-learn has from 1.9 on.
    assert counts[-1:] == [8] * HAS_CALLBACKS
    assert output.decode().startswith("read ")
    assert "\x1b" not in output.decode()


@pytest.mark.skipif(not HAS_CALLBACKS, reason="waits for the bar: scikit-learn 1.9 or later")
@needs_proc
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_ends_the_sweep_with_one_line_and_leaves_no_process_and_no_file(tmp_path, jobs):
    path = write_boxes(tmp_path / "boxes.csv", 5000)
    outputs = ["--json", tmp_path / "sweep.json", "--plot", tmp_path / "curve.png"]
    process, screen = sweep_on_terminal(path, "--k", "3-100", "--jobs", jobs, *outputs)
    with process:
        text = read_terminal(screen, lambda text: any(plain(text)[1]))
        press_ctrl_c(process)
        text += read_terminal(screen, lambda _: False)
        output, _ = process.communicate()
    os.close(screen)
    [line], counts = plain(text)
    done, total = re.fullmatch(
        r"iou-kmeans: interrupted: (\d+) of (\d+) tasks were done\.", line
    ).groups()
    assert counts[-1] <= int(done) < int(total) == 98
    assert process.returncode == 130
    assert output == b""
    wait_for_the_end_of_all(process)
    assert list(tmp_path.iterdir()) == [path]


def test_the_figure_of_the_article_from_bdd100k_cars(shared_data, tmp_path):
    """Average IoU against 3 to 10 centroids rises ever more slowly."""
    labels = shared_data / "bdd100k" / "bdd100k_labels_images_val.json.gz"
    options = ("--category", "car", "--k", "3-10", "--plot", tmp_path / "figure3.png")
    report = sweep_json(labels, *options)
    scores = [row["average_iou"] for row in report["curve"]]
    assert report["categories"] == {"car": 102_506}
    assert len(scores) == 8
    assert (np.diff(scores) > 0).all()
    assert (np.diff(scores, 2) < 0).all()
    assert round(scores[5], 3) == 0.714
    assert report["n_clusters"] == 6
    assert (tmp_path / "figure3.png").stat().st_size > 10_000


def test_bounds_lie_above_the_curve_in_the_table_and_in_the_picture(labels, tmp_path):
    picture = tmp_path / "curve.svg"
    options = (labels, "--k", "2-4", "--category", "car", "--certify", 20)
    report = sweep_json(*options, "--plot", picture)
    for row in report["curve"]:
        assert row["average_iou"] <= row["upper_bound"] <= row["average_iou"] + 1e-3
    [chosen] = [row for row in report["curve"] if row["n_clusters"] == report["n_clusters"]]
    assert report["upper_bound"] == chosen["upper_bound"]
    result = sweep(*options)
    for (_, cells), row in zip(rows_of(result.stdout), report["curve"], strict=True):
        assert row["upper_bound"] <= float(cells[2]) <= row["upper_bound"] + 1.1e-4
    assert "no k anchors have a higher IoU" in result.stdout
    assert "<!-- upper bound for any anchors -->" in picture.read_text()
    plain = sweep_json(labels, "--k", "2-4", "--category", "car")
    assert [row["upper_bound"] for row in plain["curve"]] == [None] * 3


def test_bounds_do_not_fall_with_more_anchors_however_short_the_time(tmp_path):
    """A bound of some anchors holds for fewer, too."""
    labels = write_boxes(tmp_path / "many.csv", 4_000)
    options = ("--k", "2-7", "--restarts", 1)
    for seconds in (0.08, 0.12, 0.16):
        report = sweep_json(labels, *options, "--certify", seconds)
        bounds = [row["upper_bound"] for row in report["curve"]]
        assert bounds == sorted(bounds)
