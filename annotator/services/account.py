"""People: their names and preferences, API tokens, one-time links and invitations.

Owns every secret that lets somebody in; only SHA-256 digests of tokens and links are kept. Does not own roles
(`project.py`) nor sessions (Django's).
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from annotator.core.errors import InvalidInput, NotFound, Problem
from annotator.models import ApiToken, OneTimeLink, User

TOKEN_PREFIX = "contorno_"  # noqa: S105 -- lets secret scanners recognise a leaked token
LAST_USED_EVERY = timedelta(minutes=5)  # a read should not cost a write
MAX_PREFERENCES = 100
MAX_PREFERENCES_LENGTH = 100_000  # as JSON; they come with every GET /me


def digest_of(plain: str) -> str:
    """The SHA-256 of a secret: the secrets have 256 random bits, so that no slow hash is needed."""
    return hashlib.sha256(plain.encode()).hexdigest()


def user_ensure(*, email: str, name: str = "") -> User:
    """The person with this e-mail address, made without a password when there is none.

    Raises:
        InvalidInput: not an e-mail address.
    """
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        raise InvalidInput(
            _("%(email)r is not an e-mail address") % {"email": email},
            [Problem("email", _("not an e-mail address"))],
        ) from None
    found = User.objects.filter(email=email).first()
    if found is not None:
        return found
    try:
        with transaction.atomic():
            return User.objects.create_user(email, name=name)
    except IntegrityError:  # somebody made it in between
        return User.objects.get(email=email)


@transaction.atomic
def account_update(
    *,
    user: User,
    name: str | None = None,
    language: str | None = None,
    preferences: Mapping[str, Any] | None = None,
) -> User:
    """Change what is given; preferences are merged key by key (a key set to None is removed).

    Raises:
        InvalidInput: too many preferences, or too long ones.
    """
    # Read again, locked: another browser of the person may have written since.
    kept = User.objects.select_for_update().only("preferences").get(pk=user.pk)
    if name is not None:
        user.name = name.strip()[:200]
    if language is not None:
        user.language = language
    if preferences is not None:
        merged = {**kept.preferences, **preferences}
        user.preferences = {key: value for key, value in merged.items() if value is not None}
        if len(user.preferences) > MAX_PREFERENCES:
            raise InvalidInput(_("at most %(limit)s preferences are kept") % {"limit": MAX_PREFERENCES})
        if len(json.dumps(user.preferences)) > MAX_PREFERENCES_LENGTH:
            raise InvalidInput(
                _("preferences of at most %(limit)s characters are kept") % {"limit": MAX_PREFERENCES_LENGTH}
            )
    else:
        user.preferences = kept.preferences
    user.save(update_fields=["name", "language", "preferences"])
    return user


def token_create(*, user: User, name: str = "") -> tuple[ApiToken, str]:
    """Make an API token.

    Returns:
        The row, and the token itself, which is not kept and cannot be shown again.
    """
    plain = TOKEN_PREFIX + secrets.token_urlsafe(32)
    return ApiToken.objects.create(user=user, name=name.strip()[:200], digest=digest_of(plain)), plain


def token_delete(*, user: User, token_id: UUID) -> None:
    """Take a token of this person's out of use.

    Raises:
        NotFound: the person has no such token.
    """
    deleted, _rows = ApiToken.objects.filter(user=user, pk=token_id).delete()
    if not deleted:
        raise NotFound(_("no such token"))


def user_by_token(plain: str) -> User | None:
    """The active person whose token this is, or None."""
    token = ApiToken.objects.select_related("user").filter(digest=digest_of(plain)).first()
    if token is None or not token.user.is_active:
        return None
    now = timezone.now()
    if token.last_used is None or now - token.last_used > LAST_USED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used=now)
    return token.user


def link_create(*, user: User, purpose: str, lifetime: timedelta) -> str:
    """Make a link's secret, good for one use within `lifetime`. `purpose` is login or invite."""
    plain = secrets.token_urlsafe(32)
    OneTimeLink.objects.create(
        user=user, purpose=purpose, digest=digest_of(plain), expires=timezone.now() + lifetime
    )
    return plain


def link_redeem(plain: str, purpose: str) -> User:
    """Use a link up and give its person.

    Raises:
        NotFound: unknown, used, expired, for something else, or the person is not active any more.
    """
    now = timezone.now()
    links = OneTimeLink.objects.filter(digest=digest_of(plain), purpose=purpose, user__is_active=True)
    # One statement checks and marks: two visitors with the same link never both get in.
    if not links.filter(used=None, expires__gt=now).update(used=now):
        raise NotFound(_("this link is unknown, already used, or has expired"))
    return links.select_related("user").get().user


@transaction.atomic
def invitation_accept(*, plain: str, name: str, password: str) -> User:
    """Use an invitation up: the person gets a name and a password.

    Raises:
        InvalidInput: the password is too weak (the invitation stays good). NotFound: as `link_redeem`.
    """
    user = link_redeem(plain, "invite")
    user.name = name.strip()[:200]
    try:
        validate_password(password, user)
    except ValidationError as error:
        problems = [Problem("password", message) for message in error.messages]
        raise InvalidInput(" ".join(error.messages), problems) from None
    user.set_password(password)
    user.save(update_fields=["name", "password"])
    OneTimeLink.objects.filter(user=user, purpose="invite", used=None).update(used=timezone.now())
    return user
