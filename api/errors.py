"""Every error as problem+json: {"type", "title", "status", "detail", "errors": [{"where", "message"}]}.

Owns the mapping from exceptions to HTTP. Does not own what counts as an error: `annotator/core/errors.py` and the
services do. Needs no database.
"""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.db import IntegrityError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from rest_framework import exceptions, status
from rest_framework.response import Response

from annotator.core.errors import DomainError, Problem, TooManyRequests, Unavailable
from annotator.disk import is_disk_full
from api.renderers import PROBLEM_TYPE, to_json

logger = logging.getLogger(__name__)

CHALLENGE = 'Token realm="contorno"'
RETRY_SECONDS = 2  # when the database was busy or away
FULL_RETRY_SECONDS = 30  # a person has to make room first

# The type and title of what does not come from the domain. docs/api.md lists all types.
_BY_STATUS: dict[int, tuple[str, str]] = {
    400: ("invalid-input", gettext_noop("Invalid input")),
    401: ("not-signed-in", gettext_noop("Not signed in")),
    403: ("not-allowed", gettext_noop("Not allowed")),
    404: ("not-found", gettext_noop("Not found")),
    405: ("method-not-allowed", gettext_noop("Method not allowed")),
    406: ("not-acceptable", gettext_noop("Not acceptable")),
    409: ("conflict", gettext_noop("Conflict")),
    413: ("too-large", gettext_noop("Too large")),
    415: ("unsupported-media-type", gettext_noop("Unsupported media type")),
    429: ("too-many-requests", gettext_noop("Too many requests")),
    500: ("internal-error", gettext_noop("Internal error")),
    503: ("unavailable", gettext_noop("Not available now")),
    507: ("storage-full", gettext_noop("The server's disk is full")),
}


class CsrfFailed(exceptions.PermissionDenied):
    """A session's request without the CSRF token that belongs to it."""


