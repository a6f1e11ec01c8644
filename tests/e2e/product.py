"""Starts, stops and kills the real product (`manage.py serve`) on its own data folder, and talks to its API.

Owns the process and a token; owns no browser (see conftest.py) and no assertions.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).resolve().parents[2]
PERSON = """
from annotator.services.account import token_create, user_ensure
user = user_ensure(email={email!r})
user.set_password({password!r})
user.save()
print(token_create(user=user, name="tests")[1])
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Product:
    """One running Contorno: a data folder, a port, web and workers.

    With `learning` also the workers that train and predict; with `clicks` the packaged click model, which makes every
    image ready that is opened.
    """

    def __init__(
        self, data_dir: Path, *, port: int | None = None, learning: bool = False, clicks: bool = False
    ) -> None:
        self.data_dir = data_dir
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **{key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "REDIS_URL")},
            "CONTORNO_DATA_DIR": str(data_dir),
            "CONTORNO_JOB_LEASE_SECONDS": "5",
            "CONTORNO_JOB_REAP_SECONDS": "1",
            "DJANGO_SETTINGS_MODULE": "annotator.settings",
            **({} if clicks else {"CONTORNO_PACKAGED_MODELS": str(data_dir / "none")}),
        }
        self.learning = learning
        self.process: subprocess.Popen[bytes] | None = None
        self.log_path = data_dir / "serve.log"
        self.people: dict[str, tuple[str, str]] = {}  # password and token of an address
        self.cookies: dict[str, dict[str, Any]] = {}  # what a browser keeps of who has signed in

    def begin_from(self, other: Product) -> Product:
        """Takes over the data of one that does not run: its database, its people and their tokens."""
        assert other.process is None, "its files would change meanwhile"
        shutil.copytree(other.data_dir, self.data_dir, dirs_exist_ok=True)
        self.people = dict(other.people)
        return self

    def start(self, *, timeout: float = 60) -> Product:
        """Starts web and worker and returns once the web answers.

        Raises:
            RuntimeError: it exited or did not answer in time; the message ends with its log.
        """
        self.data_dir.mkdir(parents=True, exist_ok=True)
        log = self.log_path.open("ab")
        command = [sys.executable, "manage.py", "serve", "--host", "127.0.0.1", "--port", str(self.port)]
        if not self.learning:
            command.append("--no-learning")
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=self.environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                if requests.get(f"{self.url}/healthz", timeout=2).ok:
                    return self
            except requests.RequestException:
                time.sleep(0.1)
        raise RuntimeError(f"the product did not start:\n{self.log_path.read_text()[-4000:]}")

    def stop(self) -> int:
        """Asks it to stop, as Ctrl+C does, and waits. Returns the exit status."""
        if self.process is None:
            return 0
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout=30)
        self.process = None
        return status

    def kill(self) -> None:
        """SIGKILL to the supervisor and all its children, in the middle of whatever they do."""
        if self.process is None:
            return
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=30)
        self.process = None

    def manage(self, *arguments: str) -> str:
        """Runs a management command on this product's data folder and returns what it printed."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise RuntimeError(f"{arguments} exited {done.returncode}:\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def set_password(self, email: str, password: str) -> str:
        """Makes the person if needed and gives the password, once. Returns a token of theirs."""
        if email not in self.people or self.people[email][0] != password:
            token = self.manage("shell", "-c", PERSON.format(email=email, password=password))
            self.people[email] = password, token.strip().splitlines()[-1]
        return self.people[email][1]

    def token(self, email: str) -> str:
        """A token of the person, who is made if needed."""
        if email not in self.people:
            return self.manage("create_token", email).strip().splitlines()[-1]
        return self.people[email][1]


class Client:
    """A program's view of the API, by token."""

    def __init__(self, product: Product, token: str) -> None:
        self.base = f"{product.url}/api/v1"
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Token {token}"

    def get(self, path: str, **parameters: Any) -> Any:
        answer = self.session.get(self.base + path, params=parameters, timeout=60)
        assert answer.ok, f"GET {path}: {answer.status_code} {answer.text[:2000]}"
        return answer.json()

    def post(self, path: str, body: Any = None, *, expect: int | None = None, **options: Any) -> Any:
        answer = self.session.post(self.base + path, json=body, timeout=60, **options)
        if expect is None:
            assert answer.ok, f"POST {path}: {answer.status_code} {answer.text[:2000]}"
        else:
            assert answer.status_code == expect, f"POST {path}: {answer.status_code} {answer.text[:2000]}"
        return answer.json() if answer.content else None

    def upload(self, project: str, files: list[tuple[str, bytes]]) -> list[dict[str, Any]]:
        """Uploads (name, content) pairs and returns the result of each."""
        answer = self.session.post(
            f"{self.base}/projects/{project}/images",
            files=[("files", (Path(name).name, content)) for name, content in files],
            data={"paths": [name for name, _ in files]},
            timeout=300,
        )
        assert answer.ok, answer.text[:2000]
        return answer.json()["results"]

    def wait_for(self, path: str, holds: Callable[[Any], bool], *, timeout: float = 60) -> Any:
        """Polls until what the path answers holds, and returns it."""
        deadline = time.monotonic() + timeout
        while True:
            body = self.get(path)
            if holds(body):
                return body
            assert time.monotonic() < deadline, f"{path} after {timeout} s: {str(body)[:2000]}"
            time.sleep(0.1)

    def wait_for_job(self, job: str, *, timeout: float = 60) -> dict[str, Any]:
        """Polls the job until it is finished and returns it, whatever its state."""
        return self.wait_for(
            f"/jobs/{job}",
            lambda body: body["state"] in ("succeeded", "failed", "cancelled"),
            timeout=timeout,
        )

    def download(self, path: str) -> bytes:
        answer = self.session.get(self.base + path, timeout=120)
        assert answer.ok, answer.text[:2000]
        return answer.content
