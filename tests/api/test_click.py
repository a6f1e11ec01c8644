"""Click to segment through the API: not ready, ready, what is found, and everything that is refused."""

from __future__ import annotations

import base64
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from annotator import jobs
from annotator.core import rle
from annotator.models import Annotation, Embedding, ImageAsset, Job, JobState
from annotator.services.image import image_create
from api.serializers.click import ALONG, logits_of, packed_logits
from tests.api.conftest import World, upload
from tests.clicks import graphs
from tests.clicks.installed import forget, install

WIDTH, HEIGHT = 128, 96
RADIUS = graphs.RADIUS_CELLS * graphs.CELL * WIDTH / graphs.SIDE


@pytest.fixture(autouse=True)
def _models(settings: Any, tmp_path: Path) -> Iterator[None]:
    install(settings, tmp_path)
    graphs.sam_folder(tmp_path / "models" / "other", fit="square")
    settings.CLICK_MODEL = "small"
    yield
    forget()


def add(world: World, size: tuple[int, int] = (WIDTH, HEIGHT), name: str = "noise.png") -> ImageAsset:
    pixels = np.random.default_rng(2).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    owner = world.members["owner"].user
    result = image_create(project=world.project, user=owner, file=upload(name, out.getvalue()), name=name)
    assert result.image is not None, result.reason
    return result.image


@pytest.fixture
def image(world: World) -> ImageAsset:
    return add(world)


def run_waiting() -> None:
    for job in Job.objects.filter(state=JobState.QUEUED, kind="embed"):
        jobs.run_job(job.pk)


def prepare(world: World, image: ImageAsset, **body: Any) -> Any:
    return world.as_("annotator").post(f"/images/{image.pk}/embeddings", body)


def ask(world: World, image: ImageAsset, **body: Any) -> Any:
    return world.as_("annotator").post(f"/images/{image.pk}/assist/click", body)


@pytest.fixture
def ready(world: World, image: ImageAsset) -> ImageAsset:
    prepare(world, image)
    run_waiting()
    return image


