"""Frozen versions: what they hold, that nothing done later changes them, and what differs between two."""

from __future__ import annotations

import io
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from annotator.core.errors import InvalidInput
from annotator.core.packing import pack
from annotator.models import DatasetVersion, Document, ImageAsset, Project
from annotator.selectors import version as reading
from annotator.selectors.version import dataset_view, version_diff, versions_of
from annotator.services.image import image_create, image_delete, image_update
from annotator.services.palette import class_create, class_delete, class_update
from annotator.services.version import content_hash, version_freeze
from tests.annotator.factories import (
    an_object,
    change,
    class_named,
    make_document,
    make_image,
    make_project,
    make_user,
    square,
)

pytestmark = pytest.mark.django_db


def told(version: DatasetVersion) -> list[object]:
    """All that a version's view says, comparable."""
    view = dataset_view(DatasetVersion.objects.select_related("project").get(pk=version.pk))
    return [
        (view.content_hash, view.image_count, [(c.index, c.name, c.colour) for c in view.classes]),
        *(
            (
                d.name,
                d.group,
                d.split,
                d.status,
                d.key,
                [(a.id, a.class_index, a.z, pack(a.geometry)) for a in d.annotations],
            )
            for d in view.images()
        ),
    ]


def small_project() -> Project:
    project = make_project()
    for name, split in (("b.png", "train"), ("a.png", "val"), ("Z.png", "train"), ("é.png", "test")):
        document = make_document(project, name=name, split=split, group=f"g{name}")
        change(document, [an_object(square(1, 1), z=1), an_object(square(5, 5), class_index=2)])
    return project


def test_a_version_holds_images_by_name_with_their_objects_in_painting_order() -> None:
    project, user = small_project(), make_user()
    make_image(project, "gone.png", deleted="2026-01-01T00:00:00Z")
    version = version_freeze(project=project, user=user, name=" first ", note="n")
    assert (version.number, version.name, version.note, version.created_by) == (1, "first", "n", user)
    assert (version.image_count, version.object_count) == (4, 8)
    assert version.split_counts == {"train": 2, "val": 1, "test": 1}
    view = dataset_view(version)
    documents = list(view.images())
    assert [d.name for d in documents] == ["Z.png", "a.png", "b.png", "é.png"]
    assert [[a.class_index for a in d.annotations] for d in documents] == [[2, 1]] * 4
    assert (documents[1].split, documents[1].group, documents[1].status) == ("val", "ga.png", "in_progress")
    assert told(version) == told(version)


def test_nothing_done_later_changes_a_frozen_version() -> None:
    project = small_project()
    version = version_freeze(project=project, user=None)
    before = told(version)
    document = Document.objects.get(image__name="a.png")
    rows = reading.Annotation.objects.filter(document=document).values_list("uuid", flat=True)
    change(document, [an_object(square(30, 30))], [(rows[0], 1)])
    image_update(image=document.image, changes={"name": "renamed.png", "group": "other"})
    image_delete(image=ImageAsset.objects.get(name="b.png"))
    class_update(label_class=class_named(project, "leaf"), changes={"name": "needle", "colour": "#010203"})
    class_delete(label_class=class_named(project, "stem"), target=class_named(project, "soil"), user=None)
    make_image(project, "new.png")
    assert told(version) == before
    version.refresh_from_db()
    assert content_hash(version) == version.content_hash


def test_the_hash_is_that_of_the_content() -> None:
    project = small_project()
    first, again = (
        version_freeze(project=project, user=None),
        version_freeze(project=project, user=None, name="x"),
    )
    assert (again.number, again.parent, again.content_hash) == (2, first, first.content_hash)
    change(Document.objects.get(image__name="a.png"), [an_object()])
    third = version_freeze(project=project, user=None)
    class_update(label_class=class_named(project, "leaf"), changes={"name": "needle"})
    fourth = version_freeze(project=project, user=None)
    image_update(image=ImageAsset.objects.get(name="b.png"), changes={"group": "q"})
    fifth = version_freeze(project=project, user=None)
    assert len({v.content_hash for v in (first, third, fourth, fifth)}) == 4
    assert [v.number for v in versions_of(project).order_by("number")] == [1, 2, 3, 4, 5]


def test_the_changelog_counts_what_differs_from_the_parent() -> None:
    project = small_project()
    first = version_freeze(project=project, user=None)
    assert first.changelog == {
        "images_added": 4, "images_removed": 0, "images_changed": 0, "classes_added": 3, "classes_removed": 0,
    }  # fmt: skip
    image_delete(image=ImageAsset.objects.get(name="b.png"))
    make_image(project, "new.png")
    change(Document.objects.get(image__name="a.png"), [an_object()])
    class_create(project=project, name="water")
    class_delete(label_class=class_named(project, "soil"), user=None)
    second = version_freeze(project=project, user=None)
    assert second.changelog == {
        "images_added": 1, "images_removed": 1, "images_changed": 1, "classes_added": 1, "classes_removed": 1,
    }  # fmt: skip
    diff = version_diff(first, second)
    assert (diff.images_added, diff.images_removed, diff.images_changed) == (
        ["new.png"],
        ["b.png"],
        ["a.png"],
    )
    assert diff.changelog == second.changelog


def test_only_images_of_the_named_statuses_are_frozen() -> None:
    project = make_project()
    make_image(project, "a.png", status="accepted")
    make_image(project, "b.png", status="new")
    version = version_freeze(project=project, user=None, statuses=["accepted"])
    assert [d.name for d in dataset_view(version).images()] == ["a.png"]
    for statuses in (["returned"], ["odd"]):
        with pytest.raises(InvalidInput):
            version_freeze(project=project, user=None, statuses=statuses)
    assert version_freeze(project=project, user=None).number == 2  # refused ones take no number


def test_the_view_opens_the_upright_pixels(storage: Path) -> None:
    project = make_project()
    buffer = io.BytesIO()
    Image.fromarray(np.zeros((4, 6), np.uint8)).save(buffer, "BMP")
    image_create(project=project, user=None, file=buffer, name="a.bmp")
    view = dataset_view(version_freeze(project=project, user=None))
    (document,) = view.images()
    assert view.image_extension(document) == ".png"
    with view.open_image(document) as file, Image.open(file) as picture:
        assert picture.size == (6, 4) == (document.width, document.height)


def test_the_view_reads_one_statement_pair_a_chunk_and_stays_flat(
    monkeypatch, django_assert_num_queries
) -> None:
    monkeypatch.setattr(reading, "CHUNK", 10)
    project = make_project()
    for number in range(60):
        change(
            make_document(project, name=f"{number:03}.png"),
            [an_object(square(x, 0, 5)) for x in range(0, 80, 8)],
        )
    view = dataset_view(version_freeze(project=project, user=None))
    list(view.images())  # caches of the interpreter are warm
    with django_assert_num_queries(13):
        assert sum(len(d.annotations) for d in view.images()) == 600
    peaks = []
    for count in (12, 60):
        tracemalloc.start()
        for number, _document in enumerate(view.images(), start=1):
            if number == count:
                break
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0]
