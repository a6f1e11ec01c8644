"""Predictions: asked for, kept once for each image and model, and what people reject of them.

Owns which images a job may predict and the rows. Does not own predicting (`ml_worker`) nor accepting, which is a change
of the document like any other (`annotation.py`). Test images are never predicted for people: they measure models, and
what a model says must not find its way into them.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from annotator.core.errors import Conflict, InvalidInput, Problem
from annotator.jobs import job_start
from annotator.models import ImageAsset, ImageStatus, Job, JobState, ModelVersion, Prediction, Project, User
from annotator.selectors.learning import WITH_WEIGHTS, champion_of, state_name
from annotator.services.files import content_name, file_store, sha256_of

KIND = "predict"
FOLDER = "overlays"
SCOPES = ("unlabelled", "all")
MOST_IMAGES = 10_000  # named one by one in a request
FEW_IMAGES = 50  # that an annotator may ask for; a project's worth takes a manager
TEST = "test"


def predict_start(
    *,
    model: ModelVersion,
    user: User | None,
    images: Sequence[UUID] | None = None,
    scope: str | None = None,
    again: bool = False,
) -> Job:
    """Start predicting these images, or all that a scope names. Test images are left out.

    Args:
        scope: `unlabelled` (nobody has drawn in them or handed them in) or `all`.
        again: also those that the model has predicted before.

    Raises:
        Conflict: the model has no weights. InvalidInput: neither images nor a scope, or nothing that may be predicted.
    """
    check_predicts(model)
    parameters: dict[str, Any] = {"model": str(model.pk), "again": again}
    if images is not None:
        parameters["images"] = _checked_images(model.project, images)
    else:
        scope = scope or "unlabelled"
        if scope not in SCOPES:
            message = _("%(scope)r is none of %(scopes)s") % {"scope": scope, "scopes": ", ".join(SCOPES)}
            raise InvalidInput(message, [Problem("scope", message)])
        parameters["scope"] = scope
    return job_start(kind=KIND, project=model.project, user=user, parameters=parameters)


def check_predicts(model: ModelVersion) -> None:
    """Make sure that a model can predict.

    Raises:
        Conflict: it is still training, has failed, or is a click model.
    """
    if model.purpose == "click":
        raise Conflict(_("a click model answers clicks; it does not pre-label images"))
    if model.state not in WITH_WEIGHTS:
        raise Conflict(
            _("model %(number)s is %(state)s; only a finished model predicts")
            % {"number": model.number, "state": state_name(model.state)}
        )


def _checked_images(project: Project, wanted: Sequence[UUID]) -> list[str]:
    """The ids of those images that may be predicted.

    Raises:
        InvalidInput: none of them may, or some are not of the project.
    """
    if not 1 <= len(wanted) <= MOST_IMAGES:
        message = _("%(count)s images; from 1 to %(limit)s are taken") % {
            "count": len(wanted),
            "limit": MOST_IMAGES,
        }
        raise InvalidInput(message, [Problem("images", message)])
    rows = ImageAsset.objects.filter(project=project, deleted=None, pk__in=wanted)
    splits = dict(rows.values_list("pk", "split"))
    problems = [
        Problem(f"images[{at}]", _("no such image in this project"))
        for at, key in enumerate(wanted)
        if key not in splits
    ]
    if problems:
        raise InvalidInput(_("%(count)s images are not in this project") % {"count": len(problems)}, problems)
    allowed = [str(key) for key in wanted if splits[key] != TEST]
    if not allowed:
        message = _("test images are never pre-labelled: they measure models, and must not be drawn by one")
        raise InvalidInput(message, [Problem("images", message)])
    return list(dict.fromkeys(allowed))


def images_to_predict(model: ModelVersion, parameters: Mapping[str, Any]) -> QuerySet[ImageAsset]:
    """The images of a job that are still to be predicted, in the order of their names.

    Those that are predicted already are left out unless `again` says otherwise or the model's settings have changed
    since; a job that was interrupted goes on with the rest.
    """
    images = ImageAsset.objects.filter(project=model.project, deleted=None).exclude(split=TEST)
    if "images" in parameters:
        images = images.filter(pk__in=parameters["images"])
    elif parameters.get("scope") != "all":
        images = images.filter(
            status__in=(ImageStatus.NEW, ImageStatus.IN_PROGRESS, ImageStatus.RETURNED), object_count=0
        )
    images = images.filter(Q(levels=0) | ~Q(pyramid=""))  # a large one whose tiles are being made waits
    done = Prediction.objects.filter(model=model)
    if since := parameters.get("since"):
        done = done.filter(created__gte=since)
    if model.settings_changed is not None:
        done = done.filter(created__gte=model.settings_changed)
    return images.exclude(pk__in=done.values("image")).order_by("name", "id")


def prelabel_request(*, project: Project, user: User | None = None) -> Job | None:
    """Have the champion look at new images, where the project wants it. Safe to call at any rate.

    One job of a project waits at most: images that come while it waits are looked at with the others.
    """
    if not project.auto_prelabel:
        return None
    model = champion_of(project)
    if model is None or _waits(project):
        return None
    with transaction.atomic():
        Project.objects.select_for_update().get(pk=project.pk)
        if _waits(project):
            return None
        parameters = {"model": str(model.pk), "scope": "unlabelled", "again": False, "auto": True}
        return job_start(kind=KIND, project=project, user=user, parameters=parameters)


def _waits(project: Project) -> bool:
    return Job.objects.filter(
        project=project, kind=KIND, state=JobState.QUEUED, parameters__auto=True
    ).exists()


def prediction_store(
    *, model: ModelVersion, image: ImageAsset, item: Mapping[str, Any], overlay: bytes | None = None
) -> Prediction:
    """Keep what a model sees in an image, in place of what it saw before; what people rejected stays rejected.

    Args:
        item: as docs/learning_formats.md has it. overlay: a grey PNG, the map of uncertainty.
    """
    objects = list(item.get("objects") or [])
    fields = {
        "content": objects,
        "object_count": len(objects),
        "score": item.get("score"),
        "uncertainty": item.get("uncertainty"),
        "class_uncertainty": dict(item.get("class_uncertainty") or {}),
        "features": base64.b64decode(item["features"]) if item.get("features") else None,
        "overlay": _overlay_store(overlay) if overlay else "",
        "seconds": float(item.get("seconds") or 0.0),
        "created": timezone.now(),
    }
    with transaction.atomic():
        row, new = Prediction.objects.select_for_update().get_or_create(
            image=image, model=model, defaults=fields
        )
        if not new:
            ids = {one["id"] for one in objects}
            fields["rejected"] = [key for key in row.rejected if key in ids]
        Prediction.objects.filter(pk=row.pk).update(**fields)
    row.refresh_from_db()
    return row


def _overlay_store(content: bytes) -> str:
    file = io.BytesIO(content)
    sha256, _size = sha256_of(file)
    return file_store(content_name(FOLDER, sha256, ".png"), file)


def prediction_reject(*, prediction: Prediction, objects: Sequence[UUID]) -> Prediction:
    """Reject predicted objects, so that they are no longer proposed. Again changes nothing.

    Raises:
        InvalidInput: ids that the prediction does not hold, all named.
    """
    return _mark(prediction, objects, rejected=True)


def prediction_restore(*, prediction: Prediction, objects: Sequence[UUID]) -> Prediction:
    """Propose rejected objects again.

    Raises:
        InvalidInput: ids that the prediction does not hold, all named.
    """
    return _mark(prediction, objects, rejected=False)


@transaction.atomic
def _mark(prediction: Prediction, objects: Sequence[UUID], *, rejected: bool) -> Prediction:
    rows = Prediction.objects.select_for_update(of=("self",)).select_related("model", "image")
    row = rows.get(pk=prediction.pk)
    known = {str(one["id"]) for one in row.content}
    named = [str(key) for key in objects]
    problems = [
        Problem(f"objects[{at}]", _("this prediction has no object %(id)s") % {"id": key})
        for at, key in enumerate(named)
        if key not in known
    ]
    if problems:
        raise InvalidInput(problems[0].message, problems)
    marked = set(row.rejected) | set(named) if rejected else set(row.rejected) - set(named)
    row.rejected = sorted(marked)
    row.save(update_fields=["rejected"])
    return row


def predicted_objects(image: ImageAsset, ids: Sequence[UUID]) -> dict[UUID, tuple[str, float | None]]:
    """For those of these ids that a model predicted in this image: the model's id and the object's score.

    One statement, whether there is a prediction or not; content is only read where there is one.
    """
    if not ids:
        return {}
    wanted = {str(key): key for key in ids}
    found: dict[UUID, tuple[str, float | None]] = {}
    rows = Prediction.objects.filter(image=image, object_count__gt=0).order_by("created")
    for model, content in rows.values_list("model_id", "content"):
        for one in content:
            key = wanted.get(str(one["id"]))
            if key is not None:
                found[key] = (str(model), one.get("score"))
    return found


def predictions_delete(*, model: ModelVersion) -> int:
    """Throw away all that a model predicted; accepted objects stay what they are. Returns how many images it was."""
    overlays = set(
        Prediction.objects.filter(model=model).exclude(overlay="").values_list("overlay", flat=True)
    )
    count, _rows = Prediction.objects.filter(model=model).delete()
    kept = set(Prediction.objects.filter(overlay__in=overlays).values_list("overlay", flat=True))
    for stored in overlays - kept:
        default_storage.delete(stored)
    return count
