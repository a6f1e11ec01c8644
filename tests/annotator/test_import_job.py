"""Imports into a project: what comes in, what is told, and that doing it twice changes nothing."""

from __future__ import annotations

import functools
import http.server
import io
import json
import threading
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from PIL import Image
from pycocotools.coco import COCO

from annotator import jobs
from annotator.core import raster
from annotator.core.errors import InvalidInput, UnsupportedFormat
from annotator.formats.registry import FORMATS
from annotator.models import Annotation, Document, ImageAsset, Job, JobState, LabelClass, Project, Revision
from annotator.selectors.version import dataset_view
from annotator.services import import_job
from annotator.services.export_job import export_start
from annotator.services.import_job import import_start
from annotator.services.version import version_freeze
from tests.annotator.factories import an_object, change, make_project, make_user, square

pytestmark = pytest.mark.django_db


def picture(seed: int, kind: str = "PNG", width: int = 40, height: int = 30) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 255, (height, width, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format=kind)
    return buffer.getvalue()


def coco_json(annotations: list[dict[str, Any]], count: int = 2, **more: Any) -> bytes:
    content = {
        "images": [{"id": k, "file_name": f"{k}.png", "width": 40, "height": 30} for k in range(count)],
        "categories": [{"id": 1, "name": "leaf"}, {"id": 2, "name": "petal"}],
        "annotations": [
            {"id": k, "image_id": 0, "category_id": 1, **one} for k, one in enumerate(annotations)
        ],
        **more,
    }
    return json.dumps(content).encode()


RING = [2, 2, 20, 2, 20, 12, 2, 12]
DATASET = {
    "annotations/instances_all.json": coco_json(
        [{"segmentation": [RING]}, {"segmentation": [RING], "category_id": 2}]
    ),
    "images/0.png": picture(0),
    "images/1.png": picture(1),
}


def zipped(files: dict[str, bytes]) -> io.BytesIO:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer


def started(project: Project, files: dict[str, bytes], *, zip_it: bool = True, **given: Any) -> Job:
    sent = (
        [("dataset.zip", zipped(files))]
        if zip_it
        else [(name, io.BytesIO(data)) for name, data in files.items()]
    )
    return import_start(user=None, project=project, files=sent, **given)


