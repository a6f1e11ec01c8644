"""Starts learning work as a process of its own, follows what it says, and ends it: knows processes, not Django.

Owns the child's life: it dies with the worker that started it, is asked to stop by a file, ended when it says and
computes nothing, and what its ending means is told in words that say what to do. Does not own the run folder's files
(`run_folder.py`) nor what the events mean (`tasks.py`).
"""

from __future__ import annotations

import fcntl
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from annotator.core.errors import DomainError, InvalidInput, Problem, Unavailable
from annotator.core.words import VARIABLE, _, speaking
from ml_worker.run_folder import ERROR, FAILED, RESULT, STOP, Follower, read_json

OUTPUT = "output.txt"
POLL_SECONDS = 0.25
TERM_SECONDS = 20.0  # between SIGTERM and SIGKILL
STOP_SECONDS = (
    1800.0  # between the wish to stop and the end: the best checkpoint is measured and exported meanwhile
)
IDLE_SHARE = 0.01  # of a core; a process that computes less and says nothing hangs
TAIL = 4000  # characters of output that go into the log when it ended badly
GPU_GONE = re.compile(
    r"CUDA error|no CUDA-capable device|CUDA driver|NVML|device-side|cudaError|uncorrectable ECC|GPU is lost",
    re.IGNORECASE,
)
GPU_FULL = re.compile(r"CUDA out of memory|OutOfMemoryError", re.IGNORECASE)
HOST_FULL = re.compile(r"MemoryError|[Cc]an.t allocate memory|Cannot allocate memory", re.IGNORECASE)
DISK_FULL = re.compile(r"No space left on device|Disk quota exceeded", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted of the running work.

    Attributes:
        stop: end early and keep what is worth keeping. end: end now; whoever goes on takes what lies in the folder.
    """

    stop: bool = False
    end: bool = False


def command_for(folder: Path, *, gpus: int = 0) -> list[str]:
    """The command that works on a run folder; on several GPUs it is started by accelerate."""
    if gpus > 1:
        launch = [sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu", "--num_machines=1"]
        return [*launch, f"--num_processes={gpus}", "--mixed_precision=no", "--dynamo_backend=no",
                "-m", "ml_worker.run", str(folder)]  # fmt: skip
    return [sys.executable, "-m", "ml_worker.run", str(folder)]


def run_in(
    folder: Path,
    command: Sequence[str],
    *,
    on_event: Callable[[Mapping[str, Any]], None],
    wanted: Callable[[], Wish],
    silence: float,
    root: Path,
    keep_open: Sequence[int] = (),
    language: str = "",
) -> dict[str, Any] | None:
    """Run a command on a run folder until it ends.

    Args:
        on_event: is given each event that this run writes, in order.
        wanted: asked a few times a second.
        silence: seconds without an event and without computing after which it is ended.
        root: where the packages lie. keep_open: file descriptors (locks) that the process holds as long as it lives.
        language: of the messages, such as pt-br.

    Returns:
        The result; None where the work was ended before there was one.

    Raises:
        InvalidInput, Unavailable: it could not be done; the message says what to do.
    """
    for name in (RESULT, ERROR, STOP):
        (folder / name).unlink(missing_ok=True)
    follower = Follower(folder)
    for _event in follower.new():  # of an attempt before
        pass
    with (folder / OUTPUT).open("wb") as output:
        process = _start(command, output, root, keep_open, language)
    watch = _Watch(process, silence)
    ended = False
    try:
        while process.poll() is None:
            for event in follower.new():
                watch.spoke()
                on_event(event)
            wish = wanted()
            if wish.stop and not (folder / STOP).exists():
                (folder / STOP).touch()
                watch.stopping()
            if wish.end or watch.overdue():
                ended = True
                break
            time.sleep(POLL_SECONDS)
    finally:
        end_tree(process)
    for event in follower.new():
        on_event(event)
    if ended and not watch.silent:
        return read_json(folder / RESULT)
    with speaking(language):
        if watch.silent:
            raise Unavailable(_silent(silence))
        return _outcome(folder, process.returncode)


def _start(
    command: Sequence[str], output: Any, root: Path, keep_open: Sequence[int], language: str
) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "PYTHONUNBUFFERED": "1",
        "CONTORNO_PARENT": str(os.getpid()),
        VARIABLE: language,
    }
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(root), os.environ.get("PYTHONPATH")]))
    return subprocess.Popen(
        # `annotator.child` makes Linux end it with us, also when we are killed.
        [sys.executable, "-m", "annotator.child", str(os.getpid()), *command],
        cwd=root,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        pass_fds=tuple(keep_open),
    )


class _Watch:
    """Whether a process still does something: it writes events, or it computes."""

    def __init__(self, process: subprocess.Popen[bytes], silence: float) -> None:
        self._process = process
        self._silence = silence
        self._since = time.monotonic()
        self._cpu = 0.0
        self._stop_by: float | None = None
        self.silent = False

    def spoke(self) -> None:
        self._since = time.monotonic()
        self._cpu = cpu_seconds(self._process.pid)

    def stopping(self) -> None:
        self._stop_by = time.monotonic() + STOP_SECONDS

    def overdue(self) -> bool:
        now = time.monotonic()
        if self._stop_by is not None and now > self._stop_by:
            return True
        if now - self._since < self._silence:
            return False
        computed = cpu_seconds(self._process.pid) - self._cpu
        if computed > IDLE_SHARE * (now - self._since):
            self.spoke()  # it is at work on something long, such as an export
            return False
        self.silent = True
        return True


def cpu_seconds(leader: int) -> float:
    """What a process and all others of its session have computed so far; where the system does not say, ever more."""
    if not Path("/proc/self/stat").exists():
        return time.monotonic()
    ticks = 0
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it has just ended
            if int(fields[3]) == leader:  # its session
                ticks += sum(int(fields[at]) for at in (11, 12, 13, 14))
    return ticks / os.sysconf("SC_CLK_TCK")


def end_tree(process: subprocess.Popen[bytes]) -> None:
    """End a process with all that it has started: SIGTERM, and SIGKILL to what takes too long."""
    if process.poll() is None:
        _signal(process, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=TERM_SECONDS)
    _signal(process, signal.SIGKILL)  # also to what outlived its leader
    process.wait()


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _outcome(folder: Path, status: int) -> dict[str, Any]:
    """What an ending means.

    Raises:
        InvalidInput, Unavailable: anything but a result.
    """
    result = read_json(folder / RESULT)
    if status == 0 and result is not None:
        return result
    error = read_json(folder / ERROR)
    if error is not None and status in (FAILED, 1):
        problems = [Problem(one["where"], one["message"]) for one in error.get("errors", [])]
        raise InvalidInput(error["detail"], problems)
    raise _explained(status, tail_of(folder))


def tail_of(folder: Path, size: int = TAIL) -> str:
    """The end of what the process printed."""
    try:
        return (folder / OUTPUT).read_bytes()[-size:].decode("utf-8", "replace")
    except OSError:
        return ""


def _explained(status: int, tail: str) -> DomainError:
    """Say what an ending without a result was, most likely, and what to do."""
    if GPU_FULL.search(tail):
        return Unavailable(
            _(
                "the GPU's memory is full: choose a smaller input_size or batch_size, and start it again: it goes on "
                "from its last checkpoint"
            )
        )
    if GPU_GONE.search(tail):
        return Unavailable(
            _(
                "the GPU failed or is gone: look at nvidia-smi on that machine, then start it again: it goes on from "
                "its last checkpoint"
            )
        )
    if DISK_FULL.search(tail):
        return Unavailable(
            _(
                "the worker's disk is full: make room (CONTORNO_WORK_DIR), then start it again: it goes on from its "
                "last checkpoint"
            )
        )
    if status in (-signal.SIGKILL, 128 + signal.SIGKILL) or HOST_FULL.search(tail):
        return Unavailable(
            _(
                "the process was killed, nearly always because the machine's memory ran out: choose a smaller "
                "batch_size, input_size or fewer workers, or free memory, and start it again: it goes on from its "
                "last checkpoint"
            )
        )
    how = (
        _("by signal %(name)s") % {"name": signal.Signals(-status).name}
        if status < 0
        else _("with status %(status)s") % {"status": status}
    )
    return Unavailable(
        _(
            "the process ended %(how)s without saying why; the end of its output is in the log; start it again: it "
            "goes on from its last checkpoint"
        )
        % {"how": how}
    )


def _silent(seconds: float) -> str:
    return _(
        "it said nothing and computed nothing for %(minutes)s minutes and was ended: a hung disk, network share or GPU "
        "driver does that; start it again: it goes on from its last checkpoint"
    ) % {"minutes": f"{seconds / 60:.0f}"}


@contextmanager
def machine_lock(path: Path, waiting: Callable[[], None]) -> Iterator[int]:
    """Hold a lock that one process of this machine can have, waiting for it.

    Args:
        waiting: called every second while another holds it; may raise to give up.

    Returns:
        Its file descriptor; a child that keeps it open holds the lock with us, and after us.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                waiting()
                time.sleep(1.0)
        yield descriptor
    finally:
        os.close(descriptor)
