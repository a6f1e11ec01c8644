"""Click models of one graph: a picture, maps of the clicks and the last mask in, logits out. Nothing is embedded.

Owns how marks are drawn into maps. The graph takes `image` (1, 3, H, W) normalised RGB, `clicks` (1, 2, H, W) discs of
1 over the positive and over the negative marks, and `previous` (1, 1, H, W) the last mask's probabilities; it gives
`logits` (1, 1, h, w). This is what training a click model on a project's own masks exports.

Source: Sofiiuk, Petrov, Konushin 2022 (RITM): discs as click maps, the previous mask as a channel.
Cost: one run of the graph a proposal.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from annotator.clicks.graph import Graph
from annotator.clicks.interface import Embedding, Picture, Points, Prompt, Proposal, fitted, on_grid
from annotator.clicks.sam import DEVIATION, MEAN
from annotator.core.errors import InvalidInput

PICTURE, CLICKS, PREVIOUS, LOGITS = "image", "clicks", "previous", "logits"
STEADY = 20.0  # logits beyond this are 0 or 1 to any precision that matters


@dataclass(frozen=True, slots=True)
class ClickNetSettings:
    """What cannot be read from the graph.

    Attributes:
        longest: the picture's longest side is scaled to this where the graph leaves its sides open.
        multiple: both sides are padded to a multiple of this.
        radius: of the discs, in pixels of the graph's input.
        mean, deviation: of each channel, 0..255.
    """

    longest: int = 512
    multiple: int = 32
    radius: int = 5
    mean: tuple[float, float, float] = MEAN
    deviation: tuple[float, float, float] = DEVIATION


class ClickNetSegmenter:
    """A click model; its graph is opened when it is first needed."""

    ahead = False

    def __init__(self, model: Path, *, version: str, settings: ClickNetSettings | None = None) -> None:
        self.version = version
        self._path = model
        self._settings = settings or ClickNetSettings()
        self._lock = threading.Lock()

    @cached_property
    def _graph(self) -> Graph:
        graph = Graph(self._path)
        graph.need("input", [PICTURE, CLICKS, PREVIOUS])
        graph.need("output", [LOGITS])
        port = graph.inputs[PICTURE]
        if len(port.shape) != 4 or port.shape[1] not in (3, None):
            raise InvalidInput(f"the input {port} is no picture; (1, 3, height, width) is needed")
        return graph

    def embed(self, picture: Picture) -> Embedding:
        """Fit the picture to the graph; nothing is computed ahead. See `Segmenter.embed`."""
        with self._lock:
            sides = self._graph.inputs[PICTURE].shape[-2:]
        height, width = picture.shape[:2]
        room = sides[1] or self._settings.longest, sides[0] or self._settings.longest
        scale = min(room[0] / width, room[1] / height)
        inside = max(1, round(width * scale)), max(1, round(height * scale))
        grid = sides[1] or self._padded(inside[0]), sides[0] or self._padded(inside[1])
        small = {PICTURE: fitted(picture, *inside)}
        return Embedding(small, width, height, grid, inside[0] / width, inside[1] / height)

    def predict(self, embedding: Embedding, prompt: Prompt) -> Proposal:
        """Run the graph. A box is told by a click in its middle and, without a mask to begin with, by its area."""
        with self._lock:
            graph = self._graph
        columns, rows = embedding.grid
        positive = prompt.positive
        previous = np.zeros((rows, columns), np.float32)
        if prompt.previous is not None and prompt.previous.shape == (rows, columns):
            previous = 1 / (1 + np.exp(-np.clip(prompt.previous, -STEADY, STEADY)))
        elif prompt.mask is not None:
            previous = on_grid(prompt.mask, rows, columns, (1 / embedding.across, 1 / embedding.down))
        elif prompt.box is not None:
            x0, y0, x1, y1 = (
                (np.array(prompt.box).reshape(2, 2) * _scale(embedding)).ravel().round().astype(int)
            )
            previous[max(0, y0) : y1, max(0, x0) : x1] = 1
        if prompt.box is not None and len(positive) == 0:
            middle = np.array(prompt.box).reshape(2, 2).mean(axis=0)
            positive = middle[None]
        maps = np.stack([self._discs(points, embedding) for points in (positive, prompt.negative)])
        feeds = {PICTURE: self._fed(embedding), CLICKS: maps[None], PREVIOUS: previous[None, None]}
        [logits] = graph.run([LOGITS], feeds)
        logits = np.ascontiguousarray(logits.reshape(logits.shape[-2:]), np.float32)
        cell = columns / logits.shape[1] / embedding.across, rows / logits.shape[0] / embedding.down
        return Proposal(logits, cell, None)

    def _padded(self, side: int) -> int:
        multiple = self._settings.multiple
        return -(-side // multiple) * multiple

    def _fed(self, embedding: Embedding) -> npt.NDArray[np.float32]:
        small = embedding.tensors[PICTURE]
        columns, rows = embedding.grid
        padded = np.zeros((1, 3, rows, columns), np.float32)
        values = (small.astype(np.float32) - self._settings.mean) / self._settings.deviation
        padded[0, :, : small.shape[0], : small.shape[1]] = values.transpose(2, 0, 1)
        return padded

    def _discs(self, points: Points, embedding: Embedding) -> npt.NDArray[np.float32]:
        columns, rows = embedding.grid
        drawn: npt.NDArray[Any] = np.zeros((rows, columns), np.uint8)
        for x, y in points * _scale(embedding):
            cv2.circle(drawn, (int(x), int(y)), self._settings.radius, 1, -1)
        return drawn.astype(np.float32)


def _scale(embedding: Embedding) -> npt.NDArray[np.float64]:
    return np.array([embedding.across, embedding.down])
