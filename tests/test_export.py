"""Anchors as text: every text is read back the way its target reads it."""

import ast
import copy
import inspect
import json
import pickle
import re
import warnings
from functools import partial

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_iou_kmeans.export import (
    EXPORTERS,
    export_anchors,
    export_darknet,
    export_detectron2,
    export_json,
    export_keras,
    export_matlab,
    export_mmdetection,
    export_paddle,
    export_tao,
    export_tf_model_garden,
    export_torchvision,
    export_ultralytics,
)
from sklearn_iou_kmeans.export._exporter import HeadsError
from sklearn_iou_kmeans.metrics import average_iou_score, pairwise_iou
from sklearn_iou_kmeans.preprocessing import convert_units

YOLOV2 = [
    [0.57273, 0.677385],
    [1.87446, 2.06253],
    [3.33843, 5.47434],
    [7.88282, 3.52778],
    [9.77052, 9.16828],
]
YOLOV3 = [[10, 13], [16, 30], [33, 23], [30, 61], [62, 45], [59, 119]]
YOLOV3 += [[116, 90], [156, 198], [373, 326]]
YOLOV3_LINE = "10,13,  16,30,  33,23,  30,61,  62,45,  59,119,  116,90,  156,198,  373,326"
TINY = [[10, 14], [23, 27], [37, 58], [81, 82], [135, 169], [344, 319]]
SHUFFLED = [YOLOV3[i] for i in (8, 3, 0, 5, 1, 7, 2, 6, 4)]
HEADS = [YOLOV3[:3], YOLOV3[3:6], YOLOV3[6:]]
FORMATS = [
    "darknet",
    "detectron2",
    "json",
    "keras",
    "matlab",
    "mmdetection",
    "paddle",
    "tao",
    "tf_model_garden",
    "torchvision",
    "ultralytics",
]


# How the targets read. Each reader returns the heads from that of the smallest anchors on.


def darknet_sections(text):
    """Sections and their options, as darknet parses a cfg: comments take whole lines."""
    sections = []
    for line in text.splitlines():
        if line.startswith("["):
            sections.append((line, {}))
        elif line and line[0] not in "#;":
            key, value = line.split("=")
            sections[-1][1][key.strip()] = value.strip()
    return sections


def darknet_layers(text):
    """The anchors of each layer, in the order of the cfg."""
    layers = []
    for _, options in darknet_sections(text):
        anchors = np.array(options["anchors"].split(","), dtype=float).reshape(-1, 2).tolist()
        mask = options.get("mask", ",".join(map(str, range(len(anchors)))))
        assert len(anchors) == int(options["num"])
        layers.append([anchors[int(i)] for i in mask.split(",")])
    return layers


def read_ultralytics(text):
    return [np.reshape(row, (-1, 2)).tolist() for row in yaml.safe_load(text)["anchors"]]


def read_paddle(text):
    head = yaml.safe_load(text)["YOLOv3Head"]
    return [[head["anchors"][i] for i in mask] for mask in head["anchor_masks"][::-1]]


def keywords(call):
    """The arguments of a call in Python source, which are literals."""
    return {k.arg: ast.literal_eval(k.value) for k in ast.parse(call, mode="eval").body.keywords}


def read_mmdetection(text):
    return as_lists(keywords(f"dict({text})")["base_sizes"][::-1])


def read_mmyolo(text):
    assignments = {node.targets[0].id: node.value for node in ast.parse(text).body}
    return as_lists(ast.literal_eval(assignments["anchors"]))


def read_tao(text):
    fields = dict(re.findall(r'^(\w+): "(.*)"$', text, re.MULTILINE))
    names = ["small_anchor_shape", "mid_anchor_shape", "big_anchor_shape"]
    return as_lists([ast.literal_eval(fields[name]) for name in names if name in fields])


def read_json(text):
    heads = {}
    for anchor in json.loads(text)["anchors"]:
        heads.setdefault(anchor["head"], []).append([anchor["width"], anchor["height"]])
    return list(heads.values())


def as_lists(heads):
    return [[list(anchor) for anchor in head] for head in heads]


def torchvision_anchors(sizes, ratios):
    """The (width, height) that torchvision's AnchorGenerator makes on a feature map."""
    root = np.sqrt(ratios)[:, None]
    half = np.stack([np.outer(1 / root, sizes).ravel(), np.outer(root, sizes).ravel()], axis=1) / 2
    return 2 * half.round()


def detectron2_anchors(sizes, ratios):
    """The (width, height) that Detectron2's DefaultAnchorGenerator makes on a feature map."""
    widths = [np.sqrt(size**2 / ratio) for size in sizes for ratio in ratios]
    return np.column_stack(
        [widths, np.multiply(widths, [ratio for _ in sizes for ratio in ratios])]
    )


