"""Where the learning code meets Django: handlers that turn ids into run folders, and what comes out into writes.

Owns preparing a run, following it, and keeping its result. Does not own processes (`process.py`), the dataset folder
(`version_folder.py`), nor the work (`run.py` and what it calls). Never imports torch: a worker that waits is small.
"""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from annotator.celery import stopping
from annotator.core.errors import Cancelled, InvalidInput
from annotator.job_context import JobContext
from annotator.models import (
    DatasetVersion,
    DatasetVersionItem,
    ImageAsset,
    ImageStatus,
    ModelState,
    ModelVersion,
    Project,
)
from annotator.selectors.fingerprint import fingerprint_of
from annotator.selectors.learning import champion_of, labelled, state_name
from annotator.selectors.ranking import ranking_facts
from annotator.selectors.tiles import pyramid_region
from annotator.selectors.training_options import version_labelled
from annotator.selectors.version import dataset_view
from annotator.services.model import (
    model_brought,
    model_file_store,
    model_finished,
    model_of_job,
    model_planned,
    points_store,
    strip_store,
)
from annotator.services.prediction import images_to_predict, prediction_store
from annotator.services.ranking import queue_replace
from annotator.services.run_folders import RUNS, run_folders_sweep
from annotator.services.worker import QUEUES, device_here
from annotator.storage import local_copy, stored_path
from ml_worker import process
from ml_worker.model_folder import ONNX, WEIGHTS, write_model
from ml_worker.process import Wish, command_for, machine_lock, run_in
from ml_worker.run_folder import REQUEST, Follower, write_json
from ml_worker.version_folder import WINDOW, Source, folder_for

KEPT_FILES = ("weights", "onnx", "torchscript", "label_map", "script")
POINTS_EVERY = 1.0  # seconds between two writes of points
CHUNK = {True: 2000, False: 200}  # images of one prediction process, on a disk or fetched from a bucket
MOST_LOOKED_AT = (
    2000  # images that a ranking predicts beforehand; others stand in the queue without being looked at
)


def run_probe(context: JobContext) -> dict[str, Any]:
    """Answer who this worker is and what it computes on.

    `parameters["seconds"]` (default 0) makes it work that long, in steps that notice a cancel.
    """
    seconds = float(context.job.parameters.get("seconds", 0))
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        context.check_cancelled()
        context.progress(1 - left / seconds, "probing")
        time.sleep(min(0.1, left))
    queue = context.job.queue
    device = device_here(queue) if queue in QUEUES else None
    return {"host": platform.node(), "python": platform.python_version(), "device": device}


# Plans


def run_plan(context: JobContext) -> dict[str, Any]:
    """Work out a plan. Safe to run again at any moment.

    Raises:
        InvalidInput: what it is about was deleted, or the planner refuses an override.
    """
    given, project = context.job.parameters, _project(context)
    source: Project | DatasetVersion = project
    if given.get("version"):
        source = _found(DatasetVersion.objects.select_related("project"), given["version"], _("the version"))
    parent = ModelVersion.objects.filter(pk=given.get("parent")).first() if given.get("parent") else None
    folder = _run_folder(context)
    try:
        found = _planned(
            context, folder, source, given["architecture"], given.get("overrides") or {}, parent=parent
        )
    finally:
        _leave(context, folder)
    return {**found, "version": given.get("version")}


def _planned(
    context: JobContext,
    folder: Path,
    source: Project | DatasetVersion,
    architecture: str,
    overrides: Mapping[str, Any],
    *,
    parent: ModelVersion | None,
) -> dict[str, Any]:
    context.progress(0.01, _stage("planning"))
    device = device_here("gpu")
    fingerprint = fingerprint_of(source)
    request = {
        "task": "plan",
        "architecture": architecture,
        "fingerprint": fingerprint,
        "device": device,
        "overrides": {key: value for key, value in overrides.items() if key != "weights_file"},
        "parent": parent.plan if parent else None,
    }
    result = _Run(context, folder / "plan", request).result()
    return {
        "plan": result["plan"],
        "reasons": result["reasons"],
        "fingerprint": fingerprint,
        "device": device,
    }


# Trainings


