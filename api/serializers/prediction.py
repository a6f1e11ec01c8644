"""What models see in images, and the ranked queue, as they travel."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from annotator.models import ImageStatus, Prediction, QueueEntry
from api.serializers.base import Input
from api.serializers.document import ModelRefSerializer, ObjectFieldsSerializer
from api.serializers.image import QUEUE_REASONS, SPLITS, thumbnail_url


class PredictedObjectSerializer(ObjectFieldsSerializer):
    """An object that a model proposes: an annotation to be, with the model's confidence."""

    score = serializers.FloatField(allow_null=True, help_text="Calibrated confidence, 0..1.")
    uncertainty = serializers.FloatField(allow_null=True, required=False, help_text="0..1.")
    bbox = serializers.ListField(child=serializers.FloatField(), min_length=4, max_length=4)
    area = serializers.FloatField()
    z = serializers.IntegerField(required=False)
    attributes = serializers.DictField(required=False)
    is_crowd = serializers.BooleanField(required=False)


class PredictionSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    image = serializers.UUIDField()
    model = ModelRefSerializer()
    objects = PredictedObjectSerializer(many=True)
    rejected = serializers.ListField(child=serializers.UUIDField(), help_text="Ids that people rejected.")
    score = serializers.FloatField(allow_null=True, help_text="Mean confidence.")
    uncertainty = serializers.FloatField(allow_null=True, help_text="The image's, 0..1.")
    class_uncertainty = serializers.DictField(child=serializers.FloatField(), help_text="By class index.")
    overlay = serializers.CharField(allow_null=True, help_text="Where the map of uncertainty is.")
    created = serializers.DateTimeField()


def prediction_body(row: Prediction) -> dict[str, Any]:
    return {
        "id": row.pk,
        "image": row.image_id,  # pyright: ignore[reportAttributeAccessIssue]
        "model": {"id": row.model.pk, "number": row.model.number, "name": row.model.name},
        "objects": row.content,
        "rejected": row.rejected,
        "score": row.score,
        "uncertainty": row.uncertainty,
        "class_uncertainty": row.class_uncertainty,
        "overlay": f"/api/v1/predictions/{row.pk}/overlay" if row.overlay else None,
        "created": row.created,
    }


class PredictInputSerializer(Input):
    images = serializers.ListField(
        child=serializers.UUIDField(), required=False, min_length=1, max_length=10_000
    )
    scope = serializers.ChoiceField(choices=["unlabelled", "all"], required=False)
    again = serializers.BooleanField(default=False, help_text="Also those that it has predicted before.")


class ObjectsInputSerializer(Input):
    objects = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=20_000)


class QueuedImageSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    thumbnail = serializers.CharField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    status = serializers.ChoiceField(choices=ImageStatus.choices)
    split = serializers.ChoiceField(choices=SPLITS)
    group = serializers.CharField()


class QueueEntrySerializer(serializers.Serializer):
    """An image's place in the ranked queue, and why it stands there."""

    image = QueuedImageSerializer()
    position = serializers.IntegerField(help_text="0 first.")
    reason = serializers.ChoiceField(choices=QUEUE_REASONS)
    score = serializers.FloatField(help_text="Of acquisition.")
    minutes = serializers.FloatField(allow_null=True, help_text="That it should take.")
    model = ModelRefSerializer(allow_null=True)
    created = serializers.DateTimeField()

    def get_fields(self) -> dict[str, Any]:
        # `class` is no name that Python gives an attribute.
        index = serializers.IntegerField(
            allow_null=True, help_text="Of an uncertain one, where it is one class."
        )
        return {"class": index, **super().get_fields()}


def entry_body(row: QueueEntry) -> dict[str, Any]:
    image = row.image
    return {
        "image": {
            "id": image.pk,
            "name": image.name,
            "thumbnail": thumbnail_url(image.pk),
            "width": image.width,
            "height": image.height,
            "status": image.status,
            "split": image.split,
            "group": image.group,
        },
        "position": row.position,
        "reason": row.reason,
        "class": row.reason_class,
        "score": row.score,
        "minutes": row.minutes,
        "model": {"id": row.model.pk, "number": row.model.number, "name": row.model.name}
        if row.model
        else None,
        "created": row.created,
    }
