"""What a training will do and why: a readable plan from a dataset's fingerprint, the machine, and a person's wishes.

The rules follow nnU-Net's idea: everything that can be read from the data or the machine is, by rules that fit on a
page, and each value says in a sentence why it was chosen. Any of them may be overridden.

Owns what follows from the data; `plan_schedule.py` owns what follows from the machine, `plan_overrides.py` what a
person may choose, `plan_cost.py` how long steps take and how much memory they need. Reads no pixel and no torch: a plan
is made in moments on any machine.

Source: Isensee et al. 2021, nnU-Net: a self-configuring method for deep learning-based biomedical image segmentation.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from annotator.core.errors import InvalidInput, Problem
from annotator.core.words import _
from ml_worker.plan_draft import Device, Draft, Fingerprint
from ml_worker.plan_overrides import checked_overrides
from ml_worker.plan_schedule import set_schedule

STRIDE = 32  # sides of what networks are given are multiples of it
COVERED = 0.95  # of the pixels: from here on, what nobody drew is a gap, not a background
LEAST_SCALE = 0.05  # the largest pictures are shown by tiles, not as thumbnails
LEAST_SIDE = 8  # pixels that a quarter of the objects should keep after scaling: stride 4 leaves them 2 x 2
RARE = 0.01  # a class with less than this share of the commonest one's pixels gets help
LONGEST_WHOLE = {"cpu": 1024, "cuda": 2048}  # scaled pictures with a longer side are predicted by tiles


def make_plan(
    fingerprint: Fingerprint,
    *,
    architecture: str,
    device: Device,
    overrides: Mapping[str, Any] | None = None,
    parent: Mapping[str, Any] | None = None,
    packaged: bool = True,
) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Make a plan.

    Args:
        fingerprint: of the dataset. device: of the machine that will train.
        overrides: fields of the plan that a person chose.
        parent: the plan of the model whose weights it begins with.
        packaged: whether the package with the encoder's weights is installed.

    Returns:
        The plan and the reasons, one for each field.

    Raises:
        InvalidInput: nothing can be learned from these data, or overrides are wrong; all problems are named.
    """
    _check_data(fingerprint, architecture)
    draft = Draft(overrides=checked_overrides(overrides or {}, architecture, fingerprint))
    draft.values["architecture"] = architecture
    _outputs(draft, fingerprint, architecture)
    _network(draft, architecture, device, parent=parent, packaged=packaged)
    _size(draft, fingerprint, architecture, device)
    _losses(draft, fingerprint, architecture)
    _augmentation(draft)
    if architecture == "mask_rcnn":
        _detection(draft, fingerprint)
    else:
        draft.values.update(anchors=None, detections=100)
    set_schedule(draft, fingerprint, architecture, device)
    _tiling(draft, fingerprint, device)
    return draft.values, draft.reasons


def plan_task(request: Mapping[str, Any]) -> dict[str, Any]:
    """Answer the request `plan` of `docs/learning_formats.md`."""
    from ml_worker.nets.encoders import packaged_file

    plan, reasons = make_plan(
        request["fingerprint"],
        architecture=request["architecture"],
        device=request["device"],
        overrides=request.get("overrides"),
        parent=request.get("parent"),
        packaged=packaged_file() is not None,
    )
    return {"plan": plan, "reasons": reasons}


def _check_data(fingerprint: Fingerprint, architecture: str) -> None:
    problems = []
    if architecture not in ("unet", "fcn", "mask_rcnn", "click"):
        problems.append(
            Problem(
                "architecture",
                _("%(name)r is none of %(names)s")
                % {"name": architecture, "names": "unet, fcn, mask_rcnn, click"},
            )
        )
    if fingerprint["images"]["train"] == 0:
        problems.append(Problem("images", _("no labelled image is in the training split; label one that is")))
    if not any(one["objects"] for one in fingerprint["classes"]):
        problems.append(Problem("classes", _("no class has an object in the training images")))
    if architecture == "mask_rcnn" and fingerprint["task_type"] == "semantic":
        problems.append(
            Problem("architecture", _("a semantic project has no single objects; choose unet or fcn"))
        )
    if problems:
        raise InvalidInput(
            _("there is nothing to learn from: %(problems)s")
            % {"problems": "; ".join(one.message for one in problems)},
            problems,
        )


