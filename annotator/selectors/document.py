"""Reading documents: their objects now or as of any revision, what changed between two revisions, and the history.

Owns the fast path from the table to plain tuples: no model instances, one statement. Does not own how objects are shown
(`api/`) nor written (`services/annotation.py`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from operator import itemgetter
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from annotator.core.document import Annotation as CoreAnnotation
from annotator.core.packing import unpack
from annotator.models import ROLE_RANK, Annotation, Document, ImageAsset, Revision, Role, User


class AnnotationRow(NamedTuple):
    """One object as it is in one state of a document.

    Attributes:
        id: lower-case, hyphenated.
        geometry: as `core/packing.py` writes it.
        x0, y0, x1, y1: the object's box.
        created: the revision in which the object first appeared.
        version: the revision that made this version of the object.
        track: as `id`; None where the track is the object's own id.
        source_ref: of one that a model proposed, the model's id.
    """

    id: str
    class_index: int
    kind: str
    geometry: bytes
    x0: float
    y0: float
    x1: float
    y1: float
    area: float
    z: int
    created: int
    attributes: dict[str, Any]
    is_crowd: bool
    source: str
    score: float | None
    version: int
    track: str | None = None
    source_ref: str = ""


class Difference(NamedTuple):
    """What became of a document between two revisions: objects as they are in the later one, and ids of those gone."""

    put: list[AnnotationRow]
    delete: list[str]


class HistoryPage(NamedTuple):
    results: list[Revision]
    next: int | None  # `before` of the next page


paint_key = itemgetter(AnnotationRow._fields.index("z"), AnnotationRow._fields.index("created"), 0)
CURRENT, SHAPES = "current_by_document", "current_shapes"  # indexes over the rows that are valid now
BEGUN, ENDED = "by_valid_from", "by_valid_to"
_TABLE = Annotation._meta.db_table
_COLUMNS = (
    "class_index, kind, geometry, x0, y0, x1, y1, area, z, created_revision, attributes, is_crowd, source, score, "
    "valid_from, track, source_ref"
)
_HISTORY_LIMIT = 100
_FETCH = 200  # rows at once: a tenth faster than all, since what is parsed is still in the cache
_new = tuple.__new__  # a named tuple from a tuple, without the cost of naming each field


def annotations_at(
    document: Document | UUID, revision: int | None = None, classes: Collection[int] = ()
) -> list[AnnotationRow]:
    """The objects of a document, sorted as they are painted: by (z, created, id).

    Args:
        revision: as of this revision; None for now. 0 is the empty beginning.
        classes: only objects of these class indices; empty for all.
    """
    key = document.pk if isinstance(document, Document) else document
    values: list[Any] = []
    index = ""
    if revision is None:
        condition, index = "valid_to IS NULL", CURRENT
    else:
        condition, values = "valid_from <= %s AND (valid_to IS NULL OR valid_to > %s)", [revision, revision]
    if classes:
        condition += f" AND class_index IN ({', '.join(['%s'] * len(classes))})"
        values += list(classes)
    return select_rows(f"document_id = %s AND {condition}", [sql_key(key), *values], index=index)


def select_rows(condition: str, values: Sequence[Any], *, index: str = "") -> list[AnnotationRow]:
    """The rows of the annotation table that fulfil a condition in SQL (ours, with the values apart), sorted.

    Args:
        index: the one that SQLite shall use. Without statistics it takes any that begins with the document, also one
            that leads through all past versions. PostgreSQL knows better by itself.
    """
    postgres = connection.vendor == "postgresql"
    hint = f"INDEXED BY {index}" if index and not postgres else ""
    identity = "uuid::text" if postgres else "uuid"
    parse = row_parser()
    rows: list[AnnotationRow] = []
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {identity}, {_COLUMNS} FROM {_TABLE} {hint} WHERE {condition}", values)  # noqa: S608
        while found := cursor.fetchmany(_FETCH):
            rows += map(parse, found)
    rows.sort(key=paint_key)
    return rows


def row_parser() -> Callable[[Sequence[Any]], AnnotationRow]:
    """What makes a row of its columns as this database gives them: the id, then `_COLUMNS`."""
    return _from_postgres if connection.vendor == "postgresql" else _from_sqlite


def _from_sqlite(row: Sequence[Any]) -> AnnotationRow:
    (
        u,
        class_index,
        kind,
        geometry,
        x0,
        y0,
        x1,
        y1,
        area,
        z,
        created,
        attributes,
        crowd,
        source,
        score,
        version,
        track,
        source_ref,
    ) = row
    identity = f"{u[:8]}-{u[8:12]}-{u[12:16]}-{u[16:20]}-{u[20:]}"
    values = {} if attributes == "{}" else json.loads(attributes)
    return _new(
        AnnotationRow,
        (identity, class_index, kind, geometry, x0, y0, x1, y1, area, z, created, values, crowd == 1, source, score,
         version, track and _hyphened(track), source_ref),
    )  # fmt: skip


def _from_postgres(row: Sequence[Any]) -> AnnotationRow:
    (
        u,
        class_index,
        kind,
        geometry,
        x0,
        y0,
        x1,
        y1,
        area,
        z,
        created,
        attributes,
        crowd,
        source,
        score,
        version,
        track,
        source_ref,
    ) = row
    values = {} if attributes == "{}" else json.loads(attributes)
    return _new(
        AnnotationRow,
        (u, class_index, kind, bytes(geometry), x0, y0, x1, y1, area, z, created, values, crowd, source, score,
         version, None if track is None else str(track), source_ref),
    )  # fmt: skip


def _hyphened(digits: str) -> str:
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def sql_key(key: UUID) -> Any:
    """An id as raw SQL takes it: SQLite has no type for it and holds 32 hex digits."""
    return key if connection.vendor == "postgresql" else key.hex


def to_core(row: AnnotationRow) -> CoreAnnotation:
    """The row as the value that the core and the codecs know."""
    return CoreAnnotation(
        id=UUID(int=int(row.id.replace("-", ""), 16)),  # a third of the time that UUID(text) takes
        class_index=row.class_index,
        geometry=unpack(row.kind, row.geometry),
        z=row.z,
        created=row.created,
        attributes=row.attributes,
        is_crowd=row.is_crowd,
        source=row.source,
        score=row.score,
        track=None if row.track is None else UUID(row.track),
    )


def rows_of(document: Document, ids: Iterable[UUID]) -> list[AnnotationRow]:
    """The current rows of these objects of the document."""
    keys = [sql_key(one) for one in ids]
    if not keys:
        return []
    places = ", ".join(["%s"] * len(keys))
    condition = f"document_id = %s AND valid_to IS NULL AND uuid IN ({places})"
    return select_rows(condition, [sql_key(document.pk), *keys])


def difference(document: Document, older: int, newer: int, leaving_out: Collection[str] = ()) -> Difference:
    """What changed after revision `older` until revision `newer`; its cost is that of the changes in between.

    Args:
        leaving_out: ids of objects that are of no interest.
    """
    if older >= newer:
        return Difference([], [])
    key = sql_key(document.pk)
    put = select_rows(
        "document_id = %s AND valid_from > %s AND valid_from <= %s AND (valid_to IS NULL OR valid_to > %s)",
        [key, older, newer, newer],
        index=BEGUN,
    )
    closed = select_rows(
        "document_id = %s AND valid_to > %s AND valid_to <= %s AND valid_from <= %s",
        [key, older, newer, older],
        index=ENDED,
    )
    there = {row.id for row in put}
    skipped = set(leaving_out)
    return Difference(
        [row for row in put if row.id not in skipped],
        [row.id for row in closed if row.id not in there and row.id not in skipped],
    )


def history(document: Document, *, before: int | None = None, limit: int = 50) -> HistoryPage:
    """The document's revisions, newest first, with their authors.

    Args:
        before: only revisions below this number: the `next` of the page before.
    """
    limit = max(1, min(limit, _HISTORY_LIMIT))
    revisions = Revision.objects.filter(document=document).select_related("author").order_by("-number")
    if before is not None:
        revisions = revisions.filter(number__lt=before)
    found = list(revisions[: limit + 1])
    return HistoryPage(found[:limit], found[limit - 1].number if len(found) > limit else None)


def documents_of(image: ImageAsset, user: User, role: str | None) -> list[Document]:
    """The image's documents that a person with this role in the project may see, the primary one first."""
    found = Document.objects.filter(image=image).select_related("author").order_by("created", "id")
    return sorted((one for one in found if is_seen(one, user, role)), key=lambda one: one.role != "primary")


def is_seen(document: Document, user: User, role: str | None) -> bool:
    """Whether a person with this role may see a document: the table in `services/document.py`."""
    if role is None:
        return False
    if document.role == "primary" or ROLE_RANK[role] >= ROLE_RANK[Role.REVIEWER]:
        return True
    return document.role == "replica" and document.author_id == user.pk  # type: ignore[attr-defined]
