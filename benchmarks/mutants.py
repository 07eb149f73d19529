"""Count how many small changes of the source the tests notice.

Each mutant is a module with one operator, number or name changed. The module's own tests run on it,
those that take least time first, and stop at the first failure; a mutant that passes them all has
survived. Survivors that no test can tell from the original, or that only a benchmark can, are
listed in `equivalent_mutants.txt` with the reason. Nothing is written: a mutant lives in a forked
process that imports it instead of the file.

    python benchmarks/mutants.py                  # all modules
    python benchmarks/mutants.py _histogram -n 50   # at most 50 mutants of one module
    python benchmarks/mutants.py --again report   # those that survived by an earlier report
"""

import argparse
import ast
import contextlib
import copy
import importlib
import importlib.abc
import importlib.util
import json
import os
import random
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

# Imported once, before forking; the package itself is not.
import hypothesis
import numpy as np
import pytest

for name in ("pandas", "scipy.optimize", "sklearn.cluster", "sklearn.model_selection"):
    importlib.import_module(name)

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "sklearn_iou_kmeans"

# The tests of each module.
TESTS = {
    "metrics": ["defaults", "metrics", "oracle", "bound"],
    "preprocessing": ["preprocessing"],
    "_distinct": ["weights", "histogram"],
    "_histogram": ["histogram", "weights", "cluster_summary"],
    "_merged_cells": ["merged_cells"],
    "_weights": ["weights"],
    "_validation": ["validation"],
    "_kernels._numpy": ["kernels"],
    "_cluster._base": ["cluster_iou_kmeans", "cluster_most_frequent", "validation"],
    "_cluster._centers": ["cluster_centers"],
    "_cluster._exact": ["cluster_exact"],
    "_cluster._iou_kmeans": [
        *("defaults", "cluster_iou_kmeans", "cluster_exact", "cluster_search"),
        *("weights", "validation"),
    ],
    "_cluster._lloyd": ["cluster_lloyd"],
    "_cluster._most_frequent": ["defaults", "cluster_most_frequent"],
    "_cluster._search": ["cluster_search"],
    "_cluster._seeding": ["cluster_seeding"],
    "_cluster._solution": ["cluster_lloyd"],
    "_cluster._summary": ["cluster_summary"],
    "model_selection._rules": ["model_selection_rules", "warnings"],
}

# A mutant never ends if it works so many times as long as the original, and some seconds, or waits
# for so many seconds.
PATIENCE, LEAST_SECONDS, LONGEST_WAIT = 3, 10, 1800
MEMORY = 8 * 2**30

# Of each property: fewer than elsewhere, so that a survivor does not take minutes.
N_EXAMPLES = 30

OTHER_OPERATORS = {
    ast.Lt: [ast.LtE, ast.Gt],
    ast.LtE: [ast.Lt],
    ast.Gt: [ast.GtE, ast.Lt],
    ast.GtE: [ast.Gt],
    ast.Eq: [ast.NotEq],
    ast.NotEq: [ast.Eq],
    ast.Is: [ast.IsNot],
    ast.IsNot: [ast.Is],
    ast.In: [ast.NotIn],
    ast.NotIn: [ast.In],
    ast.Add: [ast.Sub],
    ast.Sub: [ast.Add],
    ast.Mult: [ast.Div],
    ast.Div: [ast.Mult],
    ast.FloorDiv: [ast.Mult],
    ast.Mod: [ast.Mult],
    ast.Pow: [ast.Mult],
    ast.BitAnd: [ast.BitOr],
    ast.BitOr: [ast.BitAnd],
    ast.BitXor: [ast.BitOr],
    ast.RShift: [ast.LShift],
    ast.LShift: [ast.RShift],
    ast.And: [ast.Or],
    ast.Or: [ast.And],
}
OTHER_NAMES = {
    first: second
    for pair in [
        ("min", "max"),
        ("minimum", "maximum"),
        ("fmin", "fmax"),
        ("argmin", "argmax"),
        ("any", "all"),
        ("floor", "ceil"),
        ("sum", "mean"),
        ("sqrt", "square"),
        ("zeros", "ones"),
    ]
    for first, second in (pair, pair[::-1])
}
# Types and what is said of them do not run.
PASSED_OVER = {"annotation", "returns", "type_params", "decorator_list", "format_spec"}


class Mutant(NamedTuple):
    """A module with one change, said as a line of it before and after."""

    module: str
    change: str
    source: str


