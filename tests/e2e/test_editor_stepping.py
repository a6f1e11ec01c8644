"""Stepping from image to image: each shows its own picture and objects, nothing that was drawn is left behind."""

from __future__ import annotations

import io
import re
import uuid
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.e2e import editing
from tests.e2e.conftest import SignIn
from tests.e2e.product import Client, Product

COUNT, WIDTH, HEIGHT, SLOT = 8, 320, 200, 40
SHADE = 30  # image k is as red as k times this
SQUARE = [(40.0, 150.0), (120.0, 150.0), (120.0, 190.0), (40.0, 190.0)]


def picture(k: int) -> bytes:
    pixels = np.zeros((HEIGHT, WIDTH, 3), dtype=np.uint8)
    pixels[..., 0] = SHADE * k
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def rectangle(k: int, top: float = 20.0) -> dict[str, Any]:
    """An object in the k-th column."""
    left, right = k * SLOT + 5.0, k * SLOT + SLOT - 5.0
    ring = [left, top, right, top, right, top + 80, left, top + 80]
    return {"id": str(uuid.uuid4()), "class": 1, "kind": "polygon", "polygons": [[ring]], "base": None}


def put(owner: Client, document: str, revision: int, value: dict[str, Any]) -> None:
    body = {"base_revision": revision, "key": uuid.uuid4().hex, "put": [value]}
    owner.post(f"/documents/{document}/changes", body)


@pytest.fixture(scope="module")
def images(owner: Client) -> list[dict[str, Any]]:
    """Image k has one object, in the k-th column."""
    classes = [{"name": "thing", "colour": "#00ff00"}]
    project = owner.post("/projects", {"name": "Steps", "task_type": "instance", "classes": classes})
    owner.upload(project["id"], [(f"step-{k}.png", picture(k)) for k in range(COUNT)])
    listed = owner.get(f"/projects/{project['id']}/images", sort="name")["results"]
    found = [owner.get(f"/images/{image['id']}") for image in listed]
    for k, image in enumerate(found):
        put(owner, image["document"], 0, rectangle(k))
    return found


def start(page: Page, product: Product, image: dict[str, Any]) -> None:
    page.goto(f"{product.url}/images/{image['id']}?sort=name")
    editing.wait_ready(page)


def arrive(page: Page, image: dict[str, Any]) -> None:
    page.wait_for_function(
        "id => window.__contorno && window.__contorno.ready && window.__contorno.image === id",
        arg=image["id"],
        timeout=30_000,
    )


def settle(page: Page) -> None:
    """Waits until what follows the open image is known, so that the key leads there."""
    expect(page.locator(".position")).to_have_text(re.compile(r"^\d+ / \d+$"))


# Every frame: how red the photograph is in a corner that no object has, and which columns are painted on.
WATCH = """([corner, ...columns]) => {
  const { left, top } = document.querySelector('.editor-canvas').getBoundingClientRect()
  const at = (name, [x, y]) => {
    const canvas = document.querySelector(`.editor-canvas canvas[data-layer=${name}]`)
    if (!canvas || canvas.width === 0 || canvas.style.display === 'none') return [0, 0, 0, 0]
    return canvas.getContext('2d').getImageData((x - left) * devicePixelRatio, (y - top) * devicePixelRatio, 1, 1).data
  }
  window.frames_seen = []
  const look = () => {
    const ground = at('image', corner)
    const painted = columns.flatMap((place, k) =>
      at('settled', place)[3] > 0 || at('active', place)[3] > 0 ? [k] : [])
    const blank = ground[3] === 0
    window.frames_seen.push({ red: blank ? null : ground[0], painted })
    requestAnimationFrame(look)
  }
  look()
}"""


# The same image has been open for thirty frames on end, and is the one that the address names.
AT_REST = """() => new Promise((resolve) => {
  let calm = 0
  const look = () => {
    const probe = window.__contorno
    calm = probe && probe.ready && location.pathname.endsWith(probe.image) ? calm + 1 : 0
    if (calm < 30) requestAnimationFrame(look)
    else resolve(true)
  }
  look()
})"""


def test_each_step_shows_its_own_picture_with_its_own_objects_in_every_frame(
    sign_in: SignIn, product: Product, images: list[dict[str, Any]]
) -> None:
    page = sign_in("ana@example.org")
    start(page, product, images[0])
    middles = [(k * SLOT + SLOT / 2, 60.0) for k in range(COUNT)]
    places = [list(editing.on_screen(page, point)) for point in [(160.0, 180.0), *middles]]
    page.evaluate(WATCH, places)
    for k in range(1, COUNT):
        settle(page)
        page.keyboard.press("PageDown")
        arrive(page, images[k])
        [only] = editing.objects(page)
        assert only["polygons"][0][0][0] == k * SLOT + 5
    seen = page.evaluate("window.frames_seen")
    shown = [(round(frame["red"] / SHADE), frame["painted"]) for frame in seen if frame["red"] is not None]
    assert all(painted in ([], [k]) for k, painted in shown), shown
    assert {k for k, painted in shown if painted == [k]} >= set(range(COUNT - 1))


def test_what_was_drawn_just_before_the_step_is_sent(
    sign_in: SignIn, product: Product, owner: Client, images: list[dict[str, Any]]
) -> None:
    page = sign_in("ana@example.org")
    start(page, product, images[1])
    settle(page)
    editing.draw_polygon(page, SQUARE)
    page.keyboard.press("PageDown")
    arrive(page, images[2])
    assert len(editing.objects(page)) == 1
    path = f"/documents/{images[1]['document']}"
    stored = owner.wait_for(path, lambda body: len(body["annotations"]) == 2)
    assert stored["annotations"][1]["polygons"] == [[[value for point in SQUARE for value in point]]]
    assert len(owner.get(f"/documents/{images[2]['document']}")["annotations"]) == 1


def test_many_quick_steps_end_at_one_image_and_all_of_it(
    sign_in: SignIn, product: Product, images: list[dict[str, Any]]
) -> None:
    page = sign_in("ana@example.org")
    start(page, product, images[0])
    settle(page)
    for _ in range(6):
        page.keyboard.press("PageDown")
    page.wait_for_function(AT_REST, timeout=30_000)
    index = next(k for k, image in enumerate(images) if image["id"] in page.url)
    assert index >= 1
    arrive(page, images[index])
    expect(page.get_by_role("heading", level=1)).to_have_text(f"step-{index}.png")
    expect(page.locator(".position")).to_have_text(f"{index + 1} / {COUNT}")
    assert editing.objects(page)[0]["polygons"][0][0][0] == index * SLOT + 5
    settle(page)
    page.keyboard.press("PageUp")
    arrive(page, images[index - 1])


def test_a_change_made_after_the_next_image_was_fetched_ahead_is_shown(
    sign_in: SignIn, product: Product, owner: Client, images: list[dict[str, Any]]
) -> None:
    page = sign_in("ana@example.org")
    document = images[6]["document"]
    with page.expect_response(re.compile(f"/documents/{document}")):
        start(page, product, images[5])
    put(owner, document, 1, rectangle(0, top=110.0))
    settle(page)
    page.keyboard.press("PageDown")
    arrive(page, images[6])
    editing.wait_objects(page, 2)
