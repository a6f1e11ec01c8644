"""A semantic and an instance model as one panoptic predictor.

Owns running both and putting objects together that may have come tile by tile. The rule is that of `fuse.py`, which
measures it on whole label maps: things first, the surest on top, one that is mostly covered left out; stuff where no
thing is, one object a class; what the label map calls a thing and no instance vouches for stays unlabelled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from annotator.core.raster import bitmap_of, mask_from_bitmap
from ml_worker.fuse import LEAST_LEFT, SMALL_STUFF
from ml_worker.objects import Found, clear, settle_overlaps, union
from ml_worker.pictures import Pixels, Source
from ml_worker.predictors import Prediction, Predictor, Prepared
from ml_worker.uncertainty import Overlay, image_uncertainty


@dataclass(frozen=True, slots=True, eq=False)
class PreparedTwice(Prepared):
    """A picture as both networks take it."""

    other: Prepared


class FusedPredictor:
    """Both models, one result.

    Args:
        things: class indices that are things. smallest: pixels of a thing.
    """

    def __init__(
        self, semantic: Predictor, instance: Predictor, *, things: Sequence[int], smallest: int = 0
    ) -> None:
        self._semantic, self._instance = semantic, instance
        self._things = frozenset(things)
        self._smallest = smallest

    def fits(self, height: int, width: int) -> bool:
        return self._semantic.fits(height, width) and self._instance.fits(height, width)

    def prepare(self, pixels: Pixels) -> Prepared:
        one, other = self._semantic.prepare(pixels), self._instance.prepare(pixels)
        return PreparedTwice(one.pixels, one.size, other)

    def see(self, batch: Sequence[Prepared]) -> list[Any]:
        others = [one.other for one in batch if isinstance(one, PreparedTwice)]
        seen = zip(self._semantic.see(batch), self._instance.see(others), strict=True)
        return [(*pair, one.size) for pair, one in zip(seen, batch, strict=True)]

    def finish(self, seen: Any) -> Prediction:
        semantic, instance, size = seen
        return self._fused(self._semantic.finish(semantic), self._instance.finish(instance), size)

    def tiled(self, source: Source) -> Prediction:
        size = source.height, source.width
        return self._fused(_predicted(self._semantic, source), _predicted(self._instance, source), size)

    def _fused(self, semantic: Prediction, instance: Prediction, size: tuple[int, int]) -> Prediction:
        things = [one for one in instance.found if one.class_index in self._things]
        kept = settle_overlaps(things, smallest=self._smallest, least_left=LEAST_LEFT)
        parts: dict[int, list[Found]] = {}
        for one in semantic.found:
            if one.class_index not in self._things:
                parts.setdefault(one.class_index, []).append(one)
        least = max(1, round(SMALL_STUFF * size[0] * size[1]))
        stuff = [one for group in parts.values() for one in _stuff(group, kept, least)]
        by_class = {index: value for index, value in semantic.by_class.items() if index not in self._things}
        by_class |= {index: value for index, value in instance.by_class.items() if index in self._things}
        overlay = Overlay(*size)
        overlay.take(np.maximum(semantic.overlay.values(), instance.overlay.values()))
        features = semantic.features if semantic.features is not None else instance.features
        return Prediction([*stuff, *kept], image_uncertainty(by_class), by_class, features, overlay)


def _predicted(predictor: Predictor, source: Source) -> Prediction:
    """A picture that is too large for one of the two may fit the other."""
    if not predictor.fits(source.height, source.width):
        return predictor.tiled(source)
    pixels = source.window((0, 0, source.width, source.height))
    return predictor.finish(predictor.see([predictor.prepare(pixels)])[0])


def _stuff(group: Sequence[Found], things: Sequence[Found], least: int) -> list[Found]:
    """One object of a class's parts, where no thing is; none where too little is left."""
    mask = union([one.mask for one in group])
    bitmap = bitmap_of(mask).copy()
    for one in things:
        clear(bitmap, mask, one.mask)
    if int(bitmap.sum()) < least:
        return []
    areas = np.array([one.area for one in group], np.float64)
    score = float(np.average([one.score for one in group], weights=areas))
    unsure = float(np.average([one.uncertainty for one in group], weights=areas))
    return [Found(group[0].class_index, mask_from_bitmap(bitmap, mask.x, mask.y), score, unsure)]
