"""Checking objects before they are stored: everything that is wrong with all of them, named at once.

Owns what a valid object is, how it is clipped to the image, and the figures stored beside it. Does not own polygon
arithmetic (`core`) nor versions and conflicts (`annotation.py`).

Polygons and boxes that reach out of the image are clipped to it; what lies wholly outside is refused. Lines and points
are refused when any point lies outside, since a cut line would become several objects. Masks must fit the image.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from annotator.core import rle, shapes
from annotator.core.document import (
    VOID,
    Annotation,
    BoxGeometry,
    Geometry,
    MaskGeometry,
    PolygonGeometry,
    PolylineGeometry,
)
from annotator.core.errors import InvalidInput, Problem
from annotator.core.geometry import clip_polygons, validate_polygons
from annotator.core.packing import pack
from annotator.models import LabelClass, Project
from annotator.services.attributes import value_problems

MAX_POINTS = 500_000  # of one object
MAX_Z = 2**31 - 1
Schemas = Mapping[int, Sequence[Mapping[str, Any]]]
"""Attribute schema of each living class, by class index."""


@dataclass(frozen=True, slots=True)
class CheckedObject:
    """A valid object, clipped to its image.

    Attributes:
        packed: the geometry as it is stored.
        bbox: x0, y0, x1, y1.
        area: in pixels, of the clipped shape.
    """

    annotation: Annotation
    geometry: Geometry
    packed: bytes
    bbox: tuple[float, float, float, float]
    area: float


def schemas_of(project: Project) -> dict[int, list[dict[str, Any]]]:
    """The attribute schemas of the project's living classes, and of void, which every project has and nobody made."""
    classes = LabelClass.objects.filter(project=project, deleted=None).order_by("index")
    return dict(classes.values_list("index", "attributes")) | {VOID: []}


def check_objects(
    annotations: Sequence[Annotation], *, width: int, height: int, schemas: Schemas, where: str = "put"
) -> tuple[list[CheckedObject], list[Problem]]:
    """Check objects against the image and the palette, and clip them.

    Args:
        width, height: the image's size in pixels.
        where: problems are named `put[3].polygons[0][1]`.

    Returns:
        The valid objects in their order, and the problems of all others.
    """
    checked: list[CheckedObject] = []
    problems: list[Problem] = []
    for number, annotation in enumerate(annotations):
        here = f"{where}[{number}]"
        found = list(_value_problems(annotation, schemas, here))
        geometry: Geometry | None = None
        try:
            geometry = _clipped(annotation.geometry, width, height, here)
        except InvalidInput as error:
            found += error.problems or [Problem(here, error.detail)]
        if found or geometry is None:
            problems += found
            continue
        area = shapes.area(geometry, height, width)
        checked.append(CheckedObject(annotation, geometry, pack(geometry), shapes.bbox(geometry), area))
    return checked, problems


def _value_problems(annotation: Annotation, schemas: Schemas, where: str) -> Iterator[Problem]:
    schema = schemas.get(annotation.class_index)
    if schema is None:
        known = {"index": annotation.class_index, "known": ", ".join(map(str, schemas)) or "-"}
        yield Problem(
            f"{where}.class", _("there is no class %(index)s in this project; it has %(known)s") % known
        )
    else:
        yield from value_problems(schema, annotation.attributes, f"{where}.attributes")
    if not -MAX_Z <= annotation.z <= MAX_Z:
        yield Problem(f"{where}.z", _("%(z)s is not within ±%(limit)s") % {"z": annotation.z, "limit": MAX_Z})
    if annotation.score is not None and not math.isfinite(annotation.score):
        yield Problem(f"{where}.score", _("%(score)s is not a finite number") % {"score": annotation.score})


