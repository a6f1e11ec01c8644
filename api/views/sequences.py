"""Sequences: the frames of an image's group, and the objects that run through them."""

from __future__ import annotations

import time
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import CharField, IntegerField

from annotator.core.errors import NotFound
from annotator.models import Role
from annotator.selectors.sequence import frames_of, place_in, tracks_of
from annotator.services import access
from annotator.services.propagate import propose
from annotator.services.tracking import Outcome, Plan, fill_start
from api.queries import integer
from api.schema import query
from api.serializers.base import page_shape, read
from api.serializers.sequence import (
    FillInputSerializer,
    FillSerializer,
    FrameSerializer,
    PropagateInputSerializer,
    PropagateSerializer,
    TrackSerializer,
    frame_body,
    proposals_body,
    read_objects,
    track_body,
)
from api.views.base import View, person
from api.views.jobs import job_body

PAGE = 2000  # frames: about 250 bytes each


class SequenceView(View):
    """The frames of an image's group."""

    @extend_schema(
        operation_id="image_sequence",
        parameters=[query("cursor", "The `next` of the page before.", type_=int)],
        responses=page_shape(
            FrameSerializer,
            group=CharField(help_text="Empty for an image without one, which is a sequence of its own."),
            count=IntegerField(help_text="Of all pages."),
            position=IntegerField(help_text="Of this image, from 0."),
        ),
        tags=["sequences"],
    )
    def get(self, request: Request, image_id: UUID) -> Response:
        """The frames in their order, 2000 a page: by frame number, or by name where a picture has none."""
        image = access.image_for(person(request), image_id, Role.VIEWER)
        first = integer(request, "cursor") or 0
        frames = frames_of(image)
        return Response(
            {
                "results": [frame_body(one) for one in frames[first : first + PAGE]],
                "next": str(first + PAGE) if first + PAGE < len(frames) else None,
                "group": image.group,
                "count": len(frames),
                "position": place_in(frames, image),
            }
        )


class TracksView(View):
    """The objects of a sequence."""

    @extend_schema(operation_id="image_tracks", responses=page_shape(TrackSerializer), tags=["sequences"])
    def get(self, request: Request, image_id: UUID) -> Response:
        """The tracks that run through more than one frame of the image's sequence, on one page."""
        image = access.image_for(person(request), image_id, Role.VIEWER)
        return Response({"results": [track_body(one) for one in tracks_of(frames_of(image))], "next": None})


class FillView(View):
    """Objects into other frames."""

    @extend_schema(
        operation_id="fill",
        request=FillInputSerializer,
        responses={200: FillSerializer, 202: FillSerializer},
        tags=["sequences"],
    )
    def post(self, request: Request, image_id: UUID) -> Response:
        """Copy or propagate objects up to a frame, or interpolate between the keyframes of their tracks."""
        user = person(request)
        image = access.image_for(user, image_id, Role.ANNOTATOR)
        given = read(FillInputSerializer, request)
        until = access.image_for(user, given["until"], Role.ANNOTATOR) if given["until"] else None
        done = fill_start(plan=Plan(image, given["method"], tuple(given["objects"]), until), user=user)
        if isinstance(done, Outcome):
            return Response({"outcome": done.body(), "job": None})
        return Response({"outcome": None, "job": job_body(done)}, status=202)


class PropagateView(View):
    """Objects proposed for another image."""

    @extend_schema(
        operation_id="propagate",
        request=PropagateInputSerializer,
        responses=PropagateSerializer,
        tags=["sequences"],
    )
    def post(self, request: Request, image_id: UUID) -> Response:
        """Say where objects of this image are in another one, by optical flow. Nothing is saved."""
        user = person(request)
        image = access.image_for(user, image_id, Role.ANNOTATOR)
        given = read(PropagateInputSerializer, request)
        other = access.image_for(user, given["to"], Role.ANNOTATOR)
        if other.project != image.project:
            raise NotFound(_("no such image in this project"))
        objects = read_objects(given["objects"], image)
        began = time.perf_counter()
        found = propose(image, other, objects)
        elapsed = round((time.perf_counter() - began) * 1000)
        return Response({"objects": proposals_body(objects, found, other), "elapsed_ms": elapsed})
