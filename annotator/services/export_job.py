"""The export job: a frozen dataset becomes a ZIP in the storage, whole or not at all.

Owns the job's parameters, progress and result. Does not own formats (`annotator/formats`) nor reading a version
(`selectors/version.py`). The ZIP lies under its own hash: the same version and options give the same file.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, cast

from django.core.files import File
from django.core.files.storage import default_storage
from django.utils.translation import gettext as _

from annotator.core.document import DatasetView, ImageDocument
from annotator.core.errors import InvalidInput
from annotator.formats.codec import checked_options
from annotator.formats.registry import format_named
from annotator.formats.zip import write_zip
from annotator.job_context import JobContext
from annotator.jobs import job_start
from annotator.models import DatasetVersion, Job, User
from annotator.selectors.version import dataset_view
from annotator.services.files import content_name, sha256_of

FOLDER = "exports"
TELL_EVERY = 16  # images between two reports of progress


def export_start(
    *,
    user: User | None,
    version: DatasetVersion,
    format: str,  # noqa: A002  # what the API calls it
    options: Mapping[str, Any],
) -> Job:
    """Start an export.

    Raises:
        UnsupportedFormat: no such format. InvalidInput: options that it does not have, all named.
    """
    fmt = format_named(format)
    parameters = {"version": str(version.pk), "format": fmt.name, "options": checked_options(fmt, options)}
    return job_start(kind="export", project=version.project, user=user, parameters=parameters)


def run_export(context: JobContext) -> dict[str, Any]:
    """Write the ZIP. Safe to run again from the beginning at any moment.

    Returns:
        {"file": name in the storage, "size_bytes", "sha256", "name": a file name for people, "format", "members"}.

    Raises:
        InvalidInput: the version is gone, or the dataset does not fit the format.
    """
    parameters = context.job.parameters
    version = DatasetVersion.objects.select_related("project").filter(pk=parameters.get("version")).first()
    if version is None:
        raise InvalidInput(_("the dataset version to export was deleted"))
    fmt = format_named(parameters.get("format"))
    options = checked_options(fmt, parameters.get("options", {}))
    passes = 2 if has_pictures(options) else 1

    def progress(fraction: float, stage: str) -> None:
        context.progress(fraction, stage)
        context.check_cancelled()

    view = watched(frozen_view(version), progress, passes=passes)
    with _temporary(context.job.pk) as (file, path):
        members = write_zip(
            file, fmt.write(view, options), after_chunk=lambda _taken: context.check_cancelled()
        )
        context.progress(0.99, _("saving the file"))
        sha256, size = sha256_of(file)
        name = _keep(file, path, content_name(FOLDER, sha256, ".zip"))
    return {
        "file": name,
        "size_bytes": size,
        "sha256": sha256,
        "name": file_name(version, fmt.name),
        "format": fmt.name,
        "members": members,
    }


def has_pictures(options: Mapping[str, Any]) -> bool:
    """Say whether the options put pictures into the export."""
    return options.get("images", False) not in (False, "none")


def file_name(version: DatasetVersion, fmt: str) -> str:
    """Make a file name for people: `street-scenes-v3-coco.zip`."""
    return f"{plain_words(version.project.name)}-v{version.number}-{fmt}.zip"


def plain_words(name: str) -> str:
    """Make the part of a file name that says which project it is of."""
    return re.sub(r"[^\w]+", "-", name.lower()).strip("-")[:80] or "dataset"


def frozen_view(version: DatasetVersion) -> DatasetView:
    """Give the version to write, not called after its project: that can be renamed, and two exports shall be equal."""
    return replace(dataset_view(version), name=version.name or f"version {version.number}")


def watched(view: DatasetView, progress: Callable[[float, str], None], *, passes: int) -> DatasetView:
    """Give the view with its images and pictures counted.

    Args:
        progress: called with 0..1 and what is being done; may raise to stop.
        passes: 2 where the pictures are opened after the annotations were read.
    """
    total = max(1, view.image_count * passes)
    done = 0

    def count() -> None:
        nonlocal done
        done += 1
        if done % TELL_EVERY == 1:
            stage = _("writing image %(n)s of %(total)s") % {"n": done, "total": total}
            progress(min(done / total, 1.0) * 0.98, stage)

    def images() -> Iterator[ImageDocument]:
        for document in view.images():
            count()
            yield document

    def open_image(document: ImageDocument) -> BinaryIO:
        count()
        return view.open_image(document)

    return replace(view, images=images, open_image=open_image)


@contextmanager
def _temporary(job_id: object) -> Iterator[tuple[BinaryIO, Path]]:
    """Open a temporary file where the finished ZIP can be renamed from, and sweep up what a killed worker left."""
    try:
        folder: Path | None = Path(default_storage.path(FOLDER))
    except NotImplementedError:  # an object store
        folder = None
    prefix = f".part-{job_id}-"
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        for leftover in folder.glob(f"{prefix}*"):
            leftover.unlink(missing_ok=True)
    descriptor, path = tempfile.mkstemp(dir=folder, prefix=prefix)
    try:
        with os.fdopen(descriptor, "w+b") as file:
            yield cast("BinaryIO", file), Path(path)
    finally:
        Path(path).unlink(missing_ok=True)


def _keep(file: BinaryIO, path: Path, name: str) -> str:
    """Put the finished file under its name. On a disk: synced, then renamed."""
    if default_storage.exists(name):
        return name
    file.seek(0)
    try:
        target = Path(default_storage.path(name))
    except NotImplementedError:
        return default_storage.save(name, File(file))
    target.parent.mkdir(parents=True, exist_ok=True)
    file.flush()
    os.fsync(file.fileno())
    path.chmod(0o644)
    path.replace(target)
    return name
