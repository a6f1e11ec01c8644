"""Intervals by unit and the verdict on two models: by hand, by simulation, and what must not be told."""

from __future__ import annotations

import math

import numpy as np
import pytest

from annotator.core.bootstrap import draw_units, interval, mean_interval, sums_by_unit, unit_numbers
from annotator.core.comparison import compare
from annotator.core.errors import InvalidInput


def _metrics(scores: list[float | None], units: list[str] | None = None, **values: object) -> dict:
    per_image = [
        {"image": f"i{at:03d}", "score": score, "unit": units[at] if units else f"i{at:03d}"}
        for at, score in enumerate(scores)
    ]
    return {"split": "test", "paired": "image_iou", "per_image": per_image, **values}


def test_every_draw_has_as_many_units_as_there_are_and_the_seed_decides() -> None:
    draws = draw_units(7, seed=3, resamples=200)
    assert draws.shape == (200, 7)
    assert (draws.sum(axis=1) == 7).all()
    assert (draws == draw_units(7, seed=3, resamples=200)).all()
    assert (draws != draw_units(7, seed=4, resamples=200)).any()
    with pytest.raises(InvalidInput, match="0 units"):
        draw_units(0, seed=1)


def test_two_units_give_the_three_means_that_can_be_drawn() -> None:
    # Units of 0 and 1: the mean of a resample is 0, 1/2 or 1, with chances 1/4, 1/2, 1/4.
    draws = draw_units(2, seed=0, resamples=4000)
    means = draws @ np.array([0.0, 1.0]) / 2
    values, counts = np.unique(means, return_counts=True)
    assert values.tolist() == [0.0, 0.5, 1.0]
    assert counts / 4000 == pytest.approx([0.25, 0.5, 0.25], abs=0.03)
    assert mean_interval(np.array([0.0, 1.0]), ["a", "b"], seed=0) == (0.5, 0.0, 1.0)


def test_interval_takes_percentiles_of_what_is_known() -> None:
    assert interval(np.arange(101, dtype=float)) == pytest.approx((2.5, 97.5))
    assert interval(np.array([1.0, np.nan, 1.0])) == (1.0, 1.0)
    assert all(math.isnan(one) for one in interval(np.full(3, np.nan)))


def test_rows_of_a_unit_are_added_up() -> None:
    numbers, count = unit_numbers(["b", "a", "b"])
    assert (numbers.tolist(), count) == ([1, 0, 1], 2)
    assert sums_by_unit(np.array([[1.0], [2.0], [4.0]]), numbers, count).tolist() == [[2.0], [5.0]]


def test_images_of_one_unit_do_not_make_the_interval_narrower() -> None:
    rng = np.random.default_rng(1)
    once = rng.random(12)
    alone = mean_interval(once, [str(at) for at in range(12)], seed=5)
    copied = mean_interval(np.repeat(once, 20), [str(at) for at in range(12) for _ in range(20)], seed=5)
    assert copied[2] - copied[1] == pytest.approx(alone[2] - alone[1], rel=0.15)


def test_interval_of_a_mean_agrees_with_the_textbook_for_many_units() -> None:
    values = np.random.default_rng(2).normal(0.6, 0.1, 400)
    mean, low, high = mean_interval(values, [str(at) for at in range(400)], seed=1)
    half = 1.96 * values.std(ddof=1) / 20
    assert (low, high) == pytest.approx((mean - half, mean + half), abs=0.002)


def test_candidate_that_wins_on_every_image_is_better_and_the_other_way_round_worse() -> None:
    rng = np.random.default_rng(0)
    old = rng.random(20) * 0.5
    new = old + 0.1 + 0.01 * rng.random(20)
    found = compare(_metrics(new.tolist()), _metrics(old.tolist()))
    assert (found.verdict, found.reason, found.images, found.units) == ("better", "above", 20, 20)
    assert found.difference == pytest.approx(float((new - old).mean()))
    assert found.difference is not None and found.low is not None and found.high is not None
    assert 0 < found.low <= found.difference <= found.high
    turned = compare(_metrics(old.tolist()), _metrics(new.tolist()))
    assert (turned.verdict, turned.reason) == ("worse", "below")
    assert turned.difference == pytest.approx(-found.difference)


def test_pairing_sees_what_two_intervals_side_by_side_would_not() -> None:
    old = np.linspace(0.1, 0.9, 30)  # images differ far more than the models do
    found = compare(_metrics((old + 0.03).tolist()), _metrics(old.tolist()))
    assert found.verdict == "better"
    assert (found.low, found.high) == pytest.approx((0.03, 0.03))


def test_few_units_are_never_enough_however_many_images_they_have() -> None:
    units = [f"patient {at % 5}" for at in range(60)]
    found = compare(_metrics([0.9] * 60, units), _metrics([0.1] * 60, units))
    assert (found.verdict, found.reason, found.images, found.units) == ("unknown", "few_test_images", 60, 5)
    assert found.difference == pytest.approx(0.8)


def test_no_clear_difference_is_unknown_and_a_surely_small_one_is_the_same() -> None:
    swings = [0.2 if at % 2 else -0.2 for at in range(20)]
    found = compare(_metrics([0.5 + one for one in swings]), _metrics([0.5] * 20))
    assert (found.verdict, found.reason) == ("unknown", "unclear")
    assert compare(_metrics([0.5] * 20), _metrics([0.5] * 20)).verdict == "same"


def test_only_images_that_both_have_a_score_of_are_compared() -> None:
    old, new = [0.5] * 12 + [None, 0.9], [0.6] * 12 + [0.6]
    found = compare(_metrics(new), _metrics(old))
    assert found.images == 12


@pytest.mark.parametrize(
    ("champion", "reason"),
    [
        ({"split": "test", "paired": "image_f1", "per_image": []}, "other_metric"),
        ({"split": "val", "paired": "image_iou", "per_image": []}, "other_split"),
        ({"split": "test", "paired": "image_iou", "per_image": []}, "no_common_images"),
        ({}, "other_metric"),
    ],
)
def test_what_cannot_be_compared_says_why(champion: dict, reason: str) -> None:
    found = compare(_metrics([0.5] * 20), champion).as_dict()
    assert (found["verdict"], found["reason"], found["difference"]) == ("unknown", reason, None)
