"""Time and memory as the boxes grow a thousandfold and more.

``make bench`` runs this. Up to 1e7 boxes are fitted in memory; 1e8 boxes, float32 pairs in a
memory-mapped file of 800 MB in a temporary folder, go through `partial_fit`, each chunk mapped
while it is worked on. Each line is a process of its own, so that its peak is that line's alone.
"""

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from sklearn_iou_kmeans import IoUKMeans, ShapeHistogram
from sklearn_iou_kmeans.datasets import make_boxes
from sklearn_iou_kmeans.preprocessing import box_sizes

CHUNK = 4_000_000


def resident():
    """Peak of the resident memory of this process, in MB."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024


def report(name, n, seconds, before):
    columns = f"{n:>14,}{seconds:>10.2f}{1e9 * seconds / n:>12.1f}"
    print(f"{name:<22}{columns}{before:>12.0f}{resident():>11.0f}", flush=True)


def in_memory(n):
    base = box_sizes(make_boxes(min(n, 1_000_000), random_state=0).data)
    X = np.concatenate([base * (1 + i / 997) for i in range(-(-n // len(base)))])[:n]
    before = resident()
    start = time.perf_counter()
    IoUKMeans(9, random_state=0).fit(X)
    report("fit", n, time.perf_counter() - start, before)


def chunks(file, n):
    """The boxes of a file, a chunk at a time."""
    for first in range(0, n, CHUNK):
        yield np.memmap(file, np.float32, mode="r", offset=8 * first, shape=(CHUNK, 2))


def summarised(file, n):
    before = resident()
    start = time.perf_counter()
    histogram = ShapeHistogram()
    for chunk in chunks(file, n):
        histogram.add(chunk)
    report("ShapeHistogram.add", n, time.perf_counter() - start, before)


def streamed(file, n):
    before = resident()
    start = time.perf_counter()
    kmeans = IoUKMeans(9, random_state=0)
    for chunk in chunks(file, n):
        kmeans.partial_fit(chunk)
    report("partial_fit", n, time.perf_counter() - start, before)


def write(file, n):
    base = box_sizes(make_boxes(CHUNK, random_state=0).data).astype(np.float32)
    with open(file, "wb") as stream:
        for i in range(n // CHUNK):
            stream.write((base * np.float32(1 + i / 997)).tobytes())


LINES = {"summarised": summarised, "streamed": streamed}


def main():
    if len(sys.argv) == 2:
        in_memory(int(sys.argv[1]))
    elif len(sys.argv) == 4:
        LINES[sys.argv[1]](sys.argv[2], int(sys.argv[3]))
    else:
        heads = ("boxes", 14), ("seconds", 10), ("ns a box", 12), ("MB before", 12), ("peak MB", 11)
        print(f"{'':<22}" + "".join(f"{head:>{width}}" for head, width in heads), flush=True)
        for n in (10_000, 100_000, 1_000_000, 10_000_000):
            subprocess.run([sys.executable, __file__, str(n)], check=True)
        with tempfile.TemporaryDirectory() as folder:
            file, n = Path(folder) / "sizes.f32", 100_000_000
            write(file, n)
            for line in LINES:
                subprocess.run([sys.executable, __file__, line, str(file), str(n)], check=True)


if __name__ == "__main__":
    main()
