"""Networks: their outputs, and the packaged encoder weights."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from annotator.core.errors import InvalidInput
from ml_worker.nets.build import build
from ml_worker.nets.encoders import (
    PACKAGED,
    encoder_named,
    load_packaged,
    map_packaged,
    packaged_file,
)
from ml_worker.nets.fold import folded


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)


def _plan(architecture: str, encoder: str, **more: Any) -> dict[str, Any]:
    classes = [{"index": 3, "name": "a"}, {"index": 5, "name": "b"}]
    return {
        "architecture": architecture,
        "encoder": encoder,
        "classes": classes,
        "background": "class",
        **more,
    }


@pytest.mark.parametrize(
    ("architecture", "encoder", "features"),
    [("unet", PACKAGED, 320), ("unet", "resnet18", 512), ("fcn", "resnet18", 512), ("fcn", "resnet50", 2048)],
)
def test_outputs_have_the_size_of_the_images_and_one_channel_for_each_class(
    architecture: str, encoder: str, features: int
) -> None:
    net = build(_plan(architecture, encoder)).eval()
    images = torch.rand(2, 3, 32, 96)
    with torch.inference_mode():
        assert net(images).shape == (2, 3, 32, 96)
        assert net.features(images).shape == (2, features)


@pytest.mark.parametrize(("architecture", "encoder"), [("unet", PACKAGED), ("fcn", "resnet18")])
def test_folded_networks_have_no_norm_left_and_say_the_same(architecture: str, encoder: str) -> None:
    net = build(_plan(architecture, encoder)).eval()
    for norm in (one for one in net.modules() if isinstance(one, nn.BatchNorm2d)):
        nn.init.uniform_(norm.weight, 0.5, 1.5)
        nn.init.uniform_(norm.bias, -0.5, 0.5)
        nn.init.uniform_(norm.running_mean, -0.5, 0.5)  # pyright: ignore[reportArgumentType]
        nn.init.uniform_(norm.running_var, 0.5, 1.5)  # pyright: ignore[reportArgumentType]
    images = torch.rand(1, 3, 64, 96)
    with torch.inference_mode():
        before = net(images)
        after = folded(net)
        assert not [one for one in after.modules() if isinstance(one, nn.BatchNorm2d)]
        assert (after(images) - before).abs().max() < 1e-3 * before.abs().max()


def test_networks_whose_norm_is_called_elsewhere_are_left_as_they_are() -> None:
    class Odd(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.norm = nn.Conv2d(3, 3, 3, padding=1), nn.BatchNorm2d(3)
            nn.init.uniform_(self.norm.running_var, 2, 3)  # pyright: ignore[reportArgumentType]

        def forward(self, images: Tensor) -> Tensor:
            return self.first(self.norm(images).relu())

    net = Odd().eval()
    assert folded(net) is net


def test_watershed_adds_a_channel_and_an_ignored_background_has_none() -> None:
    net = build(_plan("unet", PACKAGED, background="ignore", instances="watershed")).eval()
    with torch.inference_mode():
        assert net(torch.rand(1, 3, 32, 32)).shape[1] == 3


def test_unknown_architectures_and_encoders_are_named_with_those_there_are() -> None:
    with pytest.raises(InvalidInput, match=r"'yolo' is none of unet, fcn"):
        build(_plan("yolo", "resnet18"))
    with pytest.raises(InvalidInput, match=r"'vgg' is none of efficientnet_lite0"):
        build(_plan("unet", "vgg"))
    with pytest.raises(InvalidInput, match=r"'resnet34' is none of resnet18, resnet50, resnet101"):
        build(_plan("fcn", "resnet34"))


def test_large_fcn_takes_the_keys_of_torchvision() -> None:
    from torchvision.models.segmentation import fcn_resnet50

    theirs = fcn_resnet50(weights=None, weights_backbone=None, num_classes=3).state_dict()
    assert set(build(_plan("fcn", "resnet50")).state_dict()) == set(theirs)


def _packaged() -> dict[str, Tensor]:
    path = packaged_file()
    assert path is not None
    return torch.load(path, map_location="cpu", weights_only=True)


def _original(state: Mapping[str, Tensor], images: Tensor, *, same: bool) -> list[Tensor]:
    """The features of stride 2 to 32, by a plain forward over the package's own names; same: TensorFlow's padding."""

    def convolve(x: Tensor, name: str, stride: int = 1) -> Tensor:
        weight = state[f"{name}.weight"]
        groups = weight.shape[0] if "depthwise" in name else 1
        side = weight.shape[-1]
        if same and stride > 1:
            pad = [max((-(-n // stride) - 1) * stride + side - n, 0) for n in x.shape[-2:]]
            left, top = pad[1] // 2, pad[0] // 2
            x = functional.pad(x, (left, pad[1] - left, top, pad[0] - top))
            return functional.conv2d(x, weight, stride=stride, groups=groups)
        return functional.conv2d(x, weight, stride=stride, padding=side // 2, groups=groups)

    def norm(x: Tensor, name: str) -> Tensor:
        kinds = ("running_mean", "running_var", "weight", "bias")
        return functional.batch_norm(x, *(state[f"{name}.{kind}"] for kind in kinds), eps=1e-3)

    x = functional.relu6(norm(convolve(images, "_conv_stem", 2), "_bn0"))
    found = []
    repeats, strides = (1, 2, 2, 3, 3, 4, 1), (1, 2, 2, 2, 1, 2, 1)
    block = 0
    for repeat, stage_stride in zip(repeats, strides, strict=True):
        if stage_stride == 2:
            found.append(x)
        for at in range(repeat):
            name = f"_blocks.{block}"
            before = x
            if f"{name}._expand_conv.weight" in state:
                x = functional.relu6(norm(convolve(x, f"{name}._expand_conv"), f"{name}._bn0"))
            stride = stage_stride if at == 0 else 1
            x = functional.relu6(norm(convolve(x, f"{name}._depthwise_conv", stride), f"{name}._bn1"))
            x = norm(convolve(x, f"{name}._project_conv"), f"{name}._bn2")
            if stride == 1 and before.shape == x.shape:
                x = x + before
            block += 1
    return [*found, x]


def test_packaged_encoder_gives_the_features_of_the_original_structure() -> None:
    net = build(_plan("unet", PACKAGED)).eval()
    assert load_packaged(net.encoder) == len(net.encoder.state_dict())
    images = torch.rand(2, 3, 64, 96)
    with torch.inference_mode():
        ours = net.encoder(net.normalise(images))[1:]
        theirs = _original(_packaged(), (images * 255 - 127) / 128, same=False)
    assert [one.shape[-1] for one in ours] == [48, 24, 12, 6, 3]
    for one, other in zip(ours, theirs, strict=True):
        assert torch.allclose(one, other, atol=1e-4), (one - other).abs().max()


def test_every_tensor_of_the_package_is_used_but_the_classifier() -> None:
    state = _packaged()
    left_out = {key.split(".")[0] for key in state} - {"_conv_stem", "_bn0", "_blocks"}
    assert left_out == {"_conv_head", "_bn1", "_fc"}
    assert len(map_packaged(state)) == sum(key.split(".")[0] not in left_out for key in state)
    with pytest.raises(InvalidInput, match="unknown tensor '_neck"):
        map_packaged({"_neck.weight": torch.zeros(1)})


def test_packaged_weights_refuse_another_encoder() -> None:
    with pytest.raises(InvalidInput, match="not the encoder of the packaged weights"):
        load_packaged(build(_plan("unet", "resnet18")).encoder)


def _crops(folder: Path, most: int) -> tuple[Tensor, list[list[int]]]:
    """Objects of COCO photographs that ImageNet has a class for: (N, 3, 224, 224) 0..255, and those classes."""
    known = {
        "zebra": [340], "elephant": [101, 385, 386], "pizza": [963], "bus": [654, 779, 874], "cat": [*range(281, 286)],
        "dog": [*range(151, 269)], "bear": [*range(294, 298)], "teddy bear": [850], "toilet": [861], "banana": [954],
        "laptop": [620, 681], "horse": [339], "airplane": [404, 895], "keyboard": [508, 810], "umbrella": [879],
        "motorcycle": [665, 670], "train": [466, 547, 705, 820, 829],
    }  # fmt: skip
    index = json.loads((folder / "annotations" / "instances_train2017.json").read_text())
    names = {one["id"]: one["name"] for one in index["categories"]}
    images = {one["id"]: one for one in index["images"]}
    crops, classes = [], []
    for one in index["annotations"]:
        image = images[one["image_id"]]
        large = one["area"] > 0.08 * image["width"] * image["height"]
        if names[one["category_id"]] not in known or one["iscrowd"] or not large or len(crops) == most:
            continue
        picture = cv2.cvtColor(cv2.imread(str(folder / "train2017" / image["file_name"])), cv2.COLOR_BGR2RGB)
        x, y, width, height = one["bbox"]
        half = max(width, height) * 0.55
        left, top = max(0, int(x + width / 2 - half)), max(0, int(y + height / 2 - half))
        crop = picture[top : int(y + height / 2 + half), left : int(x + width / 2 + half)]
        crops.append(torch.from_numpy(cv2.resize(crop, (224, 224), interpolation=cv2.INTER_AREA)))
        classes.append(known[names[one["category_id"]]])
    return torch.stack(crops).permute(0, 3, 1, 2).float(), classes


def _surprise(features: Tensor, state: Mapping[str, Tensor], classes: list[list[int]]) -> float:
    """Mean -log probability of the right classes, by the package's classifier on features of stride 32."""
    x = functional.conv2d(features, state["_conv_head.weight"])
    kinds = ("running_mean", "running_var", "weight", "bias")
    x = functional.relu6(functional.batch_norm(x, *(state[f"_bn1.{kind}"] for kind in kinds), eps=1e-3))
    found = functional.linear(x.mean((2, 3)), state["_fc.weight"], state["_fc.bias"]).softmax(1)
    return float(-np.mean([np.log(float(row[ids].sum())) for row, ids in zip(found, classes, strict=True)]))


