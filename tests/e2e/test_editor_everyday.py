"""What an annotator does all day with everything at once: keys that must not collide, locks that hold, what is said."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import editing
from tests.e2e.conftest import SignIn
from tests.e2e.product import Client, Product

CLICKS = True  # with the click model
SQUARE = [(60.0, 60.0), (160.0, 60.0), (160.0, 160.0), (60.0, 160.0)]
INSIDE = (100.0, 100.0)


@pytest.fixture
def image(owner: Client, photographs: list[tuple[str, bytes]]) -> dict[str, Any]:
    classes = [{"name": "person"}, {"name": "car"}]
    project = owner.post("/projects", {"name": "Everyday", "task_type": "instance", "classes": classes})
    return owner.upload(project["id"], photographs[:1])[0]["image"]


@pytest.fixture
def page(sign_in: SignIn, product: Product, image: dict[str, Any]) -> Page:
    """The editor with one object, which is selected."""
    opened = sign_in("ana@example.org")
    editing.open_editor(opened, product.url, image["id"])
    editing.draw_polygon(opened, SQUARE)
    opened.keyboard.press("v")
    editing.click(opened, INSIDE)
    editing.wait_saved(opened)
    return opened


def test_locked_object_is_neither_cut_nor_deleted(page: Page) -> None:
    page.keyboard.press("Shift+L")
    said = page.get_by_text("Locked or hidden objects are not changed.")
    page.keyboard.press("Control+x")
    expect(said).to_be_visible()
    page.get_by_role("button", name="Delete the selection").click()
    assert len(editing.objects(page)) == 1
    page.keyboard.press("Shift+L")
    page.get_by_role("button", name="Delete the selection").click()
    editing.wait_objects(page, 0)


def test_delete_is_in_the_menu_and_on_its_key_with_any_tool(page: Page) -> None:
    page.mouse.click(*editing.on_screen(page, INSIDE), button="right")
    page.get_by_role("menuitem", name="Delete the selection").click()
    editing.wait_objects(page, 0)
    page.keyboard.press("Control+z")
    editing.wait_objects(page, 1)
    editing.click(page, INSIDE)
    page.keyboard.press("d")
    page.keyboard.press("Delete")
    editing.wait_objects(page, 0)


def test_the_open_tabs_name_is_whole_beside_a_count_and_the_others_have_theirs_to_be_found(
    page: Page, owner: Client, image: dict[str, Any], sign_in: SignIn, product: Product
) -> None:
    for number in range(2):
        owner.post(f"/images/{image['id']}/comments", {"text": f"look {number}", "point": [50, 50]})
    for language in ("en", "pt-BR"):
        reader = sign_in("ana@example.org", language=language)
        editing.open_editor(reader, product.url, image["id"])
        expect(reader.locator(".side-tab-count")).to_contain_text("2")
        for tab in reader.get_by_role("tab").all():
            tab.click()
            whole, seen = tab.locator(".side-tab-name").evaluate(
                "name => [name.scrollWidth, name.clientWidth]"
            )
            assert whole <= seen, (language, whole, seen)
            assert tab.get_attribute("title") == tab.locator(".side-tab-name").text_content()
            expect(tab.locator("svg")).to_be_visible()


def test_nothing_in_the_panel_is_wider_than_it_in_portuguese(
    page: Page, image: dict[str, Any], sign_in: SignIn, product: Product
) -> None:
    reader = sign_in("ana@example.org", language="pt-BR")
    editing.open_editor(reader, product.url, image["id"])
    reader.get_by_role("tab").first.click()  # the objects; which tab is open follows the person
    editing.click(reader, INSIDE)
    reader.locator(".operations summary").click()
    panel = reader.locator(".editor-side").bounding_box()
    assert panel is not None
    for part in reader.locator(".operations input, .operations label").all():
        box = part.bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= panel["x"] + panel["width"]


def test_tips_are_whole_in_both_languages(image: dict[str, Any], sign_in: SignIn, product: Product) -> None:
    for language in ("en", "pt-BR"):
        reader = sign_in("ana@example.org", language=language)
        editing.open_editor(reader, product.url, image["id"])
        for tool in ("polygon", "smart", "click", "scissors", "wand"):
            reader.locator(f'[data-tool="{tool}"]').click()
            tip = reader.locator(".tool-tip")
            expect(tip).to_be_visible()
            whole, seen = tip.evaluate("tip => [tip.scrollWidth, tip.clientWidth]")
            assert whole <= seen, (language, tool)
