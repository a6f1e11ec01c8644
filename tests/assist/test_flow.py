"""Objects carried by optical flow: shifted and scaled textures, where the truth is known, and what does not fit."""

from __future__ import annotations

import time

import cv2
import numpy as np
import pytest

from annotator.assist.flow import (
    carry_box,
    carry_line,
    carry_mask,
    carry_polygons,
    confidence_of,
    flow_between,
)
from annotator.core.document import BoxGeometry, PolygonGeometry, PolylineGeometry
from annotator.core.errors import InvalidInput
from annotator.core.raster import rasterise

H, W = 180, 240


def texture(seed: int = 0, height: int = H, width: int = W) -> np.ndarray:
    noise = np.random.default_rng(seed).integers(0, 255, (height, width, 3), dtype=np.uint8)
    smooth = cv2.GaussianBlur(noise, (0, 0), 2.0)
    return np.asarray(cv2.normalize(smooth, None, 0, 255, cv2.NORM_MINMAX), dtype=np.uint8)


def moved(picture: np.ndarray, dx: float, dy: float, scale: float = 1.0) -> np.ndarray:
    """The picture scaled about its centre, then shifted."""
    height, width = picture.shape[:2]
    cx, cy = width / 2 - 0.5, height / 2 - 0.5
    matrix = np.array([[scale, 0, cx - scale * cx + dx], [0, scale, cy - scale * cy + dy]])
    return cv2.warpAffine(
        picture, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
    )


def disc(x: float, y: float, radius: float) -> np.ndarray:
    rows, columns = np.mgrid[0:H, 0:W] + 0.5
    return (columns - x) ** 2 + (rows - y) ** 2 <= radius**2


def iou(a: np.ndarray, b: np.ndarray) -> float:
    return float((a & b).sum() / (a | b).sum())


@pytest.mark.parametrize(("dx", "dy"), [(0, 0), (5, 0), (-3.5, 2.25), (10, -8)])
def test_mask_follows_a_shifted_texture(dx: float, dy: float) -> None:
    first = texture()
    carried = carry_mask(disc(120, 90, 30), flow_between(first, moved(first, dx, dy)))
    assert iou(np.asarray(carried.shape), disc(120 + dx, 90 + dy, 30)) > 0.95
    assert carried.confidence > 0.95


def test_object_that_moves_before_a_still_background_is_followed() -> None:
    back, front = texture(1), texture(2)
    here, there = disc(90, 90, 30), disc(97, 92, 30)
    first, second = back.copy(), back.copy()
    first[here] = front[here]
    second[there] = moved(front, 7, 2)[there]
    carried = carry_mask(here, flow_between(first, second))
    plain = iou(here, there)
    assert iou(np.asarray(carried.shape), there) > max(0.85, plain + 0.1)


def test_polygon_keeps_its_vertices_and_follows() -> None:
    first = texture(3)
    ring = np.array([[60, 50], [110, 55], [120, 100], [70, 120]], dtype=np.float32)
    carried = carry_polygons(PolygonGeometry(((ring,),)), flow_between(first, moved(first, 6, -4)))
    assert isinstance(carried.shape, PolygonGeometry)
    [[found]] = carried.shape.polygons
    assert found.shape == ring.shape
    assert np.abs(found - (ring + np.float32([6, -4]))).max() < 0.5


def test_vertices_of_an_object_are_not_pulled_by_what_is_behind_it() -> None:
    back, front = texture(4), texture(5)
    square = PolygonGeometry(((np.array([[80, 60], [140, 60], [140, 120], [80, 120]], np.float32),),))
    here = rasterise(square, H, W)
    there = np.roll(here, 8, axis=1)
    first, second = back.copy(), back.copy()
    first[here] = front[here]
    second[there] = np.roll(front, 8, axis=1)[there]
    carried = carry_polygons(square, flow_between(first, second))
    assert isinstance(carried.shape, PolygonGeometry)
    assert np.abs(carried.shape.polygons[0][0] - (square.polygons[0][0] + np.float32([8, 0]))).max() < 1.5


@pytest.mark.parametrize("scale", [0.94, 1.0, 1.06])
def test_box_moves_and_scales_with_what_is_in_it(scale: float) -> None:
    first = texture(6)
    second = moved(first, 4, 3, scale)
    box = BoxGeometry(70, 50, 170, 130)  # about the centre
    carried = carry_box(box, flow_between(first, second))
    assert isinstance(carried.shape, BoxGeometry)
    half_x, half_y = 50 * scale, 40 * scale
    expected = (120 + 4 - half_x, 90 + 3 - half_y, 120 + 4 + half_x, 90 + 3 + half_y)
    found = (carried.shape.x0, carried.shape.y0, carried.shape.x1, carried.shape.y1)
    assert np.allclose(found, expected, atol=1.0)


def test_line_follows() -> None:
    first = texture(7)
    points = np.array([[40, 40], [100, 60], [160, 120]], dtype=np.float64)
    carried = carry_line(points, flow_between(first, moved(first, -5, 3)))
    assert isinstance(carried.shape, PolylineGeometry)
    assert np.abs(carried.shape.points - (points + np.array([-5, 3]))).max() < 0.6


def test_confidence_falls_where_the_second_picture_shows_something_else() -> None:
    first = texture(8)
    same = flow_between(first, moved(first, 3, 0))
    other = flow_between(first, texture(9))
    mask = disc(120, 90, 30)
    assert confidence_of(mask, same) > 0.95
    assert confidence_of(mask, other) < 0.3
    assert confidence_of(np.zeros((H, W), dtype=bool), same) == 0


def test_pictures_without_texture_give_no_motion_and_do_not_fail() -> None:
    grey = np.full((40, 60, 3), 128, dtype=np.uint8)
    mask = np.zeros((40, 60), dtype=bool)
    mask[10:20, 10:30] = True
    carried = carry_mask(mask, flow_between(grey, grey))
    assert np.array_equal(carried.shape, mask)


def test_tiny_pictures_do_not_fail() -> None:
    small = texture(1, 3, 4)
    carried = carry_mask(np.ones((3, 4), dtype=bool), flow_between(small, small))
    assert np.asarray(carried.shape).shape == (3, 4)


def test_pictures_of_two_sizes_are_refused() -> None:
    with pytest.raises(InvalidInput, match="one size is needed"):
        flow_between(texture(), texture(0, 100, 100))


def test_large_region_is_answered_in_time_and_close() -> None:
    first = texture(10, 900, 1200)
    second = moved(first, 12, 6)
    mask = np.zeros((900, 1200), dtype=bool)
    mask[300:600, 400:800] = True
    runs = []
    for _ in range(3):
        began = time.thread_time()
        carried = carry_mask(mask, flow_between(first, second))
        runs.append(time.thread_time() - began)
    assert iou(np.asarray(carried.shape), np.roll(mask, (6, 12), (0, 1))) > 0.95
    assert min(runs) < 0.6
