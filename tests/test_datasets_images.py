"""Sizes of images, units and what they decide: the same for the readers of all formats."""

import json
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_iou_kmeans.datasets import AnnotationError, load_annotations

KITTI_REST = "1.89 0.48 1.20 1.84 1.47 8.41 0.01"
BOX = {"x1": 10, "y1": 20, "x2": 50, "y2": 40}


def png(width=640, height=480):
    """The header of a picture, which is all that a reader may ask for."""
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sIIBBBBBI", 13, b"IHDR", width, height, *[0] * 6)


@pytest.fixture
def write(tmp_path):
    """Write files by name; return their folder."""

    def _write(files):
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return tmp_path

    return _write


UNSIZED = {
    "keras_yolo3": "images/a.jpg 10,20,50,40,0",
    "kitti": f"Car 0 0 0 10 20 50 40 {KITTI_REST}",
    "wider_face": "0--Parade/a.jpg\n1\n10 20 40 20 0 0 0 0 0 0",
    "csv": "image,x1,y1,x2,y2\na.jpg,10,20,50,40",
    "bdd100k": json.dumps([{"name": "a.jpg", "labels": [{"category": "car", "box2d": BOX}]}]),
}


@pytest.mark.parametrize("name", UNSIZED)
def test_sizes_come_from_the_headers_of_a_folder_of_images(write, name):
    folder = write({"a.txt": UNSIZED[name], "images/x/a.png": png(320, 240), "images/b.png": png()})
    boxes = load_annotations(folder / "a.txt", name, images=folder / "images")
    assert_array_equal(boxes.data, [[10, 20, 50, 40]])
    assert_array_equal(boxes.image_size, [[320, 240]])
    assert boxes.unit == "pixel"


def test_images_of_mixed_sizes_are_told_apart_by_their_folders(write):
    rows = "image,x1,y1,x2,y2\ntrain/a.jpg,1,2,30,40\nval/a.jpg,1,2,30,40\n"
    images = {"i/train/a.jpg.png": b"", "i/train/a.png": png(320, 240), "i/val/a.png": png()}
    folder = write({"boxes.csv": rows, **images})
    boxes = load_annotations(folder / "boxes.csv", images=folder / "i")
    assert_array_equal(boxes.image_size, [[320, 240], [640, 480]])


def test_an_image_that_can_be_either_of_two_is_an_error_that_names_both(write):
    files = {"boxes.csv": "image,x1,y1,x2,y2\na.jpg,1,2,30,40\n", "i/b/a.png": png()}
    folder = write({**files, "i/c/a.png": png()})
    with pytest.raises(ValueError, match=r"'a\.jpg' can be .*b.a\.png or .*c.a\.png"):
        load_annotations(folder / "boxes.csv", images=folder / "i")


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("x/a/1.jpg", "x/a/1.png"),
        ("images/a/1.png", "a/1.png"),
        ("/data/images/y/a/1.png", "y/a/1.png"),
        ("y\\a\\1.jpg", "y/a/1.jpg"),
        ("y/a/2.tif", "x/a/2.png"),
        ("2.png", "x/a/2.png"),
        ("elsewhere/2.png", "x/a/2.png"),
        ("3.png", None),
    ],
)
def test_the_image_whose_path_ends_most_like_the_name_is_found(write, name, found):
    sizes = {"x/a/1.png": 10, "y/a/1.jpg": 20, "y/a/1.png": 30, "a/1.png": 40, "x/a/2.png": 50}
    images = {f"images/{file}": png(width) for file, width in sizes.items()}
    folder = write({"a.csv": f"image,x1,y1,x2,y2\n{name},1,2,3,4\n2.png,1,2,3,4\n", **images})
    boxes = load_annotations(folder / "a.csv", images=folder / "images")
    assert_array_equal(boxes.image_size[0, 0], sizes.get(found, np.nan))


TWINS = {"i/images/a.png": png(640, 480), "i/images/a.tiff.png": png(), "i/images/b.png": png()}


