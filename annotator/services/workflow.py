"""The workflow of an image: new, in progress, submitted, accepted or returned, and who works on which one.

Owns every change of status but the first (`revisions.py` starts an image with its first change).

| from                        | to          | by                                    | role needed |
|-----------------------------|-------------|---------------------------------------|-------------|
| new, in_progress, returned  | submitted   | submit                                | annotator   |
| submitted                   | accepted    | review, accept                        | reviewer    |
| submitted                   | returned    | review, return                        | reviewer    |
| submitted                   | in_progress | reopen                                | annotator   |
| accepted                    | in_progress | reopen                                | reviewer    |
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from annotator.core.errors import Conflict, InvalidInput, NotFound, Problem
from annotator.models import Annotation, Document, ImageAsset, ImageStatus, LabelClass, Project, Role, User
from annotator.services.access import require_role
from annotator.services.attributes import missing_required
from annotator.services.comment import review_note

CLAIM = timedelta(minutes=30)
OPEN = (ImageStatus.NEW, ImageStatus.IN_PROGRESS, ImageStatus.RETURNED)
RANKED = (F("queue_entry__position").asc(nulls_last=True), "name")
ORDERS: dict[str, tuple[Any, ...]] = {
    ImageStatus.RETURNED: ("name",),
    ImageStatus.IN_PROGRESS: ("name",),
    ImageStatus.NEW: RANKED,
}
QUEUES = {"annotate": Role.ANNOTATOR, "review": Role.REVIEWER}
MAX_COMMENT = 10_000


@transaction.atomic
def image_submit(*, image: ImageAsset, user: User) -> ImageAsset:
    """Hand an image in for review.

    Raises:
        Conflict: it is submitted or accepted already. InvalidInput: objects without a required attribute, all named.
    """
    require_role(user=user, project=image.project, role=Role.ANNOTATOR)
    image = _locked(image)
    _check_status(image, OPEN, _("submitted"))
    _check_required(image)
    return _set(image, ImageStatus.SUBMITTED)


@transaction.atomic
def image_review(*, image: ImageAsset, user: User, decision: str, comment: str = "") -> ImageAsset:
    """Accept a submitted image, or return it to the annotators with a comment.

    Raises:
        Conflict: it is not submitted. InvalidInput: the decision is neither accept nor return.
    """
    require_role(user=user, project=image.project, role=Role.REVIEWER)
    if decision not in ("accept", "return"):
        message = _("%(decision)r is neither accept nor return") % {"decision": decision}
        raise InvalidInput(message, [Problem("decision", message)])
    if len(comment) > MAX_COMMENT:
        message = _("at most %(limit)s characters") % {"limit": MAX_COMMENT}
        raise InvalidInput(message, [Problem("comment", message)])
    image = _locked(image)
    _check_status(image, (ImageStatus.SUBMITTED,), _("reviewed"))
    image.review_comment = comment.strip()
    review_note(image=image, user=user, decision=decision, text=image.review_comment)
    return _set(image, ImageStatus.ACCEPTED if decision == "accept" else ImageStatus.RETURNED)


@transaction.atomic
def image_reopen(*, image: ImageAsset, user: User) -> ImageAsset:
    """Take a submitted image back into work; for an accepted one that takes a reviewer.

    Raises:
        Conflict: it is neither submitted nor accepted.
    """
    image = _locked(image)
    role = Role.REVIEWER if image.status == ImageStatus.ACCEPTED else Role.ANNOTATOR
    require_role(user=user, project=image.project, role=role)
    _check_status(image, (ImageStatus.SUBMITTED, ImageStatus.ACCEPTED), _("reopened"))
    return _set(image, ImageStatus.IN_PROGRESS)


@transaction.atomic
def image_claim_next(*, project: Project, user: User, queue: str) -> ImageAsset | None:
    """Claim the next image of a queue for 30 minutes, so that no two people get the same one.

    An image that the person holds already and has not finished comes first. Annotators get returned images first, then
    those begun, each in the order of their names, then new ones in the order of the ranked queue, and those that
    are not in it by name; reviewers get what was submitted first.

    Returns:
        The image, or None when there is nothing to do.

    Raises:
        InvalidInput: no such queue. NotAllowed: the role is too low.
    """
    if queue not in QUEUES:
        message = _("%(queue)r is none of %(queues)s") % {"queue": queue, "queues": ", ".join(QUEUES)}
        raise InvalidInput(message, [Problem("queue", message)])
    require_role(user=user, project=project, role=QUEUES[queue])
    now = timezone.now()
    waiting = ImageAsset.objects.filter(project=project, deleted=None)
    free = Q(claimed_by=None) | Q(claimed_until__lt=now) | Q(claimed_by=user)
    if queue == "review":
        image = _first(waiting.filter(free, status=ImageStatus.SUBMITTED), user, "updated")
    else:
        image = None
        for status in (ImageStatus.RETURNED, ImageStatus.IN_PROGRESS, ImageStatus.NEW):
            image = image or _first(waiting.filter(free, status=status), user, *ORDERS[status])
    if image is None:
        return None
    image.claimed_by, image.claimed_until = user, now + CLAIM
    image.save(update_fields=["claimed_by", "claimed_until"])
    return image


def _first(images: QuerySet[ImageAsset], user: User, *order: Any) -> ImageAsset | None:
    """The first free image, those of the person before all others; rows that others are claiming are skipped."""
    locking = images.select_for_update(skip_locked=True, of=("self",)).select_related("project")
    return (
        locking.filter(claimed_by=user).order_by(*order, "id").first()
        or locking.order_by(*order, "id").first()
    )


def _locked(image: ImageAsset) -> ImageAsset:
    rows = ImageAsset.objects.select_for_update(of=("self",)).select_related("project")
    found = rows.filter(pk=image.pk, deleted=None).first()
    if found is None:
        raise NotFound(_("no such image"))
    return found


def _check_status(image: ImageAsset, allowed: tuple[ImageStatus, ...], done: str) -> None:
    if image.status not in allowed:
        raise Conflict(
            _("the image is %(status)s; only one that is %(allowed)s can be %(done)s")
            % {"status": image.status, "allowed": _(" or ").join(s.value for s in allowed), "done": done}
        )


def _set(image: ImageAsset, status: ImageStatus) -> ImageAsset:
    image.status = status
    image.claimed_by = image.claimed_until = None
    image.save(update_fields=["status", "review_comment", "claimed_by", "claimed_until", "updated"])
    return image


def _check_required(image: ImageAsset) -> None:
    """Refuse to submit objects that lack a required attribute."""
    schemas = {
        row.index: row.attributes
        for row in LabelClass.objects.filter(project=image.project, deleted=None)
        if any(attribute["required"] for attribute in row.attributes)
    }
    if not schemas:
        return
    document = Document.objects.filter(image=image, role="primary")
    rows = Annotation.objects.filter(document__in=document, valid_to=None, class_index__in=schemas)
    problems = [
        Problem(f"{identity}.attributes.{name}", _("the attribute %(name)r is required") % {"name": name})
        for identity, index, values in rows.values_list("uuid", "class_index", "attributes")
        for name in missing_required(schemas[index], values)
    ]
    if problems:
        raise InvalidInput(
            _("%(count)s required attributes are missing") % {"count": len(problems)}, problems
        )
