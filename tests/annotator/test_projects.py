"""Projects, members, palettes: indices that never come back, colours and hotkeys that never clash."""

from __future__ import annotations

import pytest

from annotator.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from annotator.core.palette import HOTKEYS
from annotator.models import Annotation, Document, LabelClass, Membership, Project, Role, User
from annotator.selectors.document import annotations_at, history
from annotator.selectors.project import classes_of, project_info, projects_info, projects_of
from annotator.services.access import document_for, image_for, project_for
from annotator.services.palette import ClassInUse, class_create, class_delete, class_reorder, class_update
from annotator.services.project import (
    membership_add,
    membership_remove,
    membership_update,
    project_change,
    project_create,
    project_delete,
    project_update,
)
from annotator.services.restore import document_restore
from tests.annotator.factories import (
    an_object,
    change,
    class_named,
    make_document,
    make_image,
    make_member,
    make_project,
    make_user,
)

pytestmark = pytest.mark.django_db


def test_a_new_project_has_its_palette_and_an_owner() -> None:
    user = make_user()
    project = project_create(
        user=user,
        name=" Leaves ",
        task_type="panoptic",
        classes=[{"name": "leaf", "colour": "#FF0000", "hotkey": "q"}, {"name": "soil", "is_thing": False}],
    )
    info = project_info(project, user)
    assert (info.name, info.task_type, info.role) == ("Leaves", "panoptic", "owner")
    assert [(c.index, c.name, c.is_thing) for c in info.classes] == [(1, "leaf", True), (2, "soil", False)]
    assert (info.classes[0].colour, info.classes[0].hotkey, info.classes[1].hotkey) == ("#ff0000", "q", "1")
    assert info.counts == dict.fromkeys(info.counts, 0)


def test_everything_wrong_with_a_new_project_is_named_and_nothing_is_made() -> None:
    with pytest.raises(InvalidInput) as caught:
        project_create(user=make_user(), name="", task_type="boxes", split_shares={"val": 0.9, "test": 0.2})
    assert [p.where for p in caught.value.problems] == ["name", "task_type", "split_shares"]
    classes = [
        {"name": "leaf"},
        {"name": "leaf"},
        {"name": "", "colour": "red"},
        {"name": "x", "hotkey": "v"},
        {"name": "y", "attributes": [{"name": "a", "type": "select"}, {"name": "a", "type": "what"}]},
    ]
    with pytest.raises(InvalidInput) as caught:
        project_create(user=make_user(), name="P", task_type="semantic", classes=classes)
    assert [p.where for p in caught.value.problems] == [
        "classes[1].name",
        "classes[2].name",
        "classes[2].colour",
        "classes[3].hotkey",
        "classes[4].attributes[0].options",
        "classes[4].attributes[1].type",
        "classes[4].attributes[1].name",
    ]
    assert Project.objects.count() == 0


def test_two_hundred_and_fifty_four_classes_have_different_colours_and_the_next_is_refused() -> None:
    project = make_project(classes=[{"name": f"c{n}"} for n in range(254)])
    classes = classes_of(project)
    assert [c.index for c in classes] == list(range(1, 255))
    assert len({c.colour for c in classes}) == 254
    keys = [c.hotkey for c in classes if c.hotkey]
    assert keys == list(HOTKEYS)
    with pytest.raises(Conflict, match="254"):
        class_create(project=project, name="one more")


def test_a_class_index_is_never_used_again() -> None:
    project = make_project()
    third = class_named(project, "soil")
    class_delete(label_class=third, user=None)
    assert class_create(project=project, name="soil").index == 4
    class_delete(label_class=class_named(project, "soil"), user=None)
    assert class_create(project=project, name="water").index == 5
    assert LabelClass.objects.filter(project=project).count() == 5


def test_a_deleted_class_frees_its_name_colour_and_hotkey() -> None:
    project = make_project()
    old = class_named(project, "leaf")
    class_delete(label_class=old, user=None)
    new = class_create(project=project, name="leaf", colour=old.colour, hotkey=old.hotkey)
    assert (new.colour, new.hotkey, new.index) == (old.colour, old.hotkey, 4)


