"""Freezing a project's images, objects, classes and splits as they are now.

Owns what a dataset version holds and its content hash. Does not own reading one (`selectors/version.py`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Sum
from django.utils.translation import gettext as _

from annotator.core.document import Split
from annotator.core.errors import InvalidInput, Problem
from annotator.models import (
    DatasetVersion,
    DatasetVersionItem,
    Document,
    ImageAsset,
    ImageStatus,
    LabelClass,
    Project,
    User,
)
from annotator.selectors.document import sql_key
from annotator.selectors.version import changelog

FROZEN_CLASS_FIELDS = ("index", "name", "colour", "is_thing", "hotkey", "supercategory", "attributes")


@transaction.atomic
def version_freeze(
    *,
    project: Project,
    user: User | None,
    name: str = "",
    note: str = "",
    statuses: Sequence[str] | None = None,
) -> DatasetVersion:
    """Freeze the project's images (those of these statuses, or all) with their primary documents' newest revisions.

    One statement copies the list, so that it is one moment of the whole project, whoever is drawing meanwhile.

    Raises:
        InvalidInput: no such status, or no image has one of them.
    """
    chosen = list(statuses) if statuses else list(ImageStatus.values)
    if wrong := [status for status in chosen if status not in ImageStatus.values]:
        raise InvalidInput(
            _("%(status)r is no status") % {"status": wrong[0]}, [Problem("statuses", _("no such status"))]
        )
    project = Project.objects.select_for_update().get(pk=project.pk)
    parent = DatasetVersion.objects.filter(project=project).order_by("-number").first()
    version = DatasetVersion.objects.create(
        project=project,
        number=project.next_version_number,
        name=name.strip()[:200],
        note=note.strip(),
        parent=parent,
        content_hash="",
        task_type=project.task_type,
        classes=frozen_classes(project),
        image_count=0,
        object_count=0,
        split_counts={},
        changelog={},
        created_by=user,
    )
    _copy_list(version, chosen)
    _summarise(version, parent)
    if version.image_count == 0:
        message = _("no image to freeze: none is %(statuses)s") % {"statuses": ", ".join(chosen)}
        raise InvalidInput(message, [Problem("statuses", message)])
    version.save()
    project.next_version_number += 1
    project.save(update_fields=["next_version_number"])
    return version


def frozen_classes(project: Project) -> list[dict[str, Any]]:
    """The living classes in their order, as a version keeps them."""
    rows = LabelClass.objects.filter(project=project, deleted=None).order_by("order", "index")
    return list(rows.values(*FROZEN_CLASS_FIELDS))


def _copy_list(version: DatasetVersion, statuses: Sequence[str]) -> None:
    """Insert the version's items in the order of their names, by code point on every database."""
    items, documents, images = (m._meta.db_table for m in (DatasetVersionItem, Document, ImageAsset))
    group, collation = (
        connection.ops.quote_name("group"),
        'COLLATE "C"' if connection.vendor == "postgresql" else "",
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {items} "  # noqa: S608
            f"(version_id, image_id, document_id, revision, object_count, name, {group}, split, status, "
            "source_url, licence, attribution) "
            f"SELECT %s, i.id, d.id, d.revision, d.object_count, i.name, i.{group}, i.split, i.status, "
            "i.source_url, i.licence, i.attribution "
            f"FROM {images} i JOIN {documents} d ON d.image_id = i.id AND d.role = 'primary' "
            f"WHERE i.project_id = %s AND i.deleted IS NULL AND i.status IN ({', '.join(['%s'] * len(statuses))}) "
            f"ORDER BY i.name {collation}",
            [sql_key(version.pk), sql_key(version.project.pk), *statuses],
        )


def _summarise(version: DatasetVersion, parent: DatasetVersion | None) -> None:
    """Count what the version holds, hash it, and compare it with its parent."""
    items = DatasetVersionItem.objects.filter(version=version)
    totals = items.aggregate(images=Count("pk"), objects=Sum("object_count"))
    splits = dict(items.order_by().values_list("split").annotate(Count("pk")))
    version.image_count, version.object_count = totals["images"], totals["objects"] or 0
    version.split_counts = {split.value: splits.get(split.value, 0) for split in Split}
    version.content_hash = content_hash(version)
    version.changelog = changelog(parent, version)


def content_hash(version: DatasetVersion) -> str:
    """SHA-256 over the task, the classes, and each image's content, name, group, split, origin, document, revision."""
    digest = hashlib.sha256()
    for line in _lines(version):
        digest.update(json.dumps(line, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode())
        digest.update(b"\n")
    return digest.hexdigest()


def _lines(version: DatasetVersion) -> Iterator[Any]:
    yield version.task_type
    yield from version.classes
    rows = (
        DatasetVersionItem.objects.filter(version=version)
        .order_by("id")
        .values_list(
            "image__sha256",
            "name",
            "group",
            "split",
            "source_url",
            "licence",
            "attribution",
            "revision",
            "document",
        )
    )
    for *fields, document in rows.iterator(chunk_size=2000):
        yield [*fields, str(document)]
