"""Plans, trainings and the registry of models."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from annotator.core.comparison import compare
from annotator.core.errors import InvalidInput, NotFound, Problem
from annotator.models import ModelVersion, Role
from annotator.selectors import learning as select
from annotator.selectors.corrections import corrections_of
from annotator.selectors.model_card import model_card
from annotator.selectors.training_options import options_of
from annotator.services import access, model, training
from annotator.services.brought_model import MAP_SUFFIXES, brought_model_create
from api.pagination import Order, page_of
from api.queries import identity, integer, refuse, words
from api.schema import paged, query
from api.serializers.base import page_shape, read
from api.serializers.job import JobSerializer
from api.serializers.learning import (
    FILES,
    BroughtModelSerializer,
    ComparisonSerializer,
    CorrectionsSerializer,
    CurveSerializer,
    LearningCurveSerializer,
    ModelChangesSerializer,
    ModelDetailSerializer,
    ModelSerializer,
    PlanInputSerializer,
    PromoteInputSerializer,
    TrainingInputSerializer,
    TrainingOptionsSerializer,
    WorstSerializer,
    download_name,
    model_body,
    model_detail,
    options_body,
    round_body,
    worst_body,
)
from api.uploads import Upload, form_text, named_files
from api.views.base import View, person
from api.views.files import FileRenderer, file_answer
from api.views.jobs import job_body

NEWEST_FIRST = Order(("-number", "-id"))
MODEL_PAGE = page_shape(ModelSerializer)
STATES = "training, failed, candidate, champion, retired"


class PlansView(View):
    """What a training would do."""

    @extend_schema(
        operation_id="start_plan",
        request=PlanInputSerializer,
        responses={202: JobSerializer},
        tags=["learning"],
    )
    def post(self, request: Request, project_id: UUID) -> Response:
        """Work out a plan; the job's result is `{plan, reasons, fingerprint, version, device}`. Freezes nothing."""
        project = access.project_for(person(request), project_id, Role.MANAGER)
        job = training.plan_start(project=project, user=person(request), **read(PlanInputSerializer, request))
        return Response(job_body(job), status=202)


class TrainingsView(View):
    """Training models."""

    @extend_schema(
        operation_id="start_training",
        request=TrainingInputSerializer,
        responses={202: JobSerializer},
        tags=["learning"],
    )
    def post(self, request: Request, project_id: UUID) -> Response:
        """Start training; `parameters.model` of the job is the new model. Without a version the project is frozen."""
        project = access.project_for(person(request), project_id, Role.MANAGER)
        given = read(TrainingInputSerializer, request)
        return Response(
            job_body(training.training_start(project=project, user=person(request), **given)), status=202
        )


class TrainingOptionsView(View):
    """What the training dialog offers."""

    @extend_schema(operation_id="training_options", responses=TrainingOptionsSerializer, tags=["learning"])
    def get(self, request: Request, project_id: UUID) -> Response:
        """Architectures, encoders, weights, how much is labelled, what is missing, and what would train."""
        project = access.project_for(person(request), project_id, Role.VIEWER)
        return Response(options_body(options_of(project)))


class ProjectModelsView(View):
    """A project's models."""

    parser_classes = (MultiPartParser,)

    @extend_schema(
        operation_id="list_project_models",
        responses=MODEL_PAGE,
        tags=["learning"],
        **paged(query("state", f"By comma, of {STATES}."), query("purpose", "By comma.")),
    )
    def get(self, request: Request, project_id: UUID) -> Response:
        """The models, newest first."""
        project = access.project_for(person(request), project_id, Role.VIEWER)
        return _page(select.models_of(project), request)

    @extend_schema(
        operation_id="bring_model",
        request={"multipart/form-data": BroughtModelSerializer},
        responses={202: JobSerializer},
        tags=["learning"],
    )
    def post(self, request: Request, project_id: UUID) -> Response:
        """Bring an ONNX model with a label map; the job tries it out, and then it is a candidate."""
        project = access.project_for(person(request), project_id, Role.MANAGER)
        onnx, label_map = _model_and_map(named_files(request))
        job = brought_model_create(
            project=project,
            user=person(request),
            model=onnx.file,  # type: ignore[arg-type]
            label_map=label_map.file.read(),
            map_name=label_map.name,
            name=form_text(request, "name"),
            kind=form_text(request, "kind"),
            settings=_json_map(form_text(request, "settings"), "settings"),
        )
        return Response(job_body(job), status=202)


