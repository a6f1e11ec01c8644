"""The learning loop: trained models and how they came to be, what they predict, and what to annotate next.

Owns fields and constraints. What a plan, a metric or a predicted object looks like inside the JSON fields is said in
`docs/learning_formats.md`; `ml_worker` makes them, services write them.
"""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from annotator.models.dataset import DatasetVersion
from annotator.models.image import ImageAsset
from annotator.models.job import Job
from annotator.models.project import Project
from annotator.models.user import User


class ModelState(models.TextChoices):
    """Where a model stands. Only a candidate, a champion or a retired one has weights."""

    TRAINING = "training"
    FAILED = "failed"  # ended without a checkpoint worth keeping
    CANDIDATE = "candidate"
    CHAMPION = "champion"
    RETIRED = "retired"


class Purpose(models.TextChoices):
    """What a model is for; a project has at most one champion for each."""

    SEMANTIC = "semantic"
    INSTANCE = "instance"
    PANOPTIC = "panoptic"
    CLICK = "click"


class Architecture(models.TextChoices):
    UNET = "unet"
    FCN = "fcn"
    MASK_RCNN = "mask_rcnn"
    CLICK = "click"
    FUSED = "fused"  # a semantic and an instance model of this project, their results fused to a panoptic one
    ONNX = "onnx"  # brought by its owner


class ModelVersion(models.Model):
    """One training and what came of it, or a model that somebody brought."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="model_versions")
    number = models.PositiveIntegerField()  # counts up in the project
    name = models.CharField(max_length=200, blank=True)
    note = models.TextField(blank=True)
    architecture = models.CharField(max_length=10, choices=Architecture.choices)
    purpose = models.CharField(max_length=10, choices=Purpose.choices)
    state = models.CharField(max_length=10, choices=ModelState.choices, default=ModelState.TRAINING)
    version = models.ForeignKey(
        DatasetVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="models"
    )  # what it was trained on; null for one that was brought
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )  # whose weights it began with
    parts = models.ManyToManyField(
        "self", symmetrical=False, blank=True, related_name="part_of"
    )  # of a fused one
    job = models.ForeignKey(Job, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    plan = models.JSONField(default=dict)
    reasons = models.JSONField(default=dict)  # why each value of the plan was chosen
    overrides = models.JSONField(default=dict)  # what a person chose instead
    class_map = models.JSONField(
        default=list
    )  # [{"index", "name", "colour", "is_thing"}] in the order of its outputs
    seed = models.PositiveIntegerField(default=0)
    code_version = models.CharField(max_length=60, blank=True)
    metrics = models.JSONField(default=dict)  # of the evaluation, with intervals
    settings = models.JSONField(default=dict)  # thresholds, temperature, tiling: what prediction uses
    settings_changed = models.DateTimeField(null=True, blank=True)  # predictions before are out of date
    files = models.JSONField(
        default=dict
    )  # {"weights": {"stored", "sha256", "size_bytes", "name"}, "onnx": …}
    licence = models.CharField(max_length=200, blank=True)
    labelled_count = models.PositiveIntegerField(default=0)  # training images it learned from
    seconds = models.FloatField(default=0.0)  # of training, over all attempts
    stopped = models.BooleanField(default=False)  # ended early by a person: its best checkpoint was kept
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created = models.DateTimeField(auto_now_add=True)
    finished = models.DateTimeField(null=True, blank=True)
    promoted = models.DateTimeField(null=True, blank=True)  # when it last became champion

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["project", "number"], name="model_number_unique"),
            models.UniqueConstraint(
                fields=["project", "purpose"], condition=Q(state="champion"), name="one_champion_per_purpose"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["project", "-number"])]


class TrainingPoint(models.Model):
    """One point of a training's curves: what was measured at a step."""

    model = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="points", db_index=False)
    kind = models.CharField(max_length=10, choices=[("train", "train"), ("evaluate", "evaluate")])
    step = models.PositiveIntegerField()
    values = models.JSONField()
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            # A resumed training comes by the same step again and replaces what it said there.
            models.UniqueConstraint(fields=["model", "kind", "step"], name="one_point_per_step"),
        ]


class Prediction(models.Model):
    """What one model sees in one image. Never part of a person's document until a person accepts it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    image = models.ForeignKey(ImageAsset, on_delete=models.CASCADE, related_name="predictions")
    model = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="predictions")
    # Annotations as the API has them (id, class, kind, polygons or rle, box) with "score" and "uncertainty".
    content = models.JSONField(default=list)
    object_count = models.PositiveIntegerField(default=0)
    rejected = models.JSONField(default=list)  # ids of objects that a person rejected
    score = models.FloatField(null=True, blank=True)  # mean calibrated confidence, 0..1
    uncertainty = models.FloatField(null=True, blank=True)  # the image's, 0..1
    class_uncertainty = models.JSONField(default=dict)  # by class index
    features = models.BinaryField(null=True, blank=True)  # bottleneck embedding, float16, little endian
    overlay = models.CharField(max_length=200, blank=True)  # storage name of the uncertainty map, grey PNG
    seconds = models.FloatField(default=0.0)  # what it took
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["image", "model"], name="one_prediction_per_image_and_model"),
        ]


class QueueEntry(models.Model):
    """One image's place in its project's ranked queue, and why it stands there."""

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="queue_entries", db_index=False
    )
    image = models.OneToOneField(ImageAsset, on_delete=models.CASCADE, related_name="queue_entry")
    model = models.ForeignKey(
        ModelVersion, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    job = models.ForeignKey(Job, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    position = models.PositiveIntegerField()  # 0 first
    reason = models.CharField(
        max_length=10, choices=[("uncertain", "uncertain"), ("diverse", "diverse"), ("random", "random")]
    )
    reason_class = models.PositiveSmallIntegerField(null=True, blank=True)  # of an uncertain one
    score = models.FloatField(default=0.0)  # acquisition score
    minutes = models.FloatField(null=True, blank=True)  # it should take
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["project", "position"])]


class Worker(models.Model):
    """What a worker of a learning queue last said of its machine; a plan is made for it."""

    host = models.CharField(max_length=200)
    queue = models.CharField(max_length=10)
    device = models.JSONField()
    seen = models.DateTimeField(auto_now=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["host", "queue"], name="one_row_per_worker")]
