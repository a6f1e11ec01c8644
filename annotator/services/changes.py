"""What a change request is, what it answers, and how it can fail.

Owns the values and errors of changes, the checks that need no database, and the digest by which a repeated request is
recognised. Does not own carrying a change out (`annotation.py`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from annotator.core.document import Annotation, BoxGeometry, MaskGeometry
from annotator.core.errors import Conflict, InvalidInput, Problem, TooLarge
from annotator.core.packing import kind_of, pack
from annotator.selectors.document import AnnotationRow, Difference


@dataclass(frozen=True, slots=True)
class PutObject:
    """An object to store.

    Attributes:
        base: the version it was drawn on; None when the document has no such object now.
        leaves_track: an annotation without a track keeps the one that the object has, unless this is set.
    """

    annotation: Annotation
    base: int | None = None
    leaves_track: bool = False


@dataclass(frozen=True, slots=True)
class DeleteObject:
    """An object to delete. base: the version that the person saw."""

    id: UUID
    base: int


@dataclass(frozen=True, slots=True)
class ChangeResult:
    """What an accepted change made.

    Attributes:
        versions: version of each object that was put, by id.
        others: what other changes made since the base revision, without the objects of this one.
    """

    revision: int
    versions: dict[str, int] = field(default_factory=dict)
    others: Difference = field(default_factory=lambda: Difference([], []))


@dataclass(frozen=True, slots=True)
class StaleObject:
    """An object that somebody else changed. current: as it is now; None when there is none (any more)."""

    id: str
    base: int | None
    current: AnnotationRow | None


class StaleObjects(Conflict):
    """Some objects were changed by somebody else since the versions that this change was made on."""

    def __init__(self, revision: int, conflicts: Sequence[StaleObject]) -> None:
        super().__init__(
            _("%(count)s objects were changed by somebody else in the meantime; nothing was saved")
            % {"count": len(conflicts)},
            [Problem(one.id, _("changed since version %(base)s") % {"base": one.base}) for one in conflicts],
        )
        self.revision = revision
        self.conflicts = list(conflicts)


class KeyReused(Conflict):
    """The idempotency key names another request."""


class ImageClosed(Conflict):
    """The image was submitted or accepted; only a reviewer may change it now."""


def check_request(key: str, note: str, put: Sequence[PutObject], delete: Sequence[DeleteObject]) -> None:
    """Check what can be checked without the database.

    Raises:
        InvalidInput, TooLarge.
    """
    count = len(put) + len(delete)
    if count > settings.MAX_CHANGE_OBJECTS:
        values = {"count": count, "limit": settings.MAX_CHANGE_OBJECTS}
        raise TooLarge(_("%(count)s objects in one change; at most %(limit)s are taken") % values)
    problems: list[Problem] = []
    if not 1 <= len(key) <= 64:
        problems.append(Problem("key", _("a key of 1 to 64 characters is needed")))
    if len(note) > 200:
        problems.append(Problem("note", _("at most 200 characters")))
    if count == 0:
        problems.append(Problem("put", _("nothing to put or delete")))
    if problems:
        raise InvalidInput(summary(problems), problems)
    check_ids([one.annotation.id for one in put], "put", [one.id for one in delete])


def check_ids(put: Sequence[UUID], where: str, delete: Sequence[UUID] = ()) -> None:
    """Refuse an id that is named twice.

    Raises:
        InvalidInput: naming each.
    """
    seen: set[UUID] = set()
    problems: list[Problem] = []
    named = [(f"{where}[{n}].id", key) for n, key in enumerate(put)]
    for place, key in named + [(f"delete[{n}].id", key) for n, key in enumerate(delete)]:
        if key in seen:
            problems.append(Problem(place, _("%(id)s is named twice") % {"id": key}))
        seen.add(key)
    if problems:
        raise InvalidInput(summary(problems), problems)


def canonical(one: PutObject) -> list[Any]:
    """An object as a list that is equal for equal requests and can be hashed."""
    a = one.annotation
    geometry = a.geometry
    if isinstance(geometry, BoxGeometry):
        shape = repr(geometry)
    elif isinstance(geometry, MaskGeometry):
        shape = (
            f"{geometry.x} {geometry.y} {geometry.width} {geometry.height} {geometry.counts.tobytes().hex()}"
        )
    else:
        shape = pack(geometry).hex()
    parts = [
        str(a.id),
        one.base,
        a.class_index,
        kind_of(geometry),
        shape,
        a.z,
        a.is_crowd,
        a.score,
        dict(a.attributes),
    ]
    # Only where it is said, so that requests from before there were tracks are still recognised.
    return [*parts, str(a.track)] if a.track is not None or one.leaves_track else parts


def digest_of(parts: list[Any]) -> str:
    """The SHA-256 of a request, given as lists, numbers and texts."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def summary(problems: Sequence[Problem]) -> str:
    """The first problem, and how many more there are."""
    first = f"{problems[0].where}: {problems[0].message}"
    return (
        first
        if len(problems) == 1
        else _("%(first)s (and %(more)s more)") % {"first": first, "more": len(problems) - 1}
    )
