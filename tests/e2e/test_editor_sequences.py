"""Sequences in a real browser: a video by the import dialog, scrubbing, interpolated boxes, a mask that follows."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from annotator.core import rle
from tests.clips import textured, write_clip
from tests.e2e import editing
from tests.e2e.conftest import SignIn
from tests.e2e.product import Client, Product

WIDTH, HEIGHT, FRAMES, STEP = 480, 360, 12, 3
CLASSES = [{"name": "car", "colour": "#e6194b", "hotkey": "1"}]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything in it moves to the left by three pixels a frame."""
    folder = tmp_path_factory.mktemp("clip")
    return write_clip(folder / "street.avi", textured(FRAMES, WIDTH, HEIGHT, STEP))


@pytest.fixture(scope="module")
def project(owner: Client) -> dict[str, Any]:
    return owner.post("/projects", {"name": "Street", "task_type": "instance", "classes": CLASSES})


def sequence(owner: Client, project: dict[str, Any]) -> list[dict[str, Any]]:
    images = owner.get(f"/projects/{project['id']}/images", limit=1)["results"]
    return owner.get(f"/images/{images[0]['id']}/sequence")["results"]


def objects(owner: Client, frame: dict[str, Any]) -> list[dict[str, Any]]:
    return owner.get(f"/documents/{frame['document']}")["annotations"]


def wait_image(page: Page, image: str) -> None:
    page.wait_for_function(
        "id => window.__contorno && window.__contorno.ready && window.__contorno.image === id",
        arg=image,
        timeout=20_000,
    )


def test_video_is_imported_through_the_dialog(
    sign_in: SignIn, product: Product, owner: Client, project: dict[str, Any], clip: Path
) -> None:
    page = sign_in("ana@example.org")
    page.goto(f"{product.url}/projects/{project['id']}")
    page.get_by_test_id("upload-files").set_input_files(str(clip))
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_test_id("video-options")).to_be_visible()
    dialog.get_by_label("To second").fill("0.95")
    dialog.locator("button[type=submit]").click()
    expect(dialog.get_by_test_id("import-outcome")).to_be_visible(timeout=60_000)
    expect(dialog).to_contain_text("10 frames in street")
    found = sequence(owner, project)
    assert [frame["name"] for frame in found] == [f"street/{n:06d}.jpg" for n in range(1, 11)]
    assert [frame["frame"] for frame in found] == list(range(1, 11))


def test_scrubbing_shows_frames_and_opens_the_one_where_it_ends(
    sign_in: SignIn, product: Product, owner: Client, project: dict[str, Any]
) -> None:
    frames = sequence(owner, project)
    page = sign_in("ana@example.org")
    editing.open_editor(page, product.url, frames[0]["id"])
    bar = page.get_by_test_id("timeline").bounding_box()
    assert bar is not None
    y = bar["y"] + bar["height"] / 2
    page.mouse.move(bar["x"] + 2, y)
    page.mouse.down()
    page.mouse.move(bar["x"] + bar["width"] * 0.55, y, steps=5)
    overlay = page.get_by_test_id("scrub-overlay")
    expect(overlay).to_have_attribute("data-frame", frames[5]["id"])
    page.wait_for_function(
        "() => [...document.querySelectorAll('.scrub-overlay img')].every(i => i.complete && i.naturalWidth > 0)"
    )
    page.mouse.up()
    wait_image(page, frames[5]["id"])
    expect(overlay).to_have_count(0)
    expect(page.get_by_test_id("frame-place")).to_have_text("Frame 6 of 10")
    page.keyboard.press("Control+ArrowRight")
    wait_image(page, frames[6]["id"])
    page.keyboard.press("Control+Shift+ArrowLeft")
    wait_image(page, frames[0]["id"])


