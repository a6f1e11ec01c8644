"""Which pixels a shape covers: by hand, against brute force, against shapely, and as a partition of the plane."""

from __future__ import annotations

import math
from uuid import UUID

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from annotator.core import raster
from annotator.core.document import (
    Annotation,
    BoxGeometry,
    MaskGeometry,
    PointGeometry,
    Polygon,
    PolygonGeometry,
    PolylineGeometry,
)
from annotator.core.errors import InvalidInput
from tests.core.strategies import coordinates, masks, rings
from tests.golden.drawing import Mask, bitmap, ring, square, star


def brute_force(polygon: Polygon, height: int, width: int) -> Mask:
    """Rasterise pixel by pixel with plain floats, straight from the rule."""
    edges: list[tuple[float, float, float, float]] = []
    for part in polygon:
        points = [(float(x), float(y)) for x, y in part]
        for (xa, ya), (xb, yb) in zip(points, points[1:] + points[:1], strict=True):
            edges.append((xa, ya, xb, yb) if ya < yb else (xb, yb, xa, ya))
    mask = np.zeros((height, width), dtype=np.bool_)
    for j in range(height):
        yc = j + 0.5
        crossings = [xa + ((yc - ya) * (xb - xa)) / (yb - ya) for xa, ya, xb, yb in edges if ya <= yc < yb]
        for i in range(width):
            mask[j, i] = sum(math.ceil(x - 0.5) <= i for x in crossings) % 2
    return mask


def test_square_from_0_to_10_covers_pixels_0_to_9_and_has_area_100() -> None:
    mask = raster.rasterise_polygon((square(0, 0, 10, 10),), 12, 13)
    assert mask.sum() == 100
    assert mask[:10, :10].all()


def test_centres_on_top_and_left_edges_are_inside_and_on_bottom_and_right_edges_outside() -> None:
    mask = raster.rasterise_polygon((square(1.5, 1.5, 3.5, 3.5),), 5, 5)
    assert (mask == bitmap(".....", ".##..", ".##..", ".....", ".....")).all()


def test_hole_is_left_out_and_an_island_in_it_is_set() -> None:
    mask = raster.rasterise_polygon((square(0, 0, 5, 5), square(1, 1, 4, 4), square(2, 2, 3, 3)), 5, 5)
    assert (mask == bitmap("#####", "#...#", "#.#.#", "#...#", "#####")).all()


def test_overlapping_polygons_of_one_object_are_joined() -> None:
    mask = raster.rasterise(PolygonGeometry(((square(0, 0, 3, 1),), (square(2, 0, 5, 1),))), 1, 6)
    assert (mask == bitmap("#####.")).all()


@given(st.lists(rings, min_size=1, max_size=3).map(tuple), st.integers(0, 20), st.integers(0, 20))
def test_every_polygon_covers_what_brute_force_says(polygon: Polygon, height: int, width: int) -> None:
    assert (raster.rasterise_polygon(polygon, height, width) == brute_force(polygon, height, width)).all()


@given(st.lists(rings.map(lambda r: (r,)), max_size=3).map(tuple), st.integers(1, 20), st.integers(1, 20))
def test_crop_holds_every_pixel_of_the_object_and_lies_in_the_image(
    polygons: tuple[Polygon, ...], height: int, width: int
) -> None:
    geometry = PolygonGeometry(polygons)
    x, y, pixels = raster.rasterise_crop(geometry, height, width)
    assert 0 <= x <= x + pixels.shape[1] <= width
    assert 0 <= y <= y + pixels.shape[0] <= height
    whole = raster.rasterise(geometry, height, width)
    expected = np.logical_or.reduce(
        [brute_force(p, height, width) for p in polygons] or [np.zeros_like(whole)]
    )
    assert (whole == expected).all()
    assert whole[y : y + pixels.shape[0], x : x + pixels.shape[1]].sum() == whole.sum()


@pytest.mark.parametrize("seed", range(20))
def test_pixels_whose_centre_shapely_finds_well_inside_are_set_and_well_outside_not(seed: int) -> None:
    rng = np.random.default_rng(seed)
    centre = rng.uniform(10, 30, 2)
    outer, hole = star(rng, 17, centre, (8, 20)), star(rng, 7, centre, (2, 7))
    mask = raster.rasterise_polygon((outer, hole), 40, 40)
    shape = shapely.Polygon(outer, [hole])
    jj, ii = np.mgrid[:40, :40] + 0.5
    centres = shapely.points(ii, jj)
    clear = shapely.distance(shape.boundary, centres) > 1e-6
    assert clear.sum() > 1500
    assert (mask == shapely.contains(shape, centres))[clear].all()


@given(st.integers(0, 2**32), st.sampled_from([None, 0.5, 0.25, 1.0]))
def test_triangles_that_share_borders_neither_overlap_nor_leave_a_gap(seed: int, grid: float | None) -> None:
    rng = np.random.default_rng(seed)
    inner = rng.uniform(0, 24, (12, 2))
    if grid:
        inner = np.round(inner / grid) * grid
    corners = [[-3, -3], [27, -3], [27, 27], [-3, 27]]
    points = np.unique(np.concatenate([corners, inner]).astype(np.float32), axis=0)
    cover = np.zeros((24, 24), dtype=np.int64)
    for triangle in shapely.get_parts(shapely.delaunay_triangles(shapely.MultiPoint(points))):
        piece = np.array(triangle.exterior.coords)[:-1].astype(np.float32)
        cover += raster.rasterise_polygon((piece,), 24, 24)
    assert (cover == 1).all()


