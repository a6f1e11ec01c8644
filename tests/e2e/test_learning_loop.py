"""The learning loop in the browser: train on a few labelled images, watch, promote, pre-label, accept, queue, export.

Everything is real: the workers, a U-Net that learns bright discs in some seconds, its proposals. Only labels and images
are put in through the API, since drawing has tests of its own.
"""

from __future__ import annotations

import io
import json
import re
import uuid
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from pycocotools.coco import COCO

from tests.e2e import editing
from tests.e2e.conftest import SignIn
from tests.e2e.product import Client, Product
from tests.e2e.test_editor_exclusive import painted

LEARNING = True  # with the workers that train and predict
SIDE, LABELLED, NEW = 96, 10, 4
STEPS = 40


def scene(number: int) -> tuple[bytes, npt.NDArray[np.bool_]]:
    """A bright disc on dark noise, and which pixels it has."""
    rng = np.random.default_rng(number)
    pixels = rng.integers(0, 70, (SIDE, SIDE, 3), dtype=np.uint8)
    x, y, radius = rng.uniform(28, 68), rng.uniform(28, 68), rng.uniform(14, 24)
    column, row = np.meshgrid(np.arange(SIDE) + 0.5, np.arange(SIDE) + 0.5)
    disc = (column - x) ** 2 + (row - y) ** 2 <= radius**2
    pixels[disc] = (230, 190, 60)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue(), disc


def outline(disc: npt.NDArray[np.bool_]) -> list[float]:
    """A polygon of 48 corners around the disc."""
    rows, columns = np.nonzero(disc)
    x, y, radius = columns.mean() + 0.5, rows.mean() + 0.5, np.sqrt(disc.sum() / np.pi)
    angles = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    return np.stack([x + radius * np.cos(angles), y + radius * np.sin(angles)], 1).round(2).ravel().tolist()


def labelled_project(owner: Client) -> tuple[str, dict[str, npt.NDArray[np.bool_]]]:
    """A semantic project with ten labelled images and four new ones; the discs by the image's name."""
    body = {
        "name": "Discs", "task_type": "semantic", "exclusive": True, "classes": [{"name": "disc"}],
        "split_shares": {"train": 0.8, "val": 0.2, "test": 0},
    }  # fmt: skip
    project = owner.post("/projects", body)["id"]
    scenes = {f"disc-{k:02}.png": scene(k) for k in range(LABELLED + NEW)}
    owner.upload(project, [(name, content) for name, (content, _) in scenes.items()])
    images = owner.get(f"/projects/{project}/images", sort="name")["results"]
    for image in images[:LABELLED]:
        document = owner.get(f"/images/{image['id']}")["document"]
        put = {
            "id": str(uuid.uuid4()), "class": 1, "kind": "polygon", "z": 0, "base": None,
            "polygons": [[outline(scenes[image["name"]][1])]],
        }  # fmt: skip
        change = {"base_revision": 0, "key": uuid.uuid4().hex, "put": [put], "delete": []}
        owner.post(f"/documents/{document}/changes", change)
        owner.post(f"/images/{image['id']}/submit")
    return project, {name: disc for name, (_, disc) in scenes.items()}


