"""A project's own click models: trained ones of its registry, fetched from the storage and opened in this process.

Owns which of them a project's people can choose, the copies of their files on this machine, and which model the
evaluation says is the better one. Does not own training nor evaluating (`ml_worker`), nor other models (`click.py`).

A copy is named by its checksum and comes into being whole, so that every process of a machine can use the one that
another fetched. A file that is missing, damaged or no click model makes an entry with the problem, and no more.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from annotator.clicks.click_net import ClickNetSegmenter
from annotator.clicks.registry import PACKAGED, Entry, click_net_of
from annotator.core.errors import InvalidInput
from annotator.models import ModelState, ModelVersion, Purpose

FAMILY = "click_net"
NAMED = re.compile(r"project-([0-9]{1,9})")
USABLE = (ModelState.CHAMPION, ModelState.CANDIDATE)
MOST_LISTED = 5  # of a project: the champion and the newest; each is fetched and opened when they are listed
MOST_OPEN = 4  # a graph of 25 MB takes some 60 MB of memory while it is open
MOST_COPIES = 24  # files kept on a machine
TRY_AGAIN = 60.0  # seconds until a file that could not be used is looked at again
LEVEL = "0.85"  # the IoU to which clicks are counted when two models are told apart
CHUNK = 1024 * 1024

_lock = threading.Lock()
_open: OrderedDict[str, ClickNetSegmenter] = OrderedDict()
_failed: dict[str, tuple[float, str]] = {}


def project_models(project: Any) -> list[ModelVersion]:
    """The click models of a project that can be chosen: the champion first, then candidates, the newest first.

    Args:
        project: its primary key.
    """
    rows = ModelVersion.objects.filter(project=project, purpose=Purpose.CLICK, state__in=USABLE)
    found = list(rows.order_by("-number"))
    found.sort(key=lambda one: one.state != ModelState.CHAMPION)
    return found[:MOST_LISTED]


def project_model(project: Any, name: str) -> ModelVersion | None:
    """The click model of a project by its name, such as `project-7`; None where there is none of that name."""
    matched = NAMED.fullmatch(name)
    if matched is None:
        return None
    rows = ModelVersion.objects.filter(project=project, purpose=Purpose.CLICK, state__in=USABLE)
    return rows.filter(number=int(matched[1])).first()


def entry_of(row: ModelVersion) -> Entry:
    """A trained click model as the list has it: ready for clicks, or with what is wrong with it."""
    name = f"project-{row.number}"
    title = row.name or _("Model %(number)s of this project") % {"number": row.number}
    folder = Path(settings.CLICK_CACHE)
    try:
        segmenter = _segmenter(row)
    except InvalidInput as problem:
        return Entry(name, title, FAMILY, row.licence, folder, None, problem.detail)
    return Entry(name, title, FAMILY, row.licence, folder, segmenter)


def better_model(rows: list[ModelVersion]) -> ModelVersion | None:
    """The champion, if it was measured to need fewer clicks than the packaged model on this project's objects."""
    champion = next((one for one in rows if one.state == ModelState.CHAMPION), None)
    return champion if champion is not None and champion.metrics.get("better") == "project" else None


def clicks_needed(rows: list[ModelVersion]) -> dict[str, float]:
    """Clicks to an IoU of 0.85 on the project's held-out objects, by the model's name, where they were measured.

    The packaged model's is the one that was measured beside the champion, or beside the newest.
    """
    needed: dict[str, float] = {}
    for row in rows:
        clicks = row.metrics.get("clicks")
        for name, kind in ((f"project-{row.number}", "project"), (PACKAGED["name"], PACKAGED["name"])):
            value = _value(clicks, kind)
            if value is not None:
                needed.setdefault(name, value)
    return needed


def forget_opened() -> None:
    """Close what is open and try again what failed."""
    with _lock:
        _open.clear()
        _failed.clear()


def _value(clicks: Any, kind: str) -> float | None:
    found: Any = clicks
    for key in (kind, LEVEL, "value"):
        found = found.get(key) if isinstance(found, Mapping) else None
    return float(found) if isinstance(found, int | float) and not isinstance(found, bool) else None


def _segmenter(row: ModelVersion) -> ClickNetSegmenter:
    """Open a model's graph, or give the one that is open.

    Raises:
        InvalidInput: its file or its settings are not right; it is not tried again for a while.
    """
    file, own = row.files.get("onnx"), row.settings.get("click")
    if not isinstance(file, Mapping) or not file.get("stored") or not file.get("sha256"):
        raise InvalidInput(_("it was kept without an ONNX file"))
    key = f"{file['sha256']} {own!r}"
    told = f"{key} {get_language()}"  # what is wrong is said in one language
    with _lock:
        if key in _open:
            _open.move_to_end(key)
            return _open[key]
        since, problem = _failed.get(told, (0.0, ""))
        if problem and time.monotonic() - since < TRY_AGAIN:
            raise InvalidInput(problem)
        try:
            found = click_net_of(_copy(file["stored"], file["sha256"]), file["sha256"], own or {})
            found.check()
        except InvalidInput as refusal:
            _failed[told] = time.monotonic(), refusal.detail
            raise
        _failed.pop(told, None)
        _open[key] = found
        while len(_open) > MOST_OPEN:
            _open.popitem(last=False)
        return found


def _copy(stored: str, sha256: str) -> Path:
    """Give this machine's copy of a stored file; it is fetched where there is none.

    Raises:
        InvalidInput: the file is missing, cannot be read, or has another checksum.
    """
    folder = Path(settings.CLICK_CACHE)
    target = folder / f"{sha256}.onnx"
    if target.is_file() and _digest(target) == sha256:
        os.utime(target)  # used now: see _sweep
        return target
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _fetch(stored, sha256, target)
    except FileNotFoundError:
        raise InvalidInput(_("its file is missing from the storage")) from None
    except OSError as problem:
        raise InvalidInput(
            _("its file cannot be fetched: %(problem)s") % {"problem": problem.strerror or problem}
        ) from None
    _sweep(folder, keep=target)
    return target


def _fetch(stored: str, sha256: str, target: Path) -> None:
    descriptor, draft = tempfile.mkstemp(dir=target.parent, prefix=".part-")
    digest = hashlib.sha256()
    try:
        with os.fdopen(descriptor, "wb") as copy, default_storage.open(stored, "rb") as source:
            while chunk := source.read(CHUNK):
                digest.update(chunk)
                copy.write(chunk)
            copy.flush()
            os.fsync(copy.fileno())
        if digest.hexdigest() != sha256:
            raise InvalidInput(
                _("its file has the SHA-256 %(found)s, not %(wanted)s: it is another or a damaged file")
                % {"found": digest.hexdigest(), "wanted": sha256}
            )
        Path(draft).replace(target)
    finally:
        Path(draft).unlink(missing_ok=True)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sweep(folder: Path, *, keep: Path) -> None:
    """Remove the copies used longest ago. An open graph does not need its file any more."""
    copies = sorted(folder.glob("*.onnx"), key=lambda one: one.stat().st_mtime, reverse=True)
    for old in copies[MOST_COPIES:]:
        if old != keep:
            old.unlink(missing_ok=True)
