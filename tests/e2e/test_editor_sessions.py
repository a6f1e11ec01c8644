"""An expired sign-in, and two tabs of one person on one image: nothing is lost and nothing comes twice."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import editing
from tests.e2e.conftest import PASSWORD, SignIn
from tests.e2e.product import Client, Product

SQUARE = [(60.0, 60.0), (140.0, 60.0), (140.0, 140.0), (60.0, 140.0)]
OTHER = [(200.0, 60.0), (280.0, 60.0), (280.0, 140.0), (200.0, 140.0)]
THIRD = [(60.0, 170.0), (140.0, 170.0), (140.0, 230.0)]
FOURTH = [(200.0, 170.0), (280.0, 170.0), (280.0, 230.0)]

# A page from plain HTTP on another machine gets neither of these from the browser.
INSECURE = """
    Object.defineProperty(Navigator.prototype, 'locks', { get: () => undefined })
    Object.defineProperty(Navigator.prototype, 'clipboard', { get: () => undefined })
    Object.defineProperty(Crypto.prototype, 'randomUUID', { value: undefined })
    Object.defineProperty(Crypto.prototype, 'subtle', { get: () => undefined })
"""


@pytest.fixture
def image(owner: Client, photographs: list[tuple[str, bytes]]) -> dict[str, Any]:
    classes = [{"name": "animal"}, {"name": "vehicle"}]
    project = owner.post("/projects", {"name": "Sessions", "task_type": "instance", "classes": classes})
    return owner.upload(project["id"], photographs[:1])[0]["image"]


def stored_ids(owner: Client, image: dict[str, Any]) -> list[str]:
    return sorted(one["id"] for one in owner.get(f"/documents/{image['document']}")["annotations"])


def shown_ids(page: Page) -> list[str]:
    return sorted(one["id"] for one in editing.objects(page))


def test_an_expired_sign_in_keeps_the_page_and_saves_what_was_drawn(
    sign_in: SignIn, product: Product, owner: Client, image: dict[str, Any]
) -> None:
    page = sign_in("ana@example.org")
    editing.open_editor(page, product.url, image["id"])
    page.keyboard.press("1")
    editing.draw_polygon(page, SQUARE)
    editing.wait_saved(page)

    page.context.clear_cookies(name="sessionid")
    editing.draw_polygon(page, OTHER)
    dialog = page.get_by_role("dialog", name="Sign in again")
    expect(dialog).to_be_visible(timeout=20_000)
    assert page.url.endswith(f"/images/{image['id']}"), "the page stays"
    assert len(stored_ids(owner, image)) == 1
    assert len(editing.objects(page)) == 2

    dialog.locator("input[type=password]").fill("a wrong password")
    dialog.get_by_role("button", name="Sign in", exact=True).click()
    expect(dialog.get_by_role("alert")).to_be_visible()
    dialog.locator("input[type=password]").fill(PASSWORD)
    dialog.get_by_role("button", name="Sign in", exact=True).click()
    editing.wait_saved(page)
    expect(dialog).to_be_hidden()
    assert stored_ids(owner, image) == shown_ids(page)
    assert len(stored_ids(owner, image)) == 2

    editing.draw_polygon(page, THIRD)
    editing.wait_objects(page, 3)
    editing.wait_saved(page)
    page.reload()
    editing.wait_ready(page)
    assert len(shown_ids(page)) == 3
    assert stored_ids(owner, image) == shown_ids(page)


@pytest.mark.parametrize("secure", [True, False], ids=["web locks", "plain http"])
def test_two_tabs_of_one_person_save_both_without_duplicates(
    sign_in: SignIn, product: Product, owner: Client, image: dict[str, Any], secure: bool
) -> None:
    one = sign_in("ana@example.org")
    if not secure:
        one.context.add_init_script(INSECURE)
    two = one.context.new_page()
    problems: list[str] = []
    two.on("pageerror", lambda error: problems.append(str(error)))
    for page in (one, two):
        editing.open_editor(page, product.url, image["id"])
        assert page.evaluate("() => navigator.locks !== undefined") is secure
    for page, shapes in ((one, (SQUARE, THIRD)), (two, (OTHER, FOURTH))):
        page.bring_to_front()
        page.keyboard.press("1")
        for shape in shapes:
            editing.draw_polygon(page, shape)
    for page in (one, two):
        editing.wait_saved(page)
    assert len(stored_ids(owner, image)) == 4

    two.close()
    one.reload()
    editing.wait_ready(one)
    editing.wait_saved(one)
    assert len(shown_ids(one)) == 4
    assert stored_ids(owner, image) == shown_ids(one)
    assert owner.get(f"/documents/{image['document']}")["revision"] <= 4, "no change was sent twice"
    assert not problems
