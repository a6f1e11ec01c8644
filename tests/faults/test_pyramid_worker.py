"""A worker that is killed while it cuts a large image into tiles: another begins anew, and nothing half-done stays."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from annotator.models import Job, JobState
from tests.faults.workers import ROOT, Site, wait_until

pytestmark = pytest.mark.timeout(180)
SIDE = 7000  # noise: some ten seconds of lossless tiles
TAKE_IN = """
import io, json, sys, django
django.setup()
from annotator.services.image import image_create
from annotator.services.project import project_create
from annotator.models import User
user = User.objects.create_user("ana@example.org")
project = project_create(user=user, name="Scans", task_type="instance", classes=[{"name": "cell"}])
with open(sys.argv[1], "rb") as file:
    image = image_create(project=project, user=user, file=file, name="noise.tif").image
print(json.dumps({"image": str(image.pk), "job": str(image.pyramid_job_id)}))
"""


def take_in(site: Site, path: Path) -> dict[str, Any]:
    """From a process of its own, as a web process does."""
    done = subprocess.run(
        [sys.executable, "-c", TAKE_IN, str(path)],
        cwd=ROOT, env=site.environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.strip().splitlines()[-1])


def test_a_killed_worker_leaves_no_half_pyramid_and_another_finishes(site: Site, tmp_path: Path) -> None:
    site.environment["CONTORNO_LARGE_IMAGE_PIXELS"] = "1000000"
    noise = np.random.default_rng(1).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(noise).save(out, "TIFF")
    path = tmp_path / "noise.tif"
    path.write_bytes(out.getvalue())
    site.start_workers(2)
    job = Job.objects.get(pk=take_in(site, path)["job"])
    folder = Path(site.environment["CONTORNO_DATA_DIR"]) / "files" / "pyramids"

    def at_work() -> bool:
        job.refresh_from_db()
        return job.progress > 0.2 and any(folder.glob(".part-*/t.zip"))

    wait_until(at_work, timeout=60)
    begun = next(folder.glob(".part-*"))
    for worker in site.workers:
        worker.kill_group()
    assert not list(folder.glob("??/*.zip")), "nobody takes the half archive for a pyramid"
    site.start_workers(1)

    def finished() -> bool:
        job.refresh_from_db()
        return job.finished is not None

    wait_until(finished, timeout=90)
    assert (job.state, job.attempts) == (JobState.SUCCEEDED, 2), job.error
    assert not begun.exists()
    assert not list(folder.glob(".part-*"))
    assert len(list(folder.glob("??/*.zip"))) == 1
