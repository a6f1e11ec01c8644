"""`manage.py serve`: Contorno on this machine with one command, web and worker side by side."""

from __future__ import annotations

import getpass
import io
import os
import shutil
import socket
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError, CommandParser
from django.db import connections

from annotator.database import migrate
from annotator.management.base import LOCAL_EMAIL, DomainCommand
from annotator.services.account import link_create, user_ensure
from annotator.services.pyramid import pyramids_sweep
from annotator.supervisor import ChildCommand, Supervisor

LINK_LIFETIME = timedelta(hours=12)
PORTS_TRIED = 50
LEFTOVER_SECONDS = 24 * 3600  # no upload takes a day: older ones are of a server that was killed
LOOPBACK = ("127.0.0.1", "localhost", "::1")
REACHED_AT = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, never bound unasked


class Command(DomainCommand):
    """Migrates, starts web and worker, keeps them alive, and stops both on SIGINT or SIGTERM."""

    help = "Start the web server and a worker, and print the address to open."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--host", default=os.environ.get("CONTORNO_HOST", "127.0.0.1"), help="address to listen on"
        )
        parser.add_argument("--port", type=int, default=int(os.environ.get("CONTORNO_PORT", "8000")))
        # manage.py reads this one before the settings are loaded; here it is only for --help.
        parser.add_argument("--data-dir", type=Path, help="where everything is kept (CONTORNO_DATA_DIR)")
        parser.add_argument("--no-worker", action="store_true", help="web only; workers run elsewhere")
        parser.add_argument(
            "--no-learning", action="store_true", help="nothing is trained or predicted by this machine"
        )
        parser.add_argument(
            "--workers", type=int, default=2, help="jobs that the worker runs at once (default 2)"
        )
        parser.add_argument(
            "--web-processes", type=int, default=1, help="web processes of 16 threads (default 1)"
        )
        parser.add_argument(
            "--demo", action="store_true", help="begin with a demo project where there is none yet"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        host, port = options["host"], _free_port(options["host"], options["port"])
        if options["port"] not in (0, port):
            self.stdout.write(f"Port {options['port']} is taken; using {port}.")
        migrate()
        sweep(Path(settings.FILE_UPLOAD_TEMP_DIR), before=time.time() - LEFTOVER_SECONDS)
        pyramids_sweep(before=time.time() - LEFTOVER_SECONDS)
        link = _local_link(host, port, demo=options["demo"])
        connections.close_all()
        supervisor = Supervisor(
            _children(host, port, options), environment=_children_environment(host), output=sys.stdout
        )
        supervisor.run(started=lambda: _announce(supervisor, host, port, link))


def sweep(folder: Path, *, before: float) -> None:
    """Delete what killed servers and workers left: what was last written before this time (seconds since 1970)."""
    for path in folder.iterdir():
        if path.is_file() and path.stat().st_mtime < before:
            path.unlink(missing_ok=True)
        elif path.is_dir() and _last_written(path) < before:
            shutil.rmtree(path, ignore_errors=True)


def _last_written(folder: Path) -> float:
    """When anything in a folder was last written; a file that goes meanwhile does not count."""
    times = [folder.stat().st_mtime]
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):
            times.append(path.stat().st_mtime)
    return max(times)


def _children(host: str, port: int, options: dict[str, Any]) -> list[ChildCommand]:
    children = [ChildCommand("web", _web_command(host, port, options["web_processes"]))]
    if not options["no_worker"]:
        children.append(ChildCommand("worker", _worker_command(options["workers"]), stop_seconds=20))
        children.append(ChildCommand("ahead", _ahead_command(), stop_seconds=20))
    if not options["no_worker"] and not options["no_learning"]:
        children.append(ChildCommand("learn", _learn_command(), stop_seconds=40))
        children.append(ChildCommand("infer", _infer_command(), stop_seconds=40))
    return children


