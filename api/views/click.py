"""Click to segment: making an image ready for a model, and a proposal for what is marked. Nothing is saved."""

from __future__ import annotations

import time
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotator.clicks import interface
from annotator.clicks.registry import Entry
from annotator.models import ImageAsset, Role, User
from annotator.selectors.click import (
    FAILED,
    MEMORY,
    READY,
    checked_window,
    choice_for,
    embedding_of,
    model_named,
    readiness,
    window_for,
    window_key,
)
from annotator.selectors.region import Frame, region_pixels
from annotator.services import access
from annotator.services.embedding import embedding_lost, embedding_request
from api.serializers.assist import Window
from api.serializers.base import page_shape, read
from api.serializers.click import (
    ClickInputSerializer,
    ClickModelSerializer,
    ClickSerializer,
    EmbeddingInputSerializer,
    EmbeddingSerializer,
    NotReady,
    click_body,
    embedding_body,
    model_body,
    prompt_of,
)
from api.views.base import View, person


class ClickModelsView(View):
    """The models that turn clicks into masks."""

    @extend_schema(operation_id="click_models", responses=page_shape(ClickModelSerializer), tags=["assists"])
    def get(self, request: Request, image_id: UUID) -> Response:
        """The project's own click models and this installation's, the broken ones too, and whether the image is
        ready for each."""
        image = access.image_for(person(request), image_id, Role.VIEWER)
        choice, whole = choice_for(image.project_id), window_for(image, None)  # pyright: ignore[reportAttributeAccessIssue]
        found = [
            model_body(
                one,
                default=choice.default,
                state=readiness(image, one, whole).state if one.segmenter else "broken",
                needed=choice.needed.get(one.name),
            )
            for one in choice.entries
        ]
        return Response({"results": found, "next": None})


class EmbeddingsView(View):
    """An image as a click model sees it."""

    @extend_schema(
        operation_id="prepare_clicks",
        request=EmbeddingInputSerializer,
        responses=EmbeddingSerializer,
        tags=["assists"],
    )
    def post(self, request: Request, image_id: UUID) -> Response:
        """Make the image, or the window for what is on the screen, ready for clicks; say how far it is.

        Asking again changes nothing: ask until the state is `ready` (or `failed`).
        """
        user = person(request)
        image = access.image_for(user, image_id, Role.ANNOTATOR)
        given = read(EmbeddingInputSerializer, request)
        entry = model_named(given["model"], image.project_id)  # pyright: ignore[reportAttributeAccessIssue]
        frame = window_for(image, tuple(given["view"]) if given["view"] else None)
        found = embedding_request(user=user, image=image, entry=entry, frame=frame)
        return Response(embedding_body(entry, frame, found, project=image.project_id))  # pyright: ignore[reportAttributeAccessIssue]


class ClickView(View):
    """One proposal."""

    @extend_schema(
        operation_id="click", request=ClickInputSerializer, responses=ClickSerializer, tags=["assists"]
    )
    def post(self, request: Request, image_id: UUID) -> Response:
        """Propose a mask for the points, strokes and box. 409 `not-ready` while the image is being made ready."""
        user = person(request)
        image = access.image_for(user, image_id, Role.ANNOTATOR)
        given = read(ClickInputSerializer, request)
        began = time.perf_counter()
        entry = model_named(given["model"], image.project_id)  # pyright: ignore[reportAttributeAccessIssue]
        frame = checked_window(image, tuple(given["region"]) if given["region"] else None)
        embedding = _embedding(user, image, entry, frame)
        window = Window(image, frame, embedding.width, embedding.height)
        prompt = prompt_of(given, window)
        assert entry.segmenter is not None
        proposal = entry.segmenter.predict(embedding, prompt)
        return Response(click_body(proposal, entry, window, time.perf_counter() - began))


def _embedding(user: User, image: ImageAsset, entry: Entry, frame: Frame) -> interface.Embedding:
    """The window as the model sees it.

    Raises:
        NotReady: it is being made. InvalidInput: it could not be made.
    """
    assert entry.segmenter is not None
    if not entry.segmenter.ahead:
        return _on_the_spot(image, entry, frame)
    found = embedding_request(user=user, image=image, entry=entry, frame=frame)
    if found.state == READY and found.row is not None:
        kept = embedding_of(found.row.stored)
        if kept is not None:
            return kept
        embedding_lost(row=found.row)
        found = embedding_request(user=user, image=image, entry=entry, frame=frame)
    body = embedding_body(entry, frame, found, project=image.project_id)  # pyright: ignore[reportAttributeAccessIssue]
    if found.state == FAILED:
        raise NotReady(_("the image could not be made ready: %(reason)s") % {"reason": found.detail}, body)
    raise NotReady(_("the image is being made ready for this model; try again in a moment"), body)


def _on_the_spot(image: ImageAsset, entry: Entry, frame: Frame) -> interface.Embedding:
    """A model without an encoder only scales the picture down: that is kept in memory alone."""
    assert entry.segmenter is not None
    key = f"{image.sha256} {entry.segmenter.version} {window_key(frame)}"
    kept = MEMORY.get(key)
    if kept is None:
        kept = entry.segmenter.embed(region_pixels(image, frame))
        MEMORY.put(key, kept)
    return kept
