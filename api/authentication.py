"""Who is asking: a program by `Authorization: Token ...`, a browser by its session with CSRF.

Owns the two authenticators. Does not own tokens and links themselves
(`annotator/services/account.py`).
"""

from __future__ import annotations

from typing import Any

from django.middleware.csrf import CsrfViewMiddleware
from django.utils import translation
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from annotator.core.errors import DomainError
from annotator.models import User
from annotator.services import account
from api.errors import CHALLENGE, CsrfFailed


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Token <token>`. Another scheme is left to others; a token that is not good is refused."""

    def authenticate(self, request: Request) -> tuple[User, str] | None:
        words = get_authorization_header(request).split()
        if not words or words[0].lower() != b"token":
            return None
        if len(words) != 2:
            raise AuthenticationFailed(_("write the header as: Authorization: Token <token>"))
        try:
            user = account.user_by_token(words[1].decode("ascii"))
        except (UnicodeDecodeError, DomainError):
            user = None
        if user is None or not user.is_active:
            raise AuthenticationFailed(_("this token is not valid (any more)"))
        speak_language_of(user)
        return user, "token"

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


class _CsrfCheck(CsrfViewMiddleware):
    """Django's check, giving the reason instead of a page."""

    def _reject(self, request: Any, reason: str) -> str:  # type: ignore[override]
        return reason


def _no_view(request: Any) -> Any:
    """Stands for the view in Django's check, which asks it only whether it is exempt."""


def enforce_csrf(request: Request) -> None:
    """Refuse a request that carries no CSRF token of its own session.

    Raises:
        CsrfFailed: says why.
    """
    check = _CsrfCheck(_no_view)
    inner = request._request
    check.process_request(inner)
    reason = check.process_view(inner, _no_view, (), {})
    if reason:
        raise CsrfFailed(
            _("%(reason)s; send the csrftoken cookie's value as X-CSRFToken")
            % {"reason": str(reason).rstrip(".")}
        )


class SessionAuthentication(BaseAuthentication):
    """The session cookie of a signed-in browser; whatever changes something must carry the CSRF token."""

    def authenticate(self, request: Request) -> tuple[User, str] | None:
        user = getattr(request._request, "user", None)
        if user is None or not user.is_active:
            return None
        speak_language_of(user)
        enforce_csrf(request)
        return user, "session"


def speak_language_of(user: User) -> None:
    """Answer this request in the account's language; LocaleMiddleware has set that of the browser, and does so anew."""
    if user.language:
        translation.activate(user.language.lower())


class TokenScheme(OpenApiAuthenticationExtension):
    """How the schema describes tokens."""

    target_class = "api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Token <token>`; `manage.py create_token EMAIL` or the account page makes one.",
        }


class SessionScheme(OpenApiAuthenticationExtension):
    """How the schema describes the session cookie."""

    target_class = "api.authentication.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": "sessionid",
            "description": "`POST /session` sets it. Requests that change something also need X-CSRFToken.",
        }
