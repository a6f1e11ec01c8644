"""The training loop: it learns, stops, goes on, and says what to do when memory, disk or numbers run out."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from torch import nn

from annotator.core.errors import InvalidInput, Unavailable
from ml_worker import checkpoint, semantic
from ml_worker.folder import Dataset
from ml_worker.nets.build import build
from ml_worker.recipe import Recipe, recipe_for
from ml_worker.run_folder import STOP, Events, Follower
from ml_worker.team import Team
from ml_worker.train import BEST, Outcome, fit, learning_rate, load_best
from tests.ml_worker.training import tiny_plan, write_dataset


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture
def data(tmp_path: Path) -> Dataset:
    return write_dataset(tmp_path / "data", {"train": 6, "val": 2}, sizes=((48, 64), (40, 90)), empty=1)


class Small(nn.Module):
    """A network of two layers: the loop's own behaviour shows in milliseconds."""

    def __init__(self, outputs: int = 3) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, outputs, 1)
        )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.layers(images)


def _fit(
    folder: Path,
    data: Dataset,
    plan: dict[str, Any],
    *,
    recipe: Recipe = semantic.RECIPE,
    resume: bool = False,
) -> tuple[nn.Module, Outcome, list[dict[str, Any]]]:
    folder.mkdir(exist_ok=True)
    torch.manual_seed(0)
    net = Small()
    events = Events(folder)
    outcome = fit(
        net, data, plan, recipe, folder=folder, events=events, team=Team(torch.device("cpu")), resume=resume
    )
    return net, outcome, list(Follower(folder).new())


def _points(events: Sequence[dict[str, Any]], curve: str) -> dict[int, dict[str, Any]]:
    return {one["step"]: one["values"] for one in events if one["kind"] == "point" and one["curve"] == curve}


def test_a_unet_learns_shapes_in_a_few_steps(tmp_path: Path, data: Dataset) -> None:
    from ml_worker.nets.encoders import load_packaged

    plan = tiny_plan(steps=30, evaluate_every=15)
    torch.manual_seed(0)
    net = build(plan)
    load_packaged(net.encoder)
    outcome = fit(
        net, data, plan, recipe_for(plan), folder=tmp_path, events=Events(tmp_path),
        team=Team(torch.device("cpu")), resume=False,
    )  # fmt: skip
    assert outcome.state == "done" and outcome.step == 30 and outcome.plan["batch_size"] == 4
    assert outcome.best is not None and outcome.best > 0.5
    item = data.of_split("val")[0]
    with torch.inference_mode():
        logits = semantic.predict_outputs(
            load_best(net, outcome), data.picture(item), plan, torch.device("cpu")
        )
    truth = semantic.output_table(plan)[data.label_map(item)]
    assert float(np.mean(logits.argmax(0).numpy() == truth)) > 0.9


def test_events_are_those_of_the_contract(tmp_path: Path, data: Dataset) -> None:
    _, outcome, events = _fit(tmp_path / "run", data, tiny_plan(steps=5, evaluate_every=2))
    train, evaluated = _points(events, "train"), _points(events, "evaluate")
    assert list(train) == [1, 2, 3, 4, 5] and list(evaluated) == [2, 4, 5]
    assert set(train[1]) == {"loss", "losses", "learning_rate", "images_per_second", "seconds_left", "epoch"}
    assert train[3]["epoch"] == 2.0 and set(train[1]["losses"]) == {"cross_entropy", "dice"}
    assert train[1]["loss"] == pytest.approx(sum(train[1]["losses"].values()))
    point = evaluated[4]
    assert point["score_name"] == "mean_iou" and [one["index"] for one in point["classes"]] == [2, 7]
    assert np.array(point["confusion"]).sum() == 48 * 64 + 40 * 90
    bests = [step for step, one in evaluated.items() if one["best"]]
    assert outcome.best_step == bests[-1] and evaluated[bests[-1]]["score"] == outcome.best
    files = [one for one in events if one["kind"] == "file"]
    assert [one["path"] for one in files] == [f"strip/{step:06d}.jpg" for step in (2, 4, 5)]
    assert files[0]["values"] == {"step": 2, "images": ["6.png", "7.png"]}
    assert cv2.imread(str(tmp_path / "run" / "strip" / "000005.jpg")).shape == (48 + 40 + 8, 180, 3)


def test_learning_rate_warms_up_and_goes_down_to_nothing() -> None:
    plan = tiny_plan(steps=10, warmup=2, learning_rate=1.0)
    poly = [learning_rate(plan, step) for step in range(10)]
    assert poly[:3] == [0.5, 1.0, 1.0] and poly[6] == pytest.approx(0.5**0.9) and poly[9] < 0.2
    cosine = [learning_rate({**plan, "schedule": "cosine"}, step) for step in range(10)]
    assert cosine[2] == 1.0 and cosine[6] == pytest.approx(0.5) and cosine[9] < 0.05


