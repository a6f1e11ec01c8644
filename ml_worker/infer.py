"""Predicting many pictures: the pipeline around a predictor, and the task `predict` of a run folder.

Owns reading ahead, batching, finishing beside the next forward pass, and one event an image. Does not own what a model
is (`model_folder.py`) or sees (`predictors.py`).

Three things go on at once: threads decode and scale pictures, the calling thread runs the network on batches of equal
size, other threads turn what it saw into objects. Few of anything are held at a time. A picture that can't be read or
predicted becomes an item with an error, and the others go on.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from annotator.core.errors import DomainError, InvalidInput
from annotator.core.words import _
from ml_worker.model_folder import ModelFolder, load_net, read_model, with_defaults
from ml_worker.networks import TorchInstances, TorchSemantic
from ml_worker.objects import wire_objects
from ml_worker.onnx_model import OnnxInstances, network_of
from ml_worker.pictures import Decoded, Item, Source, open_picture, read_item
from ml_worker.predictors import (
    InstancePredictor,
    Prediction,
    Predictor,
    Prepared,
    SemanticPredictor,
    options_of,
)
from ml_worker.run_folder import Events
from ml_worker.uncertainty import packed_features

T = TypeVar("T")

OVERLAYS = "overlays"
BATCH = {"cuda": 16, "mps": 4, "cpu": 4}  # on a CPU more is no faster and holds more
TILE_BATCH = {"cuda": 8, "mps": 2, "cpu": 1}
WAITING = 4  # batches of prepared pictures held while sizes are mixed
MOST_THREADS = 8


@dataclass(frozen=True, slots=True)
class Pace:
    """How much is done at once. batch: pictures a forward pass; loaders, finishers: threads."""

    batch: int
    loaders: int
    finishers: int


def pace_for(device: str, cores: int | None = None) -> Pace:
    """A pace for a machine: on a small one the network needs the cores, on a GPU machine nothing else does."""
    cores = cores or os.cpu_count() or 1
    threads = min(MOST_THREADS, max(1, cores // 2))
    return Pace(BATCH.get(device, 4), threads, threads)


@dataclass(slots=True)
class _Loaded:
    """A picture that is ready for the network, or too large for it in one piece, or broken."""

    item: Item
    prepared: Prepared | None = None
    source: Source | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Predicted:
    """One picture's prediction, or why there is none. seconds: its share of the work."""

    item: Item
    prediction: Prediction | None
    error: str = ""
    seconds: float = 0.0


