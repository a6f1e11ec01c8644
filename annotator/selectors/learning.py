"""Reading the learning loop: models, their curves, what they predict, the ranked queue, the curve over rounds.

Owns these queries. Does not own what may be trained (`training_options.py`), comparing two models (`comparison.py`),
nor how far people changed pre-labels (`corrections.py`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Case, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.utils.translation import gettext as _

from annotator.core.document import Split
from annotator.models import (
    ImageAsset,
    ImageStatus,
    ModelState,
    ModelVersion,
    Prediction,
    Project,
    Purpose,
    QueueEntry,
    TrainingPoint,
    Worker,
)

WITH_WEIGHTS = (ModelState.CANDIDATE, ModelState.CHAMPION, ModelState.RETIRED)
DONE = (ImageStatus.SUBMITTED, ImageStatus.ACCEPTED)
CURVE_PAGE = 2_000  # points answered at once
WORST = 24
FEW_ROUNDS = 3  # models below which a curve over rounds says nothing


def state_name(state: str) -> str:
    """A model's state in the reader's language."""
    names = {
        ModelState.TRAINING: _("in training"),
        ModelState.CANDIDATE: _("a candidate"),
        ModelState.CHAMPION: _("the champion"),
        ModelState.RETIRED: _("retired"),
        ModelState.FAILED: _("failed"),
    }
    return names[ModelState(state)]


def models_of(project: Project) -> QuerySet[ModelVersion]:
    """The project's models with what a list shows of them."""
    return ModelVersion.objects.filter(project=project).select_related(
        "version", "parent", "job", "job__created_by", "created_by"
    )


def model_shown(model_id: UUID) -> ModelVersion:
    """One model as `models_of` gives it."""
    rows = ModelVersion.objects.select_related(
        "project", "version", "parent", "job", "job__created_by", "created_by"
    )
    return rows.get(pk=model_id)


def models_named(references: Collection[str]) -> list[dict[str, Any]]:
    """Number and name of the models that objects came from; no statement where there are none."""
    if not references:
        return []
    rows = ModelVersion.objects.filter(pk__in=_uuids(references)).order_by("number")
    return [
        {"id": str(key), "number": number, "name": name}
        for key, number, name in rows.values_list("pk", "number", "name")
    ]


def _own_purpose_first() -> Case:
    """Orders champions: the one that does what the project is for comes before one that does a part of it."""
    return Case(
        When(purpose=F("project__task_type"), then=Value(0)), default=Value(1), output_field=IntegerField()
    )


def champion_of(project: Project) -> ModelVersion | None:
    """The model that pre-labels the project, or None. A click model never does."""
    champions = ModelVersion.objects.filter(project=project, state=ModelState.CHAMPION)
    return (
        champions.exclude(purpose=Purpose.CLICK)
        .select_related("project")
        .order_by(_own_purpose_first(), "-promoted")
        .first()
    )


def champion_for_purpose(project: Project, purpose: str) -> ModelVersion | None:
    """The project's champion of one purpose, or None."""
    return ModelVersion.objects.filter(project=project, purpose=purpose, state=ModelState.CHAMPION).first()


def champion_predictions(image: OuterRef) -> QuerySet[Prediction]:
    """For a subquery: the prediction that the project's champion made of an image."""
    own_first = Case(
        When(model__purpose=F("model__project__task_type"), then=Value(0)),
        default=Value(1),
        output_field=IntegerField(),
    )
    found = Prediction.objects.filter(image=image, model__state=ModelState.CHAMPION)
    return found.exclude(model__purpose=Purpose.CLICK).order_by(own_first, "-model__promoted")


def with_uncertainty(images: QuerySet[ImageAsset]) -> QuerySet[ImageAsset]:
    """Add `uncertainty`, of the champion's prediction; null where there is none."""
    return images.annotate(
        uncertainty=Subquery(champion_predictions(OuterRef("pk")).values("uncertainty")[:1])
    )


def prediction_of(image: ImageAsset, model: ModelVersion | None = None) -> Prediction | None:
    """What a model, or the project's champion, sees in an image; None where it has not looked."""
    wanted = model or champion_of(image.project)
    if wanted is None:
        return None
    return Prediction.objects.filter(image=image, model=wanted).select_related("model").first()


def curve_after(model: ModelVersion, after: int = 0) -> tuple[list[TrainingPoint], int | None]:
    """The points of a training's curves in the order in which they were written.

    Args:
        after: only those with a higher id.

    Returns:
        At most `CURVE_PAGE` points, and the `after` of the next page; None on the last.
    """
    rows = list(TrainingPoint.objects.filter(model=model, pk__gt=after).order_by("pk")[: CURVE_PAGE + 1])
    return rows[:CURVE_PAGE], rows[CURVE_PAGE - 1].pk if len(rows) > CURVE_PAGE else None


