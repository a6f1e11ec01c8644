"""No page and no state of the editor breaks a rule of WCAG 2 A or AA that axe can check, in light and in dark."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import absent
from tests.e2e import editing
from tests.e2e.conftest import SignIn
from tests.e2e.learning import Past, planned, write_past
from tests.e2e.product import ROOT, Client, Product

AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@pytest.fixture(scope="module")
def axe() -> str:
    if not AXE.is_file():
        absent("axe-core", f"no {AXE.relative_to(ROOT)}; run npm ci in frontend")
    return AXE.read_text()


@pytest.fixture(scope="module")
def project(owner: Client, photographs: list[tuple[str, bytes]]) -> dict[str, Any]:
    """A project with something on every page: classes, images, objects, members, a version, a comment of a reviewer."""
    attribute = {"name": "colour", "type": "select", "options": ["red", "green"]}
    classes = [{"name": "animal", "attributes": [attribute]}, {"name": "vehicle"}]
    made = owner.post("/projects", {"name": "Seen by all", "task_type": "instance", "classes": classes})
    owner.upload(made["id"], photographs[:3])
    owner.post(f"/projects/{made['id']}/members", {"email": "rita@example.org", "role": "reviewer"})
    image = owner.get(f"/projects/{made['id']}/images", sort="created")["results"][0]
    document = owner.get(f"/images/{image['id']}")["document"]
    shape = {"id": "018f0000-0000-7000-8000-000000000001", "class": 1, "kind": "box", "box": [20, 20, 90, 80]}
    change = {
        "key": "018f0000-0000-7000-8000-000000000002",
        "base_revision": owner.get(f"/documents/{document}")["revision"],
        "put": [{**shape, "z": 0, "attributes": {}, "is_crowd": False}],
        "delete": [],
    }
    owner.post(f"/documents/{document}/changes", change)
    return {"id": made["id"], "image": image["id"]}


def violations(page: Page, axe: str, where: str) -> list[str]:
    """What axe finds on the page as it is now, in light, and what of it has too little contrast in dark."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(axe)
    light = run_axe(page, {"runOnly": {"type": "tag", "values": RULES}})
    page.evaluate("() => { document.documentElement.dataset.theme = 'dark' }")
    dark = run_axe(page, {"runOnly": {"type": "rule", "values": ["color-contrast"]}})
    page.evaluate("() => { document.documentElement.dataset.theme = 'light' }")
    return [
        f"{where}, {theme}: {rule['id']}: {node['html'][:160]} ({node['failureSummary'][:300]})"
        for theme, found in (("light", light), ("dark", dark))
        for rule in found
        for node in rule["nodes"]
    ]


def run_axe(page: Page, options: dict[str, Any]) -> list[dict[str, Any]]:
    return page.evaluate(
        """options => {
          // What fades in is measured while it is half transparent: everything is brought to its end first.
          for (const one of document.getAnimations()) { try { one.finish() } catch { one.cancel() } }
          return axe.run(document, { ...options, resultTypes: ['violations'] }).then((found) => found.violations)
        }""",
        options,
    )


def settle(page: Page) -> None:
    page.wait_for_load_state("networkidle")
    expect(page.locator(".skeleton")).to_have_count(0, timeout=20_000)


def test_every_page_is_clean(sign_in: SignIn, product: Product, project: dict[str, Any], axe: str) -> None:
    page = sign_in("ana@example.org")
    wrong: list[str] = []
    base = f"/projects/{project['id']}"
    tabs = ("", "/overview", "/classes", "/versions", "/members", "/jobs", "/settings")
    for path in ("/", "/account", "/nothing-here", *(base + tab for tab in tabs)):
        page.goto(product.url + path)
        settle(page)
        wrong += violations(page, axe, path)
    page.goto(product.url + "/")
    page.get_by_role("button", name="New project").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    wrong += violations(page, axe, "new project")
    page.context.clear_cookies()
    page.goto(product.url + "/login")
    settle(page)
    wrong += violations(page, axe, "/login")
    assert not wrong, "\n".join(wrong)


