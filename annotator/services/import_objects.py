"""Which imported objects can be stored, and as what.

Owns the one repair that an import makes: a polygon whose outline crosses itself, which nobody could edit here, becomes
a mask of the very same pixels. Everything else that is wrong is told, and the object left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from django.utils.translation import gettext as _

from annotator.core import raster
from annotator.core.document import Annotation, PolygonGeometry
from annotator.core.errors import InvalidInput, Problem
from annotator.core.geometry import valid_polygons
from annotator.models import ImageAsset
from annotator.services.objects import check_objects, schemas_of


def storable(
    annotations: Sequence[Annotation], image: ImageAsset, *, where: str, problems: list[Problem]
) -> list[Annotation]:
    """Give the objects that can be stored; what was changed or left out is told.

    Args:
        where: the image's name; problems are named `name: annotations[3]`.
    """
    kept: list[Annotation] = []
    places: list[int] = []
    for place, annotation in enumerate(annotations):
        geometry = annotation.geometry
        if isinstance(geometry, PolygonGeometry) and not valid_polygons(geometry.polygons):
            changed = _as_mask(annotation, image)
            text = _("the outline crosses itself or has no area")
            result = _("kept as a mask of the same pixels") if changed else _("left out: it covers no pixel")
            problems.append(Problem(f"{where}: annotations[{place}]", f"{text}; {result}"))
            if changed is None:
                continue
            annotation = changed
        kept.append(annotation)
        places.append(place)
    return _checked(kept, places, image, where, problems)


def _as_mask(annotation: Annotation, image: ImageAsset) -> Annotation | None:
    x, y, pixels = raster.rasterise_crop(annotation.geometry, image.height, image.width)
    mask = raster.mask_from_bitmap(pixels, x, y)
    return replace(annotation, geometry=mask) if mask.width else None


def _checked(
    annotations: list[Annotation], places: list[int], image: ImageAsset, where: str, problems: list[Problem]
) -> list[Annotation]:
    """Leave out what storing would refuse. One pass where all is well, one for each object where it isn't."""
    schemas = schemas_of(image.project)
    size = {"width": image.width, "height": image.height}
    if not check_objects(annotations, **size, schemas=schemas)[1]:
        return annotations
    kept: list[Annotation] = []
    for place, annotation in zip(places, annotations, strict=True):
        try:
            found = check_objects([annotation], **size, schemas=schemas, where="")[1]
        except InvalidInput as problem:
            found = [Problem("", problem.detail)]
        if not found:
            kept.append(annotation)
        for one in found:
            rest = one.where.removeprefix("[0]")
            problems.append(Problem(f"{where}: annotations[{place}]{rest}", one.message))
    return kept
