"""Job kinds for tests, made known by CONTORNO_TEST_HANDLERS (or `settings.JOB_TEST_HANDLERS`): never in the product."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

from annotator.core.errors import InvalidInput, Problem
from annotator.job_context import JobContext
from annotator.jobs import Kind


def count(context: JobContext) -> dict[str, Any]:
    """Counts to `steps`, saying so."""
    steps = context.job.parameters["steps"]
    for step in range(steps):
        context.check_cancelled()
        context.progress((step + 1) / steps, f"step {step + 1} of {steps}")
        context.log(f"did step {step + 1}")
    return {"steps": steps}


def refuse(_context: JobContext) -> None:
    """Finds two things wrong with its input."""
    raise InvalidInput(
        "2 records are wrong", [Problem("a.json", "no images"), Problem("b.json", "no classes")]
    )


def crash(_context: JobContext) -> None:
    """Has a bug."""
    raise ZeroDivisionError("a bug")


def unserialisable(_context: JobContext) -> Any:
    """Returns what no JSON field can hold."""
    return {"path": Path("x")}


def stamp(context: JobContext) -> dict[str, Any]:
    """Works for `seconds`, and on while the file `hold` exists; writes a line to `file` at start, each step and end.

    A line is appended by one write, so that the lines of two processes never mix. The times are those of one clock.
    """
    parameters = context.job.parameters
    file = Path(parameters["file"])
    _write(file, context, "start")
    hold = Path(parameters.get("hold", "/nonexistent"))
    end = time.monotonic() + parameters["seconds"]
    while time.monotonic() < end or hold.exists():
        time.sleep(0.02)
        context.check_cancelled()
        _write(file, context, "step")
    _write(file, context, "end")
    return {"attempt": context.job.attempts}


def _write(file: Path, context: JobContext, event: str) -> None:
    line = {
        "job": str(context.job.pk),
        "attempt": context.job.attempts,
        "pid": os.getpid(),
        "event": event,
        "at": time.monotonic(),
    }
    with file.open("ab", buffering=0) as out:
        out.write(json.dumps(line).encode() + b"\n")


KINDS = {
    function.__name__: Kind(f"tests.faults.handlers.{function.__name__}")
    for function in (count, refuse, crash, unserialisable, stamp)
}