def read_torchvision(text):
    call = keywords("\n".join(line for line in text.splitlines() if line[0] != "#"))
    return list(map(torchvision_anchors, call["sizes"], call["aspect_ratios"]))


def read_detectron2(text):
    generator = yaml.safe_load(text)["MODEL"]["ANCHOR_GENERATOR"]
    return list(map(detectron2_anchors, generator["SIZES"], generator["ASPECT_RATIOS"]))


def tf_model_garden_anchors(stride, size, ratios, n_scales):
    """The (width, height) that the Model Garden makes on a level; a ratio is width / height."""
    sizes = size * stride * 2 ** (np.arange(n_scales) / n_scales)
    return np.array([[s * np.sqrt(r), s / np.sqrt(r)] for s in sizes for r in ratios])


def read_tf_model_garden(text):
    model = yaml.safe_load(text)["task"]["model"]
    size, ratios, n_scales = (
        model["anchor"][name] for name in ("anchor_size", "aspect_ratios", "num_scales")
    )
    levels = range(model["min_level"], model["max_level"] + 1)
    return [tf_model_garden_anchors(2**level, size, ratios, n_scales) for level in levels]


def text_format(text):
    """The fields of a text of a protocol buffer, as its grammar has them, message in message."""
    fields = re.sub(r"#.*", "", text)
    fields = re.sub(r"(\w+): (.*)", r'"\1": \2,', fields)
    fields = re.sub(r"(\w+) \{", r'"\1": {', fields).replace("}", "},")
    return ast.literal_eval(f"{{{fields}}}")


def read_tf_object_detection(text):
    generator = text_format(text)["anchor_generator"]["multiscale_anchor_generator"]
    names = ("anchor_scale", "aspect_ratios", "scales_per_octave")
    levels = range(generator["min_level"], generator["max_level"] + 1)
    return [
        tf_model_garden_anchors(2**level, *(generator[name] for name in names)) for level in levels
    ]


READERS = {
    "darknet": lambda text: darknet_layers(text)[::-1],
    "json": read_json,
    "mmdetection": read_mmdetection,
    "paddle": read_paddle,
    "tao": read_tao,
    "ultralytics": read_ultralytics,
}

# Their models need as many anchors on every head: YOLOv5 makes one tensor of all anchors, the
# others compare the numbers or take the first one.
EQUAL_HEADS = ["detectron2", "mmdetection", "tf_model_garden", "torchvision", "ultralytics"]


# Literals that the targets document.


def test_darknet_yolov3_as_published():
    text = export_darknet(SHUFFLED, input_size=416, n_classes=80)
    options = [options for name, options in darknet_sections(text) if name == "[yolo]"]
    assert [layer["mask"] for layer in options] == ["6,7,8", "3,4,5", "0,1,2"]
    assert text.count(f"\nanchors = {YOLOV3_LINE}\n") == 3
    assert text.count("\nclasses=80\nnum=9\n") == 3
    assert text.count("# filters=255 in the [convolutional] section before\n[yolo]\n") == 3


def test_darknet_counts_filters_for_a_number_of_classes_of_numpy():
    """Non-regression test for 59 filters, which is what 315 are in eight bits."""
    text = export_darknet(YOLOV3, input_size=416, n_classes=np.uint8(100))
    assert text == export_darknet(YOLOV3, input_size=416, n_classes=100)
    assert "# filters=315 in" in text


@pytest.mark.parametrize("n_classes", [-3, 0, 2.5, "20"])
def test_darknet_refuses_numbers_of_classes_that_there_are_not(n_classes):
    with pytest.raises((TypeError, ValueError), match=r"^n_classes "):
        export_darknet(YOLOV3, input_size=416, n_classes=n_classes)


def test_darknet_yolov2_is_in_grid_cells():
    """The published anchors of COCO, from pixels at 416."""
    text = export_darknet(np.multiply(YOLOV2, 32), input_size=416, model="v2", n_classes=80)
    assert "# anchors are (width, height) in grid cells of 32 pixels at a network input" in text
    assert "# filters=425 in the [convolutional] section before\n[region]\n" in text
    assert (
        "\nanchors = 0.57273, 0.677385, 1.87446, 2.06253, 3.33843, 5.47434, 7.88282, 3.52778, "
        "9.77052, 9.16828\n" in text
    )
    assert text.endswith("\nnum=5\n")
    assert "mask" not in text