def _web_command(host: str, port: int, processes: int) -> list[str]:
    """gunicorn with threads: requests wait for the database and for files, and event streams only wait."""
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    command = [sys.executable, "-m", "gunicorn", "annotator.wsgi:application", f"--bind={address}"]
    command += [f"--workers={processes}", "--worker-class=gthread", "--threads=16", "--timeout=300"]
    command += [
        "--graceful-timeout=5",
        "--keep-alive=30",
        "--no-control-socket",
        f"--chdir={settings.BASE_DIR}",
    ]
    if Path("/dev/shm").is_dir():  # noqa: S108 - gunicorn's heartbeat file, best kept in memory
        command.append("--worker-tmp-dir=/dev/shm")
    return command


def _worker_command(concurrency: int) -> list[str]:
    return [*_celery("worker"), f"--concurrency={concurrency}", "--queues=cpu"]


def _ahead_command() -> list[str]:
    """One process of low priority for what may be wanted soon, so that no export or import waits behind it."""
    return [*_polite("5"), *_celery("ahead"), "--pool=solo", "--queues=ahead"]


def _learn_command() -> list[str]:
    """Trainings, one at a time, at a low priority: on a laptop's cores people come first."""
    return [*_polite("10"), *_celery("learn"), "--concurrency=1", "--queues=gpu"]


def _infer_command() -> list[str]:
    """Predictions and rankings, which never wait behind a training. One process, for it only starts others."""
    return [*_polite("5"), *_celery("infer"), "--pool=solo", "--queues=infer"]


def _polite(steps: str) -> list[str]:
    return ["nice", "-n", steps] if shutil.which("nice") else []


def _celery(name: str) -> list[str]:
    command = [sys.executable, "-m", "celery", "--quiet", f"--workdir={settings.BASE_DIR}"]
    command += ["--app=annotator.celery", "worker", f"--hostname={name}@%h"]
    return [*command, "--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel=INFO"]


def _children_environment(host: str) -> dict[str, str]:
    environment = {**os.environ, "CONTORNO_DATA_DIR": str(settings.DATA_DIR), "PYTHONUNBUFFERED": "1"}
    environment["PYTHONPATH"] = os.pathsep.join(
        filter(None, [str(settings.BASE_DIR), os.environ.get("PYTHONPATH")])
    )
    if host not in (*LOOPBACK, *REACHED_AT) and "CONTORNO_ALLOWED_HOSTS" not in environment:
        environment["CONTORNO_ALLOWED_HOSTS"] = ",".join([*settings.ALLOWED_HOSTS, host])
    return environment


def _free_port(host: str, wanted: int) -> int:
    """The wanted port, or the next one that is free.

    Raises:
        CommandError: none of the next 50 is, or the address is not of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    problem: OSError | None = None
    for port in range(wanted, min(wanted + PORTS_TRIED, 65536)):
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                problem = error
                continue
            return int(probe.getsockname()[1])
    raise CommandError(f"no port from {wanted} on can be opened on {host}: {problem}")


def _local_link(host: str, port: int, *, demo: bool) -> str | None:
    """A one-time link that signs in whoever sits at this machine; None when others can reach the address."""
    if host not in LOOPBACK:
        return None
    user = user_ensure(email=LOCAL_EMAIL, name=_own_name())
    if demo:
        call_command("demo", email=LOCAL_EMAIL, stdout=io.StringIO(), stderr=io.StringIO())
    return f"{_url(host, port)}/enter/{link_create(user=user, purpose='login', lifetime=LINK_LIFETIME)}"


def _own_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


def _announce(supervisor: Supervisor, host: str, port: int, link: str | None) -> None:
    """Say where to go, once the web server answers."""
    probe = REACHED_AT.get(host, host)
    for _ in range(600):
        try:
            with urllib.request.urlopen(f"{_url(probe, port)}/healthz", timeout=2):  # noqa: S310 - our own address
                break
        except urllib.error.HTTPError:
            break  # it answers, if not well: its log says why
        except OSError:
            time.sleep(0.1)
    supervisor.say("", name="")
    supervisor.say(f"  Contorno is ready: {link or _url(probe, port)}", name="")
    supervisor.say("  (the link signs you in once; Ctrl+C stops)" if link else "  (Ctrl+C stops)", name="")
    supervisor.say("", name="")


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