@pytest.mark.parametrize("options", [{}, {"images": "i/images"}], ids=["beside", "named"])
def test_images_that_differ_in_suffix_and_size_are_refused_by_name(write, options):
    """The labels of either could be meant, and the size of the other would be wrong."""
    labels = {"i/labels/a.txt": "0 0.5 0.5 0.25 0.5", "i/labels/b.txt": "0 0.5 0.5 0.5 0.5"}
    folder = write(labels | TWINS | {"i/images/a.bmp": png(640, 480)})
    options = {name: folder / value for name, value in options.items()}
    boxes = load_annotations(folder / "i/labels", "yolo", **options)
    assert_array_equal(boxes.data[0], [240, 120, 400, 360])
    write({"i/images/a.bmp": png(100, 90)})
    message = r"a\.bmp is 100 x 90 pixels and .*a\.png is 640 x 480: .* Remove or rename one"
    with pytest.raises(AnnotationError, match=message):
        load_annotations(folder / "i/labels", "yolo", **options)
    write({"list.txt": "i/images/a.bmp\ni/images/b.png\n"})
    listed = load_annotations(folder / "list.txt", "yolo")
    assert_array_equal(listed.image_size[0], [100, 90])


def test_open_images_finds_images_by_ids_with_and_without_a_suffix(write):
    header = "ImageID,LabelName,XMin,XMax,YMin,YMax"
    rows = [f"{name},car,0.25,0.5,0.25,0.5" for name in ("0a.jpg", "0b", "0c")]
    folder = write({"boxes.csv": "\n".join([header, *rows]), "0a.jpg": png(), "0b.jpg": png()})
    boxes = load_annotations(folder / "boxes.csv", images=folder)
    assert_array_equal(boxes.data, [[160, 120, 320, 240]] * 2)
    assert boxes.skipped == {"no image file": 1}
    assert boxes.skipped_images == {"no image file": ["0c"]}


RELATIVE = {
    "csv": "image,x1,y1,x2,y2\na.jpg,0.25,0.5,0.5,1\nb.jpg,0,0,1,0.125\n",
    "keras_yolo3": "a.jpg 0.25,0.5,0.5,1,0\nb.jpg 0,0,1,0.125,0\n",
}


@pytest.mark.parametrize("name", RELATIVE)
def test_coordinates_from_0_to_1_are_relative_to_the_image(write, name):
    folder = write({"boxes.txt": RELATIVE[name], "a.png": png(), "b.png": png(100, 80)})
    boxes = load_annotations(folder / "boxes.txt")
    assert boxes.unit == "relative"
    assert_array_equal(boxes.data, [[0.25, 0.5, 0.5, 1], [0, 0, 1, 0.125]])
    with pytest.raises(ValueError, match="smallest size in pixels needs the sizes of the images"):
        load_annotations(folder / "boxes.txt", min_size=2)
    boxes = load_annotations(folder / "boxes.txt", images=folder)
    assert boxes.unit == "pixel"
    assert_array_equal(boxes.data, [[160, 240, 320, 480], [0, 0, 100, 10]])
    boxes = load_annotations(folder / "boxes.txt", image_size=(640, 480))
    assert_array_equal(boxes.data, [[160, 240, 320, 480], [0, 0, 640, 60]])


def test_relative_boxes_may_reach_outside_their_image_a_little(write):
    rows = "image,x1,y1,x2,y2\na.jpg,-0.02,0.5,0.5,1.00001\na.jpg,0.5,0.5,0.75,1\n"
    folder = write({"boxes.csv": rows})
    boxes = load_annotations(folder / "boxes.csv")
    assert boxes.unit == "relative"
    assert_array_equal(boxes.data, [[0, 0.5, 0.5, 1], [0.5, 0.5, 0.75, 1]])
    boxes = load_annotations(folder / "boxes.csv", image_size=(640, 480))
    assert_array_equal(boxes.data, [[0, 240, 320, 480], [320, 240, 480, 480]])
    assert boxes.notes == {"clipped to the image": 1}