@pytest.mark.parametrize(
    ("model", "anchors", "masks"),
    [
        ("v3-tiny", TINY, ["3,4,5", "0,1,2"]),
        ("v4", YOLOV3, ["0,1,2", "3,4,5", "6,7,8"]),
        ("v4-csp", YOLOV3, ["0,1,2", "3,4,5", "6,7,8"]),
        ("v4-tiny", TINY, ["3,4,5", "0,1,2"]),
        ("v4-tiny-3l", YOLOV3, ["6,7,8", "3,4,5", "0,1,2"]),
        ("v7", YOLOV3, ["0,1,2", "3,4,5", "6,7,8"]),
    ],
)
def test_every_darknet_model_has_its_own_order_of_heads(model, anchors, masks):
    sections = darknet_sections(export_darknet(anchors, input_size=416, model=model))
    assert [options["mask"] for _, options in sections] == masks


def test_darknet_filters_without_a_number_of_classes():
    text = export_darknet(TINY, input_size=416, model="v4-tiny")
    assert "# filters=(classes + 5) * 3 in the [convolutional] section before" in text
    assert "classes=" not in text


def test_ultralytics_yolov5_as_published():
    assert export_ultralytics(SHUFFLED, input_size=640) == (
        "# anchors are (width, height) in pixels at a network input of 640 x 640 pixels\n"
        "anchors:\n"
        "  - [10,13, 16,30, 33,23]  # P3/8\n"
        "  - [30,61, 62,45, 59,119]  # P4/16\n"
        "  - [116,90, 156,198, 373,326]  # P5/32\n"
    )


@pytest.mark.parametrize(
    ("n_anchors", "options", "strides"),
    [
        (3, {}, ["P5/32"]),
        (6, {}, ["P4/16", "P5/32"]),
        (12, {}, ["P3/8", "P4/16", "P5/32", "P6/64"]),
        (15, {}, ["P3/8", "P4/16", "P5/32", "P6/64", "P7/128"]),
        (18, {}, ["P3/8", "P4/16", "P5/32"]),
        (8, {"heads": 4, "strides": (4, 8, 16, 32)}, ["P2/4", "P3/8", "P4/16", "P5/32"]),
    ],
)
def test_heads_and_strides_follow_the_number_of_anchors(n_anchors, options, strides):
    anchors = [[10 * i, 10 * i] for i in range(1, n_anchors + 1)]
    text = export_ultralytics(anchors, input_size=640, **options)
    assert re.findall(r"# (P.*)$", text, re.MULTILINE) == strides


def test_keras_yolo3_reads_the_first_line():
    lines = export_keras(SHUFFLED, input_size=(416, 416)).splitlines()
    assert lines[0] == YOLOV3_LINE
    assert [float(x) for x in lines[0].split(",")] == np.ravel(YOLOV3).tolist()
    assert all(line.startswith("# ") for line in lines[1:])


def test_mmdetection_yolov3_as_published():
    text = export_mmdetection(SHUFFLED, input_size=608)
    assert (
        "base_sizes=[[(116, 90), (156, 198), (373, 326)],\n"
        "            [(30, 61), (62, 45), (59, 119)],\n"
        "            [(10, 13), (16, 30), (33, 23)]],\n"
        "strides=[32, 16, 8]\n" in text
    )
    assert keywords(f"dict({text})")["strides"] == [32, 16, 8]


def test_mmyolo_yolov5_as_published():
    text = export_mmdetection(SHUFFLED, input_size=640, model="yolov5")
    assert (
        "anchors = [[(10, 13), (16, 30), (33, 23)],\n"
        "           [(30, 61), (62, 45), (59, 119)],\n"
        "           [(116, 90), (156, 198), (373, 326)]]\n"
        "strides = [8, 16, 32]\n" in text
    )
    assert read_mmyolo(text) == HEADS


def test_paddle_yolov3_as_published():
    text = export_paddle(SHUFFLED, input_size=608)
    assert f"  anchors: {YOLOV3}\n" in text
    assert "  anchor_masks: [[6, 7, 8], [3, 4, 5], [0, 1, 2]]\n" in text


def test_tao_yolov3_as_published():
    small = [[15.60, 13.88], [30.25, 20.25], [20.67, 49.63]]
    mid = [[42.99, 31.91], [79.57, 31.75], [56.80, 56.93]]
    big = [[114.94, 60.67], [159.06, 114.59], [297.59, 176.38]]
    assert export_tao(big + small + mid, input_size=(1248, 384)) == (
        "# anchors are (width, height) in pixels at a network input of 1248 x 384 pixels\n"
        'big_anchor_shape: "[(114.94, 60.67), (159.06, 114.59), (297.59, 176.38)]"\n'
        'mid_anchor_shape: "[(42.99, 31.91), (79.57, 31.75), (56.80, 56.93)]"\n'
        'small_anchor_shape: "[(15.60, 13.88), (30.25, 20.25), (20.67, 49.63)]"\n'
    )