@dataclass(frozen=True)
class Learned:
    """A project in which models were trained, and one of its images with proposals."""

    base: str
    image: str
    past: Past


@pytest.fixture(scope="module")
def learned(
    owner: Client,
    product: Product,
    photographs: list[tuple[str, bytes]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Learned:
    body = {"name": "Learned", "task_type": "instance", "classes": [{"name": "animal"}, {"name": "vehicle"}]}
    made = owner.post("/projects", {**body, "split_shares": {"train": 1, "val": 0, "test": 0}})
    owner.upload(made["id"], photographs[:3])
    images = owner.get(f"/projects/{made['id']}/images", sort="name")["results"]
    proposals = [
        {
            "id": str(uuid.uuid4()), "class": 1 + place % 2, "kind": "polygon", "score": score, "area": 2500.0,
            "polygons": [[[x, 30, x + 50, 30, x + 50, 80, x, 80]]], "bbox": [x, 30, x + 50, 80],
            "uncertainty": 1 - score,
        } for place, (x, score) in enumerate(((20, 0.95), (90, 0.8), (160, 0.3)))
    ]  # fmt: skip
    folder = tmp_path_factory.mktemp("learned")
    past = write_past(product, folder, made, images, {images[0]["id"]: proposals})
    return Learned(f"/projects/{made['id']}", images[0]["id"], past)


def test_the_learning_pages_are_clean(sign_in: SignIn, product: Product, learned: Learned, axe: str) -> None:
    page = sign_in("ana@example.org")
    wrong: list[str] = []
    champion, candidate = (
        f"{learned.base}/models/{one}" for one in (learned.past.champion, learned.past.candidate)
    )
    both = f"{learned.past.champion},{learned.past.candidate}"
    paths = (
        *(f"{champion}?view={view}" for view in ("result", "run", "plan", "files")),
        f"{learned.base}/models/{learned.past.failed}", f"{learned.base}/models/compare?ids={both}",
        f"{learned.base}/queue", f"{learned.base}/models",
    )  # fmt: skip
    for path in paths:
        page.goto(product.url + path)
        settle(page)
        expect(page.locator(".panel, [data-testid=model-row], [data-testid=queue-row]").first).to_be_visible()
        wrong += violations(page, axe, path)
    planned(page)
    for name in ("Bring a model", "Pre-label", "Train a model"):
        page.get_by_role("button", name=name).click()
        dialog = page.get_by_role("dialog")
        expect(dialog).to_be_visible()
        if name == "Train a model":
            dialog.get_by_role("button", name="Change values").click()
            dialog.get_by_role("button", name="more values").click()
        wrong += violations(page, axe, name)
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
    page.goto(product.url + candidate)
    settle(page)
    page.get_by_role("button", name="Promote to champion").click()
    expect(page.get_by_role("dialog").locator(".verdict, .notice").first).to_be_visible()
    wrong += violations(page, axe, "promote")
    assert not wrong, "\n".join(wrong)


def test_the_editor_is_clean_with_proposals(
    sign_in: SignIn, product: Product, learned: Learned, axe: str
) -> None:
    page = sign_in("ana@example.org")
    editing.open_editor(page, product.url, learned.image)
    page.keyboard.press("Alt+4")
    panel = page.get_by_test_id("prelabel-panel")
    expect(panel.get_by_role("slider").first).to_be_visible()
    wrong = violations(page, axe, "proposals")
    page.keyboard.press("Alt+Shift+a")
    editing.wait_saved(page)
    page.keyboard.press("Control+a")
    wrong += violations(page, axe, "accepted")
    assert not wrong, "\n".join(wrong)


def opened(page: Page, keys: str) -> Callable[[], None]:
    """Presses the key and waits for the dialog that it opens."""

    def act() -> None:
        page.keyboard.press(keys)
        expect(page.get_by_role("dialog")).to_be_visible()

    return act


def popover(page: Page, name: str) -> Callable[[], None]:
    def act() -> None:
        page.get_by_role("button", name=name, exact=True).click()
        expect(page.locator(".view-menu")).to_be_visible()

    return act


def test_the_editor_is_clean_in_every_state(
    sign_in: SignIn, product: Product, project: dict[str, Any], axe: str
) -> None:
    page = sign_in("ana@example.org")
    editing.open_editor(page, product.url, project["image"])
    states: dict[str, Callable[[], None]] = {
        "as opened": lambda: None,
        "palette": opened(page, "Control+k"),
        "shortcut sheet": opened(page, "?"),
        "view menu": popover(page, "View"),
        "photograph menu": popover(page, "Photograph"),
        "selected, names, zoomed": lambda: (
            page.keyboard.press("Control+a"),
            page.keyboard.press("Shift+N"),
            page.keyboard.press("Shift+2"),
            expect(page.get_by_test_id("minimap")).to_be_visible(),
        )[0],
        "panel closed": lambda: page.keyboard.press("Control+b"),
    }
    wrong: list[str] = []
    for name, act in states.items():
        act()
        wrong += violations(page, axe, name)
        if name in ("palette", "shortcut sheet", "view menu", "photograph menu"):
            page.keyboard.press("Escape")
            expect(page.locator(".view-menu, [role=dialog]")).to_have_count(0)
    page.keyboard.press("Control+b")
    page.keyboard.press("Shift+N")
    for tool in page.locator("[data-tool]").all():
        name = tool.get_attribute("data-tool")
        if tool.get_attribute("aria-disabled") != "true":
            tool.click()
            wrong += violations(page, axe, f"tool {name}")
    assert not wrong, "\n".join(wrong)


def test_the_editor_is_reached_and_left_by_the_tab_key_alone(
    sign_in: SignIn, product: Product, project: dict[str, Any]
) -> None:
    page = sign_in("ana@example.org")
    editing.open_editor(page, product.url, project["image"])
    seen: list[str] = []
    for _ in range(60):
        page.keyboard.press("Tab")
        seen.append(
            page.evaluate(
                """() => { const e = document.activeElement
                  const area = e.closest('.tool-rail, .editor-canvas, .editor-bar, .editor-side')
                  return area ? area.className.split(' ')[0] : e.tagName }"""
            )
        )
    assert {"tool-rail", "editor-canvas", "editor-bar", "editor-side"} <= set(seen)
    # At the body the focus leaves the page and comes again.
    bodies = [at for at, area in enumerate(seen) if area == "BODY"]
    assert bodies, seen
    one_round = seen[bodies[0] : bodies[1] if len(bodies) > 1 else None]
    assert one_round.count("tool-rail") == 1, "the rail is one stop"
    page.locator("[data-tool=select]").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_function("() => window.__contorno.state().tool === 'polygon'")


def screens() -> list[tuple[int, int]]:
    return [(1024, 768), (1280, 720), (2560, 1440)]


def test_the_editor_fits_every_screen_without_scrolling(
    sign_in: SignIn, product: Product, project: dict[str, Any]
) -> None:
    page = sign_in("ana@example.org")
    editing.open_editor(page, product.url, project["image"])
    for width, height in screens():
        page.set_viewport_size({"width": width, "height": height})
        over = page.evaluate(
            """() => [...document.querySelectorAll('.editor, .editor-bar, .tool-rail, .tool-options')]
              .filter((e) => e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1)
              .map((e) => `${e.className} ${e.scrollWidth}x${e.scrollHeight} in ${e.clientWidth}x${e.clientHeight}`)"""
        )
        assert over == [], f"{width}x{height}"
        for tool in ("brush", "polygon", "select"):
            page.locator(f"[data-tool={tool}]").click()
            box = page.locator(".tool-options").bounding_box()
            stage = page.locator(".stage-canvas").bounding_box()
            assert box is not None
            assert stage is not None
            assert box["x"] >= stage["x"]
            assert box["x"] + box["width"] <= stage["x"] + stage["width"]
