"""Mask R-CNN from a plan: torchvision's parts, put together for pictures that come scaled and for labels with holes.

Owns the network: backbone, anchors, heads, and what is not learned from. Does not own how targets are made of a
dataset (`instance_data.py`), nor weights.

- **Normalisation.** From scratch a frozen batch norm is a trap: with its initial statistics (mean 0, variance 1) it
  normalises nothing, and the last stage of a random ResNet gives values that spread 31 (ResNet-50) or 31,000
  (ResNet-101) wide where a normalised one gives 1. A batch norm that learns sees two to four pictures a step, too few
  for its statistics. So what starts from scratch has group norm, in the backbone, the pyramid and the heads (He et
  al. 2019, "Rethinking ImageNet Pre-training"). What starts from ImageNet or COCO weights has the norm that these
  were trained with: frozen (v1), or batch norm (v2). `plan.norm` says which, so that a descendant is built like its
  parent.
- **Crowds and void.** Torchvision knows neither. A target has `ignore`, a map of pixels that nothing is learned from
  (crowd regions, void, rims of objects that a crop cut off): anchors and proposals that would be background, and lie
  there with at least half of their area, are left out of the sampling. A box would not do: void often frames a picture.
- **Sizes.** The transform only normalises and pads: torchvision's own resizing to 800 pixels would undo `plan.scale`.

The keys of the weights are torchvision's. Labels: 0 is the background, k is `plan.classes[k - 1]`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any, Dict, List, Optional, Tuple  # noqa: UP035 - TorchScript reads these

import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models import resnet
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.backbone_utils import BackboneWithFPN
from torchvision.models.detection.faster_rcnn import FastRCNNConvFCHead, FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.generalized_rcnn import GeneralizedRCNN
from torchvision.models.detection.mask_rcnn import MaskRCNNHeads, MaskRCNNPredictor
from torchvision.models.detection.roi_heads import RoIHeads
from torchvision.models.detection.rpn import RegionProposalNetwork, RPNHead
from torchvision.models.detection.transform import GeneralizedRCNNTransform
from torchvision.ops import FrozenBatchNorm2d, MultiScaleRoIAlign

from annotator.core.errors import InvalidInput
from annotator.core.words import _
from ml_worker.nets.encoders import IMAGENET_MEAN, IMAGENET_STD

ENCODERS = ("resnet18", "resnet34", "resnet50", "resnet101")
SMALL = ("resnet18", "resnet34")
LEVELS = 5  # of the pyramid: strides 4, 8, 16, 32 and 64
DEFAULT_SIZES = ((32,), (64,), (128,), (256,), (512,))
DEFAULT_RATIOS = (0.5, 1.0, 2.0)
GROUPS = 32
LEAST_SCORE = 0.05  # detections below it are not given; average precision hardly looks further
FROM_SCRATCH = ("scratch",)

Norm = Callable[[int], nn.Module]


def group_norm(channels: int) -> nn.Module:
    """Group norm of 32 groups."""
    return nn.GroupNorm(GROUPS, channels)


class CountedGroupNorm(nn.Module):
    """A group norm whose ONNX graph also takes no objects at all.

    torch writes `nn.GroupNorm` as a reshape to (0, groups, -1), which onnxruntime can't do for a batch of none: a
    picture without detections would be an error.
    """

    def __init__(self, norm: nn.GroupNorm) -> None:
        super().__init__()
        self.groups, self.eps, self.weight, self.bias = norm.num_groups, norm.eps, norm.weight, norm.bias

    def forward(self, x: Tensor) -> Tensor:
        """Normalise (N, C, H, W), N >= 0."""
        # Of a head's input only the count changes: the rest becomes part of the graph.
        count, (channels, height, width) = x.shape[0], (int(side) for side in x.shape[1:])
        grouped = x.reshape(count, self.groups, channels // self.groups * height * width)
        centred = grouped - grouped.mean(2, keepdim=True)
        scaled = centred / (centred.square().mean(2, keepdim=True) + self.eps).sqrt()
        return (
            scaled.reshape(count, channels, height, width) * self.weight[:, None, None]
            + self.bias[:, None, None]
        )


def for_any_count(net: nn.Module) -> nn.Module:
    """A copy of a network to be written as ONNX, whose heads also take pictures without a single detection."""
    copied = copy.deepcopy(net)
    for module in [*copied.roi_heads.modules()]:  # pyright: ignore[reportCallIssue, reportAttributeAccessIssue]
        for name, child in [*module.named_children()]:
            if isinstance(child, nn.GroupNorm):
                setattr(module, name, CountedGroupNorm(child))
    return copied


NORMS: Mapping[str, Norm] = {"group": group_norm, "frozen": FrozenBatchNorm2d, "batch": nn.BatchNorm2d}


def norm_of(plan: Mapping[str, Any]) -> str:
    """The kind of normalisation: what the plan says, else what the origin of its weights asks for.

    Raises:
        InvalidInput: the plan names none of group, frozen, batch.
    """
    found = plan.get("norm") or ""
    if found:
        if found not in NORMS:
            raise InvalidInput(
                _("norm: %(name)r is none of %(names)s") % {"name": found, "names": ", ".join(NORMS)}
            )
        return str(found)
    if plan.get("weights", "scratch") in ("hub", "file"):
        return "batch" if plan.get("variant") == "v2" else "frozen"
    return "group"


def build_mask_rcnn(plan: Mapping[str, Any]) -> InstanceNet:
    """Build a plan's Mask R-CNN with random weights, in training mode.

    Args:
        plan: its encoder, variant, norm, classes, anchors and detections are read.

    Raises:
        InvalidInput: no such encoder, or anchors that are not for five levels.
    """
    encoder, variant = plan.get("encoder", "resnet18"), plan.get("variant") or "v1"
    if encoder not in ENCODERS:
        raise InvalidInput(
            _("encoder: %(name)r is none of %(names)s") % {"name": encoder, "names": ", ".join(ENCODERS)}
        )
    if variant not in ("v1", "v2"):
        raise InvalidInput(_("variant: %(name)r is neither v1 nor v2") % {"name": variant})
    norm, small = norm_of(plan), encoder in SMALL
    backbone = _backbone(encoder, norm, variant)
    anchors = _anchors(plan)
    classes = len(plan["classes"]) + 1
    channels = backbone.out_channels
    depth = 2 if variant == "v2" else 1
    rpn = IgnoringRPN(
        anchors,
        RPNHead(channels, anchors.num_anchors_per_location()[0], conv_depth=depth),
        fg_iou_thresh=0.7,
        bg_iou_thresh=0.3,
        batch_size_per_image=256,
        positive_fraction=0.5,
        pre_nms_top_n={"training": 1000 if small else 2000, "testing": 1000},
        post_nms_top_n={
            "training": 500 if small else 2000,
            "testing": max(500 if small else 1000, 2 * _detections(plan)),
        },
        nms_thresh=0.7,
    )
    heads = _heads(plan, channels, classes, norm=norm, small=small)
    transform = Unscaled(min_size=1, max_size=1, image_mean=list(IMAGENET_MEAN), image_std=list(IMAGENET_STD))
    return InstanceNet(backbone, rpn, heads, transform)


def _detections(plan: Mapping[str, Any]) -> int:
    return int(plan.get("detections") or 100)


def _backbone(encoder: str, norm: str, variant: str) -> BackboneWithFPN:
    """A ResNet and its pyramid. All of it learns but, with a frozen norm, the stem and the first stage, as usual."""
    body = getattr(resnet, encoder)(weights=None, norm_layer=NORMS[norm])
    if norm == "frozen":
        for name, parameter in body.named_parameters():
            if name.startswith(("conv1", "bn1", "layer1")):
                parameter.requires_grad_(False)
    width = body.inplanes // 8
    plain = norm == "frozen" or (norm == "batch" and variant == "v1")
    return BackboneWithFPN(
        body,
        return_layers={f"layer{k}": str(k - 1) for k in (1, 2, 3, 4)},
        in_channels_list=[width, width * 2, width * 4, width * 8],
        out_channels=128 if encoder in SMALL else 256,
        norm_layer=None if plain else NORMS[norm],
    )


def _anchors(plan: Mapping[str, Any]) -> AnchorGenerator:
    given = plan.get("anchors") or {}
    sizes = tuple(tuple(float(one) for one in level) for level in given.get("sizes") or DEFAULT_SIZES)
    ratios = tuple(float(one) for one in given.get("ratios") or DEFAULT_RATIOS)
    if len(sizes) != LEVELS or len({len(level) for level in sizes}) != 1:
        raise InvalidInput(
            _(
                "anchors: sizes for %(count)s levels (%(sizes)s of each); %(needed)s levels with equally many sizes "
                "are needed"
            )
            % {"count": len(sizes), "sizes": [len(level) for level in sizes], "needed": LEVELS}
        )
    return AnchorGenerator(sizes, (ratios,) * LEVELS)


def _heads(plan: Mapping[str, Any], channels: int, classes: int, *, norm: str, small: bool) -> IgnoringHeads:
    names = ["0", "1", "2", "3"]
    layers = None if norm == "frozen" else NORMS[norm]
    convolutional = plan.get("variant") == "v2" or (norm == "group" and not small)
    width = 512 if small else 1024
    box_head = (
        FastRCNNConvFCHead((channels, 7, 7), [channels] * 4, [width], norm_layer=layers)
        if convolutional
        else TwoMLPHead(channels * 7 * 7, width)
    )
    depth = 2 if small else 4
    return IgnoringHeads(
        MultiScaleRoIAlign(featmap_names=names, output_size=7, sampling_ratio=2),
        box_head,
        FastRCNNPredictor(width, classes),
        fg_iou_thresh=0.5,
        bg_iou_thresh=0.5,
        batch_size_per_image=128 if small else 512,
        positive_fraction=0.25,
        bbox_reg_weights=None,
        score_thresh=LEAST_SCORE,
        nms_thresh=0.5,
        detections_per_img=_detections(plan),
        mask_roi_pool=MultiScaleRoIAlign(featmap_names=names, output_size=14, sampling_ratio=2),
        mask_head=MaskRCNNHeads(channels, (channels,) * depth, 1, norm_layer=layers),
        mask_predictor=MaskRCNNPredictor(channels, channels, classes),
    )


class InstanceNet(GeneralizedRCNN):
    """Mask R-CNN in torchvision's protocol, with the bottleneck as a vector and detections that are not pasted."""

    @torch.jit.unused
    def features(self, images: List[Tensor]) -> Tensor:  # noqa: UP006
        """What the top of the backbone's pyramid sees: (N, F), the mean over each padded picture."""
        batch, _targets = self.transform(images)
        return self.backbone(batch.tensors)["3"].mean((2, 3))

    @torch.jit.unused
    def detect(self, images: List[Tensor]) -> List[Dict[str, Tensor]]:  # noqa: UP006
        """Detections with masks of their boxes: (n, 1, 28, 28) in place of (n, 1, H, W), which 300 objects make large.

        Args:
            images: (3, H, W) float 0..1 each. The network must be in evaluation mode.
        """
        batch, _targets = self.transform(images)
        batch.tensors = batch.tensors.contiguous(memory_format=torch.channels_last)
        levels = self.backbone(batch.tensors)
        proposals, _losses = self.rpn(batch, levels)
        found, _losses = self.roi_heads(levels, proposals, batch.image_sizes)
        return found


