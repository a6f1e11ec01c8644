"""Training speed: images a second of our loop beside a plain one as in torchvision's references.

Both train the same network, from the same files, with the same input size, batch, optimiser and number of loader
workers, on the same machine, by turns. The plain loop is what one would write after torchvision's references: a Dataset
that opens picture and mask with Pillow, transforms v2 (random resize, flip, crop), cross-entropy (for Mask R-CNN the
sum of its losses), a step, the loss printed now and then. Ours also has Dice, the averaged weights, clipped gradients,
checkpoints and curves. A figure is the median over the rounds; the claim is a ratio of 1.0 or more. `processor_ratio`
compares the processor time of an image, loaders included, which other programs on the machine hardly change.

On a CPU a step takes seconds: `--size` and `--batch` make it smaller, in place of what the planner would choose.

`--cost` measures instead what `ml_worker/plan_cost.py` holds: nanoseconds of one core for each pixel of a batch,
forward, loss and backward, the best of `--rounds` steps; `--only unet/resnet18 …` measures some of them.

Run: python benchmarks/training.py [--rounds 3] [--steps 30] [--networks unet fcn mask_rcnn] [--size 160] [--batch 2]
     OMP_NUM_THREADS=1 python benchmarks/training.py --cost
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import torch
from torch.nn import functional
from torchvision import tv_tensors
from torchvision.transforms import v2

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from annotator.core import rle  # noqa: E402
from benchmarks._server import write_results  # noqa: E402
from ml_worker.data import output_table  # noqa: E402
from ml_worker.device import find_device  # noqa: E402
from ml_worker.fingerprint import folder_fingerprint  # noqa: E402
from ml_worker.folder import DataClass, DataObject, Dataset, FolderWriter, Item  # noqa: E402
from ml_worker.memory import keep_freed_memory  # noqa: E402
from ml_worker.nets.build import build  # noqa: E402
from ml_worker.plan import make_plan  # noqa: E402
from ml_worker.recipe import recipe_for  # noqa: E402
from ml_worker.run_folder import Events  # noqa: E402
from ml_worker.team import Team  # noqa: E402
from ml_worker.train import fit  # noqa: E402

NETWORKS = ("unet", "fcn", "mask_rcnn")
COSTS = (
    ("unet", "efficientnet_lite0"),
    ("unet", "mobilenet_v2"),
    ("unet", "resnet18"),
    ("unet", "resnet34"),
    ("unet", "resnet50"),
    ("fcn", "resnet18"),
    ("fcn", "resnet50"),
    ("fcn", "resnet101"),
    ("mask_rcnn", "resnet18"),
    ("mask_rcnn", "resnet50"),
    ("mask_rcnn", "resnet50", "v2"),
    ("click", "efficientnet_lite0"),
)
# Of a picture in `--cost`; Mask R-CNN's is the planner's, since its heads cost the same for any size.
COST_SIDE = 256
PICTURES, SIDE = 48, 480
GOAL = 1.0
WARM = 3  # first steps that are not counted: caches, allocators, workers that start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=30, help="that are counted; at most 150")
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    parser.add_argument("--size", type=int, default=0, help="of the input; 0: as the planner chooses")
    parser.add_argument("--batch", type=int, default=0, help="0: as the planner chooses")
    parser.add_argument("--cost", action="store_true")
    parser.add_argument("--only", nargs="+", default=[], help="of --cost: names such as unet/resnet18")
    given = parser.parse_args()
    keep_freed_memory()  # as the product's own process does; for both loops
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    with tempfile.TemporaryDirectory(prefix="training-") as folder:
        dataset = photographs(Path(folder) / "data")
        if given.cost:
            for architecture, encoder, *variant in COSTS:
                name = "/".join((architecture, encoder, *variant))
                if not given.only or name in given.only:
                    cost = cost_of(dataset, architecture, encoder, "".join(variant), given.rounds)
                    print(f"{name}: {cost:,.0f} ns of a core for a pixel", flush=True)
            return
        found = [compared(dataset, name, Path(folder), given, device) for name in given.networks]
    path = write_results("training", {"device": find_device().as_dict(), "networks": found})
    print(f"written to {path.name}")


def photographs(folder: Path) -> Dataset:
    """Pictures of 480 x 360 with twelve ellipses of three classes each, as JPEG: the work of decoding is real."""
    rng = np.random.default_rng(0)
    writer = FolderWriter(folder)
    for number in range(PICTURES):
        noise = rng.integers(0, 256, (45, 60, 3), dtype=np.uint8)
        picture = np.asarray(cv2.resize(noise, (SIDE, SIDE * 3 // 4), interpolation=cv2.INTER_CUBIC))
        objects = []
        for k in range(12):
            mask = np.zeros(picture.shape[:2], np.uint8)
            centre = int(rng.integers(20, 460)), int(rng.integers(20, 340))
            axes = int(rng.integers(8, 50)), int(rng.integers(8, 50))
            cv2.ellipse(mask, centre, axes, float(rng.integers(180)), 0, 360, 1, -1)
            picture[mask > 0] = (80 * (k % 3) + 40, 40, 200 - 60 * (k % 3))
            objects.append(
                DataObject(f"{number}-{k}", k % 3 + 1, rle.crop(rle.encode(mask > 0), *picture.shape[:2]))
            )
        content = cv2.imencode(".jpg", picture[:, :, ::-1])[1].tobytes()
        split = "val" if number < 2 else "train"
        writer.add(
            name=f"{number}.jpg",
            content=content,
            extension=".jpg",
            size=(SIDE, SIDE * 3 // 4),
            objects=objects,
            split=split,
            asset=str(number),
        )
    classes = [DataClass(index, f"class {index}") for index in (1, 2, 3)]
    return writer.close(
        name="ellipses", task_type="panoptic", exclusive=False, content_hash="x", classes=classes
    )


def compared(
    dataset: Dataset, architecture: str, folder: Path, given: argparse.Namespace, device: torch.device
) -> dict[str, Any]:
    """Time both loops by turns."""
    chosen: dict[str, Any] = {"input_size": [given.size] * 2} if given.size else {}
    chosen |= {"batch_size": given.batch} if given.batch else {}
    plan, _ = make_plan(
        folder_fingerprint(dataset),
        architecture=architecture,
        device=find_device().as_dict(),
        overrides={
            "steps": given.steps + WARM, "evaluate_every": given.steps + WARM, "weights": "scratch", **chosen,
        },
    )  # fmt: skip
    loops: dict[str, Callable[..., Pace]] = {"ours": ours, "plain": plain}
    speeds: dict[str, list[float]] = {name: [] for name in loops}
    processor: dict[str, list[float]] = {name: [] for name in loops}
    for turn in range(given.rounds):
        for name in list(loops) if turn % 2 == 0 else list(loops)[::-1]:
            pace = loops[name](dataset, plan, folder / f"{architecture}-{name}-{turn}", device)
            speeds[name].append(round(pace.images_per_second, 3))
            processor[name].append(round(pace.processor_ms, 1))
            print(f"  {name}: {pace}", file=sys.stderr, flush=True)
    medians = {name: round(statistics.median(found), 3) for name, found in speeds.items()}
    ratio = round(medians["ours"] / medians["plain"], 3)
    print(f"{architecture} ({plan['encoder']}): {medians['ours']} and {medians['plain']} images/s: {ratio}x")
    shown = {
        key: plan[key] for key in ("encoder", "input_size", "batch_size", "precision", "workers", "optimizer")
    }
    return {
        "architecture": architecture,
        **shown,
        "images_per_second": medians,
        "ratio": ratio,
        "reached": ratio >= GOAL,
        "processor_ratio": round(min(processor["plain"]) / min(processor["ours"]), 3),
        "processor_ms_per_image": processor,
        "rounds": speeds,
    }


class Clock(NamedTuple):
    """A moment: seconds, and seconds that this process and its loaders have computed."""

    at: float
    processor: float


class Pace(NamedTuple):
    """How fast a loop went."""

    images_per_second: float
    processor_ms: float


def now(device: torch.device) -> Clock:
    """This moment, with all that the device was given done."""
    if device.type == "cuda":
        torch.cuda.synchronize()
    loaders = 0
    for entry in Path("/proc").iterdir() if Path("/proc/self/stat").exists() else ():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                loaders += (int(fields[11]) + int(fields[12])) * (int(fields[1]) == os.getpid())
    return Clock(time.perf_counter(), time.process_time() + loaders / os.sysconf("SC_CLK_TCK"))


def pace_between(first: Clock, last: Clock, images: int) -> Pace:
    return Pace(images / (last.at - first.at), (last.processor - first.processor) * 1000 / images)


class Timed(Events):
    """Events that also note the moments of the curve's points at the end of the warm-up and at the end."""

    def __init__(self, folder: Path, device: torch.device, last: int) -> None:
        super().__init__(folder)
        self.device, self.last, self.moments = device, last, dict[int, Clock]()

    def point(self, curve: str, step: int, values: Mapping[str, Any]) -> None:
        super().point(curve, step, values)
        if curve == "train" and step in (WARM, self.last):
            self.moments[step] = now(self.device)


