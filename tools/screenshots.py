"""Takes the pictures of every page that docs/screenshots holds, light and dark, from the demo project.

Starts the product on a temporary data folder, lives a short project life in it (drawn, submitted, accepted, returned,
frozen, exported), and writes WebP files. Needs the development requirements and a Chromium.
"""

from __future__ import annotations

import io
import sys
import tempfile
import uuid
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

from services import find_chromium

from tests.e2e import editing
from tests.e2e.conftest import CHROMIUM_FLAGS
from tests.e2e.learning import Past, planned, write_past
from tests.e2e.product import Client, Product

OUT = ROOT / "docs" / "screenshots"
EMAIL, PASSWORD = "ana@example.org", "pixels on the boundary"
WIDTH = 1280  # of the files; the window is 1440 wide


def live(product: Product) -> tuple[Client, str]:
    """Give the demo project a past: work in every state, a frozen version, an export. Returns its id."""
    client = Client(product, product.token(EMAIL))
    product.set_password(EMAIL, PASSWORD)
    project = product.manage("demo", "--email", EMAIL).strip().splitlines()[-1]
    client.session.patch(f"{client.base}/me", json={"name": "Ana Souza"}, timeout=30)
    for email, role in (("bruno@example.org", "annotator"), ("carla@example.org", "reviewer")):
        client.post(f"/projects/{project}/members", {"email": email, "role": role})
    images = client.get(f"/projects/{project}/images", sort="-objects")["results"]
    drawn = [image for image in images if image["object_count"]]
    for image in drawn[:3]:
        if image["status"] in ("new", "in_progress"):
            client.post(f"/images/{image['id']}/submit", {})
    client.post(f"/images/{drawn[0]['id']}/review", {"decision": "accept", "comment": ""})
    client.post(f"/images/{drawn[1]['id']}/review", {"decision": "return", "comment": "The rim is cut off."})
    version = client.post(f"/projects/{project}/versions", {"name": "First training set"})
    for name in ("coco", "voc"):
        job = client.post(f"/versions/{version['id']}/exports", {"format": name, "options": {}})
        client.wait_for_job(job["id"])
    return client, project


def save(page: Page, name: str) -> None:
    picture = Image.open(io.BytesIO(page.screenshot()))
    height = round(picture.height * WIDTH / picture.width)
    picture.resize((WIDTH, height), Image.Resampling.LANCZOS).save(OUT / f"{name}.webp", quality=82, method=6)


def pictures(page: Page, client: Client, product: Product, project: str, theme: str) -> None:
    page.goto(product.url + "/login")
    page.get_by_role("button", name="Sign in").wait_for()
    save(page, f"login-{theme}")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_test_id("project-card").first.wait_for()
    tabs = {
        "images": "",
        **{tab: f"/{tab}" for tab in ("overview", "classes", "versions", "members", "jobs", "settings")},
    }
    paths = {
        "projects": "/",
        "account": "/account",
        **{tab: f"/projects/{project}{end}" for tab, end in tabs.items()},
    }
    for name, path in paths.items():
        page.goto(product.url + path)
        page.wait_for_load_state("networkidle")
        page.wait_for_function("() => [...document.images].every(i => i.complete && i.naturalWidth > 0)")
        page.get_by_role("heading").first.wait_for()
        save(page, f"{name}-{theme}")
    page.goto(product.url + "/")
    page.get_by_role("button", name="New project").first.click()
    for name in ("road", "car", "tree"):
        page.get_by_label("Name of a new class").fill(name)
        page.get_by_label("Name of a new class").press("Enter")
    save(page, f"new-project-{theme}")
    editor(page, client, product, project, theme)