class Unscaled(GeneralizedRCNNTransform):
    """Normalises and pads, and leaves the size alone."""

    def resize(
        self,
        image: Tensor,
        target: Optional[Dict[str, Tensor]] = None,  # noqa: UP006, UP045
    ) -> Tuple[Tensor, Optional[Dict[str, Tensor]]]:  # noqa: UP006, UP045
        """Give back what came."""
        return image, target


def ignored_share(boxes: Tensor, ignore: Tensor) -> Tensor:
    """Give the share of each box that lies in pixels which nothing is learned from.

    Args:
        boxes: (N, 4) xyxy; what lies beyond the picture is cut off. ignore: (H, W) uint8, 0 or 1.

    Returns:
        (N,) float 0..1; 0 for a box without a pixel.
    """
    height, width = ignore.shape[0], ignore.shape[1]
    total = functional.pad(ignore.to(torch.int64).cumsum(0).cumsum(1), [1, 0, 1, 0])
    limits = torch.tensor([width, height, width, height], device=boxes.device, dtype=boxes.dtype)
    edges = torch.minimum(boxes.clamp(min=0), limits).round().to(torch.int64)
    x0, y0, x1, y1 = edges[:, 0], edges[:, 1], edges[:, 2], edges[:, 3]
    inside = total[y1, x1] - total[y0, x1] - total[y1, x0] + total[y0, x0]
    area = ((x1 - x0) * (y1 - y0)).clamp(min=1)
    return inside.to(torch.float32) / area.to(torch.float32)


