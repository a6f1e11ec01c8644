"""Keeps a few child processes alive, shows their output under their names, and stops them together.

Owns processes and signals; knows nothing of Django. `manage.py serve` says which children there are.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TextIO

STEADY_SECONDS = 60.0  # a child that lived this long starts its back-off anew
LONGEST_BACK_OFF = 30.0


@dataclass(frozen=True, slots=True)
class ChildCommand:
    """A child to keep alive. `stop_seconds`: how long it may take to end after SIGTERM."""

    name: str
    command: Sequence[str]
    stop_seconds: float = 15.0


@dataclass
class _Child:
    spec: ChildCommand
    process: subprocess.Popen[str] | None = None
    started: float = 0.0
    failures: int = 0
    restart_at: float = 0.0
    reader: threading.Thread | None = field(default=None, repr=False)


class Supervisor:
    """Starts the children, restarts one that ends, and stops all on SIGINT or SIGTERM.

    Args:
        children: what to keep alive.
        environment: the children's environment.
        output: where their lines go, each after its child's name.
    """

    def __init__(
        self, children: Sequence[ChildCommand], *, environment: dict[str, str], output: TextIO = sys.stdout
    ) -> None:
        self._children = [_Child(spec) for spec in children]
        self._environment = environment
        self._output = output
        self._write_lock = threading.Lock()
        self._stopping = threading.Event()
        self._width = max(len(child.spec.name) for child in self._children)

    def run(self, *, started: Callable[[], None]) -> None:
        """Keep the children alive until a signal comes, then stop them. Calls `started` once they are started."""
        previous = {
            number: signal.signal(number, self._on_signal) for number in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            for child in self._children:
                self._start(child)
            threading.Thread(target=started, daemon=True).start()
            while not self._stopping.wait(0.2):
                for child in self._children:
                    self._look_after(child)
        finally:
            self._stop_all()
            for number, handler in previous.items():
                signal.signal(number, handler)

    def say(self, text: str, *, name: str = "serve") -> None:
        with self._write_lock:
            print(f"{name:<{self._width}} | {text}" if name else text, file=self._output, flush=True)

    def _on_signal(self, _number: int, _frame: object) -> None:
        self._stopping.set()

    def _start(self, child: _Child) -> None:
        command = [sys.executable, "-m", "annotator.child", str(os.getpid()), *child.spec.command]
        child.process = subprocess.Popen(
            command,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        child.started = time.monotonic()
        child.reader = threading.Thread(
            target=self._copy_output, args=[child.spec.name, child.process], daemon=True
        )
        child.reader.start()

    def _copy_output(self, name: str, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                self.say(line.rstrip("\n"), name=name)

    def _look_after(self, child: _Child) -> None:
        """Restart a child that ended, after 1, 2, 4, … 30 seconds."""
        now = time.monotonic()
        if child.process is None:
            if now >= child.restart_at:
                self._start(child)
            return
        status = child.process.poll()
        if status is None:
            return
        child.failures = 1 if now - child.started > STEADY_SECONDS else child.failures + 1
        wait = min(2.0 ** (child.failures - 1), LONGEST_BACK_OFF)
        self.say(f"{child.spec.name} ended ({_how_ended(status)}); starting it again in {wait:.0f} s")
        child.process, child.restart_at = None, now + wait

    def _stop_all(self) -> None:
        """SIGTERM to all at once, SIGKILL to those that take too long."""
        running = [child for child in self._children if child.process is not None]
        for child in running:
            assert child.process is not None
            child.process.terminate()
        deadline = time.monotonic()
        for child in running:
            assert child.process is not None
            try:
                child.process.wait(timeout=max(0.0, deadline + child.spec.stop_seconds - time.monotonic()))
            except subprocess.TimeoutExpired:
                self.say(f"{child.spec.name} does not stop: killing it")
                child.process.kill()
                child.process.wait()
            if child.reader is not None:
                child.reader.join(timeout=1)


def _how_ended(status: int) -> str:
    return f"killed by {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
