"""From boxes to sizes, and to those that a network sees."""

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sklearn_iou_kmeans.preprocessing import box_sizes, convert_units, letterbox, stretch

CORNERS = np.array([[10.0, 20.0, 50.0, 45.0], [0.0, 0.0, 32.0, 64.0]])
SIZES = np.array([[40.0, 25.0], [32.0, 64.0]])


def test_each_format_gives_the_same_sizes():
    start = CORNERS[:, :2]
    np.testing.assert_array_equal(box_sizes(CORNERS), SIZES)
    np.testing.assert_array_equal(box_sizes(np.hstack([start, SIZES]), "xywh"), SIZES)
    np.testing.assert_array_equal(box_sizes(np.hstack([start + SIZES / 2, SIZES]), "cxcywh"), SIZES)


def test_inclusive_corners_count_the_last_pixel():
    """In the original Pascal VOC files a box from pixel 3 to pixel 3 is one pixel wide."""
    np.testing.assert_array_equal(box_sizes([[3, 3, 3, 4]], inclusive=True), [[1, 2]])


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_precision_is_kept_and_the_input_is_not_touched(dtype):
    boxes = CORNERS.astype(dtype)
    sizes = box_sizes(boxes, "xywh")
    sizes[:] = -1
    assert sizes.dtype == dtype
    np.testing.assert_array_equal(boxes, CORNERS)


@pytest.mark.parametrize(
    ("boxes", "options", "message"),
    [
        ([[1, 2, 3]], {}, "boxes has 3 columns: a box has four"),
        ([[0, 0, 1, 1], [5, 5, 4, 6]], {}, r"boxes\[1\] is \[5.0, 5.0, 4.0, 6.0\], of size \[-1.0"),
        ([[0, 0, -1, 1]], {"box_format": "xywh"}, "were corners swapped, or is it not 'xywh'"),
        ([[0, 0, 1, np.nan]], {}, "Input boxes contains NaN"),
        ([[0, 0, 1, 1], [0, -1e308, 1, 1e308]], {}, r"boxes\[1\] is .*of size \[1.0, inf\]"),
        ([[0, 0, 1, 1]], {"box_format": "yxyx"}, "box_format must be .* got 'yxyx'"),
        ([[0, 0, 1, 1]], {"box_format": "xywh", "inclusive": True}, "inclusive=True is about"),
    ],
)
def test_bad_boxes_are_named(boxes, options, message):
    with pytest.raises(ValueError, match=message):
        box_sizes(boxes, **options)


def test_sizes_of_zero_and_shares_of_an_image_are_sizes():
    boxes = np.array([[0.1, 0.1, 0.1, 0.4], [0.25, 0.25, 0.5, 0.75]])
    np.testing.assert_allclose(box_sizes(boxes), [[0, 0.3], [0.25, 0.5]])
    with pytest.raises(ValueError, match=r"boxes\[2\] is "):
        box_sizes(np.vstack([boxes, [[0.5, 0.5, 0.4, 0.6]]]))


def test_a_data_frame_gives_a_data_frame():
    frame = pd.DataFrame(CORNERS, columns=["x1", "y1", "x2", "y2"], index=["a", "b"])
    sizes = box_sizes(frame)
    assert list(sizes.columns) == ["width", "height"]
    assert list(sizes.index) == ["a", "b"]
    np.testing.assert_array_equal(sizes, SIZES)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_no_boxes_have_no_sizes(dtype):
    """Non-regression test: a chunk of a file, or an image, may have no boxes."""
    sizes = box_sizes(np.empty((0, 4), dtype=dtype))
    for scaled in (
        sizes,
        letterbox(sizes, (1280, 720), 416),
        stretch(sizes, np.empty((0, 2)), 416),
        convert_units(sizes, "pixel", "grid", stride=32),
        convert_units(sizes, "pixel", "pixel"),
    ):
        assert scaled.shape == (0, 2)
        assert scaled.dtype == dtype


def sizes_in(low, high, n_rows=4):
    return arrays(np.float64, (n_rows, 2), elements=st.floats(low, high))


SIDES = st.integers(1, 5000)


@pytest.mark.parametrize(
    ("image_size", "input_size", "expected"),
    [
        ((1280, 720), 416, [416, 234]),  # the width limits: bars above and below
        ((720, 1280), 416, [234, 416]),
        ((640, 480), (640, 384), [512, 384]),  # the height limits: bars left and right
        ((320, 160), (640, 384), [640, 320]),  # small images are enlarged
        ((500, 500), 416, [416, 416]),
    ],
)
def test_letterbox_keeps_the_shape_of_the_image(image_size, input_size, expected):
    np.testing.assert_array_equal(letterbox([image_size], image_size, input_size), [expected])


