"""Two people at one image: seen by each other, talking, looking back, comparing; and settings that follow a person."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e import editing
from tests.e2e.conftest import PASSWORD, SignIn
from tests.e2e.product import Client, Product

Enter = Callable[[str], Page]
SQUARE = [(60.0, 60.0), (140.0, 60.0), (140.0, 140.0), (60.0, 140.0)]
OTHER = [(200.0, 60.0), (280.0, 60.0), (280.0, 140.0), (200.0, 140.0)]


@pytest.fixture(scope="module")
def project(owner: Client, product: Product) -> dict[str, Any]:
    attributes = [
        {"name": "cut", "type": "checkbox", "default": False},
        {"name": "view", "type": "select", "options": ["front", "side"], "required": True},
    ]
    classes = [{"name": "animal"}, {"name": "vehicle", "attributes": attributes}]
    made = owner.post("/projects", {"name": "Together", "task_type": "instance", "classes": classes})
    for name, role in (("arno", "annotator"), ("rita", "reviewer")):
        product.set_password(f"{name}@example.org", PASSWORD)
        owner.post(f"/projects/{made['id']}/members", {"email": f"{name}@example.org", "role": role})
    return made


@pytest.fixture
def enter(sign_in: SignIn, project: dict[str, Any]) -> Enter:
    """Opens a browser of its own for one of the project's people and gives its page."""
    return lambda name: sign_in(f"{name}@example.org")


@pytest.fixture
def image(owner: Client, project: dict[str, Any], photographs: list[tuple[str, bytes]]) -> dict[str, Any]:
    """An image of its own for each test: the same picture under other bytes."""
    name, content = photographs[0]
    return owner.upload(project["id"], [(f"{uuid.uuid4()}-{name}", content + uuid.uuid4().bytes)])[0]["image"]


MAKE_TOKEN = """
    async () => {
        const csrf = document.cookie.match(/csrftoken=([^;]+)/)[1]
        const headers = { 'Content-Type': 'application/json', 'X-CSRFToken': csrf }
        return (await fetch('/api/v1/tokens', { method: 'POST', headers, body: '{}' })).json()
    }
"""


def put_box(owner: Client, document: str, box: list[float], base: int, **fields: Any) -> str:
    """Stores one box by the API and gives its id."""
    key = str(uuid.uuid4())
    thing = {"id": key, "class": 1, "kind": "box", "box": box, "base": None, **fields}
    body = {"base_revision": base, "key": uuid.uuid4().hex, "put": [thing], "delete": []}
    owner.post(f"/documents/{document}/changes", body)
    return key


def look_now(page: Page) -> None:
    """Coming back to the page: it says that it is here and looks for what is new, as it does every ten seconds."""
    with page.expect_response("**/presence"):
        page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")


def tab(page: Page, name: str) -> Locator:
    page.get_by_role("tab", name=name).click()
    return page.get_by_role("tabpanel", name=name)


def test_two_people_see_each_other_and_one_is_gone_after_leaving(
    enter: Enter, product: Product, image: dict[str, Any]
) -> None:
    arno, rita = enter("arno"), enter("rita")
    editing.open_editor(arno, product.url, image["id"])
    editing.open_editor(rita, product.url, image["id"])
    expect(rita.get_by_test_id("presence")).to_contain_text("arno@example.org is here")
    look_now(arno)
    expect(arno.get_by_test_id("presence")).to_contain_text("rita@example.org is here")
    rita.keyboard.press("1")
    editing.draw_polygon(rita, SQUARE)
    editing.wait_saved(rita)
    look_now(rita)
    look_now(arno)
    expect(arno.get_by_test_id("presence")).to_contain_text("rita@example.org is editing too")
    editing.wait_objects(arno, 1)
    with rita.expect_response("**/presence"):
        rita.get_by_role("link", name="Back to the images").click()
    look_now(arno)
    expect(arno.get_by_test_id("presence")).not_to_contain_text("rita")


