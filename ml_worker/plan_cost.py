"""How long a step of a training takes, and how much memory: rough models, for choosing and for telling people.

Owns the constants. Those of a CPU are measured (`benchmarks/training.py --cost`, one of two cores of a server's
processor), with a quarter more for the optimiser, the samples and a slower machine. For GPUs they are cautious guesses.
A running training says itself how much time is left.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

# Nanoseconds of one core for each pixel of a batch, forward and backward, float32: by architecture, encoder, variant.
CPU_COST = {
    ("unet", "efficientnet_lite0", ""): 7_000.0,
    ("unet", "mobilenet_v2", ""): 7_000.0,
    ("unet", "resnet18", ""): 11_000.0,
    ("unet", "resnet34", ""): 15_500.0,
    ("unet", "resnet50", ""): 21_000.0,
    ("fcn", "resnet18", ""): 5_000.0,
    ("fcn", "resnet50", ""): 62_000.0,
    ("fcn", "resnet101", ""): 90_000.0,
    ("mask_rcnn", "resnet18", "v1"): 14_500.0,
    ("mask_rcnn", "resnet50", "v1"): 230_000.0,
    ("mask_rcnn", "resnet50", "v2"): 200_000.0,
    ("click", "efficientnet_lite0", ""): 7_000.0,
}
OTHER_COST = 25_000.0  # an encoder that was not measured
# The same of a GPU with mixed precision, by architecture; recent ones need less.
GPU_COST = {"unet": 200.0, "fcn": 600.0, "mask_rcnn": 600.0, "click": 100.0}
# Two cores do 1.7 times the work of one: measured 3.96 images/s in place of 2.4 (U-Net, 256 x 256).
SHARED = 0.75
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
    return pixels * _cost(plan, device) * 1e-9


def evaluation_seconds(
    plan: Mapping[str, Any], device: Mapping[str, Any], fingerprint: Mapping[str, Any]
) -> float:
    """Say how long one look at the validation images takes, in seconds."""
    sizes = fingerprint["sizes"]
    count = max(1, sum(one[2] for one in sizes))
    pixels = sum(one[0] * one[1] * one[2] for one in sizes) / count * plan["scale"] ** 2
    images = max(1, int(fingerprint["images"].get("val", 0)))
    return images * pixels * _cost(plan, device) * FORWARD * 1e-9


def batch_that_fits(plan: Mapping[str, Any], device: Mapping[str, Any]) -> int:
    """Say how many pictures of the plan's input size fit into the memory: a power of two, at least 1."""
    height, width = plan["input_size"]
    half = 0.55 if plan.get("precision") in ("bfloat16", "float16") else 1.0
    memory = float(device.get("memory_bytes") or CPU_MEMORY)
    fits = memory * ROOM / (height * width * BYTES.get(plan["architecture"], 6_000.0) * half)
    return 2 ** max(0, math.floor(math.log2(max(1.0, fits))))


def _cost(plan: Mapping[str, Any], device: Mapping[str, Any]) -> float:
    """Nanoseconds of this device for each pixel of a batch."""
    if device["kind"] == "cuda":
        return GPU_COST[plan["architecture"]]
    one = CPU_COST.get((plan["architecture"], plan["encoder"], plan.get("variant") or ""), OTHER_COST)
    cores = float(device.get("cores") or 2)
    return one / (max(1.0, min(cores, 16.0)) ** SHARED * (4.0 if device["kind"] == "mps" else 1.0))
