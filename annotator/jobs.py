"""Long work: the job's row is the truth, the broker only a doorbell. The only place that enqueues.

Owns which kinds of jobs exist, how one is started, claimed, finished, cancelled, retried and taken back from a dead
worker. A worker may hear the bell twice or never: claiming is a compare-and-set on the row, so that a job never runs
twice at once, and the reaper rings again for a job that waits too long. The handlers own what a job does.
"""

from __future__ import annotations

import importlib
import json
import logging
import time
import traceback
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections, connections, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError as BrokerError

from annotator.celery import QUEUES, ring, stopping
from annotator.core.errors import Cancelled, Conflict, DomainError, InvalidInput
from annotator.disk import is_disk_full
from annotator.job_context import JobContext, lease_end
from annotator.models import Job, JobLogLine, JobState, Project, User

logger = logging.getLogger(__name__)

FINISHED = (JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED)
RINGS_PER_PASS = 10  # of the oldest waiting jobs, so that a long queue does not fill the broker with echoes
LONGEST_SILENCE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of job: the handler's dotted name, `handler(context: JobContext) -> dict | None`, and its usual queue.

    Attributes:
        quiet: nobody asked for it by name, so that lists of jobs leave it out.
        attempts: how often it is begun before a dead worker fails it.
        ended: dotted name of a function of the job, called when it has ended without success, whoever ended it.
        again: of one that is called before it is tried again, and may refuse by a DomainError.
    """

    handler: str
    queue: str = "cpu"
    quiet: bool = False
    attempts: int = 3
    ended: str = ""
    again: str = ""


ENDED, AGAIN = "annotator.services.training.training_ended", "annotator.services.training.training_again"
KINDS: dict[str, Kind] = {
    "embed": Kind("annotator.services.embedding.run_embed", queue="ahead", quiet=True),
    "export": Kind("annotator.services.export_job.run_export"),
    "import": Kind("annotator.services.import_job.run_import"),
    "pyramid": Kind("annotator.services.pyramid.run_pyramid"),
    "fill": Kind("annotator.services.tracking.run_fill"),  # objects into other frames of their sequence
    "probe": Kind("ml_worker.tasks.run_probe"),  # `doctor` asks a worker what it is and what it has
    # The learning loop. A training that goes on from its checkpoint loses little with each worker that dies.
    "plan": Kind("ml_worker.tasks.run_plan", queue="ahead", quiet=True),
    "train": Kind("ml_worker.tasks.run_train", queue="gpu", attempts=10, ended=ENDED, again=AGAIN),
    "evaluate": Kind("ml_worker.tasks.run_evaluate", queue="infer", ended=ENDED, again=AGAIN),
    "predict": Kind("ml_worker.tasks.run_predict", queue="infer", attempts=10),
    "rank": Kind("ml_worker.tasks.run_rank", queue="infer"),
}


QUIET = tuple(name for name, kind in KINDS.items() if kind.quiet)


def kind_named(name: str) -> Kind:
    """The kind of this name, of the product or of the module that CONTORNO_TEST_HANDLERS names.

    Raises:
        InvalidInput: no such kind.
    """
    kinds = KINDS
    if settings.JOB_TEST_HANDLERS:
        kinds = {**KINDS, **importlib.import_module(settings.JOB_TEST_HANDLERS).KINDS}
    if name not in kinds:
        raise InvalidInput(
            _("no job kind %(name)r; there are %(names)s") % {"name": name, "names": ", ".join(sorted(kinds))}
        )
    return kinds[name]


def job_start(
    *,
    kind: str,
    project: Project | None,
    user: User | None,
    parameters: Mapping[str, Any],
    queue: str | None = None,
) -> Job:
    """Record a job and, when the transaction has committed, ring for a worker.

    Raises:
        InvalidInput: no such kind.
    """
    known = kind_named(kind)
    job = Job.objects.create(
        kind=kind,
        project=project,
        created_by=user,
        parameters=dict(parameters),
        language=get_language() or "",
        queue=queue or known.queue,
        max_attempts=known.attempts,
    )
    transaction.on_commit(lambda: _ring(job.pk, job.queue))
    return job


def job_cancel(*, job: Job) -> Job:
    """Cancel a waiting job at once; ask a running one to stop at its next step.

    Raises:
        Conflict: the job has finished.
    """
    waiting = Job.objects.filter(pk=job.pk, state=JobState.QUEUED)
    running = Job.objects.filter(pk=job.pk, state=JobState.RUNNING)
    if not waiting.update(
        state=JobState.CANCELLED, cancel_requested=True, finished=Now()
    ) and not running.update(cancel_requested=True):
        job.refresh_from_db()
        raise Conflict(
            _("the job has ended already (%(state)s); only a waiting or running job can be cancelled")
            % {"state": called(job.state)}
        )
    job.refresh_from_db()
    if job.state == JobState.CANCELLED:
        _tell_ended(job)
    return job


def job_retry(*, job: Job) -> Job:
    """Queue a failed or cancelled job again, with all its attempts.

    Raises:
        Conflict: the job is waiting, running, or has succeeded, or what it works on does not allow it.
    """
    ended = Job.objects.filter(pk=job.pk, state__in=(JobState.FAILED, JobState.CANCELLED))
    with transaction.atomic():
        if (again := kind_named(job.kind).again) and ended.exists():
            import_string(again)(job)
        changed = ended.update(
            state=JobState.QUEUED,
            language=get_language() or "",
            attempts=0,
            progress=0.0,
            stage="",
            result=None,
            error=None,
            cancel_requested=False,
            lease=None,
            lease_until=None,
            rung=None,
            started=None,
            finished=None,
        )
        if changed:
            transaction.on_commit(lambda: _ring(job.pk, job.queue))
    job.refresh_from_db()
    if not changed:
        raise Conflict(
            _("the job is %(state)s; only a failed or cancelled job can be retried")
            % {"state": called(job.state)}
        )
    return job


def run_job(job_id: uuid.UUID | str) -> None:
    """Claim the job, run its handler and record how it ended. Does nothing if it does not wait (any more)."""
    if stopping():
        Job.objects.filter(pk=job_id, state=JobState.QUEUED).update(
            rung=None
        )  # another worker's reaper rings again
        return
    job = _claim(job_id)
    if job is None:
        return
    assert job.lease is not None
    context = JobContext(job, lease=job.lease)
    context.start()
    try:
        with override(job.language or settings.LANGUAGE_CODE):
            outcome = _outcome(context)
    finally:
        context.stop()
    if not Job.objects.filter(pk=job.pk, lease=job.lease, state=JobState.RUNNING).update(**outcome):
        logger.warning("job %s: the lease was lost, its outcome is dropped", job.pk)
    elif outcome["state"] in (JobState.FAILED, JobState.CANCELLED):
        _tell_ended(job)
    elif outcome["state"] == JobState.QUEUED and not stopping():
        _ring(job.pk, job.queue)


def _tell_ended(job: Job) -> None:
    """Tell those whom it concerns that a job has ended without success."""
    if ended := kind_named(job.kind).ended:
        import_string(ended)(job)


def reap() -> int:
    """Take jobs back from workers that died, and ring again for jobs whose bell was lost. Returns how many of both."""
    expired = Job.objects.filter(state=JobState.RUNNING, lease_until__lt=Now())
    taken_back = sum(_take_back(job) for job in expired)
    return taken_back + sum(_ring_again(job) for job in _forgotten())


def reap_forever(period: float) -> None:
    """Reap every `period` seconds until the process ends. Every worker does; the rows settle who comes first."""
    while True:
        try:
            close_old_connections()
            reap()
        except (OperationalError, InterfaceError) as problem:
            logger.warning("reaper: the database does not answer, trying again: %s", problem)
        finally:
            connections.close_all()  # nothing is held open when the worker forks
        time.sleep(period)


def _claim(job_id: uuid.UUID | str) -> Job | None:
    """Take a waiting job for this worker alone, or None if it does not wait."""
    lease = uuid.uuid4()
    claimed = Job.objects.filter(pk=job_id, state=JobState.QUEUED).update(
        state=JobState.RUNNING,
        lease=lease,
        lease_until=lease_end(),
        heartbeat=Now(),
        started=Now(),
        attempts=F("attempts") + 1,
        progress=0.0,
        stage="",
    )
    return (
        Job.objects.select_related("project", "created_by").get(pk=job_id, lease=lease) if claimed else None
    )


def _outcome(context: JobContext) -> dict[str, Any]:
    """Run the handler; the fields that its ending sets."""
    job = context.job
    try:
        handler: Callable[[JobContext], Any] = import_string(kind_named(job.kind).handler)
        result = handler(context)
        json.dumps(result)
    except Cancelled as reason:
        if context.cancel_requested:
            return _ending(JobState.CANCELLED)
        context.log(_("handed back to the queue: %(reason)s") % {"reason": reason}, "warning")
        return _waiting(attempts=F("attempts") - 1 if stopping() else F("attempts"))
    except DomainError as error:
        return _ending(JobState.FAILED, error=_error(error.detail, error.problems))
    except (OperationalError, InterfaceError) as error:
        told = _("the database failed: %(problem)s") % {"problem": error}
        context.log(told, "error")
        if job.attempts < job.max_attempts:
            return _waiting(attempts=F("attempts"))
        return _ending(JobState.FAILED, error=_error(told))
    except Exception as error:
        logger.exception("job %s (%s) failed", job.pk, job.kind)
        context.log(traceback.format_exc(), "error")
        told = _disk_full() if is_disk_full(error) else f"{type(error).__name__}: {error}"[:2000]
        return _ending(JobState.FAILED, error=_error(told))
    return _ending(JobState.SUCCEEDED, result=result, progress=1.0)


def _disk_full() -> str:
    return _(
        "the worker's disk is full; make room (CONTORNO_DATA_DIR, CONTORNO_WORK_DIR, /tmp) and start the job again"
    )


def _ending(state: JobState, **fields: Any) -> dict[str, Any]:
    return {"state": state, "finished": Now(), "lease": None, "lease_until": None, **fields}


def _waiting(**fields: Any) -> dict[str, Any]:
    return {"state": JobState.QUEUED, "lease": None, "lease_until": None, "rung": None, **fields}


def _error(detail: str, problems: Any = ()) -> dict[str, Any]:
    return {"detail": detail, "errors": [{"where": p.where, "message": p.message} for p in problems]}


def _take_back(job: Job) -> bool:
    """Return a dead worker's job to the queue, or end it when it was cancelled or has no attempt left."""
    with override(job.language or settings.LANGUAGE_CODE):
        died = _("the worker died or lost the database in attempt %(attempt)s of %(most)s") % {
            "attempt": job.attempts,
            "most": job.max_attempts,
        }
        given_up = _("%(died)s; it is not tried again") % {"died": died}
    if job.cancel_requested:
        fields = _ending(JobState.CANCELLED)
    elif job.attempts >= job.max_attempts:
        fields = _ending(JobState.FAILED, error=_error(given_up))
    else:
        fields = _waiting()
    still_its = Job.objects.filter(pk=job.pk, lease=job.lease, state=JobState.RUNNING, lease_until__lt=Now())
    if not still_its.update(**fields):
        return False  # it was alive after all, or another reaper was faster
    JobLogLine.objects.create(job=job, level="warning", text=died)
    logger.warning("job %s (%s): %s", job.pk, job.kind, died)
    if fields["state"] == JobState.QUEUED:
        _ring(job.pk, job.queue)
    else:
        _tell_ended(job)
    return True


