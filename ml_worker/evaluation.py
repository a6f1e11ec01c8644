"""The tasks `evaluate` and the end of `train`: a model folder is run on a split, and its settings are chosen before.

Owns the glue between predictors (`infer.py`) and measures (`evaluate.py`, `click_eval.py`). Does not own either.
Settings are chosen on validation images, never on those that are reported.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from annotator.core.errors import InvalidInput
from annotator.core.words import _
from ml_worker.evaluate import choose_settings, evaluate_split
from ml_worker.folder import Dataset, Picture, read_folder
from ml_worker.infer import device_name, predictor_of
from ml_worker.model_folder import PARTS, ModelFolder, read_model
from ml_worker.predictors import InstancePredictor, SemanticPredictor
from ml_worker.recipe import Plan
from ml_worker.run_folder import Events
from ml_worker.seen import Predict, Seen


def evaluate_task(request: Mapping[str, Any], folder: Path, events: Events) -> dict[str, Any]:
    """Carry out the task `evaluate` of a run folder.

    Returns:
        `{"metrics", "settings"}`; `metrics` is empty where nothing is labelled, and the model was only opened and run.

    Raises:
        InvalidInput: the model or the dataset cannot be read.
    """
    model = read_model(folder / request["model"])
    plan = {"purpose": model.purpose, "background": "class", **model.plan, "classes": _classes(model)}
    events.progress(0.0, "loading_model")
    if not request.get("dataset"):
        predict_with(model, model.settings)(np.zeros((64, 64, 3), np.uint8))
        return {"metrics": {}, "settings": dict(model.settings)}
    dataset = read_folder(folder / request["dataset"])
    return measured(model, dataset, plan, split=request["split"], events=events, choose=not model.plan)


def measured(
    model: ModelFolder,
    dataset: Dataset,
    plan: Plan,
    *,
    split: str,
    events: Events,
    choose: bool,
    begin: float = 0.0,
) -> dict[str, Any]:
    """Measure a model on a split.

    Args:
        choose: whether thresholds and the temperature are chosen on the validation split before.
        begin: the progress that has been made when this begins, 0..1.

    Returns:
        `{"metrics", "settings"}`.
    """
    settings = dict(model.settings)
    seed = int(plan.get("seed") or 0)
    predict = predict_with(model, settings)
    if choose and split != "val":
        events.progress(begin, "calibrating")
        settings = choose_settings(dataset, predict, plan=plan, settings=settings, seed=seed)
        predict = predict_with(model, settings)

    def progress(share: float) -> None:
        events.progress(begin + share * (1 - begin), "testing")

    metrics = evaluate_split(
        dataset, split, predict, plan=plan, settings=settings, seed=seed, progress=progress
    )
    return {"metrics": metrics, "settings": settings}


def predict_with(model: ModelFolder, settings: Mapping[str, Any]) -> Predict:
    """Load a model as the function that measures take: a picture to what is seen in it.

    Raises:
        InvalidInput: it is of a kind that nothing is measured of here.
    """
    if model.parts:
        return _fused(model)
    predictor = predictor_of(model, settings=settings, device=device_name())
    if isinstance(predictor, InstancePredictor):
        return lambda picture: Seen(objects=predictor.raw(predictor.see([predictor.prepare(picture)])[0]))
    if not isinstance(predictor, SemanticPredictor):
        raise InvalidInput(
            _("a model of the architecture %(architecture)s is not measured on pixels")
            % {"architecture": model.architecture}
        )
    background = model.plan.get("background", "class") == "class"
    outputs = np.array([*([0] if background else []), *(one.index for one in model.classes)], np.uint8)

    def see(picture: Picture) -> Seen:
        found = predictor.logits([predictor.prepare(picture)])[0][0].float().cpu().numpy()
        logits = found[: len(outputs)]
        distance = 1 / (1 + np.exp(-found[len(outputs)])) if len(found) > len(outputs) else None
        labels = outputs[logits.argmax(0)]
        objects = _separated(logits, distance, model, settings) if distance is not None else None
        return Seen(labels=labels, objects=objects, logits=logits, distance=distance)

    return see


def _separated(logits: Any, distance: Any, model: ModelFolder, settings: Mapping[str, Any]) -> Any:
    """Instances of a U-Net with a distance channel."""
    from ml_worker.watershed import detections_of, seen_instances, watershed_of

    classes = [{"index": one.index, "is_thing": one.is_thing} for one in model.classes]
    return detections_of(seen_instances(logits, distance, classes=classes, settings=watershed_of(settings)))


def _fused(model: ModelFolder) -> Predict:
    """Both parts with the settings that were chosen for each."""
    from ml_worker.fuse import fuse

    semantic, instance = (predict_with(model.parts[name], model.parts[name].settings) for name in PARTS)
    things = {one.index for one in model.classes if one.is_thing}
    settings = model.parts["instance"].settings
    return lambda picture: fuse(semantic(picture), instance(picture), things=things, settings=settings)


def _classes(model: ModelFolder) -> list[dict[str, Any]]:
    return [
        {"index": one.index, "name": one.name, "colour": one.colour, "is_thing": one.is_thing}
        for one in model.classes
    ]