@dataclass(frozen=True, slots=True)
class WorstImage:
    """An image that a model does badly on. image: None where it was deleted since."""

    image: ImageAsset | None
    name: str
    score: float


def worst_of(model: ModelVersion, count: int = WORST) -> list[WorstImage]:
    """The images of the evaluation with the lowest scores, the worst first."""
    rows = [one for one in model.metrics.get("per_image") or [] if one.get("score") is not None]
    rows = sorted(rows, key=lambda one: (one["score"], str(one["image"])))[:count]
    images = ImageAsset.objects.filter(project=model.project, deleted=None)
    there = {str(image.pk): image for image in images.filter(pk__in=_uuids(row["image"] for row in rows))}
    return [
        WorstImage(image, image.name if image else str(row["image"]), float(row["score"]))
        for row in rows
        for image in [there.get(str(row["image"]))]
    ]


def _uuids(texts: Iterable[Any]) -> list[UUID]:
    found = []
    for text in texts:
        try:
            found.append(UUID(str(text)))
        except ValueError:
            continue  # a model that was evaluated elsewhere names its images
    return found


def queue_of(project: Project) -> QuerySet[QueueEntry]:
    """What is still to do of the ranked queue, with the images."""
    entries = QueueEntry.objects.filter(project=project, image__deleted=None)
    return entries.filter(image__status=ImageStatus.NEW).select_related("image", "model")


def labelled(images: QuerySet[ImageAsset]) -> QuerySet[ImageAsset]:
    """Those that a training may learn from: handed in, or with objects."""
    return images.filter(Q(status__in=DONE) | Q(object_count__gt=0))


def labelled_counts(project: Project) -> dict[str, int]:
    """How many labelled images each split has."""
    rows = labelled(ImageAsset.objects.filter(project=project, deleted=None)).values_list("split", flat=True)
    splits = list(rows)
    return {split.value: splits.count(split.value) for split in Split}


def device_of(queue: str) -> dict[str, Any] | None:
    """What the worker of a queue that spoke last computes on; None where none ever did."""
    row = Worker.objects.filter(queue=queue).order_by("-seen").first()
    return None if row is None else {**row.device, "host": row.host, "seen": row.seen}


@dataclass(frozen=True, slots=True)
class Round:
    """One trained model on the curve over rounds. metric: which figure `value`, with its interval, is."""

    model: ModelVersion
    metric: str
    value: float
    low: float | None
    high: float | None


def learning_curve(project: Project) -> tuple[list[Round], str]:
    """The project's models by the labelled images that each learned from, and what stands against believing it.

    Only models of one purpose and one metric are put on one curve: those of the project's champion, or of the newest.

    Returns:
        The rounds, and a note: `too_few_rounds`, `few_test_images`, `not_better` (the intervals of the first and the
        best overlap), `other_test_images` (they were not measured on the same ones), or empty.
    """
    models = [
        one
        for one in ModelVersion.objects.filter(project=project, state__in=WITH_WEIGHTS).order_by("number")
        if one.labelled_count and _primary(one.metrics) is not None
    ]
    if not models:
        return [], "too_few_rounds"
    key = _key(next((one for one in models if one.state == ModelState.CHAMPION), models[-1]))
    rounds = [_round(one) for one in models if _key(one) == key]
    rounds.sort(key=lambda one: (one.model.labelled_count, one.model.number))
    return rounds, _note(rounds)


def _key(model: ModelVersion) -> tuple[str, str, str]:
    return model.purpose, str(model.metrics.get("primary")), str(model.metrics.get("split"))


def _primary(metrics: Mapping[str, Any]) -> Mapping[str, Any] | None:
    found = (metrics.get("values") or {}).get(metrics.get("primary"))
    return found if found and found.get("value") is not None else None


def _round(model: ModelVersion) -> Round:
    found = _primary(model.metrics)
    assert found is not None
    return Round(model, model.metrics["primary"], found["value"], found.get("low"), found.get("high"))


def _note(rounds: Sequence[Round]) -> str:
    if len({one.model.labelled_count for one in rounds}) < FEW_ROUNDS:
        return "too_few_rounds"
    if not all(one.model.metrics.get("enough") for one in rounds):
        return "few_test_images"
    tested = {
        frozenset(str(row["image"]) for row in one.model.metrics.get("per_image") or []) for one in rounds
    }
    if len(tested) > 1:
        return "other_test_images"
    first, best = rounds[0], max(rounds[1:], key=lambda one: one.value)
    if first.high is None or best.low is None or best.low <= first.high:
        return "not_better"
    return ""
