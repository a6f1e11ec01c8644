"""The learning loop's jobs: what a training, a prediction and a ranking leave in the database, well and badly ended."""

from __future__ import annotations

import io
import os
import sys
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.files.storage import default_storage
from django.utils import timezone, translation
from PIL import Image

from annotator import jobs
from annotator.core.errors import Conflict, InvalidInput
from annotator.job_context import JobContext
from annotator.models import (
    Annotation,
    ImageAsset,
    Job,
    JobState,
    ModelState,
    ModelVersion,
    Prediction,
    Project,
    QueueEntry,
    TrainingPoint,
)
from annotator.selectors.corrections import corrections_of
from annotator.selectors.fingerprint import fingerprint_of
from annotator.services.image import image_create
from annotator.services.model import model_promote, model_update
from annotator.services.prediction import images_to_predict, predict_start, prelabel_request
from annotator.services.project import project_update
from annotator.services.ranking import ranking_request
from annotator.services.run_folders import run_folders_sweep
from annotator.services.training import frozen_now, plan_start, training_start
from annotator.services.workflow import image_claim_next
from ml_worker.folder import read_folder
from tests.annotator.factories import an_object, change, make_project, make_user, square

pytestmark = pytest.mark.django_db
DOUBLE = Path(__file__).resolve().parents[1] / "learning_double.py"


