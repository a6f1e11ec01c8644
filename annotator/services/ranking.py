"""The ranked queue: asked for, and replaced whole when a ranking is done.

Owns the queue's rows. Does not own the ranking (`ml_worker/ranking.py`) nor who gets which image (`workflow.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from annotator.jobs import job_start
from annotator.models import ImageAsset, ImageStatus, Job, JobState, ModelVersion, Project, QueueEntry, User

KIND = "rank"
TEST = "test"
MOST_RANKED = 20_000  # entries; the images behind them come by name


def ranking_request(*, project: Project, user: User | None) -> Job:
    """Start ranking the project's new images, or give the job that waits to do so."""
    with transaction.atomic():
        Project.objects.select_for_update().get(pk=project.pk)
        waiting = Job.objects.filter(project=project, kind=KIND, state=JobState.QUEUED).first()
        return waiting or job_start(kind=KIND, project=project, user=user, parameters={})


@transaction.atomic
def queue_replace(
    *, project: Project, model: ModelVersion | None, job: Job | None, entries: Sequence[Mapping[str, Any]]
) -> int:
    """Put a new ranking in the place of the old one, in one transaction.

    Images that were begun or deleted since, and test images, are left out; positions count up without a gap.

    Args:
        entries: as docs/learning_formats.md has them, in the order of their positions.

    Returns:
        How many stand in the queue.
    """
    Project.objects.select_for_update().get(pk=project.pk)
    new = ImageAsset.objects.filter(project=project, deleted=None, status=ImageStatus.NEW).exclude(split=TEST)
    there = {str(key): key for key in new.values_list("pk", flat=True)}
    QueueEntry.objects.filter(project=project).delete()
    ranked = [one for one in sorted(entries, key=lambda one: one["position"]) if str(one["image"]) in there]
    QueueEntry.objects.bulk_create(
        [
            QueueEntry(
                project=project,
                image_id=there[str(one["image"])],
                model=model,
                job=job,
                position=position,
                reason=one["reason"],
                reason_class=one.get("class"),
                score=float(one.get("score") or 0.0),
                minutes=one.get("minutes"),
            )
            for position, one in enumerate(ranked[:MOST_RANKED])
        ],
        batch_size=500,
    )
    return min(len(ranked), MOST_RANKED)
