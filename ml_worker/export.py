"""Models as others run them: ONNX and TorchScript, checked against torch, with a label map and a script that uses them.

Owns the files and their checks. Does not own the networks, nor running what others bring (`onnx_model.py`).

Semantic: `image` (N, 3, H, W) float32 RGB 0..1, sides multiples of 32, to `logits` (N, C, H, W) of the same sides.
Instances: `image` (3, H, W) float32 RGB 0..1 to `boxes` (n, 4) xyxy, `labels` (n,) from 1, `scores` (n,), `masks`
(n, 1, H, W) probabilities. Normalisation is inside. A file that differs from torch by `TOLERANCE` or more is deleted.
"""

from __future__ import annotations

import contextlib
import json
import logging
import math
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotator.core.words import _

if TYPE_CHECKING:
    from torch import Tensor, nn

TOLERANCE = 1e-3
OPSET = 17
SIZES = (
    (96, 128),
    (128, 96),
    (160, 160),
)  # of the pictures that exports are checked with, multiples of the nets' stride
TRACED = (64, 96)
NAMES = {
    "onnx": "model.onnx",
    "torchscript": "model.torchscript.pt",
    "label_map": "label_map.json",
    "script": "predict.py",
}
INSTANCE_OUTPUTS = ("boxes", "labels", "scores", "masks")
SCRIPTS = Path(__file__).parent / "scripts"


@dataclass(frozen=True, slots=True)
class Exported:
    """What was exported.

    Attributes:
        files: paths by name: label_map and script always, onnx and torchscript where they passed.
        checks: the largest difference to torch, by name, also of those that were dropped where it could be measured.
        dropped: why a file is missing, by name.
    """

    files: dict[str, Path] = field(default_factory=dict)
    checks: dict[str, float] = field(default_factory=dict)
    dropped: dict[str, str] = field(default_factory=dict)


def export_model(
    net: nn.Module,
    plan: Mapping[str, Any],
    folder: Path,
    *,
    settings: Mapping[str, Any] | None = None,
    seed: int = 0,
    log: Callable[[str], None] = lambda text: None,
) -> Exported:
    """Write a trained network's exports into a folder.

    Args:
        net: on any device; it comes back as it was, in evaluation mode.
        plan: its plan, of a semantic or an instance architecture. settings: for the script's thresholds.
        seed: of the random pictures that the exports are checked with.
        log: told why a file is missing.
    """
    import torch

    folder.mkdir(parents=True, exist_ok=True)
    done = Exported()
    (folder / NAMES["label_map"]).write_text(json.dumps(label_map(plan, settings or {}), indent=1), "utf-8")
    script = "predict_instances.py" if plan["architecture"] == "mask_rcnn" else "predict_semantic.py"
    (folder / NAMES["script"]).write_text((SCRIPTS / script).read_text("utf-8"), "utf-8")
    done.files.update({name: folder / NAMES[name] for name in ("label_map", "script")})
    device = next(net.parameters()).device
    net = net.eval().cpu()
    pictures = list(_pictures(seed))
    try:
        with torch.no_grad(), _quiet():
            writers = (
                _instance_writers(net) if plan["architecture"] == "mask_rcnn" else _semantic_writers(net)
            )
            expected = [_flat(_torch_answer(net, plan, one)) for one in pictures]
            for name, (write, load) in writers.items():
                _export_one(
                    done,
                    name,
                    folder / NAMES[name],
                    (write, load),
                    list(zip(pictures, expected, strict=True)),
                )
    finally:
        net.to(device)
    for name, reason in done.dropped.items():
        log(_("%(name)s is not exported: %(reason)s") % {"name": name, "reason": reason})
    return done


