"""What the files of the project promise each other."""

import re
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

import sklearn_iou_kmeans

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
EXTRAS = PROJECT["project"]["optional-dependencies"].values()
REQUIREMENTS = [
    *PROJECT["project"]["dependencies"],
    *(requirement for extra in EXTRAS for requirement in extra),
    *PROJECT["dependency-groups"]["test"],
]


def lines_of(path):
    """The lines of a file of the repository, which the sdist does not hold."""
    file = ROOT / path
    if not file.exists():
        pytest.skip(f"needs {path} of the repository")
    return file.read_text(encoding="utf-8").splitlines()


def test_the_oldest_releases_that_are_tested_are_the_lower_bounds():
    """Run `make floors` after changing one."""
    pins = dict(re.findall(r"^([\w.-]+)==([\w.]+)", "\n".join(lines_of(".ci/oldest.txt")), re.M))
    bounds = [re.match(r"([\w.-]+)(?:\[.*\])?>=([\w.]+)", text) for text in REQUIREMENTS]
    assert sum(map(bool, bounds)) >= 10
    for name, bound in (found.groups() for found in bounds if found):
        pinned = pins[name.lower()]
        assert f"{pinned}.".startswith(f"{bound}."), f"{name} is {pinned}, not {bound}"


def test_every_oldest_release_has_a_hash():
    text = "\n".join(lines_of(".ci/oldest.txt"))
    entries = re.split(r"\n(?=\w)", text)
    assert all("--hash=sha256:" in entry for entry in entries if "==" in entry)


def test_there_are_no_upper_bounds():
    assert not [requirement for requirement in REQUIREMENTS if re.search(r"<|==|~=", requirement)]


def test_actions_are_pinned_by_commit():
    workflows = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
    if not workflows:
        pytest.skip("needs .github of the repository")
    uses = [line for file in workflows for line in lines_of(file) if re.search(r"\buses:", line)]
    assert uses
    for line in uses:
        assert re.search(r"uses: [\w-]+/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line), line


def test_workflows_check_what_the_project_claims():
    """Known vulnerabilities, hashes of the oldest releases, sanitizers, pre-releases."""
    workflow, script = "\n".join(lines_of(".github/workflows/ci.yml")), lines_of(".ci/run")
    makefile = "\n".join(lines_of("Makefile"))
    commands = re.sub(r"#.*", "", "\n".join([workflow, *script]))
    used = set(re.findall(r"\bmake ([\w-]+)", commands))
    assert {"audit", "test", "test-oldest", "test-nightly", "test-sanitized", "test-long"} <= used
    recipes = dict(re.findall(r"^([\w-]+):.*\n((?:\t.*\n?)+)", makefile, re.M))
    assert used <= set(recipes)
    assert "pip-audit" in recipes["audit"]
    assert re.search(r"^\$\(OLDEST\)/\.test:.*\n(\t.*\n)*\t.*--require-hashes", makefile, re.M)


def test_the_version_has_its_section_in_the_changelog():
    assert PROJECT["project"]["version"] == sklearn_iou_kmeans.__version__
    assert any(
        line.startswith(f"## [{sklearn_iou_kmeans.__version__}] - ")
        for line in lines_of("CHANGELOG.md")
    )


def test_make_help_lists_every_target():
    makefile = "\n".join(lines_of("Makefile"))
    [phony] = re.findall(r"^\.PHONY: (.*)$", makefile, re.M)
    assert set(phony.split()) <= set(re.findall(r"^# .+\n([a-z-]+):", makefile, re.M))


@pytest.mark.parametrize(
    "module", ["", "datasets", "export", "metrics", "model_selection", "preprocessing"]
)
def test_the_reference_lists_every_public_name(module):
    public = import_module(f"sklearn_iou_kmeans.{module}".rstrip("."))
    listed = {line.strip().rpartition(".")[2] for line in lines_of("docs/api.rst")}
    internal = {"EXPORTERS", "LAYOUT_VERSION", "READERS", "Reader"}  # for the command
    assert set(public.__all__) - internal <= listed
