"""Stands in for `ml_worker.run` where a test is about the worker, not the learning: `python learning_double.py FOLDER`.

It keeps the run folder's rules (events, stop, result, error, resume) and learns nothing. How it behaves is in the
plan's `double`: `{"steps", "hold" (goes on until this file is gone), "fail": message, "exit": status, "kill": true}`.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from ml_worker.run_folder import REQUEST, RESULT, Events, read_json, write_error, write_json

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))


def main(folder: Path) -> int:
    from annotator.core.errors import InvalidInput, Problem

    request = read_json(folder / REQUEST)
    assert request is not None
    events = Events(folder)
    if request["task"] == "plan":
        plan = {
            "architecture": request["architecture"],
            "purpose": "",
            "double": request["overrides"].get("double", {}),
        }
        write_json(
            folder / RESULT,
            {"plan": plan, "reasons": {"steps": {"code": "chosen", "values": {}, "text": ""}}},
        )
        return 0
    if request["task"] == "predict":
        return predict(request, folder, events)
    if request["task"] == "rank":
        entries = [
            {
                "image": one["image"],
                "position": at,
                "reason": "random",
                "class": None,
                "score": 0.5,
                "minutes": 1.5,
            }
            for at, one in enumerate(reversed(request["unlabelled"]))
        ]
        write_json(folder / RESULT, {"entries": entries})
        return 0
    if request["task"] == "evaluate":
        write_json(folder / RESULT, {"metrics": metrics(0.6), "settings": {}})
        return 0
    double = request["plan"].get("double", {})
    if double.get("fail"):
        write_error(folder, InvalidInput(double["fail"], [Problem("class cat", "no example")]))
        return 3
    if double.get("kill"):
        os.kill(os.getpid(), signal.SIGKILL)
    if "exit" in double:
        sys.stderr.write(double.get("say", "Traceback: a bug\n"))
        return double["exit"]
    return train(request, folder, events, double)


def train(request: dict[str, Any], folder: Path, events: Events, double: dict[str, Any]) -> int:
    """Counts steps, keeping the last one in a checkpoint."""
    dataset = json.loads((Path(request["dataset"]) / "dataset.json").read_text())
    last = folder / "last.ckpt"
    step = int(last.read_text()) if request["resume"] and last.exists() else 0
    events.log(f"begins at step {step} with {len(dataset['items'])} items")
    steps = double.get("steps", 3)
    while step < steps and not events.stop_wanted():
        step += 1
        events.point("train", step, {"loss": 1.0 / step})
        events.progress(step / steps, "training", step=step, steps=steps)
        write_json(folder / "draft", {})
        last.write_text(str(step))
        while Path(double.get("hold", "/nonexistent")).exists() and step >= double.get("hold_at", 1):
            if events.stop_wanted():
                break
            time.sleep(0.05)
    events.point("evaluate", step, {"score": 0.5, "score_name": "mean_iou", "best": True})
    (folder / "strip").mkdir(exist_ok=True)
    (folder / "strip" / "1.jpg").write_bytes(b"\xff\xd8\xff strip")
    events.file("strip", "strip/1.jpg", step=step, images=[one["name"] for one in dataset["items"][:2]])
    (folder / "weights.safetensors").write_bytes(f"weights at {step}".encode())
    files = {"weights": "weights.safetensors"}
    state = "stopped" if events.stop_wanted() else "done"
    result = {"state": state, "metrics": metrics(0.5), "settings": {"confidence": 0.5}, "files": files}
    class_map = [{**one} for one in dataset["classes"]]
    write_json(folder / RESULT, {**result, "class_map": class_map, "seconds": 1.5, "plan": request["plan"],
                                 "code_version": "double"})  # fmt: skip
    return 0


def metrics(value: float) -> dict[str, Any]:
    estimate = {"value": value, "low": value - 0.1, "high": value + 0.1}
    return {
        "split": "test",
        "images": 1,
        "units": 1,
        "enough": False,
        "note": "few_test_images",
        "primary": "mean_iou",
        "values": {"mean_iou": estimate},
        "classes": [],
        "per_image": [],
    }


def predict(request: dict[str, Any], folder: Path, events: Events) -> int:
    """One square in each image; an image whose file is empty cannot be read."""
    model = json.loads((folder / request["model"] / "model.json").read_text())
    assert (folder / request["model"] / "weights.safetensors").is_file()
    (folder / "overlays").mkdir(exist_ok=True)
    for at, one in enumerate(request["items"]):
        if not Path(one["file"]).stat().st_size:
            events.item({"image": one["image"], "error": "the picture cannot be decoded"})
            continue
        overlay = folder / "overlays" / f"{at}.png"
        overlay.write_bytes(b"\x89PNG overlay " + one["image"].encode())
        index = model["class_map"][0]["index"]
        found = {
            "id": one["image"][:-1] + ("0" if one["image"][-1] != "0" else "1"),
            "class": index,
            "kind": "polygon",
            "polygons": [[[1, 1, 9, 1, 9, 9, 1, 9]]],
            "score": 0.9,
            "uncertainty": 0.1,
            "bbox": [1, 1, 9, 9],
            "area": 64.0,
        }
        events.item({"image": one["image"], "objects": [found], "score": 0.9, "uncertainty": 0.1 * (at + 1),
                     "class_uncertainty": {str(index): 0.1}, "features": "AAA8AA==", "overlay": str(overlay),
                     "seconds": 0.01})  # fmt: skip
        events.progress(
            (at + 1) / len(request["items"]), "predicting", done=at + 1, images=len(request["items"])
        )
    write_json(
        folder / RESULT, {"images": len(request["items"]), "failed": 0, "stopped": False, "seconds": 0.1}
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
