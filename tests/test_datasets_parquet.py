import json
import struct

import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_iou_kmeans.datasets import load_annotations, load_parquet

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

BOXES = [[[10, 20, 40, 5], [1.5, 2.5, 30, 40]], [], [[100, 200, 50, 60]]]
CORNERS = [[10, 20, 50, 25], [1.5, 2.5, 31.5, 42.5], [100, 200, 150, 260]]
CATEGORIES = [[1, 0], [], [1]]


def png(width, height):
    """The header of a picture, which is all that a reader may ask for."""
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sIIBBBBBI", 13, b"IHDR", width, height, *[0] * 6)


@pytest.fixture
def write(tmp_path):
    """Write a table of the true layout; return its path."""

    def _write(boxes=BOXES, categories=CATEGORIES, *, names=None, name="train.parquet", **columns):
        objects = [
            {"id": list(range(len(one))), "bbox": one, "category": codes}
            for one, codes in zip(boxes, categories, strict=True)
        ]
        table = pa.table({"image_id": [7, 8, 9][: len(objects)], "objects": objects} | columns)
        if names:
            feature = {"feature": {"names": names, "_type": "ClassLabel"}, "_type": "Sequence"}
            features = {"objects": {"feature": {"category": feature["feature"]}}}
            metadata = {"huggingface": json.dumps({"info": {"features": features}})}
            table = table.replace_schema_metadata(metadata)
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        pq.write_table(table, path)
        return path

    return _write


def test_objects_are_boxes_with_names_and_sizes(write):
    path = write(names=["car", "bus"], width=[640, 640, 320], height=[480, 480, 300])
    boxes = load_annotations(path)
    assert boxes.format == "parquet"
    assert_array_equal(boxes.data, CORNERS)
    assert boxes.target_names == ["bus", "car"]
    assert_array_equal(boxes.target, [0, 1, 0])
    assert boxes.image_names == ["7", "8", "9"]
    assert_array_equal(boxes.image, [0, 0, 2])
    assert_array_equal(boxes.image_size, [[640, 480], [640, 480], [320, 300]])


def test_sizes_come_from_the_headers_of_the_pictures_in_the_table(write):
    image = [{"bytes": png(640, 480), "path": None}] * 2 + [{"bytes": png(320, 300), "path": None}]
    boxes = load_annotations(write(image=image))
    assert_array_equal(boxes.image_size, [[640, 480], [640, 480], [320, 300]])
    assert boxes.target_names == ["0", "1"]


def test_objects_may_be_a_list(write, tmp_path):
    rows = [
        [{"bbox": box, "label": "car"} for box in one] for one in ([[1, 2, 3, 1]], [[5, 6, 7, 8]])
    ]
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"file_name": ["a.jpg", "b.jpg"], "objects": rows}), path)
    boxes = load_parquet(path)
    assert_array_equal(boxes.data, [[1, 2, 4, 3], [5, 6, 12, 14]])
    assert boxes.image_names == ["a.jpg", "b.jpg"]
    assert boxes.target_names == ["car"]


def test_what_the_numbers_mean_is_told_by_what_is_possible_or_named(write):
    path = write([[[1, 2, 30, 40]]], [[0]])
    with pytest.raises(ValueError, match="can be two corners, or a corner and the size"):
        load_parquet(path)
    assert_array_equal(load_parquet(path, box_format="xyxy").data, [[1, 2, 30, 40]])
    path = write([[[1, 2, 30, 40]]], [[0]], width=[30], height=[40])
    assert_array_equal(load_parquet(path).data, [[1, 2, 30, 40]])


def test_boxes_from_0_to_1_are_relative(write):
    boxes = load_parquet(write([[[0.5, 0.5, 0.25, 0.25]]], [[0]], width=[640], height=[480]))
    assert_allclose(boxes.data, [[320, 240, 480, 360]])
    assert load_parquet(write([[[0.5, 0.5, 0.25, 0.25]]], [[0]])).unit == "relative"


def test_a_category_without_a_name_is_counted(write):
    boxes = load_parquet(write(names=["car"]))
    assert boxes.target_names == ["car"]
    assert boxes.skipped == {"unknown category": 2}


def test_the_files_of_a_part_are_read_together(write, tmp_path):
    for name in ("train-00000-of-00002", "train-00001-of-00002", "test-00000-of-00001"):
        write(name=f"data/{name}.parquet")
    boxes = load_annotations(tmp_path)
    assert len(boxes.data) == 6
    assert len(boxes.image_names) == 6  # images of two files may have the same number
    assert boxes.image_names[0] == "data/train-00000-of-00002/7"
    assert boxes.splits == ["test", "train"]
    assert boxes.splits_read == ["train"]
    assert len(load_annotations(tmp_path, split="test").data) == 3


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"image": [1]}, "has no column 'objects', only 'image'"),
        ({"objects": [{"area": [1.0]}]}, r"objects has no bbox, only \['area'\]"),
        ({"objects": [{"bbox": [[1.0, 2.0, 3.0]]}]}, r"object 1: \[1.0, 2.0, 3.0\] is not 4"),
        ({"objects": [{"bbox": [[1.0, 2.0, 3.0, float("nan")]]}]}, "object 1: .* not finite"),
    ],
)
def test_another_table_is_refused(tmp_path, table, message):
    pq.write_table(pa.table(table), tmp_path / "a.parquet")
    with pytest.raises(ValueError, match=message):
        load_annotations(tmp_path / "a.parquet")