@pytest.fixture(autouse=True)
def _learning(settings: Any, tmp_path: Path, storage: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.WORK_DIR = tmp_path / "work"
    settings.LEARNING_SILENCE_SECONDS = 60.0
    monkeypatch.setattr(
        "ml_worker.tasks.command_for", lambda folder, gpus=0: [sys.executable, str(DOUBLE), str(folder)]
    )
    monkeypatch.setattr(
        "annotator.services.worker.ask_device", lambda: {"kind": "cpu", "name": "test", "cores": 2}
    )


def add_image(project: Project, number: int, *, split: str = "train", objects: int = 1) -> ImageAsset:
    pixels = np.random.default_rng(number).integers(0, 255, (40, 60, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    from annotator.core.document import Split

    made = image_create(
        project=project, user=None, file=buffer, name=f"{number:03}.png", split=Split(split)
    ).image
    assert made is not None
    if objects:
        change(made.documents.get(), put=[an_object(square(4 + 12 * at, 4)) for at in range(objects)])
    return made


@pytest.fixture
def project() -> Project:
    made = make_project()
    for number in range(3):
        add_image(made, number)
    add_image(made, 3, split="val")
    add_image(made, 4, split="test")
    for number in range(5, 8):
        add_image(made, number, objects=0)
    return made


def train(project: Project, **double: Any) -> tuple[Job, ModelVersion]:
    job = training_start(
        project=project, user=None, architecture="unet", overrides={"double": double} if double else {}
    )
    jobs.run_job(job.pk)
    job.refresh_from_db()
    return job, ModelVersion.objects.get(pk=job.parameters["model"])


def log_of(job: Job) -> str:
    return "\n".join(line.text for line in job.log.order_by("pk"))


def champion(project: Project) -> ModelVersion:
    _job, model = train(project)
    model_promote(model=model, user=None)
    model.refresh_from_db()
    return model


def test_a_training_freezes_the_project_and_leaves_a_candidate_with_all_that_it_made(
    project: Project,
) -> None:
    job, model = train(project, steps=4)
    assert (job.state, job.error) == (JobState.SUCCEEDED, None)
    assert (model.state, model.number, model.labelled_count) == (ModelState.CANDIDATE, 1, 3)
    assert model.version is not None
    assert model.version.image_count == 8
    with default_storage.open(model.files["weights"]["stored"]) as file:
        assert file.read() == b"weights at 4"
    assert [point.step for point in model.points.filter(kind="train").order_by("step")] == [1, 2, 3, 4]
    assert model.files["strips"][0]["step"] == 4
    assert model.metrics["values"]["mean_iou"]["value"] == 0.5
    assert job.result["value"] == 0.5
    assert "begins at step 0 with 5 items" in log_of(job)
    assert [one["name"] for one in model.class_map] == ["leaf", "stem", "soil"]


def test_a_fused_model_is_measured_and_knows_the_classes_of_both_its_parts(project: Project) -> None:
    Project.objects.filter(pk=project.pk).update(task_type="panoptic")
    project.refresh_from_db()
    parts = [train(project)[1] for _ in range(2)]
    for part, purpose, classes in zip(parts, ("semantic", "instance"), (slice(1, 3), slice(2)), strict=True):
        ModelVersion.objects.filter(pk=part.pk).update(purpose=purpose, class_map=part.class_map[classes])
    job = training_start(project=project, user=None, architecture="fused", parts=[one.pk for one in parts])
    jobs.run_job(job.pk)
    job.refresh_from_db()
    model = ModelVersion.objects.get(pk=job.parameters["model"])
    assert (job.state, model.state, model.purpose) == (JobState.SUCCEEDED, ModelState.CANDIDATE, "panoptic")
    assert [one["name"] for one in model.class_map] == ["leaf", "stem", "soil"]


def test_a_second_training_of_an_unchanged_project_takes_the_same_version_and_dataset_folder(
    project: Project, settings: Any
) -> None:
    _job, first = train(project)
    _job, second = train(project)
    assert first.version == second.version
    assert (first.number, second.number) == (1, 2)
    assert len(list((settings.WORK_DIR / "datasets").iterdir())) == 1
    change(project.images.get(name="005.png").documents.get(), put=[an_object()])
    assert frozen_now(project=project, user=None) != first.version


def test_the_dataset_folder_holds_the_frozen_objects_pixel_for_pixel(project: Project, settings: Any) -> None:
    train(project)
    folder = next((settings.WORK_DIR / "datasets").iterdir())
    dataset = read_folder(folder)
    item = next(one for one in dataset.items if one.name == "000.png")
    expected = np.zeros((40, 60), np.uint8)
    expected[4:14, 4:14] = 1
    assert np.array_equal(dataset.label_map(item), expected)
    image = project.images.get(name="000.png")
    assert item.asset == str(image.pk)
    assert (folder / item.file).read_bytes() == default_storage.open(image.display).read()
    assert {one.split for one in dataset.items} == {"train", "val", "test"}
    assert len(dataset.items) == 5  # what nobody has labelled is not learned from


def test_what_cannot_be_learned_from_is_refused_with_what_to_do(storage: Path) -> None:
    project = make_project()
    add_image(project, 1)
    with pytest.raises(InvalidInput, match="1 labelled training images; at least 2") as caught:
        training_start(project=project, user=None, architecture="unet")
    assert [one.where for one in caught.value.problems] == ["version"]
    with pytest.raises(InvalidInput) as caught:
        training_start(
            project=project,
            user=None,
            architecture="vit",
            version=uuid.uuid4(),
            parent=uuid.uuid4(),
            seed=-1,
            weights="x",
        )
    assert {one.where for one in caught.value.problems} == {
        "architecture",
        "version",
        "parent",
        "seed",
        "weights",
    }
    assert not ModelVersion.objects.exists()
    assert not Job.objects.exists()


def test_empty_masks_are_named_as_such(storage: Path) -> None:
    project = make_project()
    for number in range(3):
        image = add_image(project, number, objects=0)
        ImageAsset.objects.filter(pk=image.pk).update(status="accepted")
    with pytest.raises(InvalidInput, match="no object of any class"):
        training_start(project=project, user=None, architecture="unet")


def test_a_failed_training_says_why_and_leaves_the_champion_alone(project: Project) -> None:
    before = champion(project)
    job, model = train(project, fail="no training image shows cat")
    assert (job.state, model.state) == (JobState.FAILED, ModelState.FAILED)
    assert job.error["detail"] == "no training image shows cat"
    assert job.error["errors"] == [{"where": "class cat", "message": "no example"}]
    before.refresh_from_db()
    assert before.state == ModelState.CHAMPION


@pytest.mark.parametrize(
    ("double", "said"),
    [
        ({"kill": True}, "memory ran out"),
        ({"exit": 1, "say": "RuntimeError: CUDA error: device-side assert"}, "GPU failed or is gone"),
        ({"exit": 1, "say": "OSError: [Errno 28] No space left on device"}, "disk is full"),
        ({"exit": 1}, "ended with status 1"),
    ],
)
def test_a_process_that_dies_is_explained(project: Project, double: dict[str, Any], said: str) -> None:
    job, model = train(project, **double)
    assert (job.state, model.state) == (JobState.FAILED, ModelState.FAILED)
    assert said in job.error["detail"]
    if "say" in double:
        assert double["say"] in log_of(job)


def test_a_cancelled_training_keeps_its_best_checkpoint_and_a_retry_goes_on_from_it(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold = tmp_path / "hold"
    hold.touch()
    job = training_start(
        project=project,
        user=None,
        architecture="unet",
        overrides={"double": {"steps": 6, "hold": str(hold), "hold_at": 3}},
    )
    progress = JobContext.progress

    def cancel_at_three(self: JobContext, fraction: float, stage: str | None = None) -> None:
        progress(self, fraction, stage)
        if '"step":3' in (stage or ""):
            jobs.job_cancel(job=Job.objects.get(pk=job.pk))

    monkeypatch.setattr(JobContext, "progress", cancel_at_three)
    jobs.run_job(job.pk)
    job.refresh_from_db()
    model = ModelVersion.objects.get()
    assert (job.state, model.state, model.stopped) == (JobState.CANCELLED, ModelState.CANDIDATE, True)
    monkeypatch.setattr(JobContext, "progress", progress)
    jobs.job_retry(job=job)
    version = model.version
    ModelVersion.objects.update(version=None)  # so that it cannot go on
    jobs.run_job(job.pk)
    model.refresh_from_db()
    assert (model.state, model.stopped) == (ModelState.CANDIDATE, True), "what was kept is not lost"
    ModelVersion.objects.update(version=version)
    hold.unlink()
    jobs.job_retry(job=job)
    model.refresh_from_db()
    assert model.state == ModelState.TRAINING
    jobs.run_job(job.pk)
    job.refresh_from_db()
    model.refresh_from_db()
    assert (job.state, model.state, model.stopped) == (JobState.SUCCEEDED, ModelState.CANDIDATE, False)
    assert "begins at step 3" in log_of(job)
    steps = list(
        TrainingPoint.objects.filter(model=model, kind="train")
        .order_by("step")
        .values_list("step", flat=True)
    )
    assert steps == [1, 2, 3, 4, 5, 6]


def test_a_training_cancelled_while_it_waits_fails_its_model(project: Project) -> None:
    job = training_start(project=project, user=None, architecture="unet")
    jobs.job_cancel(job=job)
    assert ModelVersion.objects.get().state == ModelState.FAILED
    jobs.job_retry(job=job)
    assert ModelVersion.objects.get().state == ModelState.TRAINING


def test_a_model_that_was_promoted_is_not_trained_again(project: Project) -> None:
    job, model = train(project)
    Job.objects.filter(pk=job.pk).update(state=JobState.CANCELLED)
    model_promote(model=model, user=None)
    with pytest.raises(Conflict, match="champion"):
        jobs.job_retry(job=Job.objects.get(pk=job.pk))


def test_a_folder_is_kept_while_its_training_can_go_on_and_deleted_afterwards(
    project: Project, settings: Any
) -> None:
    runs = settings.WORK_DIR / "runs"
    failed, model = train(project, fail="no")
    own = runs / str(failed.pk)
    (runs / "notes").mkdir()
    stranger = runs / str(uuid.uuid4())
    stranger.mkdir()
    assert own.is_dir()
    assert run_folders_sweep() == 0
    long_ago = timezone.now() - timedelta(days=settings.RUN_DAYS + 1)
    Job.objects.filter(pk=failed.pk).update(finished=long_ago, state=JobState.RUNNING)
    os.utime(stranger, (0, 0))
    assert run_folders_sweep() == 1  # that of no job
    Job.objects.filter(pk=failed.pk).update(state=JobState.FAILED)
    train(project)  # a training tidies up before it begins
    assert [one.name for one in runs.iterdir()] == ["notes"]
    again, model = train(project, fail="no")
    ModelVersion.objects.filter(pk=model.pk).update(state=ModelState.RETIRED)
    assert (runs / str(again.pk)).is_dir()
    assert run_folders_sweep() == 1


def test_a_prediction_that_fails_leaves_no_folder(project: Project, settings: Any) -> None:
    model = champion(project)
    ModelVersion.objects.filter(pk=model.pk).update(files={})
    job = predict_start(model=model, user=None, scope="all")
    jobs.run_job(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert "model 1 has no weights" in job.error["detail"]
    assert not (settings.WORK_DIR / "runs" / str(job.pk)).exists()


def test_what_a_job_says_is_in_the_language_of_whoever_asked(project: Project) -> None:
    with translation.override("pt-br"):
        job, _model = train(project, kill=True)
    assert "a memória da máquina acabou" in job.error["detail"]
    assert "do último checkpoint" in job.error["detail"]
    with translation.override("pt-br"):
        job = training_start(project=project, user=None, architecture="unet", overrides={"double": {}})
    ModelVersion.objects.filter(job=job).update(version=None)
    jobs.run_job(job.pk)
    job.refresh_from_db()
    assert "versão" in job.error["detail"]
    jobs.job_retry(job=job)
    assert (job.state, job.language) == (JobState.QUEUED, "en")


def test_a_plan_is_made_without_freezing_anything(project: Project) -> None:
    job = plan_start(project=project, user=None, architecture="unet")
    jobs.run_job(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.SUCCEEDED, job.error
    assert job.result["plan"]["architecture"] == "unet"
    assert job.result["fingerprint"]["images"] == {"train": 3, "val": 1, "test": 1}
    assert not project.versions.exists()
    assert job.kind in jobs.QUIET


def test_a_fingerprint_counts_what_there_is(storage: Path) -> None:
    project = make_project()
    image = add_image(project, 1, objects=0)
    change(
        image.documents.get(),
        put=[
            an_object(square(0, 0, 10)),
            an_object(square(10, 0, 10)),
            an_object(square(40, 20, 10), class_index=2),
        ],
    )
    found = fingerprint_of(project)
    leaf = next(one for one in found["classes"] if one["name"] == "leaf")
    assert (leaf["objects"], leaf["images"]) == (2, 1)
    assert leaf["pixels"] == pytest.approx(200 / 2400)
    assert leaf["box_sides"] == [10.0] * 5
    assert found["covered"] == pytest.approx(300 / 2400)
    assert found["touching"] == pytest.approx(2 / 3)
    assert found["objects_per_image"] == [3.0, 3.0, 3.0]
    assert fingerprint_of(frozen_now(project=project, user=None)) == found


def test_predictions_are_kept_once_for_each_image_and_never_of_test_images(project: Project) -> None:
    model = champion(project)
    Job.objects.filter(kind="rank").delete()
    for _ in range(2):
        job = predict_start(model=model, user=None, scope="all")
        jobs.run_job(job.pk)
        job.refresh_from_db()
        assert job.state == JobState.SUCCEEDED, job.error
    assert Prediction.objects.count() == 7
    assert not Prediction.objects.filter(image__split="test").exists()
    assert job.result["images"] == 0  # the second time there was nothing to do
    model_update(model=model, changes={"settings": {"confidence": 0.7}})
    job = predict_start(model=model, user=None, scope="unlabelled")
    jobs.run_job(job.pk)
    job.refresh_from_db()
    assert job.result["images"] == 3  # other settings, other objects


def test_an_image_that_cannot_be_predicted_is_named_and_stops_no_other(project: Project) -> None:
    model = champion(project)
    broken = project.images.get(name="006.png")
    Path(default_storage.path(broken.display)).write_bytes(b"")
    job = predict_start(model=model, user=None, scope="unlabelled")
    jobs.run_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.result["images"], job.result["failed"]) == (JobState.SUCCEEDED, 2, 1)
    assert "006.png: the picture cannot be decoded" in log_of(job)


def test_test_images_alone_are_refused_and_left_out_of_others(project: Project) -> None:
    model = champion(project)
    tested = project.images.get(split="test")
    with pytest.raises(InvalidInput, match="never pre-labelled"):
        predict_start(model=model, user=None, images=[tested.pk])
    job = predict_start(model=model, user=None, images=[tested.pk, project.images.get(name="005.png").pk])
    assert len(job.parameters["images"]) == 1


def test_new_uploads_are_prelabelled_by_one_waiting_job_where_the_project_wants_it(project: Project) -> None:
    champion(project)
    assert prelabel_request(project=project) is None
    project = project_update(project=project, changes={"auto_prelabel": True})
    for number in (20, 21, 22):
        add_image(project, number, objects=0)
    assert Job.objects.filter(kind="predict", state="queued").count() == 1


def test_a_large_upload_is_prelabelled_once_its_tiles_are_there(project: Project, settings: Any) -> None:
    champion(project)
    project = project_update(project=project, changes={"auto_prelabel": True})
    Job.objects.filter(kind="predict").delete()  # of what was there before
    settings.LARGE_IMAGE_PIXELS = 2000
    large = add_image(project, 30, objects=0)
    waiting = Job.objects.filter(kind="predict")
    assert (large.is_tiled, large.pyramid, waiting.count()) == (True, "", 0)
    jobs.run_job(large.pyramid_job_id)  # type: ignore[attr-defined]
    assert waiting.count() == 1
    model = ModelVersion.objects.get(state=ModelState.CHAMPION)
    assert large in images_to_predict(model, waiting.get().parameters)
    other = make_project(name="Other", task_type="semantic")
    ModelVersion.objects.create(
        project=other, number=1, architecture="unet", purpose="semantic", state=ModelState.CHAMPION
    )
    other = project_update(project=other, changes={"auto_prelabel": True})
    Job.objects.filter(kind="predict").delete()
    assert add_image(other, 30, objects=0).pyramid  # the tiles of the same file are taken over
    assert waiting.count() == 1


def test_accepting_a_proposed_object_keeps_where_it_comes_from_and_how_far_people_change_it(
    project: Project,
) -> None:
    model = champion(project)
    image = project.images.get(name="005.png")
    jobs.run_job(predict_start(model=model, user=None, images=[image.pk]).pk)
    proposed = Prediction.objects.get(image=image).content[0]
    user = make_user()
    key = uuid.UUID(proposed["id"])
    accepted = change(image.documents.get(), put=[an_object(square(1, 1, 8), id=key)], user=user)
    row = Annotation.objects.get(uuid=key, valid_to=None)
    assert (row.source, row.source_ref, row.score) == ("model", str(model.pk), 0.9)
    own = an_object(square(30, 20))
    change(image.documents.get(), put=[own], user=user)
    assert Annotation.objects.get(uuid=own.id).source == "person"
    assert corrections_of(model)["unchanged"] == 1
    wider = an_object(square(1, 1, 16), id=key)
    change(image.documents.get(), put=[(wider, accepted.revision)], user=user)
    found = corrections_of(model)
    assert (found["accepted"], found["unchanged"], found["deleted"]) == (1, 0, 0)
    assert found["edit"] == pytest.approx(1 - 64 / 256)
    assert Annotation.objects.get(uuid=key, valid_to=None).source == "person"


def test_a_ranking_replaces_the_queue_and_annotators_follow_it(project: Project) -> None:
    model = champion(project)
    job = Job.objects.get(kind="rank")  # promoting asked for it
    assert ranking_request(project=project, user=None) == job
    jobs.run_job(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.SUCCEEDED, job.error
    queued = QueueEntry.objects.filter(project=project).order_by("position")
    assert [entry.image.name for entry in queued] == ["007.png", "006.png", "005.png"]
    assert {entry.model for entry in queued} == {model}
    owner = project.memberships.get().user
    claimed = image_claim_next(project=project, user=owner, queue="annotate")
    assert claimed is not None
    assert claimed.status == "in_progress"  # begun ones come first
    project.images.filter(status="in_progress").update(status="submitted")
    names = []
    for _ in range(3):
        image = image_claim_next(project=project, user=owner, queue="annotate")
        assert image is not None
        names.append(image.name)
        ImageAsset.objects.filter(pk=image.pk).update(status="submitted")
    assert names == ["007.png", "006.png", "005.png"]
