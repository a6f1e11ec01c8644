"""The embedded broker: Celery messages as files in the data folder, one file a message.

Owns a safer version of kombu's filesystem transport: a message appears under its name only when it is whole, and a
reader takes it by an atomic rename, so that of several workers one gets it and none reads half of it. A worker killed
between taking a message and acting on it loses the message; the job's row does not mind (`annotator/jobs.py`).
"""

from __future__ import annotations

import os
import tempfile
import time
import uuid
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, filesystem, virtual
from kombu.utils.json import dumps, loads

SCHEME = "contorno-files"


class Channel(filesystem.Channel):
    """Reads and writes message files so that none is seen half written and none is taken twice."""

    supports_fanout = False  # each message goes to one queue, so no table of bindings is kept on disk
    get_table = virtual.Channel.get_table

    def _put(self, queue: str, payload: Any, **_: Any) -> None:
        folder = Path(self.data_folder_out)
        # The name sorts by the time of sending; .partition(".") of it gives the queue, as the base class expects.
        name = f"{time.time_ns():020d}_{uuid.uuid4()}.{queue}.msg"
        descriptor, temporary = tempfile.mkstemp(dir=folder, suffix=".part")
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(dumps(payload))
        Path(temporary).replace(folder / name)

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        folder = Path(self.data_folder_in)
        ending = f"{queue}.msg"
        for name in sorted(os.listdir(folder)):  # noqa: PTH208 - ten times faster than building paths
            if name.partition(".")[2] != ending:
                continue
            taken = folder / f"{uuid.uuid4()}.taken"
            try:
                (folder / name).rename(taken)
            except FileNotFoundError:
                continue  # another worker was faster
            try:
                return loads(taken.read_text(encoding="utf-8"))
            finally:
                taken.unlink()
        raise Empty


class Transport(filesystem.Transport):
    """kombu's filesystem transport with the channel above."""

    Channel = Channel


def register() -> None:
    """Make `contorno-files://` known to kombu."""
    TRANSPORT_ALIASES[SCHEME] = "annotator.broker:Transport"
