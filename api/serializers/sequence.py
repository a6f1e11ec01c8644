"""Sequences as they travel: frames, tracks, and what filling is asked and answers.

Owns the shapes only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from annotator.core.document import Annotation, Kind
from annotator.core.errors import InvalidInput
from annotator.core.packing import kind_of, pack
from annotator.models import ImageAsset, ImageStatus
from annotator.selectors.sequence import Frame, Track
from annotator.services.objects import check_objects, schemas_of
from annotator.services.propagate import Proposal
from annotator.services.tracking import METHODS, MOST_OBJECTS
from api.serializers.base import Input
from api.serializers.document import RleSerializer, ring_field
from api.serializers.job import JobSerializer
from api.serializers.objects import ObjectReader, ObjectWriter


class FrameSerializer(serializers.Serializer):
    """One image of a sequence; its thumbnail is at `/images/{id}/thumbnail`."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    frame = serializers.IntegerField(allow_null=True, help_text="Its number in the video, from 1.")
    timestamp = serializers.FloatField(allow_null=True, help_text="Seconds.")
    status = serializers.ChoiceField(choices=ImageStatus.choices)
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    object_count = serializers.IntegerField()
    document = serializers.UUIDField()
    revision = serializers.IntegerField()


class TrackSerializer(serializers.Serializer):
    """One object through the frames. Places count from 0 in the sequence."""

    id = serializers.UUIDField()
    class_index = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=[kind.value for kind in Kind])
    keyframes = serializers.ListField(child=serializers.IntegerField(), help_text="Where somebody drew it.")
    filled = serializers.ListField(
        child=serializers.IntegerField(), help_text="Where it was made from other frames."
    )


class FillInputSerializer(Input):
    """Which objects of the image go into which other frames of its sequence."""

    method = serializers.ChoiceField(choices=METHODS)
    objects = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        default=list,
        max_length=MOST_OBJECTS,
        help_text="All of the image when left out.",
    )
    until = serializers.UUIDField(
        required=False,
        allow_null=True,
        default=None,
        help_text="The last image that is filled, before or after this one; not for interpolation.",
    )


class SkippedSerializer(serializers.Serializer):
    image = serializers.UUIDField()
    name = serializers.CharField()
    reason = serializers.CharField()


class OutcomeSerializer(serializers.Serializer):
    saved = serializers.IntegerField(help_text="Objects that were put.")
    frames = serializers.IntegerField(help_text="That changed.")
    kept = serializers.IntegerField(help_text="Objects left as a person had them.")
    unchanged = serializers.IntegerField(help_text="Objects that were right already.")
    skipped = SkippedSerializer(many=True, help_text="At most 200: frames left out, objects refused or lost.")
    skipped_count = serializers.IntegerField()


class FillSerializer(serializers.Serializer):
    """Either what became of it, or the job that does it, whose result is the same shape."""

    outcome = OutcomeSerializer(allow_null=True)
    job = JobSerializer(allow_null=True)


class PropagateInputSerializer(Input):
    to = serializers.UUIDField(help_text="Another image, of the same project and size.")
    objects = serializers.ListField(
        child=serializers.DictField(),
        min_length=1,
        max_length=MOST_OBJECTS,
        help_text="As a change set's `put` carries them, without `base`.",
    )


class ProposedSerializer(serializers.Serializer):
    """A shape in the other image, in the field of its kind; `kind` is null where nothing of it was found."""

    id = serializers.UUIDField(help_text="Of the object that was sent.")
    kind = serializers.ChoiceField(choices=[kind.value for kind in Kind], allow_null=True)
    confidence = serializers.FloatField(help_text="0..1: how sure it is that this is it.")
    polygons = serializers.ListField(child=serializers.ListField(child=ring_field()), required=False)
    rle = RleSerializer(required=False)
    box = serializers.ListField(child=serializers.FloatField(), required=False)
    points = serializers.ListField(child=serializers.FloatField(), required=False)


class PropagateSerializer(serializers.Serializer):
    objects = ProposedSerializer(many=True)
    elapsed_ms = serializers.IntegerField()


def read_objects(items: Sequence[Any], image: ImageAsset) -> list[Annotation]:
    """The objects of a body for an image.

    Raises:
        InvalidInput: naming everything that is wrong as `objects[3].box`.
    """
    reader = ObjectReader(width=image.width, height=image.height)
    found = [reader.annotation(item, f"objects[{at}]") for at, item in enumerate(items)]
    if reader.problems:
        raise InvalidInput(
            _("%(count)s values are not right") % {"count": len(reader.problems)}, reader.problems
        )
    objects = [one for one in found if one is not None]
    checked, problems = check_objects(
        objects, width=image.width, height=image.height, schemas=schemas_of(image.project), where="objects"
    )
    if problems:
        raise InvalidInput(f"{problems[0].where}: {problems[0].message}", problems)
    return [replace(one.annotation, geometry=one.geometry) for one in checked]


def proposals_body(
    objects: Sequence[Annotation], found: Sequence[Proposal | None], image: ImageAsset
) -> list[dict[str, Any]]:
    """What was found, as objects travel."""
    writer = ObjectWriter(image.width, image.height)
    bodies: list[dict[str, Any]] = []
    for one, proposal in zip(objects, found, strict=True):
        if proposal is None:
            bodies.append({"id": one.id, "kind": None, "confidence": 0.0})
            continue
        kind = kind_of(proposal.geometry)
        name, value = writer.geometry(kind, pack(proposal.geometry))
        bodies.append({"id": one.id, "kind": kind, "confidence": round(proposal.confidence, 4), name: value})
    return bodies


def frame_body(frame: Frame) -> dict[str, Any]:
    return frame._asdict()


def track_body(track: Track) -> dict[str, Any]:
    return {
        "id": track.id,
        "class_index": track.class_index,
        "kind": track.kind,
        "keyframes": track.keyframes,
        "filled": track.filled,
    }