@given(st.integers(0, 2**32))
def test_voronoi_cells_with_float32_corners_cover_every_pixel_once(seed: int) -> None:
    rng = np.random.default_rng(seed)
    seeds = shapely.MultiPoint(rng.uniform(0, 20, (9, 2)))
    frame = shapely.box(-50, -50, 70, 70)
    cells = shapely.get_parts(shapely.voronoi_polygons(seeds, extend_to=frame))
    cover = np.zeros((20, 20), dtype=np.int64)
    for cell in cells:
        cover += raster.rasterise_polygon((np.array(cell.exterior.coords)[:-1].astype(np.float32),), 20, 20)
    assert (cover == 1).all()


@given(rings, st.integers(1, 20))
def test_direction_and_start_of_a_ring_do_not_matter(part: np.ndarray, size: int) -> None:
    expected = raster.rasterise_polygon((part,), size, size)
    assert (raster.rasterise_polygon((part[::-1],), size, size) == expected).all()
    assert (raster.rasterise_polygon((np.roll(part, 1, axis=0),), size, size) == expected).all()


@given(coordinates, coordinates, coordinates, coordinates)
def test_box_covers_what_the_polygon_of_its_corners_covers(
    x0: float, y0: float, x1: float, y1: float
) -> None:
    box = BoxGeometry(*np.array([x0, y0, x1, y1], dtype=np.float32).tolist())
    expected = brute_force((square(x0, y0, x1, y1),), 12, 11)
    assert (raster.rasterise(box, 12, 11) == expected).all()


@given(masks, st.integers(-5, 9), st.integers(-5, 9))
def test_mask_lands_where_it_lies_and_is_cut_at_the_border(mask: Mask, x: int, y: int) -> None:
    geometry = raster.mask_from_bitmap(mask, x, y)
    canvas = np.zeros((100, 100), dtype=np.bool_)
    canvas[20 + y : 20 + y + mask.shape[0], 20 + x : 20 + x + mask.shape[1]] = mask
    assert (raster.rasterise(geometry, 10, 12) == canvas[20:30, 20:32]).all()


def test_lines_and_points_have_no_pixels() -> None:
    line, point = PolylineGeometry(ring(0, 0, 5, 5)), PointGeometry(ring(2.5, 2.5))
    assert not raster.rasterise(line, 6, 6).any()
    assert not raster.rasterise(point, 6, 6).any()


def test_wild_polygon_done_in_bands_gives_the_same_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    polygon = ((rng.random((200, 2)) * 100).astype(np.float32),)
    expected = raster.rasterise_polygon(polygon, 100, 100)
    monkeypatch.setattr(raster, "MAX_CROSSINGS", 500)
    assert (raster.rasterise_polygon(polygon, 100, 100) == expected).all()


def test_small_polygon_on_a_huge_image_gives_a_small_crop() -> None:
    x, y, pixels = raster.rasterise_crop(
        PolygonGeometry(((square(9000, 20_000, 9003, 20_005),),)), 30_000, 30_000
    )
    assert (x, y, pixels.shape) == (9000, 20_000, (5, 3))
    assert pixels.all()


@given(masks, st.integers(-3, 50), st.integers(-3, 50))
def test_bitmap_to_mask_and_back_is_the_same_and_cropped_to_what_is_set(mask: Mask, x: int, y: int) -> None:
    geometry = raster.mask_from_bitmap(mask, x, y)
    if not mask.any():
        assert (geometry.width, geometry.height, geometry.counts.size) == (0, 0, 0)
        return
    pixels = raster.bitmap_of(geometry)
    for side in (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]):
        assert side.any()
    back = np.zeros_like(mask)
    row, column = geometry.y - y, geometry.x - x
    back[row : row + geometry.height, column : column + geometry.width] = pixels
    assert (back == mask).all()


def layered(*specification: tuple[int, int, int, str]) -> list[Annotation]:
    """Make squares that all overlap, of (class, z, created, id's first digit)."""
    geometry = PolygonGeometry(((square(0, 0, 2, 2),),))
    return [
        Annotation(UUID(digit + "0" * 31), class_index, geometry, z=z, created=created)
        for class_index, z, created, digit in specification
    ]


@pytest.mark.parametrize(
    ("annotations", "top"),
    [
        (layered((1, 5, 0, "1"), (2, 4, 9, "f")), 1),
        (layered((1, 0, 7, "1"), (2, 0, 6, "f")), 1),
        (layered((1, 0, 0, "a"), (2, 0, 0, "9")), 1),
        (layered((1, -1, 0, "a"), (2, 0, 0, "9")), 2),
    ],
)
def test_overlaps_are_settled_by_z_then_created_then_id(annotations: list[Annotation], top: int) -> None:
    for order in (annotations, annotations[::-1]):
        assert (raster.label_map(order, 2, 2) == top).all()
        assert (raster.instance_map(order, 2, 2) == 2).all()


def test_instance_numbers_skip_objects_without_pixels_and_pass_255() -> None:
    line = Annotation(UUID(int=1), 1, PolylineGeometry(ring(0, 0, 1, 1)), z=-1)
    boxes = [Annotation(UUID(int=k + 2), 1, BoxGeometry(k, 0, k + 1, 1), z=k) for k in range(300)]
    numbers = raster.instance_map([line, *boxes], 1, 300)
    assert numbers.dtype == np.int32
    assert numbers[0].tolist() == list(range(1, 301))


def test_label_map_of_nothing_is_background() -> None:
    labels = raster.label_map([], 3, 4)
    assert labels.dtype == np.uint8
    assert labels.shape == (3, 4)
    assert not labels.any()


def test_mask_whose_runs_do_not_fill_its_box_is_refused() -> None:
    with pytest.raises(InvalidInput, match="cover 3 pixels; a mask of 2 x 2 has 4"):
        raster.bitmap_of(MaskGeometry(0, 0, 2, 2, np.array([1, 2], dtype=np.uint32)))
