"""Chance in training pictures: turned, zoomed, mirrored, recoloured and blurred, picture and masks alike.

Owns what is drawn and how it is applied (torchvision.transforms.v2 on paired tv_tensors). Does not own which part of a
picture is taken (`data.py`). Whatever comes from outside a picture is void (255) in masks and grey in the picture.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torchvision import tv_tensors
from torchvision.transforms import v2
from torchvision.transforms.v2 import functional

VOID, GREY = 255, 127
TURNED = 0.5  # share of samples that are turned and zoomed; the others keep their sharp pixels
BLURRED = 0.15
JITTER = (
    0.3,
    0.3,
    0.3,
    0.03,
)  # brightness, contrast, saturation, hue at colour = 1: the sun moves, a nucleus stays blue


@dataclass(frozen=True, slots=True)
class Geometry:
    """What happens to a sample's shape. angle: degrees. zoom: over 1 makes things larger."""

    angle: float = 0.0
    zoom: float = 1.0
    mirror_x: bool = False
    mirror_y: bool = False

    def window(self, size: tuple[int, int]) -> tuple[int, int]:
        """The height and width that must be cut so that turned and zoomed, `size` is filled."""
        turn = math.radians(self.angle)
        cosine, sine = abs(math.cos(turn)), abs(math.sin(turn))
        height, width = size
        needed = (height * cosine + width * sine, width * cosine + height * sine)
        return tuple(max(side, math.ceil(one / self.zoom)) for side, one in zip(size, needed, strict=True))  # pyright: ignore[reportReturnType]


def generator(seed: int, epoch: int, index: int) -> np.random.Generator:
    """The randomness of one sample: the same for the same numbers, in whichever process."""
    return np.random.default_rng((seed, epoch, index))


def draw_geometry(augmentation: Mapping[str, Any], chance: np.random.Generator) -> Geometry:
    """Draw what happens to a sample's shape.

    Args:
        augmentation: of the plan. Mirroring has a chance of a half where it is allowed.
    """
    turned = chance.random() < TURNED
    most = float(augmentation.get("rotate") or 0)
    low, high = augmentation.get("zoom") or (1.0, 1.0)
    angle, zoom = chance.uniform(-most, most), math.exp(chance.uniform(math.log(low), math.log(high)))
    mirror = chance.random(2) < 0.5
    return Geometry(
        angle=angle if turned else 0.0,
        zoom=zoom if turned else 1.0,
        mirror_x=bool(mirror[0] and augmentation.get("flip_horizontal")),
        mirror_y=bool(mirror[1] and augmentation.get("flip_vertical")),
    )


def apply_geometry(
    picture: Tensor, masks: Tensor, *, geometry: Geometry, size: tuple[int, int]
) -> tuple[Tensor, Tensor]:
    """Turn, zoom and mirror a picture and its masks about their middle, and cut the middle out.

    Args:
        picture: (3, h, w) uint8. masks: (K, h, w) uint8, any values. size: height and width of the result, no
            larger than h, w.
    """
    picture, masks = tv_tensors.Image(picture), tv_tensors.Mask(masks)
    if geometry.angle or geometry.zoom != 1:
        grey: Any = GREY  # torchvision's annotations know lists of numbers alone
        void: Any = VOID
        shape: dict[str, Any] = {
            "angle": geometry.angle,
            "translate": [0, 0],
            "scale": geometry.zoom,
            "shear": [0.0],
        }
        picture = functional.affine(picture, **shape, interpolation=v2.InterpolationMode.BILINEAR, fill=grey)
        masks = functional.affine(masks, **shape, interpolation=v2.InterpolationMode.NEAREST, fill=void)
    if tuple(picture.shape[-2:]) != size:
        picture, masks = (functional.center_crop(one, list(size)) for one in (picture, masks))
    if geometry.mirror_x:
        picture, masks = functional.horizontal_flip(picture), functional.horizontal_flip(masks)
    if geometry.mirror_y:
        picture, masks = functional.vertical_flip(picture), functional.vertical_flip(masks)
    return picture.as_subclass(torch.Tensor).contiguous(), masks.as_subclass(torch.Tensor).contiguous()


def apply_colour(picture: Tensor, augmentation: Mapping[str, Any], chance: np.random.Generator) -> Tensor:
    """Change brightness, contrast, saturation and hue, and sometimes blur.

    Args:
        picture: (3, h, w) uint8. augmentation: of the plan; colour 0..1 is how much, blur whether or how often.
    """
    colour, blur = float(augmentation.get("colour") or 0), float(augmentation.get("blur") or 0)
    factors = chance.uniform(-1, 1, 4) * JITTER * colour
    blurred, sigma = chance.random() < BLURRED * blur, chance.uniform(0.3, 1.2)
    if colour:
        picture = functional.adjust_brightness(picture, 1 + factors[0])
        picture = functional.adjust_contrast(picture, 1 + factors[1])
        picture = functional.adjust_saturation(picture, 1 + factors[2])
        if colour >= 1:  # a hue costs more than all the others: HSV and back
            picture = functional.adjust_hue(picture, factors[3])
    if blurred:
        picture = functional.gaussian_blur(picture, kernel_size=[5, 5], sigma=[sigma, sigma])
    return picture
