"""Counting clicks: RITM's protocol, which images are looked at, the verdict between two models, and their metrics."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from annotator.clicks.interface import Embedding, Picture, Prompt, Proposal
from annotator.core.comparison import compare
from annotator.core.errors import InvalidInput
from ml_worker.click_eval import (
    FIRST,
    MOST,
    Limits,
    Trace,
    counted,
    evaluate_clicks,
    held_out,
    mean_curve,
    metrics_of,
    packaged_segmenter,
    trace,
    verdict,
)
from ml_worker.click_samples import Target
from ml_worker.click_simulate import Click
from ml_worker.folder import Dataset
from tests.clicks import graphs
from tests.ml_worker.click_folder import disc, discs_folder

TRUTH, NOTHING = disc(30, 30, 12), np.zeros((64, 64), bool)


class Growing:
    """Answers with a disc around the first click whose radius grows with each click."""

    version, ahead = "growing", False

    def __init__(self, radius: float, step: float) -> None:
        self.radius, self.step = radius, step
        self.pictures: list[int] = []

    def embed(self, picture: Picture) -> Embedding:
        self.pictures.append(int(picture.astype(np.int64).sum()))
        height, width = picture.shape[:2]
        return Embedding({}, width, height, (width, height), 1.0, 1.0)

    def predict(self, embedding: Embedding, prompt: Prompt) -> Proposal:
        count = len(prompt.positive) + len(prompt.negative)
        x, y = prompt.positive[0]
        mask = disc(float(x), float(y), self.radius + self.step * count, embedding.width)
        return Proposal(np.where(mask, 4.0, -4.0).astype(np.float32), (1.0, 1.0), None)


def test_clicks_go_on_until_the_object_is_found() -> None:
    seen: list[int] = []

    def answer(clicks: Sequence[Click]) -> np.ndarray:
        seen.append(len(clicks))
        return TRUTH if len(clicks) >= 7 else disc(30, 30, 6)

    scores = trace(TRUTH, NOTHING, answer)
    assert seen == [1, 2, 3, 4, 5, 6, 7]
    assert scores[-1] == 1
    assert max(scores[:-1]) < 0.5


def test_the_first_five_are_always_known_and_twenty_are_the_end() -> None:
    assert trace(TRUTH, NOTHING, lambda _: TRUTH) == [1.0] * FIRST
    assert len(trace(TRUTH, NOTHING, lambda _: NOTHING)) == MOST


def test_void_counts_for_nothing() -> None:
    void = disc(50, 50, 8)
    assert trace(TRUTH, void, lambda _: TRUTH | void)[0] == 1.0


def test_all_models_are_asked_for_the_same_objects(tmp_path: Path) -> None:
    dataset = discs_folder(tmp_path, images=9)
    good, poor = Growing(8, 0.3), Growing(2, 0.3)
    traces = counted(
        dataset,
        dataset.of_split("test"),
        {"project": good, "mobile-sam": poor},
        limits=Limits(),
        rng=np.random.default_rng(0),
    )
    assert len(traces) == 6
    assert len(good.pictures) == len(poor.pictures) == 3
    assert np.mean([one.scores["project"][0] for one in traces]) > 0.6
    assert np.mean([one.scores["mobile-sam"][0] for one in traces]) < 0.2


def test_objects_are_taken_evenly_over_the_images(tmp_path: Path) -> None:
    dataset = discs_folder(tmp_path, images=18)
    model = Growing(8, 0.3)
    items = dataset.of_split("train")
    traces = counted(
        dataset, items, {"project": model}, limits=Limits(objects=6), rng=np.random.default_rng(0)
    )
    assert len(traces) == 6
    assert len({one.target.item for one in traces}) >= 5


def test_when_the_time_is_over_no_further_object_begins(tmp_path: Path) -> None:
    dataset = discs_folder(tmp_path, images=18)
    ticks = iter(range(1000))
    traces = counted(
        dataset,
        dataset.of_split("train"),
        {"project": Growing(8, 0.3)},
        limits=Limits(seconds=4.5),
        rng=np.random.default_rng(0),
        clock=lambda: float(next(ticks)),
    )
    assert 1 <= len(traces) < 5


def made(project: Sequence[int], other: Sequence[int]) -> list[Trace]:
    """Objects of as many images that reach 0.85 after so many clicks."""

    def scores(count: int) -> list[float]:
        return [0.5] * (count - 1) + [0.92] + [0.92] * max(0, FIRST - count)

    return [
        Trace(Target(k, 0, 1, 99), f"unit-{k}", {"project": scores(a), "mobile-sam": scores(b)})
        for k, (a, b) in enumerate(zip(project, other, strict=True))
    ]


def test_the_verdict_follows_the_paired_difference() -> None:
    many = [2, 3, 4, 2, 3, 5, 2, 3, 4, 3, 2, 4]
    more = [one + 1 for one in many]
    assert verdict(made(many, more)) == "project"
    assert verdict(made(more, many)) == "mobile-sam"
    assert verdict(made(many, many[::-1])) == "unclear"


def test_few_units_give_no_verdict() -> None:
    assert verdict(made([1] * 9, [20] * 9)) == "unclear"
    assert verdict(made([1] * 10, [20] * 10)) == "project"


def test_objects_of_one_group_count_as_one_unit() -> None:
    traces = [
        Trace(Target(k, 0, 1, 99), "one sequence", one.scores)
        for k, one in enumerate(made([1] * 30, [9] * 30))
    ]
    assert verdict(traces) == "unclear"


def test_without_mobile_sam_there_is_no_verdict() -> None:
    traces = [Trace(Target(k, 0, 1, 99), f"u{k}", {"project": [0.9] * 5}) for k in range(20)]
    assert verdict(traces) == "unclear"


def test_metrics_are_as_the_formats_say(tmp_path: Path) -> None:
    dataset = discs_folder(tmp_path, images=36)
    items = dataset.of_split("test")
    found = metrics_of(made([2, 4] * 6, [5, 7] * 6), dataset, items, split="test")
    json.dumps(found, allow_nan=False)
    assert (found["primary"], found["split"], found["better"]) == ("clicks_85", "test", "project")
    assert (found["images"], found["units"], found["enough"], found["note"]) == (12, 12, True, "")
    own, other = found["clicks"]["project"]["0.85"], found["clicks"]["mobile-sam"]["0.85"]
    assert (own["value"], other["value"]) == (3, 6)
    assert own["low"] < 3 < own["high"]
    assert found["values"]["clicks_85"] == own
    assert found["values"]["iou_1_clicks"]["value"] == 0.5
    assert len(found["per_image"]) == 12
    [only] = found["classes"]
    assert (only["index"], only["objects"], only["clicks_85"]) == (1, 12, 3)


def test_two_trainings_are_compared_by_the_same_images(tmp_path: Path) -> None:
    dataset = discs_folder(tmp_path, images=36)
    items = dataset.of_split("test")
    worse = metrics_of(made([5] * 12, [5] * 12), dataset, items, split="test")
    better = metrics_of(made([2] * 12, [5] * 12), dataset, items, split="test")
    assert compare(better, worse).verdict == "better"


def write_graph(folder: Path) -> Path:
    return graphs.click_net(folder / "model.onnx")


def test_a_graph_is_evaluated_as_it_is_served(tmp_path: Path) -> None:
    dataset = discs_folder(tmp_path / "discs", images=6)
    found = evaluate_clicks(
        dataset,
        split=held_out(dataset),
        onnx=write_graph(tmp_path),
        settings={"longest": 64, "radius": 10},
        packaged=None,
        limits=Limits(),
        seed=0,
    )
    assert (found["split"], found["objects"], found["note"]) == ("test", 4, "few_test_images")
    assert found["better"] == "unclear"
    assert found["values"]["iou_1_clicks"]["value"] > 0.4  # its discs are about as large as those of the data
    assert not any(math.isnan(one) for one in found["values"]["clicks_90"].values())


def test_images_that_were_learned_from_are_never_counted_on(tmp_path: Path) -> None:
    dataset = discs_folder(tmp_path / "discs")
    with pytest.raises(InvalidInput, match="never on those that were learned from"):
        evaluate_clicks(
            dataset,
            split="train",
            onnx=write_graph(tmp_path),
            settings={},
            packaged=None,
            limits=Limits(),
            seed=0,
        )


def test_val_is_held_out_where_there_is_no_test_image(tmp_path: Path) -> None:
    dataset = discs_folder(tmp_path)
    assert held_out(dataset) == "test"
    without = Dataset(dataset.folder, "x", "instance", False, "x", dataset.classes, dataset.of_split("val"))
    assert held_out(without) == "val"


def test_a_machine_without_mobile_sam_counts_the_projects_model_alone(tmp_path: Path) -> None:
    assert packaged_segmenter(None) is None
    assert packaged_segmenter(tmp_path / "nothing") is None


def test_the_mean_curve_never_falls() -> None:
    curve = mean_curve([[0.2, 0.6, 0.5, 0.5, 0.95], [0.1] * 20])
    assert len(curve) == MOST
    assert (np.diff(curve) >= 0).all()
    assert curve[-1] == pytest.approx((0.95 + 0.1) / 2)


def test_held_out_images_without_objects_give_a_model_without_figures(tmp_path: Path) -> None:
    dataset = discs_folder(tmp_path / "discs")
    none = Dataset(dataset.folder, "x", "instance", False, "x", dataset.classes, dataset.of_split("train"))
    found = evaluate_clicks(
        none,
        split=held_out(none),
        onnx=write_graph(tmp_path),
        settings={},
        packaged=None,
        limits=Limits(),
        seed=0,
    )
    assert (found["objects"], found["clicks"], found["values"], found["better"]) == (0, {}, {}, "unclear")
    assert (found["enough"], found["note"]) == (False, "few_test_images")
