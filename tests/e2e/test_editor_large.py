"""A large image: prepared, opened, the right pixels on screen at every zoom, and objects across tiles saved exactly."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from annotator.core import rle
from tests.e2e import editing
from tests.e2e.conftest import SignIn
from tests.e2e.product import Client, Product

WIDTH, HEIGHT = 6000, 5000
CELL = 250  # the image is a chess board of cells that tell where they are by their colour


@pytest.fixture(scope="module")
def product(prepared: Product, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    running = Product(tmp_path_factory.mktemp("product")).begin_from(prepared)
    running.environment["CONTORNO_LARGE_IMAGE_PIXELS"] = "10000000"
    running.start()
    yield running
    running.stop()


def colour_at(x: float, y: float) -> tuple[int, int, int]:
    """What the image shows around a point: red tells the column of cells, green the row, blue the chess board."""
    column, row = int(x // CELL), int(y // CELL)
    return 10 + column * 10, 10 + row * 12, 200 if (column + row) % 2 else 40


@pytest.fixture(scope="module")
def board() -> bytes:
    x, y = np.arange(WIDTH) // CELL, np.arange(HEIGHT)[:, None] // CELL
    pixels = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    pixels[..., 0] = 10 + x * 10
    pixels[..., 1] = 10 + y * 12
    pixels[..., 2] = np.where((x + y) % 2, 200, 40)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG", compress_level=1)
    return out.getvalue()


@pytest.fixture(scope="module")
def image(owner: Client, board: bytes) -> dict[str, Any]:
    """The image, ready."""
    body = {"name": "Scans", "task_type": "instance", "classes": [{"name": "cell"}, {"name": "vessel"}]}
    project = owner.post("/projects", body)
    uploaded = owner.upload(project["id"], [("board.png", board)])[0]["image"]
    assert uploaded["tiles"]["state"] == "preparing"
    return owner.wait_for(
        f"/images/{uploaded['id']}", lambda now: now["tiles"]["state"] == "ready", timeout=90
    )


def wait_sharp(page: Page) -> None:
    page.wait_for_function("() => window.__contorno.sharp()", timeout=20_000)
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def shown(page: Page, point: editing.Point) -> tuple[int, int, int]:
    """The colour of the photograph's layer at an image point."""
    return tuple(
        page.evaluate(
            """([x, y]) => {
                const canvas = document.querySelector('canvas[data-layer=image]')
                const box = canvas.getBoundingClientRect()
                const at = window.__contorno.imageToScreen(x, y)
                const scale = canvas.width / box.width
                const [left, top] = [Math.floor((at.x - box.left) * scale), Math.floor((at.y - box.top) * scale)]
                return [...canvas.getContext('2d').getImageData(left, top, 1, 1).data.slice(0, 3)]
            }""",
            list(point),
        )
    )


