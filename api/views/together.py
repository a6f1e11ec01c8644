"""Working together on one image: comments, and who is here."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotator.core.errors import NotFound
from annotator.models import Comment, Document, ImageAsset, Role
from annotator.selectors.comment import comment_state, thread_shown, threads_of
from annotator.selectors.document import is_seen
from annotator.services import access
from annotator.services.comment import comment_create, comment_delete, comment_reply, comment_update
from annotator.services.presence import Presence, presence_beat, presence_end
from api.pagination import Order, page_of
from api.schema import NO_CONTENT, paged
from api.serializers.base import page_shape, read
from api.serializers.comment import (
    CommentChangesSerializer,
    CommentInputSerializer,
    CommentSerializer,
    PresenceInputSerializer,
    PresenceSerializer,
    ReplyInputSerializer,
    comment_body,
)
from api.views.base import View, person

_OLDEST_FIRST = Order(("created", "id"))


class CommentsView(View):
    """The comments of an image."""

    @extend_schema(
        operation_id="list_comments", responses=page_shape(CommentSerializer), tags=["comments"], **paged()
    )
    def get(self, request: Request, image_id: UUID) -> Response:
        """The threads, the oldest first, resolved ones too."""
        image = access.image_for(person(request), image_id, Role.VIEWER)
        page = page_of(threads_of(image, person(request), _role(image)), _OLDEST_FIRST, request.query_params)
        return Response(page.body(comment_body))

    @extend_schema(
        operation_id="create_comment",
        request=CommentInputSerializer,
        responses={201: CommentSerializer},
        tags=["comments"],
    )
    def post(self, request: Request, image_id: UUID) -> Response:
        """Begin a thread on the image, at a point of it, or on an object."""
        image = access.image_for(person(request), image_id, Role.ANNOTATOR)
        given = read(CommentInputSerializer, request)
        made = comment_create(
            image=image,
            user=person(request),
            text=given["text"],
            point=given.get("point"),
            object_id=given.get("object"),
        )
        return _thread(request, made, _role(image), status=201)


class CommentView(View):
    """One comment or reply."""

    @extend_schema(
        operation_id="change_comment",
        request=CommentChangesSerializer,
        responses=CommentSerializer,
        tags=["comments"],
    )
    def patch(self, request: Request, comment_id: UUID) -> Response:
        """Change one's own text, or resolve or reopen a thread; answers the thread."""
        comment = access.comment_for(person(request), comment_id, Role.ANNOTATOR)
        given = read(CommentChangesSerializer, request)
        changed = comment_update(comment=comment, user=person(request), **given)
        return _thread(request, changed, _role(comment))

    @extend_schema(operation_id="delete_comment", responses=NO_CONTENT, tags=["comments"])
    def delete(self, request: Request, comment_id: UUID) -> Response:
        """Delete one's own comment, unless others have replied; managers delete any."""
        comment = access.comment_for(person(request), comment_id, Role.ANNOTATOR)
        comment_delete(comment=comment, user=person(request))
        return Response(status=204)


class RepliesView(View):
    """Answering."""

    @extend_schema(
        operation_id="reply_to_comment",
        request=ReplyInputSerializer,
        responses={201: CommentSerializer},
        tags=["comments"],
    )
    def post(self, request: Request, comment_id: UUID) -> Response:
        """Answer in a thread; answers the thread."""
        comment = access.comment_for(person(request), comment_id, Role.ANNOTATOR)
        text = read(ReplyInputSerializer, request)["text"]
        made = comment_reply(thread=comment, user=person(request), text=text)
        return _thread(request, made, _role(comment), status=201)


class PresenceView(View):
    """The heartbeat of an open editor."""

    @extend_schema(
        operation_id="presence",
        request=PresenceInputSerializer,
        responses=PresenceSerializer,
        tags=["comments"],
    )
    def post(self, request: Request, image_id: UUID) -> Response:
        """Say that a tab has the image open (or leaves it); answers who else has, and what is new."""
        image = access.image_for(person(request), image_id, Role.VIEWER)
        given = read(PresenceInputSerializer, request)
        document = _document(request, image, given.get("document"))
        here: dict[str, Any] = {"image": image, "user": person(request), "tab": given["tab"]}
        if given["leaving"]:
            others = presence_end(**here)
        else:
            others = presence_beat(**here, document=given.get("document"), editing=given["editing"])
        comments = comment_state(image, person(request), _role(image))
        return Response(
            {
                "others": [_other(one, given.get("document")) for one in others],
                "revision": None if document is None else document.revision,
                "comments": {"open": comments.open, "mark": comments.mark},
            }
        )


def _thread(request: Request, comment: Comment, role: str, *, status: int = 200) -> Response:
    return Response(comment_body(thread_shown(comment, person(request), role)), status=status)


def _role(found: ImageAsset | Comment) -> str:
    """The person's role in the project, as `access` left it on what it found."""
    role: str = found.member_role  # type: ignore[union-attr]
    return role


def _other(one: Presence, document: UUID | None) -> dict[str, Any]:
    who = {"id": one.user, "email": one.email, "name": one.name}
    return {"person": who, "editing": one.editing, "same_document": one.document == str(document or "")}


def _document(request: Request, image: ImageAsset, document_id: UUID | None) -> Document | None:
    """The open document, where it is one of the image that the person may see."""
    if document_id is None:
        return None
    found = Document.objects.filter(pk=document_id, image=image).first()
    if found is None or not is_seen(found, person(request), _role(image)):
        raise NotFound(_("no such document"))
    return found
