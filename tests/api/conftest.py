"""A small project with a person of every role in it, and callers that speak to the API as each of them."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from annotator.models import (
    Document,
    ImageAsset,
    LabelClass,
    Membership,
    ModelVersion,
    Prediction,
    Project,
    User,
)
from annotator.services import account
from annotator.services.image import image_create
from annotator.services.prediction import prediction_store
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


def proposed(x: float = 4, *, index: int = 1, score: float = 0.8) -> dict[str, Any]:
    """An object as a model proposes it."""
    return {
        "id": str(uuid.uuid4()),
        "class": index,
        "kind": "polygon",
        "polygons": square(x),
        "score": score,
        "uncertainty": 1 - score,
        "bbox": [x, 4, x + 10, 14],
        "area": 100.0,
    }


def item(image: ImageAsset, *objects: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """What a model sees in an image; one object where none is given."""
    found = list(objects) or [proposed()]
    return {"image": str(image.pk), "objects": found, "score": 0.8, "uncertainty": 0.25, **fields}


def make_model(project: Project, **fields: Any) -> ModelVersion:
    """A model's row, a candidate with a name, as a training leaves it."""
    number = project.next_model_number
    Project.objects.filter(pk=project.pk).update(next_model_number=number + 1)
    project.next_model_number = number + 1
    given = {"architecture": "mask_rcnn", "purpose": "instance", "state": "candidate", **fields}
    return ModelVersion.objects.create(project=project, number=number, **given)


def brought() -> list[SimpleUploadedFile]:
    """The two files of a brought model; the ONNX file is only one by its first bytes."""
    return [
        upload("cars.onnx", b"\x08\x07" + uuid.uuid4().bytes, "application/octet-stream"),
        upload("cars.pbtxt", b"item { id: 1 name: 'car' }", "text/plain"),
    ]


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

    def model(self, **fields: Any) -> ModelVersion:
        """The world's one model, a candidate for what the project is for, made when it is first asked for."""
        found = ModelVersion.objects.filter(project=self.project).first()
        return found or make_model(self.project, **fields)

    def predicted(self) -> Prediction:
        """What the world's model, then champion, sees in the image: one square car."""
        model = self.model()
        ModelVersion.objects.filter(pk=model.pk).update(state="champion", promoted=timezone.now())
        found = Prediction.objects.filter(image=self.image, model=model).first()
        return found or prediction_store(model=model, image=self.image, item=item(self.image))

    def trained(self, image: ImageAsset) -> UUID:
        """Make sure that an image is none of the test images, which are never predicted."""
        ImageAsset.objects.filter(pk=image.pk).update(split="train")
        return image.pk

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
