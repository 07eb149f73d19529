import gzip
import json
import sys

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sklearn_iou_kmeans import MostFrequentShapes
from sklearn_iou_kmeans.datasets import load_bdd100k
from sklearn_iou_kmeans.preprocessing import box_sizes

COLUMNS = {
    "data", "target", "target_names", "image", "image_names", "image_size", "skipped",
    "skipped_images", "unit", "notes", "splits", "splits_read",
}  # fmt: skip


def box(x1, y1, x2, y2):
    return {"x1": x1, "y1": y1, "x2": x2, "y2": y2}


CAR = {"category": "car", "box2d": box(10, 20, 50.5, 40), "id": 1}
PERSON = {"category": "person", "box2d": box(0, 0, 10, 30)}
LANE = {"category": "lane", "poly2d": [{"vertices": [[0, 0], [9, 9]], "types": "LL"}], "id": "2"}
FLAT_CAR = {"category": "car", "box2d": box(5, 7, 30, 7)}
FRAMES = [
    {"name": "a.jpg", "attributes": {"weather": "clear"}, "timestamp": 1, "labels": [CAR, LANE]},
    {"name": "b.jpg", "labels": None},
    {"name": "c.jpg", "labels": [PERSON, FLAT_CAR, CAR]},
    {"name": "d.jpg"},
]
N_LABELS = 5


@pytest.fixture
def write(tmp_path):
    """Write a label file; return its path."""

    def _write(content, name="labels.json"):
        if not isinstance(content, bytes):
            content = json.dumps(content).encode()
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return _write


def assert_same_boxes(boxes, expected):
    assert boxes.keys() == expected.keys() == COLUMNS | {"files", "image_files"}
    for name in COLUMNS:
        assert_array_equal(boxes[name], expected[name])


def test_boxes_come_with_category_and_image_in_the_order_of_the_file(write):
    boxes = load_bdd100k(write(FRAMES))
    assert_array_equal(boxes.data, [[10, 20, 50.5, 40], [0, 0, 10, 30], [10, 20, 50.5, 40]])
    assert boxes.data.dtype == np.float64
    assert boxes.target_names == ["car", "person"]
    assert_array_equal(boxes.target, [0, 1, 0])
    assert_array_equal(boxes.image, [0, 2, 2])


def test_images_without_boxes_are_named_too(write):
    assert load_bdd100k(write(FRAMES)).image_names == ["a.jpg", "b.jpg", "c.jpg", "d.jpg"]


def test_what_is_skipped_is_counted_with_its_image(write):
    boxes = load_bdd100k(write(FRAMES))
    assert boxes.skipped == {"no box2d": 1, "zero or negative size": 1}
    assert boxes.skipped_images == {"no box2d": ["a.jpg"], "zero or negative size": ["c.jpg"]}


@pytest.mark.parametrize("categories", [None, "car", "person", ["person", "car"]])
def test_boxes_and_skipped_labels_add_up_to_the_labels_of_the_file(write, categories):
    boxes = load_bdd100k(write(FRAMES), categories=categories)
    assert len(boxes.data) + sum(boxes.skipped.values()) == N_LABELS


def test_categories_filter(write):
    boxes = load_bdd100k(write(FRAMES), categories="person")
    assert_array_equal(boxes.data, [[0, 0, 10, 30]])
    assert boxes.target_names == ["person"]
    assert boxes.skipped == {"other category": 3, "no box2d": 1}
    assert boxes.skipped_images == {"no box2d": ["a.jpg"]}


def test_several_categories_can_be_asked_for_in_any_iterable(write):
    boxes = load_bdd100k(write(FRAMES), categories=(name for name in ("person", "car")))
    assert_same_boxes(boxes, load_bdd100k(write(FRAMES)))


def test_a_category_without_boxes_is_an_error_that_says_which_there_are(write):
    with pytest.raises(ValueError, match=r"of category 'bus'.*'car' \(3\), 'person' \(1\)"):
        load_bdd100k(write(FRAMES), categories=["car", "bus"])
    with pytest.raises(ValueError, match="of category 'lane'"):
        load_bdd100k(write(FRAMES), categories="lane")
    with pytest.raises(ValueError, match="has no boxes at all"):
        load_bdd100k(write([{"name": "a.jpg", "labels": [LANE]}]), categories="car")