def run_train(context: JobContext) -> dict[str, Any]:
    """Train a model, or go on with a training from its last checkpoint in the same run folder.

    Raises:
        InvalidInput, Unavailable: it could not be done. Cancelled: a person stopped it (then the model is a candidate
        if it had learned anything), or the worker hands it back.
    """
    model = _training_model(context)
    run_folders_sweep()
    folder = _run_folder(context)

    def waiting() -> None:
        context.progress(0.0, _stage("waiting_for_gpu"))
        context.check_cancelled()

    lock = Path(settings.WORK_DIR) / "locks" / f"{platform.node()}.gpu"
    with machine_lock(lock, waiting) as held:
        request = _training_request(context, model, folder)
        context.progress(0.02, _stage("starting"))
        gpus = int(((model.plan.get("device") or {}).get("count")) or 0)
        run = _Run(context, folder, request, model=model, keep_open=(held,), gpus=gpus)
        result = run.result(stop_kept=True)
    return _keep_training(context, model, folder, result)


def _training_request(context: JobContext, model: ModelVersion, folder: Path) -> dict[str, Any]:
    """What the training process is asked; the plan is made once, and a resumed training follows the same one."""
    version = model.version
    if version is None:
        raise InvalidInput(_("the dataset version to learn from was deleted"))
    if not model.plan:
        made = _planned(context, folder, version, model.architecture, model.overrides, parent=model.parent)
        model_planned(model=model, plan=made["plan"], reasons=made["reasons"])
    request: dict[str, Any] = {
        "task": "train",
        "plan": model.plan,
        "dataset": str(dataset_folder(context, version)),
        "parent_weights": None,
        "parent_plan": model.parent.plan if model.parent else None,
        "packaged_clicks": str(settings.PACKAGED_MODELS),
        "weights_file": None,
        "seed": model.seed,
        "resume": True,
    }
    if model.parent is not None and "weights" in model.parent.files:
        request["parent_weights"] = str(
            local_copy(model.parent.files["weights"]["stored"], folder / "parent")
        )
    if name := model.overrides.get("weights_file"):
        request["weights_file"] = str(Path(settings.WEIGHTS_DIR) / Path(name).name)
    return request


def _keep_training(
    context: JobContext, model: ModelVersion, folder: Path, result: dict[str, Any] | None
) -> dict[str, Any]:
    """Put what was learned into the storage: the model is a candidate from then on."""
    stopped = context.cancel_requested
    if result is None or not (result.get("files") or {}).get("weights"):
        if stopped:
            raise Cancelled(_("cancelled before there was anything worth keeping"))
        raise InvalidInput(_("the training ended without weights; its log may say why"))
    context.progress(0.99, _stage("saving"))
    if stopped:
        result["state"] = "stopped"
    files = {
        name: model_file_store(path=folder / path, name=name)
        for name, path in (result.get("files") or {}).items()
        if name in KEPT_FILES and path
    }
    done = model_finished(model=model, result=result, files=files)
    if stopped:
        raise Cancelled(_("cancelled by a person; the best checkpoint was kept"))
    shutil.rmtree(folder, ignore_errors=True)
    return {"model": str(model.pk), "state": done.state, "seconds": done.seconds, **_headline(done)}


def _headline(model: ModelVersion) -> dict[str, Any]:
    primary = model.metrics.get("primary")
    found = (model.metrics.get("values") or {}).get(primary) or {}
    return {"metric": primary, "value": found.get("value"), "split": model.metrics.get("split")}


# Evaluations: of fused and brought models


def run_evaluate(context: JobContext) -> dict[str, Any]:
    """Measure a model that was not trained here: a fused or a brought one. It is a candidate when that went well.

    Raises:
        InvalidInput: the model cannot be run; the message says why.
    """
    model = _training_model(context)
    folder = _run_folder(context)
    try:
        result = _evaluated(context, model, folder)
    finally:
        _leave(context, folder)
    classes = model.class_map or _union(list(model.parts.all()))
    done = model_finished(model=model, result={"state": "done", "class_map": classes, **result}, files={})
    return {"model": str(model.pk), "state": done.state, **_headline(done)}


def _evaluated(context: JobContext, model: ModelVersion, folder: Path) -> dict[str, Any]:
    if model.architecture == "onnx" and not model.plan:
        _look_at(context, model, folder)
    version = model.version or _newest_version(model.project)
    model_folder(model, folder / "model")
    request: dict[str, Any] = {"task": "evaluate", "model": "model", "split": "test", "fused": None}
    if version is not None:
        splits = list(version_labelled(version).values_list("split", flat=True))
        request["split"] = "test" if "test" in splits else "val" if "val" in splits else "train"
        request["dataset"] = str(dataset_folder(context, version))
    else:
        request["dataset"] = None  # nothing is labelled: the model is only opened and run
    parts = [folder / "model" / name for name in ("semantic", "instance")]
    if model.architecture == "fused":
        request["fused"] = [str(path) for path in parts]
    return _Run(context, folder, request, model=model).result() or {}


