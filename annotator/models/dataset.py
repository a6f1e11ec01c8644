"""Dataset versions: immutable lists of (document, revision) that exports, trainings and evaluations name."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from annotator.models.annotation import Document
from annotator.models.image import ImageAsset
from annotator.models.project import Project
from annotator.models.user import User


class DatasetVersion(models.Model):
    """A frozen dataset: the class list, the images with their revisions and splits, and a hash over all of it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=200, blank=True)
    note = models.TextField(blank=True)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    content_hash = models.CharField(max_length=64)
    task_type = models.CharField(max_length=10)
    classes = models.JSONField()  # the class list as it was
    image_count = models.PositiveIntegerField()
    object_count = models.PositiveIntegerField()
    split_counts = models.JSONField()  # {"train": n, "val": n, "test": n}
    changelog = models.JSONField()  # against the parent
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["project", "number"], name="version_number_unique"),
        ]


class DatasetVersionItem(models.Model):
    """One image of a frozen dataset, with its name, group, split and origin as they were.

    The rows of a version are inserted in the order of their names (by code point): their ids count up in that order.
    """

    version = models.ForeignKey(DatasetVersion, on_delete=models.CASCADE, related_name="items")
    image = models.ForeignKey(ImageAsset, on_delete=models.CASCADE, related_name="+")
    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="+")
    revision = models.PositiveIntegerField()
    object_count = models.PositiveIntegerField()
    name = models.CharField(max_length=500)
    group = models.CharField(max_length=200, blank=True)
    split = models.CharField(max_length=5)
    status = models.CharField(max_length=12)
    source_url = models.URLField(max_length=1000, blank=True)
    licence = models.CharField(max_length=200, blank=True)
    attribution = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["version", "image"], name="image_once_per_version"),
            models.UniqueConstraint(fields=["version", "name"], name="name_once_per_version"),
        ]