def test_no_category_at_all_is_an_error(write):
    with pytest.raises(ValueError, match="categories is empty"):
        load_bdd100k(write(FRAMES), categories=[])


@pytest.mark.parametrize(
    "corners", [box(5, 7, 5, 9), box(5, 7, 9, 7), box(9, 7, 5, 9), box(5, 9, 9, 7), box(0, 0, 0, 0)]
)
def test_a_box_without_area_is_skipped(write, corners):
    label = {"category": "car", "box2d": corners}
    boxes = load_bdd100k(write([{"name": "a.jpg", "labels": [label, CAR]}]))
    assert_array_equal(boxes.data, [[10, 20, 50.5, 40]])
    assert boxes.skipped_images == {"zero or negative size": ["a.jpg"]}


def test_slivers_are_boxes(write):
    label = {"category": "traffic light", "box2d": box(600, 300, 600.1055, 321.94)}
    assert len(load_bdd100k(write([{"name": "a.jpg", "labels": [label]}])).data) == 1


@pytest.mark.parametrize("frames", [[], [{"name": "a.jpg"}], [{"name": "a.jpg", "labels": []}]])
def test_a_file_without_labels_has_no_boxes(write, frames):
    boxes = load_bdd100k(write(frames))
    assert boxes.data.shape == (0, 4)
    assert boxes.image_size.shape == (0, 2)
    assert len(boxes.target) == len(boxes.image) == 0
    assert boxes.target_names == []
    assert len(boxes.image_names) == len(frames)
    assert boxes.skipped == boxes.skipped_images == {}


def test_scalabel_layout_holds_the_same_boxes(write):
    scalabel = {"frames": FRAMES, "groups": None, "config": {"categories": [{"name": "car"}]}}
    assert_same_boxes(
        load_bdd100k(write(scalabel, "scalabel.json")), load_bdd100k(write(FRAMES, "legacy.json"))
    )


def test_gzip_is_recognised_whatever_the_file_is_called(write):
    packed = write(gzip.compress(json.dumps(FRAMES).encode()), "packed.json")
    plain = write(FRAMES, "plain.json.gz")
    assert_same_boxes(load_bdd100k(packed), load_bdd100k(plain))


def test_a_byte_order_mark_does_no_harm(write):
    marked = write(b"\xef\xbb\xbf" + json.dumps(FRAMES).encode())
    assert len(load_bdd100k(marked).data) == 3


def test_path_may_be_a_string(write):
    assert len(load_bdd100k(str(write(FRAMES))).data) == 3


def test_crowds_and_ignored_regions_are_skipped_by_name(write):
    flags = [{"crowd": True}, {"crowd": False, "ignored": True}, {"ignored": False}, {}, None]
    labels = [CAR | {"attributes": flag} for flag in flags] + [PERSON | {"attributes": flags[0]}]
    path = write({"frames": [{"name": "a.jpg", "labels": labels}]})
    boxes = load_bdd100k(path, categories="car")
    assert len(boxes.data) == 3
    assert boxes.skipped == {"crowd": 1, "ignored": 1, "other category": 1}
    assert boxes.skipped_images == {"crowd": ["a.jpg"], "ignored": ["a.jpg"]}


def test_crowds_and_ignored_regions_can_be_kept(write):
    labels = [CAR | {"attributes": {"crowd": True}}, PERSON | {"attributes": {"ignored": True}}]
    boxes = load_bdd100k(write([{"name": "a.jpg", "labels": labels}]), keep_flagged=True)
    assert len(boxes.data) == 2
    assert boxes.skipped == {}