@pytest.mark.parametrize("field", ["name", "colour", "hotkey"])
def test_what_another_class_has_is_refused(field: str) -> None:
    project = make_project()
    leaf = class_named(project, "leaf")
    given = {"name": "new", field: getattr(leaf, field)}
    with pytest.raises(Conflict) as caught:
        class_create(project=project, **given)
    assert [p.where for p in caught.value.problems] == [field]
    with pytest.raises(Conflict):
        class_update(label_class=class_named(project, "stem"), changes={field: getattr(leaf, field)})
    class_update(label_class=leaf, changes={field: getattr(leaf, field)})  # its own is fine


def test_a_class_changes_in_everything_but_its_index() -> None:
    project = make_project()
    leaf = class_update(
        label_class=class_named(project, "leaf"),
        changes={"name": "needle", "colour": "#010203", "hotkey": "", "is_thing": False},
    )
    leaf.refresh_from_db()
    assert (leaf.index, leaf.name, leaf.colour, leaf.hotkey, leaf.is_thing) == (
        1,
        "needle",
        "#010203",
        "",
        False,
    )
    with pytest.raises(InvalidInput):
        class_update(label_class=leaf, changes={"index": 7})


def test_classes_take_the_order_that_names_each_once() -> None:
    project = make_project()
    ids = [c.id for c in classes_of(project)]
    class_reorder(project=project, order=ids[::-1])
    assert [c.id for c in classes_of(project)] == ids[::-1]
    with pytest.raises(InvalidInput):
        class_reorder(project=project, order=[ids[0], ids[0], ids[1]])
    project_change(project=project, changes={"name": "New"}, class_order=ids)
    assert [c.id for c in classes_of(project)] == ids


def test_deleting_a_class_in_use_asks_for_a_target_and_moves_its_objects_in_new_revisions() -> None:
    project, user = make_project(), make_user()
    documents = [make_document(project) for _ in range(3)]
    leaf, stem = an_object(class_index=1, attributes={}), an_object(class_index=2)
    change(documents[0], [leaf, stem])
    change(documents[1], [an_object(class_index=1)])
    change(documents[2], [an_object(class_index=2)])
    with pytest.raises(ClassInUse, match="2 objects"):
        class_delete(label_class=class_named(project, "leaf"), user=user)
    moved = class_delete(
        label_class=class_named(project, "leaf"), target=class_named(project, "soil"), user=user
    )
    assert moved == 2
    assert {row.id: (row.class_index, row.version) for row in annotations_at(documents[0])} == {
        str(leaf.id): (3, 2),
        str(stem.id): (2, 1),
    }
    assert [row.class_index for row in annotations_at(documents[0], 1)] in ([1, 2], [2, 1])
    newest = history(documents[0]).results[0]
    assert (newest.number, newest.kind, newest.changed, newest.author) == (2, "class", 1, user)
    revisions = [Document.objects.get(pk=document.pk).revision for document in documents]
    assert revisions == [2, 2, 1]
    with pytest.raises(InvalidInput):
        change(documents[0], [an_object(class_index=1)])


def test_a_restored_object_of_a_deleted_class_belongs_to_the_class_that_took_over() -> None:
    project = make_project()
    document = make_document(project)
    leaf = an_object(class_index=1)
    change(document, [leaf])
    change(document, delete=[(leaf.id, 1)])
    other = make_document(project)
    change(other, [an_object(class_index=1)])
    class_delete(label_class=class_named(project, "leaf"), target=class_named(project, "stem"), user=None)
    class_delete(label_class=class_named(project, "stem"), target=class_named(project, "soil"), user=None)
    document_restore(document=document, user=None, revision=1, base_revision=2, key="k")
    assert [row.class_index for row in annotations_at(document)] == [3]


def test_the_target_of_a_deleted_class_must_be_another_living_class_of_the_project() -> None:
    project = make_project()
    leaf = class_named(project, "leaf")
    for target in (leaf, class_named(make_project(), "stem")):
        with pytest.raises(InvalidInput):
            class_delete(label_class=leaf, target=target, user=None)
    class_delete(label_class=leaf, user=None)
    with pytest.raises(Conflict):
        class_delete(label_class=leaf, user=None)