def label_map(plan: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """What the outputs mean, for people and for the script: `outputs` lists the class index of each channel."""
    classes = [dict(one) for one in plan["classes"]]
    semantic = plan["architecture"] != "mask_rcnn"
    background = [0] if semantic and plan.get("background") == "class" else []
    return {
        "architecture": plan["architecture"],
        "classes": [
            {"index": one["index"], "name": one["name"], "colour": one.get("colour", "")} for one in classes
        ],
        "outputs": background + [one["index"] for one in classes],
        "distance": plan.get("instances") == "watershed",
        "scale": plan.get("scale", 1.0),
        "confidence": settings.get("confidence", 0.5),
        "mask": settings.get("mask", 0.5),
        "detections": settings.get("detections", 100),
    }


# One file

Write = Callable[[Path], None]
Load = Callable[[Path], Callable[[Any], Sequence[Any]]]


def _export_one(
    done: Exported,
    name: str,
    path: Path,
    by: tuple[Write, Load],
    cases: Sequence[tuple[Tensor, Sequence[Any]]],
) -> None:
    """Write one file, and keep it if it gives what torch gave for each of the pictures."""
    write, load = by
    try:
        write(path)
        run = load(path)
        largest = max(_difference(_flat(run(one)), wanted) for one, wanted in cases)
    except Exception as problem:  # noqa: BLE001 - exporters raise what they like, and the training is worth more
        done.dropped[name] = f"{type(problem).__name__}: {' '.join(str(problem).split())[:300]}"
        path.unlink(missing_ok=True)
        return
    if math.isfinite(largest):
        done.checks[name] = largest
    if not largest < TOLERANCE:
        text = _("it differs from torch by %(found)s; allowed is less than %(most)s")
        done.dropped[name] = text % {"found": f"{largest:.2g}", "most": f"{TOLERANCE:g}"}
        path.unlink(missing_ok=True)
        return
    done.files[name] = path


def _semantic_writers(net: nn.Module) -> dict[str, tuple[Write, Load]]:
    import torch

    example = torch.rand(1, 3, *TRACED)

    def write_onnx(path: Path) -> None:
        sides = {0: "batch", 2: "height", 3: "width"}
        torch.onnx.export(
            net, (example,), str(path), input_names=["image"], output_names=["logits"],
            dynamic_axes={"image": sides, "logits": sides}, opset_version=OPSET, dynamo=False,
        )  # fmt: skip

    def write_script(path: Path) -> None:
        torch.jit.save(torch.jit.trace(net, example, check_trace=False), str(path))

    def load_script(path: Path) -> Callable[[Any], Sequence[Any]]:
        module = torch.jit.load(str(path))
        return lambda picture: [module(picture[None])]

    return {
        "onnx": (write_onnx, lambda path: _onnx(path, batched=True)),
        "torchscript": (write_script, load_script),
    }


def _instance_writers(net: nn.Module) -> dict[str, tuple[Write, Load]]:
    import torch

    from ml_worker.nets.mask_rcnn import for_any_count

    example = torch.rand(3, *TRACED)

    def write_onnx(path: Path) -> None:
        found = {name: {0: "detections"} for name in INSTANCE_OUTPUTS}
        found["masks"] = {0: "detections", 2: "height", 3: "width"}
        torch.onnx.export(
            for_any_count(net), ([example],), str(path), input_names=["image"], output_names=list(INSTANCE_OUTPUTS),
            dynamic_axes={"image": {1: "height", 2: "width"}, **found}, opset_version=OPSET, dynamo=False,
        )  # fmt: skip

    def write_script(path: Path) -> None:
        torch.jit.save(torch.jit.script(net), str(path))

    def load_script(path: Path) -> Callable[[Any], Sequence[Any]]:
        module = torch.jit.load(str(path))

        def run(picture: Any) -> Sequence[Any]:
            found = module([picture])[1][0]  # torchvision answers (losses, detections) when scripted
            return [found[name] for name in INSTANCE_OUTPUTS]

        return run

    return {
        "onnx": (write_onnx, lambda path: _onnx(path, batched=False)),
        "torchscript": (write_script, load_script),
    }


def _onnx(path: Path, *, batched: bool) -> Callable[[Any], Sequence[Any]]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return lambda picture: session.run(None, {"image": (picture[None] if batched else picture).numpy()})


def _torch_answer(net: nn.Module, plan: Mapping[str, Any], picture: Tensor) -> Sequence[Any]:
    if plan["architecture"] != "mask_rcnn":
        return [net(picture[None])]
    found = net([picture])[0]
    return [found[name] for name in INSTANCE_OUTPUTS]


def _pictures(seed: int) -> Iterator[Tensor]:
    """Random pictures with some structure: pure noise looks the same everywhere to a network."""
    import torch
    from torch.nn import functional

    generator = torch.Generator().manual_seed(seed)
    for height, width in SIZES:
        coarse = torch.rand(1, 3, height // 16, width // 16, generator=generator)
        smooth = functional.interpolate(coarse, size=(height, width), mode="bilinear")[0]
        yield (smooth * 0.9 + 0.1 * torch.rand(3, height, width, generator=generator)).clamp(0, 1)


def _flat(values: Sequence[Any]) -> list[Any]:
    import numpy as np

    return [np.asarray(one, np.float64) for one in values]


def _difference(found: Sequence[Any], expected: Sequence[Any]) -> float:
    """The largest |difference|; infinite where even the shapes differ, such as another number of detections.

    Boxes are compared in shares of the picture's side, so that the tolerance means the same for all outputs.
    """
    import numpy as np

    largest = 0.0
    for at, (one, other) in enumerate(zip(found, expected, strict=True)):
        if one.shape != other.shape:
            return math.inf
        if other.size:
            scale = max(float(np.abs(other).max()), 1.0) if at == 0 and len(expected) > 1 else 1.0
            difference = float(np.abs(one - other).max()) / scale
            largest = max(largest, difference if math.isfinite(difference) else math.inf)
    return largest


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The exporters' warnings are about tracing in general; what matters is the check that follows."""
    logger = logging.getLogger("torch.onnx")
    before = logger.level
    logger.setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            logger.setLevel(before)
