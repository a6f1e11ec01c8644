"""Every drawing tool, with real pointer events: what the server has afterwards is exactly what was drawn.

One browser profile for all tests here, an image of its own for each. Each test also sees that the work is one step of
undo, and that Esc leaves nothing.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from playwright.sync_api import Browser, CDPSession, Page, expect

from annotator.core import rle
from tests.e2e import editing
from tests.e2e.conftest import log_in
from tests.e2e.editing import Point
from tests.e2e.product import Client, Product

WIDTH, HEIGHT = 200, 160
DISC = (100.0, 80.0, 40.0)  # x, y, radius of the dark disc on each image
Mask = npt.NDArray[np.bool_]


def distance_to(x: float, y: float) -> npt.NDArray[np.float64]:
    """From every pixel's centre."""
    j, i = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    return np.hypot(i - x, j - y)


def picture(number: int) -> bytes:
    """A dark disc on light ground, with a little noise of its own."""
    noise = np.random.default_rng(number).integers(0, 8, (HEIGHT, WIDTH, 3))
    x, y, radius = DISC
    ground = np.where(distance_to(x, y)[..., None] < radius, (60, 80, 70), (190, 180, 200))
    out = io.BytesIO()
    Image.fromarray((ground + noise).astype(np.uint8)).save(out, "PNG")
    return out.getvalue()


@dataclass
class Desk:
    """A signed-in page with one image open, and the server's side of it."""

    page: Page
    owner: Client
    image: dict[str, Any]
    touch: CDPSession

    def stored(self) -> list[dict[str, Any]]:
        editing.wait_saved(self.page)
        return self.owner.get(f"/documents/{self.image['document']}")["annotations"]

    def only(self) -> dict[str, Any]:
        (one,) = self.stored()
        return one

    def mask(self) -> Mask:
        one = self.only()
        assert one["kind"] == "mask", one["kind"]
        return rle.decode(rle.counts_from_string(one["rle"]["counts"]), HEIGHT, WIDTH)

    def tool(self, key: str) -> None:
        self.page.keyboard.press(key)

    def undo(self) -> None:
        self.page.keyboard.press("Control+z")

    def at(self, point: Point) -> Point:
        return editing.on_screen(self.page, point)

    def fingers(self, kind: str, *points: Point) -> None:
        """A touch event with these fingers down (image coordinates); with none at the end."""
        at = [self.at(point) for point in points]
        touches = [{"x": x, "y": y, "id": k} for k, (x, y) in enumerate(at)]
        self.touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    def pen(self, kind: str, point: Point, *, force: float = 0.5, button: str = "left") -> None:
        x, y = self.at(point)
        held = {"mouseReleased": 0, "mouseMoved": 1, "mousePressed": 1}[kind] * (
            2 if button == "right" else 1
        )
        event = {"type": kind, "x": x, "y": y, "button": button, "buttons": held, "force": force}
        self.touch.send("Input.dispatchMouseEvent", {**event, "pointerType": "pen", "clickCount": 1})

    def pen_stroke(self, points: Sequence[Point], *, force: float = 0.5, button: str = "left") -> None:
        self.pen("mousePressed", points[0], force=force, button=button)
        for point in points[1:]:
            self.pen("mouseMoved", point, force=force, button=button)
        self.pen("mouseReleased", points[-1], force=force, button=button)


@pytest.fixture(scope="module")
def images(owner: Client) -> Iterator[dict[str, Any]]:
    project = owner.post(
        "/projects", {"name": "Drawing", "task_type": "instance", "classes": [{"name": "disc"}]}
    )
    files = [(f"{number}.png", picture(number)) for number in range(24)]
    return iter([result["image"] for result in owner.upload(project["id"], files)])


@pytest.fixture(scope="module")
def signed_in(browser: Browser, product: Product) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1200, "height": 800}, locale="en", has_touch=True)
    page = context.new_page()
    log_in(page, product, "ana@example.org")
    yield page
    context.close()


