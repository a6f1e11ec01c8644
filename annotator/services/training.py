"""Starting trainings, and what becomes of a model whose training ends without a result.

Owns the checks before a training, its dataset version, its model's row and its job. Does not own the work itself
(`ml_worker/tasks.py`) nor what a finished model may do (`model.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from annotator.core.errors import Conflict, InvalidInput, Problem
from annotator.jobs import job_start
from annotator.models import (
    Architecture,
    DatasetVersion,
    Job,
    ModelState,
    ModelVersion,
    Project,
    Purpose,
    User,
)
from annotator.selectors.learning import WITH_WEIGHTS, state_name
from annotator.selectors.training_options import (
    TRAINED,
    labelled_in,
    labelled_now,
    missing_for,
    purpose_of,
    weight_files,
)
from annotator.services.model import model_delete
from annotator.services.version import version_freeze

MOST_OVERRIDES = 60
MAX_SEED = 2**31 - 1


def plan_start(
    *,
    project: Project,
    user: User | None,
    architecture: str,
    version: UUID | None = None,
    parent: UUID | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> Job:
    """Start working out a plan, which says what a training would do and why. Nothing is frozen for it.

    Raises:
        InvalidInput: naming everything that is wrong or missing.
    """
    problems: list[Problem] = []
    _check_architecture(architecture, TRAINED, problems)
    frozen = _version_of(project, version, problems)
    _parent_of(project, parent, problems)
    _check_overrides(overrides or {}, problems)
    if not problems:
        problems += missing_for(architecture, labelled_in(frozen) if frozen else labelled_now(project))
    _refuse(problems)
    parameters = {
        "architecture": architecture,
        "version": str(frozen.pk) if frozen else None,
        "parent": str(parent) if parent else None,
        "overrides": dict(overrides or {}),
    }
    return job_start(kind="plan", project=project, user=user, parameters=parameters)


def training_start(
    *,
    project: Project,
    user: User | None,
    architecture: str,
    version: UUID | None = None,
    name: str = "",
    parent: UUID | None = None,
    weights: str = "",
    overrides: Mapping[str, Any] | None = None,
    seed: int = 0,
    parts: Sequence[UUID] = (),
) -> Job:
    """Start training a model on a frozen version, or on the project as it is now, which is frozen for it.

    Raises:
        InvalidInput: naming everything that is wrong or missing.
    """
    if architecture == Architecture.FUSED:
        return _fused_start(project, user, name, parts)
    problems: list[Problem] = []
    _check_architecture(architecture, (*TRAINED, Architecture.FUSED), problems)
    frozen = _version_of(project, version, problems)
    warm = _parent_of(project, parent, problems)
    _check_overrides(overrides or {}, problems)
    _check_texts(name, weights, seed, problems)
    if parts:
        problems.append(Problem("parts", _("only a fused model has parts")))
    if not problems:
        problems += missing_for(architecture, labelled_in(frozen) if frozen else labelled_now(project))
    _refuse(problems)
    with transaction.atomic():
        frozen = frozen or frozen_now(project=project, user=user)
        model = _new_model(
            project=project,
            user=user,
            name=name.strip(),
            architecture=architecture,
            purpose=purpose_of(project, architecture),
            version=frozen,
            parent=warm,
            overrides={**(overrides or {}), **({"weights_file": weights} if weights else {})},
            seed=seed,
            labelled_count=labelled_in(frozen).images["train"],
        )
        return _start(model, "train", user)


def _fused_start(project: Project, user: User | None, name: str, parts: Sequence[UUID]) -> Job:
    """A panoptic model of a semantic and an instance one: nothing is trained, only measured.

    Raises:
        InvalidInput: they are not one of each.
    """
    found = list(
        ModelVersion.objects.filter(project=project, pk__in=parts, state__in=WITH_WEIGHTS).select_related(
            "version"
        )
    )
    if sorted(one.purpose for one in found) != [Purpose.INSTANCE, Purpose.SEMANTIC]:
        message = _("a fused model needs two finished models of this project: a semantic and an instance one")
        _refuse([Problem("parts", message)])
    versions = [one.version for one in found if one.version is not None]
    if not versions:
        _refuse([Problem("parts", _("both models were brought: there is no version to measure them on"))])
    newest = max(versions, key=lambda one: one.number)
    with transaction.atomic():
        model = _new_model(
            project=project,
            user=user,
            name=name.strip(),
            architecture=Architecture.FUSED,
            purpose=Purpose.PANOPTIC,
            version=newest,
            labelled_count=max(one.labelled_count for one in found),
        )
        model.parts.set(found)
        return _start(model, "evaluate", user)


def _new_model(*, project: Project, user: User | None, **fields: Any) -> ModelVersion:
    """A model's row with the project's next number."""
    locked = Project.objects.select_for_update().get(pk=project.pk)
    model = ModelVersion.objects.create(
        project=project, created_by=user, number=locked.next_model_number, **fields
    )
    locked.next_model_number += 1
    locked.save(update_fields=["next_model_number"])
    return model


def _start(model: ModelVersion, kind: str, user: User | None) -> Job:
    job = job_start(kind=kind, project=model.project, user=user, parameters={"model": str(model.pk)})
    model.job = job
    model.save(update_fields=["job"])
    return job


def frozen_now(*, project: Project, user: User | None) -> DatasetVersion:
    """The project as it is now as a version: the newest one where nothing has changed since, or a new one."""
    with transaction.atomic():
        before = transaction.savepoint()
        made = version_freeze(project=project, user=user)
        same = made.parent
        # The hash does not know which images without objects were handed in, which a training learns from.
        if (
            same is None
            or same.content_hash != made.content_hash
            or labelled_in(same).images != labelled_in(made).images
        ):
            transaction.savepoint_commit(before)
            return made
        transaction.savepoint_rollback(before)
        return same


def training_again(job: Job) -> None:
    """Make a model ready for its job to be tried again: it goes on from its last checkpoint.

    Raises:
        Conflict: the model is in use.
    """
    model = _model_of(job)
    if model is None:
        raise Conflict(_("the model of this job was deleted; start a new one"))
    if model.state in (ModelState.CHAMPION, ModelState.RETIRED):
        raise Conflict(
            _("model %(number)s is %(state)s; start a new training, which may begin with its weights")
            % {"number": model.number, "state": state_name(model.state)}
        )
    ModelVersion.objects.filter(pk=model.pk).update(state=ModelState.TRAINING, finished=None)


def training_ended(job: Job) -> None:
    """Note that a job ended without a result: a model that has nothing to show has failed.

    One that was stopped before, and whose training could not go on, is what it was: a candidate with those weights.
    One that was brought and could not be opened leaves nothing behind: the job says what was wrong with it.
    """
    model = _model_of(job)
    if model is None:
        return
    state = ModelState.CANDIDATE if "weights" in model.files else ModelState.FAILED
    ModelVersion.objects.filter(pk=model.pk, state=ModelState.TRAINING).update(
        state=state, finished=timezone.now()
    )
    model.refresh_from_db()
    if model.architecture == Architecture.ONNX and model.state == ModelState.FAILED and not model.plan:
        model_delete(model=model)


def _model_of(job: Job) -> ModelVersion | None:
    return ModelVersion.objects.filter(pk=job.parameters.get("model")).first()


def _check_architecture(name: str, allowed: Sequence[str], problems: list[Problem]) -> None:
    if name not in allowed:
        values = {"name": name, "names": ", ".join(allowed)}
        problems.append(Problem("architecture", _("%(name)r is none of %(names)s") % values))


def _version_of(project: Project, version: UUID | None, problems: list[Problem]) -> DatasetVersion | None:
    if version is None:
        return None
    found = DatasetVersion.objects.filter(project=project, pk=version).first()
    if found is None:
        problems.append(Problem("version", _("this project has no such version")))
    return found


def _parent_of(project: Project, parent: UUID | None, problems: list[Problem]) -> ModelVersion | None:
    if parent is None:
        return None
    found = ModelVersion.objects.filter(project=project, pk=parent).first()
    if found is None:
        problems.append(Problem("parent", _("this project has no such model")))
    elif found.state not in WITH_WEIGHTS or "weights" not in found.files:
        problems.append(Problem("parent", _("model %(number)s has no weights") % {"number": found.number}))
    return found


def _check_overrides(overrides: Mapping[str, Any], problems: list[Problem]) -> None:
    """Only their number: which there are and what they may be, the planner knows, and says by name."""
    if len(overrides) > MOST_OVERRIDES:
        values = {"count": len(overrides), "limit": MOST_OVERRIDES}
        problems.append(Problem("overrides", _("%(count)s values; at most %(limit)s are taken") % values))


def _check_texts(name: str, weights: str, seed: int, problems: list[Problem]) -> None:
    if len(name) > 200:
        problems.append(Problem("name", _("at most %(limit)s characters") % {"limit": 200}))
    if not 0 <= seed <= MAX_SEED:
        values = {"seed": seed, "limit": MAX_SEED}
        problems.append(Problem("seed", _("%(seed)s is no whole number from 0 to %(limit)s") % values))
    there = [one["name"] for one in weight_files()]
    if weights and weights not in there:
        values = {"name": weights[:80], "names": ", ".join(there) or _("none")}
        problems.append(
            Problem("weights", _("the weights folder has no %(name)s; there are: %(names)s") % values)
        )


def _refuse(problems: Sequence[Problem]) -> None:
    if not problems:
        return
    first = problems[0]
    more = len(problems) - 1
    detail = (
        first.message
        if not more
        else _("%(first)s (and %(more)s more)") % {"first": first.message, "more": more}
    )
    raise InvalidInput(detail, problems)
