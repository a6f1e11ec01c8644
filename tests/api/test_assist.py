"""Assists through the API: pixels of the right region, what is found, and everything that is refused."""

from __future__ import annotations

import base64
import io
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from annotator.core import rle
from annotator.models import Annotation, ImageAsset
from annotator.selectors import decoded
from annotator.selectors import region as region_module
from annotator.services.image import image_create
from tests.api.conftest import World, upload

WIDTH, HEIGHT = 120, 90
CENTRE, RADIUS = (70, 40), 20


def disc(width: int, height: int, factor: float = 1, radius: float = RADIUS) -> npt.NDArray[np.bool_]:
    j, i = (np.mgrid[:height, :width] + 0.5) / factor
    return (i - CENTRE[0]) ** 2 + (j - CENTRE[1]) ** 2 <= radius**2


def picture_of(truth: npt.NDArray[np.bool_], kind: str = "PNG") -> bytes:
    values = np.where(truth[..., None], [210, 60, 50], [40, 90, 170])
    values = values + np.random.default_rng(1).integers(-8, 9, values.shape)
    out = io.BytesIO()
    Image.fromarray(values.astype(np.uint8)).save(out, kind)
    return out.getvalue()


def add_picture(world: World, content: bytes, name: str = "disc.png") -> ImageAsset:
    result = image_create(
        project=world.project, user=world.members["owner"].user, file=upload(name, content), name=name
    )
    assert result.image is not None, result.reason
    return result.image


@pytest.fixture
def image(world: World) -> ImageAsset:
    return add_picture(world, picture_of(disc(WIDTH, HEIGHT)))


def ask(world: World, image: ImageAsset, method: str, **body: Any) -> Any:
    body.setdefault("region", [40, 10, 100, 70])
    return world.as_("annotator").post(f"/images/{image.pk}/assist/{method}", body)


def mask_of(answer: Any) -> npt.NDArray[np.bool_]:
    assert answer.status_code == 200, answer.content
    found = answer.json()["rle"]
    mask = rle.decode(rle.counts_from_string(found["counts"]), *found["size"])
    assert answer.json()["area"] == mask.sum()
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    box = [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1] if mask.any() else [0, 0, 0, 0]
    assert answer.json()["bbox"] == box
    return mask


def runs(mask: npt.NDArray[np.bool_]) -> dict[str, Any]:
    return {"size": list(mask.shape), "counts": rle.counts_to_string(rle.encode(mask))}


def iou(one: npt.NDArray[np.bool_], other: npt.NDArray[np.bool_]) -> float:
    return float((one & other).sum() / (one | other).sum())


def _stroke(radius: float, points: list[float]) -> dict[str, Any]:
    return {"strokes": [{"mode": "add", "radius": radius, "points": points}]}


STROKES = [
    {"mode": "add", "radius": 3, "points": [60, 40, 80, 40]},
    {"mode": "remove", "radius": 2, "points": [42, 12, 98, 12]},
]
CLICKS = {"positive": [[70, 40]]}
BODIES: dict[str, dict[str, Any]] = {
    "otsu": {"parameters": {"channel": "red"}},
    "multi_otsu": {"parameters": {"channel": "red", "classes": 2, "level": 1}},
    "range": {"parameters": {"channel": "red", "low": 150, "high": 255}},
    "wand": {"parameters": {"tolerance": 25}, **CLICKS},
    "grow": {"parameters": {"spread": 5}, **CLICKS},
    "watershed": {"strokes": STROKES},
    "active_contour": {"mask": runs(disc(WIDTH, HEIGHT, radius=24)), "parameters": {"balloon": "inwards"}},
    "grabcut": {"box": [48, 18, 92, 62]},
    "superpixels": {"parameters": {"count": 30}},
    "kmeans": {"parameters": {"clusters": 2}, **CLICKS},
    "hierarchical": {"parameters": {"clusters": 2}, **CLICKS},
    "fuzzy": {"parameters": {"clusters": 2}, **CLICKS},
}


