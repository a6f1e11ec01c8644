"""The errors of the domain, each carrying every problem found and where it was found.

Owns the exception types that services, codecs and the core raise. Does not own how they are shown:
`api/errors.py` turns them into problem+json, commands print them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from annotator.core.words import gettext_noop


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where it is (`put[17].polygons[0][2]`, a file name, a field) and what."""

    where: str
    message: str


class DomainError(Exception):
    """A request that cannot be carried out, with all the problems found, not only the first."""

    title = gettext_noop("The request could not be carried out")
    status = 400

    def __init__(self, detail: str, problems: Iterable[Problem] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.problems: Sequence[Problem] = tuple(problems)


class InvalidInput(DomainError):
    """Values that break a rule; nothing was changed."""

    title = gettext_noop("Invalid input")
    status = 400


class NotSignedIn(DomainError):
    """No session and no valid token."""

    title = gettext_noop("Not signed in")
    status = 401


class NotAllowed(DomainError):
    """The person is a member but the role does not allow this."""

    title = gettext_noop("Not allowed")
    status = 403


class NotFound(DomainError):
    """No such thing, or not visible to this person."""

    title = gettext_noop("Not found")
    status = 404


class Conflict(DomainError):
    """The state of the thing does not allow this now (already submitted, name taken, stale base)."""

    title = gettext_noop("Conflict")
    status = 409


class TooLarge(DomainError):
    """Over a size or count limit; the message names the limit."""

    title = gettext_noop("Too large")
    status = 413


class TooManyRequests(DomainError):
    """Too many attempts; the message says when to try again."""

    title = gettext_noop("Too many requests")
    status = 429


class Unavailable(DomainError):
    """Not possible at the moment through nobody's fault; worth another try soon."""

    title = gettext_noop("Not available now")
    status = 503


class UnsupportedFormat(DomainError):
    """Not a format that can be read or written; the message names those that can."""

    title = gettext_noop("Unsupported format")
    status = 415


class Cancelled(Exception):
    """Raised inside long work when its Job was cancelled or its lease was lost; caught at the Job's boundary."""