def test_boxes_drawn_on_two_frames_are_interpolated_between(
    sign_in: SignIn, product: Product, owner: Client, project: dict[str, Any]
) -> None:
    frames = sequence(owner, project)
    page = sign_in("ana@example.org")
    editing.open_editor(page, product.url, frames[0]["id"])
    page.keyboard.press("b")
    editing.drag(page, [(300, 100), (380, 160)])
    [first] = editing.wait_objects(page, 1)
    editing.wait_saved(page)
    page.get_by_test_id("timeline").focus()
    for k in range(1, 9):
        page.keyboard.press("ArrowRight")
        wait_image(page, frames[k]["id"])
        page.get_by_test_id("timeline").focus()
    page.keyboard.press("b")
    editing.drag(page, [(252, 132), (348, 208)])
    [last] = editing.wait_objects(page, 1)
    editing.wait_saved(page)
    page.get_by_role("button", name="Interpolate").click()
    expect(page.locator(".toast-title", has_text="7 objects put into 7 frames")).to_be_visible(timeout=20_000)
    [kept] = objects(owner, frames[8])
    assert kept["track"] == first["id"]
    assert kept["box"] == last["box"]
    a, b = np.array(first["box"], np.float64), np.array(last["box"], np.float64)
    for k in range(1, 8):
        [made] = objects(owner, frames[k])
        assert made["source"] == "filled"
        assert made["track"] == first["id"]
        assert made["box"] == (a + (b - a) * k / 8).astype(np.float32).tolist()
    assert not objects(owner, frames[9])


def test_changed_keyframe_offers_to_update_those_between(
    sign_in: SignIn, product: Product, owner: Client, project: dict[str, Any]
) -> None:
    frames = sequence(owner, project)
    page = sign_in("ana@example.org")
    editing.open_editor(page, product.url, frames[8]["id"])
    page.keyboard.press("v")
    editing.click(page, (300, 170))
    page.keyboard.press("ArrowDown")
    page.get_by_role("button", name="Update the frames between").click()
    expect(page.locator(".toast-title", has_text="objects put into")).to_be_visible(timeout=20_000)
    [first], [middle], [last] = (objects(owner, frames[k]) for k in (0, 4, 8))
    a, b = np.array(first["box"], np.float64), np.array(last["box"], np.float64)
    assert middle["box"] == ((a + b) / 2).astype(np.float32).tolist()


def mask_of(annotation: dict[str, Any]) -> np.ndarray:
    return rle.decode(rle.counts_from_string(annotation["rle"]["counts"]), HEIGHT, WIDTH)


def test_mask_follows_the_picture_to_the_end(
    sign_in: SignIn, product: Product, owner: Client, project: dict[str, Any]
) -> None:
    frames = sequence(owner, project)
    page = sign_in("ana@example.org")
    editing.open_editor(page, product.url, frames[2]["id"])
    drawn = np.zeros((HEIGHT, WIDTH), dtype=bool)
    drawn[220:300, 150:250] = True
    identity = str(uuid.uuid4())
    put = {
        "id": identity,
        "class": 1,
        "kind": "mask",
        "rle": {"size": [HEIGHT, WIDTH], "counts": rle.counts_to_string(rle.encode(drawn))},
        "base": None,
    }
    owner.post(
        f"/documents/{frames[2]['document']}/changes",
        {"base_revision": 0, "key": uuid.uuid4().hex, "put": [put]},
    )
    editing.open_editor(page, product.url, frames[2]["id"])
    page.keyboard.press("v")
    editing.click(page, (200, 260))
    page.get_by_role("button", name="Follow").click()
    page.get_by_role("menuitem", name="Next 5 frames").click()
    expect(page.locator(".toast-title", has_text="5 objects put into 5 frames")).to_be_visible(timeout=30_000)
    for k in range(3, 8):
        [made] = [one for one in objects(owner, frames[k]) if one.get("track") == identity]
        truth = np.roll(drawn, -STEP * (k - 2), axis=1)
        found = mask_of(made)
        assert (found & truth).sum() / (found | truth).sum() > 0.95
        assert made["score"] > 0.8
