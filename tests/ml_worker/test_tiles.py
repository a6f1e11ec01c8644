"""A picture that is predicted tile by tile comes out as the whole one would."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from annotator.core.raster import bitmap_of, mask_from_bitmap
from ml_worker.objects import Found
from ml_worker.tiles import Frame, Tiling, blended_strips, gaussian, join_tiles, starts

REACH = 3  # pixels that three 3 x 3 convolutions look beyond their own


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 500), st.integers(1, 120), st.floats(0, 0.9))
def test_tiles_cover_a_length_evenly_and_overlap_at_least_as_much_as_asked(
    length: int, size: int, overlap: float
) -> None:
    found = starts(length, size, overlap)
    assert found[0] == 0 and (length <= size or found[-1] == length - size)
    for one, following in itertools.pairwise(found):
        assert following > one
        assert following - one <= max(1, np.floor(size * (1 - overlap)) + 1)


def test_weights_are_highest_in_the_middle_and_nowhere_nothing() -> None:
    weights = gaussian(8, 6)
    assert weights.shape == (8, 6)
    assert weights.argmax() in (3 * 6 + 2, 3 * 6 + 3, 4 * 6 + 2, 4 * 6 + 3)
    assert np.array_equal(weights, weights[::-1, ::-1])
    assert weights.min() > 0


def _net() -> nn.Module:
    torch.manual_seed(0)
    layers: list[nn.Module] = [nn.Conv2d(3, 6, 3, padding=1), nn.ReLU(), nn.Conv2d(6, 6, 3, padding=1)]
    return nn.Sequential(*layers, nn.ReLU(), nn.Conv2d(6, 4, 3, padding=1)).eval()


@pytest.mark.parametrize("most_bytes", [1 << 30, 4 * 4 * 24 * 30])
def test_blended_tiles_are_the_whole_prediction_away_from_the_seams(most_bytes: int) -> None:
    net, picture = _net(), torch.rand(3, 61, 83)
    tiling = Tiling(24, 32, 0.3)

    def logits_of(frames: Sequence[Frame]) -> list[torch.Tensor]:
        with torch.no_grad():
            return [net(picture[None, :, y0:y1, x0:x1])[0] for x0, y0, x1, y1 in frames]

    whole = logits_of([(0, 0, 83, 61)])[0]
    blended = torch.full_like(whole, float("nan"))
    strips = list(blended_strips((61, 83), tiling, logits_of, channels=4, most_bytes=most_bytes))
    for (x0, y0, x1, y1), logits in strips:
        assert blended[:, y0:y1, x0:x1].isnan().all()  # no pixel comes twice
        blended[:, y0:y1, x0:x1] = logits
    assert not blended.isnan().any()  # and each comes
    assert len({frame[0] for frame, _ in strips}) == (1 if most_bytes > 1 << 20 else 3)
    safe = np.ones((61, 83), bool)  # pixels that no tile has too near at a border of its own
    for x0, y0, x1, y1 in itertools.chain.from_iterable(tiling.frames(61, 83)):
        inner = np.zeros((61, 83), bool)
        inner[y0:y1, x0:x1] = True
        inner[
            y0 + REACH * (y0 > 0) : y1 - REACH * (y1 < 61), x0 + REACH * (x0 > 0) : x1 - REACH * (x1 < 83)
        ] = False
        safe &= ~inner
    assert safe.mean() > 0.4
    assert torch.allclose(blended[:, safe], whole[:, safe], atol=1e-5)
    assert not torch.allclose(blended[:, ~safe], whole[:, ~safe], atol=1e-5)  # the seams are real


def test_blending_holds_a_band_and_not_the_picture() -> None:
    height, width, channels = 4000, 256, 8

    def logits_of(frames: Sequence[Frame]) -> list[torch.Tensor]:
        return [torch.ones(channels, y1 - y0, x1 - x0) for x0, y0, x1, y1 in frames]

    largest = 0
    for _, logits in blended_strips((height, width), Tiling(128, 128), logits_of, channels=channels):
        largest = max(largest, logits.untyped_storage().nbytes())
        assert torch.allclose(logits, torch.ones(1))
    assert largest < 4 * channels * 128 * width * 2 < 4 * channels * height * width / 10


def _disc(height: int, width: int, x: float, y: float, radius: float) -> np.ndarray:
    rows, columns = np.mgrid[:height, :width] + 0.5
    return (rows - y) ** 2 + (columns - x) ** 2 <= radius * radius


def _seen(truths: Sequence[tuple[int, np.ndarray]], tiling: Tiling) -> list[tuple[Frame, list[Found]]]:
    """What a perfect detector sees in each tile."""
    seen = []
    for frame in itertools.chain.from_iterable(tiling.frames(*truths[0][1].shape)):
        x0, y0, x1, y1 = frame
        found = [
            Found(index, mask_from_bitmap(truth[y0:y1, x0:x1], x0, y0), 0.9, 0.1)
            for index, truth in truths
            if truth[y0:y1, x0:x1].any()
        ]
        seen.append((frame, found))
    return seen


def test_object_across_seams_comes_out_once_with_all_its_pixels() -> None:
    size = 100, 140
    truths = [
        (1, _disc(*size, 50, 50, 12)),  # in the overlap of several tiles
        (1, _disc(*size, 78, 50, 12)),  # touches nothing, but lies near the first
        (2, _disc(*size, 50, 50, 12)),  # another class at the same place
        (1, _disc(*size, 20, 80, 38) & ~_disc(*size, 50, 50, 14)),  # larger than an overlap, over many tiles
    ]
    joined = join_tiles(_seen(truths, Tiling(48, 48, 0.25)))
    assert len(joined) == 4
    painted = []
    for one in joined:
        whole = np.zeros(size, bool)
        x0, y0, x1, y1 = one.box_xyxy
        whole[y0:y1, x0:x1] = bitmap_of(one.mask)
        painted.append((one.class_index, whole.tobytes()))
        assert one.score == pytest.approx(0.9)
    assert sorted(painted) == sorted((index, truth.tobytes()) for index, truth in truths)


def test_neighbours_of_one_class_in_an_overlap_stay_two() -> None:
    truths = [(1, _disc(40, 80, 36, 12, 7)), (1, _disc(40, 80, 36, 27, 7))]
    assert len(join_tiles(_seen(truths, Tiling(40, 48, 0.4)))) == 2


def test_fragment_within_a_larger_object_of_its_class_is_left_out() -> None:
    whole, fragment = np.ones((10, 10), bool), np.ones((4, 4), bool)
    small = mask_from_bitmap(fragment, 6, 6)
    seen = [
        ((0, 0, 20, 20), [Found(1, mask_from_bitmap(whole), 0.6, 0)]),
        ((5, 0, 25, 20), [Found(1, small, 0.9, 0), Found(2, small, 0.9, 0)]),
    ]
    assert [(one.class_index, one.area) for one in join_tiles(seen)] == [(1, 100), (2, 16)]