def editor(page: Page, client: Client, product: Product, project: str, theme: str) -> None:
    """The editor on the image with the most objects that is not closed, one of its polygons selected."""
    images = client.get(f"/projects/{project}/images", sort="-objects", status="new,in_progress,returned")[
        "results"
    ]
    editing.open_editor(page, product.url, images[0]["id"])
    polygon = next(o for o in editing.objects(page) if o["kind"] == "polygon")
    ring = polygon["polygons"][0][0]
    page.keyboard.press("v")
    editing.click(page, (sum(ring[::2]) / (len(ring) / 2), sum(ring[1::2]) / (len(ring) / 2)))
    page.evaluate("() => window.__contorno.settled()")
    save(page, f"editor-{theme}")


def learn(product: Product, client: Client, project: str, folder: Path) -> tuple[Past, str]:
    """Give the demo project a learning past that was written, not trained; and an image on which a model proposes.

    Returns:
        The models' ids, and the image's.
    """
    images = client.get(f"/projects/{project}/images", sort="-objects")["results"]
    drawn = client.get(f"/images/{images[0]['id']}")
    file = client.download(f"/images/{drawn['id']}/file")
    content = io.BytesIO()
    Image.open(io.BytesIO(file)).convert("RGB").save(
        content, "JPEG", quality=92
    )  # another file of the same picture
    client.upload(project, [("proposed.jpg", content.getvalue())])
    new = client.get(f"/projects/{project}/images", q="proposed")["results"][0]
    shapes = client.get(f"/documents/{drawn['document']}")["annotations"]
    proposals = [
        {"id": str(uuid.uuid4()), "score": 0.96 - 0.06 * (place % 9), "uncertainty": 0.04 + 0.06 * (place % 9),
         **{key: one[key] for key in ("class", "kind", "polygons", "rle", "box", "bbox", "area") if key in one}}
        for place, one in enumerate(shapes)
    ]  # fmt: skip
    unseen = client.get(f"/projects/{project}/images", status="new")["results"]
    body = client.get(f"/projects/{project}")
    return write_past(product, folder, body, unseen, {new["id"]: proposals}), new["id"]


def learning(page: Page, base: str, past: Past, *, image: str, theme: str) -> None:
    """The pages of a project's learning loop, the training dialog, and the editor with proposals."""
    paths = {
        "models": "/models",
        "training-run": f"/models/{past.champion}?view=run",
        "results": f"/models/{past.champion}",
        "compare": f"/models/compare?ids={past.champion},{past.candidate}",
        "queue": "/queue",
    }
    for name, path in paths.items():
        page.goto(base + path)
        page.wait_for_load_state("networkidle")
        page.locator(".skeleton").first.wait_for(state="detached")
        save(page, f"{name}-{theme}")
    page.goto(base + "/models?train")
    page.get_by_role("dialog").get_by_role("button", name="Start training").wait_for()
    page.get_by_test_id("plan-encoder").wait_for()
    save(page, f"train-{theme}")
    editing.open_editor(page, base.partition("/projects/")[0], image)
    page.keyboard.press("Alt+4")
    page.get_by_test_id("prelabel-panel").get_by_role("slider").first.wait_for()
    page.keyboard.press("Alt+q")
    page.get_by_test_id("proposal-card").wait_for()
    page.evaluate("() => window.__contorno.settled()")
    save(page, f"proposals-{theme}")


def main() -> int:
    OUT.mkdir(parents=True, exist_ok=True)
    chromium = find_chromium()
    if chromium is None:
        sys.exit("no Chromium in PATH; install one or name it in CONTORNO_CHROMIUM")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        product = Product(Path(folder), learning=True, clicks=True).start()
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        try:
            client, project = live(product)
            past, image = learn(product, client, project, Path(folder))
            for theme in ("light", "dark"):
                size = {"width": 1440, "height": 900}
                context = browser.new_context(viewport=size, color_scheme=theme, locale="en")  # type: ignore[arg-type]
                page = context.new_page()
                pictures(page, client, product, project, theme)
                planned(page)
                learning(page, f"{product.url}/projects/{project}", past, image=image, theme=theme)
                context.close()
        finally:
            browser.close()
            product.stop()
    print(f"{len(list(OUT.glob('*.webp')))} pictures in {OUT.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
