"""How long a step of a training takes, and how much memory: rough models, for choosing and for telling people.

Owns the constants. The U-Net's was measured (processor time of a step of 8 x 256 x 256 pixels on a server's two cores,
best of three: 11.8 s), the others follow from it by their operations; `benchmarks/training.py --cost` measures. For
GPUs they are cautious guesses. A running training says itself how much time is left.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

# Nanoseconds of one core for each pixel of a batch, forward and backward, float32.
CPU_COST = {
    ("unet", "efficientnet_lite0"): 23_000.0,
    ("unet", "resnet18"): 20_000.0,
    ("unet", "resnet34"): 28_000.0,
    ("fcn", "resnet18"): 9_000.0,
    ("fcn", "resnet50"): 90_000.0,
    ("mask_rcnn", "resnet18"): 40_000.0,
    ("mask_rcnn", "resnet50"): 70_000.0,
    (
        "click",
        "efficientnet_lite0",
    ): 10_000.0,  # measured: 1.5 s for 8 x 160 x 160, and the looks between the clicks
}
OTHER_COST = 60_000.0  # an encoder that was not measured
GPU_SPEED = 60.0  # times two cores; a recent GPU with mixed precision does more
FORWARD = 0.4  # of a step: measured 0.35 to 0.45
BYTES = {
    "unet": 3_500.0,
    "fcn": 6_000.0,
    "mask_rcnn": 9_000.0,
    "click": 3_500.0,
}  # for each pixel of a batch, float32
ROOM = 0.6  # of the memory
CPU_MEMORY = 6 << 30  # where the machine does not say: what a training may take beside all else


def step_seconds(plan: Mapping[str, Any], device: Mapping[str, Any]) -> float:
    """Say how long a step takes, in seconds."""
    height, width = plan["input_size"]
    pixels = height * width * plan["batch_size"] * plan["accumulate"]
    cost = CPU_COST.get((plan["architecture"], plan["encoder"]), OTHER_COST)
    return pixels * cost * 1e-9 / _speed(device)


def evaluation_seconds(
    plan: Mapping[str, Any], device: Mapping[str, Any], fingerprint: Mapping[str, Any]
) -> float:
    """Say how long one look at the validation images takes, in seconds."""
    sizes = fingerprint["sizes"]
    count = max(1, sum(one[2] for one in sizes))
    pixels = sum(one[0] * one[1] * one[2] for one in sizes) / count * plan["scale"] ** 2
    images = max(1, int(fingerprint["images"].get("val", 0)))
    cost = CPU_COST.get((plan["architecture"], plan["encoder"]), OTHER_COST)
    return images * pixels * cost * FORWARD * 1e-9 / _speed(device)


def batch_that_fits(plan: Mapping[str, Any], device: Mapping[str, Any]) -> int:
    """Say how many pictures of the plan's input size fit into the memory: a power of two, at least 1."""
    height, width = plan["input_size"]
    half = 0.55 if plan.get("precision") in ("bfloat16", "float16") else 1.0
    memory = float(device.get("memory_bytes") or CPU_MEMORY)
    fits = memory * ROOM / (height * width * BYTES.get(plan["architecture"], 6_000.0) * half)
    return 2 ** max(0, math.floor(math.log2(max(1.0, fits))))


def _speed(device: Mapping[str, Any]) -> float:
    """How many cores' worth of work a second of this device is."""
    if device["kind"] == "cuda":
        return 2 * GPU_SPEED
    cores = float(device.get("cores") or 2)
    return max(1.0, min(cores, 16.0)) * (4.0 if device["kind"] == "mps" else 1.0)
