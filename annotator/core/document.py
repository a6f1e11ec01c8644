"""Frozen values that describe classes, objects, images and datasets.

Owns the types that the rasteriser, the codecs, the services and the trainers exchange. Does not own how they
are stored (`annotator/models`, `core/packing.py`) nor how they travel (`api/serializers`).

Coordinates are continuous image pixels: origin at the top-left corner of the top-left pixel, x right, y down.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, BinaryIO, TypeAlias
from uuid import UUID

import numpy as np
import numpy.typing as npt

BACKGROUND = 0
VOID = 255
MAX_CLASSES = 254

Ring: TypeAlias = npt.NDArray[np.float32]
"""(N, 2) float32 x, y; N >= 3; not closed (the last point is not the first)."""

Polygon: TypeAlias = tuple[Ring, ...]
"""The outer ring first, then its holes. A pixel is inside by the even-odd rule over all the rings."""


class TaskType(StrEnum):
    SEMANTIC = "semantic"
    INSTANCE = "instance"
    PANOPTIC = "panoptic"


class Kind(StrEnum):
    POLYGON = "polygon"
    MASK = "mask"
    BOX = "box"
    POLYLINE = "polyline"
    POINT = "point"


class Split(StrEnum):
    TRAIN = "train"
    VAL = "val"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class PolygonGeometry:
    """One object of one or more polygons; the object's pixels are the union of the polygons' pixels."""

    polygons: tuple[Polygon, ...]


@dataclass(frozen=True, slots=True, eq=False)
class MaskGeometry:
    """A bitmap cropped to its box, as COCO run lengths.

    Attributes:
        x, y: column and row of the crop's top-left pixel in the image.
        width, height: size of the crop in pixels (both 0 for an empty mask).
        counts: (K,) uint32 run lengths over the crop, column-major, beginning with a run of zeros.
    """

    x: int
    y: int
    width: int
    height: int
    counts: npt.NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class BoxGeometry:
    """An axis-aligned box, xyxy."""

    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(frozen=True, slots=True, eq=False)
class PolylineGeometry:
    """An open line. points: (N, 2) float32, N >= 2."""

    points: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class PointGeometry:
    """One or more points. points: (N, 2) float32, N >= 1."""

    points: npt.NDArray[np.float32]


Geometry: TypeAlias = PolygonGeometry | MaskGeometry | BoxGeometry | PolylineGeometry | PointGeometry


@dataclass(frozen=True, slots=True)
class LabelClass:
    """A class of a project's palette. `index` is stable: 1..254, never changed, never used again."""

    index: int
    name: str
    colour: tuple[int, int, int]
    is_thing: bool = True
    hotkey: str = ""
    supercategory: str = ""
    attributes: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Annotation:
    """One object of an image. Overlaps are settled by (z, created, id): the largest lies on top.

    Attributes:
        created: the document's revision in which the object first appeared.
        source: `person`, `model`, `import`, or `filled` from the same object in other frames.
        track: what the object is in the other frames of its sequence; None where that is its own id.
    """

    id: UUID
    class_index: int
    geometry: Geometry
    z: int = 0
    created: int = 0
    attributes: Mapping[str, Any] = field(default_factory=dict[str, Any])
    is_crowd: bool = False
    source: str = "person"
    score: float | None = None
    track: UUID | None = None

    @property
    def own_track(self) -> UUID:
        """The track, whether it is said or the object's own id."""
        return self.track or self.id


@dataclass(frozen=True, slots=True)
class ImageDocument:
    """One image and its objects, as codecs read and write them.

    Attributes:
        name: the image's path inside the dataset, `/`-separated, unique, no leading slash, no `..`.
        key: what `DatasetView.open_image` needs to find the pixels (opaque to codecs).
        annotations: sorted by (z, created, id).
    """

    name: str
    width: int
    height: int
    annotations: tuple[Annotation, ...] = ()
    group: str = ""
    split: Split | None = None
    status: str = "new"
    key: str = ""
    source_url: str = ""
    licence: str = ""
    attribution: str = ""


@dataclass(frozen=True, slots=True)
class DatasetView:
    """A frozen dataset to write: iterated once or more, always in the same order, never held in memory whole.

    Attributes:
        created: ISO date of the dataset version (so that two exports of it are equal byte for byte).
        image_count: how many images `images()` yields.
        images: makes a fresh iterator over the images, ordered by name.
        open_image: opens the upright pixels' file (JPEG, PNG or WebP) of one of these images for reading.
        image_extension: file extension (with dot, lower case) of what `open_image` gives for that image.
    """

    name: str
    task_type: TaskType
    classes: Sequence[LabelClass]
    created: str
    content_hash: str
    image_count: int
    images: Callable[[], Iterator[ImageDocument]]
    open_image: Callable[[ImageDocument], BinaryIO]
    image_extension: Callable[[ImageDocument], str]
