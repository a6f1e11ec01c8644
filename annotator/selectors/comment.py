"""Reading comments: the threads of an image, and whether anything in them is new.

A thread on an object of a document that a person may not see, such as another annotator's replica, is not there for
that person: its place would tell where the object is.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Max, Prefetch, Q, QuerySet

from annotator.models import Annotation, Comment, Document, ImageAsset, User
from annotator.selectors.document import is_seen


@dataclass(frozen=True, slots=True)
class CommentState:
    """What tells whether somebody has to ask for the threads again.

    Attributes:
        open: threads that are not resolved.
        mark: another text whenever a thread or a reply came, went or changed.
    """

    open: int
    mark: str


def threads_of(image: ImageAsset, user: User, role: str) -> QuerySet[Comment]:
    """The threads of an image that a person with this role may see, unordered.

    Each has its author, who resolved it, and `replies` with their authors.
    """
    replies = Comment.objects.select_related("author").order_by("created", "id")
    return (
        Comment.objects.filter(image=image, thread=None)
        .exclude(_hidden(image, user, role))
        .select_related("author", "resolved_by")
        .prefetch_related(Prefetch("replies", replies))
    )


def thread_shown(comment: Comment, user: User, role: str) -> Comment:
    """The thread that a comment begins or belongs to, as `threads_of` gives it."""
    return threads_of(comment.image, user, role).get(pk=comment.thread_id or comment.pk)  # type: ignore[attr-defined]


def is_comment_seen(comment: Comment, user: User, role: str) -> bool:
    """Whether a person with this role may see a comment, or the thread it belongs to."""
    first = comment.thread or comment
    return first.object_id is None or threads_of(comment.image, user, role).filter(pk=first.pk).exists()


def _hidden(image: ImageAsset, user: User, role: str) -> Q:
    """The threads on objects that are in documents alone which the person may not see."""
    further = Document.objects.filter(image=image).exclude(role="primary")
    unseen = [one.pk for one in further if not is_seen(one, user, role)]
    if not unseen:
        return Q(pk__in=[])
    seen = Annotation.objects.filter(document__image=image).exclude(document__in=unseen)
    hidden = (
        Annotation.objects.filter(document__in=unseen).exclude(uuid__in=seen.values("uuid")).values("uuid")
    )
    return Q(object_id__isnull=False, object_id__in=hidden)


def comment_state(image: ImageAsset, user: User, role: str) -> CommentState:
    """Two small statements: every poll of an open editor asks them."""
    threads = Comment.objects.filter(image=image, thread=None).exclude(_hidden(image, user, role))
    found = Comment.objects.filter(Q(pk__in=threads) | Q(thread__in=threads)).aggregate(
        total=Count("pk"), last=Max("updated"), open=Count("pk", filter=Q(thread=None, resolved=None))
    )
    last = found["last"].isoformat() if found["last"] else ""
    return CommentState(found["open"], f"{found['total']} {last}")
