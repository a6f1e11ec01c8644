"""How long people worked on images, from the times at which they saved.

Owns this estimate. A pause of more than a few minutes is a pause, not work.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from annotator.models import Revision

LONGEST_PAUSE = (
    120.0  # seconds between two saves of somebody who is at it: an object takes at most about that long
)
FIRST_SAVE = 20.0  # seconds before the first save, which nobody has measured


def seconds_spent(images: Collection[UUID]) -> dict[UUID, float]:
    """Seconds of work on each of these images' primary documents; those that nobody has edited are left out."""
    saves: dict[Any, list[datetime]] = defaultdict(list)
    keys = list(images)
    for first in range(0, len(keys), 500):
        rows = Revision.objects.filter(
            document__image__in=keys[first : first + 500], document__role="primary", kind="edit"
        )
        for image, at in rows.order_by("number").values_list("document__image_id", "created"):
            saves[image].append(at)
    return {image: FIRST_SAVE + sum(_gaps(times)) for image, times in saves.items()}


def _gaps(times: list[datetime]) -> list[float]:
    gaps = [(later - earlier).total_seconds() for earlier, later in itertools.pairwise(times)]
    return [gap for gap in gaps if 0 <= gap <= LONGEST_PAUSE]
