"""Files that the command writes: no input is ever lost, and each is written whole or not at all."""

import json
import os
import re
import shutil
import stat
import struct
import subprocess
import sys
import sysconfig
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sklearn_iou_kmeans.cli import build_app

COMMAND = Path(sysconfig.get_path("scripts"), "iou-kmeans")
BOXES = "width,height\n" + "".join(f"{i},{2 * i}\n" for i in range(1, 41))
EXPORT = ("--input-size", "640", "--resize", "none", "--export", "json")


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("boxes.csv").write_text(BOXES)


def run(*arguments):
    return CliRunner().invoke(build_app(), [*map(str, arguments)])


def refusal(*arguments):
    """The one line on stderr that refuses these arguments, before anything is said on stdout."""
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    return result.stderr


def hidden_files():
    return [file for file in os.listdir() if file.startswith(".")]


@pytest.mark.parametrize(
    "arguments",
    [
        ("fit", "boxes.csv", "--json", "boxes.csv"),
        ("fit", "boxes.csv", *EXPORT, "--output", "boxes.csv"),
        ("fit", "boxes.csv", "--json", "../{folder}/./boxes.csv"),
        ("fit", "boxes.csv", "--json", "link.csv"),
        ("fit", "link.csv", "--json", "boxes.csv"),
        ("fit", "boxes.csv", "--json", "hard_link.csv"),
        ("fit", "boxes.csv", "--names", "names.txt", "--json", "names.txt"),
        ("sweep", "boxes.csv", "--json", "boxes.csv"),
        ("sweep", "boxes.png", "--plot", "boxes.png"),
        ("compare", "boxes.csv", "--anchors", "mine.json", "--json", "mine.json"),
        ("compare", "boxes.csv", "-k", "3", "--json", "boxes.csv"),
    ],
)
def test_an_output_that_is_an_input_is_refused(tmp_path, arguments):
    for name in ("names.txt", "mine.json", "boxes.png"):
        Path(name).write_text(BOXES)
    os.symlink("boxes.csv", "link.csv")
    os.link("boxes.csv", "hard_link.csv")
    message = refusal(*(text.format(folder=tmp_path.name) for text in arguments))
    assert "this is an input, and would be replaced. Name another file" in message
    for name in ("boxes.csv", "names.txt", "mine.json", "boxes.png"):
        assert Path(name).read_text() == BOXES


def test_a_file_in_a_folder_of_inputs_is_not_replaced():
    """It may be one of the annotations; a new file there can be none."""
    Path("labels").mkdir()
    label = Path("labels", "0.txt")
    label.write_text("0 0.5 0.5 0.25 0.125\n")
    options = ("labels", "--image-size", "640x480", "-k", "1", "--json")
    assert "is in labels, which is read, and would be replaced" in refusal("fit", *options, label)
    assert label.read_text() == "0 0.5 0.5 0.25 0.125\n"
    assert run("fit", *options, "labels/anchors.json").exit_code == 0


@pytest.fixture
def data_set():
    """A YOLO data set whose data.yaml is apart from its labels, its images and its list."""
    for folder in ("labels/train", "images/train", "yolo"):
        Path(folder).mkdir(parents=True)
    header = struct.pack(">I4sIIBBBBBI", 13, b"IHDR", 640, 480, *[0] * 6)
    files = {
        "labels/train/a.txt": b"0 0.5 0.5 0.25 0.125\n",
        "images/train/a.png": b"\x89PNG\r\n\x1a\n" + header,
        "train.txt": b"images/train/a.png\n",
        "car.names": b"car\n",
        "yolo/folder.yaml": b"path: ..\ntrain: images/train\nnames: [car]\n",
        "yolo/list.yaml": b"path: ..\ntrain: train.txt\nnames: [car]\n",
        "yolo/obj.data": b"classes=1\ntrain=../train.txt\nnames=../car.names\n",
    }
    for name, content in files.items():
        Path(name).write_bytes(content)
    return files


