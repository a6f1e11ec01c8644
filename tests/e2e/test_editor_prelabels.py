"""Pre-labels in the editor: what a person accepts, adjusts and rejects is what the server has, pixel by pixel."""

from __future__ import annotations

import io
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, Route, expect

from annotator.core import rle
from tests.e2e import editing
from tests.e2e.conftest import log_in
from tests.e2e.learning import write_rows
from tests.e2e.product import Client, Product
from tests.e2e.test_editor_exclusive import painted

WIDTH, HEIGHT = 320, 240
# Columns of places for objects, and the row in which each stands.
SCORES = (0.95, 0.85, 0.7, 0.55, 0.3)


@dataclass(frozen=True)
class Scene:
    """A project with images, each with one champion's prediction."""

    project: dict[str, Any]
    images: list[dict[str, Any]]
    predicted: list[list[dict[str, Any]]]  # by image


def picture(shade: int) -> bytes:
    pixels = np.full((HEIGHT, WIDTH, 3), 90, dtype=np.uint8)
    pixels[..., 0] = shade
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def outline(at: int, *, score: float, class_index: int = 1) -> dict[str, Any]:
    """A hexagon in the at-th column, with corners between pixels."""
    left, top = 20.0 + 56 * at, 40.0
    xs = [left + 10.5, left + 34.25, left + 44.0, left + 33.5, left + 11.0, left]
    ys = [top, top + 1.5, top + 30.0, top + 61.25, top + 60.0, top + 29.0]
    ring = [value for pair in zip(xs, ys, strict=True) for value in pair]
    return {
        "id": str(uuid.uuid4()), "class": class_index, "kind": "polygon", "polygons": [[ring]],
        "bbox": [min(xs), min(ys), max(xs), max(ys)], "area": 2000.0, "score": score, "uncertainty": 1 - score,
    }  # fmt: skip


def disc(x: float, y: float, radius: float, *, score: float, class_index: int = 2) -> dict[str, Any]:
    """A mask, as a semantic model gives one."""
    column, row = np.meshgrid(np.arange(WIDTH) + 0.5, np.arange(HEIGHT) + 0.5)
    inside = (column - x) ** 2 + (row - y) ** 2 <= radius**2
    counts = rle.counts_to_string(rle.encode(inside))
    return {
        "id": str(uuid.uuid4()), "class": class_index, "kind": "mask",
        "rle": {"size": [HEIGHT, WIDTH], "counts": counts},
        "bbox": [x - radius, y - radius, x + radius, y + radius], "area": float(inside.sum()),
        "score": score, "uncertainty": 0.2,
    }  # fmt: skip


def overlay() -> bytes:
    grey = np.tile(np.linspace(0, 255, 40, dtype=np.uint8), (30, 1))
    file = io.BytesIO()
    Image.fromarray(grey).save(file, "PNG")
    return file.getvalue()


Predicted = dict[str, list[dict[str, Any]]]  # objects by image


def model_of(project: str, predicted: Predicted, **fields: Any) -> dict[str, Any]:
    """A champion of the project and what it saw."""
    usual = {
        "project_id": project, "number": 1, "name": "Hexagons", "architecture": "mask_rcnn",
        "purpose": "instance", "state": "champion", "promoted": "2026-01-05T08:00:00Z",
    }  # fmt: skip
    return {"id": str(uuid.uuid4()), "fields": usual | fields, "predicted": predicted}


def row(*scores: float, first: int = 0) -> list[dict[str, Any]]:
    return [outline(first + k, score=score) for k, score in enumerate(scores)]


# What the model sees, by scene and image.
SCENES: dict[str, list[list[dict[str, Any]]]] = {
    "keys": [[*row(*SCORES), disc(160, 190, 30, score=0.6)]],
    "pointer": [row(*SCORES)],
    "exclusive": [[disc(100, 120, 40, score=0.9, class_index=1), disc(150, 120, 40, score=0.8)]],
    "there": [row(0.9, 0.9)],
    "next": [row(0.9, 0.2), row(0.9, first=2)],
    "offline": [row(0.9, 0.8, 0.7)],
    "map": [row(*SCORES)],
    "older": [row(0.9)],
    "queue": [row(0.9)],
}
NEWER = str(uuid.uuid4())  # the champion of "older", which has not looked at its image


