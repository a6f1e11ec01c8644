"""A trained click model as the ONNX graph that the editor is served with, checked against torch.

Owns the graph's inputs and the settings that go with it (`annotator/clicks/click_net.py` reads both). Does not own
writing other formats nor other architectures (`export.py`).
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from annotator.core.errors import InvalidInput
from annotator.core.words import _
from ml_worker.click_data import RADIUS, side_of

OPSET = 17
TOLERANCE = 1e-3  # of the logits, relative to the largest of them where that is above 1
STRIDE = 32
CLOSEST = (
    256  # pixels: what served squares are scaled to at most; larger ones make a click slower than people like
)
CHECKED = ((64, 96), (160, 128))  # sides at which torch and the graph are compared: it has to take any


def click_settings(plan: Mapping[str, Any]) -> dict[str, Any]:
    """Give what serves the graph: `settings.click` of the model version, and a `model.json` by hand.

    Closer looks have the side that was learned from, as far as that is quick; samples show objects at all sizes that
    then occur. The first look, at a whole picture, is twice as wide. The graph takes pixels 0..1 and normalises them.
    """
    side = min(side_of(plan), CLOSEST)
    return {
        "longest": 2 * side,
        "multiple": STRIDE,
        "radius": RADIUS,
        "focus": side,
        "mean": [0, 0, 0],
        "deviation": [255, 255, 255],
    }


def export_click(net: nn.Module, path: Path) -> float:
    """Write the graph and compare it with torch.

    Args:
        net: a `nets.click.ClickNet`; it is not changed. path: of the .onnx file.

    Returns:
        The largest difference of a logit over pictures of several sizes.

    Raises:
        InvalidInput: the graph answers otherwise than torch by more than a thousandth; the file is removed.
    """
    still = copy.deepcopy(net).cpu().float().eval()
    named = ["image", "clicks", "previous"]
    axes = {name: {2: "height", 3: "width"} for name in [*named, "logits"]}
    with torch.no_grad():
        torch.onnx.export(
            still,
            _example(2 * STRIDE, 2 * STRIDE),
            str(path),
            input_names=named,
            output_names=["logits"],
            dynamic_axes=axes,
            opset_version=OPSET,
            dynamo=False,
        )
        difference = max(_difference(still, path, *sides) for sides in CHECKED)
    if not difference < TOLERANCE:
        path.unlink()
        raise InvalidInput(
            _("the ONNX graph differs from torch by %(difference).2g; less than %(most)g is allowed")
            % {"difference": difference, "most": TOLERANCE}
        )
    return difference


def _example(height: int, width: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    made = torch.Generator().manual_seed(7)
    clicks = (torch.rand((1, 2, height, width), generator=made) > 0.97).float()
    return (
        torch.rand((1, 3, height, width), generator=made),
        clicks,
        torch.rand((1, 1, height, width), generator=made),
    )


def _difference(net: nn.Module, path: Path, height: int, width: int) -> float:
    """Give the largest difference of a logit, over the largest logit where that is above 1."""
    import onnxruntime

    example = _example(height, width)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    feeds = {name: one.numpy() for name, one in zip(("image", "clicks", "previous"), example, strict=True)}
    [found] = session.run(["logits"], feeds)
    wanted = net(*example).numpy()
    return float(np.abs(np.asarray(found) - wanted).max() / max(1.0, float(np.abs(wanted).max())))