def test_strangers_see_nothing_and_low_roles_are_told() -> None:
    project = make_project()
    image = make_image(project)
    viewer, stranger = make_member(project, "viewer"), make_user()
    assert image_for(viewer, image.pk, Role.VIEWER) == image
    with pytest.raises(NotAllowed, match="viewer"):
        document_for(viewer, image.documents.get().pk, Role.ANNOTATOR)
    for find, key in (
        (project_for, project.pk),
        (image_for, image.pk),
        (image_for, "rubbish"),
        (image_for, project.pk),
    ):
        with pytest.raises(NotFound):
            find(stranger, key, Role.VIEWER)
    viewer.is_active = False
    with pytest.raises(NotFound):
        project_for(viewer, project.pk, Role.VIEWER)


def test_a_new_person_gets_an_invitation_and_one_with_a_way_in_does_not() -> None:
    owner = make_user()
    project, other = make_project(owner), make_project(owner)
    member, secret = membership_add(project=project, user=owner, email="New@Example.org", role="annotator")
    assert (member.user.email, member.role, secret is None) == ("new@example.org", "annotator", False)
    _member, secret = membership_add(project=other, user=owner, email="new@example.org", role="viewer")
    assert secret is None  # a manager of one project must not get into the account of another's member
    known = User.objects.create_user("known@example.org", "a-long-password-7")
    assert membership_add(project=project, user=owner, email=known.email, role="viewer")[1] is None
    with pytest.raises(Conflict):
        membership_add(project=project, user=owner, email=known.email, role="viewer")
    for email, role in (("rubbish", "viewer"), ("x@example.org", "king")):
        with pytest.raises(InvalidInput):
            membership_add(project=project, user=owner, email=email, role=role)


def test_managers_change_members_below_owner_and_a_project_keeps_an_owner() -> None:
    owner = make_user()
    project = make_project(owner)
    manager, viewer = make_member(project, "manager"), make_member(project, "viewer")
    mine = Membership.objects.get(project=project, user=owner)
    theirs = Membership.objects.get(project=project, user=viewer)
    membership_update(membership=theirs, user=manager, role="reviewer")
    with pytest.raises(NotAllowed):
        membership_update(membership=theirs, user=manager, role="owner")
    with pytest.raises(NotAllowed):
        membership_update(membership=mine, user=manager, role="viewer")
    with pytest.raises(NotAllowed):
        membership_remove(membership=mine, user=manager)
    with pytest.raises(NotAllowed):
        membership_add(project=project, user=manager, email="o@example.org", role="owner")
    for attempt in (lambda: membership_update(membership=mine, user=owner, role="viewer"),
                    lambda: membership_remove(membership=mine, user=owner)):  # fmt: skip
        with pytest.raises(Conflict, match="owner"):
            attempt()
    membership_remove(membership=theirs, user=viewer)  # everybody may leave
    membership_update(membership=Membership.objects.get(user=manager), user=owner, role="owner")
    membership_remove(membership=mine, user=owner)
    assert list(Membership.objects.filter(project=project).values_list("role", flat=True)) == ["owner"]


def test_split_shares_stay_once_there_are_images() -> None:
    project = make_project()
    project_update(project=project, changes={"split_shares": {"val": 0.2, "test": 0.3}})
    make_image(project)
    project_update(project=project, changes={"name": "New", "split_shares": {"val": 0.2, "test": 0.3}})
    with pytest.raises(Conflict):
        project_update(project=project, changes={"split_shares": {"val": 0.1, "test": 0.1}})


def test_a_project_goes_with_everything_in_it() -> None:
    project = make_project()
    document = make_document(project)
    change(document, [an_object()])
    project_delete(project=project)
    assert Annotation.objects.count() == Document.objects.count() == Project.objects.count() == 0


def test_ten_projects_take_as_many_statements_as_one(django_assert_num_queries) -> None:
    user = make_user()
    for number in range(10):
        project = make_project(user, name=f"P{number}")
        image = make_image(project, status="accepted", object_count=3)
        make_image(project, status="new")
        change(image.documents.get(), [an_object(), an_object(class_index=2)])
    projects = list(projects_of(user).order_by("name"))
    with django_assert_num_queries(5):
        projects_info(projects[:1], user)
    with django_assert_num_queries(5):
        infos = projects_info(projects, user)
    for info in infos:
        assert (info.counts["images"], info.counts["accepted"], info.counts["new"]) == (2, 1, 1)
        assert info.counts["objects"] == 2
        assert [c.object_count for c in info.classes] == [1, 1, 0]
        assert (len(info.covers), len(info.members), info.role) == (2, 1, "owner")
    assert list(projects_of(make_user())) == []
