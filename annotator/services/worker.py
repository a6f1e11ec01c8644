"""What a worker of a learning queue computes on: asked of a process of its own, kept where plans are made from it.

Owns asking and the row. Does not own finding a device (`ml_worker/device.py`): this process never loads torch.
"""

from __future__ import annotations

import json
import logging
import os
import platform
import subprocess
import sys
from typing import Any

from django.conf import settings
from django.db import Error as DatabaseProblem
from django.db import connections

from annotator.models import Worker

logger = logging.getLogger(__name__)

QUEUES = ("gpu", "infer")
ASK = [sys.executable, "-m", "ml_worker.device"]
PATIENCE = 180.0  # seconds: torch takes a while to load on a busy machine


def worker_record(*, queue: str) -> dict[str, Any]:
    """Ask what this machine computes on and keep it as what the queue's worker here has."""
    device = ask_device()
    Worker.objects.update_or_create(host=platform.node()[:200], queue=queue, defaults={"device": device})
    return device


def worker_record_safely(queue: str) -> None:
    """`worker_record` for a thread of a worker: what goes wrong is logged."""
    try:
        worker_record(queue=queue)
    except DatabaseProblem as problem:
        logger.warning("the device of this worker was not kept: %s", problem)
    finally:
        connections.close_all()


def device_here(queue: str) -> dict[str, Any]:
    """What the worker of a queue computes on: of this machine, or of any; asked where nobody has.

    Args:
        queue: empty for this machine, whatever its queue.
    """
    rows = Worker.objects.filter(queue=queue) if queue else Worker.objects.filter(host=platform.node()[:200])
    here = rows.filter(host=platform.node()[:200]).first() or rows.order_by("-seen").first()
    return dict(here.device) if here is not None else ask_device()


def ask_device() -> dict[str, Any]:
    """The device of this machine as `ml_worker/device.py` says it; with `problem` where it could not be asked."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(settings.BASE_DIR), os.environ.get("PYTHONPATH", "")]),
    }
    try:
        done = subprocess.run(
            ASK, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=True
        )  # fmt: skip
        return json.loads(done.stdout.strip().splitlines()[-1])
    except (subprocess.SubprocessError, OSError, ValueError, IndexError) as problem:
        said = getattr(problem, "stderr", "") or str(problem)
        logger.warning("the device of this machine is not known: %s", said[-500:])
        return {
            "kind": "cpu",
            "name": platform.machine(),
            "memory_bytes": None,
            "torch": None,
            "problem": said[-500:],
        }
