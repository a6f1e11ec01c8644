"""A model on disk: what it is, and its weights; written by a training, read by predicting and evaluating.

Owns the layout, writing, reading and checking. Does not own building networks (`nets/build.py`) nor what a brought
ONNX file may look like (`onnx_model.py`).

    model.json            {"architecture", "purpose", "plan", "class_map", "settings", "id"}
    weights.safetensors   ours
    model.onnx            brought by its owner, in place of weights
    semantic/, instance/  of a fused one: two model folders, and no weights of its own

`id` is the model's in the product; without one, the hash of its file stands for it. Weights are never pickled.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotator.core.errors import InvalidInput, Problem
from annotator.core.words import _
from ml_worker.run_folder import write_json

if TYPE_CHECKING:
    from torch import nn

INDEX, WEIGHTS, ONNX = "model.json", "weights.safetensors", "model.onnx"
ARCHITECTURES = ("unet", "fcn", "mask_rcnn", "click", "fused", "onnx")
PURPOSES = ("semantic", "instance", "panoptic", "click")
PARTS = ("semantic", "instance")
HEADS = (
    "segmentation_head",
    "classifier",
    "roi_heads",
)  # where a network's classes are: the prefixes of its outputs
MOST_NAMED = 5  # tensors named in a message; the others are counted
CHUNK = 1 << 20

DEFAULTS: Mapping[str, Any] = {
    "confidence": 0.5,
    "detections": 100,
    "mask": 0.5,
    "temperature": 1.0,
    "watershed": None,
    "tiling": None,
    "smallest": 0,
}


@dataclass(frozen=True, slots=True)
class ModelClass:
    """A class that the model knows; `index` is the project's, 1..254."""

    index: int
    name: str
    colour: str = "#808080"
    is_thing: bool = True


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A model folder that has been read and checked.

    Attributes:
        classes: in the order of the outputs. settings: every key of `DEFAULTS`.
        model_id: the product's id, or the hash of the model's file.
    """

    path: Path
    architecture: str
    purpose: str
    plan: Mapping[str, Any]
    classes: tuple[ModelClass, ...]
    settings: Mapping[str, Any]
    model_id: str
    parts: Mapping[str, ModelFolder] = field(default_factory=dict)

    @property
    def file(self) -> Path:
        """The weights, or the brought model."""
        return self.path / (ONNX if self.architecture == "onnx" else WEIGHTS)


def write_model(
    folder: Path,
    *,
    architecture: str,
    purpose: str,
    plan: Mapping[str, Any],
    class_map: Sequence[Mapping[str, Any]],
    settings: Mapping[str, Any],
    model_id: str = "",
) -> None:
    """Write `model.json`; the weights or parts are put beside it by whoever has them (`save_weights`, a copy)."""
    folder.mkdir(parents=True, exist_ok=True)
    write_json(
        folder / INDEX,
        {
            "architecture": architecture,
            "purpose": purpose,
            "plan": dict(plan),
            "class_map": [dict(one) for one in class_map],
            "settings": dict(settings),
            "id": model_id,
        },
    )


def read_model(folder: Path) -> ModelFolder:
    """Read and check a model folder.

    Raises:
        InvalidInput: it is none, a value is not allowed, or its file is missing; everything that is wrong is named.
    """
    index = _read_index(folder)
    problems = list(_problems(index))
    parts: dict[str, ModelFolder] = {}
    if index.get("architecture") == "fused":
        missing = [name for name in PARTS if not (folder / name / INDEX).is_file()]
        problems += [
            Problem(name, _("a fused model needs its %(name)s model in this folder") % {"name": name})
            for name in missing
        ]
        if not missing:
            parts = {name: read_model(folder / name) for name in PARTS}
    elif not problems:
        name = ONNX if index["architecture"] == "onnx" else WEIGHTS
        if not (folder / name).is_file():
            problems.append(Problem(name, _("the model's file is missing")))
    if problems:
        raise InvalidInput(f"{folder.name}/{INDEX}: {problems[0].where}: {problems[0].message}", problems)
    found = ModelFolder(
        path=folder,
        architecture=index["architecture"],
        purpose=index["purpose"],
        plan=index.get("plan") or {},
        classes=tuple(_as_class(one) for one in index["class_map"]),
        settings=with_defaults(index.get("settings")),
        model_id=str(index.get("id") or ""),
        parts=parts,
    )
    return found if found.model_id else _named_by_content(found)


def with_defaults(settings: Mapping[str, Any] | None) -> dict[str, Any]:
    """Settings with every key that prediction uses."""
    return {**DEFAULTS, **{key: value for key, value in (settings or {}).items() if value is not None}}


def _read_index(folder: Path) -> dict[str, Any]:
    path = folder / INDEX
    try:
        index = json.loads(path.read_text("utf-8"))
    except OSError as problem:
        raise InvalidInput(f"{path}: {problem.strerror or problem}") from None
    except ValueError as problem:
        raise InvalidInput(
            _("%(path)s: not JSON: %(problem)s") % {"path": path, "problem": problem}
        ) from None
    if not isinstance(index, dict):
        raise InvalidInput(_("%(path)s: a map is needed") % {"path": path})
    return index


def _problems(index: Mapping[str, Any]) -> list[Problem]:
    found: list[Problem] = []
    for key, allowed in (("architecture", ARCHITECTURES), ("purpose", PURPOSES)):
        if index.get(key) not in allowed:
            found.append(
                Problem(
                    key,
                    _("%(name)r is none of %(names)s")
                    % {"name": index.get(key), "names": ", ".join(allowed)},
                )
            )
    classes = index.get("class_map")
    if not isinstance(classes, list) or not (classes or index.get("purpose") == "click"):
        return [*found, Problem("class_map", _("a list of the model's classes is needed"))]
    seen: set[int] = set()
    for at, one in enumerate(classes):
        number = one.get("index") if isinstance(one, dict) else None
        if type(number) is not int or not 1 <= number <= 254:
            found.append(
                Problem(
                    f"class_map[{at}].index", _("%(number)r is no class index, 1 to 254") % {"number": number}
                )
            )
        elif number in seen:
            found.append(Problem(f"class_map[{at}].index", _("%(number)s occurs twice") % {"number": number}))
        else:
            seen.add(number)
    planned = (index.get("plan") or {}).get("classes")
    if planned is not None and not found:
        order = [one.get("index") for one in planned]
        if order != [one["index"] for one in classes]:
            found.append(
                Problem(
                    "class_map",
                    _("the plan's classes are %(order)s: they must be the same") % {"order": order},
                )
            )
    return found


def _as_class(one: Mapping[str, Any]) -> ModelClass:
    return ModelClass(
        index=one["index"],
        name=str(one.get("name", one["index"])),
        colour=str(one.get("colour", "#808080")),
        is_thing=bool(one.get("is_thing", True)),
    )


def _named_by_content(found: ModelFolder) -> ModelFolder:
    if found.parts:
        name = "+".join(found.parts[one].model_id for one in PARTS)
    else:
        digest = hashlib.sha256()
        with found.file.open("rb") as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
        name = digest.hexdigest()
    return ModelFolder(
        found.path,
        found.architecture,
        found.purpose,
        found.plan,
        found.classes,
        found.settings,
        name,
        found.parts,
    )


# Weights


def save_weights(net: nn.Module, path: Path) -> None:
    """Write a network's weights and buffers as safetensors, whole or not at all."""
    from safetensors.torch import save

    from ml_worker.run_folder import write_whole

    state = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in net.state_dict().items()}
    write_whole(path, save(state))


