"""Nuclei by Mask R-CNN and by U-Net with watershed, and COCO photographs by Mask R-CNN from scratch.

Every run is the product's own: a plan from the folder's fingerprint, `python -m ml_worker.run`, the best checkpoint and
all thresholds by validation images, one look at the test images at the end. The split is by a hash of the file's name.
Reported are F1 at IoU 0.5, mask AP, AP50 and PQ with 95 % intervals.

- `mask_rcnn`, `unet`: nuclei. Published anchor: F1 0.91 at IoU 0.5 (StarDist, on its own split of the fluorescence
  subset; `--fluorescence` takes dark grey pictures, which is not the same list of files).
- `photographs`: Mask R-CNN from random weights on some 110 photographs, its five commonest classes. It shows that the
  loop learns from photographs, crowds and many sizes, and what so few of them are worth: published COCO models learn
  from 118,000 photographs, and start from ImageNet.

Needs `ml_worker` and `annotator/core` alone. On a GPU the plan is larger by itself; `--every`, `--steps` and `--set`
reduce it on a CPU.

Run: python benchmarks/nuclei.py [--runs mask_rcnn unet photographs] [--steps 300] [--every 4] [--fluorescence]
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks._instance_data import write_nuclei, write_photographs  # noqa: E402
from benchmarks._server import write_results  # noqa: E402
from ml_worker.device import find_device  # noqa: E402
from ml_worker.fingerprint import folder_fingerprint  # noqa: E402
from ml_worker.folder import Dataset  # noqa: E402
from ml_worker.plan import make_plan  # noqa: E402
from ml_worker.run_folder import ERROR, EVENTS, RESULT, read_json, write_json  # noqa: E402

DATA = ROOT.parent / "shared" / "data"
RUNS = {"mask_rcnn": "mask_rcnn", "unet": "unet", "photographs": "mask_rcnn"}
PHOTOGRAPH_CLASSES = 5
# A microscope has no up: what the plan can't know.
NUCLEI = {"augmentation": {"flip_vertical": True, "rotate": 90.0}}
REPORTED = ("f1_50", "ap", "ap50", "ap75", "pq", "sq", "rq")
CURVE = ("score", "ap", "ap50", "f1_50", "mean_iou", "validation_loss")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA, help="folder with nuclei and coco")
    parser.add_argument("--runs", nargs="+", choices=list(RUNS), default=list(RUNS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--steps", type=int, help="in place of what the plan says")
    parser.add_argument(
        "--set", nargs="*", default=[], metavar="NAME=JSON", help="further values of the plan"
    )
    parser.add_argument("--every", type=int, default=1, help="only every n-th picture")
    parser.add_argument("--fluorescence", action="store_true", help="only dark grey pictures of nuclei")
    parser.add_argument("--strips", type=Path, help="a folder for the last strip of each run")
    parser.add_argument("--name", default="nuclei", help="of the result file")
    given = parser.parse_args()
    chosen = {name: json.loads(value) for name, _, value in (one.partition("=") for one in given.set)}
    if given.steps:
        chosen["steps"] = given.steps
    results = []
    with tempfile.TemporaryDirectory(prefix="nuclei-") as folder:
        for run in given.runs:
            dataset = written(given, Path(folder) / "data" / run, run)
            for seed in given.seeds:
                found = trained(dataset, Path(folder) / f"{run}-{seed}", run=run, seed=seed, chosen=chosen)
                if given.strips:
                    keep_strip(Path(folder) / f"{run}-{seed}", given.strips / f"{run}-{seed}.jpg")
                results.append(found)
                print(json.dumps({key: found[key] for key in ("run", "seed", "test", "minutes")}))
    path = write_results(
        given.name,
        {
            "every": given.every,
            "fluorescence": given.fluorescence,
            "device": find_device().as_dict(),
            "runs": results,
        },
    )
    print(f"written to {path.name}")


def written(given: argparse.Namespace, folder: Path, run: str) -> Dataset:
    """The dataset of a run."""
    if run == "photographs":
        return write_photographs(given.data / "coco", folder, every=given.every, classes=PHOTOGRAPH_CLASSES)
    return write_nuclei(given.data / "nuclei", folder, every=given.every, fluorescence=given.fluorescence)


def trained(
    dataset: Dataset, folder: Path, *, run: str, seed: int, chosen: Mapping[str, Any]
) -> dict[str, Any]:
    """Train and measure as the product does.

    Raises:
        SystemExit: the training failed; the message is its own.
    """
    own = {} if run == "photographs" else NUCLEI
    plan, _ = make_plan(
        folder_fingerprint(dataset),
        architecture=RUNS[run],
        device=find_device().as_dict(),
        overrides={**own, **chosen, "seed": seed},
    )
    folder.mkdir()
    write_json(
        folder / "request.json",
        {"task": "train", "dataset": str(dataset.folder), "plan": plan, "seed": seed, "resume": True},
    )
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-m", "ml_worker.run", str(folder)], cwd=ROOT, check=False)
    result = read_json(folder / RESULT)
    if done.returncode != 0 or result is None:
        raise SystemExit(f"{run}: exit status {done.returncode}: {read_json(folder / ERROR)}")
    metrics = result["metrics"]
    return {
        "run": run,
        "seed": seed,
        "weights": plan["weights"],
        "minutes": round((time.monotonic() - began) / 60, 1),
        "steps": result["steps"],
        "images": {name: len(dataset.of_split(name)) for name in ("train", "val", "test")},
        "test": {name: metrics["values"][name] for name in REPORTED},
        "classes": [
            {key: one.get(key) for key in ("name", "ap", "ap50", "f1_50", "pq", "objects")}
            for one in metrics["classes"]
        ],
        "calibration": metrics["calibration"],
        "settings": result["settings"],
        "checks": result["checks"],
        "curves": curves(folder),
        "plan": plan,
    }


def curves(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """The loss and the scores on validation images over the steps."""
    events = [json.loads(line) for line in (folder / EVENTS).read_text().splitlines()]
    points = [one for one in events if one["kind"] == "point"]
    return {
        "train": [
            {"step": one["step"], "loss": one["values"]["loss"], "losses": one["values"]["losses"]}
            for one in points
            if one["curve"] == "train"
        ],
        "evaluate": [
            {
                "step": one["step"],
                **{name: one["values"][name] for name in CURVE if one["values"].get(name) is not None},
            }
            for one in points
            if one["curve"] == "evaluate"
        ],
    }


def keep_strip(folder: Path, to: Path) -> None:
    """Copy the newest strip of validation images."""
    to.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(max((folder / "strip").glob("*.jpg")), to)


if __name__ == "__main__":
    main()
