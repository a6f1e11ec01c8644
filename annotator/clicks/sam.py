"""Pairs of encoder and decoder of the SAM family: MobileSAM, SAM, SAM 2 and others exported the same way.

Owns how a picture is fitted to the encoder, how marks are told to the decoder, and which outputs are read. Names and
sizes come from the graphs themselves, so that a new export needs no code. Does not own where the files lie.

Source: Kirillov et al. 2023 (SAM) and its `export_onnx_model.py`; Zhang et al. 2023 (MobileSAM); Ravi et al. 2024
(SAM 2).
Cost: one run of the encoder a picture, one of the decoder (45 ms on 2 cores for MobileSAM) a proposal.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from annotator.clicks.graph import Graph, Port
from annotator.clicks.interface import Embedding, Logits, Picture, Prompt, Proposal, fitted, on_grid
from annotator.core.errors import InvalidInput
from annotator.core.words import _

MEAN = (123.675, 116.28, 103.53)  # of ImageNet, 0..255, which the whole family was trained with
DEVIATION = (58.395, 57.12, 57.375)
LOW = 256  # a side of the decoder's mask input where the graph does not say
MASK_LOGIT = (
    16.0  # of a whole cell of a mask that is begun with; 2 to 8 lose up to 0.03 IoU: benchmarks/clicks.py
)

POINTS, LABELS, MASK, HAS_MASK, SIZE = (
    "point_coords",
    "point_labels",
    "mask_input",
    "has_mask_input",
    "orig_im_size",
)
SCORES = ("iou_predictions", "iou_prediction", "iou_pred", "scores")
LOW_MASKS = ("low_res_masks", "low_res_logits")
ON, OFF, CORNER, FAR_CORNER, NOTHING = 1, 0, 2, 3, -1  # the decoder's labels


@dataclass(frozen=True, slots=True)
class SamSettings:
    """What cannot be read from the graphs.

    Attributes:
        fit: `longest` scales the longest side and pads (SAM, MobileSAM), `square` stretches (SAM 2); None: by the
            graph.
        mean, deviation: of each channel, 0..255, taken off before the encoder sees the picture.
    """

    fit: str | None = None
    mean: tuple[float, float, float] = MEAN
    deviation: tuple[float, float, float] = DEVIATION


class SamSegmenter:
    """A pair of graphs; each is opened when it is first needed, so that the web process never holds an encoder."""

    ahead = True

    def __init__(
        self, encoder: Path, decoder: Path, *, version: str, settings: SamSettings | None = None
    ) -> None:
        self.version = version
        self._paths = encoder, decoder
        self._settings = settings or SamSettings()
        self._lock = threading.Lock()

    @cached_property
    def _encoder(self) -> Graph:
        graph = Graph(self._paths[0])
        if len(graph.inputs) != 1:
            raise InvalidInput(
                _("%(name)s has %(count)s inputs; an encoder has one, the picture")
                % {"name": graph.path.name, "count": len(graph.inputs)}
            )
        return graph

    @cached_property
    def _decoder(self) -> Graph:
        graph = Graph(self._paths[1])
        graph.need("input", [POINTS, LABELS])
        if not _named(graph, SCORES):
            graph.need("output", [SCORES[0]])
        if not _named(graph, LOW_MASKS):
            graph.need("output", ["masks"])
        return graph

    def embed(self, picture: Picture) -> Embedding:
        """Run the encoder. See `Segmenter.embed`."""
        with self._lock:
            encoder, decoder = self._encoder, self._decoder
        [port] = encoder.inputs.values()
        wanted = _wanted(decoder)
        sources = _matched(encoder, wanted)
        grid = _grid(port)
        fit = self._settings.fit or ("square" if len(wanted) > 1 else "longest")
        height, width = picture.shape[:2]
        if fit == "square":
            inside = grid
        else:
            scale = min(grid[0] / width, grid[1] / height)
            inside = max(1, round(width * scale)), max(1, round(height * scale))
        small = fitted(picture, *inside)
        found = encoder.run(list(sources.values()), {port.name: self._fed(small, port, grid)})
        tensors = {name: _halved(value) for name, value in zip(sources, found, strict=True)}
        return Embedding(tensors, width, height, grid, inside[0] / width, inside[1] / height)

    def predict(self, embedding: Embedding, prompt: Prompt) -> Proposal:
        """Run the decoder. See `Segmenter.predict`."""
        with self._lock:
            decoder = self._decoder
        missing = [name for name in _wanted(decoder) if name not in embedding.tensors]
        if missing:
            raise InvalidInput(
                _("the embedding has no %(names)s; it was made by another encoder")
                % {"names": ", ".join(missing)}
            )
        feeds: dict[str, npt.NDArray[Any]] = {
            name: np.asarray(embedding.tensors[name], np.float32) for name in _wanted(decoder)
        }
        points, labels = _marks(_with_mask(prompt), embedding)
        feeds |= {POINTS: points[None], LABELS: labels[None]}
        rows, columns = _low(decoder)
        feeds |= _begun(decoder, prompt, embedding, (rows, columns))
        if (
            SIZE in decoder.inputs
        ):  # asks for the size of the picture: the smallest with its proportions will do
            longest = max(embedding.width, embedding.height)
            feeds[SIZE] = np.array(
                [embedding.height / longest * rows, embedding.width / longest * rows]
            ).round()
        low = _named(decoder, LOW_MASKS)
        scores_name = _named(decoder, SCORES)
        assert scores_name is not None
        masks, scores = decoder.run([low or "masks", scores_name], feeds)
        masks = masks.reshape(-1, *masks.shape[-2:])
        best = int(np.argmax(scores.reshape(-1)))
        logits = np.ascontiguousarray(masks[best], np.float32)
        whole = low is None and SIZE in decoder.inputs
        cell = _cell(logits, embedding, whole=whole)
        return Proposal(logits, cell, float(np.clip(scores.reshape(-1)[best], 0, 1)))

    def _fed(self, small: Picture, port: Port, grid: tuple[int, int]) -> npt.NDArray[Any]:
        """Give what the encoder takes: normalised and padded channels, or (for graphs that do so) plain pixels."""
        if len(port.shape) == 3:
            return small.astype(np.float32)
        values = (small.astype(np.float32) - self._settings.mean) / self._settings.deviation
        padded = np.zeros((1, 3, grid[1], grid[0]), np.float32)
        padded[0, :, : small.shape[0], : small.shape[1]] = values.transpose(2, 0, 1)
        return padded


def _named(graph: Graph, names: tuple[str, ...]) -> str | None:
    return next((name for name in names if name in graph.outputs), None)


def _wanted(decoder: Graph) -> list[str]:
    """Give the decoder's inputs that come from the encoder."""
    return [name for name in decoder.inputs if name not in (POINTS, LABELS, MASK, HAS_MASK, SIZE)]


