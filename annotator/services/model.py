"""Models of the registry: what a training made of them, names, settings, champions.

Owns a model's row once its training has begun, and its files. Does not own starting trainings (`training.py`), brought
models (`brought_model.py`) nor the statistics behind a comparison (`annotator/core/comparison.py`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from annotator.core.comparison import compare
from annotator.core.errors import Conflict, InvalidInput, Problem
from annotator.models import Job, ModelState, ModelVersion, Project, Purpose, TrainingPoint, User
from annotator.selectors.learning import WITH_WEIGHTS, state_name
from annotator.services.files import content_name, file_store, sha256_of
from annotator.services.prediction import prelabel_request
from annotator.services.ranking import ranking_request

FOLDER = "models"
EXTENSIONS = {
    "weights": ".safetensors",
    "onnx": ".onnx",
    "torchscript": ".pt",
    "label_map": ".json",
    "script": ".py",
    "strip": ".jpg",
}
# What a person may set, and between which bounds. The rest of the settings a training or a plan decides.
BOUNDS: dict[str, tuple[float, float]] = {
    "confidence": (0.0, 1.0),
    "mask": (0.0, 1.0),
    "temperature": (0.05, 20.0),
    "detections": (1, 1000),
    "smallest": (0, 1_000_000_000),
}
WHOLE = ("detections", "smallest")
KEPT = ("watershed", "tiling")  # taken as they are: objects, or null
# How a brought model wants its pixels.
WORDS: dict[str, tuple[str, ...]] = {
    "normalisation": ("unit", "none", "symmetric", "imagenet"),
    "channels": ("RGB", "BGR"),
}


class WorseThanChampion(Conflict):
    """The model does worse than the champion on the same test images; `extra` holds the comparison."""

    def __init__(self, detail: str, comparison: Mapping[str, Any]) -> None:
        super().__init__(detail)
        self.extra = {"comparison": dict(comparison)}


def checked_settings(given: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of prediction that a person chose.

    Raises:
        InvalidInput: naming each that there is not, or that is out of bounds.
    """
    problems: list[Problem] = []
    found: dict[str, Any] = {}
    for key, value in given.items():
        where = f"settings.{key}"
        if key in KEPT and (value is None or isinstance(value, dict)):
            found[key] = value
        elif key in WORDS:
            found[key] = value
            if value not in WORDS[key]:
                values = {"value": value, "words": ", ".join(WORDS[key])}
                problems.append(Problem(where, _("%(value)r is none of %(words)s") % values))
        elif key not in BOUNDS:
            names = ", ".join([*BOUNDS, *WORDS, *KEPT])
            problems.append(
                Problem(where, _("there is no such setting; there are %(names)s") % {"names": names})
            )
        elif isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            problems.append(Problem(where, _("%(value)r is no number") % {"value": value}))
        else:
            low, high = BOUNDS[key]
            if not low <= value <= high or (key in WHOLE and value != int(value)):
                values = {"value": value, "low": low, "high": high}
                problems.append(Problem(where, _("%(value)s is not between %(low)s and %(high)s") % values))
            found[key] = int(value) if key in WHOLE else float(value)
    if problems:
        raise InvalidInput(problems[0].message, problems)
    return found


@transaction.atomic
def model_update(*, model: ModelVersion, changes: Mapping[str, Any]) -> ModelVersion:
    """Change some of: name, note, settings. With other settings, what it predicted is predicted anew when asked for.

    Raises:
        InvalidInput: a value breaks a rule.
    """
    model = ModelVersion.objects.select_for_update(of=("self",)).select_related("project").get(pk=model.pk)
    fields: dict[str, Any] = {}
    if "name" in changes:
        fields["name"] = str(changes["name"]).strip()[:200]
    if "note" in changes:
        fields["note"] = str(changes["note"]).strip()
    if "settings" in changes:
        merged = {**model.settings, **checked_settings(changes["settings"])}
        if merged != model.settings:
            fields |= {"settings": merged, "settings_changed": timezone.now()}
    for key, value in fields.items():
        setattr(model, key, value)
    model.save(update_fields=list(fields))
    return model