def ours(dataset: Dataset, plan: Mapping[str, Any], folder: Path, device: torch.device) -> Pace:
    """The pace of `fit`, between the first point after the warm-up and the last one of the curve."""
    folder.mkdir()
    torch.manual_seed(0)
    events = Timed(folder, device, plan["steps"])
    fit(
        build(plan),
        dataset,
        plan,
        recipe_for(plan),
        folder=folder,
        events=events,
        team=Team(device),
        resume=False,
    )
    images = (plan["steps"] - WARM) * plan["batch_size"]
    return pace_between(events.moments[WARM], events.moments[plan["steps"]], images)


class PlainDataset(torch.utils.data.Dataset[Any]):
    """Picture and target, opened with Pillow at every access, as in torchvision's references."""

    def __init__(self, dataset: Dataset, plan: Mapping[str, Any]) -> None:
        self._dataset, self._items, self._plan = dataset, dataset.of_split("train"), plan
        self._table = output_table(plan) if plan["architecture"] != "mask_rcnn" else None
        height, width = plan["input_size"]
        # As large as ours sees it: objects of other sizes would be other work for Mask R-CNN.
        sides = [round(self._items[0].height * plan["scale"] * zoom) for zoom in plan["augmentation"]["zoom"]]
        self._transforms = v2.Compose(
            [
                v2.RandomHorizontalFlip(),
                v2.RandomResize(*sides),
                v2.RandomCrop(
                    (height, width), pad_if_needed=True, fill={tv_tensors.Image: 0, tv_tensors.Mask: 255}
                ),
                v2.ToDtype({tv_tensors.Image: torch.float32, "others": None}, scale=True),
                v2.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
            ]
        )
        self._masks = {
            item.name: self._mask(item) for item in self._items
        }  # a reference reads PNG; this is cheaper

    def _mask(self, item: Item) -> torch.Tensor:
        if self._table is not None:
            return torch.from_numpy(self._table[self._dataset.label_map(item)])
        found = torch.zeros((len(self._dataset.objects(item)), item.height, item.width), dtype=torch.uint8)
        for k, one in enumerate(self._dataset.objects(item)):
            x0, y0, x1, y1 = one.box_xyxy
            found[k, y0:y1, x0:x1] = torch.from_numpy(one.bitmap())
        return found

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, index: int) -> Any:
        from PIL import Image

        item = self._items[index]
        with Image.open(self._dataset.folder / item.file) as opened:
            picture = tv_tensors.Image(opened.convert("RGB"))
        return self._transforms(picture, tv_tensors.Mask(self._masks[item.name]))


