"""The weights that a training begins with: packaged, of another model, from a file, from a hub, or none.

Owns finding and fitting them, and saying what was taken. Does not own the networks. Nothing is unpickled: files are
safetensors, or .pth read with `weights_only`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotator.core.errors import InvalidInput
from annotator.core.words import _
from ml_worker.model_folder import HEADS, read_weights
from ml_worker.nets.build import outputs_of
from ml_worker.nets.encoders import ENCODERS, PACKAGED, load_packaged, packaged_file
from ml_worker.recipe import Plan

if TYPE_CHECKING:
    from torch import Tensor, nn

MOST_NAMED = 5
LEAST_SHARE = 0.1  # of a network's tensors that a weights file must fill: with less it is for something else


@dataclass(frozen=True, slots=True)
class Begun:
    """What a network begins with. weights: as in the plan. text: for the log."""

    weights: str
    text: str


def begin(
    net: nn.Module,
    plan: Plan,
    *,
    parent: Path | None = None,
    parent_plan: Plan | None = None,
    file: Path | None = None,
) -> Begun:
    """Fill a network with the weights that its plan asks for.

    Args:
        net: from `nets/build.py`. parent, parent_plan: weights and plan of a model that it goes on from.
        file: weights that a person named.

    Returns:
        What it begins with: "scratch" where the plan's weights can't be had, with the reason.

    Raises:
        InvalidInput: the weights of the parent or the file are damaged or for something else.
    """
    wanted = plan["weights"]
    if parent is not None:
        return from_model(net, plan, read_file(parent), parent_plan)
    if file is not None:
        return from_file(net, read_file(file), file.name)
    if wanted == "packaged":
        if plan["encoder"] != PACKAGED or packaged_file() is None:
            text = _("no packaged weights for %(encoder)s here: beginning from scratch")
            return Begun("scratch", text % {"encoder": plan["encoder"]})
        count = load_packaged(net.encoder)  # pyright: ignore[reportArgumentType] - every net with encoders names it so
        text = _("encoder with packaged ImageNet weights (%(count)s tensors)") % {"count": count}
        return Begun("packaged", text)
    if wanted == "hub":
        return from_hub(net, plan)
    if wanted in ("model", "file"):
        return Begun(
            "scratch",
            _("the plan begins with a %(kind)s, but none was given: beginning from scratch")
            % {"kind": wanted},
        )
    return Begun("scratch", _("beginning from scratch"))


def read_file(path: Path) -> dict[str, Any]:
    """Read a weights file: safetensors, or .pth / .pt / .ckpt of tensors.

    Raises:
        InvalidInput: it is missing, damaged, or holds more than tensors.
    """
    import torch

    try:
        with path.open("rb") as file:
            begins = file.read(2)
        if not begins.startswith((b"PK", b"\x80")):  # neither a ZIP nor a pickle, which torch writes
            return read_weights(path)
        state = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as problem:
        raise InvalidInput(f"{path.name}: {problem.strerror or problem}") from None
    except Exception as problem:  # noqa: BLE001 - a damaged file makes torch fail in any way
        raise InvalidInput(
            _(
                "%(name)s: damaged, or more than plain tensors (%(problem)s); save its state_dict, best as .safetensors"
            )
            % {"name": path.name, "problem": type(problem).__name__}
        ) from None
    for key in ("state_dict", "model", "model_state_dict"):
        if isinstance(state, dict) and isinstance(state.get(key), dict):
            state = state[key]
    if not isinstance(state, dict) or not state or not all(hasattr(one, "shape") for one in state.values()):
        raise InvalidInput(_("%(name)s: not a map of tensors") % {"name": path.name})
    return {key.removeprefix("module."): tensor for key, tensor in state.items()}


def from_model(net: nn.Module, plan: Plan, state: Mapping[str, Tensor], parent_plan: Plan | None) -> Begun:
    """Begin with another model's weights; outputs of classes that it knows, by name, are taken along.

    Args:
        parent_plan: what its outputs are; None: outputs are taken only where their shapes are equal.

    Raises:
        InvalidInput: it is of another architecture; says how many tensors fit and names some that do not.
    """
    own = net.state_dict()
    rows = _rows(plan, parent_plan) if parent_plan is not None else {}
    taken: dict[str, Any] = {}
    for key, tensor in own.items():
        found = state.get(key)
        if found is None:
            continue
        block = _rows_per_output(key, tensor, found, plan, parent_plan)
        if block:
            merged = tensor.clone()
            for row, other in rows.items():
                merged[row * block : (row + 1) * block] = found[other * block : (other + 1) * block]
            taken[key] = merged
        elif found.shape == tensor.shape:
            taken[key] = found
    missing = [key for key in own if key not in taken]
    if len(missing) > len(own) // 2:
        raise InvalidInput(
            _(
                "the parent's weights are for another architecture: %(fit)s of %(count)s tensors fit; %(others)s do not"
            )
            % {"fit": len(taken), "count": len(own), "others": _named(missing)}
        )
    net.load_state_dict(taken, strict=False)
    text = _("weights of the parent model: %(fit)s of %(count)s tensors")
    if rows:
        text += _("; %(rows)s outputs by the names of their classes")
    return Begun("model", text % {"fit": len(taken), "count": len(own), "rows": len(rows)})


def from_file(net: nn.Module, state: Mapping[str, Tensor], name: str) -> Begun:
    """Begin with what fits of a weights file: keys as they are, or those of the encoder or backbone alone.

    Raises:
        InvalidInput: next to nothing fits.
    """
    own = net.state_dict()
    best: dict[str, Any] = {}
    for prefix in ("", "encoder.", "backbone.", "backbone.body."):
        fits = {
            prefix + key: one
            for key, one in state.items()
            if prefix + key in own and own[prefix + key].shape == one.shape
        }
        best = max(best, fits, key=len)
    other = [key for key in state if key in own and own[key].shape != state[key].shape]
    left = [key for key in own if key not in best]
    if len(best) < LEAST_SHARE * len(own):
        raise InvalidInput(
            _(
                "%(name)s: these weights are for another architecture: %(fit)s of %(count)s tensors fit; it has "
                "%(found)s; %(needed)s are needed"
            )
            % {
                "name": name,
                "fit": len(best),
                "count": len(own),
                "found": _named(list(state)),
                "needed": _named(list(own)),
            }
        )
    net.load_state_dict(best, strict=False)
    text = _("%(name)s: %(fit)s of %(count)s tensors") % {"name": name, "fit": len(best), "count": len(own)}
    if other:
        text += _("; of another shape, such as those of other classes: %(names)s") % {"names": _named(other)}
    if left:
        text += _("; from scratch: %(names)s") % {"names": _named(left)}
    return Begun("file", text)


def from_hub(net: nn.Module, plan: Plan) -> Begun:
    """Begin with the weights of torchvision or timm, where this machine has or reaches them."""
    try:
        state = _hub_state(plan)
    except Exception as problem:  # noqa: BLE001 - no network fails in a dozen ways, and none of them stops a training
        return Begun(
            "scratch",
            _(
                "weights of %(encoder)s could not be fetched (%(problem)s): beginning from scratch. A weights file can "
                "be named instead"
            )
            % {"encoder": plan["encoder"], "problem": type(problem).__name__},
        )
    begun = from_file(net, state, _("%(encoder)s from the hub") % {"encoder": plan["encoder"]})
    return Begun("hub", begun.text)


def _hub_state(plan: Plan) -> dict[str, Any]:
    from torchvision import models

    if plan["architecture"] == "mask_rcnn" and plan["encoder"] == "resnet50":
        second = plan.get("variant") == "v2"
        detection = models.detection
        weights: Any = (
            detection.MaskRCNN_ResNet50_FPN_V2_Weights if second else detection.MaskRCNN_ResNet50_FPN_Weights
        ).DEFAULT
        return dict(weights.get_state_dict(progress=False, check_hash=True))
    if plan["architecture"] == "fcn" and plan["encoder"] in ("resnet50", "resnet101"):
        named = models.segmentation.FCN_ResNet50_Weights, models.segmentation.FCN_ResNet101_Weights
        chosen: Any = named[plan["encoder"] == "resnet101"].DEFAULT
        return dict(chosen.get_state_dict(progress=False, check_hash=True))
    if plan["encoder"].startswith("resnet"):
        return dict(
            models.get_weight(f"ResNet{plan['encoder'][6:]}_Weights.IMAGENET1K_V1").get_state_dict(
                progress=False
            )
        )
    from segmentation_models_pytorch.encoders import get_encoder

    encoder = get_encoder(ENCODERS[plan["encoder"]].smp_name, weights="imagenet")
    return dict(encoder.state_dict())


def _background(plan: Plan) -> int:
    return int(plan["architecture"] == "mask_rcnn" or plan["background"] == "class")


def _outputs(plan: Plan) -> int:
    return outputs_of(plan) if plan["architecture"] in ("unet", "fcn") else len(plan["classes"]) + 1


def _rows(plan: Plan, parent: Plan) -> dict[int, int]:
    """From our outputs to the parent's: classes by name, the background and the distance as they are."""
    names = {one["name"]: at + _background(parent) for at, one in enumerate(parent["classes"])}
    rows = {0: 0} if _background(plan) and _background(parent) else {}
    for at, one in enumerate(plan["classes"], start=_background(plan)):
        if one["name"] in names:
            rows[at] = names[one["name"]]
    if plan["instances"] == parent["instances"] == "watershed":
        rows[_outputs(plan) - 1] = _outputs(parent) - 1
    return rows


def _rows_per_output(key: str, tensor: Tensor, found: Tensor, plan: Plan, parent: Plan | None) -> int:
    """How many rows of a head's tensor belong to one output (4 of a box); 0: it has none for each."""
    if parent is None or not set(key.split(".")) & set(HEADS) or not tensor.ndim:
        return 0
    if tensor.ndim != found.ndim or tensor.shape[1:] != found.shape[1:]:
        return 0
    for block in (1, 4):
        if (tensor.shape[0], found.shape[0]) == (block * _outputs(plan), block * _outputs(parent)):
            return block
    return 0


def _named(keys: list[str]) -> str:
    more = _(" and %(count)s more") % {"count": len(keys) - MOST_NAMED} if len(keys) > MOST_NAMED else ""
    return ", ".join(keys[:MOST_NAMED]) + more
