"""Writing one revision: the locks it needs, the rows it closes and opens, and the counts it keeps.

Owns the statements behind every change of a document. Does not own which changes are allowed (`annotation.py`).

Locks are always taken in the same order: classes, then the document, then its image.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from annotator.core.document import VOID
from annotator.core.errors import NotFound
from annotator.models import (
    Annotation,
    Document,
    ImageAsset,
    ImageStatus,
    LabelClass,
    Project,
    Revision,
    User,
)
from annotator.selectors.document import sql_key

BATCH = 1_000  # rows or ids a statement
COLUMNS = (
    "document_id", "uuid", "class_index", "kind", "geometry", "x0", "y0", "x1", "y1", "area", "z", "created_revision",
    "attributes", "is_crowd", "source", "source_ref", "score", "track", "valid_from",
)  # fmt: skip
T = TypeVar("T")


class NewRow(NamedTuple):
    """A row to open, without its document and revision."""

    uuid: UUID
    class_index: int
    kind: str
    geometry: bytes
    x0: float
    y0: float
    x1: float
    y1: float
    area: float
    z: int
    created_revision: int
    attributes: Any
    is_crowd: bool
    source: str
    source_ref: str
    score: float | None
    track: UUID | None = None


class CurrentRow(NamedTuple):
    """What a change needs to know about an object as it is now."""

    pk: int
    version: int
    created_revision: int
    track: UUID | None = None


@dataclass(frozen=True, slots=True)
class NewRevision:
    """A revision to write, and who asked for it by which request."""

    user: User | None
    kind: str
    key: str
    digest: str
    note: str = ""


@dataclass(slots=True)
class Counts:
    """What a revision did to the document's objects."""

    added: int = 0
    changed: int = 0
    removed: int = 0


@dataclass(frozen=True, slots=True)
class Edits:
    """The rows that a revision closes (by primary key) and opens."""

    close: Sequence[int]
    rows: Sequence[NewRow] = ()
    counts: Counts = field(default_factory=Counts)


def batches(items: Sequence[T], size: int = BATCH) -> Iterator[Sequence[T]]:
    """Cut a sequence into pieces that fit into one statement."""
    for first in range(0, len(items), size):
        yield items[first : first + size]


def hold_classes(project: Project) -> set[int]:
    """Keep the project's living classes from being deleted until the transaction ends.

    Returns:
        Their indices, and void.
    """
    living = LabelClass.objects.filter(project=project, deleted=None)
    if connection.vendor != "postgresql":  # SQLite: the transaction holds the database's write lock
        return {VOID, *living.values_list("index", flat=True)}
    # FOR KEY SHARE lets changes run side by side and classes be renamed; deleting a class waits, and is waited for.
    query, values = living.order_by("id").values_list("index").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"{query} FOR KEY SHARE", values)
        return {VOID, *(index for (index,) in cursor.fetchall())}


def lock_document(document: Document) -> Document:
    """The document (with image and project) as it is now, its row and its image's row locked.

    Raises:
        NotFound: the document or its image was deleted.
    """
    rows = Document.objects.select_for_update(of=("self", "image")).select_related("image__project")
    locked = rows.filter(pk=document.pk, image__deleted=None).first()
    if locked is None:
        raise NotFound(_("no such document"))
    return locked


def current_rows(document: Document, ids: Sequence[UUID]) -> dict[UUID, CurrentRow]:
    """Those of these objects that the document has now."""
    found: dict[UUID, CurrentRow] = {}
    for some in batches(ids):
        rows = Annotation.objects.filter(document=document, uuid__in=some, valid_to=None)
        columns = ("uuid", "pk", "valid_from", "created_revision", "track")
        found |= {identity: CurrentRow(*rest) for identity, *rest in rows.values_list(*columns)}
    return found


def earlier_rows(ids: Sequence[UUID]) -> dict[UUID, tuple[UUID, int]]:
    """For each of these objects that ever was anywhere: its document, and the revision in which it first appeared."""
    found: dict[UUID, tuple[UUID, int]] = {}
    for some in batches(ids):
        rows = Annotation.objects.filter(uuid__in=some).order_by("-created_revision")
        for identity, document, created in rows.values_list("uuid", "document_id", "created_revision"):
            found[identity] = (document, created)
    return found


def revision_of(document: Document, key: str) -> Revision | None:
    """The revision that a request with this key made."""
    return Revision.objects.filter(document=document, key=key).first()


def write_revision(document: Document, new: NewRevision, edits: Edits) -> int:
    """Write one revision of a locked document.

    Returns:
        Its number.
    """
    number = document.revision + 1
    Revision.objects.create(
        document=document,
        number=number,
        author=new.user,
        kind=new.kind,
        key=new.key,
        request_digest=new.digest,
        note=new.note,
        added=edits.counts.added,
        changed=edits.counts.changed,
        removed=edits.counts.removed,
    )
    for some in batches(edits.close):
        Annotation.objects.filter(pk__in=some).update(valid_to=number)
    for rows in batches(edits.rows):
        _insert(document, number, rows)
    _count(document, number, edits.counts)
    return number


def _insert(document: Document, number: int, rows: Sequence[NewRow]) -> None:
    """One statement for many rows: several times faster than model instances."""
    key = sql_key(document.pk)
    values: list[Any] = []
    for row in rows:
        track = None if row.track is None else sql_key(row.track)
        values += (key, sql_key(row.uuid), *row[1:11], json.dumps(row.attributes), *row[12:16], track, number)
    one = f"({', '.join(['%s'] * len(COLUMNS))})"
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {Annotation._meta.db_table} ({', '.join(COLUMNS)}) VALUES {', '.join([one] * len(rows))}",  # noqa: S608
            values,
        )


def _count(document: Document, number: int, counts: Counts) -> None:
    """Move the counters of the document and of its image."""
    now = timezone.now()
    objects = document.object_count + counts.added - counts.removed
    Document.objects.filter(pk=document.pk).update(revision=number, object_count=objects, updated=now)
    document.revision, document.object_count, document.updated = number, objects, now
    fields: dict[str, Any] = {"updated": now, "object_count": objects}
    if document.role != "primary":
        return  # the image's own state is that of its primary document
    if document.image.status == ImageStatus.NEW and counts != Counts():
        fields["status"] = ImageStatus.IN_PROGRESS
    ImageAsset.objects.filter(pk=document.image.pk).update(**fields)


def copy_rows(document: Document, revision: int, number: int, ids: Sequence[UUID]) -> None:
    """Open these objects again, in revision `number`, as they were at `revision`."""
    table = Annotation._meta.db_table
    kept = ", ".join(COLUMNS[:-1])
    with connection.cursor() as cursor:
        for some in batches(ids):
            cursor.execute(
                f"INSERT INTO {table} ({', '.join(COLUMNS)}) SELECT {kept}, %s FROM {table} "  # noqa: S608
                "WHERE document_id = %s AND valid_from <= %s AND (valid_to IS NULL OR valid_to > %s) "
                f"AND uuid IN ({', '.join(['%s'] * len(some))})",
                [number, sql_key(document.pk), revision, revision, *map(sql_key, some)],
            )


def merged_classes(project: Project) -> dict[int, int | None]:
    """For each deleted class, the living class that has its objects now; None when it had none."""
    classes = LabelClass.objects.filter(project=project).values_list("index", "deleted", "merged_into")
    table = {index: (deleted is not None, target) for index, deleted, target in classes}
    result: dict[int, int | None] = {}
    for index, (deleted, _target) in table.items():
        here: int | None = index
        while here is not None and table[here][0]:
            here = table[here][1]
        if deleted:
            result[index] = here
    return result