def test_a_box_outside_its_image_is_skipped_and_one_partly_outside_is_clipped(write):
    corners = [box(1280, 0, 1300, 9), box(-9, 0, 0, 9), box(1270, -9, 1300, 9)]
    labels = [{"category": "car", "box2d": corner} for corner in corners]
    frames = [{"name": "a.jpg", "labels": labels}]
    size = {"width": 1280, "height": 720}
    boxes = load_bdd100k(write({"frames": frames, "config": {"imageSize": size}}))
    assert_array_equal(boxes.data, [[1270, 0, 1280, 9]])
    assert boxes.skipped == {"outside the image": 2}
    assert boxes.notes == {"clipped to the image": 1}
    assert len(load_bdd100k(write(frames)).data) == 3


def test_image_size_is_that_of_the_frame_or_else_of_the_config_or_else_unknown(write):
    size, usual = {"width": 640, "height": 480}, {"width": 1280, "height": 720}
    frames = [
        {"name": "a.jpg", "size": size, "labels": [CAR, CAR]},
        {"name": "b.jpg", "labels": [CAR]},
    ]
    boxes = load_bdd100k(write({"frames": frames, "config": {"imageSize": usual}}))
    assert_array_equal(boxes.image_size, [[640, 480], [640, 480], [1280, 720]])
    boxes = load_bdd100k(write({"frames": frames, "config": {"imageSize": None}}))
    assert_array_equal(boxes.image_size, [[640, 480], [640, 480], [np.nan, np.nan]])
    frames[0]["size"] = {"width": 0, "height": 0}
    assert np.isnan(load_bdd100k(write(frames)).image_size).all()


def test_frames_of_the_same_name_are_one_image(write):
    frames = [{"name": name, "labels": [CAR]} for name in ("b.jpg", "a.jpg", "b.jpg")]
    boxes = load_bdd100k(write(frames))
    assert boxes.image_names == ["b.jpg", "a.jpg"]
    assert_array_equal(boxes.image, [0, 1, 0])


def test_a_box_without_a_category_can_be_asked_for(write):
    labels = [{"id": "1", "box2d": CAR["box2d"]}, CAR]
    path = write([{"name": "a.jpg", "labels": labels}])
    assert load_bdd100k(path).target_names == ["", "car"]
    assert len(load_bdd100k(path, categories="").data) == 1


def bad_frames(**corner):
    """Frames whose fourth one has a box with a bad corner."""
    wrong = {"category": "car", "box2d": box(1, 2, 3, 4) | corner}
    return [*FRAMES[:3], {"name": "bad.jpg", "labels": [CAR, wrong]}]


PACKED = gzip.compress(json.dumps(FRAMES * 50).encode())
COCO = {"images": [], "annotations": [{"bbox": [1, 2, 3, 4]}], "categories": []}
BAD_FILES = {
    "empty": (b"", "is empty: copy"),
    "blank": (b" \n", "is empty: copy"),
    "empty gzip": (gzip.compress(b""), "is empty: copy"),
    "truncated gzip": (PACKED[:-40], "is truncated or damaged gzip"),
    "damaged gzip": (PACKED[:60] + b"????" + PACKED[64:], "is truncated or damaged gzip"),
    "two bytes of gzip": (PACKED[:2], "is truncated or damaged gzip"),
    "truncated JSON": (json.dumps(FRAMES).encode()[:-30], "not valid JSON: Input data was trunc"),
    "damaged JSON": (b'[{"name": "a.jpg", labels: []}]', r"\(byte 19\), near .*labels: "),
    "text": (b"a.jpg 1,2,3,4,0\n", "not valid JSON.*near 'a.jpg 1,2,3,4,0"),
    "zip": (b"PK\x03\x04\x14\x00\xff\xfe", r"is a zip archive\. Unpack it"),
    "bad UTF-8": (b'[{"name": "\xff\xfe.jpg"}]', "not valid JSON"),
    "endless nesting": (b'[{"name": "a", "x": ' + b"[" * 100_000, "not valid JSON"),
    "COCO": (COCO, r"at \$: .*field frames; found an object with the keys 'images', 'annotations"),
    "a number": (b"3", r"at \$: .*found 3\. BDD100K labels are a list of frames"),
    "a list of other things": ([[1, 2], [3]], r"at \$\[0\]: .*found a list of 2"),
    "a frame without name": ({"frames": [{"labels": []}]}, r"at \$\.frames\[0\]: .*field name"),
    "labels that are no list": ([{"name": "a", "labels": {"car": 1}}], r"at \$\[0\]\.labels"),
    "a word for a number": (
        bad_frames(x1="12,5"),
        r'at \$\[3\]\.labels\[1\]\.box2d\.x1: Expected float, got str; found "12,5"',
    ),
    "a long text for a number": (bad_frames(x1="x" * 999), r'box2d\.x1: .*; found "x{39}\.\.\.'),
    "null for a number": (bad_frames(y2=None), r"box2d\.y2: Expected float, got null; found null"),
    "a number without bounds": (
        json.dumps(bad_frames(x2=7777)).replace("7777", "1e999").encode(),
        r"labels\[1\]\.box2d\.x2: Number out of range",
    ),
    "NaN": (bad_frames(x2=float("nan")), "not valid JSON.*near .*NaN"),
    "an error before the end of truncated JSON": (
        json.dumps(bad_frames(x1="12,5")).encode()[:-3],
        r"at \$\[3\]\.labels\[1\]\.box2d\.x1: Expected float, got str\. BDD100K labels are",
    ),
}


