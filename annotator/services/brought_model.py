"""Models that somebody brings: an ONNX file and a label map, which become a pre-labeller of the project.

Owns what is taken in and how its labels find the project's classes. Does not own running the file: no process that
serves people opens it (`ml_worker/onnx_model.py`, in a process of its own, tries it before it can be used).
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from django.conf import settings as product
from django.db import transaction
from django.utils.translation import gettext as _

from annotator.core.errors import InvalidInput, Problem
from annotator.formats.classes import BACKGROUND_NAMES
from annotator.jobs import job_start
from annotator.models import Architecture, Job, LabelClass, ModelVersion, Project, Purpose, User
from annotator.services.files import content_name, file_store, sha256_of
from annotator.services.model import FOLDER, checked_settings

KINDS = (Purpose.SEMANTIC, Purpose.INSTANCE)
MAP_SUFFIXES = (".pbtxt", ".json", ".txt")
MAX_MAP_BYTES = 1_000_000
MOST_LABELS = 10_000
# An ONNX file is a ModelProto: its first field is ir_version (tag 0x08), a small number.
ONNX_BEGINS = b"\x08"
_ITEM = re.compile(r"item\s*\{(?P<body>[^{}]*)\}")
_FIELD = re.compile(r"(?P<key>\w+)\s*:\s*(?:'(?P<one>[^']*)'|\"(?P<two>[^\"]*)\"|(?P<number>-?\d+))")


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
        label_map: a `.pbtxt` (item { id name }), or JSON: a list of names, {name: number}, or [{"id", "name"}].

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
    labels = _read_labels(label_map, map_name, problems)
    class_map = _class_map(project, labels, problems) if labels else []
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


def _plain(name: str) -> str:
    """A name without what people write in different ways."""
    return re.sub(r"[\s_-]+", " ", name).strip().lower()


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


def _read_labels(content: bytes, name: str, problems: list[Problem]) -> dict[int, str]:
    """The labels of a map by their numbers, the background among them where it is named."""
    if len(content) > MAX_MAP_BYTES:
        problems.append(Problem(name, _("the label map is larger than 1 MB")))
        return {}
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        problems.append(Problem(name, _("the label map is no UTF-8 text")))
        return {}
    found = _from_json(text) if name.lower().endswith(".json") else _from_pbtxt(text)
    if not found or len(found) > MOST_LABELS:
        problems.append(
            Problem(
                name,
                _(
                    "no labels found; a label map is a .pbtxt of item { id: 1 name: 'cell' }, or JSON: a list of "
                    'names in the order of the outputs, {"cell": 1}, or [{"id": 1, "name": "cell"}]'
                ),
            )
        )
        return {}
    return found


def _from_pbtxt(text: str) -> dict[int, str]:
    found: dict[int, str] = {}
    for item in _ITEM.finditer(text):
        fields = {
            match["key"]: match["one"] or match["two"] or match["number"] or ""
            for match in _FIELD.finditer(item["body"])
        }
        label = fields.get("display_name") or fields.get("name")
        if label and fields.get("id", "").lstrip("-").isdigit():
            found[int(fields["id"])] = label
    return found


def _from_json(text: str) -> dict[int, str]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    if isinstance(value, dict) and isinstance(value.get("classes"), list):
        value = value["classes"]
    if isinstance(value, dict):
        pairs = [
            (number, label) if isinstance(number, int) else (label, number) for label, number in value.items()
        ]
        return {int(n): str(label) for n, label in pairs if str(n).lstrip("-").isdigit()}
    if not isinstance(value, list):
        return {}
    if all(isinstance(one, str) for one in value):
        return dict(enumerate(value))
    found: dict[int, str] = {}
    for one in value:
        number = one.get("id", one.get("index")) if isinstance(one, dict) else None
        if isinstance(number, int) and not isinstance(number, bool) and one.get("name"):
            found[number] = str(one["name"])
    return found


def _class_map(project: Project, labels: Mapping[int, str], problems: list[Problem]) -> list[dict[str, Any]]:
    """The project's classes that the model knows, each with the model's own number for it (`output`)."""
    rows = LabelClass.objects.filter(project=project, deleted=None)
    classes = {_plain(row.name): row for row in rows}
    found: list[dict[str, Any]] = []
    for number, label in sorted(labels.items()):
        row = classes.get(_plain(label))
        if row is not None and label.lower() not in BACKGROUND_NAMES:
            found.append(
                {
                    "index": row.index,
                    "name": row.name,
                    "colour": row.colour,
                    "is_thing": row.is_thing,
                    "output": number,
                }
            )
    if not found:
        values = {
            "labels": ", ".join(sorted(labels.values())[:10]),
            "classes": ", ".join(sorted(row.name for row in classes.values())[:10]) or _("none"),
        }
        message = _(
            "no label is the name of a class: the model knows %(labels)s; the project has %(classes)s"
        )
        problems.append(Problem("files", message % values))
    return found