def test_tao_yolov4_tiny_has_no_small_head():
    text = export_tao(TINY, input_size=416, heads=2)
    assert "small" not in text
    assert read_tao(text) == [TINY[:3], TINY[3:]]


def test_matlab_rows_are_height_and_width():
    text = export_matlab([[116, 87], [27, 21]], input_size=(228, 128))
    assert text.endswith("\nanchorBoxes = [21 27; 87 116];\n")
    assert all(line.startswith("%") for line in text.splitlines()[:-1])


def test_json_says_unit_and_input_size():
    document = json.loads(export_json(SHUFFLED, input_size=(640, 384), heads=3))
    assert document["unit"] == "pixel"
    assert document["input_size"] == [640, 384]
    assert document["anchors"][3] == {"width": 30, "height": 61, "head": 1}


# What holds for all.


@pytest.mark.parametrize("name", READERS)
def test_the_target_reads_the_same_anchors_in_their_heads(name):
    text = export_anchors(SHUFFLED, name, input_size=416, heads=3)
    assert READERS[name](text) == HEADS


@settings(deadline=None)
@given(
    st.lists(st.tuples(*[st.integers(1, 400)] * 2), min_size=1, max_size=12, unique=True).filter(
        lambda anchors: anchors != [(1, 1)]
    ),  # warned of, as perhaps relative
    st.data(),
)
def test_no_anchor_is_lost_or_moved_to_a_smaller_head(anchors, data):
    """Any anchors in any split that the target takes, the smallest to the first head."""
    ends = data.draw(st.sets(st.integers(1, max(1, len(anchors) - 1))))
    counts = np.diff([0, *sorted(ends - {len(anchors)}), len(anchors)]).tolist()
    refused = set(EQUAL_HEADS) if len(set(counts)) > 1 else set()
    for name in READERS.keys() - {"tao"} - refused:
        read = READERS[name](export_anchors(anchors, name, input_size=416, heads=counts))
        assert [len(head) for head in read] == counts
        flat = [tuple(anchor) for head in read for anchor in head]
        areas = [width * height for width, height in flat]
        assert sorted(flat) == sorted(anchors)
        assert areas == sorted(areas)


@pytest.mark.parametrize("name", FORMATS)
def test_every_text_says_the_unit_and_the_input_size(name):
    text = export_anchors(YOLOV3, name, input_size=(640, 384))
    assert "pixel" in text
    assert "640 x 384" in text or json.loads(text)["input_size"] == [640, 384]
    assert text.endswith("\n")


@pytest.mark.parametrize("name", FORMATS)
def test_every_text_gives_the_average_iou_before_and_after(name):
    anchors = np.add(YOLOV3, 0.4)
    boxes = np.vstack([anchors, anchors * [1.1, 0.9]])
    text = export_anchors(anchors, name, input_size=416, X=boxes)
    n_boxes, before, after = text.average_iou
    assert (n_boxes, before) == (18, average_iou_score(boxes, anchors))
    if name == "json":
        expected = {"n_boxes": 18, "before": before, "after": before}
        assert json.loads(text)["average_iou"] == expected
    else:
        assert f"average IoU with 18 boxes: {before:.4f} before" in text
        assert re.search(f" {after:.4f} as (written|built)\n", text)


def test_the_average_iou_after_rounding_is_that_of_the_written_anchors():
    anchors = [[10.4, 13.4], [60.5, 44.6], [300.1, 200.2]]
    boxes = np.multiply(anchors, 1.05)
    text = export_ultralytics(anchors, input_size=640, X=boxes)
    score = average_iou_score(boxes, [[10, 13], [60, 45], [300, 200]])
    assert f"{score:.4f} as written" in text
    assert text.average_iou.after == score
    assert export_ultralytics(anchors, input_size=640).average_iou is None


def test_a_text_can_be_copied_and_pickled():
    text = export_keras(TINY, input_size=416, X=TINY)
    for copied in (copy.deepcopy(text), pickle.loads(pickle.dumps(text))):
        assert copied == text
        assert copied.average_iou == text.average_iou


@pytest.mark.parametrize("name", [n for n in EXPORTERS if "decimals" in EXPORTERS[n].options])
@pytest.mark.parametrize("decimals", [-1, 16, 400, 2.5, 3.0, "two"])
def test_decimals_that_no_side_has_are_refused(name, decimals):
    with pytest.raises(ValueError, match=rf"^decimals must be a whole .* to 15, got {decimals!r}"):
        export_anchors([[10, 14], [20, 30], [40, 50]], name, input_size=416, decimals=decimals)