def test_boxes_in_two_units_are_refused(write):
    rows = ["image,x1,y1,x2,y2", "a,0.25,0.5,0.5,1", "b,0,0,1,0.125", "c,10,20,50,40"]
    with pytest.raises(ValueError, match=r"most boxes have corners from 0 to 1, such as"):
        load_annotations(write({"boxes.csv": "\n".join(rows)}) / "boxes.csv")


def test_names_may_have_been_written_on_windows(write):
    rows = "image,x1,y1,x2,y2\nC:\\data\\train\\a.jpg,1,2,30,40\n"
    folder = write({"boxes.csv": rows, "i/train/a.jpg": png(), "i/val/a.jpg": png(9, 9)})
    boxes = load_annotations(folder / "boxes.csv", images=folder / "i")
    assert_array_equal(boxes.image_size, [[640, 480]])


def test_boxes_of_one_pixel_are_not_relative(write):
    folder = write({"boxes.csv": "image,x1,y1,x2,y2\na.jpg,0,0,1,1\n"})
    assert load_annotations(folder / "boxes.csv").unit == "pixel"


def test_relative_boxes_and_boxes_in_pixels_are_not_put_together(write):
    pixels = "image,x1,y1,x2,y2\na.jpg,1,2,30,40\n"
    folder = write({"a.csv": RELATIVE["csv"], "b.csv": pixels, "c.csv": RELATIVE["csv"]})
    with pytest.raises(ValueError, match=r"a\.csv are relative .*, and those of .*b\.csv are in p"):
        load_annotations([folder / "a.csv", folder / "b.csv"])
    boxes = load_annotations([folder / "a.csv", folder / "c.csv"])
    assert boxes.unit == "relative"
    assert len(boxes.image_names) == 4


@given(
    st.lists(st.tuples(*[st.integers(-200, 900)] * 4), min_size=1, max_size=20),
    st.floats(0, 50),
)
def test_boxes_stay_inside_their_image_and_no_row_is_lost(tmp_path_factory, corners, min_size):
    path = tmp_path_factory.mktemp("boxes") / "boxes.csv"
    rows = ["image_width,image_height,x1,y1,x2,y2"]
    rows += ["640,480," + ",".join(map(repr, row)) for row in corners]
    path.write_text("\n".join(rows))
    boxes = load_annotations(path, min_size=min_size)
    assert len(boxes.data) + sum(boxes.skipped.values()) == len(corners)
    assert (boxes.data >= 0).all()
    assert (boxes.data <= [640, 480, 640, 480]).all()
    assert (boxes.data[:, 2:] - boxes.data[:, :2] >= min_size).all()
    whole = load_annotations(path, clip=False, min_size=min_size)
    assert len(boxes.data) <= len(whole.data)
    assert sum(boxes.notes.values()) <= sum(whole.notes.values())


@pytest.mark.parametrize("clip", [True, False])
def test_a_box_of_negative_corners_is_counted_though_the_size_of_its_image_is_unknown(write, clip):
    rows = "image,x1,y1,x2,y2\na.jpg,-20,10,100,60\na.jpg,-0.05,1,60,90\na.jpg,1,1,60,90\n"
    folder = write({"a.csv": rows, "i/a.png": png()})
    boxes = load_annotations(folder / "a.csv", clip=clip)
    assert boxes.data[0].tolist() == [-20, 10, 100, 60]
    assert boxes.notes == {"reaching outside the image, not clipped": 1}
    known = load_annotations(folder / "a.csv", clip=clip, images=folder / "i")
    assert list(known.notes.values()) == [1]


def test_small_boxes_are_left_out_and_counted(write):
    rows = "image,x1,y1,x2,y2\na,0,0,8,9\nb,0,0,7.9,90\nc,0,0,90,7\nd,5,5,5,9\n"
    boxes = load_annotations(write({"boxes.csv": rows}) / "boxes.csv", min_size=8)
    assert_array_equal(boxes.data, [[0, 0, 8, 9]])
    assert boxes.skipped == {"side below 8 pixels": 2, "zero or negative size": 1}
    assert boxes.skipped_images["side below 8 pixels"] == ["b", "c"]