class IgnoringRPN(RegionProposalNetwork):
    """A region proposal network that learns nothing from anchors in ignored pixels."""

    def assign_targets_to_anchors(
        self,
        anchors: List[Tensor],  # noqa: UP006
        targets: List[Dict[str, Tensor]],  # noqa: UP006
    ) -> Tuple[List[Tensor], List[Tensor]]:  # noqa: UP006
        """Label anchors 1 (object), 0 (background) or -1 (left out), each with the box that it should become."""
        labels: List[Tensor] = []  # noqa: UP006
        boxes: List[Tensor] = []  # noqa: UP006
        for own, target in zip(anchors, targets):  # noqa: B905 - TorchScript knows no strict
            truth = target["boxes"]
            if truth.numel() == 0:
                label = torch.zeros((own.shape[0],), dtype=torch.float32, device=own.device)
                matched = torch.zeros_like(own)
            else:
                found = self.proposal_matcher(self.box_similarity(truth, own))
                matched = truth[found.clamp(min=0)]
                label = (found >= 0).to(dtype=torch.float32)
                label[found == self.proposal_matcher.BETWEEN_THRESHOLDS] = -1.0
            ignore = target["ignore"]
            if ignore.numel() > 0:
                label[(label == 0) & (ignored_share(own, ignore) >= 0.5)] = -1.0
            labels.append(label)
            boxes.append(matched)
        return labels, boxes