def test_decimals_keep_fractions():
    anchors = [[10.4, 13.44], [60.5, 44.6], [300.1, 200.2]]
    text = export_ultralytics(anchors, input_size=640, decimals=1)
    assert read_ultralytics(text) == [[[10.4, 13.4], [60.5, 44.6], [300.1, 200.2]]]
    assert read_json(export_json(anchors, input_size=640)) == [anchors]


def test_the_digits_of_a_side_are_written_however_many_they_are():
    """Non-regression test for a side that no integer of 64 bits holds."""
    with pytest.warns(UserWarning, match="Larger than the network input"):
        text = export_keras([[10, 14], [1e19, 3e19]], input_size=416)
    assert text.startswith(f"10,14,  {10**19},{3 * 10**19}\n")


@pytest.mark.parametrize("counts", [[4, 5], (4, 5), np.array([4, 5])])
def test_counts_of_heads_are_in_any_sequence(counts):
    assert export_json(YOLOV3, input_size=416, heads=counts).count('"head": 1') == 5


@pytest.mark.parametrize("model", ["yolov3", "yolov5"])
def test_strides_in_an_array_are_written_as_plain_numbers(model):
    """Non-regression test for `np.int64(8)` in a configuration that does not import NumPy."""
    write = partial(export_mmdetection, YOLOV3, input_size=416, model=model)
    assert write(strides=np.array([8, 16, 32])) == write(strides=[8, 16, 32])


def test_an_uneven_split_is_named():
    text = export_darknet(TINY[:5], input_size=416, heads=(2, 2, 1))
    assert "# uneven split: 2, 2, 1 anchors per head, smallest anchors first\n" in text
    assert [options["mask"] for _, options in darknet_sections(text)] == ["4", "2,3", "0,1"]
    assert "uneven" not in export_darknet(TINY, input_size=416, heads=(2, 2, 2))


@pytest.mark.parametrize(
    ("anchors", "message"),
    [
        ([[10.1, 13], [10.2, 13.3]], r"\(10.1, 13\), \(10.2, 13.3\) became \(10, 13\)"),
        ([[0.4, 3], [10, 13]], r"\(0.4, 3\) became \(0, 3\)"),
    ],
)
def test_anchors_that_rounding_takes_away_are_named(anchors, message):
    with pytest.warns(UserWarning, match=message):
        export_keras(anchors, input_size=416)
    export_keras(anchors, input_size=416, decimals=1)


def test_anchors_larger_than_the_input_are_named():
    with pytest.warns(UserWarning, match=r"input of 640 x 384 pixels: anchors \(90, 400\)\. Were"):
        export_keras([[400, 90], [90, 400]], input_size=(640, 384))


@pytest.mark.parametrize("name", ["json", "tao", "detectron2"])
def test_anchors_relative_to_the_image_are_pointed_out(name):
    relative = [[0.1, 0.2], [0.5, 1.0]]
    with pytest.warns(UserWarning, match=r"No anchor is larger .*0\.2\), \(0\.5, 1\)\. Are"):
        export_anchors(relative, name, input_size=416, heads=2)
    pixels = convert_units(relative, "relative", "pixel", image_size=416)
    export_anchors(pixels, name, input_size=416, heads=2)


@pytest.mark.parametrize("export", [export_keras, export_detectron2])
def test_a_warning_points_at_the_caller(export):
    with pytest.warns(UserWarning, match="Larger") as caught:
        export([[500, 500]], input_size=416, **({} if export is export_keras else {"heads": 1}))
    assert caught[0].filename == __file__


# Heads of different lengths.


@pytest.mark.parametrize("name", EQUAL_HEADS)
def test_targets_whose_models_need_heads_of_one_length_refuse_others(name):
    with pytest.raises(ValueError, match=r"^heads=\(4, 3, 2\): the models take the same number"):
        export_anchors(YOLOV3, name, input_size=416, heads=(4, 3, 2))
    text = export_anchors(YOLOV3, name, input_size=416, heads=(3, 3, 3))
    assert text == export_anchors(YOLOV3, name, input_size=416, heads=3)


@pytest.mark.parametrize("name", [name for name in FORMATS if "heads" in EXPORTERS[name].options])
def test_heads_of_different_lengths_are_suggested_where_the_target_takes_them(name):
    with pytest.raises(ValueError, match="cannot be split evenly") as error:
        export_anchors(YOLOV3[:8], name, input_size=416, heads=3)
    assert (", say 3,3,2, starting" in str(error.value)) == (name not in EQUAL_HEADS)
    if name not in EQUAL_HEADS:
        assert export_anchors(YOLOV3[:8], name, input_size=416, heads=(3, 3, 2))


