"""Embeddings: which images (or windows of them) have been made ready for which click model, and when they were used."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from annotator.models.job import Job


class Embedding(models.Model):
    """One window of one file as one model sees it. Content-addressed: images of several projects share it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sha256 = models.CharField(max_length=64)  # of the image's original file
    model = models.CharField(max_length=16)  # the model's version
    window = models.CharField(max_length=60)  # x0,y0,x1,y1 in whole image pixels
    stored = models.CharField(max_length=200, blank=True)  # the storage name; empty until it has been made
    size_bytes = models.BigIntegerField(default=0)
    job = models.ForeignKey(Job, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    used = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["sha256", "model", "window"], name="embedding_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["used"])]
