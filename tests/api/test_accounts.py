"""Signing in and out, the limit on attempts, CSRF, tokens, invitations and one-time links."""

from __future__ import annotations

import os
import uuid
from datetime import timedelta

import orjson
import pytest
from django.test import Client, override_settings
from django.utils import timezone
from redis import Redis
from redis.exceptions import RedisError

from annotator.models import ApiToken, OneTimeLink, User
from annotator.services import account
from api import sign_in
from tests.api.conftest import Caller, World, picture, upload
from tests.conftest import absent

PASSWORD = "correct horse battery"


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada@example.org", PASSWORD, name="Ada")


class Browser:
    """A visitor with cookies, who sends the CSRF token back as the front end does."""

    def __init__(self, **headers: str) -> None:
        self.client = Client(enforce_csrf_checks=True, headers=headers or None)
        self.client.get("/api/v1/me")

    def __call__(self, method: str, path: str, body: object = None, *, csrf: bool = True) -> object:
        headers = {"X-CSRFToken": self.client.cookies["csrftoken"].value} if csrf else {}
        data = b"" if body is None else orjson.dumps(body)
        return self.client.generic(
            method, f"/api/v1{path}", data=data, content_type="application/json", headers=headers
        )

    def sign_in(self, email: str = "ada@example.org", password: str = PASSWORD):
        return self("POST", "/session", {"email": email, "password": password})


def test_a_browser_signs_in_sees_itself_and_signs_out(ada: User) -> None:
    browser = Browser()
    assert browser.client.get("/api/v1/me").status_code == 401
    answer = browser.sign_in(email=" Ada@Example.org ")
    assert answer.status_code == 200
    assert answer.json()["user"] == {
        "id": str(ada.pk), "email": "ada@example.org", "name": "Ada", "language": "", "preferences": {},
    }  # fmt: skip
    assert browser.client.get("/api/v1/me").json() == answer.json()
    cookie = browser.client.cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert browser("DELETE", "/session").status_code == 204
    assert browser.client.get("/api/v1/me").status_code == 401


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(ada: User) -> None:
    browser = Browser()
    wrong, unknown = browser.sign_in(password="nonsense"), browser.sign_in(email="eve@example.org")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()
    assert wrong.json()["type"] == "wrong-credentials"


def test_a_person_without_a_password_cannot_sign_in_with_an_empty_or_any_password(db: None) -> None:
    User.objects.create_user("linked@example.org")
    assert Browser().sign_in("linked@example.org", "!").status_code == 401
    assert Browser().sign_in("linked@example.org", "").status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/session", {"email": "ada@example.org", "password": PASSWORD}),
        ("DELETE", "/session", None),
        ("POST", "/invitations/accept", {"token": "x", "name": "x", "password": PASSWORD}),
        ("PATCH", "/me", {"name": "Eve"}),
        ("POST", "/projects", {"name": "Trap", "task_type": "semantic"}),
    ],
)
def test_a_session_changes_nothing_without_the_csrf_token(
    ada: User, method: str, path: str, body: object
) -> None:
    browser = Browser()
    browser.client.force_login(ada)
    answer = browser(method, path, body, csrf=False)
    assert answer.status_code == 403
    assert answer.json()["type"] == "csrf-failed"
    ada.refresh_from_db()
    assert ada.name == "Ada"
    assert browser.client.get("/api/v1/me").status_code == 200


def test_a_token_needs_no_csrf_token(ada: User) -> None:
    assert Caller(ada).patch("/me", {"name": "Ada L."}).json()["user"]["name"] == "Ada L."


def test_too_many_failures_say_when_to_try_again_and_end_with_the_window(
    ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_in, "LIMIT_PER_PERSON", 3)
    browser = Browser()
    for _attempt in range(3):
        assert browser.sign_in(password="nonsense").status_code == 401
    refused = browser.sign_in()  # the right one, too late
    assert refused.status_code == 429
    body = refused.json()
    assert body["type"] == "too-many-requests"
    assert 0 < body["retry_after"] <= sign_in.WINDOW_SECONDS
    assert refused.headers["Retry-After"] == str(body["retry_after"])
    assert Browser(X_Forwarded_For="10.0.0.9").sign_in().status_code == 429  # no proxy of ours said that
    with override_settings(TRUSTED_PROXIES=1):
        elsewhere = Browser(X_Forwarded_For="203.0.113.5, 10.0.0.9")
        assert elsewhere.sign_in().status_code == 200