@pytest.mark.parametrize("damage", [lambda content: content[:99], lambda content: b"PAR1\0\0"])
def test_a_damaged_file_is_refused(write, damage):
    path = write()
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match=r"train\.parquet is damaged or not a Parquet file"):
        load_annotations(path)


def test_boxes_that_datasets_writes_come_back(tmp_path):
    import datasets

    objects = {"bbox": [[10.0, 20.0, 40.0, 5.0]], "category": [1]}
    features = datasets.Features(
        {
            "image_id": datasets.Value("int64"),
            "objects": datasets.Sequence(
                {
                    "bbox": datasets.Sequence(datasets.Value("float32"), length=4),
                    "category": datasets.ClassLabel(names=["car", "bus"]),
                }
            ),
        }
    )
    rows = [{"image_id": 1, "objects": objects}]
    datasets.Dataset.from_list(rows, features=features).to_parquet(tmp_path / "a.parquet")
    boxes = load_annotations(tmp_path / "a.parquet")
    assert_array_equal(boxes.data, [[10, 20, 50, 25]])
    assert boxes.target_names == ["bus"]


def repeated(n_rows, n_boxes):
    """One box again and again, which takes next to no place."""
    values = pa.array([10.0, 20, 40, 5] * (n_rows * n_boxes))
    boxes = pa.ListArray.from_arrays(range(0, len(values) + 1, 4), values)
    rows = pa.ListArray.from_arrays(range(0, n_rows * n_boxes + 1, n_boxes), boxes)
    return pa.table({"objects": pa.StructArray.from_arrays([rows], ["bbox"])})


@pytest.mark.parametrize(("n_rows", "n_boxes"), [(1, 150_000), (3_000, 50)])
def test_a_small_table_of_many_boxes_is_refused_unless_more_is_allowed(tmp_path, n_rows, n_boxes):
    path = tmp_path / "train.parquet"
    pq.write_table(repeated(n_rows, n_boxes), path)
    message = r"unpacks to more than 100 times its size.*allow more: max_unpacked=1000"
    with pytest.raises(ValueError, match=message):
        load_parquet(path)
    assert len(load_parquet(path, max_unpacked=10_000).data) == 150_000


@pytest.mark.parametrize("objects", [
    [{"bbox": [[1.0, 2, 3, 4]], "category": [1, 2]}],
    [{"bbox": [["1", "2", "3", "4"]], "category": [1]}],
    [{"bbox": [[[1.0], [2.0], [3.0], [4.0]]], "category": [1]}],
    [{"bbox": "1234", "category": "1"}],
    [{"bbox": 4, "category": 1}],
    [[{"bbox": [1.0, 2, 3, 4], "category": 1}, None]],
    [{"bbox": [[1.0, 2, 3, None]], "category": [1]}],
])  # fmt: skip
def test_objects_that_are_no_boxes_are_refused(tmp_path, objects):
    path = tmp_path / "train.parquet"
    pq.write_table(pa.table({"objects": objects}), path)
    with pytest.raises(ValueError, match=r"train\.parquet, (row 0|object 1): .*is no"):
        load_parquet(path)


@pytest.mark.parametrize("columns", [
    {"width": ["wide"], "height": ["high"]}, {"image": ["a.jpg"]}, {"image": [[1]]},
    {"image": [{"bytes": "text"}]},
])  # fmt: skip
def test_columns_of_other_types_are_refused(tmp_path, columns):
    path = tmp_path / "train.parquet"
    pq.write_table(pa.table({"objects": [{"bbox": [[1.0, 2, 3, 4]]}]} | columns), path)
    with pytest.raises(ValueError, match=r"train\.parquet, row 0: .*is not an image with objects"):
        load_parquet(path)


@pytest.mark.parametrize("features", ['{"info": {"features": {"objects": []}}}', "[" * 100_000])
def test_metadata_without_names_leave_the_numbers(tmp_path, features):
    path = tmp_path / "train.parquet"
    table = pa.table({"objects": [{"bbox": [[10.0, 20, 5, 5]], "category": [3]}]})
    pq.write_table(table.replace_schema_metadata({"huggingface": features}), path)
    assert load_parquet(path).target_names == ["3"]
