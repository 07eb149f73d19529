import codecs

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sklearn_iou_kmeans.datasets import load_voc


def thing(name="car", corners=(48, 240, 195, 371), difficult="0", more=""):
    sides = zip(("xmin", "ymin", "xmax", "ymax"), corners, strict=True)
    box = "".join(f"<{side}>{value}</{side}>" for side, value in sides)
    return (
        f"<object>\n\t<name>{name}</name>\n\t<pose>Left</pose>\n\t<truncated>1</truncated>\n\t"
        f"<difficult>{difficult}</difficult>\n\t<bndbox>{box}</bndbox>{more}\n</object>\n"
    )


def document(*things, size=(353, 500)):
    return (
        "<annotation>\n<folder>VOC2007</folder>\n<filename>000001.jpg</filename>\n<source>"
        "<database>The VOC2007 Database</database></source>\n<size><width>"
        f"{size[0]}</width><height>{size[1]}</height><depth>3</depth></size>\n"
        f"<segmented>0</segmented>\n{''.join(things)}</annotation>\n"
    )


@pytest.fixture
def write(tmp_path):
    """Write an annotation; return its path."""

    def _write(content, name="000001.xml"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return _write


def test_the_original_layout_of_a_file(write):
    part = "<part><name>head</name><bndbox><xmin>1</xmin></bndbox></part>"
    path = write(document(thing("dog"), thing("person", (8, 12, 352, 498), more=part)))
    boxes = load_voc(path)
    assert_array_equal(boxes.data, [[48, 240, 195, 371], [8, 12, 352, 498]])
    assert boxes.target_names == ["dog", "person"]
    assert_array_equal(boxes.target, [0, 1])
    assert boxes.image_names == ["000001"]
    assert_array_equal(boxes.image_size, [[353, 500]] * 2)


def test_inclusive_corners_make_a_box_one_pixel_wider_and_higher(write):
    path = write(document(thing(corners=(1, 1, 353, 500)), thing(corners=(5, 9, 5, 9))))
    boxes = load_voc(path, inclusive=True)
    assert_array_equal(boxes.data, [[0, 0, 353, 500], [4, 8, 5, 9]])
    boxes = load_voc(path)
    assert_array_equal(boxes.data, [[1, 1, 353, 500]])
    assert boxes.skipped == {"zero or negative size": 1}


def test_a_folder_is_read_with_the_folders_in_it(write, tmp_path):
    write(document(thing()), "b.xml")
    write(document(), "a.xml")
    write(document(thing("bus"), thing()), "more/b.XML")
    write("not read", "readme.txt")
    write("not read", "._b.xml")
    boxes = load_voc(tmp_path)
    assert boxes.image_names == ["a", "b", "more/b"]
    assert_array_equal(boxes.image, [1, 2, 2])
    assert boxes.target_names == ["bus", "car"]


def test_difficult_objects_are_counted_apart_or_kept(write):
    flags = ["0", "1", "", "Unspecified", " true "]
    path = write(document(*(thing(difficult=flag) for flag in flags)))
    boxes = load_voc(path)
    assert len(boxes.data) == 3
    assert boxes.skipped == {"difficult": 2}
    assert boxes.skipped_images == {"difficult": ["000001"] * 2}
    assert len(load_voc(path, keep_flagged=True).data) == 5


def test_every_object_is_a_box_or_counted(write):
    polygon = "<object><name>car</name><polygon><x1>1</x1></polygon></object>"
    things = [
        thing(),
        thing(corners=(195, 371, 48, 240)),
        thing(corners=(400, 1, 410, 9)),
        thing("bus"),
        thing(difficult=1),
        polygon,
        "<object><bndbox><xmin>1</xmin><ymax>9</ymax><xmax>5.5</xmax><ymin>2</ymin></bndbox>"
        "</object>",
    ]
    boxes = load_voc(write(document(*things)), categories="car")
    assert boxes.skipped == {
        "zero or negative size": 1,
        "outside the image": 1,
        "other category": 2,
        "difficult": 1,
        "no bndbox": 1,
    }
    assert len(boxes.data) + sum(boxes.skipped.values()) == len(things)
    assert_array_equal(load_voc(write(document(*things)), categories="").data, [[1, 2, 5.5, 9]])


@pytest.mark.parametrize("size", [(0, 0), ("", ""), (0, 480)])
def test_a_size_of_0_is_unknown(write, size):
    boxes = load_voc(write(document(thing(), size=size)))
    assert np.isnan(boxes.image_size).all()


def test_an_annotation_without_a_size_is_read(write):
    boxes = load_voc(write(f"<annotation>{thing()}</annotation>"))
    assert_array_equal(boxes.image_size, [[np.nan, np.nan]])


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "utf-16"])
def test_the_encoding_that_the_file_names_is_used(write, encoding):
    declaration = f'<?xml version="1.0" encoding="{encoding}"?>\n'
    path = write((declaration + document(thing("Fußgänger"))).encode(encoding))
    assert load_voc(path).target_names == ["Fußgänger"]


