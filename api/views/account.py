"""The signed-in person: profile, session, invitation, tokens."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth import authenticate, login, logout
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.csrf import ensure_csrf_cookie
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotator.core.errors import NotSignedIn
from annotator.models import ApiToken, User
from annotator.services import account
from api import sign_in
from api.authentication import enforce_csrf
from api.pagination import Order, page_of
from api.schema import NO_CONTENT, paged
from api.serializers.account import (
    AcceptInvitationSerializer,
    MeChangesSerializer,
    MeSerializer,
    NewTokenSerializer,
    SignInSerializer,
    TokenInputSerializer,
    TokenSerializer,
    me_body,
)
from api.serializers.base import page_shape, read
from api.views.base import OpenView, View, person
from api.views.pages import PASSWORD_BACKEND

NEWEST_FIRST = Order(("-created", "-id"))


class WrongCredentials(NotSignedIn):
    """The e-mail address and the password do not belong together."""

    title = gettext_noop("Wrong e-mail or password")


@method_decorator(ensure_csrf_cookie, name="dispatch")
class MeView(View):
    """Also sets the CSRF cookie, for a browser that did not load the page from here."""

    @extend_schema(operation_id="me", responses=MeSerializer, tags=["account"])
    def get(self, request: Request) -> Response:
        """Who I am."""
        return Response(me_body(person(request)))

    @extend_schema(
        operation_id="change_me", request=MeChangesSerializer, responses=MeSerializer, tags=["account"]
    )
    def patch(self, request: Request) -> Response:
        """Change my name, language or preferences (merged key by key)."""
        return Response(
            me_body(account.account_update(user=person(request), **read(MeChangesSerializer, request)))
        )


class SessionView(OpenView):
    """Signing in and out of a browser's session."""

    authentication_classes = ()

    @extend_schema(operation_id="sign_in", request=SignInSerializer, responses=MeSerializer, tags=["account"])
    def post(self, request: Request) -> Response:
        """Sign in with e-mail address and password; limited in how often it may fail."""
        enforce_csrf(request)
        given = read(SignInSerializer, request)
        email = given["email"].strip().lower()
        sign_in.attempt_begins(request._request, email)
        user: Any = authenticate(request._request, username=email, password=given["password"])
        if user is None:
            raise WrongCredentials(_("no account has this e-mail address and this password"))
        sign_in.attempt_succeeded(request._request, email)
        return _enter(request, user)

    @extend_schema(operation_id="sign_out", responses=NO_CONTENT, tags=["account"])
    def delete(self, request: Request) -> Response:
        """End this browser's session; fine when there is none."""
        enforce_csrf(request)
        logout(request._request)
        return Response(status=204)


class AcceptInvitationView(OpenView):
    """The invited person's first visit."""

    authentication_classes = ()

    @extend_schema(
        operation_id="accept_invitation",
        request=AcceptInvitationSerializer,
        responses=MeSerializer,
        tags=["account"],
    )
    def post(self, request: Request) -> Response:
        """Choose a name and a password with an invitation's token, and be signed in."""
        enforce_csrf(request)
        given = read(AcceptInvitationSerializer, request)
        user = account.invitation_accept(plain=given["token"], name=given["name"], password=given["password"])
        return _enter(request, user)


class TokensView(View):
    """API tokens of the person who asks."""

    @extend_schema(
        operation_id="list_tokens", responses=page_shape(TokenSerializer), tags=["account"], **paged()
    )
    def get(self, request: Request) -> Response:
        """My tokens, newest first; the secrets themselves are not kept."""
        page = page_of(ApiToken.objects.filter(user=person(request)), NEWEST_FIRST, request.query_params)
        return Response(page.body(lambda row: TokenSerializer(row).data))

    @extend_schema(
        operation_id="create_token",
        request=TokenInputSerializer,
        responses={201: NewTokenSerializer},
        tags=["account"],
    )
    def post(self, request: Request) -> Response:
        """Make a token; its secret is answered this once."""
        row, plain = account.token_create(user=person(request), **read(TokenInputSerializer, request))
        return Response({**TokenSerializer(row).data, "token": plain}, status=201)


class TokenView(View):
    """One of my tokens."""

    @extend_schema(operation_id="delete_token", responses=NO_CONTENT, tags=["account"])
    def delete(self, request: Request, token_id: UUID) -> Response:
        """Take a token out of use."""
        account.token_delete(user=person(request), token_id=token_id)
        return Response(status=204)


def _enter(request: Request, user: User) -> Response:
    login(request._request, user, backend=PASSWORD_BACKEND)
    return Response(me_body(user))
