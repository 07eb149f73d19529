"""What a stranger can hand to the readers: files of the true layouts, with changes in them.

A case is a folder of files, the one to read, and how many labels it has by a count of its own:
with the standard library, and independent of the readers.
"""

import copy
import csv
import gzip
import io
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET

from hypothesis import strategies as st

from sklearn_iou_kmeans.export import export_json

ODD_VALUES = [
    None, True, False, 0, -1, 1.5, 7, 640, 5e-324, -1e308, 1e308, 2**63, 10**30, "", "0", "nan",
    "inf", "1e999", "-0", "1_0", "0x1", "Bär", "\x1b]0;owned\x07", "\u202egnp", "[bold]",
    "a" * 300, [], {}, [[]], [1, 2, 3, 4], [1, 2, 3], {"a": 1}, "rectangle", "polygon", "rect",
    "ellipse",
]  # fmt: skip
ODD_TEXTS = [
    "", "0", "1", "-1", "1.5", "640", "1e308", "-1e308", "1e-320", "1e999", "nan", "inf", "1_0",
    "1,5", "9" * 5000, "0.5", "car", "Bär", "DontCare", "\x1b[2J", "\u2028", "\x85", "\0", '"',
    "'", "\\", "#", "&amp;", "<a/>", "{}", "[", "*a", "&a", "<<", "!!int", "- ", ": ", "a.jpg",
    "..", "/", ",", ";", " ", "\n", "\r", "\t", "\n\n",
]  # fmt: skip
ODD_BYTES = [
    b"", b"\0", b"\xff", b"\xef\xbb\xbf", b"\xff\xfe", b"\x1f\x8b", b"\xed\xa0\x80", b"\n",
    b"\r\n", b'"', b"<", b"[", b"{", b"]" * 50, b"[" * 5000, b"9" * 400, b" " * 5000,
    b"<!DOCTYPE a>", b"\xc2\x9b",
]  # fmt: skip


N_CHANGES = st.sampled_from([0, 1, 1, 2, 4])


class Case(NamedTuple):
    """A folder of files, by their paths, of which one is read."""

    format: str
    files: Mapping[str, bytes]
    path: str
    options: Mapping[str, Any]


class Layout(NamedTuple):
    """A format: its true layouts, and a count of the labels in the content of a file."""

    name: str
    seeds: list[Any]
    strategy: Callable[[Any], st.SearchStrategy[str]]
    count: Callable[[str], int]
    suffix: str = ".any"
    options: Mapping[str, Any] = {}


# ---- Ways to change a content: as a tree of JSON or XML, as words of text, as a table of cells.


def _places(tree: Any) -> list[tuple[Any, Any]]:
    """List where the values of a tree of JSON are: the parent of each, and its key."""
    found = []
    pending = [tree]
    while pending:
        parent = pending.pop()
        pairs = parent.items() if isinstance(parent, dict) else enumerate(parent)
        for key, value in pairs:
            found.append((parent, key))
            if isinstance(value, dict | list):
                pending.append(value)
    return found


def _one_of(draw: Any, values: Any) -> Any:
    return values[draw(st.integers(0, len(values) - 1))]


@st.composite
def changed_json(draw: Any, tree: Any) -> str:
    """Replace, remove, repeat and rename values of a document."""
    root = [copy.deepcopy(tree)]
    keys = sorted({key for _, key in _places(root) if isinstance(key, str)})
    for _ in range(draw(N_CHANGES)):
        places = _places(root)
        if not places:
            break
        parent, key = _one_of(draw, places)
        change = draw(
            st.sampled_from(["odd", "odd", "other", "remove", "repeat", "rename", "wrap"])
        )
        if change == "odd":
            parent[key] = copy.deepcopy(_one_of(draw, ODD_VALUES))
        elif change == "other":
            other, its_key = _one_of(draw, places)
            parent[key] = copy.deepcopy(other[its_key])
        elif change == "remove":
            del parent[key]
        elif change == "wrap":
            parent[key] = [parent[key]]
        elif isinstance(parent, list):
            parent.insert(key, copy.deepcopy(parent[key]))
        else:
            parent[_one_of(draw, keys) if change == "rename" and keys else "x"] = parent.pop(key)
    return json.dumps(root[0] if root else None, ensure_ascii=draw(st.booleans()))