class IgnoringHeads(RoIHeads):
    """Heads that learn nothing from proposals in ignored pixels."""

    def select_training_samples(
        self,
        proposals: List[Tensor],  # noqa: UP006
        targets: Optional[List[Dict[str, Tensor]]],  # noqa: UP006, UP045
    ) -> Tuple[List[Tensor], List[Tensor], List[Tensor], List[Tensor]]:  # noqa: UP006
        """Sample proposals to learn from: them, the objects that they match, their labels, and their regression."""
        self.check_targets(targets)
        if targets is None:
            raise ValueError("a network that learns needs targets")
        truth = [one["boxes"].to(proposals[0].dtype) for one in targets]
        proposals = self.add_gt_proposals(proposals, truth)
        matched, labels = self.assign_targets_to_proposals(
            proposals, truth, [one["labels"] for one in targets]
        )
        for at in range(len(targets)):
            ignore = targets[at]["ignore"]
            if ignore.numel() > 0:
                labels[at][(labels[at] == 0) & (ignored_share(proposals[at], ignore) >= 0.5)] = -1
        sampled = self.subsample(labels)
        goals: List[Tensor] = []  # noqa: UP006
        for at in range(len(proposals)):
            proposals[at] = proposals[at][sampled[at]]
            labels[at] = labels[at][sampled[at]]
            matched[at] = matched[at][sampled[at]]
            boxes = truth[at]
            if boxes.numel() == 0:
                boxes = torch.zeros((1, 4), dtype=boxes.dtype, device=boxes.device)
            goals.append(boxes[matched[at]])
        return proposals, matched, labels, self.box_coder.encode(goals, proposals)
