"""What may be said about an object besides its class: a class's attribute schema, and values against it.

Owns both checks. Does not own where they are stored (`palette.py`, `annotation.py`).

A schema is a list of {"name", "type": select | checkbox | number | text, "options", "required", "default"}. Values are
checked for their type whenever an object is saved. `required` is checked when an image is submitted, not at each
save: an object has no attributes yet at the moment it is drawn, and drawing is never refused for that.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from annotator.core.errors import Problem

TYPES = ("select", "checkbox", "number", "text")
FIELDS = {"name", "type", "options", "required", "default"}
MAX_ATTRIBUTES = 50
MAX_OPTIONS = 500
MAX_TEXT = 2000


def schema_normalise(schema: Sequence[Any], where: str, problems: list[Problem]) -> list[dict[str, Any]]:
    """Check a schema and fill in what may be left out.

    Args:
        schema: as it came; anything may be wrong with it.
        where: what problems are named after, such as `attributes`.
        problems: gets everything that is wrong.

    Returns:
        The schema with all five fields of every attribute, to be used when there was no problem.
    """
    if len(schema) > MAX_ATTRIBUTES:
        problems.append(Problem(where, _("at most %(limit)s attributes") % {"limit": MAX_ATTRIBUTES}))
    seen: set[str] = set()
    result: list[dict[str, Any]] = []
    for number, given in enumerate(schema[:MAX_ATTRIBUTES]):
        here = f"{where}[{number}]"
        if not isinstance(given, Mapping):
            problems.append(Problem(here, _("not an attribute: %(value)r") % {"value": given}))
            continue
        attribute = _attribute(given, here, problems)
        if attribute["name"] in seen:
            problems.append(
                Problem(f"{here}.name", _("%(name)r is there twice") % {"name": attribute["name"]})
            )
        seen.add(attribute["name"])
        result.append(attribute)
    return result


def _attribute(given: Mapping[str, Any], where: str, problems: list[Problem]) -> dict[str, Any]:
    unknown = sorted(set(map(str, given)) - FIELDS)
    text = _("unknown field; there are %(fields)s") % {"fields": sorted(FIELDS)}
    problems += [Problem(f"{where}.{field}", text) for field in unknown]
    name, kind = given.get("name"), given.get("type", "text")
    if not isinstance(name, str) or not name.strip() or len(name) > 100:
        problems.append(
            Problem(
                f"{where}.name", _("a name of 1 to 100 characters is needed; got %(value)r") % {"value": name}
            )
        )
    if kind not in TYPES:
        problems.append(
            Problem(
                f"{where}.type", _("%(value)r is none of %(types)s") % {"value": kind, "types": list(TYPES)}
            )
        )
    attribute = {
        "name": str(name or "").strip(),
        "type": kind,
        "options": _options(given.get("options") or [], kind, f"{where}.options", problems),
        "required": bool(given.get("required", False)),
        "default": given.get("default"),
    }
    if attribute["default"] is not None and (wrong := value_problem(attribute, attribute["default"])):
        problems.append(Problem(f"{where}.default", wrong))
    return attribute


def _options(options: Any, kind: Any, where: str, problems: list[Problem]) -> list[str]:
    if not isinstance(options, list) or not all(isinstance(o, str) and 0 < len(o) <= 200 for o in options):
        problems.append(Problem(where, _("options are texts of 1 to 200 characters")))
        return []
    if len(set(options)) != len(options) or len(options) > MAX_OPTIONS:
        problems.append(
            Problem(where, _("at most %(limit)s options, all different") % {"limit": MAX_OPTIONS})
        )
    if kind == "select" and not options:
        problems.append(Problem(where, _("a select needs at least one option")))
    return options


def value_problem(attribute: Mapping[str, Any], value: Any) -> str | None:
    """What is wrong with a value of an attribute, or None. None as a value means that nothing was chosen."""
    if value is None:
        return None
    kind = attribute["type"]
    if kind == "select" and value not in attribute["options"]:
        return _("%(value)r is none of %(options)s") % {"value": value, "options": attribute["options"]}
    if kind == "checkbox" and not isinstance(value, bool):
        return _("%(value)r is neither true nor false") % {"value": value}
    if kind == "number" and (
        isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value)
    ):
        return _("%(value)r is not a finite number") % {"value": value}
    if kind == "text" and (not isinstance(value, str) or len(value) > MAX_TEXT):
        return _("not a text of at most %(limit)s characters") % {"limit": MAX_TEXT}
    return None


def value_problems(
    schema: Sequence[Mapping[str, Any]], values: Mapping[str, Any], where: str
) -> list[Problem]:
    """Everything that is wrong with an object's attributes: unknown names and values of a wrong type."""
    if not values:
        return []
    by_name = {attribute["name"]: attribute for attribute in schema}
    problems: list[Problem] = []
    for name, value in values.items():
        if name not in by_name:
            known = sorted(by_name)
            problems.append(
                Problem(
                    f"{where}.{name}",
                    _("the class has no such attribute; it has %(known)s") % {"known": known},
                )
            )
        elif wrong := value_problem(by_name[name], value):
            problems.append(Problem(f"{where}.{name}", wrong))
    return problems


def missing_required(schema: Sequence[Mapping[str, Any]], values: Mapping[str, Any]) -> list[str]:
    """Names of the required attributes that have no value."""
    return [a["name"] for a in schema if a["required"] and values.get(a["name"]) in (None, "")]
