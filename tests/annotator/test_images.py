"""Lists of images, their neighbours, their groups and splits."""

from __future__ import annotations

import io
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from annotator.core.document import Split
from annotator.core.errors import Conflict, InvalidInput, NotFound
from annotator.models import ImageAsset, Project
from annotator.selectors.image import (
    ORDERS,
    ImageFilter,
    image_shown,
    images_of,
    neighbours,
    order_named,
    sortable,
)
from annotator.selectors.statistics import statistics_of
from annotator.services.image import image_create, image_delete, image_update, split_for
from annotator.services.version import version_freeze
from tests.annotator.factories import (
    an_object,
    change,
    make_document,
    make_image,
    make_project,
    make_user,
    square,
)

pytestmark = pytest.mark.django_db


def some_images(project: Project) -> None:
    rows = [
        ("a/1.png", "new", "train", "s1"),
        ("a/2.png", "accepted", "val", "s1"),
        ("b/1.png", "new", "test", ""),
    ]
    for name, status, split, group in rows:
        make_image(project, name, status=status, split=split, group=group)
    change(ImageAsset.objects.get(name="b/1.png").documents.get(), [an_object(class_index=2)])
    make_image(project, "deleted.png", deleted="2026-01-01T00:00:00Z")


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (ImageFilter(), ["a/1.png", "a/2.png", "b/1.png"]),
        (ImageFilter(statuses=["new"]), ["a/1.png"]),
        (ImageFilter(statuses=["new", "in_progress"]), ["a/1.png", "b/1.png"]),
        (ImageFilter(splits=["val", "test"]), ["a/2.png", "b/1.png"]),
        (ImageFilter(classes=[2, 3]), ["b/1.png"]),
        (ImageFilter(classes=[1]), []),
        (ImageFilter(text="A/"), ["a/1.png", "a/2.png"]),
        (ImageFilter(text="S1", statuses=["accepted"]), ["a/2.png"]),
        (ImageFilter(text="%"), []),
    ],
)
def test_filters_leave_what_they_say(wanted: ImageFilter, names: list[str]) -> None:
    project = make_project()
    some_images(project)
    make_image(make_project(), "a/1.png")
    assert [image.name for image in images_of(project, wanted).order_by("name")] == names


def test_a_listed_image_knows_its_document_without_more_statements(django_assert_num_queries) -> None:
    project = make_project()
    some_images(project)
    with django_assert_num_queries(1):
        for image in images_of(project):
            assert image.document_id
            assert image.claimed_by is None
            assert image.revision == (1 if image.name == "b/1.png" else 0)
    document = ImageAsset.objects.get(name="b/1.png").documents.get()
    assert image_shown(document.image.pk).document_id == document.pk
    with pytest.raises(NotFound):
        image_shown(ImageAsset.objects.get(name="deleted.png").pk)


@pytest.mark.parametrize("wanted", [ImageFilter(statuses=["odd"]), ImageFilter(splits=["all"])])
def test_unknown_filters_and_orders_are_refused(wanted: ImageFilter) -> None:
    with pytest.raises(InvalidInput):
        images_of(make_project(), wanted)
    with pytest.raises(InvalidInput):
        order_named("size")


@pytest.mark.parametrize("order", ORDERS)
def test_neighbours_agree_with_the_list(order: str) -> None:
    project = make_project()
    for number in range(7):
        make_image(
            project,
            f"{number * 3 % 7}.png",
            object_count=number % 3,
            status="new" if number % 2 else "accepted",
        )
    for wanted in (ImageFilter(), ImageFilter(statuses=["new"])):
        listed = list(sortable(images_of(project, wanted), order).order_by(*order_named(order)))
        keys = [None, *(image.pk for image in listed), None]
        for place, image in enumerate(listed, start=1):
            found = neighbours(image, wanted, order)
            assert (found.previous, found.next) == (keys[place - 1], keys[place + 1])
            assert (found.position, found.count) == (place, len(listed))


def test_neighbours_of_an_image_that_the_filter_leaves_out_are_those_around_its_place() -> None:
    project = make_project()
    images = [make_image(project, f"{n}.png", status="accepted" if n == 1 else "new") for n in range(3)]
    found = neighbours(images[1], ImageFilter(statuses=["new"]), "name")
    assert (found.previous, found.next, found.position, found.count) == (images[0].pk, images[2].pk, 2, 2)


