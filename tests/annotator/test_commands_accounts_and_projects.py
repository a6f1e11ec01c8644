"""create_token, create_project and demo, run as a person runs them."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from annotator.management.commands.serve import sweep
from annotator.models import Annotation, ImageAsset, LabelClass, Membership, Project, User
from annotator.services.account import user_by_token

pytestmark = pytest.mark.django_db


def run(*arguments: str, **options: Any) -> str:
    """The last line of what the command printed."""
    out = io.StringIO()
    call_command(*arguments, stdout=out, stderr=io.StringIO(), **options)
    return out.getvalue().splitlines()[-1]


def test_token_alone_is_on_the_last_line_and_its_person_was_made() -> None:
    token = run("create_token", "New.Person@Example.org")
    user = user_by_token(token)
    assert user is not None
    assert user.email == "new.person@example.org"


def test_second_token_is_for_the_same_person_and_the_first_stays_good() -> None:
    first, second = run("create_token", "a@example.org"), run("create_token", "A@example.org")
    assert first != second
    assert user_by_token(first) == user_by_token(second)
    assert User.objects.count() == 1


def test_token_for_what_is_no_address_is_refused() -> None:
    with pytest.raises(CommandError, match="not an e-mail address"):
        run("create_token", "nobody")
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("names.json", '["road", "car"]', [("road", None), ("car", None)]),
        (
            "objects.json",
            json.dumps({"classes": [{"name": "sky", "colour": "#102030", "is_thing": False}]}),
            [("sky", "#102030")],
        ),
        ("lines.txt", "road\n\n traffic light  #ff0000\n", [("road", None), ("traffic light", "#ff0000")]),
    ],
)
def test_project_has_the_classes_of_the_file(
    tmp_path: Path, name: str, text: str, expected: list[tuple[str, str | None]]
) -> None:
    path = tmp_path / name
    path.write_text(text)
    project = Project.objects.get(pk=run("create_project", "Streets", classes=path, owner="o@example.org"))
    classes = list(LabelClass.objects.filter(project=project, index__lt=255).order_by("index"))
    assert [one.name for one in classes] == [name for name, _ in expected]
    assert all(colour in (None, one.colour) for one, (_, colour) in zip(classes, expected, strict=True))
    assert Membership.objects.get(project=project).user.email == "o@example.org"


def test_every_wrong_class_is_named_and_nothing_is_made(tmp_path: Path) -> None:
    path = tmp_path / "classes.json"
    path.write_text('[{"name": ""}, {"name": "a", "colour": "red"}]')
    with pytest.raises(CommandError) as refused:
        run("create_project", "P", classes=path)
    assert "classes[0].name" in str(refused.value)
    assert "classes[1].colour" in str(refused.value)
    assert not Project.objects.exists()


@pytest.mark.parametrize(("name", "text"), [("a.json", "{"), ("b.json", '{"names": []}'), ("c.json", "[1]")])
def test_file_that_is_no_list_of_classes_is_refused(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(CommandError, match=name):
        run("create_project", "P", classes=path)


def test_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        run("create_project", "P", classes=tmp_path / "none.txt")


def test_demo_has_annotated_images_in_several_states_and_twice_adds_nothing() -> None:
    project = run("demo", email="d@example.org")
    images = ImageAsset.objects.filter(project=project)
    assert set(images.values_list("status", flat=True)) == {"new", "in_progress", "submitted"}
    assert all(image.licence and image.attribution for image in images)
    drawn, pictured = Annotation.objects.count(), images.count()
    assert drawn >= 20
    assert run("demo", email="d@example.org") == project
    assert (Annotation.objects.count(), images.count()) == (drawn, pictured)


def test_image_that_a_person_deleted_from_the_demo_stays_away() -> None:
    project = run("demo", email="d@example.org")
    ImageAsset.objects.filter(project=project, name="rocket.jpg").update(deleted="2026-01-01T00:00:00Z")
    run("demo", email="d@example.org")
    assert not ImageAsset.objects.filter(project=project, name="rocket.jpg", deleted=None).exists()


def test_leftovers_of_a_killed_server_are_swept_and_running_uploads_kept(tmp_path: Path) -> None:
    for name, written in (("old.upload", 1000.0), ("running.upload", 3000.0)):
        (tmp_path / name).write_bytes(b"x")
        os.utime(tmp_path / name, (written, written))
    sweep(tmp_path, before=2000.0)
    assert [path.name for path in tmp_path.iterdir()] == ["running.upload"]


def test_folders_of_a_killed_worker_are_swept_unless_something_in_them_is_written(tmp_path: Path) -> None:
    for name, written in (("contorno-video-old", 1000.0), ("contorno-video-running", 3000.0)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "video.mp4").write_bytes(b"x")
        os.utime(tmp_path / name / "video.mp4", (written, written))
        os.utime(tmp_path / name, (1000.0, 1000.0))
    sweep(tmp_path, before=2000.0)
    assert [path.name for path in tmp_path.iterdir()] == ["contorno-video-running"]
