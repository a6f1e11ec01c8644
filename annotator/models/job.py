"""Jobs: the row is the truth about long work, the broker only a doorbell."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from annotator.models.project import Project
from annotator.models.user import User


class JobState(models.TextChoices):
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Job(models.Model):
    """One piece of long work. Only the holder of `lease` may write progress or a result."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=40)  # export, import, ...: a key of annotator/jobs.py
    project = models.ForeignKey(Project, null=True, blank=True, on_delete=models.CASCADE, related_name="jobs")
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    parameters = models.JSONField(default=dict)
    language = models.CharField(max_length=10, blank=True)  # of whoever asked: its texts are written in it
    queue = models.CharField(
        max_length=10,
        choices=[("cpu", "cpu"), ("gpu", "gpu"), ("infer", "infer"), ("ahead", "ahead")],
        default="cpu",
    )
    state = models.CharField(max_length=10, choices=JobState.choices, default=JobState.QUEUED)
    progress = models.FloatField(default=0.0)  # 0..1
    stage = models.CharField(max_length=200, blank=True)  # what it is doing now, for people
    result = models.JSONField(null=True, blank=True)
    error = models.JSONField(null=True, blank=True)  # {"detail", "errors": [{"where", "message"}]}
    cancel_requested = models.BooleanField(default=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    max_attempts = models.PositiveSmallIntegerField(default=3)
    lease = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    heartbeat = models.DateTimeField(null=True, blank=True)
    rung = models.DateTimeField(null=True, blank=True)  # when the doorbell was last rung
    created = models.DateTimeField(auto_now_add=True)
    started = models.DateTimeField(null=True, blank=True)
    finished = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["project", "-created", "id"]),
            models.Index(
                fields=["state", "lease_until"],
                condition=Q(state__in=["queued", "running"]),
                name="unfinished_jobs",
            ),
        ]


class JobLogLine(models.Model):
    """One line of a Job's log."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="log")
    at = models.DateTimeField(auto_now_add=True)
    level = models.CharField(
        max_length=7, choices=[("info", "info"), ("warning", "warning"), ("error", "error")]
    )
    text = models.TextField()
