"""Jobs: claiming, leases, endings, cancelling, retrying and taking back, with handlers of tests/faults/handlers.py."""

from __future__ import annotations

import threading
import time
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from pytest_django.fixtures import Settings

from annotator import jobs
from annotator.core.errors import Conflict, InvalidInput
from annotator.models import Job, JobState


@pytest.fixture(autouse=True)
def _test_kinds(settings: Settings) -> None:
    settings.JOB_TEST_HANDLERS = "tests.faults.handlers"


def queued(kind: str, **parameters: Any) -> Job:
    return jobs.job_start(kind=kind, project=None, user=None, parameters=parameters)


def test_bell_is_rung_only_after_the_transaction_commits(
    db: None, django_capture_on_commit_callbacks: Any, settings: Settings
) -> None:
    broker = Path(settings.CELERY_BROKER_TRANSPORT_OPTIONS["data_folder_out"])
    before = len(list(broker.glob("*.cpu.msg")))
    with django_capture_on_commit_callbacks(execute=True):
        job = queued("count", steps=1)
        assert len(list(broker.glob("*.cpu.msg"))) == before
    assert len(list(broker.glob("*.cpu.msg"))) == before + 1
    job.refresh_from_db()
    assert job.rung is not None


def test_unknown_kind_is_refused_and_the_message_names_those_that_exist(db: None) -> None:
    with pytest.raises(InvalidInput, match=r"'bake'.*export.*import"):
        queued("bake")
    assert not Job.objects.exists()


def test_job_that_ends_well_has_its_result_progress_and_log(db: None) -> None:
    job = queued("count", steps=3)
    jobs.run_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.result, job.progress, job.attempts) == (JobState.SUCCEEDED, {"steps": 3}, 1.0, 1)
    assert job.started is not None
    assert job.finished is not None
    assert job.lease is None
    assert list(job.log.order_by("id").values_list("text", flat=True)) == [f"did step {n}" for n in (1, 2, 3)]


def test_second_bell_for_the_same_job_does_nothing(db: None) -> None:
    job = queued("count", steps=1)
    jobs.run_job(job.pk)
    jobs.run_job(job.pk)
    jobs.run_job(uuid.uuid4())  # nor does one for a job that is not there
    job.refresh_from_db()
    assert job.attempts == 1


