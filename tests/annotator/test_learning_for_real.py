"""One turn of the loop with the real trainer in its own process: train, promote, pre-label, rank."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.files.storage import default_storage
from PIL import Image

from annotator import jobs
from annotator.core.document import Split
from annotator.core.errors import Conflict
from annotator.models import Job, JobState, ModelState, ModelVersion, Prediction, Project, QueueEntry
from annotator.selectors.model_card import model_card
from annotator.services.brought_model import brought_model_create
from annotator.services.image import image_create
from annotator.services.model import model_promote
from annotator.services.prediction import predict_start
from annotator.services.training import frozen_now, training_start
from tests.annotator.factories import an_object, change, make_project, square
from tests.ml_worker.onnx_files import semantic

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.timeout(600)]
SIDE = 64
TINY = {
    "steps": 6,
    "evaluate_every": 3,
    "input_size": [64, 64],
    "batch_size": 2,
    "workers": 1,
    "weights": "packaged",
}


def add_image(project: Project, number: int, split: Split, *, drawn: bool) -> None:
    """A bright square on noise."""
    rng = np.random.default_rng(number)
    pixels = rng.integers(0, 60, (SIDE, SIDE, 3), dtype=np.uint8)
    x, y = (int(one) for one in rng.integers(4, 30, 2))
    pixels[y : y + 24, x : x + 24] = (230, 200, 40)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    made = image_create(project=project, user=None, file=buffer, name=f"{number:03}.png", split=split).image
    assert made is not None
    if drawn:
        change(made.documents.get(), put=[an_object(square(x, y, 24))])


def run(job: Job) -> Job:
    jobs.run_job(job.pk)
    job.refresh_from_db()
    told = [job.error, *(line.text for line in job.log.all())]  # type: ignore[attr-defined]
    assert job.state == JobState.SUCCEEDED, told
    return job


def test_a_model_is_trained_promoted_predicts_and_ranks(storage: Path, settings: Any, tmp_path: Path) -> None:
    settings.WORK_DIR = tmp_path / "work"
    project = make_project(task_type="semantic")
    splits = [*[Split.TRAIN] * 4, Split.VAL, Split.TEST]
    for number, split in enumerate(splits):
        add_image(project, number, split, drawn=True)
    for number in range(10, 13):
        add_image(project, number, Split.TRAIN, drawn=False)
    job = run(training_start(project=project, user=None, architecture="unet", overrides=TINY))
    model = ModelVersion.objects.get(pk=job.parameters["model"])
    assert model.state == ModelState.CANDIDATE
    assert model.plan["steps"] == 6
    assert {"weights", "onnx", "label_map", "script"} <= set(model.files)
    for name in ("weights", "onnx"):
        assert default_storage.size(model.files[name]["stored"]) == model.files[name]["size_bytes"]
    assert model.metrics["split"] == "test"
    assert model.points.filter(kind="evaluate").count() >= 2  # type: ignore[attr-defined]
    assert "Mean IoU" in model_card(model)
    assert not (settings.WORK_DIR / "runs" / str(job.pk)).exists()
    model_promote(model=model, user=None)
    ranked = run(Job.objects.get(kind="rank"))
    assert ranked.result is not None
    assert Prediction.objects.filter(model=model).count() == 8  # all but the test image
    assert QueueEntry.objects.filter(project=project).count() == 3
    seen = Prediction.objects.filter(model=model, image__name="010.png").get()
    assert seen.features
    assert seen.overlay
    assert seen.uncertainty is not None


def bring(project: Project, content: bytes, label_map: bytes, map_name: str, name: str = "") -> Job:
    """What the dialog sends of somebody's semantic model."""
    return brought_model_create(
        project=project, user=None, model=io.BytesIO(content), label_map=label_map,
        map_name=map_name, name=name, kind="semantic", settings={},
    )  # fmt: skip


def test_a_brought_model_is_looked_at_measured_and_predicts(
    storage: Path, settings: Any, tmp_path: Path
) -> None:
    settings.WORK_DIR = tmp_path / "work"
    project = make_project(task_type="semantic")
    for number, split in enumerate((Split.TRAIN, Split.TRAIN, Split.TEST)):
        add_image(project, number, split, drawn=True)
    add_image(project, 10, Split.TRAIN, drawn=False)
    frozen_now(project=project, user=None)
    content = semantic(tmp_path / "theirs.onnx").read_bytes()
    job = bring(project, content, b"item { id: 1 name: 'Leaf' }", "labels.pbtxt", "Theirs")
    run(job)
    model = ModelVersion.objects.get(pk=job.parameters["model"])
    assert (model.state, model.purpose) == (ModelState.CANDIDATE, "semantic")
    assert [one["name"] for one in model.class_map] == ["leaf"]
    assert model.metrics["split"] == "test"
    run(predict_start(model=model, user=None, scope="unlabelled"))
    assert Prediction.objects.filter(model=model).count() == 1


def test_a_brought_model_that_cannot_be_opened_says_which_file_is_wrong_and_leaves_nothing(
    storage: Path, settings: Any, tmp_path: Path
) -> None:
    settings.WORK_DIR = tmp_path / "work"
    project = make_project(task_type="semantic")
    whole = semantic(tmp_path / "theirs.onnx").read_bytes()
    for content, label_map, where, said in (
        (b"\x08\x07 and no more of it", b'["leaf"]', "model", "ONNX"),
        (whole, b'["sky", "leaf", "a", "b"]', "label_map", "the label map has the number 3"),
    ):
        job = bring(project, content, label_map, "labels.json")
        jobs.run_job(job.pk)
        job.refresh_from_db()
        assert job.state == JobState.FAILED
        error = job.error or {}
        assert said in error["detail"]
        assert [one["where"] for one in error["errors"]] == [where]
        assert not ModelVersion.objects.exists()
        assert not [one for one in storage.rglob("*") if one.is_file()]
        with pytest.raises(Conflict, match="was deleted"):
            jobs.job_retry(job=job)


def test_a_file_of_a_refused_model_that_another_model_has_too_stays(
    storage: Path, settings: Any, tmp_path: Path
) -> None:
    settings.WORK_DIR = tmp_path / "work"
    project = make_project(task_type="semantic")
    content = semantic(tmp_path / "theirs.onnx").read_bytes()
    for label_map in (b'["sky", "leaf"]', b'["sky", "leaf", "a", "b"]'):
        job = bring(project, content, label_map, "labels.json")
        jobs.run_job(job.pk)
    kept = ModelVersion.objects.get()
    assert kept.state == ModelState.CANDIDATE
    assert default_storage.exists(kept.files["onnx"]["stored"])
