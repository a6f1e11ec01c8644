"""Images: lists, metadata, pixels, and their way through the workflow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import IntegerField

from annotator.models import ImageAsset, ImageStatus, Project, Role, User
from annotator.selectors import image as select
from annotator.services import access, workflow
from annotator.services.archive import images_from_zip, is_named_zip, is_zip
from annotator.services.image import ImageResult, image_create, image_delete, image_update
from api.pagination import Order, page_of
from api.queries import fraction, integers, words
from api.schema import NO_CONTENT, paged, query
from api.serializers.base import page_shape, read
from api.serializers.image import (
    SPLITS,
    ImageChangesSerializer,
    ImageSerializer,
    NeighboursSerializer,
    NextInputSerializer,
    ReviewInputSerializer,
    UploadResultsSerializer,
    UploadSerializer,
    image_body,
    neighbours_body,
    upload_body,
)
from api.uploads import Upload, form_text, named_files
from api.views.base import View, person

FILTERS = [
    query("status", f"By comma, of {', '.join(ImageStatus.values)}."),
    query("split", f"By comma, of {', '.join(SPLITS)}."),
    query("class", "Images with an object of any of these class indices, by comma."),
    query("q", "Part of the name or the group."),
    query("comments", "Images with comments that are not resolved.", choices=["open"]),
    query(
        "uncertainty_from", "Images about which the champion is at least this uncertain, 0..1.", type_=float
    ),
    query("uncertainty_to", "And at most this.", type_=float),
    query("sort", "Order of the list.", choices=list(select.ORDERS)),
]


class ImagesView(View):
    """The images of a project."""

    parser_classes = (MultiPartParser,)

    @extend_schema(
        operation_id="list_images",
        responses=page_shape(ImageSerializer, count=IntegerField(help_text="Of all pages.")),
        tags=["images"],
        **paged(*FILTERS),
    )
    def get(self, request: Request, project_id: UUID) -> Response:
        """The images that fulfil all given filters."""
        project = access.project_for(person(request), project_id, Role.VIEWER)
        sort = request.query_params.get("sort")
        images = select.sortable(select.images_of(project, _filter_of(request)), sort)
        order = Order(select.order_named(sort))
        page = page_of(images, order, request.query_params)
        return Response({**page.body(image_body), "count": images.count()})

    @extend_schema(
        operation_id="upload_images",
        request={"multipart/form-data": UploadSerializer},
        responses=UploadResultsSerializer,
        tags=["images"],
    )
    def post(self, request: Request, project_id: UUID) -> Response:
        """Upload images or ZIPs of images, and get a result for each file. One bad file does not stop the others."""
        project = access.project_for(person(request), project_id, Role.MANAGER)
        uploads, group = named_files(request), form_text(request, "group")
        results = [one for upload in uploads for one in _take_in(upload, project, person(request), group)]
        keys = [result.image.pk for result in results if result.image is not None]
        shown = {image.pk: image for image in select.images_of(project).filter(pk__in=keys)}
        return Response({"results": [upload_body(result, shown) for result in results]})


class ImageView(View):
    """One image."""

    @extend_schema(operation_id="image", responses=ImageSerializer, tags=["images"])
    def get(self, request: Request, image_id: UUID) -> Response:
        """The image's metadata."""
        return Response(_shown(access.image_for(person(request), image_id, Role.VIEWER)))

    @extend_schema(
        operation_id="change_image",
        request=ImageChangesSerializer,
        responses=ImageSerializer,
        tags=["images"],
    )
    def patch(self, request: Request, image_id: UUID) -> Response:
        """Change the name, the group or where it comes from."""
        image = access.image_for(person(request), image_id, Role.MANAGER)
        return Response(_shown(image_update(image=image, changes=read(ImageChangesSerializer, request))))

    @extend_schema(operation_id="delete_image", responses=NO_CONTENT, tags=["images"])
    def delete(self, request: Request, image_id: UUID) -> Response:
        """Take the image out of the project; frozen versions keep it."""
        image_delete(image=access.image_for(person(request), image_id, Role.MANAGER))
        return Response(status=204)


