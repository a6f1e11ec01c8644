"""Small real models in model folders, for the tests that predict with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

from ml_worker.model_folder import WEIGHTS, save_weights, write_model
from ml_worker.nets.build import build

CLASSES = [
    {"index": 3, "name": "road", "colour": "#112233", "is_thing": False},
    {"index": 9, "name": "car", "colour": "#445566", "is_thing": True},
]


def unet_plan(**change: Any) -> dict[str, Any]:
    return {
        "architecture": "unet", "purpose": "semantic", "encoder": "efficientnet_lite0", "classes": CLASSES,
        "background": "class", "instances": "", "input_size": [64, 64], "scale": 1.0, "tiling": None,
        "precision": "float32", **change,
    }  # fmt: skip


def write_unet(folder: Path, *, model_id: str = "m", seed: int = 0, **change: Any) -> dict[str, Any]:
    """A U-Net with random weights that are lively enough to see several classes."""
    torch.manual_seed(seed)
    plan = unet_plan(**change)
    net = build(plan).eval()
    write_model(
        folder, architecture=plan["architecture"], purpose="semantic", plan=plan, class_map=plan["classes"],
        settings={"confidence": 0.5}, model_id=model_id,
    )  # fmt: skip
    save_weights(net, folder / WEIGHTS)
    return plan


def picture(height: int, width: int, seed: int = 0) -> np.ndarray:
    """Smooth noise, (H, W, 3) uint8."""
    coarse = np.random.default_rng(seed).integers(0, 256, (height // 8 + 1, width // 8 + 1, 3), np.uint8)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def write_picture(path: Path, pixels: np.ndarray) -> dict[str, Any]:
    """Write a PNG; its item for a request."""
    path.write_bytes(cv2.imencode(".png", pixels[:, :, ::-1])[1].tobytes())
    return {"image": path.stem, "file": str(path), "width": pixels.shape[1], "height": pixels.shape[0]}


def write_mask_rcnn(folder: Path, *, model_id: str = "m", seed: int = 0, **change: Any) -> dict[str, Any]:
    """A small Mask R-CNN with random weights; its threshold is low enough that it finds something."""
    torch.manual_seed(seed)
    plan = {
        "architecture": "mask_rcnn", "purpose": "instance", "encoder": "resnet18", "variant": "v1",
        "classes": CLASSES, "anchors": None, "detections": 12, "scale": 1.0, "tiling": None,
        "precision": "float32", **change,
    }  # fmt: skip
    write_model(
        folder, architecture="mask_rcnn", purpose="instance", plan=plan, class_map=plan["classes"],
        settings={"confidence": 0.06, "detections": 12}, model_id=model_id,
    )  # fmt: skip
    save_weights(build(plan), folder / WEIGHTS)
    return plan