@st.composite
def changed_xml(draw: Any, text: str) -> str:
    """Change texts, attributes and elements of a document."""
    root = ET.fromstring(text)
    tags = sorted({element.tag for element in root.iter()})
    for _ in range(draw(N_CHANGES)):
        element = _one_of(draw, list(root.iter()))
        change = draw(st.sampled_from(["text", "attribute", "tag", "remove", "repeat"]))
        if change == "text":
            element.text = _one_of(draw, ODD_TEXTS)
        elif change == "attribute" and element.attrib:
            element.set(_one_of(draw, sorted(element.attrib)), _one_of(draw, ODD_TEXTS))
        elif change == "tag":
            element.tag = _one_of(draw, tags)
        elif len(element):
            child = _one_of(draw, list(element))
            if change == "remove":
                element.remove(child)
            else:
                element.append(copy.deepcopy(child))
    return ET.tostring(root, encoding="unicode")


@st.composite
def changed_words(draw: Any, text: str) -> str:
    """Replace, remove and repeat words, what is between them, and lines."""
    for _ in range(draw(N_CHANGES)):
        by_line = draw(st.booleans())
        words = re.split(r"(\n)" if by_line else r"([\s,;:]+)", text)
        at = draw(st.integers(0, len(words) - 1))
        change = draw(st.sampled_from(["odd", "remove", "repeat", "other"]))
        if change == "odd":
            words[at] = _one_of(draw, ODD_TEXTS)
        elif change == "remove":
            del words[at]
        elif change == "repeat":
            words[at:at] = words[at : at + 2]
        else:
            words[at] = _one_of(draw, words)
        text = "".join(words)
    return text


@st.composite
def changed_table(draw: Any, text: str) -> str:
    """Change cells and rows of a table, and what is within cells and comments that are JSON."""
    lines = text.split("\n")
    comments = [re.split("(?<== )", line, maxsplit=1) for line in lines if line.startswith("#")]
    rows = csv.reader(line for line in lines if not line.startswith("#"))
    tree = [[_parsed(cell) for cell in row] for row in [*comments, *rows]]
    changed = json.loads(draw(changed_json(tree)))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for row in changed if isinstance(changed, list) else [changed]:
        cells = [_written(cell) for cell in (row if isinstance(row, list) else [row])]
        if cells and cells[0].startswith("#"):
            out.write("".join(cells) + "\n")
        else:
            writer.writerow(cells)
    return out.getvalue()


def _parsed(cell: str) -> Any:
    """Return the value of a cell that is an object or an array of JSON, else its text."""
    return json.loads(cell) if cell.startswith(("{", "[")) else cell


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


@st.composite
def changed_bytes(draw: Any, content: bytes) -> bytes:
    """Cut, replace and insert bytes; rarely, as most such files are refused at once."""
    for _ in range(draw(st.sampled_from([0] * 9 + [1, 3]))):
        at = draw(st.integers(0, len(content)))
        length = draw(st.sampled_from([0, 0, 1, 9, 10_000]))
        content = content[:at] + _one_of(draw, ODD_BYTES) + content[at + length :]
    packed = draw(st.sampled_from([False] * 9 + [True]))
    return gzip.compress(content, 1) if packed else content


@st.composite
def cases(draw: Any, layout: Layout) -> Case:
    """Draw a file of a format with something changed in it."""
    text = draw(layout.strategy(_one_of(draw, layout.seeds)))
    content = draw(changed_bytes(text.encode("utf-8", "surrogatepass")))
    path = f"labels{layout.suffix}"
    return Case(layout.name, {path: content}, path, layout.options)


# ---- How many labels a content has.


def lines_of(text: str) -> list[str]:
    """Return the lines of a text that are not blank."""
    return [line for line in re.split(r"[\r\n]", text) if line.split()]


def n_rows(text: str) -> int:
    """Count the rows of a table after its header, which has no blank cells only."""
    first = next(line for line in re.split(r"[\r\n]", text) if line.strip())
    delimiter = max(",;\t|", key=lambda one: len(next(csv.reader([first], delimiter=one), [])))
    lines = re.split(r"\r\n|\r|\n", text)
    rows = csv.reader(lines, delimiter=delimiter, strict=True)
    return sum(1 for row in rows if any(row)) - 1


