"""Jobs and their logs."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from annotator.models import Job, JobState
from annotator.selectors.job import stage_text
from api.serializers.base import PersonSerializer, ProblemItemSerializer


class JobErrorSerializer(serializers.Serializer):
    detail = serializers.CharField()
    errors = ProblemItemSerializer(many=True, required=False)  # pyright: ignore[reportAssignmentType] -- a field, not DRF's attribute


SHOWN_PARAMETERS = ("model", "version", "architecture", "scope", "auto")


class JobParametersSerializer(serializers.Serializer):
    """What of a job's input says what it is about."""

    model = serializers.UUIDField(required=False, help_text="That it trains, tries out or predicts with.")
    version = serializers.UUIDField(required=False, allow_null=True)
    architecture = serializers.CharField(required=False)
    scope = serializers.CharField(required=False)
    auto = serializers.BooleanField(required=False, help_text="Nobody started it by hand.")

    def to_representation(self, instance: Any) -> dict[str, Any]:
        return {name: instance[name] for name in SHOWN_PARAMETERS if name in instance}


class JobSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    kind = serializers.CharField()
    project = serializers.UUIDField(source="project_id", allow_null=True)
    parameters = JobParametersSerializer()
    state = serializers.ChoiceField(choices=JobState.choices)
    progress = serializers.FloatField(help_text="0..1")
    stage = serializers.SerializerMethodField(help_text="What it is doing now, for people.")
    attempts = serializers.IntegerField()
    max_attempts = serializers.IntegerField()
    cancel_requested = serializers.BooleanField()
    created = serializers.DateTimeField()
    started = serializers.DateTimeField(allow_null=True)
    finished = serializers.DateTimeField(allow_null=True)
    created_by = PersonSerializer(allow_null=True)
    result = serializers.DictField(allow_null=True)
    error = JobErrorSerializer(allow_null=True)

    def get_stage(self, job: Job) -> str:
        return stage_text(job.stage)


class LogLineSerializer(serializers.Serializer):
    at = serializers.DateTimeField()
    level = serializers.ChoiceField(choices=["info", "warning", "error"])
    text = serializers.CharField()


class JobDetailSerializer(JobSerializer):
    log = LogLineSerializer(many=True)
