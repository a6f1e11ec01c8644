"""Two people and one image: it is submitted, returned with a comment, submitted again, accepted and reopened."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

from tests.e2e import editing
from tests.e2e.conftest import SignIn
from tests.e2e.product import Client, Product

COMMENT = "The left border misses the ear; please follow it."


def a_project(owner: Client, photographs: list[tuple[str, bytes]]) -> tuple[str, list[dict[str, Any]]]:
    """A project with two images, an annotator, a reviewer and a viewer; its id and its images."""
    made = owner.post(
        "/projects", {"name": "Review", "task_type": "instance", "classes": [{"name": "animal"}]}
    )
    owner.upload(made["id"], photographs[:2])
    for name, role in (("arno", "annotator"), ("rita", "reviewer"), ("vera", "viewer")):
        owner.post(f"/projects/{made['id']}/members", {"email": f"{name}@example.org", "role": role})
    return made["id"], owner.get(f"/projects/{made['id']}/images", sort="created")["results"]


def refusals_of(page: Page) -> list[str]:
    """Every answer from now on that says a person may not do what the page offered."""
    refused: list[str] = []
    page.on("response", lambda answer: refused.append(answer.url) if answer.status == 403 else None)
    return refused


def draw_and_submit(page: Page, url: str, project: str) -> str:
    """Takes the next image from the queue, draws on it and submits it; returns the image's id."""
    page.goto(f"{url}/projects/{project}")
    page.get_by_role("button", name="Start annotating").click()
    page.wait_for_url("**/images/*")
    editing.wait_ready(page)
    image = page.url.split("/images/")[1].split("?")[0]
    page.keyboard.press("1")
    editing.draw_polygon(page, [(20, 20), (120, 30), (90, 120)])
    editing.wait_objects(page, 1)
    submit(page)
    return image


def submit(page: Page) -> None:
    page.get_by_role("button", name="Submit", exact=True).click()
    expect(page.get_by_role("button", name="Submit", exact=True)).to_have_count(0)


def test_image_goes_between_annotator_and_reviewer_until_it_is_accepted(
    product: Product, owner: Client, sign_in: SignIn, photographs: list[tuple[str, bytes]]
) -> None:
    project, _images = a_project(owner, photographs)
    arno, rita = sign_in("arno@example.org"), sign_in("rita@example.org")
    refused = [refusals_of(arno), refusals_of(rita)]
    image = draw_and_submit(arno, product.url, project)
    expect(arno.get_by_role("button", name="Accept", exact=True)).to_have_count(0)

    rita.goto(f"{product.url}/projects/{project}")
    rita.get_by_role("button", name="Review 1 image").click()
    rita.wait_for_url(f"**/images/{image}*")
    editing.wait_ready(rita)
    editing.wait_objects(rita, 1)
    rita.get_by_role("button", name="Return", exact=True).click()
    dialog = rita.get_by_role("dialog")
    dialog.get_by_role("textbox").fill(COMMENT)
    dialog.get_by_role("button", name="Return", exact=True).click()
    expect(dialog).to_have_count(0)
    assert owner.get(f"/images/{image}")["status"] == "returned"

    arno.goto(f"{product.url}/images/{image}")
    editing.wait_ready(arno)
    expect(arno.get_by_text(COMMENT)).to_be_visible()
    submit(arno)

    rita.goto(f"{product.url}/images/{image}")
    editing.wait_ready(rita)
    rita.get_by_role("button", name="Accept", exact=True).click()
    expect(rita.get_by_role("button", name="Accept", exact=True)).to_have_count(0)
    assert owner.get(f"/images/{image}")["status"] == "accepted"

    arno.goto(f"{product.url}/images/{image}")
    editing.wait_ready(arno)
    expect(arno.get_by_text("Accepted: this image is closed")).to_be_visible()
    expect(arno.get_by_role("button", name="Reopen")).to_have_count(0)
    rita.get_by_role("button", name="Reopen").click()
    expect(rita.get_by_role("button", name="Submit", exact=True)).to_be_visible()
    assert owner.get(f"/images/{image}")["status"] == "in_progress"
    assert refused == [[], []]


def test_viewer_is_offered_nothing_that_would_be_refused(
    product: Product, owner: Client, sign_in: SignIn, photographs: list[tuple[str, bytes]]
) -> None:
    project, images = a_project(owner, photographs)
    vera = sign_in("vera@example.org")
    refused = refusals_of(vera)
    vera.goto(f"{product.url}/projects/{project}")
    expect(vera.get_by_test_id("image-card")).to_have_count(2)
    for name in ("Start annotating", "Upload files", "Upload a folder"):
        expect(vera.get_by_role("button", name=name)).to_have_count(0)
    offered = {"versions": ["Freeze a version", "Import annotations"], "members": ["Invite"]}
    for tab, names in offered.items():
        vera.goto(f"{product.url}/projects/{project}/{tab}")
        expect(vera.locator("main h2").first).to_be_visible()
        for name in names:
            expect(vera.get_by_role("button", name=name)).to_have_count(0)
    vera.goto(f"{product.url}/images/{images[0]['id']}")
    editing.wait_ready(vera)
    vera.keyboard.press("1")
    editing.draw_polygon(vera, [(20, 20), (120, 30), (90, 120)])
    assert editing.objects(vera) == []
    expect(vera.get_by_role("button", name="Submit", exact=True)).to_have_count(0)
    assert refused == []
