"""Projects, memberships and label classes. Owns their constraints; writes live in services."""

from __future__ import annotations

import secrets
import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from annotator.models.user import User


def new_salt() -> str:
    return secrets.token_hex(8)


class Role(models.TextChoices):
    """What a member may do; each role may do all that the roles before it may."""

    VIEWER = "viewer"
    ANNOTATOR = "annotator"
    REVIEWER = "reviewer"
    MANAGER = "manager"
    OWNER = "owner"


ROLE_RANK: dict[str, int] = {role.value: rank for rank, role in enumerate(Role)}


class Project(models.Model):
    """A set of images annotated with one palette for one task."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    task_type = models.CharField(
        max_length=10, choices=[("semantic", "semantic"), ("instance", "instance"), ("panoptic", "panoptic")]
    )
    exclusive = models.BooleanField(default=False)
    next_class_index = models.PositiveSmallIntegerField(
        default=1
    )  # counts up only: an index is never used again
    next_version_number = models.PositiveIntegerField(default=1)
    split_salt = models.CharField(max_length=32, default=new_salt, editable=False)
    split_val_share = models.FloatField(default=0.15)
    split_test_share = models.FloatField(default=0.15)
    next_model_number = models.PositiveIntegerField(default=1)
    auto_prelabel = models.BooleanField(default=False)  # the champion pre-labels every new upload
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created = models.DateTimeField(auto_now_add=True)
    updated = models.DateTimeField(auto_now=True)
    members = models.ManyToManyField(User, through="Membership", related_name="projects")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["-updated", "id"])]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """One person's role in one project."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["project", "user"], name="one_role_per_member")
        ]


class LabelClass(models.Model):
    """A class of the palette. A deleted class stays as a row, so that its index is never used again."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="label_classes")
    index = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=100)
    colour = models.CharField(max_length=7)  # '#rrggbb', lower case
    is_thing = models.BooleanField(default=True)
    hotkey = models.CharField(max_length=1, blank=True)
    supercategory = models.CharField(max_length=100, blank=True)
    attributes = models.JSONField(default=list, blank=True)
    order = models.PositiveSmallIntegerField(default=0)
    deleted = models.DateTimeField(null=True, blank=True)
    merged_into = models.PositiveSmallIntegerField(
        null=True, blank=True
    )  # index that its objects got when deleted

    class Meta:
        ordering: ClassVar = ["order", "index"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["project", "index"], name="class_index_unique"),
            models.UniqueConstraint(
                fields=["project", "name"], condition=Q(deleted=None), name="class_name_unique"
            ),
            models.UniqueConstraint(
                fields=["project", "colour"], condition=Q(deleted=None), name="class_colour_unique"
            ),
            models.UniqueConstraint(
                fields=["project", "hotkey"],
                condition=Q(deleted=None) & ~Q(hotkey=""),
                name="class_hotkey_unique",
            ),
            models.CheckConstraint(condition=Q(index__gte=1) & Q(index__lte=254), name="class_index_range"),
        ]