@pytest.mark.parametrize("method", BODIES)
def test_every_assist_finds_the_object_in_the_right_place_and_saves_nothing(
    world: World, image: ImageAsset, method: str
) -> None:
    answer = ask(world, image, method, **BODIES[method])
    found = mask_of(answer)
    assert answer.json()["rle"]["size"] == [HEIGHT, WIDTH]
    assert answer.json()["scale"] == 1
    if method != "superpixels":
        assert iou(found, disc(WIDTH, HEIGHT)) > (0.9)
    assert not found[:, :40].any()
    again = ask(world, image, method, **BODIES[method])
    assert again.json()["rle"] == answer.json()["rle"]
    assert again.json()["labels"] == answer.json()["labels"]
    assert not Annotation.objects.exists()


def test_the_list_names_every_assist_with_its_parameters_and_marks(world: World) -> None:
    results = world.as_("viewer").get("/assists").json()["results"]
    assert {one["name"] for one in results} == set(BODIES)
    grabcut = next(one for one in results if one["name"] == "grabcut")
    assert grabcut["needs"] == ["box"]
    assert grabcut["takes"] == ["box", "negative", "positive", "strokes"]
    assert [one["name"] for one in grabcut["parameters"]] == ["iterations", "core"]


def test_superpixels_come_as_numbers_for_every_pixel_of_the_region(world: World, image: ImageAsset) -> None:
    body = ask(world, image, "superpixels", region=[40, 10, 101, 70], **CLICKS).json()
    labels = np.frombuffer(zlib.decompress(base64.b64decode(body["labels"]["data"])), dtype="<u2")
    labels = labels.reshape(body["labels"]["size"])
    assert labels.shape == (60, 61)
    assert (np.unique(labels) == np.arange(body["labels"]["count"])).all()
    counts = rle.counts_from_string(body["rle"]["counts"])
    mask = rle.decode(counts, HEIGHT, WIDTH)
    assert (mask[10:70, 40:101] == (labels == labels[30, 30])).all()


def test_a_threshold_looks_inside_its_polygons_only(world: World, image: ImageAsset) -> None:
    ring = [50, 20, 70, 20, 70, 60, 50, 60]
    found = mask_of(ask(world, image, "otsu", polygons=[[ring]], parameters={"channel": "red"}))
    expected = disc(WIDTH, HEIGHT)
    expected[:, 70:] = False
    assert (found == expected).all()


