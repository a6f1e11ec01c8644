"""What makes six hours a day bearable: palette, copying, the photograph's look, the map, work without a mouse."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from annotator.core import rle
from tests.e2e import editing
from tests.e2e.conftest import SignIn
from tests.e2e.product import Client, Product

WIDTH, HEIGHT = 320, 240
OUTLINE = [(40.0, 30.0), (120.0, 30.0), (120.0, 90.0), (40.0, 90.0)]


def picture(shade: int) -> bytes:
    """A ramp from dark to light, different for every shade."""
    ramp = np.linspace(20, 180, WIDTH, dtype=np.uint8)[None, :, None]
    pixels = np.broadcast_to(ramp, (HEIGHT, WIDTH, 3)).copy()
    pixels[..., 2] = shade
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def a_project(owner: Client, name: str, classes: list[str], images: int) -> tuple[str, list[dict[str, Any]]]:
    made = owner.post(
        "/projects", {"name": name, "task_type": "instance", "classes": [{"name": each} for each in classes]}
    )
    owner.upload(made["id"], [(f"{name}-{k}.png", picture(40 * k)) for k in range(images)])
    listed = owner.get(f"/projects/{made['id']}/images", sort="name")["results"]
    return made["id"], [owner.get(f"/images/{image['id']}") for image in listed]


@pytest.fixture(scope="module")
def cells(owner: Client) -> tuple[str, list[dict[str, Any]]]:
    return a_project(owner, "cells", ["cell", "debris"], 7)


def stored(owner: Client, image: dict[str, Any]) -> list[dict[str, Any]]:
    return owner.get(f"/documents/{image['document']}")["annotations"]


def pixels_of(annotation: dict[str, Any]) -> npt.NDArray[np.bool_]:
    if annotation["kind"] == "mask":
        counts = rle.counts_from_string(annotation["rle"]["counts"])
        return rle.decode(counts, HEIGHT, WIDTH)
    return editing.reference_pixels(annotation["polygons"], HEIGHT, WIDTH)


def draw_polygon_and_mask(page: Page) -> None:
    """A polygon of the first class and a brush mask of the second."""
    page.keyboard.press("1")
    editing.draw_polygon(page, OUTLINE)
    editing.wait_objects(page, 1)
    page.keyboard.press("Escape")
    page.keyboard.press("d")
    page.keyboard.press("2")
    editing.drag(page, [(200, 150), (230, 150), (230, 180)])
    editing.wait_objects(page, 2)
    editing.wait_saved(page)


def wait_image(page: Page, name: str) -> None:
    """Waits until this image is the one in the editor: on the way there the one before is still on screen."""
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)
    editing.wait_ready(page)


def test_palette_finds_by_part_of_a_name_runs_it_and_has_it_first_next_time(
    sign_in: SignIn, product: Product, cells: tuple[str, list[dict[str, Any]]]
) -> None:
    page = sign_in("ana@example.org")
    editing.open_editor(page, product.url, cells[1][0]["id"])
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox")
    expect(field).to_be_focused()
    field.fill("eras")
    expect(page.get_by_role("option", selected=True)).to_contain_text("Eraser")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.wait_for_function("() => window.__contorno.state().tool === 'eraser'")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("option").first).to_contain_text("Eraser")
    page.get_by_role("combobox").fill("hide selection")
    expect(page.get_by_role("option").first).to_contain_text("Select something first")
    page.get_by_role("combobox").fill("cells-3")
    page.get_by_role("option").filter(has_text="cells-3").click()
    page.wait_for_url(f"**/images/{cells[1][3]['id']}*")
    wait_image(page, "cells-3")
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog")
    sheet.get_by_role("searchbox").fill("palette")
    expect(sheet.locator("dt")).to_have_count(1)
    expect(sheet.locator("dd")).to_contain_text("Ctrl K")


def test_objects_are_pasted_in_place_into_another_image_pixel_for_pixel(
    sign_in: SignIn, product: Product, owner: Client, cells: tuple[str, list[dict[str, Any]]]
) -> None:
    page = sign_in("ana@example.org")
    first, second = cells[1][0], cells[1][1]
    editing.open_editor(page, product.url, first["id"])
    draw_polygon_and_mask(page)
    page.keyboard.press("Control+a")
    page.keyboard.press("Control+c")
    editing.open_editor(page, product.url, second["id"])
    page.keyboard.press("Control+Shift+v")
    editing.wait_objects(page, 2)
    editing.wait_saved(page)
    originals = {each["class"]: each for each in stored(owner, first)}
    copies = stored(owner, second)
    assert {each["class"] for each in copies} == {1, 2}
    for copy in copies:
        assert copy["id"] not in {each["id"] for each in originals.values()}
        assert np.array_equal(pixels_of(copy), pixels_of(originals[copy["class"]]))
    page.keyboard.press("Control+z")
    editing.wait_objects(page, 0)


def test_objects_go_to_another_project_by_the_names_of_classes_or_not_at_all(
    sign_in: SignIn, product: Product, owner: Client, cells: tuple[str, list[dict[str, Any]]]
) -> None:
    _, fitting = a_project(owner, "renumbered", ["other", "Debris", "Cell"], 1)
    _, lacking = a_project(owner, "lacking", ["cell"], 1)
    page = sign_in("ana@example.org")
    editing.open_editor(page, product.url, cells[1][2]["id"])
    draw_polygon_and_mask(page)
    page.keyboard.press("Control+a")
    page.keyboard.press("Control+c")
    editing.open_editor(page, product.url, fitting[0]["id"])
    page.keyboard.press("Control+Shift+v")
    editing.wait_objects(page, 2)
    editing.wait_saved(page)
    assert sorted((each["class"], each["kind"]) for each in stored(owner, fitting[0])) == [
        (2, "mask"),
        (3, "polygon"),
    ]
    editing.open_editor(page, product.url, lacking[0]["id"])
    page.keyboard.press("Control+v")
    toast = page.locator(".toast")
    expect(toast.last).to_contain_text("lacks classes")
    expect(toast.last.locator(".toast-text")).to_have_text("debris")
    paste_text(page, '{"type": "contorno/objects", "version": 1, "project": 3}')
    expect(toast.last).to_contain_text("damaged")
    paste_text(page, "a shopping list")
    expect(toast.last).to_contain_text("no objects on the clipboard")
    assert editing.objects(page) == []


def paste_text(page: Page, text: str) -> None:
    page.evaluate(
        """text => {
          const clipboardData = new DataTransfer()
          clipboardData.setData('text/plain', text)
          const target = document.querySelector('.editor-canvas')
          target.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))
        }""",
        text,
    )


def test_the_last_images_objects_are_repeated_as_one_step(
    sign_in: SignIn, product: Product, owner: Client, cells: tuple[str, list[dict[str, Any]]]
) -> None:
    page = sign_in("ana@example.org")
    page.goto(f"{product.url}/images/{cells[1][4]['id']}?sort=name")
    editing.wait_ready(page)
    draw_polygon_and_mask(page)
    page.keyboard.press("PageDown")
    wait_image(page, "cells-5")
    assert editing.objects(page) == []
    page.keyboard.press("Alt+r")
    editing.wait_objects(page, 2)
    editing.wait_saved(page)
    shapes = [sorted(pixels_of(each).tobytes() for each in stored(owner, cells[1][k])) for k in (4, 5)]
    assert shapes[0] == shapes[1]
    page.keyboard.press("Control+z")
    editing.wait_objects(page, 0)


def test_brightness_changes_the_screen_and_nothing_that_is_saved(
    sign_in: SignIn, product: Product, owner: Client, cells: tuple[str, list[dict[str, Any]]]
) -> None:
    image = cells[1][0]
    before_file = owner.download(f"/images/{image['id']}/file")
    before = stored(owner, image)
    page = sign_in("ana@example.org")
    editing.open_editor(page, product.url, image["id"])
    dark = mean_of(page)
    page.get_by_role("button", name="Photograph").click()
    slider = page.get_by_role("slider", name="Brightness")
    slider.focus()
    page.keyboard.press("End")
    page.keyboard.press("Escape")
    assert mean_of(page) > dark + 60
    page.reload()
    editing.wait_ready(page)
    assert mean_of(page) > dark + 60, "the look is remembered"
    page.get_by_role("button", name="Photograph").click()
    page.get_by_role("button", name="Reset").click()
    page.keyboard.press("Escape")
    assert abs(mean_of(page) - dark) < 3
    assert owner.download(f"/images/{image['id']}/file") == before_file
    assert stored(owner, image) == before


def mean_of(page: Page) -> float:
    """The mean value of what is on screen in a corner of the photograph that no object covers."""
    x, y = editing.on_screen(page, (4, 200))
    clip = {"x": x, "y": y, "width": 60, "height": 40}
    shot = page.screenshot(clip=clip)  # type: ignore[arg-type]
    return float(np.asarray(Image.open(io.BytesIO(shot)).convert("RGB"))[..., :2].mean())


def test_dragging_on_the_map_moves_the_view(
    sign_in: SignIn, product: Product, cells: tuple[str, list[dict[str, Any]]]
) -> None:
    page = sign_in("ana@example.org")
    editing.open_editor(page, product.url, cells[1][6]["id"])
    small = page.get_by_test_id("minimap")
    expect(small).to_have_count(0)
    for _ in range(6):
        page.keyboard.press("+")
    box = small.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.4, steps=3)
    page.mouse.up()
    middle = page.evaluate(
        """() => { const v = window.__contorno.viewport()
          return [(v.width / 2 - v.offsetX) / v.scale, (v.height / 2 - v.offsetY) / v.scale] }"""
    )
    assert middle == pytest.approx([0.6 * WIDTH, 0.4 * HEIGHT], abs=2.5)
    page.keyboard.press("Shift+1")
    expect(small).to_have_count(0)


def test_a_polygon_is_drawn_with_the_keyboard_alone(
    sign_in: SignIn, product: Product, owner: Client, cells: tuple[str, list[dict[str, Any]]]
) -> None:
    page = sign_in("ana@example.org")
    image = cells[1][6]
    editing.open_editor(page, product.url, image["id"])
    page.keyboard.press("1")
    page.keyboard.press("p")
    page.keyboard.press("F2")
    cursor = page.get_by_test_id("keyboard-cursor")
    expect(cursor).to_have_count(1)
    for _ in range(36):  # from wherever it begins, to the top left corner
        page.keyboard.press("Shift+ArrowLeft")
        page.keyboard.press("Shift+ArrowUp")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Space")
    for key, times in (("Shift+ArrowRight", 3), ("Shift+ArrowDown", 2), ("Shift+ArrowLeft", 3)):
        for _ in range(times):
            page.keyboard.press(key)
        page.keyboard.press("ArrowDown" if key == "Shift+ArrowLeft" else key.removeprefix("Shift+"))
        page.keyboard.press("Space")
    page.keyboard.press("Enter")
    editing.wait_objects(page, 1)
    editing.wait_saved(page)
    (saved,) = stored(owner, image)
    assert saved["polygons"] == [[[10, 10, 41, 10, 41, 31, 11, 32]]]
    page.keyboard.press("v")
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_function("id => window.__contorno.state().selection[0] === id", arg=saved["id"])
    page.keyboard.press("F2")
    expect(cursor).to_have_count(0)
    page.keyboard.press("ArrowRight")  # now it moves what is selected
    editing.wait_saved(page)
    assert stored(owner, image)[0]["polygons"][0][0][0] == 11