def test_a_resumed_training_gives_the_same_curve_and_the_same_weights(tmp_path: Path, data: Dataset) -> None:
    """Interrupted in the middle of an epoch, at a checkpoint that a clock asked for."""
    plan = tiny_plan(steps=8, evaluate_every=4)
    net, whole, events = _fit(tmp_path / "whole", data, plan)
    folder = tmp_path / "broken"

    class Killed(Exception):
        pass

    calls = []

    def dies(net: nn.Module, samples: Any, plan: Any, device: Any) -> Any:
        calls.append(1)
        if len(calls) == 7:
            raise Killed
        return semantic.losses(net, samples, plan, device)

    ticks = iter(
        range(0, 10**9, 100)
    )  # each look at the clock is 100 seconds later: a checkpoint after every step
    folder.mkdir()
    torch.manual_seed(0)
    with pytest.raises(Killed):
        fit(
            Small(), data, plan, replace(semantic.RECIPE, losses=dies), folder=folder, events=Events(folder),
            team=Team(torch.device("cpu")), resume=True, clock=lambda: float(next(ticks)),
        )  # fmt: skip
    assert checkpoint.read(folder / checkpoint.LAST)["step"] == 6
    torch.manual_seed(99)  # whatever the new process begins with
    again, resumed, later = _fit(folder, data, plan, resume=True)
    assert (resumed.step, resumed.best, resumed.best_step) == (whole.step, whole.best, whole.best_step)
    for one, other in zip(net.state_dict().values(), again.state_dict().values(), strict=True):
        assert torch.equal(one, other)
    expected, found = _points(events, "train"), _points(later, "train")
    assert all(found[step]["losses"] == expected[step]["losses"] for step in (7, 8))
    assert any("resumed at step 6 of 8" in one.get("text", "") for one in later)


def test_stop_keeps_the_best_and_says_stopped(tmp_path: Path, data: Dataset) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / STOP).touch()
    _, outcome, events = _fit(folder, data, tiny_plan(steps=50, evaluate_every=25))
    assert (outcome.state, outcome.step) == ("stopped", 1)
    assert outcome.weights == folder / BEST and outcome.weights.exists()
    assert list(_points(events, "evaluate")) == [1]


def test_out_of_memory_halves_the_batch_and_learns_the_same(tmp_path: Path, data: Dataset) -> None:
    """Frozen batch statistics make halves add up to the whole exactly."""

    def losses(net: nn.Module, samples: Any, plan: Any, device: Any) -> Any:
        net.get_submodule("layers.1").eval()
        return semantic.losses(
            net, samples, {**plan, "losses": [{"name": "cross_entropy", "weight": 1.0}]}, device
        )

    def short_of_memory(net: nn.Module, samples: Any, plan: Any, device: Any) -> Any:
        found = losses(net, samples, plan, device)
        if len(samples) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB")
        return found

    plan = tiny_plan(steps=3, evaluate_every=3, augmentation={}, optimizer="sgd")
    # Of pictures without void, so that every sample weighs the same.
    large, _, events = _fit(tmp_path / "large", data, plan, recipe=replace(semantic.RECIPE, losses=losses))
    small, outcome, short = _fit(
        tmp_path / "small", data, plan, recipe=replace(semantic.RECIPE, losses=short_of_memory)
    )
    assert (outcome.plan["batch_size"], outcome.plan["accumulate"]) == (1, 4)
    texts = [one["text"] for one in short if one["kind"] == "log"]
    assert texts == [
        f"out of memory: from now on {n} samples at once, their gradients added up" for n in (2, 1)
    ]
    for one, other in zip(large.parameters(), small.parameters(), strict=True):
        assert torch.allclose(one, other, atol=1e-6)
    assert _points(events, "train")[3]["loss"] == pytest.approx(_points(short, "train")[3]["loss"], abs=1e-5)


def test_out_of_memory_with_one_sample_says_what_to_do(tmp_path: Path, data: Dataset) -> None:
    def never(*_: Any) -> Any:
        raise RuntimeError("[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory")

    with pytest.raises(Unavailable, match=r"single sample of 32 x 32: choose a smaller input_size"):
        _fit(tmp_path / "run", data, tiny_plan(), recipe=replace(semantic.RECIPE, losses=never))


