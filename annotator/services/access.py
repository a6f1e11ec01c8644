"""Who may do what: finds a thing for a person, or says that it is not there or not allowed.

Owns the rule that a stranger to a project learns nothing of it (404), while a member whose role is too low is told
so (403). Does not own who has which role (`project.py`).
"""

from __future__ import annotations

from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _

from annotator.core.errors import NotAllowed, NotFound
from annotator.models import (
    ROLE_RANK,
    Comment,
    DatasetVersion,
    Document,
    ImageAsset,
    Job,
    LabelClass,
    Membership,
    ModelVersion,
    Prediction,
    Project,
    Role,
    User,
)
from annotator.selectors.comment import is_comment_seen
from annotator.selectors.document import is_seen

M = TypeVar("M", bound=Model)


def role_of(*, user: User | None, project: Project | UUID) -> str | None:
    """The person's role in the project, or None for a stranger."""
    if user is None or not user.is_active:
        return None
    return Membership.objects.filter(user=user, project=project).values_list("role", flat=True).first()


def allows(role: str | None, needed: str) -> bool:
    """Whether a role may do what `needed` may."""
    return role is not None and ROLE_RANK[role] >= ROLE_RANK[needed]


def require_role(*, user: User, project: Project, role: str) -> str:
    """Make sure that the person has this role or a higher one in the project.

    Returns:
        The person's own role.

    Raises:
        NotFound: not a member. NotAllowed: the role is too low.
    """
    return _require(role_of(user=user, project=project), role, _("project"))


def project_for(user: User, project_id: UUID | str, role: str) -> Project:
    """The project, for a member with at least this role. `member_role` on it is the person's own role."""
    return _find(Project.objects.all(), "pk", project_id, user=user, role=role, what=_("project"))


def image_for(user: User, image_id: UUID | str, role: str) -> ImageAsset:
    """The image (with its project), for a member of its project. `member_role` on it is the person's own role."""
    images = ImageAsset.objects.filter(deleted=None).select_related("project")
    return _find(images, "project", image_id, user=user, role=role, what=_("image"))


def document_for(user: User, document_id: UUID | str, role: str) -> Document:
    """The document (with its image and project). `member_role` on it is the person's own role.

    A document that the person may not see is not there; whoever asks with more than a viewer's role wants to change it.
    """
    documents = Document.objects.filter(image__deleted=None).select_related("image__project")
    found = _find(documents, "image__project", document_id, user=user, role=role, what=_("document"))
    mine: str = found.member_role  # type: ignore[attr-defined]
    if not is_seen(found, user, mine):
        raise _missing(_("document"))
    if role != Role.VIEWER and found.role == "replica" and found.author_id != user.pk:  # type: ignore[attr-defined]
        raise NotAllowed(_("a replica is changed by its author only"))
    return found


def comment_for(user: User, comment_id: UUID | str, role: str) -> Comment:
    """The comment (with its thread, image and project). `member_role` on it is the person's own role.

    One on an object that the person may not see is not there.
    """
    comments = Comment.objects.filter(image__deleted=None).select_related("image__project", "thread")
    found = _find(comments, "image__project", comment_id, user=user, role=role, what=_("comment"))
    mine: str = found.member_role  # type: ignore[attr-defined]
    if not is_comment_seen(found, user, mine):
        raise _missing(_("comment"))
    return found


def class_for(user: User, class_id: UUID | str, role: str) -> LabelClass:
    """The class (with its project), unless it was deleted. `member_role` on it is the person's own role."""
    classes = LabelClass.objects.filter(deleted=None).select_related("project")
    return _find(classes, "project", class_id, user=user, role=role, what=_("class"))


def version_for(user: User, version_id: UUID | str, role: str) -> DatasetVersion:
    """The dataset version (with its project). `member_role` on it is the person's own role."""
    return _find(
        DatasetVersion.objects.select_related("project"),
        "project",
        version_id,
        user=user,
        role=role,
        what=_("version"),
    )


def model_for(user: User, model_id: UUID | str, role: str) -> ModelVersion:
    """The trained or brought model (with its project and version). `member_role` on it is the person's own role."""
    models = ModelVersion.objects.select_related("project", "version")
    return _find(models, "project", model_id, user=user, role=role, what=_("model"))


def prediction_for(user: User, prediction_id: UUID | str, role: str) -> Prediction:
    """What a model sees in an image (with image and model). `member_role` on it is the person's own role."""
    found = Prediction.objects.filter(image__deleted=None).select_related("image__project", "model")
    return _find(found, "image__project", prediction_id, user=user, role=role, what=_("prediction"))


def membership_for(user: User, membership_id: UUID | str, role: str) -> Membership:
    """A membership (with its project and user). `member_role` on it is the asking person's own role."""
    memberships = Membership.objects.select_related("project", "user")
    return _find(memberships, "project", membership_id, user=user, role=role, what=_("member"))


def job_for(user: User, job_id: UUID | str, role: str) -> Job:
    """The job (with its project). A job without a project is seen by the person who started it only."""
    job = Job.objects.filter(pk=_uuid(job_id, _("job"))).select_related("project", "created_by").first()
    if job is None:
        raise _missing(_("job"))
    if job.project is None:
        if job.created_by != user:
            raise _missing(_("job"))
        return job
    _require(role_of(user=user, project=job.project), role, _("job"))
    return job


def _find(rows: QuerySet[M], project_field: str, key: UUID | str, *, user: User, role: str, what: str) -> M:
    """One row by its id together with the person's role in its project, in one query."""
    mine = Membership.objects.filter(user=user, project=OuterRef(project_field))
    found = rows.filter(pk=_uuid(key, what)).annotate(member_role=Subquery(mine.values("role")[:1])).first()
    if found is None:
        raise _missing(what)
    member: Any = found
    _require(member.member_role if user.is_active else None, role, what)
    return found


def _uuid(value: UUID | str, what: str) -> UUID:
    try:
        return value if isinstance(value, UUID) else UUID(str(value))
    except ValueError:
        raise _missing(what) from None


def _require(mine: str | None, needed: str, what: str) -> str:
    if mine is None:
        raise _missing(what)
    if not allows(mine, needed):
        raise NotAllowed(
            _("this needs the role %(needed)s or a higher one; yours is %(mine)s")
            % {"needed": Role(needed).value, "mine": mine}
        )
    return mine


def _missing(what: str) -> NotFound:
    return NotFound(_("no such %(what)s") % {"what": what})
