"""What is not the API: the front end's page for every address, the one-time sign-in link, the health check.

Owns how the built front end is found. Does not own its assets: whitenoise serves them from the same folder.
"""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET, require_safe
from rest_framework.request import Request

from annotator.core.errors import DomainError, NotFound
from annotator.services import account
from api.views.base import OpenView

logger = logging.getLogger(__name__)

PASSWORD_BACKEND = "django.contrib.auth.backends.ModelBackend"  # noqa: S105 -- a class


@require_safe
@ensure_csrf_cookie
def index(request: HttpRequest) -> HttpResponse:
    """The front end, which reads the address itself. A missing asset is missing, not a page."""
    if request.path.startswith("/assets/"):
        return _missing()
    path = settings.FRONTEND_DIST / "index.html"
    try:
        page = path.read_bytes()
    except FileNotFoundError:
        return _notice(
            _("The front end is not built"),
            _("Run “make setup”, or “npm ci && npm run build” in the folder “frontend”, and start again."),
            status=503,
        )
    # It names the assets of its build: an old copy would ask for files that are gone.
    return HttpResponse(page, content_type="text/html; charset=utf-8", headers={"Cache-Control": "no-cache"})


@require_GET
@never_cache
def enter(request: HttpRequest, token: str) -> HttpResponse:
    """Signs in the person whom a one-time link was made for, and goes on to the front page."""
    try:
        user = account.link_redeem(token, "login")
    except DomainError:
        return _notice(
            _("This link does not work (any more)"),
            _(
                "A sign-in link works once and for a short time. Sign in with your password or ask for a new link."
            ),
            status=410,
        )
    login(request, user, backend=PASSWORD_BACKEND)
    return HttpResponseRedirect("/")


@require_safe
def no_file(request: HttpRequest) -> HttpResponse:
    """What whitenoise did not find under /static/."""
    return _missing()


class NoEndpoint(OpenView):
    """Every address below /api that there is nothing at, whatever the method."""

    authentication_classes = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise NotFound(_("there is nothing at %(path)s") % {"path": request.path})


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """200 when the database answers, 503 when it does not."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        logger.warning("health: the database does not answer: %s", error)
        return HttpResponse(
            "the database does not answer\n", status=503, content_type="text/plain; charset=utf-8"
        )
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


def _missing() -> HttpResponse:
    return HttpResponse(_("no such file") + "\n", status=404, content_type="text/plain; charset=utf-8")


def _notice(title: str, text: str, *, status: int) -> HttpResponse:
    page = (
        '<!doctype html><html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>Contorno: {escape(title)}</title><style>body{{font:16px/1.5 system-ui;max-width:34rem;"
        "margin:20vh auto;padding:0 1.5rem}h1{font-size:1.3rem}</style></head>"
        f'<body><h1>{escape(title)}</h1><p>{escape(text)}</p><p><a href="/">Contorno</a></p></body></html>'
    )
    return HttpResponse(page, status=status, content_type="text/html; charset=utf-8")
