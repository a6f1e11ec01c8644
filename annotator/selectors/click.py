"""Click models and embeddings, as they are read: which models there are, which window of an image, is it ready.

Owns the process's one registry, the windows, and what is kept of embeddings in memory. Does not own a model
(`annotator/clicks`), a project's own models (`project_clicks.py`), nor making an embedding (`services/embedding.py`).
"""

from __future__ import annotations

import functools
import io
import threading
import zipfile
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.conf import settings
from django.core.files.storage import default_storage
from django.utils.translation import gettext as _

from annotator.clicks import interface
from annotator.clicks.registry import PACKAGED, Entry, Registry
from annotator.core.errors import InvalidInput, NotFound, Problem
from annotator.models import Embedding, ImageAsset, JobState
from annotator.selectors.project_clicks import (
    better_model,
    clicks_needed,
    entry_of,
    project_model,
    project_models,
)
from annotator.selectors.region import Frame

FINEST = 1024  # side of the smallest window, what models see at full resolution
WIDEST = 8192  # side of the largest: beyond it a person has to zoom in
SEEN = 0.75  # of a window's side: what a person sees at most of it, so that windows overlap
STEPS = 4  # windows begin every quarter of their side

READY, ABSENT, FAILED = "ready", "absent", "failed"


@functools.cache
def registry() -> Registry:
    """The models of this installation."""
    return Registry(packaged=settings.PACKAGED_MODELS, folder=settings.MODELS_DIR)


@dataclass(frozen=True, slots=True)
class Choice:
    """The click models that a project's people can choose from.

    Attributes:
        entries: the broken ones too. default: the name of the one that is chosen at first.
        needed: clicks to an IoU of 0.85 on the project's held-out objects, by name, where they were measured.
    """

    entries: tuple[Entry, ...]
    default: str
    needed: Mapping[str, float]


def choice_for(project: Any) -> Choice:
    """The models of this installation and the project's own, and which of them is chosen at first.

    That is the project's champion where its evaluation says that it needs fewer clicks here; otherwise the
    installation's.

    Args:
        project: its primary key.
    """
    rows = project_models(project)
    own = {row.pk: entry_of(row) for row in rows}
    installed = registry().entries()
    best = better_model(rows)
    default = default_model(installed)
    if best is not None and own[best.pk].segmenter is not None:
        default = own[best.pk].name
    return Choice((*own.values(), *installed), default, clicks_needed(rows))


def default_model(entries: tuple[Entry, ...]) -> str:
    """The name of the installation's model: the operator's choice, the packaged one, or any that works."""
    working = [one.name for one in entries if one.segmenter is not None]
    for name in (settings.CLICK_MODEL, PACKAGED["name"]):
        if name in working:
            return name
    return working[0] if working else PACKAGED["name"]


def model_named(name: str | None, project: Any) -> Entry:
    """The model of this name, or the one chosen at first.

    Args:
        project: the primary key of the project whose image is clicked on; another's models are not seen.

    Raises:
        NotFound: no such model. InvalidInput: its files are not right.
    """
    found = _entry_named(name, project)
    if found.segmenter is None:
        values = {"name": found.name, "problem": found.problem}
        raise InvalidInput(_("the click model %(name)s cannot be used: %(problem)s") % values)
    return found


def _entry_named(name: str | None, project: Any) -> Entry:
    own = project_model(project, name) if name else better_model(project_models(project))
    entry = entry_of(own) if own is not None else None
    if entry is not None and (name or entry.segmenter is not None):
        return entry
    entries = registry().entries()
    wanted = name or default_model(entries)
    found = next((one for one in entries if one.name == wanted), None)
    if found is None:
        names = [f"project-{row.number}" for row in project_models(project)]
        names += [one.name for one in entries]
        values = {"name": wanted[:40], "names": ", ".join(names)}
        raise NotFound(_("there is no click model %(name)s; there are %(names)s") % values)
    return found