def test_a_comment_by_one_appears_for_the_other_and_is_answered_and_resolved(
    enter: Enter, product: Product, owner: Client, project: dict[str, Any], image: dict[str, Any]
) -> None:
    arno, rita = enter("arno"), enter("rita")
    editing.open_editor(arno, product.url, image["id"])
    editing.open_editor(rita, product.url, image["id"])
    rita.keyboard.press("Alt+n")
    editing.click(rita, (100, 80))
    rita.get_by_role("textbox", name="Write a comment").fill("<b>which class?</b>")
    rita.keyboard.press("Control+Enter")
    expect(rita.get_by_role("button", name="Comment 1 by rita@example.org")).to_be_visible()
    [thread] = owner.get(f"/images/{image['id']}/comments")["results"]
    assert thread["text"] == "<b>which class?</b>"
    assert thread["point"] == pytest.approx([100, 80], abs=1)

    look_now(arno)
    pin = arno.get_by_role("button", name="Comment 1 by rita@example.org")
    pin.click()
    box = pin.bounding_box()
    assert box is not None
    x, y = editing.on_screen(arno, (thread["point"][0], thread["point"][1]))
    assert (box["x"], box["y"] + box["height"]) == pytest.approx((x, y), abs=1.5), (
        "the pin's tip is at the place"
    )
    before = (box["x"], box["y"])
    arno.mouse.move(400, 400)
    arno.mouse.wheel(0, -300)
    arno.wait_for_function("s => window.__contorno.viewport().scale > s", arg=1e-9)
    box = pin.bounding_box()
    assert box is not None
    x, y = editing.on_screen(arno, (thread["point"][0], thread["point"][1]))
    assert (box["x"], box["y"] + box["height"]) == pytest.approx((x, y), abs=1.5)
    assert (box["x"], box["y"]) != before
    panel = arno.get_by_role("tabpanel", name="Comments")
    expect(panel).to_contain_text("<b>which class?</b>")
    panel.get_by_role("textbox", name="Reply").fill("animal")
    panel.get_by_role("button", name="Reply", exact=True).click()
    expect(panel.locator(".thread-reply")).to_contain_text("animal")
    panel.get_by_role("button", name="Resolve", exact=True).click()
    expect(panel).to_contain_text("Resolved by arno@example.org")
    look_now(rita)
    expect(rita.get_by_role("tab", name="Comments")).to_have_text("Comments")

    owner.post(f"/images/{image['id']}/comments", {"text": "still dark"})
    rita.goto(f"{product.url}/projects/{project['id']}")
    rita.get_by_role("button", name="With open comments").click()
    expect(rita.locator(".image-cell")).to_have_count(1)
    expect(rita.locator(".image-comments")).to_contain_text("1")


