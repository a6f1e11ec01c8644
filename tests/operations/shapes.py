"""Random areas, and an independent reference of which pixels an outline covers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st
from scipy import ndimage

from tests.core.strategies import masks
from tests.operations.bridge import Area, Mask, Polygons

SHAPE = (48, 56)


def rasterised(polygons: Polygons, shape: tuple[int, int] = SHAPE) -> Mask:
    """Even-odd test of every pixel's centre against every edge, top and left inclusive: slow, plain, and not ours."""
    x = np.arange(shape[1])[None, :] + 0.5
    y = np.arange(shape[0])[:, None] + 0.5
    mask = np.zeros(shape, dtype=bool)
    for polygon in polygons:
        inside = np.zeros(shape, dtype=bool)
        for ring in polygon:
            inside ^= crossed(ring, x, y)
        mask |= inside
    return mask


def crossed(
    ring: npt.NDArray[np.float32], x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]
) -> npt.NDArray[np.bool_]:
    """Whether an odd number of a ring's edges lies to the left of each point, or on it."""
    inside = np.zeros(np.broadcast_shapes(x.shape, y.shape), dtype=bool)
    points = ring.astype(np.float64)
    for (xa, ya), (xb, yb) in zip(points, np.roll(points, -1, axis=0), strict=True):
        if ya == yb:
            continue
        (lx, ly), (hx, hy) = ((xa, ya), (xb, yb)) if ya < yb else ((xb, yb), (xa, ya))
        inside ^= (ly <= y) & (y < hy) & (x >= lx + (y - ly) * (hx - lx) / (hy - ly))
    return inside


def pixels_of(area: Area) -> Mask:
    return area if isinstance(area, np.ndarray) else rasterised(area)


@st.composite
def star(draw: st.DrawFn, *, most: float = 20.0) -> npt.NDArray[np.float32]:
    """A ring that sees its centre from everywhere, clockwise on the screen: any angles and radii, no crossing."""
    count = draw(st.integers(3, 24))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    centre = rng.uniform((8, 8), (SHAPE[1] - 8, SHAPE[0] - 8))
    angles = (np.arange(count) + rng.uniform(-0.3, 0.3, count)) * 2 * np.pi / count
    radii = rng.uniform(1.5, most, count)
    points = centre + radii[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    points = np.clip(points, 0, (SHAPE[1], SHAPE[0]))
    return (np.round(points * 4) / 4 if draw(st.booleans()) else points).astype(np.float32)


@st.composite
def outlines(draw: st.DrawFn) -> Polygons:
    """One polygon with or without a hole of its own shape."""
    ring = draw(star())
    if not draw(st.booleans()):
        return [[ring.astype(np.float32)]]
    centre = ring.mean(axis=0)
    hole = (centre + (ring - centre) * draw(st.sampled_from([0.3, 0.5, 0.7])))[::-1]
    return [[ring.astype(np.float32), hole.astype(np.float32)]]


@st.composite
def placed_masks(draw: st.DrawFn) -> Mask:
    """A random mask somewhere in the image."""
    small = draw(masks)
    height, width = small.shape
    image = np.zeros(SHAPE, dtype=bool)
    y, x = draw(st.integers(0, SHAPE[0] - height)), draw(st.integers(0, SHAPE[1] - width))
    image[y : y + height, x : x + width] = small
    return image


def areas() -> st.SearchStrategy[Area]:
    return outlines() | placed_masks()


def parts_of(mask: Mask) -> tuple[npt.NDArray[np.int32], int]:
    """The number of the connected part of each pixel (0: not set), neighbours by sides; and how many there are."""
    labels = np.zeros(mask.shape, dtype=np.int32)
    return labels, int(ndimage.label(mask, output=labels))  # type: ignore[arg-type]


def distance_inside(mask: Mask) -> npt.NDArray[np.float64]:
    """For each set pixel the distance to the nearest one that is not set."""
    distances = np.zeros(mask.shape, dtype=np.float64)
    ndimage.distance_transform_edt(mask, distances=distances)
    return distances
