"""From a plan to a network: the one place that knows every architecture.

All networks take pictures as float32 RGB in 0..1, and normalise them inside. What they give:

- **unet, fcn**: `net(images) -> logits`, (N, C, H, W) with the sides of the images, which are multiples of `STRIDE`.
  C is in the order of `plan.classes`, the background first where it is a class; `instances: watershed` adds one channel
  at the end, the distance to the border. `net.features(images) -> (N, F)`: the bottleneck's mean, for ranking.
- **mask_rcnn**: torchvision's detection protocol: a list of images (and of targets while it learns); label 0 is the
  background, label k is `plan.classes[k - 1]`. It has `features` too.
- **click**: see `nets/click.py`.

Owns the dispatch and the number of outputs. Does not own weights: `warm_start.py` fills the network.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from annotator.core.errors import InvalidInput
from annotator.core.words import _

if TYPE_CHECKING:
    from torch import nn

STRIDE = 32  # sides of what a semantic network is given are multiples of it
ARCHITECTURES = ("unet", "fcn", "mask_rcnn", "click")


def build(plan: Mapping[str, Any]) -> nn.Module:
    """Build a plan's network with random weights, on the CPU, in training mode.

    Raises:
        InvalidInput: no such architecture or encoder; the message names those there are.
    """
    architecture = plan.get("architecture")
    if architecture == "unet":
        from ml_worker.nets.unet import UNet

        return UNet(plan["encoder"], outputs=outputs_of(plan))
    if architecture == "fcn":
        from ml_worker.nets.fcn import build_fcn

        return build_fcn(plan["encoder"], outputs=outputs_of(plan))
    if architecture == "mask_rcnn":
        from ml_worker.nets.mask_rcnn import build_mask_rcnn

        return build_mask_rcnn(plan)
    if architecture == "click":
        from ml_worker.nets.click import build_click

        return build_click(plan)
    raise InvalidInput(
        _("architecture: %(name)r is none of %(names)s")
        % {"name": architecture, "names": ", ".join(ARCHITECTURES)}
    )


def class_outputs(plan: Mapping[str, Any]) -> int:
    """How many outputs of a semantic network are classes, the background included where it is one."""
    return len(plan["classes"]) + (plan.get("background") == "class")


def outputs_of(plan: Mapping[str, Any]) -> int:
    """How many outputs a semantic network has: its classes and, with watershed, the distance to the border."""
    return class_outputs(plan) + (plan.get("instances") == "watershed")
