import re
from importlib.resources import files

import numpy as np
import pytest

from sklearn_iou_kmeans.datasets import load_bccd, load_voc


def test_the_boxes_are_those_of_the_original_files(shared_data):
    pytest.importorskip("defusedxml")
    ours, original = load_bccd(), load_voc(shared_data / "bccd" / "Annotations")
    assert ours.keys() == original.keys()
    for name, expected in original.items():
        if name == "files":
            continue
        if isinstance(expected, np.ndarray):
            np.testing.assert_array_equal(ours[name], expected, err_msg=name)
        else:
            assert ours[name] == expected, name


def test_boxes_lie_in_their_images_and_labels_without_area_are_counted():
    boxes = load_bccd()
    assert len(boxes.data) + boxes.skipped["zero or negative size"] == 4888
    assert boxes.skipped_images == {
        "zero or negative size": ["BloodImage_00338", "BloodImage_00343"]
    }
    assert len(boxes.image_names) == len(set(boxes.image)) == 364
    assert (boxes.data[:, :2] >= 0).all()
    assert (boxes.data[:, 2:] <= boxes.image_size).all()


def test_categories_are_chosen_as_with_the_readers():
    every = load_bccd()
    for code, name in enumerate(every.target_names):
        one = load_bccd(categories=name)
        np.testing.assert_array_equal(one.data, every.data[every.target == code])
    with pytest.raises(ValueError, match=re.escape("no box of category 'cell'")):
        load_bccd(categories="cell")


def test_the_licence_comes_with_the_boxes():
    text = files("sklearn_iou_kmeans.datasets").joinpath("data", "bccd-LICENSE.txt").read_text()
    assert "Copyright (c) 2017 shenggan" in text
