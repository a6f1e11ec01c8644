"""Jobs: lists, cancel, retry, and their progress as server-sent events."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db import connection
from django.http import StreamingHttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from annotator.jobs import FINISHED, QUIET, job_cancel, job_retry
from annotator.models import Job, JobState, Role
from annotator.selectors.job import jobs_of
from annotator.services import access
from api.pagination import Order, page_of
from api.queries import identity, refuse, words
from api.renderers import OrjsonRenderer, to_json
from api.schema import paged, query
from api.serializers.base import page_shape
from api.serializers.job import JobDetailSerializer, JobSerializer
from api.views.base import View, person

NEWEST_FIRST = Order(("-created", "-id"))
POLL_SECONDS = 0.5
HEARTBEAT_SECONDS = 15.0  # below the usual idle limit of proxies
LONGEST_SECONDS = 60.0  # then the browser comes again, so that no thread is held for ever


class JobsView(View):
    """Jobs of the projects that I am a member of, and my own."""

    @extend_schema(
        operation_id="list_jobs",
        responses=page_shape(JobSerializer),
        tags=["jobs"],
        **paged(
            query("project", "Only of this project.", type_=UUID),
            query("state", f"Only in these states, by comma: {', '.join(JobState.values)}."),
            query(
                "kind",
                "Only of this kind: export, import, ... Those that nobody started by name (embed) only so.",
            ),
        ),
    )
    def get(self, request: Request) -> Response:
        """Jobs, newest first."""
        project, states = identity(request, "project"), _states(request)
        jobs = jobs_of(person(request))
        if project:
            jobs = jobs.filter(project=access.project_for(person(request), project, Role.VIEWER))
        if states:
            jobs = jobs.filter(state__in=states)
        kind = request.query_params.get("kind")
        jobs = jobs.filter(kind=kind) if kind else jobs.exclude(kind__in=QUIET)
        return Response(page_of(jobs, NEWEST_FIRST, request.query_params).body(job_body))


class JobView(View):
    """One job."""

    @extend_schema(operation_id="job", responses=JobDetailSerializer, tags=["jobs"])
    def get(self, request: Request, job_id: UUID) -> Response:
        """The job with its log."""
        job = access.job_for(person(request), job_id, Role.VIEWER)
        return Response({**job_body(job), "log": _log_of(job)})


class CancelJobView(View):
    """Stopping a job."""

    @extend_schema(operation_id="cancel_job", request=None, responses=JobSerializer, tags=["jobs"])
    def post(self, request: Request, job_id: UUID) -> Response:
        """Cancel a waiting job, or ask a running one to stop."""
        return Response(job_body(job_cancel(job=_changeable(request, job_id))))


class RetryJobView(View):
    """Trying again."""

    @extend_schema(operation_id="retry_job", request=None, responses=JobSerializer, tags=["jobs"])
    def post(self, request: Request, job_id: UUID) -> Response:
        """Queue a failed or cancelled job again."""
        return Response(job_body(job_retry(job=_changeable(request, job_id))))


class EventStreamRenderer(BaseRenderer):
    """Only for content negotiation: the view answers the stream itself."""

    media_type = "text/event-stream"
    format = "events"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None
    ) -> bytes:
        return to_json(data)


class JobEventsView(View):
    """A job's progress while it happens."""

    renderer_classes = (EventStreamRenderer, OrjsonRenderer)

    @extend_schema(
        operation_id="job_events", responses={(200, "text/event-stream"): JobSerializer}, tags=["jobs"]
    )
    def get(self, request: Request, job_id: UUID) -> StreamingHttpResponse:
        """Server-sent events: `data: <Job>` at once and on each change, until it has finished or a minute is over."""
        job = access.job_for(person(request), job_id, Role.VIEWER)
        return StreamingHttpResponse(
            job_events(job.pk),
            content_type="text/event-stream",
            headers={"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"},
        )


def job_events(
    job_id: UUID, *, longest: float = LONGEST_SECONDS, poll: float = POLL_SECONDS
) -> Iterator[bytes]:
    """The events of a job: its JSON on every change, a comment now and then so that nobody takes the line for dead."""
    begun = spoke = time.monotonic()
    last = b""
    yield b"retry: 1000\n\n"
    while True:
        job = Job.objects.select_related("created_by").filter(pk=job_id).first()
        if job is None:
            return
        event, now = to_json(job_body(job)), time.monotonic()
        if event != last:
            last, spoke = event, now
            yield b"data: " + event + b"\n\n"
        elif now - spoke >= HEARTBEAT_SECONDS:
            spoke = now
            yield b": still here\n\n"
        if job.state in FINISHED or now - begun >= longest:
            return
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
        time.sleep(poll)


def job_body(job: Job) -> dict[str, Any]:
    return dict(JobSerializer(job).data)


def _log_of(job: Job) -> list[dict[str, Any]]:
    lines = job.log.order_by("at", "id")  # type: ignore[attr-defined]
    return [{"at": line.at, "level": line.level, "text": line.text} for line in lines]


def _changeable(request: Request, job_id: UUID) -> Job:
    """The job, for the person who started it, or a manager; others who see it are told that they may not."""
    job = access.job_for(person(request), job_id, Role.VIEWER)
    if job.created_by != person(request) and job.project is not None:
        access.require_role(user=person(request), project=job.project, role=Role.MANAGER)
    return job


def _states(request: Request) -> list[str]:
    states = words(request, "state")
    if wrong := [state for state in states if state not in JobState.values]:
        refuse(
            "state",
            _("%(name)r is no state; there are %(names)s")
            % {"name": wrong[0][:40], "names": ", ".join(JobState.values)},
        )
    return states
