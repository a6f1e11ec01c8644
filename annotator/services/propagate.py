"""Objects of one image proposed for another, by optical flow: reads pixels, saves nothing.

Owns which part of the pictures is looked at. Does not own the flow (`assist/flow.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
import numpy.typing as npt
from django.utils.translation import gettext as _

from annotator.assist.flow import Flow, carry_box, carry_line, carry_mask, carry_polygons, flow_between
from annotator.core.document import (
    Annotation,
    BoxGeometry,
    Geometry,
    MaskGeometry,
    PointGeometry,
    PolygonGeometry,
    PolylineGeometry,
)
from annotator.core.errors import InvalidInput, NotFound, Problem
from annotator.core.geometry import clip_polygons
from annotator.core.raster import mask_from_bitmap, rasterise_crop
from annotator.core.shapes import bbox
from annotator.models import ImageAsset
from annotator.selectors.region import Frame, frame_of, region_pixels

LEAST_CONFIDENCE = 0.3  # below it an object counts as lost
MARGIN = 64.0  # image pixels around the objects, at least; more around large ones, for they move farther
MARGIN_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Proposal:
    """An object's shape in the other image. confidence: 0..1."""

    geometry: Geometry
    confidence: float


class Step:
    """Goes from image to image and carries objects along."""

    def __init__(self, image: ImageAsset) -> None:
        self._image = image

    def to(self, image_id: UUID, objects: Sequence[Annotation]) -> list[Proposal | None]:
        """Carry objects into the next image, and stand there.

        Returns:
            For each object its shape; None where nothing of it is left.

        Raises:
            NotFound: the image or its file is gone. InvalidInput: it has another size.
        """
        image = ImageAsset.objects.filter(pk=image_id, deleted=None).first()
        if image is None:
            raise NotFound(_("no such image"))
        try:
            return propose(self._image, image, objects)
        finally:
            self._image = image


def propose(first: ImageAsset, second: ImageAsset, objects: Sequence[Annotation]) -> list[Proposal | None]:
    """Propose where objects of one image are in another; see `Step.to`."""
    if (first.width, first.height) != (second.width, second.height):
        message = _("the images are %(a)s and %(b)s pixels; one size is needed")
        message %= {"a": f"{first.width} x {first.height}", "b": f"{second.width} x {second.height}"}
        raise InvalidInput(message, [Problem("to", message)])
    frame = _around(first, objects)
    if frame is None:
        return [None] * len(objects)
    pixels = region_pixels(first, frame)
    flow = flow_between(pixels, region_pixels(second, frame))
    window = _Window(first, frame, flow, pixels.shape[1], pixels.shape[0])
    return [window.carried(one.geometry) for one in objects]


def _around(image: ImageAsset, objects: Sequence[Annotation]) -> Frame | None:
    """The region that holds all objects and where they may go; no larger than can be read."""
    boxes = np.array([bbox(one.geometry) for one in objects]).reshape(-1, 4)
    if not len(boxes):
        return None
    x0, y0 = boxes[:, :2].min(axis=0)
    x1, y1 = boxes[:, 2:].max(axis=0)
    sides = (boxes[:, 2:] - boxes[:, :2]).max()
    margin = max(MARGIN, MARGIN_SHARE * float(sides))
    region = (
        max(0.0, x0 - margin),
        max(0.0, y0 - margin),
        min(float(image.width), x1 + margin),
        min(float(image.height), y1 + margin),
    )
    return frame_of(image, tuple(map(float, region)))  # pyright: ignore[reportArgumentType]


@dataclass(frozen=True, slots=True)
class _Window:
    """A region of both images, and its flow. width, height: of the pixels that were read."""

    image: ImageAsset
    frame: Frame
    flow: Flow
    width: int
    height: int

    @property
    def factor(self) -> npt.NDArray[np.float64]:
        x0, y0, x1, y1 = self.frame
        return np.array([self.width / (x1 - x0), self.height / (y1 - y0)])

    def carried(self, geometry: Geometry) -> Proposal | None:
        if isinstance(geometry, PolygonGeometry):
            inner = PolygonGeometry(
                tuple(tuple(self._in(ring) for ring in polygon) for polygon in geometry.polygons)
            )
            carried = carry_polygons(inner, self.flow)
            assert isinstance(carried.shape, PolygonGeometry)
            outer = tuple(tuple(self._out(ring) for ring in polygon) for polygon in carried.shape.polygons)
            return self._kept(PolygonGeometry(outer), carried.confidence)
        if isinstance(geometry, BoxGeometry):
            corners = self._in(np.array([[geometry.x0, geometry.y0], [geometry.x1, geometry.y1]], np.float32))
            carried = carry_box(BoxGeometry(*map(float, corners.ravel())), self.flow)
            assert isinstance(carried.shape, BoxGeometry)
            box = carried.shape
            sides = self._out(np.array([[box.x0, box.y0], [box.x1, box.y1]], np.float32)).ravel()
            return self._kept(BoxGeometry(*map(float, sides)), carried.confidence)
        if isinstance(geometry, MaskGeometry):
            return self._mask(geometry)
        carried = carry_line(self._in(geometry.points).astype(np.float64), self.flow)
        assert isinstance(carried.shape, PolylineGeometry)
        points = np.clip(self._out(carried.shape.points), 0, (self.image.width, self.image.height))
        kind = PointGeometry if isinstance(geometry, PointGeometry) else PolylineGeometry
        return Proposal(kind(points.astype(np.float32)), carried.confidence)

    def _kept(self, geometry: PolygonGeometry | BoxGeometry, confidence: float) -> Proposal | None:
        """What of a shape lies in the image; None where nothing does."""
        width, height = self.image.width, self.image.height
        if isinstance(geometry, PolygonGeometry):
            polygons = tuple(clip_polygons(geometry.polygons, width, height))
            return Proposal(PolygonGeometry(polygons), confidence) if polygons else None
        x0, y0, x1, y1 = geometry.x0, geometry.y0, geometry.x1, geometry.y1
        box = BoxGeometry(max(x0, 0.0), max(y0, 0.0), min(x1, float(width)), min(y1, float(height)))
        return Proposal(box, confidence) if box.x1 > box.x0 and box.y1 > box.y0 else None

    def _mask(self, mask: MaskGeometry) -> Proposal | None:
        x0, y0, x1, y1 = self.frame
        x, y, pixels = rasterise_crop(mask, self.image.height, self.image.width)
        canvas = np.zeros((y1 - y0, x1 - x0), dtype=np.bool_)
        canvas[y - y0 : y - y0 + pixels.shape[0], x - x0 : x - x0 + pixels.shape[1]] = pixels
        carried = carry_mask(_resized(canvas, self.width, self.height), self.flow)
        found = mask_from_bitmap(_resized(np.asarray(carried.shape), x1 - x0, y1 - y0), x0, y0)
        return Proposal(found, carried.confidence) if found.width else None

    def _in(self, points: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        return ((points - self.frame[:2]) * self.factor).astype(np.float32)

    def _out(self, points: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        return (points / self.factor + self.frame[:2]).astype(np.float32)


def _resized(mask: npt.NDArray[np.bool_], width: int, height: int) -> npt.NDArray[np.bool_]:
    """Nearest pixel."""
    rows = (np.arange(height) * mask.shape[0] // height).astype(np.int64)
    columns = (np.arange(width) * mask.shape[1] // width).astype(np.int64)
    return mask if mask.shape == (height, width) else mask[rows][:, columns]
