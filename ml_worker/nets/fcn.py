"""FCN: torchvision's fully convolutional networks, and a small one of the same parts for machines without a GPU.

Owns the module. Does not own weights. The ResNet-50 and 101 ones are torchvision's, keys and all, so that its COCO
weights fit; the ResNet-18 one keeps stride 32 (dilation is for bottleneck blocks) and has FCN's skips of stride 16, 8.

Source: Long et al. 2015, Fully Convolutional Networks for Semantic Segmentation.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from annotator.core.errors import InvalidInput
from annotator.core.words import _
from ml_worker.nets.encoders import IMAGENET_MEAN, IMAGENET_STD
from ml_worker.nets.unet import Normalise

ENCODERS = ("resnet18", "resnet50", "resnet101")


def build_fcn(encoder: str, *, outputs: int) -> nn.Module:
    """Build an FCN with random weights.

    Args:
        encoder: resnet18 (small), resnet50 or resnet101. outputs: channels of the logits.

    Raises:
        InvalidInput: there is no such encoder.
    """
    if encoder not in ENCODERS:
        raise InvalidInput(
            _("encoder: %(name)r is none of %(names)s, which an FCN can have")
            % {"name": encoder, "names": ", ".join(ENCODERS)}
        )
    return SmallFCN(outputs=outputs) if encoder == "resnet18" else FCN(encoder, outputs=outputs)


class FCN(nn.Module):
    """torchvision's fcn_resnet50 or fcn_resnet101: stride 8 by dilation."""

    def __init__(self, encoder: str, *, outputs: int) -> None:
        from torchvision.models import segmentation

        super().__init__()
        make = segmentation.fcn_resnet101 if encoder == "resnet101" else segmentation.fcn_resnet50
        net = make(weights=None, weights_backbone=None, num_classes=outputs)
        self.normalise = Normalise(IMAGENET_MEAN, IMAGENET_STD)
        self.backbone = net.backbone
        self.classifier = net.classifier

    def forward(self, images: Tensor) -> Tensor:
        """Images (N, 3, H, W) float 0..1 to logits (N, outputs, H, W)."""
        logits = self.classifier(self.backbone(self.normalise(images))["out"])
        return functional.interpolate(logits, size=images.shape[-2:], mode="bilinear", align_corners=False)

    def features(self, images: Tensor) -> Tensor:
        """What the last stage sees: (N, 2048), the mean over the picture."""
        return self.backbone(self.normalise(images))["out"].mean((2, 3))


class SmallFCN(nn.Module):
    """FCN-8s on a ResNet-18: scores of stride 32, 16 and 8, each added to the one below it."""

    def __init__(self, *, outputs: int) -> None:
        from torchvision.models import resnet18
        from torchvision.models._utils import IntermediateLayerGetter
        from torchvision.models.segmentation.fcn import FCNHead

        super().__init__()
        self.normalise = Normalise(IMAGENET_MEAN, IMAGENET_STD)
        self.backbone = IntermediateLayerGetter(
            resnet18(weights=None), {"layer2": "8", "layer3": "16", "layer4": "32"}
        )
        self.classifier = nn.ModuleDict(
            {"32": FCNHead(512, outputs), "16": nn.Conv2d(256, outputs, 1), "8": nn.Conv2d(128, outputs, 1)}
        )

    def forward(self, images: Tensor) -> Tensor:
        """Images (N, 3, H, W) float 0..1 to logits (N, outputs, H, W)."""
        found = self.backbone(self.normalise(images))
        logits = self.classifier["32"](found["32"])
        for name in ("16", "8"):
            skip = self.classifier[name](found[name])
            logits = skip + functional.interpolate(
                logits, size=skip.shape[-2:], mode="bilinear", align_corners=False
            )
        return functional.interpolate(logits, size=images.shape[-2:], mode="bilinear", align_corners=False)

    def features(self, images: Tensor) -> Tensor:
        """What the last stage sees: (N, 512), the mean over the picture."""
        return self.backbone(self.normalise(images))["32"].mean((2, 3))
