import json

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sklearn_iou_kmeans.datasets import load_kitti

REST = "1.89 0.48 1.20 1.84 1.47 8.41 0.01"
PEDESTRIAN = f"Pedestrian 0.00 0 -0.20 712.40 143.00 810.73 307.92 {REST}"
CAR = f"Car 0.88 3 -0.69 0.00 192.37 402.31 374.00 {REST}"
DONT_CARE = "DontCare -1 -1 -10 737.69 163.56 790.86 197.98 -1 -1 -1 -1000 -1000 -1000 -10"


@pytest.fixture
def write(tmp_path):
    """Write label files by name; return their folder."""

    def _write(**files):
        for name, lines in files.items():
            path = tmp_path / f"{name.removeprefix('_')}.txt"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(lines if isinstance(lines, bytes) else "\n".join(lines).encode())
        return tmp_path

    return _write


def test_the_detection_variant(write):
    folder = write(_000000=[PEDESTRIAN], _000001=[CAR, DONT_CARE, f"{CAR} 0.97"], _000002=[])
    boxes = load_kitti(folder)
    car = [0, 192.37, 402.31, 374]
    assert_array_equal(boxes.data, [[712.4, 143, 810.73, 307.92], car, car])
    assert boxes.target_names == ["Car", "Pedestrian"]
    assert boxes.image_names == ["000000", "000001", "000002"]
    assert_array_equal(boxes.image, [0, 1, 1])
    assert np.isnan(boxes.image_size).all()


def test_the_tracking_variant_has_an_image_a_frame(write):
    lines = [f"0 2 {CAR}", f"0 -1 {DONT_CARE}", f"17 2 {CAR}", f"17 3 {PEDESTRIAN} 0.5"]
    boxes = load_kitti(write(_0004=lines, _0005=[f"0 1 {CAR}"]))
    assert boxes.image_names == ["0004/000000", "0004/000017", "0005/000000"]
    assert_array_equal(boxes.image, [0, 1, 1, 2])
    assert boxes.skipped_images == {"DontCare": ["0004/000000"]}


def test_a_type_may_have_spaces(write):
    car = CAR.removeprefix("Car ")
    lines = [f"traffic light {car}", f"a b c {car} 0.97"]
    boxes = load_kitti(write(a=lines, b=[f"3 -1 {line}" for line in lines]))
    assert_array_equal(boxes.data, [[0, 192.37, 402.31, 374]] * 4)
    assert boxes.target_names == ["a b c", "traffic light"]
    assert boxes.image_names == ["a", "b/000003"]


def test_dont_care_regions_are_counted_apart_or_kept(write):
    folder = write(_000000=[CAR, DONT_CARE, DONT_CARE, PEDESTRIAN])
    boxes = load_kitti(folder, categories="Car")
    assert boxes.skipped == {"DontCare": 2, "other category": 1}
    boxes = load_kitti(folder, keep_flagged=True)
    assert len(boxes.data) == 4
    assert boxes.target_names == ["Car", "DontCare", "Pedestrian"]
    with pytest.raises(ValueError, match="no box of category 'DontCare'"):
        load_kitti(folder, categories="DontCare")


def test_every_line_is_a_box_or_counted(write):
    flat = f"Car 0 0 0 5 6 5 9 {REST}"
    swapped = f"Car 0 0 0 50 60 5 9 {REST}"
    path = write(_a=[CAR, flat, "", swapped, DONT_CARE]) / "a.txt"
    boxes = load_kitti(str(path))
    assert boxes.image_names == ["a"]
    assert boxes.skipped == {"zero or negative size": 2, "DontCare": 1}
    assert len(boxes.data) == 1


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (" ".join(CAR.split()[:14]), r"line 2: 14 columns, 'Car 0\.88 .*A KITTI label has 15"),
        (f"1 2 3 {PEDESTRIAN}", r"line 2: 18 columns"),
        (f"0 {CAR}", r"line 2: 16 columns"),
        (f"x 2 {CAR}", r"line 2: 17 columns"),
        (CAR.replace("402.31", "402,31"), r"line 2: '402,31' is not .*It has a decimal comma"),
        (CAR.replace("402.31", "nan"), r"line 2: 'nan' is not a finite number"),
        ("0 0.5 0.5 0.1 0.1", r"line 2: 5 columns, '0 0\.5 0\.5 0\.1 0\.1'"),
    ],
)
def test_a_bad_line_is_named_by_file_and_line(write, line, message):
    folder = write(_000000=[CAR], _000001=[CAR, line])
    with pytest.raises(ValueError, match=message) as error:
        load_kitti(folder)
    assert f"{folder / '000001.txt'}, line 2" in str(error.value)


def test_thousands_of_empty_files_are_images_without_boxes(write):
    boxes = load_kitti(write(**{f"_{number:06}": b"" for number in range(1000)}))
    assert len(boxes.image_names) == 1000
    assert boxes.data.shape == (0, 4)


def test_boxes_that_labelformat_writes_come_back(tmp_path):
    formats = pytest.importorskip("labelformat.formats")
    corners = np.array([[10.25, 20.5, 50.125, 40], [0, 0, 640, 480], [3, 4, 5, 6.0625]])
    sides = np.hstack([corners[:, :2], corners[:, 2:] - corners[:, :2]]).tolist()
    images = [{"id": i, "file_name": f"{i:06}.png", "width": 640, "height": 480} for i in range(3)]
    annotations = [
        {"image_id": image, "category_id": category, "bbox": bbox}
        for image, category, bbox in zip((0, 2, 2), (1, 0, 1), sides, strict=True)
    ]
    categories = [{"id": i, "name": name} for i, name in enumerate(["Car", "Van"])]
    coco = {"images": images, "annotations": annotations, "categories": categories}
    path, folder = tmp_path / "coco.json", tmp_path / "label_2"
    path.write_text(json.dumps(coco))
    labels = formats.COCOObjectDetectionInput(path)
    formats.KittiObjectDetectionOutput(folder).save(labels)
    boxes = load_kitti(folder)
    assert_array_equal(boxes.data, corners)
    assert [boxes.target_names[code] for code in boxes.target] == ["Van", "Car", "Van"]
    assert boxes.image_names == ["000000", "000001", "000002"]
    assert_array_equal(boxes.image, [0, 2, 2])
