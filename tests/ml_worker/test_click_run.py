"""A click model from the request to the result: trained, exported and measured by the process that does it, tiny."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from annotator.clicks.interface import Prompt
from ml_worker.click_eval import project_segmenter
from ml_worker.run import carry_out
from ml_worker.run_folder import REQUEST, Events, Follower, write_json
from tests.ml_worker.click_folder import discs_folder

PLAN = {
    "architecture": "click",
    "purpose": "click",
    "encoder": "plain",
    "variant": "",
    "weights": "scratch",
    "classes": [{"index": 1, "name": "disc", "colour": "#ff0000", "is_thing": True, "directional": False}],
    "background": "class",
    "instances": "",
    "input_size": [64, 64],
    "scale": 1.0,
    "batch_size": 4,
    "accumulate": 1,
    "steps": 6,
    "evaluate_every": 3,
    "warmup": 1,
    "learning_rate": 1e-3,
    "optimizer": "adamw",
    "weight_decay": 1e-4,
    "schedule": "poly",
    "losses": [{"name": "cross_entropy", "weight": 1.0}, {"name": "dice", "weight": 1.0}],
    "class_weights": None,
    "oversample": 0.0,
    "augmentation": {"flip_horizontal": True, "flip_vertical": False, "colour": True},
    "anchors": None,
    "detections": 100,
    "tiling": None,
    "ema": 0.9,
    "precision": "float32",
    "workers": 0,
    "seed": 1,
    "device": {"kind": "cpu"},
}


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.slow
def test_a_request_to_train_ends_with_a_served_graph_and_counted_clicks(tmp_path: Path) -> None:
    discs_folder(tmp_path / "discs")
    run = tmp_path / "run"
    run.mkdir()
    request = {"task": "train", "dataset": str(tmp_path / "discs"), "plan": PLAN, "packaged_clicks": None}
    write_json(run / REQUEST, request)

    result = carry_out(request, run, Events(run))

    assert (result["state"], result["steps"]) == ("done", 6)
    assert result["checks"]["onnx"] < 1e-3
    metrics = result["metrics"]
    assert (metrics["primary"], metrics["split"], metrics["objects"]) == ("clicks_85", "test", 4)
    assert set(metrics["clicks"]) == {"project"}
    assert metrics["better"] == "unclear"
    segmenter = project_segmenter(run / result["files"]["onnx"], result["settings"]["click"])
    embedding = segmenter.embed(np.zeros((48, 80, 3), np.uint8))
    assert segmenter.predict(embedding, Prompt(positive=np.array([[9.0, 9.0]]))).logits.shape == (48, 80)
    events = list(Follower(run).new())
    points = [one["values"] for one in events if one["kind"] == "point" and one["curve"] == "evaluate"]
    assert [one["score_name"] for one in points] == ["iou_3_clicks"] * 2
    assert any("MobileSAM's files are not on this machine" in one.get("text", "") for one in events)
    assert any(one["kind"] == "file" and one["name"] == "strip" for one in events)
