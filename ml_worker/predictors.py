"""From networks to predictions: whole pictures in batches, large ones tile by tile.

Owns scaling, what is read out of logits and detections, and putting tiles together. Does not own the forward pass
(`networks.py`, `onnx_model.py`), the pipeline around it (`infer.py`) nor ids and JSON (`objects.py`).

A predictor works in three steps, so that the pipeline can overlap them: `prepare` in a loader's thread, `see` where the
device is, `finish` in a thread beside the next `see`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

import cv2
import numpy as np
import numpy.typing as npt

from annotator.core.raster import mask_from_bitmap
from ml_worker import uncertainty as unsure
from ml_worker.model_folder import ModelClass
from ml_worker.networks import Detections, InstanceNetwork, SemanticNetwork
from ml_worker.objects import Found, Parts, parts_of, settle_overlaps
from ml_worker.pictures import Frame, Pixels, Source
from ml_worker.tiles import Tiling, blended_strips, join_tiles

if TYPE_CHECKING:
    from torch import Tensor

Floats = npt.NDArray[np.float32]

MOST_WHOLE = 4_000_000  # pixels of a picture that is predicted in one piece: 12 classes are 200 MB of logits
TILE = 1024  # side of a tile where the plan says nothing
OVERLAP = 0.25
LEAST_SEEN = 0.05  # scores of detections that are looked at at all; evaluation wants them down to here


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """What a model predicts for one picture.

    Attributes:
        uncertainty: 0..1. by_class: by class index, those that the picture shows.
        features: (d,) or None. overlay: the map of uncertainty.
    """

    found: list[Found]
    uncertainty: float
    by_class: dict[int, float]
    features: Floats | None
    overlay: unsure.Overlay


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A picture as the network takes it. size: height and width of the picture itself."""

    pixels: Pixels
    size: tuple[int, int]


class Predictor(Protocol):
    """A model that predicts pictures."""

    def fits(self, height: int, width: int) -> bool:
        """Whether a picture is predicted in one piece."""
        ...

    def prepare(self, pixels: Pixels) -> Prepared: ...

    def see(self, batch: Sequence[Prepared]) -> list[Any]:
        """Run the network on pictures whose prepared pixels have one size."""
        ...

    def finish(self, seen: Any) -> Prediction: ...

    def tiled(self, source: Source) -> Prediction:
        """Predict a picture that does not fit."""
        ...


@dataclass(frozen=True, slots=True)
class Options:
    """What a predictor needs to know of its model and its project.

    Attributes:
        classes: in the order of the outputs. scale: of pictures before the network sees them.
        tiling: in pixels of the scaled picture; None: by `TILE` where a picture is larger than `MOST_WHOLE`.
        exclusive: no two objects share a pixel. batch: tiles that go through the network together.
    """

    classes: tuple[ModelClass, ...]
    settings: Mapping[str, Any]
    scale: float = 1.0
    tiling: Tiling | None = None
    exclusive: bool = False
    batch: int = 4
    background: bool = True

    def tiles(self) -> Tiling:
        """The tiles in pixels of the picture."""
        tiling = self.tiling or Tiling(TILE, TILE, OVERLAP)
        return replace(
            tiling,
            height=max(1, round(tiling.height / self.scale)),
            width=max(1, round(tiling.width / self.scale)),
        )

    def fits(self, height: int, width: int) -> bool:
        if self.tiling is not None:
            return self.tiles().holds(height, width)
        return height * width * self.scale * self.scale <= MOST_WHOLE

    def scaled(self, pixels: Pixels) -> Prepared:
        """A picture as large as the network learned it."""
        height, width = pixels.shape[:2]
        if self.scale == 1.0:
            return Prepared(pixels, (height, width))
        size = max(1, round(width * self.scale)), max(1, round(height * self.scale))
        way = cv2.INTER_AREA if self.scale < 1 else cv2.INTER_LINEAR
        return Prepared(np.asarray(cv2.resize(pixels, size, interpolation=way), np.uint8), (height, width))


def options_of(
    classes: tuple[ModelClass, ...],
    plan: Mapping[str, Any],
    settings: Mapping[str, Any],
    *,
    exclusive: bool = False,
) -> Options:
    """Read a plan and settings; the settings' tiling goes before the plan's."""
    cut = settings.get("tiling") or plan.get("tiling")
    tiling = None
    if cut:
        tall, wide = (int(one) for one in cut["size"])
        tiling = Tiling(tall, wide, float(cut.get("overlap", OVERLAP)))
    return Options(
        classes=classes,
        settings=settings,
        scale=float(plan.get("scale") or 1.0),
        tiling=tiling,
        exclusive=exclusive,
        background=plan.get("background", "class") == "class",
    )


# Semantic