def n_tasks(text: str) -> int:
    """Count the regions of tasks: results about the same one are one."""
    about = ["relation", "choices", "textarea", "rating", "taxonomy", "number"]
    total = 0
    for task in json.loads(text):
        if "data" in task:
            for annotation in task.get("annotations") or task.get("completions") or ():
                results = enumerate(annotation.get("result") or (), 1)
                regions = [(n, one) for n, one in results if one.get("type") not in about]
                total += len({str(one.get("id", n)) for n, one in regions})
        else:
            lists = (value for value in task.values() if isinstance(value, list))
            total += sum(len(v) for v in lists if all(isinstance(one, dict) for one in v))
    return total


def n_faces(text: str) -> int:
    """Count the rows that the counts announce; a count of 0 may have a row of zeros."""
    lines = lines_of(text)
    total = at = 0
    while at < len(lines):
        count = int(lines[at + 1])
        total, at = total + count, at + 2 + count
        if count == 0 and at < len(lines) and lines[at].split() == ["0"] * 10:
            at += 1
    return total


def n_shapes_of_cvat(text: str) -> int:
    """Count the children of images and of tracks."""
    root = ET.fromstring(text)
    return sum(len(parent) for tag in ("image", "track") for parent in root.findall(tag))


def n_regions(text: str) -> int:
    """Count the regions of VIA, in its JSON or CSV; in version 3 those that have a place."""
    if not text.lstrip().startswith(("{", "[")):
        return n_rows_with_shape(text)
    document = json.loads(text)
    if {"metadata", "view"} <= set(document):
        return sum(bool(region.get("xy")) for region in document["metadata"].values())
    entries = document.get("_via_img_metadata", document)
    return sum(len(entry.get("regions", ())) for entry in entries.values())


def n_rows_with_shape(text: str) -> int:
    """Count the rows of VIA's CSV whose shape is not empty."""
    lines = re.split(r"\r\n|\r|\n", text)
    shape = "region_shape_attributes"
    if "spatial_coordinates" in text:  # version 3: comments, of which one names the columns
        shape = "spatial_coordinates"
        lines = [re.sub("^(# CSV_HEADER = )+", "", line) for line in lines]
        named = [[name.strip() for name in line.split(",")] for line in lines]
        first = next(n for n, names in enumerate(named) if shape in names)
        header = ",".join(named[first]).replace('"', "")  # there a quote is a letter like others
        rest = (line for line in lines[first + 1 :] if line != lines[first])
        lines = [header, *(line for line in rest if not line.startswith("#"))]
    rows = (row for row in csv.reader(lines, strict=True) if any(row))
    columns = [name.strip() for name in next(rows)]
    shapes = (dict(zip(columns, row, strict=False)).get(shape, "") for row in rows)
    return sum(re.sub(r"\s", "", one) not in ("", "{}", "[]") for one in shapes)


def n_labels_of_frames(text: str) -> int:
    """Count the labels of BDD100K."""
    document = json.loads(text)
    frames = document if isinstance(document, list) else document["frames"]
    return sum(len(frame.get("labels") or ()) for frame in frames)


def n_headed(text: str) -> int:
    """Count the lines of DOTA that are no heading."""
    headings = re.compile(r"\s*(imagesource|gsd)\s*:", re.IGNORECASE)
    return sum(1 for line in lines_of(text) if not headings.match(line))


def unpacked(content: bytes) -> str:
    """Return the text of a file that was read, whether it is gzip or not."""
    packed = content.startswith(b"\x1f\x8b")
    content = gzip.decompress(content) if packed else content
    utf_16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    return content.decode("utf-16" if utf_16 else "utf-8-sig", errors="replace")


# ---- The true layouts.

BOXES = [(10, 20, 40, 20), (10, 20, 0, 20), (1.5, 2.5, 30, 40)]
CORNERS = [(x, y, x + w, y + h) for x, y, w, h in BOXES]

