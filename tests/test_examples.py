"""Every example runs as it stands, without a warning."""

import runpy
import sys
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).resolve().parents[1] / "examples").glob("*.py"))
ARGUMENTS = {"draw_annotations.py": ["labels.json"]}
NEEDS = {"parquet_to_anchors.py": "dask.dataframe"}
NEEDS |= {example.name: "matplotlib" for example in EXAMPLES if example.name.startswith("plot_")}


@pytest.fixture(autouse=True)
def _no_window(monkeypatch):
    """Nobody is there to look at a window: no display, and no word about that."""
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.setenv("MPLBACKEND", "agg")
    yield
    if plt := sys.modules.get("matplotlib.pyplot"):
        plt.close("all")


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_example_runs(example, tmp_path, monkeypatch, capsys):
    if example.name in NEEDS:
        pytest.importorskip(NEEDS[example.name])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [str(example), *ARGUMENTS.get(example.name, [])])
    runpy.run_path(str(example), run_name="__main__")
    assert capsys.readouterr().out
