"""Every class of error has the same shape, names its place, and says nothing about the inside."""

from __future__ import annotations

import errno
import uuid

import pytest
from django.db import IntegrityError, OperationalError
from django.test import Client, override_settings

from annotator.core import errors as domain
from annotator.core.errors import Problem
from api import errors
from tests.api.conftest import Caller, World, change, picture, polygon, upload


def check(answer, status: int, type_: str) -> dict:
    """The problem that an answer holds, after checking its shape."""
    assert answer.status_code == status, answer.content[:500]
    assert answer.headers["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert {"type", "title", "status", "detail", "errors"} <= set(body)
    assert (body["status"], body["type"]) == (status, type_)
    assert body["title"]
    assert body["detail"]
    for item in body["errors"]:
        assert set(item) == {"where", "message"}
        assert item["message"]
    return body


@pytest.mark.parametrize(
    ("error", "status", "type_"),
    [
        (domain.InvalidInput, 400, "invalid-input"),
        (domain.NotSignedIn, 401, "not-signed-in"),
        (domain.NotAllowed, 403, "not-allowed"),
        (domain.NotFound, 404, "not-found"),
        (domain.Conflict, 409, "conflict"),
        (domain.TooLarge, 413, "too-large"),
        (domain.UnsupportedFormat, 415, "unsupported-format"),
        (domain.TooManyRequests, 429, "too-many-requests"),
    ],
)
def test_each_domain_error_becomes_its_problem(
    error: type[domain.DomainError], status: int, type_: str
) -> None:
    body, _headers = errors.describe(
        error("what was wrong", [Problem("put[3].class", "there is no class 9")])
    )
    assert body == {
        "type": type_,
        "title": error.title,
        "status": status,
        "detail": "what was wrong",
        "errors": [{"where": "put[3].class", "message": "there is no class 9"}],
    }


def test_extra_members_never_replace_the_standard_ones() -> None:
    error = domain.Conflict("stale")
    error.extra = {"status": 200, "revision": 7}  # type: ignore[attr-defined]
    body, _headers = errors.describe(error)
    assert (body["status"], body["revision"]) == (409, 7)


def test_an_unexpected_error_is_logged_and_tells_only_its_number(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_arguments: object, **_fields: object) -> None:
        raise RuntimeError("secret inside")

    monkeypatch.setattr("api.views.documents.annotations_at", broken)
    answer = world.as_("viewer").get(f"/documents/{world.document.pk}")
    body = check(answer, 500, "internal-error")
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    assert body["id"] in caplog.text
    assert "secret inside" in caplog.text


def test_a_busy_database_asks_to_try_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_arguments: object, **_fields: object) -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr("api.views.documents.annotations_at", busy)
    answer = world.as_("viewer").get(f"/documents/{world.document.pk}")
    check(answer, 503, "unavailable")
    assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OperationalError("database or disk is full"),
        OperationalError('could not extend file "base/1/2": No space left on device'),
    ],
)
def test_a_full_disk_is_told_as_such(world: World, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def full(*_arguments: object, **_fields: object) -> None:
        raise error

    monkeypatch.setattr("api.views.documents.annotations_at", full)
    answer = world.as_("viewer").get(f"/documents/{world.document.pk}")
    check(answer, 507, "storage-full")
    assert int(answer.headers["Retry-After"]) > 0


def test_an_address_without_an_endpoint_is_a_problem_whoever_asks(world: World) -> None:
    for caller in (world.as_("owner"), world.as_("nobody")):
        for path in ("/api/v1/nothing", "/api/v2/me", "/api/v1/projects/", "/api/", "/api/v1/images/17"):
            check(caller.get(path), 404, "not-found")
            check(caller.post(path, {}), 404, "not-found")


def test_a_method_that_is_not_there_is_named_with_those_that_are(world: World) -> None:
    answer = world.as_("owner")("PUT", f"/projects/{world.project.pk}", {})
    check(answer, 405, "method-not-allowed")
    assert "PATCH" in answer.headers["Allow"]


def test_a_body_of_another_type_is_refused(world: World) -> None:
    answer = world.as_("owner").post(
        "/projects", data=b"name=Mine", content_type="application/x-www-form-urlencoded"
    )
    check(answer, 415, "unsupported-media-type")


def test_an_answer_in_an_unknown_format_is_refused_as_json(world: World) -> None:
    answer = world.as_("owner").get("/projects", headers={"Accept": "text/csv"})
    check(answer, 406, "not-acceptable")


@pytest.mark.parametrize(
    "content",
    [b"{", b"", b'{"a": NaN}', b"[1e999]", b'"\xff"', b"[" * 100_000],
    ids=lambda value: repr(value[:10]),
)
def test_rubbish_instead_of_json_is_named_as_such(world: World, content: bytes) -> None:
    answer = world.as_("owner").post("/projects", data=content, content_type="application/json")
    if content == b"":
        check(answer, 400, "invalid-input")
    else:
        assert "JSON" in check(answer, 400, "malformed-body")["detail"]


@pytest.mark.parametrize("content", [b"[]", b"17", b'"text"', b"null"])
def test_json_that_is_no_object_is_refused(world: World, content: bytes) -> None:
    for path in ("/projects", world.changes, f"/images/{world.image.pk}/review"):
        answer = world.as_("owner").post(path, data=content, content_type="application/json")
        check(answer, 400, "invalid-input")


def test_a_body_over_the_limit_is_refused_with_the_limit(world: World) -> None:
    with override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=2000):
        answer = world.as_("annotator").post(world.changes, change(*[polygon() for _ in range(30)]))
        assert "2000" in check(answer, 413, "too-large")["detail"]
        assert world.as_("annotator").post(world.changes, change(polygon())).status_code == 200


