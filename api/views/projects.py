"""Projects, their palettes and members."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotator.models import LabelClass, Membership, Project, Role
from annotator.selectors import project as select
from annotator.selectors.statistics import statistics_of
from annotator.services import access, palette, project
from api.pagination import Order, page_of
from api.queries import identity
from api.schema import NO_CONTENT, paged, query
from api.serializers.base import page_shape, read
from api.serializers.project import (
    ClassChangesSerializer,
    ClassInputSerializer,
    LabelClassSerializer,
    MemberInputSerializer,
    MemberSerializer,
    NewMemberSerializer,
    ProjectChangesSerializer,
    ProjectInputSerializer,
    ProjectSerializer,
    RoleInputSerializer,
    StatisticsSerializer,
    class_body,
    project_body,
)
from api.views.base import View, person

PROJECT_ORDER = Order(("-created", "-id"))
MEMBER_ORDER = Order(("created", "id"))


class ProjectsView(View):
    """My projects."""

    @extend_schema(
        operation_id="list_projects", responses=page_shape(ProjectSerializer), tags=["projects"], **paged()
    )
    def get(self, request: Request) -> Response:
        """The projects that I am a member of, newest first."""
        page = page_of(select.projects_of(person(request)), PROJECT_ORDER, request.query_params)
        found = select.projects_info(page.rows, person(request))
        return Response({"results": [project_body(one) for one in found], "next": page.next})

    @extend_schema(
        operation_id="create_project",
        request=ProjectInputSerializer,
        responses={201: ProjectSerializer},
        tags=["projects"],
    )
    def post(self, request: Request) -> Response:
        """Make a project with its palette; I become its owner."""
        made = project.project_create(user=person(request), **read(ProjectInputSerializer, request))
        return Response(_body(made, request), status=201)


class ProjectView(View):
    """One project."""

    @extend_schema(operation_id="project", responses=ProjectSerializer, tags=["projects"])
    def get(self, request: Request, project_id: UUID) -> Response:
        """The project with its classes, members and counts."""
        return Response(_body(access.project_for(person(request), project_id, Role.VIEWER), request))

    @extend_schema(
        operation_id="change_project",
        request=ProjectChangesSerializer,
        responses=ProjectSerializer,
        tags=["projects"],
    )
    def patch(self, request: Request, project_id: UUID) -> Response:
        """Change some fields, or the order of the classes."""
        found = access.project_for(person(request), project_id, Role.MANAGER)
        changes = read(ProjectChangesSerializer, request)
        order = changes.pop("class_order", None)
        with transaction.atomic():
            found = project.project_update(project=found, changes=changes)
            if order is not None:
                palette.class_reorder(project=found, order=order)
        return Response(_body(found, request))

    @extend_schema(operation_id="delete_project", responses=NO_CONTENT, tags=["projects"])
    def delete(self, request: Request, project_id: UUID) -> Response:
        """Delete the project with everything in it."""
        project.project_delete(project=access.project_for(person(request), project_id, Role.OWNER))
        return Response(status=204)


class ClassesView(View):
    """A project's palette."""

    @extend_schema(operation_id="list_classes", responses=page_shape(LabelClassSerializer), tags=["classes"])
    def get(self, request: Request, project_id: UUID) -> Response:
        """All classes in their order: at most 254, on one page."""
        found = access.project_for(person(request), project_id, Role.VIEWER)
        return Response({"results": [class_body(row) for row in select.classes_of(found)], "next": None})

    @extend_schema(
        operation_id="create_class",
        request=ClassInputSerializer,
        responses={201: LabelClassSerializer},
        tags=["classes"],
    )
    def post(self, request: Request, project_id: UUID) -> Response:
        """Add a class at the end; its colour and hotkey are chosen when left out."""
        found = access.project_for(person(request), project_id, Role.MANAGER)
        made = palette.class_create(project=found, **read(ClassInputSerializer, request))
        return Response(_class_body(made), status=201)