def _look_at(context: JobContext, model: ModelVersion, folder: Path) -> None:
    """Have a process of its own open a file that somebody brought."""
    label_map = local_copy(model.files["label_map"]["stored"], folder / "files")
    classes = model.project.label_classes.filter(deleted=None).order_by("order", "index")  # type: ignore[attr-defined]
    request = {
        "task": "bring",
        "model": str(local_copy(model.files["onnx"]["stored"], folder / "files")),
        "label_map": str(label_map),
        "label_name": f"label_map{label_map.suffix}",  # stored under its hash, which tells nobody anything
        "classes": list(classes.values("index", "name", "colour", "is_thing")),
    }
    found = _Run(context, folder / "look", request).result()
    if found["unknown"]:
        context.log(
            _("the project has no classes for: %(names)s") % {"names": ", ".join(found["unknown"])}, "warning"
        )
    model_brought(model=model, found=found)


def _newest_version(project: Project) -> DatasetVersion | None:
    newest = DatasetVersion.objects.filter(project=project).select_related("project").order_by("-number")
    return next((one for one in newest[:20] if version_labelled(one).exists()), None)


# Predictions


def run_predict(context: JobContext) -> dict[str, Any]:
    """Predict images and keep each result as it comes; goes on with the rest when it is run again.

    Raises:
        InvalidInput: the model is gone or cannot be run.
    """
    model = model_of_job(context.job)
    if model is None:
        raise InvalidInput(_("the model was deleted"))
    parameters = dict(context.job.parameters)
    if parameters.get("again"):
        parameters["since"] = context.job.created
    images = list(images_to_predict(model, parameters))
    done, failed = predict_images(context, model, images, share=(0.0, 1.0))
    return {"model": str(model.pk), "images": done, "failed": failed}


def predict_images(
    context: JobContext, model: ModelVersion, images: Sequence[ImageAsset], *, share: tuple[float, float]
) -> tuple[int, int]:
    """Have a model look at images, in a few processes for many.

    Args:
        share: between which fractions of the job's progress this lies.

    Returns:
        How many were predicted, and how many could not be; the log names those.
    """
    done = failed = 0
    size = CHUNK[stored_path("x") is not None]
    for first in range(0, len(images), size):
        some = list(images[first : first + size])
        folder = _run_folder(context, fresh=True)
        keep = _Keep(context, model, folder, {str(image.pk): image for image in some})
        low = share[0] + (share[1] - share[0]) * first / len(images)
        high = share[0] + (share[1] - share[0]) * (first + len(some)) / len(images)
        try:
            model_folder(model, folder / "model")
            request = {
                "task": "predict",
                "model": "model",
                "settings": model.settings or None,
                "exclusive": model.project.exclusive,
                "items": [_item(image, folder) for image in some],
            }
            _Run(context, folder, request, on_item=keep, share=(low, high)).result()
        finally:
            _leave(context, folder)
        done, failed = done + keep.done, failed + keep.failed
    return done, failed


class _Keep:
    """Stores predictions as they come."""

    def __init__(
        self, context: JobContext, model: ModelVersion, folder: Path, images: Mapping[str, ImageAsset]
    ) -> None:
        self._context, self._model, self._folder, self._images = context, model, folder, images
        self.done = self.failed = 0

    def __call__(self, item: Mapping[str, Any]) -> None:
        image = self._images[str(item["image"])]
        if "error" in item:
            self.failed += 1
            self._context.log(f"{image.name}: {item['error']}", "warning")
            return
        path = item.get("overlay")
        overlay = (self._folder / path).read_bytes() if path else None
        prediction_store(model=self._model, image=image, item=item, overlay=overlay)
        self.done += 1


def _item(image: ImageAsset, folder: Path) -> dict[str, Any]:
    """One image of a request; a large one by its archive of tiles."""
    fields = {"image": str(image.pk), "width": image.width, "height": image.height}
    if image.is_tiled:
        return {**fields, "pyramid": str(local_copy(image.pyramid, folder / "pictures"))}
    return {**fields, "file": str(local_copy(image.display, folder / "pictures"))}


# The queue


