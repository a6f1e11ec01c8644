"""Projects, their classes and members, and what was done in them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from annotator.core.document import TaskType
from annotator.models import Role
from annotator.selectors.project import ClassInfo, ProjectInfo
from api.serializers.base import Input, PersonSerializer
from api.serializers.image import thumbnail_url

TASK_TYPES = [task.value for task in TaskType]
PLAIN_FIELDS = (
    "id", "name", "description", "task_type", "exclusive", "role", "created", "updated", "counts", "split_shares",
    "auto_prelabel",
)  # fmt: skip
ATTRIBUTE_TYPES = ["select", "checkbox", "number", "text"]


@extend_schema_field({"description": "A value of the attribute's type, or null."})
class AnyField(serializers.JSONField):
    """Any value, null too."""


class AttributeSerializer(serializers.Serializer):
    """What may be said about an object of a class."""

    name = serializers.CharField()
    type = serializers.ChoiceField(choices=ATTRIBUTE_TYPES)
    options = serializers.ListField(child=serializers.CharField(), required=False)
    required = serializers.BooleanField(required=False)  # pyright: ignore[reportAssignmentType] -- a field, not DRF's attribute
    default = AnyField(required=False)


class LabelClassSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    index = serializers.IntegerField(min_value=1, max_value=254)
    name = serializers.CharField()
    colour = serializers.RegexField(r"^#[0-9a-f]{6}$")
    is_thing = serializers.BooleanField()
    hotkey = serializers.CharField()
    supercategory = serializers.CharField()
    attributes = AttributeSerializer(many=True)
    order = serializers.IntegerField()
    object_count = serializers.IntegerField(help_text="Objects that have this class now.")


class ClassChangesSerializer(Input):
    name = serializers.CharField(required=False)
    colour = serializers.CharField(
        required=False, allow_null=True, help_text="`#rrggbb`; chosen when left out."
    )
    is_thing = serializers.BooleanField(required=False)
    hotkey = serializers.CharField(
        required=False, allow_null=True, allow_blank=True, help_text="Empty for none."
    )
    supercategory = serializers.CharField(required=False, allow_blank=True)
    attributes = serializers.ListField(child=serializers.DictField(), required=False)


class ClassInputSerializer(ClassChangesSerializer):
    name = serializers.CharField()


class MemberSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    user = PersonSerializer()
    role = serializers.ChoiceField(choices=Role.choices)


class NewMemberSerializer(MemberSerializer):
    invite_url = serializers.CharField(
        allow_null=True, help_text="Where a person without an account accepts; shown this once."
    )


class MemberInputSerializer(Input):
    email = serializers.CharField(max_length=320)
    role = serializers.ChoiceField(choices=Role.choices)


class RoleInputSerializer(Input):
    role = serializers.ChoiceField(choices=Role.choices)


class CountsSerializer(serializers.Serializer):
    images = serializers.IntegerField()
    new = serializers.IntegerField()
    in_progress = serializers.IntegerField()
    submitted = serializers.IntegerField()
    accepted = serializers.IntegerField()
    returned = serializers.IntegerField()
    objects = serializers.IntegerField()


class SplitSharesSerializer(serializers.Serializer):
    val = serializers.FloatField()
    test = serializers.FloatField()


class ProjectSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    description = serializers.CharField()
    task_type = serializers.ChoiceField(choices=TASK_TYPES)
    exclusive = serializers.BooleanField(help_text="No two objects may share a pixel.")
    role = serializers.ChoiceField(choices=Role.choices, help_text="Of the person who asks.")
    created = serializers.DateTimeField()
    updated = serializers.DateTimeField()
    counts = CountsSerializer()
    classes = LabelClassSerializer(many=True)
    members = MemberSerializer(many=True)
    covers = serializers.ListField(child=serializers.CharField(), help_text="Up to four thumbnails.")
    split_shares = SplitSharesSerializer()
    auto_prelabel = serializers.BooleanField(help_text="The champion looks at every new upload.")


def class_body(info: ClassInfo) -> dict[str, Any]:
    return asdict(info)


def project_body(info: ProjectInfo) -> dict[str, Any]:
    """A project, with the addresses of its covers."""
    return {
        **{name: getattr(info, name) for name in PLAIN_FIELDS},
        "classes": [class_body(one) for one in info.classes],
        "members": MemberSerializer(info.members, many=True).data,
        "covers": [thumbnail_url(image) for image in info.covers],
    }


class ProjectChangesSerializer(Input):
    name = serializers.CharField(required=False, max_length=200)
    description = serializers.CharField(required=False, allow_blank=True, max_length=20_000)
    task_type = serializers.ChoiceField(required=False, choices=TASK_TYPES)
    exclusive = serializers.BooleanField(required=False)
    split_shares = SplitSharesSerializer(required=False)
    auto_prelabel = serializers.BooleanField(required=False)
    class_order = serializers.ListField(
        child=serializers.UUIDField(), required=False, help_text="Every class's id, once."
    )


class ProjectInputSerializer(Input):
    name = serializers.CharField(max_length=200)
    description = serializers.CharField(required=False, allow_blank=True, max_length=20_000)
    task_type = serializers.ChoiceField(choices=TASK_TYPES)
    exclusive = serializers.BooleanField(required=False)
    split_shares = SplitSharesSerializer(required=False)
    classes = ClassInputSerializer(many=True, required=False)


class StatusCountsSerializer(serializers.Serializer):
    new = serializers.IntegerField()
    in_progress = serializers.IntegerField()
    submitted = serializers.IntegerField()
    accepted = serializers.IntegerField()
    returned = serializers.IntegerField()


class SplitCountsSerializer(serializers.Serializer):
    train = serializers.IntegerField()
    val = serializers.IntegerField()
    test = serializers.IntegerField()


class ClassStatisticsSerializer(serializers.Serializer):
    index = serializers.IntegerField()
    objects = serializers.IntegerField()
    area = serializers.FloatField(help_text="Pixels, of the real shapes.")
    images = serializers.IntegerField()


class PersonStatisticsSerializer(serializers.Serializer):
    user = PersonSerializer(allow_null=True)
    revisions = serializers.IntegerField()
    added = serializers.IntegerField()
    changed = serializers.IntegerField()
    removed = serializers.IntegerField()


class DayStatisticsSerializer(serializers.Serializer):
    date = serializers.DateField()
    revisions = serializers.IntegerField()
    objects = serializers.IntegerField()


class StatisticsSerializer(serializers.Serializer):
    status = StatusCountsSerializer()
    splits = SplitCountsSerializer()
    classes = ClassStatisticsSerializer(many=True)
    people = PersonStatisticsSerializer(many=True)
    days = DayStatisticsSerializer(many=True)
