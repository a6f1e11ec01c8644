"""A stranger's first hour: a project, photographs, shapes drawn with the mouse, and files that other tools read."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import Page, expect
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO

from tests.e2e import editing
from tests.e2e.conftest import SignIn
from tests.e2e.product import Client, Product


def create_project(page: Page) -> str:
    """Creates a project in the dialog, with a pasted palette; returns its id."""
    page.get_by_role("button", name="New project").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("First dataset")
    dialog.get_by_role("radio", name="Instance").click()
    for name in ("animal", "vehicle"):
        dialog.get_by_label("Name of a new class").fill(name)
        dialog.get_by_label("Name of a new class").press("Enter")
    dialog.get_by_role("button", name="Create project").click()
    page.wait_for_url("**/projects/*")
    return page.url.rstrip("/").split("/projects/")[1].split("/")[0]


def upload(page: Page, pictures: list[tuple[str, bytes]], folder: Path) -> None:
    """Chooses the files in the page, one of them not an image, and waits for the result of each."""
    paths = []
    for name, content in pictures:
        paths.append(folder / Path(name).name)
        paths[-1].write_bytes(content)
    broken = folder / "notes.jpg"
    broken.write_bytes(b"this is not a picture")
    expect(page.get_by_role("heading", name="Bring in your images")).to_be_visible()
    page.locator("input[type=file]:not([webkitdirectory])").first.set_input_files([*paths, broken])
    expect(page.get_by_text(f"{len(pictures)} images added")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("this is not an image", exact=False).first).to_be_visible()


def export(page: Page, url: str, project: str, title: str) -> zipfile.ZipFile:
    """Exports version 1 in the dialog and downloads the ZIP."""
    page.goto(f"{url}/projects/{project}/versions")
    page.get_by_role("button", name="Export version 1").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("radio", name=title).click()
    dialog.get_by_role("button", name="Start export").click()
    with page.expect_download(timeout=60_000) as download:
        page.get_by_test_id("download-export").click(timeout=60_000)
    return zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes()))


def draw(page: Page, size: tuple[int, int]) -> None:
    """A polygon with a hole and a brush mask; one more box that is undone."""
    width, height = size
    x, y = width * 0.2, height * 0.2
    page.keyboard.press("1")
    editing.draw_polygon(page, [(x, y), (x + 180, y + 12), (x + 160, y + 140), (x + 20, y + 120)])
    editing.wait_objects(page, 1)
    page.keyboard.press("v")
    editing.click(page, (x + 30, y + 30))
    page.keyboard.press("p")
    page.keyboard.down("Alt")
    for point in [(x + 60, y + 40), (x + 110, y + 44), (x + 90, y + 90)]:
        editing.click(page, point)
    page.keyboard.press("Enter")
    page.keyboard.up("Alt")
    page.keyboard.press("Escape")
    page.keyboard.press("v")
    editing.click(page, (width - 8, height - 8))  # nothing there: deselects
    page.keyboard.press("2")
    page.keyboard.press("d")
    editing.drag(
        page, [(width * 0.6, height * 0.7), (width * 0.7, height * 0.75), (width * 0.75, height * 0.65)]
    )
    editing.wait_objects(page, 2)
    page.keyboard.press("b")
    editing.drag(page, [(10, 10), (60, 60)])
    editing.wait_objects(page, 3)
    page.keyboard.press("Control+z")
    editing.wait_objects(page, 2)


def pixels_of(object_: dict[str, Any], height: int, width: int) -> np.ndarray:
    if object_["kind"] == "polygon":
        return editing.reference_pixels(object_["polygons"], height, width)
    return coco_mask.decode(
        {"size": object_["rle"]["size"], "counts": object_["rle"]["counts"].encode()}
    ).astype(bool)


def test_from_photographs_to_files_that_other_tools_read(
    sign_in: SignIn,
    product: Product,
    owner: Client,
    photographs: list[tuple[str, bytes]],
    tmp_path: Path,
) -> None:
    page = sign_in("ana@example.org")
    project = create_project(page)
    upload(page, photographs, tmp_path)
    image = owner.get(f"/projects/{project}/images", sort="name")["results"][0]
    width, height = image["width"], image["height"]

    editing.open_editor(page, product.url, image["id"])
    draw(page, (width, height))
    editing.wait_saved(page)
    drawn = editing.objects(page)
    polygon = next(o for o in drawn if o["kind"] == "polygon")
    brushed = next(o for o in drawn if o["kind"] == "mask")
    assert [len(rings) for rings in polygon["polygons"]] == [2], "the hole is a ring of the polygon"
    assert (polygon["class"], brushed["class"]) == (1, 2)

    page.reload()
    editing.wait_ready(page)
    again = {o["id"]: o for o in editing.objects(page)}
    assert {o["id"] for o in drawn} == set(again)
    for one in drawn:
        assert np.array_equal(pixels_of(one, height, width), pixels_of(again[one["id"]], height, width))
    stored = owner.get(f"/documents/{image['document']}")["annotations"]
    assert {o["id"] for o in stored} == set(again)

    page.get_by_role("button", name="Submit", exact=False).first.click()
    owner.wait_for(f"/images/{image['id']}", lambda i: i["status"] == "submitted")

    page.goto(f"{product.url}/projects/{project}/versions")
    page.get_by_role("button", name="Freeze a version").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Freeze", exact=True).click()
    expect(page.get_by_test_id("version-card")).to_have_count(1)

    check_coco(export(page, product.url, project, "COCO instances"), image, drawn, len(photographs), tmp_path)
    check_voc(export(page, product.url, project, "Pascal VOC"), image, drawn)


def check_coco(
    archive: zipfile.ZipFile, image: dict[str, Any], drawn: list[Any], images: int, folder: Path
) -> None:
    """pycocotools reads the pixels that were drawn."""
    name = next(n for n in archive.namelist() if n.endswith(".json"))
    path = folder / "instances.json"
    path.write_bytes(archive.read(name))
    coco = COCO(str(path))
    assert len(coco.imgs) == images, "images without annotations stay"
    record = next(i for i in coco.imgs.values() if i["file_name"].endswith(image["name"]))
    found = coco.loadAnns(coco.getAnnIds(imgIds=record["id"]))
    assert len(found) == 2
    height, width = image["height"], image["width"]
    for one in drawn:
        expected = pixels_of(one, height, width)
        match = next(a for a in found if a["category_id"] == one["class"])
        assert np.array_equal(coco.annToMask(match).astype(bool), expected), "holes are RLE: exact pixels"
        assert match["iscrowd"] == 0
        rows, columns = np.flatnonzero(expected.any(axis=1)), np.flatnonzero(expected.any(axis=0))
        x, y, w, h = match["bbox"]
        assert abs(x - columns[0]) <= 1
        assert abs(y - rows[0]) <= 1
        assert abs(w - (columns[-1] - columns[0] + 1)) <= 2
        assert abs(h - (rows[-1] - rows[0] + 1)) <= 2


def check_voc(archive: zipfile.ZipFile, image: dict[str, Any], drawn: list[Any]) -> None:
    """Pillow reads palette PNGs that hold the classes of the pixels that were drawn."""
    stem = Path(image["name"]).stem
    classes = next(n for n in archive.namelist() if "SegmentationClass/" in n and Path(n).stem.endswith(stem))
    picture = Image.open(io.BytesIO(archive.read(classes)))
    assert picture.mode == "P"
    assert picture.getpalette()[:9] == [0, 0, 0, 128, 0, 0, 0, 128, 0], "VOC's colour map"
    expected = np.zeros((image["height"], image["width"]), dtype=np.uint8)
    for one in sorted(drawn, key=lambda o: (o["z"], o.get("created", 0))):
        expected[pixels_of(one, image["height"], image["width"])] = one["class"]
    assert np.array_equal(np.asarray(picture), expected)


def test_rubbish_in_the_api_changes_nothing_and_says_where(
    owner: Client, photographs: list[tuple[str, bytes]]
) -> None:
    project = owner.post(
        "/projects", {"name": "Rubbish", "task_type": "instance", "classes": [{"name": "a"}]}
    )
    image = owner.upload(project["id"], photographs[:1])[0]["image"]
    nan = {"id": "00000000-0000-4000-8000-000000000001", "class": 1, "kind": "polygon", "base": None}
    put = [
        {**nan, "polygons": [[[0, 0, 10, 10]]]},
        {
            **nan,
            "id": "00000000-0000-4000-8000-000000000002",
            "class": 9,
            "polygons": [[[0, 0, 10, 0, 10, 10]]],
        },
    ]
    answer = owner.session.post(
        f"{owner.base}/documents/{image['document']}/changes",
        data=json.dumps({"base_revision": 0, "key": "bad", "put": put, "delete": []}),
        headers={"Content-Type": "application/json"},
        timeout=30,
    )
    assert answer.status_code == 400
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    where = {problem["where"] for problem in answer.json()["errors"]}
    assert any(w.startswith("put[0].polygons") for w in where), where
    assert any(w.startswith("put[1].class") for w in where), where
    assert owner.get(f"/documents/{image['document']}")["revision"] == 0