def problem(
    status_code: int,
    detail: str,
    *,
    type_: str | None = None,
    title: str | None = None,
    errors: Sequence[Problem] = (),
    extra: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The members of a problem; `extra` members come last and never replace the standard ones."""
    slug, usual_title = _BY_STATUS.get(status_code, ("invalid-input", DomainError.title))
    standard = {
        "type": type_ or slug,
        "title": _(title or usual_title),
        "status": status_code,
        "detail": detail,
        "errors": [{"where": one.where, "message": one.message} for one in errors],
    }
    return {**standard, **{key: value for key, value in (extra or {}).items() if key not in standard}}


def exception_handler(error: Exception, context: Mapping[str, Any]) -> Response:
    """What Django REST framework calls for whatever a view raises."""
    body, headers = describe(error)
    if body["status"] == status.HTTP_401_UNAUTHORIZED:
        headers.setdefault("WWW-Authenticate", CHALLENGE)
    response = Response(body, status=body["status"], headers=headers, content_type=PROBLEM_TYPE)
    _answer_in_json(context.get("request"))
    return response


def describe(error: Exception) -> tuple[dict[str, Any], dict[str, str]]:
    """The problem and the extra headers of an exception."""
    if isinstance(error, DomainError):
        return _of_domain(error)
    if isinstance(error, exceptions.APIException):
        return _of_framework(error)
    if isinstance(error, Http404):
        return problem(404, _("no such thing")), {}
    if isinstance(error, PermissionDenied):
        return problem(403, str(error) or _("this is not allowed")), {}
    if isinstance(error, RequestDataTooBig | TooManyFilesSent | TooManyFieldsSent):
        return problem(413, _too_large(error)), {}
    if isinstance(error, SuspiciousOperation | BadRequest):
        return problem(400, _("the request was not understood")), {}
    if isinstance(error, UnreadablePostError):
        return problem(
            400, _("the connection broke while the body was being sent"), type_="malformed-body"
        ), {}
    return _of_storage(error) or (_unexpected(error), {})


def _of_storage(error: Exception) -> tuple[dict[str, Any], dict[str, str]] | None:
    """What the database and the disk say; None for anything else."""
    if isinstance(error, IntegrityError):
        logger.warning("two requests met: %s", error)
        return problem(409, _("somebody else did the same at this moment; look at it and try again")), {}
    if is_disk_full(error):
        logger.error("the disk is full: %s", error)
        detail = _("the server's disk is full, nothing was stored; whoever runs it has to make room")
        return problem(507, detail), {"Retry-After": str(FULL_RETRY_SECONDS)}
    if isinstance(error, OperationalError | InterfaceError):
        logger.warning("the database is busy or away: %s", error)
        return problem(503, _("the database is busy or away; try again")), {"Retry-After": str(RETRY_SECONDS)}
    return None


def _too_large(error: Exception) -> str:
    if isinstance(error, RequestDataTooBig):
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        return _("the body is larger than %(limit)s bytes; send it in several requests") % {"limit": limit}
    limit = settings.DATA_UPLOAD_MAX_NUMBER_FILES
    return _("one request holds at most %(limit)s files; send a ZIP of them, or several requests") % {
        "limit": limit
    }


def type_of(error: DomainError) -> str:
    """The slug of a domain error: its `type`, or its class name (InvalidInput: invalid-input)."""
    own = getattr(error, "type", None)
    return own or re.sub(r"(?<!^)(?=[A-Z])", "-", type(error).__name__).lower()


def _of_domain(error: DomainError) -> tuple[dict[str, Any], dict[str, str]]:
    body = problem(
        error.status,
        str(error.detail),
        type_=type_of(error),
        title=str(error.title),
        errors=error.problems,
        extra=getattr(error, "extra", None),
    )
    headers = {}
    if isinstance(error, TooManyRequests) and (wait := body.get("retry_after")):
        headers["Retry-After"] = str(wait)
    if isinstance(error, Unavailable):
        headers["Retry-After"] = str(RETRY_SECONDS)
    return body, headers


def _of_framework(error: exceptions.APIException) -> tuple[dict[str, Any], dict[str, str]]:
    headers: dict[str, str] = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if isinstance(error, exceptions.ValidationError):
        found = tuple(_flatten(error.detail))
        return problem(400, _summary(found), errors=found), headers
    type_ = None
    if isinstance(error, exceptions.ParseError):
        type_ = "malformed-body"
    elif isinstance(error, CsrfFailed):
        type_ = "csrf-failed"
    return problem(error.status_code, str(error.detail).rstrip("."), type_=type_), headers


def _summary(found: Sequence[Problem]) -> str:
    if len(found) != 1:
        return _("%(count)s values are not right") % {"count": len(found)}
    return f"{found[0].where}: {found[0].message}" if found[0].where else found[0].message


def _flatten(detail: Any, where: str = "") -> Iterator[Problem]:
    """The problems in DRF's nested lists and dicts of messages, with paths such as classes[0].name."""
    if isinstance(detail, Mapping):
        for key, value in detail.items():
            yield from _flatten(value, _inside(where, key))
    elif isinstance(detail, list):
        for index, value in enumerate(detail):
            nested = isinstance(value, Mapping | list)
            yield from _flatten(value, _inside(where, index) if nested else where)
    else:
        yield Problem(where, str(detail).rstrip("."))


def _inside(where: str, key: Any) -> str:
    """The path of a field, or of a list's item, within a path."""
    if key == "non_field_errors":
        return where
    return f"{where}[{key}]" if isinstance(key, int) else f"{where}.{key}".lstrip(".")


def _unexpected(error: Exception) -> dict[str, Any]:
    reference = uuid.uuid4().hex[:12]
    logger.error("error %s", reference, exc_info=error)
    return problem(
        500,
        _("something went wrong on the server; its log names it %(reference)s") % {"reference": reference},
        extra={"id": reference},
    )


def _answer_in_json(request: Any) -> None:
    """Errors are JSON whatever the request accepts: make it the renderer, also when negotiation itself failed."""
    from api.renderers import OrjsonRenderer

    if request is not None:
        request.accepted_renderer = OrjsonRenderer()
        request.accepted_media_type = OrjsonRenderer.media_type


def is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def plain_problem(body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> HttpResponse:
    """A problem outside Django REST framework's views."""
    return HttpResponse(
        to_json(dict(body)), status=body["status"], content_type=PROBLEM_TYPE, headers=headers
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Django's handler404."""
    return _page(request, problem(status.HTTP_404_NOT_FOUND, _("no such page")))


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Django's handler400: a host name that is not allowed, a broken cookie."""
    return _page(request, problem(status.HTTP_400_BAD_REQUEST, _("the request was not understood")))


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Django's handler403."""
    return _page(request, problem(status.HTTP_403_FORBIDDEN, _("this is not allowed")))


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500. Django has logged the exception."""
    return _page(
        request, problem(status.HTTP_500_INTERNAL_SERVER_ERROR, _("something went wrong on the server"))
    )


def _page(request: HttpRequest, body: dict[str, Any]) -> HttpResponse:
    if is_api(request):
        return plain_problem(body)
    text = f"{body['title']}: {body['detail']}\n"
    return HttpResponse(text, status=body["status"], content_type="text/plain; charset=utf-8")