def plain(dataset: Dataset, plan: Mapping[str, Any], folder: Path, device: torch.device) -> Pace:
    """The pace of a loop as in torchvision's references."""
    del folder
    torch.manual_seed(0)
    net = build(plan).to(device).train()
    optimizer = torch.optim.AdamW(
        net.parameters(), lr=plan["learning_rate"], weight_decay=plan["weight_decay"]
    )
    schedule = torch.optim.lr_scheduler.PolynomialLR(optimizer, plan["steps"], power=0.9)
    loader = torch.utils.data.DataLoader(
        PlainDataset(dataset, plan),
        batch_size=plan["batch_size"],
        shuffle=True,
        num_workers=plan["workers"],
        drop_last=True,
        collate_fn=lambda samples: samples,
        pin_memory=device.type == "cuda",
    )
    step, began = 0, now(device)
    while step < plan["steps"]:
        for samples in loader:
            kind = {"bfloat16": torch.bfloat16, "float16": torch.float16}.get(plan["precision"])
            with torch.autocast(device.type, dtype=kind or torch.bfloat16, enabled=kind is not None):
                loss = loss_of(net, samples, plan, device)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            step += 1
            if step % 10 == 0:
                print(f"  step {step}: loss {loss.item():.3f}", file=sys.stderr)
            if step == WARM:
                began = now(device)
            if step == plan["steps"]:
                break
    return pace_between(began, now(device), (plan["steps"] - WARM) * plan["batch_size"])


