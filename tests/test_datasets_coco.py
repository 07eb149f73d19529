import gzip
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_iou_kmeans.datasets import AnnotationError, load_annotations, load_coco
from sklearn_iou_kmeans.datasets._masks import mask_box

IMAGES = [
    {"id": 42, "file_name": "b.jpg", "width": 640, "height": 480, "license": 4},
    {"id": 7, "file_name": "a.jpg", "width": 500, "height": 375},
    {"id": 8, "file_name": "empty.jpg", "width": 500, "height": 375},
]
CATEGORIES = [
    {"id": 3, "name": "car", "supercategory": "vehicle"},
    {"id": 90, "name": "toothbrush", "supercategory": "indoor"},
    {"id": 4, "name": "bus", "supercategory": "vehicle"},
]


def annotation(bbox=(10, 20, 40, 20), image_id=42, category_id=3, **fields):
    x, y = bbox[:2] if bbox else (0, 0)
    fields = {"id": 1, "iscrowd": 0, "area": 1.5, "segmentation": [[x, y, 9.5, 9, 8, 7]]} | fields
    return {"bbox": bbox, "image_id": image_id, "category_id": category_id} | fields


@pytest.fixture
def write(tmp_path):
    """Write annotations of the true layout; return the path."""

    def _write(annotations, images=IMAGES, categories=CATEGORIES):
        path = tmp_path / "instances.json"
        document = {"info": {"year": 2017}, "licenses": [], "images": images}
        document |= {"annotations": annotations, "categories": categories}
        path.write_text(json.dumps(document))
        return path

    return _write


def test_corner_and_size_become_two_corners(write):
    path = write(
        [
            annotation([10.5, 20, 40, 20.25]),
            annotation([0, 0, 5, 6], image_id=7, category_id=90),
            annotation([1, 2, 3, 4]),
        ]
    )
    boxes = load_coco(path)
    assert_array_equal(boxes.data, [[10.5, 20, 50.5, 40.25], [0, 0, 5, 6], [1, 2, 4, 6]])
    assert boxes.target_names == ["car", "toothbrush"]
    assert_array_equal(boxes.target, [0, 1, 0])
    assert boxes.image_names == ["b.jpg", "a.jpg", "empty.jpg"]
    assert_array_equal(boxes.image, [0, 1, 0])
    assert_array_equal(boxes.image_size, [[640, 480], [500, 375], [640, 480]])
    assert boxes.skipped == {}


def test_crowds_and_ignored_boxes_are_counted_apart_or_kept(write):
    path = write(
        [
            annotation(iscrowd=1),
            annotation(ignore=1),
            annotation(iscrowd=0, ignore=0),
            annotation(iscrowd=True, ignore=1, image_id=7),
        ]
    )
    boxes = load_coco(path)
    assert len(boxes.data) == 1
    assert boxes.skipped == {"crowd": 2, "ignored": 1}
    assert boxes.skipped_images == {"crowd": ["b.jpg", "a.jpg"], "ignored": ["b.jpg"]}
    kept = load_coco(path, keep_flagged=True)
    assert len(kept.data) == 4
    assert kept.skipped == {}


@pytest.mark.parametrize("keep_flagged", [False, True])
def test_every_annotation_is_a_box_or_counted(write, keep_flagged):
    path = write(
        [
            annotation(),
            annotation(iscrowd=1),
            annotation(None, segmentation=[]),
            annotation([5, 5, 0, 9]),
            annotation([5, 5, 9, -1]),
            annotation([700, 5, 9, 9]),
            annotation([1e308, 5, 1e308, 9]),
            annotation(category_id=4),
            annotation(category_id=5),
            annotation(image_id=43),
        ]
    )
    boxes = load_coco(path, categories=["car"], keep_flagged=keep_flagged)
    skipped = {
        "no bbox": 1,
        "zero or negative size": 2,
        "outside the image": 1,
        "infinite size": 1,
        "other category": 1,
        "unknown category": 1,
        "unknown image": 1,
    }
    assert boxes.skipped == (skipped if keep_flagged else skipped | {"crowd": 1})
    assert len(boxes.data) + sum(boxes.skipped.values()) == 10
    assert boxes.skipped_images["unknown image"] == ["image_id 43"]
    assert boxes.skipped_images["unknown category"] == ["b.jpg"]
    assert boxes.image_names == ["b.jpg", "a.jpg", "empty.jpg"]