def run(job: Job) -> dict[str, Any]:
    jobs.run_job(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.SUCCEEDED, job.error
    assert job.result is not None
    return job.result


def imported(project: Project, files: dict[str, bytes], **given: Any) -> dict[str, Any]:
    return run(started(project, files, **given))


@pytest.fixture
def project(storage: Path) -> Project:
    return make_project()


def objects(name: str) -> list[Annotation]:
    return list(Annotation.objects.filter(document__image__name=name, valid_to=None).order_by("uuid"))


@pytest.mark.parametrize("zip_it", [True, False])
def test_pictures_annotations_and_missing_classes_come_in(
    project: Project, zip_it: bool, storage: Path
) -> None:
    result = imported(project, DATASET, zip_it=zip_it)
    assert result == {
        "format": "coco",
        "images": {"created": 2, "duplicate": 0, "matched": 0, "rejected": 0},
        "annotations": 2,
        "classes": ["petal"],
        "clips": [],
        "problems": [],
        "problem_count": 0,
    }
    leaf, petal = (LabelClass.objects.get(project=project, name=name).index for name in ("leaf", "petal"))
    assert [(one.class_index, one.source, one.area) for one in objects("0.png")] == [
        (leaf, "import", 180.0),
        (petal, "import", 180.0),
    ]
    assert [path for path in (storage / "imports").rglob("*") if path.is_file()] == []


def test_running_the_same_job_twice_doubles_nothing(project: Project) -> None:
    job = started(project, DATASET)
    parameters = job.parameters
    kept = default_storage.open(parameters["files"][0]["file"]).read()
    run(job)
    before = list(Annotation.objects.order_by("pk").values())
    default_storage.save(
        parameters["files"][0]["file"], io.BytesIO(kept)
    )  # as if the worker had died before the end
    Job.objects.filter(pk=job.pk).update(state=JobState.QUEUED)
    result = run(job)
    assert result["images"] == {"created": 0, "duplicate": 2, "matched": 0, "rejected": 0}
    assert result["annotations"] == 2
    assert list(Annotation.objects.order_by("pk").values()) == before
    assert ImageAsset.objects.count() == 2


def test_worker_that_dies_in_the_middle_leaves_a_job_that_another_finishes(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [{"segmentation": [RING], "image_id": k} for k in range(6)]
    files = {"instances.json": coco_json(many, count=6), **{f"{k}.png": picture(k) for k in range(6)}}
    job = started(project, files)
    real = import_job.document_replace_from_import

    def dying(**given: Any) -> Any:
        if Revision.objects.count() == 3:
            raise KeyboardInterrupt
        return real(**given)

    monkeypatch.setattr(import_job, "document_replace_from_import", dying)
    with pytest.raises(KeyboardInterrupt):
        jobs.run_job(job.pk)
    monkeypatch.undo()
    assert Annotation.objects.count() == 3
    Job.objects.filter(pk=job.pk).update(state=JobState.QUEUED, lease=None)
    assert run(job)["annotations"] == 6
    assert Annotation.objects.count() == 6
    assert Revision.objects.count() == 6


def test_second_import_replaces_what_imports_made_and_keeps_what_people_drew(project: Project) -> None:
    imported(project, DATASET)
    again = {**DATASET, "annotations/instances_all.json": coco_json([{"segmentation": [[1, 1, 5, 1, 5, 5]]}])}
    assert imported(project, again)["annotations"] == 1
    assert len(objects("0.png")) == 1
    change(Document.objects.get(image__name="0.png"), put=[an_object(square(20, 10, 5))])
    result = imported(project, DATASET)
    assert result["annotations"] == 0
    assert "people made" in result["problems"][0]["message"]
    assert len(objects("0.png")) == 2
    assert imported(project, DATASET, replace_existing=True)["annotations"] == 2
    assert len(objects("0.png")) == 2


def test_annotations_alone_find_their_images_by_name(project: Project) -> None:
    imported(project, {"b/0.png": picture(0), "1.png": picture(1)})
    result = imported(project, {"a.json": DATASET["annotations/instances_all.json"]})
    assert result["images"] == {"created": 0, "duplicate": 0, "matched": 2, "rejected": 0}
    assert len(objects("b/0.png")) == 2


def test_picture_that_is_nowhere_and_name_that_two_have_are_told(project: Project) -> None:
    imported(project, {"b/0.png": picture(0), "c/0.png": picture(5)})
    result = imported(project, {"a.json": DATASET["annotations/instances_all.json"]})
    assert result["images"]["rejected"] == 2
    assert [(one["where"], one["message"][:20]) for one in result["problems"]] == [
        ("0.png", "b/0.png and other im"),
        ("1.png", "the picture is neith"),
    ]


def test_every_bad_record_is_told_and_the_good_ones_come_in(project: Project) -> None:
    bad = [
        {"segmentation": [RING]},
        {"segmentation": [[0, 0, 1, 1]]},
        {"segmentation": [RING], "category_id": 9},
        {"segmentation": [[50, 50, 60, 50, 60, 60]]},
        {"segmentation": [[0, 0, 20, 20, 20, 0, 0, 20]]},
        {"segmentation": [RING], "image_id": 77},
        {"segmentation": [[30, 20, 60, 20, 60, 29, 30, 29]]},
    ]
    files = {**DATASET, "annotations/instances_all.json": coco_json(bad), "images/1.png": b"broken"}
    result = imported(project, files)
    told = {one["where"]: one["message"] for one in result["problems"]}
    prefix = "annotations/instances_all.json: "
    assert "2 points" in told[f"{prefix}annotations[1].segmentation[0]"]
    assert "no category with id 9" in told[f"{prefix}annotations[2].category_id"]
    assert "no image with id 77" in told[f"{prefix}annotations[5].image_id"]
    assert "not a picture" in told[f"{prefix}images[1]"]
    assert "kept as a mask of the same pixels" in told["0.png: annotations[2]"]
    assert "outside" in told["0.png: annotations[1].polygons"]
    assert result["problem_count"] == len(result["problems"]) == 6
    assert [(one.kind, one.area) for one in objects("0.png")] == [
        ("polygon", 180.0),
        ("mask", 200.0),
        ("polygon", 90.0),
    ]


def test_problems_are_capped_and_counted(project: Project) -> None:
    files = {**DATASET, "annotations/instances_all.json": coco_json([{"segmentation": [[0, 0, 1, 1]]}] * 500)}
    result = imported(project, files)
    assert (len(result["problems"]), result["problem_count"]) == (200, 500)


def test_annotations_for_another_size_are_left_out(project: Project) -> None:
    imported(project, {"0.png": picture(0, width=20), "1.png": picture(1)})
    result = imported(project, {"a.json": DATASET["annotations/instances_all.json"]})
    assert result["annotations"] == 0
    assert "are for 40 x 30 pixels, the image has 20 x 30" in result["problems"][0]["message"]


def test_pictures_without_annotations_come_in_and_others_are_told(project: Project) -> None:
    result = imported(project, {"a/b.png": picture(1), "notes.txt": b"hello", "c.svg": b"<svg></svg>"})
    assert result["format"] is None
    assert result["images"]["created"] == 1
    assert {one["where"] for one in result["problems"]} == {"notes.txt", "c.svg"}
    assert ImageAsset.objects.get().name == "a/b.png"


def test_attributes_come_in_and_make_their_schema(project: Project) -> None:
    records = [
        {"segmentation": [RING], "attributes": {"occluded": True, "age": 2, "note": "x"}},
        {"segmentation": [RING], "attributes": {"occluded": "yes"}},
    ]
    result = imported(project, {**DATASET, "annotations/instances_all.json": coco_json(records)})
    assert [one.attributes for one in objects("0.png")] == [{"occluded": True, "age": 2, "note": "x"}, {}]
    assert len(result["problems"]) == 1
    schema = {
        one["name"]: one["type"] for one in LabelClass.objects.get(project=project, name="leaf").attributes
    }
    assert schema == {"occluded": "checkbox", "age": "number", "note": "text"}


def test_splits_and_what_is_known_about_pictures_come_along(project: Project) -> None:
    images = [
        {
            "id": 0,
            "file_name": "0.png",
            "width": 40,
            "height": 30,
            "coco_url": "https://e.org/0",
            "group": "g",
        }
    ]
    imported(
        project, {"annotations/instances_val.json": coco_json([], images=images), "images/0.png": picture(0)}
    )
    image = ImageAsset.objects.get()
    assert (image.split, image.source_url, image.group) == ("val", "https://e.org/0", "g")


@pytest.mark.parametrize("fmt", ["coco", "voc", "masks"])
def test_export_of_one_project_imports_into_another_and_into_itself(project: Project, fmt: str) -> None:
    masks = np.zeros((30, 40), dtype=np.uint8)
    masks[3:9, 4:20], masks[20:25, 30:], masks[28:, :5] = 1, 2, 255
    buffer = io.BytesIO()
    Image.fromarray(masks).save(buffer, format="PNG")
    tiff = picture(3, "TIFF")
    imported(
        project,
        {
            "images/scan.tif": tiff,
            "images/photo.jpg": picture(4, "JPEG"),
            "masks/scan.png": buffer.getvalue(),
        },
    )
    first = exported(project, fmt)
    result = run(import_start(user=None, project=project, files=[("e.zip", io.BytesIO(first))]))
    assert result["problems"] == []
    assert result["images"] == {"created": 0, "duplicate": 1, "matched": 1, "rejected": 0}
    other = make_project(
        classes=[{"name": label.name, "colour": label.colour} for label in project.label_classes.all()]
    )
    result = run(import_start(user=None, project=other, files=[("e.zip", io.BytesIO(first))]))
    assert result["problems"] == []
    ours, theirs = maps_of(project), maps_of(other)
    assert all(np.array_equal(one, another) for one, another in zip(ours, theirs, strict=True))
    assert np.unique(np.concatenate(ours)).tolist() == [0, 4, 5] + ([255] if fmt != "coco" else [])


def maps_of(project: Project) -> list[np.ndarray]:
    view = dataset_view(version_freeze(project=project, user=None))
    return [raster.label_map(one.annotations, one.height, one.width) for one in view.images()]


def exported(project: Project, fmt: str, **options: Any) -> bytes:
    job = export_start(
        user=None, version=version_freeze(project=project, user=None), format=fmt, options=options
    )
    result = run(job)
    return default_storage.open(result["file"]).read()


def test_cancelled_import_keeps_what_is_in_and_can_be_run_again(project: Project) -> None:
    job = started(project, DATASET)
    Job.objects.filter(pk=job.pk).update(cancel_requested=True)
    jobs.run_job(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED
    jobs.job_retry(job=job)
    assert run(job)["annotations"] == 2


@pytest.mark.parametrize(
    ("files", "given", "message"),
    [
        ({"a.txt": b"x"}, {"format": "coco"}, "no COCO annotation file"),
        ({"images/a.png": picture(0)}, {"format": "masks"}, "no masks found"),
        ({"../evil.png": picture(0)}, {}, "refused"),
        ({}, {}, "no files"),
    ],
)
def test_import_that_can_read_nothing_fails_with_a_word(
    project: Project, files: dict[str, bytes], given: dict[str, Any], message: str
) -> None:
    job = started(project, files, **given)
    jobs.run_job(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert job.error is not None
    assert message in job.error["detail"]
    assert not ImageAsset.objects.exists()


def test_file_called_zip_that_is_none_is_told_as_such(project: Project) -> None:
    job = import_start(user=None, project=project, files=[("photos.zip", io.BytesIO(b"rubbish"))])
    jobs.run_job(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert job.error is not None
    assert job.error["errors"][0]["where"] == "photos.zip"
    assert "no ZIP archive" in job.error["errors"][0]["message"]


def test_annotation_file_that_no_format_takes_is_not_called_a_broken_picture(project: Project) -> None:
    result = run(started(project, {"instances.json": b"[]", "images/0.png": picture(0)}))
    assert result["images"] == {"created": 1, "duplicate": 0, "matched": 0, "rejected": 1}
    assert [(one["where"], one["message"][:37]) for one in result["problems"]] == [
        ("instances.json", "not annotations of a known format; ch"[:37])
    ]


def test_wrong_requests_are_refused_before_a_job_is_made(project: Project) -> None:
    with pytest.raises(UnsupportedFormat):
        import_start(user=None, project=project, format="yolo", files=[("a", io.BytesIO(b""))])
    with pytest.raises(InvalidInput, match="neither files nor addresses"):
        import_start(user=None, project=project)
    with pytest.raises(InvalidInput) as caught:
        import_start(user=None, project=project, files=[("ok", io.BytesIO()), ("../x", io.BytesIO())])
    assert [one.where for one in caught.value.problems] == ["files[1]"]
    assert not Job.objects.exists()


def test_addresses_on_this_machine_are_told_and_fetched_by_nobody(project: Project) -> None:
    job = import_start(
        user=None, project=project, urls=["http://127.0.0.1:9/a.png", "https://10.0.0.1/b.png"]
    )
    jobs.run_job(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert job.error is not None
    assert [one["where"] for one in job.error["errors"]] == [
        "http://127.0.0.1:9/a.png",
        "https://10.0.0.1/b.png",
    ]
    assert all("not on the public internet" in one["message"] for one in job.error["errors"])


def test_pictures_and_zips_at_addresses_come_in_and_failures_are_told(
    project: Project, tmp_path: Path, settings: Any
) -> None:
    settings.FETCH_PRIVATE_ADDRESSES = True
    (tmp_path / "one.png").write_bytes(picture(7))
    (tmp_path / "all.zip").write_bytes(zipped(DATASET).getvalue())
    handler = functools.partial(Quiet, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            here = f"http://127.0.0.1:{server.server_port}"
            urls = [f"{here}/one.png?v=2", f"{here}/all.zip", f"{here}/nothing.png"]
            result = run(import_start(user=None, project=project, urls=urls))
        finally:
            server.shutdown()
            thread.join()
    assert result["annotations"] == 2
    assert result["images"]["created"] == 3
    assert sorted(ImageAsset.objects.values_list("name", flat=True)) == ["0.png", "1.png", "one.png"]
    assert [one["where"] for one in result["problems"]] == [urls[2]]
    assert "404" in result["problems"][0]["message"]


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        return


def test_command_imports_a_folder_and_a_zip(project: Project, tmp_path: Path, capsys: Any) -> None:
    for name, content in DATASET.items():
        (tmp_path / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "data" / name).write_bytes(content)
    call_command("import_dataset", project.name, str(tmp_path / "data"))
    assert "images 2 created; 2 annotations; 1 new classes; 0 problems" in capsys.readouterr().out
    (tmp_path / "data.zip").write_bytes(zipped(DATASET).getvalue())
    call_command("import_dataset", str(project.pk), str(tmp_path / "data.zip"), format="coco")
    assert "2 duplicate; 2 annotations" in capsys.readouterr().out
    with pytest.raises(CommandError, match="does not exist"):
        call_command("import_dataset", project.name, str(tmp_path / "nothing"))
    with pytest.raises(CommandError, match="no masks found"):
        call_command("import_dataset", project.name, str(tmp_path / "data"), format="masks")


def test_strict_command_fails_on_a_bad_record(project: Project, tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "a.json").write_bytes(coco_json([{"segmentation": [[0, 0, 1, 1]]}]))
    (tmp_path / "0.png").write_bytes(picture(0))
    (tmp_path / "1.png").write_bytes(picture(1))
    with pytest.raises(CommandError, match="1 records were bad"):
        call_command("import_dataset", project.name, str(tmp_path), "--strict")
    assert "2 points" in capsys.readouterr().err


def sample(shared_data: Path, tmp_path: Path, names: list[str]) -> Path:
    """Links to some files of the real data, as a dataset of its own."""
    for name in names:
        (tmp_path / "sample" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "sample" / name).write_bytes((shared_data / name).read_bytes())
    return tmp_path / "sample"


@pytest.fixture
def empty_project(storage: Path) -> Project:
    return make_project(classes=[], owner=make_user())


def test_real_coco_comes_in_and_goes_out_identical(
    empty_project: Project, shared_data: Path, tmp_path: Path
) -> None:
    call_command("import_dataset", str(empty_project.pk), str(shared_data / "coco"))
    data = exported(empty_project, "coco", images=False)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        archive.extractall(tmp_path)
    after = COCO(str(tmp_path / "annotations/instances_all.json"))
    before = COCO(str(shared_data / "coco/annotations/instances_train2017.json"))
    assert len(after.anns) == len(before.anns) == 1_444
    ids = {one["file_name"]: one["id"] for one in after.dataset["images"]}
    exact = 0
    for image in before.dataset["images"]:
        old = [one for one in before.dataset["annotations"] if one["image_id"] == image["id"]]
        new = after.loadAnns(after.getAnnIds(imgIds=[ids[image["file_name"]]]))
        for one, other in zip(old, new, strict=True):
            assert before.cats[one["category_id"]]["name"] == after.cats[other["category_id"]]["name"]
            assert one["iscrowd"] == other["iscrowd"]
            if isinstance(one["segmentation"], list) and isinstance(other["segmentation"], list):
                exact += other["segmentation"] == [
                    ring[:-2] if ring[:2] == ring[-2:] else ring for ring in one["segmentation"]
                ]
            elif isinstance(one["segmentation"], dict):
                assert np.array_equal(before.annToMask(one), after.annToMask(other))
                exact += 1
    assert exact == 1_443  # one outline of COCO's crosses itself and is kept as a mask of the same pixels


def test_real_nuclei_come_in_and_go_out_identical(
    empty_project: Project, shared_data: Path, tmp_path: Path
) -> None:
    names = sorted(path.name for path in (shared_data / "nuclei/images").iterdir())[:40]
    folder = sample(
        shared_data, tmp_path, [f"nuclei/{kind}/{name}" for kind in ("images", "labels") for name in names]
    )
    call_command("import_dataset", str(empty_project.pk), str(folder / "nuclei"))
    with zipfile.ZipFile(io.BytesIO(exported(empty_project, "masks", images=False))) as archive:
        for name in names:
            seen = np.asarray(Image.open(io.BytesIO(archive.read(f"instances/{name}"))))
            assert np.array_equal(seen, np.asarray(Image.open(shared_data / "nuclei/labels" / name)))


def test_real_camvid_comes_in_and_goes_out_identical(
    empty_project: Project, shared_data: Path, tmp_path: Path
) -> None:
    names = []
    for split in ("train", "val", "test"):
        for path in sorted((shared_data / f"camvid/{split}annot").iterdir())[:8]:
            names += [f"camvid/{split}/{path.stem}.jpg", f"camvid/{split}annot/{path.name}"]
    folder = sample(shared_data, tmp_path, [*names, "camvid/classes.json"])
    call_command("import_dataset", str(empty_project.pk), str(folder / "camvid"))
    data = exported(empty_project, "masks", values="from_zero", maps="classes", images=False)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in names:
            if "annot/" in name:
                path = name.removeprefix("camvid/").replace("annot/", "/")
                seen = np.asarray(Image.open(io.BytesIO(archive.read(f"masks/{path}"))))
                assert np.array_equal(seen, np.asarray(Image.open(shared_data / name))), name
    splits = dict(ImageAsset.objects.values_list("name", "split"))
    assert {name.split("/")[0] for name, split in splits.items() if split == "val"} == {"val"}


def test_every_format_is_known_to_the_import(project: Project) -> None:
    for name in FORMATS:
        job = started(project, {"nothing.txt": b""}, format=name)
        jobs.run_job(job.pk)
        job.refresh_from_db()
        assert job.state == JobState.FAILED