# Targets that build anchors from sizes and ratios.

LOSSY = {
    "torchvision": (export_torchvision, read_torchvision),
    "detectron2": (export_detectron2, read_detectron2),
    "tf_model_garden": (export_tf_model_garden, read_tf_model_garden),
    "tf_model_garden, ssd": (
        partial(export_tf_model_garden, model="ssd"),
        read_tf_object_detection,
    ),
}
WITH_A_GRID_A_HEAD = ["torchvision", "detectron2"]


@pytest.mark.parametrize("name", LOSSY)
@pytest.mark.parametrize("X", [None, np.multiply(YOLOV3, 1.2)], ids=["anchors", "boxes"])
def test_the_average_iou_of_sizes_and_ratios_is_that_of_what_the_target_builds(name, X):
    export, read = LOSSY[name]
    text = export(SHUFFLED, input_size=640, X=X)
    heads = read(text)
    scored = YOLOV3 if X is None else X
    after = average_iou_score(scored, np.vstack(heads))
    assert [len(head) for head in heads] == [3, 3, 3]
    assert f"{average_iou_score(scored, YOLOV3):.4f} before, {after:.4f} as built" in text


@pytest.mark.parametrize("name", LOSSY)
def test_anchors_that_are_a_grid_come_back(name):
    """The default of all: one size and three ratios a feature map, on five of them."""
    export, read = LOSSY[name]
    anchors = [
        [size / np.sqrt(ratio), size * np.sqrt(ratio)]
        for size in (32, 64, 128, 256, 512)
        for ratio in (0.5, 1.0, 2.0)
    ]
    heads = read(export(anchors, input_size=1333))
    assert len(heads) == 5
    assert average_iou_score(anchors, np.vstack(heads)) > 0.98


@pytest.mark.parametrize("name", WITH_A_GRID_A_HEAD)
def test_one_anchor_a_feature_map_is_kept(name):
    export, read = LOSSY[name]
    anchors = [[20, 32], [64, 40], [90, 120], [260, 220], [300, 500]]
    np.testing.assert_allclose(np.vstack(read(export(anchors, input_size=640))), anchors, rtol=1e-3)


@pytest.mark.parametrize("name", WITH_A_GRID_A_HEAD)
@pytest.mark.parametrize(
    ("n_anchors", "heads", "is_noted"), [(9, None, True), (9, 3, False), (10, None, False)]
)
def test_a_number_of_feature_maps_that_a_pyramid_lacks_is_noted(name, n_anchors, heads, is_noted):
    export, _ = LOSSY[name]
    anchors = [[30 * i, 40 * i] for i in range(1, n_anchors + 1)]
    text = export(anchors, input_size=640, heads=heads)
    assert ("# 3 feature maps: if the model has five" in text) == is_noted


@pytest.mark.parametrize("name", WITH_A_GRID_A_HEAD)
def test_no_grid_of_a_finer_search_is_much_better(name):
    """Two ratios of one size, against all pairs of 40 ratios with all of 40 sizes."""
    export, read = LOSSY[name]
    anchors = np.array([[50, 90], [120, 60]])
    sizes, ratios = np.geomspace(50, 120, 40), np.geomspace(0.3, 3, 40)
    iou = pairwise_iou(anchors, detectron2_anchors(sizes, ratios)).reshape(2, 40, 40)
    best = np.maximum(iou[..., None], iou[:, :, None]).mean(axis=0).max()
    found = np.vstack(read(export(anchors, input_size=640, heads=1)))
    assert average_iou_score(anchors, found) > best - 0.01


@pytest.mark.parametrize("model", ["retinanet", "ssd"])
def test_tf_model_garden_as_published(model):
    """Three sizes with three ratios on the levels 3 to 7, of 4 strides and more."""
    anchors = [tf_model_garden_anchors(2**level, 4.0, [0.5, 1, 2], 3) for level in range(3, 8)]
    text = export_tf_model_garden(np.vstack(anchors), input_size=1280, model=model)
    _, read = LOSSY["tf_model_garden" if model == "retinanet" else "tf_model_garden, ssd"]
    np.testing.assert_allclose(read(text), anchors, rtol=0.01)
    n_scales = "num_scales" if model == "retinanet" else "scales_per_octave"
    for field, value in (("min_level", 3), ("max_level", 7), (n_scales, 3)):
        assert f"  {field}: {value}\n" in text