COCO = {
    "images": [{"id": i, "file_name": f"{i}.jpg", "width": 640, "height": 480} for i in (1, 2)],
    "annotations": [
        {"id": 1, "image_id": 1, "category_id": 1, "bbox": list(BOXES[0]), "iscrowd": 0},
        {"id": 2, "image_id": 2, "category_id": 2, "bbox": list(BOXES[2]), "ignore": 1},
        {"id": 3, "image_id": 2, "category_id": 2, "segmentation": [[1, 2, 30, 2, 30, 40]]},
        {
            "id": 4,
            "image_id": 2,
            "category_id": 2,
            "iscrowd": 1,
            "segmentation": {"size": [4, 5], "counts": [6, 2, 2, 2, 8]},
        },
        {
            "id": 5,
            "image_id": 1,
            "category_id": 1,
            "segmentation": {"size": [9, 9], "counts": "m03600000`0"},
        },
    ],
    "categories": [{"id": 1, "name": "Bär"}, {"id": 2, "name": "car"}],
}
FRAMES = [
    {
        "name": f"{i}.jpg",
        "size": {"width": 640, "height": 480},
        "labels": [
            {
                "category": "car",
                "attributes": {"crowd": False, "ignored": False},
                "box2d": dict(zip(("x1", "y1", "x2", "y2"), corners, strict=True)),
            }
            for corners in CORNERS
        ]
        + [{"category": "lane", "poly2d": [{"vertices": [[1, 2]]}]}],
    }
    for i in (1, 2)
]
SCALABEL = {"frames": FRAMES[:1], "groups": None, "config": {"imageSize": FRAMES[0]["size"]}}
LABELME = {
    "version": "5.4.1",
    "shapes": [
        {"label": "car", "points": points, "shape_type": kind, "group_id": None, "flags": {}}
        for kind, points in {
            "rectangle": [[50, 20], [10, 40]],
            "polygon": [[1, 2], [30, 2], [30, 40]],
            "circle": [[100, 100], [110, 120]],
            "rotation": [[1, 2], [30, 5], [28, 40], [0, 37]],
            "point": [[3, 4]],
        }.items()
    ],
    "imagePath": "1.jpg",
    "imageHeight": 480,
    "imageWidth": 640,
}
SHAPES_OF_LABEL_STUDIO = {
    "rectanglelabels": {"x": 10, "y": 20, "width": 40, "height": 20, "rotation": 0},
    "polygonlabels": {"points": [[1, 2], [30, 2], [30, 40]]},
    "ellipselabels": {"x": 50, "y": 50, "radiusX": 5, "radiusY": 9, "rotation": 30},
    "brushlabels": {"format": "rle", "rle": [1, 2, 3]},
}
TASKS = [
    {
        "id": 1,
        "data": {"image": "/data/upload/1.jpg"},
        "annotations": [
            {
                "was_cancelled": False,
                "result": [
                    {
                        "id": f"r{number}",
                        "type": kind,
                        "original_width": 640,
                        "original_height": 480,
                        "value": value | {kind: ["car"]},
                    }
                    for number, (kind, value) in enumerate(SHAPES_OF_LABEL_STUDIO.items())
                ]
                + [
                    {
                        "id": "r0",
                        "type": "labels",
                        "original_width": 640,
                        "original_height": 480,
                        "value": {"labels": ["bus"]},
                    }
                ],
            }
        ],
    }
]
SMALL_TASKS = [
    {
        "image": "/data/upload/a.jpg",
        "id": 1,
        "annotation_id": 1,
        "label": [
            value | {kind: ["car"], "original_width": 640, "original_height": 480}
            for kind, value in SHAPES_OF_LABEL_STUDIO.items()
        ],
    }
]
SHAPES_OF_VIA = [
    {"name": "rect", "x": 10, "y": 20, "width": 40, "height": 20},
    {"name": "circle", "cx": 100, "cy": 90, "r": 9},
    {"name": "ellipse", "cx": 100, "cy": 90, "rx": 9, "ry": 5, "theta": 0.5},
    {"name": "polygon", "all_points_x": [1, 30, 30], "all_points_y": [2, 2, 40]},
    {"name": "point", "cx": 1, "cy": 2},
]
VIA = {
    f"{i}.jpg123": {
        "filename": f"{i}.jpg",
        "size": 123,
        "regions": [
            {"shape_attributes": shape, "region_attributes": {"class": "car"}}
            for shape in SHAPES_OF_VIA
        ],
        "file_attributes": {},
    }
    for i in (1, 2)
}
VIA_3 = {
    "project": {"pid": "__VIA_PROJECT_ID__", "data_format_version": "3.1.1"},
    "config": {},
    "attribute": {"1": {"aname": "class", "type": 4, "options": {"0": "car", "1": "bus"}}},
    "file": {"1": {"fid": 1, "fname": "a.jpg"}, "2": {"fid": 2, "fname": "b.mp4"}},
    "view": {"1": {"fid_list": [1]}, "2": {"fid_list": ["2"]}},
    "metadata": {
        "1_a": {"vid": "1", "flg": 0, "z": [], "xy": [2, 10, 20, 40, 20], "av": {"1": "0"}},
        "1_b": {"vid": "1", "flg": 0, "z": [], "xy": [3, 100, 90, 9], "av": {"1": "1"}},
        "1_c": {"vid": "1", "flg": 0, "z": [], "xy": [4, 100, 90, 9, 5], "av": {}},
        "1_d": {"vid": "1", "flg": 0, "z": [], "xy": [7, 1, 2, 30, 2, 30, 40], "av": {"1": "0,1"}},
        "2_a": {"vid": "2", "flg": 0, "z": [0.25], "xy": [1, 3, 4], "av": {"1": "0"}},
        "2_b": {"vid": "2", "flg": 0, "z": [1, 2.5], "xy": [], "av": {"1": "0"}},
    },
}


