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
# Measured on maps of 360 x 480: 39 kB in 2.5 ms; level 1 alone 43 kB in 4.0 ms, the default three times that.
PNG = [cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE]
if hasattr(cv2, "IMWRITE_PNG_FILTER"):  # since OpenCV 4.12
    PNG += [cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_PAETH]
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
    if logits.device.type == "cpu":
        logits = _planes(logits)
        outputs = torch.from_numpy(np.stack([_highest(one) for one in logits.numpy()]))
    else:
        outputs = logits.max(dim=1).indices.to(torch.uint8)
    scaled = logits[:, :, ::step, ::step].float() / max(temperature, 1e-3)
    confidence, entropy, tiles = _measures(scaled, TILE // step)
    if step > 1:
        confidence, entropy = (
            one.repeat_interleave(step, 1).repeat_interleave(step, 2)[:, :height, :width]
            for one in (confidence, entropy)
        )
    kept = [outputs, confidence, entropy, tiles]
    return [PixelMaps(*one) for one in zip(*(tensor.cpu().numpy() for tensor in kept), strict=True)]


def _planes(logits: Tensor) -> Tensor:
    """Logits of the CPU as float32, each channel's pixels together; OpenCV turns them in half of torch's time."""
    import torch

    logits = logits.float()
    if logits.is_contiguous() or not logits.permute(0, 2, 3, 1).is_contiguous():
        return logits.contiguous()
    count, channels, height, width = logits.shape
    turned = np.empty((count, channels, height * width), np.float32)
    for one, target in zip(logits.permute(0, 2, 3, 1).numpy(), turned, strict=True):
        cv2.transpose(one.reshape(-1, channels), dst=target)
    return torch.from_numpy(turned.reshape(count, channels, height, width))


def _highest(planes: Floats) -> npt.NDArray[np.uint8]:
    """The first channel with the highest value of each pixel, (H, W), of (C, H, W).

    Channel by channel: on a CPU that takes half the time of torch's max, an eighth of its argmax.
    """
    highest = planes[0].copy()
    found = np.zeros(highest.shape, np.uint8)
    higher = np.empty(highest.shape, np.bool_)
    for channel, plane in enumerate(planes[1:], 1):
        np.greater(plane, highest, out=higher)
        np.maximum(highest, plane, out=highest)
        np.maximum(found, higher.view(np.uint8) * np.uint8(channel), out=found)
    return found


def _measures(scaled: Tensor, tile: int) -> tuple[Tensor, Tensor, Tensor]:
    """Confidence and entropy of each pixel (N, H, W), and of each output in its most uncertain tile (N, C)."""
    import torch

    logs = scaled.log_softmax(dim=1)
    shares = logs.exp()
    entropy = -(shares * logs).sum(dim=1) / math.log(scaled.shape[1])
    entropy = entropy.clamp(0, 1)
    mass = _tile_sums(shares, tile)
    unsure = _tile_sums(shares * entropy[:, None], tile)
    area = _tile_sums(torch.ones_like(shares[:1, :1]), tile)
    value = torch.where(mass >= LEAST_SHARE * area, unsure / mass.clamp_min(1e-9), torch.zeros_like(mass))
    return shares.amax(dim=1), entropy, value.amax(dim=(2, 3))


def _tile_sums(values: Tensor, tile: int) -> Tensor:
    """Sums over tiles of (N, C, H, W), the smaller ones at the far edges too: a third of the time of a pooling."""
    import torch

    height, width = values.shape[2:]
    down, across = (
        (torch.arange(-(-side // tile))[:, None] == torch.arange(side) // tile).to(values)
        for side in (height, width)
    )
    return down @ values @ across.T


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
    other = 1 - p
    return np.asarray(-(p * np.log2(p) + other * np.log2(other)), np.float32)


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
        return cv2.imencode(".png", grey, PNG)[1].tobytes()


def packed_features(features: npt.ArrayLike) -> str:
    """A bottleneck embedding as base64 of little-endian float16; values beyond its range are clipped."""
    values = np.nan_to_num(np.asarray(features, np.float32).ravel())
    return base64.b64encode(np.clip(values, -65504, 65504).astype("<f2").tobytes()).decode()
