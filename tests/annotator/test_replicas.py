"""Further documents of an image: who makes, sees and changes which."""

from __future__ import annotations

import pytest

from annotator.core.errors import InvalidInput, NotAllowed, NotFound
from annotator.models import Document, Project, Role, User
from annotator.selectors.document import annotations_at, documents_of
from annotator.services.access import document_for, role_of
from annotator.services.document import document_ensure
from tests.annotator.factories import an_object, change, make_image, make_member, make_project

pytestmark = pytest.mark.django_db


def seen(image: object, user: User, project: Project) -> list[str]:
    return [one.role for one in documents_of(image, user, role_of(user=user, project=project))]


def test_everybody_has_one_replica_and_the_image_one_ground_truth() -> None:
    project = make_project()
    image = make_image(project)
    ana, rui, lead = (make_member(project, role) for role in ("annotator", "annotator", "reviewer"))
    mine, new = document_ensure(image=image, user=ana, role="replica")
    assert (new, mine.author, mine.revision) == (True, ana, 0)
    assert document_ensure(image=image, user=ana, role="replica") == (mine, False)
    assert document_ensure(image=image, user=rui, role="replica")[0] != mine
    truth, new = document_ensure(image=image, user=lead, role="ground_truth")
    other = make_member(project, "manager")
    assert new and document_ensure(image=image, user=other, role="ground_truth") == (truth, False)
    assert seen(image, ana, project) == ["primary", "replica"]
    assert seen(image, make_member(project, "viewer"), project) == ["primary"]
    assert seen(image, lead, project) == ["primary", "replica", "replica", "ground_truth"]


def test_annotators_see_neither_others_replicas_nor_the_ground_truth() -> None:
    project = make_project()
    image = make_image(project)
    ana, rui, lead = (make_member(project, role) for role in ("annotator", "annotator", "reviewer"))
    mine, _ = document_ensure(image=image, user=ana, role="replica")
    truth, _ = document_ensure(image=image, user=lead, role="ground_truth")
    assert document_for(ana, mine.pk, Role.ANNOTATOR) == mine
    for user, document in ((rui, mine), (ana, truth), (make_member(project, "viewer"), mine)):
        with pytest.raises(NotFound):
            document_for(user, document.pk, Role.VIEWER)
    assert document_for(lead, mine.pk, Role.VIEWER) == mine
    with pytest.raises(NotAllowed, match="author"):
        document_for(lead, mine.pk, Role.ANNOTATOR)
    assert document_for(lead, truth.pk, Role.ANNOTATOR) == truth


def test_what_role_may_make_what() -> None:
    project = make_project()
    image = make_image(project)
    for role in ("ground_truth", "consensus"):
        with pytest.raises(NotAllowed):
            document_ensure(image=image, user=make_member(project, "annotator"), role=role)
    with pytest.raises(NotAllowed):
        document_ensure(image=image, user=make_member(project, "viewer"), role="replica")
    for wrong in ("primary", "copy", ""):
        with pytest.raises(InvalidInput, match="replica"):
            document_ensure(image=image, user=make_member(project, "owner"), role=wrong)


def test_a_replica_leaves_the_image_as_it_is_and_can_be_drawn_while_the_image_is_closed() -> None:
    project = make_project()
    image = make_image(project)
    ana = make_member(project, "annotator")
    replica, _ = document_ensure(image=image, user=ana, role="replica")
    change(replica, [an_object()], user=ana)
    image.refresh_from_db()
    assert (image.status, image.object_count) == ("new", 0)
    type(image).objects.filter(pk=image.pk).update(status="accepted")
    replica = Document.objects.select_related("image__project").get(pk=replica.pk)
    change(replica, [an_object()], user=ana)
    assert len(annotations_at(replica)) == 2
