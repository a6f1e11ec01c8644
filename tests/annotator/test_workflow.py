"""The workflow table, claims, and what submitting asks for."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from annotator.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from annotator.models import ImageAsset, Project, User
from annotator.services.workflow import image_claim_next, image_reopen, image_review, image_submit
from tests.annotator.factories import an_object, change, make_image, make_member, make_project, make_user

pytestmark = pytest.mark.django_db

STATUSES = ("new", "in_progress", "submitted", "accepted", "returned")
ROLES = ("viewer", "annotator", "reviewer", "manager", "owner")
ACTIONS = {
    "submit": lambda image, user: image_submit(image=image, user=user),
    "accept": lambda image, user: image_review(image=image, user=user, decision="accept"),
    "return": lambda image, user: image_review(
        image=image, user=user, decision="return", comment=" wrong leaf "
    ),
    "reopen": lambda image, user: image_reopen(image=image, user=user),
}
TABLE = {  # (status, action): (the next status, the lowest role)
    ("new", "submit"): ("submitted", "annotator"),
    ("in_progress", "submit"): ("submitted", "annotator"),
    ("returned", "submit"): ("submitted", "annotator"),
    ("submitted", "accept"): ("accepted", "reviewer"),
    ("submitted", "return"): ("returned", "reviewer"),
    ("submitted", "reopen"): ("in_progress", "annotator"),
    ("accepted", "reopen"): ("in_progress", "reviewer"),
}
LOWEST = {"submit": "annotator", "accept": "reviewer", "return": "reviewer", "reopen": "annotator"}


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("status", STATUSES)
def test_the_table_holds_for_every_status_action_and_role(status: str, action: str) -> None:
    project = make_project()
    for role in ROLES:
        image = make_image(project, status=status)
        user = make_member(project, role)
        to, lowest = TABLE.get((status, action), (None, LOWEST[action]))
        if ROLES.index(role) < ROLES.index(lowest):
            with pytest.raises(NotAllowed):
                ACTIONS[action](image, user)
        elif to is None:
            with pytest.raises(Conflict, match=status):
                ACTIONS[action](image, user)
        else:
            assert ACTIONS[action](image, user).status == to
        image.refresh_from_db()
        assert image.status in (status, to)


def test_strangers_are_told_nothing() -> None:
    image = make_image(make_project())
    for action in ACTIONS.values():
        with pytest.raises(NotFound):
            action(image, make_user())


def test_a_returned_image_carries_the_comment() -> None:
    project = make_project()
    image = image_review(
        image=make_image(project, status="submitted"),
        user=make_member(project, "reviewer"),
        decision="return",
        comment=" wrong leaf ",
    )
    image.refresh_from_db()
    assert image.review_comment == "wrong leaf"
    with pytest.raises(InvalidInput):
        image_review(image=image, user=make_member(project, "owner"), decision="maybe")


def test_submitting_asks_for_required_attributes_of_every_object() -> None:
    schema = [{"name": "state", "type": "text", "required": True}]
    project = make_project(classes=[{"name": "leaf", "attributes": schema}, {"name": "stem"}])
    image = make_image(project)
    user = make_member(project, "annotator")
    missing, full, other = an_object(), an_object(attributes={"state": "dry"}), an_object(class_index=2)
    change(image.documents.get(), [missing, full, other])
    with pytest.raises(InvalidInput) as caught:
        image_submit(image=image, user=user)
    assert [p.where for p in caught.value.problems] == [f"{missing.id}.attributes.state"]
    change(image.documents.get(), delete=[(missing.id, 1)])
    assert image_submit(image=image, user=user).status == "submitted"


def claimed(project: Project, user: User, queue: str = "annotate") -> str | None:
    image = image_claim_next(project=project, user=user, queue=queue)
    return image.name if image else None


def test_annotators_get_returned_then_begun_then_new_images_and_never_the_same() -> None:
    project = make_project()
    for name, status in (
        ("a", "new"),
        ("b", "in_progress"),
        ("c", "returned"),
        ("d", "submitted"),
        ("e", "new"),
    ):
        make_image(project, name, status=status)
    people = [make_member(project, "annotator") for _ in range(5)]
    assert [claimed(project, user) for user in people] == ["c", "b", "a", "e", None]
    assert claimed(project, people[1]) == "b"  # one's own comes first until it is handed in
    image = ImageAsset.objects.get(name="b")
    image_submit(image=image, user=people[1])
    assert claimed(project, people[1]) is None


def test_a_claim_runs_out() -> None:
    project = make_project()
    image = make_image(project)
    first, second = (make_member(project, "annotator") for _ in range(2))
    assert claimed(project, first) == image.name
    assert claimed(project, second) is None
    ImageAsset.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    assert claimed(project, second) == image.name
    assert ImageAsset.objects.get().claimed_by == second


def test_reviewers_get_what_was_submitted_first() -> None:
    project = make_project()
    late, early = make_image(project, "a"), make_image(project, "b")
    annotator, reviewer = make_member(project, "annotator"), make_member(project, "reviewer")
    image_submit(image=early, user=annotator)
    image_submit(image=late, user=annotator)
    assert claimed(project, reviewer, "review") == "b"
    with pytest.raises(NotAllowed):
        claimed(project, annotator, "review")
    with pytest.raises(InvalidInput):
        claimed(project, reviewer, "everything")