def _outputs(draft: Draft, fingerprint: Fingerprint, architecture: str) -> None:
    """The purpose, the classes in the order of the outputs, and what the pixels without an object mean."""
    task = fingerprint["task_type"]
    purpose = {"click": "click", "mask_rcnn": "instance"}.get(architecture) or (
        "instance" if task == "instance" else "semantic"
    )
    draft.values["purpose"] = purpose
    directional = set(draft.overrides.get("directional", ()))
    things_only = architecture == "mask_rcnn" and task == "panoptic"
    draft.values["classes"] = [
        {
            "index": one["index"],
            "name": one["name"],
            "colour": one["colour"],
            "is_thing": one["is_thing"],
            "directional": one["index"] in directional,
        }
        for one in fingerprint["classes"]
        if (one["is_thing"] or not things_only)
    ]
    without = [one["name"] for one in fingerprint["classes"] if not one["objects"]]
    if without:
        draft.note(
            "classes",
            "classes_without_examples",
            "{names}: no example among the training images, so nothing is learned of them",
            names=", ".join(without),
        )
    else:
        draft.note("classes", "classes_all", "all classes of the palette, in its order")
    covered = float(fingerprint.get("covered", 0.0))
    if purpose == "semantic" and covered >= COVERED:
        draft.set(
            "background",
            "ignore",
            "background_gap",
            "objects cover {percent} % of the pixels: what nobody drew is a gap, and nothing is learned from it",
            percent=round(covered * 100, 1),
        )
    else:
        draft.set(
            "background",
            "class",
            "background_class",
            "objects cover {percent} % of the pixels: the rest is learned as background",
            percent=round(covered * 100, 1),
        )
    separate = architecture == "unet" and purpose == "instance"
    draft.values["instances"] = "watershed" if separate else ""
    if separate:
        draft.note(
            "instances",
            "watershed_touching",
            "{percent} % of the objects touch another: a further output learns the distance to the border",
            percent=round(float(fingerprint.get("touching", 0.0)) * 100, 1),
        )


def _network(
    draft: Draft, architecture: str, device: Device, *, parent: Mapping[str, Any] | None, packaged: bool
) -> None:
    """The encoder and the weights it begins with."""
    small = device["kind"] != "cuda"
    parent = parent if parent and parent.get("architecture") == architecture else None
    if parent is not None:
        encoder = draft.set(
            "encoder", parent["encoder"], "encoder_of_parent", "the one of the model it begins with"
        )
        draft.values["variant"] = draft.overrides.get("variant", parent.get("variant", ""))
    elif architecture in ("unet", "click"):
        encoder = draft.set(
            "encoder",
            "efficientnet_lite0" if packaged else "resnet18",
            "encoder_packaged" if packaged else "encoder_small",
            "small, and its ImageNet weights come with Contorno"
            if packaged
            else "small enough for any machine",
        )
        draft.values["variant"] = ""
    else:
        encoder = draft.set(
            "encoder",
            "resnet18" if small else "resnet50",
            "encoder_small" if small else "encoder_gpu",
            "small enough for a machine without a GPU" if small else "the usual one; the GPU has room for it",
        )
        draft.values["variant"] = ""
        if architecture == "mask_rcnn":
            draft.values["variant"] = draft.overrides.get("variant", "v1" if small else "v2")
    if parent is not None and encoder == parent["encoder"]:
        draft.set("weights", "model", "weights_of_parent", "it goes on from a model of this project")
    elif architecture in ("unet", "click") and packaged and encoder == "efficientnet_lite0":
        draft.set(
            "weights", "packaged", "weights_packaged", "ImageNet weights of the encoder, without any download"
        )
    else:
        draft.set(
            "weights",
            "scratch",
            "weights_scratch",
            "no weights of this encoder come with Contorno: it begins from nothing and needs more images",
        )
    if architecture == "mask_rcnn":
        _norm(draft, parent)