def test_a_box_partly_outside_its_image_is_clipped_or_kept_and_counted(write):
    path = write([annotation([-5, 470, 20, 30]), annotation([1, 1, 639.05, 9])])
    boxes = load_coco(path)
    assert_array_equal(boxes.data, [[0, 470, 15, 480], [1, 1, 640, 10]])
    assert boxes.notes == {"clipped to the image": 1}
    boxes = load_coco(path, clip=False)
    assert_array_equal(boxes.data, [[-5, 470, 15, 500], [1, 1, 640.05, 10]])
    assert boxes.notes == {"reaching outside the image, not clipped": 1}


def drawn_boxes(n):
    """Corners of boxes that lie anywhere in an image of 640 x 480."""
    rng = np.random.default_rng(0)
    sides = rng.integers(10, [320, 240], size=(n, 2))
    first = rng.integers(0, [640, 480] - sides)
    return np.hstack([first, first + sides])


def test_a_bbox_of_two_corners_is_refused(write):
    corners = drawn_boxes(50)
    path = write([annotation(box) for box in corners.tolist()])
    with pytest.raises(ValueError, match=r"none would if bbox were two corners.*\[x, y, w"):
        load_coco(path)
    as_coco = np.hstack([corners[:, :2], corners[:, 2:] - corners[:, :2]])
    assert_array_equal(load_coco(write(list(map(annotation, as_coco.tolist())))).data, corners)


def test_large_boxes_that_reach_outside_are_not_taken_for_corners(write):
    """Around the middle of an image a side is larger than its distance from the border."""
    boxes = [[20, 30, 621 + i, 451 + i] for i in range(9)]
    loaded = load_coco(write([annotation(box) for box in [*boxes, *[[20, 30, 560, 400]] * 20]]))
    assert loaded.notes == {"clipped to the image": 9}


def test_an_image_of_unknown_size_has_no_outside(write):
    images = [{"id": 42, "file_name": "b.jpg", "width": 0, "height": 0}, {"id": 7, "width": None}]
    boxes = load_coco(write([annotation([700, 5, 9, 9]), annotation(image_id=7)], images))
    assert np.isnan(boxes.image_size).all()
    assert boxes.image_names == ["b.jpg", "7"]


def test_ids_may_be_text(write):
    images, categories = [{"id": "x", "file_name": "x.jpg"}], [{"id": "c", "name": "cell"}]
    boxes = load_coco(write([annotation(image_id="x", category_id="c")], images, categories))
    assert boxes.target_names == ["cell"]


def test_annotations_may_refer_to_ids_that_are_numbers_by_text(write):
    """VIA exports them so."""
    images, categories = [{"id": 7, "file_name": "x.jpg"}], [{"id": 8, "name": "cell"}]
    boxes = load_coco(write([annotation(image_id="7", category_id="8")], images, categories))
    assert (boxes.image_names, boxes.target_names, boxes.skipped) == (["x.jpg"], ["cell"], {})


def test_an_image_or_category_that_comes_twice_does_no_harm_if_it_is_the_same(write):
    boxes = load_coco(write([annotation()] * 2, IMAGES * 2, CATEGORIES * 2))
    assert len(boxes.data) == 2
    assert len(boxes.image_names) == 3


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("images", [*IMAGES[:1], {"id": 42, "file_name": "c.jpg"}]),
        ("categories", [*CATEGORIES[:1], {"id": 3, "name": "van"}]),
    ],
)
def test_one_id_for_two_things_is_an_error(write, field, wrong):
    path = write([annotation()], **{field: wrong})
    with pytest.raises(ValueError, match=rf"\$\.{field}\[1\]: the id (42|3) is used by another"):
        load_coco(path)


