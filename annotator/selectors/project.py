"""Reading projects with their counts, classes, members and covers: a fixed number of statements for any number of them.

Owns these figures. Does not own who may see them (`services/access.py`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, OuterRef, QuerySet, Subquery, Sum

from annotator.models import (
    Annotation,
    Document,
    ImageAsset,
    ImageStatus,
    LabelClass,
    Membership,
    Project,
    User,
)
from annotator.selectors.document import SHAPES, sql_key

COVERS = 4


@dataclass(frozen=True, slots=True)
class ClassInfo:
    """A class of the palette, and how many objects have it now."""

    id: UUID
    index: int
    name: str
    colour: str
    is_thing: bool
    hotkey: str
    supercategory: str
    attributes: list[dict[str, Any]]
    order: int
    object_count: int


@dataclass(frozen=True, slots=True)
class ProjectInfo:
    """A project as a person sees it.

    Attributes:
        role: of the person who asks; "" where nobody in particular does.
        counts: images, one figure for each status, objects.
        covers: ids of up to 4 images.
    """

    id: UUID
    name: str
    description: str
    task_type: str
    exclusive: bool
    role: str
    created: datetime
    updated: datetime
    counts: dict[str, int]
    classes: list[ClassInfo]
    members: list[Membership]
    covers: list[UUID]
    split_shares: dict[str, float]
    auto_prelabel: bool


def projects_of(user: User) -> QuerySet[Project]:
    """The projects that the person is a member of."""
    return Project.objects.filter(pk__in=Membership.objects.filter(user=user).values("project"))


def classes_of(project: Project) -> list[ClassInfo]:
    """The living classes in their order."""
    return _classes([project])[project.pk]


def projects_info(projects: Sequence[Project], user: User | None = None) -> list[ProjectInfo]:
    """What is to be known about projects, in their order."""
    counts, classes, members, covers = (
        _counts(projects),
        _classes(projects),
        _members(projects),
        _covers(projects),
    )
    user_id = user.pk if user else None
    return [
        ProjectInfo(
            id=project.pk,
            name=project.name,
            description=project.description,
            task_type=project.task_type,
            exclusive=project.exclusive,
            role=next((m.role for m in members[project.pk] if m.user.pk == user_id), ""),
            created=project.created,
            updated=project.updated,
            counts=counts[project.pk],
            classes=classes[project.pk],
            members=members[project.pk],
            covers=covers[project.pk],
            split_shares={"val": project.split_val_share, "test": project.split_test_share},
            auto_prelabel=project.auto_prelabel,
        )
        for project in projects
    ]


def project_info(project: Project, user: User | None = None) -> ProjectInfo:
    """What is to be known about one project."""
    return projects_info([project], user)[0]


def class_counts(projects: Sequence[Project]) -> dict[tuple[UUID, int], int]:
    """How many objects of living images have each class now, in primary documents: by project and class index.

    Counted from the index alone: SQLite, which keeps no statistics here, has to be told which.
    """
    if not projects:
        return {}
    images, documents, objects = (m._meta.db_table for m in (ImageAsset, Document, Annotation))
    hint = f"INDEXED BY {SHAPES}" if connection.vendor == "sqlite" else ""
    places = ", ".join(["%s"] * len(projects))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT i.project_id, a.class_index, COUNT(*) FROM {images} i "  # noqa: S608
            f"JOIN {documents} d ON d.image_id = i.id AND d.role = 'primary' "
            f"JOIN {objects} a {hint} ON a.document_id = d.id AND a.valid_to IS NULL "
            f"WHERE i.deleted IS NULL AND i.project_id IN ({places}) GROUP BY i.project_id, a.class_index",
            [sql_key(project.pk) for project in projects],
        )
        return {(UUID(str(project)), index): count for project, index, count in cursor.fetchall()}


def _classes(projects: Sequence[Project]) -> dict[UUID, list[ClassInfo]]:
    counts = class_counts(projects)
    result: dict[UUID, list[ClassInfo]] = defaultdict(list)
    rows = LabelClass.objects.filter(project__in=projects, deleted=None).select_related("project")
    for row in rows.order_by("order", "index"):
        result[row.project.pk].append(
            ClassInfo(
                id=row.pk,
                index=row.index,
                name=row.name,
                colour=row.colour,
                is_thing=row.is_thing,
                hotkey=row.hotkey,
                supercategory=row.supercategory,
                attributes=row.attributes,
                order=row.order,
                object_count=counts.get((row.project.pk, row.index), 0),
            )
        )
    return result


def _counts(projects: Sequence[Project]) -> dict[UUID, dict[str, int]]:
    result = {
        project.pk: {"images": 0, "objects": 0, **dict.fromkeys(ImageStatus.values, 0)}
        for project in projects
    }
    rows = (
        ImageAsset.objects.filter(project__in=projects, deleted=None)
        .order_by()
        .values_list("project", "status")
        .annotate(Count("pk"), Sum("object_count"))
    )
    for project, status, images, objects in rows:
        result[project][status] = images
        result[project]["images"] += images
        result[project]["objects"] += objects
    return result


def _members(projects: Sequence[Project]) -> dict[UUID, list[Membership]]:
    result: dict[UUID, list[Membership]] = defaultdict(list)
    rows = Membership.objects.filter(project__in=projects).select_related("user", "project")
    for row in rows.order_by("created", "id"):
        result[row.project.pk].append(row)
    return result


def _covers(projects: Sequence[Project]) -> dict[UUID, list[UUID]]:
    """The first few images of each project, each found through the index."""
    images = (
        ImageAsset.objects.filter(project=OuterRef("pk"), deleted=None).order_by("created", "id").values("pk")
    )
    columns = {f"cover{n}": Subquery(images[n : n + 1]) for n in range(COVERS)}
    rows = (
        Project.objects.filter(pk__in=[p.pk for p in projects])
        .annotate(**columns)
        .values_list("pk", *columns)
    )
    return {key: [cover for cover in covers if cover] for key, *covers in rows}
