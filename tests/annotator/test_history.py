"""Every past state of a document stays readable, and can be brought back."""

from __future__ import annotations

import random
import uuid
from dataclasses import replace

import pytest

from annotator.core.errors import Conflict, InvalidInput
from annotator.models import Document
from annotator.selectors.document import AnnotationRow, annotations_at, difference, history
from annotator.services.annotation import KeyReused, StaleObjects
from annotator.services.restore import document_restore
from tests.annotator.factories import an_object, change, make_document, make_project, square

pytestmark = pytest.mark.django_db


def content(rows: list[AnnotationRow]) -> list[AnnotationRow]:
    return [row._replace(version=0) for row in rows]


@pytest.mark.parametrize("seed", range(6))
def test_every_state_of_a_random_walk_is_read_back_and_restored_as_it_was(seed: int) -> None:
    walk = random.Random(seed)
    document = make_document()
    living: dict[uuid.UUID, int] = {}
    dead: list[uuid.UUID] = []
    states = [annotations_at(document)]
    for step in range(1, 31):
        if walk.random() < 0.2:
            target = walk.randrange(step)
            document_restore(
                document=document, user=None, revision=target, base_revision=step - 1, key=f"r{step}"
            )
            states.append(annotations_at(document))
            assert content(states[-1]) == content(states[target])
            now = {uuid.UUID(row.id): row.version for row in states[-1]}
            dead = [key for key in {*living, *dead, *now} if key not in now]
            living = now
            continue
        edited = walk.sample(sorted(living), min(len(living), walk.randrange(3)))
        gone = [
            key
            for key in walk.sample(sorted(living), min(len(living), walk.randrange(2)))
            if key not in edited
        ]
        back = [key for key in dead if walk.random() < 0.3]
        put = [
            an_object(square(walk.randrange(80), walk.randrange(60)), z=walk.randrange(3)) for _ in range(2)
        ]
        again = [an_object(square(walk.randrange(80), 5), id=key, class_index=2) for key in back]
        moved = [
            (an_object(square(walk.randrange(80), 9), id=key, z=walk.randrange(3)), living[key])
            for key in edited
        ]
        change(document, [*put, *again, *moved], [(key, living[key]) for key in gone])
        states.append(annotations_at(document))
        for key in gone:
            del living[key]
        living |= {one.id: step for one in (*put, *again, *(pair[0] for pair in moved))}
        dead = [key for key in (*dead, *gone) if key not in back]
        assert {uuid.UUID(row.id): row.version for row in states[-1]} == living
    for revision, state in enumerate(states):
        assert annotations_at(document, revision) == state
    assert Document.objects.get(pk=document.pk).object_count == len(states[-1])
    numbers = [revision.number for revision in history(document, limit=100).results]
    assert numbers == list(range(30, 0, -1))
    for older, newer in ((0, 30), (5, 20), (29, 30), (12, 12)):
        found = difference(document, older, newer)
        before, after = ({row.id: row for row in states[n]} for n in (older, newer))
        assert {row.id: row for row in found.put} == {k: v for k, v in after.items() if before.get(k) != v}
        assert set(found.delete) == before.keys() - after.keys()


def test_restoring_answers_what_changed_and_again_the_same() -> None:
    document = make_document()
    kept, moved, gone = an_object(), an_object(), an_object()
    change(document, [kept, moved, gone])
    change(document, [(replace(moved, z=5), 1), an_object()], [(gone.id, 1)])
    first = document_restore(document=document, user=None, revision=1, base_revision=2, key="r")
    assert first.versions == {str(moved.id): 3, str(gone.id): 3}
    assert {row.id for row in first.others.put} == {str(moved.id), str(gone.id)}
    assert len(first.others.delete) == 1
    change(document, [an_object()])
    assert document_restore(document=document, user=None, revision=1, base_revision=2, key="r") == first
    with pytest.raises(KeyReused):
        document_restore(document=document, user=None, revision=0, base_revision=2, key="r")
    newest = history(document).results[1]
    assert (newest.kind, newest.added, newest.changed, newest.removed) == ("restore", 1, 1, 1)


def test_restoring_never_undoes_what_the_person_has_not_seen() -> None:
    document = make_document()
    one, two = an_object(), an_object()
    change(document, [one, two])
    change(document, [(replace(one, z=1), 1)])
    change(document, [(replace(two, z=1), 1)])  # by somebody else: not seen
    with pytest.raises(StaleObjects) as caught:
        document_restore(document=document, user=None, revision=1, base_revision=2, key="r")
    assert [(c.id, c.current and c.current.version) for c in caught.value.conflicts] == [(str(two.id), 3)]
    assert Document.objects.get(pk=document.pk).revision == 3


