"""Reading jobs. Owns which of them a person sees; `annotator/jobs.py` owns what becomes of them."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from annotator.models import Job, Membership, User


def jobs_of(user: User) -> QuerySet[Job]:
    """The jobs of the person's projects, and those without a project that the person started."""
    mine = Membership.objects.filter(user=user).values("project")
    return Job.objects.filter(Q(project__in=mine) | Q(project=None, created_by=user)).select_related(
        "created_by"
    )