def table_of(rows: list[list[Any]]) -> str:
    """Write rows as CSV, with JSON in the cells that are no text."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([map(_written, row) for row in rows])
    return out.getvalue()


VIA_CSV = table_of(
    [
        [
            *("filename", "file_size", "file_attributes", "region_count", "region_id"),
            *("region_shape_attributes", "region_attributes"),
        ],
        ["a.jpg", 123, {}, 5, 0, {}, {}],
        *(["b.jpg", 123, {}, 5, i, one, {"class": "car"}] for i, one in enumerate(SHAPES_OF_VIA)),
    ]
)
VIA_3_CSV = (
    "# Exported using VGG Image Annotator\n"
    f"# ATTRIBUTE = {json.dumps(VIA_3['attribute'])}\n"
    "# CSV_HEADER = metadata_id,file_list,flags,temporal_coordinates,spatial_coordinates,metadata\n"
) + table_of(
    [
        [key, ["a.jpg"] if one["vid"] == "1" else ["b.mp4"], 0, one["z"], one["xy"], one["av"]]
        for key, one in VIA_3["metadata"].items()
    ]
)
VOC = "<annotation><size><width>640</width><height>480</height></size>{}</annotation>".format(
    "".join(
        f"<object><name>car</name><difficult>{i % 2}</difficult><bndbox><xmin>{x1}</xmin>"
        f"<ymin>{y1}</ymin><xmax>{x2}</xmax><ymax>{y2}</ymax></bndbox></object>"
        for i, (x1, y1, x2, y2) in enumerate(CORNERS)
    )
    + "<object><name>pole</name></object>"
)
CVAT_SHAPES = (
    '<box label="car" xtl="10" ytl="20" xbr="50" ybr="40" occluded="0" outside="{}" frame="{}"/>'
    '<box label="car" xtl="10" ytl="20" xbr="50" ybr="40" rotation="30" outside="{}" frame="{}"/>'
    '<polygon label="car" points="1,2;30,2;30,40" outside="{}" frame="{}"/>'
    '<ellipse label="car" cx="90" cy="90" rx="9" ry="5" outside="{}" frame="{}"/>'
    '<mask label="car" left="1" top="2" width="30" height="40" rle="1, 2" outside="{}" frame="{}"/>'
    '<points label="car" points="1,2" outside="{}" frame="{}"/>'
)
CVAT_IMAGES = (
    '<annotations><version>1.1</version><image id="0" name="0.jpg" width="640" height="480">'
    + CVAT_SHAPES.format(*[0] * 12)
    + "</image></annotations>"
)
CVAT_VIDEO = (
    "<annotations><meta><task><original_size><width>640</width><height>480</height>"
    '</original_size></task></meta><track id="0" label="car">'
    + CVAT_SHAPES.format(*[0, 7] * 3, *[1, 8] * 3)
    + "</track></annotations>"
)
DOTA = "imagesource:GoogleEarth\ngsd:0.5\n" + "\n".join(
    f"{x1} {y1} {x2} {y1} {x2} {y2} {x1} {y2} car {i % 2}"
    for i, (x1, y1, x2, y2) in enumerate(CORNERS)
)
KITTI = "\n".join(
    f"{name} 0 0 0 {x1} {y1} {x2} {y2} 1.89 0.48 1.20 1.84 1.47 8.41 0.01"
    for name, (x1, y1, x2, y2) in zip(["Car", "DontCare", "Van"], CORNERS, strict=True)
)
TRACKING = "\n".join(f"{i} {i} {line}" for i, line in enumerate(KITTI.splitlines()))
KERAS_YOLO3 = "a.jpg 10,20,50,40,0\nb.jpg 10,20,10,40,1 1.5,2.5,31.5,42.5,1\nc.jpg"
OPEN_IMAGES = (
    "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsGroupOf,IsDepiction\n"
    "1,x,/m/01,1,0.1,0.3,0.2,0.5,0,0,0\n2,x,/m/02,1,0.1,0.1,0.2,0.4,0,1,0\n"
    "2,x,/m/01,1,0.2,0.5,0.2,0.5,0,0,1"
)
TABLES = [
    "image,label,x1,y1,x2,y2\n1.jpg,car,10,20,50,40\n2.jpg,car,10,20,10,40\n2.jpg,,,,,",
    'filename;class;x;y;width;height\n"a;b.jpg";car;10;20;40;20\nb.jpg;bus;1.5;2.5;30;40',
    'image,bbox\na.jpg,"[10, 20, 5, 20]"\nb.jpg,"[1.5, 2.5, 30, 40]"',
    "cx\tcy\tw\th\timage_width\timage_height\n0.5\t0.5\t0.1\t0.2\t640\t480\n0.5\t0.5\t0.3\t0.2\t640\t480",
    "width,height\n10,20\n30,40",
]
WIDER_FACE = (
    "0--Parade/a.jpg\n1\n10 20 40 20 0 0 0 0 0 0\nb.jpg\n2\n10 20 0 20 0 0 0 1 0 0\n"
    "1.5 2.5 30 40 0 0 0 0 0 0\nc.jpg\n0\n0 0 0 0 0 0 0 0 0 0"
)
YOLO = [
    "0 .5 .5 .1 .2\n1 .1 .1 0 .1\n2 .2 .3 .1 .1 .9",
    "0 .1 .1 .3 .1 .3 .4\n1 .1 .1 .3 .1 .3 .4 .1 .4",
]
SIZE = {"image_size": (640, 480)}

LAYOUTS = [
    Layout("coco", [COCO], changed_json, lambda text: len(json.loads(text)["annotations"])),
    Layout("bdd100k", [FRAMES, SCALABEL], changed_json, n_labels_of_frames),
    Layout("labelme", [LABELME], changed_json, lambda t: len(json.loads(t)["shapes"]), ".json"),
    Layout("label_studio", [TASKS, SMALL_TASKS], changed_json, n_tasks),
    Layout(
        "via",
        [VIA, {"_via_img_metadata": VIA}, VIA_3, VIA_CSV, VIA_3_CSV],
        lambda seed: changed_table(seed) if isinstance(seed, str) else changed_json(seed),
        n_regions,
    ),
    Layout("voc", [VOC], changed_xml, lambda t: len(ET.fromstring(t).findall("object")), ".xml"),
    Layout("cvat", [CVAT_IMAGES, CVAT_VIDEO], changed_xml, n_shapes_of_cvat, ".xml"),
    Layout("dota", [DOTA], changed_words, n_headed, ".txt"),
    Layout("kitti", [KITTI, TRACKING], changed_words, lambda text: len(lines_of(text)), ".txt"),
    Layout("yolo", YOLO, changed_words, lambda text: len(lines_of(text)), ".txt", SIZE),
    Layout(
        "keras_yolo3",
        [KERAS_YOLO3],
        changed_words,
        lambda text: sum(len(line.split()) - 1 for line in lines_of(text)),
    ),
    Layout("open_images", [OPEN_IMAGES], changed_words, n_rows, options=SIZE),
    Layout("csv", TABLES, changed_words, n_rows),
    Layout("wider_face", [WIDER_FACE], changed_words, n_faces),
]
COUNTS = {layout.name: layout.count for layout in LAYOUTS}

# ---- Data sets of several files: a data file, pictures, names.

DATA_YAML = """\
path: .
train: images/train
val: [images/val, more.txt]
nc: 2
names: [car, bus]
kpt_shape: [1, 3]
"""
DATA_YAML_BY_NUMBER = """\
a: &a {train: images/train}
b: &b [*a, *a]
train: images/train
val: more.txt
names:
  0: car
  1: "Bär"
