"""Writes a project's learning past straight into a running product's database: models, curves, proposals, a queue.

For what looks at the pages (accessibility, pictures): no network is trained, and no figure here was measured.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Route

from tests.e2e.product import Product

STEPS = 120
PLAN: dict[str, Any] = {
    "architecture": "unet", "purpose": "instance", "background": "class", "instances": "watershed",
    "encoder": "efficientnet_lite0", "variant": "", "weights": "packaged", "scale": 1.0, "input_size": [256, 256],
    "batch_size": 4, "steps": STEPS, "learning_rate": 0.0005, "class_weights": [1.0, 0.6, 2.4],
    "losses": [{"name": "cross_entropy", "weight": 1.0}, {"name": "dice", "weight": 1.0}],
    "augmentation": {"flip_horizontal": True, "flip_vertical": False, "rotate": 10.0, "zoom": [0.75, 1.33]},
    "optimizer": "adamw", "schedule": "poly", "evaluate_every": 20, "tiling": None, "anchors": None,
}  # fmt: skip
REASONS: dict[str, Any] = {
    "encoder": {
        "code": "encoder_packaged",
        "values": {},
        "text": "small, and its weights come with Contorno",
    },
    "steps": {
        "code": "steps_budget",
        "values": {"minutes": 8},
        "text": "what this machine does in 8 minutes",
    },
    "tiling": {"code": "tiling_whole", "values": {}, "text": "every picture is predicted whole"},
}
# Runs in the product's process. One call for everything: starting it takes seconds.
WRITE = """
import json
from pathlib import Path
from annotator.models import ImageAsset, Job, ModelVersion, QueueEntry, TrainingPoint
from annotator.services.prediction import prediction_store
given = json.loads(Path({path!r}).read_text())
overlay = bytes.fromhex(given["overlay"]) or None
for one in given["models"]:
    fields = one["fields"]
    if one.get("job"):
        fields["job"] = Job.objects.create(kind="train", project_id=fields["project_id"], **one["job"])
    model, _new = ModelVersion.objects.get_or_create(pk=one["id"], defaults=fields)
    TrainingPoint.objects.bulk_create(TrainingPoint(model=model, **point) for point in one.get("points", []))
    for image, objects in one["predicted"].items():
        item = {{"objects": objects, "score": 0.7, "uncertainty": 0.3, "class_uncertainty": {{"1": 0.3}}}}
        prediction_store(model=model, image=ImageAsset.objects.get(pk=image), item=item, overlay=overlay)
for entry in given["queue"]:
    QueueEntry.objects.create(**entry)
