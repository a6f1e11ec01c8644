"""Batch pre-labelling: images/s of the whole pipeline beside the bare forward pass of the same network.

`ours` is everything that a job does: files are read and decoded, pictures predicted, objects, uncertainty maps and
features made and written as events. `bare` is the network alone, as ours runs it: batches that lie in memory as
normalised tensors, nothing read, pasted or kept. Both have the same network (on a CPU with its batch norms folded),
batch size, memory format and threads, and take turns, so that what else the machine does hits both; the figure is the
median of the rounds' ratios. `plain` is the network as it was trained, for what folding gives.

U-Net: EfficientNet-Lite0, 11 classes, CamVid's pictures (360 x 480), the packaged encoder and as many training steps as
it takes until its label maps have about as many objects as people drew there (37 a picture; after 40 steps they are 115
specks). Mask R-CNN: ResNet-18, random weights, its 100 detections an image (an untrained network always gives all of
them, so this is the most work that objects can make). Without the data the pictures are made up, which the results say.

`processor_ratio` compares the processor time of all threads, which other programs on the machine hardly change; on a
CPU that does nothing else it is what the ratio comes to.

Run: python benchmarks/inference.py [--images 12] [--rounds 5] [--steps 120] [--device cpu]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks._server import surroundings, write_results  # noqa: E402
from ml_worker.device import find_device  # noqa: E402
from ml_worker.infer import item_values, pace_for, predict_pictures, predictor_of  # noqa: E402
from ml_worker.memory import keep_freed_memory  # noqa: E402
from ml_worker.model_folder import WEIGHTS, load_net, read_model, save_weights, write_model  # noqa: E402
from ml_worker.nets.build import build  # noqa: E402
from ml_worker.nets.encoders import load_packaged  # noqa: E402
from ml_worker.nets.fold import folded  # noqa: E402
from ml_worker.networks import autocast, padded  # noqa: E402
from ml_worker.pictures import Item, decode  # noqa: E402
from ml_worker.run_folder import Events  # noqa: E402

CAMVID_CLASSES = 11
SIZE = 360, 480
CUT = 160, 224  # of a picture that the U-Net learns from: whole ones would take most of the time
GOAL = 0.9


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=120, help="of training the U-Net before")
    parser.add_argument("--device", default=find_device().kind)
    parser.add_argument("--models", nargs="+", default=["unet", "mask_rcnn"])
    given = parser.parse_args()
    keep_freed_memory()  # as the product's own process does; for all that is timed here
    data = Path(os.environ.get("CONTORNO_SHARED_DATA") or ROOT.parent / "shared" / "data") / "camvid"
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as place:
        items = pictures(data, Path(place), given.images)
        for name in given.models:
            folder = Path(place) / name
            (unet if name == "unet" else mask_rcnn)(folder, data, given.steps, given.device)
            results[name] = compare(folder, items, given.rounds, given.device)
    whole = {
        "what": "images/s of batch pre-labelling beside the bare forward pass",
        "device": find_device().as_dict() if given.device != "cpu" else {"kind": "cpu"},
        "threads": torch.get_num_threads(),
        "pictures": "CamVid" if data.is_dir() else "made up",
        "size": SIZE,
        "goal": GOAL,
        "results": results,
    }
    path = write_results("inference", whole)
    print(json.dumps({**surroundings(), **whole}, indent=1), f"\n{path}")
    return 0


def pictures(data: Path, place: Path, count: int) -> list[Item]:
    """JPEG files of one size."""
    found = sorted((data / "test").glob("*.jpg"))[:count]
    if len(found) < count:
        found = [place / f"{at}.jpg" for at in range(count)]
        for at, path in enumerate(found):
            coarse = np.random.default_rng(at).integers(0, 256, (12, 16, 3), np.uint8)
            cv2.imwrite(str(path), cv2.resize(coarse, SIZE[::-1], interpolation=cv2.INTER_CUBIC))
    sizes = [decode(path).shape for path in found]
    return [Item(path.name, path, None, size[1], size[0]) for path, size in zip(found, sizes, strict=True)]


def classes(count: int) -> list[dict[str, Any]]:
    return [
        {"index": at, "name": str(at), "colour": "#808080", "is_thing": True} for at in range(1, count + 1)
    ]


def unet(folder: Path, data: Path, steps: int, device: str) -> None:
    """A U-Net that has learned a little."""
    plan = {
        "architecture": "unet", "purpose": "semantic", "encoder": "efficientnet_lite0", "background": "class",
        "classes": classes(CAMVID_CLASSES), "instances": "", "precision": precision(device),
    }  # fmt: skip
    torch.manual_seed(0)
    net = build(plan)
    load_packaged(net.encoder)  # type: ignore[arg-type]
    files = sorted((data / "train").glob("*.jpg"))
    if files:
        _learn(net.to(device), files, data / "trainannot", steps, device)
    _write(folder, net, plan)


def _learn(net: torch.nn.Module, files: Sequence[Path], truths: Path, steps: int, device: str) -> None:
    rng = np.random.default_rng(0)
    optimizer = torch.optim.AdamW(net.parameters(), 1e-3)
    net.train()
    for _ in range(steps):
        chosen = [files[at] for at in rng.integers(0, len(files), 2)]
        y, x = int(rng.integers(SIZE[0] - CUT[0])), int(rng.integers(SIZE[1] - CUT[1]))
        place = slice(y, y + CUT[0]), slice(x, x + CUT[1])
        pixels = np.stack([decode(path)[place] for path in chosen])
        labels = [np.asarray(Image.open(truths / f"{path.stem}.png"))[place] for path in chosen]
        target = np.stack(labels).astype(np.int64)
        target = torch.from_numpy(np.where(target < CAMVID_CLASSES, target + 1, 255)).to(device)
        batch = torch.from_numpy(pixels).to(device).permute(0, 3, 1, 2).float() / 255
        loss = torch.nn.functional.cross_entropy(net(batch), target, ignore_index=255)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def mask_rcnn(folder: Path, _data: Path, _steps: int, device: str) -> None:
    """A Mask R-CNN that has learned nothing."""
    plan = {
        "architecture": "mask_rcnn", "purpose": "instance", "encoder": "resnet18", "variant": "v1",
        "classes": classes(3), "anchors": None, "detections": 100, "precision": precision(device),
    }  # fmt: skip
    torch.manual_seed(0)
    _write(folder, build(plan), plan)


def precision(device: str) -> str:
    return "bfloat16" if device == "cuda" else "float32"


def _write(folder: Path, net: torch.nn.Module, plan: dict[str, Any]) -> None:
    write_model(
        folder, architecture=plan["architecture"], purpose=plan["purpose"], plan=plan, class_map=plan["classes"],
        settings={"confidence": 0.05, "smallest": 30},
    )  # fmt: skip
    save_weights(net.cpu(), folder / WEIGHTS)


def compare(folder: Path, items: Sequence[Item], rounds: int, device: str) -> dict[str, Any]:
    """All, in turns."""
    bare, ours = bare_forward(folder, items, device), pipeline(folder, items, device)
    plain = bare_forward(folder, items, device, as_trained=True)
    bare()
    objects = ours()
    runs: dict[str, Callable[[], object]] = {"bare": bare, "ours": ours, "plain": plain}
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    processor = dict.fromkeys(runs, 0.0)
    for _ in range(rounds):
        for name, run in runs.items():
            began, used = time.perf_counter(), time.process_time()
            run()
            seconds[name].append(time.perf_counter() - began)
            processor[name] += time.process_time() - used
            print(name, round(len(items) / seconds[name][-1], 2), "images/s", file=sys.stderr)
    ratios = [one / other for one, other in zip(seconds["bare"], seconds["ours"], strict=True)]
    rate = {name: round(len(items) / statistics.median(values), 2) for name, values in seconds.items()}
    return {
        "images": len(items),
        "objects_per_image": round(objects / len(items), 1),
        "batch": pace_for(device).batch,
        "images_per_second": rate,
        "ratio": round(statistics.median(ratios), 3),
        "processor_ratio": round(processor["bare"] / processor["ours"], 3),
        "processor_ms": {
            name: round(used * 1000 / rounds / len(items), 1) for name, used in processor.items()
        },
        "ratios": [round(one, 3) for one in ratios],
        "reached": statistics.median(ratios) >= GOAL,
    }


def bare_forward(
    folder: Path, items: Sequence[Item], device: str, *, as_trained: bool = False
) -> Callable[[], object]:
    """The network alone, on tensors that are there already.

    Args:
        as_trained: with its batch norms, and torchvision's own memory format and pasting.
    """
    model = read_model(folder)
    net: Any = load_net(model).to(device)
    size = pace_for(device).batch
    tensors = [torch.from_numpy(decode(one.file or Path())).permute(2, 0, 1).float() / 255 for one in items]
    batches = [[one.to(device) for one in tensors[at : at + size]] for at in range(0, len(tensors), size)]
    semantic = model.architecture != "mask_rcnn"
    run_net = net
    if semantic:
        net = net.eval() if as_trained or device != "cpu" else folded(net)
        run_net = net.to(memory_format=torch.channels_last)
    elif not as_trained:
        run_net = net.to(memory_format=torch.channels_last).detect
    given: list[Any] = [
        padded(torch.stack(batch)).contiguous(memory_format=torch.channels_last) if semantic else batch
        for batch in batches
    ]

    def run() -> None:
        with torch.inference_mode(), autocast(model.plan["precision"], device):
            for batch in given:
                run_net(batch)
        if device == "cuda":
            torch.cuda.synchronize()

    return run


def pipeline(folder: Path, items: Sequence[Item], device: str) -> Callable[[], int]:
    """What a job does, but for the database."""
    model = read_model(folder)
    predictor = predictor_of(model, device=device)
    target = folder / "run"
    (target / "overlays").mkdir(parents=True)

    def run() -> int:
        events, objects = Events(target), 0
        for values in predict_pictures(
            predictor,
            items,
            pace=pace_for(device),
            write=lambda one: item_values(one, model_id=model.model_id, folder=target),
        ):
            events.item(values)
            objects += len(values["objects"])
        return objects

    return run


if __name__ == "__main__":
    sys.exit(main())