def test_several_files_give_the_boxes_of_all(write):
    coco = {
        "images": [{"id": 1, "file_name": "a.jpg", "width": 640, "height": 480}],
        "categories": [{"id": 1, "name": "car"}, {"id": 2, "name": "bus"}],
        "annotations": [
            {"image_id": 1, "category_id": 1, "bbox": [10, 20, 40, 20]},
            {"image_id": 1, "category_id": 2, "bbox": [10, 20, 0, 20]},
        ],
    }
    rows = "image,x1,y1,x2,y2,label\na.jpg,1,2,30,40,bus\n"
    folder = write({"a.json": json.dumps(coco), "b.csv": rows})
    paths = [folder / "a.json", folder / "b.csv"]
    boxes = load_annotations(paths)
    assert_array_equal(boxes.data, [[10, 20, 50, 40], [1, 2, 30, 40]])
    assert boxes.target_names == ["bus", "car"]
    assert_array_equal(boxes.target, [1, 0])
    assert_array_equal(boxes.image, [0, 1])
    assert boxes.image_names == [f"{path}: a.jpg" for path in paths]
    assert boxes.skipped_images == {"zero or negative size": [f"{paths[0]}: a.jpg"]}
    assert boxes.format == "coco, csv"
    with pytest.raises(ValueError, match=r"a\.json is named twice"):
        load_annotations([*paths, folder / ".." / folder.name / "a.json"])
    (folder / "again.json").hardlink_to(paths[0])
    with pytest.raises(ValueError, match=r"again\.json is named twice"):
        load_annotations([*paths, folder / "again.json"])
    with pytest.raises(ValueError, match=r"a\.json lies in .*, which is named too"):
        load_annotations([folder, paths[0]])
    assert load_annotations(paths, categories="car").skipped == {"other category": 2}
    with pytest.raises(ValueError, match=r"a\.json, .*b\.csv has no box of category 'van'"):
        load_annotations(paths, categories="van")


def test_an_error_spells_its_options_as_the_caller_does():
    error = AnnotationError("a.csv: what is it?", "Give {images} or {image_size}.")
    assert str(error) == "a.csv: what is it? Give images=folder or image_size=(width, height)."
    spelled = error.spelled({"images": "--images DIR", "image_size": "--image-size WxH"})
    assert spelled == "a.csv: what is it? Give --images DIR or --image-size WxH."


def test_names_in_errors_cannot_drive_a_terminal(tmp_path):
    path = tmp_path / "a\x1b]0;b\x07\x9b2J\u202e.csv"
    path.write_text("no boxes")
    for load in (load_annotations, lambda path: load_annotations(f"{path}.none")):
        with pytest.raises((ValueError, FileNotFoundError)) as error:
            load(path)
        assert r"a\x1b]0;b\x07\x9b2J\u202e.csv" in str(error.value)
        assert not set("\x1b\x07\x9b\u202e\n") & set(str(error.value))


def test_real_boxes_clipped_are_those_that_reach_outside(shared_data):
    whole = load_annotations(shared_data / "coco/tiny_coco.json", clip=False)
    boxes = load_annotations(shared_data / "coco/tiny_coco.json")
    expected = np.clip(whole.data, 0, np.tile(whole.image_size, 2))
    assert_allclose(boxes.data, expected)


def test_labels_without_the_names_of_images_say_so_when_sizes_are_looked_for(write):
    folder = write({"a.csv": "x1,y1,x2,y2\n1,2,30,40\n", "i/a.png": png()})
    with pytest.raises(ValueError, match=r"do not name their images, .* image_column="):
        load_annotations(folder / "a.csv", images=folder / "i")


def test_images_that_are_not_in_the_folder_are_counted(write):
    rows = "image,x1,y1,x2,y2\nb.jpg,1,2,30,40\nc.jpg,1,2,30,40\n"
    folder = write({"a.csv": rows, "i/a.png": png()})
    with pytest.raises(ValueError, match=r"none of the 2 images .* first of them 'b\.jpg'"):
        load_annotations(folder / "a.csv", images=folder / "i")
