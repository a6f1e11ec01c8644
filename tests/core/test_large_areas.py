"""Areas of large images: parts of the same pixels, and run lengths without ever painting them all."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotator.core import raster, rle
from annotator.core.document import BoxGeometry, MaskGeometry, PolygonGeometry

HEIGHT, WIDTH, SIDE = 41, 53, 30_000
coordinates = st.floats(-8, 60, width=32)
rings = st.lists(st.tuples(coordinates, coordinates), min_size=3, max_size=9).map(
    lambda points: np.array(points, np.float32)
)
shapes = st.lists(st.lists(rings, min_size=1, max_size=2).map(tuple), min_size=1, max_size=2).map(
    lambda polygons: PolygonGeometry(tuple(polygons))
)
frames = st.tuples(
    st.integers(0, WIDTH - 1), st.integers(0, HEIGHT - 1), st.integers(1, WIDTH), st.integers(1, HEIGHT)
).map(lambda f: (f[0], f[1], max(f[0] + 1, f[2]), max(f[1] + 1, f[3])))


@settings(max_examples=150, deadline=None)
@given(shapes, frames)
def test_a_window_is_that_part_of_the_whole(shape: PolygonGeometry, frame: tuple[int, int, int, int]) -> None:
    x0, y0, x1, y1 = frame
    whole = raster.rasterise(shape, HEIGHT, WIDTH)
    assert np.array_equal(raster.rasterise_window(shape, HEIGHT, WIDTH, frame), whole[y0:y1, x0:x1])
    mask = raster.mask_from_bitmap(whole)
    assert np.array_equal(raster.rasterise_window(mask, HEIGHT, WIDTH, frame), whole[y0:y1, x0:x1])


@settings(max_examples=100, deadline=None)
@given(shapes, st.sampled_from([1, 60, 10_000]))
def test_run_lengths_by_strips_are_those_of_the_bitmap(shape: PolygonGeometry, strip: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(raster, "STRIP_PIXELS", strip)
        found = raster.mask_of(shape, HEIGHT, WIDTH)
    wanted = raster.mask_from_bitmap(raster.rasterise(shape, HEIGHT, WIDTH))
    assert (found.x, found.y, found.width, found.height) == (wanted.x, wanted.y, wanted.width, wanted.height)
    assert np.array_equal(found.counts, wanted.counts)


def test_an_area_over_a_whole_large_image_stays_small() -> None:
    everything = BoxGeometry(0, 0, SIDE, SIDE)
    mask = raster.mask_of(everything, SIDE, SIDE)
    assert mask.counts.tolist() == [0, SIDE * SIDE]
    corner = raster.rasterise_window(everything, SIDE, SIDE, (SIDE - 10, SIDE - 10, SIDE, SIDE))
    assert corner.all()


def test_positions_near_the_end_of_a_large_image_survive_every_step() -> None:
    counts = np.array([899_999_990, 5, 5], np.uint32)
    assert rle.counts_from_string(rle.counts_to_string(counts)).tolist() == counts.tolist()
    mask = rle.crop(counts, SIDE, SIDE)
    assert (mask.x, mask.y, mask.width, mask.height) == (SIDE - 1, SIDE - 10, 1, 5)
    assert rle.expand(mask, SIDE, SIDE).tolist() == counts.tolist()
    assert rle.area(rle.merge([counts, np.array([0, 5, 899_999_995], np.uint32)])) == 10
    assert isinstance(mask, MaskGeometry)
