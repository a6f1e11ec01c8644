"""`manage.py demo`: a small project of free photographs that scikit-image ships, some of them annotated.

The images and what is drawn on them stand in `annotator/management/demo.json`, with splits that let a small training
begin at once. Run twice it adds nothing.
"""

from __future__ import annotations

import importlib.util
import json
import uuid
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management.base import CommandError, CommandParser
from django.db import transaction

from annotator.core.document import Annotation, PolygonGeometry, Split
from annotator.management.base import LOCAL_EMAIL, DomainCommand
from annotator.models import Document, ImageAsset, LabelClass, Project, User
from annotator.services.account import user_ensure
from annotator.services.annotation import PutObject, document_change
from annotator.services.image import image_create
from annotator.services.project import project_create
from annotator.services.workflow import image_submit

DEMO = Path(__file__).resolve().parent.parent / "demo.json"


class Command(DomainCommand):
    """Makes the demo project for a person, once."""

    help = "Make a small project of free photographs, some of them annotated."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--email", default=LOCAL_EMAIL, help=f"whose project it is (default {LOCAL_EMAIL})"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        demo = json.loads(DEMO.read_text(encoding="utf-8"))
        user = user_ensure(email=options["email"])
        project = Project.objects.filter(created_by=user, name=demo["name"]).first()
        if project is None:
            project = project_create(
                user=user,
                name=demo["name"],
                description=demo["description"],
                task_type=demo["task_type"],
                classes=demo["classes"],
            )
        for entry in demo["images"]:
            add_image(project, user, entry)
        self.stderr.write(f"The demo project of {user.email}:")
        self.stdout.write(str(project.pk))


@transaction.atomic
def add_image(project: Project, user: User, entry: dict[str, Any]) -> None:
    """Add one image with its objects, unless it is there already (or was there: a deleted one stays away).

    Raises:
        CommandError: scikit-image does not have the image.
    """
    if ImageAsset.objects.filter(project=project, name=entry["name"]).exists():
        return
    path = _sample_images() / entry["file"]
    if not path.is_file():
        raise CommandError(
            f"scikit-image has no {entry['file']} at {path.parent}; install the pinned requirements"
        )
    with path.open("rb") as file:
        result = image_create(
            project=project,
            user=user,
            file=file,
            name=entry["name"],
            source_url=entry["source_url"],
            licence=entry["licence"],
            attribution=entry["attribution"],
            split=Split(entry["split"]),
        )
    if result.image is None:
        raise CommandError(f"{entry['name']}: {result.reason}")
    if entry["objects"]:
        _draw(project, user, result.image, entry["objects"])
    if entry["submit"]:
        result.image.refresh_from_db()
        image_submit(image=result.image, user=user)


def _draw(project: Project, user: User, image: ImageAsset, objects: list[dict[str, Any]]) -> None:
    index = dict(LabelClass.objects.filter(project=project).values_list("name", "index"))
    document = Document.objects.get(image=image, role="primary")
    put = [
        PutObject(Annotation(uuid.uuid4(), index[given["class"]], _geometry(given), z=z))
        for z, given in enumerate(objects)
    ]
    document_change(
        document=document, user=user, base_revision=document.revision, key=f"demo-{image.pk}", put=put
    )


def _geometry(given: dict[str, Any]) -> PolygonGeometry:
    rings = [
        [np.asarray(ring, dtype=np.float32).reshape(-1, 2) for ring in rings] for rings in given["polygons"]
    ]
    return PolygonGeometry(tuple(tuple(polygon) for polygon in rings))


def _sample_images() -> Path:
    spec = importlib.util.find_spec("skimage")
    if spec is None or spec.origin is None:
        raise CommandError("scikit-image, whose sample images the demo shows, is not installed")
    return Path(spec.origin).parent / "data"
