"""Comments and presence: bodies and inputs."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from annotator.models import Comment
from annotator.services.comment import MAX_TEXT
from api.serializers.base import Input, PersonSerializer


class ReplySerializer(serializers.Serializer):
    id = serializers.UUIDField()
    author = PersonSerializer(allow_null=True)
    text = serializers.CharField(help_text="Plain text, whatever it looks like.")
    created = serializers.DateTimeField()
    edited = serializers.DateTimeField(allow_null=True)


class CommentSerializer(ReplySerializer):
    """A thread: its first comment with the replies, the oldest first."""

    kind = serializers.ChoiceField(
        choices=["comment", "return", "accept"],
        help_text="The last two: what a reviewer wrote with the decision.",
    )
    point = serializers.ListField(
        child=serializers.FloatField(), min_length=2, max_length=2, allow_null=True, help_text="[x, y]"
    )
    object = serializers.UUIDField(allow_null=True, help_text="May have been deleted since.")
    resolved = serializers.DateTimeField(allow_null=True)
    resolved_by = PersonSerializer(allow_null=True)
    replies = ReplySerializer(many=True)


def comment_body(thread: Any) -> dict[str, Any]:
    """A thread as `selectors.comment` gives it."""
    return {
        **_reply_body(thread),
        "kind": thread.kind,
        "point": None if thread.x is None else [thread.x, thread.y],
        "object": thread.object_id,
        "resolved": thread.resolved,
        "resolved_by": _person(thread.resolved_by),
        "replies": [_reply_body(reply) for reply in thread.replies.all()],
    }


def _reply_body(comment: Comment) -> dict[str, Any]:
    return {
        "id": comment.pk,
        "author": _person(comment.author),
        "text": comment.text,
        "created": comment.created,
        "edited": comment.edited,
    }


def _person(user: Any) -> dict[str, Any] | None:
    return None if user is None else dict(PersonSerializer(user).data)


def _text(*, required: bool = True) -> serializers.CharField:
    return serializers.CharField(max_length=MAX_TEXT, required=required)


class CommentInputSerializer(Input):
    text = _text()
    point = serializers.ListField(
        child=serializers.FloatField(),
        min_length=2,
        max_length=2,
        required=False,
        allow_null=True,
        help_text="[x, y] in image pixels; left out, the middle of the object, if there is one.",
    )
    object = serializers.UUIDField(required=False, allow_null=True, help_text="An object of the image.")


class ReplyInputSerializer(Input):
    text = _text()


class CommentChangesSerializer(Input):
    text = _text(required=False)
    resolved = serializers.BooleanField(required=False, help_text="Of a thread's first comment.")


class PresenceInputSerializer(Input):
    tab = serializers.CharField(max_length=64, help_text="Any text that tells a person's tabs apart.")
    document = serializers.UUIDField(required=False, allow_null=True, help_text="The one that is open.")
    editing = serializers.BooleanField(required=False, default=False)
    leaving = serializers.BooleanField(required=False, default=False)


class OtherSerializer(serializers.Serializer):
    person = PersonSerializer()
    editing = serializers.BooleanField()
    same_document = serializers.BooleanField(help_text="Has the document open that this tab has.")


class CommentStateSerializer(serializers.Serializer):
    open = serializers.IntegerField(help_text="Threads that are not resolved.")
    mark = serializers.CharField(help_text="Another text whenever a comment came, went or changed.")


class PresenceSerializer(serializers.Serializer):
    others = OtherSerializer(many=True)
    revision = serializers.IntegerField(allow_null=True, help_text="The newest of `document`.")
    comments = CommentStateSerializer()
