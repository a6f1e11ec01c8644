"""An object's track: what it is in the other frames of its sequence, kept through every way of changing it."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest

from annotator.models import Annotation
from annotator.selectors.document import annotations_at, to_core
from annotator.services.annotation import KeyReused, PutObject, document_change
from annotator.services.class_move import objects_move
from annotator.services.restore import document_restore
from tests.annotator.factories import an_object, change, class_named, make_document, make_project, square

pytestmark = pytest.mark.django_db


def test_track_is_stored_and_read() -> None:
    document = make_document()
    track = uuid.uuid4()
    change(document, [an_object(track=track), an_object(square(50, 50))])
    first, second = map(to_core, annotations_at(document))
    assert {first.track, second.track} == {track, None}
    assert {first.own_track, second.own_track} == {track, second.id if second.track is None else first.id}


def test_client_that_knows_no_tracks_leaves_the_track_as_it_is() -> None:
    document = make_document()
    track = uuid.uuid4()
    one = an_object(track=track)
    change(document, [one])
    change(document, [(replace(one, track=None, geometry=square(5, 5)), 1)])
    assert [to_core(row).track for row in annotations_at(document)] == [track]


def test_object_can_leave_its_track() -> None:
    document = make_document()
    one = an_object(track=uuid.uuid4())
    change(document, [one])
    document_change(
        document=document,
        user=None,
        base_revision=1,
        key="leave",
        put=[PutObject(replace(one, track=None), 1, leaves_track=True)],
    )
    assert [to_core(row).track for row in annotations_at(document)] == [None]


def test_track_outlives_a_merge_of_classes_and_a_restore() -> None:
    project = make_project()
    document = make_document(project)
    track = uuid.uuid4()
    change(document, [an_object(track=track)])
    leaf, stem = class_named(project, "leaf"), class_named(project, "stem")
    objects_move(label_class=leaf, target=stem, user=None)
    assert [row.track for row in annotations_at(document)] == [str(track)]
    document.refresh_from_db()
    document_restore(document=document, user=None, revision=0, base_revision=2, key="empty")
    document.refresh_from_db()
    document_restore(document=document, user=None, revision=1, base_revision=3, key="back")
    assert [row.track for row in annotations_at(document)] == [str(track)]
    assert Annotation.objects.filter(document=document, track=track).count() == 3


def test_request_of_the_same_key_with_another_track_is_refused() -> None:
    document = make_document()
    one = an_object(track=uuid.uuid4())
    change(document, [one], key="once", base_revision=0)
    again = change(document, [one], key="once", base_revision=0)
    assert again.revision == 1
    with pytest.raises(KeyReused):
        change(document, [replace(one, track=uuid.uuid4())], key="once", base_revision=0)
