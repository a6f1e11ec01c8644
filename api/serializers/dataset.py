"""Dataset versions, formats, exports and imports."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from annotator.models import ImageStatus
from annotator.selectors.version import VersionDiff
from api.serializers.base import Input, PersonSerializer
from api.serializers.project import TASK_TYPES, AttributeSerializer, SplitCountsSerializer


class ChangelogSerializer(serializers.Serializer):
    images_added = serializers.IntegerField()
    images_removed = serializers.IntegerField()
    images_changed = serializers.IntegerField()
    classes_added = serializers.IntegerField()
    classes_removed = serializers.IntegerField()


class FrozenClassSerializer(serializers.Serializer):
    index = serializers.IntegerField()
    name = serializers.CharField()
    colour = serializers.CharField()
    is_thing = serializers.BooleanField()
    hotkey = serializers.CharField(required=False)
    supercategory = serializers.CharField()
    attributes = AttributeSerializer(many=True)


class VersionSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    number = serializers.IntegerField()
    name = serializers.CharField()
    note = serializers.CharField()
    hash = serializers.CharField(source="content_hash", help_text="SHA-256 over all that it holds.")
    created = serializers.DateTimeField()
    created_by = PersonSerializer(allow_null=True)
    parent = serializers.UUIDField(source="parent_id", allow_null=True)  # pyright: ignore[reportAssignmentType] -- a field, not DRF's attribute
    image_count = serializers.IntegerField()
    object_count = serializers.IntegerField()
    splits = SplitCountsSerializer(source="split_counts")
    changelog = ChangelogSerializer(help_text="Against the parent.")
    classes = FrozenClassSerializer(many=True)


class VersionDiffSerializer(serializers.Serializer):
    """From the older to the newer version; names of at most 1000 images each, all of them in the counts."""

    older = serializers.UUIDField()
    newer = serializers.UUIDField()
    changelog = ChangelogSerializer()
    images_added = serializers.ListField(child=serializers.CharField())
    images_removed = serializers.ListField(child=serializers.CharField())
    images_changed = serializers.ListField(child=serializers.CharField())


def diff_body(diff: VersionDiff) -> dict[str, Any]:
    return {
        "older": diff.older.pk,
        "newer": diff.newer.pk,
        "changelog": diff.changelog,
        "images_added": diff.images_added,
        "images_removed": diff.images_removed,
        "images_changed": diff.images_changed,
    }


class VersionInputSerializer(Input):
    name = serializers.CharField(required=False, allow_blank=True, max_length=200, default="")
    note = serializers.CharField(required=False, allow_blank=True, max_length=20_000, default="")
    statuses = serializers.ListField(
        child=serializers.ChoiceField(choices=ImageStatus.choices),
        required=False,
        help_text="All when left out.",
    )


class FormatOptionSerializer(serializers.Serializer):
    name = serializers.CharField()
    type = serializers.ChoiceField(choices=["choice", "boolean"])
    choices = serializers.ListField(child=serializers.CharField())
    default = serializers.JSONField()
    help = serializers.CharField()


class FormatSerializer(serializers.Serializer):
    name = serializers.CharField()
    title = serializers.CharField()
    reads = serializers.BooleanField()
    writes = serializers.BooleanField()
    task_types = serializers.ListField(child=serializers.ChoiceField(choices=TASK_TYPES))
    options = FormatOptionSerializer(many=True)


class ExportInputSerializer(Input):
    format = serializers.CharField(max_length=40)
    options = serializers.DictField(required=False)


REPLACE = "Also replace objects that people drew; they stay in the history."


class VideoOptionsSerializer(Input):
    """Which frames of a video are taken, and how they are kept. Ranges are checked with names of their own."""

    every = serializers.IntegerField(required=False, help_text="Each n-th frame, from the first.")
    per_second = serializers.FloatField(
        required=False, allow_null=True, help_text="Instead of `every`: frames for each second."
    )
    start = serializers.FloatField(required=False, help_text="Seconds.")
    end = serializers.FloatField(required=False, allow_null=True, help_text="Seconds; to the end when null.")
    longest_side = serializers.IntegerField(
        required=False, allow_null=True, help_text="Frames are scaled down to it; null keeps their size."
    )
    format = serializers.ChoiceField(required=False, choices=["jpeg", "png"])
    quality = serializers.IntegerField(required=False, help_text="Of JPEG, 1..100; 92 when left out.")


class ImportInputSerializer(Input):
    """Images at https addresses."""

    format = serializers.CharField(max_length=40, default="auto")
    urls = serializers.ListField(child=serializers.URLField(max_length=1000), min_length=1, max_length=10_000)
    replace_existing = serializers.BooleanField(default=False, help_text=REPLACE)
    video = VideoOptionsSerializer(required=False, help_text="For videos among the files.")


class ImportUploadSerializer(serializers.Serializer):
    """Multipart: one ZIP, or the files of a folder with their relative `paths`."""

    format = serializers.CharField(required=False, help_text="`auto` looks at the files.")
    files = serializers.ListField(child=serializers.FileField())
    paths = serializers.ListField(child=serializers.CharField(), required=False)
    replace_existing = serializers.BooleanField(required=False, help_text=REPLACE)
    video = VideoOptionsSerializer(required=False, help_text="As JSON text, for videos among the files.")
