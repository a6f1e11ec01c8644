"""Label maps: what the numbers of a brought model mean, and which classes of a project they are.

Owns reading them, for the web process that takes a model in and the worker that tries it. Does not own the models
(`ml_worker/onnx_model.py`). Pure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from annotator.core.errors import InvalidInput
from annotator.core.words import _

MOST_LABEL_BYTES = 1 << 20
LISTS = ("classes", "categories", "names", "labels", "id2label")  # where JSON files keep the classes
NOTHING = ("background", "__background__", "bg", "unlabeled", "void", "n/a", "none")


def read_label_map(content: bytes, name: str) -> dict[int, str]:
    """Read what the numbers of a model mean.

    Args:
        content, name: of a file: TensorFlow's `.pbtxt` (`item { id: 1 name: 'x' }`), or JSON: `{"1": "x"}`,
            `["x", "y"]` (from 0), `[{"id": 1, "name": "x"}]`, the same under `classes`, `categories`, `names`, `labels`
            or `id2label`, or our own exports' `label_map.json`.

    Raises:
        InvalidInput: it is none of these, or a number occurs twice.
    """
    if len(content) > MOST_LABEL_BYTES:
        raise InvalidInput(
            _("%(name)s: a label map of %(size)s bytes; at most %(most)s are read")
            % {"name": name, "size": len(content), "most": MOST_LABEL_BYTES}
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise InvalidInput(
            _("%(name)s: not UTF-8: %(reason)s at byte %(at)s")
            % {"name": name, "reason": problem.reason, "at": problem.start}
        ) from None
    if name.lower().endswith((".pbtxt", ".prototxt", ".txt")) and not text.lstrip().startswith(("{", "[")):
        return _from_pbtxt(text, name)
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as problem:
        values = {"name": name, "problem": problem}
        raise InvalidInput(_("%(name)s: neither JSON nor a .pbtxt: %(problem)s") % values) from None
    return _from_json(value, name)


def own_export(content: bytes) -> tuple[float, int | None]:
    """What a label map of our own exports says beside the names.

    Returns:
        By how much pictures were scaled in training, and how many of a semantic model's channels are classes (a last
        one may be the distance to the border). Of others' label maps 1.0 and None.
    """
    try:
        value = json.loads(content.decode("utf-8-sig"))
        outputs = len(value["outputs"]) if value["architecture"] != "mask_rcnn" else None
        return float(value["scale"]), outputs
    except (ValueError, KeyError, TypeError, RecursionError):
        return 1.0, None


def _from_pbtxt(text: str, name: str) -> dict[int, str]:
    bare = re.sub(r"^\s*#.*$", "", text, flags=re.MULTILINE)
    found: list[tuple[int, str]] = []
    for at, match in enumerate(re.finditer(r"\bitem\s*:?\s*\{([^{}]*)\}", bare)):
        body = match[1]
        number = re.search(r"\bid\s*:\s*(\d+)", body)
        # `display_name` is for people, `name` may be a code such as /m/01g317.
        texts = {
            key: re.search(rf"\b{key}\s*:\s*(?:'((?:\\.|[^'\\])*)'|\"((?:\\.|[^\"\\])*)\")", body)
            for key in ("display_name", "(?<!_)name")
        }
        label = next((one[1] or one[2] or "" for one in texts.values() if one), "")
        if number is None or not label:
            values = {"name": name, "number": at + 1}
            raise InvalidInput(_("%(name)s: item %(number)s: `id` and `name` are needed") % values)
        found.append((int(number[1]), re.sub(r"\\(.)", r"\1", label)))
    if not found:
        raise InvalidInput(_("%(name)s: no `item { id: 1 name: 'x' }` in it") % {"name": name})
    return _unique(found, name)


def _from_json(value: Any, name: str) -> dict[int, str]:
    if isinstance(value, dict):
        table = cast("dict[Any, Any]", value)
        if "outputs" in table and isinstance(table.get("classes"), list):
            return _from_ours(table, name)
        inner: Any = next((table[key] for key in LISTS if isinstance(table.get(key), list | dict)), table)
        if isinstance(inner, list):
            return _from_list(cast("list[Any]", inner), name)
        numbers = {str(key): one for key, one in inner.items()}
        if numbers and all(key.isdigit() and isinstance(one, str) for key, one in numbers.items()):
            return _unique([(int(key), one) for key, one in numbers.items()], name)
        if numbers and all(type(one) is int for one in numbers.values()):  # {"road": 1}
            return _unique([(one, key) for key, one in numbers.items()], name)
    elif isinstance(value, list):
        return _from_list(cast("list[Any]", value), name)
    example = '{"1": "road"} or [{"id": 1, "name": "road"}]'
    values = {"name": name, "example": example}
    raise InvalidInput(_("%(name)s: numbers and names are needed, such as %(example)s") % values)


def _from_list(value: Sequence[Any], name: str) -> dict[int, str]:
    if value and all(isinstance(one, str) for one in value):
        return dict(enumerate(value))
    found: list[tuple[int, str]] = []
    for at, one in enumerate(value):
        entry = cast("dict[Any, Any]", one) if isinstance(one, dict) else {}
        number = next((entry[key] for key in ("id", "index") if type(entry.get(key)) is int), None)
        label = entry.get("name")
        if number is None or not isinstance(label, str):
            raise InvalidInput(
                _("%(name)s: entry %(at)s: `id` and `name` are needed, not %(value)s")
                % {"name": name, "at": at, "value": str(cast("object", one))[:60]}
            )
        found.append((number, label))
    if not found:
        raise InvalidInput(_("%(name)s: there is no class in it") % {"name": name})
    return _unique(found, name)


def _from_ours(value: Mapping[str, Any], name: str) -> dict[int, str]:
    """The label map of our own exports: `outputs` are class indices in the order of the channels."""
    try:
        names = {int(one["index"]): str(one["name"]) for one in value["classes"]}
        if value.get("architecture") == "mask_rcnn":
            return {at: names[int(index)] for at, index in enumerate(value["outputs"], 1)}
        return {at: names[int(index)] for at, index in enumerate(value["outputs"]) if index}
    except (KeyError, TypeError, ValueError) as problem:
        raise InvalidInput(
            _("%(name)s: not a label map of this program: %(problem)r") % {"name": name, "problem": problem}
        ) from None


def _unique(pairs: Sequence[tuple[int, str]], name: str) -> dict[int, str]:
    found: dict[int, str] = {}
    for number, label in pairs:
        if number in found:
            values = {"name": name, "number": number, "one": found[number], "other": label}
            raise InvalidInput(
                _("%(name)s: the number %(number)s occurs twice (%(one)r and %(other)r)") % values
            )
        if number < 0:
            raise InvalidInput(
                _("%(name)s: %(number)s is no class number") % {"name": name, "number": number}
            )
        found[number] = label.strip()
    return found


def match_classes(
    labels: Mapping[int, str], classes: Sequence[Mapping[str, Any]]
) -> tuple[dict[int, int], list[str]]:
    """Find the project's class for each of a model's numbers, by name without regard to case and space.

    Args:
        classes: the project's: `{"index", "name", …}`.

    Returns:
        The class index by model number, and the names that the project doesn't know (which predict nothing).

    Raises:
        InvalidInput: the project knows none of them.
    """
    known = {_plain(str(one["name"])): int(one["index"]) for one in classes}
    found = {number: known[_plain(label)] for number, label in labels.items() if _plain(label) in known}
    unknown = [
        label for label in labels.values() if _plain(label) not in known and _plain(label) not in NOTHING
    ]
    if not found:
        ours, theirs = ", ".join(str(one["name"]) for one in classes), ", ".join(labels.values())
        raise InvalidInput(
            _("the project has none of the model's classes (%(theirs)s); it has %(ours)s")
            % {"theirs": theirs[:300], "ours": ours[:300]}
        )
    return found, unknown


def _plain(name: str) -> str:
    return re.sub(r"[\s_\-]+", " ", name).strip().casefold()
