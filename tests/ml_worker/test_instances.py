"""Samples and learning of instance networks: what becomes of objects, and that the one loop trains them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch")

from ml_worker.data import with_validation  # noqa: E402
from ml_worker.folder import DataClass, DataObject, Dataset  # noqa: E402
from ml_worker.instance_data import (  # noqa: E402
    InstanceSamples,
    boxes_of,
    decode_objects,
    layers_of,
    target_of,
    targets_of,
)
from ml_worker.instance_learning import RECIPE, evaluate, network_predict, paint, strip  # noqa: E402
from ml_worker.nets.build import build  # noqa: E402
from ml_worker.recipe import recipe_for  # noqa: E402
from ml_worker.run_folder import Events, Follower  # noqa: E402
from ml_worker.team import Team  # noqa: E402
from ml_worker.train import fit  # noqa: E402
from tests.ml_worker.scenes import box_object, box_seen, plan_of, write_scene  # noqa: E402

STILL = {
    "flip_horizontal": False,
    "flip_vertical": False,
    "rotate": 0,
    "zoom": [1.0, 1.0],
    "colour": 0,
    "blur": 0,
}
CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)


def _plan(**values: Any) -> dict[str, Any]:
    return {
        **plan_of(),
        "architecture": "mask_rcnn", "encoder": "resnet18", "variant": "v1", "weights": "scratch", "norm": "group",
        "instances": "", "input_size": [64, 64], "scale": 1.0, "batch_size": 2, "accumulate": 1, "steps": 4,
        "evaluate_every": 2, "warmup": 1, "learning_rate": 1e-3, "optimizer": "adamw", "weight_decay": 1e-4,
        "schedule": "poly", "losses": [], "class_weights": None, "oversample": 0.0, "augmentation": STILL,
        "anchors": {"sizes": [[8], [12], [16], [24], [32]], "ratios": [0.5, 1.0, 2.0]}, "detections": 20,
        "tiling": None, "ema": 0.5, "precision": "float32", "workers": 0, "seed": 3,
        **values,
    }  # fmt: skip


def _squares(folder: Path, count: int, split: str = "train") -> Dataset:
    """Pictures with one or two bright boxes each, 64 x 64."""
    rng = np.random.default_rng(0)
    images, pictures = [], {}
    for at in range(count):
        picture = rng.integers(0, 60, (64, 64, 3), dtype=np.uint8)
        objects = []
        for name in range(int(rng.integers(1, 3))):
            x, y = int(rng.integers(2, 40)), int(rng.integers(2, 40))
            box = (x, y, x + int(rng.integers(12, 22)), y + int(rng.integers(12, 22)))
            picture[box[1] : box[3], box[0] : box[2]] = 220
            objects.append(box_object(f"o{name}", 3, box))
        images.append(objects)
        pictures[at] = picture
    return write_scene(folder, images, size=(64, 64), split=split, pictures=pictures)


def test_objects_that_overlap_go_into_layers_and_come_back_whole(tmp_path: Path) -> None:
    boxes = [(0, 0, 20, 20), (10, 10, 30, 30), (15, 15, 40, 40), (50, 50, 60, 60)]
    objects = [box_object(f"{at}", 3 if at % 2 else 7, box) for at, box in enumerate(boxes)]
    layers, labels = layers_of(objects, outputs={3: 1, 7: 2}, height=64, width=64)
    assert len(layers) == 3
    assert labels[0, 1:3].tolist() == [2, 1]  # the first and the last, which is free of all others
    found = {
        (int((one == k).sum()), int(label[k]))
        for one, label in zip(layers, labels, strict=True)
        for k in (1, 2)
        if label[k]
    }
    assert found == {(400, 2), (400, 1), (625, 2), (100, 1)}
    data = write_scene(tmp_path, [objects], size=(64, 64), split="train")
    sample = InstanceSamples(data, data.items, _plan()).sample(0, 0)
    target = target_of(sample, CPU)
    order = sorted(range(4), key=lambda at: target["boxes"][at].tolist())
    assert [target["boxes"][at].tolist() for at in order] == [list(map(float, box)) for box in sorted(boxes)]
    assert [int(target["masks"][at].sum()) for at in order] == [400, 400, 625, 100]
    assert target["masks"].dtype == torch.uint8 and target["labels"].dtype == torch.int64


def test_three_hundred_objects_need_two_layers() -> None:
    objects = [
        box_object(f"{at}", 3, (at % 20 * 6, at // 20 * 6, at % 20 * 6 + 5, at // 20 * 6 + 5))
        for at in range(300)
    ]
    layers, labels = layers_of(objects, outputs={3: 1}, height=96, width=128)
    assert len(layers) == 2
    assert [int(one.max()) for one in layers] == [254, 46]
    assert int((labels > 0).sum()) == 300


def test_boxes_are_tight_after_the_geometry_and_masks_turn_with_the_picture(tmp_path: Path) -> None:
    picture = np.zeros((64, 64, 3), np.uint8)
    canvas = np.zeros((64, 64), np.uint8)
    cv2.ellipse(canvas, (32, 32), (24, 6), 0, 0, 360, 1, -1)
    picture[canvas > 0] = 255
    rows, columns = np.nonzero(canvas)
    from annotator.core.raster import mask_from_bitmap

    crop = canvas[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1] > 0
    objects = [DataObject("a", 3, mask_from_bitmap(crop, int(columns.min()), int(rows.min())))]
    data = write_scene(tmp_path, [objects], size=(64, 64), split="train", pictures={0: picture})
    turned = {**STILL, "rotate": 80, "zoom": [0.7, 1.0], "flip_horizontal": True}
    samples = InstanceSamples(data, data.items, _plan(augmentation=turned))
    heights = set()
    for epoch in range(12):
        sample = samples.sample(epoch, 0)
        target = target_of(sample, CPU)
        mask = target["masks"][0].numpy() > 0
        x0, y0, x1, y1 = (int(one) for one in target["boxes"][0])
        inside = np.nonzero(mask)
        assert (x0, y0, x1, y1) == (
            inside[1].min(),
            inside[0].min(),
            inside[1].max() + 1,
            inside[0].max() + 1,
        )
        bright = sample["image"][0].numpy() > 140
        assert (bright & mask).sum() / (bright | mask).sum() > 0.8
        heights.add(y1 - y0)
        assert torch.equal(samples.sample(epoch, 0)["image"], sample["image"])
    assert max(heights) > 2 * min(heights)


def test_void_crowds_and_what_a_crop_leaves_of_an_object_are_ignored_and_no_targets(tmp_path: Path) -> None:
    objects = [
        box_object("whole", 3, (10, 10, 20, 20)),
        box_object("void", 255, (30, 0, 34, 64)),
        box_object("crowd", 7, (40, 40, 64, 64), crowd=True),
        box_object("other", 9, (0, 40, 10, 50)),
    ]
    data = write_scene(
        tmp_path, [objects], size=(64, 64), split="train", classes=[*map(DataClass, (3, 7, 9), "abc")]
    )
    sample = InstanceSamples(data, data.items, _plan()).sample(0, 0)
    assert sample["labels"].tolist() == [1]
    expected = np.zeros((64, 64), np.uint8)
    expected[:, 30:34] = expected[40:64, 40:64] = 1
    assert np.array_equal(sample["ignore"].numpy(), expected)  # a class that is not learned is background
    masks = np.zeros((2, 8, 8), np.uint8)
    masks[1, :, :1], masks[1, 2:6, 3:7], masks[1, 0, 7] = 1, 2, 3
    masks[0, 7, :] = masks[1, 7, :] = 255
    areas = np.zeros((1, 255))
    areas[0, 1:4] = 100, 16, 4
    labels = np.zeros((1, 255), np.int64)
    labels[0, 1:4] = 1, 2, 1
    found = targets_of(masks, labels, areas)
    assert (found["labels"].tolist(), found["boxes"].tolist()) == ([2], [[3, 2, 7, 6]])
    assert (
        found["ignore"].numpy()[:7, 0].all()
        and found["ignore"][0, 7] == 1
        and found["ignore"].numpy()[7].all()
    )
    assert not found["ignore"].numpy()[2:6, 3:7].any()


def test_picture_without_objects_is_a_sample_of_background(tmp_path: Path) -> None:
    data = write_scene(tmp_path, [[]], size=(40, 40), split="train")
    sample = InstanceSamples(data, data.items, _plan(), memory_bytes=0).sample(0, 0)
    target = target_of(sample, CPU)
    assert target["boxes"].shape == (0, 4) and target["masks"].shape == (0, 64, 64)
    assert int(sample["ignore"].sum()) == 64 * 64 - 40 * 40  # beyond the picture nothing is learned
    net = build(_plan()).train()
    losses = RECIPE.losses(net, [sample], _plan(), CPU)
    assert set(losses) == {"objectness", "rpn_box_reg", "classifier", "box_reg", "mask"}
    assert all(torch.isfinite(one) for one in losses.values())


def test_scaled_pictures_have_scaled_objects(tmp_path: Path) -> None:
    data = write_scene(tmp_path, [[box_object("a", 3, (8, 16, 40, 48))]], size=(128, 128), split="train")
    found = decode_objects(data, data.items[0], _plan(scale=0.5))
    assert found.decoded.picture.shape == (64, 64, 3)
    assert boxes_of(found.decoded.masks[1], np.array([1])) == [(4, 8, 20, 24)]
    assert found.areas[0, 1] == 256


class _Knowing:
    """A network that gives the objects it is told, in pixels of the scaled picture."""

    def __init__(self, boxes: list[list[float]], labels: list[int]) -> None:
        self._found = {
            "boxes": torch.tensor(boxes).reshape(-1, 4),
            "labels": torch.tensor(labels, dtype=torch.int64),
            "scores": torch.full((len(boxes),), 0.9),
            "masks": torch.ones((len(boxes), 1, 28, 28)),
        }

    def detect(self, images: list) -> list:
        assert images[0].dtype == torch.float32 and float(images[0].max()) <= 1
        return [self._found]


def test_evaluate_point_and_strip_come_from_what_the_network_gives_at_the_plans_scale(tmp_path: Path) -> None:
    data = write_scene(tmp_path, [[box_object("a", 7, (16, 16, 64, 48))]], size=(128, 96), split="val")
    net: Any = _Knowing([[8.0, 8.0, 32.0, 24.0]], [2])
    plan = _plan(scale=0.5)
    point = evaluate(net, data, data.items, plan, CPU)
    assert point["score_name"] == "ap" and point["score"] == point["ap"] > 0.8
    assert point["ap50"] == 1.0 and point["f1_50"] == 1.0
    assert [one["index"] for one in point["classes"]] == [3, 7]
    assert point["classes"][0]["ap"] is None
    json.dumps(point, allow_nan=False)
    painted = strip(net, data, data.items, plan, CPU)
    assert painted.shape == (100, 256, 3)
    assert (
        np.abs(painted[20:44, 20:60].astype(int) - painted[20:44, 148:188]).mean() < 8
    )  # truth | prediction
    nothing = write_scene(tmp_path / "none", [[]], split="val")
    assert evaluate(net, nothing, nothing.items, _plan(), CPU)["score"] is None


def test_neighbours_are_painted_in_different_colours() -> None:
    picture = np.full((20, 40, 3), 100, np.uint8)
    painted = paint(picture, [box_seen(3, (2, 2, 12, 18), 0.9), box_seen(3, (12, 2, 22, 18), 0.9)])
    assert np.abs(painted[10, 7].astype(int) - painted[10, 17]).max() > 60
    assert (painted[:, 30] == 100).all()


@pytest.mark.slow
def test_the_one_loop_trains_it_and_resumes(tmp_path: Path) -> None:
    data = with_validation(_squares(tmp_path / "data", 4), 0)
    plan = _plan()
    assert recipe_for(plan) is RECIPE
    run = tmp_path / "run"
    run.mkdir()
    fit(build(plan), data, plan, RECIPE, folder=run, events=Events(run), team=Team(CPU), resume=False)
    events = list(Follower(run).new())
    points = [one for one in events if one["kind"] == "point"]
    train = [one["values"] for one in points if one["curve"] == "train"]
    assert set(train[-1]["losses"]) == {"objectness", "rpn_box_reg", "classifier", "box_reg", "mask"}
    assert [one["values"]["score_name"] for one in points if one["curve"] == "evaluate"] == ["ap", "ap"]
    assert (run / "strip" / "000004.jpg").is_file() and (run / "best.safetensors").is_file()
    again = fit(build(plan), data, plan, RECIPE, folder=run, events=Events(run), team=Team(CPU), resume=True)
    assert again.step == 4  # nothing is left to do


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_it_learns_to_find_squares(tmp_path: Path) -> None:
    data = _squares(tmp_path, 6)
    plan = _plan(steps=60)
    samples = InstanceSamples(data, data.items, plan)
    net: Any = build(plan).train()
    optimiser = torch.optim.AdamW(net.parameters(), 1e-3)
    for step in range(60):
        batch = [samples.sample(step, (2 * step + at) % 6) for at in range(2)]
        loss = torch.stack(list(RECIPE.losses(net, batch, plan, CPU).values())).sum()
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimiser.step()
    point = evaluate(net.eval(), data, data.items, plan, CPU)
    assert point["ap50"] > 0.6
    assert network_predict(net, plan, CPU)(data.picture(data.items[0])).objects
