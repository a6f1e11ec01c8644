"""Exports of a frozen version: the right files, the same bytes every time, whole or not at all."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from PIL import Image
from pycocotools.coco import COCO

from annotator import jobs
from annotator.core import raster
from annotator.core.document import Annotation
from annotator.core.errors import InvalidInput, UnsupportedFormat
from annotator.job_context import JobContext
from annotator.models import DatasetVersion, Document, ImageAsset, Job, JobState, Project
from annotator.selectors.version import dataset_view
from annotator.services.export_job import export_start, run_export
from annotator.services.image import image_create
from annotator.services.project import project_update
from annotator.services.version import version_freeze
from tests.annotator.factories import an_object, change, make_project, make_user, polygon, square

pytestmark = pytest.mark.django_db


def picture(
    seed: int, kind: str = "JPEG", orientation: int = 1, size: tuple[int, int] = (100, 80)
) -> io.BytesIO:
    pixels = np.random.default_rng(seed).integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
    exif = Image.Exif()
    exif[0x0112] = orientation
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format=kind, exif=exif)
    return buffer


def add_image(project: Project, name: str, objects: list[Annotation], **how: Any) -> Document:
    result = image_create(project=project, user=None, file=picture(crc32(name.encode()), **how), name=name)
    assert result.image is not None, result.reason
    document = result.image.documents.get()
    if objects:
        change(document, put=objects)
    return document


@pytest.fixture
def project(storage: Path) -> Project:
    made = make_project()
    mask = raster.mask_from_bitmap(np.eye(8, dtype=bool), 20, 30)
    hole = polygon([10, 10, 50, 10, 50, 50, 10, 50], [20, 20, 30, 20, 30, 30, 20, 30])
    add_image(made, "b/one.jpg", [an_object(square(1, 1)), an_object(hole, class_index=2, z=1)])
    add_image(made, "a/two.png", [an_object(mask, class_index=3, is_crowd=True)], kind="PNG")
    add_image(made, "empty.jpg", [])
    return made


def freeze(project: Project) -> DatasetVersion:
    return version_freeze(project=project, user=None)


def run(version: DatasetVersion, fmt: str = "coco", **options: Any) -> Job:
    job = export_start(user=None, version=version, format=fmt, options=options)
    jobs.run_job(job.pk)
    job.refresh_from_db()
    return job


def exported(job: Job) -> zipfile.ZipFile:
    assert job.state == JobState.SUCCEEDED, job.error
    assert job.result is not None
    return zipfile.ZipFile(io.BytesIO(default_storage.open(job.result["file"]).read()))


def test_coco_export_says_what_was_drawn(project: Project, tmp_path: Path) -> None:
    job = run(freeze(project))
    with exported(job) as archive:
        archive.extractall(tmp_path / "out")
    coco = COCO(str(tmp_path / "out/annotations/instances_all.json"))
    assert [one["file_name"] for one in coco.dataset["images"]] == ["a/two.png", "b/one.jpg", "empty.jpg"]
    view = dataset_view(freeze(project))
    for image, document in zip(coco.dataset["images"], view.images(), strict=True):
        assert Image.open(tmp_path / "out/images" / image["file_name"]).size == (
            image["width"],
            image["height"],
        )
        records = coco.loadAnns(coco.getAnnIds(imgIds=[image["id"]]))
        for annotation, record in zip(document.annotations, records, strict=True):
            assert record["iscrowd"] == annotation.is_crowd
            if isinstance(record["segmentation"], dict):
                assert np.array_equal(coco.annToMask(record), raster.rasterise(annotation.geometry, 80, 100))


def test_result_names_the_file_its_size_and_its_hash(project: Project) -> None:
    job = run(freeze(project), "voc")
    assert job.result is not None
    data = default_storage.open(job.result["file"]).read()
    assert job.result["size_bytes"] == len(data)
    assert job.result["sha256"] == hashlib.sha256(data).hexdigest()
    assert job.result["name"] == "leaves-v1-voc.zip"


@pytest.mark.parametrize("fmt", ["coco", "voc", "masks"])
def test_same_version_exported_twice_gives_the_same_bytes_whatever_happens_meanwhile(
    project: Project, fmt: str
) -> None:
    version = freeze(project)
    first = run(version, fmt)
    add_image(project, "zz.jpg", [an_object(square(5, 5))])
    change(Document.objects.get(image__name="empty.jpg"), put=[an_object(square(9, 9))])
    project_update(project=project, changes={"name": "renamed"})
    ImageAsset.objects.filter(project=project).update(
        licence="CC0", attribution="Ana", source_url="https://x.example/1"
    )
    version.refresh_from_db()
    second = run(version, fmt)
    assert first.result is not None
    assert second.result is not None
    assert first.result["sha256"] == second.result["sha256"]
    assert first.result["file"] == second.result["file"]


def test_rotated_photograph_leaves_upright_and_others_as_they_came(storage: Path) -> None:
    project = make_project()
    add_image(project, "turned.jpg", [], orientation=6, size=(100, 80))
    add_image(project, "plain.jpg", [])
    with exported(run(freeze(project))) as archive:
        content = json.loads(archive.read("annotations/instances_all.json"))
        assert [(one["file_name"], one["width"], one["height"]) for one in content["images"]] == [
            ("plain.jpg", 100, 80),
            ("turned.jpg.png", 80, 100),
        ]
        turned = Image.open(io.BytesIO(archive.read("images/turned.jpg.png")))
        assert turned.size == (80, 100)
        assert turned.getexif().get(0x0112, 1) == 1
        assert archive.read("images/plain.jpg") == picture(crc32(b"plain.jpg")).getvalue()


def test_export_that_cannot_be_written_fails_with_every_reason_and_leaves_no_file(storage: Path) -> None:
    project = make_project()
    crowd = [an_object(square(k % 90, k // 90, 1)) for k in range(300)]
    for name in ("one.jpg", "two.jpg"):
        add_image(project, name, [an_object(one.geometry) for one in crowd])
    job = run(freeze(project), "voc")
    assert job.state == JobState.FAILED
    assert job.error is not None
    assert [one["where"] for one in job.error["errors"]] == ["one.jpg", "two.jpg"]
    assert [path for path in (storage / "exports").rglob("*") if path.is_file()] == []


def test_unknown_format_and_options_are_refused_before_a_job_is_made(project: Project) -> None:
    version = freeze(project)
    with pytest.raises(UnsupportedFormat, match="coco, voc, masks"):
        export_start(user=None, version=version, format="yolo", options={})
    with pytest.raises(InvalidInput) as caught:
        export_start(user=None, version=version, format="voc", options={"palette": "pink", "colour": 1})
    assert {one.where for one in caught.value.problems} == {"options.palette", "options.colour"}
    assert not Job.objects.exists()


def test_cancelled_export_stops_and_leaves_no_file(project: Project, storage: Path) -> None:
    job = export_start(user=make_user(), version=freeze(project), format="coco", options={})
    Job.objects.filter(pk=job.pk).update(cancel_requested=True)
    jobs.run_job(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED
    assert [path for path in (storage / "exports").rglob("*") if path.is_file()] == []


def test_leftover_of_a_killed_worker_is_swept_up(project: Project, storage: Path) -> None:
    job = export_start(user=None, version=freeze(project), format="coco", options={})
    (storage / "exports").mkdir(parents=True)
    leftover = storage / "exports" / f".part-{job.pk}-abc"
    leftover.write_bytes(b"half")
    jobs.run_job(job.pk)
    assert not leftover.exists()


def test_progress_only_rises_and_ends_near_one(project: Project) -> None:
    seen: list[float] = []

    class Watching(JobContext):
        def progress(self, fraction: float, stage: str | None = None) -> None:
            seen.append(fraction)

    job = export_start(user=None, version=freeze(project), format="coco", options={})
    jobs._claim(job.pk)  # as a worker does
    job.refresh_from_db()
    assert job.lease is not None
    run_export(Watching(job, lease=job.lease))
    assert seen == sorted(seen)
    assert seen[-1] > 0.9


def test_command_writes_the_same_bytes_as_the_job(project: Project, tmp_path: Path, capsys: Any) -> None:
    version = freeze(project)
    job = run(version, "masks", values="from_zero")
    out = tmp_path / "out.zip"
    call_command(
        "export_dataset", project.name, str(out), format="masks", number=1, option=["values=from_zero"]
    )
    assert job.result is not None
    assert hashlib.sha256(out.read_bytes()).hexdigest() == job.result["sha256"]
    assert capsys.readouterr().out.strip() == str(out)


def test_command_takes_version_by_number_and_says_which_there_are(project: Project, tmp_path: Path) -> None:
    freeze(project)
    call_command("export_dataset", str(project.pk), str(tmp_path), "--version", "1")
    assert (tmp_path / "leaves-v1-coco.zip").exists()
    with pytest.raises(CommandError, match="no version 9; it has 1"):
        call_command("export_dataset", project.name, str(tmp_path), "--version", "9")
    with pytest.raises(CommandError, match="no project has the id or the name 'nothing'"):
        call_command("export_dataset", "nothing", str(tmp_path))
    with pytest.raises(CommandError, match="no such option"):
        call_command("export_dataset", project.name, str(tmp_path), "--option", "x=1")
