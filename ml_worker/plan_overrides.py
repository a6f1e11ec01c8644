"""What a person may choose of a plan: each field with what is allowed, so that everything wrong is said at once.

Owns the limits. Does not own what is chosen where nobody says (`plan.py`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from annotator.core.errors import InvalidInput, Problem
from annotator.core.words import _

Check = Callable[[Any], str]
"""Gives what is allowed where the value is not, else an empty text."""

ENCODERS = {
    "unet": ("efficientnet_lite0", "resnet18", "resnet34", "resnet50", "efficientnet-b3", "mobilenet_v2"),
    "fcn": ("resnet18", "resnet50", "resnet101"),
    "mask_rcnn": ("resnet18", "resnet50"),
    "click": ("efficientnet_lite0", "resnet18", "resnet34"),
}
WEIGHTS = ("packaged", "scratch", "hub", "file", "model")
LOSSES = ("cross_entropy", "dice", "focal", "lovasz", "tversky", "boundary")


def checked_overrides(
    overrides: Mapping[str, Any], architecture: str, fingerprint: Mapping[str, Any]
) -> dict[str, Any]:
    """Give the overrides as they are, or everything that is wrong with them.

    Raises:
        InvalidInput: unknown fields and values that are not allowed, each named.
    """
    checks = _checks(architecture, {one["index"] for one in fingerprint["classes"]})
    problems = [
        Problem(
            f"overrides.{name}",
            _("no such field; there are %(names)s") % {"names": ", ".join(sorted(checks))},
        )
        for name in overrides
        if name not in checks
    ]
    for name, value in overrides.items():
        if name in checks and (allowed := checks[name](value)):
            values = {"name": name, "value": _shown(value), "allowed": allowed}
            problems.append(Problem(f"overrides.{name}", _("%(name)s is %(value)s; %(allowed)s") % values))
    if problems:
        raise InvalidInput(
            _("the plan cannot be changed so: %(problems)s")
            % {"problems": "; ".join(one.message for one in problems)},
            problems,
        )
    return dict(overrides)


def _checks(architecture: str, classes: set[int]) -> dict[str, Check]:
    return {
        "encoder": _one_of(ENCODERS.get(architecture, ())),
        "variant": _one_of(("v1", "v2")),
        "norm": _one_of(("group", "frozen", "batch")),
        "weights": _one_of(WEIGHTS),
        "background": _one_of(("class", "ignore")),
        "input_size": _sides,
        "scale": _number(0.02, 4.0),
        "batch_size": _whole(1, 256),
        "accumulate": _whole(1, 64),
        "steps": _whole(1, 1_000_000),
        "evaluate_every": _whole(1, 1_000_000),
        "warmup": _whole(0, 100_000),
        "learning_rate": _number(1e-7, 10.0),
        "optimizer": _one_of(("adamw", "sgd")),
        "weight_decay": _number(0.0, 1.0),
        "schedule": _one_of(("poly", "cosine")),
        "losses": _losses,
        "class_weights": _class_weights,
        "oversample": _number(0.0, 1.0),
        "augmentation": _augmentation,
        "anchors": _anchors,
        "detections": _whole(1, 2000),
        "tiling": _tiling,
        "ema": _number(0.0, 0.99999),
        "precision": _one_of(("float32", "bfloat16", "float16")),
        "workers": _whole(0, 64),
        "seed": _whole(0, 2**31 - 1),
        "directional": lambda value: (
            ""
            if isinstance(value, list)
            and all(one in classes for one in value if isinstance(one, int))
            and all(isinstance(one, int) for one in value)
            else _("a list of class indices is needed; there are %(indices)s")
            % {"indices": ", ".join(map(str, sorted(classes)))}
        ),
    }


def _one_of(allowed: tuple[str, ...]) -> Check:
    return lambda value: (
        "" if value in allowed else _("allowed are %(names)s") % {"names": ", ".join(allowed)}
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _number(low: float, high: float) -> Check:
    return lambda value: (
        ""
        if _is_number(value) and low <= value <= high
        else _("a number from %(low)s to %(high)s is needed") % {"low": f"{low:g}", "high": f"{high:g}"}
    )


def _whole(low: int, high: int) -> Check:
    def check(value: Any) -> str:
        good = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
        text = _("a whole number from %(low)s to %(high)s is needed")
        return "" if good else text % {"low": low, "high": high}

    return check


def _sides(value: Any) -> str:
    good = (
        isinstance(value, list)
        and len(value) == 2
        and all(
            isinstance(one, int) and not isinstance(one, bool) and 32 <= one <= 4096 and one % 32 == 0
            for one in value
        )
    )
    return "" if good else _("[height, width] is needed, multiples of 32 from 32 to 4096")


def _losses(value: Any) -> str:
    good = (
        isinstance(value, list)
        and len(value) > 0
        and all(
            isinstance(one, dict)
            and set(one) == {"name", "weight"}
            and one["name"] in LOSSES
            and _is_number(one["weight"])
            and 0 < one["weight"] <= 100
            for one in value
        )
    )
    return (
        ""
        if good
        else _('a list of {"name", "weight"} is needed; names are %(names)s, weights up to 100')
        % {"names": ", ".join(LOSSES)}
    )


def _class_weights(value: Any) -> str:
    good = value is None or (
        isinstance(value, list) and all(_is_number(one) and 0 < one <= 100 for one in value)
    )
    return "" if good else _("null, or one number above 0 for each output, is needed")


def _augmentation(value: Any) -> str:
    if not isinstance(value, dict):
        return _("an object is needed")
    known: dict[str, Check] = {
        "flip_horizontal": _flag,
        "flip_vertical": _flag,
        "rotate": _number(0.0, 180.0),
        "zoom": _zoom,
        "colour": _number(0.0, 1.0),
        "blur": _number(0.0, 1.0),
    }
    wrong = [_("%(name)r is not known") % {"name": name} for name in value if name not in known]
    wrong += [
        f"{name}: {text}" for name, check in known.items() if name in value and (text := check(value[name]))
    ]
    return "; ".join(wrong)


def _flag(value: Any) -> str:
    return "" if isinstance(value, bool) else _("true or false is needed")


def _zoom(value: Any) -> str:
    good = (
        isinstance(value, list)
        and len(value) == 2
        and all(map(_is_number, value))
        and 0.1 <= value[0] <= value[1] <= 10
    )
    return "" if good else _("[least, most] is needed, from 0.1 to 10")


def _anchors(value: Any) -> str:
    good = (
        isinstance(value, dict)
        and set(value) == {"sizes", "ratios"}
        and isinstance(value["sizes"], list)
        and len(value["sizes"]) == 5
        and all(
            isinstance(row, list) and row and all(_is_number(x) and x > 0 for x in row)
            for row in value["sizes"]
        )
        and isinstance(value["ratios"], list)
        and len(value["ratios"]) > 0
        and all(_is_number(x) and x > 0 for x in value["ratios"])
    )
    return "" if good else _('{"sizes": five lists of pixels, "ratios": [height by width, …]} is needed')


def _tiling(value: Any) -> str:
    good = value is None or (
        isinstance(value, dict)
        and set(value) == {"size", "overlap"}
        and not _sides(value["size"])
        and _is_number(value["overlap"])
        and 0 <= value["overlap"] <= 0.5
    )
    return "" if good else _('null, or {"size": [height, width], "overlap": 0 to 0.5}, is needed')


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