class NeighboursView(View):
    """Where an image stands in a list."""

    @extend_schema(
        operation_id="image_neighbours", parameters=FILTERS, responses=NeighboursSerializer, tags=["images"]
    )
    def get(self, request: Request, image_id: UUID) -> Response:
        """The images before and after it in the list with these filters."""
        image = access.image_for(person(request), image_id, Role.VIEWER)
        return Response(
            neighbours_body(select.neighbours(image, _filter_of(request), request.query_params.get("sort")))
        )


class NextView(View):
    """The queue of work."""

    @extend_schema(
        operation_id="claim_next_image",
        request=NextInputSerializer,
        responses={200: ImageSerializer, 204: NO_CONTENT[204]},
        tags=["workflow"],
    )
    def post(self, request: Request, project_id: UUID) -> Response:
        """Claim the next image of a queue for 30 minutes; 204 when there is nothing to do."""
        project = access.project_for(person(request), project_id, Role.ANNOTATOR)
        queue = read(NextInputSerializer, request)["queue"]
        image = workflow.image_claim_next(project=project, user=person(request), queue=queue)
        return Response(status=204) if image is None else Response(_shown(image))


class SubmitView(View):
    """Handing in."""

    @extend_schema(operation_id="submit_image", request=None, responses=ImageSerializer, tags=["workflow"])
    def post(self, request: Request, image_id: UUID) -> Response:
        """Hand the image in for review; only while it is new, in progress or returned."""
        image = access.image_for(person(request), image_id, Role.ANNOTATOR)
        return Response(_shown(workflow.image_submit(image=image, user=person(request))))


class ReviewView(View):
    """The reviewer's decision."""

    @extend_schema(
        operation_id="review_image",
        request=ReviewInputSerializer,
        responses=ImageSerializer,
        tags=["workflow"],
    )
    def post(self, request: Request, image_id: UUID) -> Response:
        """Accept a submitted image, or return it with a comment."""
        image = access.image_for(person(request), image_id, Role.REVIEWER)
        given = read(ReviewInputSerializer, request)
        return Response(_shown(workflow.image_review(image=image, user=person(request), **given)))


class ReopenView(View):
    """Taking back."""

    @extend_schema(operation_id="reopen_image", request=None, responses=ImageSerializer, tags=["workflow"])
    def post(self, request: Request, image_id: UUID) -> Response:
        """Take a submitted image (annotators) or an accepted one (reviewers) back into work."""
        image = access.image_for(person(request), image_id, Role.ANNOTATOR)
        return Response(_shown(workflow.image_reopen(image=image, user=person(request))))


def _filter_of(request: Request) -> select.ImageFilter:
    return select.ImageFilter(
        statuses=words(request, "status"),
        splits=words(request, "split"),
        classes=integers(request, "class"),
        text=request.query_params.get("q", "").strip(),
        comments=request.query_params.get("comments", ""),
        uncertainty=(fraction(request, "uncertainty_from"), fraction(request, "uncertainty_to")),
    )


def _shown(image: ImageAsset) -> dict[str, Any]:
    return image_body(select.image_shown(image.pk))


def _take_in(upload: Upload, project: Project, user: User, group: str) -> Iterator[ImageResult]:
    """What becomes of an uploaded file: one result, or one for each member of a ZIP."""
    content: Any = upload.file
    if upload.too_large:
        yield ImageResult(upload.name, "rejected", None, upload.too_large)
    elif is_zip(content) or is_named_zip(upload.name):
        yield from images_from_zip(project=project, user=user, file=content, name=upload.name, group=group)
    else:
        yield image_create(project=project, user=user, file=content, name=upload.name, group=group)