def test_a_group_is_never_torn_and_the_shares_come_out_about_right() -> None:
    project = make_project(split_shares={"val": 0.2, "test": 0.1})
    groups = [split_for(project, f"patient {n}", f"{n:064x}") for n in range(2000)]
    assert [split_for(project, f"patient {n}", f"{n + 9:064x}") for n in range(2000)] == groups
    counts = Counter(groups)
    assert abs(counts["val"] - 400) < 80
    assert abs(counts["test"] - 200) < 60
    alone = [split_for(project, "", f"{n:064x}") for n in range(2000)]
    assert abs(Counter(alone)["val"] - 400) < 80
    other = make_project()  # each project has its salt
    assert [split_for(other, "", f"{n:064x}") for n in range(2000)] != alone


def png(seed: int) -> io.BytesIO:
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (8, 8, 3), np.uint8)).save(buffer, "PNG")
    return buffer


def test_a_new_image_of_a_group_joins_its_split_also_against_an_import(storage: Path) -> None:
    project = make_project()
    first = image_create(
        project=project, user=None, file=png(1), name="1.png", group="g", split=Split.TEST
    ).image
    second = image_create(project=project, user=None, file=png(2), name="2.png", group="g").image
    assert first is not None
    assert second is not None
    assert (first.split, second.split) == ("test", "test")


def test_a_deleted_image_can_be_uploaded_again(storage: Path) -> None:
    project = make_project()
    first = image_create(project=project, user=None, file=png(1), name="1.png").image
    assert first is not None
    image_delete(image=first)
    again = image_create(project=project, user=None, file=png(1), name="1.png")
    assert again.status == "created"
    assert again.image is not None
    assert (again.image.pk != first.pk, again.image.name) == (True, "1.png")


def test_an_image_that_joins_a_group_takes_its_split_unless_a_frozen_version_holds_it() -> None:
    project = make_project()
    make_image(project, group="g", split="val")
    image, frozen = make_image(project, split="train"), make_image(project, split="train")
    assert image_update(image=image, changes={"group": "g"}).split == "val"
    assert image_update(image=image, changes={"group": ""}).split == "val"
    version_freeze(project=project, user=None)
    with pytest.raises(Conflict) as caught:
        image_update(image=frozen, changes={"group": "g"})
    assert [p.where for p in caught.value.problems] == ["group"]
    assert image_update(image=frozen, changes={"group": "h"}).split == "train"
    frozen.refresh_from_db()
    assert (frozen.group, frozen.split) == ("h", "train")


def test_what_is_said_about_an_image_is_checked() -> None:
    project = make_project()
    image, other = make_image(project, "a.png"), make_image(project, "b.png")
    changed = image_update(
        image=image, changes={"name": "x\\c.png", "source_url": "https://example.org/c", "licence": "CC0"}
    )
    assert (changed.name, changed.licence) == ("x/c.png", "CC0")
    with pytest.raises(Conflict):
        image_update(image=other, changes={"name": "x/c.png"})
    with pytest.raises(InvalidInput) as caught:
        image_update(
            image=other, changes={"source_url": "javascript:alert(1)", "licence": "x" * 201, "sha256": "0"}
        )
    assert {p.where for p in caught.value.problems} == {"source_url", "licence", "sha256"}


def test_statistics_add_up() -> None:
    project, user = make_project(), make_user()
    one, two = make_document(project, split="val"), make_document(project)
    change(one, [an_object(square(0, 0)), an_object(square(20, 0, 5), class_index=2)], user=user)
    kept = an_object(square(50, 50))
    change(two, [kept], user=user)
    change(two, delete=[(kept.id, 1)])
    change(make_document(), [an_object()])
    found = statistics_of(project)
    assert found.status == {"new": 0, "in_progress": 2, "submitted": 0, "accepted": 0, "returned": 0}
    assert found.splits == {"train": 1, "val": 1, "test": 0}
    assert [(c.index, c.objects, c.area, c.images) for c in found.classes] == [
        (1, 1, 100, 1),
        (2, 1, 25, 1),
        (3, 0, 0, 0),
    ]
    assert [(p.user, p.revisions, p.added, p.removed) for p in found.people] == [
        (user, 2, 3, 0),
        (None, 1, 0, 1),
    ]
    assert [(day.revisions, day.objects) for day in found.days] == [(3, 3)]
