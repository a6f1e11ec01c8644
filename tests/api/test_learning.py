"""The learning loop over HTTP: what is answered, refused, and kept from those whom it does not concern."""

from __future__ import annotations

import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from annotator.models import Document, ImageAsset, ModelVersion, Prediction, QueueEntry, TrainingPoint
from annotator.services.prediction import prediction_store
from annotator.services.ranking import queue_replace
from tests.api.conftest import World, brought, change, item, make_model, polygon, proposed, upload
from tests.api.test_problems import check


def metrics(*scores: float, primary: str = "mean_iou") -> dict[str, object]:
    """An evaluation on images named by number, the same ones for every model."""
    rows = [{"image": f"image{n}", "unit": f"image{n}", "score": score} for n, score in enumerate(scores)]
    mean = sum(scores) / len(scores)
    return {
        "split": "test",
        "images": len(scores),
        "units": len(scores),
        "enough": True,
        "note": "",
        "primary": primary,
        "paired": "image_iou",
        "per_image": rows,
        "classes": [],
        "values": {primary: {"value": mean, "low": mean - 0.02, "high": mean + 0.02}},
    }


def label(world: World, count: int) -> None:
    for number in range(count):
        image = world.add_image(900 + number)
        ImageAsset.objects.filter(pk=image.pk).update(split="train")
        document = Document.objects.get(image=image, role="primary")
        answer = world.as_("owner").post(f"/documents/{document.pk}/changes", change(polygon()))
        assert answer.status_code == 200


def test_a_training_answers_its_job_which_names_the_model(world: World) -> None:
    label(world, 2)
    answer = world.as_("manager").post(
        f"/projects/{world.project.pk}/trainings", {"architecture": "unet", "name": "First"}
    )
    assert answer.status_code == 202, answer.content
    job = answer.json()
    model = world.as_("viewer").get(f"/models/{job['parameters']['model']}").json()
    assert (model["number"], model["state"], model["name"]) == (1, "training", "First")
    assert model["version"]["number"] == 1
    assert model["job"]["id"] == job["id"]
    listed = world.as_("viewer").get("/models", query={"project": str(world.project.pk)}).json()
    assert [one["id"] for one in listed["results"]] == [model["id"]]
    cancelled = world.as_("manager").post(f"/jobs/{job['id']}/cancel")
    assert cancelled.json()["state"] == "cancelled"
    assert world.as_("viewer").get(f"/models/{model['id']}").json()["state"] == "failed"


def test_too_few_labelled_images_are_explained_before_and_when_it_is_tried(world: World) -> None:
    options = world.as_("viewer").get(f"/projects/{world.project.pk}/trainings/options").json()
    assert options["labelled"] == {"train": 0, "val": 0, "test": 0}
    assert "at least 2 are needed" in options["missing"][0]["message"]
    assert not any(one["available"] for one in options["architectures"])
    answer = world.as_("manager").post(f"/projects/{world.project.pk}/trainings", {"architecture": "unet"})
    body = check(answer, 400, "invalid-input")
    assert body["errors"][0]["where"] == "version"
    label(world, 2)
    options = world.as_("viewer").get(f"/projects/{world.project.pk}/trainings/options").json()
    by_name = {one["name"]: one for one in options["architectures"]}
    assert by_name["mask_rcnn"]["available"]
    assert by_name["mask_rcnn"]["recommended"]
    assert not by_name["fused"]["available"]
    assert options["missing"] == []


def test_the_curve_goes_on_after_the_last_point(world: World) -> None:
    model = world.model()
    points = [TrainingPoint(model=model, kind="train", step=step, values={"loss": 1.0}) for step in (1, 2, 3)]
    TrainingPoint.objects.bulk_create(points)
    viewer = world.as_("viewer")
    first = viewer.get(f"/models/{model.pk}/curve").json()
    assert [one["step"] for one in first["results"]] == [1, 2, 3]
    assert first["next"] is None
    after = first["results"][1]["id"]
    rest = viewer.get(f"/models/{model.pk}/curve", query={"after": str(after)}).json()
    assert [one["step"] for one in rest["results"]] == [3]


