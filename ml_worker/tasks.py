"""Where the learning code meets Django: handlers that turn ids into pure calls and results into writes."""

from __future__ import annotations

import platform
import time
from typing import Any

from annotator.job_context import JobContext
from ml_worker.device import find_device


def run_probe(context: JobContext) -> dict[str, Any]:
    """Answer who this worker is and what it computes on.

    `parameters["seconds"]` (default 0) makes it work that long, in steps that notice a cancel.
    """
    seconds = float(context.job.parameters.get("seconds", 0))
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        context.check_cancelled()
        context.progress(1 - left / seconds, "probing")
        time.sleep(min(0.1, left))
    return {"host": platform.node(), "python": platform.python_version(), "device": find_device().as_dict()}
