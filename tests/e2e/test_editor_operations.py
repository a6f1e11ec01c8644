"""Object operations by keys and menus on a real photograph, and labelling without a gap: exact on the server."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from playwright.sync_api import Page, expect

from tests.e2e import editing
from tests.e2e.conftest import SignIn
from tests.e2e.product import Client, Product
from tests.e2e.test_editor_exclusive import assert_same_pixels, project_with_image
from tests.operations.shapes import distance_inside

Mask = npt.NDArray[np.bool_]
A = [(40.0, 40.0), (160.0, 48.0), (150.0, 150.0), (44.0, 140.0)]
B = [(110.0, 80.0), (230.0, 90.0), (200.0, 190.0), (100.0, 170.0)]


def look(page: Page, name: str) -> None:
    """A picture for people, where they asked for one."""
    if folder := os.environ.get("CONTORNO_SCREENSHOTS"):
        page.evaluate("() => window.__contorno.settled()")
        page.screenshot(path=Path(folder) / f"{name}.png")


def opened(
    sign_in: SignIn,
    product: Product,
    owner: Client,
    photographs: list[tuple[str, bytes]],
    *,
    exclusive: bool = False,
) -> tuple[Page, dict[str, Any]]:
    image = project_with_image(owner, photographs, exclusive=exclusive)
    page = sign_in("ana@example.org")
    editing.open_editor(page, product.url, image["id"])
    page.keyboard.press("1")
    return page, image


def draw(page: Page, points: list[tuple[float, float]]) -> None:
    editing.draw_polygon(page, points)
    page.keyboard.press("Escape")


def stored(page: Page, owner: Client, image: dict[str, Any]) -> list[Mask]:
    """The objects' pixels as the server has them, once they are what is on screen; the largest first."""
    editing.wait_saved(page)
    return sorted(assert_same_pixels(page, owner, image).values(), key=lambda mask: -int(mask.sum()))


def same(found: list[Mask], wanted: list[Mask]) -> None:
    assert len(found) == len(wanted)
    for mask in wanted:
        assert any(np.array_equal(mask, one) for one in found)


def test_operations_by_keys_and_menu_are_exact_and_one_step_each(
    sign_in: SignIn, product: Product, owner: Client, photographs: list[tuple[str, bytes]]
) -> None:
    page, image = opened(sign_in, product, owner, photographs)
    draw(page, A)
    page.keyboard.press("2")
    draw(page, B)
    editing.wait_objects(page, 2)
    drawn = stored(page, owner, image)
    a, b = (next(m for m in drawn if m[y, x]) for x, y in ((60, 60), (200, 120)))
    page.keyboard.press("v")
    editing.click(page, (60, 60))
    page.keyboard.down("Shift")
    editing.click(page, (200, 120))
    page.keyboard.up("Shift")
    for key, wanted in (
        ("Control+Shift+u", [a | b]),
        ("Control+i", [a & b]),
        ("Control+Shift+x", [a & ~b, b]),
        ("Control+g", [a | b]),
    ):
        page.keyboard.press(key)
        editing.wait_objects(page, len(wanted))
        same(stored(page, owner, image), wanted)
        page.keyboard.press("Control+z")
        editing.wait_objects(page, 2)
        same(stored(page, owner, image), [a, b])
        editing.click(page, (60, 60))
        page.keyboard.down("Shift")
        editing.click(page, (200, 120))
        page.keyboard.up("Shift")

    page.mouse.click(*editing.on_screen(page, (200, 120)), button="right")
    look(page, "operations-menu")
    page.get_by_role("menuitem", name="Unite").click()
    editing.wait_objects(page, 1)
    same(stored(page, owner, image), [a | b])
    assert editing.objects(page)[0]["kind"] == "polygon"
    assert editing.objects(page)[0]["class"] == 1, "of the first that was selected"

    page.get_by_role("region", name="Properties").get_by_text("Operations").click()
    amount = page.get_by_label("Grow and shrink by, pixels")
    amount.fill("5")
    amount.press("Enter")
    page.get_by_role("button", name="Grow", exact=True).click()
    look(page, "operations-panel")
    grown = distance_inside(~(a | b)) <= 5
    same(stored(page, owner, image), [grown])
    page.locator(".editor-canvas").focus()
    page.keyboard.press("Control+z")
    same(stored(page, owner, image), [a | b])
    page.keyboard.press("ContextMenu")
    page.get_by_role("menuitem", name="Turn into a mask").click()
    page.wait_for_function("() => window.__contorno.objects()[0].kind === 'mask'")
    same(stored(page, owner, image), [a | b])


