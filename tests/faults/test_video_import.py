"""A worker that is killed in the middle of a video leaves nothing behind, and the next one imports it whole, once."""

from __future__ import annotations

import os
import signal
from collections import Counter
from pathlib import Path

import pytest

from annotator.jobs import job_start
from annotator.models import Document, ImageAsset, JobState
from tests.annotator.factories import make_project
from tests.clips import moving, write_clip
from tests.faults.workers import Site, children_of, wait_until

pytestmark = pytest.mark.timeout(180)
FRAMES = 500


def test_killed_worker_leaves_no_frame_and_the_next_takes_all_once(site: Site, tmp_path: Path) -> None:
    folder = tmp_path / "videos"
    folder.mkdir()
    write_clip(folder / "clip.avi", moving(FRAMES, 160, 120))
    project = make_project()
    [worker] = site.start_workers(1)
    job = job_start(kind="import", project=project, user=None, parameters={"path": str(folder)})

    def in_the_middle() -> bool:
        job.refresh_from_db()
        return job.state == JobState.RUNNING and 0.05 < job.progress < 0.9

    wait_until(in_the_middle, timeout=60)
    for child in children_of(worker.process.pid):
        os.kill(child, signal.SIGKILL)
    assert not ImageAsset.objects.filter(project=project).exists()

    def ended() -> bool:
        job.refresh_from_db()
        return job.finished is not None

    wait_until(ended, timeout=120)
    assert job.state == JobState.SUCCEEDED, (job.error, site.logs())
    assert job.attempts == 2
    found = ImageAsset.objects.filter(project=project)
    assert Counter(found.values_list("frame", flat=True)) == Counter(range(1, FRAMES + 1))
    assert Document.objects.filter(image__project=project).count() == FRAMES
    assert job.result["clips"][0]["created"] == FRAMES
