"""The folders that learning work leaves in CONTORNO_WORK_DIR: kept while a training can go on from one, then deleted.

Owns the rule. Does not own what lies in a folder (`ml_worker/run_folder.py`); work that ends well deletes its own, and
so does all but a training however it ends.
"""

from __future__ import annotations

import logging
import shutil
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import Error as DatabaseProblem
from django.db import connections
from django.utils import timezone

from annotator.models import Job, JobState, ModelState, ModelVersion

logger = logging.getLogger(__name__)

RUNS = "runs"
TRAINING = "train"
UNKNOWN_DAYS = 1.0  # a folder of a job that the database does not know (yet) is left alone for this long


def run_folders_sweep() -> int:
    """Delete the folders of runs that nobody will go on with. Returns how many.

    A failed or cancelled training keeps its folder, checkpoints included, for CONTORNO_RUN_DAYS: until then it can be
    tried again and goes on, unless its model has been promoted since, is retired or deleted.
    """
    gone = 0
    for folder in sorted(_folders()):
        job = Job.objects.filter(pk=folder.name).first()
        with suppress(FileNotFoundError):  # another worker sweeps too
            if _left_behind(job, folder):
                shutil.rmtree(folder, ignore_errors=True)
                gone += 1
    return gone


def run_folders_sweep_safely() -> None:
    """`run_folders_sweep` for a thread of a worker: what goes wrong is logged."""
    try:
        if gone := run_folders_sweep():
            logger.info("%s folders of ended runs were deleted", gone)
    except (DatabaseProblem, OSError) as problem:
        logger.warning("folders of ended runs were not deleted: %s", problem)
    finally:
        connections.close_all()


def _folders() -> list[Path]:
    """The run folders: those that are named by a job's id; whatever else lies there is somebody's own."""
    root = Path(settings.WORK_DIR) / RUNS
    if not root.is_dir():
        return []
    return [one for one in root.iterdir() if one.is_dir() and _is_uuid(one.name)]


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def _left_behind(job: Job | None, folder: Path) -> bool:
    now = timezone.now()
    if job is None:
        written = datetime.fromtimestamp(folder.stat().st_mtime, tz=now.tzinfo)
        return now - written > timedelta(days=UNKNOWN_DAYS)
    if job.state in (JobState.QUEUED, JobState.RUNNING):
        return False
    if job.state == JobState.SUCCEEDED or job.kind != TRAINING:
        return True
    model = ModelVersion.objects.filter(pk=job.parameters.get("model")).first()
    if model is None or model.state in (ModelState.CHAMPION, ModelState.RETIRED):
        return True
    return job.finished is not None and now - job.finished > timedelta(days=settings.RUN_DAYS)
