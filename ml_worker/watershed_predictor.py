"""A U-Net that separates touching objects: stuff as connected parts, things by a watershed of its distance channel.

Owns how label map and instances go together, and tiles of it. Does not own the watershed (`watershed.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ml_worker import uncertainty as unsure
from ml_worker.networks import SemanticNetwork
from ml_worker.objects import Found, Parts, objects_of_numbers, parts_of
from ml_worker.pictures import Frame, Source
from ml_worker.predictors import (
    Floats,
    Options,
    Prediction,
    Prepared,
    SeenMaps,
    SemanticPredictor,
    batches,
    calibrated,
)
from ml_worker.tiles import blended_strips, join_tiles
from ml_worker.watershed import Watershed, separate

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class SeenDistance(SeenMaps):
    """Label map, (K, H, W) probabilities of the thing classes, and (H, W) distance 0..1."""

    things: Floats
    distance: Floats


class WatershedPredictor(SemanticPredictor):
    """Connected parts of the stuff, and instances of the things."""

    def __init__(self, network: SemanticNetwork, options: Options) -> None:
        super().__init__(network, options)
        first = len(self._indices) - len(options.classes)
        self._rows = [first + at for at, one in enumerate(options.classes) if one.is_thing]
        self._thing_classes = [one.index for one in options.classes if one.is_thing]
        self._is_thing = np.isin(np.arange(256), self._thing_classes)
        given = options.settings["watershed"] or {}
        self._watershed = Watershed(**{key: float(value) for key, value in given.items()})
        # The temperature was fitted to the scores of objects, and the thresholds to plain probabilities.
        self._pixel_temperature = 1.0

    def see(self, batch: Sequence[Prepared]) -> list[SeenMaps]:
        logits, features = self.logits(batch)
        return [
            self._seen(one, features[at] if features is not None else None) for at, one in enumerate(logits)
        ]

    def _seen(self, logits: Tensor, features: Floats | None) -> SeenDistance:
        """Of (C + 1, H, W) logits, the last of which is the distance."""
        shares = logits[:-1].softmax(dim=0)[self._rows]
        return SeenDistance(
            unsure.pixel_maps(logits[None, :-1], self._pixel_temperature)[0],
            features,
            shares.float().cpu().numpy(),
            logits[-1].sigmoid().float().cpu().numpy(),
        )

    def finish(self, seen: SeenMaps) -> Prediction:
        assert isinstance(seen, SeenDistance)
        maps = seen.maps
        things, taken = self._things(seen)
        labels = self._index_of[maps.outputs]
        labels[taken | self._is_thing[labels]] = 0
        overlay = unsure.Overlay(*labels.shape)
        overlay.add((0, 0, labels.shape[1], labels.shape[0]), maps.entropy)
        stuff = parts_of(labels, maps.confidence, maps.entropy, smallest=self._smallest)
        return self._prediction([*stuff, *self._sure(things)], maps.class_tiles, seen.features, overlay)

    def _things(self, seen: SeenDistance) -> tuple[list[Found], np.ndarray]:
        """The instances with calibrated scores, and the pixels that they take."""
        found = separate(seen.things, seen.distance, class_of=self._thing_classes, settings=self._watershed)
        scores = [calibrated(one, self._temperature) for one in found.scores]
        objects = objects_of_numbers(
            found.numbers, found.class_of, scores, seen.maps.entropy, smallest=self._smallest
        )
        return objects, found.numbers > 0

    def _sure(self, things: Sequence[Found]) -> list[Found]:
        least = float(self._options.settings["confidence"])
        kept = sorted((one for one in things if one.score >= least), key=lambda one: -one.score)
        return kept[: int(self._options.settings["detections"])]

    def tiled(self, source: Source) -> Prediction:
        """Things tile by tile, joined across seams; stuff from the blended logits."""
        size = source.height, source.width
        parts, overlay = Parts(*size, smallest=self._smallest), unsure.Overlay(*size)
        tiles = np.zeros(len(self._indices), np.float32)
        features: list[Floats] = []
        things: dict[Frame, list[Found]] = {}
        strips = blended_strips(
            size,
            self._options.tiles(),
            lambda frames: self._thing_tiles(source, frames, features, things),
            channels=self._network.outputs,
        )
        for frame, logits in strips:
            maps = unsure.pixel_maps(logits[None, :-1], self._pixel_temperature)[0]
            labels = self._index_of[maps.outputs]
            labels[self._is_thing[labels]] = 0
            parts.add(frame, labels, maps.confidence, maps.entropy)
            overlay.add(frame, maps.entropy)
            np.maximum(tiles, maps.class_tiles, out=tiles)
        mean = np.mean(features, axis=0) if features else None
        joined = self._sure(join_tiles(list(things.items())))
        return self._prediction([*parts.found(), *joined], tiles, mean, overlay)

    def _thing_tiles(
        self,
        source: Source,
        frames: Sequence[Frame],
        features: list[Floats],
        things: dict[Frame, list[Found]],
    ) -> Iterator[Tensor]:
        for batch in batches(frames, self._options.batch):
            logits, seen = self.logits([self.prepare(source.window(one)) for one in batch])
            features.extend(seen if seen is not None else [])
            for frame, one in zip(batch, logits, strict=True):
                if frame not in things:  # a tile at the border of two bands is seen twice
                    found, _ = self._things(self._seen(one, None))
                    things[frame] = [moved(each, frame[0], frame[1]) for each in found]
                yield one


def moved(one: Found, x: int, y: int) -> Found:
    """An object of a tile in pixels of the picture."""
    return replace(one, mask=replace(one.mask, x=one.mask.x + x, y=one.mask.y + y))
