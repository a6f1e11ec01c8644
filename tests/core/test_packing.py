"""Stored bytes: what is written is read back, damage is noticed, big documents load fast."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.core import packing, raster
from annotator.core.document import (
    BoxGeometry,
    Geometry,
    Kind,
    MaskGeometry,
    PointGeometry,
    PolygonGeometry,
    PolylineGeometry,
)
from annotator.core.errors import InvalidInput
from tests.core.strategies import masks, rings
from tests.core.timing import least_seconds
from tests.golden.drawing import Mask, geometry_json, ring, square, star

polygons = st.lists(st.lists(rings, min_size=1, max_size=3).map(tuple), min_size=1, max_size=3).map(tuple)


def same(a: Geometry, b: Geometry) -> bool:
    return geometry_json(a) == geometry_json(b)


@given(polygons)
def test_polygons_survive_packing_bit_for_bit(value: tuple) -> None:
    data = packing.pack(PolygonGeometry(value))
    assert same(packing.unpack(Kind.POLYGON, data), PolygonGeometry(value))
    assert packing.polygon_rings_raw(data) == [[part.tobytes() for part in polygon] for polygon in value]


@given(masks, st.integers(-100, 30_000), st.integers(-100, 30_000))
def test_masks_survive_packing(mask: Mask, x: int, y: int) -> None:
    geometry = raster.mask_from_bitmap(mask, x, y)
    assert same(packing.unpack("mask", packing.pack(geometry)), geometry)


@pytest.mark.parametrize(
    "geometry",
    [BoxGeometry(0.5, 1.25, 8.0, 9.0), PolylineGeometry(ring(0, 0, 3, 4)), PointGeometry(ring(1.5, 2.5))],
)
def test_boxes_lines_and_points_survive_packing(geometry: Geometry) -> None:
    kind = packing.kind_of(geometry)
    assert same(packing.unpack(kind, packing.pack(geometry)), geometry)


def test_layout_of_a_polygon_is_as_documented() -> None:
    data = packing.pack(
        PolygonGeometry(((square(0, 0, 1, 1), ring(0, 0, 1, 0, 0, 1)), (ring(2, 2, 3, 2, 2, 3),)))
    )
    assert np.frombuffer(data[:24], dtype="<u4").tolist() == [2, 2, 4, 3, 1, 3]
    assert len(data) == 24 + 8 * 10
    assert np.frombuffer(data[24:40], dtype="<f4").tolist() == [0, 0, 1, 0]


@given(st.sampled_from(list(Kind)), st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(kind: Kind, data: bytes) -> None:
    try:
        geometry = packing.unpack(kind, data)
    except InvalidInput:
        return
    assert packing.kind_of(geometry) is kind
    if kind is not Kind.MASK:  # the run string of a mask has other spellings too
        assert packing.pack(geometry) == data


@given(polygons, st.integers(0, 400), st.sampled_from(["cut", "longer"]))
def test_damaged_polygon_bytes_are_refused_by_every_reader(value: tuple, at: int, damage: str) -> None:
    data = packing.pack(PolygonGeometry(value))
    damaged = data[: at % len(data)] if damage == "cut" else data + b"\0" * (at % 9 + 1)
    for read in (lambda d: packing.unpack("polygon", d), packing.polygon_rings_raw):
        with pytest.raises(InvalidInput):
            read(damaged)


@pytest.mark.parametrize("field", range(3))
def test_header_that_promises_too_much_is_refused_before_memory_is_taken(field: int) -> None:
    numbers = [1, 1, 3]
    numbers[field] = 2**32 - 1
    with pytest.raises(InvalidInput):
        packing.unpack("polygon", np.array(numbers, dtype="<u4").tobytes() + b"\0" * 24)


def test_mask_whose_runs_do_not_fill_its_box_is_refused() -> None:
    good = packing.pack(MaskGeometry(1, 2, 2, 2, np.array([0, 4], dtype=np.uint32)))
    with pytest.raises(InvalidInput, match="cover 4 pixels; a mask of 3 x 2 has 6"):
        packing.unpack("mask", good[:8] + (3).to_bytes(4, "little") + good[12:])


def test_document_of_10_000_polygons_is_unpacked_well_within_its_150_ms() -> None:
    part = star(np.random.default_rng(0), 24, (50, 50), (20, 40))
    rows = [packing.pack(PolygonGeometry(((part,),)))] * 10_000
    # about 8 ms on an idle machine
    assert least_seconds(lambda: [packing.polygon_rings_raw(row) for row in rows], limit=0.1) < 0.1