def test_a_worse_model_is_promoted_by_force_only_and_the_old_champion_retires(world: World) -> None:
    champion = make_model(world.project, metrics=metrics(*[0.9] * 15), state="champion")
    worse = make_model(world.project, metrics=metrics(*[0.5] * 15))
    manager = world.as_("manager")
    body = check(manager.post(f"/models/{worse.pk}/promote", {}), 409, "worse-than-champion")
    assert body["comparison"]["verdict"] == "worse"
    assert body["comparison"]["difference"] == pytest.approx(-0.4)
    compared = manager.get(f"/models/{worse.pk}/comparison/{champion.pk}").json()
    assert (compared["verdict"], compared["images"]) == ("worse", 15)
    answer = manager.post(f"/models/{worse.pk}/promote", {"force": True})
    assert answer.json()["state"] == "champion"
    champion.refresh_from_db()
    assert champion.state == "retired"
    check(manager.post(f"/models/{worse.pk}/promote", {}), 409, "conflict")


def test_few_test_images_tell_nothing_and_stop_nobody(world: World) -> None:
    make_model(world.project, metrics=metrics(0.9, 0.9), state="champion")
    candidate = make_model(world.project, metrics=metrics(0.1, 0.1))
    assert world.as_("manager").post(f"/models/{candidate.pk}/promote", {}).json()["state"] == "champion"


def test_settings_are_checked_one_by_one(world: World) -> None:
    model = world.model()
    given = {"settings": {"confidence": 2, "detections": 1.5, "colour": 1, "mask": "x"}}
    body = check(world.as_("manager").patch(f"/models/{model.pk}", given), 400, "invalid-input")
    assert {one["where"] for one in body["errors"]} == {
        "settings.confidence", "settings.detections", "settings.colour", "settings.mask",
    }  # fmt: skip
    answer = world.as_("manager").patch(
        f"/models/{model.pk}", {"settings": {"confidence": 0.25}, "note": "ok"}
    )
    assert (answer.json()["settings"], answer.json()["note"]) == ({"confidence": 0.25}, "ok")


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([upload("a.onnx", b"PK\x03\x04"), upload("a.json", b'["car"]')], "no ONNX file"),
        ([upload("a.onnx", b"\x08\x07"), upload("a.json", b"{")], "neither JSON nor a .pbtxt"),
        ([upload("a.onnx", b"\x08\x07"), upload("a.json", b"[" * 100_000)], "neither JSON nor a .pbtxt"),
        ([upload("a.onnx", b"\x08\x07"), upload("a.pbtxt", b"item { id: 1 nam")], "no `item"),
        ([upload("a.onnx", b"\x08\x07"), upload("a.json", b'{"car": -1}')], "-1 is no class number"),
        (
            [upload("a.onnx", b"\x08\x07"), upload("a.pbtxt", b"item{id:1 name:'car'} item{id:1 name:'b'}")],
            "1 occurs twice",
        ),
        (
            [upload("a.onnx", b"\x08\x07"), upload("a.json", b'["boat"]')],
            "none of the model's classes (boat); it has car",
        ),
        ([upload("a.onnx", b"\x08\x07")], "one label map"),
        ([upload("a.pt", b"\x08\x07"), upload("a.json", b'["car"]')], "one .onnx file"),
    ],
)
def test_a_brought_model_that_is_none_is_refused(
    world: World, files: list[SimpleUploadedFile], said: str
) -> None:
    for file in files:
        file.seek(0)
    answer = world.as_("manager").upload(f"/projects/{world.project.pk}/models", files=files, kind="instance")
    body = check(answer, 400, "invalid-input")
    assert said in body["detail"]
    assert not ModelVersion.objects.exists()
    if len(files) == 2 and files[0].name == "a.onnx":  # beside the file that is wrong
        wrong = "files" if "ONNX" in said else files[1].name
        assert [one["where"] for one in body["errors"]] == [wrong]


