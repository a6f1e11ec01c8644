"""What leaves with a model computes what the model does."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch
from PIL import Image

from ml_worker import export
from ml_worker.export import export_model
from ml_worker.infer import Pace, predict_pictures, predictor_of
from ml_worker.model_folder import load_net, read_model
from ml_worker.nets.build import build
from ml_worker.objects import Found
from ml_worker.pictures import Item
from tests.ml_worker.infer_models import picture, unet_plan, write_mask_rcnn, write_picture, write_unet


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def _predicted(model: Path, item: dict[str, Any]) -> list[Found]:
    predictor = predictor_of(read_model(model))
    one = Item(item["image"], Path(item["file"]), None, item["width"], item["height"])
    done = next(iter(predict_pictures(predictor, [one], pace=Pace(1, 1, 1), write=lambda done: done)))
    assert done.prediction is not None, done.error
    return done.prediction.found


def _script(folder: Path, file: str) -> tuple[np.ndarray, str]:
    """Run the exported script as a stranger would: downloaded beside other models', with nothing of ours at hand."""
    target = folder.parent / "found.png"
    downloads = folder.parent / "downloads"
    downloads.mkdir(exist_ok=True)
    for name in ("predict.py", "model.onnx", "label_map.json"):
        shutil.copy(folder / name, downloads / f"streets-model1-{name}")
    command = [sys.executable, "-I", str(downloads / "streets-model1-predict.py"), file, str(target)]
    done = subprocess.run(command, cwd=folder.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return np.asarray(Image.open(target)), done.stdout


def _canvas(found: list[Found], height: int, width: int) -> np.ndarray:
    canvas = np.zeros((height, width), np.uint8)
    for one in found:
        x0, y0, x1, y1 = one.box_xyxy
        canvas[y0:y1, x0:x1][export_bitmap(one)] = one.class_index
    return canvas


def export_bitmap(one: Found) -> np.ndarray:
    from annotator.core.raster import bitmap_of

    return bitmap_of(one.mask)


def test_unet_exports_agree_with_torch_and_the_script_with_our_prediction(tmp_path: Path) -> None:
    plan = write_unet(tmp_path / "model")
    net = load_net(read_model(tmp_path / "model"))
    exported = export_model(net, plan, tmp_path / "out")
    assert set(exported.files) == {"onnx", "torchscript", "label_map", "script"}, exported.dropped
    assert all(difference < 1e-3 for difference in exported.checks.values())
    assert exported.checks.keys() == {"onnx", "torchscript"}
    meaning = json.loads(exported.files["label_map"].read_text())
    assert meaning["outputs"] == [0, 3, 9]
    item = write_picture(tmp_path / "a.png", picture(70, 91))
    labels, printed = _script(tmp_path / "out", item["file"])
    assert (labels == _canvas(_predicted(tmp_path / "model", item), 70, 91)).mean() > 0.999
    assert len(np.unique(labels)) > 1 and printed.startswith("classes in the picture: [")


def test_script_is_short_and_needs_nothing_of_ours() -> None:
    for path in export.SCRIPTS.glob("*.py"):
        lines = [
            line for line in path.read_text().splitlines() if line.strip() and not line.startswith('"""')
        ]
        assert len(lines) <= 32  # 20 and the imports, but for lines that the formatter broke
        assert "ml_worker" not in path.read_text() and "torch" not in path.read_text()


def test_small_fcn_exports(tmp_path: Path) -> None:
    torch.manual_seed(0)
    plan = unet_plan(architecture="fcn", encoder="resnet18")
    exported = export_model(build(plan), plan, tmp_path)
    assert {"onnx", "torchscript"} <= set(exported.files), exported.dropped


def test_mask_rcnn_exports_agree_with_torch_and_the_script_with_our_prediction(tmp_path: Path) -> None:
    pytest.importorskip("ml_worker.nets.mask_rcnn")
    plan = write_mask_rcnn(tmp_path / "model")
    exported = export_model(load_net(read_model(tmp_path / "model")), plan, tmp_path / "out")
    assert {"onnx", "torchscript"} <= set(exported.files), exported.dropped
    assert all(difference < 1e-3 for difference in exported.checks.values())
    item = write_picture(tmp_path / "a.png", picture(96, 120))
    meaning = tmp_path / "out" / "label_map.json"
    settings = read_model(tmp_path / "model").settings
    meaning.write_text(json.dumps({**json.loads(meaning.read_text()), "confidence": settings["confidence"]}))
    numbers, printed = _script(tmp_path / "out", item["file"])
    found = _predicted(tmp_path / "model", item)
    assert len(found) > 0
    lines = printed.splitlines()[::-1]  # the surest is painted last
    assert [float(line.split()[2]) for line in lines] == pytest.approx([one.score for one in found], abs=2e-3)
    assert (numbers == 1).sum() == pytest.approx(found[0].area, rel=0.05, abs=4)


def test_mask_rcnn_exports_answer_a_picture_in_which_there_is_nothing(tmp_path: Path) -> None:
    plan = write_mask_rcnn(tmp_path / "model")
    net: Any = load_net(read_model(tmp_path / "model"))
    assert any(isinstance(one, torch.nn.GroupNorm) for one in net.roi_heads.modules())
    net.roi_heads.score_thresh = 2.0  # no detection is as sure as that
    exported = export_model(net, plan, tmp_path / "out")
    assert set(exported.files) >= {"onnx", "torchscript"}, exported.dropped
    session = onnxruntime.InferenceSession(exported.files["onnx"])
    boxes, labels, scores, masks = session.run(None, {"image": np.zeros((3, 96, 128), np.float32)})
    assert [len(boxes), len(labels), len(scores), len(masks)] == [0, 0, 0, 0]


def test_export_that_differs_is_dropped_with_the_reason_and_the_net_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "TOLERANCE", 1e-12)
    said: list[str] = []
    plan = unet_plan()
    net = build(plan)
    exported = export_model(net, plan, tmp_path, log=said.append)
    assert "onnx" not in exported.files and not (tmp_path / "model.onnx").exists()
    assert "differs from torch by" in exported.dropped["onnx"]
    assert any(text.startswith("onnx is not exported") for text in said)
    assert exported.checks["onnx"] > 0
    assert {"label_map", "script"} <= set(exported.files)


def test_exporter_that_fails_does_not_end_the_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("unsupported operator")

    monkeypatch.setattr(torch.onnx, "export", broken)
    plan = unet_plan()
    exported = export_model(build(plan), plan, tmp_path)
    assert exported.dropped["onnx"] == "RuntimeError: unsupported operator"
    assert "torchscript" in exported.files


def test_other_numbers_of_detections_are_no_small_difference() -> None:
    one, other = [np.zeros((2, 4))], [np.zeros((3, 4))]
    assert export._difference(one, other) == float("inf")
    assert export._difference([np.array([np.nan])], [np.array([1.0])]) == float("inf")
