"""Redis dies with all its data while jobs wait and are started: none is lost, no request waits for it."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from annotator.models import JobState
from tests.conftest import absent
from tests.faults.workers import Site, wait_until

pytestmark = [pytest.mark.redis, pytest.mark.timeout(180)]


class OwnRedis:
    """A Redis server of this test alone, without persistence."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [
            "redis-server",
            "--port",
            str(self.port),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--dir",
            str(self.folder),
        ]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        wait_until(self.answers)

    def answers(self) -> bool:
        try:
            return bool(redis.Redis.from_url(self.url).ping())
        except redis.ConnectionError:
            return False

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(timeout=10)


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[OwnRedis]:
    if shutil.which("redis-server") is None:
        absent("redis", "no redis-server program here")
    server = OwnRedis(tmp_path)
    server.start()
    yield server
    server.kill()


def test_jobs_outlive_a_broker_that_dies_with_all_its_data(
    transactional_db: None, own_redis: OwnRedis, tmp_path: Path
) -> None:
    site = Site(tmp_path, redis_url=own_redis.url)
    try:
        waiting = site.start_job("count", steps=1)  # rung, but nobody listens yet
        own_redis.kill()
        began = time.monotonic()
        started_without = site.start_job("count", steps=1)
        assert time.monotonic() - began < 15
        assert started_without.rung is None
        own_redis.start()
        site.start_workers(1)
        for job in (waiting, started_without):
            wait_until(lambda job=job: (job.refresh_from_db(), job.finished)[1], timeout=60)
            assert job.state == JobState.SUCCEEDED
        own_redis.kill()
        own_redis.start()
        after = site.start_job("count", steps=1)  # the worker finds its way back to the broker
        wait_until(lambda: (after.refresh_from_db(), after.finished)[1], timeout=60)
        assert after.state == JobState.SUCCEEDED
    finally:
        site.end()