def _norm(draft: Draft, parent: Mapping[str, Any] | None) -> None:
    """The normalisation of a Mask R-CNN's layers: that of the weights it begins with."""
    weights, second = draft.values["weights"], draft.values["variant"] == "v2"
    found = "group"
    if weights == "model" and parent is not None:
        found = parent.get("norm") or found
    elif weights in ("hub", "file"):
        found = "batch" if second else "frozen"
    group = found == "group"
    draft.set(
        "norm",
        found,
        "norm_group" if group else "norm_of_weights",
        "batches are too small for the statistics that batch normalisation learns"
        if group
        else "that of the weights which it begins with",
    )


def _median_size(fingerprint: Fingerprint) -> tuple[float, float]:
    """Width and height of the middle picture, by longest side."""
    sizes = sorted(fingerprint["sizes"], key=lambda one: max(one[0], one[1]))
    half = sum(one[2] for one in sizes) / 2
    seen = 0
    for width, height, count in sizes:
        seen += count
        if seen >= half:
            return float(width), float(height)
    return 256.0, 256.0


def _small_side(fingerprint: Fingerprint) -> float:
    """The side that a quarter of the objects stay below, in pixels; of the class that has the smallest."""
    sides = [one["box_sides"][1] for one in fingerprint["classes"] if one["objects"] and one.get("box_sides")]
    return min(sides) if sides else math.inf


def _size(draft: Draft, fingerprint: Fingerprint, architecture: str, device: Device) -> None:
    """How much pictures are scaled, and what is cut out of them."""
    side = {"cpu": 224, "mps": 384}.get(device["kind"], 640)
    if architecture == "mask_rcnn":
        side = {"cpu": 256, "mps": 512}.get(device["kind"], 1024)
    if architecture == "click":
        side = {"cpu": 160, "mps": 256}.get(device["kind"], 384)
    width, height = _median_size(fingerprint)
    longest = max(width, height)
    room = side if architecture == "mask_rcnn" else 2 * side
    scale = 1.0 if longest * 0.9 <= room else max(LEAST_SCALE, room / longest)
    smallest = _small_side(fingerprint)
    needed = min(1.0, LEAST_SIDE / smallest) if smallest > 0 else 1.0
    if architecture == "click":
        scale = draft.set(
            "scale", 1.0, "scale_click", "objects are cut out one by one, each at a size of its own"
        )
    elif scale >= 1.0:
        scale = draft.set("scale", 1.0, "scale_whole", "pictures are small enough to be seen in full detail")
    elif needed > scale:
        scale = draft.set(
            "scale",
            round(needed, 3),
            "scale_objects",
            "a quarter of the objects is smaller than {side} pixels: scaled down further they would be lost",
            side=round(smallest),
        )
    else:
        scale = draft.set(
            "scale",
            round(scale, 3),
            "scale_context",
            "pictures have {longest} pixels: scaled so that a cut shows enough of its surroundings",
            longest=round(longest),
        )
    cut = [_multiple(min(side, height * scale)), _multiple(min(side, width * scale))]
    if architecture == "click":
        cut = [side, side]
    draft.set(
        "input_size",
        cut,
        "size_device",
        "what this machine learns from in good time; the middle picture has {width} x {height}",
        width=round(width),
        height=round(height),
    )


def _multiple(side: float) -> int:
    return max(STRIDE, math.ceil(side / STRIDE - 1e-6) * STRIDE)


def _losses(draft: Draft, fingerprint: Fingerprint, architecture: str) -> None:
    """What is made smaller, and the help that rare classes get."""
    if architecture == "mask_rcnn":
        draft.values.update(losses=[], class_weights=None, oversample=0.0)
        draft.note("losses", "losses_detection", "the five losses of Mask R-CNN, all with weight 1")
        return
    if architecture == "click":
        draft.set(
            "losses",
            [{"name": "cross_entropy", "weight": 1.0}, {"name": "dice", "weight": 1.0}],
            "losses_click",
            "cross-entropy for every pixel, Dice so that small objects count as much as large ones",
        )
        draft.values.update(class_weights=None, oversample=0.0)
        return
    draft.set(
        "losses",
        [{"name": "cross_entropy", "weight": 1.0}, {"name": "dice", "weight": 1.0}],
        "losses_default",
        "cross-entropy for every pixel, Dice so that small classes count as much as large ones",
    )
    shares = _shares(draft, fingerprint)
    present = [share for share in shares if share > 0]
    rare = min(present) < RARE * max(present)
    draft.set(
        "class_weights",
        _weights(shares) if rare else None,
        "weights_rare" if rare else "weights_even",
        "the rarest class has {ratio} times fewer pixels than the commonest"
        if rare
        else "no class is so rare that it needs a weight",
        ratio=round(max(present) / min(present)),
    )
    draft.set(
        "oversample",
        0.33,
        "oversample_default",
        "a third of the cuts is made around an object, of a class drawn evenly",
    )