def test_signing_in_forgets_the_failures_before(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_in, "LIMIT_PER_PERSON", 2)
    browser = Browser()
    for _round in range(3):
        assert browser.sign_in(password="nonsense").status_code == 401
        assert browser.sign_in().status_code == 200


def test_one_address_trying_many_people_is_stopped(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_in, "LIMIT_PER_ADDRESS", 3)
    browser = Browser()
    answers = [browser.sign_in(f"p{number}@example.org", "nonsense").status_code for number in range(5)]
    assert answers == [401, 401, 401, 429, 429]


UNREACHABLE = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1/0"}


def test_a_counter_that_does_not_answer_locks_nobody_out(ada: User, caplog: pytest.LogCaptureFixture) -> None:
    with override_settings(CACHES={"default": UNREACHABLE}):
        assert Browser().sign_in(password="nonsense").status_code == 401
        assert Browser().sign_in().status_code == 200
    assert "not counted" in caplog.text


@pytest.mark.redis
def test_attempts_are_counted_in_redis_too(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    url = os.environ.get("CONTORNO_TEST_REDIS_URL", "redis://127.0.0.1:6379/15")
    try:
        Redis.from_url(url).ping()
    except RedisError:
        absent("redis", f"no Redis answers at {url}")
    monkeypatch.setattr(sign_in, "LIMIT_PER_PERSON", 2)
    shared = {"BACKEND": UNREACHABLE["BACKEND"], "LOCATION": url, "KEY_PREFIX": f"test-{uuid.uuid4().hex}-"}
    with override_settings(CACHES={"default": shared}):
        answers = [Browser().sign_in(password="nonsense").status_code for _attempt in range(3)]
        assert answers == [401, 401, 429]
        monkeypatch.setattr(sign_in, "LIMIT_PER_PERSON", 9)
        assert Browser().sign_in().status_code == 200
        monkeypatch.setattr(sign_in, "LIMIT_PER_PERSON", 1)
        assert Browser().sign_in().status_code == 200


def test_a_browser_uploads_with_its_session_and_the_csrf_token(world: World) -> None:
    browser = Browser()
    browser.client.force_login(world.members["manager"].user)
    path = f"/api/v1/projects/{world.project.pk}/images"
    fields = {"files": [upload("a.png", picture(1))], "paths": ["sub/a.png"]}
    assert browser.client.post(path, data=fields).status_code == 403
    fields["files"] = [upload("a.png", picture(1))]
    token = browser.client.cookies["csrftoken"].value
    answer = browser.client.post(path, data=fields, headers={"X-CSRFToken": token})
    assert [(row["status"], row["image"]["name"]) for row in answer.json()["results"]] == [
        ("created", "sub/a.png")
    ]


def test_a_token_is_shown_once_and_kept_as_a_digest_only(ada: User) -> None:
    caller = Caller(ada)
    made = caller.post("/tokens", {"name": "script"}).json()
    assert made["token"]
    rows = str(list(ApiToken.objects.values_list()))
    assert made["token"] not in rows
    listed = caller.get("/tokens").json()["results"]
    assert "token" not in listed[0]
    assert {row["id"] for row in listed} >= {made["id"]}
    assert Client().get("/api/v1/me", headers={"Authorization": f"Token {made['token']}"}).status_code == 200
    assert caller.delete(f"/tokens/{made['id']}").status_code == 204
    assert Client().get("/api/v1/me", headers={"Authorization": f"Token {made['token']}"}).status_code == 401


def test_using_a_token_says_when_but_not_at_every_request(ada: User, django_assert_num_queries) -> None:
    caller = Caller(ada)
    caller.get("/me")
    assert ApiToken.objects.get().last_used is not None
    with django_assert_num_queries(1):  # the look-up alone
        caller.get("/me")
    ApiToken.objects.update(last_used=timezone.now() - timedelta(days=1))
    caller.get("/me")
    assert timezone.now() - ApiToken.objects.get().last_used < timedelta(minutes=1)


@pytest.mark.parametrize("header", ["Token", "Token a b", "Token ünsinn", "Token " + "x" * 5000])
def test_a_bad_token_is_refused_also_beside_a_good_session(ada: User, header: str) -> None:
    client = Client()
    client.force_login(ada)
    answer = client.get("/api/v1/me", headers={"Authorization": header.encode().decode("latin-1")})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Token")


def test_a_person_who_left_gets_in_by_no_way(ada: User) -> None:
    caller, browser = Caller(ada), Browser()
    browser.sign_in()
    User.objects.update(is_active=False)
    assert caller.get("/me").status_code == 401
    assert browser.client.get("/api/v1/me").status_code == 401
    assert Browser().sign_in().status_code == 401


def test_a_one_time_link_works_once(ada: User) -> None:
    plain = account.link_create(user=ada, purpose="login", lifetime=timedelta(minutes=5))
    first, second = Client(), Client()
    answer = first.get(f"/enter/{plain}")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert first.get("/api/v1/me").json()["user"]["email"] == "ada@example.org"
    assert second.get(f"/enter/{plain}").status_code == 410
    assert second.get("/api/v1/me").status_code == 401
    assert plain not in str(list(OneTimeLink.objects.values_list()))


@pytest.mark.parametrize("kind", ["expired", "other purpose", "unknown"])
def test_a_link_that_is_not_good_signs_nobody_in(ada: User, kind: str) -> None:
    lifetime = timedelta(seconds=-1) if kind == "expired" else timedelta(minutes=5)
    plain = account.link_create(
        user=ada, purpose="invite" if kind == "other purpose" else "login", lifetime=lifetime
    )
    client = Client()
    assert client.get(f"/enter/{plain if kind != 'unknown' else 'nonsense'}").status_code == 410
    assert client.get("/api/v1/me").status_code == 401


def test_an_invited_person_chooses_a_password_and_is_in(world: World) -> None:
    answer = world.as_("manager").post(
        f"/projects/{world.project.pk}/members", {"email": "New@example.org", "role": "annotator"}
    )
    assert answer.status_code == 201
    assert answer.json()["user"]["email"] == "new@example.org"
    secret = answer.json()["invite_url"].rsplit("/", 1)[-1]
    browser = Browser()
    weak = browser("POST", "/invitations/accept", {"token": secret, "name": "New", "password": "1234"})
    assert weak.status_code == 400
    assert {item["where"] for item in weak.json()["errors"]} == {"password"}
    good = browser("POST", "/invitations/accept", {"token": secret, "name": "New", "password": PASSWORD})
    assert good.json()["user"]["name"] == "New"
    assert browser.client.get(f"/api/v1/projects/{world.project.pk}").json()["role"] == "annotator"
    again = Browser()("POST", "/invitations/accept", {"token": secret, "name": "Eve", "password": PASSWORD})
    assert again.status_code == 404


def test_adding_a_person_who_has_an_account_gives_no_way_into_it(world: World, ada: User) -> None:
    answer = world.as_("manager").post(
        f"/projects/{world.project.pk}/members", {"email": ada.email, "role": "viewer"}
    )
    assert answer.json()["invite_url"] is None


def test_preferences_are_merged_and_a_wrong_language_is_named(ada: User) -> None:
    caller = Caller(ada)
    caller.patch("/me", {"preferences": {"theme": "dark", "panel": 3}})
    answer = caller.patch("/me", {"preferences": {"panel": None}, "language": "pt-br"}).json()["user"]
    assert (answer["preferences"], answer["language"]) == ({"theme": "dark"}, "pt-br")
    wrong = caller.patch("/me", {"language": "xx", "nmae": "Ada"})
    assert wrong.status_code == 400
    assert {item["where"] for item in wrong.json()["errors"]} == {"language"}


def test_a_person_is_answered_in_the_language_of_the_account_whatever_the_browser_speaks(ada: User) -> None:
    caller = Caller(ada)
    english = caller.post("/projects", {}, headers={"Accept-Language": "en"}).json()["errors"]
    ada.language = "pt-br"
    ada.save()
    portuguese = caller.post("/projects", {}, headers={"Accept-Language": "en"}).json()["errors"]
    assert {"where": "name", "message": "This field is required"} in english
    assert {"where": "name", "message": "Este campo é obrigatório"} in portuguese