@pytest.mark.parametrize(
    ("labels", "output"),
    [
        ("yolo/folder.yaml", "labels/train/a.txt"),
        ("yolo/folder.yaml", "images/train/a.png"),
        ("yolo/list.yaml", "train.txt"),
        ("yolo/obj.data", "car.names"),
        ("yolo/obj.data", "labels/train/a.txt"),
        ("train.txt", "labels/train/a.txt"),
        ("train.txt", "images/train/a.png"),
    ],
)
def test_a_file_that_an_input_leads_to_is_not_replaced(data_set, labels, output):
    option = "--plot" if output.endswith(".png") else "--json"
    message = refusal("fit", labels, "-k", "1", option, output)
    assert f"{option} {output}: this file was read as" in message
    assert "would be replaced, so nothing was written. Name another file." in message
    assert {name: Path(name).read_bytes() for name in data_set} == data_set
    assert run("fit", labels, "-k", "1", "--json", "labels/train/new.json").exit_code == 0


@pytest.mark.parametrize("other", ["x.txt", "./x.txt", "link.txt"])
def test_two_outputs_to_one_file_are_refused(other):
    os.symlink("x.txt", "link.txt")
    options = (*EXPORT, "--json", "x.txt", "--output", other)
    message = refusal("fit", "boxes.csv", *options)
    assert f"--json x.txt and --output {other} are one file: name two" in message
    assert not Path("x.txt").exists()


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("none/x.json", "there is no such folder. Make it first"),
        ("", "--json is empty: name a file, or - for stdout"),
        (".", "this names a folder. Name a file in it"),
        ("new/", "this names a folder. Name a file in it"),
        ("boxes.csv/", "this names a folder. Name a file in it"),
        ("boxes.csv/x.json", "boxes.csv is a file. Name a file in a folder"),
        ("x" * 300, "nothing can be written there (File name too long). Name another place"),
        ("/proc/x.json", "nothing can be written there ("),
    ],
)
def test_a_place_that_cannot_be_written_is_found_out_before_the_work(file, message):
    if file.startswith("/proc") and not Path("/proc/self").exists():
        pytest.skip("needs /proc, where nobody can make a file")
    assert message in refusal("fit", "missing.csv", "--json", file)
    assert "Errno" not in refusal("fit", "missing.csv", "--json", file)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs the permissions of POSIX")
def test_a_read_only_file_or_folder_is_found_out_before_the_work():
    """Root may write everywhere, so it gives up this right first."""
    obeying = []
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("root needs setpriv, from util-linux")
        obeying = ["setpriv", "--bounding-set", "-dac_override"]
    Path("old.json").write_text("{}")
    Path("old.json").chmod(0o444)
    Path("closed").mkdir(mode=0o555)
    reasons = {"old.json": "the file is read-only", "closed/x.json": "Permission denied"}
    for file, why in reasons.items():
        command = [*obeying, COMMAND, "fit", "missing.csv", "--json", file]
        result = subprocess.run(command, capture_output=True, text=True)
        assert result.returncode == 2
        assert result.stderr == (
            f"iou-kmeans: --json {file}: nothing can be written there ({why}). Name another "
            "place.\n"
        )


def test_a_file_that_is_replaced_keeps_its_permissions_and_a_link_stays_a_link():
    Path("old.json").write_text("old")
    Path("old.json").chmod(0o640)
    os.symlink("old.json", "link.json")
    assert run("fit", "boxes.csv", "-k", "2", "--json", "link.json").exit_code == 0
    assert Path("link.json").is_symlink()
    assert len(json.loads(Path("old.json").read_text())["anchors"]) == 2
    assert stat.S_IMODE(Path("old.json").stat().st_mode) == 0o640


def test_a_file_that_is_made_has_the_permissions_of_any_other():
    Path("other").touch()
    assert run("fit", "boxes.csv", "-k", "2", "--json", "x.json").exit_code == 0
    assert Path("x.json").stat().st_mode == Path("other").stat().st_mode
    assert hidden_files() == []


@pytest.mark.skipif(not Path("/dev/null").exists(), reason="needs /dev/null")
def test_a_device_is_written_to_and_not_replaced():
    assert run("fit", "boxes.csv", "-k", "2", "--json", "/dev/null").exit_code == 0
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


