import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sklearn_iou_kmeans.datasets import load_wider_face

FILLER = "0 0 0 0 0 0 0 0 0 0 "
TRUTH = f"""0--Parade/0_Parade_849.jpg
1
449 330 122 149 0 0 0 0 0 0 
0--Parade/0_Parade_452.jpg
0
{FILLER}
39--Ice_Skating/39_a_(1) b.jpg
5
78 221 7 8 2 0 0 0 0 0 
706 94 0 1 2 0 0 1 0 0 
1026 474 -2 23 2 0 0 0 0 0 
238 14.5 17 16 2 0 0 1 0 0 
0 0 0 0 0 0 0 0 0 0 
"""  # noqa: W291 (the file has a space at the end of a line)
N_FACES = 6


@pytest.fixture
def write(tmp_path):
    """Write ground truth; return its path."""

    def _write(content):
        path = tmp_path / "wider_face_val_bbx_gt.txt"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return _write


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_corner_and_size_become_two_corners(write, end):
    boxes = load_wider_face(write(TRUTH.replace("\n", end)))
    assert_array_equal(boxes.data, [[449, 330, 571, 479], [78, 221, 85, 229]])
    assert boxes.target_names == ["face"]
    assert boxes.image_names == [
        "0--Parade/0_Parade_849.jpg",
        "0--Parade/0_Parade_452.jpg",
        "39--Ice_Skating/39_a_(1) b.jpg",
    ]
    assert_array_equal(boxes.image, [0, 2])
    assert np.isnan(boxes.image_size).all()


def test_invalid_faces_are_counted_apart_or_kept(write):
    boxes = load_wider_face(write(TRUTH))
    assert boxes.skipped == {"invalid": 2, "zero or negative size": 2}
    assert len(boxes.data) + sum(boxes.skipped.values()) == N_FACES
    boxes = load_wider_face(write(TRUTH), keep_flagged=True)
    assert boxes.skipped == {"zero or negative size": 3}
    assert len(boxes.data) + sum(boxes.skipped.values()) == N_FACES


def test_a_count_of_0_may_stand_alone(write):
    boxes = load_wider_face(write(TRUTH.replace(f"0\n{FILLER}\n", "0\n", 1)))
    assert len(boxes.image_names) == 3
    assert len(boxes.data) == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (TRUTH[:-60], r"line 7, '39--Ice.*: 5 faces are announced, but only 3 follow.*cut short"),
        ("a.jpg\n", r"line 1, 'a\.jpg': the next line is '', not the number of faces"),
        (TRUTH.replace("\n5\n", "\n4\n"), r"line 13, '0 0 0.*': the next line is ''"),
        (TRUTH.replace("\n1\n", "\none\n"), r"line 1, .*: the next line is 'one', not the number"),
        (TRUTH.replace("449", "44,9"), r"line 3: '44,9' is not a finite number. It has a decimal"),
        (TRUTH.replace("449", "nan"), r"line 3: 'nan' is not a finite number"),
        ("a.jpg\n1\n1 2 3 4\n", r"line 3: 4 columns, '1 2 3 4'\. WIDER FACE has a line"),
        (b"caf\xe9.jpg\n0\n", r"line 1 is not UTF-8"),
    ],
)
def test_a_bad_line_is_named(write, content, message):
    path = write(content)
    with pytest.raises(ValueError, match=message) as error:
        load_wider_face(path)
    assert str(path) in str(error.value)
