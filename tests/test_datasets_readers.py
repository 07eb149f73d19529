"""What the records of the formats say of themselves holds for what is made of them."""

import inspect
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sklearn_iou_kmeans import datasets
from sklearn_iou_kmeans.cli import build_app
from sklearn_iou_kmeans.cli._spellings import SPELLINGS
from sklearn_iou_kmeans.datasets import READERS, load_annotations
from sklearn_iou_kmeans.datasets._errors import OPTIONS
from sklearn_iou_kmeans.datasets._labels import Common


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
def test_a_format_has_a_public_function_with_its_options(reader):
    load = getattr(datasets, f"load_{reader.name}")
    assert load.__name__ in datasets.__all__
    parameters = inspect.signature(load).parameters.values()
    assert tuple(p.name for p in parameters if p.kind is p.KEYWORD_ONLY) == reader.options
    assert not set(reader.options) & set(Common.__annotations__)


def test_the_command_lists_every_format_with_its_summary_and_its_options():
    result = CliRunner().invoke(build_app(), ["formats"])
    words = " ".join(result.stdout.split())
    for reader in READERS.values():
        assert f"{reader.name} {reader.summary}" in words
        for option in set(reader.options) - {"keep_flagged"}:
            assert SPELLINGS[option].split()[0] in words


def test_the_documentation_lists_every_format():
    for reader in READERS.values():
        assert f"{reader.name!r}: {reader.summary}." in load_annotations.__doc__


def test_every_option_that_an_error_names_is_spelled_for_the_command_too():
    assert SPELLINGS.keys() == OPTIONS.keys()
    for reader in READERS.values():
        assert set(reader.options) - {"keep_flagged"} <= OPTIONS.keys()


def test_options_of_a_format_are_options_of_the_command():
    help_text = CliRunner().invoke(build_app(), ["fit", "--help"], env={"COLUMNS": "200"}).stdout
    for spelling in SPELLINGS.values():
        assert spelling.split()[0] in help_text


def test_formats_are_listed_without_waiting_for_scikit_learn():
    package = Path(datasets.__file__).parent
    # As another package, since importing this one may import scikit-learn.
    program = (
        "import sys, types\n"
        f"package = types.ModuleType('package'); package.__path__ = [{str(package.parent)!r}]\n"
        "sys.modules['package'] = package\n"
        "import package.datasets\n"
        "print(*sys.modules)\n"
    )
    run = [sys.executable, "-c", program]
    modules = subprocess.run(run, capture_output=True, text=True, check=True).stdout.split()
    assert "package.datasets._coco" in modules
    assert not {"sklearn", "scipy", "pyarrow", "yaml"} & set(modules)