def run_rank(context: JobContext) -> dict[str, Any]:
    """Rank the project's new images: look at those that nobody has looked at, then put the queue in order.

    Raises:
        InvalidInput: the champion cannot be run.
    """
    project = _project(context)
    model = champion_of(project)
    images = ImageAsset.objects.filter(project=project, deleted=None).exclude(split="test")
    if model is not None:
        todo = list(_to_look_at(model, images))
        predict_images(context, model, todo, share=(0.0, 0.9))
    new = list(images.filter(status=ImageStatus.NEW, object_count=0).order_by("name", "id"))
    known = list(labelled(images).order_by("name", "id"))
    folder = _run_folder(context, fresh=True)
    request = {
        "task": "rank",
        "labelled": ranking_facts(known, model),
        "unlabelled": ranking_facts(new, model),
        "class_map": model.class_map if model else [],
        "seed": model.number if model else 0,
        "count": None,
    }
    try:
        result = _Run(context, folder, request, share=(0.9, 1.0)).result() if new else {"entries": []}
    finally:
        _leave(context, folder)
    count = queue_replace(project=project, model=model, job=context.job, entries=result["entries"])
    return {"model": str(model.pk) if model else None, "images": count}


def _to_look_at(model: ModelVersion, images: Any) -> Any:
    """Images without a prediction that the ranking needs: new ones, and labelled ones for what is known already."""
    todo = images_to_predict(model, {"scope": "all"}).filter(pk__in=images.values("pk"))
    return todo.order_by("-status", "perceptual_hash", "id")[:MOST_LOOKED_AT]  # hashes: as good as by chance


# Running


class _Run:
    """One process on one run folder, with its events going where they belong."""

    def __init__(
        self,
        context: JobContext,
        folder: Path,
        request: Mapping[str, Any],
        *,
        model: ModelVersion | None = None,
        on_item: Callable[[Mapping[str, Any]], None] | None = None,
        share: tuple[float, float] = (0.0, 1.0),
        keep_open: Sequence[int] = (),
        gpus: int = 0,
    ) -> None:
        self._context, self._folder, self._request = context, folder, request
        self._model, self._on_item, self._share = model, on_item, share
        self._keep_open, self._gpus = keep_open, gpus
        self._points: list[tuple[str, int, Mapping[str, Any]]] = []
        self._flushed = time.monotonic()

    def result(self, *, stop_kept: bool = False) -> Any:
        """Run to the end.

        Args:
            stop_kept: where a person cancels, let it end early with a result, instead of ending it at once.

        Raises:
            Cancelled: by a person (unless stop_kept), by a lost lease, or since the worker stops.
            InvalidInput, Unavailable: it could not be done.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        self._take_up()
        write_json(self._folder / REQUEST, self._request)
        try:
            found = run_in(
                self._folder,
                command_for(self._folder, gpus=self._gpus),
                on_event=self._event,
                wanted=lambda: self._wanted(stop_kept=stop_kept),
                silence=settings.LEARNING_SILENCE_SECONDS,
                root=settings.BASE_DIR,
                keep_open=self._keep_open,
                language=get_language() or "",
            )
        except Exception:
            if tail := process.tail_of(self._folder).strip():
                self._context.log(tail, "error")
            raise
        finally:
            self._flush()
        if not (stop_kept and self._context.cancel_requested):
            self._context.check_cancelled()
        return found

    def _wanted(self, *, stop_kept: bool) -> Wish:
        if not self._context.is_cancelled():
            if time.monotonic() - self._flushed > POINTS_EVERY:
                self._flush()
            return Wish()
        if stop_kept and self._context.cancel_requested and not self._context.lost and not stopping():
            return Wish(stop=True)
        return Wish(end=True)

    def _take_up(self) -> None:
        """Keep points that an attempt before wrote and nobody stored, since its worker was killed."""
        for event in Follower(self._folder).new():
            if event["kind"] == "point":
                self._event(event)
        self._flush()

    def _event(self, event: Mapping[str, Any]) -> None:
        kind = event["kind"]
        if kind == "progress":
            low, high = self._share
            stage = _stage(event["stage"], event.get("values"))
            self._context.progress(low + (high - low) * event["fraction"], stage)
        elif kind == "log":
            self._context.log(event["text"], event.get("level", "info"))
        elif kind == "point":
            self._points.append((event["curve"], event["step"], event["values"]))
        elif kind == "item" and self._on_item is not None:
            self._on_item(event["values"])
        elif kind == "file" and event["name"] == "strip" and self._model is not None:
            values = event.get("values") or {}
            strip_store(
                model=self._model,
                path=self._folder / event["path"],
                step=int(values.get("step", 0)),
                images=list(values.get("images", [])),
            )

    def _flush(self) -> None:
        points, self._points = self._points, []
        self._flushed = time.monotonic()
        if points and self._model is not None:
            points_store(model=self._model, points=points)


def _stage(name: str, values: Mapping[str, Any] | None = None) -> str:
    """A stage as the job's row holds it: `selectors/job.py` puts it into the reader's language."""
    text = json.dumps({"stage": name, "values": dict(values or {})}, separators=(",", ":"))
    return text if len(text) <= 200 else json.dumps({"stage": name, "values": {}}, separators=(",", ":"))


def _run_folder(context: JobContext, *, fresh: bool = False) -> Path:
    """The job's folder, the same in every attempt."""
    folder = Path(settings.WORK_DIR) / RUNS / str(context.job.pk)
    if fresh:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _leave(context: JobContext, folder: Path) -> None:
    """Delete the folder of work that does not go on from what lies there; whoever has the lease may be using it."""
    if context.holds_lease():
        shutil.rmtree(folder, ignore_errors=True)


