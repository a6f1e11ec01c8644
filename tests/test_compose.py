"""docker-compose.yml, kept honest: its commands and its environment start the product on PostgreSQL and Redis.

No Docker is needed: the commands of `web` and `worker` run here, with hosts, names and the volume's folder replaced.
"""

from __future__ import annotations

import os
import re
import secrets
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import pytest
import yaml
from psycopg2 import sql

from tests.conftest import absent
from tests.faults.workers import wait_until
from tools.services import find_postgres, find_redis

ROOT = Path(__file__).resolve().parents[1]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
_VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::(?P<kind>[-?])(?P<rest>[^}]*))?\}")


def interpolated(text: str, given: dict[str, str]) -> str:
    """What Compose makes of `${NAME}`, `${NAME:-default}` and `${NAME:?message}`."""

    def value(match: re.Match[str]) -> str:
        name, kind, rest = match["name"], match["kind"], match["rest"]
        if kind == "?" and not given.get(name):
            raise KeyError(f"{name}: {rest}")
        return given.get(name) or (rest if kind == "-" else "")

    return _VARIABLE.sub(value, text)


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_has_a_health_check_and_restarts(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"
    assert SERVICES[name]["restart"] == "unless-stopped"


def test_every_volume_that_is_mounted_is_declared() -> None:
    mounted = {volume.split(":")[0] for service in SERVICES.values() for volume in service["volumes"]}
    assert mounted == set(COMPOSE["volumes"])


def test_a_plain_start_has_neither_gpu_worker_nor_object_store() -> None:
    for name in ("worker-gpu", "worker-gpu-infer"):
        assert SERVICES[name]["profiles"] == ["gpu"]
        assert SERVICES[name]["deploy"]["resources"]["reservations"]["devices"][0]["driver"] == "nvidia"
    for name in ("worker-learn", "worker-infer"):
        assert SERVICES[name]["profiles"] == ["cpu"]
    assert SERVICES["object-store"]["profiles"] == ["s3"]
    assert "profiles" not in SERVICES["web"]


def test_the_learning_workers_take_their_queues_with_a_gpu_and_without_one() -> None:
    for learns, infers in (("worker-learn", "worker-infer"), ("worker-gpu", "worker-gpu-infer")):
        for name, queue in ((learns, "gpu"), (infers, "infer")):
            command = SERVICES[name]["command"]
            assert command[command.index("--queues") + 1] == queue
        command = SERVICES[learns]["command"]
        assert command[command.index("--concurrency") + 1] == "1", "two trainings would share one GPU"


def test_compose_demands_a_secret_key() -> None:
    with pytest.raises(KeyError, match="CONTORNO_SECRET_KEY"):
        interpolated(SERVICES["web"]["environment"]["CONTORNO_SECRET_KEY"], {})


@contextmanager
def temporary_database(server: str) -> Iterator[tuple[str, str]]:
    """A role that may do nothing but own a database of its own name; yields name and password."""
    name, password = f"contorno_{secrets.token_hex(4)}", secrets.token_urlsafe(8)
    connection = psycopg2.connect(server)
    connection.autocommit = True
    identifier = sql.Identifier(name)
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(identifier, sql.Literal(password)))
        cursor.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(identifier, identifier))
    try:
        yield name, password
    finally:
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(identifier))
            cursor.execute(sql.SQL("DROP ROLE {}").format(identifier))
        connection.close()


def environment_of(
    service: str, given: dict[str, str], *, database: str, server: str, redis: str
) -> dict[str, str]:
    """The service's environment, with our server, database name and Redis in the places of the containers'."""
    made = {key: interpolated(str(value), given) for key, value in SERVICES[service]["environment"].items()}
    url, here = urlsplit(made["DATABASE_URL"]), urlsplit(server)
    assert (url.hostname, url.port, url.username, url.path) == ("postgres", 5432, "contorno", "/contorno")
    netloc = f"{database}:{url.password}@{here.hostname}:{here.port or 5432}"
    made["DATABASE_URL"] = urlunsplit(url._replace(netloc=netloc, path=f"/{database}"))
    assert made["REDIS_URL"] == "redis://redis:6379/0"
    made["REDIS_URL"] = redis
    made["CONTORNO_REDIS_PREFIX"] = f"{database}-"
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("CONTORNO_", "DATABASE_", "REDIS_"))
    }
    return {**kept, **made, "PYTHONPATH": str(ROOT), "DJANGO_SETTINGS_MODULE": "annotator.settings"}


@contextmanager
def running(command: list[str], environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    programs = {"python": [sys.executable], "celery": [sys.executable, "-m", "celery"]}
    with log.open("ab") as out:
        process = subprocess.Popen(
            [*programs[command[0]], *command[1:]],
            cwd=ROOT,
            env=environment,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            status = process.wait(timeout=40)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    assert status == 0, log.read_text()[-3000:]


@pytest.mark.redis
@pytest.mark.postgres
@pytest.mark.timeout(240)
def test_web_answers_and_worker_runs_a_job_with_the_environment_of_compose(tmp_path: Path) -> None:
    server = find_postgres() or absent("postgres", "no PostgreSQL answers; set CONTORNO_TEST_POSTGRES_URL")
    redis = find_redis() or absent("redis", "no Redis answers; set CONTORNO_TEST_REDIS_URL")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    with temporary_database(server) as (database, password):
        given = {"POSTGRES_PASSWORD": password, "CONTORNO_SECRET_KEY": secrets.token_hex(16)}
        names = {"database": database, "server": server, "redis": redis}
        environments = {name: environment_of(name, given, **names) for name in ("web", "worker")}
        for environment in environments.values():
            assert environment["CONTORNO_DATA_DIR"] == "/data"
            environment["CONTORNO_DATA_DIR"] = str(tmp_path / "data")
        web_command = ["127.0.0.1" if part == "0.0.0.0" else part for part in SERVICES["web"]["command"]]
        web_command = [port if part == "8000" else part for part in web_command]
        log = tmp_path / "web.log"
        with running(web_command, environments["web"], log):
            address = f"http://127.0.0.1:{port}/healthz"
            wait_until(lambda: answers(address) or "Traceback" in log.read_text(), timeout=90)
            assert answers(address), log.read_text()[-4000:]
            with running(SERVICES["worker"]["command"], environments["worker"], tmp_path / "worker.log"):
                doctor = subprocess.run(
                    [sys.executable, "manage.py", "doctor", "--worker-seconds", "60"],
                    cwd=ROOT, env=environments["web"], capture_output=True, text=True, check=False,
                )  # fmt: skip
    found = dict(re.findall(r"^ok +(\w+) +(.*)$", doctor.stdout, re.MULTILINE))
    assert found["database"].startswith("postgresql"), doctor.stdout + doctor.stderr
    assert found["broker"] == "Redis"
    assert found["worker"].startswith("on "), doctor.stdout + doctor.stderr


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return answer.status == 200
    except OSError:
        return False
