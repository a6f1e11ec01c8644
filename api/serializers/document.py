"""Documents, change sets and history: the bodies around the objects, and their schema.

Owns how a change set is read. The objects in it: `objects.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NoReturn

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework import serializers

from annotator.core.document import Kind
from annotator.core.errors import InvalidInput, Problem, TooLarge
from annotator.models import Document
from annotator.services.changes import DeleteObject, PutObject
from annotator.services.objects import check_objects, schemas_of
from api.serializers.base import Input, PersonSerializer, ProblemSerializer
from api.serializers.objects import ObjectReader

KEY_LENGTH = 64
NOTE_LENGTH = 200
SOURCES = ["person", "model", "import", "filled"]
CHANGE_FIELDS = {"base_revision", "key", "put", "delete", "note"}


class DocumentEntrySerializer(serializers.Serializer):
    """A document without its objects."""

    id = serializers.UUIDField()
    role = serializers.ChoiceField(choices=["primary", "replica", "ground_truth", "consensus"])
    author = PersonSerializer(allow_null=True)
    revision = serializers.IntegerField()
    object_count = serializers.IntegerField()
    updated = serializers.DateTimeField()


class NewDocumentSerializer(Input):
    role = serializers.ChoiceField(choices=["replica", "ground_truth", "consensus"])


class RleSerializer(serializers.Serializer):
    size = serializers.ListField(
        child=serializers.IntegerField(), min_length=2, max_length=2, help_text="[h, w]"
    )
    counts = serializers.CharField(help_text="COCO's compressed counts over the whole image, column-major.")


def ring_field() -> serializers.ListField:
    return serializers.ListField(
        child=serializers.FloatField(), help_text="[x0, y0, x1, y1, ...], not closed"
    )


class ModelRefSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    number = serializers.IntegerField()
    name = serializers.CharField()


class ObjectFieldsSerializer(serializers.Serializer):
    """What a person decides about an object: one of polygons, rle, box, points, by its kind."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=[kind.value for kind in Kind])
    polygons = serializers.ListField(
        child=serializers.ListField(child=ring_field(), help_text="The outer ring, then its holes."),
        required=False,
    )
    rle = RleSerializer(required=False)
    box = serializers.ListField(
        child=serializers.FloatField(),
        min_length=4,
        max_length=4,
        required=False,
        help_text="[x0, y0, x1, y1]",
    )
    points = serializers.ListField(child=serializers.FloatField(), required=False)

    def get_fields(self) -> dict[str, Any]:
        # `class` is no name that Python gives an attribute.
        index = serializers.IntegerField(
            min_value=1, max_value=255, help_text="The class's stable index; 255 is void."
        )
        return {"class": index, **super().get_fields()}


class ObjectSerializer(ObjectFieldsSerializer):
    """An object as it is answered."""

    z = serializers.IntegerField()
    attributes = serializers.DictField()
    is_crowd = serializers.BooleanField()
    version = serializers.IntegerField(help_text="The revision that made this version of the object.")
    source = serializers.ChoiceField(choices=SOURCES)  # pyright: ignore[reportAssignmentType] -- a field, not DRF's attribute
    source_ref = serializers.UUIDField(
        required=False, help_text="The model that proposed it; the document's `models` has its number."
    )
    score = serializers.FloatField(allow_null=True)
    created = serializers.IntegerField(help_text="The revision in which the object first appeared.")
    bbox = serializers.ListField(child=serializers.FloatField(), min_length=4, max_length=4)
    area = serializers.FloatField(help_text="Pixels, of the real shape.")
    track = serializers.UUIDField(
        required=False,
        help_text="The object in the other frames of its sequence; left out where that is its own id.",
    )


class PutObjectSerializer(ObjectFieldsSerializer):
    z = serializers.IntegerField(required=False)
    attributes = serializers.DictField(required=False)
    is_crowd = serializers.BooleanField(required=False)
    track = serializers.UUIDField(
        required=False, allow_null=True, help_text="Left out: as it is. Null: the object's own id."
    )
    base = serializers.IntegerField(
        allow_null=True, help_text="The version it was drawn on; null for a new object."
    )


class DeleteObjectSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    base = serializers.IntegerField(allow_null=True)


class DocumentSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    image = serializers.UUIDField()
    project = serializers.UUIDField()
    role = serializers.ChoiceField(choices=["primary", "replica", "ground_truth", "consensus"])
    revision = serializers.IntegerField(help_text="Of the objects answered here.")
    head = serializers.IntegerField(help_text="The newest revision.")
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    annotations = ObjectSerializer(many=True, help_text="As they are painted: by (z, created, id).")
    models = ModelRefSerializer(many=True, help_text="That proposed some of the objects.")


class ChangeSetSerializer(serializers.Serializer):
    base_revision = serializers.IntegerField(help_text="The document's revision that was read last.")
    key = serializers.CharField(
        max_length=KEY_LENGTH, help_text="Names this request, so that it can be sent again."
    )
    put = PutObjectSerializer(many=True, required=False)
    delete = DeleteObjectSerializer(many=True, required=False)
    note = serializers.CharField(required=False, allow_blank=True, max_length=NOTE_LENGTH)


class OthersSerializer(serializers.Serializer):
    """What other people changed since the base revision."""

    put = ObjectSerializer(many=True)
    delete = serializers.ListField(child=serializers.UUIDField())


