"""Uncertainties in cases that can be computed by hand."""

from __future__ import annotations

import base64
import io
import math

import numpy as np
import pytest
import torch
from PIL import Image

from ml_worker.uncertainty import (
    LEAST_SHARE,
    OVERLAY_SIDE,
    TILE,
    Overlay,
    binary_entropy,
    classes_of_detections,
    detection_uncertainty,
    image_uncertainty,
    named_classes,
    packed_features,
    pixel_maps,
)


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def _logits(shares: np.ndarray) -> torch.Tensor:
    """(C, H, W) probabilities as a batch of one."""
    return torch.from_numpy(np.log(np.maximum(shares, 1e-12)).astype(np.float32))[None]


def test_outputs_are_the_first_highest_however_the_logits_lie_in_memory() -> None:
    logits = torch.randint(0, 4, (2, 5, 70, 90)).float()  # many ties
    expected = logits.argmax(dim=1).to(torch.uint8).numpy()
    for one in (logits, logits.contiguous(memory_format=torch.channels_last), logits.transpose(2, 3)):
        wanted = expected if one.shape[2] == 70 else expected.transpose(0, 2, 1)
        for maps, outputs in zip(pixel_maps(one, 1.0), wanted, strict=True):
            assert (maps.outputs == outputs).all()


def test_entropy_and_confidence_of_known_probabilities() -> None:
    shares = np.zeros((4, 2, 2))
    shares[:, 0, 0] = 0.25  # cannot tell at all
    shares[:, 0, 1] = [1, 0, 0, 0]
    shares[:, 1, 0] = [0.5, 0.5, 0, 0]
    shares[:, 1, 1] = [0.1, 0.1, 0.7, 0.1]
    maps = pixel_maps(_logits(shares), 1.0)[0]
    last = -(0.7 * math.log(0.7) + 0.3 * math.log(0.1)) / math.log(4)
    assert maps.entropy == pytest.approx(np.array([[1, 0], [0.5, last]]), abs=1e-4)
    assert maps.confidence == pytest.approx(np.array([[0.25, 1], [0.5, 0.7]]), abs=1e-4)
    assert maps.outputs[1, 1] == 2 and maps.outputs.dtype == np.uint8


def test_temperature_makes_a_sure_model_less_sure_and_changes_no_class() -> None:
    logits = torch.randn(2, 5, 9, 7, generator=torch.Generator().manual_seed(0)) * 4
    cold, warm = pixel_maps(logits, 1.0), pixel_maps(logits, 3.0)
    for one, other in zip(cold, warm, strict=True):
        assert np.array_equal(one.outputs, other.outputs)
        assert (other.confidence < one.confidence).all()
        assert other.entropy.mean() > one.entropy.mean()
    softmax = (logits / 3).softmax(1).amax(1).numpy()
    assert np.stack([one.confidence for one in warm]) == pytest.approx(softmax, abs=1e-5)


def test_small_unsure_class_is_not_drowned_by_a_large_sure_one() -> None:
    shares = np.zeros((3, 2 * TILE, 2 * TILE))
    shares[0] = 1.0
    shares[:, :16, :16] = np.array([0.0, 0.5, 0.5])[
        :, None, None
    ]  # a sixteenth of one tile, a 64th of the picture
    maps = pixel_maps(_logits(shares), 1.0)[0]
    half = math.log(2) / math.log(3)
    assert maps.class_tiles == pytest.approx([0.0, half, half], abs=1e-3)
    assert maps.entropy.mean() == pytest.approx(half / 64, abs=1e-3)
    named = named_classes(maps.class_tiles[1:].tolist(), [3, 8])
    assert named == {3: pytest.approx(half, abs=1e-3), 8: pytest.approx(half, abs=1e-3)}
    assert image_uncertainty(named) == pytest.approx(half, abs=1e-3)


def test_class_that_is_hardly_there_says_nothing() -> None:
    shares = np.zeros((2, TILE, TILE))
    shares[1] = LEAST_SHARE / 2
    shares[0] = 1 - shares[1]
    assert pixel_maps(_logits(shares), 1.0)[0].class_tiles[1] == 0
    assert image_uncertainty({}) == 0


def test_large_pictures_are_looked_at_in_every_other_pixel_with_about_the_same_answer() -> None:
    generator = torch.Generator().manual_seed(1)
    coarse = torch.randn(1, 3, 9, 11, generator=generator) * 3
    logits = torch.nn.functional.interpolate(coarse, (301, 333), mode="bilinear")
    maps = pixel_maps(logits, 1.0)[0]
    shares = logits.softmax(1)
    exact = (-(shares * shares.log()).sum(1) / math.log(3))[0].numpy()
    assert maps.entropy.shape == (301, 333)
    assert np.abs(maps.entropy - exact).mean() < 0.02
    assert np.array_equal(maps.outputs, logits.argmax(1)[0].numpy())


def test_single_output_is_a_class_against_nothing() -> None:
    maps = pixel_maps(torch.tensor([[[[-2.0, 0.0, 3.0]]]]), 1.0)[0]
    assert maps.outputs.tolist() == [[0, 0, 1]]
    assert maps.entropy[0, 1] == pytest.approx(1)
    assert maps.confidence[0, 2] == pytest.approx(1 / (1 + math.exp(-3)), abs=1e-5)


def test_detection_is_unsure_when_its_score_or_its_outline_is() -> None:
    sharp, soft = np.ones((4, 4), np.float32), np.full((4, 4), 0.5, np.float32)
    assert binary_entropy([0.5, 0.0]) == pytest.approx([1.0, 0.0], abs=1e-4)
    assert detection_uncertainty(0.99, sharp) < 0.1
    assert detection_uncertainty(0.5, sharp) == pytest.approx(1, abs=1e-3)
    assert detection_uncertainty(0.99, soft) == pytest.approx(1, abs=1e-3)
    assert classes_of_detections([1, 1, 2, 3], [0.9, 0.3, 0.5, 0.05], [0.2, 0.6, 1.0, 1.0]) == {
        1: 0.3,
        2: 1.0,
    }


def test_overlay_is_a_grey_picture_of_the_entropy_small_enough_to_send() -> None:
    overlay = Overlay(3000, 2000)
    values = np.zeros((3000, 2000), np.float32)
    values[1500:] = 1.0
    for y0, y1 in ((0, 700), (700, 1700), (1700, 3000)):  # strips that cut through the map's pixels
        overlay.add((0, y0, 2000, y1), values[y0:y1])
    with Image.open(io.BytesIO(overlay.png())) as picture:
        assert picture.mode == "L" and max(picture.size) <= OVERLAY_SIDE
        assert picture.size == (667, 1000)
        grey = np.asarray(picture)
    assert (grey[:499] == 0).all() and (grey[501:] == 255).all()


def test_overlay_of_detections_keeps_the_highest_value() -> None:
    overlay = Overlay(10, 10)
    overlay.raise_to((2, 3, 5, 6), np.full((3, 3), 0.4, np.float32))
    overlay.raise_to((4, 5, 8, 8), np.full((3, 4), 0.8, np.float32))
    overlay.raise_to((2, 3, 5, 6), np.full((3, 3), 0.3, np.float32))
    values = overlay.values()
    assert values[3, 2] == pytest.approx(0.4) and values[5, 4] == pytest.approx(0.8) and values[0, 0] == 0


def test_features_are_float16_in_base64_and_never_infinite() -> None:
    text = packed_features(np.array([1.5, -1e9, np.nan]))
    assert np.frombuffer(base64.b64decode(text), "<f2").tolist() == [1.5, -65504, 0]
