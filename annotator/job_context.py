"""What a running job's handler holds: its progress, log, and the lease that makes it the only one at work.

Owns the heartbeat. One thread beside the handler writes everything on a connection of its own, so that a handler inside
a long transaction neither hides its progress nor loses its lease. `annotator/jobs.py` owns claiming and finishing.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from datetime import timedelta

from django.conf import settings
from django.db import Error as DatabaseProblem
from django.db import connection
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from annotator.celery import stopping
from annotator.core.errors import Cancelled
from annotator.models import Job, JobLogLine, JobState

logger = logging.getLogger(__name__)

TICK_SECONDS = 0.5  # how late progress may be seen and a cancel noticed
MAX_LOG_LINES = 5_000

# Counts on while a laptop sleeps, where the system has such a clock: a lease runs out in sleep too.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def lease_end() -> object:
    """The moment until which a lease taken or renewed now is valid, by the database's clock."""
    return Now() + timedelta(seconds=settings.JOB_LEASE_SECONDS)


class JobContext:
    """Passed to a job's handler, which calls `check_cancelled` between steps and may report progress at any rate.

    Attributes:
        job: the row as it was when the job was claimed; `job.parameters` is the handler's input.
    """

    def __init__(self, job: Job, *, lease: uuid.UUID) -> None:
        self.job = job
        self.lease = lease
        self.cancel_requested = False
        self.lost = False
        self._lock = threading.Lock()
        self._progress = 0.0
        self._stage = ""
        self._dirty = False
        self._lines: list[JobLogLine] = []
        self._line_count = 0
        self._deadline = _now() + settings.JOB_LEASE_SECONDS
        self._renewed = _now()
        self._stop = threading.Event()
        # A caller inside a transaction (a test) holds rows that no other connection can see: it beats by itself.
        self._thread = (
            None if connection.in_atomic_block else threading.Thread(target=self._beat, daemon=True)
        )

    def progress(self, fraction: float, stage: str | None = None) -> None:
        """Say how far the work is, 0..1, and what is done now, for people. Cheap: call it as often as you like."""
        with self._lock:
            self._progress = min(1.0, max(0.0, float(fraction)))
            if stage is not None:
                self._stage = stage[:200]
            self._dirty = True

    def log(self, text: str, level: str = "info") -> None:
        """Add a line to the job's log; level is info, warning or error."""
        with self._lock:
            self._line_count += 1
            if self._line_count == MAX_LOG_LINES:
                text += "\n" + _("(the log ends here: it has %(most)s lines)") % {"most": MAX_LOG_LINES}
            if self._line_count <= MAX_LOG_LINES:
                self._lines.append(JobLogLine(job=self.job, level=level, text=text))
                self._dirty = True

    def check_cancelled(self) -> None:
        """Stop here if the job was cancelled, its lease was lost or its worker is stopping.

        Raises:
            Cancelled: the handler lets it pass; what it wrote so far must be harmless when the job runs again.
        """
        if self._thread is None:
            self._tick()
        if self.cancel_requested:
            raise Cancelled(_("cancelled by a person"))
        if not self.holds_lease():
            raise Cancelled(_("the lease was lost"))
        if stopping():
            raise Cancelled(_("the worker is stopping"))

    def holds_lease(self) -> bool:
        """Whether the job is still this worker's alone."""
        return not self.lost and _now() <= self._deadline

    def is_cancelled(self) -> bool:
        """Whether `check_cancelled` would stop, for callbacks that must not raise."""
        try:
            self.check_cancelled()
        except Cancelled:
            return True
        return False

    def start(self) -> None:
        if self._thread is not None:
            self._thread.start()

    def stop(self) -> None:
        """End the heartbeat and write what is still unwritten."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        self.flush_log()

    def flush_log(self) -> None:
        with self._lock:
            lines, self._lines = self._lines, []
        JobLogLine.objects.bulk_create(lines)

    def _beat(self) -> None:
        try:
            while not self._stop.wait(min(TICK_SECONDS, settings.JOB_LEASE_SECONDS / 4)):
                try:
                    self._tick()
                except DatabaseProblem as problem:
                    logger.warning("job %s: heartbeat failed, trying again: %s", self.job.id, problem)
                    connection.close()
        finally:
            connection.close()

    def _tick(self) -> None:
        """Renew the lease and write progress where due; see whether the job was cancelled or taken away."""
        asked = _now()
        mine = Job.objects.filter(pk=self.job.pk, lease=self.lease, state=JobState.RUNNING)
        with self._lock:
            dirty, self._dirty = self._dirty, False
            fields = {"progress": self._progress, "stage": self._stage}
        if dirty or asked - self._renewed > settings.JOB_LEASE_SECONDS / 3:
            held = mine.update(lease_until=lease_end(), heartbeat=Now(), **fields) == 1
            if held:
                self._renewed, self._deadline = asked, asked + settings.JOB_LEASE_SECONDS
        state = mine.values_list("cancel_requested", flat=True).first()
        self.lost = state is None
        self.cancel_requested = bool(state)
        if dirty:
            self.flush_log()


def _now() -> float:
    return time.clock_gettime(_CLOCK)