class ChangeResultSerializer(serializers.Serializer):
    revision = serializers.IntegerField()
    versions = serializers.DictField(
        child=serializers.IntegerField(), help_text="Of each object that was put, by id."
    )
    others = OthersSerializer()


class RevisionSerializer(serializers.Serializer):
    revision = serializers.IntegerField(source="number")
    author = PersonSerializer(allow_null=True)
    created = serializers.DateTimeField()
    kind = serializers.ChoiceField(choices=["edit", "restore", "import", "class"])
    note = serializers.CharField()
    added = serializers.IntegerField()
    changed = serializers.IntegerField()
    removed = serializers.IntegerField()


class RestoreInputSerializer(Input):
    revision = serializers.IntegerField(min_value=0, max_value=2**31 - 1, help_text="To return to.")
    base_revision = serializers.IntegerField(min_value=0, max_value=2**31 - 1)
    key = serializers.CharField(max_length=KEY_LENGTH)
    objects = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        allow_null=True,
        min_length=1,
        max_length=20_000,
        help_text="Only these become what they were; all when left out.",
    )


class ConflictSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    base = serializers.IntegerField(allow_null=True)
    current = ObjectSerializer(allow_null=True, help_text="As it is now; null when somebody deleted it.")


class StaleObjectsSerializer(ProblemSerializer):
    """409 with type `stale-objects`; of other types without the last two members."""

    revision = serializers.IntegerField(required=False)
    conflicts = ConflictSerializer(many=True, required=False)


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """A change set whose shape is right."""

    base_revision: int
    key: str
    put: list[PutObject]
    delete: list[DeleteObject]
    note: str


def read_change_set(body: Any, document: Document) -> ChangeSet:
    """The change set of a body for a document (with its image and project).

    Raises:
        InvalidInput: naming everything that is wrong; when a shape is not right, also what the domain refuses about
            the objects whose shape is.
        TooLarge: too many objects.
    """
    if not isinstance(body, dict):
        raise InvalidInput(_("a change set is a JSON object"), [Problem("", _("a JSON object is needed"))])
    image = document.image
    reader = ObjectReader(width=image.width, height=image.height)
    put, delete = _list(body, "put", reader), _list(body, "delete", reader)
    if len(put) + len(delete) > settings.MAX_CHANGE_OBJECTS:
        limit = settings.MAX_CHANGE_OBJECTS
        raise TooLarge(
            _("%(count)s objects; one change set holds at most %(limit)s")
            % {"count": len(put) + len(delete), "limit": limit}
        )
    for name in sorted(body.keys() - CHANGE_FIELDS):
        reader.wrong(name, _("unknown field"))
    key = reader.text(body.get("key"), "key", 1, KEY_LENGTH)
    note = reader.text(body.get("note", ""), "note", 0, NOTE_LENGTH)
    base_revision = reader.integer(body.get("base_revision"), "base_revision", 0, 2**31 - 1)
    annotations = [reader.annotation(item, f"put[{at}]") for at, item in enumerate(put)]
    bases = [_base(item, f"put[{at}]", reader) for at, item in enumerate(put)]
    deletions = [_deletion(item, f"delete[{at}]", reader) for at, item in enumerate(delete)]
    if reader.problems:
        _refuse(reader.problems, annotations, document)
    return ChangeSet(
        base_revision=base_revision,
        key=key,
        put=[
            PutObject(one, base, leaves_track="track" in item and item["track"] is None)
            for one, base, item in zip(annotations, bases, put, strict=True)
            if one is not None
        ],
        delete=[one for one in deletions if one is not None],
        note=note,
    )


def _list(body: dict[str, Any], name: str, reader: ObjectReader) -> list[Any]:
    value = body.get(name, [])
    if isinstance(value, list):
        return value
    reader.wrong(name, _("a list is needed"))
    return []


def _base(item: Any, where: str, reader: ObjectReader) -> int | None:
    return reader.version(item.get("base"), f"{where}.base") if isinstance(item, dict) else None


def _deletion(item: Any, where: str, reader: ObjectReader) -> DeleteObject | None:
    if not isinstance(item, dict):
        reader.wrong(where, _("an object with id and base is needed"))
        return None
    for name in sorted(item.keys() - {"id", "base"}):
        reader.wrong(f"{where}.{name}", _("unknown field"))
    identity = reader.identity(item.get("id"), f"{where}.id")
    base = reader.version(item.get("base"), f"{where}.base")
    # Without a base nothing was seen: no version is as old as 0, so that it is a conflict if the object is there.
    return None if identity is None else DeleteObject(identity, base or 0)


def _refuse(problems: list[Problem], annotations: list[Any], document: Document) -> NoReturn:
    """Name the shapes that are wrong, together with what is wrong about the objects that could be read."""
    image = document.image
    schemas = schemas_of(image.project)
    for at, annotation in enumerate(annotations):
        if annotation is not None:
            _checked, found = check_objects(
                [annotation], width=image.width, height=image.height, schemas=schemas, where=f"put[{at}]"
            )
            problems += [
                Problem(one.where.replace(f"put[{at}][0]", f"put[{at}]", 1), one.message) for one in found
            ]
    raise InvalidInput(
        _("%(count)s values are not right; nothing was saved") % {"count": len(problems)}, problems
    )
