import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from sklearn_iou_kmeans.export import LAYOUT_VERSION, export_json, load_json

ANCHORS = [[10.5, 14], [81, 82]]


@pytest.fixture
def write(tmp_path):
    def _write(document):
        path = tmp_path / "anchors.json"
        path.write_text(document if isinstance(document, str) else json.dumps(document))
        return path

    return _write


def document(**changes):
    return json.loads(export_json(ANCHORS, input_size=(640, 384))) | changes


def test_what_is_exported_is_read_back_with_its_provenance(write):
    provenance = {"inputs": [{"path": "a.json", "sha256": "0" * 64}], "seed": 3}
    loaded = load_json(write(export_json(ANCHORS, input_size=(640, 384), provenance=provenance)))
    assert_array_equal(loaded.anchors, ANCHORS)
    assert (loaded.unit, loaded.input_size, loaded.stride) == ("pixel", (640, 384), None)
    assert loaded.provenance == provenance
    assert load_json(write(document())).provenance == {}


sides = st.floats(min_value=0, max_value=416, exclude_min=True, allow_subnormal=False)


@pytest.mark.filterwarnings("ignore:No anchor is larger than a pixel")
@given(st.lists(st.tuples(sides, sides), min_size=1, max_size=12, unique=True))
def test_no_digit_is_lost(tmp_path_factory, anchors):
    path = tmp_path_factory.mktemp("json") / "anchors.json"
    path.write_text(export_json(anchors, input_size=416))
    assert sorted(load_json(path).anchors.tolist()) == sorted(map(list, anchors))


def test_a_file_of_a_newer_version_is_refused(write):
    with pytest.raises(ValueError, match=r"anchors\.json: it was written by a newer version of"):
        load_json(write(document(layout=LAYOUT_VERSION + 1)))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"layout": None}, "layout is None, not the number of a layout"),
        ({"layout": True}, "layout is True"),
        ({"layout": "1"}, "layout is '1'"),
        ({"layout": 0}, "layout is 0"),
        ({"unit": "inch"}, "unit is 'inch', not one of pixel, relative, grid"),
        ({"unit": ["pixel"]}, r"unit is \['pixel'\]"),
        ({"unit": "grid"}, "anchors in grid cells need stride and input_size"),
        ({"unit": "grid", "stride": -8}, "stride is -8, not a finite number > 0"),
        ({"input_size": 416}, r"input_size is 416, not \[width, height\]"),
        ({"input_size": [0, 384]}, r"input_size\[0\] is 0, not a finite number > 0"),
        ({"input_size": [640, 384, 3]}, r"input_size is \[640, 384, 3\]"),
        ({"anchors": []}, r"anchors is \[\], not a list of anchors"),
        ({"anchors": {"width": 1, "height": 2}}, "not a list of anchors"),
        ({"anchors": [[10, 13]]}, r"anchors\[0\] is \[10, 13\], without width and height"),
        ({"anchors": [{"width": 1}]}, r"anchors\[0\]\.height is None, not a finite number > 0"),
        ({"anchors": [{"width": "1", "height": 2}]}, r"anchors\[0\]\.width is '1'"),
        ({"anchors": [{"width": True, "height": 2}]}, r"anchors\[0\]\.width is True"),
        ({"anchors": [{"width": 10**400, "height": 2}]}, r"anchors\[0\]\.width is 1000"),
        ({"anchors": [{"width": -1, "height": 2}]}, r"anchors\[0\]\.width is -1"),
        ({"scale": 3}, "scale is 3, not an object"),
        ({"provenance": "mine"}, "provenance is 'mine', not an object"),
    ],
)
def test_what_is_wrong_is_named(write, changes, message):
    with pytest.raises(ValueError, match=message):
        load_json(write(document(**changes)))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "this is not valid JSON"),
        ("[1, 2]", "this is not the JSON of `iou-kmeans fit --json` or of the export json"),
        ('{"unit": "pixel"}', "this is not the JSON of"),
        ("[" * 100_000, "this is not valid JSON"),
        ('{"anchors": [{"width": NaN, "height": 1}]}', "NaN is not a number that JSON allows"),
        ('{"anchors": [], "anchors": []}', "a key stands twice in one object"),
    ],
)
def test_text_that_is_no_such_json_is_refused(write, text, message):
    with pytest.raises(ValueError, match=message):
        load_json(write(text))


def test_a_missing_input_size_is_not_taken_for_none(write):
    without = document()
    del without["input_size"]
    with pytest.raises(ValueError, match="input_size is missing"):
        load_json(write(without))


def test_a_file_without_end_is_refused(tmp_path):
    sparse = tmp_path / "anchors.json"
    with open(sparse, "wb") as file:
        file.truncate(10**11)
    for path in (str(sparse), "/dev/zero"):
        if os.path.exists(path):
            with pytest.raises(ValueError, match=rf"{path}: this has more than 64 MB"):
                load_json(path)
