"""Real worker processes on the test's database and a broker of their own, to be killed.

Owns processes, their environment and their logs; the tests own what is asserted.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.db import connection

from annotator.models import Job

ROOT = Path(__file__).resolve().parents[2]
START_JOB = """
import json, sys, django
django.setup()
from annotator import jobs
kind, parameters, count = sys.argv[1], json.loads(sys.argv[2]), int(sys.argv[3])
for _ in range(count):
    print(jobs.job_start(kind=kind, project=None, user=None, parameters=parameters).pk)
"""


def test_database_url() -> str:
    """The URL by which another process reaches the database of this test."""
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return urlunsplit(urlsplit(settings.DATABASE_URL)._replace(path=f"/{name}"))


class Worker:
    """One Celery worker with one child process, in a process group of its own."""

    def __init__(
        self, environment: dict[str, str], log: Path, *, concurrency: int = 1, queues: str = "cpu"
    ) -> None:
        self.log = log
        command = [sys.executable, "-m", "celery", "--app=annotator.celery", "worker", f"--queues={queues}"]
        command += [
            f"--concurrency={concurrency}",
            "--loglevel=INFO",
            "--without-gossip",
            "--without-mingle",
            f"--hostname={uuid.uuid4()}",
        ]
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_until_ready(self) -> None:
        wait_until(lambda: self.process.poll() is not None or " ready." in self.log.read_text(), timeout=60)
        assert self.process.poll() is None, self.log.read_text()[-4000:]

    def owns(self, pid: int) -> bool:
        return pid == self.process.pid or parent_of(pid) == self.process.pid

    def kill_group(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=30)

    def signal_group(self, number: signal.Signals) -> None:
        os.killpg(self.process.pid, number)

    def end(self) -> None:
        if self.process.poll() is None:
            self.signal_group(signal.SIGCONT)
            self.kill_group()


class Site:
    """Workers that share the test's database and one broker: files in `folder`, or Redis under a prefix of its own."""

    def __init__(self, folder: Path, *, redis_url: str = "", lease: float = 2.0) -> None:
        self.folder = folder
        self.environment = {
            **{key: value for key, value in os.environ.items() if key not in ("REDIS_URL", "DATABASE_URL")},
            "DJANGO_SETTINGS_MODULE": "annotator.settings",
            "CONTORNO_DATA_DIR": str(folder / "data"),
            "DATABASE_URL": test_database_url(),
            "CONTORNO_TEST_HANDLERS": "tests.faults.handlers",
            "CONTORNO_JOB_LEASE_SECONDS": str(lease),
            "CONTORNO_JOB_REAP_SECONDS": "0.3",
            "CONTORNO_JOB_RING_SECONDS": "3",
            "CONTORNO_REDIS_PREFIX": f"contorno-test-{uuid.uuid4()}-",
            "PYTHONPATH": str(ROOT),
        }
        if redis_url:
            self.environment["REDIS_URL"] = redis_url
        self.workers: list[Worker] = []
        self.queues = "cpu"

    def start_workers(self, count: int) -> list[Worker]:
        started = [
            Worker(self.environment, self.folder / f"worker{len(self.workers) + n}.log", queues=self.queues)
            for n in range(count)
        ]
        self.workers += started
        for worker in started:
            worker.wait_until_ready()
        return started

    def start_job(self, kind: str, **parameters: Any) -> Job:
        return self.start_jobs(kind, 1, **parameters)[0]

    def start_jobs(self, kind: str, count: int, **parameters: Any) -> list[Job]:
        """From a process of its own, as a web process does, so that the bells go through this site's broker."""
        done = subprocess.run(
            [sys.executable, "-c", START_JOB, kind, json.dumps(parameters), str(count)],
            cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return list(Job.objects.filter(pk__in=done.stdout.split()))

    def worker_of(self, pid: int) -> Worker:
        return next(worker for worker in self.workers if worker.owns(pid))

    def others(self, worker: Worker) -> list[Worker]:
        return [other for other in self.workers if other is not worker]

    def logs(self) -> str:
        return "\n".join(
            f"--- {worker.log.name}\n{worker.log.read_text()[-3000:]}" for worker in self.workers
        )

    def end(self) -> None:
        for worker in self.workers:
            worker.end()


def parent_of(pid: int) -> int | None:
    done = subprocess.run(["ps", "-o", "ppid=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return int(done.stdout) if done.stdout.strip() else None


def children_of(pid: int) -> list[int]:
    done = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    )
    return [int(line) for line in done.stdout.split()]


def alive(pid: int) -> bool:
    done = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return bool(done.stdout.strip()) and not done.stdout.strip().startswith("Z")


def lines_of(file: Path) -> list[dict[str, Any]]:
    """What the handlers wrote (tests/faults/handlers.py), in the order of writing."""
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def wait_until(condition: Callable[[], Any], *, timeout: float = 30) -> Any:
    """Poll until the condition holds and return its value.

    Raises:
        TimeoutError: it did not hold in time.
    """
    deadline = time.monotonic() + timeout
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {timeout} s")
        time.sleep(0.05)
    return value