def test_problems_of_a_refused_input_are_all_in_the_error(db: None) -> None:
    job = queued("refuse")
    jobs.run_job(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert job.error == {
        "detail": "2 records are wrong",
        "errors": [{"where": "a.json", "message": "no images"}, {"where": "b.json", "message": "no classes"}],
    }


def test_bug_in_a_handler_fails_the_job_with_a_short_error_and_the_traceback_in_its_log(db: None) -> None:
    job = queued("crash")
    jobs.run_job(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert job.error == {"detail": "ZeroDivisionError: a bug", "errors": []}
    assert "Traceback" in job.log.get().text


def test_result_that_is_no_json_fails_the_job(db: None) -> None:
    job = queued("unserialisable")
    jobs.run_job(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert "PosixPath" in (job.error or {})["detail"]


def test_waiting_job_is_cancelled_at_once_and_never_runs(db: None) -> None:
    job = jobs.job_cancel(job=queued("count", steps=1))
    assert job.state == JobState.CANCELLED
    jobs.run_job(job.pk)
    job.refresh_from_db()
    assert job.attempts == 0


@pytest.mark.parametrize("kind", ["count", "crash"])
def test_finished_job_cannot_be_cancelled(db: None, kind: str) -> None:
    job = queued(kind, steps=1)
    jobs.run_job(job.pk)
    with pytest.raises(Conflict, match="already"):
        jobs.job_cancel(job=job)


def test_failed_job_can_be_retried_with_all_its_attempts(db: None) -> None:
    job = queued("crash")
    jobs.run_job(job.pk)
    job = jobs.job_retry(job=job)
    assert (job.state, job.attempts, job.error, job.finished) == (JobState.QUEUED, 0, None, None)


def test_job_that_waits_or_succeeded_cannot_be_retried(db: None) -> None:
    job = queued("count", steps=1)
    with pytest.raises(Conflict, match="the job is waiting"):
        jobs.job_retry(job=job)
    jobs.run_job(job.pk)
    with pytest.raises(Conflict, match="succeeded"):
        jobs.job_retry(job=job)


def held_by_a_dead_worker(job: Job, **fields: Any) -> Job:
    held = {
        "lease": uuid.uuid4(),
        "lease_until": timezone.now() - timedelta(seconds=1),
        "attempts": 1,
        **fields,
    }
    Job.objects.filter(pk=job.pk).update(state=JobState.RUNNING, **held)
    job.refresh_from_db()
    return job


def test_reaper_gives_a_dead_workers_job_back_to_the_queue_and_says_so(db: None) -> None:
    job = held_by_a_dead_worker(queued("count", steps=1))
    assert jobs.reap() == 1
    job.refresh_from_db()
    assert (job.state, job.lease, job.attempts) == (JobState.QUEUED, None, 1)
    assert "attempt 1 of 3" in job.log.get().text
    jobs.run_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.attempts) == (JobState.SUCCEEDED, 2)


def test_reaper_fails_a_job_whose_attempts_are_used_up_and_says_so(db: None) -> None:
    job = held_by_a_dead_worker(queued("count", steps=1), attempts=3)
    jobs.reap()
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert "attempt 3 of 3" in (job.error or {})["detail"]


def test_reaper_ends_a_cancelled_job_of_a_dead_worker(db: None) -> None:
    job = held_by_a_dead_worker(queued("count", steps=1), cancel_requested=True)
    jobs.reap()
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED


def test_reaper_leaves_a_living_workers_job_alone(db: None) -> None:
    job = held_by_a_dead_worker(queued("count", steps=1), lease_until=timezone.now() + timedelta(seconds=30))
    assert jobs.reap() == 0
    job.refresh_from_db()
    assert job.state == JobState.RUNNING


def test_lost_bell_is_rung_again_but_not_twice_in_a_row(
    db: None, django_capture_on_commit_callbacks: Any, settings: Settings
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        job = queued("count", steps=1)
    settings.JOB_RING_SECONDS = 0.05
    job.refresh_from_db()
    rung = job.rung
    assert rung is not None
    wait_until(lambda: timezone.now() - rung > timedelta(seconds=0.1))
    assert jobs.reap() == 1
    settings.JOB_RING_SECONDS = 60
    assert jobs.reap() == 0


def test_waiting_gpu_jobs_do_not_keep_cpu_jobs_from_being_rung_again(db: None, settings: Settings) -> None:
    for _ in range(jobs.RINGS_PER_PASS + 5):
        jobs.job_start(kind="count", project=None, user=None, parameters={}, queue="gpu")
    job = queued("count", steps=1)
    Job.objects.update(rung=timezone.now() - timedelta(seconds=settings.JOB_RING_SECONDS + 1))
    jobs.reap()
    job.refresh_from_db()
    assert job.rung is not None
    assert timezone.now() - job.rung < timedelta(seconds=30)


def test_broker_that_does_not_answer_leaves_the_job_waiting_for_the_reaper(
    db: None, django_capture_on_commit_callbacks: Any, settings: Settings
) -> None:
    broker = Path(settings.CELERY_BROKER_TRANSPORT_OPTIONS["data_folder_out"])
    away = broker.rename(broker.with_name("away"))
    try:
        with django_capture_on_commit_callbacks(execute=True):
            job = queued("count", steps=1)
    finally:
        away.rename(broker)
    job.refresh_from_db()
    assert (job.state, job.rung) == (JobState.QUEUED, None)
    Job.objects.update(created=timezone.now() - timedelta(minutes=1))
    assert jobs.reap() == 1


@pytest.mark.django_db(transaction=True)
class TestWithHeartbeatThread:
    """Rows committed for real, as in a worker, where the heartbeat has a connection of its own."""

    @pytest.fixture(autouse=True)
    def _short_lease(self, settings: Settings) -> None:
        settings.JOB_LEASE_SECONDS = 1.0

    def test_lease_is_renewed_while_the_handler_holds_a_long_transaction_on_its_row(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if connection.vendor == "sqlite":
            pytest.skip("SQLite has one writer: a long transaction of a handler blocks the heartbeat there")
        from tests.faults import handlers

        plain = handlers.stamp
        with monkeypatch.context() as patch:
            patch.setattr(handlers, "stamp", transaction.atomic(plain))
            job = queued("stamp", file=str(tmp_path / "lines"), seconds=2.5)
            runner = run_in_thread(job)
            wait_until(lambda: Job.objects.get(pk=job.pk).state == JobState.RUNNING)
            while runner.is_alive():
                assert jobs.reap() == 0
                time.sleep(0.1)
        job.refresh_from_db()
        assert (job.state, job.attempts) == (JobState.SUCCEEDED, 1)

    def test_running_job_stops_soon_after_it_is_cancelled(self, tmp_path: Path) -> None:
        job = queued("stamp", file=str(tmp_path / "lines"), seconds=60)
        runner = run_in_thread(job)
        wait_until(lambda: Job.objects.get(pk=job.pk).state == JobState.RUNNING)
        jobs.job_cancel(job=job)
        runner.join(timeout=10)
        job.refresh_from_db()
        assert job.state == JobState.CANCELLED
        assert job.finished is not None

    def test_worker_that_lost_its_lease_stops_and_its_outcome_is_dropped(self, tmp_path: Path) -> None:
        job = queued("stamp", file=str(tmp_path / "lines"), seconds=60)
        runner = run_in_thread(job)
        wait_until(lambda: Job.objects.get(pk=job.pk).state == JobState.RUNNING)
        taken = uuid.uuid4()
        Job.objects.filter(pk=job.pk).update(lease=taken, lease_until=timezone.now() + timedelta(seconds=60))
        runner.join(timeout=10)
        assert not runner.is_alive()
        job.refresh_from_db()
        assert (job.state, job.lease, job.result) == (JobState.RUNNING, taken, None)

    def test_of_many_workers_that_hear_the_bell_one_runs_the_job(self, tmp_path: Path) -> None:
        file = tmp_path / "lines"
        job = queued("stamp", file=str(file), seconds=0.2)
        runners = [run_in_thread(job) for _ in range(8)]
        for runner in runners:
            runner.join(timeout=30)
        job.refresh_from_db()
        assert (job.state, job.attempts) == (JobState.SUCCEEDED, 1)
        assert file.read_text().count('"start"') == 1

    def test_progress_is_seen_by_others_while_the_job_runs(self, tmp_path: Path) -> None:
        job = jobs.job_start(kind="probe", project=None, user=None, parameters={"seconds": 2})
        runner = run_in_thread(job)
        wait_until(lambda: 0.1 < Job.objects.get(pk=job.pk).progress < 1)
        assert Job.objects.get(pk=job.pk).stage == "probing"
        runner.join(timeout=30)
        job.refresh_from_db()
        assert (job.result or {})["host"]


def run_in_thread(job: Job) -> threading.Thread:
    def run() -> None:
        try:
            jobs.run_job(job.pk)
        finally:
            connection.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def wait_until(condition: Any, *, timeout: float = 15) -> None:
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "the condition did not become true in time"
        time.sleep(0.02)
