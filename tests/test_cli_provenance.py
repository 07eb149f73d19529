"""What the command says, for programs, of where its anchors come from."""

import hashlib
import json
from pathlib import Path

import pytest
from numpy.testing import assert_allclose
from typer.testing import CliRunner

from sklearn_iou_kmeans import __version__
from sklearn_iou_kmeans._kernels import kernels_in_use
from sklearn_iou_kmeans.cli import build_app
from sklearn_iou_kmeans.export import load_json

BOXES = "a,b,c,d,what\n" + "".join(f"0,0,{i},{2 * i},car\n" for i in range(1, 31))
NETWORK = ("--image-size", "640x480", "--input-size", "320")


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def run(*arguments):
    result = CliRunner().invoke(build_app(), [*map(str, arguments)])
    assert result.exit_code == 0, result.output
    return result


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def write_labels(folder):
    for name in ("b", "a"):
        path = Path(folder, "labels", f"{name}.txt")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"0 0.5 0.5 0.25 0.{len(folder)}{ord(name)}\n")


def test_everything_that_decides_the_result_is_recorded():
    Path("boxes.csv").write_text(BOXES)
    options = ("--columns", "a,b,c,d", "--box-format", "xyxy", "--category-column", "what")
    options += ("--category", "car", "--min-size", "2.5", "--no-clip", *NETWORK)
    run("fit", "boxes.csv", *options, "-k", 3, "--seed", 7, "--json", "fit.json")
    record = json.loads(Path("fit.json").read_text())
    assert (record["version"], record["kernels"]) == (__version__, kernels_in_use)
    digest = sha256(BOXES.encode())
    assert record["inputs"] == [{"path": "boxes.csv", "n_files": 1, "sha256": digest}]
    expected = {
        "n_clusters": 3,
        "seed": 7,
        "categories": ["car"],
        "columns": "a,b,c,d",
        "box_format": "xyxy",
        "category_column": "what",
        "image_size": "640x480",
        "images": None,
        "split": None,
        "sides": None,
        "clip": False,
        "min_size": 2.5,
    }
    assert expected.items() <= record["parameters"].items()
    assert record["scale"]["input_size"] == [320, 320]
    assert record["scale"]["resize"] == "letterbox"
    assert record["categories"] == {"car": 28}
    assert record["skipped"] == {"side below 2.5 pixels": 2}


def test_a_folder_has_the_digest_of_the_list_that_sha256sum_prints():
    write_labels("set")
    run("fit", "set", "--image-size", "640x480", "-k", 2, "--json", "fit.json")
    names = ("labels/a.txt", "labels/b.txt")
    listing = "".join(f"{sha256(Path('set', name).read_bytes())}  {name}\n" for name in names)
    (named,) = json.loads(Path("fit.json").read_text())["inputs"]
    assert named == {"path": "set", "n_files": 2, "sha256": sha256(listing.encode())}
    Path("set/labels/a.txt").write_text("0 0.5 0.5 0.25 0.999\n")
    run("fit", "set", "--image-size", "640x480", "-k", 2, "--json", "other.json")
    (other,) = json.loads(Path("other.json").read_text())["inputs"]
    assert other["sha256"] != named["sha256"]


@pytest.mark.parametrize("split", ["train", "val", "train,val"])
def test_the_parts_of_a_data_set_are_recorded(split):
    for folder in ("train", "val", "test"):
        write_labels(f"set/{folder}")
    options = ("--image-size", "640x480", "-k", 2, "--split", split, "--json", "fit.json")
    run("fit", "set", *options)
    record = json.loads(Path("fit.json").read_text())
    assert record["parameters"]["split"] == record["splits_read"] == split.split(",")
    assert record["splits"] == ["test", "train", "val"]
    assert record["inputs"][0]["n_files"] == 2 * len(split.split(","))


@pytest.mark.parametrize("command", [("fit", "-k", 3), ("sweep", "--k", "3", "--jobs", 1)])
def test_the_export_as_json_says_where_it_comes_from(command):
    Path("boxes.csv").write_text(BOXES)
    name, *k = command
    options = ("--columns", "c,d", "--json", "record.json", "--seed", 7, *NETWORK)
    run(name, "boxes.csv", *k, *options, "--export", "json", "--output", "export.json")
    record, export = load_json("record.json"), load_json("export.json")
    assert export.provenance["inputs"][0]["sha256"] == sha256(BOXES.encode())
    assert export.provenance["parameters"]["seed"] == 7
    assert export.provenance["n_boxes"] == 30
    for field in ("version", "kernels", "inputs", "categories", "skipped", "parameters"):
        assert export.provenance[field] == record.provenance[field]
    assert_allclose(export.anchors, record.anchors)


def test_a_comparison_records_its_inputs_too():
    Path("boxes.csv").write_text(BOXES)
    run("compare", "boxes.csv", "--columns", "c,d", "-k", 2, "--json", "compare.json")
    record = json.loads(Path("compare.json").read_text())
    assert record["inputs"][0]["sha256"] == sha256(BOXES.encode())
    assert record["parameters"]["columns"] == "c,d"
