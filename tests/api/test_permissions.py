"""Every endpoint is tried by every role, by a stranger and by nobody. The list of endpoints comes from the URL conf."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from annotator.jobs import job_start
from annotator.models import Comment, DatasetVersion, ImageAsset, Job
from annotator.services.version import version_freeze
from api.urls import urlpatterns
from tests.api.conftest import ROLES, World, brought, change, picture, polygon, upload

pytestmark = [pytest.mark.usefixtures("click_models"), pytest.mark.one_database]  # roles, not queries

ANYBODY = "anybody"  # also nobody
SIGNED_IN = "signed in"  # also a stranger to the project
EVERYBODY = (*ROLES, "stranger", "nobody")


@dataclass(frozen=True)
class Row:
    """What an endpoint asks for.

    Attributes:
        needs: the lowest role, SIGNED_IN, or ANYBODY.
        status: what those who may get.
        call: the rest of the request, made for a world.
    """

    needs: str
    status: int
    call: Callable[[World], dict[str, Any]] = lambda world: {}


def body(**fields: Any) -> Callable[[World], dict[str, Any]]:
    return lambda world: {"body": fields}


def _with_status(status: str) -> Callable[[World], None]:
    def prepare(world: World) -> None:
        ImageAsset.objects.filter(pk=world.image.pk).update(status=status)

    return prepare


ROWS: dict[tuple[str, str], Row] = {
    ("GET", "me"): Row(SIGNED_IN, 200),
    ("PATCH", "me"): Row(SIGNED_IN, 200, body(name="Ada")),
    ("POST", "session"): Row(ANYBODY, 403),  # without a CSRF token: test_accounts.py signs in properly
    ("DELETE", "session"): Row(ANYBODY, 403),
    ("POST", "invitations/accept"): Row(ANYBODY, 403),
    ("GET", "tokens"): Row(SIGNED_IN, 200),
    ("POST", "tokens"): Row(SIGNED_IN, 201, body(name="script")),
    ("DELETE", "tokens/<uuid:token_id>"): Row(
        SIGNED_IN, 404
    ),  # somebody else's: test_accounts.py deletes its own
    ("GET", "projects"): Row(SIGNED_IN, 200),
    ("POST", "projects"): Row(SIGNED_IN, 201, body(name="Mine", task_type="semantic")),
    ("GET", "projects/<uuid:project_id>"): Row("viewer", 200),
    ("PATCH", "projects/<uuid:project_id>"): Row("manager", 200, body(name="Roads")),
    ("DELETE", "projects/<uuid:project_id>"): Row("owner", 204),
    ("GET", "projects/<uuid:project_id>/classes"): Row("viewer", 200),
    ("POST", "projects/<uuid:project_id>/classes"): Row("manager", 201, body(name="tree")),
    ("PATCH", "classes/<uuid:class_id>"): Row("manager", 200, body(name="tram")),
    ("DELETE", "classes/<uuid:class_id>"): Row("manager", 204),
    ("GET", "projects/<uuid:project_id>/members"): Row("viewer", 200),
    ("POST", "projects/<uuid:project_id>/members"): Row(
        "manager", 201, body(email="n@example.org", role="viewer")
    ),
    ("PATCH", "members/<uuid:membership_id>"): Row("manager", 200, body(role="annotator")),
    ("DELETE", "members/<uuid:membership_id>"): Row("manager", 204),
    ("GET", "projects/<uuid:project_id>/statistics"): Row("viewer", 200),
    ("GET", "projects/<uuid:project_id>/images"): Row("viewer", 200),
    ("POST", "projects/<uuid:project_id>/images"): Row(
        "manager", 200, lambda world: {"upload": {"files": [upload("new.png", picture(7))]}}
    ),
    ("POST", "projects/<uuid:project_id>/next"): Row("annotator", 200, body(queue="annotate")),
    ("GET", "images/<uuid:image_id>"): Row("viewer", 200),
    ("PATCH", "images/<uuid:image_id>"): Row("manager", 200, body(licence="CC0")),
    ("DELETE", "images/<uuid:image_id>"): Row("manager", 204),
    ("GET", "images/<uuid:image_id>/neighbours"): Row("viewer", 200),
    ("GET", "images/<uuid:image_id>/sequence"): Row("viewer", 200),
    ("GET", "images/<uuid:image_id>/tracks"): Row("viewer", 200),
    ("POST", "images/<uuid:image_id>/fill"): Row("annotator", 400, body(method="copy")),  # its only frame
    ("POST", "images/<uuid:image_id>/propagate"): Row(
        "annotator",
        200,
        lambda world: {
            "body": {
                "to": str(world.image.pk),
                "objects": [
                    {"id": str(uuid.uuid4()), "class": 1, "kind": "box", "box": [4, 4, 20, 20]},
                ],
            }
        },
    ),
    ("GET", "images/<uuid:image_id>/file"): Row("viewer", 200),
    ("GET", "images/<uuid:image_id>/thumbnail"): Row("viewer", 200),
    # The image is shown whole: test_tiles.py has one with tiles.
    ("GET", "images/<uuid:image_id>/tiles/<int:z>/<int:x>_<int:y>"): Row("viewer", 404),
    ("POST", "images/<uuid:image_id>/submit"): Row("annotator", 200),
    ("POST", "images/<uuid:image_id>/review"): Row(
        "reviewer", 200, lambda world: {"prepare": _with_status("submitted"), "body": {"decision": "accept"}}
    ),
    ("POST", "images/<uuid:image_id>/reopen"): Row(
        "annotator", 200, lambda world: {"prepare": _with_status("submitted")}
    ),
    ("GET", "images/<uuid:image_id>/documents"): Row("viewer", 200),
    ("POST", "images/<uuid:image_id>/documents"): Row("annotator", 201, body(role="replica")),
    ("GET", "images/<uuid:image_id>/comments"): Row("viewer", 200),
    ("POST", "images/<uuid:image_id>/comments"): Row("annotator", 201, body(text="look", point=[3, 4])),
    ("POST", "images/<uuid:image_id>/presence"): Row("viewer", 200, body(tab="one")),
    ("PATCH", "comments/<uuid:comment_id>"): Row("annotator", 200, body(resolved=True)),
    ("DELETE", "comments/<uuid:comment_id>"): Row("manager", 204),  # or one's own: test_comments.py
    ("POST", "comments/<uuid:comment_id>/replies"): Row("annotator", 201, body(text="done")),
    ("POST", "images/<uuid:image_id>/assist/<str:method>"): Row(
        "annotator", 200, body(region=[0, 0, 20, 20], positive=[[4, 4]])
    ),
    ("GET", "images/<uuid:image_id>/click-models"): Row("viewer", 200),
    ("POST", "images/<uuid:image_id>/embeddings"): Row("annotator", 200, body()),
    ("POST", "images/<uuid:image_id>/assist/click"): Row(
        "annotator", 409, body(positive=[[4, 4]])
    ),  # not ready yet: test_click.py goes on
    ("GET", "assists"): Row(SIGNED_IN, 200),
    ("GET", "documents/<uuid:document_id>"): Row("viewer", 200),
    ("POST", "documents/<uuid:document_id>/changes"): Row(
        "annotator", 200, lambda world: {"body": change(polygon())}
    ),
    ("GET", "documents/<uuid:document_id>/history"): Row("viewer", 200),
    ("POST", "documents/<uuid:document_id>/restore"): Row(
        "annotator", 200, body(revision=0, base_revision=0, key="back")
    ),
    ("GET", "projects/<uuid:project_id>/versions"): Row("viewer", 200),
    ("POST", "projects/<uuid:project_id>/versions"): Row("reviewer", 201, body(name="first")),
    ("GET", "versions/<uuid:version_id>"): Row("viewer", 200),
    ("GET", "versions/<uuid:version_id>/diff/<uuid:other_id>"): Row("viewer", 200),
    ("POST", "versions/<uuid:version_id>/exports"): Row("reviewer", 202, body(format="coco")),
    ("GET", "exports/<uuid:job_id>/file"): Row("viewer", 409),  # not finished: test_datasets.py runs one
    ("POST", "projects/<uuid:project_id>/imports"): Row(
        "manager", 202, body(format="auto", urls=["https://example.org/a.png"])
    ),
    ("POST", "projects/<uuid:project_id>/plans"): Row(
        "manager", 400, body(architecture="unet")
    ),  # too few labelled images: test_learning.py has enough
    ("POST", "projects/<uuid:project_id>/trainings"): Row("manager", 400, body(architecture="unet")),
    ("GET", "projects/<uuid:project_id>/trainings/options"): Row("viewer", 200),
    ("GET", "projects/<uuid:project_id>/models"): Row("viewer", 200),
    ("POST", "projects/<uuid:project_id>/models"): Row(
        "manager", 202, lambda world: {"upload": {"files": brought(), "kind": "semantic"}}
    ),
    ("GET", "projects/<uuid:project_id>/learning-curve"): Row("viewer", 200),
    ("GET", "projects/<uuid:project_id>/queue"): Row("viewer", 200),
    ("POST", "projects/<uuid:project_id>/rankings"): Row("manager", 202),
    ("GET", "models"): Row(SIGNED_IN, 400),  # of one project: test_learning.py
    ("GET", "models/<uuid:model_id>"): Row("viewer", 200),
    ("PATCH", "models/<uuid:model_id>"): Row("manager", 200, body(name="Best")),
    ("POST", "models/<uuid:model_id>/promote"): Row("manager", 200, body()),
    ("POST", "models/<uuid:model_id>/retire"): Row("manager", 200),
    ("GET", "models/<uuid:model_id>/comparison/<uuid:other_id>"): Row("viewer", 200),
    ("GET", "models/<uuid:model_id>/curve"): Row("viewer", 200),
    ("GET", "models/<uuid:model_id>/files/<str:name>"): Row("viewer", 200),
    ("GET", "models/<uuid:model_id>/worst"): Row("viewer", 200),
    ("GET", "models/<uuid:model_id>/corrections"): Row("viewer", 200),
    ("POST", "models/<uuid:model_id>/predict"): Row(
        "annotator", 202, lambda world: {"body": {"images": [str(world.trained(world.image))]}}
    ),
    ("GET", "images/<uuid:image_id>/predictions"): Row(
        "viewer", 200, lambda world: {"prepare": lambda made: made.predicted()}
    ),
    ("GET", "predictions/<uuid:prediction_id>/overlay"): Row("viewer", 404),  # it has none
    ("POST", "predictions/<uuid:prediction_id>/reject"): Row(
        "annotator", 200, lambda world: {"body": {"objects": [world.predicted().content[0]["id"]]}}
    ),
    ("POST", "predictions/<uuid:prediction_id>/restore"): Row(
        "annotator", 200, lambda world: {"body": {"objects": [world.predicted().content[0]["id"]]}}
    ),
    ("GET", "formats"): Row(SIGNED_IN, 200),
    ("GET", "jobs"): Row(SIGNED_IN, 200),
    ("GET", "jobs/<uuid:job_id>"): Row("viewer", 200),
    ("POST", "jobs/<uuid:job_id>/cancel"): Row("manager", 200),
    ("POST", "jobs/<uuid:job_id>/retry"): Row(
        "manager", 200, lambda world: {"prepare": lambda _world: Job.objects.update(state="failed")}
    ),
    ("GET", "jobs/<uuid:job_id>/events"): Row(
        "viewer", 200, lambda world: {"prepare": lambda _world: Job.objects.update(state="succeeded")}
    ),
    ("GET", "schema"): Row(ANYBODY, 200),
    ("GET", "docs"): Row(ANYBODY, 200),
}

# Their answer depends on more than the person's role in the project; they have tests of their own.
METHODS = ("get", "post", "put", "patch", "delete")


def endpoints() -> set[tuple[str, str]]:
    """Every method of every address, as the URL conf has them."""
    found = set()
    for pattern in urlpatterns:
        view_class = getattr(pattern.callback, "view_class", None) or getattr(pattern.callback, "cls", None)
        methods = [m for m in METHODS if hasattr(view_class, m)] if view_class else ["get"]
        found |= {(method.upper(), str(pattern.pattern)) for method in methods}
    return found


def test_every_endpoint_has_a_row() -> None:
    assert endpoints() == set(ROWS)


def expected_status(row: Row, role: str) -> int:
    if row.needs == ANYBODY:
        return row.status
    if role == "nobody":
        return 401
    if row.needs == SIGNED_IN:
        return row.status
    if role == "stranger":
        return 404
    return row.status if ROLES.index(role) >= ROLES.index(row.needs) else 403


def _path(world: World, route: str) -> str:
    owner = world.members["owner"].user
    version: DatasetVersion | None = None
    if "version_id" in route:
        version = version_freeze(project=world.project, user=owner)
    job = (
        job_start(kind="export", project=world.project, user=None, parameters={})
        if "job_id" in route
        else None
    )
    ids = {
        "token_id": owner.api_tokens.create(digest=uuid.uuid4().hex).pk,
        "project_id": world.project.pk,
        "class_id": world.classes[1].pk,
        "membership_id": world.members["viewer"].pk,
        "image_id": world.image.pk,
        "document_id": world.document.pk,
        "version_id": version.pk if version else None,
        "other_id": version.pk if version else world.model().pk if "other_id" in route else None,
        "model_id": world.model().pk if "model_id" in route else None,
        "prediction_id": world.predicted().pk if "prediction_id" in route else None,
        "comment_id": Comment.objects.create(image=world.image, author=owner, text="look").pk,
        "job_id": job.pk if job else None,
    }
    for name, value in ids.items():
        route = route.replace(f"<uuid:{name}>", str(value))
    for name in "zxy":
        route = route.replace(f"<int:{name}>", "0")
    return f"/{route.replace('<str:method>', 'wand').replace('<str:name>', 'card')}"


@pytest.mark.parametrize("role", EVERYBODY)
@pytest.mark.parametrize(("method", "route"), sorted(ROWS), ids=str)
def test_an_endpoint_answers_a_role_as_the_table_says(
    world: World, method: str, route: str, role: str
) -> None:
    row = ROWS[method, route]
    expected = expected_status(row, role)
    if (method, route, role) == ("DELETE", "members/<uuid:membership_id>", "viewer"):
        expected = 204  # everybody may leave
    if (method, route, role) == ("DELETE", "tokens/<uuid:token_id>", "owner"):
        expected = 204  # it is the owner's token
    path = _path(world, route)
    call = row.call(world)
    if prepare := call.pop("prepare", None):
        prepare(world)
    caller = world.as_(role)
    send = caller.upload if "upload" in call else lambda where: caller(method, where, call.get("body"))
    response = send(path, **call.get("upload", {}))
    shown = b"" if response.streaming else response.content[:500]
    assert response.status_code == expected, shown
    if response.status_code >= 400:
        assert response.headers["Content-Type"] == "application/problem+json"
    if response.status_code == 401:
        assert response.headers["WWW-Authenticate"].startswith("Token")