class ClassView(View):
    """One class."""

    @extend_schema(
        operation_id="change_class",
        request=ClassChangesSerializer,
        responses=LabelClassSerializer,
        tags=["classes"],
    )
    def patch(self, request: Request, class_id: UUID) -> Response:
        """Change some fields; the index never changes."""
        found = access.class_for(person(request), class_id, Role.MANAGER)
        changed = palette.class_update(label_class=found, changes=read(ClassChangesSerializer, request))
        return Response(_class_body(changed))

    @extend_schema(
        operation_id="delete_class",
        parameters=[query("target", "The class that the objects become.", type_=UUID)],
        responses=NO_CONTENT,
        tags=["classes"],
    )
    def delete(self, request: Request, class_id: UUID) -> Response:
        """Take a class out of use. When it has objects, `target` says what they become."""
        found = access.class_for(person(request), class_id, Role.MANAGER)
        target_id = identity(request, "target")
        target = access.class_for(person(request), target_id, Role.MANAGER) if target_id else None
        palette.class_delete(label_class=found, target=target, user=person(request))
        return Response(status=204)


class MembersView(View):
    """Who works on a project."""

    @extend_schema(
        operation_id="list_members", responses=page_shape(MemberSerializer), tags=["members"], **paged()
    )
    def get(self, request: Request, project_id: UUID) -> Response:
        """The members, the first one first."""
        found = access.project_for(person(request), project_id, Role.VIEWER)
        members = Membership.objects.filter(project=found).select_related("user")
        page = page_of(members, MEMBER_ORDER, request.query_params)
        return Response(page.body(lambda row: MemberSerializer(row).data))

    @extend_schema(
        operation_id="add_member",
        request=MemberInputSerializer,
        responses={201: NewMemberSerializer},
        tags=["members"],
    )
    def post(self, request: Request, project_id: UUID) -> Response:
        """Make a person a member. Somebody new gets an invitation, whose address is answered this once."""
        found = access.project_for(person(request), project_id, Role.MANAGER)
        given = read(MemberInputSerializer, request)
        member, secret = project.membership_add(project=found, user=person(request), **given)
        url = None if secret is None else request.build_absolute_uri(f"/invitations/{secret}")
        return Response({**MemberSerializer(member).data, "invite_url": url}, status=201)


class MemberView(View):
    """One member."""

    @extend_schema(
        operation_id="change_member",
        request=RoleInputSerializer,
        responses=MemberSerializer,
        tags=["members"],
    )
    def patch(self, request: Request, membership_id: UUID) -> Response:
        """Give a member another role."""
        found = access.membership_for(person(request), membership_id, Role.MANAGER)
        role = read(RoleInputSerializer, request)["role"]
        changed = project.membership_update(membership=found, user=person(request), role=role)
        return Response(MemberSerializer(changed).data)

    @extend_schema(operation_id="remove_member", responses=NO_CONTENT, tags=["members"])
    def delete(self, request: Request, membership_id: UUID) -> Response:
        """Take a member out of the project; everybody may leave by themselves."""
        found = access.membership_for(person(request), membership_id, Role.VIEWER)
        project.membership_remove(membership=found, user=person(request))
        return Response(status=204)


class StatisticsView(View):
    """What was done in a project."""

    @extend_schema(operation_id="project_statistics", responses=StatisticsSerializer, tags=["projects"])
    def get(self, request: Request, project_id: UUID) -> Response:
        """Counts by status, split, class, person and day."""
        found = access.project_for(person(request), project_id, Role.VIEWER)
        return Response(StatisticsSerializer(statistics_of(found)).data)


def _body(found: Project, request: Request) -> dict[str, Any]:
    return project_body(select.project_info(found, person(request)))


def _class_body(row: LabelClass) -> dict[str, Any]:
    """A class that was just made or changed, with its count."""
    return class_body(next(info for info in select.classes_of(row.project) if info.id == row.pk))
