"""Models, plans, trainings and what was measured of them, as they travel.

Owns the shapes. What a plan, a metric or a setting means is in docs/learning_formats.md: inside those maps the trainer
may say more than is named here.
"""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from annotator.models import Architecture, ModelState, ModelVersion, Purpose
from annotator.selectors.learning import Round, WorstImage
from annotator.selectors.training_options import Options
from annotator.services.export_job import plain_words
from api.serializers.base import Input, PersonSerializer, ProblemItemSerializer
from api.serializers.document import ModelRefSerializer
from api.serializers.image import SPLITS, thumbnail_url
from api.serializers.job import JobSerializer
from api.serializers.project import SplitCountsSerializer

VERDICTS = ["better", "worse", "same", "unknown"]
FILES = ["weights", "onnx", "torchscript", "label_map", "script", "card", "strip"]


class EstimateSerializer(serializers.Serializer):
    value = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True, required=False, help_text="Of the 95 % interval.")
    high = serializers.FloatField(allow_null=True, required=False)


class MetricsSerializer(serializers.Serializer):
    """What was measured, with intervals; empty while there is nothing. docs/learning_formats.md names the rest."""

    split = serializers.ChoiceField(choices=SPLITS, required=False)
    images = serializers.IntegerField(required=False)
    units = serializers.IntegerField(required=False, help_text="Groups: what intervals are resampled by.")
    enough = serializers.BooleanField(required=False, help_text="Whether they are enough to tell.")
    note = serializers.CharField(required=False, allow_blank=True)
    primary = serializers.CharField(required=False, allow_blank=True)
    values = serializers.DictField(child=EstimateSerializer(), required=False)
    classes = serializers.ListField(child=serializers.DictField(), required=False)
    confusion = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField()), required=False, allow_null=True
    )
    labels = serializers.ListField(child=serializers.CharField(), required=False)
    calibration = serializers.DictField(required=False, allow_null=True)
    clicks = serializers.DictField(required=False, allow_null=True)
    better = serializers.CharField(required=False, allow_blank=True)


METRIC_FIELDS = tuple(MetricsSerializer().fields)
LISTED_METRICS = (
    "split",
    "images",
    "units",
    "enough",
    "note",
    "primary",
    "values",
    "classes",
    "clicks",
    "better",
)


class VersionRefSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    number = serializers.IntegerField()
    name = serializers.CharField()


class ClassMapSerializer(serializers.Serializer):
    """A class that a model knows, in the order of its outputs."""

    index = serializers.IntegerField()
    name = serializers.CharField()
    colour = serializers.CharField()
    is_thing = serializers.BooleanField()


class ModelFileSerializer(serializers.Serializer):
    name = serializers.ChoiceField(choices=FILES)
    url = serializers.CharField()
    file_name = serializers.CharField(help_text="What a download is called.")
    size_bytes = serializers.IntegerField(allow_null=True)
    sha256 = serializers.CharField(allow_blank=True)


class ModelSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    project = serializers.UUIDField()
    number = serializers.IntegerField(help_text="Counts up in the project.")
    name = serializers.CharField()
    note = serializers.CharField()
    architecture = serializers.ChoiceField(choices=Architecture.choices)
    purpose = serializers.ChoiceField(choices=Purpose.choices)
    state = serializers.ChoiceField(choices=ModelState.choices)
    stopped = serializers.BooleanField(help_text="Ended early by a person; its best checkpoint was kept.")
    version = VersionRefSerializer(allow_null=True, help_text="The frozen dataset that it learned from.")
    parent = ModelRefSerializer(allow_null=True, help_text="Whose weights it began with.")
    job = JobSerializer(allow_null=True, help_text="That trains, or trained, it.")
    labelled_count = serializers.IntegerField(help_text="Training images that it learned from.")
    seconds = serializers.FloatField(help_text="Of training, over all attempts.")
    licence = serializers.CharField()
    created = serializers.DateTimeField()
    created_by = PersonSerializer(allow_null=True)
    finished = serializers.DateTimeField(allow_null=True)
    promoted = serializers.DateTimeField(allow_null=True, help_text="When it last became champion.")
    metrics = MetricsSerializer(help_text="In a list without what is long (confusion, calibration).")


class ModelDetailSerializer(ModelSerializer):
    plan = serializers.DictField()
    reasons = serializers.DictField(help_text="Why each value of the plan was chosen: {code, values, text}.")
    overrides = serializers.DictField(help_text="What a person chose instead.")
    class_map = ClassMapSerializer(many=True)
    seed = serializers.IntegerField()
    code_version = serializers.CharField()
    settings = serializers.DictField(help_text="What prediction uses: confidence, detections, mask, …")
    files = ModelFileSerializer(many=True)
    strips = serializers.ListField(
        child=serializers.IntegerField(), help_text="Steps of which there is a strip of validation images."
    )
    settings_changed = serializers.DateTimeField(allow_null=True)
    parts = ModelRefSerializer(many=True, help_text="Of a fused model.")