class ModelsView(View):
    """Models of any project of mine."""

    @extend_schema(
        operation_id="list_models",
        responses=MODEL_PAGE,
        tags=["learning"],
        **paged(
            query("project", "Whose models.", type_=UUID),
            query("state", f"By comma, of {STATES}."),
            query("purpose", "By comma."),
        ),
    )
    def get(self, request: Request) -> Response:
        """The models of one project, newest first."""
        wanted = identity(request, "project")
        if wanted is None:
            refuse("project", _("say whose models: the id of a project"))
        project = access.project_for(person(request), wanted, Role.VIEWER)
        return _page(select.models_of(project), request)


class ModelView(View):
    """One model."""

    @extend_schema(operation_id="model", responses=ModelDetailSerializer, tags=["learning"])
    def get(self, request: Request, model_id: UUID) -> Response:
        """The model with its plan, reasons, metrics, settings and files."""
        return _shown(access.model_for(person(request), model_id, Role.VIEWER))

    @extend_schema(
        operation_id="change_model",
        request=ModelChangesSerializer,
        responses=ModelDetailSerializer,
        tags=["learning"],
    )
    def patch(self, request: Request, model_id: UUID) -> Response:
        """Change the name, the note, or settings of prediction."""
        found = access.model_for(person(request), model_id, Role.MANAGER)
        return _shown(model.model_update(model=found, changes=read(ModelChangesSerializer, request)))


class PromoteView(View):
    """Champions."""

    @extend_schema(
        operation_id="promote_model",
        request=PromoteInputSerializer,
        responses=ModelDetailSerializer,
        tags=["learning"],
    )
    def post(self, request: Request, model_id: UUID) -> Response:
        """Make it the champion. 409 `worse-than-champion` with `comparison` where it is, unless `force` is set."""
        found = access.model_for(person(request), model_id, Role.MANAGER)
        force = read(PromoteInputSerializer, request)["force"]
        return _shown(model.model_promote(model=found, user=person(request), force=force))


class RetireView(View):
    """Taking out of use."""

    @extend_schema(
        operation_id="retire_model", request=None, responses=ModelDetailSerializer, tags=["learning"]
    )
    def post(self, request: Request, model_id: UUID) -> Response:
        """Take a candidate or the champion out of use; it can be promoted again."""
        return _shown(model.model_retire(model=access.model_for(person(request), model_id, Role.MANAGER)))


class ComparisonView(View):
    """Two models."""

    @extend_schema(operation_id="compare_models", responses=ComparisonSerializer, tags=["learning"])
    def get(self, request: Request, model_id: UUID, other_id: UUID) -> Response:
        """How much better the first is than the other, paired on the images that both were measured on."""
        one = access.model_for(person(request), model_id, Role.VIEWER)
        other = access.model_for(person(request), other_id, Role.VIEWER)
        if one.project != other.project:
            raise NotFound(_("the two models are not of one project"))
        return Response(compare(one.metrics, other.metrics).as_dict())


class CurveView(View):
    """A training while it runs, and afterwards."""

    @extend_schema(
        operation_id="model_curve",
        parameters=[query("after", "Only points with a higher id.", type_=int)],
        responses=CurveSerializer,
        tags=["learning"],
    )
    def get(self, request: Request, model_id: UUID) -> Response:
        """The points of the curves, in the order in which they came. A resumed training says a step again."""
        found = access.model_for(person(request), model_id, Role.VIEWER)
        points, following = select.curve_after(found, integer(request, "after") or 0)
        rows = [{"id": one.pk, "kind": one.kind, "step": one.step, "values": one.values} for one in points]
        return Response({"results": rows, "next": following})


