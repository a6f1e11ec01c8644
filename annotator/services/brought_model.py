"""Models that somebody brings: an ONNX file and a label map, which become a pre-labeller of the project.

Owns what is taken in. Does not own label maps (`annotator/core/label_maps.py`), nor running the file: no process that
serves people opens it (`ml_worker/onnx_model.py`, in a process of its own, tries it before it can be used).
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from django.conf import settings as product
from django.db import transaction
from django.utils.translation import gettext as _

from annotator.core.errors import InvalidInput, Problem
from annotator.core.label_maps import match_classes, read_label_map
from annotator.jobs import job_start
from annotator.models import Architecture, Job, LabelClass, ModelVersion, Project, Purpose, User
from annotator.services.files import content_name, file_store, sha256_of
from annotator.services.model import FOLDER, checked_settings

KINDS = (Purpose.SEMANTIC, Purpose.INSTANCE)
MAP_SUFFIXES = (".pbtxt", ".json", ".txt")
# An ONNX file is a ModelProto: its first field is ir_version (tag 0x08), a small number.
ONNX_BEGINS = b"\x08"


def brought_model_create(
    *,
    project: Project,
    user: User | None,
    model: BinaryIO,
    label_map: bytes,
    map_name: str,
    name: str,
    kind: str,
    settings: Mapping[str, Any],
) -> Job:
    """Take in a model and start trying it out; it becomes a candidate when it has run.

    Args:
        label_map: what `read_label_map` reads. map_name: what it was called; problems with it are placed there.

    Raises:
        InvalidInput: naming everything that is wrong with the files or the settings.
    """
    problems: list[Problem] = []
    if kind not in KINDS:
        values = {"kind": kind, "kinds": ", ".join(KINDS)}
        problems.append(Problem("kind", _("%(kind)r is none of %(kinds)s") % values))
    if len(name) > 200:
        problems.append(Problem("name", _("at most %(limit)s characters") % {"limit": 200}))
    _check_file(model, problems)
    class_map = _class_map(project, label_map, map_name, problems)
    chosen: dict[str, Any] = {}
    try:
        chosen = checked_settings(settings)
    except InvalidInput as error:
        problems += error.problems
    if problems:
        raise InvalidInput(problems[0].message, problems)
    model.seek(0)
    sha256, size = sha256_of(model)
    stored = file_store(content_name(FOLDER, sha256, ".onnx"), model)
    with transaction.atomic():
        row = _row(project, user, name=name.strip(), purpose=kind, class_map=class_map, settings=chosen)
        row.files = {
            "onnx": {"stored": stored, "sha256": sha256, "size_bytes": size},
            "label_map": _keep_map(label_map, map_name),
        }
        row.job = job_start(kind="evaluate", project=project, user=user, parameters={"model": str(row.pk)})
        row.save()
        return row.job


def _row(project: Project, user: User | None, **fields: Any) -> ModelVersion:
    locked = Project.objects.select_for_update().get(pk=project.pk)
    row = ModelVersion.objects.create(
        project=project,
        number=locked.next_model_number,
        architecture=Architecture.ONNX,
        created_by=user,
        **fields,
    )
    locked.next_model_number += 1
    locked.save(update_fields=["next_model_number"])
    return row


def _keep_map(content: bytes, name: str) -> dict[str, Any]:
    file = io.BytesIO(content)
    sha256, size = sha256_of(file)
    suffix = PurePosixPath(name.lower()).suffix
    return {
        "stored": file_store(content_name(FOLDER, sha256, suffix), file),
        "sha256": sha256,
        "size_bytes": size,
    }


def _check_file(model: BinaryIO, problems: list[Problem]) -> None:
    model.seek(0, 2)
    size = model.tell()
    model.seek(0)
    if size > product.MAX_MODEL_BYTES:
        values = {"size": round(size / 1e6, 1), "limit": round(product.MAX_MODEL_BYTES / 1e6, 1)}
        problems.append(Problem("files", _("the model has %(size)s MB; the limit is %(limit)s MB") % values))
    elif model.read(1) != ONNX_BEGINS:
        problems.append(Problem("files", _("the model is no ONNX file")))
    model.seek(0)


def _class_map(
    project: Project, label_map: bytes, name: str, problems: list[Problem]
) -> list[dict[str, Any]]:
    """The project's classes that the model knows, each with the model's own number for it (`output`)."""
    rows = LabelClass.objects.filter(project=project, deleted=None).order_by("order", "index")
    classes = list(rows.values("index", "name", "colour", "is_thing"))
    try:
        found, _unknown = match_classes(read_label_map(label_map, name), classes)
    except InvalidInput as problem:
        problems.append(Problem(name, problem.detail))
        return []
    by_index = {one["index"]: one for one in classes}
    return [{**by_index[index], "output": number} for number, index in sorted(found.items())]
