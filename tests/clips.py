"""Small videos for tests, written by OpenCV: every frame is told apart by its grey level and by where its square is."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

CODECS = {".avi": "MJPG", ".mp4": "mp4v", ".mov": "mp4v", ".webm": "VP80", ".mkv": "MJPG"}


def moving(count: int, width: int = 64, height: int = 48) -> list[npt.NDArray[np.uint8]]:
    """Frames whose background gets brighter and on which a white square of 12 pixels walks to the right."""
    frames = []
    for number in range(count):
        frame = np.full((height, width, 3), 20 + number * 3 % 150, np.uint8)
        left = (4 + number) % (width - 12)
        frame[10:22, left : left + 12] = 250
        frames.append(frame)
    return frames


def textured(count: int, width: int = 160, height: int = 120, step: int = 3) -> list[npt.NDArray[np.uint8]]:
    """A window that moves over one smooth random texture: everything in it moves to the left by `step` a frame."""
    noise = np.random.default_rng(4).integers(0, 255, (height, width + step * count, 3), dtype=np.uint8)
    texture = cv2.GaussianBlur(noise, (0, 0), 2.0)
    texture = cv2.normalize(texture, None, 0, 255, cv2.NORM_MINMAX)  # type: ignore[call-overload]
    return [np.ascontiguousarray(texture[:, step * k : step * k + width]) for k in range(count)]


def write_clip(path: Path, frames: Iterable[npt.NDArray[np.uint8]], rate: float = 10.0) -> Path:
    """Write a video in the codec that its suffix stands for."""
    frames = list(frames)
    height, width = frames[0].shape[:2]
    code = cv2.VideoWriter.fourcc(*CODECS[path.suffix])
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, code, rate, (width, height))
    assert writer.isOpened(), f"this OpenCV writes no {path.suffix}"
    for frame in frames:
        writer.write(frame)
    writer.release()
    return path
