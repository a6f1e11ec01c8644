"""What all serializers share: strict input, pages, people.

Owns shapes only. Values that break a rule of the domain are refused by the services.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import inline_serializer
from rest_framework import serializers
from rest_framework.request import Request


class Input(serializers.Serializer):
    """A body. A field that is not known is refused: it is a misspelt one."""

    def to_internal_value(self, data: Any) -> Any:
        values = super().to_internal_value(data)
        if unknown := sorted(str(key) for key in set(data) - set(self.fields)):
            allowed = ", ".join(self.fields)
            raise serializers.ValidationError(
                dict.fromkeys(unknown, _("unknown field; there are %(fields)s") % {"fields": allowed})
            )
        return values


def read(shape: type[Input], request: Request) -> dict[str, Any]:
    """The request's body as the serializer describes it.

    Raises:
        ValidationError: naming everything whose shape is not right.
    """
    serializer = shape(data=request.data)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def page_shape(
    row: type[serializers.BaseSerializer[Any]], **extra: serializers.Field[Any, Any, Any, Any]
) -> Any:
    """The schema of a list: its rows and the next page's cursor."""
    fields: Mapping[str, Any] = {
        "results": row(many=True),
        "next": serializers.CharField(
            allow_null=True, help_text="The next page's `cursor`; null on the last."
        ),
        **extra,
    }
    return inline_serializer(name=row.__name__.removesuffix("Serializer") + "Page", fields=dict(fields))


class PersonSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    email = serializers.EmailField()
    name = serializers.CharField()


class ProblemItemSerializer(serializers.Serializer):
    where = serializers.CharField(
        help_text="A field, a path such as `put[3].polygons[0][1]`, or a file's name."
    )
    message = serializers.CharField()


class ProblemSerializer(serializers.Serializer):
    """Every error, as application/problem+json."""

    type = serializers.CharField(
        help_text="A short name, such as `invalid-input`, that programs may rely on."
    )
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = ProblemItemSerializer(many=True)  # pyright: ignore[reportAssignmentType] -- a field, not DRF's attribute
