"""Fuzz each reader and the command for some minutes: python tests/fuzz.py [--minutes M] [name ...].

Each runs in a process of its own with little memory, and an input that takes long ends it. What is
found is printed as small as hypothesis can make it, and the exit status is 1.
"""

import argparse
import os
import resource
import signal
import sys
import time
import traceback
import warnings
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from tempfile import TemporaryDirectory

from fuzz_inputs import STRATEGIES, anchor_files, command_lines
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from test_fuzz import check_command, check_reading

import sklearn_iou_kmeans.model_selection  # noqa: F401 (no input waits for what is imported)

MEMORY = 4_000_000_000  # bytes
LONGEST = 20  # seconds of computing, for an input
BATCH = 500
COMMAND, ANCHORS = "command", "anchors"
INPUTS = {**STRATEGIES, COMMAND: command_lines(), ANCHORS: anchor_files()}


class TookTooLong(Exception):
    """An input took longer than `LONGEST` seconds."""


def ring(*_):
    """End what takes too long."""
    raise TookTooLong


def check_in_time(name, case, auto, folder):
    """Hold one input against the claims."""
    signal.setitimer(signal.ITIMER_PROF, LONGEST)
    try:
        if name == COMMAND:
            return f"status {check_command(case, folder, {})}"
        if name == ANCHORS:
            arguments = ["compare", "coco.json", "--anchors", "anchors.json"]
            return f"status {check_command(arguments, folder, {'anchors.json': case})}"
        return check_reading(case, folder, "auto" if auto else case.format)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def fuzz(name, minutes, first_seed):
    """Fuzz one reader; return how its inputs ended, and what was found."""
    with TemporaryDirectory() as folder:
        return name, *fuzz_in(folder, name, minutes, first_seed)


def fuzz_in(folder, name, minutes, first_seed):
    """Fuzz one reader with files in a folder."""
    warnings.simplefilter("error")
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.signal(signal.SIGPROF, ring)
    ends, found = Counter(), {}
    end = time.monotonic() + 60 * minutes
    number = first_seed
    while time.monotonic() < end:

        @seed(number)
        @settings(
            max_examples=BATCH,
            deadline=None,
            database=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        )
        @given(INPUTS[name], st.booleans())
        def check(case, auto):
            try:
                ends[check_in_time(name, case, auto, folder)] += 1
            except BaseException:
                ends["failed"] += 1
                raise

        try:
            check()
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            last = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{type(error).__name__} in {last.filename}, line {last.lineno}"
            if where not in found:
                notes = "\n".join(getattr(error, "__notes__", ()))
                found[where] = f"{traceback.format_exc(limit=-4)}\n{notes}"[:6000]
        number += 1
    return ends, found


def main():
    """Fuzz all, two at once, and say what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(INPUTS))
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()
    n_found = 0
    with ProcessPoolExecutor(options.jobs, max_tasks_per_child=1) as pool:
        runs = [pool.submit(fuzz, name, options.minutes, options.seed) for name in options.names]
        for run in runs:
            name, ends, found = run.result()
            counts = ", ".join(f"{count} {end}" for end, count in sorted(ends.items()))
            print(f"{name}: {ends.total()} inputs, {counts}", flush=True)
            for where, text in found.items():
                print(f"--- {where}\n{text}", flush=True)
            n_found += len(found)
    return bool(n_found)


if __name__ == "__main__":
    sys.exit(main())