def load_weights(net: nn.Module, path: Path) -> None:
    """Load weights that `save_weights` wrote into a network of the same plan.

    Raises:
        InvalidInput: the file is missing, damaged, or belongs to another architecture or other classes.
    """
    state = read_weights(path)
    own = net.state_dict()
    other = sorted(name for name in own if name in state and state[name].shape != own[name].shape)
    missing, surplus = sorted(own.keys() - state.keys()), sorted(state.keys() - own.keys())
    heads = [name for name in other if set(name.split(".")) & set(HEADS)]
    if heads and heads == other and not missing and not surplus:
        name = heads[0]
        raise InvalidInput(
            _(
                "%(file)s: these weights are for other classes: %(name)s has the shape %(found)s; this model's classes "
                "need %(needed)s"
            )
            % {"file": path.name, "name": name, "found": _shape(state[name]), "needed": _shape(own[name])}
        )
    problems = [
        *(
            Problem(
                name,
                _("shape %(found)s; %(needed)s is needed")
                % {"found": _shape(state[name]), "needed": _shape(own[name])},
            )
            for name in other
        ),
        *(Problem(name, _("missing")) for name in missing),
        *(Problem(name, _("not part of this network")) for name in surplus),
    ]
    if problems:
        named = "; ".join(f"{one.where}: {one.message}" for one in problems[:MOST_NAMED])
        more = ""
        if len(problems) > MOST_NAMED:
            more = _(" and %(count)s more") % {"count": len(problems) - MOST_NAMED}
        raise InvalidInput(
            _("%(name)s: these weights are for another architecture: %(problems)s")
            % {"name": path.name, "problems": named + more},
            problems,
        )
    net.load_state_dict(state)


def read_weights(path: Path) -> dict[str, Any]:
    """Read a safetensors file: tensors by name, on the CPU.

    Raises:
        InvalidInput: it is missing, or no whole safetensors file.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except OSError as problem:
        raise InvalidInput(f"{path.name}: {problem.strerror or problem}") from None
    except (SafetensorError, ValueError) as problem:
        values = {"name": path.name, "problem": problem}
        raise InvalidInput(_("%(name)s: the weights are damaged: %(problem)s") % values) from None


def load_net(model: ModelFolder) -> nn.Module:
    """Build the network of a model folder and load its weights: in evaluation mode, on the CPU.

    Raises:
        InvalidInput: the weights don't fit, or the plan can't be built.
    """
    from ml_worker.nets.build import build

    net = build(model.plan)
    load_weights(net, model.file)
    return net.eval()


def _shape(tensor: Any) -> str:
    return "x".join(str(side) for side in tensor.shape) or "scalar"
