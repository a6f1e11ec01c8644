"""A training that a person stopped: its page offers what was kept and to go on, and follows it when it does.

Nothing is trained: what stopping and going on do to a model is tested with its jobs (tests/annotator).
"""

from __future__ import annotations

import uuid
from pathlib import Path

from playwright.sync_api import expect

from tests.e2e.conftest import SignIn
from tests.e2e.learning import PLAN, REASONS, write_rows
from tests.e2e.product import Client, Product


def test_a_stopped_training_is_resumed_from_its_page(
    sign_in: SignIn, product: Product, owner: Client, tmp_path: Path
) -> None:
    project = owner.post(
        "/projects", {"name": "Stopped", "task_type": "semantic", "classes": [{"name": "disc"}]}
    )["id"]
    model = str(uuid.uuid4())
    fields = {
        "project_id": project, "number": 1, "architecture": "unet", "purpose": "semantic", "state": "candidate",
        "stopped": True, "plan": PLAN, "reasons": REASONS,
    }  # fmt: skip
    job = {"state": "cancelled", "cancel_requested": True, "queue": "gpu", "parameters": {"model": model}}
    write_rows(
        product, tmp_path, models=[{"id": model, "fields": fields, "job": job, "predicted": {}}], queue=[]
    )
    page = sign_in("ana@example.org")
    page.goto(f"{product.url}/projects/{project}/models/{model}")
    expect(page.get_by_text("stopped early")).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_test_id("run-status")).to_be_visible()
    expect(page.get_by_role("button", name="Stop training")).to_be_enabled()
    expect(page.get_by_role("button", name="Resume")).to_have_count(0)
    expect(page.get_by_text("stopped early")).to_have_count(0)
    again = owner.get(f"/models/{model}")
    assert (again["state"], again["job"]["state"]) == ("training", "queued")
