"""Comments on an image: who may say, change, resolve and delete what.

Viewers read. Annotators and everybody above them begin threads, reply, resolve and reopen, also while the image is
closed: talking about it is what a review is made of. A text is its author's to change; a manager may delete any. What a
reviewer writes with a decision becomes a thread, too (`review_note`, called by `workflow.py`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from annotator.core.errors import Conflict, InvalidInput, NotAllowed, NotFound, Problem
from annotator.models import Annotation, Comment, ImageAsset, Role, User
from annotator.selectors.document import documents_of
from annotator.services.access import allows, require_role, role_of

MAX_TEXT = 10_000
MAX_REPLIES = 500
MAX_THREADS = 2_000


def comment_create(
    *,
    image: ImageAsset,
    user: User,
    text: str,
    point: Sequence[float] | None = None,
    object_id: UUID | None = None,
) -> Comment:
    """Begin a thread.

    Args:
        point: x, y in image pixels; the middle of the object's box when only an object is given.
        object_id: an object of the image, now or before.

    Raises:
        InvalidInput: an empty or too long text, a point outside the image, no such object. Conflict: too many threads.
    """
    require_role(user=user, project=image.project, role=Role.ANNOTATOR)
    problems: list[Problem] = []
    text = _text(text, problems)
    problems += _point_problems(image, point)
    box = _box_of(image, user, object_id, problems)
    if problems:
        raise InvalidInput(problems[0].message, problems)
    if point is None and box is not None:
        point = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
    if Comment.objects.filter(image=image, thread=None).count() >= MAX_THREADS:
        raise Conflict(_("an image has at most %(limit)s comments") % {"limit": MAX_THREADS})
    x, y = point if point is not None else (None, None)
    return Comment.objects.create(image=image, author=user, text=text, x=x, y=y, object_id=object_id)


@transaction.atomic
def comment_reply(*, thread: Comment, user: User, text: str) -> Comment:
    """Answer in a thread; a reply is answered in its thread.

    Raises:
        InvalidInput: an empty or too long text. Conflict: the thread is full.
    """
    require_role(user=user, project=thread.image.project, role=Role.ANNOTATOR)
    problems: list[Problem] = []
    text = _text(text, problems)
    if problems:
        raise InvalidInput(problems[0].message, problems)
    first = _locked(thread.thread or thread)
    if Comment.objects.filter(thread=first).count() >= MAX_REPLIES:
        raise Conflict(_("a comment has at most %(limit)s replies") % {"limit": MAX_REPLIES})
    first.save(update_fields=["updated"])
    return Comment.objects.create(image=thread.image, thread=first, author=user, text=text)


@transaction.atomic
def comment_update(
    *, comment: Comment, user: User, text: str | None = None, resolved: bool | None = None
) -> Comment:
    """Change the text (its author only), or resolve or reopen a thread.

    Raises:
        NotAllowed: somebody else's text. InvalidInput: an empty or too long text, or a reply to be resolved.
    """
    require_role(user=user, project=comment.image.project, role=Role.ANNOTATOR)
    comment = _locked(comment)
    problems: list[Problem] = []
    if text is not None:
        if comment.author_id != user.pk:  # type: ignore[attr-defined]
            raise NotAllowed(_("only its author may change a comment"))
        text = _text(text, problems)
        if text != comment.text:
            comment.text, comment.edited = text, timezone.now()
    if resolved is not None:
        if comment.thread is not None:
            problems.append(Problem("resolved", _("a reply is not resolved, its thread is")))
        elif resolved != (comment.resolved is not None):
            comment.resolved = timezone.now() if resolved else None
            comment.resolved_by = user if resolved else None
    if problems:
        raise InvalidInput(problems[0].message, problems)
    comment.save()
    return comment


@transaction.atomic
def comment_delete(*, comment: Comment, user: User) -> None:
    """Delete a comment: its author, or a manager. With a thread's first comment go its replies.

    Raises:
        NotAllowed: neither. Conflict: the author's own thread has replies of other people; it can be resolved.
    """
    role = role_of(user=user, project=comment.image.project)
    require_role(user=user, project=comment.image.project, role=Role.ANNOTATOR)
    manages = allows(role, Role.MANAGER)
    if comment.author_id != user.pk and not manages:  # type: ignore[attr-defined]
        raise NotAllowed(_("only its author or a manager may delete a comment"))
    if not manages and Comment.objects.filter(thread=comment).exclude(author=user).exists():
        raise Conflict(_("others have replied; the comment can be resolved, or deleted by a manager"))
    if comment.thread is not None:
        Comment.objects.filter(pk=comment.thread.pk).update(updated=timezone.now())
    comment.delete()


def _locked(comment: Comment) -> Comment:
    """The comment as it is now, which nobody else changes or deletes meanwhile.

    Raises:
        NotFound: somebody has deleted it.
    """
    found = Comment.objects.select_for_update(of=("self",)).filter(pk=comment.pk).first()
    if found is None:
        raise NotFound(_("the comment was deleted"))
    return found


def review_note(*, image: ImageAsset, user: User, decision: str, text: str) -> None:
    """Keep what a reviewer wrote with a decision as a thread: open when the image goes back, else resolved."""
    if not text:
        return
    done = timezone.now() if decision == "accept" else None
    Comment.objects.create(
        image=image, author=user, kind=decision, text=text, resolved=done, resolved_by=user if done else None
    )


def _text(text: str, problems: list[Problem]) -> str:
    text = text.strip()
    if not text:
        problems.append(Problem("text", _("a comment needs a text")))
    elif len(text) > MAX_TEXT:
        problems.append(
            Problem(
                "text",
                _("%(length)s characters; a comment has at most %(limit)s")
                % {"length": len(text), "limit": MAX_TEXT},
            )
        )
    return text


def _point_problems(image: ImageAsset, point: Sequence[float] | None) -> list[Problem]:
    if point is None:
        return []
    x, y = point
    if math.isfinite(x) and math.isfinite(y) and 0 <= x <= image.width and 0 <= y <= image.height:
        return []
    message = _("(%(x)s, %(y)s) lies outside the image of %(width)s x %(height)s pixels")
    return [Problem("point", message % {"x": x, "y": y, "width": image.width, "height": image.height})]


def _box_of(
    image: ImageAsset, user: User, object_id: UUID | None, problems: list[Problem]
) -> tuple[float, float, float, float] | None:
    """The newest box of an object that the person may see."""
    if object_id is None:
        return None
    seen = documents_of(image, user, role_of(user=user, project=image.project))
    found = Annotation.objects.filter(document__in=[one.pk for one in seen], uuid=object_id)
    box = found.order_by("-valid_from").values_list("x0", "y0", "x1", "y1").first()
    if box is None:
        problems.append(Problem("object", _("the image has no object %(id)s") % {"id": object_id}))
    return box
