"""What a dataset looks like in figures: sizes, counts, shares, boxes. Read from rows, without decoding a picture.

Owns the figures that plans are made from (docs/learning_formats.md, "Fingerprint"). Does not own the plan.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
from django.db.models import Q

from annotator.core import raster
from annotator.core.metrics import mask_agreement
from annotator.core.packing import unpack
from annotator.models import Annotation, DatasetVersion, Document, ImageAsset, Project
from annotator.selectors.learning import labelled
from annotator.selectors.training_options import version_labelled

CHUNK = 200  # documents whose objects are read at once
MOST_SIZES = 50  # different sizes that are named, the most frequent first
TOUCH_IMAGES = 30  # images in which touching objects are looked for, pixel by pixel
TOUCH_OBJECTS = 200  # of each of them
SPLITS = ("train", "val", "test")


class ImageRow(NamedTuple):
    """A labelled image: its document and the revision that counts, None for the newest."""

    document: UUID
    revision: int | None
    split: str
    unit: str
    width: int
    height: int


class ObjectRow(NamedTuple):
    document: UUID
    class_index: int
    kind: str
    x0: float
    y0: float
    x1: float
    y1: float
    area: float


def fingerprint_of(source: Project | DatasetVersion) -> dict[str, Any]:
    """The figures of a frozen version, or of a project as it is now; only labelled images count."""
    if isinstance(source, DatasetVersion):
        classes = [
            {key: one[key] for key in ("index", "name", "colour", "is_thing")} for one in source.classes
        ]
        rows, project, task = _of_version(source), source.project, source.task_type
    else:
        found = source.label_classes.filter(deleted=None).order_by("order", "index")  # type: ignore[attr-defined]
        classes = list(found.values("index", "name", "colour", "is_thing"))
        rows, project, task = _of_project(source), source, source.task_type
    train = [row for row in rows if row.split == "train"]
    objects = [one for some in _objects(train) for one in some]
    pixels = sum(row.width * row.height for row in train)
    counts = Counter(one.document for one in objects)
    per_image = [counts.get(row.document, 0) for row in train]
    sizes = Counter((row.width, row.height) for row in rows).most_common(MOST_SIZES)
    return {
        "task_type": task,
        "exclusive": project.exclusive,
        "images": {name: sum(row.split == name for row in rows) for name in SPLITS},
        "groups": {name: len({row.unit for row in rows if row.split == name}) for name in SPLITS},
        "sizes": [[width, height, count] for (width, height), count in sizes],
        "channels": 3,
        "classes": [{**one, **_class_figures(one["index"], objects, pixels)} for one in classes],
        "objects_per_image": [*_quantiles(per_image, (0.5, 0.95)), float(max(per_image, default=0))],
        "covered": min(1.0, sum(one.area for one in objects) / pixels) if pixels else 0.0,
        "touching": _touching(train),
    }


def _of_version(version: DatasetVersion) -> list[ImageRow]:
    items = (
        version_labelled(version)
        .order_by("pk")
        .values_list("document_id", "revision", "split", "group", "image__width", "image__height")
    )
    return [
        ImageRow(document, revision, split, group or str(document), width, height)
        for document, revision, split, group, width, height in items
    ]


def _of_project(project: Project) -> list[ImageRow]:
    images = labelled(ImageAsset.objects.filter(project=project, deleted=None))
    rows = Document.objects.filter(image__in=images.values("pk"), role="primary").order_by("image__name")
    return [
        ImageRow(document, None, split, group or str(document), width, height)
        for document, split, group, width, height in rows.values_list(
            "pk", "image__split", "image__group", "image__width", "image__height"
        )
    ]


def _objects(rows: Sequence[ImageRow]) -> Iterator[list[ObjectRow]]:
    """The objects of images as of the revisions that count, some hundred images at a time."""
    for first in range(0, len(rows), CHUNK):
        some = {row.document: row.revision for row in rows[first : first + CHUNK]}
        found = Annotation.objects.filter(document__in=list(some))
        if all(revision is None for revision in some.values()):
            found = found.filter(valid_to=None)
        columns = (
            "document_id",
            "class_index",
            "kind",
            "x0",
            "y0",
            "x1",
            "y1",
            "area",
            "valid_from",
            "valid_to",
        )
        yield [
            ObjectRow(*values)
            for *values, begun, ended in found.values_list(*columns)
            if _counts(some[values[0]], begun, ended)
        ]


def _counts(revision: int | None, begun: int, ended: int | None) -> bool:
    return ended is None if revision is None else begun <= revision and (ended is None or ended > revision)


def _class_figures(index: int, objects: Sequence[ObjectRow], pixels: int) -> dict[str, Any]:
    mine = [one for one in objects if one.class_index == index]
    across = np.array([one.x1 - one.x0 for one in mine], np.float64)
    down = np.array([one.y1 - one.y0 for one in mine], np.float64)
    whole = (across > 0) & (down > 0)
    return {
        "images": len({one.document for one in mine}),
        "objects": len(mine),
        "pixels": min(1.0, sum(one.area for one in mine) / pixels) if pixels else 0.0,
        "box_sides": _quantiles(np.sqrt(across * down)[whole], (0.05, 0.25, 0.5, 0.75, 0.95)),
        "box_ratios": _quantiles(down[whole] / across[whole], (0.05, 0.5, 0.95)),
    }


def _quantiles(values: Any, at: Sequence[float]) -> list[float]:
    values = np.asarray(values, np.float64)
    return [float(np.quantile(values, one)) for one in at] if values.size else [0.0] * len(at)


def _touching(rows: Sequence[ImageRow]) -> float:
    """The share of objects whose pixels lie next to, or on, another object's: in some images, evenly chosen."""
    chosen = list(rows)[:: max(1, len(rows) // TOUCH_IMAGES)][:TOUCH_IMAGES]
    touching = total = 0
    for row in chosen:
        alive = (
            Q(valid_to=None)
            if row.revision is None
            else (Q(valid_from__lte=row.revision) & (Q(valid_to=None) | Q(valid_to__gt=row.revision)))
        )
        found = Annotation.objects.filter(alive, document=row.document, kind__in=("polygon", "mask", "box"))
        masks = [
            _grown(raster.mask_of(unpack(kind, bytes(geometry)), row.height, row.width))
            for kind, geometry in found.order_by("pk").values_list("kind", "geometry")[:TOUCH_OBJECTS]
        ]
        total += len(masks)
        touching += len(_neighbours(masks))
    return touching / total if total else 0.0


def _grown(mask: Any) -> tuple[Any, Any]:
    """A mask and the same one pixel wider on every side."""
    bitmap = np.pad(raster.bitmap_of(mask), 1)
    wider = bitmap.copy()
    wider[1:] |= bitmap[:-1]
    wider[:-1] |= bitmap[1:]
    wider[:, 1:] |= bitmap[:, :-1]
    wider[:, :-1] |= bitmap[:, 1:]
    return mask, raster.mask_from_bitmap(wider, mask.x - 1, mask.y - 1)


def _neighbours(masks: Sequence[tuple[Any, Any]]) -> set[int]:
    """Which of these masks touch another one."""
    found: set[int] = set()
    by_row: dict[int, list[int]] = defaultdict(list)
    for at, (mask, _wide) in enumerate(masks):
        by_row[mask.y // 256].append(at)
    for at, (_mask, wide) in enumerate(masks):
        near = {n for row in range(wide.y // 256 - 1, (wide.y + wide.height) // 256 + 1) for n in by_row[row]}
        for other in near - {at}:
            if other in found and at in found:
                continue
            if mask_agreement(wide, masks[other][0]).iou > 0:
                found |= {at, other}
    return found