def test_a_region_of_fractions_is_widened_to_whole_pixels(world: World, image: ImageAsset) -> None:
    answer = ask(world, image, "range", region=[40.2, 10.9, 99.1, 70], parameters={"low": 0, "high": 255})
    assert answer.json()["region"] == [40, 10, 100, 70]
    assert mask_of(answer).sum() == 60 * 60


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_large_region_is_scaled_down_and_the_answer_says_so(
    world: World, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    large = add_picture(world, picture_of(disc(960, 720, 8), kind), f"large.{kind}")
    monkeypatch.setattr(region_module, "MOST_PIXELS", 40_000)
    body = {"region": [161, 0, 960, 600], "parameters": {"tolerance": 20}, "positive": [[560, 320]]}
    answer = ask(world, large, "wand", **body)
    found = mask_of(answer)
    assert found.shape == (720, 960)
    assert answer.json()["scale"] == pytest.approx((40_000 / (799 * 600)) ** 0.5, rel=0.01)
    assert iou(found, disc(960, 720, 8)) > 0.96


@pytest.mark.parametrize(
    ("method", "body", "refusal"),
    [
        ("wand", {"region": [50, 50, 50, 80]}, ("region", "is empty")),
        ("wand", {"region": [80, 50, 50, 80]}, ("region", "is empty")),
        ("wand", {"region": [90, 50, 121, 80]}, ("region", "reaches outside the image, which is 120 x 90")),
        ("wand", {"region": [-1, 0, 20, 20]}, ("region", "reaches outside")),
        ("wand", {"region": [0, 0, 20]}, ("region", "4")),
        ("wand", {"region": [0, 0, 20, None]}, ("region[3]", "null")),
        ("wand", {}, ("positive", "wand needs it")),
        ("wand", {"positive": [[39, 40]]}, ("positive[0]", "[39, 40] lies outside the region")),
        ("wand", {"positive": [[50]]}, ("positive[0]", "2")),
        ("wand", {**CLICKS, "parameters": {"tolerance": 200}}, ("parameters.tolerance", "0 to 100")),
        ("wand", {**CLICKS, "parameters": {"tolerance": None}}, ("parameters.tolerance", "a number")),
        ("wand", {**CLICKS, "parameters": {"strength": 2}}, ("parameters.strength", "tolerance, reach")),
        ("wand", {**CLICKS, "colour": "red"}, ("colour", "unknown field")),
        ("wand", {**CLICKS, "box": [41, 11, 50, 50]}, ("box", "wand takes negative, positive")),
        ("multi_otsu", {"parameters": {"classes": 2, "level": 4}}, ("parameters.level", "from 0 to 1")),
        ("grabcut", {}, ("box", "grabcut needs it")),
        ("grabcut", {"box": [40, 10, 100, 70]}, ("box", "leave a margin")),
        ("grabcut", {"box": [1, 1, 9, 9]}, ("box", "covers no pixel")),
        ("watershed", {}, ("strokes", "there is no mark of the object")),
        ("watershed", _stroke(0, [1, 2]), ("strokes[0].radius", "0.1")),
        ("watershed", _stroke(1, [1, 2, 3]), ("strokes[0].points", "x and y")),
        ("active_contour", {"mask": runs(disc(121, 90))}, ("mask.size", "[90, 121] is not [90, 120]")),
        ("active_contour", {"mask": {"size": [90, 120], "counts": "04"}}, ("mask.counts", "cover 4 pixels")),
        ("active_contour", {"mask": {"size": [90, 120], "counts": "~"}}, ("mask.counts", "allowed are")),
        ("active_contour", {"mask": runs(np.zeros((90, 120), bool))}, ("mask", "the mask is empty here")),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_refused_with_its_place_and_a_reason(
    world: World, image: ImageAsset, method: str, body: dict[str, Any], refusal: tuple[str, str]
) -> None:
    where, says = refusal
    answer = ask(world, image, method, **body)
    assert answer.status_code == 400, answer.content
    [found] = [one for one in answer.json()["errors"] if one["where"] == where]
    assert says in found["message"]


def test_a_region_of_one_colour_is_refused_with_advice(world: World) -> None:
    answer = ask(world, world.image, "otsu", region=[0, 0, 30, 30])
    assert answer.status_code == 400
    assert answer.json()["type"] == "one-colour"
    assert answer.json()["detail"].startswith("the region has one colour only; choose a region that shows")


def test_a_threshold_tells_the_levels_that_there_are_and_those_it_took(
    world: World, image: ImageAsset
) -> None:
    body = ask(world, image, "range", parameters={"low": 90, "high": 255}, box=[50, 20, 90, 60]).json()
    counts = np.array(body["histogram"]["counts"])
    assert counts.shape == (256,)
    assert counts.sum() == 40 * 40, "the pixels of the box"
    assert counts[90:].sum() == body["area"]
    assert (body["histogram"]["low"], body["histogram"]["high"]) == (90, 255)
    dark = ask(world, image, "otsu", parameters={"side": "dark"}).json()["histogram"]
    bright = ask(world, image, "otsu").json()["histogram"]
    assert (dark["low"], bright["high"]) == (0, 255)
    assert bright["low"] == dark["high"] + 1
    assert ask(world, image, "wand", **CLICKS).json()["histogram"] is None


def test_a_picture_is_decoded_once_for_many_questions(
    world: World, image: ImageAsset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(region_module, "DECODED", decoded.Decoded())
    opened: list[str] = []
    full = region_module._full

    def counted(stored: str, frame: Any) -> Any:
        opened.append(stored)
        return full(stored, frame)

    monkeypatch.setattr(region_module, "_full", counted)
    for region in ([40, 10, 100, 70], [30, 0, 120, 90], [60, 30, 80, 50]):
        assert ask(world, image, "range", region=region).status_code == 200
    assert len(opened) == 1


def test_an_assist_that_is_not_there_is_named_with_those_that_are(world: World, image: ImageAsset) -> None:
    answer = ask(world, image, "magic")
    assert answer.status_code == 404
    assert "there is no assist magic; there are otsu" in answer.json()["detail"]


def test_a_region_of_too_many_pixels_is_refused(
    world: World, image: ImageAsset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(region_module, "MOST_REGION", 1000)
    assert ask(world, image, "otsu").status_code == 413
