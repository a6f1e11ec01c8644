"""`manage.py train`, `predict` and `rank`: what they print, what they leave, and how they fail."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from annotator.models import Job, JobState, ModelState, ModelVersion, Prediction, Project, QueueEntry
from annotator.services.model import model_promote
from tests.annotator.factories import make_project
from tests.annotator.test_learning_jobs import DOUBLE, add_image

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(settings: Any, tmp_path: Path, storage: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Two labelled images and two new ones; the learning process is a double."""
    settings.WORK_DIR = tmp_path / "work"
    command = [sys.executable, str(DOUBLE)]
    monkeypatch.setattr("ml_worker.tasks.command_for", lambda folder, gpus=0: [*command, str(folder)])
    monkeypatch.setattr("annotator.services.worker.ask_device", lambda: {"kind": "cpu", "cores": 2})
    made = make_project(name="Leaves")
    for number in range(4):
        add_image(made, number, objects=int(number < 2))
    return made


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out, stderr=io.StringIO())
    return out.getvalue().strip()


def test_a_model_is_trained_predicts_and_ranks_from_the_command_line(project: Project) -> None:
    assert run("train", "Leaves", "--set", 'double={"steps": 2}', "--name", "First") == "1"
    model = ModelVersion.objects.get()
    assert (model.state, model.name, model.plan["double"]) == (ModelState.CANDIDATE, "First", {"steps": 2})
    model_promote(model=model, user=None)
    assert run("predict", "Leaves") == "2 images predicted, 0 could not be"
    assert run("predict", "Leaves", "--model", "1", "--scope", "all") == "2 images predicted, 0 could not be"
    assert Prediction.objects.count() == 4
    lines = run("rank", "Leaves").splitlines()
    assert [line.split()[:2] for line in lines[:2]] == [["1", "003.png"], ["2", "002.png"]]
    assert lines[2:] == ["2 images in the queue"]
    assert QueueEntry.objects.count() == 2
    assert run("train", "Leaves", "--parent", "champion", "--version", "1") == "2"
    assert ModelVersion.objects.get(number=2).parent == model


def test_work_can_be_left_to_a_worker(project: Project) -> None:
    assert run("train", "Leaves", "--queue") == "1"
    job = Job.objects.get(kind="train")
    assert (job.state, job.queue) == (JobState.QUEUED, "gpu")
    assert run("rank", "Leaves", "--queue") == str(Job.objects.get(kind="rank").pk)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["train", "Leaves", "--set", 'double={"fail": "no example of leaf"}'],
            "no example of leaf\n  class cat",
        ),
        (["train", "Leaves", "--set", "steps"], "KEY=VALUE is needed"),
        (["train", "Leaves", "--version", "9"], "no version 9; there are none"),
        (["train", "Leaves", "--weights", "mine.pth"], "the weights folder has no mine.pth"),
        (["predict", "Leaves"], "the project has no champion yet"),
        (["predict", "Leaves", "--model", "3"], "no finished model has the number 3"),
        (["rank", "Trees"], "Trees"),
    ],
)
def test_what_cannot_be_done_is_said(project: Project, arguments: list[str], said: str) -> None:
    with pytest.raises(CommandError) as caught:
        run(*arguments)
    assert said in str(caught.value)
