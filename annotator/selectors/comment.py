"""Reading comments: the threads of an image, and whether anything in them is new."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Max, Prefetch, Q, QuerySet

from annotator.models import Comment, ImageAsset


@dataclass(frozen=True, slots=True)
class CommentState:
    """What tells whether somebody has to ask for the threads again.

    Attributes:
        open: threads that are not resolved.
        mark: another text whenever a thread or a reply came, went or changed.
    """

    open: int
    mark: str


def threads_of(image: ImageAsset) -> QuerySet[Comment]:
    """The threads of an image, unordered, each with its author, who resolved it, and `replies` with their authors."""
    replies = Comment.objects.select_related("author").order_by("created", "id")
    return (
        Comment.objects.filter(image=image, thread=None)
        .select_related("author", "resolved_by")
        .prefetch_related(Prefetch("replies", replies))
    )


def thread_shown(comment: Comment) -> Comment:
    """The thread that a comment begins or belongs to, as `threads_of` gives it."""
    return threads_of(comment.image).get(pk=comment.thread_id or comment.pk)  # type: ignore[attr-defined]


def comment_state(image: ImageAsset) -> CommentState:
    """One small statement: every poll of an open editor asks it."""
    found = Comment.objects.filter(image=image).aggregate(
        total=Count("pk"), last=Max("updated"), open=Count("pk", filter=Q(thread=None, resolved=None))
    )
    last = found["last"].isoformat() if found["last"] else ""
    return CommentState(found["open"], f"{found['total']} {last}")
