"""Box and area of every kind of object."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.core import raster, rle, shapes
from annotator.core.document import (
    BoxGeometry,
    MaskGeometry,
    PointGeometry,
    PolygonGeometry,
    PolylineGeometry,
)
from tests.core.strategies import masks
from tests.golden.drawing import Mask, ring, square


def test_polygons_count_outer_minus_holes_and_their_box_holds_all() -> None:
    geometry = PolygonGeometry(((square(0, 0, 10, 10), square(2, 2, 4, 4)), (square(20, 5, 22, 30),)))
    assert shapes.area(geometry, 50, 50) == 100 - 4 + 50
    assert shapes.bbox(geometry) == (0, 0, 22, 30)


def test_only_the_part_inside_the_image_has_area() -> None:
    assert shapes.area(PolygonGeometry(((square(-5, -5, 5, 5),),)), 50, 50) == 25
    assert shapes.area(BoxGeometry(-5, 40, 5, 60), 50, 50) == 50
    assert shapes.area(BoxGeometry(60, 0, 70, 5), 50, 50) == 0
    whole = raster.mask_from_bitmap(np.ones((6, 6), dtype=np.bool_), 48, -2)
    assert shapes.area(whole, 50, 50) == 2 * 4


@given(masks, st.integers(0, 9), st.integers(0, 9))
def test_mask_has_the_area_and_the_box_of_its_pixels_and_so_have_its_traced_polygons(
    mask: Mask, x: int, y: int
) -> None:
    geometry = raster.mask_from_bitmap(mask, x, y)
    traced = PolygonGeometry(
        tuple(
            tuple(part + np.array([x, y], dtype=np.float32) for part in polygon)
            for polygon in raster.trace(mask)
        )
    )
    assert shapes.area(geometry, 60, 60) == mask.sum() == shapes.area(traced, 60, 60)
    assert shapes.bbox(geometry) == shapes.bbox(traced)
    assert shapes.bbox(geometry) == rle.bbox(rle.expand(geometry, 60, 60), 60)


@pytest.mark.parametrize(
    "geometry", [PolylineGeometry(ring(1, 2, 7, 3, 4, 9)), PointGeometry(ring(1, 2, 7, 9))]
)
def test_lines_and_points_have_a_box_but_no_area(geometry: PolylineGeometry | PointGeometry) -> None:
    assert shapes.bbox(geometry) == (1, 2, 7, 9)
    assert shapes.area(geometry, 20, 20) == 0


def test_empty_mask_has_neither() -> None:
    empty = MaskGeometry(0, 0, 0, 0, np.zeros(0, dtype=np.uint32))
    assert shapes.bbox(empty) == (0, 0, 0, 0)
    assert shapes.area(empty, 9, 9) == 0
