"""Processes started as a terminal starts them, to press Ctrl-C there."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

needs_proc = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="looks for processes in /proc"
)

# Who runs the tests may ignore Ctrl-C, as a shell does in its background, and that is inherited.
HEEDING_CTRL_C = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])
"""


def start_session(command, **options):
    """Start a command in a session of its own, where Ctrl-C interrupts."""
    heeding = [sys.executable, "-c", HEEDING_CTRL_C, *map(str, command)]
    return subprocess.Popen(heeding, start_new_session=True, **options)


def press_ctrl_c(process):
    """Interrupt a command and all processes that it has started, as a terminal does."""
    os.killpg(process.pid, signal.SIGINT)


def wait_for_the_end_of_all(process):
    """Return once no process of the session is left; fail if one outlives the others."""
    deadline = time.monotonic() + 60
    while (left := _processes_of(process.pid)) and time.monotonic() < deadline:
        time.sleep(0.01)
    if left:
        os.killpg(process.pid, signal.SIGKILL)
    assert left == {}


def _processes_of(session):
    """The processes of a session that have not ended: number and command line."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            stat = (folder / "stat").read_text().rpartition(")")[2]
            state, _, _, its_session = stat.split()[:4]
            if int(its_session) == session and state != "Z":
                found[int(folder.name)] = (folder / "cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found