@dataclass(frozen=True, slots=True, eq=False)
class SeenMaps:
    """What is kept of a picture's logits."""

    maps: unsure.PixelMaps
    features: Floats | None


class SemanticPredictor:
    """Connected parts of a label map."""

    def __init__(self, network: SemanticNetwork, options: Options, *, least_score: float = 0.0) -> None:
        self._network = network
        self._options = options
        self._least_score = least_score
        indices = [one.index for one in options.classes]
        self._indices = indices if not options.background else [0, *indices]
        self._index_of = np.zeros(256, np.uint8)
        # A network with one output has it against nothing, which `pixel_maps` puts before it.
        if network.outputs == 1:
            self._indices = [0, *indices]
        self._index_of[: len(self._indices)] = self._indices
        self._temperature = float(options.settings["temperature"])
        self._smallest = int(options.settings["smallest"])

    def fits(self, height: int, width: int) -> bool:
        return self._options.fits(height, width)

    def prepare(self, pixels: Pixels) -> Prepared:
        return self._options.scaled(pixels)

    def logits(self, batch: Sequence[Prepared]) -> tuple[Tensor, Floats | None]:
        """The logits of pictures of one size at the size of the pictures, (N, C, H, W), and their features."""
        logits, features = self._network([one.pixels for one in batch])
        return resized(logits, batch[0].size), features

    def see(self, batch: Sequence[Prepared]) -> list[SeenMaps]:
        logits, features = self.logits(batch)
        maps = unsure.pixel_maps(logits, self._temperature)
        return [SeenMaps(one, features[at] if features is not None else None) for at, one in enumerate(maps)]

    def finish(self, seen: SeenMaps) -> Prediction:
        maps = seen.maps
        labels = self._index_of[maps.outputs]
        overlay = unsure.Overlay(*labels.shape)
        overlay.add((0, 0, labels.shape[1], labels.shape[0]), maps.entropy)
        found = parts_of(labels, maps.confidence, maps.entropy, smallest=self._smallest)
        return self._prediction(found, maps.class_tiles, seen.features, overlay)

    def tiled(self, source: Source) -> Prediction:
        size = source.height, source.width
        parts, overlay = Parts(*size, smallest=self._smallest), unsure.Overlay(*size)
        tiles = np.zeros(len(self._indices), np.float32)
        features: list[Floats] = []
        strips = blended_strips(
            size,
            self._options.tiles(),
            lambda frames: self._tile_logits(source, frames, features),
            channels=self._network.outputs,
        )
        for frame, logits in strips:
            maps = unsure.pixel_maps(logits[None], self._temperature)[0]
            parts.add(frame, self._index_of[maps.outputs], maps.confidence, maps.entropy)
            overlay.add(frame, maps.entropy)
            np.maximum(tiles, maps.class_tiles, out=tiles)
        mean = np.mean(features, axis=0) if features else None
        return self._prediction(parts.found(), tiles, mean, overlay)

    def _tile_logits(
        self, source: Source, frames: Sequence[Frame], features: list[Floats]
    ) -> Iterator[Tensor]:
        for batch in batches(frames, self._options.batch):
            logits, seen = self.logits([self.prepare(source.window(one)) for one in batch])
            features.extend(seen if seen is not None else [])
            yield from logits

    def _prediction(
        self, found: list[Found], tiles: Floats, features: Floats | None, overlay: unsure.Overlay
    ) -> Prediction:
        classes = unsure.named_classes(tiles.tolist(), self._indices)
        classes.pop(0, None)
        kept = [one for one in found if one.score >= self._least_score]
        return Prediction(kept, unsure.image_uncertainty(classes), classes, features, overlay)


def resized(logits: Tensor, size: tuple[int, int]) -> Tensor:
    """Logits at another size."""
    from torch.nn import functional

    if tuple(logits.shape[2:]) == size:
        return logits
    return functional.interpolate(logits, size=size, mode="bilinear", align_corners=False)


def batches(frames: Sequence[Frame], size: int) -> Iterable[Sequence[Frame]]:
    """Cut a row of tiles into batches."""
    return (frames[at : at + size] for at in range(0, len(frames), size))


# Instances


@dataclass(frozen=True, slots=True, eq=False)
class SeenDetections:
    """Detections in pixels of a picture of this height and width."""

    detections: Detections
    size: tuple[int, int]
    features: Floats | None


@dataclass(slots=True)
class _Noted:
    """What all detections of a picture say of its uncertainty, also those that are not kept."""

    classes: list[int] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    values: list[float] = field(default_factory=list)


