"""Detections, watersheds and fused models become objects with their own pixels."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torchvision.models.detection.roi_heads import paste_masks_in_image

from annotator.core.raster import bitmap_of, mask_from_bitmap
from ml_worker.fused_predictor import FusedPredictor
from ml_worker.infer import predictor_of
from ml_worker.model_folder import ModelClass, load_net, read_model, write_model
from ml_worker.networks import Detections
from ml_worker.objects import Found
from ml_worker.pictures import Decoded
from ml_worker.predictors import InstancePredictor, Options, Prediction, SemanticPredictor
from ml_worker.tiles import Tiling
from ml_worker.uncertainty import Overlay
from ml_worker.watershed_predictor import WatershedPredictor
from tests.ml_worker.infer_models import CLASSES, picture, write_mask_rcnn, write_unet

SETTINGS: dict[str, Any] = {
    "confidence": 0.5, "detections": 100, "mask": 0.5, "temperature": 1.0, "smallest": 0, "watershed": None,
}  # fmt: skip


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def _whole(found: Sequence[Found], height: int, width: int) -> list[np.ndarray]:
    masks = []
    for one in found:
        canvas = np.zeros((height, width), bool)
        x0, y0, x1, y1 = one.box_xyxy
        canvas[y0:y1, x0:x1] = bitmap_of(one.mask)
        masks.append(canvas)
    return masks


def test_pasted_masks_are_torchvisions() -> None:
    generator = torch.Generator().manual_seed(0)
    boxes = torch.rand(40, 4, generator=generator) * torch.tensor([70.0, 50.0, 70.0, 50.0])
    boxes = torch.cat(
        [torch.minimum(boxes[:, :2], boxes[:, 2:]), torch.maximum(boxes[:, :2], boxes[:, 2:])], 1
    )
    masks = torch.rand(40, 1, 28, 28, generator=generator)
    expected = paste_masks_in_image(masks, boxes, (50, 70))[:, 0].numpy()
    ours = Detections(np.ones(40, np.int64), np.ones(40, np.float32), boxes.numpy(), masks[:, 0].numpy())
    for at in range(40):
        canvas = np.zeros((50, 70), np.float32)
        x, y, crop = ours.crop(at, 50, 70)
        canvas[y : y + crop.shape[0], x : x + crop.shape[1]] = crop
        assert np.abs(canvas - expected[at]).max() < 1e-4


def test_mask_rcnn_gives_the_objects_of_torchvisions_own_answer(tmp_path: Path) -> None:
    write_mask_rcnn(tmp_path)
    model = read_model(tmp_path)
    pixels = picture(96, 128)
    predictor = predictor_of(model, settings={"confidence": 0.06})
    found = predictor.finish(predictor.see([predictor.prepare(pixels)])[0])
    with torch.no_grad():
        expected = load_net(model)([torch.from_numpy(pixels).permute(2, 0, 1).float() / 255])[0]
    assert 0 < len(found.found) <= 12
    scores = expected["scores"].numpy()
    truths = list((expected["masks"][:, 0] >= 0.5).numpy()[scores >= 0.06])
    masks = _whole(found.found, 96, 128)
    for one, mask in zip(found.found, masks, strict=True):
        assert max((mask & truth).sum() / (mask | truth).sum() for truth in truths) > 0.98
        assert 0 <= one.uncertainty <= 1
    assert found.features is not None and found.features.ndim == 1
    assert set(found.by_class) <= {3, 9} and 0 < found.uncertainty <= 1
    assert found.overlay.values().max() > 0


class _Bright:
    """A detector that finds each bright disc exactly; the red ones are class 2."""

    def __call__(self, pictures: Sequence[np.ndarray]) -> tuple[list[Detections], None]:
        return [self._one(one) for one in pictures], None

    def _one(self, pixels: np.ndarray) -> Detections:
        import cv2

        count, numbers = cv2.connectedComponents((pixels.max(axis=2) > 127).astype(np.uint8))
        masks = [(numbers == at).astype(np.float32) for at in range(1, count)]
        boxes = [
            [*np.argwhere(one)[:, ::-1].min(0), *(np.argwhere(one)[:, ::-1].max(0) + 1)] for one in masks
        ]
        labels = [2 if pixels[one > 0][0, 1] < 127 else 1 for one in masks]
        return Detections(
            np.array(labels, np.int64),
            np.full(len(masks), 0.9, np.float32),
            np.array(boxes, np.float32).reshape(-1, 4),
            np.stack(masks) if masks else np.zeros((0, *pixels.shape[:2]), np.float32),
            "picture",
        )


def _options(**change: Any) -> Options:
    classes = (ModelClass(4, "white"), ModelClass(6, "red"))
    return replace(Options(classes, SETTINGS), **change)


def _discs(height: int, width: int) -> np.ndarray:
    pixels = np.zeros((height, width, 3), np.uint8)
    rows, columns = np.mgrid[:height, :width]
    for at, (y, x) in enumerate(itertools.product(range(18, height, 34), range(18, width, 34))):
        pixels[(rows - y) ** 2 + (columns - x) ** 2 <= 100] = (255, 0, 0) if at % 3 == 0 else (255, 255, 255)
    return pixels


def test_tiled_detections_are_those_of_the_whole_picture_each_once() -> None:
    pixels = _discs(140, 200)
    whole = InstancePredictor(_Bright(), _options())
    tiled = InstancePredictor(_Bright(), _options(tiling=Tiling(64, 80, 0.4), batch=2))
    one = whole.finish(whole.see([whole.prepare(pixels)])[0])
    other = tiled.tiled(Decoded(pixels))

    def described(found: Sequence[Found]) -> list[Any]:
        return sorted((each.class_index, each.box_xyxy, each.mask.counts.tolist()) for each in found)

    assert len(one.found) == 24
    assert described(one.found) == described(other.found)
    assert {each.class_index for each in one.found} == {4, 6}


def test_most_detections_and_the_threshold_are_settings() -> None:
    pixels = _discs(140, 200)
    few = InstancePredictor(_Bright(), _options(settings={**SETTINGS, "detections": 5}))
    none = InstancePredictor(_Bright(), _options(settings={**SETTINGS, "confidence": 0.95}))
    assert len(few.finish(few.see([few.prepare(pixels)])[0]).found) == 5
    seen = none.see([none.prepare(pixels)])[0]
    assert none.finish(seen).found == []
    assert len(none.raw(seen)) == 24  # evaluation sees them all
    assert none.finish(seen).by_class.keys() == {4, 6}  # and the ranking hears of them


def test_scaled_pictures_give_boxes_in_pixels_of_the_picture() -> None:
    pixels = _discs(140, 200)
    half = InstancePredictor(_Bright(), _options(scale=0.5))
    found = half.finish(half.see([half.prepare(pixels)])[0]).found
    assert len(found) == 24
    boxes = np.array([one.box_xyxy for one in found]).reshape(-1, 2, 2).mean(axis=1)  # x, y of their middles
    middles = {(round(x), round(y)) for x, y in ((boxes - 18) / 34).tolist()}
    assert middles == set(itertools.product(range(6), range(4)))


class _Touching:
    """Logits of background, stuff (left third), things (two touching discs), and the distance channel."""

    outputs = 4

    def __call__(self, pictures: Sequence[np.ndarray]) -> tuple[torch.Tensor, None]:
        answers = []
        for pixels in pictures:
            thing, stuff = pixels[:, :, 0] > 0, pixels[:, :, 1] > 0
            planes = [np.where(thing | stuff, -5, 5), np.where(stuff, 5, -5), np.where(thing, 5, -5)]
            middle = pixels[:, :, 2].astype(np.float32) / 255
            planes.append(np.log(np.clip(middle, 0.01, 0.99) / (1 - np.clip(middle, 0.01, 0.99))))
            answers.append(np.stack(planes))
        return torch.from_numpy(np.stack(answers).astype(np.float32)), None


def _touching(height: int, width: int) -> np.ndarray:
    pixels = np.zeros((height, width, 3), np.uint8)
    rows, columns = np.mgrid[:height, :width] + 0.5
    for x in range(70, width - 15, 20):
        away = np.sqrt((rows - 40) ** 2 + (columns - x) ** 2)
        pixels[away <= 10.5, 0] = 255
        pixels[..., 2] = np.maximum(pixels[..., 2], np.clip(1 - away / 10.5, 0, 1) * 255)
    pixels[:, :30, 1] = 255
    return pixels


@pytest.mark.parametrize("tiling", [None, Tiling(80, 72, 0.45)])
def test_watershed_separates_things_and_leaves_stuff_whole(tiling: Tiling | None) -> None:
    pixels = _touching(80, 200)
    classes = (ModelClass(3, "ground", is_thing=False), ModelClass(9, "cell", is_thing=True))
    predictor = WatershedPredictor(_Touching(), Options(classes, SETTINGS, tiling=tiling))
    if tiling is None:
        found = predictor.finish(predictor.see([predictor.prepare(pixels)])[0]).found
    else:
        found = predictor.tiled(Decoded(pixels)).found
    assert [one.class_index for one in found].count(3) == 1
    cells = [one for one in found if one.class_index == 9]
    assert len(cells) == 6
    masks = _whole(found, 80, 200)
    assert np.sum(masks, axis=0).max() == 1
    assert (np.any(masks, axis=0) == (pixels[:, :, :2].max(axis=2) > 0)).mean() > 0.99
    assert all(300 < one.area < 380 and one.score > 0.9 for one in cells)


class _Fixed:
    """A predictor that always predicts the same."""

    def __init__(self, prediction: Prediction) -> None:
        self.prediction = prediction

    def fits(self, height: int, width: int) -> bool:
        return True

    def prepare(self, pixels: np.ndarray) -> Any:
        return InstancePredictor(_Bright(), _options()).prepare(pixels)

    def see(self, batch: Sequence[Any]) -> list[Any]:
        return [None for _ in batch]

    def finish(self, seen: Any) -> Prediction:
        return self.prediction

    def tiled(self, source: Any) -> Prediction:
        return self.prediction


def test_fused_prediction_puts_sure_things_first_and_stuff_where_none_is() -> None:
    def box(place: tuple[int, int, int, int], index: int, score: float) -> Found:
        x, y, width, height = place
        return Found(index, mask_from_bitmap(np.ones((height, width), bool), x, y), score, 0.2)

    semantic = [box((0, 0, 40, 20), 3, 0.8), box((0, 25, 40, 15), 3, 0.6), box((0, 20, 40, 5), 9, 0.9)]
    instance = [
        box((5, 5, 10, 10), 9, 0.9),
        box((7, 5, 10, 10), 9, 0.6),
        box((11, 5, 10, 10), 9, 0.8),
        box((30, 30, 4, 4), 3, 0.9),
    ]
    predictions = [
        Prediction(found, 0.1, {3: 0.1, 9: 0.7}, None, Overlay(40, 40)) for found in (semantic, instance)
    ]
    fused = FusedPredictor(*(_Fixed(one) for one in predictions), things=[9])
    pixels = np.zeros((40, 40, 3), np.uint8)
    found = fused.finish(fused.see([fused.prepare(pixels)])[0])
    assert [(one.class_index, one.area) for one in found.found] == [
        (3, 40 * 35 - 100 - 60),  # both parts of the ground as one, without the things
        (9, 100),
        (9, 60),  # the second surest; of the third less than half is left
    ]
    assert np.sum(_whole(found.found, 40, 40), axis=0).max() == 1
    assert found.by_class == {3: 0.1, 9: 0.7}


def test_fused_folder_predicts_with_both_models(tmp_path: Path) -> None:
    write_unet(tmp_path / "semantic")
    write_mask_rcnn(tmp_path / "instance")
    write_model(
        tmp_path,
        architecture="fused",
        purpose="panoptic",
        plan={},
        class_map=CLASSES,
        settings={},
        model_id="f",
    )
    predictor = predictor_of(read_model(tmp_path))
    found = predictor.finish(predictor.see([predictor.prepare(picture(64, 96))])[0]).found
    assert {one.class_index for one in found} == {3, 9}
    assert np.sum(_whole(found, 64, 96), axis=0).max() == 1


def test_background_that_is_not_learned_leaves_no_pixel_out() -> None:
    class Two:
        outputs = 2

        def __call__(self, pictures: Sequence[np.ndarray]) -> tuple[torch.Tensor, None]:
            bright = torch.from_numpy(np.stack(pictures)).float().mean(-1)
            return torch.stack([128 - bright, bright - 128], dim=1), None

    predictor = SemanticPredictor(Two(), _options(background=False))
    found = predictor.finish(predictor.see([predictor.prepare(_discs(60, 60))])[0]).found
    assert sum(one.area for one in found) == 3600
    assert {one.class_index for one in found} == {4, 6}
