import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sklearn_iou_kmeans import IoUKMeans
from sklearn_iou_kmeans.datasets import make_boxes
from sklearn_iou_kmeans.preprocessing import box_sizes


@pytest.mark.parametrize("n_samples", [1, 2, 1000])
def test_as_many_boxes_as_asked_for(n_samples):
    boxes = make_boxes(n_samples, random_state=0)
    assert boxes.data.shape == (n_samples, 4)
    assert boxes.image_size.shape == (n_samples, 2)
    assert len(boxes.target) == len(boxes.image) == n_samples
    assert boxes.data.dtype == np.float64
    assert boxes.skipped == boxes.skipped_images == {}


@pytest.mark.parametrize("integer", [np.int8, np.uint8, np.uint16])
def test_the_number_of_boxes_may_be_an_integer_of_numpy(integer):
    """Non-regression test for thousands of images, as an unsigned number has no negative."""
    assert len(make_boxes(integer(100), random_state=0).image_names) == 7


@pytest.mark.parametrize("image_size", [(1280, 720), (64, 64), (30, 2000), (1_000_000, 1), (1, 1)])
def test_boxes_lie_in_the_image_and_have_an_area(image_size):
    boxes = make_boxes(20_000, image_size=image_size, random_state=0)
    assert (box_sizes(boxes.data) > 0).all()
    assert (boxes.data >= 0).all()
    assert (boxes.data <= [*image_size, *image_size]).all()
    assert_array_equal(np.unique(boxes.image_size, axis=0), [image_size])


def test_the_seed_determines_the_boxes():
    boxes, again, others = (make_boxes(50, random_state=seed) for seed in (3, 3, 4))
    assert boxes.keys() == again.keys()
    for name in boxes:
        assert_array_equal(boxes[name], again[name])
    assert not np.array_equal(boxes.data, others.data)


def test_the_global_random_state_can_be_used_and_an_instance_goes_on():
    random_state = np.random.RandomState(0)
    first, second = (make_boxes(5, random_state=random_state).data for _ in range(2))
    assert not np.array_equal(first, second)
    assert make_boxes(5).data.shape == (5, 4)


def test_codes_point_into_names():
    boxes = make_boxes(2000, random_state=0)
    assert_array_equal(np.unique(boxes.target), np.arange(len(boxes.target_names)))
    assert boxes.target_names == sorted(boxes.target_names)
    assert (np.diff(boxes.image) >= 0).all()
    assert 0 <= boxes.image.min() <= boxes.image.max() < len(boxes.image_names)
    assert len(set(boxes.image_names)) == len(boxes.image_names)


def test_most_boxes_share_their_image():
    boxes = make_boxes(3000, random_state=0)
    counts = np.bincount(boxes.image, minlength=len(boxes.image_names))
    assert counts.mean() == 15
    assert (counts > 1).mean() > 0.99


def test_shapes_are_those_of_a_road_scene():
    """People are upright, cars lie, some from the side; small boxes are many and large ones few."""
    boxes = make_boxes(20_000, random_state=0)
    width, height = box_sizes(boxes.data).T
    ratio = {
        name: (width / height)[boxes.target == code] for code, name in enumerate(boxes.target_names)
    }
    assert np.median(ratio["person"]) < 0.6
    assert 1.1 < np.median(ratio["car"]) < 1.8
    assert 0.1 < (ratio["car"] > 2.4).mean() < 0.3
    assert np.mean(height) > 1.3 * np.median(height)
    assert (height == 720).mean() < 0.01


def test_each_further_anchor_helps():
    """No handful of shapes explains them all, so the average IoU keeps rising with k."""
    sizes = box_sizes(make_boxes(3000, random_state=0).data)
    scores = [IoUKMeans(k, n_init=2, random_state=0).fit(sizes).average_iou_ for k in (1, 3, 5, 9)]
    assert (np.diff(scores) > 0.03).all()
    assert scores[-1] < 0.8


@pytest.mark.parametrize("n_samples", [0, -5])
def test_at_least_one_box_must_be_asked_for(n_samples):
    with pytest.raises(ValueError, match=f"n_samples == {n_samples}, must be >= 1"):
        make_boxes(n_samples)


@pytest.mark.parametrize("n_samples", [10.0, "10", None])
def test_a_number_of_boxes_is_an_integer(n_samples):
    with pytest.raises(TypeError, match="n_samples must be an instance of int"):
        make_boxes(n_samples)


@pytest.mark.parametrize(
    "image_size",
    [1280, (1280,), (1280, 720, 3), (0, 720), (1280, -1), (1280, float("nan")), (1e300, 720)],
)
def test_image_size_is_a_width_and_a_height(image_size):
    with pytest.raises(ValueError, match=r"image_size must be \(width, height\) .*, got"):
        make_boxes(image_size=image_size)