"""
OBJ_DATA = "classes = 2\ntrain = more.txt\nvalid = more.txt\nnames = obj.names\nbackup = backup/\n"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\2\x80\0\0\1\xe0\x08\2\0\0\0"
JPEG = (
    b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0"
    b"\xff\xe1\0\x22Exif\0\0MM\0*\0\0\0\x08\0\1\x01\x12\0\x03\0\0\0\1\0\6\0\0\0\0\0\0"
    b"\xff\xc0\0\x11\x08\1\xe0\2\x80\3\1\x22\0\2\x11\1\3\x11\1\xff\xd9"
)
GIF = b"GIF89a\x80\2\xe0\1\xf7\0\0"
BMP = b"BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x80\2\0\0\xe0\1\0\0\1\0\x18\0"
TIFF = b"II*\0\x08\0\0\0\2\0\0\1\4\0\1\0\0\0\x80\2\0\0\1\1\4\0\1\0\0\0\xe0\1\0\0\0\0\0\0"
WEBP = b"RIFF\x24\0\0\0WEBPVP8 \x18\0\0\0\x30\1\0\x9d\1\x2a\x80\2\xe0\1\0\0"
PICTURES = {".png": PNG, ".jpg": JPEG, ".gif": GIF, ".bmp": BMP, ".tif": TIFF, ".webp": WEBP}
LABELS = b"0 .5 .5 .1 .2\n1 .2 .2 .1 .1\n"


@st.composite
def data_files(draw: Any) -> Case:
    """Draw a data set of YOLO whose data file has something changed in it."""
    name, seed = draw(
        st.sampled_from(
            [("data.yaml", DATA_YAML), ("data.yml", DATA_YAML_BY_NUMBER), ("obj.data", OBJ_DATA)]
        )
    )
    files = {
        "images/train/a.jpg": JPEG,
        "labels/train/a.txt": LABELS,
        "labels/val/b.txt": LABELS,
        "obj.names": draw(changed_bytes(b"car\nbus\n")),
        "more.txt": draw(changed_bytes(b"images/train/a.jpg\n")),
        name: draw(changed_bytes(draw(changed_words(seed)).encode("utf-8", "surrogatepass"))),
    }
    path = draw(st.sampled_from([name, "."]))
    split = draw(st.sampled_from([None, "val", "test"]))
    return Case("yolo", files, path, SIZE | ({"split": split} if split else {}))


@st.composite
def pictures(draw: Any) -> Case:
    """Draw labels with a picture whose header has something changed in it."""
    suffix, header = draw(st.sampled_from(sorted(PICTURES.items())))
    content = bytearray(header + bytes(draw(st.sampled_from([0, 20, 1000]))))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(content)))
        width = draw(st.integers(0, 4))
        content[at : at + width] = draw(st.binary(max_size=4))
    files = {f"images/a{suffix}": bytes(content), "labels/a.txt": LABELS}
    return Case("yolo", files, "labels", {})


OBJECTS = [
    {"id": [1, 2], "bbox": [[10.0, 20, 40, 20], [1.5, 2.5, 30, 40]], "category": [1, 0]},
    {"id": [], "bbox": [], "category": []},
    {"id": [3], "bbox": [[100.0, 200, 50, 60]], "category": [1]},
]
TABLE = {
    "image_id": [7, 8, 9],
    "width": [640, 640, 320],
    "height": [480, 480, 300],
    "image": [{"bytes": PNG.decode("latin-1"), "path": "a.png"}, None, {"bytes": "", "path": ""}],
    "objects": OBJECTS,
}
FEATURES = {"info": {"features": {"objects": {"feature": {"category": {"names": ["car", "bus"]}}}}}}


@st.composite
def parquet_tables(draw: Any) -> Case:
    """Draw a Parquet table: other columns, or other bytes."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = json.loads(draw(changed_json(TABLE)))
    metadata = draw(changed_json(FEATURES))
    try:
        table = pa.table(columns if isinstance(columns, dict) else TABLE)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        table = pa.table({"objects": OBJECTS})
    table = table.replace_schema_metadata({"huggingface": metadata})
    buffer = io.BytesIO()
    try:
        pq.write_table(table, buffer)
    except pa.ArrowException:
        return Case("parquet", {"a.parquet": b"PAR1"}, "a.parquet", {})
    content = bytearray(buffer.getvalue())
    for _ in range(draw(st.sampled_from([0, 0, 1, 3]))):
        at = draw(st.integers(0, len(content)))
        content[at : at + draw(st.integers(0, 2))] = draw(st.binary(max_size=2))
    return Case("parquet", {"a.parquet": bytes(content)}, "a.parquet", {})