def visible_points(page: Page) -> list[editing.Point]:
    """Middles of cells that are on screen, some forty of them."""
    view = page.evaluate("() => window.__contorno.viewport()")
    points: list[editing.Point] = [
        (x, y)
        for x in range(CELL // 2, WIDTH, CELL)
        for y in range(CELL // 2, HEIGHT, CELL)
        if 5 < x * view["scale"] + view["offsetX"] < view["width"] - 5
        and 5 < y * view["scale"] + view["offsetY"] < view["height"] - 5
    ]
    return points[:: max(1, len(points) // 40)]


def assert_right_pixels(page: Page) -> int:
    wait_sharp(page)
    points = visible_points(page)
    wrong = {point: (shown(page, point), colour_at(*point)) for point in points}
    wrong = {point: pair for point, pair in wrong.items() if max(map(abs, np.subtract(*pair))) > 3}
    assert not wrong, wrong
    return len(points)


def zoom_at(page: Page, point: editing.Point, steps: int) -> None:
    page.mouse.move(*editing.on_screen(page, point))
    for _ in range(abs(steps)):
        page.mouse.wheel(0, -240 if steps > 0 else 240)


def test_a_large_image_shows_the_right_pixels_at_every_zoom(
    sign_in: SignIn, product: Product, image: dict[str, Any], tmp_path: Path
) -> None:
    page = sign_in("ana@example.org")
    asked: list[str] = []
    page.on("requestfinished", lambda request: asked.append(request.url))
    editing.open_editor(page, product.url, image["id"])
    assert assert_right_pixels(page) > 30
    for steps in (3, 3, 4):
        zoom_at(page, (3125.0, 2625.0), steps)
        assert assert_right_pixels(page) >= 1
    page.screenshot(path=str(tmp_path / "large.png"))
    zoom_at(page, (3125.0, 2625.0), -7)
    assert assert_right_pixels(page) > 5
    assert not [url for url in asked if url.endswith("/file")], "the whole file is never fetched"
    # (One that was aborted as it came may be fetched again; test/render/tiledImage.test.ts says when one is asked for.)
    tiles = {url for url in asked if "/tiles/" in url}
    assert 10 < len(tiles) < 100, "of 164 tiles those that were on screen or beside it"


def pixels_of(annotation: dict[str, Any]) -> npt.NDArray[np.bool_]:
    assert annotation["rle"]["size"] == [HEIGHT, WIDTH]
    return rle.decode(rle.counts_from_string(annotation["rle"]["counts"]), HEIGHT, WIDTH)


def test_objects_across_tiles_are_saved_exactly(
    sign_in: SignIn, product: Product, owner: Client, image: dict[str, Any]
) -> None:
    page = sign_in("ana@example.org")
    editing.open_editor(page, product.url, image["id"])
    page.keyboard.press("1")
    corners = [(400, 400), (3100, 600), (2900, 3300), (500, 2500)]  # over some thirty tiles
    editing.draw_polygon(page, corners)
    page.keyboard.press("Escape")
    page.keyboard.press("2")
    page.keyboard.press("d")
    page.evaluate("() => document.activeElement && document.activeElement.blur()")
    editing.drag(page, [(3500, 3800), (4700, 4300)])
    editing.wait_objects(page, 2)
    editing.wait_saved(page)
    stored = owner.get(f"/documents/{image['document']}")["annotations"]
    by_kind = {one["kind"]: one for one in stored}
    ring = np.array(by_kind["polygon"]["polygons"][0][0]).reshape(-1, 2)
    view = page.evaluate("() => window.__contorno.viewport()")
    assert np.abs(ring - np.array(corners)).max() <= 1 / view["scale"] + 0.01
    mask = pixels_of(by_kind["mask"])
    assert by_kind["mask"]["area"] == int(mask.sum())
    local = {one["kind"]: one for one in editing.objects(page)}
    assert local["mask"]["rle"] == by_kind["mask"]["rle"], "what is on screen is what is stored"
    y, x = np.nonzero(mask)
    assert x.min() // 512 < x.max() // 512
    assert y.min() // 512 < y.max() // 512
    assert set(np.unique(np.diff(np.flatnonzero(mask.any(axis=0))))) == {1}, "the stroke has no gap at a tile"
    page.reload()
    editing.wait_ready(page)
    assert {one["id"]: one for one in editing.objects(page)}.keys() == {one["id"] for one in stored}


def test_an_image_that_is_not_ready_says_so_and_opens_by_itself(
    sign_in: SignIn, product: Product, owner: Client, image: dict[str, Any], board: bytes
) -> None:
    page = sign_in("ana@example.org")
    project = image["project"]
    damaged = owner.upload(project, [("cut.png", board[:-300_000])])[0]["image"]
    failed = owner.wait_for(
        f"/images/{damaged['id']}", lambda now: now["tiles"]["state"] == "failed", timeout=90
    )
    page.goto(f"{product.url}/images/{damaged['id']}")
    card = page.get_by_test_id("preparing")
    expect(card).to_contain_text("cut short")
    card.get_by_role("button", name="Try again").click()
    owner.wait_for(f"/jobs/{failed['tiles']['job']}", lambda job: job["state"] == "failed", timeout=90)
    expect(card).to_have_attribute("data-state", "failed", timeout=20_000)

    other = np.random.default_rng(1).integers(0, 256, (3300, 3300, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(other).save(out, "TIFF")
    fresh = owner.upload(project, [("noise.tif", out.getvalue())])[0]["image"]
    page.goto(f"{product.url}/images/{fresh['id']}")
    editing.wait_ready(page)
    wait_sharp(page)


def test_lost_tiles_are_made_again_while_one_looks_on(
    sign_in: SignIn, product: Product, owner: Client, image: dict[str, Any]
) -> None:
    page = sign_in("ana@example.org")
    editing.open_editor(page, product.url, image["id"])
    wait_sharp(page)
    before = sorted((product.data_dir / "files" / "pyramids").rglob("*.zip"))
    for path in before:
        path.unlink()
    zoom_at(page, (1000.0, 1000.0), 6)
    owner.wait_for(f"/images/{image['id']}", lambda now: now["tiles"]["state"] == "ready", timeout=90)
    page.wait_for_function("() => window.__contorno && window.__contorno.ready", timeout=60_000)
    assert assert_right_pixels(page) >= 1
