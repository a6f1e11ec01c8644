"""Click models of one graph: a picture, maps of the clicks and the last mask in, logits out. Nothing is embedded.

Owns how marks are drawn into maps. The graph takes `image` (1, 3, H, W) normalised RGB, `clicks` (1, 2, H, W) discs of
1 over the positive and over the negative marks, and `previous` (1, 1, H, W) the last mask's probabilities; it gives
`logits` (1, 1, h, w). This is what training a click model on a project's own masks exports.

Source: Sofiiuk, Petrov, Konushin 2022 (RITM): discs as click maps, the previous mask as a channel, and (with `focus`)
a closer look around what was found.
Cost: one run of the graph a proposal; with `focus` up to three, one once there is a mask.
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
from annotator.clicks.interface import (
    Embedding,
    Logits,
    Picture,
    Points,
    Prompt,
    Proposal,
    fitted,
    on_grid,
)
from annotator.clicks.looks import Region, next_region, region_around, resized
from annotator.clicks.sam import DEVIATION, MEAN
from annotator.core.errors import InvalidInput
from annotator.core.words import _

PICTURE, CLICKS, PREVIOUS, LOGITS = "image", "clicks", "previous", "logits"
STEADY = 20.0  # logits beyond this are 0 or 1 to any precision that matters
KEPT = 1024  # longest side of the picture that is kept for closer looks: what the encoders of other models see, too
MOST_LOOKS = 3
LEAST_LOOK = 4  # a look is no smaller than `focus` over this: beyond it, enlarging shows nothing new


@dataclass(frozen=True, slots=True)
class ClickNetSettings:
    """What cannot be read from the graph.

    Attributes:
        longest: the picture's longest side is scaled to this where the graph leaves its sides open.
        multiple: both sides are padded to a multiple of this.
        radius: of the discs, in pixels of the graph's input.
        mean, deviation: of each channel, 0..255.
        focus: the side to which the square around what was found is scaled for a closer look; 0: no closer looks.
    """

    longest: int = 512
    multiple: int = 32
    radius: int = 5
    focus: int = 0
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
            raise InvalidInput(
                _("the input %(port)s is no picture; (1, 3, height, width) is needed") % {"port": port}
            )
        return graph

    def check(self) -> None:
        """Open the graph. Raises InvalidInput where it is no click model's."""
        with self._lock:
            _ = self._graph

    def embed(self, picture: Picture) -> Embedding:
        """Fit the picture to the graph; nothing is computed ahead. See `Segmenter.embed`."""
        self.check()
        height, width = picture.shape[:2]
        if self._settings.focus:
            scale = min(1.0, KEPT / max(width, height))
            kept = max(1, round(width * scale)), max(1, round(height * scale))
            small = {PICTURE: fitted(picture, *kept)}
            return Embedding(small, width, height, kept, kept[0] / width, kept[1] / height)
        inside, grid = self._sizes((width, height), self._settings.longest)
        small = {PICTURE: fitted(picture, *inside)}
        return Embedding(small, width, height, grid, inside[0] / width, inside[1] / height)

    def predict(self, embedding: Embedding, prompt: Prompt) -> Proposal:
        """Run the graph. A box is told by a click in its middle and, without a mask to begin with, by its area."""
        self.check()
        positive = prompt.positive
        if prompt.box is not None and len(positive) == 0:
            positive = np.array(prompt.box).reshape(2, 2).mean(axis=0)[None]
        scale = np.array([embedding.across, embedding.down])
        points = positive * scale, prompt.negative * scale
        begun = _begun(embedding, prompt)
        picture = embedding.tensors[PICTURE]
        if self._settings.focus:
            logits = self._looked(picture, points, begun)
        else:
            logits = self._run(picture, embedding.grid, points, begun)
        columns, rows = embedding.grid
        cell = columns / logits.shape[1] / embedding.across, rows / logits.shape[0] / embedding.down
        return Proposal(logits, cell, None)

    def _looked(
        self,
        picture: Picture,
        points: tuple[Points, Points],
        begun: npt.NDArray[np.float32] | None,
    ) -> Logits:
        """Look at the picture, or at what is begun with, and closer until a look shows all that it found."""
        size = picture.shape[1], picture.shape[0]
        least = max(1, self._settings.focus // LEAST_LOOK)
        whole: Region = (0, 0, *size)
        region, side = whole, self._settings.longest
        if begun is not None:
            around = region_around(begun > 0.5, points[0], size=size, least=least)
            region, side = around or whole, self._settings.focus if around else side
        logits = np.zeros((0, 0), np.float32)
        for _look in range(MOST_LOOKS):
            logits = self._look(picture, region, side, points, begun)
            wanted = next_region(logits > 0, points[0], region, size=size, least=least)
            if wanted is None:
                break
            region, side = wanted, self._settings.focus
            begun = _likely(logits)
        return logits

    def _look(
        self,
        picture: Picture,
        region: Region,
        side: int,
        points: tuple[Points, Points],
        begun: npt.NDArray[np.float32] | None,
    ) -> Logits:
        """Run the graph on a region. Gives logits of the whole picture, steadily off beyond the region."""
        x0, y0, x1, y1 = region
        inside, grid = self._sizes((x1 - x0, y1 - y0), side)
        scale = np.array([inside[0] / (x1 - x0), inside[1] / (y1 - y0)])
        moved = [(one - (x0, y0)) * scale for one in points]
        seen = [one[np.all((one >= 0) & (one < inside), axis=1)] for one in moved]
        part = None
        if begun is not None:
            part = np.zeros((grid[1], grid[0]), np.float32)
            part[: inside[1], : inside[0]] = resized(begun[y0:y1, x0:x1], *inside)
        shown = fitted(np.ascontiguousarray(picture[y0:y1, x0:x1]), *inside)
        found = resized(self._run(shown, grid, (seen[0], seen[1]), part), *grid)
        whole = np.full(picture.shape[:2], -STEADY, np.float32)
        whole[y0:y1, x0:x1] = resized(found[: inside[1], : inside[0]], x1 - x0, y1 - y0)
        return whole

    def _run(
        self,
        shown: Picture,
        grid: tuple[int, int],
        points: tuple[Points, Points],
        begun: npt.NDArray[np.float32] | None,
    ) -> Logits:
        """Run the graph on a picture at the top-left corner of a grid; points and `begun` are of the grid."""
        columns, rows = grid
        padded = np.zeros((1, 3, rows, columns), np.float32)
        values = (shown.astype(np.float32) - self._settings.mean) / self._settings.deviation
        padded[0, :, : shown.shape[0], : shown.shape[1]] = values.transpose(2, 0, 1)
        maps = np.stack([discs(one, grid, radius=self._settings.radius) for one in points])
        previous = np.zeros((rows, columns), np.float32) if begun is None else begun
        feeds = {PICTURE: padded, CLICKS: maps[None], PREVIOUS: previous[None, None]}
        [logits] = self._graph.run([LOGITS], feeds)
        return np.ascontiguousarray(logits.reshape(logits.shape[-2:]), np.float32)

    def _sizes(self, size: tuple[int, int], longest: int) -> tuple[tuple[int, int], tuple[int, int]]:
        """Give width and height of the scaled picture, and of the grid on which it lies."""
        sides = self._graph.inputs[PICTURE].shape[-2:]
        room = sides[1] or longest, sides[0] or longest
        scale = min(room[0] / size[0], room[1] / size[1])
        inside = max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
        return inside, (sides[1] or self._padded(inside[0]), sides[0] or self._padded(inside[1]))

    def _padded(self, side: int) -> int:
        multiple = self._settings.multiple
        return -(-side // multiple) * multiple


def discs(points: Points, grid: tuple[int, int], *, radius: int) -> npt.NDArray[np.float32]:
    """Draw a map of clicks: discs of 1. Training draws them by this same function.

    Args:
        points: (N, 2) x, y in pixels of the grid. grid: width and height. radius: of a disc, in pixels.

    Returns:
        (height, width) float32.
    """
    drawn: npt.NDArray[Any] = np.zeros((grid[1], grid[0]), np.uint8)
    for x, y in points:
        cv2.circle(drawn, (int(x), int(y)), radius, 1, -1)
    return drawn.astype(np.float32)


def _begun(embedding: Embedding, prompt: Prompt) -> npt.NDArray[np.float32] | None:
    """Give what to begin with on the embedding's grid, 0..1: the last mask, a mask, or a box's area."""
    columns, rows = embedding.grid
    if prompt.previous is not None and prompt.previous.shape == (rows, columns):
        return _likely(prompt.previous)
    if prompt.mask is not None:
        return on_grid(prompt.mask, rows, columns, (1 / embedding.across, 1 / embedding.down))
    if prompt.box is None:
        return None
    scale = np.array([embedding.across, embedding.down])
    x0, y0, x1, y1 = (np.array(prompt.box).reshape(2, 2) * scale).ravel().round().astype(int)
    area = np.zeros((rows, columns), np.float32)
    area[max(0, y0) : y1, max(0, x0) : x1] = 1
    return area


def _likely(logits: Logits) -> npt.NDArray[np.float32]:
    return (1 / (1 + np.exp(-np.clip(logits, -STEADY, STEADY)))).astype(np.float32)