@pytest.mark.parametrize(
    ("input_size", "expected"),
    [(416, [130, 208]), ((640, 384), [200, 192]), ((96, 720), [30, 360])],
)
def test_stretch_scales_each_side_by_its_own(input_size, expected):
    """A box of 5/16 of the width and half the height stays one, whatever the input."""
    np.testing.assert_allclose(stretch([[400, 360]], (1280, 720), input_size), [expected])


def test_every_box_is_scaled_with_its_own_image():
    image_sizes = [[1280, 720], [640, 480], [480, 640]]
    boxes = [[128, 72], [64, 48], [48, 64]]
    np.testing.assert_allclose(
        letterbox(boxes, image_sizes, (640, 384)), [[64, 36], [51.2, 38.4], [28.8, 38.4]]
    )
    np.testing.assert_allclose(stretch(boxes, image_sizes, (640, 384)), [[64, 38.4]] * 3)


@given(SIDES, SIDES, SIDES, SIDES)
def test_the_image_itself_fills_the_input_exactly(w, h, W, H):
    np.testing.assert_array_equal(stretch([[w, h]], (w, h), (W, H)), [[W, H]])
    boxed = letterbox([[w, h]], (w, h), (W, H))[0]
    assert boxed[0] == W or boxed[1] == H
    assert (boxed <= [W, H]).all()
    assert boxed[0] * h == pytest.approx(boxed[1] * w)


@given(sizes_in(1e-3, 1e4), SIDES, SIDES, SIDES, SIDES)
def test_scaling_back_returns_the_sizes(sizes, w, h, W, H):
    there = stretch(sizes, (w, h), (W, H))
    np.testing.assert_allclose(stretch(there, (W, H), (w, h)), sizes)


def test_units_of_a_grid_of_13_cells():
    """Of a network of 416 pixels with 13 cells, 32 pixels are 1.0 cell or 0.077 of the image."""
    pixels = [[32, 32]]
    np.testing.assert_array_equal(convert_units(pixels, "pixel", "grid", stride=32), [[1, 1]])
    relative = convert_units(pixels, "pixel", "relative", image_size=416)
    np.testing.assert_allclose(relative, 1 / 13)
    np.testing.assert_allclose(relative.round(3), 0.077)
    np.testing.assert_allclose(
        convert_units([[1, 1]], "grid", "relative", image_size=416, stride=32), relative
    )


def test_relative_units_of_an_input_that_is_not_square():
    np.testing.assert_array_equal(
        convert_units([[320, 96]], "pixel", "relative", image_size=(640, 384)), [[0.5, 0.25]]
    )
    np.testing.assert_array_equal(
        convert_units([[0.5, 0.25]], "relative", "grid", image_size=(640, 384), stride=32),
        [[10, 3]],
    )


UNITS = st.sampled_from(["pixel", "relative", "grid"])


@given(sizes_in(1e-3, 1e4), UNITS, UNITS, UNITS, st.tuples(SIDES, SIDES), st.integers(1, 128))
def test_any_way_through_the_units_comes_back(sizes, first, second, third, image_size, stride):
    def convert(values, source, target):
        return convert_units(values, source, target, image_size=image_size, stride=stride)

    there = convert(sizes, first, second)
    np.testing.assert_allclose(convert(there, second, first), sizes)
    np.testing.assert_allclose(convert(there, second, third), convert(sizes, first, third))


# Sides near the ends of what a float holds, and in between.
ANY_SIDES = st.one_of(st.floats(5e-324, 1e-300), st.floats(1e-3, 1e4), st.floats(1e300, 1.7e308))
LARGEST = np.finfo(np.float64).max