@pytest.fixture(scope="module")
def scenes(owner: Client, product: Product, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Scene]:
    made: dict[str, Scene] = {}
    models: list[dict[str, Any]] = []
    for name, predicted in SCENES.items():
        body = {
            "name": name, "task_type": "instance", "exclusive": name == "exclusive",
            "classes": [{"name": "hexagon"}, {"name": "disc"}],
            "split_shares": {"train": 1, "val": 0, "test": 0},
        }  # fmt: skip
        project = owner.post("/projects", body)
        owner.upload(project["id"], [(f"scene-{k}.png", picture(30 * k)) for k in range(len(predicted))])
        listed = owner.get(f"/projects/{project['id']}/images", sort="name")["results"]
        images = [owner.get(f"/images/{image['id']}") for image in listed]
        by_image = {image["id"]: objects for image, objects in zip(images, predicted, strict=True)}
        state = "retired" if name == "older" else "champion"
        models.append(model_of(project["id"], by_image, state=state))
        made[name] = Scene(project, images, predicted)
    newest = model_of(made["older"].project["id"], {}, number=2, promoted="2026-02-05T08:00:00Z")
    models.append({**newest, "id": NEWER})
    queued = made["queue"]
    why = {"position": 0, "reason": "uncertain", "reason_class": 2, "minutes": 3.2}
    queue = [{"project_id": queued.project["id"], "image_id": queued.images[0]["id"], **why}]
    write_rows(product, tmp_path_factory.mktemp("scenes"), models=models, queue=queue, overlay=overlay())
    return made


