"""What a training needs to go on after it was killed, on disk.

Owns the file: written aside, synced and renamed, the one before it kept; read without pickle. Does not own what is in
the state (`train.py`) nor the weights that leave the training (`model_folder.py`).

    last.ckpt      the newest whole checkpoint
    previous.ckpt  the one before: read where the newest is damaged
"""

from __future__ import annotations

import errno
import io
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from annotator.core.errors import DomainError, InvalidInput, Unavailable
from annotator.core.words import _
from ml_worker.run_folder import Events, write_whole

LAST, PREVIOUS = "last.ckpt", "previous.ckpt"
FORMAT = 1


def save(folder: Path, state: Mapping[str, Any]) -> None:
    """Write the newest checkpoint; the one that was the newest is kept as the one before.

    Args:
        state: tensors, numbers, texts, and lists and maps of them.

    Raises:
        Unavailable: there is no room on the disk; the checkpoints that were there still are.
    """
    import torch

    content = io.BytesIO()
    torch.save({**state, "format": FORMAT}, content)
    draft = folder / f".{LAST}.new"
    try:
        write_whole(draft, content.getvalue())
    except OSError as problem:
        draft.unlink(missing_ok=True)
        raise no_room(folder, problem, len(content.getvalue())) from None
    if (folder / LAST).exists():
        (folder / LAST).replace(folder / PREVIOUS)
    draft.replace(folder / LAST)


def no_room(folder: Path, problem: OSError, needed: int) -> DomainError:
    """Say what to do when a file could not be written."""
    if problem.errno not in (errno.ENOSPC, errno.EDQUOT):
        values = {"folder": folder, "problem": problem.strerror or problem}
        return Unavailable(_("%(folder)s: cannot be written: %(problem)s") % values)
    free = shutil.disk_usage(folder).free
    return Unavailable(
        _(
            "no room on the disk: a checkpoint needs %(needed)s, %(free)s are free in %(folder)s. Free some and start "
            "it again: the training goes on from its last checkpoint."
        )
        % {"needed": _megabytes(needed), "free": _megabytes(free), "folder": folder}
    )


def load(folder: Path, events: Events) -> dict[str, Any] | None:
    """Read the newest checkpoint that is whole, or None where there is none at all.

    Args:
        events: told of each damaged one.

    Raises:
        InvalidInput: there are checkpoints, and all of them are damaged.
    """
    found = [folder / name for name in (LAST, PREVIOUS) if (folder / name).exists()]
    problems: list[str] = []
    for path in found:
        try:
            return read(path)
        except InvalidInput as problem:
            problems.append(problem.detail)
            if path != found[-1]:
                text = _("%(problem)s; trying the one before it") % {"problem": problem.detail}
                events.log(text, "warning")
    if problems:
        raise InvalidInput(
            _("%(problems)s. Nothing is left to go on from: start a new training")
            % {"problems": "; ".join(problems)}
        )
    return None


def read(path: Path) -> dict[str, Any]:
    """Read one checkpoint.

    Raises:
        InvalidInput: it is damaged, holds more than plain values, or is of another format.
    """
    import torch

    try:
        with zipfile.ZipFile(path) as archive:  # torch reads damaged tensors without a word: their sums tell
            broken = archive.testzip()
        state = None if broken else torch.load(path, map_location="cpu", weights_only=True)
    except Exception as problem:  # noqa: BLE001 - a damaged file makes zipfile, pickle and torch fail in any way
        values = {"name": path.name, "problem": type(problem).__name__}
        raise InvalidInput(_("%(name)s: the checkpoint is damaged (%(problem)s)") % values) from None
    if broken:
        values = {"name": path.name, "problem": broken}
        raise InvalidInput(_("%(name)s: the checkpoint is damaged (%(problem)s)") % values)
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        values = {"name": path.name, "format": FORMAT}
        raise InvalidInput(_("%(name)s: not a checkpoint of format %(format)s") % values)
    return state


def _megabytes(count: int) -> str:
    return f"{count / 1e6:.0f} MB"
