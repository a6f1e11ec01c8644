"""Small pictures whose right answer is known."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]


def painted(rows: list[str], colours: dict[str, tuple[int, int, int]]) -> Picture:
    """One letter a pixel."""
    return np.array([[colours[letter] for letter in row] for row in rows], dtype=np.uint8)


def disc(size: int = 80, radius: float = 22, *, centre: tuple[float, float] | None = None) -> Mask:
    x, y = centre or (size / 2, size / 2)
    j, i = np.mgrid[:size, :size] + 0.5
    return (i - x) ** 2 + (j - y) ** 2 <= radius**2


def two_tone(
    mask: Mask,
    inside: tuple[int, ...] = (200, 60, 40),
    outside: tuple[int, ...] = (40, 90, 160),
    *,
    noise: int = 0,
) -> Picture:
    """An object on a background, with noise of a fixed seed."""
    picture = np.where(mask[..., None], np.array(inside), np.array(outside)).astype(np.int16)
    if noise:
        picture += np.random.default_rng(7).integers(-noise, noise + 1, picture.shape, dtype=np.int16)
    return np.clip(picture, 0, 255).astype(np.uint8)


def noisy(seed: int, shape: tuple[int, int] = (48, 64)) -> Picture:
    """Blobs in all colours, as different as a seed allows."""
    values = np.random.default_rng(seed).integers(0, 256, (*shape, 3), dtype=np.uint8)
    return np.asarray(cv2.GaussianBlur(values, (0, 0), 2), dtype=np.uint8)


def iou(one: Any, other: Any) -> float:
    return float((one & other).sum() / max(1, (one | other).sum()))


def points(*pairs: tuple[float, float]) -> npt.NDArray[np.float64]:
    return np.array(pairs, dtype=np.float64).reshape(-1, 2)