@pytest.mark.parametrize("scale", [letterbox, stretch, convert_units])
@given(*[st.tuples(ANY_SIDES, ANY_SIDES)] * 3)
@example((1e308, 1.0), (1280.0, 720.0), (1e308, 416.0))
@example((1e308, 1e308), (1e308, 1e308), (416.0, 416.0))
@example((640.0, 480.0), (1.0, 1.0), (1e308, 1e308))
def test_scaled_sizes_are_as_exact_at_the_ends_of_what_a_float_holds(
    scale, size, image_size, input_size
):
    ratios = [Fraction(a) / Fraction(b) for a, b in zip(input_size, image_size, strict=True)]
    if scale is letterbox:
        ratios = [min(ratios)] * 2
    elif scale is convert_units:
        ratios = [Fraction(side) / Fraction(input_size[0]) for side in image_size]
    exact = [Fraction(side) * ratio for side, ratio in zip(size, ratios, strict=True)]
    assume(all(abs(side / Fraction(LARGEST) - 1) > 1e-9 for side in exact))

    def scaled():
        if scale is convert_units:
            stride = input_size[0]
            return scale([size], "relative", "grid", image_size=image_size, stride=stride)[0]
        return scale([size], image_size, input_size)[0]

    if max(exact) > LARGEST:
        with pytest.raises(ValueError, match="larger than float64 can hold"):
            scaled()
    else:
        expected = [float(side) for side in exact]
        np.testing.assert_allclose(scaled(), expected, rtol=1e-15, atol=1e-323)


SCALERS = {
    "letterbox": lambda sizes: letterbox(sizes, (1280, 720), 416),
    "stretch": lambda sizes: stretch(sizes, (1280, 720), 416),
    "convert_units": lambda sizes: convert_units(sizes, "pixel", "grid", stride=32),
    "same unit": lambda sizes: convert_units(sizes, "pixel", "pixel"),
}


@pytest.mark.parametrize("scale", SCALERS.values(), ids=SCALERS)
def test_scaling_keeps_data_frames_precision_and_the_input(scale):
    frame = pd.DataFrame(SIZES, columns=["w", "h"], index=["a", "b"])
    scaled = scale(frame)
    assert list(scaled.columns) == ["w", "h"]
    assert list(scaled.index) == ["a", "b"]
    np.testing.assert_array_equal(scaled, scale(SIZES))
    floats = SIZES.astype(np.float32)
    result = scale(floats)
    result[:] = -1
    assert result.dtype == np.float32
    np.testing.assert_array_equal(floats, SIZES)


@pytest.mark.parametrize("scale", [letterbox, stretch])
@pytest.mark.parametrize(
    ("sizes", "image_sizes", "input_size", "message"),
    [
        (
            SIZES,
            [[1280, 720], [np.nan, np.nan]],
            416,
            r"image_sizes\[1\] is \[nan, nan\].*pass it, say image_sizes=\(1280, 720\); else drop",
        ),
        (
            SIZES,
            pd.DataFrame({"width": [1280, None], "height": [720, 480]}, dtype="Int64"),
            416,
            r"image_sizes\[1\] is \[nan, 480.0\]",
        ),
        (SIZES, (1280, 0), 416, r"image_sizes\[0\] is \[1280.0, 0.0\]"),
        (SIZES, [[1280, 720]] * 3, 416, r"shape \(3, 2\), and sizes \(2, 2\)"),
        (SIZES, 1280, 416, r"image_sizes has the shape \(\)"),
        (SIZES, (1280, 720), (416, -1), r"input_size must be .* got \(416, -1\)"),
        (SIZES, (1280, 720), (3, 416, 416), "input_size must be"),
        (SIZES, (1280, 720), [[416, 416]], r"input_size must be .* got \[\[416, 416\]\]"),
        (SIZES.astype(np.float32), (1, 1), 1e38, r"sizes\[0, 0\] is 40.0.* larger than float32"),
        (SIZES, (1280, 720), "large", "input_size must be .* got 'large'"),
        (CORNERS, (1280, 720), 416, "sizes has 4 columns.*box_sizes takes their sizes"),
        ([[-1, 2]], (1280, 720), 416, "Negative values"),
        ([[np.nan, 2]], (1280, 720), 416, "Input sizes contains NaN"),
    ],
)
def test_sizes_that_cannot_be_scaled_are_named(scale, sizes, image_sizes, input_size, message):
    with pytest.raises(ValueError, match=message):
        scale(sizes, image_sizes, input_size)


@pytest.mark.parametrize(
    ("source", "target", "options", "message"),
    [
        ("pixel", "relative", {}, "'pixel' to 'relative' needs image_size"),
        ("grid", "pixel", {"image_size": 416}, "'grid' to 'pixel' needs stride"),
        ("grid", "relative", {"stride": 32}, "needs image_size"),
        ("pixel", "grid", {"stride": 0}, "stride must be .* got 0"),
        ("cell", "pixel", {}, "source must be .* got 'cell'"),
        ("pixel", "percent", {}, "target must be .* got 'percent'"),
    ],
)
def test_what_a_conversion_needs_is_named(source, target, options, message):
    with pytest.raises(ValueError, match=message):
        convert_units(SIZES, source, target, **options)
