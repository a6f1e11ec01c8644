"""What becomes of a job whose worker is killed, frozen or told to stop, on both brokers and both databases."""

from __future__ import annotations

import os
import signal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from annotator.models import Job, JobState
from tests.faults.workers import Site, Worker, alive, lines_of, wait_until

pytestmark = pytest.mark.timeout(180)


def finished(job: Job, site: Site, *, timeout: float = 60) -> Job:
    def done() -> bool:
        job.refresh_from_db()
        return job.finished is not None

    try:
        wait_until(done, timeout=timeout)
    except TimeoutError as problem:
        raise AssertionError(f"{job.state} after {job.attempts} attempts\n{site.logs()}") from problem
    return job


def assert_never_twice_at_once(lines: list[dict[str, Any]]) -> None:
    """Of each job, no run begins before the last sign of life of the run before it."""
    runs: dict[str, dict[tuple[int, int], list[float]]] = {}
    for line in lines:
        runs.setdefault(line["job"], {}).setdefault((line["attempt"], line["pid"]), []).append(line["at"])
    for job, times in runs.items():
        in_order = sorted(times.values(), key=min)
        assert all(max(earlier) < min(later) for earlier, later in pairwise(in_order)), job
        started = [line for line in lines if line["job"] == job and line["event"] == "start"]
        assert len(started) == len(times), f"{job} began more often than it was claimed"


@pytest.fixture
def hold(tmp_path: Path) -> Path:
    """While this file exists, jobs that name it do not end, however slow the machine is."""
    path = tmp_path / "hold"
    path.touch()
    return path


def running_worker(site: Site, file: Path) -> tuple[Worker, int]:
    """The worker that has begun the job, and the process in which it runs."""
    pid = int(wait_until(lambda: lines_of(file))[0]["pid"])
    return site.worker_of(pid), pid


def test_another_worker_finishes_the_job_of_a_killed_one(site: Site, tmp_path: Path, hold: Path) -> None:
    site.start_workers(2)
    file = tmp_path / "lines"
    job = site.start_job("stamp", file=str(file), seconds=0.5, hold=str(hold))
    worker, pid = running_worker(site, file)
    worker.kill_group()
    hold.unlink()
    finished(job, site)
    assert (job.state, job.attempts, job.result) == (JobState.SUCCEEDED, 2, {"attempt": 2})
    lines = lines_of(file)
    assert_never_twice_at_once(lines)
    assert {line["pid"] for line in lines if line["attempt"] == 1} == {pid}
    assert {line["pid"] for line in lines if line["attempt"] == 2}.isdisjoint({pid})


def test_child_of_a_killed_worker_dies_too_and_the_job_goes_on_elsewhere(
    site: Site, tmp_path: Path, hold: Path
) -> None:
    site.start_workers(2)
    file = tmp_path / "lines"
    job = site.start_job("stamp", file=str(file), seconds=0.5, hold=str(hold))
    worker, pid = running_worker(site, file)
    worker.process.kill()
    worker.process.wait()
    wait_until(lambda: not alive(pid), timeout=30)
    hold.unlink()
    finished(job, site)
    assert (job.state, job.attempts) == (JobState.SUCCEEDED, 2)
    assert_never_twice_at_once(lines_of(file))


def test_worker_replaces_its_killed_child_and_the_job_is_done_again(
    site: Site, tmp_path: Path, hold: Path
) -> None:
    site.start_workers(1)
    file = tmp_path / "lines"
    job = site.start_job("stamp", file=str(file), seconds=0.5, hold=str(hold))
    _, pid = running_worker(site, file)
    os.kill(pid, signal.SIGKILL)
    hold.unlink()
    finished(job, site)
    assert (job.state, job.attempts) == (JobState.SUCCEEDED, 2)
    assert_never_twice_at_once(lines_of(file))


def test_frozen_worker_that_wakes_up_late_stops_and_changes_nothing(
    site: Site, tmp_path: Path, hold: Path
) -> None:
    site.start_workers(2)
    file = tmp_path / "lines"
    job = site.start_job("stamp", file=str(file), seconds=0.5, hold=str(hold))
    worker, pid = running_worker(site, file)
    worker.signal_group(signal.SIGSTOP)
    wait_until(lambda: any(line["attempt"] == 2 for line in lines_of(file)))
    worker.signal_group(signal.SIGCONT)
    hold.unlink()
    finished(job, site)
    assert (job.state, job.attempts, job.result) == (JobState.SUCCEEDED, 2, {"attempt": 2})
    began = min(line["at"] for line in lines_of(file) if line["attempt"] == 2)
    late = [line for line in lines_of(file) if line["attempt"] == 1 and line["at"] > began]
    # Frozen between its check and its write it may finish that one step (and see that nothing holds it), no more.
    assert len(late) <= 2
    assert alive(pid)


def test_stopped_worker_hands_its_job_back_at_once(site: Site, tmp_path: Path, hold: Path) -> None:
    site.environment["CONTORNO_JOB_LEASE_SECONDS"] = "600"  # waiting for the lease to run out would time out
    first, second = site.start_workers(2)
    file = tmp_path / "lines"
    job = site.start_job("stamp", file=str(file), seconds=0.5, hold=str(hold))
    worker, _ = running_worker(site, file)
    worker.process.terminate()
    assert worker.process.wait(timeout=20) == 0
    assert worker in (first, second)
    hold.unlink()
    finished(job, site)
    assert (job.state, job.attempts) == (
        JobState.SUCCEEDED,
        1,
    )  # an attempt that was handed back does not count
    assert_never_twice_at_once(lines_of(file))


def test_job_whose_every_worker_dies_fails_and_says_so(site: Site, tmp_path: Path, hold: Path) -> None:
    site.start_workers(1)
    file = tmp_path / "lines"
    job = site.start_job("stamp", file=str(file), seconds=0.5, hold=str(hold))
    for attempt in (1, 2, 3):
        line = wait_until(lambda a=attempt: [line for line in lines_of(file) if line["attempt"] == a])[0]
        os.kill(line["pid"], signal.SIGKILL)
    finished(job, site)
    assert job.state == JobState.FAILED
    assert "attempt 3 of 3" in (job.error or {})["detail"]


def test_every_job_of_a_full_queue_is_done_once_while_workers_are_killed(site: Site, tmp_path: Path) -> None:
    workers = site.start_workers(2)
    file = tmp_path / "lines"
    work = site.start_jobs("stamp", 6, file=str(file), seconds=1)
    for victim in workers:
        wait_until(lambda v=victim: any(v.owns(line["pid"]) for line in lines_of(file)))
        victim.kill_group()
        site.start_workers(1)
    for job in work:
        finished(job, site, timeout=90)
    assert {job.state for job in work} == {JobState.SUCCEEDED}
    lines = lines_of(file)
    assert_never_twice_at_once(lines)
    ended = [line["job"] for line in lines if line["event"] == "end"]
    assert sorted(ended) == sorted(str(job.pk) for job in work)
