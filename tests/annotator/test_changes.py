"""Changing documents: versions, conflicts, replays and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotator.core.document import MaskGeometry, PointGeometry, PolylineGeometry
from annotator.core.errors import InvalidInput, NotFound, TooLarge
from annotator.core.packing import pack
from annotator.core.raster import mask_from_bitmap
from annotator.models import Annotation, Document, ImageAsset, Revision
from annotator.selectors.document import annotations_at, history, to_core
from annotator.services.annotation import (
    ImageClosed,
    KeyReused,
    PutObject,
    StaleObjects,
    document_change,
    document_replace_from_import,
)
from tests.annotator.factories import (
    an_object,
    box,
    change,
    make_document,
    make_member,
    make_project,
    polygon,
    square,
)

pytestmark = pytest.mark.django_db


def wheres(caught: pytest.ExceptionInfo[InvalidInput]) -> list[str]:
    return [problem.where for problem in caught.value.problems]


def test_first_change_makes_revision_one_and_starts_the_image() -> None:
    document = make_document()
    one = an_object(square(5, 6), z=3, attributes={}, is_crowd=True)
    result = change(document, [one])
    assert (result.revision, result.versions, result.others) == (1, {str(one.id): 1}, ([], []))
    (row,) = annotations_at(document)
    assert (row.id, row.class_index, row.kind, row.z, row.is_crowd) == (str(one.id), 1, "polygon", 3, True)
    assert (row.x0, row.y0, row.x1, row.y1, row.area) == (5, 6, 15, 16, 100)
    assert (row.created, row.version, row.source, row.score) == (1, 1, "person", None)
    image = ImageAsset.objects.get(pk=document.image.pk)
    assert (image.status, image.object_count) == ("in_progress", 1)


def test_stored_geometry_comes_back_bit_for_bit() -> None:
    document = make_document()
    bitmap = np.random.default_rng(5).random((20, 30)) > 0.5
    shapes = [
        polygon([1.1, 2.2, 50.3, 3.4, 20.5, 60.6], [10, 10, 20, 12, 15, 25]),
        mask_from_bitmap(bitmap, x=7, y=9),
        box(1.5, 2.5, 30.25, 40.125),
        PolylineGeometry(np.array([[1, 2], [3.3, 4.4], [50, 60]], np.float32)),
        PointGeometry(np.array([[9.5, 8.5]], np.float32)),
    ]
    put = [an_object(shape, z=z) for z, shape in enumerate(shapes)]
    change(document, list(put))
    for given, row in zip(put, annotations_at(document), strict=True):
        assert row.geometry == pack(given.geometry)
        assert to_core(row).id == given.id
    assert annotations_at(document)[1].area == bitmap.sum()


def test_an_edit_closes_one_row_and_opens_one_and_the_old_state_stays_readable() -> None:
    document = make_document()
    one = an_object(square(0, 0))
    change(document, [one])
    change(document, [(replace(one, geometry=square(20, 20)), 1)])
    change(document, delete=[(one.id, 2)])
    assert [row.x0 for row in annotations_at(document, 1)] == [0]
    assert [row.x0 for row in annotations_at(document, 2)] == [20]
    assert annotations_at(document, 0) == annotations_at(document, 3) == annotations_at(document) == []
    assert Annotation.objects.filter(document=document).count() == 2
    assert [(r.number, r.added, r.changed, r.removed) for r in history(document).results] == [
        (3, 0, 0, 1),
        (2, 0, 1, 0),
        (1, 1, 0, 0),
    ]


def test_counts_follow_the_changes() -> None:
    document = make_document()
    put = [an_object(square(x, 0, 5)) for x in range(0, 50, 10)]
    change(document, list(put))
    change(document, [(put[0], 1), an_object()], [(put[1].id, 1), (put[2].id, 1)])
    document.refresh_from_db()
    assert document.object_count == len(annotations_at(document)) == 4
    assert ImageAsset.objects.get(pk=document.image.pk).object_count == 4


def test_changes_of_different_objects_merge_and_each_learns_of_the_other() -> None:
    document = make_document()
    one, two, three = (an_object(square(x, 0, 5)) for x in (0, 20, 40))
    change(document, [one, two, three])
    mine = change(document, [(replace(one, z=1), 1)], base_revision=1)
    theirs = change(document, [(replace(two, z=2), 1)], [(three.id, 1)], base_revision=1)
    assert mine.others == ([], [])
    assert [row.id for row in theirs.others.put] == [str(one.id)]
    later = change(document, [an_object()], base_revision=2)
    assert ([row.id for row in later.others.put], later.others.delete) == ([str(two.id)], [str(three.id)])


def test_a_stale_object_is_refused_with_what_is_there_now_and_nothing_is_applied() -> None:
    document = make_document()
    one, two = an_object(), an_object()
    change(document, [one, two])
    change(document, [(replace(one, z=9), 1)])
    with pytest.raises(StaleObjects) as caught:
        change(document, [(replace(one, z=5), 1), (replace(two, z=5), 1)], base_revision=1)
    assert caught.value.revision == 2
    (conflict,) = caught.value.conflicts
    assert (conflict.id, conflict.base, conflict.current.z, conflict.current.version) == (
        str(one.id),
        1,
        9,
        2,
    )
    assert Document.objects.get(pk=document.pk).revision == 2
    assert [row.z for row in annotations_at(document)] == [0, 9]


@pytest.mark.parametrize("how", ["edit of a deleted one", "delete of a deleted one", "new one that is there"])
def test_conflicts_with_deleted_and_existing_objects(how: str) -> None:
    document = make_document()
    one, two = an_object(), an_object()
    change(document, [one, two])
    change(document, delete=[(one.id, 1)])
    attempts = {
        "edit of a deleted one": {"put": [(one, 1)]},
        "delete of a deleted one": {"delete": [(one.id, 1)]},
        "new one that is there": {"put": [two]},
    }
    with pytest.raises(StaleObjects) as caught:
        change(document, **attempts[how])
    (conflict,) = caught.value.conflicts
    assert (conflict.current is None) == (how != "new one that is there")


def test_a_deleted_object_can_be_put_again_and_keeps_its_place_in_the_painting_order() -> None:
    document = make_document()
    one, two = an_object(), an_object()
    change(document, [one])
    change(document, [two])
    change(document, delete=[(one.id, 1)])
    result = change(document, [one])
    assert result.versions == {str(one.id): 4}
    assert [(row.id, row.created) for row in annotations_at(document)] == [(str(one.id), 1), (str(two.id), 2)]


def test_the_same_request_again_gives_the_same_answer_and_no_new_revision() -> None:
    document = make_document()
    one, two = an_object(), an_object()
    change(document, [one])
    change(document, [two])
    first = change(document, [(replace(one, z=4), 1)], base_revision=1, key="abc")
    change(document, [(replace(one, z=5), 3), (replace(two, z=5), 2)])
    again = change(document, [(replace(one, z=4), 1)], base_revision=1, key="abc")
    assert again == first
    assert [row.id for row in again.others.put] == [str(two.id)]
    assert Revision.objects.filter(document=document).count() == 4


def test_the_same_request_is_answered_again_even_when_its_class_was_deleted_since() -> None:
    project = make_project()
    document = make_document(project)
    one = an_object(class_index=2)
    first = change(document, [one], base_revision=0, key="abc")
    project.label_classes.filter(index=2).update(deleted="2026-01-01T00:00:00Z")
    assert change(document, [one], base_revision=0, key="abc") == first


def test_a_key_names_one_request_only() -> None:
    document = make_document()
    one = an_object()
    change(document, [one], key="abc")
    with pytest.raises(KeyReused):
        change(document, [an_object()], key="abc")
    with pytest.raises(KeyReused):
        change(document, [one], key="abc", base_revision=1)
    change(make_document(), [an_object()], key="abc")  # in another document it is another key


def test_every_bad_object_is_named_at_once_and_nothing_is_stored() -> None:
    document = make_document()
    nan = float("nan")
    put = [
        an_object(square(1, 1)),
        an_object(polygon([0, 0, 10, 10])),
        an_object(polygon([0, 0, 20, 0, 20, 20, 0, 20], [1, 1, 5, nan, 5, 5])),
        an_object(polygon([0, 0, 10, 10, 10, 0, 0, 10])),
        an_object(square(500, 500)),
        an_object(class_index=77),
        an_object(box(10, 10, 5, 20)),
        an_object(box(0, 0, float("inf"), 20)),
        an_object(PointGeometry(np.array([[50, 50], [-1, 5]], np.float32))),
        an_object(PolylineGeometry(np.array([[5, 5]], np.float32))),
        an_object(mask_from_bitmap(np.ones((5, 5), bool), x=97, y=0)),
        an_object(mask_from_bitmap(np.zeros((5, 5), bool))),
        an_object(attributes={"colour": "red"}),
        an_object(z=2**40),
        an_object(score=nan),
        an_object(class_index=0),
        an_object(MaskGeometry(0, 0, 5, 5, np.array([3, 4], np.uint32))),
    ]
    with pytest.raises(InvalidInput) as caught:
        change(document, list(put))
    assert wheres(caught) == [
        "put[1].polygons[0][0]",
        "put[2].polygons[0][1]",
        "put[3].polygons[0][0]",
        "put[4].polygons",
        "put[5].class",
        "put[6].box",
        "put[7].box",
        "put[8].points[1]",
        "put[9].points",
        "put[10].rle",
        "put[11].rle",
        "put[12].attributes.colour",
        "put[13].z",
        "put[14].score",
        "put[15].class",
        "put[16]",
    ]
    assert annotations_at(document) == []
    assert Document.objects.get(pk=document.pk).revision == 0
    assert ImageAsset.objects.get(pk=document.image.pk).status == "new"


def test_geometry_that_reaches_out_of_the_image_is_clipped_to_it() -> None:
    document = make_document(width=100, height=80)
    put = [an_object(square(-5, -5, 10), z=0), an_object(box(90, 70, 200, 200), z=1)]
    change(document, list(put))
    first, second = annotations_at(document)
    assert (first.x0, first.y0, first.x1, first.y1, first.area) == (0, 0, 5, 5, 25)
    assert (second.x0, second.y0, second.x1, second.y1, second.area) == (90, 70, 100, 80, 100)


@pytest.mark.parametrize("base", [-1, 1])
def test_a_base_revision_that_never_was_is_refused(base: int) -> None:
    with pytest.raises(InvalidInput) as caught:
        change(make_document(), [an_object()], base_revision=base)
    assert wheres(caught) == ["base_revision"]


def test_an_id_named_twice_is_refused() -> None:
    document = make_document()
    one = an_object()
    change(document, [one])
    with pytest.raises(InvalidInput) as caught:
        change(document, [(one, 1), (one, 1)], [(one.id, 1)])
    assert wheres(caught) == ["put[1].id", "delete[0].id"]


def test_an_object_of_another_document_cannot_be_touched() -> None:
    theirs, mine = make_document(), make_document()
    one = an_object()
    change(theirs, [one])
    with pytest.raises(InvalidInput) as caught:
        change(mine, [an_object(), one])
    assert wheres(caught) == ["put[1].id"]
    with pytest.raises(StaleObjects):
        change(mine, delete=[(one.id, 1)])
    assert len(annotations_at(theirs)) == 1


def test_an_empty_change_and_a_missing_key_are_refused() -> None:
    document = make_document()
    with pytest.raises(InvalidInput) as caught:
        change(document, key="", note="x" * 201)
    assert wheres(caught) == ["key", "note", "put"]


def test_too_many_objects_are_refused(settings) -> None:
    settings.MAX_CHANGE_OBJECTS = 3
    with pytest.raises(TooLarge, match="4 objects"):
        change(make_document(), [an_object() for _ in range(4)])


@pytest.mark.parametrize("status", ["submitted", "accepted"])
def test_only_a_reviewer_changes_a_closed_image(status: str) -> None:
    project = make_project()
    document = make_document(project, status=status)
    with pytest.raises(ImageClosed):
        change(document, [an_object()], user=make_member(project, "annotator"))
    change(document, [an_object()], user=make_member(project, "reviewer"))
    assert ImageAsset.objects.get(pk=document.image.pk).status == status


def test_a_deleted_image_takes_no_changes() -> None:
    document = make_document()
    ImageAsset.objects.filter(pk=document.image.pk).update(deleted="2026-01-01T00:00:00Z")
    with pytest.raises(NotFound):
        change(document, [an_object()])


def test_attributes_are_checked_against_the_class() -> None:
    schema = [
        {"name": "state", "type": "select", "options": ["dry", "wet"], "required": True},
        {"name": "count", "type": "number"},
        {"name": "sure", "type": "checkbox"},
    ]
    project = make_project(classes=[{"name": "leaf", "attributes": schema}])
    document = make_document(project)
    change(document, [an_object(attributes={"state": "dry", "count": 2.5, "sure": True})])
    assert annotations_at(document)[0].attributes == {"state": "dry", "count": 2.5, "sure": True}
    change(document, [an_object()])  # a required one may be missing until the image is submitted
    with pytest.raises(InvalidInput) as caught:
        change(document, [an_object(attributes={"state": "hot", "count": True, "sure": 1, "what": 1})])
    assert wheres(caught) == [f"put[0].attributes.{name}" for name in ("state", "count", "sure", "what")]


def test_in_an_exclusive_project_objects_share_no_pixel() -> None:
    project = make_project(exclusive=True)
    document = make_document(project)
    first = an_object(square(0, 0, 10))
    change(document, [first, an_object(square(10, 0, 10))])  # they share a border, but no pixel
    with pytest.raises(InvalidInput) as caught:
        change(document, [an_object(square(50, 50)), an_object(square(0, 8, 10))])
    assert wheres(caught) == ["put[1]"]
    assert f"shares 20 pixels with object {first.id}" in caught.value.detail
    with pytest.raises(InvalidInput) as caught:
        change(document, [an_object(square(50, 50)), an_object(square(55, 55))])
    assert wheres(caught) == ["put[1]"]
    change(document, [an_object(square(2, 2, 5))], [(first.id, 1)])  # it takes the place of a deleted one
    overlapping = make_document()
    change(overlapping, [an_object(square(0, 0)), an_object(square(5, 5))])


def test_an_import_replaces_everything_once() -> None:
    document = make_document()
    kept, gone = an_object(), an_object()
    change(document, [kept, gone])
    incoming = [replace(kept, z=7), an_object(class_index=2)]
    result = document_replace_from_import(document=document, user=None, annotations=incoming, job_id="j1")
    assert (result.revision, set(result.versions)) == (2, {str(one.id) for one in incoming})
    assert {row.id: row.source for row in annotations_at(document)} == {
        str(one.id): "import" for one in incoming
    }
    newest = history(document).results[0]
    assert (newest.kind, newest.added, newest.changed, newest.removed) == ("import", 1, 1, 1)
    again = document_replace_from_import(document=document, user=None, annotations=[an_object()], job_id="j1")
    assert again.revision == 2
    assert len(annotations_at(document)) == 2
    document.refresh_from_db()
    assert document.object_count == 2


def test_an_import_names_every_bad_object() -> None:
    document = make_document()
    with pytest.raises(InvalidInput) as caught:
        document_replace_from_import(
            document=document, user=None, annotations=[an_object(), an_object(class_index=9)], job_id="j1"
        )
    assert wheres(caught) == ["annotations[1].class"]


def test_a_change_takes_as_many_statements_in_a_large_document_as_in_a_small_one() -> None:
    counts = []
    for size in (1, 3000):
        document = make_document(width=1000, height=1000)
        put = [an_object(square(x % 90 * 10, x // 90 * 10, 5)) for x in range(size)]
        change(document, list(put))
        document = Document.objects.select_related("image__project").get(pk=document.pk)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            document_change(
                document=document, user=None, base_revision=1, key="k", put=[PutObject(put[0], 1)], delete=[]
            )
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 18