def test_a_loss_that_is_not_finite_stops_with_step_rate_and_advice(tmp_path: Path, data: Dataset) -> None:
    steps = []

    def breaks(net: nn.Module, samples: Any, plan: Any, device: Any) -> Any:
        steps.append(1)
        found = dict(semantic.losses(net, samples, plan, device))
        return {**found, "dice": found["dice"] * (float("nan") if len(steps) == 3 else 1)}

    with pytest.raises(
        InvalidInput,
        match=r"dice became nan at step 3 .*rate of 0\.0[0-9]*.*lower learning_rate, such as 0\.0002",
    ):
        _fit(
            tmp_path / "run",
            data,
            tiny_plan(evaluate_every=2),
            recipe=replace(semantic.RECIPE, losses=breaks),
        )
    assert checkpoint.read(tmp_path / "run" / checkpoint.LAST)["step"] == 2


def test_without_validation_images_the_last_weights_are_the_best(tmp_path: Path) -> None:
    alone = write_dataset(tmp_path / "one", {"train": 1})
    _, outcome, events = _fit(tmp_path / "run", alone, tiny_plan(steps=4, evaluate_every=2))
    assert (outcome.best, outcome.best_step) == (None, 4)
    points = _points(events, "evaluate").values()
    assert [(one["score"], one["score_name"]) for one in points] == [(None, "mean_iou")] * 2


def test_without_training_images_it_says_so(tmp_path: Path) -> None:
    nothing = write_dataset(tmp_path / "none", {"val": 1})
    with pytest.raises(InvalidInput, match="no image of the training split is labelled"):
        _fit(tmp_path / "run", nothing, tiny_plan())


# Checkpoints


def test_a_damaged_checkpoint_gives_way_to_the_one_before(tmp_path: Path, data: Dataset) -> None:
    folder = tmp_path / "run"
    _fit(folder, data, tiny_plan(steps=4, evaluate_every=2))
    content = bytearray((folder / checkpoint.LAST).read_bytes())
    content[len(content) // 2] ^= 0xFF  # one bit pattern in the middle of some tensor
    (folder / checkpoint.LAST).write_bytes(content)
    _, outcome, events = _fit(folder, data, tiny_plan(steps=4, evaluate_every=2), resume=True)
    assert outcome.step == 4
    texts = [one["text"] for one in events if one["kind"] == "log"]
    assert "last.ckpt: the checkpoint is damaged" in texts[0] and "resumed at step 2 of 4" in texts[1]


def test_damaged_checkpoints_alone_say_how_to_go_on(tmp_path: Path, data: Dataset) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    for name in (checkpoint.LAST, checkpoint.PREVIOUS):
        (folder / name).write_bytes(b"PK rubbish")
    with pytest.raises(InvalidInput, match="Nothing is left to go on from: start a new training"):
        _fit(folder, data, tiny_plan(), resume=True)


def test_checkpoints_with_code_in_them_are_refused(tmp_path: Path) -> None:
    class Code:
        def __reduce__(self) -> Any:
            return os.mkdir, (str(tmp_path / "ran"),)

    torch.save({"format": 1, "net": Code()}, tmp_path / "bad.ckpt")
    with pytest.raises(InvalidInput, match=r"bad\.ckpt: the checkpoint is damaged"):
        checkpoint.read(tmp_path / "bad.ckpt")
    assert not (tmp_path / "ran").exists()


def test_checkpoints_of_another_plan_or_dataset_are_refused(tmp_path: Path, data: Dataset) -> None:
    folder = tmp_path / "run"
    _fit(folder, data, tiny_plan(steps=2, evaluate_every=2))
    with pytest.raises(InvalidInput, match=r"another plan \(steps, learning_rate\)"):
        _fit(folder, data, tiny_plan(steps=4, evaluate_every=2, learning_rate=1.0), resume=True)
    with pytest.raises(InvalidInput, match="another dataset"):
        _fit(folder, replace(data, content_hash="x"), tiny_plan(steps=2, evaluate_every=2), resume=True)


def test_a_full_disk_says_what_to_do_and_leaves_the_last_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint.save(tmp_path, {"step": 1})

    def full(path: Path, content: bytes) -> None:
        path.write_bytes(content[:10])  # what fits
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(checkpoint, "write_whole", full)
    with pytest.raises(
        Unavailable, match=r"no room on the disk: .* MB are free in .* Free some and start it again"
    ):
        checkpoint.save(tmp_path, {"step": 2})
    assert [one.name for one in tmp_path.iterdir()] == [checkpoint.LAST]
    assert checkpoint.read(tmp_path / checkpoint.LAST)["step"] == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_disk_that_is_really_full_is_noticed(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No space left") as caught, Path("/dev/full").open("wb") as file:
        file.write(b"x" * 100_000)
    said = checkpoint.no_room(tmp_path, caught.value, 5_000_000).detail
    assert said.startswith("no room on the disk: a checkpoint needs 5 MB")
