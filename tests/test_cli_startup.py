"""What is imported and when, and what is installed."""

import ast
import os
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from typer.testing import CliRunner

import sklearn_iou_kmeans
from sklearn_iou_kmeans.cli import build_app, main

SLOW = {"sklearn", "scipy", "joblib", "matplotlib", "pandas"}

IMPORTED = """
import sys
from sklearn_iou_kmeans.cli import main
for command in sys.argv[1:]:
    sys.argv = ["iou-kmeans", *command.split()]
    try:
        main()
    except SystemExit as end:
        print("ended:", end.code, *sys.modules, file=sys.stderr)
"""


def imported_by(commands):
    """Yield each command, its exit code, and the packages that have been imported so far."""
    run = [sys.executable, "-c", IMPORTED, *commands]
    lines = subprocess.run(run, capture_output=True, text=True).stderr.splitlines()
    ends = [line.split()[1:] for line in lines if line.startswith("ended:")]
    for command, (code, *modules) in zip(commands, ends, strict=True):
        yield command, int(code), {module.split(".")[0] for module in modules}


def test_help_versions_and_formats_do_not_wait_for_scikit_learn():
    for command, _, packages in imported_by(["--help", "fit --help", "--version", "formats", ""]):
        assert not packages & SLOW, command
        assert "typer" in packages


def test_wrong_options_are_answered_before_scikit_learn_is_imported():
    commands = [
        "frobnicate",
        "fit",
        "fit x.json --frobnicate",
        "fit x.json -k many",
        "fit x.json --json none/y.json",
        "fit x.json --json x.json",
        "fit x.json --plot y.gif",
        "fit x.json --resize crop",
        "fit x.json --unit grid",
        "fit x.json --export yolo11",
        "fit x.json --export caffe",
        "fit x.json --export paddle",
        "fit x.json --export paddle --input-size 416 -k 7",
        "fit x.json --export darknet --input-size 416 --model v5",
        "sweep x.json --k 5-3",
        "sweep x.json --rule elbow",
        "compare x.json",
    ]
    for command, code, packages in imported_by(commands):
        assert code == 2, command
        assert not packages & SLOW, command


def test_the_package_imports_names_when_they_are_used_and_extras_when_they_are_needed():
    program = """
import sys
import sklearn_iou_kmeans
before = set(sys.modules)
sklearn_iou_kmeans.IoUKMeans
print("numpy" in before, "sklearn" in before, "sklearn" in sys.modules)
from sklearn_iou_kmeans import *
import sklearn_iou_kmeans.dask
print({"dask", "distributed", "matplotlib"} & sys.modules.keys())
"""
    run = [sys.executable, "-c", program]
    printed = subprocess.run(run, capture_output=True, text=True).stdout
    assert printed == "False False True\nset()\n"


def test_pictures_and_metrics_of_given_anchors_do_not_load_the_estimators():
    program = """
import sys
from sklearn_iou_kmeans import AnchorsDisplay, datasets, export, metrics, preprocessing
print("sklearn_iou_kmeans._cluster" in sys.modules)
"""
    run = [sys.executable, "-c", program]
    assert subprocess.run(run, capture_output=True, text=True).stdout == "False\n"


def test_public_names_are_listed_and_there():
    names = {*sklearn_iou_kmeans.__all__, "__version__", "datasets", "export", "metrics"}
    assert names <= set(dir(sklearn_iou_kmeans))
    for name in names:
        assert getattr(sklearn_iou_kmeans, name)
    assert sklearn_iou_kmeans.__version__ == version("sklearn-iou-kmeans")
    with pytest.raises(AttributeError, match="no attribute 'KMeans'"):
        sklearn_iou_kmeans.KMeans  # noqa: B018


def test_type_checkers_see_the_same_names_from_the_same_modules():
    tree = ast.parse(Path(sklearn_iou_kmeans.__file__).read_text())
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level]
    seen = {alias.name: node.module for node in imports for alias in node.names}
    assert seen == sklearn_iou_kmeans.MODULES
    assert sorted(seen) == sklearn_iou_kmeans.__all__


def test_versions_and_extras_are_listed():
    result = CliRunner().invoke(build_app(), ["--version"])
    assert result.exit_code == 0
    lines = dict(re.split(r" {2,}", line) for line in result.stdout.splitlines())
    for name in ("sklearn-iou-kmeans", "numpy", "scipy", "scikit-learn", "joblib"):
        assert lines[name] == version(name)
    assert lines["Python"] == ".".join(map(str, sys.version_info[:3]))
    assert {"cli", "io", "plot"} <= set(lines["extras"].split(", "))


def test_an_extra_that_is_not_installed_is_named():
    """Here matplotlib is hidden from the interpreter."""
    program = """
import importlib.metadata as metadata
installed = metadata.version
def version(name):
    if name == "matplotlib":
        raise metadata.PackageNotFoundError(name)
    return installed(name)
metadata.version = version
from sklearn_iou_kmeans.cli import main
import sys
sys.argv = ["iou-kmeans", "--version"]
main()
"""
    run = [sys.executable, "-c", program]
    lines = subprocess.run(run, capture_output=True, text=True).stdout.splitlines()
    assert lines[-1] == 'not installed       plot: pip install "sklearn-iou-kmeans[all]"'


@pytest.mark.parametrize("package", ["typer", "rich"])
def test_without_typer_or_rich_the_extra_is_named(monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(SystemExit, match=rf'iou-kmeans requires {package}: .*-kmeans\[cli\]"$'):
        main()


INTERRUPTED = """
import os, signal, sys
from importlib.abc import MetaPathFinder

module = sys.argv[1]
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs the tests may ignore it

class CtrlC(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name == module:
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, CtrlC())
from sklearn_iou_kmeans.cli import main
sys.argv[1:] = ["fit", "boxes.csv"]
main()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT as a terminal does")
@pytest.mark.parametrize(
    "module",
    ["typer", "numpy", "numpy._core._multiarray_umath", "sklearn", "scipy.sparse", "rich.console"],
)
def test_ctrl_c_while_starting_ends_with_one_line(tmp_path, module):
    (tmp_path / "boxes.csv").write_text("width,height\n1,2\n")
    run = [sys.executable, "-c", INTERRUPTED, module]
    result = subprocess.run(run, capture_output=True, text=True, cwd=tmp_path)
    assert result.returncode == 130
    assert result.stdout == ""
    assert result.stderr == "iou-kmeans: interrupted.\n"


@pytest.mark.parametrize("arguments", [["--version"], ["fit", "boxes.csv"]])
def test_kernels_that_do_not_exist_are_refused_in_one_line(arguments):
    run = [sys.executable, "-c", "from sklearn_iou_kmeans.cli import main; main()", *arguments]
    environment = os.environ | {"SKLEARN_IOU_KMEANS_KERNELS": "fast"}
    result = subprocess.run(run, capture_output=True, text=True, env=environment)
    assert result.returncode != 0
    assert result.stderr == (
        "iou-kmeans: SKLEARN_IOU_KMEANS_KERNELS='fast': set it to 'compiled' or 'numpy', or unset "
        "it.\n"
    )
