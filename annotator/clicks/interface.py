"""What every click model answers to: it embeds a picture once and then proposes a mask for each set of marks.

Owns the value types that models share and the step from a model's coarse logits to pixels. Does not own a model, where
its files lie (`registry.py`), nor where embeddings are kept (`annotator/selectors/click.py`).

All coordinates are pixels of the picture that was embedded: continuous, x right, y down, pixel (i, j) covers
[i, i+1) x [j, j+1).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

Picture: TypeAlias = npt.NDArray[np.uint8]
"""(H, W, 3) uint8 RGB."""
Mask: TypeAlias = npt.NDArray[np.bool_]
"""(H, W) bool."""
Logits: TypeAlias = npt.NDArray[np.float32]
"""(h, w) float32 on a model's own grid, above 0 on the object."""
Points: TypeAlias = npt.NDArray[np.float64]
"""(N, 2) float64 x, y."""

SPECK = (
    16  # cells of a coarse grid; below it halves the parts of a mask and changes its IoU by less than 0.002
)

NO_POINTS: Points = np.zeros((0, 2))


@dataclass(frozen=True, slots=True, eq=False)
class Embedding:
    """A picture as a model sees it.

    Attributes:
        tensors: by the names under which the model wants them back.
        width, height: of the picture that was embedded.
        grid: width and height of the model's input; the picture's top-left corner is the grid's.
        across, down: grid pixels per picture pixel. What lies beyond the picture on the grid is padding.
    """

    tensors: Mapping[str, npt.NDArray[Any]]
    width: int
    height: int
    grid: tuple[int, int]
    across: float
    down: float

    @property
    def size_bytes(self) -> int:
        return sum(one.nbytes for one in self.tensors.values())


@dataclass(frozen=True, slots=True, eq=False)
class Prompt:
    """What a person marked.

    Attributes:
        positive, negative: (N, 2) points on the object, and off it.
        box: x0, y0, x1, y1 around the object.
        previous: logits of the last proposal for the same object on the same embedding.
        mask: (H, W) bool of the picture: a mask to begin with, where there is no `previous`.
    """

    positive: Points = field(default_factory=lambda: NO_POINTS)
    negative: Points = field(default_factory=lambda: NO_POINTS)
    box: tuple[float, float, float, float] | None = None
    previous: Logits | None = None
    mask: Mask | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Proposal:
    """What a model found.

    Attributes:
        logits: (h, w) on a coarse grid that begins at the picture's top-left corner.
        cell: width and height of one of its cells in picture pixels.
        score: the model's own guess of its IoU, 0..1; None from models that make none.
    """

    logits: Logits
    cell: tuple[float, float]
    score: float | None


class Segmenter(Protocol):
    """A click model.

    Attributes:
        version: 16 hex digits of its files' checksums and settings: what was embedded with one is of no use to another.
        ahead: embedding takes so long that it is done ahead of the clicks and kept.
    """

    @property
    def version(self) -> str: ...

    @property
    def ahead(self) -> bool: ...

    def embed(self, picture: Picture) -> Embedding:
        """Embed a picture of any size.

        Raises:
            InvalidInput: the model's files can't do it; the message says what is missing.
        """
        ...

    def predict(self, embedding: Embedding, prompt: Prompt) -> Proposal:
        """Propose a mask. Raises InvalidInput as `embed` does."""
        ...


def pixels_of(
    proposal: Proposal, width: int, height: int, *, scale: tuple[float, float] = (1.0, 1.0)
) -> tuple[int, int, Mask]:
    """Give the pixels whose bilinear logit is above 0.

    Args:
        width, height: of what is wanted.
        scale: its pixels per picture pixel, across and down (above 1 where a picture was scaled down before it was
            embedded).

    Returns:
        x, y and (h, w) bool: a crop that holds every set pixel; the cost is that of the crop, not of the whole.
    """
    rows, columns = np.nonzero(proposal.logits > 0)
    if len(rows) == 0:
        return 0, 0, np.zeros((0, 0), np.bool_)
    cell_x, cell_y = proposal.cell[0] * scale[0], proposal.cell[1] * scale[1]
    # Between a cell's centre above 0 and a neighbour's below, the logit passes 0 less than one cell away.
    x0 = max(0, math.floor((int(columns.min()) - 0.5) * cell_x))
    y0 = max(0, math.floor((int(rows.min()) - 0.5) * cell_y))
    x1 = min(width, math.ceil((int(columns.max()) + 1.5) * cell_x))
    y1 = min(height, math.ceil((int(rows.max()) + 1.5) * cell_y))
    if x1 <= x0 or y1 <= y0:
        return 0, 0, np.zeros((0, 0), np.bool_)
    # Pixel x of the crop has its centre at (x0 + x + 0.5) / cell - 0.5 on the grid.
    step = np.array([[1 / cell_x, 0, (x0 + 0.5) / cell_x - 0.5], [0, 1 / cell_y, (y0 + 0.5) / cell_y - 0.5]])
    finer = cv2.warpAffine(
        proposal.logits,
        step,
        (x1 - x0, y1 - y0),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return x0, y0, np.asarray(finer) > 0


def without_specks(proposal: Proposal) -> Proposal:
    """Give the proposal without specks and pinholes of a few cells, which are noise of the coarse grid.

    The largest part always stays. What is given back to a model with the next mark is the proposal as it was.
    """
    on = (proposal.logits > 0).astype(np.uint8)
    logits = proposal.logits.copy()
    for inside, value in ((on, -1.0), (1 - on, 1.0)):
        count, labels, stats, _centres = cv2.connectedComponentsWithStats(inside, connectivity=8)
        if count > 2:
            areas = np.asarray(stats)[:, cv2.CC_STAT_AREA]
            small = areas < SPECK
            small[0] = small[1 + int(np.argmax(areas[1:]))] = False  # 0 is what is not inside
            logits[small[np.asarray(labels, np.intp)]] = value
    return Proposal(logits, proposal.cell, proposal.score)


def fitted(picture: Picture, width: int, height: int) -> Picture:
    """Give the picture at this size: averaged where it shrinks, linear where it grows."""
    if picture.shape[:2] == (height, width):
        return picture
    shrinks = width < picture.shape[1]
    way = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, (width, height), interpolation=way), np.uint8)


def on_grid(mask: Mask, rows: int, columns: int, cell: tuple[float, float]) -> npt.NDArray[np.float32]:
    """Give the share of each coarse cell that a picture's mask covers: (rows, columns) 0..1."""
    width, height = round(mask.shape[1] / cell[0]), round(mask.shape[0] / cell[1])
    size = min(columns, max(1, width)), min(rows, max(1, height))
    share = cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    cells = np.zeros((rows, columns), np.float32)
    cells[: size[1], : size[0]] = share
    return cells
