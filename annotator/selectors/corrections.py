"""How far people changed the pre-labels that they accepted: read from the temporal table, where nothing is lost.

Owns the figures. Accepting is the first version of an object with the source `model`; what became of it is its last
version, or that there is none.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from django.db.models import F

from annotator.core import raster
from annotator.core.metrics import mask_agreement
from annotator.core.packing import unpack
from annotator.models import Annotation, ModelVersion, Prediction

# Shapes that are compared pixel by pixel for one answer, the newest first: a thousand take about a second.
MOST_COMPARED = 1_000


@dataclass
class Tally:
    """Of one class, or of all."""

    accepted: int = 0
    unchanged: int = 0
    deleted: int = 0
    edits: list[float] = field(default_factory=list)

    @property
    def edit(self) -> float | None:
        return float(np.mean(self.edits)) if self.edits else None

    def as_dict(self) -> dict[str, Any]:
        return {
            "accepted": self.accepted,
            "unchanged": self.unchanged,
            "deleted": self.deleted,
            "edit": self.edit,
        }


def corrections_of(model: ModelVersion) -> dict[str, Any]:
    """How many of a model's objects people accepted, and by how much (1 - IoU, mean) they changed them then.

    An object is counted under the class that the model gave it.
    """
    accepted = Annotation.objects.filter(
        document__image__project=model.project,
        source="model",
        source_ref=str(model.pk),
        valid_from=F("created_revision"),
    ).order_by("-pk")
    size = ("document__image__height", "document__image__width")
    rows = list(accepted.values("uuid", "class_index", "kind", "geometry", "valid_to", *size))
    latest = _latest([row for row in rows if row["valid_to"] is not None])
    total, classes = Tally(), defaultdict[int, Tally](Tally)
    for row in rows:
        now = row if row["valid_to"] is None else latest.get(row["uuid"])
        for tally in (total, classes[row["class_index"]]):
            tally.accepted += 1
            tally.deleted += now is None
        if now is None or len(total.edits) >= MOST_COMPARED:
            continue
        distance = _distance(row, now)
        for tally in (total, classes[row["class_index"]]):
            tally.unchanged += distance == 0.0
            tally.edits.append(distance)
    rejections = Prediction.objects.filter(model=model).exclude(rejected=[])
    return {
        **total.as_dict(),
        "rejected": sum(len(one) for one in rejections.values_list("rejected", flat=True)),
        "looked_at": len(total.edits),
        "classes": [{"index": index, **classes[index].as_dict()} for index in sorted(classes)],
    }


def _latest(rows: list[dict[str, Any]]) -> dict[Any, dict[str, Any]]:
    """The current version of each of these objects, where there is one."""
    found: dict[Any, dict[str, Any]] = {}
    ids = [row["uuid"] for row in rows]
    for first in range(0, len(ids), 500):
        current = Annotation.objects.filter(uuid__in=ids[first : first + 500], valid_to=None)
        for row in current.values("uuid", "class_index", "kind", "geometry"):
            found[row["uuid"]] = row
    return found


def _distance(before: dict[str, Any], after: dict[str, Any]) -> float:
    """1 - IoU of two versions of an object; 1 where its class is another one."""
    if before["class_index"] != after["class_index"]:
        return 1.0
    if before["kind"] == after["kind"] and bytes(before["geometry"]) == bytes(after["geometry"]):
        return 0.0
    height, width = before["document__image__height"], before["document__image__width"]
    first, second = (
        raster.mask_of(unpack(one["kind"], bytes(one["geometry"])), height, width) for one in (before, after)
    )
    return 1.0 - mask_agreement(first, second).iou