@pytest.fixture
def desk(
    signed_in: Page, product: Product, owner: Client, images: Iterator[dict[str, Any]]
) -> Iterator[Desk]:
    image = next(images)
    problems: list[str] = []
    signed_in.on("pageerror", lambda error: problems.append(str(error)))
    editing.open_editor(signed_in, product.url, image["id"])
    signed_in.mouse.move(*editing.on_screen(signed_in, (5, 5)))
    yield Desk(signed_in, owner, image, signed_in.context.new_cdp_session(signed_in))
    assert not problems, f"errors in the page: {problems}"


def near(found: Sequence[float], expected: Sequence[float]) -> None:
    """Coordinates as drawn; the window's pixels are whole where the system says so, which is less than this."""
    assert len(found) == len(expected), found
    assert np.abs(np.subtract(found, expected)).max() <= 0.13, found


def along(points: Sequence[Point], radius: float, *, square: bool = False) -> Mask:
    """Pixels whose centre lies in a brush of this radius at some place of the line (a square's lines are upright)."""
    j, i = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    mask = np.zeros((HEIGHT, WIDTH), dtype=bool)
    for (xa, ya), (xb, yb) in zip(points, points[1:] or points, strict=False):
        dx, dy = xb - xa, yb - ya
        assert not square or dx * dy == 0
        t = np.clip(((i - xa) * dx + (j - ya) * dy) / max(dx * dx + dy * dy, 1e-9), 0, 1)
        across, down = np.abs(i - xa - t * dx), np.abs(j - ya - t * dy)
        mask |= (np.maximum(across, down) if square else np.hypot(across, down)) < radius
    return mask


def test_polygon_with_a_hole(desk: Desk) -> None:
    desk.tool("p")
    editing.click(desk.page, (5, 5))
    desk.page.keyboard.press("Escape")
    outer, hole = [(40, 30), (160, 30), (160, 130), (40, 130)], [(80, 60), (120, 60), (100, 100)]
    editing.draw_polygon(desk.page, outer)
    desk.page.keyboard.down("Alt")
    editing.click(desk.page, hole[0])
    desk.page.keyboard.up("Alt")
    for point in hole[1:]:
        editing.click(desk.page, point)
    desk.page.keyboard.press("Enter")
    (rings,) = desk.only()["polygons"]
    near(rings[0], np.ravel(outer))
    near(sorted(rings[1]), sorted(np.ravel(hole)))
    desk.undo()
    assert len(desk.only()["polygons"][0]) == 1
    desk.undo()
    assert desk.stored() == []


def test_box(desk: Desk) -> None:
    desk.tool("b")
    editing.drag(desk.page, [(20, 20), (60, 50)], release=False)
    desk.page.keyboard.press("Escape")
    desk.page.mouse.up()
    editing.drag(desk.page, [(30, 20), (130, 90)])
    near(desk.only()["box"], [30, 20, 130, 90])
    desk.undo()
    assert desk.stored() == []


@pytest.mark.parametrize("shape", ["Round", "Square"])
def test_brush_and_eraser(desk: Desk, shape: str) -> None:
    desk.tool("d")
    desk.page.get_by_role("radio", name=shape).click()
    editing.drag(desk.page, [(20, 20), (60, 50)], release=False)
    desk.page.keyboard.press("Escape")
    desk.page.mouse.up()
    size = int(desk.page.locator(".brush-size").inner_text().split()[0])
    assert size % 2 == 0, "stamps of an even size lie on pixels' corners"
    line: list[Point] = [(50.0, 60.0), (140.0, 60.0)]
    editing.drag(desk.page, line)
    painted = along(line, size / 2, square=shape == "Square")
    assert np.array_equal(desk.mask(), painted)
    desk.page.keyboard.down("Shift")  # a straight line from where the last stroke ended
    editing.click(desk.page, (140, 120))
    desk.page.keyboard.up("Shift")
    painted |= along([(140, 60), (140, 120)], size / 2, square=shape == "Square")
    assert np.array_equal(desk.mask(), painted)
    desk.tool("e")
    editing.click(desk.page, (90, 60))
    assert np.array_equal(desk.mask(), painted & ~along([(90, 60)], size / 2, square=shape == "Square"))
    desk.undo()
    assert np.array_equal(desk.mask(), painted)
    desk.undo()
    desk.undo()
    assert desk.stored() == []


