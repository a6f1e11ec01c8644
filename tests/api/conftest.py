"""A small project with a person of every role in it, and callers that speak to the API as each of them."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from annotator.models import Document, ImageAsset, LabelClass, Membership, Project, User
from annotator.services import account
from annotator.services.image import image_create
from annotator.services.project import project_create
from tests.api.contract import check_answer
from tests.clicks.installed import forget, install

ROLES = ("viewer", "annotator", "reviewer", "manager", "owner")
WIDTH, HEIGHT = 64, 48


def picture(seed: int = 0, *, format_: str = "PNG", size: tuple[int, int] = (WIDTH, HEIGHT)) -> bytes:
    """A small picture; another seed gives other bytes."""
    out = io.BytesIO()
    Image.new("RGB", size, (seed % 256, seed // 256 % 256, 90)).save(out, format_)
    return out.getvalue()


def upload(name: str, content: bytes, type_: str = "image/png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type=type_)


def square(x: float = 4, y: float = 4, size: float = 10) -> list[list[list[float]]]:
    """One polygon of one ring, as it travels."""
    return [[[x, y, x + size, y, x + size, y + size, x, y + size]]]


def polygon(index: int = 1, **fields: Any) -> dict[str, Any]:
    """A new polygon object as a change set's put carries it."""
    body: dict[str, Any] = {"id": str(uuid.uuid4()), "class": index, "kind": "polygon", "polygons": square()}
    return {**body, "z": 0, "attributes": {}, "is_crowd": False, "base": None, **fields}


def change(*put: dict[str, Any], base: int = 0, key: str | None = None, **fields: Any) -> dict[str, Any]:
    return {"base_revision": base, "key": key or uuid.uuid4().hex, "put": list(put), "delete": [], **fields}


class Caller:
    """One person (or nobody) talking JSON to the API by token."""

    def __init__(self, user: User | None = None) -> None:
        self.user = user
        self.client = Client(enforce_csrf_checks=True)
        self.headers: dict[str, str] = {}
        if user is not None:
            _row, token = account.token_create(user=user)
            self.headers["Authorization"] = f"Token {token}"

    def __call__(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        if body is not None and "data" not in options:
            options |= {"data": orjson.dumps(body), "content_type": "application/json"}
        headers = {**self.headers, **options.pop("headers", {})}
        full = path if path.startswith(("/api/", "/enter/")) else f"/api/v1{path}"
        answer = self.client.generic(method, full, headers=headers, **_encoded(options))
        check_answer(method, answer)
        return answer

    def get(self, path: str, **options: Any) -> Any:
        return self("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> Any:
        return self("POST", path, body, **options)

    def patch(self, path: str, body: Any = None, **options: Any) -> Any:
        return self("PATCH", path, body, **options)

    def delete(self, path: str, **options: Any) -> Any:
        return self("DELETE", path, **options)

    def upload(self, path: str, **fields: Any) -> Any:
        full = f"/api/v1{path}"
        answer = self.client.post(full, data=fields, headers=self.headers)
        check_answer("POST", answer)
        return answer


def _encoded(options: dict[str, Any]) -> dict[str, Any]:
    query = options.pop("query", None)
    return {**options, "query_params": query} if query else options


@dataclass
class World:
    """A project with one image, two classes and one member of each role."""

    project: Project
    image: ImageAsset
    document: Document
    classes: list[LabelClass]
    members: dict[str, Membership]
    callers: dict[str, Caller] = field(default_factory=dict)

    def as_(self, role: str) -> Caller:
        """The caller of a role; `stranger` is signed in but no member, `nobody` is not signed in."""
        if role not in self.callers:
            if role == "nobody":
                self.callers[role] = Caller()
            elif role == "stranger":
                self.callers[role] = Caller(User.objects.create_user("stranger@example.org"))
            else:
                self.callers[role] = Caller(self.members[role].user)
        return self.callers[role]

    def add_image(self, seed: int, name: str | None = None) -> ImageAsset:
        name = name or f"{seed:05d}.png"
        result = image_create(
            project=self.project, user=self.members["owner"].user, file=upload(name, picture(seed)), name=name
        )
        assert result.image is not None, result.reason
        return result.image

    @property
    def changes(self) -> str:
        return f"/documents/{self.document.pk}/changes"


@pytest.fixture(autouse=True)
def _no_attempts_counted() -> None:
    cache.clear()


@pytest.fixture
def click_models(settings: Any, tmp_path: Path) -> Iterator[None]:
    """A small click model in place of the packaged one."""
    install(settings, tmp_path)
    yield
    forget()


@pytest.fixture
def make_world(db: None) -> Callable[[], World]:
    def make() -> World:
        tag = uuid.uuid4().hex[:6]
        users = {
            role: User.objects.create_user(f"{role}-{tag}@example.org", name=role.title()) for role in ROLES
        }
        project = project_create(
            user=users["owner"],
            name="Streets",
            task_type="instance",
            classes=[{"name": "car"}, {"name": "road", "is_thing": False}],
        )
        members = {
            role: Membership.objects.get_or_create(project=project, user=user, defaults={"role": role})[0]
            for role, user in users.items()
        }
        world = World(
            project=project,
            image=None,  # type: ignore[arg-type]
            document=None,  # type: ignore[arg-type]
            classes=list(project.label_classes.order_by("index")),  # type: ignore[attr-defined]
            members=members,
        )
        world.image = world.add_image(int(tag, 16))
        world.document = Document.objects.get(image=world.image, role="primary")
        return world

    return make


@pytest.fixture
def world(make_world: Callable[[], World]) -> World:
    return make_world()
