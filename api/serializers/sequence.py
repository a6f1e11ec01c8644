"""Sequences as they travel: frames, tracks, and what filling is asked and answers.

Owns the shapes only.
"""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from annotator.core.document import Kind
from annotator.models import ImageStatus
from annotator.selectors.sequence import Frame, Track


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
