"""Tokens, links and invitations: secrets that are kept as digests and used once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from annotator.core.errors import InvalidInput, NotFound
from annotator.models import ApiToken, OneTimeLink, User
from annotator.services.account import (
    account_update,
    invitation_accept,
    link_create,
    link_redeem,
    token_create,
    token_delete,
    user_by_token,
    user_ensure,
)
from tests.annotator.factories import make_user

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def test_a_token_finds_its_person_and_is_nowhere_in_the_database() -> None:
    user = make_user()
    token, plain = token_create(user=user, name="laptop")
    assert user_by_token(plain) == user
    assert plain not in str(list(ApiToken.objects.values()))
    assert ApiToken.objects.get().last_used is not None
    for wrong in ("", plain[:-1], plain + "x", token.digest):
        assert user_by_token(wrong) is None
    with pytest.raises(NotFound):
        token_delete(user=make_user(), token_id=token.pk)
    token_delete(user=user, token_id=token.pk)
    assert user_by_token(plain) is None


def test_a_token_of_somebody_who_left_lets_nobody_in() -> None:
    user = make_user()
    plain = token_create(user=user)[1]
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert user_by_token(plain) is None


def test_a_link_works_once_for_its_purpose_within_its_time() -> None:
    user = make_user()
    plain = link_create(user=user, purpose="login", lifetime=HOUR)
    with pytest.raises(NotFound):
        link_redeem(plain, "invite")
    assert link_redeem(plain, "login") == user
    for used in (plain, link_create(user=user, purpose="login", lifetime=-HOUR), "rubbish"):
        with pytest.raises(NotFound):
            link_redeem(used, "login")


def test_an_invitation_with_a_weak_password_stays_good_and_others_end_with_it() -> None:
    user = user_ensure(email="new@example.org")
    plain, other = (link_create(user=user, purpose="invite", lifetime=HOUR) for _ in range(2))
    with pytest.raises(InvalidInput) as caught:
        invitation_accept(plain=plain, name="New", password="12345678")
    assert {p.where for p in caught.value.problems} == {"password"}
    accepted = invitation_accept(plain=plain, name="New", password="long-enough-words-7")
    assert (accepted.name, accepted.check_password("long-enough-words-7")) == ("New", True)
    with pytest.raises(NotFound):
        invitation_accept(plain=other, name="Evil", password="long-enough-words-8")
    assert not OneTimeLink.objects.filter(used=None).exists()


def test_one_address_is_one_person_in_any_case() -> None:
    assert user_ensure(email=" Ann@Example.ORG ") == user_ensure(email="ann@example.org")
    assert User.objects.get().has_usable_password() is False
    with pytest.raises(InvalidInput):
        user_ensure(email="not an address")


def test_preferences_are_merged_key_by_key() -> None:
    user = make_user()
    account_update(user=user, name="Ann", preferences={"theme": "dark", "panel": 3})
    account_update(user=user, preferences={"panel": None, "grid": True}, language="pt-br")
    user.refresh_from_db()
    assert (user.name, user.language, user.preferences) == ("Ann", "pt-br", {"theme": "dark", "grid": True})


def test_settings_made_in_two_browsers_at_once_are_both_kept() -> None:
    user = make_user()
    one, other = User.objects.get(pk=user.pk), User.objects.get(pk=user.pk)
    account_update(user=one, preferences={"editor.view": {"opacity": 0.5}})
    account_update(user=other, preferences={"theme": "dark"})
    assert other.preferences == {"editor.view": {"opacity": 0.5}, "theme": "dark"}
    account_update(user=one, name="Ann")
    assert User.objects.get(pk=user.pk).preferences == other.preferences


def test_preferences_that_would_slow_every_page_are_refused() -> None:
    user = make_user()
    with pytest.raises(InvalidInput, match="100000"):
        account_update(user=user, preferences={"editor.view": "x" * 100_001})
    assert User.objects.get(pk=user.pk).preferences == {}
