"""Time and memory of reading a file as large as COCO's, beside a decoder that keeps all of it.

``make bench`` runs this. The file has the layout of ``instances_train2017.json``, with polygons,
masks of crowds and the addresses of images, and is drawn into a temporary folder. `load_coco` and
msgspec's decoder without types read it in turn, each time in a process of its own, so that its peak
is that reader's alone; it holds the interpreter and the imported libraries too.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec
import numpy as np

from sklearn_iou_kmeans.datasets import load_coco, make_boxes

CROWDS = 0.012  # their share
CHUNK = 20_000


def count_boxes(n_images):
    """As many an image as in COCO."""
    return n_images * 43 // 6


def draw(file, n_images):
    """Write a COCO file, a chunk of boxes at a time."""
    rng = np.random.default_rng(0)
    n_boxes, encode = count_boxes(n_images), msgspec.json.encode
    images = [image(i) for i in range(n_images)]
    categories = [{"supercategory": "thing", "id": i, "name": f"thing {i}"} for i in range(1, 81)]
    about = {"info": {"year": 2017, "version": "1.0"}, "licenses": [], "categories": categories}
    with open(file, "wb") as stream:
        stream.write(encode(about)[:-1] + b',"images":' + encode(images) + b',"annotations":[')
        for first in range(0, n_boxes, CHUNK):
            last = min(first + CHUNK, n_boxes)
            rows = encode(annotations(range(first, last), n_images, rng))[1:-1]
            stream.write(rows + (b"," if last < n_boxes else b"]}"))


def image(i):
    name = f"{i:012}.jpg"
    return {
        "license": 1 + i % 8,
        "file_name": name,
        "coco_url": f"http://images.cocodataset.org/train2017/{name}",
        "height": 480,
        "width": 640,
        "date_captured": "2013-11-14 11:18:45",
        "flickr_url": f"http://farm9.staticflickr.com/8186/{8_119_368_305 + i}_4e622c8349_z.jpg",
        "id": i,
    }


def annotations(ids, n_images, rng):
    boxes = make_boxes(len(ids), image_size=(640, 480), random_state=ids[0]).data
    crowds = rng.random(len(ids)) < CROWDS
    rows = zip(ids, boxes.round(2).tolist(), crowds.tolist(), strict=True)
    for_box = rng.integers([n_images, 80], size=(len(ids), 2)).tolist()
    return [
        {
            "segmentation": mask(rng) if crowd else [polygon(x1, y1, x2, y2, rng)],
            "area": round(0.6 * (x2 - x1) * (y2 - y1), 4),
            "iscrowd": int(crowd),
            "image_id": image_id,
            "bbox": [x1, y1, round(x2 - x1, 2), round(y2 - y1, 2)],
            "category_id": 1 + category,
            "id": i,
        }
        for (i, (x1, y1, x2, y2), crowd), (image_id, category) in zip(rows, for_box, strict=True)
    ]


def polygon(x1, y1, x2, y2, rng):
    """Points inside a box, as many as an outline in COCO has."""
    points = rng.random((rng.integers(5, 45), 2)) * [x2 - x1, y2 - y1] + [x1, y1]
    return points.round(2).ravel().tolist()


def mask(rng):
    return {"counts": rng.integers(0, 2000, size=600).tolist(), "size": [480, 640]}


READERS = {
    "load_coco": load_coco,
    "msgspec, without types": lambda file: msgspec.json.decode(Path(file).read_bytes()),
}


def read(name, file):
    """Read the file; print the seconds and the peak of the memory of this process in MB."""
    start = time.perf_counter()
    _ = READERS[name](file)
    seconds = time.perf_counter() - start
    print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def apart(*arguments):
    """Run this file in another process; return the numbers that it prints."""
    command = [sys.executable, __file__, *map(str, arguments)]
    line = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [float(number) for number in line.split()]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=120_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--draw", metavar="FILE", help=argparse.SUPPRESS)
    parser.add_argument("--read", nargs=2, metavar=("READER", "FILE"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.draw:
        draw(arguments.draw, arguments.images)
    elif arguments.read:
        read(*arguments.read)
    else:
        compare(arguments.images, arguments.rounds)


def compare(n_images, n_rounds):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "instances.json"
        apart("--images", n_images, "--draw", file)  # a process starts with the peak of its parent
        n_boxes, size = count_boxes(n_images), file.stat().st_size / 1e6
        print(f"{n_boxes:,} boxes, {n_images:,} images, {size:,.0f} MB\n", flush=True)
        rounds = [[apart("--read", name, file) for name in READERS] for _ in range(n_rounds)]
    print(f"{'':<24}{'seconds':>9}{'peak MB':>9}")
    for name, (seconds, peak) in zip(READERS, np.median(rounds, axis=0), strict=True):
        print(f"{name:<24}{seconds:>9.2f}{peak:>9.0f}")
    ratios = [np.divide(ours, theirs) for ours, theirs in rounds]
    seconds, peak = np.median(ratios, axis=0)
    print(f"{'first / second':<24}{seconds:>9.2f}{peak:>9.2f}")


if __name__ == "__main__":
    main()
