"""A project's classes: their stable indices, unique colours and hotkeys, order, and taking one out of use.

Owns every write to label classes. Does not own the table of colours (`core/palette.py`) nor the check of attribute
schemas (`attributes.py`).

An index is handed out from the project's counter under its row lock and never used again, also not after the class
was deleted: old revisions and frozen versions go on meaning the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from annotator.core.document import MAX_CLASSES
from annotator.core.errors import Conflict, InvalidInput, Problem
from annotator.core.palette import HOTKEYS, colour_for, hotkey_for, parse_hex, to_hex
from annotator.models import LabelClass, Project, User
from annotator.services.attributes import schema_normalise
from annotator.services.class_move import class_object_count, objects_move

CLASS_FIELDS = {"name", "colour", "is_thing", "hotkey", "supercategory", "attributes"}


class ClassInUse(Conflict):
    """The class has objects; a target class is needed to delete it."""


@transaction.atomic
def class_create(
    *,
    project: Project,
    name: str,
    colour: str | None = None,
    is_thing: bool = True,
    hotkey: str | None = None,
    supercategory: str = "",
    attributes: Sequence[Any] = (),
) -> LabelClass:
    """Add a class at the end of the palette.

    Args:
        colour: `#rrggbb`; None chooses one that colour-blind people too can tell from the others.
        hotkey: one of the keys no tool uses; None chooses the first free one, "" gives none.

    Raises:
        InvalidInput: a value breaks a rule. Conflict: the name, colour or hotkey is taken, or the indices are used up.
    """
    given: dict[str, Any] = {
        "name": name,
        "colour": colour,
        "is_thing": is_thing,
        "hotkey": hotkey,
        "supercategory": supercategory,
        "attributes": attributes,
    }
    project = Project.objects.select_for_update().get(pk=project.pk)
    return _create(project, given, list(LabelClass.objects.filter(project=project, deleted=None)), "")


def classes_create(*, project: Project, classes: Sequence[Mapping[str, Any]]) -> list[LabelClass]:
    """Add several classes at once, or none: `class_create` for each, with all problems named as `classes[3].name`."""
    with transaction.atomic():
        project = Project.objects.select_for_update().get(pk=project.pk)
        existing = list(LabelClass.objects.filter(project=project, deleted=None))
        problems: list[Problem] = []
        for number, given in enumerate(classes):
            where = f"classes[{number}]."
            unknown = sorted(set(given) - CLASS_FIELDS)
            problems += [Problem(where + field, _("unknown field")) for field in unknown]
            try:
                existing.append(_create(project, given, existing, where))
            except (InvalidInput, Conflict) as error:
                problems += error.problems
        if problems:
            raise InvalidInput(_("some classes cannot be made"), problems)
        return existing


def _create(
    project: Project, given: Mapping[str, Any], others: Sequence[LabelClass], where: str
) -> LabelClass:
    """Make a class; `project` is locked and `others` are its living classes."""
    index = project.next_class_index
    if index > MAX_CLASSES:
        problem = Problem(
            f"{where}index", _("all %(limit)s class indices are used up") % {"limit": MAX_CLASSES}
        )
        raise Conflict(problem.message, [problem])
    values = dict(given)
    if values.get("colour") is None:
        values["colour"] = to_hex(colour_for(index, {parse_hex(other.colour) for other in others}))
    if values.get("hotkey") is None:
        values["hotkey"] = hotkey_for({other.hotkey for other in others})
    fields = _checked(values, others, where)
    created = LabelClass.objects.create(
        project=project, index=index, order=max((other.order for other in others), default=0) + 1, **fields
    )
    project.next_class_index = index + 1
    project.save(update_fields=["next_class_index", "updated"])
    return created


@transaction.atomic
def class_update(*, label_class: LabelClass, changes: Mapping[str, Any]) -> LabelClass:
    """Change some of: name, colour, is_thing, hotkey ("" for none), supercategory, attributes. Never the index.

    Raises:
        InvalidInput: an unknown field or a value that breaks a rule. Conflict: name, colour or hotkey taken.
    """
    if unknown := sorted(set(changes) - CLASS_FIELDS):
        raise InvalidInput(_("unknown fields"), [Problem(field, _("unknown field")) for field in unknown])
    project = Project.objects.select_for_update().get(pk=label_class.project.pk)
    classes = list(LabelClass.objects.filter(project=project, deleted=None))
    label_class = next((c for c in classes if c.pk == label_class.pk), label_class)
    values = {field: getattr(label_class, field) for field in CLASS_FIELDS} | {
        field: value for field, value in changes.items() if value is not None
    }
    for field, value in _checked(values, [c for c in classes if c.pk != label_class.pk], "").items():
        setattr(label_class, field, value)
    label_class.save(update_fields=sorted(CLASS_FIELDS))
    return label_class


@transaction.atomic
def class_reorder(*, project: Project, order: Sequence[UUID | str]) -> None:
    """Put the classes into this order.

    Raises:
        InvalidInput: `order` does not hold each living class exactly once.
    """
    project = Project.objects.select_for_update().get(pk=project.pk)
    classes = {str(c.pk): c for c in LabelClass.objects.filter(project=project, deleted=None)}
    wanted = [str(key) for key in order]
    if sorted(wanted) != sorted(classes):
        raise InvalidInput(
            _("the order must name each of the project's %(count)s classes once") % {"count": len(classes)},
            [Problem("class_order", _("not exactly the project's classes"))],
        )
    for place, key in enumerate(wanted, start=1):
        classes[key].order = place
    LabelClass.objects.bulk_update(classes.values(), ["order"])


@transaction.atomic
def class_delete(*, label_class: LabelClass, target: LabelClass | None = None, user: User | None) -> int:
    """Take a class out of use; its objects become objects of the target class, each document in a new revision.

    Returns:
        How many objects were moved.

    Raises:
        ClassInUse: there are objects and no target. InvalidInput: the target is the class itself, deleted, or of
            another project. Conflict: it is deleted already.
    """
    # The row lock waits for changes that are using the class right now, and makes later ones see it deleted.
    keys = {label_class.pk} | ({target.pk} if target else set())
    locked = {c.pk: c for c in LabelClass.objects.select_for_update().filter(pk__in=keys).order_by("pk")}
    label_class = locked[label_class.pk]
    if label_class.deleted is not None:
        raise Conflict(_("the class is deleted already"))
    if target is not None:
        target = locked.get(target.pk)
        if (
            target is None
            or target.deleted
            or target.project.pk != label_class.project.pk
            or target == label_class
        ):
            problem = Problem("target", _("not another class of this project"))
            raise InvalidInput(problem.message, [problem])
    count = class_object_count(label_class)
    if count and target is None:
        raise ClassInUse(
            _("class %(name)s has %(count)s objects; say which class they shall become")
            % {"name": label_class.name, "count": count}
        )
    moved = objects_move(label_class=label_class, target=target, user=user) if target and count else 0
    label_class.deleted = timezone.now()
    label_class.merged_into = target.index if target else None
    label_class.save(update_fields=["deleted", "merged_into"])
    return moved


def _checked(values: Mapping[str, Any], others: Sequence[LabelClass], where: str) -> dict[str, Any]:
    """A class's fields, checked and in their stored form.

    Raises:
        InvalidInput: values break a rule. Conflict: only taken ones.
    """
    problems: list[Problem] = []
    taken: list[Problem] = []
    fields: dict[str, Any] = {
        "name": _text(values.get("name"), f"{where}name", 1, problems),
        "colour": _colour(values.get("colour"), f"{where}colour", problems),
        "is_thing": bool(values.get("is_thing", True)),
        "hotkey": str(values.get("hotkey") or "").lower(),
        "supercategory": _text(values.get("supercategory") or "", f"{where}supercategory", 0, problems),
        "attributes": schema_normalise(list(values.get("attributes") or []), f"{where}attributes", problems),
    }
    if fields["hotkey"] and (len(fields["hotkey"]) != 1 or fields["hotkey"] not in HOTKEYS):
        problems.append(
            Problem(
                f"{where}hotkey",
                _("%(key)r is none of %(keys)s") % {"key": fields["hotkey"], "keys": HOTKEYS},
            )
        )
    for field in ("name", "colour", "hotkey"):
        owner = next((o for o in others if fields[field] and getattr(o, field) == fields[field]), None)
        if owner is not None:
            text = _("%(value)r is taken by class %(name)s") % {"value": fields[field], "name": owner.name}
            taken.append(Problem(where + field, text))
    if problems:
        raise InvalidInput(problems[0].message, [*problems, *taken])
    if taken:
        raise Conflict(taken[0].message, taken)
    return fields


def _text(value: Any, where: str, at_least: int, problems: list[Problem]) -> str:
    text = value.strip() if isinstance(value, str) else None
    if text is None or not at_least <= len(text) <= 100:
        problems.append(
            Problem(where, _("a text of %(least)s to 100 characters is needed; got %(value)r")
                    % {"least": at_least, "value": value})
        )  # fmt: skip
        return ""
    return text


def _colour(value: Any, where: str, problems: list[Problem]) -> str:
    try:
        return to_hex(parse_hex(str(value)))
    except InvalidInput as error:
        problems.append(Problem(where, error.detail))
        return ""
