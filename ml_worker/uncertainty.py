"""How unsure a model is: of each pixel, of each class, of an image, of an object; and what an image looks like to it.

Owns these numbers and the grey map that shows them. Does not own what is done with them (`ranking.py`, the editor).

Of a semantic model: the entropy of the calibrated softmax, divided by that of an even guess, 0..1. It is looked at tile
by tile and class by class: a class's uncertainty in a tile is the mean entropy of the pixels weighted by their
probability of that class, and an image's for a class is that of its most uncertain tile. So a small unsure bicyclist is
not drowned by a large sure road. The image's own is the mean over the classes that it shows.

Of an instance model: a detection is unsure when its score is near a half, or when its mask is.

Source: class-weighted predictive entropy of patches, as in Lüth et al. 2026 (arXiv 2601.13677); temperature, Guo et al.
2017. That a tile counts from `LEAST_SHARE` on, and how score and mask go together, is ours.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from torch import Tensor

TILE = 64  # pixels of a tile's side: some hundred tiles in a usual picture, each larger than a small object
LEAST_SHARE = 0.02  # of a tile's pixels (by probability) below which a class hardly is in it
HALVED_FROM = (
    256  # pictures with a longer side have their entropy computed for every other pixel in both directions
)
OVERLAY_SIDE = 1024
LEAST_SCORE = 0.1  # detections below are noise and say nothing

Floats = npt.NDArray[np.float32]
Frame = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True, eq=False)
class PixelMaps:
    """What a semantic model says of each pixel of a picture, or of a strip of one.

    Attributes:
        outputs: (H, W) uint8, the output with the highest logit.
        confidence: (H, W) float32, the largest calibrated probability.
        entropy: (H, W) float32, 0..1.
        class_tiles: (C,) float32, each output's uncertainty in its most uncertain tile; 0 where no tile shows it.
    """

    outputs: npt.NDArray[np.uint8]
    confidence: Floats
    entropy: Floats
    class_tiles: Floats


def pixel_maps(logits: Tensor, temperature: float) -> list[PixelMaps]:
    """Turn logits into what is kept of them, on the device where they are.

    Args:
        logits: (N, C, H, W) float, C >= 2, or C = 1 of a single class against nothing.
    """
    import torch

    if logits.shape[1] == 1:
        logits = torch.cat([torch.zeros_like(logits), logits], dim=1)
    height, width = logits.shape[2:]
    step = 2 if max(height, width) > HALVED_FROM else 1
    outputs = logits.max(
        dim=1
    ).indices  # argmax takes seven times as long on a CPU (57 and 8 ms at 12 x 360 x 480)
    scaled = logits[:, :, ::step, ::step].float() / max(temperature, 1e-3)
    confidence, entropy, tiles = _measures(scaled, TILE // step)
    if step > 1:
        confidence, entropy = (
            one.repeat_interleave(step, 1).repeat_interleave(step, 2)[:, :height, :width]
            for one in (confidence, entropy)
        )
    kept = [outputs.to(torch.uint8), confidence, entropy, tiles]
    return [PixelMaps(*one) for one in zip(*(tensor.cpu().numpy() for tensor in kept), strict=True)]


def _measures(scaled: Tensor, tile: int) -> tuple[Tensor, Tensor, Tensor]:
    """Confidence and entropy of each pixel (N, H, W), and of each output in its most uncertain tile (N, C)."""
    import torch
    from torch.nn import functional

    logs = scaled.log_softmax(dim=1)
    shares = logs.exp()
    entropy = -(shares * logs).sum(dim=1) / math.log(scaled.shape[1])
    entropy = entropy.clamp(0, 1)
    # Sums over tiles; those at the far edges are smaller, which ceil_mode with a divisor keeps in order.
    size = {"kernel_size": tile, "ceil_mode": True, "divisor_override": 1}
    mass = functional.avg_pool2d(shares, **size)
    unsure = functional.avg_pool2d(shares * entropy[:, None], **size)
    area = functional.avg_pool2d(torch.ones_like(shares[:1, :1]), **size)
    value = torch.where(mass >= LEAST_SHARE * area, unsure / mass.clamp_min(1e-9), torch.zeros_like(mass))
    return shares.amax(dim=1), entropy, value.amax(dim=(2, 3))


def image_uncertainty(by_class: Mapping[int, float]) -> float:
    """The image's, from its classes': their mean; 0 where it shows none."""
    return float(np.mean(list(by_class.values()))) if by_class else 0.0


def named_classes(values: Sequence[float], indices: Sequence[int]) -> dict[int, float]:
    """Class uncertainties by class index, those that the image shows (above 0), rounded."""
    return {index: round(float(value), 4) for index, value in zip(indices, values, strict=True) if value > 0}


# Of detections


def binary_entropy(share: npt.ArrayLike) -> Floats:
    """The entropy of a yes or no with this probability, in bits: 1 at a half."""
    p = np.clip(np.asarray(share, np.float32), 1e-6, 1 - 1e-6)
    return np.asarray(-(p * np.log2(p) + (1 - p) * np.log2(1 - p)), np.float32)


def detection_uncertainty(score: float, mask: Floats) -> float:
    """How unsure a detection is: of being there at all, or of its outline.

    Args:
        score: calibrated, 0..1. mask: probabilities of the pixels of its box.
    """
    inside = float(mask.sum())
    outline = float((binary_entropy(mask) * mask).sum() / inside) if inside > 0 else 1.0
    return 1 - (1 - float(binary_entropy(score))) * (1 - min(1.0, outline))


def classes_of_detections(
    classes: Sequence[int], scores: Sequence[float], uncertainties: Sequence[float]
) -> dict[int, float]:
    """Each class's uncertainty in an image: the mean of its detections', weighted by their scores."""
    sums: dict[int, list[float]] = {}
    for index, score, value in zip(classes, scores, uncertainties, strict=True):
        if score >= LEAST_SCORE:
            pair = sums.setdefault(index, [0.0, 0.0])
            pair[0] += score * value
            pair[1] += score
    return {index: round(total / weight, 4) for index, (total, weight) in sorted(sums.items())}


# The grey map


class Overlay:
    """A map of uncertainty, filled window by window, no side longer than `OVERLAY_SIDE` however large the image."""

    def __init__(self, height: int, width: int) -> None:
        self._step = max(1, math.ceil(max(height, width) / OVERLAY_SIDE))
        shape = math.ceil(height / self._step), math.ceil(width / self._step)
        self._sums = np.zeros(shape, np.float32)
        self._counts = np.zeros(shape, np.float32)

    def add(self, frame: Frame, values: Floats) -> None:
        """Add the means of a window's values (0..1). Windows don't overlap."""
        rows, columns, block = self._blocks(frame, values, np.add)
        self._sums[rows, columns] += block
        ones = np.ones(values.shape, np.float32)
        self._counts[rows, columns] += self._blocks(frame, ones, np.add)[2]

    def raise_to(self, frame: Frame, values: Floats) -> None:
        """Take the higher of what is there and a window's values. Windows may overlap; not to be mixed with `add`."""
        rows, columns, block = self._blocks(frame, values, np.maximum)
        np.maximum(self._sums[rows, columns], block, out=self._sums[rows, columns])
        self._counts[:] = 1

    def take(self, values: Floats) -> None:
        """Have these values, of the map's own size."""
        self._sums[:], self._counts[:] = values, 1

    def _blocks(self, frame: Frame, values: Floats, by: np.ufunc) -> tuple[slice, slice, Floats]:
        x0, y0, x1, y1 = frame
        step = self._step
        rows, columns = (slice(a // step, (b - 1) // step + 1) for a, b in ((y0, y1), (x0, x1)))
        if step == 1:
            return rows, columns, values
        top = np.maximum(np.arange(rows.start, rows.stop) * step - y0, 0)
        left = np.maximum(np.arange(columns.start, columns.stop) * step - x0, 0)
        return rows, columns, by.reduceat(by.reduceat(values, top, axis=0), left, axis=1)

    def values(self) -> Floats:
        """(h, w) float32, 0..1."""
        return np.asarray(self._sums / np.maximum(self._counts, 1), np.float32)

    def png(self) -> bytes:
        """The map as a grey 8-bit PNG: 0 sure, 255 as unsure as can be."""
        grey = np.round(np.clip(self.values(), 0, 1) * 255).astype(np.uint8)
        # Level 1: a third of the time of the default, for a map that is looked at once.
        return cv2.imencode(".png", grey, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].tobytes()


def packed_features(features: npt.ArrayLike) -> str:
    """A bottleneck embedding as base64 of little-endian float16; values beyond its range are clipped."""
    values = np.nan_to_num(np.asarray(features, np.float32).ravel())
    return base64.b64encode(np.clip(values, -65504, 65504).astype("<f2").tobytes()).decode()
