"""What may be trained in a project, and what is still missing for it.

Owns which architectures fit a project and how many labelled images a training needs. Does not own the plan
(`ml_worker/plan.py`) nor starting one (`services/training.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext as _

from annotator.core.document import TaskType
from annotator.core.errors import Problem
from annotator.models import (
    Annotation,
    Architecture,
    DatasetVersion,
    DatasetVersionItem,
    ImageAsset,
    LabelClass,
    ModelVersion,
    Project,
    Purpose,
)
from annotator.selectors.learning import DONE, WITH_WEIGHTS, device_of, labelled, labelled_counts

# Two: one image is learned by heart, and cannot even be told from the class. A useful model needs dozens.
LEAST_TRAIN = 2
TRAINED = (Architecture.UNET, Architecture.FCN, Architecture.MASK_RCNN, Architecture.CLICK)
# What the planner knows by name; which of them have weights on a machine, the plan's reasons say.
ENCODERS = (
    "efficientnet_lite0",
    "mobilenet_v2",
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
)
WEIGHT_SUFFIXES = (".safetensors", ".pth", ".pt")


@dataclass(frozen=True, slots=True)
class Labelled:
    """How much a training would learn from.

    Attributes:
        images: labelled images by split. things, objects: objects in training images, of things and of all classes.
    """

    images: Mapping[str, int]
    things: int
    objects: int
    task_type: str = ""


def labelled_now(project: Project) -> Labelled:
    """What is labelled at this moment."""
    train = labelled(ImageAsset.objects.filter(project=project, deleted=None, split="train"))
    rows = Annotation.objects.filter(
        document__role="primary", document__image__in=train.values("pk"), valid_to=None
    )
    return Labelled(labelled_counts(project), *_objects(project, rows), task_type=project.task_type)


def labelled_in(version: DatasetVersion) -> Labelled:
    """What a frozen version holds that is labelled."""
    items = version_labelled(version)
    splits = list(items.values_list("split", flat=True))
    train = items.filter(split="train")
    documents = dict(train.values_list("document_id", "revision"))
    rows = Annotation.objects.filter(document__in=list(documents)[:500])  # enough to know that there are any
    alive = [
        row
        for row in rows.values_list("document_id", "class_index", "valid_from", "valid_to")
        if row[2] <= documents[row[0]] and (row[3] is None or row[3] > documents[row[0]])
    ]
    things = {one["index"] for one in version.classes if one["is_thing"]}
    known = {one["index"] for one in version.classes}
    return Labelled(
        {name: splits.count(name) for name in ("train", "val", "test")},
        sum(row[1] in things for row in alive),
        sum(row[1] in known for row in alive),
        task_type=version.task_type,
    )


def version_labelled(version: DatasetVersion) -> Any:
    """The items of a version that a training may learn from."""
    return DatasetVersionItem.objects.filter(version=version).filter(
        Q(status__in=DONE) | Q(object_count__gt=0)
    )


def _objects(project: Project, rows: Any) -> tuple[int, int]:
    classes = dict(LabelClass.objects.filter(project=project, deleted=None).values_list("index", "is_thing"))
    things = [index for index, is_thing in classes.items() if is_thing]
    return rows.filter(class_index__in=things).count(), rows.filter(class_index__in=list(classes)).count()


def missing_for(architecture: str, found: Labelled) -> list[Problem]:
    """Everything that a training still needs, each said with what to do; empty when it can start."""
    problems: list[Problem] = []
    short = LEAST_TRAIN - found.images.get("train", 0)
    if short > 0:
        problems.append(
            Problem(
                "version",
                _(
                    "%(count)s labelled training images; at least %(least)s are needed, some dozens make a useful "
                    "model. Draw objects in %(short)s more, or hand in images that hold none"
                )
                % {"count": found.images.get("train", 0), "least": LEAST_TRAIN, "short": short},
            )
        )
    elif architecture == Architecture.MASK_RCNN and found.task_type == TaskType.SEMANTIC:
        problems.append(
            Problem(
                "architecture",
                _("a semantic project has no single objects for Mask R-CNN; choose U-Net or FCN"),
            )
        )
    elif architecture == Architecture.MASK_RCNN and not found.things:
        problems.append(
            Problem(
                "architecture",
                _(
                    "no training image has an object of a class that is a thing: Mask R-CNN has nothing to find"
                ),
            )
        )
    elif not found.objects:
        problems.append(
            Problem(
                "version",
                _("the labelled training images hold no object of any class: there is nothing to learn"),
            )
        )
    return problems


@dataclass(frozen=True, slots=True)
class ArchitectureOption:
    """An architecture, whether it can be trained here now, and why not (or what it is good for)."""

    name: str
    available: bool
    purpose: str
    recommended: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Options:
    """What the training dialog offers."""

    architectures: Sequence[ArchitectureOption]
    encoders: Sequence[str]
    weights: Sequence[Mapping[str, Any]]
    labelled: Mapping[str, int]
    missing: Sequence[Problem]
    device: Mapping[str, Any] | None


def options_of(project: Project) -> Options:
    """What may be trained in the project as it is now."""
    found = labelled_now(project)
    architectures = [_option(project, name, found) for name in TRAINED]
    return Options(
        architectures=[*architectures, _fused(project)],
        encoders=ENCODERS,
        weights=weight_files(),
        labelled=found.images,
        missing=missing_for("", found),
        device=device_of("gpu"),
    )


def purpose_of(project: Project, architecture: str) -> str:
    """What a model of this architecture does in a project; the plan may say otherwise."""
    if architecture == Architecture.CLICK:
        return Purpose.CLICK
    if architecture == Architecture.FUSED:
        return Purpose.PANOPTIC
    if architecture == Architecture.MASK_RCNN:
        return Purpose.INSTANCE
    separates = architecture == Architecture.UNET and project.task_type == TaskType.INSTANCE
    return Purpose.INSTANCE if separates else Purpose.SEMANTIC


def recommended_for(project: Project) -> str:
    """The architecture that the dialog begins with."""
    return Architecture.UNET if project.task_type == TaskType.SEMANTIC else Architecture.MASK_RCNN


def _option(project: Project, name: str, found: Labelled) -> ArchitectureOption:
    missing = missing_for(name, found)
    return ArchitectureOption(
        name=name,
        available=not missing,
        purpose=purpose_of(project, name),
        recommended=name == recommended_for(project),
        reason=missing[0].message if missing else "",
    )


def _fused(project: Project) -> ArchitectureOption:
    there = set(
        ModelVersion.objects.filter(project=project, state__in=WITH_WEIGHTS).values_list("purpose", flat=True)
    )
    reason = ""
    if project.task_type != TaskType.PANOPTIC:
        reason = _("only a panoptic project has use for it")
    elif not {Purpose.SEMANTIC, Purpose.INSTANCE} <= there:
        reason = _("it joins a semantic and an instance model of this project: train both first")
    return ArchitectureOption(Architecture.FUSED, not reason, Purpose.PANOPTIC, False, reason)


def weight_files() -> list[dict[str, Any]]:
    """The files in the operator's weights folder (CONTORNO_WEIGHTS_DIR) that a training may begin with."""
    folder = Path(settings.WEIGHTS_DIR)
    if not folder.is_dir():
        return []
    files = sorted(path for path in folder.iterdir() if path.suffix in WEIGHT_SUFFIXES and path.is_file())
    return [{"name": path.name, "size_bytes": path.stat().st_size} for path in files]
