"""Every block of code on the pages of docs/ runs and prints what the page shows.

A block is Python with prompts, or a console in which only `iou-kmeans` is called. The blocks of a
page run in order, in a folder with the boxes of BCCD as labels of four formats.
"""

import doctest
import json
import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sklearn_iou_kmeans.cli import build_app
from sklearn_iou_kmeans.datasets import load_bccd

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
FENCE = re.compile(r"^ *(```+)(\S*)[^\n]*\n(.*?)^ *\1 *$", re.MULTILINE | re.DOTALL)
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def blocks_of(page):
    """Yield language, line and text of the blocks that are no directives."""
    text = page.read_text(encoding="utf-8")
    for match in FENCE.finditer(text):
        if not match[2].startswith("{"):
            yield match[2], text.count("\n", 0, match.start(3)), match[3]


def write_yolo(boxes, folder):
    folder.joinpath("labels").mkdir()
    for image, name in enumerate(boxes.image_names):
        lines = []
        for code, corners in zip(
            boxes.target[boxes.image == image], boxes.data[boxes.image == image], strict=True
        ):
            x1, y1, x2, y2 = corners / (640, 480, 640, 480)
            center_and_size = ((x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1)
            lines.append(f"{code} " + " ".join(f"{number:.6f}" for number in center_and_size))
        folder.joinpath("labels", f"{name}.txt").write_text("\n".join(lines))
    folder.joinpath("data.yaml").write_text(f"train: labels\nnames: {boxes.target_names}\n")


def write_coco(boxes, folder):
    images = [
        {"id": code, "file_name": f"{name}.jpg", "width": 640, "height": 480}
        for code, name in enumerate(boxes.image_names)
    ]
    annotations = [
        {"id": code, "image_id": image, "category_id": target, "bbox": [x, y, x2 - x, y2 - y]}
        for code, (image, target, (x, y, x2, y2)) in enumerate(
            zip(boxes.image.tolist(), boxes.target.tolist(), boxes.data.tolist(), strict=True)
        )
    ]
    names = [{"id": code, "name": name} for code, name in enumerate(boxes.target_names)]
    content = {"images": images, "annotations": annotations, "categories": names}
    folder.joinpath("instances_train.json").write_text(json.dumps(content))


def write_voc(boxes, folder):
    folder.joinpath("Annotations").mkdir()
    for image, name in enumerate(boxes.image_names):
        objects = ""
        for code, corners in zip(
            boxes.target[boxes.image == image], boxes.data[boxes.image == image], strict=True
        ):
            sides = zip(("xmin", "ymin", "xmax", "ymax"), corners, strict=True)
            box = "".join(f"<{side}>{value:.0f}</{side}>" for side, value in sides)
            objects += f"<object><name>{boxes.target_names[code]}</name><bndbox>{box}</bndbox>"
            objects += "</object>"
        size = "<size><width>640</width><height>480</height></size>"
        text = f"<annotation>{size}{objects}</annotation>"
        folder.joinpath("Annotations", f"{name}.xml").write_text(text)


def write_bdd100k(boxes, folder):
    frames = [{"name": f"{name}.jpg", "labels": []} for name in boxes.image_names]
    for image, code, corners in zip(boxes.image, boxes.target, boxes.data.tolist(), strict=True):
        box2d = dict(zip(("x1", "y1", "x2", "y2"), corners, strict=True))
        frames[image]["labels"].append({"category": boxes.target_names[code], "box2d": box2d})
    folder.joinpath("bdd100k_labels.json").write_text(json.dumps(frames))


@pytest.fixture(scope="module")
def labels(tmp_path_factory):
    folder, boxes = tmp_path_factory.mktemp("labels"), load_bccd()
    for write in (write_yolo, write_coco, write_voc, write_bdd100k):
        write(boxes, folder)
    return folder


def run_python(text, globals_, page, line):
    name = page.relative_to(DOCS).as_posix()
    test = doctest.DocTestParser().get_doctest(text, globals_, name, str(page), line)
    assert test.examples, f"{name}, line {line}: no line begins with >>>"
    runner = doctest.DocTestRunner(optionflags=OPTIONS, verbose=False)
    said = []
    failures = runner.run(test, out=said.append, clear_globs=False).failed
    assert not failures, "".join(said)
    globals_.update(test.globs)


def run_console(text, page, line):
    commands = re.split(r"^ *\$ ", text, flags=re.MULTILINE)
    assert commands[0].strip() == "", f"{page}, line {line}: a console begins with $"
    for command in commands[1:]:
        command = re.sub(r" \\\n *> ", " ", command)
        typed, _, expected = command.partition("\n")
        program, *arguments = shlex.split(typed, comments=True)
        assert program == "iou-kmeans", f"{page}, line {line}: {program}"
        result = CliRunner().invoke(build_app(), arguments)
        assert result.exit_code == 0, f"{page}: {typed}: {result.output}"
        matches = doctest.OutputChecker().check_output(expected, result.output, OPTIONS)
        assert matches, f"{page}, {typed} printed\n{result.output}"


@pytest.mark.parametrize(
    "page", [page for page in PAGES if any(blocks_of(page))], ids=lambda page: page.stem
)
def test_blocks_run_and_print_what_the_page_shows(page, labels, monkeypatch):
    monkeypatch.chdir(labels)
    globals_ = {}
    for language, line, text in blocks_of(page):
        if language == "python":
            run_python(text, globals_, page, line)
        else:
            assert language == "console", f"{page}, line {line}: {language or 'no language'}"
            run_console(text, page, line)