"""


def write_rows(
    product: Product,
    folder: Path,
    *,
    models: list[dict[str, Any]],
    queue: list[dict[str, Any]],
    overlay: bytes | None = None,
) -> None:
    """Writes models with their curves and proposals, and entries of queues, as the jobs would.

    Args:
        folder: any, to hand the rows over in.
        models: `id`, `fields` (of a model that is there already: none) and `predicted`, objects by image; a `job` of
            its training and the curve's `points` where there are any.
        overlay: a PNG, the map of uncertainty of every prediction.
    """
    path = folder / f"{uuid.uuid4().hex}.json"
    path.write_text(
        json.dumps({"models": models, "queue": queue, "overlay": overlay.hex() if overlay else ""})
    )
    product.manage("shell", "-c", WRITE.format(path=str(path)))


@dataclass(frozen=True)
class Past:
    """The ids of what was written."""

    champion: str
    candidate: str
    failed: str


def estimate(value: float, *, half: float) -> dict[str, float]:
    return {"value": value, "low": value - half, "high": value + half}


def metrics(classes: list[dict[str, Any]], *, score: float) -> dict[str, Any]:
    """Figures of a model on a test split, around this score (0..1)."""
    labels = ["background", *(one["name"] for one in classes)]
    size = len(labels)
    return {
        "split": "test", "images": 24, "units": 24, "enough": True, "primary": "ap", "labels": labels,
        "values": {
            "ap": estimate(score, half=0.04), "ap50": estimate(score + 0.2, half=0.05),
            "mean_iou": estimate(score + 0.1, half=0.03), "boundary_iou": estimate(score - 0.1, half=0.03),
        },
        "classes": [
            {"index": one["index"], "name": one["name"], "iou": max(0.05, score + 0.15 - 0.04 * place),
             "ap": score, "images": 20, "objects": 61 + place} for place, one in enumerate(classes)
        ],
        "confusion": [[900 if row == column else 40 + 7 * column for column in range(size)] for row in range(size)],
        "calibration": {
            "before": 0.11, "after": 0.03, "temperature": 1.4,
            "bins": [{"confidence": 0.1 * k, "accuracy": 0.09 * k, "count": 30 * k} for k in range(1, 10)],
        },
    }  # fmt: skip


def points(classes: list[dict[str, Any]], *, until: int, best: float) -> list[dict[str, Any]]:
    """A curve that falls and a score that rises to `best`."""
    train = [
        {"kind": "train", "step": step, "values": {
            "loss": 2.4 * 0.985**step + 0.3, "learning_rate": 0.0005 * (1 - step / STEPS),
            "images_per_second": 6.1, "seconds_left": (STEPS - step) * 1.5,
        }} for step in range(1, until + 1, 3)
    ]  # fmt: skip
    evaluate = [
        {"kind": "evaluate", "step": step, "values": {
            "score": best * step / until, "score_name": "ap", "validation_loss": 2.0 * 0.985**step + 0.2,
            "classes": [{"index": one["index"], "ap": best * step / until} for one in classes],
        }} for step in range(20, until + 1, 20)
    ]  # fmt: skip
    return [*train, *evaluate]


def write_past(
    product: Product,
    folder: Path,
    project: dict[str, Any],
    images: list[dict[str, Any]],
    predicted: dict[str, list[dict[str, Any]]],
) -> Past:
    """A champion, a candidate and a failed training; the champion's proposals; every image in the queue.

    Args:
        folder: any, to hand the rows over in.
        project, images: as the API gives them.
        predicted: objects by the id of their image.
    """
    past = Past(*(str(uuid.uuid4()) for _ in range(3)))
    classes = [
        {key: one[key] for key in ("index", "name", "colour", "is_thing")} for one in project["classes"]
    ]
    usual: dict[str, Any] = {
        "architecture": "unet", "purpose": "instance", "plan": {**PLAN, "classes": classes}, "reasons": REASONS,
        "labelled_count": 40, "seconds": 480, "code_version": "0.1.0", "project_id": project["id"],
    }  # fmt: skip
    done = {"settings": {"confidence": 0.5, "detections": 100, "smallest": 4}, "class_map": classes}
    failed_job = {
        "state": "failed", "attempts": 2, "stage": "training", "progress": 0.4,
        "error": {"type": "job-failed", "title": "Failed", "detail": "the loss is no number any more", "errors": []},
    }  # fmt: skip
    models = [
        {"id": past.champion, "predicted": predicted,
         "points": points(classes, until=STEPS, best=0.55),
         "fields": {**usual, **done, "number": 1, "name": "First round", "state": "champion",
                    "promoted": "2026-01-05T08:00:00Z", "metrics": metrics(classes, score=0.52)}},
        {"id": past.candidate, "predicted": {},
         "points": points(classes, until=STEPS, best=0.63),
         "fields": {**usual, **done, "number": 2, "name": "Second round", "state": "candidate",
                    "labelled_count": 80, "metrics": metrics(classes, score=0.6)}},
        {"id": past.failed, "job": failed_job, "predicted": {},
         "points": points(classes, until=40, best=0.2),
         "fields": {**usual, "number": 3, "state": "failed"}},
    ]  # fmt: skip
    why = [
        {"reason": "uncertain", "reason_class": classes[0]["index"]},
        {"reason": "diverse"},
        {"reason": "random"},
    ]
    queue = [
        {
            "project_id": project["id"],
            "image_id": image["id"],
            "model_id": past.champion,
            "position": place,
            "minutes": 1.5 + place,
            **why[place % 3],
        }
        for place, image in enumerate(images)
    ]
    write_rows(product, folder, models=models, queue=queue)
    return past


def planned(page: Page) -> None:
    """The planner's answers are given in its place: a plan needs torch, and what is looked at here is the dialog."""

    def options(route: Route) -> None:
        body = route.fetch().json()
        for one in body["architectures"][1:]:
            one["reason"] = "not enough labelled images"
        body["architectures"][0].update(available=True, recommended=True)
        route.fulfill(json=body)

    plan = {
        "id": str(uuid.uuid4()), "kind": "plan", "project": None, "state": "succeeded", "progress": 1, "stage": "",
        "attempts": 1, "max_attempts": 1, "cancel_requested": False, "error": None, "parameters": {},
        "result": {"plan": PLAN, "reasons": REASONS, "device": {"kind": "cpu", "name": "2 cores"}},
    }  # fmt: skip
    page.route("**/trainings/options", options)
    page.route("**/plans", lambda route: route.fulfill(status=202, json=plan))