@pytest.mark.parametrize(
    "content", ['{"1": "car"}', '{"names": ["sky", "car"]}', '{"categories": [{"id": 1, "name": "Car"}]}']
)
def test_label_maps_of_every_shape_that_the_worker_reads_are_taken(world: World, content: str) -> None:
    files = [brought()[0], upload("a.json", content.encode())]
    answer = world.as_("manager").upload(f"/projects/{world.project.pk}/models", files=files, kind="instance")
    assert answer.status_code == 202, answer.content
    assert [one["output"] for one in ModelVersion.objects.get().class_map] == [1]


def test_a_brought_model_finds_the_projects_classes_by_name(world: World) -> None:
    answer = world.as_("manager").upload(
        f"/projects/{world.project.pk}/models",
        files=brought(),
        kind="instance",
        name="Theirs",
        settings='{"confidence": 0.3}',
    )
    assert answer.status_code == 202, answer.content
    model = ModelVersion.objects.get()
    assert [(one["index"], one["output"]) for one in model.class_map] == [(1, 1)]
    assert (model.architecture, model.state, model.settings) == ("onnx", "training", {"confidence": 0.3})


def test_an_image_that_no_model_has_looked_at_is_no_problem(world: World) -> None:
    path, viewer = f"/images/{world.image.pk}/predictions", world.as_("viewer")
    assert viewer.get(path).status_code == 204  # there is no model
    model = world.model()
    answer = viewer.get(path, query={"model": str(model.pk)})
    assert (answer.status_code, answer.content) == (204, b"")


def test_a_prediction_is_shown_rejected_and_restored(world: World) -> None:
    found = world.predicted()
    viewer, annotator = world.as_("viewer"), world.as_("annotator")
    shown = viewer.get(f"/images/{world.image.pk}/predictions").json()
    assert shown["model"]["number"] == 1
    assert (shown["uncertainty"], shown["overlay"]) == (0.25, None)
    key = shown["objects"][0]["id"]
    for _ in range(2):
        assert annotator.post(f"/predictions/{found.pk}/reject", {"objects": [key]}).json()["rejected"] == [
            key
        ]
    assert annotator.post(f"/predictions/{found.pk}/restore", {"objects": [key]}).json()["rejected"] == []
    check(
        annotator.post(f"/predictions/{found.pk}/reject", {"objects": [str(uuid.uuid4())]}),
        400,
        "invalid-input",
    )
    listed = viewer.get(
        f"/projects/{world.project.pk}/images", query={"uncertainty_from": "0.2", "sort": "-uncertainty"}
    )
    assert [one["uncertainty"] for one in listed.json()["results"]] == [0.25]
    none = viewer.get(f"/projects/{world.project.pk}/images", query={"uncertainty_from": "0.3"}).json()
    assert none["count"] == 0
    check(
        viewer.get(f"/projects/{world.project.pk}/images", query={"uncertainty_from": "2"}),
        400,
        "invalid-input",
    )


def test_predicting_again_keeps_what_was_rejected(world: World) -> None:
    found = world.predicted()
    kept, gone = found.content[0], proposed(20)
    prediction_store(model=found.model, image=world.image, item=item(world.image, kept, gone))
    Prediction.objects.update(rejected=[kept["id"], gone["id"]])
    again = prediction_store(model=found.model, image=world.image, item=item(world.image, kept))
    assert (again.pk, again.rejected) == (found.pk, [kept["id"]])


def test_an_accepted_object_says_which_model_proposed_it(world: World) -> None:
    found = world.predicted()
    key = found.content[0]["id"]
    answer = world.as_("annotator").post(world.changes, change(polygon(id=key)))
    assert answer.status_code == 200
    document = world.as_("viewer").get(f"/documents/{world.document.pk}").json()
    one = document["annotations"][0]
    assert (one["source"], one["source_ref"], one["score"]) == ("model", str(found.model.pk), 0.8)
    assert document["models"] == [{"id": str(found.model.pk), "number": 1, "name": ""}]
    made = world.as_("viewer").get(f"/models/{found.model.pk}/corrections").json()
    assert (made["accepted"], made["unchanged"]) == (1, 1)


