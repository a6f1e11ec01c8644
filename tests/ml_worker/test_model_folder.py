"""A model on disk is what was written, or says what is wrong with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from annotator.core.errors import InvalidInput
from ml_worker.model_folder import INDEX, WEIGHTS, load_weights, read_model, save_weights, write_model

CLASSES = [{"index": 3, "name": "road", "colour": "#112233", "is_thing": False}, {"index": 9, "name": "car"}]


class _Net(nn.Module):
    def __init__(self, classes: int, width: int = 4) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Conv2d(3, width, 3), nn.BatchNorm2d(width))
        self.segmentation_head = nn.Conv2d(width, classes, 1)


def _write(folder: Path, **change: Any) -> None:
    values: dict[str, Any] = {
        "architecture": "unet",
        "purpose": "semantic",
        "plan": {"classes": CLASSES},
        "class_map": CLASSES,
        "settings": {"confidence": 0.3},
        **change,
    }
    write_model(folder, **values)


def test_model_folder_gives_back_classes_and_settings_with_defaults(tmp_path: Path) -> None:
    _write(tmp_path, model_id="m1")
    save_weights(_Net(3), tmp_path / WEIGHTS)
    model = read_model(tmp_path)
    assert [(one.index, one.name, one.is_thing) for one in model.classes] == [
        (3, "road", False),
        (9, "car", True),
    ]
    assert (model.settings["confidence"], model.settings["detections"]) == (0.3, 100)
    assert model.model_id == "m1"


def test_model_without_an_id_is_named_by_its_weights(tmp_path: Path) -> None:
    names = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        _write(tmp_path)
        save_weights(_Net(3), tmp_path / WEIGHTS)
        names.append(read_model(tmp_path).model_id)
    assert names[0] == names[1] != names[2]


def test_weights_come_back_exactly(tmp_path: Path) -> None:
    torch.manual_seed(0)
    one, other = _Net(3), _Net(3)
    save_weights(one, tmp_path / WEIGHTS)
    load_weights(other, tmp_path / WEIGHTS)
    assert all(
        torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    )


def test_weights_for_other_classes_or_another_architecture_say_which(tmp_path: Path) -> None:
    save_weights(_Net(3), tmp_path / WEIGHTS)
    with pytest.raises(InvalidInput, match=r"for other classes: segmentation_head\.\w+ has the shape 3"):
        load_weights(_Net(5), tmp_path / WEIGHTS)
    with pytest.raises(InvalidInput, match=r"another architecture: .*encoder\.0\.\w+: shape 4"):
        load_weights(_Net(3, width=8), tmp_path / WEIGHTS)
    with pytest.raises(InvalidInput, match=r"another architecture: 0\.bias: missing.* and \d+ more"):
        load_weights(nn.Sequential(nn.Conv2d(3, 4, 3)), tmp_path / WEIGHTS)


@pytest.mark.parametrize("damage", ["cut", "rubbish", "pickle", "gone", "empty"])
def test_damaged_weights_are_refused_and_a_pickle_is_never_loaded(tmp_path: Path, damage: str) -> None:
    path = tmp_path / WEIGHTS
    save_weights(_Net(3), path)
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-40])
    elif damage == "pickle":
        torch.save(_Net(3).state_dict(), path)
    elif damage == "gone":
        path.unlink()
    else:
        path.write_bytes(b"" if damage == "empty" else b"rubbish" * 100)
    with pytest.raises(InvalidInput, match=r"weights\.safetensors: "):
        load_weights(_Net(3), path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"architecture": "yolo"}, "architecture: 'yolo' is none of unet"),
        ({"purpose": "x"}, "purpose"),
        ({"class_map": []}, "class_map: a list"),
        ({"class_map": [{"index": 0}]}, r"class_map\[0\].index: 0 is no class index"),
        ({"class_map": [{"index": 255}]}, r"255 is no class index"),
        ({"class_map": [CLASSES[0], CLASSES[0]]}, r"class_map\[1\].index: 3 occurs twice"),
        ({"class_map": CLASSES[::-1]}, r"the plan's classes are \[3, 9\]"),
        ({"architecture": "onnx", "plan": {}}, "model.onnx: the model's file is missing"),
        ({"architecture": "fused", "plan": {}}, "semantic: a fused model needs"),
    ],
)
def test_wrong_model_folders_say_what_is_wrong(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    _write(tmp_path, **change)
    save_weights(_Net(3), tmp_path / WEIGHTS)
    with pytest.raises(InvalidInput, match=message):
        read_model(tmp_path)


@pytest.mark.parametrize("content", [None, "{", "[]"])
def test_folder_without_a_readable_index_says_so(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / INDEX).write_text(content)
    with pytest.raises(InvalidInput, match=r"model\.json"):
        read_model(tmp_path)


def test_fused_folder_holds_two_models(tmp_path: Path) -> None:
    for name, architecture in (("semantic", "unet"), ("instance", "mask_rcnn")):
        _write(tmp_path / name, architecture=architecture, purpose=name, model_id=name)
        save_weights(_Net(3), tmp_path / name / WEIGHTS)
    _write(tmp_path, architecture="fused", purpose="panoptic", plan={})
    model = read_model(tmp_path)
    assert model.parts["instance"].architecture == "mask_rcnn"
    assert model.model_id == "semantic+instance"
    assert json.loads((tmp_path / INDEX).read_text())["architecture"] == "fused"