@pytest.mark.parametrize(
    ("annotations", "message"),
    [
        ([annotation(), annotation([1, 2, 3])], r"\$\.annotations\[1\]\.bbox: .*length 4"),
        ([annotation(["1,5", 2, 3, 4])], r'annotations\[0\]\.bbox\[0\]: .*found "1,5"'),
        ([{"category_id": 3, "bbox": [1, 2, 3, 4]}], r"annotations\[0\]: .*field image_id"),
        ([annotation([float("nan"), 2, 3, 4])], "not valid JSON.*near .*NaN"),
    ],
)
def test_a_bad_annotation_is_named(write, annotations, message):
    path = write(annotations)
    with pytest.raises(ValueError, match=message) as error:
        load_coco(path)
    assert str(path) in str(error.value)


def test_detections_are_no_annotations(tmp_path):
    path = tmp_path / "results.json"
    path.write_text(json.dumps([annotation(score=0.5)]))
    with pytest.raises(ValueError, match=r"at \$: .*COCO annotations are an object with"):
        load_coco(path)


def test_gzip_is_read_as_it_is(write):
    path = write([annotation()])
    path.write_bytes(gzip.compress(path.read_bytes()))
    assert len(load_coco(path).data) == 1


def test_288_annotations_of_coco_2017_4_of_them_crowds(shared_data):
    path = shared_data / "coco" / "tiny_coco.json"
    boxes = load_coco(path)
    assert boxes.skipped == {"crowd": 4}
    assert len(boxes.data) == 284
    assert len(boxes.image_names) == 32
    assert boxes.image_size.min() >= 200
    assert len(load_coco(path, keep_flagged=True).data) == 288


def test_boxes_that_globox_writes_come_back(tmp_path):
    globox = pytest.importorskip("globox")
    corners = np.array([[10.25, 20.5, 50.125, 40], [0, 0, 640, 480], [3, 4, 5, 6.0625]])
    found = [
        globox.BoundingBox(label=name, xmin=x1, ymin=y1, xmax=x2, ymax=y2)
        for name, (x1, y1, x2, y2) in zip(["car", "bus", "car"], corners.tolist(), strict=True)
    ]
    annotations = globox.AnnotationSet(
        [globox.Annotation("a.jpg", (640, 480), found), globox.Annotation("b.jpg", (9, 9), [])]
    )
    annotations.save_coco(tmp_path / "coco.json", auto_ids=True)
    boxes = load_coco(tmp_path / "coco.json")
    assert_allclose(boxes.data, corners, rtol=1e-12)
    assert [boxes.target_names[code] for code in boxes.target] == ["car", "bus", "car"]
    assert boxes.image_names == ["a.jpg", "b.jpg"]
    assert_array_equal(boxes.image_size, [[640, 480]] * 3)


def runs_of(mask):
    """The lengths of the runs of a mask, down its columns, the first of them outside."""
    pixels = np.concatenate([[0], mask.T.ravel(), [2]])
    ends = np.flatnonzero(np.diff(pixels))
    return np.diff(np.concatenate([[0], ends])).tolist()


def packed(runs):
    """The text that COCO packs runs into."""
    text = ""
    for i, run in enumerate(runs):
        value = run - (runs[i - 2] if i > 2 else 0)
        while True:
            bits, value = value & 31, value >> 5
            more = value != (-1 if bits & 16 else 0)
            text += chr(48 + bits + 32 * more)
            if not more:
                break
    return text


@given(st.data(), st.integers(1, 12), st.integers(1, 300))
def test_a_mask_without_a_bbox_gives_the_box_around_it(data, width, height):
    mask = np.zeros((height, width), dtype=int)
    for _ in range(data.draw(st.integers(1, 3))):
        row, column = data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))
        mask[row : data.draw(st.integers(row, height)) + 1, column] = 1
    rows, columns = np.nonzero(mask)
    expected = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    for counts in (runs_of(mask), packed(runs_of(mask))):
        assert mask_box({"size": [height, width], "counts": counts}, "here") == expected


def test_masks_are_counted(write):
    polygons = [[10, 20, 50, 20.5, 30, 40], [60, 25, 61, 25, 60, 26]]
    path = write(
        [
            annotation(),
            annotation(None),
            annotation(None, segmentation=polygons),
            annotation(None, segmentation={"size": [3, 4], "counts": [4, 1, 7]}),
            annotation(None, segmentation={"size": [3, 4], "counts": [12]}),
            annotation(None, segmentation=[]),
        ]
    )
    boxes = load_coco(path)
    assert_array_equal(boxes.data[2:], [[10, 20, 61, 40], [1, 1, 2, 2]])
    assert boxes.notes == {"around a mask": 3}
    assert boxes.skipped == {"no bbox": 2}


