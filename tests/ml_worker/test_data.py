"""Training samples: where they are cut, what chance does to them, and that they are the same everywhere."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ml_worker.augment import GREY, VOID, Geometry, apply_colour, apply_geometry, draw_geometry, generator
from ml_worker.data import SemanticSamples, batches, decode, keys_of_step, output_table, with_validation
from tests.ml_worker.training import tiny_plan, write_dataset

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def test_outputs_are_numbered_in_the_order_of_the_plan() -> None:
    table = output_table(tiny_plan())
    assert [int(table[one]) for one in (0, 2, 7, 3, 255)] == [0, 1, 2, VOID, VOID]
    table = output_table(tiny_plan(background="ignore"))
    assert [int(table[one]) for one in (0, 2, 7)] == [VOID, 0, 1]


def test_pictures_smaller_than_the_input_are_padded_with_grey_and_void(tmp_path: Path) -> None:
    data = write_dataset(tmp_path, {"train": 1}, sizes=((20, 90),))
    plan = tiny_plan(input_size=[64, 64], augmentation={}, oversample=0)
    sample = SemanticSamples(data, data.of_split("train"), plan).sample(0, 0)
    assert sample["image"].shape == (3, 64, 64) and sample["masks"].shape == (1, 64, 64)
    outside = sample["masks"][0] == VOID
    assert int(outside.sum()) == 44 * 64
    assert bool((sample["image"][:, outside] == GREY).all())


def test_picture_and_mask_move_together() -> None:
    """A mask made of the picture's own pixels still is, up to the pixels between two colours."""
    mask = torch.zeros(1, 60, 60, dtype=torch.uint8)
    mask[0, 10:35, 20:50] = 200
    geometry = Geometry(angle=17, zoom=1.2, mirror_x=True)
    picture, moved = apply_geometry(mask.expand(3, 60, 60), mask, geometry=geometry, size=(40, 40))
    inside = moved[0] != VOID
    assert 0.1 < float((moved[0] == 200).float().mean()) < 0.9
    agree = ((picture[0] > 100) == (moved[0] > 100))[inside].float().mean()
    assert float(agree) > 0.98


def test_the_window_of_a_turned_sample_fills_it() -> None:
    for angle, zoom in ((0, 1.0), (30, 0.8), (45, 1.3), (-80, 0.7)):
        geometry = Geometry(angle=angle, zoom=zoom)
        height, width = geometry.window((32, 48))
        content = torch.zeros(1, height, width, dtype=torch.uint8)
        _, moved = apply_geometry(content.expand(3, -1, -1), content, geometry=geometry, size=(32, 48))
        assert float((moved == VOID).float().mean()) < 0.01, (angle, zoom)


def test_directional_plans_never_mirror() -> None:
    drawn = [draw_geometry({"rotate": 0, "zoom": [1, 1]}, generator(0, 0, at)) for at in range(50)]
    assert not any(one.mirror_x or one.mirror_y for one in drawn)
    drawn = [draw_geometry({"flip_horizontal": True}, generator(0, 0, at)) for at in range(50)]
    assert 10 < sum(one.mirror_x for one in drawn) < 40 and not any(one.mirror_y for one in drawn)


def test_colour_stays_in_the_picture_and_can_be_off() -> None:
    picture = torch.randint(0, 256, (3, 16, 16), dtype=torch.uint8)
    assert torch.equal(apply_colour(picture, {"colour": 0, "blur": 0}, generator(0, 0, 0)), picture)
    changed = apply_colour(picture, {"colour": 1, "blur": 1}, generator(0, 0, 1))
    assert changed.dtype == torch.uint8 and not torch.equal(changed, picture)


def test_oversampling_shows_rare_things_more_often(tmp_path: Path) -> None:
    data = write_dataset(tmp_path, {"train": 1}, sizes=((200, 200),))

    def share(oversample: float) -> float:
        plan = tiny_plan(oversample=oversample, augmentation={})
        samples = SemanticSamples(data, data.of_split("train"), plan)
        return float(np.mean([bool((samples.sample(epoch, 0)["masks"] > 0).any()) for epoch in range(60)]))

    assert share(1.0) > 1.5 * share(0.0)