def train(page: Page, url: str, project: str) -> str:
    """Start a small training in the dialog; the model's id."""
    page.goto(f"{url}/projects/{project}/models")
    page.get_by_role("button", name=re.compile("^Train")).first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("radio", name=re.compile("^U-Net")).click()
    expect(dialog.get_by_test_id("plan-encoder")).to_contain_text("ImageNet weights", timeout=60_000)
    dialog.get_by_role("button", name="Change values").click()
    steps = dialog.get_by_test_id("plan-steps").locator("input")
    steps.fill("0")
    expect(dialog.get_by_test_id("plan-steps").get_by_role("alert")).to_contain_text(
        "1000000", timeout=60_000
    )
    steps.fill(str(STEPS))
    start = dialog.get_by_role("button", name="Start training")
    expect(start).to_be_enabled(timeout=60_000)
    start.click()
    page.wait_for_url(re.compile(r"/models/[0-9a-f-]{36}$"))
    return page.url.rsplit("/", 1)[1]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_from_a_few_labels_to_labels_that_a_model_made(
    sign_in: SignIn, product: Product, owner: Client, tmp_path: Path
) -> None:
    project, discs = labelled_project(owner)
    page = sign_in("ana@example.org")
    model = train(page, product.url, project)

    expect(page.get_by_test_id("run-status")).to_be_visible()
    trained = owner.wait_for(f"/models/{model}", lambda one: one["state"] != "training", timeout=300)
    assert trained["state"] == "candidate", trained
    curve = owner.get(f"/models/{model}/curve")["results"]
    assert {one["kind"] for one in curve} == {"train", "evaluate"}
    assert max(one["step"] for one in curve) == STEPS
    assert {one["name"] for one in trained["files"]} >= {
        "weights",
        "onnx",
        "torchscript",
        "label_map",
        "script",
    }

    promote = page.get_by_role("button", name="Promote to champion")
    promote.click(timeout=60_000)  # the page has noticed by itself that the training is done
    page.get_by_role("dialog").get_by_role("button", name="Promote").click()
    owner.wait_for(f"/models/{model}", lambda one: one["state"] == "champion")

    page.get_by_role("button", name="Pre-label").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Start pre-labelling").click()
    expect(page.get_by_text("The proposals wait in the editor.")).to_be_visible(timeout=120_000)

    page.goto(f"{product.url}/projects/{project}/queue")
    expect(page.get_by_test_id("queue-row")).to_have_count(NEW, timeout=120_000)
    page.get_by_test_id("queue-row").first.get_by_role("link").click()
    editing.wait_ready(page)
    image = owner.get(f"/images/{page.evaluate('window.__contorno.image')}")
    expect(page.get_by_test_id("reason")).to_be_visible()
    page.keyboard.press("Alt+4")
    expect(page.get_by_test_id("prelabel-panel").get_by_role("slider").first).to_be_visible()
    page.keyboard.press("Alt+Shift+a")
    editing.wait_saved(page)
    accepted(owner, image, discs[image["name"]], model)
    exported(owner, project, image["name"], tmp_path)


def accepted(owner: Client, image: dict[str, Any], disc: npt.NDArray[np.bool_], model: str) -> None:
    """What was accepted is the disc, and the server knows who proposed it."""
    objects = owner.get(f"/documents/{image['document']}")["annotations"]
    assert objects
    assert {one["source"] for one in objects} == {"model"}
    seen = owner.get(f"/images/{image['id']}/predictions")
    assert seen["model"]["id"] == model
    assert {one["id"] for one in objects} <= {one["id"] for one in seen["objects"]}
    pixels = np.any(list(painted(objects, image).values()), axis=0)
    iou = (pixels & disc).sum() / (pixels | disc).sum()
    assert iou > 0.6, iou


def exported(owner: Client, project: str, name: str, folder: Path) -> None:
    """The accepted objects leave with the others."""
    version = owner.post(f"/projects/{project}/versions", {"name": "after a round"})["id"]
    job = owner.post(f"/versions/{version}/exports", {"format": "coco", "options": {}})
    assert owner.wait_for_job(job["id"])["state"] == "succeeded"
    archive = zipfile.ZipFile(io.BytesIO(owner.download(f"/exports/{job['id']}/file")))
    [inside] = [one for one in archive.namelist() if one.endswith(".json")]
    path = folder / "coco.json"
    path.write_text(json.dumps(json.loads(archive.read(inside))))
    coco = COCO(str(path))
    [image] = [one for one in coco.imgs.values() if one["file_name"].endswith(name)]
    assert coco.getAnnIds(imgIds=[image["id"]])
