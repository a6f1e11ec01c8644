"""Many pictures become one event each, exactly what the network says of them."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from annotator.core.errors import InvalidInput
from annotator.core.raster import rasterise
from api.serializers.objects import ObjectReader
from ml_worker import predictors
from ml_worker.infer import Pace, Predicted, pace_for, predict_pictures, predict_task, predictor_of
from ml_worker.model_folder import load_net, read_model
from ml_worker.objects import Found
from ml_worker.pictures import Item
from ml_worker.predictors import Options, Prepared, SemanticPredictor, calibrated
from ml_worker.run_folder import STOP, Events, Follower
from ml_worker.tiles import Tiling
from tests.ml_worker.infer_models import picture, write_picture, write_unet

INDICES = np.array([0, 3, 9], np.uint8)


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def _painted(item: dict[str, Any], height: int, width: int) -> np.ndarray:
    labels = np.zeros((height, width), np.uint8)
    reader = ObjectReader(width=width, height=height)
    for one in json.loads(json.dumps(item["objects"])):
        del one["uncertainty"]
        annotation = reader.annotation(one, "put")
        assert annotation is not None, reader.problems
        mask = rasterise(annotation.geometry, height, width)
        assert not labels[mask].any()
        labels[mask] = one["class"]
    return labels


def _run(folder: Path, request: dict[str, Any]) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    folder.mkdir(exist_ok=True)
    follower = Follower(folder)
    list(follower.new())
    result = predict_task(request, folder, Events(folder))
    return result, {one["values"]["image"]: one["values"] for one in follower.new() if one["kind"] == "item"}


def _own_labels(model_folder: Path, pixels: np.ndarray) -> np.ndarray:
    """What the network says when it is asked by hand."""
    net = load_net(read_model(model_folder))
    height, width = pixels.shape[:2]
    padded = np.pad(pixels, ((0, -height % 32), (0, -width % 32), (0, 0)), mode="edge")
    with torch.no_grad():
        logits = net(torch.from_numpy(padded).permute(2, 0, 1)[None].float() / 255)[0]
    return INDICES[logits[:, :height, :width].argmax(0).numpy()]


def test_every_picture_has_one_item_with_exactly_the_networks_pixels(tmp_path: Path) -> None:
    write_unet(tmp_path / "model")
    sizes = [(64, 96), (70, 51), (64, 96), (64, 96), (33, 40), (64, 96), (64, 96)]
    pictures = {f"p{at}": picture(*size, seed=at) for at, size in enumerate(sizes)}
    items = [write_picture(tmp_path / f"{name}.png", pixels) for name, pixels in pictures.items()]
    result, found = _run(
        tmp_path / "run", {"model": str(tmp_path / "model"), "items": items, "settings": None}
    )
    assert (result["images"], result["failed"], result["stopped"]) == (7, 0, False)
    assert found.keys() == pictures.keys()
    for name, pixels in pictures.items():
        item = found[name]
        expected = _own_labels(tmp_path / "model", pixels)
        assert len(np.unique(expected)) > 1
        assert (_painted(item, *pixels.shape[:2]) == expected).mean() > 0.999  # ties within a batch of sums
        assert all(0 <= one["score"] <= 1 and 0 <= one["uncertainty"] <= 1 for one in item["objects"])
        assert 0 < item["uncertainty"] <= 1
        assert set(item["class_uncertainty"]) <= {"3", "9"}
        assert np.frombuffer(base64.b64decode(item["features"]), "<f2").size == 320
        with Image.open(tmp_path / "run" / item["overlay"]) as overlay:
            assert (overlay.mode, overlay.size) == ("L", pixels.shape[1::-1])


def test_predicting_again_gives_the_same_ids_and_another_model_others(tmp_path: Path) -> None:
    write_unet(tmp_path / "model")
    write_unet(tmp_path / "other", model_id="n")
    items = [write_picture(tmp_path / "a.png", picture(64, 64))]
    runs = [
        _run(tmp_path / f"run{at}", {"model": str(tmp_path / name), "items": items, "settings": None})[1]["a"]
        for at, name in enumerate(("model", "model", "other"))
    ]
    ids = [[one["id"] for one in run["objects"]] for run in runs]
    assert ids[0] and ids[0] == ids[1]
    assert not set(ids[0]) & set(ids[2])


def test_bad_picture_is_an_item_with_its_error_and_the_others_go_on(tmp_path: Path) -> None:
    write_unet(tmp_path / "model")
    items = [write_picture(tmp_path / f"{name}.png", picture(64, 64)) for name in ("a", "b", "c", "d")]
    (tmp_path / "b.png").write_bytes(b"rubbish")
    (tmp_path / "c.png").unlink()
    items[3]["width"] = 65
    result, found = _run(
        tmp_path / "run", {"model": str(tmp_path / "model"), "items": items, "settings": None}
    )
    assert (result["images"], result["failed"]) == (1, 3)
    assert "objects" in found["a"]
    assert "cannot be decoded" in found["b"]["error"]
    assert "cannot be read" in found["c"]["error"]
    assert "should be 65 x 64" in found["d"]["error"]


def test_objects_of_a_tiled_picture_cross_its_seams_and_share_no_pixel(tmp_path: Path) -> None:
    write_unet(tmp_path / "model")
    items = [write_picture(tmp_path / "a.png", picture(160, 224))]
    request = {"model": str(tmp_path / "model"), "items": items}
    settings = {"tiling": {"size": [96, 96], "overlap": 0.25}}
    tiled = _run(tmp_path / "run", {**request, "settings": settings})[1]["a"]
    assert _painted(tiled, 160, 224).any()
    assert max(each["bbox"][2] - each["bbox"][0] for each in tiled["objects"]) > 96


def test_scaled_plan_gives_objects_in_pixels_of_the_picture(tmp_path: Path) -> None:
    write_unet(tmp_path / "model", scale=0.5)
    pixels = picture(96, 130)
    items = [write_picture(tmp_path / "a.png", pixels)]
    found = _run(tmp_path / "run", {"model": str(tmp_path / "model"), "items": items, "settings": None})[1][
        "a"
    ]
    labels = _painted(found, 96, 130)
    assert labels[:, 120:].any() or labels[90:].any()


def test_stop_ends_the_work_with_what_is_done(tmp_path: Path) -> None:
    write_unet(tmp_path / "model")
    items = [{**write_picture(tmp_path / "a.png", picture(32, 32)), "image": f"i{at}"} for at in range(40)]
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / STOP).touch()
    result, found = _run(
        tmp_path / "run", {"model": str(tmp_path / "model"), "items": items, "settings": None}
    )
    assert result["stopped"] and len(found) == result["images"] < 40


def test_smallest_leaves_specks_out(tmp_path: Path) -> None:
    write_unet(tmp_path / "model")
    items = [write_picture(tmp_path / "a.png", picture(64, 96))]
    request = {"model": str(tmp_path / "model"), "items": items, "settings": {"smallest": 60}}
    objects = _run(tmp_path / "run", request)[1]["a"]["objects"]
    assert objects and min(one["area"] for one in objects) >= 60


def test_unknown_architectures_and_wrong_items_are_refused(tmp_path: Path) -> None:
    write_unet(tmp_path / "model")
    index = json.loads((tmp_path / "model" / "model.json").read_text())
    (tmp_path / "model" / "model.json").write_text(json.dumps({**index, "architecture": "click"}))
    with pytest.raises(InvalidInput, match="click predicts no objects"):
        predictor_of(read_model(tmp_path / "model"))
    with pytest.raises(InvalidInput, match="items"):
        predict_task({"model": str(tmp_path / "model"), "items": [{"image": 1}]}, tmp_path, Events(None))


class _Small:
    """A network whose memory holds two pictures, and which counts what it is given."""

    outputs = 2

    def __init__(self) -> None:
        self.batches: list[int] = []

    def __call__(self, pictures: Sequence[np.ndarray]) -> tuple[torch.Tensor, None]:
        if len(pictures) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        self.batches.append(len(pictures))
        bright = torch.from_numpy(np.stack(pictures)).float().mean(-1)
        return torch.stack([128 - bright, bright - 128], dim=1), None


def _semantic(network: Any) -> SemanticPredictor:
    model = predictors.ModelClass(5, "bright")
    settings = {"confidence": 0.5, "detections": 100, "mask": 0.5, "temperature": 1.0, "smallest": 0}
    return SemanticPredictor(network, Options((model,), settings))


def test_tiled_prediction_of_a_network_that_looks_nearby_is_that_of_the_whole_picture(tmp_path: Path) -> None:
    pixels = picture(150, 190)
    item = Item("a", Path(write_picture(tmp_path / "a.png", pixels)["file"]), None, 190, 150)
    whole = _semantic(_Small())
    tiled = SemanticPredictor(_Small(), replace(whole._options, tiling=Tiling(48, 64, 0.3), batch=2))
    one, other = (
        next(iter(predict_pictures(each, [item], pace=Pace(2, 1, 1), write=lambda done: done.prediction)))
        for each in (whole, tiled)
    )
    assert one is not None and other is not None

    def described(found: Sequence[Found]) -> list[Any]:
        return sorted((each.box_xyxy, each.mask.counts.tolist(), round(each.score, 3)) for each in found)

    assert len(one.found) > 3
    assert described(one.found) == described(other.found)
    assert np.allclose(one.overlay.values(), other.overlay.values(), atol=1e-3)


def _items(folder: Path, count: int) -> list[Item]:
    made = [write_picture(folder / f"{at}.png", picture(32, 32, seed=at)) for at in range(count)]
    return [Item(one["image"], Path(one["file"]), None, 32, 32) for one in made]


def test_too_small_a_memory_halves_the_batch_and_loses_no_picture(tmp_path: Path) -> None:
    network = _Small()
    found = list(
        predict_pictures(_semantic(network), _items(tmp_path, 7), pace=Pace(7, 2, 2), write=lambda one: one)
    )
    assert sorted(one.item.image for one in found) == [str(at) for at in range(7)]
    assert all(one.prediction is not None for one in found)
    assert sum(network.batches) == 7 and max(network.batches) == 2


def test_picture_that_never_fits_into_memory_is_an_error_of_its_own(tmp_path: Path) -> None:
    class Full(_Small):
        def __call__(self, pictures: Sequence[np.ndarray]) -> tuple[torch.Tensor, None]:
            raise torch.OutOfMemoryError("CUDA out of memory")

    found = list(
        predict_pictures(_semantic(Full()), _items(tmp_path, 2), pace=Pace(2, 1, 1), write=lambda one: one)
    )
    assert ["more memory" in one.error for one in found] == [True, True]


def test_other_failures_of_the_network_are_not_hidden(tmp_path: Path) -> None:
    class Broken(_Small):
        def __call__(self, pictures: Sequence[np.ndarray]) -> tuple[torch.Tensor, None]:
            raise RuntimeError("CUDA error: device-side assert triggered")

    with pytest.raises(RuntimeError, match="device-side"):
        list(predict_pictures(_semantic(Broken()), _items(tmp_path, 2), pace=Pace(2, 1, 1), write=str))


def test_next_forward_pass_does_not_wait_for_the_objects_of_the_last(tmp_path: Path) -> None:
    second_forward = threading.Event()

    class Network(_Small):
        def __call__(self, pictures: Sequence[np.ndarray]) -> tuple[torch.Tensor, None]:
            if self.batches:
                second_forward.set()
            return super().__call__(pictures)

    def write(one: Predicted) -> bool:
        return second_forward.wait(
            20
        )  # the first picture's objects are done only after the second's forward pass

    pace = Pace(batch=1, loaders=1, finishers=1)
    assert all(predict_pictures(_semantic(Network()), _items(tmp_path, 2), pace=pace, write=write))


def test_pace_leaves_a_small_machine_to_the_network() -> None:
    assert pace_for("cpu", 2) == Pace(4, 1, 1)
    assert pace_for("cuda", 16).loaders == 8


def test_calibrated_scores_keep_their_order_and_move_to_the_middle() -> None:
    scores = [0.0, 0.1, 0.5, 0.9, 1.0]
    warm = [calibrated(one, 2.0) for one in scores]
    assert warm == sorted(warm)
    assert warm[2] == pytest.approx(0.5) and warm[3] < 0.9 and warm[1] > 0.1
    assert calibrated(0.7, 1.0) == pytest.approx(0.7)


def test_prepared_picture_remembers_its_own_size() -> None:
    options = Options((), {}, scale=0.5)
    prepared = options.scaled(np.zeros((41, 60, 3), np.uint8))
    assert isinstance(prepared, Prepared)
    assert (prepared.pixels.shape, prepared.size) == ((20, 30, 3), (41, 60))
