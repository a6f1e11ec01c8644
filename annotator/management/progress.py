"""A progress bar for commands: a line on the error stream that is drawn over, or a line now and then in a file."""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Any, Self

from django.db import connection

from annotator.models import Job, JobState
from annotator.selectors.job import stage_text

WIDTH = 30
ENDED = (JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED)
TERMINAL_SECONDS, FILE_SECONDS = 0.1, 10.0


class ProgressBar:
    """Draws a fraction and what is being done. `stream` is a command's stderr."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._terminal = bool(getattr(stream, "isatty", lambda: False)())
        self._drawn = 0.0
        self._width = 0

    def show(self, fraction: float, stage: str) -> None:
        """Draw, if the last drawing is a while ago."""
        now = time.monotonic()
        if now - self._drawn < (TERMINAL_SECONDS if self._terminal else FILE_SECONDS):
            return
        self._drawn = now
        self._draw(fraction, stage)

    def close(self, stage: str = "") -> None:
        if self._terminal and self._width:
            self._stream.write("\r" + " " * self._width + "\r", ending="")
        if stage:
            self._stream.write(stage)

    def _draw(self, fraction: float, stage: str) -> None:
        full = round(min(max(fraction, 0.0), 1.0) * WIDTH)
        line = f"[{'#' * full}{'.' * (WIDTH - full)}] {fraction:4.0%} {stage}"
        if self._terminal:
            self._stream.write("\r" + line.ljust(self._width), ending="")
            self._width = max(self._width, len(line))
        else:
            self._stream.write(line)


class JobBar:
    """Shows a job's progress while this process runs it: another thread reads the job's row."""

    def __init__(self, stream: Any, job: Job) -> None:
        self._bar = ProgressBar(stream)
        self._job = job
        self._stop = threading.Event()
        # Inside a transaction (a test) no other connection sees the row.
        self._thread = (
            None if connection.in_atomic_block else threading.Thread(target=self._watch, daemon=True)
        )

    def __enter__(self) -> Self:
        if self._thread is not None:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        self._bar.close()

    def wait(self) -> None:
        """Wait until the job has ended, whoever runs it."""
        while Job.objects.filter(pk=self._job.pk).exclude(state__in=ENDED).exists():
            time.sleep(TERMINAL_SECONDS)

    def _watch(self) -> None:
        try:
            while not self._stop.wait(TERMINAL_SECONDS):
                row = Job.objects.filter(pk=self._job.pk).values_list("progress", "stage").first()
                if row is not None:
                    self._bar.show(row[0], stage_text(row[1]))
        finally:
            connection.close()