def _forgotten() -> list[Job]:
    """The oldest waiting jobs whose bell was never rung, or so long ago that it may have been lost."""
    now = timezone.now()
    quiet = timedelta(seconds=settings.JOB_RING_SECONDS)

    def due(job: Job) -> bool:
        if job.rung is None:
            return job.attempts > 0 or now - job.created > timedelta(seconds=settings.JOB_REAP_SECONDS)
        # Each wait is about twice the last: a queue that is only long is not rung for every minute.
        return now - job.rung > max(quiet, min(job.rung - job.created, LONGEST_SILENCE))

    waiting = Job.objects.filter(state=JobState.QUEUED).order_by("created")
    return [job for queue in QUEUES for job in waiting.filter(queue=queue)[:RINGS_PER_PASS] if due(job)]


def _ring_again(job: Job) -> bool:
    """Ring unless another reaper has since."""
    # lte, not equal: SQLite compares moments as texts, with three digits of a second or with six.
    not_since = Q(rung=None) if job.rung is None else Q(rung__lte=job.rung)
    if not Job.objects.filter(not_since, pk=job.pk, state=JobState.QUEUED).update(rung=Now()):
        return False
    return _send(job.pk, job.queue)


def _ring(job_id: uuid.UUID, queue: str) -> None:
    if Job.objects.filter(pk=job_id, state=JobState.QUEUED).update(rung=Now()):
        _send(job_id, queue)


def _send(job_id: uuid.UUID, queue: str) -> bool:
    """Ring; if the broker does not answer, leave the job to the reaper, which rings when it does."""
    try:
        ring(str(job_id), queue)
    except (BrokerError, OSError) as problem:
        logger.warning("job %s waits: the broker does not answer: %s", job_id, problem)
        Job.objects.filter(pk=job_id).update(rung=None)
        return False
    return True


def called(state: str) -> str:
    """A state in the reader's language."""
    names = {
        JobState.QUEUED: _("waiting"),
        JobState.RUNNING: _("running"),
        JobState.SUCCEEDED: _("succeeded"),
        JobState.FAILED: _("failed"),
        JobState.CANCELLED: _("cancelled"),
    }
    return names[JobState(state)]