@pytest.mark.parametrize("model", ["retinanet", "ssd"])
def test_tf_model_garden_ratios_are_width_by_height_and_sizes_in_strides(model):
    options = {"input_size": 640, "model": model, "heads": 1}
    text = export_tf_model_garden([[200, 50]], **options)
    assert re.search(r"ratios: \[4\.\d*\]", text)
    assert "# built: (200, 50)\n" in text
    sizes = [
        float(re.search(r"(size|scale): (.*)", text)[2])
        for text in (text, export_tf_model_garden([[200, 50]], min_level=5, **options))
    ]
    assert sizes == [12.5, 3.125]


def test_boxes_decide_about_sizes_and_ratios():
    """All boxes are tall, whatever the anchors are, and there are too many to try them all."""
    boxes = np.random.RandomState(0).uniform([20, 60], [30, 90], size=(12_000, 2))
    anchors = [[20, 20], [40, 40], [60, 60]]
    for export, read in LOSSY.values():
        heads = read(export(anchors, input_size=640, heads=1, X=boxes))
        assert average_iou_score(boxes, heads[0]) > 0.85
        assert average_iou_score(boxes, anchors) < 0.5


def test_torchvision_rounding_that_loses_anchors_is_named():
    with pytest.warns(UserWarning, match="lost by rounding in the framework: .* became"):
        export_torchvision([[3, 3], [3.4, 3.4], [20, 20]], input_size=416, heads=3)


# What exporters say about themselves.


@pytest.mark.parametrize("name", FORMATS)
def test_every_exporter_has_a_record(name):
    exporter = EXPORTERS[name]
    assert exporter.name == name
    assert exporter.export.__name__ == f"export_{name}"
    assert exporter.summary
    assert "\n" not in exporter.summary
    takes = inspect.signature(exporter.export).parameters
    assert set(exporter.options) == takes.keys() - {"anchors", "input_size", "X"}
    assert ("model" in takes) == bool(exporter.models)
    checked = inspect.signature(exporter.check).parameters
    for option in ("heads", "model"):
        assert (option in checked) == (option in takes)


def outcome(function, *arguments, **options):
    try:
        function(*arguments, **options)
    except HeadsError as error:
        return str(error)
    return "accepted"


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("n_anchors", [1, 7, 9])
@pytest.mark.parametrize("heads", [None, 2, (4, 3)])
def test_a_check_says_without_anchors_what_the_exporter_says_of_them(name, n_anchors, heads):
    exporter = EXPORTERS[name]
    anchors = np.arange(10, n_anchors + 10)[:, None] * [10, 10]
    for model in exporter.models or [None]:
        options = {"heads": heads, "model": model}
        options = {name: value for name, value in options.items() if value is not None}
        if options.keys() <= set(exporter.options):
            checked = outcome(exporter.check, n_anchors, **options)
            assert checked == outcome(exporter.export, anchors, input_size=640, **options)


def test_an_error_about_heads_can_be_pickled():
    error = pickle.loads(pickle.dumps(HeadsError(2, "why.")))
    assert str(error) == "heads=2: why."


@settings(deadline=None)
@given(st.lists(st.tuples(*[st.floats(0.1, 6)] * 2), min_size=1, max_size=6), st.integers(0, 2))
def test_a_text_without_losses_has_as_many_anchors_as_it_was_given(anchors, decimals):
    for name in READERS.keys() - {"tao"}:
        options = {"decimals": decimals} if "decimals" in EXPORTERS[name].options else {}
        with warnings.catch_warnings(action="ignore"):
            text = export_anchors(anchors, name, input_size=416, heads=1, **options)
        read = [tuple(anchor) for head in READERS[name](text) for anchor in head]
        is_whole = len(set(read)) == len(anchors) and np.min(read) > 0
        assert (text.lost is None) == is_whole
        if "decimals" in options and text.lost and text.lost.decimals is not None:
            options["decimals"] = text.lost.decimals
            with warnings.catch_warnings(action="ignore"):
                kept = export_anchors(anchors, name, input_size=416, heads=1, **options)
            assert kept.lost is None


def test_a_text_knows_which_anchors_rounding_has_lost():
    with pytest.warns(UserWarning, match="lost by rounding"):
        text = export_keras([[10.1, 13], [10.2, 13.3], [90, 80]], input_size=416)
    assert text.lost.anchors == "(10.1, 13), (10.2, 13.3) became (10, 13)"
    assert export_keras([[10, 13], [90, 80]], input_size=416).lost is None


@pytest.mark.parametrize(
    ("anchors", "decimals"),
    [
        ([[10.1, 13], [10.2, 13.3]], 1),
        ([[10.01, 13], [10.02, 13]], 2),
        ([[0.004, 13], [90, 80]], 3),
        ([[10, 13], [10, 13]], None),
    ],
)
def test_a_text_knows_how_many_decimals_would_keep_all_anchors(anchors, decimals):
    with pytest.warns(UserWarning, match="lost by rounding"):
        text = export_keras(anchors, input_size=416)
    assert text.lost.decimals == decimals


