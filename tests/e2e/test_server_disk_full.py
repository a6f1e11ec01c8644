"""A server whose disk is full: every request says so, nothing half-done stays, and work goes on once there is room."""

from __future__ import annotations

import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e import editing
from tests.e2e.conftest import SignIn
from tests.e2e.product import Client, Product

SIZE = "60m"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own of 60 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(place)], check=False, capture_output=True
    )
    if done.returncode != 0:
        pytest.skip("mounting a small file system is not allowed here (it needs root)")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.fixture
def product(prepared: Product, small_disk: Path) -> Iterator[Product]:
    running = Product(small_disk / "data").begin_from(prepared).start()
    yield running
    running.kill()


def fill(disk: Path) -> Path:
    """Writes until there is no room left."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as target:
        for size in (1 << 20, 4096, 1):
            try:
                while True:
                    target.write(b"x" * size)
            except OSError:
                continue
    return filler


def polygons(count: int) -> list[dict[str, object]]:
    ring = [10.0, 10.0, 60.0, 10.0, 60.0, 60.0]
    return [
        {"id": str(uuid.uuid4()), "base": None, "class": 1, "kind": "polygon", "polygons": [[ring]]}
        for _ in range(count)
    ]


def test_saves_and_uploads_say_that_the_disk_is_full_and_succeed_once_there_is_room(
    product: Product, small_disk: Path, photographs: list[tuple[str, bytes]]
) -> None:
    client = Client(product, product.token("ana@example.org"))
    body = {"name": "Full", "task_type": "instance", "classes": [{"name": "thing"}]}
    project = client.post("/projects", body)["id"]
    image = client.upload(project, photographs[:1])[0]["image"]
    changes = {"base_revision": 0, "key": str(uuid.uuid4()), "put": polygons(3000), "delete": []}
    filler = fill(small_disk)

    answer = client.post(f"/documents/{image['document']}/changes", changes, expect=507)
    assert answer["type"] == "storage-full"
    assert client.get(f"/documents/{image['document']}")["annotations"] == []
    name, content = photographs[1]
    refused = client.session.post(
        f"{client.base}/projects/{project}/images", files=[("files", (Path(name).name, content))], timeout=60
    )
    assert (refused.status_code, refused.json()["type"]) == (507, "storage-full")

    filler.unlink()
    assert client.post(f"/documents/{image['document']}/changes", changes)["revision"] == 1
    assert len(client.get(f"/documents/{image['document']}")["annotations"]) == 3000
    assert client.upload(project, photographs[1:2])[0]["status"] == "created"
    assert len(client.get(f"/projects/{project}/images")["results"]) == 2


def test_the_editor_says_that_the_server_is_full_and_saves_once_there_is_room(
    product: Product, small_disk: Path, sign_in: SignIn, photographs: list[tuple[str, bytes]]
) -> None:
    client = Client(product, product.token("ana@example.org"))
    body = {"name": "Full", "task_type": "instance", "classes": [{"name": "thing"}]}
    project = client.post("/projects", body)["id"]
    image = client.upload(project, photographs[:1])[0]["image"]
    page = sign_in("ana@example.org")
    editing.open_editor(page, product.url, image["id"])
    page.keyboard.press("1")
    filler = fill(small_disk)
    told = page.get_by_text("The server’s disk is full")
    for k in range(30):  # the database's log may still have pages of its own for a few
        if told.is_visible():
            break
        editing.draw_polygon(page, [(60 + 9 * k, 60), (110 + 9 * k, 60), (110 + 9 * k, 300)])
        editing.wait_objects(page, k + 1)
    expect(told).to_be_visible(timeout=15_000)
    filler.unlink()
    page.get_by_test_id("save-state").click()
    editing.wait_saved(page)
    stored = client.get(f"/documents/{image['document']}")["annotations"]
    assert {one["id"] for one in stored} == {one["id"] for one in editing.objects(page)}