def test_a_byte_order_mark_does_no_harm(write):
    assert len(load_voc(write(codecs.BOM_UTF8 + document(thing()).encode())).data) == 1


BOMB = (
    '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><annotation><object><name>&c;</name></object>'
    "</annotation>"
)
FILE = '<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/hostname">]><annotation>&a;</annotation>'
BAD_FILES = {
    "entity bomb": (BOMB, "is refused: XML entities"),
    "external entity": (FILE, "is refused: XML entities"),
    "truncated": (document(thing())[:-30], "not valid XML: .*: line 12"),
    "undeclared Latin-1": (document(thing("Fußgänger")).encode("latin-1"), "not valid XML.*line 8"),
    "unknown encoding": ('<?xml version="1.0" encoding="klingon"?><annotation/>', "not valid XML"),
    "multi-byte encoding": (
        '<?xml version="1.0" encoding="gb2312"?><annotation/>',
        "not valid XML: multi-byte",
    ),
    "another root": ("<annotations><image/></annotations>", "root is 'annotations', not"),
    "decimal comma": (
        document(thing(), thing(corners=("12,5", 2, 30, 40))),
        r"object 2 \('car'\), bndbox: '12,5' is not a finite number\. It has a decimal comma",
    ),
    "NaN": (document(thing(corners=(1, 2, "nan", 40))), "object 1.* 'nan' is not a finite number"),
    "missing corner": (document("<object><bndbox/></object>"), r"object 1 \(''\), bndbox: '' is"),
    "size in words": (document(size=("wide", 3)), "size: 'wide' is not a finite number"),
    "two boxes of an object": (
        document(thing(), thing(more="<bndbox><xmin>9</xmin></bndbox>")),
        r"object 2 \('car'\): 2 bndbox\. Write an object for each",
    ),
    "a flag in words": (document(thing(difficult="very")), "difficult is 'very': write 0 or 1"),
}


@pytest.mark.parametrize(("content", "message"), BAD_FILES.values(), ids=BAD_FILES.keys())
def test_a_bad_file_is_an_error_that_names_it_and_the_place(write, tmp_path, content, message):
    path = write(content)
    for name in (path, tmp_path):
        with pytest.raises(ValueError, match=message) as error:
            load_voc(name)
        assert str(path) in str(error.value)


def test_deeply_nested_elements_do_no_harm(write):
    deep = b"<annotation>" + b"<object>" * 100_000 + b"</object>" * 100_000 + b"</annotation>"
    assert load_voc(write(deep)).skipped == {"no bndbox": 1}


def test_4_888_boxes_of_bccd_2_of_them_empty(shared_data):
    boxes = load_voc(shared_data / "bccd" / "Annotations")
    assert len(boxes.data) + sum(boxes.skipped.values()) == 4_888
    assert boxes.skipped_images == {
        "zero or negative size": ["BloodImage_00338", "BloodImage_00343"]
    }
    assert boxes.target_names == ["Platelets", "RBC", "WBC"]
    assert len(boxes.image_names) == 364
    assert_array_equal(np.unique(boxes.image_size, axis=0), [[640, 480]])


def test_boxes_that_globox_writes_come_back(tmp_path):
    globox = pytest.importorskip("globox")
    corners = np.array([[10.25, 20.5, 50.125, 40], [0, 0, 640, 480]])
    found = [
        globox.BoundingBox(label="car", xmin=x1, ymin=y1, xmax=x2, ymax=y2)
        for x1, y1, x2, y2 in corners.tolist()
    ]
    images = [globox.Annotation(name, (640, 480), found) for name in ("a.jpg", "b.jpg")]
    globox.AnnotationSet(images).save_pascal_voc(tmp_path)
    boxes = load_voc(tmp_path)
    assert_array_equal(boxes.data, np.vstack([corners, corners]))
    assert boxes.image_names == ["a", "b"]
    assert_array_equal(boxes.image_size, [[640, 480]] * 4)