def model_body(model: ModelVersion) -> dict[str, Any]:
    """A model as lists show it; `selectors.learning.models_of` gives such rows."""
    return {
        "id": model.pk,
        "project": model.project_id,  # pyright: ignore[reportAttributeAccessIssue]
        "number": model.number,
        "name": model.name,
        "note": model.note,
        "architecture": model.architecture,
        "purpose": model.purpose,
        "state": model.state,
        "stopped": model.stopped,
        "version": _reference(model.version),
        "parent": _reference(model.parent),
        "job": dict(JobSerializer(model.job).data) if model.job else None,
        "labelled_count": model.labelled_count,
        "seconds": model.seconds,
        "licence": model.licence,
        "created": model.created,
        "created_by": dict(PersonSerializer(model.created_by).data) if model.created_by else None,
        "finished": model.finished,
        "promoted": model.promoted,
        "metrics": {key: model.metrics[key] for key in LISTED_METRICS if key in model.metrics},
    }


def model_detail(model: ModelVersion) -> dict[str, Any]:
    """A model with everything that its page shows."""
    fields = ("index", "name", "colour", "is_thing")
    return {
        **model_body(model),
        "metrics": {key: model.metrics[key] for key in METRIC_FIELDS if key in model.metrics},
        "plan": model.plan,
        "reasons": model.reasons,
        "overrides": model.overrides,
        "class_map": [{key: one[key] for key in fields} for one in model.class_map],
        "seed": model.seed,
        "code_version": model.code_version,
        "settings": model.settings,
        "settings_changed": model.settings_changed,
        "files": files_body(model),
        "strips": [one["step"] for one in model.files.get("strips", [])],
        "parts": [_reference(one) for one in model.parts.order_by("number")],
    }


def files_body(model: ModelVersion) -> list[dict[str, Any]]:
    """What can be downloaded of a model; the card is always there, being written when it is asked for."""
    found = [
        _file(model, name, one["size_bytes"], one["sha256"])
        for name, one in model.files.items()
        if name in FILES
    ]
    return [*found, _file(model, "card", None, "")]


def _file(model: ModelVersion, name: str, size: int | None, sha256: str) -> dict[str, Any]:
    url = f"/api/v1/models/{model.pk}/files/{name}"
    return {
        "name": name,
        "url": url,
        "file_name": download_name(model, name),
        "size_bytes": size,
        "sha256": sha256,
    }


DOWNLOADS = {
    "weights": "weights.safetensors",
    "onnx": "model.onnx",
    "torchscript": "model.pt",
    "label_map": "label_map.json",
    "script": "predict.py",
    "card": "card.md",
    "strip": "strip.jpg",
}


def download_name(model: ModelVersion, name: str) -> str:
    """A file name for people: `street-scenes-model3-weights.safetensors`."""
    return f"{plain_words(model.project.name)}-model{model.number}-{DOWNLOADS[name]}"


def _reference(row: Any) -> dict[str, Any] | None:
    return None if row is None else {"id": row.pk, "number": row.number, "name": row.name}


class PlanInputSerializer(Input):
    architecture = serializers.ChoiceField(choices=Architecture.choices)
    version = serializers.UUIDField(
        required=False, allow_null=True, help_text="The project as it is, when null."
    )
    parent = serializers.UUIDField(  # pyright: ignore[reportAssignmentType] -- a field, not DRF's attribute
        required=False, allow_null=True, help_text="A model to begin with."
    )
    overrides = serializers.DictField(required=False, help_text="Values of the plan that a person chose.")


class TrainingInputSerializer(PlanInputSerializer):
    version = serializers.UUIDField(required=False, allow_null=True, help_text="Frozen now, when null.")
    name = serializers.CharField(required=False, allow_blank=True, max_length=200)
    weights = serializers.CharField(
        required=False, allow_blank=True, max_length=200, help_text="A name in the weights folder."
    )
    seed = serializers.IntegerField(required=False, min_value=0, max_value=2**31 - 1)
    parts = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        max_length=2,
        help_text="The two models of a fused one.",
    )


class ArchitectureOptionSerializer(serializers.Serializer):
    name = serializers.ChoiceField(choices=Architecture.choices)
    available = serializers.BooleanField()
    purpose = serializers.ChoiceField(choices=Purpose.choices)
    recommended = serializers.BooleanField()
    reason = serializers.CharField(help_text="Why it is not available; empty where it is.")


class WeightFileSerializer(serializers.Serializer):
    name = serializers.CharField()
    size_bytes = serializers.IntegerField()


class TrainingOptionsSerializer(serializers.Serializer):
    architectures = ArchitectureOptionSerializer(many=True)
    encoders = serializers.ListField(child=serializers.CharField())
    weights = WeightFileSerializer(many=True)
    labelled = SplitCountsSerializer()
    missing = ProblemItemSerializer(many=True, help_text="What is missing for any training, and what to do.")
    device = serializers.DictField(
        allow_null=True, help_text="Of the worker that trains: kind, name, …; null where none was ever there."
    )