def test_a_field_that_is_not_known_is_named_with_those_that_are(world: World) -> None:
    answer = world.as_("owner").post("/projects", {"name": "x", "task_type": "semantic", "clases": []})
    problems = check(answer, 400, "invalid-input")["errors"]
    assert problems[0]["where"] == "clases"
    assert "classes" in problems[0]["message"]


def test_nested_fields_are_named_by_their_path(world: World) -> None:
    body = {
        "name": "x",
        "task_type": "no",
        "classes": [{"name": "car"}, {"name": 5, "is_thing": "perhaps"}, {}],
    }
    answer = world.as_("owner").post("/projects", body)
    where = {item["where"] for item in check(answer, 400, "invalid-input")["errors"]}
    assert where == {"task_type", "classes[1].is_thing", "classes[2].name"}


def test_rules_of_the_palette_are_named_by_their_path_too(world: World) -> None:
    body = {
        "name": "x",
        "task_type": "semantic",
        "classes": [{"name": "car"}, {"name": "car"}, {"name": "a", "colour": "red"}],
    }
    answer = world.as_("owner").post("/projects", body)
    where = {item["where"] for item in check(answer, 400, "invalid-input")["errors"]}
    assert where == {"classes[1].name", "classes[2].colour"}
    assert world.as_("owner").get("/projects").json()["results"][0]["name"] == "Streets"


@pytest.mark.parametrize(
    "path",
    [
        "/projects/{}",
        "/images/{}",
        "/images/{}/file",
        "/documents/{}",
        "/jobs/{}",
        "/versions/{}",
        "/exports/{}/file",
    ],
)
def test_an_id_that_nothing_has_is_not_found(world: World, path: str) -> None:
    check(world.as_("owner").get(path.format(uuid.uuid4())), 404, "not-found")


def test_ids_of_another_project_are_not_found(make_world) -> None:
    mine, theirs = make_world(), make_world()
    caller = mine.as_("owner")
    for path in (
        f"/projects/{theirs.project.pk}",
        f"/images/{theirs.image.pk}",
        f"/images/{theirs.image.pk}/thumbnail",
        f"/documents/{theirs.document.pk}",
        f"/jobs?project={theirs.project.pk}",
    ):
        check(caller.get(path), 404, "not-found")
    check(caller.post(theirs.changes, change(polygon())), 404, "not-found")
    check(caller.delete(f"/classes/{theirs.classes[0].pk}"), 404, "not-found")
    check(caller.delete(f"/members/{theirs.members['viewer'].pk}"), 404, "not-found")
    answer = caller.delete(f"/classes/{mine.classes[0].pk}?target={theirs.classes[0].pk}")
    check(answer, 404, "not-found")


@pytest.mark.parametrize(
    ("query", "where"),
    [
        *[(f"limit={value}", "limit") for value in ("0", "201", "-1", "ten", "٣", "1e1")],
        *[(f"cursor={value}", "cursor") for value in ("abc", "W10~abc", "%00")],
        ("status=nwe", "status"),
        ("split=trian", "split"),
        ("sort=size", "sort"),
        ("class=x", "class"),
    ],
)  # fmt: skip
def test_a_query_that_is_not_understood_is_named(world: World, query: str, where: str) -> None:
    answer = world.as_("viewer").get(f"/projects/{world.project.pk}/images?{query}")
    body = check(answer, 400, "invalid-input")
    assert [item["where"] for item in body["errors"]] == [where]


def test_a_text_with_a_nul_is_refused_wherever_it_comes(world: World) -> None:
    owner, nul = world.as_("owner"), "a\0b"
    images = f"/projects/{world.project.pk}/images"
    for answer in (
        owner.get(f"{images}?q=a%00b"),
        owner.get("/jobs?kind=%00"),
        owner.post("/projects", {"name": nul, "task_type": "semantic"}),
        owner.patch("/me", {"preferences": {"theme": [{"deep": nul}]}}),
        owner.patch("/me", {"preferences": {nul: 1}}),
        owner.post(world.changes, change(polygon(attributes={"note": nul}))),
        owner.post(world.changes, change(polygon(), note=nul)),
        owner.upload(images, files=[upload("a.png", picture(1))], group=nul),
    ):
        assert "U+0000" in check(answer, 400, "invalid-input")["detail"]
    assert owner.patch("/me", {"name": "\\u0000"}).json()["user"]["name"] == "\\u0000"


def test_two_requests_that_meet_in_the_database_are_a_conflict() -> None:
    body, _headers = errors.describe(IntegrityError("UNIQUE constraint failed: secret_table.column"))
    assert (body["status"], body["type"]) == (409, "conflict")
    assert "secret_table" not in body["detail"]


def test_a_uuid_in_the_query_that_is_none_is_named(world: World) -> None:
    for path, where in (
        ("/jobs?project=17", "project"),
        (f"/classes/{world.classes[0].pk}?target=17", "target"),
    ):
        method = "GET" if where == "project" else "DELETE"
        body = check(world.as_("owner")(method, path), 400, "invalid-input")
        assert body["errors"][0]["where"] == where


def test_a_host_that_is_not_ours_is_a_problem(db: None) -> None:
    check(Client().get("/api/v1/me", headers={"Host": "evil.example"}), 400, "invalid-input")


def test_a_stranger_learns_nothing_from_the_difference_of_two_answers(world: World) -> None:
    stranger = world.as_("stranger")
    hidden = stranger.get(f"/projects/{world.project.pk}")
    absent = stranger.get(f"/projects/{uuid.uuid4()}")
    assert hidden.content == absent.content


def test_problems_are_json_also_where_messagepack_was_asked_for(world: World) -> None:
    answer = Caller().get(f"/documents/{world.document.pk}", headers={"Accept": "application/msgpack"})
    check(answer, 401, "not-signed-in")