def test_annotators_may_predict_a_few_images_and_managers_a_project(world: World) -> None:
    model, annotator = world.model(), world.as_("annotator")
    check(annotator.post(f"/models/{model.pk}/predict", {"scope": "all"}), 403, "not-allowed")
    assert world.as_("manager").post(f"/models/{model.pk}/predict", {"scope": "all"}).status_code == 202
    ImageAsset.objects.filter(pk=world.image.pk).update(split="test")
    answer = annotator.post(f"/models/{model.pk}/predict", {"images": [str(world.image.pk)]})
    assert "never pre-labelled" in check(answer, 400, "invalid-input")["detail"]


def test_the_queue_says_why_and_so_does_the_image_that_is_claimed(world: World) -> None:
    ImageAsset.objects.update(split="train")
    second = world.add_image(77)
    ImageAsset.objects.filter(pk=second.pk).update(split="train")
    entries = [
        {
            "image": str(second.pk),
            "position": 0,
            "reason": "uncertain",
            "class": 1,
            "score": 0.7,
            "minutes": 2.5,
        },
        {
            "image": str(world.image.pk),
            "position": 1,
            "reason": "random",
            "class": None,
            "score": 0.1,
            "minutes": None,
        },
    ]
    queue_replace(project=world.project, model=world.model(), job=None, entries=entries)
    queue = world.as_("viewer").get(f"/projects/{world.project.pk}/queue").json()
    assert [one["image"]["id"] for one in queue["results"]] == [str(second.pk), str(world.image.pk)]
    assert queue["count"] == 2
    claimed = world.as_("annotator").post(f"/projects/{world.project.pk}/next", {"queue": "annotate"}).json()
    assert claimed["id"] == str(second.pk)
    assert claimed["queue"] == {
        "position": 0,
        "reason": "uncertain",
        "class": 1,
        "score": 0.7,
        "minutes": 2.5,
    }
    ImageAsset.objects.filter(pk=second.pk).update(split="test")
    assert queue_replace(project=world.project, model=None, job=None, entries=entries) == 1
    assert not QueueEntry.objects.filter(image=second).exists()


def test_the_learning_curve_says_when_it_says_nothing(world: World) -> None:
    path = f"/projects/{world.project.pk}/learning-curve"
    assert world.as_("viewer").get(path).json() == {"results": [], "note": "too_few_rounds"}
    for number, value in enumerate((0.4, 0.6, 0.8), start=1):
        make_model(
            world.project, metrics=metrics(*[value] * 12), labelled_count=10 * number, promoted=timezone.now()
        )
    body = world.as_("viewer").get(path).json()
    assert [(one["labelled"], one["value"]) for one in body["results"]] == [
        (10, pytest.approx(0.4)), (20, pytest.approx(0.6)), (30, pytest.approx(0.8)),
    ]  # fmt: skip
    assert body["note"] == ""


def test_files_are_downloaded_under_names_for_people(world: World) -> None:
    model = world.model()
    answer = world.as_("viewer").get(f"/models/{model.pk}/files/card")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="streets-model1-card.md"'
    assert b"# Streets: model 1" in answer.content
    for name in ("weights", "strip", "../secret", "passwd"):
        assert world.as_("viewer").get(f"/models/{model.pk}/files/{name}").status_code == 404


def test_models_of_two_projects_are_not_compared(world: World, make_world) -> None:
    other = make_world()
    theirs = make_model(other.project)
    check(world.as_("owner").get(f"/models/{world.model().pk}/comparison/{theirs.pk}"), 404, "not-found")
    answer = world.as_("owner").get(f"/images/{world.image.pk}/predictions", query={"model": str(theirs.pk)})
    check(answer, 404, "not-found")
