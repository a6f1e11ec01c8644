"""Documents: their objects now and before, change sets, history."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotator.models import Document, Role
from annotator.selectors.document import AnnotationRow, annotations_at, documents_of, history
from annotator.selectors.learning import models_named
from annotator.services import access
from annotator.services.annotation import document_change
from annotator.services.changes import ChangeResult, StaleObject, StaleObjects
from annotator.services.document import document_ensure
from annotator.services.restore import document_restore
from api.pagination import limit_of
from api.queries import integer, integers, refuse
from api.renderers import MessagePackRenderer, OrjsonRenderer
from api.schema import paged, query
from api.serializers.base import page_shape, read
from api.serializers.document import (
    ChangeResultSerializer,
    ChangeSetSerializer,
    DocumentEntrySerializer,
    DocumentSerializer,
    NewDocumentSerializer,
    RestoreInputSerializer,
    RevisionSerializer,
    StaleObjectsSerializer,
    read_change_set,
)
from api.serializers.objects import ObjectWriter, as_bytes, as_numbers
from api.views.base import View, person

_CHANGED: dict[Any, Any] = {
    200: ChangeResultSerializer,
    (409, "application/problem+json"): StaleObjectsSerializer,
}


class ImageDocumentsView(View):
    """The documents of one image."""

    @extend_schema(
        operation_id="list_documents", responses=page_shape(DocumentEntrySerializer), tags=["documents"]
    )
    def get(self, request: Request, image_id: UUID) -> Response:
        """The image's documents that one may see, the primary one first."""
        image = access.image_for(person(request), image_id, Role.VIEWER)
        role: str = image.member_role  # type: ignore[attr-defined]
        found = documents_of(image, person(request), role)
        return Response({"results": DocumentEntrySerializer(found, many=True).data, "next": None})

    @extend_schema(
        operation_id="create_document",
        request=NewDocumentSerializer,
        responses={200: DocumentEntrySerializer, 201: DocumentEntrySerializer},
        tags=["documents"],
    )
    def post(self, request: Request, image_id: UUID) -> Response:
        """One's own replica, the ground truth or the consensus: the one that there is (200), or a new one (201)."""
        image = access.image_for(person(request), image_id, Role.ANNOTATOR)
        role = read(NewDocumentSerializer, request)["role"]
        document, new = document_ensure(image=image, user=person(request), role=role)
        return Response(DocumentEntrySerializer(document).data, status=201 if new else 200)


class DocumentView(View):
    """One document with its objects, as JSON or MessagePack."""

    renderer_classes = (OrjsonRenderer, MessagePackRenderer)

    @extend_schema(
        operation_id="document",
        parameters=[
            query("revision", "As it was at this revision; the newest when left out.", type_=int),
            OpenApiParameter(
                "class", int, OpenApiParameter.QUERY, many=True, description="Only these classes."
            ),
        ],
        responses={
            (200, "application/json"): DocumentSerializer,
            (200, "application/msgpack"): DocumentSerializer,
        },
        tags=["documents"],
    )
    def get(self, request: Request, document_id: UUID) -> Response:
        """The objects. As MessagePack each ring, and each line's points, are little-endian float32 x, y bytes."""
        document = access.document_for(person(request), document_id, Role.VIEWER)
        revision = _revision_of(request, document)
        image = document.image
        packed = request.accepted_renderer.format == MessagePackRenderer.format
        writer = ObjectWriter(image.width, image.height, as_bytes if packed else as_numbers)
        rows = _rows(document, revision, integers(request, "class"))
        objects = writer.many(rows)
        return Response(
            {
                "id": str(document.pk),
                "image": str(image.pk),
                "project": str(image.project_id),
                "role": document.role,
                "revision": document.revision if revision is None else revision,
                "head": document.revision,
                "width": image.width,
                "height": image.height,
                "annotations": objects,
                "models": models_named({row.source_ref for row in rows if row.source == "model"}),
            }
        )


class ChangesView(View):
    """Saving."""

    @extend_schema(
        operation_id="change_document", request=ChangeSetSerializer, responses=_CHANGED, tags=["documents"]
    )
    def post(self, request: Request, document_id: UUID) -> Response:
        """Store and delete objects as one revision, or nothing. Sent again with its key, it answers the same."""
        document = access.document_for(person(request), document_id, Role.ANNOTATOR)
        given = read_change_set(request.data, document)
        try:
            result = document_change(
                document=document,
                user=person(request),
                base_revision=given.base_revision,
                key=given.key,
                put=given.put,
                delete=given.delete,
                note=given.note,
            )
        except StaleObjects as error:
            raise _with_conflicts(error, document) from None
        return Response(_result_body(result, document))


class HistoryView(View):
    """What was done to a document."""

    @extend_schema(
        operation_id="document_history",
        responses=page_shape(RevisionSerializer),
        tags=["documents"],
        **paged(),
    )
    def get(self, request: Request, document_id: UUID) -> Response:
        """The revisions, newest first."""
        document = access.document_for(person(request), document_id, Role.VIEWER)
        before = integer(request, "cursor")
        page = history(document, before=before, limit=limit_of(request.query_params))
        results = RevisionSerializer(page.results, many=True).data
        return Response({"results": results, "next": None if page.next is None else str(page.next)})


class RestoreView(View):
    """Going back."""

    @extend_schema(
        operation_id="restore_document",
        request=RestoreInputSerializer,
        responses=_CHANGED,
        tags=["documents"],
    )
    def post(self, request: Request, document_id: UUID) -> Response:
        """Give the document, or some objects of it, the state of an earlier revision, as a new revision."""
        document = access.document_for(person(request), document_id, Role.ANNOTATOR)
        given = read(RestoreInputSerializer, request)
        try:
            result = document_restore(document=document, user=person(request), **given)
        except StaleObjects as error:
            raise _with_conflicts(error, document) from None
        return Response(_result_body(result, document))


def _rows(document: Document, revision: int | None, classes: list[int]) -> list[AnnotationRow]:
    """The objects as of `revision`, or as of the revision that `document` was read with.

    The current rows are found faster than those of a named revision, so they are tried first: they are right unless
    somebody saved between the two reads.
    """
    if revision is not None:
        return annotations_at(document, revision, classes)
    rows = annotations_at(document, None, classes)
    if Document.objects.filter(pk=document.pk, revision=document.revision).exists():
        return rows
    return annotations_at(document, document.revision, classes)


def _result_body(result: ChangeResult, document: Document) -> dict[str, Any]:
    writer = _writer(document)
    others = {"put": writer.many(result.others.put), "delete": list(result.others.delete)}
    return {"revision": result.revision, "versions": result.versions, "others": others}


def _with_conflicts(error: StaleObjects, document: Document) -> StaleObjects:
    """The error, with the objects as they are now in the problem's own members."""
    writer = _writer(document)

    def body(stale: StaleObject) -> dict[str, Any]:
        current = None if stale.current is None else writer.one(stale.current)
        return {"id": stale.id, "base": stale.base or None, "current": current}

    error.extra = {"revision": error.revision, "conflicts": [body(one) for one in error.conflicts]}  # type: ignore[attr-defined]
    return error


def _writer(document: Document) -> ObjectWriter:
    return ObjectWriter(document.image.width, document.image.height)


def _revision_of(request: Request, document: Document) -> int | None:
    revision = integer(request, "revision")
    if revision is not None and revision > document.revision:
        refuse(
            "revision",
            _("there is no revision %(number)s; the newest is %(head)s")
            % {"number": revision, "head": document.revision},
        )
    return revision