def _project(context: JobContext) -> Project:
    if context.job.project is None:
        raise InvalidInput(_("the project was deleted"))
    return context.job.project


def _found(rows: Any, key: Any, what: str) -> Any:
    row = rows.filter(pk=key).first()
    if row is None:
        raise InvalidInput(_("%(what)s was deleted") % {"what": what})
    return row


def _training_model(context: JobContext) -> ModelVersion:
    """The model that a job makes.

    Raises:
        InvalidInput: it was deleted, or has been made.
    """
    model = model_of_job(context.job)
    if model is None:
        raise InvalidInput(_("the model was deleted"))
    if model.state != ModelState.TRAINING:
        raise InvalidInput(
            _("model %(number)s is %(state)s already")
            % {"number": model.number, "state": state_name(model.state)}
        )
    return model


def dataset_folder(context: JobContext, version: DatasetVersion) -> Path:
    """A version as a folder to learn from."""
    items = DatasetVersionItem.objects.filter(version=version)
    assets = {name: str(image) for name, image in items.values_list("name", "image_id")}
    large: dict[str, Any] = {}
    for item in items.filter(image__levels__gt=0).select_related("image"):
        large[item.name] = partial(_window, item.image)
    chosen = version_labelled(version).order_by("pk").values_list("pk", flat=True)

    def tick(done: int, count: int) -> None:
        context.progress(0.01, _stage("writing_dataset", {"done": done, "images": count}))
        context.check_cancelled()

    return folder_for(
        Path(settings.WORK_DIR) / "datasets",
        Source(dataset_view(version), assets, large, version.project.exclusive),
        key=f"{len(chosen)} {version.project.exclusive} {hash_of(chosen)}",
        room=settings.DATASET_CACHE_BYTES,
        tick=tick,
    )


def hash_of(numbers: Any) -> str:
    return hashlib.sha256(",".join(map(str, numbers)).encode()).hexdigest()[:16]


def _window(image: ImageAsset, frame: tuple[int, int, int, int]) -> Any:
    return pyramid_region(image, frame, WINDOW * WINDOW)


def model_folder(model: ModelVersion, folder: Path) -> None:
    """Write a model as a folder that predicts; of a fused one its two parts."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    parts = list(model.parts.all())
    for part in parts:
        model_folder(part, folder / part.purpose)
    class_map = model.class_map or _union(parts)
    write_model(
        folder,
        architecture=model.architecture,
        purpose=model.purpose,
        plan=model.plan,
        class_map=class_map,
        settings=model.settings,
        model_id=str(model.pk),
    )
    if model.architecture == "fused":
        return
    name, target = ("onnx", ONNX) if model.architecture == "onnx" else ("weights", WEIGHTS)
    if name not in model.files:
        raise InvalidInput(_("model %(number)s has no weights") % {"number": model.number})
    (folder / target).symlink_to(local_copy(model.files[name]["stored"], folder / "files"))


def _union(models: Sequence[ModelVersion]) -> list[dict[str, Any]]:
    """The classes of several models, in the order of their indices."""
    found = {one["index"]: one for model in models for one in model.class_map}
    return [found[index] for index in sorted(found)]