def file_of(module: str) -> Path:
    return ROOT.joinpath(PACKAGE, *module.split(".")).with_suffix(".py")


def nodes(node: ast.AST, statement: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    """Every node that runs, with the statement that it belongs to."""
    statement = node if isinstance(node, ast.stmt) else statement
    yield node, statement
    for field, value in ast.iter_fields(node):
        is_test = isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"
        if field in PASSED_OVER or (is_test and field != "orelse"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from nodes(child, statement)


def changes(node: ast.AST) -> Iterator[dict[str, object]]:
    """The values that the fields of a node might have instead."""
    if isinstance(node, ast.Compare):
        for i, operator in enumerate(node.ops):
            for other in OTHER_OPERATORS[type(operator)]:
                yield {"ops": [*node.ops[:i], other(), *node.ops[i + 1 :]]}
    elif isinstance(node, ast.BinOp | ast.AugAssign | ast.BoolOp):
        for other in OTHER_OPERATORS.get(type(node.op), []):
            yield {"op": other()}
    elif isinstance(node, ast.UnaryOp):
        yield {"op": ast.UAdd()} if isinstance(node.op, ast.USub) else {"op": None}
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield {"value": not node.value}
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        yield {"value": node.value + 1}
        if node.value > 0:
            yield {"value": node.value - 1}
    elif isinstance(node, ast.Constant) and isinstance(node.value, float):
        yield {"value": node.value * 2 if node.value else 1.0}
        yield {"value": node.value / 2 if node.value else -1.0}
    elif isinstance(node, ast.Attribute) and node.attr in OTHER_NAMES:
        yield {"attr": OTHER_NAMES[node.attr]}
    elif isinstance(node, ast.Name) and node.id in OTHER_NAMES and node.id != "sum":
        yield {"id": OTHER_NAMES[node.id]}
    elif isinstance(node, ast.Break):
        yield {"__class__": ast.Continue}
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        yield {"value": ast.Constant(None)}


def head(statement: ast.AST) -> str:
    """The first line of a statement, without what is nested in it."""
    return ast.unparse(statement).partition("\n")[0]


def mutants_of(module: str) -> list[Mutant]:
    """Every mutant of a module."""
    tree = ast.parse(file_of(module).read_text())
    found = []
    for i, (node, statement) in enumerate(nodes(tree, tree)):
        for change in changes(node):
            mutated = copy.deepcopy(tree)
            target, changed = next(islice(nodes(mutated, mutated), i, None))
            if change == {"op": None}:  # not x -> x
                operand = target.operand
                target.__class__, target.__dict__ = operand.__class__, vars(operand)
            elif "__class__" in change:
                target.__class__ = change["__class__"]
            else:
                vars(target).update(change)
            line = f"{head(statement)}  ->  {head(changed)}"
            found.append(Mutant(module, line, ast.unparse(ast.fix_missing_locations(mutated))))
    return found


class Finder(importlib.abc.MetaPathFinder, importlib.abc.SourceLoader):
    """Imports a mutant in place of its file."""

    # ruff: noqa: D102 - the methods are those of importlib

    def __init__(self, mutant: Mutant) -> None:
        self.name, self.mutant = f"{PACKAGE}.{mutant.module}", mutant

    def find_spec(self, name, path, target=None):
        if name == self.name:
            return importlib.util.spec_from_file_location(
                name, self.get_filename(name), loader=self
            )
        return None

    def get_filename(self, name):
        return str(file_of(self.mutant.module))

    def get_data(self, path):
        return self.mutant.source.encode()


class QuickestFirst:
    """Orders tests by the seconds that each took before, and notes those that each takes."""

    # ruff: noqa: D102 - the methods are those of pytest

    def __init__(self, seconds: dict[str, float]) -> None:
        self.seconds = seconds

    def pytest_collection_modifyitems(self, items):
        items.sort(key=lambda item: self.seconds.get(item.nodeid, 0.0))

    def pytest_runtest_logreport(self, report):
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0.0) + report.duration


def run_tests(mutant: Mutant, seconds: int, times: int) -> None:
    """Run in a process of its own, which ends with it, at the latest after `seconds` of work."""
    os.setsid()
    os.chdir(ROOT)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(nowhere, descriptor)
    if mutant.module.startswith("_kernels"):
        os.environ["SKLEARN_IOU_KMEANS_KERNELS"] = "numpy"
        sys.modules[f"{PACKAGE}._kernels._compiled_avx2"] = None  # one twin is enough
    sys.meta_path.insert(0, Finder(mutant))
    phases = [hypothesis.Phase.explicit, hypothesis.Phase.generate]
    hypothesis.settings.register_profile(
        "mutants",
        deadline=None,
        database=None,
        derandomize=True,
        phases=phases,
        max_examples=N_EXAMPLES,
    )
    files = [f"tests/test_{name}.py" for name in TESTS[mutant.module]]
    files += [str(file_of(mutant.module).relative_to(ROOT))]
    options = ["-x", "-q", "--assert=plain", "--hypothesis-profile=mutants"]
    options += ["-p", "no:cacheprovider", "-p", "no:xdist"]
    size = os.fstat(times).st_size
    order = QuickestFirst(json.loads(os.pread(times, size, 0) or "{}"))
    code = pytest.main([*options, *files], plugins=[order])
    if not mutant.change:
        os.pwrite(times, json.dumps(order.seconds).encode(), 0)
    os._exit(code)


def outcomes(
    mutants: list[Mutant], seconds: int, n_jobs: int, times: int
) -> Iterator[tuple[Mutant, str, float]]:
    """Run the tests on each mutant, some at a time; yield what became of it and how long it worked.

    The original writes what each test takes to the file descriptor `times`; mutants read it there.
    """
    waiting, running = list(reversed(mutants)), {}
    while waiting or running:
        while waiting and len(running) < n_jobs:
            mutant = waiting.pop()
            if (process := os.fork()) == 0:
                run_tests(mutant, seconds, times)
            running[process] = mutant, time.perf_counter()
        for process, (mutant, start) in list(running.items()):
            done, status, usage = os.wait4(process, os.WNOHANG)
            if not done and time.perf_counter() - start < LONGEST_WAIT:
                continue
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process, signal.SIGKILL)
            if not done:
                os.waitpid(process, 0)
            del running[process]
            code = os.waitstatus_to_exitcode(status) if done else -signal.SIGXCPU
            known = {0: "survived", 4: "no such tests", 5: "no tests", -signal.SIGXCPU: "endless"}
            yield mutant, known.get(code, "killed"), usage.ru_utime + usage.ru_stime
        time.sleep(0.02)


