"""Changing what a document says: change sets, and what an import brings.

Owns conflicts and idempotency keys. Does not own what a valid object is (`objects.py`), the rows (`revisions.py`),
restoring (`restore.py`) nor reading (`selectors/document.py`).

A change costs what changes: it reads and writes the rows of the changed objects, the document's row and its image's
row, and keeps the counts by adding to them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from annotator.core.document import Annotation
from annotator.core.errors import InvalidInput, Problem
from annotator.core.packing import kind_of
from annotator.models import Annotation as Row
from annotator.models import Document, ImageStatus, Role, User
from annotator.selectors.document import difference, rows_of
from annotator.services.access import allows, role_of
from annotator.services.changes import (
    ChangeResult,
    DeleteObject,
    ImageClosed,
    KeyReused,
    PutObject,
    StaleObject,
    StaleObjects,
    canonical,
    check_ids,
    check_request,
    digest_of,
    summary,
)
from annotator.services.exclusive import overlap_problems
from annotator.services.objects import CheckedObject, check_objects, schemas_of
from annotator.services.prediction import predicted_objects
from annotator.services.revisions import (
    Counts,
    CurrentRow,
    Edits,
    NewRevision,
    NewRow,
    current_rows,
    earlier_rows,
    hold_classes,
    lock_document,
    revision_of,
    write_revision,
)

__all__ = [
    "ChangeResult",
    "DeleteObject",
    "ImageClosed",
    "KeyReused",
    "PutObject",
    "StaleObject",
    "StaleObjects",
    "document_change",
    "document_replace_from_import",
]

CLOSED = (ImageStatus.SUBMITTED, ImageStatus.ACCEPTED)


def document_change(
    *,
    document: Document,
    user: User | None,
    base_revision: int,
    key: str,
    put: Sequence[PutObject] = (),
    delete: Sequence[DeleteObject] = (),
    note: str = "",
    kind: str = "edit",
    source: str = "person",
    source_ref: str = "",
) -> ChangeResult:
    """Store and delete objects as one new revision, or nothing.

    Objects that this change doesn't touch may have been changed since `base_revision`: the two changes merge. A request
    that was carried out before (same key) gives the same answer again. Required attributes are not asked for here but
    when the image is submitted. An object that was deleted can be put again with base None.

    Args:
        user: who does it; None for the system.
        base_revision: the document's revision that the person has seen.
        key: names this request, 1 to 64 characters.
        source: `person`, `model`, `import` or `filled`, with `source_ref` saying which.

    Raises:
        InvalidInput: naming everything wrong with every object as `put[3].polygons[0][1]`.
        StaleObjects, KeyReused, ImageClosed: see there. TooLarge: too many objects. NotFound: the image was deleted.
    """
    check_request(key, note, put, delete)
    new = NewRevision(
        user,
        kind,
        key,
        digest_of([kind, base_revision, note, *map(canonical, put), *map(repr, delete)]),
        note,
    )
    touched = {str(one.annotation.id) for one in put} | {str(one.id) for one in delete}
    try:
        checked = check_all(document, [one.annotation for one in put], "put")
    except InvalidInput:
        done = replay(document, new)  # a class of a request that was carried out may be gone by now
        if done is None:
            raise
        return _again(document, done, base_revision, touched)
    with transaction.atomic():
        living = hold_classes(document.image.project)
        document = lock_document(document)
        done = replay(document, new)
        if done is not None:
            return _again(document, done, base_revision, touched)
        check_open(document, user)
        check_base(document, base_revision)
        _check_classes(checked, living, "put")
        number = write_revision(document, new, _edits(document, put, delete, checked, (source, source_ref)))
        others = difference(document, base_revision, number - 1, leaving_out=touched)
        return ChangeResult(number, {str(one.annotation.id): number for one in put}, others)


@transaction.atomic
def document_replace_from_import(
    *, document: Document, user: User | None, annotations: Sequence[Annotation], job_id: UUID | str
) -> ChangeResult:
    """Make these the document's only objects, as one revision; a job that is run again changes nothing more.

    Raises:
        InvalidInput: naming everything wrong with every object as `annotations[3].polygons[0][1]`.
    """
    new = NewRevision(user, "import", f"import-{job_id}", "")
    done = revision_of(document, new.key)
    if done is not None:
        return ChangeResult(done.number)
    checked = check_all(document, annotations, "annotations")
    _check_classes(checked, hold_classes(document.image.project), "annotations")
    document = lock_document(document)
    done = revision_of(document, new.key)
    if done is not None:
        return ChangeResult(done.number)
    ids = [one.annotation.id for one in checked]
    check_ids(ids, "annotations")
    created = _created(document, ids, "annotations")
    if document.image.project.exclusive:
        _check_exclusive(document, checked, None, "annotations")
    before = list(Row.objects.filter(document=document, valid_to=None).values_list("uuid", "pk"))
    counts = Counts(changed=len({uuid for uuid, _pk in before} & set(ids)))
    counts.added, counts.removed = len(ids) - counts.changed, len(before) - counts.changed
    number: int = document.revision + 1
    rows = [_row(one, created.get(one.annotation.id, number), ("import", str(job_id))) for one in checked]
    write_revision(document, new, Edits([pk for _uuid, pk in before], rows, counts))
    return ChangeResult(number, {str(key): number for key in ids})


def check_all(document: Document, annotations: Sequence[Annotation], where: str) -> list[CheckedObject]:
    """Check and clip objects for the document's image and project.

    Raises:
        InvalidInput: naming everything that is wrong.
    """
    if not annotations:
        return []
    image = document.image
    checked, problems = check_objects(
        annotations, width=image.width, height=image.height, schemas=schemas_of(image.project), where=where
    )
    if problems:
        raise InvalidInput(summary(problems), problems)
    return checked


def check_open(document: Document, user: User | None) -> None:
    """Let only reviewers change an image that was submitted or accepted; replicas are no part of that.

    Raises:
        ImageClosed: it was, and the person is no reviewer.
    """
    image = document.image
    if (
        image.status in CLOSED
        and document.role != "replica"
        and user is not None
        and not allows(role_of(user=user, project=image.project), Role.REVIEWER)
    ):
        raise ImageClosed(
            _("the image is %(status)s; only a reviewer may change it now, or it must be reopened")
            % {"status": image.status}
        )


def check_base(document: Document, base_revision: int) -> None:
    """Refuse a base revision that the document never had.

    Raises:
        InvalidInput: it is negative or above the newest.
    """
    if not 0 <= base_revision <= document.revision:
        message = _("%(base)s is no revision of this document; the newest is %(head)s")
        message %= {"base": base_revision, "head": document.revision}
        raise InvalidInput(message, [Problem("base_revision", message)])


def replay(document: Document, new: NewRevision) -> int | None:
    """The revision that this very request made before, if any.

    Raises:
        KeyReused: the key came with another request.
    """
    found = revision_of(document, new.key)
    if found is None:
        return None
    if found.request_digest != new.digest:
        raise KeyReused(
            _("the key %(key)r was used for another request; each request needs its own") % {"key": new.key}
        )
    return found.number


def _again(document: Document, number: int, base_revision: int, touched: set[str]) -> ChangeResult:
    """What was said when the revision was made, read back."""
    made = Row.objects.filter(document=document, valid_from=number).values_list("uuid", flat=True)
    others = difference(document, base_revision, number - 1, leaving_out=touched)
    return ChangeResult(number, {str(key): number for key in made}, others)


def _edits(
    document: Document,
    put: Sequence[PutObject],
    delete: Sequence[DeleteObject],
    checked: Sequence[CheckedObject],
    source: tuple[str, str],
) -> Edits:
    """What a checked change does to a locked document.

    Raises:
        StaleObjects: somebody else changed an object. InvalidInput: an id of another document, or shared pixels.
    """
    ids = [one.annotation.id for one in put]
    current = current_rows(document, [*ids, *(one.id for one in delete)])
    _check_stale(document, current, put, delete)
    created = _created(document, [key for key in ids if key not in current], "put", ids)
    if document.image.project.exclusive:
        _check_exclusive(document, checked, [one.id for one in delete], "put")
    proposed = _proposed(document, created, current, checked, source)
    created |= {key: row.created_revision for key, row in current.items()}
    number: int = document.revision + 1
    tracks = {one.annotation.id: _track(one, current.get(one.annotation.id)) for one in put}
    rows = [
        _row(one, created.get(one.annotation.id, number), source)._replace(
            track=tracks[one.annotation.id], **proposed.get(one.annotation.id, {})
        )
        for one in checked
    ]
    changed = len(current) - len(delete)
    counts = Counts(added=len(put) - changed, changed=changed, removed=len(delete))
    return Edits([row.pk for row in current.values()], rows, counts)


def _proposed(
    document: Document,
    earlier: Mapping[UUID, int],
    current: Mapping[UUID, CurrentRow],
    checked: Sequence[CheckedObject],
    source: tuple[str, str],
) -> dict[UUID, dict[str, Any]]:
    """For new objects whose ids are those of objects that a model proposed in this image: where they come from.

    Accepting is putting a proposed object. What a person changes of it later is the person's.
    """
    if source[0] != "person":
        return {}
    new = [one.annotation.id for one in checked if one.annotation.id not in current]
    new = [key for key in new if key not in earlier]
    found = predicted_objects(document.image, new)
    return {
        key: {"source": "model", "source_ref": model, "score": score} for key, (model, score) in found.items()
    }


def _track(put: PutObject, current: CurrentRow | None) -> UUID | None:
    """The track that an object has from now on; a client that knows no tracks leaves it as it is."""
    if put.annotation.track is not None or put.leaves_track or current is None:
        return put.annotation.track
    return current.track


def _check_stale(
    document: Document,
    current: Mapping[UUID, CurrentRow],
    put: Sequence[PutObject],
    delete: Sequence[DeleteObject],
) -> None:
    """Compare each object's base with its version now; an object that is not there has version None.

    Raises:
        StaleObjects: naming all that differ.
    """

    def version(key: UUID) -> int | None:
        return current[key].version if key in current else None

    stale = {one.annotation.id: one.base for one in put if one.base != version(one.annotation.id)}
    stale |= {one.id: one.base for one in delete if one.id not in current or one.base != version(one.id)}
    if stale:
        rows = {row.id: row for row in rows_of(document, list(stale))}
        conflicts = [StaleObject(str(key), base, rows.get(str(key))) for key, base in stale.items()]
        raise StaleObjects(document.revision, conflicts)


def _check_classes(checked: Sequence[CheckedObject], living: set[int], where: str) -> None:
    """Refuse classes that were deleted between the check of the request and the locks."""
    problems = [
        Problem(
            f"{where}[{number}].class",
            _("class %(index)s was deleted") % {"index": one.annotation.class_index},
        )
        for number, one in enumerate(checked)
        if one.annotation.class_index not in living
    ]
    if problems:
        raise InvalidInput(summary(problems), problems)


def _created(
    document: Document, ids: Sequence[UUID], where: str, order: Sequence[UUID] | None = None
) -> dict[UUID, int]:
    """For those objects that the document had before: the revision in which they first appeared.

    Raises:
        InvalidInput: an id belongs to an object of another document.
    """
    order = ids if order is None else order
    earlier = earlier_rows(ids)
    foreign = {key for key, (owner, _created_in) in earlier.items() if owner != document.pk}
    if foreign:
        message = _("the id %(id)s belongs to an object of another document")
        problems = [
            Problem(f"{where}[{number}].id", message % {"id": key})
            for number, key in enumerate(order)
            if key in foreign
        ]
        raise InvalidInput(summary(problems), problems)
    return {key: created for key, (_owner, created) in earlier.items()}


def _check_exclusive(
    document: Document, checked: Sequence[CheckedObject], leaving: Sequence[UUID] | None, where: str
) -> None:
    wheres = [f"{where}[{number}]" for number in range(len(checked))]
    problems = overlap_problems(document, checked, leaving, wheres)
    if problems:
        raise InvalidInput(summary(problems), problems)


def _row(one: CheckedObject, created: int, source: tuple[str, str]) -> NewRow:
    annotation = one.annotation
    return NewRow(
        annotation.id, annotation.class_index, kind_of(one.geometry).value, one.packed, *one.bbox, one.area,
        annotation.z, created, dict(annotation.attributes), annotation.is_crowd, source[0], source[1], annotation.score,
        annotation.track,
    )  # fmt: skip