def test_an_eraser_for_all_objects_at_once(desk: Desk) -> None:
    desk.tool("b")
    editing.drag(desk.page, [(20, 20), (80, 60)])
    desk.page.keyboard.press("Escape")
    editing.drag(desk.page, [(90, 20), (150, 60)])
    desk.page.keyboard.press("Escape")
    desk.tool("e")
    size = int(desk.page.locator(".brush-size").inner_text().split()[0])
    desk.page.get_by_role("radio", name="Round").click()
    desk.page.keyboard.down("Control")
    editing.drag(desk.page, [(60.1, 40.1), (110.1, 40.1)])
    desk.page.keyboard.up("Control")
    swept = along([(60, 40), (110, 40)], size / 2)
    masks = [rle.decode(rle.counts_from_string(one["rle"]["counts"]), HEIGHT, WIDTH) for one in desk.stored()]
    whole = np.zeros((2, HEIGHT, WIDTH), dtype=bool)
    whole[0, 20:60, 20:80] = whole[1, 20:60, 90:150] = True
    assert np.array_equal(np.sum(masks, axis=0), (whole & ~swept).sum(axis=0))
    desk.undo()
    assert [one["kind"] for one in desk.stored()] == ["box", "box"]


def test_vertices_by_mouse_and_by_keyboard(desk: Desk) -> None:
    page = desk.page
    editing.draw_polygon(page, [(40, 30), (160, 30), (160, 130), (40, 130)])
    page.keyboard.press("v")
    page.keyboard.press("Enter")

    def ring() -> list[float]:
        return desk.only()["polygons"][0][0]

    editing.drag(page, [(160, 30), (150, 40)])
    near(ring(), [40, 30, 150, 40, 160, 130, 40, 130])
    editing.drag(page, [(100, 130), (100, 120)])  # an edge gives a new vertex
    near(ring(), [40, 30, 150, 40, 160, 130, 100, 120, 40, 130])
    editing.drag(page, [(20, 20), (110, 145)])  # around the first, the new and the last one
    page.keyboard.press("ArrowUp")
    near(ring(), [40, 29, 150, 40, 160, 130, 100, 119, 40, 129])
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Delete")
    near(ring(), [40, 29, 160, 130, 100, 119, 40, 129])
    page.keyboard.press("Tab")
    page.keyboard.press("Insert")
    near(ring(), [40, 29, 100, 79.5, 160, 130, 100, 119, 40, 129])
    editing.drag(page, [(40, 29), (60, 60)], release=False)
    page.keyboard.press("Escape")
    page.mouse.up()
    for _ in range(5):
        desk.undo()
    near(ring(), [40, 30, 160, 30, 160, 130, 40, 130])


def test_polyline_is_drawn_and_continued(desk: Desk) -> None:
    desk.tool("l")
    editing.click(desk.page, (5, 5))
    desk.page.keyboard.press("Escape")
    for point in [(30, 30), (90, 40), (60, 70)]:
        editing.click(desk.page, point)
    desk.page.mouse.dblclick(*desk.at((150, 60)))
    one = desk.only()
    assert one["kind"] == "polyline"
    near(one["points"], [30, 30, 90, 40, 60, 70, 150, 60])
    desk.page.keyboard.press("Escape")
    editing.click(desk.page, (30, 30))
    editing.click(desk.page, (20, 100))
    desk.page.keyboard.press("Enter")
    near(desk.only()["points"], [20, 100, 30, 30, 90, 40, 60, 70, 150, 60])
    desk.undo()
    desk.undo()
    assert desk.stored() == []


