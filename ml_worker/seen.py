"""What a model sees in one picture: the one value that predictors make and that everything that measures takes.

Owns the value. Does not own how it comes about (`infer.py`, the nets) nor how objects travel (`objects.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from annotator.core.document import MaskGeometry
from ml_worker.folder import Picture

Labels: TypeAlias = npt.NDArray[np.uint8]
Floats: TypeAlias = npt.NDArray[np.float32]


class SeenObject(Protocol):
    """An object: `objects.Found` is one, `Detection` another."""

    @property
    def class_index(self) -> int: ...
    @property
    def mask(self) -> MaskGeometry: ...
    @property
    def score(self) -> float: ...


@dataclass(frozen=True, slots=True, eq=False)
class Detection:
    """An object as a network gave it.

    Attributes:
        class_index: the project's, 1..254. mask: cropped to its box, in pixels of the picture.
        score: 0..1, as the network gave it.
    """

    class_index: int
    mask: MaskGeometry
    score: float


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What a model sees in one picture of H x W pixels; what it does not give is None.

    Attributes:
        labels: (H, W) uint8 class indices of the project, 0 background.
        objects: instances with their own scores (temperature 1), also those far below the confidence threshold, which
            average precision is measured with. Of a panoptic model also its stuff, one object a class.
        logits: (C, H, W) float32 before the softmax, in the order of the outputs: what calibration is measured with.
        distance: (H, W) float32, 0..1: of a U-Net that separates touching objects.
    """

    labels: Labels | None = None
    objects: Sequence[SeenObject] | None = None
    logits: Floats | None = None
    distance: Floats | None = None


Predict: TypeAlias = Callable[[Picture], Seen]
"""(H, W, 3) uint8 RGB, at its own size -> what is seen in it, at that size."""
