"""Sequences: the frames of an image's group, and the objects that run through them."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import CharField, IntegerField

from annotator.models import Role
from annotator.selectors.sequence import frames_of, place_in, tracks_of
from annotator.services import access
from api.queries import integer
from api.schema import query
from api.serializers.base import page_shape
from api.serializers.sequence import FrameSerializer, TrackSerializer, frame_body, track_body
from api.views.base import View, person

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