def test_points_one_by_one_and_together(desk: Desk) -> None:
    desk.tool(".")
    editing.click(desk.page, (50, 50))
    editing.click(desk.page, (150, 50))
    desk.page.keyboard.down("Shift")
    editing.click(desk.page, (150, 100))
    desk.page.keyboard.up("Shift")
    editing.wait_objects(desk.page, 2)
    stored = sorted(desk.stored(), key=lambda one: len(one["points"]))
    near(stored[0]["points"], [50, 50])
    near(stored[1]["points"], [150, 50, 150, 100])
    for left in (2, 1, 0):
        desk.undo()
        assert len(desk.stored()) == left


def test_lasso_fills_and_takes_away(desk: Desk) -> None:
    desk.tool("f")
    editing.drag(desk.page, [(20, 20), (60, 50), (20, 60)], release=False)
    desk.page.keyboard.press("Escape")
    desk.page.mouse.up()
    outline: list[Point] = [(40.1, 30.1), (150.1, 30.1), (150.1, 120.1), (40.1, 120.1)]
    for point in outline:
        editing.click(desk.page, point)
    desk.page.keyboard.press("Enter")
    filled = np.zeros((HEIGHT, WIDTH), dtype=bool)
    filled[30:120, 40:150] = True
    assert np.array_equal(desk.mask(), filled)
    desk.page.keyboard.down("Alt")
    editing.drag(desk.page, [(60.1, 50.1), (100.1, 50.1), (100.1, 90.1), (60.1, 90.1)])
    desk.page.keyboard.up("Alt")
    filled[50:90, 60:100] = False
    assert np.array_equal(desk.mask(), filled)
    desk.undo()
    desk.undo()
    assert desk.stored() == []


@pytest.mark.parametrize("kind", ["Mask", "Polygon"])
def test_scissors_follow_the_edge(desk: Desk, kind: str) -> None:
    x, y, radius = DISC
    desk.tool("s")
    desk.page.get_by_role("radio", name=kind).click()
    editing.click(desk.page, (x + radius, y))
    editing.click(desk.page, (x, y + radius))
    desk.page.keyboard.press("Escape")
    for degrees in (0, 90, 180, 270):  # as fast as the mouse goes: the clicks wait for the worker
        turn = math.radians(degrees)
        editing.click(desk.page, (x + (radius + 1.5) * math.cos(turn), y + (radius - 1.5) * math.sin(turn)))
    desk.page.keyboard.press("Enter")
    editing.wait_objects(desk.page, 1)
    if kind == "Mask":
        drawn = desk.mask()
    else:
        one = desk.only()
        drawn = editing.reference_pixels(one["polygons"], HEIGHT, WIDTH)
        assert len(one["polygons"][0][0]) / 2 < 120
    disc = distance_to(x, y) < radius
    assert (drawn & disc).sum() / (drawn | disc).sum() > 0.95
    desk.undo()
    assert desk.stored() == []


def test_pressure_changes_nothing_and_the_other_end_erases(desk: Desk) -> None:
    desk.tool("d")
    desk.page.get_by_role("radio", name="Round").click()
    line: list[Point] = [(40.1, 40.1), (100.1, 40.1), (150.1, 80.1)]
    masks = []
    for force in (0.1, 1.0):
        desk.pen_stroke(line, force=force)
        masks.append(desk.mask())
        desk.undo()
        assert desk.stored() == []
    assert np.array_equal(*masks)
    size = int(desk.page.locator(".brush-size").inner_text().split()[0])
    painted = along([(40, 40), (100, 40), (150, 80)], size / 2)
    assert np.array_equal(masks[0], painted)
    desk.pen_stroke(line)
    desk.pen_stroke([(100.1, 40.1)], button="right")  # the barrel button
    assert np.array_equal(desk.mask(), painted & ~along([(100, 40)], size / 2))
    assert desk.page.evaluate("() => window.__contorno.state().tool") == "brush"
    end = {"pointerType": "pen", "pointerId": 77, "bubbles": True, "isPrimary": True, "button": 5}
    x, y = desk.at((40.1, 40.1))
    canvas = desk.page.get_by_test_id("canvas")
    canvas.dispatch_event("pointerdown", {**end, "buttons": 32, "clientX": x, "clientY": y})
    canvas.dispatch_event("pointerup", {**end, "buttons": 0, "clientX": x, "clientY": y})
    gone = along([(100, 40)], size / 2) | along([(40, 40)], size / 2)
    assert np.array_equal(desk.mask(), painted & ~gone)


