"""Projects where no two objects share a pixel, and shapes that leave the image: what is stored is what is on screen."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from playwright.sync_api import Page, expect

from annotator.core import rle
from tests.e2e import editing
from tests.e2e.conftest import SignIn
from tests.e2e.product import Client, Product


def pixels(annotation: dict[str, Any], height: int, width: int) -> npt.NDArray[np.bool_]:
    """An object's pixels, from the shape in which the interface carries it."""
    if annotation["kind"] == "mask":
        assert annotation["rle"]["size"] == [height, width]
        return rle.decode(rle.counts_from_string(annotation["rle"]["counts"]), height, width)
    if annotation["kind"] == "box":
        x0, y0, x1, y1 = annotation["box"]
        return editing.reference_pixels([[[x0, y0, x1, y0, x1, y1, x0, y1]]], height, width)
    return editing.reference_pixels(annotation["polygons"], height, width)


def painted(annotations: list[dict[str, Any]], image: dict[str, Any]) -> dict[str, npt.NDArray[np.bool_]]:
    return {one["id"]: pixels(one, image["height"], image["width"]) for one in annotations}


def assert_same_pixels(page: Page, owner: Client, image: dict[str, Any]) -> dict[str, npt.NDArray[np.bool_]]:
    """What the editor shows is what the server has, pixel by pixel. Returns it by id."""
    stored = painted(owner.get(f"/documents/{image['document']}")["annotations"], image)
    shown = painted(editing.objects(page), image)
    assert stored.keys() == shown.keys()
    for key in stored:
        assert np.array_equal(stored[key], shown[key]), key
    return stored


def project_with_image(
    owner: Client, photographs: list[tuple[str, bytes]], *, exclusive: bool
) -> dict[str, Any]:
    classes = [{"name": "sky"}, {"name": "land"}]
    body = {"name": "Pixels", "task_type": "panoptic", "exclusive": exclusive, "classes": classes}
    project = owner.post("/projects", body)
    return owner.upload(project["id"], photographs[:1])[0]["image"]


def test_drawing_over_another_object_cuts_it_and_the_server_takes_it(
    sign_in: SignIn, product: Product, owner: Client, photographs: list[tuple[str, bytes]]
) -> None:
    image = project_with_image(owner, photographs, exclusive=True)
    page = sign_in("ana@example.org")
    editing.open_editor(page, product.url, image["id"])
    page.keyboard.press("1")
    editing.draw_polygon(page, [(40, 40), (160, 48), (150, 150), (44, 140)])
    editing.wait_saved(page)
    alone = sum(int(p.sum()) for p in assert_same_pixels(page, owner, image).values())
    page.keyboard.press("Escape")
    page.keyboard.press("2")
    editing.draw_polygon(page, [(110, 80), (230, 90), (200, 190), (100, 170)])
    page.keyboard.press("Escape")
    page.keyboard.press("d")
    editing.drag(page, [(60, 60), (120, 120), (200, 130)])
    editing.wait_objects(page, 3)
    editing.wait_saved(page)
    assert page.evaluate("() => document.querySelectorAll('.banner[data-tone=danger]').length") == 0

    stored = assert_same_pixels(page, owner, image)
    assert max(sum(p.astype(int) for p in stored.values()).ravel()) == 1, "no pixel has two owners"
    kinds = {one["kind"] for one in editing.objects(page)}
    assert kinds == {"mask"}, "the stroke cut both polygons"

    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    editing.wait_objects(page, 1)
    editing.wait_saved(page)
    back = assert_same_pixels(page, owner, image)
    assert [int(p.sum()) for p in back.values()] == [alone], "undo gives the pixels back"
    assert editing.objects(page)[0]["kind"] == "polygon"

    page.reload()
    editing.wait_ready(page)
    assert_same_pixels(page, owner, image)


def test_shapes_that_leave_the_image_are_the_same_after_a_reload(
    sign_in: SignIn, product: Product, owner: Client, photographs: list[tuple[str, bytes]]
) -> None:
    image = project_with_image(owner, photographs, exclusive=False)
    width, height = image["width"], image["height"]
    page = sign_in("ana@example.org")
    editing.open_editor(page, product.url, image["id"])
    for _ in range(3):  # so that there is room around the image
        page.keyboard.press("-")
    page.keyboard.press("1")
    editing.draw_polygon(page, [(width - 60, 40), (width + 50, 90), (width - 30, 160)])
    page.keyboard.press("Escape")
    page.keyboard.press("b")
    editing.drag(page, [(40, height - 40), (90, height + 30)])
    page.keyboard.press("Escape")
    page.keyboard.press("d")
    editing.drag(page, [(30, 30), (-20, 60)])
    editing.wait_objects(page, 3)
    editing.wait_saved(page)
    shown = editing.objects(page)
    assert_same_pixels(page, owner, image)
    page.reload()
    editing.wait_ready(page)
    assert editing.objects(page) == shown
    assert_same_pixels(page, owner, image)


def test_void_is_drawn_listed_and_stored(
    sign_in: SignIn, product: Product, owner: Client, photographs: list[tuple[str, bytes]]
) -> None:
    image = project_with_image(owner, photographs, exclusive=True)
    page = sign_in("ana@example.org")
    editing.open_editor(page, product.url, image["id"])
    page.locator(".class-row").last.get_by_role("button", name="Void").first.click()
    editing.draw_polygon(page, [(40, 40), (160, 48), (150, 150), (44, 140)])
    editing.wait_saved(page)
    assert [one["class"] for one in owner.get(f"/documents/{image['document']}")["annotations"]] == [255]
    listed = page.get_by_role("region", name="Objects").get_by_role("button", name="Void 1", exact=True)
    expect(listed).to_be_visible()
    page.reload()
    editing.wait_ready(page)
    page.keyboard.press("v")
    editing.click(page, (100, 100))
    properties = page.get_by_role("region", name="Properties")
    expect(properties.get_by_role("button", name="Class: Void")).to_be_visible()
    page.keyboard.press("2")  # selected objects take the class of the key
    editing.wait_saved(page)
    assert [one["class"] for one in editing.objects(page)] == [2]
