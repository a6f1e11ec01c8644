"""Every measure: by hand, against pycocotools, and as the formats document says."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from annotator.core.comparison import compare
from annotator.core.document import MaskGeometry
from annotator.core.raster import mask_from_bitmap
from ml_worker.average_precision import ClassMatches, weighted_ap
from ml_worker.class_space import class_space
from ml_worker.evaluate import choose_settings, evaluate_split, plain, score_items
from ml_worker.folder import DataClass, DataObject, Dataset
from ml_worker.matching import THRESHOLDS, right_wrong_missed
from ml_worker.seen import Detection, Seen
from ml_worker.semantic_scores import semantic_values
from ml_worker.watershed import instance_numbers, normalised_distance
from tests.ml_worker.scenes import box_object, box_seen, plan_of, write_scene

SETTINGS = {"confidence": 0.5, "detections": 100, "temperature": 1.0}


def _painted(boxes: list[tuple[int, tuple[int, int, int, int]]]) -> np.ndarray:
    labels = np.zeros((24, 32), np.uint8)
    for index, (x0, y0, x1, y1) in boxes:
        labels[y0:y1, x0:x1] = index
    return labels


def _by_picture(answers: list[Seen]):
    return lambda picture: answers[int(picture[0, 0, 0])]


# Label maps


def test_semantic_values_by_hand(tmp_path: Path) -> None:
    # 768 pixels. Image 0: truth 10 x 10 of class 3, of which 10 x 5 are found, 10 x 5 beside it are wrong.
    # Image 1: 8 x 8 of class 7 found whole; 4 x 4 void pixels that the model calls class 3.
    data = write_scene(
        tmp_path,
        [
            [box_object("a", 3, (0, 0, 10, 10))],
            [box_object("b", 7, (0, 0, 8, 8)), box_object("v", 255, (20, 0, 24, 4))],
        ],
    )
    predict = _by_picture(
        [
            Seen(labels=_painted([(3, (5, 0, 15, 10))])),
            Seen(labels=_painted([(7, (0, 0, 8, 8)), (3, (20, 0, 24, 4))])),
        ]
    )
    found = evaluate_split(data, "test", predict, plan=plan_of("semantic"), settings=SETTINGS)
    values = found["values"]
    assert values["mean_iou"]["value"] == pytest.approx((50 / 150 + 1) / 2)
    assert values["dice"]["value"] == pytest.approx((100 / 200 + 1) / 2)
    assert values["pixel_accuracy"]["value"] == pytest.approx(
        (768 - 100 + 768 - 16) / (768 * 2 - 16), abs=1e-6
    )
    assert found["labels"] == ["background", "cell", "fibre"]
    assert found["confusion"] == [[768 - 150 + 768 - 64 - 16, 50, 0], [50, 50, 0], [0, 0, 64]]
    assert [(one["index"], one["images"], one["pixels"]) for one in found["classes"]] == [
        (3, 1, 100),
        (7, 1, 64),
    ]
    assert found["per_image"] == [
        {"image": "asset000", "score": pytest.approx(1 / 3, abs=1e-6), "unit": "asset000"},
        {"image": "asset001", "score": 1.0, "unit": "asset001"},
    ]
    assert (found["primary"], found["paired"], found["enough"], found["note"]) == (
        "mean_iou", "image_iou", False, "few_test_images",
    )  # fmt: skip
    assert "ap" not in values
    # Two images can be drawn as 00, 01, 11: the mean IoU is 1/3, 2/3 or 1.
    assert (values["mean_iou"]["low"], values["mean_iou"]["high"]) == (pytest.approx(1 / 3, abs=1e-6), 1.0)


def test_boundary_iou_adds_up_the_bands_of_the_whole_set(tmp_path: Path) -> None:
    # The band is 1 pixel wide here (2 % of a diagonal of 40). 10 x 10: 36 pixels; one row short: 34; they share 26.
    data = write_scene(tmp_path, [[box_object("a", 3, (4, 4, 14, 14))], [box_object("b", 3, (4, 4, 14, 14))]])
    predict = _by_picture(
        [Seen(labels=_painted([(3, (4, 4, 14, 13))])), Seen(labels=_painted([(3, (4, 4, 14, 14))]))]
    )
    found = evaluate_split(data, "test", predict, plan=plan_of("semantic"), settings=SETTINGS)
    shared, either = 26 + 36, 36 + 34 - 26 + 36
    assert found["values"]["boundary_iou"]["value"] == pytest.approx(shared / either, abs=1e-6)


def test_background_that_is_ignored_counts_nowhere_but_where_a_class_is_missed(tmp_path: Path) -> None:
    data = write_scene(tmp_path, [[box_object("a", 3, (0, 0, 10, 10))]])
    plan = plan_of("semantic", background="ignore")
    wide = Seen(labels=_painted([(3, (0, 0, 32, 24))]))
    found = evaluate_split(data, "test", _by_picture([wide]), plan=plan, settings=SETTINGS)
    assert found["values"]["mean_iou"]["value"] == 1.0
    assert (found["labels"], found["confusion"]) == (["cell", "fibre"], [[100, 0], [0, 0]])
    half = Seen(labels=_painted([(3, (0, 0, 5, 10))]))  # the rest it calls nothing
    found = evaluate_split(data, "test", _by_picture([half]), plan=plan, settings=SETTINGS)
    assert found["values"]["mean_iou"]["value"] == 0.5
    assert found["labels"][0] == "background"


def test_class_that_the_model_does_not_know_is_missed_not_left_out(tmp_path: Path) -> None:
    data = write_scene(tmp_path, [[box_object("a", 3, (0, 0, 10, 10)), box_object("b", 7, (12, 0, 22, 10))]])
    plan = plan_of("semantic", classes=[DataClass(3, "cell")])
    seen = Seen(labels=_painted([(3, (0, 0, 10, 10))]))
    found = evaluate_split(data, "test", _by_picture([seen]), plan=plan, settings=SETTINGS)
    assert found["labels"] == ["background", "cell", "fibre"]
    assert found["values"]["mean_iou"]["value"] == 0.5


def test_semantic_values_of_a_matrix_are_those_of_the_curve() -> None:
    matrix = np.array([[90, 10, 0], [5, 20, 0], [0, 0, 0]])
    found = semantic_values(matrix)
    assert found["mean_iou"] == pytest.approx(20 / 35)
    assert found["pixel_accuracy"] == pytest.approx(110 / 125)
    assert np.isnan(found["iou"][1])


# Objects


def _random_scene(folder: Path, seed: int) -> tuple[Dataset, list[Seen]]:
    """Twelve images of boxes with crowds and void, and detections that are shifted, wrong, doubled and missing."""
    rng = np.random.default_rng(seed)
    images, answers = [], []
    for _ in range(12):
        objects: list[DataObject] = []
        seen: list[Detection] = []
        for at in range(int(rng.integers(0, 7))):
            x, y = int(rng.integers(0, 22)), int(rng.integers(0, 14))
            box = (x, y, x + int(rng.integers(4, 10)), y + int(rng.integers(4, 10)))
            index = int(rng.choice([3, 7]))
            objects.append(box_object(f"o{at}", index, box, crowd=bool(rng.random() < 0.15)))
            for _ in range(int(rng.integers(0, 3))):
                shift = rng.integers(-2, 3, 2)
                moved = (
                    max(0, box[0] + int(shift[0])),
                    max(0, box[1] + int(shift[1])),
                    min(32, box[2] + int(shift[0])),
                    min(24, box[3] + int(shift[1])),
                )
                other = index if rng.random() < 0.8 else 10 - index
                seen.append(box_seen(other, moved, float(np.round(rng.random(), 3))))
        if rng.random() < 0.3:
            objects.append(box_object("void", 255, (0, 0, 6, 24)))
            seen.append(box_seen(3, (0, 2, 5, 9), float(rng.random())))
        images.append(objects)
        answers.append(Seen(objects=seen))
    return write_scene(folder, images), answers


def _pycocotools(data: Dataset, answers: list[Seen], most: int) -> np.ndarray:
    """AP of the three thresholds and of each class by the reference program, void as a crowd of every class."""
    from pycocotools import mask as reference
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    def runs(mask: MaskGeometry) -> Any:
        whole = np.zeros((24, 32), np.uint8, order="F")
        whole[mask.y : mask.y + mask.height, mask.x : mask.x + mask.width] = DataObject("", 1, mask).bitmap()
        return reference.encode(whole)

    truth = COCO()
    annotations = []
    for image, item in enumerate(data.items, 1):
        for one in data.objects(item):
            for index in [3, 7] if one.class_index == 255 else [one.class_index]:
                crowd = one.is_crowd or one.class_index == 255
                entry = runs(one.mask)
                annotations.append(
                    {"id": len(annotations) + 1, "image_id": image, "category_id": index, "iscrowd": int(crowd),
                     "segmentation": entry, "area": int(reference.area(entry)), "bbox": [0, 0, 1, 1]}
                )  # fmt: skip
    truth.dataset = {
        "images": [{"id": at, "height": 24, "width": 32} for at in range(1, len(data.items) + 1)],
        "categories": [{"id": 3}, {"id": 7}],
        "annotations": annotations,
    }
    seen = [
        {
            "image_id": image,
            "category_id": one.class_index,
            "segmentation": runs(one.mask),
            "score": one.score,
        }
        for image, answer in enumerate(answers, 1)
        for one in answer.objects or ()
    ]
    with contextlib.redirect_stdout(io.StringIO()):
        truth.createIndex()
        evaluation = COCOeval(truth, truth.loadRes(seen), "segm")
        evaluation.params.maxDets = [most]
        evaluation.params.areaRng, evaluation.params.areaRngLbl = [[0, 1e10]], ["all"]
        evaluation.evaluate()
        evaluation.accumulate()
    return evaluation.eval["precision"][:, :, :, 0, 0].mean(axis=1)  # (T, K)


@pytest.mark.parametrize("seed", range(6))
def test_ap_equals_pycocotools_with_crowds_void_and_a_limit_of_detections(tmp_path: Path, seed: int) -> None:
    data, answers = _random_scene(tmp_path, seed)
    most = 100 if seed % 2 else 2
    expected = _pycocotools(data, answers, most)
    scored = score_items(
        data, data.items, _by_picture(answers), plan=plan_of(), settings={**SETTINGS, "detections": most}
    )
    assert scored.instance.class_ap() == pytest.approx(expected, abs=1e-9)
    names = sorted(scored.instance.f1)
    once = np.ones(len(names), np.int64)
    for at, index in enumerate((3, 7)):
        own = weighted_ap(scored.instance._matches(index, names), once)
        assert own == pytest.approx(expected[:, at], abs=1e-9)


def test_weighted_ap_equals_copying_the_images_that_were_drawn_twice(tmp_path: Path) -> None:
    data, answers = _random_scene(tmp_path / "one", 9)
    scored = score_items(data, data.items, _by_picture(answers), plan=plan_of(), settings=SETTINGS)
    weights = np.random.default_rng(1).multinomial(12, np.full(12, 1 / 12))
    assert weights.max() > 1
    names = sorted(scored.instance.f1)
    copies = [at for at in range(12) for _ in range(weights[at])]
    copied = write_scene(tmp_path / "two", [data.objects(data.items[at]) for at in copies])
    expected = _pycocotools(copied, [answers[at] for at in copies], 100)
    for at, index in enumerate((3, 7)):
        found = weighted_ap(scored.instance._matches(index, names), weights)
        assert found == pytest.approx(expected[:, at], abs=1e-9)


def test_f1_and_panoptic_quality_by_hand(tmp_path: Path) -> None:
    # Three cells; one found exactly, one with IoU 60/100, one missed; one that is not there; one too unsure to show.
    data = write_scene(
        tmp_path,
        [[
            box_object("a", 3, (0, 0, 10, 10)), box_object("b", 3, (12, 0, 22, 10)), box_object("c", 3, (0, 12, 8, 20)),
        ]],
    )  # fmt: skip
    seen = [
        box_seen(3, (0, 0, 10, 10), 0.9),
        box_seen(3, (12, 0, 22, 6), 0.8),
        box_seen(3, (24, 12, 30, 18), 0.7),
        box_seen(3, (0, 12, 8, 20), 0.4),
    ]
    found = evaluate_split(data, "test", _by_picture([Seen(objects=seen)]), plan=plan_of(), settings=SETTINGS)
    values = {name: one["value"] for name, one in found["values"].items()}
    assert values["f1_50"] == pytest.approx(2 * 2 / (2 * 2 + 1 + 1), abs=1e-6)
    assert values["sq"] == pytest.approx(0.8)
    assert values["rq"] == pytest.approx(2 / (2 + 0.5 + 0.5), abs=1e-6)
    assert values["pq"] == pytest.approx(0.8 * 2 / 3, abs=1e-6)
    # Of the ten thresholds three (0.5, 0.55, 0.6) have two pairs, the others one.
    f1 = (3 * 4 / 6 + 7 * 2 / 6) / 10
    assert found["per_image"] == [
        {"image": "asset000", "score": pytest.approx(f1, abs=1e-6), "unit": "asset000"}
    ]
    cell, fibre = found["classes"]
    assert (cell["objects"], fibre["objects"], fibre["ap"], fibre["pq"]) == (3, 0, None, None)
    assert found["confusion"] is None


def test_detections_in_void_or_a_crowd_count_for_nothing(tmp_path: Path) -> None:
    data = write_scene(
        tmp_path,
        [[
            box_object("a", 3, (0, 0, 8, 8)),
            box_object("v", 255, (10, 0, 20, 10)),
            box_object("c", 3, (0, 12, 16, 24), crowd=True),
        ]],
    )  # fmt: skip
    seen = [
        box_seen(3, (0, 0, 8, 8), 0.6),
        box_seen(3, (12, 2, 18, 8), 0.9),
        box_seen(3, (2, 14, 6, 18), 0.95),
        box_seen(3, (8, 14, 12, 18), 0.95),
    ]
    found = evaluate_split(data, "test", _by_picture([Seen(objects=seen)]), plan=plan_of(), settings=SETTINGS)
    assert {name: one["value"] for name, one in found["values"].items()} == {
        "ap": 1.0, "ap50": 1.0, "ap75": 1.0, "f1_50": 1.0, "pq": 1.0, "sq": 1.0, "rq": 1.0,
    }  # fmt: skip


def test_windows_of_one_large_image_are_one_image_and_its_group_is_one_unit(tmp_path: Path) -> None:
    objects = [[box_object("a", 3, (0, 0, 10, 10))]] * 4
    data = write_scene(tmp_path, objects, assets=["big", "big", "x", "y"], groups=["", "", "g", "g"])
    hit, miss = Seen(objects=[box_seen(3, (0, 0, 10, 10), 0.9)]), Seen(objects=[])
    found = evaluate_split(
        data, "test", _by_picture([hit, miss, hit, hit]), plan=plan_of(), settings=SETTINGS
    )
    assert (found["images"], found["units"]) == (3, 2)
    scores = {one["image"]: (one["score"], one["unit"]) for one in found["per_image"]}
    assert scores["big"] == (pytest.approx(2 / 3, abs=1e-6), "big")  # one of two found, none wrong
    assert scores["x"] == (1.0, "g")
    assert found["per_image"][0]["image"] == "big"  # the worst first


def test_images_without_objects_are_right_when_nothing_is_found_and_empty_answers_are_no_error(
    tmp_path: Path,
) -> None:
    data = write_scene(tmp_path, [[], []])
    answers = [Seen(objects=[]), Seen(objects=[box_seen(7, (0, 0, 5, 5), 0.9)])]
    found = evaluate_split(data, "test", _by_picture(answers), plan=plan_of(), settings=SETTINGS)
    assert [one["score"] for one in found["per_image"]] == [0.0, 1.0]
    assert found["values"]["ap"] == {"value": None, "low": None, "high": None}
    json.dumps(found, allow_nan=False)
    nothing = evaluate_split(data, "val", _by_picture(answers), plan=plan_of(), settings=SETTINGS)
    assert (nothing["images"], nothing["values"], nothing["per_image"]) == (0, {}, [])


def test_panoptic_stuff_of_one_class_is_one_segment(tmp_path: Path) -> None:
    classes = [DataClass(3, "cell"), DataClass(7, "ground", is_thing=False)]
    data = write_scene(
        tmp_path,
        [[
            box_object("g1", 7, (0, 0, 16, 10)),
            box_object("g2", 7, (0, 10, 16, 20)),
            box_object("a", 3, (0, 0, 10, 10)),
        ]],
        classes=classes,
    )  # fmt: skip
    ground = np.ones((20, 16), bool)
    ground[:10, :10] = False
    seen = [Detection(7, mask_from_bitmap(ground, 0, 0), 0.9), box_seen(3, (0, 0, 10, 10), 0.8)]
    plan = plan_of("panoptic", background="ignore", classes=classes)
    found = evaluate_split(data, "test", _by_picture([Seen(objects=seen)]), plan=plan, settings=SETTINGS)
    assert (found["primary"], found["values"]["pq"]["value"]) == ("pq", 1.0)
    assert found["per_image"][0]["score"] == 1.0


def test_threshold_is_chosen_where_f1_is_best_on_validation(tmp_path: Path) -> None:
    data = write_scene(tmp_path, [[box_object("a", 3, (0, 0, 10, 10))]] * 3, split="val")
    seen = Seen(objects=[box_seen(3, (0, 0, 10, 10), 0.62), box_seen(3, (20, 10, 28, 18), 0.38)])
    chosen = choose_settings(
        data, _by_picture([seen] * 3), plan=plan_of(), settings={**SETTINGS, "mask": 0.5}
    )
    assert 0.38 < chosen["confidence"] <= 0.62
    assert (chosen["temperature"], chosen["mask"]) == (1.0, 0.5)  # six detections say nothing of certainty
    assert choose_settings(data, _by_picture([]), plan=plan_of(), settings=SETTINGS, split="test") == SETTINGS


def test_watershed_is_chosen_before_the_threshold_that_depends_on_it(tmp_path: Path) -> None:
    objects = [box_object("a", 3, (2, 4, 14, 20)), box_object("b", 3, (14, 4, 28, 20))]
    data = write_scene(tmp_path, [objects] * 3, split="val", classes=[DataClass(3, "cell")])
    numbers = instance_numbers(objects, 24, 32)
    inside = np.where(numbers > 0, 3.0, -3.0).astype(np.float32)
    shallow = (np.clip(normalised_distance(numbers) * 0.4 + 0.55, 0, 1) * (numbers > 0)).astype(np.float32)
    # Its own objects are one lump: what the settings are chosen by must be cut anew.
    seen = Seen(
        objects=[box_seen(3, (2, 4, 28, 20), 0.9)], logits=np.stack([-inside, inside]), distance=shallow
    )
    plan = {**plan_of(classes=[DataClass(3, "cell")]), "instances": "watershed"}
    chosen = choose_settings(data, lambda _: seen, plan=plan, settings={**SETTINGS, "watershed": None})
    assert chosen["watershed"]["seed"] > 0.6
    assert 0.1 <= chosen["confidence"] <= 0.9


def test_counts_of_one_image_leave_out_what_lies_in_void() -> None:
    truth = [
        box_object("a", 3, (0, 0, 10, 10)),
        box_object("b", 7, (12, 0, 20, 8)),
        box_object("v", 255, (0, 12, 10, 24)),
    ]
    seen = [
        box_seen(3, (0, 0, 10, 9), 0.3),
        box_seen(3, (12, 0, 20, 8), 0.9),
        box_seen(7, (1, 13, 9, 20), 0.9),
    ]
    assert right_wrong_missed(seen, truth, indices=[3, 7], size=(24, 32)) == (1, 1, 1)


def test_metrics_of_two_models_can_be_compared(tmp_path: Path) -> None:
    data = write_scene(tmp_path, [[box_object("a", 3, (0, 0, 10, 10))] for _ in range(12)])
    good = Seen(objects=[box_seen(3, (0, 0, 10, 10), 0.9)])
    poor = Seen(objects=[box_seen(3, (0, 0, 10, 7), 0.9)])
    metrics = [
        evaluate_split(data, "test", lambda _, one=one: one, plan=plan_of(), settings=SETTINGS)
        for one in (good, poor)
    ]
    assert compare(*metrics).verdict == "better"
    assert compare(*reversed(metrics)).verdict == "worse"


def test_instance_models_are_not_measured_on_stuff(tmp_path: Path) -> None:
    classes = [DataClass(3, "cell"), DataClass(7, "ground", is_thing=False)]
    data = write_scene(tmp_path, [[]], classes=classes)
    assert class_space(data, plan_of("instance", classes=classes[:1])).indices == (3,)
    assert class_space(data, plan_of("semantic", classes=classes[:1])).indices == (3, 7)


def test_json_has_null_for_what_is_not_known() -> None:
    assert plain({"a": [np.float64("nan"), np.int64(3), float("inf")], "b": (1.23456789,)}) == {
        "a": [None, 3, None], "b": [1.234568],
    }  # fmt: skip


def test_interval_of_ap_takes_a_class_without_drawn_objects_as_absent() -> None:
    empty = ClassMatches(
        np.zeros(0), np.zeros(0, np.int64), np.zeros((10, 0), bool), np.zeros((10, 0), bool), np.array([1, 0])
    )
    assert np.isnan(weighted_ap(empty, np.array([0, 2]))).all()
    assert weighted_ap(empty, np.array([1, 1])).tolist() == [0.0] * THRESHOLDS.size
