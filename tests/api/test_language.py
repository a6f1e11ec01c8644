"""The API speaks the language that the browser asks for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils import translation

from tests.api.conftest import World, picture, upload


@pytest.fixture(autouse=True)
def _language_of_the_thread() -> Iterator[None]:
    """A request leaves its language active; what runs after these tests shall not speak it."""
    with translation.override("en"):
        yield


@pytest.mark.parametrize(
    ("asked", "empty", "drawing"),
    [
        ("pt-BR", "o arquivo está vazio", "SVG é um desenho, não uma fotografia; converta-o antes para PNG"),
        ("pt", "o arquivo está vazio", "SVG é um desenho, não uma fotografia; converta-o antes para PNG"),
        ("en", "the file is empty", "SVG is a drawing, not a photograph; convert it to PNG first"),
        ("fi", "the file is empty", "SVG is a drawing, not a photograph; convert it to PNG first"),
    ],
)
def test_a_rejected_upload_says_why_in_the_language_asked_for(
    world: World, asked: str, empty: str, drawing: str
) -> None:
    manager = world.as_("manager")
    manager.headers["Accept-Language"] = asked
    files = [
        upload("empty.png", b""),
        upload("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        upload("good.png", picture(1)),
    ]
    answer = manager.upload(f"/projects/{world.project.pk}/images", files=files)
    assert answer.status_code == 200, answer.content
    assert [row["reason"] for row in answer.json()["results"]] == [empty, drawing, None]


def test_an_error_keeps_its_type_and_tells_its_detail_in_portuguese(world: World) -> None:
    manager = world.as_("manager")
    manager.headers["Accept-Language"] = "pt-BR,pt;q=0.9,en;q=0.5"
    answer = manager.post("/images/00000000-0000-0000-0000-000000000000/submit", {})
    assert (answer.status_code, answer.json()["type"]) == (404, "not-found")
    assert answer.json()["detail"] == "imagem inexistente"


def test_code_that_knows_no_django_speaks_the_language_of_the_request(world: World) -> None:
    manager = world.as_("manager")
    said = []
    for language in ("pt-BR", "en"):
        manager.headers["Accept-Language"] = language
        answer = manager.post(f"/images/{world.image.pk}/assist/otsu", {"region": [0, 0, 30, 30]})
        assert (answer.status_code, answer.json()["type"]) == (400, "one-colour"), answer.content
        said.append(answer.json()["detail"].partition(";")[0])
    assert said == ["a região tem uma só cor", "the region has one colour only"]


def test_a_refusal_has_its_title_its_detail_and_every_problem_in_portuguese(world: World) -> None:
    manager = world.as_("manager")
    manager.headers["Accept-Language"] = "pt-BR"
    answer = manager.post(
        f"/documents/{world.document.pk}/changes", {"key": "k", "base_revision": 0, "put": 3, "delete": 3}
    )
    assert answer.status_code == 400, answer.content
    assert answer.json()["title"] == "Entrada inválida"
    assert answer.json()["detail"] == "2 valores não estão certos; nada foi salvo"
    problems = {one["where"]: one["message"] for one in answer.json()["errors"]}
    assert problems == dict.fromkeys(("put", "delete"), "é necessária uma lista")
