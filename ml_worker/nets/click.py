"""The click model: a U-Net that also sees the clicks and the last mask.

Owns the module. Takes pictures as float32 RGB in 0..1 (it normalises them itself), maps of clicks as
`annotator/clicks/click_net.py` draws them, and the last mask; gives one channel of logits. Does not own weights.

The marks enter beside the encoder's first convolution, through a small stem of their own whose result is added: so an
encoder that was trained on pictures keeps seeing what it knows. They enter each step of the decoder once more, at its
resolution: a short way from a click to the mask is learned in a few hundred steps, the long one in thousands.

Source: Sofiiuk, Petrov, Konushin 2022 (RITM), "Conv1S" and the previous mask; Ronneberger et al. 2015, U-Net.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from annotator.core.errors import InvalidInput
from annotator.core.words import _

MARKS = 3  # channels: positive clicks, negative clicks, the last mask
STEM = 16  # channels between the marks and the encoder's first features
WIDTHS = (
    96,
    64,
    48,
    32,
    16,
)  # of the decoder, from stride 16 to 1: more of it costs more than the encoder itself
PLAIN = "plain"
PLAIN_CHANNELS = (16, 24, 48, 96, 128)


class SummedStem(nn.Conv2d):
    """An encoder's first convolution, to whose result that of the marks' stem is added.

    It has the names and shapes of the convolution that it replaces, so that weights for the encoder fit it: the marks'
    stem belongs to the whole network, and is only referred to here.
    """

    def __init__(self, own: nn.Conv2d, beside: nn.Module) -> None:
        super().__init__(
            own.in_channels,
            own.out_channels,
            kernel_size=(own.kernel_size[0], own.kernel_size[1]),
            stride=(own.stride[0], own.stride[1]),
            padding=own.padding if isinstance(own.padding, str) else (own.padding[0], own.padding[1]),
            bias=own.bias is not None,
        )
        self.load_state_dict(own.state_dict())
        self._beside = [beside]  # a list: a module that is no part of this one

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - the name that nn.Conv2d gives it
        seen, marks = input[:, : self.in_channels], input[:, self.in_channels :]
        return super().forward(seen) + self._beside[0](marks)


class ClickNet(nn.Module):
    """A U-Net with click and mask channels; sides are multiples of 32."""

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        encoder: nn.Module,
        channels: Sequence[int],
        *,
        mean: Sequence[float],
        std: Sequence[float],
    ) -> None:
        """Put it together.

        Args:
            encoder: gives a list of five features of strides 2 to 32 (and may give its input before them).
            channels: of these features. mean, std: of RGB pixels in 0..1.

        Raises:
            InvalidInput: the encoder does not begin with an ordinary convolution of three channels.
        """
        super().__init__()
        self.encoder = encoder
        place, first = _first_convolution(encoder)
        self.marks = nn.Sequential(
            nn.Conv2d(MARKS, STEM, 1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(STEM, first.out_channels, 3, stride=first.stride[0], padding=1),
        )
        _replace(encoder, place, SummedStem(first, self.marks))
        self.register_buffer("mean", torch.tensor(list(mean)).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(list(std)).view(1, 3, 1, 1), persistent=False)
        deep, *skips = reversed(list(channels))
        steps = []
        for skip, width in zip([*skips, 3], WIDTHS, strict=True):
            steps.append(_mixed(deep + skip + MARKS, width))
            deep = width
        self.decoder = nn.ModuleList(steps)
        self.head = nn.Conv2d(deep, 1, 3, padding=1)

    def forward(self, image: Tensor, clicks: Tensor, previous: Tensor) -> Tensor:
        """Propose masks.

        Args:
            image: (N, 3, H, W) float 0..1. clicks: (N, 2, H, W) discs of 1 over positive and negative clicks.
            previous: (N, 1, H, W) the last mask, 0..1.

        Returns:
            (N, 1, H, W) logits, above 0 on the object.
        """
        normal = (image - self.mean) / self.std
        marks = torch.cat([clicks, previous], 1)
        deep, *skips = reversed(self.encoder(torch.cat([normal, marks], 1))[-5:])
        pyramid = [marks]
        while len(pyramid) < len(self.decoder):
            pyramid.append(functional.max_pool2d(pyramid[-1], 2))
        for step, skip, seen in zip(self.decoder, [*skips, normal], reversed(pyramid), strict=True):
            deep = functional.interpolate(deep, scale_factor=2.0, mode="nearest")
            deep = step(torch.cat([deep, skip, seen], 1))
        return self.head(deep)

    def features(self, image: Tensor) -> Tensor:
        """What the bottleneck sees of pictures without marks: (N, F), the mean over the picture."""
        normal = (image - self.mean) / self.std
        none = torch.zeros_like(normal[:, :MARKS])
        return self.encoder(torch.cat([normal, none], 1))[-1].mean((2, 3))


class PlainEncoder(nn.Module):
    """Five steps of a strided and an ordinary convolution: needs no packages and no weights."""

    def __init__(self, channels: Sequence[int] = PLAIN_CHANNELS) -> None:
        super().__init__()
        before = [3, *channels[:-1]]
        self.steps = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(inside, outside, 3, stride=2, padding=1, bias=False),
                nn.BatchNorm2d(outside),
                nn.ReLU(inplace=True),
                *_mixed(outside, outside),
            )
            for inside, outside in zip(before, channels, strict=True)
        )

    def forward(self, values: Tensor) -> list[Tensor]:
        found = []
        for step in self.steps:
            values = step(values)
            found.append(values)
        return found


def build_click(plan: Mapping[str, Any]) -> ClickNet:
    """Build a plan's click model with random weights, on the CPU.

    Raises:
        InvalidInput: there is no such encoder, or it cannot take marks.
    """
    name = plan["encoder"]
    if name == PLAIN:
        return ClickNet(PlainEncoder(), PLAIN_CHANNELS, mean=(0.5,) * 3, std=(0.25,) * 3)
    from ml_worker.nets.encoders import PACKAGED, PACKAGED_EPSILON, encoder_named

    found = encoder_named(name)
    from segmentation_models_pytorch.encoders import get_encoder

    encoder = get_encoder(found.smp_name, in_channels=3, depth=5, weights=None)
    if name == PACKAGED:
        for module in encoder.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eps = PACKAGED_EPSILON
    return ClickNet(encoder, encoder.out_channels[-5:], mean=found.mean, std=found.std)


def _mixed(inside: int, outside: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inside, outside, 3, padding=1, bias=False),
        nn.BatchNorm2d(outside),
        nn.ReLU(inplace=True),
    )


def _first_convolution(encoder: nn.Module) -> tuple[str, nn.Conv2d]:
    for name, module in encoder.named_modules():
        if isinstance(module, nn.Conv2d):
            if type(module) is nn.Conv2d and module.in_channels == 3 and module.stride[0] == 2:
                return name, module
            raise InvalidInput(
                _(
                    "encoder: it begins with %(module)s; a plain convolution of 3 channels and stride 2 is needed "
                    "for clicks"
                )
                % {"module": module}
            )
    raise InvalidInput(_("encoder: it has no convolution"))


def _replace(encoder: nn.Module, place: str, module: nn.Module) -> None:
    path, _dot, name = place.rpartition(".")
    setattr(encoder.get_submodule(path), name, module)