class ModelFileView(View):
    """What can be downloaded of a model."""

    renderer_classes = (FileRenderer,)

    @extend_schema(
        operation_id="model_file",
        parameters=[query("step", "Of a strip; the newest when left out.", type_=int)],
        responses={(200, "*/*"): OpenApiTypes.BINARY},
        tags=["learning"],
    )
    def get(self, request: Request, model_id: UUID, name: str) -> HttpResponseBase:
        """The weights, onnx, torchscript, label_map, script, card (Markdown), or a strip of validation images."""
        found = access.model_for(person(request), model_id, Role.VIEWER)
        if name not in FILES:
            values = {"name": name[:40], "names": ", ".join(FILES)}
            raise NotFound(_("there is no file %(name)s; there are %(names)s") % values)
        if name == "card":
            return _card(select.model_shown(found.pk))
        if name == "strip":
            return file_answer(request, _strip(found, integer(request, "step")), None)
        if name not in found.files:
            raise NotFound(_("this model has no %(name)s") % {"name": name})
        return file_answer(request, found.files[name]["stored"], download_name(found, name))


class WorstView(View):
    """Where a model does badly."""

    @extend_schema(operation_id="worst_images", responses=WorstSerializer, tags=["learning"])
    def get(self, request: Request, model_id: UUID) -> Response:
        """The images of the evaluation with the lowest scores, the worst first."""
        found = access.model_for(person(request), model_id, Role.VIEWER)
        return Response(worst_body(found, select.worst_of(found)))


class CorrectionsView(View):
    """What people made of a model's proposals."""

    @extend_schema(operation_id="model_corrections", responses=CorrectionsSerializer, tags=["learning"])
    def get(self, request: Request, model_id: UUID) -> Response:
        """How many pre-labels people accepted, rejected and deleted, and how far they changed the accepted ones."""
        return Response(corrections_of(access.model_for(person(request), model_id, Role.VIEWER)))


class LearningCurveView(View):
    """A project's rounds."""

    @extend_schema(operation_id="learning_curve", responses=LearningCurveSerializer, tags=["learning"])
    def get(self, request: Request, project_id: UUID) -> Response:
        """The models by the labelled images that each learned from, with intervals."""
        rounds, note = select.learning_curve(access.project_for(person(request), project_id, Role.VIEWER))
        return Response({"results": [round_body(one) for one in rounds], "note": note})


def _page(models: Any, request: Request) -> Response:
    for field in ("state", "purpose"):
        if wanted := words(request, field):
            models = models.filter(**{f"{field}__in": wanted})
    return Response(page_of(models, NEWEST_FIRST, request.query_params).body(model_body))


def _shown(found: ModelVersion) -> Response:
    return Response(model_detail(select.model_shown(found.pk)))


def _card(found: ModelVersion) -> HttpResponse:
    name = download_name(found, "card")
    return HttpResponse(
        model_card(found, script=download_name(found, "script")),
        content_type="text/markdown; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name.encode("ascii", "ignore").decode()}"'},
    )


def _strip(found: ModelVersion, step: int | None) -> str:
    strips = found.files.get("strips", [])
    chosen = [one for one in strips if step is None or one["step"] == step]
    if not chosen:
        raise NotFound(_("this model has no such strip"))
    return chosen[-1]["stored"]


def _model_and_map(uploads: list[Upload]) -> tuple[Upload, Upload]:
    """The two files of a brought model.

    Raises:
        InvalidInput: there are not one of each, or one is too large.
    """
    onnx = [one for one in uploads if one.name.lower().endswith(".onnx")]
    maps = [one for one in uploads if one.name.lower().endswith(MAP_SUFFIXES)]
    if len(onnx) != 1 or len(maps) != 1 or len(uploads) != 2:
        names = ", ".join(one.name for one in uploads)[:200]
        message = _("one .onnx file and one label map (.pbtxt or .json) are needed, not %(names)s")
        raise InvalidInput(message % {"names": names}, [Problem("files", message % {"names": names})])
    if problems := [Problem(one.name, one.too_large) for one in uploads if one.too_large]:
        raise InvalidInput(problems[0].message, problems)
    return onnx[0], maps[0]


def _json_map(text: str, name: str) -> dict[str, Any]:
    try:
        value = orjson.loads(text) if text else {}
    except orjson.JSONDecodeError:
        value = None
    if not isinstance(value, dict):
        message = _('a JSON object is needed, such as {"confidence": 0.5}')
        raise InvalidInput(f"{name}: {message}", [Problem(name, message)])
    return value
