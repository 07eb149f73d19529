"""Reading takes memory and work in proportion to the file: twice the labels, at most twice of both.

Work is counted in calls of functions and not in seconds, so it does not depend on the machine.
"""

import json
import sys
import tracemalloc

import pytest

from sklearn_iou_kmeans.datasets import load_annotations

FEW, MANY = 500, 2000
SIZE = {"image_size": (640, 480)}
SPARE = 1.3
"""By how much the growth may exceed that of the file: tables grow by jumps."""


def coco(n):
    return {
        "images": [
            {"id": i, "file_name": f"{i}.jpg", "width": 640, "height": 480} for i in range(n)
        ],
        "annotations": [{"image_id": i, "category_id": i, "bbox": [1, 2, 3, 4]} for i in range(n)],
        "categories": [{"id": i, "name": str(i)} for i in range(n)],
    }


def frames(n):
    box = {"x1": 1, "y1": 2, "x2": 3, "y2": 4}
    return [{"name": f"{i}.jpg", "labels": [{"category": f"{i}", "box2d": box}]} for i in range(n)]


def labelme(n):
    shape = {"points": [[1, 2], [3, 4]], "shape_type": "rectangle"}
    return {"shapes": [{"label": str(i), **shape} for i in range(n)]}


def tasks(n):
    """As many tasks, and one region about which there are as many results."""
    value = {"x": 1, "y": 2, "width": 3, "height": 4}
    one = {"type": "rectanglelabels", "original_width": 640, "original_height": 480}
    results = [{"id": "r", **one, "value": {f"{i}": i, **value}} for i in range(n)]
    return [
        {"data": {"image": f"{i}.jpg"}, "annotations": [{"result": [{**one, "value": value}]}]}
        for i in range(n)
    ] + [{"data": {"image": "a.jpg"}, "annotations": [{"result": results}]}]


def via(n):
    shape = {"name": "rect", "x": 1, "y": 2, "width": 3, "height": 4}
    return {
        f"{i}": {
            "filename": f"{i}.jpg",
            "regions": [{"shape_attributes": shape, "region_attributes": {"class": f"{i}"}}],
        }
        for i in range(n)
    }


def voc(n):
    box = "<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>3</xmax><ymax>4</ymax></bndbox>"
    objects = [f"<object><name>{i}</name>{box}</object>" for i in range(n)]
    return f"<annotation>{''.join(objects)}</annotation>"


def cvat(n):
    box = '<box label="a" xtl="1" ytl="2" xbr="3" ybr="4" frame="{}"/>'
    images = "".join(f'<image name="{i}.jpg">{box.format(0)}</image>' for i in range(n))
    track = "".join(map(box.format, range(n)))
    return f'<annotations>{images}<track label="a">{track}</track></annotations>'


def lines(line):
    return lambda n: "".join(line.format(i) for i in range(n))


KITTI = "car{0} 0 0 0 10 20 50 40 1 1 1 1 1 1 1\n"
CONTENTS = {
    "coco": coco,
    "bdd100k": frames,
    "labelme": labelme,
    "label_studio": tasks,
    "via": via,
    "voc": voc,
    "cvat": cvat,
    "dota": lines("10 20 50 20 50 40 10 40 car{} 0\n"),
    "kitti": lines(f"{{0}} 1 {KITTI}"),
    "yolo": lines("{} .5 .5 .1 .2\n"),
    "keras_yolo3": lines("{0}.jpg 10,20,50,40,{0}\n"),
    "wider_face": lines("{}.jpg\n1\n10 20 40 20 0 0 0 0 0 0\n"),
    "csv": lambda n: "image,label,x1,y1,x2,y2\n" + lines("{0}.jpg,{0},10,20,50,40\n")(n),
    "open_images": lambda n: (
        "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax\n"
        + lines("{0},x,{0},1,.1,.2,.1,.2\n")(n)
    ),
}


@pytest.fixture(params=CONTENTS)
def read(request, tmp_path):
    """Return a function that reads so many labels of a format."""
    options = SIZE if request.param in ("yolo", "open_images") else {}
    for n in (FEW, MANY):
        content = CONTENTS[request.param](n)
        text = content if isinstance(content, str) else json.dumps(content)
        (tmp_path / f"labels{n}").write_text(text)

    def _read(n):
        load_annotations(tmp_path / f"labels{n}", request.param, **options)

    _read(FEW)  # the first reading imports modules, too
    return _read


@pytest.fixture
def find(tmp_path):
    """Return a function that finds the images of so many sequences, all with the same frames."""
    from sklearn_iou_kmeans.datasets._image_size import NamedImages

    for n in (FEW, MANY):
        for i in range(n):
            (tmp_path / f"{n}" / f"{i}").mkdir(parents=True)
            (tmp_path / f"{n}" / f"{i}" / "0.png").touch()

    def _find(n):
        images = NamedImages(tmp_path / f"{n}")
        for i in range(n):
            assert images.find(f"{i}/0.png") == [tmp_path / f"{n}" / f"{i}" / "0.png"]

    return _find


def test_memory_is_in_proportion_to_the_file(read):
    peaks = []
    for n in (FEW, MANY):
        tracemalloc.start()
        read(n)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] <= SPARE * MANY / FEW * peaks[0]


def test_work_is_in_proportion_to_the_file(read):
    check_work(read)


def test_work_is_in_proportion_to_the_images_of_the_same_name(find):
    check_work(find)


def check_work(work):
    counts = []
    for n in (FEW, MANY):
        calls = [0]

        def count(frame, event, argument, calls=calls):
            calls[0] += 1

        sys.setprofile(count)
        try:
            work(n)
        finally:
            sys.setprofile(None)
        counts.append(calls[0])
    assert counts[1] <= SPARE * MANY / FEW * counts[0]