class InstancePredictor:
    """Detections with their masks."""

    def __init__(self, network: InstanceNetwork, options: Options) -> None:
        self._network = network
        self._options = options
        self._index_of = [one.index for one in options.classes]
        self._mask = float(options.settings["mask"])
        self._temperature = float(options.settings["temperature"])

    def fits(self, height: int, width: int) -> bool:
        return self._options.fits(height, width)

    def prepare(self, pixels: Pixels) -> Prepared:
        return self._options.scaled(pixels)

    def see(self, batch: Sequence[Prepared]) -> list[SeenDetections]:
        found, features = self._network([one.pixels for one in batch])
        return [
            SeenDetections(
                _at_size(one, each.pixels.shape[:2], each.size),
                each.size,
                features[at] if features is not None else None,
            )
            for at, (one, each) in enumerate(zip(found, batch, strict=True))
        ]

    def finish(self, seen: SeenDetections) -> Prediction:
        overlay, noted = unsure.Overlay(*seen.size), _Noted()
        found = list(self._found(seen, (0, 0), overlay, noted))
        return self._prediction(found, noted, seen.features, overlay)

    def tiled(self, source: Source) -> Prediction:
        overlay, noted = unsure.Overlay(source.height, source.width), _Noted()
        features: list[Floats] = []
        tiles: list[tuple[Frame, list[Found]]] = []
        for row in self._options.tiles().frames(source.height, source.width):
            for batch in batches(row, self._options.batch):
                for frame, seen in zip(
                    batch, self.see([self.prepare(source.window(one)) for one in batch]), strict=True
                ):
                    tiles.append((frame, list(self._found(seen, frame[:2], overlay, noted))))
                    features += [seen.features] if seen.features is not None else []
        mean = np.mean(features, axis=0) if features else None
        return self._prediction(join_tiles(tiles), noted, mean, overlay)

    def raw(self, seen: SeenDetections) -> list[Found]:
        """Everything that was seen, with the network's own scores, as evaluation wants it."""
        return list(self._found(seen, (0, 0), None, _Noted(), least=0.0, temperature=1.0))

    def _found(
        self,
        seen: SeenDetections,
        offset: tuple[int, int],
        overlay: unsure.Overlay | None,
        noted: _Noted,
        *,
        least: float | None = None,
        temperature: float | None = None,
    ) -> Iterator[Found]:
        """Paste the detections of a picture or tile; those that are sure enough become objects."""
        seen_of = seen.detections
        least = float(self._options.settings["confidence"]) if least is None else least
        for at in np.flatnonzero(seen_of.scores >= LEAST_SEEN).tolist():
            score = calibrated(float(seen_of.scores[at]), temperature or self._temperature)
            index = self._index_of[int(seen_of.labels[at]) - 1]
            x, y, mask = seen_of.crop(at, *seen.size)
            if mask.size == 0:
                continue
            value = unsure.detection_uncertainty(score, mask)
            noted.classes.append(index)
            noted.scores.append(score)
            noted.values.append(value)
            x, y = x + offset[0], y + offset[1]
            if overlay is not None and score >= unsure.LEAST_SCORE:
                frame = (x, y, x + mask.shape[1], y + mask.shape[0])
                overlay.raise_to(frame, unsure.binary_entropy(score * mask) * (mask > 0.1))
            if score < least:
                continue
            geometry = mask_from_bitmap(mask >= self._mask, x, y)
            if geometry.width:
                yield Found(index, geometry, score, value)

    def _prediction(
        self, found: list[Found], noted: _Noted, features: Floats | None, overlay: unsure.Overlay
    ) -> Prediction:
        settings = self._options.settings
        smallest = int(settings["smallest"])
        most = int(settings["detections"])
        kept = sorted((one for one in found if one.area >= max(1, smallest)), key=lambda one: -one.score)
        if self._options.exclusive:
            kept = settle_overlaps(kept, smallest=smallest)
        classes = unsure.classes_of_detections(noted.classes, noted.scores, noted.values)
        return Prediction(kept[:most], unsure.image_uncertainty(classes), classes, features, overlay)


def calibrated(score: float, temperature: float) -> float:
    """The sigmoid of a score's logit divided by the temperature."""
    kept = min(max(score, 1e-6), 1 - 1e-6)
    return 1 / (1 + math.exp(-math.log(kept / (1 - kept)) / max(temperature, 1e-3)))


def _at_size(found: Detections, seen: tuple[int, ...], size: tuple[int, int]) -> Detections:
    """Detections of a scaled picture in pixels of the picture itself."""
    if tuple(seen) == size:
        return found
    down, across = size[0] / seen[0], size[1] / seen[1]
    masks = found.masks
    if found.within == "picture":
        masks = np.stack([cv2.resize(one, size[::-1]) for one in masks]) if len(masks) else masks
    return replace(found, boxes=found.boxes * np.array([across, down, across, down], np.float32), masks=masks)
