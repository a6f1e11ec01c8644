"""`manage.py serve` as a person starts it: it starts both processes, mends them, and leaves none behind."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.workers import alive, children_of, wait_until

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.timeout(180)


class Served:
    """One `manage.py serve` on a data folder of its own; its output is in `log`."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder = folder
        self.log = folder / "serve.log"
        self.environment = {
            **{key: value for key, value in os.environ.items() if key not in ("REDIS_URL", "DATABASE_URL")},
            "DJANGO_SETTINGS_MODULE": "annotator.settings",
            "CONTORNO_DATA_DIR": str(folder / "data with a space"),
        }
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, str(ROOT / "manage.py"), "serve", *(arguments or ("--port=0",))],
                cwd=folder,
                env=self.environment,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def output(self) -> str:
        return self.log.read_text()

    def wait_until_ready(self) -> str:
        """Returns the address it printed."""
        try:
            wait_until(
                lambda: "Contorno is ready" in self.output() or self.process.poll() is not None, timeout=60
            )
        except TimeoutError as problem:
            raise AssertionError(self.output()[-4000:]) from problem
        found = re.search(r"Contorno is ready: (\S+)", self.output())
        assert found, self.output()[-4000:]
        return found.group(1)

    def descendants(self) -> list[int]:
        """The web server, the worker, and their children."""
        children = children_of(self.process.pid)
        return [*children, *(grandchild for child in children for grandchild in children_of(child))]

    def child(self, word: str) -> int:
        found = self.child_or_none(word)
        assert found is not None, f"no {word} among the children"
        return found

    def child_or_none(self, word: str) -> int | None:
        for pid in children_of(self.process.pid):
            done = subprocess.run(
                ["ps", "-ww", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False
            )
            if word in done.stdout:
                return pid
        return None

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *arguments],
            cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False,
        )  # fmt: skip

    def end(self) -> None:
        for pid in [self.process.pid, *self.descendants()] if self.process.poll() is None else []:
            os.kill(pid, signal.SIGKILL)
        self.process.wait(timeout=30)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    started = Served(tmp_path)
    yield started
    started.end()


def test_first_visitor_is_signed_in_by_the_printed_link_once(served: Served) -> None:
    link = served.wait_until_ready()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    browser.open(link, timeout=10).close()
    base = link.split("/enter/")[0]
    with browser.open(f"{base}/api/v1/me", timeout=10) as answer:
        assert json.load(answer)["user"]["email"] == "me@localhost"
    second = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    with contextlib.suppress(urllib.error.HTTPError):
        second.open(link, timeout=10).close()
    with pytest.raises(urllib.error.HTTPError, match="401"):
        second.open(f"{base}/api/v1/me", timeout=10)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stopping_leaves_no_process_behind(served: Served, number: signal.Signals) -> None:
    served.wait_until_ready()
    processes = wait_until(lambda: len(served.descendants()) >= 8 and served.descendants())
    served.process.send_signal(number)
    assert served.process.wait(timeout=30) == 0
    assert not [pid for pid in processes if alive(pid)]


def test_ctrl_c_in_a_terminal_stops_all_cleanly(served: Served) -> None:
    served.wait_until_ready()
    processes = wait_until(lambda: len(served.descendants()) >= 8 and served.descendants())
    os.killpg(served.process.pid, signal.SIGINT)  # a terminal sends it to the whole group
    assert served.process.wait(timeout=30) == 0
    assert not [pid for pid in processes if alive(pid)]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
def test_killed_supervisor_takes_its_children_with_it(served: Served) -> None:
    served.wait_until_ready()
    processes = wait_until(lambda: len(served.descendants()) >= 8 and served.descendants())
    served.process.kill()
    wait_until(lambda: not [pid for pid in processes if alive(pid)], timeout=20)


@pytest.mark.timeout(180)
def test_each_dead_child_is_started_again(served: Served) -> None:
    link = served.wait_until_ready()
    for number, word in enumerate(
        ["gunicorn", "queues=cpu", "queues=ahead", "queues=gpu", "queues=infer"], 1
    ):
        before = wait_until(lambda word=word: served.child_or_none(word))
        os.kill(before, signal.SIGKILL)
        wait_until(lambda word=word, before=before: served.child_or_none(word) not in (None, before))
        assert served.output().count("killed by SIGKILL") == number
        wait_until(lambda: _answers(link.split("/enter/")[0] + "/healthz"))


