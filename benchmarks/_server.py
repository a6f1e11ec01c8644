"""A real server for benchmarks: its own data folder, its own port, its own database, and a token to talk to it.

Owns starting and stopping. Does not own what is measured.
"""

from __future__ import annotations

import http.client
import json
import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
MODULES = {"djangorestframework": "rest_framework"}
RESULTS = ROOT / "benchmarks" / "results"


class Client:
    """One keep-alive connection with a token. folder: the server's data."""

    def __init__(self, port: int, token: str, folder: Path = Path()) -> None:
        self.port, self.folder = port, folder
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
        self._headers = {"Authorization": f"Token {token}"}

    def send(self, method: str, path: str, body: bytes | None = None, **headers: str) -> bytes:
        """The body of the answer.

        Raises:
            RuntimeError: the status is not 2xx; the message ends with the body.
        """
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self._connection.request(method, f"/api/v1{path}", body, {**self._headers, **named})
        response = self._connection.getresponse()
        data = response.read()
        if response.status // 100 != 2:
            raise RuntimeError(f"{method} {path}: {response.status} {data[:2000].decode(errors='replace')}")
        return data

    def json(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        return json.loads(self.send(method, path, data, Content_Type="application/json"))

    def upload(self, project: str, files: Sequence[tuple[str, bytes]]) -> list[dict[str, Any]]:
        """Upload images; the results."""
        line = "----------contorno-benchmark"
        parts = [
            f'--{line}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'.encode()
            + data
            + b"\r\n"
            for name, data in files
        ]
        body = b"".join([*parts, f"--{line}--\r\n".encode()])
        kind = f"multipart/form-data; boundary={line}"
        answer = self.send("POST", f"/projects/{project}/images", body, Content_Type=kind)
        return json.loads(answer)["results"]


@contextmanager
def running_server(database_url: str = "", *, worker: bool = False) -> Iterator[Client]:
    """A server on a new data folder, with its workers if they are asked for; everything is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="contorno-bench-"))
    keep = {key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "REDIS_URL")}
    environment = {**keep, "CONTORNO_DATA_DIR": str(folder), "CONTORNO_LOG_LEVEL": "WARNING"}
    if database_url:
        environment["DATABASE_URL"] = database_url
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    manage = [sys.executable, "manage.py"]
    with (folder / "serve.log").open("wb") as log:
        command = [*manage, "serve", *([] if worker else ["--no-worker"]), "--port", str(port)]
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        try:
            _wait(process, port, folder / "serve.log")
            made = subprocess.run(
                [*manage, "create_token", "bench@example.org"],
                cwd=ROOT, env=environment, check=True, capture_output=True, text=True,
            )  # fmt: skip
            yield Client(port, made.stdout.strip().splitlines()[-1], folder)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def postgres_database(server_url: str) -> Iterator[str]:
    """A new database on this server; dropped afterwards."""
    import psycopg2

    name = f"contorno_bench_{os.getpid()}"
    connection = psycopg2.connect(server_url)
    connection.autocommit = True
    cursor = connection.cursor()
    cursor.execute(f"CREATE DATABASE {name}")
    try:
        yield urlsplit(server_url)._replace(path=f"/{name}").geturl()
    finally:
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
        connection.close()


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"the server did not start:\n{log.read_text()[-4000:]}")


def surroundings() -> dict[str, Any]:
    """Machine, date and versions, for the results' head."""
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.processor(),
    )
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"cpu": model, "cores": os.cpu_count(), "system": platform.platform()},
        "versions": {
            "python": platform.python_version(),
            **{
                name: version(name)
                for name in ("django", "djangorestframework", "orjson", "msgpack", "gunicorn")
                if find_spec(MODULES.get(name, name))  # a bare GPU machine has only what learning needs
            },
        },
        "load": round(os.getloadavg()[0], 2),
    }


def write_results(name: str, results: dict[str, Any]) -> Path:
    """Write benchmarks/results/<name>.json."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps({**surroundings(), **results}, indent=1) + "\n")
    return path


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share of the values lies (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]