@pytest.fixture(scope="module")
def page(browser: Browser, product: Product) -> Iterator[Page]:
    """One profile for all tests: signing in takes seconds, too."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en")
    page = context.new_page()
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    log_in(page, product, "ana@example.org")
    yield page
    context.close()
    assert not broken, f"errors in the page: {broken}"


def open_scene(page: Page, product: Product, image: dict[str, Any]) -> None:
    page.goto(f"{product.url}/images/{image['id']}?sort=name")
    editing.wait_ready(page)
    page.keyboard.press("Alt+4")
    expect(page.get_by_test_id("prelabel-panel").get_by_role("slider").first).to_be_visible()


def review(page: Page) -> dict[str, Any]:
    return page.evaluate("() => window.__contorno.review()")


def wait_review(page: Page, condition: str) -> dict[str, Any]:
    page.wait_for_function(
        f"() => {{ const r = window.__contorno.review(); return {condition} }}", timeout=10_000
    )
    return review(page)


def wait_image(page: Page, image: dict[str, Any]) -> None:
    """Waits until another image than before is open and on screen."""
    page.wait_for_function(
        "id => window.__contorno && window.__contorno.image === id && window.__contorno.ready",
        arg=image["id"],
        timeout=30_000,
    )


def stored(owner: Client, image: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found = owner.get(f"/documents/{image['document']}")["annotations"]
    return {one["id"]: one for one in found}


def centre(one: dict[str, Any]) -> editing.Point:
    x0, y0, x1, y1 = one["bbox"]
    return (x0 + x1) / 2, (y0 + y1) / 2


def pixels(one: dict[str, Any]) -> npt.NDArray[np.bool_]:
    return painted([one], {"width": WIDTH, "height": HEIGHT})[one["id"]]


def test_by_keys_alone_proposals_are_accepted_rejected_adjusted_and_taken_back(
    page: Page, product: Product, owner: Client, scenes: dict[str, Scene]
) -> None:
    scene = scenes["keys"]
    image, objects = scene.images[0], scene.predicted[0][:5]
    open_scene(page, product, image)
    first, second, third, fourth, low = (one["id"] for one in objects)
    state = wait_review(page, "r.open.length === 6")
    assert len(state["above"]) == 5 and low not in state["above"]
    assert owner.get(f"/documents/{image['document']}")["annotations"] == [], "nothing is drawn by itself"

    page.keyboard.press("Alt+q")  # the surest
    assert review(page)["chosen"] == first
    expect(page.get_by_test_id("proposal-card")).to_contain_text("95 %")
    page.keyboard.press("Enter")
    assert review(page)["chosen"] == second
    page.keyboard.press("Alt+x")
    assert review(page)["chosen"] == third
    page.keyboard.press("Alt+w")  # accept, and its vertices
    assert page.evaluate("() => window.__contorno.state()")["tool"] == "vertex"
    x, y = objects[2]["polygons"][0][0][:2]
    editing.drag(page, [(x, y), (x + 3, y - 20)])
    page.keyboard.press("Escape")
    editing.wait_saved(page)
    saved = stored(owner, image)
    assert saved.keys() == {first, third}
    assert np.array_equal(pixels(saved[first]), pixels(objects[0])), "as predicted, pixel by pixel"
    assert (saved[first]["source"], saved[first]["score"]) == ("model", pytest.approx(0.95))
    assert pixels(saved[third]).sum() > pixels(objects[2]).sum(), "the vertex was pulled out"

    for _ in range(2):  # the vertex, the acceptance
        page.keyboard.press("Control+z")
    editing.wait_objects(page, 1)
    assert third in review(page)["open"]
    page.keyboard.press("Control+z")  # the rejection
    assert second in wait_review(page, "r.rejected === 0")["open"]
    page.keyboard.press("Control+Shift+z")
    wait_review(page, "r.rejected === 1")
    page.keyboard.press("v")
    page.keyboard.press("Alt+Shift+a")
    editing.wait_objects(page, 4)
    editing.wait_saved(page)
    assert stored(owner, image).keys() == {first, third, fourth, scene.predicted[0][-1]["id"]}
    disc_saved = stored(owner, image)[scene.predicted[0][-1]["id"]]
    assert np.array_equal(pixels(disc_saved), pixels(scene.predicted[0][-1]))
    page.keyboard.press("Alt+Shift+x")
    wait_review(page, "r.open.length === 0")

    page.reload()
    editing.wait_ready(page)
    state = wait_review(page, "r.accepted === 4")
    assert (state["open"], state["rejected"]) == ([], 2), "rejections are with the server"


def test_the_pointer_finds_a_proposal_and_its_card_decides(
    page: Page, product: Product, owner: Client, scenes: dict[str, Scene]
) -> None:
    (image,), (objects,) = scenes["pointer"].images, scenes["pointer"].predicted
    open_scene(page, product, image)
    card = page.get_by_test_id("proposal-card")
    expect(card).to_have_count(0)
    page.mouse.move(*editing.on_screen(page, centre(objects[1])))
    expect(card).to_contain_text("85 %")
    card.get_by_role("button", name="Class: hexagon").click()
    page.get_by_role("menuitemradio", name="disc").click()
    card.get_by_role("button", name="Accept (Alt+A)").click()
    editing.wait_objects(page, 1)
    editing.click(page, centre(objects[2]))
    expect(card).to_have_attribute("data-pinned", "true")
    card.get_by_role("button", name="Reject (Alt+X)").click()
    wait_review(page, "r.rejected === 1")
    editing.wait_saved(page)
    saved = stored(owner, image)
    assert {key: one["class"] for key, one in saved.items()} == {objects[1]["id"]: 2}
    assert np.array_equal(pixels(saved[objects[1]["id"]]), pixels(objects[1]))

    # Nothing of this is in the way of drawing: a box straight over a proposal.
    page.keyboard.press("b")
    editing.drag(page, [(25, 45), (60, 95)])
    editing.wait_objects(page, 2)
    expect(card).to_have_count(0)
    page.keyboard.press("v")
    page.keyboard.press("Escape")
    page.keyboard.press("Alt+y")
    page.mouse.move(*editing.on_screen(page, centre(objects[3])))
    page.wait_for_function("() => window.__contorno.settled().then(() => true)")
    expect(card).to_have_count(0)
    page.keyboard.press("Alt+y")

    badge = page.get_by_test_id("model-badge")
    page.keyboard.press("Alt+1")
    expect(badge).to_have_attribute("title", "By model 1, 85 % sure")


def test_in_an_exclusive_project_what_is_drawn_keeps_its_pixels(
    page: Page, product: Product, owner: Client, scenes: dict[str, Scene]
) -> None:
    (image,), ((surer, other),) = scenes["exclusive"].images, scenes["exclusive"].predicted
    open_scene(page, product, image)
    page.keyboard.press("2")
    editing.draw_polygon(page, [(40, 100), (130, 104), (128, 140), (44, 138)])
    page.keyboard.press("Escape")
    page.keyboard.press("v")
    editing.wait_saved(page)
    (mine,) = stored(owner, image).values()
    page.keyboard.press("Alt+Shift+a")
    editing.wait_objects(page, 3)
    editing.wait_saved(page)
    saved = stored(owner, image)
    assert page.locator(".banner[data-tone=danger]").count() == 0, "the server took it as it is"
    drawn = pixels(mine)
    assert (
        np.array_equal(pixels(saved[mine["id"]]), drawn) and saved[mine["id"]]["version"] == mine["version"]
    )
    assert np.array_equal(pixels(saved[surer["id"]]), pixels(surer) & ~drawn)
    assert np.array_equal(pixels(saved[other["id"]]), pixels(other) & ~drawn & ~pixels(surer))
    page.keyboard.press("Control+z")
    editing.wait_objects(page, 1)
    editing.wait_saved(page)
    assert np.array_equal(pixels(stored(owner, image)[mine["id"]]), drawn)


def test_what_a_person_drew_already_is_not_proposed_again(
    page: Page, product: Product, owner: Client, scenes: dict[str, Scene]
) -> None:
    (image,), (objects,) = scenes["there"].images, scenes["there"].predicted
    open_scene(page, product, image)
    wait_review(page, "r.open.length === 2")
    page.keyboard.press("1")
    ring = objects[0]["polygons"][0][0]
    editing.draw_polygon(page, list(zip(ring[::2], ring[1::2], strict=True)))
    state = wait_review(page, "r.there === 1")
    assert state["open"] == [objects[1]["id"]]
    expect(page.get_by_test_id("prelabel-panel")).to_contain_text("1 already there")


def test_accept_and_next_goes_on_and_can_be_taken_back(
    page: Page, product: Product, owner: Client, scenes: dict[str, Scene]
) -> None:
    scene = scenes["next"]
    predicted = scene.predicted
    open_scene(page, product, scene.images[0])
    wait_review(page, "r.open.length === 2")
    page.keyboard.press("Alt+Shift+Enter")
    wait_image(page, scene.images[1])
    assert wait_review(page, "r.open.length === 1")["open"] == [predicted[1][0]["id"]]
    assert owner.get(f"/images/{scene.images[0]['id']}")["status"] == "submitted"
    assert stored(owner, scene.images[0]).keys() == {predicted[0][0]["id"]}

    page.get_by_role("button", name="Undo", exact=True).last.click()
    wait_image(page, scene.images[0])
    editing.wait_objects(page, 0)
    wait_review(page, "r.open.length === 2")
    assert owner.get(f"/images/{scene.images[0]['id']}")["status"] == "in_progress"
    assert stored(owner, scene.images[0]) == {}


def test_without_a_network_decisions_are_kept_and_sent_later(
    page: Page, product: Product, owner: Client, scenes: dict[str, Scene]
) -> None:
    (image,), (objects,) = scenes["offline"].images, scenes["offline"].predicted
    open_scene(page, product, image)
    wait_review(page, "r.open.length === 3")
    page.context.set_offline(True)
    page.keyboard.press("Alt+q")
    page.keyboard.press("Delete")
    page.keyboard.press("Enter")
    editing.wait_offline(page, pending=1)
    assert stored(owner, image) == {}
    page.context.set_offline(False)
    editing.wait_saved(page)
    kept = owner.wait_for(f"/images/{image['id']}/predictions", lambda body: body["rejected"] != [])
    assert kept["rejected"] == [objects[0]["id"]]
    assert stored(owner, image).keys() == {objects[1]["id"]}


def test_the_threshold_is_live_remembered_and_the_map_of_uncertainty_lies_on_the_image(
    page: Page, product: Product, owner: Client, scenes: dict[str, Scene]
) -> None:
    (image,), (objects,) = scenes["map"].images, scenes["map"].predicted
    open_scene(page, product, image)
    slider = page.get_by_test_id("prelabel-panel").get_by_role("slider").first
    slider.focus()
    for _ in range(30):
        page.keyboard.press("ArrowRight")
    assert review(page)["above"] == [one["id"] for one in objects[:2]]
    expect(page.get_by_role("button", name="Accept 2")).to_be_enabled()
    page.locator(".editor-canvas").focus()
    page.keyboard.press("Alt+Shift+y")
    heat = """() => {
        const layer = document.querySelector('canvas[data-layer=heat]')
        if (layer.style.display === 'none') return null
        const at = (x, y) => {
            const place = window.__contorno.imageToScreen(x, y)
            const box = layer.getBoundingClientRect()
            const ratio = layer.width / box.width
            const data = layer.getContext('2d').getImageData(
                Math.round((place.x - box.left) * ratio), Math.round((place.y - box.top) * ratio), 1, 1).data
            return data[3]
        }
        return [at(-20, 100), at(10, 100), at(160, 100), at(310, 100)]
    }"""
    page.wait_for_function(
        f"() => {{ const found = ({heat})(); return found && found[3] > 0 }}", timeout=10_000
    )
    outside, dark, middle, light = page.evaluate(heat)
    assert outside == 0 < dark < middle < light, "it rises with the map, and ends at the image's border"
    page.keyboard.press("+")
    page.wait_for_function("() => window.__contorno.settled().then(() => true)")
    zoomed = page.evaluate(heat)
    assert abs(zoomed[2] - middle) <= 4, "the same place has the same value at another zoom"
    page.keyboard.press("Alt+Shift+y")
    page.reload()
    editing.wait_ready(page)
    assert wait_review(page, "r.open.length === 5")["above"] == [one["id"] for one in objects[:2]]


def test_an_older_models_proposals_say_so_and_the_champion_can_be_asked(
    page: Page, product: Product, owner: Client, scenes: dict[str, Scene], tmp_path: Path
) -> None:
    scene = scenes["older"]
    image = scene.images[0]
    open_scene(page, product, image)
    panel = page.get_by_test_id("prelabel-panel")
    expect(panel).to_contain_text("Made by model 1; model 2 is in use now.")
    # The champion's work is done here in its place: what it saw is stored, and its job is one that has succeeded.
    asked: list[Any] = []

    def predict(route: Route) -> None:
        asked.append(route.request.post_data_json)
        saw = {"id": NEWER, "fields": {}, "predicted": {image["id"]: row(0.8, 0.8, 0.8)}}
        write_rows(product, tmp_path, models=[saw], queue=[], overlay=overlay())
        script = f"""from annotator.models import Job
job = Job.objects.create(kind="predict", project_id={scene.project["id"]!r}, state="succeeded", progress=1.0)
print(job.pk)"""
        job = owner.get(f"/jobs/{product.manage('shell', '-c', script).strip().splitlines()[-1]}")
        route.fulfill(status=202, json={**job, "state": "running", "progress": 0.5})

    page.route(re.compile(f"/models/{NEWER}/predict$"), predict)
    panel.get_by_role("button", name="Predict again").click()
    wait_review(page, "r.open.length === 3")
    assert asked == [{"images": [image["id"]], "again": True}]
    expect(panel).to_contain_text("Model 2")
    expect(panel).not_to_contain_text("is in use now")


def test_an_image_of_the_ranked_queue_says_why_it_is_there(
    page: Page, product: Product, scenes: dict[str, Scene]
) -> None:
    open_scene(page, product, scenes["queue"].images[0])
    chip = page.get_by_test_id("reason")
    expect(chip).to_contain_text("Uncertain: disc")
    expect(chip).to_contain_text("about 3 minutes")
