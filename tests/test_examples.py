"""Every example runs as it stands, without a warning."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).resolve().parents[1] / "examples").glob("*.py"))
ARGUMENTS = {"draw_annotations.py": ["labels.json"]}
NEEDS = {"parquet_to_anchors.py": "dask.dataframe"}
NEEDS |= {example.name: "matplotlib" for example in EXAMPLES if example.name.startswith("plot_")}
# Nobody is there to look at a window: no display, and no word about that.
HEADLESS = {name: value for name, value in os.environ.items() if name != "DISPLAY"}
HEADLESS |= {"MPLBACKEND": "Agg"}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_example_runs(example, tmp_path):
    if example.name in NEEDS:
        pytest.importorskip(NEEDS[example.name])
    command = [sys.executable, "-W", "error", str(example), *ARGUMENTS.get(example.name, [])]
    done = subprocess.run(
        command, cwd=tmp_path, env=HEADLESS, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout
