"""Dataset versions, and how data leaves and comes in: formats, exports, imports."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from annotator.core.errors import Conflict, InvalidInput, NotFound, Problem
from annotator.formats.registry import AUTO, FORMATS
from annotator.jobs import called
from annotator.models import DatasetVersion, JobState, Role
from annotator.selectors.version import version_diff, versions_of
from annotator.services import access
from annotator.services.export_job import export_start
from annotator.services.import_job import import_start
from annotator.services.version import version_freeze
from api.pagination import Order, page_of
from api.renderers import OrjsonParser
from api.schema import paged
from api.serializers.base import page_shape, read
from api.serializers.dataset import (
    ExportInputSerializer,
    FormatSerializer,
    ImportInputSerializer,
    ImportUploadSerializer,
    VersionDiffSerializer,
    VersionInputSerializer,
    VersionSerializer,
    diff_body,
)
from api.serializers.job import JobSerializer
from api.uploads import form_text, named_files
from api.views.base import View, person
from api.views.files import FileRenderer, file_answer
from api.views.jobs import job_body

NEWEST_FIRST = Order(("-number",))


class VersionsView(View):
    """A project's frozen datasets."""

    @extend_schema(
        operation_id="list_versions", responses=page_shape(VersionSerializer), tags=["datasets"], **paged()
    )
    def get(self, request: Request, project_id: UUID) -> Response:
        """The versions, newest first."""
        project = access.project_for(person(request), project_id, Role.VIEWER)
        return Response(page_of(versions_of(project), NEWEST_FIRST, request.query_params).body(version_body))

    @extend_schema(
        operation_id="create_version",
        request=VersionInputSerializer,
        responses={201: VersionSerializer},
        tags=["datasets"],
    )
    def post(self, request: Request, project_id: UUID) -> Response:
        """Freeze the project as it is now: images, objects, classes and splits."""
        project = access.project_for(person(request), project_id, Role.REVIEWER)
        version = version_freeze(
            project=project, user=person(request), **read(VersionInputSerializer, request)
        )
        return Response(version_body(version), status=201)


class VersionView(View):
    """One frozen dataset."""

    @extend_schema(operation_id="version", responses=VersionSerializer, tags=["datasets"])
    def get(self, request: Request, version_id: UUID) -> Response:
        """The version with its counts, changelog and classes."""
        return Response(version_body(access.version_for(person(request), version_id, Role.VIEWER)))


class VersionDiffView(View):
    """Two frozen datasets."""

    @extend_schema(operation_id="version_diff", responses=VersionDiffSerializer, tags=["datasets"])
    def get(self, request: Request, version_id: UUID, other_id: UUID) -> Response:
        """What changed from the older to the newer of two versions of a project, whichever is named first."""
        one = access.version_for(person(request), version_id, Role.VIEWER)
        other = access.version_for(person(request), other_id, Role.VIEWER)
        if one.project != other.project:
            raise NotFound(_("the two versions are not of one project"))
        older, newer = sorted((one, other), key=lambda version: version.number)
        return Response(diff_body(version_diff(older, newer)))


class FormatsView(View):
    """What Contorno reads and writes."""

    @extend_schema(operation_id="list_formats", responses=page_shape(FormatSerializer), tags=["datasets"])
    def get(self, request: Request) -> Response:
        """The formats with their options, on one page."""
        return Response({"results": [one.as_json() for one in FORMATS.values()], "next": None})


class ExportsView(View):
    """Data out."""

    @extend_schema(
        operation_id="start_export",
        request=ExportInputSerializer,
        responses={202: JobSerializer},
        tags=["datasets"],
    )
    def post(self, request: Request, version_id: UUID) -> Response:
        """Start writing a version in a format; the job's `/exports/{id}/file` is the ZIP when it has succeeded."""
        version = access.version_for(person(request), version_id, Role.REVIEWER)
        given = read(ExportInputSerializer, request)
        job = export_start(
            user=person(request), version=version, format=given["format"], options=given.get("options", {})
        )
        return Response(job_body(job), status=202)


class ExportFileView(View):
    """A finished export."""

    renderer_classes = (FileRenderer,)

    @extend_schema(
        operation_id="export_file",
        responses={(200, "application/zip"): OpenApiTypes.BINARY},
        tags=["datasets"],
    )
    def get(self, request: Request, job_id: UUID) -> HttpResponseBase:
        """The ZIP, as an attachment."""
        job = access.job_for(person(request), job_id, Role.VIEWER)
        if job.kind != "export":
            raise NotFound(_("this job is no export"))
        if job.state != JobState.SUCCEEDED or not job.result:
            raise Conflict(
                _("the export is %(state)s; there is a file when it has succeeded")
                % {"state": called(job.state)}
            )
        return file_answer(request, job.result["file"], job.result["name"])


class ImportsView(View):
    """Data in."""

    parser_classes = (OrjsonParser, MultiPartParser)

    @extend_schema(
        operation_id="start_import",
        request={"multipart/form-data": ImportUploadSerializer, "application/json": ImportInputSerializer},
        responses={202: JobSerializer},
        tags=["datasets"],
    )
    def post(self, request: Request, project_id: UUID) -> Response:
        """Start taking in images and annotations: a ZIP or a folder's files, or images at https addresses."""
        project = access.project_for(person(request), project_id, Role.MANAGER)
        as_json = request.content_type.startswith("application/json")
        given = read(ImportInputSerializer, request) if as_json else _uploaded(request)
        job = import_start(user=person(request), project=project, **given)
        return Response(job_body(job), status=202)


def _uploaded(request: Request) -> dict[str, Any]:
    """A multipart import; here one file that is too large stops everything."""
    uploads = named_files(request)
    if problems := [Problem(upload.name, upload.too_large) for upload in uploads if upload.too_large]:
        raise InvalidInput(_("%(count)s files are too large") % {"count": len(problems)}, problems)
    replace = form_text(request, "replace_existing").lower()
    if replace not in ("", "true", "false"):
        raise InvalidInput(
            _("replace_existing: %(value)r is neither true nor false") % {"value": replace[:40]}
        )
    return {
        "format": form_text(request, "format", AUTO),
        "files": [(upload.name, upload.file) for upload in uploads],
        "replace_existing": replace == "true",
        "video": _video(form_text(request, "video")),
    }


def _video(text: str) -> dict[str, Any]:
    """The field `video` of a multipart body: a JSON object, or nothing."""
    try:
        value = orjson.loads(text) if text else {}
    except orjson.JSONDecodeError:
        value = None
    if not isinstance(value, dict):
        message = _('a JSON object is needed, such as {"every": 5}')
        raise InvalidInput(f"video: {message}", [Problem("video", message)])
    return value


def version_body(version: DatasetVersion) -> dict[str, Any]:
    return dict(VersionSerializer(version).data)
