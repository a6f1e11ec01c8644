"""Reading frozen datasets: as a stream of documents for codecs and trainers, and compared with each other.

Owns the view of a version and the difference of two. Does not own freezing (`services/version.py`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO, NamedTuple, cast

from django.core.files.storage import default_storage
from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from annotator.core.document import DatasetView, ImageDocument, LabelClass, Split, TaskType
from annotator.core.palette import parse_hex
from annotator.models import Annotation, DatasetVersion, DatasetVersionItem, Project
from annotator.selectors.document import AnnotationRow, paint_key, row_parser, sql_key, to_core

MAX_NAMES = 1000
FETCH = 1000  # rows
CHUNK = 200  # images whose objects are in memory at once


@dataclass(frozen=True, slots=True)
class VersionDiff:
    """What changed between two versions: the figures, and the first thousand names of each sort of image."""

    older: DatasetVersion
    newer: DatasetVersion
    changelog: dict[str, int]
    images_added: list[str]
    images_removed: list[str]
    images_changed: list[str]


def versions_of(project: Project) -> QuerySet[DatasetVersion]:
    """The project's versions, with the people who made them."""
    return DatasetVersion.objects.filter(project=project).select_related("created_by")


def dataset_view(version: DatasetVersion) -> DatasetView:
    """The frozen dataset as codecs read it: streamed, in memory only a few hundred images at a time."""
    return DatasetView(
        name=version.project.name,
        task_type=TaskType(version.task_type),
        classes=classes_of_version(version),
        created=version.created.date().isoformat(),
        content_hash=version.content_hash,
        image_count=version.image_count,
        images=lambda: _images(version),
        open_image=lambda document: cast("BinaryIO", default_storage.open(document.key)),
        image_extension=lambda document: PurePosixPath(document.key).suffix.lower(),
    )


def classes_of_version(version: DatasetVersion) -> list[LabelClass]:
    """The class list as it was frozen."""
    return [
        LabelClass(
            index=given["index"],
            name=given["name"],
            colour=parse_hex(given["colour"]),
            is_thing=given["is_thing"],
            hotkey=given.get("hotkey", ""),
            supercategory=given["supercategory"],
            attributes=tuple(given["attributes"]),
        )
        for given in version.classes
    ]


def changelog(parent: DatasetVersion | None, version: DatasetVersion) -> dict[str, int]:
    """How many images and classes were added, removed and changed since the parent (or since nothing)."""
    theirs = {given["index"] for given in parent.classes} if parent else set()
    ours = {given["index"] for given in version.classes}
    return {
        "images_added": _added(parent, version).count(),
        "images_removed": _added(version, parent).count(),
        "images_changed": _changed(parent, version).count(),
        "classes_added": len(ours - theirs),
        "classes_removed": len(theirs - ours),
    }


def version_diff(older: DatasetVersion, newer: DatasetVersion) -> VersionDiff:
    """What changed from one version of a project to another."""
    return VersionDiff(
        older=older,
        newer=newer,
        changelog=changelog(older, newer),
        images_added=_names(_added(older, newer)),
        images_removed=_names(_added(newer, older)),
        images_changed=_names(_changed(older, newer)),
    )


def _items(version: DatasetVersion | None) -> QuerySet[DatasetVersionItem]:
    items = DatasetVersionItem.objects.all()
    return items.filter(version=version) if version else items.none()


def _added(older: DatasetVersion | None, newer: DatasetVersion | None) -> QuerySet[DatasetVersionItem]:
    """The items of `newer` whose image `older` does not have."""
    return _items(newer).exclude(image__in=_items(older).values("image"))


def _changed(older: DatasetVersion | None, newer: DatasetVersion) -> QuerySet[DatasetVersionItem]:
    """The items of `newer` whose image `older` has with another revision, name, group or split."""
    if older is None:
        return DatasetVersionItem.objects.none()
    same = _items(older).filter(
        image=OuterRef("image"),
        revision=OuterRef("revision"),
        name=OuterRef("name"),
        group=OuterRef("group"),
        split=OuterRef("split"),
    )
    return _items(newer).filter(image__in=_items(older).values("image")).exclude(Exists(same))


def _names(items: QuerySet[DatasetVersionItem]) -> list[str]:
    return list(items.order_by("pk").values_list("name", flat=True)[:MAX_NAMES])


class _Item(NamedTuple):
    """One image of a version, as `_ITEM_COLUMNS` reads it."""

    pk: int
    name: str
    group: str
    split: str
    status: str
    width: int
    height: int
    display: str
    source_url: str
    licence: str
    attribution: str


_ITEM_COLUMNS = (
    "pk", "name", "group", "split", "status", "image__width", "image__height", "image__display", "source_url",
    "licence", "attribution",
)  # fmt: skip


def _images(version: DatasetVersion) -> Iterator[ImageDocument]:
    """The images in the order of their names: their items' ids count up in that order."""
    rows = DatasetVersionItem.objects.filter(version=version).order_by("pk").values_list(*_ITEM_COLUMNS)
    last = 0
    while True:
        items = [_Item(*row) for row in rows.filter(pk__gt=last)[:CHUNK]]
        if not items:
            return
        objects = _objects(version, items[0].pk, items[-1].pk)
        for item in items:
            yield _document(item, objects.get(item.pk, ()))
        last = items[-1].pk


def _document(item: _Item, annotations: Sequence[AnnotationRow]) -> ImageDocument:
    return ImageDocument(
        name=item.name,
        width=item.width,
        height=item.height,
        annotations=tuple(map(to_core, annotations)),
        group=item.group,
        split=Split(item.split),
        status=item.status,
        key=item.display,
        source_url=item.source_url,
        licence=item.licence,
        attribution=item.attribution,
    )


def _objects(version: DatasetVersion, first: int, last: int) -> dict[int, list[AnnotationRow]]:
    """The objects of the items from `first` to `last`, each as of its frozen revision, in one statement; by item."""
    table, item_table = Annotation._meta.db_table, DatasetVersionItem._meta.db_table
    identity = "a.uuid::text" if connection.vendor == "postgresql" else "a.uuid"
    parse = row_parser()
    result: dict[int, list[AnnotationRow]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT i.id, {identity}, a.class_index, a.kind, a.geometry, a.x0, a.y0, a.x1, a.y1, a.area, a.z, "  # noqa: S608
            "a.created_revision, a.attributes, a.is_crowd, a.source, a.score, a.valid_from, a.track, a.source_ref "
            f"FROM {item_table} i JOIN {table} a ON a.document_id = i.document_id "
            "AND a.valid_from <= i.revision AND (a.valid_to IS NULL OR a.valid_to > i.revision) "
            "WHERE i.version_id = %s AND i.id BETWEEN %s AND %s",
            [sql_key(version.pk), first, last],
        )
        while found := cursor.fetchmany(FETCH):
            for row in found:
                result[row[0]].append(parse(row[1:]))
    for rows in result.values():
        rows.sort(key=paint_key)
    return result
