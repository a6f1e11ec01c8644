"""Documents, their revisions and the temporal table of annotations, from which every past state can be read."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from annotator.models.image import ImageAsset
from annotator.models.user import User


class Document(models.Model):
    """The annotations of one image by one author role. `revision` counts up by one for every accepted change."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    image = models.ForeignKey(ImageAsset, on_delete=models.CASCADE, related_name="documents")
    role = models.CharField(
        max_length=12,
        choices=[
            ("primary", "primary"),
            ("replica", "replica"),
            ("ground_truth", "ground_truth"),
            ("consensus", "consensus"),
        ],
        default="primary",
    )
    author = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    revision = models.PositiveIntegerField(default=0)
    object_count = models.PositiveIntegerField(default=0)
    created = models.DateTimeField(auto_now_add=True)
    updated = models.DateTimeField(auto_now=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["image", "role"], condition=~Q(role="replica"), name="one_document_per_role"
            ),
            models.UniqueConstraint(
                fields=["image", "author"], condition=Q(role="replica"), name="one_replica_per_author"
            ),
        ]


class Revision(models.Model):
    """One accepted change of a document: who, when, why, and the idempotency key it came with."""

    document = models.ForeignKey(
        Document, on_delete=models.CASCADE, related_name="revisions", db_index=False
    )  # the constraints below index it
    number = models.PositiveIntegerField()
    author = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    kind = models.CharField(
        max_length=8,
        choices=[("edit", "edit"), ("restore", "restore"), ("import", "import"), ("class", "class")],
    )
    key = models.CharField(max_length=64)
    request_digest = models.CharField(max_length=64)  # SHA-256 of the request: a key names one request only
    note = models.CharField(max_length=200, blank=True)
    added = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    removed = models.PositiveIntegerField(default=0)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["document", "number"], name="revision_number_unique"),
            models.UniqueConstraint(fields=["document", "key"], name="revision_key_unique"),
        ]


class Annotation(models.Model):
    """One version of one object. Current where `valid_to` is null; `valid_from` is the object's version number.

    A state as of revision r holds the rows with valid_from <= r and (valid_to null or valid_to > r).
    """

    # No index of its own: every index below begins with the document.
    document = models.ForeignKey(
        Document, on_delete=models.CASCADE, related_name="annotations", db_index=False
    )
    uuid = models.UUIDField()  # the object's id, the same in all its versions
    class_index = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=8)
    geometry = models.BinaryField()  # annotator/core/packing.py
    x0 = models.FloatField()
    y0 = models.FloatField()
    x1 = models.FloatField()
    y1 = models.FloatField()
    area = models.FloatField()  # in pixels, of the real shape
    z = models.IntegerField(default=0)
    created_revision = models.PositiveIntegerField()  # the revision in which the object first appeared
    attributes = models.JSONField(default=dict, blank=True)
    is_crowd = models.BooleanField(default=False)
    # `filled`: made from the same object in other frames of a sequence, and nobody has changed it since.
    source = models.CharField(
        max_length=6,
        choices=[("person", "person"), ("model", "model"), ("import", "import"), ("filled", "filled")],
    )
    source_ref = models.CharField(
        max_length=64, blank=True
    )  # model version, import job, or how it was filled
    # What the object is in the other frames of its sequence; where null, the track is the object's own uuid.
    track = models.UUIDField(null=True, blank=True)
    score = models.FloatField(null=True, blank=True)
    valid_from = models.PositiveIntegerField()
    valid_to = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["document", "uuid"], condition=Q(valid_to=None), name="one_current_version_per_object"
            ),
            # Begins with the object's id, so that an id of another document is found without a scan.
            models.UniqueConstraint(fields=["uuid", "document", "valid_from"], name="one_row_per_version"),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")), name="versions_have_extent"
            ),
        ]
        indexes: ClassVar = [
            # In the order of the rows themselves: a document is read from neighbouring pages.
            models.Index(fields=["document"], condition=Q(valid_to=None), name="current_by_document"),
            # Holds the box, so that neighbours are found, and classes counted, from the index alone.
            models.Index(
                fields=["document", "class_index", "x0", "y0", "x1", "y1", "valid_to"],
                condition=Q(valid_to=None),
                name="current_shapes",
            ),
            models.Index(fields=["document", "valid_from"], name="by_valid_from"),
            models.Index(
                fields=["track"], condition=Q(valid_to=None, track__isnull=False), name="current_by_track"
            ),
            models.Index(
                fields=["document", "valid_to"], condition=Q(valid_to__isnull=False), name="by_valid_to"
            ),
        ]