def loss_of(net: Any, samples: Any, plan: Mapping[str, Any], device: torch.device) -> torch.Tensor:
    """Cross-entropy of a semantic network, the sum of the losses of Mask R-CNN."""
    images = [picture.as_subclass(torch.Tensor).to(device) for picture, _ in samples]
    masks = [mask.as_subclass(torch.Tensor).to(device) for _, mask in samples]
    if plan["architecture"] != "mask_rcnn":
        return functional.cross_entropy(net(torch.stack(images)), torch.stack(masks).long(), ignore_index=255)
    targets = []
    for stack in masks:
        kept = [mask == 1 for mask in stack if int((mask == 1).sum()) > 4]
        layers = (
            torch.stack(kept) if kept else torch.zeros((0, *stack.shape[1:]), dtype=torch.bool, device=device)
        )
        boxes = (
            torch.stack([_box(one) for one in layers]) if len(layers) else torch.zeros((0, 4), device=device)
        )
        labels = torch.ones(len(layers), dtype=torch.int64, device=device)
        # Our network also asks what to ignore: nothing.
        ignore = torch.zeros(0, dtype=torch.uint8, device=device)
        targets.append({"boxes": boxes, "labels": labels, "masks": layers.to(torch.uint8), "ignore": ignore})
    return sum(net(images, targets).values(), torch.zeros((), device=device))


def _box(mask: torch.Tensor) -> torch.Tensor:
    rows, columns = torch.nonzero(mask.any(1)), torch.nonzero(mask.any(0))
    sides = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    return torch.stack(sides).to(torch.float32)


def cost_of(dataset: Dataset, architecture: str, encoder: str, variant: str, rounds: int) -> float:
    """Nanoseconds of one core for each pixel of a batch: a step's processor time, the best of the rounds."""
    chosen: dict[str, Any] = {"batch_size": 2}
    if architecture != "mask_rcnn":
        chosen["input_size"] = [COST_SIDE, COST_SIDE]
    if variant:
        chosen["variant"] = variant
    plan, _ = make_plan(
        folder_fingerprint(dataset),
        architecture=architecture,
        device={"kind": "cpu", "cores": 2},
        overrides={"encoder": encoder, "weights": "scratch", "workers": 0, **chosen},
    )
    recipe, device = recipe_for(plan), torch.device("cpu")
    samples = recipe.samples(dataset, dataset.of_split("train"), plan)
    net: Any = build(plan).train()
    net = net.to(memory_format=torch.channels_last)  # as the loop has it
    batch = [samples.sample(0, index) for index in range(plan["batch_size"])]
    seconds = []
    for _ in range(rounds + 1):
        began = time.process_time()
        torch.stack(list(recipe.losses(net, batch, plan, device).values())).sum().backward()
        seconds.append(time.process_time() - began)
    height, width = plan["input_size"]
    return min(seconds[1:]) / (height * width * plan["batch_size"]) * 1e9


if __name__ == "__main__":
    main()