@contextmanager
def files_of_at_most(n_bytes):
    """As on a disk that is full: a longer file cannot be written."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("option", ["--json", "--plot", "--output"])
@pytest.mark.parametrize("old", [None, "what was there\n"])
def test_a_write_that_fails_leaves_what_was_there(option, old):
    file = Path("result.png")
    if old is not None:
        file.write_text(old)
    with files_of_at_most(1024):
        result = run("sweep", "boxes.csv", "--k", "39", *EXPORT, option, file)
    assert result.exit_code == 2
    assert result.stderr == (
        f"iou-kmeans: {option} result.png: writing failed (File too large), and the file was left "
        "as it was.\n"
    )
    assert (file.read_text() if file.exists() else None) == old
    assert hidden_files() == []


LITTLE_MEMORY = """
import resource, sys
from pathlib import Path
import sklearn_iou_kmeans.model_selection
from sklearn_iou_kmeans.cli import build_app, main
from sklearn_iou_kmeans.datasets import load_annotations
build_app()
load_annotations("small.json", image_size=(640, 480))
taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (taken + 50_000_000,) * 2)
main()
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs the memory in /proc")
def test_too_little_memory_is_one_line_and_no_output():
    """As on a server, where `ulimit -v` ends what takes much."""
    one = {"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "segmentation": [[1, 2] * 4]}
    head = {"images": [{"id": 1, "file_name": "a"}], "categories": [{"id": 1, "name": "car"}]}
    for name, n in (("small.json", 1), ("large.json", 300_000)):
        text = json.dumps({**head, "annotations": [None]})
        Path(name).write_text(text.replace("null", ",".join([json.dumps(one)] * n)))
    arguments = ["fit", "large.json", "-k", "1", "--json", "result.json"]
    result = subprocess.run(
        [sys.executable, "-c", LITTLE_MEMORY, *arguments], capture_output=True, text=True
    )
    assert result.returncode == 2
    assert result.stderr.startswith("iou-kmeans: there is not enough memory: ")
    assert result.stderr.count("\n") == 1
    assert not Path("result.json").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_device_that_takes_no_more_is_an_error():
    result = run("fit", "boxes.csv", "-k", "2", "--json", "/dev/full")
    assert result.exit_code == 2
    message = "--json /dev/full: writing failed (No space left on device)."
    assert result.stderr == f"iou-kmeans: {message}\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("arguments", ["fit boxes.csv --json -", "fit --help", "--version"])
def test_a_terminal_or_pipe_that_takes_no_more_is_an_error(arguments):
    with open("/dev/full", "w") as full:
        result = subprocess.run([COMMAND, *arguments.split()], stdout=full, stderr=subprocess.PIPE)
    assert result.returncode != 0
    assert result.stderr.endswith(b"iou-kmeans: stdout: No space left on device.\n")
    assert b"Traceback" not in result.stderr


@pytest.mark.skipif(os.name == "nt", reason="needs a shell of POSIX")
def test_files_are_written_where_stdout_is_closed():
    line = f"'{COMMAND}' fit boxes.csv -k 2 --json x.json >&-"
    result = subprocess.run(line, shell=True, capture_output=True)
    assert (result.returncode, result.stderr) == (0, b"")
    assert len(json.loads(Path("x.json").read_text())["anchors"]) == 2


@pytest.mark.skipif(os.name == "nt", reason="a folder in use cannot be removed")
def test_a_current_folder_that_was_removed_is_called_that():
    line = f"mkdir gone; cd gone; rmdir ../gone; '{COMMAND}' fit boxes.csv"
    result = subprocess.run(line, shell=True, capture_output=True)
    assert result.returncode == 2
    message = b"iou-kmeans: The current folder was removed: change to another one.\n"
    assert result.stderr.endswith(message)


KILLED = """
import sys
from sklearn_iou_kmeans.cli._outputs import write_whole
contents = [bytes([65 + i]) * 3_000_000 for i in range(2)]
print("ready", flush=True)
while True:
    for content in contents:
        write_whole("--json", "result.json", content)
"""


def test_a_kill_leaves_one_whole_file_or_the_other():
    Path("result.json").write_bytes(b"A" * 3_000_000)
    for i in range(8):
        with subprocess.Popen([sys.executable, "-c", KILLED], stdout=subprocess.PIPE) as process:
            assert process.stdout.readline() == b"ready\n"
            time.sleep(0.003 * i)
            process.kill()
        content = Path("result.json").read_bytes()
        assert re.fullmatch(rb"A{3000000}|B{3000000}", content)
