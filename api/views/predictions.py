"""Pre-labelling: predictions of images, what people reject of them, and the ranked queue."""

from __future__ import annotations

from uuid import UUID

from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import IntegerField

from annotator.core.errors import NotFound
from annotator.models import Role
from annotator.selectors import learning as select
from annotator.services import access, prediction
from annotator.services.ranking import ranking_request
from api.pagination import Order, page_of
from api.queries import identity
from api.schema import NO_CONTENT, paged, query
from api.serializers.base import page_shape, read
from api.serializers.job import JobSerializer
from api.serializers.prediction import (
    ObjectsInputSerializer,
    PredictInputSerializer,
    PredictionSerializer,
    QueueEntrySerializer,
    entry_body,
    prediction_body,
)
from api.views.base import View, person
from api.views.files import FileRenderer, file_answer
from api.views.jobs import job_body

QUEUE_ORDER = Order(("position", "id"))


class PredictView(View):
    """Batch pre-labelling."""

    @extend_schema(
        operation_id="predict",
        request=PredictInputSerializer,
        responses={202: JobSerializer},
        tags=["learning"],
    )
    def post(self, request: Request, model_id: UUID) -> Response:
        """Have a model look at images. Up to 50 by an annotator, more or a scope by a manager; never test images."""
        model = access.model_for(person(request), model_id, Role.ANNOTATOR)
        given = read(PredictInputSerializer, request)
        if given.get("images") is None or len(given["images"]) > prediction.FEW_IMAGES:
            access.require_role(user=person(request), project=model.project, role=Role.MANAGER)
        return Response(
            job_body(prediction.predict_start(model=model, user=person(request), **given)), status=202
        )


class PredictionsView(View):
    """What a model sees in an image."""

    @extend_schema(
        operation_id="image_prediction",
        parameters=[query("model", "Of this model; of the champion when left out.", type_=UUID)],
        responses={200: PredictionSerializer, 204: NO_CONTENT[204]},
        tags=["learning"],
    )
    def get(self, request: Request, image_id: UUID) -> Response:
        """The objects that it proposes; 204 where it has not looked at the image."""
        image = access.image_for(person(request), image_id, Role.VIEWER)
        wanted = identity(request, "model")
        model = access.model_for(person(request), wanted, Role.VIEWER) if wanted else None
        if model is not None and model.project != image.project:
            raise NotFound(_("the model is of another project"))
        found = select.prediction_of(image, model)
        return Response(status=204) if found is None else Response(prediction_body(found))


class OverlayView(View):
    """Where a model is unsure."""

    renderer_classes = (FileRenderer,)

    @extend_schema(
        operation_id="prediction_overlay",
        responses={(200, "image/png"): OpenApiTypes.BINARY},
        tags=["learning"],
    )
    def get(self, request: Request, prediction_id: UUID) -> HttpResponseBase:
        """The map of uncertainty: a grey PNG, to be stretched over the image."""
        found = access.prediction_for(person(request), prediction_id, Role.VIEWER)
        if not found.overlay:
            raise NotFound(_("this prediction has no map of uncertainty"))
        return file_answer(request, found.overlay, None)


class RejectView(View):
    """Not this one."""

    @extend_schema(
        operation_id="reject_objects",
        request=ObjectsInputSerializer,
        responses=PredictionSerializer,
        tags=["learning"],
    )
    def post(self, request: Request, prediction_id: UUID) -> Response:
        """Reject predicted objects, so that they are no longer proposed."""
        found = access.prediction_for(person(request), prediction_id, Role.ANNOTATOR)
        objects = read(ObjectsInputSerializer, request)["objects"]
        return Response(prediction_body(prediction.prediction_reject(prediction=found, objects=objects)))


class RestoreView(View):
    """This one after all."""

    @extend_schema(
        operation_id="restore_objects",
        request=ObjectsInputSerializer,
        responses=PredictionSerializer,
        tags=["learning"],
    )
    def post(self, request: Request, prediction_id: UUID) -> Response:
        """Propose rejected objects again."""
        found = access.prediction_for(person(request), prediction_id, Role.ANNOTATOR)
        objects = read(ObjectsInputSerializer, request)["objects"]
        return Response(prediction_body(prediction.prediction_restore(prediction=found, objects=objects)))


class QueueView(View):
    """What to annotate next."""

    @extend_schema(
        operation_id="queue",
        responses=page_shape(QueueEntrySerializer, count=IntegerField(help_text="Of all pages.")),
        tags=["learning"],
        **paged(query("reason", "Only of this reason.", choices=["uncertain", "diverse", "random"])),
    )
    def get(self, request: Request, project_id: UUID) -> Response:
        """The new images in the order in which they should be annotated, and why each stands where it does."""
        project = access.project_for(person(request), project_id, Role.VIEWER)
        entries = select.queue_of(project)
        if reason := request.query_params.get("reason"):
            entries = entries.filter(reason=reason)
        page = page_of(entries, QUEUE_ORDER, request.query_params)
        return Response({**page.body(entry_body), "count": entries.count()})


class RankingsView(View):
    """Ranking anew."""

    @extend_schema(
        operation_id="start_ranking", request=None, responses={202: JobSerializer}, tags=["learning"]
    )
    def post(self, request: Request, project_id: UUID) -> Response:
        """Rank the new images; answers the job that waits to do so, where there is one."""
        project = access.project_for(person(request), project_id, Role.MANAGER)
        return Response(job_body(ranking_request(project=project, user=person(request))), status=202)
