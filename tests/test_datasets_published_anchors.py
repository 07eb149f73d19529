"""Anchors of published models."""

import numpy as np
import pytest

from sklearn_iou_kmeans.datasets import load_published_anchors
from sklearn_iou_kmeans.preprocessing import convert_units

NAMES = [
    "yolov2-coco",
    "yolov2-voc",
    "yolov3",
    "yolov3-tiny",
    "yolov4",
    "yolov4-tiny",
    "yolov5",
    "yolov5-p6",
    "yolov7",
    "yolov7-tiny",
    "yolov7-w6",
]


@pytest.mark.parametrize("name", NAMES)
def test_every_model_has_anchors_that_fit_its_input(name):
    model = load_published_anchors(name)
    pixels = convert_units(model.anchors, model.unit, "pixel", stride=model.strides[0])
    assert model.anchors.dtype == np.float64
    assert (pixels > 4).all()
    assert (pixels <= model.input_size).all()
    assert model.source


@pytest.mark.parametrize("name", NAMES)
def test_every_head_has_a_stride_and_larger_anchors_than_the_one_before(name):
    model = load_published_anchors(name)
    areas = [model.anchors[list(head)].prod(axis=1).mean() for head in model.heads]
    assert len(model.heads) == len(model.strides)
    assert list(model.strides) == sorted(model.strides)
    assert areas == sorted(areas)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "yolov4-tiny"])
def test_the_heads_share_all_anchors_out(name):
    model = load_published_anchors(name)
    assert [i for head in model.heads for i in head] == list(range(len(model.anchors)))


def test_the_heads_of_yolov4_tiny_are_those_of_its_cfg():
    assert load_published_anchors("yolov4-tiny").heads == ((1, 2, 3), (3, 4, 5))


def test_the_anchors_of_yolov2_are_grid_cells():
    model = load_published_anchors("yolov2-coco")
    pixels = convert_units(model.anchors, model.unit, "pixel", stride=32)
    assert model.unit == "grid"
    np.testing.assert_allclose(pixels[-1], [312.65664, 293.38496])


def test_a_caller_may_change_what_it_got():
    load_published_anchors("yolov3").anchors[:] = 0
    assert load_published_anchors("yolov3").anchors.all()


def test_an_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(ValueError, match=r"one of 'yolov2-coco', .*, got 'yolov8'"):
        load_published_anchors("yolov8")