def _clipped(geometry: Geometry, width: int, height: int, where: str) -> Geometry:
    """The part of a geometry that lies in the image.

    Raises:
        InvalidInput: it is not valid, or nothing of it lies in the image.
    """
    if isinstance(geometry, PolygonGeometry):
        return _clipped_polygons(geometry, width, height, f"{where}.polygons")
    if isinstance(geometry, MaskGeometry):
        return _checked_mask(geometry, width, height, f"{where}.rle")
    if isinstance(geometry, BoxGeometry):
        return _clipped_box(geometry, width, height, f"{where}.box")
    points = geometry.points
    needed = 2 if isinstance(geometry, PolylineGeometry) else 1
    here = f"{where}.points"
    if points.ndim != 2 or points.shape[0] < needed or points.shape[0] > MAX_POINTS:
        raise _invalid(here, _("%(count)s points; %(needed)s to %(limit)s are needed")
                       % {"count": len(points), "needed": needed, "limit": MAX_POINTS})  # fmt: skip
    inside = (
        np.isfinite(points).all(axis=1) & (points >= 0).all(axis=1) & (points <= [width, height]).all(axis=1)
    )
    if not inside.all():
        at = int(np.flatnonzero(~inside)[0])
        x, y = points[at].tolist()
        raise _invalid(f"{here}[{at}]", _outside(f"({x:g}, {y:g})", width, height))
    return geometry


def _clipped_polygons(geometry: PolygonGeometry, width: int, height: int, where: str) -> PolygonGeometry:
    count = sum(ring.shape[0] for polygon in geometry.polygons for ring in polygon)
    if count > MAX_POINTS:
        raise _invalid(
            where, _("%(count)s points; an object may have %(limit)s") % {"count": count, "limit": MAX_POINTS}
        )
    validate_polygons(geometry.polygons, width=width, height=height, where=where)
    x0, y0, x1, y1 = shapes.bbox(geometry)
    if x0 >= 0 and y0 >= 0 and x1 <= width and y1 <= height:
        return geometry
    polygons = clip_polygons(geometry.polygons, width, height)
    if not polygons:
        raise _invalid(where, _outside(_("the object"), width, height))
    return PolygonGeometry(tuple(polygons))


def _checked_mask(mask: MaskGeometry, width: int, height: int, where: str) -> MaskGeometry:
    rle.check_total(mask.counts, mask.height, mask.width)
    if mask.width == 0 or mask.height == 0 or rle.area(mask.counts) == 0:
        raise _invalid(where, _("the mask is empty"))
    if mask.x < 0 or mask.y < 0 or mask.x + mask.width > width or mask.y + mask.height > height:
        text = f"x {mask.x} – {mask.x + mask.width}, y {mask.y} – {mask.y + mask.height}"
        raise _invalid(where, _outside(_("the mask (%(box)s)") % {"box": text}, width, height))
    return mask


def _clipped_box(box: BoxGeometry, width: int, height: int, where: str) -> BoxGeometry:
    values = (box.x0, box.y0, box.x1, box.y1)
    if not all(map(math.isfinite, values)):
        raise _invalid(where, _("%(box)s: the sides must be finite numbers") % {"box": list(values)})
    if box.x1 <= box.x0 or box.y1 <= box.y0:
        raise _invalid(where, _("%(box)s: x1 must be above x0, and y1 above y0") % {"box": list(values)})
    x0, y0, x1, y1 = np.array(
        [max(box.x0, 0), max(box.y0, 0), min(box.x1, width), min(box.y1, height)], np.float32
    ).tolist()
    if x1 <= x0 or y1 <= y0:
        raise _invalid(where, _outside(_("the box"), width, height))
    return BoxGeometry(x0, y0, x1, y1)


def _outside(what: str, width: int, height: int) -> str:
    return _("%(what)s lies outside the image of %(width)s x %(height)s pixels") % {
        "what": what,
        "width": width,
        "height": height,
    }


def _invalid(where: str, message: str) -> InvalidInput:
    return InvalidInput(message, [Problem(where, message)])
