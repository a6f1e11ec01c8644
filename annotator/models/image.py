"""Images of a project: a content-addressed original, its upright rendition and where it stands in the workflow."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from annotator.models.project import Project
from annotator.models.user import User


class ImageStatus(models.TextChoices):
    NEW = "new"
    IN_PROGRESS = "in_progress"
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    RETURNED = "returned"


class ImageAsset(models.Model):
    """One image. Width and height are those of the upright picture (EXIF orientation applied once, at ingest)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="images")
    name = models.CharField(max_length=500)  # path inside the dataset, '/'-separated, unique among the living
    sha256 = models.CharField(max_length=64)  # of the original file
    format = models.CharField(max_length=10)  # JPEG, PNG, WEBP, BMP, TIFF
    size_bytes = models.BigIntegerField()
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    original = models.CharField(max_length=200)  # storage names, content-addressed
    display = models.CharField(
        max_length=200
    )  # upright and browser-readable; the original itself where it is both
    thumbnail = models.CharField(max_length=200)
    group = models.CharField(
        max_length=200, blank=True
    )  # sequence, patient or slide: never torn between splits
    # Of a frame of a video: its number in the video, from 1, and when it is shown, in seconds. Null for pictures.
    frame = models.PositiveIntegerField(null=True, blank=True)
    timestamp = models.FloatField(null=True, blank=True)
    split = models.CharField(max_length=5, choices=[("train", "train"), ("val", "val"), ("test", "test")])
    # A large image's tile pyramid; levels is 0 for one that is shown whole. services/pyramid.py
    levels = models.PositiveSmallIntegerField(default=0)
    tile_size = models.PositiveSmallIntegerField(default=0)
    pyramid = models.CharField(max_length=200, blank=True)  # the archive's storage name, once it is ready
    pyramid_job = models.ForeignKey("Job", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    stretch = models.JSONField(null=True, blank=True)  # sample values shown as 0 and 255, where scaled
    source_url = models.URLField(max_length=1000, blank=True)
    licence = models.CharField(max_length=200, blank=True)
    attribution = models.CharField(max_length=500, blank=True)
    perceptual_hash = models.CharField(max_length=16, blank=True)  # 64-bit difference hash, hex
    sharpness = models.FloatField(default=0.0)  # variance of the Laplacian of the grey thumbnail
    exposure = models.FloatField(default=0.0)  # mean grey level of the thumbnail, 0..1
    status = models.CharField(max_length=12, choices=ImageStatus.choices, default=ImageStatus.NEW)
    review_comment = models.TextField(blank=True)  # what the reviewer wrote with the last decision
    object_count = models.PositiveIntegerField(default=0)  # of the primary document
    claimed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    claimed_until = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created = models.DateTimeField(auto_now_add=True)
    updated = models.DateTimeField(auto_now=True)
    deleted = models.DateTimeField(null=True, blank=True)  # kept: a frozen version may hold it

    @property
    def is_tiled(self) -> bool:
        """Whether it is shown by tiles and never decoded whole."""
        return self.levels > 0

    class Meta:
        constraints: ClassVar = [
            # Frames are moments: a still scene has many that are equal, and each is annotated (the file is kept once).
            models.UniqueConstraint(
                fields=["project", "sha256"], condition=Q(deleted=None, frame=None), name="picture_once"
            ),
            models.UniqueConstraint(
                fields=["project", "name"], condition=Q(deleted=None), name="image_name_unique"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["project", "created", "id"]),
            models.Index(fields=["project", "status", "created", "id"]),
            models.Index(fields=["project", "updated", "id"]),
            models.Index(fields=["project", "group", "frame"], condition=~Q(group=""), name="sequences"),
            models.Index(fields=["project", "sha256"], name="image_by_content"),
        ]