def _shares(draft: Draft, fingerprint: Fingerprint) -> list[float]:
    """The share of pixels of every output that is a class."""
    of = {one["index"]: float(one["pixels"]) for one in fingerprint["classes"]}
    shares = [of[one["index"]] for one in draft.values["classes"]]
    if draft.values["background"] == "class":
        shares.insert(0, max(0.0, 1.0 - float(fingerprint.get("covered", sum(shares)))))
    return shares


def _weights(shares: Sequence[float]) -> list[float]:
    """Inverse square root of the shares with mean 1 over the classes that occur, within 0.3 and 5; 1 for the others."""
    raw = [1 / math.sqrt(share) if share > 0 else 0.0 for share in shares]
    mean = sum(raw) / max(1, sum(1 for one in raw if one))
    return [round(min(5.0, max(0.3, one / mean)), 3) if one else 1.0 for one in raw]


def _augmentation(draft: Draft) -> None:
    directional = [one["name"] for one in draft.values["classes"] if one["directional"]]
    default = {
        "flip_horizontal": not directional,
        "flip_vertical": False,
        "rotate": 10.0,
        "zoom": [0.75, 1.33],
        "colour": 0.3,
        "blur": 0.1,
    }
    if directional:
        draft.set(
            "augmentation",
            default,
            "augmentation_directional",
            "{names} have a direction: nothing is mirrored",
            names=", ".join(directional),
        )
    else:
        draft.set(
            "augmentation",
            default,
            "augmentation_default",
            "mirrored, turned a little, zoomed, recoloured; microscopes and satellites also bear upside down",
        )
    draft.values["augmentation"] = {**default, **draft.values["augmentation"]}


def _detection(draft: Draft, fingerprint: Fingerprint) -> None:
    """Anchors from the boxes' quantiles, and how many objects an image may hold."""
    scale = draft.values["scale"]
    things = [one for one in fingerprint["classes"] if one["objects"] and one.get("box_sides")]
    low = max(4.0, min(one["box_sides"][0] for one in things) * scale) if things else 16.0
    high = max(low * 2, max(one["box_sides"][-1] for one in things) * scale) if things else 256.0
    sizes = [[round(low * (high / low) ** (step / 4), 1)] for step in range(5)]
    narrow = min([0.5, *(one["box_ratios"][0] for one in things if one.get("box_ratios"))])
    wide = max([2.0, *(one["box_ratios"][-1] for one in things if one.get("box_ratios"))])
    draft.set(
        "anchors",
        {"sizes": sizes, "ratios": [round(max(0.2, narrow), 2), 1.0, round(min(5.0, wide), 2)]},
        "anchors_quantiles",
        "nine in ten boxes are {low} to {high} pixels large",
        low=round(low),
        high=round(high),
    )
    most = fingerprint.get("objects_per_image", [0, 0, 0])[-1]
    draft.set(
        "detections",
        int(min(1000, max(100, math.ceil(most * 1.25)))),
        "detections_most",
        "an image holds up to {most} objects",
        most=int(most),
    )


def _tiling(draft: Draft, fingerprint: Fingerprint, device: Device) -> None:
    """Whether pictures are predicted whole."""
    limit = LONGEST_WHOLE.get(device["kind"], 1024)
    longest = max((max(one[0], one[1]) for one in fingerprint["sizes"]), default=0) * draft.values["scale"]
    if draft.values["architecture"] == "click" or longest <= limit:
        draft.set("tiling", None, "tiling_whole", "every picture is small enough to be predicted whole")
        return
    draft.set(
        "tiling",
        {"size": [limit // 2, limit // 2], "overlap": 0.25},
        "tiling_large",
        "the largest picture has {longest} pixels: it is predicted by overlapping tiles",
        longest=round(longest),
    )
