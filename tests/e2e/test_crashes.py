"""A tab that crashes, a browser that is killed, and a disk without room: what was drawn is there on the next visit."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, ViewportSize, expect

from tests.e2e import editing
from tests.e2e.conftest import CHROMIUM_FLAGS, SignIn, log_in
from tests.e2e.product import Client, Product

SQUARE = [(60.0, 60.0), (140.0, 60.0), (140.0, 140.0), (60.0, 140.0)]
THIRD = [(60.0, 170.0), (140.0, 170.0), (140.0, 230.0)]
OTHER = [(200.0, 60.0), (280.0, 60.0), (280.0, 140.0), (200.0, 140.0)]

JOURNAL_COUNT = """
    () => new Promise((resolve, reject) => {
        const opening = indexedDB.open('contorno')
        opening.onerror = () => reject(opening.error)
        opening.onsuccess = () => {
            const asked = opening.result.transaction('entries').objectStore('entries').count()
            asked.onsuccess = () => { opening.result.close(); resolve(asked.result) }
            asked.onerror = () => reject(asked.error)
        }
    })
"""


@pytest.fixture
def image(owner: Client, photographs: list[tuple[str, bytes]]) -> dict[str, Any]:
    classes = [{"name": "animal"}, {"name": "vehicle"}]
    project = owner.post("/projects", {"name": "Crashes", "task_type": "instance", "classes": classes})
    return owner.upload(project["id"], photographs[:1])[0]["image"]


def stored_ids(owner: Client, image: dict[str, Any]) -> list[str]:
    return sorted(one["id"] for one in owner.get(f"/documents/{image['document']}")["annotations"])


def draw_without_a_server(page: Page, product: Product, image: dict[str, Any]) -> list[str]:
    """One saved polygon, then one more while the server is dead. Returns the ids of both."""
    editing.open_editor(page, product.url, image["id"])
    page.keyboard.press("1")
    editing.draw_polygon(page, SQUARE)
    editing.wait_saved(page)
    product.kill()
    editing.draw_polygon(page, OTHER)
    editing.wait_offline(page, pending=1)
    return sorted(one["id"] for one in editing.objects(page))


class KilledBrowser:
    """A Chromium of its own with a profile on disk, so that it can be killed and started again."""

    def __init__(self, browser: Browser, profile: Path) -> None:
        self.browser_type, self.profile = browser.browser_type, profile
        self.program = os.environ.get("CONTORNO_CHROMIUM") or shutil.which("chromium")
        self.context: BrowserContext | None = None

    def open(self) -> Page:
        size: ViewportSize = {"width": 1440, "height": 900}
        self.context = self.browser_type.launch_persistent_context(
            self.profile, executable_path=self.program, args=CHROMIUM_FLAGS, viewport=size
        )
        return self.context.pages[0]

    def kill_tabs(self, page: Page) -> None:
        """SIGKILL to the processes that draw the pages, as the system does when memory runs out."""
        with page.expect_event("crash"):
            for process, command in self._processes():
                if b"--type=renderer" in command:
                    os.kill(process, signal.SIGKILL)

    def kill(self) -> None:
        """SIGKILL to the browser and all its processes."""
        if self.context is None:
            return
        for process, _ in self._processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        with contextlib.suppress(Error):  # it is gone
            self.context.close()
        self.context = None

    def _processes(self) -> list[tuple[int, bytes]]:
        """Number and command line of each process of this browser's group."""
        found: list[tuple[int, bytes]] = []
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError, ValueError):
                found.append((int(entry.name), (entry / "cmdline").read_bytes()))
        mine = f"--user-data-dir={self.profile}\0".encode()
        groups = {os.getpgid(process) for process, command in found if mine in command}
        with_group = []
        for process, command in found:
            with contextlib.suppress(ProcessLookupError):
                if os.getpgid(process) in groups:
                    with_group.append((process, command))
        return with_group


IN_PROC = pytest.mark.skipif(not Path("/proc/self").exists(), reason="finds the browser's processes in /proc")


@pytest.fixture
def killed(browser: Browser, tmp_path: Path) -> Iterator[KilledBrowser]:
    own = KilledBrowser(browser, tmp_path / "profile")
    yield own
    own.kill()


@IN_PROC
def test_a_crashed_tab_sends_its_changes_on_the_next_visit(
    killed: KilledBrowser, product: Product, owner: Client, image: dict[str, Any]
) -> None:
    page = killed.open()
    log_in(page, product, "ana@example.org")
    drawn = draw_without_a_server(page, product, image)
    killed.kill_tabs(page)
    product.start()
    assert len(stored_ids(owner, image)) == 1
    again = page.context.new_page()
    editing.open_editor(again, product.url, image["id"])
    editing.wait_saved(again)
    assert stored_ids(owner, image) == drawn
    assert sorted(one["id"] for one in editing.objects(again)) == drawn


@IN_PROC
def test_a_killed_browser_sends_its_changes_when_it_is_started_again(
    killed: KilledBrowser, product: Product, owner: Client, image: dict[str, Any]
) -> None:
    page = killed.open()
    log_in(page, product, "ana@example.org")
    drawn = draw_without_a_server(page, product, image)
    killed.kill()
    product.start()
    assert len(stored_ids(owner, image)) == 1
    again = killed.open()
    log_in(again, product, "ana@example.org")
    editing.open_editor(again, product.url, image["id"])
    editing.wait_saved(again)
    assert stored_ids(owner, image) == drawn


def test_a_full_disk_keeps_nobody_out_is_told_and_loses_nothing(
    sign_in: SignIn, product: Product, owner: Client, image: dict[str, Any]
) -> None:
    page = sign_in("ana@example.org")
    devtools = page.context.new_cdp_session(page)
    devtools.send("Storage.overrideQuotaForOrigin", {"origin": product.url, "quotaSize": 1})
    editing.open_editor(page, product.url, image["id"])
    page.keyboard.press("1")
    editing.draw_polygon(page, SQUARE)
    editing.wait_saved(page)
    told = page.get_by_text("storage is full")
    expect(told).to_be_visible()
    assert stored_ids(owner, image) == [one["id"] for one in editing.objects(page)], "saving goes on"

    product.kill()
    editing.draw_polygon(page, OTHER)
    expect(page.get_by_text("1 change is in this tab only")).to_be_visible(timeout=15_000)
    devtools.send("Storage.overrideQuotaForOrigin", {"origin": product.url})  # somebody made room
    editing.draw_polygon(page, THIRD)
    expect(told).to_be_hidden(timeout=15_000)
    drawn = sorted(one["id"] for one in editing.wait_objects(page, 3))
    page.wait_for_function(f"async () => (await ({JOURNAL_COUNT})()) >= 1")
    context = page.context
    page.close()
    product.start()
    again = context.new_page()
    editing.open_editor(again, product.url, image["id"])
    editing.wait_saved(again)
    assert stored_ids(owner, image) == drawn
    assert len(drawn) == 3
