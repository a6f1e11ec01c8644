"""A worker that is killed in the middle of a training: the next one goes on from the checkpoint, and once only."""

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

from annotator.models import Job, JobState, ModelState, ModelVersion
from tests.faults.workers import ROOT, Site, alive, wait_until

pytestmark = [pytest.mark.timeout(600), pytest.mark.slow]
STEPS = 40
START = """
import json, sys, uuid, django
django.setup()
import numpy as np
from annotator.core.document import Annotation, PolygonGeometry, Split
from annotator.models import Document, User
from annotator.services.annotation import PutObject, document_change
from annotator.services.image import image_create
from annotator.services.project import project_create
from annotator.services.training import training_start
user = User.objects.create_user("ana@example.org")
project = project_create(user=user, name="Squares", task_type="semantic", classes=[{"name": "square"}])
for number, path in enumerate(sys.argv[2:]):
    with open(path, "rb") as file:
        split = Split.VAL if number == 0 else Split.TRAIN
        image = image_create(project=project, user=user, file=file, name=f"{number}.png", split=split).image
    document = Document.objects.get(image=image)
    ring = np.array([[4, 4], [40, 4], [40, 40], [4, 40]], np.float32)
    document_change(document=document, user=user, base_revision=0, key=uuid.uuid4().hex,
                    put=[PutObject(Annotation(uuid.uuid4(), 1, PolygonGeometry(((ring,),))))])
job = training_start(project=project, user=user, architecture="unet", overrides=json.loads(sys.argv[1]))
print(json.dumps({"job": str(job.pk), "model": job.parameters["model"]}))
"""


def pictures(folder: Path, count: int) -> list[str]:
    paths = []
    for number in range(count):
        pixels = np.random.default_rng(number).integers(0, 80, (64, 64, 3), dtype=np.uint8)
        pixels[4:40, 4:40] += 120
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "PNG")
        path = folder / f"{number}.png"
        path.write_bytes(buffer.getvalue())
        paths.append(str(path))
    return paths


def begin(site: Site, folder: Path) -> dict[str, Any]:
    """From a process of its own, as a web process does."""
    plan = {"steps": STEPS, "evaluate_every": 10, "input_size": [64, 64], "batch_size": 2, "workers": 0}
    done = subprocess.run(
        [sys.executable, "-c", START, json.dumps(plan), *pictures(folder, 4)],
        cwd=ROOT, env=site.environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.strip().splitlines()[-1])


def learning_processes(folder: Path) -> list[int]:
    done = subprocess.run(["ps", "-ww", "-eo", "pid=,args="], capture_output=True, text=True, check=False)
    lines = (line.split(None, 1) for line in done.stdout.splitlines())
    return [int(pid) for pid, args in lines if "ml_worker.run" in args and str(folder) in args]


def test_a_worker_killed_in_the_middle_of_an_epoch_resumes_from_its_checkpoint(
    site: Site, tmp_path: Path
) -> None:
    site.queues = "gpu"
    begun = begin(site, tmp_path)
    job = Job.objects.get(pk=begun["job"])
    model = ModelVersion.objects.get(pk=begun["model"])
    run = Path(site.environment["CONTORNO_DATA_DIR"]) / "work" / "runs" / begun["job"]
    (first,) = site.start_workers(1)

    def in_an_epoch() -> bool:
        return model.points.filter(kind="train", step__gt=12).exists()  # type: ignore[attr-defined]

    wait_until(lambda: in_an_epoch() or _ended(job), timeout=240)
    assert in_an_epoch(), (job.error, site.logs())
    assert (run / "last.ckpt").is_file()
    first.kill_group()
    wait_until(lambda: not any(alive(pid) for pid in learning_processes(run)), timeout=30)
    site.start_workers(1)
    wait_until(lambda: _ended(job), timeout=300)
    assert (job.state, job.attempts) == (JobState.SUCCEEDED, 2), (job.error, site.logs())
    model.refresh_from_db()
    assert model.state == ModelState.CANDIDATE
    steps = list(model.points.filter(kind="train").order_by("step").values_list("step", flat=True))  # type: ignore[attr-defined]
    assert steps[-1] == STEPS
    assert len(steps) == len(set(steps)), "a step that came twice stands once"
    assert any("resumed at step" in line.text for line in job.log.all()), [  # type: ignore[attr-defined]
        line.text
        for line in job.log.all()  # type: ignore[attr-defined]
    ]


def _ended(job: Job) -> bool:
    job.refresh_from_db()
    return job.finished is not None
