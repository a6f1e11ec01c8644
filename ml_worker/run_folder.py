"""How learning work is asked for and answered: a folder in which a request lies and into which events are written.

Learning runs as a process of its own, so that its memory is given back, a GPU's context never meets a fork, and one
that is killed takes nobody with it. `run.py` is that process; it knows no database. `tasks.py` writes `request.json`,
follows `events.jsonl` and reads the result; a person at a bare GPU machine does the same by hand.

    request.json   {"task": train | evaluate | predict | rank | plan, …}
    events.jsonl   one JSON object a line, in order; see `Events`
    stop           appears when the work is to end early: keep what is worth keeping, write a result, exit with 0
    result.json    written last, whole or not at all
    error.json     {"detail", "errors": [{"where", "message"}]} when the work could not be done, exit status 3

Owns these files and nothing of what they say.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from annotator.core.errors import DomainError

REQUEST, EVENTS, STOP, RESULT, ERROR = "request.json", "events.jsonl", "stop", "result.json", "error.json"
FAILED = 3  # exit status: error.json says why


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that whoever reads it sees the old one or the new one, also after a power cut."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write JSON, whole or not at all. NaN is not JSON: what is not known is null."""
    write_whole(path, json.dumps(value, allow_nan=False).encode())


def read_json(path: Path) -> dict[str, Any] | None:
    """Read what `write_json` wrote; None where there is nothing."""
    try:
        return json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None


class Events:
    """The writing end. Only the main process of several writes; the others get `Events(None)`."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._file = (folder / EVENTS).open("a", encoding="utf-8") if folder else None

    def progress(self, fraction: float, stage: str, **values: Any) -> None:
        """How far it is, 0..1, and what is done now: a key of the front end's translations, with its values."""
        self._write({"kind": "progress", "fraction": round(fraction, 4), "stage": stage, "values": values})

    def log(self, text: str, level: str = "info") -> None:
        """A line for the job's log; level is info, warning or error."""
        self._write({"kind": "log", "text": text, "level": level})

    def point(self, curve: str, step: int, values: Mapping[str, Any]) -> None:
        """A point of the curves: `train` (loss, learning rate, images/s, seconds left) or `evaluate` (metrics)."""
        self._write({"kind": "point", "curve": curve, "step": step, "values": dict(values)})

    def file(self, name: str, path: str, **values: Any) -> None:
        """A file of the run folder that people should see, such as a strip of validation images."""
        self._write({"kind": "file", "name": name, "path": path, "values": values})

    def item(self, values: Mapping[str, Any]) -> None:
        """One finished part of many, such as one image's prediction."""
        self._write({"kind": "item", "values": dict(values)})

    def stop_wanted(self) -> bool:
        """Whether the work is to end early."""
        return self._folder is not None and (self._folder / STOP).exists()

    def _write(self, event: Mapping[str, Any]) -> None:
        if self._file is not None:
            self._file.write(json.dumps({"at": round(time.time(), 3), **event}, allow_nan=False) + "\n")
            self._file.flush()


class Follower:
    """The reading end: gives each whole line once, also while the file still grows."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / EVENTS
        self._at = 0

    def new(self) -> Iterator[dict[str, Any]]:
        """The events since the last call. A line that is still being written waits for the next call."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._at)
                while (line := file.readline()).endswith(b"\n"):
                    self._at += len(line)
                    if line.strip():
                        yield json.loads(line)
        except FileNotFoundError:
            return


def write_error(folder: Path, error: DomainError) -> None:
    """Say why the work could not be done."""
    problems = [{"where": one.where, "message": one.message} for one in error.problems]
    write_json(folder / ERROR, {"detail": error.detail, "errors": problems})