STRATEGIES: dict[str, st.SearchStrategy[Case]] = {
    **{layout.name: cases(layout) for layout in LAYOUTS},
    "parquet": parquet_tables(),
    "data.yaml": data_files(),
    "pictures": pictures(),
}
"""What is drawn for each reader, and for the files beside the labels."""

# ---- The command line. Names of outputs stay in the folder, and nothing is asked that takes long.

ANCHORS = json.loads(export_json([[10.5, 13], [16, 30]], input_size=(416, 416)))
COMMAND_FILES = {
    "coco.json": json.dumps(COCO).encode(),
    "boxes.csv": TABLES[0].encode(),
    "a.txt": KITTI.encode(),
    "labels/a.txt": LABELS,
    "anchors.txt": b"10,13, 16,30",
    "anchors.json": json.dumps(ANCHORS).encode(),
    "names.txt": b"car\nbus\n",
    "damaged.json": b'{"images": [',
    "\x1b[2Jclear.csv": TABLES[0].encode(),
}
ODD_ARGUMENTS = [
    "", "-", "--", "0", "1", "2", "-1", "1.5", "1e999", "nan", "inf", "9" * 5000, "9" * 400, "1x1",
    "640x480", "416", "0x0", "axb", "1-3", "3-1", "1,2", ",", "1-99999999999", "Bär", "\x1b[2J",
    "\u202e", "\udcff", "[bold]", "[/]", ":smile:", "auto", "coco", "csv", "yolo", "kitti",
    "none", "stretch", "letterbox", "grid", "relative", "pixel", "knee", "one-standard-error",
    "0.7", "car", "train", "rotated", "x1,y1,x2,y2", "1,2,3,4", "w,h", "label", "image", "xywh",
    ";", "darknet", "json", "ultralytics", "yolov3", "anchors.txt", "names.txt", "labels",
    "out.json", "out.png", "out.svg", ".", "missing", *COMMAND_FILES,
]  # fmt: skip
OPTIONS = [
    "--format", "--category", "--keep-flagged", "--inclusive", "--truncate", "--image-size",
    "--images", "--no-clip", "--min-size", "--names", "--split", "--sides", "--columns",
    "--category-column", "--image-column", "--box-format", "--delimiter", "--input-size",
    "--resize", "--unit", "--stride", "--json", "--seed", "-k", "--k", "--rule", "--plot",
    "--export", "--heads", "--model", "--classes", "--decimals", "--output", "--anchors",
    "--as-written", "--help", "--version", "--certify",
]  # fmt: skip


