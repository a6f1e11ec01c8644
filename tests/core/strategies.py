"""Random masks and shapes for the properties of the core."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tests.golden.drawing import Mask, blobs

sizes = st.integers(1, 14)


@st.composite
def drawn_masks(draw: st.DrawFn) -> Mask:
    """Rectangles, frames and lines drawn and rubbed out: specks, rings, diagonal touches, touched borders."""
    height, width = draw(sizes), draw(sizes)
    mask = np.zeros((height, width), dtype=np.bool_)
    for _ in range(draw(st.integers(0, 8))):
        x, y = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
        w, h = draw(st.sampled_from([1, 1, 2, 5, 14])), draw(st.sampled_from([1, 1, 2, 5, 14]))
        mask[y : y + h, x : x + w] = draw(st.booleans())
        if draw(st.booleans()):
            mask[y + 1 : y + h - 1, x + 1 : x + w - 1] ^= True
    return mask


noise_masks = hnp.arrays(np.bool_, st.tuples(sizes, sizes), elements=st.booleans())


@st.composite
def diagonal_masks(draw: st.DrawFn) -> Mask:
    """Checkerboards with errors: nearly every vertex is touched twice."""
    height, width = draw(sizes), draw(sizes)
    board = (np.add.outer(np.arange(height), np.arange(width)) + draw(st.integers(0, 1))) % 2 == 1
    return board ^ draw(hnp.arrays(np.bool_, (height, width), elements=st.sampled_from([False] * 5 + [True])))


@st.composite
def patchy_masks(draw: st.DrawFn) -> Mask:
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    return blobs(rng, draw(st.integers(1, 40)), draw(st.integers(1, 40)), draw(st.integers(0, 3)))


masks = drawn_masks() | noise_masks | diagonal_masks() | patchy_masks()

halves = st.integers(-8, 40).map(lambda n: n / 2)
tenths = st.integers(-40, 200).map(lambda n: n / 10)
anywhere = st.floats(-30, 50, width=32) | st.floats(width=32, allow_nan=False, allow_infinity=False)
coordinates = halves | tenths | anywhere
rings = st.lists(st.tuples(coordinates, coordinates), min_size=3, max_size=9).map(
    lambda points: np.array(points, dtype=np.float32)
)
