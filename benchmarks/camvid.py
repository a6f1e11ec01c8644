"""CamVid: U-Net with and without the packaged encoder, and FCN, on the standard split and on one by sequence.

The standard split leaks: all validation frames come from a sequence of the training set and 62 test frames from
another, so a split by sequence is reported beside it (train 0006R0 and 0016E5, validation 0001TP, test Seq05VD). Every
run is the product's own: a plan from the folder's fingerprint, `python -m ml_worker.run`, the best checkpoint by the
validation frames, one look at the test frames at the end. With and without packaged weights differ in that value alone.
Published anchors (11 classes, 480 x 360): SegNet 57.7, FCN-8s 50.4, U-Net 49.8 mean IoU, trained for longer on a GPU.

Needs `ml_worker` and `annotator/core` alone; on a GPU machine the plan is larger by itself.

Run: python benchmarks/camvid.py [--steps 400] [--seeds 0 1 2] [--runs unet unet-scratch fcn] [--splits sequence]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from annotator.core import rle  # noqa: E402
from benchmarks._server import write_results  # noqa: E402
from ml_worker.device import find_device  # noqa: E402
from ml_worker.fingerprint import folder_fingerprint  # noqa: E402
from ml_worker.folder import DataClass, DataObject, Dataset, FolderWriter  # noqa: E402
from ml_worker.plan import make_plan  # noqa: E402
from ml_worker.run_folder import ERROR, EVENTS, RESULT, read_json, write_json  # noqa: E402

DATA = ROOT.parent / "shared" / "data" / "camvid"
BY_SEQUENCE = {"0006R0": "train", "0016E5": "train", "0001TP": "val", "Seq05VD": "test"}
IGNORED = 11
BLOCK = 10  # frames that are resampled together: neighbours are alike
RATE = 1e-3  # what the plan gives without weights; the same for both, so that one value alone differs
RUNS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "unet": ("unet", {"learning_rate": RATE}),
    "unet-scratch": ("unet", {"learning_rate": RATE, "weights": "scratch"}),
    "fcn": ("fcn", {}),
}


@dataclass(frozen=True, slots=True)
class Task:
    """One training: a run of RUNS on a split with a seed."""

    run: str
    split: str
    seed: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--runs", nargs="+", choices=list(RUNS), default=list(RUNS))
    parser.add_argument(
        "--splits", nargs="+", choices=["standard", "sequence"], default=["standard", "sequence"]
    )
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--steps", type=int, help="in place of what the plan says")
    parser.add_argument(
        "--set", nargs="*", default=[], metavar="NAME=JSON", help="further values of the plan"
    )
    parser.add_argument("--every", type=int, default=1, help="only every n-th frame")
    parser.add_argument("--name", default="camvid", help="of the result file")
    given = parser.parse_args()
    chosen = {name: json.loads(value) for name, _, value in (one.partition("=") for one in given.set)}
    if given.steps:
        chosen["steps"] = given.steps
    results = []
    with tempfile.TemporaryDirectory(prefix="camvid-") as folder:
        for split in given.splits:
            dataset = written(given.data, Path(folder) / split, split=split, every=given.every)
            for run in given.runs:
                for seed in given.seeds:
                    found = trained(dataset, Task(run, split, seed), Path(folder), chosen)
                    results.append(found)
                    print(
                        json.dumps({key: found[key] for key in ("run", "split", "seed", "test", "minutes")})
                    )
    path = write_results(
        given.name, {"every": given.every, "device": find_device().as_dict(), "runs": results}
    )
    print(f"written to {path.name}")


def written(data: Path, folder: Path, *, split: str, every: int) -> Dataset:
    """Write CamVid as a dataset folder: one object for each class of a frame, void where nothing is labelled."""
    names = json.loads((data / "classes.json").read_text())
    writer, seen = FolderWriter(folder), dict[str, int]()
    for part in ("train", "val", "test"):
        for path in sorted((data / part).glob("*.jpg"))[::every]:
            sequence = path.stem.partition("_")[0]
            labels = cv2.imread(str(data / f"{part}annot" / f"{path.stem}.png"), cv2.IMREAD_UNCHANGED)
            assert labels is not None, path
            number = seen[sequence] = seen.get(sequence, -1) + 1
            writer.add(
                name=path.name,
                content=path.read_bytes(),
                extension=".jpg",
                size=(labels.shape[1], labels.shape[0]),
                objects=objects_of(np.asarray(labels), path.stem),
                split=part if split == "standard" else BY_SEQUENCE[sequence],
                asset=path.stem,
                group=f"{sequence}-{number // BLOCK}",
            )
    classes = [
        DataClass(index + 1, name, "#{:02x}{:02x}{:02x}".format(*names["palette"][index]), is_thing=False)
        for index, name in enumerate(names["names"])
        if index != IGNORED
    ]
    return writer.close(
        name="CamVid",
        task_type="semantic",
        exclusive=True,
        content_hash=f"camvid-{split}-{every}",
        classes=classes,
    )


def objects_of(labels: np.ndarray, name: str) -> list[DataObject]:
    """One object for each class: index + 1, or 255 for what is not labelled."""
    found = []
    for index in np.unique(labels).tolist():
        given = 255 if index == IGNORED else index + 1
        mask = rle.crop(rle.encode(labels == index), *labels.shape)
        found.append(DataObject(f"{name}-{index}", given, mask))
    return found


def trained(dataset: Dataset, task: Task, folder: Path, chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Train and measure as the product does.

    Raises:
        SystemExit: the training failed; the message is its own.
    """
    architecture, own = RUNS[task.run]
    device = find_device().as_dict()
    plan, _ = make_plan(
        folder_fingerprint(dataset),
        architecture=architecture,
        device=device,
        overrides={**chosen, **own, "seed": task.seed},
    )
    run_folder = folder / f"{task.split}-{task.run}-{task.seed}"
    run_folder.mkdir()
    request = {
        "task": "train",
        "dataset": str(dataset.folder),
        "plan": plan,
        "seed": task.seed,
        "resume": True,
    }
    write_json(run_folder / "request.json", request)
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-m", "ml_worker.run", str(run_folder)], cwd=ROOT, check=False)
    result = read_json(run_folder / RESULT)
    if done.returncode != 0 or result is None:
        raise SystemExit(f"{task}: exit status {done.returncode}: {read_json(run_folder / ERROR)}")
    points = [json.loads(line) for line in (run_folder / EVENTS).read_text().splitlines()]
    curve = [
        {"step": one["step"], "mean_iou": one["values"].get("mean_iou")}
        for one in points
        if one["kind"] == "point" and one["curve"] == "evaluate"
    ]
    metrics = result["metrics"]
    return {
        "run": task.run,
        "split": task.split,
        "seed": task.seed,
        "minutes": round((time.monotonic() - began) / 60, 1),
        "test": metrics["values"]["mean_iou"],
        "pixel_accuracy": metrics["values"]["pixel_accuracy"],
        "classes": {one["name"]: one["iou"] for one in metrics["classes"]},
        "images": {name: len(dataset.of_split(name)) for name in ("train", "val", "test")},
        "curve": curve,
        "plan": plan,
    }


if __name__ == "__main__":
    main()
