"""What the commands of the learning loop share: a job that this process runs, or that a worker runs and it follows."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser

from annotator.jobs import run_job
from annotator.management.base import SHOWN_PROBLEMS
from annotator.management.progress import JobBar
from annotator.models import Job, JobState


def add_where(parser: CommandParser) -> None:
    """The options that say who does the work."""
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--queue", action="store_true", help="leave it to a worker and return at once")
    where.add_argument("--follow", action="store_true", help="leave it to a worker and wait for the end")


def carry_out(job: Job, options: dict[str, Any], stream: Any) -> Job | None:
    """Run a job here with a progress bar, or follow it.

    Returns:
        The job when it has succeeded; None where a worker was left alone with it.

    Raises:
        CommandError: it failed or was cancelled.
    """
    if options["queue"]:
        return None
    with JobBar(stream, job) as bar:
        if options["follow"]:
            bar.wait()
        else:
            run_job(job.pk)
    job.refresh_from_db()
    if job.state in (JobState.QUEUED, JobState.RUNNING):
        raise CommandError(f"a worker was faster and runs the job {job.pk}; watch it there")
    if job.state != JobState.SUCCEEDED:
        error = job.error or {"detail": f"the job was {job.state}", "errors": []}
        lines = [f"  {one['where']}: {one['message']}" for one in error["errors"][:SHOWN_PROBLEMS]]
        raise CommandError("\n".join([error["detail"], *lines]))
    return job
