"""Reading images: filters, orders, and the neighbours of one image in a filtered list.

Owns these queries. Does not own pagination (`api/pagination.py`), which works on the orders named here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from annotator.core.document import Split
from annotator.core.errors import InvalidInput, NotFound, Problem
from annotator.models import Annotation, Comment, Document, ImageAsset, ImageStatus, Project
from annotator.selectors.learning import with_uncertainty

# Every order ends with the id, so that it is total, and no field in it is ever null.
ORDERS: dict[str, tuple[str, ...]] = {
    "name": ("name", "id"),
    "-name": ("-name", "-id"),
    "created": ("created", "id"),
    "-created": ("-created", "-id"),
    "updated": ("updated", "id"),
    "-updated": ("-updated", "-id"),
    "objects": ("object_count", "id"),
    "-objects": ("-object_count", "-id"),
    "uncertainty": ("sorted_uncertainty", "id"),
    "-uncertainty": ("-sorted_uncertainty", "-id"),
}
NO_UNCERTAINTY = -1.0  # an image that no champion has looked at, in an order by uncertainty
DEFAULT_ORDER = "name"


@dataclass(frozen=True, slots=True)
class ImageFilter:
    """Which images of a project: all given conditions hold.

    Attributes:
        classes: the image has an object of any of these class indices.
        text: part of the name or the group, in any case.
        comments: `open`: with a comment that is not resolved; empty for all.
        uncertainty: at least and at most this, of the champion's prediction; images without one are left out.
    """

    statuses: Sequence[str] = ()
    splits: Sequence[str] = ()
    classes: Sequence[int] = ()
    text: str = ""
    comments: str = ""
    uncertainty: tuple[float | None, float | None] = (None, None)


@dataclass(frozen=True, slots=True)
class Neighbours:
    """An image's place in a list. position: from 1; the place it would have where the filter leaves it out."""

    previous: UUID | None
    next: UUID | None
    position: int
    count: int


def order_named(name: str | None) -> tuple[str, ...]:
    """The fields of an order.

    Raises:
        InvalidInput: there is no such order.
    """
    if not name:
        return ORDERS[DEFAULT_ORDER]
    if name not in ORDERS:
        message = _("%(name)r is no order; there are %(names)s") % {
            "name": name[:40],
            "names": ", ".join(ORDERS),
        }
        raise InvalidInput(f"sort: {message}", [Problem("sort", message)])
    return ORDERS[name]


def images_of(project: Project, wanted: ImageFilter | None = None) -> QuerySet[ImageAsset]:
    """The living images of a project that fulfil a filter, unordered.

    Each has `document_id` and `revision` of its primary document, and `claimed_by` loaded.

    Raises:
        InvalidInput: a status or a split that there is not.
    """
    images = ImageAsset.objects.filter(project=project, deleted=None)
    return with_document(_filtered(images, wanted or ImageFilter()))


def with_document(images: QuerySet[ImageAsset]) -> QuerySet[ImageAsset]:
    """Add `document_id` and `revision` of the primary document, `open_comments`, who claimed it, its pyramid's job,
    its place in the queue, and how uncertain the champion is about it."""
    primary = Document.objects.filter(image=OuterRef("pk"), role="primary")
    unresolved = _open_comments().order_by().values("image").annotate(count=Count("pk")).values("count")
    images = with_uncertainty(images).select_related("claimed_by", "pyramid_job", "queue_entry")
    return images.annotate(
        document_id=Subquery(primary.values("pk")[:1]),
        revision=Subquery(primary.values("revision")[:1]),
        open_comments=Coalesce(Subquery(unresolved), 0),
    )


def sortable(images: QuerySet[ImageAsset], order: str | None) -> QuerySet[ImageAsset]:
    """Add what an order needs beyond the fields of the row: `sorted_uncertainty`, which is never null."""
    if "uncertainty" not in (order or ""):
        return images
    if "uncertainty" not in images.query.annotations:
        images = with_uncertainty(images)
    return images.annotate(sorted_uncertainty=Coalesce(F("uncertainty"), Value(NO_UNCERTAINTY)))


def _open_comments() -> QuerySet[Comment]:
    return Comment.objects.filter(image=OuterRef("pk"), thread=None, resolved=None)


def image_shown(image_id: UUID) -> ImageAsset:
    """One living image as `images_of` gives it.

    Raises:
        NotFound: there is none.
    """
    image = with_document(ImageAsset.objects.filter(pk=image_id, deleted=None)).first()
    if image is None:
        raise NotFound(_("no such image"))
    return image


def _filtered(images: QuerySet[ImageAsset], wanted: ImageFilter) -> QuerySet[ImageAsset]:
    _check("status", wanted.statuses, ImageStatus.values)
    _check("split", wanted.splits, [split.value for split in Split])
    _check("comments", [wanted.comments] if wanted.comments else [], ["open"])
    if wanted.comments:
        images = images.filter(Exists(_open_comments()))
    if wanted.statuses:
        images = images.filter(status__in=wanted.statuses)
    if wanted.splits:
        images = images.filter(split__in=wanted.splits)
    low, high = wanted.uncertainty
    if low is not None or high is not None:
        images = with_uncertainty(images).filter(uncertainty__isnull=False)
        images = images.filter(uncertainty__gte=low) if low is not None else images
        images = images.filter(uncertainty__lte=high) if high is not None else images
    if wanted.text:
        images = images.filter(Q(name__icontains=wanted.text) | Q(group__icontains=wanted.text))
    if wanted.classes:
        having = Annotation.objects.filter(
            document__image=OuterRef("pk"),
            document__role="primary",
            class_index__in=wanted.classes,
            valid_to=None,
        )
        images = images.filter(Exists(having))
    return images


def _check(where: str, given: Sequence[str], allowed: Sequence[str]) -> None:
    wrong = [
        Problem(where, _("%(name)r is none of %(names)s") % {"name": word[:40], "names": ", ".join(allowed)})
        for word in given
        if word not in allowed
    ]
    if wrong:
        raise InvalidInput(f"{where}: {wrong[0].message}", wrong)


def neighbours(image: ImageAsset, wanted: ImageFilter | None = None, order: str | None = None) -> Neighbours:
    """The images before and after this one in its project's filtered list.

    Raises:
        InvalidInput: no such status, split or order.
    """
    fields = order_named(order)
    images = _filtered(
        ImageAsset.objects.filter(project=image.project, deleted=None), wanted or ImageFilter()
    )
    if "uncertainty" in (order or ""):
        images = sortable(images, order)
        image = sortable(ImageAsset.objects.select_related("project"), order).get(pk=image.pk)
    before = images.filter(_beside(image, fields, after=False))
    backwards = [field[1:] if field.startswith("-") else f"-{field}" for field in fields]
    after = images.filter(_beside(image, fields, after=True)).order_by(*fields)
    return Neighbours(
        previous=before.order_by(*backwards).values_list("pk", flat=True).first(),
        next=after.values_list("pk", flat=True).first(),
        position=before.count() + 1,
        count=images.count(),
    )


def _beside(image: ImageAsset, fields: Sequence[str], *, after: bool) -> Q:
    """The condition for the images on one side of this one: (a > x) or (a = x and b > y) ..."""
    condition = Q()
    same: dict[str, object] = {}
    for field in fields:
        name = field.lstrip("-")
        comparison = "gt" if after != field.startswith("-") else "lt"
        condition |= Q(**same, **{f"{name}__{comparison}": getattr(image, name)})
        same[name] = getattr(image, name)
    return condition
