"""Figures about a project: what is there, by class, person and day.

Owns these sums. Costs a pass over the project's current objects and revisions; it is asked for by people, not by tools.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import TruncDate

from annotator.core.document import Split
from annotator.models import Annotation, ImageAsset, ImageStatus, LabelClass, Project, Revision, User


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """Of one class: current objects, their area in pixels, and how many images have any."""

    index: int
    objects: int
    area: float
    images: int


@dataclass(frozen=True, slots=True)
class PersonFigures:
    """What one person's accepted changes did; user is None for the system and for people deleted since."""

    user: User | None
    revisions: int
    added: int
    changed: int
    removed: int


@dataclass(frozen=True, slots=True)
class DayFigures:
    """One day (UTC): accepted changes, and objects that they added or changed."""

    date: date
    revisions: int
    objects: int


@dataclass(frozen=True, slots=True)
class Statistics:
    """Figures about a project's living images."""

    status: dict[str, int]
    splits: dict[str, int]
    classes: list[ClassFigures]
    people: list[PersonFigures]
    days: list[DayFigures]


def statistics_of(project: Project) -> Statistics:
    """All figures of a project. Every status, split and living class is there, also with zeros."""
    images = ImageAsset.objects.filter(project=project, deleted=None).order_by()
    statuses = dict(images.values_list("status").annotate(Count("pk")))
    splits = dict(images.values_list("split").annotate(Count("pk")))
    revisions = Revision.objects.filter(document__image__project=project).order_by()
    return Statistics(
        status={name: statuses.get(name, 0) for name in ImageStatus.values},
        splits={split.value: splits.get(split.value, 0) for split in Split},
        classes=_classes(project),
        people=_people(revisions),
        days=_days(revisions),
    )


def _classes(project: Project) -> list[ClassFigures]:
    current = Annotation.objects.filter(
        document__image__project=project,
        document__image__deleted=None,
        document__role="primary",
        valid_to=None,
    )
    rows = (
        current.order_by()
        .values_list("class_index")
        .annotate(Count("pk"), Sum("area"), Count("document", distinct=True))
    )
    found = {index: ClassFigures(index, objects, area, images) for index, objects, area, images in rows}
    living = LabelClass.objects.filter(project=project, deleted=None).order_by("order", "index")
    return [
        found.get(index, ClassFigures(index, 0, 0.0, 0)) for index in living.values_list("index", flat=True)
    ]


def _sums(revisions: QuerySet[Revision], key: str) -> QuerySet[Revision, dict[str, Any]]:
    return revisions.values(key).annotate(
        count=Count("pk"), added_sum=Sum("added"), changed_sum=Sum("changed"), removed_sum=Sum("removed")
    )


def _people(revisions: QuerySet[Revision]) -> list[PersonFigures]:
    rows = list(_sums(revisions, "author"))
    users = User.objects.in_bulk([row["author"] for row in rows if row["author"]])
    people = [
        PersonFigures(
            users.get(row["author"]), row["count"], row["added_sum"], row["changed_sum"], row["removed_sum"]
        )
        for row in rows
    ]
    return sorted(people, key=lambda one: (-one.revisions, one.user.email if one.user else ""))


def _days(revisions: QuerySet[Revision]) -> list[DayFigures]:
    rows = _sums(revisions.annotate(day=TruncDate("created")), "day").order_by("day")
    return [DayFigures(row["day"], row["count"], row["added_sum"] + row["changed_sum"]) for row in rows]
