"""Assists: one classical method on a region of an image. The answer is a proposal; nothing is saved."""

from __future__ import annotations

import time
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotator.assist.registry import METHODS, run
from annotator.core.errors import NotFound
from annotator.models import Role
from annotator.selectors.region import frame_of, region_pixels
from annotator.services import access
from api.serializers.assist import (
    AssistInputSerializer,
    AssistMethodSerializer,
    AssistSerializer,
    Window,
    methods_body,
)
from api.serializers.base import page_shape, read
from api.views.base import View, person


class AssistsView(View):
    """The classical assists."""

    @extend_schema(
        operation_id="list_assists", responses=page_shape(AssistMethodSerializer), tags=["assists"]
    )
    def get(self, request: Request) -> Response:
        """The methods, the marks that each takes, and its parameters with their ranges."""
        return Response({"results": methods_body(), "next": None})


class AssistView(View):
    """One method on one region."""

    @extend_schema(
        operation_id="assist",
        parameters=[OpenApiParameter("method", str, OpenApiParameter.PATH, enum=list(METHODS))],
        request=AssistInputSerializer,
        responses=AssistSerializer,
        tags=["assists"],
    )
    def post(self, request: Request, image_id: UUID, method: str) -> Response:
        """Propose a mask (and labels, from methods that divide the region) for what is marked in the region."""
        image = access.image_for(person(request), image_id, Role.ANNOTATOR)
        if method not in METHODS:
            values = {"method": method, "methods": ", ".join(METHODS)}
            raise NotFound(_("there is no assist %(method)s; there are %(methods)s") % values)
        given = read(AssistInputSerializer, request)
        began = time.perf_counter()
        frame = frame_of(image, tuple(given["region"]))
        pixels = region_pixels(image, frame)
        window = Window(image, frame, pixels.shape[1], pixels.shape[0])
        outcome = run(method, pixels, given["parameters"], window.hints(given))
        return Response(window.body(outcome, time.perf_counter() - began))
