"""How long the command takes to start, beside an import of scikit-learn.

The command answers help, versions and wrong options without importing
scikit-learn. Every round runs each side once, in turn; medians are shown, and their ratio to that
of ``python -c "import sklearn.cluster"``.
"""

import argparse
import subprocess
import sys
import sysconfig
import time
from pathlib import Path
from statistics import median

COMMAND = str(Path(sysconfig.get_path("scripts"), "iou-kmeans"))
REFERENCE = [sys.executable, "-c", "import sklearn.cluster"]
SIDES = {
    "--help": [COMMAND, "--help"],
    "fit --help": [COMMAND, "fit", "--help"],
    "--version": [COMMAND, "--version"],
    "formats": [COMMAND, "formats"],
    "fit, without labels": [COMMAND, "fit"],
    "fit x --nonsense": [COMMAND, "fit", "x", "--nonsense"],
    "fit x --resize crop": [COMMAND, "fit", "x", "--resize", "crop"],
    "fit x --export yolo11": [COMMAND, "fit", "x", "--export", "yolo11"],
    "sweep x --k 5-3": [COMMAND, "sweep", "x", "--k", "5-3"],
    "python -c pass": [sys.executable, "-c", "pass"],
    "import sklearn_iou_kmeans": [sys.executable, "-c", "import sklearn_iou_kmeans"],
}


def seconds_of(command):
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=21)
    rounds = parser.parse_args().rounds
    sides = {"import sklearn.cluster": REFERENCE} | SIDES
    for command in sides.values():  # compiles and reads what is not in the caches yet
        seconds_of(command)
    times = {name: [] for name in sides}
    for _ in range(rounds):
        for name, command in sides.items():
            times[name].append(seconds_of(command))
    reference = median(times["import sklearn.cluster"])
    print(f"{'':<28}{'ms':>6}{'ratio':>8}   median of {rounds} rounds")
    for name, taken in times.items():
        print(f"{name:<28}{1000 * median(taken):>6.0f}{median(taken) / reference:>8.2f}")


if __name__ == "__main__":
    main()
