"""The Celery tasks that a CPU or GPU worker answers to. Owns nothing but the step from a message to a job."""

from __future__ import annotations

from annotator import jobs
from annotator.celery import RUN_JOB, app


@app.task(name=RUN_JOB)
def run_job(job_id: str) -> None:
    """Run the job if it still waits; a message that comes twice or too late does nothing."""
    jobs.run_job(job_id)
