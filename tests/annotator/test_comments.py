"""Comments: where they hang, who may do what with them, and what becomes of them."""

from __future__ import annotations

import uuid

import pytest

from annotator.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from annotator.models import Comment, Project
from annotator.selectors.comment import comment_state, threads_of
from annotator.selectors.image import ImageFilter, images_of
from annotator.services.comment import comment_create, comment_delete, comment_reply, comment_update
from annotator.services.workflow import image_review
from tests.annotator.factories import an_object, box, change, make_image, make_member, make_project, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make_project()


def test_a_comment_hangs_on_the_image_a_point_or_an_object(project: Project) -> None:
    image, ana = make_image(project), make_member(project, "annotator")
    thing = an_object(box(10, 20, 30, 60))
    change(image.documents.get(), [thing])
    whole = comment_create(image=image, user=ana, text="  too dark ")
    point = comment_create(image=image, user=ana, text="here", point=[100, 80])
    thread = comment_create(image=image, user=ana, text="which class?", object_id=thing.id)
    assert (whole.text, whole.x, whole.object_id) == ("too dark", None, None)
    assert (point.x, point.y) == (100, 80)
    assert (thread.x, thread.y, thread.object_id) == (20, 40, thing.id)


def test_a_comment_outlives_its_object_and_can_still_be_made_on_one_that_is_gone(project: Project) -> None:
    image, ana = make_image(project), make_member(project, "annotator")
    thing = an_object(box(10, 20, 30, 60))
    change(image.documents.get(), [thing])
    first = comment_create(image=image, user=ana, text="remove it?", object_id=thing.id)
    change(image.documents.get(), delete=[(thing.id, 1)])
    first.refresh_from_db()
    assert (first.x, first.y, first.object_id) == (20, 40, thing.id)
    again = comment_create(image=image, user=ana, text="why did it go?", object_id=thing.id)
    assert (again.x, again.y) == (20, 40)


def test_everything_wrong_with_a_comment_is_named(project: Project) -> None:
    image, ana = make_image(project, width=100, height=80), make_member(project, "annotator")
    with pytest.raises(InvalidInput) as caught:
        comment_create(image=image, user=ana, text=" ", point=[100.5, 3], object_id=uuid.uuid4())
    assert [problem.where for problem in caught.value.problems] == ["text", "point", "object"]
    for point in ([float("nan"), 1], [-0.5, 1], [1, 81], [1, float("inf")]):
        with pytest.raises(InvalidInput, match="outside"):
            comment_create(image=image, user=ana, text="here", point=point)
    with pytest.raises(InvalidInput, match="10000"):
        comment_create(image=image, user=ana, text="x" * 10_001)
    assert not Comment.objects.exists()


def test_objects_of_another_image_or_of_a_hidden_replica_cannot_be_commented_on(project: Project) -> None:
    image, ana, rui = (
        make_image(project),
        make_member(project, "annotator"),
        make_member(project, "annotator"),
    )
    foreign, hidden = an_object(), an_object()
    change(make_image(project).documents.get(), [foreign])
    replica = image.documents.create(role="replica", author=rui)
    change(replica, [hidden])
    for key in (foreign.id, hidden.id):
        with pytest.raises(InvalidInput, match=str(key)):
            comment_create(image=image, user=ana, text="mine?", object_id=key)
    assert comment_create(image=image, user=rui, text="mine", object_id=hidden.id).object_id == hidden.id


def test_a_viewer_reads_only_and_a_stranger_not_even_that(project: Project) -> None:
    image, ana = make_image(project), make_member(project, "annotator")
    thread = comment_create(image=image, user=ana, text="look")
    viewer = make_member(project, "viewer")
    with pytest.raises(NotAllowed):
        comment_create(image=image, user=viewer, text="me too")
    with pytest.raises(NotAllowed):
        comment_reply(thread=thread, user=viewer, text="me too")
    with pytest.raises(NotAllowed):
        comment_update(comment=thread, user=viewer, resolved=True)


def test_replies_stay_in_one_thread_and_only_the_thread_is_resolved(project: Project) -> None:
    image, ana, rui = make_image(project), make_member(project, "annotator"), make_member(project, "reviewer")
    thread = comment_create(image=image, user=ana, text="look")
    reply = comment_reply(thread=thread, user=rui, text="yes")
    nested = comment_reply(thread=reply, user=ana, text="done")
    assert nested.thread == thread
    shown = threads_of(image, ana, "annotator").get()
    assert [one.text for one in shown.replies.all()] == ["yes", "done"]
    with pytest.raises(InvalidInput, match="thread"):
        comment_update(comment=reply, user=rui, resolved=True)
    resolved = comment_update(comment=thread, user=rui, resolved=True)
    assert (resolved.resolved_by, resolved.resolved is not None) == (rui, True)
    assert comment_state(image, ana, "annotator").open == 0
    opened = comment_update(comment=thread, user=ana, resolved=False)
    assert (opened.resolved, opened.resolved_by) == (None, None)