def test_splitting_and_following_a_border_leave_no_gap(
    sign_in: SignIn, product: Product, owner: Client, photographs: list[tuple[str, bytes]]
) -> None:
    page, image = opened(sign_in, product, owner, photographs)
    draw(page, A)
    editing.wait_objects(page, 1)
    (a,) = stored(page, owner, image)
    page.keyboard.press("v")
    editing.click(page, (60, 60))
    page.keyboard.press("x")
    editing.drag(page, [(90, 20), (110, 180)])
    editing.wait_objects(page, 2)
    pieces = stored(page, owner, image)
    assert np.array_equal(pieces[0].astype(int) + pieces[1], a.astype(int))
    page.keyboard.press("Control+z")
    editing.wait_objects(page, 1)
    same(stored(page, owner, image), [a])

    page.keyboard.press("Escape")
    page.keyboard.press("n")
    page.keyboard.press("2")
    for point in [A[1], A[2], (220, 170), (230, 40)]:  # along the right side, then around
        editing.click(page, point)
    look(page, "operations-border")
    page.keyboard.press("Enter")
    editing.wait_objects(page, 2)
    masks = stored(page, owner, image)
    both = sum(mask.astype(int) for mask in masks)
    assert both.max() == 1, "no pixel has two owners"
    outer = [*A[:1], A[1], (230, 40), (220, 170), A[2], A[3]]
    whole = [[float(np.float32(v)) for point in outer for v in point]]
    shown = editing.objects(page)
    corners = [p for one in shown for p in zip(*[iter(one["polygons"][0][0])] * 2, strict=True)]
    snapped = [min(corners, key=lambda c, p=point: np.hypot(c[0] - p[0], c[1] - p[1])) for point in outer]
    whole = [[v for point in snapped for v in point]]
    assert np.array_equal(both == 1, editing.reference_pixels([whole], image["height"], image["width"]))


def test_a_picture_is_labelled_without_a_gap(
    sign_in: SignIn, product: Product, owner: Client, photographs: list[tuple[str, bytes]]
) -> None:
    page, image = opened(sign_in, product, owner, photographs, exclusive=True)
    total = image["height"] * image["width"]
    counter = page.get_by_test_id("unlabelled")
    expect(counter).to_contain_text(f"{total:,}")
    draw(page, A)
    (a,) = stored(page, owner, image)
    expect(counter).to_contain_text(f"{total - int(a.sum()):,}")
    page.keyboard.press("p")
    page.get_by_role("radio", name="Under").click()
    page.locator(".editor-canvas").focus()
    draw(page, B)
    editing.wait_objects(page, 2)
    masks = stored(page, owner, image)
    assert any(np.array_equal(a, mask) for mask in masks), "what was there lost nothing"
    left = total - sum(int(mask.sum()) for mask in masks)
    expect(counter).to_contain_text(f"{left:,}")
    look(page, "operations-unlabelled")

    page.keyboard.press("F8")
    page.keyboard.press("2")
    counter.click()
    page.get_by_role("menuitem", name="Fill the rest with the class").click()
    editing.wait_objects(page, 3)
    expect(counter).to_have_text("Every pixel is labelled")
    masks = stored(page, owner, image)
    assert np.array_equal(sum(mask.astype(int) for mask in masks), np.ones((image["height"], image["width"])))
    page.locator(".editor-canvas").focus()
    page.keyboard.press("Control+z")
    editing.wait_objects(page, 2)
    expect(counter).to_contain_text(f"{left:,}")
    page.keyboard.press("Control+Shift+z")
    editing.wait_objects(page, 3)
    editing.wait_saved(page)
    assert class_map(owner, image).min() > 0, "no pixel of the export is background"


def class_map(owner: Client, image: dict[str, Any]) -> npt.NDArray[np.uint8]:
    """The picture's class indices in an export of mask folders."""
    body = {"name": "all", "statuses": ["in_progress"]}
    version = owner.post(f"/projects/{image['project']}/versions", body)
    job = owner.post(
        f"/versions/{version['id']}/exports", {"format": "masks", "options": {"maps": "classes"}}
    )
    owner.wait_for_job(job["id"])
    archive = zipfile.ZipFile(io.BytesIO(owner.download(f"/exports/{job['id']}/file")))
    (name,) = [
        one for one in archive.namelist() if one.startswith("masks/") and Path(image["name"]).stem in one
    ]
    return np.asarray(Image.open(io.BytesIO(archive.read(name))))
