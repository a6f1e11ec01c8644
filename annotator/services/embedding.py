"""Embeddings: asked for ahead of the clicks, made by a job of low priority, kept until others need the room.

Owns when one is made and thrown away. One row an image, window and model, and one job a row, so that none is made
twice at once. Does not own the models (`annotator/clicks`) nor reading what is kept (`selectors/click.py`).
"""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from annotator.clicks.registry import Entry
from annotator.core.errors import Conflict, InvalidInput
from annotator.job_context import JobContext
from annotator.jobs import FINISHED, job_cancel, job_start
from annotator.models import Embedding, ImageAsset, Job, JobState, User
from annotator.selectors.click import (
    ABSENT,
    FAILED,
    MEMORY,
    Readiness,
    packed,
    readiness,
    readiness_of,
    registry,
    window_key,
)
from annotator.selectors.region import Frame, region_pixels
from annotator.services.files import content_name, file_store

FOLDER = "embeddings"
KIND = "embed"
MOST_WAITING = 4  # of one person: who leafs through a hundred images waits for the last few only
RETRY_AFTER = timedelta(seconds=30)  # a failed one is tried again when it is asked for after this
TOUCH_AFTER = timedelta(minutes=1)  # how exact `used` is
JOBS_KEPT = timedelta(days=1)  # of those that succeeded: they say nothing that the row does not
ROOM_LEFT = 0.9  # of the limit, after making room: not for each new one again


def embedding_request(*, user: User | None, image: ImageAsset, entry: Entry, frame: Frame) -> Readiness:
    """Make sure that a window of an image is ready for a model, or being made so. Safe to call at any rate."""
    found = readiness(image, entry, frame)
    if found.row is not None and found.row.stored:
        _touch(found.row)
    if not _to_start(found):
        return found
    assert entry.segmenter is not None
    fields = {"sha256": image.sha256, "model": entry.segmenter.version, "window": window_key(frame)}
    with transaction.atomic():
        row, _made = Embedding.objects.get_or_create(**fields)
        # Whoever comes second waits here, and then sees the first one's job.
        row = Embedding.objects.select_for_update().get(pk=row.pk)
        found = readiness_of(row)
        if not _to_start(found):
            return found
        parameters = {"image": str(image.pk), "embedding": str(row.pk), "region": list(frame)}
        row.job = job_start(
            kind=KIND, project=image.project, user=user, parameters={**parameters, "model": entry.name}
        )
        row.used = timezone.now()
        row.save(update_fields=["job", "used"])
    _drop_waiting(user)
    return readiness_of(row)


def embedding_lost(*, row: Embedding) -> None:
    """Note that the file is gone or damaged, so that it is made anew when it is asked for."""
    MEMORY.drop(row.stored)
    Embedding.objects.filter(pk=row.pk, stored=row.stored).update(stored="", size_bytes=0)
    default_storage.delete(row.stored)


def run_embed(context: JobContext) -> dict[str, Any]:
    """Make one embedding and keep it. Safe to run again from the beginning at any moment.

    Raises:
        InvalidInput: the image or the model is gone, or the model cannot do it.
    """
    parameters = context.job.parameters
    image = ImageAsset.objects.filter(pk=parameters.get("image")).first()
    row = Embedding.objects.filter(pk=parameters.get("embedding")).first()
    if image is None or row is None:
        raise InvalidInput(_("the image was deleted"))
    if row.stored:
        return {"stored": row.stored, "size_bytes": row.size_bytes}
    segmenter = next(
        (
            one.segmenter
            for one in registry().entries()
            if one.segmenter and one.segmenter.version == row.model
        ),
        None,
    )
    if segmenter is None:
        raise InvalidInput(
            _("this worker does not have the click model %(name)s, or another version of it")
            % {"name": parameters.get("model")}
        )
    context.progress(0.1, _("reading the image"))
    x0, y0, x1, y1 = parameters["region"]
    pixels = region_pixels(image, (x0, y0, x1, y1))
    context.check_cancelled()
    context.progress(0.3, _("looking at the image"))
    content = packed(segmenter.embed(pixels))
    context.check_cancelled()
    name = content_name(FOLDER, image.sha256, f"-{row.model}-{row.window.replace(',', '_')}.npz")
    default_storage.delete(name)  # what a killed worker left, or what was damaged
    stored = file_store(name, io.BytesIO(content))
    Embedding.objects.filter(pk=row.pk).update(stored=stored, size_bytes=len(content), used=timezone.now())
    embeddings_evict(limit=settings.EMBEDDING_BYTES, keep=row)
    _sweep_jobs()
    return {"stored": stored, "size_bytes": len(content)}


def embeddings_evict(*, limit: int, keep: Embedding | None = None) -> int:
    """Throw away those used longest ago while all together are larger than the limit. Returns how many."""
    kept = Embedding.objects.exclude(stored="")
    total = kept.aggregate(total=Sum("size_bytes"))["total"] or 0
    if total <= limit:
        return 0
    gone = 0
    for row in kept.order_by("used").iterator():
        if total <= limit * ROOM_LEFT:
            break
        if keep is not None and row.pk == keep.pk:
            continue
        Embedding.objects.filter(pk=row.pk).delete()
        default_storage.delete(row.stored)
        MEMORY.drop(row.stored)
        total -= row.size_bytes
        gone += 1
    return gone


def _to_start(found: Readiness) -> bool:
    if found.state == FAILED:
        job = found.row.job if found.row else None
        return job is None or job.finished is None or timezone.now() - job.finished > RETRY_AFTER
    return found.state == ABSENT


def _touch(row: Embedding) -> None:
    if timezone.now() - row.used > TOUCH_AFTER:
        Embedding.objects.filter(pk=row.pk).update(used=timezone.now())


def _drop_waiting(user: User | None) -> None:
    """Cancel the oldest of a person's waiting ones beyond a few: the person has gone on to other images."""
    if user is None:
        return
    waiting = Job.objects.filter(kind=KIND, created_by=user, state=JobState.QUEUED).order_by("-created")
    for job in waiting[MOST_WAITING:]:
        try:
            job_cancel(job=job)
        except Conflict:
            continue  # it has just begun, or ended


def _sweep_jobs() -> None:
    old = Job.objects.filter(kind=KIND, state__in=FINISHED, finished__lt=timezone.now() - JOBS_KEPT).order_by(
        "finished"
    )[:100]
    Job.objects.filter(pk__in=[job.pk for job in old]).delete()
