"""Fixtures for the browser tests: the real product, a real Chromium, and pictures to annotate."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.conftest import absent
from tests.e2e.product import Client, Product

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(240))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = os.environ.get("CONTORNO_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if not path:
        absent("chromium", "no Chromium in PATH; install one or name it in CONTORNO_CHROMIUM")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Product:
    """A data folder with tables and one person, to begin from: making them takes as long as many a test."""
    product = Product(tmp_path_factory.mktemp("prepared"))
    product.manage("migrate")
    product.set_password("ana@example.org", PASSWORD)
    return product


@pytest.fixture(scope="module")
def product(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The product, running. A module may ask for more of it by LEARNING = True and CLICKS = True."""
    asked = {name: getattr(request.module, name.upper(), False) for name in ("learning", "clicks")}
    prepared: Product = request.getfixturevalue("prepared")
    running = Product(tmp_path_factory.mktemp("product"), **asked).begin_from(prepared).start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def owner(product: Product) -> Client:
    """The first person's API client."""
    return Client(product, product.token("ana@example.org"))


PASSWORD = "pixels on the boundary"

SignIn = Callable[..., Page]


def log_in(page: Page, product: Product, email: str) -> None:
    """Signs in by the log-in page and waits for the one after it; not where the profile is signed in already."""
    product.set_password(email, PASSWORD)
    if page.context.request.get(product.url + "/api/v1/me").ok:
        page.goto(product.url + "/")
        return
    page.goto(product.url + "/login")
    page.locator("input[type=email]").fill(email)
    page.locator("input[type=password]").fill(PASSWORD)
    page.locator("button[type=submit]").click()
    page.wait_for_url(product.url + "/")


@pytest.fixture
def sign_in(browser: Browser, product: Product) -> Iterator[SignIn]:
    """Opens a browser profile of its own, signed in as this person, and gives its page.

    The first time by the log-in page; after that the profile begins with the cookies of then, and nothing else.
    """
    contexts: list[BrowserContext] = []

    def open_as(email: str, *, language: str = "en", theme: str = "light") -> Page:
        context = browser.new_context(
            viewport={"width": 1440, "height": 900},
            locale=language,
            color_scheme=theme,  # type: ignore[arg-type]
            accept_downloads=True,
            storage_state=product.cookies.get(email),  # type: ignore[arg-type]
        )
        contexts.append(context)
        page = context.new_page()
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        log_in(page, product, email)
        product.cookies[email] = {"cookies": context.cookies(), "origins": []}
        page.problems = problems  # type: ignore[attr-defined]
        return page

    yield open_as
    broken = [
        problem for context in contexts for page in context.pages for problem in getattr(page, "problems", [])
    ]
    for context in contexts:
        context.close()
    assert not broken, f"errors in the page: {broken}"


@pytest.fixture(scope="session")
def photographs() -> list[tuple[str, bytes]]:
    """Real photographs to upload: (name, content). From the shared datasets, or those that the demo ships."""
    shared = Path(
        os.environ.get("CONTORNO_SHARED_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data"
    )
    found = sorted((shared / "coco" / "train2017").glob("*.jpg"))[:4]
    if found:
        return [(f"photos/{path.name}", path.read_bytes()) for path in found]
    import skimage  # the demo's pictures come with it

    shipped = Path(skimage.__file__).parent / "data"
    return [
        (f"photos/{name}", (shipped / name).read_bytes())
        for name in ("coffee.png", "chelsea.png", "rocket.jpg")
    ]