def test_a_revision_is_looked_at_and_brought_back_to_the_pixel(
    enter: Enter, product: Product, owner: Client, image: dict[str, Any]
) -> None:
    page = enter("arno")
    editing.open_editor(page, product.url, image["id"])
    page.keyboard.press("1")
    editing.draw_polygon(page, SQUARE)
    editing.wait_saved(page)
    first = owner.get(f"/documents/{image['document']}")
    editing.draw_polygon(page, OTHER)
    editing.wait_saved(page)
    page.keyboard.press("v")
    editing.click(page, (100, 100))
    page.keyboard.press("Delete")
    editing.wait_objects(page, 1)
    editing.wait_saved(page)
    now = owner.get(f"/documents/{image['document']}")
    assert now["revision"] == 3

    panel = tab(page, "History")
    panel.get_by_role("button", name="3 changes").click()
    panel.locator('[data-revision="1"]').click()
    banner = page.get_by_test_id("preview-banner")
    expect(banner).to_contain_text("You are looking at revision 1")
    legend = page.get_by_test_id("legend")
    for tone in ("added", "removed"):
        expect(legend.locator(f'[data-tone="{tone}"]')).to_have_attribute("data-count", "1")
    page.keyboard.press("p")
    editing.click(page, (300, 200))
    page.keyboard.press("Delete")
    assert page.evaluate("() => window.__contorno.state().tool") == "select", "nothing reaches the tools"
    assert len(editing.objects(page)) == 1

    panel.get_by_role("checkbox", name="Choose animal").first.click()
    banner.get_by_role("button", name="Restore 1 object").click()
    expect(banner).to_have_count(0)
    some = owner.get(f"/documents/{image['document']}")
    assert some["revision"] == 4
    assert len(editing.wait_objects(page, 2)) == 2
    lost = first["annotations"][0]
    back = next(one for one in some["annotations"] if one["id"] == lost["id"])
    assert back["polygons"] == lost["polygons"]
    size = (image["height"], image["width"])
    pixels = editing.reference_pixels(lost["polygons"], *size)
    shown = next(one for one in editing.objects(page) if one["id"] == lost["id"])
    assert np.array_equal(editing.reference_pixels(shown["polygons"], *size), pixels)

    page.get_by_role("button", name="Undo", exact=False).click()
    editing.wait_objects(page, 1)
    editing.wait_saved(page)
    ids = {one["id"] for one in owner.get(f"/documents/{image['document']}")["annotations"]}
    assert ids == {one["id"] for one in now["annotations"]}

    panel.locator('[data-revision="1"]').first.click()
    banner.get_by_role("button", name="Restore", exact=True).click()
    expect(banner).to_have_count(0)
    editing.wait_objects(page, 1)
    whole = owner.get(f"/documents/{image['document']}")
    assert [one["polygons"] for one in whole["annotations"]] == [
        one["polygons"] for one in first["annotations"]
    ]
    assert owner.get(f"/documents/{image['document']}/history")["results"][0]["kind"] == "restore"


def test_two_annotators_are_compared_by_iou(
    enter: Enter, product: Product, owner: Client, image: dict[str, Any]
) -> None:
    put_box(owner, image["document"], [40, 40, 60, 60], 0)  # the replica has 20 x 15 of its 20 x 20 pixels
    put_box(owner, image["document"], [100, 100, 120, 110], 1)  # and not this
    page = enter("arno")
    editing.open_editor(page, product.url, image["id"])
    made = page.evaluate(MAKE_TOKEN)
    arno = Client(product, made["token"])
    replica = arno.post(f"/images/{image['id']}/documents", {"role": "replica"})["id"]
    put_box(arno, replica, [40, 40, 60, 55], 0)
    page = enter("rita")
    editing.open_editor(page, product.url, image["id"])
    page.keyboard.press("Alt+d")
    panel = page.get_by_test_id("compare-panel")
    panel.get_by_role("button", name="Left:").click()
    page.get_by_role("menuitemradio", name="Replica by arno@example.org").click()
    expect(panel.locator('[data-figure="meanIou"]')).to_have_text("0.750")
    expect(panel.locator('[data-figure="f1"]')).to_have_text("0.667")
    expect(panel.locator('[data-figure="classIou"]')).to_have_text("0.500")  # 300 of 400 + 200 pixels
    rows = panel.locator(".match-row")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("Right only")
    scale = page.evaluate("() => window.__contorno.viewport().scale")
    rows.first.click()
    assert page.evaluate("() => window.__contorno.viewport().scale") > scale, "it jumps there"
    panel.get_by_role("radio", name="All pairs").click()
    expect(rows).to_have_count(2)
    expect(rows.nth(1)).to_contain_text("0.750")
    panel.get_by_role("radio", name="Swipe").click()
    edge = page.get_by_role("slider", name="Edge between the two")
    edge.press("ArrowRight")
    expect(edge).to_have_attribute("aria-valuenow", "52")
    panel.get_by_role("radio", name="Side by side").click()
    expect(page.locator(".panes-side .pane")).to_have_count(2)
    edge = page.get_by_test_id("aside-stage")
    edge.focus()
    page.keyboard.press("Escape")
    expect(edge).to_have_count(0)

    page.goto(f"{product.url}/images/{image['id']}?document={replica}")
    editing.wait_ready(page)
    assert len(editing.objects(page)) == 1
    expect(page.locator("main")).to_contain_text("Replica by arno@example.org")
    page.keyboard.press("p")
    assert page.evaluate("() => window.__contorno.state().tool") == "select", (
        "only its author changes a replica"
    )


