"""Pages beside the API: the front end at every address, its security headers, the health check, the docs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test import Client, override_settings

from tests.api.conftest import World


@pytest.fixture
def built(tmp_path: Path, settings: Any) -> Path:
    (tmp_path / "index.html").write_text(
        "<!doctype html><title>Contorno</title><script src=/assets/a.js></script>"
    )
    settings.FRONTEND_DIST = tmp_path
    return tmp_path


def policy_of(answer: Any) -> dict[str, list[str]]:
    rules = [rule.split() for rule in answer.headers["Content-Security-Policy"].split(";")]
    return {name: values for name, *values in rules}


@pytest.mark.parametrize(
    "path", ["/", "/login", "/projects/17/images", "/images/x", "/invitations/secret.token"]
)
def test_every_address_is_the_front_end(built: Path, path: str) -> None:
    answer = Client().get(path)
    assert answer.status_code == 200
    assert answer.content == (built / "index.html").read_bytes()
    assert answer.headers["Cache-Control"] == "no-cache"
    assert "csrftoken" in answer.cookies


def test_a_page_runs_no_script_but_its_own_files(built: Path) -> None:
    policy = policy_of(Client().get("/"))
    assert set(policy["script-src"]) == {"'self'", "'wasm-unsafe-eval'"}
    assert set(policy["worker-src"]) == {"'self'", "blob:"}
    assert policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == ["'none'"]
    assert policy["default-src"] == ["'self'"]


def test_security_headers_are_on_every_answer(built: Path, world: World) -> None:
    paths = ["/", "/api/v1/me", "/api/v1/nothing", "/healthz", "/enter/x", "/api/v1/docs", "/static/none.js"]
    for path in paths:
        answer = Client().get(path)
        assert answer.headers["X-Content-Type-Options"] == "nosniff", path
        assert answer.headers["X-Frame-Options"] == "DENY", path
        assert answer.headers["Referrer-Policy"] == "same-origin", path
        assert answer.headers["Cross-Origin-Opener-Policy"], path
        assert "camera=()" in answer.headers["Permissions-Policy"], path
        assert policy_of(answer)["frame-ancestors"] == ["'none'"], path


def test_no_cache_keeps_what_was_answered_to_a_person(world: World) -> None:
    for path in ("/me", "/projects", f"/documents/{world.document.pk}", "/nothing"):
        assert world.as_("viewer").get(path).headers["Cache-Control"] == "no-store"


def test_a_missing_asset_is_no_page(built: Path) -> None:
    for path in ("/assets/old-build.js", "/static/none.css"):
        answer = Client().get(path)
        assert answer.status_code == 404
        assert "html" not in answer.headers["Content-Type"]


def test_a_page_takes_no_post(built: Path) -> None:
    assert Client().post("/projects").status_code == 405


def test_without_a_built_front_end_the_page_says_how_to_build_it(tmp_path: Path) -> None:
    with override_settings(FRONTEND_DIST=tmp_path / "nothing"):
        answer = Client().get("/")
    assert answer.status_code == 503
    assert "npm run build" in answer.text


def test_health_is_that_of_the_database(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Client().get("/healthz").status_code == 200

    def away() -> None:
        raise DatabaseError("away")

    with monkeypatch.context() as patch:
        patch.setattr(connection, "cursor", away)
        assert Client().get("/healthz").status_code == 503


def test_the_docs_page_needs_nothing_from_elsewhere(db: None) -> None:
    page = Client().get("/api/v1/docs")
    assert page.status_code == 200
    assert "http://" not in page.text
    assert "https://" not in page.text
    policy = policy_of(page)
    assert policy["script-src"] == policy["connect-src"] == ["'self'"]
    script = Client().get("/api/v1/docs?script=")
    assert script.headers["Content-Type"].startswith("application/javascript")
    assert "/api/v1/schema" in script.text


def test_the_schema_is_served_as_it_is_committed(db: None) -> None:
    answer = Client().get("/api/v1/schema")
    assert answer.headers["Content-Type"] == "application/yaml"
    assert answer.content == (Path(__file__).resolve().parents[2] / "api" / "schema.yml").read_bytes()
