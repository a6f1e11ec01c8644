"""Images, uploads and the workflow's bodies."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers

from annotator.models import ImageAsset, ImageStatus, JobState
from annotator.selectors.image import Neighbours
from annotator.services.image import ImageResult
from api.serializers.base import Input, PersonSerializer

BASE = "/api/v1/images"
TILE_STATES = ["preparing", "ready", "failed"]
SPLITS = ["train", "val", "test"]
QUEUE_REASONS = ["uncertain", "diverse", "random"]


class QualitySerializer(serializers.Serializer):
    sharpness = serializers.FloatField()
    exposure = serializers.FloatField(help_text="Mean grey level, 0..1.")


class TilesSerializer(serializers.Serializer):
    """The tile pyramid of a large image, which is never sent whole."""

    state = serializers.ChoiceField(choices=TILE_STATES)
    progress = serializers.FloatField(help_text="Of preparing, 0..1.")
    error = serializers.CharField(help_text="Why it failed; empty otherwise.")
    job = serializers.UUIDField(allow_null=True, help_text="Makes the tiles; retry it when it failed.")
    size = serializers.IntegerField(help_text="Side of a tile in pixels.")
    levels = serializers.IntegerField(help_text="Level 0 fits into one tile; the last is the image itself.")
    url = serializers.CharField(help_text="Of a tile: put in level, column and row for {z}, {x} and {y}.")


class QueueReasonSerializer(serializers.Serializer):
    """Why an image stands where it does in the ranked queue."""

    position = serializers.IntegerField(help_text="0 first.")
    reason = serializers.ChoiceField(choices=QUEUE_REASONS)
    score = serializers.FloatField()
    minutes = serializers.FloatField(allow_null=True, help_text="That it should take.")

    def get_fields(self) -> dict[str, Any]:
        # `class` is no name that Python gives an attribute.
        index = serializers.IntegerField(
            allow_null=True, help_text="Of an uncertain one, where it is one class."
        )
        return {"class": index, **super().get_fields()}


class ImageSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    project = serializers.UUIDField()
    name = serializers.CharField(help_text="Path inside the dataset.")
    width = serializers.IntegerField(help_text="Of the upright picture, in pixels.")
    height = serializers.IntegerField()
    format = serializers.CharField()
    size_bytes = serializers.IntegerField()
    sha256 = serializers.CharField()
    status = serializers.ChoiceField(choices=ImageStatus.choices)
    split = serializers.ChoiceField(choices=SPLITS)
    group = serializers.CharField(help_text="Sequence, patient or slide: never torn between splits.")
    frame = serializers.IntegerField(
        allow_null=True, help_text="Of a video's frame: its number, from 1; null for other pictures."
    )
    timestamp = serializers.FloatField(allow_null=True, help_text="When the frame is shown, in seconds.")
    created = serializers.DateTimeField()
    updated = serializers.DateTimeField()
    object_count = serializers.IntegerField()
    document = serializers.UUIDField(help_text="The primary document.")
    revision = serializers.IntegerField(help_text="Of the primary document.")
    file = serializers.CharField(help_text="Where the upright picture is.")
    thumbnail = serializers.CharField()
    tiles = TilesSerializer(
        allow_null=True, help_text="Of a large image; null where the file is shown whole."
    )
    original = serializers.CharField(help_text="Where the upload is, untouched.")
    source_url = serializers.CharField()
    licence = serializers.CharField()
    attribution = serializers.CharField()
    review_comment = serializers.CharField()
    open_comments = serializers.IntegerField(help_text="Threads that are not resolved.")
    quality = QualitySerializer()
    claimed_by = PersonSerializer(allow_null=True)
    uncertainty = serializers.FloatField(allow_null=True, help_text="Of the champion about it, 0..1.")
    queue = QueueReasonSerializer(allow_null=True, help_text="Its place in the ranked queue, and why.")


def image_body(image: Any) -> dict[str, Any]:
    """An image as `selectors.image` gives it, with its primary document's `document_id` and `revision`."""
    return {
        "id": image.pk,
        "project": image.project_id,
        "name": image.name,
        "width": image.width,
        "height": image.height,
        "format": image.format,
        "size_bytes": image.size_bytes,
        "sha256": image.sha256,
        "status": image.status,
        "split": image.split,
        "group": image.group,
        "frame": image.frame,
        "timestamp": image.timestamp,
        "created": image.created,
        "updated": image.updated,
        "object_count": image.object_count,
        "document": image.document_id,
        "revision": image.revision,
        "file": f"{BASE}/{image.pk}/file",
        "thumbnail": _thumbnail(image),
        "tiles": tiles_body(image) if image.is_tiled else None,
        "original": f"{BASE}/{image.pk}/file?original=1",
        "source_url": image.source_url,
        "licence": image.licence,
        "attribution": image.attribution,
        "review_comment": image.review_comment,
        "open_comments": image.open_comments,
        "quality": {"sharpness": image.sharpness, "exposure": image.exposure},
        "claimed_by": _claimer(image),
        "uncertainty": image.uncertainty,
        "queue": _queued(image),
    }