def test_an_object_whose_class_nothing_took_over_cannot_be_restored() -> None:
    project = make_project()
    document = make_document(project)
    one = an_object(class_index=2)
    change(document, [one])
    change(document, delete=[(one.id, 1)])
    project.label_classes.filter(index=2).update(deleted="2026-01-01T00:00:00Z")
    with pytest.raises(Conflict) as caught:
        document_restore(document=document, user=None, revision=1, base_revision=2, key="r")
    assert [p.where for p in caught.value.problems] == [str(one.id)]


@pytest.mark.parametrize("revision", [-1, 2])
def test_a_revision_that_never_was_cannot_be_restored(revision: int) -> None:
    document = make_document()
    change(document, [an_object()])
    with pytest.raises(InvalidInput):
        document_restore(document=document, user=None, revision=revision, base_revision=1, key="r")


def test_history_comes_page_by_page() -> None:
    document = make_document()
    for _ in range(5):
        change(document, [an_object()], note="drawn")
    first = history(document, limit=2)
    second = history(document, limit=2, before=first.next)
    third = history(document, limit=2, before=second.next)
    numbers = [[revision.number for revision in page.results] for page in (first, second, third)]
    assert numbers == [[5, 4], [3, 2], [1]]
    assert third.next is None
    assert first.results[0].note == "drawn"


def test_one_deleted_object_comes_back_and_the_rest_stays_as_it_is() -> None:
    document = make_document()
    lost, kept = an_object(square(1, 1)), an_object(square(20, 20))
    change(document, [lost, kept])
    change(document, delete=[(lost.id, 1)])
    change(document, [(replace(kept, class_index=2), 1)])
    result = document_restore(
        document=document, user=None, revision=1, base_revision=3, key="one", objects=[lost.id]
    )
    assert result.versions == {str(lost.id): 4}
    now = {row.id: row for row in annotations_at(document)}
    assert now[str(lost.id)].created == 1
    assert now[str(kept.id)].class_index == 2
    page = history(document).results[0]
    assert (page.kind, page.added, page.changed, page.removed) == ("restore", 1, 0, 0)


def test_an_object_goes_where_the_earlier_state_did_not_have_it() -> None:
    document = make_document()
    first, second = an_object(square(1, 1)), an_object(square(20, 20))
    change(document, [first])
    change(document, [second])
    document_restore(document=document, user=None, revision=1, base_revision=2, key="k", objects=[second.id])
    assert [row.id for row in annotations_at(document)] == [str(first.id)]


def test_only_the_chosen_objects_can_conflict_when_some_are_restored() -> None:
    document = make_document()
    mine, theirs = an_object(square(1, 1)), an_object(square(20, 20))
    change(document, [mine, theirs])
    change(document, [(replace(mine, class_index=2), 1)])
    change(document, [(replace(theirs, class_index=2), 1)])
    with pytest.raises(StaleObjects):
        document_restore(document=document, user=None, revision=1, base_revision=2, key="all")
    document_restore(document=document, user=None, revision=1, base_revision=2, key="k", objects=[mine.id])
    assert {row.id: row.class_index for row in annotations_at(document)} == {
        str(mine.id): 1,
        str(theirs.id): 2,
    }


def test_an_object_that_neither_state_has_is_named() -> None:
    document = make_document()
    change(document, [an_object()])
    stranger = uuid.uuid4()
    with pytest.raises(InvalidInput, match="revision 0") as caught:
        document_restore(
            document=document, user=None, revision=0, base_revision=1, key="k", objects=[stranger]
        )
    assert [problem.where for problem in caught.value.problems] == [f"objects.{stranger}"]


def test_an_object_does_not_come_back_onto_pixels_that_another_has_now() -> None:
    document = make_document(make_project(exclusive=True))
    lost, there = an_object(square(1, 1)), an_object(square(8, 8))
    change(document, [lost])
    change(document, delete=[(lost.id, 1)])
    change(document, [there])
    with pytest.raises(InvalidInput, match="9 pixels"):
        document_restore(
            document=document, user=None, revision=1, base_revision=3, key="k", objects=[lost.id]
        )
    assert [row.id for row in annotations_at(document)] == [str(there.id)]
    change(document, delete=[(there.id, 3)])
    document_restore(document=document, user=None, revision=1, base_revision=4, key="l", objects=[lost.id])
    assert [row.id for row in annotations_at(document)] == [str(lost.id)]