def test_decimals_that_are_enough_are_those_of_the_written_unit():
    """Darknet's YOLOv2 has grid cells of 32 pixels, which need more decimals."""
    with pytest.warns(UserWarning, match="lost by rounding"):
        text = export_darknet([[10.1, 13], [10.2, 13]], input_size=416, model="v2", decimals=1)
    assert text.lost.decimals == 3


# Bad input.


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(
    ("anchors", "message"),
    [
        ([[1, 2, 3]], "anchors has 3 columns"),
        (
            [[10, 10], [10, np.nan]],
            r"anchors\[1\] is \[10.0, nan\]: the sides of an anchor must be",
        ),
        ([[10, 10], [np.inf, 10]], r"anchors\[1\] is \[inf, 10.0\]"),
        ([[0, 10]], r"anchors\[0\] is \[0.0, 10.0\]"),
        ([[10, -3]], r"anchors\[0\] is \[10.0, -3.0\]"),
        ([10, 13, 16, 30], "Expected 2D array"),
        (np.empty((0, 2)), "0 sample"),
    ],
)
def test_bad_anchors_are_named(name, anchors, message):
    with pytest.raises(ValueError, match=message):
        export_anchors(anchors, name, input_size=416)


@pytest.mark.parametrize("name", [name for name in FORMATS if "heads" in EXPORTERS[name].options])
@pytest.mark.parametrize(
    ("heads", "message"),
    [
        (10, "heads=10: 9 anchors are too few for 10 heads"),
        (2, "heads=2: 9 anchors cannot be split evenly into 2 heads: use 8 or 10 anchors, or "),
        (0, "heads=0: pass the number of heads, or how many anchors each head takes; all >= 1"),
        ((3, 3), r"heads=\(3, 3\): these heads take 6 anchors, but the number of anchors is 9"),
        ((9, 0), r"heads=\(9, 0\): pass the number"),
        ((4.5, 4.5), r"heads=\(4.5, 4.5\): pass the number"),
        ("three", "heads='three': pass the number"),
    ],
)
def test_bad_heads_are_named(name, heads, message):
    with pytest.raises(ValueError, match=message):
        export_anchors(YOLOV3, name, input_size=416, heads=heads)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("darknet", {"model": "v5"}, r"model must be one of \['v2', .* got 'v5'"),
        ("darknet", {"model": "v2", "heads": 3}, "heads=3: darknet's v2 has one head"),
        ("mmdetection", {"model": "ssd"}, "model must be 'yolov3' or 'yolov5', got 'ssd'"),
        ("mmdetection", {"strides": (8, 16)}, "strides must be those of the 3 heads"),
        ("tf_model_garden", {"model": "yolov3"}, "must be 'retinanet' or 'ssd', got 'yolov3'"),
        ("tf_model_garden", {"heads": (4, 3, 2)}, r"heads=\(4, 3, 2\): the models take the same"),
        ("tf_model_garden", {"min_level": -1}, "min_level == -1, must be >= 0"),
        ("ultralytics", {"strides": (32, 16, 8)}, "the smallest first, got"),
        ("ultralytics", {"strides": (0, 8, 16)}, "strides must be"),
        ("ultralytics", {"strides": ("8", "16", "32")}, "strides must be"),
        ("ultralytics", {"strides": (8.5, 16, 32)}, "strides must be"),
        ("mmdetection", {"strides": 8}, "strides must be"),
        ("tao", {"heads": 9}, "heads=9: TAO has 3 heads, or 2 in yolo_v4_tiny, not 9"),
        ("keras", {"X": [[1, 2, 3]]}, "X has 3 columns"),
        ("keras", {"input_size": (416, 0)}, "input_size must be"),
    ],
)
def test_bad_options_are_named(name, options, message):
    with pytest.raises(ValueError, match=message):
        export_anchors(YOLOV3, name, **{"input_size": 416, **options})


def test_an_unknown_format_is_answered_with_the_known_ones():
    with pytest.raises(ValueError, match=r"format='caffe': .* Choose from darknet, detectron2, "):
        export_anchors(YOLOV3, "caffe", input_size=416)


@pytest.mark.parametrize("name", ["yolov8", "YOLOv8n", "yolo-v9", "yolov10", "yolo11", "yolo26"])
def test_later_models_have_no_anchors(name):
    with pytest.raises(ValueError, match=f"'{name}': YOLOv8 and later models .* without anchors"):
        export_anchors(YOLOV3, name, input_size=640)
