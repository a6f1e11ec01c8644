"""Projects and their members.

Owns creating, changing and deleting projects, and the rule that a project always has an owner. Does not own the
palette (`palette.py`) nor what a role allows (`access.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from annotator.core.document import TaskType
from annotator.core.errors import Conflict, InvalidInput, NotAllowed, Problem
from annotator.models import ROLE_RANK, ApiToken, ImageAsset, Membership, Project, Role, User
from annotator.services.access import role_of
from annotator.services.account import link_create, user_ensure
from annotator.services.palette import class_reorder, classes_create
from annotator.services.prediction import prelabel_request

INVITATION_LIFETIME = timedelta(days=14)
PROJECT_FIELDS = {"name", "description", "task_type", "exclusive", "split_shares", "auto_prelabel"}


@transaction.atomic
def project_create(
    *,
    user: User,
    name: str,
    task_type: str,
    description: str = "",
    exclusive: bool = False,
    classes: Sequence[Mapping[str, Any]] = (),
    split_shares: Mapping[str, float] | None = None,
) -> Project:
    """Make a project owned by `user`, with its palette.

    Args:
        task_type: semantic, instance or panoptic.
        exclusive: no two objects may share a pixel.
        classes: each with the arguments of `class_create`.
        split_shares: {"val", "test"}, each 0..1, together below 1.

    Raises:
        InvalidInput: naming everything that is wrong, classes as `classes[3].name`.
    """
    given: dict[str, Any] = {
        "name": name,
        "description": description,
        "task_type": task_type,
        "exclusive": exclusive,
    }
    if split_shares is not None:
        given["split_shares"] = split_shares
    project = Project.objects.create(created_by=user, **_checked(given))
    Membership.objects.create(project=project, user=user, role=Role.OWNER)
    if classes:
        classes_create(project=project, classes=classes)
        project.refresh_from_db()
    return project


@transaction.atomic
def project_update(*, project: Project, changes: Mapping[str, Any]) -> Project:
    """Change some of: name, description, task_type, exclusive, auto_prelabel, and, without images, split_shares.

    Raises:
        InvalidInput: a value breaks a rule. Conflict: the splits of existing images would not follow the new shares.
    """
    fields = _checked(changes)
    project = Project.objects.select_for_update().get(pk=project.pk)
    shares = {name: value for name, value in fields.items() if name.startswith("split_")}
    if (
        any(getattr(project, name) != value for name, value in shares.items())
        and ImageAsset.objects.filter(project=project).exists()
    ):
        raise Conflict(_("the split shares cannot change any more: the project has images"))
    for name, value in fields.items():
        setattr(project, name, value)
    project.save(update_fields=[*fields, "updated"])
    if fields.get("auto_prelabel"):
        prelabel_request(project=project)
    return project


@transaction.atomic
def project_change(
    *, project: Project, changes: Mapping[str, Any], class_order: Sequence[UUID] | None = None
) -> Project:
    """`project_update` and `class_reorder` (where an order is given) as one change."""
    if class_order is not None:
        class_reorder(project=project, order=class_order)
    return project_update(project=project, changes=changes) if changes else project


@transaction.atomic
def project_delete(*, project: Project) -> None:
    """Delete a project with its images' rows, annotations, versions and jobs.

    The files stay in the storage: they are content-addressed and another project may hold the same image.
    """
    Project.objects.filter(pk=project.pk).delete()


@transaction.atomic
def membership_add(*, project: Project, user: User, email: str, role: str) -> tuple[Membership, str | None]:
    """Make a person a member.

    Args:
        user: who does it.
        email: of the person; an account without password is made when there is none.

    Returns:
        The membership, and the secret of an invitation link for a person who never had a way to sign in. An account
        that has been used never gets one, so that adding somebody is no way into their account.

    Raises:
        InvalidInput: no e-mail address, no such role. NotAllowed: owners are named by owners only. Conflict: is a
            member already.
    """
    _check_role(role)
    _check_rank(user, project, role)
    person = user_ensure(email=email)
    if Membership.objects.filter(project=project, user=person).exists():
        problem = Problem("email", _("%(email)s is a member already") % {"email": person.email})
        raise Conflict(problem.message, [problem])
    fresh = _never_entered(person)
    membership = Membership.objects.create(project=project, user=person, role=role)
    link = link_create(user=person, purpose="invite", lifetime=INVITATION_LIFETIME) if fresh else None
    return membership, link


def _never_entered(person: User) -> bool:
    return not (
        person.has_usable_password()
        or person.last_login is not None
        or ApiToken.objects.filter(user=person).exists()
        or Membership.objects.filter(user=person).exists()
    )


@transaction.atomic
def membership_update(*, membership: Membership, user: User, role: str) -> Membership:
    """Give a member another role.

    Raises:
        NotAllowed: an owner is touched, or made, by somebody who is none. Conflict: it is the only owner.
    """
    _check_role(role)
    project = Project.objects.select_for_update().get(pk=membership.project.pk)
    _check_rank(user, project, role)
    _check_rank(user, project, membership.role)
    if membership.role == Role.OWNER and role != Role.OWNER:
        _check_other_owner(project, membership)
    membership.role = role
    membership.save(update_fields=["role"])
    return membership


@transaction.atomic
def membership_remove(*, membership: Membership, user: User) -> None:
    """Take a member out of the project. Everybody may leave by themselves.

    Raises:
        NotAllowed: the role is too low. Conflict: it is the only owner.
    """
    project = Project.objects.select_for_update().get(pk=membership.project.pk)
    if membership.user.pk != user.pk:
        _check_rank(user, project, membership.role)
    if membership.role == Role.OWNER:
        _check_other_owner(project, membership)
    membership.delete()


def _check_role(role: str) -> None:
    if role not in ROLE_RANK:
        problem = Problem(
            "role", _("%(role)r is none of %(roles)s") % {"role": role, "roles": list(ROLE_RANK)}
        )
        raise InvalidInput(problem.message, [problem])


def _check_rank(user: User, project: Project, role: str) -> None:
    """Managers change members below the owner; owners change all."""
    mine = role_of(user=user, project=project)
    needed = Role.OWNER if role == Role.OWNER else Role.MANAGER
    if mine is None or ROLE_RANK[mine] < ROLE_RANK[needed]:
        raise NotAllowed(_("this needs the role %(needed)s") % {"needed": needed.value})


def _check_other_owner(project: Project, membership: Membership) -> None:
    if not Membership.objects.filter(project=project, role=Role.OWNER).exclude(pk=membership.pk).exists():
        raise Conflict(_("a project needs at least one owner; make somebody else an owner first"))


def _checked(given: Mapping[str, Any]) -> dict[str, Any]:
    """A project's fields in their stored form.

    Raises:
        InvalidInput: naming all that is wrong.
    """
    problems = [Problem(field, _("unknown field")) for field in sorted(set(given) - PROJECT_FIELDS)]
    fields: dict[str, Any] = {}
    if "name" in given:
        fields["name"] = given["name"].strip() if isinstance(given["name"], str) else ""
        if not 1 <= len(fields["name"]) <= 200:
            problems.append(Problem("name", _("a name of 1 to 200 characters is needed")))
    if "description" in given:
        fields["description"] = str(given["description"] or "")
    if "task_type" in given:
        fields["task_type"] = str(given["task_type"])
        if fields["task_type"] not in set(TaskType):
            types = {"value": given["task_type"], "types": [t.value for t in TaskType]}
            problems.append(Problem("task_type", _("%(value)r is none of %(types)s") % types))
    if "exclusive" in given:
        fields["exclusive"] = bool(given["exclusive"])
    if "auto_prelabel" in given:
        fields["auto_prelabel"] = bool(given["auto_prelabel"])
    if "split_shares" in given:
        fields |= _shares(given["split_shares"], problems)
    if problems:
        raise InvalidInput(problems[0].message, problems)
    return fields


def _shares(given: Any, problems: list[Problem]) -> dict[str, float]:
    try:
        val, test = float(given["val"]), float(given["test"])
    except (TypeError, KeyError, ValueError):
        problems.append(Problem("split_shares", _("two numbers are needed, val and test")))
        return {}
    if not (0 <= val <= 1 and 0 <= test <= 1 and val + test < 1):
        problems.append(Problem("split_shares", _("val and test are shares of 0 to 1, together below 1")))
    return {"split_val_share": val, "split_test_share": test}