@transaction.atomic
def model_promote(*, model: ModelVersion, user: User | None, force: bool = False) -> ModelVersion:
    """Make a model the champion of its purpose; the one before is retired. What to annotate next is ranked anew.

    Raises:
        Conflict: it has no weights, or is the champion. WorseThanChampion: it does worse, and `force` is not set.
    """
    project = Project.objects.select_for_update().get(pk=model.project.pk)
    model = ModelVersion.objects.select_for_update().get(pk=model.pk)
    if model.state not in (ModelState.CANDIDATE, ModelState.RETIRED):
        raise Conflict(
            _("model %(number)s is %(state)s; only a candidate or a retired model can be promoted")
            % {"number": model.number, "state": state_name(model.state)}
        )
    before = ModelVersion.objects.filter(
        project=project, purpose=model.purpose, state=ModelState.CHAMPION
    ).first()
    if before is not None:
        if not force:
            _check_not_worse(model, before)
        ModelVersion.objects.filter(pk=before.pk).update(state=ModelState.RETIRED)
    model.state, model.promoted = ModelState.CHAMPION, timezone.now()
    model.save(update_fields=["state", "promoted"])
    if model.purpose != Purpose.CLICK:
        ranking_request(project=project, user=user)
        prelabel_request(project=project, user=user)
    return model


def _check_not_worse(model: ModelVersion, champion: ModelVersion) -> None:
    found = compare(model.metrics, champion.metrics)
    if found.verdict == "worse":
        values = {
            "number": model.number,
            "champion": champion.number,
            "difference": f"{abs(found.difference or 0):.3f}",
            "images": found.images,
        }
        raise WorseThanChampion(
            _(
                "model %(number)s does worse than the champion, model %(champion)s, by %(difference)s on the same "
                "%(images)s test images"
            )
            % values,
            found.as_dict(),
        )


@transaction.atomic
def model_retire(*, model: ModelVersion) -> ModelVersion:
    """Take a candidate or the champion out of use; its files stay, and it can be promoted again.

    Raises:
        Conflict: it is neither.
    """
    model = ModelVersion.objects.select_for_update(of=("self",)).select_related("project").get(pk=model.pk)
    if model.state not in (ModelState.CANDIDATE, ModelState.CHAMPION):
        raise Conflict(
            _("model %(number)s is %(state)s; only a candidate or a champion can be retired")
            % {"number": model.number, "state": state_name(model.state)}
        )
    model.state = ModelState.RETIRED
    model.save(update_fields=["state"])
    return model


def model_file_store(*, path: Path, name: str) -> dict[str, Any]:
    """Put a finished file of a model into the storage, under its content's hash.

    Args:
        name: weights, onnx, torchscript, label_map, script or strip.

    Returns:
        {"stored", "sha256", "size_bytes"}.
    """
    with path.open("rb") as file:
        sha256, size = sha256_of(file)
        stored = file_store(content_name(FOLDER, sha256, EXTENSIONS.get(name, path.suffix)), file)
    return {"stored": stored, "sha256": sha256, "size_bytes": size}


def model_planned(*, model: ModelVersion, plan: Mapping[str, Any], reasons: Mapping[str, Any]) -> None:
    """Keep the plan that a training follows."""
    fields: dict[str, Any] = {"plan": dict(plan), "reasons": dict(reasons)}
    if plan.get("purpose") in Purpose.values:
        fields["purpose"] = plan["purpose"]
    ModelVersion.objects.filter(pk=model.pk).update(**fields)
    for key, value in fields.items():
        setattr(model, key, value)


def points_store(*, model: ModelVersion, points: list[tuple[str, int, Mapping[str, Any]]]) -> None:
    """Keep points of the curves; a resumed training replaces what it said of the same step before.

    Each is written as a new row, so that whoever asks for what came after the last id sees the replaced ones too.

    Args:
        points: kind (train, evaluate), step and values.
    """
    last = {(kind, step): values for kind, step, values in points}
    with transaction.atomic():
        for kind in ("train", "evaluate"):
            steps = [step for one, step in last if one == kind]
            if steps:
                TrainingPoint.objects.filter(model=model, kind=kind, step__in=steps).delete()
        TrainingPoint.objects.bulk_create(
            TrainingPoint(model=model, kind=kind, step=step, values=dict(values))
            for (kind, step), values in last.items()
        )


