"""What a stranger's file does to the readers and the command: `make fuzz` asks longer."""

import io
import json
import math
import os
import pickle
import re
import socket
import sys
import threading
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path

import numpy as np
import pytest
from fuzz_inputs import (
    COMMAND_FILES,
    COUNTS,
    LAYOUTS,
    STRATEGIES,
    Case,
    anchor_files,
    command_lines,
    unpacked,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sklearn_iou_kmeans.cli import main
from sklearn_iou_kmeans.datasets import AnnotationError, load_annotations

N_EXAMPLES = 25
"""Of each reader in the plain run."""

LONGEST_MESSAGE = 3000
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


# What reading never does: run a program, connect, load objects, or change a file.
NEVER = re.compile(
    r"subprocess\.|os\.(system|exec|fork|posix_spawn|spawn|startfile|remove|rename|mkdir|rmdir|link"
    r"|symlink|truncate|chmod|chown|utime)|shutil\.|tempfile\.|socket\.(connect|bind|getaddrinfo)"
    r"|urllib\.|pickle\."
)
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
watched = threading.local()


def watch(event, arguments):
    """Raise at what reading never does, while a file is read."""
    if getattr(watched, "is_reading", False) and (
        NEVER.match(event) or (event == "open" and arguments[2] & WRITING)
    ):
        raise AssertionError(f"reading a file led to {event}{arguments}")


sys.addaudithook(watch)


def read_only(path, format, **options):
    """Read annotations; raise if anything else is done."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "dont_write_bytecode", True)  # modules are imported by reading
        patch.setattr(watched, "is_reading", True, raising=False)
        return load_annotations(path, format, **options)


def write(files, folder):
    """Put files into a folder, in place of those that are there; folders stay."""
    for path in Path(folder).rglob("*"):
        if path.is_file():
            path.unlink()
    for name, content in files.items():
        path = Path(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def check_reading(case: Case, folder: str, format: str) -> str:
    """Read a case: either boxes that add up to what the file holds, or a clear error."""
    path = Path(folder, case.path)
    write(case.files, folder)
    try:
        boxes = read_only(path, format, **case.options)
    except AnnotationError as error:
        message = str(error)
        assert folder in message, message
        assert not CONTROL.search(message), message
        assert len(message) < LONGEST_MESSAGE, message
        return "refused"
    assert np.isfinite(boxes.data).all()
    assert (boxes.data[:, 2:] > boxes.data[:, :2]).all()
    n_boxes = len(boxes.data)
    assert len(boxes.target) == len(boxes.image) == len(boxes.image_size) == n_boxes
    assert all(code < len(boxes.target_names) for code in boxes.target.tolist())
    assert all(math.isnan(side) or side > 0 for side in boxes.image_size.ravel().tolist())
    if path.is_file() and boxes.format in COUNTS and len(case.files) == 1:
        n_labels = COUNTS[boxes.format](unpacked(case.files[case.path]))
        assert n_boxes + sum(boxes.skipped.values()) == n_labels
    return "read"


@pytest.mark.parametrize("name", STRATEGIES)
def test_a_changed_file_is_refused_by_name_or_read_with_no_label_lost(name, tmp_path):
    @settings(max_examples=N_EXAMPLES, suppress_health_check=list(HealthCheck))
    @given(case=STRATEGIES[name], auto=st.booleans())
    def check(case, auto):
        check_reading(case, str(tmp_path), "auto" if auto else case.format)

    check()


def check_command(arguments: list[str], folder: str, changed: dict[str, bytes]) -> int:
    """Run the command: it ends with a status, and says nothing that drives a terminal."""
    files = COMMAND_FILES | changed
    out, err = io.StringIO(), io.StringIO()
    with chdir(folder), pytest.MonkeyPatch.context() as patch:
        write(files, folder)
        patch.setattr(sys, "argv", ["iou-kmeans", *arguments])
        with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as end:
            main()
        for name, content in files.items():
            assert Path(folder, name).read_bytes() == content, "an input was changed"
    said = out.getvalue() + err.getvalue()
    assert end.value.code in (0, 2), (end.value.code, said)
    assert not CONTROL.search(said.replace("\n", "")), said
    assert "Traceback" not in said
    assert (end.value.code == 2) <= bool(err.getvalue())
    return end.value.code


def test_any_command_line_ends_with_an_answer_or_a_sentence(tmp_path):
    @settings(max_examples=N_EXAMPLES, suppress_health_check=list(HealthCheck))
    @given(command_lines())
    def check(arguments):
        check_command(arguments, str(tmp_path), {})

    check()


def test_anchors_of_a_changed_file_are_compared_or_refused(tmp_path):
    @settings(max_examples=N_EXAMPLES, suppress_health_check=list(HealthCheck))
    @given(anchor_files())
    def check(content):
        arguments = ["compare", "coco.json", "--anchors", "anchors.json"]
        check_command(arguments, str(tmp_path), {"anchors.json": content})

    check()


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_the_layouts_that_are_changed_are_true_ones(layout, tmp_path):
    for seed in layout.seeds:
        text = seed if isinstance(seed, str) else json.dumps(seed)
        path = f"labels{layout.suffix}"
        case = Case(layout.name, {path: text.encode()}, path, layout.options)
        assert check_reading(case, str(tmp_path), layout.name) == "read"


@pytest.mark.parametrize(
    "harm",
    [
        lambda path: os.system("true"),
        lambda path: path.write_text("mine"),
        lambda path: path.unlink(),
        lambda path: pickle.loads(pickle.dumps(Case)),
        lambda path: socket.create_connection(("127.0.0.1", 9)),
    ],
    ids=["run", "write", "remove", "unpickle", "connect"],
)
def test_reading_that_did_harm_would_be_seen(harm, tmp_path):
    class Harmful:
        """A path that does harm when it is looked at, as a reader might."""

        def __fspath__(self):
            harm(tmp_path / "a.txt")
            return str(tmp_path)

    with pytest.raises(AssertionError, match="reading a file led to"):
        read_only(Harmful(), "auto")
