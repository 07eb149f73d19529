"""The package without its extras: it works on scikit-learn, numpy, scipy and joblib alone."""

import re
import subprocess
import sys
from importlib.metadata import requires

import pytest

HIDE = """
import sys

class Without:
    def __init__(self, finder):
        self.finder = finder

    def __getattr__(self, name):
        return getattr(self.finder, name)

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in names:
            return self.finder.find_spec(name, path, target)

names = sys.argv[1].split(",")
sys.meta_path[:] = map(Without, sys.meta_path)
"""
MODULES = {"pyyaml": "yaml"}  # where the package has another name than its distribution


def modules_of(extra):
    """The packages that an extra brings, those of the extras that it includes among them."""
    found = set()
    for requirement in requires("sklearn-iou-kmeans"):
        name = re.match(r"[\w.-]+", requirement)[0].lower()
        if f'extra == "{extra}"' in requirement.replace("'", '"'):
            included = re.search(r"sklearn-iou-kmeans\[(.*?)\]", requirement)
            if included:
                found |= set().union(*map(modules_of, included[1].split(",")))
            else:
                found.add(MODULES.get(name, name))
    return found


def run_without(modules, program, *arguments):
    """Run a program where these modules are not to be found."""
    command = [sys.executable, "-W", "error", "-c", HIDE + program, ",".join(modules), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_core_imports_fits_sweeps_and_exports_on_four_packages():
    program = """
import sklearn_iou_kmeans
from sklearn_iou_kmeans import *
from sklearn_iou_kmeans import dask, datasets, export, metrics, model_selection, preprocessing

boxes = datasets.make_boxes(300, random_state=0)
X = preprocessing.box_sizes(boxes.data)
kmeans = IoUKMeans(3, random_state=0).fit(X)
print(round(kmeans.average_iou_ - kmeans.score(X), 12))
print(round(metrics.average_iou_score(X, kmeans.cluster_centers_) - kmeans.score(X), 12))
print(NClustersSweep(IoUKMeans(), range(2, 5), random_state=0).fit(X).predict(X).shape)
print(ShapeHistogram().add(X).n_samples, MostFrequentShapes(3).fit(X).counts_.shape)
print(export.export_anchors(kmeans.cluster_centers_, "darknet", input_size=608))
show_versions()
"""
    done = run_without(modules_of("all"), program)
    assert done.returncode == 0, done.stderr
    printed = done.stdout.splitlines()
    assert printed[:4] == ["0.0", "0.0", "(300,)", "300 (3,)"]
    assert "matplotlib" in done.stdout


SAYS = {
    "io": """
from sklearn_iou_kmeans.datasets import load_annotations
load_annotations(path)
""",
    "parquet": """
from sklearn_iou_kmeans.datasets import load_parquet
load_parquet(path)
""",
    "plot": """
from sklearn_iou_kmeans import AnchorsDisplay
AnchorsDisplay(anchors=[[3, 4]], X=[[3, 4]]).plot()
""",
    "dask": """
from sklearn_iou_kmeans.dask import shape_histogram
shape_histogram(None)
""",
    "cli": """
from sklearn_iou_kmeans.cli import main
main()
""",
}


@pytest.mark.parametrize("extra", SAYS)
def test_without_an_extra_what_needs_it_says_which_one_to_install(extra, tmp_path):
    path = tmp_path / "labels.json"
    path.write_text("[]")
    program = f"path = sys.argv[2]\n{SAYS[extra]}\n"
    done = run_without(modules_of(extra), program, str(path))
    assert done.returncode == 1
    last_line = done.stderr.strip().splitlines()[-1]
    assert f'pip install "sklearn-iou-kmeans[{extra}]"' in last_line


def test_every_extra_is_named_by_what_needs_it():
    provided = {
        match[1]
        for requirement in requires("sklearn-iou-kmeans")
        if (match := re.search(r"extra == [\"'](\w+)[\"']", requirement))
    }
    assert provided == {*SAYS, "all"}
