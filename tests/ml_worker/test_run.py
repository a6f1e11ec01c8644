"""The process that learns: requests, results, errors, signals, death of its parent, and several processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ml_worker import checkpoint
from ml_worker.run_folder import ERROR, EVENTS, REQUEST, RESULT, STOP, read_json, write_json
from tests.ml_worker.training import tiny_plan, write_dataset

ROOT = Path(__file__).resolve().parents[2]
STARTED: list[subprocess.Popen[bytes]] = []
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}


def _small(**changes: Any) -> dict[str, Any]:
    """A plan of quick steps."""
    return tiny_plan(architecture="fcn", encoder="resnet18", **changes)


def _request(folder: Path, plan: dict[str, Any], **more: Any) -> Path:
    folder.mkdir()
    if not (folder.parent / "data").exists():
        write_dataset(folder.parent / "data", {"train": 6, "val": 2, "test": 2})
    request = {"task": "train", "dataset": "../data", "plan": plan, "seed": 3, "resume": True, **more}
    write_json(folder / REQUEST, request)
    return folder


@pytest.fixture(autouse=True)
def _none_is_left() -> Iterator[None]:
    """A test that fails leaves no training behind."""
    yield
    for process in STARTED:
        process.kill()
        process.wait()
    STARTED.clear()


def _started(command: list[str], **more: Any) -> subprocess.Popen[bytes]:
    STARTED.append(subprocess.Popen(command, cwd=ROOT, **more))
    return STARTED[-1]


def _start(folder: Path) -> subprocess.Popen[bytes]:
    log = (folder / "log").open("ab")
    return _started(
        [sys.executable, "-m", "ml_worker.run", str(folder)], env=ENVIRONMENT, stdout=log, stderr=log
    )


def _run(folder: Path) -> int:
    return _start(folder).wait(timeout=170)


def _points(folder: Path, curve: str) -> dict[int, dict[str, Any]]:
    path = folder / EVENTS
    lines = path.read_text().splitlines() if path.exists() else []
    found = [json.loads(line) for line in lines if line.endswith("}")]
    return {one["step"]: one["values"] for one in found if one["kind"] == "point" and one["curve"] == curve}


def _wait_for(condition: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 170
    while not condition():
        assert process.poll() is None, "the process ended too early"
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (None, "request.json: there is none"),
        ({"task": "dance"}, "'dance' is none of plan, train, bring, evaluate, predict, rank"),
        ({"task": "train", "dataset": "nowhere", "plan": tiny_plan()}, "nowhere/dataset.json: No such file"),
    ],
)
def test_what_cannot_be_done_is_said_in_the_error_file(tmp_path: Path, request_: Any, said: str) -> None:
    if request_ is not None:
        write_json(tmp_path / REQUEST, request_)
    assert _run(tmp_path) == 3
    assert said in (read_json(tmp_path / ERROR) or {})["detail"]
    assert read_json(tmp_path / RESULT) is None


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_training_killed_within_an_epoch_goes_on_and_ends_as_if_it_had_not_been(tmp_path: Path) -> None:
    plan = tiny_plan(steps=9, evaluate_every=3, weights="packaged", workers=1)
    whole, killed = _request(tmp_path / "whole", plan), _request(tmp_path / "killed", plan)
    assert _run(whole) == 0, (whole / "log").read_text()
    process = _start(killed)
    _wait_for(lambda: 5 in _points(killed, "train"), process)
    process.kill()
    process.wait()
    assert read_json(killed / RESULT) is None
    assert checkpoint.read(killed / checkpoint.LAST)["step"] in (3, 6)
    assert _run(killed) == 0, (killed / "log").read_text()
    first, second = read_json(whole / RESULT), read_json(killed / RESULT)
    assert first is not None and second is not None
    for step, point in _points(whole, "train").items():
        assert _points(killed, "train")[step]["loss"] == pytest.approx(point["loss"], abs=1e-5), step
    values = [one["metrics"]["values"]["mean_iou"]["value"] for one in (first, second)]
    assert values[0] == pytest.approx(values[1], abs=1e-4)
    # The result is the contract's.
    assert second["state"] == "done" and second["steps"] == 9 and second["metrics"]["split"] == "test"
    assert all((killed / path).is_file() for path in second["files"].values())
    assert set(second["files"]) == {"weights", "onnx", "torchscript", "label_map", "script"}
    assert max(second["checks"].values()) < 1e-3
    assert [one["index"] for one in second["class_map"]] == [2, 7]


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_sigterm_ends_it_at_once_and_leaves_the_last_checkpoint_whole(tmp_path: Path) -> None:
    folder = _request(tmp_path / "run", _small(steps=190, evaluate_every=2))
    process = _start(folder)
    _wait_for(lambda: 5 in _points(folder, "train"), process)
    process.terminate()
    assert process.wait(timeout=20) == 143
    assert checkpoint.read(folder / checkpoint.LAST)["step"] >= 4
    assert read_json(folder / RESULT) is None and read_json(folder / ERROR) is None


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_stop_gives_a_result_with_the_best_weights(tmp_path: Path) -> None:
    folder = _request(tmp_path / "run", _small(steps=190, evaluate_every=2))
    process = _start(folder)
    _wait_for(lambda: 3 in _points(folder, "train"), process)
    (folder / STOP).touch()
    assert process.wait(timeout=100) == 0, (folder / "log").read_text()
    result = read_json(folder / RESULT) or {}
    assert result["state"] == "stopped" and (folder / result["files"]["weights"]).is_file()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_it_dies_with_its_parent(tmp_path: Path) -> None:
    folder = _request(tmp_path / "run", _small(steps=190, evaluate_every=190))
    script = (
        "import os, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-m', 'ml_worker.run', sys.argv[1]],\n"
        "    env={**os.environ, 'CONTORNO_PARENT': str(os.getpid())})\n"
        "print(child.pid, flush=True); time.sleep(1000)"
    )
    parent = _started([sys.executable, "-c", script, str(folder)], env=ENVIRONMENT, stdout=subprocess.PIPE)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    _wait_for(lambda: 1 in _points(folder, "train"), parent)
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 30
    while (
        Path(f"/proc/{child}").exists()
        and "Z" not in Path(f"/proc/{child}/stat").read_text().split(")")[1][:3]
    ):
        assert time.monotonic() < deadline, "the child lives on"
        time.sleep(0.05)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_two_processes_train_one_model(tmp_path: Path) -> None:
    """On the CPU by gloo: one result, and a loss that is what one process would have to within batch statistics."""
    folder = _request(tmp_path / "run", _small(steps=4, evaluate_every=2))
    command = [
        sys.executable, "-m", "accelerate.commands.launch", "--cpu", "--num_processes", "2", "--num_machines", "1",
        "--mixed_precision", "no", "--dynamo_backend", "no", "--main_process_port", "0",
        "-m", "ml_worker.run", str(folder),
    ]  # fmt: skip
    environment = {**ENVIRONMENT, "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=250, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    result = read_json(folder / RESULT) or {}
    assert result["state"] == "done" and result["steps"] == 4
    assert (result["plan"]["batch_size"], result["plan"]["accumulate"]) == (4, 1)
    assert list(_points(folder, "train")) == [1, 2, 3, 4]