def test_a_finger_draws_until_a_pen_was_seen(desk: Desk) -> None:
    page = desk.page
    desk.tool("d")
    size = int(page.locator(".brush-size").inner_text().split()[0])
    desk.fingers("touchStart", (40.1, 100.1))
    for x in (60.1, 80.1, 120.1):
        desk.fingers("touchMove", (x, 100.1))
    desk.fingers("touchEnd")
    editing.wait_objects(page, 1)
    assert np.array_equal(desk.mask(), along([(40, 100), (120, 100)], size / 2))
    page.get_by_role("button", name="Undo").last.click()
    editing.wait_objects(page, 0)
    assert desk.stored() == []

    before = page.evaluate("() => window.__contorno.viewport()")
    desk.fingers("touchStart", (80, 80))
    desk.fingers("touchStart", (80, 80), (120, 80))
    desk.fingers("touchMove", (70, 80), (130, 80))
    desk.fingers("touchEnd")
    after = page.evaluate("() => window.__contorno.viewport()")
    assert after["scale"] == pytest.approx(before["scale"] * 1.5, rel=0.02)
    assert editing.objects(page) == [], "a pinch leaves no dab"

    desk.pen_stroke([(60.1, 60.1), (80.1, 60.1)])
    editing.wait_objects(page, 1)
    drawn = desk.mask()
    moved = page.evaluate("() => window.__contorno.viewport()")
    desk.fingers("touchStart", (100, 100))
    desk.fingers("touchMove", (110, 100))
    desk.fingers("touchMove", (120, 100))
    desk.fingers("touchEnd")
    assert page.evaluate("() => window.__contorno.viewport().offsetX") > moved["offsetX"] + 10
    assert np.array_equal(desk.mask(), drawn), "the hand that holds the pen draws nothing"


def test_a_polygon_by_taps_and_buttons(desk: Desk) -> None:
    page = desk.page
    canvas = page.get_by_test_id("canvas")
    canvas.evaluate("e => e.addEventListener('contextmenu', () => (window.menus = (window.menus ?? 0) + 1))")
    desk.tool("p")
    if page.get_by_role("button", name="One finger moves the image").count():
        page.get_by_role("button", name="One finger moves the image").click()

    def tap(point: Point) -> None:
        desk.fingers("touchStart", point)
        desk.fingers("touchEnd")

    outline: list[Point] = [(30, 30), (150, 30), (150, 110)]
    for point in outline:
        tap(point)
    tap((10, 140))
    page.get_by_role("button", name="Back").last.click()
    desk.fingers("touchStart", (60, 60))  # a pinch in the middle of it takes no point away and adds none
    desk.fingers("touchStart", (60, 60), (120, 60))
    desk.fingers("touchMove", (64, 60), (116, 60))
    desk.fingers("touchEnd")
    page.get_by_role("button", name="Done").click()
    editing.wait_objects(page, 1)
    near(desk.only()["polygons"][0][0], np.ravel(outline))
    tap((30, 80))
    page.get_by_role("button", name="Cancel").click()
    assert len(desk.stored()) == 1

    desk.fingers("touchStart", (60, 60))
    page.wait_for_function("() => window.menus > 0")
    desk.fingers("touchEnd")
    assert page.evaluate("() => window.menus") == 1
    expect(page.get_by_role("button", name="Done")).to_have_count(0)