def tiles_body(image: ImageAsset) -> dict[str, Any]:
    """What a viewer needs to know of a large image's tiles."""
    job = image.pyramid_job
    state, error = "ready" if image.pyramid else "failed", ""
    if state != "ready":
        if job is not None and job.state in (JobState.QUEUED, JobState.RUNNING):
            state = "preparing"
        elif job is not None and job.state == JobState.CANCELLED:
            error = _("the preparation was cancelled")
        else:
            error = (job.error or {}).get("detail", "") if job is not None else ""
            error = error or _("the preparation did not end well")
    return {
        "state": state,
        "progress": 1.0 if state == "ready" else job.progress if job is not None else 0.0,
        "error": error,
        "job": job.pk if job is not None else None,
        "size": image.tile_size,
        "levels": image.levels,
        "url": f"{BASE}/{image.pk}/tiles/{{z}}/{{x}}_{{y}}",
    }


def _thumbnail(image: ImageAsset) -> str:
    """While a large image has none of its own the address is another, since browsers keep a thumbnail for ever."""
    waiting = image.is_tiled and not image.pyramid
    return thumbnail_url(image.pk) + ("?state=preparing" if waiting else "")


def thumbnail_url(image_id: UUID) -> str:
    return f"{BASE}/{image_id}/thumbnail"


def _queued(image: ImageAsset) -> dict[str, Any] | None:
    entry = getattr(image, "queue_entry", None)
    if entry is None:
        return None
    return {
        "position": entry.position,
        "reason": entry.reason,
        "class": entry.reason_class,
        "score": entry.score,
        "minutes": entry.minutes,
    }


def _claimer(image: ImageAsset) -> dict[str, Any] | None:
    """Who holds the image now: a claim that has run out is none."""
    holds = image.claimed_until is not None and image.claimed_until > timezone.now()
    return dict(PersonSerializer(image.claimed_by).data) if image.claimed_by is not None and holds else None


def upload_body(result: ImageResult, shown: dict[UUID, Any]) -> dict[str, Any]:
    """A file's result; `shown` holds the images of all results as `selectors.image` gives them, by id."""
    image = shown.get(result.image.pk) if result.image is not None else None
    return {
        "name": result.name,
        "status": result.status,
        "image": image_body(image) if image is not None else None,
        "reason": result.reason,
    }


def neighbours_body(found: Neighbours) -> dict[str, Any]:
    return {"previous": found.previous, "next": found.next, "position": found.position, "count": found.count}


class ImageChangesSerializer(Input):
    name = serializers.CharField(required=False, max_length=500)
    group = serializers.CharField(required=False, allow_blank=True, max_length=200)
    source_url = serializers.CharField(required=False, allow_blank=True, max_length=1000)
    licence = serializers.CharField(required=False, allow_blank=True, max_length=200)
    attribution = serializers.CharField(required=False, allow_blank=True, max_length=500)


class UploadSerializer(serializers.Serializer):
    """Multipart. `paths[i]` is the relative path of `files[i]`, since browsers send names only."""

    files = serializers.ListField(child=serializers.FileField(), help_text="Images, or ZIPs of images.")
    paths = serializers.ListField(child=serializers.CharField(), required=False)
    group = serializers.CharField(required=False, allow_blank=True, max_length=200)


class UploadResultSerializer(serializers.Serializer):
    name = serializers.CharField()
    status = serializers.ChoiceField(choices=["created", "duplicate", "rejected"])
    image = ImageSerializer(allow_null=True, help_text="The new image, or the one that it is a duplicate of.")
    reason = serializers.CharField(allow_null=True)


class UploadResultsSerializer(serializers.Serializer):
    results = UploadResultSerializer(many=True)


class NeighboursSerializer(serializers.Serializer):
    previous = serializers.UUIDField(allow_null=True)
    next = serializers.UUIDField(allow_null=True)
    position = serializers.IntegerField(help_text="From 1; where it would stand if the filter leaves it out.")
    count = serializers.IntegerField()


class ReviewInputSerializer(Input):
    decision = serializers.ChoiceField(choices=["accept", "return"])
    comment = serializers.CharField(required=False, allow_blank=True, max_length=10_000, default="")


class NextInputSerializer(Input):
    queue = serializers.ChoiceField(choices=["annotate", "review"])
