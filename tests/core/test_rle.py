"""Run lengths, against pycocotools and against the pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pycocotools import mask as coco

from annotator.core import raster, rle
from annotator.core.document import MaskGeometry
from annotator.core.errors import InvalidInput
from tests.core.strategies import masks, sizes
from tests.core.timing import least_seconds
from tests.golden.drawing import Mask, bitmap


def coco_rle(mask: Mask) -> Any:
    return coco.encode(np.asfortranarray(mask, dtype=np.uint8))


def counts_of(*values: int) -> rle.Counts:
    return np.array(values, dtype=np.uint32)


same_size = st.tuples(sizes, sizes).flatmap(
    lambda shape: st.lists(hnp.arrays(np.bool_, shape, elements=st.booleans()), min_size=1, max_size=4)
)
runs = st.lists(st.integers(0, 40) | st.integers(0, 2**32 - 1), max_size=20).map(lambda v: counts_of(*v))


def test_runs_go_down_the_columns_and_begin_with_zeros() -> None:
    assert rle.encode(bitmap(".#", "##")).tolist() == [1, 3]
    assert rle.encode(bitmap("#.", "..")).tolist() == [0, 1, 3]


@given(masks)
def test_runs_string_area_and_box_equal_pycocotools(mask: Mask) -> None:
    counts = rle.encode(mask)
    theirs = coco_rle(mask)
    text = theirs["counts"].decode()
    assert rle.counts_to_string(counts) == text
    assert rle.counts_from_string(text).tolist() == counts.tolist()
    assert rle.area(counts) == coco.area(theirs)
    x0, y0, x1, y1 = rle.bbox(counts, mask.shape[0])
    assert [x0, y0, x1 - x0, y1 - y0] == coco.toBbox(theirs).tolist()


@given(masks)
def test_encoding_then_decoding_gives_the_same_mask_back(mask: Mask) -> None:
    assert (rle.decode(rle.encode(mask), *mask.shape) == mask).all()


@given(runs)
def test_any_runs_survive_the_string(counts: rle.Counts) -> None:
    assert rle.counts_from_string(rle.counts_to_string(counts)).tolist() == counts.tolist()


@given(same_size)
def test_iou_and_crowd_iou_equal_pycocotools(same: list[Mask]) -> None:
    a, b = same[0], same[-1]
    for crowd in (False, True):
        ours = rle.iou(rle.encode(a), rle.encode(b), is_crowd=crowd)
        theirs: Any = coco.iou([coco_rle(a)], [coco_rle(b)], [int(crowd)])
        assert ours == (theirs[0, 0] if a.any() else 0.0)


@given(same_size)
def test_union_and_intersection_equal_pycocotools(same: list[Mask]) -> None:
    for intersect in (False, True):
        ours = rle.merge([rle.encode(mask) for mask in same], intersect=intersect)
        theirs: Any = coco.merge([coco_rle(mask) for mask in same], intersect)
        assert rle.counts_to_string(ours) == theirs["counts"].decode()


@given(masks)
def test_crop_equals_cropping_the_bitmap_and_expanding_gives_the_whole_back(mask: Mask) -> None:
    counts = rle.encode(mask)
    crop, expected = rle.crop(counts, *mask.shape), raster.mask_from_bitmap(mask)
    assert (crop.x, crop.y, crop.width, crop.height) == (
        expected.x,
        expected.y,
        expected.width,
        expected.height,
    )
    assert crop.counts.tolist() == expected.counts.tolist()
    assert rle.expand(crop, *mask.shape).tolist() == counts.tolist()


@given(masks, st.integers(-20, 20), st.integers(-20, 20), sizes, sizes)
def test_expanding_leaves_out_what_lies_outside_the_image(
    mask: Mask, x: int, y: int, height: int, width: int
) -> None:
    crop = raster.mask_from_bitmap(mask, x, y)
    expected = rle.encode(raster.rasterise(crop, height, width))
    assert rle.expand(crop, height, width).tolist() == expected.tolist()


@given(masks, st.integers(0, 2**32))
def test_runs_of_length_zero_in_the_middle_change_nothing(mask: Mask, seed: int) -> None:
    counts = rle.encode(mask)
    split: list[int] = []
    rng = np.random.default_rng(seed)
    for run in counts.tolist():
        part = int(rng.integers(0, run + 1))
        split += [part, 0, run - part]
    odd = counts_of(*split)
    assert (rle.decode(odd, *mask.shape) == mask).all()
    assert rle.area(odd) == mask.sum()
    assert rle.bbox(odd, mask.shape[0]) == rle.bbox(counts, mask.shape[0])
    assert rle.crop(odd, *mask.shape).counts.tolist() == raster.mask_from_bitmap(mask).counts.tolist()
    assert rle.merge([odd]).tolist() == counts.tolist()
    if mask.any():
        assert rle.iou(odd, counts) == 1.0


def test_small_mask_on_an_image_of_900_megapixels_costs_milliseconds() -> None:
    crop = raster.mask_from_bitmap(np.ones((40, 50), dtype=np.bool_), 29_000, 15_000)

    def work() -> None:
        assert rle.crop(whole, 30_000, 30_000).counts.tolist() == crop.counts.tolist()
        assert rle.iou(whole, whole) == 1.0
        assert rle.merge([whole, whole]).tolist() == whole.tolist()

    whole = rle.expand(crop, 30_000, 30_000)
    back = rle.crop(whole, 30_000, 30_000)
    assert least_seconds(work, limit=0.5) < 0.5  # decoding the image would take seconds and 900 MB
    assert (back.x, back.y, back.width, back.height) == (29_000, 15_000, 50, 40)
    assert rle.area(whole) == 2000


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1/", "character 1 of the run string is '/'; allowed are '0' to 'o'"),
        ("p", "character 0 of the run string is 'p'"),
        ("é", "character 0 of the run string is not ASCII"),
        ("1P", "ends in the middle of a run"),
        ("1O", "run 1 has length -1; allowed is 0 to 2\\^32 - 1"),
        ("PPPPPPPPP1", "run 0 is longer than 7 characters"),
    ],
)
def test_rubbish_run_strings_are_refused_with_the_place(text: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        rle.counts_from_string(text)


@given(st.text(max_size=12) | st.text(alphabet=[chr(c) for c in range(46, 114)], max_size=30))
def test_any_string_is_read_or_refused(text: str) -> None:
    try:
        counts = rle.counts_from_string(text)
    except InvalidInput:
        return
    assert counts.dtype == np.uint32
    assert rle.counts_from_string(rle.counts_to_string(counts)).tolist() == counts.tolist()


def test_runs_that_do_not_fill_the_image_are_refused() -> None:
    for call in (rle.decode, rle.crop):
        with pytest.raises(InvalidInput, match="cover 5 pixels; a mask of 3 x 2 has 6"):
            call(counts_of(2, 3), 2, 3)


def test_masks_of_different_sizes_are_not_merged() -> None:
    with pytest.raises(InvalidInput, match="different sizes"):
        rle.merge([counts_of(4), counts_of(5)])


@given(st.lists(masks, max_size=5), st.integers(-3, 9), st.integers(-3, 9))
def test_many_masks_at_once_expand_and_print_like_each_alone(many: list[Mask], x: int, y: int) -> None:
    crops = [
        MaskGeometry(x + k, y, one.shape[1], one.shape[0], rle.encode(one)) for k, one in enumerate(many)
    ]
    whole = rle.expand_each(crops, 12, 15)
    alone = [rle.window(one.counts, one.height, (-one.x, -one.y, 15 - one.x, 12 - one.y)) for one in crops]
    assert [one.tolist() for one in whole] == [one.tolist() for one in alone]
    assert rle.counts_to_strings(whole) == [
        coco_rle(rle.decode(one, 12, 15))["counts"].decode() for one in whole
    ]


def test_empty_mask_expands_to_one_run_of_zeros() -> None:
    empty = MaskGeometry(0, 0, 0, 0, counts_of())
    assert rle.expand(empty, 3, 4).tolist() == [12]
    assert rle.bbox(counts_of(12), 3) == (0, 0, 0, 0)
    assert rle.counts_to_string(counts_of()) == ""
    assert rle.merge([]).tolist() == []