def window_for(image: ImageAsset, seen: tuple[float, float, float, float] | None) -> Frame:
    """Choose the window of an image that a model looks at.

    The whole image, unless a person sees so small a part of a large one that a window shows it at least a third
    finer. Windows have a side of 1024, 2048, … pixels and begin at quarters of it, so that there are few of them.

    Args:
        seen: x0, y0, x1, y1, what is on the screen; None: all of it.
    """
    width, height = image.width, image.height
    x0, y0, x1, y1 = _clipped(seen, width, height)
    side = FINEST
    while side * SEEN < max(x1 - x0, y1 - y0) and side < WIDEST:
        side *= 2
    longest = max(width, height)
    if side >= longest * SEEN and longest <= WIDEST:
        return 0, 0, width, height
    across, down = min(side, width), min(side, height)
    left = _snapped((x0 + x1 - across) / 2, side // STEPS, width - across)
    top = _snapped((y0 + y1 - down) / 2, side // STEPS, height - down)
    return left, top, left + across, top + down


def checked_window(image: ImageAsset, given: tuple[float, float, float, float] | None) -> Frame:
    """The window that a client names, if it is one that `window_for` gives; None: the one for the whole image.

    Raises:
        InvalidInput: it is no window of this image.
    """
    if given is None:
        return window_for(image, None)
    x0, y0, x1, y1 = given
    margin = (1 - SEEN) / 2
    across, down = (x1 - x0) * margin, (y1 - y0) * margin
    frame = window_for(image, (x0 + across, y0 + down, x1 - across, y1 - down))
    if frame == given or window_for(image, None) == given:
        return frame if frame == given else window_for(image, None)
    message = _("[%(region)s] is no window of this image; ask for one with `view` at /embeddings")
    message %= {"region": ", ".join(f"{side:g}" for side in given)}
    raise InvalidInput(f"region: {message}", [Problem("region", message)])


def window_key(frame: Frame) -> str:
    """A window as the rows name it."""
    return ",".join(str(side) for side in frame)


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether an image can be clicked on.

    Attributes:
        state: ready, absent (nobody has asked for it), queued, running or failed.
        progress: 0..1. detail: why it failed.
        row: None where nothing is kept: never asked for, or a model that embeds on the spot.
    """

    state: str
    progress: float = 0.0
    detail: str = ""
    row: Embedding | None = None


def readiness(image: ImageAsset, entry: Entry, frame: Frame) -> Readiness:
    """How far the embedding of a window is."""
    assert entry.segmenter is not None
    if not entry.segmenter.ahead:
        return Readiness(READY, 1.0)
    rows = Embedding.objects.filter(
        sha256=image.sha256, model=entry.segmenter.version, window=window_key(frame)
    )
    return readiness_of(rows.select_related("job").first())


def readiness_of(row: Embedding | None) -> Readiness:
    """How far an embedding is by its row."""
    if row is None:
        return Readiness(ABSENT)
    if row.stored:
        return Readiness(READY, 1.0, row=row)
    job = row.job
    if job is None or job.state in (JobState.CANCELLED, JobState.SUCCEEDED):
        return Readiness(ABSENT, row=row)
    if job.state == JobState.FAILED:
        return Readiness(FAILED, detail=str((job.error or {}).get("detail", "")), row=row)
    return Readiness(job.state, job.progress, row=row)


class _Memory:
    """Embeddings used last, up to a number of bytes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, interface.Embedding] = OrderedDict()
        self._bytes = 0

    def get(self, key: str) -> interface.Embedding | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def put(self, key: str, embedding: interface.Embedding) -> None:
        with self._lock:
            self._drop(key)
            self._kept[key] = embedding
            self._bytes += embedding.size_bytes
            while self._bytes > settings.EMBEDDING_MEMORY_BYTES and len(self._kept) > 1:
                self._drop(next(iter(self._kept)))

    def drop(self, key: str) -> None:
        with self._lock:
            self._drop(key)

    def _drop(self, key: str) -> None:
        gone = self._kept.pop(key, None)
        self._bytes -= gone.size_bytes if gone else 0


MEMORY = _Memory()


def embedding_of(stored: str) -> interface.Embedding | None:
    """A kept embedding, or None where its file is gone or damaged."""
    kept = MEMORY.get(stored)
    if kept is not None:
        return kept
    try:
        with default_storage.open(stored, "rb") as file:
            embedding = unpacked(file.read())
    except (FileNotFoundError, ValueError):
        return None
    MEMORY.put(stored, embedding)
    return embedding


def packed(embedding: interface.Embedding) -> bytes:
    """An embedding as a file: an uncompressed .npz, whose members carry checksums of their own."""
    target = io.BytesIO()
    frame = [embedding.width, embedding.height, *embedding.grid, embedding.across, embedding.down]
    named: dict[str, Any] = {f"tensor_{name}": value for name, value in embedding.tensors.items()}
    np.savez(target, frame=np.array(frame, np.float64), **named)
    return target.getvalue()


def unpacked(content: bytes) -> interface.Embedding:
    """Read what `packed` wrote.

    Raises:
        ValueError: the file is damaged.
    """
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as members:
            frame = members["frame"].tolist()
            tensors = {name[7:]: members[name] for name in members.files if name.startswith("tensor_")}
        width, height, columns, rows = (int(value) for value in frame[:4])
    except (zipfile.BadZipFile, KeyError, EOFError, OSError, ValueError) as problem:
        raise ValueError(f"not an embedding: {problem}") from None
    if not tensors:
        raise ValueError("not an embedding: it has no tensors")
    return interface.Embedding(tensors, width, height, (columns, rows), frame[4], frame[5])


def _clipped(
    seen: tuple[float, float, float, float] | None, width: int, height: int
) -> tuple[float, float, float, float]:
    if seen is None:
        return 0, 0, width, height
    x0, x1 = (min(max(side, 0), width) for side in (seen[0], seen[2]))
    y0, y1 = (min(max(side, 0), height) for side in (seen[1], seen[3]))
    if x1 <= x0 or y1 <= y0:
        return 0, 0, width, height
    return x0, y0, x1, y1


def _snapped(wanted: float, step: int, last: int) -> int:
    """Give the place nearest to the wanted one: a multiple of step, or the last."""
    below = int(max(0.0, wanted) // step) * step
    places = [min(below, last), min(below + step, last), last]
    return min(places, key=lambda place: abs(place - wanted))