def test_photographs_are_recognised_best_with_our_padding_and_pixel_range(shared_data: Path) -> None:
    """The choice in `encoders.py` is the one that the weights were trained with."""
    images, classes = _crops(shared_data / "coco", 24)
    state = _packaged()
    net = build(_plan("unet", PACKAGED)).eval()
    load_packaged(net.encoder)
    mean, std = (
        torch.tensor(one).view(1, 3, 1, 1)
        for one in (encoder_named("resnet18").mean, encoder_named("resnet18").std)
    )
    with torch.inference_mode():
        ours = _surprise(net.encoder(net.normalise(images / 255))[-1], state, classes)
        padded = _surprise(_original(state, (images - 127) / 128, same=True)[-1], state, classes)
        imagenet = _surprise(net.encoder((images / 255 - mean) / std)[-1], state, classes)
    assert ours < 1.0
    assert ours < padded - 0.05
    assert ours < imagenet - 0.05


def test_random_weights_recognise_nothing(shared_data: Path) -> None:
    """So that the comparison above says something."""
    images, classes = _crops(shared_data / "coco", 8)
    net: nn.Module = build(_plan("unet", PACKAGED)).eval()
    with torch.inference_mode():
        assert _surprise(net.encoder(net.normalise(images / 255))[-1], _packaged(), classes) > 3