def _matched(encoder: Graph, wanted: list[str]) -> dict[str, str]:
    """Find an output of the encoder for each name that the decoder wants.

    Raises:
        InvalidInput: naming those for which there is none.
    """
    if all(name in encoder.outputs for name in wanted):
        return {name: name for name in wanted}
    if len(wanted) == len(encoder.outputs) == 1:
        return {wanted[0]: next(iter(encoder.outputs))}
    encoder.need("output", wanted)
    raise AssertionError


def _grid(port: Port) -> tuple[int, int]:
    """Give width and height of the encoder's input: (1, 3, H, W), or (H, W, 3) with open sides."""
    sides = port.shape[-2:] if len(port.shape) == 4 else port.shape[:2]
    height, width = (side or 1024 for side in sides)
    if len(port.shape) not in (3, 4) or (len(port.shape) == 4 and port.shape[1] not in (3, None)):
        raise InvalidInput(
            _("the encoder's input %(port)s is no picture; (1, 3, height, width) is needed") % {"port": port}
        )
    return width, height


def _low(decoder: Graph) -> tuple[int, int]:
    if MASK not in decoder.inputs:
        return LOW, LOW
    rows, columns = decoder.inputs[MASK].shape[-2:]
    return rows or LOW, columns or LOW


def _halved(value: npt.NDArray[Any]) -> npt.NDArray[np.float16]:
    """Give 16-bit floats: half the disk and memory; what is beyond their range is held at its end."""
    limit = np.finfo(np.float16).max
    return np.clip(value, -limit, limit).astype(np.float16)


def _with_mask(prompt: Prompt) -> Prompt:
    """Tell a mask that is begun with by marks too, for as a mask alone it is easily lost (0.47 to 0.65 IoU).

    Its innermost point goes with it; and its box where nothing but background is marked, so that it can only shrink.
    """
    if prompt.mask is None or not prompt.mask.any():
        return prompt
    depth = cv2.distanceTransform(np.pad(prompt.mask, 1).astype(np.uint8), cv2.DIST_L2, 3)[1:-1, 1:-1]
    row, column = np.unravel_index(int(np.argmax(depth)), depth.shape)
    box = prompt.box
    if box is None and len(prompt.positive) == 0:
        rows, columns = np.nonzero(prompt.mask)
        box = (float(columns.min()), float(rows.min()), float(columns.max() + 1), float(rows.max() + 1))
    middle = np.array([[column + 0.5, row + 0.5]])
    return replace(prompt, positive=np.concatenate([prompt.positive, middle]), box=box)


def _marks(prompt: Prompt, embedding: Embedding) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Give the marks as the decoder's points and labels, in grid pixels."""
    parts = [prompt.positive, prompt.negative]
    labels = [ON] * len(prompt.positive) + [OFF] * len(prompt.negative)
    if prompt.box is not None:
        parts.append(np.array(prompt.box, dtype=np.float64).reshape(2, 2))
        labels += [CORNER, FAR_CORNER]
    points = np.concatenate(parts) * (embedding.across, embedding.down)
    if prompt.box is None:
        points = np.concatenate([points, [[0.0, 0.0]]])
        labels.append(NOTHING)
    return points.astype(np.float32), np.array(labels, np.float32)


def _begun(
    decoder: Graph, prompt: Prompt, embedding: Embedding, low: tuple[int, int]
) -> dict[str, npt.NDArray[Any]]:
    """Give the mask to begin with, for decoders that take one."""
    if MASK not in decoder.inputs:
        return {}
    rows, columns = low
    logits: Logits | None = prompt.previous
    if logits is not None and logits.shape != (rows, columns):
        logits = None
    if logits is None and prompt.mask is not None:
        cell = (embedding.grid[0] / columns / embedding.across, embedding.grid[1] / rows / embedding.down)
        logits = (on_grid(prompt.mask, rows, columns, cell) * 2 - 1) * np.float32(MASK_LOGIT)
    feeds = {MASK: np.zeros((1, 1, rows, columns), np.float32) if logits is None else logits[None, None]}
    if HAS_MASK in decoder.inputs:
        feeds[HAS_MASK] = np.array([0.0 if logits is None else 1.0], np.float32)
    return feeds


def _cell(logits: Logits, embedding: Embedding, *, whole: bool) -> tuple[float, float]:
    """Give the size of a cell in picture pixels. whole: the logits cover the picture and no padding."""
    rows, columns = logits.shape
    if whole:
        return embedding.width / columns, embedding.height / rows
    return embedding.grid[0] / columns / embedding.across, embedding.grid[1] / rows / embedding.down
