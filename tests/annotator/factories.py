"""What tests of the services begin with: people, a project, an image's row, and objects."""

from __future__ import annotations

import hashlib
import itertools
import uuid
from typing import Any

import numpy as np

from annotator.core.document import Annotation, BoxGeometry, PolygonGeometry
from annotator.models import Document, ImageAsset, LabelClass, Membership, Project, User
from annotator.services.annotation import ChangeResult, DeleteObject, PutObject, document_change
from annotator.services.project import project_create

_numbers = itertools.count(1)


def make_user(email: str = "") -> User:
    return User.objects.create_user(email or f"person{next(_numbers)}@example.org")


def make_member(project: Project, role: str) -> User:
    user = make_user()
    Membership.objects.create(project=project, user=user, role=role)
    return user


def make_project(owner: User | None = None, **given: Any) -> Project:
    given.setdefault("name", "Leaves")
    given.setdefault("task_type", "instance")
    given.setdefault("classes", [{"name": "leaf"}, {"name": "stem"}, {"name": "soil", "is_thing": False}])
    return project_create(user=owner or make_user(), **given)


def make_image(
    project: Project, name: str = "", width: int = 100, height: int = 80, **fields: Any
) -> ImageAsset:
    """An image's row and its primary document, without files."""
    number = next(_numbers)
    fields.setdefault("split", "train")
    sha = hashlib.sha256(str(number).encode()).hexdigest()
    image = ImageAsset.objects.create(
        project=project,
        name=name or f"image{number:05}.png",
        sha256=sha,
        format="PNG",
        size_bytes=100,
        width=width,
        height=height,
        original=f"originals/{sha[:2]}/{sha}.png",
        display=f"originals/{sha[:2]}/{sha}.png",
        thumbnail=f"thumbnails/{sha[:2]}/{sha}.webp",
        **fields,
    )
    Document.objects.create(image=image)
    return image


def make_document(project: Project | None = None, **fields: Any) -> Document:
    return make_image(project or make_project(), **fields).documents.get()


def class_named(project: Project, name: str) -> LabelClass:
    return project.label_classes.get(name=name, deleted=None)


def square(x: float, y: float, size: float = 10.0) -> PolygonGeometry:
    ring = np.array([[x, y], [x + size, y], [x + size, y + size], [x, y + size]], np.float32)
    return PolygonGeometry(((ring,),))


def polygon(*rings: list[float]) -> PolygonGeometry:
    return PolygonGeometry((tuple(np.array(ring, np.float32).reshape(-1, 2) for ring in rings),))


def an_object(geometry: Any = None, **fields: Any) -> Annotation:
    fields.setdefault("id", uuid.uuid4())
    fields.setdefault("class_index", 1)
    return Annotation(geometry=geometry if geometry is not None else square(1, 1), **fields)


def box(x0: float, y0: float, x1: float, y1: float) -> BoxGeometry:
    return BoxGeometry(x0, y0, x1, y1)


def change(
    document: Document,
    put: list[Annotation | tuple[Annotation, int]] | None = None,
    delete: list[tuple[uuid.UUID, int]] | None = None,
    **given: Any,
) -> ChangeResult:
    """`document_change` with what most tests do not care about filled in."""
    document.refresh_from_db(fields=["revision"])
    given.setdefault("base_revision", document.revision)
    given.setdefault("key", uuid.uuid4().hex)
    given.setdefault("user", None)
    puts = [PutObject(*one) if isinstance(one, tuple) else PutObject(one) for one in put or []]
    return document_change(
        document=document, put=puts, delete=[DeleteObject(*one) for one in delete or []], **given
    )
