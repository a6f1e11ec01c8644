"""Moving all objects of one class to another, set by set: a handful of statements whatever the number of documents.

Owns the revisions of kind `class`. Does not own when classes are moved (`palette.py`).
"""

from __future__ import annotations

import uuid

from django.db import connection
from django.db.models import Count, F, OuterRef, QuerySet, Subquery
from django.utils import timezone

from annotator.models import Annotation, Document, LabelClass, Revision, User

BATCH = 500  # documents a statement
COPIED = (
    "document_id", "uuid", "kind", "geometry", "x0", "y0", "x1", "y1", "area", "z", "created_revision", "attributes",
    "is_crowd", "source", "source_ref", "score", "track",
)  # fmt: skip


def class_object_count(label_class: LabelClass) -> int:
    """How many current objects the class has, in all documents of its project."""
    return _objects(label_class).count()


def _objects(label_class: LabelClass) -> QuerySet[Annotation]:
    return Annotation.objects.filter(
        document__image__project=label_class.project.pk, class_index=label_class.index, valid_to=None
    )


def objects_move(*, label_class: LabelClass, target: LabelClass, user: User | None) -> int:
    """Give all current objects of `label_class` to `target`: a new revision in every document that has any.

    Must run inside a transaction that holds the lock on both classes.
    """
    having = _objects(label_class).values("document")
    documents = list(Document.objects.select_for_update().filter(pk__in=having).order_by("pk"))
    return sum(
        _move(documents[first : first + BATCH], label_class, target, user)
        for first in range(0, len(documents), BATCH)
    )


def _move(documents: list[Document], label_class: LabelClass, target: LabelClass, user: User | None) -> int:
    keys = [document.pk for document in documents]
    objects = Annotation.objects.filter(document__in=keys, class_index=label_class.index, valid_to=None)
    counts = dict(objects.order_by().values_list("document").annotate(Count("pk")))
    Document.objects.filter(pk__in=keys).update(revision=F("revision") + 1, updated=timezone.now())
    own_revision = Document.objects.filter(pk=OuterRef("document_id")).values("revision")
    objects.update(valid_to=Subquery(own_revision))
    digest = uuid.uuid4().hex  # nobody sends this request again
    Revision.objects.bulk_create(
        Revision(
            document=document,
            number=document.revision + 1,
            author=user,
            kind="class",
            key=f"class-{digest}",
            request_digest=digest,
            note=f"{label_class.name} -> {target.name}"[:200],
            changed=counts[document.pk],
        )
        for document in documents
    )
    _reopen(keys, label_class.index, target.index)
    return sum(counts.values())


def _reopen(keys: list[uuid.UUID], old: int, new: int) -> None:
    """Insert the rows just closed again, with the new class, valid from their document's new revision."""
    table, documents = Annotation._meta.db_table, Document._meta.db_table
    columns = ", ".join(COPIED)
    selected = ", ".join(f"a.{column}" for column in COPIED)
    places = ", ".join(["%s"] * len(keys))
    adapt = Document._meta.pk.get_db_prep_value
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({columns}, class_index, valid_from, valid_to) "  # noqa: S608 -- names, not values
            f"SELECT {selected}, %s, d.revision, NULL FROM {table} a JOIN {documents} d ON d.id = a.document_id "
            f"WHERE d.id IN ({places}) AND a.class_index = %s AND a.valid_to = d.revision",
            [new, *(adapt(key, connection) for key in keys), old],
        )