def test_settings_follow_to_a_second_browser(enter: Enter, product: Product, image: dict[str, Any]) -> None:
    first = enter("arno")
    editing.open_editor(first, product.url, image["id"])
    first.keyboard.press("Control+,")
    dialog = first.get_by_role("dialog", name="Editor settings")
    dialog.get_by_label("Brush size in pixels").fill("91")
    dialog.get_by_role("radio", name="Square").click()
    dialog.get_by_role("switch", name="Fills").click()
    with first.expect_response(
        lambda answer: answer.url.endswith("/me") and answer.request.method == "PATCH"
    ):
        dialog.get_by_role("radio", name="Dark").click()
    first.keyboard.press("Escape")
    tab(first, "History")
    first.wait_for_function("() => JSON.parse(localStorage['contorno.preferences']).unsent.length === 0")

    second = enter("arno")
    editing.open_editor(second, product.url, image["id"])
    expect(second.get_by_role("tab", name="History")).to_have_attribute("aria-selected", "true")
    assert second.evaluate("() => document.documentElement.dataset.theme") == "dark"
    second.keyboard.press("Control+,")
    dialog = second.get_by_role("dialog", name="Editor settings")
    expect(dialog.get_by_label("Brush size in pixels")).to_have_value("91")
    expect(dialog.get_by_role("radio", name="Square")).to_be_checked()
    expect(dialog.get_by_role("switch", name="Fills")).not_to_be_checked()
    dialog.get_by_role("button", name="Back to the usual").click()
    expect(dialog.get_by_label("Brush size in pixels")).to_have_value("24")
    expect(dialog.get_by_role("switch", name="Fills")).to_be_checked()


def test_attributes_of_many_objects_and_what_is_missing_before_submitting(
    enter: Enter, product: Product, owner: Client, image: dict[str, Any]
) -> None:
    page = enter("arno")
    editing.open_editor(page, product.url, image["id"])
    tab(page, "Objects")
    page.keyboard.press("2")
    for shape in (SQUARE, OTHER):
        editing.draw_polygon(page, shape)
    editing.wait_saved(page)
    stored = owner.get(f"/documents/{image['document']}")["annotations"]
    assert [one["attributes"] for one in stored] == [{"cut": False}, {"cut": False}], "the default is there"

    page.keyboard.press("Control+Enter")
    dialog = page.get_by_role("dialog", name="2 objects lack a required attribute")
    dialog.get_by_role("button", name="vehicle").first.click()
    expect(dialog).to_have_count(0)
    assert page.evaluate("() => window.__contorno.state().selection") == [stored[0]["id"]]
    panel = page.get_by_role("region", name="Properties")
    expect(panel).to_contain_text("Needed before the image can be submitted")
    panel.get_by_role("switch", name="cut").click()
    page.locator(".editor-canvas").focus()
    page.keyboard.press("Control+a")
    expect(panel).to_contain_text("Different values")
    panel.get_by_role("button", name="view:").click()
    page.get_by_role("menuitemradio", name="side").click()
    editing.wait_saved(page)
    stored = owner.get(f"/documents/{image['document']}")["annotations"]
    assert [one["attributes"] for one in stored] == [
        {"cut": True, "view": "side"},
        {"cut": False, "view": "side"},
    ]
    page.locator(".editor-canvas").focus()
    page.keyboard.press("Alt+e")
    expect(panel.get_by_role("switch", name="cut")).to_be_focused()
    page.locator(".editor-canvas").focus()
    page.keyboard.press("Control+Enter")
    expect(page.locator(".image-title")).to_contain_text("Submitted")
