"""Embeddings: made once, kept, made anew when lost, thrown away when others need the room."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.files.storage import default_storage
from django.db import connections
from django.utils import timezone
from PIL import Image

from annotator import diagnosis, jobs
from annotator.clicks.registry import Entry
from annotator.core.errors import InvalidInput, NotFound
from annotator.models import Embedding, ImageAsset, Job, JobState, Project, User
from annotator.selectors import click
from annotator.selectors.click import (
    Readiness,
    checked_window,
    embedding_of,
    model_named,
    packed,
    readiness,
    unpacked,
    window_for,
)
from annotator.services.embedding import (
    MOST_WAITING,
    embedding_lost,
    embedding_request,
    embeddings_evict,
)
from annotator.services.image import image_create
from tests.annotator.factories import make_project, make_user
from tests.clicks import graphs
from tests.clicks.installed import forget, install

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _models(settings: Any, tmp_path: Path, storage: Path) -> Iterator[None]:
    install(settings, tmp_path)
    yield
    forget()


@pytest.fixture
def project() -> Project:
    return make_project()


@pytest.fixture
def user() -> User:
    return make_user()


def add(project: Project, seed: int = 1, size: tuple[int, int] = (60, 40)) -> ImageAsset:
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    result = image_create(project=project, user=None, file=file, name=f"{seed}.png")
    assert result.image is not None, result.reason
    return result.image


def ask(image: ImageAsset, user: User | None = None, entry: Entry | None = None) -> Readiness:
    frame = window_for(image, None)
    return embedding_request(
        user=user, image=image, entry=entry or model_named(None, image.project_id), frame=frame
    )


def run_waiting() -> None:
    for job in Job.objects.filter(state=JobState.QUEUED).order_by("created"):
        jobs.run_job(job.pk)


def row_of(image: ImageAsset) -> Embedding:
    return Embedding.objects.select_related("job").get(sha256=image.sha256)


def test_asking_makes_a_quiet_job_of_its_own_queue_and_its_end_makes_the_image_ready(
    project: Project,
) -> None:
    image = add(project)
    assert readiness(image, model_named(None, project.pk), window_for(image, None)).state == "absent"
    found = ask(image)
    assert (found.state, found.progress) == ("queued", 0.0)
    job = Job.objects.get()
    assert (job.kind, job.queue, job.kind in jobs.QUIET) == ("embed", "ahead", True)
    run_waiting()
    found = ask(image)
    assert found.state == "ready"
    assert found.row is not None
    kept = embedding_of(found.row.stored)
    assert kept is not None
    assert (kept.width, kept.height) == (60, 40)
    assert found.row.size_bytes == default_storage.size(found.row.stored)


def test_asking_again_starts_nothing(project: Project) -> None:
    image = add(project)
    for _ in range(3):
        ask(image)
    run_waiting()
    for _ in range(3):
        assert ask(image).state == "ready"
    assert Job.objects.count() == 1


def test_the_same_file_in_another_project_is_ready_at_once(project: Project) -> None:
    ask(add(project, 5))
    run_waiting()
    assert ask(add(make_project(), 5)).state == "ready"


def test_people_who_ask_at_once_get_one_job(project: Project) -> None:
    image, entry = add(project), model_named(None, project.pk)
    barrier = threading.Barrier(6)

    def once(_: int) -> str:
        try:
            barrier.wait(timeout=30)
            return ask(image, entry=entry).state
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        states = set(pool.map(once, range(6)))
    assert states == {"queued"}
    assert (Job.objects.count(), Embedding.objects.count()) == (1, 1)


def test_two_workers_that_hear_the_same_bell_compute_once(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    image, entry = add(project), model_named(None, project.pk)
    segmenter: Any = entry.segmenter
    calls: list[float] = []
    real = segmenter.embed

    def slow(picture: Any) -> Any:
        calls.append(time.monotonic())
        time.sleep(0.3)
        return real(picture)

    monkeypatch.setattr(segmenter, "embed", slow)
    ask(image)
    job = Job.objects.get()

    def work(_: int) -> None:
        try:
            jobs.run_job(job.pk)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, range(2)))
    assert len(calls) == 1
    assert ask(image).state == "ready"


def test_a_worker_killed_in_the_middle_leaves_nothing_in_the_way_of_the_next(project: Project) -> None:
    """As its lease runs out: the row says running, a half written file may lie there."""
    image = add(project)
    ask(image)
    dead = {"state": JobState.RUNNING, "attempts": 1, "lease": "00000000-0000-0000-0000-000000000001"}
    Job.objects.update(**dead, lease_until=timezone.now() - timedelta(seconds=5))
    assert ask(image).state == "running"
    assert jobs.reap() == 1
    row = row_of(image)
    name = f"embeddings/{image.sha256[:2]}/{image.sha256}-{row.model}-0_0_60_40.npz"
    path = Path(default_storage.path(name))
    path.parent.mkdir(parents=True)
    path.write_bytes(b"half of it")
    run_waiting()
    found = ask(image)
    assert found.state == "ready"
    assert found.row is not None
    assert embedding_of(found.row.stored) is not None


@pytest.mark.parametrize("damage", ["gone", "cut", "flipped", "pickled"])
def test_a_file_that_is_gone_or_damaged_is_made_anew(project: Project, damage: str) -> None:
    image = add(project)
    ask(image)
    run_waiting()
    row = row_of(image)
    path = Path(default_storage.path(row.stored))
    content = bytearray(path.read_bytes())
    if damage == "gone":
        path.unlink()
    elif damage == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "flipped":
        content[len(content) // 2] ^= 0xFF
        path.write_bytes(content)
    else:
        with path.open("wb") as file:
            np.savez(file, frame=np.array([{"a": 1}], dtype=object), tensor_x=np.zeros(3))
    assert embedding_of(row.stored) is None
    embedding_lost(row=row)
    assert ask(image).state == "queued"
    run_waiting()
    assert ask(image).state == "ready"
    assert embedding_of(row_of(image).stored) is not None


def test_what_is_kept_survives_the_process(project: Project) -> None:
    image = add(project)
    ask(image)
    run_waiting()
    forget()  # as after a restart: no memory, another registry
    found = ask(image)
    assert found.row is not None
    assert found.state == "ready"
    assert embedding_of(found.row.stored) is not None


def test_a_failed_one_says_why_and_is_tried_again_later(
    project: Project,
) -> None:
    image = add(project, 777)  # of which no pixels are in memory
    Path(default_storage.path(image.display)).unlink()
    ask(image)
    run_waiting()
    found = ask(image)
    assert (found.state, found.detail) == ("failed", "the file is missing from the storage")
    Job.objects.update(finished=timezone.now() - timedelta(minutes=1))
    assert ask(image).state == "queued"
    assert Job.objects.count() == 2


def test_who_leafs_through_many_images_waits_for_the_last_few_only(project: Project, user: User) -> None:
    images = [add(project, seed) for seed in range(MOST_WAITING + 3)]
    for image in images:
        ask(image, user)
    states = [
        readiness(one, model_named(None, one.project_id), window_for(one, None)).state for one in images
    ]
    assert states == ["absent"] * 3 + ["queued"] * MOST_WAITING
    assert ask(images[0], user).state == "queued"  # it is opened again


def test_another_persons_waiting_ones_are_left_alone(project: Project, user: User) -> None:
    theirs = add(project, 100)
    ask(theirs, make_user("b@example.org"))
    for seed in range(MOST_WAITING + 1):
        ask(add(project, seed), user)
    assert readiness(theirs, model_named(None, theirs.project_id), window_for(theirs, None)).state == "queued"


def test_those_used_longest_ago_make_room(project: Project) -> None:
    images = [add(project, seed) for seed in range(4)]
    for image in images:
        ask(image)
    run_waiting()
    size = row_of(images[0]).size_bytes
    for age, image in zip((5, 40, 30, 20), images, strict=True):
        used = timezone.now() - timedelta(minutes=age)
        Embedding.objects.filter(sha256=image.sha256).update(used=used)
    ask(images[1])  # used now
    gone = row_of(images[2]).stored
    assert embeddings_evict(limit=size * 3) == 2
    assert {row.sha256 for row in Embedding.objects.all()} == {images[0].sha256, images[1].sha256}
    assert not default_storage.exists(gone)
    assert ask(images[2]).state == "queued"


def test_a_new_one_stays_even_where_it_is_larger_than_the_limit(project: Project, settings: Any) -> None:
    settings.EMBEDDING_BYTES = 10
    for seed in (1, 2):
        ask(add(project, seed))
        run_waiting()
    [row] = Embedding.objects.all()
    assert row.sha256 == ImageAsset.objects.get(name="2.png").sha256


def test_memory_holds_no_more_than_it_may(project: Project, settings: Any) -> None:
    rows = []
    for seed in range(4):
        image = add(project, seed)
        ask(image)
        run_waiting()
        rows.append(row_of(image))
    first = embedding_of(rows[0].stored)
    assert first is not None
    settings.EMBEDDING_MEMORY_BYTES = first.size_bytes * 2
    for row in rows[1:]:
        embedding_of(row.stored)
    assert list(click.MEMORY._kept) == [rows[2].stored, rows[3].stored]
    assert click.MEMORY._bytes == first.size_bytes * 2


def test_another_version_of_a_model_sees_the_image_anew(
    project: Project, settings: Any, tmp_path: Path
) -> None:
    image = add(project)
    ask(image)
    run_waiting()
    manifest = tmp_path / "models" / "small" / "model.json"
    manifest.write_text(manifest.read_text().replace('"family"', '"fit": "square", "family"'))
    assert ask(image).state == "queued"


def test_a_worker_without_the_model_says_so(project: Project, settings: Any, tmp_path: Path) -> None:
    image, entry = add(project), model_named(None, project.pk)
    ask(image)
    (tmp_path / "models" / "small" / "encoder.onnx").unlink()
    run_waiting()
    found = ask(image, entry=entry)
    assert found.state == "failed"
    assert "this worker does not have the click model small" in found.detail


def test_unknown_and_broken_models_are_told_apart(project: Project) -> None:
    with pytest.raises(NotFound, match="there is no click model other; there are mobile-sam, small"):
        model_named("other", project.pk)
    with pytest.raises(InvalidInput, match=r"mobile-sam cannot be used: encoder\.onnx is missing"):
        model_named("mobile-sam", project.pk)


def test_old_jobs_are_swept(project: Project) -> None:
    ask(add(project, 1))
    run_waiting()
    Job.objects.update(finished=timezone.now() - timedelta(days=2))
    ask(add(project, 2))
    run_waiting()
    assert Job.objects.count() == 1
    assert ask(ImageAsset.objects.get(name="1.png")).state == "ready"


def test_packed_is_unpacked_the_same(project: Project) -> None:
    image = add(project)
    ask(image)
    run_waiting()
    kept = embedding_of(row_of(image).stored)
    assert kept is not None
    again = unpacked(packed(kept))
    assert (again.grid, again.across, again.down) == (kept.grid, kept.across, kept.down)
    np.testing.assert_array_equal(again.tensors["image_embeddings"], kept.tensors["image_embeddings"])


def sized(width: int, height: int) -> ImageAsset:
    return ImageAsset(width=width, height=height)


def test_a_small_image_is_looked_at_as_a_whole_however_near() -> None:
    assert window_for(sized(1300, 900), (10, 10, 60, 60)) == (0, 0, 1300, 900)


def test_a_large_image_is_looked_at_through_windows() -> None:
    large = sized(4000, 3000)
    assert window_for(large, None) == (0, 0, 4000, 3000)
    assert window_for(large, (1900, 1400, 2100, 1600)) == (1536, 1024, 2560, 2048)
    assert window_for(large, (0, 0, 100, 100)) == (0, 0, 1024, 1024)
    assert window_for(large, (3900, 2900, 4000, 3000)) == (2976, 1976, 4000, 3000)


@pytest.mark.parametrize("size", [(4000, 3000), (900, 20000), (30000, 30000), (1367, 5000)])
def test_what_is_seen_lies_in_its_window_and_a_window_answers_itself(size: tuple[int, int]) -> None:
    image = sized(*size)
    numbers = np.random.default_rng(1)
    for _ in range(300):
        side = numbers.uniform(20, 6000)
        x0, y0 = (numbers.uniform(0, max(1, length - side)) for length in size)
        seen = (x0, y0, min(x0 + side, size[0]), min(y0 + side, size[1]))
        frame = window_for(image, seen)
        assert frame[0] <= seen[0]
        assert frame[1] <= seen[1]
        assert frame[2] >= seen[2]
        assert frame[3] >= seen[3]
        assert checked_window(image, frame) == frame
        assert max(frame[2] - frame[0], frame[3] - frame[1]) <= 8192


@pytest.mark.parametrize("given", [(1, 0, 1025, 1024), (0, 0, 500, 500), (5000, 0, 6024, 1024)])
def test_another_window_is_refused(given: tuple[float, float, float, float]) -> None:
    with pytest.raises(InvalidInput, match="is no window of this image"):
        checked_window(sized(4000, 3000), given)


def test_doctor_names_each_model_and_what_is_wrong(project: Project, settings: Any, tmp_path: Path) -> None:
    graphs.sam_folder(tmp_path / "models" / "wrong", family="unet")
    found = {one.text.split(":")[0]: one for one in diagnosis._click_models(runs=True)}
    assert found["mobile-sam"].state == "warning"
    assert found["mobile-sam"].mend == "make setup"
    assert found["wrong"].state == "warning"
    assert "family is 'unet'" in found["wrong"].text
    [small] = [one for one in found.values() if "(small), ready in" in one.text]
    assert small.state == "ok"


def test_doctor_tells_of_images_that_nobody_makes_ready(project: Project) -> None:
    ask(add(project))
    assert list(diagnosis._waiting_embeddings()) == []
    Job.objects.update(created=timezone.now() - timedelta(minutes=5))
    [finding] = diagnosis._waiting_embeddings()
    assert finding.state == "warning"
    assert "--queues ahead" in finding.mend
