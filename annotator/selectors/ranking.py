"""What a ranking has to know of images: what the champion saw in them, and how long people took.

Owns gathering it. Does not own the ranking (`ml_worker/ranking.py`).
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from annotator.models import ImageAsset, ImageStatus, ModelVersion, Prediction
from annotator.selectors.effort import seconds_spent

CHUNK = 500


def ranking_facts(images: Sequence[ImageAsset], model: ModelVersion | None) -> list[dict[str, Any]]:
    """One entry an image, as docs/learning_formats.md has it; null what is not known."""
    begun = {image.pk for image in images if image.object_count or image.status != ImageStatus.NEW}
    seconds, seen = seconds_spent(begun), _seen(images, model)
    facts: list[dict[str, Any]] = []
    for image in images:
        row = seen.get(image.pk)
        predicted = row.object_count if row else None
        facts.append(
            {
                "image": str(image.pk),
                "features": base64.b64encode(bytes(row.features)).decode() if row and row.features else None,
                "uncertainty": row.uncertainty if row else None,
                "class_uncertainty": row.class_uncertainty if row else None,
                "hash": image.perceptual_hash or None,
                "objects": image.object_count if image.pk in begun else predicted,
                "seconds": seconds.get(image.pk),
            }
        )
    return facts


def _seen(images: Sequence[ImageAsset], model: ModelVersion | None) -> dict[Any, Prediction]:
    """The model's predictions of these images, without their objects."""
    found: dict[Any, Prediction] = {}
    if model is None:
        return found
    for first in range(0, len(images), CHUNK):
        rows = Prediction.objects.filter(model=model, image__in=images[first : first + CHUNK])
        found |= {row.image_id: row for row in rows.defer("content")}  # pyright: ignore[reportAttributeAccessIssue]
    return found
