"""Several people at once, on real connections: changes merge or conflict, and none is ever lost."""

from __future__ import annotations

import io
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
from django.db import connections
from PIL import Image

from annotator.core.errors import DomainError, InvalidInput
from annotator.models import Annotation, Document, ImageAsset, LabelClass, Revision
from annotator.selectors.document import annotations_at
from annotator.services.annotation import DeleteObject, PutObject, StaleObjects, document_change
from annotator.services.image import image_create
from annotator.services.palette import class_create, class_delete
from annotator.services.version import version_freeze
from annotator.services.workflow import image_claim_next
from tests.annotator.factories import (
    an_object,
    change,
    class_named,
    make_document,
    make_image,
    make_member,
    make_project,
    square,
)

pytestmark = pytest.mark.django_db(transaction=True)
T = TypeVar("T")


def at_once(*tasks: Callable[[], T]) -> list[T | DomainError]:
    """Run tasks in threads that start together, each on its own connection."""
    barrier = threading.Barrier(len(tasks))

    def run(task: Callable[[], T]) -> T | DomainError:
        try:
            barrier.wait(timeout=30)
            return task()
        except DomainError as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(run, tasks))


def put(document: Document, annotation: Any, base: int | None, base_revision: int, key: str = "") -> Any:
    own = Document.objects.select_related("image__project").get(pk=document.pk)
    return document_change(
        document=own,
        user=None,
        base_revision=base_revision,
        key=key or uuid.uuid4().hex,
        put=[PutObject(annotation, base)],
    )


def test_changes_of_different_objects_all_merge_and_revisions_have_no_gap() -> None:
    document = make_document()
    objects = [an_object(square(10 * n, 0, 5)) for n in range(8)]
    change(document, list(objects))
    results = at_once(*(lambda o=o: put(document, replace(o, z=7), 1, 1) for o in objects))
    assert sorted(result.revision for result in results) == list(range(2, 10))
    assert [row.z for row in annotations_at(document)] == [7] * 8
    assert Document.objects.get(pk=document.pk).revision == 9
    numbers = Revision.objects.filter(document=document).order_by("number").values_list("number", flat=True)
    assert list(numbers) == list(range(1, 10))


@pytest.mark.parametrize("round_", range(5))
def test_of_several_changes_of_one_object_one_wins_and_the_others_are_told(round_: int) -> None:
    document = make_document()
    one = an_object()
    change(document, [one])
    results = at_once(*(lambda z=z: put(document, replace(one, z=z), 1, 1) for z in range(1, 5)))
    lost = [result for result in results if isinstance(result, StaleObjects)]
    assert (len(results), len(lost)) == (4, 3)
    (row,) = annotations_at(document)
    assert [error.conflicts[0].current for error in lost] == [row] * 3
    assert not isinstance(results[row.z - 1], DomainError)
    assert Document.objects.get(pk=document.pk).revision == 2


def test_many_writers_that_try_again_lose_no_update() -> None:
    document = make_document()
    shared = an_object(z=0)
    change(document, [shared])

    def add_ten() -> None:
        done = 0
        while done < 10:
            (row,) = annotations_at(document)
            try:
                put(document, replace(shared, z=row.z + 1), row.version, row.version)
                done += 1
            except StaleObjects:
                continue

    at_once(add_ten, add_ten, add_ten)
    (row,) = annotations_at(document)
    assert (row.z, row.version) == (30, 31)
    assert Annotation.objects.filter(document=document).count() == 31


def test_the_same_request_sent_twice_at_once_is_carried_out_once() -> None:
    document = make_document()
    one = an_object()
    results = at_once(*(lambda: put(document, one, None, 0, key="same") for _ in range(4)))
    assert results == [results[0]] * 4
    assert results[0].revision == Document.objects.get(pk=document.pk).revision == 1  # type: ignore[union-attr]


def test_an_edit_against_a_delete_of_the_same_object() -> None:
    document = make_document()
    one = an_object()
    change(document, [one])

    def delete() -> Any:
        own = Document.objects.select_related("image__project").get(pk=document.pk)
        return document_change(
            document=own, user=None, base_revision=1, key="d", delete=[DeleteObject(one.id, 1)]
        )

    results = at_once(lambda: put(document, replace(one, z=1), 1, 1), delete)
    assert sum(isinstance(result, StaleObjects) for result in results) == 1
    document.refresh_from_db()
    assert document.object_count == len(annotations_at(document))


@pytest.mark.parametrize("round_", range(5))
def test_a_class_deleted_while_people_draw_with_it_leaves_no_object_behind(round_: int) -> None:
    project = make_project()
    documents = [make_document(project) for _ in range(3)]
    for document in documents:
        change(document, [an_object(class_index=1)])
    leaf, stem = class_named(project, "leaf"), class_named(project, "stem")
    results = at_once(
        lambda: class_delete(label_class=leaf, target=stem, user=None),
        *(lambda d=document: put(d, an_object(class_index=1), None, 1) for document in documents),
    )
    assert all(isinstance(result, InvalidInput) or not isinstance(result, DomainError) for result in results)
    assert not Annotation.objects.filter(valid_to=None, class_index=1).exists()
    for document in documents:
        document.refresh_from_db()
        numbers = Revision.objects.filter(document=document).values_list("number", flat=True)
        assert sorted(numbers) == list(range(1, document.revision + 1))


def test_classes_made_at_once_get_different_indices_and_colours() -> None:
    project = make_project()
    made = at_once(*(lambda n=n: class_create(project=project, name=f"new {n}") for n in range(6)))
    assert sorted(one.index for one in made if isinstance(one, LabelClass)) == [4, 5, 6, 7, 8, 9]
    assert len({one.colour for one in made if isinstance(one, LabelClass)}) == 6


def test_versions_frozen_at_once_are_numbered_without_a_gap() -> None:
    project = make_project()
    make_image(project)
    made = at_once(*(lambda: version_freeze(project=project, user=None).number for _ in range(4)))
    assert sorted(made) == [1, 2, 3, 4]  # type: ignore[type-var]


def test_no_two_people_claim_the_same_image() -> None:
    project = make_project()
    for _ in range(4):
        make_image(project)
    people = [make_member(project, "annotator") for _ in range(6)]
    claims = at_once(
        *(lambda u=u: image_claim_next(project=project, user=u, queue="annotate") for u in people)
    )
    images = [image.pk for image in claims if isinstance(image, ImageAsset)]
    assert len(images) == len(set(images)) == 4


def test_one_file_uploaded_by_several_people_at_once_is_one_image(storage: Path) -> None:
    project = make_project()
    buffer = io.BytesIO()
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(buffer, "PNG")
    data = buffer.getvalue()

    def upload() -> str:
        return image_create(project=project, user=None, file=io.BytesIO(data), name="a.png").status

    assert sorted(at_once(*[upload] * 4)) == ["created", "duplicate", "duplicate", "duplicate"]  # type: ignore[type-var]
    assert ImageAsset.objects.count() == Document.objects.count() == 1


def test_different_files_of_one_name_uploaded_at_once_get_numbers(storage: Path) -> None:
    project = make_project()

    def upload(seed: int) -> str:
        buffer = io.BytesIO()
        Image.fromarray(np.full((8, 8, 3), seed, np.uint8)).save(buffer, "PNG")
        return image_create(project=project, user=None, file=buffer, name="a.png").status

    results = at_once(*(lambda s=s: upload(s) for s in range(4)))
    assert results == ["created"] * 4
    assert set(ImageAsset.objects.values_list("name", flat=True)) == {
        "a.png",
        "a (2).png",
        "a (3).png",
        "a (4).png",
    }
