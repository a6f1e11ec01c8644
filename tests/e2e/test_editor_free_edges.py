"""Nothing that floats over the canvas lies on a fitted image: a click at any of its edges draws."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page

from tests.e2e import editing
from tests.e2e.conftest import SignIn
from tests.e2e.product import Client, Product

WIDTH, HEIGHT = 400, 640


@pytest.fixture
def page(sign_in: SignIn, product: Product, owner: Client) -> Page:
    classes = [{"name": "thing"}]
    project = owner.post("/projects", {"name": "Edges", "task_type": "instance", "classes": classes})
    content = io.BytesIO()
    Image.new("RGB", (WIDTH, HEIGHT), (90, 120, 150)).save(content, "PNG")
    image: dict[str, Any] = owner.upload(project["id"], [("portrait.png", content.getvalue())])[0]["image"]
    opened = sign_in("ana@example.org")
    editing.open_editor(opened, product.url, image["id"])
    return opened


@pytest.mark.parametrize("tool", ["p", "d", "c", "g", "w"])
def test_every_edge_of_a_portrait_can_be_reached_with_each_bar(page: Page, tool: str) -> None:
    page.keyboard.press("1")
    page.keyboard.press(tool)
    points = [(x, y) for x in (2.0, WIDTH / 2, WIDTH - 2.0) for y in (2.0, HEIGHT - 2.0)]
    under = [
        page.evaluate(
            "([x, y]) => document.elementFromPoint(x, y)?.closest('[data-testid=canvas]') !== null",
            list(editing.on_screen(page, point)),
        )
        for point in points
    ]
    assert under == [True] * len(points)
