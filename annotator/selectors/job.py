"""Reading jobs: those that a person may see."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from annotator.models import Job, Membership, User


def jobs_of(user: User) -> QuerySet[Job]:
    """The jobs of the person's projects, and those without a project that the person started."""
    projects = Membership.objects.filter(user=user).values("project")
    seen = Q(project__in=projects) | Q(project=None, created_by=user)
    return Job.objects.filter(seen).select_related("created_by")