def test_doctor_finds_a_served_product_well(served: Served) -> None:
    served.wait_until_ready()
    done = served.manage("doctor")
    lines = [line for line in done.stdout.splitlines() if "BROKEN" in line and "front end" not in line]
    assert not lines, done.stdout + done.stderr
    assert "worker" in done.stdout


def test_doctor_fails_and_says_how_to_start_a_worker_where_none_answers(tmp_path: Path) -> None:
    served = Served(tmp_path, "--port=0", "--no-worker")
    try:
        served.wait_until_ready()
        done = served.manage("doctor", "--worker-seconds=1")
    finally:
        served.end()
    assert done.returncode == 1
    assert "manage.py serve" in done.stdout


def test_taken_port_is_named_and_the_next_free_one_is_used(tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        served = Served(tmp_path, f"--port={port}")
        try:
            link = served.wait_until_ready()
        finally:
            served.end()
    assert f"Port {port} is taken" in served.output()
    assert f":{port}/" not in link


def test_data_dir_option_is_honoured_by_the_children(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    served = Served(tmp_path, "--port=0", f"--data-dir={elsewhere}")
    try:
        served.wait_until_ready()
        served.environment["CONTORNO_DATA_DIR"] = str(elsewhere)
        assert "BROKEN  worker" not in served.manage("doctor").stdout
    finally:
        served.end()
    assert (elsewhere / "contorno.sqlite3").exists()
    assert not (tmp_path / "data with a space" / "contorno.sqlite3").exists()


def test_server_killed_while_people_write_loses_nothing_it_confirmed(served: Served) -> None:
    """SIGKILL in the middle of many requests: all that was answered is there, and the database is whole."""
    base = served.wait_until_ready().split("/enter/")[0]
    token = served.manage("create_token", "a@example.org").stdout.split()[-1]
    confirmed: list[str] = []

    def write(worker: int) -> None:
        for number in range(10_000):
            name = f"project {worker}-{number}"
            try:
                _post(f"{base}/api/v1/projects", token, {"name": name, "task_type": "instance"})
            except OSError:
                return
            confirmed.append(name)

    writers = [threading.Thread(target=write, args=[n], daemon=True) for n in range(4)]
    for writer in writers:
        writer.start()
    wait_until(lambda: len(confirmed) >= 20)
    for pid in [served.process.pid, *served.descendants()]:
        os.kill(pid, signal.SIGKILL)
    for writer in writers:
        writer.join(timeout=30)
    file = Path(served.environment["CONTORNO_DATA_DIR"]) / "contorno.sqlite3"
    with sqlite3.connect(file) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        stored = {row[0] for row in database.execute("SELECT name FROM annotator_project")}
        ownerless = database.execute(
            "SELECT count(*) FROM annotator_project WHERE id NOT IN (SELECT project_id FROM annotator_membership)"
        ).fetchone()[0]
    assert set(confirmed) <= stored
    assert ownerless == 0


def test_commands_that_begin_at_once_on_an_empty_folder_make_one_database(tmp_path: Path) -> None:
    folder = tmp_path / "fresh"
    environment = {
        **{key: value for key, value in os.environ.items() if key not in ("REDIS_URL", "DATABASE_URL")},
        "DJANGO_SETTINGS_MODULE": "annotator.settings",
        "CONTORNO_DATA_DIR": str(folder),
    }
    commands = [
        subprocess.Popen(
            [sys.executable, "manage.py", "create_token", f"person{n}@example.org"],
            cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for n in range(3)
    ]  # fmt: skip
    ended = [(command.communicate(timeout=120)[1], command.returncode) for command in commands]
    assert [status for _said, status in ended] == [0, 0, 0], ended
    with sqlite3.connect(folder / "contorno.sqlite3") as database:
        assert database.execute("SELECT count(*) FROM annotator_user").fetchone() == (3,)
    assert sorted(path.name for path in folder.glob("secret_key*")) == ["secret_key"]


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except OSError:
        return False


def _post(url: str, token: str, body: dict[str, Any]) -> None:
    headers = {"Authorization": f"Token {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=10):
        pass