def test_pictures_without_objects_and_of_many_sizes_give_samples(tmp_path: Path) -> None:
    data = write_dataset(tmp_path, {"train": 4}, sizes=((48, 64), (20, 90), (100, 17)), empty=2)
    samples = SemanticSamples(data, data.of_split("train"), tiny_plan(oversample=1.0))
    shapes = {tuple(samples.sample(epoch, at)["image"].shape) for epoch in range(3) for at in range(4)}
    assert shapes == {(3, 32, 32)}


def test_pictures_are_scaled_once(tmp_path: Path) -> None:
    data = write_dataset(tmp_path, {"train": 1}, sizes=((48, 64),))
    decoded = decode(data, data.items[0], tiny_plan(scale=0.5))
    assert decoded.picture.shape == (24, 32, 3) and decoded.masks.shape == (1, 24, 32)


def test_a_small_memory_budget_changes_no_sample(tmp_path: Path) -> None:
    data = write_dataset(tmp_path, {"train": 3})
    plan = tiny_plan()
    large, small = (
        SemanticSamples(data, data.of_split("train"), plan, memory_bytes=size) for size in (1 << 30, 0)
    )
    for at in range(3):
        assert torch.equal(large.sample(1, at)["image"], small.sample(1, at)["image"])


def _flat(loaded: Iterable[Sequence[Any]]) -> list[torch.Tensor]:
    return [one["image"] for batch in loaded for one in batch]


def test_samples_are_the_same_with_workers_and_from_any_step(tmp_path: Path) -> None:
    data = write_dataset(tmp_path, {"train": 5})
    samples = SemanticSamples(data, data.of_split("train"), tiny_plan())
    alone = _flat(batches(samples, tiny_plan(), first=0, last=4))
    forked = _flat(batches(samples, tiny_plan(workers=2), first=0, last=4))
    later = _flat(batches(samples, tiny_plan(), first=2, last=4))
    assert len(alone) == 16
    assert all(torch.equal(one, other) for one, other in zip(alone, forked, strict=True))
    assert all(torch.equal(one, other) for one, other in zip(alone[8:], later, strict=True))


# It hung for ever: hence a process of its own, and a limit.
FORKING = """
import sys
import cv2, numpy as np
from pathlib import Path
from ml_worker.data import SemanticSamples, batches
from tests.ml_worker.training import tiny_plan, write_dataset
cv2.setNumThreads(4)
cv2.resize(np.zeros((2000, 2000, 3), np.uint8), (3000, 3000), interpolation=cv2.INTER_CUBIC)  # starts its threads
dataset = write_dataset(Path(sys.argv[1]), {"train": 5})
plan = tiny_plan(workers=2)
samples = SemanticSamples(dataset, dataset.of_split("train"), plan)
print(sum(len(one) for one in batches(samples, plan, first=0, last=3)))
"""


@pytest.mark.timeout(150)
def test_workers_are_not_stuck_when_opencv_had_threads_before(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FORKING, str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True, cwd=ROOT, text=True)
    try:
        told, _ = process.communicate(timeout=110)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # the stuck workers too
        raise
    assert int(told) == 3 * tiny_plan()["batch_size"]


def test_processes_share_a_step_and_every_picture_comes_once_an_epoch(tmp_path: Path) -> None:
    keys = [key for step in range(5) for key in keys_of_step(step, count=10, batch=4, seed=1)]
    assert sorted(index for epoch, index in keys if epoch == 0) == list(range(10))
    assert sorted(index for epoch, index in keys if epoch == 1) == list(range(10))
    data = write_dataset(tmp_path, {"train": 6})
    samples = SemanticSamples(data, data.of_split("train"), tiny_plan())
    whole = _flat(batches(samples, tiny_plan(), first=0, last=1))
    parts = [_flat(batches(samples, tiny_plan(), first=0, last=1, rank=rank, ranks=2)) for rank in (0, 1)]
    assert all(torch.equal(whole[at], parts[at % 2][at // 2]) for at in range(4))


def test_validation_is_spared_from_training_by_whole_groups(tmp_path: Path) -> None:
    data = write_dataset(tmp_path, {"train": 12, "test": 2})
    grouped = replace(
        data, items=tuple(replace(item, group=f"g{at // 4}") for at, item in enumerate(data.items))
    )
    found = with_validation(grouped, 0)
    assert len(found.of_split("val")) == 4 and len({item.group for item in found.of_split("val")}) == 1
    assert found.of_split("test") == grouped.of_split("test")
    assert with_validation(found, 0) is found
    single = write_dataset(tmp_path / "single", {"train": 1})
    assert with_validation(single, 0) is single