def equivalents() -> set[str]:
    """The lines of the list that are no comments."""
    lines = Path(__file__).with_name("equivalent_mutants.txt").read_text().splitlines()
    return {line for line in lines if line and not line.startswith("#")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modules", nargs="*", default=list(TESTS), metavar="module")
    parser.add_argument("-n", type=int, help="at most so many mutants of a module, at random")
    parser.add_argument("--again", type=Path, help="only the mutants of lines of a report")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    equivalent, totals = equivalents(), np.zeros(3, dtype=int)
    for module in options.modules:
        mutants = mutants_of(module)
        if options.again:
            lines = set(options.again.read_text().splitlines())
            mutants = [mutant for mutant in mutants if f"{module}: {mutant.change}" in lines]
        if not mutants:
            continue
        if options.n and options.n < len(mutants):
            mutants = random.Random(options.seed).sample(mutants, options.n)
        original = Mutant(module, "", file_of(module).read_text())
        counts, n_endless = np.zeros(3, dtype=int), 0
        with tempfile.TemporaryFile() as file:
            times = file.fileno()
            ((_, outcome, seconds),) = outcomes([original], 600, 1, times)
            if outcome != "survived":
                raise SystemExit(f"{module}: its tests fail without any change ({outcome}).")
            limit = LEAST_SECONDS + round(PATIENCE * seconds)
            for mutant, outcome, _ in outcomes(mutants, limit, options.jobs, times):
                if outcome != "survived":
                    counts[0] += 1
                    if outcome == "endless":
                        n_endless += 1
                        print(f"# never ended: {module}: {mutant.change}", flush=True)
                elif f"{module}: {mutant.change}" in equivalent:
                    counts[1] += 1
                else:
                    counts[2] += 1
                    print(f"{module}: {mutant.change}", flush=True)
        report(module, counts, f"{n_endless} never ended; {seconds:.1f} s of tests")
        totals += counts
    report("all", totals)


def report(name: str, counts: np.ndarray, note: str = "") -> None:
    killed, same, survived = counts
    share = killed / max(killed + survived, 1)
    print(
        f"# {name}: {counts.sum()} mutants, {killed} killed, {same} equivalent, "
        f"{survived} survived; {share:.1%} of those that differ killed. {note}",
        flush=True,
    )


if __name__ == "__main__":
    main()