def test_a_comment_that_is_deleted_meanwhile_is_told_of(project: Project) -> None:
    image, ana = make_image(project), make_member(project, "annotator")
    thread = comment_create(image=image, user=ana, text="look")
    comment_delete(comment=Comment.objects.get(pk=thread.pk), user=ana)
    with pytest.raises(NotFound, match="was deleted"):
        comment_reply(thread=thread, user=ana, text="where?")
    with pytest.raises(NotFound, match="was deleted"):
        comment_update(comment=thread, user=ana, text="there")
    assert not Comment.objects.exists()


def test_a_text_is_its_authors_to_change_and_a_manager_may_delete_any(project: Project) -> None:
    image, ana, rui = make_image(project), make_member(project, "annotator"), make_member(project, "reviewer")
    thread = comment_create(image=image, user=ana, text="look")
    with pytest.raises(NotAllowed):
        comment_update(comment=thread, user=rui, text="look away")
    assert comment_update(comment=thread, user=ana, text="look here").edited is not None
    reply = comment_reply(thread=thread, user=rui, text="yes")
    with pytest.raises(NotAllowed):
        comment_delete(comment=reply, user=ana)
    with pytest.raises(Conflict, match="resolved"):
        comment_delete(comment=thread, user=ana)
    comment_delete(comment=reply, user=rui)
    comment_delete(comment=thread, user=ana)
    other = comment_create(image=image, user=ana, text="again")
    comment_reply(thread=other, user=rui, text="no")
    comment_delete(comment=other, user=make_member(project, "manager"))
    assert not Comment.objects.exists()


def test_the_mark_changes_with_everything_that_happens_to_a_comment(project: Project) -> None:
    image, ana = make_image(project), make_member(project, "annotator")
    marks = [comment_state(image, ana, "annotator").mark]

    def note() -> None:
        marks.append(comment_state(image, ana, "annotator").mark)

    thread = comment_create(image=image, user=ana, text="look")
    note()
    reply = comment_reply(thread=thread, user=ana, text="here")
    note()
    comment_update(comment=thread, user=ana, resolved=True)
    note()
    comment_update(comment=reply, user=ana, text="there")
    note()
    comment_delete(comment=reply, user=ana)
    note()
    comment_delete(comment=thread, user=ana)
    note()
    assert len(set(marks[:-1])) == len(marks) - 1
    assert marks[-1] == marks[0]


def test_what_a_reviewer_writes_with_a_decision_becomes_a_thread(project: Project) -> None:
    image = make_image(project, status="submitted")
    rui = make_member(project, "reviewer")
    image_review(image=image, user=rui, decision="return", comment=" the leaf is cut ")
    thread = threads_of(image, rui, "reviewer").get()
    assert (thread.kind, thread.text, thread.author, thread.resolved) == (
        "return",
        "the leaf is cut",
        rui,
        None,
    )
    type(image).objects.filter(pk=image.pk).update(status="submitted")
    image_review(image=image, user=rui, decision="accept", comment="well done")
    image_review_without_text = threads_of(image, rui, "reviewer").get(kind="accept")
    assert image_review_without_text.resolved is not None
    assert comment_state(image, rui, "reviewer").open == 1


def test_images_are_found_by_open_comments_and_say_how_many(project: Project) -> None:
    ana = make_member(project, "annotator")
    quiet, asked, settled = (make_image(project, name) for name in ("a.png", "b.png", "c.png"))
    for text in ("one", "two"):
        thread = comment_create(image=asked, user=ana, text=text)
        comment_reply(thread=thread, user=ana, text="answer")
    done = comment_create(image=settled, user=ana, text="three")
    comment_update(comment=done, user=ana, resolved=True)
    assert [one.pk for one in images_of(project, ImageFilter(comments="open"))] == [asked.pk]
    counts = {one.pk: one.open_comments for one in images_of(project)}
    assert counts == {quiet.pk: 0, asked.pk: 2, settled.pk: 0}
    with pytest.raises(InvalidInput, match="open"):
        images_of(project, ImageFilter(comments="loud"))


def test_the_comments_of_a_person_who_is_gone_stay() -> None:
    project = make_project()
    image, ana = make_image(project), make_member(project, "annotator")
    comment_create(image=image, user=ana, text="look")
    ana.delete()
    assert threads_of(image, make_member(project, "viewer"), "viewer").get().author is None
    assert make_user().pk is not None