PLAUSIBLE = [
    ["--json", "out.json"], ["--json", "-"], ["--input-size", "416"], ["--category", "car"],
    ["--input-size", "640x384", "--unit", "grid", "--stride", "8"], ["--unit", "relative"],
    ["--truncate"], ["--keep-flagged"], ["--min-size", "3"], ["--seed", "5"], ["--no-clip"],
]  # fmt: skip
PLAUSIBLE_OF = {
    "fit": [["-k", "2"], ["-k", "3"], ["--plot", "out.svg"], ["--export", "json"]],
    "sweep": [["-k", "1-2"], ["-k", "2"], ["--rule", "0.7"], ["--plot", "out.svg"]],
    "compare": [["--anchors", "yolov3"], ["--anchors", "anchors.txt"], ["-k", "2"]],
}


@st.composite
def command_lines(draw: Any) -> list[str]:
    """Draw a command line: what a user would write, and then something else."""
    command = draw(st.sampled_from(["fit", "sweep", "compare"]))
    labels = draw(st.sampled_from([*["coco.json", "boxes.csv"] * 3, *sorted(COMMAND_FILES), "."]))
    arguments = [command, labels]
    arguments += PLAUSIBLE_OF[command][0]
    for _ in range(draw(st.sampled_from([0, 0, 1, 2]))):
        arguments += _one_of(draw, PLAUSIBLE + PLAUSIBLE_OF[command])
    for _ in range(draw(st.sampled_from([0, 0, 1, 2]))):
        arguments.append(_one_of(draw, OPTIONS))
        if draw(st.sampled_from([True, True, True, False])):
            arguments.append(_one_of(draw, ODD_ARGUMENTS))
    return arguments if draw(st.integers(0, 19)) else arguments[draw(st.integers(0, 2)) :]


@st.composite
def anchor_files(draw: Any) -> bytes:
    """Draw a file of anchors, in either layout, with something changed in it."""
    if draw(st.booleans()):
        return draw(changed_words("10,13, 16,30, 33.5,23  # small")).encode(
            "utf-8", "surrogatepass"
        )
    return draw(changed_bytes(draw(changed_json(ANCHORS)).encode("utf-8", "surrogatepass")))
