"""How the classes of an imported dataset meet the project's: by name, the missing ones made.

Owns that map, and the attributes that imported objects bring. Does not own making classes (`palette.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from annotator.core.document import VOID
from annotator.core.document import LabelClass as CoreClass
from annotator.core.errors import Conflict, DomainError, Problem
from annotator.core.palette import to_hex
from annotator.models import LabelClass, Project
from annotator.services.attributes import value_problem
from annotator.services.palette import class_create, class_update


class ClassMap:
    """Dataset class index -> the project's class.

    Attributes:
        created: names of the classes that were made.
    """

    def __init__(self, project: Project, classes: Sequence[CoreClass]) -> None:
        self.created: list[str] = []
        self._project = project
        known = list(LabelClass.objects.filter(project=project, deleted=None))
        by_name = {label.name.casefold(): label for label in known} | {label.name: label for label in known}
        self._classes: dict[int, LabelClass] = {}
        for given in classes:
            found = by_name.get(given.name) or by_name.get(given.name.casefold())
            self._classes[given.index] = found or self._make(given)
            by_name.setdefault(given.name.casefold(), self._classes[given.index])
        self._dropped: set[tuple[int, str]] = set()

    def _make(self, given: CoreClass) -> LabelClass:
        fields: dict[str, Any] = {
            "name": given.name,
            "is_thing": given.is_thing,
            "supercategory": given.supercategory,
            "attributes": list(given.attributes),
        }
        try:
            made = class_create(project=self._project, colour=to_hex(given.colour), **fields)
        except Conflict:  # the colour is another class's: a new one is chosen
            made = class_create(project=self._project, **fields)
        self.created.append(made.name)
        return made

    def index(self, given: int) -> int:
        """Give the project's index of a class of the dataset."""
        return VOID if given == VOID else self._classes[given].index

    def attributes(
        self, given: int, values: Mapping[str, Any], *, where: str, problems: list[Problem]
    ) -> dict[str, Any]:
        """Give the values that the class can hold; its schema grows by attributes that it does not have yet.

        What doesn't fit is left out, and told once for each class and attribute.
        """
        label = self._classes.get(given)
        if not values or label is None:
            return {}
        self._grow(label, values)
        schema = {attribute["name"]: attribute for attribute in label.attributes}
        kept: dict[str, Any] = {}
        for name, value in values.items():
            wrong = (
                value_problem(schema[name], value) if name in schema else _("the class has no such attribute")
            )
            if wrong is None:
                kept[name] = value
            elif (given, name) not in self._dropped:
                self._dropped.add((given, name))
                text = _("attribute %(name)s of class %(label)s left out: %(reason)s")
                problems.append(Problem(where, text % {"name": name, "label": label.name, "reason": wrong}))
        return kept

    def _grow(self, label: LabelClass, values: Mapping[str, Any]) -> None:
        known = {attribute["name"] for attribute in label.attributes}
        new = [
            {"name": name, "type": _type_of(value)}
            for name, value in values.items()
            if name not in known and value is not None
        ]
        if not new:
            return
        try:
            updated = class_update(label_class=label, changes={"attributes": [*label.attributes, *new]})
        except DomainError:  # a name or number of attributes that a class can't have: told by the caller
            return
        label.attributes = updated.attributes


def _type_of(value: object) -> str:
    if isinstance(value, bool):
        return "checkbox"
    return "number" if isinstance(value, int | float) else "text"