def mask_of(answer: Any) -> npt.NDArray[np.bool_]:
    assert answer.status_code == 200, answer.content
    body = answer.json()
    mask = rle.decode(rle.counts_from_string(body["rle"]["counts"]), *body["rle"]["size"])
    assert body["area"] == mask.sum()
    if mask.any():
        rows, columns = np.nonzero(mask)
        assert body["bbox"] == [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    return mask


def disc(x: float, y: float, radius: float = RADIUS) -> npt.NDArray[np.bool_]:
    rows, columns = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    return (columns - x) ** 2 + (rows - y) ** 2 < radius**2


def alike(a: npt.NDArray[np.bool_], b: npt.NDArray[np.bool_]) -> bool:
    return bool((a & b).sum() > 0.9 * (a | b).sum())


def test_before_it_is_ready_a_click_is_answered_with_how_far_it_is(world: World, image: ImageAsset) -> None:
    answer = ask(world, image, positive=[[64, 48]])
    assert answer.status_code == 409
    body = answer.json()
    assert (body["type"], body["state"], body["progress"]) == ("not-ready", "queued", 0)
    assert body["job"] == str(Job.objects.get().pk)
    assert body["region"] == [0, 0, WIDTH, HEIGHT]
    run_waiting()
    assert ask(world, image, positive=[[64, 48]]).status_code == 200


def test_a_click_finds_what_the_model_does_at_that_place(world: World, ready: ImageAsset) -> None:
    answer = ask(world, ready, positive=[[64, 48]])
    assert alike(mask_of(answer), disc(64, 48))
    body = answer.json()
    assert (body["model"], body["score"], body["region"]) == ("small", 0.75, [0, 0, WIDTH, HEIGHT])
    assert Annotation.objects.count() == 0


def test_the_logits_of_an_answer_lead_to_the_next(world: World, ready: ImageAsset) -> None:
    first = ask(world, ready, positive=[[64, 48]]).json()
    second = ask(world, ready, positive=[[64, 48]], previous=first["logits"]).json()
    np.testing.assert_allclose(
        np.clip(logits_of(first["logits"]) * 1.1, -32, 31.75), logits_of(second["logits"]), atol=0.26
    )


def test_a_stroke_is_points_along_it(world: World, ready: ImageAsset) -> None:
    """The small model looks at the first point only: of one stroke, that lies half a part from its beginning."""
    stroke = {"mode": "add", "radius": 1, "points": [10, 48, 118, 48]}
    found = mask_of(ask(world, ready, strokes=[stroke]))
    assert alike(found, disc(10 + 108 / ALONG / 2, 48))


def test_a_box_by_itself_is_enough(world: World, ready: ImageAsset) -> None:
    assert alike(mask_of(ask(world, ready, box=[30, 20, 60, 50])), disc(30, 20))


def test_a_mask_is_begun_with(world: World, ready: ImageAsset) -> None:
    left = np.zeros((HEIGHT, WIDTH), np.bool_)
    left[:, : WIDTH // 2] = True
    runs = {"size": [HEIGHT, WIDTH], "counts": rle.counts_to_string(rle.encode(left))}
    plain = mask_of(ask(world, ready, positive=[[64, 48]]))
    begun = mask_of(ask(world, ready, positive=[[64, 48]], mask=runs))
    assert begun[:, :60].sum() > plain[:, :60].sum()
    assert begun[:, 68:].sum() < plain[:, 68:].sum()


def test_a_lost_embedding_is_made_anew_by_a_click(world: World, ready: ImageAsset) -> None:
    from django.core.files.storage import default_storage

    row = Embedding.objects.get()
    Path(default_storage.path(row.stored)).write_bytes(b"damaged")
    assert ask(world, ready, positive=[[64, 48]]).status_code == 409
    run_waiting()
    assert ask(world, ready, positive=[[64, 48]]).status_code == 200


def test_windows_of_a_large_image(world: World) -> None:
    large = add(world, (3000, 2200), "large.png")
    window = prepare(world, large, view=[2000, 1000, 2200, 1150]).json()
    assert window["region"] == [1536, 512, 2560, 1536]
    run_waiting()
    answer = ask(world, large, region=window["region"], positive=[[2100, 1050]])
    body = answer.json()
    x0, y0, x1, y1 = body["bbox"]
    radius = graphs.RADIUS_CELLS * graphs.CELL * 1024 / graphs.SIDE
    assert [x0, y0, x1, y1] == pytest.approx(
        [2100 - radius, 1050 - radius, 2100 + radius, 1050 + radius], abs=12
    )
    assert body["rle"]["size"] == [2200, 3000]
    assert ask(world, large, region=window["region"], positive=[[20, 20]]).status_code == 400
    assert ask(world, large, region=[5, 5, 1029, 1029], positive=[[20, 20]]).status_code == 400


def test_a_model_without_an_encoder_is_always_ready(world: World, image: ImageAsset, tmp_path: Path) -> None:
    graphs.click_net_folder(tmp_path / "models" / "own", longest=128, radius=6)
    assert prepare(world, image, model="own").json()["state"] == "ready"
    found = mask_of(ask(world, image, model="own", positive=[[30, 30]]))
    assert found[30, 30]
    assert not found[80, 100]
    assert Job.objects.count() == 0


def test_the_list_of_models_says_which_are_ready_and_which_are_broken(
    world: World, ready: ImageAsset
) -> None:
    models = {
        m["name"]: m for m in world.as_("viewer").get(f"/images/{ready.pk}/click-models").json()["results"]
    }
    assert {name: m["state"] for name, m in models.items()} == {
        "mobile-sam": "broken",
        "other": "absent",
        "small": "ready",
    }
    assert models["mobile-sam"]["problem"] == "encoder.onnx is missing"
    assert [name for name, m in models.items() if m["is_default"]] == ["small"]


def test_jobs_that_nobody_started_by_name_are_not_in_the_way(world: World, ready: ImageAsset) -> None:
    assert world.as_("owner").get("/jobs").json()["results"] == []
    [job] = world.as_("owner").get("/jobs", query={"kind": "embed"}).json()["results"]
    assert job["state"] == "succeeded"


@pytest.mark.parametrize(
    ("body", "where", "says"),
    [
        ({}, "positive", "a point, a stroke or a box is needed"),
        ({"positive": [[500, 5]]}, "positive[0]", "lies outside the region"),
        ({"positive": [["x", 1]]}, "positive", "valid number"),
        ({"positive": [[4, 4]], "region": [0, 0, 50, 50]}, "region", "is no window of this image"),
        ({"positive": [[4, 4]], "previous": "nonsense!"}, "previous", "not the logits of an earlier answer"),
        (
            {"positive": [[4, 4]], "mask": {"size": [2, 2], "counts": "04"}},
            "mask.size",
            "the image's height and width",
        ),
        (
            {"strokes": [{"mode": "add", "radius": 1, "points": [1, 1, 90, 90]}] * 150},
            "strokes",
            "at most 200 are taken",
        ),
    ],
)
def test_what_is_wrong_is_named(
    world: World, ready: ImageAsset, body: dict[str, Any], where: str, says: str
) -> None:
    answer = ask(world, ready, **body)
    assert answer.status_code == 400
    [problem] = answer.json()["errors"]
    assert problem["where"].startswith(where)
    assert says in problem["message"]


def test_an_unknown_model_and_a_broken_one_are_told(world: World, image: ImageAsset) -> None:
    assert ask(world, image, positive=[[1, 1]], model="none").status_code == 404
    answer = ask(world, image, positive=[[1, 1]], model="mobile-sam")
    assert answer.status_code == 400
    assert "encoder.onnx is missing" in answer.json()["detail"]


@pytest.mark.parametrize(
    "content",
    [b"", b"\x10\x00\x10\x00" + b"\0" * 255, b"\x00\x00\x00\x00", b"\xff\xff\xff\xff" + b"\0" * 2_000_000],
)
def test_packed_logits_of_a_wrong_size_are_refused(world: World, ready: ImageAsset, content: bytes) -> None:
    packed = base64.b64encode(zlib.compress(content)).decode()
    assert ask(world, ready, positive=[[4, 4]], previous=packed).status_code == 400


def test_packed_logits_come_back_to_a_quarter() -> None:
    logits = np.random.default_rng(4).uniform(-30, 30, (20, 31)).astype(np.float32)
    np.testing.assert_allclose(logits_of(packed_logits(logits)), logits, atol=0.13)
