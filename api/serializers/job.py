"""Jobs and their logs."""

from __future__ import annotations

from rest_framework import serializers

from annotator.models import JobState
from api.serializers.base import PersonSerializer, ProblemItemSerializer


class JobErrorSerializer(serializers.Serializer):
    detail = serializers.CharField()
    errors = ProblemItemSerializer(many=True, required=False)  # pyright: ignore[reportAssignmentType] -- a field, not DRF's attribute


class JobSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    kind = serializers.CharField()
    project = serializers.UUIDField(source="project_id", allow_null=True)
    state = serializers.ChoiceField(choices=JobState.choices)
    progress = serializers.FloatField(help_text="0..1")
    stage = serializers.CharField(help_text="What it is doing now, for people.")
    attempts = serializers.IntegerField()
    max_attempts = serializers.IntegerField()
    cancel_requested = serializers.BooleanField()
    created = serializers.DateTimeField()
    started = serializers.DateTimeField(allow_null=True)
    finished = serializers.DateTimeField(allow_null=True)
    created_by = PersonSerializer(allow_null=True)
    result = serializers.DictField(allow_null=True)
    error = JobErrorSerializer(allow_null=True)


class LogLineSerializer(serializers.Serializer):
    at = serializers.DateTimeField()
    level = serializers.ChoiceField(choices=["info", "warning", "error"])
    text = serializers.CharField()


class JobDetailSerializer(JobSerializer):
    log = LogLineSerializer(many=True)
