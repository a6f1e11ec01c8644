"""The server dies, the tab is closed, two people draw at once: nothing that a person drew is lost."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.e2e import editing
from tests.e2e.conftest import SignIn
from tests.e2e.product import Client, Product


@pytest.fixture
def image(owner: Client, photographs: list[tuple[str, bytes]]) -> dict[str, Any]:
    """A fresh image in a project that Ana owns and Bruno annotates."""
    classes = [{"name": "animal"}, {"name": "vehicle"}]
    project = owner.post("/projects", {"name": "Safety", "task_type": "instance", "classes": classes})
    owner.post(f"/projects/{project['id']}/members", {"email": "bruno@example.org", "role": "annotator"})
    return owner.upload(project["id"], photographs[:1])[0]["image"]


def stored(owner: Client, image: dict[str, Any]) -> list[dict[str, Any]]:
    return owner.get(f"/documents/{image['document']}")["annotations"]


SQUARE = [(60.0, 60.0), (140.0, 60.0), (140.0, 140.0), (60.0, 140.0)]
OTHER = [(200.0, 60.0), (280.0, 60.0), (280.0, 140.0), (200.0, 140.0)]


def test_a_killed_server_loses_nothing_that_is_drawn_before_or_meanwhile(
    sign_in: SignIn, product: Product, owner: Client, image: dict[str, Any]
) -> None:
    page = sign_in("ana@example.org")
    editing.open_editor(page, product.url, image["id"])
    page.keyboard.press("1")
    editing.draw_polygon(page, SQUARE)
    editing.wait_saved(page)
    page.keyboard.press("p")
    for point in OTHER[:2]:
        editing.click(page, point)
    product.kill()  # in the middle of a shape
    for point in OTHER[2:]:
        editing.click(page, point)
    page.keyboard.press("Enter")
    editing.wait_objects(page, 2)
    editing.wait_offline(page, pending=1)
    page.keyboard.press("b")
    editing.drag(page, [(60, 180), (140, 240)])
    editing.wait_objects(page, 3)
    product.start()
    editing.wait_saved(page, timeout=60_000)
    assert {o["id"] for o in stored(owner, image)} == {o["id"] for o in editing.objects(page)}
    assert len(stored(owner, image)) == 3


def test_a_closed_tab_sends_its_changes_on_the_next_visit(
    sign_in: SignIn, product: Product, owner: Client, image: dict[str, Any]
) -> None:
    page = sign_in("ana@example.org")
    editing.open_editor(page, product.url, image["id"])
    page.keyboard.press("2")
    product.kill()
    editing.draw_polygon(page, SQUARE)
    editing.wait_objects(page, 1)
    editing.wait_offline(page, pending=1)
    mine = editing.objects(page)
    context = page.context
    page.close()
    product.start()
    assert stored(owner, image) == []
    again = context.new_page()
    again.goto(product.url + "/")  # not even that image: any page of the product sends what waits
    arrived = owner.wait_for(f"/documents/{image['document']}", lambda d: len(d["annotations"]) == 1)[
        "annotations"
    ]
    assert [(o["id"], o["class"]) for o in arrived] == [(o["id"], 2) for o in mine]


def test_two_people_in_one_image_merge_and_a_shared_object_keeps_both_forms(
    sign_in: SignIn, product: Product, owner: Client, image: dict[str, Any]
) -> None:
    ana, bruno = sign_in("ana@example.org"), sign_in("bruno@example.org")
    editing.open_editor(ana, product.url, image["id"])
    ana.keyboard.press("1")
    editing.draw_polygon(ana, SQUARE)
    editing.wait_saved(ana)
    editing.open_editor(bruno, product.url, image["id"])
    editing.wait_objects(bruno, 1)

    bruno.keyboard.press("2")
    editing.draw_polygon(bruno, OTHER)
    ana.keyboard.press("2")
    editing.draw_polygon(ana, [(60, 200), (140, 200), (140, 260)])
    for page in (ana, bruno):
        editing.wait_saved(page)
    assert len(stored(owner, image)) == 3, "objects that only one of them touched merge"

    shared = next(o for o in stored(owner, image) if o["class"] == 1)
    bruno.context.set_offline(True)
    move_first_square(ana, dx=0, dy=-30)
    editing.wait_saved(ana)
    move_first_square(bruno, dx=0, dy=+20)  # on the form that Ana has changed meanwhile
    editing.wait_offline(bruno, pending=1)
    bruno.context.set_offline(False)
    bruno.wait_for_function("() => window.__contorno.saveState().pending === 0", timeout=30_000)
    forms = [o for o in stored(owner, image) if o["class"] == 1]
    assert len(forms) == 2, "neither form is lost"
    tops = sorted(o["bbox"][1] for o in forms)
    assert tops[0] == pytest.approx(shared["bbox"][1] - 30, abs=1)
    assert tops[1] == pytest.approx(shared["bbox"][1] + 20, abs=1)


def move_first_square(page: Page, *, dx: float, dy: float) -> None:
    page.keyboard.press("Escape")
    page.keyboard.press("v")
    editing.click(page, (100, 100))
    editing.drag(page, [(100, 100), (100 + dx, 100 + dy)])
