"""Jobs over HTTP: who sees which, cancel and retry, and their progress as events."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from django.db import connection

from annotator.jobs import job_start
from annotator.models import Job, JobLogLine, User
from api.views import jobs
from tests.api.conftest import Caller, World
from tests.api.test_problems import check


def start(world: World, role: str | None = None, **fields: Any) -> Job:
    user = world.members[role].user if role else None
    job = job_start(kind="export", project=world.project, user=user, parameters={})
    Job.objects.filter(pk=job.pk).update(**fields) if fields else None
    return job


def events_of(stream: Iterator[bytes]) -> list[dict[str, Any]]:
    blocks = b"".join(stream).decode().split("\n\n")
    return [orjson.loads(block.removeprefix("data: ")) for block in blocks if block.startswith("data: ")]


def test_the_list_holds_jobs_of_my_projects_newest_first_and_filters(make_world: Any) -> None:
    mine, other = make_world(), make_world()
    one, two, _theirs = start(mine, state="failed"), start(mine), start(other)
    own = job_start(kind="probe", project=None, user=mine.members["viewer"].user, parameters={})
    viewer = mine.as_("viewer")

    def ids(query: str = "") -> list[str]:
        return [row["id"] for row in viewer.get(f"/jobs{query}").json()["results"]]

    assert ids() == [str(own.pk), str(two.pk), str(one.pk)]
    assert ids(f"?project={mine.project.pk}") == [str(two.pk), str(one.pk)]
    assert ids("?state=failed,running") == [str(one.pk)]
    assert ids("?kind=probe") == [str(own.pk)]
    check(viewer.get("/jobs?state=lost"), 400, "invalid-input")
    assert mine.as_("manager").get("/jobs?kind=probe").json()["results"] == []
    check(mine.as_("manager").get(f"/jobs/{own.pk}"), 404, "not-found")


def test_a_job_is_told_with_its_log(world: World) -> None:
    job = start(world, "reviewer")
    JobLogLine.objects.create(job=job, level="warning", text="slow disk")
    body = world.as_("viewer").get(f"/jobs/{job.pk}").json()
    assert [(line["level"], line["text"]) for line in body["log"]] == [("warning", "slow disk")]
    assert body["project"] == str(world.project.pk)
    assert body["created_by"]["email"] == world.members["reviewer"].user.email
    assert "log" not in world.as_("viewer").get("/jobs").json()["results"][0]


def test_who_started_a_job_may_cancel_and_retry_it_and_so_may_a_manager(world: World) -> None:
    job = start(world, "reviewer")
    check(world.as_("annotator").post(f"/jobs/{job.pk}/cancel"), 403, "not-allowed")
    cancelled = world.as_("reviewer").post(f"/jobs/{job.pk}/cancel").json()
    assert (cancelled["state"], cancelled["cancel_requested"]) == ("cancelled", True)
    check(world.as_("reviewer").post(f"/jobs/{job.pk}/cancel"), 409, "conflict")
    assert world.as_("manager").post(f"/jobs/{job.pk}/retry").json()["state"] == "queued"
    check(world.as_("manager").post(f"/jobs/{job.pk}/retry"), 409, "conflict")


def test_events_of_a_finished_job_are_its_last_state(world: World) -> None:
    job = start(world, state="succeeded", progress=1.0, result={"file": "x"})
    answer = world.as_("viewer").get(f"/jobs/{job.pk}/events", headers={"Accept": "text/event-stream"})
    assert answer.headers["Content-Type"] == "text/event-stream"
    assert "no-cache" in answer.headers["Cache-Control"]
    (event,) = events_of(answer.streaming_content)
    plain = world.as_("viewer").get(f"/jobs/{job.pk}").json()
    assert event == {name: value for name, value in plain.items() if name != "log"}


@pytest.mark.django_db(transaction=True)
def test_events_follow_a_job_until_it_has_finished() -> None:
    job = Job.objects.create(kind="export")
    seen = threading.Event()

    def work() -> None:
        try:
            assert seen.wait(30)
            Job.objects.filter(pk=job.pk).update(state="running", progress=0.5)
            seen.clear()
            assert seen.wait(30)
            Job.objects.filter(pk=job.pk).update(state="succeeded", progress=1.0)
        finally:
            connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    states = []
    for block in jobs.job_events(job.pk, poll=0.01):
        if block.startswith(b"data: "):
            states.append(orjson.loads(block.removeprefix(b"data: "))["state"])
            seen.set()
    worker.join()
    assert states == ["queued", "running", "succeeded"]


def test_a_stream_ends_by_itself_and_says_now_and_then_that_it_lives(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = Job.objects.create(kind="export")
    clock = iter(range(0, 1000, 10))
    monkeypatch.setattr(jobs.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(jobs.time, "sleep", lambda _seconds: None)
    blocks = list(jobs.job_events(job.pk))
    assert len([block for block in blocks if block.startswith(b"data:")]) == 1
    assert len([block for block in blocks if block.startswith(b":")]) >= 2


def test_a_stream_ends_when_its_job_is_deleted(db: None) -> None:
    job = Job.objects.create(kind="export")
    stream = jobs.job_events(job.pk, poll=0)
    assert next(stream).startswith(b"retry:")
    assert next(stream).startswith(b"data:")
    Job.objects.all().delete()
    assert list(stream) == []


def test_events_are_for_sessions_too(world: World) -> None:
    job = start(world, state="failed")
    browser = Caller()
    browser.client.force_login(world.members["viewer"].user)
    assert events_of(browser.get(f"/jobs/{job.pk}/events").streaming_content)[0]["state"] == "failed"
    browser.client.force_login(User.objects.create_user("else@example.org"))
    check(browser.get(f"/jobs/{job.pk}/events"), 404, "not-found")
