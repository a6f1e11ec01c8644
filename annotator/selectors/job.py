"""Reading jobs.

Owns which of them a person sees, and what their stages are called; `annotator/jobs.py` owns what becomes of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from annotator.models import Job, Membership, User


def jobs_of(user: User) -> QuerySet[Job]:
    """The jobs of the person's projects, and those without a project that the person started."""
    mine = Membership.objects.filter(user=user).values("project")
    return Job.objects.filter(Q(project__in=mine) | Q(project=None, created_by=user)).select_related(
        "created_by"
    )


def stage_text(stage: str) -> str:
    """What a job is doing, in the reader's language: learning work says it by a name and values."""
    if not stage.startswith("{"):
        return stage
    try:
        said = json.loads(stage)
        text = STAGES[said["stage"]]()
        return text % _whole(said.get("values") or {})
    except (ValueError, KeyError, TypeError):
        return stage_name(stage).replace("_", " ")


def stage_name(stage: str) -> str:
    """The name of a stage of learning work; empty for other work."""
    try:
        return str(json.loads(stage)["stage"]) if stage.startswith("{") else ""
    except (ValueError, KeyError, TypeError):
        return ""


def _whole(values: dict[str, Any]) -> dict[str, Any]:
    return {key: round(value) if isinstance(value, float) else value for key, value in values.items()}


STAGES: dict[str, Callable[[], str]] = {
    "planning": lambda: _("looking at the dataset and making a plan"),
    "waiting_for_gpu": lambda: _("waiting: another training has the GPU"),
    "writing_dataset": lambda: _("writing out the dataset: image %(done)s of %(images)s"),
    "reading_dataset": lambda: _("reading the dataset"),
    "starting": lambda: _("starting"),
    "training": lambda: _("training: step %(step)s of %(steps)s"),
    "evaluating": lambda: _("evaluating"),
    "testing": lambda: _("measuring on the test images"),
    "calibrating": lambda: _("calibrating"),
    "exporting": lambda: _("exporting"),
    "saving": lambda: _("saving"),
    "loading_model": lambda: _("loading the model"),
    "predicting": lambda: _("image %(done)s of %(images)s"),
    "ranking": lambda: _("ranking %(images)s images"),
    "ranked": lambda: _("ranked %(images)s images"),
}