@pytest.mark.parametrize(("content", "message"), BAD_FILES.values(), ids=BAD_FILES.keys())
def test_a_bad_file_is_an_error_that_names_it_and_the_place(write, content, message):
    path = write(content)
    with pytest.raises(ValueError, match=message) as error:
        load_bdd100k(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.json does not exist: check the path"):
        load_bdd100k(tmp_path / "none.json")


def test_an_empty_folder_has_no_label_file(tmp_path):
    with pytest.raises(ValueError, match=r"has no \.json file: name the folder"):
        load_bdd100k(tmp_path)


def test_without_msgspec_the_extra_is_named(write, monkeypatch):
    monkeypatch.setitem(sys.modules, "msgspec", None)
    with pytest.raises(ImportError, match=r"Reading bdd100k needs msgspec: .*\[io\]"):
        load_bdd100k(write(FRAMES))


@pytest.fixture(scope="module")
def bdd100k_val(shared_data):
    return load_bdd100k(shared_data / "bdd100k" / "bdd100k_labels_images_val.json.gz")


@pytest.fixture(scope="module")
def truncated_cars(bdd100k_val):
    """Sizes of the cars with corners truncated to integers."""
    is_car = bdd100k_val.target == bdd100k_val.target_names.index("car")
    return box_sizes(np.trunc(bdd100k_val.data[is_car]))


def test_bdd100k_validation_set_holds_185_526_boxes_102_506_of_them_cars(bdd100k_val):
    counts = np.bincount(bdd100k_val.target)
    assert len(bdd100k_val.data) == 185_526
    assert counts[bdd100k_val.target_names.index("car")] == 102_506
    assert len(bdd100k_val.target_names) == 10
    assert len(bdd100k_val.image_names) == 10_000


def test_lanes_and_drivable_areas_are_the_23_labels_without_a_box(bdd100k_val):
    assert bdd100k_val.skipped == {"no box2d": 23}
    assert len(bdd100k_val.skipped_images["no box2d"]) == 23
    assert len(set(bdd100k_val.skipped_images["no box2d"])) == 2


def test_88_614_truncated_cars_share_their_shape(truncated_cars):
    shapes, counts = np.unique(truncated_cars, axis=0, return_counts=True)
    assert len(shapes) == 23_077
    assert counts[counts > 1].sum() == 88_614


def test_the_8_most_frequent_shapes_of_truncated_cars_score_28_percent(truncated_cars):
    baseline = MostFrequentShapes(n_clusters=8).fit(truncated_cars)
    assert baseline.counts_.sum() == 1_577
    assert round(baseline.average_iou_, 4) == 0.2811


def test_coco_file_is_refused(shared_data):
    with pytest.raises(ValueError, match="missing required field frames"):
        load_bdd100k(shared_data / "coco" / "tiny_coco.json")
