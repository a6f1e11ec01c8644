"""Making a document what it was at an earlier revision, as a new revision: nothing in between is lost.

Owns the comparison of two states. Does not own the rows (`revisions.py`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from annotator.core.errors import Conflict, InvalidInput, Problem
from annotator.models import Annotation, Document, User
from annotator.selectors.document import AnnotationRow, Difference, annotations_at, difference, to_core
from annotator.services.annotation import check_all, check_base, check_open, replay
from annotator.services.changes import ChangeResult, StaleObject, StaleObjects
from annotator.services.exclusive import overlap_problems
from annotator.services.revisions import (
    Counts,
    Edits,
    NewRevision,
    copy_rows,
    current_rows,
    hold_classes,
    lock_document,
    merged_classes,
    write_revision,
)


def document_restore(
    *,
    document: Document,
    user: User | None,
    revision: int,
    base_revision: int,
    key: str,
    objects: Sequence[UUID] | None = None,
    note: str = "",
) -> ChangeResult:
    """Give the document the state of `revision` again, as a new revision.

    Objects of a class that was deleted since come back as objects of the class that took its objects over.

    Args:
        objects: only these become what they were, or go when they were not there; None for all.

    Returns:
        As `document_change`; `others` is all that changed since `base_revision`, what was restored included.

    Raises:
        StaleObjects: an object that would be changed was changed since `base_revision`. InvalidInput: no such
            revision, an object that neither state has, or objects that would share pixels where none may. Conflict: an
            object's class was deleted and no class took its objects. KeyReused, ImageClosed.
    """
    some = None if objects is None else frozenset(str(one) for one in objects)
    what = "" if some is None else f" {' '.join(sorted(some))}"
    digest = hashlib.sha256(f"restore {revision} {base_revision}{what}".encode()).hexdigest()
    new = NewRevision(
        user, "restore", key, digest, note or _("restored revision %(number)s") % {"number": revision}
    )
    if not 1 <= len(key) <= 64:
        raise InvalidInput(
            _("a key of 1 to 64 characters is needed"), [Problem("key", _("1 to 64 characters"))]
        )
    with transaction.atomic():
        hold_classes(document.image.project)
        document = lock_document(document)
        done = replay(document, new)
        if done is None:
            check_open(document, user)
            check_base(document, base_revision)
            done = _restore(document, new, revision, base_revision, some)
    made = Annotation.objects.filter(document=document, valid_from=done).values_list("uuid", flat=True)
    return ChangeResult(done, {str(one): done for one in made}, difference(document, base_revision, done))


def _restore(
    document: Document, new: NewRevision, revision: int, base_revision: int, some: frozenset[str] | None
) -> int:
    if not 0 <= revision <= document.revision:
        message = _("there is no revision %(number)s; the newest is %(head)s")
        message %= {"number": revision, "head": document.revision}
        raise InvalidInput(message, [Problem("revision", message)])
    merged = merged_classes(document.image.project)
    then = [row for row in annotations_at(document, revision) if some is None or row.id in some]
    wanted = {row.id: row for row in _living(then, merged)}
    now = {row.id: row for row in annotations_at(document) if some is None or row.id in some}
    _check_known(some, {*wanted, *now}, revision)
    put = [key for key, row in wanted.items() if key not in now or _content(now[key]) != _content(row)]
    delete = [key for key in now if key not in wanted]
    _check_unchanged(document, base_revision, {*put, *delete}, now)
    if some is not None and document.image.project.exclusive:
        _check_pixels(document, [wanted[key] for key in put], [UUID(key) for key in delete])
    ids = [UUID(key) for key in put]
    close = current_rows(document, [*ids, *map(UUID, delete)])
    counts = Counts(changed=len(close) - len(delete), removed=len(delete))
    counts.added = len(put) - counts.changed
    number = write_revision(document, new, Edits([row.pk for row in close.values()], (), counts))
    copy_rows(document, revision, number, ids)
    for old, living in merged.items():
        Annotation.objects.filter(document=document, valid_from=number, class_index=old).update(
            class_index=living
        )
    return number


def _check_known(some: frozenset[str] | None, known: set[str], revision: int) -> None:
    message = _("neither now nor in revision %(number)s is there such an object") % {"number": revision}
    problems = [Problem(f"objects.{key}", message) for key in sorted((some or frozenset()) - known)]
    if problems:
        raise InvalidInput(message, problems)


def _check_pixels(document: Document, rows: Sequence[AnnotationRow], leaving: Sequence[UUID]) -> None:
    """Refuse objects that come back to where others are now, in a project where no two may share a pixel.

    Raises:
        InvalidInput: naming all of them.
    """
    checked = check_all(document, [to_core(row) for row in rows], "objects")
    problems = overlap_problems(document, checked, leaving, [f"objects.{row.id}" for row in rows])
    if problems:
        raise InvalidInput(problems[0].message, problems)


def _content(row: AnnotationRow) -> AnnotationRow:
    """The row without its version: equal for equal objects."""
    return row._replace(version=0)


def _living(rows: Sequence[AnnotationRow], merged: Mapping[int, int | None]) -> list[AnnotationRow]:
    """The rows with deleted classes replaced by those that took their objects.

    Raises:
        Conflict: naming the objects of a class that nothing took over.
    """
    lost = [row for row in rows if row.class_index in merged and merged[row.class_index] is None]
    if lost:
        problems = [
            Problem(row.id, _("its class %(index)s was deleted") % {"index": row.class_index}) for row in lost
        ]
        raise Conflict(
            _("%(count)s objects are of a class that was deleted") % {"count": len(lost)}, problems
        )
    return [row._replace(class_index=merged.get(row.class_index) or row.class_index) for row in rows]


def _check_unchanged(
    document: Document, base_revision: int, touched: set[str], now: Mapping[str, AnnotationRow]
) -> None:
    """Refuse to undo what the person has not seen."""
    since: Difference = difference(document, base_revision, document.revision)
    changed = ({row.id for row in since.put} | set(since.delete)) & touched
    if changed:
        raise StaleObjects(
            document.revision, [StaleObject(key, base_revision, now.get(key)) for key in sorted(changed)]
        )