def options_body(found: Options) -> dict[str, Any]:
    return {
        "architectures": [
            {
                "name": one.name,
                "available": one.available,
                "purpose": one.purpose,
                "recommended": one.recommended,
                "reason": one.reason,
            }
            for one in found.architectures
        ],
        "encoders": list(found.encoders),
        "weights": list(found.weights),
        "labelled": dict(found.labelled),
        "missing": [{"where": one.where, "message": one.message} for one in found.missing],
        "device": found.device,
    }


class ModelChangesSerializer(Input):
    name = serializers.CharField(required=False, allow_blank=True, max_length=200)
    note = serializers.CharField(required=False, allow_blank=True, max_length=20_000)
    settings = serializers.DictField(required=False, help_text="Only those that change.")


class BroughtModelSerializer(serializers.Serializer):
    """Multipart: an ONNX file and a label map (.pbtxt or .json)."""

    files = serializers.ListField(child=serializers.FileField())
    name = serializers.CharField(required=False)
    kind = serializers.ChoiceField(choices=["semantic", "instance"])
    settings = serializers.DictField(required=False, help_text="As JSON text: confidence, detections, …")


class PromoteInputSerializer(Input):
    force = serializers.BooleanField(default=False, help_text="Also when it does worse than the champion.")


class ComparisonSerializer(serializers.Serializer):
    """How much better one model is than another, paired on the images that both were measured on."""

    metric = serializers.CharField(allow_blank=True)
    difference = serializers.FloatField(allow_null=True, help_text="Above 0: the first is better.")
    low = serializers.FloatField(allow_null=True, help_text="Of the 95 % interval.")
    high = serializers.FloatField(allow_null=True)
    images = serializers.IntegerField()
    units = serializers.IntegerField()
    verdict = serializers.ChoiceField(choices=VERDICTS)
    reason = serializers.CharField(allow_blank=True)


class PointSerializer(serializers.Serializer):
    id = serializers.IntegerField(help_text="Counts up; send the last one as `after`.")
    kind = serializers.ChoiceField(choices=["train", "evaluate"])
    step = serializers.IntegerField()
    values = serializers.DictField()


class CurveSerializer(serializers.Serializer):
    results = PointSerializer(many=True)
    next = serializers.IntegerField(allow_null=True, help_text="`after` of the next page; null on the last.")


class WorstImageSerializer(serializers.Serializer):
    image = serializers.UUIDField(allow_null=True, help_text="Null where it was deleted since.")
    name = serializers.CharField()
    score = serializers.FloatField()
    thumbnail = serializers.CharField(allow_null=True)


class WorstSerializer(serializers.Serializer):
    results = WorstImageSerializer(many=True)
    split = serializers.ChoiceField(choices=SPLITS, allow_null=True)
    metric = serializers.CharField(allow_blank=True)


def worst_body(model: ModelVersion, found: list[WorstImage]) -> dict[str, Any]:
    return {
        "results": [
            {
                "image": one.image.pk if one.image else None,
                "name": one.name,
                "score": one.score,
                "thumbnail": thumbnail_url(one.image.pk) if one.image else None,
            }
            for one in found
        ],
        "split": model.metrics.get("split"),
        "metric": str(model.metrics.get("paired") or model.metrics.get("primary") or ""),
    }


class RoundSerializer(serializers.Serializer):
    model = serializers.UUIDField()
    number = serializers.IntegerField()
    name = serializers.CharField()
    labelled = serializers.IntegerField(help_text="Training images that it learned from.")
    metric = serializers.CharField()
    value = serializers.FloatField()
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    promoted = serializers.DateTimeField(allow_null=True)


class LearningCurveSerializer(serializers.Serializer):
    results = RoundSerializer(many=True)
    note = serializers.ChoiceField(
        choices=["", "too_few_rounds", "few_test_images", "other_test_images", "not_better"],
        help_text="What stands against believing it.",
    )


def round_body(one: Round) -> dict[str, Any]:
    return {
        "model": one.model.pk,
        "number": one.model.number,
        "name": one.model.name,
        "labelled": one.model.labelled_count,
        "metric": one.metric,
        "value": one.value,
        "low": one.low,
        "high": one.high,
        "promoted": one.model.promoted,
    }


class ClassCorrectionsSerializer(serializers.Serializer):
    index = serializers.IntegerField()
    accepted = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    deleted = serializers.IntegerField()
    edit = serializers.FloatField(allow_null=True, help_text="Mean of 1 - IoU of accepted and current shape.")


class CorrectionsSerializer(serializers.Serializer):
    """How far people changed what they accepted of a model's pre-labels."""

    accepted = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    deleted = serializers.IntegerField(help_text="Accepted, and deleted later.")
    rejected = serializers.IntegerField()
    edit = serializers.FloatField(allow_null=True, help_text="Mean of 1 - IoU of accepted and current shape.")
    classes = ClassCorrectionsSerializer(many=True)
    looked_at = serializers.IntegerField(help_text="Accepted objects whose shapes were compared.")