def model_brought(*, model: ModelVersion, found: Mapping[str, Any]) -> None:
    """Keep what looking at a brought file has shown: what it does, how it is run, which classes it knows."""
    model.plan, model.class_map, model.purpose = (
        dict(found["plan"]),
        list(found["class_map"]),
        found["purpose"],
    )
    model.save(update_fields=["plan", "class_map", "purpose"])


@transaction.atomic
def model_finished(
    *,
    model: ModelVersion,
    result: Mapping[str, Any],
    files: Mapping[str, Mapping[str, Any]],
    licence: str = "",
) -> ModelVersion:
    """Keep what a training or an evaluation made: the model becomes a candidate. A second time changes nothing.

    Args:
        result: of the run folder (docs/learning_formats.md).
        files: as `model_file_store` gives them, by name.
    """
    model = ModelVersion.objects.select_for_update(of=("self",)).select_related("project").get(pk=model.pk)
    if model.state != ModelState.TRAINING:
        return model
    model.state = ModelState.CANDIDATE
    model.stopped = result.get("state") == "stopped"
    model.metrics = dict(result.get("metrics") or {})
    model.settings = {**(result.get("settings") or {}), **_chosen(model)}
    model.class_map = list(result.get("class_map") or model.class_map)
    model.plan = dict(result.get("plan") or model.plan)
    model.files = {**model.files, **{name: dict(one) for name, one in files.items()}}
    model.code_version = str(result.get("code_version") or model.code_version)[:60]
    model.seconds = float(result.get("seconds") or model.seconds)
    model.licence = licence or model.licence
    model.finished = timezone.now()
    model.save()
    return model


def _chosen(model: ModelVersion) -> dict[str, Any]:
    """Settings that a person gave beforehand, as with a brought model."""
    return dict(model.settings)


def strip_store(*, model: ModelVersion, path: Path, step: int, images: list[Any]) -> None:
    """Keep a strip of validation images; one for each step."""
    kept = model_file_store(path=path, name="strip")
    with transaction.atomic():
        row = ModelVersion.objects.select_for_update().get(pk=model.pk)
        strips = [one for one in row.files.get("strips", []) if one["step"] != step]
        strips = sorted([*strips, {**kept, "step": step, "images": images}], key=lambda one: one["step"])
        row.files = {**row.files, "strips": strips}
        row.save(update_fields=["files"])


def model_delete(*, model: ModelVersion) -> int:
    """Delete a failed model with its files, but for those that another model shares.

    Returns:
        How many files.

    Raises:
        Conflict: it has not failed.
    """
    if model.state != ModelState.FAILED:
        raise Conflict(_("only a failed model can be deleted"))
    mine = set(stored_files(model))
    others = ModelVersion.objects.exclude(pk=model.pk).exclude(files={})
    shared = {stored for other in others.iterator() for stored in stored_files(other)}
    model.delete()
    for stored in mine - shared:
        default_storage.delete(stored)
    return len(mine - shared)


def stored_files(model: ModelVersion) -> list[str]:
    """The storage names of all files of a model."""
    single = [one["stored"] for name, one in model.files.items() if name != "strips"]
    return [*single, *(one["stored"] for one in model.files.get("strips", []))]


def model_with_weights(project: Project, word: str) -> ModelVersion:
    """A project's model by its number or id, or the `champion`.

    Raises:
        InvalidInput: there is none that can predict.
    """
    from annotator.selectors.learning import champion_of

    if word == "champion":
        found = champion_of(project)
        if found is None:
            raise InvalidInput(_("the project has no champion yet: promote a model first"))
        return found
    rows = ModelVersion.objects.filter(project=project, state__in=WITH_WEIGHTS)
    found = rows.filter(number=int(word)).first() if word.isdigit() else None
    if found is None:
        known = ", ".join(str(number) for number in rows.order_by("number").values_list("number", flat=True))
        raise InvalidInput(
            _("no finished model has the number %(word)s; there are %(known)s")
            % {"word": word, "known": known or _("none")}
        )
    return found


def model_of_job(job: Job) -> ModelVersion | None:
    """The model that a job works on."""
    return (
        ModelVersion.objects.select_related("project", "version", "parent")
        .filter(pk=job.parameters.get("model"))
        .first()
    )