def predict_pictures(
    predictor: Predictor,
    items: Iterable[Item],
    *,
    pace: Pace,
    write: Callable[[Predicted], T],
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[T]:
    """Predict pictures, as they get done; not always in their order.

    Args:
        write: turns each prediction into what is wanted, in a finisher's thread.
        stop: asked before each forward pass; True ends the work, and what was begun is finished.
    """
    with (
        ThreadPoolExecutor(pace.loaders, "load") as loaders,
        ThreadPoolExecutor(pace.finishers, "finish") as finishers,
    ):
        finishing: deque[Future[T]] = deque()
        for group in _groups(_loaded(predictor, items, loaders, pace, stop), pace.batch):
            for one in _seen(predictor, group):
                finishing.append(finishers.submit(_finished, predictor, one, write))
            while finishing and (finishing[0].done() or len(finishing) > 2 * pace.batch):
                yield finishing.popleft().result()
        while finishing:
            yield finishing.popleft().result()


def _loaded(
    predictor: Predictor,
    items: Iterable[Item],
    loaders: ThreadPoolExecutor,
    pace: Pace,
    stop: Callable[[], bool],
) -> Iterator[_Loaded]:
    """Pictures, read ahead by two batches."""
    ahead: deque[Future[_Loaded]] = deque()
    for item in items:
        if stop():
            break
        ahead.append(loaders.submit(_load, predictor, item))
        if len(ahead) > 2 * pace.batch:
            yield ahead.popleft().result()
    for one in ahead:
        if stop():
            one.cancel()
        if not one.cancelled():
            yield one.result()


def _load(predictor: Predictor, item: Item) -> _Loaded:
    try:
        source = open_picture(item)
        if isinstance(source, Decoded) and predictor.fits(source.height, source.width):
            return _Loaded(item, prepared=predictor.prepare(source.pixels))
        if predictor.fits(source.height, source.width):  # it lies in tiles but is no larger than others
            whole = source.window((0, 0, source.width, source.height))
            return _Loaded(item, prepared=predictor.prepare(whole))
        return _Loaded(item, source=source)
    except DomainError as problem:
        return _Loaded(item, error=problem.detail)
    except MemoryError:
        return _Loaded(item, error=_("there is not enough memory to decode the picture"))


def _groups(loaded: Iterable[_Loaded], batch: int) -> Iterator[list[_Loaded]]:
    """Pictures of one size, a batch at a time; broken and large ones alone."""
    waiting: dict[tuple[Any, ...], list[_Loaded]] = {}
    for one in loaded:
        if one.prepared is None:
            yield [one]
            continue
        key = (one.prepared.pixels.shape, one.prepared.size)
        waiting.setdefault(key, []).append(one)
        if len(waiting[key]) == batch:
            yield waiting.pop(key)
        elif sum(len(group) for group in waiting.values()) >= WAITING * batch:
            yield waiting.pop(max(waiting, key=lambda each: len(waiting[each])))
    yield from waiting.values()


def _seen(predictor: Predictor, group: Sequence[_Loaded]) -> Iterator[tuple[Item, Any, float] | Predicted]:
    """Run the network on a group: what it saw of each, with the seconds, or the prediction itself."""
    first = group[0]
    if first.error:
        yield Predicted(first.item, None, first.error)
        return
    if first.source is not None:
        yield _tiled(predictor, first.item, first.source)
        return
    began = time.perf_counter()
    batch = [one.prepared for one in group if one.prepared is not None]
    try:
        seen = predictor.see(batch)
    except (MemoryError, RuntimeError) as problem:
        if not _out_of_memory(problem):
            raise
        yield from _halved(predictor, group)
        return
    each = (time.perf_counter() - began) / len(group)
    for one, what in zip(group, seen, strict=True):
        yield one.item, what, each


def _halved(predictor: Predictor, group: Sequence[_Loaded]) -> Iterator[tuple[Item, Any, float] | Predicted]:
    """The memory was too small for a batch: try its halves, down to single pictures."""
    _forget_cached()
    if len(group) == 1:
        text = _("the picture needs more memory than there is; set a tiling")
        yield Predicted(group[0].item, None, text)
        return
    middle = len(group) // 2
    for part in (group[:middle], group[middle:]):
        yield from _seen(predictor, part)


def _tiled(predictor: Predictor, item: Item, source: Source) -> Predicted:
    began = time.perf_counter()
    try:
        return Predicted(item, predictor.tiled(source), "", time.perf_counter() - began)
    except DomainError as problem:  # a tile of the picture is damaged
        return Predicted(item, None, problem.detail)
    except (MemoryError, RuntimeError) as problem:
        if not _out_of_memory(problem):
            raise
        _forget_cached()
        return Predicted(item, None, _("the picture needs more memory than there is; set a smaller tiling"))


def _out_of_memory(problem: BaseException) -> bool:
    import torch

    # torch reports memory of the CPU that it couldn't get as a plain RuntimeError.
    return isinstance(problem, MemoryError | torch.OutOfMemoryError) or "not enough memory" in str(problem)


def _forget_cached() -> None:
    import torch

    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _finished(
    predictor: Predictor, one: tuple[Item, Any, float] | Predicted, write: Callable[[Predicted], T]
) -> T:
    if isinstance(one, Predicted):
        return write(one)
    item, seen, seconds = one
    began = time.perf_counter()
    prediction = predictor.finish(seen)
    return write(Predicted(item, prediction, "", seconds + time.perf_counter() - began))


# Models


def predictor_of(
    model: ModelFolder,
    *,
    settings: Mapping[str, Any] | None = None,
    device: str = "cpu",
    exclusive: bool = False,
) -> Predictor:
    """Load a model folder into a predictor.

    Args:
        settings: in place of the model's own, or None. device: a torch device. exclusive: of the project.

    Raises:
        InvalidInput: the model can't be loaded, or is of a kind that predicts no objects.
    """
    if model.parts:
        return _fused(model, settings, device)
    used = with_defaults({**model.settings, **(settings or {})})
    options = options_of(model.classes, model.plan, used, exclusive=exclusive)
    options = replace(options, batch=TILE_BATCH.get(device.partition(":")[0], 1))
    if model.architecture == "mask_rcnn":
        return InstancePredictor(TorchInstances(load_net(model), model.plan, device), options)
    if model.architecture in ("unet", "fcn"):
        network = TorchSemantic(load_net(model), model.plan, device)
        if model.plan.get("instances") == "watershed":
            from ml_worker.watershed_predictor import WatershedPredictor

            return WatershedPredictor(network, options)
        return SemanticPredictor(network, options)
    if model.architecture == "onnx":
        brought = network_of(model)
        if isinstance(brought, OnnxInstances):
            return InstancePredictor(brought, options)
        # The threshold of a brought model is its owner's choice, so parts that are not sure enough are left out.
        return SemanticPredictor(brought, options, least_score=float(used["confidence"]))
    raise InvalidInput(
        _("a model of the architecture %(architecture)s predicts no objects of an image")
        % {"architecture": model.architecture}
    )


def _fused(model: ModelFolder, settings: Mapping[str, Any] | None, device: str) -> Predictor:
    from ml_worker.fused_predictor import FusedPredictor

    # The fused model's settings are those of its things; the label map keeps its own temperature.
    chosen = {**model.parts["instance"].settings, **(settings or {})}
    return FusedPredictor(
        predictor_of(model.parts["semantic"], device=device),
        predictor_of(model.parts["instance"], settings=chosen, device=device),
        things=[one.index for one in model.classes if one.is_thing],
        smallest=int(chosen["smallest"]),
    )


def device_name() -> str:
    """The device that predictions run on here."""
    from ml_worker.device import find_device

    return find_device().kind


# The task


def predict_task(request: Mapping[str, Any], folder: Path, events: Events) -> dict[str, Any]:
    """Carry out the task `predict` of a run folder: an event `item` for each image.

    Args:
        request: as `docs/learning_formats.md` has it. folder: the run folder, which overlays are written into.

    Returns:
        `{"images", "failed", "stopped", "seconds"}`.

    Raises:
        InvalidInput: the model can't be loaded, or the request is not of this shape.
    """
    began = time.perf_counter()
    items = [read_item(one, folder) for one in request.get("items") or []]
    device = device_name()
    model = read_model(folder / request["model"])
    events.progress(0.0, "loading_model")
    predictor = predictor_of(
        model, settings=request.get("settings"), device=device, exclusive=bool(request.get("exclusive"))
    )
    (folder / OVERLAYS).mkdir(exist_ok=True)
    done = failed = 0
    for values in predict_pictures(
        predictor,
        items,
        pace=pace_for(device),
        write=lambda one: item_values(one, model_id=model.model_id, folder=folder),
        stop=events.stop_wanted,
    ):
        done += 1
        failed += "error" in values
        events.item(values)
        events.progress(done / len(items), "predicting", done=done, images=len(items))
    return {
        "images": done - failed,
        "failed": failed,
        "stopped": done < len(items),
        "seconds": round(time.perf_counter() - began, 3),
    }


def item_values(one: Predicted, *, model_id: str, folder: Path) -> dict[str, Any]:
    """One image's event; its overlay is written into `folder / OVERLAYS`."""
    image, prediction = one.item.image, one.prediction
    if prediction is None:
        return {"image": image, "error": one.error}
    # The id may be anything, so it doesn't name the file.
    overlay = f"{OVERLAYS}/{hashlib.sha256(image.encode()).hexdigest()[:24]}.png"
    (folder / overlay).write_bytes(prediction.overlay.png())
    objects = wire_objects(
        prediction.found, image=image, model=model_id, height=one.item.height, width=one.item.width
    )
    scores = [each["score"] for each in objects]
    return {
        "image": image,
        "objects": objects,
        "score": round(sum(scores) / len(scores), 4) if scores else None,
        "uncertainty": round(prediction.uncertainty, 4),
        "class_uncertainty": {str(index): value for index, value in sorted(prediction.by_class.items())},
        "features": None if prediction.features is None else packed_features(prediction.features),
        "overlay": overlay,
        "seconds": round(one.seconds, 4),
    }
