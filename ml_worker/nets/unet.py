"""U-Net: an encoder of segmentation_models_pytorch, its decoder, and one head.

Owns the module. Does not own weights or what its outputs mean (`build.py`).

Source: Ronneberger et al. 2015, U-Net.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ml_worker.nets.encoders import PACKAGED, PACKAGED_EPSILON, encoder_named


class Normalise(nn.Module):
    """Pixels in 0..1 to what an encoder was trained on. Its numbers belong to the plan, so they are not saved."""

    mean: Tensor
    std: Tensor

    def __init__(self, mean: tuple[float, float, float], std: tuple[float, float, float]) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(1, 3, 1, 1), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        return (images - self.mean) / self.std


class UNet(nn.Module):
    """A U-Net whose sides are those of its input, multiples of 32."""

    def __init__(self, encoder: str, *, outputs: int) -> None:
        """Build it with random weights.

        Args:
            encoder: a name of `encoders.ENCODERS`. outputs: channels of the logits.

        Raises:
            InvalidInput: there is no such encoder.
        """
        import segmentation_models_pytorch as smp

        super().__init__()
        found = encoder_named(encoder)
        net = smp.Unet(found.smp_name, encoder_weights=None, in_channels=3, classes=outputs)
        self.normalise = Normalise(found.mean, found.std)
        self.encoder = net.encoder
        self.decoder = net.decoder
        self.segmentation_head = net.segmentation_head
        if encoder == PACKAGED:
            for module in self.encoder.modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.eps = PACKAGED_EPSILON

    def forward(self, images: Tensor) -> Tensor:
        """Images (N, 3, H, W) float 0..1 to logits (N, outputs, H, W)."""
        return self.segmentation_head(self.decoder(self.encoder(self.normalise(images))))

    def features(self, images: Tensor) -> Tensor:
        """What the bottleneck sees: (N, F), the mean over the picture."""
        return self.encoder(self.normalise(images))[-1].mean((2, 3))