@pytest.mark.parametrize(
    "mask",
    [
        [[1, 2, 3]],
        [["a", 2]],
        [[None, 2, 30, 40]],
        [["nan", 2, 30, 40]],
        "x",
        7,
        {"size": [3, 4]},
        {"size": [3, 4], "counts": [5]},
        {"size": [3, 4], "counts": "~~~~~~~~~~~~~~~~~~~~~~"},
        {"size": [3, 4], "counts": [20, -8]},
        {"size": "ab", "counts": [12]},
    ],
)
def test_a_broken_mask_is_named(write, mask):
    with pytest.raises(ValueError, match=r"at \$\.annotations\[1\]: .* is not a mask"):
        load_coco(write([annotation(), annotation(None, segmentation=mask)]))


def test_a_mask_that_is_not_utf_8_is_named(write):
    path = write([annotation(), annotation(None, segmentation="x")])
    path.write_bytes(path.read_bytes().replace(b'"x"', b'"\xff"'))
    with pytest.raises(AnnotationError, match=r"at \$\.annotations\[1\] is not valid JSON"):
        load_coco(path)


def test_a_folder_with_one_file_is_read(write, tmp_path):
    path = write([annotation()])
    for load in (load_coco, load_annotations):
        assert_array_equal(load(tmp_path).data, load_coco(path).data)


def test_a_folder_with_a_file_in_each_part_gives_the_train_part_and_says_so(write, tmp_path):
    for part, x in (("train", 1), ("valid", 2), ("test", 3)):
        path = write([annotation([x, 20, 40, 20])])
        (tmp_path / part).mkdir()
        path.rename(tmp_path / part / "_annotations.coco.json")
    for load in (load_coco, load_annotations):
        boxes = load(tmp_path)
        assert_array_equal(boxes.data[:, 0], [1])
        assert boxes.splits == ["test", "train", "valid"]
        assert boxes.splits_read == ["train"]
        boxes = load(tmp_path, split=["valid", "train"])
        assert_array_equal(boxes.data[:, 0], [2, 1])
        assert boxes.splits_read == ["valid", "train"]
        assert boxes.image_names[0] == "valid/_annotations.coco/b.jpg"
        assert len(set(boxes.image_names)) == 2 * 3
        with pytest.raises(ValueError, match="no split 'dev', only 'test', 'train', 'valid'"):
            load(tmp_path, split="dev")


def test_parts_may_be_told_by_the_names_of_the_files(write, tmp_path):
    for part, x in (("train2017", 1), ("val2017", 2)):
        write([annotation([x, 20, 40, 20])]).rename(tmp_path / f"instances_{part}.json")
    boxes = load_annotations(tmp_path)
    assert_array_equal(boxes.data[:, 0], [1])
    assert (boxes.splits, boxes.splits_read) == (["train2017", "val2017"], ["train2017"])
    write([annotation()]).rename(tmp_path / "captions_train2017.json")
    with pytest.raises(ValueError, match=r"has 2 \.json files, .*captions.*: name the one to read"):
        load_annotations(tmp_path)


def test_a_folder_with_several_files_is_refused(write, tmp_path):
    path = write([annotation()])
    (tmp_path / "captions.json").write_bytes(path.read_bytes())
    with pytest.raises(ValueError, match=r"has 2 \.json files, .*: name the one to read"):
        load_coco(tmp_path)


def test_masks_that_pycocotools_packs_give_its_boxes():
    masks = pytest.importorskip("pycocotools.mask")
    rng = np.random.RandomState(0)
    for _ in range(50):
        height, width = rng.randint(1, 300, size=2)
        mask = np.zeros((height, width), dtype=np.uint8, order="F")
        top, left = rng.randint(height), rng.randint(width)
        mask[top : top + rng.randint(1, 99), left : left + rng.randint(1, 99)] = 1
        packed = masks.encode(mask)
        x, y, w, h = masks.toBbox(packed)
        segmentation = {"size": packed["size"], "counts": packed["counts"].decode()}
        assert mask_box(segmentation, "here") == (x, y, x + w, y + h)
