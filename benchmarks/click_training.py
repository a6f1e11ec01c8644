"""A click model trained on a data set's own masks: clicks to IoU 0.85 and 0.90 beside MobileSAM, GrabCut and the wand.

The training is the product's own loop (`ml_worker/train.py`), the counting its own evaluation
(`ml_worker/click_eval.py`): RITM's protocol on held-out images, the same objects for all, the graphs run by onnxruntime
as the editor runs them.
GrabCut and the wand get a part of these objects (`--classical`); GrabCut is told the object's box first, which is no
click of its count. Data sets and their splits are in `_click_data.py`.

With a GPU the trainings are full ones. Without one they are reduced: smaller squares, and as many steps as fit into
`--minutes`, so that what is measured there is a lower bound. A training on a machine that does other work besides says
little: 232 steps of nuclei (a sixth of the objects seen once) reached a validation IoU of 0.69 after three clicks.

Run: python benchmarks/click_training.py [--sets nuclei camvid_cars coco] [--minutes 12] [--encoder plain]
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks._click_data import SETS, dataset_of  # noqa: E402
from benchmarks._server import RESULTS, surroundings, write_results  # noqa: E402
from benchmarks.clicks import PACKAGE, Mask, Scene, grabcut, wand  # noqa: E402
from benchmarks.clicks import Click as Marked  # noqa: E402
from ml_worker.click_eval import (  # noqa: E402
    FIRST,
    LEVELS,
    MOST,
    OTHER,
    PROJECT,
    Limits,
    Trace,
    counted,
    held_out,
    mean_curve,
    metrics_of,
    packaged_segmenter,
    project_segmenter,
    trace,
)
from ml_worker.click_samples import ignored_mask, visible_mask  # noqa: E402
from ml_worker.click_simulate import Click  # noqa: E402
from ml_worker.folder import Dataset  # noqa: E402

TURNED = ("nuclei",)  # data sets without an up and a down
REDUCED, FULL = 128, 256  # sides of the squares
PROBED = 4  # steps by which the speed is measured before a reduced training is planned
CLASSICAL = {"grabcut": grabcut, "wand": wand}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sets", nargs="+", choices=SETS, default=SETS)
    parser.add_argument("--minutes", type=float, default=12, help="of one training without a GPU")
    parser.add_argument("--steps", type=int, default=6000, help="of one training with a GPU")
    parser.add_argument("--encoder", default="efficientnet_lite0")
    parser.add_argument("--objects", type=int, default=150, help="held-out objects that are clicked at")
    parser.add_argument(
        "--classical", type=int, default=30, help="of them, also given to GrabCut and the wand"
    )
    parser.add_argument("--seconds", type=float, default=900, help="of counting clicks with the two models")
    parser.add_argument(
        "--folder", type=Path, help="where data sets and models are kept; else in a temporary one"
    )
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    data = Path(os.environ.get("CONTORNO_SHARED_DATA") or ROOT.parent / "shared" / "data")
    if not data.is_dir():
        print(f"no data at {data}: set CONTORNO_SHARED_DATA", file=sys.stderr)
        return 1
    kept = RESULTS / "click_training.json"
    results: dict[str, Any] = (
        json.loads(kept.read_text()) if kept.exists() else {"what": "trained click models"}
    )
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        for name in given.sets:
            results[name] = {"measured": surroundings(), **measured(name, data, folder, given)}
            print(json.dumps(results[name], indent=1), flush=True)
            write_results("click_training", results)
    return 0


def measured(name: str, data: Path, folder: Path, given: argparse.Namespace) -> dict[str, Any]:
    """Train on a data set and count clicks on its held-out images."""
    from ml_worker.click_export import click_settings

    dataset = dataset_of(name, data, folder / "sets")
    plan, training = trained(dataset, folder / f"{name}-model", plan_of(name, given), given)
    split = held_out(dataset)
    models = {PROJECT: project_segmenter(folder / f"{name}-model" / "model.onnx", click_settings(plan))}
    other = packaged_segmenter(PACKAGE)
    if other is not None:
        models[OTHER] = other
    items = dataset.of_split(split)
    limits = Limits(objects=given.objects, seconds=given.seconds)
    traces = counted(dataset, items, models, limits=limits, rng=np.random.default_rng(given.seed))
    metrics = metrics_of(traces, dataset, items, split=split, seed=given.seed)
    few = traces[:: max(1, len(traces) // given.classical)][: given.classical] if given.classical else []
    print(f"{name}: {training} {metrics['clicks']}", flush=True)
    return {
        "training": training,
        "held_out": {key: metrics[key] for key in ("split", "images", "units", "objects")},
        "better": metrics["better"],
        "models": {one: summary([each.scores[one] for each in traces]) for one in models},
        "intervals": metrics["clicks"],
        "the objects of the classical methods": {
            **{one: summary([each.scores[one] for each in few]) for one in models if few},
            **{one: summary(classical(dataset, split, few, one)) for one in CLASSICAL if few},
        },
    }


def plan_of(name: str, given: argparse.Namespace) -> dict[str, Any]:
    """A plan without what depends on the machine's speed."""
    from ml_worker.device import find_device

    gpu = find_device().kind == "cuda"
    side = FULL if gpu else REDUCED
    return {
        "architecture": "click",
        "purpose": "click",
        "encoder": given.encoder,
        "input_size": [side, side],
        "batch_size": 32 if gpu else 8,
        "accumulate": 1,
        "steps": given.steps,
        "evaluate_every": max(1, given.steps // 10),
        "warmup": 0,
        "learning_rate": 1e-3,
        "optimizer": "adamw",
        "weight_decay": 1e-4,
        "schedule": "cosine",
        "augmentation": {"flip_horizontal": True, "flip_vertical": name in TURNED, "colour": True},
        "ema": 0.99 if gpu else 0.98,
        "precision": "bfloat16" if gpu else "float32",
        "workers": 8 if gpu else 0,
        "seed": given.seed,
        "gpu": gpu,
    }


def trained(
    dataset: Dataset, folder: Path, plan: dict[str, Any], given: argparse.Namespace
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Train with the product's loop, and write the graph. Gives the plan as it was, and what to say of the training."""
    import torch

    from ml_worker.click_export import export_click
    from ml_worker.model_folder import load_weights
    from ml_worker.nets.build import build
    from ml_worker.nets.encoders import PACKAGED, load_packaged
    from ml_worker.recipe import recipe_for
    from ml_worker.run_folder import Events
    from ml_worker.team import Team
    from ml_worker.train import fit

    torch.manual_seed(given.seed)
    folder.mkdir(parents=True, exist_ok=True)
    device = torch.device("cuda" if plan["gpu"] else "cpu")
    if not plan["gpu"]:
        steps = max(20, int(given.minutes * 60 / seconds_a_step(dataset, plan)))
        plan |= {"steps": steps, "evaluate_every": max(1, steps // 4)}
    plan["warmup"] = min(200, plan["steps"] // 10)
    net = build(plan)
    if plan["encoder"] == PACKAGED:
        load_packaged(net.encoder)  # pyright: ignore[reportArgumentType]
    began = time.monotonic()
    outcome = fit(
        net,
        dataset,
        plan,
        recipe_for(plan),
        folder=folder,
        events=Events(folder),
        team=Team(device),
        resume=False,
    )
    best = build(plan)
    load_weights(best, outcome.weights)
    difference = export_click(best, folder / "model.onnx")
    said = {
        key: plan[key] for key in ("encoder", "input_size", "batch_size", "steps", "learning_rate", "seed")
    }
    validated = {"best_validation_iou_3_clicks": outcome.best, "best_step": outcome.best_step}
    seconds = {"seconds": round(time.monotonic() - began), "onnx_difference": difference}
    return plan, {**said, **validated, **seconds, "objects": len(recipe_samples(dataset, plan))}


def recipe_samples(dataset: Dataset, plan: Mapping[str, Any]) -> Any:
    from ml_worker.recipe import recipe_for

    return recipe_for(plan).samples(dataset, dataset.of_split("train"), plan)


def seconds_a_step(dataset: Dataset, plan: Mapping[str, Any]) -> float:
    """How long a step takes here and now, by a few of them on a net that is thrown away."""
    import torch

    from ml_worker.nets.build import build
    from ml_worker.recipe import recipe_for

    net, samples = build(plan), recipe_samples(dataset, plan)
    seconds = []
    for step in range(PROBED):
        began = time.monotonic()
        batch = [samples.sample(step, k) for k in range(plan["batch_size"])]
        losses = recipe_for(plan).losses(net.train(), batch, plan, torch.device("cpu"))
        torch.stack(list(losses.values())).sum().backward()
        seconds.append(time.monotonic() - began)
    return float(np.mean(seconds[1:]))  # the first one is slower


def classical(dataset: Dataset, split: str, traces: Sequence[Trace], method: str) -> list[list[float]]:
    """Give the same objects to a classical method."""
    items, found = dataset.of_split(split), []
    for one in traces:
        item = items[one.target.item]
        picture, objects = dataset.picture(item), dataset.objects(item)
        shape = picture.shape[0], picture.shape[1]
        truth = visible_mask(dataset, objects, one.target, shape)
        scene = Scene(item.name, picture, truth)

        def answer(clicks: Sequence[Click], scene: Scene = scene) -> Mask:
            return CLASSICAL[method](scene, [Marked(c.x, c.y, c.positive, c.depth) for c in clicks])

        found.append(trace(truth, ignored_mask(objects, shape) & ~truth, answer))
    return found


def summary(scores: Sequence[Sequence[float]]) -> dict[str, Any]:
    """NoC, shares of objects never found, and the mean IoU after the first clicks."""
    needed = {level: [_needed(one, level) for one in scores] for level in LEVELS}
    return {
        "objects": len(scores),
        "noc": {f"{level:.2f}": round(float(np.mean(counts)), 2) for level, counts in needed.items()},
        "not_reached": {
            f"{level:.2f}": round(float(np.mean([max(one) < level for one in scores])), 3) for level in LEVELS
        },
        "mean_iou_after": {
            str(k): round(float(np.mean([one[k - 1] for one in scores])), 3) for k in range(1, FIRST + 1)
        },
        "mean_best_iou_after_20": round(float(mean_curve(scores)[-1]), 3),
    }


def _needed(scores: Sequence[float], level: float) -> int:
    return next((k + 1 for k, score in enumerate(scores) if score >= level), MOST)


if __name__ == "__main__":
    sys.exit(main())
